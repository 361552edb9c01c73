//! Writes the text that a user pastes back to a language model to get an importable answer.

use serde_json::json;

use crate::document::categories::Category;
use crate::document::ids::MovieId;
use crate::document::problem::{Problem, ProblemCode, Warning, WarningCode};
use crate::document::schema::definition::Object;
use crate::document::schema::example;

const TEMPLATE: &str = include_str!("repair_hint.txt");

/// Maximum number of points in a hint.
const MAX_POINTS: usize = 20;

/// A request to a language model to correct its document, made from the problems and warnings.
/// `None` if a corrected document would not help.
#[must_use]
pub fn repair_hint(
    movie: &MovieId,
    category: Option<Category>,
    problems: &[Problem],
    warnings: &[Warning],
) -> Option<String> {
    let of_document = |problem: &Problem| {
        let is_of_another_kind = matches!(
            problem.code,
            ProblemCode::NotFound
                | ProblemCode::AlreadyExists
                | ProblemCode::Conflict
                | ProblemCode::BaseRequired
                | ProblemCode::PlanStale
                | ProblemCode::Locked
                | ProblemCode::NoDraft
                | ProblemCode::IdempotencyMismatch
        );
        problem.option.is_none() && !is_of_another_kind
    };
    let is_lost =
        |code: WarningCode| matches!(code, WarningCode::UnknownField | WarningCode::MarkupInText);
    let wrong = problems.iter().filter(|problem| of_document(problem));
    let lost = warnings.iter().filter(|warning| is_lost(warning.code));
    let mut points: Vec<String> = wrong
        .map(|problem| point(&problem.path, &problem.message))
        .chain(lost.map(|warning| point(&warning.path, &warning.message)))
        .collect();
    if points.is_empty() || (!problems.is_empty() && !problems.iter().any(of_document)) {
        return None;
    }
    let more = points.len().saturating_sub(MAX_POINTS);
    points.truncate(MAX_POINTS);
    if more > 0 {
        points.push(format!("- and {more} more of these"));
    }
    let verdict =
        if problems.is_empty() { "was read, but not all of it" } else { "was not imported" };
    let name = category.map_or("one category", |category| category.as_str());
    let filled = TEMPLATE
        .replace("{category}", name)
        .replace("{movie}", movie.as_str())
        .replace("{verdict}", verdict)
        .replace("{form}", &form(movie, category));
    // Replaced last, so that placeholders inside messages are kept.
    Some(filled.replace("{points}", &points.join("\n")))
}

fn point(path: &str, message: &str) -> String {
    if path.is_empty() { format!("- {message}") } else { format!("- {path}: {message}") }
}

/// An envelope of the category with an example of each value.
fn form(movie: &MovieId, category: Option<Category>) -> String {
    let data =
        category.map_or_else(Object::new, |category| example::object(category.definition().fields));
    let name = category.map_or("the category", |category| category.as_str());
    json!({ "category": name, "movie_id": movie.as_str(), "data": data }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn movie() -> MovieId {
        "film-1".parse().unwrap()
    }

    #[test]
    fn a_hint_lists_what_is_wrong_and_shows_the_form() {
        let problem = Problem::new(
            "/items/0",
            ProblemCode::Required,
            "one of text, question must be there {form}",
        );
        let warning = Warning::new("/items/1/mood", WarningCode::UnknownField, "not a field here");
        let hint = repair_hint(&movie(), Some(Category::Trivia), &[problem], &[warning]).unwrap();
        insta::assert_snapshot!(hint);
    }

    #[test]
    fn problems_that_no_document_can_fix_have_no_hint() {
        let locked = Problem::new("/title", ProblemCode::Locked, "it is locked");
        assert_eq!(repair_hint(&movie(), None, &[locked], &[]), None);
        let option = Problem::of_option("skip_changes", ProblemCode::Invalid, "no such change");
        assert_eq!(repair_hint(&movie(), None, &[option], &[]), None);
        let repaired = Warning::new("", WarningCode::SyntaxRepaired, "a comma was skipped");
        assert_eq!(repair_hint(&movie(), Some(Category::Media), &[], &[repaired]), None);
        assert_eq!(repair_hint(&movie(), Some(Category::Media), &[], &[]), None);
    }
}
