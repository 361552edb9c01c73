//! The rules about null and about where a change comes from, each with the table
//! of its cases. Which item is which has its tables in [`crate::matching`].

use reelport::catalog::access::Role;
use reelport::document::Source;
use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::Client;
use crate::support::operations::codes;

/// What became of a value: `k` it was kept, `w` it was kept with a warning, `c` it was cleared, `r` the
/// import was refused for the want of it.
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
            let is_of_it = |change: &Value| {
                change["op"] == "REMOVE" && change["path"].as_str().unwrap().starts_with(path)
            };
            assert!(changes.iter().all(is_of_it), "{payload}");
            'c'
        }
        _ => panic!("{payload}"),
    }
}

/// What is sent in place of a value.
const NOTHING: &[(&str, Option<Value>)] = &[("absent", None), ("null", Some(Value::Null))];

/// A value, and what becomes of it under MERGE and under REPLACE if null is sent in its place: in a
/// file, in a file with KEEP, in a file with CLEAR, and the same in typed input.
const NULLS: &[(&str, &str, &str, &str)] = &[
    // A field, one that is required, and a list of names.
    ("basic_info", "/tagline", "wwccwc", "wwccwc"),
    ("basic_info", "/title", "wwrrwr", "wwrrwr"),
    ("basic_info", "/genres", "wwwwww", "wwccwc"),
    // The same in an item; who an item is and whom it names is not cleared.
    ("timeline", "/events/0/category", "wwccwc", "wwccwc"),
    ("timeline", "/events/0/title", "wwrrwr", "wwrrwr"),
    ("timeline", "/events/0/id", "kkkkkk", "kkkkkk"),
    ("timeline", "/events", "wwwwww", "wwccwc"),
    ("cast_crew", "/cast/0/character", "wwccwc", "wwccwc"),
    ("cast_crew", "/cast/0/id", "kkkkkk", "kkkkkk"),
    ("cast_crew", "/cast/0/credit_id", "kkkkkk", "kkkkkk"),
    // The only text of a piece of trivia.
    ("trivia", "/items/0/text", "wwrrwr", "wwrrwr"),
];

on_both_databases! {
    async fn null_clears_only_where_it_is_said_to(app: TestApp) {
        let admin = app.full_movie("m").await;
        let mut cases = 0;
        for (category, path, merge, replace) in NULLS {
            let export = admin.export("m", category).await;
            let is_list = export["data"].pointer(path).unwrap().is_array();
            let empty = ["", "N/A", " n/a "].map(|text| (text, Some(json!(text))));
            for (sent, value) in NOTHING.iter().cloned().chain(empty) {
                // A word is no list.
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
                            let mut options = json!({ "mode": mode, "dryRun": true, "baseRevision": base });
                            if !nulls.is_null() {
                                options["nulls"] = nulls;
                            }
                            let payload = if typed {
                                admin.import_category("m", category, &data, options).await
                            } else {
                                let file = json!({ "category": category, "movie_id": "m", "data": data });
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

/// What a file says of itself.
#[derive(Debug, Clone, Copy)]
enum Says {
    Nothing,
    /// What its export said.
    AsExported,
    Source(&'static str),
    OtherRevision,
    OtherTime,
}

/// The option, the token's own source, what the file says; and where the change comes from.
type Row = (Option<&'static str>, Option<Source>, Says, &'static str);

/// What is stored came from tmdb.
const SOURCES: &[Row] = &[
    // The option comes first.
    (Some("manual"), None, Says::Source("llm-generated"), "MANUAL"),
    (Some("llm-generated"), None, Says::Nothing, "LLM_GENERATED"),
    (Some("tmdb"), None, Says::AsExported, "TMDB"),
    (Some("manual"), Some(Source::LlmGenerated), Says::AsExported, "MANUAL"),
    // Then the token's own.
    (None, Some(Source::LlmGenerated), Says::Nothing, "LLM_GENERATED"),
    (None, Some(Source::LlmGenerated), Says::AsExported, "LLM_GENERATED"),
    (None, Some(Source::LlmGenerated), Says::Source("manual"), "LLM_GENERATED"),
    (None, Some(Source::Tmdb), Says::Source("llm-generated"), "TMDB"),
    (None, Some(Source::Manual), Says::Source("tmdb"), "MANUAL"),
    // Then what the file says, unless it says what its export said.
    (None, None, Says::Source("llm-generated"), "LLM_GENERATED"),
    (None, None, Says::Source("manual"), "MANUAL"),
    (None, None, Says::OtherRevision, "TMDB"),
    (None, None, Says::OtherTime, "TMDB"),
    // Else someone has edited it by hand.
    (None, None, Says::AsExported, "MANUAL"),
    (None, None, Says::Nothing, "MANUAL"),
    (None, None, Says::Source("unheard of"), "MANUAL"),
];

/// Where the last import that changed something came from.
async fn source_of_the_last(client: &Client) -> Value {
    let reply =
        client.graphql("{ imports(first: 1) { nodes { source status } } }", json!({})).await;
    reply["data"]["imports"]["nodes"][0]["source"].clone()
}

on_both_databases! {
    async fn the_source_of_a_change_is_found(app: TestApp) {
        let admin = app.full_movie("m").await;
        for (stage, export) in [("published", ""), ("draft", "?stage=draft")] {
            for (number, (option, token, says, expected)) in SOURCES.iter().enumerate() {
                // A state that came from tmdb, and one before it.
                for word in ["Before", "Then"] {
                    let sent = json!({ "category": "basic_info", "movie_id": "m", "data": { "tagline": format!("{word} {stage} {number}") } });
                    let reply = admin.import_with(&sent, &format!("?source=tmdb&target={stage}")).await;
                    assert_eq!(reply.status, 200, "{}", reply.text);
                }
                let path = format!("/api/v1/admin/movies/m/export/basic-info{export}");
                let mut file = admin.get(&path).await.json();
                file["data"]["overview"] = json!(format!("As of {stage} {number}."));
                match says {
                    Says::Nothing => drop(file.as_object_mut().unwrap().remove("metadata")),
                    Says::AsExported => {}
                    Says::Source(source) => file["metadata"]["source"] = json!(source),
                    Says::OtherRevision if stage == "draft" => {
                        file["metadata"]["draft_revision"] = json!(file["metadata"]["draft_revision"].as_i64().unwrap() - 1);
                    }
                    Says::OtherRevision => {
                        file["metadata"]["revision"] = json!(file["metadata"]["revision"].as_i64().unwrap() - 1);
                    }
                    Says::OtherTime => file["metadata"]["last_updated"] = json!("2020-01-02T03:04:05+00:00"),
                }
                let client = token.map_or_else(|| admin.clone(), |source| app.agent(Role::Admin, source));
                let options = option.map_or_else(String::new, |option| format!("&source={option}"));
                let reply = client.import_with(&file, &format!("?target={stage}{options}")).await;
                assert_eq!(reply.status, 200, "{}", reply.text);
                assert_eq!(source_of_the_last(&admin).await, *expected, "{stage}: {option:?}, {token:?}, {says:?}");
            }
        }
    }
}
