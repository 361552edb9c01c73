//! Follows a job until its end.

use std::time::Duration;

use super::{CanManageJobs, JobRow};
use crate::catalog::{Catalog, CatalogError};
use crate::storage::Commits;

/// How often the job is read without a commit of this process: another server may work on it.
const POLL: Duration = Duration::from_secs(1);
/// The least time between two events.
const PAUSE: Duration = Duration::from_millis(200);

/// The states of one job.
pub struct JobWatch {
    catalog: Catalog,
    id: String,
    commits: Commits,
    /// What was last delivered.
    last: Option<JobRow>,
}

impl Catalog {
    /// Follows a job. `None` if there is no such job.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn watch_job(
        &self,
        _: &CanManageJobs,
        id: &str,
    ) -> Result<Option<JobWatch>, CatalogError> {
        let commits = self.database.commits();
        let found = self.database.watched_job(id).await?;
        Ok(found.map(|_| JobWatch {
            catalog: self.clone(),
            id: id.to_owned(),
            commits,
            last: None,
        }))
    }
}

impl JobWatch {
    /// The job as it is now, and after that whenever it has changed. `None` after its end.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn next(&mut self) -> Result<Option<JobRow>, CatalogError> {
        if self.last.as_ref().is_some_and(|last| last.state.is_final()) {
            return Ok(None);
        }
        loop {
            if self.last.is_some() {
                tokio::time::sleep(PAUSE).await;
                let _ = tokio::time::timeout(POLL, self.commits.next()).await;
            }
            let now = self.catalog.database.watched_job(&self.id).await?;
            if now != self.last {
                self.last.clone_from(&now);
                return Ok(now);
            }
            if now.is_none() {
                return Ok(None);
            }
        }
    }
}
