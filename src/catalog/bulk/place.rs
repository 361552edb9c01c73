//! Where a record stands in what is imported.

use std::fmt;
use std::sync::Arc;

/// Where a record stands: a file, in it the entry of an archive, and in that a line or an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub source: Arc<str>,
    /// The name of the entry; in an archive within an archive, both names with a colon between.
    pub entry: Option<Arc<str>>,
    pub at: Option<At>,
}

/// Where in a file or an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// A line, counted from 1.
    Line(u64),
    /// An index in a list, counted from 0.
    Item(u64),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)?;
        if let Some(entry) = &self.entry {
            write!(f, ":{entry}")?;
        }
        match self.at {
            None => Ok(()),
            Some(At::Line(line)) => write!(f, ":{line}"),
            Some(At::Item(item)) => write!(f, "[{item}]"),
        }
    }
}
