//! The REST API. Each route calls the same application function as its GraphQL counterpart.

mod auth;
mod bulk;
mod bundle;
mod draft_status;
mod drafts;
mod envelope;
mod exports;
mod fields;
mod imports;
mod job_file;
mod job_outcomes;
mod jobs;
mod oidc;
mod query;
mod schemas;
mod start_jobs;
mod tokens;
mod users;

use axum::http::{HeaderMap, header};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;

use super::AppState;
pub use super::body::read_body;
use super::problem::ProblemDetails;
pub use bulk::BulkSlots;
pub use bundle::Bundles;

use crate::document::{Category, MovieId};

/// The routes of the REST API, with their OpenAPI operations.
pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::default()
        .merge(auth::routes())
        .merge(bulk::routes())
        .merge(draft_status::routes())
        .merge(drafts::routes())
        .merge(exports::routes())
        .merge(imports::routes())
        .merge(jobs::routes())
        .merge(job_file::routes())
        .merge(job_outcomes::routes())
        .merge(oidc::routes())
        .merge(schemas::routes())
        .merge(start_jobs::routes())
        .merge(tokens::routes())
        .merge(users::routes())
}

/// The path parameters of a movie's routes.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct MoviePath {
    /// The movie's id, for example tmdb-550.
    #[param(example = "tmdb-550")]
    id: String,
}

/// The path parameters of the routes of a movie's category.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct CategoryPath {
    /// The movie's id, for example tmdb-550.
    #[param(example = "tmdb-550")]
    id: String,
    /// basic-info, cast-crew, timeline, trivia, awards, media or streaming; underscores are also
    /// accepted.
    #[param(example = "timeline")]
    category: String,
}

/// The media type in `Content-Type`, without its parameters; empty without the header.
pub fn media_type(headers: &HeaderMap) -> &str {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    content_type.and_then(|value| value.split(';').next()).unwrap_or_default().trim()
}

/// Whether `Content-Type` is `application/json`.
pub fn is_json(headers: &HeaderMap) -> bool {
    media_type(headers).eq_ignore_ascii_case("application/json")
}

/// The 415 for a body that is not sent as JSON.
pub fn unsupported_media_type() -> ProblemDetails {
    ProblemDetails::unsupported_media_type(
        "the body must be sent as Content-Type: application/json",
    )
}

/// Parses a movie id of a path. An invalid id is a 404, as for any movie that does not exist.
fn parse_movie_id(text: &str) -> Result<MovieId, ProblemDetails> {
    text.parse().map_err(|_| no_such_movie(text))
}

fn no_such_movie(id: &str) -> ProblemDetails {
    let shown: String = id.chars().take(80).collect();
    ProblemDetails::not_found(format!("there is no movie {shown}"))
}

/// Parses a category of a path. An unknown category is a 404.
fn parse_category(text: &str) -> Result<Category, ProblemDetails> {
    text.parse().map_err(|error: crate::document::categories::UnknownCategory| {
        ProblemDetails::not_found(format!("there is no such category: {error}"))
    })
}
