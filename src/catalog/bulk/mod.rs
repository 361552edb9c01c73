//! Bulk import and export: streams of documents in and out of the catalogue, in bounded memory.

mod archive;
mod channel;
mod collected;
mod contents;
mod document_reader;
mod documents;
mod entries;
mod export_file;
mod export_options;
mod limit;
mod location;
mod manifest;
mod read;
mod statistics;
mod transcode;
mod writer;

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use tokio::sync::mpsc;

pub use archive::{ArchiveError, Packer};
pub use channel::{
    DocumentReceiver, DocumentSender, ReadDocument, ReceiverClosed, document_channel,
};
pub(in crate::catalog) use collected::{BATCH, Collected, Pending};
pub use document_reader::{MAX_UNPACKED, ReadOptions, ReadReport, Wanted};
pub use export_file::ExportSink;
pub use export_options::ExportOptions;
pub use location::{DocumentLocation, LineOrIndex};
pub use read::{ByteSource, SQLITE_HEADER, SQLITE_REFUSED, read_source};
pub(in crate::catalog) use statistics::Statistics;
pub use writer::{BulkFormat, BulkWriter};

use super::access::{CanDraft, CanPublish, CanRead};
use super::export::Export;
use super::import::{ImportOptions, ImportStatus, IncomingDocument, Outcome};
use super::movies::MovieQuery;
use super::{Catalog, CatalogError};
use crate::document::plan::Report;
use crate::document::{Category, MovieId, Problem, ProblemCode, Stage, Warning};
use crate::storage::DocumentKey;
use contents::Contents;

/// The result of importing one document.
#[derive(Debug)]
pub struct DocumentResult {
    pub location: DocumentLocation,
    /// The movie and category; `None` if the document could not be read.
    pub key: Option<DocumentKey>,
    pub status: ImportStatus,
    pub problems: Vec<Problem>,
    /// Whether the import of this document creates its movie.
    pub creates_movie: bool,
    /// The plan; `None` if the document could not be read.
    pub plan: Option<Report>,
    /// Bytes of input read so far, for a progress bar. Counted before decompression.
    pub position: u64,
}

impl DocumentResult {
    /// The warnings of the plan: repaired and ignored parts of the document.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        self.plan.as_ref().map_or(&[], |plan| &plan.warnings)
    }
}

/// What to do when a document is not imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnFailure {
    /// Go on with the next document.
    Continue,
    /// Stop; no document after it is imported. Each document has a transaction of its own.
    Stop,
}

/// Decides before each transaction of an import whether the import goes on.
pub trait Admission: Send {
    /// Whether the import goes on.
    ///
    /// # Errors
    /// When that is not known. The import then stops.
    fn is_admitted(&mut self) -> impl Future<Output = Result<bool, CatalogError>> + Send;
}

/// An import always goes on.
#[derive(Debug, Clone, Copy)]
pub struct Unrestricted;

impl Admission for Unrestricted {
    async fn is_admitted(&mut self) -> Result<bool, CatalogError> {
        Ok(true)
    }
}

/// The number of documents by status.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BulkReport {
    pub planned: u64,
    pub drafted: u64,
    pub published: u64,
    pub unchanged: u64,
    pub rejected: u64,
    /// Movies that the import created, or would create in a dry run.
    pub movies_created: u64,
    /// Whether the import stopped before the end of the input, because a document failed or the
    /// results could not be reported.
    pub stopped: bool,
}

impl BulkReport {
    fn count(&mut self, status: ImportStatus) {
        match status {
            ImportStatus::Planned => self.planned += 1,
            ImportStatus::Drafted => self.drafted += 1,
            ImportStatus::Published => self.published += 1,
            ImportStatus::Unchanged => self.unchanged += 1,
            ImportStatus::Rejected => self.rejected += 1,
        }
    }
}

