//! The input of planning: the arriving document, the stored states, the options, and the entities
//! that may be referenced. All steps read it and none changes it.

use std::collections::HashSet;

use super::budget::WorkBudget;
use super::categories::Definition;
use super::ids::MovieId;
use super::plan::base::UnknownBase;
use super::plan::locks::LockRule;
use super::read::envelope::{Source, Stage};
use super::read::parse::Reading;
use super::resolve::Resolution;
use super::resolve::directory::Directory;
use super::schema::definition::{Object, define_choice};

define_choice! {
    /// Whether an import may remove list items.
    pub enum ImportMode {
        /// Change and add. Nothing is removed except the items listed in removeItems.
        Merge = "merge",
        /// Also remove the list items that the document no longer contains since its base revision.
        /// This affects only lists that are present in the document. If items would be removed, the
        /// base revision must be known (BASE_REQUIRED).
        Replace = "replace",
    }
}

define_choice! {
    /// What a null in the imported data does.
    pub enum NullPolicy {
        /// Clear the stored value.
        Clear = "clear",
        /// Keep the stored value.
        Keep = "keep",
    }
}

define_choice! {
    /// How to settle a value that both the document and the catalogue changed, differently, since
    /// the document was exported.
    pub enum ConflictPolicy {
        /// Reject the import with user errors CONFLICT; nothing is written.
        Fail = "fail",
        /// Keep the stored value.
        KeepCurrent = "keep_current",
        /// Take the value of the document.
        TakeImport = "take_import",
    }
}

/// The input of planning one document.
pub struct Proposal<'a> {
    pub definition: &'static Definition,
    pub movie: &'a MovieId,
    /// The stored state that the document is merged into.
    pub stage: Stage,
    pub arriving: &'a Reading,
    pub current: &'a Object,
    /// The base revision, if it is known.
    pub base: Option<&'a Object>,
    /// Why `base` may not be the revision that the document was made from.
    pub unknown_base: Option<&'a UnknownBase>,
    /// The source of the document.
    pub source: Source,
    /// How far the ids in `arriving` are trusted.
    pub id_trust: IdTrust,
    pub mode: ImportMode,
    pub nulls: NullPolicy,
    pub on_conflict: ConflictPolicy,
    pub remove_items: &'a [String],
    /// The targets of editorial locks: `/title`, or the id of an item.
    pub locks: &'a [String],
    pub lock_rule: LockRule,
    /// The existing entities with the ids and names in `arriving` and `current`.
    pub directory: &'a Directory,
    /// The ids of people who are credited on this movie. A nominee without an id can only be one of
    /// them, as it is as likely a film or a song.
    pub credited: &'a HashSet<String>,
    /// The resolutions of this import.
    pub resolutions: &'a [Resolution],
    /// The provisional ids of a draft: each stands for a name that waits for a resolution.
    pub provisional_ids: &'a HashSet<String>,
    /// The budget of planning. When it is spent, merging ends early and the result is incomplete.
    pub budget: &'a WorkBudget<'a>,
}

impl Proposal<'_> {
    /// What a lock does to an attempt to change its target.
    #[must_use]
    pub fn lock_rule_of(&self, target: &str) -> LockRule {
        match self.lock_rule {
            // A change that a person contributed to is refused, never skipped silently.
            LockRule::Skip if self.arriving.personal.contains(target) => LockRule::Refuse,
            rule => rule,
        }
    }
}

/// How far the ids in a document are trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdTrust {
    /// An id identifies an entity: the source is a catalogue, or a person confirmed it.
    Trusted,
    /// The source is not stated. A known id counts unless the name beside it contradicts it.
    Unspecified,
    /// A language model wrote the document. An id counts only if it is known and the name beside it
    /// belongs to its entity.
    Claimed,
}
