//! Attacks on a log-in: forged tokens, answers that belong to no attempt, and redirects.

use axum::http::{HeaderMap, StatusCode, header};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use super::provider::{CLIENT_SECRET, TestProvider, answer, parameter, sign};
use super::{Browser, CALLBACK, LOGIN, config, detail, server, with};
use crate::identity::issuers::key;
use crate::identity::status;
use crate::on_both_databases;
use crate::support::{Client, TestApp};

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// A token with this header, signed by the provider's key.
fn with_header(header: &Value, claims: &Value) -> String {
    let message = format!("{}.{}", part(header), part(claims));
    let key = key(Algorithm::RS256);
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::RS256);
    format!("{message}.{}", signature.unwrap())
}

/// A token with a symmetric signature.
fn with_secret(secret: &[u8], claims: &Value) -> String {
    let key = EncodingKey::from_secret(secret);
    jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &key).unwrap()
}

/// The callback with parameters.
fn to_callback(parameters: &[(&str, &str)]) -> String {
    answer(&format!("http://x{CALLBACK}"), parameters)
}

async fn no_accounts(app: &TestApp) {
    assert_eq!(app.app.accounts.list().await.unwrap(), []);
}

#[tokio::test]
async fn id_tokens_that_are_not_for_this_attempt_are_refused() {
    let app = TestApp::sqlite().await;
    let provider = TestProvider::start().await;
    let client = server(&app, &config(&provider)).await;
    let now = chrono::Utc::now().timestamp();
    for claims in [
        json!({ "nonce": "another" }),
        json!({ "nonce": null }),
        json!({ "nonce": "" }),
        json!({ "aud": "another" }),
        json!({ "aud": ["another"] }),
        json!({ "aud": ["reelport", "another"] }),
        json!({ "aud": null }),
        json!({ "azp": "another" }),
        json!({ "iss": "https://other.example" }),
        json!({ "iss": format!("{}/", provider.issuer) }),
        json!({ "iss": null }),
        json!({ "exp": now - 90 }),
        json!({ "exp": null }),
        json!({ "exp": "soon" }),
        json!({ "iat": now + 600 }),
        json!({ "iat": null }),
        json!({ "sub": null }),
        json!({ "sub": "" }),
        json!({ "sub": "a\0b" }),
        json!({ "sub": 7 }),
    ] {
        provider.say(claims.clone());
        let mut browser = Browser::new(&client);
        let refused = browser.log_in(&provider).await;
        assert_eq!(refused.status, 502, "{claims}: {}", refused.text);
        assert!(detail(&refused).contains("could not be verified"), "{claims}");
        assert_eq!(browser.cookies.len(), 0, "{claims}");
    }
    no_accounts(&app).await;
    // Clocks may differ a little.
    provider.say(json!({ "exp": now - 20, "azp": "reelport", "aud": ["reelport"] }));
    Browser::new(&client).signed_in(&provider).await;
}

