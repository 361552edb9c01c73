//! Planning and writing documents together: what they are planned from is read once for all of
//! them, and what they change is written at once.

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use super::base::Base;
use super::execute::{Change, Writes};
use super::load::{Current, Loaded};
use super::options::{ImportOptions, ImportStatus, Operation};
use super::{Content, Outcome, Record, no_draft, no_such_movie};
use crate::catalog::access::Author;
use crate::catalog::export::Export;
use crate::catalog::{Catalog, CatalogError};
use crate::document::budget::{Stopped, WorkBudget};
use crate::document::entity::Directory;
use crate::document::merge::Proposal;
use crate::document::plan::locks::LockRule;
use crate::document::plan::{Plan, Restoration, plan, restore, settle};
use crate::document::read::parse::Reading;
use crate::document::resolve::given_ids::IdTrust;
use crate::document::{Metadata, MovieId, Object, Problem, ProblemCode, Source, Stage};
use crate::storage::Transaction;

/// Documents that are imported in one transaction.
pub(in crate::catalog) struct Batch<'a> {
    pub(in crate::catalog) catalog: &'a Catalog,
    pub(in crate::catalog) author: &'a Author,
    pub(in crate::catalog) options: &'a ImportOptions,
    pub(in crate::catalog) operation: Operation,
    pub(in crate::catalog) create_movies: bool,
}

/// Most bytes of a stored document: its export, indented or not, must be small enough to import.
const MAX_STORED: usize = 8 * 1024 * 1024;

impl Batch<'_> {
    pub(in crate::catalog) async fn run(
        &self,
        transaction: &Transaction,
        records: &[Record],
    ) -> Result<Vec<Outcome>, CatalogError> {
        let now = self.catalog.clock.now();
        let movies: Vec<&MovieId> = distinct(records.iter().map(|record| &record.movie));
        let writes_anything = !self.options.dry_run;
        if writes_anything {
            transaction.advisory_lock_movies(&movies).await?;
        }
        let mut loaded = self.load(transaction, records, &movies).await?;
        let directory = self.directory(transaction, records, &loaded, now).await?;
        loaded.follow(&directory);
        let (mut outcomes, mut writes) = self.plan(records, &loaded, directory, now)?;
        self.catalog.work.admit(0, writes.new_names())?;
        if !writes_anything {
            return Ok(outcomes);
        }
        if writes.names_anew() && transaction.advisory_lock_entities().await? {
            // Someone may have made the same ones in between.
            let directory = self.directory(transaction, records, &loaded, now).await?;
            (outcomes, writes) = self.plan(records, &loaded, directory, now)?;
        }
        writes.apply(transaction, &loaded.existing, &self.author.name, now).await?;
        self.record(transaction, records, &mut outcomes, now).await?;
        Ok(outcomes)
    }

    /// Plans every record; pure, so that it can be done again.
    fn plan(
        &self,
        records: &[Record],
        loaded: &Loaded,
        mut directory: Directory,
        now: DateTime<Utc>,
    ) -> Result<(Vec<Outcome>, Writes), CatalogError> {
        let mut outcomes = Vec::with_capacity(records.len());
        let mut writes = Writes::default();
        let mut credited = loaded.credited.clone();
        let budget = self.catalog.work.budget();
        for record in records {
            let is_there = loaded.existing.contains(record.movie.as_str());
            let creates = self.options.create_movie
                || (self.create_movies && self.options.target == Stage::Published);
            if !creates && !is_there {
                outcomes.push(Outcome::no_movie(no_such_movie(&record.movie)));
                continue;
            }
            let mut task = Task { batch: self, record, loaded, now };
            if self.options.needs_draft && !loaded.drafts.contains_key(&record.key()) {
                let problem = no_draft(&record.movie, record.category);
                outcomes.push(Outcome::rejected(vec![problem], None, Some(task.as_it_is())));
                continue;
            }
            let credited_here = credited.entry(record.movie.to_string()).or_default();
            let plan = task.plan(&directory, credited_here, &budget)?;
            let (status, plan) = match task.judge(plan) {
                Ok(judged) => judged,
                Err(mut outcome) => {
                    outcome.export = is_there.then(|| task.as_it_is());
                    outcomes.push(*outcome);
                    continue;
                }
            };
            let place = format!("{} of {}", record.category, record.movie);
            for entity in plan.new_entities.iter().filter(|new| !plan.made_up.contains(&new.id)) {
                directory.known_ids_mut().introduce(entity, &place);
            }
            // A draft leaves no trace outside of itself; what is answered there, it keeps until it is published.
            if self.options.target == Stage::Published {
                writes.answer(&record.movie, &plan.answers);
            }
            if !matches!(status, ImportStatus::Published | ImportStatus::Drafted) {
                // An empty document of a movie that is not there still names the movie.
                writes.movies.push(record.movie.clone());
                let export = is_there
                    .then(|| task.as_it_is())
                    .or_else(|| (!self.options.dry_run).then(|| task.as_it_is()));
                outcomes.push(Outcome {
                    status,
                    export,
                    plan: Some(plan.report),
                    problems: Vec::new(),
                    import_id: None,
                });
                continue;
            }
            let body = serde_json::to_string(&plan.data)?;
            if body.len() > MAX_STORED {
                let message = format!(
                    "the document would have {} bytes; at most {MAX_STORED} are stored, so that its export can be imported",
                    body.len()
                );
                let problem = Problem::new("", ProblemCode::TooLong, message);
                outcomes.push(Outcome::rejected(
                    vec![problem],
                    Some(plan.report),
                    is_there.then(|| task.as_it_is()),
                ));
                continue;
            }
            let change = task.change(body, plan);
            if status == ImportStatus::Drafted {
                if !is_there {
                    writes.movies.push(record.movie.clone());
                }
                outcomes.push(writes.draft(change, task.draft()));
                continue;
            }
            for entity in &change.plan.new_entities {
                directory.add_for_next(entity);
            }
            for alias in &change.plan.new_aliases {
                directory.add_alias(alias);
            }
            outcomes.push(writes.publish(change, loaded.published.get(&record.key()), &directory));
            // Credits that come in the same batch count as well.
            let people = writes.credited_last().map(|credit| credit.person_id.clone());
            credited.entry(record.movie.to_string()).or_default().extend(people);
        }
        Ok((outcomes, writes))
    }
}

