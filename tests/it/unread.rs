//! Content of a document that was not read, and how it is reported.

use serde_json::json;

use crate::on_both_databases;
use crate::support::envelope;
use crate::support::operations::{codes, pairs};

on_both_databases! {
    async fn a_document_without_readable_fields_is_refused(app: TestApp) {
        let admin = app.full_movie("m").await;
        for (category, data, said) in [
            (
                "timeline",
                json!({ "evnts": [{ "date": "1999", "title": "A" }] }),
                "did you mean \"events\"?",
            ),
            (
                "timeline",
                json!({ "history": { "events": [] } }),
                "the fields of timeline are events",
            ),
            ("timeline", json!({ "items": [{ "text": "A" }] }), "trivia has such a field"),
            (
                "basic_info",
                json!({ "movie": { "title": "A" }, "runtme": 139 }),
                "did you mean \"runtime\"?",
            ),
            (
                "trivia",
                json!({ "a": 1, "b": 2, "c": 3, "d": 4, "e": 5, "f": 6, "g": 7 }),
                "and 2 more",
            ),
            ("trivia", json!({ "remarks": null }), "\"remarks\""),
        ] {
            let file = envelope("m", category, data);
            for options in ["", "?dry_run=true", "?mode=replace", "?target=draft"] {
                let reply = admin.import_with(&file, options).await;
                assert_eq!(
                    (reply.status, &reply.json()["code"]),
                    (422, &json!("NOTHING_READ")),
                    "{file}: {}",
                    reply.text
                );
                assert_eq!(reply.errors(), [(String::new(), "NOTHING_READ".to_owned())]);
                assert!(
                    reply.json()["detail"].as_str().unwrap().contains(said),
                    "{said}: {}",
                    reply.text
                );
            }
            let payload = admin.import_document(&file, json!({})).await;
            assert_eq!(
                (codes(&payload), &payload["status"]),
                (vec!["NOTHING_READ".to_owned()], &json!("REJECTED")),
                "{payload}"
            );
        }
        for data in [json!({}), json!({ "events": [] }), json!({ "events": null })] {
            let reply = admin.import_with(&envelope("m", "timeline", data), "").await;
            assert_eq!(
                (reply.status, &reply.json()["status"]),
                (200, &json!("unchanged")),
                "{}",
                reply.text
            );
        }
    }

    async fn an_unchanged_import_counts_unread_fields(app: TestApp) {
        let admin = app.full_movie("m").await;
        let mut file = admin.export("m", "timeline").await;
        let message =
            |reply: &crate::support::Reply| reply.json()["message"].as_str().unwrap().to_owned();
        let all = admin.import_with(&file, "").await;
        assert!(message(&all).contains("already has all of this"), "{}", all.text);
        file["data"]["events"][0]["titl"] = json!("Another");
        let one = admin.import_with(&file, "").await;
        assert_eq!((one.status, &one.json()["status"]), (200, &json!("unchanged")));
        assert!(message(&one).contains("1 field of the document was not read"), "{}", one.text);
        assert!(
            one.json()["plan"]["warnings"][0]["message"]
                .as_str()
                .unwrap()
                .contains("did you mean \"title\"?"),
            "{}",
            one.text
        );
        file["data"]["mood"] = json!("blue");
        let two = admin.import_with(&file, "").await;
        assert!(message(&two).contains("2 fields of the document were not read"), "{}", two.text);
    }

    async fn unread_content_outside_the_data_is_reported(app: TestApp) {
        let admin = app.full_movie("m").await;
        let mut file = admin.export("m", "timeline").await;
        for (key, value) in [
            ("instructions", json!(["Fill in the events."])),
            ("$schema", json!({ "events": [] })),
            ("prompt", json!({ "title": "x" })),
            ("notes", json!([{ "date": "1999" }])),
            ("comments", json!(["Checked."])),
            ("trivia", json!([])),
            ("model", json!("a model")),
        ] {
            file[key] = value;
        }
        let reply = admin.import_with(&file, "").await;
        assert_eq!(reply.json()["plan"]["warnings"], json!([]), "{}", reply.text);
        for (key, value) in [
            ("events", json!([{ "date": "2001", "title": "B" }])),
            ("Trivia", json!(["A fact."])),
            ("cast_crew", json!({ "cast": [] })),
            ("author", json!({ "id": 1, "name": "A model" })),
            ("tags", json!(["a"])),
            ("updates", json!({ "events": [] })),
        ] {
            let mut file = admin.export("m", "timeline").await;
            file[key] = value;
            let reply = admin.import_with(&file, "").await;
            assert_eq!(
                (reply.status, pairs(&reply.json()["plan"]["warnings"])),
                (200, vec![(String::new(), "UNKNOWN_FIELD".to_owned())]),
                "{key}: {}",
                reply.text
            );
            assert!(
                reply.json()["plan"]["warnings"][0]["message"].as_str().unwrap().contains(key),
                "{}",
                reply.text
            );
            assert!(
                reply.json()["message"].as_str().unwrap().contains("1 field"),
                "{}",
                reply.text
            );
        }
    }
}
