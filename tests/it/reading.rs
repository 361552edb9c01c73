//! Lenient reading, as properties: what is right stays as it is, what is damaged is read as what it
//! was, and what was read is read the same again.

use std::time::{Duration, Instant};

use proptest::collection::vec;
use proptest::prelude::*;
use reelport::document::merge::{ConflictPolicy, NullPolicy};
use reelport::document::read::lenient;
use reelport::document::read::parse::{ParseOptions, parse};
use reelport::document::{Category, WarningCode};
use serde_json::{Value, json};

use crate::support::damage::damaged;
use crate::support::generate::{arbitrary_json, data, of_any_category};
use crate::support::pure::{ImportSettings, MERGE, REPLACE, World, through_text};
use crate::support::{envelope, fixtures};

/// An envelope around anything.
fn document() -> impl Strategy<Value = Value> {
    of_any_category(arbitrary_json)
        .prop_map(|(category, data)| through_text(&envelope("m", category.as_str(), data)))
}

/// Text that JSON and what is like it are made of.
fn scraps() -> impl Strategy<Value = String> {
    let scrap = prop_oneof![
        4 => proptest::sample::select(vec![
            "{", "}", "[", "]", ",", ":", "\"", "'", "“", "”", "\\", "\\u", "\\ud83d", "//", "/*", "*/", "#", "\n", "...", "…", "```",
            "null", "NaN", "True", "-", "1", "1e999", "0x", "\"data\":", "\"a\":", "\u{feff}", "\u{a0}",
        ]).prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    vec(scrap, 0..40).prop_map(|scraps| scraps.concat())
}

proptest! {
    #[test]
    fn what_is_right_stays_as_it_is(value in document()) {
        for text in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
            let read = lenient::read(text.as_bytes()).unwrap();
            prop_assert_eq!(&read.value, &value);
            prop_assert_eq!((read.warnings, read.elided), (vec![], false));
        }
    }

    #[test]
    fn what_was_damaged_is_read_as_what_it_was(value in document(), choices in vec(any::<u8>(), 1..200)) {
        let text = damaged(&value, &choices);
        let read = lenient::read(text.as_bytes()).map_err(|problem| TestCaseError::fail(format!("{}\n{text}", problem.message)))?;
        prop_assert_eq!(&read.value, &value, "{}", text);
        // Each repair is said, and said of a place in the data.
        prop_assert_eq!(read.warnings.is_empty(), serde_json::from_str::<Value>(&text).is_ok_and(|read| read == value), "{}", text);
        prop_assert!(!read.elided);
        for warning in &read.warnings {
            prop_assert!(warning.path.is_empty() || warning.path.len() >= 300 || value["data"].pointer(&warning.path).is_some(), "{:?}\n{}", warning, text);
        }
    }

    #[test]
    fn whatever_was_read_is_read_the_same_again(text in prop_oneof![
        scraps(),
        (document(), vec(any::<u8>(), 1..60)).prop_map(|(value, choices)| damaged(&value, &choices)),
    ]) {
        if let Ok(read) = lenient::read(text.as_bytes()) {
            let again = lenient::read(read.value.to_string().as_bytes()).unwrap();
            prop_assert_eq!(&again.value, &read.value, "{}", text);
            prop_assert_eq!(again.warnings, vec![], "{}", text);
        }
    }

    #[test]
    fn whatever_the_bytes_are_they_are_read_or_refused(bytes in vec(any::<u8>(), 0..200), scraps in scraps()) {
        let _ = lenient::read(&bytes);
        let _ = lenient::read(&[scraps.as_bytes(), &bytes].concat());
    }

    #[test]
    fn data_that_was_understood_is_understood_the_same_again(
        (category, data) in of_any_category(|category| prop_oneof![arbitrary_json(category), data(category)]),
    ) {
        let reading = parse(category.definition(), through_text(&data), ParseOptions::default());
        if !reading.problems.is_empty() {
            return Ok(());
        }
        let read = Value::Object(reading.data);
        let again = parse(category.definition(), through_text(&read), ParseOptions::default());
        prop_assert_eq!(again.problems, vec![]);
        prop_assert_eq!(Value::Object(again.data), read);
    }
}

/// What a list may hold that says nothing, and what is warned of.
const NOTHING: &[(&str, WarningCode)] = &[
    ("null", WarningCode::ValueRepaired),
    ("\"\"", WarningCode::ValueRepaired),
    ("\"N/A\"", WarningCode::ValueRepaired),
    ("\"...\"", WarningCode::Elided),
    ("\"[… 12 more]\"", WarningCode::Elided),
];

