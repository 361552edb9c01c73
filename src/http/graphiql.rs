//! GraphiQL, served from files embedded in the binary. It loads nothing from other hosts.

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use include_dir::{Dir, include_dir};
use sha2::{Digest, Sha256};

use super::AppState;
use super::conditional::is_not_modified;
use super::path::Path;
use super::problem::ProblemDetails;

static FILES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/web/graphiql/dist");

const POLICY: &str = "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
                      font-src 'self' data:; worker-src 'self' blob:; connect-src 'self'; \
                      frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

pub fn routes() -> Router<AppState> {
    Router::new()
        .route(
            "/graphiql",
            get(|request: Request| async move { file("index.html", request.headers()) }),
        )
        .route(
            "/graphiql/",
            get(|request: Request| async move { file("index.html", request.headers()) }),
        )
        .route(
            "/graphiql/{*path}",
            get(|Path(path): Path<String>, request: Request| async move {
                file(&path, request.headers())
            }),
        )
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("ttf") => "font/ttf",
        Some("svg") => "image/svg+xml",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn file(path: &str, headers: &HeaderMap) -> Response {
    let Some(file) = FILES.get_file(path) else {
        return ProblemDetails::not_found("there is no such file").into_response();
    };
    let hash = Sha256::digest(file.contents());
    let etag = format!("\"{:x}\"", u64::from_be_bytes(hash[..8].try_into().unwrap_or_default()));
    let common = [
        (header::CACHE_CONTROL, "no-cache".to_owned()),
        (header::ETAG, etag.clone()),
        (header::CONTENT_SECURITY_POLICY, POLICY.to_owned()),
    ];
    if is_not_modified(headers, &etag) {
        return (StatusCode::NOT_MODIFIED, common).into_response();
    }
    (common, [(header::CONTENT_TYPE, media_type(path))], file.contents()).into_response()
}
