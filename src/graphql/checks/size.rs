//! The size of a query after spreading its fragments, computed without spreading them.
//!
//! The library walks a fragment each time it is spread. Fragments that spread each other twice make
//! it walk a number of selections that is exponential in the length of the text.

use std::collections::HashMap;

use async_graphql::parser::types::{Directive, ExecutableDocument, Selection, SelectionSet};
use async_graphql::{Name, Positioned, ServerError, Variables};
use async_graphql_value::{ConstValue, Value};

use super::Limits;
use super::fragments::Fragments;
use crate::graphql::error::too_complex;
use crate::graphql::limits::{MAX_DEPTH, MAX_DIRECTIVES};

/// The size of a selection set after spreading its fragments.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Size {
    /// Fields, fragment spreads and inline fragments.
    selections: usize,
    /// Selections, arguments, directives and their values; a variable counts as its value.
    steps: usize,
    /// Fields with an alias.
    aliases: usize,
    /// Deepest nesting of selection sets.
    depth: usize,
    /// Deepest nesting of fields.
    fields: usize,
    /// Most directives on one field.
    directives: usize,
}

impl Size {
    fn add(&mut self, other: Self) {
        self.selections = self.selections.saturating_add(other.selections);
        self.steps = self.steps.saturating_add(other.steps);
        self.aliases = self.aliases.saturating_add(other.aliases);
        self.depth = self.depth.max(other.depth);
        self.fields = self.fields.max(other.fields);
        self.directives = self.directives.max(other.directives);
    }
}

/// Checks the total size of the operations and of unused fragments. Linear in the document and the
/// variables.
///
/// # Errors
/// When the size exceeds a limit.
pub fn check(
    document: &ExecutableDocument,
    fragments: &Fragments<'_>,
    variables: &Variables,
    limits: &Limits,
) -> Result<(), ServerError> {
    let weights = variables.iter().map(|(name, value)| (name.as_str(), weight(value))).collect();
    let mut counter = Counter { fragments: HashMap::new(), weights };
    let mut total = Size::default();
    for name in &fragments.sorted {
        let Some(fragment) = document.fragments.get(*name) else { continue };
        let mut size = counter.selection_set(&fragment.node.selection_set.node);
        size.steps = size.steps.saturating_add(counter.directives(&fragment.node.directives));
        counter.fragments.insert(name, size);
        if fragments.unused.contains(name) {
            total.add(size);
        }
    }
    for (_, operation) in document.operations.iter() {
        total.add(counter.selection_set(&operation.node.selection_set.node));
        total.steps = total.steps.saturating_add(counter.directives(&operation.node.directives));
    }
    let counted = [
        (total.selections, limits.selections, "fields and fragments once fragments are spread"),
        (total.aliases, limits.aliases, "aliases"),
        (total.fields, MAX_DEPTH, "levels of fields"),
        (total.depth, limits.depth, "levels of selection sets"),
        (total.directives, MAX_DIRECTIVES, "directives on one field"),
        (total.steps, limits.steps, "arguments and values once fragments are spread"),
    ];
    for (found, allowed, unit) in counted {
        if found > allowed {
            let message = format!("the query has {found} {unit}; at most {allowed} are allowed");
            return Err(too_complex(message, found, allowed));
        }
    }
    Ok(())
}

/// The number of values in a value, including itself.
fn weight(value: &ConstValue) -> usize {
    match value {
        ConstValue::List(items) => items.iter().map(weight).sum::<usize>() + 1,
        ConstValue::Object(fields) => fields.values().map(weight).sum::<usize>() + 1,
        _ => 1,
    }
}

struct Counter<'a> {
    /// The sizes of the fragments that were counted so far.
    fragments: HashMap<&'a str, Size>,
    /// The number of values in each variable.
    weights: HashMap<&'a str, usize>,
}

impl Counter<'_> {
    fn selection_set(&self, set: &SelectionSet) -> Size {
        let mut total = Size { depth: 1, ..Size::default() };
        for item in &set.items {
            let mut size = match &item.node {
                Selection::Field(field) => {
                    let field = &field.node;
                    let mut size = if field.selection_set.node.items.is_empty() {
                        Size::default()
                    } else {
                        self.selection_set(&field.selection_set.node)
                    };
                    size.fields = size.fields.saturating_add(1);
                    size.directives = size.directives.max(field.directives.len());
                    size.aliases = size.aliases.saturating_add(usize::from(field.alias.is_some()));
                    size.steps = size.steps.saturating_add(self.arguments(&field.arguments));
                    size.steps = size.steps.saturating_add(self.directives(&field.directives));
                    size
                }
                Selection::InlineFragment(inline) => {
                    let mut size = self.selection_set(&inline.node.selection_set.node);
                    let directives = self.directives(&inline.node.directives);
                    size.steps = size.steps.saturating_add(directives);
                    size
                }
                Selection::FragmentSpread(spread) => {
                    let name = spread.node.fragment_name.node.as_str();
                    let mut size = self.fragments.get(name).copied().unwrap_or_default();
                    let directives = self.directives(&spread.node.directives);
                    size.steps = size.steps.saturating_add(directives);
                    size
                }
            };
            size.selections = size.selections.saturating_add(1);
            size.steps = size.steps.saturating_add(1);
            size.depth = size.depth.saturating_add(1);
            total.add(size);
        }
        total
    }

    fn directives(&self, directives: &[Positioned<Directive>]) -> usize {
        let each = |directive: &Positioned<Directive>| {
            self.arguments(&directive.node.arguments).saturating_add(1)
        };
        directives.iter().map(each).fold(0, usize::saturating_add)
    }

    fn arguments(&self, arguments: &[(Positioned<Name>, Positioned<Value>)]) -> usize {
        let values = arguments.iter().map(|(_, value)| self.value(&value.node).saturating_add(1));
        values.fold(0, usize::saturating_add)
    }

    fn value(&self, value: &Value) -> usize {
        let sum = |values: &mut dyn Iterator<Item = &Value>| {
            values.map(|value| self.value(value)).fold(1, usize::saturating_add)
        };
        match value {
            Value::Variable(name) => self.weights.get(name.as_str()).copied().unwrap_or(1),
            Value::List(items) => sum(&mut items.iter()),
            Value::Object(fields) => sum(&mut fields.values()),
            _ => 1,
        }
    }
}
