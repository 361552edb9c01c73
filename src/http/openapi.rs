//! The REST API: its routes and its OpenAPI document, both from the annotations of the handlers.

use std::sync::LazyLock;

use axum::Router;
use axum::http::header;
use axum::response::IntoResponse;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{IntoResponses, Modify, OpenApi, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{AppState, health, rest};

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
    responses((status = 200, description = "The OpenAPI document.", body = Object))
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
    modifiers(&Bearer),
)]
struct Document;

/// Adds the security scheme: bearer tokens in the `Authorization` header.
struct Bearer;

impl Modify for Bearer {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
        document
            .components
            .get_or_insert_default()
            .add_security_scheme("bearer", SecurityScheme::Http(scheme));
        document.info.license = None;
    }
}

/// The errors of requests without the required role.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "only for the schema")]
pub enum AccessErrors {
    /// No token, or an invalid one.
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthenticated(ProblemBody),
    /// The role does not allow it.
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(ProblemBody),
}

/// An error (RFC 9457).
#[derive(ToSchema)]
#[allow(dead_code, reason = "only for the schema")]
pub struct ProblemBody {
    /// Always about:blank; status and code identify the kind of error.
    r#type: String,
    /// The reason phrase of the status.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What went wrong, for a person.
    detail: String,
    /// The kind of error, for programs.
    code: String,
    /// The problems of a document, one entry each.
    errors: Vec<DocumentError>,
    /// The plan of a document that was read and then rejected.
    plan: Option<Plan>,
    /// A text for the language model that wrote the document: what to correct, and the format to
    /// send. Absent if there is nothing to correct.
    repair_hint: Option<String>,
}

/// One problem of a document, or one warning.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only for the schema")]
pub struct DocumentError {
    /// JSON Pointer (RFC 6901) into data; empty for the whole document.
    path: String,
    /// The kind of problem, for programs.
    code: String,
    /// What was found and what is allowed.
    message: String,
}

/// What an import changes, or in a dry run would change.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only for the schema")]
pub struct Plan {
    /// Identifies this plan; send it as expected_plan to execute exactly this plan.
    digest: String,
    /// The changes, in the order of the document.
    changes: Vec<Change>,
    /// Values that both the document and the catalogue changed since the base revision.
    conflicts: Vec<PlanConflict>,
    /// Items that are missing from the document and are kept.
    not_removed: Vec<KeptItem>,
    /// Changes that locks prevented.
    skipped: Vec<SkippedChange>,
    /// How names without an id were resolved.
    matches: Vec<PlanMatch>,
    /// What was repaired or ignored in the document.
    warnings: Vec<DocumentError>,
    /// The number of each: added, updated, removed, conflicts, not_removed, skipped, new_entities,
    /// warnings.
    #[schema(value_type = Object)]
    counts: String,
}

/// A value that both the document and the catalogue changed.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only for the schema")]
pub struct PlanConflict {
    /// JSON Pointer into the imported data; for an item that is missing from the document, into the
    /// current data.
    path: String,
    /// A description, for a person.
    label: String,
    /// The value in the base revision.
    #[schema(value_type = Option<Object>)]
    base: Option<String>,
    /// The current value.
    #[schema(value_type = Option<Object>)]
    current: Option<String>,
    /// The imported value.
    #[schema(value_type = Option<Object>)]
    imported: Option<String>,
}

/// An item that is missing from the document and is kept.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only for the schema")]
pub struct KeptItem {
    /// JSON Pointer into the current data.
    path: String,
    /// A description, for a person.
    label: String,
    /// The item's id, for remove_items.
    id: Option<String>,
}

/// A change that a lock prevented.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only for the schema")]
pub struct SkippedChange {
    /// JSON Pointer into the new data; into the current data if the value is not in the new data.
    path: String,
    /// Always LOCKED.
    code: String,
    /// A description, for a person.
    label: String,
    /// The value that is kept.
    #[schema(value_type = Option<Object>)]
    current: Option<String>,
    /// The value that was not imported.
    #[schema(value_type = Option<Object>)]
    imported: Option<String>,
}

/// How a name was resolved.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only for the schema")]
pub struct PlanMatch {
    /// JSON Pointer into the imported data.
    path: String,
    /// The name as sent.
    given: String,
    /// person, ceremony, platform or genre.
    kind: String,
    /// matched, new, ambiguous or skipped.
    decision: String,
    /// The id of the entity; null if it is not known or the name is skipped.
    entity: Option<String>,
    /// The probability that the name means this entity, from 0 to 1.
    score: Option<f64>,
    /// The reasons for the decision: same_name, credited_here, …
    reasons: Vec<String>,
    /// Other entities that the name may mean, best first, at most five.
    candidates: Vec<MatchCandidate>,
}

/// An entity that a name may mean.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only for the schema")]
pub struct MatchCandidate {
    /// The entity's id, for a resolution.
    id: String,
    name: String,
    /// The probability that the name means this entity, from 0 to 1.
    score: f64,
    reasons: Vec<String>,
    /// For a person: titles of movies that the person is credited on.
    known_for: Vec<String>,
}

/// One change.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only for the schema")]
pub struct Change {
    /// JSON Pointer into the new data; for a removal, into the old.
    path: String,
    /// add, update or remove.
    op: String,
    /// A description, for a person.
    label: String,
    /// The value before, if there was one.
    #[schema(value_type = Option<Object>)]
    before: Option<String>,
    /// The value after, if there is one.
    #[schema(value_type = Option<Object>)]
    after: Option<String>,
}
