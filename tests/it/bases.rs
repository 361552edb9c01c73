//! REPLACE and the base revision of a document.

use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::operations::{codes, pairs};
use crate::support::{TestApp, envelope};

/// A movie with three events, and a file without metadata that contains one of them.
async fn with_three_events(app: &TestApp) -> (crate::support::Client, Value) {
    let admin = app.movie("m").await;
    let event = |title: &str| json!({ "date": "1999", "title": title });
    let events = json!({ "events": [event("A"), event("B"), event("C")] });
    assert_eq!(admin.import("m", "timeline", events).await.status, 200);
    (admin, envelope("m", "timeline", json!({ "events": [event("B")] })))
}

fn removed(plan: &Value) -> Vec<String> {
    let changes = plan["changes"].as_array().into_iter().flatten();
    let removed =
        changes.filter(|change| change["op"].as_str().unwrap().eq_ignore_ascii_case("remove"));
    removed.map(|change| change["label"].as_str().unwrap().to_owned()).collect()
}

on_both_databases! {
    async fn replace_that_removes_items_needs_a_base_revision(app: TestApp) {
        let (admin, file) = with_three_events(&app).await;
        let before = admin.export("m", "timeline").await["data"].clone();
        for options in ["?mode=replace", "?mode=replace&dry_run=true", "?mode=replace&target=draft"]
        {
            let reply = admin.import_with(&file, options).await;
            assert_eq!(
                (reply.status, &reply.json()["code"]),
                (409, &json!("BASE_REQUIRED")),
                "{options}: {}",
                reply.text
            );
            assert_eq!(reply.errors(), [(String::new(), "BASE_REQUIRED".to_owned())]);
            assert_eq!(removed(&reply.json()["plan"]), ["Event: A", "Event: C"], "{options}");
            assert!(
                reply.json()["detail"].as_str().unwrap().contains("base_revision=1"),
                "{}",
                reply.text
            );
        }
        for options in [
            json!({ "mode": "REPLACE" }),
            json!({ "mode": "REPLACE", "dryRun": true }),
            json!({ "mode": "REPLACE", "target": "DRAFT" }),
        ] {
            for payload in [
                admin.import_document(&file, options.clone()).await,
                admin.import_category("m", "timeline", &file["data"], options.clone()).await,
            ] {
                assert_eq!(
                    (codes(&payload), &payload["status"]),
                    (vec!["BASE_REQUIRED".to_owned()], &json!("REJECTED")),
                    "{payload}"
                );
                assert_eq!(removed(&payload["plan"]), ["Event: A", "Event: C"]);
            }
        }
        assert_eq!(admin.export("m", "timeline").await["data"], before);
        let planned = admin.import_with(&file, "?mode=replace&base_revision=1&dry_run=true").await;
        assert_eq!(
            (planned.status, removed(&planned.json()["plan"])),
            (200, vec!["Event: A".to_owned(), "Event: C".to_owned()]),
            "{}",
            planned.text
        );
        let mut said = file.clone();
        said["metadata"] = json!({ "revision": 1 });
        let reply = admin.import_with(&said, "?mode=replace").await;
        assert_eq!(
            (reply.status, removed(&reply.json()["plan"]).len()),
            (200, 2),
            "{}",
            reply.text
        );
    }

    async fn replace_that_removes_nothing_needs_no_base_revision(app: TestApp) {
        let (admin, file) = with_three_events(&app).await;
        let mut more = file.clone();
        more["data"]["events"] = admin.export("m", "timeline").await["data"]["events"].clone();
        more["data"]["events"]
            .as_array_mut()
            .unwrap()
            .push(json!({ "date": "2000", "title": "D" }));
        let reply = admin.import_with(&more, "?mode=replace").await;
        assert_eq!(
            (reply.status, &reply.json()["status"]),
            (200, &json!("published")),
            "{}",
            reply.text
        );
        assert_eq!(admin.import_with(&more, "?mode=replace").await.json()["status"], "unchanged");
        // An unknown base is a warning only.
        more["metadata"] = json!({ "revision": 99 });
        let reply = admin.import_with(&more, "?mode=replace").await;
        assert_eq!(
            (reply.status, pairs(&reply.json()["plan"]["warnings"])),
            (200, vec![(String::new(), "UNKNOWN_BASE".to_owned())]),
            "{}",
            reply.text
        );
        // Items named in `removeItems` need no base.
        let id = admin.export("m", "timeline").await["data"]["events"][0]["id"].clone();
        let mut less = more.clone();
        less.as_object_mut().unwrap().remove("metadata");
        less["data"]["events"].as_array_mut().unwrap().remove(0);
        let reply = admin
            .import_with(&less, &format!("?mode=replace&remove_items={}", id.as_str().unwrap()))
            .await;
        assert_eq!(
            (reply.status, removed(&reply.json()["plan"]).len()),
            (200, 1),
            "{}",
            reply.text
        );
        // An absent key needs no base.
        let other = envelope("m", "timeline", json!({}));
        assert_eq!(admin.import_with(&other, "?mode=replace").await.json()["status"], "unchanged");
    }

    async fn replace_that_removes_names_needs_a_base_revision(app: TestApp) {
        let admin = app.full_movie("m").await;
        for genres in [json!(["Drama"]), json!([])] {
            let file = envelope("m", "basic_info", json!({ "genres": genres }));
            let reply = admin.import_with(&file, "?mode=replace").await;
            assert_eq!(
                reply.errors(),
                [(String::new(), "BASE_REQUIRED".to_owned())],
                "{}",
                reply.text
            );
        }
        let cleared = envelope("m", "basic_info", json!({ "genres": null, "tagline": null }));
        let reply = admin.import_with(&cleared, "?mode=replace&nulls=clear").await;
        assert_eq!(reply.errors(), [(String::new(), "BASE_REQUIRED".to_owned())], "{}", reply.text);
        // Clearing a value with null needs no base.
        let cleared = envelope("m", "basic_info", json!({ "tagline": null }));
        assert_eq!(admin.import_with(&cleared, "?mode=replace&nulls=clear").await.status, 200);
    }

    async fn replacing_a_draft_uses_the_draft_as_base(app: TestApp) {
        let (admin, file) = with_three_events(&app).await;
        let drafted = envelope(
            "m",
            "timeline",
            json!({ "events": [{ "date": "2001", "title": "Drafted" }] }),
        );
        assert_eq!(admin.import_with(&drafted, "?target=draft").await.json()["status"], "drafted");
        let reply = admin.import_with(&file, "?mode=replace&target=draft").await;
        assert_eq!(removed(&reply.json()["plan"]).len(), 3, "{}", reply.text);
        assert!(
            reply.json()["detail"].as_str().unwrap().contains("metadata.draft_revision=1"),
            "{}",
            reply.text
        );
        let mut said = file.clone();
        said["metadata"] = json!({ "draft_revision": 1 });
        let reply = admin.import_with(&said, "?mode=replace&target=draft").await;
        assert_eq!(
            (reply.status, removed(&reply.json()["plan"]).len()),
            (200, 3),
            "{}",
            reply.text
        );
    }

    async fn replace_on_the_command_line_needs_a_base_revision(app: TestApp) {
        let (admin, file) = with_three_events(&app).await;
        let text = file.to_string();
        let ran = app
            .command_with(&["import", "--mode", "replace", "--dry-run", "-"], text.as_bytes())
            .await;
        assert!(
            ran.code == 1
                && ran.stderr.contains("--base-revision 1")
                && ran.stdout.contains("  - /events/0"),
            "{ran:?}"
        );
        let ran = app.command_with(&["import", "--mode", "replace", "-"], text.as_bytes()).await;
        assert!(ran.code == 1 && ran.stderr.contains("REPLACE would remove 2 items"), "{ran:?}");
        assert_eq!(
            admin.export("m", "timeline").await["data"]["events"].as_array().unwrap().len(),
            3
        );
        app.command_with(
            &["import", "--mode", "replace", "--base-revision", "1", "-"],
            text.as_bytes(),
        )
        .await
        .ok();
        assert_eq!(
            admin.export("m", "timeline").await["data"]["events"].as_array().unwrap().len(),
            1
        );
    }
}
