//! Persisted documents: manifests of the common tools, requests that name a document by its id, and
//! what happens to documents that are not in a manifest.

use std::path::PathBuf;
use std::sync::Arc;

use reelport::app::load_persisted_documents;
use reelport::catalog::access::Role;
use reelport::graphql::Limits;
use reelport::http::{PersistedDocuments, UnknownDocuments};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::support::{Client, Reply, TestApp, token};

const MOVIE: &str = "query Movie($id: ID!) { movie(id: $id) { title } }";
const DELETE: &str =
    "mutation Delete($id: ID!) { deleteMovie(input: {id: $id}) { deletedMovieId } }";
const LOGIN: &str = "mutation Login($email: String!, $password: String!) {
    login(input: {email: $email, password: $password}) { accessToken } }";
const RESPONSE: &str = "application/graphql-response+json";

fn sha256(text: &str) -> String {
    format!("{:x}", Sha256::digest(text))
}

/// The documents of these tests in the form of graphql-codegen and Relay. Their ids are hashes of
/// other algorithms.
fn map() -> Value {
    json!({ "md5-of-movie": MOVIE, "md5-of-delete": DELETE, "md5-of-login": LOGIN })
}

async fn load(manifest: &Value, unknown: UnknownDocuments) -> Result<PersistedDocuments, String> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("manifest.json");
    std::fs::write(&file, manifest.to_string()).unwrap();
    load_paths(&[file], unknown).await
}

async fn load_paths(
    paths: &[PathBuf],
    unknown: UnknownDocuments,
) -> Result<PersistedDocuments, String> {
    let loaded = load_persisted_documents(paths, unknown, &Limits::default()).await;
    loaded.map_err(|error| error.to_string())
}

/// An ADMIN of a server with these documents.
async fn client_of(app: &TestApp, documents: PersistedDocuments) -> Client {
    let documents = Some(Arc::new(documents));
    let address = app.with_settings(|app| app.persisted_documents = documents).await;
    Client::new(address).with_token(token(Role::Admin, "admin@example.com"))
}

async fn get(client: &Client, parameters: &[(&str, &str)]) -> Reply {
    let query =
        url::form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    client.get(&format!("/graphql?{query}")).await
}

fn by_id(id: &str) -> Value {
    json!({ "documentId": id, "variables": { "id": "m" } })
}

fn by_hash(hash: &str) -> Value {
    let extensions = json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } });
    json!({ "extensions": extensions, "variables": { "id": "m" } })
}

fn code(reply: &Reply) -> String {
    reply.json()["errors"][0]["extensions"]["code"].as_str().unwrap_or_default().to_owned()
}

fn title() -> Value {
    json!({ "data": { "movie": { "title": "A movie" } } })
}

#[tokio::test]
async fn a_document_is_found_by_its_id_in_every_form_of_manifest() {
    let app = TestApp::sqlite().await;
    app.movie("m").await;
    let hash = sha256(MOVIE);
    let apollo = json!({
        "format": "apollo-persisted-query-manifest", "version": 1,
        "operations": [{ "id": hash, "name": "Movie", "type": "query", "body": MOVIE }],
    });
    let prefixed = format!("sha256:{hash}");
    for (manifest, id) in [
        (json!({ "0aa1": MOVIE }), "0aa1"),
        (json!({ (hash.clone()): MOVIE }), hash.as_str()),
        (json!({ (prefixed.clone()): MOVIE }), prefixed.as_str()),
        (apollo, hash.as_str()),
    ] {
        let documents = load(&manifest, UnknownDocuments::Refuse).await.unwrap();
        let client = client_of(&app, documents).await;
        // By the id of the manifest, and by the hash of the text.
        for id in [id, hash.as_str(), prefixed.as_str()] {
            for body in [by_id(id), by_hash(id)] {
                let reply = client.post("/graphql", &body).await;
                assert_eq!((reply.status, reply.json()), (200, title()), "{manifest} {body}");
            }
            let variables = ("variables", "{\"id\":\"m\"}");
            let reply = get(&client, &[("documentId", id), variables]).await;
            assert_eq!((reply.status, reply.json()), (200, title()), "{manifest} {id}");
            let extensions = by_hash(id)["extensions"].to_string();
            let reply = get(&client, &[("extensions", &extensions), variables]).await;
            assert_eq!((reply.status, reply.json()), (200, title()), "{manifest} {id}");
        }
    }
}

