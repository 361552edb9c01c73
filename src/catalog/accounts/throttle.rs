//! Limits password guessing. Only failed logins count, so successful ones are never limited.
//!
//! The counters are in the database, so that all replicas have the same limits. What cannot be
//! written there, because the database does not take writes, is counted in this process.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};

use crate::catalog::client_network::network;
use crate::catalog::{Catalog, CatalogError, Clock};
use crate::storage::{Database, LoginFailures};

/// Failures within a [`WINDOW`] after which logins to an account are refused.
const PER_ACCOUNT: u32 = 10;
/// Failures within a [`WINDOW`] after which logins from an address are refused.
const PER_ADDRESS: u32 = 30;
/// How long failures count, from the first one.
const WINDOW: Duration = Duration::from_mins(15);
/// How long an answer waits until the failure is written.
const COUNT_TIMEOUT: Duration = Duration::from_secs(3);
/// Maximum number of accounts and addresses with counters in this process.
const MAX_KEYS: usize = 100_000;

/// What failures are counted for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum ThrottleKey {
    Account(String),
    Address(IpAddr),
}

#[derive(Debug, Clone, Copy, Default)]
struct Failures {
    count: u32,
    /// The time since the first failure that counts.
    age: Duration,
}

/// Counts failed logins per account and per address.
pub struct LoginThrottle {
    database: Database,
    clock: Arc<dyn Clock>,
    unstored: OwnFailures,
}

/// Too many failed logins; try again after `retry_after`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooManyAttempts {
    pub retry_after: Duration,
}

/// How many failed logins are left for an account or an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LoginQuota {
    /// What is limited: account or address.
    pub name: &'static str,
    /// The number of failures within a [`WINDOW`].
    pub limit: u32,
    pub remaining: u32,
    /// When the failures no longer count; `None` if there are none.
    pub resets_after: Option<Duration>,
}

impl LoginQuota {
    /// The values of the headers `RateLimit-Policy` and `RateLimit`
    /// (draft-ietf-httpapi-ratelimit-headers).
    #[must_use]
    pub fn header_values(quotas: &[Self]) -> (String, String) {
        let (mut policy, mut left) = (String::new(), String::new());
        for Self { name, limit, remaining, resets_after } in quotas {
            let separator = if policy.is_empty() { "" } else { ", " };
            let _ = write!(policy, "{separator}\"{name}\";q={limit};w={}", WINDOW.as_secs());
            let _ = write!(left, "{separator}\"{name}\";r={remaining}");
            if let Some(after) = resets_after {
                let _ = write!(left, ";t={}", after.as_secs().max(1));
            }
        }
        (policy, left)
    }
}

impl ThrottleKey {
    const fn name(&self) -> &'static str {
        match self {
            Self::Account(_) => "account",
            Self::Address(_) => "address",
        }
    }

    const fn limit(&self) -> u32 {
        match self {
            Self::Account(_) => PER_ACCOUNT,
            Self::Address(_) => PER_ADDRESS,
        }
    }

    /// The key in the database: a hash, since what was typed as an email may be a password.
    fn stored(&self) -> String {
        let text = match self {
            Self::Account(email) => format!("account {email}"),
            Self::Address(address) => format!("address {address}"),
        };
        let mut hash = format!("{:x}", Sha256::digest(text));
        hash.truncate(32);
        hash
    }
}

fn keys(account: Option<&str>, address: Option<IpAddr>) -> Vec<ThrottleKey> {
    let account = account.map(|account| ThrottleKey::Account(account.to_owned()));
    let address = address.map(|address| ThrottleKey::Address(network(address)));
    account.into_iter().chain(address).collect()
}

impl LoginThrottle {
    #[must_use]
    pub fn new(catalog: &Catalog) -> Self {
        let (database, clock) = (catalog.database.clone(), Arc::clone(&catalog.clock));
        Self { database, clock, unstored: OwnFailures::default() }
    }

