//! The work budget: a limit on the cost of reading and planning one document, counted in steps.
//!
//! The core has no clock and cannot be interrupted, so its loops charge steps before they do the
//! work, and stop when the budget is spent. A result that was computed with a stopped budget is
//! incomplete and must be discarded: callers check [`WorkBudget::outcome`].

use std::cell::Cell;
use std::fmt;

/// Number of steps between two checks for cancellation.
const CHECK_EVERY: u64 = 4_096;

/// Counts the steps of one piece of work against a limit. One step costs about as much as comparing
/// two short texts.
pub struct WorkBudget<'s> {
    limit: u64,
    spent: Cell<u64>,
    next_check: Cell<u64>,
    stopped: Cell<Option<Stopped>>,
    is_cancelled: Box<dyn Fn() -> bool + 's>,
}

/// Why a piece of work was not completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Stopped {
    /// The work takes more steps than the budget allows.
    #[error("the document takes more than {limit} steps of work")]
    OverBudget { limit: u64 },
    /// The caller cancelled it: the client disconnected, the request timed out, or the service is
    /// shutting down.
    #[error("the work was cancelled")]
    Cancelled,
}

impl Stopped {
    /// A message for the client: what happened, and what to try instead.
    #[must_use]
    pub fn user_message(self) -> String {
        match self {
            Self::OverBudget { .. } => format!(
                "{self}; nothing was written. Send fewer items at a time, or send ids with the \
                 names that many entities share"
            ),
            Self::Cancelled => format!("{self}; nothing was written. Try again"),
        }
    }
}

impl<'s> WorkBudget<'s> {
    /// Creates a budget of `limit` steps. `is_cancelled` is called every few thousand steps; if it
    /// returns true, the work stops early.
    #[must_use]
    pub fn new(limit: u64, is_cancelled: impl Fn() -> bool + 's) -> Self {
        Self {
            limit,
            spent: Cell::new(0),
            next_check: Cell::new(CHECK_EVERY),
            stopped: Cell::new(None),
            is_cancelled: Box::new(is_cancelled),
        }
    }

    /// Creates a budget without a limit, which only counts steps.
    #[must_use]
    pub fn unlimited() -> Self {
        Self::new(u64::MAX, || false)
    }

    /// Charges `steps`. Returns whether the work may continue; if not, the caller leaves its loop.
    pub fn charge(&self, steps: usize) -> bool {
        let spent = self.spent.get().saturating_add(steps as u64);
        self.spent.set(spent);
        if self.stopped.get().is_some() {
            return false;
        }
        if spent > self.limit {
            self.stopped.set(Some(Stopped::OverBudget { limit: self.limit }));
            return false;
        }
        if spent >= self.next_check.get() {
            self.next_check.set(spent + CHECK_EVERY);
            if (self.is_cancelled)() {
                self.stopped.set(Some(Stopped::Cancelled));
                return false;
            }
        }
        true
    }

    /// Charges the processing of a text: one step, plus one for every 16 bytes. Returns the same as
    /// [`Self::charge`].
    pub fn charge_text(&self, text: &str) -> bool {
        self.charge(1 + text.len() / 16)
    }

    /// Whether the work stopped early.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stopped.get().is_some()
    }

    /// The number of steps charged so far.
    #[must_use]
    pub fn spent(&self) -> u64 {
        self.spent.get()
    }

    /// Returns `Ok` if the work was completed.
    ///
    /// # Errors
    /// The reason why the work stopped early.
    pub fn outcome(&self) -> Result<(), Stopped> {
        self.stopped.get().map_or(Ok(()), Err)
    }
}

impl fmt::Debug for WorkBudget<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WorkBudget")
            .field("limit", &self.limit)
            .field("spent", &self.spent)
            .field("stopped", &self.stopped)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_stops_at_its_limit() {
        let budget = WorkBudget::new(10, || false);
        assert!(budget.charge(10));
        assert_eq!(budget.outcome(), Ok(()));
        assert!(!budget.charge(1));
        assert!(!budget.charge(0));
        assert_eq!(budget.outcome(), Err(Stopped::OverBudget { limit: 10 }));
    }

    #[test]
    fn work_stops_soon_after_it_is_cancelled() {
        let is_cancelled = Cell::new(false);
        let budget = WorkBudget::new(u64::MAX, || is_cancelled.get());
        assert!(budget.charge(100_000));
        is_cancelled.set(true);
        let steps = (0..=CHECK_EVERY).take_while(|_| budget.charge(1)).count();
        assert!(steps as u64 <= CHECK_EVERY, "{steps}");
        assert_eq!(budget.outcome(), Err(Stopped::Cancelled));
    }
}
