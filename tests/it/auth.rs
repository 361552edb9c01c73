//! Authentication and the permissions of each role.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reelport::catalog::access::{Credential, Principal, Role};
use reelport::document::Source;
use reqwest::Method;
use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::{Client, Reply, SECRET, TestApp, envelope, fixtures, token, token_of};

const EMAIL: &str = "ada@example.com";
const PASSWORD: &str = "correct horse battery";
const LOGIN: &str = "mutation($email: String!, $password: String!) {
    login(input: {email: $email, password: $password}) {
        accessToken tokenType expiresIn refreshToken viewer { id email role } userErrors { code }
    }
}";

async fn account(app: &TestApp, role: Role) {
    app.app.accounts.create(EMAIL, PASSWORD, role).await.unwrap().unwrap();
}

async fn login(client: &Client, email: &str, password: &str) -> Reply {
    client.post("/api/v1/auth/login", &json!({ "email": email, "password": password })).await
}

async fn graphql_login(client: &Client, email: &str, password: &str) -> Value {
    client.graphql(LOGIN, json!({ "email": email, "password": password })).await
}

async fn refresh(client: &Client, token: &Value) -> Reply {
    client.post("/api/v1/auth/refresh", &json!({ "refresh_token": token })).await
}

fn codes(reply: &Value) -> Vec<&str> {
    let errors = reply["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    errors.iter().map(|error| error["extensions"]["code"].as_str().unwrap_or("none")).collect()
}

#[track_caller]
fn assert_unauthorized(reply: &Reply) {
    assert_eq!(reply.status, 401, "{}", reply.text);
    assert!(reply.header("www-authenticate").starts_with("Bearer"), "{:?}", reply.headers);
    let body = reply.json();
    match reply.header("content-type") {
        "application/problem+json" => assert_eq!(body["code"], "UNAUTHENTICATED"),
        graphql => {
            assert_eq!(graphql, "application/json; charset=utf-8");
            assert_eq!((codes(&body), body.get("data")), (vec!["UNAUTHENTICATED"], None));
        }
    }
}

on_both_databases! {
    async fn a_rest_login_returns_a_valid_token(app: TestApp) {
        account(&app, Role::Viewer).await;
        let reply = login(&app.anonymous(), EMAIL, PASSWORD).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert_eq!(reply.header("cache-control"), "no-store");
        let body = reply.json();
        let keys: Vec<_> = body.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["access_token", "token_type", "expires_in", "refresh_token"]);
        assert!(body["token_type"].as_str().unwrap().eq_ignore_ascii_case("bearer"));
        assert!(body["expires_in"].as_u64().unwrap() > 0);
        let client = app.anonymous().with_token(body["access_token"].as_str().unwrap());
        let viewer = client.graphql("{ viewer { email role } }", json!({})).await;
        assert_eq!(viewer["data"]["viewer"], json!({ "email": EMAIL, "role": "VIEWER" }));
    }

    async fn a_graphql_login_returns_a_valid_token(app: TestApp) {
        account(&app, Role::Admin).await;
        let reply = graphql_login(&app.anonymous(), EMAIL, PASSWORD).await;
        let payload = &reply["data"]["login"];
        assert_eq!(payload["userErrors"], json!([]), "{reply}");
        assert_eq!(payload["tokenType"], "Bearer");
        assert_eq!(payload["viewer"]["email"], EMAIL);
        assert_eq!(payload["viewer"]["role"], "ADMIN");
        let client = app.anonymous().with_token(payload["accessToken"].as_str().unwrap());
        let viewer = client.graphql("{ viewer { id email role } }", json!({})).await;
        assert_eq!(viewer["data"]["viewer"], payload["viewer"]);
    }

    async fn emails_are_case_insensitive(app: TestApp) {
        account(&app, Role::Viewer).await;
        assert_eq!(login(&app.anonymous(), " Ada@Example.COM ", PASSWORD).await.status, 200);
    }

    async fn a_wrong_password_and_an_unknown_account_get_the_same_response(app: TestApp) {
        account(&app, Role::Viewer).await;
        let client = app.anonymous();
        let wrong = login(&client, EMAIL, "wrong password").await;
        let unknown = login(&client, "nobody@example.com", PASSWORD).await;
        assert_unauthorized(&wrong);
        assert_unauthorized(&unknown);
        assert_eq!(wrong.text, unknown.text);

        let wrong = graphql_login(&client, EMAIL, "wrong password").await;
        let unknown = graphql_login(&client, "nobody@example.com", PASSWORD).await;
        assert_eq!(codes(&wrong), ["UNAUTHENTICATED"]);
        assert_eq!(wrong, unknown);
    }

    async fn a_refresh_token_gives_tokens_with_the_current_role(app: TestApp) {
        account(&app, Role::Viewer).await;
        let client = app.anonymous();
        let first = login(&client, EMAIL, PASSWORD).await.json();
        app.app.accounts.set_role(EMAIL, Role::Admin).await.unwrap().unwrap();
        let reply = refresh(&client, &first["refresh_token"]).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let second = reply.json();
        let client = client.with_token(second["access_token"].as_str().unwrap());
        let viewer = client.graphql("{ viewer { role } }", json!({})).await;
        assert_eq!(viewer["data"]["viewer"]["role"], "ADMIN");
        assert_eq!(refresh(&client, &second["refresh_token"]).await.status, 200);
    }

    async fn a_refresh_token_of_a_deleted_account_is_refused(app: TestApp) {
        account(&app, Role::Viewer).await;
        let session = login(&app.anonymous(), EMAIL, PASSWORD).await.json();
        app.app.accounts.delete(EMAIL).await.unwrap().unwrap();
        assert_unauthorized(&refresh(&app.anonymous(), &session["refresh_token"]).await);
    }

    async fn a_changed_password_replaces_the_old_one(app: TestApp) {
        account(&app, Role::Viewer).await;
        app.app.accounts.set_password(EMAIL, "another password").await.unwrap().unwrap();
        assert_eq!(login(&app.anonymous(), EMAIL, PASSWORD).await.status, 401);
        assert_eq!(login(&app.anonymous(), EMAIL, "another password").await.status, 200);
    }
}

