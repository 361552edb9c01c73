//! The REST sidecar. Each route calls the same function as its GraphQL twin.

pub mod auth;
pub mod draft_status;
pub mod drafts;
pub mod exports;
pub mod imports;
pub mod schemas;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use bytes::Bytes;

use super::AppState;
use super::problem::ProblemDetails;
use crate::document::problem::excerpt;
use crate::document::{Category, MovieId};

pub fn routes() -> Router<AppState> {
    Router::new()
        .merge(auth::routes())
        .merge(draft_status::routes())
        .merge(drafts::routes())
        .merge(exports::routes())
        .merge(imports::routes())
        .merge(schemas::routes())
}

/// Whether the body says that it is JSON.
pub fn is_json(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = content_type.and_then(|value| value.split(';').next()).map(str::trim);
    kind.is_some_and(|kind| kind.eq_ignore_ascii_case("application/json"))
}

pub fn unsupported_media_type() -> ProblemDetails {
    ProblemDetails::new(
        StatusCode::UNSUPPORTED_MEDIA_TYPE,
        "UNSUPPORTED_MEDIA_TYPE",
        "the body must be sent as Content-Type: application/json",
    )
}

/// Reads a body, but no more than is allowed.
pub async fn read_body(body: Body, limit: usize) -> Result<Bytes, ProblemDetails> {
    let too_large = || {
        let detail = format!("the body is larger than {} KiB", limit / 1024);
        ProblemDetails::new(StatusCode::PAYLOAD_TOO_LARGE, "TOO_LARGE", detail)
    };
    if http_body::Body::size_hint(&body).lower() > limit as u64 {
        return Err(too_large());
    }
    axum::body::to_bytes(body, limit).await.map_err(|error| {
        let source = std::error::Error::source(&error);
        let is_limit =
            source.is_some_and(<dyn std::error::Error>::is::<http_body_util::LengthLimitError>);
        if is_limit {
            too_large()
        } else {
            ProblemDetails::bad_request("the body could not be read")
        }
    })
}

fn movie_of(text: &str) -> Result<MovieId, ProblemDetails> {
    text.parse().map_err(|_| no_such_movie(text))
}

/// Refuses whatever parameter is given to what takes none.
fn no_parameters(query: Option<&str>, of: &str) -> Result<(), ProblemDetails> {
    match url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()).next() {
        Some((name, _)) => Err(unknown_parameter(&name, of, "there is none")),
        None => Ok(()),
    }
}

fn unknown_parameter(name: &str, of: &str, known: &str) -> ProblemDetails {
    ProblemDetails::bad_request(format!("{:?} is no parameter of {of}; {known}", excerpt(name)))
}

fn no_such_movie(id: &str) -> ProblemDetails {
    let shown: String = id.chars().take(80).collect();
    ProblemDetails::not_found(format!("there is no movie {shown}"))
}

fn category_of(text: &str) -> Result<Category, ProblemDetails> {
    text.parse().map_err(|error: crate::document::category::UnknownCategory| {
        ProblemDetails::not_found(format!("there is no such category: {error}"))
    })
}
