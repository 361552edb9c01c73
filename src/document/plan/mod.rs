//! A plan: what an import would make of a document, as a value. Applying it is the application's
//! work.

pub mod base;
pub mod diff;
mod digest;
pub mod locks;
pub mod policy;

use std::collections::HashSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::budget::Stopped;
use super::categories::Definition;
use super::entity::{Directory, EntityKind, NewEntity};
use super::ids::{IdSource, MovieId};
use super::merge::{ConflictPolicy, ImportMode, Proposal, merge};
use super::problem::{Problem, ProblemCode, Warning, WarningCode, shown};
use super::read::parse::Reading;
use super::resolve::credited_names::{self, Following};
use super::resolve::given_ids;
use super::resolve::{Candidate, MatchDecision, MatchReason};
use super::schema::definition::{Kind, Object};
use diff::{Change, ChangeOperation, diff};
use digest::digest;
use locks::LockRule;

/// A value that both sides changed, each in its own way, since the document was made.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Conflict {
    /// JSON Pointer into the imported data; where the document dropped the item, into the current.
    pub path: String,
    /// What it is, for a person: `Cast: Brad Pitt`.
    pub label: String,
    /// The value when the document was made.
    pub base: Option<Value>,
    /// The value as it stands.
    pub current: Option<Value>,
    /// The value that came.
    pub imported: Option<Value>,
}

/// An item that the document dropped since its base and that is kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NotRemoved {
    /// JSON Pointer into the current data.
    pub path: String,
    /// What it is, for a person.
    pub label: String,
    /// The item's id, for `removeItems`; `None` for a name, which has none.
    pub id: Option<String>,
}

/// A change that a lock kept out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Skipped {
    /// JSON Pointer into the new data where there is the value, else into the current.
    pub path: String,
    /// Always LOCKED.
    pub code: ProblemCode,
    /// What it is, for a person.
    pub label: String,
    /// The value that was kept.
    pub current: Option<Value>,
    /// The value that would have taken its place.
    pub imported: Option<Value>,
}

/// Who a name was taken for.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Match {
    /// JSON Pointer into the imported data.
    pub path: String,
    /// The name as it came.
    pub given: String,
    pub kind: EntityKind,
    pub decision: MatchDecision,
    /// The entity's id, unless it is ambiguous or left out.
    pub entity: Option<String>,
    /// How likely the entity is meant, from 0 to 1; nothing of a new one.
    pub score: Option<f64>,
    pub reasons: Vec<MatchReason>,
    /// All that may be meant, best first; the likeliest only.
    pub candidates: Vec<Candidate>,
}

impl Match {
    /// A name of which nothing is known yet.
    #[must_use]
    pub fn new(path: &str, given: &str, kind: EntityKind) -> Self {
        Self {
            path: path.to_owned(),
            given: given.to_owned(),
            kind,
            decision: MatchDecision::New,
            entity: None,
            score: None,
            reasons: Vec::new(),
            candidates: Vec::new(),
        }
    }
}

/// What an import does, as it is shown.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Report {
    /// SHA-256, in hexadecimal digits, over a canonical form of what the plan decides. Made-up ids
    /// and times are left out, so that equal plans have equal digests.
    pub digest: String,
    /// The changes, in the order of the document.
    pub changes: Vec<Change>,
    /// What both sides changed; how it is settled, the options say.
    pub conflicts: Vec<Conflict>,
    /// What the document dropped and is kept.
    pub not_removed: Vec<NotRemoved>,
    /// What locks kept out.
    pub skipped: Vec<Skipped>,
    /// Who the names that came without ids were taken for.
    pub matches: Vec<Match>,
    /// What was put right while reading, or left alone.
    pub warnings: Vec<Warning>,
    /// How many people, ceremonies, platforms and genres are made. Shown among the counts.
    #[serde(skip_serializing)]
    pub new_entities: usize,
}

/// How much there is of everything in a plan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, async_graphql::SimpleObject)]
#[graphql(name = "PlanCounts")]
pub struct Counts {
    /// Changes that add something.
    pub added: usize,
    /// Changes that give something another value or a list another order.
    pub updated: usize,
    /// Changes that remove something.
    pub removed: usize,
    /// Values that both sides changed.
    pub conflicts: usize,
    /// Items that the document dropped and that are kept.
    pub not_removed: usize,
    /// Changes that locks kept out.
    pub skipped: usize,
    /// People, ceremonies, platforms and genres that are made, of a name or of an id that nobody has.
    pub new_entities: usize,
    /// Warnings.
    pub warnings: usize,
}

