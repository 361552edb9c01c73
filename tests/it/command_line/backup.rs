//! Backups, and copying a database after its last command.

use serde_json::json;

use super::{Place, all_documents, ndjson, one_line};
use crate::support::command::{reelport, run};
use crate::support::database::{TABLES, dump};
use crate::support::{TestApp, envelope};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_of_a_served_database_is_complete() {
    let app = TestApp::sqlite().await;
    app.full_movie("m").await;
    app.admin().import("m", "trivia", json!({ "items": [{ "text": "Late." }] })).await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a backup's file.db");
    let name = file.to_str().unwrap();
    let ran = app.command(&["backup", name]).await.ok();
    assert_eq!(ran.stdout, format!("the backup is written: {name}\n"));
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(&file).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600);
    }
    let copy = format!("sqlite://{name}");
    assert_eq!(dump(&copy, TABLES).await, dump(&app.database.url, TABLES).await);
}

#[tokio::test]
async fn a_backup_does_not_overwrite_files() {
    let place = Place::new();
    let file = place.write("there.db", "");
    let fresh = place.path("fresh.db");
    let ran = place.run(&["backup", &fresh]).await;
    assert!(ran.code == 2 && one_line(&ran).contains("there is no database"), "{ran:?}");
    place.run(&["migrate"]).await.ok();
    for name in [file, place.path("reelport.db"), place.path("")] {
        let ran = place.run(&["backup", &name]).await;
        assert!(ran.code == 2 && one_line(&ran).contains("already exists"), "{ran:?}");
    }
    let ran = place.run(&["backup", &place.path("no/such/folder/x.db")]).await;
    assert!(ran.code == 2 && one_line(&ran).contains("no/such/folder"), "{ran:?}");
    let postgres = "postgres://u:hunter2@127.0.0.1:1/x";
    let ran = run(reelport(place.folder.path(), postgres, &["backup", &fresh]), b"").await;
    assert!(ran.code == 2 && one_line(&ran).contains("pg_dump"), "{ran:?}");
    assert!(!std::path::Path::new(&fresh).exists());
}

#[tokio::test]
async fn the_database_file_alone_is_complete_after_a_command() {
    let place = Place::new();
    place.run(&["import", &place.write("a.ndjson", ndjson(&all_documents("a")))]).await.ok();
    let elsewhere = Place::new();
    std::fs::copy(place.path("reelport.db"), elsewhere.path("reelport.db")).unwrap();
    assert!(!std::path::Path::new(&place.path("reelport.db-wal")).exists());
    assert_eq!(elsewhere.documents().await, place.documents().await);
    let trivia = envelope("b", "trivia", json!({ "items": [{ "text": "One." }] })).to_string();
    elsewhere.run(&["import", &elsewhere.write("b.json", trivia)]).await.ok();
}
