//! Connection pools: opening them, and taking connections from them.
//!
//! When the server closes an idle connection, the client notices only on the next use. Testing each
//! connection before use would cost a round trip each time. Instead, once one connection is found
//! dead, every connection that has been idle since before that moment is tested before its next
//! use, and the failed statement is run on another connection.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::future::{Either, select};
use sea_orm::sqlx::pool::{PoolConnectionMetadata, PoolOptions};
use sea_orm::sqlx::postgres::PgConnectOptions;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::sqlx::{
    ConnectOptions as _, Connection as _, Error, PgConnection, PgPool, Postgres, Sqlite, SqlitePool,
};
use sea_orm::{
    DatabaseBackend, DatabaseConnection, DbErr, RuntimeErr, SqlxPostgresConnector,
    SqlxSqliteConnector,
};
use tokio::sync::Mutex;

use super::connection::Connection;
use crate::storage::unavailable::Unavailability;

/// How long a request waits for a connection, and a `SQLite` statement for a lock.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a request waits for a connection before it checks that the server is reachable.
const CHECK_AFTER: Duration = Duration::from_secs(2);
/// How long the server may take to answer that check.
const CHECK_TIMEOUT: Duration = Duration::from_secs(3);
/// How many times a read, or the start of a snapshot, is tried when connections turn out to be
/// dead.
pub(super) const MAX_ATTEMPTS: usize = 3;

/// Pages in the write-ahead log before a checkpoint writes them back to the database file, which
/// flushes the disk twice. 4,000 pages are 16 MiB. With the default of 1,000, checkpoints took a
/// tenth of the time of an import.
const SQLITE_CHECKPOINT_PAGES: &str = "4000";

/// A connection pool. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Pool {
    inner: BackendPool,
    last_dead: Arc<LastDead>,
}

#[derive(Debug, Clone)]
enum BackendPool {
    Sqlite(SqlitePool),
    Postgres(PgPool, Arc<ReachabilityCheck>),
}

/// When a connection was last found dead.
#[derive(Debug, Default)]
struct LastDead(std::sync::Mutex<Option<Instant>>);

impl LastDead {
    fn record(&self) {
        if let Ok(mut last) = self.0.lock() {
            *last = Some(Instant::now());
        }
    }

    /// Whether a connection was found dead after this one was last used.
    fn is_after(&self, connection: &PoolConnectionMetadata) -> bool {
        let last = self.0.lock().ok().and_then(|last| *last);
        last.is_some_and(|last| last.elapsed() <= connection.idle_for)
    }
}

/// How a `SQLite` file is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SqliteAccess {
    /// For reading and writing. A missing file is created.
    Write,
    /// For reading only.
    Read,
    /// For reading only, where not even the index of the log can be created. The file must not
    /// change.
    Immutable,
}

