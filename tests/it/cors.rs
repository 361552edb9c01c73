//! Cross-origin requests: what a browser sends for a page of another origin, and what it needs in
//! the responses before the page may read them.

use std::net::SocketAddr;

use reelport::catalog::access::Role;
use reelport::http::AllowedOrigins;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::command::reelport;
use crate::support::raw::{Raw, post};
use crate::support::server::Server;
use crate::support::{Client, Reply, TestApp, database, envelope, fixtures, token};

const PAGE: &str = "https://app.example.com";
const IMPORT: &str = "/api/v1/admin/movies/m/import/timeline";
const EXPORT: &str = "/api/v1/admin/movies/m/export/timeline";
/// What pages send: by hand, and with Apollo Client.
const REQUEST_HEADERS: &str = "accept,authorization,content-encoding,content-type,idempotency-key,\
                               if-none-match,prefer,x-request-id,apollographql-client-name,\
                               apollographql-client-version";

async fn open_to(app: &TestApp, origins: &str) -> Client {
    let allowed = AllowedOrigins::parse(origins).unwrap();
    Client::new(app.with_settings(|app| app.allowed_origins = allowed).await)
}

async fn preflight(client: &Client, origin: &str, method: &str, path: &str) -> Reply {
    let request = client
        .request(Method::OPTIONS, path)
        .header("origin", origin)
        .header("access-control-request-method", method)
        .header("access-control-request-headers", REQUEST_HEADERS);
    client.send(request).await
}

async fn get_as(client: &Client, origin: &str, path: &str) -> Reply {
    client.send(client.request(Method::GET, path).header("origin", origin)).await
}

/// The entries of a header that holds a list, in lower case.
fn entries(reply: &Reply, name: &str) -> Vec<String> {
    let lines = reply.headers.get_all(name).iter();
    let entries = lines.flat_map(|line| line.to_str().unwrap().split(','));
    entries.map(|entry| entry.trim().to_lowercase()).collect()
}

fn cors_headers(reply: &Reply) -> Vec<&str> {
    let names = reply.headers.keys().map(reqwest::header::HeaderName::as_str);
    names.filter(|name| name.starts_with("access-control")).collect()
}

/// Whether a browser sends the request after this response to its preflight.
fn is_granted(reply: &Reply, method: &str) -> bool {
    let headers = entries(reply, "access-control-allow-headers");
    (200..300).contains(&reply.status)
        && [PAGE, "*"].contains(&reply.header("access-control-allow-origin"))
        && entries(reply, "access-control-allow-methods").contains(&method.to_lowercase())
        && REQUEST_HEADERS.split(',').all(|header| headers.contains(&header.to_owned()))
}

/// All routes, with their methods.
async fn routes(client: &Client) -> Vec<(String, String)> {
    let document = client.get("/openapi.json").await.json();
    let mut routes = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        let path = path.replace("{id}", "m").replace("{category}", "timeline");
        for method in ["get", "post", "put", "patch", "delete"] {
            if item.get(method).is_some() {
                routes.push((method.to_uppercase(), path.clone()));
            }
        }
    }
    assert!(routes.len() > 10 && routes.iter().all(|(_, path)| !path.contains('{')), "{routes:?}");
    for (method, path) in [
        ("GET", "/graphql"),
        ("POST", "/graphql"),
        ("GET", "/graphiql"),
        ("GET", "/graphiql/no-such.js"),
        ("GET", "/"),
        ("GET", "/no-such"),
    ] {
        routes.push((method.to_owned(), path.to_owned()));
    }
    routes
}

#[tokio::test]
async fn without_configuration_other_origins_are_kept_out() {
    let app = TestApp::sqlite().await;
    let client = app.viewer();
    for origin in [PAGE, "http://localhost:5173", "null"] {
        for path in ["/graphql", EXPORT, "/healthz"] {
            let refused = preflight(&client, origin, "POST", path).await;
            assert_eq!((refused.status, cors_headers(&refused)), (405, vec![]), "{origin} {path}");
            let reply = get_as(&client, origin, path).await;
            assert_eq!(cors_headers(&reply), [""; 0], "{origin} {path}");
            assert!(!entries(&reply, "vary").contains(&"origin".to_owned()));
        }
    }
}

