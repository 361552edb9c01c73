//! Requests that lose every attempt against other writers: nothing is written, the answer says so,
//! and the import log has an entry.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reelport::catalog::access::{Role, command_line};
use reelport::catalog::import::{ImportOptions, ImportStatus, IncomingDocument};
use reelport::catalog::{Catalog, RandomIds, SystemClock};
use reelport::document::ProblemCode;
use reelport::document::read::envelope::Expected;
use reelport::document::read::parse::ParseOptions;
use reelport::storage::{Database, Fault, Faults, TransactionStep};
use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::database::rows;
use crate::support::{Client, TestApp, envelope, token};

/// Makes the first statement of the next transactions fail with a transient error.
#[derive(Debug)]
struct FirstAttempts(AtomicUsize);

impl Faults for FirstAttempts {
    fn at(&self, step: TransactionStep) -> Option<Fault> {
        let is_lost = step == TransactionStep::Statement(0)
            && self
                .0
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1))
                .is_ok();
        is_lost.then_some(Fault::Lost)
    }
}

/// A catalogue on the database of `app` that does not retry, and of which the first transactions
/// fail.
async fn losing(app: &TestApp, transactions: usize) -> Catalog {
    let database = Database::connect(&app.database.url, 2).await.unwrap();
    database.inject_faults(Arc::new(FirstAttempts(AtomicUsize::new(transactions))));
    let database = database.with_retry_time(Duration::ZERO);
    Catalog::new(database, Arc::new(SystemClock), Arc::new(RandomIds))
}

async fn client_of(app: &TestApp, catalog: Catalog) -> Client {
    let address = app.with_settings(|app| app.catalog = catalog).await;
    Client::new(address).with_token(token(Role::Admin, "admin@example.com"))
}

fn trivia(movie: &str) -> Value {
    envelope(movie, "trivia", json!({ "items": [{ "text": "One." }] }))
}

/// `(status, problem codes, whether the text is kept)` of the log entries of a category, in the
/// order in which they were written.
async fn logged(app: &TestApp, category: &str) -> Vec<(String, Vec<String>, bool)> {
    let mut entries = rows(&app.database.url, "imports").await;
    entries.retain(|entry| entry["category"] == category);
    entries.sort_by_key(|entry| entry["id"].as_str().unwrap().to_owned());
    let entry = |entry: &Value| {
        let problems: Vec<Value> =
            serde_json::from_str(entry["problems"].as_str().unwrap()).unwrap();
        let codes = problems.iter().map(|problem| problem["code"].as_str().unwrap().to_owned());
        let status = entry["status"].as_str().unwrap().to_owned();
        (status, codes.collect(), !entry["text_hash"].is_null())
    };
    entries.iter().map(entry).collect()
}

fn conflict() -> (String, Vec<String>, bool) {
    ("rejected".to_owned(), vec!["CONFLICT".to_owned()], true)
}

on_both_databases! {
    async fn a_request_that_loses_every_attempt_is_logged(app: TestApp) {
        app.movie("m").await;
        let client = client_of(&app, losing(&app, 1).await).await;
        let options = json!({ "idempotencyKey": "key" });
        let reply = client.import_document(&trivia("m"), options.clone()).await;
        assert_eq!(
            (&reply["status"], &reply["userErrors"][0]["code"]),
            (&json!("REJECTED"), &json!("CONFLICT")),
            "{reply}"
        );
        assert!(reply["importId"].is_string(), "{reply}");
        assert_eq!(logged(&app, "trivia").await, [conflict()]);
        // The request can be repeated with its key.
        let again = client.import_document(&trivia("m"), options).await;
        assert_eq!(again["status"], "PUBLISHED", "{again}");
        assert_eq!(logged(&app, "trivia").await.len(), 2);
    }

    async fn a_conflict_that_cannot_be_logged_is_still_answered(app: TestApp) {
        app.movie("m").await;
        let client = client_of(&app, losing(&app, 2).await).await;
        let reply = client.import_document(&trivia("m"), json!({})).await;
        assert_eq!(
            (&reply["userErrors"][0]["code"], &reply["importId"]),
            (&json!("CONFLICT"), &json!(null)),
            "{reply}"
        );
        assert_eq!(logged(&app, "trivia").await, []);
    }

    async fn a_batch_that_loses_every_attempt_is_rejected_and_logged(app: TestApp) {
        for movie in ["a", "b"] {
            app.movie(movie).await;
        }
        let catalog = losing(&app, 1).await;
        let documents: Vec<IncomingDocument> = ["a", "b"]
            .iter()
            .map(|movie| {
                let text = trivia(movie).to_string();
                let options = ParseOptions::default();
                IncomingDocument::read(text.as_bytes(), Expected::default(), options).unwrap()
            })
            .collect();
        let (_, permission) = command_line();
        let options = ImportOptions::default();
        let outcomes = catalog.import_batch(&permission, &documents, &options).await.unwrap();
        for outcome in &outcomes {
            let codes: Vec<_> = outcome.problems.iter().map(|problem| problem.code).collect();
            assert_eq!(
                (outcome.status, codes),
                (ImportStatus::Rejected, vec![ProblemCode::Conflict])
            );
            assert!(outcome.import_id.is_some());
        }
        assert_eq!(outcomes.len(), 2);
        assert_eq!(logged(&app, "trivia").await, [conflict(), conflict()]);
        let outcomes = catalog.import_batch(&permission, &documents, &options).await.unwrap();
        let statuses: Vec<_> = outcomes.iter().map(|outcome| outcome.status).collect();
        assert_eq!(statuses, [ImportStatus::Published, ImportStatus::Published]);
    }
}
