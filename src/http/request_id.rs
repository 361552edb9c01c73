//! Request ids, which connect log lines and responses.

use axum::http::{HeaderValue, Request};
use tower_http::request_id::RequestId;

/// Maximum length of an id in messages.
const MAX_SHOWN: usize = 64;

/// Creates request ids: 64 random bits in hexadecimal.
#[derive(Debug, Clone, Copy)]
pub struct MakeRequestId;

impl tower_http::request_id::MakeRequestId for MakeRequestId {
    fn make_request_id<B>(&mut self, _: &Request<B>) -> Option<RequestId> {
        HeaderValue::from_str(&format!("{:016x}", rand::random::<u64>())).ok().map(RequestId::new)
    }
}

/// The id of a request, for messages. Empty if it has none.
#[must_use]
pub fn of(extensions: &axum::http::Extensions) -> String {
    shown(extensions.get())
}

/// An id, for messages.
#[must_use]
pub fn shown(id: Option<&RequestId>) -> String {
    let id = id.map(|id| id.header_value().as_bytes());
    // A client can send its own id: limit its length and its characters.
    let mut shown = String::with_capacity(MAX_SHOWN);
    let bytes = id.unwrap_or_default().iter().map(|byte| char::from(*byte));
    shown.extend(bytes.filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(MAX_SHOWN));
    shown
}
