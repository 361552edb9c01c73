//! Each mutation, each route that writes and each command that writes leaves its entry. What is new
//! has to be added here.

use std::collections::BTreeSet;
use std::time::Duration;

use reelport::catalog::access::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::{entries, shown};
use crate::identity::{PASSWORD, account, create, log_in};
use crate::jobs::{self, documents, leases};
use crate::on_both_databases;
use crate::schema::{INTROSPECTION, list, name};
use crate::support::{Client, TestApp, envelope, packing};

/// Sends a request that writes, and returns the only entry that it leaves.
async fn one_entry(app: &TestApp, what: &str, request: impl Future<Output = Value>) -> Value {
    let before: Vec<Value> = entries(app, json!({})).await;
    let answer = request.await;
    let mut after = entries(app, json!({})).await;
    after.retain(|entry| !before.contains(entry));
    assert_eq!(after.len(), 1, "{what}: {answer} {after:?}");
    after.remove(0)
}

async fn mutate(client: &Client, text: &str) -> Value {
    let reply = client.graphql(&format!("mutation {{ {text} }}"), json!({})).await;
    assert!(reply["errors"].is_null(), "{text}: {reply}");
    reply["data"].as_object().unwrap().values().next().unwrap().clone()
}

/// The document of a movie with two people.
fn cast() -> Value {
    let credit = |id: &str, name: &str| json!({ "id": id, "name": name, "character": "X" });
    json!({ "cast": [credit("tmdb-person-1", "Ada One"), credit("tmdb-person-2", "Ben Two")] })
}

/// A job that no worker of the test takes.
async fn leased_job(app: &TestApp) -> String {
    let idle = leases::hold_workers(app).await;
    let id = leases::queued(&idle, &documents(1)).await;
    leases::take(&idle, &id, Duration::from_mins(5)).await;
    leases::let_workers_go_on(app).await;
    id
}

/// A finished job with a document that cannot be read: a retry of it adds nothing to the import
/// log, and so no entry of an import.
async fn failed_job(app: &TestApp, query: &str) -> String {
    let id = jobs::start(&app.admin(), query, b"{\"category\": \"no\"}".to_vec()).await;
    jobs::finished(&app.admin(), &id).await;
    id
}

/// A finished job whose only document was changed afterwards: reverting the job changes nothing.
async fn overtaken_job(app: &TestApp) -> String {
    let id = jobs::start(&app.admin(), "", packing::ndjson(&documents(1))).await;
    jobs::finished(&app.admin(), &id).await;
    let later = json!({ "items": [{ "text": "Later" }] });
    assert_eq!(app.admin().import("m0", "trivia", later).await.status, 200);
    id
}

