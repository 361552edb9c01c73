//! Cross-origin requests from browsers (CORS, <https://fetch.spec.whatwg.org/#http-cors-protocol>):
//! which origins may send them, and the layer that answers preflights and adds the headers.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, Method, header};
use tower_http::cors::{AllowOrigin, CorsLayer};
use url::Url;

/// How long browsers may reuse the response to a preflight. Chromium allows no more.
const MAX_AGE: Duration = Duration::from_hours(2);

/// The methods of all routes.
const METHODS: [Method; 6] =
    [Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];

/// The request headers that the service reads, and those that Apollo's clients add, which are
/// ignored.
const REQUEST_HEADERS: [HeaderName; 11] = [
    header::ACCEPT,
    header::AUTHORIZATION,
    header::CONTENT_ENCODING,
    header::CONTENT_TYPE,
    header::IF_NONE_MATCH,
    HeaderName::from_static("idempotency-key"),
    HeaderName::from_static("prefer"),
    HeaderName::from_static("x-request-id"),
    HeaderName::from_static("apollographql-client-name"),
    HeaderName::from_static("apollographql-client-version"),
    HeaderName::from_static("apollo-require-preflight"),
];

/// The response headers that pages may read, besides those that they may always read.
const RESPONSE_HEADERS: [HeaderName; 8] = [
    header::CONTENT_DISPOSITION,
    header::ETAG,
    header::LOCATION,
    header::RETRY_AFTER,
    header::WWW_AUTHENTICATE,
    HeaderName::from_static("ratelimit"),
    HeaderName::from_static("ratelimit-policy"),
    HeaderName::from_static("x-request-id"),
];

/// The hosts of pages that a developer serves on the same machine.
const LOOPBACK_HOSTS: [&str; 3] = ["localhost", "127.0.0.1", "[::1]"];

/// The origins whose pages may send requests. By default none.
#[derive(Debug, Clone, Default)]
pub struct AllowedOrigins {
    is_any: bool,
    has_loopback: bool,
    /// Serialised as browsers send them (RFC 6454 §6.2).
    listed: Vec<HeaderValue>,
}

/// An entry of a list of origins that is not allowed.
#[derive(Debug)]
pub struct InvalidOrigin {
    pub found: String,
    pub allowed: String,
}

impl AllowedOrigins {
    /// Reads `*`, or a list of origins that are separated by commas or spaces. A text without any
    /// allows none.
    ///
    /// # Errors
    /// When an entry is not an origin with the scheme http or https, or `*` is not alone.
    pub fn parse(text: &str) -> Result<Self, InvalidOrigin> {
        let separators = |c: char| c == ',' || c.is_whitespace();
        let entries: Vec<&str> = text.split(separators).filter(|entry| !entry.is_empty()).collect();
        if entries == ["*"] {
            return Ok(Self { is_any: true, ..Self::default() });
        }
        let listed = entries.into_iter().map(|entry| origin(entry).ok_or_else(|| invalid(entry)));
        Ok(Self { listed: listed.collect::<Result<_, _>>()?, ..Self::default() })
    }

    /// Also allows pages on the same machine: `http` and `https`, on any port.
    #[must_use]
    pub fn with_loopback(self) -> Self {
        Self { has_loopback: true, ..self }
    }

    /// The layer that answers preflights and adds headers to responses. `None` if no origin is
    /// allowed: then nothing is added, and browsers keep pages of other origins out.
    pub fn layer(&self) -> Option<CorsLayer> {
        if !self.is_any && !self.has_loopback && self.listed.is_empty() {
            return None;
        }
        let layer = CorsLayer::new()
            .allow_methods(METHODS)
            .allow_headers(REQUEST_HEADERS)
            .expose_headers(RESPONSE_HEADERS)
            .max_age(MAX_AGE);
        if self.is_any {
            return Some(layer.allow_origin(AllowOrigin::any()));
        }
        let allowed = self.clone();
        Some(layer.allow_origin(AllowOrigin::predicate(move |origin, _| allowed.has(origin))))
    }

    /// Whether pages of this origin may send requests.
    pub fn allows(&self, origin: &HeaderValue) -> bool {
        self.is_any || self.has(origin)
    }

    fn has(&self, origin: &HeaderValue) -> bool {
        self.listed.contains(origin) || (self.has_loopback && is_loopback(origin))
    }
}

