//! The REST API.

use std::io::{Cursor, Read as _};

use chrono::{DateTime, Datelike as _, Timelike as _, Utc};
use reelport::catalog::access::Role;
use reelport::document::Category;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::on_both_databases;
use crate::support::database::{TABLES, dump};
use crate::support::{Client, Reply, TestApp, envelope, fixtures, token};

const MAX_BODY: usize = 16 * 1024 * 1024;

fn parse_time(value: &Value) -> DateTime<Utc> {
    value.as_str().unwrap().parse().unwrap()
}

async fn export_with(client: &Client, if_none_match: &str) -> Reply {
    let request = client.request(Method::GET, "/api/v1/admin/movies/m/export/timeline");
    client.send(request.header("if-none-match", if_none_match)).await
}

#[track_caller]
fn assert_problem(reply: &Reply, status: u16, code: &str) {
    assert_eq!(reply.status, status, "{}", reply.text);
    assert_eq!(reply.header("content-type"), "application/problem+json");
    let body = reply.json();
    let keys: Vec<_> = body.as_object().unwrap().keys().collect();
    assert_eq!(keys[..6], ["type", "title", "status", "detail", "code", "errors"]);
    assert!(keys[6..].iter().all(|key| *key == "plan" || *key == "repair_hint"), "{keys:?}");
    assert_eq!((&body["status"], &body["code"]), (&json!(status), &json!(code)), "{body}");
    assert!(!body["detail"].as_str().unwrap().is_empty());
}

