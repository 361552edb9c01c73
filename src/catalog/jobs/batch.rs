//! Imports the documents of one batch, or of a part of it, in one transaction with their outcomes
//! and the progress of the job.

use crate::catalog::access::Author;
use crate::catalog::audit::AuditOperation;
use crate::catalog::bulk::{Collected, Pending};
use crate::catalog::import::{
    ImportCommand, ImportOptions, IncomingDocument, Operation, lost_to_other_writers,
};
use crate::catalog::{Catalog, CatalogError};
use crate::document::{Category, MovieId, Problem, ProblemCode};
use crate::storage::{
    JobCounts, JobOutcomeRow, JobProgress, Lease, StorageError, Transaction, TransientError,
    Unavailability,
};

use super::outcomes::{self, Key};

/// Why a worker stops working on a job.
#[derive(Debug, thiserror::Error)]
pub(super) enum JobError {
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    #[error("another worker has the job")]
    LeaseLost,
}

impl From<StorageError> for JobError {
    fn from(error: StorageError) -> Self {
        Self::Catalog(error.into())
    }
}

impl TransientError for JobError {
    fn is_transient(&self) -> bool {
        matches!(self, Self::Catalog(error) if error.is_transient())
    }

    fn unavailability(&self) -> Option<Unavailability> {
        match self {
            Self::Catalog(error) => error.unavailability(),
            Self::LeaseLost => None,
        }
    }
}

/// A document of a job, with its problems if it could not be read.
type Waiting = (Pending, Option<Vec<Problem>>);

/// Writes the outcomes of documents of one job.
pub(super) struct BatchWriter<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) lease: &'a Lease,
    pub(super) author: &'a Author,
    pub(super) options: &'a ImportOptions,
}

impl BatchWriter<'_> {
    /// Imports documents. If their transaction fails because of one of them, that one is found by
    /// importing each half on its own, and is rejected. Returns the outcomes.
    ///
    /// # Errors
    /// When the database cannot be reached or another worker has the job. Then the documents
    /// without an outcome are left for the next attempt.
    pub(super) async fn import(&self, collected: &Collected) -> Result<JobCounts, JobError> {
        self.import_part(&collected.waiting, &collected.batch).await
    }

    async fn import_part(
        &self,
        waiting: &[Waiting],
        batch: &[IncomingDocument],
    ) -> Result<JobCounts, JobError> {
        match self.import_together(waiting, batch).await {
            Ok(counts) => Ok(counts),
            Err(error) if matches!(error, JobError::LeaseLost) => Err(error),
            Err(error) if error.unavailability().is_some() => Err(error),
            Err(_) if waiting.len() > 1 => {
                let (first, second) = waiting.split_at(waiting.len() / 2);
                let read = first.iter().filter(|(_, unread)| unread.is_none()).count();
                let (in_first, in_second) = batch.split_at(read);
                let mut counts = Box::pin(self.import_part(first, in_first)).await?;
                counts += Box::pin(self.import_part(second, in_second)).await?;
                Ok(counts)
            }
            Err(error) => self.reject(waiting, batch, &problem_of(&error)).await,
        }
    }

    /// Imports documents in one transaction, with their outcomes and the progress of the job.
    async fn import_together(
        &self,
        waiting: &[Waiting],
        batch: &[IncomingDocument],
    ) -> Result<JobCounts, JobError> {
        let command = ImportCommand {
            catalog: self.catalog,
            author: self.author,
            operation: Operation::Import,
            options: self.options,
            audit: Some(AuditOperation::Import),
        };
        let command = &command;
        let written = self.catalog.database.write(|transaction| async move {
            transaction.end_with_lease(self.lease).await?;
            let outcomes = match batch {
                [] => Vec::new(),
                batch => command.import(&transaction, batch).await?,
            };
            let mut imported = batch.iter().zip(&outcomes);
            let mut rows = Vec::with_capacity(waiting.len());
            for (pending, unread) in waiting {
                let row = match unread {
                    Some(problems) => outcomes::rejected(pending, None, problems)?,
                    None => {
                        let Some((document, outcome)) = imported.next() else { continue };
                        outcomes::imported(pending, key(document), outcome)?
                    }
                };
                rows.push(row);
            }
            record(&transaction, self.lease, waiting.last().map(|(last, _)| last), &rows).await
        });
        written.await
    }

    /// Rejects a document that cannot be imported.
    pub(super) async fn reject(
        &self,
        waiting: &[Waiting],
        batch: &[IncomingDocument],
        problem: &Problem,
    ) -> Result<JobCounts, JobError> {
        let problems = std::slice::from_ref(problem);
        self.record_all(waiting, batch, |pending, key| outcomes::rejected(pending, key, problems))
            .await
    }

    /// Records that documents are not attempted.
    pub(super) async fn skip(&self, collected: &Collected) -> Result<JobCounts, JobError> {
        self.record_all(&collected.waiting, &collected.batch, |pending, key| {
            outcomes::skipped(pending, key, &[])
        })
        .await
    }

    async fn record_all(
        &self,
        waiting: &[Waiting],
        batch: &[IncomingDocument],
        row: impl Fn(&Pending, Key<'_>) -> Result<JobOutcomeRow, CatalogError>,
    ) -> Result<JobCounts, JobError> {
        let mut read = batch.iter();
        let mut rows = Vec::with_capacity(waiting.len());
        for (pending, unread) in waiting {
            let document = if unread.is_none() { read.next() } else { None };
            rows.push(row(pending, document.map(key))?);
        }
        let (rows, last) = (&rows, waiting.last().map(|(last, _)| last));
        let written = self
            .catalog
            .database
            .write(|transaction| async move { record(&transaction, self.lease, last, rows).await });
        written.await
    }
}

fn key(document: &IncomingDocument) -> (&MovieId, Category) {
    (&document.movie, document.category)
}

/// Records outcomes and progress up to the document `last`. The transaction must be rolled back
/// after an error.
pub(super) async fn record(
    transaction: &Transaction,
    lease: &Lease,
    last: Option<&Pending>,
    rows: &[JobOutcomeRow],
) -> Result<JobCounts, JobError> {
    let mut progress = JobProgress::default();
    if let Some(last) = last {
        progress.position = i64::try_from(last.number).unwrap_or(i64::MAX).saturating_add(1);
        progress.file_position = i64::try_from(last.position).unwrap_or(i64::MAX);
    }
    for row in rows {
        progress.counts.add(row.outcome);
    }
    transaction.insert_job_outcomes(&lease.job, rows).await?;
    // The last statement, so that the row is not locked while the documents are changed.
    if transaction.advance_job(lease, &progress).await? {
        Ok(progress.counts)
    } else {
        Err(JobError::LeaseLost)
    }
}

/// The problem of a document if its transaction failed.
pub(super) fn problem_of(error: &JobError) -> Problem {
    match error {
        JobError::Catalog(CatalogError::Stopped(stopped)) => {
            Problem::new("", ProblemCode::TooLong, stopped.user_message())
        }
        JobError::Catalog(error) if error.is_unstorable_text() => {
            Problem::new("", ProblemCode::Invalid, crate::catalog::UNSTORABLE_TEXT)
        }
        error if error.is_transient() => lost_to_other_writers(),
        error => {
            tracing::error!(%error, "a document of a job cannot be imported");
            let message =
                "the service failed to import this document; the log of the service has the reason";
            Problem::new("", ProblemCode::Invalid, message)
        }
    }
}
