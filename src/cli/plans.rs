//! Import plans as text for a terminal.

use crate::catalog::bulk::DocumentResult;
use crate::document::plan::diff::ChangeOperation;
use crate::document::plan::{Match, Report};
use crate::document::problem::shown;
use crate::document::resolve::MatchDecision;
use crate::document::schema::scalars::Json;

/// The lines that describe the plan of a document: changes, conflicts, warnings. Empty if the
/// document would change nothing.
pub(super) fn lines(result: &DocumentResult) -> Vec<String> {
    let (Some((movie, category)), Some(plan)) = (&result.key, &result.plan) else {
        return Vec::new();
    };
    let details = details(plan);
    if details.is_empty() && !result.creates_movie {
        return details;
    }
    let creates =
        if result.creates_movie { format!("; creates movie {movie}") } else { String::new() };
    let changes = plan.changes_in_words();
    let first = format!("{}: {movie} {category}: {changes}{creates}", result.location);
    let digest = format!("  plan {}", plan.digest);
    std::iter::once(first).chain(details).chain([digest]).collect()
}

fn details(plan: &Report) -> Vec<String> {
    let value = |value: &Option<Json>| value.as_deref().map_or_else(|| "nothing".to_owned(), shown);
    let mut lines = Vec::new();
    for change in &plan.changes {
        let line = match change.op {
            ChangeOperation::Add => format!("  + {} {}", change.path, change.label),
            ChangeOperation::Remove => format!("  - {} {}", change.path, change.label),
            ChangeOperation::Update => {
                format!(
                    "  ~ {} {}: {} -> {}",
                    change.path,
                    change.label,
                    value(&change.before),
                    value(&change.after)
                )
            }
        };
        lines.push(line);
    }
    lines.extend(plan.conflicts.iter().map(|conflict| {
        let [base, current, imported] =
            [&conflict.base, &conflict.current, &conflict.imported].map(value);
        let (path, label) = (&conflict.path, &conflict.label);
        format!("  x {path} {label}: was {base}, is {current}, and the document says {imported}")
    }));
    lines.extend(
        plan.not_removed.iter().map(|kept| {
            format!("  = {} {} is not in the file, and is kept", kept.path, kept.label)
        }),
    );
    lines.extend(
        plan.skipped.iter().map(|skipped| {
            format!("  ! {} {} is locked, and is kept", skipped.path, skipped.label)
        }),
    );
    lines.extend(plan.matches.iter().map(decision_line));
    lines.extend(
        plan.warnings.iter().map(|warning| format!("  ? {}: {}", warning.path, warning.message)),
    );
    lines
}

fn decision_line(found: &Match) -> String {
    let Match { path, given, .. } = found;
    match (found.decision, &found.entity) {
        (MatchDecision::Matched, Some(id)) => format!("  @ {path} {given:?} is {id}"),
        (MatchDecision::New, Some(id)) => format!("  @ {path} {given:?} is new: {id}"),
        (MatchDecision::Skipped, _) => format!("  @ {path} {given:?} is skipped"),
        _ => {
            let candidates = found
                .candidates
                .iter()
                .map(|candidate| format!("{} ({})", candidate.id, candidate.name));
            format!("  @ {path} {given:?} may be {}", candidates.collect::<Vec<_>>().join(" or "))
        }
    }
}
