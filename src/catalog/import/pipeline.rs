//! The steps of an import in their order, after reading (see `incoming`): load, resolve, align,
//! merge, plan, execute, log.

use super::command::ImportCommand;
use super::{IncomingDocument, Outcome, distinct};
use crate::catalog::CatalogError;
use crate::document::MovieId;
use crate::storage::Transaction;

impl ImportCommand<'_> {
    /// Imports documents in one transaction. No two of them may have the same movie and category.
    /// A rejected document does not affect the others. Returns one outcome per document, in order.
    ///
    /// # Errors
    /// If storage fails, or if planning exceeds the work budget. Then nothing is written.
    pub(in crate::catalog) async fn import(
        &self,
        transaction: &Transaction,
        documents: &[IncomingDocument],
    ) -> Result<Vec<Outcome>, CatalogError> {
        let catalog = self.catalog;
        let now = catalog.clock.now();
        let movies: Vec<&MovieId> = distinct(documents.iter().map(|document| &document.movie));
        if !self.options.dry_run {
            transaction.advisory_lock_movies(&movies).await?;
        }

        // Load the stored states of the documents and the entities that they may name.
        let mut loaded = self.load(transaction, documents, &movies).await?;
        let entities = self.load_entities(transaction, documents, &mut loaded, now).await?;

        // Resolve, align, merge and plan: no I/O.
        let (mut outcomes, mut writes) = self.plan(documents, &loaded, entities, now)?;
        catalog.work.admit(0, writes.new_name_count())?;
        if self.options.dry_run {
            return Ok(outcomes);
        }
        if writes.has_new_names() && transaction.advisory_lock_entities().await? {
            // Another writer may have created the same entities before the advisory lock was
            // granted.
            let entities = self.load_entities(transaction, documents, &mut loaded, now).await?;
            (outcomes, writes) = self.plan(documents, &loaded, entities, now)?;
        }

        // Execute: write documents, revisions, entities and projections, then the import log.
        writes.apply(transaction, &loaded.existing_movies, &self.author.name, now).await?;
        self.log(transaction, documents, &mut outcomes, now).await?;
        Ok(outcomes)
    }
}
