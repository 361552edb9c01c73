//! The outcome of an import: its status, the document as it is now, the plan and the problems.

use super::options::ImportStatus;
use crate::catalog::export::Export;
use crate::document::plan::Report;
use crate::document::plan::diff::updated_fields;
use crate::document::read::repair_hint::repair_hint;
use crate::document::{Category, MovieId, Problem, ProblemCode};

/// What came of an import.
#[derive(Debug)]
pub struct Outcome {
    pub status: ImportStatus,
    /// The document as it stands now, in the state that was imported into; `None` if there is no such
    /// movie.
    pub export: Option<Export>,
    /// What was planned; `None` if the document could not be read at all.
    pub plan: Option<Report>,
    pub problems: Vec<Problem>,
    /// The record of the import; a dry run leaves none.
    pub import_id: Option<String>,
}

impl Outcome {
    /// There is no such movie.
    #[must_use]
    pub fn no_movie(problem: Problem) -> Self {
        Self::rejected(vec![problem], None, None)
    }

    /// Adds to the problem that there is no such movie what a client can do about it.
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

    /// What a language model is to correct in the document; `None` if there is nothing.
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
        Self { status: ImportStatus::Rejected, export, plan, problems, import_id: None }
    }

    pub(super) fn written(status: ImportStatus, export: Export, plan: Report) -> Self {
        Self {
            status,
            export: Some(export),
            plan: Some(plan),
            problems: Vec::new(),
            import_id: None,
        }
    }

    /// The top-level keys that changed, or of a dry run would change, each once.
    #[must_use]
    pub fn updated_fields(&self) -> Vec<String> {
        match &self.plan {
            Some(plan) if self.status != ImportStatus::Rejected => updated_fields(&plan.changes),
            _ => Vec::new(),
        }
    }
}
