//! Tokens of other issuers: whose they are, what they may do, and attacks on their verification.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reelport::catalog::access::Role;
use reelport::catalog::accounts::issuers::Issuers;
use reelport::catalog::accounts::tokens::{DEFAULT_NAME, TokenConfig, Tokens};
use serde_json::{Value, json};

use super::{account, run, status};
use crate::support::command::reelport;
use crate::support::server::Server;
use crate::support::{Client, SECRET, TestApp};

const RSA: &[u8] = include_bytes!("keys/rsa.pem");
const RSA_PUBLIC: &[u8] = include_bytes!("keys/rsa.pub.pem");
const EC: &[u8] = include_bytes!("keys/ec.pem");
const EC_PUBLIC: &[u8] = include_bytes!("keys/ec.pub.pem");
const ED: &[u8] = include_bytes!("keys/ed.pem");
const ED_PUBLIC: &[u8] = include_bytes!("keys/ed.pub.pem");
const SHARED: &[u8] = b"a secret shared with another issuer, long enough";
const ISSUER: &str = "https://idp.example/realms/movies";

pub fn key(algorithm: Algorithm) -> EncodingKey {
    match algorithm {
        Algorithm::RS256 => EncodingKey::from_rsa_pem(RSA).unwrap(),
        Algorithm::ES256 => EncodingKey::from_ec_pem(EC).unwrap(),
        Algorithm::EdDSA => EncodingKey::from_ed_pem(ED).unwrap(),
        _ => EncodingKey::from_secret(SHARED),
    }
}

fn claims() -> Value {
    let expires = chrono::Utc::now().timestamp() + 600;
    json!({ "iss": ISSUER, "aud": "reelport", "sub": "u-1", "email": "u@idp.example",
        "role": "VIEWER", "exp": expires })
}

fn with(changes: Value) -> Value {
    let mut claims = claims();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value.clone();
        }
    }
    claims
}

fn sign(algorithm: Algorithm, id: Option<&str>, claims: &Value) -> String {
    let header = Header { kid: id.map(str::to_owned), ..Header::new(algorithm) };
    jsonwebtoken::encode(&header, claims, &key(algorithm)).unwrap()
}

/// A server that accepts the tokens of these issuers. Files are in its folder.
async fn server(app: &TestApp, issuers: Value) -> Client {
    let folder = app.database.folder.path();
    for (name, content) in
        [("rsa.pem", RSA_PUBLIC), ("ec.pem", EC_PUBLIC), ("ed.pem", ED_PUBLIC), ("secret", SHARED)]
    {
        std::fs::write(folder.join(name), content).unwrap();
    }
    let file = folder.join("issuers.json");
    std::fs::write(&file, issuers.to_string()).unwrap();
    let issuers = Issuers::read(&file, DEFAULT_NAME).unwrap_or_else(|problem| panic!("{problem}"));
    issuers.fetch_keys().await;
    let change = |app: &mut reelport::app::App| {
        app.accounts = app.accounts.clone().with_issuers(issuers);
    };
    Client::new(app.with_settings(change).await)
}

/// A server that accepts the tokens of another issuer, as a function from a role and the days until
/// the token expires to a client.
pub async fn with_a_foreign_issuer(app: &TestApp) -> impl Fn(Role, i64) -> Client + use<> {
    let issuers = json!([entry(json!({ "algorithms": "HS256", "secret_file": "secret" }))]);
    let client = server(app, issuers).await;
    move |role, days| {
        let expires = chrono::Utc::now().timestamp() + days * 24 * 60 * 60;
        let claims = json!({ "role": role.as_str(), "exp": expires });
        client.clone().with_token(sign(Algorithm::HS256, None, &with(claims)))
    }
}

fn entry(more: Value) -> Value {
    let mut entry = json!({ "issuer": ISSUER, "audience": "reelport" });
    entry.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    entry
}

async fn role_of(client: &Client, token: &str) -> Value {
    let client = client.clone().with_token(token);
    run(&client, "{ viewer { role } }", json!({})).await["role"].clone()
}

async fn is_accepted(client: &Client, token: &str) -> bool {
    status(&client.clone().with_token(token)).await == 200
}