impl Report {
    /// How much there is of everything.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let changed = |op| self.changes.iter().filter(|change| change.op == op).count();
        Counts {
            added: changed(ChangeOperation::Add),
            updated: changed(ChangeOperation::Update),
            removed: changed(ChangeOperation::Remove),
            conflicts: self.conflicts.len(),
            not_removed: self.not_removed.len(),
            skipped: self.skipped.len(),
            new_entities: self.new_entities,
            warnings: self.warnings.len(),
        }
    }
}

/// An answer that is remembered with an import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remember {
    pub kind: EntityKind,
    /// In comparable form.
    pub name_key: String,
    /// Who is meant; `None`: what has the name is left out.
    pub entity: Option<String>,
    /// Whether it holds on all movies.
    pub everywhere: bool,
}

/// What an import would make of a document.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The document as it would stand.
    pub data: Object,
    pub report: Report,
    /// Entities that would be made.
    pub new_entities: Vec<NewEntity>,
    /// Names that entities would go by from now on.
    pub new_aliases: Vec<NewEntity>,
    /// Answers that would be remembered.
    pub answers: Vec<Remember>,
    /// Ids that were made up for items and entities.
    pub made_up: Vec<String>,
    /// How many of the changes remove an item or a name only because the document lacks it.
    pub dropped: usize,
    /// Why it may not be carried out, if anything speaks against it.
    pub problems: Vec<Problem>,
}

impl Report {
    /// How many fields of the document were not read.
    #[must_use]
    pub fn fields_not_read(&self) -> usize {
        let warnings = self.warnings.iter();
        warnings.filter(|warning| warning.code == WarningCode::UnknownField).count()
    }

    /// How many changes there are, in words.
    #[must_use]
    pub fn changes_in_words(&self) -> String {
        match self.changes.len() {
            1 => "1 change".to_owned(),
            count => format!("{count} changes"),
        }
    }
}

impl Plan {
    /// Whether only what the options settle speaks against it, so that it is worth showing.
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
}

/// Reads the ids and the names of an arriving document: which ids are identities, and which names
/// hold more than a name. `None` if it stays as it is.
#[must_use]
pub fn settle(proposal: &Proposal<'_>) -> Option<(Reading, Following)> {
    let with_ids = given_ids::settle(proposal);
    let arriving = with_ids.as_ref().unwrap_or(proposal.arriving);
    let with_names = credited_names::settle(&Proposal { arriving, ..*proposal });
    with_names.or_else(|| with_ids.map(|reading| (reading, Following::default())))
}

/// Computes the plan of a proposal.
///
/// # Errors
/// When its budget is spent.
pub fn plan(proposal: &Proposal<'_>, ids: &dyn IdSource) -> Result<Plan, Stopped> {
    let settled = settle(proposal);
    let (arriving, following) = match &settled {
        Some((arriving, following)) => (arriving, following),
        None => (proposal.arriving, &Following::default()),
    };
    let proposal = &Proposal { arriving, ..*proposal };
    let mut merged = merge(proposal, following, ids);
    if merged.has_repetitions && merged.problems.is_empty() {
        merged.data = at_rest(proposal, following, ids, merged.data, &merged.new_entities);
    }
    proposal.budget.outcome()?;
    let mut problems = proposal.arriving.problems.clone();
    problems.extend(merged.problems);
    if proposal.arriving.elided && proposal.mode == ImportMode::Replace {
        let message = "the document says itself that something was left out of it (\"...\"), so REPLACE would remove what it does not show";
        problems.push(Problem::new("", ProblemCode::Invalid, message));
    }
    let mut warnings = proposal.arriving.warnings.clone();
    warnings.extend(merged.warnings);

    let rule_of = |target: &str| proposal.lock_rule_of(target);
    let held =
        locks::hold(proposal.definition, proposal.locks, rule_of, proposal.current, merged.data);
    let mut new_entities = merged.new_entities;
    if !new_entities.is_empty() {
        let named = names_of(proposal.definition, &held.data);
        new_entities.retain(|entity| {
            let stands_as = if entity.kind.stands_by_name() { &entity.name } else { &entity.id };
            named.contains(stands_as.as_str())
        });
    }
    let conflicts = merged.conflicts;
    if proposal.on_conflict == ConflictPolicy::Fail {
        problems.extend(conflicts.iter().map(conflict_problem));
    }
    problems.extend(held.problems);
    warnings.extend(held.warnings);

    let mut plan = Plan {
        data: held.data,
        report: Report {
            digest: String::new(),
            changes: Vec::new(),
            conflicts,
            not_removed: merged.not_removed,
            skipped: held.skipped,
            matches: merged.matches,
            warnings,
            new_entities: new_entities.len().saturating_sub(merged.waiting),
        },
        new_entities,
        new_aliases: merged.new_aliases,
        answers: proposal.arriving.answers.iter().cloned().chain(merged.answers).collect(),
        made_up: merged.made_up,
        dropped: 0,
        problems,
    };
    if plan.is_sound() {
        plan.report.changes = diff(proposal.definition, proposal.current, &plan.data);
        // A lock may have kept what would have been removed.
        let dropped: HashSet<&str> = merged.dropped.iter().map(String::as_str).collect();
        let is_dropped = |change: &&Change| {
            change.op == ChangeOperation::Remove && dropped.contains(change.path.as_str())
        };
        plan.dropped = plan.report.changes.iter().filter(is_dropped).count();
    }
    if let Some(base) = proposal.unknown_base {
        if proposal.mode == ImportMode::Replace && plan.dropped > 0 {
            plan.problems.push(base.base_required(plan.dropped));
        } else {
            plan.report.warnings.extend(base.warning());
        }
    }
    plan.report.digest = digest(proposal, &plan.report, &plan.made_up);
    Ok(plan)
}

