//! The configuration of the provider, and the server as it is started with one.

use reelport::catalog::access::Role;
use reelport::catalog::accounts::provider::Provider;
use serde_json::{Value, json};

use super::provider::TestProvider;
use super::{Browser, config, viewer, with, write};
use crate::identity::create;
use crate::support::command::reelport;
use crate::support::server::Server;
use crate::support::{SECRET, TestApp};

#[tokio::test]
async fn a_wrong_configuration_stops_the_start_with_one_line() {
    let app = TestApp::sqlite().await;
    let provider = TestProvider::start().await;
    let folder = app.database.folder.path();
    std::fs::write(folder.join("empty"), b" \n").unwrap();
    std::fs::write(folder.join("two"), b"hunter2\nhunter3").unwrap();
    let changed = |changes: Value| with(config(&provider), changes);
    for (config, reason) in [
        (json!([]), "invalid"),
        (changed(json!({ "surprise": 1 })), "surprise"),
        (changed(json!({ "issuer": null })), "issuer"),
        (changed(json!({ "issuer": "reelport" })), "the service itself"),
        (changed(json!({ "issuer": "http://idp.example" })), "issuer: allowed is https"),
        (changed(json!({ "issuer": "idp.example" })), "issuer"),
        (changed(json!({ "issuer": "https://idp.example/?a=b" })), "without user, ? and #"),
        (changed(json!({ "issuer": "https://u:hunter2@idp.example" })), "without user, ? and #"),
        (changed(json!({ "public_url": null })), "public_url"),
        (changed(json!({ "public_url": "http://movies.example" })), "public_url: allowed is https"),
        (changed(json!({ "public_url": "https://movies.example#a" })), "without user, ? and #"),
        (changed(json!({ "client_id": "" })), "client_id"),
        (changed(json!({ "client_id": "two words" })), "client_id"),
        (changed(json!({ "client_secret_file": "missing" })), "missing"),
        (changed(json!({ "client_secret_file": "empty" })), "empty"),
        (changed(json!({ "client_secret_file": "two" })), "two"),
        (changed(json!({ "client_secret": "hunter2" })), "client_secret"),
        (changed(json!({ "label": "" })), "label"),
        (changed(json!({ "label": "x".repeat(51) })), "label"),
        (changed(json!({ "label": "a\nb" })), "label"),
        (changed(json!({ "scopes": ["a b"] })), "scopes"),
        (changed(json!({ "scopes": vec!["x"; 21] })), "scopes"),
        (changed(json!({ "algorithms": "HS256" })), "RS256, ES256 and EdDSA"),
        (changed(json!({ "algorithms": "none" })), "RS256, ES256 and EdDSA"),
        (changed(json!({ "algorithms": [] })), "RS256, ES256 and EdDSA"),
        (changed(json!({ "roles": { "x": "BOSS" } })), "BOSS"),
        (changed(json!({ "default_role": "BOSS" })), "BOSS"),
        (changed(json!({ "claims": { "rôle": "x" } })), "rôle"),
        (changed(json!({ "leeway": 10_000 })), "leeway"),
        (changed(json!({ "create_accounts": "yes" })), "create_accounts"),
    ] {
        let path = write(&app, &config);
        let problem = Provider::read(&path, "reelport").err();
        let problem = problem.unwrap_or_else(|| panic!("{config}")).to_string();
        let is_told = problem.contains(reason) || reason == "create_accounts";
        assert!(is_told && !problem.contains("hunter2"), "{config}: {problem}");
        assert_eq!(problem.lines().count(), 1, "{problem}");
    }
    write(&app, &changed(json!({ "issuer": "https://ours.example" })));
    let secret = std::str::from_utf8(SECRET).unwrap();
    let arguments = [
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--jwt-secret",
        secret,
        "--oidc",
        "oidc.json",
        "--jwt-issuer",
        "https://ours.example",
    ];
    let ran = app.command(&arguments).await;
    let is_one_line = ran.code == 2 && ran.stderr.lines().count() == 1;
    assert!(is_one_line && ran.stderr.contains("the service itself"), "{ran:?}");
    assert!(ran.stderr.contains("--oidc") || ran.stderr.contains("REELPORT_OIDC"), "{ran:?}");
}

#[tokio::test]
async fn the_server_logs_browsers_in_and_logs_no_secrets() {
    let app = TestApp::sqlite().await;
    let provider = TestProvider::start().await;
    create(&app, "admin@example.com", Role::Admin).await;
    write(&app, &config(&provider));
    let (folder, url) = (app.database.folder.path(), &app.database.url);
    let mut command = reelport(folder, url, &["serve", "--listen", "127.0.0.1:0"]);
    command
        .env("REELPORT_JWT_SECRET", std::str::from_utf8(SECRET).unwrap())
        .env("REELPORT_OIDC", "oidc.json")
        .env("REELPORT_LOG", "debug");
    let server = Server::start(command).await;
    let mut browser = Browser::new(&server.client);
    let sent = browser.begin("/").await;
    let kept = browser.cookies["reelport_log_in"].clone();
    let back = provider.approve(&sent);
    assert_eq!(browser.visit(&back).await.status, 303);
    let own = browser.refresh().await;
    let access = own.json()["access_token"].as_str().unwrap().to_owned();
    assert_eq!(viewer(&server.client.clone().with_token(&access)).await["role"], "USER");
    // A refusal, with what the provider says.
    provider.say(json!({ "nonce": "another" }));
    let mut other = Browser::new(&server.client);
    assert_eq!(other.log_in(&provider).await.status, 502);
    let log = server.end().await;
    assert!(log.contains("an account was created at a log-in"), "{log}");
    assert!(log.contains("an ID token of the log-in provider was refused"), "{log}");
    let code = super::provider::parameter(&back, "code");
    let refresh = browser.cookies["reelport_refresh"].clone();
    let secrets =
        [code.as_str(), &kept, &access, &refresh, super::CLIENT_SECRET, "an-access-token"];
    for secret in secrets {
        assert!(!log.contains(secret), "{secret}: {log}");
    }
}
