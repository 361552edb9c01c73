//! The OpenAPI document of the REST sidecar, from the annotations of its handlers.

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use axum::routing::get;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi, ToSchema};

use super::{AppState, health, rest};

pub fn routes() -> Router<AppState> {
    Router::new().route("/openapi.json", get(serve))
}

/// This document.
#[utoipa::path(get, path = "/openapi.json", tag = "schemas", responses((status = 200, description = "OpenAPI.", body = Object)))]
pub async fn serve() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], document())
}

/// The document as JSON, as `openapi.json` holds it.
#[must_use]
pub fn document() -> String {
    // It is made of literals; were one not JSON, a test would say so.
    Document::openapi().to_pretty_json().map(|text| text + "\n").unwrap_or_default()
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Reelport",
        description = "Export, enrich and safely import movie catalogues: the REST sidecar of the GraphQL service.",
    ),
    paths(
        rest::auth::login,
        rest::auth::refresh,
        rest::exports::export,
        rest::exports::bundle,
        rest::imports::import,
        rest::schemas::schema,
        health::alive,
        health::ready,
        serve,
    ),
    modifiers(&Bearer),
)]
struct Document;

/// Tokens come in the Authorization header.
struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        document.components.get_or_insert_default().add_security_scheme("bearer", SecurityScheme::Http(scheme));
        document.info.license = None;
    }
}

/// An error (RFC 9457).
#[derive(ToSchema)]
#[allow(dead_code, reason = "only described")]
pub struct ProblemBody {
    /// Always about:blank; status and code say what kind of error it is.
    r#type: String,
    /// The status in words.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What went wrong.
    detail: String,
    /// What kind of error it is, for programs.
    code: String,
    /// What is wrong with a document, one by one.
    errors: Vec<DocumentError>,
    /// What was repaired or left alone in a document that could be read and was refused.
    plan: Option<Plan>,
}

/// One thing that is wrong with a document.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only described")]
pub struct DocumentError {
    /// JSON Pointer (RFC 6901) into data; empty for the document as a whole.
    path: String,
    /// What kind of thing is wrong.
    code: String,
    /// What was found and what is allowed.
    message: String,
}

/// What an import changed.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only described")]
pub struct Plan {
    /// The changes, in the order of the document.
    changes: Vec<Change>,
    /// What was read although it was not as it should be, or was left alone.
    warnings: Vec<DocumentError>,
}

/// One change.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only described")]
pub struct Change {
    /// JSON Pointer into the new data; for a removal, into the old.
    path: String,
    /// add, update or remove.
    op: String,
    /// What changed, for a person.
    label: String,
    /// The value before, if there was one.
    #[schema(value_type = Option<Object>)]
    before: Option<String>,
    /// The value after, if there is one.
    #[schema(value_type = Option<Object>)]
    after: Option<String>,
}
