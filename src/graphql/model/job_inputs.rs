//! The inputs and payloads of the mutations of jobs.

use async_graphql::{ComplexObject, ID, InputObject, SimpleObject};
use chrono::{DateTime, Utc};

use super::download_links::ExportSelection;
use super::drafts::{DraftFilter, draft_filter};
use super::jobs::Job;
use super::movie_filter::MovieFilter;
use super::user_error::{UserError, has_user_errors};
use crate::catalog::bulk::BulkFormat;
use crate::catalog::jobs::{
    DiscardDraftsOptions, DraftAction, DraftSelection, NewDraftJob, PublishDraftsOptions,
};
use crate::document::node_ids::NodeId;
use crate::document::proposal::ConflictPolicy;
use crate::document::{Category, Problem, ProblemCode};
use crate::graphql::error::ApiError;
use crate::graphql::query::Query;

/// The job to cancel.
#[derive(InputObject)]
pub struct CancelJobInput {
    /// The job's id, for example job:0c7q8m2kx1vd4r6hs.
    pub id: ID,
}

/// The result of cancelJob.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct CancelJobPayload {
    /// The job after the call: it ends soon, or is finished. Null if there are user errors.
    pub job: Option<Job>,
    /// What is wrong with the input. If there are user errors, nothing was changed.
    pub user_errors: Vec<UserError>,
}

/// The job to try again.
#[derive(InputObject)]
pub struct RetryJobInput {
    /// The job's id, for example job:0c7q8m2kx1vd4r6hs.
    pub id: ID,
    /// A key that makes retries safe: a repeated request gets the job of the first one.
    pub idempotency_key: Option<String>,
}

/// The result of retryJob.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct RetryJobPayload {
    /// The new job. Null if there are user errors.
    pub job: Option<Job>,
    /// What is wrong with the input. If there are user errors, no job was started.
    pub user_errors: Vec<UserError>,
}

/// The dry run to execute.
#[derive(InputObject)]
pub struct ExecuteJobInput {
    /// The job's id, for example job:0c7q8m2kx1vd4r6hs.
    pub id: ID,
    /// A key that makes retries safe: a repeated request gets the job of the first one.
    pub idempotency_key: Option<String>,
}

/// The result of executeJob.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct ExecuteJobPayload {
    /// The new job. Null if there are user errors.
    pub job: Option<Job>,
    /// What is wrong with the input. If there are user errors, no job was started.
    pub user_errors: Vec<UserError>,
}

#[ComplexObject]
impl ExecuteJobPayload {
    /// The entry points for reading: what they answer includes what the call changed.
    async fn query(&self) -> Option<Query> {
        Some(Query)
    }
}

/// The job to revert.
#[derive(InputObject)]
pub struct RevertJobInput {
    /// The job's id, for example job:0c7q8m2kx1vd4r6hs.
    pub id: ID,
    /// Whether to only plan: the outcomes show what would be reverted, and nothing is written.
    #[graphql(default)]
    pub dry_run: bool,
    /// A key that makes retries safe: a repeated request gets the job of the first one.
    pub idempotency_key: Option<String>,
}

/// The result of revertJob.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct RevertJobPayload {
    /// The new job. Null if there are user errors.
    pub job: Option<Job>,
    /// What is wrong with the input. If there are user errors, no job was started.
    pub user_errors: Vec<UserError>,
}

#[ComplexObject]
impl RevertJobPayload {
    /// The entry points for reading: what they answer includes what the call changed.
    async fn query(&self) -> Option<Query> {
        Some(Query)
    }
}

/// What to export, and how.
#[derive(InputObject)]
pub struct StartExportInput {
    /// The movies to export, in this order; at most 1,000. Default: all.
    #[graphql(validator(max_items = 1000))]
    ids: Option<Vec<ID>>,
    /// Selects the movies. Default: all. missing exports the empty documents of these categories,
    /// as templates to fill in; other documents only if categories names them.
    filter: Option<MovieFilter>,
    /// The categories to export. Default: all.
    categories: Option<Vec<Category>>,
    /// The moment of which to export the documents, for example 2026-11-29T12:00:00Z. Default: the
    /// moment at which a server begins with the export. Does not go with filter.missing.
    as_of: Option<DateTime<Utc>>,
    /// The format of the file.
    #[graphql(default_with = "BulkFormat::Zip")]
    format: BulkFormat,
    /// Whether to compress. Default: an archive is compressed, and NDJSON is not; compressed, it is
    /// a gzip file.
    compress: Option<bool>,
    /// A key that makes retries safe: a repeated request gets the job of the first one.
    pub idempotency_key: Option<String>,
}

impl StartExportInput {
    /// What to export.
    pub fn into_selection(self) -> ExportSelection {
        let Self { ids, filter, categories, as_of, format, compress, .. } = self;
        ExportSelection { ids, filter, categories, as_of, format, compress }
    }
}

/// The result of startExport.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct StartExportPayload {
    /// The job that makes the file. Null if there are user errors.
    pub job: Option<Job>,
    /// What is wrong with the input. If there are user errors, no job was started.
    pub user_errors: Vec<UserError>,
}

#[ComplexObject]
impl StartExportPayload {
    /// The entry points for reading: what they answer includes what the call changed.
    async fn query(&self) -> Option<Query> {
        Some(Query)
    }
}