    /// Checks that a login may be attempted now: that there were not too many failures. Without an
    /// account, only those from the address count.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn check(
        &self,
        account: Option<&str>,
        address: Option<IpAddr>,
        now: Instant,
    ) -> Result<Result<(), TooManyAttempts>, CatalogError> {
        let keys = keys(account, address);
        Ok(refuse_beyond_limits(&keys, &self.counts(&keys, now).await?))
    }

    /// Counts a failed login.
    pub async fn record_failure(
        &self,
        account: Option<&str>,
        address: Option<IpAddr>,
        now: Instant,
    ) {
        let keys = keys(account, address);
        if keys.is_empty() {
            return;
        }
        let (database, (now_stored, expired)) = (self.database.clone(), self.window());
        // In one order for all replicas, so that they do not wait for each other in a circle.
        let mut stored: Vec<String> = keys.iter().map(ThrottleKey::stored).collect();
        stored.sort_unstable();
        // In a task of its own: a client that disconnects before the response must not prevent it.
        let written = tokio::spawn(async move {
            let write = database.write(|transaction| {
                let stored = stored.clone();
                async move {
                    transaction.count_login_failure(&stored, now_stored, expired).await?;
                    Ok::<_, CatalogError>(())
                }
            });
            write.await
        });
        // A database that is busy must not hold up the answer for long.
        let written = tokio::time::timeout(COUNT_TIMEOUT, written).await;
        if !matches!(written, Ok(Ok(Ok(())))) {
            self.unstored.record(&keys, now);
        }
        let counts = self.counts(&keys, now).await.unwrap_or_default();
        let client = address.map(|address| address.to_canonical().to_string());
        tracing::info!(client, "a login failed");
        for (key, failures) in keys.iter().zip(counts) {
            if failures.count == key.limit() {
                let of = key.name();
                tracing::warn!(client, of, "too many logins failed; more are refused for a while");
            }
        }
    }

    /// Resets the counter of the account after a successful login.
    pub async fn record_success(&self, account: &str) {
        let key = ThrottleKey::Account(account.to_owned());
        self.unstored.forget(&key);
        let key = key.stored();
        let stored = self.stored(std::slice::from_ref(&key)).await.unwrap_or_default();
        // Most logins follow no failure, and then cost no write.
        if stored.is_empty() || self.database.is_read_only() {
            return;
        }
        let written = self.database.write(|transaction| {
            let key = key.clone();
            async move {
                transaction.forget_login_failures(&key).await?;
                Ok::<_, CatalogError>(())
            }
        });
        if let Err(error) = written.await {
            tracing::warn!(%error, "failed logins still count after a successful one");
        }
    }

    /// How many failed logins are left, for the account and for the address.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn quotas(
        &self,
        account: &str,
        address: Option<IpAddr>,
    ) -> Result<Vec<LoginQuota>, CatalogError> {
        let keys = keys(Some(account), address);
        let counts = self.counts(&keys, Instant::now()).await?;
        let quota = |(key, failures): (&ThrottleKey, Failures)| LoginQuota {
            name: key.name(),
            limit: key.limit(),
            remaining: key.limit().saturating_sub(failures.count),
            resets_after: (failures.count > 0).then(|| WINDOW.saturating_sub(failures.age)),
        };
        Ok(keys.iter().zip(counts).map(quota).collect())
    }

    /// The failures of each key.
    async fn counts(
        &self,
        keys: &[ThrottleKey],
        now: Instant,
    ) -> Result<Vec<Failures>, CatalogError> {
        let stored_keys: Vec<String> = keys.iter().map(ThrottleKey::stored).collect();
        let rows = self.stored(&stored_keys).await?;
        let unstored = self.unstored.of(keys, now);
        let all = unstored.into_iter().zip(&stored_keys).map(|(unstored, key)| {
            let Some(row) = rows.iter().find(|row| row.key == *key) else { return unstored };
            let count = u32::try_from(row.count).unwrap_or(u32::MAX);
            let age = (self.clock.now() - row.since).to_std().unwrap_or_default();
            Failures { count: count.saturating_add(unstored.count), age: age.max(unstored.age) }
        });
        Ok(all.collect())
    }

    /// The failures that the database has of these keys.
    async fn stored(&self, keys: &[String]) -> Result<Vec<LoginFailures>, CatalogError> {
        let (_, expired) = self.window();
        Ok(self.database.login_failures(keys, expired).await?)
    }

    /// The current time, and the time at which a window that ends now began.
    fn window(&self) -> (chrono::DateTime<chrono::Utc>, chrono::DateTime<chrono::Utc>) {
        let now = self.clock.now();
        (now, now - WINDOW)
    }
}

