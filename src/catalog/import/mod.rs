//! Import: reads a document, plans its changes and executes the plan in one transaction. The
//! module `pipeline` runs the steps in order.

mod command;
mod execute;
mod idempotency;
mod incoming;
mod load;
mod log;
pub(super) mod options;
mod outcome;
mod pipeline;
mod planning;
mod problems;
mod states;

use std::sync::Arc;

pub(in crate::catalog) use command::ImportCommand;
pub(in crate::catalog) use idempotency::Request;
pub use idempotency::invalid_idempotency_key;
pub(in crate::catalog) use incoming::Content;
pub use incoming::{IncomingDocument, SentDocument};
pub(in crate::catalog) use log::TextQuota;
pub use options::{ImportOptions, ImportStatus};
pub use outcome::Outcome;
pub(in crate::catalog) use planning::MAX_STORED;
pub(in crate::catalog) use problems::{
    draft_not_found, lost_to_other_writers, movie_not_found, refused_movie_id,
};
pub(in crate::catalog) use states::StoredState;

use ahash::{HashSet, HashSetExt as _};

use super::access::{CanImport, CanPublish};
use super::audit::AuditOperation;
use super::export::Export;
use super::work::compute;
use super::{Catalog, CatalogError};
use crate::document::budget::WorkBudget;
pub use crate::document::plan::policy::Operation;
use crate::document::{Category, MovieId, Object, Problem, Stage};
use crate::storage::{Transaction, TransientError as _};
use incoming::{ReadError, ReadResult};

impl Catalog {
    /// Imports one document. The movie must exist, unless the options create it.
    ///
    /// # Errors
    /// If storage fails, or if reading or planning the document exceeds the work budget. Problems
    /// of the document are part of the outcome.
    pub async fn import(
        &self,
        permission: &CanImport,
        movie: &MovieId,
        sent: SentDocument,
    ) -> Result<Outcome, CatalogError> {
        let (permission, movie) = (permission.clone(), movie.clone());
        let (size, options) = (sent.approximate_size(), permission.options.parse_options());
        let (target, copy) = (movie.clone(), sent.clone());
        let mut read =
            compute(size, move |budget| sent.read(&target, None, options, budget)).await?;
        if let Err((ReadError { unresolved: Some(category), .. }, _)) = read.document
            && let Some(stored) =
                self.stored_data(&movie, category, permission.options.target).await?
        {
            // The stored data shows which parts of the text are quotations of it.
            let target = movie.clone();
            let read_again =
                move |budget: &WorkBudget<'_>| copy.read(&target, Some(&stored), options, budget);
            read = compute(size, read_again).await?;
        }
        let read = Arc::new(read);
        self.run_within_budget(size, move |catalog| {
            let (permission, movie) = (permission.clone(), movie.clone());
            let read = Arc::clone(&read);
            async move { catalog.import_read_document(&permission, &movie, &read).await }
        })
        .await
    }

    async fn import_read_document(
        &self,
        permission: &CanImport,
        movie: &MovieId,
        read: &ReadResult,
    ) -> Result<Outcome, CatalogError> {
        let CanImport { author, options, .. } = permission;
        // The category is that of the request, or what the text turned out to be.
        let category = read.document.as_ref().map(|document| document.category).ok();
        if let Some(category) = category.or(read.category) {
            permission.require_category(category)?;
        }
        let operation = Operation::Import;
        let audit = Some(AuditOperation::Import);
        let command = ImportCommand { catalog: self, author, operation, options, audit };
        let (category, sent) = (read.category, Some(read.sent_text()));
        let read_category = read.document.as_ref().ok().map(|document| document.category);
        let request = Request { movie, category, read_category, sent, revision: None };
        let (command, request) = (&command, &request);
        match &read.document {
            Ok(document) => {
                command
                    .run_once(request, |transaction| async move {
                        let documents = std::slice::from_ref(document);
                        Ok(command.import(&transaction, documents).await?.remove(0))
                    })
                    .await
            }
            Err((error, _)) => command
                .run_once(request, |transaction| {
                    let problems = error.problems.clone();
                    async move { command.reject_unreadable(&transaction, request, problems).await }
                })
                .await,
        }
    }

    /// The data of a stored document; `None` if nothing was stored yet.
    async fn stored_data(
        &self,
        movie: &MovieId,
        category: Category,
        stage: Stage,
    ) -> Result<Option<Object>, CatalogError> {
        let stored = self.database.snapshot(|transaction| async move {
            self.stored_document(&transaction, movie, category, stage).await
        });
        let Some(stored) = stored.await? else { return Ok(None) };
        Ok(Some(serde_json::from_str(&stored.body)?))
    }

    /// A stored document: with [`Stage::Draft`] the open draft if there is one, otherwise the
    /// published document.
    pub(super) async fn stored_document(
        &self,
        transaction: &Transaction,
        movie: &MovieId,
        category: Category,
        stage: Stage,
    ) -> Result<Option<crate::storage::StoredDocument>, CatalogError> {
        if stage == Stage::Draft
            && let Some(draft) = transaction.drafts(&[movie], &[category]).await?.pop()
        {
            return Ok(Some(draft.into()));
        }
        Ok(transaction.documents(&[movie], &[category]).await?.pop())
    }

    /// Imports documents in one transaction. No two of them may have the same movie and category.
    /// A rejected document does not affect the others. If every attempt conflicts with other
    /// writers, all documents are rejected.
    ///
    /// # Errors
    /// If storage fails, or if planning exceeds the work budget. Then nothing is written.
    pub async fn import_batch(
        &self,
        permission: &CanPublish,
        documents: &[IncomingDocument],
        options: &ImportOptions,
    ) -> Result<Vec<Outcome>, CatalogError> {
        let (author, operation) = (&permission.author, Operation::Import);
        let audit = Some(AuditOperation::Import);
        let command = ImportCommand { catalog: self, author, operation, options, audit };
        let run = |transaction: Arc<Transaction>| async move {
            command.import(&transaction, documents).await
        };
        if options.dry_run {
            return self.database.snapshot(run).await;
        }
        match self.database.write(run).await {
            Err(error) if error.is_transient() => Ok(command.log_conflicts(documents).await),
            result => result,
        }
    }
}

impl ImportCommand<'_> {
    /// Rejects a document that could not be read. If the movie does not exist, only that is
    /// reported.
    async fn reject_unreadable(
        &self,
        transaction: &Transaction,
        request: &Request<'_>,
        problems: Vec<Problem>,
    ) -> Result<Outcome, CatalogError> {
        let Self { catalog, options, .. } = *self;
        let Request { movie, category, .. } = *request;
        let exists = !transaction.existing_movies(&[movie]).await?.is_empty();
        if !exists && !options.create_movie {
            let outcome = Outcome::no_movie(movie_not_found(movie));
            return self.log_without_plan(transaction, request, outcome).await;
        }
        let mut export = None;
        if let Some(category) = category.filter(|_| exists) {
            let stored =
                catalog.stored_document(transaction, movie, category, options.target).await?;
            export = Some(Export::as_stored(stored, movie, category, catalog.clock.now()));
        }
        self.log_without_plan(transaction, request, Outcome::rejected(problems, None, export)).await
    }
}

/// The values without repetitions, in order of first occurrence.
fn distinct<T: Copy + Eq + std::hash::Hash>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut seen = HashSet::new();
    values.filter(|value| seen.insert(*value)).collect()
}
