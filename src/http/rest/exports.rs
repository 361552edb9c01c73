//! Exports: one category as JSON, or all seven as a ZIP.

use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::envelope::Envelope;
use super::{CategoryPath, MoviePath, no_such_movie, parse_category, parse_movie_id, query};
use crate::document::Stage;
use crate::http::AppState;
use crate::http::bearer::Bearer;
use crate::http::conditional::is_not_modified;
use crate::http::download::DownloadSession;
use crate::http::openapi::{AccessErrors, ServerErrors};
use crate::http::path::Path;
use crate::http::problem::ProblemDetails;

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::default().routes(routes!(bundle)).routes(routes!(export))
}

/// The query parameters of an export.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ExportParameters {
    /// published (the default), or draft: the draft of the category, or the published document if
    /// there is no draft. Drafts need the role CONTRIBUTOR.
    #[param(inline, value_type = Stage)]
    stage: Option<Stage>,
    /// The moment of which to export the published document, such as 2026-11-29T12:00:00Z. Default:
    /// now. Needs the role CONTRIBUTOR, and goes with the stage published only.
    #[serde(deserialize_with = "query::moment")]
    #[param(value_type = Option<String>, format = DateTime)]
    as_of: Option<DateTime<Utc>>,
}

impl ExportParameters {
    /// Checks the parameters that depend on each other.
    ///
    /// # Errors
    /// 400 when they contradict each other, or the moment is out of range.
    fn check(self) -> Result<Self, ProblemDetails> {
        let Some(as_of) = self.as_of else { return Ok(self) };
        if self.stage == Some(Stage::Draft) {
            let detail = "as_of is about published documents, so stage must be published";
            return Err(ProblemDetails::bad_request(detail));
        }
        query::check_moment("as_of", as_of)?;
        Ok(self)
    }
}

fn attachment(file_name: &str) -> String {
    // Movie ids and categories contain no characters that need escaping.
    format!("attachment; filename=\"{file_name}\"")
}

/// Exports one category of a movie.
#[utoipa::path(
    get, path = "/api/v1/admin/movies/{id}/export/{category}",
    tag = "export", security(("bearer" = [])),
    params(
        CategoryPath,
        ExportParameters,
        ("If-None-Match" = Option<String>, Header, description = "The ETag of an earlier export."),
    ),
    responses(
        (
            status = 200, body = Envelope,
            headers(
                ("ETag" = String, description = "The state of the document, for If-None-Match."),
                ("Content-Disposition" = String, description = "The name of the file."),
            ),
            description = "The envelope, as described by /api/v1/schemas/{category}."
        ),
        (
            status = 304,
            headers(("ETag" = String, description = "The state of the document.")),
            description = "The document still has the ETag of If-None-Match."
        ),
        (
            status = 400, body = ProblemDetails, content_type = "application/problem+json",
            description = "An unknown query parameter or stage."
        ),
        AccessErrors,
        (
            status = 404, body = ProblemDetails, content_type = "application/problem+json",
            description = "There is no such movie or category."
        ),
        ServerErrors,
    )
)]
async fn export(
    State(state): State<AppState>,
    Bearer(principal): Bearer,
    Path(CategoryPath { id, category }): Path<CategoryPath>,
    RawQuery(parameters): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ProblemDetails> {
    let permission = principal.can_read()?;
    // Unknown parameters are errors: a misspelled request for a draft must not return the published
    // document.
    let parameters = query::parse::<ExportParameters>(parameters.as_deref(), "an export");
    let draft_permission = match parameters {
        Ok(
            ExportParameters { stage: Some(Stage::Draft), .. }
            | ExportParameters { as_of: Some(_), .. },
        ) => Some(principal.can_draft()?),
        _ => None,
    };
    let as_of = match &parameters {
        Ok(ExportParameters { stage: None | Some(Stage::Published), as_of }) => *as_of,
        _ => None,
    };
    let movie = parse_movie_id(&id)?;
    let category = parse_category(&category)?;
    let parameters = parameters.and_then(ExportParameters::check);
    let as_of = as_of.filter(|_| parameters.is_ok());
    let export = match (&draft_permission, as_of) {
        (Some(permission), Some(as_of)) => {
            state.catalog.export_as_of(permission, &movie, category, as_of).await?
        }
        (Some(permission), None) => {
            state.catalog.export_draft(permission, &movie, category).await?
        }
        (None, _) => state.catalog.export(&permission, &movie, category).await?,
    };
    // A missing movie is reported before an invalid parameter.
    let export = export.ok_or_else(|| no_such_movie(&id))?;
    parameters?;
    let etag = export.etag();
    let caching =
        [(header::ETAG, etag.clone()), (header::CACHE_CONTROL, "private, no-cache".to_owned())];
    if is_not_modified(&headers, &etag) {
        return Ok((StatusCode::NOT_MODIFIED, caching).into_response());
    }
    let file = [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (header::CONTENT_DISPOSITION, attachment(&export.file_name())),
    ];
    Ok((caching, file, export.envelope()).into_response())
}

/// Exports all seven categories of a movie as a ZIP of `{id}/{category}.json`.
#[utoipa::path(
    get, path = "/api/v1/admin/movies/{id}/export/all", tag = "export",
    security(("bearer" = []), ("link" = [])),
    params(MoviePath),
    responses(
        (
            status = 200, body = Vec<u8>, content_type = "application/zip",
            headers(("Content-Disposition" = String, description = "The name of the file.")),
            description = "The archive, streamed."
        ),
        (
            status = 400, body = ProblemDetails, content_type = "application/problem+json",
            description = "A query parameter, or a bearer token and a link."
        ),
        AccessErrors,
        (
            status = 404, body = ProblemDetails, content_type = "application/problem+json",
            description = "There is no such movie."
        ),
        ServerErrors,
    )
)]
async fn bundle(
    State(state): State<AppState>,
    DownloadSession(session): DownloadSession,
    Path(MoviePath { id }): Path<MoviePath>,
    RawQuery(parameters): RawQuery,
) -> Result<Response, ProblemDetails> {
    let permission = session.principal.can_read()?;
    let movie = parse_movie_id(&id)?;
    if !state.catalog.movie_exists(&permission, &movie).await? {
        return Err(no_such_movie(&id));
    }
    query::reject_all(parameters.as_deref(), "an export")?;
    let slot = state.bundles.slot().await?;
    let headers = [
        (header::CONTENT_TYPE, "application/zip".to_owned()),
        (header::CONTENT_DISPOSITION, attachment(&format!("{movie}-export.zip"))),
    ];
    let bundle = state.bundles.stream(slot, state.clone(), (session, permission), movie);
    let body = Box::pin(bundle).await?;
    Ok((headers, body).into_response())
}
