//! The texts in the import log: compressed, stored once per document, byte for byte as sent, and
//! limited in size. The log entries themselves are kept forever.

use std::collections::BTreeSet;

use reelport::catalog::access::command_line;
use reelport::catalog::import::{ImportOptions, IncomingDocument};
use reelport::document::read::envelope::Expected;
use reelport::document::read::parse::ParseOptions;
use reelport::document::text::sha256;
use reelport::document::{Category, Stage};
use reelport::storage::{
    Database, ImportRow, NewImport, SentText, StorageError, TextLimits, byte_size,
};
use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::database::{execute, rows};
use crate::support::{Client, envelope};

/// The log entries of a movie, newest first.
async fn records(client: &Client, movie: &str) -> Vec<Value> {
    let query = "query($movie: ID!) { imports(filter: {movieId: $movie}, first: 8) { nodes {
        status document documentSize documentHash } } }";
    let reply = client.graphql(query, json!({ "movie": movie })).await;
    assert!(reply["errors"].is_null(), "{reply}");
    reply["data"]["imports"]["nodes"].as_array().unwrap().clone()
}

/// A log entry of an import of `text` into the trivia of a movie.
fn record(number: usize, movie: &str, text: String) -> NewImport {
    NewImport {
        row: ImportRow {
            id: format!("{number:06}"),
            movie: movie.parse().unwrap(),
            category: Some(Category::Trivia),
            operation: "import".to_owned(),
            stage: Stage::Draft,
            created_at: chrono::DateTime::from_timestamp(1_700_000_000, 0).unwrap(),
            author: "author".to_owned(),
            account: "account".to_owned(),
            source: None,
            status: "unchanged".to_owned(),
            options: "{}".to_owned(),
            report: None,
            problems: "[]".to_owned(),
            revision: None,
            draft_revision: None,
            text_hash: Some(sha256(text.as_bytes())),
            text_size: Some(byte_size(&text)),
        },
        document: Some(SentText { text, is_kept: true }),
    }
}

/// 9,600 bytes of text that does not compress.
fn noise(seed: usize) -> String {
    (0..150).map(|part| sha256(format!("{seed} {part}").as_bytes())).collect()
}

async fn store(database: &Database, new: NewImport, limits: TextLimits) {
    let new = &[new];
    let entries_with_text = database
        .write(|transaction| async move { transaction.record_imports(new, limits).await })
        .await;
    entries_with_text.unwrap();
}

/// The numbers of the log entries that still have their text.
async fn entries_with_text(database: &Database, count: usize) -> BTreeSet<usize> {
    let ids: Vec<String> = (0..count).map(|number| format!("{number:06}")).collect();
    let texts = database.import_documents(&ids).await.unwrap();
    for (id, text) in &texts {
        assert_eq!(*text, noise(id.parse().unwrap()), "{id}");
    }
    texts.keys().map(|id| id.parse().unwrap()).collect()
}

