//! Trying the failed documents of a job again, and downloading them.

use chrono::TimeDelta;
use reelport::catalog::access::Role;
use reqwest::Method;
use serde_json::{Value, json};

use super::{JOBS, documents, finished, job_when, leases, outcomes, start, stored_files, trivia};
use crate::on_both_databases;
use crate::support::packing::{ndjson, zipped};
use crate::support::{Client, Reply, envelope};

async fn retry(client: &Client, id: &str) -> Reply {
    client.send(client.request(Method::POST, &format!("{JOBS}/{id}/retry"))).await
}

/// An import of movies that do not exist into drafts, of which only the first exists.
async fn some_rejected(admin: &Client) -> String {
    let file = ndjson(&[trivia("a", "A"), trivia("b", "B"), trivia("c", "C"), trivia("a", "A2")]);
    let id = start(admin, "?target=draft&source=llm-generated", file).await;
    let done = finished(admin, &id).await;
    assert_eq!((&done["counts"]["drafted"], &done["counts"]["rejected"]), (&json!(2), &json!(2)));
    id
}

on_both_databases! {
    async fn only_what_failed_is_tried_again(app: TestApp) {
        let admin = app.movie("a").await;
        let id = some_rejected(&admin).await;
        app.movie("b").await;
        let reply = retry(&admin, &id).await;
        assert_eq!(reply.status, 202, "{}", reply.text);
        let again = reply.json();
        let second = again["id"].as_str().unwrap();
        assert_eq!(reply.header("location"), format!("{JOBS}/{second}"));
        assert_eq!((&again["retry_of"], &again["total"]), (&json!(id), &json!(2)));
        let done = finished(&admin, second).await;
        assert_eq!((&done["done"], &done["total"]), (&json!(2), &json!(2)));
        // The documents keep their numbers, and the options apply.
        assert_eq!(outcomes(&admin, second, Value::Null).await, ["1 b DRAFTED", "2 c REJECTED"]);

        app.movie("c").await;
        let mutation = "mutation($id: ID!) { retryJob(input: {id: $id}) {
            job { id total retryOf { id } } userErrors { code field message } } }";
        let reply = admin.graphql(mutation, json!({ "id": format!("job:{second}") })).await;
        let payload = &reply["data"]["retryJob"];
        assert_eq!(payload["userErrors"], json!([]), "{reply}");
        assert_eq!(payload["job"]["retryOf"]["id"], format!("job:{second}"));
        let third = payload["job"]["id"].as_str().unwrap().trim_start_matches("job:").to_owned();
        finished(&admin, &third).await;
        assert_eq!(outcomes(&admin, &third, Value::Null).await, ["2 c DRAFTED"]);
        // Nothing is left to try.
        let none = retry(&admin, &third).await;
        assert_eq!((none.status, &none.json()["code"]), (409, &json!("CONFLICT")), "{}", none.text);
        let none = admin.graphql(mutation, json!({ "id": format!("job:{third}") })).await;
        assert_eq!(none["data"]["retryJob"]["userErrors"][0]["code"], "CONFLICT", "{none}");
        let unknown = admin.graphql(mutation, json!({ "id": "job:no" })).await;
        assert_eq!(unknown["data"]["retryJob"]["userErrors"][0]["code"], "NOT_FOUND");
        assert_eq!(retry(&admin, "no").await.status, 404);

        // They share a file, which is kept as long as one of them.
        assert_eq!(stored_files(&app).len(), 1);
        app.clock.forward(TimeDelta::days(8));
        assert_eq!(app.app.catalog.delete_old_jobs().await.unwrap(), 3);
        assert_eq!(stored_files(&app), [""; 0]);
    }

    async fn the_skipped_documents_of_a_canceled_job_are_tried_again(app: TestApp) {
        const COUNT: usize = 3_000;
        let admin = app.admin();
        let id = start(&admin, "", ndjson(&documents(COUNT))).await;
        job_when(&admin, &id, |job| job["done"].as_i64().unwrap() > 0).await;
        let early = retry(&admin, &id).await;
        assert_eq!(early.status, 409, "{}", early.text);
        assert_eq!(admin.post(&format!("{JOBS}/{id}/cancel"), &json!({})).await.status, 202);
        let canceled = finished(&admin, &id).await;
        let skipped = canceled["counts"]["skipped"].as_i64().unwrap();
        assert!(skipped > 0, "{canceled}");
        let second = retry(&admin, &id).await.json()["id"].as_str().unwrap().to_owned();
        let done = finished(&admin, &second).await;
        assert_eq!((&done["counts"]["published"], &done["done"]), (&json!(skipped), &json!(skipped)));
        let statistics = admin.graphql("{ catalogStatistics { movies } }", json!({})).await;
        assert_eq!(statistics["data"]["catalogStatistics"]["movies"], COUNT);
    }

    async fn a_retry_of_a_failed_job_has_what_was_not_attempted(app: TestApp) {
        let admin = app.movie("a").await;
        let id = some_rejected(&admin).await;
        app.movie("b").await;
        app.movie("c").await;
        // As if the job had failed after two of the four documents.
        let url = &app.database.url;
        for sql in [
            format!("DELETE FROM job_outcomes WHERE job_id = '{id}' AND position >= 2"),
            format!("UPDATE jobs SET state = 'failed', position = 2 WHERE id = '{id}'"),
        ] {
            crate::support::database::execute(url, &sql).await;
        }
        let failures = admin.get(&format!("{JOBS}/{id}/failures")).await;
        assert_eq!(failures.text.lines().count(), 3, "{}", failures.text);
        let again = retry(&admin, &id).await.json();
        assert_eq!(again["total"], json!(null), "{again}");
        let second = again["id"].as_str().unwrap();
        let done = finished(&admin, second).await;
        assert_eq!((&done["total"], &done["done"]), (&json!(3), &json!(3)), "{done}");
        assert_eq!(outcomes(&admin, second, Value::Null).await, [
            "1 b DRAFTED", "2 c DRAFTED", "3 a UNCHANGED"
        ]);
        // A failed retry: what it did not attempt is tried again, and nothing else.
        for sql in [
            format!("DELETE FROM job_outcomes WHERE job_id = '{second}' AND position >= 2"),
            format!("UPDATE jobs SET state = 'failed', position = 2 WHERE id = '{second}'"),
        ] {
            crate::support::database::execute(url, &sql).await;
        }
        let third = retry(&admin, second).await.json()["id"].as_str().unwrap().to_owned();
        finished(&admin, &third).await;
        assert_eq!(outcomes(&admin, &third, Value::Null).await, [
            "2 c UNCHANGED", "3 a UNCHANGED"
        ]);

        // Without the file, both say so.
        let folder = app.database.job_files();
        for file in stored_files(&app) {
            std::fs::remove_file(folder.join(file)).unwrap();
        }
        for reply in [
            retry(&admin, &id).await,
            admin.get(&format!("{JOBS}/{id}/failures")).await,
        ] {
            assert_eq!((reply.status, &reply.json()["code"]), (409, &json!("CONFLICT")), "{}", reply.text);
            assert!(reply.text.contains("the file of the job is missing"), "{}", reply.text);
        }
    }

    async fn failures_in_the_words_of_models_can_be_imported_again(app: TestApp) {
        let admin = app.admin();
        let answer = |movie: &str| {
            let document = envelope(movie, "basic_info", json!({ "title": "B", "runtime": -5 }));
            format!("Sure! Here it is:\n\n```json\n{document:#}\n```\nAnything else?")
        };
        let file = zipped(&[
            ("a.json", answer("a").into_bytes()),
            ("b.json", answer("b").into_bytes()),
            ("c.json", b"I cannot do that.\nSorry.".to_vec()),
        ]);
        let id = start(&admin, "", file).await;
        finished(&admin, &id).await;
        let failures = admin.get(&format!("{JOBS}/{id}/failures")).await.text;
        let corrected = failures.replace("-5", "95") + &trivia("d", "D").to_string() + "\n";
        let again = start(&admin, "", corrected.into_bytes()).await;
        finished(&admin, &again).await;
        assert_eq!(outcomes(&admin, &again, Value::Null).await, [
            "0 a PUBLISHED", "1 b PUBLISHED", "2 ? REJECTED", "3 d PUBLISHED"
        ]);
    }

    async fn a_retry_goes_on_where_its_server_ended(app: TestApp) {
        let admin = app.movie("a").await;
        let id = some_rejected(&admin).await;
        app.movie("b").await;
        app.movie("c").await;
        let idle = leases::hold_workers(&app).await;
        let permission = leases::admin().can_manage_jobs().unwrap();
        let started = idle.catalog.retry_job(&permission, &id, None).await.unwrap().unwrap();
        let second = leases::started(started);
        // As if a server had ended after the first of the two documents.
        leases::take(&idle, &second, leases::SHORT).await;
        let url = &app.database.url;
        let moved = format!("UPDATE jobs SET position = 2 WHERE id = '{second}'");
        crate::support::database::execute(url, &moved).await;
        leases::let_workers_go_on(&app).await;
        finished(&admin, &second).await;
        assert_eq!(outcomes(&admin, &second, Value::Null).await, ["2 c DRAFTED"]);
    }

    async fn a_repeated_retry_gets_the_first_job(app: TestApp) {
        let admin = app.movie("a").await;
        let id = some_rejected(&admin).await;
        let retry = async |id: &str, key: &str| {
            let path = format!("{JOBS}/{id}/retry");
            let request = admin.request(Method::POST, &path).header("idempotency-key", key);
            admin.send(request).await
        };
        let first = retry(&id, "\"again-1\"").await;
        assert_eq!(first.status, 202, "{}", first.text);
        finished(&admin, first.json()["id"].as_str().unwrap()).await;
        let repeated = retry(&id, "again-1").await;
        assert_eq!(repeated.json()["id"], first.json()["id"], "{}", repeated.text);
        let mutation = "mutation($id: ID!) {
            retryJob(input: {id: $id, idempotencyKey: \"again-1\"}) {
            job { id } userErrors { code } } }";
        let payload = admin.graphql(mutation, json!({ "id": id })).await;
        let job = &payload["data"]["retryJob"]["job"];
        assert_eq!(job["id"], format!("job:{}", first.json()["id"].as_str().unwrap()));
        // Another job is another request.
        let other = start(&admin, "", b"{\"category\": \"no\"}".to_vec()).await;
        finished(&admin, &other).await;
        assert_eq!(retry(&other, "again-1").await.status, 409);
        assert_eq!(retry(&other, "").await.status, 400);
    }

    async fn failures_are_a_file_that_can_be_imported_again(app: TestApp) {
        let admin = app.admin();
        let pretty = |document: &Value| serde_json::to_string_pretty(document).unwrap();
        let invalid = envelope("b", "basic_info", json!({ "title": "B", "runtime": -5 }));
        // Without its last bracket, and with a comment.
        let mut broken = pretty(&envelope("c", "basic_info", json!({ "title": "C", "runtime": -6 })));
        broken.insert_str(1, " // from a model");
        let file = zipped(&[
            ("a.json", pretty(&trivia("a", "A")).into_bytes()),
            ("b.json", pretty(&invalid).into_bytes()),
            ("c.json", broken.into_bytes()),
            ("d.ndjson", format!("{}\n{{\"category\": \"no\"}}\n", trivia("d", "D")).into_bytes()),
        ]);
        let id = start(&admin, "", file).await;
        let done = finished(&admin, &id).await;
        assert_eq!((&done["counts"]["published"], &done["counts"]["rejected"]), (&json!(2), &json!(3)));
        let reply = admin.get(&format!("{JOBS}/{id}/failures")).await;
        assert_eq!((reply.status, reply.header("content-type")), (200, "application/x-ndjson"));
        assert!(reply.header("content-disposition").contains("failures.ndjson"));
        let lines: Vec<&str> = reply.text.lines().collect();
        assert_eq!(lines.len(), 3, "{}", reply.text);
        assert_eq!(serde_json::from_str::<Value>(lines[0]).unwrap(), invalid);
        assert_eq!(lines[2], "{\"category\": \"no\"}");
        // The same failures as before, and what was corrected is imported.
        let again = start(&admin, "", reply.bytes.clone()).await;
        finished(&admin, &again).await;
        assert_eq!(outcomes(&admin, &again, Value::Null).await, [
            "0 b REJECTED", "1 c REJECTED", "2 ? REJECTED"
        ]);
        let corrected = reply.text.replace("-5", "95").replace("-6", "96");
        let again = start(&admin, "", corrected.into_bytes()).await;
        finished(&admin, &again).await;
        assert_eq!(outcomes(&admin, &again, json!(["PUBLISHED"])).await, [
            "0 b PUBLISHED", "1 c PUBLISHED"
        ]);
        let viewer = app.with_role(Role::Viewer);
        assert_eq!(viewer.get(&format!("{JOBS}/{id}/failures")).await.status, 403);
        assert_eq!(admin.get(&format!("{JOBS}/no/failures")).await.status, 404);
    }
}
