//! Plans: the complete result of an import, computed without side effects. The application shows a
//! plan or executes it.

pub mod base;
pub mod diff;
mod digest;
pub mod locks;
pub mod policy;
pub mod report;
mod skip_changes;
mod undo;

use ahash::HashSet;
use serde_json::Value;

use super::budget::Stopped;
use super::categories::Definition;
use super::ids::{IdSource, MovieId};
use super::merge::merge;
use super::problem::{Problem, ProblemCode, shown};
use super::proposal::{ConflictPolicy, ImportMode, Proposal};
use super::read::parse::Reading;
use super::references::references;
use super::resolve::credited_names::{self, SplitCredits};
use super::resolve::directory::Directory;
use super::resolve::given_ids;
use super::schema::definition::Object;
use super::schema::entities::NewEntity;
use super::schema::scalars::Json;
use diff::{Change, ChangeOperation, diff};
use digest::digest;
use locks::LockRule;
pub use report::{
    Conflict, Counts, ImportPlan, Match, NotRemoved, Report, ResolutionToStore, Skipped,
};
pub use skip_changes::skip_changes;

/// The result of planning an import.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The data of the document after the import.
    pub data: Object,
    pub report: Report,
    /// Entities to create.
    pub new_entities: Vec<NewEntity>,
    /// Aliases to add to existing entities.
    pub new_aliases: Vec<NewEntity>,
    /// Resolutions to store.
    pub resolutions: Vec<ResolutionToStore>,
    /// Ids that were generated for items and entities, in the order in which they were generated.
    pub generated_ids: Vec<String>,
    /// The paths of the changes that remove an item or a name only because the document lacks it.
    pub dropped: Vec<String>,
    /// The reasons why the plan cannot be executed.
    pub problems: Vec<Problem>,
}

impl Plan {
    /// Whether all problems can be solved by other options or resolutions, so that the plan is
    /// worth showing.
    #[must_use]
    pub fn is_sound(&self) -> bool {
        let settled_by_options = |code| {
            matches!(
                code,
                ProblemCode::Conflict
                    | ProblemCode::BaseRequired
                    | ProblemCode::Locked
                    | ProblemCode::AmbiguousMatch
            )
        };
        self.problems.iter().all(|problem| settled_by_options(problem.code))
    }

    /// Adds the problem or the warning if the base revision of the proposal is not known.
    fn require_base(&mut self, proposal: &Proposal<'_>) {
        let Some(base) = proposal.unknown_base else { return };
        if proposal.mode == ImportMode::Replace && !self.dropped.is_empty() {
            self.problems.push(base.base_required(self.dropped.len()));
        } else {
            self.report.warnings.extend(base.warning());
        }
    }
}

/// Removes the entities to which `data` has no reference.
fn retain_named(definition: &Definition, data: &Object, entities: &mut Vec<NewEntity>) {
    if entities.is_empty() {
        return;
    }
    let named: HashSet<&str> =
        references(definition.fields, data).filter_map(|reference| reference.stored_as()).collect();
    entities.retain(|entity| {
        let stands_as = if entity.kind.is_referenced_by_name() { &entity.name } else { &entity.id };
        named.contains(stands_as.as_str())
    });
}

/// The prepared entity references of an arriving document. They hold for the directory that they
/// were prepared with.
#[derive(Debug)]
pub struct PreparedReferences {
    /// The document and its split credits; `None` if the document does not change.
    changed: Option<(Reading, SplitCredits)>,
}

impl PreparedReferences {
    /// The prepared document; `None` if it does not change.
    #[must_use]
    pub fn changed(&self) -> Option<&Reading> {
        self.changed.as_ref().map(|(reading, _)| reading)
    }
}

