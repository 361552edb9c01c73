//! Jobs that publish or discard many drafts.

use reelport::catalog::access::Role;
use reelport::document::Source;
use serde_json::{Value, json};

use super::{JOBS, finished, leases, outcomes, stored_files, trivia};
use crate::on_both_databases;
use crate::support::{Client, TestApp, envelope};

/// Starts a job with a mutation, waits for its end, and returns it as GraphQL shows it.
async fn run(client: &Client, mutation: &str, input: Value) -> Value {
    let job = start(client, mutation, input).await["job"].clone();
    let id = job["id"].as_str().unwrap_or_else(|| panic!("{job}"));
    let query = "query($id: ID!) { job(id: $id) { id kind state total done options
        counts { published unchanged planned conflict rejected skipped discarded } error } }";
    finished(client, id.trim_start_matches("job:")).await;
    client.graphql(query, json!({ "id": id })).await["data"]["job"].clone()
}

async fn start(client: &Client, mutation: &str, input: Value) -> Value {
    let payload = format!("{mutation}Payload");
    let input_type = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
    let text = format!(
        "mutation {payload}($input: {input_type}!) {{ {mutation}(input: $input) {{
            job {{ id }} userErrors {{ code message }} }} }}"
    );
    let reply = client.graphql(&text, json!({ "input": input })).await;
    assert_eq!(reply.get("errors"), None, "{reply}");
    reply["data"][mutation].clone()
}

/// Opens a draft with one fact.
async fn draft(app: &TestApp, movie: &str, text: &str) {
    app.admin().draft(&trivia(movie, text)).await;
}

