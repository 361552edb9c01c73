//! A small OpenID Connect provider, which a test can make answer wrongly.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, Header};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use url::Url;

use crate::identity::issuers::{jwk, key};

pub const CLIENT: &str = "reelport";
pub const CLIENT_SECRET: &str = "the secret of the client:&-%+";

/// A request that a browser brought, until its code is exchanged.
#[derive(Clone)]
struct Granted {
    nonce: String,
    challenge: String,
    redirect_uri: String,
}

/// What a test changes.
#[derive(Default)]
pub struct Behaviour {
    /// Changes of the claims of the ID token; null removes one.
    pub claims: Value,
    /// The whole ID token, made of its claims.
    pub token: Option<Box<dyn Fn(&Value) -> Value + Send>>,
    pub key_id: Option<&'static str>,
    /// What UserInfo answers.
    pub userinfo: Option<Value>,
    /// Changes of the metadata.
    pub metadata: Value,
    /// A failure of every route: its status, headers and body.
    pub failure: Option<(StatusCode, HeaderMap, String)>,
    /// How often a route was asked.
    pub asked: HashMap<&'static str, usize>,
    granted: HashMap<String, Granted>,
    number: usize,
}

#[derive(Clone)]
pub struct TestProvider {
    pub issuer: String,
    behaviour: Arc<Mutex<Behaviour>>,
}

