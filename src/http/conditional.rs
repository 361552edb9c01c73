//! Conditional requests (RFC 9110 §13), for all responses with an `ETag`.

use axum::http::HeaderMap;
use headers::{ETag, HeaderMapExt as _, IfNoneMatch};

/// Whether the client already has the representation with this entity tag, so that the response is
/// 304: `If-None-Match` is `*` or names the tag by weak comparison (RFC 9110 §13.1.2). An invalid
/// header is ignored.
pub fn is_not_modified(headers: &HeaderMap, etag: &str) -> bool {
    let Ok(etag) = etag.parse::<ETag>() else { return false };
    headers
        .typed_get::<IfNoneMatch>()
        .is_some_and(|condition| !condition.precondition_passes(&etag))
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderValue, header};

    use super::*;

    fn is_known(lines: &[&str], etag: &str) -> bool {
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(header::IF_NONE_MATCH, HeaderValue::from_str(line).unwrap());
        }
        is_not_modified(&headers, etag)
    }

    #[test]
    fn tags_are_compared_weakly_in_lists_and_across_lines() {
        for etag in ["\"a\"", "W/\"a\""] {
            for lines in [
                &["\"a\""][..],
                &["W/\"a\""],
                &["*"],
                &["\"b\", W/\"a\""],
                &["\"b,c\",\"a\""],
                &["\"b\"", "\"a\""],
            ] {
                assert!(is_known(lines, etag), "{lines:?} {etag}");
            }
            for lines in [&[][..], &[""], &["\"b\""], &["\"A\""], &["a"], &["w/\"a\""]] {
                assert!(!is_known(lines, etag), "{lines:?} {etag}");
            }
        }
    }
}
