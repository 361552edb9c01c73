//! Bulk exports and imports over HTTP.

use std::io::{Cursor, Read as _};

use reelport::catalog::access::{Role, command_line};
use reelport::catalog::bulk::Selection;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::mpsc;

use crate::on_both_databases;
use crate::support::packing::{gzipped, ndjson, zipped};
use crate::support::raw::Raw;
use crate::support::{Client, Reply, TestApp, envelope, fixtures, token};

const EXPORT: &str = "/api/v1/admin/movies/export";
const IMPORT: &str = "/api/v1/admin/movies/import";

fn trivia(movie: &str, text: &str) -> Value {
    envelope(movie, "trivia", json!({ "items": [{ "text": text }] }))
}

async fn import(client: &Client, query: &str, media_type: &str, file: Vec<u8>) -> Reply {
    let request = client
        .request(Method::POST, &format!("{IMPORT}{query}"))
        .header("content-type", media_type)
        .body(file);
    client.send(request).await
}

fn lines(reply: &Reply) -> Vec<Value> {
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// The lines of the documents, and the summary.
fn results(reply: &Reply) -> (Vec<Value>, Value) {
    let mut lines = lines(reply);
    let summary = lines.pop().unwrap()["summary"].clone();
    assert!(summary.is_object(), "{}", reply.text);
    (lines, summary)
}

fn statuses(lines: &[Value]) -> Vec<String> {
    let shown = |line: &Value| {
        format!("{} {}", line["movie_id"].as_str().unwrap_or("?"), line["status"].as_str().unwrap())
    };
    lines.iter().map(shown).collect()
}

/// The names and contents of an archive's entries, in their order.
fn entries(bytes: &[u8]) -> Vec<(String, String)> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let count = archive.len();
    let read = |index| {
        let mut entry = archive.by_index(index).unwrap();
        let mut content = String::new();
        entry.read_to_string(&mut content).unwrap();
        (entry.name().unwrap().into_owned(), content)
    };
    (0..count).map(read).collect()
}

fn keys(text: &str) -> Vec<String> {
    let key = |line: &str| {
        let envelope: Value = serde_json::from_str(line).unwrap();
        let text = |key: &str| envelope[key].as_str().unwrap().to_owned();
        format!("{} {}", text("movie_id"), text("category"))
    };
    text.lines().map(key).collect()
}