#[tokio::test]
async fn preflights_are_answered_on_every_route_without_a_token() {
    let app = TestApp::sqlite().await;
    let client = open_to(&app, PAGE).await;
    let routes = routes(&client).await;
    let (queries, ()) = app
        .count_queries(async {
            for (method, path) in &routes {
                let reply = preflight(&client, PAGE, method, path).await;
                assert!(is_granted(&reply, method), "{method} {path}: {reply:?}");
                assert_eq!(reply.header("access-control-allow-origin"), PAGE);
                assert_eq!(reply.text, "");
                let seconds = reply.header("access-control-max-age").parse::<u32>().unwrap();
                assert!(seconds >= 600, "{seconds}");
                assert!(!reply.header("x-request-id").is_empty());
            }
        })
        .await;
    assert_eq!(queries, 0);

    // Nothing of the request is looked at: no token, no body, no memory.
    let busy = app
        .with_settings(|app| {
            app.allowed_origins = AllowedOrigins::parse(PAGE).unwrap();
            app.limits.request_memory = 0;
        })
        .await;
    let client = Client::new(busy);
    let request = client
        .request(Method::OPTIONS, "/graphql")
        .header("origin", PAGE)
        .header("access-control-request-method", "POST")
        .header("authorization", "Bearer not.a.token")
        .header("content-encoding", "br")
        .body("{");
    assert_eq!(client.send(request).await.status, 200);
}

#[tokio::test]
async fn a_page_can_read_every_refusal() {
    let app = TestApp::sqlite().await;
    app.full_movie("m").await;
    let client = open_to(&app, PAGE).await;
    let admin = client.clone().with_token(token(Role::Admin, "admin@example.com"));
    let viewer = client.clone().with_token(token(Role::Viewer, "viewer@example.com"));
    let stale = client.clone().with_token("not.a.token");
    let query = json!({ "query": "{ __typename }" });
    let post = |client: &Client, path: &str, content_type: &str, body: String| {
        let request = client.request(Method::POST, path).header("content-type", content_type);
        request.body(body)
    };
    let json = "application/json";
    let foreign = envelope("other", "timeline", json!({})).to_string();
    let broken = envelope("m", "timeline", json!({ "events": [{ "date": "soon" }] })).to_string();
    for (status, request) in [
        (401, post(&stale, "/graphql", json, query.to_string())),
        (401, stale.request(Method::GET, EXPORT)),
        (401, client.request(Method::GET, EXPORT)),
        (403, post(&viewer, IMPORT, json, broken.clone())),
        (404, viewer.request(Method::GET, "/api/v1/admin/movies/x/export/timeline")),
        (404, client.request(Method::GET, "/no-such")),
        (405, client.request(Method::DELETE, "/graphql")),
        (405, client.request(Method::GET, "/graphql?query=mutation%7B__typename%7D")),
        (406, client.request(Method::GET, "/graphql").header("accept", "text/html")),
        (400, post(&client, "/graphql", json, "[]".to_owned())),
        (400, post(&admin, IMPORT, json, foreign)),
        (413, post(&client, "/graphql", json, " ".repeat(65 * 1024))),
        (415, post(&client, "/graphql", "text/plain", query.to_string())),
        (422, post(&admin, IMPORT, json, broken)),
    ] {
        let reply = client.send(request.header("origin", PAGE)).await;
        assert_eq!(reply.status, status, "{}", reply.text);
        assert_eq!(reply.header("access-control-allow-origin"), PAGE, "{status}: {reply:?}");
        assert!(entries(&reply, "vary").contains(&"origin".to_owned()), "{status}: {reply:?}");
    }
    database::execute(&app.database.url, "ALTER TABLE documents RENAME TO gone").await;
    let reply = get_as(&viewer, PAGE, EXPORT).await;
    assert_eq!(reply.status, 500, "{}", reply.text);
    assert_eq!(reply.header("access-control-allow-origin"), PAGE);
    assert!(reply.json()["detail"].as_str().unwrap().contains(reply.header("x-request-id")));
}

