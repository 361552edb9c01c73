//! Personal access tokens: what they may do, and how they end.

use chrono::TimeDelta;
use reelport::catalog::access::Role;
use serde_json::{Value, json};

use super::{account, codes, create, done, log_in, refusals, run, status};
use crate::on_both_databases;
use crate::support::{Client, TestApp, database, envelope, fixtures};

const CREATE: &str = "mutation($input: CreateTokenInput!) { createToken(input: $input) {
    secret token { id name role source categories mayPublish createdAt expiresAt lastUsedAt }
    userErrors { path code message } } }";
const REVOKE: &str = "mutation($id: ID!) { revokeToken(input: {id: $id}) {
    revokedTokenId userErrors { path code } } }";
const VIEWER: &str = "{ viewer { role source } }";

pub async fn make(client: &Client, input: Value) -> (String, Value) {
    let payload = done(client, CREATE, json!({ "input": input })).await;
    (payload["secret"].as_str().unwrap().to_owned(), payload["token"].clone())
}

fn days_left(token: &Value, app: &TestApp) -> i64 {
    let expires: chrono::DateTime<chrono::Utc> =
        token["expiresAt"].as_str().unwrap().parse().unwrap();
    (expires - app.app.catalog.now() + TimeDelta::minutes(1)).num_days()
}

