//! The JSON Schemas of the documents.

use axum::Router;
use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::category_of;
use crate::document::json_schema::json_schema;
use crate::http::AppState;
use crate::http::problem::ProblemDetails;

pub fn routes() -> Router<AppState> {
    Router::new().route("/api/v1/schemas/{category}", get(schema))
}

async fn schema(Path(category): Path<String>) -> Result<Response, ProblemDetails> {
    let schema = json_schema(category_of(&category)?);
    Ok(([(header::CONTENT_TYPE, "application/schema+json")], schema.to_string()).into_response())
}
