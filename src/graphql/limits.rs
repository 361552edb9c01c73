//! How large a query may be.
//!
//! The library's limits count a fragment each time they walk it, so a short query of fragments that
//! spread each other takes seconds to refuse. [`check`] counts each fragment once, before.

use std::collections::HashMap;

use async_graphql::Name;
use async_graphql::Positioned;
use async_graphql::parser::types::{
    ExecutableDocument, FragmentDefinition, Selection, SelectionSet,
};

/// Deepest nesting of fields; introspection needs 15.
pub const MAX_DEPTH: usize = 20;
/// Most fields of an answer, lists counted by what was asked of them; introspection needs 230.
pub const MAX_COMPLEXITY: usize = 20_000;
/// Deepest nesting of anything in the text.
pub const MAX_RECURSION: usize = 32;
/// Most aliases in the text.
pub const MAX_ALIASES: usize = 100;
/// Most directives on one field.
pub const MAX_DIRECTIVES: usize = 20;
/// Most fields once fragments are spread.
const MAX_FIELDS: u64 = 5_000;
/// Most fragments.
const MAX_FRAGMENTS: usize = 100;

/// Most bytes of a query's text; data goes into variables.
pub const MAX_QUERY: usize = 256 * 1024;
/// Most bytes of a request without a token: a login, or an introspection.
pub const MAX_ANONYMOUS_BODY: usize = 64 * 1024;
/// Most errors that one answer lists.
pub const MAX_ERRORS: usize = 100;
/// Most characters of a search.
pub const MAX_SEARCH: usize = 500;

/// Most movies on one page.
pub const MAX_PAGE: i32 = 100;
/// Movies on a page when the query does not say.
pub const DEFAULT_PAGE: i32 = 20;

/// The query asks for too much.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TooLarge(pub String);

/// Counts the fields of every operation with each fragment measured once.
///
/// # Errors
/// When there are too many, or fragments spread each other in a ring.
pub fn check(document: &ExecutableDocument) -> Result<(), TooLarge> {
    if document.fragments.len() > MAX_FRAGMENTS {
        return Err(TooLarge(format!("the query has more than {MAX_FRAGMENTS} fragments")));
    }
    let mut counter = Counter { fragments: &document.fragments, counted: HashMap::new() };
    let mut total = 0_u64;
    for (_, operation) in document.operations.iter() {
        total = total.saturating_add(counter.selection(&operation.node.selection_set.node));
    }
    if total > MAX_FIELDS {
        return Err(TooLarge(format!("the query has more than {MAX_FIELDS} fields")));
    }
    Ok(())
}

struct Counter<'a> {
    fragments: &'a HashMap<Name, Positioned<FragmentDefinition>>,
    /// The fields of a fragment; `None` while it is being counted.
    counted: HashMap<&'a str, Option<u64>>,
}

impl<'a> Counter<'a> {
    fn selection(&mut self, set: &'a SelectionSet) -> u64 {
        let mut total = 0_u64;
        for item in &set.items {
            let count = match &item.node {
                Selection::Field(field) => {
                    self.selection(&field.node.selection_set.node).saturating_add(1)
                }
                Selection::InlineFragment(fragment) => {
                    self.selection(&fragment.node.selection_set.node)
                }
                Selection::FragmentSpread(spread) => {
                    self.fragment(spread.node.fragment_name.node.as_str())
                }
            };
            total = total.saturating_add(count);
        }
        total
    }

    fn fragment(&mut self, name: &str) -> u64 {
        let Some((name, definition)) = self.fragments.get_key_value(name) else { return 0 };
        match self.counted.get(name.as_str()) {
            Some(Some(count)) => *count,
            // A ring; validation says so in better words.
            Some(None) => 0,
            None => {
                self.counted.insert(name.as_str(), None);
                let count = self.selection(&definition.node.selection_set.node);
                self.counted.insert(name.as_str(), Some(count));
                count
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    fn parse(query: &str) -> ExecutableDocument {
        async_graphql::parser::parse_query(query).unwrap()
    }

    #[test]
    fn fragments_that_double_each_other_are_refused_quickly() {
        let mut query = String::from("{ ...f0 }");
        for level in 0..40 {
            let _ = write!(query, " fragment f{level} on Query {{ ...f{0} ...f{0} }}", level + 1);
        }
        query.push_str(" fragment f40 on Query { __typename }");
        assert!(check(&parse(&query)).is_err());
    }

    #[test]
    fn an_ordinary_query_passes() {
        let query = "query A { movie(id: \"x\") { ...m } } fragment m on Movie { id title }";
        assert_eq!(check(&parse(query)), Ok(()));
    }
}
