//! Removes finished jobs and their files after a while.

use std::time::{Duration, SystemTime};

use chrono::TimeDelta;

use super::RETENTION;
use crate::catalog::{Catalog, CatalogError};

/// How long after the start of a server old jobs are first looked for.
const DELAY: Duration = Duration::from_mins(10);
/// How often old jobs are looked for.
const INTERVAL: Duration = Duration::from_hours(1);
/// Outcomes in one transaction, so that other writers wait for a few milliseconds at most.
const BATCH: u64 = 2_000;

impl Catalog {
    /// Removes old jobs, ten minutes after the start and once an hour, until the future is dropped.
    pub async fn remove_old_jobs(&self) {
        if self.database.is_read_only() {
            return std::future::pending().await;
        }
        tokio::time::sleep(DELAY).await;
        loop {
            match self.delete_old_jobs().await {
                Ok(0) => {}
                Ok(deleted) => tracing::info!(deleted, "old jobs were removed"),
                Err(error) => tracing::warn!(%error, "old jobs were not removed"),
            }
            tokio::time::sleep(INTERVAL).await;
        }
    }

    /// Removes jobs that were finished seven days ago, with their files, and files that no job
    /// uses. Returns how many jobs.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn delete_old_jobs(&self) -> Result<u64, CatalogError> {
        let kept = TimeDelta::from_std(RETENTION).unwrap_or(TimeDelta::MAX);
        let before = self.clock.now() - kept;
        let mut deleted = 0;
        while let Some(id) = self.database.job_finished_before(before).await? {
            self.delete_job(&id).await?;
            deleted += 1;
        }
        let used = self.database.job_files().await?;
        let (jobs, now) = (std::sync::Arc::clone(&self.jobs), SystemTime::from(self.clock.now()));
        let removed =
            tokio::task::spawn_blocking(move || jobs.files.remove_orphans(&used, now)).await?;
        match removed {
            Ok(0) => {}
            Ok(removed) => tracing::info!(removed, "files without a job were removed"),
            Err(error) => tracing::warn!(%error, "files without a job were not removed"),
        }
        Ok(deleted)
    }

    async fn delete_job(&self, id: &str) -> Result<(), CatalogError> {
        loop {
            let deleted = self.database.write(|transaction| async move {
                let file = transaction.job(id).await?.and_then(|job| job.file);
                Ok::<_, CatalogError>((file, transaction.delete_job(id, BATCH).await?))
            });
            if let (file, true) = deleted.await? {
                if let Some(file) = file
                    && !self.database.job_files().await?.contains(&file)
                {
                    self.jobs.files.remove(&file).await?;
                }
                return Ok(());
            }
        }
    }
}
