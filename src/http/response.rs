//! Responses: cache headers, the `Date` header, and a limit on their memory.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::SystemTime;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use chrono::{DateTime, Datelike as _, Utc};
use headers::{Date, HeaderMapExt as _};
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::BodyExt as _;

use super::budget::Reservation;
use super::problem::ProblemDetails;
use super::{AppState, GRAPHQL};

/// The Content-Security-Policy of a page without scripts, forms and other files.
pub const STATIC_PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; \
     form-action 'none'",
);

/// How many bytes of a response are passed to the connection at once. Smaller responses are not
/// counted against the memory limit.
pub const CHUNK: usize = 64 * 1024;

/// Paths with responses for a single account, with or without a token.
const PRIVATE: [&str; 4] = [GRAPHQL, "/api/v1/auth/", "/api/v1/admin/", "/mcp"];

/// Whether the response to a request is private: one with a token, or of a private path.
pub fn is_private(request: &Request) -> bool {
    let path = request.uri().path();
    request.headers().contains_key(header::AUTHORIZATION)
        || PRIVATE.iter().any(|start| path.starts_with(start))
}

/// Keeps a private response out of caches, unless its handler has set `Cache-Control`.
pub fn forbid_caching(response: &mut Response) {
    let no_store = HeaderValue::from_static("no-store");
    response.headers_mut().entry(header::CACHE_CONTROL).or_insert(no_store);
}

/// Sets the `Date` header (RFC 9110 §6.6.1) to the time of the service's clock. Hyper would use the
/// system's clock and panic if it is before 1970. Such a time is wrong, as one after 9999 is, so
/// the header is omitted then.
pub fn set_date(response: &mut Response, now: DateTime<Utc>) {
    if (1970..=9999).contains(&now.year()) {
        response.headers_mut().typed_insert(Date::from(SystemTime::from(now)));
    }
}

/// Counts the bytes of a large response against the memory shared by all responses until the client
/// has received them. Returns 503 if the memory is exhausted.
pub async fn limit_memory(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let size = http_body::Body::size_hint(response.body()).exact();
    let size = size.and_then(|size| usize::try_from(size).ok()).unwrap_or(0);
    if size <= CHUNK {
        return response;
    }
    let reservation = match state.response_memory.reserve(size).await {
        Ok(reservation) => reservation,
        Err(exhausted) => return ProblemDetails::from(exhausted).into_response(),
    };
    let (parts, body) = response.into_parts();
    match body.collect().await {
        Ok(body) => {
            let body = Chunks { bytes: body.to_bytes(), _reservation: reservation };
            Response::from_parts(parts, Body::new(body))
        }
        Err(error) => {
            tracing::error!(%error, "the body of a response could not be read");
            axum::http::StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// A body in memory, passed on in chunks. Its memory stays reserved until the last chunk is taken.
struct Chunks {
    bytes: Bytes,
    _reservation: Reservation,
}

impl HttpBody for Chunks {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if self.bytes.is_empty() {
            return Poll::Ready(None);
        }
        let length = self.bytes.len().min(CHUNK);
        Poll::Ready(Some(Ok(Frame::data(self.bytes.split_to(length)))))
    }

    fn is_end_stream(&self) -> bool {
        self.bytes.is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.bytes.len() as u64)
    }
}
