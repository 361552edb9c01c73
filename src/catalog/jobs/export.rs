//! The work of a job that writes documents to a file. An attempt begins the file anew, under a name
//! of its own; the job has the file only if it is complete.

use std::time::Duration;

use bytes::Bytes;
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use tokio_util::sync::CancellationToken;

use super::attempt::{AttemptEnd, MAX_STALLED, Next, author};
use super::batch::JobError;
use crate::catalog::access::CanManageJobs;
use crate::catalog::bulk::{BulkWriter, ExportOptions, ExportSink};
use crate::catalog::{Catalog, CatalogError};
use crate::storage::{JOB_FILE_PREFIX, JobEnd, JobFileError, JobFiles, JobRow, JobState, Lease};
use crate::storage::{ReceiveError, StoredFile};

/// How often progress is recorded, and whether the job goes on is looked up.
const INTERVAL: Duration = Duration::from_millis(500);

/// One attempt at a job that writes documents to a file.
pub(super) struct ExportAttempt<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) job: &'a JobRow,
    pub(super) lease: &'a Lease,
    pub(super) stop: &'a CancellationToken,
}

/// Why an export does not go on.
#[derive(Debug, thiserror::Error)]
enum ExportEnd {
    #[error(transparent)]
    Job(#[from] JobError),
    #[error("the service stops")]
    Stopped,
    #[error("the job was canceled")]
    Canceled,
    #[error("{0}")]
    LostRights(&'static str),
    /// The file takes no more bytes; its own error says why.
    #[error("the file was closed")]
    Closed,
}

impl From<CatalogError> for ExportEnd {
    fn from(error: CatalogError) -> Self {
        Self::Job(error.into())
    }
}

/// A part of the file; or the file is not to be completed.
type Part = Result<Bytes, Incomplete>;

/// The file is not to be completed.
#[derive(Debug, thiserror::Error)]
#[error("the export did not come to its end")]
struct Incomplete;

impl ExportAttempt<'_> {
    /// Works until the end of the job, or until the service stops.
    ///
    /// # Errors
    /// When the database cannot be reached, another worker has the job, or the service fails.
    pub(super) async fn run(&self) -> Result<AttemptEnd, JobError> {
        if self.job.stalled > MAX_STALLED {
            return self.fail("the service ended several times while it wrote the file").await;
        }
        let options: ExportOptions =
            serde_json::from_str(&self.job.options).map_err(CatalogError::from)?;
        let (sender, receiver) = mpsc::channel(1);
        let name = format!("{JOB_FILE_PREFIX}{}-{}", self.job.id, self.lease.epoch);
        let files: &JobFiles = &self.catalog.jobs.files;
        let storing = files.receive(name, ReceiverStream::new(receiver));
        let (stored, written) = tokio::join!(storing, self.write(&options, sender));
        let file = match (written, stored) {
            (Ok(()), Ok(file)) => file,
            (Err(ExportEnd::Stopped), _) => return Ok(AttemptEnd::Stopped),
            (Err(ExportEnd::Canceled), _) => return self.end(JobState::Canceled).await,
            (Err(ExportEnd::LostRights(reason)), _) => return self.fail(reason).await,
            (Err(ExportEnd::Job(error)), _) => return Err(error),
            (_, Err(ReceiveError::Stored(error))) => return Err(CatalogError::from(error).into()),
            // Neither happens: only its own error closes the file, and only an error of the export
            // makes it incomplete.
            (Err(ExportEnd::Closed), _) | (Ok(()), Err(ReceiveError::Received(Incomplete))) => {
                return Err(CatalogError::from(JobFileError::Missing).into());
            }
        };
        self.keep(file).await
    }

    /// Writes the file, and tells it whether it is complete.
    async fn write(
        &self,
        options: &ExportOptions,
        out: mpsc::Sender<Part>,
    ) -> Result<(), ExportEnd> {
        let permission = CanManageJobs { author: author(self.job)? }.can_draft();
        let selection = options.selection(&permission);
        let writer = BulkWriter::new(options.format, options.compress, self.catalog.clock.now());
        let mut sink =
            Progress { attempt: self, out: &out, total: 0, done: 0, recorded_at: Instant::now() };
        let reading = permission.can_read();
        let written = self.catalog.export_file(&reading, &selection, writer, &mut sink).await;
        let written = match written {
            Ok(()) => sink.record().await,
            error => error,
        };
        if written.is_err() {
            let _ = out.send(Err(Incomplete)).await;
        }
        written
    }

    /// Ends the job with its file. A file that the job does not get is removed.
    async fn keep(&self, file: StoredFile) -> Result<AttemptEnd, JobError> {
        let size = i64::try_from(file.size).unwrap_or(i64::MAX);
        let at = self.catalog.clock.now();
        let stored = Some((file.name.clone(), size));
        let end = JobEnd { file: stored, ..JobEnd::new(JobState::Completed, at) };
        let ended = self.catalog.finish(self.lease, end).await;
        if matches!(ended, Err(JobError::LeaseLost))
            && let Err(error) = self.catalog.jobs.files.remove(&file.name).await
        {
            tracing::debug!(%error, "a file that no job has is not removed yet");
        }
        ended
    }

    async fn end(&self, state: JobState) -> Result<AttemptEnd, JobError> {
        let end = JobEnd::new(state, self.catalog.clock.now());
        self.catalog.finish(self.lease, end).await
    }

    async fn fail(&self, reason: &str) -> Result<AttemptEnd, JobError> {
        let end = JobEnd::failed(reason.to_owned(), self.catalog.clock.now());
        self.catalog.finish(self.lease, end).await
    }
}

/// Passes the bytes to the file, and records the progress of the job.
struct Progress<'a> {
    attempt: &'a ExportAttempt<'a>,
    out: &'a mpsc::Sender<Part>,
    total: u64,
    done: u64,
    recorded_at: Instant,
}

impl Progress<'_> {
    /// Records the progress, unless the job is not to go on.
    async fn record(&mut self) -> Result<(), ExportEnd> {
        let ExportAttempt { catalog, job, lease, stop } = self.attempt;
        if stop.is_cancelled() {
            return Err(ExportEnd::Stopped);
        }
        match catalog.next_step(job, lease).await? {
            Next::Work => {}
            Next::Skip => return Err(ExportEnd::Canceled),
            Next::Fail(reason) => return Err(ExportEnd::LostRights(reason)),
        }
        let number = |of: u64| i64::try_from(of).unwrap_or(i64::MAX);
        let (done, total) = (number(self.done), number(self.total));
        let recorded = catalog.database.write(|transaction| async move {
            if transaction.advance_export(lease, done, total).await? {
                Ok(())
            } else {
                Err(JobError::LeaseLost)
            }
        });
        recorded.await?;
        self.recorded_at = Instant::now();
        Ok(())
    }
}

impl ExportSink for Progress<'_> {
    type Error = ExportEnd;

    async fn begin(&mut self, documents: u64) -> Result<(), ExportEnd> {
        self.total = documents;
        self.record().await
    }

    async fn write(&mut self, bytes: Vec<u8>, documents: u64) -> Result<(), ExportEnd> {
        // Documents of movies that were deleted meanwhile are left out.
        self.done += documents;
        if self.recorded_at.elapsed() >= INTERVAL {
            self.record().await?;
        }
        self.out.send(Ok(bytes.into())).await.map_err(|_| ExportEnd::Closed)
    }
}
