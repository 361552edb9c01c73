//! Collects entries of attempts that changed nothing, and writes them in batches, so that refusing
//! a request costs no write of its own.
//!
//! Refused attempts cost those who make them nothing, so what they can add to the log is bounded:
//! within a minute, [`PER_ADDRESS`] entries for an address and [`PER_MINUTE`] in all. What is
//! beyond is counted, by address, account, operation and outcome, and becomes one entry for each
//! of these with the number of attempts.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, Utc};
use tokio::sync::Notify;

use super::entry::{Actor, AuditEntry};
use super::vocabulary::{AuditOperation, AuditOutcome};
use crate::catalog::client_network::network;

/// Entries within a minute for one address (of IPv6: for one /64 network).
const PER_ADDRESS: u32 = 30;
/// Entries within a minute for all addresses, by one server.
const PER_MINUTE: u32 = 1_000;
/// Counters within a minute; attempts beyond are counted without address and account.
const MAX_COUNTERS: usize = 1_000;
/// Maximum number of entries that wait for the database.
const MAX_WAITING: usize = 4_000;

/// An entry with the time of its attempt.
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    pub(super) at: DateTime<Utc>,
    pub(super) entry: AuditEntry,
}

/// What attempts beyond the limits are counted by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct CounterKey {
    address: Option<IpAddr>,
    account: Option<String>,
    operation: AuditOperation,
    outcome: AuditOutcome,
}

#[derive(Debug, Default)]
struct State {
    /// The minute that the counts are of.
    minute: i64,
    entries: u32,
    by_address: HashMap<Option<IpAddr>, u32>,
    /// The first attempt of each key, with the number of attempts.
    counted: HashMap<CounterKey, Attempt>,
    waiting: Vec<Attempt>,
    /// Entries that were lost because the database did not take them in time.
    lost: u64,
}

/// The entries of one process that wait to be written.
#[derive(Debug, Default)]
pub struct Recorder {
    state: Mutex<State>,
    added: Notify,
}

impl State {
    fn begin_minute(&mut self, minute: i64) {
        if minute == self.minute {
            return;
        }
        self.minute = minute;
        self.entries = 0;
        self.by_address.clear();
        let counted: Vec<Attempt> = self.counted.drain().map(|(_, attempt)| attempt).collect();
        for attempt in counted {
            self.wait(attempt);
        }
    }

    fn wait(&mut self, attempt: Attempt) {
        if self.waiting.len() < MAX_WAITING {
            self.waiting.push(attempt);
        } else {
            self.lost = self.lost.saturating_add(attempt.entry.count.unsigned_abs());
        }
    }

    fn add(&mut self, attempt: Attempt) {
        self.begin_minute(attempt.at.timestamp().div_euclid(60));
        let address = attempt.entry.actor.address().map(network);
        let is_known = self.by_address.contains_key(&address);
        if self.entries < PER_MINUTE && (is_known || self.by_address.len() < MAX_COUNTERS) {
            let of_address = self.by_address.entry(address).or_default();
            if *of_address < PER_ADDRESS {
                *of_address += 1;
                self.entries += 1;
                self.wait(attempt);
                return;
            }
        }
        self.count(attempt);
    }

    fn count(&mut self, Attempt { at, mut entry }: Attempt) {
        let mut key = CounterKey {
            address: entry.actor.address().map(network),
            account: entry.actor.account().map(|(id, _)| id.clone()),
            operation: entry.operation,
            outcome: entry.outcome,
        };
        if !self.counted.contains_key(&key) && self.counted.len() >= MAX_COUNTERS {
            key = CounterKey { address: None, account: None, ..key };
            entry.actor = Actor::local(entry.actor.origin.interface);
        }
        let attempts = entry.count;
        let first = self.counted.entry(key).or_insert_with(|| {
            // It stands for several attempts, which may have had different targets.
            Attempt { at, entry: AuditEntry { target: None, detail: None, count: 0, ..entry } }
        });
        first.entry.count = first.entry.count.saturating_add(attempts);
    }
}

