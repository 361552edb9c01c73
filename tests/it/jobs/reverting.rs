//! Jobs that revert what other jobs published.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::{JOBS, documents, finished, leases, outcomes, start, stored_files, trivia};
use crate::on_both_databases;
use crate::support::packing::ndjson;
use crate::support::{Client, Reply, envelope};

/// Imports documents as a job, and returns its id.
async fn imported(client: &Client, documents: &[Value]) -> String {
    let id = start(client, "", ndjson(documents)).await;
    let job = finished(client, &id).await;
    assert_eq!(job["state"], "completed", "{job}");
    id
}

async fn revert(client: &Client, id: &str, query: &str) -> Reply {
    client.post(&format!("{JOBS}/{id}/revert{query}"), &json!({})).await
}

/// Reverts a job, waits for the end, and returns the new job.
async fn reverted(client: &Client, id: &str, query: &str) -> Value {
    let reply = revert(client, id, query).await;
    assert_eq!(reply.status, 202, "{}", reply.text);
    let job = finished(client, reply.json()["id"].as_str().unwrap()).await;
    assert_eq!((&job["kind"], &job["state"]), (&json!("revert"), &json!("completed")), "{job}");
    job
}

fn id_of(job: &Value) -> &str {
    job["id"].as_str().unwrap()
}

/// The facts of a movie and the revision of the document that has them.
async fn facts(client: &Client, movie: &str) -> (Vec<String>, i64) {
    let export = client.export(movie, "trivia").await;
    let items = export["data"]["items"].as_array().unwrap();
    let texts = items.iter().map(|item| item["text"].as_str().unwrap().to_owned()).collect();
    (texts, export["metadata"]["revision"].as_i64().unwrap())
}

