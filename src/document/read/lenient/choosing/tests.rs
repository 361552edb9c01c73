//! Tests with answers as language models write them: which part is read, and the warnings for the
//! rest.

use serde_json::{Value, json};

use crate::document::budget::WorkBudget;
use crate::document::categories::Category;
use crate::document::ids::MovieId;
use crate::document::read::envelope::{self, Expected, IncomingEnvelope};
use crate::document::read::lenient::{Lenient, Refusal, read_for};
use crate::document::schema::definition::Object;

/// Reads a text for that category of the movie `m`.
fn sent(text: &str, category: Category, stored: Option<&Object>) -> Result<Lenient, Refusal> {
    let movie: MovieId = "m".parse().unwrap();
    let expected = Expected { category: Some(category), movie: Some(&movie) };
    read_for(text.as_bytes(), expected, stored, &WorkBudget::unlimited())
}

/// The data that is read, and all warnings.
#[track_caller]
fn read(text: &str, category: Category, stored: Option<&Object>) -> (Value, Vec<String>) {
    let movie: MovieId = "m".parse().unwrap();
    let expected = Expected { category: Some(category), movie: Some(&movie) };
    let read = sent(text, category, stored)
        .unwrap_or_else(|refusal| panic!("{}\n{text}", refusal.problem.message));
    let arrived: IncomingEnvelope = envelope::read(read.value, expected, false)
        .unwrap_or_else(|problems| panic!("{problems:?}\n{text}"));
    let said = read.warnings.into_iter().chain(arrived.warnings);
    (arrived.data, said.map(|warning| warning.message).collect())
}

#[track_caller]
fn is_read(text: &str, category: Category, data: &Value) {
    let (found, said) = read(text, category, None);
    assert_eq!(&found, data, "{text}");
    assert!(!said.is_empty(), "{text}");
}

/// The message of a refusal.
#[track_caller]
fn refusal(text: &str, category: Category) -> String {
    let movie: MovieId = "m".parse().unwrap();
    let expected = Expected { category: Some(category), movie: Some(&movie) };
    match sent(text, category, None) {
        Err(refusal) => refusal.problem.message,
        Ok(read) => match envelope::read(read.value, expected, false) {
            Err(problems) => problems[0].message.clone(),
            Ok(arrived) => panic!("{:?}\n{text}", arrived.data),
        },
    }
}

fn trivia(text: &str) -> String {
    json!({ "category": "trivia", "movie_id": "m", "data": { "items": [{ "text": text }] } })
        .to_string()
}

fn one(text: &str) -> Value {
    json!({ "items": [{ "text": text }] })
}

#[test]
fn reasoning_is_not_a_document() {
    let (draft, last) = (trivia("Draft"), trivia("Last"));
    for text in [
        format!("<think>\nFirst: {draft}. No.\n</think>\n{last}"),
        format!("<think>So {draft} and {{\"items\": [</think>\n```json\n{last}\n```"),
        format!("First: {draft}. No, \"it is.\n</think>\n\n{last}"),
        format!("I start with {{\"items\": [{{\"text\": \"It was\n</think>\n{last}"),
        format!("<reasoning>{draft}</reasoning>{last}"),
        format!("[THINK]{draft}[/THINK]{last}"),
        format!("◁think▷{draft}◁/think▷{last}"),
        format!(
            "<|channel|>analysis<|message|>{draft}<|end|>\
             <|start|>assistant<|channel|>final<|message|>{last}<|return|>"
        ),
        format!("analysisSo {draft} it is.assistantfinal{last}"),
        format!("<|begin_of_thought|>{draft}<|end_of_thought|>{last}"),
        format!("<s>[INST] Improve this: {draft} [/INST] {last}</s>"),
        format!("<|im_start|>user\n{draft}<|im_end|>\n<|im_start|>assistant\n{last}<|im_end|>"),
        format!("<think>{draft}</think><answer>{last}</answer>"),
    ] {
        is_read(&text, Category::Trivia, &one("Last"));
    }
    for (text, reason) in [
        (format!("<think>\nFirst: {draft}. No."), "does not end"),
        (
            format!("<think>{draft}</think>\nI do not know of any."),
            "no document follows the reasoning",
        ),
        (format!("{draft}</think>\n"), "no document follows the reasoning"),
        (format!("<think>{draft}</think>\n| a | b |\n| - | - |"), "a Markdown table"),
    ] {
        let said = refusal(&text, Category::Trivia);
        assert!(said.contains(reason), "{said}\n{text}");
    }
}

