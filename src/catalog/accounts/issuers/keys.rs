//! The keys of an issuer: fixed ones, or those at an address.

use jsonwebtoken::DecodingKey;

use super::key_formats::Key;
use super::remote::RemoteKeys;

/// The keys of an issuer.
#[derive(Debug)]
pub(super) enum Keys {
    Fixed(Vec<Key>),
    Remote(Box<RemoteKeys>),
}

impl Keys {
    /// The keys that may have signed a token with this key id. A token without one, and a key
    /// without one, match any.
    pub(super) async fn candidates(&self, id: Option<&str>) -> Vec<DecodingKey> {
        match self {
            Self::Fixed(keys) => matching(keys, id),
            Self::Remote(remote) => {
                let found = matching(&remote.known().await, id);
                // The issuer may have begun to use a new key.
                if found.is_empty() && remote.refresh().await {
                    return matching(&remote.known().await, id);
                }
                found
            }
        }
    }

    /// Fetches the keys if they are at an address.
    pub(super) async fn fetch(&self) {
        if let Self::Remote(remote) = self {
            remote.refresh().await;
        }
    }
}

fn matching(keys: &[Key], id: Option<&str>) -> Vec<DecodingKey> {
    let is_candidate = |key: &&Key| match (id, &key.id) {
        (Some(id), Some(own)) => id == own,
        (None, _) | (_, None) => true,
    };
    keys.iter().filter(is_candidate).map(|key| key.key.clone()).collect()
}
