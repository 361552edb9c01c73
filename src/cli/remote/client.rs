//! Requests to a server, which are repeated while it cannot be reached.

use std::time::{Duration, Instant};

use reqwest::header::{AUTHORIZATION, HeaderValue, RETRY_AFTER};
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder, Response, StatusCode, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::RemoteArgs;
use crate::cli::CliError;
use crate::cli::terminal::print_error;

/// How long a request is repeated while the server cannot be reached or is busy.
const PATIENCE: Duration = Duration::from_mins(1);
/// How long to wait for a connection, and between two parts of a response.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const READ_TIMEOUT: Duration = Duration::from_mins(1);
/// The first and the longest pause between two attempts.
const PAUSE: Duration = Duration::from_millis(500);
const MAX_PAUSE: Duration = Duration::from_secs(10);
/// Maximum number of characters of a response that are shown.
const MAX_SHOWN: usize = 300;

/// Why a request to a server failed.
#[derive(Debug, thiserror::Error)]
pub enum RemoteError {
    #[error("the server at {server} cannot be reached: {reason}")]
    Unreachable { server: String, reason: String },
    #[error("the server refused the request ({status}): {detail}")]
    Refused { status: StatusCode, detail: String },
    #[error("{url} is not an address of Reelport: {reason}")]
    Unexpected { url: String, reason: String },
    #[error("{reason}; the job goes on at the server: see {url}")]
    Left { url: String, reason: String },
    #[error("{what}: {source}")]
    Io { what: String, source: std::io::Error },
}

/// The body of an error (RFC 9457).
#[derive(Deserialize)]
struct ProblemBody {
    detail: String,
    #[serde(default)]
    errors: Vec<ProblemDetail>,
}

#[derive(Deserialize)]
struct ProblemDetail {
    message: String,
}

/// A server with a token.
pub(super) struct RemoteServer {
    http: Client,
    base: Url,
}

