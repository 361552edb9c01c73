//! The file that a job has made.

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::jobs::{JobErrors, JobPath, find};
use super::query;
use crate::catalog::CatalogError;
use crate::catalog::jobs::JobFileError;
use crate::document::{Problem, ProblemCode};
use crate::http::AppState;
use crate::http::download::DownloadSession;
use crate::http::openapi::{AccessErrors, ServerErrors};
use crate::http::path::Path;
use crate::http::problem::ProblemDetails;

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::default().routes(routes!(job_file))
}

/// Returns the file of a completed export. Needs the role ADMIN, or a link of the GraphQL API
/// (Job.fileUrl).
#[utoipa::path(
    get, path = "/api/v1/admin/jobs/{id}/file", tag = "jobs",
    security(("bearer" = []), ("link" = [])),
    params(JobPath),
    responses(
        (
            status = 200, description = "The file, streamed.",
            content(
                (Vec<u8> = "application/zip"),
                (String = "application/x-ndjson"),
                (Vec<u8> = "application/gzip"),
            )
        ),
        (
            status = 409, body = ProblemDetails, content_type = "application/problem+json",
            description = "The job is no completed export, or its file is missing (CONFLICT)."
        ),
        JobErrors,
        AccessErrors,
        ServerErrors,
    )
)]
async fn job_file(
    State(state): State<AppState>,
    DownloadSession(session): DownloadSession,
    Path(JobPath { id }): Path<JobPath>,
    RawQuery(parameters): RawQuery,
) -> Result<Response, ProblemDetails> {
    let permission = session.principal.can_manage_jobs()?;
    query::reject_all(parameters.as_deref(), "the file of a job")?;
    let job = find(&state, &permission, &id).await?;
    let file = match state.catalog.exported_file(&permission, &job).await {
        Ok(Some(file)) => file,
        Ok(None) => return Err(conflict("the job is no completed export, so it has no file")),
        Err(CatalogError::JobFile(JobFileError::Missing)) => {
            return Err(conflict("the file of the job is missing in the folder of files"));
        }
        Err(error) => return Err(error.into()),
    };
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(file.media_type));
    headers.insert(header::CONTENT_LENGTH, HeaderValue::from(file.size));
    if let Ok(name) = HeaderValue::from_str(&format!("attachment; filename=\"{}\"", file.name)) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    Ok((headers, Body::from_stream(file.content)).into_response())
}

fn conflict(message: &str) -> ProblemDetails {
    ProblemDetails::from_problems(vec![Problem::new("", ProblemCode::Conflict, message)])
}
