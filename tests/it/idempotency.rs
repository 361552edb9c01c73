//! The same request again: answered as the first time, and done once.

use chrono::TimeDelta;
use futures::future::join_all;
use reelport::catalog::access::Role;
use reelport::document::Source;
use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::database::{dump_all, execute, rows};
use crate::support::operations::codes;
use crate::support::{Client, Reply, TestApp, envelope, fixtures};

/// An answer of GraphQL without the time at which it was given.
fn timeless(mut payload: Value) -> Value {
    if let Some(document) =
        payload.pointer_mut("/movieExport/document").and_then(Value::as_object_mut)
    {
        document.remove("exported_at");
    }
    payload
}

async fn act(client: &Client, mutation: &str, input: &Value) -> Value {
    timeless(client.mutate(mutation, input.clone()).await)
}

/// The input of an act with a key.
fn with_key(mut input: Value, key: &str) -> Value {
    if input.get("revision").is_some()
        || input.get("category").is_some() && input.get("document").is_none()
    {
        input["idempotencyKey"] = json!(key);
    } else {
        input["options"]["idempotencyKey"] = json!(key);
    }
    input
}

fn trivia(text: &str) -> Value {
    envelope("m", "trivia", json!({ "items": [{ "text": text }] }))
}

/// An import of an envelope's text.
fn document(envelope: &Value, options: Value) -> Value {
    json!({ "movieId": envelope["movie_id"], "document": envelope.to_string(), "options": options })
}

/// What can be done to a movie with all categories, one after another, and what comes of it.
async fn acts(admin: &Client) -> Vec<(&'static str, &'static str, Value, &'static str)> {
    let file = admin.export("m", "basic_info").await;
    let mut edited = file.clone();
    edited["data"]["title"] = json!("Edited");
    let mut rival = file.clone();
    rival["data"]["title"] = json!("Rival");
    let mut shorter = admin.export("m", "timeline").await;
    shorter["data"]["events"].as_array_mut().unwrap().remove(0);
    let typed = json!({ "movieId": "m", "data": { "media": { "posterUrl": "https://x.example.org/new.jpg", "trailerUrl": null } } });
    let crew = json!({ "crew": [{ "name": "Somebody New", "job": "Grip" }], "cast": [{ "name": "Kim Moe" }] });
    let of = |category: &str| json!({ "movieId": "m", "category": category });
    let back = |category: &str, revision: i64| json!({ "movieId": "m", "category": category, "revision": revision });
    let in_draft = |file: &Value| document(file, json!({ "target": "DRAFT" }));
    let edit_of_draft =
        json!({ "movieId": "m", "data": { "trivia": { "items": [{ "text": "By hand." }] } } });
    let mut cases = vec![
        ("typed", "importCategory", typed, "PUBLISHED"),
        ("a file", "importDocument", document(&edited, json!({})), "PUBLISHED"),
        (
            "nothing new",
            "importDocument",
            document(&edited, json!({ "mode": "REPLACE", "baseRevision": 3 })),
            "UNCHANGED",
        ),
        ("a conflict", "importDocument", document(&rival, json!({})), "CONFLICT"),
        (
            "new names",
            "importDocument",
            document(&envelope("m", "cast_crew", crew), json!({})),
            "PUBLISHED",
        ),
        (
            "removals",
            "importDocument",
            document(&shorter, json!({ "mode": "REPLACE" })),
            "PUBLISHED",
        ),
        (
            "a stale plan",
            "importDocument",
            document(&trivia("One."), json!({ "expectedPlan": "no" })),
            "PLAN_STALE",
        ),
        (
            "broken data",
            "importDocument",
            document(&envelope("m", "media", json!({ "gallery": [{}] })), json!({})),
            "REQUIRED",
        ),
        (
            "no document",
            "importDocument",
            json!({ "movieId": "m", "document": "Sorry, I can't." }),
            "UNREADABLE",
        ),
        (
            "no movie",
            "importDocument",
            document(&envelope("n", "media", json!({})), json!({})),
            "NOT_FOUND",
        ),
        ("an edit of no draft", "updateDraft", edit_of_draft.clone(), "NO_DRAFT"),
        ("no draft", "publishDraft", of("TRIVIA"), "NO_DRAFT"),
        ("a draft", "importDocument", in_draft(&trivia("Drafted.")), "DRAFTED"),
        ("a draft again", "importDocument", in_draft(&trivia("Drafted, too.")), "DRAFTED"),
        ("nothing new to a draft", "importDocument", in_draft(&trivia("Drafted.")), "UNCHANGED"),
        ("an edit of a draft", "updateDraft", edit_of_draft, "DRAFTED"),
        ("a publication", "publishDraft", of("TRIVIA"), "PUBLISHED"),
        (
            "a draft of what is published",
            "importDocument",
            in_draft(&envelope("m", "basic_info", json!({ "tagline": "D." }))),
            "DRAFTED",
        ),
        (
            "the same published",
            "importDocument",
            document(&envelope("m", "basic_info", json!({ "tagline": "P." })), json!({})),
            "PUBLISHED",
        ),
        ("a publication with a conflict", "publishDraft", of("BASIC_INFO"), "CONFLICT"),
        ("back", "revertCategory", back("BASIC_INFO", 2), "PUBLISHED"),
        ("back to where it is", "revertCategory", back("BASIC_INFO", 2), "UNCHANGED"),
        ("back to what never was", "revertCategory", back("BASIC_INFO", 99), "NOT_FOUND"),
        ("back to nothing", "revertCategory", back("STREAMING", 0), "PUBLISHED"),
    ];
    for (index, (_, _, input, _)) in cases.iter_mut().enumerate() {
        *input = with_key(input.take(), &format!("key {index}"));
    }
    cases
}