impl TestProvider {
    pub async fn start() -> Self {
        Self::on(tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    pub fn on(listener: tokio::net::TcpListener) -> Self {
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let behaviour = Behaviour { key_id: Some("one"), ..Behaviour::default() };
        let provider = Self { issuer, behaviour: Arc::new(Mutex::new(behaviour)) };
        let router = Router::new()
            .route("/.well-known/openid-configuration", get(metadata))
            .route("/keys", get(keys))
            .route("/token", post(token))
            .route("/userinfo", get(userinfo))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        provider
    }

    pub fn change(&self, change: impl FnOnce(&mut Behaviour)) {
        change(&mut self.behaviour.lock().unwrap());
    }

    /// The claims that the next ID tokens have in addition to the usual ones.
    pub fn say(&self, claims: Value) {
        self.change(|behaviour| behaviour.claims = claims);
    }

    pub fn asked(&self, route: &str) -> usize {
        self.behaviour.lock().unwrap().asked.get(route).copied().unwrap_or_default()
    }

    /// What a person's consent does: the address to which the browser goes, with a code.
    pub fn approve(&self, request: &str) -> String {
        let url = Url::parse(request).unwrap();
        let parameters: HashMap<String, String> = url.query_pairs().into_owned().collect();
        let of = |name: &str| parameters.get(name).cloned().unwrap_or_default();
        assert_eq!(url.path(), "/authorize");
        assert_eq!((of("response_type"), of("client_id")), ("code".into(), CLIENT.into()));
        assert_eq!(of("code_challenge_method"), "S256");
        assert!(of("scope").split(' ').any(|scope| scope == "openid"), "{}", of("scope"));
        assert!(of("state").len() >= 20 && of("nonce").len() >= 20, "{request}");
        let mut behaviour = self.behaviour.lock().unwrap();
        behaviour.number += 1;
        let code = format!("code-{}", behaviour.number);
        let redirect_uri = of("redirect_uri");
        let granted = Granted {
            nonce: of("nonce"),
            challenge: of("code_challenge"),
            redirect_uri: redirect_uri.clone(),
        };
        behaviour.granted.insert(code.clone(), granted);
        answer(&redirect_uri, &[("state", &of("state")), ("code", &code), ("iss", &self.issuer)])
    }

    fn ask(&self, route: &'static str) -> Option<Response> {
        let mut behaviour = self.behaviour.lock().unwrap();
        *behaviour.asked.entry(route).or_default() += 1;
        behaviour.failure.clone().map(IntoResponse::into_response)
    }
}

/// A path of the service with parameters.
pub fn answer(redirect_uri: &str, parameters: &[(&str, &str)]) -> String {
    let mut url = Url::parse(redirect_uri).unwrap();
    url.query_pairs_mut().extend_pairs(parameters);
    format!("{}?{}", url.path(), url.query().unwrap())
}

/// The parameter of an address.
pub fn parameter(address: &str, name: &str) -> String {
    let base = Url::parse("http://x").unwrap();
    let url = base.join(address).unwrap();
    let found = url.query_pairs().find(|(found, _)| found == name);
    found.unwrap_or_else(|| panic!("{name}: {address}")).1.into_owned()
}

fn merged(mut base: Value, changes: &Value) -> Value {
    for (name, value) in changes.as_object().into_iter().flatten() {
        if value.is_null() {
            base.as_object_mut().unwrap().remove(name);
        } else {
            base[name] = value.clone();
        }
    }
    base
}

fn json_reply(value: &Value) -> Response {
    ([(header::CONTENT_TYPE, "application/json")], value.to_string()).into_response()
}

async fn metadata(State(provider): State<TestProvider>) -> Response {
    if let Some(failure) = provider.ask("metadata") {
        return failure;
    }
    let issuer = &provider.issuer;
    let metadata = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "userinfo_endpoint": format!("{issuer}/userinfo"),
        "jwks_uri": format!("{issuer}/keys"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    });
    json_reply(&merged(metadata, &provider.behaviour.lock().unwrap().metadata))
}

async fn keys(State(provider): State<TestProvider>) -> Response {
    if let Some(failure) = provider.ask("keys") {
        return failure;
    }
    let id = provider.behaviour.lock().unwrap().key_id;
    let mut keys = vec![jwk(Algorithm::RS256, id.unwrap_or_default())];
    if id.is_none() {
        keys[0].as_object_mut().unwrap().remove("kid");
    }
    json_reply(&json!({ "keys": keys }))
}

async fn userinfo(State(provider): State<TestProvider>, headers: HeaderMap) -> Response {
    if let Some(failure) = provider.ask("userinfo") {
        return failure;
    }
    assert_eq!(headers[header::AUTHORIZATION], "Bearer an-access-token");
    let userinfo = provider.behaviour.lock().unwrap().userinfo.clone();
    json_reply(&userinfo.unwrap_or_else(|| json!({ "sub": "u-1" })))
}

async fn token(State(provider): State<TestProvider>, headers: HeaderMap, body: String) -> Response {
    if let Some(failure) = provider.ask("token") {
        return failure;
    }
    let refused = |error: &str| {
        let body = json!({ "error": error, "error_description": "<b>why</b>" });
        (StatusCode::BAD_REQUEST, json_reply(&body)).into_response()
    };
    let parameters: HashMap<String, String> =
        url::form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    let of = |name: &str| parameters.get(name).cloned().unwrap_or_default();
    let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect();
    let (id, secret): (String, String) = (encode(CLIENT), encode(CLIENT_SECRET));
    let basic = format!("Basic {}", STANDARD.encode(format!("{id}:{secret}")));
    let by_header = headers.get(header::AUTHORIZATION).is_some_and(|sent| *sent == *basic);
    let by_body = of("client_id") == CLIENT && of("client_secret") == CLIENT_SECRET;
    let mut behaviour = provider.behaviour.lock().unwrap();
    let in_body = behaviour.metadata.get("token_endpoint_auth_methods_supported").is_some();
    if (in_body && !by_body) || (!in_body && !by_header) {
        return refused("invalid_client");
    }
    let Some(granted) = behaviour.granted.remove(&of("code")) else {
        return refused("invalid_grant");
    };
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(of("code_verifier")));
    if challenge != granted.challenge || of("redirect_uri") != granted.redirect_uri {
        return refused("invalid_grant");
    }
    let now = chrono::Utc::now().timestamp();
    let claims = json!({
        "iss": provider.issuer, "aud": CLIENT, "sub": "u-1", "iat": now, "exp": now + 300,
        "nonce": granted.nonce, "email": "u@idp.example", "email_verified": true, "name": "U. One",
    });
    let claims = merged(claims, &behaviour.claims);
    let token = match &behaviour.token {
        Some(make) => make(&claims),
        None => json!(sign(&claims, behaviour.key_id)),
    };
    let mut body = json!({ "access_token": "an-access-token", "token_type": "Bearer" });
    body["id_token"] = token;
    json_reply(&body)
}

pub fn sign(claims: &Value, id: Option<&str>) -> String {
    let header = Header { kid: id.map(str::to_owned), ..Header::new(Algorithm::RS256) };
    jsonwebtoken::encode(&header, claims, &key(Algorithm::RS256)).unwrap()
}
