//! Jobs: their fields, the outcomes of their documents, and the fields of `Query` that read them.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};

use super::download_links::job_file_link;
use super::pages::{Cursor, Page, PageArgs, connect, invalid_cursor};
use super::payloads::import_id;
use super::totals::Totals;
use super::user_error::UserError;
use crate::catalog::jobs::{JobKind, JobOutcome, JobOutcomeRow, JobRow, JobState};
use crate::document::node_ids::{NodeId, without_prefix};
use crate::document::schema::scalars::{BigInt, Json};
use crate::document::{Category, Problem, Warning};
use crate::graphql::context::ContextExt;
use crate::graphql::error::ApiError;
use crate::storage::JobFilter as StoredFilter;

/// Selects jobs. A job must meet every condition that is given.
#[derive(Debug, Clone, InputObject)]
pub struct JobFilter {
    /// One of these states.
    #[graphql(validator(max_items = 10))]
    states: Option<Vec<JobState>>,
    /// One of these kinds.
    #[graphql(validator(max_items = 10))]
    kinds: Option<Vec<JobKind>>,
}

/// A page of jobs, newest first.
pub type JobConnection = Page<Job>;
/// A page of the outcomes of a job, in the order of its documents.
pub type DocumentOutcomeConnection = Page<DocumentOutcome>;

const LIST: &str = "jobs";
const OUTCOMES: &str = "job outcomes";

/// Resolves `Query.jobs`.
pub async fn list(
    ctx: &Context<'_>,
    filter: Option<JobFilter>,
    page: PageArgs,
) -> Result<JobConnection, ApiError> {
    let permission = ctx.can_manage_jobs()?;
    let page = page.request(|cursor| Cursor::read_key(LIST, cursor))?;
    let (states, kinds) = filter.map_or((None, None), |filter| (filter.states, filter.kinds));
    let filter = StoredFilter { states, kinds };
    let (rows, has_more) = ctx.catalog().list_jobs(&permission, &filter, &page).await?;
    ctx.charge_objects(rows.len())?;
    let jobs = rows.into_iter().map(|row| (Cursor::new(LIST, &[&row.id]).0, Job(row)));
    Ok(connect(&page, has_more, Totals::Jobs(filter), jobs))
}

/// Resolves `Query.job`.
pub async fn find(ctx: &Context<'_>, id: &ID) -> Result<Option<Job>, ApiError> {
    Job::load(ctx, without_prefix("job", id).to_owned()).await
}

/// Long work that outlives its request.
pub struct Job(pub JobRow);

impl Job {
    /// Loads a job.
    ///
    /// # Errors
    /// When the role does not allow reading jobs, or storage fails.
    pub async fn load(ctx: &Context<'_>, id: String) -> Result<Option<Self>, ApiError> {
        Ok(ctx.job_loader()?.jobs.load_one(id).await?.map(Self))
    }
}

/// The number of documents of a job by outcome.
#[derive(SimpleObject)]
pub struct JobCounts {
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

/// Long work that outlives its request. Servers that share a database share its jobs: if one ends
/// in the middle of a job, another goes on with it. A finished job is removed after seven days.
#[Object]
impl Job {
    /// The job's id, for example job:0c7q8m2kx1vd4r6hs. Later jobs have larger ids.
    pub(super) async fn id(&self) -> ID {
        ID(NodeId::Job(self.0.id.clone()).to_string())
    }

    /// What the job does.
    async fn kind(&self) -> JobKind {
        self.0.kind
    }

    /// How far the job is. After COMPLETED, CANCELED and FAILED nothing changes any more.
    async fn state(&self) -> JobState {
        self.0.state
    }

    /// The options, as an object with the names and values of the REST interface, for example
    /// {"dry_run": false, "mode": "merge"}.
    async fn options(&self) -> async_graphql::Result<Json> {
        let options = serde_json::from_str(&self.0.options).map_err(ApiError::from)?;
        Ok(Json(options))
    }

    /// The name of the account that started the job.
    async fn author(&self) -> &str {
        &self.0.author
    }

