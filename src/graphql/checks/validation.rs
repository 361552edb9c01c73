//! Validation of a query's fields, arguments and values against the schema.
//!
//! The library checks the same and more. These checks run first because of their messages: each has
//! the place, what was found, what is allowed, and the nearest known name.

use async_graphql::parser::types::{
    ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{Positioned, ServerError, Variables};

use super::suggestions::did_you_mean;
use super::types::{InputField, MUTATION, OutputField, QUERY, Shape, Types, named_type};
use super::{invalid, values};
use crate::graphql::error::{BAD_USER_INPUT, set_code};

/// Maximum number of errors in one response.
const MAX_ERRORS: usize = 20;

/// Checks every operation and fragment, and the variables of the operation that is to run. Linear
/// in the text and the variables.
///
/// # Errors
/// The first errors, each with its position, when the query does not match the schema.
pub fn check(
    document: &ExecutableDocument,
    operation: Option<&Positioned<OperationDefinition>>,
    variables: &Variables,
    types: &Types,
) -> Result<(), Vec<ServerError>> {
    let mut checker = Checker { types, errors: Vec::new() };
    if let Some(operation) = operation {
        checker.variables(&operation.node, variables);
    }
    for (_, operation) in document.operations.iter() {
        let root = match operation.node.ty {
            OperationType::Query => QUERY,
            OperationType::Mutation => MUTATION,
            OperationType::Subscription => continue,
        };
        checker.selection_set(&operation.node.selection_set.node, root);
    }
    for fragment in document.fragments.values() {
        let on = fragment.node.type_condition.node.on.node.as_str();
        checker.selection_set(&fragment.node.selection_set.node, on);
    }
    if checker.errors.is_empty() { Ok(()) } else { Err(checker.errors) }
}

struct Checker<'a> {
    types: &'a Types,
    errors: Vec<ServerError>,
}

impl Checker<'_> {
    fn variables(&mut self, operation: &OperationDefinition, variables: &Variables) {
        for definition in &operation.variable_definitions {
            let (definition, at) = (&definition.node, definition.pos);
            let name = definition.name.node.as_str();
            let ty = &definition.var_type.node;
            let value = variables.get(name);
            let wrong = match (value, &definition.default_value) {
                (Some(value), _) => {
                    values::check(self.types, ty, value, &mut vec![format!("${name}")])
                }
                (None, None) if !ty.nullable => Some(format!(
                    "${name}: missing; allowed is {}",
                    values::allowed(self.types, ty)
                )),
                (None, _) => None,
            };
            if let Some(wrong) = wrong {
                self.report(bad_input(format!("variable {wrong}"), at));
            }
        }
    }

    fn report(&mut self, error: ServerError) {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(error);
        }
    }

    fn selection_set(&mut self, set: &SelectionSet, type_name: &str) {
        for item in &set.items {
            if self.errors.len() >= MAX_ERRORS {
                return;
            }
            match &item.node {
                Selection::Field(field) => self.field(field, type_name),
                Selection::InlineFragment(inline) => {
                    let on = inline.node.type_condition.as_ref();
                    let on = on.map_or(type_name, |condition| condition.node.on.node.as_str());
                    self.selection_set(&inline.node.selection_set.node, on);
                }
                Selection::FragmentSpread(_) => {}
            }
        }
    }

    fn field(&mut self, field: &Positioned<Field>, type_name: &str) {
        let name = field.node.name.node.as_str();
        let (Some(Shape::Object(fields)) | Some(Shape::Interface(fields))) =
            self.types.get(type_name)
        else {
            return;
        };
        // Introspection fields are validated by the library.
        if name == "__typename" {
            return;
        }
        let Some(known) = fields.get(name) else {
            if !type_name.starts_with("__") {
                let hint = did_you_mean(name, fields.keys().map(String::as_str));
                let message = format!("Unknown field \"{name}\" on type \"{type_name}\".{hint}");
                self.report(invalid(message, field.pos));
            }
            return;
        };
        if !type_name.starts_with("__") {
            self.arguments(field, known, type_name);
        }
        self.selection_set(&field.node.selection_set.node, named_type(&known.ty));
    }

    fn arguments(&mut self, field: &Positioned<Field>, known: &OutputField, type_name: &str) {
        let name = field.node.name.node.as_str();
        for (argument, value) in &field.node.arguments {
            let given = argument.node.as_str();
            let Some(definition) = known.arguments.iter().find(|known| known.name == given) else {
                let names = known.arguments.iter().map(|known| known.name.as_str());
                let hint = did_you_mean(given, names);
                let message = format!(
                    "Unknown argument \"{given}\" on field \"{name}\" of type \
                     \"{type_name}\".{hint}"
                );
                self.report(invalid(message, argument.pos));
                continue;
            };
            let mut path = vec![given.to_owned()];
            let wrong = values::check(self.types, &definition.ty, &value.node, &mut path);
            if let Some(wrong) = wrong {
                let message = format!("argument {wrong}");
                self.report(bad_input(format!("{name}: {message}"), argument.pos));
            }
        }
        let is_given = |known: &&InputField| field.node.get_argument(&known.name).is_some();
        let missing = known.arguments.iter().filter(|known| known.is_required());
        for argument in missing.filter(|known| !is_given(known)) {
            let allowed = values::allowed(self.types, &argument.ty);
            let message =
                format!("{name}: argument {}: missing; allowed is {allowed}", argument.name);
            self.report(invalid(message, field.pos));
        }
    }
}

