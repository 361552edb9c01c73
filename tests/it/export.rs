//! `movieExport`: typed data equals the data of the file.

use std::collections::BTreeMap;

use reelport::document::Category;
use serde_json::{Map, Value, json};

use crate::on_both_databases;
use crate::support::{Client, TestApp, fixtures};

/// The name and type of every field without arguments, by object type.
async fn fields_of_types(client: &Client) -> BTreeMap<String, Vec<(String, String)>> {
    let query = "{ __schema { types { name fields { name args { name } type { name ofType { name ofType { name ofType { name } } } } } } } }";
    let reply = client.graphql(query, json!({})).await;
    let mut types = BTreeMap::new();
    for of in reply["data"]["__schema"]["types"].as_array().unwrap() {
        let fields = of["fields"]
            .as_array()
            .into_iter()
            .flatten()
            .filter(|field| field["args"] == json!([]))
            .map(|field| {
                let mut innermost = &field["type"];
                while innermost["name"].is_null() {
                    innermost = &innermost["ofType"];
                }
                (
                    field["name"].as_str().unwrap().to_owned(),
                    innermost["name"].as_str().unwrap().to_owned(),
                )
            });
        types.insert(of["name"].as_str().unwrap().to_owned(), fields.collect());
    }
    types
}

/// The key in the file for a field of the schema.
fn key_in_file(of: &str, field: &str) -> String {
    match (of, field) {
        ("Credit" | "CastCredit" | "CrewCredit", "id") => "credit_id".to_owned(),
        ("Credit" | "CastCredit" | "CrewCredit", "personId") => "id".to_owned(),
        _ => {
            let parts = field.chars().map(|c| {
                if c.is_ascii_uppercase() {
                    format!("_{}", c.to_ascii_lowercase())
                } else {
                    c.to_string()
                }
            });
            parts.collect()
        }
    }
}

/// Selects every field of a type under its key in the file, except linked entities.
fn select_all(types: &BTreeMap<String, Vec<(String, String)>>, of: &str) -> String {
    let fields = types[of].iter().filter(|(_, inner)| inner != "Person").map(|(field, inner)| {
        let key = key_in_file(of, field);
        let below = types.get(inner).filter(|fields| !fields.is_empty());
        let below =
            below.map(|_| format!(" {{ {} }}", select_all(types, inner))).unwrap_or_default();
        format!("{key}: {field}{below}")
    });
    fields.collect::<Vec<_>>().join(" ")
}

/// The typed data in the form of the file: without nulls, and with the file's words for enum
/// values.
fn as_in_file(typed: &Value, key: &str, seen: &mut BTreeMap<String, bool>) -> Value {
    match typed {
        Value::Object(object) => {
            let mut result = Map::new();
            for (key, value) in object {
                *seen.entry(key.clone()).or_default() |= !value.is_null() && *value != json!([]);
                if !value.is_null() {
                    result.insert(key.clone(), as_in_file(value, key, seen));
                }
            }
            Value::Object(result)
        }
        Value::Array(items) => {
            Value::Array(items.iter().map(|item| as_in_file(item, key, seen)).collect())
        }
        Value::String(word) => match (key, word.as_str()) {
            ("quality", "UHD") => json!("4K"),
            ("status" | "result" | "prestige_level" | "kind" | "type", word) => {
                json!(word.to_lowercase())
            }
            _ => typed.clone(),
        },
        // 66.0 and 66 are the same number.
        Value::Number(number) => match number.as_f64() {
            Some(whole) if number.is_f64() && whole.fract() == 0.0 => json!(whole as i64),
            _ => typed.clone(),
        },
        other => other.clone(),
    }
}

fn enum_name(category: Category) -> String {
    category.as_str().to_uppercase()
}

