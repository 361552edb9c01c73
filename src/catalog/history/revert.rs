//! Reverts a document: publishes the content of an old revision as a new one. The history is never
//! changed.

use std::sync::Arc;

use crate::catalog::access::CanPublish;
use crate::catalog::drafts::publish::PublishOptions;
use crate::catalog::import::{
    Content, Current, ImportCommand, ImportOptions, Operation, Outcome, Record, Request,
    no_such_movie,
};
use crate::catalog::{Catalog, CatalogError};
use crate::document::read::envelope::SentMetadata;
use crate::document::{Category, MovieId, Problem, ProblemCode, Source, Stage};
use crate::storage::Transaction;

impl Catalog {
    /// Publishes the content of an old revision as a new revision. Revision 0 is the empty
    /// document.
    ///
    /// # Errors
    /// When storage fails. Problems and conflicts are part of the outcome.
    pub async fn revert(
        &self,
        permission: &CanPublish,
        movie: &MovieId,
        category: Category,
        revision: i64,
        options: &PublishOptions,
    ) -> Result<Outcome, CatalogError> {
        let author = &permission.author;
        let options = &ImportOptions { revision: Some(revision), ..options.as_import() };
        let operation = Operation::Revert;
        let command = ImportCommand { catalog: self, author, operation, options };
        let request = Request { revision: Some(revision), ..Request::about(movie, category) };
        let (command, request) = (&command, &request);
        let bring_back = |transaction: Arc<Transaction>| async move {
            if !options.dry_run {
                transaction.advisory_lock_movies(&[movie]).await?;
            }
            let Some(state) = self.past_revision(&transaction, movie, category, revision).await?
            else {
                let outcome =
                    self.no_such_revision(&transaction, movie, category, revision).await?;
                return command.refuse(&transaction, request, outcome).await;
            };
            // The values keep the source that they had in the old revision.
            let options =
                ImportOptions { source: Some(state.document.metadata.source), ..options.clone() };
            let content = Content::Exact(state.data);
            let metadata = SentMetadata::default();
            let record = Record::of_catalogue(movie.clone(), category, content, metadata);
            let command = ImportCommand { options: &options, ..*command };
            Ok(command.import(&transaction, &[record]).await?.remove(0))
        };
        command.run_once(request, bring_back).await
    }

    async fn past_revision(
        &self,
        transaction: &Transaction,
        movie: &MovieId,
        category: Category,
        revision: i64,
    ) -> Result<Option<Current>, CatalogError> {
        if revision == 0 {
            let mut empty = Current::never_written(movie, category);
            empty.document.metadata.source = Source::Manual;
            return Ok(Some(empty));
        }
        self.published_at(transaction, movie, category, revision)
            .await?
            .map(Current::of)
            .transpose()
    }

    async fn no_such_revision(
        &self,
        transaction: &Transaction,
        movie: &MovieId,
        category: Category,
        revision: i64,
    ) -> Result<Outcome, CatalogError> {
        if transaction.existing_movies(&[movie]).await?.is_empty() {
            return Ok(Outcome::no_movie(no_such_movie(movie)));
        }
        let stored = self.stored(transaction, movie, category, Stage::Published).await?;
        let export =
            crate::catalog::export::Export::as_stored(stored, movie, category, self.clock.now());
        let newest = export.metadata.revision;
        let message = format!(
            "there is no revision {revision} of {category} of {movie}; the newest is {newest}"
        );
        let problem = Problem::new("/revision", ProblemCode::NotFound, message);
        Ok(Outcome::rejected(vec![problem], None, Some(export)))
    }
}
