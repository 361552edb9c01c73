//! Jobs that carry out what a dry run planned.

use serde_json::{Map, Value};

use super::start::{MISSING_FILE, StartedJob};
use crate::catalog::access::CanManageJobs;
use crate::catalog::{Catalog, CatalogError};
use crate::document::{Problem, ProblemCode};
use crate::storage::{JobState, NewJob};

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
        let mut options: Map<String, Value> = serde_json::from_str(&planned.options)?;
        let dry_run = options.insert("dry_run".to_owned(), Value::Bool(false));
        let refused = if dry_run != Some(Value::Bool(true)) {
            Some("the job is not a dry run")
        } else if planned.state != JobState::Completed {
            Some("the dry run is not completed")
        } else if !self.has_job_file(planned.file.as_deref()).await? {
            Some(MISSING_FILE)
        } else {
            None
        };
        let refused = refused.map(|message| Problem::new("", ProblemCode::Conflict, message));
        let new = NewJob {
            file: planned.file.map(|file| (file, planned.file_size.unwrap_or_default())),
            file_name: planned.file_name,
            // The dry run of a retry had the documents of that retry.
            retry_of: planned.retry_of,
            key: key.map(|key| (key.to_owned(), format!("execute {id}"))),
            total: planned.total,
            ..self.new_job(permission, planned.kind, serde_json::to_string(&options)?)?
        };
        let detail = format!("execution of the dry run {id}");
        Ok(Some(self.start_once(permission, new, refused, &detail).await?))
    }
}