#[tokio::test]
async fn id_tokens_with_another_signature_are_refused() {
    let app = TestApp::sqlite().await;
    let provider = TestProvider::start().await;
    let client = server(&app, &config(&provider)).await;
    let public = include_bytes!("../keys/rsa.pub.pem");
    let none = |name: &'static str| {
        move |claims: &Value| json!(format!("{}.{}.", part(&json!({ "alg": name })), part(claims)))
    };
    let sent: Vec<(&str, Box<dyn Fn(&Value) -> Value + Send>)> = vec![
        ("no token", Box::new(|_| Value::Null)),
        ("not a token", Box::new(|_| json!("a.b.c"))),
        ("none", Box::new(none("none"))),
        ("None", Box::new(none("None"))),
        ("NONE", Box::new(none("NONE"))),
        ("none, signed", Box::new(|claims| json!(with_header(&json!({ "alg": "none" }), claims)))),
        (
            "the client's secret",
            Box::new(|claims| json!(with_secret(CLIENT_SECRET.as_bytes(), claims))),
        ),
        ("the public key as a secret", Box::new(|claims| json!(with_secret(public, claims)))),
        ("an empty secret", Box::new(|claims| json!(with_secret(b"", claims)))),
        (
            "no signature",
            Box::new(|claims| {
                let token = sign(claims, Some("one"));
                json!(format!("{}.", token.rsplit_once('.').unwrap().0))
            }),
        ),
        (
            "other claims",
            Box::new(|claims| {
                let (token, mut claims) = (sign(claims, Some("one")), claims.clone());
                claims["sub"] = json!("u-2");
                let parts: Vec<&str> = token.split('.').collect();
                json!(format!("{}.{}.{}", parts[0], part(&claims), parts[2]))
            }),
        ),
        (
            "another key",
            Box::new(|claims| {
                let header =
                    Header { kid: Some("one".to_owned()), ..Header::new(Algorithm::ES256) };
                json!(jsonwebtoken::encode(&header, claims, &key(Algorithm::ES256)).unwrap())
            }),
        ),
        ("an unknown key", Box::new(|claims| json!(sign(claims, Some("two"))))),
        (
            "crit",
            Box::new(|claims| {
                let header = json!({ "alg": "RS256", "kid": "one", "crit": ["b64"], "b64": true });
                json!(with_header(&header, claims))
            }),
        ),
        (
            "RS512",
            Box::new(|claims| json!(with_header(&json!({ "alg": "RS512", "kid": "one" }), claims))),
        ),
    ];
    for (what, make) in sent {
        provider.change(|behaviour| behaviour.token = Some(make));
        let mut browser = Browser::new(&client);
        let refused = browser.log_in(&provider).await;
        assert_eq!(refused.status, 502, "{what}: {}", refused.text);
        assert_eq!(browser.cookies.len(), 0, "{what}");
    }
    no_accounts(&app).await;
    provider.change(|behaviour| behaviour.token = None);
    Browser::new(&client).signed_in(&provider).await;
}

