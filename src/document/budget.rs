//! A budget of work: what reading and planning one document may cost, counted in steps.
//!
//! The core has no clock and cannot be interrupted, so its loops charge what they are about to do
//! and end when the budget is spent. What was computed until then is incomplete and must be
//! discarded: [`WorkBudget::outcome`] tells.

use std::cell::Cell;
use std::fmt;

/// Steps between two questions whether the work is still wanted.
const CHECK_EVERY: u64 = 4_096;

/// Counts the steps of one piece of work against a limit. A step is about what it takes to compare
/// two short texts.
pub struct WorkBudget<'s> {
    limit: u64,
    spent: Cell<u64>,
    next_check: Cell<u64>,
    stopped: Cell<Option<Stopped>>,
    is_unwanted: Box<dyn Fn() -> bool + 's>,
}

/// Why a piece of work was not completed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Stopped {
    /// It takes more steps than the budget has.
    #[error("the document takes more than {limit} steps of work")]
    OverBudget { limit: u64 },
    /// It is no longer wanted: the client left, its time is over, or the service ends.
    #[error("the work was cancelled")]
    Cancelled,
}

impl Stopped {
    /// What happened and what the client can do about it.
    #[must_use]
    pub fn what_to_do(self) -> String {
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
    /// A budget of that many steps; `is_unwanted` is asked every few thousand steps whether the
    /// work is to end early.
    #[must_use]
    pub fn new(limit: u64, is_unwanted: impl Fn() -> bool + 's) -> Self {
        Self {
            limit,
            spent: Cell::new(0),
            next_check: Cell::new(CHECK_EVERY),
            stopped: Cell::new(None),
            is_unwanted: Box::new(is_unwanted),
        }
    }

    /// A budget without a limit, which only counts.
    #[must_use]
    pub fn unlimited() -> Self {
        Self::new(u64::MAX, || false)
    }

    /// Charges steps. Whether the work may go on; if not, the caller ends its loop.
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
            if (self.is_unwanted)() {
                self.stopped.set(Some(Stopped::Cancelled));
                return false;
            }
        }
        true
    }

    /// Charges the handling of a text: one step, and one more for each 16 bytes.
    pub fn charge_text(&self, text: &str) -> bool {
        self.charge(1 + text.len() / 16)
    }

    /// Whether the work ended early.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stopped.get().is_some()
    }

    /// The steps charged so far.
    #[must_use]
    pub fn spent(&self) -> u64 {
        self.spent.get()
    }

    /// Whether the work was completed.
    ///
    /// # Errors
    /// Why it was not.
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
    fn work_ends_at_its_limit() {
        let budget = WorkBudget::new(10, || false);
        assert!(budget.charge(10));
        assert_eq!(budget.outcome(), Ok(()));
        assert!(!budget.charge(1));
        assert!(!budget.charge(0));
        assert_eq!(budget.outcome(), Err(Stopped::OverBudget { limit: 10 }));
    }

    #[test]
    fn work_ends_soon_after_it_is_cancelled() {
        let is_cancelled = Cell::new(false);
        let budget = WorkBudget::new(u64::MAX, || is_cancelled.get());
        assert!(budget.charge(100_000));
        is_cancelled.set(true);
        let steps = (0..=CHECK_EVERY).take_while(|_| budget.charge(1)).count();
        assert!(steps as u64 <= CHECK_EVERY, "{steps}");
        assert_eq!(budget.outcome(), Err(Stopped::Cancelled));
    }
}
