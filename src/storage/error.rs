//! What can go wrong with the database.

use sea_orm::{DbErr, RuntimeErr};

/// A failure of storage. None of it is the client's doing.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    #[error("database: {0}")]
    Database(#[from] DbErr),
    #[error("found the database URL {found:?}; allowed are sqlite://PATH and postgres://…")]
    UnknownUrl { found: String },
    #[error("migration lock {path}: {source}")]
    Lock { path: String, source: std::io::Error },
    #[error(
        "the stored {category} of {movie} is of format {found}; this version knows {known} and must not overwrite it"
    )]
    NewerFormat { movie: String, category: String, found: i32, known: i32 },
    #[error("more requests wait to write than the queue holds")]
    TooManyWriters,
    #[error("a transaction was kept beyond its end")]
    Escaped,
    #[error("the stored {what} of {key} cannot be read: {reason}")]
    Corrupt { what: &'static str, key: String, reason: String },
}

impl StorageError {
    /// Whether the same transaction may succeed when it is tried again: a serialization failure or
    /// deadlock (`PostgreSQL` 40001, 40P01), a busy database (`SQLite` 5, 517), or a row that
    /// another transaction inserted first.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        let Self::Database(error) = self else { return false };
        if matches!(error.sql_err(), Some(sea_orm::SqlErr::UniqueConstraintViolation(_))) {
            return true;
        }
        let (DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error))
        | DbErr::Conn(RuntimeErr::SqlxError(error))) = error
        else {
            return false;
        };
        let code = error.as_database_error().and_then(sea_orm::sqlx::error::DatabaseError::code);
        code.is_some_and(|code| matches!(code.as_ref(), "40001" | "40P01" | "5" | "517"))
    }
}
