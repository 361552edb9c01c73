//! Writing transactions.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sea_orm::{ConnectionTrait, DatabaseBackend, DbErr, Statement, Value};
use sha2::{Digest, Sha256};

use super::faults::Faults;
use super::pool::{ATTEMPTS, Pool};
use super::session::{CommitError, Session};
use super::{Backend, Database};
use crate::document::MovieId;
use crate::storage::{StorageError, Unavailability};

/// A writing transaction: all of it happens, or nothing.
#[derive(Debug)]
pub struct Transaction {
    pub(in crate::storage) connection: Session,
    backend: Backend,
}

/// Held shared by whoever writes to some movies, alone by whoever writes to all.
const ALL_MOVIES: i64 = 0x7265_656c_0000_0001;
/// Held by whoever makes entities, so that a name is never made twice.
const ENTITIES: i64 = 0x7265_656c_0000_0002;

/// The lock of one movie, whether it exists or not.
fn lock_of(movie: &MovieId) -> i64 {
    let hash = Sha256::digest(movie.as_str());
    i64::from_be_bytes(hash[..8].try_into().unwrap_or_default())
}

impl Transaction {
    /// Waits until nobody else writes to those movies, and keeps others out until the end. `SQLite`
    /// has one writer anyway.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn lock_movies(&self, movies: &[&MovieId]) -> Result<(), StorageError> {
        if self.backend == Backend::Sqlite {
            return Ok(());
        }
        // In one order for everyone, so that no two wait for each other.
        let keys: BTreeSet<i64> = movies.iter().map(|movie| lock_of(movie)).collect();
        let keys: Vec<i64> = keys.into_iter().collect();
        self.run_with(
            "SELECT pg_advisory_xact_lock_shared($1), \
             (SELECT count(pg_advisory_xact_lock(key)) FROM unnest($2) AS key)",
            [ALL_MOVIES.into(), keys.into()],
        )
        .await
    }

    /// Waits until nobody else writes to any movie, and keeps all others out until the end.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn lock_all_movies(&self) -> Result<(), StorageError> {
        match self.backend {
            Backend::Sqlite => Ok(()),
            Backend::Postgres => {
                self.run_with("SELECT pg_advisory_xact_lock($1)", [ALL_MOVIES.into()]).await
            }
        }
    }

    /// Waits until nobody else makes entities, and keeps others out until the end. Whether someone
    /// may have made some since this transaction looked.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn lock_entities(&self) -> Result<bool, StorageError> {
        match self.backend {
            Backend::Sqlite => Ok(false),
            Backend::Postgres => {
                self.run_with("SELECT pg_advisory_xact_lock($1)", [ENTITIES.into()]).await?;
                Ok(true)
            }
        }
    }

    async fn run_with(
        &self,
        sql: &str,
        values: impl IntoIterator<Item = Value>,
    ) -> Result<(), StorageError> {
        let statement = Statement::from_sql_and_values(DatabaseBackend::Postgres, sql, values);
        self.connection.query_one_raw(statement).await?;
        Ok(())
    }
}

/// How long a transaction is tried again that others keep coming between.
const PATIENCE: Duration = Duration::from_secs(20);

impl Database {
    /// Runs `body` in a writing transaction and commits it if the body succeeds. When the database
    /// reports that another transaction came between, everything is run again from the start, so
    /// the body must keep no result of an earlier run. So it is when the connection ends before the
    /// commit is sent; one that ends while it is sent leaves open whether it was done, and is an
    /// error ([`Unavailability::Unconfirmed`]).
    ///
    /// Nothing of a transaction is written whose body fails, panics or is cancelled.
    ///
    /// # Errors
    /// The body's error, or the database's.
    pub async fn write<T, E, F, R>(&self, mut body: F) -> Result<T, E>
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
                Err(error) if error.is_transient() && start.elapsed() < PATIENCE => {
                    let jitter = rand::random_range(0.5..1.5);
                    tokio::time::sleep(pause.mul_f64(jitter)).await;
                    pause = (pause * 2).min(Duration::from_millis(250));
                }
                Err(error) => {
                    // One that is to take no writes is not failing.
                    if !self.is_read_only {
                        self.health.failed(error.unavailability());
                    }
                    return Err(error);
                }
                Ok(value) => {
                    self.health.succeeded();
                    return Ok(value);
                }
            }
        }
    }

    /// Runs `body` in a transaction that sees one state of the database and leaves none of its own.
    ///
    /// # Errors
    /// The body's error, or the database's.
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
            match self.begin(&self.reader.pool, begin, None).await {
                Ok(connection) => break connection,
                // Nothing has begun, so that it can begin anew on another connection.
                Err(error) if attempt < ATTEMPTS && self.reader.pool.is_dead(&error) => {
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

    async fn begin(
        &self,
        pool: &Pool,
        sql: &str,
        faults: Option<Arc<dyn Faults>>,
    ) -> Result<Session, DbErr> {
        let connection = pool.acquire().await?;
        Session::begin(connection, sql, Arc::clone(&self.queries), faults).await
    }

    async fn attempt<T, E, F, R>(&self, body: &mut F) -> Result<T, E>
    where
        E: From<StorageError>,
        F: FnMut(Arc<Transaction>) -> R,
        R: Future<Output = Result<T, E>>,
    {
        if self.is_read_only {
            return Err(StorageError::ReadOnly.into());
        }
        let begin = match self.backend {
            Backend::Sqlite => "BEGIN IMMEDIATE",
            // READ COMMITTED lets each statement see what was committed before it; what must not
            // change between two of them is locked first.
            Backend::Postgres => "BEGIN ISOLATION LEVEL READ COMMITTED",
        };
        let faults = self.faults.get().cloned();
        let connection = match self.begin(&self.writer, begin, faults).await {
            Ok(connection) => connection,
            Err(error) => {
                self.writer.is_dead(&error);
                return Err(StorageError::from(error).into());
            }
        };
        let transaction = Arc::new(Transaction { connection, backend: self.backend });
        let result = body(Arc::clone(&transaction)).await;
        // The body is done, so that nothing else holds the transaction; were it otherwise, it would
        // end unfinished, and nothing of it be written.
        let Some(transaction) = Arc::into_inner(transaction) else {
            return Err(StorageError::Escaped.into());
        };
        match result {
            Ok(value) => match transaction.connection.commit().await {
                Ok(()) => Ok(value),
                Err(CommitError::Refused(error)) => Err(StorageError::from(error).into()),
                Err(CommitError::Unconfirmed(error)) => {
                    tracing::error!(error = %error, "a commit was not confirmed");
                    Err(StorageError::Unconfirmed(error).into())
                }
            },
            Err(error) => {
                transaction.connection.rollback().await;
                Err(error)
            }
        }
    }
}

/// An error that may go away when the transaction is run again.
pub trait TransientError {
    fn is_transient(&self) -> bool;

    /// Why the database could not serve the request, if that is what it means.
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
