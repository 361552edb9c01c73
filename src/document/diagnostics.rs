//! Warnings and problems of one document, in the order in which they are found. The steps that
//! resolve and merge share one collection by reference.

use std::cell::RefCell;

use super::problem::{Problem, ProblemCode, Warning, WarningCode};
use super::read::parse::MAX_LISTED;

/// Warnings and problems of one document, at most [`MAX_LISTED`] of each.
#[derive(Debug, Default)]
pub(super) struct Diagnostics {
    warnings: RefCell<Vec<Warning>>,
    problems: RefCell<Vec<Problem>>,
}

impl Diagnostics {
    pub(super) fn warn(&self, path: String, code: WarningCode, message: String) {
        self.add(Warning { path, code, message });
    }

    pub(super) fn add(&self, warning: Warning) {
        let mut warnings = self.warnings.borrow_mut();
        if warnings.len() < MAX_LISTED {
            warnings.push(warning);
        }
    }

    pub(super) fn problem(&self, path: String, code: ProblemCode, message: String) {
        let mut problems = self.problems.borrow_mut();
        if problems.len() < MAX_LISTED {
            problems.push(Problem::new(path, code, message));
        }
    }

    /// Whether there is a problem for which the predicate holds.
    pub(super) fn has_problem(&self, predicate: impl Fn(&Problem) -> bool) -> bool {
        self.problems.borrow().iter().any(predicate)
    }

    /// The warnings and the problems.
    pub(super) fn into_parts(self) -> (Vec<Warning>, Vec<Problem>) {
        (self.warnings.into_inner(), self.problems.into_inner())
    }
}
