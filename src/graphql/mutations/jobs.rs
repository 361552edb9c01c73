//! The mutations of jobs.

use async_graphql::{Context, ID, Object};

use super::audited::{Attempt, audited};
use crate::catalog::CatalogError;
use crate::catalog::import::invalid_idempotency_key;
use crate::catalog::jobs::{NewDraftJob, RevertJobOptions, StartedJob};
use crate::document::node_ids::without_prefix;
use crate::document::{Problem, ProblemCode};
use crate::graphql::context::ContextExt;
use crate::graphql::error::ApiError;
use crate::graphql::model::download_links::export_options;
use crate::graphql::model::job_inputs::{
    CancelJobInput, CancelJobPayload, DiscardDraftsInput, DiscardDraftsPayload, ExecuteJobInput,
    ExecuteJobPayload, PublishDraftsInput, PublishDraftsPayload, RetryJobInput, RetryJobPayload,
    RevertJobInput, RevertJobPayload, StartExportInput, StartExportPayload,
};
use crate::graphql::model::jobs::Job;
use crate::graphql::model::user_error::{InputKind, UserError};

/// The mutations of jobs.
pub struct JobMutation;

/// Inputs that name the job by `id`.
const OWN_ID: InputKind = InputKind::Own { movie: "id" };

/// The error for an id that does not belong to a job.
fn no_such_job(id: &ID) -> Vec<UserError> {
    let shown: String = id.chars().take(80).collect();
    let problem = Problem::new("", ProblemCode::NotFound, format!("there is no job {shown}"));
    UserError::all(vec![problem], OWN_ID)
}

/// The mutations of jobs.
#[Object]
impl JobMutation {
    /// Cancels a job. Its server stops after the batch that it is working on; the documents that
    /// were not attempted are skipped. What was imported stays. A finished job stays as it is.
    /// Needs the role ADMIN.
    async fn cancel_job(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The job.")] input: CancelJobInput,
    ) -> async_graphql::Result<CancelJobPayload> {
        audited(ctx, Attempt::default(), async move {
            let permission = ctx.can_manage_jobs()?;
            let id = without_prefix("job", &input.id);
            let canceled = ctx.catalog().cancel_job(&permission, id).await;
            let job = canceled.map_err(ApiError::from)?.map(Job);
            let user_errors = if job.is_some() { Vec::new() } else { no_such_job(&input.id) };
            Ok(CancelJobPayload { job, user_errors })
        })
        .await
    }

    /// Starts a job that tries the documents of a finished job again that failed or were skipped,
    /// with the same options. Needs the role ADMIN.
    async fn retry_job(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The job.")] input: RetryJobInput,
    ) -> async_graphql::Result<RetryJobPayload> {
        audited(ctx, Attempt::default(), async move {
            let permission = ctx.can_manage_jobs()?;
            let (id, key) = (without_prefix("job", &input.id), input.idempotency_key.as_deref());
            let starting = ctx.catalog().retry_job(&permission, id, key);
            let (job, user_errors) = start_from(&input.id, key, starting).await?;
            Ok(RetryJobPayload { job, user_errors })
        })
        .await
    }

    /// Starts a job that does what a finished dry run planned: with the same file or drafts and the
    /// same options, but it writes. Each document is planned again, so what was changed since is
    /// merged. Needs the role ADMIN.
    async fn execute_job(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The dry run.")] input: ExecuteJobInput,
    ) -> async_graphql::Result<ExecuteJobPayload> {
        audited(ctx, Attempt::default(), async move {
            let permission = ctx.can_manage_jobs()?;
            let (id, key) = (without_prefix("job", &input.id), input.idempotency_key.as_deref());
            let starting = ctx.catalog().execute_job(&permission, id, key);
            let (job, user_errors) = start_from(&input.id, key, starting).await?;
            Ok(ExecuteJobPayload { job, user_errors })
        })
        .await
    }

