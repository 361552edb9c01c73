//! The rows of outcomes: how each document of a job ended.

use serde::Serialize;

use crate::catalog::CatalogError;
use crate::catalog::bulk::{LineOrIndex, Pending};
use crate::catalog::import::{ImportStatus, Outcome};
use crate::document::{Category, MovieId, Problem, ProblemCode};
use crate::storage::{JobOutcome, JobOutcomeRow};

/// Maximum number of problems, and of warnings, that are stored for one document.
const MAX_LISTED: usize = 20;

/// The movie and the category of a document; `None` if it could not be read.
pub(super) type Key<'a> = Option<(&'a MovieId, Category)>;

/// How a document ended that was not imported because of these problems.
fn failed(problems: &[Problem]) -> JobOutcome {
    if problems.iter().any(|problem| problem.code == ProblemCode::Conflict) {
        JobOutcome::Conflict
    } else {
        JobOutcome::Rejected
    }
}

/// The first of a list as JSON, and the number of the others.
fn first_as_json<T: Serialize>(list: &[T]) -> Result<(String, i64), CatalogError> {
    let listed = &list[..list.len().min(MAX_LISTED)];
    let omitted = i64::try_from(list.len() - listed.len()).unwrap_or(i64::MAX);
    Ok((serde_json::to_string(listed)?, omitted))
}

fn row(
    pending: &Pending,
    key: Key<'_>,
    outcome: JobOutcome,
    problems: &[Problem],
) -> Result<JobOutcomeRow, CatalogError> {
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let (line, index) = match pending.location.at {
        Some(LineOrIndex::Line(line)) => (Some(number(line)), None),
        Some(LineOrIndex::Index(index)) => (None, Some(number(index))),
        None => (None, None),
    };
    let (problems, omitted) = first_as_json(problems)?;
    Ok(JobOutcomeRow {
        position: number(pending.number),
        // A name in an archive may have any characters.
        entry: pending.location.entry.as_ref().map(|entry| entry.replace('\0', "\u{FFFD}")),
        line,
        index,
        movie: key.map(|(movie, _)| movie.to_string()),
        category: key.map(|(_, category)| category),
        outcome,
        changes: 0,
        problems,
        omitted,
        warnings: "[]".to_owned(),
        omitted_warnings: 0,
        movie_created: false,
        import_id: None,
    })
}

/// The row of a document that was imported, or not because of its problems.
pub(super) fn imported(
    pending: &Pending,
    key: (&MovieId, Category),
    outcome: &Outcome,
) -> Result<JobOutcomeRow, CatalogError> {
    let changes = match (&outcome.plan, outcome.status) {
        (_, ImportStatus::Rejected) | (None, _) => 0,
        (Some(plan), _) => plan.changes.len(),
    };
    let ended = match outcome.status {
        ImportStatus::Planned if changes == 0 && !outcome.creates_movie => JobOutcome::Unchanged,
        ImportStatus::Planned => JobOutcome::Planned,
        ImportStatus::Drafted => JobOutcome::Drafted,
        ImportStatus::Published => JobOutcome::Published,
        ImportStatus::Unchanged => JobOutcome::Unchanged,
        ImportStatus::Rejected => failed(&outcome.problems),
    };
    let warnings = outcome.plan.as_ref().map_or(&[][..], |plan| &plan.warnings);
    let (warnings, omitted_warnings) = first_as_json(warnings)?;
    let row = row(pending, Some(key), ended, &outcome.problems)?;
    let changes = i64::try_from(changes).unwrap_or(i64::MAX);
    Ok(JobOutcomeRow {
        changes,
        import_id: outcome.import_id.clone(),
        warnings,
        omitted_warnings,
        movie_created: outcome.creates_movie,
        ..row
    })
}

/// The row of a document that could not be read or imported.
pub(super) fn rejected(
    pending: &Pending,
    key: Key<'_>,
    problems: &[Problem],
) -> Result<JobOutcomeRow, CatalogError> {
    row(pending, key, failed(problems), problems)
}

/// The row of a document that was not attempted. `problems` say why, unless the job was canceled.
pub(super) fn skipped(
    pending: &Pending,
    key: Key<'_>,
    problems: &[Problem],
) -> Result<JobOutcomeRow, CatalogError> {
    row(pending, key, JobOutcome::Skipped, problems)
}