on_both_databases! {
    async fn every_category_is_exported_in_the_documented_envelope(app: TestApp) {
        let before = Utc::now();
        let admin = app.full_movie("tmdb-1").await;
        for (category, data) in fixtures::all_categories() {
            let envelope = admin.export("tmdb-1", category).await;
            let keys: Vec<_> = envelope.as_object().unwrap().keys().collect();
            assert_eq!(
                keys,
                ["category", "movie_id", "version", "exported_at", "data", "metadata"]
            );
            assert_eq!(envelope["category"], category);
            assert_eq!(envelope["movie_id"], "tmdb-1");
            assert_eq!(envelope["version"], "1.0");
            assert_eq!(fixtures::facts(&envelope["data"]), fixtures::facts(&data));
            let metadata = &envelope["metadata"];
            let keys: Vec<_> = metadata.as_object().unwrap().keys().collect();
            assert_eq!(keys, ["source", "last_updated", "updated_by", "revision"]);
            assert_eq!(metadata["source"], "manual");
            assert_eq!(metadata["updated_by"], "admin@example.com");
            // Basic info got its first revision when the movie was created.
            assert_eq!(metadata["revision"], if category == "basic_info" { 2 } else { 1 });
            assert!(
                parse_time(&metadata["last_updated"]) >= before - chrono::Duration::milliseconds(1)
            );
            assert!(parse_time(&metadata["last_updated"]) <= parse_time(&envelope["exported_at"]));
            assert!(envelope["exported_at"].as_str().unwrap().ends_with("+00:00"));
        }
    }

    async fn both_spellings_of_a_category_are_accepted(app: TestApp) {
        let admin = app.movie("m").await;
        for (category, data) in fixtures::all_categories() {
            let slug = category.replace('_', "-");
            let hyphenated = envelope("m", &slug, data.clone());
            assert_eq!(admin.import_envelope("m", category, "", &hyphenated).await.status, 200);
            let reply = admin.import_envelope("m", &slug, "", &envelope("m", category, data)).await;
            assert_eq!(reply.json()["status"], "unchanged", "{}", reply.text);
            let (one, other) = (admin.export("m", category).await, admin.export("m", &slug).await);
            assert_eq!((&one["category"], &one["data"]), (&json!(category), &other["data"]));
        }
    }

    async fn an_export_is_a_file_named_after_movie_and_category(app: TestApp) {
        let reply =
            app.movie("tmdb-550").await.get("/api/v1/admin/movies/tmdb-550/export/cast_crew").await;
        assert_eq!(reply.header("content-type"), "application/json");
        assert_eq!(
            reply.header("content-disposition"),
            "attachment; filename=\"tmdb-550-cast-crew.json\""
        );
    }

    async fn an_unwritten_category_is_empty_at_revision_0(app: TestApp) {
        let admin = app.movie("m").await;
        for (category, lists) in [
            (
                "cast_crew",
                json!({ "directors": [], "writers": [], "producers": [], "cast": [], "crew": [] }),
            ),
            ("timeline", json!({ "events": [] })),
            ("trivia", json!({ "items": [] })),
            ("awards", json!({ "awards": [] })),
            ("media", json!({ "gallery": [] })),
            ("streaming", json!({ "streaming_options": [] })),
        ] {
            let envelope = admin.export("m", category).await;
            let never = json!({ "source": "manual", "last_updated": null, "updated_by": null, "revision": 0 });
            assert_eq!((&envelope["data"], &envelope["metadata"]), (&lists, &never), "{category}");
        }
    }

    async fn a_matching_etag_gives_304_until_the_document_changes(app: TestApp) {
        let admin = app.movie("m").await;
        admin.import("m", "timeline", fixtures::timeline()).await;
        let first = admin.get("/api/v1/admin/movies/m/export/timeline").await;
        let etag = first.header("etag").to_owned();
        let strong = etag.strip_prefix("W/").unwrap();
        let list = format!("\"other\", {etag}");
        for known in [etag.as_str(), strong, list.as_str(), "*"] {
            let reply = export_with(&admin, known).await;
            assert_eq!(
                (reply.status, reply.text.as_str(), reply.header("etag")),
                (304, "", etag.as_str()),
                "{known}"
            );
        }
        for unknown in ["\"other\"", "W/\"other\", \"another\"", strong.trim_matches('"')] {
            assert_eq!(export_with(&admin, unknown).await.status, 200, "{unknown}");
        }
        admin.import("m", "timeline", fixtures::timeline()).await;
        assert_eq!(export_with(&admin, &etag).await.status, 304);
        admin
            .import("m", "timeline", json!({ "events": [{ "date": "2001", "title": "Restored" }] }))
            .await;
        let changed = export_with(&admin, &etag).await;
        assert_eq!(changed.status, 200);
        assert_ne!(changed.header("etag"), etag);
    }

    async fn a_recreated_movie_has_a_different_etag(app: TestApp) {
        let admin = app.movie("m").await;
        let reply = admin.import("m", "timeline", fixtures::timeline()).await;
        assert_eq!(reply.json()["revision"], 1);
        let etag =
            admin.get("/api/v1/admin/movies/m/export/timeline").await.header("etag").to_owned();
        admin
            .graphql("mutation { deleteMovie(input: {id: \"m\"}) { deletedMovieId } }", json!({}))
            .await;
        let admin = app.movie("m").await;
        admin
            .import("m", "timeline", json!({ "events": [{ "date": "2001", "title": "Restored" }] }))
            .await;
        assert_eq!(export_with(&admin, &etag).await.status, 200);
    }

    async fn a_bundle_is_a_zip_of_the_seven_files(app: TestApp) {
        let admin = app.full_movie("tmdb-1").await;
        let reply = admin.get("/api/v1/admin/movies/tmdb-1/export/all").await;
        assert_eq!((reply.status, reply.header("content-type")), (200, "application/zip"));
        assert_eq!(
            reply.header("content-disposition"),
            "attachment; filename=\"tmdb-1-export.zip\""
        );
        let mut archive = zip::ZipArchive::new(Cursor::new(reply.bytes)).unwrap();
        assert_eq!(archive.len(), 7);
        for (index, category) in Category::ALL.iter().enumerate() {
            let mut entry = archive.by_index(index).unwrap();
            assert_eq!(entry.name().unwrap(), format!("tmdb-1/{}.json", category.slug()));
            let mut text = String::new();
            entry.read_to_string(&mut text).unwrap();
            let file: Value = serde_json::from_str(&text).unwrap();
            let pretty = format!("{file:#}\n");
            assert_eq!(text, pretty);
            let single = admin.export("tmdb-1", category.as_str()).await;
            for key in ["category", "movie_id", "version", "data", "metadata"] {
                assert_eq!(file[key], single[key], "{category} {key}");
            }
            let (time, wanted) =
                (entry.last_modified().unwrap(), parse_time(&file["metadata"]["last_updated"]));
            assert_eq!(i32::from(time.year()), wanted.year());
            let shown = [time.month(), time.day(), time.hour(), time.minute()].map(u32::from);
            assert_eq!(shown, [wanted.month(), wanted.day(), wanted.hour(), wanted.minute()]);
        }
    }

    async fn a_bundle_contains_unwritten_categories(app: TestApp) {
        let reply = app.movie("m").await.get("/api/v1/admin/movies/m/export/all").await;
        let mut archive = zip::ZipArchive::new(Cursor::new(reply.bytes)).unwrap();
        let mut text = String::new();
        archive.by_name("m/trivia.json").unwrap().read_to_string(&mut text).unwrap();
        let file: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(
            (&file["metadata"]["revision"], &file["data"]),
            (&json!(0), &json!({ "items": [] }))
        );
    }

    async fn an_import_response_describes_the_result(app: TestApp) {
        let admin = app.movie("m").await;
        let sent = json!({ "year": "1999", "title": "A movie", "runtime": 139, "no_such": 1 });
        let reply = admin.import("m", "basic_info", sent.clone()).await;
        let body = reply.json();
        let keys: Vec<_> = body.as_object().unwrap().keys().collect();
        assert_eq!(
            keys,
            [
                "success",
                "status",
                "message",
                "updated_fields",
                "errors",
                "plan",
                "revision",
                "draft_revision",
                "import_id",
                "repair_hint"
            ]
        );
        assert_eq!(
            (&body["success"], &body["status"], &body["revision"]),
            (&json!(true), &json!("published"), &json!(2))
        );
        assert_eq!(body["updated_fields"], json!(["year", "runtime"]));
        assert_eq!(body["errors"], json!([]));
        let change = &body["plan"]["changes"][0];
        assert_eq!(
            (&change["path"], &change["op"], &change["after"]),
            (&json!("/year"), &json!("add"), &json!("1999"))
        );
        let warning = &body["plan"]["warnings"][0];
        assert_eq!(
            (&warning["path"], &warning["code"]),
            (&json!("/no_such"), &json!("UNKNOWN_FIELD"))
        );

        let again = admin.import("m", "basic_info", sent).await.json();
        assert_eq!(
            (&again["success"], &again["status"], &again["revision"]),
            (&json!(true), &json!("unchanged"), &json!(2))
        );
        assert_eq!((&again["updated_fields"], &again["plan"]["changes"]), (&json!([]), &json!([])));
    }

    async fn import_options_are_query_parameters(app: TestApp) {
        let admin = app.movie("m").await;
        let events = |titles: &[&str]| {
            let events: Vec<_> =
                titles.iter().map(|title| json!({ "date": "1999", "title": title })).collect();
            envelope("m", "timeline", json!({ "events": events }))
        };
        admin.import_envelope("m", "timeline", "?source=tmdb", &events(&["A", "B"])).await;
        assert_eq!(admin.export("m", "timeline").await["metadata"]["source"], "tmdb");
        let reply = admin
            .import_envelope(
                "m",
                "timeline",
                "?mode=replace&base_revision=1&source=llm-generated",
                &events(&["B"]),
            )
            .await;
        assert_eq!(reply.json()["plan"]["changes"][0]["op"], "remove", "{}", reply.text);
        let stored = admin.export("m", "timeline").await;
        assert_eq!(stored["metadata"]["source"], "llm-generated");
        assert_eq!(stored["data"]["events"].as_array().unwrap().len(), 1);
        let id = stored["data"]["events"][0]["id"].as_str().unwrap();
        let options = format!("?remove_items={id}&base_revision=2&nulls=clear&strict=true");
        let reply = admin
            .import_envelope("m", "timeline", &options, &envelope("m", "timeline", json!({})))
            .await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        assert_eq!(admin.export("m", "timeline").await["data"]["events"], json!([]));
        let unknown_key = envelope("m", "timeline", json!({ "no_such": 1 }));
        let reply = admin.import_envelope("m", "timeline", "?strict=true", &unknown_key).await;
        assert_problem(&reply, 422, "INVALID_DOCUMENT");
        assert_eq!(reply.errors(), [("/no_such".to_owned(), "UNKNOWN_FIELD".to_owned())]);
    }

    async fn an_unknown_option_is_refused_and_nothing_is_stored(app: TestApp) {
        let admin = app.movie("m").await;
        let before = dump(&app.database.url, TABLES).await;
        for options in [
            "?no_such=true",
            "?dry_run=yes",
            "?dryrun=true",
            "?target=live",
            "?on_conflict=mine",
            "?mode=overwrite",
            "?source=nobody",
            "?strict=2",
            "?nulls=drop",
            "?base_revision=-1",
            "?base_revision=x",
            "?mode=replace&Mode=merge",
        ] {
            let sent = envelope("m", "timeline", fixtures::timeline());
            assert_problem(
                &admin.import_envelope("m", "timeline", options, &sent).await,
                400,
                "BAD_USER_INPUT",
            );
        }
        assert_eq!(dump(&app.database.url, TABLES).await, before);
    }

    async fn an_unreadable_or_mismatched_file_is_400(app: TestApp) {
        let admin = app.movie("m").await;
        let before = dump(&app.database.url, TABLES).await;
        let mut of_version_2 = envelope("m", "timeline", fixtures::timeline());
        of_version_2["version"] = json!("2.0");
        for (envelope, code) in [
            (envelope("m", "trivia", fixtures::trivia()), "CATEGORY_MISMATCH"),
            (envelope("m", "no-such", fixtures::trivia()), "CATEGORY_MISMATCH"),
            (envelope("other", "timeline", fixtures::timeline()), "MOVIE_MISMATCH"),
            (of_version_2, "UNSUPPORTED_VERSION"),
        ] {
            let reply = admin.import_envelope("m", "timeline", "", &envelope).await;
            assert_problem(&reply, 400, code);
            assert_eq!(reply.errors(), [(String::new(), code.to_owned())]);
        }
        for text in [
            "",
            "{",
            "nonsense",
            "{\"category\": \"timeline\"",
            "{\"category\": \"timeline\"}} trailing",
        ] {
            let reply = admin.post_text("/api/v1/admin/movies/m/import/timeline", text).await;
            assert_problem(&reply, 400, "UNREADABLE");
        }
        assert_eq!(dump(&app.database.url, TABLES).await, before);
    }

    async fn all_validation_errors_are_reported_and_nothing_is_stored(app: TestApp) {
        let admin = app.movie("m").await;
        let before = dump(&app.database.url, TABLES).await;
        let reply = admin.import("m", "basic_info", json!({
            "title": "x".repeat(301), "runtime": -1, "status": "lost", "genres": true, "imdb_id": "550",
            "revenue": 9_007_199_254_740_992_u64, "release_date": "1999-02-30", "overview": "fine"
        })).await;
        assert_problem(&reply, 422, "INVALID_DOCUMENT");
        let expected = [
            ("/title", "TOO_LONG"),
            ("/runtime", "OUT_OF_RANGE"),
            ("/status", "INVALID"),
            ("/genres", "TYPE_MISMATCH"),
            ("/imdb_id", "INVALID"),
            ("/revenue", "OUT_OF_RANGE"),
            ("/release_date", "INVALID"),
        ];
        assert_eq!(reply.errors(), expected.map(|(path, code)| (path.to_owned(), code.to_owned())));

        let reply = admin.import("m", "timeline", json!({ "events": [
            { "date": "1999", "title": "fine" }, { "title": "no date" }, { "date": "soon", "title": "A", "media_url": "ftp://x" }
        ] })).await;
        let mut errors = reply.errors();
        errors.sort();
        let expected = [
            ("/events/1/date", "REQUIRED"),
            ("/events/2/date", "INVALID"),
            ("/events/2/media_url", "INVALID"),
        ];
        assert_eq!(errors, expected.map(|(path, code)| (path.to_owned(), code.to_owned())));
        assert_eq!(dump(&app.database.url, TABLES).await, before);
    }

    async fn an_incomplete_envelope_is_422(app: TestApp) {
        let admin = app.movie("m").await;
        for (body, count) in [
            (json!({}), 1),
            (json!({ "category": "timeline", "movie_id": "m" }), 1),
            (json!({ "category": "timeline", "movie_id": "m", "data": [] }), 1),
            (json!([]), 1),
        ] {
            let reply = admin.import_envelope("m", "timeline", "", &body).await;
            assert_problem(&reply, 422, "INVALID_DOCUMENT");
            assert_eq!(reply.errors().len(), count, "{}", reply.text);
        }
    }

    async fn additional_envelope_keys_are_ignored(app: TestApp) {
        let admin = app.movie("m").await;
        let mut file = envelope("m", "timeline", fixtures::timeline());
        for key in ["instructions", "$schema", "prompt", "notes"] {
            file[key] = json!("Fill in the events.");
        }
        let reply = admin.import_envelope("m", "timeline", "?strict=true", &file).await;
        assert_eq!(
            (reply.status, &reply.json()["plan"]["warnings"]),
            (200, &json!([])),
            "{}",
            reply.text
        );
    }

    async fn an_unknown_movie_or_category_is_404(app: TestApp) {
        let admin = app.movie("m").await;
        for path in [
            "no-such/export/timeline",
            "m/export/no-such",
            "no-such/export/all",
            "m/export/ALL",
            "a%2Fb/export/all",
        ] {
            assert_problem(
                &admin.get(&format!("/api/v1/admin/movies/{path}")).await,
                404,
                "NOT_FOUND",
            );
        }
        assert_problem(
            &admin.import("no-such", "timeline", fixtures::timeline()).await,
            404,
            "NOT_FOUND",
        );
        assert_problem(&admin.import("m", "no-such", json!({})).await, 404, "NOT_FOUND");
        assert_problem(&admin.get("/api/v1/schemas/no-such").await, 404, "NOT_FOUND");
    }

    async fn an_internal_error_shows_only_a_request_id(app: TestApp) {
        let admin = app.full_movie("m").await;
        crate::support::database::execute(
            &app.database.url,
            "UPDATE documents SET body = 'secret detail'",
        )
        .await;
        let reply = admin.import("m", "timeline", fixtures::timeline()).await;
        assert_problem(&reply, 500, "INTERNAL");
        let id = reply.header("x-request-id").to_owned();
        assert!(!id.is_empty() && reply.text.contains(&id), "{}", reply.text);
        insta::assert_snapshot!("internal_error", reply.text.replace(&id, "[request id]"));
    }

    async fn changes_are_visible_on_every_replica(app: TestApp) {
        let here = app.movie("m").await;
        let there = app.replica().await;
        there.import("m", "timeline", fixtures::timeline()).await;
        let etag =
            here.get("/api/v1/admin/movies/m/export/timeline").await.header("etag").to_owned();
        assert_eq!(export_with(&there, &etag).await.status, 304);
        here.import(
            "m",
            "timeline",
            json!({ "events": [{ "date": "2001", "title": "Restored" }] }),
        )
        .await;
        assert_eq!(export_with(&there, &etag).await.status, 200);
        assert_eq!(
            here.export("m", "timeline").await["data"],
            there.export("m", "timeline").await["data"]
        );
    }

    async fn readiness_follows_the_database_and_liveness_does_not(app: TestApp) {
        let client = app.anonymous();
        assert_eq!(
            (client.get("/healthz").await.status, client.get("/readyz").await.status),
            (200, 200)
        );
        app.app.catalog.database().close().await;
        assert_eq!(client.get("/healthz").await.status, 200);
        assert_problem(&client.get("/readyz").await, 503, "UNAVAILABLE");
    }

    async fn the_export_and_import_workflow_of_existing_clients_works(app: TestApp) {
        app.app
            .accounts
            .create("editor@example.com", "correct horse battery", Role::Admin)
            .await
            .unwrap()
            .unwrap();
        app.full_movie("tmdb-550").await;
        let credentials =
            json!({ "email": "editor@example.com", "password": "correct horse battery" });
        let session = app.anonymous().post("/api/v1/auth/login", &credentials).await.json();
        let client = app.anonymous().with_token(session["access_token"].as_str().unwrap());

        for category in
            ["basic-info", "cast-crew", "timeline", "trivia", "awards", "media", "streaming"]
        {
            let exported = client.export("tmdb-550", category).await;
            assert!(exported["data"].is_object() && exported["metadata"].is_object(), "{exported}");
        }
        let bundle = client.get("/api/v1/admin/movies/tmdb-550/export/all").await;
        assert_eq!((bundle.status, bundle.bytes.starts_with(b"PK")), (200, true));

        let metadata = json!({ "source": "llm-generated", "last_updated": "2025-01-01T00:00:00Z", "updated_by": "some-model" });
        for (category, data, updated) in [
            (
                "timeline",
                json!({ "events": [{ "date": "2019-10-15", "title": "Twenty years on", "description": "A look back." }] }),
                "events",
            ),
            (
                "trivia",
                json!({ "items": [{ "question": "Who held the lamp?", "answer": "The clerk." }] }),
                "items",
            ),
        ] {
            let mut file = envelope("tmdb-550", category, data.clone());
            file["version"] = json!("1.0");
            file["metadata"] = metadata.clone();
            let reply = client.import_envelope("tmdb-550", category, "", &file).await;
            assert_eq!(reply.status, 200, "{}", reply.text);
            let body = reply.json();
            assert_eq!(
                (&body["success"], &body["updated_fields"]),
                (&json!(true), &json!([updated]))
            );
            assert!(body["message"].is_string());
            let exported = client.export("tmdb-550", category).await;
            let kept = fixtures::facts(&exported["data"][updated]);
            assert!(kept.as_array().unwrap().contains(&data[updated][0]), "{kept}");
            assert_eq!(exported["metadata"]["source"], "llm-generated");
            assert_eq!(exported["metadata"]["updated_by"], "editor@example.com");
        }
    }

    async fn exports_are_valid_against_the_json_schema(app: TestApp) {
        let admin = app.full_movie("tmdb-1").await;
        app.movie("bare").await;
        for category in Category::ALL {
            let reply = app.anonymous().get(&format!("/api/v1/schemas/{}", category.slug())).await;
            assert_eq!(reply.status, 200);
            let schema = reply.json();
            assert_eq!(
                app.anonymous().get(&format!("/api/v1/schemas/{}", category.as_str())).await.json(),
                schema
            );
            let validator = jsonschema::draft202012::new(&schema).unwrap();
            for movie in ["tmdb-1", "bare"] {
                let export = admin.export(movie, category.as_str()).await;
                let errors: Vec<_> =
                    validator.iter_errors(&export).map(|error| error.to_string()).collect();
                assert_eq!(errors, [""; 0], "{category} of {movie}");
            }
            let broken = envelope("tmdb-1", category.as_str(), json!({ "no_such": 1 }));
            assert!(!validator.is_valid(&broken), "{category}");
        }
    }
}

