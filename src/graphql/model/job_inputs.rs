//! The inputs and payloads of the mutations of jobs.

use async_graphql::{ComplexObject, ID, InputObject, SimpleObject};

use super::jobs::Job;
use super::user_error::{UserError, has_user_errors};
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

has_user_errors!(CancelJobPayload, RetryJobPayload);
