//! The location of a document in the input of an import, for messages.

use std::fmt;
use std::sync::Arc;

/// The location of a document: a file, an archive entry in it, and a line or an index in that.
/// Displayed as `file.zip:entry.ndjson:12` or `file.json[3]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentLocation {
    /// The name of the file, or of another input such as "standard input".
    pub source: Arc<str>,
    /// The name of the archive entry. For an archive inside an archive: both names, joined by a
    /// colon.
    pub entry: Option<Arc<str>>,
    pub at: Option<LineOrIndex>,
}

/// A position within a file or an archive entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LineOrIndex {
    /// A line number, counted from 1.
    Line(u64),
    /// An index in a JSON array, counted from 0.
    Index(u64),
}

impl fmt::Display for DocumentLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)?;
        if let Some(entry) = &self.entry {
            write!(f, ":{entry}")?;
        }
        match self.at {
            None => Ok(()),
            Some(LineOrIndex::Line(line)) => write!(f, ":{line}"),
            Some(LineOrIndex::Index(index)) => write!(f, "[{index}]"),
        }
    }
}