fn bad_input(message: String, at: async_graphql::Pos) -> ServerError {
    let mut failed = ServerError::new(message, Some(at));
    set_code(&mut failed, BAD_USER_INPUT);
    failed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(query: &str, variables: serde_json::Value) -> Vec<String> {
        let document = async_graphql::parser::parse_query(query).unwrap();
        let (_, operation) = document.operations.iter().next().unwrap();
        let variables = Variables::from_json(variables);
        let checked = check(&document, Some(operation), &variables, Types::served());
        checked.err().unwrap_or_default().into_iter().map(|error| error.message).collect()
    }

    #[track_caller]
    fn assert_message(query: &str, expected: &str) {
        assert_eq!(messages(query, serde_json::json!({})), [expected]);
    }

    #[test]
    fn a_message_has_the_place_and_what_is_allowed() {
        assert_message(
            "{ movie(id: null) { id } }",
            "movie: argument id: found null; allowed is text or a whole number (ID!)",
        );
        assert_message(
            "{ movie { id } }",
            "movie: argument id: missing; allowed is text or a whole number (ID!)",
        );
        assert_message(
            "{ movies(first: \"5\") { nodes { id } } }",
            "movies: argument first: found \"5\"; allowed is a whole number (Int)",
        );
        assert_message(
            "mutation { login(input: {email: \"a@b\", password: 5}) { accessToken } }",
            "login: argument input.password: found a number; allowed is text (String!)",
        );
        assert_message(
            "mutation { login(input: {email: \"a@b\"}) { accessToken } }",
            "login: argument input.password: missing; allowed is text (String!)",
        );
    }

    #[test]
    fn the_nearest_known_name_is_suggested() {
        assert_message(
            "{ movie(id: 1) { titel } }",
            "Unknown field \"titel\" on type \"Movie\". Did you mean \"title\"?",
        );
        assert_message(
            "{ movies(frist: 1) { nodes { id } } }",
            "Unknown argument \"frist\" on field \"movies\" of type \"Query\". Did you mean \
             \"first\"?",
        );
        assert_message(
            "{ movies(filter: {serach: \"x\"}) { nodes { id } } }",
            "movies: argument filter: MovieFilter has no field \"serach\". Did you mean \
             \"search\"?",
        );
        assert_message(
            "{ movieExport(movieId: 1, category: TRIVA) { id } }",
            "movieExport: argument category: found TRIVA; allowed is one of BASIC_INFO, CAST_CREW, \
             TIMELINE, TRIVIA, AWARDS, MEDIA, STREAMING (Category!). Did you mean \"TRIVIA\"?",
        );
    }

    #[test]
    fn variables_are_checked_where_they_are_defined() {
        let query = "query($input: LoginInput!, $id: ID!) { movie(id: $id) { id } }";
        let input = serde_json::json!({ "email": 1, "password": "x" });
        assert_eq!(
            messages(query, serde_json::json!({ "input": input })),
            [
                "variable $input.email: found 1; allowed is text (String!)",
                "variable $id: missing; allowed is text or a whole number (ID!)",
            ]
        );
    }

    #[test]
    fn a_valid_query_passes() {
        let query = "query($first: Int = 5, $categories: [Category!]) {
            movies(first: $first, filter: {present: $categories, missing: TRIVIA, genres: [\"A\"]},
                orderBy: {field: YEAR}) { nodes { ...m exports { data { ... on Trivia {
                    items { id } } } } } }
            __schema { types { name fields { anything } } } }
            fragment m on Movie { id castCrew { cast { person { name } } } }";
        let variables = serde_json::json!({ "categories": ["MEDIA"], "more": 1 });
        assert_eq!(messages(query, variables), [""; 0]);
    }
}
