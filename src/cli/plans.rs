//! A plan as a person reads it on a terminal.

use serde_json::Value;

use crate::catalog::bulk::RecordResult;
use crate::document::diff::ChangeOperation;
use crate::document::problem::shown;

/// The lines that tell what a record would change; none if it would change nothing.
pub(super) fn lines(result: &RecordResult) -> Vec<String> {
    let (Some((movie, category)), Some(plan)) = (&result.key, &result.plan) else { return Vec::new() };
    if plan.changes.is_empty() {
        return Vec::new();
    }
    let mut lines = vec![format!("{}: {movie} {category}: {}", result.place, plan.changes_in_words())];
    let value = |value: &Option<Value>| value.as_ref().map(shown).unwrap_or_default();
    for change in &plan.changes {
        let line = match change.op {
            ChangeOperation::Add => format!("  + {} {}", change.path, change.label),
            ChangeOperation::Remove => format!("  - {} {}", change.path, change.label),
            ChangeOperation::Update => {
                format!("  ~ {} {}: {} -> {}", change.path, change.label, value(&change.before), value(&change.after))
            }
        };
        lines.push(line);
    }
    lines.extend(
        plan.not_removed.iter().map(|kept| format!("  = {} {} is not in the file, and stays", kept.path, kept.label)),
    );
    lines.extend(
        plan.skipped.iter().map(|skipped| format!("  ! {} {} is locked, and stays", skipped.path, skipped.label)),
    );
    lines.extend(plan.warnings.iter().map(|warning| format!("  ? {}: {}", warning.path, warning.message)));
    lines
}
