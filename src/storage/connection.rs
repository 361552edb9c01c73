//! Connections to the database.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use sea_orm::sqlx::sqlite::{SqliteJournalMode, SqliteSynchronous};
use sea_orm::sqlx::{self, Connection as _};
use sea_orm::{ConnectOptions, ConnectionTrait, DatabaseConnection, DbErr, RuntimeErr};

use super::StorageError;
use super::queue::WriteQueue;

/// Which database it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Backend {
    Sqlite,
    Postgres,
}

/// A database with its connections. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Database {
    pub(super) backend: Backend,
    pub(super) url: Arc<str>,
    /// Answers reads.
    pub(super) reader: DatabaseConnection,
    /// Runs writing transactions; on `SQLite` a single connection.
    pub(super) writer: DatabaseConnection,
    pub(super) queries: Arc<AtomicU64>,
    pub(super) write_queue: WriteQueue,
}

const SQLITE_READERS: u32 = 8;
/// Pages in the log before they are folded into the database file, with two flushes to the disk: 16 MiB. Measured: at
/// the default of 1,000 a tenth of an import is that.
const SQLITE_CHECKPOINT_PAGES: &str = "4000";

impl Database {
    /// Connects. A `SQLite` file that is missing is made, and its folder with it.
    ///
    /// # Errors
    /// When `url` is of no known kind or the database cannot be reached.
    pub async fn connect(url: &str, postgres_connections: u32) -> Result<Self, StorageError> {
        let queries = Arc::new(AtomicU64::new(0));
        let (backend, mut reader, mut writer) = if let Some(path) = sqlite_path(url) {
            if let Some(folder) = std::path::Path::new(path).parent() {
                std::fs::create_dir_all(folder).map_err(|source| StorageError::Lock {
                    path: folder.display().to_string(),
                    source,
                })?;
            }
            let writer = sea_orm::Database::connect(sqlite(url, 1)).await?;
            let reader = sea_orm::Database::connect(sqlite(url, SQLITE_READERS)).await?;
            (Backend::Sqlite, reader, writer)
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            // A pool asks again and again until its patience ends, and then says only that.
            let probe = sqlx::PgConnection::connect(url).await;
            let probe =
                probe.map_err(|error| DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error))))?;
            drop(probe.close().await);
            let pool = sea_orm::Database::connect(postgres(url, postgres_connections)).await?;
            (Backend::Postgres, pool.clone(), pool)
        } else {
            let found = url.split_once("://").map_or(url, |(scheme, _)| scheme).to_owned();
            return Err(StorageError::UnknownUrl { found });
        };
        for connection in [&mut reader, &mut writer] {
            let queries = Arc::clone(&queries);
            connection.set_metric_callback(move |_| {
                queries.fetch_add(1, Ordering::Relaxed);
            });
        }
        Ok(Self {
            backend,
            url: url.into(),
            reader,
            writer,
            queries,
            write_queue: WriteQueue::default(),
        })
    }

    /// How many statements were sent since the start, for tests and metrics.
    #[must_use]
    pub fn query_count(&self) -> u64 {
        self.queries.load(Ordering::Relaxed)
    }

    /// Which database it is.
    #[must_use]
    pub const fn backend(&self) -> Backend {
        self.backend
    }

    /// Whether the database answers.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), StorageError> {
        Ok(self.reader.execute_unprepared("SELECT 1 FROM movies LIMIT 1").await.map(drop)?)
    }

    /// Tells the query planner how much there is by now, after much was written. `PostgreSQL` finds out by itself
    /// after a minute or more, and until then reads whole tables where an index would do; `SQLite` uses the
    /// indexes whatever it knows.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn refresh_statistics(&self) -> Result<(), StorageError> {
        if self.backend == Backend::Postgres {
            self.writer.execute_unprepared("ANALYZE").await?;
        }
        Ok(())
    }

    /// Closes the connections, so that `SQLite` folds its log into the database file.
    pub async fn close(&self) {
        let _ = self.reader.clone().close().await;
        let _ = self.writer.clone().close().await;
    }
}

/// A log filter under which the database's libraries keep to what went wrong, unless it names them:
/// migrations report each step otherwise, and `PostgreSQL` each notice.
#[must_use]
pub fn with_quiet_libraries(filter: &str) -> String {
    let quiet = if filter.contains("sea_orm") { "" } else { ",sea_orm_migration=warn,sqlx=error" };
    format!("{filter}{quiet}")
}

/// The file of a `SQLite` URL; `None` if it is another kind of URL.
#[must_use]
pub fn sqlite_path(url: &str) -> Option<&str> {
    let path = url.strip_prefix("sqlite:")?;
    let path = path.strip_prefix("//").unwrap_or(path);
    Some(path.split_once('?').map_or(path, |(path, _)| path))
}

fn quiet(options: &mut ConnectOptions) {
    // Spans with the text of each statement cost as much as the statement.
    options.record_stmt_in_spans(false);
    options.sqlx_logging(false).test_before_acquire(false).acquire_timeout(Duration::from_secs(30));
}

fn sqlite(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    quiet(&mut options);
    // A connection to a file does not age. Nor may the pool look for old ones: the count of idle connections that it
    // goes by may wrap around (sqlx 0.9.0, issue 3645), and the thread then never comes back.
    options.idle_timeout(None).max_lifetime(None);
    options.max_connections(connections).min_connections(1).map_sqlx_sqlite_opts(|options| {
        options
            .create_if_missing(true)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(30))
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Normal)
            .pragma("cache_size", "-32000")
            .pragma("temp_store", "memory")
            .pragma("wal_autocheckpoint", SQLITE_CHECKPOINT_PAGES)
            .statement_cache_capacity(200)
    });
    options
}

fn postgres(url: &str, connections: u32) -> ConnectOptions {
    let mut options = ConnectOptions::new(url);
    quiet(&mut options);
    options.max_connections(connections).min_connections(1);
    options
}
