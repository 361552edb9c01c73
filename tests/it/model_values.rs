//! Values, words and structures as language models write them: what is read, what is refused, and
//! the warnings.

use std::collections::BTreeSet;

use reelport::document::read::parse::{ParseOptions, Reading, parse};
use reelport::document::{Category, WarningCode};
use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::envelope;

fn read(category: Category, data: Value) -> Reading {
    parse(category.definition(), data, ParseOptions::default())
}

/// The value read at a path, and the codes of all warnings.
fn at(category: Category, data: Value, path: &str) -> (Option<Value>, BTreeSet<&'static str>) {
    let reading = read(category, data);
    assert_eq!(reading.problems, [], "{path}");
    let codes = reading.warnings.iter().map(|warning| match warning.code {
        WarningCode::ValueRepaired => "repaired",
        WarningCode::FieldRenamed => "renamed",
        WarningCode::UnknownField => "unknown",
        WarningCode::MarkupInText => "markup",
        _ => "other",
    });
    let codes = codes.collect();
    (Value::Object(reading.data).pointer(path).cloned(), codes)
}

fn assert_repaired(category: Category, data: Value, path: &str, expected: Value) {
    let shown = data.to_string();
    let (found, codes) = at(category, data, path);
    assert_eq!(found, Some(expected), "{shown}");
    assert!(codes.contains("repaired"), "{shown}: {codes:?}");
}

#[test]
fn numbers_with_words_and_separators_are_read() {
    let basic = |field: &str, sent: &str, value: Value| {
        assert_repaired(Category::BasicInfo, json!({ field: sent }), &format!("/{field}"), value);
    };
    for text in ["119 min", "1h 59m", "PT119M", "1 hour 59 minutes", "119 Minuten", "1:59"] {
        basic("runtime", text, json!(119));
    }
    for text in [
        "$63,000,000",
        "US$63,000,000",
        "$63 million",
        "63 000 000",
        "63.000.000 $",
        "USD 63 million (estimated)",
        "about $63M",
    ] {
        basic("budget", text, json!(63_000_000));
    }
    for text in ["79%", "79/100", "79 percent", "79 (Metacritic)", "79%【3†source】"] {
        basic("critics_score", text, json!(79));
    }
    for text in ["8.8/10", "8,8", "8.8 out of 10"] {
        basic("imdb_rating", text, json!(8.8));
    }
    basic("year", "1999-10-15", json!("1999"));
    basic("imdb_id", "https://www.imdb.com/title/tt0137523/", json!("tt0137523"));
    basic("rating", "R (for disturbing content and some violence)", json!("R"));
    basic("release_date", "October 15, 1999 (United States)", json!("1999-10-15"));
}

#[test]
fn ambiguous_values_are_refused_with_the_expected_form() {
    for (field, sent, allowed) in [
        ("budget", json!("13,5 Millionen Euro"), "US dollars"),
        ("budget", json!("₹70 crore"), "US dollars"),
        ("budget", json!("63.000"), "US dollars"),
        ("budget", json!("over 2.9 billion USD"), "US dollars"),
        ("budget", json!("$100-110 million"), "US dollars"),
        ("runtime", json!("90-120 min"), "minutes"),
        ("release_date", json!("03/04/1999"), "YYYY-MM-DD"),
        ("release_date", json!("October 1999"), "YYYY-MM-DD"),
        ("imdb_rating", json!("88%"), "0 to 10"),
        ("critics_score", json!("4/5"), "0 to 100"),
        ("year", json!("1999-2003"), "1999"),
    ] {
        let reading = read(Category::BasicInfo, json!({ field: sent }));
        let [problem] = &reading.problems[..] else { panic!("{field} {sent}: {reading:?}") };
        assert!(problem.message.contains(allowed), "{}", problem.message);
    }
}

