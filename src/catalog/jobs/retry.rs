//! Retries: jobs for the documents of a finished job that were not imported.

use super::start::{MISSING_FILE, StartedJob};
use crate::catalog::access::CanManageJobs;
use crate::catalog::{Catalog, CatalogError};
use crate::document::{Problem, ProblemCode};
use crate::storage::{JobKind, JobOutcome, JobState, NewJob};

impl Catalog {
    /// Starts a job that tries the documents of a finished job again that were not imported, with
    /// the same options. `None` if there is no such job. A repeated request with the same
    /// idempotency key gets the job of the first one.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn retry_job(
        &self,
        permission: &CanManageJobs,
        id: &str,
        key: Option<&str>,
    ) -> Result<Option<StartedJob>, CatalogError> {
        // What is read of a finished job does not change any more.
        let Some(job) = self.database.jobs(&[id.to_owned()]).await?.pop() else { return Ok(None) };
        let total: i64 =
            JobOutcome::NOT_IMPORTED.into_iter().map(|outcome| job.counts.of(outcome)).sum();
        let is_unfinished = job.state == JobState::Failed;
        let refused = if !job.state.is_final() {
            Some("the job is not finished; cancel it, or wait for its end")
        } else if job.kind == JobKind::Export {
            Some("an export is not tried again; start a new one")
        } else if total == 0 && !is_unfinished {
            Some("no document of the job failed or was skipped")
        } else if !self.has_job_file(job.file.as_deref()).await? {
            Some(MISSING_FILE)
        } else {
            None
        };
        let refused = refused.map(|message| Problem::new("", ProblemCode::Conflict, message));
        let detail = if is_unfinished {
            format!("a retry of {total} documents of {id}, and of those not attempted")
        } else {
            format!("a retry of {total} documents of {id}")
        };
        let new = NewJob {
            file: job.file.map(|file| (file, job.file_size.unwrap_or_default())),
            file_name: job.file_name,
            retry_of: Some(job.id),
            key: key.map(|key| (key.to_owned(), format!("retry {id}"))),
            // How many documents a job that failed did not attempt is not known.
            total: Some(total).filter(|_| !is_unfinished),
            ..self.new_job(permission, job.kind, job.options)?
        };
        Ok(Some(self.start_once(permission, new, refused, &detail).await?))
    }
}