    /// Starts a job that brings the documents which a finished job published back to the revision
    /// before, each as a new revision. A document that was changed after that job ends as CONFLICT
    /// and stays as it is. Movies that the job created are not deleted. Needs the role ADMIN.
    async fn revert_job(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The job and the options.")] input: RevertJobInput,
    ) -> async_graphql::Result<RevertJobPayload> {
        audited(ctx, Attempt::default(), async move {
            let permission = ctx.can_manage_jobs()?;
            let RevertJobInput { id, dry_run, idempotency_key: key } = input;
            let options = RevertJobOptions { job: without_prefix("job", &id).to_owned(), dry_run };
            let key = key.as_deref();
            let starting = Box::pin(ctx.catalog().revert_job(&permission, options, key));
            let (job, user_errors) = start_from(&id, key, starting).await?;
            Ok(RevertJobPayload { job, user_errors })
        })
        .await
    }

    /// Starts a job that publishes drafts, each on its own as publishDraft does. Its outcomes name
    /// each draft by movie and category. Needs the role ADMIN.
    async fn publish_drafts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The drafts and the options.")] input: PublishDraftsInput,
    ) -> async_graphql::Result<PublishDraftsPayload> {
        audited(ctx, Attempt::default(), async move {
            let (job, user_errors) = start_draft_job(ctx, || input.into_job()).await?;
            Ok(PublishDraftsPayload { job, user_errors })
        })
        .await
    }

    /// Starts a job that writes many documents to a file, as catalogExportUrl downloads them. When
    /// the job is completed, Job.fileUrl is the link to the file. Needs the role ADMIN.
    async fn start_export(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to export.")] input: StartExportInput,
    ) -> async_graphql::Result<StartExportPayload> {
        audited(ctx, Attempt::default(), async move {
            let permission = ctx.can_manage_jobs()?;
            let key = input.idempotency_key.clone();
            if let Some(problem) = key.as_deref().and_then(invalid_idempotency_key) {
                let user_errors = UserError::all(vec![problem], OWN_ID);
                return Ok(StartExportPayload { job: None, user_errors });
            }
            let options = export_options(ctx, input.into_selection())?;
            let started =
                ctx.catalog().start_export_job(&permission, &options, key.as_deref()).await?;
            let (job, user_errors) = answer(started);
            Ok(StartExportPayload { job, user_errors })
        })
        .await
    }

    /// Starts a job that discards drafts. Their contributions are kept. Needs the role ADMIN.
    async fn discard_drafts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The drafts and the reason.")] input: DiscardDraftsInput,
    ) -> async_graphql::Result<DiscardDraftsPayload> {
        audited(ctx, Attempt::default(), async move {
            let (job, user_errors) = start_draft_job(ctx, || input.into_job()).await?;
            Ok(DiscardDraftsPayload { job, user_errors })
        })
        .await
    }
}

/// Starts a job from another one, unless the idempotency key is invalid.
async fn start_from(
    id: &ID,
    key: Option<&str>,
    starting: impl Future<Output = Result<Option<StartedJob>, CatalogError>> + Send,
) -> Result<(Option<Job>, Vec<UserError>), ApiError> {
    if let Some(problem) = key.and_then(invalid_idempotency_key) {
        return Ok((None, UserError::all(vec![problem], OWN_ID)));
    }
    Ok(starting.await?.map_or_else(|| (None, no_such_job(id)), answer))
}

/// Starts a job that publishes or discards drafts, after the role is checked.
async fn start_draft_job(
    ctx: &Context<'_>,
    read: impl FnOnce() -> Result<Result<NewDraftJob, Problem>, ApiError>,
) -> Result<(Option<Job>, Vec<UserError>), ApiError> {
    let permission = ctx.can_manage_jobs()?;
    let new = match read()? {
        Ok(new) => new,
        Err(problem) => return Ok((None, UserError::all(vec![problem], OWN_ID))),
    };
    let key = new.key.as_ref().map(|(key, _)| key.as_str());
    if let Some(problem) = key.and_then(invalid_idempotency_key) {
        return Ok((None, UserError::all(vec![problem], OWN_ID)));
    }
    Ok(answer(ctx.catalog().start_draft_job(&permission, new).await?))
}

/// The job that was started, or why it was not.
fn answer(started: StartedJob) -> (Option<Job>, Vec<UserError>) {
    let problem = match started {
        StartedJob::Started(job) | StartedJob::Repeated(job) => {
            return (Some(Job(job)), Vec::new());
        }
        StartedJob::Refused(problem) => problem,
        StartedJob::TooMany => {
            let message = "too many jobs are not finished; try again later";
            Problem::new("", ProblemCode::TooLong, message)
        }
    };
    (None, UserError::all(vec![problem], OWN_ID))
}