impl Pool {
    /// Opens a pool for a `SQLite` file.
    pub(super) async fn sqlite(
        url: &str,
        connections: u32,
        access: SqliteAccess,
    ) -> Result<Self, Error> {
        let mut options: SqliteConnectOptions = url.parse()?;
        options = options
            .disable_statement_logging()
            .foreign_keys(true)
            .busy_timeout(ACQUIRE_TIMEOUT)
            .pragma("cache_size", "-32000")
            .pragma("temp_store", "memory")
            .statement_cache_capacity(200);
        options = match access {
            SqliteAccess::Write => options
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Normal)
                .pragma("wal_autocheckpoint", SQLITE_CHECKPOINT_PAGES),
            SqliteAccess::Read => options.read_only(true),
            SqliteAccess::Immutable => options.read_only(true).immutable(true),
        };
        // Connections to a file do not age. The pool must not look for old ones either: its count
        // of idle connections can wrap around (sqlx 0.9.0, issue 3645), and the thread then never
        // returns.
        let pool = PoolOptions::<Sqlite>::new()
            .max_connections(connections)
            .min_connections(1)
            .idle_timeout(None)
            .max_lifetime(None)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire(false);
        let pool = pool.connect_with(options).await?;
        Ok(Self { inner: BackendPool::Sqlite(pool), last_dead: Arc::default() })
    }

    /// Opens a pool for a `PostgreSQL` server.
    pub(super) async fn postgres(url: &str, connections: u32) -> Result<Self, Error> {
        let options: PgConnectOptions = url.parse()?;
        let options = options.disable_statement_logging();
        // A pool retries until its timeout, and then reports only the timeout. A single connection
        // reports why it failed.
        drop(PgConnection::connect_with(&options).await?.close().await);
        let last_dead: Arc<LastDead> = Arc::default();
        let seen_dead = Arc::clone(&last_dead);
        let pool = PoolOptions::<Postgres>::new()
            .max_connections(connections)
            .min_connections(1)
            .acquire_timeout(ACQUIRE_TIMEOUT)
            .test_before_acquire(false)
            .before_acquire(move |connection, metadata| {
                let is_suspect = seen_dead.is_after(&metadata);
                Box::pin(async move {
                    if !is_suspect {
                        return Ok(true);
                    }
                    let ping = tokio::time::timeout(CHECK_TIMEOUT, connection.ping()).await;
                    Ok(matches!(ping, Ok(Ok(()))))
                })
            });
        let pool = pool.connect_with(options.clone()).await?;
        let check = Arc::new(ReachabilityCheck { options, last: Mutex::new(None) });
        Ok(Self { inner: BackendPool::Postgres(pool, check), last_dead })
    }

    pub(super) const fn backend(&self) -> DatabaseBackend {
        match self.inner {
            BackendPool::Sqlite(_) => DatabaseBackend::Sqlite,
            BackendPool::Postgres(..) => DatabaseBackend::Postgres,
        }
    }

    /// The same pool for SeaORM's own functions, such as migrations.
    pub(super) fn as_sea_orm(&self) -> DatabaseConnection {
        match &self.inner {
            BackendPool::Sqlite(pool) => SqlxSqliteConnector::from_sqlx_sqlite_pool(pool.clone()),
            BackendPool::Postgres(pool, _) => {
                SqlxPostgresConnector::from_sqlx_postgres_pool(pool.clone())
            }
        }
    }

    /// Takes a connection from the pool.
    ///
    /// # Errors
    /// When no connection becomes free in time, or the database cannot be reached.
    pub(super) async fn acquire(&self) -> Result<Connection, DbErr> {
        let taken = match &self.inner {
            BackendPool::Sqlite(pool) => pool.acquire().await.map(Connection::Sqlite),
            BackendPool::Postgres(pool, check) => {
                let taking = std::pin::pin!(pool.acquire());
                let asking = std::pin::pin!(tokio::time::sleep(CHECK_AFTER));
                match select(taking, asking).await {
                    Either::Left((taken, _)) => taken,
                    // Either all connections are in use or the server cannot be reached. The pool
                    // does not report which.
                    Either::Right(((), taking)) => match check.run().await {
                        Ok(()) => taking.await,
                        Err(error) => Err(error),
                    },
                }
                .map(Connection::Postgres)
            }
        };
        taken.map_err(|error| DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error))))
    }

    /// Returns whether an error means that the connection is dead. If so, connections that are idle
    /// now are tested before their next use.
    pub(super) fn record_if_dead(&self, error: &DbErr) -> bool {
        let (DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error))) = error
        else {
            return false;
        };
        let is_dead = Unavailability::of(error) == Some(Unavailability::Unreachable);
        if is_dead {
            self.last_dead.record();
        }
        is_dead
    }

    pub(super) async fn close(&self) {
        match &self.inner {
            BackendPool::Sqlite(pool) => pool.close().await,
            BackendPool::Postgres(pool, _) => pool.close().await,
        }
    }
}

/// When a check began, and its result.
type CheckResult = (Instant, Result<(), Arc<Error>>);

/// Checks whether a server accepts connections. Requests that wait at the same time share one
/// check.
#[derive(Debug)]
struct ReachabilityCheck {
    options: PgConnectOptions,
    /// When the last check began, and its result.
    last: Mutex<Option<CheckResult>>,
}

impl ReachabilityCheck {
    async fn run(&self) -> Result<(), Error> {
        let waiting_since = Instant::now();
        let mut last = self.last.lock().await;
        let answer = match &*last {
            Some((began, answer)) if *began >= waiting_since => answer.clone(),
            _ => {
                let began = Instant::now();
                let answer = self.connect().await.map_err(Arc::new);
                *last = Some((began, answer.clone()));
                answer
            }
        };
        answer.map_err(|error| Error::Io(std::io::Error::other(error.to_string())))
    }

    async fn connect(&self) -> Result<(), Error> {
        let connecting = PgConnection::connect_with(&self.options);
        let connection = tokio::time::timeout(CHECK_TIMEOUT, connecting);
        let connection = connection.await.map_err(|_| Error::PoolTimedOut)??;
        let _ = connection.close().await;
        Ok(())
    }
}
