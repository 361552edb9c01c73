//! A database for each test.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use reelport::document::reference;
use sea_orm::{
    ConnectOptions, ConnectionTrait, Database, DatabaseConnection, FromQueryResult, JsonValue,
    Statement,
};
use tempfile::TempDir;

/// A database that is deleted after the test.
pub struct TestDatabase {
    pub url: String,
    /// The folder with the files of a `SQLite` database.
    pub folder: TempDir,
}

impl TestDatabase {
    /// The folder of the files of jobs, as `reelport serve` in the folder of the database finds it.
    pub fn job_files(&self) -> PathBuf {
        let folder = self.folder.path();
        if self.url.starts_with("sqlite") {
            folder.join("files")
        } else {
            folder.join("data/files")
        }
    }
}

pub fn sqlite() -> TestDatabase {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("reelport.db").display());
    TestDatabase { url, folder }
}

/// The server that `scripts/with-postgres` started.
pub fn server() -> String {
    std::env::var("REELPORT_TEST_POSTGRES_URL")
        .expect("REELPORT_TEST_POSTGRES_URL is not set: run the tests with `make test`, or a command with `scripts/with-postgres`")
}

/// Connects to a database directly. The pool does not look for old connections, because its count
/// of idle ones can wrap around (sqlx 0.9.0, issue 3645), and the thread then never returns.
pub async fn connect(url: &str) -> DatabaseConnection {
    let mut options = ConnectOptions::new(url);
    options.idle_timeout(None::<Duration>).max_lifetime(None::<Duration>);
    Database::connect(options).await.unwrap()
}

pub async fn postgres() -> TestDatabase {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let server = server();
    let connection = connect(&server).await;
    connection.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
    connection.close().await.unwrap();
    let (base, _) = server.rsplit_once('/').unwrap();
    TestDatabase { url: format!("{base}/{name}"), folder: tempfile::tempdir().unwrap() }
}

/// Runs a statement directly on the database.
pub async fn execute(url: &str, statement: &str) {
    try_execute(url, statement).await.unwrap();
}

/// Runs a statement directly on the database, and returns the database's error if it fails.
pub async fn try_execute(url: &str, statement: &str) -> Result<(), String> {
    let connection = connect(url).await;
    let done = connection.execute_unprepared(statement).await;
    connection.close().await.unwrap();
    done.map(drop).map_err(|error| error.to_string())
}

/// All rows of the given tables, sorted, for comparing two states of a database.
pub async fn dump(url: &str, tables: &[&str]) -> Vec<(String, Vec<String>)> {
    let connection = connect(url).await;
    let mut dumped = Vec::new();
    for table in tables {
        let statement = Statement::from_string(
            connection.get_database_backend(),
            format!("SELECT * FROM {table}"),
        );
        let rows = JsonValue::find_by_statement(statement).all(&connection).await.unwrap();
        let mut rows: Vec<String> = rows.iter().map(ToString::to_string).collect();
        rows.sort();
        dumped.push(((*table).to_owned(), rows));
    }
    connection.close().await.unwrap();
    dumped
}

/// All rows of all existing tables but the audit log, whose entries of refused attempts are written
/// later.
pub async fn dump_all(url: &str) -> Vec<(String, Vec<String>)> {
    let connection = connect(url).await;
    let statement = Statement::from_string(
        connection.get_database_backend(),
        if url.starts_with("postgres") {
            "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'"
        } else {
            // An index for searches has no rows that could be read; those of its tables are.
            "SELECT name FROM sqlite_master WHERE type = 'table' AND sql NOT LIKE 'CREATE VIRTUAL%'"
        },
    );
    let rows = JsonValue::find_by_statement(statement).all(&connection).await.unwrap();
    connection.close().await.unwrap();
    let mut names: Vec<&str> = rows.iter().map(|row| row["name"].as_str().unwrap()).collect();
    names.retain(|name| *name != "audit_entries");
    names.sort_unstable();
    assert!(TABLES.iter().all(|table| names.contains(table)), "{names:?}");
    dump(url, &names).await
}

/// The rows of a table.
pub async fn rows(url: &str, table: &str) -> Vec<JsonValue> {
    let rows = dump(url, &[table]).await.remove(0).1;
    rows.iter().map(|row| serde_json::from_str(row).unwrap()).collect()
}

/// The entities created by imports: all except the reference data.
pub async fn made_entities(url: &str) -> Vec<JsonValue> {
    let mut made = rows(url, "entities").await;
    let shipped: HashSet<&str> =
        reference::entities().iter().map(|entity| entity.id.as_str()).collect();
    made.retain(|row| !shipped.contains(row["id"].as_str().unwrap()));
    made
}

/// The content of the files of a `SQLite` database, the database and its log; nothing for
/// `PostgreSQL`.
pub fn files(database: &TestDatabase) -> Vec<Option<Vec<u8>>> {
    let path = database.folder.path();
    ["reelport.db", "reelport.db-wal"]
        .iter()
        .map(|name| std::fs::read(path.join(name)).ok())
        .collect()
}

/// The tables that hold a catalogue.
pub const TABLES: &[&str] = &[
    "movies",
    "documents",
    "revisions",
    "entities",
    "entity_names",
    "entity_external_ids",
    "credits",
    "nominations",
    "offers",
    "movie_genres",
    "drafts",
    "contributions",
    "locks",
    "merged_entities",
];
