//! Threads for long CPU work: reading and planning large documents, packing bundles, expensive
//! queries. On Linux they have a lower priority than the threads that serve requests, so that
//! small requests stay fast while every core is busy.

use std::sync::LazyLock;

use tokio::runtime::{Builder, Runtime};
use tokio::task::JoinHandle;

/// The nice value of the threads: they get about a tenth of a core that another thread wants.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// A runtime whose blocking threads have the lower priority. `None` if it cannot be started.
static THREADS: LazyLock<Option<Runtime>> = LazyLock::new(|| {
    let mut builder = Builder::new_multi_thread();
    builder.worker_threads(1).thread_name("reelport-background").on_thread_start(lower_priority);
    builder
        .build()
        .inspect_err(|error| tracing::warn!(%error, "background threads cannot be started"))
        .ok()
});

fn lower_priority() {
    // Without an id, Linux sets the priority of the calling thread.
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICE) {
        tracing::debug!(%error, "the priority of a background thread was not lowered");
    }
}

/// Runs blocking work on a background thread.
pub(crate) fn spawn_background<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> JoinHandle<T> {
    match &*THREADS {
        Some(threads) => threads.spawn_blocking(work),
        None => tokio::task::spawn_blocking(work),
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn background_threads_have_a_lower_priority() {
        let own = || rustix::process::getpriority_process(None).unwrap();
        let background = spawn_background(own).await.unwrap();
        assert_eq!(background, own() + NICE);
    }
}
