//! Attempts that changed nothing: refused, rejected and failed ones.

use reelport::catalog::access::Role;
use serde_json::{Value, json};

use super::{entries, import_trivia, shown, total};
use crate::identity::{PASSWORD, account, create};
use crate::on_both_databases;
use crate::support::database::{execute, rows};
use crate::support::websocket::Socket;
use crate::support::{TestApp, envelope};

async fn log_in(app: &TestApp, email: &str, password: &str) -> u16 {
    let body = json!({ "email": email, "password": password });
    app.anonymous().post("/api/v1/auth/login", &body).await.status
}

on_both_databases! {
    async fn a_failed_login_names_the_account_and_nothing_that_was_typed(app: TestApp) {
        let ann = create(&app, "ann@example.com", Role::Viewer).await;
        for email in ["ann@example.com", "P@ssw0rd-typed-here", "nobody@example.com"] {
            assert_eq!(log_in(&app, email, "wrong password").await, 401);
        }
        let query = "mutation { login(input: {email: \"ann@example.com\", password: \"wrong\"}) { accessToken } }";
        app.anonymous().graphql(query, json!({})).await;
        let found = entries(&app, json!({ "operations": ["LOGIN"] })).await;
        let keys = ["outcome", "code", "credential", "accountId", "email", "targetId", "via"];
        let expected = |target: Value, interface: &str| json!([
            "UNAUTHENTICATED", "WRONG_CREDENTIALS", "PASSWORD", null, null, target, interface
        ]);
        let found: Vec<Value> = found.iter().map(|entry| shown(entry, &keys)).collect();
        assert_eq!(found, [
            expected(json!(ann), "GRAPHQL"),
            expected(json!(null), "REST"),
            expected(json!(null), "REST"),
            expected(json!(ann), "REST"),
        ]);
        let stored = format!("{:?}", rows(&app.database.url, "audit_entries").await);
        for typed in ["ssw0rd", "nobody", "wrong"] {
            assert!(!stored.contains(typed), "{typed}");
        }
    }

    async fn a_refused_attempt_says_who_what_and_where(app: TestApp) {
        app.movie("m").await;
        let viewer = account(&app, "vic@example.com", Role::Viewer).await.client(&app);
        let body = envelope("m", "trivia", json!({}));
        assert_eq!(viewer.import_envelope("m", "trivia", "", &body).await.status, 403);
        assert_eq!(app.anonymous().get("/api/v1/admin/movies/m/export/trivia").await.status, 401);
        viewer.graphql("mutation { deleteMovie(input: {id: \"m\"}) { userErrors { code } } }", json!({})).await;
        viewer.graphql("{ users { totalCount } drafts { totalCount } }", json!({})).await;
        let stranger = app.anonymous().with_token("a.b.c");
        stranger.post("/graphql", &json!({ "query": "mutation { deleteMovie(input: {id: \"m\"}) { userErrors { code } } }" })).await;
        app.anonymous().graphql("{ movies { totalCount } }", json!({})).await;
        let found = entries(&app, json!({ "outcomes": ["FORBIDDEN", "UNAUTHENTICATED"] })).await;
        let keys = ["operation", "outcome", "email", "targetId", "category", "via", "count"];
        let found: Vec<Value> = found.iter().rev().map(|entry| shown(entry, &keys)).collect();
        let vic = "vic@example.com";
        assert_eq!(found, [
            json!(["IMPORT", "FORBIDDEN", vic, "m", "TRIVIA", "REST", 1]),
            json!(["READ", "UNAUTHENTICATED", null, "m", "TRIVIA", "REST", 1]),
            json!(["DELETE_MOVIE", "FORBIDDEN", vic, "m", null, "GRAPHQL", 1]),
            json!(["READ", "FORBIDDEN", vic, null, null, "GRAPHQL", 1]),
            json!(["DELETE_MOVIE", "UNAUTHENTICATED", null, null, null, "GRAPHQL", 1]),
            json!(["READ", "UNAUTHENTICATED", null, null, null, "GRAPHQL", 1]),
        ]);
    }

    async fn what_is_refused_over_a_websocket_is_recorded(app: TestApp) {
        let mut socket = Socket::open(app.address).await;
        socket.send(&json!({ "type": "connection_init", "payload": { "Authorization": "Bearer a.b.c" } })).await;
        assert_eq!(socket.receive().await.code(), 4403);
        let token = account(&app, "vic@example.com", Role::Viewer).await.access;
        let mut socket = Socket::open(app.address).await;
        socket.send(&json!({ "type": "connection_init", "payload": { "Authorization": format!("Bearer {token}") } })).await;
        socket.receive().await.message();
        socket.send(&json!({ "type": "subscribe", "id": "1", "payload": { "query": "subscription { drafts { kind } }" } })).await;
        socket.receive().await.message();
        let found = entries(&app, json!({ "operations": ["READ"] })).await;
        let keys = ["outcome", "email", "via", "address"];
        let found: Vec<Value> = found.iter().rev().map(|entry| shown(entry, &keys)).collect();
        assert_eq!(found, [
            json!(["UNAUTHENTICATED", null, "GRAPHQL", "127.0.0.1"]),
            json!(["FORBIDDEN", "vic@example.com", "GRAPHQL", "127.0.0.1"]),
        ]);
    }

    async fn a_rejected_write_is_recorded_once_and_a_dry_run_is_not(app: TestApp) {
        let admin = app.movie("m").await;
        let before = total(&app).await;
        let invalid = json!({ "items": [{ "spoiler": true }] });
        let body = envelope("m", "trivia", invalid);
        for query in ["?dry_run=true", "?dry_run=1"] {
            assert_eq!(admin.import_envelope("m", "trivia", query, &body).await.status, 422);
        }
        let query = "mutation($dryRun: Boolean!) { importCategory(input: {movieId: \"m\",
            data: {trivia: {items: [{spoiler: true}]}}, options: {dryRun: $dryRun}}) { status } }";
        admin.graphql(query, json!({ "dryRun": true })).await;
        assert_eq!(total(&app).await, before);
        // In the transaction of the import log.
        assert_eq!(admin.import_envelope("m", "trivia", "", &body).await.status, 422);
        admin.graphql(query, json!({ "dryRun": false })).await;
        // Reported by the edges.
        assert_eq!(admin.import_envelope("m", "trivia", "?unknown=1", &body).await.status, 400);
        admin.graphql("mutation { deleteMovie(input: {id: \"no\"}) { userErrors { code } } }", json!({})).await;
        let revoke = "mutation { revokeToken(input: {id: \"rp_a_secret_by_mistake\"}) { userErrors { code } } }";
        admin.graphql(revoke, json!({})).await;
        let found = entries(&app, json!({ "outcomes": ["REJECTED"] })).await;
        let keys = ["operation", "code", "targetId", "via", "count"];
        let found: Vec<Value> = found.iter().rev().map(|entry| shown(entry, &keys)).collect();
        assert_eq!(found, [
            json!(["IMPORT", "REQUIRED", "m", "REST", 1]),
            json!(["IMPORT", "REQUIRED", "m", "GRAPHQL", 1]),
            json!(["IMPORT", "BAD_USER_INPUT", "m", "REST", 1]),
            json!(["DELETE_MOVIE", "NOT_FOUND", "no", "GRAPHQL", 1]),
            json!(["REVOKE_TOKEN", "NOT_FOUND", null, "GRAPHQL", 1]),
        ]);
    }

    async fn a_failure_of_the_service_is_recorded(app: TestApp) {
        let admin = app.movie("m").await;
        execute(&app.database.url, "ALTER TABLE locks RENAME TO gone").await;
        let lock = "mutation { lockFields(input: {movieId: \"m\", category: BASIC_INFO, fields: [\"title\"]}) { userErrors { code } } }";
        let reply = admin.graphql(lock, json!({})).await;
        assert_eq!(reply["errors"][0]["extensions"]["code"], "INTERNAL", "{reply}");
        execute(&app.database.url, "ALTER TABLE gone RENAME TO locks").await;
        let found = entries(&app, json!({ "outcomes": ["FAILED"] })).await;
        let keys = ["operation", "code", "targetId", "category"];
        assert_eq!(shown(&found[0], &keys), json!(["LOCK_FIELDS", "INTERNAL", "m", "BASIC_INFO"]));
        assert_eq!(found.len(), 1);
    }

    async fn a_flood_of_refused_requests_costs_few_rows_and_few_writes(app: TestApp) {
        app.movie("m").await;
        let before = total(&app).await;
        let client = app.anonymous();
        let (statements, ()) = app.count_queries(async {
            for _ in 0..300 {
                assert_eq!(client.get("/api/v1/admin/movies/m/export/trivia").await.status, 401);
            }
        }).await;
        // Those who wait to be written are written in batches, twice a second at most.
        assert!(statements < 60, "{statements}");
        assert_eq!(total(&app).await - before, 300);
        let found = entries(&app, json!({ "operations": ["READ"] })).await;
        // The flood may reach into a second minute.
        assert!(found.len() <= 62, "{}", found.len());
        let counts: Vec<i64> = found.iter().map(|entry| entry["count"].as_i64().unwrap()).collect();
        assert!(counts.iter().any(|count| *count > 100), "{counts:?}");
    }

    async fn a_refresh_token_that_is_used_twice_is_recorded(app: TestApp) {
        let ann = account(&app, "ann@example.com", Role::Viewer).await;
        assert_eq!(crate::identity::refresh(&app.anonymous(), &ann.refresh).await.status, 200);
        assert_eq!(crate::identity::refresh(&app.anonymous(), &ann.refresh).await.status, 401);
        let found = entries(&app, json!({ "operations": ["REFRESH"] })).await;
        let keys = ["outcome", "code", "email", "detail"];
        let found: Vec<Value> = found.iter().map(|entry| shown(entry, &keys)).collect();
        assert_eq!(found, [
            json!(["UNAUTHENTICATED", "REFRESH_TOKEN_REUSED", null, "the session was ended"]),
            json!(["SUCCEEDED", null, "ann@example.com", null]),
        ]);
    }

    async fn logins_that_are_throttled_are_recorded(app: TestApp) {
        create(&app, "ann@example.com", Role::Viewer).await;
        for _ in 0..10 {
            assert_eq!(log_in(&app, "ann@example.com", "wrong password").await, 401);
        }
        assert_eq!(log_in(&app, "ann@example.com", PASSWORD).await, 429);
        let found = entries(&app, json!({ "outcomes": ["RATE_LIMITED"] })).await;
        assert_eq!(shown(&found[0], &["operation", "code"]), json!(["LOGIN", "RATE_LIMITED"]));
    }
}

#[tokio::test]
async fn entries_appear_without_another_request() {
    let app = TestApp::sqlite().await;
    let admin = app.movie("m").await;
    import_trivia(&admin, "m", "a").await;
    app.anonymous().get("/api/v1/admin/movies/m/export/trivia").await;
    for _ in 0..100 {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        let rows = rows(&app.database.url, "audit_entries").await;
        if rows.iter().any(|row| row["outcome"] == "UNAUTHENTICATED") {
            return;
        }
    }
    panic!("the refused attempt is not in the log");
}
