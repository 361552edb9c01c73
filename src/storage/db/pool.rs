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
const PATIENCE: Duration = Duration::from_secs(30);
/// How long it waits before the database is asked whether it is there at all.
const PATIENCE_UNASKED: Duration = Duration::from_secs(2);
/// How long the database may take to answer that.
const ANSWER_WITHIN: Duration = Duration::from_secs(3);
/// How often something is begun anew on another connection when the first turns out to be dead.
pub(super) const ATTEMPTS: usize = 3;

/// Pages in the log before they are folded into the database file, with two flushes to the disk:
/// 16 MiB. Measured: at the default of 1,000 a tenth of an import is that.
const SQLITE_CHECKPOINT_PAGES: &str = "4000";

/// A pool of connections. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Pool {
    kind: Kind,
    dead: Arc<LastDead>,
}

#[derive(Debug, Clone)]
enum Kind {
    Sqlite(SqlitePool),
    Postgres(PgPool, Arc<Inquiry>),
}

/// When a connection was last found dead.
#[derive(Debug, Default)]
struct LastDead(std::sync::Mutex<Option<Instant>>);

impl LastDead {
    fn found(&self) {
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
            .busy_timeout(PATIENCE)
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
            .acquire_timeout(PATIENCE)
            .test_before_acquire(false);
        let pool = pool.connect_with(options).await?;
        Ok(Self { kind: Kind::Sqlite(pool), dead: Arc::default() })
    }

    /// Opens connections to a `PostgreSQL` server.
    pub(super) async fn postgres(url: &str, connections: u32) -> Result<Self, Error> {
        let options: PgConnectOptions = url.parse()?;
        let options = options.disable_statement_logging();
        // A pool asks again and again until its patience ends, and then says only that.
        drop(PgConnection::connect_with(&options).await?.close().await);
        let dead: Arc<LastDead> = Arc::default();
        let last_dead = Arc::clone(&dead);
        let pool = PoolOptions::<Postgres>::new()
            .max_connections(connections)
            .min_connections(1)
            .acquire_timeout(PATIENCE)
            .test_before_acquire(false)
            .before_acquire(move |connection, metadata| {
                let is_suspect = last_dead.is_after(&metadata);
                Box::pin(async move {
                    if !is_suspect {
                        return Ok(true);
                    }
                    let ping = tokio::time::timeout(ANSWER_WITHIN, connection.ping()).await;
                    Ok(matches!(ping, Ok(Ok(()))))
                })
            });
        let pool = pool.connect_with(options.clone()).await?;
        let inquiry = Arc::new(Inquiry { options, last: Mutex::new(None) });
        Ok(Self { kind: Kind::Postgres(pool, inquiry), dead })
    }

    pub(super) const fn backend(&self) -> DatabaseBackend {
        match self.kind {
            Kind::Sqlite(_) => DatabaseBackend::Sqlite,
            Kind::Postgres(..) => DatabaseBackend::Postgres,
        }
    }

    /// The pool as SeaORM knows it, for migrations.
    pub(super) fn as_sea_orm(&self) -> DatabaseConnection {
        match &self.kind {
            Kind::Sqlite(pool) => SqlxSqliteConnector::from_sqlx_sqlite_pool(pool.clone()),
            Kind::Postgres(pool, _) => SqlxPostgresConnector::from_sqlx_postgres_pool(pool.clone()),
        }
    }

    /// Takes a connection.
    ///
    /// # Errors
    /// When there is none for too long, or the database cannot be reached.
    pub(super) async fn acquire(&self) -> Result<Connection, DbErr> {
        let taken = match &self.kind {
            Kind::Sqlite(pool) => pool.acquire().await.map(Connection::Sqlite),
            Kind::Postgres(pool, inquiry) => {
                let taking = std::pin::pin!(pool.acquire());
                let asking = std::pin::pin!(tokio::time::sleep(PATIENCE_UNASKED));
                match select(taking, asking).await {
                    Either::Left((taken, _)) => taken,
                    // All are in use, or the server is not there: the pool does not say which.
                    Either::Right(((), taking)) => match inquiry.ask().await {
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
    pub(super) fn is_dead(&self, error: &DbErr) -> bool {
        let (DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error))) = error
        else {
            return false;
        };
        let is_dead = Unavailability::of(error) == Some(Unavailability::Unreachable);
        if is_dead {
            self.dead.found();
        }
        is_dead
    }

    pub(super) async fn close(&self) {
        match &self.kind {
            Kind::Sqlite(pool) => pool.close().await,
            Kind::Postgres(pool, _) => pool.close().await,
        }
    }
}

/// When a server was asked, and what came back.
type Asked = (Instant, Result<(), Arc<Error>>);

/// Asks a server whether it takes connections, for all that wait at the same time together.
#[derive(Debug)]
struct Inquiry {
    options: PgConnectOptions,
    /// When the last one began, and what came back.
    last: Mutex<Option<Asked>>,
}

impl Inquiry {
    async fn ask(&self) -> Result<(), Error> {
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
        let connection = tokio::time::timeout(ANSWER_WITHIN, connecting);
        let connection = connection.await.map_err(|_| Error::PoolTimedOut)??;
        let _ = connection.close().await;
        Ok(())
    }
}
