//! The REST sidecar. Each route calls the same function as its GraphQL twin.

pub mod auth;
mod bundle;
pub mod draft_status;
pub mod drafts;
pub mod exports;
mod fields;
mod given;
pub mod imports;
pub mod schemas;

use axum::Router;
use axum::http::{HeaderMap, header};

use super::AppState;
pub use super::body::read_body;
use super::problem::ProblemDetails;
pub use bundle::Bundles;

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

/// The body is not sent as JSON.
pub fn unsupported_media_type() -> ProblemDetails {
    ProblemDetails::unsupported_media_type(
        "the body must be sent as Content-Type: application/json",
    )
}

fn movie_of(text: &str) -> Result<MovieId, ProblemDetails> {
    text.parse().map_err(|_| no_such_movie(text))
}

/// Refuses all parameters of an address that takes none.
fn no_parameters(query: Option<&str>, of: &str) -> Result<(), ProblemDetails> {
    given::parameters(query.unwrap_or_default(), of, &[], &[]).map(drop)
}

fn no_such_movie(id: &str) -> ProblemDetails {
    let shown: String = id.chars().take(80).collect();
    ProblemDetails::not_found(format!("there is no movie {shown}"))
}

fn category_of(text: &str) -> Result<Category, ProblemDetails> {
    text.parse().map_err(|error: crate::document::categories::UnknownCategory| {
        ProblemDetails::not_found(format!("there is no such category: {error}"))
    })
}
