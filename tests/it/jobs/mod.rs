//! Jobs: bulk imports that outlive their request.

mod canceling;
mod drafts;
mod executing;
mod exporting;
mod following;
pub mod leases;
mod retrying;
mod reverting;
mod survival;

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use reelport::catalog::access::Role;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::on_both_databases;
use crate::support::database::rows;
use crate::support::packing::{ndjson, zipped};
use crate::support::raw::Raw;
use crate::support::{Client, Reply, TestApp, envelope, token};

const IMPORT: &str = "/api/v1/admin/movies/import";
const JOBS: &str = "/api/v1/admin/jobs";
/// The longest wait for the end of a job.
const PATIENCE: Duration = Duration::from_mins(2);

fn trivia(movie: &str, text: &str) -> Value {
    envelope(movie, "trivia", json!({ "items": [{ "text": text }] }))
}

/// As many documents, each of a movie of its own.
pub fn documents(count: usize) -> Vec<Value> {
    (0..count).map(|number| trivia(&format!("m{number}"), &format!("Fact {number}"))).collect()
}

async fn send(client: &Client, query: &str, headers: &[(&str, &str)], file: Vec<u8>) -> Reply {
    let mut request = client
        .request(Method::POST, &format!("{IMPORT}{query}"))
        .header("prefer", "respond-async")
        .body(file);
    if headers.iter().all(|(name, _)| *name != "content-type") {
        request = request.header("content-type", "application/x-ndjson");
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    client.send(request).await
}

/// Starts a job and returns its id.
pub async fn start(client: &Client, query: &str, file: Vec<u8>) -> String {
    let reply = send(client, query, &[], file).await;
    assert_eq!(reply.status, 202, "{}", reply.text);
    reply.json()["id"].as_str().unwrap().to_owned()
}

async fn job(client: &Client, id: &str) -> Value {
    let reply = client.get(&format!("{JOBS}/{id}")).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    reply.json()
}

/// The job once `condition` holds for it.
async fn job_when(client: &Client, id: &str, condition: impl Fn(&Value) -> bool) -> Value {
    let start = Instant::now();
    loop {
        let found = job(client, id).await;
        if condition(&found) {
            return found;
        }
        assert!(start.elapsed() < PATIENCE, "{found}");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

pub async fn finished(client: &Client, id: &str) -> Value {
    job_when(client, id, |job| !job["finished_at"].is_null()).await
}

/// All outcomes of a job, as `number movie outcome`.
async fn outcomes(client: &Client, id: &str, of: Value) -> Vec<String> {
    let query = "query($id: ID!, $of: [JobOutcome!], $after: String) {
        job(id: $id) { outcomes(outcomes: $of, first: 100, after: $after) {
            totalCount pageInfo { hasNextPage endCursor }
            nodes { number movieId outcome } } } }";
    let (mut found, mut after) = (Vec::new(), Value::Null);
    loop {
        let variables = json!({ "id": id, "of": of, "after": after });
        let reply = client.graphql(query, variables).await;
        let page = &reply["data"]["job"]["outcomes"];
        for node in page["nodes"].as_array().unwrap_or_else(|| panic!("{reply}")) {
            found.push(format!(
                "{} {} {}",
                node["number"],
                node["movieId"].as_str().unwrap_or("?"),
                node["outcome"].as_str().unwrap()
            ));
        }
        if page["pageInfo"]["hasNextPage"] == false {
            assert_eq!(page["totalCount"], found.len());
            return found;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

/// The names of the stored files of jobs.
fn stored_files(app: &TestApp) -> Vec<String> {
    let Ok(folder) = std::fs::read_dir(app.database.job_files()) else { return Vec::new() };
    folder.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

on_both_databases! {
    async fn a_file_is_stored_and_imported_as_a_job(app: TestApp) {
        let admin = app.admin();
        let file = zipped(&[
            ("a/trivia.json", trivia("a", "A").to_string().into_bytes()),
            ("notes.txt", b"no document".to_vec()),
            ("lines.ndjson", ndjson(&[trivia("b", "B"), trivia("a", "A")])),
        ]);
        let reply = send(&admin, "", &[("content-type", "application/zip")], file.clone()).await;
        assert_eq!(reply.status, 202, "{}", reply.text);
        assert_eq!(reply.header("preference-applied"), "respond-async");
        assert_eq!(reply.header("retry-after"), "2");
        let sent = reply.json();
        let id = sent["id"].as_str().unwrap();
        assert_eq!(reply.header("location"), format!("{JOBS}/{id}"));
        assert_eq!((&sent["kind"], &sent["author"]), (&json!("import"), &json!("admin@example.com")));
        assert_eq!(sent["file_size"], file.len());

        let done = finished(&admin, id).await;
        assert_eq!((&done["state"], &done["attempts"]), (&json!("completed"), &json!(1)), "{done}");
        assert_eq!((&done["total"], &done["done"]), (&json!(3), &json!(3)));
        assert_eq!(done["counts"], json!({ "published": 2, "drafted": 0, "unchanged": 1,
            "planned": 0, "conflict": 0, "rejected": 0, "skipped": 0, "discarded": 0 }));
        assert_eq!(done["skipped_entries"], json!(["notes.txt"]));
        assert_eq!(done["file_position"], done["file_size"]);
        assert!(done["rate"].as_f64().unwrap() > 0.0, "{done}");
        assert_eq!(admin.get(&format!("{JOBS}/{id}")).await.header("retry-after"), "");
        let export = admin.export("a", "trivia").await;
        assert_eq!(export["metadata"]["revision"], 1);
        assert_eq!(export["metadata"]["updated_by"], "admin@example.com");

        let query = "query($id: ID!) { node(id: $id) { ... on Job { id kind state done
            options counts { published unchanged }
            outcomes(first: 10) { totalCount nodes { number entry line index movieId category
                outcome changes importId userErrors { code } } } } } }";
        let node = admin.graphql(query, json!({ "id": format!("job:{id}") })).await;
        let node = &node["data"]["node"];
        assert_eq!(node["id"], format!("job:{id}"), "{node}");
        assert_eq!((&node["kind"], &node["state"]), (&json!("IMPORT"), &json!("COMPLETED")));
        assert_eq!(node["options"]["mode"], "merge");
        let found = node["outcomes"]["nodes"].as_array().unwrap();
        let place = |index: usize| (&found[index]["entry"], &found[index]["line"]);
        assert_eq!(place(0), (&json!("a/trivia.json"), &json!(1)));
        assert_eq!(place(2), (&json!("lines.ndjson"), &json!(2)));
        assert_eq!((&found[2]["movieId"], &found[2]["outcome"]), (&json!("a"), &json!("UNCHANGED")));
        assert_eq!((&found[0]["category"], &found[0]["changes"]), (&json!("TRIVIA"), &json!(1)));

        // The import log has each document, and the audit log the job and its batches.
        let record = "query($id: ID!) { importRecord(id: $id) { status author } }";
        let record = admin.graphql(record, json!({ "id": found[0]["importId"] })).await;
        assert_eq!(record["data"]["importRecord"]["status"], "PUBLISHED", "{record}");
        let audit = "query($id: ID!) { auditLog(filter: {targetId: $id}) {
            nodes { operation email via } } }";
        let audit = admin.graphql(audit, json!({ "id": format!("job:{id}") })).await;
        assert_eq!(audit["data"]["auditLog"]["nodes"], json!([{ "operation": "START_JOB",
            "email": "admin@example.com", "via": "REST" }]));
        let batches = "{ auditLog(filter: {operations: [IMPORT]}) { nodes { email via } } }";
        let batches = admin.graphql(batches, json!({})).await;
        for entry in batches["data"]["auditLog"]["nodes"].as_array().unwrap() {
            assert_eq!(*entry, json!({ "email": "admin@example.com", "via": "REST" }));
        }
    }

    async fn options_apply_to_all_documents(app: TestApp) {
        let admin = app.movie("a").await;
        let id = start(&admin, "?target=draft&source=llm-generated", ndjson(&[trivia("a", "A")])).await;
        assert_eq!(finished(&admin, &id).await["counts"]["drafted"], 1);
        assert_eq!(admin.export("a", "trivia").await["metadata"]["revision"], 0);
        let id = start(&admin, "?dry_run=true", ndjson(&[trivia("a", "A"), trivia("b", "B")])).await;
        assert_eq!(finished(&admin, &id).await["counts"]["planned"], 2);
        assert_eq!(admin.export("a", "trivia").await["metadata"]["revision"], 0);
        assert_eq!(admin.get("/api/v1/admin/movies/b/export/trivia").await.status, 404);
        let id = start(&admin, "?strict=true", ndjson(&[
            envelope("a", "trivia", json!({ "items": [], "unknown": 1 })),
        ])).await;
        assert_eq!(finished(&admin, &id).await["counts"]["rejected"], 1);
    }

    async fn each_failing_document_has_an_outcome_with_its_place(app: TestApp) {
        let admin = app.movie("a").await;
        admin.import("a", "trivia", json!({ "items": [{ "text": "First." }] })).await;
        let exported = admin.export("a", "trivia").await;
        let mut mine = exported.clone();
        mine["data"]["items"][0]["text"] = json!("Mine.");
        let mut theirs = exported;
        theirs["data"]["items"][0]["text"] = json!("Theirs.");
        assert_eq!(admin.import_envelope("a", "trivia", "", &theirs).await.status, 200);
        let file = [
            trivia("b", "B").to_string(),
            "{\"category\": \"trivia\", \"movie_id\":".to_owned(),
            mine.to_string(),
            envelope("c", "basic_info", json!({ "title": "C", "runtime": -5 })).to_string(),
            trivia("d", "D").to_string(),
        ]
        .join("\n");
        let id = start(&admin, "", file.into_bytes()).await;
        let done = finished(&admin, &id).await;
        assert_eq!(done["state"], "completed");
        assert_eq!(outcomes(&admin, &id, Value::Null).await, [
            "0 b PUBLISHED", "1 ? REJECTED", "2 a CONFLICT", "3 c REJECTED", "4 d PUBLISHED"
        ]);
        assert_eq!(outcomes(&admin, &id, json!(["CONFLICT"])).await, ["2 a CONFLICT"]);
        let query = "query($id: ID!) { job(id: $id) { outcomes(last: 2, outcomes: [REJECTED]) {
            nodes { line userErrors { path code } } } } }";
        let found = admin.graphql(query, json!({ "id": id })).await;
        let found = &found["data"]["job"]["outcomes"]["nodes"];
        assert_eq!((&found[0]["line"], &found[1]["line"]), (&json!(2), &json!(4)));
        assert_eq!(found[1]["userErrors"][0], json!({ "path": "/runtime", "code": "OUT_OF_RANGE" }));
    }

    async fn a_repeated_request_gets_the_same_job(app: TestApp) {
        let admin = app.admin();
        let (file, key) = (ndjson(&documents(3)), [("idempotency-key", "k1")]);
        let first = send(&admin, "", &key, file.clone()).await.json();
        let again = send(&admin, "", &key, file.clone()).await;
        assert_eq!((again.status, &again.json()["id"]), (202, &first["id"]), "{}", again.text);
        for (query, file) in [("?mode=replace", file.clone()), ("", ndjson(&documents(2)))] {
            let other = send(&admin, query, &key, file).await;
            assert_eq!((other.status, &other.json()["code"]), (409, &json!("IDEMPOTENCY_MISMATCH")));
        }
        let another = send(&admin, "", &[("idempotency-key", "k2")], file).await.json();
        assert_ne!(another["id"], first["id"]);
        finished(&admin, first["id"].as_str().unwrap()).await;
        assert_eq!(stored_files(&app).len(), 2);
    }

    async fn what_is_refused_starts_no_job(app: TestApp) {
        let file = ndjson(&documents(1));
        for role in [Role::Viewer, Role::Contributor] {
            assert_eq!(send(&app.with_role(role), "", &[], file.clone()).await.status, 403);
            assert_eq!(app.with_role(role).get(JOBS).await.status, 403);
        }
        assert_eq!(send(&app.anonymous(), "", &[], file.clone()).await.status, 401);
        let admin = app.admin();
        let too_long = "k".repeat(256);
        for (query, headers, file, status) in [
            ("", vec![("content-type", "text/plain")], file.clone(), 415),
            ("?no_such_option=1", vec![], file.clone(), 400),
            ("?mode=wild", vec![], file.clone(), 400),
            ("", vec![], Vec::new(), 400),
            ("", vec![("idempotency-key", too_long.as_str())], file.clone(), 400),
            ("", vec![("content-encoding", "br")], file, 415),
        ] {
            let reply = send(&admin, query, &headers, file).await;
            assert_eq!(reply.status, status, "{query} {headers:?} {}", reply.text);
        }
        let address = app.with_limits(|limits| limits.bulk_upload = 100).await;
        let limited = Client::new(address).with_token(token(Role::Admin, "admin@example.com"));
        assert_eq!(send(&limited, "", &[], ndjson(&documents(10))).await.status, 413);
        assert_eq!(admin.get(JOBS).await.json()["jobs"], json!([]));
        assert_eq!(stored_files(&app), [""; 0]);
    }

    async fn an_upload_that_is_cut_short_starts_no_job(app: TestApp) {
        let admin = app.admin();
        let mut raw = Raw::connect(admin.address()).await;
        let head = format!(
            "POST {IMPORT} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\nprefer: respond-async\r\n\
             content-type: application/x-ndjson\r\ncontent-length: 100000\r\n\r\n",
            token(Role::Admin, "admin@example.com")
        );
        raw.send(head).await;
        raw.send(ndjson(&documents(10))).await;
        raw.stream.shutdown().await.unwrap();
        let mut answer = String::new();
        // The server may also close the connection.
        let _ = raw.stream.read_to_string(&mut answer).await;
        assert!(!answer.contains("202 "), "{answer}");
        let deadline = Instant::now() + PATIENCE;
        while !stored_files(&app).is_empty() {
            assert!(Instant::now() < deadline, "{:?}", stored_files(&app));
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(admin.get(JOBS).await.json()["jobs"], json!([]));
    }

    async fn jobs_are_listed_in_pages(app: TestApp) {
        let admin = app.admin();
        let mut ids = Vec::new();
        for number in 0..3 {
            ids.push(start(&admin, "", ndjson(&[trivia("a", &format!("{number}"))])).await);
        }
        for id in &ids {
            finished(&admin, id).await;
        }
        let page = admin.get(&format!("{JOBS}?first=2&state=completed")).await.json();
        let listed = |page: &Value| -> Vec<String> {
            let jobs = page["jobs"].as_array().unwrap();
            jobs.iter().map(|job| job["id"].as_str().unwrap().to_owned()).collect()
        };
        assert_eq!(listed(&page), [ids[2].as_str(), &ids[1]]);
        let next = page["next"].as_str().unwrap();
        let page = admin.get(&format!("{JOBS}?first=2&after={next}")).await.json();
        assert_eq!((listed(&page), &page["next"]), (vec![ids[0].clone()], &Value::Null));
        assert_eq!(admin.get(&format!("{JOBS}?state=queued&kind=import")).await.json()["jobs"], json!([]));
        for query in ["first=0", "first=101", "state=no", "unknown=1"] {
            assert_eq!(admin.get(&format!("{JOBS}?{query}")).await.status, 400, "{query}");
        }
        assert_eq!(admin.get(&format!("{JOBS}/no")).await.status, 404);
        let query = "query($after: String) { jobs(first: 2, after: $after, filter: {kinds: [IMPORT]}) {
            totalCount nodes { id } pageInfo { hasNextPage endCursor } } }";
        let first = admin.graphql(query, json!({})).await["data"]["jobs"].clone();
        assert_eq!(first["totalCount"], 3);
        assert_eq!(first["nodes"][0]["id"], format!("job:{}", ids[2]));
        let second = admin.graphql(query, json!({ "after": first["pageInfo"]["endCursor"] })).await;
        let second = &second["data"]["jobs"];
        assert_eq!(second["nodes"], json!([{ "id": format!("job:{}", ids[0]) }]));
        assert_eq!(second["pageInfo"]["hasNextPage"], false);
    }

    async fn several_jobs_are_loaded_together(app: TestApp) {
        let admin = app.admin();
        let mut ids = Vec::new();
        for number in 0..6 {
            let id = start(&admin, "", ndjson(&[trivia("a", &format!("{number}"))])).await;
            finished(&admin, &id).await;
            ids.push(format!("job:{id}"));
        }
        let query = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on Job { id state } } }";
        let load = async |count: usize| {
            let variables = json!({ "ids": ids[..count] });
            let (statements, reply) = app.count_queries(admin.graphql(query, variables)).await;
            assert_eq!(reply["data"]["nodes"][count - 1]["state"], "COMPLETED", "{reply}");
            statements
        };
        assert_eq!(load(6).await, load(1).await);
    }

    async fn a_finished_job_and_its_file_are_removed_after_a_week(app: TestApp) {
        let admin = app.admin();
        let id = start(&admin, "", ndjson(&documents(3))).await;
        finished(&admin, &id).await;
        let files = stored_files(&app);
        assert_eq!(files.len(), 1);
        app.clock.forward(TimeDelta::days(6));
        assert_eq!(app.app.catalog.delete_old_jobs().await.unwrap(), 0);
        assert_eq!(stored_files(&app), files);
        app.clock.forward(TimeDelta::days(2));
        let unused = app.database.job_files().join("job-file-0-of-a-killed-server");
        std::fs::write(&unused, "part").unwrap();
        let kept = app.database.job_files().join("a-file-of-somebody-else");
        std::fs::write(&kept, "other").unwrap();
        assert_eq!(app.app.catalog.delete_old_jobs().await.unwrap(), 1);
        assert_eq!(stored_files(&app), ["a-file-of-somebody-else"]);
        assert_eq!(admin.get(&format!("{JOBS}/{id}")).await.status, 404);
        assert_eq!(rows(&app.database.url, "job_outcomes").await.len(), 0);
        assert_eq!(admin.export("m0", "trivia").await["metadata"]["revision"], 1);
    }

    async fn a_job_whose_file_is_missing_fails(app: TestApp) {
        let idle = leases::hold_workers(&app).await;
        let id = leases::queued(&idle, &documents(1)).await;
        for file in stored_files(&app) {
            std::fs::remove_file(app.database.job_files().join(file)).unwrap();
        }
        leases::let_workers_go_on(&app).await;
        let done = finished(&app.admin(), &id).await;
        assert_eq!(done["state"], "failed");
        assert!(done["error"].as_str().unwrap().contains("the file of the job is missing"), "{done}");
    }
}
