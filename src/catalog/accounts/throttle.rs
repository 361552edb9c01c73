//! Slowing down those who guess passwords. Only failures count, so an honest client is never slowed.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Failures in a [`WINDOW`] after which an account answers nobody.
const PER_ACCOUNT: u32 = 10;
/// Failures in a [`WINDOW`] after which an address is answered for no account.
const PER_ADDRESS: u32 = 30;
/// How long failures count.
const WINDOW: Duration = Duration::from_mins(15);
/// Most keys that are remembered.
const MAX_KEYS: usize = 100_000;

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Account(String),
    Address(IpAddr),
}

#[derive(Debug, Clone, Copy)]
struct Failures {
    since: Instant,
    count: u32,
}

/// Counts failed logins per account and per address, in this process.
#[derive(Debug, Default)]
pub struct LoginThrottle {
    failures: Mutex<HashMap<Key, Failures>>,
}

/// Too many failures; try again after that long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManyAttempts {
    pub retry_after: Duration,
}

fn keys(account: &str, address: Option<IpAddr>) -> impl Iterator<Item = (Key, u32)> {
    let account = (Key::Account(account.to_owned()), PER_ACCOUNT);
    std::iter::once(account)
        .chain(address.map(|address| (Key::Address(network(address)), PER_ADDRESS)))
}

/// One household or data centre has many IPv6 addresses: they count by their /64. A server that listens
/// on `[::]` sees IPv4 clients at addresses within one such network (`::ffff:192.0.2.1`): they count as
/// the IPv4 addresses that they are.
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
    /// Whether an attempt may be made now.
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

    /// Counts a failure.
    pub fn failed(&self, account: &str, address: Option<IpAddr>, now: Instant) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() >= MAX_KEYS {
            failures.retain(|_, window| now.duration_since(window.since) < WINDOW);
            // So many that fail at once are no honest clients; what is forgotten counts anew.
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

    /// Forgets the failures of the account.
    pub fn succeeded(&self, account: &str) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        failures.remove(&Key::Account(account.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_closed_after_ten_failures_and_opens_again() {
        let throttle = LoginThrottle::default();
        let now = Instant::now();
        for _ in 0..PER_ACCOUNT {
            assert!(throttle.check("a@b", None, now).is_ok());
            throttle.failed("a@b", None, now);
        }
        assert!(throttle.check("a@b", None, now).is_err());
        assert!(throttle.check("other@b", None, now).is_ok());
        assert!(throttle.check("a@b", None, now + WINDOW).is_ok());
    }

    #[test]
    fn an_address_is_closed_whatever_accounts_it_tries() {
        let throttle = LoginThrottle::default();
        let (now, address) = (Instant::now(), Some(IpAddr::from([192, 0, 2, 1])));
        for number in 0..PER_ADDRESS {
            throttle.failed(&format!("{number}@b"), address, now);
        }
        assert!(throttle.check("new@b", address, now).is_err());
        let neighbour = |last| Some(IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, last]));
        for number in 0..PER_ADDRESS {
            throttle.failed(&format!("{number}@c"), neighbour(1), now);
        }
        assert!(throttle.check("new@c", neighbour(2), now).is_err());
    }

    #[test]
    fn clients_of_ipv4_are_told_apart_on_an_ipv6_listener() {
        let throttle = LoginThrottle::default();
        let now = Instant::now();
        let mapped = |last| Some(std::net::Ipv4Addr::new(192, 0, 2, last).to_ipv6_mapped().into());
        for number in 0..PER_ADDRESS {
            throttle.failed(&format!("{number}@b"), mapped(1), now);
        }
        assert!(throttle.check("new@b", mapped(1), now).is_err());
        assert!(throttle.check("new@b", mapped(2), now).is_ok());
        // The same client, seen on an IPv4 listener.
        assert!(throttle.check("new@b", Some(IpAddr::from([192, 0, 2, 1])), now).is_err());
    }

    #[test]
    fn success_forgets_the_failures_of_an_account() {
        let throttle = LoginThrottle::default();
        let now = Instant::now();
        for _ in 0..3 * PER_ACCOUNT {
            assert!(throttle.check("a@b", None, now).is_ok());
            throttle.failed("a@b", None, now);
            throttle.succeeded("a@b");
        }
    }
}
