//! The option skipChanges: leaves changes out of a plan, so that an import makes only some of them.

use ahash::{HashMap, HashMapExt as _, HashSet};

use super::diff::{Change, ChangeOperation, diff};
use super::digest::digest;
use super::locks::apply_locks;
use super::undo::undo;
use super::{Plan, retain_named};
use crate::document::categories::Definition;
use crate::document::items::items;
use crate::document::problem::{Problem, ProblemCode, WarningCode, excerpt, pointer_at};
use crate::document::proposal::Proposal;
use crate::document::references::{entity_of_field, references};
use crate::document::resolve::candidate::MatchDecision;
use crate::document::schema::definition::{Kind, Object, find};
use crate::document::schema::entity_kind::EntityKind;
use crate::document::schema::required::{MissingField, missing_any_of, missing_fields};
use crate::document::text::suggest::did_you_mean;

/// Leaves changes out of a plan of `proposal`. `skipped` has the paths of the changes. If a removal
/// and an addition have the same path, the path means both; `REMOVE /genres/1` means only the
/// removal. The name of an entity and its id in the same item are left out together.
///
/// What follows from the data is computed again: the changes, the locks that refuse them, the new
/// entities and the digest. A text that names no change is a problem.
#[must_use]
pub fn skip_changes(proposal: &Proposal<'_>, mut plan: Plan, skipped: &[String]) -> Plan {
    let definition = proposal.definition;
    let selected = match select(&plan.report.changes, skipped) {
        Ok(selected) => with_companions(definition, &plan.report.changes, selected),
        Err(problems) => {
            plan.problems.extend(problems);
            return plan;
        }
    };
    let changes = std::mem::take(&mut plan.report.changes);
    let undone: Vec<&Change> = changes
        .iter()
        .zip(&selected)
        .filter(|(_, skip)| **skip)
        .map(|(change, _)| change)
        .collect();
    let names_before = names(definition, &plan.data);
    let data = undo(definition, proposal.current, std::mem::take(&mut plan.data), &undone);

    // A lock may have refused a change that is left out now.
    let rule_of = |target: &str| proposal.lock_rule_of(target);
    let applied = apply_locks(definition, proposal.locks, rule_of, proposal.current, data);
    plan.problems
        .retain(|problem| !matches!(problem.code, ProblemCode::Locked | ProblemCode::BaseRequired));
    plan.problems.extend(applied.problems);
    plan.report.warnings.retain(|warning| warning.code != WarningCode::Locked);
    plan.report.warnings.extend(applied.warnings);
    plan.data = applied.data;
    plan.problems.extend(missing_values(definition, &plan.data));

    let names_after = names(definition, &plan.data);
    let is_left_out =
        |name: &(EntityKind, String)| names_before.contains(name) && !names_after.contains(name);
    plan.new_aliases.retain(|alias| !is_left_out(&(alias.kind, alias.name.clone())));
    drop_unused_entities(definition, &mut plan);
    plan.report.changes = diff(definition, proposal.current, &plan.data);
    let removed: HashSet<&str> = plan
        .report
        .changes
        .iter()
        .filter(|change| change.op == ChangeOperation::Remove)
        .map(|change| change.path.as_str())
        .collect();
    if !plan.dropped.is_empty() {
        plan.dropped.retain(|path| removed.contains(path.as_str()));
        plan.require_base(proposal);
    }
    plan.report.digest = digest(proposal, &plan.report, &plan.generated_ids);
    plan
}