#[tokio::test]
async fn a_page_can_read_what_the_documentation_names() {
    let app = TestApp::sqlite().await;
    app.full_movie("m").await;
    let viewer = open_to(&app, PAGE).await.with_token(token(Role::Viewer, "viewer@example.com"));
    let exported = get_as(&viewer, PAGE, EXPORT).await;
    let bundle = get_as(&viewer, PAGE, "/api/v1/admin/movies/m/export/all").await;
    let etag = exported.header("etag");
    let cached = viewer.request(Method::GET, EXPORT).header("if-none-match", etag);
    let cached = viewer.send(cached.header("origin", PAGE)).await;
    assert_eq!((exported.status, bundle.status, cached.status), (200, 200, 304));
    assert!(bundle.header("content-disposition").contains("m-export.zip"));
    for reply in [&exported, &bundle, &cached] {
        assert_eq!(reply.header("access-control-allow-origin"), PAGE);
        let exposed = entries(reply, "access-control-expose-headers");
        for name in ["content-disposition", "etag", "location", "retry-after", "x-request-id"] {
            assert!(exposed.contains(&name.to_owned()), "{name}: {exposed:?}");
        }
        assert_eq!(reply.header("access-control-allow-credentials"), "");
        assert!(!reply.header("x-request-id").is_empty());
    }
}

#[tokio::test]
async fn an_origin_that_is_not_listed_is_not_granted() {
    let app = TestApp::sqlite().await;
    let client = open_to(&app, &format!("{PAGE}, http://localhost:3000")).await;
    for origin in [
        "https://app.example.com.evil.example",
        "https://evil-app.example.com",
        "http://app.example.com",
        "https://app.example.com:8443",
        "http://localhost:3001",
        "null",
        "",
    ] {
        let refused = preflight(&client, origin, "POST", "/graphql").await;
        let reply = get_as(&client, origin, "/healthz").await;
        for reply in [refused, reply] {
            assert_eq!(reply.header("access-control-allow-origin"), "", "{origin}");
            // A cache must not give this response to a page that is allowed.
            assert!(entries(&reply, "vary").contains(&"origin".to_owned()), "{origin}");
        }
    }
    let local = "http://localhost:3000";
    let granted = preflight(&client, local, "POST", "/graphql").await;
    assert_eq!(granted.header("access-control-allow-origin"), local);
    let same_origin = client.get("/healthz").await;
    assert_eq!((same_origin.status, same_origin.text.as_str()), (200, "ok\n"));
    assert!(entries(&same_origin, "vary").contains(&"origin".to_owned()));
}

#[tokio::test]
async fn vary_names_both_the_origin_and_the_content_coding() {
    let app = TestApp::sqlite().await;
    let client = open_to(&app, PAGE).await;
    let request = client.request(Method::GET, "/openapi.json").header("accept-encoding", "gzip");
    let reply = client.send(request.header("origin", PAGE)).await;
    assert_eq!(reply.header("content-encoding"), "gzip");
    let vary = entries(&reply, "vary");
    assert!(vary.contains(&"origin".to_owned()), "{vary:?}");
    assert!(vary.contains(&"accept-encoding".to_owned()), "{vary:?}");
}

#[tokio::test]
async fn an_asterisk_allows_all_origins_without_credentials() {
    let app = TestApp::sqlite().await;
    let client = open_to(&app, "*").await;
    for origin in [PAGE, "null", "http://localhost:1"] {
        let granted = preflight(&client, origin, "DELETE", IMPORT).await;
        assert!(is_granted(&granted, "DELETE"), "{granted:?}");
        for reply in [granted, get_as(&client, origin, "/healthz").await] {
            assert_eq!(reply.header("access-control-allow-origin"), "*");
            assert_eq!(reply.header("access-control-allow-credentials"), "");
            assert!(!entries(&reply, "vary").contains(&"origin".to_owned()));
        }
    }
}

