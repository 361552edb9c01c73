//! Planning documents from what was loaded for them. No I/O: planning again gives the same plans,
//! but for the ids of new items and entities.

use std::collections::HashSet;

use chrono::{DateTime, Utc};

use super::command::ImportCommand;
use super::execute::{Change, Writes};
use super::load::{Current, Loaded};
use super::options::ImportStatus;
use super::{Content, Outcome, Record, no_draft, no_such_movie};
use crate::catalog::CatalogError;
use crate::catalog::export::Export;
use crate::document::budget::{Stopped, WorkBudget};
use crate::document::plan::base::{Base, BaseQuestion, base_of, unknown_base};
use crate::document::plan::policy::Origin;
use crate::document::plan::{Plan, Restoration, plan, restore, settle};
use crate::document::proposal::IdTrust;
use crate::document::proposal::Proposal;
use crate::document::read::parse::Reading;
use crate::document::resolve::directory::Directory;
use crate::document::{Metadata, Object, Problem, ProblemCode, Source, Stage};

/// Most bytes of a stored document: its export, indented or not, must be small enough to import.
const MAX_STORED: usize = 8 * 1024 * 1024;

impl ImportCommand<'_> {
    /// Plans every document. Entities and credits that one document introduces are known to the
    /// documents after it.
    pub(super) fn plan(
        &self,
        documents: &[Record],
        loaded: &Loaded,
        mut directory: Directory,
        now: DateTime<Utc>,
    ) -> Result<(Vec<Outcome>, Writes), CatalogError> {
        let mut outcomes = Vec::with_capacity(documents.len());
        let mut writes = Writes::default();
        let mut credited = loaded.credited.clone();
        let budget = self.catalog.work.budget();
        for document in documents {
            let planning = Planning { command: self, document, loaded, now };
            let credited_here = credited.entry(document.movie.to_string()).or_default();
            let inputs = Inputs { directory: &directory, credited: credited_here, budget: &budget };
            let (status, plan) = match planning.plan_one(&inputs)? {
                Ok(planned) => planned,
                Err(rejected) => {
                    outcomes.push(*rejected);
                    continue;
                }
            };
            let place = format!("{} of {}", document.category, document.movie);
            for entity in plan.new_entities.iter().filter(|new| !plan.made_up.contains(&new.id)) {
                directory.known_ids_mut().introduce(entity, &place);
            }
            // A draft keeps its answers until it is published.
            if self.options.target == Stage::Published {
                writes.answer(&document.movie, &plan.answers);
            }
            if !matches!(status, ImportStatus::Published | ImportStatus::Drafted) {
                // The empty document of a movie that does not exist creates the movie.
                writes.movies.push(document.movie.clone());
                outcomes.push(planning.unwritten(status, plan));
                continue;
            }
            let body = serde_json::to_string(&plan.data)?;
            if body.len() > MAX_STORED {
                outcomes.push(planning.too_long(body.len(), plan));
                continue;
            }
            let change = planning.change(body, plan);
            if status == ImportStatus::Drafted {
                if !planning.movie_exists() {
                    writes.movies.push(document.movie.clone());
                }
                outcomes.push(writes.draft(change, planning.draft()));
                continue;
            }
            for entity in &change.plan.new_entities {
                directory.add_and_index(entity);
            }
            for alias in &change.plan.new_aliases {
                directory.add_alias(alias);
            }
            outcomes.push(writes.publish(
                change,
                loaded.published.get(&document.key()),
                &directory,
            ));
            // Credits of earlier documents of the batch count as well.
            let people = writes.credited_last().map(|credit| credit.person_id.clone());
            credited.entry(document.movie.to_string()).or_default().extend(people);
        }
        Ok((outcomes, writes))
    }
}

/// What a document is planned with besides its stored states.
pub(super) struct Inputs<'a> {
    pub(super) directory: &'a Directory,
    /// The ids of people who are credited on the movie.
    pub(super) credited: &'a HashSet<String>,
    pub(super) budget: &'a WorkBudget<'a>,
}

/// One document and its stored states.
pub(super) struct Planning<'a> {
    pub(super) command: &'a ImportCommand<'a>,
    pub(super) document: &'a Record,
    pub(super) loaded: &'a Loaded,
    pub(super) now: DateTime<Utc>,
}

