//! The cost of a query, estimated before it runs.
//!
//! A field costs one point; slow fields cost what was measured, at 50 microseconds per point. A
//! list multiplies the cost of its selection: a page by the requested size, a list of a document by
//! a usual length. The real lengths are counted while the query runs ([`crate::graphql::budget`]).

mod arguments;
mod introspection;

use std::cell::OnceCell;
use std::collections::HashMap;

use async_graphql::parser::types::{
    ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{Positioned, ServerError, Variables};

use super::Limits;
use super::fragments::Fragments;
use super::types::{
    InputField, MUTATION, OutputField, QUERY, SUBSCRIPTION, Shape, Types, is_list, named_type,
};
use crate::graphql::error::too_complex;
use crate::graphql::limits::{DEFAULT_PAGE, MAX_PAGE};
use arguments::ArgumentValues;
use introspection::ListLengths;

/// The cost of a search for people or movies: 0.1 seconds in a large catalogue.
const SEARCH: usize = 2_000;
/// The cost of a search for ceremonies, platforms or genres, of which there are few.
const SHORT_SEARCH: usize = 200;
/// The assumed length of a list that is not in [`LENGTHS`].
const USUAL_LENGTH: usize = 10;
/// The mutations that hash a password, which is slow.
const HASHING: [&str; 5] =
    ["login", "changePassword", "createUser", "setPassword", "usePasswordLink"];
/// Maximum number of fields of one of these names in one operation.
const MAX_LOGINS: usize = 1;
/// Maximum number of `__schema` fields of one operation.
const MAX_SCHEMAS: usize = 1;
/// Maximum number of `__type` fields of one operation.
const MAX_TYPES: usize = 10;
/// Maximum nesting of introspection lists that lead from types to types, as in graphql-js.
const MAX_INTROSPECTION_LISTS: usize = 2;

/// The cost of slow fields without their selection, by type and field.
const COSTS: &[(&str, &str, usize)] = &[
    (QUERY, "people", SEARCH),
    (QUERY, "duplicatePeople", SEARCH),
    ("PersonConnection", "totalCount", SEARCH),
    ("ImportRecordConnection", "totalCount", 500),
    ("AuditEntryConnection", "totalCount", 500),
    ("Job", "outcomes", 20),
    (QUERY, "changes", 20),
    ("ChangeConnection", "totalCount", 20),
    ("Movie", "revisions", 500),
    ("Movie", "revisionDiff", 50),
    ("Movie", "provenance", 1_000),
    ("Revision", "changes", 20),
    ("Draft", "questions", 200),
    ("ImportRecord", "document", 500),
    ("ImportRecord", "plan", 20),
    ("MovieExport", "document", 10),
    ("MovieExport", "tokenCount", 50),
    ("Ceremony", "movies", 20),
    ("Platform", "movies", 20),
    ("Genre", "movies", 20),
];
/// The end of the names of connections.
const CONNECTION: &str = "Connection";
/// The cost of a mutation without its payload.
const MUTATION_COST: usize = 100;

/// Usual lengths of lists, by type and field. Lists of scalars are not multiplied.
const LENGTHS: &[(&str, &str, usize)] = &[
    ("CastCrew", "directors", 2),
    ("CastCrew", "writers", 3),
    ("CastCrew", "producers", 4),
    ("CastCrew", "cast", 30),
    ("CastCrew", "crew", 30),
    ("Timeline", "events", 8),
    ("Trivia", "items", 8),
    ("Awards", "awards", 10),
    ("Media", "gallery", 8),
    ("Streaming", "streamingOptions", 15),
    ("Movie", "exports", 7),
    ("Movie", "drafts", 2),
    ("Movie", "locks", 5),
    ("Movie", "provenance", 40),
    ("Draft", "contributions", 5),
    ("Draft", "questions", 5),
    ("Person", "knownFor", 3),
    ("MergePeoplePayload", "documents", 20),
    ("SplitPersonPayload", "documents", 20),
];

/// An estimated cost: points, and separately the number of introspection fields.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Cost {
    points: usize,
    /// Points of a connection itself, which the size of its page does not multiply.
    once: usize,
    introspection: usize,
}

impl Cost {
    fn add(&mut self, other: Self) {
        self.points = self.points.saturating_add(other.points);
        self.once = self.once.saturating_add(other.once);
        self.introspection = self.introspection.saturating_add(other.introspection);
    }
}