async fn import_with_key(
    client: &Client,
    file: &Value,
    query: &str,
    header: Option<&str>,
) -> Reply {
    let (movie, category) =
        (file["movie_id"].as_str().unwrap(), file["category"].as_str().unwrap());
    let path = format!("/api/v1/admin/movies/{movie}/import/{category}{query}");
    let request = client.request(reqwest::Method::POST, &path).json(file);
    let request = match header {
        Some(key) => request.header("Idempotency-Key", key),
        None => request,
    };
    client.send(request).await
}

/// The keys that are remembered.
async fn keys(app: &TestApp) -> Vec<String> {
    let rows = rows(&app.database.url, "idempotency_keys").await;
    rows.iter().map(|row| row["key"].as_str().unwrap().to_owned()).collect()
}

on_both_databases! {
    async fn the_same_again_gets_the_first_answer_and_is_done_once(app: TestApp) {
        let admin = app.full_movie("m").await;
        let replica = app.replica().await;
        let mut answers = Vec::new();
        for (name, mutation, input, expected) in acts(&admin).await {
            let first = act(&admin, mutation, &input).await;
            let came = if first["status"] == "REJECTED" { codes(&first).remove(0) } else { first["status"].as_str().unwrap().to_owned() };
            assert_eq!(came, expected, "{name}: {first}");
            assert!(first["importId"].is_string(), "{name}: {first}");
            let done = dump_all(&app.database.url).await;
            assert_eq!(act(&replica, mutation, &input).await, first, "{name}");
            assert_eq!(dump_all(&app.database.url).await, done, "{name}");
            answers.push((name, mutation, input, first));
        }
        // What others did since then, and the drafts that are gone, change nothing of what was done.
        app.clock.forward(TimeDelta::hours(23));
        admin.import("m", "media", json!({ "poster_url": "https://x.example.org/newer.jpg" })).await;
        admin.mutate("discardDraft", json!({ "movieId": "m", "category": "BASIC_INFO" })).await;
        let done = dump_all(&app.database.url).await;
        for (name, mutation, input, first) in answers {
            assert_eq!(act(&admin, mutation, &input).await, first, "{name}, later");
        }
        assert_eq!(dump_all(&app.database.url).await, done);
    }

    async fn an_answer_does_not_borrow_from_a_movie_that_was_made_anew(app: TestApp) {
        let admin = app.movie("m").await;
        let input = with_key(document(&trivia("Of the first."), json!({})), "key");
        let first = act(&admin, "importDocument", &input).await;
        let delete = "mutation { deleteMovie(input: { id: \"m\" }) { userErrors { code } } }";
        admin.graphql(delete, json!({})).await;
        let again = act(&admin, "importDocument", &input).await;
        assert_eq!((&again["status"], &again["importId"], &again["movieExport"]), (&json!("PUBLISHED"), &first["importId"], &json!(null)), "{again}");
        app.movie("m").await;
        admin.import("m", "trivia", json!({ "items": ["Of the second."] })).await;
        assert_eq!(act(&admin, "importDocument", &input).await, again);
        assert_eq!(admin.export("m", "trivia").await["data"]["items"][0]["text"], "Of the second.");
    }

    async fn over_rest_the_key_is_a_header_or_a_parameter(app: TestApp) {
        let admin = app.movie("m").await;
        let file = trivia("One.");
        let first = import_with_key(&admin, &file, "", Some("key")).await;
        assert_eq!((first.status, &first.json()["revision"]), (200, &json!(1)), "{}", first.text);
        let done = dump_all(&app.database.url).await;
        for (query, header) in [("", Some("\"key\"")), ("?idempotency_key=key", None), ("?idempotency_key=key", Some("key"))] {
            let again = import_with_key(&admin, &file, query, header).await;
            assert_eq!((again.status, again.json()), (200, first.json()), "{query} {header:?}");
        }
        // Two keys are no key.
        for query in ["?idempotency_key=another", "?idempotency_key="] {
            let refused = import_with_key(&admin, &file, query, Some("key")).await;
            assert_eq!(refused.status, 400, "{query}: {}", refused.text);
            assert!(refused.json()["detail"].as_str().unwrap().contains("two idempotency keys"), "{}", refused.text);
        }
        let twice = admin.request(reqwest::Method::POST, "/api/v1/admin/movies/m/import/trivia").json(&file);
        let twice = admin.send(twice.header("Idempotency-Key", "key").header("Idempotency-Key", "key")).await;
        assert_eq!(twice.status, 400, "{}", twice.text);
        assert_eq!(dump_all(&app.database.url).await, done);

        // A refusal is answered as a problem again, with its plan.
        let stale = import_with_key(&admin, &trivia("Two."), "?expected_plan=no", Some("stale")).await;
        let again = import_with_key(&admin, &trivia("Two."), "?expected_plan=no", Some("stale")).await;
        assert_eq!((stale.status, again.status, stale.json()), (409, 409, again.json()));
        assert!(stale.json()["plan"]["digest"].is_string(), "{}", stale.text);

        admin.draft(&trivia("Drafted.")).await;
        let publish = || admin.request(reqwest::Method::POST, "/api/v1/admin/movies/m/publish/trivia?idempotency_key=key");
        let first = admin.send(publish()).await;
        let again = admin.send(publish().header("Idempotency-Key", "key")).await;
        assert_eq!((first.status, again.status, first.json()), (200, 200, again.json()), "{}", first.text);
        let refused = admin.send(publish().header("Idempotency-Key", "another")).await;
        assert_eq!(refused.status, 400, "{}", refused.text);
    }

    async fn another_request_with_the_same_key_is_refused(app: TestApp) {
        let admin = app.full_movie("m").await;
        app.movie("n").await;
        let file = trivia("One.");
        let first = import_with_key(&admin, &file, "", Some("key")).await;
        assert_eq!(first.status, 200, "{}", first.text);
        let same = |options: Value| ("importDocument", with_key(document(&file, options), "key"));
        admin.draft(&trivia("Drafted.")).await;
        let publish = |input: Value| ("publishDraft", with_key(input, "publish"));
        let of_trivia = json!({ "movieId": "m", "category": "TRIVIA" });
        assert_eq!(act(&admin, "publishDraft", &publish(of_trivia.clone()).1).await["status"], "PUBLISHED");
        let revert = |revision: i64| with_key(json!({ "movieId": "m", "category": "TRIVIA", "revision": revision }), "revert");
        assert_eq!(act(&admin, "revertCategory", &revert(1)).await["status"], "PUBLISHED");
        let all_but_records = async || {
            let (records, rest): (Vec<_>, Vec<_>) = dump_all(&app.database.url).await.into_iter().filter(|(table, _)| table != "import_texts").partition(|(table, _)| table == "imports");
            (records[0].1.len(), rest)
        };
        let (records, done) = all_but_records().await;

        let mut spaced = document(&file, json!({}));
        spaced["document"] = json!(format!("{} ", file));
        let mut elsewhere = file.clone();
        elsewhere["movie_id"] = json!("n");
        let cases = [
            ("importDocument", with_key(document(&trivia("Two."), json!({})), "key")),
            ("importDocument", with_key(spaced, "key")),
            ("importDocument", with_key(document(&elsewhere, json!({})), "key")),
            ("importDocument", with_key(json!({ "movieId": "m", "document": "no document" }), "key")),
            ("importCategory", with_key(json!({ "movieId": "m", "data": { "trivia": { "items": [] } } }), "key")),
            same(json!({ "mode": "REPLACE" })),
            same(json!({ "target": "DRAFT" })),
            same(json!({ "source": "TMDB" })),
            same(json!({ "strict": true })),
            same(json!({ "removeItems": ["x"] })),
            same(json!({ "expectedPlan": "no" })),
            same(json!({ "onConflict": "TAKE_IMPORT" })),
            publish(json!({ "movieId": "m", "category": "AWARDS" })),
            publish(json!({ "movieId": "n", "category": "TRIVIA" })),
            publish(json!({ "movieId": "m", "category": "TRIVIA", "onConflict": "TAKE_IMPORT" })),
            ("revertCategory", revert(2)),
        ];
        for (mutation, input) in cases {
            let payload = act(&admin, mutation, &input).await;
            assert_eq!((&payload["status"], codes(&payload)), (&json!("REJECTED"), vec!["IDEMPOTENCY_MISMATCH".to_owned()]), "{input}: {payload}");
        }
        let refused = import_with_key(&admin, &trivia("Two."), "", Some("key")).await;
        assert_eq!((refused.status, &refused.json()["code"]), (409, &json!("IDEMPOTENCY_MISMATCH")), "{}", refused.text);
        // Nothing came of them but their records, with what was sent.
        assert_eq!(all_but_records().await, (records + 17, done));
        let newest = admin.graphql("{ imports(first: 1) { nodes { status document userErrors { code } } } }", json!({})).await;
        let newest = &newest["data"]["imports"]["nodes"][0];
        assert_eq!((&newest["status"], &newest["userErrors"][0]["code"]), (&json!("REJECTED"), &json!("IDEMPOTENCY_MISMATCH")));
        assert!(newest["document"].as_str().unwrap().contains("Two."), "{newest}");
        // The first request is still itself.
        assert_eq!(import_with_key(&admin, &file, "", Some("key")).await.json(), first.json());
    }

    async fn others_may_use_the_same_key_and_so_may_another_operation(app: TestApp) {
        let admin = app.movie("m").await;
        let other = app.agent(Role::Admin, Source::LlmGenerated);
        assert_eq!(import_with_key(&admin, &trivia("One."), "", Some("key")).await.json()["revision"], 1);
        assert_eq!(import_with_key(&other, &trivia("Two."), "", Some("key")).await.json()["revision"], 2);
        admin.draft(&trivia("Three.")).await;
        let of_trivia = json!({ "movieId": "m", "category": "TRIVIA" });
        let published = act(&admin, "publishDraft", &with_key(of_trivia.clone(), "key")).await;
        assert_eq!(published["movieExport"]["metadata"]["revision"], 3, "{published}");
        let mut back = of_trivia;
        back["revision"] = json!(1);
        let reverted = act(&admin, "revertCategory", &with_key(back, "key")).await;
        assert_eq!(reverted["movieExport"]["metadata"]["revision"], 4, "{reverted}");
        assert_eq!(keys(&app).await, ["key"; 4]);
    }

    async fn after_a_day_a_key_is_free_and_forgotten(app: TestApp) {
        let admin = app.movie("m").await;
        let first = import_with_key(&admin, &trivia("One."), "", Some("a")).await.json();
        app.clock.forward(TimeDelta::hours(23));
        import_with_key(&admin, &trivia("Two."), "", Some("b")).await;
        assert_eq!(import_with_key(&admin, &trivia("One."), "", Some("a")).await.json(), first);
        app.clock.forward(TimeDelta::hours(2));
        // The key is as if it had never been used, for the same request and for another.
        let reply = import_with_key(&admin, &trivia("Three."), "", Some("a")).await;
        assert_eq!((reply.status, &reply.json()["revision"]), (200, &json!(3)), "{}", reply.text);
        app.clock.forward(TimeDelta::hours(25));
        let again = import_with_key(&admin, &trivia("Three."), "", Some("a")).await.json();
        assert_eq!((&again["status"], &again["revision"]), (&json!("unchanged"), &json!(3)));
        // Those that nobody asks for are gone with the next that comes.
        assert_eq!(keys(&app).await, ["a"]);
    }

    async fn a_key_has_1_to_255_characters(app: TestApp) {
        let admin = app.movie("m").await;
        let all_but_records = async || {
            let mut all = dump_all(&app.database.url).await;
            all.retain(|(table, _)| !["imports", "import_texts"].contains(&table.as_str()));
            all
        };
        let done = all_but_records().await;
        for key in [String::new(), "k".repeat(256), "k\0".to_owned()] {
            let payload = act(&admin, "importDocument", &with_key(document(&trivia("One."), json!({})), &key)).await;
            assert_eq!((&payload["status"], codes(&payload)), (&json!("REJECTED"), vec!["INVALID".to_owned()]), "{key:?}: {payload}");
            let query: String = url::form_urlencoded::Serializer::new("?".to_owned()).append_pair("idempotency_key", &key).finish();
            let reply = import_with_key(&admin, &trivia("One."), &query, None).await;
            assert_eq!(reply.status, 422, "{key:?}: {}", reply.text);
        }
        assert_eq!(import_with_key(&admin, &trivia("One."), "", Some("")).await.status, 422);
        assert_eq!(all_but_records().await, done);
        for (index, key) in ["k".to_owned(), "k".repeat(255), "🔑".repeat(255)].iter().enumerate() {
            let payload = act(&admin, "importDocument", &with_key(document(&trivia(&format!("{index}")), json!({})), key)).await;
            assert_eq!(payload["status"], "PUBLISHED", "{payload}");
        }
        assert_eq!(keys(&app).await.len(), 3);
    }

    async fn of_many_with_one_key_at_once_one_is_done_and_all_get_its_answer(app: TestApp) {
        let admin = app.movie("m").await;
        let clients = [admin.clone(), app.replica().await];
        for round in 0..5 {
            let key = format!("key {round}");
            let sends = (0..8).map(|index| {
                let (client, key) = (clients[index % 2].clone(), key.clone());
                async move { import_with_key(&client, &trivia(&format!("Fact {round}.")), "", Some(&key)).await }
            });
            let replies = join_all(sends).await;
            for reply in &replies {
                assert_eq!((reply.status, reply.json()), (200, replies[0].json()), "round {round}");
            }
            assert_eq!(replies[0].json()["revision"], round + 1);
        }
        // And with two requests of one key, one of them is done.
        let sends = (0..8).map(|index| {
            let client = clients[index % 2].clone();
            async move { import_with_key(&client, &trivia(&format!("By {}.", index % 4)), "", Some("torn")).await }
        });
        let replies = join_all(sends).await;
        let done: Vec<&Reply> = replies.iter().filter(|reply| reply.status == 200).collect();
        assert_eq!((done.len(), replies.iter().filter(|reply| reply.status == 409).count()), (2, 6));
        assert_eq!(done[0].json(), done[1].json());
        assert_eq!(admin.export("m", "trivia").await["metadata"]["revision"], 6);
        app.assert_consistent().await;
    }

    async fn a_dry_run_neither_uses_a_key_nor_is_answered_by_one(app: TestApp) {
        let admin = app.movie("m").await;
        let planned = import_with_key(&admin, &trivia("One."), "?dry_run=true", Some("key")).await;
        assert_eq!(planned.json()["status"], "planned");
        assert_eq!(keys(&app).await.len(), 0);
        let done = import_with_key(&admin, &trivia("One."), "", Some("key")).await;
        assert_eq!((done.status, &done.json()["status"]), (200, &json!("published")), "{}", done.text);
        let planned = import_with_key(&admin, &trivia("Two."), "?dry_run=true", Some("key")).await;
        assert_eq!((&planned.json()["status"], &planned.json()["plan"]["counts"]["added"]), (&json!("planned"), &json!(1)), "{}", planned.text);
    }

    async fn a_request_that_failed_for_our_own_fault_may_be_sent_again(app: TestApp) {
        let admin = app.full_movie("m").await;
        let is_postgres = app.database.url.starts_with("postgres");
        let done = dump_all(&app.database.url).await;
        // The disk is full, so to speak, when the record of the import is to be written.
        execute(&app.database.url, if is_postgres {
            "CREATE FUNCTION broken() RETURNS trigger AS 'BEGIN RAISE EXCEPTION ''disk full''; END' LANGUAGE plpgsql;
             CREATE TRIGGER broken BEFORE INSERT ON idempotency_keys FOR EACH ROW EXECUTE FUNCTION broken()"
        } else {
            "CREATE TRIGGER broken BEFORE INSERT ON idempotency_keys BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        })
        .await;
        let file = envelope("m", "cast_crew", json!({ "crew": [{ "name": "Somebody New", "job": "Grip" }] }));
        assert_eq!(import_with_key(&admin, &file, "", Some("key")).await.status, 500);
        assert_eq!(dump_all(&app.database.url).await, done);
        execute(&app.database.url, if is_postgres { "DROP TRIGGER broken ON idempotency_keys" } else { "DROP TRIGGER broken" }).await;
        let reply = import_with_key(&admin, &file, "", Some("key")).await;
        assert_eq!((reply.status, &reply.json()["revision"]), (200, &json!(2)), "{}", reply.text);
        assert_eq!(keys(&app).await, ["key"]);
    }

    async fn imports_of_the_command_line_use_no_keys(app: TestApp) {
        let mut file = envelope("m", "timeline", fixtures::timeline());
        file["idempotency_key"] = json!("key");
        app.seed(&[file.clone()]).await;
        file["data"]["events"][0]["title"] = json!("Written again");
        app.seed(&[file]).await;
        let export = app.viewer().export("m", "timeline").await;
        assert_eq!((&export["metadata"]["revision"], keys(&app).await.len()), (&json!(2), 0));
    }
}