on_both_databases! {
    async fn each_text_of_a_document_is_stored_once_and_smaller(app: TestApp) {
        let admin = app.movie("m").await;
        let facts: Vec<Value> =
            (0..200).map(|n| json!({ "text": format!("Łódź fact {n}") })).collect();
        let text = format!("{:#}\n", envelope("m", "trivia", json!({ "items": facts })));
        for _ in 0..3 {
            assert_eq!(
                admin.post_text("/api/v1/admin/movies/m/import/trivia", text.clone()).await.status,
                200
            );
        }
        let found = records(&admin, "m").await;
        let sent: Vec<&Value> =
            found.iter().filter(|record| record["document"] == json!(text)).collect();
        assert_eq!(
            sent.iter().map(|record| &record["status"]).collect::<Vec<_>>(),
            ["UNCHANGED", "UNCHANGED", "PUBLISHED"]
        );
        for record in sent {
            assert_eq!(
                (&record["documentSize"], &record["documentHash"]),
                (&json!(text.len()), &json!(sha256(text.as_bytes())))
            );
        }
        let stored = rows(&app.database.url, "import_texts").await;
        let of_trivia: Vec<_> = stored.iter().filter(|row| row["category"] == "trivia").collect();
        assert_eq!(of_trivia.len(), 1);
        assert!(
            of_trivia[0]["stored"].as_u64().unwrap() < text.len() as u64 / 4,
            "{}",
            of_trivia[0]["stored"]
        );
    }

    async fn an_import_that_changes_nothing_keeps_no_huge_text(app: TestApp) {
        let admin = app.movie("m").await;
        let mut huge = envelope("m", "trivia", json!({ "items": [{ "text": "One." }] }));
        huge["notes"] = json!("x".repeat(1_200_000));
        assert_eq!(
            admin.import_envelope("m", "trivia", "?target=draft", &huge).await.json()["status"],
            "drafted"
        );
        let before = rows(&app.database.url, "import_texts").await.len();
        let mut last = String::new();
        for number in 0..3 {
            huge["notes"] = json!(format!("{number}{}", "x".repeat(1_200_000)));
            last = huge.to_string();
            let request = || {
                let request = admin.request(
                    reqwest::Method::POST,
                    "/api/v1/admin/movies/m/import/trivia?target=draft",
                );
                request.header("idempotency-key", format!("key {number}")).json(&huge)
            };
            let first = admin.send(request()).await.json();
            assert_eq!(first["status"], "unchanged", "{first}");
            assert_eq!(admin.send(request()).await.json(), first);
        }
        assert_eq!(rows(&app.database.url, "import_texts").await.len(), before);
        let found = records(&admin, "m").await;
        let expected = json!({
            "status": "UNCHANGED", "document": null,
            "documentSize": last.len(), "documentHash": sha256(last.as_bytes())
        });
        assert_eq!(found[0], expected);
        // The contribution that opened the draft has its text, and so has a repetition of it.
        let drafted = found.iter().find(|record| record["status"] == "DRAFTED").unwrap();
        assert!(drafted["document"].as_str().unwrap().len() > 1_200_000);
        let text = drafted["document"].as_str().unwrap().to_owned();
        assert_eq!(
            admin
                .post_text("/api/v1/admin/movies/m/import/trivia?target=draft", text.clone())
                .await
                .json()["status"],
            "unchanged"
        );
        assert_eq!(records(&admin, "m").await[0]["document"], json!(text));
    }

    async fn the_oldest_texts_of_a_document_are_dropped_above_its_limit(app: TestApp) {
        let database = app.app.catalog.database();
        let limits = TextLimits { of_document: 96_000, of_all: 1 << 30 };
        for number in 0..40 {
            let movie = if number == 0 { "other" } else { "m" };
            store(database, record(number, movie, noise(number)), limits).await;
            // A text that is sent again counts as new.
            if number > 30 {
                store(
                    database,
                    NewImport {
                        row: ImportRow {
                            id: format!("{number:06}-again"),
                            ..record(30, "m", noise(30)).row
                        },
                        ..record(30, "m", noise(30))
                    },
                    limits,
                )
                .await;
            }
        }
        let left = entries_with_text(database, 40).await;
        assert!(left.contains(&0) && left.contains(&30) && left.contains(&39), "{left:?}");
        assert!(!left.contains(&1) && !left.contains(&20), "{left:?}");
        assert!((5..=10).contains(&left.len()), "{left:?}");
        assert_eq!(rows(&app.database.url, "imports").await.len(), 49);
        // A single text above the limit is the only one that is kept.
        let long = (40..70).map(noise).collect::<String>();
        store(database, record(100, "m", long.clone()), limits).await;
        assert_eq!(entries_with_text(database, 40).await, BTreeSet::from([0]));
        assert_eq!(
            database.import_documents(&["000100".to_owned()]).await.unwrap()["000100"],
            long
        );
    }

    async fn the_oldest_texts_are_dropped_above_the_total_limit(app: TestApp) {
        let database = app.app.catalog.database();
        let movies = ["a", "b", "c"];
        for number in 0..30 {
            store(
                database,
                record(number, movies[number % 3], noise(number)),
                TextLimits::default(),
            )
            .await;
        }
        let drop = |limit: u64| async move {
            database
                .write(|transaction| async move { transaction.drop_oldest_texts(limit).await })
                .await
        };
        assert!(drop(1 << 20).await.unwrap());
        assert_eq!(entries_with_text(database, 30).await.len(), 30);
        let is_within: Result<bool, StorageError> = drop(120_000).await;
        assert!(is_within.unwrap());
        let left = entries_with_text(database, 30).await;
        assert!((8..=12).contains(&left.len()), "{left:?}");
        assert_eq!(left, (30 - left.len()..30).collect());
        assert_eq!(rows(&app.database.url, "imports").await.len(), 30);
    }

    async fn the_log_stays_within_its_limit_during_imports(app: TestApp) {
        let admin = app.movie("m").await;
        let limits = TextLimits { of_document: 1 << 20, of_all: 240_000 };
        let catalog = app.app.catalog.clone().with_text_limits(limits);
        let (_, permission) = command_line();
        let options = ImportOptions::default();
        for number in 0..60 {
            let text = envelope("m", "trivia", json!({ "items": [{ "text": noise(number) }] }))
                .to_string();
            let (expected, parsing) = (Expected::default(), ParseOptions::default());
            let document = IncomingDocument::read(text.as_bytes(), expected, parsing).unwrap();
            catalog.import_batch(&permission, &[document], &options).await.unwrap();
        }
        let stored: u64 = rows(&app.database.url, "import_texts")
            .await
            .iter()
            .map(|row| row["stored"].as_u64().unwrap())
            .sum();
        assert!((120_000..=270_000).contains(&stored), "{stored}");
        assert_eq!(
            admin.export("m", "trivia").await["data"]["items"].as_array().unwrap().len(),
            60
        );
    }

    async fn log_entries_of_an_earlier_version_keep_their_text(app: TestApp) {
        let admin = app.movie("m").await;
        admin.import("m", "trivia", json!({ "items": [{ "text": "One." }] })).await;
        let old = "UPDATE imports SET document = 'as it was “sent”', text_hash = NULL,
            text_size = NULL WHERE category = 'trivia'";
        execute(&app.database.url, old).await;
        let found = records(&admin, "m").await;
        assert_eq!(
            found[0],
            json!({
                "status": "PUBLISHED", "document": "as it was “sent”",
                "documentSize": null, "documentHash": null
            })
        );
    }
}
