//! Accounts, sessions and tokens: what is revoked is refused by every server at once.

mod accounts;
mod cookies;
mod download_links;
mod issuers;
mod long_requests;
mod oidc;
mod open_connections;
mod permissions;
mod personal_tokens;
mod revocation;
mod sessions;
mod users_over_rest;

use reelport::catalog::access::Role;
use serde_json::{Value, json};

use crate::support::{Client, Reply, TestApp};

pub const PASSWORD: &str = "correct horse battery";

/// The tokens of a log-in over REST.
#[derive(Clone)]
pub struct Tokens {
    pub access: String,
    pub refresh: String,
}

impl Tokens {
    #[track_caller]
    fn of(reply: &Reply) -> Self {
        assert_eq!(reply.status, 200, "{}", reply.text);
        let text = |name: &str| reply.json()[name].as_str().unwrap().to_owned();
        Self { access: text("access_token"), refresh: text("refresh_token") }
    }

    /// A client with the access token.
    pub fn client(&self, app: &TestApp) -> Client {
        app.anonymous().with_token(&self.access)
    }
}

/// Creates an account, and returns its id in the schema.
pub async fn create(app: &TestApp, email: &str, role: Role) -> String {
    app.app.accounts.create(email, PASSWORD, role).await.unwrap().unwrap();
    let user = app.app.catalog.database().user_by_email(email).await.unwrap().unwrap();
    format!("user:{}", user.id)
}

pub async fn log_in(client: &Client, email: &str) -> Tokens {
    let body = json!({ "email": email, "password": PASSWORD });
    Tokens::of(&client.post("/api/v1/auth/login", &body).await)
}

/// Creates an account and logs in.
pub async fn account(app: &TestApp, email: &str, role: Role) -> Tokens {
    create(app, email, role).await;
    log_in(&app.anonymous(), email).await
}

pub async fn refresh(client: &Client, token: &str) -> Reply {
    client.post("/api/v1/auth/refresh", &json!({ "refresh_token": token })).await
}

/// The status of a request that any account may make.
pub async fn status(client: &Client) -> u16 {
    client.post("/graphql", &json!({ "query": "{ viewer { email } }" })).await.status
}

/// Runs an operation that must have no errors, and returns its root field.
pub async fn run(client: &Client, query: &str, variables: Value) -> Value {
    let reply = client.graphql(query, variables).await;
    assert_eq!(reply["errors"], Value::Null, "{query}: {reply}");
    let data = reply["data"].as_object().unwrap();
    assert_eq!(data.len(), 1, "{query}");
    data.values().next().unwrap().clone()
}

/// Runs a mutation that must have no user errors, and returns its payload.
pub async fn done(client: &Client, query: &str, variables: Value) -> Value {
    let payload = run(client, query, variables).await;
    assert_eq!(payload["userErrors"], json!([]), "{query}: {payload}");
    payload
}

/// `(path, code)` of the user errors of a mutation.
pub async fn refusals(client: &Client, query: &str, variables: Value) -> Vec<(String, String)> {
    let payload = run(client, query, variables).await;
    let errors = payload["userErrors"].as_array().unwrap();
    let text = |error: &Value, key: &str| error[key].as_str().unwrap().to_owned();
    errors.iter().map(|error| (text(error, "path"), text(error, "code"))).collect()
}

pub fn codes(reply: &Value) -> Vec<&str> {
    let errors = reply["errors"].as_array().map(Vec::as_slice).unwrap_or_default();
    errors.iter().map(|error| error["extensions"]["code"].as_str().unwrap_or("none")).collect()
}
