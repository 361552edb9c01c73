//! What a batch writes: states, drafts, entities, projections, and what movies are listed by.

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use super::load::Current;
use super::load::distinct;
use super::options::ImportStatus;
use super::{Content, Outcome, Record};
use crate::catalog::CatalogError;
use crate::catalog::export::Export;
use crate::document::plan::{Plan, RememberedResolution};
use crate::document::projection::{CreditRow, MovieFacts};
use crate::document::provenance::changed_targets;
use crate::document::resolve::MatchReason;
use crate::document::resolve::directory::Directory;
use crate::document::resolve::mentions::Mentions;
use crate::document::schema::entities::{EntityKind, NewEntity};
use crate::document::{Metadata, MovieId, Object};
use crate::storage::{NewContribution, NewState, ProjectionChange, StoredResolution, Transaction};

/// A change of one document that is to be written.
pub(super) struct Change<'a> {
    pub(super) record: &'a Record,
    pub(super) plan: Plan,
    /// The document's data as compact JSON.
    pub(super) body: String,
    pub(super) metadata: Metadata,
}

impl Change<'_> {
    fn export(&self) -> Export {
        Export {
            movie: self.record.movie.clone(),
            category: self.record.category,
            metadata: self.metadata.clone(),
            body: self.body.clone(),
            exported_at: self.metadata.last_updated.unwrap_or_default(),
        }
    }
}

/// What a batch is going to write.
#[derive(Default)]
pub(super) struct Writes {
    /// Movies that must be there afterwards.
    pub(super) movies: Vec<MovieId>,
    states: Vec<NewState>,
    contributions: Vec<NewContribution>,
    new_entities: Vec<NewEntity>,
    aliases: Vec<NewEntity>,
    answers: Vec<StoredResolution>,
    projections: Vec<ProjectionChange>,
    facts: Vec<(MovieId, MovieFacts)>,
    /// Whom documents name that are written to the letter: nobody looked up who they are by now.
    named: Mentions,
}

impl Writes {
    pub(super) fn publish(
        &mut self,
        change: Change<'_>,
        previous: Option<&Current>,
        directory: &Directory,
    ) -> Outcome {
        let export = change.export();
        let Change { record, plan, body, metadata } = change;
        let definition = record.category.definition();
        if let Content::Exact(data) = &record.content {
            self.named.collect(definition.fields, data);
        }
        self.movies.push(record.movie.clone());
        let after = (definition.project)(&plan.data, directory);
        let before = previous
            .map(|previous| (definition.project)(&previous.data, directory))
            .unwrap_or_default();
        if let Some(facts) = &after.movie {
            self.facts.push((record.movie.clone(), facts.clone()));
        }
        self.projections.push(ProjectionChange { movie: record.movie.clone(), before, after });
        self.new_entities.extend(plan.new_entities);
        self.aliases.extend(plan.new_aliases);
        self.states.push(NewState {
            movie: record.movie.clone(),
            category: record.category,
            metadata,
            body,
            is_empty: definition.is_empty(&plan.data),
        });
        Outcome::done(ImportStatus::Published, export, plan.report)
    }

    /// Keeps the answers that a plan was made with, for the next import of the same names.
    pub(super) fn answer(&mut self, movie: &MovieId, answers: &[RememberedResolution]) {
        self.answers.extend(answers.iter().map(|answer| StoredResolution {
            movie: (!answer.everywhere).then(|| movie.to_string()),
            kind: answer.kind,
            name_key: answer.name_key.clone(),
            entity: answer.entity.clone(),
        }));
    }

    /// The answers to keep: of several for one name, the last.
    fn last_answers(&mut self) -> Vec<StoredResolution> {
        let mut seen = HashSet::new();
        let mut answers = std::mem::take(&mut self.answers);
        answers.reverse();
        answers.retain(|answer| {
            seen.insert((answer.movie.clone(), answer.kind, answer.name_key.clone()))
        });
        answers.reverse();
        answers
    }

    /// A draft leaves no trace outside of itself: whoever it names anew comes into the world when it is
    /// published.
    pub(super) fn draft(
        &mut self,
        change: Change<'_>,
        (first_contribution, before): (Option<i64>, Option<&Object>),
    ) -> Outcome {
        let export = change.export();
        let Change { record, plan, body, metadata } = change;
        let definition = record.category.definition();
        let empty = definition.empty();
        let touched = changed_targets(definition, before.unwrap_or(&empty), &plan.data);
        let Plan { new_entities, made_up, report, answers, .. } = plan;
        // Of whoever an answer says that they are somebody new, nobody asks again.
        let resolved =
            report.matches.iter().filter(|found| found.reasons.contains(&MatchReason::Resolved));
        let settled: HashSet<&String> =
            resolved.filter_map(|found| found.entity.as_ref()).collect();
        let made_up: HashSet<String> = made_up.into_iter().collect();
        self.contributions.push(NewContribution {
            movie: record.movie.clone(),
            category: record.category,
            first_contribution: first_contribution.or(metadata.draft_revision).unwrap_or(1),
            metadata,
            body,
            touched: touched.into_iter().collect(),
            answers,
            named: new_entities
                .into_iter()
                .filter(|entity| made_up.contains(&entity.id) && !settled.contains(&entity.id))
                .collect(),
        });
        Outcome::done(ImportStatus::Drafted, export, report)
    }

    /// Whether anybody is made, or called by a new name.
    pub(super) fn names_anew(&self) -> bool {
        !self.new_entities.is_empty() || !self.aliases.is_empty()
    }

    /// How many names are to be indexed.
    pub(super) const fn new_names(&self) -> usize {
        self.new_entities.len() + self.aliases.len()
    }

    /// The credits of the document that was added last.
    pub(super) fn credited_last(&self) -> impl Iterator<Item = &CreditRow> {
        self.projections.last().into_iter().flat_map(|change| &change.after.credits)
    }

    /// Whoever was merged into someone, and is named again by a revision that came back, is someone of
    /// their own again.
    async fn bring_back(&self, transaction: &Transaction) -> Result<(), CatalogError> {
        for kind in EntityKind::ALL.iter().copied() {
            let named = self
                .named
                .ids
                .keys()
                .filter(|(of, _)| *of == kind.as_str())
                .map(|(_, id)| id.as_str());
            let named: Vec<&str> = named.collect();
            if named.is_empty() || transaction.entity_redirects(kind, &named).await?.is_empty() {
                continue;
            }
            transaction.advisory_lock_entities().await?;
            // Someone may have brought them back in between.
            for (id, _) in transaction.entity_redirects(kind, &named).await? {
                transaction.restore_merged_entity(kind, &id).await?;
            }
        }
        Ok(())
    }

    pub(super) async fn apply(
        mut self,
        transaction: &Transaction,
        existing: &HashSet<String>,
        by: &str,
        now: DateTime<Utc>,
    ) -> Result<(), CatalogError> {
        let missing =
            distinct(self.movies.iter()).into_iter().filter(|id| !existing.contains(id.as_str()));
        transaction.create_movies(&missing.collect::<Vec<_>>(), now).await?;
        if !self.contributions.is_empty() {
            transaction.store_contributions(&self.contributions, now).await?;
        }
        let answers = self.last_answers();
        if !answers.is_empty() {
            transaction.store_resolutions(&answers, by, now).await?;
        }
        if self.states.is_empty() {
            return Ok(());
        }
        let movies = distinct(self.states.iter().map(|state| &state.movie));
        transaction.create_entities(&self.new_entities, now).await?;
        transaction.add_aliases(&self.aliases).await?;
        self.bring_back(transaction).await?;
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
