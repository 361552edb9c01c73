//! Retries: jobs for the documents of a finished job that were not imported.

use super::start::{MAX_UNFINISHED, MISSING_FILE, StartedJob};
use crate::catalog::access::CanManageJobs;
use crate::catalog::{Catalog, CatalogError};
use crate::document::{Problem, ProblemCode};
use crate::storage::{JobOutcome, JobState, NewJob};

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
        let key = key.map(|key| (key.to_owned(), format!("retry {id}")));
        let key = &key;
        let file = self.database.jobs(&[id.to_owned()]).await?.pop().and_then(|job| job.file);
        let is_file_missing = match &file {
            Some(file) => !self.jobs.files.exists(file).await?,
            None => true,
        };
        let started = self.database.write(|transaction| async move {
            let Some(job) = transaction.job(id).await? else { return Ok(None) };
            if let Some((key, hash)) = key
                && let Some(repeated) =
                    self.repeated_job(&transaction, permission, key, hash).await?
            {
                return Ok(Some(repeated));
            }
            let refused = |message: &str| {
                let problem = Problem::new("", ProblemCode::Conflict, message);
                Ok(Some(StartedJob::Refused(problem)))
            };
            if !job.state.is_final() {
                return refused("the job is not finished; cancel it, or wait for its end");
            }
            let total: i64 =
                JobOutcome::NOT_IMPORTED.into_iter().map(|outcome| job.counts.of(outcome)).sum();
            let is_unfinished = job.state == JobState::Failed;
            let Some(file) = job.file.filter(|_| total > 0 || is_unfinished) else {
                return refused("no document of the job failed or was skipped");
            };
            if is_file_missing {
                return refused(MISSING_FILE);
            }
            if transaction.count_unfinished_jobs().await? >= MAX_UNFINISHED {
                return Ok(Some(StartedJob::TooMany));
            }
            let new = NewJob {
                file: Some((file, job.file_size.unwrap_or_default())),
                file_name: job.file_name,
                retry_of: Some(job.id),
                key: key.clone(),
                // How many documents a job that failed did not attempt is not known.
                total: Some(total).filter(|_| !is_unfinished),
                ..self.new_job(permission, job.kind, job.options)?
            };
            let detail = if is_unfinished {
                format!("a retry of {total} documents of {id}, and of those not attempted")
            } else {
                format!("a retry of {total} documents of {id}")
            };
            Ok(Some(self.store_job(&transaction, permission, &new, &detail).await?))
        });
        let started: Result<_, CatalogError> = started.await;
        self.jobs.started.notify_one();
        started
    }
}
