//! What a connection is doing, and until when it may go on doing so.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use futures::task::AtomicWaker;
use tokio::time::Instant;

use crate::http::limits::Limits;

/// How much of an answer a client has to accept within [`Limits::write_time`].
const PROGRESS: usize = 64 * 1024;

/// What a connection is doing.
#[derive(Debug)]
pub(super) struct Activity {
    state: Mutex<State>,
    /// Wakes the connection's task when it is evicted.
    waker: AtomicWaker,
}

#[derive(Debug)]
struct State {
    /// Requests whose answers are not yet handed to the connection in full.
    in_flight: usize,
    /// Whether there was a request.
    used: bool,
    /// Since when no request is in flight.
    idle_since: Instant,
    /// When the first byte of a header section came.
    head_since: Option<Instant>,
    /// Since when the client has not accepted [`PROGRESS`] bytes.
    blocked_since: Option<Instant>,
    /// Bytes that the client accepted since then.
    accepted: usize,
    evicted: bool,
    stopped_at: Option<Instant>,
}

impl Default for Activity {
    fn default() -> Self {
        let state = State {
            in_flight: 0,
            used: false,
            idle_since: Instant::now(),
            head_since: None,
            blocked_since: None,
            accepted: 0,
            evicted: false,
            stopped_at: None,
        };
        Self { state: Mutex::new(state), waker: AtomicWaker::new() }
    }
}

/// A request that is in flight until this is dropped.
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

    /// A request has come.
    pub(super) fn start(activity: &Arc<Self>) -> InFlight {
        let mut state = activity.locked();
        state.in_flight += 1;
        state.used = true;
        state.head_since = None;
        state.evicted = false;
        drop(state);
        InFlight(Arc::clone(activity))
    }

    /// Bytes have come.
    pub(super) fn received(&self) {
        let mut state = self.locked();
        if state.in_flight == 0 && state.head_since.is_none() {
            state.head_since = Some(Instant::now());
        }
    }

    /// The client does not accept more of the answer at present.
    pub(super) fn blocked(&self) {
        let mut state = self.locked();
        if state.blocked_since.is_none() {
            state.blocked_since = Some(Instant::now());
            state.accepted = 0;
        }
    }

    /// The client accepted bytes of the answer.
    pub(super) fn sent(&self, bytes: usize) {
        let mut state = self.locked();
        if state.blocked_since.is_some() {
            state.accepted += bytes;
            if state.accepted >= PROGRESS {
                state.blocked_since = None;
            }
        }
    }

    /// The client accepted all that there was to send.
    pub(super) fn flushed(&self) {
        self.locked().blocked_since = None;
    }

    /// Since when the connection is idle; `None` if a request is in flight or an answer on its way.
    pub(super) fn idle_since(&self) -> Option<Instant> {
        let state = self.locked();
        (state.is_idle() && !state.evicted).then_some(state.idle_since)
    }

    /// Closes the connection unless it became busy in the meantime.
    pub(super) fn evict(&self) {
        self.locked().evicted = true;
        self.waker.wake();
    }

    pub(super) fn register(&self, waker: &std::task::Waker) {
        self.waker.register(waker);
    }

    /// The server stops: the connection is to end with the request that is in flight.
    pub(super) fn stop(&self) {
        self.locked().stopped_at.get_or_insert_with(Instant::now);
    }

    /// Until when the connection may stay open as it is; `None` without limit.
    pub(super) fn deadline(&self, limits: &Limits) -> Option<Instant> {
        let state = self.locked();
        if state.evicted && state.is_idle() {
            return Some(state.idle_since);
        }
        let by_activity = if let Some(since) = state.blocked_since {
            Some(since + limits.write_time)
        } else if state.in_flight > 0 {
            None
        } else if let Some(since) = state.head_since {
            Some(since + limits.head_time)
        } else if state.used {
            Some(state.idle_since + limits.idle_time)
        } else {
            Some(state.idle_since + limits.head_time)
        };
        // Without a request in flight there is nothing to wait for but a header section on its way.
        let by_stop = state
            .stopped_at
            .map(|at| at + if state.is_idle() { limits.grace.min(LINGER) } else { limits.grace });
        [by_activity, by_stop].into_iter().flatten().min()
    }
}

/// How long a stopping server waits for the rest of a header section.
const LINGER: std::time::Duration = std::time::Duration::from_secs(1);

impl State {
    fn is_idle(&self) -> bool {
        self.in_flight == 0 && self.blocked_since.is_none()
    }
}
