//! The input of planning: the arriving document, the stored states, the options, and the entities
//! that may be referenced. All steps read it and none changes it.

use ahash::HashSet;

use super::budget::WorkBudget;
use super::categories::Definition;
use super::ids::MovieId;
pub use super::options::{ConflictPolicy, IdTrust, ImportMode, NullPolicy};
use super::plan::base::UnknownBase;
use super::plan::locks::LockRule;
use super::read::envelope::{Source, Stage};
use super::read::parse::Reading;
use super::resolve::Resolution;
use super::resolve::directory::Directory;
use super::schema::definition::Object;

/// The input of a plan: what is merged, and how.
pub struct Proposal<'a> {
    pub definition: &'static Definition,
    pub movie: &'a MovieId,
    /// Whether it is merged into the published document or into its draft.
    pub stage: Stage,
    pub arriving: &'a Reading,
    pub current: &'a Object,
    /// The data of the base revision, if it is known.
    pub base: Option<&'a Object>,
    /// Why `base` may not be the base revision.
    pub unknown_base: Option<&'a UnknownBase>,
    /// The source of the document.
    pub source: Source,
    /// How far the ids of `arriving` are trusted.
    pub id_trust: IdTrust,
    pub mode: ImportMode,
    pub nulls: NullPolicy,
    pub on_conflict: ConflictPolicy,
    pub remove_items: &'a [String],
    /// The targets of editorial locks: `/title`, or the id of an item.
    pub locks: &'a [String],
    pub lock_rule: LockRule,
    /// The existing entities that `arriving` and `current` may name.
    pub directory: &'a Directory,
    /// The ids of the people who are credited on the movie. A nominee without an id may be one of
    /// them; a nominee who is not may be a film, a song, or another person with the same name.
    pub credited: &'a HashSet<String>,
    /// Resolutions of ambiguous names.
    pub resolutions: &'a [Resolution],
    /// Ids of entities that a draft introduces. They only stand for names: the names are resolved
    /// again when the draft is published.
    pub provisional_ids: &'a HashSet<String>,
    /// The limit of the work. When it is spent, merging ends early and its result is incomplete.
    pub budget: &'a WorkBudget<'a>,
}

impl Proposal<'_> {
    /// The effect of a lock with this target.
    #[must_use]
    pub fn lock_rule_of(&self, target: &str) -> LockRule {
        match self.lock_rule {
            // Changes that a person contributed to are never skipped silently.
            LockRule::Skip if self.arriving.personal.contains(target) => LockRule::Refuse,
            rule => rule,
        }
    }
}
