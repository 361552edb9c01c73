//! The work of a job that imports a file: reads the documents after those that are done, and
//! imports them batch after batch.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use tokio_util::sync::CancellationToken;

use super::attempt::{AttemptEnd, FILE_IS_GONE, JobSettings, Next, author, stalled};
use super::batch::{BatchWriter, JobError};
use crate::catalog::background::spawn_background;
use crate::catalog::bulk::{
    BATCH, Collected, DocumentReceiver, ReadOptions, ReadReport, Statistics, Wanted,
    document_channel, read_source,
};
use crate::catalog::import::ImportOptions;
use crate::catalog::jobs::ImportJobOptions;
use crate::catalog::{Catalog, CatalogError};
use crate::storage::{JobCounts, JobEnd, JobFileError, JobRow, JobState, Lease};

/// How many outcomes of skipped documents are stored in one transaction.
const SKIPPED_BATCH: usize = 1_000;
/// Maximum number of names of skipped archive entries that are stored.
const MAX_SKIPPED: usize = 20;

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
                return self.fail(FILE_IS_GONE).await;
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
            Ended::LostRights(reason) => return self.fail(reason).await,
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
        let at = self.catalog.clock.now();
        let end = JobEnd { total, skipped_entries: skipped, ..JobEnd::new(state, at) };
        self.catalog.finish(self.lease, end).await
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
        let mut position = self.job.position;
        let mut stalled = stalled(self.job);
        loop {
            let is_canceled = match self.catalog.next_step(self.job, self.lease).await? {
                Next::Work => false,
                Next::Skip => true,
                Next::Fail(reason) => return Ok(Some(Ended::LostRights(reason))),
            };
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
                } else if let Some(problem) = stalled.take() {
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

    async fn fail(&self, reason: &str) -> Result<AttemptEnd, JobError> {
        let end = JobEnd::failed(reason.to_owned(), self.catalog.clock.now());
        self.catalog.finish(self.lease, end).await
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
