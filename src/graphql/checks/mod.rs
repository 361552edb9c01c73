//! Checks of a query before the library processes it.
//!
//! The library's validation and limits walk a fragment each time it is spread, so a short text can
//! make them take exponential time. Every check here is linear in the text and the variables.

mod cost;
mod fragments;
mod merge;
mod size;
mod suggestions;
mod tokens;
mod types;
mod validation;
mod values;

use async_graphql::parser::Error as ParserError;
use async_graphql::parser::types::{
    ExecutableDocument, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{Name, Pos, Positioned, Request, ServerError, Variables};

use super::Schema;
use super::error::{self, PARSE_FAILED, QUERY_TOO_COMPLEX, VALIDATION_FAILED, set_code};
pub use super::limits::Limits;

/// Parses the schema, so that the first request does not have to.
pub fn prepare() {
    types::Types::served();
}

/// Parses a query within the limits of its text and merges repeated fields. Its size with variables
/// is checked by [`check_size`].
///
/// # Errors
/// When the text is not a GraphQL document, or exceeds a limit.
pub fn parse(text: &str, limits: &Limits) -> Result<ExecutableDocument, ServerError> {
    tokens::check(text, limits)?;
    let mut document = async_graphql::parser::parse_query(text).map_err(parse_error)?;
    check_counts(&document, limits)?;
    merge::merge_equal_fields(&mut document);
    Ok(document)
}

/// Checks the size of a parsed document with these variables. Rejects unknown and circular
/// fragments, because later checks walk fragments.
///
/// # Errors
/// When the size exceeds a limit.
pub fn check_size(
    document: &ExecutableDocument,
    variables: &Variables,
    limits: &Limits,
) -> Result<(), ServerError> {
    let fragments = fragments::sorted(document)?;
    size::check(document, &fragments, variables, limits)
}

/// Validates all operations and fragments of a document against the schema, by these checks and by
/// the library's, without running anything.
///
/// # Errors
/// When the document does not match the schema.
pub async fn validate(
    schema: &Schema,
    text: &str,
    document: &ExecutableDocument,
) -> Result<(), Vec<ServerError>> {
    validation::check(document, None, &Variables::default(), types::Types::served())?;
    for (name, operation) in document.operations.iter() {
        if operation.node.ty == OperationType::Subscription {
            continue;
        }
        // With introspection only, the library validates the operation and then resolves nothing.
        let mut request = Request::new(text).only_introspection();
        request.operation_name = name.map(ToString::to_string);
        request.set_parsed_query(document.clone());
        let mut errors = schema.execute(request).await.errors;
        // Errors of the validation have a position; those of the execution have a path.
        errors.retain(|error| error.path.is_empty() && !error.locations.is_empty());
        if !errors.is_empty() {
            return Err(errors);
        }
    }
    Ok(())
}

/// Checks an operation against the schema: that its fields, arguments and values are valid, and
/// that its estimated cost is within the limit. An unknown operation name is left to the library.
///
/// # Errors
/// When the operation does not match the schema, or costs more than is allowed.
pub fn check(
    document: &ExecutableDocument,
    name: Option<&str>,
    variables: &Variables,
    limits: &Limits,
) -> Result<(), Vec<ServerError>> {
    let types = types::Types::served();
    let operation = selected_operation(document, name);
    validation::check(document, operation, variables, types)?;
    let Some(operation) = operation else { return Ok(()) };
    let fragments = fragments::sorted(document).map_err(|error| vec![error])?;
    cost::check(document, &fragments, operation, variables, types, limits)
        .map_err(|error| vec![error])
}

/// The operation with this name; without a name, the only operation.
#[must_use]
pub fn selected_operation<'a>(
    document: &'a ExecutableDocument,
    name: Option<&str>,
) -> Option<&'a Positioned<OperationDefinition>> {
    let mut operations = document.operations.iter();
    let found = match name {
        Some(name) => operations.find(|(known, _)| known.map(Name::as_str) == Some(name)),
        None => operations.next().filter(|_| operations.next().is_none()),
    };
    found.map(|(_, operation)| operation)
}

fn check_counts(document: &ExecutableDocument, limits: &Limits) -> Result<(), ServerError> {
    let operations = document.operations.iter();
    let variables =
        operations.map(|(_, operation)| operation.node.variable_definitions.len()).max();
    let counted = [
        (document.fragments.len(), limits.fragments, "fragments"),
        (document.operations.iter().count(), limits.operations, "operations"),
        (variables.unwrap_or_default(), limits.variables, "variables"),
    ];
    for (found, allowed, what) in counted {
        if found > allowed {
            let message = format!("the query has {found} {what}; at most {allowed} are allowed");
            return Err(error::too_complex(message, found, allowed));
        }
    }
    Ok(())
}

