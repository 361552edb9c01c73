//! The files that commands write, and the files that they must not overwrite.

use serde_json::{Value, json};

use super::{Place, all_documents, gzipped, one_line, zipped};
use crate::support::command::{Ran, run};
use crate::support::{envelope, fixtures};

/// A place with a database of one document, and a file that fails to import.
async fn place() -> Place {
    let place = Place::new();
    let good = envelope("a", "timeline", fixtures::timeline()).to_string();
    place.run(&["import", &place.write("good.json", good)]).await.ok();
    place.write("bad.json", envelope("a", "plot", json!({})).to_string());
    place
}

#[track_caller]
fn refused(ran: &Ran, words: &[&str]) {
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{ran:?}");
    let line = one_line(ran);
    assert!(words.iter().all(|word| line.contains(word)), "{line}");
}

fn bytes(place: &Place, name: &str) -> Vec<u8> {
    std::fs::read(place.path(name)).unwrap()
}

fn no_temporary_files(place: &Place) {
    for entry in std::fs::read_dir(place.folder.path()).unwrap() {
        let name = entry.unwrap().file_name();
        assert!(!name.to_string_lossy().starts_with(".reelport"), "{}", name.display());
    }
}

#[tokio::test]
async fn the_error_log_cannot_overwrite_the_database() {
    let place = place().await;
    for name in ["reelport.db-wal", "reelport.db-shm", "jwt-secret", "admin-password"] {
        if !std::path::Path::new(&place.path(name)).exists() {
            place.write(name, "");
        }
    }
    std::fs::hard_link(place.path("reelport.db"), place.path("hard.ndjson")).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink("jwt-secret", place.path("soft.ndjson")).unwrap();
    let bad = place.path("bad.json");
    for name in ["reelport.db", "hard.ndjson"] {
        let before = bytes(&place, name);
        let ran = place.run(&["import", &bad, "--errors", &place.path(name)]).await;
        refused(&ran, &["--errors", name, "is the database"]);
        assert!(bytes(&place, name) == before, "{name}");
    }
    let beside = ["reelport.db-wal", "reelport.db-shm", "reelport.db-journal", "jwt-secret"];
    let linked: &[&str] = if cfg!(unix) { &["soft.ndjson"] } else { &[] };
    for name in beside.iter().chain(&["admin-password"]).chain(linked) {
        let ran = place.run(&["import", &bad, "--errors", &place.path(name)]).await;
        refused(&ran, &["--errors", "belongs to the database"]);
    }
    std::fs::remove_file(place.path("reelport.db-wal")).unwrap();
    std::fs::remove_file(place.path("reelport.db-shm")).unwrap();
    assert_eq!(place.documents().await.len(), 1);
    no_temporary_files(&place);
}

#[tokio::test]
async fn the_error_log_cannot_be_the_path_of_a_new_database() {
    let place = Place::new();
    let bad = place.write("bad.json", "{}");
    let ran = place.run(&["import", &bad, "--errors", &place.path("./reelport.db")]).await;
    refused(&ran, &["is the database"]);
    assert!(!std::path::Path::new(&place.path("reelport.db")).exists());
}

#[tokio::test]
async fn the_error_log_cannot_overwrite_an_input() {
    let place = place().await;
    let archive = zipped(&[("a.json", all_documents("a")[2].to_string().into_bytes())]);
    let file = place.write("z.zip", &archive);
    std::fs::hard_link(&file, place.path("hard.zip")).unwrap();
    let mut names = vec!["z.zip", "hard.zip"];
    if cfg!(unix) {
        #[cfg(unix)]
        std::os::unix::fs::symlink("z.zip", place.path("soft.zip")).unwrap();
        names.push("soft.zip");
    }
    for name in names {
        let ran = place.run(&["import", &file, "--errors", &place.path(name)]).await;
        refused(&ran, &["--errors", "is an input", "z.zip"]);
        assert!(bytes(&place, "z.zip") == archive, "{name}");
    }
    #[cfg(unix)]
    {
        let mut command = place.command(&["import", "-", "--errors", &file]);
        command.stdin(std::fs::File::open(&file).unwrap());
        let output = command.output().await.unwrap();
        let messages = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{messages}");
        assert!(messages.contains("is an input (standard input)"), "{messages}");
        assert!(bytes(&place, "z.zip") == archive);
    }
    // A pattern that also matches the log of the previous run.
    let log = place.path("errors.ndjson");
    let bad = place.path("bad.json");
    assert_eq!(place.run(&["import", &bad, "--errors", &log]).await.code, 1);
    let before = bytes(&place, "errors.ndjson");
    assert!(!before.is_empty());
    let ran = place.run(&["import", &bad, &log, "--errors", &log]).await;
    refused(&ran, &["--errors", "errors.ndjson", "is an input"]);
    assert!(bytes(&place, "errors.ndjson") == before);
}