on_both_databases! {
    async fn an_archive_of_the_catalogue_is_complete_and_imports_unchanged(app: TestApp) {
        let admin = app.full_movie("a").await;
        app.full_movie("b").await;
        let reply = admin.get(EXPORT).await;
        assert_eq!((reply.status, reply.header("content-type")), (200, "application/zip"));
        assert!(
            reply.header("content-disposition").starts_with("attachment; filename=\"reelport-"),
            "{:?}",
            reply.headers
        );
        let mut entries = entries(&reply.bytes);
        let (name, manifest) = entries.pop().unwrap();
        assert_eq!(name, "manifest.json");
        assert_eq!(entries.len(), 14);
        for (name, content) in &entries {
            let (movie, category) = name.strip_suffix(".json").unwrap().split_once('/').unwrap();
            let mut expected = admin.export(movie, category).await;
            let mut exported: Value = serde_json::from_str(content).unwrap();
            expected["exported_at"] = Value::Null;
            exported["exported_at"] = Value::Null;
            assert_eq!(exported, expected, "{name}");
        }
        let manifest: Value = serde_json::from_str(&manifest).unwrap();
        assert_eq!((&manifest["documents"], &manifest["movies"]), (&json!(14), &json!(2)));
        assert_eq!(manifest["categories"]["trivia"], 2);
        // The digest is that of what `sha256sum` prints for the entries.
        let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        let sums: String = entries
            .iter()
            .map(|(name, content)| format!("{}  {name}\n", hex(&Sha256::digest(content))))
            .collect();
        assert_eq!(manifest["sha256"], hex(&Sha256::digest(sums)));

        let reply = import(&admin, "", "application/zip", reply.bytes).await;
        let (lines, summary) = results(&reply);
        assert_eq!(lines.len(), 14);
        assert_eq!(
            (&summary["unchanged"], &summary["documents"], &summary["skipped_entries"]),
            (&json!(14), &json!(14), &json!(0)),
            "{summary}"
        );
    }

    async fn ndjson_is_exported_plain_or_gzipped_and_imported_into_another_catalogue(app: TestApp) {
        let admin = app.full_movie("a").await;
        let plain = admin.get(&format!("{EXPORT}?format=ndjson")).await;
        assert_eq!(plain.header("content-type"), "application/x-ndjson");
        assert_eq!(keys(&plain.text).len(), 7);
        let gzipped = admin.get(&format!("{EXPORT}?format=ndjson&compress=true")).await;
        assert_eq!(gzipped.header("content-type"), "application/gzip");
        let mut unpacked = String::new();
        flate2::read::GzDecoder::new(&gzipped.bytes[..]).read_to_string(&mut unpacked).unwrap();
        assert_eq!(keys(&unpacked), keys(&plain.text));

        let other = TestApp::sqlite().await;
        let reply = import(&other.admin(), "", "application/gzip", gzipped.bytes).await;
        let (_, summary) = results(&reply);
        assert_eq!((&summary["published"], &summary["movies_created"]), (&json!(7), &json!(1)));
        for (category, _) in fixtures::all_categories() {
            let (sent, stored) =
                (admin.export("a", category).await, other.admin().export("a", category).await);
            assert_eq!(sent["data"], stored["data"]);
        }
    }

    async fn a_selection_is_exported_in_its_order(app: TestApp) {
        let admin = app.full_movie("a").await;
        app.full_movie("c").await;
        app.movie("b").await;
        app.movie("d").await;
        let exported = async |query: &str| {
            let reply = admin.get(&format!("{EXPORT}?format=ndjson&{query}")).await;
            assert_eq!(reply.status, 200, "{}", reply.text);
            keys(&reply.text)
        };
        assert_eq!(
            exported("ids=c,b,c&categories=trivia,basic-info").await,
            ["c basic_info", "c trivia", "b basic_info"]
        );
        assert_eq!(exported("present=awards&categories=awards").await, ["a awards", "c awards"]);
        // The empty documents of what is missing, as templates.
        assert_eq!(exported("missing=awards,trivia").await, [
            "b trivia", "b awards", "d trivia", "d awards"
        ]);
        assert_eq!(
            exported("missing=awards&categories=basic_info&ids=d,a").await,
            ["d basic_info", "d awards"]
        );
        assert_eq!(exported("search=no such title").await, [""; 0]);
        assert_eq!(exported("genres=no such genre").await, [""; 0]);
        let template = admin.get(&format!("{EXPORT}?format=ndjson&missing=trivia&ids=b")).await;
        assert_eq!(template.json()["data"], json!({ "items": [] }));
        assert_eq!(template.json()["metadata"]["revision"], 0);
    }

    async fn an_export_has_the_documents_of_the_moment_when_it_started(app: TestApp) {
        let admin = app.admin();
        let text = "long ".repeat(120_000);
        let movies = ["a", "b", "c", "d", "e"];
        for movie in movies {
            app.movie(movie).await;
            let items: Vec<Value> = (0..40)
                .map(|number| json!({ "text": format!("{number} {}", &text[..18_000]) }))
                .collect();
            admin.import(movie, "trivia", json!({ "items": items })).await;
        }
        let (permission, _) = command_line();
        let (sender, mut received) = mpsc::channel(1);
        let catalog = app.app.catalog.clone();
        let selection = Selection { categories: vec!["trivia".parse().unwrap()], ..Selection::default() };
        let exporting = tokio::spawn(async move {
            catalog.export_stream(&permission, &selection, sender).await
        });
        let first = received.recv().await.unwrap();
        assert_eq!(first[0].movie.as_str(), "a");
        // Published, deleted and created while the export waits for its reader.
        admin.import("e", "trivia", json!({ "items": [{ "text": "Later." }] })).await;
        let delete = "mutation { deleteMovie(input: {id: \"d\"}) { deletedMovieId } }";
        let deleted = admin.graphql(delete, json!({})).await;
        assert_eq!(deleted["data"]["deleteMovie"]["deletedMovieId"], "d", "{deleted}");
        app.movie("f").await;
        let mut exports = first;
        while let Some(batch) = received.recv().await {
            exports.extend(batch);
        }
        exporting.await.unwrap().unwrap();
        let found: Vec<_> = exports
            .iter()
            .map(|export| (export.movie.as_str(), export.metadata.revision))
            .collect();
        assert_eq!(found, [("a", 1), ("b", 1), ("c", 1), ("e", 1)]);
        assert!(!exports.last().unwrap().body.contains("Later."));
    }

    async fn each_document_has_a_line_and_a_failure_does_not_stop_the_others(app: TestApp) {
        let admin = app.movie("a").await;
        admin.import("a", "trivia", json!({ "items": [{ "text": "Known." }] })).await;
        let mut invalid = envelope("c", "basic_info", json!({ "title": "C", "runtime": -5 }));
        invalid["data"]["runtime"] = json!(-5);
        let file = [
            trivia("a", "Known.").to_string(),
            "{\"category\": \"trivia\", \"movie_id\":".to_owned(),
            trivia("b", "New.").to_string(),
            invalid.to_string(),
        ]
        .join("\n");
        let reply = import(&admin, "", "application/x-ndjson", file.into_bytes()).await;
        let (lines, summary) = results(&reply);
        assert_eq!(statuses(&lines), ["a unchanged", "? rejected", "b published", "c rejected"]);
        let numbers: Vec<_> = lines.iter().map(|line| line["line"].as_u64().unwrap()).collect();
        assert_eq!(numbers, [1, 2, 3, 4]);
        assert_eq!(lines[2]["movie_created"], true);
        assert_eq!(lines[3]["errors"][0]["path"], "/runtime");
        assert_eq!(
            summary,
            json!({
                "documents": 4, "published": 1, "drafted": 0, "unchanged": 1, "planned": 0,
                "conflict": 0, "rejected": 2, "skipped_entries": 0, "movies_created": 1,
                "stopped": false,
            })
        );
        // The same file again changes nothing.
        let before = admin.export("b", "trivia").await["metadata"].clone();
        let file = ndjson(&[trivia("a", "Known."), trivia("b", "New.")]);
        let (lines, _) = results(&import(&admin, "", "application/x-ndjson", file).await);
        assert_eq!(statuses(&lines), ["a unchanged", "b unchanged"]);
        assert_eq!(admin.export("b", "trivia").await["metadata"], before);
    }

    async fn strict_handling_stops_at_the_first_failure(app: TestApp) {
        let admin = app.admin();
        let file = ndjson(&[
            trivia("a", "A"),
            envelope("b", "basic_info", json!({ "title": "B", "runtime": -5 })),
            trivia("c", "C"),
        ]);
        let request = admin
            .request(Method::POST, IMPORT)
            .header("content-type", "application/x-ndjson")
            .header("prefer", "wait=10, handling=strict")
            .body(file);
        let reply = admin.send(request).await;
        assert_eq!(reply.header("preference-applied"), "handling=strict");
        let (lines, summary) = results(&reply);
        assert_eq!(statuses(&lines), ["a published", "b rejected"]);
        assert_eq!((&summary["stopped"], &summary["documents"]), (&json!(true), &json!(2)));
        let missing = admin.get("/api/v1/admin/movies/c/export/trivia").await;
        assert_eq!(missing.status, 404);
    }

    async fn a_dry_run_writes_nothing_and_drafts_wait(app: TestApp) {
        let admin = app.movie("a").await;
        let file = || ndjson(&[trivia("a", "A"), trivia("b", "B")]);
        let reply = import(&admin, "?dry_run=true", "application/x-ndjson", file()).await;
        let (lines, summary) = results(&reply);
        assert_eq!(statuses(&lines), ["a planned", "b planned"]);
        assert_eq!((&lines[0]["changes"], &summary["movies_created"]), (&json!(1), &json!(1)));
        assert_eq!(admin.export("a", "trivia").await["metadata"]["revision"], 0);
        let reply = import(&admin, "?target=draft", "application/x-ndjson", file()).await;
        let (lines, _) = results(&reply);
        assert_eq!(statuses(&lines), ["a drafted", "b rejected"]);
        assert_eq!(admin.export("a", "trivia").await["metadata"]["revision"], 0);
    }
}

