//! The connections that carry subscriptions: their limits, and their end when the server stops.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

use super::limits::SubscriptionLimits;

/// The connections of one server. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Subscriptions(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    limits: SubscriptionLimits,
    sockets: Arc<Semaphore>,
    /// Sockets without an account yet.
    opening: Arc<Semaphore>,
    streams: Arc<Semaphore>,
    /// The number of connections of each account.
    accounts: Mutex<HashMap<String, usize>>,
    stopping: CancellationToken,
}

/// The places of a WebSocket: among all, and among those without an account yet.
#[derive(Debug)]
pub struct SocketPlaces {
    pub socket: OwnedSemaphorePermit,
    pub opening: OwnedSemaphorePermit,
}

/// The place of a connection among those of its account, given back when dropped.
#[derive(Debug)]
pub struct AccountPlace {
    shared: Arc<Shared>,
    account: String,
}

/// The place of one stream of server-sent events, given back when dropped.
#[derive(Debug)]
pub struct StreamPlace {
    _permit: OwnedSemaphorePermit,
    _account: Option<AccountPlace>,
}

/// Which limit was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoPlace {
    #[error("the server has reached its limit of subscription connections")]
    Server,
    #[error("the account has reached its limit of subscription connections")]
    Account,
}

impl Shared {
    fn locked(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for AccountPlace {
    fn drop(&mut self) {
        let mut accounts = self.shared.locked();
        if let Some(count) = accounts.get_mut(&self.account) {
            *count -= 1;
            if *count == 0 {
                accounts.remove(&self.account);
            }
        }
    }
}

impl Subscriptions {
    #[must_use]
    pub fn new(limits: SubscriptionLimits) -> Self {
        let semaphore = |size: usize| Arc::new(Semaphore::new(size.min(Semaphore::MAX_PERMITS)));
        Self(Arc::new(Shared {
            sockets: semaphore(limits.sockets),
            opening: semaphore(limits.opening_sockets),
            streams: semaphore(limits.streams),
            accounts: Mutex::default(),
            stopping: CancellationToken::new(),
            limits,
        }))
    }

    pub fn limits(&self) -> &SubscriptionLimits {
        &self.0.limits
    }

    /// Takes the places of a WebSocket.
    ///
    /// # Errors
    /// When there is none.
    pub fn socket(&self) -> Result<SocketPlaces, NoPlace> {
        let take = |from: &Arc<Semaphore>| {
            Arc::clone(from).try_acquire_owned().map_err(|_| NoPlace::Server)
        };
        Ok(SocketPlaces { opening: take(&self.0.opening)?, socket: take(&self.0.sockets)? })
    }

    /// Takes a place among the connections of an account.
    ///
    /// # Errors
    /// When there is none.
    pub fn account(&self, account: &str) -> Result<AccountPlace, NoPlace> {
        let mut accounts = self.0.locked();
        let count = accounts.entry(account.to_owned()).or_default();
        if *count >= self.0.limits.per_account {
            return Err(NoPlace::Account);
        }
        *count += 1;
        drop(accounts);
        Ok(AccountPlace { shared: Arc::clone(&self.0), account: account.to_owned() })
    }

    /// Takes the place of a stream of server-sent events.
    ///
    /// # Errors
    /// When there is none.
    pub fn stream(&self, account: Option<&str>) -> Result<StreamPlace, NoPlace> {
        let permit = Arc::clone(&self.0.streams).try_acquire_owned();
        let permit = permit.map_err(|_| NoPlace::Server)?;
        let account = account.map(|account| self.account(account)).transpose()?;
        Ok(StreamPlace { _permit: permit, _account: account })
    }

    /// Completes when the server stops.
    pub async fn stopped(&self) {
        self.0.stopping.cancelled().await;
    }

    /// Ends all subscriptions.
    pub fn stop(&self) {
        self.0.stopping.cancel();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_gets_its_places_back() {
        let limits = SubscriptionLimits { per_account: 1, streams: 2, ..Default::default() };
        let subscriptions = Subscriptions::new(limits);
        let first = subscriptions.account("a").unwrap();
        assert_eq!(subscriptions.stream(Some("a")).unwrap_err(), NoPlace::Account);
        let other = subscriptions.stream(Some("b")).unwrap();
        drop(first);
        let again = subscriptions.stream(Some("a")).unwrap();
        assert_eq!(subscriptions.stream(Some("c")).unwrap_err(), NoPlace::Server);
        drop((other, again));
        assert!(subscriptions.0.locked().is_empty());
        assert!(subscriptions.stream(Some("c")).is_ok());
    }
}
