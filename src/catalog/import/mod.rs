//! Import: read a document, plan what it changes, and carry the plan out in one transaction. The
//! steps stand in their order in [`pipeline`].

mod command;
mod execute;
mod idempotency;
mod incoming;
mod load;
mod log;
mod options;
mod outcome;
mod pipeline;
mod planning;

use std::sync::Arc;

pub(in crate::catalog) use command::ImportCommand;
pub(in crate::catalog) use idempotency::Request;
pub(in crate::catalog) use incoming::Content;
pub use incoming::{Incoming, Record};
pub(in crate::catalog) use load::Current;
pub(in crate::catalog) use log::KeptTexts;
pub use options::{ImportOptions, ImportStatus};
pub use outcome::Outcome;
pub(in crate::catalog) use outcome::{no_draft, no_such_movie};

use super::access::{CanImport, CanPublish};
use super::export::Export;
use super::work::compute;
use super::{Catalog, CatalogError};
use crate::document::budget::WorkBudget;
pub use crate::document::plan::policy::Operation;
use crate::document::{Category, MovieId, Object, Problem, Stage};
use crate::storage::Transaction;
use incoming::{Read, Refused};

impl Catalog {
    /// Imports one document of a movie that must exist.
    ///
    /// # Errors
    /// When storage fails, and when the document takes more work than is allowed. What is wrong
    /// with the document or its target is part of the outcome.
    pub async fn import(
        &self,
        permission: &CanImport,
        movie: &MovieId,
        incoming: Incoming,
    ) -> Result<Outcome, CatalogError> {
        let (permission, movie) = (permission.clone(), movie.clone());
        let (bytes, options) = (incoming.bytes(), permission.options.parsing());
        let (of_movie, again) = (movie.clone(), incoming.clone());
        let mut read =
            compute(bytes, move |budget| incoming.read(&of_movie, None, options, budget)).await?;
        if let Err((Refused { unresolved: Some(category), .. }, _)) = read.record
            && let Some(stored) = self.data_of(&movie, category, permission.options.target).await?
        {
            let of_movie = movie.clone();
            let reading = move |budget: &WorkBudget<'_>| {
                again.read(&of_movie, Some(&stored), options, budget)
            };
            read = compute(bytes, reading).await?;
        }
        let read = Arc::new(read);
        self.run_within_budget(bytes, move |catalog| {
            let (permission, movie) = (permission.clone(), movie.clone());
            let read = Arc::clone(&read);
            async move { catalog.import_read(&permission, &movie, &read).await }
        })
        .await
    }

    async fn import_read(
        &self,
        permission: &CanImport,
        movie: &MovieId,
        read: &Read,
    ) -> Result<Outcome, CatalogError> {
        let CanImport { author, options } = permission;
        let operation = Operation::Import;
        let command = ImportCommand { catalog: self, author, operation, options };
        let (category, sent) = (read.category, Some(read.sent()));
        let request = Request { movie, category, sent, revision: None };
        let (command, request) = (&command, &request);
        match &read.record {
            Ok(document) => {
                command
                    .run_once(request, |transaction| async move {
                        let documents = std::slice::from_ref(document);
                        Ok(command.import(&transaction, documents).await?.remove(0))
                    })
                    .await
            }
            Err((refused, _)) => {
                command
                    .run_once(request, |transaction| {
                        let problems = refused.problems.clone();
                        async move { command.reject_unread(&transaction, request, problems).await }
                    })
                    .await
            }
        }
    }

    /// The data of a document as it stands, to tell what of a text was quoted from it.
    async fn data_of(
        &self,
        movie: &MovieId,
        category: Category,
        stage: Stage,
    ) -> Result<Option<Object>, CatalogError> {
        let stored = self.database.snapshot(|transaction| async move {
            self.stored(&transaction, movie, category, stage).await
        });
        let Some(stored) = stored.await? else { return Ok(None) };
        Ok(Some(serde_json::from_str(&stored.body)?))
    }

    /// A document as it stands: the draft if there is one and it is asked for, else what is published.
    pub(super) async fn stored(
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

    /// Imports documents, each of another movie or category, in one transaction. A rejected one
    /// does not keep the others out.
    ///
    /// # Errors
    /// When storage fails; then nothing is written.
    pub async fn import_batch(
        &self,
        permission: &CanPublish,
        documents: &[Record],
        options: &ImportOptions,
    ) -> Result<Vec<Outcome>, CatalogError> {
        let (author, operation) = (&permission.author, Operation::Import);
        let command = ImportCommand { catalog: self, author, operation, options };
        let run = |transaction: Arc<Transaction>| async move {
            command.import(&transaction, documents).await
        };
        if options.dry_run {
            self.database.snapshot(run).await
        } else {
            self.database.write(run).await
        }
    }
}

impl ImportCommand<'_> {
    /// Rejects a document that could not be read. A movie that does not exist is reported before
    /// what is wrong with the document.
    async fn reject_unread(
        &self,
        transaction: &Transaction,
        request: &Request<'_>,
        problems: Vec<Problem>,
    ) -> Result<Outcome, CatalogError> {
        let Self { catalog, options, .. } = *self;
        let Request { movie, category, .. } = *request;
        let exists = !transaction.existing_movies(&[movie]).await?.is_empty();
        if !exists && !options.create_movie {
            let outcome = Outcome::no_movie(no_such_movie(movie));
            return self.refuse(transaction, request, outcome).await;
        }
        let mut export = None;
        if let Some(category) = category.filter(|_| exists) {
            let stored = catalog.stored(transaction, movie, category, options.target).await?;
            export = Some(Export::as_stored(stored, movie, category, catalog.clock.now()));
        }
        self.refuse(transaction, request, Outcome::rejected(problems, None, export)).await
    }
}