#[tokio::test]
async fn access_and_refresh_tokens_are_not_interchangeable() {
    let app = TestApp::sqlite().await;
    account(&app, Role::Admin).await;
    let session = login(&app.anonymous(), EMAIL, PASSWORD).await.json();
    assert_unauthorized(&refresh(&app.anonymous(), &session["access_token"]).await);
    let client = app.anonymous().with_token(session["refresh_token"].as_str().unwrap());
    assert_unauthorized(&client.get("/api/v1/admin/movies/m/export/timeline").await);
    assert_unauthorized(&client.post("/graphql", &json!({ "query": "{ __typename }" })).await);
}

#[tokio::test]
async fn password_guesses_are_throttled_across_rest_and_graphql() {
    let app = TestApp::sqlite().await;
    account(&app, Role::Viewer).await;
    let client = app.anonymous();
    for attempt in 0..10 {
        if attempt % 2 == 0 {
            assert_eq!(login(&client, EMAIL, "wrong password").await.status, 401);
        } else {
            assert_eq!(
                codes(&graphql_login(&client, EMAIL, "wrong password").await),
                ["UNAUTHENTICATED"]
            );
        }
    }
    let refused = login(&client, EMAIL, PASSWORD).await;
    assert_eq!(refused.status, 429, "{}", refused.text);
    assert_eq!(refused.json()["code"], "RATE_LIMITED");
    assert!(refused.header("retry-after").parse::<u64>().unwrap() > 0);
    let refused = graphql_login(&client, EMAIL, PASSWORD).await;
    assert_eq!(codes(&refused), ["RATE_LIMITED"]);
    assert_eq!(login(&client, "other@example.com", "wrong password").await.status, 401);
}

#[tokio::test]
async fn a_correct_password_resets_the_failure_count() {
    let app = TestApp::sqlite().await;
    account(&app, Role::Viewer).await;
    for _ in 0..2 {
        for _ in 0..9 {
            assert_eq!(login(&app.anonymous(), EMAIL, "wrong password").await.status, 401);
        }
        assert_eq!(login(&app.anonymous(), EMAIL, PASSWORD).await.status, 200);
    }
}