#[tokio::test]
async fn the_error_log_replaces_only_an_older_log() {
    let place = place().await;
    let (good, bad) = (place.path("good.json"), place.path("bad.json"));
    for content in ["my notes\n", "{\"place\":\"x\"}\n", "[]", "\n", "{\"movie_id\":\"a\"}"] {
        let log = place.write("notes", content);
        let ran = place.run(&["import", &bad, "--errors", &log]).await;
        refused(&ran, &["--errors", "notes", "is not an error log"]);
        assert_eq!(bytes(&place, "notes"), content.as_bytes());
    }
    let log = place.write("log", "");
    let lines = |text: Vec<u8>| -> Vec<Value> {
        let text = String::from_utf8(text).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    for _ in 0..2 {
        assert_eq!(place.run(&["import", &bad, &bad, "--errors", &log]).await.code, 1);
        assert_eq!(lines(bytes(&place, "log")).len(), 2);
    }
    // A command that cannot start changes nothing; a run without errors leaves an empty log.
    let ran = place.run(&["import", &place.path("none"), "--errors", &log]).await;
    refused(&ran, &["none"]);
    assert_eq!(lines(bytes(&place, "log")).len(), 2);
    place.run(&["import", &good, "--errors", &log]).await.ok();
    assert_eq!(bytes(&place, "log"), b"");
    let ran = place.run(&["import", &bad, "--errors", &place.path("no/such/log")]).await;
    refused(&ran, &["--errors", "no/such/log"]);
    no_temporary_files(&place);
}

#[cfg(unix)]
#[tokio::test]
async fn the_error_log_follows_links_and_keeps_the_file_mode() {
    use std::os::unix::fs::PermissionsExt as _;
    let place = place().await;
    let bad = place.path("bad.json");
    let log = place.write("log", "");
    let mode = std::fs::Permissions::from_mode(0o640);
    std::fs::set_permissions(&log, mode).unwrap();
    std::os::unix::fs::symlink("log", place.path("link")).unwrap();
    let ran = place.run(&["import", &bad, "--errors", &place.path("link")]).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(!bytes(&place, "log").is_empty());
    assert!(std::fs::symlink_metadata(place.path("link")).unwrap().is_symlink());
    let mode = std::fs::metadata(&log).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o640);
    let ran = place.run(&["import", &bad, "--errors", "/dev/stderr"]).await;
    assert!(ran.code == 1 && ran.stderr.contains("{\"place\":"), "{ran:?}");
    assert_eq!(place.run(&["import", &bad, "--errors", "/dev/null"]).await.code, 1);
}

#[tokio::test]
async fn an_export_cannot_overwrite_a_database() {
    let place = place().await;
    std::fs::hard_link(place.path("reelport.db"), place.path("hard.ndjson")).unwrap();
    place.write("other.db", [b"SQLite format 3\0".as_slice(), &[0; 84]].concat());
    place.write("jwt-secret", "a secret");
    let mut cases = vec![
        ("reelport.db", "is the database"),
        ("hard.ndjson", "is the database"),
        ("reelport.db-wal", "belongs to the database"),
        ("reelport.db-shm", "belongs to the database"),
        ("jwt-secret", "belongs to the database"),
        ("other.db", "is a SQLite database"),
    ];
    if cfg!(unix) {
        #[cfg(unix)]
        std::os::unix::fs::symlink("reelport.db", place.path("soft.ndjson")).unwrap();
        cases.push(("soft.ndjson", "is the database"));
    }
    for (name, why) in cases {
        let before = std::fs::read(place.path(name)).ok();
        for format in ["ndjson", "zip"] {
            let arguments = ["export", "--format", format, "-o", &place.path(name)];
            refused(&place.run(&arguments).await, &["--output", why]);
        }
        assert!(std::fs::read(place.path(name)).ok() == before, "{name}");
    }
    assert_eq!(place.documents().await.len(), 1);
    no_temporary_files(&place);
}

#[cfg(unix)]
#[tokio::test]
async fn an_export_follows_links_and_writes_to_devices() {
    let place = place().await;
    place.write("catalogue", "what was there before");
    std::os::unix::fs::symlink("catalogue", place.path("link")).unwrap();
    let ran = place.run(&["export", "-o", &place.path("link")]).await.ok();
    assert_eq!(ran.stderr, "1 document exported\n");
    assert!(std::fs::symlink_metadata(place.path("link")).unwrap().is_symlink());
    assert_eq!(super::documents(&String::from_utf8(bytes(&place, "catalogue")).unwrap()).len(), 1);
    let ran = place.run(&["export", "-o", "/dev/stdout"]).await.ok();
    assert_eq!(super::documents(&ran.stdout).len(), 1);
}

#[tokio::test]
async fn a_sqlite_database_is_refused_as_input() {
    let place = place().await;
    let refusal = "this is a SQLite database, not a document; export it with reelport export";
    let ran = place.run(&["import", &place.path("reelport.db")]).await;
    refused(&ran, &["reelport.db", refusal]);
    place.write("jwt-secret", "a secret");
    let ran = place.run(&["import", &place.path("jwt-secret")]).await;
    refused(&ran, &["jwt-secret", "belongs to the database"]);
    // A database of another catalogue, under another name, compressed, and on a pipe.
    let content = bytes(&place, "reelport.db");
    let archive = zipped(&[("copy.json", content.clone())]);
    let elsewhere = Place::new();
    for (name, content) in
        [("copy.json", content.clone()), ("copy.gz", gzipped(&content)), ("copy.zip", archive)]
    {
        let file = elsewhere.write(name, content);
        let ran = elsewhere.run(&["import", &file]).await;
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(one_line(&ran).contains(refusal), "{ran:?}");
    }
    let ran = run(elsewhere.command(&["import", "-"]), &content).await;
    assert!(ran.code == 1 && one_line(&ran).contains(refusal), "{ran:?}");
    assert!(elsewhere.documents().await.is_empty());
}
