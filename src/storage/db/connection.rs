//! A pooled connection, and running statements on it.

use deadpool::managed::Object;
use sea_orm::sqlx::postgres::{PgConnectOptions, PgRow};
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteRow};
use sea_orm::sqlx::{
    self, AssertSqlSafe, ConnectOptions, Connection as _, Error, Executor as _, FromRow,
};
use sea_orm::{DatabaseBackend, DbErr, ExecResult, QueryResult, Statement, Values};
use sea_query_sqlx::SqlxValues;
use tokio::runtime::Handle;

use super::connector::Pooled;

/// A connection from a pool. Dropping it returns it to the pool. If a statement was cancelled or
/// failed for another reason than the statement itself, that happens only after the connection
/// answers a ping; if it does not, the connection is closed.
#[derive(Debug)]
pub(super) struct Connection {
    inner: Inner,
    /// Whether a statement was begun and its result has not been read to its end.
    is_running: bool,
}

#[derive(Debug)]
enum Inner {
    Sqlite(Pooled<SqliteConnectOptions>),
    Postgres(Pooled<PgConnectOptions>),
    /// The connection was dropped.
    Gone,
}

/// What a statement returns.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fetch {
    /// The number of rows that it changed.
    RowCount,
    /// Its first row, if there is one.
    FirstRow,
    /// All its rows.
    AllRows,
}

/// The result of a statement.
#[derive(Debug)]
pub(super) enum StatementResult {
    Executed(ExecResult),
    Rows(Vec<QueryResult>),
}

impl StatementResult {
    pub(super) fn executed(self) -> Result<ExecResult, DbErr> {
        match self {
            Self::Executed(result) => Ok(result),
            Self::Rows(_) => {
                Err(DbErr::Custom("a statement that counts rows returned rows".to_owned()))
            }
        }
    }

    pub(super) fn rows(self) -> Vec<QueryResult> {
        match self {
            Self::Executed(_) => Vec::new(),
            Self::Rows(rows) => rows,
        }
    }
}

macro_rules! run_on {
    ($connection:expr, $statement:expr, $fetch:expr) => {{
        let values = SqlxValues($statement.values.unwrap_or_else(|| Values(Vec::new())));
        let query = sqlx::query_with(AssertSqlSafe($statement.sql), values);
        match $fetch {
            Fetch::RowCount => {
                let result = query.execute(&mut **$connection).await;
                result.map(|result| StatementResult::Executed(result.into()))
            }
            Fetch::FirstRow => {
                let row = query.fetch_optional(&mut **$connection).await;
                row.map(|row| StatementResult::Rows(row.into_iter().map(Into::into).collect()))
            }
            Fetch::AllRows => {
                let rows = query.fetch_all(&mut **$connection).await;
                rows.map(|rows| StatementResult::Rows(rows.into_iter().map(Into::into).collect()))
            }
        }
    }};
}

impl Connection {
    pub(super) const fn sqlite(connection: Pooled<SqliteConnectOptions>) -> Self {
        Self { inner: Inner::Sqlite(connection), is_running: false }
    }

    pub(super) const fn postgres(connection: Pooled<PgConnectOptions>) -> Self {
        Self { inner: Inner::Postgres(connection), is_running: false }
    }

    pub(super) const fn backend(&self) -> DatabaseBackend {
        match self.inner {
            Inner::Postgres(_) => DatabaseBackend::Postgres,
            Inner::Sqlite(_) | Inner::Gone => DatabaseBackend::Sqlite,
        }
    }

    /// Runs a statement with its values.
    pub(super) async fn run(
        &mut self,
        statement: Statement,
        fetch: Fetch,
    ) -> Result<StatementResult, Error> {
        self.is_running = true;
        let result = match &mut self.inner {
            Inner::Sqlite(connection) => run_on!(connection, statement, fetch),
            Inner::Postgres(connection) => run_on!(connection, statement, fetch),
            Inner::Gone => Err(Error::PoolClosed),
        };
        self.finish(result)
    }

    /// The first row of a query. All its parameters are texts.
    pub(super) async fn row<T>(
        &mut self,
        sql: &'static str,
        values: &[&str],
    ) -> Result<Option<T>, Error>
    where
        T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        macro_rules! fetch {
            ($connection:expr) => {{
                let query =
                    values.iter().fold(sqlx::query_as(sql), |query, text| query.bind(*text));
                query.fetch_optional(&mut **$connection).await
            }};
        }
        self.is_running = true;
        let result = match &mut self.inner {
            Inner::Sqlite(connection) => fetch!(connection),
            Inner::Postgres(connection) => fetch!(connection),
            Inner::Gone => Err(Error::PoolClosed),
        };
        self.finish(result)
    }

    /// Runs SQL without parameters, unprepared.
    pub(super) async fn run_raw(&mut self, sql: &str) -> Result<ExecResult, Error> {
        let sql = AssertSqlSafe(sql.to_owned());
        self.is_running = true;
        let result = match &mut self.inner {
            Inner::Sqlite(connection) => connection.execute(sql).await.map(Into::into),
            Inner::Postgres(connection) => connection.execute(sql).await.map(Into::into),
            Inner::Gone => Err(Error::PoolClosed),
        };
        self.finish(result)
    }

    /// Notes that a statement has ended, unless the connection itself may be broken.
    fn finish<T>(&mut self, result: Result<T, Error>) -> Result<T, Error> {
        self.is_running = !matches!(result, Ok(_) | Err(Error::Database(_)));
        result
    }

    /// Closes the connection instead of returning it to its pool.
    fn close(&mut self) {
        match std::mem::replace(&mut self.inner, Inner::Gone) {
            Inner::Sqlite(connection) => close(connection),
            Inner::Postgres(connection) => close(connection),
            Inner::Gone => {}
        }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        if !self.is_running {
            return;
        }
        match std::mem::replace(&mut self.inner, Inner::Gone) {
            Inner::Sqlite(connection) => return_after_ping(connection),
            Inner::Postgres(connection) => return_after_ping(connection),
            Inner::Gone => {}
        }
    }
}

fn close<O>(connection: Pooled<O>)
where
    O: ConnectOptions,
    O::Connection: Sized,
{
    let connection = Object::take(connection);
    if let Ok(runtime) = Handle::try_current() {
        runtime.spawn(connection.close());
    }
}

fn return_after_ping<O>(mut connection: Pooled<O>)
where
    O: ConnectOptions,
    O::Connection: Sized,
{
    let Ok(runtime) = Handle::try_current() else {
        drop(Object::take(connection));
        return;
    };
    runtime.spawn(async move {
        if connection.ping().await.is_err() {
            drop(Object::take(connection));
        }
    });
}

/// A connection with an open transaction. Dropping it closes the connection instead of returning it
/// to its pool, unless it was [released](Self::release).
#[derive(Debug)]
pub(super) struct CloseOnDrop(Option<Connection>);

impl CloseOnDrop {
    pub(super) const fn new(connection: Connection) -> Self {
        Self(Some(connection))
    }

    /// The connection; `None` after it was released.
    pub(super) const fn get(&mut self) -> Option<&mut Connection> {
        self.0.as_mut()
    }

    /// Returns the connection to its pool. No transaction may be open on it.
    pub(super) fn release(&mut self) {
        drop(self.0.take());
    }
}

impl Drop for CloseOnDrop {
    fn drop(&mut self) {
        if let Some(connection) = &mut self.0 {
            connection.close();
        }
    }
}