    /// When it was started.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// When a server began to work on it. Null before.
    async fn started_at(&self) -> Option<DateTime<Utc>> {
        self.0.started_at
    }

    /// When it was finished. Null before.
    async fn finished_at(&self) -> Option<DateTime<Utc>> {
        self.0.finished_at
    }

    /// Whether the job is to be canceled, or was.
    async fn is_cancel_requested(&self) -> bool {
        self.0.is_cancel_requested
    }

    /// How many documents the job has. Null until its file was read to the end, or until an export
    /// was begun.
    async fn total(&self) -> Option<i64> {
        self.0.total
    }

    /// How many documents have an outcome; of an export, how many are in the file so far.
    async fn done(&self) -> i64 {
        self.0.done
    }

    /// The documents by outcome.
    async fn counts(&self) -> JobCounts {
        let of = |outcome: JobOutcome| self.0.counts.of(outcome);
        JobCounts {
            published: of(JobOutcome::Published),
            drafted: of(JobOutcome::Drafted),
            unchanged: of(JobOutcome::Unchanged),
            planned: of(JobOutcome::Planned),
            conflict: of(JobOutcome::Conflict),
            rejected: of(JobOutcome::Rejected),
            skipped: of(JobOutcome::Skipped),
            discarded: of(JobOutcome::Discarded),
        }
    }

    /// The size of the file in bytes. Null if the job has none.
    async fn file_size(&self) -> Option<BigInt> {
        self.0.file_size.map(BigInt)
    }

    /// The name of the file: at the client, which may have given none (then null), or of the file
    /// that an export makes.
    async fn file_name(&self) -> Option<&str> {
        self.0.file_name.as_deref()
    }

    /// The path on this server from which to download the file of a completed export. It is a link
    /// that a browser opens without a bearer token, and is valid for 5 minutes. Null for any other
    /// job.
    async fn file_url(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<String>> {
        let has_file = self.0.kind == JobKind::Export && self.0.file.is_some();
        Ok(has_file.then(|| job_file_link(ctx, &self.0.id)).transpose()?)
    }

    /// How many entries of the archive are not documents. 0 until the file was read to its end.
    async fn skipped_entry_count(&self) -> i64 {
        self.0.skipped_entries.1
    }

    /// The names of the archive entries that are not documents; at most 20.
    async fn skipped_entries(&self) -> async_graphql::Result<Vec<String>> {
        Ok(serde_json::from_str(&self.0.skipped_entries.0).map_err(ApiError::from)?)
    }

    /// How many bytes of the file were read for the documents that are done. With fileSize it shows
    /// how far the job is.
    async fn file_position(&self) -> BigInt {
        BigInt(self.0.file_position)
    }

    /// Documents in a second, on average. Null before the first outcome.
    async fn rate(&self, ctx: &Context<'_>) -> Option<f64> {
        ctx.catalog().pace(&self.0).map(|pace| pace.rate)
    }

    /// About how many seconds are left. Null if it is not known.
    async fn remaining_seconds(&self, ctx: &Context<'_>) -> Option<f64> {
        ctx.catalog().pace(&self.0).and_then(|pace| pace.remaining_seconds)
    }

    /// The job that this one retries. Null if it is no retry.
    async fn retry_of(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Self>> {
        Ok(match &self.0.retry_of {
            Some(id) => Self::load(ctx, id.clone()).await?,
            None => None,
        })
    }

    /// How many times a server took the job: more than once if one ended before the job did.
    async fn attempts(&self) -> i64 {
        self.0.attempts
    }

    /// Why the job failed. Null if it did not.
    async fn error(&self) -> Option<&str> {
        self.0.error.as_deref()
    }

    /// The outcomes of its documents so far, in the order of the documents.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a Relay connection")]
    async fn outcomes(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Only documents with one of these outcomes. Default: all.",
            validator(max_items = 10)
        )]
        outcomes: Option<Vec<JobOutcome>>,
        #[graphql(desc = "The page size from the start: 1 to 100. Default: 20.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Return the entries after this cursor.")] after: Option<String>,
        #[graphql(desc = "The page size from the end: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Return the entries before this cursor. Use it with last.")]
        before: Option<String>,
    ) -> async_graphql::Result<DocumentOutcomeConnection> {
        let page = PageArgs { first, after, last, before };
        Ok(list_outcomes(ctx, &self.0, outcomes, page).await?)
    }
}

async fn list_outcomes(
    ctx: &Context<'_>,
    job: &JobRow,
    outcomes: Option<Vec<JobOutcome>>,
    page: PageArgs,
) -> Result<DocumentOutcomeConnection, ApiError> {
    let permission = ctx.can_manage_jobs()?;
    let page = page.request(|cursor| {
        Cursor::read_key(OUTCOMES, cursor)?.parse().map_err(|_| invalid_cursor())
    })?;
    let total: i64 = match &outcomes {
        None => job.done,
        Some(of) => {
            let all = JobOutcome::ALL.iter().filter(|outcome| of.contains(outcome));
            all.map(|outcome| job.counts.of(*outcome)).sum()
        }
    };
    let (rows, has_more) =
        ctx.catalog().job_outcomes(&permission, &job.id, outcomes.as_deref(), &page).await?;
    ctx.charge_objects(rows.len())?;
    let entries = rows
        .into_iter()
        .map(|row| (Cursor::new(OUTCOMES, &[&row.position.to_string()]).0, DocumentOutcome(row)));
    let totals = Totals::Known(u64::try_from(total).unwrap_or_default());
    Ok(connect(&page, has_more, totals, entries))
}

/// How one document of a job ended.
pub struct DocumentOutcome(JobOutcomeRow);

/// How one document of a job ended. Each document has exactly one outcome.
#[Object]
impl DocumentOutcome {
    /// The number of the document in the job, counted from 0.
    async fn number(&self) -> i64 {
        self.0.position
    }

