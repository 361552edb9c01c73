//! What a batch writes: states, entities, projections, and what movies are listed by.

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use super::batch::{Current, distinct};
use super::{ImportStatus, Outcome, Record};
use crate::catalog::CatalogError;
use crate::catalog::export::Export;
use crate::document::entity::{Directory, NewEntity};
use crate::document::plan::Plan;
use crate::document::projection::{CreditRow, MovieFacts};
use crate::document::{Metadata, MovieId};
use crate::storage::{NewState, ProjectionChange, Transaction};

/// What a batch is going to write.
#[derive(Default)]
pub(super) struct Writes {
    /// Movies that must be there afterwards.
    pub(super) movies: Vec<MovieId>,
    states: Vec<NewState>,
    pub(super) new_entities: Vec<NewEntity>,
    projections: Vec<ProjectionChange>,
    facts: Vec<(MovieId, MovieFacts)>,
}

impl Writes {
    pub(super) fn add(
        &mut self,
        record: &Record,
        plan: Plan,
        body: String,
        previous: Option<&Current>,
        metadata: Metadata,
        directory: &Directory,
    ) -> Outcome {
        let definition = record.category.definition();
        self.movies.push(record.movie.clone());
        let after = (definition.project)(&plan.data, directory);
        let before = previous.map(|previous| (definition.project)(&previous.data, directory)).unwrap_or_default();
        if let Some(facts) = &after.movie {
            self.facts.push((record.movie.clone(), facts.clone()));
        }
        self.projections.push(ProjectionChange { movie: record.movie.clone(), before, after });
        self.new_entities.extend(plan.new_entities);
        let export = Export {
            movie: record.movie.clone(),
            category: record.category,
            metadata: metadata.clone(),
            body: body.clone(),
            exported_at: metadata.last_updated.unwrap_or_default(),
        };
        self.states.push(NewState {
            movie: record.movie.clone(),
            category: record.category,
            metadata,
            body,
            is_empty: definition.is_empty(&plan.data),
            previous: previous.map(|previous| previous.document.clone()),
        });
        Outcome {
            status: ImportStatus::Published,
            export: Some(export),
            changes: plan.changes,
            warnings: plan.warnings,
            problems: Vec::new(),
            was_read: true,
        }
    }

    /// The credits of the document that was added last.
    pub(super) fn credited_last(&self) -> impl Iterator<Item = &CreditRow> {
        self.projections.last().into_iter().flat_map(|change| &change.after.credits)
    }

    pub(super) async fn apply(
        self,
        transaction: &Transaction,
        existing: &HashSet<String>,
        now: DateTime<Utc>,
    ) -> Result<(), CatalogError> {
        let missing = distinct(self.movies.iter()).into_iter().filter(|id| !existing.contains(id.as_str()));
        transaction.create_movies(&missing.collect::<Vec<_>>(), now).await?;
        if self.states.is_empty() {
            return Ok(());
        }
        let movies = distinct(self.states.iter().map(|state| &state.movie));
        transaction.create_entities(&self.new_entities, now).await?;
        transaction.publish(&self.states).await?;
        transaction.project(&self.projections).await?;
        let listed: HashSet<&MovieId> = self.facts.iter().map(|(movie, _)| movie).collect();
        let touched: Vec<&MovieId> = movies.iter().copied().filter(|movie| !listed.contains(*movie)).collect();
        let facts: Vec<_> = self.facts.iter().map(|(movie, facts)| (movie, facts.clone())).collect();
        transaction.update_movies(&facts, &touched, now).await?;
        Ok(())
    }
}