/// Most states that are gone through to find one at rest.
const MAX_STATES: usize = 8;

/// What stands when the file, sent again, changes nothing more. Of several items of one key the file's order alone
/// tells which is which, and once they stand in another order it may tell otherwise: what the next import would still
/// move, this one does. Where they would move in circles, a place on the circle is kept, the present one if it is on it.
fn at_rest(
    proposal: &Proposal<'_>,
    following: &Following,
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
        let next = merge(&Proposal { current, directory, ..*proposal }, following, ids);
        if proposal.budget.is_stopped() {
            break;
        }
        // It is the order that may be new, and nothing else: what the file says, it has said.
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

/// Whether two states of a document have the same items, in whatever order.
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

/// What is to be brought back, into what.
pub struct Restoration<'a> {
    pub definition: &'static Definition,
    pub movie: &'a MovieId,
    pub current: &'a Object,
    /// The data as it is to stand, to the letter.
    pub data: &'a Object,
    pub locks: &'a [String],
    pub lock_rule: LockRule,
}

/// Computes the plan of bringing an earlier state back.
#[must_use]
pub fn restore(restoration: &Restoration<'_>) -> Plan {
    let Restoration { definition, movie, current, data, locks, lock_rule } = *restoration;
    let held = locks::hold(definition, locks, |_| lock_rule, current, data.clone());
    let mut report = Report {
        changes: diff(definition, current, &held.data),
        skipped: held.skipped,
        warnings: held.warnings,
        ..Report::default()
    };
    let target = (movie.as_str(), definition.category.as_str(), "restore", lock_rule.as_str());
    let canonical = (target, &report.changes, &report.skipped);
    report.digest = digest::finish(&canonical, &[]);
    Plan {
        data: held.data,
        report,
        new_entities: Vec::new(),
        new_aliases: Vec::new(),
        answers: Vec::new(),
        made_up: Vec::new(),
        dropped: 0,
        problems: held.problems,
    }
}

fn conflict_problem(conflict: &Conflict) -> Problem {
    let value = |value: &Option<Value>| value.as_ref().map_or_else(|| "nothing".to_owned(), shown);
    let message = format!(
        "{}: it was {} when the document was made, is {} now, and the document says {}",
        conflict.label,
        value(&conflict.base),
        value(&conflict.current),
        value(&conflict.imported),
    );
    Problem::new(conflict.path.clone(), ProblemCode::Conflict, message)
}

/// The ids and names of all entities that a document names.
fn names_of<'v>(definition: &Definition, data: &'v Object) -> HashSet<&'v str> {
    let mut found = HashSet::new();
    for field in definition.fields {
        let list = data.get(field.name).and_then(Value::as_array).into_iter().flatten();
        match &field.rule.kind {
            Kind::Names { .. } => found.extend(list.filter_map(Value::as_str)),
            Kind::Items { item, .. } => found.extend(list.flat_map(|object| {
                item.entities
                    .iter()
                    .filter_map(|entity| object.get(entity.id).and_then(Value::as_str))
            })),
            _ => {}
        }
    }
    found
}
