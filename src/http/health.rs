//! Health checks: liveness and readiness.

use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::AppState;
use super::problem::ProblemDetails;

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::default().routes(routes!(alive)).routes(routes!(ready))
}

/// Checks whether the process is alive.
#[utoipa::path(
    get, path = "/healthz", tag = "health",
    responses((status = 200, description = "The process is alive.", body = String))
)]
async fn alive() -> &'static str {
    "ok\n"
}

/// Checks that the database responds, has the expected schema and is not known to refuse writes.
#[utoipa::path(
    get, path = "/readyz", tag = "health",
    responses(
        (
            status = 200, body = String,
            description = "The service is ready; \"ready (read-only)\" if it serves only reads."
        ),
        (
            status = 503, body = ProblemDetails, content_type = "application/problem+json",
            description = "Not ready: UNAVAILABLE, or STORAGE_FULL if the disk is full."
        ),
    )
)]
async fn ready(State(state): State<AppState>) -> Result<&'static str, ProblemDetails> {
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
