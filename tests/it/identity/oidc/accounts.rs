//! Which account a person of the provider gets, with which role, and who is refused.

use chrono::TimeDelta;
use reelport::catalog::access::Role;
use serde_json::{Value, json};

use super::provider::{TestProvider, parameter};
use super::{Browser, config, detail, server, viewer, with, write};
use crate::identity::{account, create, log_in, run, status};
use crate::on_both_databases;
use crate::support::TestApp;

async fn disable(app: &TestApp, email: &str, is_disabled: bool) {
    let verb = if is_disabled { "disable" } else { "enable" };
    app.command(&["user", verb, "--email", email]).await.ok();
}

on_both_databases! {
    async fn a_browser_logs_in_through_the_provider(app: TestApp) {
        let provider = TestProvider::start().await;
        let client = server(&app, &config(&provider)).await;
        let mut browser = Browser::new(&client);
        provider.say(json!({ "groups": ["staff", "editors"] }));

        let sent = browser.begin("/studio?movie=tmdb-1#top").await;
        assert!(sent.starts_with(&format!("{}/authorize?", provider.issuer)), "{sent}");
        assert_eq!(parameter(&sent, "scope"), "openid profile email");
        let redirect = "http://localhost:8000/api/v1/auth/oidc/callback";
        assert_eq!(parameter(&sent, "redirect_uri"), redirect);
        let expected = "Path=/; Max-Age=600; HttpOnly; SameSite=Lax";
        assert_eq!(browser.attributes["reelport_log_in"], expected);

        let back = browser.visit(&provider.approve(&sent)).await;
        let location = back.header("location");
        assert_eq!((back.status, location), (303, "/studio?movie=tmdb-1#top"), "{}", back.text);
        assert_eq!(back.header("cache-control"), "no-store");
        let expected = "Path=/; Max-Age=1209600; HttpOnly; SameSite=Strict";
        assert_eq!(browser.attributes["reelport_refresh"], expected);
        assert_eq!(browser.cookies.keys().collect::<Vec<_>>(), ["reelport_refresh"]);

        let tokens = browser.refresh().await;
        assert_eq!(tokens.json()["refresh_token"], Value::Null, "{}", tokens.text);
        let own = client.clone().with_token(tokens.json()["access_token"].as_str().unwrap());
        let query = "{ viewer { id email name role sessions { totalCount } } }";
        let first = run(&own, query, json!({})).await;
        assert_eq!(first["email"], "u@idp.example");
        assert_eq!((&first["name"], &first["role"]), (&json!("U. One"), &json!("CONTRIBUTOR")));
        assert_eq!(first["sessions"]["totalCount"], 1);

        // The same person is the same account, whatever the address is now.
        provider.say(json!({ "groups": ["editors"], "email": "new@idp.example",
            "email_verified": false }));
        let second = viewer(&Browser::new(&client).signed_in(&provider).await).await;
        assert_eq!((&second["id"], &second["email"]), (&first["id"], &first["email"]));
        // Another person is another account.
        provider.say(json!({ "sub": "u-2", "email": "Two@IdP.example", "groups": "readers" }));
        let other = viewer(&Browser::new(&client).signed_in(&provider).await).await;
        assert_ne!(other["id"], first["id"]);
        assert_eq!(other["email"], "two@idp.example");
        assert_eq!(other["role"], "VIEWER");

        // There is no password, and logging out ends the session.
        let body = json!({ "email": "u@idp.example", "password": "" });
        assert_eq!(client.post("/api/v1/auth/login", &body).await.status, 401);
        let logout = browser.send(reqwest::Method::POST, "/api/v1/auth/logout", "*/*").await;
        assert_eq!(logout.status, 204, "{}", logout.text);
        assert_eq!((status(&own).await, browser.refresh().await.status), (401, 422));
    }

    async fn the_role_is_that_of_the_last_log_in(app: TestApp) {
        let provider = TestProvider::start().await;
        let client = server(&app, &config(&provider)).await;
        account(&app, "admin@example.com", Role::Admin).await;
        let mut browser = Browser::new(&client);
        provider.say(json!({ "groups": "admins" }));
        let own = browser.signed_in(&provider).await;
        assert_eq!(viewer(&own).await["role"], "ADMIN");
        provider.say(json!({ "groups": "readers" }));
        // Until then, nothing changes.
        assert_eq!(viewer(&own).await["role"], "ADMIN");
        let later = Browser::new(&client).signed_in(&provider).await;
        assert_eq!(viewer(&later).await["role"], "VIEWER");
        // The older session has the new role too, by a new access token.
        assert_eq!(status(&own).await, 401);
        let tokens = browser.refresh().await;
        let own = client.clone().with_token(tokens.json()["access_token"].as_str().unwrap());
        assert_eq!(viewer(&own).await["role"], "VIEWER");
        provider.say(json!({}));
        let without = Browser::new(&client).signed_in(&provider).await;
        assert_eq!(viewer(&without).await["role"], "USER");
        assert_eq!(without.get("/api/v1/admin/movies/m/export/trivia").await.status, 403);
    }

    async fn the_last_admin_keeps_its_role(app: TestApp) {
        let provider = TestProvider::start().await;
        let client = server(&app, &config(&provider)).await;
        provider.say(json!({ "groups": "admins" }));
        Browser::new(&client).signed_in(&provider).await;
        provider.say(json!({ "groups": "readers" }));
        let own = Browser::new(&client).signed_in(&provider).await;
        assert_eq!(viewer(&own).await["role"], "ADMIN");
        create(&app, "other@example.com", Role::Admin).await;
        let own = Browser::new(&client).signed_in(&provider).await;
        assert_eq!(viewer(&own).await["role"], "VIEWER");
    }

    async fn disabled_and_deleted_accounts_stay_refused(app: TestApp) {
        let provider = TestProvider::start().await;
        let client = server(&app, &config(&provider)).await;
        let mut browser = Browser::new(&client);
        let first = viewer(&browser.signed_in(&provider).await).await;
        disable(&app, "u@idp.example", true).await;
        let refused = browser.log_in(&provider).await;
        assert_eq!(refused.status, 403);
        assert!(detail(&refused).contains("disabled"), "{}", refused.text);
        assert!(!browser.cookies.contains_key("reelport_log_in"));
        disable(&app, "u@idp.example", false).await;
        browser.signed_in(&provider).await;
        app.command(&["user", "delete", "--email", "u@idp.example"]).await.ok();
        let refused = browser.log_in(&provider).await;
        assert_eq!(refused.status, 403);
        assert!(detail(&refused).contains("deleted"), "{}", refused.text);
        // An account with the same address is not that person's.
        create(&app, "u@idp.example", Role::Viewer).await;
        assert_eq!(browser.log_in(&provider).await.status, 403);
        app.command(&["user", "delete", "--email", "u@idp.example"]).await.ok();
        let id = first["id"].as_str().unwrap();
        app.command(&["user", "unlink", "--id", id]).await.ok();
        let ran = app.command(&["user", "unlink", "--id", id]).await;
        assert!(ran.code == 2 && ran.stderr.lines().count() == 1, "{ran:?}");
        let again = viewer(&browser.signed_in(&provider).await).await;
        assert_ne!(again["id"], first["id"]);
        app.command(&["user", "unlink", "--email", "u@idp.example"]).await.ok();
        let refused = browser.log_in(&provider).await;
        assert!(detail(&refused).contains("not linked"), "{}", refused.text);
    }

    async fn an_address_links_only_if_configured_and_verified(app: TestApp) {
        let provider = TestProvider::start().await;
        let id = create(&app, "u@idp.example", Role::Contributor).await;
        create(&app, "admin@idp.example", Role::Admin).await;
        let client = server(&app, &config(&provider)).await;
        let refused = Browser::new(&client).log_in(&provider).await;
        assert_eq!(refused.status, 403);
        assert!(detail(&refused).contains("not linked"), "{}", refused.text);

        let linking = with(config(&provider), json!({ "link_verified_email": true,
            "create_accounts": null, "claims": null, "roles": null, "default_role": "VIEWER" }));
        let client = server(&app, &linking).await;
        for (claims, part) in [
            (json!({ "email_verified": false }), "verified"),
            (json!({ "email_verified": null }), "verified"),
            (json!({ "email_verified": "false" }), "verified"),
            (json!({ "email": null }), "verified"),
            (json!({ "email": "not an address" }), "verified"),
            (json!({ "email": "no@idp.example" }), "no account"),
        ] {
            provider.say(claims.clone());
            let refused = Browser::new(&client).log_in(&provider).await;
            assert_eq!(refused.status, 403, "{claims}");
            assert!(detail(&refused).contains(part), "{claims}: {}", refused.text);
        }
        provider.say(json!({ "email": "U@idp.example", "role": "ADMIN" }));
        let own = Browser::new(&client).signed_in(&provider).await;
        // Without a mapping, roles are given here.
        let expected = json!({ "id": id, "email": "u@idp.example", "role": "CONTRIBUTOR" });
        assert_eq!(viewer(&own).await, expected);
        // The password goes on to work.
        log_in(&client, "u@idp.example").await;
        // The address may have been given to another person since.
        provider.say(json!({ "sub": "u-2" }));
        let refused = Browser::new(&client).log_in(&provider).await;
        assert_eq!(refused.status, 403);
        assert!(detail(&refused).contains("not linked"), "{}", refused.text);
        // A deleted account is not replaced by one that was not there when it was linked, but by
        // one that an ADMIN made for the address.
        provider.say(json!({}));
        app.command(&["user", "delete", "--email", "u@idp.example"]).await.ok();
        assert!(detail(&Browser::new(&client).log_in(&provider).await).contains("deleted"));
        let again = create(&app, "u@idp.example", Role::Viewer).await;
        let own = Browser::new(&client).signed_in(&provider).await;
        assert_eq!(viewer(&own).await["id"], json!(again));
    }

    async fn accounts_are_created_only_if_configured(app: TestApp) {
        let provider = TestProvider::start().await;
        let closed = with(config(&provider), json!({ "create_accounts": null }));
        let client = server(&app, &closed).await;
        let refused = Browser::new(&client).log_in(&provider).await;
        assert_eq!(refused.status, 403);
        assert!(detail(&refused).contains("ask an ADMIN"), "{}", refused.text);

        let client = server(&app, &config(&provider)).await;
        for claims in [
            json!({ "email_verified": null }),
            json!({ "email_verified": false }),
            json!({ "email": null }),
            json!({ "email": "a b@idp.example" }),
        ] {
            provider.say(claims.clone());
            let refused = Browser::new(&client).log_in(&provider).await;
            assert_eq!(refused.status, 403, "{claims}");
            assert!(detail(&refused).contains("verified"), "{claims}: {}", refused.text);
        }
        assert_eq!(app.app.accounts.list().await.unwrap(), []);
        let assuming = with(config(&provider), json!({ "assume_verified_email": true }));
        let client = server(&app, &assuming).await;
        provider.say(json!({ "email_verified": false }));
        assert_eq!(Browser::new(&client).log_in(&provider).await.status, 403);
        provider.say(json!({ "email_verified": null, "name": "x".repeat(500) }));
        let own = Browser::new(&client).signed_in(&provider).await;
        let viewer = run(&own, "{ viewer { name role } }", json!({})).await;
        assert_eq!(viewer, json!({ "name": "", "role": "USER" }));
    }

    async fn many_first_log_ins_at_once_create_one_account(app: TestApp) {
        let provider = TestProvider::start().await;
        let client = server(&app, &config(&provider)).await;
        let log_ins = (0..6).map(|_| {
            let (client, provider) = (client.clone(), provider.clone());
            async move {
                let own = Browser::new(&client).signed_in(&provider).await;
                viewer(&own).await["id"].clone()
            }
        });
        let ids = futures::future::join_all(log_ins).await;
        assert!(ids.iter().all(|id| *id == ids[0]), "{ids:?}");
        assert_eq!(app.app.accounts.list().await.unwrap().len(), 1);
    }

    async fn another_server_completes_an_attempt_once(app: TestApp) {
        let provider = TestProvider::start().await;
        let (one, two) =
            (server(&app, &config(&provider)).await, server(&app, &config(&provider)).await);
        let mut browser = Browser::new(&one);
        let sent = browser.begin("/").await;
        let back = provider.approve(&sent);
        let kept = browser.cookies.clone();
        browser.client = two.clone();
        assert_eq!(browser.visit(&back).await.status, 303);
        for client in [one, two] {
            let mut copy = Browser::new(&client);
            copy.cookies = kept.clone();
            let asked = provider.asked("token");
            let replayed = copy.visit(&back).await;
            assert_eq!(replayed.status, 400);
            assert!(detail(&replayed).contains("completed before"), "{}", replayed.text);
            assert_eq!(provider.asked("token"), asked);
        }
        // What was completed is forgotten when it has expired anyway.
        app.clock.forward(TimeDelta::minutes(11));
        let mut late = Browser::new(&browser.client);
        late.cookies = kept;
        assert!(detail(&late.visit(&back).await).contains("ten minutes"));
    }
}

