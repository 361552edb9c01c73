//! The shape of a plan as clients see it: changes, conflicts, matches, warnings, and their counts.
//!
//! It is written once, here and in the modules of the types that it contains. The JSON of REST and
//! of the import log (serde), the GraphQL types (async-graphql) and the OpenAPI schemas (utoipa)
//! are derived from it, with the comments as descriptions. Attributes give the names and types
//! that differ between them.

use async_graphql::{ID, SimpleObject};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::diff::{Change, ChangeOperation};
use crate::document::problem::{ProblemCode, Warning, WarningCode};
use crate::document::resolve::candidate::{Candidate, MatchDecision, MatchReason};
use crate::document::schema::entities::EntityKind;
use crate::document::schema::scalars::Json;

/// A value that both the document and the catalogue changed, differently, since the document was
/// exported.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, SimpleObject, ToSchema)]
#[graphql(name = "PlanConflict")]
#[schema(as = PlanConflict)]
pub struct Conflict {
    /// JSON Pointer (RFC 6901) to the value in the imported data, for example /title. If the
    /// document no longer contains the item: to the item in the current data.
    pub path: String,
    /// A description for people, for example "Cast: Brad Pitt".
    pub label: String,
    /// The value when the document was exported, as in a file. Null if there was none.
    pub base: Option<Json>,
    /// The value that is stored now, as in a file. Null if there is none.
    pub current: Option<Json>,
    /// The value in the document, as in a file. Null if there is none.
    pub imported: Option<Json>,
}

/// A list item that the document no longer contains and that the import keeps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, SimpleObject, ToSchema)]
#[graphql(name = "KeptItem")]
#[schema(as = KeptItem)]
pub struct NotRemoved {
    /// JSON Pointer (RFC 6901) to the item in the current data, for example /events/2.
    pub path: String,
    /// A description for people, for example "Cast: Brad Pitt".
    pub label: String,
    /// The item's id, for removeItems (in REST remove_items). Null for an entry of a list of names,
    /// such as genres, which has no id.
    #[graphql(skip, derived(name = "item_id", into = "Option<ID>", owned, with = "graphql_id"))]
    pub id: Option<String>,
}

/// A change that was left out because the value is locked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, SimpleObject, ToSchema)]
#[graphql(name = "SkippedChange")]
#[schema(as = SkippedChange)]
pub struct Skipped {
    /// JSON Pointer (RFC 6901) to the value in the new data; if it is not there, in the current
    /// data.
    pub path: String,
    /// The reason: always LOCKED.
    pub code: ProblemCode,
    /// A description for people, for example "Cast: Brad Pitt".
    pub label: String,
    /// The value that was kept, as in a file. Null if there is none.
    pub current: Option<Json>,
    /// The value that the import would have stored, as in a file. Null if it would have removed the
    /// value.
    pub imported: Option<Json>,
}

/// The entity that a name in the document was resolved to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, SimpleObject, ToSchema)]
#[graphql(name = "PlanMatch")]
#[schema(as = PlanMatch)]
pub struct Match {
    /// JSON Pointer (RFC 6901) to the name in the imported data, for example /cast/3/name.
    pub path: String,
    /// The name as sent.
    pub given: String,
    /// The kind of entity.
    pub kind: EntityKind,
    /// What the name was resolved to.
    pub decision: MatchDecision,
    /// The id of the entity. Null if the decision is AMBIGUOUS or SKIPPED.
    #[graphql(skip, derived(name = "entity_id", into = "Option<ID>", owned, with = "graphql_id"))]
    pub entity: Option<String>,
    /// How likely the entity is the right one, from 0 to 1. Null if the entity is new or was given
    /// by a resolution.
    pub score: Option<f64>,
    /// What the decision is based on.
    pub reasons: Vec<MatchReason>,
    /// The entities that the name may mean, best first, at most 5. For a new entity: those with a
    /// nearly equal name.
    pub candidates: Vec<Candidate>,
}

fn graphql_id(id: Option<String>) -> Option<ID> {
    id.map(ID)
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
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, SimpleObject, ToSchema)]
pub struct Report {
    /// Identifies the plan: 64 hexadecimal digits. Send it back as expectedPlan (in REST
    /// expected_plan) to carry out exactly this plan. Generated ids and times do not affect it.
    pub digest: String,
    /// The changes, in the order of the document.
    // The import log does not repeat the changes of published imports: it has an empty list, or,
    // in old entries, none.
    #[serde(default)]
    #[schema(required)]
    pub changes: Vec<Change>,
    /// The values that both the document and the catalogue changed, differently, since the document
    /// was exported. The option onConflict (in REST on_conflict) decides how they are settled.
    pub conflicts: Vec<Conflict>,
    /// Items that the document no longer contains and that MERGE keeps. To remove them, list their
    /// ids in removeItems (in REST remove_items), or use REPLACE.
    pub not_removed: Vec<NotRemoved>,
    /// Changes that were left out because the value is locked.
    pub skipped: Vec<Skipped>,
    /// For each name without an id: the entity that it was resolved to.
    pub matches: Vec<Match>,
    /// Parts of the document that were corrected or ignored.
    pub warnings: Vec<Warning>,
    // Clients get this number as part of the counts.
    #[graphql(skip)]
    #[serde(default, skip_serializing)]
    pub new_entities: usize,
}

/// What an import changes, or in a dry run would change.
// A type of its own because the counts are computed from the finished lists: the import log does
// not store them, and no derive adds a computed field.
#[derive(Debug, Clone, Default, PartialEq, Serialize, SimpleObject, ToSchema)]
#[schema(as = Plan)]
pub struct ImportPlan {
    #[graphql(flatten)]
    #[schema(inline)]
    #[serde(flatten)]
    pub report: Report,
    /// The number of entries of each kind.
    pub counts: Counts,
}

impl From<Report> for ImportPlan {
    fn from(report: Report) -> Self {
        Self { counts: report.counts(), report }
    }
}

/// The number of changes, conflicts and other entries in a plan.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, SimpleObject, ToSchema)]
#[graphql(name = "PlanCounts")]
#[schema(as = PlanCounts)]
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

/// A resolution to store, so that later imports use it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ResolutionToStore {
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