/// Whether the selected operation is a query; true if there is none.
#[must_use]
pub fn is_query(document: &ExecutableDocument, name: Option<&str>) -> bool {
    selected_operation(document, name)
        .is_none_or(|operation| operation.node.ty == OperationType::Query)
}

/// Whether the selected operation is a subscription.
#[must_use]
pub fn is_subscription(document: &ExecutableDocument, name: Option<&str>) -> bool {
    selected_operation(document, name)
        .is_some_and(|operation| operation.node.ty == OperationType::Subscription)
}

/// The mutations that need no valid access token.
const WITHOUT_TOKEN: [&str; 4] = ["login", "refresh", "usePasswordLink", "__typename"];

/// Whether the selected operation is a login, or another mutation that needs no valid access token,
/// and nothing else.
#[must_use]
pub fn is_login(document: &ExecutableDocument, name: Option<&str>) -> bool {
    let Some(operation) = selected_operation(document, name) else { return false };
    let mut fields = Vec::new();
    root_fields(&operation.node.selection_set.node, document, &mut fields);
    operation.node.ty == OperationType::Mutation
        && fields.iter().any(|field| *field != "__typename")
        && fields.iter().all(|field| WITHOUT_TOKEN.contains(field))
}

/// The name of the selected operation.
#[must_use]
pub fn operation_name<'a>(document: &'a ExecutableDocument, name: Option<&str>) -> Option<&'a str> {
    let mut names = document.operations.iter().map(|(known, _)| known.map(Name::as_str));
    names.find(|known| name.is_none() || *known == name)?
}

/// The names of the first root fields of the selected operation, without repetitions.
#[must_use]
pub fn root_field_names<'a>(
    document: &'a ExecutableDocument,
    name: Option<&str>,
    most: usize,
) -> Vec<&'a str> {
    let mut fields = Vec::new();
    if let Some(operation) = selected_operation(document, name) {
        root_fields(&operation.node.selection_set.node, document, &mut fields);
    }
    let mut names: Vec<&str> = Vec::new();
    for field in fields {
        if names.len() < most && !names.contains(&field) {
            names.push(field);
        }
    }
    names
}

/// The names of the root fields of an operation, including those in fragments. [`check_size`]
/// limited their number.
fn root_fields<'a>(
    set: &'a SelectionSet,
    document: &'a ExecutableDocument,
    found: &mut Vec<&'a str>,
) {
    for item in &set.items {
        match &item.node {
            Selection::Field(field) => found.push(field.node.name.node.as_str()),
            Selection::InlineFragment(inline) => {
                root_fields(&inline.node.selection_set.node, document, found);
            }
            Selection::FragmentSpread(spread) => {
                if let Some(fragment) = document.fragments.get(&spread.node.fragment_name.node) {
                    root_fields(&fragment.node.selection_set.node, document, found);
                }
            }
        }
    }
}

/// A validation error at a position of the query.
fn invalid(message: String, at: Pos) -> ServerError {
    let mut failed = ServerError::new(message, Some(at));
    set_code(&mut failed, VALIDATION_FAILED);
    failed
}

/// Converts an error of the parser.
fn parse_error(failed: ParserError) -> ServerError {
    let (is_syntax, is_too_deep) = (
        matches!(failed, ParserError::Syntax { .. }),
        matches!(failed, ParserError::RecursionLimitExceeded),
    );
    let mut failed = ServerError::from(failed);
    if is_too_deep || failed.message.trim_end().ends_with("stack limit reached") {
        failed.message = String::from("the query nests too deeply");
        set_code(&mut failed, QUERY_TOO_COMPLEX);
    } else if is_syntax {
        // The rest of the parser's message quotes the whole query.
        failed.message = first_line(&failed.message);
        set_code(&mut failed, PARSE_FAILED);
    } else {
        // The text is GraphQL, and defines something twice or no operation.
        error::classify(&mut failed);
    }
    failed
}

