//! Requests that the service itself sends, to issuers of tokens and log-in providers: limited in
//! time and size, over HTTPS, and without following redirects.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use url::Url;

/// How long a request may take.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Maximum size of a response body, in bytes.
const MAX_SIZE: usize = 256 * 1024;

/// Why there is no answer. It contains neither the address nor the body.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct RequestFailed(String);

/// An answer that was read completely.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    pub(super) body: Vec<u8>,
}

/// Sends requests.
#[derive(Debug, Clone)]
pub(super) struct Outgoing(reqwest::Client);

impl Outgoing {
    /// # Errors
    /// When no client can be made.
    pub(super) fn new() -> Result<Self, String> {
        let client = reqwest::Client::builder()
            .timeout(TIMEOUT)
            // A redirect could lead into an inner network.
            .redirect(reqwest::redirect::Policy::none())
            .build();
        client.map(Self).map_err(|error| error.to_string())
    }

    /// Sends a GET request, and returns the body of a successful answer.
    pub(super) async fn get(&self, url: &str) -> Result<Vec<u8>, RequestFailed> {
        let request = self.0.get(url).build()?;
        let answer = self.send(request).await?;
        if answer.status.is_success() {
            Ok(answer.body)
        } else {
            Err(RequestFailed(format!("the answer is {}", answer.status)))
        }
    }

    /// Sends a request, and returns any answer.
    pub(super) async fn send(&self, request: reqwest::Request) -> Result<Answer, RequestFailed> {
        check_url(request.url()).map_err(RequestFailed)?;
        let mut response = self.0.execute(request).await?;
        let (status, headers) = (response.status(), response.headers().clone());
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await? {
            if body.len() + chunk.len() > MAX_SIZE {
                let reason = format!("the answer is larger than {MAX_SIZE} bytes");
                return Err(RequestFailed(reason));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer { status, headers, body })
    }
}

impl From<reqwest::Error> for RequestFailed {
    fn from(error: reqwest::Error) -> Self {
        Self(error.without_url().to_string())
    }
}

/// Checks that a URL is one of HTTPS, or of HTTP on the same machine.
pub(super) fn check_url(url: &Url) -> Result<(), String> {
    let is_local = matches!(url.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
    if url.scheme() == "https" || (url.scheme() == "http" && is_local) {
        Ok(())
    } else {
        Err("allowed is https, or http on this machine".to_owned())
    }
}
