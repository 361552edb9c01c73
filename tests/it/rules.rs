//! Tables of cases for null handling and for the source of a change. The tables for alignment are
//! in [`crate::matching`].

use reelport::catalog::access::Role;
use reelport::document::Source;
use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::Client;
use crate::support::operations::codes;

/// The result for a value: `k` kept, `w` kept with a warning, `c` cleared, `r` refused because it
/// is required.
fn outcome(payload: &Value, path: &str) -> char {
    let plan = &payload["plan"];
    let warned = plan["warnings"]
        .as_array()
        .unwrap()
        .iter()
        .any(|warning| warning["code"] == "NULL_IGNORED");
    let changes = plan["changes"].as_array().unwrap();
    match &codes(payload)[..] {
        [code] if code == "REQUIRED" => 'r',
        [] if changes.is_empty() => {
            if warned {
                'w'
            } else {
                'k'
            }
        }
        [] => {
            assert!(!warned, "{payload}");
            let is_removal = |change: &Value| {
                change["op"] == "REMOVE" && change["path"].as_str().unwrap().starts_with(path)
            };
            assert!(changes.iter().all(is_removal), "{payload}");
            'c'
        }
        _ => panic!("{payload}"),
    }
}

/// What is sent instead of a value.
const EMPTY_VALUES: &[(&str, Option<Value>)] = &[("absent", None), ("null", Some(Value::Null))];

/// A value and its results under MERGE and under REPLACE if null is sent instead: in a file, in a
/// file with KEEP, in a file with CLEAR, and the same in typed input.
const NULLS: &[(&str, &str, &str, &str)] = &[
    // An optional field, a required one, and a list of names.
    ("basic_info", "/tagline", "wwccwc", "wwccwc"),
    ("basic_info", "/title", "wwrrwr", "wwrrwr"),
    ("basic_info", "/genres", "wwwwww", "wwccwc"),
    // The same in an item; ids are not cleared.
    ("timeline", "/events/0/category", "wwccwc", "wwccwc"),
    ("timeline", "/events/0/title", "wwrrwr", "wwrrwr"),
    ("timeline", "/events/0/id", "kkkkkk", "kkkkkk"),
    ("timeline", "/events", "wwwwww", "wwccwc"),
    ("cast_crew", "/cast/0/character", "wwccwc", "wwccwc"),
    ("cast_crew", "/cast/0/id", "kkkkkk", "kkkkkk"),
    ("cast_crew", "/cast/0/credit_id", "kkkkkk", "kkkkkk"),
    // The only text of a trivia item.
    ("trivia", "/items/0/text", "wwrrwr", "wwrrwr"),
];

on_both_databases! {
    async fn null_clears_exactly_where_the_rules_say(app: TestApp) {
        let admin = app.full_movie("m").await;
        let mut cases = 0;
        for (category, path, merge, replace) in NULLS {
            let export = admin.export("m", category).await;
            let is_list = export["data"].pointer(path).unwrap().is_array();
            let empty = ["", "N/A", " n/a "].map(|text| (text, Some(json!(text))));
            for (sent, value) in EMPTY_VALUES.iter().cloned().chain(empty) {
                // A text cannot replace a list.
                if is_list && value.as_ref().is_some_and(Value::is_string) {
                    continue;
                }
                let mut data = export["data"].clone();
                let (parent, key) = path.rsplit_once('/').unwrap();
                let object = data.pointer_mut(parent).unwrap().as_object_mut().unwrap();
                match &value {
                    Some(value) => object.insert(key.to_owned(), value.clone()),
                    None => object.remove(key),
                };
                for (mode, expected) in [("MERGE", merge), ("REPLACE", replace)] {
                    let expected = if value == Some(Value::Null) { expected } else { "kkkkkk" };
                    let mut found = String::new();
                    for typed in [false, true] {
                        for nulls in [Value::Null, json!("KEEP"), json!("CLEAR")] {
                            let base = &export["metadata"]["revision"];
                            let mut options =
                                json!({ "mode": mode, "dryRun": true, "baseRevision": base });
                            if !nulls.is_null() {
                                options["nulls"] = nulls;
                            }
                            let payload = if typed {
                                admin.import_category("m", category, &data, options).await
                            } else {
                                let file =
                                    json!({ "category": category, "movie_id": "m", "data": data });
                                admin.import_document(&file, options).await
                            };
                            found.push(outcome(&payload, path));
                            cases += 1;
                        }
                    }
                    assert_eq!(found, expected, "{category}{path}: {sent} under {mode}");
                }
            }
        }
        assert!(cases > 500, "{cases}");
    }
}

