//! Limits password guessing. Only failed logins count, so successful ones are never limited.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Failures within a [`WINDOW`] after which logins to an account are refused.
const PER_ACCOUNT: u32 = 10;
/// Failures within a [`WINDOW`] after which logins from an address are refused.
const PER_ADDRESS: u32 = 30;
/// How long failures count, from the first one.
const WINDOW: Duration = Duration::from_mins(15);
/// Maximum number of accounts and addresses with counters.
const MAX_KEYS: usize = 100_000;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum ThrottleKey {
    Account(String),
    Address(IpAddr),
}

#[derive(Debug, Clone, Copy)]
struct Failures {
    since: Instant,
    count: u32,
}

/// Counts failed logins per account and per address, in this process only.
#[derive(Debug, Default)]
pub struct LoginThrottle {
    failures: Mutex<HashMap<ThrottleKey, Failures>>,
}

/// Too many failed logins; try again after `retry_after`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManyAttempts {
    pub retry_after: Duration,
}

fn keys(account: &str, address: Option<IpAddr>) -> impl Iterator<Item = (ThrottleKey, u32)> {
    let account = (ThrottleKey::Account(account.to_owned()), PER_ACCOUNT);
    std::iter::once(account)
        .chain(address.map(|address| (ThrottleKey::Address(network(address)), PER_ADDRESS)))
}

/// The key of an address. IPv6 addresses count by their /64 network, because one client has many of
/// them. IPv4-mapped addresses (`::ffff:192.0.2.1`), which a server on `[::]` sees, count as IPv4.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        address @ IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            let network = u128::from(address) & !u128::from(u64::MAX);
            IpAddr::V6(network.into())
        }
    }
}

impl LoginThrottle {
    /// Checks that a login may be attempted now.
    ///
    /// # Errors
    /// When there were too many failures.
    pub fn check(
        &self,
        account: &str,
        address: Option<IpAddr>,
        now: Instant,
    ) -> Result<(), TooManyAttempts> {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, limit) in keys(account, address) {
            if let Some(window) = failures.get(&key) {
                let age = now.duration_since(window.since);
                if age < WINDOW && window.count >= limit {
                    return Err(TooManyAttempts { retry_after: WINDOW.saturating_sub(age) });
                }
            }
        }
        Ok(())
    }

    /// Counts a failed login.
    pub fn record_failure(&self, account: &str, address: Option<IpAddr>, now: Instant) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() >= MAX_KEYS {
            failures.retain(|_, window| now.duration_since(window.since) < WINDOW);
            // So many failures within one window are an attack. All counters start again.
            if failures.len() >= MAX_KEYS {
                failures.clear();
            }
        }
        for (key, _) in keys(account, address) {
            let window = failures.entry(key).or_insert(Failures { since: now, count: 0 });
            if now.duration_since(window.since) >= WINDOW {
                *window = Failures { since: now, count: 0 };
            }
            window.count += 1;
        }
    }

    /// Resets the counter of the account after a successful login.
    pub fn record_success(&self, account: &str) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.remove(&ThrottleKey::Account(account.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_blocked_after_ten_failures_until_the_window_ends() {
        let throttle = LoginThrottle::default();
        let now = Instant::now();
        for _ in 0..PER_ACCOUNT {
            assert!(throttle.check("a@b", None, now).is_ok());
            throttle.record_failure("a@b", None, now);
        }
        assert!(throttle.check("a@b", None, now).is_err());
        assert!(throttle.check("other@b", None, now).is_ok());
        assert!(throttle.check("a@b", None, now + WINDOW).is_ok());
    }

    #[test]
    fn an_address_is_blocked_for_all_accounts() {
        let throttle = LoginThrottle::default();
        let (now, address) = (Instant::now(), Some(IpAddr::from([192, 0, 2, 1])));
        for number in 0..PER_ADDRESS {
            throttle.record_failure(&format!("{number}@b"), address, now);
        }
        assert!(throttle.check("new@b", address, now).is_err());
        let neighbour = |last| Some(IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, last]));
        for number in 0..PER_ADDRESS {
            throttle.record_failure(&format!("{number}@c"), neighbour(1), now);
        }
        assert!(throttle.check("new@c", neighbour(2), now).is_err());
    }

    #[test]
    fn ipv4_clients_of_an_ipv6_listener_are_counted_separately() {
        let throttle = LoginThrottle::default();
        let now = Instant::now();
        let mapped = |last| Some(std::net::Ipv4Addr::new(192, 0, 2, last).to_ipv6_mapped().into());
        for number in 0..PER_ADDRESS {
            throttle.record_failure(&format!("{number}@b"), mapped(1), now);
        }
        assert!(throttle.check("new@b", mapped(1), now).is_err());
        assert!(throttle.check("new@b", mapped(2), now).is_ok());
        // The same client, seen on an IPv4 listener.
        assert!(throttle.check("new@b", Some(IpAddr::from([192, 0, 2, 1])), now).is_err());
    }

    #[test]
    fn a_success_resets_the_failures_of_an_account() {
        let throttle = LoginThrottle::default();
        let now = Instant::now();
        for _ in 0..3 * PER_ACCOUNT {
            assert!(throttle.check("a@b", None, now).is_ok());
            throttle.record_failure("a@b", None, now);
            throttle.record_success("a@b");
        }
    }
}