impl Catalog {
    /// Imports documents as they arrive, many per transaction, and creates missing movies. A
    /// rejected document does not affect the others, unless `on_failure` says so. Results are
    /// reported in input order; the import stops if `report` returns false, and before a
    /// transaction if `admission` says so.
    ///
    /// # Errors
    /// When storage fails. Documents reported before that are committed.
    pub async fn import_stream(
        &self,
        permission: &CanPublish,
        mut documents: DocumentReceiver,
        options: &ImportOptions,
        on_failure: OnFailure,
        admission: &mut impl Admission,
        mut report: impl FnMut(DocumentResult) -> bool,
    ) -> Result<BulkReport, CatalogError> {
        // A published document creates its movie.
        let create_movie = options.create_movie || options.target == Stage::Published;
        let options = &ImportOptions { create_movie, ..options.clone() };
        let mut total = BulkReport::default();
        let mut held: Option<ReadDocument> = None;
        let mut statistics = Statistics::default();
        // In a dry run, a movie stays missing for each of its documents; report it only once.
        let mut planned = HashSet::new();
        let max_documents = if on_failure == OnFailure::Stop { 1 } else { BATCH };
        loop {
            let Collected { waiting, batch, mut ended } =
                Collected::next(&mut documents, &mut held, max_documents).await;
            if !admission.is_admitted().await? {
                total.stopped = true;
                return Ok(total);
            }
            let outcomes = if batch.is_empty() {
                Vec::new()
            } else {
                self.import_within_budget(permission, &batch, options).await?
            };
            let mut outcomes = batch.iter().zip(outcomes);
            for (Pending { location, position, .. }, unread) in waiting {
                let result = match unread {
                    Some(problems) => DocumentResult {
                        location,
                        key: None,
                        status: ImportStatus::Rejected,
                        problems,
                        creates_movie: false,
                        plan: None,
                        position,
                    },
                    None => {
                        let Some((document, outcome)) = outcomes.next() else { continue };
                        let creates_movie = outcome.creates_movie
                            && (!options.dry_run || planned.insert(document.movie.clone()));
                        DocumentResult {
                            location,
                            key: Some(document.key()),
                            status: outcome.status,
                            problems: outcome.problems,
                            creates_movie,
                            plan: outcome.plan,
                            position,
                        }
                    }
                };
                total.count(result.status);
                total.movies_created += u64::from(result.creates_movie);
                let is_failure = result.status == ImportStatus::Rejected;
                let is_reported = report(result);
                total.stopped |= !is_reported || (is_failure && on_failure == OnFailure::Stop);
            }
            ended |= total.stopped;
            statistics.refresh(self, total.published + total.drafted, ended).await;
            if ended {
                return Ok(total);
            }
        }
    }

    /// Imports documents in one transaction. If planning them exceeds the work budget, imports each
    /// half in its own transaction. A single document that exceeds the budget is rejected.
    async fn import_within_budget(
        &self,
        permission: &CanPublish,
        documents: &[IncomingDocument],
        options: &ImportOptions,
    ) -> Result<Vec<Outcome>, CatalogError> {
        match self.import_batch(permission, documents, options).await {
            Err(CatalogError::Stopped(stopped)) if documents.len() < 2 => {
                let message = stopped.user_message();
                let problem = Problem::new("", ProblemCode::TooLong, message);
                Ok(vec![Outcome::rejected(vec![problem], None, None)])
            }
            Err(CatalogError::Stopped(_)) => {
                let (first, second) = documents.split_at(documents.len() / 2);
                let mut outcomes =
                    Box::pin(self.import_within_budget(permission, first, options)).await?;
                outcomes.extend(
                    Box::pin(self.import_within_budget(permission, second, options)).await?,
                );
                Ok(outcomes)
            }
            done => done,
        }
    }

    /// Sends the published documents of a selection to `exports`, several at a time, in the order
    /// of [`Catalog::list_contents`]. All of them are of the moment when the export started: what
    /// is published meanwhile does not appear in it. Returns early without an error when the
    /// receiver is dropped.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn export_stream(
        &self,
        permission: &CanRead,
        selection: &Selection,
        exports: mpsc::Sender<Vec<Export>>,
    ) -> Result<(), CatalogError> {
        let contents = self.list_contents(permission, selection).await?;
        self.send_contents(permission, contents, selection.as_of.as_ref(), exports).await
    }

    async fn send_contents(
        &self,
        permission: &CanRead,
        mut contents: Contents,
        as_of: Option<&PastMoment>,
        exports: mpsc::Sender<Vec<Export>>,
    ) -> Result<(), CatalogError> {
        while let Some(batch) = contents.next_batch() {
            let batch = self.load_batch(permission, &batch, as_of).await?;
            if exports.send(batch).await.is_err() {
                return Ok(());
            }
        }
        Ok(())
    }
}

/// Which documents to export.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// The movies to export, in this order; `None` means all, in the order of their ids.
    pub movies: Option<Vec<MovieId>>,
    /// Only movies that match. For the categories that must be `missing`, the empty documents are
    /// exported, as templates to fill in.
    pub query: MovieQuery,
    /// The categories to export; empty means all, or none but the templates if there are any.
    pub categories: Vec<Category>,
    /// The moment of which to export the documents; `None` means now. Documents that did not exist
    /// then are left out.
    pub as_of: Option<PastMoment>,
}

/// A moment of the history, with the permission to read it.
#[derive(Debug, Clone)]
pub struct PastMoment {
    pub(super) at: DateTime<Utc>,
}

impl PastMoment {
    #[must_use]
    pub const fn new(_: &CanDraft, at: DateTime<Utc>) -> Self {
        Self { at }
    }
}
