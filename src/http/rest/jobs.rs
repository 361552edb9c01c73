//! Jobs: long work that outlives its request.

use std::convert::Infallible;

use axum::Json;
use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use futures::stream::unfold;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, IntoResponses, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::query;
use crate::catalog::access::CanManageJobs;
use crate::catalog::jobs::{
    JobFileError, JobFilter, JobKind, JobOutcome, JobRow, JobState, MISSING_FILE, PageRequest,
};
use crate::catalog::{Catalog, CatalogError};
use crate::document::node_ids::without_prefix;
use crate::document::problem::excerpt;
use crate::document::{Problem, ProblemCode};
use crate::http::bearer::Bearer;
use crate::http::openapi::{AccessErrors, ServerErrors};
use crate::http::path::Path;
use crate::http::problem::ProblemDetails;
use crate::http::{AppState, MAX_BODY};

/// After how many seconds to ask again for a job that is not finished.
pub const RETRY_AFTER: u64 = 2;
/// Maximum number of jobs in a response.
const MAX_PAGE: u64 = 100;

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::default()
        .routes(routes!(list_jobs))
        .routes(routes!(job))
        .routes(routes!(cancel_job))
        .routes(routes!(job_failures))
}

/// The number of documents by outcome.
#[derive(Serialize, ToSchema)]
pub struct JobCountsBody {
    /// Documents that were published as a new revision.
    published: i64,
    /// Documents that were added to drafts.
    drafted: i64,
    /// Documents that the catalogue has already.
    unchanged: i64,
    /// Documents of a dry run.
    planned: i64,
    /// Documents that were not imported because of a conflict with the stored state.
    conflict: i64,
    /// Documents that were not imported because of other errors.
    rejected: i64,
    /// Documents that were not attempted, because the job was canceled, and drafts that do more
    /// than the job is allowed to publish.
    skipped: i64,
    /// Drafts that were discarded.
    discarded: i64,
}

/// A job.
#[derive(Serialize, ToSchema)]
pub struct JobBody {
    /// The id of the job.
    id: String,
    /// What the job does.
    kind: JobKind,
    /// How far it is. After completed, canceled and failed nothing changes any more.
    state: JobState,
    /// Who started it.
    author: String,
    /// When it was started.
    #[schema(value_type = String, format = DateTime)]
    created_at: DateTime<Utc>,
    /// When a server began to work on it. Null before.
    #[schema(value_type = Option<String>, format = DateTime)]
    started_at: Option<DateTime<Utc>>,
    /// When it was finished. Null before. Seven days later, the job is removed.
    #[schema(value_type = Option<String>, format = DateTime)]
    finished_at: Option<DateTime<Utc>>,
    /// Whether it is to be canceled, or was.
    is_cancel_requested: bool,
    /// How many documents it has. Null until the file was read to its end.
    total: Option<i64>,
    /// How many documents have an outcome.
    done: i64,
    /// The documents by outcome.
    counts: JobCountsBody,
    /// The size of the file in bytes.
    file_size: Option<i64>,
    /// The name of the file at the client. Null if it gave none.
    file_name: Option<String>,
    /// How many bytes of the file were read for the documents that are done.
    file_position: i64,
    /// How many entries of the archive are not documents. 0 until the file was read to its end.
    skipped_entry_count: i64,
    /// The names of the first 20 of them.
    skipped_entries: Vec<String>,
    /// Documents in a second, on average. Null before the first outcome.
    rate: Option<f64>,
    /// About how many seconds are left. Null if it is not known.
    remaining_seconds: Option<f64>,
    /// The job that this one retries. Null if it is no retry.
    retry_of: Option<String>,
    /// How many times a server took the job: more than once if one ended before the job did.
    attempts: i64,
    /// Why the job failed. Null if it did not.
    error: Option<String>,
}

impl JobBody {
    /// A job as it is shown.
    pub fn new(catalog: &Catalog, job: JobRow) -> Self {
        let pace = catalog.pace(&job);
        let of = |outcome: JobOutcome| job.counts.of(outcome);
        Self {
            counts: JobCountsBody {
                published: of(JobOutcome::Published),
                drafted: of(JobOutcome::Drafted),
                unchanged: of(JobOutcome::Unchanged),
                planned: of(JobOutcome::Planned),
                conflict: of(JobOutcome::Conflict),
                rejected: of(JobOutcome::Rejected),
                skipped: of(JobOutcome::Skipped),
                discarded: of(JobOutcome::Discarded),
            },
            id: job.id,
            kind: job.kind,
            state: job.state,
            author: job.author,
            created_at: job.created_at,
            started_at: job.started_at,
            finished_at: job.finished_at,
            is_cancel_requested: job.is_cancel_requested,
            total: job.total,
            done: job.done,
            file_size: job.file_size,
            file_name: job.file_name,
            skipped_entry_count: job.skipped_entries.1,
            skipped_entries: serde_json::from_str(&job.skipped_entries.0).unwrap_or_default(),
            file_position: job.file_position,
            rate: pace.map(|pace| pace.rate),
            remaining_seconds: pace.and_then(|pace| pace.remaining_seconds),
            retry_of: job.retry_of,
            attempts: job.attempts,
            error: job.error,
        }
    }
}

