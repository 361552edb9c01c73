//! Pools of connections: how they are opened, and how one is taken.
//!
//! A connection that the server closed while it lay in the pool shows only when it is used. Asking
//! the server before each use costs a round trip each time; instead, when one turns out to be dead,
//! all that have lain idle since before that moment are asked before they are used, and what was to
//! be run on the dead one is run on another.

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

/// How long a request waits for a connection while the database works.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);
/// How long it waits before the database is asked whether it is there at all.
const CHECK_AFTER: Duration = Duration::from_secs(2);
/// How long the database may take to answer that.
const CHECK_TIMEOUT: Duration = Duration::from_secs(3);
/// How often something is begun anew on another connection when the first turns out to be dead.
pub(super) const MAX_ATTEMPTS: usize = 3;

/// Pages in the log before they are folded into the database file, with two flushes to the disk:
/// 16 MiB. Measured: at the default of 1,000 a tenth of an import is that.
const SQLITE_CHECKPOINT_PAGES: &str = "4000";

/// A pool of connections. Cheap to clone.
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

    /// Whether a connection was found dead since this one was used last.
    fn is_after(&self, connection: &PoolConnectionMetadata) -> bool {
        let last = self.0.lock().ok().and_then(|last| *last);
        last.is_some_and(|last| last.elapsed() <= connection.idle_for)
    }
}

/// How a `SQLite` file is opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SqliteAccess {
    /// For reading and writing; made if it is missing.
    Write,
    /// For reading alone.
    Read,
    /// For reading alone, where not even the index of its log can be made: it must not change.
    Immutable,
}

impl Pool {
    /// Opens connections to a `SQLite` file.
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
        // A connection to a file does not age. Nor may the pool look for old ones: the count of idle
        // connections that it goes by may wrap around (sqlx 0.9.0, issue 3645), and the thread then
        // never comes back.
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

    /// Opens connections to a `PostgreSQL` server.
    pub(super) async fn postgres(url: &str, connections: u32) -> Result<Self, Error> {
        let options: PgConnectOptions = url.parse()?;
        let options = options.disable_statement_logging();
        // A pool asks again and again until its patience ends, and then says only that.
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

    /// The pool as SeaORM knows it, for migrations.
    pub(super) fn as_sea_orm(&self) -> DatabaseConnection {
        match &self.inner {
            BackendPool::Sqlite(pool) => SqlxSqliteConnector::from_sqlx_sqlite_pool(pool.clone()),
            BackendPool::Postgres(pool, _) => {
                SqlxPostgresConnector::from_sqlx_postgres_pool(pool.clone())
            }
        }
    }

    /// Takes a connection.
    ///
    /// # Errors
    /// When there is none for too long, or the database cannot be reached.
    pub(super) async fn acquire(&self) -> Result<Connection, DbErr> {
        let taken = match &self.inner {
            BackendPool::Sqlite(pool) => pool.acquire().await.map(Connection::Sqlite),
            BackendPool::Postgres(pool, check) => {
                let taking = std::pin::pin!(pool.acquire());
                let asking = std::pin::pin!(tokio::time::sleep(CHECK_AFTER));
                match select(taking, asking).await {
                    Either::Left((taken, _)) => taken,
                    // All are in use, or the server is not there: the pool does not say which.
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

    /// Whether an error says that the connection was dead. If so, those that lay idle meanwhile are
    /// asked before they are used.
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

/// When a server was asked, and what came back.
type CheckResult = (Instant, Result<(), Arc<Error>>);

/// Asks a server whether it takes connections, for all that wait at the same time together.
#[derive(Debug)]
struct ReachabilityCheck {
    options: PgConnectOptions,
    /// When the last one began, and what came back.
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