on_both_databases! {
    async fn every_typed_field_equals_the_field_of_the_file(app: TestApp) {
        let admin = app.full_movie("tmdb-1").await;
        let types = fields_of_types(&admin).await;
        for category in Category::ALL.iter().copied() {
            let name: String = category
                .as_str()
                .split('_')
                .map(|word| word[..1].to_uppercase() + &word[1..])
                .collect();
            let query = format!(
                "{{ movieExport(movieId: \"tmdb-1\", category: {}) {{ data {{ ... on {name} {{ {} }} }} }} }}",
                enum_name(category),
                select_all(&types, &name)
            );
            let reply = admin.graphql(&query, json!({})).await;
            assert_eq!(reply.get("errors"), None, "{query}: {reply}");
            let mut seen = BTreeMap::new();
            let typed = as_in_file(&reply["data"]["movieExport"]["data"], "", &mut seen);
            assert_eq!(
                typed,
                admin.export("tmdb-1", category.as_str()).await["data"],
                "{category}"
            );
            let unused: Vec<_> =
                seen.iter().filter(|(_, used)| !**used).map(|(key, _)| key.as_str()).collect();
            assert_eq!(unused, [""; 0], "{category}: fields for which the fixtures have no value");
        }
    }

    async fn the_typed_envelope_equals_the_envelope_of_the_file(app: TestApp) {
        let admin = app.full_movie("tmdb-1").await;
        for category in Category::ALL.iter().copied() {
            let query = format!(
                "{{ movieExport(movieId: \"tmdb-1\", category: {}) {{ __typename id movieId category version exportedAt fileName
                    metadata {{ source lastUpdated updatedBy revision }} document data {{ __typename }} }} }}",
                enum_name(category)
            );
            let reply = admin.graphql(&query, json!({})).await;
            let typed = &reply["data"]["movieExport"];
            let mut document = typed["document"].clone();
            let keys: Vec<_> = document.as_object().unwrap().keys().cloned().collect();
            assert_eq!(
                keys,
                ["category", "movie_id", "version", "exported_at", "data", "metadata"]
            );
            let moment = |value: &Value| {
                value.as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap()
            };
            assert_eq!(moment(&typed["exportedAt"]), moment(&document["exported_at"]));
            assert_eq!(
                moment(&typed["metadata"]["lastUpdated"]),
                moment(&document["metadata"]["last_updated"])
            );
            assert_eq!(typed["movieId"], document["movie_id"]);
            assert_eq!(typed["category"], enum_name(category));
            assert_eq!(typed["version"], document["version"]);
            assert_eq!(typed["fileName"], format!("tmdb-1-{}.json", category.slug()));
            assert_eq!(typed["metadata"]["source"], "MANUAL");
            assert_eq!(typed["metadata"]["updatedBy"], document["metadata"]["updated_by"]);
            assert_eq!(typed["metadata"]["revision"], document["metadata"]["revision"]);
            assert_eq!(
                typed["data"]["__typename"].as_str().unwrap().to_uppercase(),
                category.as_str().replace('_', "").to_uppercase()
            );

            let mut file = admin.export("tmdb-1", category.as_str()).await;
            for envelope in [&mut document, &mut file] {
                envelope.as_object_mut().unwrap().remove("exported_at");
            }
            assert_eq!(document, file);
        }
    }

    async fn a_number_in_typed_input_equals_the_number_of_the_file(app: TestApp) {
        let admin = app.full_movie("m").await;
        let query = "mutation($score: Float!) { importCategory(input: {movieId: \"m\", data: {basicInfo: {criticsScore: $score, budget: 63000000}}}) {
            status plan { changes { path } } } }";
        for score in [json!(66), json!(66.0)] {
            let reply = admin.graphql(query, json!({ "score": score })).await;
            assert_eq!(
                reply["data"]["importCategory"],
                json!({ "status": "UNCHANGED", "plan": { "changes": [] } }),
                "{reply}"
            );
        }
    }

    async fn an_unwritten_category_is_exported_as_empty_typed_data(app: TestApp) {
        let admin = app.movie("m").await;
        let query = "{ movieExport(movieId: \"m\", category: CAST_CREW, stage: PUBLISHED) { document
            data { ... on CastCrew { directors { id } writers { id } producers { id } cast { id } crew { id } } }
            metadata { source lastUpdated updatedBy revision } } }";
        let reply = admin.graphql(query, json!({})).await;
        let export = &reply["data"]["movieExport"];
        let empty =
            json!({ "directors": [], "writers": [], "producers": [], "cast": [], "crew": [] });
        assert_eq!((&export["data"], &export["document"]["data"]), (&empty, &empty), "{reply}");
        assert_eq!(
            export["metadata"],
            json!({ "source": "MANUAL", "lastUpdated": null, "updatedBy": null, "revision": 0 })
        );
    }

    async fn the_metadata_names_the_author_of_the_last_real_change(app: TestApp) {
        app.movie("m").await.import("m", "timeline", fixtures::timeline()).await;
        let metadata = |client: Client| async move {
            client.export("m", "timeline").await["metadata"].clone()
        };
        let first = metadata(app.viewer()).await;
        let other = app.anonymous().with_token(crate::support::token(
            reelport::catalog::access::Role::Admin,
            "other@example.com",
        ));
        other.import("m", "timeline", fixtures::timeline()).await;
        assert_eq!(metadata(app.viewer()).await, first);
        other
            .import("m", "timeline", json!({ "events": [{ "date": "2001", "title": "Restored" }] }))
            .await;
        let second = metadata(app.viewer()).await;
        assert_eq!(
            (&second["revision"], &second["updated_by"]),
            (&json!(2), &json!("other@example.com"))
        );
        assert!(second["last_updated"].as_str() > first["last_updated"].as_str());
    }

    async fn a_missing_movie_has_no_export(app: TestApp) {
        for id in ["no-such", "..", ""] {
            let query = "query($id: ID!) { movieExport(movieId: $id, category: MEDIA) { id } }";
            let reply = app.viewer().graphql(query, json!({ "id": id })).await;
            assert_eq!(reply, json!({ "data": { "movieExport": null } }), "{id}");
        }
    }
}

#[tokio::test]
async fn the_token_count_covers_the_whole_document() {
    let app = TestApp::sqlite().await;
    let admin = app.movie("m").await;
    let count = || async {
        let query = "{ movieExport(movieId: \"m\", category: TRIVIA) { tokenCount document } }";
        let reply = admin.graphql(query, json!({})).await;
        let export = &reply["data"]["movieExport"];
        (export["tokenCount"].as_u64().unwrap(), export["document"].to_string().len() as u64)
    };
    let (empty, length) = count().await;
    // Words take about four characters per token; ids, dates and punctuation take fewer.
    assert!((length / 5..length / 2).contains(&empty), "{empty} of {length}");
    admin.import("m", "trivia", json!({ "items": [{ "text": "harbour ".repeat(1000) }] })).await;
    let (long, _) = count().await;
    assert!((empty + 1000..empty + 1100).contains(&long), "{long}");
}

#[test]
fn the_fixtures_cover_all_categories() {
    let known: Vec<_> =
        fixtures::all_categories().into_iter().map(|(category, _)| category).collect();
    let all: Vec<_> = Category::ALL.iter().map(|category| category.as_str()).collect();
    assert_eq!(known, all);
}
