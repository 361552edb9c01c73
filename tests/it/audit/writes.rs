//! Entries and the writes that they are about: both or neither; never changed, and deleted only
//! after the retention.

use chrono::TimeDelta;
use reelport::catalog::audit::Retention;
use reelport::document::ids::timed_id;
use serde_json::{Value, json};

use super::{entries, import_trivia, shown};
use crate::identity::{PASSWORD, account, create, done};
use crate::on_both_databases;
use crate::support::database::{execute, rows, try_execute};
use crate::support::{TestApp, envelope, packing::ndjson};
use reelport::catalog::access::Role;

/// Inserts an entry of that many days ago.
async fn insert_old(app: &TestApp, days: i64, number: u64) {
    let at = chrono::Utc::now() - TimeDelta::days(days);
    let id = timed_id(at.timestamp_micros(), number);
    let at = at.to_rfc3339();
    let statement = format!(
        "INSERT INTO audit_entries (id, at, credential, interface, operation, outcome, count)
         VALUES ('{id}', '{at}', 'NONE', 'REST', 'READ', 'UNAUTHENTICATED', 1)"
    );
    execute(&app.database.url, &statement).await;
}

on_both_databases! {
    async fn a_write_without_its_entry_does_not_happen(app: TestApp) {
        let admin = app.movie("m").await;
        let ann = create(&app, "ann@example.com", Role::Viewer).await;
        execute(&app.database.url, "ALTER TABLE audit_entries RENAME TO gone").await;
        let body = envelope("m", "trivia", json!({ "items": [{ "text": "a" }] }));
        assert_eq!(admin.import_envelope("m", "trivia", "", &body).await.status, 500);
        let delete = "mutation($id: ID!) { deleteUser(input: {id: $id}) { userErrors { code } } }";
        let reply = admin.graphql(delete, json!({ "id": ann })).await;
        assert_eq!(reply["errors"][0]["extensions"]["code"], "INTERNAL", "{reply}");
        let delete = "mutation { deleteMovie(input: {id: \"m\"}) { userErrors { code } } }";
        let reply = admin.graphql(delete, json!({})).await;
        assert_eq!(reply["errors"][0]["extensions"]["code"], "INTERNAL", "{reply}");
        execute(&app.database.url, "ALTER TABLE gone RENAME TO audit_entries").await;
        assert_eq!(admin.export("m", "trivia").await["metadata"]["revision"], 0);
        assert!(app.app.catalog.database().user_by_email("ann@example.com").await.unwrap().is_some());
    }

    async fn entries_are_neither_changed_nor_deleted(app: TestApp) {
        app.movie("m").await;
        insert_old(&app, 29, 1).await;
        let before = rows(&app.database.url, "audit_entries").await;
        assert_eq!(before.len(), 2);
        for statement in [
            "UPDATE audit_entries SET outcome = 'SUCCEEDED'",
            "UPDATE audit_entries SET at = '2020-01-01T00:00:00+00:00'",
            "DELETE FROM audit_entries",
        ] {
            let refused = try_execute(&app.database.url, statement).await.unwrap_err();
            assert!(refused.contains("entries of the audit log are"), "{refused}");
        }
        if app.database.url.starts_with("postgres") {
            let refused = try_execute(&app.database.url, "TRUNCATE audit_entries").await.unwrap_err();
            assert!(refused.contains("entries of the audit log are"), "{refused}");
        }
        assert_eq!(rows(&app.database.url, "audit_entries").await, before);
    }

    async fn old_entries_are_deleted_after_the_retention(app: TestApp) {
        app.movie("m").await;
        for number in 0..3 {
            insert_old(&app, 100, number).await;
            insert_old(&app, 40, number).await;
        }
        let catalog = &app.app.catalog;
        assert_eq!(catalog.delete_audit_entries(Retention::Forever).await.unwrap(), 0);
        assert_eq!(catalog.delete_audit_entries(Retention::default()).await.unwrap(), 0);
        assert_eq!(catalog.delete_audit_entries(Retention::Days(90)).await.unwrap(), 3);
        // A shorter retention than the database allows counts as 30 days.
        assert_eq!(catalog.delete_audit_entries(Retention::Days(1)).await.unwrap(), 3);
        assert_eq!(rows(&app.database.url, "audit_entries").await.len(), 1);
    }

    async fn a_bulk_import_has_an_entry_for_each_transaction(app: TestApp) {
        let admin = app.admin();
        let documents: Vec<Value> = (0..30).map(|number| {
            envelope(&format!("b{number}"), "basic_info", json!({ "title": "T" }))
        }).chain([envelope("b0", "trivia", json!({ "items": [{ "spoiler": true }] }))]).collect();
        let request = admin.request(reqwest::Method::POST, "/api/v1/admin/movies/import")
            .header("content-type", "application/x-ndjson").body(ndjson(&documents));
        assert_eq!(admin.send(request).await.status, 200);
        let found = entries(&app, json!({ "operations": ["IMPORT"] })).await;
        let count: i64 = found.iter().map(|entry| entry["count"].as_i64().unwrap()).sum();
        assert_eq!(count, 31);
        assert!(found.len() < 10, "{found:?}");
        let batch = found.iter().find(|entry| entry["count"].as_i64() > Some(1)).unwrap();
        let keys = ["outcome", "targetId", "email", "via"];
        assert_eq!(shown(batch, &keys), json!(["SUCCEEDED", null, "admin@example.com", "REST"]));
        assert!(batch["detail"].as_str().unwrap().contains("published"), "{batch}");
        let first = "query($id: ID!) { importRecord(id: $id) { author } }";
        let record = admin.graphql(first, json!({ "id": batch["importId"] })).await;
        assert_eq!(record["data"]["importRecord"]["author"], "admin@example.com", "{record}");
    }

    async fn a_repeated_request_has_the_entry_of_the_first(app: TestApp) {
        let admin = app.movie("m").await;
        let valid = json!({ "items": [{ "text": "a" }] });
        let invalid = json!({ "items": [{ "spoiler": true }] });
        for (key, data, status) in [("valid", valid, 200), ("invalid", invalid, 422)] {
            let body = envelope("m", "trivia", data);
            let query = format!("?idempotency_key={key}");
            let mut numbers = Vec::new();
            for _ in 0..2 {
                let reply = admin.import_envelope("m", "trivia", &query, &body).await;
                assert_eq!(reply.status, status, "{}", reply.text);
                numbers.push(entries(&app, json!({ "operations": ["IMPORT"] })).await.len());
            }
            assert_eq!(numbers[0], numbers[1], "{key}");
        }
    }

    async fn there_are_no_secrets_and_no_texts(app: TestApp) {
        let ann = account(&app, "ann@example.com", Role::Admin).await;
        let admin = ann.client(&app);
        app.movie("m").await;
        import_trivia(&admin, "m", "a text that nobody else wrote").await;
        let made = done(&admin, "mutation { createToken(input: {name: \"a name\", role: VIEWER}) { secret userErrors { code } } }", json!({})).await;
        let link = done(&admin, "mutation($id: ID!) { createPasswordLink(input: {id: $id}) { secret userErrors { code } } }",
            json!({ "id": app.app.catalog.database().user_by_email("ann@example.com").await.unwrap().unwrap().id })).await;
        crate::identity::refresh(&app.anonymous(), &ann.refresh).await;
        let token = made["secret"].as_str().unwrap();
        for query in ["{ users { totalCount } }", "mutation { deleteMovie(input: {id: \"m\"}) { userErrors { code } } }"] {
            app.anonymous().with_token(token).graphql(query, json!({})).await;
        }
        entries(&app, json!({})).await;
        let stored = format!("{:?}", rows(&app.database.url, "audit_entries").await);
        let secrets = [token, link["secret"].as_str().unwrap(), &ann.access, &ann.refresh, PASSWORD];
        for secret in secrets.into_iter().chain(["a text that", "a name"]) {
            assert!(!stored.contains(secret), "{secret}");
        }
    }
}
