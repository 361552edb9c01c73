//! Jobs: long work that outlives its request. A job is a row; the workers of all servers take jobs
//! from there ([`worker`]), and each batch commits documents, outcomes and progress together.

mod attempt;
mod batch;
mod documents;
mod drafts;
mod execute;
mod export;
mod exported_file;
mod failures;
mod import;
mod outcomes;
mod retention;
mod retry;
mod revert;
mod rights;
mod selected_documents;
mod start;
mod start_drafts;
mod start_export;
mod start_revert;
mod watch;
mod worker;

use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::Notify;

pub use attempt::JobSettings;
pub use exported_file::ExportedFile;
pub use failures::FailureLines;
pub use start::{ImportJobOptions, MISSING_FILE, NewImportJob, StartedJob};
pub use start_drafts::{
    DiscardDraftsOptions, DraftAction, DraftSelection, NewDraftJob, PublishDraftsOptions,
};
pub use start_revert::RevertJobOptions;
pub use watch::JobWatch;

use super::access::CanManageJobs;
use super::audit::{AuditOperation, AuditTarget, AuditTargetKind};
use super::{Catalog, CatalogError};
pub use crate::storage::{
    JobCounts, JobFileError, JobFiles, JobFilter, JobKind, JobOutcome, JobOutcomeRow, JobRow,
    JobState, PageRequest, ReceiveError, StoredFile,
};

/// How long a job and its file are kept after its end.
pub const RETENTION: Duration = Duration::from_hours(7 * 24);

/// What the parts of one process that start and run jobs share.
#[derive(Debug)]
pub(super) struct JobQueue {
    files: JobFiles,
    /// Notified when a job was started here.
    started: Notify,
}

impl JobQueue {
    pub(super) fn new(files: JobFiles) -> Self {
        Self { files, started: Notify::new() }
    }
}

impl Default for JobQueue {
    fn default() -> Self {
        Self::new(JobFiles::new(PathBuf::from("data/files")))
    }
}

/// How fast a job goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pace {
    /// Documents in a second, on average.
    pub rate: f64,
    /// About how many seconds are left; `None` if it is not known, or the job is finished.
    pub remaining_seconds: Option<f64>,
}

impl Catalog {
    /// Jobs by id, in no particular order. Unknown ids are left out.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn jobs(
        &self,
        _: &CanManageJobs,
        ids: &[String],
    ) -> Result<Vec<JobRow>, CatalogError> {
        Ok(self.database.jobs(ids).await?)
    }

    /// A page of the jobs, newest first, and whether there are more in its direction. A position is
    /// the id of a job.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn list_jobs(
        &self,
        _: &CanManageJobs,
        filter: &JobFilter,
        page: &PageRequest<String>,
    ) -> Result<(Vec<JobRow>, bool), CatalogError> {
        Ok(self.database.job_page(filter, page).await?)
    }

    /// The number of jobs that match.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn count_jobs(
        &self,
        _: &CanManageJobs,
        filter: &JobFilter,
    ) -> Result<u64, CatalogError> {
        Ok(self.database.count_jobs(filter).await?)
    }

    /// A page of the outcomes of a job, in the order of its documents, and whether there are more
    /// in its direction. A position is the number of a document.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn job_outcomes(
        &self,
        _: &CanManageJobs,
        job: &str,
        outcomes: Option<&[JobOutcome]>,
        page: &PageRequest<i64>,
    ) -> Result<(Vec<JobOutcomeRow>, bool), CatalogError> {
        Ok(self.database.job_outcome_page(job, outcomes, page).await?)
    }

    /// Cancels a job. Its worker stops after the batch that it is working on; documents that were
    /// not attempted are skipped. A finished job stays as it is. `None` if there is no such job.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn cancel_job(
        &self,
        permission: &CanManageJobs,
        id: &str,
    ) -> Result<Option<JobRow>, CatalogError> {
        let canceled = self.database.write(|transaction| async move {
            let is_new = transaction.request_cancel(id).await?;
            let Some(job) = transaction.job(id).await? else { return Ok(None) };
            let actor = &permission.author.actor;
            if is_new || !job.state.is_final() {
                let detail = if is_new { "canceled" } else { "canceled already" };
                let entry = actor.did(AuditOperation::CancelJob).on(target(id)).detailed(detail);
                self.record(&transaction, entry).await?;
            }
            Ok::<_, CatalogError>(Some(job))
        });
        let canceled = canceled.await?;
        self.jobs.started.notify_one();
        Ok(canceled)
    }

    /// How fast a job goes; `None` if it has not done anything yet.
    #[must_use]
    pub fn pace(&self, job: &JobRow) -> Option<Pace> {
        let started = job.started_at.filter(|_| job.done > 0)?;
        let end = job.finished_at.unwrap_or_else(|| self.clock.now());
        let seconds = (end - started).as_seconds_f64().max(0.001);
        // An export has no file before its end, and knows how many documents it has.
        let (whole, part) = match job.kind {
            JobKind::Export => (job.total, job.done),
            _ => (job.file_size, job.file_position),
        };
        let whole = whole.filter(|_| !job.state.is_final() && part > 0);
        let remaining = whole.map(|whole| seconds * ratio(whole.saturating_sub(part).max(0), part));
        Some(Pace { rate: ratio(job.done, 1) / seconds, remaining_seconds: remaining })
    }
}

#[allow(clippy::cast_precision_loss, reason = "an estimate")]
fn ratio(number: i64, of: i64) -> f64 {
    number as f64 / of as f64
}

fn target(id: &str) -> AuditTarget {
    AuditTarget::new(AuditTargetKind::Job, id)
}
