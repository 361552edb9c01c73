//! How to import, and what may come of it.

use serde::Serialize;

use crate::document::proposal::{ConflictPolicy, ImportMode, NullPolicy};
use crate::document::read::parse::ParseOptions;
use crate::document::resolve::Resolution;
use crate::document::schema::definition::define_choice;
use crate::document::{Source, Stage};

/// How to import.
#[derive(Debug, Clone, Serialize)]
#[allow(clippy::struct_excessive_bools, reason = "options that a client sets one by one")]
pub struct ImportOptions {
    /// Which state of the document to import into.
    pub target: Stage,
    pub mode: ImportMode,
    /// Whether to plan only: nothing is written.
    pub dry_run: bool,
    /// The digest of the plan that is to be carried out; another one is refused.
    pub expected_plan: Option<String>,
    /// Overrides where the values come from.
    pub source: Option<Source>,
    pub nulls: NullPolicy,
    pub on_conflict: ConflictPolicy,
    /// Overrides `metadata.revision` of the document.
    pub base_revision: Option<i64>,
    /// Answers to the question who a name means.
    pub resolutions: Vec<Resolution>,
    /// Ids of list items to remove.
    pub remove_items: Vec<String>,
    /// Whether a person's own edit may change what is locked.
    pub override_locks: bool,
    /// Whether there must be a draft already.
    pub needs_draft: bool,
    /// Whether an unknown key is an error.
    pub strict: bool,
    /// Whether texts are taken without citation marks, markup and invisible characters.
    pub clean: bool,
    /// Whether to create the movie if there is none of that id. A draft needs a movie too: it is created
    /// without any published document.
    pub create_movie: bool,
    /// The revision to go back to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<i64>,
    /// Makes a repeated request the same request: it gets the answer of the first.
    pub idempotency_key: Option<String>,
}

impl Default for ImportOptions {
    fn default() -> Self {
        Self {
            target: Stage::Published,
            mode: ImportMode::Merge,
            dry_run: false,
            expected_plan: None,
            source: None,
            nulls: NullPolicy::Keep,
            on_conflict: ConflictPolicy::Fail,
            base_revision: None,
            resolutions: Vec::new(),
            remove_items: Vec::new(),
            override_locks: false,
            needs_draft: false,
            strict: false,
            clean: false,
            create_movie: false,
            revision: None,
            idempotency_key: None,
        }
    }
}

impl ImportOptions {
    /// How the data of the document are read.
    #[must_use]
    pub const fn parse_options(&self) -> ParseOptions {
        ParseOptions { strict: self.strict, clean: self.clean }
    }
}

define_choice! {
    /// The outcome of an import, or of publishing, discarding or reverting a document.
    pub enum ImportStatus {
        /// A dry run: the plan shows what would change. Nothing was written.
        Planned = "planned",
        /// The changes were added to the draft, which waits for review.
        Drafted = "drafted",
        /// The changes were published as a new revision.
        Published = "published",
        /// Nothing was written, because the stored document already has these values.
        Unchanged = "unchanged",
        /// Nothing was written, because of the user errors.
        Rejected = "rejected",
    }
}
