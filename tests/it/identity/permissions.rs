//! Who may do what: every field of `Query` and `Mutation`, every argument that needs more, every
//! REST route and every command, with each kind of token. What is new has to be added here. The
//! fields of other types are walked by `roles.rs`.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use reelport::catalog::access::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::{account, codes, done, issuers};
use crate::audit::total;
use crate::schema::{INTROSPECTION, list, name};
use crate::support::{Client, TestApp};

/// What a request needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Needs {
    /// No token; one that is not valid is refused nevertheless.
    Nothing,
    /// No token, and one that is not valid is ignored: requests that get a token.
    NoValidToken,
    /// Any valid token.
    AnyToken,
    /// A token with at least this role.
    Role(Role),
    /// A token with at least this role that is not limited to other categories.
    Unlimited(Role),
}

use Needs::{AnyToken, NoValidToken, Nothing};
const READ: Needs = Needs::Role(Role::Viewer);
const DRAFT: Needs = Needs::Role(Role::Contributor);
const CONTRIBUTE: Needs = Needs::Unlimited(Role::Contributor);
const PUBLISH: Needs = Needs::Unlimited(Role::Admin);

/// Operations of GraphQL; several for a field if an argument changes what it needs. They name what
/// does not exist, so that nothing is changed.
const OPERATIONS: &[(&str, Needs)] = &[
    ("{ viewer { email } }", Nothing),
    ("{ movie(id: \"no\") { id } }", READ),
    ("{ movies(first: 1) { totalCount } }", READ),
    ("{ movies(filter: {hasDraft: [TRIVIA]}) { totalCount } }", DRAFT),
    ("{ catalogStatistics { movies published } }", READ),
    ("{ catalogStatistics { drafts { total } } }", DRAFT),
    ("{ movieExport(movieId: \"no\", category: TRIVIA) { id } }", READ),
    ("{ movieExport(movieId: \"no\", category: TRIVIA, stage: DRAFT) { id } }", DRAFT),
    (
        "{ movieExport(movieId: \"no\", category: TRIVIA, asOf: \"2026-01-01T00:00:00Z\") { id } }",
        DRAFT,
    ),
    ("{ catalogExportUrl(ids: [\"no\"]) }", READ),
    ("{ catalogExportUrl(filter: {hasDraft: [TRIVIA]}) }", DRAFT),
    ("{ catalogExportUrl(asOf: \"2026-01-01T00:00:00Z\") }", DRAFT),
    ("{ changes(first: 1) { totalCount } }", READ),
    ("{ drafts { totalCount } }", DRAFT),
    ("{ imports { pageInfo { hasNextPage } } }", DRAFT),
    ("{ importRecord(id: \"no\") { id } }", DRAFT),
    ("{ person(id: \"no\") { id } }", READ),
    ("{ people(filter: {search: \"no\"}) { pageInfo { hasNextPage } } }", READ),
    ("{ duplicatePeople { pageInfo { hasNextPage } } }", DRAFT),
    ("{ ceremony(id: \"no\") { id } }", READ),
    ("{ ceremonies { pageInfo { hasNextPage } } }", READ),
    ("{ platform(id: \"no\") { id } }", READ),
    ("{ platforms { pageInfo { hasNextPage } } }", READ),
    ("{ genre(id: \"no\") { id } }", READ),
    ("{ genres { pageInfo { hasNextPage } } }", READ),
    ("{ node(id: \"no\") { id } }", READ),
    ("{ node(id: \"draft:no:trivia\") { id } }", DRAFT),
    ("{ node(id: \"draft:no:plot\") { id } }", READ),
    ("{ node(id: \"session:no\") { id } }", AnyToken),
    ("{ node(id: \"token:no\") { id } }", AnyToken),
    ("{ nodes(ids: [\"no\"]) { id } }", READ),
    ("{ users { totalCount } }", PUBLISH),
    ("{ user(id: \"no\") { id } }", PUBLISH),
    ("{ auditLog { totalCount } }", PUBLISH),
    ("{ node(id: \"audit:no\") { id } }", PUBLISH),
    ("{ job(id: \"no\") { id } }", PUBLISH),
    ("{ jobs { totalCount } }", PUBLISH),
    ("{ node(id: \"job:no\") { id } }", PUBLISH),
    ("mutation { login(input: {email: \"no\", password: \"no\"}) { tokenType } }", NoValidToken),
    ("mutation { refresh(input: {refreshToken: \"no\"}) { tokenType } }", NoValidToken),
    (
        "mutation { usePasswordLink(input: {secret: \"no\", password: \"no\"}) { userErrors { code } } }",
        NoValidToken,
    ),
    ("mutation { logout(input: {sessionId: \"no\"}) { userErrors { code } } }", AnyToken),
    ("mutation { logoutEverywhere(input: {keepCurrent: true}) { userErrors { code } } }", AnyToken),
    (
        "mutation { changePassword(input: {oldPassword: \"no\", newPassword: \"no\"}) { userErrors { code } } }",
        AnyToken,
    ),
    (
        "mutation { createToken(input: {name: \"\", role: ADMIN}) { userErrors { code } } }",
        AnyToken,
    ),
    ("mutation { revokeToken(input: {id: \"no\"}) { userErrors { code } } }", AnyToken),
    (
        "mutation { createUser(input: {email: \"no\", role: USER}) { userErrors { code } } }",
        PUBLISH,
    ),
    ("mutation { updateUser(input: {id: \"no\"}) { userErrors { code } } }", PUBLISH),
    (
        "mutation { setPassword(input: {id: \"no\", password: \"no\"}) { userErrors { code } } }",
        PUBLISH,
    ),
    ("mutation { createPasswordLink(input: {id: \"no\"}) { userErrors { code } } }", PUBLISH),
    ("mutation { deleteUser(input: {id: \"no\"}) { userErrors { code } } }", PUBLISH),
    (
        "mutation { createMovie(input: {id: \"..\", title: \"T\"}) { userErrors { code } } }",
        PUBLISH,
    ),
    ("mutation { deleteMovie(input: {id: \"no\"}) { userErrors { code } } }", PUBLISH),
    (
        "mutation { importCategory(input: {movieId: \"no\", data: {trivia: {}}}) { status } }",
        PUBLISH,
    ),
    (
        "mutation { importCategory(input: {movieId: \"no\", data: {trivia: {}}, options: {dryRun: true}}) { status } }",
        DRAFT,
    ),
    (
        "mutation { importCategory(input: {movieId: \"no\", data: {trivia: {}}, options: {target: DRAFT}}) { status } }",
        CONTRIBUTE,
    ),
    (
        "mutation { importCategory(input: {movieId: \"..\", data: {trivia: {}},
            options: {target: DRAFT, createMovie: true}}) { status } }",
        PUBLISH,
    ),
    (
        "mutation { importDocument(input: {movieId: \"no\", category: TRIVIA, document: \"{}\"}) { status } }",
        PUBLISH,
    ),
    (
        "mutation { importDocument(input: {movieId: \"no\", document: \"{}\", options: {dryRun: true}}) { status } }",
        DRAFT,
    ),
    (
        "mutation { updateDraft(input: {movieId: \"no\", data: {trivia: {}}}) { status } }",
        CONTRIBUTE,
    ),
    ("mutation { publishDraft(input: {movieId: \"no\", category: TRIVIA}) { status } }", PUBLISH),
    (
        "mutation { publishDraft(input: {movieId: \"no\", category: TRIVIA, dryRun: true}) { status } }",
        DRAFT,
    ),
    (
        "mutation { discardDraft(input: {movieId: \"no\", category: TRIVIA}) { userErrors { code } } }",
        PUBLISH,
    ),
    (
        "mutation { revertCategory(input: {movieId: \"no\", category: TRIVIA, revision: 1}) { status } }",
        PUBLISH,
    ),
    (
        "mutation { revertCategory(input: {movieId: \"no\", category: TRIVIA, revision: 1, dryRun: true}) { status } }",
        PUBLISH,
    ),
    (
        "mutation { lockFields(input: {movieId: \"no\", category: TRIVIA}) { userErrors { code } } }",
        PUBLISH,
    ),
    (
        "mutation { unlockFields(input: {movieId: \"no\", category: TRIVIA}) { userErrors { code } } }",
        PUBLISH,
    ),
    ("mutation { updatePerson(input: {id: \"no\"}) { userErrors { code } } }", PUBLISH),
    ("mutation { updateCeremony(input: {id: \"no\"}) { userErrors { code } } }", PUBLISH),
    ("mutation { updatePlatform(input: {id: \"no\"}) { userErrors { code } } }", PUBLISH),
    ("mutation { updateGenre(input: {id: \"no\"}) { userErrors { code } } }", PUBLISH),
    (
        "mutation { mergePeople(input: {id: \"no\", otherIds: [\"no\"]}) { userErrors { code } } }",
        PUBLISH,
    ),
    ("mutation { splitPerson(input: {id: \"no\"}) { userErrors { code } } }", PUBLISH),
    ("mutation { cancelJob(input: {id: \"no\"}) { userErrors { code } } }", PUBLISH),
    ("mutation { retryJob(input: {id: \"no\"}) { userErrors { code } } }", PUBLISH),
    ("mutation { executeJob(input: {id: \"no\"}) { userErrors { code } } }", PUBLISH),
    ("mutation { revertJob(input: {id: \"no\"}) { userErrors { code } } }", PUBLISH),
    ("mutation { publishDrafts(input: {ids: [\"no\"]}) { userErrors { code } } }", PUBLISH),
    ("mutation { startExport(input: {ids: [\"no\"]}) { userErrors { code } } }", PUBLISH),
    ("mutation { discardDrafts(input: {ids: [\"no\"]}) { userErrors { code } } }", PUBLISH),
];

