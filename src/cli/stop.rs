//! Shutdown on SIGTERM and SIGINT.

use std::io;
use std::time::Duration;

use tokio::sync::oneshot;

/// Completes the returned receiver on the first signal. Calls `exit` on the second signal, or if
/// the process is still running `timeout` after the first.
///
/// Signals are handled on a separate thread with its own runtime, so busy threads of the service do
/// not delay them.
///
/// # Errors
/// When the thread cannot be started or signals cannot be received.
pub(super) fn watch(timeout: Duration, exit: fn()) -> io::Result<oneshot::Receiver<()>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut signals = {
        let _entered = runtime.enter();
        Signals::new()?
    };
    let (stop, stopped) = oneshot::channel();
    std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
        runtime.block_on(async {
            signals.next().await;
            let _ = stop.send(());
            let _ = tokio::time::timeout(timeout, signals.next()).await;
            exit();
        });
    })?;
    Ok(stopped)
}

#[cfg(unix)]
struct Signals {
    terminate: tokio::signal::unix::Signal,
    interrupt: tokio::signal::unix::Signal,
}

#[cfg(unix)]
impl Signals {
    fn new() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self)
    }

    async fn next(&mut self) {
        let _ = tokio::signal::ctrl_c().await;
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    static ENDED: AtomicBool = AtomicBool::new(false);

    #[test]
    fn the_process_exits_even_if_all_its_threads_are_busy() {
        let signals =
            watch(Duration::ZERO, || ENDED.store(true, Ordering::SeqCst)).expect("signals");
        let service = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build();
        let service = service.expect("a runtime");
        // Blocks the only thread of the service's runtime, so a signal handler there would not run.
        service.spawn(async {
            while !ENDED.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(1));
            }
        });
        let process = std::process::id().to_string();
        let sent = std::process::Command::new("kill").args(["-TERM", &process]).status();
        assert!(sent.expect("kill").success());
        assert_eq!(signals.blocking_recv(), Ok(()));
        while !ENDED.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(1));
        }
        service.shutdown_timeout(Duration::from_mins(1));
    }
}
