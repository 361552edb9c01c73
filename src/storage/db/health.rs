//! Write health: the last failure that affects every write is remembered until a write succeeds.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use sea_orm::sea_query::OnConflict;
use sea_orm::{EntityTrait, Set};

use super::{Database, Transaction};
use crate::storage::StorageError;
use crate::storage::tables::storage_probe;
use crate::storage::unavailable::Unavailability;

/// The state of writes. While writes succeed, it costs one load of an atomic flag.
#[derive(Debug, Default)]
pub(super) struct WriteHealth {
    is_failing: AtomicBool,
    reason: Mutex<Option<Unavailability>>,
    /// When a probe write was last tried.
    last_probe: tokio::sync::Mutex<Option<Instant>>,
}

/// How often a probe write is tried while writes fail.
const PROBE_INTERVAL: Duration = Duration::from_secs(1);
/// The size of a probe write: about that of a large document.
const PROBE_BYTES: usize = 64 * 1024;

impl WriteHealth {
    /// Records a failed write. Ignores failures that do not affect every write.
    pub(super) fn record_failure(&self, why: Option<Unavailability>) {
        let Some(why) = why.filter(|why| why.stops_writes()) else { return };
        if let Ok(mut last) = self.reason.lock() {
            *last = Some(why);
        }
        self.is_failing.store(true, Ordering::Relaxed);
    }

    /// Records a successful write.
    pub(super) fn record_success(&self) {
        if self.is_failing.load(Ordering::Relaxed) {
            self.is_failing.store(false, Ordering::Relaxed);
        }
    }

    /// Why the last write failed; `None` if a write has succeeded since.
    fn failure(&self) -> Option<Unavailability> {
        if !self.is_failing.load(Ordering::Relaxed) {
            return None;
        }
        self.reason.lock().ok().and_then(|why| *why)
    }
}

/// Why the service is not ready.
#[derive(Debug, thiserror::Error)]
pub enum NotReady {
    #[error("the database cannot be reached or is not migrated")]
    Unreachable(#[source] StorageError),
    #[error("{}", .0.message())]
    NoWrites(Unavailability),
}

impl NotReady {
    /// The kind of failure.
    #[must_use]
    pub fn unavailability(&self) -> Unavailability {
        match self {
            Self::Unreachable(error) => {
                error.unavailability().unwrap_or(Unavailability::Unreachable)
            }
            Self::NoWrites(why) => *why,
        }
    }
}

impl Database {
    /// Checks that reads work, and that writes are not known to fail. After a failure that affects
    /// every write, it tries a probe write, at most one per second.
    ///
    /// # Errors
    /// When reads or writes do not work.
    pub async fn readiness(&self) -> Result<(), NotReady> {
        self.ping().await.map_err(NotReady::Unreachable)?;
        let Some(why) = self.health.failure() else { return Ok(()) };
        // While one request probes, the others answer with the last known state.
        if let Ok(mut last_probe) = self.health.last_probe.try_lock()
            && last_probe.is_none_or(|at| at.elapsed() >= PROBE_INTERVAL)
        {
            let _ = self.try_write().await;
            *last_probe = Some(Instant::now());
            return self.health.failure().map_or(Ok(()), |why| Err(NotReady::NoWrites(why)));
        }
        Err(NotReady::NoWrites(why))
    }

    /// Writes a probe row and deletes it again, to test whether writes work.
    ///
    /// # Errors
    /// When writes do not work.
    pub async fn try_write(&self) -> Result<(), StorageError> {
        self.write(|transaction| async move { transaction.write_probe().await }).await?;
        self.write(|transaction| async move { transaction.delete_probe().await }).await
    }
}

impl Transaction {
    async fn write_probe(&self) -> Result<(), StorageError> {
        // Random bytes cannot be compressed.
        let mut filler = vec![0; PROBE_BYTES];
        rand::fill(filler.as_mut_slice());
        let row = storage_probe::ActiveModel { id: Set(1), filler: Set(filler) };
        let again = OnConflict::column(storage_probe::Column::Id)
            .update_column(storage_probe::Column::Filler)
            .to_owned();
        storage_probe::Entity::insert(row)
            .on_conflict(again)
            .exec_without_returning(&self.connection)
            .await?;
        Ok(())
    }

    async fn delete_probe(&self) -> Result<(), StorageError> {
        storage_probe::Entity::delete_many().exec(&self.connection).await?;
        Ok(())
    }
}
