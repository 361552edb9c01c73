//! What takes long ends when the rights of its account are taken away: bulk imports and exports,
//! and jobs.

use reelport::catalog::access::{Credential, Principal, Role};
use reqwest::Method;
use serde_json::{Value, json};

use super::revocation::{Victim, revoke};
use super::{account, create, log_in};
use crate::jobs::{finished, leases};
use crate::on_both_databases;
use crate::support::raw::Raw;
use crate::support::{Client, TestApp, envelope};

fn trivia(movie: &str, text: &str) -> Value {
    envelope(movie, "trivia", json!({ "items": [{ "text": text }] }))
}

/// What takes rights away from an ADMIN during a long request.
const REVOCATIONS: [&str; 4] = ["logout", "updateUser role", "updateUser disabled", "deleteUser"];

/// An ADMIN, logged in.
async fn victim(app: &TestApp, number: usize) -> Victim {
    let email = format!("v{number}@example.com");
    let id = create(app, &email, Role::Admin).await;
    let tokens = log_in(&app.anonymous(), &email).await;
    let client = || Client::new(app.address).with_token(&tokens.access);
    Victim { email, id, on: [client(), client()], tokens }
}

fn chunk(document: &Value) -> String {
    let line = format!("{document}\n");
    format!("{:x}\r\n{line}\r\n", line.len())
}

async fn error_of(client: &Client, id: &str) -> Value {
    let query = "query($id: ID!) { job(id: $id) { state error done } }";
    client.graphql(query, json!({ "id": id })).await["data"]["job"].clone()
}