    /// The archive entry that the document is in. Null if the file is no archive.
    async fn entry(&self) -> Option<&str> {
        self.0.entry.as_deref()
    }

    /// The line in the file or the entry, counted from 1. Null if the document is not one of
    /// several lines.
    async fn line(&self) -> Option<i64> {
        self.0.line
    }

    /// The index in a JSON list, counted from 0. Null if the document is not in a list.
    async fn index(&self) -> Option<i64> {
        self.0.index
    }

    /// The id of the movie, which may not exist. Null if the document could not be read.
    async fn movie_id(&self) -> Option<ID> {
        self.0.movie.clone().map(ID)
    }

    /// The category. Null if the document could not be read.
    async fn category(&self) -> Option<Category> {
        self.0.category
    }

    /// How the document ended.
    async fn outcome(&self) -> JobOutcome {
        self.0.outcome
    }

    /// How many changes were made, or would be made.
    async fn changes(&self) -> i64 {
        self.0.changes
    }

    /// What is wrong with the document; at most 20.
    async fn user_errors(&self) -> async_graphql::Result<Vec<UserError>> {
        let problems: Vec<Problem> =
            serde_json::from_str(&self.0.problems).map_err(ApiError::from)?;
        Ok(problems.into_iter().map(UserError::logged).collect())
    }

    /// How many user errors are not listed.
    async fn omitted_errors(&self) -> i64 {
        self.0.omitted
    }

    /// What was repaired or ignored in the document; at most 20.
    async fn warnings(&self) -> async_graphql::Result<Vec<Warning>> {
        Ok(serde_json::from_str(&self.0.warnings).map_err(ApiError::from)?)
    }

    /// How many warnings are not listed.
    async fn omitted_warnings(&self) -> i64 {
        self.0.omitted_warnings
    }

    /// Whether the import of the document created its movie, or in a dry run would create it.
    async fn movie_created(&self) -> bool {
        self.0.movie_created
    }

    /// The id of the record in the import log. Null if there is none: the document could not be
    /// read or was not attempted, or it is a dry run.
    async fn import_id(&self) -> Option<ID> {
        self.0.import_id.clone().map(import_id)
    }
}