on_both_databases! {
    async fn every_mutation_leaves_an_entry(app: TestApp) {
        let admin = account(&app, "ann@example.com", Role::Admin).await.client(&app);
        let other = create(&app, "bob@example.com", Role::Viewer).await;
        let movie = app.movie("m").await;
        assert_eq!(movie.import("m", "cast_crew", cast()).await.status, 200);
        assert_eq!(movie.import("m", "awards", json!({ "awards": [{ "ceremony": "Oscars",
            "year": "2000", "category": "Best Picture", "result": "winner" }] })).await.status, 200);
        assert_eq!(movie.import("m", "streaming", json!({ "streaming_options": [{
            "platform": "Netflix", "type": "subscription" }] })).await.status, 200);
        assert_eq!(movie.import("m", "basic_info", json!({ "genres": ["Drama"] })).await.status, 200);
        let node = async |query: &str| {
            let reply = app.admin().graphql(query, json!({})).await;
            reply["data"].as_object().unwrap().values().next().unwrap()["nodes"][0]["id"]
                .as_str().unwrap().to_owned()
        };
        let ceremony = node("{ ceremonies(first: 1) { nodes { id } } }").await;
        let platform = node("{ platforms(first: 1) { nodes { id } } }").await;
        let genre = node("{ genres(first: 1) { nodes { id } } }").await;
        let person = "tmdb-person-1";
        let mut seen = BTreeSet::new();
        let mut check = async |client: &Client, text: String, expected: [&str; 3]| {
            let (field, _) = text.split_once('(').unwrap();
            let entry = one_entry(&app, &text, mutate(client, &text)).await;
            assert_eq!(shown(&entry, &["operation", "targetKind", "email"]), json!(expected), "{text}: {entry}");
            let fixed = ["outcome", "via", "count", "code"];
            assert_eq!(shown(&entry, &fixed), json!(["SUCCEEDED", "GRAPHQL", 1, null]), "{text}: {entry}");
            assert_eq!(entry["address"], "127.0.0.1");
            assert_eq!(entry["requestId"].as_str().unwrap().len(), 16);
            seen.insert(field.to_owned());
            entry
        };
        let ann = "ann@example.com";
        for (text, operation, target) in [
            ("createMovie(input: {id: \"n\", title: \"N\"}) { userErrors { code } }", "CREATE_MOVIE", "MOVIE"),
            ("importCategory(input: {movieId: \"n\", data: {trivia: {items: [{text: \"t\"}]}}}) { status userErrors { code } }", "IMPORT", "MOVIE"),
            ("importDocument(input: {movieId: \"n\", category: TRIVIA, document: \"{\\\"items\\\": [{\\\"text\\\": \\\"u\\\"}]}\", options: {target: DRAFT}}) { status userErrors { code } }", "IMPORT", "MOVIE"),
            ("updateDraft(input: {movieId: \"n\", data: {trivia: {items: [{text: \"v\"}]}}}) { status userErrors { code } }", "IMPORT", "MOVIE"),
            ("publishDraft(input: {movieId: \"n\", category: TRIVIA}) { status userErrors { code } }", "PUBLISH_DRAFT", "MOVIE"),
            ("revertCategory(input: {movieId: \"n\", category: TRIVIA, revision: 1}) { status userErrors { code } }", "REVERT_CATEGORY", "MOVIE"),
            ("lockFields(input: {movieId: \"n\", category: BASIC_INFO, fields: [\"title\"]}) { userErrors { code } }", "LOCK_FIELDS", "MOVIE"),
            ("unlockFields(input: {movieId: \"n\", category: BASIC_INFO, fields: [\"title\"]}) { userErrors { code } }", "UNLOCK_FIELDS", "MOVIE"),
        ] {
            check(&admin, text.to_owned(), [operation, target, ann]).await;
        }
        let draft = json!({ "items": [{ "text": "w" }] });
        let reply = app.admin().import_envelope("n", "trivia", "?target=draft", &envelope("n", "trivia", draft)).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        for (text, operation, target) in [
            ("discardDraft(input: {movieId: \"n\", category: TRIVIA}) { userErrors { code } }".to_owned(), "DISCARD_DRAFT", "MOVIE"),
            ("deleteMovie(input: {id: \"n\"}) { userErrors { code } }".to_owned(), "DELETE_MOVIE", "MOVIE"),
            (format!("updatePerson(input: {{id: \"{person}\", addAliases: [\"Ada O.\"]}}) {{ userErrors {{ code }} }}"), "UPDATE_ENTITY", "PERSON"),
            (format!("updateCeremony(input: {{id: \"{ceremony}\", addAliases: [\"C2\"]}}) {{ userErrors {{ code }} }}"), "UPDATE_ENTITY", "CEREMONY"),
            (format!("updatePlatform(input: {{id: \"{platform}\", addAliases: [\"P2\"]}}) {{ userErrors {{ code }} }}"), "UPDATE_ENTITY", "PLATFORM"),
            (format!("updateGenre(input: {{id: \"{genre}\", addAliases: [\"G2\"]}}) {{ userErrors {{ code }} }}"), "UPDATE_ENTITY", "GENRE"),
            (format!("mergePeople(input: {{id: \"{person}\", otherIds: [\"tmdb-person-2\"]}}) {{ userErrors {{ code }} }}"), "MERGE_PEOPLE", "PERSON"),
            (format!("splitPerson(input: {{id: \"{person}\", movieIds: [\"m\"], name: \"Cyd Three\"}}) {{ userErrors {{ code }} }}"), "SPLIT_PERSON", "PERSON"),
            (format!("updateUser(input: {{id: \"{other}\", role: ADMIN}}) {{ userErrors {{ code }} }}"), "UPDATE_USER", "USER"),
            (format!("setPassword(input: {{id: \"{other}\", password: \"{PASSWORD}\"}}) {{ userErrors {{ code }} }}"), "SET_PASSWORD", "USER"),
            ("createUser(input: {email: \"eve@example.com\", role: USER}) { userErrors { code } }".to_owned(), "CREATE_USER", "USER"),
            ("createToken(input: {name: \"t\", role: VIEWER}) { userErrors { code } }".to_owned(), "CREATE_TOKEN", "TOKEN"),
        ] {
            check(&admin, text, [operation, target, ann]).await;
        }
        let token = entries(&app, json!({ "operations": ["CREATE_TOKEN"] })).await[0]["targetId"].clone();
        check(&admin, format!("revokeToken(input: {{id: {token}}}) {{ userErrors {{ code }} }}"), ["REVOKE_TOKEN", "TOKEN", ann]).await;

        // The link's secret is in the answer only.
        let link = "createPasswordLink(input: {id: \"ID\"}) { secret userErrors { code } }".replace("ID", &other);
        let mut secret = Value::Null;
        let entry = one_entry(&app, &link, async {
            let payload = mutate(&admin, &link).await;
            secret = payload["secret"].clone();
            payload
        }).await;
        assert_eq!(shown(&entry, &["operation", "targetId"]), json!(["CREATE_PASSWORD_LINK", other]));
        let used = format!("usePasswordLink(input: {{secret: {secret}, password: \"{PASSWORD}\"}}) {{ userErrors {{ code }} }}");
        let entry = check(&app.anonymous(), used, ["USE_PASSWORD_LINK", "USER", "bob@example.com"]).await;
        assert_eq!(entry["credential"], "PASSWORD_LINK");

        let login = format!("login(input: {{email: \"bob@example.com\", password: \"{PASSWORD}\"}}) {{ accessToken }}");
        let entry = check(&app.anonymous(), login, ["LOGIN", "USER", "bob@example.com"]).await;
        assert_eq!(shown(&entry, &["credential", "targetId"]), json!(["PASSWORD", other]));
        assert!(entry["credentialId"].as_str().unwrap().starts_with("session:"), "{entry}");
        let bob = log_in(&app.anonymous(), "bob@example.com").await;
        let refresh = format!("refresh(input: {{refreshToken: \"{}\"}}) {{ accessToken }}", bob.refresh);
        let entry = check(&app.anonymous(), refresh, ["REFRESH", "SESSION", "bob@example.com"]).await;
        assert_eq!(entry["credential"], "REFRESH_TOKEN");
        let bob = bob.client(&app);
        let change = format!("changePassword(input: {{oldPassword: \"{PASSWORD}\", newPassword: \"{PASSWORD}\"}}) {{ userErrors {{ code }} }}");
        let entry = check(&bob, change, ["CHANGE_PASSWORD", "USER", "bob@example.com"]).await;
        assert_eq!(entry["credential"], "SESSION");
        let bob = log_in(&app.anonymous(), "bob@example.com").await.client(&app);
        check(&bob, "logout(input: {}) { userErrors { code } }".to_owned(), ["LOGOUT", "SESSION", "bob@example.com"]).await;
        let bob = log_in(&app.anonymous(), "bob@example.com").await.client(&app);
        check(&bob, "logoutEverywhere(input: {}) { userErrors { code } }".to_owned(), ["LOGOUT_EVERYWHERE", "USER", "bob@example.com"]).await;
        let id = leased_job(&app).await;
        check(&admin, format!("cancelJob(input: {{id: \"job:{id}\"}}) {{ userErrors {{ code }} }}"), ["CANCEL_JOB", "JOB", ann]).await;
        let id = failed_job(&app, "?dry_run=true").await;
        check(&admin, format!("executeJob(input: {{id: \"job:{id}\"}}) {{ userErrors {{ code }} }}"), ["START_JOB", "JOB", ann]).await;
        let id = failed_job(&app, "").await;
        check(&admin, format!("retryJob(input: {{id: \"job:{id}\"}}) {{ userErrors {{ code }} }}"), ["START_JOB", "JOB", ann]).await;
        let id = overtaken_job(&app).await;
        check(&admin, format!("revertJob(input: {{id: \"job:{id}\"}}) {{ userErrors {{ code }} }}"), ["START_JOB", "JOB", ann]).await;
        check(&admin, "startExport(input: {}) { userErrors { code } }".to_owned(), ["START_JOB", "JOB", ann]).await;
        check(&admin, format!("deleteUser(input: {{id: \"{other}\"}}) {{ userErrors {{ code }} }}"), ["DELETE_USER", "USER", ann]).await;

        // Their jobs leave entries too, while this test goes on.
        for mutation in ["publishDrafts", "discardDrafts"] {
            app.admin().draft(&envelope("m", "trivia", json!({ "items": [{ "text": mutation }] }))).await;
            let started = json!({ "operations": ["START_JOB"] });
            let before = entries(&app, started.clone()).await.len();
            mutate(&admin, &format!("{mutation}(input: {{filter: {{}}}}) {{ userErrors {{ code }} }}")).await;
            let after = entries(&app, started).await;
            assert_eq!(after.len(), before + 1, "{mutation}");
            assert_eq!(shown(&after[0], &["targetKind", "email", "outcome"]), json!(["JOB", ann, "SUCCEEDED"]));
            seen.insert(mutation.to_owned());
        }
        seen.insert("createPasswordLink".to_owned());
        let reply = app.anonymous().graphql(INTROSPECTION, json!({})).await;
        let types = list(&reply["data"]["__schema"], "types");
        let mutation = types.iter().find(|of| name(of) == "Mutation").unwrap();
        let fields: BTreeSet<String> =
            list(mutation, "fields").iter().map(|field| name(field).to_owned()).collect();
        assert_eq!(fields, seen, "add the new mutation here");
    }

    async fn every_route_that_writes_leaves_an_entry(app: TestApp) {
        let ann = account(&app, "ann@example.com", Role::Admin).await;
        let admin = ann.client(&app);
        app.movie("m").await;
        let mut seen = BTreeSet::new();
        let mut check = async |client: &Client, (method, route): (&str, &str), id: &str, query: &str, body: Value, operation: &str| {
            let path = route.replace("{id}", id).replace("{category}", "trivia") + query;
            let request = client.request(Method::from_bytes(method.as_bytes()).unwrap(), &path).json(&body);
            let entry = one_entry(&app, &path, async {
                let reply = client.send(request).await;
                assert!((200..300).contains(&reply.status), "{path}: {}", reply.text);
                json!(reply.text)
            }).await;
            let keys = ["operation", "outcome", "via", "email"];
            assert_eq!(shown(&entry, &keys), json!([operation, "SUCCEEDED", "REST", "ann@example.com"]), "{path}: {entry}");
            seen.insert((method.to_lowercase(), route.to_owned()));
            entry
        };
        let trivia = |text: &str| envelope("m", "trivia", json!({ "items": [{ "text": text }] }));
        let import = ("POST", "/api/v1/admin/movies/{id}/import/{category}");
        let entry = check(&admin, import, "m", "", trivia("a"), "IMPORT").await;
        let keys = ["targetId", "category", "detail", "credential"];
        assert_eq!(shown(&entry, &keys), json!(["m", "TRIVIA", "published revision 1", "SESSION"]));
        assert!(entry["importId"].as_str().unwrap().starts_with("import:"));
        let entry = check(&admin, import, "m", "?target=draft", trivia("b"), "IMPORT").await;
        assert_eq!(entry["detail"], "drafted");
        check(&admin, ("POST", "/api/v1/admin/movies/{id}/publish/{category}"), "m", "", json!({}), "PUBLISH_DRAFT").await;
        check(&admin, import, "m", "?target=draft", trivia("c"), "IMPORT").await;
        check(&admin, ("DELETE", "/api/v1/admin/movies/{id}/draft/{category}"), "m", "", json!({}), "DISCARD_DRAFT").await;
        let entry = check(&admin, ("POST", "/api/v1/admin/movies/import"), "", "", json!([trivia("d")]), "IMPORT").await;
        assert_eq!(entry["targetId"], "m");
        let id = leased_job(&app).await;
        let entry = check(&admin, ("POST", "/api/v1/admin/jobs/{id}/cancel"), &id, "", json!({}), "CANCEL_JOB").await;
        assert_eq!(entry["targetId"], format!("job:{id}"));
        let id = failed_job(&app, "?dry_run=true").await;
        check(&admin, ("POST", "/api/v1/admin/jobs/{id}/execute"), &id, "", json!({}), "START_JOB").await;
        let id = failed_job(&app, "").await;
        check(&admin, ("POST", "/api/v1/admin/jobs/{id}/retry"), &id, "", json!({}), "START_JOB").await;
        let id = overtaken_job(&app).await;
        check(&admin, ("POST", "/api/v1/admin/jobs/{id}/revert"), &id, "", json!({}), "START_JOB").await;
        let tokens = "/api/v1/auth/tokens";
        let made = check(&admin, ("POST", tokens), "", "", json!({ "name": "n", "role": "VIEWER" }), "CREATE_TOKEN").await;
        let id = made["targetId"].as_str().unwrap();
        check(&admin, ("DELETE", "/api/v1/auth/tokens/{id}"), id, "", json!({}), "REVOKE_TOKEN").await;
        let new = json!({ "email": "bob@example.com", "role": "VIEWER" });
        let made = check(&admin, ("POST", "/api/v1/admin/users"), "", "", new, "CREATE_USER").await;
        let bob = made["targetId"].as_str().unwrap();
        for (method, route, body, operation) in [
            ("PATCH", "/api/v1/admin/users/{id}", json!({ "name": "Bob" }), "UPDATE_USER"),
            ("PUT", "/api/v1/admin/users/{id}/password", json!({ "password": PASSWORD }), "SET_PASSWORD"),
            ("POST", "/api/v1/admin/users/{id}/password-link", json!({}), "CREATE_PASSWORD_LINK"),
            ("DELETE", "/api/v1/admin/users/{id}", json!({}), "DELETE_USER"),
        ] {
            let entry = check(&admin, (method, route), bob, "", body, operation).await;
            assert_eq!(entry["targetId"], bob, "{method} {route}");
        }
        let login = json!({ "email": "ann@example.com", "password": PASSWORD });
        check(&app.anonymous(), ("POST", "/api/v1/auth/login"), "", "", login, "LOGIN").await;
        let token = json!({ "refresh_token": ann.refresh });
        check(&app.anonymous(), ("POST", "/api/v1/auth/refresh"), "", "", token, "REFRESH").await;
        let ann = log_in(&app.anonymous(), "ann@example.com").await;
        let token = json!({ "refresh_token": ann.refresh });
        check(&app.anonymous(), ("POST", "/api/v1/auth/logout"), "", "", token, "LOGOUT").await;
        let link = "mutation { createPasswordLink(input: {id: \"ID\"}) { secret } }";
        let user = app.app.catalog.database().user_by_email("ann@example.com").await.unwrap().unwrap();
        let made = app.admin().graphql(&link.replace("ID", &user.id), json!({})).await;
        let secret = &made["data"]["createPasswordLink"]["secret"];
        let body = json!({ "secret": secret, "password": PASSWORD });
        check(&app.anonymous(), ("POST", "/api/v1/auth/password-link"), "", "", body, "USE_PASSWORD_LINK").await;

        let document = app.anonymous().get("/openapi.json").await.json();
        let mut routes = BTreeSet::new();
        for (path, methods) in document["paths"].as_object().unwrap() {
            for method in methods.as_object().unwrap().keys().filter(|method| *method != "get") {
                routes.insert((method.clone(), path.clone()));
            }
        }
        assert_eq!(routes, seen, "add the new route here");
    }

    async fn every_command_that_writes_leaves_an_entry(app: TestApp) {
        app.movie("m").await;
        let file = app.database.folder.path().join("file.json");
        let document = envelope("m", "trivia", json!({ "items": [{ "text": "a" }] }));
        std::fs::write(&file, document.to_string()).unwrap();
        let file = file.to_str().unwrap();
        // The last ADMIN could be neither disabled nor deleted.
        create(&app, "ann@example.com", Role::Admin).await;
        let email = ["--email", "cli@example.com"];
        let check = async |arguments: &[&str], operation: &str, detail: Value| {
            let entry = one_entry(&app, &arguments.join(" "), async {
                json!(app.command(arguments).await.ok().stdout)
            }).await;
            let keys = ["operation", "outcome", "via", "email", "address", "detail"];
            let expected = json!([operation, "SUCCEEDED", "COMMAND_LINE", null, null, detail]);
            assert_eq!(shown(&entry, &keys), expected, "{arguments:?}: {entry}");
            entry
        };
        let user = async |command: &str, rest: &[&str], operation: &str, detail: Value| {
            check(&[&["user", command], &email[..], rest].concat(), operation, detail).await
        };
        user("create", &["--role", "VIEWER", "--password", PASSWORD], "CREATE_USER", json!("role VIEWER")).await;
        user("set-role", &["--role", "ADMIN"], "UPDATE_USER", json!("role VIEWER to ADMIN")).await;
        user("set-password", &["--password", PASSWORD], "SET_PASSWORD", json!(null)).await;
        user("password-link", &[], "CREATE_PASSWORD_LINK", json!(null)).await;
        user("disable", &[], "UPDATE_USER", json!("disabled")).await;
        user("enable", &[], "UPDATE_USER", json!("enabled")).await;
        let secret = std::str::from_utf8(crate::support::SECRET).unwrap();
        check(&[&["token"], &email[..], &["--jwt-secret", secret]].concat(), "CREATE_TOKEN", json!("an access token")).await;
        let create = [&["token", "create"], &email[..], &["--name", "n", "--role", "VIEWER", "--never-expires"]].concat();
        let account = app.app.catalog.database().user_by_email("cli@example.com").await.unwrap().unwrap();
        let detail = format!("role VIEWER, never expires, of {}", account.id);
        let made = check(&create, "CREATE_TOKEN", json!(detail)).await;
        check(&["token", "revoke", "--id", made["targetId"].as_str().unwrap()], "REVOKE_TOKEN", json!(null)).await;
        user("delete", &[], "DELETE_USER", json!("role ADMIN")).await;
        let entry = check(&["import", file], "IMPORT", json!("published revision 1")).await;
        assert_eq!(shown(&entry, &["targetId", "category"]), json!(["m", "TRIVIA"]));
        check(&["reindex"], "REINDEX", json!("2 documents")).await;
    }
}
