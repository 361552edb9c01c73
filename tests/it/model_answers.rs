//! Responses of language models: finding the document in the text, missing envelopes, and content
//! that was not read.

use serde_json::{Value, json};

use crate::on_both_databases;
use crate::support::command::{reelport, run};
use crate::support::operations::codes;
use crate::support::{Client, Reply, TestApp, envelope};

/// Imports a text into the timeline of movie `m`.
async fn send(admin: &Client, text: &str, options: &str) -> Reply {
    let path = format!("/api/v1/admin/movies/m/import/timeline{options}");
    admin.post_text(&path, text.to_owned()).await
}

/// The codes of a plan's warnings.
fn warning_codes(reply: &Reply) -> Vec<String> {
    let warnings = reply.json()["plan"]["warnings"].as_array().cloned().unwrap_or_default();
    warnings.iter().map(|warning| warning["code"].as_str().unwrap().to_owned()).collect()
}

on_both_databases! {
    async fn the_envelope_may_be_missing_if_the_url_names_movie_and_category(app: TestApp) {
        let admin = app.full_movie("m").await;
        let event = json!({ "date": "2001-02", "title": "Re-release", "category": "release" });
        for sent in [
            json!({ "events": [event] }),
            json!([event]),
            json!([event, { "date": "2002", "title": "Restored" }]),
            event.clone(),
            json!({ "data": { "events": [event] } }),
            json!({ "movie_id": "m", "events": [event] }),
            json!({ "category": "timeline", "data": [event] }),
        ] {
            let reply = send(&admin, &sent.to_string(), "?dry_run=true").await;
            assert_eq!(
                (reply.status, &reply.json()["status"]),
                (200, &json!("planned")),
                "{sent}: {}",
                reply.text
            );
            assert!(
                warning_codes(&reply).contains(&"ENVELOPE_MISSING".to_owned()),
                "{sent}: {}",
                reply.text
            );
            assert_eq!(
                reply.json()["plan"]["changes"][0]["label"],
                "Event: Re-release",
                "{}",
                reply.text
            );
            let input = |category: Value| json!({ "movieId": "m", "category": category, "document": sent.to_string(), "options": { "dryRun": true } });
            let payload = admin.mutate("importDocument", input(json!("TIMELINE"))).await;
            assert_eq!(payload["status"], "PLANNED", "{payload}");
            assert_eq!(payload["plan"]["digest"], reply.json()["plan"]["digest"], "{payload}");
            // Without the `category` argument, only the text can name the category.
            let payload = admin.mutate("importDocument", input(json!(null))).await;
            let is_named = sent["category"] == "timeline";
            assert_eq!(payload["status"] == "PLANNED", is_named, "{payload}");
        }
        for (sent, code) in [
            (json!({ "movie_id": "other", "events": [event] }), "MOVIE_MISMATCH"),
            (json!({ "category": "trivia", "events": [event] }), "CATEGORY_MISMATCH"),
            (
                json!({ "category": "trivia", "movie_id": "m", "data": { "items": [] } }),
                "CATEGORY_MISMATCH",
            ),
            (json!([1, 2]), "TYPE_MISMATCH"),
            (json!({ "evnts": [event] }), "NOTHING_READ"),
        ] {
            let reply = send(&admin, &sent.to_string(), "").await;
            assert_eq!(
                reply.errors(),
                [(String::new(), code.to_owned())],
                "{sent}: {}",
                reply.text
            );
        }
    }

    async fn a_quoted_stored_document_is_ignored(app: TestApp) {
        let admin = app.full_movie("m").await;
        let stored = admin.export("m", "timeline").await;
        let old = &stored["data"]["events"][2];
        let mut new = old.clone();
        new["title"] = json!("First release");
        let block = |event: &Value| format!("```json\n{}\n```", json!({ "events": [event] }));
        let text = format!("You have:\n{}\nI would write:\n{}\n", block(old), block(&new));
        for (target, status) in [("draft", "drafted"), ("published", "published")] {
            let reply = send(&admin, &text, &format!("?target={target}")).await;
            assert_eq!(
                (reply.status, &reply.json()["status"]),
                (200, &json!(status)),
                "{}",
                reply.text
            );
            assert_eq!(
                reply.json()["plan"]["changes"].as_array().unwrap().len(),
                1,
                "{}",
                reply.text
            );
        }
        assert_eq!(
            admin.export("m", "timeline").await["data"]["events"][2]["title"],
            "First release"
        );
        // Two documents that both differ from the stored one are ambiguous.
        let mut other = new.clone();
        other["title"] = json!("Second release");
        new["title"] = json!("Third release");
        let text = format!("One:\n{}\nTwo:\n{}\n", block(&new), block(&other));
        let reply = send(&admin, &text, "").await;
        assert_eq!(
            (reply.status, &reply.json()["code"]),
            (400, &json!("UNREADABLE")),
            "{}",
            reply.text
        );
        let detail = reply.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.contains("line 3") && detail.contains("line 7"), "{detail}");
    }

    async fn unread_content_is_counted_and_refused_under_strict(app: TestApp) {
        let admin = app.full_movie("m").await;
        let mut file = envelope(
            "m",
            "timeline",
            json!({ "events": [{ "date": "2003", "title": "Shown again" }] }),
        );
        file["sources"] = json!(["A book"]);
        file["evnts"] = json!([{ "date": "2004", "title": "And again" }]);
        let strict = send(&admin, &file.to_string(), "?strict=true").await;
        let unknown = (String::new(), "UNKNOWN_FIELD".to_owned());
        assert_eq!((strict.status, strict.errors()), (422, vec![unknown; 2]), "{}", strict.text);
        let planned = send(&admin, &file.to_string(), "?dry_run=true").await;
        let message = planned.json()["message"].as_str().unwrap().to_owned();
        assert!(
            message.ends_with("; 2 fields of the document were not read (see the warnings)"),
            "{message}"
        );
        assert!(planned.text.contains("did you mean \\\"events\\\"?"), "{}", planned.text);
        // With empty data, nothing was read.
        file["data"] = json!({ "events": [] });
        let refused = send(&admin, &file.to_string(), "").await;
        assert_eq!(
            (refused.status, &refused.json()["code"]),
            (422, &json!("NOTHING_READ")),
            "{}",
            refused.text
        );
        let payload = admin.import_document(&file, json!({})).await;
        assert_eq!(codes(&payload), ["NOTHING_READ"], "{payload}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_accepts_movie_and_category_options() {
    let app = TestApp::sqlite().await;
    let admin = app.full_movie("m").await;
    let folder = tempfile::tempdir().unwrap();
    let command = |arguments: &[&str]| reelport(folder.path(), &app.database.url, arguments);
    let options = ["import", "-", "--movie", "m", "--category", "timeline"];
    let ran = run(
        command(&options),
        b"{\"date\": \"2001\", \"title\": \"Found\"}\n{\"date\": \"2002\", \"title\": \"Lost\"}\n",
    )
    .await;
    assert_eq!(ran.code, 0, "{ran:?}");
    let events = admin.export("m", "timeline").await["data"]["events"].clone();
    assert_eq!(events.as_array().unwrap().len(), 5, "{events}");
    let ran = run(
        command(&options),
        envelope("n", "timeline", json!({ "events": [] })).to_string().as_bytes(),
    )
    .await;
    assert!(ran.code == 1 && ran.stderr.contains("m was asked for"), "{ran:?}");
    for arguments in [
        &["import", "-", "--movie", "m"][..],
        &["import", "-", "--movie", "m", "--category", "songs"],
    ] {
        assert_eq!(run(command(arguments), b"").await.code, 2, "{arguments:?}");
    }
    // Without both options, the text has no document either.
    let (draft, last) = (
        envelope("a", "basic_info", json!({ "title": "Draft" })),
        envelope("a", "basic_info", json!({ "title": "Last" })),
    );
    let other = envelope("b", "basic_info", json!({ "title": "Other" }));
    for text in [
        format!("<think>\n{draft}\n</think>\n{last}\n{other}"),
        format!("First {draft}, or {draft}?\n</think>\n{last}"),
    ] {
        let ran = run(command(&["import", "-"]), text.as_bytes()).await;
        assert_eq!(ran.code, 0, "{ran:?}");
        assert_eq!(admin.export("a", "basic_info").await["data"]["title"], "Last", "{text}");
        assert_eq!(admin.export("a", "basic_info").await["metadata"]["revision"], 1, "{text}");
    }
}
