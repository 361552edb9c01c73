//! Answers on their way out: which of them may be stored, and how much of them is held in memory.

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
use super::budget::Room;
use super::problem::ProblemDetails;

/// How much of an answer is handed to the connection at once. Smaller answers are not counted.
pub const CHUNK: usize = 64 * 1024;

/// Addresses whose answers are for one account only, with a token or without.
const PRIVATE: [&str; 4] = ["/graphql", "/api/v1/auth/", "/api/v1/admin/", "/mcp"];

/// Keeps private answers out of caches: each answer to a request with a token, and each of an address
/// that takes one, is marked `Cache-Control: no-store` unless its handler said otherwise.
pub async fn keep_private(request: Request, next: Next) -> Response {
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

/// Dates an answer by the service's clock (RFC 9110 §6.6.1). The HTTP library does so by the system's
/// clock, and panics where that is before 1970; such a clock is wrong, and its time is left out.
pub async fn date(State(state): State<AppState>, request: Request, next: Next) -> Response {
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

/// Counts the bytes of a large answer against the memory that all answers share until the client has
/// taken them; answers 503 if there is no room.
pub async fn hold(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    let size = http_body::Body::size_hint(response.body()).exact();
    let size = size.and_then(|size| usize::try_from(size).ok()).unwrap_or(0);
    if size <= CHUNK {
        return response;
    }
    let room = match state.answer_memory.take(size).await {
        Ok(room) => room,
        Err(full) => return ProblemDetails::from(full).into_response(),
    };
    let (parts, body) = response.into_parts();
    match body.collect().await {
        Ok(body) => {
            let body = Chunks { bytes: body.to_bytes(), _room: room };
            Response::from_parts(parts, Body::new(body))
        }
        Err(error) => {
            tracing::error!(%error, "an answer could not be read");
            axum::http::StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}

/// Bytes in memory that are handed out in chunks, so that they are counted until the last is taken.
struct Chunks {
    bytes: Bytes,
    _room: Room,
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
