//! Bounds the CPU work of imports. Small documents are read and planned on the thread that serves
//! the request, within a small budget. Large documents go to blocking threads, of which as many run
//! at once as there are cores; their work is cancelled when the request is dropped.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};

use tokio::runtime::Handle;
use tokio::sync::{Semaphore, oneshot};
use tracing::Instrument as _;

use super::background::spawn_background;
use super::{Catalog, CatalogError};
use crate::document::budget::{Stopped, WorkBudget};

/// Maximum number of steps to plan the documents of one transaction: a few seconds, see the `plan`
/// benchmark.
const MAX_STEPS: u64 = 20_000_000;
/// Maximum number of bytes of text that are read on the request's thread.
const INLINE_BYTES: usize = 64 * 1024;
/// Maximum number of planning steps on the request's thread.
const INLINE_STEPS: u64 = 100_000;
/// Maximum number of names that are looked up on the request's thread.
const INLINE_NAMES: usize = 200;

/// Limits the work that runs at once in this process to one task per core.
static WORKERS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    Arc::new(Semaphore::new(cores))
});

/// The limit of the work of one call.
#[derive(Debug, Clone)]
pub(crate) struct Work {
    max_steps: u64,
    /// Whether it runs on the request's thread.
    is_inline: bool,
    is_cancelled: Arc<AtomicBool>,
}

impl Default for Work {
    fn default() -> Self {
        Self { max_steps: MAX_STEPS, is_inline: false, is_cancelled: Arc::default() }
    }
}

impl Work {
    fn inline() -> Self {
        Self { max_steps: INLINE_STEPS, is_inline: true, ..Self::default() }
    }

    /// A budget for planning the documents of one transaction.
    pub(crate) fn budget(&self) -> WorkBudget<'static> {
        let is_cancelled = Arc::clone(&self.is_cancelled);
        WorkBudget::new(self.max_steps, move || is_cancelled.load(Ordering::Relaxed))
    }

    /// Checks that reading `bytes` and looking up `names` is allowed on this thread.
    ///
    /// # Errors
    /// When it is too much for the request's thread.
    pub(crate) fn admit(&self, bytes: usize, names: usize) -> Result<(), Stopped> {
        if self.is_inline && (bytes > INLINE_BYTES || names > INLINE_NAMES) {
            return Err(Stopped::OverBudget { limit: self.max_steps });
        }
        Ok(())
    }
}

/// Cancels a piece of work when dropped, because its result is no longer needed.
struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Runs a computation on the input of `bytes` bytes: on this thread if the input is small, else on
/// a blocking thread. Dropping the returned future cancels the computation.
///
/// # Errors
/// [`CatalogError::Stopped`] when it exceeds its budget.
pub(super) async fn compute<T: Send + 'static>(
    bytes: usize,
    computation: impl FnOnce(&WorkBudget<'_>) -> T + Send + 'static,
) -> Result<T, CatalogError> {
    let work = Work::default();
    let _cancel = CancelOnDrop(Arc::clone(&work.is_cancelled));
    let within_budget = move || {
        let budget = work.budget();
        let result = computation(&budget);
        budget.outcome().map(|()| result)
    };
    if bytes <= INLINE_BYTES {
        return Ok(within_budget()?);
    }
    let permit = Arc::clone(&WORKERS).acquire_owned().await;
    let computed = spawn_background(move || {
        let _permit = permit;
        within_budget()
    });
    Ok(computed.await??)
}

impl Catalog {
    /// Runs an operation on documents of `bytes` bytes: on this thread if they are small, else on a
    /// blocking thread. A small document that exceeds the small budget is run again from the start
    /// on a blocking thread, so a failed operation must not leave anything written.
    ///
    /// Dropping the returned future cancels the operation, and nothing is written.
    ///
    /// # Errors
    /// The error of the operation; [`CatalogError::Stopped`] when it exceeds its budget.
    pub(super) async fn run_within_budget<T, F, R>(
        &self,
        bytes: usize,
        operation: F,
    ) -> Result<T, CatalogError>
    where
        T: Send + 'static,
        F: Fn(Self) -> R + Send + 'static,
        R: Future<Output = Result<T, CatalogError>> + Send,
    {
        if bytes <= INLINE_BYTES {
            match operation(Self { work: Work::inline(), ..self.clone() }).await {
                Err(CatalogError::Stopped(_)) => {}
                result => return result,
            }
        }
        let permit = Arc::clone(&WORKERS).acquire_owned().await;
        let work = Work::default();
        let _cancel = CancelOnDrop(Arc::clone(&work.is_cancelled));
        // Kept until the result arrives; dropping the future closes the channel.
        let (_waiting, abandoned) = oneshot::channel::<()>();
        let catalog = Self { work, ..self.clone() };
        let runtime = Handle::current();
        let span = tracing::Span::current();
        let task = spawn_background(move || {
            let _permit = permit;
            let run = async {
                tokio::select! {
                    result = operation(catalog) => result,
                    _ = abandoned => Err(Stopped::Cancelled.into()),
                }
            };
            runtime.block_on(run.instrument(span))
        });
        task.await?
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn work_is_cancelled_when_its_future_is_dropped() {
        let (sender, mut outcomes) = mpsc::unbounded_channel();
        let long = compute(INLINE_BYTES + 1, move |budget| {
            let _ = sender.send(budget.outcome());
            while budget.charge(5_000) {
                std::thread::sleep(Duration::from_millis(5));
            }
            let _ = sender.send(budget.outcome());
        });
        let waiting = tokio::spawn(long);
        assert_eq!(outcomes.recv().await, Some(Ok(())));
        waiting.abort();
        assert_eq!(outcomes.recv().await, Some(Err(Stopped::Cancelled)));
    }

    #[tokio::test]
    async fn work_that_exceeds_its_budget_is_an_error() {
        for bytes in [0, INLINE_BYTES + 1] {
            let computed = compute(bytes, |budget| while budget.charge(1_000) {}).await;
            assert!(
                matches!(computed, Err(CatalogError::Stopped(Stopped::OverBudget { .. }))),
                "{computed:?}"
            );
        }
    }
}
