//! Log-in of browsers through an OpenID Connect provider.

mod accounts;
mod attacks;
mod configuration;
mod provider;

use std::collections::BTreeMap;

use reelport::catalog::accounts::provider::Provider;
use reelport::catalog::accounts::tokens::DEFAULT_NAME;
use reqwest::Method;
use serde_json::{Value, json};

use super::run;
use crate::support::{Client, Reply, TestApp};
use provider::{CLIENT, CLIENT_SECRET, TestProvider};

const LOGIN: &str = "/api/v1/auth/oidc/login";
const CALLBACK: &str = "/api/v1/auth/oidc/callback";

/// A browser: it keeps cookies, and asks for pages.
struct Browser {
    client: Client,
    cookies: BTreeMap<String, String>,
    /// The attributes of each cookie that was set last.
    attributes: BTreeMap<String, String>,
}

impl Browser {
    fn new(client: &Client) -> Self {
        Self { client: client.clone(), cookies: BTreeMap::new(), attributes: BTreeMap::new() }
    }

    async fn send(&mut self, method: Method, path: &str, accept: &str) -> Reply {
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut request = self.client.request(method.clone(), path).header("accept", accept);
        if !cookies.is_empty() {
            request = request.header("cookie", cookies.join("; "));
        }
        if method == Method::POST {
            request = request.header("x-csrf-protection", "1").json(&json!({}));
        }
        let reply = self.client.send(request).await;
        for header in reply.headers.get_all("set-cookie") {
            let (pair, attributes) = header.to_str().unwrap().split_once("; ").unwrap();
            let (name, value) = pair.split_once('=').unwrap();
            self.attributes.insert(name.to_owned(), attributes.to_owned());
            if attributes.contains("Max-Age=0;") {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        reply
    }

    async fn visit(&mut self, path: &str) -> Reply {
        self.send(Method::GET, path, "text/html,application/xhtml+xml,*/*;q=0.8").await
    }

    /// Begins a log-in, and returns the address of the provider.
    async fn begin(&mut self, return_to: &str) -> String {
        let query: String = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("return_to", return_to)
            .finish();
        let reply = self.visit(&format!("{LOGIN}?{query}")).await;
        assert_eq!(reply.status, 303, "{}", reply.text);
        reply.header("location").to_owned()
    }

    /// Begins a log-in, and goes to the provider and back.
    async fn log_in(&mut self, provider: &TestProvider) -> Reply {
        let sent = self.begin("/studio").await;
        self.visit(&provider.approve(&sent)).await
    }

    /// What a page does after the log-in: gets an access token.
    async fn refresh(&mut self) -> Reply {
        self.send(Method::POST, "/api/v1/auth/refresh", "application/json").await
    }

    /// Logs in, and returns a client with an access token.
    async fn signed_in(&mut self, provider: &TestProvider) -> Client {
        let reply = self.log_in(provider).await;
        assert_eq!((reply.status, reply.header("location")), (303, "/studio"), "{}", reply.text);
        let tokens = self.refresh().await;
        assert_eq!(tokens.status, 200, "{}", tokens.text);
        self.client.clone().with_token(tokens.json()["access_token"].as_str().unwrap())
    }
}

/// The configuration for a provider, which creates accounts.
fn config(provider: &TestProvider) -> Value {
    json!({
        "issuer": provider.issuer,
        "client_id": CLIENT,
        "client_secret_file": "client-secret",
        "public_url": "http://localhost:8000",
        "label": "Example",
        "claims": { "role": "/groups" },
        "roles": { "admins": "ADMIN", "editors": "CONTRIBUTOR", "readers": "VIEWER" },
        "create_accounts": true,
    })
}

fn with(mut config: Value, changes: Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            config.as_object_mut().unwrap().remove(name);
        } else {
            config[name] = value.clone();
        }
    }
    config
}

/// Writes a configuration into the folder of the server.
fn write(app: &TestApp, config: &Value) -> std::path::PathBuf {
    let folder = app.database.folder.path();
    std::fs::write(folder.join("client-secret"), format!("{CLIENT_SECRET}\n")).unwrap();
    std::fs::write(folder.join("oidc.json"), config.to_string()).unwrap();
    folder.join("oidc.json")
}

/// A server that logs browsers in through a provider.
async fn server(app: &TestApp, config: &Value) -> Client {
    let provider = Provider::read(&write(app, config), DEFAULT_NAME);
    let provider = provider.unwrap_or_else(|problem| panic!("{problem}"));
    let change = |app: &mut reelport::app::App| {
        app.accounts = app.accounts.clone().with_provider(Some(provider));
    };
    Client::new(app.with_settings(change).await)
}

async fn viewer(client: &Client) -> Value {
    run(client, "{ viewer { id email role } }", json!({})).await
}

/// The code of a refusal, asked for as problem details and as a page, which must agree.
#[track_caller]
fn detail(reply: &Reply) -> String {
    if reply.header("content-type").starts_with("text/html") {
        assert!(reply.text.contains("You are not logged in"), "{}", reply.text);
        assert!(reply.text.contains(">Try again</a>"), "{}", reply.text);
        let policy = reply.header("content-security-policy");
        assert!(policy.contains("default-src 'none'"), "{policy}");
        let (_, rest) = reply.text.split_once("<p>").unwrap();
        rest.split_once(".</p>").unwrap().0.to_owned()
    } else {
        assert_eq!(reply.header("content-type"), "application/problem+json");
        reply.json()["detail"].as_str().unwrap().to_owned()
    }
}
