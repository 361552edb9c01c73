//! Hashes and verifies passwords: Argon2id (RFC 9106), in PHC string format.

use argon2::password_hash::rand_core::OsRng;
use argon2::password_hash::{PasswordHash, SaltString};
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::catalog::CatalogError;

/// Maximum length of a password in characters, to bound the cost of hashing.
pub const MAX_PASSWORD: usize = 1_024;
/// Minimum length of a password in characters.
pub const MIN_PASSWORD: usize = 8;

/// Limits concurrent hashing, because each hash needs 19 MiB of memory.
static HASHING: Semaphore = Semaphore::const_new(4);

/// Hashes a password with a fresh salt.
///
/// # Errors
/// When the hash cannot be computed.
pub async fn hash(password: String) -> Result<String, CatalogError> {
    let permit = permit().await;
    on_worker(permit, move || {
        let salt = SaltString::generate(&mut OsRng);
        let hash = Argon2::default().hash_password(password.as_bytes(), &salt);
        hash.map(|hash| hash.to_string()).map_err(|error| CatalogError::Password(error.to_string()))
    })
    .await
}

/// A permit to hash or verify one password.
pub type Permit = SemaphorePermit<'static>;

/// Waits for a permit to hash or verify.
pub async fn permit() -> Option<Permit> {
    // The semaphore is never closed.
    HASHING.acquire().await.ok()
}

/// Whether `password` matches `hash`. Without a hash, a dummy hash is verified, so that the
/// response time does not reveal whether an account exists.
///
/// # Errors
/// When the stored hash cannot be read.
pub async fn verify(
    permit: Option<Permit>,
    password: String,
    hash: Option<String>,
) -> Result<bool, CatalogError> {
    on_worker(permit, move || {
        let exists = hash.is_some();
        let hash = hash.unwrap_or_else(|| DUMMY_HASH.to_owned());
        let parsed =
            PasswordHash::new(&hash).map_err(|error| CatalogError::Password(error.to_string()))?;
        Ok(Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok() && exists)
    })
    .await
}

/// A hash that no password matches, with the parameters of [`Argon2::default`].
const DUMMY_HASH: &str = "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5LWF0LWFsbC4$\
                          ZXhhY3RseS10aGlydHktdHdvLWJ5dGVzLWxvbmchISE";

async fn on_worker<T: Send + 'static>(
    _permit: Option<Permit>,
    work: impl FnOnce() -> Result<T, CatalogError> + Send + 'static,
) -> Result<T, CatalogError> {
    tokio::task::spawn_blocking(work).await?
}

/// Generates a password of 20 letters and digits, with more than 100 bits of entropy. Characters
/// that look alike are left out.
#[must_use]
pub fn generate() -> String {
    const LETTERS: &[u8] = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    (0..20).map(|_| char::from(LETTERS[rand::random_range(0..LETTERS.len())])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_matches_only_its_own_hash() {
        let stored = hash("correct horse".to_owned()).await.unwrap();
        assert!(verify(None, "correct horse".to_owned(), Some(stored.clone())).await.unwrap());
        assert!(!verify(None, "battery staple".to_owned(), Some(stored)).await.unwrap());
        assert!(!verify(None, "correct horse".to_owned(), None).await.unwrap());
    }
}
