//! A value that is fetched from elsewhere when it is needed, and kept while it cannot be fetched.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

/// After which age a value is fetched again.
const MAX_AGE: Duration = Duration::from_mins(10);

/// A value that was fetched, if it was.
#[derive(Debug)]
pub(super) struct Cached<T> {
    /// What the value is, for the log.
    what: String,
    /// How long to wait between two attempts, so that requests cannot cause load elsewhere.
    pause: Duration,
    known: RwLock<Option<Arc<T>>>,
    /// When fetching was last tried.
    last_attempt: Mutex<Option<Instant>>,
}

impl<T> Cached<T> {
    pub(super) fn new(what: String, pause: Duration) -> Self {
        Self { what, pause, known: RwLock::default(), last_attempt: Mutex::default() }
    }

    /// The value that was fetched last; `None` if none was. Fetches it if there is none, or if it
    /// is old.
    pub(super) async fn get(
        &self,
        fetch: impl Future<Output = Result<T, String>>,
    ) -> Option<Arc<T>> {
        let last_attempt = *self.last_attempt.lock().await;
        let is_old = last_attempt.is_none_or(|last| last.elapsed() > MAX_AGE);
        if is_old || self.known().is_none() {
            self.refresh(fetch).await;
        }
        self.known()
    }

    fn known(&self) -> Option<Arc<T>> {
        self.known.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Fetches the value, unless that was tried a short time ago. Returns whether there is a new
    /// one. If fetching fails, the known value is kept.
    pub(super) async fn refresh(&self, fetch: impl Future<Output = Result<T, String>>) -> bool {
        let mut last_attempt = self.last_attempt.lock().await;
        if last_attempt.is_some_and(|last| last.elapsed() < self.pause) {
            return false;
        }
        *last_attempt = Some(Instant::now());
        match fetch.await {
            Ok(value) => {
                let value = Some(Arc::new(value));
                *self.known.write().unwrap_or_else(PoisonError::into_inner) = value;
                true
            }
            Err(error) => {
                tracing::warn!(%error, "{} could not be fetched", self.what);
                false
            }
        }
    }
}