#[test]
fn marks_in_the_texts_of_a_document_are_text() {
    for mark in
        ["<think>", "</think>", "[/INST]", "<|channel|>analysis<|message|>", "```yaml", "<answer>"]
    {
        let text = format!("The prop says {mark} twice.");
        let (data, said) = read(&trivia(&text), Category::Trivia, None);
        assert_eq!((data, said), (one(&text), vec![]), "{mark}");
        // The same holds when the document itself is repaired.
        let repaired = trivia(&text).replace("}]", ",}]");
        is_read(&format!("So:\n```json\n{repaired}\n```"), Category::Trivia, &one(&text));
    }
}

#[test]
fn the_requested_document_is_read_from_several() {
    let cast =
        r#"{"category": "cast_crew", "movie_id": "m", "data": {"cast": [{"name": "Ada Quist"}]}}"#;
    let text = format!("### Trivia\n```json\n{}\n```\n### Cast\n```json\n{cast}\n```", trivia("A"));
    let (data, said) = read(&text, Category::Trivia, None);
    assert_eq!(data, one("A"));
    assert!(said.iter().any(|said| said.contains("line 7 is cast_crew of m")), "{said:?}");
    let said = refusal(&text, Category::Awards);
    assert!(
        said.contains("trivia of m (line 3), cast_crew of m (line 7); awards of m was asked for"),
        "{said}"
    );
    // In one object, or in a list.
    for text in [
        format!("[{}, {cast}]", trivia("A")),
        concat!(
            r#"{"movie_id": "m", "trivia": {"items": [{"text": "A"}]}, "#,
            r#""cast_crew": {"cast": [{"name": "B"}]}}"#
        )
        .to_owned(),
        concat!(
            r#"{"category": "trivia", "movie_id": "m", "data": {"trivia": [{"text": "A"}], "#,
            r#""awards": [{"year": 1999}]}}"#
        )
        .to_owned(),
        concat!(
            r#"{"trivia": {"category": "trivia", "movie_id": "m", "#,
            r#""data": {"items": [{"text": "A"}]}}}"#
        )
        .to_owned(),
    ] {
        let (data, said) = read(&text, Category::Trivia, None);
        let items = data.get("items").or_else(|| data.get("trivia"));
        assert_eq!(items, Some(&json!([{ "text": "A" }])), "{text}");
        assert!(!said.is_empty(), "{text}");
    }
    let text = r#"{"cast_crew": {"cast": []}, "awards": {"awards": [{"year": 1999}]}}"#;
    assert!(refusal(text, Category::Trivia).contains("trivia was asked for"));
}

#[test]
fn parts_of_one_document_are_merged() {
    let text = "The cast:\n```json\n{\"cast\": [{\"name\": \"Ada Quist\"},]}\n```\nThe \
                crew:\n```json\n{\"crew\": [{\"name\": \"Bo Ro\", \"job\": \"Editor\"}]}\n```";
    let (data, said) = read(text, Category::CastCrew, None);
    let expected = json!({ "cast": [{ "name": "Ada Quist" }], "crew": [{ "name": "Bo Ro",
        "job": "Editor" }] });
    assert_eq!(data, expected);
    assert!(
        said.iter().any(|said| said.contains("lines 3, 7 were read as one document")),
        "{said:?}"
    );
    is_read(
        "cast = [{'name': 'Ada Quist'}]\ncrew = [{'name': 'Bo Ro', 'job': 'Editor'}]",
        Category::CastCrew,
        &expected,
    );
    is_read(
        "\"cast\": [{\"name\": \"Ada Quist\"}],\n\"crew\": [{\"name\": \"Bo Ro\", \"job\": \
         \"Editor\"}]",
        Category::CastCrew,
        &expected,
    );
    // Two values for the same list are ambiguous.
    let text = "One:\n{\"overview\": \"A sea.\"}\nTwo:\n{\"overview\": \"A tide.\"}";
    let said = refusal(text, Category::BasicInfo);
    assert!(said.contains("line 2 \"{\\\"overview\\\": \\\"A sea.\\\"}\", line 4"), "{said}");
}

