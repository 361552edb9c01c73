//! The sources of the current time and of generated ids.

use chrono::{DateTime, SubsecRound, Utc};

use crate::document::ids::IdSource;

/// A clock. Injected, so that tests can fix the time.
pub trait Clock: Send + Sync {
    /// The current time, truncated to microseconds, the precision of both databases.
    fn now(&self) -> DateTime<Utc>;
}

/// The system clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[allow(clippy::disallowed_methods, reason = "the only use of the system clock")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now().trunc_subsecs(6)
    }
}

/// Random ids from the thread-local cryptographic generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomIds;

impl IdSource for RandomIds {
    fn next(&self) -> u64 {
        rand::random()
    }
}
