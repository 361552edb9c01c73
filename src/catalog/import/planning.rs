//! Plans documents from their loaded states. No I/O: planning again from the same states gives the
//! same plans, except for the generated ids, unless the budget stops it.

use ahash::{HashSet, HashSetExt as _};
use chrono::{DateTime, Utc};

use super::command::ImportCommand;
use super::execute::{PendingChange, PendingWrites};
use super::options::ImportStatus;
use super::states::{LoadedEntities, LoadedStates, StoredState};
use super::{
    Content, IncomingDocument, Outcome, draft_not_found, movie_not_found, refused_movie_id,
};
use crate::catalog::CatalogError;
use crate::catalog::export::Export;
use crate::document::budget::{Stopped, WorkBudget};
use crate::document::plan::base::{Base, BaseQuestion, Revisions, base_of, unknown_base};
use crate::document::plan::policy::Origin;
use crate::document::plan::{
    Plan, PreparedReferences, Restoration, plan, plan_prepared, prepare_references, restore,
    skip_changes,
};
use crate::document::proposal::{IdTrust, Proposal};
use crate::document::read::parse::Reading;
use crate::document::resolve::directory::Directory;
use crate::document::{Metadata, Object, Problem, ProblemCode, Source, Stage};
use crate::storage::DocumentKey;

/// Default maximum number of bytes of a stored document. Its export, indented or not, must be small
/// enough to be imported.
pub(in crate::catalog) const MAX_STORED: usize = 8 * 1024 * 1024;

impl ImportCommand<'_> {
    /// Plans the documents in order. New entities and credits of a document that will be published
    /// are known to the documents after it. Of other documents, only the introduced ids are known.
    pub(super) fn plan(
        &self,
        documents: &[IncomingDocument],
        loaded: &LoadedStates,
        entities: LoadedEntities,
        now: DateTime<Utc>,
    ) -> Result<(Vec<Outcome>, PendingWrites), CatalogError> {
        let LoadedEntities { mut directory, mut prepared } = entities;
        let mut outcomes = Vec::with_capacity(documents.len());
        let mut writes = PendingWrites::default();
        let mut credited = loaded.credited_people.clone();
        let budget = self.catalog.work.budget();
        for (index, document) in documents.iter().enumerate() {
            let planner = DocumentPlanner::new(self, document, loaded, now);
            let credited_here = credited.entry(document.movie.to_string()).or_default();
            let inputs = PlanInputs {
                directory: &directory,
                prepared: prepared.get(index).and_then(Option::as_ref),
                credited: credited_here,
                budget: &budget,
            };
            let (status, plan) = match planner.plan_document(&inputs)? {
                Ok(planned) => planned,
                Err(rejected) => {
                    outcomes.push(*rejected);
                    continue;
                }
            };
            let is_written = matches!(status, ImportStatus::Published | ImportStatus::Drafted);
            let body = is_written.then(|| serde_json::to_string(&plan.data)).transpose()?;
            if let Some(body) = body.as_ref().filter(|body| body.len() > self.catalog.max_stored) {
                outcomes.push(planner.too_long(body.len(), plan));
                continue;
            }
            // Later documents are prepared with the entities of this one.
            if !plan.new_entities.is_empty() || !plan.new_aliases.is_empty() {
                prepared.clear();
            }
            let place = format!("{} of {}", document.category, document.movie);
            for entity in
                plan.new_entities.iter().filter(|new| !plan.generated_ids.contains(&new.id))
            {
                directory.known_ids_mut().introduce(entity, &place);
            }
            // A draft stores its resolutions in its contribution until it is published.
            if self.options.target == Stage::Published {
                writes.add_resolutions(&document.movie, &plan.resolutions);
            }
            let is_last = index + 1 == documents.len();
            if status == ImportStatus::Planned
                && self.options.target == Stage::Published
                && !is_last
            {
                // In a dry run too, later documents of the batch know the entities and credits of
                // this one.
                add_planned_entities(&mut directory, &plan);
                let planned = (document.category.definition().project)(&plan.data, &directory);
                let people = planned.credits.into_iter().map(|credit| credit.person_id);
                credited.entry(document.movie.to_string()).or_default().extend(people);
            }
            let Some(body) = body else {
                // An unchanged document of a movie that does not exist creates the movie. The
                // caller discards the writes of a dry run.
                writes.movies.push(document.movie.clone());
                outcomes.push(planner.without_writes(status, plan));
                continue;
            };
            let change = planner.change(body, plan);
            if status == ImportStatus::Drafted {
                if !planner.movie_exists() {
                    writes.movies.push(document.movie.clone());
                }
                outcomes.push(writes.add_contribution(change, planner.draft_before()));
                continue;
            }
            add_planned_entities(&mut directory, &change.plan);
            outcomes.push(writes.add_publication(
                change,
                loaded.published.get(&planner.key),
                &directory,
            ));
            // Later documents of the batch see these credits.
            let people = writes.last_credits().map(|credit| credit.person_id.clone());
            credited.entry(document.movie.to_string()).or_default().extend(people);
        }
        mark_created_movies(documents, &mut outcomes, loaded);
        Ok((outcomes, writes))
    }
}

