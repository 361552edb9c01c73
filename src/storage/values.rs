//! Handling U+0000 in parameters: `SQLite` can store it and `PostgreSQL` cannot.
//!
//! No stored text contains it. A lookup for such a text therefore finds nothing, and a statement
//! that would store one is refused, on both databases.

use std::sync::{Arc, LazyLock};

use sea_orm::sea_query::Value;
use sea_orm::sqlx::Error;
use sea_orm::{DbErr, RuntimeErr, Statement};

/// A statement would store a text with U+0000.
#[derive(Debug, thiserror::Error)]
#[error("a text contains U+0000")]
pub(super) struct HoldsNul;

/// Replaces a text with U+0000 in a lookup. It is never stored, since it is random for each
/// process.
static NEVER_STORED: LazyLock<String> =
    LazyLock::new(|| format!("\u{fdd0}{:032x}", rand::random::<u128>()));

/// Handles texts with U+0000 in the parameters of a statement, so that both databases behave the
/// same.
///
/// # Errors
/// When the statement would store a text with U+0000.
pub(super) fn handle_nul(statement: &mut Statement) -> Result<(), DbErr> {
    let Some(values) = &mut statement.values else { return Ok(()) };
    if !values.iter().any(holds_nul) {
        return Ok(());
    }
    if !is_lookup(&statement.sql) {
        let error = Error::Encode(Box::new(HoldsNul));
        return Err(DbErr::Exec(RuntimeErr::SqlxError(Arc::new(error))));
    }
    values.0.iter_mut().for_each(replace_nul);
    Ok(())
}

fn is_lookup(sql: &str) -> bool {
    let sql = sql.trim_start();
    let changes = ["INSERT INTO", "UPDATE ", "DELETE FROM"];
    (sql.starts_with("SELECT") || sql.starts_with("WITH"))
        && !(sql.starts_with("WITH") && changes.iter().any(|words| sql.contains(words)))
}

fn holds_nul(value: &Value) -> bool {
    match value {
        Value::String(Some(text)) => text.contains('\0'),
        Value::Char(Some('\0')) => true,
        Value::Array(_, Some(values)) => values.iter().any(holds_nul),
        _ => false,
    }
}

fn replace_nul(value: &mut Value) {
    match value {
        Value::String(Some(text)) if text.contains('\0') => text.clone_from(&NEVER_STORED),
        Value::Array(_, Some(values)) => values.iter_mut().for_each(replace_nul),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use sea_orm::DatabaseBackend;
    use sea_orm::sea_query::ArrayType;

    use super::*;

    fn statement(sql: &str, values: impl IntoIterator<Item = Value>) -> Statement {
        Statement::from_sql_and_values(DatabaseBackend::Postgres, sql, values)
    }

    #[test]
    fn a_lookup_looks_for_a_text_that_is_not_stored() {
        let list = Value::Array(ArrayType::String, Some(Box::new(vec!["a\0".into(), "b".into()])));
        let mut lookup = statement("SELECT 1", ["x\0y".into(), "z".into(), list]);
        handle_nul(&mut lookup).unwrap();
        let values = lookup.values.unwrap().0;
        assert_eq!(values[0], NEVER_STORED.as_str().into());
        assert_eq!(values[1], "z".into());
        let Value::Array(_, Some(list)) = &values[2] else { panic!("{values:?}") };
        assert_eq!(list[..], [NEVER_STORED.as_str().into(), "b".into()]);
    }

    #[test]
    fn a_change_is_refused() {
        for sql in [
            "INSERT INTO t VALUES ($1)",
            "UPDATE t SET a = $1",
            "DELETE FROM t WHERE a = $1",
            "WITH a AS (SELECT 1) INSERT INTO t SELECT $1",
        ] {
            assert!(handle_nul(&mut statement(sql, ["a\0".into()])).is_err(), "{sql}");
            assert!(handle_nul(&mut statement(sql, ["a".into()])).is_ok(), "{sql}");
        }
    }
}
