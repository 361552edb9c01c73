//! Writing transactions.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sea_orm::{
    AccessMode, ConnectionTrait, DatabaseBackend, DatabaseTransaction, IsolationLevel,
    SqliteTransactionMode, Statement, TransactionOptions, TransactionTrait, Value,
};
use sha2::{Digest, Sha256};

use super::{Backend, Database, StorageError};
use crate::document::MovieId;

/// A writing transaction: all of it happens, or nothing.
#[derive(Debug)]
pub struct Transaction {
    pub(super) connection: DatabaseTransaction,
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
            "SELECT pg_advisory_xact_lock_shared($1), (SELECT count(pg_advisory_xact_lock(key)) FROM unnest($2) AS key)",
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
    /// the body must keep no result of an earlier run.
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
                result => return result,
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
        let (isolation, access) = match self.backend {
            Backend::Sqlite => (None, None),
            Backend::Postgres => (Some(IsolationLevel::RepeatableRead), Some(AccessMode::ReadOnly)),
        };
        let connection =
            self.reader.begin_with_config(isolation, access).await.map_err(StorageError::from)?;
        let transaction = Arc::new(Transaction { connection, backend: self.backend });
        let result = body(Arc::clone(&transaction)).await;
        let Some(transaction) = Arc::into_inner(transaction) else {
            return Err(StorageError::Escaped.into());
        };
        let _ = transaction.connection.rollback().await;
        result
    }

    async fn attempt<T, E, F, R>(&self, body: &mut F) -> Result<T, E>
    where
        E: From<StorageError>,
        F: FnMut(Arc<Transaction>) -> R,
        R: Future<Output = Result<T, E>>,
    {
        let mut options = TransactionOptions::default();
        // PostgreSQL's default, READ COMMITTED, lets each statement see what was committed before it;
        // what must not change between two of them is locked first.
        if self.backend == Backend::Sqlite {
            options.sqlite_transaction_mode = Some(SqliteTransactionMode::Immediate);
        }
        let connection =
            self.writer.begin_with_options(options).await.map_err(StorageError::from)?;
        let transaction = Arc::new(Transaction { connection, backend: self.backend });
        let result = body(Arc::clone(&transaction)).await;
        // The body is done, so nobody else holds the transaction; were it otherwise, it would end
        // unfinished, and nothing of it be written.
        let Some(transaction) = Arc::into_inner(transaction) else {
            return Err(StorageError::Escaped.into());
        };
        match result {
            Ok(value) => {
                transaction.connection.commit().await.map_err(StorageError::from)?;
                Ok(value)
            }
            Err(error) => {
                // If even that fails, dropping the connection ends the transaction.
                let _ = transaction.connection.rollback().await;
                Err(error)
            }
        }
    }
}

/// An error that may go away when the transaction is run again.
pub trait TransientError {
    fn is_transient(&self) -> bool;
}

impl TransientError for StorageError {
    fn is_transient(&self) -> bool {
        Self::is_transient(self)
    }
}
