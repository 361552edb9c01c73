//! Round trip of a whole catalogue, and the projections of its documents.

use std::collections::{HashMap, HashSet};
use std::io::Cursor;
use std::sync::Arc;

use reelport::catalog::access::command_line;
use reelport::catalog::bulk::{
    BulkReport, ByteSource, OnFailure, ReadOptions, Selection, Unrestricted, document_channel,
    read_source,
};
use reelport::catalog::import::{ImportOptions, ImportStatus};
use reelport::document::Category;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::on_both_databases;
use crate::support::catalogue::{generated, real};
use crate::support::database::{TABLES, dump, execute};
use crate::support::{TestApp, envelope, fixtures};

/// The approximate number of documents of a catalogue that are imported.
const SLICE: usize = 300;

/// The expected export of a document: without generated ids, and with every list.
fn facts(document: &Value) -> Value {
    let category: Category = document["category"].as_str().unwrap().parse().unwrap();
    let mut data = category.definition().empty();
    data.extend(document["data"].as_object().unwrap().clone());
    fixtures::facts(&Value::Object(data))
}

fn key(document: &Value) -> (String, String) {
    let text = |key: &str| document[key].as_str().unwrap().to_owned();
    (text("movie_id"), text("category"))
}

/// Imports documents like `reelport import` does; returns the results that are not `expected`.
async fn import(
    app: &TestApp,
    documents: &[Value],
    expected: ImportStatus,
) -> (BulkReport, Vec<String>) {
    let lines: String = documents.iter().map(|document| format!("{document}\n")).collect();
    let (sender, records) = document_channel();
    let reader = tokio::task::spawn_blocking(move || {
        read_source(
            "catalogue",
            ByteSource::Stream(Box::new(Cursor::new(lines))),
            &Arc::default(),
            ReadOptions::default(),
            &sender,
        )
        .unwrap();
    });
    let (_, permission) = command_line();
    let mut others = Vec::new();
    let report = |result: reelport::catalog::bulk::DocumentResult| {
        if result.status != expected {
            others.push(format!("{} {:?} {:?}", result.location, result.status, result.problems));
        }
        true
    };
    let total = app
        .app
        .catalog
        .import_stream(
            &permission,
            records,
            &ImportOptions::default(),
            OnFailure::Continue,
            &mut Unrestricted,
            report,
        )
        .await
        .unwrap();
    reader.await.unwrap();
    (total, others)
}

async fn export(app: &TestApp) -> Vec<Value> {
    let (permission, _) = command_line();
    let (sender, mut exports) = mpsc::channel(2);
    let catalog = app.app.catalog.clone();
    let writer = tokio::spawn(async move {
        catalog.export_stream(&permission, &Selection::default(), sender).await
    });
    let mut documents = Vec::new();
    while let Some(batch) = exports.recv().await {
        let batch = batch.iter().map(|export| serde_json::from_str(&export.envelope()).unwrap());
        documents.extend(batch);
    }
    writer.await.unwrap().unwrap();
    documents
}

/// The tables that `reindex` rebuilds.
const PROJECTIONS: &[&str] = &["movies", "credits", "nominations", "offers", "movie_genres"];

async fn reindex(app: &TestApp) -> u64 {
    let (_, permission) = command_line();
    app.app.catalog.reindex(&permission).await.unwrap()
}

