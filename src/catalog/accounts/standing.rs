//! What a server knows of accounts, sessions and personal access tokens, so that it does not ask
//! the database for each request, and still refuses the first request after a revocation.
//!
//! Triggers of the database change the access epoch whenever rights are taken away. A server keeps
//! what it read as long as the epoch is the same, and reads the epoch itself at most [`LEASE`]
//! before it relies on it. A function that takes rights away waits for [`SETTLE`], which is longer,
//! before acknowledging: then no server, of any process or machine, relies on an older epoch.
//!
//! Connections that stay open follow the epoch with [`EpochWatch`].

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tokio::sync::watch;

use super::Accounts;
use crate::catalog::{Catalog, CatalogError};
use crate::storage::{AccountStanding, SubjectStanding, TokenStanding};

/// How long a server relies on an epoch, from before it was read.
const LEASE: Duration = Duration::from_millis(200);
/// After which part of the lease one request reads the epoch again, while others go on.
const RENEW: Duration = Duration::from_millis(100);
/// How long a revocation waits before it is acknowledged: longer than a lease, in case that clocks
/// run at different rates.
pub(super) const SETTLE: Duration = Duration::from_millis(250);
/// How often the epoch is read while connections follow it.
const WATCH: Duration = Duration::from_secs(1);
/// Maximum number of accounts, sessions and tokens that are kept.
const MAX_ENTRIES: usize = 20_000;

/// Something that a token names.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Session(String),
    Subject(String),
    Token(String),
}

/// What was read for a [`Key`].
#[derive(Debug, Clone)]
enum Standing {
    Session(Arc<AccountStanding>),
    Subject(Arc<SubjectStanding>),
    Token(Arc<TokenStanding>),
}

/// The epoch, and when its reading began. The clock of the machine also counts the time in which
/// the machine was suspended, the monotonic one does not jump.
#[derive(Debug, Clone, Copy)]
struct Epoch {
    value: i64,
    at: Instant,
    time: DateTime<Utc>,
}

/// What a server keeps.
#[derive(Debug, Default)]
pub(super) struct Standings {
    epoch: Mutex<Option<Epoch>>,
    is_renewing: AtomicBool,
    entries: Mutex<HashMap<Key, (i64, Standing)>>,
    /// The newest epoch that was read, for connections that stay open.
    newest: watch::Sender<i64>,
    /// Whether a task reads the epoch for them.
    is_watched: AtomicBool,
}

/// Follows the access epoch, which changes whenever rights are taken away.
#[derive(Debug)]
pub struct EpochWatch(watch::Receiver<i64>);

impl EpochWatch {
    /// Completes when the newest known epoch is another one. May be dropped and called again.
    pub async fn differs_from(&mut self, epoch: Option<i64>) {
        if self.0.wait_for(|newest| Some(*newest) != epoch).await.is_err() {
            // The server that the epoch was read by is gone.
            std::future::pending::<()>().await;
        }
    }
}

impl Accounts {
    /// The access epoch, read a moment ago. A token that was valid at an epoch is valid as long as
    /// the epoch is the same, apart from its own expiry.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn access_epoch(&self) -> Result<i64, CatalogError> {
        self.standings.epoch(&self.catalog).await
    }

    /// Follows the epoch, for a connection that stays open. A change is noticed within a second.
    #[must_use]
    pub fn watch_epoch(&self) -> EpochWatch {
        let watch = EpochWatch(self.standings.newest.subscribe());
        if !self.standings.is_watched.swap(true, Ordering::AcqRel) {
            tokio::spawn(follow_epoch(Arc::clone(&self.standings), self.catalog.clone()));
        }
        watch
    }
}

/// Reads the epoch from time to time, as long as a connection follows it.
async fn follow_epoch(standings: Arc<Standings>, catalog: Catalog) {
    loop {
        tokio::time::sleep(WATCH).await;
        if standings.newest.receiver_count() == 0 {
            standings.is_watched.store(false, Ordering::Release);
            // A connection that was opened in between may have relied on this task.
            let is_needed = standings.newest.receiver_count() > 0;
            if !is_needed || standings.is_watched.swap(true, Ordering::AcqRel) {
                return;
            }
        }
        if let Err(error) = standings.epoch(&catalog).await {
            tracing::debug!(%error, "the access epoch could not be read");
        }
    }
}

