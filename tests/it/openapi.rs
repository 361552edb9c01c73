//! `openapi.json` declares all that the REST API answers. [`Client`] compares every reply of every
//! test with it; here are requests with mistakes that no other test makes for every operation.

use std::collections::BTreeSet;
use std::path::Path;

use reelport::catalog::access::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::declared::{DOCUMENT, operation};
use crate::support::{Client, TestApp, fixtures};

/// All operations: method, path template, and the operation.
fn operations() -> Vec<(Method, String, &'static Value)> {
    let paths = DOCUMENT["paths"].as_object().unwrap();
    let each = paths.iter().flat_map(|(path, item)| {
        item.as_object().unwrap().iter().map(|(method, operation)| {
            (method.to_ascii_uppercase().parse().unwrap(), path.clone(), operation)
        })
    });
    each.collect()
}

fn filled(template: &str, id: &str, category: &str) -> String {
    template.replace("{id}", id).replace("{category}", category)
}

/// The statuses of a request with the ids and with each kind of body.
async fn statuses(client: &Client, method: &Method, path: &str) -> BTreeSet<u16> {
    let request = || client.request(method.clone(), path);
    let json =
        |text: &str| request().header("content-type", "application/json").body(text.to_owned());
    let mut found = BTreeSet::new();
    for request in [
        request(),
        request().query(&[("no_such_parameter", "1")]),
        request().header("idempotency-key", "a").header("idempotency-key", "b"),
        request().header("accept", "text/html"),
        request().header("content-type", "text/plain").body("{}"),
        json(""),
        json("{"),
        json("null"),
        json("[]"),
        json("{}"),
        json("{\"email\": 1, \"refresh_token\": 1}"),
        json("{\"email\": \"a\", \"password\": \"b\", \"refresh_token\": \"c\"}"),
        json("{}").header("content-encoding", "br"),
        json("{}").header("content-encoding", "gzip"),
    ] {
        // The client asserts that the reply is declared.
        found.insert(client.send(request).await.status);
    }
    found
}

#[test]
fn each_operation_has_an_id_of_its_own() {
    let ids: Vec<_> = operations()
        .iter()
        .map(|(_, path, operation)| (operation["operationId"].as_str().unwrap(), path.clone()))
        .collect();
    for (index, (id, path)) in ids.iter().enumerate() {
        let same = ids[..index].iter().find(|(other, _)| other == id);
        assert_eq!(same, None, "{path} has the same operationId");
    }
}

#[tokio::test]
async fn requests_with_mistakes_get_declared_answers() {
    let app = TestApp::sqlite().await;
    app.full_movie("m").await;
    let new = json!({ "email": "a@example.com", "role": "VIEWER" });
    let created = app.admin().post("/api/v1/admin/users", &new).await.json();
    let account = created["id"].as_str().unwrap().to_owned();
    let mut all = BTreeSet::new();
    for (method, template, operation) in operations() {
        let has_security = operation.get("security").is_some();
        // A session also ends by its refresh token, without an access token.
        let needs_token = has_security && !template.ends_with("/auth/logout");
        let needs_role = needs_token && !template.starts_with("/api/v1/auth/");
        for (id, category) in
            [("m", "trivia"), ("none", "trivia"), ("m", "none"), ("%FF", "trivia"), ("m", "%FF")]
        {
            let path = filled(&template, id, category);
            for role in Role::ALL {
                let found = statuses(&app.with_role(*role), &method, &path).await;
                if needs_role && *role == Role::User {
                    let is_refused = |status: &u16| matches!(status, 403 | 404);
                    assert!(found.iter().all(is_refused), "{method} {path}: {found:?}");
                }
                all.extend(found);
            }
            for client in [app.anonymous(), app.anonymous().with_token("a.b.c")] {
                let found = statuses(&client, &method, &path).await;
                assert!(!needs_token || found == BTreeSet::from([401]), "{method} {path}");
                all.extend(found);
            }
        }
        let is_streamed = template.ends_with("/movies/import");
        if operation.get("requestBody").is_some() && !is_streamed {
            let id = if template.contains("/users/") { &account } else { "m" };
            let path = filled(&template, id, "trivia");
            let request = app.admin().request(method.clone(), &path);
            let request = request.header("content-type", "application/json");
            let reply = app.admin().send(request.body(" ".repeat(17 << 20))).await;
            assert_eq!(reply.status, 413, "{method} {path}: {}", reply.text);
            all.insert(reply.status);
        }
    }
    // The requests reach what they are meant to reach.
    for status in [200, 400, 401, 403, 404, 413, 415, 422] {
        assert!(all.contains(&status), "{status}: {all:?}");
    }
}