#[tokio::test]
async fn preflights_and_refusals_can_be_read_beyond_the_limit_of_connections() {
    let app = TestApp::sqlite().await;
    app.movie("m").await;
    let address: SocketAddr = app
        .with_settings(|app| {
            app.allowed_origins = AllowedOrigins::parse(PAGE).unwrap();
            app.limits.connections = 1;
        })
        .await;
    let body = envelope("m", "timeline", fixtures::timeline()).to_string();
    let mut busy = Raw::connect(address).await;
    let length = body.len();
    busy.send(format!("{}expect: 100-continue\r\ncontent-length: {length}\r\n\r\n", post(IMPORT)))
        .await;
    assert_eq!(busy.answer().await.status, 100);
    for (request, status) in [
        ("OPTIONS /graphql HTTP/1.1\r\naccess-control-request-method: POST\r\n", 200),
        ("GET /readyz HTTP/1.1\r\n", 503),
        ("GET /healthz HTTP/1.1\r\n", 200),
    ] {
        let mut connection = Raw::connect(address).await;
        connection.send(format!("{request}host: x\r\norigin: {PAGE}\r\n\r\n")).await;
        let answer = connection.answer().await;
        assert_eq!(answer.status, status, "{answer:?}");
        let allowed = format!("access-control-allow-origin: {PAGE}\r\n");
        assert!(answer.head.contains(&allowed), "{answer:?}");
        assert!(answer.head.contains("connection: close"), "{answer:?}");
    }
    busy.send(&body).await;
    assert_eq!(busy.answer().await.status, 200);
}

#[tokio::test]
async fn the_demo_is_open_to_localhost_and_a_configured_server_to_its_list() {
    let local = ["http://localhost:5173", "http://127.0.0.1:3000", "https://[::1]"];
    for (arguments, origins, allowed) in [
        (&["--demo"][..], None, vec![local.to_vec()]),
        (&["--demo"], Some(PAGE), vec![local.to_vec(), vec![PAGE]]),
        (&[], Some(PAGE), vec![vec![PAGE]]),
        (&["--cors-origins", PAGE], Some("http://other.example"), vec![vec![PAGE]]),
        (&[], Some(""), vec![]),
        (&[], None, vec![]),
    ] {
        let database = database::sqlite();
        let started = [&["serve", "--listen", "127.0.0.1:0"], arguments].concat();
        let mut command = reelport(database.folder.path(), &database.url, &started);
        if let Some(origins) = origins {
            command.env("REELPORT_CORS_ORIGINS", origins);
        }
        let server = Server::start(command).await;
        let allowed = allowed.concat();
        let others = ["http://localhost.evil.example", "http://other.example", "null"];
        for origin in local.iter().chain(&[PAGE]).chain(&others) {
            let reply = preflight(&server.client, origin, "POST", "/graphql").await;
            let expected = if allowed.contains(origin) { origin } else { "" };
            let granted = reply.header("access-control-allow-origin");
            assert_eq!(granted, expected, "{arguments:?} {origins:?} {origin}");
        }
        server.stop().await;
    }
}

/// A page logs in, its token expires, and it logs in again: all that it needs of each response is
/// readable.
#[tokio::test]
async fn a_page_whose_token_expired_can_log_in_again() {
    let app = TestApp::sqlite().await;
    app.app.accounts.create("a@example.com", "correct horse", Role::Viewer).await.unwrap().unwrap();
    let client = open_to(&app, PAGE).await;
    let expired = crate::auth::with("exp", chrono::Utc::now().timestamp() - 60);
    let send = async |query: &str, token: &str| {
        assert!(is_granted(&preflight(&client, PAGE, "POST", "/graphql").await, "POST"));
        let request = client
            .request(Method::POST, "/graphql")
            .header("origin", PAGE)
            .header("accept", "application/graphql-response+json, application/json")
            .bearer_auth(token)
            .json(&json!({ "query": query }));
        let reply = client.send(request).await;
        assert_eq!(reply.header("access-control-allow-origin"), PAGE);
        (reply.status, reply.json())
    };
    let (status, body) = send("{ viewer { role } }", &expired).await;
    assert_eq!(
        (status, &body["errors"][0]["extensions"]["code"]),
        (401, &json!("UNAUTHENTICATED"))
    );
    let login = "mutation { login(input: {email: \"a@example.com\", password: \"correct horse\"}) {
        accessToken } }";
    let (status, body) = send(login, &expired).await;
    let token: &Value = &body["data"]["login"]["accessToken"];
    assert_eq!(status, 200, "{body}");
    let answered = send("{ viewer { role } }", token.as_str().unwrap()).await;
    assert_eq!(answered, (200, json!({ "data": { "viewer": { "role": "VIEWER" } } })));
}
