//! Writing transactions.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sea_orm::{
    DatabaseTransaction, IsolationLevel, SqliteTransactionMode, TransactionOptions, TransactionTrait,
};

use super::{Backend, Database, StorageError};

/// A writing transaction: all of it happens, or nothing.
#[derive(Debug)]
pub struct Transaction {
    pub(super) connection: DatabaseTransaction,
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

    async fn attempt<T, E, F, R>(&self, body: &mut F) -> Result<T, E>
    where
        E: From<StorageError>,
        F: FnMut(Arc<Transaction>) -> R,
        R: Future<Output = Result<T, E>>,
    {
        let mut options = TransactionOptions::default();
        match self.backend {
            Backend::Sqlite => options.sqlite_transaction_mode = Some(SqliteTransactionMode::Immediate),
            Backend::Postgres => options.isolation_level = Some(IsolationLevel::Serializable),
        }
        let connection = self.writer.begin_with_options(options).await.map_err(StorageError::from)?;
        let transaction = Arc::new(Transaction { connection });
        let result = body(Arc::clone(&transaction)).await;
        // The body is done, so nobody else holds the transaction; were it otherwise, it would end
        // unfinished, and nothing of it be written.
        let Some(transaction) = Arc::into_inner(transaction) else { return Err(StorageError::Escaped.into()) };
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
