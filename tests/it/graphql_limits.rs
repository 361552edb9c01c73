//! The cost limits of a GraphQL request: each attack is refused or stopped, and the work that it
//! caused is measured.

use std::fmt::Write as _;

use reelport::catalog::access::Role;
use reelport::graphql::Limits;
use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::{Client, Reply, TestApp, envelope};

fn code(reply: &Value) -> &str {
    reply["errors"][0]["extensions"]["code"].as_str().unwrap_or_default()
}

/// Asserts that the whole query was refused, with its cost and the limit.
#[track_caller]
fn assert_too_complex(reply: &Value) {
    assert_eq!(code(reply), "QUERY_TOO_COMPLEX", "{reply}");
    assert!(reply.get("data").is_none(), "{reply}");
    let extensions = &reply["errors"][0]["extensions"];
    let (cost, limit) = (extensions["cost"].as_u64(), extensions["limit"].as_u64());
    assert!(cost.is_some() && cost > limit && limit.is_some(), "{reply}");
    let message = reply["errors"][0]["message"].as_str().unwrap();
    assert!(message.contains(&limit.unwrap().to_string()), "{message}");
}

async fn get(client: &Client, query: &str) -> Reply {
    let query =
        url::form_urlencoded::Serializer::new(String::new()).append_pair("query", query).finish();
    client.get(&format!("/graphql?{query}")).await
}

fn repeated(count: usize, part: impl Fn(usize) -> String) -> String {
    (0..count).map(part).collect()
}

/// Fragments that each spread the next one three times, in inline fragments so that no two are
/// equal.
fn bomb(levels: usize, last: &str) -> String {
    let mut query = "{ __typename ...f0 }".to_owned();
    for level in 0..levels {
        let next = level + 1;
        let _ = write!(
            query,
            " fragment f{level} on Query {{ ...f{next} ... {{ ...f{next} }}
                ... on Query {{ ...f{next} }} }}"
        );
    }
    format!("{query} {last}")
}

/// A cast and crew document with that many different people.
fn crew(movie: &str, people: usize) -> Value {
    let crew: Vec<Value> = (0..people)
        .map(|at| {
            let id = format!("tmdb-person-{at}");
            json!({ "id": id, "name": format!("Person {at}"), "job": "Work" })
        })
        .collect();
    envelope(movie, "cast_crew", json!({ "crew": crew }))
}

const FILMOGRAPHIES: &str =
    "{ movie(id: \"a\") { castCrew { crew { person { filmography(first: 5) { nodes {
    movie { castCrew { crew { name } } } } } } } } } }";

