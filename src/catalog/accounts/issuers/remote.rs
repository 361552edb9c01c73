//! Keys at an address: fetched when they are needed, kept while the issuer is down.

use std::sync::Arc;
use std::time::Duration;

use super::key_formats::{Key, parse_set};
use crate::catalog::accounts::cached::Cached;
use crate::catalog::accounts::outgoing::Outgoing;

/// How long to wait between two attempts, so that tokens with invented key ids cause no load.
const PAUSE: Duration = Duration::from_secs(30);

/// The keys at an address.
#[derive(Debug)]
pub(super) struct RemoteKeys {
    url: String,
    outgoing: Outgoing,
    keys: Cached<Vec<Key>>,
}

impl RemoteKeys {
    /// # Errors
    /// When no client can be made.
    pub(super) fn new(url: String) -> Result<Self, String> {
        let keys = Cached::new(format!("the keys of an issuer at {url}"), PAUSE);
        Ok(Self { url, outgoing: Outgoing::new()?, keys })
    }

    /// The keys that were fetched last. Fetches them again if they are old.
    pub(super) async fn known(&self) -> Arc<Vec<Key>> {
        self.keys.get(self.fetch()).await.unwrap_or_default()
    }

    /// Fetches the keys, unless that was tried a short time ago. Returns whether there are new
    /// ones. If fetching fails, the known keys are kept.
    pub(super) async fn refresh(&self) -> bool {
        self.keys.refresh(self.fetch()).await
    }

    async fn fetch(&self) -> Result<Vec<Key>, String> {
        parse_set(&self.outgoing.get(&self.url).await.map_err(|error| error.to_string())?)
    }
}
