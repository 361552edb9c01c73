//! Reading the audit log: its filters, its pages, who may, and the command line.

use reelport::catalog::access::Role;
use serde_json::{Value, json};

use super::{entries, import_trivia, shown};
use crate::identity::{account, codes, create, done, run};
use crate::on_both_databases;
use crate::support::Client;

const PAGE: &str = "query($first: Int, $after: String, $last: Int, $before: String,
    $filter: AuditFilter) { auditLog(first: $first, after: $after, last: $last, before: $before,
    filter: $filter) { totalCount nodes { id at } pageInfo { hasNextPage hasPreviousPage
    startCursor endCursor } } }";

fn ids(page: &Value) -> Vec<&str> {
    page["nodes"].as_array().unwrap().iter().map(|node| node["id"].as_str().unwrap()).collect()
}

on_both_databases! {
    async fn filters_select(app: TestApp) {
        let ann = account(&app, "ann@example.com", Role::Admin).await.client(&app);
        let bob = create(&app, "bob@example.com", Role::Viewer).await;
        app.movie("m").await;
        app.movie("n").await;
        import_trivia(&ann, "m", "a").await;
        import_trivia(&app.admin(), "m", "b").await;
        done(&ann, "mutation($id: ID!) { updateUser(input: {id: $id, role: USER}) { userErrors { code } } }", json!({ "id": bob })).await;
        app.anonymous().get("/api/v1/admin/movies/n/export/trivia").await;
        let ann_id = run(&ann, "{ viewer { id } }", json!({})).await["id"].clone();
        let all = entries(&app, json!({})).await;
        let middle = all[all.len() / 2]["at"].clone();
        for (filter, keep) in [
            (json!({ "accountId": ann_id }), &(|entry: &Value| entry["accountId"] == ann_id) as &dyn Fn(&Value) -> bool),
            (json!({ "operations": ["IMPORT", "UPDATE_USER"] }), &|entry| entry["operation"] == "IMPORT" || entry["operation"] == "UPDATE_USER"),
            (json!({ "outcomes": ["UNAUTHENTICATED"] }), &|entry| entry["outcome"] == "UNAUTHENTICATED"),
            (json!({ "via": "REST" }), &|entry| entry["via"] == "REST"),
            (json!({ "address": "::ffff:127.0.0.1" }), &|entry| entry["address"] == "127.0.0.1"),
            (json!({ "targetId": bob }), &|entry| entry["targetId"] == json!(bob)),
            (json!({ "targetId": "m" }), &|entry| entry["targetId"] == "m"),
            (json!({ "targetId": "export:m:trivia" }), &|entry| entry["targetId"] == "m" && entry["category"] == "TRIVIA"),
            (json!({ "since": middle }), &|entry| entry["at"].as_str() >= middle.as_str()),
            (json!({ "until": middle }), &|entry| entry["at"].as_str() < middle.as_str()),
            (json!({ "until": "9999-12-31T00:00:00Z", "since": "0001-01-01T00:00:00Z" }), &|_| true),
            (json!({ "operations": ["IMPORT"], "accountId": ann_id }), &|entry| entry["operation"] == "IMPORT" && entry["accountId"] == ann_id),
        ] {
            let expected: Vec<Value> = all.iter().filter(|entry| keep(entry)).cloned().collect();
            assert!(!expected.is_empty(), "{filter}");
            assert_eq!(entries(&app, filter.clone()).await, expected, "{filter}");
        }
        for filter in [json!({ "targetId": "no" }), json!({ "targetId": "import:x" }), json!({ "operations": [] }), json!({ "accountId": "" })] {
            assert_eq!(entries(&app, filter.clone()).await, [Value::Null; 0], "{filter}");
        }
        let reply = app.admin().graphql(PAGE, json!({ "filter": { "address": "example.com" } })).await;
        assert_eq!(codes(&reply), ["BAD_USER_INPUT"], "{reply}");
    }

    async fn pages_lead_through_the_log_in_both_directions(app: TestApp) {
        let admin = app.movie("m").await;
        for text in ["a", "b", "c", "d"] {
            import_trivia(&admin, "m", text).await;
        }
        let page = async |variables: Value| run(&admin, PAGE, variables).await;
        let all = page(json!({ "first": 100 })).await;
        assert_eq!(all["totalCount"], 5);
        let first = page(json!({ "first": 2 })).await;
        assert_eq!(ids(&first), ids(&all)[..2]);
        let second = page(json!({ "first": 2, "after": first["pageInfo"]["endCursor"] })).await;
        assert_eq!(ids(&second), ids(&all)[2..4]);
        assert_eq!(second["pageInfo"]["hasNextPage"], true);
        let back = page(json!({ "last": 2, "before": second["pageInfo"]["startCursor"] })).await;
        assert_eq!(ids(&back), ids(&first));
        let last = page(json!({ "last": 1 })).await;
        assert_eq!(ids(&last), ids(&all)[4..]);
        let (statements, _) = app.count_queries(page(json!({ "first": 100 }))).await;
        assert_eq!(statements, 2, "the page and its total");
        let nodes = "query($ids: [ID!]!) { nodes(ids: $ids) { id ... on AuditEntry { operation } } }";
        let (statements, found) =
            app.count_queries(admin.graphql(nodes, json!({ "ids": ids(&all) }))).await;
        assert_eq!(statements, 1);
        assert_eq!(found["data"]["nodes"][0], json!({ "id": ids(&all)[0], "operation": "IMPORT" }));
    }

    async fn nobody_but_an_admin_reads_the_log(app: TestApp) {
        let admin = account(&app, "ann@example.com", Role::Admin).await.client(&app);
        app.movie("m").await;
        let id = entries(&app, json!({})).await[0]["id"].clone();
        let limited = done(&admin, "mutation { createToken(input: {name: \"n\", role: ADMIN, categories: [TRIVIA]}) { secret userErrors { code } } }", json!({})).await;
        let limited = app.anonymous().with_token(limited["secret"].as_str().unwrap());
        let callers: Vec<Client> =
            [Role::User, Role::Viewer, Role::Contributor].map(|role| app.with_role(role)).into();
        for client in callers.iter().chain([&limited]) {
            let reply = client.graphql(PAGE, json!({})).await;
            assert_eq!((codes(&reply), &reply["data"]), (vec!["FORBIDDEN"], &json!({ "auditLog": null })), "{reply}");
            for id in [&id, &json!("audit:no")] {
                let query = "query($id: ID!) { node(id: $id) { id } nodes(ids: [$id]) { id } }";
                let reply = client.graphql(query, json!({ "id": id })).await;
                assert_eq!(codes(&reply), ["FORBIDDEN"; 2], "{reply}");
                assert_eq!(reply["data"], json!({ "node": null, "nodes": [null] }), "{reply}");
            }
        }
        let reply = app.anonymous().graphql(PAGE, json!({})).await;
        assert_eq!(codes(&reply), ["UNAUTHENTICATED"], "{reply}");
        let found = run(&admin, "query($id: ID!) { node(id: $id) { id } }", json!({ "id": id })).await;
        assert_eq!(found["id"], id);
        assert_eq!(run(&admin, "{ node(id: \"audit:no\") { id } }", json!({})).await, json!(null));
    }

    async fn the_command_line_prints_the_log(app: TestApp) {
        let admin = app.movie("m").await;
        import_trivia(&admin, "m", "a").await;
        app.command(&["user", "create", "--email", "ann@example.com", "--role", "ADMIN", "--password", crate::identity::PASSWORD]).await.ok();
        let ann = crate::identity::log_in(&app.anonymous(), "ann@example.com").await.client(&app);
        import_trivia(&ann, "m", "b").await;
        app.anonymous().get("/api/v1/admin/movies/m/export/trivia").await;
        let all = entries(&app, json!({})).await;
        let print = async |arguments: &[&str]| {
            let ran = app.command(&[&["audit"], arguments].concat()).await.ok();
            ran.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<Value>>()
        };
        let printed = print(&[]).await;
        let id = |entry: &Value| format!("audit:{}", entry["id"].as_str().unwrap());
        assert_eq!(printed.iter().map(id).collect::<Vec<_>>(), all.iter().map(|entry| entry["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>());
        let keys = ["operation", "outcome", "email", "target_id", "category", "address"];
        let imports = print(&["--account", "Ann@example.com", "--operation", "import,read", "--outcome", "succeeded"]).await;
        assert_eq!(imports.iter().map(|entry| shown(entry, &keys)).collect::<Vec<_>>(),
            [json!(["IMPORT", "SUCCEEDED", "ann@example.com", "m", "trivia", "127.0.0.1"])]);
        assert_eq!(print(&["--limit", "1"]).await, printed[..1]);
        assert_eq!(print(&["--address", "192.0.2.1"]).await, [Value::Null; 0]);
        assert_eq!(print(&["--until", "2020-01-01T00:00:00Z"]).await, [Value::Null; 0]);
        for wrong in [["--operation", "fly"], ["--outcome", "well"], ["--account", "no@example.com"]] {
            let ran = app.command(&[&["audit"], &wrong[..]].concat()).await;
            assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{}", ran.stderr);
        }
    }
}
