//! Whether the process is alive, and whether it can do its work.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;

use super::AppState;
use super::problem::ProblemDetails;

pub fn routes() -> Router<AppState> {
    Router::new().route("/healthz", get(|| async { "ok\n" })).route("/readyz", get(ready))
}

/// Ready when the database answers and has our tables.
async fn ready(State(state): State<AppState>) -> Result<&'static str, ProblemDetails> {
    state.catalog.database().ping().await.map(|()| "ready\n").map_err(|error| {
        tracing::warn!(error = %error, "not ready");
        ProblemDetails::new(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", "the database cannot be reached or is not migrated")
    })
}
