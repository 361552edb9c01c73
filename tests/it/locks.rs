//! Editorial locks on every path that writes: automatic changes are skipped, and a user needs
//! `overrideLocks`.

use reelport::catalog::access::Role;
use reelport::document::Source;
use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::operations::{codes, pairs};
use crate::support::{Client, TestApp};

async fn lock(admin: &Client, category: &str, fields: Value, items: Value) {
    let input = json!({ "movieId": "m", "category": category, "fields": fields, "items": items });
    let query = "mutation($input: LockFieldsInput!) { lockFields(input: $input) { locks { target } userErrors { message } } }";
    let reply = admin.graphql(query, json!({ "input": input })).await;
    assert_eq!(reply["data"]["lockFields"]["userErrors"], json!([]), "{reply}");
}

/// The provenance of a document's values: target, source and revision.
async fn provenance(client: &Client, category: &str) -> Vec<(String, String, i64)> {
    let query = format!(
        "{{ movie(id: \"m\") {{ provenance(category: {category}) {{ target source revision }} }} }}"
    );
    let reply = client.graphql(&query, json!({})).await;
    let list = reply["data"]["movie"]["provenance"].as_array().unwrap_or_else(|| panic!("{reply}"));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    list.iter()
        .map(|of| (text(&of["target"]), text(&of["source"]), of["revision"].as_i64().unwrap()))
        .collect()
}

/// The code and label of each skipped change, in the REST or GraphQL spelling.
fn skipped(plan: &Value) -> Vec<(String, String)> {
    let list = plan["skipped"].as_array().unwrap_or_else(|| panic!("{plan}"));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    list.iter().map(|skipped| (text(&skipped["code"]), text(&skipped["label"]))).collect()
}

