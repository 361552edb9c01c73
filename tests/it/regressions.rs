//! Regressions: each test has the document that showed the bug.

use serde_json::json;

use crate::on_both_databases;
use crate::support::command::{reelport, run};
use crate::support::{database, envelope};

on_both_databases! {
    async fn a_ceremony_with_an_unknown_id_is_resolved_by_name(app: TestApp) {
        let admin = app.full_movie("m-1").await;
        let stored = admin.export("m-1", "awards").await;
        let own = &stored["data"]["awards"][0]["ceremony_id"];
        let mut sent = stored.clone();
        for award in sent["data"]["awards"].as_array_mut().unwrap() {
            award["ceremony_id"] = json!("ceremony-of-another-server");
        }
        let reply = admin.import_envelope("m-1", "awards", "", &sent).await;
        assert_eq!(
            (reply.status, &reply.json()["status"]),
            (200, &json!("unchanged")),
            "{}",
            reply.text
        );

        let new = json!({ "awards": [{ "ceremony": "harbour film awards", "ceremony_id": "another-one", "year": 2001,
            "category": "Best Tide", "result": "winner" }] });
        let reply = admin.import("m-1", "awards", new).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert_eq!(&admin.export("m-1", "awards").await["data"]["awards"][2]["ceremony_id"], own);
    }

    async fn a_clock_before_1970_works(app: TestApp) {
        let admin = app.movie("m").await;
        assert!(admin.get("/healthz").await.headers["date"].to_str().unwrap().ends_with(" GMT"));
        app.clock.forward(chrono::TimeDelta::days(-365 * 60));
        assert!(!admin.get("/healthz").await.headers.contains_key("date"));
        let reply = admin.import("m", "trivia", json!({ "items": [{ "text": "A fact" }] })).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let export = admin.export("m", "trivia").await;
        assert!(export["metadata"]["last_updated"].as_str().unwrap().starts_with("19"), "{export}");
        assert!(export["exported_at"].as_str().unwrap() < "1970", "{export}");
        let imported = admin.import_envelope("m", "trivia", "", &export).await;
        assert_eq!(imported.json()["status"], "unchanged", "{}", imported.text);
        assert_eq!(admin.get("/api/v1/admin/movies/m/export/all").await.status, 200);
        let credentials = json!({ "email": "a@example.com", "password": "no such account" });
        assert_eq!(admin.post("/api/v1/auth/login", &credentials).await.status, 401);
    }

    async fn a_price_with_a_currency_sign_keeps_the_stored_currency(app: TestApp) {
        let admin = app.movie("m-1").await;
        let option = |price: &str| json!({ "streaming_options": [{ "platform": "Kiosk", "type": "rent", "price": price }] });
        admin
            .import(
                "m-1",
                "streaming",
                json!({ "streaming_options": [
            { "platform": "Kiosk", "type": "rent", "price": "4.99", "currency": "CAD" }] }),
            )
            .await;
        let reply = admin.import("m-1", "streaming", option("$5.99")).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let stored = &admin.export("m-1", "streaming").await["data"]["streaming_options"][0];
        assert_eq!((&stored["price"], &stored["currency"]), (&json!("5.99"), &json!("CAD")));
    }

    async fn null_unlinks_a_nominee_with_nulls_clear(app: TestApp) {
        let admin = app.full_movie("m-1").await;
        let award = admin.export("m-1", "awards").await["data"]["awards"][1].clone();
        for (change, nulls, name, id) in [
            (json!({ "nominee_id": null }), "keep", json!("Ada Quist"), json!("tmdb-person-1")),
            (json!({ "nominee_id": null }), "clear", json!("Ada Quist"), json!(null)),
            (
                json!({ "nominee_id": "tmdb-person-1" }),
                "keep",
                json!("Ada Quist"),
                json!("tmdb-person-1"),
            ),
            (json!({ "nominee": null }), "clear", json!(null), json!(null)),
        ] {
            let mut sent = change.clone();
            sent["id"] = award["id"].clone();
            let envelope = envelope("m-1", "awards", json!({ "awards": [sent] }));
            let reply =
                admin.import_envelope("m-1", "awards", &format!("?nulls={nulls}"), &envelope).await;
            assert_eq!(reply.status, 200, "{}", reply.text);
            let stored = &admin.export("m-1", "awards").await["data"]["awards"][1];
            assert_eq!(
                (&stored["nominee"], &stored["nominee_id"]),
                (&name, &id),
                "{change} {nulls}"
            );
        }
    }

    async fn a_nominee_that_is_cleared_does_not_leave_its_id(app: TestApp) {
        let admin = app.full_movie("m-1").await;
        for query in ["nulls=clear", "nulls=clear&mode=replace"] {
            let before = admin.export("m-1", "awards").await;
            let mut sent = before["data"].clone();
            sent["awards"][1]["nominee"] = json!("Ada Quist");
            sent["awards"][1]["nominee_id"] = json!("tmdb-person-1");
            assert_eq!(admin.import("m-1", "awards", sent.clone()).await.status, 200);
            sent["awards"][1]["nominee"] = json!(null);
            sent["awards"][1].as_object_mut().unwrap().remove("nominee_id");
            let revision = admin.export("m-1", "awards").await["metadata"]["revision"].clone();
            let query = format!("?{query}&base_revision={revision}");
            let envelope = envelope("m-1", "awards", sent);
            let reply = admin.import_envelope("m-1", "awards", &query, &envelope).await;
            assert_eq!(reply.status, 200, "{query}: {}", reply.text);
            let stored = &admin.export("m-1", "awards").await["data"]["awards"][1];
            assert_eq!(
                (&stored["nominee"], &stored["nominee_id"]),
                (&json!(null), &json!(null)),
                "{query}"
            );
        }
    }

    async fn the_longest_names_fit_the_indexes(app: TestApp) {
        let admin = app.movie("m-1").await;
        let long = "\u{FDFA}".repeat(500);
        let reply = admin
            .import("m-1", "cast_crew", json!({ "cast": [{ "name": long, "character": long }] }))
            .await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let title = "\u{FDFA}".repeat(300);
        let reply = admin.import("m-1", "basic_info", json!({ "title": title })).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        let again = admin
            .import("m-1", "cast_crew", json!({ "cast": [{ "name": long, "character": long }] }))
            .await;
        assert_eq!(again.json()["status"], "unchanged");
    }

    async fn a_list_cannot_exceed_the_import_limit(app: TestApp) {
        let admin = app.movie("m-1").await;
        let items = |from: usize| json!({ "items": (from..from + 3_000).map(|n| json!({ "text": format!("Fact {n}") })).collect::<Vec<_>>() });
        assert_eq!(admin.import("m-1", "trivia", items(0)).await.status, 200);
        let reply = admin.import("m-1", "trivia", items(3_000)).await;
        assert_eq!(
            (reply.status, reply.errors()),
            (422, vec![("/items".to_owned(), "TOO_LONG".to_owned())])
        );
        let stored = admin.export("m-1", "trivia").await;
        assert_eq!(
            admin.import_envelope("m-1", "trivia", "", &stored).await.json()["status"],
            "unchanged"
        );
    }

    async fn an_unambiguous_currency_sign_sets_the_currency(app: TestApp) {
        let admin = app.movie("m-1").await;
        for (sent, price, currency) in [
            (json!({ "price": "4.99", "currency": "CAD" }), "4.99", "CAD"),
            (json!({ "price": "\u{20b9}99" }), "99", "INR"),
            (json!({ "currency": null, "price": "\u{20ac}5" }), "5", "EUR"),
            (json!({ "price": "\u{20b9}7", "currency": null }), "7", "INR"),
        ] {
            let mut option = json!({ "platform": "Kiosk", "type": "rent" });
            option.as_object_mut().unwrap().extend(sent.as_object().unwrap().clone());
            let reply =
                admin.import("m-1", "streaming", json!({ "streaming_options": [option] })).await;
            assert_eq!(reply.status, 200, "{}", reply.text);
            let stored = &admin.export("m-1", "streaming").await["data"]["streaming_options"][0];
            assert_eq!(
                (&stored["price"], &stored["currency"]),
                (&json!(price), &json!(currency)),
                "{sent}"
            );
        }
    }

    async fn replace_refuses_an_unknown_base_revision(app: TestApp) {
        let admin = app.movie("m-1").await;
        admin.import("m-1", "trivia", json!({ "items": [{ "text": "a" }, { "text": "b" }] })).await;
        let first = admin.export("m-1", "trivia").await;
        admin.import("m-1", "trivia", json!({ "items": [{ "text": "other" }] })).await;
        for metadata in [
            json!({ "revision": 99 }),
            json!({ "revision": -1 }),
            json!({ "revision": 1.5 }),
            json!({ "revision": "x" }),
            json!({ "revision": 1, "last_updated": "2020-01-01T00:00:00+00:00" }),
        ] {
            let sent = json!({ "category": "trivia", "movie_id": "m-1", "data": { "items": [{ "text": "a" }] }, "metadata": metadata });
            let reply = admin.import_envelope("m-1", "trivia", "?mode=replace", &sent).await;
            assert_eq!(
                (reply.status, reply.errors()),
                (409, vec![(String::new(), "BASE_REQUIRED".to_owned())]),
                "{metadata}: {}",
                reply.text
            );
        }
        for revision in [json!("1"), json!(1.0), json!(1)] {
            let mut sent = first.clone();
            sent["data"]["items"].as_array_mut().unwrap().remove(1);
            sent["metadata"]["revision"] = revision;
            let reply = admin.import_envelope("m-1", "trivia", "?mode=replace", &sent).await;
            assert_eq!(reply.status, 200, "{}", reply.text);
            let stored = admin.export("m-1", "trivia").await["data"]["items"].clone();
            let texts: Vec<_> = stored
                .as_array()
                .unwrap()
                .iter()
                .map(|item| item["text"].as_str().unwrap())
                .collect();
            assert_eq!(texts, ["a", "other"]);
        }
    }

    async fn text_with_nul_characters_is_refused(app: TestApp) {
        let admin = app.admin();
        for filter in [
            json!({ "search": "\u{0}" }),
            json!({ "search": "x".repeat(501) }),
            json!({ "genres": ["\u{0}"] }),
        ] {
            let reply = admin
                .graphql(
                    "query($f: MovieFilter) { movies(filter: $f) { totalCount } }",
                    json!({ "f": filter }),
                )
                .await;
            assert_eq!(reply["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{reply}");
        }
        let login = json!({ "email": "\u{0}", "password": "x" });
        assert_eq!(app.anonymous().post("/api/v1/auth/login", &login).await.status, 401);
    }
}

#[tokio::test]
async fn a_damaged_document_does_not_affect_the_others_in_a_file() {
    let database = database::sqlite();
    let line =
        |movie: &str| envelope(movie, "trivia", json!({ "items": [{ "text": "x" }] })).to_string();
    let pretty = |movie: &str| {
        format!("{:#}\n", envelope(movie, "trivia", json!({ "items": [{ "text": "x" }] })))
    };
    for (name, input, said) in [
        (
            "a first line that is cut",
            format!("{{\"category\":\"triv\n{}\n", line("m-1")),
            "1 published, 0 unchanged, 1 failed",
        ),
        (
            "a first line without anything",
            format!("{{}}\n{}\n", line("m-2")),
            "1 published, 0 unchanged, 1 failed",
        ),
        (
            "indented, one after another",
            pretty("m-3") + &pretty("m-4"),
            "2 published, 0 unchanged, 0 failed",
        ),
        (
            "a list behind a byte-order mark",
            format!("\u{feff}[{},{}]", line("m-5"), line("m-6")),
            "2 published, 0 unchanged, 0 failed",
        ),
    ] {
        let ran = run(
            reelport(database.folder.path(), &database.url, &["import", "-"]),
            input.as_bytes(),
        )
        .await;
        assert!(ran.stdout.starts_with(said), "{name}: {ran:?}");
    }
}
