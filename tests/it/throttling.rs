//! Limits of failed logins: on all replicas, by account and by the address of the client, also
//! behind a proxy.

use std::net::SocketAddr;

use chrono::TimeDelta;
use reelport::catalog::access::Role;
use reelport::http::TrustedProxies;
use reqwest::Method;
use serde_json::json;

use crate::on_both_databases;
use crate::support::database::rows;
use crate::support::{Client, Reply, TestApp};

const EMAIL: &str = "ada@example.com";
const PASSWORD: &str = "correct horse battery";
/// The limits of an account and of an address.
const PER_ACCOUNT: usize = 10;
const PER_ADDRESS: usize = 30;

async fn login_with(
    client: &Client,
    email: &str,
    password: &str,
    headers: &[(&str, &str)],
) -> Reply {
    let mut request = client
        .request(Method::POST, "/api/v1/auth/login")
        .json(&json!({ "email": email, "password": password }));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    client.send(request).await
}

async fn login(client: &Client, email: &str, password: &str) -> Reply {
    login_with(client, email, password, &[]).await
}

async fn account(app: &TestApp) {
    app.app.accounts.create(EMAIL, PASSWORD, Role::Viewer).await.unwrap().unwrap();
}

/// A client of a server that trusts proxies on this machine, as all clients of the tests are.
async fn behind_proxy(app: &TestApp) -> Client {
    let proxies = TrustedProxies::parse("127.0.0.0/8").unwrap();
    let address: SocketAddr = app.with_settings(|app| app.trusted_proxies = proxies).await;
    Client::new(address)
}

on_both_databases! {
    async fn failures_count_on_all_replicas(app: TestApp) {
        account(&app).await;
        let (one, other) = (app.anonymous(), Client::new(app.replica().await.address()));
        for number in 0..PER_ACCOUNT {
            let client = if number % 2 == 0 { &one } else { &other };
            assert_eq!(login(client, EMAIL, "wrong password").await.status, 401, "{number}");
        }
        for client in [&one, &other, &Client::new(app.replica().await.address())] {
            let reply = login(client, EMAIL, PASSWORD).await;
            assert_eq!(reply.status, 429, "{}", reply.text);
            let after: u64 = reply.header("retry-after").parse().unwrap();
            assert!((840..=900).contains(&after), "{after}");
        }
        // What was typed is not stored, not even in part.
        let stored = rows(&app.database.url, "login_failures").await;
        assert_eq!(stored.len(), 2);
        assert!(stored.iter().all(|row| !row.to_string().contains("ada")), "{stored:?}");
        app.clock.forward(TimeDelta::minutes(16));
        assert_eq!(login(&other, EMAIL, PASSWORD).await.status, 200);
        // A later failure deletes the counters of the past.
        assert_eq!(login(&one, "other@example.com", PASSWORD).await.status, 401);
        assert_eq!(rows(&app.database.url, "login_failures").await.len(), 2);
    }

    async fn a_success_resets_the_account_on_all_replicas(app: TestApp) {
        account(&app).await;
        let (one, other) = (app.anonymous(), Client::new(app.replica().await.address()));
        for _ in 0..2 {
            for _ in 1..PER_ACCOUNT {
                assert_eq!(login(&one, EMAIL, "wrong password").await.status, 401);
            }
            assert_eq!(login(&other, EMAIL, PASSWORD).await.status, 200);
        }
        assert_eq!(login(&one, EMAIL, "wrong password").await.status, 401);
    }

    async fn attempts_at_the_same_time_are_all_counted(app: TestApp) {
        account(&app).await;
        let (one, other) = (app.anonymous(), Client::new(app.replica().await.address()));
        let attempts = (0..PER_ADDRESS + 20).map(|number| {
            let client = if number % 2 == 0 { one.clone() } else { other.clone() };
            let email = format!("{number}@example.com");
            async move { login(&client, &email, "wrong one").await.status }
        });
        let statuses = futures::future::join_all(attempts).await;
        assert!(statuses.iter().all(|status| matches!(status, 401 | 429)), "{statuses:?}");
        let failed = statuses.iter().filter(|status| **status == 401).count();
        let stored = rows(&app.database.url, "login_failures").await;
        let highest = stored.iter().map(|row| row["count"].as_u64().unwrap()).max().unwrap();
        assert_eq!(usize::try_from(highest).unwrap(), failed);
        // Attempts that began together may exceed the limit by as many as run at once.
        assert!((PER_ADDRESS..PER_ADDRESS + 20).contains(&failed), "{failed}");
        assert_eq!(login(&other, EMAIL, PASSWORD).await.status, 429);
    }
}

#[tokio::test]
async fn successful_logins_are_not_limited() {
    let app = TestApp::sqlite().await;
    account(&app).await;
    let client = app.anonymous();
    for _ in 0..PER_ADDRESS + 5 {
        let reply = login(&client, EMAIL, PASSWORD).await;
        assert_eq!((reply.status, reply.header("retry-after")), (200, ""), "{}", reply.text);
    }
    assert!(rows(&app.database.url, "login_failures").await.is_empty());
}

