//! The CPU work of imports. Reading and planning a large document takes long, so it is done on
//! threads of its own, of which few run at once, and ends when its request is dropped. Small
//! documents are read and planned where they arrive, within a budget of their own.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};

use tokio::runtime::Handle;
use tokio::sync::{Semaphore, oneshot};
use tracing::Instrument as _;

use super::{Catalog, CatalogError};
use crate::document::budget::{Stopped, WorkBudget};

/// Most steps that planning the documents of one transaction takes. See the `plan` benchmark for
/// what a step takes; with these, planning ends after a few seconds.
const MOST_STEPS: u64 = 20_000_000;
/// Most bytes of text that is read on the thread that it arrived on.
const INLINE_BYTES: usize = 64 * 1024;
/// Most steps of planning on the thread that a document arrived on; and most names there that are
/// looked up.
const INLINE_STEPS: u64 = 100_000;
const INLINE_NAMES: usize = 200;

/// How many pieces of work run at once in this process: one for each core.
static RUNNING: LazyLock<Arc<Semaphore>> = LazyLock::new(|| {
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    Arc::new(Semaphore::new(cores))
});

/// What the work of one call may cost.
#[derive(Debug, Clone)]
pub(crate) struct Work {
    most_steps: u64,
    /// Whether it runs on a thread that serves requests.
    is_inline: bool,
    is_cancelled: Arc<AtomicBool>,
}

impl Default for Work {
    fn default() -> Self {
        Self { most_steps: MOST_STEPS, is_inline: false, is_cancelled: Arc::default() }
    }
}

impl Work {
    fn inline() -> Self {
        Self { most_steps: INLINE_STEPS, is_inline: true, ..Self::default() }
    }

    /// A budget for planning the documents of one transaction.
    pub(crate) fn budget(&self) -> WorkBudget<'static> {
        let is_cancelled = Arc::clone(&self.is_cancelled);
        WorkBudget::new(self.most_steps, move || is_cancelled.load(Ordering::Relaxed))
    }

    /// Whether so much may be read, and so many names looked up, on this thread.
    ///
    /// # Errors
    /// When it is too much; it is to be done on another thread.
    pub(crate) fn admit(&self, bytes: usize, names: usize) -> Result<(), Stopped> {
        if self.is_inline && (bytes > INLINE_BYTES || names > INLINE_NAMES) {
            return Err(Stopped::OverBudget { limit: self.most_steps });
        }
        Ok(())
    }
}

/// Cancels a piece of work when it is dropped, as its result is no longer needed.
struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Computes on this thread what takes little, else on a thread of its own. When the returned future
/// is dropped, the computation ends soon.
///
/// # Errors
/// [`CatalogError::Stopped`] when it takes more work than is allowed.
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
    let running = Arc::clone(&RUNNING).acquire_owned().await;
    let computed = tokio::task::spawn_blocking(move || {
        let _running = running;
        within_budget()
    });
    Ok(computed.await??)
}

impl Catalog {
    /// Runs an act on documents of so many bytes: small ones on this thread; large ones, and those
    /// that turn out to need much work, on a thread of their own. The act is run again from the
    /// start in that case, so it must have written nothing that outlasts its error.
    ///
    /// When the returned future is dropped, the act ends soon, and nothing of it is written.
    ///
    /// # Errors
    /// The act's error; [`CatalogError::Stopped`] when it takes more work than is allowed.
    pub(super) async fn apart<T, F, R>(&self, bytes: usize, act: F) -> Result<T, CatalogError>
    where
        T: Send + 'static,
        F: Fn(Self) -> R + Send + 'static,
        R: Future<Output = Result<T, CatalogError>> + Send,
    {
        if bytes <= INLINE_BYTES {
            match act(Self { work: Work::inline(), ..self.clone() }).await {
                Err(CatalogError::Stopped(_)) => {}
                done => return done,
            }
        }
        let running = Arc::clone(&RUNNING).acquire_owned().await;
        let work = Work::default();
        let _cancel = CancelOnDrop(Arc::clone(&work.is_cancelled));
        // Held for as long as the result is waited for.
        let (_waiting, is_left) = oneshot::channel::<()>();
        let catalog = Self { work, ..self.clone() };
        let runtime = Handle::current();
        let span = tracing::Span::current();
        let task = tokio::task::spawn_blocking(move || {
            let _running = running;
            let act = async {
                tokio::select! {
                    done = act(catalog) => done,
                    _ = is_left => Err(Stopped::Cancelled.into()),
                }
            };
            runtime.block_on(act.instrument(span))
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
    async fn work_ends_when_nobody_waits_for_it() {
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
    async fn work_beyond_its_budget_is_an_error() {
        for bytes in [0, INLINE_BYTES + 1] {
            let computed = compute(bytes, |budget| while budget.charge(1_000) {}).await;
            assert!(
                matches!(computed, Err(CatalogError::Stopped(Stopped::OverBudget { .. }))),
                "{computed:?}"
            );
        }
    }
}
