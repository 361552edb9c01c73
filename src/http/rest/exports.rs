//! Exports: one category as JSON, or all seven as a ZIP.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::{given, no_such_movie, parse_category, parse_movie_id, reject_parameters};
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
    // Movie ids and categories contain no characters that need escaping.
    format!("attachment; filename=\"{file_name}\"")
}

/// Exports one category of a movie.
#[utoipa::path(
    get, path = "/api/v1/admin/movies/{id}/export/{category}", tag = "export", security(("bearer" = [])),
    params(
        ("id" = String, Path, description = "The movie's id, for example tmdb-550."),
        ("category" = String, Path, description = "basic-info, cast-crew, timeline, trivia, awards, media or streaming; underscores are also accepted."),
        ("stage" = Option<String>, Query, description = "published (the default), or draft: the draft of the category, or the published document if there is no draft. Drafts need the role CONTRIBUTOR."),
        ("If-None-Match" = Option<String>, Header, description = "The ETag of an earlier export."),
    ),
    responses(
        (status = 200, description = "The envelope, as described by /api/v1/schemas/{category}.", body = Object),
        (status = 304, description = "The document still has the ETag of If-None-Match."),
        (status = 400, description = "An unknown query parameter or stage.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No token, or an invalid one.", body = ProblemBody, content_type = "application/problem+json"),
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
    let stage = parse_stage(query.as_deref().unwrap_or_default());
    let draft_permission = match stage {
        Ok(Stage::Draft) => Some(principal.can_draft()?),
        _ => None,
    };
    let movie = parse_movie_id(&id)?;
    let category = parse_category(&category)?;
    let export = match draft_permission {
        Some(permission) => state.catalog.export_draft(&permission, &movie, category).await?,
        None => state.catalog.export(&permission, &movie, category).await?,
    };
    // A missing movie is reported before an invalid parameter.
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

/// The requested stage. Unknown parameters are errors: a misspelled request for a draft must not
/// return the published document.
fn parse_stage(query: &str) -> Result<Stage, ProblemDetails> {
    match given::parameters(query, "an export", &["stage"], &[])?.first() {
        Some(stage) => stage.one_of(Stage::parse, Stage::VALUES),
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
        (status = 400, description = "A query parameter; the route takes none.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No token, or an invalid one.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such movie.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The server has reached its limit of bundles; see Retry-After.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub async fn bundle(
    State(state): State<AppState>,
    Bearer(principal): Bearer,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, ProblemDetails> {
    let permission = principal.can_read()?;
    let movie = parse_movie_id(&id)?;
    if !state.catalog.movie_exists(&permission, &movie).await? {
        return Err(no_such_movie(&id));
    }
    reject_parameters(query.as_deref(), "an export")?;
    let slot = state.bundles.slot().await?;
    let headers = [
        (header::CONTENT_TYPE, "application/zip".to_owned()),
        (header::CONTENT_DISPOSITION, attachment(&format!("{movie}-export.zip"))),
    ];
    let bundle = state.bundles.stream(slot, Arc::clone(&state.catalog), permission, movie);
    let body = Box::pin(bundle).await?;
    Ok((headers, body).into_response())
}