#[tokio::test]
async fn a_response_says_how_many_failures_are_left() {
    let app = TestApp::sqlite().await;
    account(&app).await;
    let client = app.anonymous();
    let policy = "\"account\";q=10;w=900, \"address\";q=30;w=900";
    let left = |reply: &Reply| {
        assert_eq!(reply.header("ratelimit-policy"), policy);
        let text = reply.header("ratelimit").to_owned();
        let items: Vec<String> =
            text.split(", ").map(|item| item.split(";t=").next().unwrap().to_owned()).collect();
        items.join(", ")
    };
    let reply = login(&client, EMAIL, PASSWORD).await;
    assert_eq!(reply.header("ratelimit"), "\"account\";r=10, \"address\";r=30");
    for failures in 1..=PER_ACCOUNT {
        // An unknown account has the same headers, so that they tell nothing about accounts.
        let unknown = login(&client, "unknown@example.com", PASSWORD).await;
        let known = login(&client, EMAIL, "wrong password").await;
        let expected = |address: usize| {
            format!(
                "\"account\";r={}, \"address\";r={}",
                PER_ACCOUNT - failures,
                PER_ADDRESS - address
            )
        };
        assert_eq!(left(&unknown), expected(2 * failures - 1));
        assert_eq!(left(&known), expected(2 * failures));
        assert!(known.header("ratelimit").contains(";t="), "{:?}", known.headers);
    }
    let refused = login(&client, EMAIL, PASSWORD).await;
    assert_eq!(
        (refused.status, left(&refused).as_str()),
        (429, "\"account\";r=0, \"address\";r=10")
    );

    let query = "mutation($email: String!, $password: String!) {
        login(input: {email: $email, password: $password}) { accessToken } }";
    let variables = json!({ "email": EMAIL, "password": PASSWORD });
    let body = json!({ "query": query, "variables": variables });
    let reply = client.post("/graphql", &body).await;
    assert_eq!(reply.json()["errors"][0]["extensions"]["code"], "RATE_LIMITED", "{}", reply.text);
    assert_eq!(left(&reply), "\"account\";r=0, \"address\";r=10");
    assert!(reply.header("retry-after").parse::<u64>().unwrap() > 800);
}

#[tokio::test]
async fn clients_behind_a_proxy_are_counted_separately() {
    let app = TestApp::sqlite().await;
    account(&app).await;
    let proxied = behind_proxy(&app).await;
    for number in 0..PER_ADDRESS {
        // The attacker adds addresses of others in front of the one that the proxy appends.
        let chain = format!("198.51.100.{number}, 203.0.113.5");
        let headers = [("x-forwarded-for", chain.as_str())];
        let reply =
            login_with(&proxied, &format!("{number}@example.com"), "wrong one", &headers).await;
        assert_eq!(reply.status, 401, "{number}");
    }
    for (header, value, status) in [
        ("x-forwarded-for", "203.0.113.5", 429),
        ("forwarded", "for=203.0.113.5", 429),
        ("forwarded", "for=1.1.1.1, for=\"203.0.113.5:4711\", for=127.0.0.1", 429),
        ("x-forwarded-for", "203.0.113.6", 200),
        ("forwarded", "for=203.0.113.6", 200),
        ("x-forwarded-for", "198.51.100.1", 200),
    ] {
        let reply = login_with(&proxied, EMAIL, PASSWORD, &[(header, value)]).await;
        assert_eq!(reply.status, status, "{header}: {value}: {}", reply.text);
    }
    // A server without trusted proxies ignores the headers: all of this is one address.
    let direct = app.anonymous();
    let headers = [("x-forwarded-for", "203.0.113.5"), ("forwarded", "for=203.0.113.5")];
    assert_eq!(login_with(&direct, EMAIL, PASSWORD, &headers).await.status, 200);
    for number in 0..PER_ADDRESS {
        let chain = format!("198.51.100.{number}");
        let headers = [("x-forwarded-for", chain.as_str()), ("forwarded", "for=192.0.2.1")];
        login_with(&direct, &format!("d{number}@example.com"), "wrong one", &headers).await;
    }
    let headers = [("x-forwarded-for", "192.0.2.200")];
    assert_eq!(login_with(&direct, EMAIL, PASSWORD, &headers).await.status, 429);
}

#[tokio::test]
async fn failures_count_also_if_the_database_takes_no_writes() {
    let app = TestApp::sqlite().await;
    account(&app).await;
    let (url, sources) = (&app.database.url, reelport::app::Sources::default());
    let catalog = reelport::app::open_read_only_catalog(url, 4, sources).await.unwrap();
    let tokens = reelport::catalog::accounts::tokens::TokenConfig::default();
    let read_only = reelport::app::App::new(catalog, crate::support::SECRET, tokens);
    let address = app.with_settings(|settings| *settings = read_only).await;
    let client = Client::new(address);
    for _ in 0..PER_ACCOUNT {
        assert_eq!(login(&client, EMAIL, "wrong password").await.status, 401);
    }
    assert_eq!(login(&client, EMAIL, PASSWORD).await.status, 429);
    assert_eq!(login(&app.anonymous(), EMAIL, PASSWORD).await.status, 200);
}
