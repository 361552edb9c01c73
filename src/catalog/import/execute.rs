//! Collects the writes of a batch while it is planned, and applies them in its transaction:
//! documents, drafts, entities, resolutions and projections.

use ahash::{HashSet, HashSetExt as _};
use chrono::{DateTime, Utc};

use super::options::ImportStatus;
use super::states::StoredState;
use super::{Content, IncomingDocument, Outcome, distinct};
use crate::catalog::CatalogError;
use crate::catalog::export::Export;
use crate::document::plan::policy::Operation;
use crate::document::plan::{Plan, ResolutionToStore};
use crate::document::projection::{CreditRow, MovieFacts};
use crate::document::provenance::changed_targets;
use crate::document::resolve::MatchReason;
use crate::document::resolve::directory::Directory;
use crate::document::resolve::mentions::Mentions;
use crate::document::schema::entities::{EntityKind, NewEntity};
use crate::document::{Metadata, MovieId, Object};
use crate::storage::{NewContribution, NewState, ProjectionChange, StoredResolution, Transaction};

/// A planned change of one document, which is not written yet.
pub(super) struct PendingChange<'a> {
    pub(super) document: &'a IncomingDocument,
    pub(super) plan: Plan,
    /// The document's data as compact JSON.
    pub(super) body: String,
    pub(super) metadata: Metadata,
    pub(super) operation: Operation,
}

impl PendingChange<'_> {
    /// The export of the document after the change.
    fn export(&self) -> Export {
        Export {
            movie: self.document.movie.clone(),
            category: self.document.category,
            metadata: self.metadata.clone(),
            body: self.body.clone(),
            exported_at: self.metadata.last_updated.unwrap_or_default(),
        }
    }
}

/// The writes of a batch.
#[derive(Default)]
pub(super) struct PendingWrites {
    /// Movies to create if they do not exist.
    pub(super) movies: Vec<MovieId>,
    states: Vec<NewState>,
    contributions: Vec<NewContribution>,
    new_entities: Vec<NewEntity>,
    aliases: Vec<NewEntity>,
    resolutions: Vec<StoredResolution>,
    projections: Vec<ProjectionChange>,
    facts: Vec<(MovieId, MovieFacts)>,
    /// The entities that documents with [`Content::Exact`] name. They may have been merged since.
    exact_mentions: Mentions,
}

impl PendingWrites {
    /// Adds a change of a published document. `previous` is the published state before it.
    pub(super) fn add_publication(
        &mut self,
        change: PendingChange<'_>,
        previous: Option<&StoredState>,
        directory: &Directory,
    ) -> Outcome {
        let export = change.export();
        let PendingChange { document, plan, body, metadata, operation } = change;
        let definition = document.category.definition();
        if let Content::Exact(data) = &document.content {
            self.exact_mentions.collect(definition.fields, data);
        }
        self.movies.push(document.movie.clone());
        let after = (definition.project)(&plan.data, directory);
        let before = previous
            .map(|previous| (definition.project)(&previous.data, directory))
            .unwrap_or_default();
        if let Some(facts) = &after.movie {
            self.facts.push((document.movie.clone(), facts.clone()));
        }
        self.projections.push(ProjectionChange { movie: document.movie.clone(), before, after });
        self.new_entities.extend(plan.new_entities);
        self.aliases.extend(plan.new_aliases);
        self.states.push(NewState {
            movie: document.movie.clone(),
            category: document.category,
            metadata,
            body,
            is_empty: definition.is_empty(&plan.data),
            was_empty: previous.is_none_or(|previous| definition.is_empty(&previous.data)),
            operation,
        });
        Outcome::written(ImportStatus::Published, export, plan.report)
    }

    /// Adds resolutions to store for later imports.
    pub(super) fn add_resolutions(&mut self, movie: &MovieId, resolutions: &[ResolutionToStore]) {
        self.resolutions.extend(resolutions.iter().map(|resolution| StoredResolution {
            movie: (!resolution.everywhere).then(|| movie.to_string()),
            kind: resolution.kind,
            name_key: resolution.name_key.clone(),
            entity: resolution.entity.clone(),
        }));
    }

    /// Takes the resolutions; if there are several for one name, only the last.
    fn take_resolutions(&mut self) -> Vec<StoredResolution> {
        let mut seen = HashSet::new();
        let mut resolutions = std::mem::take(&mut self.resolutions);
        resolutions.reverse();
        resolutions.retain(|resolution| {
            seen.insert((resolution.movie.clone(), resolution.kind, resolution.name_key.clone()))
        });
        resolutions.reverse();
        resolutions
    }