#[tokio::test]
async fn each_algorithm_has_its_own_key() {
    let app = TestApp::sqlite().await;
    let all = [
        (Algorithm::HS256, "HS256", "secret_file", "secret"),
        (Algorithm::RS256, "RS256", "public_key_file", "rsa.pem"),
        (Algorithm::ES256, "ES256", "public_key_file", "ec.pem"),
        (Algorithm::EdDSA, "EdDSA", "public_key_file", "ed.pem"),
    ];
    for (algorithm, name, field, file) in all {
        let issuers = json!([entry(json!({ "algorithms": name, (field): file }))]);
        let client = server(&app, issuers).await;
        for (other, ..) in all {
            for id in [None, Some("any")] {
                let token = sign(other, id, &claims());
                assert_eq!(is_accepted(&client, &token).await, other == algorithm, "{other:?}");
            }
        }
        let viewer = client.clone().with_token(sign(algorithm, None, &claims()));
        let viewer = run(&viewer, "{ viewer { id email role } }", json!({})).await;
        let id = format!("user:{ISSUER}|u-1");
        assert_eq!(viewer, json!({ "id": id, "email": "u@idp.example", "role": "VIEWER" }));
    }
}

#[tokio::test]
async fn several_issuers_are_accepted_beside_our_own() {
    let app = TestApp::sqlite().await;
    let own = account(&app, "a@example.com", Role::Contributor).await;
    let second = json!({ "issuer": "second", "audience": ["x", "y"], "algorithms": "HS256",
        "secret_file": "secret" });
    let first = entry(json!({ "algorithms": ["RS256", "ES256"], "public_key_file": "ec.pem" }));
    let client = server(&app, json!([first, second])).await;
    assert_eq!(role_of(&client, &own.access).await, "CONTRIBUTOR");
    assert_eq!(role_of(&client, &sign(Algorithm::ES256, None, &claims())).await, "VIEWER");
    for (aud, accepted) in
        [(json!("x"), true), (json!(["z", "y"]), true), (json!("reelport"), false)]
    {
        let token = sign(Algorithm::HS256, None, &with(json!({ "iss": "second", "aud": aud })));
        assert_eq!(is_accepted(&client, &token).await, accepted, "{aud}");
    }
    // One issuer cannot speak for another, nor for us.
    for name in [ISSUER, "reelport", "third"] {
        let token = sign(Algorithm::HS256, None, &with(json!({ "iss": name })));
        assert!(!is_accepted(&client, &token).await, "{name}");
    }
    // Nor can it name one of our accounts.
    let user = app.app.catalog.database().user_by_email("a@example.com").await.unwrap().unwrap();
    let token = sign(Algorithm::ES256, None, &with(json!({ "sub": user.id, "role": "ADMIN" })));
    let stranger = client.clone().with_token(token);
    let viewer = run(&stranger, "{ viewer { sessions { totalCount } } }", json!({})).await;
    assert_eq!(viewer["sessions"]["totalCount"], 0);
    let everywhere = "mutation { logoutEverywhere(input: {}) { endedSessions } }";
    assert_eq!(run(&stranger, everywhere, json!({})).await, json!({ "endedSessions": 0 }));
    assert_eq!(role_of(&client, &own.access).await, "CONTRIBUTOR");
}

#[tokio::test]
async fn times_audience_and_subject_are_checked() {
    let app = TestApp::sqlite().await;
    let issuers =
        entry(json!({ "algorithms": "ES256", "public_key_file": "ec.pem", "leeway": 30 }));
    let client = server(&app, json!([issuers])).await;
    let now = chrono::Utc::now().timestamp();
    for (changes, accepted) in [
        (json!({ "aud": ["other", "reelport"] }), true),
        (json!({ "iat": now }), true),
        (json!({ "exp": now - 20 }), true),
        (json!({ "nbf": now + 20 }), true),
        (json!({ "exp": f64::from(u32::try_from(now).unwrap()) + 0.5 }), true),
        (json!({ "exp": now - 60 }), false),
        (json!({ "nbf": now + 60 }), false),
        (json!({ "exp": null }), false),
        (json!({ "exp": "soon" }), false),
        (json!({ "iat": "now" }), false),
        (json!({ "aud": null }), false),
        (json!({ "aud": "other" }), false),
        (json!({ "aud": [] }), false),
        (json!({ "iss": [ISSUER] }), false),
        (json!({ "sub": null }), false),
        (json!({ "sub": "" }), false),
    ] {
        let token = sign(Algorithm::ES256, None, &with(changes.clone()));
        assert_eq!(is_accepted(&client, &token).await, accepted, "{changes}");
    }
}

