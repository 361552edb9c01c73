//! What takes rights away holds on every server over the database when it is acknowledged.

use std::net::SocketAddr;

use reelport::catalog::access::{Credential, Principal, Role};
use reqwest::Method;
use serde_json::{Value, json};

use super::{PASSWORD, Tokens, account, create, done, log_in, refresh, run, status};
use crate::on_both_databases;
use crate::support::{Client, TestApp, database, token_of};

const UPDATE: &str = "mutation($id: ID!, $role: Role, $disabled: Boolean) {
    updateUser(input: {id: $id, role: $role, isDisabled: $disabled}) {
        user { id role isDisabled } userErrors { path code message } } }";

/// What takes rights away.
pub const REVOCATIONS: [&str; 12] = [
    "logout",
    "logout over REST",
    "logoutEverywhere",
    "changePassword",
    "setPassword",
    "updateUser role",
    "updateUser disabled",
    "deleteUser",
    "user set-role",
    "user set-password",
    "user disable",
    "user delete",
];

/// Whether a session goes on with new access tokens.
fn goes_on(revocation: &str) -> bool {
    revocation.ends_with("role")
}

/// The account whose rights are taken away.
pub struct Victim {
    pub email: String,
    pub id: String,
    pub tokens: Tokens,
    pub on: [Client; 2],
}

impl Victim {
    /// The account of a revocation with this number, logged in on this server and on a replica.
    pub async fn new(app: &TestApp, replica: SocketAddr, number: usize) -> Self {
        let email = format!("v{number}@example.com");
        let id = create(app, &email, Role::Contributor).await;
        let tokens = log_in(&app.anonymous(), &email).await;
        let on =
            [app.address, replica].map(|address| Client::new(address).with_token(&tokens.access));
        Self { email, id, tokens, on }
    }
}

pub async fn revoke(app: &TestApp, admin: &Client, revocation: &str, victim: &Victim) {
    let Victim { email, id, on: [client, _], .. } = victim;
    let none = json!({});
    match revocation {
        "logout" => {
            let query = "mutation { logout(input: {}) { userErrors { code } } }";
            drop(done(client, query, none).await);
        }
        "logout over REST" => {
            assert_eq!(client.post("/api/v1/auth/logout", &none).await.status, 204);
        }
        "logoutEverywhere" => {
            let query = "mutation { logoutEverywhere(input: {}) { userErrors { code } } }";
            drop(done(client, query, none).await);
        }
        "changePassword" => {
            let query = "mutation($old: String!) { changePassword(input: {oldPassword: $old,
                newPassword: \"battery staple\"}) { userErrors { code } } }";
            drop(done(client, query, json!({ "old": PASSWORD })).await);
        }
        "setPassword" => {
            let query = "mutation($id: ID!) { setPassword(input: {id: $id,
                password: \"battery staple\"}) { userErrors { code } } }";
            drop(done(admin, query, json!({ "id": id })).await);
        }
        "updateUser role" => {
            drop(done(admin, UPDATE, json!({ "id": id, "role": "VIEWER" })).await);
        }
        "updateUser disabled" => {
            drop(done(admin, UPDATE, json!({ "id": id, "disabled": true })).await);
        }
        "deleteUser" => {
            let query =
                "mutation($id: ID!) { deleteUser(input: {id: $id}) { userErrors { code } } }";
            drop(done(admin, query, json!({ "id": id })).await);
        }
        command => {
            let mut arguments: Vec<&str> = command.split(' ').collect();
            arguments.extend(["--email", email]);
            match command {
                "user set-role" => arguments.extend(["--role", "VIEWER"]),
                "user set-password" => arguments.extend(["--password", "battery staple"]),
                _ => {}
            }
            app.command(&arguments).await.ok();
        }
    }
}