/// Imports, exports and re-imports documents: the export equals the input, and the second import
/// changes nothing.
async fn check_round_trip(app: &TestApp, sent: &[Value]) {
    let categories: HashSet<_> = sent.iter().map(|document| key(document).1).collect();
    assert_eq!(categories.len(), Category::ALL.len());
    // A document without values is not stored.
    let has_values = |document: &Value| {
        facts(document).as_object().unwrap().values().any(|value| *value != json!([]))
    };
    let written: HashMap<_, _> = sent
        .iter()
        .filter(|document| has_values(document))
        .map(|document| (key(document), document))
        .collect();
    let (report, others) = import(app, sent, ImportStatus::Published).await;
    let expected = BulkReport {
        published: written.len() as u64,
        unchanged: (sent.len() - written.len()) as u64,
        movies_created: report.movies_created,
        ..BulkReport::default()
    };
    assert_eq!(report, expected, "{others:?}");

    let exports = export(app).await;
    assert_eq!(exports.len(), written.len());
    for export in &exports {
        let document = written[&key(export)];
        assert_eq!(facts(export), facts(document), "{:?}", key(export));
    }
    let before = dump(&app.database.url, TABLES).await;
    let (report, others) = import(app, &exports, ImportStatus::Unchanged).await;
    assert_eq!(others, Vec::<String>::new());
    let expected = BulkReport { unchanged: exports.len() as u64, ..BulkReport::default() };
    assert_eq!(report, expected);
    assert_eq!(dump(&app.database.url, TABLES).await, before);

    // Rebuilding the projections changes nothing.
    assert_eq!(reindex(app).await, exports.len() as u64);
    assert_eq!(dump(&app.database.url, TABLES).await, before);
}

on_both_databases! {
    async fn an_imported_catalogue_exports_the_same_documents(app: TestApp) {
        check_round_trip(&app, &generated(SLICE)).await;
    }

    async fn an_imported_real_catalogue_exports_the_same_documents(app: TestApp) {
        if let Some(documents) = real(SLICE) {
            check_round_trip(&app, &documents).await;
        }
    }

    async fn damaged_projections_are_rebuilt(app: TestApp) {
        app.full_movie("tmdb-1").await;
        let (report, others) = import(&app, &generated(70), ImportStatus::Published).await;
        assert_eq!(report.rejected, 0, "{others:?}");
        let bare = [envelope("no-basic-info", "trivia", json!({ "items": ["A"] }))];
        import(&app, &bare, ImportStatus::Published).await;
        // The same for documents that have changed since they were first projected.
        let admin = app.admin();
        let mut file = admin.export("tmdb-1", "cast_crew").await;
        file["data"]["cast"].as_array_mut().unwrap().swap_remove(0);
        file["data"]["crew"][0]["job"] = json!("Film Editor");
        let reply = admin.import_envelope("tmdb-1", "cast-crew", "?mode=replace", &file).await;
        assert_eq!(reply.status, 200, "{}", reply.text);

        let before = dump(&app.database.url, PROJECTIONS).await;
        assert!(before.iter().all(|(table, rows)| rows.len() > 1 || panic!("{table} is empty")));
        let documents = reindex(&app).await;
        assert_eq!(dump(&app.database.url, PROJECTIONS).await, before);

        for damage in [
            "DELETE FROM credits",
            "UPDATE credits SET person_id = 'nobody', part = NULL, list = 'crew' WHERE movie_id = 'tmdb-1'",
            "INSERT INTO credits (movie_id, id, person_id, list) VALUES ('tmdb-1', 'ghost', 'nobody', 'cast')",
            "UPDATE nominations SET year = 1, won = NOT won, nominee_id = 'nobody'",
            "INSERT INTO offers (movie_id, id, platform_id, offer_type) VALUES ('tmdb-1', 'ghost', 'nobody', 'buy')",
            "DELETE FROM movie_genres WHERE movie_id = 'tmdb-1'",
            "INSERT INTO movie_genres (movie_id, genre_id) VALUES ('no-basic-info', 'nothing')",
            "UPDATE movies SET title = 'Damaged', title_key = '', search_text = 'x', year = 7, status = 'lost', release_date = NULL",
        ] {
            execute(&app.database.url, damage).await;
            assert_ne!(dump(&app.database.url, PROJECTIONS).await, before, "{damage}");
            assert_eq!(reindex(&app).await, documents);
            assert_eq!(dump(&app.database.url, PROJECTIONS).await, before, "{damage}");
        }
    }
}
