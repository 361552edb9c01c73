//! Imports over REST and GraphQL: lenient reading, validation, nulls, modes, and the source of a
//! change.

use futures::StreamExt;
use reelport::catalog::access::{Credential, Principal, Role};
use reelport::document::Source;
use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::database::{TABLES, dump};
use crate::support::{Client, Reply, envelope, fixtures, token_of};

/// `(path, code)` of every warning in a response with a plan.
#[track_caller]
fn warnings(reply: &Reply) -> Vec<(String, String)> {
    assert_eq!(reply.status, 200, "{}", reply.text);
    pairs(&reply.json()["plan"]["warnings"])
}

fn pairs(list: &Value) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    list.as_array()
        .unwrap()
        .iter()
        .map(|entry| (text(&entry["path"]), text(&entry["code"])))
        .collect()
}

fn expected(list: &[(&str, &str)]) -> Vec<(String, String)> {
    list.iter().map(|(path, code)| ((*path).to_owned(), (*code).to_owned())).collect()
}

/// Whether `found` contains everything in `wanted`, item by item; it may contain more.
fn contains_value(found: &Value, wanted: &Value) -> bool {
    match (found, wanted) {
        (Value::Object(found), Value::Object(wanted)) => wanted
            .iter()
            .all(|(key, value)| found.get(key).is_some_and(|found| contains_value(found, value))),
        (Value::Array(found), Value::Array(wanted)) => {
            found.len() == wanted.len()
                && found.iter().zip(wanted).all(|(found, wanted)| contains_value(found, wanted))
        }
        (found, wanted) => found == wanted,
    }
}

async fn data(client: &Client, movie: &str, category: &str) -> Value {
    client.export(movie, category).await["data"].clone()
}

async fn metadata(client: &Client, movie: &str, category: &str) -> Value {
    client.export(movie, category).await["metadata"].clone()
}

const IMPORT_DOCUMENT: &str =
    "mutation($input: ImportDocumentInput!) { importDocument(input: $input) {
    status updatedFields userErrors { path code message }
    plan { changes { path op label before after } warnings { path code message } }
    movieExport { category document metadata { revision source updatedBy lastUpdated } } } }";

async fn import_document(client: &Client, input: Value) -> Value {
    let reply = client.graphql(IMPORT_DOCUMENT, json!({ "input": input })).await;
    assert!(reply["errors"].is_null(), "{reply}");
    reply["data"]["importDocument"].clone()
}

/// Input as language models and older templates write it: category, data, stored data, warnings.
type Lenient = (&'static str, Value, Value, &'static [(&'static str, &'static str)]);

fn lenient_cases() -> Vec<Lenient> {
    const RENAMED: &str = "FIELD_RENAMED";
    const REPAIRED: &str = "VALUE_REPAIRED";
    vec![
        (
            "basic_info",
            json!({ "siddu_score": 87.5 }),
            json!({ "site_score": 87.5 }),
            &[("/siddu_score", RENAMED)],
        ),
        (
            "basic_info",
            json!({ "siddu_score": "87.5" }),
            json!({ "site_score": 87.5 }),
            &[("/siddu_score", RENAMED), ("/siddu_score", REPAIRED)],
        ),
        (
            "basic_info",
            json!({ "runtime": "139" }),
            json!({ "runtime": 139 }),
            &[("/runtime", REPAIRED)],
        ),
        ("basic_info", json!({ "runtime": 139.0 }), json!({ "runtime": 139 }), &[]),
        (
            "basic_info",
            json!({ "budget": "63,000,000" }),
            json!({ "budget": 63_000_000 }),
            &[("/budget", REPAIRED)],
        ),
        (
            "basic_info",
            json!({ "imdb_rating": "8.8" }),
            json!({ "imdb_rating": 8.8 }),
            &[("/imdb_rating", REPAIRED)],
        ),
        (
            "basic_info",
            json!({ "rating": 12 }),
            json!({ "rating": "12" }),
            &[("/rating", REPAIRED)],
        ),
        ("basic_info", json!({ "year": 1999 }), json!({ "year": "1999" }), &[]),
        ("basic_info", json!({ "budget": 3e9 }), json!({ "budget": 3_000_000_000_i64 }), &[]),
        (
            "basic_info",
            json!({ "release_date": "1999-10-15T00:00:00.000Z" }),
            json!({ "release_date": "1999-10-15" }),
            &[],
        ),
        (
            "basic_info",
            json!({ "releaseDate": "1999-10-15" }),
            json!({ "release_date": "1999-10-15" }),
            &[("/releaseDate", RENAMED)],
        ),
        (
            "basic_info",
            json!({ "status": "In Production" }),
            json!({ "status": "in_production" }),
            &[],
        ),
        (
            "basic_info",
            json!({ "status": "POST-PRODUCTION" }),
            json!({ "status": "post_production" }),
            &[],
        ),
        (
            "basic_info",
            json!({ "status": "Cancelled" }),
            json!({ "status": "canceled" }),
            &[("/status", REPAIRED)],
        ),
        (
            "basic_info",
            json!({ "tagline": "N/A", "country": "", "overview": " n/a " }),
            json!({ "title": "A movie" }),
            &[("/tagline", REPAIRED), ("/country", REPAIRED), ("/overview", REPAIRED)],
        ),
        ("basic_info", json!({ "tagline": null }), json!({ "title": "A movie" }), &[]),
        (
            "basic_info",
            json!({ "genres": ["Drama", "drama", "N/A"] }),
            json!({ "genres": ["Drama"] }),
            &[("/genres/1", REPAIRED), ("/genres/2", REPAIRED)],
        ),
        (
            "trivia",
            json!({ "items": ["The water was green.", { "text": "So was the sky." }] }),
            json!({ "items": [{ "text": "The water was green." }, { "text": "So was the sky." }] }),
            &[("/items/0", REPAIRED)],
        ),
        (
            "trivia",
            json!({ "items": [{ "text": "A", "spoiler": "yes" }] }),
            json!({ "items": [{ "text": "A", "spoiler": true }] }),
            &[("/items/0/spoiler", REPAIRED)],
        ),
        (
            "timeline",
            json!({ "events": [{ "date": 1998, "title": "A", "type": "release", "mediaUrl": "https://example.org/a" }] }),
            json!({ "events": [{ "date": "1998", "title": "A", "category": "release", "media_url": "https://example.org/a" }] }),
            &[
                ("/events/0/date", REPAIRED),
                ("/events/0/type", RENAMED),
                ("/events/0/mediaUrl", RENAMED),
            ],
        ),
        (
            "awards",
            json!({ "awards": [{ "name": "Harbour Awards", "year": "1999", "category": "Best Film", "status": "Winner" }] }),
            json!({ "awards": [{ "ceremony": "Harbour Awards", "year": 1999, "category": "Best Film", "result": "winner" }] }),
            &[
                ("/awards/0/name", RENAMED),
                ("/awards/0/year", REPAIRED),
                ("/awards/0/status", RENAMED),
            ],
        ),
        (
            "awards",
            json!({ "awards": [{ "ceremony": "Harbour Awards", "year": 1999, "category": "Best Film", "result": "Won" }] }),
            json!({ "awards": [{ "result": "winner" }] }),
            &[("/awards/0/result", REPAIRED)],
        ),
        (
            "media",
            json!({ "gallery_images": ["https://example.org/1.jpg", "https://example.org/2.jpg"] }),
            json!({ "gallery": [
                { "url": "https://example.org/1.jpg", "kind": "still" }, { "url": "https://example.org/2.jpg", "kind": "still" }
            ] }),
            &[
                ("/gallery_images", RENAMED),
                ("/gallery_images/0", REPAIRED),
                ("/gallery_images/1", REPAIRED),
                ("/gallery/0/kind", REPAIRED),
                ("/gallery/1/kind", REPAIRED),
            ],
        ),
        (
            "media",
            json!({ "gallery_images": [{ "url": "https://example.org/1.jpg", "type": "Poster", "caption": "A" }] }),
            json!({ "gallery": [{ "url": "https://example.org/1.jpg", "kind": "poster", "caption": "A" }] }),
            &[("/gallery_images", RENAMED), ("/gallery_images/0/type", RENAMED)],
        ),
        (
            "media",
            json!({ "gallery": ["https://example.org/1.jpg"] }),
            json!({ "gallery": [{ "url": "https://example.org/1.jpg", "kind": "still" }] }),
            &[("/gallery/0", REPAIRED), ("/gallery/0/kind", REPAIRED)],
        ),
        (
            "streaming",
            json!({ "streaming": [{ "provider": "Kiosk", "region": "UK", "type": "Subscription", "quality": "4k" }] }),
            json!({ "streaming_options": [{ "platform": "Kiosk", "region": "GB", "type": "subscription", "quality": "4K" }] }),
            &[
                ("/streaming", RENAMED),
                ("/streaming/0/provider", RENAMED),
                ("/streaming/0/region", REPAIRED),
            ],
        ),
        (
            "streaming",
            json!({ "streaming_options": [
                { "platform": "Kiosk", "type": "rent", "price": "$3.99" },
                { "platform": "Kiosk", "type": "buy", "price": "₹99" },
                { "platform": "Kiosk", "type": "rent", "price": "1,299.50 EUR", "region": "de" },
                { "platform": "Kiosk", "type": "buy", "price": 3.99, "currency": "usd", "region": "DE" },
                { "platform": "Kiosk", "type": "rent", "price": "$5", "currency": "CAD", "region": "CA" }
            ] }),
            json!({ "streaming_options": [
                { "price": "3.99", "currency": "USD" }, { "price": "99", "currency": "INR" },
                { "price": "1299.50", "currency": "EUR", "region": "DE" }, { "price": "3.99", "currency": "USD" },
                { "price": "5", "currency": "CAD" }
            ] }),
            &[
                ("/streaming_options/0/price", REPAIRED),
                ("/streaming_options/1/price", REPAIRED),
                ("/streaming_options/2/price", REPAIRED),
                ("/streaming_options/2/region", REPAIRED),
                ("/streaming_options/3/price", REPAIRED),
                ("/streaming_options/3/currency", REPAIRED),
                ("/streaming_options/4/price", REPAIRED),
            ],
        ),
        (
            "cast_crew",
            json!({ "directors": ["Ada Quist"], "cast": [{ "name": "Bo Renn", "order": "3" }] }),
            json!({ "directors": [{ "name": "Ada Quist" }], "cast": [{ "name": "Bo Renn", "order": 3 }] }),
            &[("/directors/0", REPAIRED), ("/cast/0/order", REPAIRED)],
        ),
    ]
}