/// Checks the estimated cost of an operation. Linear in the document.
///
/// # Errors
/// When the cost exceeds the limit; the error has both.
pub fn check(
    document: &ExecutableDocument,
    fragments: &Fragments<'_>,
    operation: &Positioned<OperationDefinition>,
    variables: &Variables,
    types: &Types,
    limits: &Limits,
) -> Result<(), ServerError> {
    let root = match operation.node.ty {
        OperationType::Query => QUERY,
        OperationType::Mutation => MUTATION,
        OperationType::Subscription => SUBSCRIPTION,
    };
    let set = &operation.node.selection_set.node;
    check_roots(document, set)?;
    let values = ArgumentValues::new(&operation.node, variables);
    let mut counter =
        Counter { types, values, lengths: OnceCell::new(), fragments: HashMap::new() };
    for name in &fragments.sorted {
        let Some(fragment) = document.fragments.get(*name) else { continue };
        let on = fragment.node.type_condition.node.on.node.as_str();
        let fragment_cost = FragmentCost {
            on,
            cost: counter.selection_set(&fragment.node.selection_set.node, on)?,
            lists: counter.list_nesting(&fragment.node.selection_set.node),
        };
        counter.fragments.insert(name, fragment_cost);
    }
    let cost = counter.selection_set(set, root)?;
    let counted = [
        (cost.points, limits.cost, "an estimated cost of", "request smaller pages or fewer fields"),
        (cost.introspection, limits.introspection, "an introspection of", "request fewer types"),
    ];
    for (found, allowed, what, advice) in counted {
        if found > allowed {
            let message =
                format!("the query has {what} {found}; at most {allowed} is allowed; {advice}");
            return Err(too_complex(message, found, allowed));
        }
    }
    Ok(())
}

/// Limits the number of some root fields of one operation.
fn check_roots(document: &ExecutableDocument, set: &SelectionSet) -> Result<(), ServerError> {
    let mut fields = Vec::new();
    super::root_fields(set, document, &mut fields);
    let hashing = HASHING.map(|name| (name, MAX_LOGINS));
    for (name, allowed) in
        hashing.into_iter().chain([("__schema", MAX_SCHEMAS), ("__type", MAX_TYPES)])
    {
        let found = fields.iter().filter(|field| **field == name).count();
        if found > allowed {
            let message =
                format!("the operation has {found} fields {name}; at most {allowed} are allowed");
            return Err(too_complex(message, found, allowed));
        }
    }
    Ok(())
}

/// The estimated cost of a fragment.
#[derive(Clone, Copy)]
struct FragmentCost<'a> {
    /// The type that the fragment applies to.
    on: &'a str,
    cost: Cost,
    /// The nesting of its introspection lists.
    lists: usize,
}

struct Counter<'a> {
    types: &'a Types,
    values: ArgumentValues<'a>,
    lengths: OnceCell<ListLengths>,
    fragments: HashMap<&'a str, FragmentCost<'a>>,
}

