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
        rest::drafts::publish,
        rest::drafts::discard,
        rest::draft_status::draft_status,
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
        document
            .components
            .get_or_insert_default()
            .add_security_scheme("bearer", SecurityScheme::Http(scheme));
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
    /// A text to paste back to the language model that wrote the document: what to correct, and the
    /// form to send. Absent if there is nothing to correct.
    repair_hint: Option<String>,
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

/// What an import does, or of a dry run would do.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only described")]
pub struct Plan {
    /// Tells this plan from others; send it back as expected_plan to carry out exactly this.
    digest: String,
    /// The changes, in the order of the document.
    changes: Vec<Change>,
    /// What both the document and the catalogue have changed since it was made.
    conflicts: Vec<PlanConflict>,
    /// Items that the document dropped since it was made, and that are kept.
    not_removed: Vec<KeptItem>,
    /// Changes that locks kept out.
    skipped: Vec<SkippedChange>,
    /// Who the names that came without an id were taken for.
    matches: Vec<PlanMatch>,
    /// What was read although it was not as it should be, or was left alone.
    warnings: Vec<DocumentError>,
    /// How many of each: added, updated, removed, conflicts, not_removed, skipped, new_entities, warnings.
    #[schema(value_type = Object)]
    counts: String,
}

/// A value that both sides changed.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only described")]
pub struct PlanConflict {
    /// JSON Pointer into the imported data; for an item that the document dropped, into the current.
    path: String,
    /// What it is, for a person.
    label: String,
    /// The value when the document was made.
    #[schema(value_type = Option<Object>)]
    base: Option<String>,
    /// The value as it stands.
    #[schema(value_type = Option<Object>)]
    current: Option<String>,
    /// The value that came.
    #[schema(value_type = Option<Object>)]
    imported: Option<String>,
}

/// An item that the document dropped and that is kept.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only described")]
pub struct KeptItem {
    /// JSON Pointer into the current data.
    path: String,
    /// What it is, for a person.
    label: String,
    /// The item's id, for remove_items.
    id: Option<String>,
}

/// A change that a lock kept out.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only described")]
pub struct SkippedChange {
    /// JSON Pointer into the new data, or, of what is not there, into the current.
    path: String,
    /// LOCKED.
    code: String,
    /// What it is, for a person.
    label: String,
    /// The value that was kept.
    #[schema(value_type = Option<Object>)]
    current: Option<String>,
    /// The value that would have taken its place.
    #[schema(value_type = Option<Object>)]
    imported: Option<String>,
}

/// Who a name was taken for.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only described")]
pub struct PlanMatch {
    /// JSON Pointer into the imported data.
    path: String,
    /// The name as it came.
    given: String,
    /// person, ceremony, platform or genre.
    kind: String,
    /// matched, new, ambiguous or skipped.
    decision: String,
    /// The id of whoever it is; none if that cannot be told.
    entity: Option<String>,
    /// How likely the entity is meant, from 0 to 1.
    score: Option<f64>,
    /// What speaks for it: same_name, credited_here, …
    reasons: Vec<String>,
    /// Who else, or who at all, may be meant, best first, five at most.
    candidates: Vec<MatchCandidate>,
}

/// Somebody, or something, that a name may mean.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only described")]
pub struct MatchCandidate {
    /// The entity's id, for a resolution.
    id: String,
    name: String,
    /// How likely it is meant, from 0 to 1.
    score: f64,
    reasons: Vec<String>,
    /// Of a person: titles of movies that they are credited on.
    known_for: Vec<String>,
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