on_both_databases! {
    async fn lenient_input_is_read_with_warnings(app: TestApp) {
        for (index, (category, sent, stored, warned)) in lenient_cases().into_iter().enumerate() {
            let movie = format!("movie-{index}");
            let admin = app.movie(&movie).await;
            let reply = admin.import(&movie, category, sent.clone()).await;
            assert_eq!(warnings(&reply), expected(warned), "{sent}");
            let data = data(&admin, &movie, category).await;
            assert!(contains_value(&data, &stored), "{sent} was stored as {data}");
            // Importing the same text again changes nothing.
            let again = admin.import(&movie, category, sent.clone()).await;
            assert_eq!(again.json()["status"], "unchanged", "{sent}: {}", again.text);
        }
    }

    async fn null_and_empty_values_keep_the_stored_value_with_a_warning(app: TestApp) {
        let admin = app.full_movie("tmdb-1").await;
        let before = dump(&app.database.url, TABLES).await;
        let sent = json!({ "tagline": null, "runtime": null, "genres": null, "country": "", "language": "N/A" });
        let reply = admin.import("tmdb-1", "basic_info", sent).await;
        assert_eq!(
            warnings(&reply),
            expected(&[
                ("/country", "VALUE_REPAIRED"),
                ("/language", "VALUE_REPAIRED"),
                ("/tagline", "NULL_IGNORED"),
                ("/runtime", "NULL_IGNORED"),
                ("/genres", "NULL_IGNORED"),
            ])
        );
        assert_eq!(reply.json()["status"], "unchanged");
        let items = data(&admin, "tmdb-1", "timeline").await["events"].clone();
        let reply = admin
            .import(
                "tmdb-1",
                "timeline",
                json!({ "events": [{ "id": items[1]["id"], "description": null }] }),
            )
            .await;
        assert_eq!(warnings(&reply), expected(&[("/events/0/description", "NULL_IGNORED")]));
        assert_eq!(dump(&app.database.url, TABLES).await, before);
    }

    async fn null_clears_with_nulls_clear(app: TestApp) {
        let admin = app.full_movie("tmdb-1").await;
        let sent = envelope(
            "tmdb-1",
            "basic_info",
            json!({ "tagline": null, "genres": null, "country": "", "language": "N/A" }),
        );
        let reply = admin.import_envelope("tmdb-1", "basic-info", "?nulls=clear", &sent).await;
        assert_eq!(reply.json()["updated_fields"], json!(["tagline"]), "{}", reply.text);
        let data = data(&admin, "tmdb-1", "basic_info").await;
        assert!(data.get("tagline").is_none());
        assert!(contains_value(
            &data,
            &json!({ "genres": ["Drama", "Science Fiction"], "country": "Germany", "language": "German" })
        ));

        let sent = envelope("tmdb-1", "basic_info", json!({ "title": null }));
        let reply = admin.import_envelope("tmdb-1", "basic-info", "?nulls=clear", &sent).await;
        assert_eq!((reply.status, reply.errors()), (422, expected(&[("/title", "REQUIRED")])));

        // Null clears a list only under REPLACE.
        let sent = envelope("tmdb-1", "trivia", json!({ "items": null }));
        let reply = admin
            .import_envelope("tmdb-1", "trivia", "?nulls=clear&mode=replace&base_revision=1", &sent)
            .await;
        assert_eq!(reply.json()["plan"]["changes"].as_array().unwrap().len(), 2, "{}", reply.text);
        assert_eq!(self::data(&admin, "tmdb-1", "trivia").await, json!({ "items": [] }));
    }
}

