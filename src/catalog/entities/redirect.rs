//! Replaces person ids in published documents. Each document becomes a new revision, as with any
//! other change; names stay as credited. Used to merge entities and to split one.

use crate::catalog::access::Author;
use crate::catalog::import::{
    Content, ImportCommand, ImportOptions, IncomingDocument, Operation, Outcome, StoredState,
};
use crate::catalog::{Catalog, CatalogError};
use crate::document::read::envelope::SentMetadata;
use crate::document::references::{ItemReference, replace_entity_ids};
use crate::document::{Category, MovieId, Problem};
use crate::storage::{DocumentKey, Transaction};

/// Documents per batch.
const BATCH: usize = 50;

/// How to rewrite documents.
pub(super) struct Rewrite<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) author: &'a Author,
    pub(super) operation: Operation,
    pub(super) dry_run: bool,
    pub(super) override_locks: bool,
    /// The request as JSON, for the import log.
    pub(super) request: &'a str,
}

/// A rewritten document and its outcome.
#[derive(Debug)]
pub struct Rewritten {
    pub movie: MovieId,
    pub category: Category,
    pub outcome: Outcome,
}

impl Rewrite<'_> {
    /// Replaces the entity ids in the items of the documents: `new_id` returns the new id, or
    /// `None` to keep the id.
    pub(super) async fn run(
        &self,
        transaction: &Transaction,
        documents: &[DocumentKey],
        new_id: &(dyn Fn(ItemReference<'_>) -> Option<String> + Sync),
    ) -> Result<Vec<Rewritten>, CatalogError> {
        let options = ImportOptions {
            dry_run: self.dry_run,
            override_locks: self.override_locks,
            ..ImportOptions::default()
        };
        let Self { catalog, author, operation, .. } = *self;
        let command = ImportCommand { catalog, author, operation, options: &options, audit: None };
        let mut rewritten = Vec::with_capacity(documents.len());
        for keys in documents.chunks(BATCH) {
            let movies: Vec<&MovieId> = keys.iter().map(|(movie, _)| movie).collect();
            let mut documents = Vec::with_capacity(keys.len());
            for document in
                transaction.documents(&movies, &[Category::CastCrew, Category::Awards]).await?
            {
                let StoredState { document, mut data } = StoredState::of(document)?;
                if !keys.iter().any(|(movie, category)| {
                    *movie == document.movie && *category == document.category
                }) {
                    continue;
                }
                replace_entity_ids(document.category.definition().fields, &mut data, new_id);
                let (movie, category) = (document.movie, document.category);
                let (content, metadata) = (Content::Exact(data), SentMetadata::default());
                let document = IncomingDocument::from_catalogue(movie, category, content, metadata);
                documents.push(document.with_sent_text(self.request));
            }
            documents.sort_by(|a, b| (&a.movie, a.category).cmp(&(&b.movie, b.category)));
            let outcomes = command.import(transaction, &documents).await?;
            let results = documents.into_iter().zip(outcomes);
            rewritten.extend(results.map(
                |(IncomingDocument { movie, category, .. }, mut outcome)| {
                    // Callers show only the changes, and there may be many documents.
                    if let Some(export) = &mut outcome.export {
                        export.body = String::new();
                    }
                    Rewritten { movie, category, outcome }
                },
            ));
        }
        Ok(rewritten)
    }
}

/// The problems of all documents. Messages name the document.
pub(super) fn problems_of(rewritten: &[Rewritten]) -> Vec<Problem> {
    let of_document = |document: &Rewritten| {
        let Rewritten { movie, category, outcome } = document;
        let with_document = move |problem: &Problem| Problem {
            message: format!("{category} of {movie}: {}", problem.message),
            ..problem.clone()
        };
        outcome.problems.iter().map(with_document).collect::<Vec<_>>()
    };
    rewritten.iter().flat_map(of_document).collect()
}