/// A page of jobs.
#[derive(Serialize, ToSchema)]
pub struct JobPage {
    /// The jobs, newest first.
    jobs: Vec<JobBody>,
    /// The value of `after` for the next page. Null on the last page.
    next: Option<String>,
}

/// The query parameters of a list of jobs.
#[derive(Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct JobParameters {
    /// Only jobs in this state.
    #[param(inline, value_type = JobState)]
    state: Option<JobState>,
    /// Only jobs of this kind.
    #[param(inline, value_type = JobKind)]
    kind: Option<JobKind>,
    /// Only jobs after this id in the order of the list: `next` of the page before.
    after: Option<String>,
    /// The page size.
    #[param(minimum = 1, maximum = 100, default = 20)]
    first: i64,
}

impl Default for JobParameters {
    fn default() -> Self {
        Self { state: None, kind: None, after: None, first: 20 }
    }
}

/// The path parameters of the routes of a job.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct JobPath {
    /// The id of the job.
    pub id: String,
}

/// The errors of a route of one job.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "only for the schema")]
pub enum JobErrors {
    /// A query parameter is unknown, the id contains U+0000, or the idempotency key is not valid.
    #[response(status = 400, content_type = "application/problem+json")]
    InvalidRequest(ProblemDetails),
    /// There is no such job.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(ProblemDetails),
}

/// The 404 for an id that does not belong to a job.
pub fn no_such_job(id: &str) -> ProblemDetails {
    let shown: String = id.chars().take(80).collect();
    ProblemDetails::not_found(format!("there is no job {shown}"))
}

/// The job of a path. Ids of the GraphQL schema, with `job:`, are accepted too.
pub async fn find(
    state: &AppState,
    permission: &CanManageJobs,
    id: &str,
) -> Result<JobRow, ProblemDetails> {
    let own = without_prefix("job", id).to_owned();
    let found = state.catalog.jobs(permission, &[own]).await?.pop();
    found.ok_or_else(|| no_such_job(id))
}

/// Returns jobs, newest first. Needs the role ADMIN.
#[utoipa::path(
    get, path = "/api/v1/admin/jobs", tag = "jobs", security(("bearer" = [])),
    params(JobParameters),
    responses(
        (status = 200, description = "A page of jobs.", body = JobPage),
        (
            status = 400, body = ProblemDetails, content_type = "application/problem+json",
            description = "A parameter is unknown or has an invalid value."
        ),
        AccessErrors,
        ServerErrors,
    )
)]
async fn list_jobs(
    State(state): State<AppState>,
    Bearer(principal): Bearer,
    RawQuery(parameters): RawQuery,
) -> Result<Json<JobPage>, ProblemDetails> {
    let permission = principal.can_manage_jobs()?;
    let parameters: JobParameters = query::parse(parameters.as_deref(), "a list of jobs")?;
    let limit = query::page_size(parameters.first, MAX_PAGE)?;
    let filter = JobFilter {
        states: parameters.state.map(|state| vec![state]),
        kinds: parameters.kind.map(|kind| vec![kind]),
    };
    let from = parameters.after.map(|after| without_prefix("job", &after).to_owned());
    if let Some(after) = &from
        && state.catalog.jobs(&permission, std::slice::from_ref(after)).await?.is_empty()
    {
        let found = excerpt(after);
        return Err(ProblemDetails::bad_request(format!(
            "found after={found:?}; allowed is the id of a job, such as next of the page before"
        )));
    }
    let page = PageRequest { from, limit, backward: false };
    let (jobs, has_more) = state.catalog.list_jobs(&permission, &filter, &page).await?;
    let next = jobs.last().filter(|_| has_more).map(|job| job.id.clone());
    let jobs = jobs.into_iter().map(|job| JobBody::new(&state.catalog, job)).collect();
    Ok(Json(JobPage { jobs, next }))
}

