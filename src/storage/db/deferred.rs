//! Statements that a transaction runs later, together in one message to the database.
//!
//! A message costs more than most statements: with `SQLite` two threads hand over to each other,
//! with `PostgreSQL` there is a round trip. What a transaction writes and does not read again can
//! wait until the next statement or the commit.

use std::fmt::Write as _;

use sea_orm::sea_query::{
    InsertStatement, PostgresQueryBuilder, QueryBuilder, SqlWriter, SqlWriterValues,
    SqliteQueryBuilder, UpdateStatement,
};
use sea_orm::{DatabaseBackend, Statement};

/// A statement that can be deferred.
#[derive(Debug)]
pub(in crate::storage) enum Write {
    Insert(InsertStatement),
    Update(UpdateStatement),
}

impl From<InsertStatement> for Write {
    fn from(statement: InsertStatement) -> Self {
        Self::Insert(statement)
    }
}

impl From<UpdateStatement> for Write {
    fn from(statement: UpdateStatement) -> Self {
        Self::Update(statement)
    }
}

impl Write {
    fn build(&self, builder: &impl QueryBuilder, sql: &mut impl SqlWriter) {
        match self {
            Self::Insert(statement) => statement.build_collect_any_into(builder, sql),
            Self::Update(statement) => statement.build_collect_any_into(builder, sql),
        }
    }
}

/// The deferred statements of a transaction, in their order. No two write to one table: in a single
/// statement of `PostgreSQL`, the second would not see what the first wrote.
#[derive(Debug, Default)]
pub(super) struct DeferredWrites(Vec<(&'static str, Write)>);

impl DeferredWrites {
    /// Whether a statement writes to this table.
    pub(super) fn has(&self, table: &str) -> bool {
        self.0.iter().any(|(other, _)| *other == table)
    }

    /// Adds a statement that writes to a table.
    pub(super) fn push(&mut self, table: &'static str, write: Write) {
        self.0.push((table, write));
    }

    /// Takes all statements as one, and their number. `None` if there are none.
    pub(super) fn take(&mut self, backend: DatabaseBackend) -> Option<(Statement, u64)> {
        let writes: Vec<Write> = self.0.drain(..).map(|(_, write)| write).collect();
        let (last, others) = writes.split_last()?;
        let count = u64::try_from(writes.len()).unwrap_or_default();
        let (sql, values) = match backend {
            DatabaseBackend::Postgres => in_one_statement(last, others),
            _ => in_a_script(&writes),
        }
        .into_parts();
        Some((Statement { sql, values: Some(values), db_backend: backend }, count))
    }
}

/// `WITH` clauses that change data: prepared statements of `PostgreSQL` have only one command.
fn in_one_statement(last: &Write, others: &[Write]) -> SqlWriterValues {
    let builder = PostgresQueryBuilder;
    let mut sql = writer(&builder);
    for (number, write) in others.iter().enumerate() {
        let _ = write!(sql, "{} write_{number} AS (", if number == 0 { "WITH" } else { "," });
        write.build(&builder, &mut sql);
        let _ = sql.write_str(")");
    }
    if !others.is_empty() {
        let _ = sql.write_str(" ");
    }
    last.build(&builder, &mut sql);
    sql
}

/// Statements one after another, as `SQLite` accepts them. Their values are bound in order.
fn in_a_script(writes: &[Write]) -> SqlWriterValues {
    let builder = SqliteQueryBuilder;
    let mut sql = writer(&builder);
    for (number, write) in writes.iter().enumerate() {
        if number > 0 {
            let _ = sql.write_str("; ");
        }
        write.build(&builder, &mut sql);
    }
    sql
}

fn writer(builder: &impl QueryBuilder) -> SqlWriterValues {
    let (placeholder, is_numbered) = builder.placeholder();
    SqlWriterValues::new(placeholder, is_numbered)
}

#[cfg(test)]
mod tests {
    use sea_orm::sea_query::{Expr, ExprTrait as _, Query};

    use super::*;

    fn writes() -> DeferredWrites {
        let mut writes = DeferredWrites::default();
        let insert = Query::insert()
            .into_table("a")
            .columns(["x", "y"])
            .values_panic([Expr::value(1), Expr::value("it's ?; $1")])
            .to_owned();
        writes.push("a", insert.into());
        let update =
            Query::update().table("b").value("z", 2).and_where(Expr::col("id").eq(3)).to_owned();
        writes.push("b", update.into());
        writes
    }

    #[test]
    fn sqlite_gets_a_script_and_postgresql_one_statement() {
        let (statement, count) = writes().take(DatabaseBackend::Sqlite).unwrap();
        assert_eq!(count, 2);
        assert_eq!(
            statement.sql,
            r#"INSERT INTO "a" ("x", "y") VALUES (?, ?); UPDATE "b" SET "z" = ? WHERE "id" = ?"#
        );
        let values = statement.values.unwrap();
        assert_eq!(values.0, [1.into(), "it's ?; $1".into(), 2.into(), 3.into()]);
        let (statement, _) = writes().take(DatabaseBackend::Postgres).unwrap();
        assert_eq!(
            statement.sql,
            r#"WITH write_0 AS (INSERT INTO "a" ("x", "y") VALUES ($1, $2)) UPDATE "b" SET "z" = $3 WHERE "id" = $4"#
        );
        assert_eq!(statement.values.unwrap(), values);
    }

    #[test]
    fn a_table_is_known_until_its_statement_is_taken() {
        let mut writes = writes();
        assert!(writes.has("a") && writes.has("b") && !writes.has("c"));
        assert!(writes.take(DatabaseBackend::Postgres).is_some());
        assert!(!writes.has("a") && writes.take(DatabaseBackend::Postgres).is_none());
    }
}