#[test]
fn prices_with_a_currency_are_read_unless_contradictory() {
    let offer = |price: Value, currency: Option<&str>| {
        let mut offer =
            json!({ "platform": "Kiosk", "type": "rent", "region": "FR", "price": price });
        if let Some(currency) = currency {
            offer["currency"] = json!(currency);
        }
        json!({ "streaming_options": [offer] })
    };
    for (price, amount, currency) in [
        ("3,99 €", "3.99", "EUR"),
        ("US$3.99", "3.99", "USD"),
        ("£2", "2", "GBP"),
        ("CHF 3.90", "3.90", "CHF"),
        ("₹1,49,000", "149000", "INR"),
    ] {
        let sent = offer(json!(price), None);
        assert_repaired(
            Category::Streaming,
            sent.clone(),
            "/streaming_options/0/price",
            json!(amount),
        );
        assert_repaired(
            Category::Streaming,
            sent,
            "/streaming_options/0/currency",
            json!(currency),
        );
    }
    for (price, currency) in [("€3.99", "USD"), ("$3.99", "EUR"), ("¥300", "USD")] {
        let reading = read(Category::Streaming, offer(json!(price), Some(currency)));
        let [problem] = &reading.problems[..] else { panic!("{price} {currency}") };
        assert_eq!(problem.path, "/streaming_options/0/price");
    }
    for (price, currency) in [("$3.99", "CAD"), ("¥300", "CNY"), ("kr 39", "NOK")] {
        let (found, _) = at(
            Category::Streaming,
            offer(json!(price), Some(currency)),
            "/streaming_options/0/currency",
        );
        assert_eq!(found, Some(json!(currency)), "{price}");
    }
}

#[test]
fn words_for_missing_values_are_not_stored() {
    for (field, sent) in [
        ("tagline", json!("null")),
        ("tagline", json!("None")),
        ("tagline", json!("\\N")),
        ("tagline", json!("undefined")),
        ("tagline", json!("<tagline>")),
        ("rating", json!("[rating]")),
        ("rating", json!("N/A (not rated yet)")),
        ("overview", json!("Not available")),
        ("budget", json!("unknown")),
        ("revenue", json!("TBD")),
        ("budget", json!(0)),
        ("runtime", json!(0)),
        ("imdb_rating", json!(0)),
        ("imdb_id", json!("ttXXXXXXX")),
        ("release_date", json!("YYYY-MM-DD")),
        ("release_date", json!("0001-01-01T00:00:00.0000000Z")),
        ("language", json!("—")),
        ("genres", json!(["null", "{{genre}}", "Unknown"])),
    ] {
        let (found, codes) = at(
            Category::BasicInfo,
            json!({ "title": "A film", field: sent }),
            &format!("/{field}"),
        );
        assert_eq!(found, None, "{field}");
        assert!(codes.contains("repaired"), "{field}");
    }
    let gallery = json!({ "gallery": [
        { "url": "https://example.com/a.jpg", "kind": "poster" },
        { "url": "[Insert poster URL here]", "kind": "poster" },
        { "url": "https://www.youtube.com/watch?v=XXXXXXXXXXX", "kind": "trailer" },
    ] });
    assert_eq!(at(Category::Media, gallery, "/gallery").0, None);
}

#[test]
fn words_that_may_be_real_values_are_kept() {
    for (category, data, path, value) in [
        (Category::BasicInfo, json!({ "title": "Unknown" }), "/title", "Unknown"),
        (Category::BasicInfo, json!({ "title": "None" }), "/title", "None"),
        (Category::BasicInfo, json!({ "title": "[REC]" }), "/title", "[REC]"),
        (Category::BasicInfo, json!({ "title": "?" }), "/title", "?"),
        (
            Category::CastCrew,
            json!({ "directors": [{ "name": "Anonymous" }] }),
            "/directors/0/name",
            "Anonymous",
        ),
        (
            Category::CastCrew,
            json!({ "cast": [{ "name": "Na Moon-hee" }] }),
            "/cast/0/name",
            "Na Moon-hee",
        ),
        (
            Category::Trivia,
            json!({ "items": [{ "question": "Who did it?", "answer": "Unknown" }] }),
            "/items/0/answer",
            "Unknown",
        ),
    ] {
        let (found, codes) = at(category, data, path);
        assert_eq!(found, Some(json!(value)));
        assert_eq!(codes, BTreeSet::new(), "{value}");
    }
    let zero = json!({ "rotten_tomatoes_score": 0 });
    assert_eq!(at(Category::BasicInfo, zero, "/rotten_tomatoes_score").0, Some(json!(0)));
}