#[tokio::test]
async fn claims_of_userinfo_complete_those_of_the_token() {
    let app = TestApp::sqlite().await;
    let provider = TestProvider::start().await;
    let client = server(&app, &with(config(&provider), json!({ "userinfo": true }))).await;
    provider.say(json!({ "email": null, "email_verified": null, "sub": "u-1" }));
    let info = json!({ "sub": "u-1", "email": "i@idp.example", "email_verified": true,
        "groups": ["readers"], "iss": "https://other.example" });
    provider.change(|behaviour| behaviour.userinfo = Some(info.clone()));
    let own = viewer(&Browser::new(&client).signed_in(&provider).await).await;
    assert_eq!((&own["email"], &own["role"]), (&json!("i@idp.example"), &json!("VIEWER")));
    // What the token says comes first.
    provider.say(json!({ "groups": "editors" }));
    let own = viewer(&Browser::new(&client).signed_in(&provider).await).await;
    assert_eq!(own["role"], "CONTRIBUTOR");
    for other in [with(info.clone(), json!({ "sub": "u-2" })), with(info, json!({ "sub": null }))] {
        provider.change(|behaviour| behaviour.userinfo = Some(other));
        assert_eq!(Browser::new(&client).log_in(&provider).await.status, 502);
    }
}

const LOG_IN: &str = "__Host-reelport_log_in";

