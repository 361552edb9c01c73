//! The REST API: its routes and its OpenAPI document, both from the annotations of the handlers.

use std::sync::LazyLock;

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{IntoResponses, Modify, OpenApi};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::problem::ProblemDetails;
use super::{AppState, health, rest};
use crate::catalog::accounts::download_links::LINK;

/// The routes that the document describes, including its own.
pub fn routes() -> Router<AppState> {
    documented_routes().into()
}

/// These routes with their OpenAPI operations.
fn documented_routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(Document::openapi())
        .merge(rest::routes())
        .merge(health::routes())
        .routes(routes!(serve))
}

static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
    // All values are literals, so serialization cannot fail; a test checks the result.
    let document = documented_routes().into_openapi().to_pretty_json();
    document.map(|text| text + "\n").unwrap_or_default()
});

/// Returns this document.
#[utoipa::path(
    get, path = "/openapi.json", tag = "schemas",
    responses((status = 200, description = "The OpenAPI document.", body = Object), ServerErrors)
)]
async fn serve() -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "application/json")], document())
}

/// The document as JSON: the content of `openapi.json`.
#[must_use]
pub fn document() -> &'static str {
    &DOCUMENT
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Reelport",
        description = "Export, enrich and safely import movie catalogues: the REST API beside the \
                       GraphQL API.",
    ),
    modifiers(&Security),
)]
struct Document;

/// Adds the security schemes: bearer tokens in the `Authorization` header, and signed links.
struct Security;

impl Modify for Security {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        let link = ApiKeyValue::with_description(
            LINK,
            "The signed part of a link to a download (catalogExportUrl and bundleUrl of the \
             GraphQL API), as the last parameter. It is valid for 5 minutes.",
        );
        let components = document.components.get_or_insert_default();
        components.add_security_scheme("bearer", SecurityScheme::Http(scheme));
        components.add_security_scheme("link", SecurityScheme::ApiKey(ApiKey::Query(link)));
        document.info.license = None;
    }
}

/// The errors of the server itself, which every operation may answer.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "only for the schema")]
pub enum ServerErrors {
    /// A failure of the service. The detail has only the request id.
    #[response(status = 500, content_type = "application/problem+json")]
    Internal(ProblemDetails),
    /// The server is at one of its limits (UNAVAILABLE, TOO_EXPENSIVE), or the database does not
    /// answer or does not take writes (UNAVAILABLE, STORAGE_FULL).
    #[response(
        status = 503, content_type = "application/problem+json",
        headers(("Retry-After" = u64, description = "After how many seconds to try again."))
    )]
    Unavailable(ProblemDetails),
}

/// The errors of a body that cannot be received.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "only for the schema")]
pub enum BodyErrors {
    /// The body was sent too slowly.
    #[response(status = 408, content_type = "application/problem+json")]
    TooSlow(ProblemDetails),
    /// The body is too large.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(ProblemDetails),
    /// The body is not sent as application/json, or its content coding is not gzip or deflate.
    #[response(status = 415, content_type = "application/problem+json")]
    UnsupportedMediaType(ProblemDetails),
}

/// The errors of requests without the required role.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "only for the schema")]
pub enum AccessErrors {
    /// No token, or an invalid one.
    #[response(
        status = 401, content_type = "application/problem+json",
        headers(("WWW-Authenticate" = String, description = "The challenge (RFC 6750)."))
    )]
    Unauthenticated(ProblemDetails),
    /// The role does not allow it.
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(ProblemDetails),
}
