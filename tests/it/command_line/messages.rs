//! Messages about created movies, full disks and options.

use serde_json::json;

use super::{Place, all_documents, ndjson, one_line, zipped};
use crate::support::command::{reelport, run};
use crate::support::disk::Disk;
use crate::support::{envelope, fixtures};

#[tokio::test]
async fn an_import_lists_the_movies_it_creates() {
    let place = Place::new();
    let two = [all_documents("m-O1"), all_documents("m-01")].concat();
    let file = place.write("two.ndjson", ndjson(&two));
    let planned = place.run(&["import", &file, "--dry-run"]).await.ok();
    for movie in ["m-O1", "m-01"] {
        let creates = format!("; creates movie {movie}\n");
        assert_eq!(planned.stdout.matches(&creates).count(), 1, "{}", planned.stdout);
    }
    assert!(planned.stdout.contains(", 2 movies to create, in"), "{}", planned.stdout);
    assert!(!planned.stdout.contains("created"), "{}", planned.stdout);

    let one = place.write("one.ndjson", ndjson(&all_documents("m-O1")));
    let ran = place.run(&["import", &one]).await.ok();
    assert!(ran.stdout.contains(", 1 movie created, in"), "{}", ran.stdout);
    assert!(ran.stdout.ends_with("\ncreated: m-O1\n"), "{}", ran.stdout);
    let ran = place.run(&["import", &one]).await.ok();
    assert!(!ran.stdout.contains("creat"), "{}", ran.stdout);
    // A document without values also creates its movie; a document that fails does not.
    let empty = place.write("empty.json", envelope("e", "media", json!({})).to_string());
    let planned = place.run(&["import", &empty, "--dry-run"]).await.ok();
    assert!(planned.stdout.contains("e media: 0 changes; creates movie e\n"), "{planned:?}");
    let ran = place.run(&["import", &empty]).await.ok();
    assert!(ran.stdout.contains(", 1 movie created, in"), "{}", ran.stdout);
    let bad = envelope("b", "timeline", json!({ "events": [{ "date": "soon", "title": "A" }] }));
    let ran = place.run(&["import", &place.write("bad.json", bad.to_string())]).await;
    assert!(ran.code == 1 && !ran.stdout.contains("creat"), "{ran:?}");

    let many: Vec<_> =
        (1..=9).map(|movie| envelope(&format!("n{movie}"), "media", fixtures::media())).collect();
    let ran = place.run(&["import", &place.write("many.ndjson", ndjson(&many))]).await.ok();
    assert!(ran.stdout.contains(", 9 movies created, in"), "{}", ran.stdout);
    assert!(ran.stdout.ends_with("\ncreated: n1, n2, n3, n4, n5 and 4 more\n"), "{}", ran.stdout);
}

#[tokio::test]
async fn a_full_disk_has_a_readable_message() {
    let folder = tempfile::tempdir().unwrap();
    let Some(disk) = Disk::mount(folder.path(), "8m") else {
        println!("a tmpfs cannot be mounted here");
        return;
    };
    let place = Place::new();
    let url = format!("sqlite://{}", disk.path().join("reelport.db").display());
    run(reelport(place.folder.path(), &url, &["migrate"]), b"").await.ok();
    disk.fill();
    let many: Vec<_> = (0..400).flat_map(|movie| all_documents(&format!("m{movie}"))).collect();
    let file = place.write("many.ndjson", ndjson(&many));
    let ran = run(reelport(place.folder.path(), &url, &["import", &file]), b"").await;
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(one_line(&ran).contains("the disk is full"), "{ran:?}");
    assert!(!one_line(&ran).contains("after 0 documents"), "{ran:?}");
}

#[tokio::test]
async fn a_truncated_archive_has_a_readable_message() {
    let place = Place::new();
    let archive = zipped(&[("a.json", all_documents("a")[0].to_string().into_bytes())]);
    let file = place.write("cut.zip", &archive[..archive.len() - 30]);
    let ran = place.run(&["import", &file]).await;
    assert_eq!(ran.code, 1, "{ran:?}");
    let line = one_line(&ran);
    assert!(line.contains("the archive is not whole") && !line.contains("EOCD"), "{line}");
}

#[tokio::test]
async fn an_invalid_option_is_named_as_given() {
    let place = Place::new();
    let started = |arguments: &[&str], listen: Option<&str>| {
        let mut command = place.command(arguments);
        command.env_remove("REELPORT_DATABASE_URL");
        command.envs(listen.map(|address| ("REELPORT_LISTEN", address)));
        run(command, b"")
    };
    let cases: [(&[&str], Option<&str>, &str); 6] = [
        (&["serve", "--listen", "nowhere"], None, "reelport: --listen: found \"nowhere\""),
        (&["serve"], Some("nowhere"), "reelport: REELPORT_LISTEN: found \"nowhere\""),
        (
            &["export", "--database-url", "mysql://x"],
            None,
            "reelport: --database-url: found \"mysql\"",
        ),
        (&["export"], None, "reelport: the default of --database-url: there is no database"),
        (
            &["serve", "--trusted-proxies", "10.0.0.0/8,proxy"],
            None,
            "reelport: --trusted-proxies: found \"proxy\"; allowed is addresses and networks",
        ),
        (&["--log", "a=b=c", "schema"], None, "reelport: --log: found \"a=b=c\""),
    ];
    for (arguments, listen, expected) in cases {
        let ran = started(arguments, listen).await;
        assert_eq!(ran.code, 2, "{arguments:?}: {ran:?}");
        assert!(one_line(&ran).starts_with(expected), "{arguments:?}: {ran:?}");
    }
}
