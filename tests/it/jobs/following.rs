//! Following jobs by subscriptions.

use reelport::catalog::access::Role;
use serde_json::{Value, json};

use super::{documents, start};
use crate::on_both_databases;
use crate::support::events::Events;
use crate::support::packing::ndjson;
use crate::support::token;
use crate::support::websocket::Socket;

const JOB: &str = "subscription($id: ID!) { job(id: $id) { id state done total
    counts { published } } }";

on_both_databases! {
    async fn a_job_is_followed_until_its_end(app: TestApp) {
        const COUNT: i64 = 1_000;
        let admin = app.admin();
        // By another server than the one that works on it, or by the same.
        let replica = app.replica().await;
        let id = start(&admin, "", ndjson(&documents(1_000))).await;
        for client in [&admin, &replica] {
            let mut events = Events::open(client, JOB, json!({ "id": format!("job:{id}") })).await;
            let mut last = Value::Null;
            let mut done = -1;
            while let Some((name, data)) = events.next().await {
                if name == "complete" {
                    break;
                }
                last = data["data"]["job"].clone();
                assert_eq!(last["id"], format!("job:{id}"), "{data}");
                let now = last["done"].as_i64().unwrap();
                assert!(now >= done, "{done} {now}");
                done = now;
            }
            assert_eq!(last["state"], "COMPLETED", "{last}");
            assert_eq!((done, &last["total"]), (COUNT, &json!(COUNT)));
            assert_eq!(last["counts"]["published"], COUNT);
        }
        // Over a WebSocket, a finished job is delivered once.
        let token = token(Role::Admin, "admin@example.com");
        let mut socket = Socket::initialised(app.address, &token).await;
        socket.subscribe("job", JOB, json!({ "id": id })).await;
        assert_eq!(socket.next("job").await["data"]["job"]["state"], "COMPLETED");
        let end = socket.receive().await.message();
        assert_eq!((&end["type"], &end["id"]), (&json!("complete"), &json!("job")));
    }

    async fn a_job_that_is_missing_or_not_to_be_read_is_an_error(app: TestApp) {
        for (client, code) in [
            (app.admin(), "BAD_USER_INPUT"),
            (app.with_role(Role::Contributor), "FORBIDDEN"),
        ] {
            let mut events = Events::open(&client, JOB, json!({ "id": "job:no" })).await;
            let (_, data) = events.next().await.unwrap();
            assert_eq!(data["errors"][0]["extensions"]["code"], code, "{data}");
        }
    }
}
