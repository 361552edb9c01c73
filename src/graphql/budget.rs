//! The budget of a request: the fields that it may resolve, and the time that it may take.
//!
//! The estimate made before a query runs assumes lists of usual lengths (`checks::cost`). Resolvers
//! and loaders charge the real lengths here, in resolved fields. A query that
//! exhausts its budget or its time is stopped.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

use async_graphql::{Context, SelectionField};
use tokio::sync::Notify;

use super::limits::Limits;

/// The number of bytes of JSON that take as long to parse as one field takes to resolve.
const BYTES_PER_FIELD: usize = 128;

/// The budget of one request.
#[derive(Debug)]
pub struct Budget {
    limits: Limits,
    spent: AtomicU64,
    stopped: OnceLock<Exhausted>,
    notify: Notify,
}

/// The error of a request that exceeds its budget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exhausted {
    pub message: String,
    /// What the request had used, in fields or in seconds.
    pub cost: u64,
    /// What it may use, in the same unit.
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
    /// When they exceed the budget, and in every later call.
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
            "the query resolves at least {cost} fields; at most {limit} are allowed; request \
             smaller pages or fewer lists"
        );
        Err(self.stop(Exhausted { message, cost, limit }))
    }

    /// Charges the parsing of a JSON document of this size.
    ///
    /// # Errors
    /// As [`Self::spend`].
    pub fn spend_bytes(&self, bytes: usize) -> Result<(), Exhausted> {
        self.spend(bytes / BYTES_PER_FIELD)
    }

    /// Forgets what was charged, for the next event of a subscription. An exhausted budget stays
    /// exhausted.
    pub fn restart(&self) {
        self.spent.store(0, Ordering::Relaxed);
    }

    /// The number of fields charged so far.
    pub fn spent(&self) -> u64 {
        self.spent.load(Ordering::Relaxed)
    }

    /// Why the request must stop; `None` while it may run.
    pub fn stopped(&self) -> Option<&Exhausted> {
        self.stopped.get()
    }

    /// Completes when the budget or the time is exhausted.
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
                    "the query ran for more than {seconds} seconds; request smaller pages or \
                     fewer lists"
                );
                self.stop(Exhausted { message, cost: seconds.saturating_add(1), limit: seconds })
            }
        }
    }

    /// Makes every later charge fail. The first reason is kept.
    fn stop(&self, reason: Exhausted) -> Exhausted {
        let reason = self.stopped.get_or_init(|| reason).clone();
        self.notify.notify_waiters();
        reason
    }
}

/// The number of fields that the query selects on each object that the current field returns, at
/// any depth. Nested lists count once here; their resolvers charge their items.
#[must_use]
pub fn fields_below(ctx: &Context<'_>) -> usize {
    count_fields_below(&ctx.field())
}

/// The number of fields below a selected field, at any depth.
pub fn count_fields_below(field: &SelectionField<'_>) -> usize {
    field.selection_set().map(|field| count_fields_below(&field).saturating_add(1)).sum()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn budget(resolved: u64) -> Budget {
        Budget::new(Limits { resolved, time: Duration::from_secs(5), ..Limits::default() })
    }

    #[tokio::test]
    async fn an_exhausted_budget_stays_exhausted() {
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
