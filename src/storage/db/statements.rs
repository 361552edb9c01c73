//! Limits on one statement, and helpers for hand-written SQL.

use sea_orm::{FromQueryResult, Statement, Value};

use super::Database;
use crate::storage::StorageError;

/// The most rows in one statement, well below the limits on bound values of both databases.
pub(in crate::storage) const ROWS_PER_STATEMENT: usize = 500;
/// The most values in one IN list.
pub(in crate::storage) const VALUES_PER_STATEMENT: usize = 5_000;

/// The placeholders `$1, $2, …` for `count` values.
pub(in crate::storage) fn placeholders(count: usize) -> String {
    (1..=count).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ")
}

#[derive(FromQueryResult)]
struct CountRow {
    number: i64,
}

impl Database {
    /// Runs a query outside of a transaction and reads all its rows.
    ///
    /// # Errors
    /// When the database fails.
    pub(in crate::storage) async fn query_rows<T: FromQueryResult>(
        &self,
        sql: String,
        values: Vec<Value>,
    ) -> Result<Vec<T>, StorageError> {
        let statement = Statement::from_sql_and_values(self.reader.backend(), sql, values);
        Ok(T::find_by_statement(statement).all(&self.reader).await?)
    }

    /// Runs a query outside of a transaction. Its only row has the column `number`, a count.
    ///
    /// # Errors
    /// When the database fails.
    pub(in crate::storage) async fn read_count(
        &self,
        statement: Statement,
    ) -> Result<u64, StorageError> {
        let row = CountRow::find_by_statement(statement).one(&self.reader).await?;
        Ok(row.map_or(0, |row| u64::try_from(row.number).unwrap_or_default()))
    }
}
