//! Connection pools: opening them, taking connections from them, and closing them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use deadpool::managed::{Pool as ConnectionPool, PoolError, QueueMode};
use futures::future::{Either, select};
use sea_orm::sqlx::pool::PoolOptions;
use sea_orm::sqlx::postgres::PgConnectOptions;
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sea_orm::sqlx::{self, ConnectOptions, Connection as _, Error, PgConnection};
use sea_orm::{
    DatabaseBackend, DatabaseConnection, DbErr, RuntimeErr, SqlxPostgresConnector,
    SqlxSqliteConnector,
};
use tokio::sync::Mutex;
use tokio::time::{interval, sleep, timeout};

use super::connection::Connection;
use super::connector::{CHECK_TIMEOUT, Connector, LastDead, Pooled};
use crate::storage::error::connection_error;
use crate::storage::unavailable::Unavailability;

/// How long a request waits for a connection, and a `SQLite` statement for a lock.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a request waits for a connection before it checks that the server is reachable.
const CHECK_AFTER: Duration = Duration::from_secs(2);
/// `PostgreSQL` connections that are not used for this time are closed, and those of this age are
/// replaced.
const IDLE_TIMEOUT: Duration = Duration::from_mins(10);
const MAX_AGE: Duration = Duration::from_mins(30);
/// How long closing a pool waits for connections that are in use.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(10);
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
    Sqlite(ConnectionPool<Connector<SqliteConnectOptions>>),
    Postgres(ConnectionPool<Connector<PgConnectOptions>>, Arc<ReachabilityCheck>),
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
        let last_dead: Arc<LastDead> = Arc::default();
        let pool = new_pool(options, connections, &last_dead, None)?;
        // Opens the first connection, which reports why the file cannot be opened.
        drop(pool.get().await.map_err(acquire_error)?);
        Ok(Self { inner: BackendPool::Sqlite(pool), last_dead })
    }

    /// Opens a pool for a `PostgreSQL` server.
    pub(super) async fn postgres(url: &str, connections: u32) -> Result<Self, Error> {
        let options: PgConnectOptions = url.parse()?;
        let options = options.disable_statement_logging();
        // The pool waits for a server that is starting. A single connection reports at once why it
        // failed.
        PgConnection::connect_with(&options).await?.close().await?;
        let last_dead: Arc<LastDead> = Arc::default();
        let pool = new_pool(options.clone(), connections, &last_dead, Some(MAX_AGE))?;
        close_idle_connections(&pool);
        let check = Arc::new(ReachabilityCheck { options, last: Mutex::new(None) });
        Ok(Self { inner: BackendPool::Postgres(pool, check), last_dead })
    }

    pub(super) const fn backend(&self) -> DatabaseBackend {
        match self.inner {
            BackendPool::Sqlite(_) => DatabaseBackend::Sqlite,
            BackendPool::Postgres(..) => DatabaseBackend::Postgres,
        }
    }

    /// A connection of SeaORM's own to the same database, which migrations need.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub(super) async fn sea_orm_session(&self) -> Result<DatabaseConnection, DbErr> {
        // The pool must not look for old connections: its count of idle connections can wrap around
        // (sqlx 0.9.0, issue 3645), and the thread then never returns.
        fn single<D: sqlx::Database>() -> PoolOptions<D> {
            PoolOptions::new().max_connections(1).idle_timeout(None).max_lifetime(None)
        }
        match &self.inner {
            BackendPool::Sqlite(pool) => {
                let options = pool.manager().options.clone();
                let session = single().connect_with(options).await.map_err(connection_error)?;
                Ok(SqlxSqliteConnector::from_sqlx_sqlite_pool(session))
            }
            BackendPool::Postgres(pool, _) => {
                let options = pool.manager().options.clone();
                let session = single().connect_with(options).await.map_err(connection_error)?;
                Ok(SqlxPostgresConnector::from_sqlx_postgres_pool(session))
            }
        }
    }

    /// Takes a connection from the pool.
    ///
    /// # Errors
    /// When no connection becomes free in time, or the database cannot be reached.
    pub(super) async fn acquire(&self) -> Result<Connection, DbErr> {
        let taken = match &self.inner {
            BackendPool::Sqlite(pool) => {
                let taken = timeout(ACQUIRE_TIMEOUT, pool.get()).await;
                taken.map(|taken| taken.map_err(acquire_error).map(Connection::sqlite))
            }
            BackendPool::Postgres(pool, check) => {
                let taken = timeout(ACQUIRE_TIMEOUT, take_or_check(pool, check)).await;
                taken.map(|taken| taken.map(Connection::postgres))
            }
        };
        taken.unwrap_or(Err(Error::PoolTimedOut)).map_err(connection_error)
    }

    /// Records that a connection was dead: connections that are idle now are tested before their
    /// next use.
    pub(super) fn record_dead(&self) {
        self.last_dead.record();
    }

    /// Returns whether an error means that the connection is dead. If so, records it.
    pub(super) fn record_if_dead(&self, error: &DbErr) -> bool {
        let (DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error))) = error
        else {
            return false;
        };
        let is_dead = Unavailability::of(error) == Some(Unavailability::Unreachable);
        if is_dead {
            self.record_dead();
        }
        is_dead
    }

    /// Closes all connections. Waits for those in use, but not for long.
    pub(super) async fn close(&self) {
        match &self.inner {
            BackendPool::Sqlite(pool) => close(pool).await,
            BackendPool::Postgres(pool, _) => close(pool).await,
        }
    }
}