/// The metadata of an imported file.
#[derive(Debug, Clone, Copy)]
enum Metadata {
    Nothing,
    /// The metadata of the export, unchanged.
    AsExported,
    Source(&'static str),
    OtherRevision,
    OtherTime,
}

/// The `source` option, the source of the token, the metadata of the file, and the resulting
/// source.
type Row = (Option<&'static str>, Option<Source>, Metadata, &'static str);

/// The stored document has the source tmdb.
const SOURCES: &[Row] = &[
    // The option has precedence.
    (Some("manual"), None, Metadata::Source("llm-generated"), "MANUAL"),
    (Some("llm-generated"), None, Metadata::Nothing, "LLM_GENERATED"),
    (Some("tmdb"), None, Metadata::AsExported, "TMDB"),
    (Some("manual"), Some(Source::LlmGenerated), Metadata::AsExported, "MANUAL"),
    // Then the source of the token.
    (None, Some(Source::LlmGenerated), Metadata::Nothing, "LLM_GENERATED"),
    (None, Some(Source::LlmGenerated), Metadata::AsExported, "LLM_GENERATED"),
    (None, Some(Source::LlmGenerated), Metadata::Source("manual"), "LLM_GENERATED"),
    (None, Some(Source::Tmdb), Metadata::Source("llm-generated"), "TMDB"),
    (None, Some(Source::Manual), Metadata::Source("tmdb"), "MANUAL"),
    // Then the metadata of the file, unless it is that of the export.
    (None, None, Metadata::Source("llm-generated"), "LLM_GENERATED"),
    (None, None, Metadata::Source("manual"), "MANUAL"),
    (None, None, Metadata::OtherRevision, "TMDB"),
    (None, None, Metadata::OtherTime, "TMDB"),
    // Otherwise the change is manual.
    (None, None, Metadata::AsExported, "MANUAL"),
    (None, None, Metadata::Nothing, "MANUAL"),
    (None, None, Metadata::Source("unheard of"), "MANUAL"),
];

/// The source of the last import that changed something.
async fn source_of_the_last(client: &Client) -> Value {
    let reply =
        client.graphql("{ imports(first: 1) { nodes { source status } } }", json!({})).await;
    reply["data"]["imports"]["nodes"][0]["source"].clone()
}

on_both_databases! {
    async fn the_source_of_a_change_follows_the_precedence(app: TestApp) {
        let admin = app.full_movie("m").await;
        for (stage, export) in [("published", ""), ("draft", "?stage=draft")] {
            for (number, (option, token, metadata, expected)) in SOURCES.iter().enumerate() {
                // Two states with the source tmdb.
                for word in ["Before", "Then"] {
                    let sent = json!({ "category": "basic_info", "movie_id": "m", "data": { "tagline": format!("{word} {stage} {number}") } });
                    let reply =
                        admin.import_with(&sent, &format!("?source=tmdb&target={stage}")).await;
                    assert_eq!(reply.status, 200, "{}", reply.text);
                }
                let path = format!("/api/v1/admin/movies/m/export/basic-info{export}");
                let mut file = admin.get(&path).await.json();
                file["data"]["overview"] = json!(format!("As of {stage} {number}."));
                match metadata {
                    Metadata::Nothing => drop(file.as_object_mut().unwrap().remove("metadata")),
                    Metadata::AsExported => {}
                    Metadata::Source(source) => file["metadata"]["source"] = json!(source),
                    Metadata::OtherRevision if stage == "draft" => {
                        file["metadata"]["draft_revision"] =
                            json!(file["metadata"]["draft_revision"].as_i64().unwrap() - 1);
                    }
                    Metadata::OtherRevision => {
                        file["metadata"]["revision"] =
                            json!(file["metadata"]["revision"].as_i64().unwrap() - 1);
                    }
                    Metadata::OtherTime => {
                        file["metadata"]["last_updated"] = json!("2020-01-02T03:04:05+00:00");
                    }
                }
                let client =
                    token.map_or_else(|| admin.clone(), |source| app.agent(Role::Admin, source));
                let options = option.map_or_else(String::new, |option| format!("&source={option}"));
                let reply = client.import_with(&file, &format!("?target={stage}{options}")).await;
                assert_eq!(reply.status, 200, "{}", reply.text);
                assert_eq!(
                    source_of_the_last(&admin).await,
                    *expected,
                    "{stage}: {option:?}, {token:?}, {metadata:?}"
                );
            }
        }
    }
}