/// Marks the outcome of the first document of each movie that does not exist yet.
fn mark_created_movies(
    documents: &[IncomingDocument],
    outcomes: &mut [Outcome],
    loaded: &LoadedStates,
) {
    let mut created = HashSet::new();
    for (document, outcome) in documents.iter().zip(outcomes) {
        let movie = document.movie.as_str();
        outcome.creates_movie = outcome.status != ImportStatus::Rejected
            && !loaded.existing_movies.contains(movie)
            && created.insert(movie);
    }
}

/// Adds the new entities and aliases of a plan to the directory.
fn add_planned_entities(directory: &mut Directory, plan: &Plan) {
    for entity in &plan.new_entities {
        directory.add_and_index(entity);
    }
    for alias in &plan.new_aliases {
        directory.add_alias(alias);
    }
}

/// The inputs of a plan besides the document and its stored states.
pub(super) struct PlanInputs<'a> {
    pub(super) directory: &'a Directory,
    /// The entity references of the document, if they were prepared with this directory.
    pub(super) prepared: Option<&'a PreparedReferences>,
    /// The ids of the people who are credited on the movie.
    pub(super) credited: &'a HashSet<String>,
    pub(super) budget: &'a WorkBudget<'a>,
}

/// Plans one document.
pub(super) struct DocumentPlanner<'a> {
    command: &'a ImportCommand<'a>,
    document: &'a IncomingDocument,
    loaded: &'a LoadedStates,
    now: DateTime<Utc>,
    key: DocumentKey,
    revisions: Revisions,
    base: Base,
    /// The stored state that the document is merged into.
    current: Option<&'a StoredState>,
    /// The state of the base revision, if it is known.
    base_state: Option<&'a StoredState>,
    origin: Origin<'a>,
    /// The source of the values.
    source: Source,
}

impl<'a> DocumentPlanner<'a> {
    pub(super) fn new(
        command: &'a ImportCommand<'a>,
        document: &'a IncomingDocument,
        loaded: &'a LoadedStates,
        now: DateTime<Utc>,
    ) -> Self {
        let ImportCommand { author, operation, options, .. } = *command;
        let key = document.key();
        let revisions = loaded.revisions(&key);
        let base = base_of(options.base_revision, &document.metadata, options.target, &revisions);
        let published = loaded.published.get(&key);
        let current = loaded.current(&key, options.target);
        let base_state = match base {
            Base::Unstated | Base::Unknown => None,
            Base::Published => published,
            Base::Draft => loaded.drafts.get(&key).map(|draft| &draft.current),
            Base::Empty | Base::Revision(_) | Base::Contribution(_) => loaded.bases.get(&key),
        };
        let origin = Origin {
            operation,
            fixed_source: options.source.or(author.source),
            author_source: author.source,
            sent: &document.metadata,
            is_typed: document.is_typed,
            overrides_locks: options.override_locks,
        };
        let states = [published, current, base_state];
        let source = origin.source(states.iter().flatten().map(|state| &state.document.metadata));
        Self {
            command,
            document,
            loaded,
            now,
            key,
            revisions,
            base,
            current,
            base_state,
            origin,
            source,
        }
    }