#[test]
fn placeholder_names_create_no_person() {
    let cast = ["TBA", "Unknown", "Various", "(not found)", "null", "[Actor Name]", "—"]
        .map(|name| json!({ "name": name, "character": "Ida" }));
    let reading = read(Category::CastCrew, json!({ "cast": cast }));
    assert_eq!(reading.problems, []);
    assert_eq!(reading.data.get("cast"), None);
    // One warning for each name and one for each item that was left out.
    assert_eq!(reading.warnings.len(), 14);
}

#[test]
fn awards_without_a_nomination_are_left_out() {
    let award = |result: &str, ceremony: &str| json!({ "awards": [{ "ceremony": ceremony, "year": 1999, "category": "Best Sound", "result": result }] });
    for (result, ceremony) in [
        ("Not nominated", "Harbour Awards"),
        ("N/A (not nominated)", "Harbour Awards"),
        ("winner", "None"),
    ] {
        let reading = read(Category::Awards, award(result, ceremony));
        assert_eq!((reading.problems.len(), reading.data.get("awards")), (0, None), "{result}");
        assert!(reading.warnings.iter().any(|warning| warning.message.contains("left out")));
    }
    let found = at(Category::Awards, award("Won 🏆", "Harbour Awards"), "/awards/0/result").0;
    assert_eq!(found, Some(json!("winner")));
}

#[test]
fn dates_in_words_are_read_to_their_certain_precision() {
    for (sent, date) in [
        ("28th July 2008", "2008-07-28"),
        ("December 25, 2009", "2009-12-25"),
        ("25/12/2019", "2019-12-25"),
        ("1999-10-00", "1999-10"),
        ("1999-00-00", "1999"),
        ("+1999-10-15T00:00:00Z", "1999-10-15"),
        ("Late 2008", "2008"),
        ("1895–1904", "1895"),
        ("1928-10-17/1928-11-23", "1928-10-17"),
        ("c. 1929-12", "1929-12"),
    ] {
        let events = json!({ "events": [{ "date": sent, "title": "It rained" }] });
        assert_repaired(Category::Timeline, events, "/events/0/date", json!(date));
    }
}

#[test]
fn urls_are_read_from_markup() {
    for sent in [
        "[https://images.test/a.jpg](https://images.test/a.jpg)",
        "<https://images.test/a.jpg>",
        "<a href=\"https://images.test/a.jpg\">Poster</a>",
    ] {
        let media = json!({ "poster_url": sent });
        assert_repaired(Category::Media, media, "/poster_url", json!("https://images.test/a.jpg"));
    }
    let (found, codes) =
        at(Category::Media, json!({ "poster_path": "/q9a2bkSlN1gBYXMM.jpg" }), "/poster_url");
    assert_eq!(found, Some(json!("https://image.tmdb.org/t/p/original/q9a2bkSlN1gBYXMM.jpg")));
    assert_eq!(codes, BTreeSet::from(["renamed"]));
}

#[test]
fn genres_are_read_from_a_single_text_and_from_ids() {
    for sent in [json!("Drama, Thriller"), json!(["Drama|Thriller"]), json!([18, 53])] {
        assert_repaired(
            Category::BasicInfo,
            json!({ "genres": sent }),
            "/genres",
            json!(["Drama", "Thriller"]),
        );
    }
    let reading = read(Category::BasicInfo, json!({ "genres": [99_999] }));
    assert_eq!(reading.problems[0].path, "/genres/0");
    let countries = json!({ "country": ["USA", "Germany"] });
    assert_repaired(Category::BasicInfo, countries, "/country", json!("USA, Germany"));
}

