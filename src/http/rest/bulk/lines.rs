//! The lines of JSON that report how the documents of a bulk import or of a job ended.

use serde::Serialize;
use utoipa::ToSchema;

use crate::document::{Category, Problem, Warning};

/// Maximum number of problems, and of warnings, in the line of one document.
const MAX_LISTED: usize = 20;

/// The result of one document of a bulk import, or of a job.
#[derive(Serialize, ToSchema)]
pub struct DocumentLine {
    /// The archive entry. Absent if the file is no archive.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// The line in the file or the entry, counted from 1. Absent if the document is not one of
    /// several lines.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// The index in a JSON list, counted from 0. Absent if the document is not in a list.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<u64>,
    /// The movie; null if the document could not be read.
    pub movie_id: Option<String>,
    /// The category; null if the document could not be read.
    #[schema(value_type = Option<String>)]
    pub category: Option<Category>,
    /// published, drafted, unchanged or planned (a dry run); conflict or rejected if nothing was
    /// written because of the errors.
    pub status: &'static str,
    /// How many changes were made, or would be made.
    pub changes: u64,
    /// Whether the import of this document created its movie.
    pub movie_created: bool,
    /// What is wrong with the document; at most 20.
    pub errors: Vec<Problem>,
    /// What was corrected or ignored; at most 20.
    pub warnings: Vec<Warning>,
    /// How many errors and warnings are not listed.
    #[serde(skip_serializing_if = "is_zero")]
    pub omitted: u64,
}

impl DocumentLine {
    /// The line with its first errors and warnings.
    pub fn shortened(mut self) -> Self {
        let others = |count: usize| count.saturating_sub(MAX_LISTED);
        self.omitted += (others(self.errors.len()) + others(self.warnings.len())) as u64;
        self.errors.truncate(MAX_LISTED);
        self.warnings.truncate(MAX_LISTED);
        self
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// The last line of a bulk import. Without it, the import is incomplete.
#[derive(Serialize, ToSchema)]
pub struct SummaryLine {
    pub summary: Summary,
}

/// The number of documents by status.
#[derive(Serialize, ToSchema)]
pub struct Summary {
    /// All documents that were looked at.
    pub documents: u64,
    pub published: u64,
    pub drafted: u64,
    pub unchanged: u64,
    /// Documents of a dry run.
    pub planned: u64,
    /// Documents that were not imported because of a conflict with the stored state.
    pub conflict: u64,
    /// Documents that were not imported because of other errors.
    pub rejected: u64,
    /// Archive entries that are not documents.
    pub skipped_entries: usize,
    pub movies_created: u64,
    /// Whether the import stopped at the first failure, as Prefer: handling=strict asked for. The
    /// documents after it were not imported.
    pub stopped: bool,
}

/// The last line of a bulk import that failed. The documents of the lines before it are imported.
#[derive(Serialize, ToSchema)]
pub struct ErrorLine {
    pub error: LineError,
}

/// Why a bulk import failed.
#[derive(Serialize, ToSchema)]
pub struct LineError {
    /// The kind of error, for programs, as in the code of problem details.
    pub code: &'static str,
    /// What went wrong, for people.
    pub message: String,
}
