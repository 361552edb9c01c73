//! The work of a job on stored documents, which its file names: one transaction for each document,
//! with its outcome and the progress of the job.

use serde::de::DeserializeOwned;
use tokio_util::sync::CancellationToken;

use super::attempt::{AttemptEnd, FILE_IS_GONE, Next, stalled};
use super::batch::{JobError, problem_of, record};
use super::outcomes;
use super::selected_documents::SelectedDocument;
use crate::catalog::bulk::{DocumentLocation, LineOrIndex, Pending};
use crate::catalog::{Catalog, CatalogError};
use crate::storage::{
    JobEnd, JobFileError, JobOutcomeRow, JobRow, JobState, Lease, Transaction, TransientError as _,
};

/// What a job does with each of its documents.
pub(super) trait DocumentWork: Sync {
    /// What was selected of a document.
    type State: DeserializeOwned + Send + Sync + 'static;

    /// Does the work for one document, in a transaction that is rolled back after an error.
    fn work_on(
        &self,
        transaction: &Transaction,
        pending: &Pending,
        document: &SelectedDocument<Self::State>,
    ) -> impl Future<Output = Result<JobOutcomeRow, JobError>> + Send;
}

/// One attempt at a job on stored documents.
pub(super) struct DocumentsAttempt<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) job: &'a JobRow,
    pub(super) lease: &'a Lease,
    pub(super) stop: &'a CancellationToken,
}

impl DocumentsAttempt<'_> {
    /// Works until the end of the job, or until the service stops.
    ///
    /// # Errors
    /// When the database cannot be reached, another worker has the job, or the service fails.
    pub(super) async fn run<W: DocumentWork>(&self, work: &W) -> Result<AttemptEnd, JobError> {
        let file = self.job.file.as_deref().unwrap_or_default();
        let documents = match self.catalog.selected_documents::<W::State>(file).await {
            Ok(documents) => documents,
            Err(CatalogError::JobFile(JobFileError::Missing)) => {
                return self.fail(FILE_IS_GONE).await;
            }
            Err(error) => return Err(error.into()),
        };
        let wanted = self.catalog.selection(self.job).await?;
        let first = u64::try_from(self.job.position).unwrap_or_default();
        let mut stalled = stalled(self.job);
        let mut is_canceled = false;
        for (number, document) in (0..).zip(&documents) {
            if number < first || !wanted.has(number) {
                continue;
            }
            if self.stop.is_cancelled() {
                return Ok(AttemptEnd::Stopped);
            }
            is_canceled = match self.catalog.next_step(self.job, self.lease).await? {
                Next::Work => false,
                Next::Skip => true,
                Next::Fail(reason) => return self.fail(reason).await,
            };
            let pending = Pending {
                location: DocumentLocation {
                    source: "documents".into(),
                    entry: None,
                    at: Some(LineOrIndex::Index(number)),
                },
                number,
                position: document.end,
            };
            let key = Some((&document.movie, document.category));
            if is_canceled {
                self.record(&pending, outcomes::skipped(&pending, key, &[])?).await?;
            } else if let Some(problem) = stalled.take() {
                self.record(&pending, outcomes::rejected(&pending, key, &[problem])?).await?;
            } else {
                self.work_on(work, &pending, document).await?;
            }
        }
        let state = if is_canceled { JobState::Canceled } else { JobState::Completed };
        let at = self.catalog.clock.now();
        self.catalog.finish(self.lease, JobEnd::new(state, at)).await
    }

    /// Works on one document. If its transaction fails because of the document, it is rejected.
    async fn work_on<W: DocumentWork>(
        &self,
        work: &W,
        pending: &Pending,
        document: &SelectedDocument<W::State>,
    ) -> Result<(), JobError> {
        let written = self.catalog.database.write(|transaction| async move {
            transaction.end_with_lease(self.lease).await?;
            let row = work.work_on(&transaction, pending, document).await?;
            record(&transaction, self.lease, Some(pending), &[row]).await.map(drop)
        });
        match written.await {
            Ok(()) => Ok(()),
            Err(error)
                if matches!(error, JobError::LeaseLost) || error.unavailability().is_some() =>
            {
                Err(error)
            }
            Err(error) => {
                let key = Some((&document.movie, document.category));
                let row = outcomes::rejected(pending, key, &[problem_of(&error)])?;
                self.record(pending, row).await
            }
        }
    }

    /// Records the outcome of a document that is left as it is.
    async fn record(&self, pending: &Pending, row: JobOutcomeRow) -> Result<(), JobError> {
        let rows = &[row];
        let written = self.catalog.database.write(|transaction| async move {
            record(&transaction, self.lease, Some(pending), rows).await.map(drop)
        });
        written.await
    }

    async fn fail(&self, reason: &str) -> Result<AttemptEnd, JobError> {
        let end = JobEnd::failed(reason.to_owned(), self.catalog.clock.now());
        self.catalog.finish(self.lease, end).await
    }
}
