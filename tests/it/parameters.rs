//! Values of REST parameters and login bodies: accepted spellings, and errors for everything else.

use serde_json::json;

use crate::support::{TestApp, envelope, fixtures};

#[tokio::test]
async fn parameter_values_are_case_insensitive() {
    let app = TestApp::sqlite().await;
    let admin = app.movie("m").await;
    let import = |options: String| {
        let (admin, body) = (admin.clone(), envelope("m", "timeline", fixtures::timeline()));
        async move { admin.import_envelope("m", "timeline", &options, &body).await }
    };
    for value in ["true", "True", "TRUE", "tRuE", "1"] {
        let reply = import(format!("?dry_run={value}")).await;
        assert_eq!(reply.json()["status"], "planned", "{value}: {}", reply.text);
    }
    for value in ["", "2", "yes", "truth", "null"] {
        let reply = import(format!("?dry_run={value}")).await;
        let detail = format!("dry_run: found {value:?}; allowed is true or false, or 1 or 0");
        assert_eq!((reply.status, &reply.json()["detail"]), (400, &json!(detail)));
    }
    for options in [
        "mode=REPLACE&target=Draft",
        "on_conflict=keep-current",
        "on_conflict=KEEP_CURRENT",
        "source=LLM_Generated",
        "source=llm-generated&nulls=Clear",
        "override_locks=False&strict=0",
    ] {
        let reply = import(format!("?dry_run=1&{options}")).await;
        assert_eq!(reply.json()["status"], "planned", "{options}: {}", reply.text);
    }
    let draft = admin.get("/api/v1/admin/movies/m/export/timeline?stage=Published").await;
    assert_eq!(draft.status, 200, "{}", draft.text);
    // Nothing was written.
    let reply = import("?dry_run=FALSE".to_owned()).await;
    assert_eq!(
        (&reply.json()["status"], &reply.json()["revision"]),
        (&json!("published"), &json!(1))
    );
}

#[tokio::test]
async fn an_unknown_parameter_is_refused_with_a_suggestion() {
    let app = TestApp::sqlite().await;
    let admin = app.movie("m").await;
    let import = "/api/v1/admin/movies/m/import/timeline";
    let publish = "/api/v1/admin/movies/m/publish/timeline";
    let export = "/api/v1/admin/movies/m/export/timeline";
    for (method, path, start) in [
        (
            reqwest::Method::POST,
            format!("{import}?dryRun=true"),
            "\"dryRun\" is not a parameter of an import; did you mean \"dry_run\"?; allowed are target, ",
        ),
        (
            reqwest::Method::POST,
            format!("{import}?expectd_plan=x"),
            "\"expectd_plan\" is not a parameter of an import; did you mean \"expected_plan\"?",
        ),
        (
            reqwest::Method::POST,
            format!("{import}?colour=red"),
            "\"colour\" is not a parameter of an import; allowed are target, ",
        ),
        (
            reqwest::Method::POST,
            format!("{import}?mode=replce"),
            "mode: found \"replce\"; allowed is one of merge, replace; did you mean \"replace\"?",
        ),
        (reqwest::Method::POST, format!("{import}?strict=1&strict=0"), "strict is given twice"),
        (
            reqwest::Method::POST,
            format!("{publish}?dry-run=1"),
            "\"dry-run\" is not a parameter of publishing; did you mean \"dry_run\"?",
        ),
        (
            reqwest::Method::GET,
            format!("{export}?stages=draft"),
            "\"stages\" is not a parameter of an export; did you mean \"stage\"?; allowed are stage, as_of",
        ),
        (
            reqwest::Method::GET,
            format!("{}?stage=draft", export.replace("timeline", "all")),
            "\"stage\" is not a parameter of an export; there is none",
        ),
    ] {
        let reply = admin.send(admin.request(method, &path).json(&json!({}))).await;
        assert_eq!(reply.status, 400, "{path}: {}", reply.text);
        let detail = reply.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.starts_with(start), "{path}: {detail}");
    }
}

