//! What the browser keeps of an attempt to log in, between leaving for the provider and coming
//! back: signed, so that no other site can put an attempt of its own in its place.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::catalog::accounts::passwords::{hash_of_secret, is_same_secret};

/// How long an attempt may take.
pub const ATTEMPT_LIFETIME: Duration = Duration::from_mins(10);

/// An attempt to log in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Attempt {
    /// Comes back with the answer (RFC 6749 §10.12).
    pub(super) state: String,
    /// Comes back in the ID token.
    pub(super) nonce: String,
    /// The secret behind the code challenge (RFC 7636).
    pub(super) verifier: String,
    /// The path of the service to go to in the end.
    pub(super) return_to: String,
}

impl Attempt {
    /// Whether an answer has the state of this attempt.
    pub(super) fn has_state(&self, state: Option<&str>) -> bool {
        state.is_some_and(|state| is_same_secret(state, &self.state))
    }

    /// By what the attempt is known once it was completed.
    pub(super) fn hash(&self) -> String {
        hash_of_secret(&self.state)
    }
}
