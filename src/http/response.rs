//! Middleware for responses: cache headers, the `Date` header, and a limit on their memory.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::BodyExt as _;

use super::AppState;
use super::budget::Reservation;
use super::problem::ProblemDetails;

/// The Content-Security-Policy of a page without scripts, forms and other files.
pub const STATIC_PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; \
     form-action 'none'",
);

/// How many bytes of a response are passed to the connection at once. Smaller responses are not
/// counted against the memory limit.
pub const CHUNK: usize = 64 * 1024;

/// Paths with responses for a single account, with or without a token.
const PRIVATE: [&str; 4] = ["/graphql", "/api/v1/auth/", "/api/v1/admin/", "/mcp"];

/// Keeps private responses out of caches: sets `Cache-Control: no-store` on responses to requests
/// with a token and on responses of private paths, unless the handler has set the header.
pub async fn set_cache_control(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let is_private = request.headers().contains_key(header::AUTHORIZATION)
        || PRIVATE.iter().any(|start| path.starts_with(start));
    let mut response = next.run(request).await;
    if is_private {
        response
            .headers_mut()
            .entry(header::CACHE_CONTROL)
            .or_insert(HeaderValue::from_static("no-store"));
    }
    response
}

/// Sets the `Date` header (RFC 9110 §6.6.1) from the service's clock. Hyper would use the system's
/// clock and panic if it is before 1970. A time before 1970 is wrong, so the header is omitted
/// then.
pub async fn set_date(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let now = state.catalog.now();
    let date = now.format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    if now.timestamp() >= 0
        && let Ok(date) = HeaderValue::try_from(date)
    {
        response.headers_mut().insert(header::DATE, date);
    }
    response
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