on_both_databases! {
    async fn a_bulk_import_writes_nothing_after_a_revocation(app: TestApp) {
        let admin = account(&app, "admin@example.com", Role::Admin).await.client(&app);
        for (number, revocation) in REVOCATIONS.into_iter().enumerate() {
            let victim = victim(&app, number).await;
            let movie = |name: &str| format!("{name}{number}");
            let mut raw = Raw::connect(app.address).await;
            raw.send(format!(
                "POST /api/v1/admin/movies/import HTTP/1.1\r\nhost: x\r\nauthorization: Bearer \
                 {}\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n",
                victim.tokens.access
            )).await;
            let mut received = String::new();
            raw.send(chunk(&trivia(&movie("a"), "A"))).await;
            // That a document has ended is known when the next one begins.
            raw.send(chunk(&trivia(&movie("b"), "B"))).await;
            raw.read_until(&mut received, &format!("\"movie_id\":\"a{number}\"")).await;
            revoke(&app, &admin, revocation, &victim).await;
            raw.send(chunk(&trivia(&movie("c"), "C"))).await;
            raw.send("0\r\n\r\n").await;
            raw.read_until(&mut received, "\"error\":{\"code\":\"UNAUTHENTICATED\"").await;
            assert!(!received.contains("summary"), "{revocation}: {received}");
            let query = "query($ids: [ID!]!) { nodes(ids: $ids) { id } }";
            let ids = json!({ "ids": [movie("a"), movie("b"), movie("c")] });
            let found = admin.graphql(query, ids).await;
            assert_eq!(found["data"]["nodes"], json!([{ "id": movie("a") }, null, null]),
                "{revocation}");
        }
    }

    async fn an_upload_of_a_revoked_account_starts_no_job(app: TestApp) {
        let admin = account(&app, "admin@example.com", Role::Admin).await.client(&app);
        let victim = victim(&app, 0).await;
        let mut raw = Raw::connect(app.address).await;
        raw.send(format!(
            "POST /api/v1/admin/movies/import HTTP/1.1\r\nhost: x\r\nauthorization: Bearer \
             {}\r\nprefer: respond-async\r\ncontent-type: application/x-ndjson\r\n\
             transfer-encoding: chunked\r\n\r\n",
            victim.tokens.access
        )).await;
        raw.send(chunk(&trivia("a", "A"))).await;
        revoke(&app, &admin, "logout", &victim).await;
        raw.send("0\r\n\r\n").await;
        let mut received = String::new();
        raw.read_until(&mut received, "\r\n\r\n").await;
        assert!(received.starts_with("HTTP/1.1 401"), "{received}");
        let jobs = admin.graphql("{ jobs { totalCount } }", json!({})).await;
        assert_eq!(jobs["data"]["jobs"]["totalCount"], 0, "{jobs}");
        assert_eq!(std::fs::read_dir(app.database.job_files()).unwrap().count(), 0);
    }

    async fn a_bulk_export_is_cut_off_after_a_revocation(app: TestApp) {
        let admin = account(&app, "admin@example.com", Role::Admin).await.client(&app);
        // More than the buffers of a connection.
        let documents: Vec<Value> = (0..30).map(|movie| {
            let items: Vec<Value> = (0..40)
                .map(|number| json!({ "text": format!("{movie} {number} {}", "x".repeat(18_000)) }))
                .collect();
            envelope(&format!("m{movie}"), "trivia", json!({ "items": items }))
        }).collect();
        app.seed(&documents).await;
        let victim = victim(&app, 0).await;
        let path = "/api/v1/admin/movies/export?format=ndjson";
        let mut response = victim.on[0].request(Method::GET, path).send().await.unwrap();
        assert_eq!(response.status(), 200);
        response.chunk().await.unwrap().unwrap();
        revoke(&app, &admin, "updateUser disabled", &victim).await;
        let mut rest = 0;
        let end = loop {
            match response.chunk().await {
                Ok(Some(bytes)) => rest += bytes.len(),
                end => break end,
            }
        };
        assert!(end.is_err(), "the export ended as if it was complete, after {rest} bytes");
    }

    async fn a_job_ends_when_its_account_loses_its_rights(app: TestApp) {
        let admin = account(&app, "admin@example.com", Role::Admin).await.client(&app);
        for (number, (revocation, reason)) in [
            ("updateUser role", "is no longer an ADMIN"),
            ("updateUser disabled", "was disabled"),
            ("deleteUser", "was deleted"),
        ].into_iter().enumerate() {
            let victim = victim(&app, number).await;
            let documents: Vec<Value> =
                (0..3).map(|item| trivia(&format!("m{number}-{item}"), "A")).collect();
            let session = Credential::Session { id: "session-1".to_owned(), version: 1 };
            let id = blocked(&app, &victim.id, session, &documents).await;
            revoke(&app, &admin, revocation, &victim).await;
            leases::let_workers_go_on(&app).await;
            let job = finished(&admin, &id).await;
            let ended = (&job["state"], &job["done"]);
            assert_eq!(ended, (&json!("failed"), &json!(0)), "{revocation}");
            let shown = error_of(&admin, &id).await;
            assert!(shown["error"].as_str().unwrap().contains(reason), "{shown}");
            // Another admin finishes the work.
            let path = format!("/api/v1/admin/jobs/{id}/retry");
            let retried = admin.post(&path, &json!({})).await;
            assert_eq!(retried.status, 202, "{}", retried.text);
            let retried = finished(&admin, retried.json()["id"].as_str().unwrap()).await;
            assert_eq!(retried["counts"]["published"], 3, "{retried}");
        }
    }

    async fn a_job_outlives_its_session_but_not_its_personal_token(app: TestApp) {
        let admin = account(&app, "admin@example.com", Role::Admin).await.client(&app);
        let victim = victim(&app, 0).await;
        let session = Credential::Session { id: "session-1".to_owned(), version: 1 };
        let id = blocked(&app, &victim.id, session, &[trivia("a", "A")]).await;
        revoke(&app, &admin, "logout", &victim).await;
        leases::let_workers_go_on(&app).await;
        assert_eq!(finished(&admin, &id).await["counts"]["published"], 1);

        let create = "mutation { createToken(input: {name: \"bot\", role: ADMIN}) {
            secret token { id } userErrors { message } } }";
        let made = admin.graphql(create, json!({})).await["data"]["createToken"].clone();
        let token = made["token"]["id"].as_str().unwrap().trim_start_matches("token:").to_owned();
        let personal = Credential::Personal { id: token, categories: None };
        let owner = admin.graphql("{ viewer { id } }", json!({})).await;
        let owner = owner["data"]["viewer"]["id"].as_str().unwrap();
        let id = blocked(&app, owner, personal, &[trivia("b", "B")]).await;
        let revoke = "mutation($id: ID!) { revokeToken(input: {id: $id}) { userErrors { code } } }";
        let revoked = admin.graphql(revoke, json!({ "id": made["token"]["id"] })).await;
        assert_eq!(revoked["data"]["revokeToken"]["userErrors"], json!([]), "{revoked}");
        leases::let_workers_go_on(&app).await;
        assert_eq!(finished(&admin, &id).await["state"], "failed");
        let shown = error_of(&admin, &id).await;
        assert!(shown["error"].as_str().unwrap().contains("token that started"), "{shown}");
    }
}

/// Starts a job of an ADMIN that begins when workers may go on.
async fn blocked(
    app: &TestApp,
    account: &str,
    credential: Credential,
    documents: &[Value],
) -> String {
    let subject = account.trim_start_matches("user:").to_owned();
    let principal = Principal { subject, credential, ..leases::admin() };
    let idle = leases::hold_workers(app).await;
    leases::queued_by(&idle, &principal, documents).await
}
