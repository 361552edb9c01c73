//! A database that is full, read-only or unreachable: clients get an error, acknowledged writes are
//! kept, and the service recovers without a restart.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::future::join_all;
use reelport::storage::{Fault, Faults, TransactionStep};
use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::command::reelport;
use crate::support::database::{self, TestDatabase, execute};
use crate::support::disk::Disk;
use crate::support::proxy::Proxy;
use crate::support::server::Server;
use crate::support::{Client, Reply, SECRET, TestApp, envelope, token};
use reelport::catalog::access::Role;

/// An import of one fact with that many characters.
async fn import(client: &Client, fact: &str, length: usize) -> Reply {
    let text = format!("{fact} {}", "x".repeat(length));
    let file = envelope("m", "trivia", json!({ "items": [{ "text": text }] }));
    client.import_envelope("m", "trivia", "", &file).await
}

/// The first words of the stored facts, sorted.
async fn facts(client: &Client) -> Vec<String> {
    let export = client.export("m", "trivia").await;
    let items = export["data"]["items"].as_array().cloned().unwrap_or_default();
    let first = |item: &Value| item["text"].as_str().unwrap().split(' ').next().unwrap().to_owned();
    let mut facts: Vec<String> = items.iter().map(first).collect();
    facts.sort();
    facts
}

#[track_caller]
fn assert_unavailable(reply: &Reply, code: &str) {
    assert_eq!(reply.status, 503, "{}", reply.text);
    assert_eq!(reply.header("content-type"), "application/problem+json", "{}", reply.text);
    assert_eq!(reply.json()["code"], code, "{}", reply.text);
    let seconds: u64 = reply.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&seconds), "{seconds}");
    assert!(!reply.text.contains("SQL") && !reply.text.contains("sql"), "{}", reply.text);
}

/// A GraphQL import; returns its error.
async fn graphql_error(client: &Client, fact: &str, length: usize) -> Value {
    let query = "mutation($text: String) { importCategory(input: {movieId: \"m\", data: {trivia: \
        {items: [{text: $text}]}}}) { status } }";
    let text = format!("{fact} {}", "x".repeat(length));
    let mut reply = client.graphql(query, json!({ "text": text })).await;
    reply["errors"][0].take()
}

/// If set, the database gets no more pages, as on a full disk.
#[derive(Debug, Default)]
struct NoPages(AtomicBool);

impl Faults for NoPages {
    fn at(&self, step: TransactionStep) -> Option<Fault> {
        let limit = if self.0.load(Ordering::SeqCst) {
            "PRAGMA max_page_count = 1"
        } else {
            "PRAGMA max_page_count = 4294967294"
        };
        (step == TransactionStep::Begin).then_some(Fault::Before(limit))
    }
}

