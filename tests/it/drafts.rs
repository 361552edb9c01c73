//! Reading drafts: visibility, exports, and the review queue.

use reelport::catalog::access::Role;
use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::{Client, TestApp, envelope, fixtures, token};

/// Imports data into the draft of a category.
async fn contribute(client: &Client, movie: &str, category: &str, data: Value) -> Value {
    let envelope = envelope(movie, category, data);
    let reply = client.import_envelope(movie, category, "?target=draft", &envelope).await;
    assert_eq!((reply.status, &reply.json()["status"]), (200, &json!("drafted")), "{}", reply.text);
    reply.json()
}

fn contributor(app: &TestApp, name: &str) -> Client {
    app.anonymous().with_token(token(Role::Contributor, &format!("{name}@example.com")))
}

async fn answer(client: &Client, query: &str) -> Value {
    let reply = client.graphql(query, json!({})).await;
    assert_eq!(reply.get("errors"), None, "{query}: {reply}");
    reply["data"].clone()
}

/// The movies on a page of the review queue, and the response data.
async fn queue(client: &Client, filter: &str) -> (Vec<String>, Value) {
    let data = answer(
        client,
        &format!("{{ drafts(filter: {{{filter}}}) {{ totalCount nodes {{ movie {{ id }} }} }} }}"),
    )
    .await;
    let nodes = data["drafts"]["nodes"].as_array().unwrap();
    let movies = nodes
        .iter()
        .map(|node| node["movie"]["id"].as_str().unwrap().to_owned())
        .collect::<Vec<_>>();
    assert_eq!(data["drafts"]["totalCount"], movies.len(), "{filter}");
    (movies, data)
}

fn first_error(reply: &Value) -> (&str, String) {
    let error = &reply["errors"][0];
    (error["extensions"]["code"].as_str().unwrap_or("none"), error["path"].to_string())
}