/// Prepares the entity references of an arriving document: decides which ids are used, and splits
/// texts that contain more than one name.
#[must_use]
pub fn prepare_references(proposal: &Proposal<'_>) -> PreparedReferences {
    let with_ids = given_ids::check(proposal);
    let arriving = with_ids.as_ref().unwrap_or(proposal.arriving);
    let with_names = credited_names::normalise(&Proposal { arriving, ..*proposal });
    let changed = with_names.or_else(|| with_ids.map(|reading| (reading, SplitCredits::default())));
    PreparedReferences { changed }
}

/// Computes the plan of a proposal.
///
/// # Errors
/// If the work budget is spent or the work was cancelled.
pub fn plan(proposal: &Proposal<'_>, ids: &dyn IdSource) -> Result<Plan, Stopped> {
    plan_prepared(proposal, &prepare_references(proposal), ids)
}

/// Computes the plan of a proposal of which the entity references were prepared already.
///
/// # Errors
/// If the work budget is spent or the work was cancelled.
pub fn plan_prepared(
    proposal: &Proposal<'_>,
    prepared: &PreparedReferences,
    ids: &dyn IdSource,
) -> Result<Plan, Stopped> {
    let (arriving, split_credits) = match &prepared.changed {
        Some((arriving, split_credits)) => (arriving, split_credits),
        None => (proposal.arriving, &SplitCredits::default()),
    };
    let proposal = &Proposal { arriving, ..*proposal };
    let mut merged = merge(proposal, split_credits, ids);
    if merged.has_repetitions && merged.problems.is_empty() {
        merged.data =
            stable_order(proposal, split_credits, ids, merged.data, &merged.resolved.new_entities);
    }
    proposal.budget.outcome()?;
    let mut problems = proposal.arriving.problems.clone();
    problems.extend(merged.problems);
    if proposal.arriving.elided && proposal.mode == ImportMode::Replace {
        let message = "the document contains a mark for content that was left out (\"...\"), so \
                       REPLACE would remove content that the document does not show";
        problems.push(Problem::new("", ProblemCode::Invalid, message));
    }
    let mut warnings = proposal.arriving.warnings.clone();
    warnings.extend(merged.warnings);

    let rule_of = |target: &str| proposal.lock_rule_of(target);
    let applied = locks::apply_locks(
        proposal.definition,
        proposal.locks,
        rule_of,
        proposal.current,
        merged.data,
    );
    let mut new_entities = merged.resolved.new_entities;
    retain_named(proposal.definition, &applied.data, &mut new_entities);
    let conflicts = merged.conflicts;
    if proposal.on_conflict == ConflictPolicy::Fail {
        problems.extend(conflicts.iter().map(conflict_problem));
    }
    problems.extend(applied.problems);
    warnings.extend(applied.warnings);

    let mut plan = Plan {
        data: applied.data,
        report: Report {
            digest: String::new(),
            changes: Vec::new(),
            conflicts,
            not_removed: merged.not_removed,
            skipped: applied.skipped,
            matches: merged.resolved.matches,
            warnings,
            new_entities: new_entities.len().saturating_sub(merged.resolved.waiting),
        },
        new_entities,
        new_aliases: merged.resolved.new_aliases,
        resolutions: proposal
            .arriving
            .resolutions
            .iter()
            .cloned()
            .chain(merged.resolved.answers)
            .collect(),
        generated_ids: merged.generated_ids,
        dropped: Vec::new(),
        problems,
    };
    if plan.is_sound() {
        plan.report.changes = diff(proposal.definition, proposal.current, &plan.data);
        // Locks may have prevented some of the removals.
        let dropped: HashSet<&str> = merged.dropped.iter().map(String::as_str).collect();
        let is_dropped = |change: &&Change| {
            change.op == ChangeOperation::Remove && dropped.contains(change.path.as_str())
        };
        let dropped = plan.report.changes.iter().filter(is_dropped);
        plan.dropped = dropped.map(|change| change.path.clone()).collect();
    }
    plan.require_base(proposal);
    plan.report.digest = digest(proposal, &plan.report, &plan.generated_ids);
    Ok(plan)
}