#[tokio::test]
async fn over_https_the_cookies_are_secure_and_the_prefix_is_kept() {
    let app = TestApp::sqlite().await;
    let provider = TestProvider::start().await;
    let public = json!({ "public_url": "https://movies.example/reelport/" });
    let client = server(&app, &with(config(&provider), public)).await;
    let methods = client.get("/api/v1/auth/methods").await.json();
    let url = "https://movies.example/reelport/api/v1/auth/oidc/login";
    let expected =
        json!({ "password": true, "providers": [{ "label": "Example", "login_url": url }] });
    assert_eq!(methods, expected);
    let mut browser = Browser::new(&client);
    let sent = browser.begin("/").await;
    let redirect = "https://movies.example/reelport/api/v1/auth/oidc/callback";
    assert_eq!(parameter(&sent, "redirect_uri"), redirect);
    let back = provider.approve(&sent).replacen("/reelport", "", 1);
    // Another host of the domain could set a cookie of the other name.
    let mut tossed = Browser::new(&client);
    tossed.cookies.insert("reelport_log_in".to_owned(), browser.cookies[LOG_IN].clone());
    assert_eq!(tossed.visit(&back).await.status, 400);
    assert_eq!(browser.visit(&back).await.status, 303);
    let session = "__Host-reelport_refresh";
    let attributes = |name: &str| browser.attributes[name].clone();
    assert_eq!(attributes(LOG_IN), "Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure");
    assert!(attributes(session).ends_with("HttpOnly; SameSite=Strict; Secure"));
    assert_eq!(browser.cookies.keys().collect::<Vec<_>>(), [session]);
    assert_eq!(browser.refresh().await.status, 200);
}

