//! Archives: which entries are imported, which are skipped, and the messages about them.

use std::io::{Cursor, Write as _};

use serde_json::{Value, json};

use super::{Place, all_documents, gzipped, ndjson, zipped};
use crate::support::command::run;
use crate::support::envelope;

fn trivia(movie: &str, text: &str) -> Value {
    envelope(movie, "trivia", json!({ "items": [{ "text": text }] }))
}

/// An archive with repeated entry names: each entry is written under a name of the same length and
/// then renamed in the bytes.
fn with_repeated_names(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let placeholder = |index: usize, name: &str| {
        format!("{}{}", char::from(b'0' + u8::try_from(index).unwrap()), &name[1..])
    };
    let renamed: Vec<(String, Vec<u8>)> = entries
        .iter()
        .enumerate()
        .map(|(index, (name, content))| (placeholder(index, name), content.clone()))
        .collect();
    let renamed: Vec<(&str, Vec<u8>)> =
        renamed.iter().map(|(name, content)| (name.as_str(), content.clone())).collect();
    let mut bytes = zipped(&renamed);
    for (index, (name, _)) in entries.iter().enumerate() {
        let from = placeholder(index, name).into_bytes();
        for at in 0..bytes.len() - from.len() {
            if bytes[at..].starts_with(&from) {
                bytes[at..at + from.len()].copy_from_slice(name.as_bytes());
            }
        }
    }
    bytes
}

#[tokio::test]
async fn entries_are_read_by_extension_and_others_are_counted_and_named() {
    let inner = zipped(&[("deep/e.json", trivia("e", "E").to_string().into_bytes())]);
    let entries = [
        ("a/TRIVIA.JSON", trivia("a", "A").to_string().into_bytes()),
        ("b.json.gz", gzipped(trivia("b", "B").to_string().as_bytes())),
        ("lines.NDJSON", ndjson(&[trivia("c", "C"), trivia("d", "D")])),
        ("inner.zip", inner),
        ("README.txt", b"Read me.".to_vec()),
        ("trivia.txt", trivia("f", "F").to_string().into_bytes()),
        ("poster.jpg", vec![0xFF, 0xD8, 0xFF]),
    ];
    let place = Place::new();
    let file = place.write("all.zip", zipped(&entries));
    let ran = place.run(&["import", &file]).await.ok();
    assert!(ran.stdout.starts_with("5 published, 0 unchanged, 0 failed, 3 skipped"), "{ran:?}");
    for name in ["README.txt", "trivia.txt", "poster.jpg"] {
        assert!(ran.stdout.contains(&format!("skipped: {file}:{name}")), "{ran:?}");
    }
    let stored = place.documents().await;
    let movies: Vec<_> = stored.iter().map(|document| document["movie_id"].clone()).collect();
    assert_eq!(movies, ["a", "b", "c", "d", "e"]);
    // The same from a pipe, compressed once more.
    let place = Place::new();
    let packed = gzipped(&zipped(&entries));
    let ran = run(place.command(&["import", "-"]), &packed).await.ok();
    assert!(ran.stdout.starts_with("5 published, 0 unchanged, 0 failed, 3 skipped"), "{ran:?}");
}

#[tokio::test]
async fn unsupported_compression_methods_fail() {
    let place = Place::new();
    let good = trivia("a", "A").to_string().into_bytes();
    let entries = [("a.json", good.clone()), ("more.tar.gz", gzipped(b"x")), ("x.7z", vec![1])];
    let file = place.write("all.zip", zipped(&entries));
    let ran = place.run(&["import", &file]).await;
    assert!(
        ran.code == 1 && ran.stdout.starts_with("1 published, 0 unchanged, 2 failed"),
        "{ran:?}"
    );
    assert!(ran.stderr.contains(&format!("{file}:more.tar.gz: ")), "{ran:?}");
    // As a file with another name, recognised by its first bytes.
    let packed: [(&str, &[u8], &str); 3] = [
        ("a.zst", b"\x28\xB5\x2F\xFD....", "Zstandard"),
        ("a.xz", b"\xFD7zXZ\x00....", "xz"),
        ("a.7z", b"7z\xBC\xAF\x27\x1C....", "7z"),
    ];
    for (name, content, form) in packed {
        let file = place.write(name, content);
        let ran = place.run(&["import", &file]).await;
        assert!(ran.code == 1 && ran.stderr.contains(form), "{ran:?}");
    }
    // An archive may contain archives, but these may not contain others.
    let deep = zipped(&[("1.zip", zipped(&[("2.zip", zipped(&[("a.json", good)]))]))]);
    let ran = place.run(&["import", &place.write("deep.zip", deep)]).await;
    assert!(ran.code == 1 && ran.stderr.contains("deep.zip:1.zip:2.zip: archives"), "{ran:?}");
}

