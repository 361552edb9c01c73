//! The options and the status of an import.

use serde::Serialize;

use crate::document::proposal::{ConflictPolicy, ImportMode, NullPolicy};
use crate::document::read::parse::ParseOptions;
use crate::document::resolve::Resolution;
use crate::document::schema::choice::define_choice;
use crate::document::{Source, Stage};

/// Options of an import.
#[derive(Debug, Clone, Serialize)]
#[allow(clippy::struct_excessive_bools, reason = "options that a client sets one by one")]
pub struct ImportOptions {
    /// Whether to import into the published document or into its draft.
    pub target: Stage,
    pub mode: ImportMode,
    /// Whether to only plan: nothing is written.
    pub dry_run: bool,
    /// The digest of the expected plan. If the plan has another digest, the import is rejected.
    pub expected_plan: Option<String>,
    /// Paths of changes of the expected plan that are not made; see
    /// [`skip_changes`](crate::document::plan::skip_changes).
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub skip_changes: Vec<String>,
    /// Overrides the source in the document's metadata.
    pub source: Option<Source>,
    pub nulls: NullPolicy,
    pub on_conflict: ConflictPolicy,
    /// Overrides `metadata.revision` of the document.
    pub base_revision: Option<i64>,
    /// Resolutions of ambiguous names.
    pub resolutions: Vec<Resolution>,
    /// Ids of list items to remove.
    pub remove_items: Vec<String>,
    /// Whether a manual edit may change locked values.
    pub override_locks: bool,
    /// Whether the import is rejected if the document has no open draft.
    pub needs_draft: bool,
    /// Whether an unknown key is an error.
    pub strict: bool,
    /// Whether citation marks, markup and invisible characters are removed from texts.
    pub clean: bool,
    /// Whether to create the movie if it does not exist. An import into a draft creates it without
    /// a published document.
    pub create_movie: bool,
    /// The revision to revert to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub revision: Option<i64>,
    /// Why a draft was discarded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Identifies a request that may be repeated: a repetition gets the outcome of the first.
    pub idempotency_key: Option<String>,
}

impl Default for ImportOptions {
    fn default() -> Self {
        Self {
            target: Stage::Published,
            mode: ImportMode::Merge,
            dry_run: false,
            expected_plan: None,
            skip_changes: Vec::new(),
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
            reason: None,
            idempotency_key: None,
        }
    }
}

impl ImportOptions {
    /// The options for reading the document.
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
