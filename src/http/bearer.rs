//! Extractors for bearer tokens (RFC 6750).

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::FromRequestParts;
use axum::http::header::{AUTHORIZATION, USER_AGENT};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};

use super::AppState;
use super::audit::Requester;
use super::problem::ProblemDetails;
use crate::catalog::CatalogError;
use crate::catalog::access::Principal;
use crate::catalog::accounts::tokens::{InvalidToken, LEEWAY};

/// The principal of a valid token. Requests without a valid token are rejected with 401.
pub struct Bearer(pub Principal);

/// The result of reading the `Authorization` header. Never rejects a request.
pub enum Credentials {
    /// There is no such header.
    Absent,
    /// A valid token.
    Valid(Principal),
    /// A header without a token, or a token that is not valid.
    Invalid(TokenError),
    /// A token that could not be verified, because the database failed.
    Unverified(CatalogError),
}

/// Why the `Authorization` header of a request is rejected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenError {
    /// The header is empty, or `Bearer` without a token or with `null` or `undefined`.
    Missing,
    /// The header has another scheme, or there are several headers.
    NotBearer,
    /// The token is malformed, badly signed, or not for this service.
    Invalid,
    /// The token has expired.
    Expired,
    /// The token was revoked, its session was ended, or its account was changed.
    Ended,
}

/// How long after its expiry a token is refused at the latest.
pub const EXPIRY_LEEWAY: Duration = Duration::from_secs(LEEWAY.unsigned_abs() + 1);
/// Maximum length of a header value, in bytes.
const MAX_TOKEN: usize = 8 * 1024;
/// What clients send when they format a token that they do not have.
const MISSING_VALUES: &[&str] = &["", "null", "undefined"];

impl TokenError {
    pub const fn detail(self) -> &'static str {
        match self {
            Self::Missing => "the Authorization header has no token; log in first",
            Self::NotBearer => "the Authorization header is not \"Bearer\" and a token",
            Self::Invalid => "the token is malformed, badly signed, or not for this service",
            Self::Expired => "the token has expired; log in again",
            Self::Ended => {
                "the token was revoked, its session has ended, or its account was changed; refresh \
                 it or log in again"
            }
        }
    }
}

impl From<InvalidToken> for TokenError {
    fn from(invalid: InvalidToken) -> Self {
        match invalid {
            InvalidToken::Expired => Self::Expired,
            InvalidToken::Malformed => Self::Invalid,
            InvalidToken::Ended => Self::Ended,
        }
    }
}

impl From<TokenError> for ProblemDetails {
    fn from(error: TokenError) -> Self {
        Self::unauthenticated(error.detail(), true)
    }
}

/// What a client calls itself (`User-Agent`); may be empty.
pub fn client_name(headers: &HeaderMap) -> String {
    let name = headers.get(USER_AGENT).and_then(|value| value.to_str().ok());
    name.unwrap_or_default().to_owned()
}

/// The token in the `Authorization` header. `None` without the header.
pub fn token(headers: &HeaderMap) -> Option<Result<&str, TokenError>> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next()?;
    if values.next().is_some() || value.len() > MAX_TOKEN {
        return Some(Err(TokenError::NotBearer));
    }
    Some(parse_bearer(value))
}

fn parse_bearer(value: &HeaderValue) -> Result<&str, TokenError> {
    parse(value.to_str().map_err(|_| TokenError::NotBearer)?)
}

/// The token in the value of an `Authorization` header.
///
/// # Errors
/// When there is none.
pub fn parse(value: &str) -> Result<&str, TokenError> {
    if value.len() > MAX_TOKEN {
        return Err(TokenError::NotBearer);
    }
    let text = value.trim();
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    let token = token.trim();
    let is_missing = MISSING_VALUES.iter().any(|missing| token.eq_ignore_ascii_case(missing));
    if scheme.is_empty() || (scheme.eq_ignore_ascii_case("bearer") && is_missing) {
        Err(TokenError::Missing)
    } else if scheme.eq_ignore_ascii_case("bearer") {
        Ok(token)
    } else {
        Err(TokenError::NotBearer)
    }
}

/// Verifies a token. Connections that stay open call it again from time to time, so whatever ends
/// a token is checked here.
///
/// # Errors
/// When storage fails. The inner error says why the token is not, or no longer, valid.
pub async fn verify(
    state: &AppState,
    token: &str,
) -> Result<Result<Principal, TokenError>, CatalogError> {
    let verified = Box::pin(state.accounts.authenticate(token)).await?;
    Ok(verified.map_err(TokenError::from))
}

impl FromRequestParts<AppState> for Credentials {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        let token = match token(&parts.headers) {
            None => return Ok(Self::Absent),
            Some(Ok(token)) => token,
            Some(Err(error)) => return Ok(Self::Invalid(error)),
        };
        Ok(match verify(state, token).await {
            Ok(Ok(principal)) => {
                let Ok(requester) = Requester::from_request_parts(parts, state).await;
                Self::Valid(requester.verified(principal))
            }
            Ok(Err(error)) => Self::Invalid(error),
            Err(error) => Self::Unverified(error),
        })
    }
}

impl FromRequestParts<AppState> for Bearer {
    type Rejection = ProblemDetails;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Self, ProblemDetails> {
        let Ok(credentials) = Credentials::from_request_parts(parts, state).await;
        match credentials {
            Credentials::Valid(principal) => Ok(Self(principal)),
            Credentials::Invalid(error) => Err(error.into()),
            Credentials::Unverified(error) => Err(error.into()),
            Credentials::Absent => Err(ProblemDetails::unauthenticated(
                "this needs a bearer token; log in first",
                false,
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_without_a_token_is_missing_one() {
        for text in ["", " ", "Bearer", "bearer ", "Bearer null", "BEARER Undefined"] {
            let value = HeaderValue::from_str(text).unwrap();
            assert_eq!(parse_bearer(&value), Err(TokenError::Missing), "{text:?}");
        }
        assert_eq!(parse_bearer(&HeaderValue::from_static("Bearer  a.b.c ")), Ok("a.b.c"));
        for text in ["Basic YTpi", "a.b.c", "Token a.b.c"] {
            let value = HeaderValue::from_str(text).unwrap();
            assert_eq!(parse_bearer(&value), Err(TokenError::NotBearer), "{text:?}");
        }
    }
}
