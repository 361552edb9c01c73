//! User errors: what is wrong with the input of a mutation, and where in the input.

use async_graphql::Object;

use crate::document::schema::definition::{Field, Kind, find};
use crate::document::text::camel_case;
use crate::document::{Category, Problem, ProblemCode};

/// What the paths of a mutation's problems are about.
#[derive(Debug, Clone, Copy)]
pub enum InputKind {
    /// The mutation's own input. `movie` is the field with the id of the movie.
    Own { movie: &'static str },
    /// The typed data of an import.
    Typed(Category),
    /// The text of an import.
    Document,
    /// A stored document, which the input names by movie and category.
    Stored,
}

/// The payload of a mutation.
pub trait HasUserErrors {
    /// What is wrong with the input. If there are user errors, nothing was changed.
    fn user_errors(&self) -> &[UserError];
}

/// Implements [`HasUserErrors`] for payloads with a field `user_errors`.
macro_rules! has_user_errors {
    ($($Payload:ident),+) => {
        $(
            impl $crate::graphql::model::user_error::HasUserErrors for $Payload {
                fn user_errors(&self) -> &[$crate::graphql::model::user_error::UserError] {
                    &self.user_errors
                }
            }
        )+
    };
}

pub(in crate::graphql) use has_user_errors;

/// Something that is wrong with the input of a request or its target.
pub struct UserError {
    problem: Problem,
    field: Option<Vec<String>>,
}

impl UserError {
    /// The errors of a mutation with this kind of input.
    pub fn all(problems: Vec<Problem>, kind: InputKind) -> Vec<Self> {
        let error = |problem: Problem| Self { field: field_of(&problem, kind), problem };
        problems.into_iter().map(error).collect()
    }

    /// The problem that it shows.
    pub const fn problem(&self) -> &Problem {
        &self.problem
    }

    /// An error of the import log, which does not keep the form of the input.
    pub const fn logged(problem: Problem) -> Self {
        Self { problem, field: None }
    }
}

/// Something that is wrong with the input of a request or its target.
#[Object]
impl UserError {
    /// JSON Pointer (RFC 6901) to the value, in the data of the document with keys in snake_case,
    /// for example /events/0/date, or in a mutation's input; empty for the whole.
    async fn path(&self) -> &str {
        &self.problem.path
    }

    /// The same place in the mutation's input: the names of the fields as in GraphQL, and positions
    /// in lists as numbers, for example data, timeline, events, 0, date. Use it to show the error at the
    /// field of a form. Null if no single field is wrong, and in the import log.
    async fn field(&self) -> Option<&[String]> {
        self.field.as_deref()
    }

    /// The kind of error, for programs.
    async fn code(&self) -> ProblemCode {
        self.problem.code
    }

