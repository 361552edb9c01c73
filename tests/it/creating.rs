//! Imports that create their movie.

use reelport::catalog::access::Role;
use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::database::dump;
use crate::support::{Client, envelope, fixtures};

const QUERY: &str = "mutation($options: ImportOptionsInput, $document: String!) {
    importDocument(input: {movieId: \"new\", document: $document, options: $options}) {
        status movieExport { movieId data { ... on BasicInfo { title } } } userErrors { code message } } }";

async fn import(
    client: &Client,
    category: &str,
    options: &str,
    data: Value,
) -> crate::support::Reply {
    let envelope = envelope("new", category, data);
    client.import_envelope("new", category, options, &envelope).await
}

on_both_databases! {
    async fn an_import_to_a_missing_movie_explains_how_to_create_it(app: TestApp) {
        let admin = app.admin();
        let rest = "there is no movie new; an ADMIN can create it with create_movie=true";
        let reply = import(&admin, "timeline", "", fixtures::timeline()).await;
        assert_eq!((reply.status, &reply.json()["detail"]), (404, &json!(rest)));
        for (options, body) in [("?mode=no-such", "{}"), ("", "no JSON"), ("", "[]")] {
            let path = format!("/api/v1/admin/movies/new/import/timeline{options}");
            let reply = admin.post_text(&path, body).await;
            assert_eq!(
                (reply.status, &reply.json()["detail"]),
                (404, &json!(rest)),
                "{options} {body}"
            );
        }
        let document = envelope("new", "timeline", fixtures::timeline()).to_string();
        let reply = admin.graphql(QUERY, json!({ "document": document })).await;
        let error = &reply["data"]["importDocument"]["userErrors"][0];
        let graphql = "there is no movie new; an ADMIN can create it with createMovie: true";
        assert_eq!((&error["code"], &error["message"]), (&json!("NOT_FOUND"), &json!(graphql)));
        // This id is not a valid movie id.
        let reply = admin.import("..", "timeline", json!({})).await;
        assert!(!reply.text.contains("create_movie"), "{}", reply.text);
    }

    async fn create_movie_creates_the_movie_with_its_first_document(app: TestApp) {
        let admin = app.admin();
        let dry = import(
            &admin,
            "basic_info",
            "?create_movie=true&dry_run=true",
            json!({ "title": "New" }),
        )
        .await;
        assert_eq!((dry.status, &dry.json()["status"]), (200, &json!("planned")), "{}", dry.text);
        assert_eq!(admin.get("/api/v1/admin/movies/new/export/basic-info").await.status, 404);
        let digest = dry.json()["plan"]["digest"].as_str().unwrap().to_owned();
        let options = format!("?create_movie=True&expected_plan={digest}");
        let reply = import(&admin, "basic_info", &options, json!({ "title": "New" })).await;
        assert_eq!((reply.status, &reply.json()["revision"]), (200, &json!(1)), "{}", reply.text);
        assert_eq!(admin.export("new", "basic_info").await["data"]["title"], "New");
        // An existing movie is not created again.
        let reply = import(&admin, "timeline", "?create_movie=true", fixtures::timeline()).await;
        assert_eq!(reply.json()["status"], "published");
        assert_eq!(admin.export("new", "basic_info").await["data"]["title"], "New");
    }

    async fn create_movie_works_over_graphql(app: TestApp) {
        let document = envelope("new", "basic_info", json!({ "title": "New" })).to_string();
        let variables = json!({ "document": document, "options": { "createMovie": true } });
        let reply = app.admin().graphql(QUERY, variables).await;
        let expected = json!({ "status": "PUBLISHED", "movieExport": { "movieId": "new", "data": { "title": "New" } }, "userErrors": [] });
        assert_eq!(reply["data"]["importDocument"], expected, "{reply}");
    }

    async fn a_refused_import_creates_no_movie(app: TestApp) {
        let admin = app.admin();
        let before = dump(&app.database.url, &["movies", "documents"]).await;
        for (options, data, status) in [
            ("?create_movie=true", json!({ "events": [{ "date": "soon", "title": "A" }] }), 422),
            ("?create_movie=true&expected_plan=0", fixtures::timeline(), 409),
            ("?create_movie=false", fixtures::timeline(), 404),
        ] {
            let reply = import(&admin, "timeline", options, data).await;
            assert_eq!(reply.status, status, "{options}: {}", reply.text);
        }
        let reply = admin
            .post_text("/api/v1/admin/movies/new/import/timeline?create_movie=true", "no JSON")
            .await;
        assert_eq!(reply.status, 400, "{}", reply.text);
        assert_eq!(admin.get("/api/v1/admin/movies/new/export/timeline").await.status, 404);
        assert_eq!(dump(&app.database.url, &["movies", "documents"]).await, before);
    }

    async fn creating_a_movie_needs_an_admin_and_planning_it_a_contributor(app: TestApp) {
        let contributor = app.with_role(Role::Contributor);
        for options in ["?create_movie=true", "?create_movie=true&target=draft"] {
            let reply = import(&contributor, "timeline", options, fixtures::timeline()).await;
            assert_eq!(reply.status, 403, "{options}: {}", reply.text);
            let dry = import(
                &contributor,
                "timeline",
                &format!("{options}&dry_run=1"),
                fixtures::timeline(),
            )
            .await;
            assert_eq!(
                (dry.status, &dry.json()["status"]),
                (200, &json!("planned")),
                "{options}: {}",
                dry.text
            );
        }
        assert_eq!(app.admin().get("/api/v1/admin/movies/new/export/timeline").await.status, 404);
    }

    async fn a_draft_of_a_missing_movie_creates_it_without_a_document(app: TestApp) {
        let admin = app.admin();
        let reply = import(
            &admin,
            "basic_info",
            "?create_movie=true&target=draft",
            json!({ "title": "New" }),
        )
        .await;
        assert_eq!(
            (reply.status, &reply.json()["status"]),
            (200, &json!("drafted")),
            "{}",
            reply.text
        );
        let movie = admin.graphql("{ movie(id: \"new\") { id title } }", json!({})).await;
        assert_eq!(movie["data"]["movie"], json!({ "id": "new", "title": null }), "{movie}");
        assert_eq!(admin.export("new", "basic_info").await["metadata"]["revision"], 0);
        let reply = admin
            .send(
                admin.request(reqwest::Method::POST, "/api/v1/admin/movies/new/publish/basic-info"),
            )
            .await;
        assert_eq!(reply.json()["status"], "published", "{}", reply.text);
        assert_eq!(admin.export("new", "basic_info").await["data"]["title"], "New");
    }
}
