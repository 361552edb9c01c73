//! What a request may resolve while it runs.
//!
//! The estimate made before a query runs takes lists at their usual lengths. What they really hold
//! is charged here, in fields that are resolved, wherever a resolver or a loader hands out items.
//! A budget that is spent, or whose time is over, stops the query.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use async_graphql::{Context, SelectionField};
use tokio::sync::Notify;

use super::limits::Limits;

/// How many bytes of JSON cost as much to read as one field to resolve.
const BYTES_OF_A_FIELD: usize = 128;

/// The budget of one request.
#[derive(Debug)]
pub struct Budget {
    limits: Limits,
    spent: AtomicU64,
    stopped: OnceLock<Exhausted>,
    notify: Notify,
}

/// A request asked for more than its budget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exhausted {
    pub message: String,
    /// What was spent when the budget was found to be exceeded.
    pub cost: u64,
    pub limit: u64,
}

impl Budget {
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self { limits, spent: AtomicU64::new(0), stopped: OnceLock::new(), notify: Notify::new() }
    }

    /// Charges fields that are about to be resolved.
    ///
    /// # Errors
    /// When they are more than is left, and ever after.
    pub fn spend(&self, fields: usize) -> Result<(), Exhausted> {
        if let Some(stopped) = self.stopped.get() {
            return Err(stopped.clone());
        }
        let fields = u64::try_from(fields).unwrap_or(u64::MAX);
        let before = self.spent.fetch_add(fields.min(u64::MAX / 2), Ordering::Relaxed);
        let cost = before.saturating_add(fields);
        let limit = self.limits.resolved;
        if cost <= limit {
            return Ok(());
        }
        let message = format!(
            "the query resolves {cost} fields and more; at most {limit} are allowed; ask for \
             smaller pages or fewer lists"
        );
        Err(self.stop(Exhausted { message, cost, limit }))
    }

    /// Charges the reading of a JSON document.
    ///
    /// # Errors
    /// As [`Self::spend`].
    pub fn spend_bytes(&self, bytes: usize) -> Result<(), Exhausted> {
        self.spend(bytes / BYTES_OF_A_FIELD)
    }

    /// How many fields were charged so far.
    pub fn spent(&self) -> u64 {
        self.spent.load(Ordering::Relaxed)
    }

    /// Why the request is to stop, if it is.
    pub fn stopped(&self) -> Option<&Exhausted> {
        self.stopped.get()
    }

    /// Ends when the budget is spent or its time is over.
    pub async fn exhausted(&self) -> Exhausted {
        let spent = async {
            loop {
                let notified = self.notify.notified();
                if let Some(stopped) = self.stopped.get() {
                    return stopped.clone();
                }
                notified.await;
            }
        };
        match tokio::time::timeout(self.limits.time, spent).await {
            Ok(stopped) => stopped,
            Err(_) => {
                let seconds = self.limits.time.as_secs();
                let message = format!(
                    "the query ran for more than {seconds} seconds; ask for smaller pages or \
                     fewer lists"
                );
                self.stop(Exhausted { message, cost: seconds.saturating_add(1), limit: seconds })
            }
        }
    }

    /// Refuses everything from now on; the first reason stays.
    fn stop(&self, reason: Exhausted) -> Exhausted {
        let reason = self.stopped.get_or_init(|| reason).clone();
        self.notify.notify_waiters();
        reason
    }
}

/// How many fields the query asks of each object below the current field, at any depth. Lists below
/// count once here; they are charged again for what they hold.
#[must_use]
pub fn fields_below(ctx: &Context<'_>) -> usize {
    below(&ctx.field())
}

/// The fields below a selected field.
pub fn below(field: &SelectionField<'_>) -> usize {
    field.selection_set().map(|field| below(&field).saturating_add(1)).sum()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn budget(resolved: u64) -> Budget {
        Budget::new(Limits { resolved, time: Duration::from_secs(5), ..Limits::default() })
    }

    #[tokio::test]
    async fn a_budget_that_is_spent_stays_spent() {
        let budget = budget(10);
        assert_eq!(budget.spend(10), Ok(()));
        let stopped = budget.spend(5).unwrap_err();
        assert_eq!((stopped.cost, stopped.limit), (15, 10));
        assert_eq!(budget.spend(0), Err(stopped.clone()));
        assert_eq!(budget.exhausted().await, stopped);
        assert!(budget.spend(usize::MAX).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn a_budget_ends_with_its_time() {
        let budget = budget(10);
        let stopped = budget.exhausted().await;
        assert!(stopped.message.contains("5 seconds"), "{}", stopped.message);
        assert_eq!(budget.spend(1), Err(stopped));
    }
}