    /// What was found and what is allowed, in English, for people.
    async fn message(&self) -> &str {
        &self.problem.message
    }
}

fn field_of(problem: &Problem, kind: InputKind) -> Option<Vec<String>> {
    let names = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
    let option = |name: &str| match kind {
        InputKind::Typed(_) | InputKind::Document => names(&["options", name]),
        InputKind::Own { .. } | InputKind::Stored => names(&[name]),
    };
    if let Some(name) = problem.option {
        return option(&camel_case(name));
    }
    let is_whole = problem.path.is_empty();
    match (problem.code, kind) {
        (ProblemCode::PlanStale, _) => option("expectedPlan"),
        (ProblemCode::IdempotencyMismatch, _) => option("idempotencyKey"),
        (ProblemCode::BaseRequired, _) => option("baseRevision"),
        (ProblemCode::NotFound, InputKind::Own { movie }) if is_whole => names(&[movie]),
        (ProblemCode::NotFound, _) if is_whole => names(&["movieId"]),
        // Of an option, or of several fields together.
        (ProblemCode::Invalid | ProblemCode::Conflict, _) if is_whole => None,
        (_, InputKind::Document) => names(&["document"]),
        (_, InputKind::Typed(category)) => Some(in_data(category, &problem.path)),
        (ProblemCode::NoDraft, InputKind::Stored) => names(&["category"]),
        // The path of what is locked leads into a stored document.
        (ProblemCode::Locked, InputKind::Own { .. }) => None,
        (_, InputKind::Own { .. }) => own(&problem.path),
        // Of revertCategory and discardDraft; other paths lead into the stored document.
        (_, InputKind::Stored) => {
            own(&problem.path).filter(|field| field == &["revision"] || field == &["reason"])
        }
    }
}

fn own(path: &str) -> Option<Vec<String>> {
    let path = path.strip_prefix('/')?;
    Some(path.split('/').map(camel_case).collect())
}

/// The place in the typed input of a category.
fn in_data(category: Category, path: &str) -> Vec<String> {
    let mut found = vec!["data".to_owned(), camel_case(category.as_str())];
    let mut fields: &'static [Field] = category.definition().fields;
    for segment in path.split('/').skip(1) {
        let Some(field) = find(fields, segment) else {
            found.push(camel_case(segment));
            continue;
        };
        found.push(field.graphql.map_or_else(|| camel_case(segment), str::to_owned));
        if let Kind::Items { item, .. } = &field.rule.kind {
            fields = item.fields;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_field(path: &str, code: ProblemCode, kind: InputKind, expected: Option<&str>) {
        let field = field_of(&Problem::new(path, code, ""), kind);
        assert_eq!(field.map(|field| field.join(".")).as_deref(), expected);
    }

    #[test]
    fn a_path_of_data_becomes_a_path_of_the_typed_input() {
        for (category, path, expected) in [
            (Category::BasicInfo, "/site_score", "data.basicInfo.siteScore"),
            (Category::BasicInfo, "/genres/1", "data.basicInfo.genres.1"),
            (Category::Timeline, "/events/0/media_url", "data.timeline.events.0.mediaUrl"),
            // The id of a person is personId in GraphQL, and that of a credit is id.
            (Category::CastCrew, "/cast/2/id", "data.castCrew.cast.2.personId"),
            (Category::CastCrew, "/cast/2/credit_id", "data.castCrew.cast.2.id"),
            (Category::Streaming, "", "data.streaming"),
        ] {
            let kind = InputKind::Typed(category);
            assert_field(path, ProblemCode::TypeMismatch, kind, Some(expected));
        }
    }

    #[test]
    fn an_error_of_an_option_names_the_option() {
        let (typed, stored) = (InputKind::Typed(Category::Media), InputKind::Stored);
        assert_field("", ProblemCode::PlanStale, typed, Some("options.expectedPlan"));
        assert_field("", ProblemCode::PlanStale, stored, Some("expectedPlan"));
        assert_field("", ProblemCode::BaseRequired, typed, Some("options.baseRevision"));
        assert_field("", ProblemCode::NotFound, typed, Some("movieId"));
        assert_field("", ProblemCode::Conflict, typed, None);
        assert_field("/title", ProblemCode::Invalid, InputKind::Document, Some("document"));
        assert_field("", ProblemCode::NoDraft, stored, Some("category"));
        assert_field("/revision", ProblemCode::NotFound, stored, Some("revision"));
        assert_field("/reason", ProblemCode::TooLong, stored, Some("reason"));
        assert_field("/gallery/0", ProblemCode::Conflict, stored, None);
        let skipped = Problem::of_option("skip_changes", ProblemCode::Invalid, "");
        for kind in [typed, InputKind::Document] {
            assert_eq!(field_of(&skipped, kind).unwrap(), ["options", "skipChanges"]);
        }
        let own = InputKind::Own { movie: "id" };
        assert_field("", ProblemCode::NotFound, own, Some("id"));
        assert_field("/otherIds/3", ProblemCode::NotFound, own, Some("otherIds.3"));
        assert_field("/cast/0", ProblemCode::Locked, own, None);
    }
}