async fn open_drafts(app: &TestApp) -> Vec<String> {
    let reply = app.admin().graphql("{ drafts(first: 100) { nodes { id } } }", json!({})).await;
    let nodes = reply["data"]["drafts"]["nodes"].as_array().unwrap().clone();
    let mut ids: Vec<_> =
        nodes.iter().map(|node| node["id"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids
}

/// The facts of a movie.
async fn facts(app: &TestApp, movie: &str) -> Vec<String> {
    let query = "query($id: ID!) { movie(id: $id) { trivia { items { text } } } }";
    let reply = app.admin().graphql(query, json!({ "id": movie })).await;
    let items = reply["data"]["movie"]["trivia"]["items"].as_array().cloned().unwrap_or_default();
    items.iter().map(|item| item["text"].as_str().unwrap().to_owned()).collect()
}

on_both_databases! {
    async fn matching_drafts_are_published_each_on_its_own(app: TestApp) {
        for movie in ["a", "b", "c"] {
            app.movie(movie).await;
            draft(&app, movie, &format!("Fact of {movie}")).await;
        }
        app.admin().draft(&envelope("a", "timeline", json!({ "events": [
            { "date": "1999", "title": "Premiere" }] }))).await;
        let input = json!({ "filter": { "category": "TRIVIA" } });
        let job = run(&app.admin(), "publishDrafts", input).await;
        assert_eq!((&job["kind"], &job["state"]), (&json!("PUBLISH_DRAFTS"), &json!("COMPLETED")));
        assert_eq!((&job["total"], &job["done"]), (&json!(3), &json!(3)));
        assert_eq!(job["counts"]["published"], 3, "{job}");
        assert_eq!(open_drafts(&app).await, ["draft:a:timeline"]);
        assert_eq!(facts(&app, "b").await, ["Fact of b"]);
        // Each is an entry of the logs, and of the author.
        let query = "{ imports(filter: {movieId: \"b\"}) { nodes { operation status author } }
            auditLog(filter: {operations: [PUBLISH_DRAFT]}) { totalCount nodes { email } } }";
        let reply = app.admin().graphql(query, json!({})).await;
        let last = &reply["data"]["imports"]["nodes"][0];
        assert_eq!(last["operation"], "PUBLISH", "{reply}");
        assert_eq!(last["author"], "admin@example.com");
        assert_eq!(reply["data"]["auditLog"]["totalCount"], 3);
    }

    async fn selected_drafts_are_discarded_with_a_reason(app: TestApp) {
        for movie in ["a", "b"] {
            app.movie(movie).await;
            draft(&app, movie, "A guess").await;
        }
        let input = json!({ "ids": ["draft:b:trivia", "draft:b:timeline", "nonsense"],
            "reason": " Not sourced. " });
        let job = run(&app.admin(), "discardDrafts", input).await;
        assert_eq!(job["kind"], "DISCARD_DRAFTS");
        assert_eq!((&job["total"], &job["counts"]["discarded"]), (&json!(1), &json!(1)), "{job}");
        assert_eq!(job["options"], json!({ "reason": "Not sourced." }));
        assert_eq!(open_drafts(&app).await, ["draft:a:trivia"]);
        let log = "{ imports(filter: {movieId: \"b\"}) { nodes { operation options } } }";
        let log = app.admin().graphql(log, json!({})).await;
        let last = &log["data"]["imports"]["nodes"][0];
        assert_eq!((&last["operation"], &last["options"]["reason"]),
            (&json!("DISCARD"), &json!("Not sourced.")), "{log}");
    }

    async fn only_additions_leaves_drafts_that_change_or_remove(app: TestApp) {
        let admin = app.admin();
        for movie in ["adds", "changes", "removes"] {
            app.movie(movie).await;
            let stored = json!({ "title": "T", "runtime": 90, "genres": ["Drama"] });
            app.seed(&[envelope(movie, "basic_info", stored)]).await;
        }
        admin.draft(&envelope("adds", "basic_info", json!({ "tagline": "New" }))).await;
        admin.draft(&envelope("changes", "basic_info", json!({ "runtime": 91 }))).await;
        let cleared = envelope("removes", "basic_info", json!({ "runtime": null }));
        let options = json!({ "target": "DRAFT", "nulls": "CLEAR" });
        let payload = admin.import_document(&cleared, options).await;
        assert_eq!(payload["status"], "DRAFTED", "{payload}");
        let input = json!({ "filter": {}, "onlyAdditions": true });
        let job = run(&admin, "publishDrafts", input.clone()).await;
        let counts = (&job["counts"]["published"], &job["counts"]["skipped"]);
        assert_eq!(counts, (&json!(1), &json!(2)));
        assert_eq!(open_drafts(&app).await,
            ["draft:changes:basic-info", "draft:removes:basic-info"]);
        let query = "query($id: ID!) { job(id: $id) { outcomes(outcomes: [SKIPPED]) {
            nodes { movieId userErrors { message } } } } }";
        let reply = admin.graphql(query, json!({ "id": job["id"] })).await;
        let nodes = reply["data"]["job"]["outcomes"]["nodes"].as_array().unwrap().clone();
        let messages: Vec<_> = nodes.iter().map(|node| format!("{} {}",
            node["movieId"].as_str().unwrap(), node["userErrors"][0]["message"])).collect();
        assert!(messages[0].starts_with("changes \"only additions are published"), "{messages:?}");
        assert!(messages[0].contains("changes 1"), "{messages:?}");
        assert!(messages[1].contains("removes 1"), "{messages:?}");
        // A retry without the option is another job; a retry of this one ends in the same way.
        let again = run(&admin, "publishDrafts", json!({ "filter": {} })).await;
        assert_eq!(again["counts"]["published"], 2, "{again}");
        assert_eq!(open_drafts(&app).await, [""; 0]);
    }

    async fn a_draft_that_changes_after_it_was_selected_is_left(app: TestApp) {
        let admin = app.admin();
        for movie in ["a", "b"] {
            app.movie(movie).await;
            draft(&app, movie, "First").await;
        }
        let idle = leases::hold_workers(&app).await;
        let id = leases::queued_drafts(&idle).await;
        draft(&app, "a", "Second").await;
        leases::let_workers_go_on(&app).await;
        let done = finished(&admin, &id).await;
        let counts = (&done["counts"]["published"], &done["counts"]["conflict"]);
        assert_eq!(counts, (&json!(1), &json!(1)));
        assert_eq!(open_drafts(&app).await, ["draft:a:trivia"]);
        assert_eq!(outcomes(&admin, &id, Value::Null).await, ["0 a CONFLICT", "1 b PUBLISHED"]);
        // A retry knows the selected revision, and leaves the draft again.
        let retried = admin.post(&format!("{JOBS}/{id}/retry"), &json!({})).await;
        assert_eq!(retried.status, 202, "{}", retried.text);
        let retried = finished(&admin, retried.json()["id"].as_str().unwrap()).await;
        assert_eq!((&retried["total"], &retried["counts"]["conflict"]), (&json!(1), &json!(1)));
        let failures = admin.get(&format!("{JOBS}/{id}/failures")).await;
        assert_eq!(failures.status, 409, "{}", failures.text);
    }

    async fn a_dry_run_publishes_no_draft(app: TestApp) {
        app.movie("a").await;
        draft(&app, "a", "A").await;
        let job = run(&app.admin(), "publishDrafts", json!({ "filter": {}, "dryRun": true })).await;
        assert_eq!(job["counts"]["planned"], 1, "{job}");
        assert_eq!(open_drafts(&app).await, ["draft:a:trivia"]);
        assert_eq!(facts(&app, "a").await, [""; 0]);
    }

    async fn a_repeated_request_gets_the_first_job(app: TestApp) {
        let admin = app.admin();
        app.movie("a").await;
        draft(&app, "a", "A").await;
        let input = json!({ "filter": { "category": "TRIVIA" }, "idempotencyKey": "k-1" });
        let first = run(&admin, "publishDrafts", input.clone()).await;
        let again = start(&admin, "publishDrafts", input).await;
        assert_eq!(again["job"]["id"], first["id"]);
        let other = json!({ "filter": {}, "idempotencyKey": "k-1" });
        let other = start(&admin, "publishDrafts", other).await;
        assert_eq!(other["userErrors"][0]["code"], "IDEMPOTENCY_MISMATCH", "{other}");
    }

    async fn an_input_that_selects_nothing_starts_no_job(app: TestApp) {
        let admin = app.admin();
        app.movie("a").await;
        draft(&app, "a", "A").await;
        for (input, code) in [
            (json!({}), "REQUIRED"),
            (json!({ "filter": {}, "ids": [] }), "INVALID"),
            (json!({ "ids": [] }), "NO_DRAFT"),
            (json!({ "ids": ["draft:a:timeline"] }), "NO_DRAFT"),
            (json!({ "filter": { "movieId": "b" } }), "NO_DRAFT"),
            (json!({ "filter": { "movieId": "no/movie" } }), "NO_DRAFT"),
            (json!({ "filter": { "until": "2000-01-01T00:00:00Z" } }), "NO_DRAFT"),
        ] {
            for mutation in ["publishDrafts", "discardDrafts"] {
                let payload = start(&admin, mutation, input.clone()).await;
                assert_eq!(payload["job"], Value::Null, "{payload}");
                assert_eq!(payload["userErrors"][0]["code"], code, "{input}: {payload}");
            }
        }
        let reason = json!({ "filter": {}, "reason": "x".repeat(1_001) });
        let payload = start(&admin, "discardDrafts", reason).await;
        assert_eq!(payload["userErrors"][0]["code"], "TOO_LONG", "{payload}");
        let agent = app.agent(Role::Contributor, Source::LlmGenerated);
        let text = "mutation { publishDrafts(input: {filter: {}}) { job { id } } }";
        let reply = agent.graphql(text, json!({})).await;
        assert_eq!(reply["errors"][0]["extensions"]["code"], "FORBIDDEN", "{reply}");
        assert_eq!(open_drafts(&app).await, ["draft:a:trivia"]);
        assert!(stored_files(&app).is_empty());
    }
}
