//! Sessions: refresh tokens that are valid once, log-out, and what a log-in shows.

use chrono::TimeDelta;
use reelport::catalog::access::Role;
use serde_json::json;

use super::{Tokens, account, codes, create, done, log_in, refresh, refusals, run, status};
use crate::on_both_databases;
use crate::support::{TestApp, database};

const REFRESH: &str = "mutation($token: String) { refresh(input: {refreshToken: $token}) {
    accessToken refreshToken expiresIn tokenType viewer { role } userErrors { code } } }";
const SESSIONS: &str = "{ viewer { sessions { totalCount nodes {
    id client address isCurrent createdAt lastRefreshedAt expiresAt } } } }";

on_both_databases! {
    async fn a_refresh_token_is_exchanged_once_and_its_reuse_ends_the_session(app: TestApp) {
        let first = account(&app, "a@example.com", Role::Viewer).await;
        let second = Tokens::of(&refresh(&app.anonymous(), &first.refresh).await);
        assert_ne!(first.refresh, second.refresh);
        assert_eq!((status(&first.client(&app)).await, status(&second.client(&app)).await), (200, 200));
        let third = Tokens::of(&refresh(&app.anonymous(), &second.refresh).await);
        // Someone has a copy of the first token: nobody knows who is the thief.
        let reused = refresh(&app.anonymous(), &first.refresh).await;
        assert_eq!(reused.status, 401, "{}", reused.text);
        for tokens in [&first, &second, &third] {
            assert_eq!(status(&tokens.client(&app)).await, 401);
            assert_eq!(refresh(&app.anonymous(), &tokens.refresh).await.status, 401);
        }
        // Another session of the account goes on.
        let other = log_in(&app.anonymous(), "a@example.com").await;
        assert_eq!(refresh(&app.anonymous(), &third.refresh).await.status, 401);
        assert_eq!(status(&other.client(&app)).await, 200);
    }

    async fn two_exchanges_at_once_succeed_once(app: TestApp) {
        let tokens = account(&app, "a@example.com", Role::Viewer).await;
        let (one, other) = (app.anonymous(), app.replica().await);
        let (one, other) =
            tokio::join!(refresh(&one, &tokens.refresh), refresh(&other, &tokens.refresh));
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert_eq!(statuses, [200, 401]);
        assert_eq!(status(&tokens.client(&app)).await, 401);
    }

    async fn graphql_exchanges_tokens_without_an_access_token(app: TestApp) {
        let tokens = account(&app, "a@example.com", Role::Contributor).await;
        // Also with an access token that is no longer valid.
        let client = app.anonymous().with_token("not.a.token");
        let payload = done(&client, REFRESH, json!({ "token": tokens.refresh })).await;
        assert_eq!(payload["viewer"]["role"], "CONTRIBUTOR");
        assert_eq!((&payload["tokenType"], &payload["expiresIn"]), (&json!("Bearer"), &json!(3600)));
        let access = payload["accessToken"].as_str().unwrap();
        assert_eq!(status(&app.anonymous().with_token(access)).await, 200);
        for token in [json!(tokens.refresh), json!(access), json!("x"), json!(null)] {
            let reply = app.anonymous().graphql(REFRESH, json!({ "token": token })).await;
            assert_eq!(codes(&reply), ["UNAUTHENTICATED"], "{token}: {reply}");
        }
    }

    async fn logging_out_ends_one_session_or_all(app: TestApp) {
        let logout = "mutation($id: ID) { logout(input: {sessionId: $id}) {
            endedSessionId userErrors { path code } } }";
        let everywhere = "mutation($keep: Boolean!) { logoutEverywhere(input: {keepCurrent: $keep}) {
            endedSessions viewer { sessions { totalCount } } userErrors { code } } }";
        let mut sessions = vec![account(&app, "a@example.com", Role::Viewer).await];
        for _ in 0..4 {
            sessions.push(log_in(&app.anonymous(), "a@example.com").await);
        }
        let stranger = account(&app, "b@example.com", Role::Admin).await.client(&app);
        let client = |number: usize| sessions[number].client(&app);

        done(&client(0), logout, json!({})).await;
        assert_eq!(status(&client(0)).await, 401);
        assert_eq!(refresh(&app.anonymous(), &sessions[0].refresh).await.status, 401);

        let listed = run(&client(1), SESSIONS, json!({})).await;
        assert_eq!(listed["sessions"]["totalCount"], 4);
        let current = listed["sessions"]["nodes"].as_array().unwrap().iter();
        let (mine, others): (Vec<_>, Vec<_>) = current.partition(|node| node["isCurrent"] == true);
        assert_eq!((mine.len(), others.len()), (1, 3));
        let other = others[0]["id"].clone();
        let refused = refusals(&stranger, logout, json!({ "id": other })).await;
        assert_eq!(refused, [("/sessionId".to_owned(), "NOT_FOUND".to_owned())]);
        let ended = done(&client(1), logout, json!({ "id": other })).await;
        assert_eq!(ended["endedSessionId"], other);
        let mut left = Vec::new();
        for number in 1..5 {
            left.push(status(&client(number)).await);
        }
        assert_eq!(left.iter().filter(|status| **status == 401).count(), 1, "{left:?}");
        assert_eq!(left[0], 200);

        let ended = done(&client(1), everywhere, json!({ "keep": true })).await;
        assert_eq!((&ended["endedSessions"], status(&client(1)).await), (&json!(2), 200));
        assert_eq!(ended["viewer"]["sessions"]["totalCount"], 1);
        done(&client(1), everywhere, json!({ "keep": false })).await;
        for (number, session) in sessions.iter().enumerate() {
            assert_eq!(status(&client(number)).await, 401, "{number}");
            assert_eq!(refresh(&app.anonymous(), &session.refresh).await.status, 401);
        }
        assert_eq!(status(&stranger).await, 200);
    }

    async fn rest_logs_out_by_either_token(app: TestApp) {
        let tokens = account(&app, "a@example.com", Role::Viewer).await;
        let body = json!({ "refresh_token": tokens.refresh });
        let reply = app.anonymous().post("/api/v1/auth/logout", &body).await;
        assert_eq!(reply.status, 204, "{}", reply.text);
        assert_eq!(status(&tokens.client(&app)).await, 401);
        assert_eq!(app.anonymous().post("/api/v1/auth/logout", &body).await.status, 401);
        let tokens = log_in(&app.anonymous(), "a@example.com").await;
        let client = tokens.client(&app);
        assert_eq!(client.post("/api/v1/auth/logout", &json!({})).await.status, 204);
        assert_eq!(client.post("/api/v1/auth/logout", &json!({})).await.status, 401);
        assert_eq!(refresh(&app.anonymous(), &tokens.refresh).await.status, 401);
    }

    async fn rest_logs_out_without_a_body(app: TestApp) {
        let client = account(&app, "a@example.com", Role::Viewer).await.client(&app);
        let logout = client.request(reqwest::Method::POST, "/api/v1/auth/logout");
        assert_eq!(client.send(logout).await.status, 204);
        assert_eq!(status(&client).await, 401);
        let refresh = app.anonymous().request(reqwest::Method::POST, "/api/v1/auth/refresh");
        assert_eq!(app.anonymous().send(refresh).await.status, 422);
    }

    async fn a_session_ends_unless_it_is_used(app: TestApp) {
        let tokens = account(&app, "a@example.com", Role::Viewer).await;
        app.clock.forward(TimeDelta::days(13));
        let next = Tokens::of(&refresh(&app.anonymous(), &tokens.refresh).await);
        assert_eq!(status(&tokens.client(&app)).await, 401);
        assert_eq!(status(&next.client(&app)).await, 200);
        app.clock.forward(TimeDelta::days(13));
        let last = Tokens::of(&refresh(&app.anonymous(), &next.refresh).await);
        app.clock.forward(TimeDelta::days(15));
        assert_eq!(refresh(&app.anonymous(), &last.refresh).await.status, 401);
        // The rows of ended sessions are deleted later.
        app.clock.forward(TimeDelta::days(15));
        log_in(&app.anonymous(), "a@example.com").await;
        assert_eq!(database::rows(&app.database.url, "sessions").await.len(), 1);
    }

    async fn a_session_shows_who_logged_in(app: TestApp) {
        create(&app, "a@example.com", Role::Viewer).await;
        let body = json!({ "email": "a@example.com", "password": crate::identity::PASSWORD });
        let request = app.anonymous().request(reqwest::Method::POST, "/api/v1/auth/login");
        let request = request.header("user-agent", "A browser").json(&body);
        let client = Tokens::of(&app.anonymous().send(request).await).client(&app);
        let session = &run(&client, SESSIONS, json!({})).await["sessions"]["nodes"][0];
        assert_eq!((&session["client"], &session["address"]), (&json!("A browser"), &json!("127.0.0.1")));
        assert_eq!(session["isCurrent"], true);
        let page = "{ viewer { sessions(first: 1) { pageInfo { hasNextPage endCursor } edges { cursor } } } }";
        for _ in 0..2 {
            log_in(&app.anonymous(), "a@example.com").await;
        }
        let mut seen = Vec::new();
        let mut info = run(&client, page, json!({})).await["sessions"]["pageInfo"].clone();
        while seen.len() < 5 {
            seen.push(info["endCursor"].clone());
            if info["hasNextPage"] == false {
                break;
            }
            let next = page.replace("first: 1", &format!("first: 1, after: {}", info["endCursor"]));
            info = run(&client, &next, json!({})).await["sessions"]["pageInfo"].clone();
        }
        seen.dedup();
        assert_eq!(seen.len(), 3, "{seen:?}");
    }

    async fn the_oldest_of_a_hundred_sessions_ends(app: TestApp) {
        let first = account(&app, "a@example.com", Role::Viewer).await;
        let user = app.app.catalog.database().user_by_email("a@example.com").await.unwrap().unwrap();
        let mut rows = Vec::new();
        for number in 0..99 {
            let (id, time) = (format!("session-{number:03}"), "2990-01-01 00:00:00+00:00");
            rows.push(format!("('{id}', 1, '', '', '{time}', '{time}', '{time}', '{}')", user.id));
        }
        let insert = format!(
            "INSERT INTO sessions (id, rotation, client, address, created_at, used_at, expires_at, \
             account_id) VALUES {}",
            rows.join(", ")
        );
        database::execute(&app.database.url, &insert).await;
        assert_eq!(status(&first.client(&app)).await, 200);
        let next = log_in(&app.anonymous(), "a@example.com").await;
        assert_eq!(status(&next.client(&app)).await, 200);
        assert_eq!(refresh(&app.anonymous(), &first.refresh).await.status, 401);
    }
}

#[tokio::test]
async fn the_reuse_of_a_refresh_token_is_logged() {
    let app = TestApp::sqlite().await;
    account(&app, "a@example.com", Role::Viewer).await;
    let server = crate::support::server::Server::logging(&app.database, "warn").await;
    let tokens = log_in(&server.client, "a@example.com").await;
    assert_eq!(refresh(&server.client, &tokens.refresh).await.status, 200);
    assert_eq!(refresh(&server.client, &tokens.refresh).await.status, 401);
    let log = server.end().await;
    assert!(log.contains("refresh token was used a second time"), "{log}");
    assert!(!log.contains(&tokens.refresh), "{log}");
}