impl Counter<'_> {
    fn selection_set<'s>(
        &'s self,
        set: &'s SelectionSet,
        type_name: &'s str,
    ) -> Result<Cost, ServerError> {
        let mut total = Cost::default();
        // An object of a union or an interface has one of its types: the most expensive one counts.
        let mut branches: HashMap<&str, Cost> = HashMap::new();
        let has_one_type =
            matches!(self.types.get(type_name), Some(Shape::Union | Shape::Interface(_)));
        for item in &set.items {
            let (on, cost) = match &item.node {
                Selection::Field(field) => (type_name, self.field(&field.node, type_name)?),
                Selection::InlineFragment(inline) => {
                    let on = inline.node.type_condition.as_ref();
                    let on = on.map_or(type_name, |condition| condition.node.on.node.as_str());
                    (on, self.selection_set(&inline.node.selection_set.node, on)?)
                }
                Selection::FragmentSpread(spread) => {
                    let name = spread.node.fragment_name.node.as_str();
                    match self.fragments.get(name) {
                        Some(known) => (known.on, known.cost),
                        None => (type_name, Cost::default()),
                    }
                }
            };
            if has_one_type && on != type_name {
                branches.entry(on).or_default().add(cost);
            } else {
                total.add(cost);
            }
        }
        let most_expensive = branches.into_values().max_by_key(|cost| cost.points);
        total.add(most_expensive.unwrap_or_default());
        Ok(total)
    }

    fn field(&self, field: &Field, type_name: &str) -> Result<Cost, ServerError> {
        let name = field.name.node.as_str();
        if name.starts_with("__") {
            return self.introspection(field, type_name);
        }
        let Some(known) = self.types.field(type_name, name) else {
            return Ok(Cost { points: 1, ..Cost::default() });
        };
        let child = self.selection_set(&field.selection_set.node, named_type(&known.ty))?;
        if type_name.starts_with("__") {
            let lengths = || self.lengths.get_or_init(|| ListLengths::new(self.types));
            let length = if is_list(&known.ty) { lengths().length(name) } else { 1 };
            let below = child.points.saturating_mul(length);
            return Ok(Cost { points: below.saturating_add(1), ..Cost::default() });
        }
        let below = child.points.saturating_mul(self.length(field, known, type_name));
        let below = below.saturating_add(child.once).saturating_add(1);
        let own = self.own_cost(field, type_name);
        let introspection = child.introspection;
        Ok(if type_name.ends_with(CONNECTION) {
            Cost { points: below, once: own, introspection }
        } else {
            Cost { points: below.saturating_add(own), once: 0, introspection }
        })
    }

    fn introspection(&self, field: &Field, type_name: &str) -> Result<Cost, ServerError> {
        let name = field.name.node.as_str();
        let Some(known) = self.types.field(type_name, name) else {
            return Ok(Cost { points: 1, ..Cost::default() });
        };
        let lists = self.list_nesting(&field.selection_set.node);
        if lists > MAX_INTROSPECTION_LISTS {
            let message = format!(
                "the introspection nests lists of fields {lists} deep; at most \
                 {MAX_INTROSPECTION_LISTS} are allowed"
            );
            return Err(too_complex(message, lists, MAX_INTROSPECTION_LISTS));
        }
        let child = self.selection_set(&field.selection_set.node, named_type(&known.ty))?;
        Ok(Cost { points: 1, introspection: child.points, ..Cost::default() })
    }

    /// The nesting of introspection lists that lead from types to types.
    fn list_nesting(&self, set: &SelectionSet) -> usize {
        let each = set.items.iter().map(|item| match &item.node {
            Selection::Field(field) => {
                let leads_to_types = ["fields", "inputFields", "interfaces", "possibleTypes"]
                    .contains(&field.node.name.node.as_str());
                self.list_nesting(&field.node.selection_set.node) + usize::from(leads_to_types)
            }
            Selection::InlineFragment(inline) => self.list_nesting(&inline.node.selection_set.node),
            Selection::FragmentSpread(spread) => {
                let name = spread.node.fragment_name.node.as_str();
                self.fragments.get(name).map(|known| known.lists).unwrap_or_default()
            }
        });
        each.max().unwrap_or_default()
    }

    /// The cost of a field without its selection.
    fn own_cost(&self, field: &Field, type_name: &str) -> usize {
        let name = field.name.node.as_str();
        if type_name == MUTATION {
            return MUTATION_COST;
        }
        let own = COSTS.iter().find(|(known, field, _)| (*known, *field) == (type_name, name));
        match (own, name) {
            (Some((_, _, cost)), _) => *cost,
            (None, "movies") if self.values.has_search(field) => SEARCH,
            (None, "ceremonies" | "platforms" | "genres") if self.values.has_search(field) => {
                SHORT_SEARCH
            }
            _ => 0,
        }
    }

    /// The estimated number of objects that a field returns.
    fn length(&self, field: &Field, known: &OutputField, type_name: &str) -> usize {
        let name = field.name.node.as_str();
        if (type_name, name) == (QUERY, "nodes") {
            return self.values.list_length(field, "ids").max(1);
        }
        let has_argument = |argument: &str| {
            known.arguments.iter().any(|known: &InputField| known.name == argument)
        };
        if has_argument("first") {
            let requested =
                ["first", "last"].iter().find_map(|name| self.values.number(field, name));
            let size = requested.unwrap_or(i64::from(DEFAULT_PAGE)).clamp(1, i64::from(MAX_PAGE));
            return usize::try_from(size).unwrap_or(1);
        }
        // The field that returns the connection has multiplied by the size of the page.
        if !is_list(&known.ty) || type_name.ends_with(CONNECTION) {
            return 1;
        }
        let length = LENGTHS.iter().find(|(known, field, _)| (*known, *field) == (type_name, name));
        length.map_or(USUAL_LENGTH, |(_, _, length)| *length)
    }
}

#[cfg(test)]
mod tests;