#[tokio::test]
async fn a_folder_holds_manifests_and_documents() {
    let app = TestApp::sqlite().await;
    app.movie("m").await;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    std::fs::write(path.join("web.json"), json!({ "web": MOVIE }).to_string()).unwrap();
    std::fs::write(path.join("again.json"), json!({ "web": MOVIE }).to_string()).unwrap();
    std::fs::write(path.join("ios.graphql"), MOVIE).unwrap();
    std::fs::write(path.join("README.md"), "no manifest").unwrap();
    std::fs::create_dir(path.join("folder.json")).unwrap();
    let more = tempfile::tempdir().unwrap();
    let file = more.path().join("android.json");
    std::fs::write(&file, format!("\u{feff}{}", json!({ "android": MOVIE }))).unwrap();
    let paths = [path.to_owned(), file];
    let documents = load_paths(&paths, UnknownDocuments::Refuse).await.unwrap();
    let client = client_of(&app, documents).await;
    for id in ["web", "ios", "android"] {
        assert_eq!(client.post("/graphql", &by_id(id)).await.json(), title(), "{id}");
    }
}

#[tokio::test]
async fn every_rule_of_a_request_applies_to_a_persisted_document() {
    let app = TestApp::sqlite().await;
    let admin = app.movie("m").await;
    let costly = "query Costly($first: Int!) { movies(first: $first) { nodes { exports { data {
        ... on CastCrew { cast { name } crew { name } } } } } } }";
    let mut manifest = map();
    manifest["costly"] = json!(costly);
    let documents = load(&manifest, UnknownDocuments::Refuse).await.unwrap();
    let client = client_of(&app, documents).await;

    // Mutations over GET.
    let variables = ("variables", "{\"id\":\"m\"}");
    let reply = get(&client, &[("documentId", "md5-of-delete"), variables]).await;
    assert_eq!((reply.status, reply.header("allow")), (405, "POST"), "{}", reply.text);
    assert_eq!(admin.get("/api/v1/admin/movies/m/export/trivia").await.status, 200);

    // Variables, cost, and the limits of requests without a token.
    let reply = client.post("/graphql", &json!({ "documentId": "md5-of-movie" })).await;
    assert_eq!(code(&reply), "BAD_USER_INPUT", "{}", reply.text);
    let body = |first: i32| json!({ "documentId": "costly", "variables": { "first": first } });
    let reply = client.post("/graphql", &body(1)).await;
    assert!(reply.json().get("errors").is_none(), "{}", reply.text);
    assert_eq!(code(&client.post("/graphql", &body(100)).await), "QUERY_TOO_COMPLEX");
    let anonymous = Client::new(client.address());
    let many = json!({ "documentId": "md5-of-movie", "variables": { "id": vec![1; 3_000] } });
    assert_eq!(code(&anonymous.post("/graphql", &many).await), "QUERY_TOO_COMPLEX");

    // Tokens and roles.
    assert_eq!(code(&anonymous.post("/graphql", &by_id("md5-of-movie")).await), "UNAUTHENTICATED");
    let viewer = Client::new(client.address()).with_token(token(Role::Viewer, "v@example.com"));
    assert_eq!(code(&viewer.post("/graphql", &by_id("md5-of-delete")).await), "FORBIDDEN");
    let stale = Client::new(client.address()).with_token("x.y.z");
    for id in ["md5-of-movie", "unknown"] {
        let reply = stale.post("/graphql", &by_id(id)).await;
        assert_eq!((reply.status, code(&reply).as_str()), (401, "UNAUTHENTICATED"), "{id}");
    }
    // A client with an expired token can log in.
    let variables = json!({ "email": "a@example.com", "password": "wrong password" });
    let login = json!({ "documentId": "md5-of-login", "variables": variables });
    let reply = stale.post("/graphql", &login).await;
    assert!(reply.text.contains("the email or the password is wrong"), "{}", reply.text);

    // The operation's name selects.
    let mut named = by_id("md5-of-movie");
    named["operationName"] = json!("Other");
    assert_eq!(code(&client.post("/graphql", &named).await), "GRAPHQL_VALIDATION_FAILED");
}

