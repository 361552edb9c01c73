//! Exports as jobs: the file of a completed one is downloaded.

use std::io::Read as _;

use reelport::catalog::access::Role;
use reelport::catalog::bulk::{BulkFormat, ExportOptions};
use reelport::catalog::movies::MovieQuery;
use reelport::storage::{JobEnd, JobState};
use reqwest::Method;
use serde_json::{Value, json};

use super::leases::{SHORT, admin as owner, hold_workers, let_workers_go_on, started, take};
use super::{JOBS, documents, finished, job, start, stored_files};
use crate::on_both_databases;
use crate::support::Client;
use crate::support::packing::ndjson;

const EXPORT: &str = "/api/v1/admin/movies/export";

async fn begin(client: &Client, input: Value) -> Value {
    let query = "mutation($input: StartExportInput!) { startExport(input: $input) {
        job { id kind fileUrl options } userErrors { code field message } } }";
    client.graphql(query, json!({ "input": input })).await
}

/// Starts an export and returns the id of the job.
async fn exporting(client: &Client, input: Value) -> String {
    let reply = begin(client, input).await;
    let id = reply["data"]["startExport"]["job"]["id"].as_str();
    id.unwrap_or_else(|| panic!("{reply}")).strip_prefix("job:").unwrap().to_owned()
}

async fn file_url(client: &Client, id: &str) -> Option<String> {
    let query = "query($id: ID!) { job(id: $id) { fileUrl } }";
    let reply = client.graphql(query, json!({ "id": id })).await;
    reply["data"]["job"]["fileUrl"].as_str().map(str::to_owned)
}

/// The documents of NDJSON, without the time of the export.
fn documents_of(text: &str) -> Vec<Value> {
    let document = |line: &str| {
        let mut envelope: Value = serde_json::from_str(line).unwrap();
        envelope.as_object_mut().unwrap().remove("exported_at");
        envelope
    };
    text.lines().map(document).collect()
}

/// Starts an export of everything on a service without a worker.
async fn queued_export(idle: &reelport::app::App) -> String {
    let permission = owner().can_manage_jobs().unwrap();
    let options = ExportOptions::new(MovieQuery::default(), BulkFormat::Ndjson);
    started(idle.catalog.start_export_job(&permission, &options, None).await.unwrap())
}

