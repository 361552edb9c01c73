//! Reverts a document: publishes the content of an earlier revision as a new one. The history does
//! not change.

use std::sync::Arc;

use crate::catalog::access::CanPublish;
use crate::catalog::audit::AuditOperation;
use crate::catalog::drafts::publish::PublishOptions;
use crate::catalog::export::Export;
use crate::catalog::import::{
    Content, ImportCommand, ImportOptions, IncomingDocument, Operation, Outcome, Request,
    StoredState, movie_not_found,
};
use crate::catalog::{Catalog, CatalogError};
use crate::document::read::envelope::SentMetadata;
use crate::document::{Category, MovieId, Problem, ProblemCode, Source, Stage};
use crate::storage::Transaction;

/// A request to revert a document to this revision.
const fn revert_request(movie: &MovieId, category: Category, revision: i64) -> Request<'_> {
    Request { revision: Some(revision), ..Request::for_document(movie, category) }
}

impl ImportCommand<'_> {
    /// Publishes the content of an earlier revision of a document as a new revision.
    ///
    /// # Errors
    /// If storage fails. Problems are part of the outcome.
    pub(in crate::catalog) async fn revert_document(
        &self,
        transaction: &Transaction,
        movie: &MovieId,
        category: Category,
        revision: i64,
    ) -> Result<Outcome, CatalogError> {
        let Self { catalog, options, .. } = *self;
        if !options.dry_run {
            transaction.advisory_lock_movies(&[movie]).await?;
        }
        let Some(state) = catalog.past_revision(transaction, movie, category, revision).await?
        else {
            let outcome =
                catalog.missing_revision_outcome(transaction, movie, category, revision).await?;
            let request = revert_request(movie, category, revision);
            return self.log_without_plan(transaction, &request, outcome).await;
        };
        // The values keep the source of the earlier revision.
        let options =
            ImportOptions { source: Some(state.document.metadata.source), ..options.clone() };
        let content = Content::Exact(state.data);
        let metadata = SentMetadata::default();
        let document = IncomingDocument::from_catalogue(movie.clone(), category, content, metadata);
        let command = ImportCommand { options: &options, ..*self };
        Ok(command.import(transaction, &[document]).await?.remove(0))
    }
}

impl Catalog {
    /// Publishes the content of an earlier revision as a new revision. Revision 0 is the empty
    /// document.
    ///
    /// # Errors
    /// If storage fails. Problems are part of the outcome.
    pub async fn revert(
        &self,
        permission: &CanPublish,
        movie: &MovieId,
        category: Category,
        revision: i64,
        options: &PublishOptions,
    ) -> Result<Outcome, CatalogError> {
        let author = &permission.author;
        let options = &ImportOptions { revision: Some(revision), ..options.import_options() };
        let operation = Operation::Revert;
        let audit = Some(AuditOperation::RevertCategory);
        let command = ImportCommand { catalog: self, author, operation, options, audit };
        let request = &revert_request(movie, category, revision);
        let command = &command;
        let revert = |transaction: Arc<Transaction>| async move {
            command.revert_document(&transaction, movie, category, revision).await
        };
        command.run_once(request, revert).await
    }

    /// The state of a revision; `None` if there is no such revision.
    async fn past_revision(
        &self,
        transaction: &Transaction,
        movie: &MovieId,
        category: Category,
        revision: i64,
    ) -> Result<Option<StoredState>, CatalogError> {
        if revision == 0 {
            let mut empty = StoredState::never_written(movie, category);
            empty.document.metadata.source = Source::Manual;
            return Ok(Some(empty));
        }
        self.published_revision(transaction, movie, category, revision)
            .await?
            .map(StoredState::of)
            .transpose()
    }

    /// The outcome of a request for a revision that does not exist.
    async fn missing_revision_outcome(
        &self,
        transaction: &Transaction,
        movie: &MovieId,
        category: Category,
        revision: i64,
    ) -> Result<Outcome, CatalogError> {
        if transaction.existing_movies(&[movie]).await?.is_empty() {
            return Ok(Outcome::no_movie(movie_not_found(movie)));
        }
        let stored = self.stored_document(transaction, movie, category, Stage::Published).await?;
        let export = Export::as_stored(stored, movie, category, self.clock.now());
        let newest = export.metadata.revision;
        let message = format!(
            "there is no revision {revision} of {category} of {movie}; the newest is {newest}"
        );
        let problem = Problem::new("/revision", ProblemCode::NotFound, message);
        Ok(Outcome::rejected(vec![problem], None, Some(export)))
    }
}
