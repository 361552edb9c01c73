//! Starts jobs from other jobs: tries again what was not imported, does what a dry run planned, and
//! reverts what a job published.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use serde::Deserialize;
use utoipa::{IntoParams, IntoResponses};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::imports::idempotency_key;
use super::jobs::{JobBody, JobErrors, JobPath, RETRY_AFTER, no_such_job};
use super::query;
use crate::catalog::import::invalid_idempotency_key;
use crate::catalog::jobs::{RevertJobOptions, StartedJob};
use crate::document::node_ids::without_prefix;
use crate::http::AppState;
use crate::http::bearer::Bearer;
use crate::http::openapi::{AccessErrors, ServerErrors};
use crate::http::path::Path;
use crate::http::problem::ProblemDetails;

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::default()
        .routes(routes!(retry_job))
        .routes(routes!(execute_job))
        .routes(routes!(revert_job))
}

/// The header of a request that may be repeated.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[allow(dead_code, reason = "only for the schema")]
struct IdempotencyHeader {
    /// A request that is repeated with the same key gets the job that the first one started.
    #[param(rename = "Idempotency-Key", min_length = 1, max_length = 255)]
    key: Option<String>,
}

/// The new job.
#[derive(IntoResponses)]
#[response(
    status = 202,
    headers(
        ("Location" = String, description = "The path of the new job."),
        ("Retry-After" = u64, description = "After how many seconds to ask for it."),
    )
)]
#[allow(dead_code, reason = "only for the schema")]
struct StartedResponse(JobBody);

/// Starts a job that tries the documents of a finished job again that failed or were skipped, with
/// the same options. Needs the role ADMIN.
#[utoipa::path(
    post, path = "/api/v1/admin/jobs/{id}/retry", tag = "jobs", security(("bearer" = [])),
    params(JobPath, IdempotencyHeader),
    responses(
        StartedResponse,
        JobErrors,
        AccessErrors,
        (
            status = 409, body = ProblemDetails, content_type = "application/problem+json",
            description = "The job is not finished, none of its documents failed or was skipped, \
                           or its file is missing (CONFLICT); or the idempotency key was used \
                           for another request (IDEMPOTENCY_MISMATCH)."
        ),
        ServerErrors,
    )
)]
async fn retry_job(
    State(state): State<AppState>,
    Bearer(principal): Bearer,
    Path(JobPath { id }): Path<JobPath>,
    RawQuery(parameters): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ProblemDetails> {
    let permission = principal.can_manage_jobs()?;
    query::reject_all(parameters.as_deref(), "retrying a job")?;
    let key = valid_key(&headers)?;
    let own = without_prefix("job", &id);
    let started = state.catalog.retry_job(&permission, own, key.as_deref()).await?;
    accepted(&state, started.ok_or_else(|| no_such_job(&id))?)
}

/// Starts a job that does what a completed dry run planned: with the same file or drafts and the
/// same options, but it writes. Each document is planned again, so what changed since is merged.
/// Needs the role ADMIN.
#[utoipa::path(
    post, path = "/api/v1/admin/jobs/{id}/execute", tag = "jobs", security(("bearer" = [])),
    params(JobPath, IdempotencyHeader),
    responses(
        StartedResponse,
        JobErrors,
        AccessErrors,
        (
            status = 409, body = ProblemDetails, content_type = "application/problem+json",
            description = "The job is not a completed dry run, or its file is missing (CONFLICT); \
                           or the idempotency key was used for another request \
                           (IDEMPOTENCY_MISMATCH)."
        ),
        ServerErrors,
    )
)]
async fn execute_job(
    State(state): State<AppState>,
    Bearer(principal): Bearer,
    Path(JobPath { id }): Path<JobPath>,
    RawQuery(parameters): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ProblemDetails> {
    let permission = principal.can_manage_jobs()?;
    query::reject_all(parameters.as_deref(), "executing a dry run")?;
    let key = valid_key(&headers)?;
    let own = without_prefix("job", &id);
    let started = state.catalog.execute_job(&permission, own, key.as_deref()).await?;
    accepted(&state, started.ok_or_else(|| no_such_job(&id))?)
}

/// The query parameters of reverting a job.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct RevertParameters {
    /// Whether to only plan: the outcomes show what would be reverted, and nothing is written.
    #[param(default = false)]
    dry_run: bool,
}

/// Starts a job that brings the documents which a finished job published back to the revision
/// before, each as a new revision. A document that was changed after that job ends as conflict and
/// stays as it is. Movies that the job created are not deleted. Needs the role ADMIN.
#[utoipa::path(
    post, path = "/api/v1/admin/jobs/{id}/revert", tag = "jobs", security(("bearer" = [])),
    params(JobPath, RevertParameters, IdempotencyHeader),
    responses(
        StartedResponse,
        JobErrors,
        AccessErrors,
        (
            status = 409, body = ProblemDetails, content_type = "application/problem+json",
            description = "The job is not finished, or published no document (CONFLICT); or the \
                           idempotency key was used for another request (IDEMPOTENCY_MISMATCH)."
        ),
        ServerErrors,
    )
)]
async fn revert_job(
    State(state): State<AppState>,
    Bearer(principal): Bearer,
    Path(JobPath { id }): Path<JobPath>,
    RawQuery(parameters): RawQuery,
    headers: HeaderMap,
) -> Result<Response, ProblemDetails> {
    let permission = principal.can_manage_jobs()?;
    let RevertParameters { dry_run } = query::parse(parameters.as_deref(), "reverting a job")?;
    let key = valid_key(&headers)?;
    let options = RevertJobOptions { job: without_prefix("job", &id).to_owned(), dry_run };
    let started = state.catalog.revert_job(&permission, options, key.as_deref()).await?;
    accepted(&state, started.ok_or_else(|| no_such_job(&id))?)
}

/// The idempotency key of a request.
fn valid_key(headers: &HeaderMap) -> Result<Option<String>, ProblemDetails> {
    let key = idempotency_key(headers, None)?;
    match key.as_deref().and_then(invalid_idempotency_key) {
        Some(problem) => Err(ProblemDetails::from_problems(vec![problem])),
        None => Ok(key),
    }
}

/// The response to a request that starts a job: 202 with its path.
pub fn accepted(state: &AppState, started: StartedJob) -> Result<Response, ProblemDetails> {
    let job = match started {
        StartedJob::Started(job) | StartedJob::Repeated(job) => job,
        StartedJob::Refused(problem) => return Err(ProblemDetails::from_problems(vec![problem])),
        StartedJob::TooMany => {
            return Err(ProblemDetails::busy("too many jobs are not finished"));
        }
    };
    let location = format!("/api/v1/admin/jobs/{}", job.id);
    let mut response =
        (StatusCode::ACCEPTED, Json(JobBody::new(&state.catalog, job))).into_response();
    let headers = response.headers_mut();
    if let Ok(location) = HeaderValue::from_str(&location) {
        headers.insert(header::LOCATION, location);
    }
    headers.insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER));
    Ok(response)
}
