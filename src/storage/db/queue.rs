//! The queue in front of the writer: how many writing transactions run or wait at once.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::storage::StorageError;

/// Most writing transactions that run or wait in this process. `SQLite` runs one at a time; a longer
/// queue would only hold documents in memory for clients that give up before their turn comes.
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
    /// A place in the queue, until it is dropped.
    ///
    /// # Errors
    /// [`StorageError::TooManyWriters`] when the queue is full.
    pub(super) fn enter(&self) -> Result<OwnedSemaphorePermit, StorageError> {
        Arc::clone(&self.0).try_acquire_owned().map_err(|_| StorageError::TooManyWriters)
    }
}
