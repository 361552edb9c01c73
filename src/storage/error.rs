//! Errors of the storage.

use std::sync::Arc;

use sea_orm::sqlx::Error;
use sea_orm::{DbErr, RuntimeErr};

use super::unavailable::Unavailability;
use super::values::HoldsNul;

/// A failure of the storage. None of them is caused by the client.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    #[error("database: {0}")]
    Database(DbErr),
    #[error("database: the commit was not confirmed: {0}")]
    Unconfirmed(DbErr),
    #[error("the database was opened for reading only")]
    ReadOnly,
    #[error("the database schema is not that of this version; `reelport migrate` updates it")]
    NotMigrated,
    #[error("a text to be stored contains U+0000")]
    HoldsNul,
    #[error(
        "{log}: the changes in this log can be read only in a writable folder; copy the database \
         and its log to one"
    )]
    LogUnreadable { log: String },
    #[error("found the database URL {found:?}; allowed are sqlite://PATH and postgres://…")]
    UnknownUrl { found: String },
    #[error("the folder {path} of the database cannot be created: {source}")]
    Folder { path: String, source: std::io::Error },
    #[error("migration lock {path}: {source}")]
    MigrationLock { path: String, source: std::io::Error },
    #[error(
        "the stored {category} of {movie} has format {found}; this version supports formats up to \
         {known}, and does not overwrite newer ones"
    )]
    NewerFormat { movie: String, category: String, found: i32, known: i32 },
    #[error("the queue of writing requests is full")]
    TooManyWriters,
    #[error("a transaction was still in use after its body had returned")]
    Escaped,
    #[error("the stored {what} of {key} cannot be read: {reason}")]
    Corrupt { what: &'static str, key: String, reason: String },
}

impl From<DbErr> for StorageError {
    fn from(error: DbErr) -> Self {
        match sqlx_error(&error) {
            Some(Error::Encode(encoding)) if encoding.is::<HoldsNul>() => Self::HoldsNul,
            _ => Self::Database(error),
        }
    }
}

/// The error of opening or taking a connection.
pub(super) fn connection_error(error: Error) -> DbErr {
    DbErr::Conn(RuntimeErr::SqlxError(Arc::new(error)))
}

/// The error of a statement that changes data.
pub(super) fn exec_error(error: Error) -> DbErr {
    DbErr::Exec(RuntimeErr::SqlxError(Arc::new(error)))
}

/// The error of a query.
pub(super) fn query_error(error: Error) -> DbErr {
    DbErr::Query(RuntimeErr::SqlxError(Arc::new(error)))
}

fn sqlx_error(error: &DbErr) -> Option<&Error> {
    match error {
        DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error))
        | DbErr::Conn(RuntimeErr::SqlxError(error)) => Some(error),
        _ => None,
    }
}

impl StorageError {
    /// Whether the same transaction may succeed when it is run again: after a serialization failure
    /// or deadlock (`PostgreSQL` 40001, 40P01), a busy database (`SQLite` 5, 517), a row that
    /// another transaction inserted first, or a connection that was lost before the commit was
    /// sent.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        let Self::Database(error) = self else { return false };
        if matches!(error.sql_err(), Some(sea_orm::SqlErr::UniqueConstraintViolation(_))) {
            return true;
        }
        let Some(cause) = sqlx_error(error) else { return false };
        // Waiting for a connection has its own timeout, so it is not repeated.
        if !matches!(error, DbErr::Conn(_))
            && Unavailability::of(cause) == Some(Unavailability::Unreachable)
        {
            return true;
        }
        let code = cause.as_database_error().and_then(sea_orm::sqlx::error::DatabaseError::code);
        code.is_some_and(|code| matches!(code.as_ref(), "40001" | "40P01" | "5" | "517"))
    }

    /// Why the database cannot serve the request; `None` for all other errors.
    #[must_use]
    pub fn unavailability(&self) -> Option<Unavailability> {
        match self {
            Self::Database(error @ DbErr::Conn(_)) => {
                let cause = sqlx_error(error).and_then(Unavailability::of);
                Some(cause.unwrap_or(Unavailability::Unreachable))
            }
            Self::Database(error) => Unavailability::of(sqlx_error(error)?),
            Self::Unconfirmed(_) => Some(Unavailability::Unconfirmed),
            Self::ReadOnly => Some(Unavailability::ReadOnly),
            Self::TooManyWriters => Some(Unavailability::Busy),
            _ => None,
        }
    }
}
