//! Files as language models and people send them (`tests/corpus/`), each with a snapshot of its dry
//! run; the import then does what was planned, and a second import changes nothing.
//!
//! A file is named `{category}-{description}`, with `.replace` if it is sent with `mode=replace`.
//! All files are sent to the same movie: the documents of `fixtures`, with one more revision of
//! basic info and of the timeline. `<</data/events/0/id>>` in a file stands for the stored value at
//! that JSON Pointer into the export.

use std::path::PathBuf;

use reelport::document::Category;
use serde_json::{Value, json};

use crate::support::operations::masked;
use crate::support::{Client, Reply, TestApp};

pub const MOVIE: &str = "tmdb-101";

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/corpus")
}

/// The files of the corpus, by name.
pub fn files() -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "txt") {
            files.push((
                path.file_stem().unwrap().to_str().unwrap().to_owned(),
                std::fs::read(&path).unwrap(),
            ));
        }
    }
    files.sort();
    files
}

/// The category of a file, from its name.
pub fn category_of(name: &str) -> &'static str {
    let mut slugs = Category::ALL.iter().map(|category| category.slug());
    slugs.find(|slug| name.starts_with(slug)).unwrap()
}

/// The import mode of a file, from its name.
pub fn mode_of(name: &str) -> &'static str {
    if name.ends_with(".replace") { "replace" } else { "merge" }
}

/// The movie that all files are sent to.
pub async fn movie(app: &TestApp) -> Client {
    let admin = app.full_movie(MOVIE).await;
    for (category, data) in [
        ("basic_info", json!({ "runtime": 138 })),
        (
            "timeline",
            json!({ "events": [{ "date": "1999-10-15", "title": "Release", "description": "In Wismar." }] }),
        ),
    ] {
        let reply = admin.import(MOVIE, category, data).await;
        assert_eq!(
            (reply.status, &reply.json()["status"]),
            (200, &json!("published")),
            "{}",
            reply.text
        );
    }
    admin
}

/// The text of a file with its placeholders replaced by stored values.
pub fn filled(text: Vec<u8>, export: &Value) -> Vec<u8> {
    let Ok(text) = String::from_utf8(text.clone()) else { return text };
    let mut parts = text.split("<<");
    let mut filled = parts.next().unwrap().to_owned();
    for part in parts {
        let (path, rest) = part.split_once(">>").unwrap();
        filled.push_str(
            export
                .pointer(path)
                .and_then(Value::as_str)
                .unwrap_or_else(|| panic!("{path}: {export}")),
        );
        filled.push_str(rest);
    }
    filled.into_bytes()
}

/// Replaces stored ids by placeholders.
fn with_placeholders(text: &str, export: &Value) -> String {
    fn collect(value: &Value, path: &str, found: &mut Vec<(String, String)>) {
        match value {
            Value::Object(object) => {
                object
                    .iter()
                    .for_each(|(key, value)| collect(value, &format!("{path}/{key}"), found));
            }
            Value::Array(items) => {
                items
                    .iter()
                    .enumerate()
                    .for_each(|(at, value)| collect(value, &format!("{path}/{at}"), found));
            }
            Value::String(id) if &masked(value, "") != value => {
                found.push((id.clone(), format!("<<{path}>>")));
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    collect(&export["data"], "/data", &mut found);
    found.iter().fold(text.to_owned(), |text, (id, place)| text.replace(id, place))
}

/// The response without values that differ on every run.
fn response_summary(reply: &Reply, export: &Value) -> Value {
    let body = reply.json();
    let plan = &body["plan"];
    let mut shown = json!({ "http": reply.status, "status": body["status"] });
    if reply.status != 200 {
        shown["status"] = json!("rejected");
        shown["errors"] = body["errors"].clone();
    }
    for part in ["changes", "conflicts", "not_removed", "skipped", "matches", "warnings"] {
        if plan[part].as_array().is_some_and(|part| !part.is_empty()) {
            shown[part] = plan[part].clone();
        }
    }
    let text = with_placeholders(&shown.to_string(), export);
    masked(&serde_json::from_str(&text).unwrap(), "")
}

pub async fn send(admin: &Client, category: &str, options: &str, text: &[u8]) -> Reply {
    admin
        .post_text(
            &format!("/api/v1/admin/movies/{MOVIE}/import/{category}{options}"),
            text.to_vec(),
        )
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_corpus_file_matches_its_plan_snapshot_and_imports_as_planned() {
    let files = files();
    for (name, text) in &files {
        let app = TestApp::sqlite().await;
        let admin = movie(&app).await;
        let (category, mode) = (category_of(name), mode_of(name));
        let before = admin.export(MOVIE, category).await;
        let text = filled(text.clone(), &before);

        let planned = send(&admin, category, &format!("?dry_run=true&mode={mode}"), &text).await;
        let plan = response_summary(&planned, &before);
        insta::with_settings!({ snapshot_path => folder().join("plans"), prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_json_snapshot!(name.as_str(), plan);
        });
        assert_eq!(admin.export(MOVIE, category).await["data"], before["data"], "{name}");

        let done = send(&admin, category, &format!("?mode={mode}"), &text).await;
        let mut expected = plan.clone();
        if planned.status == 200 {
            expected["status"] =
                json!(if plan["changes"].is_null() { "unchanged" } else { "published" });
        }
        assert_eq!(response_summary(&done, &before), expected, "{name}");
        let after = admin.export(MOVIE, category).await;
        let is_changed = expected["status"] == "published";
        assert_eq!(after["data"] != before["data"], is_changed, "{name}");
        assert_eq!(after["metadata"] != before["metadata"], is_changed, "{name}");

        let again = send(&admin, category, &format!("?mode={mode}"), &text).await;
        assert_eq!(again.status, planned.status, "{name}: {}", again.text);
        if again.status == 200 {
            assert_eq!(again.json()["status"], "unchanged", "{name}: {}", again.text);
        }
        assert_eq!(admin.export(MOVIE, category).await["data"], after["data"], "{name}");
    }
    // There are no snapshots of files that no longer exist.
    let snapshots = std::fs::read_dir(folder().join("plans")).unwrap().count();
    assert_eq!(snapshots, files.len());
}
