//! Deletes entries of the audit log that are older than the retention.

use std::time::Duration;

use chrono::TimeDelta;

use crate::catalog::{Catalog, CatalogError};

/// How long entries are kept by default, in days.
const DEFAULT_RETENTION_DAYS: u32 = 365;
/// The shortest retention in days: triggers of the database refuse to delete younger entries.
pub const MIN_RETENTION_DAYS: u32 = 30;
/// The longest retention in days, a hundred years.
pub const MAX_RETENTION_DAYS: u32 = 36_500;

/// Entries in one transaction, so that other writers wait for a few milliseconds at most.
const BATCH: u64 = 500;
/// The pause between two transactions, in which other writers go on.
const PAUSE: Duration = Duration::from_millis(100);
/// How long after the start of a server old entries are first looked for.
const DELAY: Duration = Duration::from_mins(10);
/// How often old entries are looked for.
const INTERVAL: Duration = Duration::from_hours(1);

/// How long entries are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Retention {
    Days(u32),
    Forever,
}

impl Default for Retention {
    fn default() -> Self {
        Self::Days(DEFAULT_RETENTION_DAYS)
    }
}

impl Catalog {
    /// Deletes old entries of the audit log, ten minutes after the start and once an hour, until
    /// the future is dropped.
    pub async fn delete_old_audit_entries(&self, retention: Retention) {
        if retention == Retention::Forever || self.database.is_read_only() {
            return std::future::pending().await;
        }
        tokio::time::sleep(DELAY).await;
        loop {
            match self.delete_audit_entries(retention).await {
                Ok(0) => {}
                Ok(deleted) => {
                    tracing::info!(deleted, "old entries of the audit log were deleted");
                }
                Err(error) => {
                    tracing::warn!(%error, "old entries of the audit log were not deleted");
                }
            }
            tokio::time::sleep(INTERVAL).await;
        }
    }

    /// Deletes entries that are older than the retention, in small transactions. Returns how many.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn delete_audit_entries(&self, retention: Retention) -> Result<u64, CatalogError> {
        let Retention::Days(days) = retention else { return Ok(0) };
        let before = self.clock.now() - TimeDelta::days(i64::from(days.max(MIN_RETENTION_DAYS)));
        let mut total = 0;
        loop {
            let deleted = self.database.write(|transaction| async move {
                Ok::<_, CatalogError>(transaction.delete_audit_entries(before, BATCH).await?)
            });
            let deleted = deleted.await?;
            total += deleted;
            if deleted < BATCH {
                return Ok(total);
            }
            tokio::time::sleep(PAUSE).await;
        }
    }
}
