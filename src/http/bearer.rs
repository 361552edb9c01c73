//! Bearer tokens (RFC 6750).

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};

use super::AppState;
use super::problem::ProblemDetails;
use crate::catalog::access::Principal;
use crate::catalog::accounts::tokens::InvalidToken;

/// The principal of a valid token. Requests without one are refused.
pub struct Bearer(pub Principal);

/// What the `Authorization` header of a request amounts to.
pub enum Credentials {
    /// There is no such header.
    Absent,
    /// A valid token.
    Valid(Principal),
    /// A header without a token, or a token that is not valid.
    Refused(RefusedToken),
}

/// Why the `Authorization` header of a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusedToken {
    /// The header is empty, or `Bearer` without a token, or with the text of a missing value.
    Blank,
    /// The header is of another form, or there are several.
    NotBearer,
    /// The token is malformed, badly signed, or not for this service.
    Invalid,
    /// The token has expired.
    Expired,
}

/// Longest token that is looked at.
const MAX_TOKEN: usize = 8 * 1024;
/// What clients send that format a token they do not have.
const MISSING_VALUES: &[&str] = &["", "null", "undefined"];

impl RefusedToken {
    pub const fn detail(self) -> &'static str {
        match self {
            Self::Blank => "the Authorization header holds no token; log in first",
            Self::NotBearer => "the Authorization header is not \"Bearer\" and a token",
            Self::Invalid => "the token is malformed, badly signed, or not for this service",
            Self::Expired => "the token has expired; log in again",
        }
    }
}

impl From<RefusedToken> for ProblemDetails {
    fn from(refused: RefusedToken) -> Self {
        Self::unauthenticated(refused.detail(), true)
    }
}

/// The token of the `Authorization` header, if there is such a header.
fn token_of(headers: &HeaderMap) -> Option<Result<&str, RefusedToken>> {
    let mut values = headers.get_all(AUTHORIZATION).iter();
    let value = values.next()?;
    if values.next().is_some() || value.len() > MAX_TOKEN {
        return Some(Err(RefusedToken::NotBearer));
    }
    Some(read(value))
}

fn read(value: &HeaderValue) -> Result<&str, RefusedToken> {
    let text = value.to_str().map_err(|_| RefusedToken::NotBearer)?.trim();
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    let token = token.trim();
    let is_missing = MISSING_VALUES.iter().any(|missing| token.eq_ignore_ascii_case(missing));
    if scheme.is_empty() || (scheme.eq_ignore_ascii_case("bearer") && is_missing) {
        Err(RefusedToken::Blank)
    } else if scheme.eq_ignore_ascii_case("bearer") {
        Ok(token)
    } else {
        Err(RefusedToken::NotBearer)
    }
}

impl FromRequestParts<AppState> for Credentials {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        let token = match token_of(&parts.headers) {
            None => return Ok(Self::Absent),
            Some(Ok(token)) => token,
            Some(Err(refused)) => return Ok(Self::Refused(refused)),
        };
        Ok(match state.accounts.authenticate(token) {
            Ok(principal) => Self::Valid(principal),
            Err(InvalidToken::Expired) => Self::Refused(RefusedToken::Expired),
            Err(InvalidToken::Malformed) => Self::Refused(RefusedToken::Invalid),
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
            Credentials::Refused(refused) => Err(refused.into()),
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
    fn a_header_without_a_token_is_blank() {
        for text in ["", " ", "Bearer", "bearer ", "Bearer null", "BEARER Undefined"] {
            let value = HeaderValue::from_str(text).unwrap();
            assert_eq!(read(&value), Err(RefusedToken::Blank), "{text:?}");
        }
        assert_eq!(read(&HeaderValue::from_static("Bearer  a.b.c ")), Ok("a.b.c"));
        for text in ["Basic YTpi", "a.b.c", "Token a.b.c"] {
            let value = HeaderValue::from_str(text).unwrap();
            assert_eq!(read(&value), Err(RefusedToken::NotBearer), "{text:?}");
        }
    }
}