on_both_databases! {
    async fn the_first_request_after_a_revocation_is_refused_on_every_server(app: TestApp) {
        let admin = account(&app, "admin@example.com", Role::Admin).await.client(&app);
        let replica = app.replica().await.address();
        app.movie("m").await;
        for (number, revocation) in REVOCATIONS.into_iter().enumerate() {
            let victim = Victim::new(&app, replica, number).await;
            // Both servers have just read the rights of the account.
            for client in &victim.on {
                assert_eq!(status(client).await, 200, "{revocation}");
            }
            let busy = victim.on.clone().map(|client| {
                tokio::spawn(async move { while status(&client).await == 200 {} })
            });
            revoke(&app, &admin, revocation, &victim).await;
            let [one, other] = &victim.on;
            let typename = json!({ "query": "{ __typename }" });
            let (export, query) = tokio::join!(
                one.get("/api/v1/admin/movies/m/export/trivia"),
                other.post("/graphql", &typename),
            );
            assert_eq!((export.status, query.status), (401, 401), "{revocation}");
            assert!(export.header("www-authenticate").contains("invalid_token"));
            for busy in busy {
                busy.await.unwrap();
            }
            let refreshed = refresh(&app.anonymous(), &victim.tokens.refresh).await;
            assert_eq!(refreshed.status == 200, goes_on(revocation), "{revocation}");
            if refreshed.status == 200 {
                let client = Tokens::of(&refreshed).client(&app);
                let role = run(&client, "{ viewer { role } }", json!({})).await;
                assert_eq!(role, json!({ "role": "VIEWER" }), "{revocation}");
            }
        }
    }

    async fn many_revocations_under_load_are_all_at_once(app: TestApp) {
        let rounds = std::env::var("REELPORT_TEST_REVOCATIONS").map_or(40, |n| n.parse().unwrap());
        let replica = app.replica().await.address();
        app.movie("m").await;
        let bystander = account(&app, "bystander@example.com", Role::Viewer).await;
        let load = [app.address, replica].map(|address| {
            let client = Client::new(address).with_token(&bystander.access);
            tokio::spawn(async move {
                loop {
                    let reply = client.get("/api/v1/admin/movies/m/export/basic-info").await;
                    assert_eq!(reply.status, 200, "{}", reply.text);
                }
            })
        });
        create(&app, "a@example.com", Role::Viewer).await;
        let mut running = tokio::task::JoinSet::new();
        for round in 0..rounds {
            let tokens = log_in(&app.anonymous(), "a@example.com").await;
            let on = [app.address, replica]
                .map(|address| Client::new(address).with_token(&tokens.access));
            running.spawn(async move {
                for client in &on {
                    assert_eq!(status(client).await, 200);
                }
                let logout = on[round % 2].post("/api/v1/auth/logout", &json!({})).await;
                assert_eq!(logout.status, 204, "{}", logout.text);
                let (one, other) = tokio::join!(status(&on[0]), status(&on[1]));
                assert_eq!((one, other), (401, 401), "{round}");
            });
        }
        while let Some(round) = running.join_next().await {
            round.unwrap();
        }
        for load in load {
            assert!(!load.is_finished());
            load.abort();
        }
    }

    async fn a_demoted_or_disabled_account_comes_back_as_it_is_then(app: TestApp) {
        let admin = account(&app, "admin@example.com", Role::Admin).await.client(&app);
        let id = create(&app, "a@example.com", Role::Admin).await;
        let tokens = log_in(&app.anonymous(), "a@example.com").await;
        let changed = done(&admin, UPDATE, json!({ "id": id, "disabled": true })).await;
        assert_eq!(changed["user"], json!({ "id": id, "role": "ADMIN", "isDisabled": true }));
        let body = json!({ "email": "a@example.com", "password": PASSWORD });
        let login = app.anonymous().post("/api/v1/auth/login", &body).await;
        assert_eq!(login.status, 401, "{}", login.text);
        done(&admin, UPDATE, json!({ "id": id, "disabled": false })).await;
        // What was ended stays ended.
        assert_eq!(status(&tokens.client(&app)).await, 401);
        assert_eq!(refresh(&app.anonymous(), &tokens.refresh).await.status, 401);
        let again = log_in(&app.anonymous(), "a@example.com").await;
        assert_eq!(status(&again.client(&app)).await, 200);
        // A role that comes back does not bring its old tokens back.
        done(&admin, UPDATE, json!({ "id": id, "role": "VIEWER" })).await;
        done(&admin, UPDATE, json!({ "id": id, "role": "ADMIN" })).await;
        assert_eq!(status(&again.client(&app)).await, 401);
        // A change of nothing ends nothing.
        let last = log_in(&app.anonymous(), "a@example.com").await;
        done(&admin, UPDATE, json!({ "id": id, "role": "ADMIN", "disabled": false })).await;
        assert_eq!(status(&last.client(&app)).await, 200);
    }

    async fn tokens_that_a_platform_signs_follow_the_account_that_they_name(app: TestApp) {
        let sign = |subject: &str, role| {
            app.anonymous().with_token(token_of(&Principal {
                subject: subject.to_owned(),
                email: "claimed@example.com".to_owned(),
                role,
                source: None,
                credential: Credential::default(),
                expires_at: None,
                origin: std::sync::Arc::default(),
            }))
        };
        let viewer = "{ viewer { email role } }";
        // An account that only the platform knows.
        let unknown = run(&sign("platform-7", Role::Admin), viewer, json!({})).await;
        assert_eq!(unknown, json!({ "email": "claimed@example.com", "role": "ADMIN" }));
        let id = create(&app, "a@example.com", Role::Contributor).await;
        let subject = id.strip_prefix("user:").unwrap();
        for (claimed, given) in [(Role::Admin, "CONTRIBUTOR"), (Role::Viewer, "VIEWER")] {
            let known = run(&sign(subject, claimed), viewer, json!({})).await;
            assert_eq!(known, json!({ "email": "a@example.com", "role": given }));
        }
        let issued_before = sign(subject, Role::Admin);
        app.app.accounts.set_password("a@example.com", "battery staple").await.unwrap().unwrap();
        assert_eq!(status(&issued_before).await, 401);
        app.app.accounts.delete("a@example.com").await.unwrap().unwrap();
        app.clock.forward(chrono::TimeDelta::seconds(3));
        assert_eq!(status(&sign(subject, Role::Admin)).await, 401);
        // Also on a server that has read nothing yet.
        let fresh = Client::new(app.replica().await.address());
        assert_eq!(status(&fresh.with_token(token_of(&Principal {
            subject: subject.to_owned(),
            email: "a@example.com".to_owned(),
            role: Role::Admin,
            source: None,
            credential: Credential::default(),
            expires_at: None,
            origin: std::sync::Arc::default(),
        }))).await, 401);
    }

    async fn a_change_by_hand_in_the_database_is_noticed(app: TestApp) {
        let tokens = account(&app, "a@example.com", Role::Admin).await;
        let client = tokens.client(&app);
        for (statement, expected) in [
            ("UPDATE users SET role = 'VIEWER'", json!({ "role": "VIEWER" })),
            ("UPDATE users SET role = 'ADMIN'", json!({ "role": "ADMIN" })),
        ] {
            database::execute(&app.database.url, statement).await;
            let mut role = Value::Null;
            for _ in 0..100 {
                role = run(&client, "{ viewer { role } }", json!({})).await;
                if role == expected {
                    break;
                }
                tokio::time::sleep(std::time::Duration::from_millis(10)).await;
            }
            assert_eq!(role, expected);
        }
        database::execute(&app.database.url, "DELETE FROM users").await;
        let mut last = 200;
        for _ in 0..100 {
            last = status(&client).await;
            if last == 401 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        assert_eq!(last, 401);
    }

    async fn rights_are_read_once_for_many_requests(app: TestApp) {
        let client = account(&app, "a@example.com", Role::Viewer).await.client(&app);
        app.movie("m").await;
        let database = app.app.catalog.database();
        let begun = std::time::Instant::now();
        let before = database.access_query_count();
        for _ in 0..200 {
            client.export("m", "basic_info").await;
        }
        let reads = database.access_query_count() - before;
        // The epoch at most once in a tenth of a second, and the session once.
        let most = begun.elapsed().as_millis() as u64 / 100 + 4;
        assert!(reads <= most, "{reads} of {most}");
    }
}

#[tokio::test]
async fn a_read_only_server_gives_tokens_that_end_with_the_account() {
    let app = TestApp::sqlite().await;
    create(&app, "a@example.com", Role::Viewer).await;
    let url = &app.database.url;
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--read-only"];
    let mut command =
        crate::support::command::reelport(app.database.folder.path(), url, &arguments);
    command.env("REELPORT_JWT_SECRET", std::str::from_utf8(crate::support::SECRET).unwrap());
    let server = crate::support::server::Server::launch(command).await;
    let body = json!({ "email": "a@example.com", "password": PASSWORD });
    let reply = server.client.post("/api/v1/auth/login", &body).await;
    assert_eq!(reply.status, 200, "{}", reply.text);
    assert_eq!(reply.json()["refresh_token"], Value::Null);
    let access = reply.json()["access_token"].as_str().unwrap().to_owned();
    let on = [app.anonymous(), server.client.clone()].map(|client| client.with_token(&access));
    for client in &on {
        assert_eq!(status(client).await, 200);
    }
    app.command(&["user", "set-role", "--email", "a@example.com", "--role", "USER"]).await.ok();
    for client in &on {
        assert_eq!(status(client).await, 401);
    }
    let request = server.client.request(Method::POST, "/api/v1/auth/logout").json(&json!({}));
    assert_eq!(server.client.send(request).await.status, 401);
    server.kill().await;
}
