//! The whole catalogue, or a part of it, as one file: exported while it is read, and imported while
//! it is received.

mod export;
mod import;
mod lines;
mod preferences;
mod result_lines;
mod start_job;

pub use lines::DocumentLine;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::http::AppState;
use crate::http::limits::Limits;
use crate::http::problem::ProblemDetails;

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::default()
        .routes(routes!(export::export_movies))
        .routes(routes!(import::import_movies))
}

/// How many bulk exports and imports may run at the same time.
pub struct BulkSlots {
    exports: Arc<Semaphore>,
    imports: Arc<Semaphore>,
    wait: Duration,
}

impl BulkSlots {
    pub fn new(limits: &Limits) -> Self {
        Self {
            exports: Arc::new(Semaphore::new(limits.bulk_exports)),
            imports: Arc::new(Semaphore::new(limits.bulk_imports)),
            wait: limits.room_wait,
        }
    }

    pub(super) async fn export(&self) -> Result<OwnedSemaphorePermit, ProblemDetails> {
        self.take(&self.exports, "exports").await
    }

    async fn import(&self) -> Result<OwnedSemaphorePermit, ProblemDetails> {
        self.take(&self.imports, "imports").await
    }

    async fn take(
        &self,
        slots: &Arc<Semaphore>,
        what: &str,
    ) -> Result<OwnedSemaphorePermit, ProblemDetails> {
        match tokio::time::timeout(self.wait, Arc::clone(slots).acquire_owned()).await {
            Ok(Ok(slot)) => Ok(slot),
            _ => {
                let detail = format!("the server has reached its limit of bulk {what}");
                Err(ProblemDetails::busy(detail))
            }
        }
    }
}
