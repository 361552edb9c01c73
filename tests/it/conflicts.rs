//! Concurrent edits: different changes are merged, contradictory ones are reported as conflicts.

use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::database::{dump_all, rows};
use crate::support::operations::{codes, masked, pairs};
use crate::support::{Client, TestApp, envelope};

/// An exported file, as an editor downloads it before editing.
async fn exported(client: &Client, category: &str) -> Value {
    client.export("m", category).await
}

/// The rows of all tables except the import log.
async fn stored_rows(app: &TestApp) -> Vec<(String, Vec<String>)> {
    let log = ["imports", "import_texts", "idempotency_keys"];
    let kept = |(table, _): &(String, _)| !log.contains(&table.as_str());
    dump_all(&app.database.url).await.into_iter().filter(kept).collect()
}

on_both_databases! {
    async fn an_invalid_base_revision_is_a_warning(app: TestApp) {
        let admin = app.movie("m").await;
        let mut file = envelope("m", "trivia", json!({ "items": [{ "text": "A" }] }));
        file["metadata"] = json!({ "revision": "abc" });
        let reply = admin.import_envelope("m", "trivia", "", &file).await.json();
        let message = reply["plan"]["warnings"][0]["message"].as_str().unwrap();
        assert!(message.contains("something that is no revision"), "{message}");
    }

    async fn changes_to_different_values_are_merged(app: TestApp) {
        let admin = app.full_movie("m").await;
        // The changes are in another field, another item, and another field of the same item.
        for (category, theirs, ours) in [
            ("basic_info", json!({ "tagline": "Wet." }), vec![("/title", json!("Another Tide"))]),
            (
                "timeline",
                json!({ "events": [{ "date": "2005", "title": "Shown again" }] }),
                vec![("/events/0/title", json!("Written down"))],
            ),
        ] {
            let mut file = exported(&admin, category).await;
            assert_eq!(admin.import("m", category, theirs).await.json()["status"], "published");
            for (path, value) in &ours {
                *file["data"].pointer_mut(path).unwrap() = value.clone();
            }
            let theirs = exported(&admin, category).await["data"].clone();
            let reply = admin.import_with(&file, "").await;
            let body = reply.json();
            assert_eq!(
                (&body["status"], &body["plan"]["conflicts"]),
                (&json!("published"), &json!([])),
                "{}",
                reply.text
            );
            let changed: Vec<&str> = body["plan"]["changes"]
                .as_array()
                .unwrap()
                .iter()
                .map(|change| change["path"].as_str().unwrap())
                .collect();
            assert_eq!(changed, ours.iter().map(|(path, _)| *path).collect::<Vec<_>>());
            let mut expected = theirs;
            for (path, value) in &ours {
                *expected.pointer_mut(path).unwrap() = value.clone();
            }
            assert_eq!(exported(&admin, category).await["data"], expected);
        }
        // Two fields of one item, one on each side.
        let mut file = exported(&admin, "cast_crew").await;
        let id = file["data"]["cast"][0]["credit_id"].clone();
        admin.import("m", "cast_crew", json!({ "cast": [{ "credit_id": id, "order": 9 }] })).await;
        file["data"]["cast"][0]["character"] = json!("The Captain");
        let payload = admin.import_document(&file, json!({})).await;
        assert_eq!(
            (codes(&payload), payload["plan"]["counts"]["updated"].as_u64()),
            (vec![], Some(1)),
            "{payload}"
        );
        let stored = exported(&admin, "cast_crew").await["data"]["cast"][0].clone();
        assert_eq!((&stored["order"], &stored["character"]), (&json!(9), &json!("The Captain")));
        // The same change on both sides: no conflict and no change.
        let mut file = exported(&admin, "basic_info").await;
        admin.import("m", "basic_info", json!({ "runtime": 150 })).await;
        file["data"]["runtime"] = json!(150);
        assert_eq!(admin.import_with(&file, "").await.json()["status"], "unchanged");
    }

    async fn a_conflict_is_refused_and_nothing_is_written(app: TestApp) {
        let admin = app.full_movie("m").await;
        let mut file = exported(&admin, "basic_info").await;
        admin
            .import(
                "m",
                "basic_info",
                json!({ "title": "Theirs", "runtime": 150, "tagline": "Theirs too." }),
            )
            .await;
        file["data"]["title"] = json!("Ours");
        file["data"]["runtime"] = json!(151);
        file["data"]["overview"] = json!("Ours alone.");
        let before = stored_rows(&app).await;
        let reply = admin.import_with(&file, "").await;
        let body = reply.json();
        assert_eq!((reply.status, &body["code"]), (409, &json!("CONFLICT")), "{}", reply.text);
        let conflict = |path: &str, base: Value, current: Value, imported: Value| json!({ "path": path, "label": &path[1..], "base": base, "current": current, "imported": imported });
        let expected = json!([
            conflict("/title", json!("The Long Tide"), json!("Theirs"), json!("Ours")),
            conflict("/runtime", json!(139), json!(150), json!(151)),
        ]);
        assert_eq!(body["plan"]["conflicts"], expected);
        let named = [
            ("/title".to_owned(), "CONFLICT".to_owned()),
            ("/runtime".to_owned(), "CONFLICT".to_owned()),
        ];
        assert_eq!(reply.errors(), named);
        let payload = admin.import_document(&file, json!({})).await;
        assert_eq!(
            (pairs(&payload["userErrors"]), &payload["status"]),
            (named.to_vec(), &json!("REJECTED"))
        );
        assert_eq!(payload["plan"]["conflicts"], expected);
        assert_eq!(payload["plan"]["counts"]["conflicts"], 2);
        // A dry run reports the same plan.
        let dry = admin.import_with(&file, "?dry_run=true").await;
        assert_eq!((dry.status, &dry.json()["plan"]), (409, &body["plan"]), "{}", dry.text);
        let typed = admin
            .import_category("m", "basic_info", &file["data"], json!({ "baseRevision": 2 }))
            .await;
        assert_eq!(typed["plan"]["conflicts"], expected, "{typed}");
        let ran = app.command_with(&["import", "-"], file.to_string().as_bytes()).await;
        assert_eq!(ran.code, 1, "{ran:?}");
        assert!(
            ran.stderr.contains("/title")
                && ran.stderr.contains("Theirs")
                && ran.stderr.contains("Ours"),
            "{ran:?}"
        );
        assert!(stored_rows(&app).await == before);
        // Refused imports are logged with the text that was sent; dry runs are not logged.
        let refused: Vec<Value> = rows(&app.database.url, "imports")
            .await
            .into_iter()
            .filter(|row| row["status"] == "rejected")
            .collect();
        assert_eq!(refused.len(), 4);
        assert!(
            refused.iter().all(|row| row["document"].as_str().unwrap().contains("Ours alone."))
        );
    }

    async fn a_conflict_policy_decides_conflicts(app: TestApp) {
        let admin = app.full_movie("m").await;
        for (policy, taken) in [("keep_current", "Theirs"), ("take_import", "Ours")] {
            let word = |side: &str| format!("{side}, {policy}");
            let (mut info, mut cast) =
                (exported(&admin, "basic_info").await, exported(&admin, "cast_crew").await);
            let id = cast["data"]["cast"][1]["credit_id"].clone();
            admin.import("m", "basic_info", json!({ "title": word("Theirs") })).await;
            admin
                .import(
                    "m",
                    "cast_crew",
                    json!({ "cast": [{ "credit_id": id, "character": word("Theirs") }] }),
                )
                .await;
            info["data"]["title"] = json!(word("Ours"));
            info["data"]["tagline"] = json!(format!("Settled: {policy}"));
            cast["data"]["cast"][1]["character"] = json!(word("Ours"));
            for file in [&info, &cast] {
                let planned = admin
                    .import_with(file, &format!("?on_conflict={policy}&dry_run=true"))
                    .await
                    .json();
                assert_eq!(planned["plan"]["conflicts"].as_array().unwrap().len(), 1, "{planned}");
                let options = format!(
                    "?on_conflict={policy}&expected_plan={}",
                    planned["plan"]["digest"].as_str().unwrap()
                );
                let reply = admin.import_with(file, &options).await;
                assert_eq!(reply.status, 200, "{}", reply.text);
                assert_eq!(reply.json()["plan"], planned["plan"]);
            }
            let (info, cast) = (
                exported(&admin, "basic_info").await["data"].clone(),
                exported(&admin, "cast_crew").await["data"].clone(),
            );
            assert_eq!(
                (&info["title"], &info["tagline"]),
                (&json!(word(taken)), &json!(format!("Settled: {policy}")))
            );
            assert_eq!(cast["cast"][1]["character"], word(taken));
            // The same option on the command line.
            let mut file = exported(&admin, "basic_info").await;
            admin.import("m", "basic_info", json!({ "title": "Theirs again" })).await;
            file["data"]["title"] = json!("Ours again");
            app.command_with(
                &["import", "--on-conflict", policy, "-"],
                file.to_string().as_bytes(),
            )
            .await
            .ok();
            assert_eq!(
                exported(&admin, "basic_info").await["data"]["title"],
                format!("{taken} again")
            );
        }
    }

    async fn an_item_removed_since_the_base_stays_removed_or_conflicts(app: TestApp) {
        let admin = app.full_movie("m").await;
        let file = exported(&admin, "timeline").await;
        let gone = file["data"]["events"][1]["id"].as_str().unwrap().to_owned();
        let removal = format!("?remove_items={gone}");
        admin
            .import_envelope(
                "m",
                "timeline",
                &removal,
                &crate::support::envelope("m", "timeline", json!({})),
            )
            .await;
        // The file repeats the removed item: it stays removed, with a warning.
        let reply = admin.import_with(&file, "").await.json();
        assert_eq!(
            (&reply["status"], pairs(&reply["plan"]["warnings"])),
            (&json!("unchanged"), vec![("/events/1".to_owned(), "REMOVED_SINCE".to_owned())])
        );
        // The file changed the removed item: a conflict.
        let mut edited = file.clone();
        edited["data"]["events"][1]["title"] = json!("Shooting ends");
        let reply = admin.import_with(&edited, "").await;
        assert_eq!(
            (reply.status, &reply.json()["plan"]["conflicts"][0]["current"]),
            (409, &json!(null)),
            "{}",
            reply.text
        );
        assert_eq!(
            admin.import_with(&edited, "?on_conflict=keep_current").await.json()["status"],
            "unchanged"
        );
        let reply = admin.import_with(&edited, "?on_conflict=take_import").await.json();
        assert_eq!(reply["status"], "published", "{reply}");
        let events = exported(&admin, "timeline").await["data"]["events"].clone();
        assert_eq!(
            (events.as_array().unwrap().len(), events.to_string().contains("Shooting ends")),
            (3, true)
        );
    }

    async fn items_added_on_both_sides_are_aligned_and_differences_conflict(app: TestApp) {
        let admin = app.full_movie("m").await;
        let file = exported(&admin, "timeline").await;
        let with = |event: Value| {
            let mut file = file.clone();
            file["data"]["events"].as_array_mut().unwrap().push(event);
            file
        };
        let event =
            |category: &str| json!({ "date": "2003", "title": "Gala", "category": category });
        assert_eq!(
            admin.import_with(&with(event("festival")), "").await.json()["status"],
            "published"
        );
        // An equal item is added once; a difference is a conflict.
        assert_eq!(
            admin.import_with(&with(event("festival")), "").await.json()["status"],
            "unchanged"
        );
        let before = stored_rows(&app).await;
        let reply = admin.import_with(&with(event("release")), "").await;
        let conflict = reply.json()["plan"]["conflicts"][0].clone();
        assert_eq!(
            (
                reply.status,
                &conflict["path"],
                &conflict["base"],
                &conflict["current"],
                &conflict["imported"]
            ),
            (
                409,
                &json!("/events/3/category"),
                &json!(null),
                &json!("festival"),
                &json!("release")
            ),
            "{}",
            reply.text
        );
        assert!(stored_rows(&app).await == before);
        assert_eq!(
            admin.import_with(&with(event("release")), "?on_conflict=keep_current").await.json()["status"],
            "unchanged"
        );
        let reply =
            admin.import_with(&with(event("release")), "?on_conflict=take_import").await.json();
        assert_eq!(
            (&reply["status"], &reply["plan"]["counts"]["added"]),
            (&json!("published"), &json!(0)),
            "{reply}"
        );
        // A field that only one side filled in is merged.
        let reply = admin.import_with(&with(json!({ "date": "2003", "title": "Gala", "category": "release", "description": "In the rain." })), "").await.json();
        assert_eq!(
            (&reply["status"], &reply["plan"]["changes"][0]["path"]),
            (&json!("published"), &json!("/events/3/description")),
            "{reply}"
        );

        // Two jobs, or two characters, of one person are two credits.
        let file = exported(&admin, "cast_crew").await;
        for (list, credit) in [("crew", "job"), ("cast", "character")] {
            for part in ["Composer", "Conductor"] {
                let mut file = file.clone();
                file["data"][list]
                    .as_array_mut()
                    .unwrap()
                    .push(json!({ "id": "de", "name": "Dan Elm", credit: part }));
                let reply = admin.import_with(&file, "").await.json();
                assert_eq!(
                    (&reply["status"], &reply["plan"]["counts"]["added"]),
                    (&json!("published"), &json!(1)),
                    "{list} {part}: {reply}"
                );
            }
        }
    }

    async fn an_item_added_in_a_draft_and_published_meanwhile_conflicts(app: TestApp) {
        let admin = app.full_movie("m").await;
        let event = |category: &str| json!({ "events": [{ "date": "2003", "title": "Gala", "category": category }] });
        admin
            .import_envelope(
                "m",
                "timeline",
                "?target=draft",
                &crate::support::envelope("m", "timeline", event("festival")),
            )
            .await;
        admin.import("m", "timeline", event("release")).await;
        let publish = json!({ "movieId": "m", "category": "TIMELINE" });
        let reply = admin.mutate("publishDraft", publish).await;
        assert_eq!(pairs(&reply["userErrors"]).len(), 1, "{reply}");
        assert_eq!(reply["plan"]["conflicts"][0]["current"], "release", "{reply}");
    }

    async fn removing_an_item_changed_since_the_base_conflicts(app: TestApp) {
        let admin = app.full_movie("m").await;
        let file = exported(&admin, "timeline").await;
        let id = file["data"]["events"][1]["id"].as_str().unwrap().to_owned();
        let mut without_list = file.clone();
        without_list["data"] = json!({});
        admin.import("m", "timeline", json!({ "events": [{ "id": id, "title": "Theirs" }] })).await;
        for file in [&file, &without_list] {
            let reply = admin.import_with(file, &format!("?remove_items={id}")).await;
            let conflict = &reply.json()["plan"]["conflicts"][0];
            assert_eq!(
                (
                    reply.status,
                    &conflict["path"],
                    &conflict["current"]["title"],
                    &conflict["imported"]
                ),
                (409, &json!("/events/1"), &json!("Theirs"), &json!(null)),
                "{}",
                reply.text
            );
            let reply = admin
                .import_with(file, &format!("?remove_items={id}&on_conflict=keep_current"))
                .await;
            assert_eq!(reply.json()["status"], "unchanged", "{}", reply.text);
        }
        let reply = admin
            .import_with(&file, &format!("?remove_items={id}&on_conflict=take_import"))
            .await
            .json();
        assert_eq!(
            (&reply["status"], &reply["plan"]["counts"]["removed"]),
            (&json!("published"), &json!(1)),
            "{reply}"
        );
        // Without a base, or with the current revision as base, the item is removed.
        let id = exported(&admin, "timeline").await["data"]["events"][1]["id"]
            .as_str()
            .unwrap()
            .to_owned();
        admin
            .import("m", "timeline", json!({ "events": [{ "id": id, "title": "Theirs again" }] }))
            .await;
        let bare = crate::support::envelope("m", "timeline", json!({}));
        let reply =
            admin.import_envelope("m", "timeline", &format!("?remove_items={id}"), &bare).await;
        assert_eq!(reply.json()["status"], "published", "{}", reply.text);
    }

    async fn missing_items_are_listed_under_merge_and_removed_under_replace(app: TestApp) {
        let admin = app.full_movie("m").await;
        let mut file = exported(&admin, "cast_crew").await;
        let gone = file["data"]["cast"].as_array_mut().unwrap().remove(1);
        file["data"]["crew"] = json!([]);
        // A credit that another writer added is not one that the file left out.
        admin
            .import("m", "cast_crew", json!({ "crew": [{ "name": "Kim Moe", "job": "Grip" }] }))
            .await;
        let merged = admin.import_document(&file, json!({})).await;
        assert_eq!(merged["status"], "UNCHANGED", "{merged}");
        let kept = merged["plan"]["notRemoved"].as_array().unwrap();
        let named: Vec<(&str, &str)> = kept
            .iter()
            .map(|item| (item["path"].as_str().unwrap(), item["label"].as_str().unwrap()))
            .collect();
        assert_eq!(named, [("/cast/1", "Cast: Dev Rao"), ("/crew/0", "Crew: Eli Stone")]);
        assert_eq!(kept[0]["itemId"], gone["credit_id"]);
        let planned =
            admin.import_document(&file, json!({ "mode": "REPLACE", "dryRun": true })).await;
        let removed: Vec<(&str, &str)> = planned["plan"]["changes"]
            .as_array()
            .unwrap()
            .iter()
            .map(|change| (change["op"].as_str().unwrap(), change["label"].as_str().unwrap()))
            .collect();
        assert_eq!(removed, [("REMOVE", "Cast: Dev Rao"), ("REMOVE", "Crew: Eli Stone")]);
        assert_eq!(
            (&planned["plan"]["notRemoved"], &planned["plan"]["counts"]["removed"]),
            (&json!([]), &json!(2))
        );
        // The ids that the MERGE plan listed can be used for `removeItems`.
        let ids: Vec<&Value> = kept.iter().map(|item| &item["itemId"]).collect();
        let payload = admin.import_document(&file, json!({ "removeItems": ids })).await;
        assert_eq!(payload["plan"]["counts"]["removed"], 2, "{payload}");
        let data = exported(&admin, "cast_crew").await["data"].clone();
        assert_eq!(
            (
                data["cast"].as_array().unwrap().len(),
                data["crew"][0]["name"].clone(),
                data["crew"].as_array().unwrap().len()
            ),
            (2, json!("Kim Moe"), 1)
        );
        // A field that the file leaves out is untouched in both modes.
        let mut file = exported(&admin, "basic_info").await;
        file["data"].as_object_mut().unwrap().remove("tagline");
        assert_eq!(admin.import_with(&file, "?mode=replace").await.json()["status"], "unchanged");
    }
}

#[tokio::test]
async fn refusals_with_a_plan_match_the_snapshot() {
    let app = TestApp::sqlite().await;
    let admin = app.full_movie("m").await;
    let mut file = admin.export("m", "basic_info").await;
    admin.import("m", "basic_info", json!({ "title": "Theirs" })).await;
    file["data"]["title"] = json!("Ours");
    let mut trivia = admin.export("m", "trivia").await;
    trivia["data"]["items"] = json!([{ "text": "New." }]);
    let stale = "0".repeat(64);
    let mut shown = Vec::new();
    for reply in [
        admin.import_with(&file, "").await,
        admin.import_with(&trivia, &format!("?expected_plan={stale}&mode=replace")).await,
    ] {
        assert_eq!((reply.status, reply.header("content-type")), (409, "application/problem+json"));
        let mut body = reply.json();
        let digest = std::mem::replace(&mut body["plan"]["digest"], json!("[digest]"));
        let text = masked(&body, "").to_string().replace(digest.as_str().unwrap(), "[digest]");
        shown.push(serde_json::from_str::<Value>(&text).unwrap());
    }
    insta::assert_json_snapshot!("refusals_with_a_plan", shown);
}