const ROUTES: &[(&str, &str, Needs)] = &[
    ("get", "/api/v1/admin/jobs", PUBLISH),
    ("get", "/api/v1/admin/jobs/{id}", PUBLISH),
    ("post", "/api/v1/admin/jobs/{id}/cancel", PUBLISH),
    ("post", "/api/v1/admin/jobs/{id}/execute", PUBLISH),
    ("get", "/api/v1/admin/jobs/{id}/failures", PUBLISH),
    ("get", "/api/v1/admin/jobs/{id}/file", PUBLISH),
    ("get", "/api/v1/admin/jobs/{id}/outcomes", PUBLISH),
    ("post", "/api/v1/admin/jobs/{id}/retry", PUBLISH),
    ("post", "/api/v1/admin/jobs/{id}/revert", PUBLISH),
    ("get", "/api/v1/admin/movies/{id}/draft-status", DRAFT),
    ("delete", "/api/v1/admin/movies/{id}/draft/{category}", PUBLISH),
    ("get", "/api/v1/admin/movies/{id}/export/all", READ),
    ("get", "/api/v1/admin/movies/{id}/export/{category}", READ),
    ("get", "/api/v1/admin/movies/{id}/export/{category}?stage=draft", DRAFT),
    ("get", "/api/v1/admin/movies/{id}/export/{category}?as_of=2026-01-01T00:00:00Z", DRAFT),
    ("get", "/api/v1/admin/movies/export", READ),
    ("get", "/api/v1/admin/movies/export?as_of=2026-01-01T00:00:00Z", DRAFT),
    ("get", "/api/v1/admin/movies/export?has_draft=trivia", DRAFT),
    ("post", "/api/v1/admin/movies/import", PUBLISH),
    ("post", "/api/v1/admin/movies/{id}/import/{category}", PUBLISH),
    ("post", "/api/v1/admin/movies/{id}/import/{category}?dry_run=true", DRAFT),
    ("post", "/api/v1/admin/movies/{id}/import/{category}?target=draft", CONTRIBUTE),
    ("post", "/api/v1/admin/movies/{id}/import/{category}?target=draft&create_movie=true", PUBLISH),
    ("post", "/api/v1/admin/movies/{id}/publish/{category}", PUBLISH),
    ("post", "/api/v1/admin/movies/{id}/publish/{category}?dry_run=true", DRAFT),
    ("get", "/api/v1/admin/users", PUBLISH),
    ("post", "/api/v1/admin/users", PUBLISH),
    ("get", "/api/v1/admin/users/{id}", PUBLISH),
    ("patch", "/api/v1/admin/users/{id}", PUBLISH),
    ("delete", "/api/v1/admin/users/{id}", PUBLISH),
    ("put", "/api/v1/admin/users/{id}/password", PUBLISH),
    ("post", "/api/v1/admin/users/{id}/password-link", PUBLISH),
    ("post", "/api/v1/auth/login", NoValidToken),
    ("post", "/api/v1/auth/refresh", NoValidToken),
    ("post", "/api/v1/auth/logout", AnyToken),
    ("post", "/api/v1/auth/password-link", NoValidToken),
    ("get", "/api/v1/auth/methods", NoValidToken),
    ("get", "/api/v1/auth/oidc/login", NoValidToken),
    ("get", "/api/v1/auth/oidc/callback", NoValidToken),
    ("get", "/api/v1/auth/tokens", AnyToken),
    ("post", "/api/v1/auth/tokens", AnyToken),
    ("delete", "/api/v1/auth/tokens/{id}", AnyToken),
    ("get", "/api/v1/schemas/{category}", NoValidToken),
    ("get", "/healthz", NoValidToken),
    ("get", "/openapi.json", NoValidToken),
    ("get", "/readyz", NoValidToken),
];