#[test]
fn quotations_are_distinguished_from_changes() {
    let text = "You have:\n```json\n{\"runtime\": 102, \"language\": \"English\"}\n```\nIt \
                should be:\n```json\n{\"runtime\": 103}\n```";
    let stored = json!({ "title": "A", "runtime": 102, "language": "English" });
    let (data, said) = read(text, Category::BasicInfo, stored.as_object());
    assert_eq!(data, json!({ "runtime": 103 }));
    assert!(
        said.iter().any(|said| said.contains("line 3") && said.contains("repeats")),
        "{said:?}"
    );
    let refused = sent(text, Category::BasicInfo, None).unwrap_err();
    assert_eq!(refused.unresolved, Some(Category::BasicInfo));
    // Neither is the stored value.
    let other = json!({ "title": "A", "runtime": 99 });
    assert!(sent(text, Category::BasicInfo, other.as_object()).is_err());
    // An item that the complete document also has.
    let text = format!("I added this:\n{{\"text\": \"A\"}}\nThe whole:\n{}", trivia("A"));
    is_read(&text, Category::Trivia, &one("A"));
    // An item that the document does not have is not skipped as text.
    let text = format!("Add this:\n{{\"text\": \"B\"}}\nTo:\n{}", trivia("A"));
    assert!(refusal(&text, Category::Trivia).contains("several documents"));
    // An example within a sentence is skipped.
    let text = format!("An item looks like {{\"text\": \"B\"}}, as you know.\n{}", trivia("A"));
    is_read(&text, Category::Trivia, &one("A"));
}

#[test]
fn documents_are_unwrapped() {
    let document = trivia("A");
    let data = one("A");
    for text in [
        json!({ "type": "function", "function": { "name": "f",
            "arguments": document } })
        .to_string(),
        json!({ "tool": "f", "arguments": { "category": "trivia", "movie_id": "m",
            "data": data } })
        .to_string(),
        json!({ "choices": [{ "message": { "role": "assistant",
            "content": format!("Here:\n```json\n{document}\n```") } }] })
        .to_string(),
        json!({ "role": "assistant", "content": [{ "type": "text",
            "text": format!("<think>{}</think>{document}", trivia("B")) }] })
        .to_string(),
        json!({ "candidates": [{ "content": { "parts": [{ "text": document }] } }] }).to_string(),
        json!({ "message": { "role": "assistant", "content": document },
            "done": true })
        .to_string(),
        json!({ "movie_id": "m", "category": "trivia", "document": document }).to_string(),
        json!({ "category": "trivia", "movie_id": "m", "data": data.to_string() }).to_string(),
        format!("{}\n", Value::from(document.clone())),
        format!("const trivia = {document};\nexport default trivia;"),
        format!("import json\ndocument = json.loads({})", Value::from(document.clone())),
        format!("module.exports = {document};"),
        document.replace('"', "\\\""),
        document.replace('"', "&quot;"),
        format!("{{\"status\": \"ok\", \"updated\": {document}}}"),
        concat!(
            r#"\{"category": "trivia", "movie\_id": "m", "#,
            r#""data": \{"items": \[\{"text": "A"\}\]\}\}"#
        )
        .to_owned(),
        "export const trivia = { items: [{ text: `A` }] };".to_owned(),
        "{\"text\": \"A\"}\n".to_owned(),
        "[\"A\"]".to_owned(),
        "So:\n[\n  \"A\"\n]".to_owned(),
    ] {
        let (found, said) = read(&text, Category::Trivia, None);
        assert!(found == data || found == json!({ "items": ["A"] }), "{found}\n{text}");
        assert!(!said.is_empty(), "{text}");
    }
    let text = json!({ "role": "assistant", "content": "I do not know [that]." }).to_string();
    assert!(refusal(&text, Category::Trivia).contains("plain text"));
}