/// Which drafts to publish, and how.
#[derive(InputObject)]
pub struct PublishDraftsInput {
    /// The drafts that match, for example {category: TRIVIA}; {} selects all open drafts. Either
    /// this or ids is needed. Drafts that others change later are left as they are.
    filter: Option<DraftFilter>,
    /// The ids of the drafts, for example draft:tmdb-550:timeline; at most 1,000.
    #[graphql(validator(max_items = 1000))]
    ids: Option<Vec<ID>>,
    /// Whether to only plan: the outcomes show what would be published, and nothing is written.
    #[graphql(default)]
    dry_run: bool,
    /// Whether to publish only drafts that add values and items. Those that change or remove
    /// something end as SKIPPED and stay open.
    #[graphql(default)]
    only_additions: bool,
    /// How to settle a value that was changed in a draft and, differently, in the published
    /// document since the draft was opened. With FAIL, such a draft ends as CONFLICT and stays
    /// open.
    #[graphql(default_with = "ConflictPolicy::Fail")]
    on_conflict: ConflictPolicy,
    /// Whether to change locked values, as in PublishDraftInput.
    #[graphql(default)]
    override_locks: bool,
    /// A key that makes retries safe: a repeated request gets the job of the first one.
    idempotency_key: Option<String>,
}

/// Which drafts to discard, and why.
#[derive(InputObject)]
pub struct DiscardDraftsInput {
    /// The drafts that match, for example {category: TRIVIA}; {} selects all open drafts. Either
    /// this or ids is needed. Drafts that others change later are left as they are.
    filter: Option<DraftFilter>,
    /// The ids of the drafts, for example draft:tmdb-550:timeline; at most 1,000.
    #[graphql(validator(max_items = 1000))]
    ids: Option<Vec<ID>>,
    /// Why the drafts are discarded, for their authors: at most 1,000 characters. It is kept in the
    /// import log.
    reason: Option<String>,
    /// A key that makes retries safe: a repeated request gets the job of the first one.
    idempotency_key: Option<String>,
}

impl PublishDraftsInput {
    /// The job, or the problem with the input.
    ///
    /// # Errors
    /// When the filter is invalid.
    pub fn into_job(self) -> Result<Result<NewDraftJob, Problem>, ApiError> {
        let action = DraftAction::Publish(PublishDraftsOptions {
            dry_run: self.dry_run,
            on_conflict: self.on_conflict,
            override_locks: self.override_locks,
            only_additions: self.only_additions,
        });
        new_job(action, self.filter, self.ids, self.idempotency_key)
    }
}

impl DiscardDraftsInput {
    /// The job, or the problem with the input.
    ///
    /// # Errors
    /// When the filter is invalid.
    pub fn into_job(self) -> Result<Result<NewDraftJob, Problem>, ApiError> {
        let reason = self.reason.map(|reason| reason.trim().to_owned());
        let reason = reason.filter(|reason| !reason.is_empty());
        let action = DraftAction::Discard(DiscardDraftsOptions { reason });
        new_job(action, self.filter, self.ids, self.idempotency_key)
    }
}

fn new_job(
    action: DraftAction,
    filter: Option<DraftFilter>,
    ids: Option<Vec<ID>>,
    key: Option<String>,
) -> Result<Result<NewDraftJob, Problem>, ApiError> {
    // By which a repeated request is recognised.
    let request = format!("{filter:?} {ids:?}");
    let selection = match (filter, ids) {
        (None, None) => {
            let message = "filter or ids: missing; allowed is one of them, and filter: {} selects \
                           all open drafts";
            return Ok(Err(Problem::new("", ProblemCode::Required, message)));
        }
        (Some(_), Some(_)) => {
            let message = "filter and ids: found both; allowed is one of them";
            return Ok(Err(Problem::new("", ProblemCode::Invalid, message)));
        }
        // No draft has an id of another form.
        (None, Some(ids)) => DraftSelection::Of(
            ids.iter()
                .filter_map(|id| match id.parse() {
                    Ok(NodeId::Draft(movie, category)) => Some((movie, category)),
                    _ => None,
                })
                .collect(),
        ),
        (filter, None) => match draft_filter(filter)? {
            Some(filter) => DraftSelection::Matching(filter),
            None => DraftSelection::Of(Vec::new()),
        },
    };
    Ok(Ok(NewDraftJob { action, selection, key: key.map(|key| (key, request)) }))
}

/// The result of publishDrafts.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct PublishDraftsPayload {
    /// The job that publishes the drafts. Null if there are user errors.
    pub job: Option<Job>,
    /// What is wrong with the input. If there are user errors, no job was started.
    pub user_errors: Vec<UserError>,
}

#[ComplexObject]
impl PublishDraftsPayload {
    /// The entry points for reading: what they answer includes what the call changed.
    async fn query(&self) -> Option<Query> {
        Some(Query)
    }
}

/// The result of discardDrafts.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct DiscardDraftsPayload {
    /// The job that discards the drafts. Null if there are user errors.
    pub job: Option<Job>,
    /// What is wrong with the input. If there are user errors, no job was started.
    pub user_errors: Vec<UserError>,
}

#[ComplexObject]
impl DiscardDraftsPayload {
    /// The entry points for reading: what they answer includes what the call changed.
    async fn query(&self) -> Option<Query> {
        Some(Query)
    }
}

#[ComplexObject]
impl RetryJobPayload {
    /// The entry points for reading: what they answer includes what the call changed.
    async fn query(&self) -> Option<Query> {
        Some(Query)
    }
}

#[ComplexObject]
impl CancelJobPayload {
    /// The entry points for reading: what they answer includes what the call changed.
    async fn query(&self) -> Option<Query> {
        Some(Query)
    }
}

has_user_errors!(
    CancelJobPayload,
    ExecuteJobPayload,
    RetryJobPayload,
    RevertJobPayload,
    PublishDraftsPayload,
    DiscardDraftsPayload,
    StartExportPayload
);
