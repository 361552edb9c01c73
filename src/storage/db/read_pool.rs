//! Reads outside of transactions, each statement on any connection of the pool.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use sea_orm::sqlx::FromRow;
use sea_orm::sqlx::postgres::PgRow;
use sea_orm::sqlx::sqlite::SqliteRow;
use sea_orm::{ConnectionTrait, DatabaseBackend, DbErr, ExecResult, QueryResult, Statement};

use super::connection::{Fetch, StatementResult};
use super::pool::{MAX_ATTEMPTS, Pool};
use crate::storage::error::query_error;
use crate::storage::values;

/// Runs read-only statements. If the connection was dead, the statement is run on another one.
#[derive(Debug, Clone)]
pub(in crate::storage) struct ReadPool {
    pub(super) pool: Pool,
    pub(super) queries: Arc<AtomicU64>,
}

impl ReadPool {
    /// The SQL dialect.
    pub(in crate::storage) const fn backend(&self) -> DatabaseBackend {
        self.pool.backend()
    }

    /// The number of statements sent.
    pub(in crate::storage) fn count(&self) -> u64 {
        self.queries.load(Ordering::Relaxed)
    }

    async fn run(&self, mut statement: Statement, fetch: Fetch) -> Result<StatementResult, DbErr> {
        values::handle_nul(&mut statement)?;
        self.queries.fetch_add(1, Ordering::Relaxed);
        let mut attempt = 1;
        loop {
            match self.attempt(&statement, fetch).await {
                Err(error) if attempt < MAX_ATTEMPTS && self.pool.record_if_dead(&error) => {
                    attempt += 1;
                }
                result => return result,
            }
        }
    }

    async fn attempt(&self, statement: &Statement, fetch: Fetch) -> Result<StatementResult, DbErr> {
        let mut connection = self.pool.acquire().await?;
        connection.run(statement.clone(), fetch).await.map_err(query_error)
    }
}

impl ReadPool {
    /// The first row of a query, for the most frequent reads. Decodes the row directly, which is
    /// faster than through SeaORM. The parameters must be texts without U+0000.
    pub(in crate::storage) async fn row<T>(
        &self,
        sql: &'static str,
        values: &[&str],
    ) -> Result<Option<T>, DbErr>
    where
        T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin,
    {
        self.queries.fetch_add(1, Ordering::Relaxed);
        let mut attempt = 1;
        loop {
            let mut connection = self.pool.acquire().await?;
            match connection.row(sql, values).await.map_err(query_error) {
                Err(error) if attempt < MAX_ATTEMPTS && self.pool.record_if_dead(&error) => {
                    attempt += 1;
                }
                result => return result,
            }
        }
    }
}

#[async_trait::async_trait]
impl ConnectionTrait for ReadPool {
    fn get_database_backend(&self) -> DatabaseBackend {
        self.pool.backend()
    }

    async fn execute_raw(&self, _: Statement) -> Result<ExecResult, DbErr> {
        Err(DbErr::Custom("writes are not allowed outside of a transaction".to_owned()))
    }

    async fn execute_unprepared(&self, _: &str) -> Result<ExecResult, DbErr> {
        Err(DbErr::Custom("writes are not allowed outside of a transaction".to_owned()))
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        Ok(self.run(statement, Fetch::FirstRow).await?.rows().pop())
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        Ok(self.run(statement, Fetch::AllRows).await?.rows())
    }
}
