//! Whether the process is alive, and whether it can do its work.

use axum::Router;
use axum::extract::State;
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

/// Whether the database answers, has our tables, and takes writes as far as is known.
#[utoipa::path(
    get, path = "/readyz", tag = "health",
    responses(
        (
            status = 200, body = String,
            description = "It does; \"ready (read-only)\" where the server takes no writes."
        ),
        (
            status = 503, body = ProblemBody, content_type = "application/problem+json",
            description = "It does not: UNAVAILABLE, or STORAGE_FULL when there is no space left."
        ),
    )
)]
pub async fn ready(State(state): State<AppState>) -> Result<&'static str, ProblemDetails> {
    let database = state.catalog.database();
    match database.readiness().await {
        Ok(()) if database.is_read_only() => Ok("ready (read-only)\n"),
        Ok(()) => Ok("ready\n"),
        Err(why) => {
            tracing::warn!(error = &why as &dyn std::error::Error, "not ready");
            Err(ProblemDetails::unavailable(why.unavailability(), why.to_string()))
        }
    }
}