#[tokio::test]
async fn a_malformed_login_is_refused_without_echoing_it() {
    let app = TestApp::sqlite().await;
    let client = app.anonymous();
    for (body, status) in [
        ("{\"email\": \"a@b\", \"password\": hunter2hunter2}", 400),
        ("hunter2hunter2", 400),
        ("{\"email\": \"a@b\", \"password\": {\"is\": \"hunter2hunter2\"}}", 422),
        ("{\"password\": \"hunter2hunter2\"}", 422),
        ("\"hunter2hunter2\"", 422),
    ] {
        for route in ["/api/v1/auth/login", "/api/v1/auth/refresh"] {
            let reply = client.post_text(route, body).await;
            assert_eq!(reply.status, status, "{route} {body}: {}", reply.text);
            assert!(!reply.text.contains("hunter2"), "{}", reply.text);
        }
    }
    assert_eq!(client.post_text("/api/v1/auth/login", "").await.status, 400);
    // The refresh token may be in a cookie, without a body.
    assert_eq!(client.post_text("/api/v1/auth/refresh", "").await.status, 422);
    let form = client
        .request(Method::POST, "/api/v1/auth/login")
        .header("content-type", "text/plain")
        .body("{}");
    assert_eq!(client.send(form).await.status, 415);
    let query = "mutation { login(input: {email: \"a@b\", password: {is: \"hunter2hunter2\"}}) { accessToken } }";
    let reply = client.graphql(query, json!({})).await;
    assert!(!codes(&reply).is_empty() && !reply.to_string().contains("hunter2"), "{reply}");
    let reply = client
        .graphql(LOGIN, json!({ "email": "a@b", "password": { "is": "hunter2hunter2" } }))
        .await;
    assert!(!codes(&reply).is_empty() && !reply.to_string().contains("hunter2"), "{reply}");
}

fn claims() -> Value {
    let now = chrono::Utc::now().timestamp();
    json!({
        "sub": "user-1", "email": EMAIL, "role": "ADMIN", "iss": "reelport", "aud": "reelport", "iat": now,
        "exp": now + 600
    })
}

fn signed(algorithm: Algorithm, secret: &[u8], claims: &Value) -> String {
    jsonwebtoken::encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(secret))
        .unwrap()
}

pub fn with(key: &str, value: impl Into<Value>) -> String {
    let mut claims = claims();
    claims[key] = value.into();
    signed(Algorithm::HS256, SECRET, &claims)
}

fn without(key: &str) -> String {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(key);
    signed(Algorithm::HS256, SECRET, &claims)
}

#[tokio::test]
async fn an_invalid_token_is_401_for_every_request() {
    let app = TestApp::sqlite().await;
    let none = {
        let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        format!("{}.{}.", part(&json!({ "alg": "none", "typ": "JWT" })), part(&claims()))
    };
    let good = signed(Algorithm::HS256, SECRET, &claims());
    let (unsigned, _) = good.rsplit_once('.').unwrap();
    let now = chrono::Utc::now().timestamp();
    let tokens = [
        ("malformed", "not-a-token".to_owned()),
        ("empty", String::new()),
        ("expired", with("exp", now - 60)),
        ("not valid yet", with("nbf", now + 600)),
        ("badly signed", signed(Algorithm::HS256, &[b'x'; 40], &claims())),
        ("without its signature", format!("{unsigned}.")),
        ("alg none", none),
        ("alg HS512", signed(Algorithm::HS512, SECRET, &claims())),
        ("alg HS384", signed(Algorithm::HS384, SECRET, &claims())),
        ("another issuer", with("iss", "someone")),
        ("another audience", with("aud", "someone")),
        ("an unknown role", with("role", "ROOT")),
        ("no expiry", without("exp")),
        ("no issuer", without("iss")),
        ("no audience", without("aud")),
        ("no role", without("role")),
    ];
    for (what, token) in tokens {
        let client = app.anonymous().with_token(token.clone());
        let introspection = json!({ "query": "{ __schema { queryType { name } } }" });
        for reply in [
            client.get("/api/v1/admin/movies/no-such/export/no-such").await,
            client.post("/api/v1/admin/movies/m/import/timeline", &json!({})).await,
            client.post("/graphql", &json!({ "query": "{ __typename }" })).await,
            client.post("/graphql", &introspection).await,
            client.post_text("/graphql", "not even JSON").await,
            client.get("/graphql?query=%7B__typename%7D").await,
        ] {
            assert_unauthorized(&reply);
            assert!(reply.header("www-authenticate").contains("error=\"invalid_token\""), "{what}");
            assert!(token.is_empty() || !reply.text.contains(&token), "{what}");
        }
    }
    let client = app.anonymous().with_token(good);
    assert_eq!(
        client.graphql("{ viewer { id } }", json!({})).await["data"]["viewer"]["id"],
        "user:user-1"
    );
}