#[tokio::test]
async fn the_claims_of_common_issuers_are_understood() {
    let app = TestApp::sqlite().await;
    let keycloak = json!({ "claims": { "role": "/realm_access/roles" },
        "roles": { "catalogue-admin": "ADMIN", "editor": "contributor" } });
    let auth0 = json!({ "claims": { "role": "https://movies.example/roles", "email": "https://movies.example/email" } });
    let supabase = json!({ "claims": { "role": "/app_metadata/role" }, "audience": "authenticated",
        "roles": { "publisher": "ADMIN" }, "default_role": "VIEWER" });
    let firebase = json!({ "claims": { "role": "catalogueRole" }, "audience": "my-project",
        "issuer": "https://securetoken.google.com/my-project" });
    for (what, config, token, role, email) in [
        (
            "Keycloak",
            &keycloak,
            json!({ "realm_access": { "roles": ["offline_access", "editor"] },
            "azp": "web", "email_verified": true }),
            "CONTRIBUTOR",
            "u@idp.example",
        ),
        (
            "Keycloak",
            &keycloak,
            json!({ "realm_access": { "roles": ["ADMIN"] } }),
            "USER",
            "u@idp.example",
        ),
        ("Keycloak", &keycloak, json!({ "role": "ADMIN" }), "USER", "u@idp.example"),
        (
            "Auth0",
            &auth0,
            json!({ "https://movies.example/roles": ["viewer"], "email": null,
            "https://movies.example/email": "a@b.example", "aud": ["reelport", "https://x.auth0.com/userinfo"] }),
            "VIEWER",
            "a@b.example",
        ),
        (
            "Supabase",
            &supabase,
            json!({ "aud": "authenticated", "role": "authenticated",
            "app_metadata": { "provider": "email", "role": "publisher" } }),
            "ADMIN",
            "u@idp.example",
        ),
        (
            "Supabase",
            &supabase,
            json!({ "aud": "authenticated", "app_metadata": {} }),
            "VIEWER",
            "u@idp.example",
        ),
        (
            "Firebase",
            &firebase,
            json!({ "aud": "my-project", "iss": "https://securetoken.google.com/my-project",
            "email_verified": false, "user_id": "u-1", "catalogueRole": "CONTRIBUTOR" }),
            "CONTRIBUTOR",
            "u-1",
        ),
    ] {
        let mut entry = entry(json!({ "algorithms": "RS256", "public_key_file": "rsa.pem" }));
        entry.as_object_mut().unwrap().extend(config.as_object().unwrap().clone());
        let client = server(&app, json!([entry])).await;
        let client = client.with_token(sign(Algorithm::RS256, None, &with(token)));
        let viewer = run(&client, "{ viewer { role email } }", json!({})).await;
        assert_eq!(viewer, json!({ "role": role, "email": email }), "{what}");
    }
}

/// A key set at an address, which can change, fail, and counts how often it is fetched.
#[derive(Clone, Default)]
struct KeySet {
    keys: Arc<Mutex<Value>>,
    is_down: Arc<AtomicBool>,
    fetched: Arc<AtomicUsize>,
}

impl KeySet {
    async fn start(&self) -> String {
        let answer = |State(set): State<Self>| async move {
            set.fetched.fetch_add(1, Ordering::SeqCst);
            let is_down = set.is_down.load(Ordering::SeqCst);
            let status = if is_down { StatusCode::BAD_GATEWAY } else { StatusCode::OK };
            (status, set.keys.lock().unwrap().to_string())
        };
        let router = Router::new().route("/keys", get(answer)).with_state(self.clone());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        format!("http://{address}/keys")
    }
}

pub fn jwk(algorithm: Algorithm, id: &str) -> Value {
    let mut jwk = Jwk::from_encoding_key(&key(algorithm), algorithm).unwrap();
    jwk.common.key_id = Some(id.to_owned());
    serde_json::to_value(jwk).unwrap()
}