fn first_line(message: &str) -> String {
    let line = message.lines().rfind(|line| line.contains("= ")).unwrap_or_default();
    let reason = line.trim_start_matches([' ', '=']);
    if reason.is_empty() {
        "the query is not GraphQL".to_owned()
    } else {
        format!("the query is not GraphQL: {reason}")
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use async_graphql_value::ConstValue;

    use super::*;
    use crate::graphql::error::code_of;
    use crate::graphql::limits::MAX_DIRECTIVES;

    fn parse_and_check(
        text: &str,
        variables: &Variables,
    ) -> Result<ExecutableDocument, ServerError> {
        let limits = Limits::default();
        let document = parse(text, &limits)?;
        check_size(&document, variables, &limits)?;
        Ok(document)
    }

    fn code(query: &str) -> Option<String> {
        let rejected = parse_and_check(query, &Variables::default()).err()?;
        Some(code_of(&rejected).unwrap_or_default().to_owned())
    }

    /// A query with nested fragments: each spreads the next one `times` times; `last` defines the
    /// last.
    fn nested_fragments(levels: usize, times: usize, last: &str) -> String {
        let mut query = String::from("{ __typename ...f0 }");
        for level in 0..levels {
            let spreads = (0..times).fold(String::new(), |mut spreads, at| {
                let _ = write!(spreads, " ... @include(if: {}) {{ ...f{} }}", at < 1, level + 1);
                spreads
            });
            let _ = write!(query, " fragment f{level} on Query {{{spreads} }}");
        }
        let _ = write!(query, "{last}");
        query
    }

    #[test]
    fn fragments_that_multiply_each_other_are_rejected() {
        for last in [
            " fragment f30 on Query { __typename }",
            " fragment f30 on Query { ... { __typename } }",
            " fragment f30 on NoSuchType { x }",
        ] {
            assert_eq!(
                code(&nested_fragments(30, 3, last)).as_deref(),
                Some(QUERY_TOO_COMPLEX),
                "{last}"
            );
        }
        // Fragments without fields that no operation spreads.
        let mut unused = String::from("{ __typename }");
        for level in 0..40 {
            let _ = write!(
                unused,
                " fragment f{level} on Query {{ ... {{ ...f{0} }} a {{ ...f{0} }} }}",
                level + 1
            );
        }
        unused.push_str(" fragment f40 on Query { __typename }");
        assert_eq!(code(&unused).as_deref(), Some(QUERY_TOO_COMPLEX));
    }

    #[test]
    fn a_fragment_that_is_spread_twice_counts_twice() {
        let mut query = String::from("{ ...f0 }");
        for level in 0..25 {
            let _ = write!(query, " fragment f{level} on Query {{ ...f{0} ...f{0} }}", level + 1);
        }
        query.push_str(" fragment f25 on Query { __typename }");
        assert_eq!(code(&query).as_deref(), Some(QUERY_TOO_COMPLEX));
    }

    #[test]
    fn unknown_and_circular_fragments_are_validation_errors() {
        let undefined = nested_fragments(30, 3, "");
        let circular = nested_fragments(30, 3, " fragment f30 on Query { ...f0 }");
        for query in [undefined, circular] {
            assert_eq!(code(&query).as_deref(), Some(VALIDATION_FAILED));
        }
    }

    #[test]
    fn values_count_as_often_as_they_are_walked() {
        let list = "1 ".repeat(5_000);
        let query = format!("{{ ...f }} fragment f on Query {{ a(x: [{list}]) }}");
        assert_eq!(code(&query), None);
        let spreads = (0..100).fold(String::new(), |mut all, at| {
            let _ = write!(all, " a{at}: node {{ ...f }}");
            all
        });
        let query = format!("{{{spreads} }} fragment f on Query {{ a(x: [{list}]) }}");
        assert_eq!(code(&query).as_deref(), Some(QUERY_TOO_COMPLEX));
    }

    #[test]
    fn a_variable_counts_as_its_value_wherever_it_is_used() {
        let values = ConstValue::List(vec![ConstValue::Null; 100_000]);
        let mut variables = Variables::default();
        variables.insert(async_graphql::Name::new("v"), values);
        let query = |uses: usize| {
            let uses = (0..uses).fold(String::new(), |mut all, at| {
                let _ = write!(all, " a{at}: b(x: $v)");
                all
            });
            format!("query($v: [Int]) {{{uses} }}")
        };
        assert!(parse_and_check(&query(1), &variables).is_ok());
        assert!(parse_and_check(&query(50), &variables).is_err());
    }

    #[test]
    fn directives_on_one_field_are_limited() {
        let query = |count: usize| format!("{{ a {} }}", "@skip(if: false) ".repeat(count));
        assert_eq!(code(&query(MAX_DIRECTIVES)), None);
        assert_eq!(code(&query(MAX_DIRECTIVES + 1)).as_deref(), Some(QUERY_TOO_COMPLEX));
    }

    #[test]
    fn an_ordinary_query_passes() {
        let query = "query A { movie(id: \"x\") { ...m } } fragment m on Movie { id title }";
        assert_eq!(code(query), None);
    }
}