on_both_databases! {
    async fn drafts_are_invisible_to_viewers(app: TestApp) {
        app.full_movie("m").await;
        let viewer = app.viewer();
        let everything = "{ movies { nodes { title completeness { present } basicInfo { title genres } exports { document } } }
            movieExport(movieId: \"m\", category: BASIC_INFO) { id document metadata { revision draftRevision } } }";
        let without_times = |text: String| {
            let mut value: Value = serde_json::from_str(&text).unwrap();
            value["data"]["movieExport"]["document"]["exported_at"] = json!(null);
            for export in value["data"]["movies"]["nodes"][0]["exports"].as_array_mut().unwrap() {
                export["document"]["exported_at"] = json!(null);
            }
            value
        };
        let seen = || async {
            let answer = viewer.graphql(everything, json!({})).await;
            let bundle = viewer.get("/api/v1/admin/movies/m/export/all").await;
            let mut file = viewer.export("m", "basic-info").await;
            file["exported_at"] = json!(null);
            (without_times(answer.to_string()), bundle.status, file)
        };
        let before = seen().await;
        contribute(
            &contributor(&app, "ann"),
            "m",
            "basic_info",
            json!({ "title": "Secret", "genres": ["Unheard Of"] }),
        )
        .await;
        contribute(
            &contributor(&app, "ann"),
            "m",
            "trivia",
            json!({ "items": [{ "text": "A secret." }] }),
        )
        .await;
        assert_eq!(seen().await, before);
        let bundle = viewer.get("/api/v1/admin/movies/m/export/all").await;
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bundle.bytes)).unwrap();
        for index in 0..archive.len() {
            let text = std::io::read_to_string(archive.by_index(index).unwrap()).unwrap();
            assert!(!text.to_lowercase().contains("secret"), "{text}");
        }
        assert_eq!(queue(&app.admin(), "").await.0, ["m", "m"]);
        let search =
            answer(&viewer, "{ movies(filter: {search: \"secret\"}) { totalCount } }").await;
        assert_eq!(search["movies"]["totalCount"], 0);
        let genre =
            answer(&viewer, "{ movies(filter: {genres: [\"Unheard Of\"]}) { totalCount } }").await;
        assert_eq!(genre["movies"]["totalCount"], 0);
    }

    async fn reading_drafts_needs_the_contributor_role(app: TestApp) {
        app.full_movie("m").await;
        contribute(
            &contributor(&app, "ann"),
            "m",
            "trivia",
            json!({ "items": [{ "text": "New." }] }),
        )
        .await;
        let viewer = app.viewer();
        let reply = viewer
            .graphql(
                "{ movie(id: \"m\") { title }
            movieExport(movieId: \"m\", category: TRIVIA, stage: DRAFT) { id } }",
                json!({}),
            )
            .await;
        assert_eq!(first_error(&reply), ("FORBIDDEN", "[\"movieExport\"]".to_owned()));
        assert_eq!(
            reply["data"],
            json!({ "movie": { "title": "The Long Tide" }, "movieExport": null })
        );
        let reply = viewer
            .graphql("{ viewer { role } movie(id: \"m\") { title drafts { id } } }", json!({}))
            .await;
        assert_eq!(first_error(&reply), ("FORBIDDEN", "[\"movie\",\"drafts\"]".to_owned()));
        assert_eq!(
            reply["data"],
            json!({ "viewer": { "role": "VIEWER" }, "movie": { "title": "The Long Tide", "drafts": null } })
        );
        let reply = viewer.graphql("{ drafts { totalCount } }", json!({})).await;
        assert_eq!(first_error(&reply).0, "FORBIDDEN");
        for path in ["export/trivia?stage=draft", "draft-status"] {
            // The response does not reveal whether the movie exists.
            for movie in ["m", "no-such"] {
                assert_eq!(
                    viewer.get(&format!("/api/v1/admin/movies/{movie}/{path}")).await.status,
                    403,
                    "{path}"
                );
                assert_eq!(
                    app.anonymous()
                        .get(&format!("/api/v1/admin/movies/{movie}/{path}"))
                        .await
                        .status,
                    401,
                    "{path}"
                );
            }
            assert_eq!(
                app.admin().get(&format!("/api/v1/admin/movies/no-such/{path}")).await.status,
                404,
                "{path}"
            );
        }
        assert_eq!(
            first_error(&app.anonymous().graphql("{ drafts { totalCount } }", json!({})).await).0,
            "UNAUTHENTICATED"
        );
    }

    async fn a_draft_and_the_published_document_are_exported_separately(app: TestApp) {
        app.full_movie("m").await;
        let ann = contributor(&app, "ann");
        let path = "/api/v1/admin/movies/m/export/trivia";
        let published = ann.get(path).await;
        let same = ann.get(&format!("{path}?stage=draft")).await;
        assert_eq!((same.status, &same.json()["data"]), (200, &published.json()["data"]));
        contribute(&ann, "m", "trivia", json!({ "items": [{ "text": "New." }] })).await;
        let draft = ann.get(&format!("{path}?stage=draft")).await;
        assert_eq!(draft.json()["data"]["items"].as_array().unwrap().len(), 3);
        let metadata = &draft.json()["metadata"];
        assert_eq!((&metadata["revision"], &metadata["draft_revision"]), (&json!(1), &json!(1)));
        assert_eq!(metadata["updated_by"], "ann@example.com");
        assert_eq!(
            ann.get(&format!("{path}?stage=published")).await.json()["data"],
            published.json()["data"]
        );

        // A draft and the published document have different ETags.
        let known = |etag: &str, stage: &str| {
            let request = ann
                .request(reqwest::Method::GET, &format!("{path}?stage={stage}"))
                .header("if-none-match", etag);
            let ann = ann.clone();
            async move { ann.send(request).await.status }
        };
        assert_ne!(draft.header("etag"), published.header("etag"));
        assert_eq!(known(draft.header("etag"), "draft").await, 304);
        assert_eq!(known(published.header("etag"), "draft").await, 200);
        assert_eq!(known(draft.header("etag"), "published").await, 200);
        contribute(&ann, "m", "trivia", json!({ "items": [{ "text": "Newer." }] })).await;
        assert_eq!(known(draft.header("etag"), "draft").await, 200);

        let data = answer(&ann, "{
            draft: movieExport(movieId: \"m\", category: TRIVIA, stage: DRAFT) { id metadata { revision draftRevision } data { ... on Trivia { items { text } } } }
            published: movieExport(movieId: \"m\", category: TRIVIA) { id metadata { revision draftRevision } }
            none: movieExport(movieId: \"m\", category: MEDIA, stage: DRAFT) { id metadata { draftRevision } }
            missing: movieExport(movieId: \"x\", category: MEDIA, stage: DRAFT) { id }
        }").await;
        assert_eq!(data["draft"]["metadata"], json!({ "revision": 1, "draftRevision": 2 }));
        assert_eq!(data["draft"]["data"]["items"].as_array().unwrap().len(), 4);
        assert_eq!(data["draft"]["id"], "export:m:trivia:draft");
        assert_eq!(
            data["published"],
            json!({ "id": "export:m:trivia", "metadata": { "revision": 1, "draftRevision": null } })
        );
        assert_eq!(data["none"], json!({ "id": "export:m:media", "metadata": { "draftRevision": null } }));
        assert_eq!(data["missing"], json!(null));
    }

    async fn an_export_refuses_unknown_parameters(app: TestApp) {
        app.full_movie("m").await;
        for (query, detail) in [
            (
                "stage=drafts",
                "stage: found \"drafts\"; allowed is one of published, draft; did you mean \"draft\"?",
            ),
            (
                "stge=draft",
                "\"stge\" is not a parameter of an export; did you mean \"stage\"?; stage is the only one",
            ),
            ("stage=draft&stage=published", "stage is given twice"),
        ] {
            let reply =
                app.admin().get(&format!("/api/v1/admin/movies/m/export/trivia?{query}")).await;
            assert_eq!((reply.status, &reply.json()["detail"]), (400, &json!(detail)), "{query}");
            assert_eq!(
                app.admin()
                    .get(&format!("/api/v1/admin/movies/no/export/trivia?{query}"))
                    .await
                    .status,
                404,
                "{query}"
            );
        }
        // A bundle has no stage: it is always of the published documents.
        let reply = app.admin().get("/api/v1/admin/movies/m/export/all?stage=draft").await;
        assert_eq!(
            (reply.status, &reply.json()["detail"]),
            (400, &json!("\"stage\" is not a parameter of an export; there is none"))
        );
        assert_eq!(
            app.admin().get("/api/v1/admin/movies/no/export/all?stage=draft").await.status,
            404
        );
    }

    async fn discarding_a_draft_does_not_accept_dry_run(app: TestApp) {
        let admin = app.movie("m").await;
        contribute(&admin, "m", "trivia", json!({ "items": [{ "text": "Drafted." }] })).await;
        let path = "/api/v1/admin/movies/m/draft/trivia";
        let request =
            |query: &str| admin.request(reqwest::Method::DELETE, &format!("{path}{query}"));
        let reply = admin.send(request("?dry_run=true")).await;
        assert_eq!(reply.status, 400, "{}", reply.text);
        assert_eq!(admin.send(request("")).await.status, 204);
        assert_eq!(admin.send(request("")).await.status, 404, "the draft existed before");
    }

    async fn a_draft_lists_its_contributions(app: TestApp) {
        app.full_movie("m").await;
        let (ann, bob) = (contributor(&app, "ann"), contributor(&app, "bob"));
        contribute(&ann, "m", "media", json!({ "poster_url": "https://a.example.org/1" })).await;
        let file = app.admin().export("m", "media").await;
        let id = file["data"]["gallery"][0]["id"].as_str().unwrap().to_owned();
        let change = json!({ "gallery": [{ "id": id, "caption": "The quay" }], "trailer_url": "https://a.example.org/2" });
        let sent = envelope("m", "media", change);
        let reply =
            bob.import_envelope("m", "media", "?target=draft&source=llm-generated", &sent).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        // Another field is published meanwhile.
        app.admin()
            .import("m", "media", json!({ "backdrop_url": "https://a.example.org/3" }))
            .await;

        let data = answer(&bob, "{ movie(id: \"m\") { drafts {
            id category draftRevision baseRevision openedAt openedBy updatedAt updatedBy source
            movie { title } contributions { draftRevision source updatedAt updatedBy touched }
            export { id metadata { revision draftRevision source updatedBy lastUpdated } data { ... on Media { posterUrl trailerUrl gallery { caption } } } }
        } } }").await;
        let drafts = data["movie"]["drafts"].as_array().unwrap();
        assert_eq!(drafts.len(), 1);
        let draft = &drafts[0];
        assert_eq!((&draft["id"], &draft["category"]), (&json!("draft:m:media"), &json!("MEDIA")));
        assert_eq!((&draft["draftRevision"], &draft["baseRevision"]), (&json!(2), &json!(1)));
        assert_eq!(
            (&draft["openedBy"], &draft["updatedBy"]),
            (&json!("ann@example.com"), &json!("bob@example.com"))
        );
        assert_eq!(draft["source"], "LLM_GENERATED");
        assert!(draft["openedAt"].as_str() <= draft["updatedAt"].as_str());
        assert_eq!(draft["movie"]["title"], "The Long Tide");
        let contributions = draft["contributions"].as_array().unwrap();
        assert_eq!(
            (&contributions[0]["updatedBy"], &contributions[0]["touched"]),
            (&json!("ann@example.com"), &json!(["/poster_url"]))
        );
        assert_eq!(
            (&contributions[1]["source"], &contributions[1]["touched"]),
            (&json!("LLM_GENERATED"), &json!(["/trailer_url", id]))
        );
        assert_eq!(contributions[1]["updatedAt"], draft["updatedAt"]);
        let export = &draft["export"];
        assert_eq!(
            (&export["id"], &export["metadata"]["draftRevision"]),
            (&json!("export:m:media:draft"), &json!(2))
        );
        assert_eq!(
            (&export["data"]["posterUrl"], &export["data"]["gallery"][0]["caption"]),
            (&json!("https://a.example.org/1"), &json!("The quay"))
        );

        let status = ann.get("/api/v1/admin/movies/m/draft-status").await;
        let status = status.json();
        assert_eq!(status["movie_id"], "m");
        let entry = &status["drafts"][0];
        let expected = json!({ "category": "media", "draft_revision": 2, "base_revision": 1, "published_revision": 2,
            "opened_at": entry["opened_at"], "opened_by": "ann@example.com", "updated_at": entry["updated_at"],
            "updated_by": "bob@example.com", "source": "llm-generated" });
        assert_eq!(*entry, expected);
        let nothing = ann.get("/api/v1/admin/movies/m/draft-status").await;
        assert_eq!(nothing.json()["drafts"].as_array().unwrap().len(), 1);
    }

    async fn the_review_queue_starts_with_the_oldest_draft(app: TestApp) {
        let (ann, bob) = (contributor(&app, "ann"), contributor(&app, "bob"));
        for movie in ["m-1", "m-2", "m-3", "m-4"] {
            app.movie(movie).await;
            contribute(&ann, movie, "trivia", json!({ "items": [{ "text": movie }] })).await;
        }
        contribute(&bob, "m-1", "trivia", json!({ "items": [{ "text": "more" }] })).await;
        let sent = envelope("m-2", "awards", fixtures::awards());
        let reply = bob.import_envelope("m-2", "awards", "?target=draft&source=tmdb", &sent).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert_eq!(queue(&ann, "").await.0, ["m-2", "m-3", "m-4", "m-1", "m-2"]);
        for (filter, expected) in [
            ("category: TRIVIA", vec!["m-2", "m-3", "m-4", "m-1"]),
            ("category: MEDIA", vec![]),
            ("movieId: \"m-2\"", vec!["m-2", "m-2"]),
            ("movieId: \"no/such\"", vec![]),
            ("author: \"ann@example.com\"", vec!["m-2", "m-3", "m-4", "m-1"]),
            ("author: \"bob@example.com\"", vec!["m-1", "m-2"]),
            ("source: TMDB", vec!["m-2"]),
            ("source: TMDB, author: \"ann@example.com\"", vec![]),
            ("updatedBefore: \"2020-01-01T00:00:00Z\"", vec![]),
            ("updatedAfter: \"2020-01-01T00:00:00Z\", category: AWARDS", vec!["m-2"]),
        ] {
            assert_eq!(queue(&ann, filter).await.0, expected, "{filter}");
        }
        let (mut after, mut seen) = (String::new(), Vec::new());
        loop {
            let page = answer(
                &bob,
                &format!(
                    "{{ drafts(first: 2{after}) {{ edges {{ cursor node {{ movie {{ id }} }} }}
                pageInfo {{ hasNextPage hasPreviousPage endCursor }} totalCount }} }}"
                ),
            )
            .await;
            let page = &page["drafts"];
            assert_eq!(
                (&page["totalCount"], &page["pageInfo"]["hasPreviousPage"]),
                (&json!(5), &json!(!after.is_empty()))
            );
            for edge in page["edges"].as_array().unwrap() {
                seen.push(edge["node"]["movie"]["id"].as_str().unwrap().to_owned());
            }
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
            after = format!(", after: {}", page["pageInfo"]["endCursor"]);
        }
        assert_eq!(seen, ["m-2", "m-3", "m-4", "m-1", "m-2"]);

        // Published and discarded drafts leave the queue.
        for mutation in [
            "publishDraft(input: {movieId: \"m-3\", category: TRIVIA}) { userErrors { code } }",
            "discardDraft(input: {movieId: \"m-4\", category: TRIVIA}) { userErrors { code } }",
        ] {
            let done = answer(&app.admin(), &format!("mutation {{ {mutation} }}")).await;
            assert!(
                done.as_object()
                    .unwrap()
                    .values()
                    .all(|payload| payload["userErrors"] == json!([])),
                "{done}"
            );
        }
        assert_eq!(queue(&ann, "category: TRIVIA").await.0, ["m-2", "m-1"]);
    }

    async fn invalid_queue_arguments_are_refused(app: TestApp) {
        let ann = contributor(&app, "ann");
        let imports = answer(&ann, "{ imports { pageInfo { endCursor } } }").await;
        assert_eq!(imports["imports"]["pageInfo"]["endCursor"], json!(null));
        for arguments in [
            "first: 0",
            "first: 101",
            "first: -1",
            "after: \"\"",
            "after: \"bm9uZQ\"",
            "after: \"ZHJhZnRzCmEKYgpj\"",
            "filter: {updatedBefore: \"+10000-01-01T00:00:00Z\"}",
            "filter: {updatedAfter: \"-0001-01-01T00:00:00Z\"}",
            "filter: {author: \"a\\u0000b\"}",
        ] {
            let reply = ann
                .graphql(&format!("{{ drafts({arguments}) {{ totalCount }} }}"), json!({}))
                .await;
            assert_eq!(first_error(&reply).0, "BAD_USER_INPUT", "{arguments}: {reply}");
        }
    }
}
