//! From a bearer token to the account and its rights as they are now.

use super::personal_tokens::{self, PREFIX};
use super::tokens::{InvalidToken, VerifiedToken};
use super::{Accounts, role_of};
use crate::catalog::CatalogError;
use crate::catalog::access::{Credential, Principal};
use crate::storage::{AccountStanding, SubjectStanding};

impl Accounts {
    /// Verifies a bearer token and returns its account, with the rights that it has now.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn authenticate(
        &self,
        token: &str,
    ) -> Result<Result<Principal, InvalidToken>, CatalogError> {
        if token.starts_with(PREFIX) {
            return personal_tokens::authenticate(self, token).await;
        }
        let now = self.catalog.clock.now();
        // Another issuer's tokens follow their own rules until they expire.
        if let Some(verified) = self.issuers.verify(token, now).await {
            return Ok(verified);
        }
        match self.tokens.verify_access(token, now) {
            Ok(verified) => self.standing_of(verified).await,
            Err(invalid) => Ok(Err(invalid)),
        }
    }

    /// The account of a token of our own, if it still stands.
    pub(super) async fn standing_of(
        &self,
        verified: VerifiedToken,
    ) -> Result<Result<Principal, InvalidToken>, CatalogError> {
        let VerifiedToken { principal, session, version, issued_at, .. } = verified;
        let is_current = |account: &AccountStanding| match version {
            Some(version) => version == account.version,
            // A platform that has the secret issues tokens without a version. Their times have
            // whole seconds: one of the second of the change may be older, and is refused.
            None => account
                .tokens_since
                .is_none_or(|since| issued_at.is_some_and(|at| at > since.timestamp())),
        };
        if let Some(id) = session {
            let Some(account) = self.standings.session(&self.catalog, &id).await? else {
                return Ok(Err(InvalidToken::Ended));
            };
            let is_valid = account.id == principal.subject && is_current(&account);
            if !is_valid || account.is_disabled {
                return Ok(Err(InvalidToken::Ended));
            }
            let credential = Credential::Session { id, version: account.version };
            return Ok(Ok(current(principal, &account, credential)));
        }
        let standing = self.standings.subject(&self.catalog, &principal.subject).await?;
        match &*standing {
            SubjectStanding::Known(account) if !account.is_disabled && is_current(account) => {
                let credential = match version {
                    Some(version) => Credential::Account { version },
                    None => Credential::Issuer,
                };
                Ok(Ok(current(principal, account, credential)))
            }
            SubjectStanding::Unknown if version.is_none() => Ok(Ok(principal)),
            SubjectStanding::Known(_) | SubjectStanding::Deleted | SubjectStanding::Unknown => {
                Ok(Err(InvalidToken::Ended))
            }
        }
    }
}

/// The account with the rights that it has now. A token never gives more than it says.
fn current(claimed: Principal, account: &AccountStanding, credential: Credential) -> Principal {
    let role = role_of(&account.role).limited_to(claimed.role);
    Principal { email: account.email.clone(), role, credential, ..claimed }
}