#[tokio::test]
async fn keys_at_an_address_are_cached_refreshed_and_kept_while_the_issuer_is_down() {
    let app = TestApp::sqlite().await;
    let set = KeySet::default();
    let secret = json!({ "kty": "oct", "kid": "one", "k": URL_SAFE_NO_PAD.encode(SHARED) });
    *set.keys.lock().unwrap() = json!({ "keys": [secret, jwk(Algorithm::ES256, "one")] });
    let url = set.start().await;
    let issuers = entry(json!({ "algorithms": ["ES256", "RS256"], "jwks_url": url }));
    let client = server(&app, json!([issuers])).await;
    let fetched = || set.fetched.load(Ordering::SeqCst);
    for _ in 0..20 {
        assert!(is_accepted(&client, &sign(Algorithm::ES256, Some("one"), &claims())).await);
    }
    assert_eq!(fetched(), 1);
    // Invented key ids cause no load.
    for number in 0..20 {
        let token = sign(Algorithm::RS256, Some(&format!("invented-{number}")), &claims());
        assert!(!is_accepted(&client, &token).await);
    }
    assert_eq!(fetched(), 1);
    set.is_down.store(true, Ordering::SeqCst);
    assert!(is_accepted(&client, &sign(Algorithm::ES256, Some("one"), &claims())).await);
    // A server that starts now knows no key, and one that starts later does.
    let issuers = entry(json!({ "algorithms": ["ES256", "RS256"], "jwks_url": url }));
    let other = server(&app, json!([issuers.clone()])).await;
    assert!(!is_accepted(&other, &sign(Algorithm::ES256, Some("one"), &claims())).await);
    set.is_down.store(false, Ordering::SeqCst);
    *set.keys.lock().unwrap() = json!({ "keys": [jwk(Algorithm::RS256, "two")] });
    let third = server(&app, json!([issuers])).await;
    assert!(is_accepted(&third, &sign(Algorithm::RS256, Some("two"), &claims())).await);
    assert!(!is_accepted(&third, &sign(Algorithm::ES256, Some("one"), &claims())).await);
}

#[tokio::test]
async fn attacks_on_the_verification_are_refused() {
    let app = TestApp::sqlite().await;
    let set = KeySet::default();
    let attacker = set.start().await;
    *set.keys.lock().unwrap() = json!({ "keys": [jwk(Algorithm::ES256, "one")] });
    let issuers = entry(json!({ "algorithms": "RS256", "public_key_file": "rsa.pem" }));
    let client = server(&app, json!([issuers])).await;
    let good = sign(Algorithm::RS256, None, &claims());
    assert!(is_accepted(&client, &good).await);
    let [header, payload, signature] =
        <[&str; 3]>::try_from(good.split('.').collect::<Vec<_>>()).unwrap();
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let admin = part(&with(json!({ "role": "ADMIN" })));
    let mut tokens: Vec<(String, String)> = Vec::new();
    for algorithm in ["none", "None", "NONE", "nOnE", ""] {
        let header = part(&json!({ "alg": algorithm, "typ": "JWT" }));
        for signature in ["", signature] {
            tokens.push((format!("alg {algorithm}"), format!("{header}.{admin}.{signature}")));
        }
        tokens.push((format!("alg {algorithm}, two parts"), format!("{header}.{admin}")));
    }
    tokens.push(("another payload".to_owned(), format!("{header}.{admin}.{signature}")));
    tokens.push(("no signature".to_owned(), format!("{header}.{payload}.")));
    tokens
        .push(("half a signature".to_owned(), format!("{header}.{payload}.{}", &signature[..40])));
    // The public key, in any form, as a secret.
    let trimmed = RSA_PUBLIC.trim_ascii();
    for secret in [RSA_PUBLIC, trimmed, b"", b" ", b"secret", SECRET] {
        let key = EncodingKey::from_secret(secret);
        let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims(), &key).unwrap();
        tokens.push(("confusion".to_owned(), token));
    }
    // A key of the attacker's own, named in every way that a header can.
    let own = jwk(Algorithm::ES256, "one");
    let ways = [
        json!({ "jwk": own }),
        json!({ "jku": attacker }),
        json!({ "x5u": attacker }),
        json!({ "kid": "../../../../dev/null" }),
        json!({ "kid": attacker }),
        json!({ "kid": "x' UNION SELECT 'secret" }),
        json!({ "kid": "one", "jku": attacker, "jwk": own }),
        json!({ "crit": ["exp"] }),
    ];
    for way in &ways {
        for (algorithm, name) in [(Algorithm::ES256, "ES256"), (Algorithm::HS256, "HS256")] {
            let mut header = json!({ "alg": name, "typ": "JWT" });
            header.as_object_mut().unwrap().extend(way.as_object().unwrap().clone());
            let message = format!("{}.{admin}", part(&header));
            let key = if algorithm == Algorithm::HS256 {
                EncodingKey::from_secret(b"")
            } else {
                key(algorithm)
            };
            let signed = jsonwebtoken::crypto::sign(message.as_bytes(), &key, algorithm).unwrap();
            tokens.push((way.to_string(), format!("{message}.{signed}")));
        }
    }
    // Extensions that must be understood are not, even with a right signature.
    let header = part(&json!({ "alg": "RS256", "crit": ["b64"], "b64": true }));
    let message = format!("{header}.{admin}");
    let signed =
        jsonwebtoken::crypto::sign(message.as_bytes(), &key(Algorithm::RS256), Algorithm::RS256);
    tokens.push(("crit".to_owned(), format!("{message}.{}", signed.unwrap())));
    for (what, token) in tokens {
        for request in ["{ viewer { role } }", "{ __typename }"] {
            let reply = client
                .clone()
                .with_token(&token)
                .post("/graphql", &json!({ "query": request }))
                .await;
            assert_eq!(reply.status, 401, "{what}: {token}: {}", reply.text);
        }
    }
    assert_eq!(set.fetched.load(Ordering::SeqCst), 0, "an address of a token was fetched");
}