#[test]
fn what_says_nothing_in_a_list_is_skipped_and_the_others_keep_their_places() {
    for (nothing, code) in NOTHING {
        let nothing: Value = serde_json::from_str(nothing).unwrap();
        let reading = parse(
            Category::Trivia.definition(),
            json!({ "items": ["A", nothing, { "text": "B", "spoiler": "perhaps" }] }),
            ParseOptions::default(),
        );
        let paths: Vec<&str> =
            reading.problems.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!(paths, ["/items/2/spoiler"]);
        let warning = &reading.warnings[1];
        assert_eq!((warning.path.as_str(), warning.code), ("/items/1", *code));
        assert_eq!(reading.elided, *code == WarningCode::Elided);
        // A new name is matched where it stands in the file.
        let world = World::with(Category::BasicInfo, &json!({ "title": "A", "genres": ["Drama"] }));
        let plan = world.plan(&json!({ "genres": ["drama", nothing, "Noir"] }), MERGE).unwrap();
        assert_eq!(plan.report.matches[0].path, "/genres/2");
        assert_eq!(Value::Object(plan.data)["genres"], json!(["Drama", "Noir"]));
    }
}

#[test]
fn a_list_of_nothing_but_not_known_empties_no_list() {
    for (category, data) in fixtures::all_categories() {
        let world = World::with(category.parse().unwrap(), &data);
        for (name, value) in data.as_object().unwrap() {
            for (nothing, code) in NOTHING {
                let nothing: Value = serde_json::from_str(nothing).unwrap();
                let sent =
                    if value.is_array() { json!([nothing, nothing]) } else { nothing.clone() };
                for mode in [MERGE, REPLACE] {
                    for sent in [&sent, &nothing] {
                        // Null as a whole is another matter.
                        let nulls = NullPolicy::Keep;
                        let how =
                            ImportSettings { nulls, on_conflict: ConflictPolicy::Fail, ..mode };
                        match world.plan(&json!({ name: sent }), how) {
                            Ok(plan) => {
                                assert_eq!(
                                    plan.report.changes.len(),
                                    0,
                                    "{category} {name} {sent}"
                                );
                            }
                            // What shows not all is no ground to remove the rest.
                            Err(problems) => assert!(
                                *code == WarningCode::Elided
                                    && value.is_array()
                                    && problems[0].path.is_empty(),
                                "{category} {name} {sent}: {problems:?}"
                            ),
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn a_key_in_another_case_is_the_key_it_is() {
    let sent = json!({ "imdbID": "tt0000001", "Release Date": "1999-10-15", "TITLE": "A", "site-score": 7 });
    let reading = parse(
        Category::BasicInfo.definition(),
        sent,
        ParseOptions { strict: true, ..ParseOptions::default() },
    );
    assert_eq!(reading.problems, vec![]);
    let expected = json!({ "imdb_id": "tt0000001", "release_date": "1999-10-15", "title": "A", "site_score": 7 });
    assert_eq!(Value::Object(reading.data), expected);
    let renamed = reading.warnings.iter().all(|warning| warning.code == WarningCode::FieldRenamed);
    assert!(renamed && reading.warnings.len() == 4, "{:?}", reading.warnings);
}

#[test]
fn no_text_takes_long() {
    const LENGTH: usize = 1 << 18;
    let repeated = |unit: &str| unit.repeat(LENGTH / unit.len());
    let started = Instant::now();
    let units =
        r#"{ [ [{ ` // /* " ' \ {" {"a": [{"a":[ {a: {// {' ", ... …, # } {"a":"\ {"a":1, ” {,"#;
    let with_blanks = [
        "{\n",
        " ",
        "[ ",
        "{} ",
        "\" ",
        "\"  ,",
        "\u{feff}",
        "\u{a0}",
        "{\"a\":1 ",
        "<think>",
        "</think>",
        "<think> {",
        "{</think>\n",
        "<|channel|>analysis",
        "[/INST]{",
        "<|user|>",
        "```yaml\n",
        "```",
        "[\"",
        "\n[\"a\"]",
        "{\"text\":\"a\"}\n",
        "{\\\"",
        "{&quot;",
        "\"{\\\"",
        "\"\"\"",
        "a = [{\"b\": 1}]\n",
        "+ {\"a\": 1}\n",
    ];
    for unit in units.split(' ').chain(with_blanks) {
        // Alone, within a document that has begun, and in a string of it.
        let _ = lenient::read(repeated(unit).as_bytes());
        let _ = lenient::read(format!("{{\"data\": {{\"a\": 1, {}}}}}", repeated(unit)).as_bytes());
        let _ =
            lenient::read(format!("{{\"data\": {{\"a\": [1, '{}'}}}}", repeated(unit)).as_bytes());
    }
    // Long keys above many repairs: a path is not copied at each of them.
    let items = "{'b': 1,},".repeat(LENGTH / 20);
    let read = lenient::read(
        format!("{{\"data\": {{\"{}\": [{items}]}}}}", "a".repeat(LENGTH / 2)).as_bytes(),
    )
    .unwrap();
    assert!(read.warnings.iter().map(|warning| warning.path.len()).sum::<usize>() < LENGTH);
    assert!(started.elapsed() < Duration::from_mins(1), "{:?}", started.elapsed());
}
