//! Transactions: writing ones, which are retried, and snapshots for reading.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sea_orm::DbErr;

use super::faults::Faults;
use super::pool::{MAX_ATTEMPTS, Pool};
use super::transaction_connection::{CommitError, TransactionConnection};
use super::{Backend, Database};
use crate::storage::{StorageError, Unavailability};

/// A transaction.
#[derive(Debug)]
pub struct Transaction {
    pub(in crate::storage) connection: TransactionConnection,
    pub(in crate::storage) backend: Backend,
}

/// How long a transaction that fails with transient errors is retried, by default.
pub(super) const RETRY_FOR: Duration = Duration::from_secs(20);

impl Database {
    /// Runs `body` in a writing transaction, and commits it if `body` succeeds. After a transient
    /// error, such as a conflict with another transaction or a connection lost before the commit
    /// was sent, `body` is run again in a new transaction, so it must not keep results of an
    /// earlier run. If the connection is lost while the commit is sent, the outcome is unknown, and
    /// the error is [`Unavailability::Unconfirmed`].
    ///
    /// If `body` fails, panics or is cancelled, nothing is written.
    ///
    /// # Errors
    /// The error of `body`, or of the database.
    pub async fn write<T, E, F, R>(&self, body: F) -> Result<T, E>
    where
        E: From<StorageError> + TransientError,
        F: FnMut(Arc<Transaction>) -> R,
        R: Future<Output = Result<T, E>>,
    {
        self.write_within(self.retry_for, body).await
    }

    /// Like [`write`](Self::write), but a transient error is returned at once.
    ///
    /// # Errors
    /// The error of `body`, or of the database.
    pub async fn write_once<T, E, F, R>(&self, body: F) -> Result<T, E>
    where
        E: From<StorageError> + TransientError,
        F: FnMut(Arc<Transaction>) -> R,
        R: Future<Output = Result<T, E>>,
    {
        self.write_within(Duration::ZERO, body).await
    }

    async fn write_within<T, E, F, R>(&self, retry_for: Duration, mut body: F) -> Result<T, E>
    where
        E: From<StorageError> + TransientError,
        F: FnMut(Arc<Transaction>) -> R,
        R: Future<Output = Result<T, E>>,
    {
        let _place = self.write_queue.enter()?;
        let start = Instant::now();
        let mut pause = Duration::from_millis(2);
        loop {
            match self.attempt(&mut body).await {
                Err(error) if error.is_transient() && start.elapsed() < retry_for => {
                    let jitter = rand::random_range(0.5..1.5);
                    tokio::time::sleep(pause.mul_f64(jitter)).await;
                    pause = (pause * 2).min(Duration::from_millis(250));
                }
                Err(error) => {
                    // A database that was opened for reading only is not failing.
                    if !self.is_read_only {
                        self.health.record_failure(error.unavailability());
                    }
                    return Err(error);
                }
                Ok(value) => {
                    self.health.record_success();
                    return Ok(value);
                }
            }
        }
    }

    /// Runs `body` in a read-only transaction that sees one consistent state of the database.
    ///
    /// # Errors
    /// The error of `body`, or of the database.
    pub async fn snapshot<T, E, F, R>(&self, body: F) -> Result<T, E>
    where
        E: From<StorageError>,
        F: FnOnce(Arc<Transaction>) -> R,
        R: Future<Output = Result<T, E>>,
    {
        let begin = match self.backend {
            Backend::Sqlite => "BEGIN",
            Backend::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        };
        let mut attempt = 1;
        let connection = loop {
            match self.begin_snapshot(begin).await {
                Ok(connection) => break connection,
                // The transaction has not begun, so it can begin on another connection.
                Err(error) if attempt < MAX_ATTEMPTS && self.reader.pool.record_if_dead(&error) => {
                    attempt += 1;
                }
                Err(error) => return Err(StorageError::from(error).into()),
            }
        };
        let transaction = Arc::new(Transaction { connection, backend: self.backend });
        let result = body(Arc::clone(&transaction)).await;
        let Some(transaction) = Arc::into_inner(transaction) else {
            return Err(StorageError::Escaped.into());
        };
        transaction.connection.rollback().await;
        result
    }

    async fn new_transaction(
        &self,
        pool: &Pool,
        sql: &'static str,
        faults: Option<Arc<dyn Faults>>,
    ) -> Result<TransactionConnection, DbErr> {
        let connection = pool.acquire().await?;
        TransactionConnection::new(connection, sql, Arc::clone(&self.queries), faults).await
    }

    async fn begin_snapshot(&self, sql: &'static str) -> Result<TransactionConnection, DbErr> {
        let connection = self.new_transaction(&self.reader.pool, sql, None).await?;
        // A dead connection must be noticed before `body` runs, which is not run again.
        if self.backend == Backend::Postgres {
            connection.begin().await?;
        }
        Ok(connection)
    }

    async fn attempt<T, E, F, R>(&self, body: &mut F) -> Result<T, E>
    where
        E: From<StorageError> + TransientError,
        F: FnMut(Arc<Transaction>) -> R,
        R: Future<Output = Result<T, E>>,
    {
        if self.is_read_only {
            return Err(StorageError::ReadOnly.into());
        }
        let begin = match self.backend {
            Backend::Sqlite => "BEGIN IMMEDIATE",
            // With READ COMMITTED, each statement sees what was committed before it. What must not
            // change between two statements is locked first.
            Backend::Postgres => "BEGIN ISOLATION LEVEL READ COMMITTED",
        };
        let faults = self.faults.get().cloned();
        let connection = match self.new_transaction(&self.writer, begin, faults).await {
            Ok(connection) => connection,
            Err(error) => {
                self.writer.record_if_dead(&error);
                return Err(StorageError::from(error).into());
            }
        };
        let transaction = Arc::new(Transaction { connection, backend: self.backend });
        let result = body(Arc::clone(&transaction)).await;
        // `body` has returned, so nothing else should hold the transaction. If something does, the
        // transaction is not committed.
        let Some(transaction) = Arc::into_inner(transaction) else {
            return Err(StorageError::Escaped.into());
        };
        match result {
            Ok(value) => match transaction.connection.commit().await {
                Ok(()) => {
                    self.commit_signal.send();
                    Ok(value)
                }
                Err(CommitError::Refused(error)) => Err(StorageError::from(error).into()),
                Err(CommitError::Unconfirmed(error)) => {
                    tracing::error!(error = %error, "a commit was not confirmed");
                    Err(StorageError::Unconfirmed(error).into())
                }
            },
            Err(error) => {
                if error.unavailability() == Some(Unavailability::Unreachable) {
                    self.writer.record_dead();
                }
                transaction.connection.rollback().await;
                Err(error)
            }
        }
    }
}

/// An error after which a transaction may be run again.
pub trait TransientError {
    fn is_transient(&self) -> bool;

    /// Why the database could not serve the request, if that is the cause.
    fn unavailability(&self) -> Option<Unavailability>;
}

impl TransientError for StorageError {
    fn is_transient(&self) -> bool {
        Self::is_transient(self)
    }

    fn unavailability(&self) -> Option<Unavailability> {
        Self::unavailability(self)
    }
}
