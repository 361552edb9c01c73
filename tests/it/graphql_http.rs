//! GraphQL over HTTP: methods, media types, statuses, and requests refused before execution.

use reqwest::Method;
use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::{Client, Reply, TestApp};

const JSON: &str = "application/json";
const RESPONSE: &str = "application/graphql-response+json";

async fn post_as(client: &Client, accept: &str, body: &Value) -> Reply {
    client.send(client.request(Method::POST, "/graphql").header("accept", accept).json(body)).await
}

async fn get(client: &Client, parameters: &[(&str, &str)]) -> Reply {
    let query =
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    client.get(&format!("/graphql?{query}")).await
}

fn code(reply: &Reply) -> String {
    reply.json()["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned()
}

/// Asserts that the request was refused before execution.
#[track_caller]
fn assert_refused(reply: &Reply, expected: &str) {
    let body = reply.json();
    assert_eq!(code(reply), expected, "{body}");
    assert!(body.get("data").is_none(), "{body}");
}

on_both_databases! {
    async fn queries_work_over_post_and_get(app: TestApp) {
        let admin = app.movie("m").await;
        let query = "query One($id: ID!) { movie(id: $id) { title } } query Other { __typename }";
        let expected = json!({ "data": { "movie": { "title": "A movie" } } });
        let body = json!({ "query": query, "variables": { "id": "m" }, "operationName": "One", "extensions": {} });
        let posted = admin.post("/graphql", &body).await;
        assert_eq!((posted.status, posted.json()), (200, expected.clone()));
        let parameters =
            [("query", query), ("variables", "{\"id\": \"m\"}"), ("operationName", "One")];
        let got = get(&admin, &parameters).await;
        assert_eq!((got.status, got.json()), (200, expected));
    }

    async fn a_mutation_over_get_is_405_and_changes_nothing(app: TestApp) {
        let admin = app.movie("m").await;
        let delete = "mutation { deleteMovie(input: {id: \"m\"}) { deletedMovieId } }";
        let both =
            format!("query Q {{ __typename }} {}", delete.replacen("mutation", "mutation M", 1));
        for parameters in
            [vec![("query", delete)], vec![("query", both.as_str()), ("operationName", "M")]]
        {
            let reply = get(&admin, &parameters).await;
            assert_eq!((reply.status, reply.header("allow")), (405, "POST"), "{}", reply.text);
        }
        let query = get(&admin, &[("query", &both), ("operationName", "Q")]).await;
        assert_eq!(query.json(), json!({ "data": { "__typename": "Query" } }));
        let movie = admin.graphql("{ movie(id: \"m\") { id } }", json!({})).await;
        assert_eq!(movie["data"]["movie"]["id"], "m");
    }
}

#[tokio::test]
async fn the_response_has_the_requested_media_type() {
    let app = TestApp::sqlite().await;
    let client = app.anonymous();
    let query = json!({ "query": "{ __typename }" });
    for (accept, expected) in [
        (JSON, JSON),
        (RESPONSE, RESPONSE),
        ("*/*", JSON),
        ("application/*", JSON),
        ("application/graphql-response+json, application/json;q=0.9", RESPONSE),
        ("application/graphql-response+json;q=0.5, application/json", JSON),
        ("text/html, application/graphql-response+json; charset=utf-8", RESPONSE),
    ] {
        let reply = post_as(&client, accept, &query).await;
        assert_eq!(reply.header("content-type"), format!("{expected}; charset=utf-8"), "{accept}");
        assert_eq!(reply.json(), json!({ "data": { "__typename": "Query" } }));
    }
    let unsaid = client.post("/graphql", &query).await;
    assert!(unsaid.header("content-type").starts_with(JSON));
    assert_eq!(post_as(&client, "text/html", &query).await.status, 406);
}

#[tokio::test]
async fn a_request_error_is_200_as_json_and_400_as_graphql_response() {
    let app = TestApp::sqlite().await;
    let client = app.viewer();
    for (query, expected) in [
        ("{", "GRAPHQL_PARSE_FAILED"),
        ("", "GRAPHQL_PARSE_FAILED"),
        ("{ noSuchField }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ movie { id } }", "GRAPHQL_VALIDATION_FAILED"),
        ("query A { __typename } query B { __typename }", "GRAPHQL_VALIDATION_FAILED"),
    ] {
        let body = json!({ "query": query });
        for (accept, status) in [(JSON, 200), (RESPONSE, 400)] {
            let reply = post_as(&client, accept, &body).await;
            assert_eq!(reply.status, status, "{query}: {}", reply.text);
            assert!(reply.header("content-type").starts_with(accept));
            assert_refused(&reply, expected);
        }
    }
}

#[tokio::test]
async fn an_error_of_one_field_is_200_in_either_media_type() {
    let app = TestApp::sqlite().await;
    let body = json!({ "query": "{ __typename movie(id: \"m\") { id } }" });
    for accept in [JSON, RESPONSE] {
        let reply = post_as(&app.anonymous(), accept, &body).await;
        assert_eq!((reply.status, code(&reply).as_str()), (200, "UNAUTHENTICATED"));
        assert_eq!(reply.json()["data"], json!({ "__typename": "Query", "movie": null }));
    }
}

#[tokio::test]
async fn post_accepts_only_json() {
    let app = TestApp::sqlite().await;
    let client = app.admin();
    let body = "{\"query\": \"{ __typename }\"}";
    let send = |media_type: Option<&str>| {
        let mut request = client.request(Method::POST, "/graphql").body(body);
        if let Some(media_type) = media_type {
            request = request.header("content-type", media_type);
        }
        client.send(request)
    };
    let form = "application/x-www-form-urlencoded";
    for media_type in [
        Some("text/plain"),
        Some("multipart/form-data; boundary=x"),
        Some(form),
        Some("application/graphql"),
        None,
    ] {
        assert_eq!(send(media_type).await.status, 415, "{media_type:?}");
    }
    assert_eq!(send(Some("application/json; charset=utf-8")).await.status, 200);
}

#[tokio::test]
async fn a_body_that_is_not_a_graphql_request_is_400() {
    let app = TestApp::sqlite().await;
    let client = app.anonymous();
    for body in [
        "",
        "{",
        "nonsense",
        "[]",
        "null",
        "\"{ __typename }\"",
        "{}",
        "{\"query\": null}",
        "{\"query\": 1}",
        "{\"query\": [\"{ __typename }\"]}",
        "{\"query\": \"{ __typename }\", \"variables\": []}",
        "{\"query\": \"{ __typename }\", \"variables\": \"{}\"}",
        "{\"query\": \"{ __typename }\", \"operationName\": 1}",
        "{\"query\": \"{ __typename }\", \"extensions\": \"x\"}",
        "[{\"query\": \"{ __typename }\"}]",
    ] {
        let reply = client.post_text("/graphql", body).await;
        assert_eq!(reply.status, 400, "{body}: {}", reply.text);
        assert_refused(&reply, "BAD_USER_INPUT");
    }
    for parameters in [
        vec![],
        vec![("query", "{ __typename }"), ("variables", "{")],
        vec![("query", "{ __typename }"), ("variables", "[]")],
    ] {
        let reply = get(&client, &parameters).await;
        assert_eq!(reply.status, 400, "{parameters:?}: {}", reply.text);
        assert_refused(&reply, "BAD_USER_INPUT");
    }
    let nulls = "{\"query\": \"{ __typename }\", \"variables\": null, \"operationName\": null, \"extensions\": null}";
    assert_eq!(client.post_text("/graphql", nulls).await.status, 200);
}

#[tokio::test]
async fn an_unknown_operation_name_is_refused() {
    let app = TestApp::sqlite().await;
    let body =
        json!({ "query": "query A { __typename } query B { __typename }", "operationName": "C" });
    let reply = app.anonymous().post("/graphql", &body).await;
    assert_refused(&reply, "GRAPHQL_VALIDATION_FAILED");
}

#[tokio::test]
async fn an_invalid_scalar_or_enum_value_is_bad_user_input() {
    let app = TestApp::sqlite().await;
    let admin = app.movie("m").await;
    let import = |data: &str| {
        format!(
            "mutation {{ importCategory(input: {{movieId: \"m\", data: {{{data}}}}}) {{ status }} }}"
        )
    };
    let literals = [
        import("basicInfo: {releaseDate: \"1999-02-30\"}"),
        import("basicInfo: {budget: 1.5}"),
        import("media: {posterUrl: \"ftp://example.org\"}"),
        import("timeline: {events: [{date: \"soon\", title: \"A\"}]}"),
        import("basicInfo: {status: LOST}"),
        "{ movieExport(movieId: \"m\", category: NO_SUCH) { id } }".to_owned(),
        "{ movies(orderBy: {field: NO_SUCH}) { totalCount } }".to_owned(),
    ];
    for query in literals {
        let reply = admin.post("/graphql", &json!({ "query": query })).await;
        assert_eq!(code(&reply), "BAD_USER_INPUT", "{query}: {}", reply.text);
    }
    let query =
        "mutation($input: ImportCategoryInput!) { importCategory(input: $input) { status } }";
    for (data, at, allowed) in [
        (
            json!({ "basicInfo": { "releaseDate": "1999-02-30" } }),
            "basicInfo.releaseDate",
            "allowed is a date written YYYY-MM-DD",
        ),
        (
            json!({ "basicInfo": { "budget": "x" } }),
            "basicInfo.budget",
            "allowed is a whole number of at most 2^53 - 1",
        ),
        (json!({ "basicInfo": { "status": "LOST" } }), "basicInfo.status", "LOST"),
        (
            json!({ "timeline": { "events": [{ "date": "soon" }] } }),
            "timeline.events.0.date",
            "YYYY, YYYY-MM or",
        ),
        (
            json!({ "media": { "posterUrl": "a" } }),
            "media.posterUrl",
            "allowed is an absolute http(s) URL",
        ),
    ] {
        let variables = json!({ "input": { "movieId": "m", "data": data } });
        let reply =
            admin.post("/graphql", &json!({ "query": query, "variables": variables })).await;
        assert_eq!(code(&reply), "BAD_USER_INPUT", "{variables}: {}", reply.text);
        let message = reply.json()["errors"][0]["message"].as_str().unwrap().to_owned();
        assert!(
            message.contains(&format!("input.data.{at}")) && message.contains(allowed),
            "{message}"
        );
    }
}

#[tokio::test]
async fn a_category_input_holds_exactly_one_category() {
    let app = TestApp::sqlite().await;
    let admin = app.movie("m").await;
    for data in ["{}", "{timeline: {}, trivia: {}}", "{timeline: null}"] {
        let query = format!(
            "mutation {{ importCategory(input: {{movieId: \"m\", data: {data}}}) {{ status }} }}"
        );
        let reply = admin.post("/graphql", &json!({ "query": query })).await;
        assert!(
            ["BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"].contains(&code(&reply).as_str()),
            "{data}: {}",
            reply.text
        );
    }
}

fn nested(depth: usize) -> String {
    let open = "movies { nodes { castCrew { cast { person { id } } } } } ";
    // Introspection types can be nested to any depth.
    format!(
        "{{ {open} __type(name: \"Movie\") {{ {} name {} }} }}",
        "ofType {".repeat(depth),
        "}".repeat(depth)
    )
}

fn doubling(levels: usize) -> String {
    let mut query = "{ ...f0 }".to_owned();
    for level in 0..levels {
        query.push_str(&format!(" fragment f{level} on Query {{ ...f{0} ...f{0} }}", level + 1));
    }
    query + &format!(" fragment f{levels} on Query {{ __typename }}")
}

#[tokio::test]
async fn a_query_over_the_limits_is_refused_before_execution() {
    let app = TestApp::sqlite().await;
    app.movie("m").await;
    let viewer = app.viewer();
    let aliases =
        |count: usize| (0..count).map(|n| format!("a{n}: __typename ")).collect::<String>();
    let deep_lists = "nodes { castCrew { cast { person { name aliases } } crew { person { name } } } exports { id tokenCount } } ";
    for (what, query) in [
        ("depth", nested(30)),
        ("brackets", format!("{{ {} __typename {} }}", "... { ".repeat(500), "}".repeat(500))),
        (
            "lists in lists",
            format!("{{ movie(id: {}{}) {{ id }} }}", "[".repeat(100_000), "]".repeat(100_000)),
        ),
        ("aliases", format!("{{ {} }}", aliases(101))),
        ("complexity", format!("{{ movies(first: 100) {{ {deep_lists} }} }}")),
        ("doubling fragments", doubling(30)),
        ("many fragments", {
            let fragments: String =
                (0..101).map(|n| format!(" fragment f{n} on Query {{ __typename }}")).collect();
            let spreads: String = (0..101).map(|n| format!(" ...f{n}")).collect();
            format!("{{{spreads} }}{fragments}")
        }),
        ("directives", format!("{{ __typename {} }}", "@include(if: true) ".repeat(25))),
    ] {
        let (count, reply) =
            app.count_queries(viewer.post("/graphql", &json!({ "query": query }))).await;
        assert_refused(&reply, "QUERY_TOO_COMPLEX");
        assert_eq!(count, 0, "{what}");
    }
    let ordinary = format!("{{ {} }}", aliases(100));
    assert_eq!(
        viewer.post("/graphql", &json!({ "query": ordinary })).await.json().get("errors"),
        None
    );
}

#[tokio::test]
async fn cyclic_fragments_are_refused() {
    let app = TestApp::sqlite().await;
    let query = "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }";
    let reply = app.viewer().post("/graphql", &json!({ "query": query })).await;
    assert!(
        ["GRAPHQL_VALIDATION_FAILED", "QUERY_TOO_COMPLEX"].contains(&code(&reply).as_str()),
        "{}",
        reply.text
    );
    assert!(reply.json().get("data").is_none());
}

#[tokio::test]
async fn the_introspection_queries_of_tools_are_within_the_limits() {
    let app = TestApp::sqlite().await;
    let reply =
        app.anonymous().post("/graphql", &json!({ "query": crate::schema::INTROSPECTION })).await;
    assert_eq!(reply.json().get("errors"), None, "{}", reply.text);
}

#[tokio::test]
async fn an_error_message_does_not_repeat_the_query() {
    let app = TestApp::sqlite().await;
    let client = app.viewer();
    for query in [
        "{ movie(id: \"hunter2\") { id ",
        "mutation { login(input: {email: \"a@b\", password: \"hunter2\"}) { accessToken }",
        "mutation { login(input: {email: \"a@b\", password: \"hunter2\", more: 1}) { accessToken } }",
        "hunter2",
        "{ movies(after: \"hunter2\") { totalCount } }",
    ] {
        let reply = client.post("/graphql", &json!({ "query": query })).await;
        let errors = reply.json()["errors"].to_string();
        assert!(errors.len() > 2 && !errors.contains("hunter2"), "{query}: {errors}");
    }
}

#[tokio::test]
async fn an_internal_error_has_a_request_id_and_no_details() {
    let app = TestApp::sqlite().await;
    let admin = app.full_movie("m").await;
    crate::support::database::execute(
        &app.database.url,
        "UPDATE documents SET body = 'secret detail'",
    )
    .await;
    let query = "{ movie(id: \"m\") { id timeline { events { id } } } }";
    let reply = admin.post("/graphql", &json!({ "query": query })).await;
    assert_eq!((reply.status, code(&reply).as_str()), (200, "INTERNAL"), "{}", reply.text);
    let body = reply.json();
    assert_eq!(body["data"], json!({ "movie": { "id": "m", "timeline": null } }));
    let message = body["errors"][0]["message"].as_str().unwrap();
    let id = reply.header("x-request-id");
    assert!(!id.is_empty());
    assert_eq!(
        message.replace(id, "[request id]"),
        "something went wrong on our side; the request id is [request id]"
    );
}