#[tokio::test]
async fn a_malformed_authorization_header_is_401() {
    let app = TestApp::sqlite().await;
    let client = app.anonymous();
    let good = token(Role::Admin, EMAIL);
    let query = json!({ "query": "{ __typename }" });
    for value in
        ["Basic YTpi".to_owned(), "Bearer".to_owned(), good.clone(), format!("Token {good}")]
    {
        let request =
            client.request(Method::POST, "/graphql").header("authorization", &value).json(&query);
        assert_unauthorized(&client.send(request).await);
    }
    let twice =
        client.request(Method::POST, "/graphql").bearer_auth(&good).bearer_auth(&good).json(&query);
    assert_unauthorized(&client.send(twice).await);
    let lower = client
        .request(Method::POST, "/graphql")
        .header("authorization", format!("bearer {good}"))
        .json(&query);
    assert_eq!(client.send(lower).await.status, 200);
}

const READS: &[&str] = &[
    "{ movie(id: \"m\") { id } }",
    "{ movies { totalCount } }",
    "{ movieExport(movieId: \"m\", category: TIMELINE) { id } }",
];
const WRITES: &[&str] = &[
    "mutation { importCategory(input: {movieId: \"m\", data: {timeline: {}}}) { status } }",
    "mutation { importDocument(input: {movieId: \"m\", document: \"{}\"}) { status } }",
    "mutation { createMovie(input: {id: \"m\", title: \"T\"}) { userErrors { code } } }",
    "mutation { deleteMovie(input: {id: \"m\"}) { deletedMovieId } }",
];
const ROLES: [(Role, bool, bool); 4] = [
    (Role::User, false, false),
    (Role::Viewer, true, false),
    (Role::Contributor, true, false),
    (Role::Admin, true, true),
];

on_both_databases! {
    async fn graphql_enforces_the_permissions_of_each_role(app: TestApp) {
        app.movie("m").await;
        for (role, reads, writes) in ROLES {
            let client = app.with_role(role);
            for (queries, allowed) in [(READS, reads), (WRITES, writes)] {
                for query in queries {
                    let reply = client.graphql(query, json!({})).await;
                    let expected: &[&str] = if allowed { &[] } else { &["FORBIDDEN"] };
                    assert_eq!(codes(&reply), expected, "{role:?} {query}: {reply}");
                }
            }
        }
    }

    async fn rest_enforces_the_permissions_of_each_role(app: TestApp) {
        app.movie("m").await;
        for (role, reads, writes) in ROLES {
            let client = app.with_role(role);
            for route in ["timeline", "all"] {
                let reply = client.get(&format!("/api/v1/admin/movies/m/export/{route}")).await;
                assert_eq!(
                    reply.status,
                    if reads { 200 } else { 403 },
                    "{role:?} {route}: {}",
                    reply.text
                );
            }
            let reply = client.import("m", "timeline", fixtures::timeline()).await;
            assert_eq!(reply.status, if writes { 200 } else { 403 }, "{role:?}: {}", reply.text);
            if !writes {
                assert_eq!(reply.json()["code"], "FORBIDDEN");
            }
        }
    }

    async fn an_agent_token_determines_the_source(app: TestApp) {
        app.movie("m").await;
        let agent = Principal {
            subject: "agent".to_owned(),
            email: "agent@example.com".to_owned(),
            role: Role::Admin,
            source: Some(Source::LlmGenerated),
            credential: Credential::default(),
            expires_at: None,
            origin: std::sync::Arc::default(),
        };
        let client = app.anonymous().with_token(token_of(&agent));
        let mut file = envelope("m", "timeline", fixtures::timeline());
        file["metadata"] = json!({ "source": "tmdb" });
        client.import_envelope("m", "timeline", "", &file).await;
        assert_eq!(client.export("m", "timeline").await["metadata"]["source"], "llm-generated");
    }

    async fn rest_checks_authentication_permission_existence_then_input(app: TestApp) {
        app.movie("m").await;
        let bad_import = |client: Client, movie: &'static str, category: &'static str| async move {
            let path = format!("/api/v1/admin/movies/{movie}/import/{category}?no_such=option");
            let request =
                client.request(Method::POST, &path).header("content-type", "text/plain").body("{");
            client.send(request).await.status
        };
        assert_eq!(bad_import(app.anonymous(), "no-such", "no-such").await, 401);
        assert_eq!(bad_import(app.viewer(), "no-such", "no-such").await, 403);
        assert_eq!(bad_import(app.admin(), "no-such", "timeline").await, 404);
        assert_eq!(bad_import(app.admin(), "m", "no-such").await, 404);
        assert_eq!(bad_import(app.admin(), "m", "timeline").await, 400);

        for (client, status) in
            [(app.anonymous(), 401), (app.with_role(Role::User), 403), (app.viewer(), 404)]
        {
            for path in [
                "no-such/export/timeline",
                "m/export/no-such",
                "no-such/export/all",
                "..m/export/all",
            ] {
                assert_eq!(
                    client.get(&format!("/api/v1/admin/movies/{path}")).await.status,
                    status,
                    "{path}"
                );
            }
        }
        let not_json =
            app.admin().post_text("/api/v1/admin/movies/no-such/import/timeline", "{").await;
        assert_eq!(not_json.status, 404);
        let foreign = envelope("other", "trivia", json!({}));
        assert_eq!(
            app.admin().import_envelope("no-such", "timeline", "", &foreign).await.status,
            404
        );
    }

    async fn graphql_checks_permission_before_input(app: TestApp) {
        let queries = [
            "mutation { createMovie(input: {id: \"..\", title: \"\"}) { movie { id } } }",
            "mutation { deleteMovie(input: {id: \"..\"}) { deletedMovieId } }",
            "mutation { importDocument(input: {movieId: \"..\", document: \"{\"}) { status } }",
            "mutation { importCategory(input: {movieId: \"..\", data: {trivia: {items: [{}]}}}) { status } }",
        ];
        for query in queries {
            assert_eq!(
                codes(&app.anonymous().graphql(query, json!({})).await),
                ["UNAUTHENTICATED"],
                "{query}"
            );
            assert_eq!(
                codes(&app.viewer().graphql(query, json!({})).await),
                ["FORBIDDEN"],
                "{query}"
            );
        }
        let query = "{ movies(first: -1, after: \"nonsense\") { totalCount } }";
        assert_eq!(codes(&app.anonymous().graphql(query, json!({})).await), ["UNAUTHENTICATED"]);
        assert_eq!(
            codes(&app.with_role(Role::User).graphql(query, json!({})).await),
            ["FORBIDDEN"]
        );
        let query = "mutation { importDocument(input: {movieId: \"no-such\", document: \"{\"}) {
            movieExport { id } status userErrors { code } } }";
        let reply = app.admin().graphql(query, json!({})).await;
        let expected = json!({ "movieExport": null, "status": "REJECTED", "userErrors": [{ "code": "NOT_FOUND" }] });
        assert_eq!(reply["data"]["importDocument"], expected);
    }
}