#[tokio::test]
async fn problems_match_the_snapshot() {
    let app = TestApp::sqlite().await;
    let admin = app.movie("m").await;
    let mut shown = Vec::new();
    let path = "/api/v1/admin/movies/m/import/timeline";
    let text = admin.request(Method::POST, path).header("content-type", "text/plain").body("{}");
    for reply in [
        admin.post_text(path, "{").await,
        admin.import_envelope("m", "timeline", "", &envelope("m", "trivia", json!({}))).await,
        app.anonymous().get("/api/v1/admin/movies/m/export/timeline").await,
        app.viewer().import("m", "timeline", json!({})).await,
        admin.get("/api/v1/admin/movies/no-such/export/timeline").await,
        admin.get("/api/v1/admin/movies/m/export/no-such").await,
        admin.send(admin.request(Method::PUT, path)).await,
        admin.send(text).await,
        admin
            .import(
                "m",
                "timeline",
                json!({ "events": [{ "date": "soon", "title": "A" }, { "date": "1999" }] }),
            )
            .await,
    ] {
        assert_eq!(reply.header("content-type"), "application/problem+json");
        shown.push(reply.json());
    }
    insta::assert_json_snapshot!("problems", shown);
}

#[tokio::test]
async fn a_body_without_a_json_content_type_is_415() {
    let app = TestApp::sqlite().await;
    let admin = app.movie("m").await;
    let path = "/api/v1/admin/movies/m/import/timeline";
    let body = envelope("m", "timeline", fixtures::timeline()).to_string();
    for media_type in
        [Some("text/plain"), Some("application/xml"), Some("multipart/form-data; boundary=x"), None]
    {
        let mut request = admin.request(Method::POST, path).body(body.clone());
        if let Some(media_type) = media_type {
            request = request.header("content-type", media_type);
        }
        assert_problem(&admin.send(request).await, 415, "UNSUPPORTED_MEDIA_TYPE");
    }
    let request = admin
        .request(Method::POST, path)
        .header("content-type", "Application/JSON; charset=utf-8")
        .body(body);
    assert_eq!(admin.send(request).await.status, 200);
}