/// A way in which an automatic client may write.
#[derive(Debug, Clone, Copy)]
enum Route {
    Rest(&'static str),
    FileWithSource,
    Agent(&'static str),
    Document,
    AgentsDocument,
    Typed,
    Commandline,
    DraftThenPublished,
}

const ROUTES: &[Route] = &[
    Route::Rest("?source=tmdb"),
    Route::Rest("?source=llm-generated&mode=replace"),
    Route::Rest("?source=tmdb&override_locks=true"),
    Route::FileWithSource,
    Route::Agent(""),
    Route::Agent("?source=manual"),
    Route::Agent("?source=manual&override_locks=true&mode=replace"),
    Route::Document,
    Route::AgentsDocument,
    Route::Typed,
    Route::Commandline,
    Route::DraftThenPublished,
];

impl Route {
    /// Sends the file and returns what the plan skipped, if the response has a plan.
    async fn send(self, app: &TestApp, file: &Value) -> Option<Vec<(String, String)>> {
        let (admin, agent) = (app.admin(), app.agent(Role::Admin, Source::LlmGenerated));
        let rest = |client: Client, options: String| async move {
            let reply = client.import_with(file, &options).await;
            assert_eq!(
                (reply.status, &reply.json()["status"]),
                (200, &json!("published")),
                "{}",
                reply.text
            );
            Some(skipped(&reply.json()["plan"]))
        };
        let published = |payload: &Value| {
            assert_eq!(
                (&payload["status"], codes(payload)),
                (&json!("PUBLISHED"), vec![]),
                "{payload}"
            );
            Some(skipped(&payload["plan"]))
        };
        match self {
            Self::Rest(options) => rest(admin, options.to_owned()).await,
            Self::Agent(options) => rest(agent, options.to_owned()).await,
            Self::FileWithSource => {
                let mut file = file.clone();
                file["metadata"] =
                    json!({ "source": "llm-generated", "revision": file["metadata"]["revision"] });
                let reply = admin.import_with(&file, "").await;
                assert_eq!(reply.status, 200, "{}", reply.text);
                Some(skipped(&reply.json()["plan"]))
            }
            Self::Document => {
                published(&admin.import_document(file, json!({ "source": "TMDB" })).await)
            }
            Self::AgentsDocument => {
                let options = json!({ "source": "MANUAL", "overrideLocks": true });
                published(&agent.import_document(file, options).await)
            }
            Self::Typed => {
                let category = file["category"].as_str().unwrap();
                let options = json!({ "source": "LLM_GENERATED", "baseRevision": file["metadata"]["revision"] });
                published(&admin.import_category("m", category, &file["data"], options).await)
            }
            Self::Commandline => {
                // As NDJSON, next to a document of another movie.
                let other = json!({ "category": "trivia", "movie_id": "other", "data": { "items": [{ "text": "Else." }] } });
                let input = format!("{other}\n{file}\n");
                app.command_with(&["import", "-", "--source", "tmdb"], input.as_bytes()).await.ok();
                None
            }
            Self::DraftThenPublished => {
                let contributor = app.agent(Role::Contributor, Source::LlmGenerated);
                let payload = contributor.import_document(file, json!({ "target": "DRAFT" })).await;
                assert_eq!(payload["status"], "DRAFTED", "{payload}");
                let skipped_changes = skipped(&payload["plan"]);
                let input = json!({ "movieId": file["movie_id"], "category": file["category"].as_str().unwrap().to_uppercase() });
                let payload = admin.mutate("publishDraft", input).await;
                assert_eq!(payload["status"], "PUBLISHED", "{payload}");
                Some(skipped_changes)
            }
        }
    }
}

/// A locked value of each kind: its category, its path, and the path of an unlocked value beside
/// it.
const LOCKED: &[(&str, &str, &str)] = &[
    ("basic_info", "/tagline", "/overview"),
    ("basic_info", "/genres", "/overview"),
    ("media", "/poster_url", "/gallery/0/caption"),
    ("cast_crew", "/cast/0", "/cast/1/character"),
    ("timeline", "/events/1", "/events/0/description"),
    ("awards", "/awards/1", "/awards/0/notes"),
    ("trivia", "/items/0", "/items/1/explanation"),
    ("streaming", "/streaming_options/0", "/streaming_options/1/url"),
];

/// Another value for a locked one.
fn other_value(value: &Value, number: usize) -> Value {
    match value {
        Value::Array(_) => json!([format!("Genre {number}")]),
        Value::String(text) if text.starts_with("http") => {
            json!(format!("https://example.org/{number}"))
        }
        Value::String(_) => json!(format!("Other words {number}")),
        Value::Object(object) => {
            let texts = ["character", "description", "notes", "text"];
            let mut other = object.clone();
            match texts.iter().find(|key| object.contains_key(**key)) {
                Some(key) => {
                    other.insert((*key).to_owned(), json!(format!("Other words {number}")))
                }
                None if object.contains_key("ceremony") => {
                    other.insert("notes".to_owned(), json!(format!("Note {number}")))
                }
                None => {
                    other.insert("url".to_owned(), json!(format!("https://example.org/{number}")))
                }
            };
            // A category that has a value also changes.
            other.entry("category").and_modify(|value| *value = json!("Another category"));
            Value::Object(other)
        }
        other => panic!("{other}"),
    }
}

on_both_databases! {
    async fn automatic_imports_never_change_locked_values(app: TestApp) {
        let admin = app.full_movie("m").await;
        let id_of = |value: &Value| {
            value.get("credit_id").or(value.get("id")).and_then(Value::as_str).map(str::to_owned)
        };
        for (category, locked, _) in LOCKED {
            let file = admin.export("m", category).await;
            match id_of(file["data"].pointer(locked).unwrap()) {
                Some(id) => lock(&admin, &category.to_uppercase(), json!([]), json!([id])).await,
                None => lock(&admin, &category.to_uppercase(), json!([locked]), json!([])).await,
            }
        }
        let mut number = 0;
        for route in ROUTES {
            for (category, locked, beside) in LOCKED {
                number += 1;
                let mut file = admin.export("m", category).await;
                let before = file["data"].pointer(locked).unwrap().clone();
                let provenance_before = provenance(&admin, &category.to_uppercase()).await;
                *file["data"].pointer_mut(locked).unwrap() = other_value(&before, number);
                let (parent, key) = beside.rsplit_once('/').unwrap();
                file["data"].pointer_mut(parent).unwrap()[key] =
                    json!(format!("https://example.org/beside/{number}"));
                let expected = file["data"].pointer(beside).unwrap().clone();
                let skipped_changes = route.send(&app, &file).await;

                let after = admin.export("m", category).await;
                let at = format!("{route:?} {category}{locked}");
                assert_eq!(after["data"].pointer(locked), Some(&before), "{at}");
                assert_eq!(after["data"].pointer(beside), Some(&expected), "{at}");
                if let Some(skipped_changes) = skipped_changes {
                    let [(code, _)] = &skipped_changes[..] else {
                        panic!("{at}: {skipped_changes:?}")
                    };
                    assert_eq!(code, "LOCKED", "{at}");
                }
                // The provenance of the locked value stays; the unlocked value has the new source.
                let target = id_of(&before).unwrap_or_else(|| (*locked).to_owned());
                let now = provenance(&admin, &category.to_uppercase()).await;
                let of = |list: &[(String, String, i64)], target: &str| {
                    list.iter().find(|(name, _, _)| name == target).cloned()
                };
                assert_eq!(of(&now, &target), of(&provenance_before, &target), "{at}");
                let newest = after["metadata"]["revision"].as_i64();
                let changed: Vec<_> =
                    now.iter().filter(|(_, _, revision)| Some(*revision) == newest).collect();
                assert_eq!(changed.len(), 1, "{at}: {now:?}");
                let claims_to_be_manual = matches!(route, Route::Agent(options) if options.contains("manual"))
                    || matches!(route, Route::AgentsDocument);
                assert_eq!(changed[0].1 == "MANUAL", claims_to_be_manual, "{at}: {changed:?}");
            }
        }
    }

    async fn automatic_imports_cannot_remove_clear_or_fill_locked_values(app: TestApp) {
        let admin = app.full_movie("m").await;
        let agent = app.agent(Role::Admin, Source::LlmGenerated);
        let cast = admin.export("m", "cast_crew").await;
        let id = cast["data"]["cast"][0]["credit_id"].clone();
        lock(&admin, "CAST_CREW", json!([]), json!([id])).await;
        let gone = |file: &Value| {
            let mut file = file.clone();
            let credit = file["data"]["cast"].as_array_mut().unwrap().remove(0);
            (file, credit)
        };
        // Left out under REPLACE, with and without a base.
        for base in [true, false] {
            let (mut file, _) = gone(&admin.export("m", "cast_crew").await);
            if !base {
                file["metadata"] = json!({});
            }
            let reply = agent.import_with(&file, "?mode=replace").await;
            assert_eq!(
                skipped(&reply.json()["plan"]),
                [("LOCKED".to_owned(), "Cast: Cleo Marsh".to_owned())],
                "{}",
                reply.text
            );
            assert_eq!(admin.export("m", "cast_crew").await["data"], cast["data"]);
        }
        // Named in `removeItems`.
        let payload = agent.import_document(&cast, json!({ "removeItems": [id] })).await;
        assert_eq!(
            (&payload["status"], skipped(&payload["plan"]).len()),
            (&json!("UNCHANGED"), 1),
            "{payload}"
        );
        // Moved to another list: it becomes a second credit there, and the locked one stays.
        let (mut file, credit) = gone(&cast);
        file["data"]["producers"].as_array_mut().unwrap().push(
            json!({ "credit_id": credit["credit_id"], "id": credit["id"], "name": credit["name"] }),
        );
        let reply = agent.import_with(&file, "?mode=replace").await;
        assert_eq!(skipped(&reply.json()["plan"]).len(), 1, "{}", reply.text);
        let after = admin.export("m", "cast_crew").await;
        assert_eq!(after["data"]["cast"], cast["data"]["cast"]);
        let producers = after["data"]["producers"].as_array().unwrap();
        assert_eq!(
            (
                producers.len(),
                producers[1]["id"] == credit["id"],
                producers[1]["credit_id"] == credit["credit_id"]
            ),
            (2, true, false)
        );
        // Cleared in a file and in typed input; a locked absent value is not filled in.
        lock(&admin, "MEDIA", json!(["poster_url", "trailer_url"]), json!([])).await;
        let before = admin.export("m", "media").await["data"].clone();
        let cleared = json!({ "poster_url": null, "trailer_url": null });
        for (payload, kept) in [
            (
                agent
                    .import_document(
                        &json!({ "category": "media", "movie_id": "m", "data": cleared }),
                        json!({ "nulls": "CLEAR" }),
                    )
                    .await,
                2,
            ),
            (agent.import_category("m", "media", &cleared, json!({})).await, 2),
        ] {
            assert_eq!(
                (&payload["status"], skipped(&payload["plan"]).len()),
                (&json!("UNCHANGED"), kept),
                "{payload}"
            );
        }
        assert_eq!(admin.export("m", "media").await["data"], before);
        admin
            .import_document(
                &json!({ "category": "media", "movie_id": "m", "data": cleared }),
                json!({ "nulls": "CLEAR", "overrideLocks": true }),
            )
            .await;
        let filled = json!({ "category": "media", "movie_id": "m", "data": { "trailer_url": "https://example.org/new" } });
        let payload = agent.import_document(&filled, json!({})).await;
        assert_eq!(payload["plan"]["skipped"][0]["current"], json!(null), "{payload}");
        assert_eq!(admin.export("m", "media").await["data"].get("trailer_url"), None);
    }

    async fn a_user_changes_locked_values_only_with_override_locks(app: TestApp) {
        let admin = app.full_movie("m").await;
        let mut file = admin.export("m", "timeline").await;
        let id = file["data"]["events"][0]["id"].clone();
        lock(&admin, "TIMELINE", json!([]), json!([id])).await;
        file["data"]["events"][0]["title"] = json!("Written by hand");
        file["data"]["events"][1]["title"] = json!("Shooting starts");
        let before = admin.export("m", "timeline").await["data"].clone();
        let refused = vec![("/events/0".to_owned(), "LOCKED".to_owned())];
        let reply = admin.import_with(&file, "").await;
        assert_eq!(
            (reply.status, &reply.json()["code"], reply.errors()),
            (409, &json!("LOCKED"), refused.clone()),
            "{}",
            reply.text
        );
        let payload = admin.import_document(&file, json!({})).await;
        assert_eq!(
            (&payload["status"], pairs(&payload["userErrors"])),
            (&json!("REJECTED"), refused.clone()),
            "{payload}"
        );
        let payload = admin.import_category("m", "timeline", &file["data"], json!({})).await;
        assert_eq!(pairs(&payload["userErrors"]), refused, "{payload}");
        let ran = app.command_with(&["import", "-"], file.to_string().as_bytes()).await;
        assert!(ran.code == 1 && ran.stderr.contains("locked"), "{ran:?}");
        assert_eq!(admin.export("m", "timeline").await["data"], before);

        let reply = admin.import_with(&file, "?override_locks=true").await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert!(pairs(&reply.json()["plan"]["warnings"]).contains(&refused[0]), "{}", reply.text);
        let after = admin.export("m", "timeline").await["data"].clone();
        assert_eq!(after, file["data"]);
        let provenance_before = provenance(&admin, "TIMELINE").await;
        assert_eq!(provenance_before[0], (id.as_str().unwrap().to_owned(), "MANUAL".to_owned(), 2));
        // A revert by a user also needs `overrideLocks`.
        let back = |options: Value| {
            let admin = admin.clone();
            let mut input = json!({ "movieId": "m", "category": "TIMELINE", "revision": 1 });
            input.as_object_mut().unwrap().extend(options.as_object().unwrap().clone());
            async move { admin.mutate("revertCategory", input).await }
        };
        let payload = back(json!({})).await;
        assert_eq!(pairs(&payload["userErrors"]), refused, "{payload}");
        assert_eq!(admin.export("m", "timeline").await["data"], after);
        let payload = back(json!({ "overrideLocks": true })).await;
        assert_eq!(
            (&payload["status"], codes(&payload)),
            (&json!("PUBLISHED"), vec![]),
            "{payload}"
        );
        assert_eq!(admin.export("m", "timeline").await["data"], before);
    }

    async fn a_value_locked_after_it_was_drafted_blocks_publication(app: TestApp) {
        let admin = app.full_movie("m").await;
        let writer = app.with_role(Role::Contributor);
        let mut file = admin.export("m", "basic_info").await;
        file["data"]["tagline"] = json!("Drafted.");
        file["data"]["overview"] = json!("Drafted, too.");
        writer.draft(&file).await;
        lock(&admin, "BASIC_INFO", json!(["tagline"]), json!([])).await;
        let input = json!({ "movieId": "m", "category": "BASIC_INFO" });
        let payload = admin.mutate("publishDraft", input.clone()).await;
        assert_eq!(
            pairs(&payload["userErrors"]),
            [("/tagline".to_owned(), "LOCKED".to_owned())],
            "{payload}"
        );
        assert_eq!(
            admin.post("/api/v1/admin/movies/m/publish/basic-info", &json!({})).await.status,
            409
        );
        let done = admin
            .post("/api/v1/admin/movies/m/publish/basic-info?override_locks=true", &json!({}))
            .await;
        assert_eq!(done.status, 200, "{}", done.text);
        let info = admin.export("m", "basic_info").await["data"].clone();
        assert_eq!(
            (&info["tagline"], &info["overview"]),
            (&json!("Drafted."), &json!("Drafted, too."))
        );
    }

    async fn a_locked_value_from_a_mixed_draft_blocks_publication(app: TestApp) {
        let admin = app.full_movie("m").await;
        let writer = app.with_role(Role::Contributor);
        let credits = admin.export("m", "cast_crew").await["data"].clone();
        let credit = credits["cast"][0]["credit_id"].clone();
        for (category, person, machine, lock_of, path) in [
            (
                "basic_info",
                json!({ "tagline": "A person's." }),
                json!({ "overview": "A model's." }),
                (json!(["tagline"]), json!([])),
                "/tagline",
            ),
            (
                "cast_crew",
                json!({ "cast": [{ "credit_id": credit, "character": "A person's" }] }),
                json!({ "crew": [{ "name": "A Model", "job": "Editor" }] }),
                (json!([]), json!([credit])),
                "/cast/0",
            ),
        ] {
            let before = admin.export("m", category).await["data"].clone();
            let kind = category.to_uppercase();
            let file = |data: &Value| crate::support::envelope("m", category, data.clone());
            writer.draft(&file(&person)).await;
            let drafted = writer
                .import_document(
                    &file(&machine),
                    json!({ "target": "DRAFT", "source": "LLM_GENERATED" }),
                )
                .await;
            assert_eq!(drafted["status"], "DRAFTED", "{drafted}");
            lock(&admin, &kind, lock_of.0, lock_of.1).await;
            let input = json!({ "movieId": "m", "category": kind });
            let payload = admin.mutate("publishDraft", input).await;
            assert_eq!(
                pairs(&payload["userErrors"]),
                [(path.to_owned(), "LOCKED".to_owned())],
                "{payload}"
            );
            assert_eq!(admin.export("m", category).await["data"], before);
            let drafts = writer.graphql("{ drafts { totalCount } }", json!({})).await;
            assert_eq!(drafts["data"]["drafts"]["totalCount"], 1, "the draft waits: {drafts}");
            assert_eq!(
                admin
                    .post(
                        &format!(
                            "/api/v1/admin/movies/m/publish/{}?override_locks=true",
                            category.replace('_', "-")
                        ),
                        &json!({})
                    )
                    .await
                    .status,
                200
            );
        }
    }

    async fn the_message_counts_skipped_locked_values(app: TestApp) {
        let admin = app.full_movie("m").await;
        lock(&admin, "BASIC_INFO", json!(["tagline"]), json!([])).await;
        let file = crate::support::envelope("m", "basic_info", json!({ "tagline": "Another." }));
        let reply = admin.import_envelope("m", "basic_info", "?source=tmdb", &file).await.json();
        assert_eq!(
            (&reply["status"], &reply["message"]),
            (&json!("unchanged"), &json!("nothing of basic_info of m was changed: 1 locked")),
            "{reply}"
        );
    }

    async fn a_locked_value_changed_on_both_sides_is_skipped(app: TestApp) {
        let admin = app.full_movie("m").await;
        let (mut info, mut trivia) =
            (admin.export("m", "basic_info").await, admin.export("m", "trivia").await);
        let id = trivia["data"]["items"][0]["id"].clone();
        lock(&admin, "BASIC_INFO", json!(["tagline"]), json!([])).await;
        lock(&admin, "TRIVIA", json!([]), json!([id])).await;
        for (category, data) in [
            ("basic_info", json!({ "tagline": "A person's." })),
            ("trivia", json!({ "items": [{ "id": id, "text": "A person's." }] })),
        ] {
            admin
                .import_envelope(
                    "m",
                    category,
                    "?override_locks=true",
                    &crate::support::envelope("m", category, data),
                )
                .await;
        }
        info["data"]["tagline"] = json!("A machine's.");
        trivia["data"]["items"][0]["text"] = json!("A machine's.");
        for (file, label) in [(&info, "tagline"), (&trivia, "Trivia: A person's.")] {
            for policy in ["fail", "keep_current", "take_import"] {
                let reply =
                    admin.import_with(file, &format!("?source=tmdb&on_conflict={policy}")).await;
                let plan = &reply.json()["plan"];
                assert_eq!(
                    (reply.status, &reply.json()["status"], skipped(plan), &plan["conflicts"]),
                    (
                        200,
                        &json!("unchanged"),
                        vec![("LOCKED".to_owned(), label.to_owned())],
                        &json!([])
                    ),
                    "{policy}: {}",
                    reply.text
                );
            }
        }
    }

    async fn a_lock_of_a_removed_item_prevents_automatic_restoration(app: TestApp) {
        let admin = app.full_movie("m").await;
        let agent = app.agent(Role::Admin, Source::Tmdb);
        let before = admin.export("m", "trivia").await;
        let mut file = before.clone();
        let gone = file["data"]["items"].as_array_mut().unwrap().remove(0);
        lock(&admin, "TRIVIA", json!([]), json!([gone["id"]])).await;
        admin.import_with(&file, "?mode=replace&override_locks=true").await;
        let sent = json!({ "category": "trivia", "movie_id": "m", "data": { "items": [gone] } });
        let reply = agent.import_with(&sent, "").await.json();
        assert_eq!(
            (&reply["status"], skipped(&reply["plan"]).len()),
            (&json!("unchanged"), 1),
            "{reply}"
        );
        let reply = admin.import_with(&sent, "").await;
        assert_eq!((reply.status, reply.errors()[0].1.as_str()), (409, "LOCKED"), "{}", reply.text);
        assert_eq!(
            admin.import_with(&sent, "?override_locks=true").await.json()["status"],
            "published"
        );
    }

    async fn a_lock_of_a_removed_item_does_not_affect_new_items(app: TestApp) {
        let admin = app.full_movie("m").await;
        let agent = app.agent(Role::Admin, Source::Tmdb);
        let mut file = admin.export("m", "trivia").await;
        let gone = file["data"]["items"].as_array_mut().unwrap().remove(0);
        lock(&admin, "TRIVIA", json!([]), json!([gone["id"]])).await;
        let reply = admin.import_with(&file, "?mode=replace&override_locks=true").await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        // The same text without its id is a new item.
        let sent = json!({ "category": "trivia", "movie_id": "m", "data": { "items": [{ "text": gone["text"] }] } });
        let reply = agent.import_with(&sent, "").await;
        assert_eq!(
            (reply.json()["status"].clone(), skipped(&reply.json()["plan"])),
            (json!("published"), vec![]),
            "{}",
            reply.text
        );
        // Deleting a movie deletes its locks.
        let query = "mutation { deleteMovie(input: {id: \"m\"}) { deletedMovieId userErrors { message } } }";
        let reply = admin.graphql(query, json!({})).await;
        assert_eq!(reply["data"]["deleteMovie"]["deletedMovieId"], "m", "{reply}");
        app.full_movie("m").await;
        let reply = agent
            .import("m", "trivia", json!({ "items": [{ "id": gone["id"], "text": "Another." }] }))
            .await;
        assert_eq!(skipped(&reply.json()["plan"]), [], "{}", reply.text);
    }
}
