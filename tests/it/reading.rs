//! Properties of lenient reading: valid JSON is unchanged, damaged JSON is repaired, and reading a
//! result again gives the same.

use std::time::{Duration, Instant};

use proptest::collection::vec;
use proptest::prelude::*;
use reelport::document::proposal::{ConflictPolicy, NullPolicy};
use reelport::document::read::lenient;
use reelport::document::read::parse::{ParseOptions, parse};
use reelport::document::{Category, WarningCode};
use serde_json::{Value, json};

use crate::support::damage::damaged;
use crate::support::generate::{arbitrary_json, data, of_any_category};
use crate::support::pure::{ImportSettings, MERGE, REPLACE, World, through_text};
use crate::support::{envelope, fixtures};

/// An envelope around arbitrary data.
fn document() -> impl Strategy<Value = Value> {
    of_any_category(arbitrary_json)
        .prop_map(|(category, data)| through_text(&envelope("m", category.as_str(), data)))
}

/// Text made of fragments of JSON and similar formats.
fn fragments() -> impl Strategy<Value = String> {
    let fragment = prop_oneof![
        4 => proptest::sample::select(vec![
            "{", "}", "[", "]", ",", ":", "\"", "'", "“", "”", "\\", "\\u", "\\ud83d", "//", "/*", "*/", "#", "\n", "...", "…", "```",
            "null", "NaN", "True", "-", "1", "1e999", "0x", "\"data\":", "\"a\":", "\u{feff}", "\u{a0}",
        ]).prop_map(str::to_owned),
        1 => any::<String>(),
    ];
    vec(fragment, 0..40).prop_map(|fragments| fragments.concat())
}

proptest! {
    #[test]
    fn valid_json_is_read_unchanged(value in document()) {
        for text in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
            let read = lenient::read(text.as_bytes()).unwrap();
            prop_assert_eq!(&read.value, &value);
            prop_assert_eq!((read.warnings, read.elided), (vec![], false));
        }
    }

    #[test]
    fn damaged_json_is_repaired(value in document(), choices in vec(any::<u8>(), 1..200)) {
        let text = damaged(&value, &choices);
        let read = lenient::read(text.as_bytes())
            .map_err(|problem| TestCaseError::fail(format!("{}\n{text}", problem.message)))?;
        prop_assert_eq!(&read.value, &value, "{}", text);
        // Each repair is a warning with a valid path.
        prop_assert_eq!(
            read.warnings.is_empty(),
            serde_json::from_str::<Value>(&text).is_ok_and(|read| read == value),
            "{}",
            text
        );
        prop_assert!(!read.elided);
        for warning in &read.warnings {
            prop_assert!(
                warning.path.is_empty()
                    || warning.path.len() >= 300
                    || value["data"].pointer(&warning.path).is_some(),
                "{:?}\n{}",
                warning,
                text
            );
        }
    }

    #[test]
    fn reading_the_result_again_changes_nothing(text in prop_oneof![
        fragments(),
        (document(), vec(any::<u8>(), 1..60)).prop_map(|(value, choices)| damaged(&value, &choices)),
    ]) {
        if let Ok(read) = lenient::read(text.as_bytes()) {
            let again = lenient::read(read.value.to_string().as_bytes()).unwrap();
            prop_assert_eq!(&again.value, &read.value, "{}", text);
            prop_assert_eq!(again.warnings, vec![], "{}", text);
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in vec(any::<u8>(), 0..200), fragments in fragments()) {
        let _ = lenient::read(&bytes);
        let _ = lenient::read(&[fragments.as_bytes(), &bytes].concat());
    }

    #[test]
    fn parsing_the_result_again_changes_nothing(
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

/// List entries without content, and the code of their warning.
const EMPTY_ENTRIES: &[(&str, WarningCode)] = &[
    ("null", WarningCode::ValueRepaired),
    ("\"\"", WarningCode::ValueRepaired),
    ("\"N/A\"", WarningCode::ValueRepaired),
    ("\"...\"", WarningCode::Elided),
    ("\"[… 12 more]\"", WarningCode::Elided),
];

#[test]
fn empty_list_entries_are_skipped_without_shifting_paths() {
    for (empty, code) in EMPTY_ENTRIES {
        let empty: Value = serde_json::from_str(empty).unwrap();
        let reading = parse(
            Category::Trivia.definition(),
            json!({ "items": ["A", empty, { "text": "B", "spoiler": "perhaps" }] }),
            ParseOptions::default(),
        );
        let paths: Vec<&str> =
            reading.problems.iter().map(|problem| problem.path.as_str()).collect();
        assert_eq!(paths, ["/items/2/spoiler"]);
        let warning = &reading.warnings[1];
        assert_eq!((warning.path.as_str(), warning.code), ("/items/1", *code));
        assert_eq!(reading.elided, *code == WarningCode::Elided);
        // The path of a new name is its position in the file.
        let world = World::with(Category::BasicInfo, &json!({ "title": "A", "genres": ["Drama"] }));
        let plan = world.plan(&json!({ "genres": ["drama", empty, "Noir"] }), MERGE).unwrap();
        assert_eq!(plan.report.matches[0].path, "/genres/2");
        assert_eq!(Value::Object(plan.data)["genres"], json!(["Drama", "Noir"]));
    }
}

#[test]
fn a_list_of_empty_entries_removes_nothing() {
    for (category, data) in fixtures::all_categories() {
        let world = World::with(category.parse().unwrap(), &data);
        for (name, value) in data.as_object().unwrap() {
            for (empty, code) in EMPTY_ENTRIES {
                let empty: Value = serde_json::from_str(empty).unwrap();
                let sent = if value.is_array() { json!([empty, empty]) } else { empty.clone() };
                for mode in [MERGE, REPLACE] {
                    for sent in [&sent, &empty] {
                        // Null for the whole field follows the null policy.
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
                            // An abbreviated list must not remove the remaining items.
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
fn keys_are_read_in_any_case() {
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
fn reading_time_is_bounded() {
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
        // Alone, within an unfinished document, and within an unfinished string.
        let _ = lenient::read(repeated(unit).as_bytes());
        let _ = lenient::read(format!("{{\"data\": {{\"a\": 1, {}}}}}", repeated(unit)).as_bytes());
        let _ =
            lenient::read(format!("{{\"data\": {{\"a\": [1, '{}'}}}}", repeated(unit)).as_bytes());
    }
    // Long keys with many repairs: the path must not be copied for each of them.
    let items = "{'b': 1,},".repeat(LENGTH / 20);
    let read = lenient::read(
        format!("{{\"data\": {{\"{}\": [{items}]}}}}", "a".repeat(LENGTH / 2)).as_bytes(),
    )
    .unwrap();
    assert!(read.warnings.iter().map(|warning| warning.path.len()).sum::<usize>() < LENGTH);
    assert!(started.elapsed() < Duration::from_mins(1), "{:?}", started.elapsed());
}