#[test]
fn unambiguous_field_aliases_are_read() {
    for (category, data, path, value) in [
        (
            Category::CastCrew,
            json!({ "cast": [{ "actor": "Ida Berg", "role": "Mona" }] }),
            "/cast/0",
            json!({ "name": "Ida Berg", "character": "Mona" }),
        ),
        (
            Category::CastCrew,
            json!({ "director": "Ida Berg" }),
            "/directors",
            json!([{ "name": "Ida Berg" }]),
        ),
        (
            Category::CastCrew,
            json!({ "composer": ["Ida Berg"], "crew": [{ "name": "Bo Ek", "job": "Gaffer" }] }),
            "/crew",
            json!([
                { "name": "Bo Ek", "job": "Gaffer" },
                { "name": "Ida Berg", "job": "Original Music Composer", "department": "Sound" },
            ]),
        ),
        (
            Category::Trivia,
            json!({ "facts": [{ "fact": "It rained.", "is_spoiler": "yes" }] }),
            "/items",
            json!([{ "text": "It rained.", "spoiler": true }]),
        ),
        (
            Category::Media,
            json!({ "posters": ["https://images.test/a.jpg"] }),
            "/gallery",
            json!([{ "url": "https://images.test/a.jpg", "kind": "poster" }]),
        ),
        (Category::BasicInfo, json!({ "Plot": "It rains." }), "/overview", json!("It rains.")),
        (Category::BasicInfo, json!({ "laufzeit": "90 Minuten" }), "/runtime", json!(90)),
    ] {
        let shown = data.to_string();
        let (found, codes) = at(category, data, path);
        assert_eq!(found, Some(value), "{shown}");
        assert!(codes.contains("renamed"), "{shown}");
    }
    // A source that is not a URL is left out, and the rest of the item is read.
    let (found, codes) = at(
        Category::Trivia,
        json!({ "items": [{ "text": "It rained.", "source": "a book" }] }),
        "/items",
    );
    assert_eq!(found, Some(json!([{ "text": "It rained." }])));
    assert_eq!(codes, BTreeSet::from(["unknown"]));
}

#[test]
fn unambiguous_list_structures_are_read() {
    for (category, data, path, value) in [
        (
            Category::CastCrew,
            json!({ "cast": { "name": "Ida Berg", "character": "Mona" } }),
            "/cast",
            json!([{ "name": "Ida Berg", "character": "Mona" }]),
        ),
        (
            Category::Awards,
            json!({ "awards": { "Harbour Awards": [
                { "year": 1999, "category": "Best Sound", "result": "winner" },
            ] } }),
            "/awards",
            json!([{ "ceremony": "Harbour Awards", "year": 1999, "category": "Best Sound", "result": "winner" }]),
        ),
        (
            Category::Streaming,
            json!({ "results": { "IN": { "link": "https://films.test", "flatrate": [{ "provider_name": "Kiosk" }] } } }),
            "/streaming_options",
            json!([{ "platform": "Kiosk", "region": "IN", "type": "subscription" }]),
        ),
        (
            Category::CastCrew,
            json!({ "crew": { "Camera": [{ "name": "Ida Berg", "job": "Gaffer" }], "Editor": ["Bo Ek"] } }),
            "/crew",
            json!([
                { "name": "Ida Berg", "job": "Gaffer", "department": "Camera" },
                { "name": "Bo Ek", "job": "Editor" },
            ]),
        ),
        (
            Category::Timeline,
            json!({ "events": { "1999": [{ "title": "It rained" }] } }),
            "/events",
            json!([{ "title": "It rained", "date": "1999" }]),
        ),
    ] {
        let shown = data.to_string();
        let reading = read(category, data);
        assert_eq!(reading.problems, [], "{shown}");
        let found = Value::Object(reading.data).pointer(path).cloned();
        assert_eq!(found, Some(value), "{shown}");
    }
    // Names of people and names of characters are indistinguishable.
    let reading = read(Category::CastCrew, json!({ "cast": { "Mona": "Ida Berg" } }));
    assert!(reading.problems[0].message.contains("[{\"name\":\"text\"}]"), "{reading:?}");
}