fn texts(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

on_both_databases! {
    async fn what_a_job_published_is_brought_back(app: TestApp) {
        let admin = app.admin();
        for movie in ["a", "b", "c"] {
            app.movie(movie).await;
        }
        let mut stored = trivia("a", "Old");
        stored["metadata"] = json!({ "source": "tmdb" });
        app.seed(&[stored, trivia("c", "Same")]).await;
        let sent = [trivia("a", "New"), trivia("b", "First"), trivia("c", "Same"),
            trivia("d", "Of a new movie")];
        let id = imported(&admin, &sent).await;
        assert_eq!(facts(&admin, "a").await, (texts(&["Old", "New"]), 2));

        let job = reverted(&admin, &id, "").await;
        let counts = (&job["total"], &job["done"], &job["counts"]["published"]);
        assert_eq!(counts, (&json!(3), &json!(3), &json!(3)), "{job}");
        let found = outcomes(&admin, id_of(&job), Value::Null).await;
        assert_eq!(found, ["0 a PUBLISHED", "1 b PUBLISHED", "2 d PUBLISHED"]);
        assert_eq!(facts(&admin, "a").await, (texts(&["Old"]), 3));
        assert_eq!(facts(&admin, "b").await, (texts(&[]), 2));
        assert_eq!(facts(&admin, "c").await, (texts(&["Same"]), 1));
        assert_eq!(facts(&admin, "d").await, (texts(&[]), 2));
        let metadata = admin.export("a", "trivia").await["metadata"].clone();
        assert_eq!(metadata["source"], "tmdb", "{metadata}");
        // The movie that the job created is left.
        let query = "query($id: ID!) { job(id: $id) { kind options
            outcomes { nodes { movieId importId warnings { code } } } }
            imports(filter: {movieId: \"a\"}, first: 1) { nodes { id operation author } }
            auditLog(filter: {operations: [REVERT_CATEGORY]}) { totalCount } }";
        let reply = admin.graphql(query, json!({ "id": id_of(&job) })).await;
        let shown = &reply["data"]["job"];
        assert_eq!(shown["kind"], "REVERT");
        assert_eq!(shown["options"], json!({ "job": id, "dry_run": false }));
        let nodes = &shown["outcomes"]["nodes"];
        assert_eq!(nodes[0]["warnings"], json!([]));
        assert_eq!(nodes[2]["warnings"], json!([{ "code": "MOVIE_KEPT" }]), "{reply}");
        let record = &reply["data"]["imports"]["nodes"][0];
        assert_eq!((&record["operation"], &record["author"]),
            (&json!("REVERT"), &json!("admin@example.com")));
        assert_eq!(record["id"], nodes[0]["importId"]);
        assert_eq!(reply["data"]["auditLog"]["totalCount"], 3);
        // Only what the job changed is listed, and a job that was reverted can be brought back.
        let again = reverted(&admin, id_of(&job), "").await;
        assert_eq!(again["counts"]["published"], 3, "{again}");
        assert_eq!(facts(&admin, "a").await, (texts(&["Old", "New"]), 4));
        assert_eq!(facts(&admin, "d").await, (texts(&["Of a new movie"]), 3));
    }

    async fn what_was_changed_since_is_left(app: TestApp) {
        let admin = app.admin();
        let sent: Vec<Value> = ["a", "b", "c", "d"].map(|movie| trivia(movie, "Sent")).to_vec();
        let id = imported(&admin, &sent).await;
        let later = json!({ "items": [{ "text": "Later" }] });
        assert_eq!(admin.import("b", "trivia", later.clone()).await.status, 200);
        let delete = "mutation($id: ID!) { deleteMovie(input: {id: $id}) { userErrors { code } } }";
        for movie in ["c", "d"] {
            let deleted = admin.graphql(delete, json!({ "id": movie })).await;
            assert_eq!(deleted["data"]["deleteMovie"]["userErrors"], json!([]), "{deleted}");
        }
        // Another movie with the same id and the same number of revisions.
        app.seed(&[trivia("d", "Another movie")]).await;
        // A change after the job was started counts too.
        let idle = app.idle().await;
        let permission = leases::admin().can_manage_jobs().unwrap();
        let options = reelport::catalog::jobs::RevertJobOptions { job: id.clone(), dry_run: false };
        let started = idle.catalog.revert_job(&permission, options, None).await.unwrap().unwrap();
        let job = leases::started(started);
        leases::take(&idle, &job, Duration::from_secs(2)).await;
        assert_eq!(admin.import("a", "trivia", later).await.status, 200);
        let done = finished(&admin, &job).await;
        let counts = (&done["counts"]["conflict"], &done["counts"]["rejected"]);
        assert_eq!(counts, (&json!(3), &json!(1)), "{done}");
        let found = outcomes(&admin, &job, Value::Null).await;
        assert_eq!(found, ["0 a CONFLICT", "1 b CONFLICT", "2 c REJECTED", "3 d CONFLICT"]);
        assert_eq!(facts(&admin, "b").await, (texts(&["Sent", "Later"]), 2));
        assert_eq!(facts(&admin, "d").await, (texts(&["Another movie"]), 1));
        let query = "query($id: ID!) { job(id: $id) { outcomes { nodes {
            userErrors { code message } } } } }";
        let reply = admin.graphql(query, json!({ "id": job })).await;
        let nodes = &reply["data"]["job"]["outcomes"]["nodes"];
        assert_eq!(nodes[1]["userErrors"], json!([{ "code": "CONFLICT", "message": "the document \
            was changed by admin@example.com after the job, and has revision 2 now; it is left as \
            it is" }]));
        assert_eq!(nodes[2]["userErrors"][0]["code"], "NOT_FOUND", "{reply}");
        let failures = admin.get(&format!("{JOBS}/{job}/failures")).await;
        assert_eq!(failures.status, 409, "{}", failures.text);
        // A retry leaves them again.
        let retried = admin.post(&format!("{JOBS}/{job}/retry"), &json!({})).await;
        assert_eq!(retried.status, 202, "{}", retried.text);
        let retried = finished(&admin, id_of(&retried.json())).await;
        assert_eq!(retried["counts"]["conflict"], 3, "{retried}");
    }

    async fn a_document_that_the_job_published_twice_is_brought_back_once(app: TestApp) {
        let admin = app.admin();
        for movie in ["a", "b"] {
            app.movie(movie).await;
        }
        app.seed(&[trivia("a", "Zero")]).await;
        let id = imported(&admin, &[trivia("a", "One"), trivia("a", "Two")]).await;
        assert_eq!(facts(&admin, "a").await, (texts(&["Zero", "One", "Two"]), 3));
        let job = reverted(&admin, &id, "").await;
        assert_eq!((&job["total"], &job["counts"]["published"]), (&json!(1), &json!(1)), "{job}");
        assert_eq!(facts(&admin, "a").await, (texts(&["Zero"]), 4));
    }

    async fn a_dry_run_says_what_would_be_reverted(app: TestApp) {
        let admin = app.admin();
        let id = imported(&admin, &documents(2)).await;
        let planned = reverted(&admin, &id, "?dry_run=true").await;
        assert_eq!(planned["counts"]["planned"], 2, "{planned}");
        assert_eq!(facts(&admin, "m0").await, (texts(&["Fact 0"]), 1));
        let executed = admin.post(&format!("{JOBS}/{}/execute", id_of(&planned)), &json!({})).await;
        assert_eq!(executed.status, 202, "{}", executed.text);
        let executed = finished(&admin, id_of(&executed.json())).await;
        assert_eq!((&executed["kind"], &executed["counts"]["published"]),
            (&json!("revert"), &json!(2)));
        assert_eq!(facts(&admin, "m0").await, (texts(&[]), 2));
    }

    async fn drafts_that_a_job_published_are_brought_back(app: TestApp) {
        let admin = app.admin();
        app.movie("a").await;
        app.seed(&[envelope("a", "basic_info", json!({ "runtime": 90 }))]).await;
        admin.draft(&envelope("a", "basic_info", json!({ "runtime": 91 }))).await;
        let publish = "mutation { publishDrafts(input: {filter: {}}) { job { id } } }";
        let reply = admin.graphql(publish, json!({})).await;
        let id = reply["data"]["publishDrafts"]["job"]["id"].as_str().unwrap().to_owned();
        finished(&admin, id.trim_start_matches("job:")).await;
        assert_eq!(admin.export("a", "basic-info").await["data"]["runtime"], 91);
        let revert = "mutation($id: ID!) { revertJob(input: {id: $id}) {
            job { id kind } userErrors { code } query { jobs { totalCount } } } }";
        let reply = admin.graphql(revert, json!({ "id": id })).await;
        let payload = &reply["data"]["revertJob"];
        assert_eq!((&payload["job"]["kind"], &payload["query"]["jobs"]["totalCount"]),
            (&json!("REVERT"), &json!(2)), "{reply}");
        let id = payload["job"]["id"].as_str().unwrap();
        finished(&admin, id.trim_start_matches("job:")).await;
        assert_eq!(admin.export("a", "basic-info").await["data"]["runtime"], 90);
    }

    async fn a_job_without_anything_to_revert_is_refused(app: TestApp) {
        let admin = app.admin();
        let idle = app.idle().await;
        let unfinished = leases::queued(&idle, &documents(1)).await;
        let lease = leases::take(&idle, &unfinished, Duration::from_mins(5)).await;
        let dry = start(&admin, "?dry_run=true", ndjson(&documents(1))).await;
        finished(&admin, &dry).await;
        let files = stored_files(&app).len();
        for (id, status, part) in [
            (unfinished.as_str(), 409, "is not finished"),
            (&dry, 409, "published no document"),
            ("no", 404, "there is no job no"),
        ] {
            let reply = revert(&admin, id, "").await;
            assert_eq!(reply.status, status, "{}", reply.text);
            assert!(reply.json()["detail"].as_str().unwrap().contains(part), "{}", reply.text);
        }
        assert_eq!(revert(&admin, &dry, "?dryrun=1").await.status, 400);
        assert_eq!(revert(&app.viewer(), "no", "").await.status, 403);
        assert_eq!(stored_files(&app).len(), files);
        drop(lease);
    }

    async fn a_repeated_reversion_gets_the_first_job(app: TestApp) {
        let admin = app.admin();
        let id = imported(&admin, &documents(1)).await;
        let send = async |query: &str| {
            let path = format!("{JOBS}/{id}/revert{query}");
            let request = admin.request(Method::POST, &path).header("idempotency-key", "k-1");
            admin.send(request).await
        };
        let first = send("").await;
        assert_eq!(first.status, 202, "{}", first.text);
        finished(&admin, id_of(&first.json())).await;
        let files = stored_files(&app).len();
        let again = send("").await;
        assert_eq!((again.status, &again.json()["id"]), (202, &first.json()["id"]));
        let other = send("?dry_run=true").await;
        assert_eq!((other.status, &other.json()["code"]), (409, &json!("IDEMPOTENCY_MISMATCH")));
        assert_eq!(stored_files(&app).len(), files);
        assert_eq!(facts(&admin, "m0").await, (texts(&[]), 2));
    }
}