/// For each change, whether one of the texts names it.
fn select(changes: &[Change], skipped: &[String]) -> Result<Vec<bool>, Vec<Problem>> {
    let mut by_path: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, change) in changes.iter().enumerate() {
        by_path.entry(&change.path).or_default().push(index);
    }
    let mut selected = vec![false; changes.len()];
    let mut problems = Vec::new();
    for text in skipped {
        let (op, path) = match text.split_once(' ') {
            Some((op, path)) => (Some(op), path),
            None => (None, text.as_str()),
        };
        let op = op.map(ChangeOperation::parse);
        let mut is_known = false;
        for index in by_path.get(path).into_iter().flatten().copied() {
            if op.is_none_or(|op| op == Some(changes[index].op)) {
                selected[index] = true;
                is_known = true;
            }
        }
        if !is_known {
            let suggestion = did_you_mean(path, by_path.keys().copied());
            let found = excerpt(text);
            let message = format!(
                "skipChanges names {found:?}, which is no change of the plan{suggestion}; allowed \
                 are the paths of its changes"
            );
            problems.push(Problem::of_option("skip_changes", ProblemCode::Invalid, message));
        }
    }
    if problems.is_empty() { Ok(selected) } else { Err(problems) }
}

/// Adds the changes that belong to selected ones.
fn with_companions(
    definition: &Definition,
    changes: &[Change],
    mut selected: Vec<bool>,
) -> Vec<bool> {
    // Changes with the same key are made or left out together.
    let keys: Vec<Option<String>> =
        changes.iter().map(|change| companion_key(definition, change)).collect();
    let chosen: HashSet<&String> = keys
        .iter()
        .zip(&selected)
        .filter_map(|(key, skip)| key.as_ref().filter(|_| *skip))
        .collect();
    for (key, skip) in keys.iter().zip(&mut selected) {
        *skip |= key.as_ref().is_some_and(|key| chosen.contains(key));
    }
    selected
}

/// The key of changes that belong together: the item and its entity, of which the name or the id
/// changes. `None` if nothing belongs to the change.
fn companion_key(definition: &Definition, change: &Change) -> Option<String> {
    let mut tokens = change.path.split('/').skip(1);
    let (list, index, name) = (tokens.next()?, tokens.next()?, tokens.next()?);
    let Kind::Items { item, .. } = &find(definition.fields, list)?.rule.kind else { return None };
    let number = entity_of_field(item, name)?;
    Some(format!("/{list}/{index} {number}"))
}

/// The values that a stored document must have and that are missing.
fn missing_values(definition: &Definition, data: &Object) -> Vec<Problem> {
    if definition.is_empty(data) {
        return Vec::new();
    }
    let problem = |path: String, message: String| {
        let message = format!("{message}; without the skipped changes it would be missing");
        Problem::new(path, ProblemCode::Required, message)
    };
    let mut problems: Vec<Problem> = missing_fields(definition.fields, data)
        .map(|MissingField { name, message }| problem(format!("/{name}"), message))
        .collect();
    for listed in items(definition.fields, data) {
        let path = pointer_at(&format!("/{}", listed.list), listed.index);
        problems.extend(
            missing_fields(listed.item.fields, listed.object)
                .map(|MissingField { name, message }| problem(format!("{path}/{name}"), message)),
        );
        let has = |name: &str| listed.object.contains_key(name);
        problems.extend(missing_any_of(listed.item, has).map(|message| problem(path, message)));
    }
    problems
}

/// Removes the new entities that the data does not reference any more, and what refers to them.
fn drop_unused_entities(definition: &Definition, plan: &mut Plan) {
    let before = plan.new_entities.clone();
    retain_named(definition, &plan.data, &mut plan.new_entities);
    let kept: HashSet<&str> = plan.new_entities.iter().map(|entity| entity.id.as_str()).collect();
    let dropped: HashSet<&str> =
        before.iter().map(|entity| entity.id.as_str()).filter(|id| !kept.contains(id)).collect();
    plan.report.new_entities = plan.report.new_entities.saturating_sub(dropped.len());
    let is_dropped =
        |entity: &Option<String>| entity.as_ref().is_some_and(|id| dropped.contains(id.as_str()));
    plan.resolutions.retain(|resolution| !is_dropped(&resolution.entity));
    let matches = &mut plan.report.matches;
    matches.retain(|found| found.decision != MatchDecision::New || !is_dropped(&found.entity));
}

/// The names in a document, with the kinds of their entities.
fn names(definition: &Definition, data: &Object) -> HashSet<(EntityKind, String)> {
    references(definition.fields, data)
        .filter_map(|reference| Some((reference.kind(), reference.name()?.to_owned())))
        .collect()
}