fn refuse_beyond_limits(keys: &[ThrottleKey], counts: &[Failures]) -> Result<(), TooManyAttempts> {
    let beyond = keys.iter().zip(counts).filter(|(key, failures)| failures.count >= key.limit());
    let longest = beyond.map(|(_, failures)| WINDOW.saturating_sub(failures.age)).max();
    longest.map_or(Ok(()), |retry_after| Err(TooManyAttempts { retry_after }))
}

/// Failures that could not be written to the database.
#[derive(Debug, Default)]
struct OwnFailures(Mutex<HashMap<ThrottleKey, (Instant, u32)>>);

impl OwnFailures {
    fn of(&self, keys: &[ThrottleKey], now: Instant) -> Vec<Failures> {
        let failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_key = |key| match failures.get(key) {
            Some((since, count)) if now.duration_since(*since) < WINDOW => {
                Failures { count: *count, age: now.duration_since(*since) }
            }
            _ => Failures::default(),
        };
        keys.iter().map(of_key).collect()
    }

    fn record(&self, keys: &[ThrottleKey], now: Instant) {
        let mut failures = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if failures.len() >= MAX_KEYS {
            failures.retain(|_, (since, _)| now.duration_since(*since) < WINDOW);
            // So many failures within one window are an attack. All counters start again.
            if failures.len() >= MAX_KEYS {
                failures.clear();
            }
        }
        for key in keys {
            let (since, count) = failures.entry(key.clone()).or_insert((now, 0));
            if now.duration_since(*since) >= WINDOW {
                (*since, *count) = (now, 0);
            }
            *count += 1;
        }
    }

    fn forget(&self, key: &ThrottleKey) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fail(failures: &OwnFailures, account: &str, address: Option<IpAddr>, now: Instant) {
        failures.record(&keys(Some(account), address), now);
    }

    fn is_refused(
        failures: &OwnFailures,
        account: &str,
        address: Option<IpAddr>,
        now: Instant,
    ) -> bool {
        let keys = keys(Some(account), address);
        refuse_beyond_limits(&keys, &failures.of(&keys, now)).is_err()
    }

    #[test]
    fn an_account_is_blocked_after_ten_failures_until_the_window_ends() {
        let failures = OwnFailures::default();
        let now = Instant::now();
        for _ in 0..PER_ACCOUNT {
            assert!(!is_refused(&failures, "a@b", None, now));
            fail(&failures, "a@b", None, now);
        }
        assert!(is_refused(&failures, "a@b", None, now));
        assert!(!is_refused(&failures, "other@b", None, now));
        assert!(!is_refused(&failures, "a@b", None, now + WINDOW));
        fail(&failures, "a@b", None, now + WINDOW);
        assert_eq!(failures.of(&keys(Some("a@b"), None), now + WINDOW)[0].count, 1);
    }

    #[test]
    fn an_address_is_blocked_for_all_accounts() {
        let failures = OwnFailures::default();
        let (now, address) = (Instant::now(), Some(IpAddr::from([192, 0, 2, 1])));
        for number in 0..PER_ADDRESS {
            fail(&failures, &format!("{number}@b"), address, now);
        }
        assert!(is_refused(&failures, "new@b", address, now));
        let neighbour = |last| Some(IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, last]));
        for number in 0..PER_ADDRESS {
            fail(&failures, &format!("{number}@c"), neighbour(1), now);
        }
        assert!(is_refused(&failures, "new@c", neighbour(2), now));
    }

    #[test]
    fn ipv4_clients_of_an_ipv6_listener_are_counted_separately() {
        let failures = OwnFailures::default();
        let now = Instant::now();
        let mapped = |last| Some(std::net::Ipv4Addr::new(192, 0, 2, last).to_ipv6_mapped().into());
        for number in 0..PER_ADDRESS {
            fail(&failures, &format!("{number}@b"), mapped(1), now);
        }
        assert!(is_refused(&failures, "new@b", mapped(1), now));
        assert!(!is_refused(&failures, "new@b", mapped(2), now));
        // The same client, seen on an IPv4 listener.
        assert!(is_refused(&failures, "new@b", Some(IpAddr::from([192, 0, 2, 1])), now));
    }

    #[test]
    fn stored_keys_do_not_contain_what_was_typed() {
        let key = ThrottleKey::Account("open sesame".to_owned());
        assert_eq!(key.stored().len(), 32);
        assert!(key.stored().bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert_ne!(key.stored(), ThrottleKey::Account("open Sesame".to_owned()).stored());
    }
}
