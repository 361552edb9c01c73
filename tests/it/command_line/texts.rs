//! Texts with one or many documents as editors, shells and language models write them: the command
//! line reads what the other interfaces read, and a broken document does not prevent the others.

use std::path::Path;

use serde_json::{Value, json};

use super::{Place, all_documents};
use crate::corpus;
use crate::support::command::{reelport, run};
use crate::support::{TestApp, envelope};

fn info(movie: &str, title: &str) -> String {
    envelope(movie, "basic_info", json!({ "title": title })).to_string()
}

fn utf16(text: &str, little: bool, mark: bool) -> Vec<u8> {
    let mark = mark.then_some(0xFEFF);
    let units = mark.into_iter().chain(text.encode_utf16());
    units.flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
}

/// Imports a text and returns the stored titles by movie.
async fn titles(text: impl AsRef<[u8]>, code: i32) -> Vec<(String, String)> {
    let place = Place::new();
    let ran = place.run(&["import", &place.write("in", text)]).await;
    assert_eq!(ran.code, code, "{ran:?}");
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let read = |document: &Value| (text(&document["movie_id"]), text(&document["data"]["title"]));
    place.documents().await.iter().map(read).collect()
}

#[tokio::test]
async fn two_documents_are_read_from_every_kind_of_text() {
    let (a, b) = (info("a", "Ä"), info("b", "B"));
    let pretty = |text: &str| format!("{:#}", serde_json::from_str::<Value>(text).unwrap());
    let lines = format!("{a}\r\n{b}\r\n");
    let odd = r#"{"category":"basic_info","movie_id":"b","data":{"runtime":NaN,"title":"B"}}"#;
    let texts: Vec<(&str, Vec<u8>)> = vec![
        ("a list with NaN and a comma", format!("[{a},{odd},]").into()),
        ("lines with NaN", format!("{odd}\n{a}\n").into()),
        ("a comment line", format!("# exported\n{a}\n{b}\n").into()),
        ("comments", format!("// exported\n{a}\n/* and */\n{b}\n# end\n").into()),
        ("a fence", format!("```\n{a}\n{b}\n```\n").into()),
        ("two fences", format!("Here:\n```json\n{a}\n```\nand\n```json\n{b}\n```\n").into()),
        ("commas", format!("{a},\n{b},\n").into()),
        ("one after another", format!("{a}{b}").into()),
        ("pretty", format!("{}\n{}\n", pretty(&a), pretty(&b)).into()),
        ("prose", format!("First:\n\n{}\n\nThen:\n\n{}\nDone.\n", pretty(&a), pretty(&b)).into()),
        ("a sequence", format!("\u{1e}{a}\n\u{1e}{}\n", pretty(&b)).into()),
        ("a mark", format!("\u{feff}{a}\n{b}\n").into()),
        ("two marks", format!("\u{feff}{a}\n\u{feff}{b}").into()),
        ("UTF-16", utf16(&lines, true, true)),
        ("UTF-16, big endian", utf16(&lines, false, true)),
        ("UTF-16 without a mark", utf16(&lines, true, false)),
        ("UTF-16 without a mark, big endian", utf16(&lines, false, false)),
        ("a list in UTF-16", utf16(&format!("[{a},{b}]"), true, true)),
        ("pretty in UTF-16", utf16(&format!("{}\n{}", pretty(&a), pretty(&b)), true, true)),
        (
            "Windows-1252",
            lines.replace('Ä', "\u{0}").bytes().map(|b| if b == 0 { 0xC4 } else { b }).collect(),
        ),
    ];
    let expected = [("a".to_owned(), "Ä".to_owned()), ("b".to_owned(), "B".to_owned())];
    for (name, text) in texts {
        assert_eq!(titles(text, 0).await, expected, "{name}");
    }
}

#[tokio::test]
async fn a_document_is_read_from_surrounding_text() {
    let a = info("a", "A");
    let pretty = format!("{:#}", serde_json::from_str::<Value>(&a).unwrap());
    for text in [
        format!("\u{feff}{a}\n").into_bytes(),
        format!("{a},\n").into_bytes(),
        format!("[{a}]").into_bytes(),
        format!("\u{1e}{a}\n").into_bytes(),
        format!("An example: {{\"x\": 1}}\n\n{pretty}\n\nThat is all.").into_bytes(),
        utf16(&format!("{pretty}\r\n"), true, true),
        utf16(&format!("{a}\r\n"), true, false),
        utf16(&a, false, true),
    ] {
        let shown = String::from_utf8_lossy(&text).into_owned();
        assert_eq!(titles(text, 0).await, [("a".to_owned(), "A".to_owned())], "{shown}");
    }
}