#[tokio::test]
async fn entries_with_equal_names_are_all_imported() {
    let place = Place::new();
    let texts = ["One.", "Two.", "Three."];
    let entries = texts.map(|text| ("x.json", trivia("a", text).to_string().into_bytes()));
    let others = texts.map(|text| ("y.json", trivia("b", text).to_string().into_bytes()));
    let archive = with_repeated_names(&[&entries[..], &others[..2]].concat());
    let ran = place.run(&["import", &place.write("all.zip", archive)]).await.ok();
    assert!(ran.stdout.starts_with("5 published, 0 unchanged, 0 failed"), "{ran:?}");
    let stored = place.documents().await;
    let count = |index: usize| stored[index]["data"]["items"].as_array().unwrap().len();
    assert_eq!((count(0), count(1)), (3, 2));
}

#[tokio::test]
async fn an_archive_without_documents_fails_with_a_message() {
    let place = Place::new();
    let readme = ("README.md", b"Nothing.".to_vec());
    let text = ("a.txt", trivia("a", "A").to_string().into_bytes());
    let beside = ("__MACOSX/._a.json", vec![0, 5, 22, 7]);
    let cases = [
        (zipped(&[]), vec![]),
        (zipped(std::slice::from_ref(&readme)), vec!["README.md"]),
        (zipped(std::slice::from_ref(&text)), vec!["a.txt"]),
        (zipped(&[readme, text, beside.clone()]), vec!["README.md", "a.txt"]),
        (zipped(&[beside]), vec![]),
    ];
    for (archive, named) in cases {
        for packed in [false, true] {
            let content = if packed { gzipped(&archive) } else { archive.clone() };
            let file = place.write("nothing.zip", content);
            let ran = place.run(&["import", &file]).await;
            assert_eq!(ran.code, 1, "{ran:?}");
            assert!(ran.stderr.starts_with(&format!("{file}: there is nothing to import in it")));
            assert!(named.iter().all(|name| ran.stderr.contains(name)), "{ran:?}");
            assert!(ran.stdout.starts_with("0 published, 0 unchanged, 1 failed"), "{ran:?}");
        }
    }
    let inner =
        zipped(&[("a/b.json", trivia("a", "A").to_string().into_bytes()), ("n.zip", zipped(&[]))]);
    let ran = place.run(&["import", &place.write("outer.zip", inner)]).await;
    assert!(ran.code == 1 && ran.stderr.contains("outer.zip:n.zip: there is nothing"), "{ran:?}");
}

#[tokio::test]
async fn macos_metadata_entries_are_ignored() {
    let place = Place::new();
    let double = vec![0, 5, 22, 7, 0, 2, 0, 0];
    let entries = [
        ("x.json", trivia("a", "A").to_string().into_bytes()),
        ("._x.json", double.clone()),
        ("a/._x.json", double.clone()),
        ("__MACOSX/._x.json", double.clone()),
        ("a/__MACOSX/b/x.json", double),
        ("empty/", Vec::new()),
    ];
    let ran = place.run(&["import", &place.write("mac.zip", zipped(&entries))]).await.ok();
    assert!(
        ran.stdout.starts_with("1 published, 0 unchanged, 0 failed, 1 movie created, in"),
        "{ran:?}"
    );
    assert_eq!(ran.stderr, "");
}

