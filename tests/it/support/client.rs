//! An HTTP client like that of a user.

use std::net::SocketAddr;

use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use super::app::envelope;
use super::declared;

/// An HTTP client of one server, with or without a token.
#[derive(Clone)]
pub struct Client {
    base: String,
    token: Option<String>,
    http: reqwest::Client,
}

/// A response that was read completely.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
    pub bytes: Vec<u8>,
}

impl Reply {
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
    }

    /// `(path, code)` of every error of a problem.
    pub fn errors(&self) -> Vec<(String, String)> {
        let body = self.json();
        let errors = body["errors"].as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        errors.iter().map(|error| (text(&error["path"]), text(&error["code"]))).collect()
    }
}

impl Client {
    pub fn new(address: SocketAddr) -> Self {
        let http =
            reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        Self { base: format!("http://{address}"), token: None, http }
    }

    pub fn address(&self) -> SocketAddr {
        self.base.trim_start_matches("http://").parse().unwrap()
    }

    pub fn with_token(mut self, token: impl Into<String>) -> Self {
        self.token = Some(token.into());
        self
    }

    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.base));
        match &self.token {
            Some(token) => request.bearer_auth(token),
            None => request,
        }
    }

    /// Sends a request. The reply must be as `openapi.json` declares it.
    pub async fn send(&self, request: RequestBuilder) -> Reply {
        let (client, request) = request.build_split();
        let request = request.unwrap();
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        let response = client.execute(request).await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let bytes = response.bytes().await.unwrap().to_vec();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let reply = Reply { status, headers, text, bytes };
        declared::check(&method, &path, &reply);
        reply
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(self.request(Method::GET, path)).await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Reply {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// POSTs text with the JSON content type, whether it is JSON or not.
    pub async fn post_text(&self, path: &str, body: impl Into<reqwest::Body>) -> Reply {
        let request =
            self.request(Method::POST, path).header("content-type", "application/json").body(body);
        self.send(request).await
    }

    pub async fn graphql(&self, query: &str, variables: Value) -> Value {
        self.post("/graphql", &json!({ "query": query, "variables": variables })).await.json()
    }

    /// Exports a category over REST and returns the envelope.
    pub async fn export(&self, movie: &str, category: &str) -> Value {
        let reply = self.get(&format!("/api/v1/admin/movies/{movie}/export/{category}")).await;
        assert_eq!(reply.status, 200, "{}", reply.text);
        reply.json()
    }

    /// Imports data into a category over REST.
    pub async fn import(&self, movie: &str, category: &str, data: Value) -> Reply {
        self.import_envelope(
            movie,
            category,
            "",
            &envelope(movie, &category.replace('-', "_"), data),
        )
        .await
    }

    /// Imports an envelope over REST as the complete content: REPLACE, based on the current
    /// revision.
    pub async fn replace(&self, envelope: &Value) -> Reply {
        let text = |key: &str| envelope[key].as_str().unwrap();
        let (movie, category) = (text("movie_id"), text("category"));
        let revision = self.export(movie, category).await["metadata"]["revision"].clone();
        let options = format!("?mode=replace&base_revision={revision}");
        self.import_envelope(movie, &category.replace('_', "-"), &options, envelope).await
    }

    /// Imports an envelope over REST, with options as a query string.
    pub async fn import_envelope(
        &self,
        movie: &str,
        category: &str,
        options: &str,
        envelope: &Value,
    ) -> Reply {
        self.post(&format!("/api/v1/admin/movies/{movie}/import/{category}{options}"), envelope)
            .await
    }
}
