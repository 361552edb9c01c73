//! Documents that name someone by another id: each becomes a new revision, as by any other change, and no
//! name in it changes.

use crate::catalog::access::Author;
use crate::catalog::import::{
    Content, Current, ImportCommand, ImportOptions, Operation, Outcome, Record,
};
use crate::catalog::{Catalog, CatalogError};
use crate::document::read::envelope::SentMetadata;
use crate::document::references::{Reference, replace_entity_ids};
use crate::document::{Category, MovieId, Problem};
use crate::storage::{DocumentKey, Transaction};

/// Documents that are held at once.
const AT_ONCE: usize = 50;

/// How documents are to be rewritten.
pub(super) struct Rewrite<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) author: &'a Author,
    pub(super) operation: Operation,
    pub(super) dry_run: bool,
    pub(super) override_locks: bool,
    /// What was asked for, for the records.
    pub(super) request: &'a str,
}

/// A document, and what becomes of it.
#[derive(Debug)]
pub struct Rewritten {
    pub movie: MovieId,
    pub category: Category,
    pub outcome: Outcome,
}

impl Rewrite<'_> {
    /// Gives whom the items of those documents name the ids that `other` says.
    pub(super) async fn run(
        &self,
        transaction: &Transaction,
        documents: &[DocumentKey],
        other: &(dyn Fn(Reference<'_>) -> Option<String> + Sync),
    ) -> Result<Vec<Rewritten>, CatalogError> {
        let options = ImportOptions {
            dry_run: self.dry_run,
            override_locks: self.override_locks,
            ..ImportOptions::default()
        };
        let Self { catalog, author, operation, .. } = *self;
        let command = ImportCommand { catalog, author, operation, options: &options };
        let mut rewritten = Vec::with_capacity(documents.len());
        for keys in documents.chunks(AT_ONCE) {
            let movies: Vec<&MovieId> = keys.iter().map(|(movie, _)| movie).collect();
            let mut records = Vec::with_capacity(keys.len());
            for document in
                transaction.documents(&movies, &[Category::CastCrew, Category::Awards]).await?
            {
                let Current { document, mut data } = Current::of(document)?;
                if !keys.iter().any(|(movie, category)| {
                    *movie == document.movie && *category == document.category
                }) {
                    continue;
                }
                replace_entity_ids(document.category.definition().fields, &mut data, other);
                let (movie, category) = (document.movie, document.category);
                let (content, metadata) = (Content::Exact(data), SentMetadata::default());
                let record = Record::of_catalogue(movie, category, content, metadata);
                records.push(record.with_sent(self.request));
            }
            records.sort_by(|a, b| (&a.movie, a.category).cmp(&(&b.movie, b.category)));
            let outcomes = command.import(transaction, &records).await?;
            let done = records.into_iter().zip(outcomes);
            rewritten.extend(done.map(|(Record { movie, category, .. }, mut outcome)| {
                // Only what changed is shown, and there may be many.
                if let Some(export) = &mut outcome.export {
                    export.body = String::new();
                }
                Rewritten { movie, category, outcome }
            }));
        }
        Ok(rewritten)
    }
}

/// What speaks against it, in any of the documents.
pub(super) fn problems_of(rewritten: &[Rewritten]) -> Vec<Problem> {
    let of_document = |done: &Rewritten| {
        let Rewritten { movie, category, outcome } = done;
        let name = move |problem: &Problem| Problem {
            message: format!("{category} of {movie}: {}", problem.message),
            ..problem.clone()
        };
        outcome.problems.iter().map(name).collect::<Vec<_>>()
    };
    rewritten.iter().flat_map(of_document).collect()
}
