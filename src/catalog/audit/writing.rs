//! Writes entries of the audit log: in the transaction of their write, or in batches.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::entry::AuditEntry;
use super::recorder::Attempt;
use crate::catalog::{Catalog, CatalogError};
use crate::document::ids::timed_id;
use crate::storage::{AuditRow, Transaction};

/// How long entries are collected before they are written.
const PAUSE: Duration = Duration::from_millis(500);
/// How long to wait after a failure, and how often the end of a minute is looked for.
const RETRY: Duration = Duration::from_secs(5);

impl Catalog {
    fn audit_row(&self, at: DateTime<Utc>, entry: &AuditEntry) -> AuditRow {
        let actor = &entry.actor;
        let (account, email) = actor.account().cloned().unzip();
        let text = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        AuditRow {
            id: timed_id(at.timestamp_micros(), self.ids.next()),
            at,
            account,
            email,
            credential: actor.credential().as_str().to_owned(),
            credential_id: actor.credential_id().and_then(text),
            interface: actor.origin.interface.as_str().to_owned(),
            address: actor.address().map(|address| address.to_string()),
            request_id: text(&actor.origin.request_id),
            operation: entry.operation.as_str().to_owned(),
            target: entry.target.as_ref().map(|of| (of.kind.as_str().to_owned(), of.id.clone())),
            category: entry.target.as_ref().and_then(|target| target.category),
            outcome: entry.outcome.as_str().to_owned(),
            code: entry.code.clone(),
            detail: entry.detail.clone(),
            count: entry.count,
            import_id: entry.import_id.clone(),
        }
    }

    /// Adds an entry to the transaction of the write that it is about.
    pub(in crate::catalog) async fn record(
        &self,
        transaction: &Transaction,
        entry: AuditEntry,
    ) -> Result<(), CatalogError> {
        let row = self.audit_row(self.clock.now(), &entry);
        transaction.record_audit_entries(&[row]).await?;
        entry.actor.origin.note_recorded();
        Ok(())
    }

    /// Records an attempt that changed nothing. The entry is written within a second or so, if the
    /// database takes writes; after too many attempts, only their number.
    pub fn record_attempt(&self, entry: AuditEntry) {
        entry.actor.origin.note_recorded();
        if !self.database.is_read_only() {
            self.recorder.add(Attempt { at: self.clock.now(), entry });
        }
    }

    /// Writes the entries of [`record_attempt`](Self::record_attempt), until the future is dropped.
    pub async fn write_attempts(&self) {
        loop {
            if self.recorder.is_counting() {
                // The counters are written when their minute is over.
                let _ = tokio::time::timeout(RETRY, self.recorder.wait()).await;
            } else {
                self.recorder.wait().await;
            }
            tokio::time::sleep(PAUSE).await;
            if !self.write_waiting(false).await {
                tokio::time::sleep(RETRY).await;
            }
        }
    }

    /// Writes what is left of the entries when the service ends.
    pub async fn write_last_attempts(&self) {
        if !self.database.is_read_only() {
            self.write_waiting(true).await;
        }
    }

    /// Writes the entries that wait. Returns whether the database took them.
    async fn write_waiting(&self, is_end: bool) -> bool {
        let taken = self.recorder.take(self.clock.now(), is_end);
        if taken.lost > 0 {
            tracing::warn!(lost = taken.lost, "attempts are missing in the audit log");
        }
        if taken.attempts.is_empty() {
            return true;
        }
        let row = |attempt: &Attempt| self.audit_row(attempt.at, &attempt.entry);
        let rows: Vec<AuditRow> = taken.attempts.iter().map(row).collect();
        let rows = &rows;
        let written = self.database.write_once(|transaction| async move {
            transaction.record_audit_entries(rows).await?;
            Ok::<_, CatalogError>(())
        });
        match written.await {
            Ok(()) => {
                taken.set_written();
                true
            }
            Err(error) => {
                tracing::debug!(%error, "entries of the audit log were not written yet");
                false
            }
        }
    }
}