/// What a document is planned with, beside itself.
struct Surroundings<'a> {
    directory: &'a Directory,
    credited: &'a HashSet<String>,
    budget: &'a WorkBudget<'a>,
}

/// One record on its way.
pub(super) struct Task<'a> {
    pub(super) batch: &'a Batch<'a>,
    pub(super) record: &'a Record,
    pub(super) loaded: &'a Loaded,
    pub(super) now: DateTime<Utc>,
}

impl Task<'_> {
    fn current(&self) -> Option<&Current> {
        self.loaded.current(&self.record.key(), self.batch.options.target)
    }

    /// The document as it stands.
    fn as_it_is(&self) -> Export {
        let stored = self.current().map(|current| current.document.clone());
        Export::as_stored(stored, &self.record.movie, self.record.category, self.now)
    }

    /// The state that the document was made from, if it is known.
    fn base(&self) -> Option<&Current> {
        let key = self.record.key();
        match self.batch.base_of(self.record, self.loaded) {
            Base::Unsaid | Base::Unknown => None,
            Base::Published => self.loaded.published.get(&key),
            Base::Draft => self.loaded.drafts.get(&key).map(|draft| &draft.current),
            Base::Empty | Base::Revision(_) | Base::Contribution(_) => self.loaded.bases.get(&key),
        }
    }

    fn plan(
        &self,
        directory: &Directory,
        credited: &HashSet<String>,
        budget: &WorkBudget<'_>,
    ) -> Result<Plan, Stopped> {
        let Self { batch, record, .. } = self;
        let definition = record.category.definition();
        match &record.content {
            Content::Exact(data) => Ok(restore(&Restoration {
                definition,
                movie: &record.movie,
                current: self.current().map_or(&definition.empty(), |current| &current.data),
                data,
                locks: self.locks(),
                lock_rule: self.lock_rule(self.source()),
            })),
            Content::Merge(reading) => {
                let surroundings = Surroundings { directory, credited, budget };
                let mut plan = self.with_proposal(reading, &surroundings, |proposal| {
                    plan(proposal, &*batch.catalog.ids)
                })?;
                self.check_base(self.base(), &mut plan);
                Ok(plan)
            }
        }
    }

    /// What arrived as it is understood with the ids and names that are known: `None` if that is what
    /// was read.
    pub(super) fn settled(
        &self,
        directory: &Directory,
        credited: &HashSet<String>,
        budget: &WorkBudget<'_>,
    ) -> Option<Reading> {
        let Content::Merge(reading) = &self.record.content else { return None };
        if self.id_trust() == IdTrust::Given {
            return None;
        }
        let surroundings = Surroundings { directory, credited, budget };
        self.with_proposal(reading, &surroundings, settle).map(|(reading, _)| reading)
    }

    /// Does something with the proposal to merge what arrived into what is stored.
    fn with_proposal<T>(
        &self,
        arriving: &Reading,
        surroundings: &Surroundings<'_>,
        act: impl FnOnce(&Proposal<'_>) -> T,
    ) -> T {
        let Self { batch, record, loaded, .. } = self;
        let Surroundings { directory, credited, budget } = *surroundings;
        let definition = record.category.definition();
        let (empty, no_stand_ins) = (definition.empty(), HashSet::new());
        let source = self.source();
        act(&Proposal {
            definition,
            movie: &record.movie,
            stage: batch.options.target,
            arriving,
            current: self.current().map_or(&empty, |current| &current.data),
            base: self.base().map(|base| &base.data),
            source,
            id_trust: self.id_trust(),
            mode: batch.options.mode,
            nulls: batch.options.nulls,
            on_conflict: batch.options.on_conflict,
            remove_items: &batch.options.remove_items,
            locks: self.locks(),
            lock_rule: self.lock_rule(source),
            directory,
            credited,
            resolutions: &batch.options.resolutions,
            stand_ins: loaded.stand_ins.get(&record.key()).unwrap_or(&no_stand_ins),
            budget,
        })
    }

    /// What is locked.
    fn locks(&self) -> &[String] {
        self.loaded.locks.get(&self.record.key()).map_or(&[], Vec::as_slice)
    }

    /// What came of planning, before anything is written: the plan and what it comes to, or the
    /// rejection.
    fn judge(&mut self, mut plan: Plan) -> Result<(ImportStatus, Plan), Box<Outcome>> {
        let options = self.batch.options;
        if plan.is_sound()
            && let Some(expected) =
                options.expected_plan.as_ref().filter(|expected| **expected != plan.report.digest)
        {
            let shown: String = expected.chars().take(80).collect();
            let message =
                format!("the plan {shown:?} no longer holds; it is {} now", plan.report.digest);
            plan.problems = vec![Problem::new("", ProblemCode::PlanStale, message)];
        }
        if !plan.problems.is_empty() {
            return Err(Box::new(Outcome::rejected(plan.problems, Some(plan.report), None)));
        }
        let status = match options.target {
            _ if options.dry_run => ImportStatus::Planned,
            _ if plan.report.changes.is_empty() => ImportStatus::Unchanged,
            Stage::Published => ImportStatus::Published,
            Stage::Draft => ImportStatus::Drafted,
        };
        Ok((status, plan))
    }

    fn change(&self, body: String, plan: Plan) -> Change<'_> {
        let key = self.record.key();
        let published =
            self.loaded.published.get(&key).map_or(0, |current| current.document.metadata.revision);
        let (revision, draft_revision) = match self.batch.options.target {
            Stage::Published => (published + 1, None),
            Stage::Draft => {
                match self.loaded.drafts.get(&key).map(|draft| &draft.current.document.metadata) {
                    Some(draft) => (draft.revision, draft.draft_revision.map(|number| number + 1)),
                    None => (
                        published,
                        Some(self.loaded.last_draft_revisions.get(&key).copied().unwrap_or(0) + 1),
                    ),
                }
            }
        };
        let metadata = Metadata {
            revision,
            draft_revision,
            source: self.source(),
            last_updated: Some(self.now),
            updated_by: Some(self.batch.author.name.clone()),
        };
        Change { record: self.record, plan, body, metadata }
    }

    fn draft(&self) -> (Option<i64>, Option<&Object>) {
        let draft = self.loaded.drafts.get(&self.record.key());
        (draft.map(|draft| draft.first_contribution), self.current().map(|current| &current.data))
    }

    /// Where the values come from.
    fn source(&self) -> Source {
        let Self { batch, record, .. } = self;
        if let Some(source) = batch.options.source.or(batch.author.source) {
            return source;
        }
        let published = self.loaded.published.get(&record.key());
        let untouched = [published, self.current(), self.base()]
            .into_iter()
            .flatten()
            .any(|state| record.metadata.is_untouched(&state.document.metadata))
            || record.metadata.is_untouched(&Metadata::never_written());
        match record.metadata.source {
            Some(source) if !untouched => source,
            _ => Source::Manual,
        }
    }

    /// How far the ids of the document are believed. An answer of a language model is often an export
    /// with changes, so that metadata that an export may have says nothing.
    fn id_trust(&self) -> IdTrust {
        let Self { batch, record, .. } = self;
        if batch.operation != Operation::Import {
            return IdTrust::Given;
        }
        if self.source() == Source::LlmGenerated {
            return IdTrust::Claimed;
        }
        let is_said = batch.options.source.or(batch.author.source).is_some();
        let metadata = &record.metadata;
        let is_of_catalogue = metadata.source == Some(Source::Tmdb) && metadata.revision.is_none();
        if record.is_typed || is_said || is_of_catalogue { IdTrust::Given } else { IdTrust::Unsaid }
    }

    /// What a lock does here. An agent stays one, whatever source it names.
    fn lock_rule(&self, source: Source) -> LockRule {
        let batch = self.batch;
        let is_automatic = source != Source::Manual
            || batch.author.source.is_some_and(|source| source != Source::Manual);
        let overridden = batch.options.override_locks;
        match batch.operation {
            // Whoever publishes a draft, goes back to a revision or says who is who, looks at it as a person.
            Operation::Publish
            | Operation::Revert
            | Operation::MergePeople
            | Operation::SplitPerson
                if overridden =>
            {
                LockRule::Override
            }
            // A revision comes back whole or not at all; two people are one in every document or in none.
            Operation::Revert | Operation::MergePeople | Operation::SplitPerson => LockRule::Refuse,
            _ if is_automatic => LockRule::Skip,
            _ if overridden => LockRule::Override,
            _ => LockRule::Refuse,
        }
    }
}

/// Each value once, in order.
pub(super) fn distinct<T: Copy + Eq + std::hash::Hash>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut seen = HashSet::new();
    values.filter(|value| seen.insert(*value)).collect()
}
