//! One category as JSON, all seven as a ZIP.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::{category_of, given, movie_of, no_parameters, no_such_movie};
use crate::document::Stage;
use crate::http::AppState;
use crate::http::bearer::Bearer;
use crate::http::openapi::ProblemBody;
use crate::http::problem::ProblemDetails;

pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/v1/admin/movies/{id}/export/all", get(bundle))
        .route("/api/v1/admin/movies/{id}/export/{category}", get(export))
}

fn attachment(file_name: &str) -> String {
    // Movie ids and categories hold nothing that would need quoting.
    format!("attachment; filename=\"{file_name}\"")
}

/// Exports one category of a movie.
#[utoipa::path(
    get, path = "/api/v1/admin/movies/{id}/export/{category}", tag = "export", security(("bearer" = [])),
    params(
        ("id" = String, Path, description = "The movie's id, for example tmdb-550."),
        ("category" = String, Path, description = "basic-info, cast-crew, timeline, trivia, awards, media or streaming; underscores are read too."),
        ("stage" = Option<String>, Query, description = "published (the default), or draft: the draft of the category, or where there is none what is published. Drafts need the role CONTRIBUTOR."),
        ("If-None-Match" = Option<String>, Header, description = "The ETag of an earlier export."),
    ),
    responses(
        (status = 200, description = "The envelope; its form is that of /api/v1/schemas/{category}.", body = Object),
        (status = 304, description = "The document is still the one of If-None-Match."),
        (status = 400, description = "An unknown query parameter, or a stage that there is not.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No token, or one that is not to be trusted.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such movie or category.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub async fn export(
    State(state): State<AppState>,
    Bearer(principal): Bearer,
    Path((id, category)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ProblemDetails> {
    let permission = principal.can_read()?;
    let stage = stage_of(query.as_deref().unwrap_or_default());
    let leave = match stage {
        Ok(Stage::Draft) => Some(principal.can_draft()?),
        _ => None,
    };
    let movie = movie_of(&id)?;
    let category = category_of(&category)?;
    let export = match leave {
        Some(leave) => state.catalog.export_draft(&leave, &movie, category).await?,
        None => state.catalog.export(&permission, &movie, category).await?,
    };
    // That there is no such movie comes before what is wrong with the request.
    let export = export.ok_or_else(|| no_such_movie(&id))?;
    stage?;
    let etag = export.etag();
    let caching =
        [(header::ETAG, etag.clone()), (header::CACHE_CONTROL, "private, no-cache".to_owned())];
    if is_known(&headers, &etag) {
        return Ok((StatusCode::NOT_MODIFIED, caching).into_response());
    }
    let file = [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (header::CONTENT_DISPOSITION, attachment(&export.file_name())),
    ];
    Ok((caching, file, export.envelope()).into_response())
}

/// The stage that is asked for. A parameter that is not known is refused: whoever means a draft must not
/// get what is published for it.
fn stage_of(query: &str) -> Result<Stage, ProblemDetails> {
    match given::parameters(query, "an export", &["stage"], &[])?.first() {
        Some(stage) => stage.word(Stage::parse, Stage::VALUES),
        None => Ok(Stage::Published),
    }
}

/// `If-None-Match` by weak comparison (RFC 9110 §13.1.2).
fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    let opaque = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let values =
        headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(','))
        .any(|tag| tag.trim() == "*" || opaque(tag) == opaque(etag))
}

/// Exports all seven categories of a movie as a ZIP of `{id}/{category}.json`.
#[utoipa::path(
    get, path = "/api/v1/admin/movies/{id}/export/all", tag = "export", security(("bearer" = [])),
    params(("id" = String, Path, description = "The movie's id, for example tmdb-550.")),
    responses(
        (status = 200, description = "The archive, streamed.", body = Vec<u8>, content_type = "application/zip"),
        (status = 400, description = "A query parameter: there is none.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No token, or one that is not to be trusted.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such movie.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "As many bundles as the server allows are being sent; see Retry-After.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub async fn bundle(
    State(state): State<AppState>,
    Bearer(principal): Bearer,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, ProblemDetails> {
    let permission = principal.can_read()?;
    let movie = movie_of(&id)?;
    if !state.catalog.movie_exists(&permission, &movie).await? {
        return Err(no_such_movie(&id));
    }
    no_parameters(query.as_deref(), "an export")?;
    let slot = state.bundles.slot().await?;
    let headers = [
        (header::CONTENT_TYPE, "application/zip".to_owned()),
        (header::CONTENT_DISPOSITION, attachment(&format!("{movie}-export.zip"))),
    ];
    let bundle = state.bundles.stream(slot, Arc::clone(&state.catalog), permission, movie);
    let body = Box::pin(bundle).await?;
    Ok((headers, body).into_response())
}