on_both_databases! {
    async fn an_answer_belongs_to_the_attempt_of_the_browser(app: TestApp) {
        let provider = TestProvider::start().await;
        let client = server(&app, &config(&provider)).await;
        let (mut victim, mut attacker) = (Browser::new(&client), Browser::new(&client));
        let sent = victim.begin("/studio").await;
        let theirs = attacker.begin("/").await;
        let (back, foreign) = (provider.approve(&sent), provider.approve(&theirs));
        let state = parameter(&sent, "state");
        let without_state = back.replace(&format!("state={state}&"), "");
        // Not begun by this browser: another person's log-in is not completed here.
        for (path, cookies, part) in [
            (foreign.clone(), victim.cookies.clone(), "another log-in"),
            (back.replace(&state, "x"), victim.cookies.clone(), "another log-in"),
            (without_state.clone(), victim.cookies.clone(), "another log-in"),
            (format!("{back}&state={state}"), victim.cookies.clone(), "another log-in"),
            (format!("{CALLBACK}?error=access_denied"), victim.cookies.clone(), "another log-in"),
            (CALLBACK.to_owned(), victim.cookies.clone(), "another log-in"),
            (back.clone(), [].into(), "no log-in to complete"),
            (CALLBACK.to_owned(), [].into(), "no log-in to complete"),
        ] {
            let mut browser = Browser::new(&client);
            browser.cookies = cookies.clone();
            let refused = browser.visit(&path).await;
            assert_eq!(refused.status, 400, "{path}: {}", refused.text);
            assert!(detail(&refused).contains(part), "{path}: {}", refused.text);
            // The attempt goes on.
            assert_eq!(browser.cookies, cookies, "{path}");
            let header = cookies.iter().map(|(name, value)| format!("{name}={value}")).next();
            let request = client.request(reqwest::Method::GET, &path);
            let request = request.header("cookie", header.unwrap_or_default());
            assert_eq!(client.send(request).await.json()["code"], "BAD_USER_INPUT", "{path}");
        }
        assert_eq!(provider.asked("token"), 0);
        // Neither a changed attempt nor another token of ours is one.
        let kept = victim.cookies["reelport_log_in"].clone();
        let mut tokens = vec![
            crate::support::token(reelport::catalog::access::Role::Admin, "a@example.com"),
            format!("{kept}x"),
            "a.b.c".to_owned(),
        ];
        let parts: Vec<&str> = kept.split('.').collect();
        let mut claims: Value =
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(parts[1]).unwrap()).unwrap();
        claims["attempt"]["return_to"] = json!("https://other.example");
        tokens.push(format!("{}.{}.{}", parts[0], part(&claims), parts[2]));
        let none = part(&json!({ "alg": "none" }));
        tokens.push(format!("{none}.{}.", parts[1]));
        for token in tokens {
            let mut browser = Browser::new(&client);
            browser.cookies.insert("reelport_log_in".to_owned(), token.clone());
            assert!(detail(&browser.visit(&back).await).contains("no log-in"), "{token}");
        }
        // And an attempt is no token.
        assert_eq!(status(&client.clone().with_token(&kept)).await, 401);
        let body = json!({ "refresh_token": kept });
        assert_eq!(client.post("/api/v1/auth/refresh", &body).await.status, 401);

        assert_eq!(victim.visit(&back).await.header("location"), "/studio");
        // After ten minutes, an attempt has expired.
        app.clock.forward(TimeDelta::seconds(601));
        let late = attacker.visit(&foreign).await;
        assert_eq!(late.status, 400);
        assert!(detail(&late).contains("ten minutes"), "{}", late.text);
    }

    async fn a_code_is_exchanged_once_and_with_its_verifier(app: TestApp) {
        let provider = TestProvider::start().await;
        let client = server(&app, &config(&provider)).await;
        // A code that the provider gave to an attempt with another challenge.
        let mut browser = Browser::new(&client);
        let sent = browser.begin("/").await;
        let challenge = parameter(&sent, "code_challenge");
        let back = provider.approve(&sent.replace(&challenge, &"A".repeat(43)));
        let refused = browser.visit(&back).await;
        assert_eq!(refused.status, 400, "{}", refused.text);
        assert!(detail(&refused).contains("no longer accepts the code"), "{}", refused.text);
        assert!(refused.text.contains("href=\"login?return_to=%2F\""), "{}", refused.text);
        // A code that was used, injected into another attempt.
        let mut first = Browser::new(&client);
        let back = provider.approve(&first.begin("/").await);
        assert_eq!(first.visit(&back).await.status, 303);
        let code = parameter(&back, "code");
        let mut second = Browser::new(&client);
        let state = parameter(&second.begin("/").await, "state");
        let injected = to_callback(&[("code", &code), ("state", &state)]);
        assert_eq!(second.visit(&injected).await.status, 400);
        // A code of another person's attempt that was not used yet.
        let mut third = Browser::new(&client);
        let stolen = parameter(&provider.approve(&third.begin("/").await), "code");
        let state = parameter(&second.begin("/").await, "state");
        let injected = to_callback(&[("code", &stolen), ("state", &state)]);
        assert_eq!(second.visit(&injected).await.status, 400);
        assert_eq!(second.cookies.len(), 0);
        // Such failures are counted for the address.
        let mut last = 0;
        for number in 0..40 {
            let state = parameter(&second.begin("/").await, "state");
            let code = format!("guess-{number}");
            let path = to_callback(&[("code", &code), ("state", &state)]);
            let reply = second.visit(&path).await;
            last = reply.status;
            if last == 429 {
                assert_ne!(reply.header("retry-after"), "");
                break;
            }
        }
        assert_eq!(last, 429);
        assert!(provider.asked("token") <= 40);
    }
}

