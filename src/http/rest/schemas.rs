//! The JSON Schemas of the documents.

use axum::http::header;
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::parse_category;
use crate::document::schema::json_schema::json_schema;
use crate::http::AppState;
use crate::http::openapi::ServerErrors;
use crate::http::path::Path;
use crate::http::problem::ProblemDetails;

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::default().routes(routes!(schema))
}

/// Returns the JSON Schema (2020-12) of a category's file.
#[utoipa::path(
    get, path = "/api/v1/schemas/{category}", tag = "schemas",
    params((
        "category" = String, Path,
        description = "basic-info, cast-crew, timeline, trivia, awards, media or streaming; \
                       underscores are also accepted.",
        example = "timeline"
    )),
    responses(
        (
            status = 200, body = Object, content_type = "application/schema+json",
            description = "The schema."
        ),
        (
            status = 404, body = ProblemDetails, content_type = "application/problem+json",
            description = "There is no such category."
        ),
        ServerErrors,
    )
)]
async fn schema(Path(category): Path<String>) -> Result<Response, ProblemDetails> {
    let schema = json_schema(parse_category(&category)?);
    Ok(([(header::CONTENT_TYPE, "application/schema+json")], schema.to_string()).into_response())
}
