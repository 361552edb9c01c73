//! A number of bytes that all requests share.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::problem::ProblemDetails;

/// Permits are counted in units of this many bytes.
const UNIT: usize = 1024;
/// Most requests that wait for room at the same time.
const MAX_WAITING: usize = 32;

/// Memory that all requests share. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Budget(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    permits: Arc<Semaphore>,
    units: usize,
    wait: Duration,
    waiting: AtomicUsize,
}

/// A part of a [`Budget`], returned when it is dropped.
#[derive(Debug, Default)]
pub struct Room(Option<OwnedSemaphorePermit>);

/// There is no room within the budget, and none became free in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the server has as many requests as it can hold in memory")]
pub struct Full;

impl Budget {
    /// A budget of that many bytes. A request waits at most `wait` for its part.
    #[must_use]
    pub fn new(bytes: usize, wait: Duration) -> Self {
        let units = bytes.div_ceil(UNIT).clamp(1, Semaphore::MAX_PERMITS);
        let permits = Arc::new(Semaphore::new(units));
        Self(Arc::new(Shared { permits, units, wait, waiting: AtomicUsize::new(0) }))
    }

    /// Takes room for that many bytes. What is larger than the whole budget takes all of it.
    ///
    /// # Errors
    /// When there is no room in time, or too many wait for it already.
    pub async fn take(&self, bytes: usize) -> Result<Room, Full> {
        self.take_within(bytes, self.0.wait).await
    }

    /// As [`take`](Self::take), with another time to wait.
    ///
    /// # Errors
    /// When there is no room in time, or too many wait for it already.
    pub async fn take_within(&self, bytes: usize, wait: Duration) -> Result<Room, Full> {
        let shared = &*self.0;
        let units = u32::try_from(bytes.div_ceil(UNIT).min(shared.units)).unwrap_or(u32::MAX);
        if let Ok(permit) = Arc::clone(&shared.permits).try_acquire_many_owned(units) {
            return Ok(Room(Some(permit)));
        }
        let _place = Place::enter(&shared.waiting)?;
        let permit = Arc::clone(&shared.permits).acquire_many_owned(units);
        match tokio::time::timeout(wait, permit).await {
            Ok(Ok(permit)) => Ok(Room(Some(permit))),
            _ => Err(Full),
        }
    }
}

impl Room {
    /// Adds another part of the same budget.
    pub fn extend(&mut self, other: Self) {
        match (&mut self.0, other.0) {
            (Some(permit), Some(other)) => permit.merge(other),
            (empty, other) => *empty = other,
        }
    }
}

/// One of the requests that wait.
struct Place<'a>(&'a AtomicUsize);

impl<'a> Place<'a> {
    fn enter(waiting: &'a AtomicUsize) -> Result<Self, Full> {
        let place = Self(waiting);
        if waiting.fetch_add(1, Ordering::Relaxed) < MAX_WAITING { Ok(place) } else { Err(Full) }
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl From<Full> for ProblemDetails {
    fn from(full: Full) -> Self {
        Self::busy(full.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_dropped_is_free_for_the_next() {
        let budget = Budget::new(4096, Duration::ZERO);
        let mut room = budget.take(1).await.unwrap();
        room.extend(budget.take(3072).await.unwrap());
        assert_eq!(budget.take(1).await.unwrap_err(), Full);
        drop(room);
        // More than there is takes all that there is.
        let whole = budget.take(1 << 30).await.unwrap();
        assert_eq!(budget.take(1).await.unwrap_err(), Full);
        drop(whole);
        assert!(budget.take(4096).await.is_ok());
    }

    #[tokio::test]
    async fn not_more_than_some_wait() {
        let budget = Budget::new(UNIT, Duration::from_hours(1));
        let room = budget.take(UNIT).await.unwrap();
        let waiting: Vec<_> = (0..MAX_WAITING)
            .map(|_| {
                let budget = budget.clone();
                tokio::spawn(async move { budget.take(1).await.map(drop) })
            })
            .collect();
        while budget.0.waiting.load(Ordering::Relaxed) < MAX_WAITING {
            tokio::task::yield_now().await;
        }
        assert_eq!(budget.take(1).await.unwrap_err(), Full);
        drop(room);
        for task in waiting {
            assert!(task.await.unwrap().is_ok());
        }
    }
}