/// Maximum number of document versions that [`stable_order`] compares.
const MAX_STATES: usize = 8;

/// Repeats the merge until importing the same file again would change nothing.
///
/// Items with equal keys are aligned by their order alone, and a merge that changes the order can
/// change the next alignment. Moves that the next import would make are made now. If the order
/// repeats in a cycle, a version in the cycle is returned: the current one if it is part of it.
fn stable_order(
    proposal: &Proposal<'_>,
    split_credits: &SplitCredits,
    ids: &dyn IdSource,
    first: Object,
    newcomers: &[NewEntity],
) -> Object {
    let mut with_newcomers = Directory::default();
    let mut directory = proposal.directory;
    if !newcomers.is_empty() {
        with_newcomers.clone_from(directory);
        for entity in newcomers {
            with_newcomers.add(entity);
        }
        directory = &with_newcomers;
    }
    let mut states = vec![proposal.current.clone(), first];
    while let Some(current) = states.last().filter(|_| states.len() < MAX_STATES) {
        let next = merge(&Proposal { current, directory, ..*proposal }, split_credits, ids);
        if proposal.budget.is_stopped() {
            break;
        }
        // A repeated merge may only change the order.
        if !is_same_but_for_order(&states[1], &next.data) {
            break;
        }
        if let Some(place) = states.iter().position(|state| *state == next.data) {
            return states.swap_remove(place);
        }
        states.push(next.data);
    }
    states.swap_remove(1)
}

/// Whether two versions of a document are equal apart from the order of their lists.
fn is_same_but_for_order(a: &Object, b: &Object) -> bool {
    let in_some_order = |value: &Value| {
        let mut items: Vec<String> =
            value.as_array().into_iter().flatten().map(Value::to_string).collect();
        items.sort_unstable();
        items
    };
    let is_same = |(key, value): (&String, &Value)| match (value, b.get(key)) {
        (Value::Array(_), Some(other)) => in_some_order(value) == in_some_order(other),
        (value, other) => Some(value) == other,
    };
    a.len() == b.len() && a.iter().all(is_same)
}

/// The input of [`restore`].
pub struct Restoration<'a> {
    pub definition: &'static Definition,
    pub movie: &'a MovieId,
    pub current: &'a Object,
    /// The data to restore, without any changes.
    pub data: &'a Object,
    pub locks: &'a [String],
    pub lock_rule: LockRule,
}

/// Computes the plan that restores an earlier revision.
#[must_use]
pub fn restore(restoration: &Restoration<'_>) -> Plan {
    let Restoration { definition, movie, current, data, locks, lock_rule } = *restoration;
    let applied = locks::apply_locks(definition, locks, |_| lock_rule, current, data.clone());
    let mut report = Report {
        changes: diff(definition, current, &applied.data),
        skipped: applied.skipped,
        warnings: applied.warnings,
        ..Report::default()
    };
    let target = (movie.as_str(), definition.category.as_str(), "restore", lock_rule.as_str());
    let canonical = (target, &report.changes, &report.skipped);
    report.digest = digest::finish(&canonical, &[]);
    Plan {
        data: applied.data,
        report,
        new_entities: Vec::new(),
        new_aliases: Vec::new(),
        resolutions: Vec::new(),
        generated_ids: Vec::new(),
        dropped: Vec::new(),
        problems: applied.problems,
    }
}

fn conflict_problem(conflict: &Conflict) -> Problem {
    let value = |value: &Option<Json>| value.as_deref().map_or_else(|| "nothing".to_owned(), shown);
    let message = format!(
        "{}: it was {} when the document was made, is {} now, and the document says {}",
        conflict.label,
        value(&conflict.base),
        value(&conflict.current),
        value(&conflict.imported),
    );
    Problem::new(conflict.path.clone(), ProblemCode::Conflict, message)
}
