//! The outcome of an import: its status, the document as it is now, the plan and the problems.

use super::options::ImportStatus;
use crate::catalog::audit::{AuditEntry, AuditOutcome};
use crate::catalog::export::Export;
use crate::document::plan::Report;
use crate::document::plan::diff::updated_fields;
use crate::document::read::repair_hint::repair_hint;
use crate::document::{Category, MovieId, Problem, ProblemCode};

/// The outcome of an import, or of another operation on one document.
#[derive(Debug)]
pub struct Outcome {
    pub status: ImportStatus,
    /// The document after the import: the draft or the published document, whichever was imported
    /// into. `None` if the movie does not exist.
    pub export: Option<Export>,
    /// The plan; `None` if none was computed.
    pub plan: Option<Report>,
    pub problems: Vec<Problem>,
    /// The id of the import in the import log; `None` for a dry run.
    pub import_id: Option<String>,
    /// Whether the import creates the movie, or in a dry run would create it.
    pub creates_movie: bool,
}

impl Outcome {
    /// Rejects a request for a movie that does not exist.
    #[must_use]
    pub fn no_movie(problem: Problem) -> Self {
        Self::rejected(vec![problem], None, None)
    }

    /// Appends `remedy` to the message of the problem that the movie does not exist.
    #[must_use]
    pub fn with_remedy(mut self, remedy: &str) -> Self {
        let is_no_movie = |problem: &&mut Problem| {
            problem.code == ProblemCode::NotFound && problem.path.is_empty()
        };
        for problem in self.problems.iter_mut().filter(is_no_movie) {
            problem.message = format!("{}; {remedy}", problem.message);
        }
        self
    }

    /// The text that asks a language model to correct the document; `None` if it has nothing to
    /// correct.
    #[must_use]
    pub fn repair_hint(&self, movie: &MovieId, category: Option<Category>) -> Option<String> {
        let category = category.or_else(|| self.export.as_ref().map(|export| export.category));
        let warnings = self.plan.as_ref().map_or(&[][..], |plan| &plan.warnings);
        repair_hint(movie, category, &self.problems, warnings)
    }

    pub(in crate::catalog) fn rejected(
        problems: Vec<Problem>,
        plan: Option<Report>,
        export: Option<Export>,
    ) -> Self {
        Self {
            status: ImportStatus::Rejected,
            export,
            plan,
            problems,
            import_id: None,
            creates_movie: false,
        }
    }

    /// Adds to an entry of the audit log how the import ended. It has no text of the document.
    pub(in crate::catalog) fn complete(&self, entry: AuditEntry) -> AuditEntry {
        let revision = self.export.as_ref().map(|export| export.metadata.revision);
        let detail = match (self.status, revision) {
            (ImportStatus::Published, Some(revision)) => format!("published revision {revision}"),
            (status, _) => status.as_str().to_owned(),
        };
        let entry = entry.detailed(detail);
        let entry = match &self.import_id {
            Some(id) => entry.imported_as(id),
            None => entry,
        };
        match self.problems.first() {
            Some(problem) => entry.failed(AuditOutcome::Rejected, &problem.code.name()),
            None => entry,
        }
    }

    pub(super) fn written(status: ImportStatus, export: Export, plan: Report) -> Self {
        Self {
            status,
            export: Some(export),
            plan: Some(plan),
            problems: Vec::new(),
            import_id: None,
            creates_movie: false,
        }
    }

    /// The top-level keys that changed, or in a dry run would change, each once.
    #[must_use]
    pub fn updated_fields(&self) -> Vec<String> {
        match &self.plan {
            Some(plan) if self.status != ImportStatus::Rejected => updated_fields(&plan.changes),
            _ => Vec::new(),
        }
    }
}
