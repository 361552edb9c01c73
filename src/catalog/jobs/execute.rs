//! Jobs that carry out what a dry run planned.

use serde_json::{Map, Value};

use super::start::{MAX_UNFINISHED, MISSING_FILE, StartedJob};
use crate::catalog::access::CanManageJobs;
use crate::catalog::{Catalog, CatalogError};
use crate::document::{Problem, ProblemCode};
use crate::storage::{JobRow, JobState, NewJob};

impl Catalog {
    /// Starts a job that does what a finished dry run planned: with the same file or drafts and the
    /// same options, but it writes. `None` if there is no such job. A repeated request with the
    /// same idempotency key gets the job of the first one.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn execute_job(
        &self,
        permission: &CanManageJobs,
        id: &str,
        key: Option<&str>,
    ) -> Result<Option<StartedJob>, CatalogError> {
        let Some(planned) = self.database.jobs(&[id.to_owned()]).await?.pop() else {
            return Ok(None);
        };
        let key = key.map(|key| (key.to_owned(), format!("execute {id}")));
        let new = match self.executed(permission, &planned).await? {
            Ok(new) => Ok(NewJob { key: key.clone(), ..new }),
            Err(message) => Err(Problem::new("", ProblemCode::Conflict, message)),
        };
        let (key, new) = (&key, &new);
        let started = self.database.write(|transaction| async move {
            if let Some((key, hash)) = key
                && let Some(repeated) =
                    self.repeated_job(&transaction, permission, key, hash).await?
            {
                return Ok(Some(repeated));
            }
            let new = match new {
                Ok(new) => new,
                Err(problem) => return Ok(Some(StartedJob::Refused(problem.clone()))),
            };
            if transaction.count_unfinished_jobs().await? >= MAX_UNFINISHED {
                return Ok(Some(StartedJob::TooMany));
            }
            let detail = format!("execution of the dry run {id}");
            Ok(Some(self.store_job(&transaction, permission, new, &detail).await?))
        });
        let started: Result<_, CatalogError> = started.await;
        self.jobs.started.notify_one();
        started
    }

    /// The job that does what another one planned, or why there is none.
    async fn executed(
        &self,
        permission: &CanManageJobs,
        planned: &JobRow,
    ) -> Result<Result<NewJob, &'static str>, CatalogError> {
        let mut options: Map<String, Value> = serde_json::from_str(&planned.options)?;
        if options.get("dry_run") != Some(&Value::Bool(true)) {
            return Ok(Err("the job is not a dry run"));
        }
        if planned.state != JobState::Completed {
            return Ok(Err("the dry run is not completed"));
        }
        let Some(file) = &planned.file else { return Ok(Err(MISSING_FILE)) };
        if !self.jobs.files.exists(file).await? {
            return Ok(Err(MISSING_FILE));
        }
        options.insert("dry_run".to_owned(), Value::Bool(false));
        let options = serde_json::to_string(&options)?;
        Ok(Ok(NewJob {
            file: Some((file.clone(), planned.file_size.unwrap_or_default())),
            file_name: planned.file_name.clone(),
            // The dry run of a retry had the documents of that retry.
            retry_of: planned.retry_of.clone(),
            total: planned.total,
            ..self.new_job(permission, planned.kind, options)?
        }))
    }
}
