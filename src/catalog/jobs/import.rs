//! The work of a job that imports a file: reads the documents after those that are done, and
//! imports them batch after batch.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use tokio_util::sync::CancellationToken;

use super::attempt::{AttemptEnd, JobSettings, author};
use super::batch::{BatchWriter, JobError};
use crate::catalog::background::spawn_background;
use crate::catalog::bulk::{
    BATCH, Collected, DocumentReceiver, ReadOptions, ReadReport, Statistics, Wanted,
    document_channel, read_source,
};
use crate::catalog::import::ImportOptions;
use crate::catalog::jobs::ImportJobOptions;
use crate::catalog::{Catalog, CatalogError};
use crate::document::{Problem, ProblemCode};
use crate::storage::{JobCounts, JobEnd, JobFileError, JobRow, JobState, Lease};

/// How many outcomes of skipped documents are stored in one transaction.
const SKIPPED_BATCH: usize = 1_000;
/// Maximum number of skipped archive entries whose names are stored.
const MAX_SKIPPED: usize = 20;
/// How many attempts may end at one document, without a commit and without giving the lease back,
/// before that document is rejected.
pub(super) const MAX_STALLED: i64 = 4;

/// How the work on a job ended.
enum Ended {
    /// In this state, after this number of documents of this attempt.
    Done(JobState, i64),
    /// Its account may not do this any more, for this reason.
    LostRights(&'static str),
}

/// One attempt at a job that imports a file.
pub(super) struct ImportAttempt<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) job: &'a JobRow,
    pub(super) lease: &'a Lease,
    pub(super) settings: &'a JobSettings,
    pub(super) stop: &'a CancellationToken,
}

impl ImportAttempt<'_> {
    /// Works until the end of the job, or until the service stops.
    ///
    /// # Errors
    /// When the database cannot be reached, another worker has the job, or the service fails.
    pub(super) async fn run(&self) -> Result<AttemptEnd, JobError> {
        let options: ImportJobOptions =
            serde_json::from_str(&self.job.options).map_err(CatalogError::from)?;
        let options = ImportOptions::from(options);
        let file = self.job.file.as_deref().unwrap_or_default();
        let content = match self.catalog.open_job_file(file).await {
            Ok(content) => content,
            Err(JobFileError::Missing) => {
                let error = "the file of the job is missing in the folder of files".to_owned();
                return self.end(JobState::Failed, Some(error), None, None).await;
            }
            Err(error) => return Err(CatalogError::from(error).into()),
        };
        let (sender, mut receiver) = document_channel();
        let reading = ReadOptions {
            parsing: options.parse_options(),
            max_document: self.settings.max_document,
            max_unpacked: self.settings.max_unpacked,
            max_stream: Some(self.settings.max_unpacked),
            remedy: "REELPORT_BULK_UNPACKED allows more",
            wanted: Wanted {
                first: u64::try_from(self.job.position).unwrap_or_default(),
                ..self.catalog.selection(self.job).await?
            },
            ..ReadOptions::default()
        };
        let position = Arc::new(AtomicU64::new(0));
        let reading =
            spawn_background(move || read_source("file", content, &position, reading, &sender));
        let Some(ended) = self.import_all(&mut receiver, &options).await? else {
            return Ok(AttemptEnd::Stopped);
        };
        let (state, done) = match ended {
            Ended::Done(state, done) => (state, done),
            Ended::LostRights(reason) => {
                return self.end(JobState::Failed, Some(reason.to_owned()), None, None).await;
            }
        };
        drop(receiver);
        let read = reading.await.map_err(CatalogError::from)?.ok();
        let skipped = read.as_ref().map(skipped_entries).transpose()?;
        let total = match (self.job.total, &self.job.retry_of) {
            // A retry has the documents that were selected when it was started.
            (Some(total), _) => Some(total),
            (None, Some(_)) => Some(self.job.done + done),
            (None, None) => read.map(|report| i64::try_from(report.documents).unwrap_or(i64::MAX)),
        };
        self.end(state, None, total, skipped).await
    }

    /// Imports documents to the end of the file. `None` if the service stops.
    async fn import_all(
        &self,
        documents: &mut DocumentReceiver,
        options: &ImportOptions,
    ) -> Result<Option<Ended>, JobError> {
        let author = author(self.job)?;
        let (catalog, lease) = (self.catalog, self.lease);
        let writer = BatchWriter { catalog, lease, author: &author, options };
        let mut held = None;
        let (mut counts, mut statistics) = (JobCounts::default(), Statistics::default());
        let mut is_canceled = false;
        let mut position = self.job.position;
        let mut has_stalled = self.job.stalled > MAX_STALLED;
        loop {
            let state = self.catalog.database.lease_state(self.lease).await?;
            if !state.is_held {
                return Err(JobError::LeaseLost);
            }
            is_canceled |= state.is_cancel_requested;
            if let Some(reason) = self.catalog.lost_rights(self.job).await? {
                return Ok(Some(Ended::LostRights(reason)));
            }
            let max = match position {
                _ if is_canceled => SKIPPED_BATCH,
                position if position < self.job.careful_until => 1,
                _ => BATCH,
            };
            let collected = tokio::select! {
                biased;
                () = self.stop.cancelled() => return Ok(None),
                collected = Collected::next(documents, &mut held, max) => collected,
            };
            if let Some((last, _)) = collected.waiting.last() {
                position = i64::try_from(last.number).unwrap_or(i64::MAX).saturating_add(1);
                let done = if is_canceled {
                    writer.skip(&collected).await?
                } else if std::mem::take(&mut has_stalled) {
                    let problem = stalled(self.job.stalled - 1);
                    writer.reject(&collected.waiting, &collected.batch, &problem).await?
                } else {
                    writer.import(&collected).await?
                };
                counts += done;
            }
            let written = u64::try_from(counts.published + counts.drafted).unwrap_or_default();
            statistics.refresh(self.catalog, written, collected.ended).await;
            if collected.ended {
                let state = if is_canceled { JobState::Canceled } else { JobState::Completed };
                return Ok(Some(Ended::Done(state, counts.total())));
            }
        }
    }

    async fn end(
        &self,
        state: JobState,
        error: Option<String>,
        total: Option<i64>,
        skipped_entries: Option<(String, i64)>,
    ) -> Result<AttemptEnd, JobError> {
        match &error {
            Some(reason) => tracing::warn!(job = self.job.id, reason, "a job failed"),
            None => tracing::info!(job = self.job.id, state = state.as_str(), "a job ended"),
        }
        let at = self.catalog.clock.now();
        let end = JobEnd { state, error, total, skipped_entries, at };
        self.catalog.end_job(self.lease, &end).await?;
        Ok(AttemptEnd::Finished)
    }
}

/// The first archive entries that are not documents, as JSON, and the number of all of them.
fn skipped_entries(report: &ReadReport) -> Result<(String, i64), CatalogError> {
    let names = report.skipped.iter().filter_map(|location| location.entry.as_deref());
    // A name in an archive may have any characters.
    let first: Vec<_> =
        names.take(MAX_SKIPPED).map(|name| name.replace('\0', "\u{FFFD}")).collect();
    let count = i64::try_from(report.skipped.len()).unwrap_or(i64::MAX);
    Ok((serde_json::to_string(&first)?, count))
}

/// The problem of a document at which attempt after attempt ended.
pub(super) fn stalled(attempts: i64) -> Problem {
    let message = format!(
        "the service ended {attempts} times while it imported this document, so it was left out"
    );
    Problem::new("", ProblemCode::Invalid, message)
}