/// All commands. Running one needs access to the database, so none asks for a token.
const COMMANDS: &[&str] = &[
    "serve", "import", "export", "backup", "migrate", "reindex", "schema", "audit", "user",
    "token", "help",
];

/// A client, and the role that its token gives; `None` if it has no valid token.
struct Caller {
    what: String,
    client: Client,
    role: Option<Role>,
    has_token: bool,
    /// Whether the token is limited to another category than the one of the requests.
    is_limited: bool,
}

impl Caller {
    fn new(what: String, client: Client, role: Option<Role>) -> Self {
        Self { what, client, role, has_token: true, is_limited: false }
    }
}

async fn callers(app: &TestApp) -> Vec<Caller> {
    let without_token = Caller::new("no token".to_owned(), app.anonymous(), None);
    let mut callers = vec![Caller { has_token: false, ..without_token }];
    let foreign = issuers::with_a_foreign_issuer(app).await;
    for role in Role::ALL.iter().copied() {
        let email = format!("{role:?}@example.com").to_lowercase();
        let session = account(app, &email, role).await.client(app);
        let query = "mutation($role: Role!, $days: Int, $in: [Category!]) {
            createToken(input: {name: \"x\", role: $role, expiresInDays: $days, categories: $in}) {
                secret token { id } userErrors { code } } }";
        let token = async |days: Value| {
            let variables = json!({ "role": role.as_str(), "days": days });
            done(&session, query, variables).await
        };
        let limited = json!({ "role": role.as_str(), "in": ["AWARDS"] });
        let limited = done(&session, query, limited).await;
        let secret = |made: &Value| app.anonymous().with_token(made["secret"].as_str().unwrap());
        let (valid, expired, revoked) =
            (token(json!(null)).await, token(json!(1)).await, token(json!(null)).await);
        let revoke = "mutation($id: ID!) { revokeToken(input: {id: $id}) { userErrors { code } } }";
        done(&session, revoke, json!({ "id": revoked["token"]["id"] })).await;
        let made = [
            ("a platform's", app.with_role(role), Some(role)),
            ("a personal token,", secret(&valid), Some(role)),
            ("an expired token,", secret(&expired), None),
            ("a revoked token,", secret(&revoked), None),
            ("another issuer's", foreign(role, 30), Some(role)),
            ("another issuer's expired", foreign(role, -1), None),
            ("an expired access token,", session, None),
        ];
        let of_role = |what: &str| format!("{what} {role:?}");
        callers.extend(made.map(|(what, client, role)| Caller::new(of_role(what), client, role)));
        let limited = Caller::new(of_role("a limited token,"), secret(&limited), Some(role));
        callers.push(Caller { is_limited: true, ..limited });
    }
    app.clock.forward(TimeDelta::hours(25));
    for role in Role::ALL.iter().copied() {
        let ended = account(app, &format!("{role:?}@ended.example").to_lowercase(), role).await;
        let client = ended.client(app);
        assert_eq!(client.post("/api/v1/auth/logout", &json!({})).await.status, 204);
        callers.push(Caller::new(format!("an ended session, {role:?}"), client, None));
    }
    callers.push(Caller::new(
        "a stranger's token".to_owned(),
        app.anonymous().with_token("a.b.c"),
        None,
    ));
    callers
}

