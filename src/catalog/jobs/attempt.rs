//! What an attempt at a job needs, and how it ends.

use std::time::Duration;

use crate::catalog::CatalogError;
use crate::catalog::access::Author;
use crate::catalog::audit::StoredActor;
use crate::storage::JobRow;

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
