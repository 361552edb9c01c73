//! The state of a connection, and the deadline that follows from it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::task::AtomicWaker;
use tokio::time::Instant;

use crate::http::limits::Limits;

/// How many bytes of a response a client must accept within [`Limits::write_time`].
const PROGRESS: usize = 64 * 1024;

/// The state of a connection, shared by its parts.
#[derive(Debug)]
pub(super) struct Activity {
    state: Mutex<State>,
    /// Wakes the connection's task when it is evicted.
    waker: AtomicWaker,
}

#[derive(Debug)]
struct State {
    /// Number of requests with responses that are not yet completely passed to the connection.
    in_flight: usize,
    /// Whether there was a request.
    is_used: bool,
    /// When the last request finished.
    idle_since: Instant,
    /// When the first byte of the current header section arrived.
    head_since: Option<Instant>,
    /// Start of the period in which the client must accept [`PROGRESS`] bytes.
    blocked_since: Option<Instant>,
    /// Number of bytes accepted in that period.
    accepted: usize,
    is_evicted: bool,
    stopped_at: Option<Instant>,
}

impl Default for Activity {
    fn default() -> Self {
        let state = State {
            in_flight: 0,
            is_used: false,
            idle_since: Instant::now(),
            head_since: None,
            blocked_since: None,
            accepted: 0,
            is_evicted: false,
            stopped_at: None,
        };
        Self { state: Mutex::new(state), waker: AtomicWaker::new() }
    }
}

/// A guard: its request is in flight until it is dropped.
#[derive(Debug)]
pub(super) struct InFlight(Arc<Activity>);

impl Drop for InFlight {
    fn drop(&mut self) {
        let mut state = self.0.locked();
        state.in_flight -= 1;
        state.idle_since = Instant::now();
    }
}

impl Activity {
    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Records that a request has started.
    pub(super) fn start(activity: &Arc<Self>) -> InFlight {
        let mut state = activity.locked();
        state.in_flight += 1;
        state.is_used = true;
        state.head_since = None;
        state.is_evicted = false;
        drop(state);
        InFlight(Arc::clone(activity))
    }

    /// Records that bytes were received.
    pub(super) fn received(&self) {
        let mut state = self.locked();
        if state.in_flight == 0 && state.head_since.is_none() {
            state.head_since = Some(Instant::now());
        }
    }

    /// Records that the client currently accepts no more bytes.
    pub(super) fn blocked(&self) {
        let mut state = self.locked();
        if state.blocked_since.is_none() {
            state.blocked_since = Some(Instant::now());
            state.accepted = 0;
        }
    }

    /// Records that the client accepted bytes.
    pub(super) fn sent(&self, bytes: usize) {
        let mut state = self.locked();
        if state.blocked_since.is_some() {
            state.accepted += bytes;
            if state.accepted >= PROGRESS {
                state.blocked_since = None;
            }
        }
    }

    /// Records that the client accepted everything sent so far.
    pub(super) fn flushed(&self) {
        self.locked().blocked_since = None;
    }

    /// When the connection became idle; `None` while a request or a response is in progress.
    pub(super) fn idle_since(&self) -> Option<Instant> {
        let state = self.locked();
        (state.is_idle() && !state.is_evicted).then_some(state.idle_since)
    }

    /// Closes the connection, unless it is no longer idle.
    pub(super) fn evict(&self) {
        self.locked().is_evicted = true;
        self.waker.wake();
    }

    pub(super) fn register(&self, waker: &std::task::Waker) {
        self.waker.register(waker);
    }

    /// Forgets the task of the connection, which has ended: its waker would keep its memory for as
    /// long as an upgraded connection is open.
    pub(super) fn unregister(&self) {
        drop(self.waker.take());
    }

    /// Records that the server is stopping: the connection closes after the current request.
    pub(super) fn stop(&self) {
        self.locked().stopped_at.get_or_insert_with(Instant::now);
    }

    /// When to close the connection if its state does not change; `None` for no limit.
    pub(super) fn deadline(&self, limits: &Limits) -> Option<Instant> {
        let state = self.locked();
        if state.is_evicted && state.is_idle() {
            return Some(state.idle_since);
        }
        let by_activity = if let Some(since) = state.blocked_since {
            Some(since + limits.write_time)
        } else if state.in_flight > 0 {
            None
        } else if let Some(since) = state.head_since {
            Some(since + limits.head_time)
        } else if state.is_used {
            Some(state.idle_since + limits.idle_time)
        } else {
            Some(state.idle_since + limits.head_time)
        };
        // An idle connection waits only for the rest of a header section.
        let by_stop = state.stopped_at.map(|at| {
            at + if state.is_idle() { limits.grace.min(HEAD_GRACE) } else { limits.grace }
        });
        [by_activity, by_stop].into_iter().flatten().min()
    }
}

/// How long a stopping server waits for the rest of a header section.
const HEAD_GRACE: std::time::Duration = std::time::Duration::from_secs(1);

impl State {
    fn is_idle(&self) -> bool {
        self.in_flight == 0 && self.blocked_since.is_none()
    }
}
