//! Consistency of a catalogue, which must hold after any writes and interruptions.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::TestApp;
use super::database::{TABLES, dump, rows};

/// The number in a column of a row.
fn number(row: &Value, column: &str) -> i64 {
    row[column].as_i64().unwrap_or_else(|| panic!("{column}: {row}"))
}

/// `(movie, category)` of a row.
fn key(row: &Value) -> (String, String) {
    let text = |column: &str| row[column].as_str().unwrap_or_default().to_owned();
    (text("movie_id"), text("category"))
}

/// The numbers in a column, for each document; each number must be unique.
fn numbers<'a>(
    rows: impl IntoIterator<Item = &'a Value>,
    column: &str,
) -> BTreeMap<(String, String), BTreeSet<i64>> {
    let mut found: BTreeMap<_, BTreeSet<i64>> = BTreeMap::new();
    for row in rows {
        assert!(
            found.entry(key(row)).or_default().insert(number(row, column)),
            "{column} twice: {row}"
        );
    }
    found
}

impl TestApp {
    /// Asserts that nothing is stored in part: every revision of every document can be read and the
    /// numbers have no gaps, every revision has its log entry and every log entry its revision,
    /// drafts have all of their contributions, idempotency keys refer to log entries, and the
    /// projections agree with the documents.
    pub async fn assert_consistent(&self) {
        let url = &self.database.url;
        let (documents, revisions) = (rows(url, "documents").await, rows(url, "revisions").await);
        let (drafts, contributions) = (rows(url, "drafts").await, rows(url, "contributions").await);
        let imports = rows(url, "imports").await;
        for row in [&documents, &revisions, &contributions].into_iter().flatten() {
            let body: Value = serde_json::from_str(row["body"].as_str().unwrap()).unwrap();
            assert!(body.is_object(), "{row}");
        }

        // Revisions: 1, 2, 3 … up to the current one.
        let states = numbers(documents.iter().chain(&revisions), "revision");
        for row in &documents {
            let expected: BTreeSet<i64> = (1..=number(row, "revision")).collect();
            assert_eq!(states[&key(row)], expected, "{:?}", key(row));
        }
        assert_eq!(states.len(), documents.len(), "a history without a document");
        let published = imports.iter().filter(|row| row["status"] == "published");
        assert_eq!(numbers(published, "revision"), states, "log entries and revisions");

        // The change feed has every revision.
        let published = rows(url, "changes").await;
        let published = published.iter().filter(|row| row["revision"].is_i64());
        let published = published.filter(|row| row["draft_revision"].is_null());
        let published: BTreeSet<_> =
            published.map(|row| (key(row), number(row, "revision"))).collect();
        for (document, numbers) in &states {
            for number in numbers {
                assert!(published.contains(&(document.clone(), *number)), "{document:?} {number}");
            }
        }

        let drafted = imports.iter().filter(|row| row["status"] == "drafted");
        let contributed = numbers(&contributions, "draft_revision");
        assert_eq!(
            numbers(drafted, "draft_revision"),
            contributed,
            "log entries and contributions"
        );
        for (document, numbers) in &contributed {
            assert_eq!(*numbers, (1..).take(numbers.len()).collect(), "{document:?}");
        }
        for draft in &drafts {
            let newest = contributed[&key(draft)].last().copied();
            assert_eq!(Some(number(draft, "draft_revision")), newest, "{draft}");
        }

        let records: BTreeSet<&str> =
            imports.iter().map(|row| row["id"].as_str().unwrap()).collect();
        for row in rows(url, "idempotency_keys").await {
            assert!(records.contains(row["import_id"].as_str().unwrap()), "{row}");
        }

        // Importing the stored document again changes nothing.
        let admin = self.admin();
        for row in &documents {
            let (movie, category) = key(row);
            let export = admin.export(&movie, &category).await;
            let reply = admin.import_with(&export, "?dry_run=true&mode=replace").await;
            assert_eq!(
                (reply.status, &reply.json()["plan"]["changes"]),
                (200, &json!([])),
                "{}",
                reply.text
            );
        }
        self.assert_counts().await;
        let before = dump(url, TABLES).await;
        self.command(&["reindex"]).await.ok();
        assert_eq!(dump(url, TABLES).await, before);
    }
}
