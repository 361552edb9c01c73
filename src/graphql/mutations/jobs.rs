//! The mutations of jobs.

use async_graphql::{Context, ID, Object};

use super::audited::{Attempt, audited};
use crate::catalog::jobs::StartedJob;
use crate::document::node_ids::without_prefix;
use crate::document::{Problem, ProblemCode};
use crate::graphql::context::ContextExt;
use crate::graphql::error::ApiError;
use crate::graphql::model::job_inputs::{
    CancelJobInput, CancelJobPayload, RetryJobInput, RetryJobPayload,
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
            let id = without_prefix("job", &input.id);
            let started = ctx.catalog().retry_job(&permission, id).await.map_err(ApiError::from)?;
            let refused = |problem| RetryJobPayload {
                job: None,
                user_errors: UserError::all(vec![problem], OWN_ID),
            };
            Ok(match started {
                Some(StartedJob::Started(job) | StartedJob::Repeated(job)) => {
                    RetryJobPayload { job: Some(Job(job)), user_errors: Vec::new() }
                }
                Some(StartedJob::Refused(problem)) => refused(problem),
                Some(StartedJob::TooMany) => {
                    let message = "too many jobs are not finished; try again later";
                    refused(Problem::new("", ProblemCode::TooLong, message))
                }
                None => RetryJobPayload { job: None, user_errors: no_such_job(&input.id) },
            })
        })
        .await
    }
}
