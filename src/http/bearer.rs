//! Bearer tokens (RFC 6750).

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use super::AppState;
use super::problem::ProblemDetails;
use crate::catalog::access::Principal;
use crate::catalog::tokens::InvalidToken;

/// Whoever the token speaks for; refused without one.
pub struct Bearer(pub Principal);

/// Whoever the token speaks for, if there is one. A token that is not to be trusted is refused.
pub struct OptionalBearer(pub Option<Principal>);

/// Longest token that is looked at.
const MAX_TOKEN: usize = 8 * 1024;

impl FromRequestParts<AppState> for OptionalBearer {
    type Rejection = ProblemDetails;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Self, ProblemDetails> {
        let malformed = || {
            ProblemDetails::unauthenticated(
                "the Authorization header is not \"Bearer\" and a token",
                true,
            )
        };
        let mut values = parts.headers.get_all(AUTHORIZATION).iter();
        let Some(value) = values.next() else { return Ok(Self(None)) };
        if values.next().is_some() || value.len() > MAX_TOKEN {
            return Err(malformed());
        }
        let (scheme, token) =
            value.to_str().ok().and_then(|value| value.split_once(' ')).ok_or_else(malformed)?;
        if !scheme.eq_ignore_ascii_case("bearer") {
            return Err(malformed());
        }
        match state.accounts.authenticate(token.trim()) {
            Ok(principal) => Ok(Self(Some(principal))),
            Err(InvalidToken::Expired) => {
                Err(ProblemDetails::unauthenticated("the token has expired; log in again", true))
            }
            Err(InvalidToken::Malformed) => Err(ProblemDetails::unauthenticated(
                "the token is malformed, badly signed, or not for this service",
                true,
            )),
        }
    }
}

impl FromRequestParts<AppState> for Bearer {
    type Rejection = ProblemDetails;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Self, ProblemDetails> {
        let OptionalBearer(principal) = OptionalBearer::from_request_parts(parts, state).await?;
        principal.map(Self).ok_or_else(|| {
            ProblemDetails::unauthenticated("this needs a bearer token; log in first", false)
        })
    }
}
