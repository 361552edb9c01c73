//! Connecting to a database.

use std::path::Path;
use std::str::FromStr as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use sea_orm::sqlx::sqlite::SqliteConnectOptions;
use sea_orm::{ConnectionTrait, DbErr, Statement};

use super::connection::Fetch;
use super::faults::Faults;
use super::health::WriteHealth;
use super::notices::CommitSignal;
use super::pool::{Pool, SqliteAccess};
use super::queue::WriteQueue;
use super::read_pool::ReadPool;
use super::transaction::RETRY_FOR;
use crate::storage::StorageError;
use crate::storage::error::{connection_error, exec_error};
use crate::storage::files::{create_private_folder, open_private};

/// The kinds of databases that are supported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

/// A database and its connection pools. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Database {
    pub(in crate::storage) backend: Backend,
    pub(super) url: Arc<str>,
    /// Runs reads outside of transactions.
    pub(in crate::storage) reader: ReadPool,
    /// Reads the standing of accounts, with a count of its own.
    pub(in crate::storage) access_reader: ReadPool,
    /// Reads for workers in the background, which are not counted.
    pub(in crate::storage) background_reader: ReadPool,
    /// Runs writing transactions. On `SQLite` it has a single connection.
    pub(super) writer: Pool,
    pub(super) queries: Arc<AtomicU64>,
    pub(super) write_queue: WriteQueue,
    pub(super) faults: Arc<OnceLock<Arc<dyn Faults>>>,
    pub(super) health: Arc<WriteHealth>,
    /// How long a transaction that fails with transient errors is retried.
    pub(super) retry_for: Duration,
    pub(super) commit_signal: CommitSignal,
    /// Whether writes are refused.
    pub(super) is_read_only: bool,
}

const MAX_SQLITE_READERS: u32 = 8;

/// A parsed database URL.
enum DatabaseUrl<'a> {
    /// The path of the file.
    Sqlite(&'a str),
    Postgres,
}

fn parse_url(url: &str) -> Result<DatabaseUrl<'_>, StorageError> {
    if let Some(path) = sqlite_path(url) {
        Ok(DatabaseUrl::Sqlite(path))
    } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
        Ok(DatabaseUrl::Postgres)
    } else {
        let found = url.split_once("://").map_or(url, |(scheme, _)| scheme).to_owned();
        Err(StorageError::UnknownUrl { found })
    }
}

impl Database {
    /// Connects to a database. Creates a missing `SQLite` file and its folder, both accessible only
    /// to their owner.
    ///
    /// # Errors
    /// When the scheme of `url` is not supported or the database cannot be reached.
    pub async fn connect(url: &str, postgres_connections: u32) -> Result<Self, StorageError> {
        let (backend, reader, writer) = match parse_url(url)? {
            DatabaseUrl::Sqlite(path) => {
                if let Some(folder) = Path::new(path).parent() {
                    create_private_folder(folder).map_err(|source| StorageError::Folder {
                        path: folder.display().to_string(),
                        source,
                    })?;
                }
                create_private_file(url);
                let access = SqliteAccess::Write;
                let writer = Pool::sqlite(url, 1, access).await.map_err(connection_error)?;
                let reader = Pool::sqlite(url, MAX_SQLITE_READERS, access).await;
                (Backend::Sqlite, reader.map_err(connection_error)?, writer)
            }
            DatabaseUrl::Postgres => {
                let pool = Pool::postgres(url, postgres_connections).await;
                let pool = pool.map_err(connection_error)?;
                (Backend::Postgres, pool.clone(), pool)
            }
        };
        Ok(Self::new(backend, url, reader, writer, false))
    }

    /// Connects to a database for reading only: writes are refused, and a `SQLite` file is opened
    /// so that it cannot be changed.
    ///
    /// # Errors
    /// When the scheme of `url` is not supported, the database cannot be reached, or a `SQLite`
    /// file cannot be read without writing to its write-ahead log.
    pub async fn connect_read_only(
        url: &str,
        postgres_connections: u32,
    ) -> Result<Self, StorageError> {
        let (backend, pool) = match parse_url(url)? {
            DatabaseUrl::Sqlite(path) => (Backend::Sqlite, read_only_sqlite(url, path).await?),
            DatabaseUrl::Postgres => {
                let pool = Pool::postgres(url, postgres_connections).await;
                (Backend::Postgres, pool.map_err(connection_error)?)
            }
        };
        Ok(Self::new(backend, url, pool.clone(), pool, true))
    }

    fn new(backend: Backend, url: &str, reader: Pool, writer: Pool, is_read_only: bool) -> Self {
        let queries = Arc::new(AtomicU64::new(0));
        Self {
            backend,
            url: url.into(),
            access_reader: ReadPool { pool: reader.clone(), queries: Arc::default() },
            background_reader: ReadPool { pool: reader.clone(), queries: Arc::default() },
            reader: ReadPool { pool: reader, queries: Arc::clone(&queries) },
            writer,
            queries,
            write_queue: WriteQueue::default(),
            faults: Arc::default(),
            health: Arc::default(),
            retry_for: RETRY_FOR,
            commit_signal: CommitSignal::default(),
            is_read_only,
        }
    }

