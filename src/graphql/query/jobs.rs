//! The fields of `Query` for jobs.

use async_graphql::{Context, ID, Object};

use crate::graphql::error::{Restricted, restricted};
use crate::graphql::model::jobs::{self, Job, JobConnection, JobFilter};
use crate::graphql::model::pages::PageArgs;

/// The fields of `Query` for jobs.
pub struct JobQuery;

/// The fields of `Query` for jobs.
#[Object]
impl JobQuery {
    /// The job with this id. Null if there is none. Needs the role ADMIN; without it, null and a
    /// FORBIDDEN error.
    async fn job(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The job's id, for example job:0c7q8m2kx1vd4r6hs.")] id: ID,
    ) -> Restricted<Job> {
        jobs::find(ctx, &id).await.map_err(Into::into).transpose()
    }

    /// The jobs, newest first. Needs the role ADMIN; without it, null and a FORBIDDEN error.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a Relay connection")]
    async fn jobs(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Selects the jobs. Default: all.")] filter: Option<JobFilter>,
        #[graphql(desc = "The page size from the start: 1 to 100. Default: 20.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Return the entries after this cursor.")] after: Option<String>,
        #[graphql(desc = "The page size from the end: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Return the entries before this cursor. Use it with last.")]
        before: Option<String>,
    ) -> Restricted<JobConnection> {
        restricted(jobs::list(ctx, filter, PageArgs { first, after, last, before }).await)
    }
}
