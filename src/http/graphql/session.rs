//! The account of a connection that stays open: its token is verified again from time to time, so
//! that the connection ends when the token does.

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use tokio::time::{Instant, sleep_until};

use crate::catalog::access::Principal;
use crate::http::AppState;
use crate::http::bearer::{self, TokenError};

/// The account and the token of an open connection.
pub struct Session {
    pub principal: Principal,
    token: Box<str>,
    expires_at: Option<DateTime<Utc>>,
    verified_at: Instant,
}

impl Session {
    /// The account of a token that was just verified.
    pub fn new(principal: Principal, token: &str) -> Self {
        let (expires_at, verified_at) = (expiry(token), Instant::now());
        Self { principal, token: token.into(), expires_at, verified_at }
    }

    /// Waits until the token is no longer valid, and returns why. May be dropped and called again.
    pub async fn ended(&mut self, state: &AppState, interval: Duration) -> TokenError {
        loop {
            let mut next = self.verified_at + interval;
            if let Some(expires_at) = self.expires_at {
                // Tokens are accepted for some seconds after they expired.
                let left = (expires_at - state.catalog.now()).to_std().unwrap_or_default();
                next = next.min(Instant::now() + left + bearer::EXPIRY_LEEWAY);
            }
            sleep_until(next).await;
            match bearer::verify(state, &self.token).await {
                Ok(Err(error)) => return error,
                // What storage cannot answer now is asked again after the next interval.
                Ok(Ok(_)) | Err(_) => self.verified_at = Instant::now(),
            }
        }
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