#[tokio::test]
async fn errors_and_answers_of_other_providers_are_explained() {
    let app = TestApp::sqlite().await;
    let provider = TestProvider::start().await;
    let client = server(&app, &config(&provider)).await;
    let evil = "<script>alert(1)</script>";
    let issuer = provider.issuer.clone();
    for (parameters, status, part) in [
        (vec![("error", "access_denied")], 403, "cancelled"),
        (vec![("error", "access_denied"), ("error_description", evil)], 403, "cancelled"),
        (vec![("error", "server_error")], 502, "reported an error"),
        (vec![("error", evil), ("error_uri", evil), (evil, evil)], 502, "reported an error"),
        (vec![("error", "access_denied"), ("code", "x")], 403, "cancelled"),
        (vec![], 400, "no code"),
        (vec![("code", "")], 400, "no code"),
        (vec![("code", "x"), ("code", "y")], 400, "no code"),
        (vec![("code", "x"), ("iss", "https://other.example")], 400, "configured provider"),
        (vec![("code", "x"), ("iss", evil)], 400, "configured provider"),
        (vec![("error", "access_denied"), ("iss", "https://x")], 400, "configured provider"),
        (vec![("code", evil), ("iss", issuer.as_str())], 400, "no longer accepts the code"),
    ] {
        let mut browser = Browser::new(&client);
        let state = parameter(&browser.begin("/studio?a=1&b=\"'<").await, "state");
        let mut all = vec![("state", state.as_str())];
        all.extend(parameters.iter().copied());
        let reply = browser.visit(&to_callback(&all)).await;
        assert_eq!(reply.status, status, "{parameters:?}: {}", reply.text);
        assert!(detail(&reply).contains(part), "{parameters:?}: {}", reply.text);
        for text in ["<script", "alert", "other.example", "studio?a=1&b=\"", "b='<"] {
            assert!(!reply.text.contains(text), "{parameters:?}: {}", reply.text);
        }
        // Where the person wanted to go is not lost.
        assert!(reply.text.contains("href=\"login?return_to=%2Fstudio%3Fa%3D1"), "{}", reply.text);
        assert_eq!(browser.cookies.len(), 0, "{parameters:?}");
    }
    // A provider that says that it names itself must do so.
    let metadata = json!({ "authorization_response_iss_parameter_supported": true });
    provider.change(|behaviour| behaviour.metadata = metadata);
    let client = server(&app, &config(&provider)).await;
    let mut browser = Browser::new(&client);
    let back = provider.approve(&browser.begin("/").await);
    let (without, _) = back.split_once("&iss=").unwrap();
    assert!(detail(&browser.visit(without).await).contains("configured provider"));
    browser.signed_in(&provider).await;
}

#[tokio::test]
async fn a_log_in_returns_only_to_paths_of_the_service() {
    let app = TestApp::sqlite().await;
    let provider = TestProvider::start().await;
    let client = server(&app, &config(&provider)).await;
    for (return_to, expected) in [
        ("/", Some("/")),
        ("/studio?q=a&p=/x#y", Some("/studio?q=a&p=/x#y")),
        ("/?u=https://other.example", Some("/?u=https://other.example")),
        ("//other.example", None),
        ("/\\other.example", None),
        ("\\\\other.example", None),
        ("/\t/other.example", None),
        ("/..//other.example", None),
        ("https://other.example", None),
        ("https:/other.example", None),
        ("javascript:alert(1)", None),
        ("studio", None),
        ("", None),
        ("/\r\nSet-Cookie: a=b", None),
    ] {
        let mut browser = Browser::new(&client);
        let query: String = url::form_urlencoded::Serializer::new(String::new())
            .append_pair("return_to", return_to)
            .finish();
        let reply = browser.visit(&format!("{LOGIN}?{query}")).await;
        let Some(expected) = expected else {
            assert_eq!(reply.status, 400, "{return_to:?}");
            assert!(detail(&reply).contains("one slash") && browser.cookies.is_empty());
            assert!(!reply.text.contains("other.example"), "{}", reply.text);
            continue;
        };
        let back = browser.visit(&provider.approve(reply.header("location"))).await;
        assert_eq!((back.status, back.header("location")), (303, expected));
    }
    let mut browser = Browser::new(&client);
    let sent = browser.visit(LOGIN).await;
    let back = browser.visit(&provider.approve(sent.header("location"))).await;
    assert_eq!(back.header("location"), "/");
}

