//! What real GraphQL clients send: expired tokens, several `Accept` lines, hashes of persisted
//! queries, and misspelt names.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Client, Reply, TestApp};

const LOGIN: &str = "mutation {
    login(input: {email: \"a@example.com\", password: \"wrong password\"}) { accessToken } }";

async fn send(client: &Client, headers: &[(&str, &str)], body: &Value) -> Reply {
    let mut request = client.request(Method::POST, "/graphql").json(body);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    client.send(request).await
}

fn error(reply: &Reply) -> (String, String) {
    let error = &reply.json()["errors"][0];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (text(&error["extensions"]["code"]), text(&error["message"]))
}

#[tokio::test]
async fn a_login_ignores_the_authorization_header() {
    let app = TestApp::sqlite().await;
    let client = app.anonymous();
    let expired = crate::auth::with("exp", chrono::Utc::now().timestamp() - 60);
    let tokens = [
        "",
        "Bearer",
        "Bearer ",
        "Bearer null",
        "Bearer undefined",
        "Bearer not.a.token",
        "Basic YTpi",
        &format!("Bearer {expired}"),
    ]
    .map(str::to_owned);
    for value in tokens {
        let headers = [("authorization", value.as_str())];
        let reply = send(&client, &headers, &json!({ "query": LOGIN })).await;
        let (code, message) = error(&reply);
        assert_eq!(
            (reply.status, code.as_str()),
            (200, "UNAUTHENTICATED"),
            "{value}: {}",
            reply.text
        );
        assert!(message.contains("the email or the password is wrong"), "{value}: {message}");
        for query in [
            "{ movies { totalCount } }",
            "{ viewer { email } }",
            "{ noSuchField }",
            "{",
            "mutation { login(input: {email: \"a\", password: \"b\"}) { accessToken }
                deleteMovie(input: {id: \"m\"}) { deletedMovieId } }",
        ] {
            for accept in ["application/json", "application/graphql-response+json"] {
                let headers = [("authorization", value.as_str()), ("accept", accept)];
                let reply = send(&client, &headers, &json!({ "query": query })).await;
                assert_eq!(
                    (reply.status, error(&reply).0.as_str()),
                    (401, "UNAUTHENTICATED"),
                    "{value}: {query}"
                );
                assert!(reply.header("content-type").starts_with(accept), "{:?}", reply.headers);
                assert!(reply.header("www-authenticate").starts_with("Bearer"));
            }
        }
    }
}

#[tokio::test]
async fn an_invalid_token_is_a_graphql_error_whatever_the_request() {
    let app = TestApp::sqlite().await;
    let client = app.anonymous();
    let expired = crate::auth::with("exp", chrono::Utc::now().timestamp() - 60);
    let token = format!("Bearer {expired}");
    let expected = json!({ "errors": [{
        "message": "the token has expired; log in again",
        "extensions": { "code": "UNAUTHENTICATED" }
    }] });
    let query = "{\"query\": \"{ __typename }\"}";
    let too_large = format!("{{\"query\": \"{}\"}}", " ".repeat(17 << 20));
    let (json, response) = ("application/json", "application/graphql-response+json");
    for (accept, content_type, body, answered) in [
        ("*/*", json, query, json),
        (json, json, query, json),
        // As Apollo Client, urql and Relay send it.
        ("application/graphql-response+json,application/json;q=0.9", json, query, response),
        ("text/html", json, query, json),
        (response, "text/plain", query, response),
        (json, json, "{", json),
        (json, json, "[]", json),
        (response, json, &too_large, response),
    ] {
        let request = client
            .request(Method::POST, "/graphql")
            .header("authorization", &token)
            .header("accept", accept)
            .header("content-type", content_type)
            .body(body.to_owned());
        let reply = client.send(request).await;
        assert_eq!((reply.status, reply.json()), (401, expected.clone()), "{accept}");
        assert_eq!(reply.header("content-type"), format!("{answered}; charset=utf-8"), "{accept}");
        assert!(reply.header("www-authenticate").contains("error=\"invalid_token\""));
    }
    for (parameters, accept) in [
        ("?query=%7B__typename%7D", json),
        ("?query=%7B__typename%7D", "text/html"),
        ("?query=mutation%7B__typename%7D", json),
        ("", json),
    ] {
        let request = client
            .request(Method::GET, &format!("/graphql{parameters}"))
            .header("authorization", &token)
            .header("accept", accept);
        let reply = client.send(request).await;
        assert_eq!((reply.status, reply.json()), (401, expected.clone()), "{parameters}");
    }
}

#[tokio::test]
async fn responses_are_not_cacheable() {
    let app = TestApp::sqlite().await;
    let query = json!({ "query": "{ __typename }" });
    for reply in [
        send(&app.viewer(), &[], &query).await,
        send(&app.anonymous(), &[], &json!({ "query": LOGIN })).await,
        send(&app.anonymous(), &[("authorization", "Bearer x.y.z")], &query).await,
        app.viewer().get("/graphql?query=%7B__typename%7D").await,
        app.viewer().get("/graphql").await,
    ] {
        assert_eq!(reply.header("cache-control"), "no-store", "{}", reply.text);
    }
}

#[tokio::test]
async fn several_accept_lines_are_combined() {
    let app = TestApp::sqlite().await;
    let query = json!({ "query": "{ __typename }" });
    for (lines, status, content_type) in [
        (["text/html", "application/json"], 200, "application/json"),
        (["application/json", "text/html"], 200, "application/json"),
        (["application/json;q=0", "*/*"], 200, "application/graphql-response+json"),
        (
            ["application/json;q=0.5", "application/graphql-response+json"],
            200,
            "application/graphql-response+json",
        ),
        (["text/html", "application/json;q=0"], 406, "application/problem+json"),
    ] {
        let headers = lines.map(|line| ("accept", line));
        let reply = send(&app.anonymous(), &headers, &query).await;
        assert_eq!(reply.status, status, "{lines:?}: {}", reply.text);
        assert!(reply.header("content-type").starts_with(content_type), "{lines:?}");
    }
}

#[tokio::test]
async fn a_persisted_query_probe_gets_the_error_that_apollo_expects() {
    let app = TestApp::sqlite().await;
    let client = app.viewer();
    let hash = "ecf4edb46db40b5132295c0291d62fb65d6759a9eedfa4d5d612dd5ec54a6b38";
    let extensions = json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } });
    let probe = json!({ "operationName": "Q", "variables": {}, "extensions": extensions });
    let extensions = probe["extensions"].to_string();
    let parameters = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("extensions", &extensions)
        .finish();
    let expected = json!({ "errors": [{
        "message": "PersistedQueryNotSupported",
        "extensions": { "code": "PERSISTED_QUERY_NOT_SUPPORTED" }
    }] });
    let stale = [("authorization", "Bearer x.y.z")];
    let response_type = [("accept", "application/graphql-response+json")];
    for reply in [
        send(&client, &[], &probe).await,
        send(&client, &response_type, &probe).await,
        send(&app.anonymous(), &stale, &probe).await,
        client.get(&format!("/graphql?{parameters}")).await,
    ] {
        assert_eq!((reply.status, reply.json()), (200, expected.clone()));
    }
    let with_query = json!({ "query": "{ __typename }", "extensions": probe["extensions"] });
    assert_eq!(
        send(&client, &[], &with_query).await.json(),
        json!({ "data": { "__typename": "Query" } })
    );
    let other = json!({ "extensions": { "tracing": true } });
    assert_eq!(send(&client, &[], &other).await.status, 400);
}

#[tokio::test]
async fn an_input_error_names_the_path_and_the_allowed_values() {
    let app = TestApp::sqlite().await;
    let admin = app.movie("m").await;
    let import =
        "mutation($input: ImportCategoryInput!) { importCategory(input: $input) { status } }";
    for (query, variables, code, parts) in [
        (
            "query($id: ID!) { movie(id: $id) { id } }",
            json!({ "id": null }),
            "BAD_USER_INPUT",
            vec!["$id", "found null", "text or a whole number (ID!)"],
        ),
        (
            "query($id: ID!) { movie(id: $id) { id } }",
            json!({}),
            "BAD_USER_INPUT",
            vec!["$id", "missing"],
        ),
        (
            "{ movie(id: null) { id } }",
            json!({}),
            "BAD_USER_INPUT",
            vec!["movie: argument id", "found null"],
        ),
        (
            "{ movie(ident: 1) { id } }",
            json!({}),
            "GRAPHQL_VALIDATION_FAILED",
            vec!["\"ident\"", "\"movie\""],
        ),
        (
            "{ movies(filter: {yearForm: 1}) { totalCount } }",
            json!({}),
            "BAD_USER_INPUT",
            vec!["argument filter", "\"yearForm\"", "Did you mean \"yearFrom\"?"],
        ),
        (
            "{ movie(id: \"m\") { Title } }",
            json!({}),
            "GRAPHQL_VALIDATION_FAILED",
            vec!["Did you mean \"title\"?"],
        ),
        (
            import,
            json!({ "input": {
                "movieId": "m", "data": { "basicInfo": { "status": "RELEASE" } }
            } }),
            "BAD_USER_INPUT",
            vec![
                "$input.data.basicInfo.status",
                "\"RELEASE\"",
                "RUMORED",
                "Did you mean \"RELEASED\"?",
            ],
        ),
        (
            import,
            json!({ "input": {
                "movieId": "m", "data": { "trivia": { "items": [{ "text": 5 }] } }
            } }),
            "BAD_USER_INPUT",
            vec!["$input.data.trivia.items.0.text", "found 5", "text (String)"],
        ),
        (
            import,
            json!({ "input": { "data": { "trivia": {} } } }),
            "BAD_USER_INPUT",
            vec!["$input.movieId", "missing"],
        ),
    ] {
        let reply = admin.graphql(query, variables).await;
        assert_eq!(reply["errors"][0]["extensions"]["code"], code, "{reply}");
        let message = reply["errors"][0]["message"].as_str().unwrap();
        for part in parts {
            assert!(message.contains(part), "{message}: {part}");
        }
    }
}