#[test]
fn control_characters_are_refused_and_markup_is_a_warning() {
    let text = |text: &str| json!({ "items": [{ "text": text }] });
    let reading = read(Category::Trivia, text("a \u{c}rac"));
    assert!(reading.problems[0].message.contains("U+000C"), "{reading:?}");
    let marked = "It rained.【1†source】";
    let (kept, codes) = at(Category::Trivia, text(marked), "/items/0/text");
    assert_eq!((kept, codes), (Some(json!(marked)), BTreeSet::from(["markup"])));
    let options = ParseOptions { clean: true, ..ParseOptions::default() };
    let cleaned = parse(Category::Trivia.definition(), text(marked), options);
    assert_eq!(cleaned.data["items"][0]["text"], "It rained.");
}

#[test]
fn concatenated_strings_are_joined() {
    let text = r#"{"text": "It cost $94 million" + " to make.",}"#;
    let read = reelport::document::read::lenient::read(text.as_bytes()).unwrap();
    assert_eq!(read.value["text"], "It cost $94 million to make.");
}

#[test]
fn an_ambiguous_currency_sign_is_resolved_by_region() {
    for (price, region, currency) in [
        ("kr 49", "NO", "NOK"),
        ("$4.99", "CA", "CAD"),
        ("¥30", "CN", "CNY"),
        ("$4.99", "FR", "USD"),
    ] {
        let offer =
            json!({ "platform": "Kiosk", "price": price, "type": "rent", "region": region });
        let sent = json!({ "streaming_options": [offer] });
        assert_repaired(
            Category::Streaming,
            sent,
            "/streaming_options/0/currency",
            json!(currency),
        );
    }
    let reading = read(Category::BasicInfo, json!({ "budget": "44 crore" }));
    assert!(reading.problems[0].message.contains("US dollars"), "{reading:?}");
}

#[test]
fn sentences_about_missing_information_are_not_stored() {
    for text in [
        "No tagline available",
        "There is no official tagline.",
        "I don't have enough information.",
        "As an AI language model, I cannot look this up.",
        "I could not find any verified trivia about this movie.",
    ] {
        let (found, _) =
            at(Category::BasicInfo, json!({ "title": "A", "tagline": text }), "/tagline");
        assert_eq!(found, None, "{text}");
    }
    for text in ["No one will be known by name", "I don't do goodbyes", "There is no second chance"]
    {
        let (found, _) = at(Category::BasicInfo, json!({ "tagline": text }), "/tagline");
        assert_eq!(found, Some(json!(text)));
    }
    let items = json!({ "items": ["Unknown", { "text": "[Insert trivia here]" }, "It rained."] });
    let reading = read(Category::Trivia, items);
    assert_eq!(reading.problems, []);
    assert_eq!(reading.data["items"], json!([null, null, { "text": "It rained." }]));
}

#[test]
fn placeholder_urls_and_names_are_not_stored() {
    for url in [
        "https://www.youtube.com/watch?v=VIDEO_ID",
        "https://www.youtube.com/watch?v=",
        "https://image.tmdb.org/t/p/original/",
        "https://image.tmdb.org/t/p/original/<poster_path>",
        "https://via.placeholder.com/150",
        "https://your-image-host.com/poster.jpg",
        "https://images.test/path_to_poster.jpg",
    ] {
        assert_eq!(
            at(Category::Media, json!({ "trailer_url": url }), "/trailer_url").0,
            None,
            "{url}"
        );
    }
    for name in ["Actor Name", "and more...", "Supporting Cast", "अज्ञात", "Not listed"]
    {
        let reading = read(Category::CastCrew, json!({ "cast": [{ "name": name }] }));
        assert_eq!(reading.data.get("cast"), None, "{name}");
    }
}