/// Every input field in the schema: (field of `CategoryInput`, list if the field is an item's,
/// GraphQL name, type).
async fn input_fields(client: &Client) -> Vec<(String, Option<String>, String, String)> {
    const TYPE: &str = "query($name: String!) { __type(name: $name) { inputFields { name type { ...T ofType { ...T ofType { ...T ofType { ...T } } } } } } }
        fragment T on __Type { kind name }";
    async fn fields_of(client: &Client, name: &str) -> Vec<(String, Value)> {
        let reply = client.graphql(TYPE, json!({ "name": name })).await;
        let fields = reply["data"]["__type"]["inputFields"]
            .as_array()
            .unwrap_or_else(|| panic!("{name}: {reply}"))
            .clone();
        fields
            .into_iter()
            .map(|field| (field["name"].as_str().unwrap().to_owned(), field["type"].clone()))
            .collect()
    }
    let mut found = Vec::new();
    for (category, of) in fields_of(client, "CategoryInput").await {
        for (name, kind) in fields_of(client, of["name"].as_str().unwrap()).await {
            if kind["kind"] != "LIST" {
                found.push((
                    category.clone(),
                    None,
                    name,
                    kind["name"].as_str().unwrap().to_owned(),
                ));
                continue;
            }
            let item = &kind["ofType"]["ofType"];
            if item["kind"] != "INPUT_OBJECT" {
                found.push((
                    category.clone(),
                    None,
                    name,
                    format!("[{}!]", item["name"].as_str().unwrap()),
                ));
                continue;
            }
            let item = item["name"].as_str().unwrap().to_owned();
            found.push((category.clone(), None, name.clone(), format!("[{item}!]")));
            for (inner, kind) in fields_of(client, &item).await {
                found.push((
                    category.clone(),
                    Some(name.clone()),
                    inner,
                    kind["name"].as_str().unwrap().to_owned(),
                ));
            }
        }
    }
    found
}

fn snake(name: &str) -> String {
    name.chars()
        .flat_map(|c| if c.is_uppercase() { vec!['_', c.to_ascii_lowercase()] } else { vec![c] })
        .collect()
}

on_both_databases! {
    async fn typed_input_clears_null_fields_and_keeps_absent_ones(app: TestApp) {
        let admin = app.full_movie("tmdb-1").await;
        let fields = input_fields(&admin).await;
        assert!(fields.len() > 60, "{}", fields.len());
        let (mut cleared, mut required) = (0, 0);
        for (category, list, name, kind) in fields {
            let file = snake(&category);
            let before = admin.export("tmdb-1", &file).await;
            // The object with the field: the document, or the first item that has it.
            let is_credit = file == "cast_crew";
            let json_name = match (&list, name.as_str()) {
                (Some(_), "id") if is_credit => "credit_id".to_owned(),
                (Some(_), "personId") => "id".to_owned(),
                _ => snake(&name),
            };
            let id_key = if is_credit { "credit_id" } else { "id" };
            let place = match &list {
                None => String::new(),
                Some(list) => {
                    let items = before["data"][snake(list)].as_array().unwrap();
                    let index = items.iter().position(|item| item.get(&json_name).is_some());
                    // The fixtures do not set every optional field of directors and writers.
                    let Some(index) = index else { continue };
                    format!("/{}/{index}", snake(list))
                }
            };
            let at = format!("{place}/{json_name}");
            let stored = before["data"]
                .pointer(&at)
                .unwrap_or_else(|| panic!("the fixture has no {at} of {file}"))
                .clone();
            let inner = format!("{name}: $v");
            let object = |inner: &str| match &list {
                None => format!("{{ {inner} }}"),
                Some(_) if json_name == id_key => {
                    format!("{{ {}: [{{ {inner} }}] }}", list.as_ref().unwrap())
                }
                Some(list) => {
                    let id = &before["data"].pointer(&place).unwrap()[id_key];
                    format!("{{ {list}: [{{ id: {id} {inner} }}] }}")
                }
            };
            let ask = |inner: &str, with_variable: bool| {
                let variable = if with_variable { format!("($v: {kind})") } else { String::new() };
                let data = object(inner);
                format!("mutation{variable} {{ importCategory(input: {{ movieId: \"tmdb-1\", data: {{ {category}: {data} }} }})
                    {{ status updatedFields userErrors {{ path code }} movieExport {{ document }} }} }}")
            };
            if json_name != id_key {
                for (query, what) in
                    [(ask("", false), "left out"), (ask(&inner, true), "a variable left out")]
                {
                    let reply = admin.graphql(&query, json!({})).await;
                    assert_eq!(
                        reply["data"]["importCategory"]["status"], "UNCHANGED",
                        "{what}: {query}\n{reply}"
                    );
                    assert_eq!(
                        reply["data"]["importCategory"]["movieExport"]["document"]["data"],
                        before["data"]
                    );
                }
            }
            if json_name == id_key {
                continue;
            }
            for (query, variables) in [
                (ask(&inner, true), json!({ "v": null })),
                (ask(&format!("{name}: null"), false), json!({})),
            ] {
                let reply = admin.graphql(&query, variables).await;
                let payload = &reply["data"]["importCategory"];
                let now = payload["movieExport"]["document"]["data"].clone();
                match payload["status"].as_str() {
                    Some("UNCHANGED") => {
                        // Under MERGE, null does not clear lists and ids.
                        assert!(stored.is_array() || kind == "ID", "{query}\n{reply}");
                        assert_eq!(now, before["data"]);
                    }
                    Some("REJECTED") => {
                        let path = if ["text", "question"].contains(&json_name.as_str()) {
                            &place
                        } else {
                            &at
                        };
                        let list_path = path.replace(
                            place.as_str(),
                            &list
                                .as_ref()
                                .map_or(String::new(), |list| format!("/{}/0", snake(list))),
                        );
                        assert_eq!(
                            payload["userErrors"],
                            json!([{ "path": list_path, "code": "REQUIRED" }]),
                            "{query}"
                        );
                        assert_eq!(now, before["data"]);
                        required += 1;
                    }
                    Some("PUBLISHED") => {
                        assert_eq!(now.pointer(&at), None, "{query}\n{reply}");
                        let top = snake(list.as_ref().unwrap_or(&name));
                        assert_eq!(payload["updatedFields"], json!([top]));
                        cleared += 1;
                        let back = admin.import("tmdb-1", &file, before["data"].clone()).await;
                        assert_eq!(back.status, 200, "{}", back.text);
                        assert_eq!(data(&admin, "tmdb-1", &file).await, before["data"]);
                    }
                    _ => panic!("{query}\n{reply}"),
                }
            }
        }
        assert!(cleared > 60 && required > 20, "{cleared} cleared, {required} required");
    }

    async fn the_nulls_option_overrides_the_default_of_the_interface(app: TestApp) {
        let admin = app.full_movie("tmdb-1").await;
        let document = envelope("tmdb-1", "basic_info", json!({ "tagline": null })).to_string();
        for (nulls, status) in [
            (json!({}), "UNCHANGED"),
            (json!({ "nulls": null }), "UNCHANGED"),
            (json!({ "nulls": "KEEP" }), "UNCHANGED"),
            (json!({ "nulls": "CLEAR" }), "PUBLISHED"),
        ] {
            let payload = import_document(
                &admin,
                json!({ "movieId": "tmdb-1", "document": document, "options": nulls }),
            )
            .await;
            assert_eq!(payload["status"], status, "{nulls}: {payload}");
        }
        let query = "mutation { importCategory(input: { movieId: \"tmdb-1\", data: { basicInfo: { rating: null } }, options: { nulls: KEEP } })
            { status plan { warnings { path code } } } }";
        let reply = admin.graphql(query, json!({})).await;
        assert_eq!(
            reply["data"]["importCategory"],
            json!({ "status": "UNCHANGED", "plan": { "warnings": [{ "path": "/rating", "code": "NULL_IGNORED" }] } })
        );
    }
}

