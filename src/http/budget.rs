//! A memory budget that requests share. Used for request bodies, responses and bundles.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::problem::ProblemDetails;

/// The number of bytes per permit.
const UNIT: usize = 1024;
/// Maximum number of requests that wait for memory at the same time.
const MAX_WAITING: usize = 32;

/// A number of bytes that requests reserve parts of. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Budget(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    permits: Arc<Semaphore>,
    units: usize,
    wait: Duration,
    waiting: AtomicUsize,
}

/// A reserved part of a [`Budget`], returned when dropped.
#[derive(Debug, Default)]
pub struct Reservation(Option<OwnedSemaphorePermit>);

/// The budget is exhausted, and no memory became free in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the server has no memory for more requests")]
pub struct Exhausted;

impl Budget {
    /// Creates a budget of `bytes`. [`reserve`](Self::reserve) waits at most `wait`.
    #[must_use]
    pub fn new(bytes: usize, wait: Duration) -> Self {
        let units = bytes.div_ceil(UNIT).clamp(1, Semaphore::MAX_PERMITS);
        let permits = Arc::new(Semaphore::new(units));
        Self(Arc::new(Shared { permits, units, wait, waiting: AtomicUsize::new(0) }))
    }

    /// Reserves `bytes`; all of the budget if `bytes` is larger.
    ///
    /// # Errors
    /// When no memory becomes free in time, or too many requests already wait.
    pub async fn reserve(&self, bytes: usize) -> Result<Reservation, Exhausted> {
        self.reserve_within(bytes, self.0.wait).await
    }

    /// Like [`reserve`](Self::reserve), with another waiting time.
    ///
    /// # Errors
    /// When no memory becomes free in time, or too many requests already wait.
    pub async fn reserve_within(
        &self,
        bytes: usize,
        wait: Duration,
    ) -> Result<Reservation, Exhausted> {
        let shared = &*self.0;
        let units = u32::try_from(bytes.div_ceil(UNIT).min(shared.units)).unwrap_or(u32::MAX);
        if let Ok(permit) = Arc::clone(&shared.permits).try_acquire_many_owned(units) {
            return Ok(Reservation(Some(permit)));
        }
        let _waiter = Waiter::register(&shared.waiting)?;
        let permit = Arc::clone(&shared.permits).acquire_many_owned(units);
        match tokio::time::timeout(wait, permit).await {
            Ok(Ok(permit)) => Ok(Reservation(Some(permit))),
            _ => Err(Exhausted),
        }
    }
}

impl Reservation {
    /// Adds another reservation of the same budget.
    pub fn extend(&mut self, other: Self) {
        match (&mut self.0, other.0) {
            (Some(permit), Some(other)) => permit.merge(other),
            (empty, other) => *empty = other,
        }
    }
}

/// A waiting request, counted until dropped.
struct Waiter<'a>(&'a AtomicUsize);

impl<'a> Waiter<'a> {
    fn register(waiting: &'a AtomicUsize) -> Result<Self, Exhausted> {
        let waiter = Self(waiting);
        let count = waiting.fetch_add(1, Ordering::Relaxed);
        if count < MAX_WAITING { Ok(waiter) } else { Err(Exhausted) }
    }
}

impl Drop for Waiter<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl From<Exhausted> for ProblemDetails {
    fn from(exhausted: Exhausted) -> Self {
        Self::busy(exhausted.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn dropped_reservations_are_free_again() {
        let budget = Budget::new(4096, Duration::ZERO);
        let mut reservation = budget.reserve(1).await.unwrap();
        reservation.extend(budget.reserve(3072).await.unwrap());
        assert_eq!(budget.reserve(1).await.unwrap_err(), Exhausted);
        drop(reservation);
        // A reservation larger than the budget takes all of it.
        let whole = budget.reserve(1 << 30).await.unwrap();
        assert_eq!(budget.reserve(1).await.unwrap_err(), Exhausted);
        drop(whole);
        assert!(budget.reserve(4096).await.is_ok());
    }

    #[tokio::test]
    async fn the_number_of_waiting_requests_is_limited() {
        let budget = Budget::new(UNIT, Duration::from_hours(1));
        let reservation = budget.reserve(UNIT).await.unwrap();
        let waiting: Vec<_> = (0..MAX_WAITING)
            .map(|_| {
                let budget = budget.clone();
                tokio::spawn(async move { budget.reserve(1).await.map(drop) })
            })
            .collect();
        while budget.0.waiting.load(Ordering::Relaxed) < MAX_WAITING {
            tokio::task::yield_now().await;
        }
        assert_eq!(budget.reserve(1).await.unwrap_err(), Exhausted);
        drop(reservation);
        for task in waiting {
            assert!(task.await.unwrap().is_ok());
        }
    }
}