impl RemoteServer {
    /// # Errors
    /// When the address or the token is missing or cannot be used.
    pub(super) fn new(args: &RemoteArgs) -> Result<Self, CliError> {
        let base = base_address(args.server.as_deref().unwrap_or_default())?;
        let token = args.token.as_deref().map(str::trim).unwrap_or_default();
        if token.is_empty() {
            let message = "REELPORT_TOKEN: --server needs the token of an account with the role \
                           ADMIN";
            return Err(CliError::Usage(message.to_owned()));
        }
        let mut authorization =
            HeaderValue::from_str(&format!("Bearer {token}")).map_err(|_| {
                CliError::Usage("REELPORT_TOKEN: found characters that no token has".to_owned())
            })?;
        authorization.set_sensitive(true);
        let http = Client::builder()
            .user_agent(concat!("reelport/", env!("CARGO_PKG_VERSION")))
            .default_headers([(AUTHORIZATION, authorization)].into_iter().collect())
            // A redirection could send the token to another server.
            .redirect(Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .read_timeout(READ_TIMEOUT)
            .build()
            .map_err(|error| CliError::Usage(format!("--server: {error}")))?;
        Ok(Self { http, base })
    }

    /// The address of a route, with its query parameters.
    pub(super) fn url(&self, path: &str, parameters: &[(&str, String)]) -> Url {
        let mut url = self.base.clone();
        url.set_path(&format!("{}{path}", url.path().trim_end_matches('/')));
        if !parameters.is_empty() {
            url.query_pairs_mut().extend_pairs(parameters);
        }
        url
    }

    /// A GET request that answers JSON.
    ///
    /// # Errors
    /// When the server cannot be reached, or refuses the request.
    pub(super) async fn read<T: DeserializeOwned>(&self, url: Url) -> Result<T, RemoteError> {
        let response = self.get(url.clone()).await?;
        read_json(response, url).await
    }

    /// A GET request.
    ///
    /// # Errors
    /// When the server cannot be reached, or refuses the request.
    pub(super) async fn get(&self, url: Url) -> Result<Response, RemoteError> {
        self.send(&url, async || Ok(self.http.get(url.clone()))).await
    }

    /// A POST request.
    pub(super) fn post(&self, url: Url) -> RequestBuilder {
        self.http.post(url)
    }

    /// Sends a request, again and again while the server cannot be reached or is busy. `request`
    /// makes it for each attempt; sending it twice must not do its work twice.
    ///
    /// # Errors
    /// When the server cannot be reached for [`PATIENCE`], or refuses the request.
    pub(super) async fn send(
        &self,
        url: &Url,
        request: impl AsyncFn() -> Result<RequestBuilder, RemoteError>,
    ) -> Result<Response, RemoteError> {
        let start = Instant::now();
        let mut pause = PAUSE;
        let mut is_first = true;
        loop {
            let (error, wait) = match request().await?.send().await {
                Ok(response) if response.status().is_success() => return Ok(response),
                Ok(response) => {
                    let wait = retry_after(&response);
                    let may_pass = matches!(response.status().as_u16(), 429 | 502 | 503 | 504);
                    let error = refusal(url, response).await;
                    if !may_pass {
                        return Err(error);
                    }
                    (error, wait)
                }
                Err(error) => {
                    let (server, reason) = (self.base.to_string(), root_cause(&error));
                    (RemoteError::Unreachable { server, reason }, None)
                }
            };
            let wait = wait.unwrap_or(pause);
            if start.elapsed() + wait > PATIENCE {
                return Err(error);
            }
            if std::mem::take(&mut is_first) {
                print_error(&format!("reelport: {error}; trying again"));
            }
            tokio::time::sleep(wait).await;
            pause = (pause * 2).min(MAX_PAUSE);
        }
    }
}

/// The body of a response as JSON.
///
/// # Errors
/// When it cannot be received, or is something else.
pub(super) async fn read_json<T: DeserializeOwned>(
    response: Response,
    url: Url,
) -> Result<T, RemoteError> {
    response.json().await.map_err(|error| RemoteError::Unexpected {
        url: url.to_string(),
        reason: root_cause(&error),
    })
}

/// Reads the address of a server. A path is kept, since a proxy may serve Reelport below one.
fn base_address(text: &str) -> Result<Url, CliError> {
    let allowed = "allowed is an address such as https://films.example.org";
    let refuse = || CliError::Usage(format!("--server: found {text:?}; {allowed}"));
    let mut url: Url = text.trim().parse().map_err(|_| refuse())?;
    let has_user = !url.username().is_empty() || url.password().is_some();
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() || has_user {
        return Err(refuse());
    }
    url.set_query(None);
    url.set_fragment(None);
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(path.strip_suffix("/graphql").unwrap_or(&path));
    Ok(url)
}

/// The time that a response asks to wait.
fn retry_after(response: &Response) -> Option<Duration> {
    let seconds = response.headers().get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(Duration::from_secs(seconds))
}

/// The error that a response reports.
async fn refusal(url: &Url, response: Response) -> RemoteError {
    let status = response.status();
    let text = response.text().await.unwrap_or_default();
    match serde_json::from_str::<ProblemBody>(&text) {
        Ok(ProblemBody { mut detail, errors }) => {
            let others = errors.into_iter().map(|error| error.message);
            for message in others.filter(|message| !message.is_empty()) {
                if !detail.contains(&message) {
                    detail = format!("{detail}; {message}");
                }
            }
            RemoteError::Refused { status, detail }
        }
        Err(_) => {
            let shown: String = text.trim().chars().take(MAX_SHOWN).collect();
            let reason = match shown.as_str() {
                "" => format!("it answers {status}"),
                text => format!("it answers {status}: {text}"),
            };
            RemoteError::Unexpected { url: url.to_string(), reason }
        }
    }
}

/// The innermost reason of an error, which says more than "error sending request".
fn root_cause(error: &reqwest::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<String> {
        base_address(text).ok().map(|url| url.to_string())
    }

    #[test]
    fn addresses_are_read_with_their_path() {
        let films = Some("https://films.example.org/".to_owned());
        assert_eq!(read("https://films.example.org"), films);
        assert_eq!(read(" https://films.example.org/graphql?x=1#y "), films);
        let below = Some("http://10.0.0.1:8000/reelport".to_owned());
        assert_eq!(read("http://10.0.0.1:8000/reelport/"), below);
        for other in ["", "films.example.org", "ftp://films.example.org", "https://a:b@c.d", "/x"] {
            assert_eq!(read(other), None, "{other}");
        }
    }
}