on_both_databases! {
    async fn a_token_is_shown_once_and_stored_as_a_hash(app: TestApp) {
        let client = account(&app, "a@example.com", Role::Contributor).await.client(&app);
        let (secret, token) = make(&client, json!({ "name": " nightly ", "role": "VIEWER" })).await;
        assert!(secret.starts_with("rp_") && secret.len() == 49, "{secret}");
        assert_eq!((&token["name"], &token["role"], &token["source"]), (&json!("nightly"), &json!("VIEWER"), &Value::Null));
        assert_eq!((&token["categories"], &token["mayPublish"], days_left(&token, &app)), (&json!(["BASIC_INFO", "CAST_CREW", "TIMELINE", "TRIVIA", "AWARDS", "MEDIA", "STREAMING"]), &json!(false), 90));
        let script = app.anonymous().with_token(&secret);
        assert_eq!(run(&script, VIEWER, json!({})).await, json!({ "role": "VIEWER", "source": null }));
        let rows = database::rows(&app.database.url, "personal_tokens").await;
        assert!(!rows[0].to_string().contains(&secret[3..]), "{rows:?}");
        let listed = run(&client, "{ viewer { tokens { totalCount nodes { id name } } } }", json!({})).await;
        assert_eq!(listed["tokens"], json!({ "totalCount": 1, "nodes": [{ "id": token["id"], "name": "nightly" }] }));
        assert!(!listed.to_string().contains(&secret[3..]));
    }

    async fn a_token_is_refused_if_anything_in_it_differs(app: TestApp) {
        let client = account(&app, "a@example.com", Role::Viewer).await.client(&app);
        let (secret, _) = make(&client, json!({ "name": "x", "role": "VIEWER" })).await;
        let (other, _) = make(&client, json!({ "name": "y", "role": "VIEWER" })).await;
        let last = if secret.ends_with('0') { "1" } else { "0" };
        for token in [
            format!("{}{last}", &secret[..48]),
            secret.to_lowercase(),
            format!("{}{}", &secret[..43], &other[43..]),
            secret[..48].to_owned(),
            format!("{secret}0"),
            "rp_".to_owned(),
        ] {
            let reply = app.anonymous().with_token(&token).get("/api/v1/admin/movies/m/export/trivia").await;
            assert_eq!(reply.status, 401, "{token}: {}", reply.text);
            assert!(!reply.text.contains(&token[3..]) || token == "rp_");
        }
    }

    async fn a_token_never_gives_more_than_its_account_has(app: TestApp) {
        create(&app, "other@example.com", Role::Admin).await;
        create(&app, "a@example.com", Role::Contributor).await;
        let client = log_in(&app.anonymous(), "a@example.com").await.client(&app);
        let refused = refusals(&client, CREATE, json!({ "input": { "name": "x", "role": "ADMIN" } })).await;
        assert_eq!(refused, [("/role".to_owned(), "OUT_OF_RANGE".to_owned())]);
        let (secret, _) = make(&client, json!({ "name": "x", "role": "CONTRIBUTOR" })).await;
        let script = app.anonymous().with_token(&secret);
        for (role, expected) in [("VIEWER", "VIEWER"), ("ADMIN", "CONTRIBUTOR"), ("USER", "USER")] {
            app.command(&["user", "set-role", "--email", "a@example.com", "--role", role]).await.ok();
            assert_eq!(run(&script, VIEWER, json!({})).await["role"], expected);
        }
        app.command(&["user", "disable", "--email", "a@example.com"]).await.ok();
        assert_eq!(status(&script).await, 401);
        app.command(&["user", "enable", "--email", "a@example.com"]).await.ok();
        assert_eq!(status(&script).await, 200);
        app.command(&["user", "delete", "--email", "a@example.com"]).await.ok();
        assert_eq!(status(&script).await, 401);
    }

    async fn a_revoked_or_expired_token_is_refused_on_every_server(app: TestApp) {
        let client = account(&app, "a@example.com", Role::Admin).await.client(&app);
        let replica = app.replica().await.address();
        let on = |secret: &str| [app.address, replica].map(|address| Client::new(address).with_token(secret));
        let (secret, token) = make(&client, json!({ "name": "x", "role": "VIEWER" })).await;
        for script in on(&secret) {
            assert_eq!(status(&script).await, 200);
        }
        done(&client, REVOKE, json!({ "id": token["id"] })).await;
        for script in on(&secret) {
            assert_eq!(status(&script).await, 401);
        }
        assert_eq!(refusals(&client, REVOKE, json!({ "id": token["id"] })).await[0].1, "NOT_FOUND");

        let (secret, _) = make(&client, json!({ "name": "x", "role": "VIEWER", "expiresInDays": 2 })).await;
        let (forever, token) = make(&client, json!({ "name": "x", "role": "VIEWER", "neverExpires": true })).await;
        assert_eq!(token["expiresAt"], Value::Null);
        app.clock.forward(TimeDelta::hours(47));
        assert_eq!(status(&on(&secret)[0]).await, 200);
        app.clock.forward(TimeDelta::hours(2));
        for script in on(&secret) {
            let reply = script.get("/api/v1/admin/movies/m/export/trivia").await;
            assert!(reply.status == 401 && reply.text.contains("expired"), "{}", reply.text);
        }
        app.clock.forward(TimeDelta::days(4_000));
        assert_eq!(status(&on(&forever)[1]).await, 200);
    }

    async fn only_the_owner_and_an_admin_revoke_a_token(app: TestApp) {
        let owner = account(&app, "a@example.com", Role::Viewer).await.client(&app);
        let stranger = account(&app, "b@example.com", Role::Contributor).await.client(&app);
        let admin = account(&app, "c@example.com", Role::Admin).await.client(&app);
        let (secret, token) = make(&owner, json!({ "name": "x", "role": "VIEWER" })).await;
        assert_eq!(refusals(&stranger, REVOKE, json!({ "id": token["id"] })).await[0].1, "NOT_FOUND");
        let script = app.anonymous().with_token(&secret);
        assert_eq!(status(&script).await, 200);
        done(&admin, REVOKE, json!({ "id": token["id"] })).await;
        assert_eq!(status(&script).await, 401);
    }

    async fn a_models_token_publishes_only_if_its_owner_said_so(app: TestApp) {
        app.movie("m").await;
        let client = account(&app, "a@example.com", Role::Admin).await.client(&app);
        let input = json!({ "name": "agent", "role": "ADMIN", "source": "LLM_GENERATED" });
        let (secret, _) = make(&client, input.clone()).await;
        let agent = app.anonymous().with_token(&secret);
        assert_eq!(run(&agent, VIEWER, json!({})).await, json!({ "role": "CONTRIBUTOR", "source": "LLM_GENERATED" }));
        let file = envelope("m", "trivia", fixtures::all_categories().into_iter().find(|(name, _)| *name == "trivia").unwrap().1);
        let import = async |agent: &Client, options: &str| agent.import_envelope("m", "trivia", options, &file).await.status;
        assert_eq!(import(&agent, "").await, 403);
        assert_eq!(import(&agent, "?source=manual").await, 403);
        assert_eq!(import(&agent, "?target=draft").await, 200);
        let publish = "/api/v1/admin/movies/m/publish/trivia";
        assert_eq!(agent.post(publish, &json!({})).await.status, 403);
        let mut allowed = input;
        allowed["mayPublish"] = json!(true);
        let (secret, _) = make(&client, allowed).await;
        let trusted = app.anonymous().with_token(&secret);
        assert_eq!(import(&trusted, "").await, 200);
        assert_eq!(trusted.export("m", "trivia").await["metadata"]["source"], "llm-generated");
    }

    async fn a_token_for_some_categories_changes_no_others(app: TestApp) {
        app.full_movie("m").await;
        let client = account(&app, "a@example.com", Role::Admin).await.client(&app);
        let input = json!({ "name": "x", "role": "ADMIN", "categories": ["TRIVIA", "TIMELINE", "TRIVIA"] });
        let (secret, token) = make(&client, input).await;
        assert_eq!(token["categories"], json!(["TIMELINE", "TRIVIA"]));
        let script = app.anonymous().with_token(&secret);
        for (category, _) in fixtures::all_categories() {
            let file = script.export("m", category).await;
            let is_allowed = ["trivia", "timeline"].contains(&category);
            let expected = if is_allowed { 200 } else { 403 };
            for options in ["", "?target=draft"] {
                let reply = script.import_envelope("m", category, options, &file).await;
                assert_eq!(reply.status, expected, "{category}{options}: {}", reply.text);
            }
            assert_eq!(script.import_envelope("m", category, "?dry_run=true", &file).await.status, 200);
            let text = json!({ "text": file.to_string() });
            let query = "mutation($text: String!) { importDocument(input: {movieId: \"m\", document: $text}) { status } }";
            let expected: &[&str] = if is_allowed { &[] } else { &["FORBIDDEN"] };
            let reply = script.graphql(query, text).await;
            assert_eq!(codes(&reply), expected, "{category}: {reply}");
            let enumerated = category.replace('-', "_").to_uppercase();
            for mutation in [
                format!("publishDraft(input: {{movieId: \"m\", category: {enumerated}}})"),
                format!("discardDraft(input: {{movieId: \"m\", category: {enumerated}}})"),
                format!("revertCategory(input: {{movieId: \"m\", category: {enumerated}, revision: 1}})"),
                format!("lockFields(input: {{movieId: \"m\", category: {enumerated}, fields: []}})"),
                format!("unlockFields(input: {{movieId: \"m\", category: {enumerated}, fields: []}})"),
            ] {
                let query = format!("mutation {{ {mutation} {{ userErrors {{ code }} }} }}");
                assert_eq!(codes(&script.graphql(&query, json!({})).await), expected, "{query}");
            }
            let refused = script.post(&format!("/api/v1/admin/movies/m/publish/{category}"), &json!({})).await.status;
            assert_eq!(refused == 403, !is_allowed, "{category}: {refused}");
        }
        for mutation in [
            "deleteMovie(input: {id: \"m\"})",
            "createMovie(input: {id: \"n\", title: \"N\"})",
            "createUser(input: {email: \"z@example.com\", role: ADMIN})",
            "importDocument(input: {movieId: \"n\", document: \"{}\", category: TRIVIA, options: {createMovie: true}})",
            "mergePeople(input: {id: \"a\", otherIds: [\"b\"]})",
        ] {
            let query = format!("mutation {{ {mutation} {{ userErrors {{ code }} }} }}");
            let reply = script.graphql(&query, json!({})).await;
            assert_eq!(codes(&reply), ["FORBIDDEN"], "{query}: {reply}");
        }
    }

    async fn the_last_use_is_stored_once_a_minute(app: TestApp) {
        let client = account(&app, "a@example.com", Role::Viewer).await.client(&app);
        let (secret, token) = make(&client, json!({ "name": "x", "role": "VIEWER" })).await;
        assert_eq!(token["lastUsedAt"], Value::Null);
        let script = app.anonymous().with_token(&secret);
        let used = async || {
            let query = "{ viewer { tokens { nodes { lastUsedAt } } } }";
            run(&client, query, json!({})).await["tokens"]["nodes"][0]["lastUsedAt"].clone()
        };
        let changes_from = async |before: Value| {
            for _ in 0..200 {
                let now = used().await;
                if now != before {
                    return now;
                }
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
            panic!("{before}");
        };
        assert_eq!(status(&script).await, 200);
        let first = changes_from(Value::Null).await;
        for _ in 0..20 {
            assert_eq!(status(&script).await, 200);
        }
        assert_eq!(used().await, first);
        app.clock.forward(TimeDelta::seconds(61));
        assert_eq!(status(&script).await, 200);
        assert_ne!(changes_from(first.clone()).await, first);
    }

    async fn rest_and_the_command_line_manage_tokens(app: TestApp) {
        let client = account(&app, "a@example.com", Role::Admin).await.client(&app);
        let path = "/api/v1/auth/tokens";
        let body = json!({ "name": "x", "role": "contributor", "source": "llm-generated", "categories": ["cast-crew"], "expires_in_days": 7 });
        let made = client.post(path, &body).await;
        assert_eq!(made.status, 201, "{}", made.text);
        let made = made.json();
        assert_eq!((&made["role"], &made["source"], &made["categories"]), (&json!("CONTRIBUTOR"), &json!("llm-generated"), &json!(["cast_crew"])));
        let script = app.anonymous().with_token(made["token"].as_str().unwrap());
        assert_eq!(status(&script).await, 200);
        for (change, name) in [
            (json!({ "role": "BOSS" }), "role"),
            (json!({ "source": "me" }), "source"),
            (json!({ "categories": ["plot"] }), "categories"),
            (json!({ "categories": [] }), "categories"),
            (json!({ "expires_in_days": 0 }), "expires_in_days"),
            (json!({ "expires_in_days": 3651 }), "expires_in_days"),
            (json!({ "never_expires": true }), "never_expires"),
            (json!({ "may_publish": "yes" }), "may_publish"),
            (json!({ "name": "" }), "name"),
        ] {
            let mut body = body.clone();
            body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
            let reply = client.post(path, &body).await;
            assert_eq!((reply.status, reply.errors()[0].0.clone()), (422, format!("/{name}")), "{change}");
        }
        // Tokens make no tokens.
        assert_eq!(script.post(path, &body).await.status, 403);
        let listed = client.get(path).await.json();
        assert_eq!((listed.as_array().unwrap().len(), &listed[0]["id"]), (1, &made["id"]));
        assert!(listed[0].get("token").is_none());
        let id = made["id"].as_str().unwrap();
        let delete = client.request(reqwest::Method::DELETE, &format!("{path}/{id}"));
        assert_eq!(client.send(delete).await.status, 204);
        assert_eq!(status(&script).await, 401);

        let created = app.command(&["token", "create", "--email", "a@example.com", "--name", "job", "--role", "viewer", "--never-expires"]).await.ok();
        let secret = created.stdout.lines().last().unwrap().to_owned();
        let script = app.anonymous().with_token(&secret);
        assert_eq!(status(&script).await, 200);
        let listed = app.command(&["token", "list", "--email", "a@example.com"]).await.ok();
        let (id, rest) = listed.stdout.split_once('\t').unwrap();
        assert!(rest.starts_with("job\tVIEWER\t-\tnever\t") && !rest.contains(&secret[3..]), "{rest}");
        app.command(&["token", "revoke", "--id", id]).await.ok();
        assert_eq!(status(&script).await, 401);
        for arguments in [
            &["token", "revoke", "--id", id][..],
            &["token", "list", "--email", "no@example.com"],
            &["token", "create", "--email", "a@example.com", "--name", "x", "--role", "viewer", "--days", "0"],
            &["token", "create", "--email", "a@example.com", "--name", "x", "--role", "viewer", "--categories", "plot"],
            &["token"],
        ] {
            assert_eq!(app.command(arguments).await.code, 2, "{arguments:?}");
        }
    }
}

#[tokio::test]
async fn an_account_has_at_most_a_hundred_tokens() {
    let app = TestApp::sqlite().await;
    let client = account(&app, "a@example.com", Role::Viewer).await.client(&app);
    for _ in 0..100 {
        make(&client, json!({ "name": "x", "role": "VIEWER" })).await;
    }
    let refused =
        refusals(&client, CREATE, json!({ "input": { "name": "x", "role": "VIEWER" } })).await;
    assert_eq!(refused, [(String::new(), "TOO_LONG".to_owned())]);
}