/// The status of beginning a log-in.
async fn begun(client: &Client) -> u16 {
    let reply = Browser::new(client).visit(LOGIN).await;
    if reply.status != 303 {
        assert!(detail(&reply).contains("does not answer"), "{}", reply.text);
        assert_ne!(reply.header("retry-after"), "");
    }
    reply.status
}

#[tokio::test]
async fn a_provider_that_answers_wrongly_is_not_used() {
    let app = TestApp::sqlite().await;
    let other = TestProvider::start().await;
    let provider = TestProvider::start().await;
    let mut elsewhere = HeaderMap::new();
    elsewhere.insert(header::LOCATION, other.issuer.parse().unwrap());
    let failures = [
        (StatusCode::NOT_FOUND, HeaderMap::new(), String::new()),
        (StatusCode::OK, HeaderMap::new(), "not JSON".to_owned()),
        (StatusCode::FOUND, elsewhere, String::new()),
        (StatusCode::OK, HeaderMap::new(), " ".repeat(300 * 1024)),
    ];
    for failure in failures {
        provider.change(|behaviour| behaviour.failure = Some(failure.clone()));
        let client = server(&app, &config(&provider)).await;
        assert_eq!(begun(&client).await, 503, "{failure:?}");
    }
    assert_eq!(other.asked("metadata"), 0);
    provider.change(|behaviour| behaviour.failure = None);
    for metadata in [
        json!({ "issuer": other.issuer }),
        json!({ "authorization_endpoint": "http://other.example/authorize" }),
        json!({ "authorization_endpoint": "javascript:alert(1)" }),
        json!({ "jwks_uri": "http://10.0.0.1/keys" }),
        json!({ "jwks_uri": null }),
    ] {
        provider.change(|behaviour| behaviour.metadata = metadata.clone());
        let client = server(&app, &config(&provider)).await;
        assert_eq!(begun(&client).await, 503, "{metadata}");
    }
    for (metadata, status) in [
        (json!({ "token_endpoint": "http://other.example/token" }), 503),
        (json!({ "token_endpoint": null }), 503),
        (json!({ "token_endpoint_auth_methods_supported": ["client_secret_post"] }), 303),
    ] {
        provider.change(|behaviour| behaviour.metadata = metadata.clone());
        let client = server(&app, &config(&provider)).await;
        let reply = Browser::new(&client).log_in(&provider).await;
        assert_eq!(reply.status, status, "{metadata}: {}", reply.text);
    }
}

#[tokio::test]
async fn a_provider_may_be_down_at_the_start_and_change_its_keys() {
    let app = TestApp::sqlite().await;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let placeholder = TestProvider::start().await;
    let issuer = json!({ "issuer": format!("http://{address}") });
    let client = server(&app, &with(config(&placeholder), issuer)).await;
    assert_eq!(begun(&client).await, 503);
    let provider = TestProvider::on(tokio::net::TcpListener::bind(address).await.unwrap());
    // It is asked again after a pause, however often that is needed.
    assert_eq!(begun(&client).await, 503);
    tokio::time::sleep(std::time::Duration::from_millis(5_100)).await;
    Browser::new(&client).signed_in(&provider).await;
    let asked = (provider.asked("metadata"), provider.asked("keys"));
    assert_eq!(asked, (1, 1));
    // While it is down, it is still known where to send browsers.
    let down = (StatusCode::BAD_GATEWAY, HeaderMap::new(), String::new());
    provider.change(|behaviour| behaviour.failure = Some(down));
    let mut browser = Browser::new(&client);
    let refused = browser.log_in(&provider).await;
    assert_eq!(refused.status, 502, "{}", refused.text);
    provider.change(|behaviour| (behaviour.failure, behaviour.key_id) = (None, Some("two")));
    tokio::time::sleep(std::time::Duration::from_millis(5_100)).await;
    Browser::new(&client).signed_in(&provider).await;
    assert_eq!(provider.asked("keys"), 2);
}
