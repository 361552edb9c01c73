//! The parts of a plan as they are shown: changes, conflicts, matches, warnings, and their counts.
//! The JSON of REST and of the import log is derived from these types.

use serde::{Deserialize, Serialize};

use super::diff::{Change, ChangeOperation};
use crate::document::entity::EntityKind;
use crate::document::problem::{ProblemCode, Warning, WarningCode};
use crate::document::resolve::candidate::{Candidate, MatchDecision, MatchReason};
use crate::document::schema::scalars::Json;

/// A value that the document and the catalogue changed differently since the base revision.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Conflict {
    /// JSON Pointer into the imported data, or into the current data if the document lacks the
    /// item.
    pub path: String,
    /// A label for display: `Cast: Brad Pitt`.
    pub label: String,
    /// The value in the base revision.
    pub base: Option<Json>,
    /// The value that is stored now.
    pub current: Option<Json>,
    /// The value in the imported document.
    pub imported: Option<Json>,
}

/// An item of the base revision that is missing from the document, and is not removed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NotRemoved {
    /// JSON Pointer into the current data.
    pub path: String,
    /// A label for display.
    pub label: String,
    /// The item's id, for `removeItems`; `None` for a name, which has none.
    pub id: Option<String>,
}

/// A change that was left out because of a lock.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Skipped {
    /// JSON Pointer into the new data if it contains the value, else into the current data.
    pub path: String,
    /// Always LOCKED.
    pub code: ProblemCode,
    /// A label for display.
    pub label: String,
    /// The value that was kept.
    pub current: Option<Json>,
    /// The value that would have replaced it.
    pub imported: Option<Json>,
}

/// How a name was resolved to an entity.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Match {
    /// JSON Pointer into the imported data.
    pub path: String,
    /// The name as it was sent.
    pub given: String,
    pub kind: EntityKind,
    pub decision: MatchDecision,
    /// The id of the entity; `None` if the name is ambiguous or the item is left out.
    pub entity: Option<String>,
    /// The score of the entity, from 0 to 1; `None` for a new one.
    pub score: Option<f64>,
    pub reasons: Vec<MatchReason>,
    /// The candidates with the highest scores, best first.
    pub candidates: Vec<Candidate>,
}

impl Match {
    /// Creates the match of a name that is not resolved yet.
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

/// The part of a plan that is shown to clients.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Report {
    /// The SHA-256 hash of a canonical form of the plan, in hexadecimal digits. It does not depend
    /// on generated ids or times, so that equal plans have equal digests.
    pub digest: String,
    /// The changes, in document order.
    pub changes: Vec<Change>,
    /// The values that both sides changed. The options say how conflicts are settled.
    pub conflicts: Vec<Conflict>,
    /// Items and names that are missing from the document but are not removed.
    pub not_removed: Vec<NotRemoved>,
    /// Changes that were left out because of locks.
    pub skipped: Vec<Skipped>,
    /// How names without ids were resolved.
    pub matches: Vec<Match>,
    /// What was repaired, ignored, or may be a mistake.
    pub warnings: Vec<Warning>,
    /// The number of people, ceremonies, platforms and genres that are created. It is part of the
    /// counts.
    #[serde(skip_serializing)]
    pub new_entities: usize,
}

/// The number of changes, conflicts and other entries in a plan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, async_graphql::SimpleObject)]
#[graphql(name = "PlanCounts")]
pub struct Counts {
    /// The number of changes that add a value or an item.
    pub added: usize,
    /// The number of changes that replace a value or change the order of a list.
    pub updated: usize,
    /// The number of changes that remove a value or an item.
    pub removed: usize,
    /// The number of conflicts: values that the document and the catalogue changed differently.
    pub conflicts: usize,
    /// The number of items that are missing from the document but are not removed.
    pub not_removed: usize,
    /// The number of changes that were left out because of locks.
    pub skipped: usize,
    /// The number of people, ceremonies, platforms and genres that are created, because their name
    /// or id is unknown.
    pub new_entities: usize,
    /// The number of warnings.
    pub warnings: usize,
}

impl Report {
    /// Counts the entries of the report.
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

/// A resolution that is stored with an import, to be used again later.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Remember {
    pub kind: EntityKind,
    /// The name in comparable form.
    pub name_key: String,
    /// The id of the entity; `None` if items with the name are left out.
    pub entity: Option<String>,
    /// Whether the resolution applies to all movies.
    pub everywhere: bool,
}

impl Report {
    /// The number of unknown fields, which were not read.
    #[must_use]
    pub fn fields_not_read(&self) -> usize {
        let warnings = self.warnings.iter();
        warnings.filter(|warning| warning.code == WarningCode::UnknownField).count()
    }

    /// The number of changes as text: `1 change`, `2 changes`.
    #[must_use]
    pub fn changes_in_words(&self) -> String {
        match self.changes.len() {
            1 => "1 change".to_owned(),
            count => format!("{count} changes"),
        }
    }
}