#[tokio::test]
async fn only_the_needed_role_may_export_or_import() {
    let app = TestApp::sqlite().await;
    for (role, exports, imports) in [
        (Role::User, 403, 403),
        (Role::Viewer, 200, 403),
        (Role::Contributor, 200, 403),
        (Role::Admin, 200, 200),
    ] {
        let client = app.with_role(role);
        assert_eq!(client.get(EXPORT).await.status, exports, "{role:?}");
        let file = ndjson(&[trivia("a", "A")]);
        // The role is checked before anything else of the request.
        let query = if imports == 403 { "?no_such_parameter=1" } else { "" };
        let reply = import(&client, query, "application/x-ndjson", file).await;
        assert_eq!(reply.status, imports, "{role:?}: {}", reply.text);
    }
    assert_eq!(app.anonymous().get(EXPORT).await.status, 401);
    assert_eq!(import(&app.anonymous(), "", "application/zip", Vec::new()).await.status, 401);
}

#[tokio::test]
async fn wrong_requests_are_refused_with_what_is_allowed() {
    let app = TestApp::sqlite().await;
    let admin = app.movie("a").await;
    for (query, status, expected) in [
        ("?id=a", 400, "\"id\" is not a parameter of a bulk export; did you mean \"ids\"?"),
        ("?format=xml", 400, "format: found \"xml\"; allowed is one of zip, ndjson"),
        ("?categories=posters", 400, "categories: "),
        ("?year_from=99999999999", 400, "year_from: found 99999999999"),
        ("?ids=a/b", 400, "ids: "),
        ("?ids=a,x,y", 404, "there are no movies x, y"),
    ] {
        let reply = admin.get(&format!("{EXPORT}{query}")).await;
        assert_eq!(reply.status, status, "{query}: {}", reply.text);
        let detail = reply.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.starts_with(expected), "{query}: {detail}");
    }
    for (query, media_type, status, expected) in [
        ("?mode=overwrite", "application/zip", 400, "mode: found \"overwrite\""),
        ("?expected_plan=x", "application/zip", 400, "\"expected_plan\" is not a parameter"),
        ("", "text/plain", 415, "Content-Type: found \"text/plain\"; allowed is one of"),
        ("", "multipart/form-data; boundary=x", 415, "Content-Type: found \"multipart/form-data\""),
    ] {
        let reply = import(&admin, query, media_type, b"{}".to_vec()).await;
        assert_eq!(reply.status, status, "{query} {media_type}: {}", reply.text);
        let detail = reply.json()["detail"].as_str().unwrap().to_owned();
        assert!(detail.starts_with(expected), "{query}: {detail}");
    }
}

