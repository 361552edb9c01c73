//! Tests of the estimated cost.

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
    let search =
        |alias: usize| format!("a{alias}: people(search: \"x\", first: 1) {{ nodes {{ id }} }} ");
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
    let deep = "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }";
    assert!(cost(deep, &Limits::default()).unwrap_err().contains("3 deep"));
    let hidden = "{ __schema { types { ...a } } } fragment a on __Type { fields { type { ...b } } }
        fragment b on __Type { fields { type { inputFields { name } } } }";
    assert!(cost(hidden, &Limits::default()).unwrap_err().contains("3 deep"));
    let wide = "{ __schema { types { fields { args { type { inputFields { type { ofType { ofType {
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