    /// Injects faults into writing transactions, for tests. Only the first call has an effect.
    pub fn inject_faults(&self, faults: Arc<dyn Faults>) {
        let _ = self.faults.set(faults);
    }

    /// Changes how long a transaction that fails with transient errors is retried.
    #[must_use]
    pub fn with_retry_time(self, retry_for: Duration) -> Self {
        Self { retry_for, ..self }
    }

    /// The number of statements sent since this database was opened, for tests and metrics. The
    /// reads of accounts' standing are counted apart ([`Self::access_query_count`]).
    #[must_use]
    pub fn query_count(&self) -> u64 {
        self.queries.load(Ordering::Relaxed)
    }

    /// The kind of this database.
    #[must_use]
    pub const fn backend(&self) -> Backend {
        self.backend
    }

    /// Whether the database was opened for reading only.
    #[must_use]
    pub const fn is_read_only(&self) -> bool {
        self.is_read_only
    }

    /// Checks that the database answers and has tables.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), StorageError> {
        let backend = self.reader.backend();
        let statement = Statement::from_string(backend, "SELECT 1 FROM movies LIMIT 1");
        Ok(self.reader.query_one_raw(statement).await.map(drop)?)
    }

    /// Refreshes the statistics of the query planner, after many rows were written. `PostgreSQL`
    /// does so by itself only after a minute or more, and until then scans whole tables where an
    /// index would do. `SQLite` uses its indexes without statistics.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn refresh_statistics(&self) -> Result<(), StorageError> {
        if self.backend == Backend::Postgres {
            self.writer.acquire().await?.run_raw("ANALYZE").await.map_err(exec_error)?;
        }
        Ok(())
    }

    /// Writes a snapshot of a `SQLite` database to `file`, which must be empty or missing. Writers
    /// are not blocked.
    ///
    /// # Errors
    /// When the database cannot be read or the file cannot be written.
    pub async fn back_up(&self, file: &Path) -> Result<(), StorageError> {
        let path = file.to_str().ok_or_else(|| {
            DbErr::Custom(
                "the path of the backup is not valid UTF-8, which SQLite \
            requires"
                    .to_owned(),
            )
        })?;
        let values = [path.into()];
        let statement =
            Statement::from_sql_and_values(self.reader.backend(), "VACUUM INTO ?", values);
        let mut connection = self.reader.pool.acquire().await?;
        connection.run(statement, Fetch::RowCount).await.map_err(exec_error)?;
        Ok(())
    }

    /// Closes all connections, so that `SQLite` writes its log back to the database file.
    pub async fn close(&self) {
        self.reader.pool.close().await;
        self.writer.close().await;
    }
}

/// Opens a `SQLite` file for reading only. A file with a write-ahead log can be read only with the
/// index of that log. Where the index can neither be read nor created, only a file without a log is
/// opened.
async fn read_only_sqlite(url: &str, path: &str) -> Result<Pool, StorageError> {
    let failed = match open_and_probe(url, SqliteAccess::Read).await {
        Ok(pool) => return Ok(pool),
        Err(failed) => failed,
    };
    let log = format!("{path}-wal");
    let has_log = std::fs::metadata(&log).is_ok_and(|log| log.len() > 0);
    if !Path::new(path).exists() {
        return Err(failed);
    }
    if has_log {
        return Err(StorageError::LogUnreadable { log });
    }
    open_and_probe(url, SqliteAccess::Immutable).await
}

async fn open_and_probe(url: &str, access: SqliteAccess) -> Result<Pool, StorageError> {
    let pool = Pool::sqlite(url, MAX_SQLITE_READERS, access).await.map_err(connection_error)?;
    let mut connection = pool.acquire().await?;
    let probed = connection.run_raw("SELECT 1 FROM sqlite_master LIMIT 1").await;
    drop(connection);
    match probed {
        Ok(_) => Ok(pool),
        Err(error) => {
            pool.close().await;
            Err(exec_error(error).into())
        }
    }
}

/// Creates a missing `SQLite` file so that only its owner can access it. `SQLite` gives the files
/// next to it the same mode. A failure is ignored here, because `SQLite` then reports it.
fn create_private_file(url: &str) {
    let Ok(options) = SqliteConnectOptions::from_str(url) else { return };
    let path = options.get_filename();
    if !path.exists() {
        let _ = open_private(path);
    }
}

/// Adds directives to a log filter that limit the database libraries to warnings and errors, unless
/// the filter already mentions them. Otherwise each migration step and each `PostgreSQL` notice
/// would be logged.
#[must_use]
pub fn with_quiet_libraries(filter: &str) -> String {
    let quiet = if filter.contains("sea_orm") { "" } else { ",sea_orm_migration=warn,sqlx=error" };
    format!("{filter}{quiet}")
}

/// The path in a `SQLite` URL; `None` for any other URL.
#[must_use]
pub fn sqlite_path(url: &str) -> Option<&str> {
    let path = url.strip_prefix("sqlite:")?;
    let path = path.strip_prefix("//").unwrap_or(path);
    Some(path.split_once('?').map_or(path, |(path, _)| path))
}