impl Planning<'_> {
    fn movie_exists(&self) -> bool {
        self.loaded.existing.contains(self.document.movie.as_str())
    }

    /// The state that the document is merged into.
    fn current(&self) -> Option<&Current> {
        self.loaded.current(&self.document.key(), self.command.options.target)
    }

    /// The export of the document as it is stored.
    fn stored_export(&self) -> Export {
        let stored = self.current().map(|current| current.document.clone());
        Export::as_stored(stored, &self.document.movie, self.document.category, self.now)
    }

    fn base(&self) -> Base {
        let (options, document) = (self.command.options, self.document);
        let revisions = self.loaded.revisions(&document.key());
        base_of(options.base_revision, &document.metadata, options.target, &revisions)
    }

    /// The state that the document was made from, if it is known.
    fn base_state(&self, base: Base) -> Option<&Current> {
        let key = self.document.key();
        match base {
            Base::Unstated | Base::Unknown => None,
            Base::Published => self.loaded.published.get(&key),
            Base::Draft => self.loaded.drafts.get(&key).map(|draft| &draft.current),
            Base::Empty | Base::Revision(_) | Base::Contribution(_) => self.loaded.bases.get(&key),
        }
    }

    /// Plans the document. The inner error is the outcome of a document that is rejected.
    fn plan_one(
        &self,
        inputs: &Inputs<'_>,
    ) -> Result<Result<(ImportStatus, Plan), Box<Outcome>>, Stopped> {
        let (options, document) = (self.command.options, self.document);
        if !options.create_movie && !self.movie_exists() {
            return Ok(Err(Box::new(Outcome::no_movie(no_such_movie(&document.movie)))));
        }
        if options.needs_draft && !self.loaded.drafts.contains_key(&document.key()) {
            let problem = no_draft(&document.movie, document.category);
            let export = Some(self.stored_export());
            return Ok(Err(Box::new(Outcome::rejected(vec![problem], None, export))));
        }
        let mut plan = self.compute(inputs)?;
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
            let export = self.movie_exists().then(|| self.stored_export());
            let outcome = Outcome::rejected(plan.problems, Some(plan.report), export);
            return Ok(Err(Box::new(outcome)));
        }
        let status = match options.target {
            _ if options.dry_run => ImportStatus::Planned,
            _ if plan.report.changes.is_empty() => ImportStatus::Unchanged,
            Stage::Published => ImportStatus::Published,
            Stage::Draft => ImportStatus::Drafted,
        };
        Ok(Ok((status, plan)))
    }

    fn compute(&self, inputs: &Inputs<'_>) -> Result<Plan, Stopped> {
        let (options, document) = (self.command.options, self.document);
        let definition = document.category.definition();
        match &document.content {
            Content::Exact(data) => Ok(restore(&Restoration {
                definition,
                movie: &document.movie,
                current: self.current().map_or(&definition.empty(), |current| &current.data),
                data,
                locks: self.locks(),
                lock_rule: self.origin().lock_rule(self.source()),
            })),
            Content::Merge(reading) => {
                let base = self.base();
                let state = self.base_state(base);
                let unknown = unknown_base(&BaseQuestion {
                    base,
                    base_revision: options.base_revision,
                    sent: &document.metadata,
                    mode: options.mode,
                    target: options.target,
                    revisions: &self.loaded.revisions(&document.key()),
                    written_at: state.map(|state| state.document.metadata.last_updated),
                });
                self.with_proposal(reading, inputs, |proposal| {
                    let proposal = Proposal { unknown_base: unknown.as_ref(), ..*proposal };
                    plan(&proposal, &*self.command.catalog.ids)
                })
            }
        }
    }

    /// The document as it is understood with the ids and names that are known; `None` if that is
    /// what was read.
    pub(super) fn settled(&self, inputs: &Inputs<'_>) -> Option<Reading> {
        let Content::Merge(reading) = &self.document.content else { return None };
        if self.origin().id_trust(self.source()) == IdTrust::Trusted {
            return None;
        }
        self.with_proposal(reading, inputs, settle).map(|(reading, _)| reading)
    }

    /// Calls `compute` with the proposal to merge `arriving` into the stored state.
    fn with_proposal<T>(
        &self,
        arriving: &Reading,
        inputs: &Inputs<'_>,
        compute: impl FnOnce(&Proposal<'_>) -> T,
    ) -> T {
        let Self { command, document, loaded, .. } = self;
        let options = command.options;
        let definition = document.category.definition();
        let (empty, no_provisional_ids) = (definition.empty(), HashSet::new());
        let (source, origin) = (self.source(), self.origin());
        compute(&Proposal {
            definition,
            movie: &document.movie,
            stage: options.target,
            arriving,
            current: self.current().map_or(&empty, |current| &current.data),
            base: self.base_state(self.base()).map(|base| &base.data),
            unknown_base: None,
            source,
            id_trust: origin.id_trust(source),
            mode: options.mode,
            nulls: options.nulls,
            on_conflict: options.on_conflict,
            remove_items: &options.remove_items,
            locks: self.locks(),
            lock_rule: origin.lock_rule(source),
            directory: inputs.directory,
            credited: inputs.credited,
            resolutions: &options.resolutions,
            provisional_ids: loaded
                .provisional_ids
                .get(&document.key())
                .unwrap_or(&no_provisional_ids),
            budget: inputs.budget,
        })
    }

    /// The targets of the editorial locks of the document.
    fn locks(&self) -> &[String] {
        self.loaded.locks.get(&self.document.key()).map_or(&[], Vec::as_slice)
    }

    fn origin(&self) -> Origin<'_> {
        let ImportCommand { author, operation, options, .. } = *self.command;
        Origin {
            operation,
            fixed_source: options.source.or(author.source),
            author_source: author.source,
            sent: &self.document.metadata,
            is_typed: self.document.is_typed,
            overrides_locks: options.override_locks,
        }
    }

    /// The source of the values.
    fn source(&self) -> Source {
        let published = self.loaded.published.get(&self.document.key());
        let states = [published, self.current(), self.base_state(self.base())];
        let states = states.iter().flatten().map(|state| &state.document.metadata);
        self.origin().source(states)
    }

    /// The outcome of a plan that changes no document.
    fn unwritten(&self, status: ImportStatus, plan: Plan) -> Outcome {
        let has_export = self.movie_exists() || !self.command.options.dry_run;
        Outcome {
            status,
            export: has_export.then(|| self.stored_export()),
            plan: Some(plan.report),
            problems: Vec::new(),
            import_id: None,
        }
    }

    fn too_long(&self, bytes: usize, plan: Plan) -> Outcome {
        let message = format!(
            "the document would have {bytes} bytes; at most {MAX_STORED} are stored, so that its \
             export can be imported"
        );
        let problem = Problem::new("", ProblemCode::TooLong, message);
        let export = self.movie_exists().then(|| self.stored_export());
        Outcome::rejected(vec![problem], Some(plan.report), export)
    }

    /// The change of a document, with the metadata of its new state.
    fn change(&self, body: String, plan: Plan) -> Change<'_> {
        let key = self.document.key();
        let revisions = self.loaded.revisions(&key);
        let published = revisions.published;
        let (revision, draft_revision) = match self.command.options.target {
            Stage::Published => (published + 1, None),
            Stage::Draft => {
                match self.loaded.drafts.get(&key).map(|draft| &draft.current.document.metadata) {
                    Some(draft) => (draft.revision, draft.draft_revision.map(|number| number + 1)),
                    None => (published, Some(revisions.last_draft + 1)),
                }
            }
        };
        let metadata = Metadata {
            revision,
            draft_revision,
            source: self.source(),
            last_updated: Some(self.now),
            updated_by: Some(self.command.author.name.clone()),
        };
        Change { record: self.document, plan, body, metadata }
    }

    /// The first contribution to the open draft, and the data that it has.
    fn draft(&self) -> (Option<i64>, Option<&Object>) {
        let draft = self.loaded.drafts.get(&self.document.key());
        (draft.map(|draft| draft.first_contribution), self.current().map(|current| &current.data))
    }
}