/// Sends a request as raw bytes and reads the whole response.
async fn raw(app: &TestApp, head: &str, body: &[u8]) -> String {
    let token = token(Role::Admin, "admin@example.com");
    let mut stream = TcpStream::connect(app.address).await.unwrap();
    let head = format!(
        "POST {head}\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\nauthorization: Bearer {token}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn a_body_over_16_mib_is_413_with_or_without_content_length() {
    let app = TestApp::sqlite().await;
    let admin = app.movie("m").await;
    let path = "/api/v1/admin/movies/m/import/timeline";
    // A declared length is refused before the body is read.
    let declared =
        raw(&app, &format!("{path} HTTP/1.1\r\ncontent-length: {}", MAX_BODY + 1), b"").await;
    assert!(
        declared.starts_with("HTTP/1.1 413 ") && declared.contains("\"code\":\"TOO_LARGE\""),
        "{declared}"
    );
    let mut chunk = format!("{:x}\r\n", MAX_BODY + 1).into_bytes();
    chunk.resize(chunk.len() + MAX_BODY + 1, b' ');
    let chunked =
        raw(&app, &format!("{path} HTTP/1.1\r\ntransfer-encoding: chunked"), &chunk).await;
    assert!(
        chunked.starts_with("HTTP/1.1 413 ") && chunked.contains("\"code\":\"TOO_LARGE\""),
        "{chunked}"
    );

    let mut exactly = envelope("m", "timeline", fixtures::timeline()).to_string().into_bytes();
    exactly.resize(MAX_BODY, b' ');
    let reply = admin.post_text(path, exactly).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
}

#[tokio::test]
async fn unknown_methods_and_paths_return_problems() {
    let app = TestApp::sqlite().await;
    let admin = app.admin();
    for (method, path, allow) in [
        (Method::DELETE, "/api/v1/admin/movies/m/export/timeline", "GET"),
        (Method::GET, "/api/v1/admin/movies/m/import/timeline", "POST"),
        (Method::GET, "/api/v1/auth/login", "POST"),
        (Method::PUT, "/graphql", "GET"),
    ] {
        let reply = admin.send(admin.request(method, path)).await;
        assert_problem(&reply, 405, "METHOD_NOT_ALLOWED");
        assert!(reply.header("allow").contains(allow), "{path}: {:?}", reply.headers);
    }
    for path in
        ["/no/such/address", "/api/v1/admin/movies/m", "/api/v1/admin/movies//export/timeline"]
    {
        assert_problem(&admin.get(path).await, 404, "NOT_FOUND");
    }
}

#[tokio::test]
async fn large_json_is_compressed_on_request_and_zip_is_not() {
    let app = TestApp::sqlite().await;
    let admin = app.full_movie("m").await;
    let compressed = |path: &'static str| {
        let request = admin.request(Method::GET, path).header("accept-encoding", "gzip");
        admin.send(request)
    };
    let json = compressed("/api/v1/admin/movies/m/export/cast-crew").await;
    assert_eq!(json.header("content-encoding"), "gzip");
    assert_eq!(
        compressed("/api/v1/admin/movies/m/export/all").await.header("content-encoding"),
        ""
    );
}
