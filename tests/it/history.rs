//! Revisions, differences between them, provenance of values, locks, and the import log.

use reelport::catalog::access::Role;
use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::{Client, TestApp, envelope, token};

fn person(app: &TestApp, role: Role, name: &str) -> Client {
    app.anonymous().with_token(token(role, &format!("{name}@example.com")))
}

async fn answer(client: &Client, query: &str) -> Value {
    let reply = client.graphql(query, json!({})).await;
    assert_eq!(reply.get("errors"), None, "{query}: {reply}");
    reply["data"].clone()
}

fn code(reply: &Value) -> &str {
    reply["errors"][0]["extensions"]["code"].as_str().unwrap_or("none")
}

/// Publishes data of a category.
async fn publish(client: &Client, category: &str, options: &str, data: Value) {
    let reply =
        client.import_envelope("m", category, options, &envelope("m", category, data)).await;
    assert_eq!(
        (reply.status, &reply.json()["status"]),
        (200, &json!("published")),
        "{}",
        reply.text
    );
}

/// `(target, source, author, revision)` of every value of a category.
async fn provenance(client: &Client, category: &str) -> Vec<(String, String, String, i64)> {
    let query = format!(
        "{{ movie(id: \"m\") {{ provenance(category: {category}) {{ target path label source updatedAt updatedBy revision }} }} }}"
    );
    let data = answer(client, &query).await;
    let list = data["movie"]["provenance"].as_array().unwrap();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    list.iter()
        .map(|of| {
            (
                text(&of["target"]),
                text(&of["source"]),
                text(&of["updatedBy"]),
                of["revision"].as_i64().unwrap(),
            )
        })
        .collect()
}

/// The entries of the import log that match a filter, as `operation status category`.
async fn log_entries(client: &Client, filter: &str) -> Vec<String> {
    let data = answer(
        client,
        &format!("{{ imports(filter: {{{filter}}}) {{ nodes {{ operation status category }} }} }}"),
    )
    .await;
    let text = |value: &Value| value.as_str().unwrap_or("none").to_lowercase();
    let nodes = data["imports"]["nodes"].as_array().unwrap().iter();
    nodes
        .map(|node| {
            format!(
                "{} {} {}",
                text(&node["operation"]),
                text(&node["status"]),
                text(&node["category"])
            )
        })
        .collect()
}

const LOCK: &str = "mutation($input: LockFieldsInput!) { done: lockFields(input: $input) {
    locks { category target field itemId lockedBy } userErrors { path code message } } }";
const UNLOCK: &str = "mutation($input: UnlockFieldsInput!) { done: unlockFields(input: $input) {
    locks { target } userErrors { path code } } }";

async fn locks(client: &Client, mutation: &str, input: Value) -> Value {
    let reply = client.graphql(mutation, json!({ "input": input })).await;
    assert_eq!(reply.get("errors"), None, "{reply}");
    reply["data"]["done"].clone()
}

