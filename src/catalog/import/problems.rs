//! Problems that several operations on documents report in the same words.

use crate::document::{Category, MovieId, Problem, ProblemCode};

pub(in crate::catalog) fn movie_not_found(movie: &MovieId) -> Problem {
    Problem::new("", ProblemCode::NotFound, format!("there is no movie {movie}"))
}

/// The problem of a request that lost every attempt against other writers.
pub(in crate::catalog) fn lost_to_other_writers() -> Problem {
    let message = "other writers keep changing the same data; nothing was written, try again";
    Problem::new("", ProblemCode::Conflict, message)
}

pub(in crate::catalog) fn draft_not_found(movie: &MovieId, category: Category) -> Problem {
    Problem::new("", ProblemCode::NoDraft, format!("there is no draft of {category} of {movie}"))
}