#[tokio::test]
async fn a_wrong_configuration_stops_the_start_with_one_line() {
    let app = TestApp::sqlite().await;
    let folder = app.database.folder.path();
    std::fs::write(folder.join("ec.pem"), EC_PUBLIC).unwrap();
    std::fs::write(folder.join("short"), b"hunter2").unwrap();
    let key = json!({ "algorithms": "ES256", "public_key_file": "ec.pem" });
    let changed = |change: Value| {
        let mut entry = entry(key.clone());
        for (name, value) in change.as_object().unwrap() {
            if value.is_null() {
                entry.as_object_mut().unwrap().remove(name);
            } else {
                entry[name] = value.clone();
            }
        }
        json!([entry])
    };
    for (config, reason) in [
        (json!({}), "invalid type"),
        (changed(json!({ "issuer": "reelport" })), "the service itself"),
        (changed(json!({ "audience": null })), "audience"),
        (changed(json!({ "audience": [] })), "audience"),
        (changed(json!({ "algorithms": "none" })), "allowed are HS256"),
        (changed(json!({ "algorithms": ["HS256", "ES256"] })), "HS256 alone"),
        (changed(json!({ "algorithms": [] })), "HS256 alone"),
        (changed(json!({ "public_key_file": null })), "give one of"),
        (changed(json!({ "jwks_url": "https://x.example" })), "give one of"),
        (changed(json!({ "public_key_file": "no" })), "no:"),
        (changed(json!({ "algorithms": "RS256" })), "ec.pem"),
        (changed(json!({ "public_key_file": null, "jwks_url": "http://x.example/keys" })), "https"),
        (
            changed(
                json!({ "algorithms": "HS256", "public_key_file": null, "secret_file": "short" }),
            ),
            "7 bytes",
        ),
        (changed(json!({ "roles": { "x": "BOSS" } })), "BOSS"),
        (changed(json!({ "leeway": 10_000 })), "leeway"),
        (changed(json!({ "surprise": 1 })), "surprise"),
        (json!([entry(key.clone()), entry(key.clone())]), "two issuers"),
    ] {
        std::fs::write(folder.join("issuers.json"), config.to_string()).unwrap();
        let problem =
            Issuers::read(&folder.join("issuers.json"), DEFAULT_NAME).unwrap_err().to_string();
        assert!(problem.contains(reason) && !problem.contains("hunter2"), "{config}: {problem}");
    }
    let secret = std::str::from_utf8(SECRET).unwrap();
    let arguments =
        ["serve", "--listen", "127.0.0.1:0", "--jwt-secret", secret, "--issuers", "issuers.json"];
    let ran = app.command(&arguments).await;
    assert!(
        ran.code == 2 && ran.stderr.contains("two issuers") && ran.stderr.lines().count() == 1,
        "{ran:?}"
    );
}