#[tokio::test]
async fn archives_of_any_form_are_read_and_nothing_else_is_taken_for_one() {
    let app = TestApp::sqlite().await;
    let admin = app.admin();
    let inner = zipped(&[("x/trivia.json", trivia("b", "B").to_string().into_bytes())]);
    let file = zipped(&[
        ("deep/er/a.json", trivia("a", "A").to_string().into_bytes()),
        ("../../etc/c.json", trivia("c", "C").to_string().into_bytes()),
        ("inner.zip", inner),
        ("README.txt", b"Read me.".to_vec()),
        ("lines.ndjson.gz", gzipped(&ndjson(&[trivia("d", "D"), trivia("e", "E")]))),
    ]);
    let (lines, summary) = results(&import(&admin, "", "application/zip", file).await);
    assert_eq!(
        statuses(&lines),
        ["a published", "c published", "b published", "d published", "e published"]
    );
    assert_eq!(lines[2]["entry"], "inner.zip:x/trivia.json");
    assert_eq!((&lines[4]["entry"], &lines[4]["line"]), (&json!("lines.ndjson.gz"), &json!(2)));
    assert_eq!(summary["skipped_entries"], 1);
    for file in [b"".to_vec(), b"PK\x03\x04 cut off".to_vec(), b"SQLite format 3\0".to_vec()] {
        let (lines, summary) = results(&import(&admin, "", "application/zip", file).await);
        assert_eq!(statuses(&lines), ["? rejected"]);
        assert_eq!(summary["rejected"], 1);
    }
}