#[tokio::test]
async fn a_login_error_names_the_invalid_field() {
    let app = TestApp::sqlite().await;
    let client = app.anonymous();
    let missing = |name: &str| format!("{name} is missing; allowed is text");
    for (body, path, code, message) in [
        (json!({ "email": "a@b" }), "/password", "REQUIRED", missing("password")),
        (json!({ "password": "x" }), "/email", "REQUIRED", missing("email")),
        (
            json!({ "e-mail": "a@b", "password": "x" }),
            "/email",
            "REQUIRED",
            format!("{}; found \"e-mail\"; did you mean \"email\"?", missing("email")),
        ),
        (
            json!({ "email": "a@b", "Password": "secret" }),
            "/password",
            "REQUIRED",
            format!("{}; found \"Password\"; did you mean \"password\"?", missing("password")),
        ),
        (
            json!({ "email": null, "password": "x" }),
            "/email",
            "TYPE_MISMATCH",
            "email: found null; allowed is text".to_owned(),
        ),
        (
            json!({ "email": "a@b", "password": 12_345_678 }),
            "/password",
            "TYPE_MISMATCH",
            "password: found a number; allowed is text".to_owned(),
        ),
        (
            json!({ "email": ["a@b"], "password": "x" }),
            "/email",
            "TYPE_MISMATCH",
            "email: found a list; allowed is text".to_owned(),
        ),
        (
            json!(["a@b", "secret"]),
            "",
            "TYPE_MISMATCH",
            "found a list; allowed is an object with email and password".to_owned(),
        ),
        (
            json!("secret"),
            "",
            "TYPE_MISMATCH",
            "found text; allowed is an object with email and password".to_owned(),
        ),
    ] {
        let reply = client.post("/api/v1/auth/login", &body).await;
        assert_eq!(reply.status, 422, "{body}: {}", reply.text);
        let expected = json!([{ "path": path, "code": code, "message": message }]);
        assert_eq!(reply.json()["errors"], expected, "{body}");
        assert!(
            !reply.text.contains("secret") && !reply.text.contains("12345678"),
            "{}",
            reply.text
        );
    }
    let both = client.post("/api/v1/auth/login", &json!({})).await;
    assert_eq!(both.errors().len(), 2);
    let reply = client.post("/api/v1/auth/refresh", &json!({ "refreshToken": "x" })).await;
    assert!(
        reply.text.contains(
            "found the unknown field \\\"refreshToken\\\"; did you mean \\\"refresh_token"
        ),
        "{}",
        reply.text
    );
    let reply = client.post_text("/api/v1/auth/login", "{\"email\": \"a@b\", password}").await;
    assert_eq!((reply.status, reply.json()["code"].as_str()), (400, Some("BAD_USER_INPUT")));
    assert!(!reply.text.contains("a@b"), "{}", reply.text);
}

#[tokio::test]
async fn private_responses_are_not_cacheable() {
    let app = TestApp::sqlite().await;
    let admin = app.full_movie("m").await;
    let import = "/api/v1/admin/movies/m/import/timeline";
    for (path, status, caching) in [
        ("/api/v1/admin/movies/m/export/timeline", 200, "private, no-cache"),
        ("/api/v1/admin/movies/m/export/all", 200, "no-store"),
        ("/api/v1/admin/movies/m/draft-status", 200, "no-store"),
        ("/api/v1/admin/movies/no-such/export/timeline", 404, "no-store"),
        ("/api/v1/admin/movies/m/export/timeline?stage=no-such", 400, "no-store"),
        ("/graphql?query={viewer{email}}", 200, "no-store"),
        ("/no/such/address", 404, "no-store"),
        (import, 405, "no-store"),
    ] {
        let reply = admin.get(path).await;
        assert_eq!((reply.status, reply.header("cache-control")), (status, caching), "{path}");
    }
    let etag = admin.get("/api/v1/admin/movies/m/export/timeline").await.header("etag").to_owned();
    let request = admin.request(reqwest::Method::GET, "/api/v1/admin/movies/m/export/timeline");
    let reply = admin.send(request.header("if-none-match", etag)).await;
    assert_eq!((reply.status, reply.header("cache-control")), (304, "private, no-cache"));
    let reply = admin.post_text(import, "no JSON").await;
    assert_eq!((reply.status, reply.header("cache-control")), (400, "no-store"));
    let anonymous = app.anonymous();
    let reply =
        anonymous.post("/api/v1/auth/login", &json!({ "email": "a@b", "password": "x" })).await;
    assert_eq!((reply.status, reply.header("cache-control")), (401, "no-store"));
    let reply = anonymous.post_text(import, "{}").await;
    assert_eq!((reply.status, reply.header("cache-control")), (401, "no-store"));
    for public in ["/healthz", "/openapi.json", "/api/v1/schemas/timeline"] {
        assert_eq!(anonymous.get(public).await.header("cache-control"), "", "{public}");
    }
}
