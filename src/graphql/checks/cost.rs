//! The cost of a query, estimated before it runs.
//!
//! A field costs one point; slow fields cost what was measured, at 50 microseconds per point. A
//! list multiplies the cost of its selection: a page by the requested size, a list of a document by
//! a usual length. The real lengths are counted while the query runs ([`crate::graphql::budget`]).

use std::collections::HashMap;

use async_graphql::parser::types::{
    ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, ServerError, Value as ConstValue, Variables};
use async_graphql_value::Value;

use super::Limits;
use super::fragments::Fragments;
use super::types::{InputField, MUTATION, OutputField, QUERY, Shape, Types, is_list, named_type};
use crate::graphql::error::too_complex;
use crate::graphql::limits::{DEFAULT_PAGE, MAX_PAGE};

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
    introspection: usize,
}

impl Cost {
    fn add(&mut self, other: Self) {
        self.points = self.points.saturating_add(other.points);
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
        OperationType::Subscription => return Ok(()),
    };
    let set = &operation.node.selection_set.node;
    check_roots(document, set)?;
    let values = Values { operation: &operation.node, sent: variables };
    let mut counter =
        Counter { types, values, lengths: Lengths::new(types), fragments: HashMap::new() };
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

/// The values of variables: as sent, or their defaults.
struct Values<'a> {
    operation: &'a OperationDefinition,
    sent: &'a Variables,
}

impl Values<'_> {
    fn variable(&self, name: &Name) -> Option<&ConstValue> {
        self.sent.get(name).or_else(|| {
            let mut definitions = self.operation.variable_definitions.iter();
            let definition = definitions.find(|definition| definition.node.name.node == *name)?;
            definition.node.default_value.as_ref().map(|value| &value.node)
        })
    }

    /// The value of an integer argument.
    fn number(&self, field: &Field, name: &str) -> Option<i64> {
        match &field.get_argument(name)?.node {
            Value::Number(number) => number.as_i64(),
            Value::Variable(name) => match self.variable(name)? {
                ConstValue::Number(number) => number.as_i64(),
                _ => None,
            },
            _ => None,
        }
    }

    /// The number of values of a list argument.
    fn list_length(&self, field: &Field, name: &str) -> usize {
        let given = field.get_argument(name).map(|value| &value.node);
        match given {
            Some(Value::List(values)) => values.len(),
            Some(Value::Variable(name)) => match self.variable(name) {
                Some(ConstValue::List(values)) => values.len(),
                _ => 1,
            },
            _ => 1,
        }
    }

    /// Whether the field searches for text: by its argument `search`, or by the `search` of
    /// `filter`.
    fn has_search(&self, field: &Field) -> bool {
        let is_set = |value: &Value| match value {
            Value::Null => false,
            Value::Variable(name) => {
                self.variable(name).is_some_and(|value| *value != ConstValue::Null)
            }
            _ => true,
        };
        if field.get_argument("search").is_some_and(|value| is_set(&value.node)) {
            return true;
        }
        match field.get_argument("filter").map(|value| &value.node) {
            Some(Value::Object(fields)) => fields.get("search").is_some_and(is_set),
            Some(Value::Variable(name)) => match self.variable(name) {
                Some(ConstValue::Object(fields)) => {
                    fields.get("search").is_some_and(|value| *value != ConstValue::Null)
                }
                _ => false,
            },
            _ => false,
        }
    }
}

/// Assumed lengths of introspection lists: averages over the schema, rounded up.
struct Lengths {
    types: usize,
    fields: usize,
    arguments: usize,
    input_fields: usize,
    enum_values: usize,
}

impl Lengths {
    fn new(types: &Types) -> Self {
        let count = types.len().max(1);
        let (mut fields, mut arguments, mut input_fields, mut enum_values) = (0, 0, 0, 0);
        for shape in types.shapes() {
            match shape {
                Shape::Object(object) | Shape::Interface(object) => {
                    fields += object.len();
                    arguments += object.values().map(|field| field.arguments.len()).sum::<usize>();
                }
                Shape::Input { fields, .. } => input_fields += fields.len(),
                Shape::Enum(values) => enum_values += values.len(),
                Shape::Union | Shape::Scalar => {}
            }
        }
        Self {
            types: count,
            fields: fields.div_ceil(count),
            arguments: arguments.div_ceil(fields.max(1)),
            input_fields: input_fields.div_ceil(count),
            enum_values: enum_values.div_ceil(count),
        }
    }

