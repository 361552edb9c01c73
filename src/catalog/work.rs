//! The CPU work of imports. Reading and planning a large document takes long, so it is done on
//! threads of its own, of which few run at once, and ends when nobody waits for it any more. Small
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

/// Cancels a piece of work when it is dropped: nobody waits for its result any more.
struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Computes on this thread what takes little, else on a thread of its own.
///
/// # Errors
/// When the computation panics.
pub(super) async fn compute<T: Send + 'static>(
    bytes: usize,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, CatalogError> {
    if bytes <= INLINE_BYTES {
        return Ok(work());
    }
    let running = Arc::clone(&RUNNING).acquire_owned().await;
    Ok(tokio::task::spawn_blocking(move || {
        let _running = running;
        work()
    })
    .await?)
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