/// Entries that were taken to be written. They wait again when this is dropped, unless they were
/// written.
pub(super) struct Taken<'a> {
    recorder: &'a Recorder,
    pub(super) attempts: Vec<Attempt>,
    /// Entries that were lost since the last time.
    pub(super) lost: u64,
}

impl Taken<'_> {
    /// Forgets the entries, which are written.
    pub(super) fn set_written(mut self) {
        self.attempts.clear();
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        let mut state = self.recorder.locked();
        for attempt in self.attempts.drain(..) {
            state.wait(attempt);
        }
    }
}

impl Recorder {
    fn locked(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds an entry. It never waits.
    pub(super) fn add(&self, attempt: Attempt) {
        self.locked().add(attempt);
        self.added.notify_one();
    }

    /// Waits until an entry was added after the last call.
    pub(super) async fn wait(&self) {
        self.added.notified().await;
    }

    /// Whether there are counters, which are written when their minute is over.
    pub(super) fn is_counting(&self) -> bool {
        !self.locked().counted.is_empty()
    }

    /// Takes what is to be written now, in the order of time: at the end of the service also the
    /// counters of a minute that is not over.
    pub(super) fn take(&self, now: DateTime<Utc>, is_end: bool) -> Taken<'_> {
        let mut state = self.locked();
        let minute = if is_end { i64::MIN } else { now.timestamp().div_euclid(60) };
        state.begin_minute(minute);
        let mut attempts = std::mem::take(&mut state.waiting);
        attempts.sort_by_key(|attempt| attempt.at);
        Taken { recorder: self, attempts, lost: std::mem::take(&mut state.lost) }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::catalog::audit::entry::RequestOrigin;
    use crate::catalog::audit::vocabulary::AuditInterface;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + second, 0).unwrap()
    }

    fn attempt(second: i64, address: u128) -> Attempt {
        let address = Some(IpAddr::V6(address.into()));
        let origin = RequestOrigin::new(AuditInterface::Rest, address, String::new());
        let entry = Actor::anonymous(Arc::new(origin)).did(AuditOperation::Read);
        let entry = entry.failed(AuditOutcome::Unauthenticated, "UNAUTHENTICATED");
        Attempt { at: at(second), entry }
    }

    #[test]
    fn attempts_beyond_the_limit_of_an_address_become_one_entry_with_their_number() {
        let recorder = Recorder::default();
        for number in 0..1_000 {
            // Addresses of one /64 network.
            recorder.add(attempt(0, number));
        }
        let taken = recorder.take(at(1), false);
        assert_eq!((taken.attempts.len(), taken.lost), (30, 0));
        taken.set_written();
        assert!(recorder.is_counting());
        let taken = recorder.take(at(61), false);
        assert_eq!(taken.attempts.iter().map(|of| of.entry.count).collect::<Vec<_>>(), [970]);
        assert!(!recorder.is_counting());
    }

    #[test]
    fn attempts_from_many_addresses_are_bounded_and_all_counted() {
        let recorder = Recorder::default();
        let total = 100_000;
        for number in 0..total {
            recorder.add(attempt(0, number << 64));
        }
        let taken = recorder.take(at(0), true);
        let count: i64 = taken.attempts.iter().map(|of| of.entry.count).sum();
        assert_eq!((count, taken.lost), (i64::try_from(total).unwrap(), 0));
        assert!(taken.attempts.len() <= 2_001, "{}", taken.attempts.len());
    }

    #[test]
    fn what_the_database_does_not_take_is_bounded_and_counted() {
        let recorder = Recorder::default();
        for minute in 0..10 {
            for number in 0..1_000 {
                recorder.add(attempt(60 * minute, number << 64));
            }
        }
        let taken = recorder.take(at(10_000), false);
        assert_eq!((taken.attempts.len(), taken.lost), (MAX_WAITING, 6_000));
        // They were not written.
        drop(taken);
        let taken = recorder.take(at(10_000), false);
        assert_eq!((taken.attempts.len(), taken.lost), (MAX_WAITING, 0));
        taken.set_written();
        assert_eq!(recorder.take(at(10_000), false).attempts.len(), 0);
    }
}