on_both_databases! {
    async fn an_export_is_made_and_downloaded(app: TestApp) {
        let admin = app.admin();
        app.seed(&documents(120)).await;
        let id = exporting(&admin, json!({ "format": "NDJSON" })).await;
        let done = finished(&admin, &id).await;
        assert_eq!((&done["kind"], &done["state"]), (&json!("export"), &json!("completed")), "{done}");
        let streamed = admin.get(&format!("{EXPORT}?format=ndjson")).await.text;
        let expected = documents_of(&streamed);
        assert_eq!((&done["total"], &done["done"]), (&json!(expected.len()), &json!(expected.len())));
        assert_eq!(done["counts"]["published"], 0);
        let file = admin.get(&format!("{JOBS}/{id}/file")).await;
        assert_eq!(file.status, 200, "{}", file.text);
        assert_eq!(file.header("content-type"), "application/x-ndjson");
        assert_eq!(file.header("content-length"), done["file_size"].to_string());
        let name = done["file_name"].as_str().unwrap();
        assert!(name.starts_with("reelport-export-") && name.ends_with(".ndjson"), "{name}");
        assert_eq!(
            file.header("content-disposition"),
            format!("attachment; filename=\"{name}\"")
        );
        assert_eq!(documents_of(&file.text), expected);
        // A browser opens the link without a token.
        let link = file_url(&admin, &id).await.unwrap();
        assert_eq!(app.anonymous().get(&link).await.text, file.text);
        let head = app.anonymous().request(Method::HEAD, &link).send().await.unwrap();
        assert_eq!(head.status(), 200);
        assert_eq!(app.anonymous().get(&format!("{JOBS}/{id}/file")).await.status, 401);
        assert_eq!(stored_files(&app).len(), 1);
    }

    async fn an_export_has_the_movies_and_categories_that_were_selected(app: TestApp) {
        let admin = app.admin();
        app.seed(&documents(4)).await;
        let input = json!({
            "ids": ["m3", "m1"], "categories": ["TRIVIA", "AWARDS"], "format": "NDJSON",
            "compress": true
        });
        let reply = begin(&admin, input).await;
        let started = &reply["data"]["startExport"]["job"];
        assert_eq!(started["options"], json!({ "ids": ["m3", "m1"],
            "categories": ["trivia", "awards"], "format": "ndjson", "compress": true }));
        assert_eq!(started["fileUrl"], Value::Null);
        let id = started["id"].as_str().unwrap().strip_prefix("job:").unwrap();
        let done = finished(&admin, id).await;
        assert!(done["file_name"].as_str().unwrap().ends_with(".ndjson.gz"), "{done}");
        let file = admin.request(Method::GET, &format!("{JOBS}/{id}/file")).send().await.unwrap();
        assert_eq!(file.headers()["content-type"], "application/gzip");
        let packed = file.bytes().await.unwrap();
        let mut text = String::new();
        flate2::read::GzDecoder::new(&packed[..]).read_to_string(&mut text).unwrap();
        let found: Vec<_> = documents_of(&text)
            .iter()
            .map(|document| format!("{} {}", document["movie_id"], document["category"]))
            .collect();
        assert_eq!(found, ["\"m3\" \"trivia\"", "\"m1\" \"trivia\""]);

        // Templates of the categories that are missing, as an archive with a manifest.
        let input = json!({ "filter": { "missing": ["AWARDS"] } });
        let id = exporting(&admin, input).await;
        let done = finished(&admin, &id).await;
        assert_eq!(done["total"], 4);
        let file = admin.request(Method::GET, &format!("{JOBS}/{id}/file")).send().await.unwrap();
        assert_eq!(file.headers()["content-type"], "application/zip");
        let bytes = file.bytes().await.unwrap();
        let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap();
        let names: Vec<_> =
            (0..archive.len()).map(|at| archive.by_index(at).unwrap().name().unwrap().into_owned()).collect();
        assert_eq!(names, ["m0/awards.json", "m1/awards.json", "m2/awards.json",
            "m3/awards.json", "manifest.json"]);
    }

    async fn an_invalid_export_is_refused_and_has_no_file(app: TestApp) {
        let admin = app.admin();
        app.seed(&documents(1)).await;
        let reply = begin(&admin, json!({ "ids": ["m0", "no", "neither"] })).await;
        let error = &reply["data"]["startExport"]["userErrors"][0];
        assert_eq!(error["message"], "there is no movie no, neither");
        assert_eq!((&error["code"], &error["field"]), (&json!("NOT_FOUND"), &json!(["ids"])));
        for input in [
            json!({ "ids": [] }),
            json!({ "categories": [] }),
            json!({ "asOf": "2026-01-01T00:00:00Z", "filter": { "missing": ["AWARDS"] } }),
        ] {
            let reply = begin(&admin, input).await;
            assert_eq!(reply["errors"][0]["extensions"]["code"], "BAD_USER_INPUT", "{reply}");
        }
        let contributor = app.with_role(Role::Contributor);
        let reply = begin(&contributor, json!({})).await;
        assert_eq!(reply["errors"][0]["extensions"]["code"], "FORBIDDEN", "{reply}");
        // Other jobs have no file to download.
        let id = start(&admin, "", ndjson(&documents(1))).await;
        finished(&admin, &id).await;
        assert_eq!(file_url(&admin, &id).await, None);
        assert_eq!(admin.get(&format!("{JOBS}/{id}/file")).await.status, 409);
        assert_eq!(admin.get(&format!("{JOBS}/no/file")).await.status, 404);
        // What can be done with other jobs is refused for an export.
        let id = exporting(&admin, json!({})).await;
        finished(&admin, &id).await;
        for action in ["retry", "execute", "revert"] {
            let path = format!("{JOBS}/{id}/{action}");
            let reply = admin.send(admin.request(Method::POST, &path)).await;
            assert_eq!(reply.status, 409, "{action}: {}", reply.text);
        }
        assert_eq!(admin.get(&format!("{JOBS}/{id}/failures")).await.status, 409);
        // A file that was deleted is missing, and not empty.
        for file in std::fs::read_dir(app.database.job_files()).unwrap() {
            std::fs::remove_file(file.unwrap().path()).unwrap();
        }
        assert_eq!(admin.get(&format!("{JOBS}/{id}/file")).await.status, 409);
    }

    async fn a_repeated_export_gets_the_job_of_the_first_request(app: TestApp) {
        let admin = app.admin();
        app.seed(&documents(1)).await;
        let id = exporting(&admin, json!({ "idempotencyKey": "k-1" })).await;
        assert_eq!(exporting(&admin, json!({ "idempotencyKey": "k-1" })).await, id);
        let other = json!({ "idempotencyKey": "k-1", "format": "NDJSON" });
        let reply = begin(&admin, other).await;
        let code = &reply["data"]["startExport"]["userErrors"][0]["code"];
        assert_eq!(code, "IDEMPOTENCY_MISMATCH", "{reply}");
        let reply = begin(&admin, json!({ "idempotencyKey": "" })).await;
        assert_eq!(reply["data"]["startExport"]["job"], Value::Null, "{reply}");
    }

    async fn a_canceled_export_leaves_no_file(app: TestApp) {
        let admin = app.admin();
        app.seed(&documents(3)).await;
        let idle = hold_workers(&app).await;
        let id = queued_export(&idle).await;
        assert_eq!(admin.get(&format!("{JOBS}/{id}/file")).await.status, 409);
        let canceled = format!("{JOBS}/{id}/cancel");
        assert_eq!(admin.send(admin.request(Method::POST, &canceled)).await.status, 202);
        let_workers_go_on(&app).await;
        let done = finished(&admin, &id).await;
        assert_eq!(done["state"], "canceled", "{done}");
        assert_eq!(file_url(&admin, &id).await, None);
        assert_eq!(stored_files(&app), Vec::<String>::new());
    }

    async fn an_export_is_begun_anew_by_another_worker(app: TestApp) {
        let admin = app.admin();
        app.seed(&documents(3)).await;
        let idle = hold_workers(&app).await;
        let id = queued_export(&idle).await;
        let lost = take(&idle, &id, SHORT).await;
        let_workers_go_on(&app).await;
        let done = finished(&admin, &id).await;
        assert_eq!((&done["state"], &done["attempts"]), (&json!("completed"), &json!(2)), "{done}");
        assert_eq!((&done["total"], &done["done"]), (&json!(3), &json!(3)));
        // The worker that lost the job can neither advance it nor give it another file.
        let database = idle.catalog.database();
        let end = JobEnd {
            file: Some(("job-file-of-the-first".to_owned(), 1)),
            ..JobEnd::new(JobState::Completed, chrono::Utc::now())
        };
        let (lost, end) = (&lost, &end);
        let written = database.write(|transaction| async move {
            let advanced = transaction.advance_export(lost, 1, 1).await?;
            let ended = transaction.end_job(lost, end).await?;
            Ok::<_, reelport::catalog::CatalogError>((advanced, ended))
        });
        assert_eq!(written.await.unwrap(), (false, false));
        assert_eq!(job(&admin, &id).await, done);
        assert_eq!(admin.get(&format!("{JOBS}/{id}/file")).await.text.lines().count(), 3);
        assert_eq!(stored_files(&app).len(), 1);
    }
}