on_both_databases! {
    async fn a_fragment_bomb_is_refused_before_authentication(app: TestApp) {
        let anonymous = app.anonymous();
        let unused = bomb(25, "fragment f25 on Query { __typename }").replacen("...f0 ", "", 1);
        for (query, expected) in [
            (bomb(25, "fragment f25 on Query { __typename }"), "QUERY_TOO_COMPLEX"),
            (bomb(25, "fragment f25 on Query { ... { ... { __typename } } }"), "QUERY_TOO_COMPLEX"),
            (bomb(25, "fragment f25 on NoSuchType { x }"), "QUERY_TOO_COMPLEX"),
            (unused, "QUERY_TOO_COMPLEX"),
            (bomb(25, ""), "GRAPHQL_VALIDATION_FAILED"),
            (bomb(25, "fragment f25 on Query { ...f0 }"), "GRAPHQL_VALIDATION_FAILED"),
        ] {
            let work = async {
                let posted = anonymous.post("/graphql", &json!({ "query": query })).await.json();
                (posted, get(&anonymous, &query).await.json())
            };
            let (statements, (posted, got)) = app.count_queries(work).await;
            for reply in [posted, got] {
                assert_eq!(code(&reply), expected, "{query}: {reply}");
                assert!(reply.get("data").is_none());
            }
            assert_eq!(statements, 0);
        }
    }

    async fn nested_document_lists_stop_at_the_budget(app: TestApp) {
        app.seed(&["a", "b", "c", "d", "e"].map(|movie| crew(movie, 60))).await;
        // The estimated cost refuses it; with a higher limit, execution stops at the budget.
        let limits = Limits { resolved: 2_000, cost: 1_000_000, ..Limits::default() };
        let client = app.limited(limits.clone(), Role::Viewer).await;
        let (statements, reply) = app.count_queries(client.graphql(FILMOGRAPHIES, json!({}))).await;
        assert_too_complex(&reply);
        // One or two loads for each level of lists.
        assert!(statements <= 10, "{statements}");
        let cost = reply["errors"][0]["extensions"]["cost"].as_u64().unwrap();
        assert!(cost < 2 * limits.resolved, "{cost}");
        let whole = Limits { cost: 1_000_000, ..Limits::default() };
        let reply = app.limited(whole, Role::Viewer).await.graphql(FILMOGRAPHIES, json!({})).await;
        let crew = &reply["data"]["movie"]["castCrew"]["crew"];
        assert_eq!(crew.as_array().unwrap().len(), 60, "{reply}");
        let credits = &crew[59]["person"]["filmography"]["nodes"];
        assert_eq!(credits[4]["movie"]["castCrew"]["crew"][0]["name"], "Person 0");
    }

    async fn a_repeated_field_is_resolved_once(app: TestApp) {
        app.seed(&[crew("a", 3)]).await;
        let viewer = app.viewer();
        let search = "people(filter: {search: \"person\"}, first: 1) { nodes { name } } ";
        let one = format!("{{ {search} }}");
        let (once, single) = app.count_queries(viewer.graphql(&one, json!({}))).await;
        let many = format!("{{ {} }}", repeated(700, |_| search.to_owned()));
        let (statements, reply) = app.count_queries(viewer.graphql(&many, json!({}))).await;
        assert_eq!((reply, statements), (single, once));
        let aliases = format!("{{ {} }}", repeated(90, |at| format!("a{at}: {search}")));
        let (statements, reply) = app.count_queries(viewer.graphql(&aliases, json!({}))).await;
        assert_too_complex(&reply);
        assert_eq!(statements, 0);
    }
}

#[tokio::test]
async fn an_aliased_document_list_stops_at_the_budget() {
    let app = TestApp::sqlite().await;
    app.seed(&[crew("a", 200)]).await;
    let fields = repeated(50, |at| format!("c{at}: crew {{ name job }} "));
    let query = format!(
        "{{ movieExport(movieId: \"a\", category: CAST_CREW) {{
            data {{ ... on CastCrew {{ {fields} }} }} }} }}"
    );
    let limits = Limits { resolved: 10_000, ..Limits::default() };
    let client = app.limited(limits, Role::Viewer).await;
    assert_too_complex(&client.graphql(&query, json!({})).await);
    let one = query.replace(&fields, "crew { name job }");
    assert_eq!(client.graphql(&one, json!({})).await.get("errors"), None);
}

#[tokio::test]
async fn introspection_is_limited_to_one_query_of_limited_depth() {
    let app = TestApp::sqlite().await;
    let anonymous = app.anonymous();
    let schema = "__schema { types { name fields { name type { name } } } } ";
    for query in [
        format!("{{ {} }}", repeated(1_000, |_| schema.to_owned())),
        format!("{{ {} }}", repeated(2, |at| format!("a{at}: {schema}"))),
        format!(
            "{{ {} }}",
            repeated(11, |at| format!("a{at}: __type(name: \"Movie\") {{ name }} "))
        ),
        "{ __schema { types { fields { type { fields { type { fields { name } } } } } } } }"
            .to_owned(),
        "{ __schema { types { ...t } } } fragment t on __Type { possibleTypes {
            fields { type { fields { name } } } } }"
            .to_owned(),
    ] {
        assert_too_complex(&anonymous.graphql(&query, json!({})).await);
    }
    let twice = format!("{{ {schema} {schema} }}");
    let reply = anonymous.graphql(&twice, json!({})).await;
    assert_eq!(reply.get("errors"), None, "{reply}");
}