    fn movie_exists(&self) -> bool {
        self.loaded.existing_movies.contains(self.document.movie.as_str())
    }

    /// The export of the document as it is stored.
    fn stored_export(&self) -> Export {
        let stored = self.current.map(|current| current.document.clone());
        Export::as_stored(stored, &self.document.movie, self.document.category, self.now)
    }

    /// Plans the document. The inner error is the outcome of a rejected document.
    fn plan_document(
        &self,
        inputs: &PlanInputs<'_>,
    ) -> Result<Result<(ImportStatus, Plan), Box<Outcome>>, Stopped> {
        let (options, document) = (self.command.options, self.document);
        if !options.create_movie && !self.movie_exists() {
            return Ok(Err(Box::new(Outcome::no_movie(movie_not_found(&document.movie)))));
        }
        if let Some(problem) = refused_movie_id(&document.movie).filter(|_| !self.movie_exists()) {
            return Ok(Err(Box::new(Outcome::no_movie(problem))));
        }
        if options.needs_draft && !self.loaded.drafts.contains_key(&self.key) {
            let problem = draft_not_found(&document.movie, document.category);
            let export = Some(self.stored_export());
            return Ok(Err(Box::new(Outcome::rejected(vec![problem], None, export))));
        }
        let mut plan = self.compute_plan(inputs)?;
        if plan.is_sound() {
            plan = self.apply_expectations(plan, inputs);
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

    /// Applies the options that refer to a plan that a client has seen: the digest of the expected
    /// plan, and the changes of it that are not made.
    fn apply_expectations(&self, mut plan: Plan, inputs: &PlanInputs<'_>) -> Plan {
        let (expected, skipped) =
            (&self.command.options.expected_plan, &self.command.options.skip_changes);
        if let Some(expected) = expected.as_ref().filter(|digest| **digest != plan.report.digest) {
            let shown: String = expected.chars().take(80).collect();
            let message =
                format!("the plan {shown:?} no longer holds; it is {} now", plan.report.digest);
            plan.problems = vec![Problem::new("", ProblemCode::PlanStale, message)];
            return plan;
        }
        if skipped.is_empty() {
            return plan;
        }
        if expected.is_none() {
            let message = "skipChanges needs expectedPlan (in REST skip_changes and \
                           expected_plan): the digest of the plan that has these changes";
            let (option, code) = ("expected_plan", ProblemCode::Required);
            plan.problems.push(Problem::of_option(option, code, message));
            return plan;
        }
        match &self.document.content {
            Content::Merge(reading) => self
                .with_proposal(reading, inputs, |proposal| skip_changes(proposal, plan, skipped)),
            // No operation that restores a document has the option.
            Content::Exact(_) => plan,
        }
    }

    fn compute_plan(&self, inputs: &PlanInputs<'_>) -> Result<Plan, Stopped> {
        let (options, document) = (self.command.options, self.document);
        let definition = document.category.definition();
        match &document.content {
            Content::Exact(data) => Ok(restore(&Restoration {
                definition,
                movie: &document.movie,
                current: self.current.map_or(&definition.empty(), |current| &current.data),
                data,
                locks: self.locks(),
                lock_rule: self.origin.lock_rule(self.source),
            })),
            Content::Merge(reading) => {
                let unknown = unknown_base(&BaseQuestion {
                    base: self.base,
                    base_revision: options.base_revision,
                    sent: &document.metadata,
                    mode: options.mode,
                    target: options.target,
                    revisions: &self.revisions,
                    written_at: self.base_state.map(|state| state.document.metadata.last_updated),
                });
                self.with_proposal(reading, inputs, |proposal| {
                    let proposal = Proposal { unknown_base: unknown.as_ref(), ..*proposal };
                    let ids = &*self.command.catalog.ids;
                    match inputs.prepared {
                        Some(prepared) => plan_prepared(&proposal, prepared, ids),
                        None => plan(&proposal, ids),
                    }
                })
            }
        }
    }

    /// Prepares the entity references of the document. `None` if that is left to its planning,
    /// because the source is trusted, so that no names have to be loaded for it.
    pub(super) fn prepare(&self, inputs: &PlanInputs<'_>) -> Option<PreparedReferences> {
        let Content::Merge(reading) = &self.document.content else { return None };
        if self.origin.id_trust(self.source) == IdTrust::Trusted {
            return None;
        }
        Some(self.with_proposal(reading, inputs, prepare_references))
    }

    /// Calls `compute` with the proposal to merge `arriving` into the current state.
    fn with_proposal<T>(
        &self,
        arriving: &Reading,
        inputs: &PlanInputs<'_>,
        compute: impl FnOnce(&Proposal<'_>) -> T,
    ) -> T {
        let Self { command, document, loaded, source, .. } = *self;
        let options = command.options;
        let definition = document.category.definition();
        let (empty, no_ids) = (definition.empty(), HashSet::new());
        compute(&Proposal {
            definition,
            movie: &document.movie,
            stage: options.target,
            arriving,
            current: self.current.map_or(&empty, |current| &current.data),
            base: self.base_state.map(|base| &base.data),
            unknown_base: None,
            source,
            id_trust: self.origin.id_trust(source),
            mode: options.mode,
            nulls: options.nulls,
            on_conflict: options.on_conflict,
            remove_items: &options.remove_items,
            locks: self.locks(),
            lock_rule: self.origin.lock_rule(source),
            directory: inputs.directory,
            credited: inputs.credited,
            resolutions: &options.resolutions,
            provisional_ids: loaded.provisional_ids.get(&self.key).unwrap_or(&no_ids),
            budget: inputs.budget,
        })
    }

    /// The targets of the editorial locks of the document.
    fn locks(&self) -> &[String] {
        self.loaded.locks.get(&self.key).map_or(&[], Vec::as_slice)
    }

    /// The outcome of a plan that writes no document: a dry run, or a plan without changes.
    fn without_writes(&self, status: ImportStatus, plan: Plan) -> Outcome {
        let has_export = self.movie_exists() || !self.command.options.dry_run;
        Outcome {
            status,
            export: has_export.then(|| self.stored_export()),
            plan: Some(plan.report),
            problems: Vec::new(),
            import_id: None,
            creates_movie: false,
        }
    }

    /// The outcome if the planned document is too long to be stored.
    fn too_long(&self, bytes: usize, plan: Plan) -> Outcome {
        let max = self.command.catalog.max_stored;
        let message = format!(
            "the document would have {bytes} bytes; at most {max} are stored, so that its \
             export can be imported"
        );
        let problem = Problem::new("", ProblemCode::TooLong, message);
        let export = self.movie_exists().then(|| self.stored_export());
        Outcome::rejected(vec![problem], Some(plan.report), export)
    }

    /// The change to write, with the metadata of the new state.
    fn change(&self, body: String, plan: Plan) -> PendingChange<'_> {
        let published = self.revisions.published;
        let (revision, draft_revision) = match self.command.options.target {
            Stage::Published => (published + 1, None),
            Stage::Draft => {
                match self
                    .loaded
                    .drafts
                    .get(&self.key)
                    .map(|draft| &draft.current.document.metadata)
                {
                    Some(draft) => (draft.revision, draft.draft_revision.map(|number| number + 1)),
                    None => (published, Some(self.revisions.last_draft + 1)),
                }
            }
        };
        let metadata = Metadata {
            revision,
            draft_revision,
            source: self.source,
            last_updated: Some(self.now),
            updated_by: Some(self.command.author.name.clone()),
        };
        let operation = self.command.operation;
        PendingChange { document: self.document, plan, body, metadata, operation }
    }

    /// The number of the first contribution to the open draft, and the data before this change.
    fn draft_before(&self) -> (Option<i64>, Option<&Object>) {
        let draft = self.loaded.drafts.get(&self.key);
        (draft.map(|draft| draft.first_contribution), self.current.map(|current| &current.data))
    }
}
