//! The entries of the import log.

use chrono::{DateTime, Utc};

use crate::document::{Category, MovieId, Source, Stage};

/// An entry of the import log.
#[derive(Debug, Clone, PartialEq)]
pub struct ImportRow {
    /// Ids of later entries are greater, by code point.
    pub id: String,
    pub movie: MovieId,
    /// `None` if the document could not be read and the request named no category.
    pub category: Option<Category>,
    /// `import`, `publish`, `revert` or `discard`.
    pub operation: String,
    pub stage: Stage,
    pub created_at: DateTime<Utc>,
    /// The author as shown to users.
    pub author: String,
    /// The author as named in tokens.
    pub account: String,
    pub source: Option<Source>,
    /// The status of the import, spelled as in files.
    pub status: String,
    /// The options of the import, as JSON.
    pub options: String,
    /// The plan as JSON; `None` if there was none. The plan of a published import has no changes
    /// here: they follow from the history.
    pub report: Option<String>,
    /// The problems of the import, as a JSON list.
    pub problems: String,
    /// The revision of the document after the import. For a draft, its base revision.
    pub revision: Option<i64>,
    /// The newest contribution to the draft after the import, if the target was the draft.
    pub draft_revision: Option<i64>,
    /// SHA-256 of the document as it was sent, in hexadecimal. `None` if none was sent, or for
    /// entries from before hashes were stored.
    pub text_hash: Option<String>,
    /// The size of the document as it was sent, in bytes. `None` as for `text_hash`.
    pub text_size: Option<i64>,
}

/// An entry to append to the import log.
#[derive(Debug, Clone, PartialEq)]
pub struct NewImport {
    pub row: ImportRow,
    /// The document as it was sent, of that size and hash.
    pub document: Option<SentText>,
}

/// The text of an import as it was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentText {
    pub text: String,
    /// Whether the text is stored, and not only its size and hash.
    pub is_kept: bool,
}
