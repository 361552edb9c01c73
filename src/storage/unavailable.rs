//! Errors that mean that the database cannot serve a valid request.

use std::time::Duration;

use sea_orm::sqlx::Error;

/// Why the database cannot serve a valid request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unavailability {
    /// There is no space left to write to.
    Full,
    /// The database can be read but not written.
    ReadOnly,
    /// Reading or writing the files of the database failed.
    Failing,
    /// The database cannot be reached, or it closed the connection.
    Unreachable,
    /// Waiting for a connection or a lock took too long.
    Busy,
    /// The connection was lost before a commit was confirmed. The transaction may or may not have
    /// been committed.
    Unconfirmed,
}

impl Unavailability {
    /// The error code that clients see.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Full => "STORAGE_FULL",
            _ => "UNAVAILABLE",
        }
    }

    /// The message for clients: what happened, and what to do. It reveals nothing about the
    /// database itself.
    #[must_use]
    pub const fn message(self) -> &'static str {
        match self {
            Self::Full => {
                "there is no space left to store this; nothing was changed and reading works; try \
                 again when an operator has freed space"
            }
            Self::ReadOnly => {
                "the database is read-only at the moment; nothing was changed and reading works"
            }
            Self::Failing => {
                "the storage does not work at the moment; nothing was changed; try again later"
            }
            Self::Unreachable => {
                "the database cannot be reached at the moment; nothing was changed; try again soon"
            }
            Self::Busy => "the database is busy; nothing was changed; try again soon",
            Self::Unconfirmed => {
                "the database ended the connection before it confirmed the change, which may or \
                 may not have been made; check it before sending it again, or send it again with \
                 the same idempotency key"
            }
        }
    }

    /// How long a client should wait before it tries again.
    #[must_use]
    pub const fn retry_after(self) -> Duration {
        match self {
            Self::Full | Self::ReadOnly | Self::Failing => Duration::from_secs(30),
            Self::Unreachable | Self::Busy | Self::Unconfirmed => Duration::from_secs(5),
        }
    }

    /// Whether all writes fail while reads may still work.
    #[must_use]
    pub const fn stops_writes(self) -> bool {
        matches!(self, Self::Full | Self::ReadOnly | Self::Failing)
    }

    /// Classifies an error; `None` if the statement itself is at fault.
    pub(super) fn of(error: &Error) -> Option<Self> {
        match error {
            Error::Database(error) => {
                let code = error.code()?;
                match code.parse::<u32>() {
                    // SQLSTATE codes have five characters, and SQLite result codes have at most
                    // four digits.
                    Ok(code) if code < 10_000 => of_sqlite(code),
                    _ => of_postgres(&code),
                }
            }
            Error::Io(_)
            | Error::Tls(_)
            | Error::Protocol(_)
            | Error::WorkerCrashed
            | Error::PoolClosed => Some(Self::Unreachable),
            Error::PoolTimedOut => Some(Self::Busy),
            _ => None,
        }
    }
}

/// Classifies an extended result code. Its last eight bits are the primary result code.
const fn of_sqlite(code: u32) -> Option<Unavailability> {
    /// The shared-memory index of the write-ahead log cannot grow.
    const IOERR_SHMSIZE: u32 = 4874;
    match (code, code & 0xff) {
        // FULL
        (IOERR_SHMSIZE, _) | (_, 13) => Some(Unavailability::Full),
        // PERM, READONLY
        (_, 3 | 8) => Some(Unavailability::ReadOnly),
        // NOMEM, IOERR, CANTOPEN
        (_, 7 | 10 | 14) => Some(Unavailability::Failing),
        // BUSY, LOCKED, PROTOCOL (file locks)
        (_, 5 | 6 | 15) => Some(Unavailability::Busy),
        _ => None,
    }
}

fn of_postgres(code: &str) -> Option<Unavailability> {
    match (code, code.get(..2)?) {
        ("53100", _) => Some(Unavailability::Full),
        // read_only_sql_transaction, insufficient_privilege
        ("25006" | "42501", _) => Some(Unavailability::ReadOnly),
        // idle_in_transaction_session_timeout; the server was shut down or is not accepting
        // connections; connection and authorization failures
        ("25P03" | "57P01" | "57P02" | "57P03" | "57P04" | "57P05" | "3D000", _)
        | (_, "08" | "28") => Some(Unavailability::Unreachable),
        // lock_not_available, query_canceled, insufficient resources, and failures that were
        // retried in vain: serialization_failure, deadlock_detected
        ("55P03" | "57014" | "40001" | "40P01", _) | (_, "53") => Some(Unavailability::Busy),
        (_, "58") => Some(Unavailability::Failing),
        _ => None,
    }
}