/// The answer that a caller must get: 200 stands for any but 401 and 403.
fn expected(caller: &Caller, needs: Needs) -> u16 {
    match (needs, caller.role) {
        (Nothing, None) if caller.has_token => 401,
        (NoValidToken | Nothing, _) | (AnyToken, Some(_)) => 200,
        (Needs::Role(_) | Needs::Unlimited(_) | AnyToken, None) => 401,
        (Needs::Unlimited(_), Some(_)) if caller.is_limited => 403,
        (Needs::Role(needed) | Needs::Unlimited(needed), Some(role)) if role.includes(needed) => {
            200
        }
        (Needs::Role(_) | Needs::Unlimited(_), Some(_)) => 403,
    }
}

/// The names of the root fields of the operations of a type.
fn root_fields(operations: &[(&str, Needs)], is_mutation: bool) -> BTreeSet<String> {
    let of_type = operations.iter().filter(|(text, _)| text.starts_with("mutation") == is_mutation);
    let field = |(text, _): &(&str, Needs)| {
        let (_, after) = text.split_once("{ ").unwrap();
        after.split(|c: char| !c.is_alphanumeric()).next().unwrap().to_owned()
    };
    of_type.map(field).collect()
}

#[tokio::test]
async fn the_table_has_every_operation_route_and_command() {
    let app = TestApp::sqlite().await;
    let reply = app.anonymous().graphql(INTROSPECTION, json!({})).await;
    for of in list(&reply["data"]["__schema"], "types") {
        let is_mutation = name(of) == "Mutation";
        if is_mutation || name(of) == "Query" {
            let fields: BTreeSet<String> =
                list(of, "fields").iter().map(|field| name(field).to_owned()).collect();
            assert_eq!(
                fields,
                root_fields(OPERATIONS, is_mutation),
                "add the new field to OPERATIONS"
            );
        }
    }
    let document = app.anonymous().get("/openapi.json").await.json();
    let mut routes = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        for method in methods.as_object().unwrap().keys() {
            routes.insert((method.clone(), path.clone()));
        }
    }
    let known: BTreeSet<(String, String)> = ROUTES
        .iter()
        .map(|(method, path, _)| ((*method).to_owned(), path.split('?').next().unwrap().to_owned()))
        .collect();
    assert_eq!(routes, known, "add the new route to ROUTES");
    let help = app.command(&["--help"]).await.ok().stdout;
    let (_, commands) = help.split_once("Commands:").unwrap();
    let (commands, _) = commands.split_once("Options:").unwrap();
    let is_command = |line: &&str| line.starts_with("  ") && !line.starts_with("   ");
    let commands: Vec<&str> = commands
        .lines()
        .filter(is_command)
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(commands, COMMANDS, "add the new command to COMMANDS");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_operation_answers_each_token_rightly() {
    let app = TestApp::sqlite().await;
    app.movie("m").await;
    let callers = callers(&app).await;
    let mut cells = 0;
    let mut wrong = Vec::new();
    for (operation, needs) in OPERATIONS {
        for caller in &callers {
            let body = json!({ "query": operation });
            let reply = caller.client.post("/graphql", &body).await;
            let answer = reply.json();
            let codes = codes(&answer);
            let is_login = operation.contains("login(") || operation.contains("refresh(");
            let found = match codes.as_slice() {
                // The credentials are wrong, and soon too often, whatever the token is.
                ["UNAUTHENTICATED" | "RATE_LIMITED"] if is_login => 200,
                ["UNAUTHENTICATED"] => 401,
                ["FORBIDDEN"] => 403,
                [] => 200,
                _ => 500,
            };
            let is_refused_token = caller.has_token && caller.role.is_none();
            let status = if is_refused_token && *needs != NoValidToken { 401 } else { 200 };
            if (found, reply.status) != (expected(caller, *needs), status) {
                wrong
                    .push(format!("{}: {operation}: {} {}", caller.what, reply.status, reply.text));
            }
            cells += 1;
        }
    }
    assert_eq!(wrong, [""; 0]);
    assert!(cells > 1_000, "{cells}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_answers_each_token_rightly() {
    let app = TestApp::sqlite().await;
    app.movie("m").await;
    let callers = callers(&app).await;
    let mut wrong = Vec::new();
    for (method, template, needs) in ROUTES {
        for caller in &callers {
            let path = template.replace("{id}", "m").replace("{category}", "trivia");
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let mut request = caller.client.request(method.clone(), &path);
            if method == Method::POST {
                request = request.json(&json!({}));
            }
            let reply = caller.client.send(request).await;
            let found = match reply.status {
                // These say so of the body, whatever the token is.
                401 if template.ends_with("/logout") && caller.role.is_some() => 200,
                status @ (401 | 403) => status,
                500.. => 500,
                _ => 200,
            };
            if found != expected(caller, *needs) {
                wrong.push(format!(
                    "{}: {method} {path}: {} {}",
                    caller.what, reply.status, reply.text
                ));
            }
        }
    }
    assert_eq!(wrong, [""; 0]);
}

/// Log-ins are left out: what they answer does not depend on the token.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_refused_operation_and_route_is_in_the_audit_log() {
    let app = TestApp::sqlite().await;
    app.movie("m").await;
    let callers = [
        ("no token", app.anonymous(), None, false),
        ("a USER", app.with_role(Role::User), Some(Role::User), true),
        ("a stranger", app.anonymous().with_token("a.b.c"), None, true),
    ];
    let callers = callers.map(|(what, client, role, has_token)| {
        let what = what.to_owned();
        Caller { has_token, ..Caller::new(what, client, role) }
    });
    let mut missing = Vec::new();
    let mut refused = 0;
    for caller in &callers {
        for (operation, needs) in OPERATIONS.iter().filter(|(_, needs)| *needs != NoValidToken) {
            let before = total(&app).await;
            caller.client.post("/graphql", &json!({ "query": operation })).await;
            let recorded = total(&app).await - before;
            if expected(caller, *needs) != 200 {
                refused += 1;
                if recorded != 1 {
                    missing.push(format!("{}: {operation}: {recorded}", caller.what));
                }
            }
        }
        for (method, template, needs) in ROUTES.iter().filter(|route| route.2 != NoValidToken) {
            let before = total(&app).await;
            let path = template.replace("{id}", "m").replace("{category}", "trivia");
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            caller.client.send(caller.client.request(method.clone(), &path)).await;
            let recorded = total(&app).await - before;
            if expected(caller, *needs) != 200 {
                refused += 1;
                if recorded != 1 {
                    missing.push(format!("{}: {method} {path}: {recorded}", caller.what));
                }
            }
        }
    }
    assert_eq!(missing, [""; 0]);
    assert!(refused > 200, "{refused}");
}

#[tokio::test]
async fn nothing_about_a_movie_is_told_without_the_role_to_read_it() {
    let app = TestApp::sqlite().await;
    app.movie("m").await;
    for client in [app.anonymous(), app.with_role(Role::User)] {
        for (method, template, needs) in ROUTES.iter().filter(|route| route.1.contains("/movies/"))
        {
            let answer = async |movie: &str, category: &str| {
                let path = template.replace("{id}", movie).replace("{category}", category);
                let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
                let request = client.request(method, &path).body("not even JSON");
                let reply = client.send(request).await;
                (reply.status, reply.text)
            };
            let there = answer("m", "trivia").await;
            assert!(matches!(there.0, 401 | 403), "{template} {needs:?}: {there:?}");
            for (movie, category) in [("no", "trivia"), ("m", "plot"), ("no", "plot")] {
                assert_eq!(answer(movie, category).await, there, "{template} {movie} {category}");
            }
        }
    }
}
