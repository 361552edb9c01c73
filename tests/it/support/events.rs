//! A client of server-sent events.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::Client;

/// The events of a response.
pub struct Events {
    response: reqwest::Response,
    text: String,
}

impl Events {
    pub async fn open(client: &Client, query: &str, variables: Value) -> Self {
        let request = client
            .request(Method::POST, "/graphql")
            .header("accept", "text/event-stream")
            .json(&json!({ "query": query, "variables": variables }));
        Self::of(request.send().await.unwrap())
    }

    pub fn of(response: reqwest::Response) -> Self {
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, text: String::new() }
    }

    /// The name and the data of the next event. Comments are skipped.
    pub async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.text = rest;
                let field = |name: &str| {
                    event.lines().find_map(|line| line.strip_prefix(&format!("{name}:")))
                };
                if let Some(name) = field("event") {
                    let data = field("data").unwrap_or_default().trim();
                    let data = serde_json::from_str(data).unwrap_or_default();
                    return Some((name.trim().to_owned(), data));
                }
                continue;
            }
            let chunk = tokio::time::timeout(Duration::from_mins(1), self.response.chunk()).await;
            let chunk = chunk.expect("the server sends nothing").ok().flatten()?;
            self.text.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }
}
