//! Drafts: contributions by several users, publication, and discarding.

use reelport::catalog::access::Role;
use reqwest::Method;
use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::database::{dump, execute, rows};
use crate::support::operations::{codes, masked, pairs};
use crate::support::{Client, Reply, TestApp, envelope, fixtures, token};

/// The tables that hold published content.
const PUBLISHED: &[&str] = &[
    "movies",
    "documents",
    "revisions",
    "entities",
    "entity_names",
    "entity_external_ids",
    "credits",
    "nominations",
    "offers",
    "movie_genres",
];

/// The rows of published content. Which drafts a movie has is not part of it.
async fn published(url: &str) -> Vec<(String, Vec<String>)> {
    let mut tables = dump(url, PUBLISHED).await;
    for row in &mut tables[0].1 {
        let mut movie: Value = serde_json::from_str(row).unwrap();
        movie.as_object_mut().unwrap().remove("drafted").unwrap();
        *row = movie.to_string();
    }
    tables
}

fn contributor(app: &TestApp, name: &str) -> Client {
    app.anonymous().with_token(token(Role::Contributor, &format!("{name}@example.com")))
}

async fn publish(client: &Client, category: &str, options: Value) -> Value {
    let mut input = json!({ "movieId": "m", "category": category.to_uppercase() });
    input.as_object_mut().unwrap().extend(options.as_object().unwrap().clone());
    client.mutate("publishDraft", input).await
}

async fn rest(client: &Client, method: Method, path: &str) -> Reply {
    client.send(client.request(method, &format!("/api/v1/admin/movies/m/{path}"))).await
}

fn trivia(texts: &[&str]) -> Value {
    envelope(
        "m",
        "trivia",
        json!({ "items": texts.iter().map(|text| json!({ "text": text })).collect::<Vec<_>>() }),
    )
}