#[tokio::test]
async fn the_own_issuer_and_audience_are_configurable() {
    let app = TestApp::sqlite().await;
    super::create(&app, "a@example.com", Role::Viewer).await;
    let folder = app.database.folder.path();
    let names = ["--jwt-issuer", "https://movies.example", "--jwt-audience", "catalogue"];
    let with_secret = |mut command: tokio::process::Command| {
        command.env("REELPORT_JWT_SECRET", std::str::from_utf8(SECRET).unwrap());
        command
    };
    let serve = [&["serve", "--listen", "127.0.0.1:0"], &names[..]].concat();
    let command = with_secret(reelport(folder, &app.database.url, &serve));
    let server = Server::start(command).await;
    let tokens = super::log_in(&server.client, "a@example.com").await;
    let payload = |token: &str| {
        let part = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
        let claims: Value = serde_json::from_slice(&part).unwrap();
        json!([claims["iss"], claims["aud"]])
    };
    assert_eq!(payload(&tokens.access), json!(["https://movies.example", "catalogue"]));
    assert!(is_accepted(&server.client, &tokens.access).await);
    let next = super::Tokens::of(&super::refresh(&server.client, &tokens.refresh).await);
    // A refresh token is no access token, and tokens of other services are refused.
    for token in [&next.refresh, &crate::support::token(Role::Admin, "a@example.com")] {
        assert!(!is_accepted(&server.client, token).await);
    }
    assert!(!is_accepted(&app.anonymous(), &next.access).await);
    // The platform's tokens with our secret, and those of the command line.
    for (iss, aud, accepted) in [
        ("https://movies.example", json!(["x", "catalogue"]), true),
        ("https://movies.example", json!("reelport"), false),
        ("reelport", json!("catalogue"), false),
    ] {
        let key = EncodingKey::from_secret(SECRET);
        let claims = with(json!({ "iss": iss, "aud": aud }));
        let token = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &key).unwrap();
        assert_eq!(is_accepted(&server.client, &token).await, accepted, "{iss} {aud}");
    }
    let token = [&["token", "--email", "a@example.com"], &names[..]].concat();
    let command = with_secret(reelport(folder, &app.database.url, &token));
    let ran = crate::support::command::run(command, b"").await.ok();
    assert!(is_accepted(&server.client, ran.stdout.trim()).await);
    // Another issuer cannot have our name.
    std::fs::write(folder.join("ec.pem"), EC_PUBLIC).unwrap();
    let key = json!({ "algorithms": "ES256", "public_key_file": "ec.pem" });
    for (name, is_taken) in [("https://movies.example", true), ("reelport", false)] {
        let mut entry = entry(key.clone());
        entry["issuer"] = json!(name);
        std::fs::write(folder.join("issuers.json"), json!([entry]).to_string()).unwrap();
        let read = Issuers::read(&folder.join("issuers.json"), "https://movies.example");
        assert_eq!(read.is_err(), is_taken, "{name}");
    }
    let arguments = [&serve[..], &["--issuers", "issuers.json"]].concat();
    let mut entry = entry(key);
    entry["issuer"] = json!("https://movies.example");
    std::fs::write(folder.join("issuers.json"), json!([entry]).to_string()).unwrap();
    let command = with_secret(reelport(folder, &app.database.url, &arguments));
    let ran = crate::support::command::run(command, b"").await;
    assert!(ran.code == 2 && ran.stderr.contains("the service itself"), "{ran:?}");
}

#[tokio::test]
async fn the_own_secret_is_replaced_without_logging_anybody_out() {
    const NEW: &[u8] = b"another secret for tests, of 32 bytes and more";
    let app = TestApp::sqlite().await;
    let old = account(&app, "a@example.com", Role::Viewer).await;
    let with_tokens = async |tokens: Tokens| {
        let catalog = app.app.catalog.clone();
        let accounts = reelport::catalog::accounts::Accounts::new(catalog, tokens);
        Client::new(app.with_settings(|app| app.accounts = accounts).await)
    };
    let both =
        with_tokens(Tokens::new(NEW, TokenConfig::default()).with_previous_secret(SECRET)).await;
    let only_new = with_tokens(Tokens::new(NEW, TokenConfig::default())).await;
    assert!(is_accepted(&both, &old.access).await && !is_accepted(&only_new, &old.access).await);
    let next = super::Tokens::of(&super::refresh(&both, &old.refresh).await);
    for client in [&both, &only_new] {
        assert!(is_accepted(client, &next.access).await);
    }
    assert_eq!(super::refresh(&only_new, &next.refresh).await.status, 200);
}
