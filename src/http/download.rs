//! The account of a download: that of a bearer token, or of a signed link.

use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::uri::PathAndQuery;
use axum::http::{Method, Uri};

use super::AppState;
use super::audit::Requester;
use super::problem::ProblemDetails;
use super::session::{BearerSession, Session};
use crate::catalog::accounts::download_links::{split_link, without_signature};
use crate::catalog::accounts::tokens::InvalidToken;

/// Extracts the account of a download. Requests with neither a valid token nor a valid link are
/// rejected with 401. The signed part of a link is removed from the query; so this is extracted
/// before the query is.
pub struct DownloadSession(pub Session);

/// Why a link is refused.
fn refused(invalid: InvalidToken) -> ProblemDetails {
    let detail = match invalid {
        InvalidToken::Expired => {
            "the link has expired; a link is valid for 5 minutes; get a new one"
        }
        InvalidToken::Malformed => {
            "the link was changed, or is not for this address or method; get a new one"
        }
        InvalidToken::Ended => {
            "the session or the token with which the link was made has ended, or the account was \
             changed; log in and get a new link"
        }
    };
    ProblemDetails::unauthenticated(detail, false)
}

/// The URI with another path and query.
fn with_path_and_query(uri: &Uri, path_and_query: &str) -> Option<Uri> {
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(path_and_query.parse().ok()?);
    Uri::from_parts(parts).ok()
}

impl FromRequestParts<AppState> for DownloadSession {
    type Rejection = ProblemDetails;

    async fn from_request_parts(
        parts: &mut Parts,
        state: &AppState,
    ) -> Result<Self, ProblemDetails> {
        let text = parts.uri.path_and_query().map_or("", PathAndQuery::as_str);
        let has_link = without_signature(text).is_some();
        if !has_link || parts.headers.contains_key(AUTHORIZATION) {
            let BearerSession(session) = BearerSession::from_request_parts(parts, state).await?;
            if has_link {
                let detail = "found a bearer token and a link; allowed is one of them";
                return Err(ProblemDetails::bad_request(detail));
            }
            return Ok(Self(session));
        }
        let (download, signed) =
            split_link(text).ok_or_else(|| refused(InvalidToken::Malformed))?;
        // A link for GET is valid for HEAD too (RFC 9110, section 9.3.2).
        let method = if parts.method == Method::HEAD { &Method::GET } else { &parts.method };
        let link = state.accounts.verify_link(signed, method.as_str(), download);
        let link = link.map_err(refused)?;
        let uri = with_path_and_query(&parts.uri, download);
        parts.uri = uri.ok_or_else(|| refused(InvalidToken::Malformed))?;
        let principal = Box::pin(state.accounts.account_of_link(&link)).await?.map_err(refused)?;
        let Ok(requester) = Requester::from_request_parts(parts, state).await;
        Ok(Self(Session::of_link(state, requester.verified(principal), link)))
    }
}