#[tokio::test]
async fn one_login_is_allowed_per_operation() {
    let app = TestApp::sqlite().await;
    let login = |password: &str| {
        format!(
            "login(input: {{email: \"a@b.example\", password: \"{password}\"}}) {{ accessToken }} "
        )
    };
    let many = repeated(20, |at| format!("a{at}: {}", login(&at.to_string())));
    let hidden = format!(
        "mutation {{ {} ...f }} fragment f on Mutation {{ b: {} }}",
        login("x"),
        login("y")
    );
    for query in [format!("mutation {{ {many} }}"), hidden] {
        let (statements, reply) =
            app.count_queries(app.anonymous().graphql(&query, json!({}))).await;
        assert_too_complex(&reply);
        assert_eq!(statements, 0);
    }
}

#[tokio::test]
async fn oversized_query_texts_are_refused() {
    let app = TestApp::sqlite().await;
    let viewer = app.viewer();
    // Each text begins a block string without an end, which a parser could search for each time.
    let open_strings = repeated(10_000, |_| "\"\\\\\"\"\"\" \" ".to_owned());
    let reply = viewer.graphql(&format!("{{ a(b: [{open_strings}]) }}"), json!({})).await;
    assert_eq!(code(&reply), "GRAPHQL_PARSE_FAILED", "{reply}");
    let words = repeated(20_000, |_| "a ".to_owned());
    for query in [
        format!("{{ {words} }}"),
        format!("{{ a(b: [{words}]) }}"),
        format!("{{ {} }}", "a".repeat(5_000)),
        format!("{{ a(b: {}{}) }}", "{b: ".repeat(80), "}".repeat(80)),
        format!("query({}) {{ __typename }}", repeated(201, |at| format!("$v{at}: Int "))),
        repeated(51, |at| format!("query Q{at} {{ __typename }} ")),
    ] {
        assert_too_complex(&viewer.graphql(&query, json!({})).await);
    }
    let anonymous = repeated(2_000, |_| "__typename ".to_owned());
    assert_too_complex(&app.anonymous().graphql(&format!("{{ {anonymous} }}"), json!({})).await);
}

#[tokio::test]
async fn a_body_with_too_many_values_is_refused_before_decoding() {
    let app = TestApp::sqlite().await;
    let user = app.with_role(Role::User);
    let body = |values: &str| {
        format!("{{\"query\": \"{{ __typename }}\", \"variables\": {{\"v\": {values}}}}}")
    };
    let lists = body(&format!("[{}[]]", "[],".repeat(1_000_000)));
    let deep = body(&format!("{}{}", "[".repeat(100), "]".repeat(100)));
    for body in [lists, deep] {
        assert_too_complex(&user.post_text("/graphql", body).await.json());
    }
    let few = body(&format!("[{}[]]", "[],".repeat(3_000)));
    assert_eq!(user.post_text("/graphql", few.clone()).await.json().get("errors"), None);
    assert_too_complex(&app.anonymous().post_text("/graphql", few).await.json());
}

#[tokio::test]
async fn large_imports_are_within_the_limits() {
    let app = TestApp::sqlite().await;
    let admin = app.admin();
    let item = |at: usize| {
        json!({
            "id": format!("e-{at}"), "date": "1999-10-15", "title": format!("Event {at}"),
            "description": "d", "category": "release",
            "mediaUrl": "https://x.example.org/m", "sourceUrl": "https://x.example.org/s"
        })
    };
    let events: Vec<Value> = (0..10_000).map(item).collect();
    let query = "mutation($input: ImportCategoryInput!) {
        importCategory(input: $input) { userErrors { code } } }";
    let input = json!({ "movieId": "none", "data": { "timeline": { "events": events } } });
    let reply = admin.graphql(query, json!({ "input": input })).await;
    assert_eq!(reply["data"]["importCategory"]["userErrors"][0]["code"], "NOT_FOUND", "{reply}");
    let query = "mutation($input: ImportDocumentInput!) {
        importDocument(input: $input) { userErrors { code } } }";
    let input = json!({ "movieId": "none", "document": "[{\"a\": 1}, ".repeat(500_000) });
    let reply = admin.graphql(query, json!({ "input": input })).await;
    assert!(reply.get("data").is_some(), "{reply}");
}
