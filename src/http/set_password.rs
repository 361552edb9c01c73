//! The page of a password link: `/set-password#SECRET`. Browsers do not send what follows `#`, so
//! the secret is in no log.

use axum::Router;
use axum::http::header;
use axum::routing::get;

use super::AppState;

const PAGE: &str = include_str!("set_password/page.html");
const SCRIPT: &str = include_str!("set_password/script.js");
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; \
                      connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; \
                      form-action 'none'";

pub fn routes() -> Router<AppState> {
    let file = |media_type: &'static str, content: &'static str| {
        let headers = [
            (header::CONTENT_TYPE, media_type),
            (header::CACHE_CONTROL, "no-cache"),
            (header::CONTENT_SECURITY_POLICY, POLICY),
        ];
        get(move || async move { (headers, content) })
    };
    Router::new()
        .route("/set-password", file("text/html; charset=utf-8", PAGE))
        .route("/set-password.js", file("text/javascript; charset=utf-8", SCRIPT))
}