on_both_databases! {
    async fn every_revision_can_be_read(app: TestApp) {
        let admin = app.movie("m").await;
        for number in 2..=6 {
            publish(
                &admin,
                "basic_info",
                "?source=tmdb",
                json!({ "tagline": format!("Line {number}") }),
            )
            .await;
        }
        let contributor = app.with_role(Role::Contributor);
        let page = |arguments: &str| {
            let query = format!("{{ movie(id: \"m\") {{ revisions(category: BASIC_INFO{arguments}) {{
                nodes {{ id number source updatedAt updatedBy changes {{ path op label before after }}
                    export {{ id metadata {{ revision lastUpdated }} data {{ ... on BasicInfo {{ title tagline }} }} document }} }}
                edges {{ cursor }} pageInfo {{ hasNextPage hasPreviousPage endCursor }} }} }} }}");
            let contributor = contributor.clone();
            async move { answer(&contributor, &query).await["movie"]["revisions"].clone() }
        };
        let all = page("").await;
        let numbers = |page: &Value| {
            page["nodes"]
                .as_array()
                .unwrap()
                .iter()
                .map(|node| node["number"].as_i64().unwrap())
                .collect::<Vec<_>>()
        };
        assert_eq!(numbers(&all), [6, 5, 4, 3, 2, 1]);
        assert_eq!(all["pageInfo"]["hasNextPage"], false);
        let fifth = &all["nodes"][1];
        assert_eq!(
            (&fifth["id"], &fifth["source"], &fifth["updatedBy"]),
            (&json!("revision:m:basic-info:5"), &json!("TMDB"), &json!("admin@example.com"))
        );
        assert_eq!(
            fifth["changes"],
            json!([{ "path": "/tagline", "op": "UPDATE", "label": "tagline", "before": "Line 4", "after": "Line 5" }])
        );
        assert_eq!(
            (&fifth["export"]["data"]["tagline"], &fifth["export"]["metadata"]["revision"]),
            (&json!("Line 5"), &json!(5))
        );
        assert_eq!(fifth["export"]["metadata"]["lastUpdated"], fifth["updatedAt"]);
        // The export of a revision has an id of its own, so that clients can cache it separately.
        assert_eq!(fifth["export"]["id"], "export:m:basic-info:5");
        let first = &all["nodes"][5];
        assert_eq!(
            first["changes"],
            json!([{ "path": "/title", "op": "ADD", "label": "title", "before": null, "after": "A movie" }])
        );

        let mut seen = numbers(&page(", first: 2").await);
        let mut cursor = page(", first: 2").await["pageInfo"]["endCursor"].clone();
        // A publication in between does not shift the pages.
        publish(&admin, "basic_info", "", json!({ "tagline": "Line 7" })).await;
        loop {
            let next = page(&format!(", first: 2, after: {cursor}")).await;
            seen.extend(numbers(&next));
            assert_eq!(next["pageInfo"]["hasPreviousPage"], true);
            if next["pageInfo"]["hasNextPage"] == false {
                break;
            }
            cursor = next["pageInfo"]["endCursor"].clone();
        }
        assert_eq!(seen, [6, 5, 4, 3, 2, 1]);
        let never = answer(
            &contributor,
            "{ movie(id: \"m\") { revisions(category: MEDIA) { nodes { number } } } }",
        )
        .await;
        assert_eq!(never["movie"]["revisions"]["nodes"], json!([]));
        for arguments in ["first: 0", "first: 101", "after: \"x\"", "after: \"cmV2aXNpb25zCng\""] {
            let query = format!(
                "{{ movie(id: \"m\") {{ revisions(category: MEDIA, {arguments}) {{ nodes {{ number }} }} }} }}"
            );
            assert_eq!(
                code(&contributor.graphql(&query, json!({})).await),
                "BAD_USER_INPUT",
                "{arguments}"
            );
        }
    }

    async fn any_two_revisions_can_be_compared(app: TestApp) {
        let admin = app.movie("m").await;
        publish(&admin, "trivia", "", json!({ "items": [{ "text": "One." }] })).await;
        publish(&admin, "trivia", "", json!({ "items": [{ "text": "Two." }] })).await;
        let file = admin.export("m", "trivia").await;
        let mut without = file.clone();
        without["data"]["items"].as_array_mut().unwrap().remove(0);
        let reply = admin.import_envelope("m", "trivia", "?mode=replace", &without).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let contributor = app.with_role(Role::Contributor);
        let diff = |from: i64, to: i64| {
            let query = format!(
                "{{ movie(id: \"m\") {{ revisionDiff(category: TRIVIA, from: {from}, to: {to}) {{ from to changes {{ op path label }} }} }} }}"
            );
            let contributor = contributor.clone();
            async move { answer(&contributor, &query).await["movie"]["revisionDiff"].clone() }
        };
        let add = |path: &str, label: &str| json!({ "op": "ADD", "path": path, "label": label });
        let remove =
            |path: &str, label: &str| json!({ "op": "REMOVE", "path": path, "label": label });
        let (one, two) = ("Trivia: One.", "Trivia: Two.");
        assert_eq!(
            diff(0, 2).await,
            json!({ "from": 0, "to": 2, "changes": [add("/items/0", one), add("/items/1", two)] })
        );
        assert_eq!(
            diff(1, 3).await["changes"],
            json!([remove("/items/0", one), add("/items/0", two)])
        );
        assert_eq!(
            diff(3, 1).await["changes"],
            json!([remove("/items/0", two), add("/items/0", one)])
        );
        assert_eq!(diff(2, 0).await["changes"].as_array().unwrap().len(), 2);
        assert_eq!(diff(2, 2).await["changes"], json!([]));
        for (from, to) in [(0, 4), (4, 1), (-1, 1), (1, i64::from(i32::MAX))] {
            assert_eq!(diff(from, to).await, json!(null), "{from} {to}");
        }
    }

    async fn provenance_names_the_author_of_each_value(app: TestApp) {
        let admin = app.movie("m").await;
        let gallery = |urls: &[&str]| {
            urls.iter()
                .map(
                    |url| json!({ "url": format!("https://x.example.org/{url}"), "kind": "still" }),
                )
                .collect::<Vec<_>>()
        };
        let eve = person(&app, Role::Admin, "eve");
        publish(&admin, "media", "?source=tmdb", json!({ "poster_url": "https://x.example.org/p", "backdrop_url": "https://x.example.org/b", "gallery": gallery(&["1", "2"]) })).await;
        publish(
            &eve,
            "media",
            "?source=manual",
            json!({ "poster_url": "https://x.example.org/q" }),
        )
        .await;
        let file = admin.export("m", "media").await;
        let ids: Vec<_> =
            (0..2).map(|n| file["data"]["gallery"][n]["id"].as_str().unwrap().to_owned()).collect();
        publish(
            &admin,
            "media",
            "?source=llm-generated",
            json!({ "gallery": [{ "id": ids[1], "caption": "A quay" }] }),
        )
        .await;
        let mut turned = admin.export("m", "media").await;
        turned["data"]["gallery"].as_array_mut().unwrap().reverse();
        // Reordering does not change the provenance of a value.
        let reply = eve.import_envelope("m", "media", "", &turned).await;
        assert_eq!(reply.json()["status"], "published", "{}", reply.text);
        let own = |target: &str, source: &str, by: &str, revision: i64| {
            (target.to_owned(), source.to_owned(), format!("{by}@example.com"), revision)
        };
        let expected = [
            own("/poster_url", "MANUAL", "eve", 2),
            own("/backdrop_url", "TMDB", "admin", 1),
            own(&ids[1], "LLM_GENERATED", "admin", 3),
            own(&ids[0], "TMDB", "admin", 1),
        ];
        assert_eq!(provenance(&admin, "MEDIA").await, expected);

        // A restored value is attributed to the user who reverted.
        let reply = answer(&eve, "mutation { revertCategory(input: {movieId: \"m\", category: MEDIA, revision: 1}) { status } }").await;
        assert_eq!(reply["revertCategory"]["status"], "PUBLISHED");
        let back = provenance(&admin, "MEDIA").await;
        assert_eq!(back[0], own("/poster_url", "TMDB", "eve", 5));
        assert_eq!(back[1], own("/backdrop_url", "TMDB", "admin", 1));
        assert_eq!(back[2], own(&ids[0], "TMDB", "admin", 1));
        assert_eq!(back[3], own(&ids[1], "TMDB", "eve", 5));
        assert_eq!(provenance(&admin, "TRIVIA").await, []);

        let data = answer(
            &app.with_role(Role::Contributor),
            "{ movie(id: \"m\") { provenance(category: MEDIA) { path label updatedAt } } }",
        )
        .await;
        let first = &data["movie"]["provenance"][2];
        assert_eq!(
            (&first["path"], &first["label"]),
            (&json!("/gallery/0"), &json!("Gallery: https://x.example.org/1"))
        );
        assert!(first["updatedAt"].as_str().unwrap().starts_with("20"));
    }

    async fn published_draft_values_are_attributed_to_their_contributors(app: TestApp) {
        let admin = app.movie("m").await;
        publish(&admin, "basic_info", "?source=manual", json!({ "tagline": "Old", "runtime": 90 }))
            .await;
        let (ann, bob) =
            (person(&app, Role::Contributor, "ann"), person(&app, Role::Contributor, "bob"));
        for (who, source, data) in [
            (&ann, "llm-generated", json!({ "tagline": "By a model", "overview": "By a model" })),
            (&bob, "manual", json!({ "tagline": "By a person" })),
        ] {
            let sent = envelope("m", "basic_info", data);
            let reply = who
                .import_envelope(
                    "m",
                    "basic_info",
                    &format!("?target=draft&source={source}"),
                    &sent,
                )
                .await;
            assert_eq!(reply.status, 200, "{}", reply.text);
        }
        let own = |target: &str, source: &str, by: &str, revision: i64| {
            (target.to_owned(), source.to_owned(), format!("{by}@example.com"), revision)
        };
        let before = [
            own("/title", "MANUAL", "admin", 1),
            own("/tagline", "MANUAL", "admin", 2),
            own("/runtime", "MANUAL", "admin", 2),
        ];
        // An unpublished draft does not change the provenance.
        assert_eq!(provenance(&ann, "BASIC_INFO").await, before);
        let done = answer(&admin, "mutation { publishDraft(input: {movieId: \"m\", category: BASIC_INFO}) { status movieExport { metadata { revision } } } }").await;
        assert_eq!(done["publishDraft"]["status"], "PUBLISHED");
        let after = [
            own("/title", "MANUAL", "admin", 1),
            own("/tagline", "MANUAL", "bob", 3),
            own("/runtime", "MANUAL", "admin", 2),
            own("/overview", "LLM_GENERATED", "ann", 3),
        ];
        assert_eq!(provenance(&ann, "BASIC_INFO").await, after);
        // Contributions to the next draft do not count for the published one.
        let sent = envelope("m", "basic_info", json!({ "tagline": "Later" }));
        assert_eq!(
            ann.import_envelope("m", "basic_info", "?target=draft", &sent).await.status,
            200
        );
        assert_eq!(provenance(&ann, "BASIC_INFO").await, after);
    }

    async fn provenance_covers_a_long_history(app: TestApp) {
        let admin = app.movie("m").await;
        for number in 0..120 {
            publish(&admin, "basic_info", "", json!({ "tagline": format!("Line {number}") })).await;
        }
        let found = provenance(&admin, "BASIC_INFO").await;
        let found: Vec<_> =
            found.iter().map(|(target, _, _, revision)| (target.as_str(), *revision)).collect();
        assert_eq!(found, [("/title", 1), ("/tagline", 121)]);
    }

    async fn fields_are_locked_by_name_and_items_by_id(app: TestApp) {
        let admin = app.full_movie("m").await;
        let file = admin.export("m", "media").await;
        let id = file["data"]["gallery"][0]["id"].clone();
        let input = |fields: Value, items: Value| json!({ "movieId": "m", "category": "MEDIA", "fields": fields, "items": items });
        let done = locks(
            &admin,
            LOCK,
            input(json!(["posterUrl", "/backdrop_url", "poster_url"]), json!([id])),
        )
        .await;
        assert_eq!(done["userErrors"], json!([]));
        let lock = |target: &str, field: Option<&str>, item: Option<&Value>| json!({ "category": "MEDIA", "target": target, "field": field, "itemId": item, "lockedBy": "admin@example.com" });
        let mut expected = vec![
            lock("/backdrop_url", Some("backdrop_url"), None),
            lock("/poster_url", Some("poster_url"), None),
            lock(id.as_str().unwrap(), None, Some(&id)),
        ];
        assert_eq!(done["locks"], json!(expected));
        // Locking again keeps the name of the first user.
        let eve = person(&app, Role::Admin, "eve");
        assert_eq!(
            locks(&eve, LOCK, input(json!(["poster_url"]), json!(null))).await["locks"],
            json!(expected)
        );
        let of_movie = answer(
            &app.with_role(Role::Contributor),
            "{ movie(id: \"m\") { locks { category target field itemId lockedBy lockedAt } } }",
        )
        .await;
        let mut seen = of_movie["movie"]["locks"].clone();
        for lock in seen.as_array_mut().unwrap() {
            assert!(lock.as_object_mut().unwrap().remove("lockedAt").is_some());
        }
        assert_eq!(seen, json!(expected));

        // An automatic import does not change locked values.
        let sent = envelope(
            "m",
            "media",
            json!({ "poster_url": "https://y.example.org/1", "gallery": [{ "id": id, "caption": "No" }] }),
        );
        let reply = admin.import_envelope("m", "media", "?source=tmdb", &sent).await;
        assert_eq!(reply.json()["plan"]["skipped"].as_array().unwrap().len(), 2, "{}", reply.text);

        assert_eq!(
            locks(&eve, UNLOCK, input(json!(["posterUrl", "trailerUrl"]), json!([]))).await["userErrors"],
            json!([])
        );
        expected.remove(1);
        let left = locks(&eve, UNLOCK, input(json!(["trailerUrl"]), json!(null))).await;
        assert_eq!(left["locks"].as_array().unwrap().len(), expected.len());
        // A removed item can still be unlocked.
        let mut without = admin.export("m", "media").await;
        without["data"]["gallery"].as_array_mut().unwrap().remove(0);
        let reply = admin
            .import_envelope(
                "m",
                "media",
                "?mode=replace&source=manual&override_locks=true",
                &without,
            )
            .await;
        assert_eq!(reply.json()["status"], "published", "{}", reply.text);
        assert_eq!(
            locks(&eve, UNLOCK, input(json!(["backdropUrl"]), json!([id]))).await,
            json!({ "locks": [], "userErrors": [] })
        );
    }

    async fn an_item_of_a_draft_can_be_locked(app: TestApp) {
        let admin = app.movie("m").await;
        let sent = envelope("m", "trivia", json!({ "items": [{ "text": "New." }] }));
        assert_eq!(admin.import_envelope("m", "trivia", "?target=draft", &sent).await.status, 200);
        let draft = admin.get("/api/v1/admin/movies/m/export/trivia?stage=draft").await.json();
        let id = &draft["data"]["items"][0]["id"];
        let done =
            locks(&admin, LOCK, json!({ "movieId": "m", "category": "TRIVIA", "items": [id] }))
                .await;
        assert_eq!((&done["locks"][0]["itemId"], &done["userErrors"]), (id, &json!([])));
    }

    async fn locking_an_unknown_target_is_a_user_error(app: TestApp) {
        let admin = app.full_movie("m").await;
        let other = admin.export("m", "trivia").await["data"]["items"][0]["id"].clone();
        let refused = |input: Value| {
            let admin = admin.clone();
            async move {
                let done = locks(&admin, LOCK, input).await;
                assert_eq!(done["locks"], json!([]));
                done["userErrors"].clone()
            }
        };
        let errors = refused(json!({ "movieId": "m", "category": "MEDIA", "fields": ["posterUrl", "titel"], "items": ["no-such", other] })).await;
        let found: Vec<_> = errors
            .as_array()
            .unwrap()
            .iter()
            .map(|error| (error["path"].as_str().unwrap(), error["code"].as_str().unwrap()))
            .collect();
        assert_eq!(
            found,
            [("/fields/1", "INVALID"), ("/items/0", "NOT_FOUND"), ("/items/1", "NOT_FOUND")]
        );
        assert_eq!(
            errors[0]["message"],
            "found \"titel\"; allowed are poster_url, backdrop_url, trailer_url, gallery"
        );
        let nothing = refused(json!({ "movieId": "m", "category": "MEDIA" })).await;
        assert_eq!(
            (&nothing[0]["path"], &nothing[0]["code"]),
            (&json!("/fields"), &json!("REQUIRED"))
        );
        for movie in ["no-such", "no/such"] {
            let errors =
                refused(json!({ "movieId": movie, "category": "MEDIA", "fields": ["posterUrl"] }))
                    .await;
            assert_eq!((&errors[0]["path"], &errors[0]["code"]), (&json!(""), &json!("NOT_FOUND")));
        }
        let unlocked = locks(
            &admin,
            UNLOCK,
            json!({ "movieId": "m", "category": "MEDIA", "items": ["no-such"] }),
        )
        .await;
        assert_eq!(unlocked["userErrors"], json!([{ "path": "/items/0", "code": "NOT_FOUND" }]));
        assert_eq!(
            answer(&admin, "{ movie(id: \"m\") { locks { target } } }").await["movie"]["locks"],
            json!([])
        );
    }

    async fn every_import_is_logged(app: TestApp) {
        let admin = app.full_movie("m").await;
        let ann = person(&app, Role::Contributor, "ann");
        let send = |client: &Client, options: &str, text: String| {
            let (client, path) =
                (client.clone(), format!("/api/v1/admin/movies/m/import/trivia{options}"));
            async move { client.post_text(&path, text).await.status }
        };
        let good = envelope("m", "trivia", json!({ "items": [{ "text": "New." }] })).to_string();
        let bad = envelope("m", "trivia", json!({ "items": [{ "text": 5, "source_url": "x" }] }))
            .to_string();
        let start = log_entries(&ann, "movieId: \"m\"").await.len();
        assert_eq!(send(&admin, "?source=llm-generated&strict=true", good.clone()).await, 200);
        assert_eq!(send(&admin, "", good.clone()).await, 200);
        assert_eq!(send(&admin, "", bad.clone()).await, 422);
        assert_eq!(send(&admin, "", "{\"no\u{0}".to_owned()).await, 400);
        assert_eq!(send(&ann, "?target=draft", good.replace("New", "Newer")).await, 200);
        assert_eq!(send(&ann, "?dry_run=true", good.replace("New", "Newest")).await, 200);
        assert_eq!(send(&ann, "", good.clone()).await, 403);
        let found = log_entries(&ann, "movieId: \"m\", category: TRIVIA").await;
        let expected = [
            "import drafted trivia",
            "import rejected trivia",
            "import rejected trivia",
            "import unchanged trivia",
            "import published trivia",
            "import published trivia",
        ];
        assert_eq!(found, expected);
        assert_eq!(log_entries(&ann, "movieId: \"m\"").await.len(), start + 5);

        let data = answer(&ann, "{ imports(first: 5) { nodes { id movieId movie { title } category operation stage createdAt author source status
            options document plan { digest changes { path op label after } warnings { code } counts { added } } userErrors { path code } revision draftRevision } } }").await;
        let nodes = data["imports"]["nodes"].as_array().unwrap();
        let ids: Vec<_> = nodes.iter().map(|node| node["id"].as_str().unwrap()).collect();
        assert!(ids.windows(2).all(|pair| pair[0] > pair[1]), "{ids:?}");
        let [drafted, unread, refused, unchanged, published] = nodes.as_slice() else {
            panic!("{nodes:?}")
        };
        assert_eq!(
            (&published["author"], &published["source"], &published["stage"]),
            (&json!("admin@example.com"), &json!("LLM_GENERATED"), &json!("PUBLISHED"))
        );
        assert_eq!(
            (&published["movieId"], &published["movie"]["title"]),
            (&json!("m"), &json!("The Long Tide"))
        );
        assert_eq!(
            (&published["options"]["source"], &published["options"]["strict"]),
            (&json!("llm-generated"), &json!(true))
        );
        assert_eq!(published["document"].as_str(), Some(good.as_str()));
        assert_eq!(
            (&published["revision"], &published["draftRevision"]),
            (&json!(2), &json!(null))
        );
        let change = &published["plan"]["changes"][0];
        assert_eq!(
            (&change["path"], &change["op"], &change["after"]["text"]),
            (&json!("/items/2"), &json!("ADD"), &json!("New."))
        );
        assert_eq!(
            (
                &published["plan"]["counts"]["added"],
                published["plan"]["changes"].as_array().unwrap().len()
            ),
            (&json!(1), 1)
        );
        assert_eq!(
            (&unchanged["status"], &unchanged["plan"]["changes"]),
            (&json!("UNCHANGED"), &json!([]))
        );
        assert_eq!(refused["document"].as_str(), Some(bad.as_str()));
        assert_eq!(
            (&refused["userErrors"][0]["code"], &refused["source"]),
            (&json!("INVALID"), &json!(null))
        );
        assert_eq!(
            (&unread["status"], &unread["plan"], &unread["userErrors"][0]["code"]),
            (&json!("REJECTED"), &json!(null), &json!("UNREADABLE"))
        );
        assert!(unread["document"].as_str().unwrap().starts_with("{\"no"));
        assert_eq!(
            (&drafted["stage"], &drafted["draftRevision"], &drafted["author"]),
            (&json!("DRAFT"), &json!(1), &json!("ann@example.com"))
        );
        assert_eq!(drafted["plan"]["changes"][0]["after"]["text"], "Newer.");

        // A revert logs its revision and no options that only imports have.
        let back = json!({ "movieId": "m", "category": "TRIVIA", "revision": 1 });
        assert_eq!(admin.mutate("revertCategory", back.clone()).await["status"], "PUBLISHED");
        let data = answer(&ann, "{ imports(first: 1) { nodes { operation options } } }").await;
        let options = json!({ "dry_run": false, "expected_plan": null, "on_conflict": "fail", "resolutions": [], "override_locks": false,
            "revision": 1, "idempotency_key": null });
        assert_eq!(
            data["imports"]["nodes"][0],
            json!({ "operation": "REVERT", "options": options })
        );
        admin
            .mutate(
                "revertCategory",
                json!({ "movieId": "m", "category": "TRIVIA", "revision": 2 }),
            )
            .await;

        // A log entry by id; the entry of a superseded revision still has its changes.
        assert_eq!(send(&admin, "", good.replace("New", "Last")).await, 200);
        let query = format!(
            "{{ importRecord(id: \"{}\") {{ status plan {{ changes {{ after }} }} document }} }}",
            published["id"].as_str().unwrap()
        );
        let one = answer(&ann, &query).await;
        assert_eq!(
            (
                &one["importRecord"]["document"],
                &one["importRecord"]["plan"]["changes"][0]["after"]["text"]
            ),
            (&published["document"], &json!("New."))
        );
        for id in ["", "no-such", "a\\u0000b"] {
            assert_eq!(
                answer(&ann, &format!("{{ importRecord(id: \"{id}\") {{ id }} }}")).await["importRecord"],
                json!(null)
            );
        }
    }

    async fn publishing_discarding_and_reverting_are_logged(app: TestApp) {
        let admin = app.movie("m").await;
        let draft = || async {
            let sent = envelope(
                "m",
                "trivia",
                json!({ "items": [{ "text": format!("Of {}", chrono::Utc::now()) }] }),
            );
            assert_eq!(
                admin.import_envelope("m", "trivia", "?target=draft", &sent).await.status,
                200
            );
        };
        draft().await;
        let run = |mutation: &'static str| {
            let admin = admin.clone();
            async move {
                answer(&admin, &format!("mutation {{ {mutation} {{ userErrors {{ code }} }} }}"))
                    .await
            }
        };
        run("publishDraft(input: {movieId: \"m\", category: TRIVIA})").await;
        draft().await;
        run("discardDraft(input: {movieId: \"m\", category: TRIVIA})").await;
        run("revertCategory(input: {movieId: \"m\", category: TRIVIA, revision: 0})").await;
        assert_eq!(log_entries(&admin, "operation: PUBLISH").await, ["publish published trivia"]);
        assert_eq!(log_entries(&admin, "operation: REVERT").await, ["revert published trivia"]);
        assert_eq!(log_entries(&admin, "operation: DISCARD").await.len(), 1);
        assert_eq!(log_entries(&admin, "operation: IMPORT, status: DRAFTED").await.len(), 2);
        let data = answer(
            &admin,
            "{ imports(filter: {operation: REVERT}) { nodes { plan { changes { op } } } } }",
        )
        .await;
        assert_eq!(data["imports"]["nodes"][0]["plan"]["changes"], json!([{ "op": "REMOVE" }]));
    }

    async fn the_import_log_can_be_filtered(app: TestApp) {
        let admin = app.full_movie("m").await;
        app.movie("other").await;
        let eve = person(&app, Role::Admin, "eve");
        publish(&eve, "trivia", "?source=tmdb", json!({ "items": [{ "text": "New." }] })).await;
        assert_eq!(eve.import("m", "trivia", json!({ "items": 5 })).await.status, 422);
        for (filter, expected) in [
            ("author: \"eve@example.com\"", 2),
            ("source: TMDB", 1),
            ("status: REJECTED", 1),
            ("status: REJECTED, author: \"admin@example.com\"", 0),
            ("movieId: \"m\", category: TRIVIA", 3),
            ("movieId: \"nobody\"", 0),
            ("movieId: \"no/such\"", 0),
            ("since: \"2020-01-01T00:00:00Z\", author: \"eve@example.com\"", 2),
            ("until: \"2020-01-01T00:00:00Z\"", 0),
        ] {
            assert_eq!(log_entries(&admin, filter).await.len(), expected, "{filter}");
        }
        let (mut after, mut seen) = (String::new(), Vec::new());
        loop {
            let page = answer(&admin, &format!("{{ imports(first: 3{after}) {{ nodes {{ id }} pageInfo {{ hasNextPage endCursor }} }} }}")).await;
            let page = &page["imports"];
            seen.extend(
                page["nodes"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|node| node["id"].as_str().unwrap().to_owned()),
            );
            if page["pageInfo"]["hasNextPage"] == false {
                break;
            }
            after = format!(", after: {}", page["pageInfo"]["endCursor"]);
        }
        let all = answer(&admin, "{ imports(first: 100) { nodes { id } } }").await;
        let all: Vec<_> = all["imports"]["nodes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|node| node["id"].as_str().unwrap().to_owned())
            .collect();
        assert_eq!(seen, all);
        for arguments in [
            "first: 0",
            "after: \"x\"",
            "filter: {author: \"a\\u0000\"}",
            "filter: {since: \"+12000-01-01T00:00:00Z\"}",
        ] {
            let reply = admin
                .graphql(&format!("{{ imports({arguments}) {{ nodes {{ id }} }} }}"), json!({}))
                .await;
            assert_eq!(code(&reply), "BAD_USER_INPUT", "{arguments}: {reply}");
        }
    }

    async fn log_entries_outlive_their_movie(app: TestApp) {
        let admin = app.movie("m").await;
        publish(&admin, "trivia", "", json!({ "items": [{ "text": "Of the first." }] })).await;
        answer(&admin, "mutation { deleteMovie(input: {id: \"m\"}) { deletedMovieId } }").await;
        app.movie("m").await;
        publish(&admin, "trivia", "", json!({ "items": [{ "text": "Of the second." }] })).await;
        // The text is kept in whatever encoding it was sent.
        let latin: Vec<u8> =
            "{\"movie_id\":\"m\",\"category\":\"media\",\"data\":{\"poster_url\":\"caf\u{e9}\"}}"
                .chars()
                .map(|c| c as u8)
                .collect();
        let refused = admin.post_text("/api/v1/admin/movies/m/import/media", latin).await;
        assert_eq!(refused.status, 422, "{}", refused.text);
        let data = answer(
            &admin,
            "{ imports(first: 1, filter: {category: MEDIA}) { nodes { document } } }",
        )
        .await;
        assert!(
            data["imports"]["nodes"][0]["document"].as_str().unwrap().contains("caf\u{e9}"),
            "{data}"
        );
        let data = answer(&admin, "{ imports(filter: {category: TRIVIA}) { nodes { document plan { changes { after } } } } }").await;
        let nodes = data["imports"]["nodes"].as_array().unwrap();
        assert_eq!(nodes[0]["plan"]["changes"][0]["after"]["text"], "Of the second.");
        // The revision with that number now belongs to the new movie.
        assert_eq!(nodes[1]["plan"]["changes"], json!([]));
        assert!(nodes[1]["document"].as_str().unwrap().contains("Of the first."));
        answer(&admin, "mutation { deleteMovie(input: {id: \"m\"}) { deletedMovieId } }").await;
        let data = answer(
            &admin,
            "{ imports(filter: {category: TRIVIA}) { nodes { movieId movie { id } } } }",
        )
        .await;
        assert_eq!(data["imports"]["nodes"][0], json!({ "movieId": "m", "movie": null }));
    }

    async fn history_needs_the_contributor_role(app: TestApp) {
        app.full_movie("m").await;
        let viewer = app.viewer();
        for field in [
            "revisions(category: MEDIA) { nodes { number } }",
            "revisionDiff(category: MEDIA, from: 0, to: 1) { to }",
            "provenance(category: MEDIA) { target }",
            "locks { target }",
            "drafts { id }",
        ] {
            let query = format!("{{ movie(id: \"m\") {{ title {field} }} }}");
            assert_eq!(code(&viewer.graphql(&query, json!({})).await), "FORBIDDEN", "{field}");
            answer(&app.with_role(Role::Contributor), &query).await;
            let user = app.with_role(Role::User);
            assert_eq!(code(&user.graphql(&query, json!({})).await), "FORBIDDEN", "{field}");
        }
        // A nullable field fails without failing the whole query.
        let reply = viewer.graphql("{ movie(id: \"m\") { title revisionDiff(category: MEDIA, from: 0, to: 1) { to } } importRecord(id: \"x\") { id } }", json!({})).await;
        assert_eq!(
            reply["data"],
            json!({ "movie": { "title": "The Long Tide", "revisionDiff": null }, "importRecord": null })
        );
        for query in [
            "{ imports { nodes { id } } }",
            "{ importRecord(id: \"x\") { id } }",
            "{ drafts { totalCount } }",
        ] {
            assert_eq!(code(&viewer.graphql(query, json!({})).await), "FORBIDDEN", "{query}");
            assert_eq!(
                code(&app.anonymous().graphql(query, json!({})).await),
                "UNAUTHENTICATED",
                "{query}"
            );
            answer(&app.with_role(Role::Contributor), query).await;
        }
        let input = json!({ "movieId": "m", "category": "MEDIA", "fields": ["posterUrl"] });
        for role in [Role::User, Role::Viewer, Role::Contributor] {
            let client = app.with_role(role);
            assert_eq!(
                code(&client.graphql(LOCK, json!({ "input": input })).await),
                "FORBIDDEN",
                "{role:?}"
            );
            assert_eq!(
                code(&client.graphql(UNLOCK, json!({ "input": input })).await),
                "FORBIDDEN",
                "{role:?}"
            );
        }
    }
}