#[test]
fn numbered_keys_are_read_as_a_list() {
    for sent in [
        json!({ "1": { "text": "A" }, "2": { "text": "B" } }),
        json!({ "fact_1": "A", "fact_2": "B" }),
    ] {
        let (found, _) = at(Category::Trivia, json!({ "items": sent }), "/items");
        assert_eq!(found, Some(json!([{ "text": "A" }, { "text": "B" }])));
    }
    let reading = read(Category::CastCrew, json!({ "crew": { "Sound": ["Ada Berg"] } }));
    assert_eq!(reading.data["crew"], json!([{ "name": "Ada Berg", "department": "Sound" }]));
}

#[test]
fn several_genres_in_one_text_are_separated() {
    for sent in [
        json!("Drama & Romance"),
        json!("Drama\nRomance"),
        json!("- Drama\n- Romance"),
        json!("[\"Drama\",\"Romance\"]"),
        json!(["Drama (primary)", "Romance"]),
    ] {
        let (found, _) = at(Category::BasicInfo, json!({ "genres": sent }), "/genres");
        assert_eq!(found, Some(json!(["Drama", "Romance"])), "{sent}");
    }
}

#[test]
fn latex_backslashes_are_kept_in_repaired_json() {
    let text = r#"{"text": "It is \(\sqrt{2}\) or $\frac{1}{2}\times\theta$,\nand more."}"#;
    let read = reelport::document::read::lenient::read(text.as_bytes()).unwrap();
    assert_eq!(read.value["text"], "It is (\\sqrt{2}) or $\\frac{1}{2}\\times\\theta$,\nand more.");
    assert!(read.warnings.iter().any(|warning| warning.message.contains(r"\frac")));
}

on_both_databases! {
    async fn zero_in_typed_input_is_kept(app: TestApp) {
        let admin = app.movie("m").await;
        let reply = admin
            .graphql(
                "mutation($input: ImportCategoryInput!) {
                    importCategory(input: $input) { userErrors { path code } }
                }",
                json!({ "input": { "movieId": "m", "data": { "basicInfo": { "runtime": 0 } } } }),
            )
            .await;
        assert_eq!(
            reply["data"]["importCategory"]["userErrors"],
            json!([{ "path": "/runtime", "code": "OUT_OF_RANGE" }])
        );
        let reply = admin.import("m", "basic_info", json!({ "runtime": 0, "budget": 0 })).await;
        assert_eq!((reply.status, reply.json()["status"].as_str()), (200, Some("unchanged")));
    }

    async fn a_refusal_lists_what_a_model_has_to_correct(app: TestApp) {
        let admin = app.movie("m").await;
        let wrong = json!({ "events": [{ "date": "03/04/1999", "title": "It rained" }] });
        let reply = admin.import("m", "timeline", wrong.clone()).await;
        assert_eq!(reply.status, 422);
        let hint = reply.json()["repair_hint"].as_str().unwrap_or_default().to_owned();
        for part in ["timeline of the movie m", "/events/0/date", "YYYY-MM-DD", "\"events\":[{"] {
            assert!(hint.contains(part), "{part}: {hint}");
        }
        let document = envelope("m", "timeline", wrong).to_string();
        let query = "mutation($input: ImportDocumentInput!) {
            importDocument(input: $input) { status repairHint }
        }";
        let variables =
            json!({ "input": { "movieId": "m", "category": "TIMELINE", "document": document } });
        let answered = admin.graphql(query, variables).await;
        assert_eq!(answered["data"]["importDocument"]["repairHint"], json!(hint));
        let right = json!({ "events": [{ "date": "1999-04-03", "title": "It rained" }] });
        let reply = admin.import("m", "timeline", right).await;
        assert_eq!((reply.status, reply.json().get("repair_hint")), (200, None));
    }

    async fn the_clean_option_removes_markup(app: TestApp) {
        let admin = app.movie("m").await;
        let file = envelope("m", "trivia", json!({ "items": [{ "text": "It **rained**.[1]" }] }));
        let reply = admin.import_envelope("m", "trivia", "?clean=true", &file).await;
        assert_eq!(reply.json()["plan"]["warnings"][0]["code"], "MARKUP_IN_TEXT");
        let stored = admin.export("m", "trivia").await;
        assert_eq!(stored["data"]["items"][0]["text"], "It rained.");
    }
}
