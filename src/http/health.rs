//! Whether the process is alive, and whether it can do its work.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;

use super::AppState;
use super::openapi::ProblemBody;
use super::problem::ProblemDetails;

pub fn routes() -> Router<AppState> {
    Router::new().route("/healthz", get(alive)).route("/readyz", get(ready))
}

/// Whether the process is alive.
#[utoipa::path(get, path = "/healthz", tag = "health", responses((status = 200, description = "It is.", body = String)))]
pub async fn alive() -> &'static str {
    "ok\n"
}

/// Whether the database answers and has our tables.
#[utoipa::path(
    get, path = "/readyz", tag = "health",
    responses(
        (status = 200, description = "It does.", body = String),
        (status = 503, description = "It does not.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub async fn ready(State(state): State<AppState>) -> Result<&'static str, ProblemDetails> {
    state.catalog.database().ping().await.map(|()| "ready\n").map_err(|error| {
        tracing::warn!(error = %error, "not ready");
        ProblemDetails::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "UNAVAILABLE",
            "the database cannot be reached or is not migrated",
        )
    })
}
