//! The refresh token of a browser, in a cookie that scripts cannot read.
//!
//! The cookie is sent only by pages of the same site (SameSite=Strict). So that no page of another
//! origin of that site can use it, a request that relies on it must have a header that such a page
//! could send only after a preflight, which is refused.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use super::problem::ProblemDetails;
use crate::graphql::client::{CookieChange, RefreshCookie, UNPROTECTED_COOKIE};

/// The name over plain HTTP, as on a developer's machine.
const NAME: &str = "reelport_refresh";
/// The name over HTTPS: browsers accept it only with Secure, for the whole host and no other one.
const HOST_NAME: &str = "__Host-reelport_refresh";
/// The header that a request must have to use the cookie.
const CSRF_HEADER: HeaderName = HeaderName::from_static("x-csrf-protection");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
const FORWARDED_PROTO: HeaderName = HeaderName::from_static("x-forwarded-proto");

/// The value of the first cookie of this name, if it is not empty.
pub fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let values = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = values.flat_map(|value| value.split(';')).filter_map(|it| it.split_once('='));
    let found = pairs.find(|(found, _)| found.trim() == name);
    found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
}

/// The refresh token in the cookie of a request. Over HTTPS, only a cookie that no other host of
/// the domain can have set is read.
pub fn read(headers: &HeaderMap) -> RefreshCookie {
    let plain = || if is_https(headers) { None } else { cookie(headers, NAME) };
    match cookie(headers, HOST_NAME).or_else(plain) {
        None => RefreshCookie::Absent,
        Some(_) if !is_own_page(headers) => RefreshCookie::Unprotected,
        Some(token) => RefreshCookie::Token(token.to_owned()),
    }
}

/// Whether the request comes from a page of this origin, or from no page.
fn is_own_page(headers: &HeaderMap) -> bool {
    let site = headers.get(FETCH_SITE).map(HeaderValue::as_bytes);
    headers.contains_key(CSRF_HEADER)
        && site.is_none_or(|site| site == b"same-origin" || site == b"none")
}

/// The refusal of a request that relies on the cookie without the header.
pub fn unprotected() -> ProblemDetails {
    ProblemDetails::new(StatusCode::FORBIDDEN, "FORBIDDEN", UNPROTECTED_COOKIE)
}

/// The value of `Set-Cookie` for a change. The request tells whether the browser uses HTTPS.
pub fn set_cookie(change: &CookieChange, headers: &HeaderMap) -> Option<HeaderValue> {
    set_cookie_over(change, is_https(headers))
}

/// The value of `Set-Cookie` for a change, if it is known whether the browser uses HTTPS.
pub fn set_cookie_over(change: &CookieChange, is_secure: bool) -> Option<HeaderValue> {
    let (name, secure) = if is_secure { (HOST_NAME, "; Secure") } else { (NAME, "") };
    let (token, age) = match change {
        CookieChange::Set(token, lifetime) => (token.as_str(), *lifetime),
        CookieChange::Clear => ("", Duration::ZERO),
    };
    let age = age.as_secs();
    let text = format!("{name}={token}; Path=/; Max-Age={age}; HttpOnly; SameSite=Strict{secure}");
    HeaderValue::from_str(&text).ok()
}

/// Whether the browser reached the service, or the proxy before it, over HTTPS. If a client says so
/// wrongly, it only gets a cookie that it does not send back.
fn is_https(headers: &HeaderMap) -> bool {
    let starts = |name: &HeaderName, with: &str| {
        let value = headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        value.trim().to_ascii_lowercase().starts_with(with)
    };
    let forwarded = headers.get(header::FORWARDED).and_then(|value| value.to_str().ok());
    starts(&FORWARDED_PROTO, "https")
        || starts(&header::ORIGIN, "https://")
        || forwarded.is_some_and(|text| text.to_ascii_lowercase().contains("proto=https"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pair = |(name, value): &(&'static str, &str)| {
            (HeaderName::from_static(name), HeaderValue::from_str(value).unwrap())
        };
        pairs.iter().map(pair).collect()
    }

    #[test]
    fn the_cookie_is_read_only_from_own_pages() {
        let cookie = ("cookie", "a=b; reelport_refresh=x.y.z; c=d");
        let csrf = ("x-csrf-protection", "1");
        let token = RefreshCookie::Token("x.y.z".to_owned());
        for (pairs, expected) in [
            (vec![], RefreshCookie::Absent),
            (vec![("cookie", "a=b; reelport_refresh=")], RefreshCookie::Absent),
            (vec![cookie], RefreshCookie::Unprotected),
            (vec![cookie, csrf], token.clone()),
            (vec![cookie, csrf, ("sec-fetch-site", "same-origin")], token),
            (vec![cookie, csrf, ("sec-fetch-site", "same-site")], RefreshCookie::Unprotected),
            (vec![cookie, csrf, ("sec-fetch-site", "cross-site")], RefreshCookie::Unprotected),
        ] {
            assert_eq!(read(&headers(&pairs)), expected, "{pairs:?}");
        }
    }

    #[test]
    fn over_https_a_cookie_that_another_host_can_set_is_not_read() {
        let csrf = ("x-csrf-protection", "1");
        let https = ("origin", "https://studio.example");
        let plain = ("cookie", "reelport_refresh=planted");
        let both = ("cookie", "reelport_refresh=planted; __Host-reelport_refresh=own");
        assert_eq!(read(&headers(&[csrf, https, plain])), RefreshCookie::Absent);
        let own = RefreshCookie::Token("own".to_owned());
        assert_eq!(read(&headers(&[csrf, https, both])), own);
        assert_eq!(read(&headers(&[csrf, both])), own);
    }

    #[test]
    fn the_cookie_is_secure_over_https() {
        let change = CookieChange::Set("x.y.z".to_owned(), Duration::from_mins(1));
        let plain = set_cookie(&change, &headers(&[])).unwrap();
        assert_eq!(plain, "reelport_refresh=x.y.z; Path=/; Max-Age=60; HttpOnly; SameSite=Strict");
        for pair in [
            ("x-forwarded-proto", "https"),
            ("forwarded", "for=192.0.2.1;proto=https"),
            ("origin", "https://studio.example"),
        ] {
            let secure = set_cookie(&CookieChange::Clear, &headers(&[pair])).unwrap();
            let expected = "__Host-reelport_refresh=; Path=/; Max-Age=0; HttpOnly; \
                            SameSite=Strict; Secure";
            assert_eq!(secure, expected, "{pair:?}");
        }
    }
}
