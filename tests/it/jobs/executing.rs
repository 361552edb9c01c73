//! Carrying out what a dry run planned, without sending the file again.

use reqwest::Method;
use serde_json::{Value, json};

use super::{JOBS, finished, outcomes, start, trivia};
use crate::on_both_databases;
use crate::support::packing::ndjson;
use crate::support::{Client, Reply};

async fn execute(client: &Client, id: &str, key: Option<&str>) -> Reply {
    let mut request = client.request(Method::POST, &format!("{JOBS}/{id}/execute"));
    if let Some(key) = key {
        request = request.header("idempotency-key", key);
    }
    client.send(request).await
}

on_both_databases! {
    async fn a_dry_run_is_executed_with_its_file_and_options(app: TestApp) {
        let admin = app.admin();
        app.seed(&[trivia("a", "A")]).await;
        let file = ndjson(&[trivia("a", "A"), trivia("b", "B"), trivia("c", "C")]);
        let query = "?dry_run=true&source=tmdb&file_name=more.ndjson";
        let planned = start(&admin, query, file).await;
        let job = finished(&admin, &planned).await;
        let counts = (&job["counts"]["planned"], &job["counts"]["unchanged"]);
        assert_eq!(counts, (&json!(2), &json!(1)));
        let reply = execute(&admin, &planned, Some("k-1")).await;
        assert_eq!(reply.status, 202, "{}", reply.text);
        let id = reply.json()["id"].as_str().unwrap().to_owned();
        assert_eq!(reply.header("location"), format!("{JOBS}/{id}"));
        let done = finished(&admin, &id).await;
        assert_eq!(done["file_name"], "more.ndjson");
        assert_eq!(outcomes(&admin, &id, Value::Null).await,
            ["0 a UNCHANGED", "1 b PUBLISHED", "2 c PUBLISHED"]);
        let stored = admin.export("b", "trivia").await;
        assert_eq!(stored["metadata"]["source"], "tmdb");
        // A repeated request gets the same job; another one finds that all is there.
        assert_eq!(execute(&admin, &planned, Some("k-1")).await.json()["id"], id);
        let again = execute(&admin, &planned, None).await;
        let again = finished(&admin, again.json()["id"].as_str().unwrap()).await;
        assert_eq!(again["counts"]["unchanged"], 3, "{again}");
    }

    async fn what_is_no_completed_dry_run_is_refused(app: TestApp) {
        let admin = app.admin();
        let id = start(&admin, "", ndjson(&[trivia("a", "A")])).await;
        finished(&admin, &id).await;
        let reply = execute(&admin, &id, None).await;
        let detail = reply.json()["detail"].as_str().unwrap().contains("not a dry run");
        assert_eq!((reply.status, detail), (409, true), "{}", reply.text);
        assert_eq!(execute(&admin, "no", None).await.status, 404);
        assert_eq!(execute(&admin, &id, Some("")).await.status, 400);
        let planned = start(&admin, "?dry_run=true", ndjson(&[trivia("a", "A")])).await;
        finished(&admin, &planned).await;
        for file in std::fs::read_dir(app.database.job_files()).unwrap() {
            std::fs::remove_file(file.unwrap().path()).unwrap();
        }
        let reply = execute(&admin, &planned, None).await;
        assert!(reply.status == 409 && reply.text.contains("send it again"), "{}", reply.text);
        let mutation = "mutation($id: ID!) { executeJob(input: {id: $id}) {
            job { id } userErrors { code field } } }";
        let unknown = admin.graphql(mutation, json!({ "id": "job:no" })).await;
        assert_eq!(unknown["data"]["executeJob"], json!({ "job": null,
            "userErrors": [{ "code": "NOT_FOUND", "field": ["id"] }] }));
    }
}
