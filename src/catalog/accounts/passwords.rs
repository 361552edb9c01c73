//! Hashes and verifies passwords: Argon2id (RFC 9106), in PHC string format.

use argon2::password_hash::rand_core::OsRng;
use argon2::password_hash::{PasswordHash, SaltString};
use argon2::{Algorithm, Argon2, Params, PasswordHasher, PasswordVerifier, Version};
use sha2::{Digest as _, Sha256};
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::catalog::CatalogError;
use crate::document::text::hexadecimal;

/// Maximum length of a password in characters, to bound the cost of hashing.
pub const MAX_PASSWORD: usize = 1_024;
/// Minimum length of a password in characters.
pub const MIN_PASSWORD: usize = 8;

/// Limits concurrent hashing, because each hash needs 19 MiB of memory.
static HASHING: Semaphore = Semaphore::const_new(4);

/// Memory of one hash in KiB, passes over it, and lanes: the second recommendation of OWASP's
/// password storage cheat sheet, of the same strength as RFC 9106's with less memory. Hashes with
/// other parameters are replaced at the next login.
const MEMORY: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;

fn hasher() -> Result<Argon2<'static>, CatalogError> {
    let params = Params::new(MEMORY, PASSES, LANES, None);
    let params = params.map_err(|error| CatalogError::Password(error.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// Whether a hash was made with other parameters than a new one is.
pub(super) fn is_outdated(hash: &str) -> bool {
    let Ok(parsed) = PasswordHash::new(hash) else { return true };
    let has = |name: &str, value: u32| parsed.params.get_decimal(name) == Some(value);
    let is_current = parsed.algorithm.as_str() == "argon2id"
        && parsed.version == Some(Version::V0x13.into())
        && has("m", MEMORY)
        && has("t", PASSES)
        && has("p", LANES);
    !is_current
}

/// Hashes a password with a fresh salt.
///
/// # Errors
/// When the hash cannot be computed.
pub async fn hash(password: String) -> Result<String, CatalogError> {
    let permit = permit().await;
    on_worker(permit, move || {
        let salt = SaltString::generate(&mut OsRng);
        let hash = hasher()?.hash_password(password.as_bytes(), &salt);
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

/// Whether `password` matches `hash`. Without a hash, or with an empty one, a dummy hash is
/// verified, so that the response time does not reveal whether an account exists.
///
/// # Errors
/// When the stored hash cannot be read.
pub async fn verify(
    permit: Option<Permit>,
    password: String,
    hash: Option<String>,
) -> Result<bool, CatalogError> {
    on_worker(permit, move || {
        let hash = hash.filter(|hash| !hash.is_empty());
        let exists = hash.is_some();
        let hash = hash.unwrap_or_else(|| DUMMY_HASH.to_owned());
        let parsed =
            PasswordHash::new(&hash).map_err(|error| CatalogError::Password(error.to_string()))?;
        Ok(Argon2::default().verify_password(password.as_bytes(), &parsed).is_ok() && exists)
    })
    .await
}

/// A hash that no password matches, with the parameters of new hashes.
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
    random_text(b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789", 20)
}

/// Generates a secret of 40 letters and digits, with more than 230 bits of entropy, for programs.
pub(super) fn generate_secret() -> String {
    random_text(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", 40)
}

/// Random characters of an alphabet, from the thread-local cryptographic generator.
fn random_text(alphabet: &[u8], length: usize) -> String {
    (0..length).map(|_| char::from(alphabet[rand::random_range(0..alphabet.len())])).collect()
}

/// The hash under which a random secret is stored, in hexadecimal: SHA-256. A slow hash, as for
/// passwords, would protect secrets that can be guessed; these cannot, and are looked up by their
/// hash.
pub(super) fn hash_of_secret(secret: &str) -> String {
    hexadecimal(&Sha256::digest(secret))
}

/// Whether two secrets are the same. Their hashes are compared, so that the time that it takes says
/// nothing about where they differ.
pub(super) fn is_same_secret(one: &str, other: &str) -> bool {
    Sha256::digest(one) == Sha256::digest(other)
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
        assert!(!verify(None, String::new(), Some(String::new())).await.unwrap());
    }

    #[tokio::test]
    async fn a_hash_with_other_parameters_is_outdated() {
        let current = hash("correct horse".to_owned()).await.unwrap();
        assert!(current.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{current}");
        assert!(!is_outdated(&current));
        assert!(!is_outdated(DUMMY_HASH));
        for (from, to) in
            [("argon2id", "argon2i"), ("v=19", "v=16"), ("19456", "8192"), ("t=2", "t=1")]
        {
            assert!(is_outdated(&current.replace(from, to)), "{to}");
        }
    }
}
