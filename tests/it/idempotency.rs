//! Idempotency keys: a repeated request gets the first response and is executed once.

use chrono::TimeDelta;
use futures::future::join_all;
use reelport::catalog::access::Role;
use reelport::document::Source;
use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::database::{dump_all, execute, rows};
use crate::support::operations::codes;
use crate::support::{Client, Reply, TestApp, envelope, fixtures};

/// A GraphQL payload without the time of the export.
fn without_export_time(mut payload: Value) -> Value {
    if let Some(document) =
        payload.pointer_mut("/movieExport/document").and_then(Value::as_object_mut)
    {
        document.remove("exported_at");
    }
    payload
}

async fn run_mutation(client: &Client, mutation: &str, input: &Value) -> Value {
    without_export_time(client.mutate(mutation, input.clone()).await)
}

/// The input of a mutation with an idempotency key.
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

/// The input of `importDocument` for an envelope.
fn document(envelope: &Value, options: Value) -> Value {
    json!({ "movieId": envelope["movie_id"], "document": envelope.to_string(), "options": options })
}

/// Mutations of a movie with all categories, in order: name, mutation, input, expected status or
/// error code.
async fn mutations(admin: &Client) -> Vec<(&'static str, &'static str, Value, &'static str)> {
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
        ("an edit without a draft", "updateDraft", edit_of_draft.clone(), "NO_DRAFT"),
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
        ("a revert", "revertCategory", back("BASIC_INFO", 2), "PUBLISHED"),
        ("a revert to the current content", "revertCategory", back("BASIC_INFO", 2), "UNCHANGED"),
        ("a revert to an unknown revision", "revertCategory", back("BASIC_INFO", 99), "NOT_FOUND"),
        ("a revert to revision 0", "revertCategory", back("STREAMING", 0), "PUBLISHED"),
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

/// The stored idempotency keys.
async fn keys(app: &TestApp) -> Vec<String> {
    let rows = rows(&app.database.url, "idempotency_keys").await;
    rows.iter().map(|row| row["key"].as_str().unwrap().to_owned()).collect()
}

on_both_databases! {
    async fn a_repeated_request_gets_the_first_response_and_is_executed_once(app: TestApp) {
        let admin = app.full_movie("m").await;
        let replica = app.replica().await;
        let mut answers = Vec::new();
        for (name, mutation, input, expected) in mutations(&admin).await {
            let first = run_mutation(&admin, mutation, &input).await;
            let outcome = if first["status"] == "REJECTED" {
                codes(&first).remove(0)
            } else {
                first["status"].as_str().unwrap().to_owned()
            };
            assert_eq!(outcome, expected, "{name}: {first}");
            assert!(first["importId"].is_string(), "{name}: {first}");
            let done = dump_all(&app.database.url).await;
            assert_eq!(run_mutation(&replica, mutation, &input).await, first, "{name}");
            assert_eq!(dump_all(&app.database.url).await, done, "{name}");
            answers.push((name, mutation, input, first));
        }
        // Later changes by others, and drafts that are closed, do not change the stored responses.
        app.clock.forward(TimeDelta::hours(23));
        admin
            .import("m", "media", json!({ "poster_url": "https://x.example.org/newer.jpg" }))
            .await;
        admin.mutate("discardDraft", json!({ "movieId": "m", "category": "BASIC_INFO" })).await;
        let done = dump_all(&app.database.url).await;
        for (name, mutation, input, first) in answers {
            assert_eq!(run_mutation(&admin, mutation, &input).await, first, "{name}, later");
        }
        assert_eq!(dump_all(&app.database.url).await, done);
    }

    async fn a_stored_response_is_not_mixed_with_a_recreated_movie(app: TestApp) {
        let admin = app.movie("m").await;
        let input = with_key(document(&trivia("Of the first."), json!({})), "key");
        let first = run_mutation(&admin, "importDocument", &input).await;
        let delete = "mutation { deleteMovie(input: { id: \"m\" }) { userErrors { code } } }";
        admin.graphql(delete, json!({})).await;
        let again = run_mutation(&admin, "importDocument", &input).await;
        assert_eq!(
            (&again["status"], &again["importId"], &again["movieExport"]),
            (&json!("PUBLISHED"), &first["importId"], &json!(null)),
            "{again}"
        );
        // What changed cannot be computed any more, which is not the same as no changes.
        assert_eq!(first["plan"]["counts"]["added"], 1, "{first}");
        assert_eq!(
            (&again["plan"], &again["updatedFields"]),
            (&json!(null), &json!([])),
            "{again}"
        );
        app.movie("m").await;
        admin.import("m", "trivia", json!({ "items": ["Of the second."] })).await;
        assert_eq!(run_mutation(&admin, "importDocument", &input).await, again);
        assert_eq!(admin.export("m", "trivia").await["data"]["items"][0]["text"], "Of the second.");
    }

    async fn the_rest_key_is_a_header_or_a_parameter(app: TestApp) {
        let admin = app.movie("m").await;
        let file = trivia("One.");
        let first = import_with_key(&admin, &file, "", Some("key")).await;
        assert_eq!((first.status, &first.json()["revision"]), (200, &json!(1)), "{}", first.text);
        let done = dump_all(&app.database.url).await;
        for (query, header) in [
            ("", Some("\"key\"")),
            ("?idempotency_key=key", None),
            ("?idempotency_key=key", Some("key")),
        ] {
            let again = import_with_key(&admin, &file, query, header).await;
            assert_eq!((again.status, again.json()), (200, first.json()), "{query} {header:?}");
        }
        // Two different keys are refused.
        for query in ["?idempotency_key=another", "?idempotency_key="] {
            let refused = import_with_key(&admin, &file, query, Some("key")).await;
            assert_eq!(refused.status, 400, "{query}: {}", refused.text);
            assert!(
                refused.json()["detail"].as_str().unwrap().contains("two idempotency keys"),
                "{}",
                refused.text
            );
        }
        let twice = admin
            .request(reqwest::Method::POST, "/api/v1/admin/movies/m/import/trivia")
            .json(&file);
        let twice = admin
            .send(twice.header("Idempotency-Key", "key").header("Idempotency-Key", "key"))
            .await;
        assert_eq!(twice.status, 400, "{}", twice.text);
        assert_eq!(dump_all(&app.database.url).await, done);

        // A repeated refusal is the same problem, with its plan.
        let stale =
            import_with_key(&admin, &trivia("Two."), "?expected_plan=no", Some("stale")).await;
        let again =
            import_with_key(&admin, &trivia("Two."), "?expected_plan=no", Some("stale")).await;
        assert_eq!((stale.status, again.status, stale.json()), (409, 409, again.json()));
        assert!(stale.json()["plan"]["digest"].is_string(), "{}", stale.text);

        admin.draft(&trivia("Drafted.")).await;
        let publish = || {
            admin.request(
                reqwest::Method::POST,
                "/api/v1/admin/movies/m/publish/trivia?idempotency_key=key",
            )
        };
        let first = admin.send(publish()).await;
        let again = admin.send(publish().header("Idempotency-Key", "key")).await;
        assert_eq!(
            (first.status, again.status, first.json()),
            (200, 200, again.json()),
            "{}",
            first.text
        );
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
        assert_eq!(
            run_mutation(&admin, "publishDraft", &publish(of_trivia.clone()).1).await["status"],
            "PUBLISHED"
        );
        let revert = |revision: i64| {
            with_key(
                json!({ "movieId": "m", "category": "TRIVIA", "revision": revision }),
                "revert",
            )
        };
        assert_eq!(run_mutation(&admin, "revertCategory", &revert(1)).await["status"], "PUBLISHED");
        let all_but_records = async || {
            let (records, rest): (Vec<_>, Vec<_>) = dump_all(&app.database.url)
                .await
                .into_iter()
                .filter(|(table, _)| table != "import_texts")
                .partition(|(table, _)| table == "imports");
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
            (
                "importDocument",
                with_key(json!({ "movieId": "m", "document": "no document" }), "key"),
            ),
            (
                "importCategory",
                with_key(json!({ "movieId": "m", "data": { "trivia": { "items": [] } } }), "key"),
            ),
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
            let payload = run_mutation(&admin, mutation, &input).await;
            assert_eq!(
                (&payload["status"], codes(&payload)),
                (&json!("REJECTED"), vec!["IDEMPOTENCY_MISMATCH".to_owned()]),
                "{input}: {payload}"
            );
        }
        let refused = import_with_key(&admin, &trivia("Two."), "", Some("key")).await;
        assert_eq!(
            (refused.status, &refused.json()["code"]),
            (409, &json!("IDEMPOTENCY_MISMATCH")),
            "{}",
            refused.text
        );
        // The requests were only logged, with the text that was sent.
        assert_eq!(all_but_records().await, (records + 17, done));
        let newest = admin
            .graphql(
                "{ imports(first: 1) { nodes { status document userErrors { code } } } }",
                json!({}),
            )
            .await;
        let newest = &newest["data"]["imports"]["nodes"][0];
        assert_eq!(
            (&newest["status"], &newest["userErrors"][0]["code"]),
            (&json!("REJECTED"), &json!("IDEMPOTENCY_MISMATCH"))
        );
        assert!(newest["document"].as_str().unwrap().contains("Two."), "{newest}");
        // The first request still gets its response.
        assert_eq!(import_with_key(&admin, &file, "", Some("key")).await.json(), first.json());
    }

    async fn keys_are_scoped_by_user_and_operation(app: TestApp) {
        let admin = app.movie("m").await;
        let other = app.agent(Role::Admin, Source::LlmGenerated);
        assert_eq!(
            import_with_key(&admin, &trivia("One."), "", Some("key")).await.json()["revision"],
            1
        );
        assert_eq!(
            import_with_key(&other, &trivia("Two."), "", Some("key")).await.json()["revision"],
            2
        );
        admin.draft(&trivia("Three.")).await;
        let of_trivia = json!({ "movieId": "m", "category": "TRIVIA" });
        let published =
            run_mutation(&admin, "publishDraft", &with_key(of_trivia.clone(), "key")).await;
        assert_eq!(published["movieExport"]["metadata"]["revision"], 3, "{published}");
        let mut back = of_trivia;
        back["revision"] = json!(1);
        let reverted = run_mutation(&admin, "revertCategory", &with_key(back, "key")).await;
        assert_eq!(reverted["movieExport"]["metadata"]["revision"], 4, "{reverted}");
        assert_eq!(keys(&app).await, ["key"; 4]);
    }

    async fn a_key_expires_after_a_day(app: TestApp) {
        let admin = app.movie("m").await;
        let first = import_with_key(&admin, &trivia("One."), "", Some("a")).await.json();
        app.clock.forward(TimeDelta::hours(23));
        import_with_key(&admin, &trivia("Two."), "", Some("b")).await;
        assert_eq!(import_with_key(&admin, &trivia("One."), "", Some("a")).await.json(), first);
        app.clock.forward(TimeDelta::hours(2));
        // The key is unused again, for the same request and for others.
        let reply = import_with_key(&admin, &trivia("Three."), "", Some("a")).await;
        assert_eq!((reply.status, &reply.json()["revision"]), (200, &json!(3)), "{}", reply.text);
        app.clock.forward(TimeDelta::hours(25));
        let again = import_with_key(&admin, &trivia("Three."), "", Some("a")).await.json();
        assert_eq!((&again["status"], &again["revision"]), (&json!("unchanged"), &json!(3)));
        // Expired keys are deleted when the next key is stored.
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
            let payload = run_mutation(
                &admin,
                "importDocument",
                &with_key(document(&trivia("One."), json!({})), &key),
            )
            .await;
            assert_eq!(
                (&payload["status"], codes(&payload)),
                (&json!("REJECTED"), vec!["INVALID".to_owned()]),
                "{key:?}: {payload}"
            );
            let query: String = url::form_urlencoded::Serializer::new("?".to_owned())
                .append_pair("idempotency_key", &key)
                .finish();
            let reply = import_with_key(&admin, &trivia("One."), &query, None).await;
            assert_eq!(reply.status, 400, "{key:?}: {}", reply.text);
        }
        assert_eq!(import_with_key(&admin, &trivia("One."), "", Some("")).await.status, 400);
        assert_eq!(all_but_records().await, done);
        for (index, key) in ["k".to_owned(), "k".repeat(255), "🔑".repeat(255)].iter().enumerate()
        {
            let payload = run_mutation(
                &admin,
                "importDocument",
                &with_key(document(&trivia(&format!("{index}")), json!({})), key),
            )
            .await;
            assert_eq!(payload["status"], "PUBLISHED", "{payload}");
        }
        assert_eq!(keys(&app).await.len(), 3);
    }

    async fn concurrent_requests_with_one_key_are_executed_once(app: TestApp) {
        let admin = app.movie("m").await;
        let clients = [admin.clone(), app.replica().await];
        for round in 0..5 {
            let key = format!("key {round}");
            let sends = (0..8).map(|index| {
                let (client, key) = (clients[index % 2].clone(), key.clone());
                async move {
                    import_with_key(&client, &trivia(&format!("Fact {round}.")), "", Some(&key))
                        .await
                }
            });
            let replies = join_all(sends).await;
            for reply in &replies {
                assert_eq!((reply.status, reply.json()), (200, replies[0].json()), "round {round}");
            }
            assert_eq!(replies[0].json()["revision"], round + 1);
        }
        // Of two different requests with one key, one is executed.
        let sends = (0..8).map(|index| {
            let client = clients[index % 2].clone();
            async move {
                import_with_key(&client, &trivia(&format!("By {}.", index % 4)), "", Some("torn"))
                    .await
            }
        });
        let replies = join_all(sends).await;
        let done: Vec<&Reply> = replies.iter().filter(|reply| reply.status == 200).collect();
        assert_eq!(
            (done.len(), replies.iter().filter(|reply| reply.status == 409).count()),
            (2, 6)
        );
        assert_eq!(done[0].json(), done[1].json());
        assert_eq!(admin.export("m", "trivia").await["metadata"]["revision"], 6);
        app.assert_consistent().await;
    }

    async fn dry_runs_ignore_idempotency_keys(app: TestApp) {
        let admin = app.movie("m").await;
        let planned = import_with_key(&admin, &trivia("One."), "?dry_run=true", Some("key")).await;
        assert_eq!(planned.json()["status"], "planned");
        assert_eq!(keys(&app).await.len(), 0);
        let done = import_with_key(&admin, &trivia("One."), "", Some("key")).await;
        assert_eq!(
            (done.status, &done.json()["status"]),
            (200, &json!("published")),
            "{}",
            done.text
        );
        let planned = import_with_key(&admin, &trivia("Two."), "?dry_run=true", Some("key")).await;
        assert_eq!(
            (&planned.json()["status"], &planned.json()["plan"]["counts"]["added"]),
            (&json!("planned"), &json!(1)),
            "{}",
            planned.text
        );
    }

    async fn a_request_that_failed_internally_can_be_repeated(app: TestApp) {
        let admin = app.full_movie("m").await;
        let is_postgres = app.database.url.starts_with("postgres");
        let done = dump_all(&app.database.url).await;
        // Writing the import log fails, as on a full disk.
        execute(&app.database.url, if is_postgres {
            "CREATE FUNCTION broken() RETURNS trigger AS 'BEGIN RAISE EXCEPTION ''disk full''; END' LANGUAGE plpgsql;
             CREATE TRIGGER broken BEFORE INSERT ON idempotency_keys FOR EACH ROW EXECUTE FUNCTION broken()"
        } else {
            "CREATE TRIGGER broken BEFORE INSERT ON idempotency_keys BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        })
        .await;
        let file = envelope(
            "m",
            "cast_crew",
            json!({ "crew": [{ "name": "Somebody New", "job": "Grip" }] }),
        );
        assert_eq!(import_with_key(&admin, &file, "", Some("key")).await.status, 500);
        assert_eq!(dump_all(&app.database.url).await, done);
        execute(
            &app.database.url,
            if is_postgres {
                "DROP TRIGGER broken ON idempotency_keys"
            } else {
                "DROP TRIGGER broken"
            },
        )
        .await;
        let reply = import_with_key(&admin, &file, "", Some("key")).await;
        assert_eq!((reply.status, &reply.json()["revision"]), (200, &json!(2)), "{}", reply.text);
        assert_eq!(keys(&app).await, ["key"]);
    }

    async fn command_line_imports_use_no_keys(app: TestApp) {
        let mut file = envelope("m", "timeline", fixtures::timeline());
        file["idempotency_key"] = json!("key");
        app.seed(&[file.clone()]).await;
        file["data"]["events"][0]["title"] = json!("Written again");
        app.seed(&[file]).await;
        let export = app.viewer().export("m", "timeline").await;
        assert_eq!((&export["metadata"]["revision"], keys(&app).await.len()), (&json!(2), 0));
    }
}