fn texts(export: &Value) -> Vec<&str> {
    export["data"]["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|item| item["text"].as_str())
        .collect()
}

/// The ids of all people with this name.
async fn people(app: &TestApp, name: &str) -> Vec<String> {
    let all = rows(&app.database.url, "entities").await;
    all.iter()
        .filter(|row| row["kind"] == "person" && row["name"] == name)
        .map(|row| row["id"].as_str().unwrap().to_owned())
        .collect()
}

on_both_databases! {
    async fn a_draft_is_not_visible_in_published_content(app: TestApp) {
        app.full_movie("m").await;
        let ada = contributor(&app, "ada");
        let before = published(&app.database.url).await;
        let etag = app
            .viewer()
            .get("/api/v1/admin/movies/m/export/basic_info")
            .await
            .header("etag")
            .to_owned();
        for (number, (category, data)) in [
            ("basic_info", json!({ "title": "Draft Title", "genres": ["Unheard Of"] })),
            ("cast_crew", json!({ "cast": [{ "name": "Nell Unseen", "character": "A Ghost" }, { "id": "tmdb-person-99", "name": "Ola Unseen" }] })),
            ("awards", json!({ "awards": [{ "ceremony": "Secret Prize", "year": 2001, "category": "Best", "result": "winner" }] })),
            ("streaming", json!({ "streaming_options": [{ "platform": "Backroom", "type": "free" }] })),
        ].into_iter().enumerate() {
            let payload = ada.import_document(&envelope("m", category, data), json!({ "target": "DRAFT", "source": "LLM_GENERATED" })).await;
            assert_eq!((codes(&payload), &payload["status"]), (vec![], &json!("DRAFTED")), "{payload}");
            assert!(payload["importId"].is_string());
            let metadata = &payload["movieExport"]["document"]["metadata"];
            let base = if category == "basic_info" { 2 } else { 1 };
            assert_eq!((&metadata["revision"], &metadata["draft_revision"]), (&json!(base), &json!(1)), "{number}");
            assert_eq!((&metadata["source"], &metadata["updated_by"]), (&json!("llm-generated"), &json!("ada@example.com")));
        }
        let reply = ada
            .import_with(
                &envelope("m", "basic_info", json!({ "tagline": "Draft." })),
                "?target=draft",
            )
            .await;
        let body = reply.json();
        assert_eq!(
            (reply.status, &body["status"], &body["revision"], &body["draft_revision"]),
            (200, &json!("drafted"), &json!(2), &json!(2)),
            "{body}"
        );
        assert!(
            body["import_id"].is_string()
                && body["message"].as_str().unwrap().ends_with("in the draft"),
            "{body}"
        );
        // The draft is in no table of published content, and no reader sees it.
        assert!(published(&app.database.url).await == before);
        assert_eq!(
            app.viewer().get("/api/v1/admin/movies/m/export/basic_info").await.header("etag"),
            etag
        );
        let found = app.viewer().graphql("{ movies(filter: {search: \"Draft\"}) { totalCount } all: movies { nodes { title } } }", json!({})).await;
        assert_eq!(
            found["data"],
            json!({ "movies": { "totalCount": 0 }, "all": { "nodes": [{ "title": "The Long Tide" }] } })
        );
        let exported = app.command(&["export"]).await.ok().stdout;
        assert!(!exported.contains("Unseen") && !exported.contains("Draft"), "{exported}");
    }

    async fn several_users_contribute_to_one_draft(app: TestApp) {
        let admin = app.full_movie("m").await;
        let published = admin.export("m", "basic_info").await;
        let with = |base: &Value, changes: Value| {
            let mut file = base.clone();
            file["data"].as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
            file
        };
        let first = contributor(&app, "ada")
            .draft(&with(&published, json!({ "title": "By Ada", "runtime": 140 })))
            .await;
        // Bo starts from the published file and changes another field.
        let second =
            contributor(&app, "bo").draft(&with(&published, json!({ "tagline": "By Bo." }))).await;
        assert_eq!(
            (&second["data"]["title"], &second["data"]["tagline"]),
            (&json!("By Ada"), &json!("By Bo."))
        );
        assert_eq!(second["metadata"]["draft_revision"], 2);
        // Cy starts from the published file and changes the field that Ada changed.
        let cy = contributor(&app, "cy");
        let reply =
            cy.import_with(&with(&published, json!({ "title": "By Cy" })), "?target=draft").await;
        let conflict = &reply.json()["plan"]["conflicts"][0];
        assert_eq!(
            (reply.status, &conflict["base"], &conflict["current"], &conflict["imported"]),
            (409, &json!("The Long Tide"), &json!("By Ada"), &json!("By Cy"))
        );
        // From Ada's state of the draft it is an edit of her value; Bo's later change stays.
        let third = cy.draft(&with(&first, json!({ "title": "By Cy", "runtime": 141 }))).await;
        assert_eq!(
            (
                &third["data"]["title"],
                &third["data"]["tagline"],
                &third["metadata"]["draft_revision"]
            ),
            (&json!("By Cy"), &json!("By Bo."), &json!(3))
        );
        // From that same state, another edit of the field conflicts with Cy's.
        let reply = contributor(&app, "ada")
            .import_with(&with(&first, json!({ "title": "By Ada again" })), "?target=draft")
            .await;
        assert_eq!(
            (reply.status, &reply.json()["plan"]["conflicts"][0]["base"]),
            (409, &json!("By Ada")),
            "{}",
            reply.text
        );
        // The newest draft, an older one and the published document change nothing when imported
        // unchanged.
        for file in [&third, &published, &first] {
            let reply = cy.import_with(file, "?target=draft").await;
            assert_eq!(
                (&reply.json()["status"], &reply.json()["draft_revision"]),
                (&json!("unchanged"), &json!(3)),
                "{}",
                reply.text
            );
        }
        let mut kept: Vec<(i64, String, String)> = rows(&app.database.url, "contributions")
            .await
            .iter()
            .map(|row| {
                (
                    row["draft_revision"].as_i64().unwrap(),
                    row["updated_by"].as_str().unwrap().to_owned(),
                    row["touched"].as_str().unwrap().to_owned(),
                )
            })
            .collect();
        kept.sort();
        assert_eq!(
            kept.iter().map(|(_, who, _)| &who[..who.find('@').unwrap()]).collect::<Vec<_>>(),
            ["ada", "bo", "cy"]
        );
        assert!(
            kept[0].2.contains("/title")
                && kept[0].2.contains("/runtime")
                && !kept[1].2.contains("/title"),
            "{kept:?}"
        );
        assert_eq!(publish(&admin, "basic_info", json!({})).await["status"], "PUBLISHED");
        let data = admin.export("m", "basic_info").await["data"].clone();
        assert_eq!(data, third["data"]);
    }

    async fn an_unchanged_contribution_opens_no_draft(app: TestApp) {
        app.full_movie("m").await;
        let ada = contributor(&app, "ada");
        for (category, _) in fixtures::all_categories() {
            let file = ada.export("m", category).await;
            let payload = ada.import_document(&file, json!({ "target": "DRAFT" })).await;
            assert_eq!(
                (&payload["status"], &payload["movieExport"]["document"]["metadata"]),
                (&json!("UNCHANGED"), &file["metadata"]),
                "{payload}"
            );
            assert_eq!(
                ada.import_with(&file, "?target=draft&mode=replace").await.json()["status"],
                "unchanged"
            );
        }
        assert_eq!(
            dump(&app.database.url, &["drafts", "contributions"])
                .await
                .iter()
                .map(|(_, rows)| rows.len())
                .sum::<usize>(),
            0
        );
        for path in ["publish/trivia", "publish/trivia?dry_run=true"] {
            let reply = rest(&app.admin(), Method::POST, path).await;
            assert_eq!(
                (reply.status, &reply.json()["code"]),
                (404, &json!("NO_DRAFT")),
                "{}",
                reply.text
            );
        }
    }

    async fn publishing_a_draft_executes_its_plan(app: TestApp) {
        let admin = app.full_movie("m").await;
        let ada = contributor(&app, "ada");
        for (category, _) in fixtures::all_categories() {
            let mut file = admin.export("m", category).await;
            file["data"] = crate::plans::edited(category, &file["data"]);
            let payload =
                ada.import_document(&file, json!({ "target": "DRAFT", "mode": "REPLACE" })).await;
            let drafted = &payload["movieExport"]["document"];
            let planned = publish(&ada, category, json!({ "dryRun": true })).await;
            assert_eq!(
                (codes(&planned), &planned["status"], &planned["importId"]),
                (vec![], &json!("PLANNED"), &json!(null)),
                "{planned}"
            );
            // The plan has the same changes as the contribution.
            assert_eq!(planned["plan"]["changes"], payload["plan"]["changes"], "{category}");
            let stale = publish(&admin, category, json!({ "expectedPlan": "0" })).await;
            assert_eq!(
                (codes(&stale), &stale["plan"]["digest"]),
                (vec!["PLAN_STALE".to_owned()], &planned["plan"]["digest"])
            );
            let done =
                publish(&admin, category, json!({ "expectedPlan": planned["plan"]["digest"] }))
                    .await;
            assert_eq!((codes(&done), &done["status"]), (vec![], &json!("PUBLISHED")), "{done}");
            let known = format!("{drafted}");
            assert_eq!(masked(&done["plan"], &known), masked(&planned["plan"], &known));
            let now = admin.export("m", category).await;
            assert_eq!(
                (&now["data"], &done["movieExport"]["document"]["data"]),
                (&drafted["data"], &drafted["data"]),
                "{category}"
            );
            let revision = file["metadata"]["revision"].as_i64().unwrap() + 1;
            assert_eq!(
                (&now["metadata"]["revision"], &now["metadata"]["updated_by"]),
                (&json!(revision), &json!("admin@example.com"))
            );
            assert_eq!(now["metadata"].get("draft_revision"), None);
            assert_eq!(codes(&publish(&admin, category, json!({})).await), ["NO_DRAFT"]);
            // A file exported from the draft changes nothing after publication.
            assert_eq!(
                ada.import_with(drafted, "?target=draft").await.json()["status"],
                "unchanged"
            );
        }
        let published: Vec<Value> = rows(&app.database.url, "contributions").await;
        assert!(
            published.iter().all(|row| row["published_as"].as_i64().unwrap() >= 2),
            "{published:?}"
        );
        assert_eq!(dump(&app.database.url, &["drafts"]).await[0].1.len(), 0);
        let before = dump(&app.database.url, PUBLISHED).await;
        app.command(&["reindex"]).await.ok();
        assert_eq!(dump(&app.database.url, PUBLISHED).await, before);
    }

    async fn publishing_merges_or_reports_conflicts_with_later_publications(app: TestApp) {
        let admin = app.full_movie("m").await;
        let ada = contributor(&app, "ada");
        let mut file = admin.export("m", "basic_info").await;
        file["data"]["title"] = json!("Drafted");
        file["data"]["overview"] = json!("Drafted.");
        file["data"].as_object_mut().unwrap().remove("tagline");
        ada.draft(&file).await;
        ada.mutate(
            "updateDraft",
            json!({ "movieId": "m", "data": { "basicInfo": { "tagline": null } } }),
        )
        .await;
        admin.import("m", "basic_info", json!({ "runtime": 150, "genres": ["Noir"] })).await;
        // Another field is merged.
        let planned = rest(&ada, Method::POST, "publish/basic-info?dry_run=true").await.json();
        assert_eq!(planned["updated_fields"], json!(["title", "tagline", "overview"]), "{planned}");
        // The same field is a conflict, and the draft stays.
        admin.import("m", "basic_info", json!({ "title": "Published meanwhile" })).await;
        for (path, status) in
            [("publish/basic-info", 409), ("publish/basic-info?dry_run=true", 409)]
        {
            let reply = rest(&admin, Method::POST, path).await;
            let body = reply.json();
            assert_eq!((reply.status, &body["code"]), (status, &json!("CONFLICT")), "{body}");
            assert_eq!(
                body["plan"]["conflicts"],
                json!([{ "path": "/title", "label": "title", "base": "The Long Tide", "current": "Published meanwhile", "imported": "Drafted" }])
            );
        }
        assert_eq!(
            pairs(&publish(&admin, "basic_info", json!({})).await["userErrors"]),
            [("/title".to_owned(), "CONFLICT".to_owned())]
        );
        let kept =
            publish(&admin, "basic_info", json!({ "onConflict": "KEEP_CURRENT", "dryRun": true }))
                .await;
        assert_eq!(kept["updatedFields"], json!(["tagline", "overview"]), "{kept}");
        let reply = rest(&admin, Method::POST, "publish/basic-info?on_conflict=take_import").await;
        assert_eq!((reply.status, &reply.json()["revision"]), (200, &json!(5)), "{}", reply.text);
        let data = admin.export("m", "basic_info").await["data"].clone();
        assert_eq!(
            (&data["title"], &data["runtime"], data.get("tagline")),
            (&json!("Drafted"), &json!(150), None)
        );
        assert_eq!(data["genres"], json!(["Drama", "Science Fiction", "Noir"]));

        // The draft removes an item that a publication changed.
        let file = admin.export("m", "trivia").await;
        let id = file["data"]["items"][0]["id"].clone();
        let removal = json!({ "target": "DRAFT", "removeItems": [id] });
        assert_eq!(
            ada.import_category("m", "trivia", &json!({}), removal).await["status"],
            "DRAFTED"
        );
        admin.import("m", "trivia", json!({ "items": [{ "id": id, "text": "Edited meanwhile." }, { "text": "Added meanwhile." }] })).await;
        assert_eq!(codes(&publish(&admin, "trivia", json!({})).await), ["CONFLICT"]);
        assert_eq!(
            publish(&admin, "trivia", json!({ "onConflict": "TAKE_IMPORT" })).await["status"],
            "PUBLISHED"
        );
        assert_eq!(texts(&admin.export("m", "trivia").await), ["Added meanwhile."]);

        // The same content was published meanwhile: nothing changes, and the draft is closed.
        ada.draft(&trivia(&["Both."])).await;
        admin.import_with(&trivia(&["Both."]), "").await;
        let mut revision =
            admin.export("m", "trivia").await["metadata"]["revision"].as_i64().unwrap();
        let done = publish(&admin, "trivia", json!({})).await;
        if done["status"] == "PUBLISHED" {
            revision += 1;
        }
        assert_eq!(
            (codes(&done), admin.export("m", "trivia").await["metadata"]["revision"].as_i64()),
            (vec![], Some(revision)),
            "{done}"
        );
        assert_eq!(
            texts(&admin.export("m", "trivia").await),
            ["Added meanwhile.", "Both."],
            "{done}"
        );
        assert_eq!(dump(&app.database.url, &["drafts"]).await[0].1.len(), 0);
    }

    async fn a_person_named_in_drafts_is_created_once_on_publication(app: TestApp) {
        let admin = app.full_movie("m").await;
        app.full_movie("n").await;
        let (ada, bo) = (contributor(&app, "ada"), contributor(&app, "bo"));
        let cast = |movie: &str, name: &str, character: &str| {
            envelope(
                movie,
                "cast_crew",
                json!({ "cast": [{ "name": name, "character": character }] }),
            )
        };
        let crew = |movie: &str, name: &str| {
            envelope(movie, "cast_crew", json!({ "crew": [{ "name": name, "job": "Grip" }] }))
        };
        // Two contributions and two movies name the person, and so does a direct publication.
        ada.draft(&cast("m", "Kim Moe", "A Cook")).await;
        let second = bo.draft(&crew("m", "Kim Moe")).await;
        assert_eq!(second["data"]["cast"][3]["id"], second["data"]["crew"][1]["id"]);
        bo.draft(&cast("n", "kim  moe", "A King")).await;
        assert_eq!(people(&app, "Kim Moe").await.len(), 0);
        admin.import_with(&crew("n", "Kim Moe"), "").await;
        let [made] = &people(&app, "Kim Moe").await[..] else { panic!("not one") };
        for movie in ["m", "n"] {
            let payload = admin
                .mutate("publishDraft", json!({ "movieId": movie, "category": "CAST_CREW" }))
                .await;
            assert_eq!(payload["status"], "PUBLISHED", "{payload}");
        }
        assert_eq!(people(&app, "Kim Moe").await, std::slice::from_ref(made));
        assert_eq!(
            rows(&app.database.url, "entities")
                .await
                .iter()
                .filter(|row| row["name"].to_string().to_lowercase().contains("kim"))
                .count(),
            1
        );
        let credited = rows(&app.database.url, "credits").await;
        assert_eq!(credited.iter().filter(|row| row["person_id"] == json!(made)).count(), 4);
        // A name without namesakes: the person is created with the id that the draft showed.
        let drafted = ada.draft(&cast("m", "Lou Nye", "A Guest")).await;
        let id = drafted["data"]["cast"].as_array().unwrap().last().unwrap()["id"]
            .as_str()
            .unwrap()
            .to_owned();
        assert_eq!(people(&app, "Lou Nye").await.len(), 0);
        publish(&admin, "cast_crew", json!({})).await;
        assert_eq!(people(&app, "Lou Nye").await, [id]);
        // A discarded draft creates no person.
        ada.draft(&cast("m", "Max Never", "Nobody")).await;
        assert_eq!(rest(&admin, Method::DELETE, "draft/cast-crew").await.status, 204);
        assert_eq!(people(&app, "Max Never").await.len(), 0);
    }

    async fn a_discarded_draft_leaves_only_its_revision_numbers(app: TestApp) {
        let admin = app.full_movie("m").await;
        let ada = contributor(&app, "ada");
        let published = admin.export("m", "trivia").await;
        let before = dump(&app.database.url, PUBLISHED).await;
        let first = ada.draft(&trivia(&["One."])).await;
        ada.draft(&trivia(&["Two."])).await;
        let payload =
            admin.mutate("discardDraft", json!({ "movieId": "m", "category": "TRIVIA" })).await;
        assert_eq!(
            (codes(&payload), &payload["movieExport"]["document"]["data"]),
            (vec![], &published["data"]),
            "{payload}"
        );
        assert_eq!(
            codes(
                &admin
                    .mutate("discardDraft", json!({ "movieId": "m", "category": "TRIVIA" }))
                    .await
            ),
            ["NO_DRAFT"]
        );
        let reply = rest(&admin, Method::DELETE, "draft/trivia").await;
        assert_eq!((reply.status, &reply.json()["code"]), (404, &json!("NO_DRAFT")));
        assert_eq!(
            (
                rest(&admin, Method::DELETE, "draft/soundtrack").await.status,
                rest(&app.viewer(), Method::DELETE, "draft/trivia").await.status
            ),
            (404, 403)
        );
        assert_eq!(codes(&publish(&admin, "trivia", json!({})).await), ["NO_DRAFT"]);
        assert!(dump(&app.database.url, PUBLISHED).await == before);
        assert_eq!(rows(&app.database.url, "drafts").await.len(), 0);
        // A new draft starts from the published document and gets the next draft revision.
        let next = ada.draft(&trivia(&["Three."])).await;
        assert_eq!(
            (&next["metadata"]["draft_revision"], texts(&next)),
            (&json!(3), vec!["The water was dyed green.", "Three."])
        );
        // A file of the discarded draft adds only what was changed in it afterwards.
        let mut late = first.clone();
        late["data"]["items"].as_array_mut().unwrap().push(json!({ "text": "Late." }));
        assert_eq!(
            texts(&ada.draft(&late).await),
            ["The water was dyed green.", "Late.", "Three."]
        );
        publish(&admin, "trivia", json!({})).await;
        assert_eq!(
            texts(&admin.export("m", "trivia").await),
            ["The water was dyed green.", "Late.", "Three."]
        );
    }

    async fn the_reason_for_discarding_a_draft_is_told_to_its_authors(app: TestApp) {
        let admin = app.full_movie("m").await;
        let ada = contributor(&app, "ada");
        let read = "{ imports(first: 1) { nodes { operation reason options userErrors { path } } } }";
        let read = async || {
            let log = ada.graphql(read, json!({})).await;
            log["data"]["imports"]["nodes"][0].clone()
        };
        let discard = async |reason: Value| {
            let input = json!({ "movieId": "m", "category": "TRIVIA", "reason": reason });
            admin.mutate("discardDraft", input).await
        };
        // Without a draft, the reason is not looked at.
        assert_eq!(codes(&discard(json!("x".repeat(1001))).await), ["NO_DRAFT"]);
        ada.draft(&trivia(&["One."])).await;
        for (reason, code) in [("x".repeat(1001), "TOO_LONG"), ("a\u{0}b".to_owned(), "INVALID")] {
            let refused = discard(json!(reason)).await;
            assert_eq!(codes(&refused), [code], "{refused}");
            assert_eq!(refused["userErrors"][0]["path"], "/reason");
            assert_eq!(read().await["reason"], json!(null));
            let path = format!("draft/trivia?reason={}", "x".repeat(1001));
            assert_eq!(rest(&admin, Method::DELETE, &path).await.status, 422);
        }
        assert_eq!(rows(&app.database.url, "drafts").await.len(), 1);
        assert_eq!(codes(&discard(json!("  The source is a fan page.\nSee 🎬 ")).await), [""; 0]);
        let entry = read().await;
        assert_eq!(
            (&entry["operation"], &entry["reason"]),
            (&json!("DISCARD"), &json!("The source is a fan page.\nSee 🎬"))
        );
        let audit = "{ auditLog(filter: {operations: [DISCARD_DRAFT]}, first: 1) { nodes { detail } } }";
        let audit = admin.graphql(audit, json!({})).await;
        assert_eq!(audit["data"]["auditLog"]["nodes"][0]["detail"], entry["reason"], "{audit}");
        // REST has the same, and a blank reason is none.
        ada.draft(&trivia(&["Two."])).await;
        let reply = rest(&admin, Method::DELETE, "draft/trivia?reason=Not%20true").await;
        assert_eq!((reply.status, &read().await["reason"]), (204, &json!("Not true")));
        ada.draft(&trivia(&["Three."])).await;
        assert_eq!(rest(&admin, Method::DELETE, "draft/trivia?reson=x").await.status, 400);
        assert_eq!(rest(&admin, Method::DELETE, "draft/trivia?reason=%20").await.status, 204);
        assert_eq!(read().await["reason"], json!(null));
    }

    async fn update_draft_needs_an_open_draft(app: TestApp) {
        app.full_movie("m").await;
        let ada = contributor(&app, "ada");
        let update = |options: Value| json!({ "movieId": "m", "data": { "trivia": { "items": [{ "text": "Edited." }] } }, "options": options });
        for options in [json!({}), json!({ "dryRun": true }), json!({ "target": "PUBLISHED" })] {
            let payload = ada.mutate("updateDraft", update(options)).await;
            assert_eq!(
                (codes(&payload), &payload["status"]),
                (vec!["NO_DRAFT".to_owned()], &json!("REJECTED")),
                "{payload}"
            );
            assert_eq!(payload["movieExport"]["document"]["metadata"]["revision"], 1);
        }
        ada.draft(&trivia(&["One."])).await;
        let planned = ada.mutate("updateDraft", update(json!({ "dryRun": true }))).await;
        let options = json!({ "expectedPlan": planned["plan"]["digest"], "target": "PUBLISHED" });
        let payload = ada.mutate("updateDraft", update(options)).await;
        assert_eq!((codes(&payload), &payload["status"]), (vec![], &json!("DRAFTED")), "{payload}");
        assert_eq!(
            masked(&payload["plan"]["changes"], ""),
            masked(&planned["plan"]["changes"], "")
        );
        assert_eq!(payload["movieExport"]["document"]["metadata"]["draft_revision"], 2);
        let missing =
            ada.mutate("updateDraft", json!({ "movieId": "none", "data": { "trivia": {} } })).await;
        assert_eq!(
            (codes(&missing), &missing["movieExport"]),
            (vec!["NOT_FOUND".to_owned()], &json!(null))
        );
    }

    async fn the_source_of_a_publication_follows_from_the_contributions(app: TestApp) {
        let admin = app.full_movie("m").await;
        let ada = contributor(&app, "ada");
        let mut number = 0;
        for (sources, published) in [
            (&["MANUAL"][..], "manual"),
            (&["LLM_GENERATED"], "llm-generated"),
            (&["MANUAL", "TMDB"], "tmdb"),
            (&["LLM_GENERATED", "MANUAL"], "llm-generated"),
        ] {
            for source in sources {
                number += 1;
                let options = json!({ "target": "DRAFT", "source": source });
                assert_eq!(
                    ada.import_document(&trivia(&[&format!("Fact {number}")]), options).await["status"],
                    "DRAFTED"
                );
            }
            publish(&admin, "trivia", json!({})).await;
            assert_eq!(
                admin.export("m", "trivia").await["metadata"]["source"],
                published,
                "{sources:?}"
            );
        }
    }

    async fn deleting_a_movie_deletes_its_drafts_and_locks(app: TestApp) {
        let admin = app.full_movie("m").await;
        let ada = contributor(&app, "ada");
        ada.draft(&trivia(&["One."])).await;
        ada.draft(&trivia(&["Two."])).await;
        execute(&app.database.url, "INSERT INTO locks VALUES ('m', 'trivia', '/items', '2025-01-01 00:00:00+00:00', 'ada@example.com')").await;
        let records = rows(&app.database.url, "imports").await.len();
        let deleted = admin
            .graphql("mutation { deleteMovie(input: {id: \"m\"}) { deletedMovieId } }", json!({}))
            .await;
        assert_eq!(deleted["data"]["deleteMovie"]["deletedMovieId"], "m");
        for (table, rows) in dump(
            &app.database.url,
            &["movies", "documents", "revisions", "drafts", "contributions", "locks", "credits"],
        )
        .await
        {
            assert_eq!(rows.len(), 0, "{table}");
        }
        // The import log outlives the movie.
        assert_eq!(rows(&app.database.url, "imports").await.len(), records);
        for (mutation, extra) in [
            ("publishDraft", json!({})),
            ("discardDraft", json!({})),
            ("revertCategory", json!({ "revision": 1 })),
        ] {
            let mut input = json!({ "movieId": "m", "category": "TRIVIA" });
            input.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
            let payload = admin.mutate(mutation, input).await;
            assert_eq!(
                (codes(&payload), &payload["movieExport"]),
                (vec!["NOT_FOUND".to_owned()], &json!(null)),
                "{payload}"
            );
        }
        assert_eq!(
            (
                rest(&admin, Method::POST, "publish/trivia").await.status,
                rest(&admin, Method::DELETE, "draft/trivia").await.status
            ),
            (404, 404)
        );
        app.movie("m").await;
        let draft = ada.draft(&trivia(&["Anew."])).await;
        assert_eq!(
            (&draft["metadata"]["draft_revision"], &draft["metadata"]["revision"], texts(&draft)),
            (&json!(1), &json!(0), vec!["Anew."])
        );
    }
}
