//! Keys at an address: fetched when they are needed, kept while the issuer is down.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use tokio::sync::Mutex;

use super::key_formats::{Key, parse_set};

/// How long fetching may take.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Maximum size of a key set, in bytes.
const MAX_SIZE: usize = 256 * 1024;
/// How long to wait between two attempts, so that tokens with invented key ids cause no load.
const PAUSE: Duration = Duration::from_secs(30);
/// After which age the keys are fetched again, so that withdrawn keys are noticed.
const MAX_AGE: Duration = Duration::from_mins(10);

/// The keys at an address.
#[derive(Debug)]
pub(super) struct RemoteKeys {
    url: String,
    client: reqwest::Client,
    known: RwLock<Arc<[Key]>>,
    /// When fetching was last tried.
    last_attempt: Mutex<Option<Instant>>,
}

impl RemoteKeys {
    /// # Errors
    /// When no client can be made.
    pub(super) fn new(url: String) -> Result<Self, String> {
        let client = reqwest::Client::builder()
            .timeout(TIMEOUT)
            // An issuer's key set does not move; a redirect could lead into an inner network.
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| error.to_string())?;
        let known = RwLock::new(Arc::from(Vec::new()));
        Ok(Self { url, client, known, last_attempt: Mutex::default() })
    }

    /// The keys that were fetched last. Fetches them again if they are old.
    pub(super) async fn known(&self) -> Arc<[Key]> {
        let is_old = match *self.last_attempt.lock().await {
            None => true,
            Some(last) => last.elapsed() > MAX_AGE,
        };
        if is_old {
            self.refresh().await;
        }
        Arc::clone(&self.known.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Fetches the keys, unless that was tried a short time ago. Returns whether there are new
    /// ones. If fetching fails, the known keys are kept.
    pub(super) async fn refresh(&self) -> bool {
        let mut last_attempt = self.last_attempt.lock().await;
        if last_attempt.is_some_and(|last| last.elapsed() < PAUSE) {
            return false;
        }
        *last_attempt = Some(Instant::now());
        match self.fetch().await {
            Ok(keys) => {
                *self.known.write().unwrap_or_else(PoisonError::into_inner) = keys.into();
                true
            }
            Err(error) => {
                tracing::warn!(url = %self.url, %error, "the keys of an issuer were not fetched");
                false
            }
        }
    }

    async fn fetch(&self) -> Result<Vec<Key>, String> {
        let text = |error: reqwest::Error| error.without_url().to_string();
        let response = self.client.get(&self.url).send().await.map_err(text)?;
        let mut response = response.error_for_status().map_err(text)?;
        if !response.status().is_success() {
            return Err(format!("the answer is {}", response.status()));
        }
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(text)? {
            if body.len() + chunk.len() > MAX_SIZE {
                return Err(format!("the answer is larger than {MAX_SIZE} bytes"));
            }
            body.extend_from_slice(&chunk);
        }
        parse_set(&body)
    }
}
