//! The outcomes of the documents of a job, as lines of JSON.

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::stream::unfold;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::bulk::DocumentLine;
use super::jobs::{JobErrors, JobPath, find};
use super::query;
use crate::catalog::CatalogError;
use crate::catalog::access::CanManageJobs;
use crate::catalog::jobs::{JobOutcome, JobOutcomeRow, PageRequest};
use crate::document::problem::excerpt;
use crate::http::AppState;
use crate::http::bearer::Bearer;
use crate::http::openapi::{AccessErrors, ServerErrors};
use crate::http::path::Path;
use crate::http::problem::ProblemDetails;

/// How many outcomes are read at once.
const PAGE: u64 = 500;

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::default().routes(routes!(job_outcomes))
}

/// The query parameters of the outcomes of a job.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct OutcomeParameters {
    /// Only documents with one of these outcomes, separated by commas: published, drafted,
    /// unchanged, planned, conflict, rejected, skipped or discarded. By default all.
    #[param(inline, value_type = Option<Vec<JobOutcome>>, style = Form, explode = false)]
    outcome: Vec<String>,
}

impl OutcomeParameters {
    /// The outcomes to return; `None` for all.
    fn selected(&self) -> Result<Option<Vec<JobOutcome>>, ProblemDetails> {
        let read = |text: &String| {
            JobOutcome::parse(text.trim()).ok_or_else(|| {
                let (found, allowed) = (excerpt(text), JobOutcome::VALUES.join(", "));
                ProblemDetails::bad_request(format!(
                    "outcome: found {found:?}; allowed is one of {allowed}"
                ))
            })
        };
        let selected: Vec<JobOutcome> = self.outcome.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Some(selected).filter(|selected| !selected.is_empty()))
    }
}

/// Returns the outcomes of the documents of a job so far, one a line, in the order of its file.
/// The lines are those of a bulk import, with the status skipped for documents that were not
/// attempted. Needs the role ADMIN.
#[utoipa::path(
    get, path = "/api/v1/admin/jobs/{id}/outcomes", tag = "jobs", security(("bearer" = [])),
    params(JobPath, OutcomeParameters),
    responses(
        (
            status = 200, content_type = "application/x-ndjson", body = DocumentLine,
            description = "One line of JSON for each document. If the connection is closed before \
                           the end of the response, lines are missing."
        ),
        JobErrors,
        AccessErrors,
        ServerErrors,
    )
)]
async fn job_outcomes(
    State(state): State<AppState>,
    Bearer(principal): Bearer,
    Path(JobPath { id }): Path<JobPath>,
    RawQuery(parameters): RawQuery,
) -> Result<Response, ProblemDetails> {
    let permission = principal.can_manage_jobs()?;
    let parameters: OutcomeParameters =
        query::parse(parameters.as_deref(), "the outcomes of a job")?;
    let outcomes = parameters.selected()?;
    let job = find(&state, &permission, &id).await?;
    let pages = Pages { state, permission, job: job.id, outcomes, after: None, has_more: true };
    let stream = unfold(pages, |mut pages| async move {
        let page = pages.next().await?;
        Some((page, pages))
    });
    let content_type = (header::CONTENT_TYPE, "application/x-ndjson");
    Ok(([content_type], Body::from_stream(stream)).into_response())
}

/// The outcomes of a job, page by page.
struct Pages {
    state: AppState,
    permission: CanManageJobs,
    job: String,
    outcomes: Option<Vec<JobOutcome>>,
    /// The number of the last document.
    after: Option<i64>,
    has_more: bool,
}

impl Pages {
    /// The lines of the next page; `None` after the last one. An error ends the response early.
    async fn next(&mut self) -> Option<Result<Bytes, CatalogError>> {
        if !std::mem::take(&mut self.has_more) {
            return None;
        }
        let read = self.read().await;
        if let Err(error) = &read {
            tracing::warn!(%error, job = self.job, "the outcomes of a job could not be read");
        }
        Some(read)
    }

    async fn read(&mut self) -> Result<Bytes, CatalogError> {
        let page = PageRequest { from: self.after, limit: PAGE, backward: false };
        let (catalog, outcomes) = (&self.state.catalog, self.outcomes.as_deref());
        let (rows, has_more) =
            catalog.job_outcomes(&self.permission, &self.job, outcomes, &page).await?;
        self.after = rows.last().map(|row| row.position);
        self.has_more = has_more;
        let mut lines = Vec::new();
        for row in rows {
            serde_json::to_writer(&mut lines, &line(row)?)?;
            lines.push(b'\n');
        }
        Ok(lines.into())
    }
}

fn line(row: JobOutcomeRow) -> Result<DocumentLine, CatalogError> {
    let number = |number: i64| u64::try_from(number).unwrap_or_default();
    Ok(DocumentLine {
        entry: row.entry,
        line: row.line.map(number),
        index: row.index.map(number),
        movie_id: row.movie,
        category: row.category,
        status: row.outcome.as_str(),
        changes: number(row.changes),
        movie_created: row.movie_created,
        errors: serde_json::from_str(&row.problems)?,
        warnings: serde_json::from_str(&row.warnings)?,
        omitted: number(row.omitted) + number(row.omitted_warnings),
    })
}
