//! Where the time and made-up ids come from.

use chrono::{DateTime, SubsecRound, Utc};

use crate::document::ids::IdSource;

/// Tells the time; injected, so that tests can fix it.
pub trait Clock: Send + Sync {
    /// Now, to the microsecond, which is what both databases keep.
    fn now(&self) -> DateTime<Utc>;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "this is the one place")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now().trunc_subsecs(6)
    }
}

/// Ids out of the thread's cryptographic generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomIds;

impl IdSource for RandomIds {
    fn next(&self) -> u64 {
        rand::random()
    }
}
