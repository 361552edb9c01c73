//! Plans: a dry run writes nothing, and the import then does exactly what the plan lists.

use reelport::catalog::access::{Role, command_line};
use reelport::catalog::import::{ImportOptions, IncomingDocument};
use reelport::document::read::envelope::Expected;
use reelport::document::read::parse::ParseOptions;
use reelport::document::resolve::MatchDecision;
use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::database::{dump_all, files};
use crate::support::operations::{codes, masked, pairs};
use crate::support::{Client, TestApp, envelope, fixtures};

/// The whole content of a database: the rows of every table, and for `SQLite` the files.
async fn database_content(app: &TestApp) -> (Vec<Option<Vec<u8>>>, Vec<(String, Vec<String>)>) {
    (files(&app.database), dump_all(&app.database.url).await)
}

/// The data of an export after an edit: one value changed, one removed, one item changed, one
/// dropped, and one added with a new name.
pub fn edited(category: &str, exported: &Value) -> Value {
    let mut data = exported.clone();
    let mut list = |name: &str, change: &dyn Fn(&mut Value), new: Value| {
        let items = data[name].as_array_mut().unwrap();
        change(&mut items[0]);
        items.pop();
        items.push(new);
    };
    match category {
        "basic_info" => {
            list("genres", &|_| {}, json!("Noir"));
            data["title"] = json!("Another Tide");
            data["runtime"] = json!(141);
        }
        "cast_crew" => list(
            "cast",
            &|item| item["character"] = json!("The Captain"),
            json!({ "name": "Fay New", "character": "A Voice" }),
        ),
        "timeline" => {
            list(
                "events",
                &|item| item["category"] = json!("script"),
                json!({ "date": "2001", "title": "Restored" }),
            );
        }
        "trivia" => list(
            "items",
            &|item| item["spoiler"] = json!(true),
            json!({ "text": "The harbour is a set." }),
        ),
        "awards" => list(
            "awards",
            &|item| item["result"] = json!("winner"),
            json!({ "ceremony": "Dock Prize", "year": 2000, "category": "Best Film", "result": "winner" }),
        ),
        "media" => {
            list(
                "gallery",
                &|item| item["caption"] = json!("At night"),
                json!({ "url": "https://images.example.org/9.jpg", "kind": "clip" }),
            );
            data["poster_url"] = json!("https://images.example.org/new.jpg");
        }
        "streaming" => list(
            "streaming_options",
            &|item| item["quality"] = json!("HD"),
            json!({ "platform": "Night Kiosk", "type": "ads", "region": "GB" }),
        ),
        other => panic!("{other}"),
    }
    data
}

/// The export of a category with edited data.
async fn edited_file(client: &Client, movie: &str, category: &str) -> Value {
    let mut file = client.export(movie, category).await;
    file["data"] = edited(category, &file["data"]);
    file
}

/// For each document of a batch, the number of new entities of its plan, and the decisions on its
/// names.
async fn planned_entities(
    app: &TestApp,
    files: &[Value],
    dry_run: bool,
) -> Vec<(usize, Vec<MatchDecision>)> {
    let documents: Vec<IncomingDocument> = files
        .iter()
        .map(|file| {
            let (text, options) = (file.to_string(), ParseOptions::default());
            IncomingDocument::read(text.as_bytes(), Expected::default(), options).unwrap()
        })
        .collect();
    let (_, permission) = command_line();
    let options = ImportOptions { dry_run, create_movie: true, ..ImportOptions::default() };
    let outcomes = app.app.catalog.import_batch(&permission, &documents, &options).await.unwrap();
    let found = outcomes.into_iter().map(|outcome| {
        let plan = outcome.plan.unwrap();
        let decisions = plan.matches.iter().map(|found| found.decision).collect();
        (plan.new_entities, decisions)
    });
    found.collect()
}

