//! The queue of writing transactions.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::storage::StorageError;

/// The most writing transactions that run or wait in this process. `SQLite` runs one at a time. A
/// longer queue would hold documents in memory for clients that time out before their turn.
const MAX_WRITERS: usize = 256;

/// The queue of one database. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct WriteQueue(Arc<Semaphore>);

impl Default for WriteQueue {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MAX_WRITERS)))
    }
}

impl WriteQueue {
    /// Enters the queue, and leaves it when the permit is dropped.
    ///
    /// # Errors
    /// [`StorageError::TooManyWriters`] when the queue is full.
    pub(super) fn enter(&self) -> Result<OwnedSemaphorePermit, StorageError> {
        Arc::clone(&self.0).try_acquire_owned().map_err(|_| StorageError::TooManyWriters)
    }
}
