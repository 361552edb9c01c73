//! A plan: what an import would make of a document. Computed from values alone; applying it is
//! the application's work.

use super::definition::Object;
use super::diff::{Change, diff};
use super::entity::NewEntity;
use super::ids::IdSource;
use super::merge::{Proposal, merge};
use super::problem::{Problem, Warning};

/// What an import would change.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The document as it would stand.
    pub data: Object,
    /// The changes that lead there; empty if nothing would change.
    pub changes: Vec<Change>,
    /// What was put right while reading, or left alone.
    pub warnings: Vec<Warning>,
    /// Entities that would be made.
    pub new_entities: Vec<NewEntity>,
}

/// Computes the plan of a proposal.
///
/// # Errors
/// Every problem of the arriving document; then nothing of it may be stored.
pub fn plan(proposal: &Proposal<'_>, ids: &dyn IdSource) -> Result<Plan, Vec<Problem>> {
    let merged = merge(proposal, ids);
    let mut problems = proposal.arriving.problems.clone();
    problems.extend(merged.problems);
    if !problems.is_empty() {
        return Err(problems);
    }
    let mut warnings = proposal.arriving.warnings.clone();
    warnings.extend(merged.warnings);
    let changes = diff(proposal.definition, proposal.current, &merged.data);
    Ok(Plan { data: merged.data, changes, warnings, new_entities: merged.new_entities })
}