/// Longer than the free pages of a small database.
const LONG: usize = 9_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_reported_until_there_is_space() {
    let app = TestApp::sqlite().await;
    let admin = app.movie("m").await;
    let no_pages = Arc::new(NoPages::default());
    app.app.catalog.database().inject_faults(Arc::<NoPages>::clone(&no_pages));
    assert_eq!(import(&admin, "before", LONG).await.status, 200);
    for round in 0..2 {
        no_pages.0.store(true, Ordering::SeqCst);
        let mut refused = Vec::new();
        for number in 0..20 {
            let reply = import(&admin, &format!("full-{round}-{number}"), LONG).await;
            if reply.status == 200 {
                // Short writes may still use free pages.
                refused.clear();
            } else {
                refused.push(reply);
            }
        }
        assert!(refused.len() >= 3);
        for reply in &refused {
            assert_unavailable(reply, "STORAGE_FULL");
        }
        let error = graphql_error(&admin, "full", LONG).await;
        assert_eq!(error["extensions"]["code"], "STORAGE_FULL", "{error}");
        assert_unavailable(&app.anonymous().get("/readyz").await, "STORAGE_FULL");
        // Reads work.
        let stored = facts(&admin).await;
        assert!(stored.contains(&"before".to_owned()), "{stored:?}");

        no_pages.0.store(false, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        let ready = app.anonymous().get("/readyz").await;
        assert_eq!((ready.status, ready.text.as_str()), (200, "ready\n"));
        for number in 0..4 {
            let reply = import(&admin, &format!("after-{round}-{number}"), LONG).await;
            assert_eq!(reply.status, 200, "{}", reply.text);
        }
    }
    let stored = facts(&admin).await;
    assert_eq!(stored.iter().filter(|fact| fact.starts_with("after")).count(), 8, "{stored:?}");
    // Another process sees the same data.
    let other = Server::on(&app.database).await;
    assert_eq!(facts(&other.client).await, stored);
    other.stop().await;
    app.assert_consistent().await;
}

/// The same on a full file system, where mounting one is allowed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_file_system_loses_no_acknowledged_write() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::mount(folder.path(), "8m") else {
        println!("a tmpfs cannot be mounted here; the limit of pages alone is tested");
        return;
    };
    let url = format!("sqlite://{}", disk.path().join("reelport.db").display());
    let database = TestDatabase { url, folder: tempfile::tempdir().unwrap() };
    let server = Server::on(&database).await;
    let query =
        "mutation { createMovie(input: {id: \"m\", title: \"A\"}) { userErrors { message } } }";
    server.client.graphql(query, json!({})).await;
    let mut acknowledged = Vec::new();
    for round in 0..2 {
        disk.fill();
        let mut refused = 0;
        for number in 0..1_000 {
            let fact = format!("full-{round}-{number}");
            let reply = import(&server.client, &fact, 15_000).await;
            if reply.status == 200 {
                acknowledged.push(fact);
            } else {
                assert_unavailable(&reply, "STORAGE_FULL");
                refused += 1;
                if refused == 3 {
                    break;
                }
            }
        }
        assert_eq!(refused, 3);
        let ready = server.client.get("/readyz").await;
        assert_unavailable(&ready, "STORAGE_FULL");
        facts(&server.client).await;

        disk.empty();
        for number in 0..4 {
            let fact = format!("after-{round}-{number}");
            let reply = import(&server.client, &fact, 15_000).await;
            assert_eq!(reply.status, 200, "{}", reply.text);
            acknowledged.push(fact);
        }
        assert_eq!(server.client.get("/readyz").await.status, 200);
    }
    server.stop().await;
    let server = Server::on(&database).await;
    acknowledged.sort();
    assert_eq!(facts(&server.client).await, acknowledged);
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_ended_by_a_trigger_affects_no_other() {
    let app = TestApp::sqlite().await;
    let admin = app.movie("m").await;
    let trigger = "CREATE TRIGGER ends BEFORE INSERT ON revisions WHEN NEW.body LIKE '%third%' \
        BEGIN SELECT RAISE(ROLLBACK, 'ended by a trigger'); END";
    execute(&app.database.url, trigger).await;
    for fact in ["first", "second", "third"] {
        assert_eq!(import(&admin, fact, 10).await.status, 200, "{fact}");
    }
    for fact in ["fourth", "fifth"] {
        assert_eq!(import(&admin, fact, 10).await.status, 500, "{fact}");
    }
    execute(&app.database.url, "DROP TRIGGER ends").await;
    for fact in ["sixth", "seventh"] {
        assert_eq!(import(&admin, fact, 10).await.status, 200, "{fact}");
    }
    let other = Server::on(&app.database).await;
    let stored = facts(&other.client).await;
    assert_eq!(stored, ["first", "second", "seventh", "sixth", "third"]);
    other.stop().await;
}

/// A commit without a response from the database, once.
#[derive(Debug)]
struct UnansweredCommit(AtomicBool);

impl Faults for UnansweredCommit {
    fn at(&self, step: TransactionStep) -> Option<Fault> {
        (step == TransactionStep::Commit && self.0.swap(false, Ordering::SeqCst))
            .then_some(Fault::Unanswered)
    }
}

on_both_databases! {
    async fn an_unconfirmed_commit_is_neither_acknowledged_nor_repeated(app: TestApp) {
        let admin = app.movie("m").await;
        let fault = Arc::new(UnansweredCommit(AtomicBool::new(true)));
        app.app.catalog.database().inject_faults(fault);
        let file = envelope("m", "trivia", json!({ "items": [{ "text": "A fact" }] }));
        let send = || {
            let path = "/api/v1/admin/movies/m/import/trivia";
            let request = admin.request(reqwest::Method::POST, path).json(&file);
            admin.send(request.header("Idempotency-Key", "once"))
        };
        let reply = send().await;
        assert_unavailable(&reply, "UNAVAILABLE");
        assert!(reply.text.contains("idempotency key"), "{}", reply.text);
        let reply = send().await;
        assert_eq!((reply.status, &reply.json()["revision"]), (200, &json!(1)), "{}", reply.text);
        assert_eq!(facts(&admin).await, ["A"]);
        app.assert_consistent().await;
    }
}