/// Input that is refused: category, data, all errors.
type Refused = (&'static str, Value, Vec<(&'static str, &'static str)>);

fn refused_cases() -> Vec<Refused> {
    let long = |length: usize| "ß".repeat(length);
    vec![
        ("basic_info", json!({ "title": long(301) }), vec![("/title", "TOO_LONG")]),
        (
            "basic_info",
            json!({ "tagline": long(501), "rating": long(21), "language": long(101), "overview": long(20_001) }),
            vec![
                ("/tagline", "TOO_LONG"),
                ("/rating", "TOO_LONG"),
                ("/language", "TOO_LONG"),
                ("/overview", "TOO_LONG"),
            ],
        ),
        (
            "basic_info",
            json!({ "genres": ["Drama", long(101), 7, [], {}, "a\0b"] }),
            vec![
                ("/genres/1", "TOO_LONG"),
                ("/genres/2", "TYPE_MISMATCH"),
                ("/genres/3", "TYPE_MISMATCH"),
                ("/genres/4", "TYPE_MISMATCH"),
                ("/genres/5", "INVALID"),
            ],
        ),
        (
            "basic_info",
            json!({ "runtime": -1, "budget": -1, "revenue": 9_007_199_254_740_992_i64, "site_score": 100.1, "imdb_rating": "11" }),
            vec![
                ("/runtime", "OUT_OF_RANGE"),
                ("/budget", "OUT_OF_RANGE"),
                ("/revenue", "OUT_OF_RANGE"),
                ("/site_score", "OUT_OF_RANGE"),
                ("/imdb_rating", "OUT_OF_RANGE"),
            ],
        ),
        (
            "basic_info",
            json!({ "runtime": 60_001, "budget": 1e300, "critics_score": -0.1 }),
            vec![
                ("/runtime", "OUT_OF_RANGE"),
                ("/budget", "OUT_OF_RANGE"),
                ("/critics_score", "OUT_OF_RANGE"),
            ],
        ),
        (
            "basic_info",
            json!({ "runtime": 1.5, "year": "99", "release_date": "1999-02-29", "imdb_id": "137523", "status": "lost" }),
            vec![
                ("/runtime", "INVALID"),
                ("/year", "INVALID"),
                ("/release_date", "INVALID"),
                ("/imdb_id", "INVALID"),
                ("/status", "INVALID"),
            ],
        ),
        (
            "basic_info",
            json!({ "title": ["x"], "runtime": "long", "genres": true, "site_score": true, "status": 1, "budget": {} }),
            vec![
                ("/title", "TYPE_MISMATCH"),
                ("/runtime", "TYPE_MISMATCH"),
                ("/genres", "TYPE_MISMATCH"),
                ("/site_score", "TYPE_MISMATCH"),
                ("/status", "TYPE_MISMATCH"),
                ("/budget", "TYPE_MISMATCH"),
            ],
        ),
        (
            "cast_crew",
            json!({ "cast": [{ "character": "Nobody" }, { "name": "Bo Renn", "image": "ftp://example.org" }], "crew": [{ "name": "Bo Renn" }] }),
            vec![
                ("/cast/1/image", "INVALID"),
                ("/cast/0/name", "REQUIRED"),
                ("/crew/0/job", "REQUIRED"),
            ],
        ),
        (
            "cast_crew",
            json!({ "cast": [{ "id": "tmdb-person-404" }], "crew": [{ "name": "A", "job": "B", "id": "has space" }] }),
            vec![
                ("/crew/0/id", "INVALID"),
                ("/cast/0/id", "NOT_FOUND"),
                ("/cast/0/name", "REQUIRED"),
            ],
        ),
        (
            "timeline",
            json!({ "events": [1, 2, 3] }),
            vec![
                ("/events/0", "TYPE_MISMATCH"),
                ("/events/1", "TYPE_MISMATCH"),
                ("/events/2", "TYPE_MISMATCH"),
            ],
        ),
        (
            "timeline",
            json!({ "events": [{ "title": "No date" }, { "date": "June", "title": "No such date" }, { "date": "1999" }] }),
            vec![
                ("/events/1/date", "INVALID"),
                ("/events/0/date", "REQUIRED"),
                ("/events/2/title", "REQUIRED"),
            ],
        ),
        (
            "trivia",
            json!({ "items": [{ "category": "production" }, { "text": "" }, { "text": "a\0b" }, { "text": "A", "spoiler": 2 }] }),
            vec![
                ("/items/2/text", "INVALID"),
                ("/items/3/spoiler", "TYPE_MISMATCH"),
                ("/items/0", "REQUIRED"),
            ],
        ),
        (
            "awards",
            json!({ "awards": [{}] }),
            vec![
                ("/awards/0/ceremony", "REQUIRED"),
                ("/awards/0/year", "REQUIRED"),
                ("/awards/0/category", "REQUIRED"),
                ("/awards/0/result", "REQUIRED"),
            ],
        ),
        (
            "awards",
            json!({ "awards": [{ "ceremony": "A", "year": 99, "category": "B", "status": "maybe", "prestige_level": "cosmic" }] }),
            vec![
                ("/awards/0/year", "OUT_OF_RANGE"),
                ("/awards/0/status", "INVALID"),
                ("/awards/0/prestige_level", "INVALID"),
            ],
        ),
        (
            "media",
            json!({ "poster_url": "poster.jpg", "trailer_url": "javascript:alert(1)", "backdrop_url": format!("https://example.org/{}", long(2100)), "gallery": [{ "kind": "still" }] }),
            vec![
                ("/poster_url", "INVALID"),
                ("/trailer_url", "INVALID"),
                ("/backdrop_url", "TOO_LONG"),
                ("/gallery/0/url", "REQUIRED"),
            ],
        ),
        (
            "streaming",
            json!({ "streaming_options": [{ "platform": "A", "type": "theft", "region": "ZQ", "currency": "DM", "price": "cheap", "quality": "8K" }] }),
            vec![
                ("/streaming_options/0/type", "INVALID"),
                ("/streaming_options/0/region", "INVALID"),
                ("/streaming_options/0/currency", "INVALID"),
                ("/streaming_options/0/price", "INVALID"),
                ("/streaming_options/0/quality", "INVALID"),
            ],
        ),
        (
            "timeline",
            json!({ "events": vec![json!({ "date": "1999", "title": "x" }); 5001] }),
            vec![("/events", "TOO_LONG")],
        ),
    ]
}

on_both_databases! {
    async fn invalid_data_is_refused_with_all_errors_and_nothing_is_stored(app: TestApp) {
        let admin = app.full_movie("tmdb-1").await;
        let before = dump(&app.database.url, TABLES).await;
        for (category, sent, errors) in refused_cases() {
            let reply = admin.import("tmdb-1", category, sent.clone()).await;
            assert_eq!(reply.status, 422, "{category}: {}", reply.text);
            assert_eq!(reply.errors(), expected(&errors), "{category}: {}", reply.text);
            let document = envelope("tmdb-1", category, sent).to_string();
            let payload =
                import_document(&admin, json!({ "movieId": "tmdb-1", "document": document })).await;
            assert_eq!(
                (&payload["status"], pairs(&payload["userErrors"])),
                (&json!("REJECTED"), expected(&errors))
            );
            assert!(
                payload["plan"].is_null() || payload["plan"]["changes"] == json!([]),
                "{payload}"
            );
        }
        assert_eq!(dump(&app.database.url, TABLES).await, before);
    }

    async fn values_at_the_limits_are_stored(app: TestApp) {
        let admin = app.movie("tmdb-1").await;
        let text = |length: usize| "🌊".repeat(length);
        let most = json!({
            "title": text(300), "original_title": text(300), "tagline": text(500), "rating": text(20), "language": text(100),
            "country": text(100), "overview": text(20_000), "runtime": 60_000, "budget": 9_007_199_254_740_991_i64,
            "revenue": 9_007_199_254_740_991_i64, "site_score": 100, "imdb_rating": 10, "imdb_id": "tt1234567890", "genres": [text(100)]
        });
        let least = json!({
            "title": "x", "runtime": 1, "budget": 1, "revenue": 1, "site_score": 0, "critics_score": 0.0, "imdb_rating": 0.1,
            "imdb_id": "tt1234567", "release_date": "2000-02-29"
        });
        for sent in [most, least] {
            let reply = admin.import("tmdb-1", "basic_info", sent.clone()).await;
            assert_eq!(reply.status, 200, "{}", reply.text);
            assert!(contains_value(&data(&admin, "tmdb-1", "basic_info").await, &sent));
        }
        let url = format!("https://example.org/{}", "x".repeat(2048 - 20));
        let sent = json!({ "poster_url": url, "gallery": [{ "url": url, "kind": "clip" }] });
        assert_eq!(admin.import("tmdb-1", "media", sent).await.status, 200);
        for date in ["1998", "1998-06", "1998-06-08"] {
            let sent = json!({ "events": [{ "date": date, "title": "A" }] });
            assert_eq!(admin.import("tmdb-1", "timeline", sent).await.status, 200);
        }
        let many: Vec<Value> =
            (0..5000).map(|index| json!({ "text": format!("Fact {index}") })).collect();
        assert_eq!(admin.import("tmdb-1", "trivia", json!({ "items": many })).await.status, 200);
    }

    async fn inputs_that_failed_in_the_previous_system_are_handled(app: TestApp) {
        let admin = app.full_movie("tmdb-1").await;
        // Every category is exported with all of its data.
        for (category, sent) in fixtures::all_categories() {
            let export = admin.export("tmdb-1", category).await;
            assert_eq!(fixtures::facts(&export["data"]), fixtures::facts(&sent), "{category}");
            assert_eq!(
                export["metadata"]["revision"],
                if category == "basic_info" { 2 } else { 1 }
            );
        }
        // Values that the previous system answered with 500.
        for (sent, stored) in [
            (json!({ "runtime": "139" }), json!({ "runtime": 139 })),
            (json!({ "year": 1998 }), json!({ "year": "1998" })),
            (
                json!({ "budget": 3e9, "revenue": 2_923_706_026_i64 }),
                json!({ "budget": 3_000_000_000_i64, "revenue": 2_923_706_026_i64 }),
            ),
            (json!({ "title": "x".repeat(201) }), json!({ "title": "x".repeat(201) })),
            (json!({ "title": "한".repeat(300) }), json!({ "title": "한".repeat(300) })),
        ] {
            let reply = admin.import("tmdb-1", "basic_info", sent).await;
            assert_eq!(reply.status, 200, "{}", reply.text);
            assert!(
                contains_value(&data(&admin, "tmdb-1", "basic_info").await, &stored),
                "{stored}"
            );
        }
        // Items without content, which the previous system stored.
        for (category, sent) in
            [("timeline", json!({ "events": [1, 2, 3] })), ("awards", json!({ "awards": [{}] }))]
        {
            let before = data(&admin, "tmdb-1", category).await;
            assert_eq!(admin.import("tmdb-1", category, sent).await.status, 422);
            assert_eq!(data(&admin, "tmdb-1", category).await, before);
        }
        // A body that is too large is refused before it was sent completely.
        let start = futures::stream::once(async { Ok::<_, std::io::Error>("{\"data\": \"") });
        let request = admin
            .request(reqwest::Method::POST, "/api/v1/admin/movies/tmdb-1/import/trivia")
            .header("content-type", "application/json")
            .header("content-length", 50_000_000)
            .body(reqwest::Body::wrap_stream(start.chain(futures::stream::pending())));
        let reply = admin.send(request).await;
        assert_eq!(reply.status, 413, "{}", reply.text);
    }

    async fn the_export_of_an_unwritten_category_is_an_importable_template(app: TestApp) {
        let admin = app.movie("tmdb-1").await;
        let before = dump(&app.database.url, TABLES).await;
        let seven = || {
            fixtures::all_categories().into_iter().filter(|(category, _)| *category != "basic_info")
        };
        let mut templates = Vec::new();
        for (category, _) in seven() {
            let template = admin.export("tmdb-1", category).await;
            assert_eq!(
                template["metadata"],
                json!({ "source": "manual", "last_updated": null, "updated_by": null, "revision": 0 })
            );
            assert!(
                template["data"].as_object().unwrap().values().all(|value| *value == json!([])),
                "{template}"
            );
            let reply = admin.import_envelope("tmdb-1", category, "?mode=replace", &template).await;
            assert_eq!(
                (reply.status, &reply.json()["status"]),
                (200, &json!("unchanged")),
                "{}",
                reply.text
            );
            templates.push(template);
        }
        assert_eq!(dump(&app.database.url, TABLES).await, before);
        // A completed template imports with its data.
        for ((category, filled), mut template) in seven().zip(templates) {
            template["data"] = filled.clone();
            let reply = admin.import_envelope("tmdb-1", category, "", &template).await;
            assert_eq!(
                (reply.status, &reply.json()["revision"]),
                (200, &json!(1)),
                "{}",
                reply.text
            );
            assert_eq!(
                fixtures::facts(&data(&admin, "tmdb-1", category).await),
                fixtures::facts(&filled)
            );
        }
    }

    async fn importing_an_unchanged_export_changes_nothing(app: TestApp) {
        let admin = app.full_movie("tmdb-1").await;
        let before = dump(&app.database.url, TABLES).await;
        for (category, sent) in fixtures::all_categories() {
            let export = admin.export("tmdb-1", category).await;
            for options in [
                "",
                "?mode=replace",
                "?nulls=clear",
                "?source=tmdb",
                "?strict=true",
                "?mode=replace&base_revision=0",
            ] {
                let reply = admin.import_envelope("tmdb-1", category, options, &export).await;
                let answer = reply.json();
                assert_eq!(
                    (reply.status, &answer["status"]),
                    (200, &json!("unchanged")),
                    "{category}{options}: {}",
                    reply.text
                );
                for part in
                    ["changes", "conflicts", "not_removed", "skipped", "matches", "warnings"]
                {
                    assert_eq!(answer["plan"][part], json!([]), "{part} of {category}{options}");
                }
                assert_eq!(answer["revision"], export["metadata"]["revision"]);
            }
            // The data as first sent, without the ids that the server assigned.
            let reply = admin.import("tmdb-1", category, sent).await;
            assert_eq!(reply.json()["status"], "unchanged", "{category}: {}", reply.text);
        }
        assert_eq!(dump(&app.database.url, TABLES).await, before);
    }

    async fn an_unknown_key_is_a_warning_or_an_error_under_strict(app: TestApp) {
        let admin = app.movie("tmdb-1").await;
        let sent = envelope(
            "tmdb-1",
            "trivia",
            json!({ "a/b~c": 1, "items": [{ "text": "A", "mood": "blue", "Text": "B" }] }),
        );
        let paths = ["/a~1b~0c", "/items/0/mood", "/items/0/Text"];
        let reply = admin.import_envelope("tmdb-1", "trivia", "?strict=true", &sent).await;
        assert_eq!(reply.status, 422, "{}", reply.text);
        assert_eq!(reply.errors(), expected(&paths.map(|path| (path, "UNKNOWN_FIELD"))));
        assert_eq!(metadata(&admin, "tmdb-1", "trivia").await["revision"], 0);
        let payload = import_document(&admin, json!({ "movieId": "tmdb-1", "document": sent.to_string(), "options": { "strict": true } })).await;
        assert_eq!(
            pairs(&payload["userErrors"]),
            expected(&paths.map(|path| (path, "UNKNOWN_FIELD")))
        );

        let reply = admin.import_envelope("tmdb-1", "trivia", "", &sent).await;
        assert_eq!(warnings(&reply), expected(&paths.map(|path| (path, "UNKNOWN_FIELD"))));
        let items = data(&admin, "tmdb-1", "trivia").await["items"].clone();
        assert!(contains_value(&items, &json!([{ "text": "A" }])));
        assert_eq!(items[0].as_object().unwrap().len(), 2, "{items}");
    }

    async fn replace_removes_items_missing_from_the_file(app: TestApp) {
        let admin = app.full_movie("tmdb-1").await;
        let sent = json!({ "cast": [{ "id": "tmdb-person-4", "name": "Dev Rao", "character": "The Clerk" }], "crew": [] });
        let reply = admin.replace(&envelope("tmdb-1", "cast_crew", sent)).await;
        let changes = reply.json()["plan"]["changes"].clone();
        let listed: Vec<_> = changes
            .as_array()
            .unwrap()
            .iter()
            .map(|change| {
                (
                    change["path"].as_str().unwrap(),
                    change["op"].as_str().unwrap(),
                    change["label"].as_str().unwrap(),
                )
            })
            .collect();
        assert_eq!(
            listed,
            [
                ("/cast/0", "remove", "Cast: Cleo Marsh"),
                ("/cast/2", "remove", "Cast: Cleo Marsh"),
                ("/crew/0", "remove", "Crew: Eli Stone"),
            ]
        );
        assert_eq!(reply.json()["updated_fields"], json!(["cast", "crew"]));
        let data = data(&admin, "tmdb-1", "cast_crew").await;
        // Absent keys, and absent fields of an item, are not changed.
        assert!(
            contains_value(
                &data,
                &json!({ "directors": [{}], "writers": [{}], "producers": [{}], "cast": [{ "order": 1 }], "crew": [] })
            ),
            "{data}"
        );
        let sent = envelope("tmdb-1", "basic_info", json!({ "genres": ["drama", "Noir"] }));
        assert_eq!(admin.replace(&sent).await.status, 200);
        let data = self::data(&admin, "tmdb-1", "basic_info").await;
        assert_eq!(
            (&data["genres"], &data["tagline"]),
            (&json!(["Drama", "Noir"]), &json!("Nothing stays dry."))
        );
    }

    async fn replace_with_a_base_keeps_items_added_later(app: TestApp) {
        for (how, options) in
            [("metadata", "?mode=replace"), ("option", "?mode=replace&base_revision=1")]
        {
            let movie = format!("movie-{how}");
            let admin = app.full_movie(&movie).await;
            let mut file = admin.export(&movie, "timeline").await;
            if how == "option" {
                file["metadata"]["revision"] = json!(0);
            }
            admin
                .import(
                    &movie,
                    "timeline",
                    json!({ "events": [{ "date": "2020", "title": "Restored" }] }),
                )
                .await;
            file["data"]["events"].as_array_mut().unwrap().remove(1);
            let reply = admin.import_envelope(&movie, "timeline", options, &file).await;
            assert_eq!(
                reply.json()["plan"]["changes"].as_array().unwrap().len(),
                1,
                "{how}: {}",
                reply.text
            );
            let data = data(&admin, &movie, "timeline").await;
            let titles: Vec<_> = data["events"]
                .as_array()
                .unwrap()
                .iter()
                .map(|event| event["title"].as_str().unwrap())
                .collect();
            assert_eq!(titles, ["Written", "Release", "Restored"], "{how}");
        }
        // Lists of names have no ids and are compared with the base as well.
        let admin = app.full_movie("movie-names").await;
        let mut file = admin.export("movie-names", "basic_info").await;
        admin.import("movie-names", "basic_info", json!({ "genres": ["Noir"] })).await;
        file["data"]["genres"] = json!(["Science Fiction"]);
        admin.import_envelope("movie-names", "basic-info", "?mode=replace", &file).await;
        let mut genres =
            data(&admin, "movie-names", "basic_info").await["genres"].as_array().unwrap().clone();
        genres.sort_by_key(ToString::to_string);
        assert_eq!(genres, ["Noir", "Science Fiction"]);
    }

    async fn remove_items_removes_by_id_and_warns_about_unknown_ids(app: TestApp) {
        let admin = app.full_movie("tmdb-1").await;
        let export = admin.export("tmdb-1", "cast_crew").await;
        let pilot = export["data"]["cast"][0]["credit_id"].as_str().unwrap();
        let editor = export["data"]["crew"][0]["credit_id"].as_str().unwrap();
        let sent = envelope("tmdb-1", "cast_crew", json!({}));
        let reply = admin
            .import_envelope("tmdb-1", "cast-crew", &format!("?remove_items={pilot},nobody"), &sent)
            .await;
        assert_eq!(warnings(&reply), expected(&[("", "UNKNOWN_ID")]));
        let data = data(&admin, "tmdb-1", "cast_crew").await;
        assert_eq!(data["cast"], json!([export["data"]["cast"][1], export["data"]["cast"][2]]));

        // `removeItems` also removes an item that the file contains.
        let bare = json!({ "crew": [{ "name": "Eli Stone", "job": "Editor" }], "producers": export["data"]["producers"] });
        let document = envelope("tmdb-1", "cast_crew", bare).to_string();
        let payload = import_document(&admin, json!({ "movieId": "tmdb-1", "document": document, "options": { "removeItems": [editor] } })).await;
        assert_eq!(
            (&payload["status"], &payload["updatedFields"]),
            (&json!("PUBLISHED"), &json!(["crew"])),
            "{payload}"
        );
        assert_eq!(self::data(&admin, "tmdb-1", "cast_crew").await["crew"], json!([]));
    }

    async fn a_credit_without_a_character_is_a_possible_duplicate(app: TestApp) {
        let admin = app.movie("m").await;
        admin.import("m", "cast_crew", json!({ "cast": [
            { "name": "Ana Sol", "character": "Twin A" }, { "name": "Ana Sol", "character": "Twin B" }, { "name": "Bo Lind" },
        ] })).await;
        let file = envelope(
            "m",
            "cast_crew",
            json!({ "cast": [{ "name": "Ana Sol" }, { "name": "Bo Lind" }, { "name": "Cy Dahl" }] }),
        );
        let reply = admin.import_envelope("m", "cast_crew", "?dry_run=true", &file).await.json();
        let warned = crate::support::operations::pairs(&reply["plan"]["warnings"]);
        assert_eq!(warned, [("/cast/0".to_owned(), "POSSIBLE_DUPLICATE".to_owned())], "{reply}");
        assert_eq!(reply["plan"]["counts"]["added"], 2, "{reply}");
        // The second import of the file finds the stored item.
        admin.import_envelope("m", "cast_crew", "", &file).await;
        let reply = admin.import_envelope("m", "cast_crew", "", &file).await.json();
        assert_eq!(
            (&reply["status"], &reply["plan"]["warnings"]),
            (&json!("unchanged"), &json!([])),
            "{reply}"
        );
    }

    async fn the_source_of_a_change_is_determined(app: TestApp) {
        let admin = app.admin();
        let agent = app.anonymous().with_token(token_of(&Principal {
            subject: "agent".to_owned(),
            email: "agent@example.com".to_owned(),
            role: Role::Admin,
            source: Some(Source::LlmGenerated),
            credential: Credential::default(),
            expires_at: None,
            origin: std::sync::Arc::default(),
        }));
        // (case, client, query string, metadata of the file, stored source)
        let tmdb = json!({ "source": "tmdb" });
        let cases: [(&str, &Client, &str, Value, &str); 15] = [
            ("no source is given", &admin, "", json!(null), "manual"),
            ("the file gives a source", &admin, "", tmdb.clone(), "tmdb"),
            (
                "the file gives a model as source",
                &admin,
                "",
                json!({ "source": "llm-generated" }),
                "llm-generated",
            ),
            (
                "the file gives a source and another revision",
                &admin,
                "",
                json!({ "source": "tmdb", "revision": 7, "last_updated": "2020-01-01T00:00:00Z" }),
                "tmdb",
            ),
            (
                "the source in another spelling",
                &admin,
                "",
                json!({ "source": "LLM_Generated" }),
                "llm-generated",
            ),
            ("the name of a model", &admin, "", json!({ "source": "ChatGPT" }), "llm-generated"),
            ("the version of a model", &admin, "", json!({ "source": "gpt-4o" }), "llm-generated"),
            (
                "a text that contains AI",
                &admin,
                "",
                json!({ "source": "AI-generated, see notes" }),
                "llm-generated",
            ),
            ("a word that begins with ai", &admin, "", json!({ "source": "airtable" }), "manual"),
            ("the source in capitals", &admin, "", json!({ "source": "TMDB" }), "tmdb"),
            ("an unknown source", &admin, "", json!({ "source": "wikipedia" }), "manual"),
            ("the token has a source", &agent, "", tmdb.clone(), "llm-generated"),
            (
                "the option gives a source",
                &admin,
                "?source=llm-generated",
                tmdb.clone(),
                "llm-generated",
            ),
            ("the option wins over the token", &agent, "?source=manual", tmdb, "manual"),
            (
                "unchanged metadata of a template",
                &admin,
                "",
                json!({ "source": "manual", "revision": 0, "last_updated": null }),
                "manual",
            ),
        ];
        for (index, (case, client, options, said, stored)) in cases.into_iter().enumerate() {
            let movie = format!("movie-{index}");
            app.movie(&movie).await;
            let mut file = envelope(&movie, "trivia", json!({ "items": [{ "text": "A" }] }));
            if !said.is_null() {
                file["metadata"] = said;
            }
            let reply = client.import_envelope(&movie, "trivia", options, &file).await;
            assert_eq!(reply.status, 200, "{case}: {}", reply.text);
            assert_eq!(metadata(&admin, &movie, "trivia").await["source"], stored, "{case}");
            let is_known = file["metadata"]["source"]
                .as_str()
                .is_none_or(|said| Source::ALL.iter().any(|source| source.as_str() == said));
            let warned = crate::support::operations::pairs(&reply.json()["plan"]["warnings"]);
            assert_eq!(
                warned.contains(&("/metadata/source".to_owned(), "VALUE_REPAIRED".to_owned())),
                !is_known,
                "{case}: {}",
                reply.text
            );
        }
    }

    async fn unchanged_metadata_does_not_decide_the_source(app: TestApp) {
        let admin = app.movie("tmdb-1").await;
        let mut file = envelope("tmdb-1", "trivia", json!({ "items": [{ "text": "A" }] }));
        file["metadata"] = json!({ "source": "tmdb" });
        admin.import_envelope("tmdb-1", "trivia", "", &file).await;
        let first = admin.export("tmdb-1", "trivia").await;
        assert_eq!(first["metadata"]["source"], "tmdb");

        let mut edited = first.clone();
        edited["data"]["items"][0]["text"] = json!("B");
        admin.import_envelope("tmdb-1", "trivia", "", &edited).await;
        assert_eq!(
            metadata(&admin, "tmdb-1", "trivia").await["source"],
            "manual",
            "metadata of the current revision"
        );

        let mut late = first.clone();
        late["data"]["items"][0]["category"] = json!("production");
        admin.import_envelope("tmdb-1", "trivia", "", &late).await;
        assert_eq!(
            metadata(&admin, "tmdb-1", "trivia").await["source"],
            "manual",
            "metadata of an older revision"
        );

        let mut touched = first;
        touched["metadata"]["source"] = json!("llm-generated");
        touched["data"]["items"][0]["spoiler"] = json!(true);
        admin.import_envelope("tmdb-1", "trivia", "", &touched).await;
        assert_eq!(
            metadata(&admin, "tmdb-1", "trivia").await["source"],
            "llm-generated",
            "a changed source"
        );
    }

    async fn only_a_real_change_updates_revision_time_and_author(app: TestApp) {
        app.movie("tmdb-1").await;
        let email = |name: &str| {
            app.anonymous().with_token(token_of(&Principal {
                subject: name.to_owned(),
                email: format!("{name}@example.com"),
                role: Role::Admin,
                source: None,
                credential: Credential::default(),
                expires_at: None,
                origin: std::sync::Arc::default(),
            }))
        };
        let (one, other) = (email("one"), email("other"));
        let never = metadata(&one, "tmdb-1", "trivia").await;
        assert_eq!(
            never,
            json!({ "source": "manual", "last_updated": null, "updated_by": null, "revision": 0 })
        );
        let first = json!({ "items": [{ "text": "A", "category": "production" }] });
        one.import("tmdb-1", "trivia", first.clone()).await;
        let written = metadata(&one, "tmdb-1", "trivia").await;
        assert_eq!(
            (&written["revision"], &written["updated_by"]),
            (&json!(1), &json!("one@example.com"))
        );
        assert!(written["last_updated"].is_string());

        for same in [
            first,
            json!({}),
            json!({ "items": [] }),
            json!({ "items": [{ "text": "A" }] }),
            json!({ "items": null }),
        ] {
            let mut file = envelope("tmdb-1", "trivia", same);
            file["metadata"] = json!({ "source": "tmdb", "updated_by": "forged@example.com", "last_updated": "1999-01-01T00:00:00Z" });
            let reply = other.import_envelope("tmdb-1", "trivia", "", &file).await;
            assert_eq!(reply.json()["revision"], 1, "{}", reply.text);
            assert_eq!(metadata(&one, "tmdb-1", "trivia").await, written);
        }

        let reply = other
            .import("tmdb-1", "trivia", json!({ "items": [{ "text": "A", "category": "cast" }] }))
            .await;
        assert_eq!(reply.json()["revision"], 2);
        let moved = metadata(&one, "tmdb-1", "trivia").await;
        assert_eq!(
            (&moved["revision"], &moved["updated_by"]),
            (&json!(2), &json!("other@example.com"))
        );
        assert!(moved["last_updated"].as_str() > written["last_updated"].as_str());
    }

    async fn superseded_revisions_are_kept_complete(app: TestApp) {
        let admin = app.movie("tmdb-1").await;
        let mut states = Vec::new();
        for number in 1..=4 {
            let reply = admin
                .import(
                    "tmdb-1",
                    "trivia",
                    json!({ "items": [{ "text": format!("Fact {number}") }] }),
                )
                .await;
            assert_eq!(reply.json()["revision"], number);
            states.push(admin.export("tmdb-1", "trivia").await);
        }
        // Unchanged and refused imports add no revision.
        admin.import("tmdb-1", "trivia", json!({})).await;
        admin.import("tmdb-1", "trivia", json!({ "items": [{}] })).await;
        let rows = &dump(&app.database.url, &["revisions"]).await[0].1;
        let mut kept: Vec<(i64, Value, Value)> = rows
            .iter()
            .map(|row| serde_json::from_str::<Value>(row).unwrap())
            .map(|row| {
                (
                    row["revision"].as_i64().unwrap(),
                    serde_json::from_str(row["body"].as_str().unwrap()).unwrap(),
                    row["updated_by"].clone(),
                )
            })
            .collect();
        kept.sort_by_key(|(revision, ..)| *revision);
        let expected: Vec<_> = states[..3]
            .iter()
            .map(|state| {
                (
                    state["metadata"]["revision"].as_i64().unwrap(),
                    state["data"].clone(),
                    state["metadata"]["updated_by"].clone(),
                )
            })
            .collect();
        assert_eq!(kept, expected);
    }

    async fn a_wrong_envelope_is_refused_with_the_reason(app: TestApp) {
        let admin = app.full_movie("tmdb-1").await;
        app.movie("tmdb-2").await;
        let before = dump(&app.database.url, TABLES).await;
        let good = envelope("tmdb-1", "trivia", json!({ "items": [{ "text": "New" }] }));
        let with = |key: &str, value: Value| {
            let mut file = good.clone();
            file[key] = value;
            file.to_string()
        };
        let without = |key: &str| {
            let mut file = good.clone();
            file.as_object_mut().unwrap().remove(key);
            file.to_string()
        };
        let cases: Vec<(&str, String, &str, u16)> = vec![
            ("no JSON", "{\"category\":".to_owned(), "UNREADABLE", 400),
            ("nothing", String::new(), "UNREADABLE", 400),
            ("a list", "[]".to_owned(), "TYPE_MISMATCH", 422),
            ("another category", with("category", json!("timeline")), "CATEGORY_MISMATCH", 400),
            ("no such category", with("category", json!("soundtrack")), "CATEGORY_MISMATCH", 400),
            ("a category that is no text", with("category", json!(7)), "CATEGORY_MISMATCH", 400),
            ("another movie", with("movie_id", json!("tmdb-2")), "MOVIE_MISMATCH", 400),
            ("no movie id", with("movie_id", json!("../etc")), "MOVIE_MISMATCH", 400),
            ("no data", without("data"), "REQUIRED", 422),
            ("data that is no object", with("data", json!([])), "TYPE_MISMATCH", 422),
            ("data that is null", with("data", json!(null)), "TYPE_MISMATCH", 422),
            ("version 2", with("version", json!("2.0")), "UNSUPPORTED_VERSION", 400),
            ("version 10", with("version", json!("10")), "UNSUPPORTED_VERSION", 400),
            ("no version", with("version", json!({})), "UNSUPPORTED_VERSION", 400),
        ];
        for (case, document, code, status) in cases {
            let payload = import_document(
                &admin,
                json!({ "movieId": "tmdb-1", "category": "TRIVIA", "document": document }),
            )
            .await;
            assert_eq!(payload["status"], "REJECTED", "{case}: {payload}");
            assert_eq!(pairs(&payload["userErrors"]), expected(&[("", code)]), "{case}");
            assert_eq!(payload["movieExport"]["metadata"]["revision"], 1, "{case}: {payload}");
            let reply =
                admin.post_text("/api/v1/admin/movies/tmdb-1/import/trivia", document).await;
            assert_eq!(
                (reply.status, reply.errors()),
                (status, expected(&[("", code)])),
                "{case}: {}",
                reply.text
            );
        }
        let missing = with("movie_id", json!("tmdb-404"));
        for document in [missing.clone(), "no JSON".to_owned(), good.to_string()] {
            let payload =
                import_document(&admin, json!({ "movieId": "tmdb-404", "document": document }))
                    .await;
            assert_eq!(pairs(&payload["userErrors"]), expected(&[("", "NOT_FOUND")]), "{payload}");
            assert_eq!(
                (&payload["status"], &payload["movieExport"]),
                (&json!("REJECTED"), &json!(null))
            );
            let reply =
                admin.post_text("/api/v1/admin/movies/tmdb-404/import/trivia", document).await;
            assert_eq!(reply.status, 404, "{}", reply.text);
        }
        assert_eq!(dump(&app.database.url, TABLES).await, before);
    }

    async fn the_category_is_read_from_the_document(app: TestApp) {
        let admin = app.movie("tmdb-1").await;
        for (category, data) in fixtures::all_categories() {
            let mut file = envelope("tmdb-1", &category.replace('_', "-"), data.clone());
            // Additional top-level keys are ignored.
            for key in ["instructions", "$schema", "prompt", "notes"] {
                file[key] = json!({ "anything": ["at", "all"] });
            }
            file["version"] = json!("1.3");
            let payload = import_document(
                &admin,
                json!({ "movieId": "tmdb-1", "document": format!("\u{feff}{file:#}\n") }),
            )
            .await;
            assert_eq!(payload["status"], "PUBLISHED", "{payload}");
            let mark = json!([{ "path": "", "code": "SYNTAX_REPAIRED", "message": "a byte-order mark was skipped" }]);
            assert_eq!(payload["plan"]["warnings"], mark);
            assert_eq!(payload["movieExport"]["category"], category.to_uppercase());
            let stored = &payload["movieExport"]["document"];
            assert_eq!(fixtures::facts(&stored["data"]), fixtures::facts(&data), "{category}");
            assert_eq!(stored["metadata"], self::metadata(&admin, "tmdb-1", category).await);
        }
    }
}