#[tokio::test]
async fn a_broken_document_does_not_prevent_the_others() {
    let (a, b) = (info("a", "A"), info("b", "B"));
    let headless = info("x", "X").replacen('{', "", 1);
    let expected = [("a".to_owned(), "A".to_owned()), ("b".to_owned(), "B".to_owned())];
    for broken in [
        r#"{"category":"basic_info","movie_id":"x","data":{"title":"X"#,
        r#"{"category":"basic_info","movie_id":"x","data":{"title":"X"}}}"#,
        r#"{"category":"basic_info" "movie_id":"x","data":{"title":"X"}}"#,
        r#"{"foo": 1}"#,
        &headless,
    ] {
        for text in [
            format!("{a}\n{broken}\n{b}\n"),
            format!("[\n{a},\n{broken},\n{b}\n]"),
            format!("\u{1e}{a}\n\u{1e}{broken}\n\u{1e}{b}\n"),
        ] {
            assert_eq!(titles(&text, 1).await, expected, "{text}");
        }
    }
    // An incomplete UTF-16 character in one of three documents.
    let broken = utf16(&format!("{a}\n{}\n{b}\n", info("x", "?")), true, true);
    let at = broken.windows(4).position(|window| window == b"?\0\"\0").unwrap();
    let broken = [&broken[..at], b"\x00\xD8", &broken[at + 2..]].concat();
    assert_eq!(titles(broken, 1).await, expected);
}

#[tokio::test]
async fn a_text_without_a_document_fails_with_the_reason() {
    let place = Place::new();
    for (text, reason) in [
        ("", "it is empty; there is nothing to import in it"),
        (" \r\n\t\n", "only white space is in it; there is nothing to import in it"),
        ("\u{feff}\n", "there is nothing to import in it"),
        ("[ ]\n", "there is nothing to import in it"),
        ("I could not find that movie.\n", "the text contains no object"),
        ("# only a comment\n", "the text contains no object"),
        ("{}\n", "missing"),
    ] {
        let file = place.write("in", text);
        let ran = place.run(&["import", &file]).await;
        assert_eq!((ran.code, ran.stderr.lines().count()), (1, 1), "{text:?}: {ran:?}");
        assert!(ran.stderr.starts_with(&file) && ran.stderr.contains(reason), "{text:?}: {ran:?}");
        assert!(ran.stdout.starts_with("0 published, 0 unchanged, 1 failed"), "{ran:?}");
    }
}

#[tokio::test]
async fn a_line_of_maximum_length_does_not_drop_the_next_one() {
    // The real maximum length, once; lengths around it are unit tests of the reader.
    let most = 64 * 1024 * 1024;
    let start = r#"{"category":"basic_info","movie_id":"long","notes":""#;
    let end = r#"","data":{"title":"Long"}}"#;
    let line = format!("{start}{}{end}", "x".repeat(most - start.len() - end.len()));
    assert_eq!(line.len(), most);
    let text = format!("{line}\n{}\n{}\n", info("a", "A"), info("b", "B"));
    let movies: Vec<_> = titles(text, 0).await.into_iter().map(|(movie, _)| movie).collect();
    assert_eq!(movies, ["a", "b", "long"]);
}

#[tokio::test]
async fn warnings_are_printed_with_position_and_path_and_written_to_a_file() {
    let place = Place::new();
    let odd =
        envelope("cw-1", "basic_info", json!({ "title": "W", "runtme": 139, "budget": "139" }));
    let file = place.write("odd.ndjson", format!("{}\n{odd}\n", info("a", "A")));
    let kept = place.path("kept.ndjson");
    let ran = place.run(&["import", &file, "--errors", &kept]).await.ok();
    assert!(ran.stdout.starts_with("2 published, 0 unchanged, 0 failed, 2 warnings"), "{ran:?}");
    for (path, code) in [("/runtme", "UNKNOWN_FIELD"), ("/budget", "VALUE_REPAIRED")] {
        let line = ran.stderr.lines().find(|line| line.contains(path)).unwrap();
        let start = format!("{file}:2: cw-1 basic_info: warning: {path}: ");
        assert!(line.starts_with(&start) && line.ends_with(&format!("({code})")), "{line}");
    }
    let line: Value = serde_json::from_str(std::fs::read_to_string(&kept).unwrap().trim()).unwrap();
    assert_eq!((&line["place"], &line["movie_id"]), (&json!(format!("{file}:2")), &json!("cw-1")));
    assert_eq!(line["errors"], json!([]));
    assert_eq!(line["warnings"].as_array().unwrap().len(), 2);
    assert_eq!(line["warnings"][0].as_object().unwrap().len(), 3);
    // Warnings are also printed for a document that changes nothing.
    let ran = place.run(&["import", &file]).await.ok();
    assert!(ran.stdout.starts_with("0 published, 2 unchanged, 0 failed, 2 warnings"), "{ran:?}");
    assert!(ran.stderr.contains("/runtme"), "{ran:?}");

    // Only some of many warnings are printed; all are counted and stored in the file.
    let lines: Vec<String> = (0..50)
        .map(|movie| envelope(&format!("m{movie}"), "basic_info", json!({ "title": "T", "x": 1 })))
        .map(|document| format!("{document}\n"))
        .collect();
    let file = place.write("many.ndjson", lines.concat());
    let ran = place.run(&["import", &file, "--errors", &kept]).await.ok();
    assert!(ran.stdout.contains(", 50 warnings, 50 movies created, in"), "{ran:?}");
    let printed: Vec<&str> = ran.stderr.lines().collect();
    assert_eq!(printed.len(), 21, "{ran:?}");
    assert_eq!(printed[20], "30 more warnings: UNKNOWN_FIELD 30");
    assert_eq!(std::fs::read_to_string(&kept).unwrap().lines().count(), 50);
    let ran = place.run(&["import", &file]).await.ok();
    assert!(ran.stderr.contains("30; --errors FILE logs all of them"), "{ran:?}");
}