    /// Adds a contribution to a draft. Its new entities are stored with it and created when the
    /// draft is published.
    pub(super) fn add_contribution(
        &mut self,
        change: PendingChange<'_>,
        (first_contribution, before): (Option<i64>, Option<&Object>),
    ) -> Outcome {
        let export = change.export();
        let PendingChange { document, plan, body, metadata, .. } = change;
        let definition = document.category.definition();
        let empty = definition.empty();
        let touched = changed_targets(definition, before.unwrap_or(&empty), &plan.data);
        let Plan { new_entities, generated_ids, report, resolutions, .. } = plan;
        // An entity that a resolution creates keeps its id; the id of any other new entity is
        // provisional.
        let by_resolution =
            report.matches.iter().filter(|found| found.reasons.contains(&MatchReason::Resolved));
        let resolved: HashSet<&String> =
            by_resolution.filter_map(|found| found.entity.as_ref()).collect();
        let generated_ids: HashSet<String> = generated_ids.into_iter().collect();
        self.contributions.push(NewContribution {
            movie: document.movie.clone(),
            category: document.category,
            first_contribution: first_contribution.or(metadata.draft_revision).unwrap_or(1),
            metadata,
            body,
            touched: touched.into_iter().collect(),
            resolutions,
            provisional_entities: new_entities
                .into_iter()
                .filter(|entity| {
                    generated_ids.contains(&entity.id) && !resolved.contains(&entity.id)
                })
                .collect(),
        });
        Outcome::written(ImportStatus::Drafted, export, report)
    }

    /// Whether entities or aliases are added.
    pub(super) fn has_new_names(&self) -> bool {
        !self.new_entities.is_empty() || !self.aliases.is_empty()
    }

    /// The number of names to add to the index.
    pub(super) const fn new_name_count(&self) -> usize {
        self.new_entities.len() + self.aliases.len()
    }

    /// The credits of the published document that was added last.
    pub(super) fn last_credits(&self) -> impl Iterator<Item = &CreditRow> {
        self.projections.last().into_iter().flat_map(|change| &change.after.credits)
    }

    /// Restores merged entities that a document with [`Content::Exact`] names: each becomes an
    /// entity of its own again.
    async fn restore_merged_entities(&self, transaction: &Transaction) -> Result<(), CatalogError> {
        for kind in EntityKind::ALL.iter().copied() {
            let named = self
                .exact_mentions
                .ids
                .keys()
                .filter(|(of, _)| *of == kind.as_str())
                .map(|(_, id)| id.as_str());
            let named: Vec<&str> = named.collect();
            if named.is_empty() || transaction.entity_redirects(kind, &named).await?.is_empty() {
                continue;
            }
            transaction.advisory_lock_entities().await?;
            // Another writer may have restored some before the advisory lock was granted.
            for (id, _) in transaction.entity_redirects(kind, &named).await? {
                transaction.restore_merged_entity(kind, &id).await?;
            }
        }
        Ok(())
    }

    /// Writes everything. `existing_movies` are the ids of the movies of the batch that exist, `by`
    /// is the name of the author.
    ///
    /// # Errors
    /// If storage fails. The transaction must then be rolled back.
    pub(super) async fn apply(
        mut self,
        transaction: &Transaction,
        existing_movies: &HashSet<String>,
        by: &str,
        now: DateTime<Utc>,
    ) -> Result<(), CatalogError> {
        let missing = distinct(self.movies.iter())
            .into_iter()
            .filter(|id| !existing_movies.contains(id.as_str()));
        let missing: Vec<_> = missing.collect();
        if !missing.is_empty() {
            transaction.create_movies(&missing, by, now).await?;
        }
        if !self.contributions.is_empty() {
            transaction.store_contributions(&self.contributions, now).await?;
        }
        let resolutions = self.take_resolutions();
        if !resolutions.is_empty() {
            transaction.store_resolutions(&resolutions, by, now).await?;
        }
        if self.states.is_empty() {
            return Ok(());
        }
        let movies = distinct(self.states.iter().map(|state| &state.movie));
        transaction.create_entities(&self.new_entities, now).await?;
        transaction.add_aliases(&self.aliases).await?;
        self.restore_merged_entities(transaction).await?;
        transaction.publish(&self.states).await?;
        transaction.update_projections(&self.projections).await?;
        let listed: HashSet<&MovieId> = self.facts.iter().map(|(movie, _)| movie).collect();
        let touched: Vec<&MovieId> =
            movies.iter().copied().filter(|movie| !listed.contains(*movie)).collect();
        let facts: Vec<_> =
            self.facts.iter().map(|(movie, facts)| (movie, facts.clone())).collect();
        transaction.update_movies(&facts, &touched, now).await?;
        Ok(())
    }
}
