//! Servers that are killed, paused or stopped in the middle of a job.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{documents, finished, job_when, outcomes, start};
use crate::on_both_databases;
use crate::support::TestApp;
use crate::support::database::{self, TestDatabase, rows};
use crate::support::packing::ndjson;
use crate::support::server::Server;

const COUNT: usize = 1_500;

/// Each document has one outcome and one revision, as if nothing had happened.
async fn assert_undisturbed(database: &TestDatabase, server: &Server, id: &str) {
    let done = finished(&server.client, id).await;
    assert_eq!(done["state"], "completed", "{done}");
    assert_eq!((&done["done"], &done["total"]), (&json!(COUNT), &json!(COUNT)), "{done}");
    assert_eq!(done["counts"]["published"], COUNT, "{done}");
    let found = outcomes(&server.client, id, Value::Null).await;
    let expected: Vec<String> =
        (0..COUNT).map(|number| format!("{number} m{number} PUBLISHED")).collect();
    assert_eq!(found, expected);
    let documents = rows(&database.url, "documents").await;
    assert_eq!(documents.len(), COUNT);
    assert!(documents.iter().all(|row| row["revision"] == 1));
    assert_eq!(rows(&database.url, "revisions").await.len(), 0);
    assert_eq!(rows(&database.url, "imports").await.len(), COUNT);
}

async fn has_begun(server: &Server, id: &str) {
    job_when(&server.client, id, |job| job["done"].as_i64().unwrap() > 0).await;
}

/// A database of the same kind without a server.
async fn other_database(app: &TestApp) -> TestDatabase {
    if app.database.url.starts_with("sqlite") {
        database::sqlite()
    } else {
        database::postgres().await
    }
}

on_both_databases! {
    async fn another_server_finishes_the_job_of_a_killed_one(app: TestApp) {
        let database = other_database(&app).await;
        let server = Server::with_short_leases(&database).await;
        let id = start(&server.client, "", ndjson(&documents(COUNT))).await;
        has_begun(&server, &id).await;
        server.kill().await;
        let server = Server::with_short_leases(&database).await;
        assert_undisturbed(&database, &server, &id).await;
        let attempts = finished(&server.client, &id).await["attempts"].as_i64().unwrap();
        assert_eq!(attempts, 2);
        server.stop().await;
        TestApp::on(database).await.assert_consistent().await;
    }

    async fn a_server_that_stops_gives_its_job_back(app: TestApp) {
        let database = other_database(&app).await;
        // With the usual lease of 30 seconds.
        let server = Server::on(&database).await;
        let id = start(&server.client, "", ndjson(&documents(COUNT))).await;
        has_begun(&server, &id).await;
        server.stop().await;
        let job = rows(&database.url, "jobs").await.remove(0);
        let shown = (&job["state"], &job["lease_until"], &job["stalled"]);
        assert_eq!(shown, (&json!("running"), &json!(0), &json!(0)), "{job}");
        let restart = Instant::now();
        let server = Server::on(&database).await;
        assert_undisturbed(&database, &server, &id).await;
        assert!(restart.elapsed() < Duration::from_secs(25), "{:?}", restart.elapsed());
        server.stop().await;
        TestApp::on(database).await.assert_consistent().await;
    }

    async fn a_paused_server_is_replaced_and_writes_nothing_when_it_goes_on(app: TestApp) {
        if app.database.url.starts_with("sqlite") {
            // A paused process keeps the lock of its transaction, and SQLite has no time limit.
            return;
        }
        let database = other_database(&app).await;
        let paused = Server::with_short_leases(&database).await;
        let id = start(&paused.client, "", ndjson(&documents(COUNT))).await;
        has_begun(&paused, &id).await;
        paused.signal("STOP").await;
        let other = Server::with_short_leases(&database).await;
        let begun = Instant::now();
        assert_undisturbed(&database, &other, &id).await;
        assert!(begun.elapsed() < Duration::from_secs(55), "{:?}", begun.elapsed());
        paused.signal("CONT").await;
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_undisturbed(&database, &other, &id).await;
        paused.kill().await;
        other.stop().await;
        TestApp::on(database).await.assert_consistent().await;
    }
}
