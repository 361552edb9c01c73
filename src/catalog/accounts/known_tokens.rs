//! Access tokens that were verified a moment ago, so that a client's token is decoded once instead
//! of for each request. What depends on the time is checked for each request.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Maximum number of tokens that are kept. When there are more, all are forgotten.
const MAX_TOKENS: usize = 4_096;

/// What was decoded from tokens with a valid signature. Cheap to clone; clones share it.
#[derive(Debug)]
pub(super) struct KnownTokens<T>(Arc<Mutex<HashMap<Box<str>, Arc<T>>>>);

impl<T> Default for KnownTokens<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<T> Clone for KnownTokens<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> KnownTokens<T> {
    /// The content of a token: what is known, or else what `decode` returns for it.
    ///
    /// # Errors
    /// The error of `decode`. It is not kept: only a valid signature may take memory.
    pub(super) fn get<E>(
        &self,
        token: &str,
        decode: impl FnOnce() -> Result<T, E>,
    ) -> Result<Arc<T>, E> {
        // The hash is keyed at random for each process, so that the time that a lookup takes does
        // not tell how much of another token is known.
        if let Some(known) = self.0.lock().unwrap_or_else(PoisonError::into_inner).get(token) {
            return Ok(Arc::clone(known));
        }
        let decoded = Arc::new(decode()?);
        let mut tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if tokens.len() >= MAX_TOKENS {
            tokens.clear();
        }
        tokens.insert(token.into(), Arc::clone(&decoded));
        Ok(decoded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_decoded_once_and_an_invalid_one_each_time() {
        let known = KnownTokens::default();
        for _ in 0..2 {
            assert_eq!(known.get("bad", || Err::<i32, _>("invalid")), Err("invalid"));
        }
        assert_eq!(known.get("good", || Ok::<_, ()>(1)), Ok(Arc::new(1)));
        assert_eq!(known.clone().get("good", || Err("not asked")), Ok(Arc::new(1)));
        assert_eq!(known.get("goods", || Err("asked")), Err("asked"));
    }

    #[test]
    fn the_number_of_known_tokens_is_limited() {
        let known = KnownTokens::default();
        for number in 0..3 * MAX_TOKENS {
            assert!(known.get(&number.to_string(), || Ok::<_, ()>(number)).is_ok());
            assert!(known.0.lock().unwrap().len() <= MAX_TOKENS);
        }
    }
}