#[tokio::test]
async fn other_documents_are_refused_if_documents_are_required() {
    let app = TestApp::sqlite().await;
    app.movie("m").await;
    let documents = load(&map(), UnknownDocuments::Refuse).await.unwrap();
    let client = client_of(&app, documents).await;
    let as_text = |query: &str| json!({ "query": query, "variables": { "id": "m" } });
    assert_eq!(client.post("/graphql", &as_text(MOVIE)).await.json(), title());
    // An id beside a text does not make the text a known one.
    let mut disguised = by_id("md5-of-movie");
    disguised["query"] = json!("{ movies { totalCount } }");
    disguised["extensions"] = by_hash(&sha256(MOVIE))["extensions"].clone();
    for body in [
        disguised,
        as_text(&format!("{MOVIE} ")),
        as_text("{ __typename }"),
        as_text("{ __schema { types { name } } }"),
        as_text("{"),
        as_text(""),
    ] {
        for (accept, status) in [("application/json", 200), (RESPONSE, 400)] {
            let request = client.request(Method::POST, "/graphql").header("accept", accept);
            let reply = client.send(request.json(&body)).await;
            assert_eq!(reply.status, status, "{body}: {}", reply.text);
            assert_eq!(code(&reply), "PERSISTED_DOCUMENT_REQUIRED", "{body}");
            assert!(reply.json().get("data").is_none(), "{}", reply.text);
        }
        let reply = get(&client, &[("query", body["query"].as_str().unwrap())]).await;
        assert_eq!(code(&reply), "PERSISTED_DOCUMENT_REQUIRED", "{body}");
    }
}

#[tokio::test]
async fn an_unknown_id_is_an_error_that_clients_understand() {
    let app = TestApp::sqlite().await;
    let without = app.admin();
    let documents = load(&map(), UnknownDocuments::Log).await.unwrap();
    let with = client_of(&app, documents).await;
    let unknown = sha256("{ unknown }");
    // Apollo's clients then send the text: for this document, or for all.
    for (client, message, code) in [
        (&with, "PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND"),
        (&without, "PersistedQueryNotSupported", "PERSISTED_QUERY_NOT_SUPPORTED"),
    ] {
        let expected =
            json!({ "errors": [{ "message": message, "extensions": { "code": code } }] });
        for accept in ["application/json", RESPONSE] {
            let request = client.request(Method::POST, "/graphql").header("accept", accept);
            let reply = client.send(request.json(&by_hash(&unknown))).await;
            assert_eq!((reply.status, reply.json()), (200, expected.clone()));
        }
    }
    for (client, expected) in
        [(&with, "PERSISTED_QUERY_NOT_FOUND"), (&without, "PERSISTED_QUERY_NOT_SUPPORTED")]
    {
        for (accept, status) in [("application/json", 200), (RESPONSE, 400)] {
            let request = client.request(Method::POST, "/graphql").header("accept", accept);
            let reply = client.send(request.json(&by_id("unknown"))).await;
            assert_eq!((reply.status, code(&reply).as_str()), (status, expected), "{}", reply.text);
            assert_eq!(reply.json()["errors"].as_array().unwrap().len(), 1);
        }
    }
    for body in [
        json!({ "documentId": 5 }),
        json!({ "documentId": ["md5-of-movie"] }),
        json!({ "extensions": { "persistedQuery": { "version": 1 } } }),
        json!({ "extensions": { "persistedQuery": { "sha256Hash": 5 } } }),
        json!({}),
    ] {
        assert_eq!(with.post("/graphql", &body).await.status, 400, "{body}");
    }
    let null = json!({ "documentId": null, "query": "{ __typename }" });
    assert_eq!(with.post("/graphql", &null).await.json()["data"]["__typename"], "Query");
}