on_both_databases! {
    async fn a_dry_run_of_a_batch_knows_the_entities_of_earlier_documents(app: TestApp) {
        let offer = json!({ "platform": "Harbour Plus", "region": "DE", "type": "free" });
        let award = json!({
            "ceremony": "Dock Prize", "year": 2011, "category": "Best Actor",
            "nominee": "Ada Newcomer", "result": "winner"
        });
        let files = [
            envelope("a", "streaming", json!({ "streaming_options": [offer] })),
            envelope("b", "streaming", json!({ "streaming_options": [offer] })),
            envelope("c", "cast_crew", json!({ "cast": [{ "name": "Ada Newcomer" }] })),
            // The nominee is the person who is credited on the movie.
            envelope("c", "awards", json!({ "awards": [award] })),
        ];
        let planned = planned_entities(&app, &files, true).await;
        assert_eq!((planned[0].0, planned[1].0), (1, 0));
        assert_eq!(planned, planned_entities(&app, &files, false).await);
    }

    async fn a_dry_run_reports_its_plan_and_writes_nothing(app: TestApp) {
        let admin = app.full_movie("m").await;
        let mut sent = Vec::new();
        for (category, _) in fixtures::all_categories() {
            sent.push((category, edited_file(&admin, "m", category).await));
        }
        // An open draft must stay unchanged, too.
        admin.draft(&envelope("m", "trivia", json!({ "items": [{ "text": "Drafted." }] }))).await;
        let before = database_content(&app).await;
        for (category, file) in &sent {
            for target in ["PUBLISHED", "DRAFT"] {
                let options = json!({ "target": target, "dryRun": true, "idempotencyKey": "key", "mode": "REPLACE",
                    "baseRevision": file["metadata"]["revision"] });
                for payload in [
                    admin.import_document(file, options.clone()).await,
                    admin.import_category("m", category, &file["data"], options.clone()).await,
                ] {
                    assert_eq!(
                        (&payload["status"], &payload["importId"]),
                        (&json!("PLANNED"), &json!(null)),
                        "{payload}"
                    );
                    let counts = &payload["plan"]["counts"];
                    assert!(
                        ["added", "updated", "removed"]
                            .iter()
                            .all(|count| counts[count].as_u64() >= Some(1)),
                        "{payload}"
                    );
                    assert_ne!(payload["updatedFields"], json!([]));
                    // The payload shows the stored document, not the planned one.
                    let shown = &payload["movieExport"]["document"]["data"];
                    let drafted = target == "DRAFT" && *category == "trivia";
                    assert_eq!(
                        shown == &admin.export("m", category).await["data"],
                        !drafted,
                        "{payload}"
                    );
                }
            }
            let reply =
                admin.import_with(file, "?dry_run=true&mode=replace&idempotency_key=key").await;
            let body = reply.json();
            assert_eq!(
                (reply.status, &body["status"], &body["import_id"], &body["success"]),
                (200, &json!("planned"), &json!(null), &json!(true))
            );
            assert!(!body["plan"]["changes"].as_array().unwrap().is_empty());
            assert!(body["message"].as_str().unwrap().ends_with("nothing was written"), "{body}");
        }
        assert!(database_content(&app).await == before);
    }

    async fn a_refused_dry_run_writes_nothing(app: TestApp) {
        let admin = app.full_movie("m").await;
        let before = database_content(&app).await;
        for (document, code) in [
            ("no JSON".to_owned(), "UNREADABLE"),
            (
                envelope("m", "timeline", json!({ "events": [{ "date": "soon", "title": "A" }] }))
                    .to_string(),
                "INVALID",
            ),
            (envelope("other", "timeline", json!({})).to_string(), "MOVIE_MISMATCH"),
        ] {
            let options = json!({ "dryRun": true, "idempotencyKey": "key" });
            let payload = admin
                .mutate(
                    "importDocument",
                    json!({ "movieId": "m", "document": document, "options": options }),
                )
                .await;
            assert_eq!(
                (codes(&payload), &payload["status"], &payload["importId"]),
                (vec![code.to_owned()], &json!("REJECTED"), &json!(null)),
                "{payload}"
            );
            let reply = admin
                .post_text("/api/v1/admin/movies/m/import/timeline?dry_run=true", document)
                .await;
            assert!(reply.status == 400 || reply.status == 422, "{}", reply.text);
        }
        let reply = admin
            .import_with(&envelope("no-such", "trivia", json!({ "items": ["A"] })), "?dry_run=true")
            .await;
        assert_eq!(reply.status, 404, "{}", reply.text);
        for (mutation, input) in [
            ("publishDraft", json!({ "movieId": "m", "category": "TRIVIA", "dryRun": true })),
            (
                "revertCategory",
                json!({ "movieId": "m", "category": "TRIVIA", "revision": 7, "dryRun": true }),
            ),
            (
                "updateDraft",
                json!({ "movieId": "m", "data": { "trivia": { "items": [] } }, "options": { "dryRun": true } }),
            ),
        ] {
            let payload = admin.mutate(mutation, input).await;
            assert_eq!(
                (&payload["status"], &payload["importId"]),
                (&json!("REJECTED"), &json!(null)),
                "{payload}"
            );
        }
        assert!(database_content(&app).await == before);
    }

    async fn a_command_line_dry_run_counts_documents_and_writes_nothing(app: TestApp) {
        app.full_movie("m").await;
        let admin = app.admin();
        let mut lines = Vec::new();
        for (category, _) in fixtures::all_categories() {
            lines.push(edited_file(&admin, "m", category).await);
            // A missing movie is not created.
            lines.push(envelope(
                "new",
                category,
                edited_file(&admin, "m", category).await["data"].clone(),
            ));
        }
        lines.push(envelope("m", "trivia", json!({ "items": [{ "spoiler": "maybe" }] })));
        let input: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let before = database_content(&app).await.1;
        let ran = app
            .command_with(&["import", "--dry-run", "--mode", "replace", "-"], input.as_bytes())
            .await;
        assert_eq!(ran.code, 1, "{ran:?}");
        let lines: Vec<&str> = ran.stdout.lines().collect();
        assert!(
            lines
                .last()
                .unwrap()
                .starts_with("14 planned (a dry run: nothing was written), 1 failed"),
            "{ran:?}"
        );
        // Every planned change is printed on a line with its path.
        assert_eq!(
            lines.iter().filter(|line| line.contains(": m ") || line.contains(": new ")).count(),
            14,
            "{ran:?}"
        );
        for mark in ["  + /", "  ~ /", "  - /"] {
            assert!(lines.iter().any(|line| line.starts_with(mark)), "{mark} {ran:?}");
        }
        let ran = app
            .command_with(&["import", "--dry-run", "--target", "draft", "-"], input.as_bytes())
            .await;
        assert!(ran.stdout.lines().last().unwrap().starts_with("7 planned"), "{ran:?}");
        assert!(database_content(&app).await.1 == before);
    }

    async fn an_import_does_what_its_dry_run_planned(app: TestApp) {
        let admin = app.admin();
        for mode in ["merge", "replace"] {
            app.full_movie(mode).await;
            for (category, _) in fixtures::all_categories() {
                let file = edited_file(&admin, mode, category).await;
                let known = admin.export(mode, category).await.to_string()
                    + &format!("{:?}", dump_all(&app.database.url).await);
                let planned =
                    admin.import_with(&file, &format!("?dry_run=true&mode={mode}")).await.json();
                let again =
                    admin.import_with(&file, &format!("?dry_run=true&mode={mode}")).await.json();
                let digest = planned["plan"]["digest"].as_str().unwrap();
                assert_eq!((digest.len(), digest), (64, again["plan"]["digest"].as_str().unwrap()));
                // GraphQL plans the same from the text and from typed input with the same null
                // policy.
                let options = json!({ "dryRun": true, "mode": mode.to_uppercase(), "baseRevision": file["metadata"]["revision"], "nulls": "KEEP" });
                let typed =
                    admin.import_category(mode, category, &file["data"], options.clone()).await;
                let document = admin.import_document(&file, options).await;
                let masked_changes = |plan: &Value| masked(&plan["changes"], &known);
                for payload in [&typed, &document] {
                    assert_eq!(payload["plan"]["digest"], digest, "{payload}");
                    let lower = |changes: Value| changes.to_string().to_lowercase();
                    assert_eq!(
                        lower(masked_changes(&payload["plan"])),
                        lower(masked_changes(&planned["plan"]))
                    );
                }
                let applied = admin
                    .import_with(&file, &format!("?mode={mode}&expected_plan={digest}"))
                    .await
                    .json();
                assert_eq!(applied["status"], "published", "{applied}");
                assert_eq!(
                    masked(&applied["plan"], &known),
                    masked(&planned["plan"], &known),
                    "{category} {mode}"
                );
                assert_eq!(applied["updated_fields"], planned["updated_fields"]);
                let removes = planned["plan"]["changes"].to_string().contains("\"remove\"");
                let keeps = planned["plan"]["not_removed"].as_array().unwrap().len();
                assert_eq!(
                    (removes, keeps),
                    if mode == "replace" { (true, 0) } else { (false, 1) },
                    "{category} {mode}: {planned}"
                );
            }
        }
    }

    async fn an_expected_plan_is_executed_or_nothing_is_written(app: TestApp) {
        let admin = app.full_movie("m").await;
        let file = edited_file(&admin, "m", "timeline").await;
        let planned = admin.import_document(&file, json!({ "dryRun": true })).await;
        let digest = planned["plan"]["digest"].clone();
        // Other options make another plan.
        for options in [
            json!({ "mode": "REPLACE" }),
            json!({ "nulls": "CLEAR" }),
            json!({ "onConflict": "TAKE_IMPORT" }),
            json!({ "source": "TMDB" }),
            json!({ "target": "DRAFT" }),
            json!({ "removeItems": [file["data"]["events"][1]["id"]] }),
        ] {
            let mut options = options;
            options["expectedPlan"] = digest.clone();
            let payload = admin.import_document(&file, options.clone()).await;
            assert_eq!(
                (codes(&payload), &payload["status"]),
                (vec!["PLAN_STALE".to_owned()], &json!("REJECTED")),
                "{options}: {payload}"
            );
            assert_ne!(payload["plan"]["digest"], digest);
        }
        // Another writer publishes first.
        admin
            .import(
                "m",
                "timeline",
                json!({ "events": [{ "date": "2010", "title": "Shown again" }] }),
            )
            .await;
        admin.import("m", "timeline", json!({ "events": [{ "id": file["data"]["events"][0]["id"], "category": "writing" }] })).await;
        let before = admin.export("m", "timeline").await["data"].clone();
        let stale = admin.import_document(&file, json!({ "expectedPlan": digest })).await;
        assert_eq!(codes(&stale), ["PLAN_STALE"], "{stale}");
        assert_eq!(stale["plan"]["conflicts"].as_array().unwrap().len(), 1);
        let reply = admin
            .import_with(
                &file,
                &format!("?expected_plan={}&on_conflict=take_import", digest.as_str().unwrap()),
            )
            .await;
        let body = reply.json();
        assert_eq!(
            (reply.status, &body["code"], reply.header("content-type")),
            (409, &json!("PLAN_STALE"), "application/problem+json")
        );
        assert_eq!(admin.export("m", "timeline").await["data"], before);
        // The refusal contains the new plan, which can be executed.
        let next = body["plan"]["digest"].as_str().unwrap();
        let reply = admin
            .import_with(&file, &format!("?expected_plan={next}&on_conflict=take_import"))
            .await;
        assert_eq!(
            (reply.status, &reply.json()["status"]),
            (200, &json!("published")),
            "{}",
            reply.text
        );
        let known = before.to_string();
        assert_eq!(masked(&reply.json()["plan"], &known), masked(&body["plan"], &known));
        // A plan for the draft holds only for the draft.
        let file = envelope("m", "trivia", json!({ "items": [{ "text": "Drafted." }] }));
        let planned = admin.import_with(&file, "?dry_run=true&target=draft").await.json();
        let options =
            format!("?target=draft&expected_plan={}", planned["plan"]["digest"].as_str().unwrap());
        assert_eq!(admin.import_with(&file, &options).await.json()["status"], "drafted");
        assert_eq!(admin.import_with(&file, &options).await.status, 409);
        // An invalid digest is always stale.
        let reply = admin.import_with(&file, "?expected_plan=x").await;
        assert_eq!(
            (reply.status, reply.errors()),
            (409, vec![(String::new(), "PLAN_STALE".to_owned())])
        );
    }

    async fn skipped_changes_are_not_made_and_all_others_are(app: TestApp) {
        let admin = app.full_movie("m").await;
        for (category, _) in fixtures::all_categories() {
            let file = edited_file(&admin, "m", category).await;
            let before = admin.export("m", category).await["data"].clone();
            let options = |extra: Value| {
                let mut options = json!({
                    "mode": "REPLACE", "baseRevision": file["metadata"]["revision"]
                });
                options.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
                options
            };
            let planned = admin.import_document(&file, options(json!({ "dryRun": true }))).await;
            let digest = planned["plan"]["digest"].clone();
            let changes = planned["plan"]["changes"].as_array().unwrap();
            let name = |change: &Value| {
                format!("{} {}", change["op"].as_str().unwrap(), change["path"].as_str().unwrap())
            };
            let (removals, others): (Vec<&Value>, Vec<&Value>) =
                changes.iter().partition(|change| change["op"] == "REMOVE");
            assert!(!removals.is_empty() && !others.is_empty(), "{planned}");
            let skip: Vec<String> = removals.into_iter().map(name).collect();
            let with = json!({ "expectedPlan": digest, "skipChanges": skip, "dryRun": true });
            let shorter = admin.import_document(&file, options(with)).await;
            assert_eq!(shorter["status"], "PLANNED", "{shorter}");
            assert_ne!(shorter["plan"]["digest"], digest);
            let with = json!({ "expectedPlan": digest, "skipChanges": skip });
            let done = admin.import_document(&file, options(with)).await;
            assert_eq!(done["status"], "PUBLISHED", "{done}");
            assert_eq!(done["plan"]["digest"], shorter["plan"]["digest"]);
            let values = |changes: &[&Value]| -> Vec<(Value, Value)> {
                let values = changes.iter().filter(|change| change["path"] != "/cast");
                values.map(|change| (change["label"].clone(), change["op"].clone())).collect()
            };
            let made: Vec<&Value> = done["plan"]["changes"].as_array().unwrap().iter().collect();
            assert_eq!(values(&made), values(&others), "{category}");
            // Everything that was stored is still there.
            let after = admin.export("m", category).await["data"].clone();
            for (key, list) in before.as_object().unwrap() {
                for item in list.as_array().into_iter().flatten() {
                    let id = item.get("credit_id").or(item.get("id"));
                    let kept = after[key].as_array().unwrap().iter().any(|kept| {
                        id.map_or(kept == item, |id| {
                            kept.get("credit_id").or(kept.get("id")) == Some(id)
                        })
                    });
                    assert!(kept, "{category} {key}: {item} is gone");
                }
            }
            // The rest is what a dry run of the same file plans now.
            let rest = admin.import_document(&file, options(json!({ "dryRun": true }))).await;
            let rest = rest["plan"]["changes"].as_array().unwrap();
            assert!(rest.iter().all(|change| change["op"] == "REMOVE"), "{rest:?}");
            assert_eq!(rest.len(), skip.len());
        }
    }

    async fn skipped_changes_need_the_plan_that_has_them(app: TestApp) {
        let admin = app.full_movie("m").await;
        let mut file = admin.export("m", "basic_info").await;
        file["data"]["runtime"] = json!(99);
        file["data"]["genres"] = json!(["Noir"]);
        let url = |options: &str| format!("?mode=replace{options}");
        let planned = admin.import_with(&file, &url("&dry_run=true")).await.json();
        let digest = planned["plan"]["digest"].as_str().unwrap();
        let before = admin.export("m", "basic_info").await["data"].clone();
        for (options, status, code, message) in [
            (
                "&skip_changes=/runtime".to_owned(),
                400,
                "REQUIRED",
                "skipChanges needs expectedPlan (in REST skip_changes and expected_plan)",
            ),
            (
                format!("&expected_plan={digest}&skip_changes=/runtim"),
                400,
                "INVALID",
                "skipChanges names \"/runtim\", which is no change of the plan; did you mean \
                 \"/runtime\"?; allowed are the paths of its changes",
            ),
            (
                format!("&expected_plan={digest}&skip_changes=ADD%20/runtime"),
                400,
                "INVALID",
                "skipChanges names \"ADD /runtime\"",
            ),
            (
                format!("&expected_plan={digest}&skip_changes=%00"),
                400,
                "INVALID",
                "skipChanges names",
            ),
            (
                "&expected_plan=stale&skip_changes=/runtime".to_owned(),
                409,
                "PLAN_STALE",
                "the plan \"stale\" no longer holds",
            ),
        ] {
            let reply = admin.import_with(&file, &url(&options)).await;
            let first = &reply.json()["errors"][0];
            assert_eq!((reply.status, &first["code"]), (status, &json!(code)), "{}", reply.text);
            assert!(first["message"].as_str().unwrap().starts_with(message), "{first}");
            assert!(reply.json().get("repair_hint").is_none(), "{}", reply.text);
        }
        assert_eq!(admin.export("m", "basic_info").await["data"], before);

        // One path names a removal and an addition.
        let removed = planned["plan"]["changes"].as_array().unwrap().iter();
        let removed: Vec<String> = removed
            .filter(|change| change["op"] == "remove")
            .map(|change| format!("remove%20{}", change["path"].as_str().unwrap()))
            .collect();
        let skip = format!("&expected_plan={digest}&skip_changes={}", removed.join(","));
        let done = admin.import_with(&file, &url(&skip)).await;
        assert_eq!(done.status, 200, "{}", done.text);
        let after = admin.export("m", "basic_info").await["data"].clone();
        let mut genres = before["genres"].as_array().unwrap().clone();
        let stored = after["genres"].as_array().unwrap();
        assert!(genres.iter().all(|genre| stored.contains(genre)), "{after}");
        genres.push(json!("Noir"));
        assert_eq!((stored.len(), &after["runtime"]), (genres.len(), &json!(99)));
        let query = "{ imports(first: 1) { nodes { options } } }";
        let log = admin.graphql(query, json!({})).await;
        let options = &log["data"]["imports"]["nodes"][0]["options"];
        assert_eq!(options["skip_changes"].as_array().map(Vec::len), Some(removed.len()), "{log}");
    }

    async fn what_skipped_changes_need_is_neither_stored_nor_lost(app: TestApp) {
        let admin = app.full_movie("m").await;
        // A new person and the answer to who it is are not stored without the credit.
        let file = envelope("m", "cast_crew", json!({ "cast": [{ "name": "Fay New" }] }));
        let options = |extra: Value| {
            let mut options = json!({
                "resolutions": [{ "path": "/cast/0/name", "createNew": true, "everywhere": true }]
            });
            options.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
            options
        };
        let planned = admin.import_document(&file, options(json!({ "dryRun": true }))).await;
        let path = planned["plan"]["changes"][0]["path"].clone();
        let with = json!({ "expectedPlan": planned["plan"]["digest"], "skipChanges": [path] });
        let before = dump_all(&app.database.url).await;
        let done = admin.import_document(&file, options(with)).await;
        assert_eq!((&done["status"], &done["plan"]["matches"]), (&json!("UNCHANGED"), &json!([])));
        let changed: Vec<String> = dump_all(&app.database.url)
            .await
            .into_iter()
            .zip(before)
            .filter(|(after, before)| after != before)
            .map(|((table, _), _)| table)
            .collect();
        assert!(
            changed.iter().all(|table| !table.contains("entit") && !table.contains("answer")),
            "{changed:?}"
        );
        // A document keeps what it must have.
        let file = envelope("n", "basic_info", json!({ "title": "New", "year": "1999" }));
        let create = |extra: Value| {
            let mut options = json!({ "createMovie": true });
            options.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
            options
        };
        let planned = admin.import_document(&file, create(json!({ "dryRun": true }))).await;
        let with = json!({ "expectedPlan": planned["plan"]["digest"], "skipChanges": ["/title"] });
        let refused = admin.import_document(&file, create(with)).await;
        assert_eq!(codes(&refused), ["REQUIRED"], "{refused}");
        assert_eq!(refused["userErrors"][0]["path"], "/title");
        // A lock refuses a change only if it is made.
        let lock = "mutation { lockFields(input: { movieId: \"m\", category: BASIC_INFO, \
                    fields: [\"runtime\"] }) { userErrors { code } } }";
        admin.graphql(lock, json!({})).await;
        let file = envelope("m", "basic_info", json!({ "runtime": 7, "rating": "PG" }));
        let planned = admin.import_document(&file, json!({ "dryRun": true })).await;
        assert_eq!(codes(&planned), ["LOCKED"], "{planned}");
        let with = json!({ "expectedPlan": planned["plan"]["digest"], "skipChanges": ["/runtime"] });
        let done = admin.import_document(&file, with).await;
        assert_eq!(done["status"], "PUBLISHED", "{done}");
        assert_eq!(admin.export("m", "basic_info").await["data"]["rating"], "PG");
    }

    async fn contributors_may_plan_and_draft_but_not_publish(app: TestApp) {
        app.full_movie("m").await;
        let (contributor, viewer) = (app.with_role(Role::Contributor), app.viewer());
        let file = envelope("m", "trivia", json!({ "items": [{ "text": "New." }] }));
        let trivia = json!({ "movieId": "m", "category": "TRIVIA" });
        let with = |extra: Value| {
            let mut input = trivia.clone();
            input.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
            input
        };
        let import = |options: Value| json!({ "movieId": "m", "document": file.to_string(), "options": options });
        let typed = |options: Value| json!({ "movieId": "m", "data": { "trivia": { "items": [] } }, "options": options });
        // Mutation, input, and whether a contributor may run it.
        let cases = [
            ("importDocument", import(json!({ "dryRun": true })), true),
            ("importDocument", import(json!({ "dryRun": true, "target": "DRAFT" })), true),
            ("importDocument", import(json!({ "target": "DRAFT" })), true),
            ("importDocument", import(json!({})), false),
            ("importCategory", typed(json!({ "target": "DRAFT" })), true),
            ("importCategory", typed(json!({ "dryRun": true })), true),
            ("importCategory", typed(json!({})), false),
            ("updateDraft", typed(json!({})), true),
            ("publishDraft", with(json!({ "dryRun": true })), true),
            ("publishDraft", with(json!({})), false),
            ("discardDraft", with(json!({})), false),
            ("revertCategory", with(json!({ "revision": 0 })), false),
            ("revertCategory", with(json!({ "revision": 0, "dryRun": true })), false),
        ];
        for (mutation, input, may) in cases {
            for (client, may) in [(&viewer, false), (&contributor, may)] {
                let reply = client.try_mutate(mutation, input.clone()).await;
                let code = &reply["errors"][0]["extensions"]["code"];
                assert_eq!(
                    (code == "FORBIDDEN", code.is_null()),
                    (!may, may),
                    "{mutation} {input}: {reply}"
                );
            }
        }
        let movies = "/api/v1/admin/movies/m";
        let post =
            |options: &str| (reqwest::Method::POST, format!("{movies}/import/trivia{options}"));
        for ((method, path), may) in [
            (post("?dry_run=true"), true),
            (post("?target=draft"), true),
            (post("?target=draft&dry_run=true"), true),
            (post(""), false),
            ((reqwest::Method::POST, format!("{movies}/publish/trivia?dry_run=true")), true),
            ((reqwest::Method::POST, format!("{movies}/publish/trivia")), false),
            ((reqwest::Method::DELETE, format!("{movies}/draft/trivia")), false),
        ] {
            for (client, may) in [(&viewer, false), (&contributor, may)] {
                let reply = client.send(client.request(method.clone(), &path).json(&file)).await;
                assert_eq!(
                    reply.status,
                    if may { 200 } else { 403 },
                    "{method} {path}: {}",
                    reply.text
                );
            }
        }
        assert_eq!(contributor.export("m", "trivia").await["metadata"]["revision"], 1);
    }

    async fn an_unknown_base_is_a_warning(app: TestApp) {
        let admin = app.full_movie("m").await;
        let mut file = edited_file(&admin, "m", "trivia").await;
        file["metadata"]["revision"] = json!(9);
        let reply = admin.import_with(&file, "?dry_run=true").await;
        assert_eq!(
            pairs(&reply.json()["plan"]["warnings"])[0],
            (String::new(), "UNKNOWN_BASE".to_owned()),
            "{}",
            reply.text
        );
        let payload =
            admin.import_category("m", "trivia", &file["data"], json!({ "baseRevision": 9 })).await;
        assert_eq!(
            (&payload["status"], &payload["plan"]["warnings"][0]["code"]),
            (&json!("PUBLISHED"), &json!("UNKNOWN_BASE")),
            "{payload}"
        );
    }
}

#[tokio::test]
async fn plans_match_the_snapshot() {
    let app = TestApp::sqlite().await;
    let admin = app.full_movie("m").await;
    let mut shown = Vec::new();
    for category in ["cast_crew", "basic_info"] {
        let file = edited_file(&admin, "m", category).await;
        let mut graphql =
            admin.import_document(&file, json!({ "dryRun": true, "mode": "REPLACE" })).await;
        graphql["movieExport"] = json!("[as it stands]");
        let mut rest = admin.import_with(&file, "?dry_run=true").await.json();
        for plan in [&mut graphql["plan"], &mut rest["plan"]] {
            plan["digest"] = json!("[digest]");
        }
        // Only values that differ on every run are masked.
        shown.push(masked(&json!({ "graphql": graphql, "rest": rest }), ""));
    }
    insta::assert_json_snapshot!("plans", shown);
}
