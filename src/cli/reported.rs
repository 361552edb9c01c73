//! How a document of an import ended, for printing and for the error log.

use crate::catalog::bulk::{DocumentLocation, DocumentResult};
use crate::catalog::import::ImportStatus;
use crate::document::{Problem, Warning};

/// How a document ended.
pub(super) struct Reported<'a> {
    pub(super) location: &'a DocumentLocation,
    /// The movie and the category; `None` if the document could not be read.
    pub(super) key: Option<(&'a str, &'a str)>,
    /// Whether it was not imported because of its problems.
    pub(super) is_failure: bool,
    /// Whether it created its movie, or would create it.
    pub(super) creates_movie: bool,
    pub(super) problems: &'a [Problem],
    pub(super) warnings: &'a [Warning],
}

impl<'a> From<&'a DocumentResult> for Reported<'a> {
    fn from(result: &'a DocumentResult) -> Self {
        let key = result.key.as_ref();
        Self {
            location: &result.location,
            key: key.map(|(movie, category)| (movie.as_str(), category.as_str())),
            is_failure: result.status == ImportStatus::Rejected,
            creates_movie: result.creates_movie,
            problems: &result.problems,
            warnings: result.warnings(),
        }
    }
}