#[test]
fn items_on_separate_lines_are_a_list() {
    let text = "{\"text\": \"A\"}\n{\"text\": \"B\",}\n{\"text\": \"C\"}\n";
    let (data, said) = read(text, Category::Trivia, None);
    assert_eq!(data, json!({ "items": [{ "text": "A" }, { "text": "B" }, { "text": "C" }] }));
    assert!(said.iter().any(|said| said.contains("consecutive items")), "{said:?}");
    let read = sent(text, Category::Trivia, None).unwrap();
    assert!(read.warnings.iter().any(|warning| warning.path == "/items/1"), "{:?}", read.warnings);
    let many = "{\"text\": \"A\"}\n".repeat(80);
    let (data, _) = self::read(&many, Category::Trivia, None);
    assert_eq!(data["items"].as_array().map(Vec::len), Some(80));
}

#[test]
#[allow(clippy::too_many_lines, reason = "a table of cases")]
fn an_envelope_may_be_missing_if_the_request_supplies_its_keys() {
    for (category, text, data) in [
        (Category::BasicInfo, r#"{"runtime": 139}"#, json!({ "runtime": 139 })),
        (Category::BasicInfo, r#"["Drama", "Noir"]"#, json!({ "genres": ["Drama", "Noir"] })),
        (
            Category::BasicInfo,
            r#"{"category": "basic_info", "movie_id": "m", "version": "1.0", "runtime": 139}"#,
            json!({ "runtime": 139 }),
        ),
        (
            Category::Timeline,
            r#"{"events": [{"date": "1999", "title": "A"}]}"#,
            json!({ "events": [{ "date": "1999", "title": "A" }] }),
        ),
        (
            Category::Timeline,
            r#"[{"date": "1999", "title": "A"}, {"date": "2000", "title": "B"}]"#,
            json!({ "events": [{ "date": "1999", "title": "A" }, { "date": "2000",
                "title": "B" }] }),
        ),
        (
            Category::Timeline,
            r#"{"date": "1999", "title": "A", "category": "release"}"#,
            json!({ "events": [{ "date": "1999", "title": "A", "category": "release" }] }),
        ),
        (
            Category::Timeline,
            r#"{"category": "timeline", "movie_id": "m", "date": "1999", "title": "A"}"#,
            json!({ "events": [{ "date": "1999", "title": "A" }] }),
        ),
        (Category::Timeline, r#"{"data": {"events": []}}"#, json!({ "events": [] })),
        (
            Category::Timeline,
            concat!(
                r#"{"category": "timeline", "movie_id": "m", "data": [{"date": "1999", "#,
                r#""title": "A"}]}"#
            ),
            json!({ "events": [{ "date": "1999", "title": "A" }] }),
        ),
        (
            Category::Trivia,
            r#"{"text": "A", "category": "awards"}"#,
            json!({ "items": [{ "text": "A", "category": "awards" }] }),
        ),
        (
            Category::CastCrew,
            r#"[{"name": "A", "character": "B"}]"#,
            json!({ "cast": [{ "name": "A", "character": "B" }] }),
        ),
        (
            Category::CastCrew,
            concat!(
                r#"[{"name": "A", "job": "Gaffer", "department": "Lighting"}, {"name": "B", "#,
                r#""job": "C"}]"#
            ),
            json!({ "crew": [{ "name": "A", "job": "Gaffer", "department": "Lighting" }, {
                "name": "B", "job": "C" }] }),
        ),
        (
            Category::Streaming,
            concat!(
                r#"{"category": "streaming", "movie_id": "m", "data": {}, "#,
                r#""streaming_options": [{"platform": "A"}]}"#
            ),
            json!({ "streaming_options": [{ "platform": "A" }] }),
        ),
        (
            Category::BasicInfo,
            r#"{"kategorie": "basic_info", "film_id": "m", "daten": {"runtime": 139}}"#,
            json!({ "runtime": 139 }),
        ),
    ] {
        is_read(text, category, &data);
    }
    for (category, text, reason) in [
        (
            Category::CastCrew,
            r#"[{"name": "A"}, {"name": "B"}]"#,
            "allowed is an object with category, movie_id and data",
        ),
        (Category::CastCrew, r#"["A", "B"]"#, "found a list of 2"),
        (Category::BasicInfo, r#"{"movie_id": "other", "runtime": 139}"#, "m was asked for"),
        (
            Category::BasicInfo,
            r#"{"category": "timeline", "runtime": 139}"#,
            "basic_info was asked for",
        ),
        (
            Category::Timeline,
            "[1, 2]",
            "\"data\": {\"events\": [{\"date\": \"…\", \"title\": \"…\"}]}",
        ),
        (
            Category::Timeline,
            concat!(
                r#"{"category": "timeline", "movie_id": "m", "data": {"events": []}, "#,
                r#""proposals": [{"date": "1999", "title": "A"}]}"#
            ),
            "nothing of the document was read: \"proposals\" is beside",
        ),
    ] {
        let said = refusal(text, category);
        assert!(said.contains(reason), "{said}\n{text}");
    }
}

#[test]
fn lists_of_changes_are_read_as_items() {
    let (a, b) = (json!({ "date": "1999", "title": "A" }), json!({ "date": "2000", "title": "B" }));
    let events = json!({ "events": [a, b] });
    for text in [
        json!({ "added": [a], "modified": [b], "removed": [] }),
        json!({ "category": "timeline", "movie_id": "m", "data": { "added": [a],
            "updated": [b] } }),
        json!({ "category": "timeline", "movie_id": "m", "data": { "events": [a] },
            "new_events": [b] }),
        json!({ "category": "timeline", "movie_id": "m", "data": { "events": [a],
            "events_to_add": [b] } }),
        json!({ "category": "timeline", "movie_id": "m", "data": {}, "added": [a, b] }),
        json!({ "added": { "events": [a, b] } }),
    ] {
        is_read(&text.to_string(), Category::Timeline, &events);
    }
    is_read(r#"{"modified": {"runtime": 103}}"#, Category::BasicInfo, &json!({ "runtime": 103 }));
    for text in [
        json!({ "added": [a], "removed": [b] }),
        json!({ "category": "timeline", "movie_id": "m", "data": { "events": [a],
            "removed_events": [b] } }),
    ] {
        assert!(refusal(&text.to_string(), Category::Timeline).contains("removeItems"), "{text}");
    }
}

#[test]
fn other_forms_are_refused_with_an_example() {
    for (text, reason) in [
        ("```yaml\ncategory: timeline\ndata:\n  events: []\n```", "YAML"),
        (
            "category: timeline\nmovie_id: m\ndata:\n  events:\n    - {date: 1999, title: A}\n",
            "YAML",
        ),
        ("| date | title |\n| --- | --- |\n| 1999 | A |", "a Markdown table"),
        ("```diff\n-  \"title\": \"A\",\n+  \"title\": \"B\",\n```", "a diff"),
        (
            "  \"events\": [\n-    {\"date\": \"1999\", \"title\": \"A\"},\n+    {\"date\": \
             \"1999\", \"title\": \"B\"},\n",
            "a diff",
        ),
        ("Events:\n1. **1999:** It began.\n2. **2000:** It ended.", "a list in plain text"),
        ("I have no reliable information about that movie.", "plain text"),
        (
            "[{\"op\": \"add\", \"path\": \"/data/events/-\", \"value\": {\"title\": \"A\"}}]",
            "a JSON Patch",
        ),
        (
            "[{\"op\": \"add\", \"path\": \"/data/events/-\", \"value\": {}}, {\"op\": \
             \"remove\", \"path\": \"/data/events/0\"}]",
            "a JSON Patch",
        ),
    ] {
        let said = refusal(text, Category::Timeline);
        assert!(said.contains(reason), "{said}\n{text}");
        assert!(
            said.contains(r#"{"category": "timeline", "movie_id": "m", "data": {"events": ["#),
            "{said}"
        );
    }
    // Other forms beside a document are skipped.
    let text = format!(
        "```diff\n- {{\"text\": \"A\"}}\n+ {{\"text\": \"B\"}}\n```\n```json\n{}\n```",
        trivia("B")
    );
    is_read(&text, Category::Trivia, &one("B"));
}

#[test]
fn a_string_in_three_quotation_marks_is_read() {
    for (text, expected) in [
        (r#"{"items": [{"text": """A prop."""}]}"#, "A prop."),
        ("{\"items\": [{\"text\": '''It's\na \"prop\".'''}]}", "It's\na \"prop\"."),
        (r#"{"items": [{"text": """She said "no""""}]}"#, "She said \"no\""),
    ] {
        is_read(text, Category::Trivia, &one(expected));
    }
}
