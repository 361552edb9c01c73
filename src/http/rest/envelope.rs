//! How the OpenAPI document describes the JSON file of one category, so that clients generated from
//! it can read and send documents. The file itself is written by `document::read::envelope`.

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AdditionalProperties, Object, ObjectBuilder, Schema};
use utoipa::{PartialSchema, ToSchema};

/// An object with any keys.
pub struct AnyObject;

fn any_object() -> ObjectBuilder {
    ObjectBuilder::new().additional_properties(Some(AdditionalProperties::FreeForm(true)))
}

impl PartialSchema for AnyObject {
    fn schema() -> RefOr<Schema> {
        any_object().into()
    }
}

impl ToSchema for AnyObject {}

fn document() -> Object {
    let text = "The document. `/api/v1/schemas/{category}` describes the keys of each category.";
    any_object().description(Some(text)).build()
}

/// The JSON file of one category of one movie.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only for the schema")]
pub struct Envelope {
    /// The category, for example `cast_crew`.
    category: String,
    /// The movie's id, for example tmdb-550.
    movie_id: String,
    /// The version of the format: 1.0.
    version: String,
    /// When the file was exported.
    #[schema(format = DateTime)]
    exported_at: String,
    #[schema(schema_with = document)]
    data: AnyObject,
    metadata: EnvelopeMetadata,
}

/// Who last changed the document, and when.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only for the schema")]
pub struct EnvelopeMetadata {
    /// The source of the last change: tmdb, manual or llm-generated.
    source: String,
    /// When the document last changed. Null if it was never written.
    #[schema(required, format = DateTime)]
    last_updated: Option<String>,
    /// The account that last changed the document. Null if it was never written.
    #[schema(required)]
    updated_by: Option<String>,
    /// The published revision that the file was exported from. 0 if it was never written.
    revision: i64,
    /// The revision of the draft, if the file was exported from one.
    #[schema(nullable = false)]
    draft_revision: Option<i64>,
}
