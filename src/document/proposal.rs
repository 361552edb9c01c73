//! What is to be planned: the arriving document, the stored states, the options and the entities
//! that may be named. The steps from resolving to planning read it and do not change it.

use std::collections::HashSet;

use super::budget::WorkBudget;
use super::categories::Definition;
use super::entity::Directory;
use super::ids::MovieId;
use super::plan::base::UnknownBase;
use super::plan::locks::LockRule;
use super::read::envelope::{Source, Stage};
use super::read::parse::Reading;
use super::resolve::Resolution;
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

/// What is to be merged, and how.
pub struct Proposal<'a> {
    pub definition: &'static Definition,
    pub movie: &'a MovieId,
    /// Which state of the document it is merged into.
    pub stage: Stage,
    pub arriving: &'a Reading,
    pub current: &'a Object,
    /// The document that the file was made from, if it is known.
    pub base: Option<&'a Object>,
    /// Why `base` may not be the state that the file was made from.
    pub unknown_base: Option<&'a UnknownBase>,
    /// Where the values come from.
    pub source: Source,
    /// How far the ids of `arriving` are believed.
    pub id_trust: IdTrust,
    pub mode: ImportMode,
    pub nulls: NullPolicy,
    pub on_conflict: ConflictPolicy,
    pub remove_items: &'a [String],
    /// What is locked: `/title`, or the id of an item.
    pub locks: &'a [String],
    pub lock_rule: LockRule,
    /// The entities that `arriving` and `current` name, as far as they exist.
    pub directory: &'a Directory,
    /// Who is credited on this movie: a nominee who is only a name may be one of them, and else is as
    /// likely a film, a song, or someone else of that name.
    pub credited: &'a HashSet<String>,
    /// Answers to the question who a name means.
    pub resolutions: &'a [Resolution],
    /// Ids of a draft that stand for a name alone: who it is, is not decided yet.
    pub provisional_ids: &'a HashSet<String>,
    /// What planning may cost. When it is spent, merging ends early and its result is incomplete.
    pub budget: &'a WorkBudget<'a>,
}

impl Proposal<'_> {
    /// What a lock of that target does.
    #[must_use]
    pub fn lock_rule_of(&self, target: &str) -> LockRule {
        match self.lock_rule {
            // What people had a part in is never skipped.
            LockRule::Skip if self.arriving.personal.contains(target) => LockRule::Refuse,
            rule => rule,
        }
    }
}

/// How far the ids of a document are believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdTrust {
    /// An id is an identity: the source is a catalogue, or a person who said so.
    Trusted,
    /// Nobody said where the document comes from. An id that is known here counts unless the name
    /// beside it contradicts it.
    Unspecified,
    /// A language model wrote the document. An id counts only if it is known here and the name
    /// beside it is its entity's.
    Claimed,
}