#[tokio::test]
async fn what_unpacks_to_too_much_is_refused() {
    let app = TestApp::sqlite().await;
    let address = app
        .with_limits(|limits| {
            limits.bulk_unpacked = 64 * 1024;
            limits.bulk_upload = 32 * 1024;
        })
        .await;
    let admin = Client::new(address).with_token(token(Role::Admin, "admin@example.com"));
    let long = trivia("a", &"x".repeat(200 * 1024)).to_string().into_bytes();
    let bomb =
        zipped(&[("a.json", long.clone()), ("b.json", trivia("b", "B").to_string().into_bytes())]);
    let (lines, _) = results(&import(&admin, "", "application/zip", bomb).await);
    assert_eq!(statuses(&lines), ["? rejected", "b published"]);
    let message = lines[0]["errors"][0]["message"].as_str().unwrap();
    assert!(
        message.contains("it unpacks to more than 64 KiB; REELPORT_BULK_UNPACKED"),
        "{message}"
    );
    let (lines, _) = results(&import(&admin, "", "application/gzip", gzipped(&long)).await);
    assert_eq!(statuses(&lines), ["? rejected"]);
    // A file that is larger than the server takes ends without a summary.
    let reply = import(&admin, "", "application/x-ndjson", long).await;
    let last = self::lines(&reply).pop().unwrap();
    assert_eq!(last["error"]["code"], "TOO_LARGE", "{last}");
}

#[tokio::test]
async fn the_number_of_bulk_requests_is_limited() {
    let app = TestApp::sqlite().await;
    let address = app
        .with_limits(|limits| {
            (limits.bulk_exports, limits.bulk_imports) = (0, 0);
            limits.room_wait = std::time::Duration::from_millis(10);
        })
        .await;
    let admin = Client::new(address).with_token(token(Role::Admin, "admin@example.com"));
    for reply in [
        admin.get(EXPORT).await,
        import(&admin, "", "application/zip", zipped(&[("a.json", Vec::new())])).await,
    ] {
        assert_eq!((reply.status, reply.header("retry-after")), (503, "5"), "{}", reply.text);
    }
}

/// The head of a bulk import with a chunked body.
fn chunked_head(more: &str) -> String {
    let token = token(Role::Admin, "admin@example.com");
    format!(
        "POST {IMPORT} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {token}\r\n\
         content-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n{more}\r\n"
    )
}

fn chunk(text: &str) -> String {
    format!("{:x}\r\n{text}\r\n", text.len())
}