#[tokio::test]
async fn other_documents_run_if_they_are_only_logged() {
    let app = TestApp::sqlite().await;
    app.movie("m").await;
    let documents = load(&map(), UnknownDocuments::Log).await.unwrap();
    let client = client_of(&app, documents).await;
    assert_eq!(client.post("/graphql", &by_id("md5-of-movie")).await.json(), title());
    let query = json!({ "query": "{ movie(id: \"m\") { title } }" });
    assert_eq!(client.post("/graphql", &query).await.json(), title());
}

#[tokio::test]
async fn an_invalid_manifest_is_an_error_that_names_the_document() {
    let deep = format!("{}a{}", "{a".repeat(40), "}".repeat(40));
    let wrong_hash = format!("sha256:{}", sha256("{ __typename }"));
    for (manifest, expected) in [
        (json!({}), "there is no document in it"),
        (json!([]), "found no JSON object"),
        (json!({ "a": 1 }), "document \"a\": allowed is the text"),
        (json!({ "a b": MOVIE }), "document \"a b\": an id has 1 to 200 characters"),
        (json!({ "a": "{" }), "document \"a\": the query is not GraphQL"),
        (json!({ "a": "" }), "document \"a\": the query is not GraphQL"),
        (
            json!({ "a": "{ movie(id: \"m\") { titel } }" }),
            "document \"a\": Unknown field \"titel\" on type \"Movie\". Did you mean \"title\"?",
        ),
        // Only the library checks these.
        (
            json!({ "a": "query($id: ID!) { __typename }" }),
            "document \"a\": Variable \"$id\" is not used",
        ),
        (
            json!({ "a": "{ movie(id: \"m\") { title { id } } }" }),
            "document \"a\": Field \"title\" must not have a selection",
        ),
        (
            json!({ "a": "mutation { __typename } query($m: Movie) { movies(first: $m) { id } }" }),
            "document \"a\": ",
        ),
        (json!({ "a": deep }), "document \"a\": the query"),
        (json!({ (wrong_hash): MOVIE }), "the id is not the SHA-256 hash of the text"),
    ] {
        let Err(error) = load(&manifest, UnknownDocuments::Log).await else {
            panic!("{manifest} was loaded");
        };
        assert!(error.contains("manifest.json: ") && error.contains(expected), "{error}");
        assert!(!error.contains('\n'), "{error}");
    }
    let folder = tempfile::tempdir().unwrap();
    let (one, two) = (folder.path().join("1.json"), folder.path().join("2.json"));
    std::fs::write(&one, json!({ "a": MOVIE }).to_string()).unwrap();
    std::fs::write(&two, json!({ "a": LOGIN }).to_string()).unwrap();
    let Err(error) = load_paths(&[folder.path().to_owned()], UnknownDocuments::Log).await else {
        panic!("two documents with one id were loaded");
    };
    assert!(error.contains("2.json: document \"a\": another document has the same id"), "{error}");
    let Err(error) = load_paths(&[folder.path().join("3.json")], UnknownDocuments::Log).await
    else {
        panic!("a missing file was loaded");
    };
    assert!(error.contains("3.json: No such file"), "{error}");
}

#[tokio::test]
async fn documents_of_all_kinds_pass_the_validation() {
    // Fragments, several operations, required variables and mutations.
    let manifest = json!({
        "a": "query A($id: ID!, $first: Int = 5) { movie(id: $id) { ...f } movies(first: $first) {
            nodes { ...f } } } fragment f on Movie { id title exports { data { __typename
            ... on Trivia { items { id } } } } }",
        "b": "query B { __typename } mutation C($input: ImportCategoryInput!) {
            importCategory(input: $input) { status plan { digest } userErrors { code } } }",
        "c": "query IntrospectionQuery { __schema { types { name } } }",
        "login": LOGIN,
    });
    assert_eq!(load(&manifest, UnknownDocuments::Log).await.unwrap().len(), 4);
}