#[tokio::test]
async fn without_a_provider_there_are_passwords_only() {
    let app = TestApp::sqlite().await;
    let client = app.anonymous();
    let methods = client.get("/api/v1/auth/methods").await.json();
    assert_eq!(methods, json!({ "password": true, "providers": [] }));
    let mut browser = Browser::new(&client);
    for path in [super::LOGIN, super::CALLBACK] {
        assert_eq!(browser.visit(path).await.status, 404);
        assert_eq!(client.get(path).await.json()["code"], "NOT_FOUND");
    }
}

#[tokio::test]
async fn on_a_read_only_database_there_is_no_session_to_begin() {
    let app = TestApp::sqlite().await;
    let provider = TestProvider::start().await;
    let path = write(&app, &config(&provider));
    let (folder, url) = (app.database.folder.path(), &app.database.url);
    let file = path.to_str().unwrap();
    let arguments = ["serve", "--listen", "127.0.0.1:0", "--read-only", "--oidc", file];
    let mut command = crate::support::command::reelport(folder, url, &arguments);
    command.env("REELPORT_JWT_SECRET", std::str::from_utf8(crate::support::SECRET).unwrap());
    let server = crate::support::server::Server::launch(command).await;
    create(&app, "u@idp.example", Role::Viewer).await;
    let refused = Browser::new(&server.client).log_in(&provider).await;
    assert_eq!(refused.status, 503, "{}", refused.text);
}