/// Returns a job. Needs the role ADMIN.
#[utoipa::path(
    get, path = "/api/v1/admin/jobs/{id}", tag = "jobs", security(("bearer" = [])),
    params(JobPath),
    responses(
        (
            status = 200, description = "The job.", body = JobBody,
            headers((
                "Retry-After" = u64,
                description = "After how many seconds to ask again. Absent if it is finished."
            ))
        ),
        JobErrors,
        AccessErrors,
        ServerErrors,
    )
)]
async fn job(
    State(state): State<AppState>,
    Bearer(principal): Bearer,
    Path(JobPath { id }): Path<JobPath>,
    RawQuery(parameters): RawQuery,
) -> Result<Response, ProblemDetails> {
    let permission = principal.can_manage_jobs()?;
    query::reject_all(parameters.as_deref(), "a job")?;
    Ok(respond(&state, StatusCode::OK, find(&state, &permission, &id).await?))
}

/// Cancels a job. Its server stops after the batch that it is working on; the documents that were
/// not attempted are skipped. What was imported stays. A finished job stays as it is. Needs the
/// role ADMIN.
#[utoipa::path(
    post, path = "/api/v1/admin/jobs/{id}/cancel", tag = "jobs", security(("bearer" = [])),
    params(JobPath),
    responses(
        (
            status = 202, description = "The job, which ends soon, or is finished.",
            body = JobBody,
            headers((
                "Retry-After" = u64,
                description = "After how many seconds to ask for it. Absent if it is finished."
            ))
        ),
        JobErrors,
        AccessErrors,
        ServerErrors,
    )
)]
async fn cancel_job(
    State(state): State<AppState>,
    Bearer(principal): Bearer,
    Path(JobPath { id }): Path<JobPath>,
    RawQuery(parameters): RawQuery,
) -> Result<Response, ProblemDetails> {
    let permission = principal.can_manage_jobs()?;
    query::reject_all(parameters.as_deref(), "canceling a job")?;
    let own = without_prefix("job", &id);
    let canceled = state.catalog.cancel_job(&permission, own).await?;
    let job = canceled.ok_or_else(|| no_such_job(&id))?;
    Ok(respond(&state, StatusCode::ACCEPTED, job))
}

/// Returns the documents of a job that failed or were skipped so far, one a line, as they were
/// sent: a file to correct and to import again. Documents that were too large are left out. Needs
/// the role ADMIN.
#[utoipa::path(
    get, path = "/api/v1/admin/jobs/{id}/failures", tag = "jobs", security(("bearer" = [])),
    params(JobPath),
    responses(
        (
            status = 200, content_type = "application/x-ndjson", body = String,
            description = "The documents, in the order of the file."
        ),
        (
            status = 409, body = ProblemDetails, content_type = "application/problem+json",
            description = "The job imports no file, or its file is missing (CONFLICT)."
        ),
        JobErrors,
        AccessErrors,
        ServerErrors,
    )
)]
async fn job_failures(
    State(state): State<AppState>,
    Bearer(principal): Bearer,
    Path(JobPath { id }): Path<JobPath>,
    RawQuery(parameters): RawQuery,
) -> Result<Response, ProblemDetails> {
    let permission = principal.can_manage_jobs()?;
    query::reject_all(parameters.as_deref(), "the failures of a job")?;
    let job = find(&state, &permission, &id).await?;
    if job.kind != JobKind::Import {
        let message = "this job imports no file; its outcomes say which documents are left";
        let problem = Problem::new("", ProblemCode::Conflict, message);
        return Err(ProblemDetails::from_problems(vec![problem]));
    }
    let slot = state.bulk.export().await?;
    let limits = (MAX_BODY, state.limits.bulk_unpacked);
    let lines = match state.catalog.job_failures(&permission, &job, limits).await {
        Err(CatalogError::JobFile(JobFileError::Missing)) => {
            let problem = Problem::new("", ProblemCode::Conflict, MISSING_FILE);
            return Err(ProblemDetails::from_problems(vec![problem]));
        }
        lines => lines?,
    };
    let stream = unfold((lines, slot), |(mut lines, slot)| async move {
        let line = lines.next().await?;
        Some((Ok::<_, Infallible>(line), (lines, slot)))
    });
    let name = format!("attachment; filename=\"job-{}-failures.ndjson\"", job.id);
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    if let Ok(name) = HeaderValue::from_str(&name) {
        headers.insert(header::CONTENT_DISPOSITION, name);
    }
    Ok((headers, Body::from_stream(stream)).into_response())
}

fn respond(state: &AppState, status: StatusCode, job: JobRow) -> Response {
    let is_final = job.state.is_final();
    let mut response = (status, Json(JobBody::new(&state.catalog, job))).into_response();
    if !is_final {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(RETRY_AFTER));
    }
    response
}