#[tokio::test]
async fn a_damaged_entry_fails_and_the_others_are_imported() {
    let place = Place::new();
    let text = trivia("a", "A marker in the text.").to_string().into_bytes();
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for (name, movie) in [("a.json", "a"), ("b.json", "b")] {
        archive.start_file(name, stored).unwrap();
        archive.write_all(trivia(movie, "A marker in the text.").to_string().as_bytes()).unwrap();
    }
    let mut archive = archive.finish().unwrap().into_inner();
    let at = archive.windows(6).position(|window| window == b"marker").unwrap();
    archive[at] = b'M';
    let file = place.write("damaged.zip", archive);
    let ran = place.run(&["import", &file]).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stderr.contains(&format!("{file}:a.json: ")), "{ran:?}");
    assert_eq!(place.documents().await.last().unwrap()["movie_id"], "b");

    // A truncated archive is refused as a whole, since its directory is at the end.
    let whole = zipped(&[("a.json", text)]);
    for length in [whole.len() - 1, whole.len() - 30, whole.len() / 2, 10] {
        let ran = place.run(&["import", &place.write("cut.zip", &whole[..length])]).await;
        assert!(ran.code == 1 && ran.stdout.contains(" 1 failed"), "{length}: {ran:?}");
    }
}

#[tokio::test]
async fn entries_over_the_size_limit_are_refused() {
    let place = Place::new();
    let many = ndjson(&(0..200).map(|movie| trivia(&format!("m{movie}"), "T")).collect::<Vec<_>>());
    assert!(many.len() > 10 * 1024);
    let entries = [("many.ndjson", many.clone()), ("z.json", trivia("z", "Z").to_string().into())];
    let archive = zipped(&entries);
    let file = place.write("large.zip", &archive);
    let ran = place.run(&["import", &file, "--max-unpacked", "10K"]).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    let reason = "it unpacks to more than 10 KiB; --max-unpacked allows more";
    assert_eq!(ran.stderr.trim_end(), format!("{file}:many.ndjson: {reason}"));
    assert_eq!(place.documents().await.last().unwrap()["movie_id"], "z");
    // An archive on a pipe is not spooled beyond the limit.
    for (arguments, input) in [
        (["import", "-", "--max-unpacked", "200"], archive.clone()),
        (["import", "-", "--max-unpacked", "200"], gzipped(&archive)),
    ] {
        let ran = run(place.command(&arguments), &input).await;
        assert_eq!(ran.code, 1, "{ran:?}");
        let reason =
            "standard input: it unpacks to more than 200 bytes; --max-unpacked allows more";
        assert_eq!(ran.stderr.trim_end(), reason);
    }
    // A plain stream is read as it arrives, whatever its length.
    let packed = place.write("many.ndjson.gz", gzipped(&many));
    place.run(&["import", &packed, "--max-unpacked", "1K"]).await.ok();
    let ran = place.run(&["import", &file, "--max-unpacked", "lots"]).await;
    assert!(ran.code == 2 && ran.stderr.contains("K, M or G"), "{ran:?}");
}

#[tokio::test]
async fn entry_names_are_escaped_on_the_terminal() {
    let place = Place::new();
    let entries = [
        ("\u{1b}]0;owned\u{7}.json", b"{".to_vec()),
        ("\u{9b}2J\u{202e}.txt", b"x".to_vec()),
        ("good.json", all_documents("a")[2].to_string().into_bytes()),
    ];
    let ran = place.run(&["import", &place.write("odd.zip", zipped(&entries))]).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    let printed = format!("{}{}", ran.stdout, ran.stderr);
    assert!(printed.contains("\\u{1b}]0;owned\\u{7}.json"), "{printed}");
    assert!(printed.contains("\\u{9b}2J\\u{202e}.txt"), "{printed}");
    let steers = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
    assert!(!printed.contains(steers), "{printed:?}");

    // Values of documents are escaped, too.
    let odd = json!({ "title": "\u{1b}[31m", "\u{202e}odd\u{7f}": 1, "status": "\u{9b}2J" });
    let odd = place.write("odd.json", envelope("b", "basic_info", odd).to_string());
    for options in [&["--dry-run"][..], &["--strict"], &[]] {
        let ran = place.run(&[&["import", &odd], options].concat()).await;
        let printed = format!("{}{}", ran.stdout, ran.stderr);
        assert!(!printed.contains(steers), "{printed:?}");
    }
}
