//! Starts jobs that write many documents to a file.

use super::start::StartedJob;
use crate::catalog::access::CanManageJobs;
use crate::catalog::bulk::{BulkFormat, ExportOptions};
use crate::catalog::{Catalog, CatalogError};
use crate::document::{MovieId, Problem, ProblemCode};
use crate::storage::{JobKind, NewJob};

/// Maximum number of unknown movies that a message names.
const MAX_NAMED: usize = 5;

impl Catalog {
    /// Starts a job that writes the documents of a selection to a file. They are those of the
    /// moment at which a worker begins with it. A repeated request with the same idempotency key
    /// gets the job of the first one.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn start_export_job(
        &self,
        permission: &CanManageJobs,
        options: &ExportOptions,
        key: Option<&str>,
    ) -> Result<StartedJob, CatalogError> {
        let unknown = match &options.ids {
            Some(ids) => self.unknown_movies(permission, ids).await?,
            None => Vec::new(),
        };
        let refused = no_such_movies(&unknown);
        let text = serde_json::to_string(options)?;
        let date = self.clock.now().format("%Y-%m-%d");
        let extension = options.format.extension(options.compress);
        let new = NewJob {
            file_name: Some(format!("reelport-export-{date}.{extension}")),
            key: key.map(|key| (key.to_owned(), format!("export {text}"))),
            ..self.new_job(permission, JobKind::Export, text)?
        };
        let what = if options.format == BulkFormat::Zip { "a ZIP archive" } else { "NDJSON" };
        self.start_once(permission, new, refused, &format!("export as {what}")).await
    }

    /// Those of the movies that do not exist.
    async fn unknown_movies(
        &self,
        permission: &CanManageJobs,
        ids: &[MovieId],
    ) -> Result<Vec<MovieId>, CatalogError> {
        let found = self.movies(&permission.can_draft().can_read(), ids).await?;
        let found: std::collections::HashSet<_> = found.into_iter().map(|movie| movie.id).collect();
        Ok(ids.iter().filter(|id| !found.contains(*id)).cloned().collect())
    }
}

/// The problem of movies that do not exist; `None` if there are none.
fn no_such_movies(unknown: &[MovieId]) -> Option<Problem> {
    if unknown.is_empty() {
        return None;
    }
    let named: Vec<&str> = unknown.iter().take(MAX_NAMED).map(MovieId::as_str).collect();
    let more = match unknown.len().saturating_sub(MAX_NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let message = format!("there is no movie {}{more}", named.join(", "));
    Some(Problem::new("/ids", ProblemCode::NotFound, message))
}