fn new_pool<O>(
    options: O,
    connections: u32,
    last_dead: &Arc<LastDead>,
    max_age: Option<Duration>,
) -> Result<ConnectionPool<Connector<O>>, Error>
where
    O: ConnectOptions,
    O::Connection: Sized,
{
    let connector = Connector { options, last_dead: Arc::clone(last_dead), max_age };
    ConnectionPool::builder(connector)
        .max_size(usize::try_from(connections).unwrap_or(usize::MAX))
        // The connection that was used last has the most in its caches.
        .queue_mode(QueueMode::Lifo)
        .build()
        .map_err(|error| Error::Configuration(error.into()))
}

fn acquire_error(error: PoolError<Error>) -> Error {
    match error {
        PoolError::Backend(error) => error,
        PoolError::Closed => Error::PoolClosed,
        _ => Error::PoolTimedOut,
    }
}

/// Takes a connection. After some waiting, checks that the server can be reached: either all
/// connections are in use, or none can be opened.
async fn take_or_check(
    pool: &ConnectionPool<Connector<PgConnectOptions>>,
    check: &ReachabilityCheck,
) -> Result<Pooled<PgConnectOptions>, Error> {
    let taking = std::pin::pin!(pool.get());
    let waiting = std::pin::pin!(sleep(CHECK_AFTER));
    let taken = match select(taking, waiting).await {
        Either::Left((taken, _)) => taken,
        Either::Right(((), taking)) => {
            check.run().await?;
            taking.await
        }
    };
    taken.map_err(acquire_error)
}

/// Closes connections that were not used for [`IDLE_TIMEOUT`], until the pool is dropped.
fn close_idle_connections(pool: &ConnectionPool<Connector<PgConnectOptions>>) {
    let pool = pool.weak();
    tokio::spawn(async move {
        let mut interval = interval(IDLE_TIMEOUT / 4);
        loop {
            interval.tick().await;
            let Some(pool) = pool.upgrade() else { return };
            let idle = pool.retain(|_, metrics| metrics.last_used() < IDLE_TIMEOUT).removed;
            drop(pool);
            for connection in idle {
                let _ = connection.close().await;
            }
        }
    });
}

async fn close<O>(pool: &ConnectionPool<Connector<O>>)
where
    O: ConnectOptions,
    O::Connection: Sized,
{
    let closing = async {
        loop {
            for connection in pool.retain(|_, _| false).removed {
                let _ = connection.close().await;
            }
            if pool.status().size == 0 {
                break;
            }
            sleep(Duration::from_millis(5)).await;
        }
    };
    let _ = timeout(CLOSE_TIMEOUT, closing).await;
    pool.close();
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
        let connection = timeout(CHECK_TIMEOUT, connecting);
        let connection = connection.await.map_err(|_| Error::PoolTimedOut)??;
        let _ = connection.close().await;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::Statement;

    use super::*;
    use crate::storage::db::connection::Fetch;

    async fn pool(connections: u32) -> (tempfile::TempDir, Pool) {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("a.db").display());
        let pool = Pool::sqlite(&url, connections, SqliteAccess::Write).await.unwrap();
        (folder, pool)
    }

    fn status(pool: &Pool) -> deadpool::Status {
        match &pool.inner {
            BackendPool::Sqlite(pool) => pool.status(),
            BackendPool::Postgres(pool, _) => pool.status(),
        }
    }

    fn statement(sql: &str) -> Statement {
        Statement::from_string(DatabaseBackend::Sqlite, sql)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_connection_whose_statement_was_cancelled_is_not_reused_while_it_runs() {
        let (folder, pool) = pool(2).await;
        // The statement waits for the lock until it is released.
        let path = folder.path().join("a.db");
        let options = SqliteConnectOptions::new().filename(path);
        let mut lock = options.connect().await.unwrap();
        sqlx::query("BEGIN IMMEDIATE").execute(&mut lock).await.unwrap();
        let mut connection = pool.acquire().await.unwrap();
        let running = connection.run(statement("CREATE TABLE a (b)"), Fetch::AllRows);
        assert!(timeout(Duration::from_millis(50), running).await.is_err(), "it ended too early");
        drop(connection);
        let mut other = pool.acquire().await.unwrap();
        other.run(statement("SELECT 1"), Fetch::AllRows).await.unwrap();
        assert_eq!((status(&pool).size, status(&pool).available), (2, 0));
        drop(other);
        lock.close().await.unwrap();
        // Closing waits for it.
        pool.close().await;
        assert_eq!(status(&pool).size, 0);
        assert!(pool.acquire().await.is_err());
    }

    #[tokio::test]
    async fn a_connection_is_returned_at_once_after_a_refused_statement() {
        let (_folder, pool) = pool(1).await;
        for sql in ["SELECT 1", "SELECT * FROM missing", "SELECT 1"] {
            let mut connection = pool.acquire().await.unwrap();
            let result = connection.run(statement(sql), Fetch::AllRows).await;
            assert_eq!(result.is_ok(), sql == "SELECT 1");
            drop(connection);
            assert_eq!((status(&pool).size, status(&pool).available), (1, 1), "{sql}");
        }
    }
}