/// Resets the flag when the renewal ends, also if its request was cancelled.
struct Renewal<'a>(&'a AtomicBool);

impl Drop for Renewal<'_> {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

impl Epoch {
    /// How long ago the reading began; longer than any lease if the clock was set back.
    fn age(&self, time: DateTime<Utc>) -> Duration {
        let by_clock = (time - self.time).to_std().unwrap_or(Duration::MAX);
        self.at.elapsed().max(by_clock)
    }
}

impl Standings {
    /// The account of a session. `None` if the session has ended or there is none.
    pub(super) async fn session(
        &self,
        catalog: &Catalog,
        id: &str,
    ) -> Result<Option<Arc<AccountStanding>>, CatalogError> {
        let epoch = self.epoch(catalog).await?;
        let key = Key::Session(id.to_owned());
        if let Some(Standing::Session(known)) = self.known(&key, epoch) {
            return Ok(Some(known));
        }
        let found = catalog.database.session_standing(id).await?.map(Arc::new);
        if let Some(found) = &found {
            self.keep(key, epoch, Standing::Session(Arc::clone(found)));
        }
        Ok(found)
    }

    /// What is known of an account id.
    pub(super) async fn subject(
        &self,
        catalog: &Catalog,
        id: &str,
    ) -> Result<Arc<SubjectStanding>, CatalogError> {
        let epoch = self.epoch(catalog).await?;
        let key = Key::Subject(id.to_owned());
        if let Some(Standing::Subject(known)) = self.known(&key, epoch) {
            return Ok(known);
        }
        let found = Arc::new(catalog.database.subject_standing(id).await?);
        self.keep(key, epoch, Standing::Subject(Arc::clone(&found)));
        Ok(found)
    }

    /// The personal access token with this hash. `None` if it was revoked or there is none.
    pub(super) async fn token(
        &self,
        catalog: &Catalog,
        hash: &str,
    ) -> Result<Option<Arc<TokenStanding>>, CatalogError> {
        let epoch = self.epoch(catalog).await?;
        let key = Key::Token(hash.to_owned());
        if let Some(Standing::Token(known)) = self.known(&key, epoch) {
            return Ok(Some(known));
        }
        let found = catalog.database.token_standing(hash).await?.map(Arc::new);
        if let Some(found) = &found {
            self.keep(key, epoch, Standing::Token(Arc::clone(found)));
        }
        Ok(found)
    }

    /// The epoch, read at most a lease ago. What is read after it is at least as new.
    async fn epoch(&self, catalog: &Catalog) -> Result<i64, CatalogError> {
        let kept = *self.epoch.lock().unwrap_or_else(PoisonError::into_inner);
        let mut renewal = None;
        if let Some(kept) = kept {
            let age = kept.age(catalog.now());
            if age < RENEW {
                return Ok(kept.value);
            }
            if age < LEASE {
                if self.is_renewing.swap(true, Ordering::AcqRel) {
                    return Ok(kept.value);
                }
                renewal = Some(Renewal(&self.is_renewing));
            }
        }
        let (at, time) = (Instant::now(), catalog.now());
        let value = catalog.database.access_epoch().await?;
        let mut kept = self.epoch.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.is_none_or(|kept| kept.at < at) {
            *kept = Some(Epoch { value, at, time });
            self.newest.send_if_modified(|newest| std::mem::replace(newest, value) != value);
        }
        drop(renewal);
        Ok(value)
    }

    fn known(&self, key: &Key, epoch: i64) -> Option<Standing> {
        let entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        entries.get(key).filter(|(read, _)| *read == epoch).map(|(_, known)| known.clone())
    }

    fn keep(&self, key: Key, epoch: i64, standing: Standing) {
        let mut entries = self.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() >= MAX_ENTRIES {
            entries.clear();
        }
        entries.insert(key, (epoch, standing));
    }
}