#[tokio::test]
async fn unreadable_files_stop_the_start_with_advice() {
    let place = Place::new();
    let file = place.write("a.json", info("a", "A"));
    let folder = place.path("");
    let pattern = place.path("*.json");
    for (argument, reason) in [
        (place.path("none.json").as_str(), "No such file"),
        (folder.as_str(), "found a folder; allowed are files and -, for example"),
        (pattern.as_str(), "so that the shell expands them"),
    ] {
        let ran = place.run(&["import", &file, argument]).await;
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{ran:?}");
        assert!(ran.stderr.contains(argument) && ran.stderr.contains(reason), "{ran:?}");
    }
    assert!(!Path::new(&place.path("reelport.db")).exists());
}

#[tokio::test]
async fn a_file_on_standard_input_is_read_like_any_other() {
    let place = Place::new();
    let content = super::zipped(&[("a.json", all_documents("a")[2].to_string().into_bytes())]);
    let file = std::fs::File::open(place.write("a.zip", content)).unwrap();
    let mut command = place.command(&["import", "-", "--max-unpacked", "5K"]);
    command.stdin(file);
    let output = command.output().await.unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rest_and_the_command_line_make_the_same_plan() {
    let app = TestApp::sqlite().await;
    let admin = corpus::movie(&app).await;
    let folder = tempfile::tempdir().unwrap();
    for mode in ["merge", "replace"] {
        let mut sent = Vec::new();
        for (name, text) in corpus::files() {
            let category = corpus::category_of(&name);
            if corpus::mode_of(&name) != mode {
                continue;
            }
            let export = admin.export(corpus::MOVIE, category).await;
            let text = corpus::filled(text, &export);
            let options = format!("?dry_run=true&mode={mode}");
            let reply = corpus::send(&admin, category, &options, &text).await;
            let path = folder.path().join(&name);
            std::fs::write(&path, text).unwrap();
            sent.push((name, path.display().to_string(), reply));
        }
        let mut arguments = vec!["import", "--dry-run", "--mode", mode];
        arguments.extend(sent.iter().map(|(_, path, _)| path.as_str()));
        let ran = run(reelport(folder.path(), &app.database.url, &arguments), b"").await;
        for (name, path, reply) in &sent {
            let plan = &reply.json()["plan"];
            // Texts with several documents, and those that need a category in the request, differ.
            let is_of_a_door = |warning: &Value| {
                warning["code"] == "ENVELOPE_MISSING"
                    || warning["message"]
                        .as_str()
                        .unwrap()
                        .contains("it repeats the stored document")
            };
            let warnings = plan["warnings"].as_array();
            let needs_a_door = warnings.is_some_and(|all| all.iter().any(is_of_a_door));
            if needs_a_door || (reply.status != 200 && plan.is_null()) {
                continue;
            }
            let of_file = |line: &&str| {
                line.strip_prefix(path.as_str()).is_some_and(|rest| rest.starts_with([':', '[']))
            };
            let printed: Vec<&str> = ran.stdout.lines().skip_while(|line| !of_file(line)).collect();
            let digest = printed.iter().find_map(|line| line.strip_prefix("  plan "));
            let warnings: Vec<&str> = printed
                .iter()
                .skip(1)
                .take_while(|line| !line.starts_with("  plan "))
                .filter_map(|line| line.strip_prefix("  ? "))
                .collect();
            let expected: Vec<String> = plan["warnings"]
                .as_array()
                .unwrap()
                .iter()
                .map(|warning| {
                    let text = |key: &str| warning[key].as_str().unwrap().to_owned();
                    format!("{}: {}", text("path"), text("message"))
                })
                .collect();
            let is_silent =
                ["changes", "conflicts", "not_removed", "skipped", "matches", "warnings"]
                    .iter()
                    .all(|part| plan[part].as_array().is_none_or(Vec::is_empty));
            if reply.status != 200 {
                assert!(ran.stderr.lines().any(|line| of_file(&line)), "{name}: {}", ran.stderr);
            }
            if is_silent {
                assert!(printed.is_empty(), "{name}: {printed:?}");
                continue;
            }
            assert_eq!(digest, plan["digest"].as_str(), "{name}");
            assert_eq!(warnings, expected, "{name}");
        }
    }
}