/// The origin as browsers send it: in lower case, without the default port, the host in Punycode.
/// `None` if the text is not an origin.
pub(super) fn origin(text: &str) -> Option<HeaderValue> {
    let (scheme, authority) = text.split_once("://")?;
    let is_known = ["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
    if !is_known || authority.contains(['/', '\\', '?', '#', '@', '*']) {
        return None;
    }
    let origin = Url::parse(text).ok()?.origin().ascii_serialization();
    HeaderValue::from_str(&origin).ok()
}

fn invalid(entry: &str) -> InvalidOrigin {
    // A URL with a user name may contain a password.
    let found = if entry.contains('@') {
        "a URL with a user name".to_owned()
    } else {
        format!("{entry:?}")
    };
    let end = entry.match_indices('/').nth(2).map_or(entry.len(), |(at, _)| at);
    let allowed = match origin(&entry[..end]) {
        Some(origin) => {
            format!("{}, without a path", origin.to_str().unwrap_or_default())
        }
        None if entry == "*" => "* alone, or a list of origins".to_owned(),
        None => {
            "a list of origins with http or https, such as https://app.example.com, or *".to_owned()
        }
    };
    InvalidOrigin { found, allowed }
}

fn is_loopback(origin: &HeaderValue) -> bool {
    let Ok(text) = origin.to_str() else { return false };
    let Some(rest) = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://")) else {
        return false;
    };
    let mut ports = LOOPBACK_HOSTS.iter().filter_map(|host| rest.strip_prefix(host));
    ports.any(|port| match port.strip_prefix(':') {
        Some(digits) => {
            digits.bytes().all(|digit| digit.is_ascii_digit()) && digits.parse::<u16>().is_ok()
        }
        None => port.is_empty(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(allowed: &AllowedOrigins, origin: &str) -> bool {
        allowed.has(&HeaderValue::from_str(origin).unwrap())
    }

    #[test]
    fn a_listed_origin_is_compared_as_browsers_send_it() {
        let text = "HTTPS://App.Example.com:443, http://localhost:80 https://a.example:8443,,\n\
                    https://bücher.example, http://[0:0::1]:3000, ";
        let allowed = AllowedOrigins::parse(text).unwrap();
        for origin in [
            "https://app.example.com",
            "http://localhost",
            "https://a.example:8443",
            "https://xn--bcher-kva.example",
            "http://[::1]:3000",
        ] {
            assert!(allows(&allowed, origin), "{origin}");
        }
        for origin in [
            "http://app.example.com",
            "https://app.example.com:444",
            "https://app.example.com.evil.example",
            "https://evil-app.example.com",
            "https://example.com",
            "https://a.example",
            "http://localhost:3000",
            "https://app.example.com/",
            "null",
            "",
        ] {
            assert!(!allows(&allowed, origin), "{origin}");
        }
    }

    #[test]
    fn loopback_origins_are_exactly_those_of_the_same_machine() {
        let allowed = AllowedOrigins::default().with_loopback();
        for origin in [
            "http://localhost",
            "https://localhost",
            "http://localhost:5173",
            "http://127.0.0.1:65535",
            "https://[::1]:3000",
        ] {
            assert!(allows(&allowed, origin), "{origin}");
        }
        for origin in [
            "http://localhost.evil.example",
            "http://localhost:3000.evil.example",
            "http://localhost:",
            "http://localhost:65536",
            "http://localhost:+80",
            "http://localhost@evil.example",
            "http://127.0.0.1.evil.example",
            "http://127.0.0.10",
            "http://evil.example/localhost",
            "http://notlocalhost",
            "http://[::1].evil.example",
            "ftp://localhost",
            "file://localhost",
            "http://192.168.0.1",
            "null",
            "",
        ] {
            assert!(!allows(&allowed, origin), "{origin}");
        }
    }

    #[test]
    fn an_entry_that_is_not_an_origin_is_refused() {
        for (text, found, allowed) in [
            ("app.example.com", "\"app.example.com\"", "such as https://app.example.com"),
            ("https://a.example, b", "\"b\"", "http or https"),
            ("https://a.example/", "\"https://a.example/\"", "https://a.example, without a path"),
            ("https://A.example/app?x", "/app?x", "is https://a.example, without a path"),
            ("https://a.example?x", "?x", "such as"),
            ("https://*.example.com", "*.example.com", "such as"),
            ("http://localhost:*", "localhost:*", "such as"),
            ("http://localhost:99999", "99999", "such as"),
            ("ftp://a.example", "ftp", "http or https"),
            ("https:a.example", "https:a.example", "such as"),
            ("https:\\\\a.example", "a.example", "such as"),
            ("https://", "https://", "such as"),
            ("null", "null", "such as"),
            ("*, https://a.example", "\"*\"", "* alone"),
            ("https://a:hunter2@b.example", "a URL with a user name", "such as"),
        ] {
            let error = AllowedOrigins::parse(text).unwrap_err();
            let message = format!("found {}; allowed is {}", error.found, error.allowed);
            assert!(message.contains(found) && message.contains(allowed), "{text}: {message}");
            assert!(!message.contains("hunter2"), "{message}");
        }
    }

    #[test]
    fn without_origins_there_is_no_layer() {
        for text in ["", " ", ",", "\n"] {
            assert!(AllowedOrigins::parse(text).unwrap().layer().is_none(), "{text:?}");
        }
        assert!(AllowedOrigins::parse("*").unwrap().layer().is_some());
        assert!(AllowedOrigins::default().with_loopback().layer().is_some());
    }
}