#[tokio::test]
async fn results_arrive_while_the_file_is_still_being_sent() {
    let app = TestApp::sqlite().await;
    let mut raw = Raw::connect(app.admin().address()).await;
    raw.send(chunked_head("te: trailers\r\n")).await;
    let mut received = String::new();
    raw.send(chunk(&format!("{}\n", trivia("a", "A fact.")))).await;
    for (movie, next) in [("a", "b"), ("b", "c")] {
        // That a document has ended is known when the next one begins.
        raw.send(chunk(&format!("{}\n", trivia(next, "A fact.")))).await;
        raw.read_until(&mut received, &format!("\"movie_id\":\"{movie}\"")).await;
    }
    raw.send(chunk("{\"category\": \"no such\"}\n")).await;
    raw.send("0\r\n\r\n").await;
    raw.read_until(&mut received, "reelport-failed: 1\r\n\r\n").await;
    assert!(received.contains("\"published\":3"), "{received}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_reads_nothing_before_it_has_sent_everything_is_served() {
    let app = TestApp::sqlite().await;
    let mut raw = Raw::connect(app.admin().address()).await;
    raw.send(chunked_head("")).await;
    // The lines about these are larger than the buffers of a connection.
    let data = json!({
        "runtime": -1, "budget": -1, "revenue": -1, "site_score": -1, "critics_score": -1,
        "imdb_rating": -1, "rotten_tomatoes_score": -1, "imdb_id": "x", "status": "x",
    });
    let batch = format!("{}\n", envelope("m", "basic_info", data)).repeat(100);
    for _ in 0..80 {
        raw.send(chunk(&batch)).await;
    }
    raw.send("0\r\n\r\n").await;
    raw.stream.flush().await.unwrap();
    let mut received = String::new();
    raw.read_until(&mut received, "\"rejected\":8000").await;
    assert!(received.len() > 8_000_000, "{}", received.len());
}

#[tokio::test]
async fn an_upload_that_is_cut_short_has_no_summary_and_can_be_sent_again() {
    let app = TestApp::sqlite().await;
    let admin = app.admin();
    let mut raw = Raw::connect(admin.address()).await;
    raw.send(chunked_head("")).await;
    raw.send(chunk(&format!("{}\n", trivia("a", "A")))).await;
    raw.send(chunk("{\"category\": \"trivia\", \"movie")).await;
    let mut received = String::new();
    raw.read_until(&mut received, "\"movie_id\":\"a\"").await;
    raw.stream.shutdown().await.unwrap();
    let mut rest = String::new();
    // The server may also close the connection.
    let _ = raw.stream.read_to_string(&mut rest).await;
    assert!(!rest.contains("summary"), "{rest}");
    // What was reported is stored.
    assert_eq!(admin.export("a", "trivia").await["metadata"]["revision"], 1);
    let file = ndjson(&[trivia("a", "A"), trivia("b", "B")]);
    let (lines, _) = results(&import(&admin, "", "application/x-ndjson", file).await);
    assert_eq!(statuses(&lines), ["a unchanged", "b published"]);
}

#[tokio::test]
async fn a_download_that_the_client_leaves_frees_its_place() {
    let app = TestApp::sqlite().await;
    let address = app
        .with_limits(|limits| {
            limits.bulk_exports = 1;
        })
        .await;
    let admin = Client::new(address).with_token(token(Role::Admin, "admin@example.com"));
    for movie in 0..20 {
        let items: Vec<Value> = (0..40)
            .map(|number| json!({ "text": format!("{movie} {number} {}", "x".repeat(18_000)) }))
            .collect();
        let document = envelope(&format!("m{movie}"), "trivia", json!({ "items": items }));
        let file = ndjson(&[document]);
        results(&import(&admin, "", "application/x-ndjson", file).await);
    }
    for _ in 0..3 {
        let path = format!("{EXPORT}?compress=false");
        let response = admin.request(Method::GET, &path).send().await.unwrap();
        assert_eq!(response.status(), 200);
        drop(response);
    }
    let reply = admin.get(EXPORT).await;
    assert_eq!((reply.status, entries(&reply.bytes).len()), (200, 21));
}
