//! The options of an import that decide how a document is merged.

use super::schema::choice::define_choice;

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

/// How far the ids of a document are trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdTrust {
    /// Ids are used as they are: the document comes from a catalogue, was sent as typed values, or
    /// its source was set explicitly.
    Trusted,
    /// The source of the document is unknown. A known id is used unless its entity does not fit the
    /// name beside it.
    Unspecified,
    /// A language model wrote the document. An id is used only if it is known and the name beside
    /// it is a name of its entity.
    Claimed,
}
