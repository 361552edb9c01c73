//! The Studio: the page where people work on the catalogue in a browser. All its addresses answer
//! the same page, whose script reads the address. It loads nothing from other hosts but the
//! pictures that documents link to.

use axum::Router;
use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::response::Response;
use axum::routing::get;
use rust_embed::RustEmbed;

use super::AppState;
use super::built_files::BuiltFiles;
use super::path::Path;

#[derive(RustEmbed)]
#[folder = "web/studio/dist"]
#[allow_missing = true]
struct Files;

pub const STUDIO: BuiltFiles = BuiltFiles { name: "The Studio", file: Files::get };

/// The addresses of the Studio's pages. Other unknown addresses answer 404 in JSON, as those of the
/// API do.
const PAGES: &[&str] = &[
    "/",
    "/sign-in",
    "/movies/{*path}",
    "/import",
    "/drafts",
    "/people",
    "/people/{*path}",
    "/ceremonies",
    "/ceremonies/{*path}",
    "/platforms",
    "/platforms/{*path}",
    "/genres",
    "/genres/{*path}",
    "/changes",
    "/jobs",
    "/jobs/{*path}",
    "/account",
    "/accounts",
    "/accounts/{*path}",
    "/audit-log",
];

/// React sets inline styles, and the editor adds style sheets; scripts come from files only.
fn policy(state: &AppState) -> HeaderValue {
    let images = state.image_origins.sources();
    let text = format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
         img-src 'self' data: {images}; connect-src 'self'; frame-ancestors 'none'; \
         base-uri 'none'; form-action 'self'"
    );
    HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}

async fn page(State(state): State<AppState>, request: Request) -> Response {
    STUDIO.page(&policy(&state), request.headers())
}

pub fn routes() -> Router<AppState> {
    let pages = PAGES.iter().fold(Router::new(), |router, path| router.route(path, get(page)));
    pages.route(
        "/studio/{*path}",
        get(
            |State(state): State<AppState>, Path(path): Path<String>, request: Request| async move {
                STUDIO.asset(&format!("studio/{path}"), &policy(&state), request.headers())
            },
        ),
    )
}
