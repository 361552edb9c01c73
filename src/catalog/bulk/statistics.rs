//! When an import of many documents refreshes the statistics of the database's query planner.

use crate::catalog::Catalog;

/// Number of newly written documents after which the statistics are refreshed.
const REFRESH_AFTER: u64 = 500;

/// How many of the written documents the query planner knows.
#[derive(Debug, Default)]
pub(in crate::catalog) struct Statistics {
    known: u64,
}

impl Statistics {
    /// Refreshes the statistics if many documents were written since the last time. `written` is
    /// the number of documents that were written so far, and `is_end` whether it was the last
    /// batch.
    pub(in crate::catalog) async fn refresh(
        &mut self,
        catalog: &Catalog,
        written: u64,
        is_end: bool,
    ) {
        let is_much_more = written >= REFRESH_AFTER.max(2 * self.known);
        if is_much_more || (is_end && written >= self.known + REFRESH_AFTER) {
            // The documents are committed. Stale statistics only slow queries down.
            if let Err(error) = catalog.database().refresh_statistics().await {
                tracing::warn!(%error, "the database's statistics could not be refreshed");
            }
            self.known = written;
        }
    }
}
