//! Tests for repairs with their warnings, and for refusals with their positions.

use serde_json::{Value, json};

use super::{MAX_VALUES, read, read_within};
use crate::document::WarningCode::{DuplicateKey, Elided, SyntaxRepaired};
use crate::document::budget::WorkBudget;
use crate::document::{ProblemCode, WarningCode};

/// An envelope around the text of its data.
fn around(data: &str) -> String {
    format!(r#"{{"category": "trivia", "movie_id": "m", "data": {data}}}"#)
}

#[track_caller]
fn is_read(text: &[u8], expected: &Value, warnings: &[(WarningCode, &str)]) {
    let shown = String::from_utf8_lossy(text);
    let lenient = read(text).unwrap_or_else(|problem| panic!("{}\n{shown}", problem.message));
    assert_eq!(&lenient.value, expected, "{shown}");
    let said: Vec<_> =
        lenient.warnings.iter().map(|warning| (warning.code, warning.path.as_str())).collect();
    assert_eq!(said, warnings, "{:?}\n{shown}", lenient.warnings);
    assert_eq!(lenient.elided, warnings.iter().any(|(code, _)| *code == Elided), "{shown}");
}

/// Asserts that data is read from an envelope, with these warnings.
#[track_caller]
fn data_is_read(data: &str, expected: &Value, warnings: &[(WarningCode, &str)]) {
    let expected = json!({ "category": "trivia", "movie_id": "m", "data": expected });
    is_read(around(data).as_bytes(), &expected, warnings);
}

fn refusal(text: impl AsRef<[u8]>) -> String {
    let text = text.as_ref();
    let problem = read(text).expect_err(&String::from_utf8_lossy(text));
    assert_eq!((problem.code, problem.path.as_str()), (ProblemCode::Unreadable, ""));
    problem.message
}

#[test]
fn valid_json_is_read_unchanged() {
    for data in [
        r#"{"items": []}"#,
        r#"{"text": "He said \"no\", // and # left\u2028\ud83d\ude00 ... “so” it's"}"#,
        r#"{"text": "```json {\"a\": 1} ```", "n": [1e3, -0.5, 12345678901234567890, true, null]}"#,
        " {\t\"a\"\r\n:\n\"...\" } ",
    ] {
        data_is_read(data, &serde_json::from_str(data).unwrap(), &[]);
    }
}

#[test]
fn syntax_errors_are_repaired_with_a_warning() {
    for (data, expected, warnings) in [
        ("{\"a\": 1,}", json!({ "a": 1 }), vec![(SyntaxRepaired, "")]),
        (
            "{\"a\": [1, 2,], \"b\": 3}",
            json!({ "a": [1, 2], "b": 3 }),
            vec![(SyntaxRepaired, "/a")],
        ),
        (
            "{\"a\": [1,, 2], \"b\": 3}",
            json!({ "a": [1, 2], "b": 3 }),
            vec![(SyntaxRepaired, "/a")],
        ),
        ("{\"a\": 1 // it is\n}", json!({ "a": 1 }), vec![(SyntaxRepaired, "")]),
        ("{\"a\": /* one */ 1}", json!({ "a": 1 }), vec![(SyntaxRepaired, "/a")]),
        ("{\"a\": 1\n# it is\n}", json!({ "a": 1 }), vec![(SyntaxRepaired, "")]),
        ("{\"a\": 1\n \"b\": 2}", json!({ "a": 1, "b": 2 }), vec![(SyntaxRepaired, "")]),
        ("{'a': 'b'}", json!({ "a": "b" }), vec![(SyntaxRepaired, ""), (SyntaxRepaired, "/a")]),
        ("{\"a\": 'it's \"so\"'}", json!({ "a": "it's \"so\"" }), vec![(SyntaxRepaired, "/a"); 2]),
        (
            "{\"a\": ['a's b', 'c']}",
            json!({ "a": ["a's b", "c"] }),
            vec![(SyntaxRepaired, "/a/0"), (SyntaxRepaired, "/a/0"), (SyntaxRepaired, "/a/1")],
        ),
        ("{“a”: “b”}", json!({ "a": "b" }), vec![(SyntaxRepaired, ""), (SyntaxRepaired, "/a")]),
        (
            "{\"a\": „b“, \"c\": ‘d’}",
            json!({ "a": "b", "c": "d" }),
            vec![(SyntaxRepaired, "/a"), (SyntaxRepaired, "/c")],
        ),
        ("{a_b: 1, c-d: 2}", json!({ "a_b": 1, "c-d": 2 }), vec![(SyntaxRepaired, ""); 2]),
        (
            "{\"a\": True, \"b\": None}",
            json!({ "a": true, "b": null }),
            vec![(SyntaxRepaired, "/a"), (SyntaxRepaired, "/b")],
        ),
        (
            "{\"a\": NaN, \"b\": -Infinity}",
            json!({ "a": null, "b": null }),
            vec![(SyntaxRepaired, "/a"), (SyntaxRepaired, "/b")],
        ),
        ("{\"a\": undefined}", json!({ "a": null }), vec![(SyntaxRepaired, "/a")]),
        (
            "{\"a\": +7, \"b\": .5, \"c\": 5.}",
            json!({ "a": 7, "b": 0.5, "c": 5.0 }),
            vec![(SyntaxRepaired, "/a"), (SyntaxRepaired, "/b"), (SyntaxRepaired, "/c")],
        ),
        (
            "{\"a\": 63_000_000, \"b\": 007, \"c\": 0x1F}",
            json!({ "a": 63_000_000, "b": 7, "c": 31 }),
            vec![(SyntaxRepaired, "/a"), (SyntaxRepaired, "/b"), (SyntaxRepaired, "/c")],
        ),
        (
            "{\"a\": \"one\ntwo\ttabs\"}",
            json!({ "a": "one\ntwo\ttabs" }),
            vec![(SyntaxRepaired, "/a")],
        ),
        (
            "{\"a\": \"He said \"no\" to me.\", \"b\": 1}",
            json!({ "a": "He said \"no\" to me.", "b": 1 }),
            vec![(SyntaxRepaired, "/a")],
        ),
        (
            "{\"a\": \"A 12\" model\"\n}",
            json!({ "a": "A 12\" model" }),
            vec![(SyntaxRepaired, "/a")],
        ),
        (
            "{\"a\": “The “Tide””, \"b\": \"c\"\u{a0}}",
            json!({ "a": "The “Tide”", "b": "c" }),
            vec![(SyntaxRepaired, "/a"), (SyntaxRepaired, "/a"), (SyntaxRepaired, "")],
        ),
        (r#"{"a": "it\'s \*so\*"}"#, json!({ "a": "it's *so*" }), vec![(SyntaxRepaired, "/a"); 2]),
        (r#"{"a": "C:\movies"}"#, json!({ "a": "C:\\movies" }), vec![(SyntaxRepaired, "/a")]),
        (r#"{"a": 'Am\xe9lie'}"#, json!({ "a": "Amélie" }), vec![(SyntaxRepaired, "/a"); 2]),
        (r#"{"a": "\ud83d!"}"#, json!({ "a": "\u{FFFD}!" }), vec![(SyntaxRepaired, "/a")]),
        ("{\"a\":\u{a0}1}", json!({ "a": 1 }), vec![(SyntaxRepaired, "/a")]),
        ("{\"a\": 1, \"a\": 2}", json!({ "a": 2 }), vec![(DuplicateKey, "/a")]),
        (
            "{\"a\": [{\"x\": [1], \"x\": [2]}]}",
            json!({ "a": [{ "x": [2] }] }),
            vec![(DuplicateKey, "/a/0/x")],
        ),
        ("{\"a\": 1, \"a\": 1}", json!({ "a": 1 }), vec![]),
        ("{\"a/b~\": [1,]}", json!({ "a/b~": [1] }), vec![(SyntaxRepaired, "/a~1b~0")]),
        ("{\"a\": [1, ...]}", json!({ "a": [1] }), vec![(Elided, "/a")]),
        ("{\"a\": [1,\n ... 12 more\n]}", json!({ "a": [1] }), vec![(Elided, "/a")]),
        ("{\"a\": [1 // ... and so on\n]}", json!({ "a": [1] }), vec![(Elided, "/a")]),
        (
            "{\"a\": [1] /* the remaining fields are unchanged */}",
            json!({ "a": [1] }),
            vec![(Elided, "")],
        ),
        ("{\"a\": [...]}", json!({ "a": [] }), vec![(Elided, "/a")]),
        ("{…}", json!({}), vec![(Elided, "")]),
    ] {
        data_is_read(data, &expected, &warnings);
    }
}

#[test]
fn text_around_a_document_is_skipped_with_a_warning() {
    let document = around("{}");
    let value: Value = serde_json::from_str(&document).unwrap();
    for text in [
        format!("\u{feff}{document}"),
        format!("```json\n{document}\n```"),
        format!("~~~\n{document}\n~~~\n"),
        format!(
            "Here is {{the updated}} file, of the form {{}}:\n\n```\n{document}\n```\nIs there \
             anything else? {{ }}"
        ),
        format!("{document}\n{document}"),
        format!("[{document}]"),
        Value::from(document.clone()).to_string(),
    ] {
        is_read(text.as_bytes(), &value, &[(SyntaxRepaired, "")]);
    }
    // All at once, each with its warning.
    let text =
        Value::from("{category: 'trivia', \"movie_id\": \"m\", data: {a: [1,]}}").to_string();
    let expected = json!({ "category": "trivia", "movie_id": "m", "data": { "a": [1] } });
    is_read(
        format!("\u{feff}{text}").as_bytes(),
        &expected,
        &[
            (SyntaxRepaired, ""),
            (SyntaxRepaired, ""),
            (SyntaxRepaired, ""),
            (SyntaxRepaired, ""),
            (SyntaxRepaired, ""),
            (SyntaxRepaired, ""),
            (SyntaxRepaired, "/a"),
        ],
    );
}

#[test]
fn text_in_a_recognisable_encoding_is_read() {
    let expected = json!({ "data": { "a": "Amélie – “so”" } });
    is_read(
        b"{\"data\": {\"a\": \"Am\xe9lie \x96 \x93so\x94\"}}",
        &expected,
        &[(SyntaxRepaired, "")],
    );
    // Also with Windows-1252 quotation marks.
    let warnings = [(SyntaxRepaired, ""), (SyntaxRepaired, ""), (SyntaxRepaired, "/a")];
    is_read(
        b"{\x93data\x94: {\x93a\x94: \x93caf\xe9\x94}}",
        &json!({ "data": { "a": "café" } }),
        &warnings,
    );
    for big in [false, true] {
        let units = format!("\u{feff}{expected}").encode_utf16().collect::<Vec<_>>();
        let bytes: Vec<u8> = units
            .iter()
            .flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
            .collect();
        is_read(&bytes, &expected, &[(SyntaxRepaired, "")]);
    }
    // A text that is UTF-8 except for one byte is not read in another encoding: every non-ASCII
    // letter would change.
    for damaged in [
        &b"{\n\"data\": {\"a\": \"Am\xc3\xa9lie caf\xe9\"}}"[..],
        b"{\n\"data\": {\"a\": \"\x83\x8d\x81[\"}}",
    ] {
        assert!(refusal(damaged).ends_with("(line 2)"), "{}", refusal(damaged));
    }
}

#[test]
fn ambiguous_text_is_refused_with_its_position() {
    for (text, reason) in [
        // The missing part would count as removed.
        (
            around(r#"{"items": [{"text": "A"}, {"text": "B"#).trim_end_matches('}'),
            "the text ends in the middle of a string, so the document is incomplete (line 1, \
             column 86, at /data/items/1/text); send the complete document, or only what \
             changes, one list at a time",
        ),
        (
            r#"{"category": "trivia", "data": {"runtime": 13"#,
            "the text ends in the middle of the document, so the document is incomplete (line 1, \
             column 46, at /data/runtime); send the complete document, or only what changes, one \
             list at a time",
        ),
        (
            "```json\n{\"data\": {\"items\": [\n  {\"text\": \"A\"},\n```",
            "found \"```\"; allowed is a JSON value (line 4, column 1, at /data/items/1)",
        ),
        (
            "{\"data\": {\"items\": [{\"text\": \"A\"}",
            "the text ends in the middle of a list, so the document is incomplete (line 1, \
             column 34, at /data/items); send the complete document, or only what changes, one \
             list at a time",
        ),
        (
            "{\"data\": {\"items\": []}",
            "the text ends in the middle of an object, so the document is incomplete (line 1, \
             column 23); send the complete document, or only what changes, one list at a time",
        ),
        (
            "{\"data\": {} /* not closed",
            "the text ends in the middle of a comment, so the document is incomplete (line 1, \
             column 26); send the complete document, or only what changes, one list at a time",
        ),
        (
            "{\"dat",
            "the text ends in the middle of a string, so the document is incomplete (line 1, \
             column 6); send the complete document, or only what changes, one list at a time",
        ),
        (
            "{\"data\": {\"a\": \"\\u00",
            "the text ends in the middle of a string, so the document is incomplete (line 1, \
             column 21, at /data/a); send the complete document, or only what changes, one list \
             at a time",
        ),
        // Two documents that differ.
        (
            "Before:\n{\"data\": {\"a\": 1}}\nAfter:\n{\"data\": {\"a\": 2}}",
            "the text contains several documents, and it is not clear which is meant: line 2 \
             \"{\\\"data\\\": {\\\"a\\\": 1}}\", line 4 \"{\\\"data\\\": {\\\"a\\\": 2}}\"; send \
             one of them alone, or all of them as one",
        ),
        (
            "{\"data\": {\"a\": 1}}, \"b\": 2}",
            "the text continues after the end of the document: a bracket is closed too early \
             (line 1, column 19)",
        ),
        // Invalid values.
        (
            "{\"category\": trivia, \"data\": {\"items\": []}}",
            "found \"trivia,\"; allowed is a JSON value (line 1, column 14, at /category)",
        ),
        (
            "{\"data\": {\"a\": 1999-10-15}}",
            "found \"1999-10-15}}\"; allowed is a JSON value (line 1, column 16, at /data/a)",
        ),
        (
            "{\"a\": 1, \"data\": {\"b\": $3.99}}",
            "found \"$3.99}}\"; allowed is a JSON value (line 1, column 24, at /data/b)",
        ),
        (
            "{\"a\": 1, \"data\": {\"b\": 1,299}}",
            "found \"299}}\"; allowed is a key in quotation marks (line 1, column 26, at /data)",
        ),
        (
            "{\"a\": 1, \"b\" 2}",
            "found \"2}\"; allowed is a colon after the key \"b\" (line 1, column 14, at /b)",
        ),
        (
            "{\"a\": 1, \"b\": [1 2]}",
            "found \"2]}\"; allowed is a comma or ] (line 1, column 18, at /b)",
        ),
        (
            "{\"a\": 1, \"b\": [1}",
            "found \"}\"; allowed is a comma or ] (line 1, column 17, at /b)",
        ),
        (
            "{\"a\": 1, \"b\": \"\\uZZZZ\"}",
            "found an escape without its 4 hexadecimal digits (line 1, column 18, at /b)",
        ),
        // Strings with unescaped quotation marks and an ambiguous end.
        (
            "{\"a\": 1, \"b\": [\"He said \"no\", \"maybe\" and left.\"]}",
            "a quotation mark in \"He said \\\"no\" is not escaped, and it is not clear where \
             the text ends (line 1, column 29, at /b/0)",
        ),
        (
            "{\"a\": 1, \"b\": [\"c\" \"d\", \"e\"]}",
            "a quotation mark in \"c\\\" \\\"d\" is not escaped, and it is not clear where the \
             text ends (line 1, column 23, at /b/0)",
        ),
        // Texts without a document.
        (
            "| date | title |\n| --- | --- |\n| 1999 | Release |",
            "the text contains no object; it is a Markdown table, \"| date | title |\"; send the \
             document as JSON: an object with category, movie_id and data",
        ),
        (
            "I could not find that movie.",
            "the text contains no object; it is plain text, \"I could not find that movie.\"; \
             send the document as JSON: an object with category, movie_id and data",
        ),
        (
            "",
            "the text is empty; send the document as JSON: an object with category, movie_id and \
             data",
        ),
        (
            "category: trivia\nmovie_id: m\ndata:\n  items: []",
            "the text contains no object; it is YAML, \"category: trivia\"; send the document as \
             JSON: an object with category, movie_id and data",
        ),
    ] {
        let said = refusal(text);
        let said = said.strip_prefix("the document is not JSON: ").unwrap_or(&said);
        assert_eq!(said, reason, "{text}");
    }
    let nested = format!("{{\"data\": {}1{}}}", "{\"a\": [".repeat(100), "]}".repeat(100));
    assert!(refusal(nested).contains("nested more than 128 levels deep"));
    let braces = format!("{}{}", "{} ".repeat(60), around("{}"));
    assert!(refusal(braces).contains("too many brackets"));
}

/// The work that reading a text takes.
fn steps(text: &str) -> u64 {
    let budget = WorkBudget::unlimited();
    let _ = read_within(text.as_bytes(), &budget);
    budget.spent()
}

/// Makes a text of a given size.
type Make = Box<dyn Fn(usize) -> String>;

#[test]
fn work_is_linear_in_the_length_of_the_text() {
    let repeated = |start: &'static str, part: &'static str, end: &'static str| {
        move |count: usize| format!("{start}{}{end}", part.repeat(count))
    };
    let hostile: Vec<(&str, Make)> = vec![
        ("empty lists", Box::new(repeated("[", "[],", "[]]"))),
        ("empty objects", Box::new(repeated("[", "{},", "{}"))),
        ("empty strings", Box::new(repeated("{\"a\": [", "\"\",", ""))),
        ("open braces", Box::new(repeated("", "{", ""))),
        ("open lists of objects", Box::new(repeated("", "[{", ""))),
        ("braces in prose", Box::new(repeated("", "a {b} c [{d ", ""))),
        ("braces apart", Box::new(repeated("", "so {much text stands between these ", ""))),
        ("fences", Box::new(repeated("", "```json\n", "{\"a\": 1"))),
        ("an open string", Box::new(repeated("{\"a\": \"", "word ", ""))),
        ("quotation marks", Box::new(repeated("{\"a\": \"", "so \"it\" is ", ""))),
        ("quotation marks and spaces", Box::new(repeated("{\"a\": \"", "x \"    ", "\"}"))),
        ("escapes", Box::new(repeated("{\"a\": \"", "\\q", "\"}"))),
        ("open comments", Box::new(repeated("{\"a\": 1 ", "/* ", ""))),
        ("comments", Box::new(repeated("{", "/* x */", "\"a\": 1,}"))),
        ("line comments", Box::new(repeated("{", "// x\n", "\"a\": 1,}"))),
        ("marks of omission", Box::new(repeated("{\"a\": [1", ", ...\n", "]}"))),
        ("commas", Box::new(repeated("{\"a\": [1", ",", "]}"))),
        ("numbers behind a comment", Box::new(repeated("[//\n", "1, ", "x"))),
        ("a long key", Box::new(repeated("{\"", "key", "\": 1,}"))),
        ("the same key", Box::new(repeated("{", "\"a\": 1,\n", "}"))),
        ("bare keys", Box::new(repeated("{", "a: b,\n", "}"))),
        ("blanks", Box::new(repeated("{\"a\": 1", "\u{a0}", ",}"))),
        ("text in a string", Box::new(repeated("\"{", "\\\"a\\\":1,", "}\""))),
    ];
    for (name, text) in hostile {
        let (one, two) = (steps(&text(2_000)), steps(&text(4_000)));
        assert!(two * 10 <= (one + 20) * 22, "{name}: {one} steps, then {two}");
    }
}

#[test]
fn too_many_values_are_refused() {
    let text = |part: &str, count: usize| format!("{{\"data\": [{}1]}}", part.repeat(count));
    for (part, count) in [("1,", MAX_VALUES), ("{},", MAX_VALUES / 5), ("[[]],", MAX_VALUES / 2)] {
        for ending in ["", ",,"] {
            let text = text(part, count) + ending;
            let problem = read(text.as_bytes()).unwrap_err();
            assert_eq!(problem.code, ProblemCode::TooLong, "{part} {ending}: {}", problem.message);
        }
        assert!(read(text(part, count / 2).as_bytes()).is_ok(), "{part}");
    }
}
