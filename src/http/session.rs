//! The account of a connection or a request that takes long. A connection that stays open ends with
//! its token: when the token expires, and within a second after it is revoked. No event is sent
//! after a revocation that was acknowledged. A request that takes long reads and writes nothing
//! more after its token was revoked; that the token expires does not end it.

use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use tokio::time::{Instant, sleep, sleep_until};

use crate::catalog::CatalogError;
use crate::catalog::access::Principal;
use crate::catalog::accounts::download_links::DownloadLink;
use crate::catalog::accounts::standing::EpochWatch;
use crate::http::AppState;
use crate::http::bearer::{self, Bearer, TokenError};
use crate::http::problem::ProblemDetails;

/// How long to wait before a token is verified again after storage failed.
const RETRY: Duration = Duration::from_secs(1);

/// What a connection or a request proves its account with.
enum Proof {
    Token(Box<str>),
    Link(Box<DownloadLink>),
}

/// The account and the token of an open connection or a request.
pub struct Session {
    pub principal: Principal,
    proof: Proof,
    expires_at: Option<DateTime<Utc>>,
    verified_at: Instant,
    /// The access epoch at which the token was verified; `None` if it has to be verified again.
    epoch: Option<i64>,
    newest_epoch: EpochWatch,
}

impl Session {
    /// The account of a token that was just verified.
    pub fn new(state: &AppState, principal: Principal, token: &str) -> Self {
        let expires_at = expiry(token);
        Self { expires_at, ..Self::with_proof(state, principal, Proof::Token(token.into())) }
    }

    /// The account of a link that was just verified.
    pub fn of_link(state: &AppState, principal: Principal, link: DownloadLink) -> Self {
        Self::with_proof(state, principal, Proof::Link(link.into()))
    }

    fn with_proof(state: &AppState, principal: Principal, proof: Proof) -> Self {
        Self {
            principal,
            proof,
            expires_at: None,
            verified_at: Instant::now(),
            epoch: None,
            newest_epoch: state.accounts.watch_epoch(),
        }
    }

    /// Waits until the token is no longer valid, and returns why. May be dropped and called again.
    /// The token is verified when rights were taken away from an account, and at `interval`.
    pub async fn ended(&mut self, state: &AppState, interval: Duration) -> TokenError {
        loop {
            let mut next = self.verified_at + interval;
            if let Some(expires_at) = self.expires_at {
                // Tokens are accepted for some seconds after they expired.
                let left = (expires_at - state.catalog.now()).to_std().unwrap_or_default();
                next = next.min(Instant::now() + left + bearer::EXPIRY_LEEWAY);
            }
            tokio::select! {
                () = sleep_until(next) => {}
                () = self.newest_epoch.differs_from(self.epoch) => {}
            }
            self.epoch = None;
            match self.check(state).await {
                Ok(Err(error)) => return error,
                Ok(Ok(())) => {}
                Err(error) => {
                    tracing::debug!(%error, "a token could not be verified again");
                    sleep(RETRY).await;
                }
            }
        }
    }

    /// Why the token was revoked; `None` if it was not, also if it has expired. Reads nothing
    /// unless rights were taken away from an account since the last call.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn revocation(
        &mut self,
        state: &AppState,
    ) -> Result<Option<TokenError>, CatalogError> {
        match self.check(state).await? {
            Ok(()) | Err(TokenError::Expired) => Ok(None),
            Err(error) => Ok(Some(error)),
        }
    }

    /// Checks that the token is valid now, to send an event. Reads nothing unless rights were taken
    /// away from an account since the last call.
    ///
    /// # Errors
    /// When storage fails: it is not known whether the token is valid. The inner error says why the
    /// token is no longer valid.
    pub async fn check(
        &mut self,
        state: &AppState,
    ) -> Result<Result<(), TokenError>, CatalogError> {
        let epoch = Box::pin(state.accounts.access_epoch()).await?;
        if self.epoch == Some(epoch) {
            return Ok(Ok(()));
        }
        // In boxes, so that an idle connection does not hold room for them.
        let verified = match &self.proof {
            Proof::Token(token) => Box::pin(bearer::verify(state, token)).await?,
            Proof::Link(link) => {
                let found = Box::pin(state.accounts.account_of_link(link)).await?;
                found.map_err(TokenError::from)
            }
        };
        let principal = match verified {
            Ok(principal) => principal,
            Err(error) => return Ok(Err(error)),
        };
        // A personal access token outlives a change of the role of its account. The operations of
        // the connection were permitted to the role before.
        if principal.role != self.principal.role {
            return Ok(Err(TokenError::Ended));
        }
        (self.verified_at, self.epoch) = (Instant::now(), Some(epoch));
        Ok(Ok(()))
    }
}

/// Extracts the account of a request that takes long. Requests without a valid token are rejected
/// with 401.
pub struct BearerSession(pub Session);

impl FromRequestParts<AppState> for BearerSession {
    type Rejection = ProblemDetails;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Self, ProblemDetails> {
        let Bearer(principal) = Bearer::from_request_parts(parts, state).await?;
        let token = bearer::token(&parts.headers).unwrap_or(Err(TokenError::Missing))?;
        Ok(Self(Session::new(state, principal, token)))
    }
}

/// The time at which a verified JSON Web Token expires; `None` for any other token.
fn expiry(token: &str) -> Option<DateTime<Utc>> {
    #[derive(Deserialize)]
    struct Claims {
        exp: i64,
    }
    let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let Claims { exp } = serde_json::from_slice(&claims).ok()?;
    DateTime::from_timestamp(exp, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_json_web_token_shows_its_expiry() {
        let claims = URL_SAFE_NO_PAD.encode(r#"{"sub":"a","exp":1700000000}"#);
        let expected = DateTime::from_timestamp(1_700_000_000, 0);
        assert_eq!(expiry(&format!("x.{claims}.y")), expected);
        for token in ["", "rp_abc", "a.b.c", &format!("x.{}", URL_SAFE_NO_PAD.encode("{}"))] {
            assert_eq!(expiry(token), None, "{token}");
        }
    }
}
