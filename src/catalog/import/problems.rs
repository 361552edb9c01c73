//! Problems that several operations on documents report in the same words.

use crate::document::node_ids::kind_by_form;
use crate::document::{Category, MovieId, Problem, ProblemCode};

pub(in crate::catalog) fn movie_not_found(movie: &MovieId) -> Problem {
    Problem::new("", ProblemCode::NotFound, format!("there is no movie {movie}"))
}

/// The problem with creating a movie with this id, if its form shows that it belongs to an entity.
/// Both would have the same id in GraphQL.
pub(in crate::catalog) fn refused_movie_id(movie: &MovieId) -> Option<Problem> {
    let kind = kind_by_form(movie.as_str())?.as_str();
    let message = format!(
        "found {movie}, which has the form of the id of a {kind}; a movie is created with an id \
         that does not start with {kind}-, or with a source and {kind}-, such as tmdb-{kind}-"
    );
    Some(Problem::new("", ProblemCode::Invalid, message))
}

pub(in crate::catalog) fn draft_not_found(movie: &MovieId, category: Category) -> Problem {
    Problem::new("", ProblemCode::NoDraft, format!("there is no draft of {category} of {movie}"))
}