    fn length(&self, field: &str) -> usize {
        match field {
            "types" => self.types,
            "fields" => self.fields,
            "args" => self.arguments,
            "inputFields" => self.input_fields,
            "enumValues" => self.enum_values,
            "directives" => 5,
            _ => 1,
        }
    }
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
    values: Values<'a>,
    lengths: Lengths,
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
            return Ok(Cost { points: 1, introspection: 0 });
        };
        let child = self.selection_set(&field.selection_set.node, named_type(&known.ty))?;
        if type_name.starts_with("__") {
            let length = if is_list(&known.ty) { self.lengths.length(name) } else { 1 };
            let below = child.points.saturating_mul(length);
            return Ok(Cost { points: below.saturating_add(1), introspection: 0 });
        }
        let below = child.points.saturating_mul(self.length(field, known, type_name));
        let points = below.saturating_add(self.own_cost(field, type_name)).saturating_add(1);
        Ok(Cost { points, introspection: child.introspection })
    }

    fn introspection(&self, field: &Field, type_name: &str) -> Result<Cost, ServerError> {
        let name = field.name.node.as_str();
        let Some(known) = self.types.field(type_name, name) else {
            return Ok(Cost { points: 1, introspection: 0 });
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
        Ok(Cost { points: 1, introspection: child.points })
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
        if !is_list(&known.ty) || type_name.ends_with("Connection") {
            return 1;
        }
        let length = LENGTHS.iter().find(|(known, field, _)| (*known, *field) == (type_name, name));
        length.map_or(USUAL_LENGTH, |(_, _, length)| *length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graphql::checks::fragments;

    fn cost(query: &str, limits: &Limits) -> Result<(), String> {
        let document = async_graphql::parser::parse_query(query).unwrap();
        let fragments = fragments::sorted(&document).unwrap();
        let (_, operation) = document.operations.iter().next().unwrap();
        let variables = Variables::from_json(serde_json::json!({ "n": 50, "text": "x" }));
        check(&document, &fragments, operation, &variables, Types::served(), limits)
            .map_err(|error| error.message)
    }

    /// The estimated cost of a query.
    fn points(query: &str) -> usize {
        let rejected = cost(query, &Limits { cost: 0, introspection: 0, ..Limits::default() });
        let message = rejected.unwrap_err();
        let digits = message.split(|c: char| !c.is_ascii_digit()).find(|part| !part.is_empty());
        digits.unwrap().parse().unwrap()
    }

    #[test]
    fn the_tables_name_fields_of_the_schema() {
        for (type_name, field, _) in COSTS.iter().chain(LENGTHS) {
            assert!(Types::served().field(type_name, field).is_some(), "{type_name}.{field}");
        }
        for (type_name, field, _) in LENGTHS {
            assert!(
                is_list(&Types::served().field(type_name, field).unwrap().ty),
                "{type_name}.{field}"
            );
        }
    }

    #[test]
    fn lists_multiply_the_cost_of_their_selection() {
        assert_eq!(points("{ movie(id: 1) { id } }"), 2);
        assert_eq!(points("{ movies(first: 5) { nodes { id } } }"), 11);
        assert_eq!(points("query($n: Int) { movies(first: $n) { nodes { id } } }"), 101);
        assert_eq!(points("query($m: Int = 3) { movies(last: $m) { nodes { id } } }"), 7);
        assert_eq!(points("{ movie(id: 1) { castCrew { cast { name } crew { job name } } } }"), 94);
        assert_eq!(points("{ movie(id: 1) { ...m } } fragment m on Movie { id title }"), 3);
    }

    #[test]
    fn the_most_expensive_type_of_a_union_counts() {
        let query = "{ movie(id: 1) { exports { data {
            ... on Timeline { events { id } }
            ... on Trivia { items { id text } } __typename } } } }";
        assert_eq!(points(query), 2 + 7 * (1 + 1 + 1 + 16));
    }

    #[test]
    fn a_search_costs_a_tenth_of_the_limit() {
        let search = |alias: usize| {
            format!("a{alias}: people(search: \"x\", first: 1) {{ nodes {{ id }} }} ")
        };
        let searches = |count: usize| (0..count).map(search).collect::<String>();
        assert_eq!(cost(&format!("{{ {} }}", searches(9)), &Limits::default()), Ok(()));
        assert!(cost(&format!("{{ {} }}", searches(10)), &Limits::default()).is_err());
        for query in [
            "query($text: String) { movies(filter: {search: $text}) { totalCount } }",
            "{ movies(filter: {search: \"x\"}) { totalCount } }",
        ] {
            assert!(points(query) > SEARCH, "{query}");
        }
        assert!(points("{ movies(filter: {search: null}) { totalCount } }") < 100);
    }

    #[test]
    fn the_filmographies_of_a_crew_are_rejected() {
        let inner = "castCrew { crew { name job person { name } } cast { name character } }";
        let query = format!(
            "{{ movie(id: 1) {{ castCrew {{ crew {{ person {{ filmography(first: 5) {{ nodes {{ \
             movie {{ {inner} }} }} }} }} }} }} }} }}"
        );
        assert!(cost(&query, &Limits::default()).is_err());
    }

    #[test]
    fn introspection_is_counted_by_the_size_of_the_schema() {
        let deep =
            "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }";
        assert!(cost(deep, &Limits::default()).unwrap_err().contains("3 deep"));
        let hidden =
            "{ __schema { types { ...a } } } fragment a on __Type { fields { type { ...b } } }
            fragment b on __Type { fields { type { inputFields { name } } } }";
        assert!(cost(hidden, &Limits::default()).unwrap_err().contains("3 deep"));
        let wide =
            "{ __schema { types { fields { args { type { inputFields { type { ofType { ofType {
            ofType { ofType { kind name description specifiedByURL } } } } } } } } } } } }";
        let limits = Limits { introspection: 1_000, ..Limits::default() };
        assert!(cost(wide, &limits).is_err());
    }

    #[test]
    fn the_number_of_some_root_fields_is_limited() {
        for (root, allowed) in
            [("__schema { queryType { name } }", 1), ("__type(name: \"A\") { name }", 10)]
        {
            let root_of = |at: usize| format!("a{at}: {root}");
            let roots = |count: usize| (0..count).map(root_of).collect::<Vec<_>>().join(" ");
            assert_eq!(cost(&format!("{{ {} }}", roots(allowed)), &Limits::default()), Ok(()));
            assert!(cost(&format!("{{ {} }}", roots(allowed + 1)), &Limits::default()).is_err());
        }
        let login = "login(input: {email: \"a\", password: \"b\"}) { accessToken }";
        let both = format!("mutation {{ {login} ...f }} fragment f on Mutation {{ b: {login} }}");
        assert!(cost(&both, &Limits::default()).unwrap_err().contains("2 fields login"));
    }
}
