//! A pooled connection, and running statements on it.

use sea_orm::sqlx::pool::PoolConnection;
use sea_orm::sqlx::postgres::PgRow;
use sea_orm::sqlx::sqlite::SqliteRow;
use sea_orm::sqlx::{self, AssertSqlSafe, Error, Executor as _, FromRow, Postgres, Sqlite};
use sea_orm::{DatabaseBackend, DbErr, ExecResult, QueryResult, Statement, Values};
use sea_query_sqlx::SqlxValues;

/// A connection from a pool. Dropping it returns it to the pool.
#[derive(Debug)]
pub(super) enum Connection {
    Sqlite(PoolConnection<Sqlite>),
    Postgres(PoolConnection<Postgres>),
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
                let result = query.execute(&mut **$connection).await?;
                Ok(StatementResult::Executed(result.into()))
            }
            Fetch::FirstRow => {
                let row = query.fetch_optional(&mut **$connection).await?;
                Ok(StatementResult::Rows(row.into_iter().map(Into::into).collect()))
            }
            Fetch::AllRows => {
                let rows = query.fetch_all(&mut **$connection).await?;
                Ok(StatementResult::Rows(rows.into_iter().map(Into::into).collect()))
            }
        }
    }};
}

impl Connection {
    pub(super) const fn backend(&self) -> DatabaseBackend {
        match self {
            Self::Sqlite(_) => DatabaseBackend::Sqlite,
            Self::Postgres(_) => DatabaseBackend::Postgres,
        }
    }

    /// Runs a statement with its values.
    pub(super) async fn run(
        &mut self,
        statement: Statement,
        fetch: Fetch,
    ) -> Result<StatementResult, Error> {
        match self {
            Self::Sqlite(connection) => run_on!(connection, statement, fetch),
            Self::Postgres(connection) => run_on!(connection, statement, fetch),
        }
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
        match self {
            Self::Sqlite(connection) => fetch!(connection),
            Self::Postgres(connection) => fetch!(connection),
        }
    }

    /// Runs SQL without parameters, unprepared.
    pub(super) async fn run_raw(&mut self, sql: &str) -> Result<ExecResult, Error> {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(connection) => Ok(connection.execute(sql).await?.into()),
            Self::Postgres(connection) => Ok(connection.execute(sql).await?.into()),
        }
    }

    fn close_on_drop(&mut self) {
        match self {
            Self::Sqlite(connection) => connection.close_on_drop(),
            Self::Postgres(connection) => connection.close_on_drop(),
        }
    }
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
            connection.close_on_drop();
        }
    }
}
