//! Merging of fields that a query repeats.
//!
//! A response has one value for each response key (GraphQL specification, "Field Selection
//! Merging"). The library resolves a repeated field once per occurrence and merges the results.

use std::collections::HashMap;

use async_graphql::Positioned;
use async_graphql::parser::types::{Directive, ExecutableDocument, Field, Selection, SelectionSet};

/// Merges the fields of a selection set that have the same response key, name, arguments and
/// directives. The response does not change. Linear in the document.
pub fn merge_equal_fields(document: &mut ExecutableDocument) {
    for fragment in document.fragments.values_mut() {
        merge(&mut fragment.node.selection_set.node);
    }
    match &mut document.operations {
        async_graphql::parser::types::DocumentOperations::Single(operation) => {
            merge(&mut operation.node.selection_set.node);
        }
        async_graphql::parser::types::DocumentOperations::Multiple(operations) => {
            for operation in operations.values_mut() {
                merge(&mut operation.node.selection_set.node);
            }
        }
    }
}

fn merge(set: &mut SelectionSet) {
    let mut known: HashMap<String, usize> = HashMap::new();
    let mut kept: Vec<Positioned<Selection>> = Vec::with_capacity(set.items.len());
    for mut item in std::mem::take(&mut set.items) {
        let Selection::Field(field) = &mut item.node else {
            kept.push(item);
            continue;
        };
        let key = field.node.response_key().node.to_string();
        // Comparing with the first field of a key is enough: validation rejects different ones.
        let first = known.get(&key).and_then(|at| kept.get_mut(*at));
        match first.map(|first| &mut first.node) {
            Some(Selection::Field(first)) if is_same(&first.node, &field.node) => {
                let more = std::mem::take(&mut field.node.selection_set.node.items);
                first.node.selection_set.node.items.extend(more);
            }
            _ => {
                known.entry(key).or_insert(kept.len());
                kept.push(item);
            }
        }
    }
    set.items = kept;
    for item in &mut set.items {
        match &mut item.node {
            Selection::Field(field) => merge(&mut field.node.selection_set.node),
            Selection::InlineFragment(inline) => merge(&mut inline.node.selection_set.node),
            Selection::FragmentSpread(_) => {}
        }
    }
}

fn is_same(a: &Field, b: &Field) -> bool {
    let is_leaf = |field: &Field| field.selection_set.node.items.is_empty();
    a.name == b.name
        && a.arguments == b.arguments
        && are_same_directives(&a.directives, &b.directives)
        // Validation rejects the pair of a field with subfields and one without.
        && is_leaf(a) == is_leaf(b)
}

fn are_same_directives(a: &[Positioned<Directive>], b: &[Positioned<Directive>]) -> bool {
    let same = |(a, b): (&Positioned<Directive>, &Positioned<Directive>)| {
        a.node.name == b.node.name && a.node.arguments == b.node.arguments
    };
    a.len() == b.len() && a.iter().zip(b).all(same)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The response keys of the root fields, and the number of subfields of each.
    fn merged(query: &str) -> Vec<(String, usize)> {
        let mut document = async_graphql::parser::parse_query(query).unwrap();
        merge_equal_fields(&mut document);
        let (_, operation) = document.operations.iter().next().unwrap();
        let items = operation.node.selection_set.node.items.iter();
        items
            .map(|item| match &item.node {
                Selection::Field(field) => (
                    field.node.response_key().node.to_string(),
                    field.node.selection_set.node.items.len(),
                ),
                _ => ("...".to_owned(), 0),
            })
            .collect()
    }

    #[test]
    fn repeated_fields_become_one_with_all_their_subfields() {
        let query = "{ a(x: 1) { b } c a(x: 1) { b d } c ...f } fragment f on Q { c }";
        let expected = [("a", 2), ("c", 0), ("...", 0)];
        assert_eq!(merged(query), expected.map(|(name, count)| (name.to_owned(), count)));
    }

    #[test]
    fn different_fields_are_kept() {
        let query = "{ a(x: 1) a(x: 2) b: a(x: 1) c @skip(if: true) c ...f ...f }
            fragment f on Q { c }";
        assert_eq!(merged(query).len(), 7);
    }
}
