//! Canceling jobs.

use serde_json::{Value, json};

use super::{JOBS, documents, finished, job_when, leases, outcomes, start};
use crate::on_both_databases;
use crate::support::packing::ndjson;

on_both_databases! {
    async fn what_was_not_attempted_is_skipped(app: TestApp) {
        const COUNT: usize = 3_000;
        let admin = app.admin();
        let id = start(&admin, "", ndjson(&documents(COUNT))).await;
        job_when(&admin, &id, |job| job["done"].as_i64().unwrap() > 0).await;
        let reply = admin.post(&format!("{JOBS}/{id}/cancel"), &json!({})).await;
        assert_eq!(reply.status, 202, "{}", reply.text);
        assert_eq!(reply.json()["is_cancel_requested"], true);
        let done = finished(&admin, &id).await;
        assert_eq!(done["state"], "canceled", "{done}");
        assert_eq!((&done["done"], &done["total"]), (&json!(COUNT), &json!(COUNT)));
        let count = |name: &str| usize::try_from(done["counts"][name].as_u64().unwrap()).unwrap();
        let (published, skipped) = (count("published"), count("skipped"));
        assert_eq!(published + skipped, COUNT, "{done}");
        assert!(published > 0 && skipped > 0, "{done}");
        // The documents that were imported are those before the first that was skipped.
        let first = outcomes(&admin, &id, json!(["SKIPPED"])).await.remove(0);
        assert_eq!(first, format!("{published} m{published} SKIPPED"));
        let statistics = "{ catalogStatistics { movies published } }";
        let statistics = admin.graphql(statistics, json!({})).await;
        assert_eq!(statistics["data"]["catalogStatistics"]["movies"], published, "{statistics}");
        // It stays as it is.
        let again = admin.post(&format!("{JOBS}/{id}/cancel"), &json!({})).await;
        assert_eq!((again.status, &again.json()["state"]), (202, &json!("canceled")));
        let audit = "{ auditLog(filter: {operations: [CANCEL_JOB]}) { totalCount } }";
        let audit = admin.graphql(audit, json!({})).await;
        assert_eq!(audit["data"]["auditLog"]["totalCount"], 1);
    }

    async fn a_job_that_has_not_begun_skips_all(app: TestApp) {
        let admin = app.admin();
        let idle = leases::hold_workers(&app).await;
        let id = leases::queued(&idle, &documents(3)).await;
        leases::take(&idle, &id, leases::SHORT).await;
        let cancel = "mutation($id: ID!) { cancelJob(input: {id: $id}) {
            job { id isCancelRequested } userErrors { code field } } }";
        let reply = admin.graphql(cancel, json!({ "id": format!("job:{id}") })).await;
        let payload = &reply["data"]["cancelJob"];
        assert_eq!(payload["job"], json!({ "id": format!("job:{id}"), "isCancelRequested": true }));
        assert_eq!(payload["userErrors"], json!([]));
        leases::let_workers_go_on(&app).await;
        let done = finished(&admin, &id).await;
        assert_eq!((&done["state"], &done["counts"]["skipped"]), (&json!("canceled"), &json!(3)));
        assert_eq!(outcomes(&admin, &id, Value::Null).await, [
            "0 m0 SKIPPED", "1 m1 SKIPPED", "2 m2 SKIPPED"
        ]);
        let unknown = admin.graphql(cancel, json!({ "id": "job:no" })).await;
        assert_eq!(unknown["data"]["cancelJob"], json!({ "job": null,
            "userErrors": [{ "code": "NOT_FOUND", "field": ["id"] }] }));
        assert_eq!(admin.post(&format!("{JOBS}/no/cancel"), &json!({})).await.status, 404);
    }
}
