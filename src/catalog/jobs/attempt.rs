//! What an attempt at a job needs, and how it ends.

use std::time::Duration;

use super::batch::JobError;
use crate::catalog::access::Author;
use crate::catalog::audit::StoredActor;
use crate::catalog::{Catalog, CatalogError};
use crate::document::{Problem, ProblemCode};
use crate::storage::{JobEnd, JobRow, Lease};

/// The error of a job that has lost its file.
pub(super) const FILE_IS_GONE: &str = "the file of the job is missing in the folder of files";
/// How many attempts may end at one document, without a commit and without giving the lease back,
/// before that document is rejected.
pub(super) const MAX_STALLED: i64 = 4;

/// How a worker works.
#[derive(Debug, Clone)]
pub struct JobSettings {
    /// For how long a worker has a job without a sign of life.
    pub lease: Duration,
    /// How often a worker looks for jobs that were started by other servers or that were left.
    pub poll: Duration,
    /// Maximum size of one document, in bytes.
    pub max_document: usize,
    /// Maximum decompressed size of a file, or of an entry of it, in bytes.
    pub max_unpacked: u64,
}

impl JobSettings {
    /// How long the lease lasts by default.
    pub const LEASE: Duration = Duration::from_secs(30);
    /// How often free jobs are looked for by default.
    pub const POLL: Duration = Duration::from_secs(5);
}

/// How an attempt ended without an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum AttemptEnd {
    /// The job is finished.
    Finished,
    /// The service stops.
    Stopped,
}

/// What a worker does next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    Work,
    /// The job was canceled: record that the rest is skipped.
    Skip,
    /// The account of the job may not do this any more, for this reason.
    Fail(&'static str),
}

impl Catalog {
    /// What a worker does before each batch of its job.
    ///
    /// # Errors
    /// When storage fails, or another worker has the job.
    pub(super) async fn next_step(&self, job: &JobRow, lease: &Lease) -> Result<Next, JobError> {
        let state = self.database.lease_state(lease).await?;
        if !state.is_held {
            return Err(JobError::LeaseLost);
        }
        Ok(match self.lost_rights(job).await? {
            Some(reason) => Next::Fail(reason),
            None if state.is_cancel_requested => Next::Skip,
            None => Next::Work,
        })
    }

    /// Ends a job.
    ///
    /// # Errors
    /// When storage fails, or another worker has the job.
    pub(super) async fn finish(&self, lease: &Lease, end: JobEnd) -> Result<AttemptEnd, JobError> {
        match &end.error {
            Some(reason) => tracing::warn!(job = lease.job, reason, "a job failed"),
            None => tracing::info!(job = lease.job, state = end.state.as_str(), "a job ended"),
        }
        self.end_job(lease, &end).await?;
        Ok(AttemptEnd::Finished)
    }
}

/// The problem of a document at which attempt after attempt ended; `None` if they did not.
pub(super) fn stalled(job: &JobRow) -> Option<Problem> {
    let attempts = job.stalled - 1;
    (attempts >= MAX_STALLED).then(|| {
        let message = format!(
            "the service ended {attempts} times while it imported this document, so it was left \
             out"
        );
        Problem::new("", ProblemCode::Invalid, message)
    })
}

/// The author of the changes of a job.
pub(super) fn author(job: &JobRow) -> Result<Author, CatalogError> {
    let actor: StoredActor = serde_json::from_str(&job.actor)?;
    Ok(Author {
        account: job.account.clone(),
        name: job.author.clone(),
        source: job.source,
        actor: actor.into(),
    })
}