#[tokio::test]
async fn successes_have_the_declared_bodies_and_headers() {
    let app = TestApp::sqlite().await;
    let admin = app.full_movie("m").await;
    for (category, data) in fixtures::all_categories() {
        let export = admin.get(&format!("/api/v1/admin/movies/m/export/{category}")).await;
        for name in ["etag", "content-disposition"] {
            assert!(!export.header(name).is_empty(), "{category}: {name}");
        }
        let envelope = crate::support::envelope("m", &category.replace('-', "_"), data);
        for options in ["?dry_run=true", "?target=draft", ""] {
            let reply = admin.import_envelope("m", category, options, &envelope).await;
            assert_eq!(reply.status, 200, "{category}: {}", reply.text);
        }
        let schema = admin.get(&format!("/api/v1/schemas/{category}")).await;
        assert_eq!(schema.status, 200, "{}", schema.text);
    }
    let changed = json!({ "tagline": "Another one." });
    let envelope = crate::support::envelope("m", "basic_info", changed);
    let reply = admin.import_envelope("m", "basic-info", "?target=draft", &envelope).await;
    assert_eq!(reply.json()["status"], "drafted");
    let status = admin.get("/api/v1/admin/movies/m/draft-status").await;
    assert_eq!(status.json()["drafts"].as_array().unwrap().len(), 1);
    let published = admin.post("/api/v1/admin/movies/m/publish/basic-info", &json!({})).await;
    assert_eq!(published.json()["status"], "published");
    for path in ["/healthz", "/readyz", "/openapi.json", "/api/v1/admin/movies/m/export/all"] {
        assert_eq!(admin.get(path).await.status, 200, "{path}");
    }
}

/// Operations that any token may call.
const ANY_TOKEN: &[&str] = &["GET /api/v1/auth/tokens", "DELETE /api/v1/auth/tokens/{id}"];
/// Paths that are found only if a log-in provider is configured.
const WITH_PROVIDER: &[&str] = &["/api/v1/auth/oidc/callback", "/api/v1/auth/oidc/login"];
/// Paths without an id whose requests name an object in another way.
const NAMED_BY_PARAMETERS: &[&str] = &["/api/v1/admin/movies/export", "/api/v1/auth/password-link"];

#[test]
fn every_operation_declares_the_errors_of_its_kind() {
    for (method, path, operation) in operations() {
        let declared = operation["responses"].as_object().unwrap();
        let has = |status: &str| declared.contains_key(status);
        let place = format!("{method} {path}");
        let is_health = matches!(path.as_str(), "/healthz" | "/readyz");
        assert!(is_health || (has("500") && has("503")), "{place}");
        let needs_role = operation.get("security").is_some() && !ANY_TOKEN.contains(&&*place);
        // The cookie without its header, and people without an account.
        let refuses = path.ends_with("/auth/refresh") || path.ends_with("/oidc/callback");
        assert_eq!(needs_role || refuses, has("403"), "{place}");
        assert!(operation.get("security").is_none() || has("401"), "{place}");
        let names_object = path.contains('{') || NAMED_BY_PARAMETERS.contains(&&*path);
        let is_optional = WITH_PROVIDER.contains(&&*path);
        assert_eq!(names_object || is_optional, has("404"), "{place}");
        // A bulk import reports what is wrong with its file in the lines of its response.
        let is_streamed = path.ends_with("/movies/import");
        let takes_body = operation.get("requestBody").is_some() && !is_streamed;
        for status in ["400", "408", "413", "415", "422"] {
            assert!(!takes_body || has(status), "{place}: {status}");
        }
        for (status, response) in declared {
            assert!(!response["description"].as_str().unwrap().is_empty(), "{place}: {status}");
            if status.starts_with(['4', '5']) {
                let content = response["content"].as_object().unwrap();
                let types: Vec<&String> = content.keys().collect();
                // Browsers get a page.
                let expected: &[&str] = if is_optional {
                    &["application/problem+json", "text/html"]
                } else {
                    &["application/problem+json"]
                };
                assert_eq!(types, expected, "{place}: {status}");
            }
        }
    }
}

#[test]
fn the_committed_document_equals_the_served_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    let committed = std::fs::read_to_string(path).unwrap();
    assert!(
        committed == reelport::http::openapi::document(),
        "openapi.json is out of date: run `make schema` and commit it"
    );
}

#[test]
fn a_path_without_parameters_is_found_before_one_with_parameters() {
    let found = |path| operation(&Method::GET, path).map(|(template, _)| template);
    let all = "/api/v1/admin/movies/{id}/export/all";
    assert_eq!(found("/api/v1/admin/movies/m/export/all"), Some(all));
    assert_eq!(
        found("/api/v1/admin/movies/m/export/trivia"),
        Some("/api/v1/admin/movies/{id}/export/{category}")
    );
    assert_eq!(found("/api/v1/admin/movies/m/export"), None);
    assert_eq!(operation(&Method::PUT, "/healthz"), None);
}