async fn assert_all_work(app: &TestApp, round: usize) {
    let admin = app.admin();
    let reads = (0..24).map(|number| {
        let admin = admin.clone();
        async move {
            if number % 2 == 0 {
                admin.get("/api/v1/admin/movies/m/export/trivia").await
            } else {
                admin.get("/api/v1/admin/movies/m/export/all").await
            }
        }
    });
    for reply in join_all(reads).await {
        assert_eq!(reply.status, 200, "round {round}: {}", reply.text);
    }
    let query = "{ movies { totalCount } movie(id: \"m\") { title trivia { items { text } } } }";
    let answer = admin.graphql(query, json!({})).await;
    assert_eq!(answer["errors"], Value::Null, "round {round}: {answer}");
    let writes = (0..6).map(|number| {
        let admin = admin.clone();
        async move { import(&admin, &format!("{round}-{number}"), 10).await }
    });
    for reply in join_all(writes).await {
        assert_eq!(reply.status, 200, "round {round}: {}", reply.text);
    }
    assert_eq!(admin.get("/readyz").await.status, 200, "round {round}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_restart_of_postgres_no_request_fails() {
    let direct = database::postgres().await;
    let (mut proxy, url) = Proxy::before(&direct.url).await;
    let app = TestApp::on(TestDatabase { url, folder: direct.folder }).await;
    app.movie("m").await;
    assert_all_work(&app, 0).await;
    for round in 1..4 {
        proxy.take_down().await;
        proxy.bring_up().await;
        assert_all_work(&app, round).await;
    }

    // While the database is away, requests fail quickly.
    proxy.take_down().await;
    let admin = app.admin();
    let login = json!({ "email": "a@example.com", "password": "not the right one" });
    let (read, written, ready, refused, error) = tokio::join!(
        admin.get("/api/v1/admin/movies/m/export/trivia"),
        import(&admin, "away", 10),
        admin.get("/readyz"),
        admin.post("/api/v1/auth/login", &login),
        graphql_error(&admin, "away", 10),
    );
    for reply in [&read, &written, &ready, &refused] {
        assert_unavailable(reply, "UNAVAILABLE");
    }
    assert_eq!(error["extensions"]["code"], "UNAVAILABLE", "{error}");
    assert_eq!(admin.get("/healthz").await.status, 200);
    proxy.bring_up().await;
    assert_all_work(&app, 4).await;
    assert!(!facts(&admin).await.contains(&"away".to_owned()));
}

async fn terminate_connections(app: &TestApp) {
    let (_, name) = app.database.url.rsplit_once('/').unwrap();
    let end =
        format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
    execute(&database::server(), &end).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn terminated_connections_fail_no_request() {
    let app = TestApp::postgres().await;
    app.movie("m").await;
    for round in 0..4 {
        assert_all_work(&app, round).await;
        terminate_connections(&app).await;
    }
    assert_all_work(&app, 4).await;
}

fn serve(database: &TestDatabase, url: &str, more: &[&str]) -> tokio::process::Command {
    let arguments = [&["serve", "--listen", "127.0.0.1:0"], more].concat();
    let mut command = reelport(database.folder.path(), url, &arguments);
    command.env("REELPORT_JWT_SECRET", std::str::from_utf8(SECRET).unwrap());
    command
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_only_database_serves_reads_and_is_reported() {
    let app = TestApp::sqlite().await;
    app.movie("m").await;
    import(&app.admin(), "stored", 10).await;
    let url = format!("{}?mode=ro", app.database.url);
    let server = Server::launch(serve(&app.database, &url, &[])).await;
    let admin = server.client.clone().with_token(token(Role::Admin, "admin@example.com"));
    assert_eq!(facts(&admin).await, ["stored"]);
    assert_unavailable(&admin.get("/readyz").await, "UNAVAILABLE");
    let reply = import(&admin, "refused", 10).await;
    assert_unavailable(&reply, "UNAVAILABLE");
    assert!(reply.json()["detail"].as_str().unwrap().contains("read-only"), "{}", reply.text);
    let error = graphql_error(&admin, "refused", 10).await;
    assert_eq!(error["extensions"]["code"], "UNAVAILABLE", "{error}");
    let said = server.end().await;
    assert!(said.contains("cannot be written to") && said.contains("--read-only"), "{said}");
}

on_both_databases! {
    async fn read_only_mode_serves_reads_and_refuses_writes(app: TestApp) {
        app.movie("m").await;
        import(&app.admin(), "stored", 10).await;
        let before = database::dump_all(&app.database.url).await;
        let command = serve(&app.database, &app.database.url, &["--read-only"]);
        let server = Server::launch(command).await;
        assert!(server.printed.concat().contains("read-only"), "{:?}", server.printed);
        let admin = server.client.clone().with_token(token(Role::Admin, "admin@example.com"));
        assert_eq!(facts(&admin).await, ["stored"]);
        let ready = admin.get("/readyz").await;
        assert_eq!((ready.status, ready.text.as_str()), (200, "ready (read-only)\n"));
        let reply = import(&admin, "refused", 10).await;
        assert_unavailable(&reply, "UNAVAILABLE");
        assert_eq!(admin.get("/readyz").await.status, 200);
        // A dry run is not a write.
        let file = envelope("m", "trivia", json!({ "items": [{ "text": "planned" }] }));
        let planned = admin.import_envelope("m", "trivia", "?dry_run=true", &file).await;
        assert_eq!(planned.status, 200, "{}", planned.text);
        server.end().await;
        assert_eq!(database::dump_all(&app.database.url).await, before);
    }

    async fn read_only_mode_needs_the_current_schema(app: TestApp) {
        let forget = "DELETE FROM seaql_migrations WHERE version LIKE '%storage_probe'";
        execute(&app.database.url, forget).await;
        let ran = app
            .command(&[
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--read-only",
                "--jwt-secret",
                std::str::from_utf8(SECRET).unwrap(),
            ])
            .await;
        assert_eq!(ran.code, 2, "{}", ran.stdout);
        assert!(ran.stderr.contains("reelport migrate"), "{}", ran.stderr);
    }
}