#[tokio::test]
async fn introspection_typename_login_and_viewer_need_no_token() {
    let app = TestApp::sqlite().await;
    account(&app, Role::Viewer).await;
    let query = "{ __typename viewer { id } __schema { queryType { name } } __type(name: \"Movie\") { name } }";
    let reply = app.anonymous().graphql(query, json!({})).await;
    let expected = json!({
        "__typename": "Query", "viewer": null, "__schema": { "queryType": { "name": "Query" } },
        "__type": { "name": "Movie" }
    });
    assert_eq!(reply, json!({ "data": expected }));
    assert_eq!(codes(&graphql_login(&app.anonymous(), EMAIL, PASSWORD).await), [""; 0]);
}

#[tokio::test]
async fn other_fields_without_a_token_are_unauthenticated_with_status_200() {
    let app = TestApp::sqlite().await;
    let client = app.anonymous();
    for query in READS.iter().chain(WRITES) {
        let reply = client.post("/graphql", &json!({ "query": query })).await;
        assert_eq!((reply.status, codes(&reply.json())), (200, vec!["UNAUTHENTICATED"]), "{query}");
    }
    let mixed =
        client.graphql("{ __typename viewer { id } movie(id: \"m\") { id } }", json!({})).await;
    assert_eq!(mixed["data"], json!({ "__typename": "Query", "viewer": null, "movie": null }));
    assert_eq!(mixed["errors"][0]["path"], json!(["movie"]));
}

#[tokio::test]
async fn only_health_and_schemas_need_no_token_over_rest() {
    let app = TestApp::sqlite().await;
    app.movie("m").await;
    let client = app.anonymous();
    for path in ["/healthz", "/readyz", "/api/v1/schemas/timeline", "/graphiql"] {
        assert_eq!(client.get(path).await.status, 200, "{path}");
    }
    for path in ["/api/v1/admin/movies/m/export/timeline", "/api/v1/admin/movies/m/export/all"] {
        assert_unauthorized(&client.get(path).await);
    }
    assert_unauthorized(&client.import("m", "timeline", fixtures::timeline()).await);
}
