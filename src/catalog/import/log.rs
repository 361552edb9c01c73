//! Writes the import log: the author, the time, the options, the sent text, the plan and the
//! outcome of each import, also of a rejected one. An entry is written in the transaction of its
//! import.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, Utc};

use super::command::ImportCommand;
use super::idempotency::Request;
use super::options::ImportStatus;
use super::{IncomingDocument, Outcome, lost_to_other_writers};
use crate::catalog::audit::{AuditEntry, AuditOutcome, AuditTarget};
use crate::catalog::export::Export;
use crate::catalog::{Catalog, CatalogError};
use crate::document::ids::timed_id;
use crate::document::plan::Report;
use crate::document::text::sha256;
use crate::document::{Category, MovieId, Stage};
use crate::storage::{
    ImportRow, NewImport, SentText, StoredDocument, TextLimits, Transaction, byte_size,
};

/// Maximum number of bytes of a text that is stored for an import without changes. For a longer
/// text, only the size and the hash are stored, unless an import with changes sent the same text.
const MAX_TEXT_WITHOUT_CHANGE: usize = 1024 * 1024;
/// The total size of all texts is checked when this process has stored this fraction of the limit
/// since the last check.
const CHECKS_PER_LIMIT: u64 = 64;

/// The limits of the texts in the import log, and the number of bytes that this process has stored
/// since the last check. Other processes do their own checks.
#[derive(Debug)]
pub(in crate::catalog) struct TextQuota {
    limits: TextLimits,
    stored_since: AtomicU64,
}

impl TextQuota {
    pub(in crate::catalog) fn new(limits: TextLimits) -> Self {
        // The first text that is stored after the start triggers a check.
        Self { limits, stored_since: AtomicU64::new(limits.of_all) }
    }

    /// Adds `stored` bytes. Returns whether the total size must be checked.
    fn is_check_due(&self, stored: u64) -> bool {
        let before = self.stored_since.fetch_add(stored, Ordering::Relaxed);
        stored > 0 && before.saturating_add(stored) >= self.limits.of_all / CHECKS_PER_LIMIT
    }

    /// Records that the total size was checked.
    fn set_checked(&self) {
        self.stored_since.store(0, Ordering::Relaxed);
    }
}

impl ImportCommand<'_> {
    /// Logs the import of each document, and sets the import ids of the outcomes.
    pub(super) async fn log(
        &self,
        transaction: &Transaction,
        documents: &[IncomingDocument],
        outcomes: &mut [Outcome],
        now: DateTime<Utc>,
    ) -> Result<(), CatalogError> {
        let mut rows = Vec::with_capacity(documents.len());
        for (index, (document, outcome)) in documents.iter().zip(&mut *outcomes).enumerate() {
            let (sent, category) = (document.sent_text.as_deref(), Some(document.category));
            let (movie, read_category, revision) = (&document.movie, category, None);
            let request = Request { movie, category, read_category, sent, revision };
            rows.push(self.log_row(&request, outcome, now, index)?);
        }
        self.store_rows(transaction, &rows, outcomes).await
    }

    /// Logs a request without a plan, for example because its text could not be read. A dry run is
    /// not logged.
    pub(in crate::catalog) async fn log_without_plan(
        &self,
        transaction: &Transaction,
        request: &Request<'_>,
        mut outcome: Outcome,
    ) -> Result<Outcome, CatalogError> {
        if !self.options.dry_run {
            let now = self.catalog.clock.now();
            let row = self.log_row(request, &mut outcome, now, 0)?;
            self.store_rows(transaction, &[row], std::slice::from_ref(&outcome)).await?;
        }
        Ok(outcome)
    }

    /// The outcome of a request that lost every attempt against other writers. It is logged in a
    /// transaction of its own. If that fails too, the outcome has no entry in the log.
    pub(super) async fn log_conflict(&self, request: &Request<'_>) -> Outcome {
        let conflict = || Outcome::rejected(vec![lost_to_other_writers()], None, None);
        let category = request.category.or(request.read_category);
        let request = &Request { category, ..*request };
        let logged = self
            .catalog
            .database
            .write_once(|transaction| async move {
                self.log_without_plan(&transaction, request, conflict()).await
            })
            .await;
        logged.unwrap_or_else(|error| {
            tracing::warn!(error = %error, "a conflict with other writers was not logged");
            conflict()
        })
    }

    /// The outcomes of a batch that lost every attempt against other writers, logged as by
    /// [`log_conflict`](Self::log_conflict).
    pub(super) async fn log_conflicts(&self, documents: &[IncomingDocument]) -> Vec<Outcome> {
        let conflict =
            |_: &IncomingDocument| Outcome::rejected(vec![lost_to_other_writers()], None, None);
        let logged = self
            .catalog
            .database
            .write_once(|transaction| async move {
                let mut outcomes: Vec<Outcome> = documents.iter().map(conflict).collect();
                let now = self.catalog.clock.now();
                self.log(&transaction, documents, &mut outcomes, now).await?;
                Ok::<_, CatalogError>(outcomes)
            })
            .await;
        logged.unwrap_or_else(|error| {
            tracing::warn!(error = %error, "conflicts with other writers were not logged");
            documents.iter().map(conflict).collect()
        })
    }

    /// Stores rows of the log with their entry in the audit log, and deletes the oldest texts if a
    /// check is due.
    async fn store_rows(
        &self,
        transaction: &Transaction,
        rows: &[NewImport],
        outcomes: &[Outcome],
    ) -> Result<(), CatalogError> {
        if let Some(entry) = self.audit_entry(rows, outcomes) {
            self.catalog.record(transaction, entry).await?;
        }
        let quota = &self.catalog.text_quota;
        let stored = transaction.record_imports(rows, quota.limits).await?;
        if quota.is_check_due(stored) && transaction.drop_oldest_texts(quota.limits.of_all).await? {
            quota.set_checked();
        }
        Ok(())
    }

    /// The entry of the audit log about documents that were imported in one transaction.
    fn audit_entry(&self, rows: &[NewImport], outcomes: &[Outcome]) -> Option<AuditEntry> {
        let entry = self.author.actor.did(self.audit?);
        let entry = match (rows, outcomes) {
            ([only], [outcome]) => {
                let target = AuditTarget::movie(&only.row.movie, only.row.category);
                let entry = outcome.complete(entry.on(target));
                match &self.options.reason {
                    Some(reason) => entry.detailed(reason),
                    None => entry,
                }
            }
            _ => {
                let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
                for outcome in outcomes {
                    *counts.entry(outcome.status.as_str()).or_default() += 1;
                }
                let counts = counts.iter().map(|(status, count)| format!("{count} {status}"));
                let detail = counts.collect::<Vec<_>>().join(", ");
                let problem = outcomes.iter().find_map(|outcome| outcome.problems.first());
                let is_rejected = |of: &Outcome| of.status == ImportStatus::Rejected;
                let entry = match problem.filter(|_| outcomes.iter().all(is_rejected)) {
                    Some(problem) => entry.failed(AuditOutcome::Rejected, &problem.code.name()),
                    None => entry,
                };
                entry.counting(rows.len()).detailed(detail)
            }
        };
        Some(entry.imported_as(&rows.first()?.row.id))
    }

    /// The log row of an import. Sets the import id of the outcome.
    fn log_row(
        &self,
        request: &Request<'_>,
        outcome: &mut Outcome,
        now: DateTime<Utc>,
        index: usize,
    ) -> Result<NewImport, CatalogError> {
        let Request { movie, category, sent, .. } = *request;
        let offset = i64::try_from(index).unwrap_or(i64::MAX);
        let id = timed_id(now.timestamp_micros() + offset, self.catalog.ids.next());
        outcome.import_id = Some(id.clone());
        let metadata = outcome.export.as_ref().map(|export| &export.metadata);
        let is_changed = matches!(outcome.status, ImportStatus::Published | ImportStatus::Drafted);
        let row = ImportRow {
            id,
            movie: movie.clone(),
            category,
            operation: self.operation.as_str().to_owned(),
            stage: self.options.target,
            created_at: now,
            author: self.author.name.clone(),
            account: self.author.account.clone(),
            source: metadata.filter(|_| is_changed).map(|metadata| metadata.source),
            status: outcome.status.as_str().to_owned(),
            options: serde_json::to_string(self.options)?,
            report: outcome
                .plan
                .as_ref()
                .map(|report| report_json(report, outcome.status))
                .transpose()?,
            problems: serde_json::to_string(&outcome.problems)?,
            revision: metadata.map(|metadata| metadata.revision),
            draft_revision: metadata.and_then(|metadata| metadata.draft_revision),
            text_hash: sent.map(|text| sha256(text.as_bytes())),
            text_size: sent.map(byte_size),
        };
        let is_kept = |text: &str| is_changed || text.len() <= MAX_TEXT_WITHOUT_CHANGE;
        let document = sent.map(|text| SentText { text: text.to_owned(), is_kept: is_kept(text) });
        Ok(NewImport { row, document })
    }
}

/// The JSON of a plan for the log. The changes of a published document are left out, because they
/// can be computed from the history.
fn report_json(report: &Report, status: ImportStatus) -> serde_json::Result<String> {
    let Report {
        digest,
        changes,
        conflicts,
        not_removed,
        skipped,
        matches,
        warnings,
        new_entities,
    } = report;
    // The changes are the largest part of a plan.
    let changes = if status == ImportStatus::Published { &[][..] } else { changes };
    serde_json::to_string(&serde_json::json!({
        "digest": digest, "changes": changes, "conflicts": conflicts, "not_removed": not_removed,
        "skipped": skipped, "matches": matches, "warnings": warnings, "new_entities": new_entities,
    }))
}

impl Catalog {
    /// The outcome of an import, from its entry in the log; `None` if there is no such entry.
    pub(super) async fn logged_outcome(
        &self,
        transaction: &Transaction,
        id: &str,
    ) -> Result<Option<Outcome>, CatalogError> {
        let Some(row) = transaction.import_record(id).await? else { return Ok(None) };
        let status = ImportStatus::parse(&row.status).unwrap_or(ImportStatus::Rejected);
        let mut plan: Option<Report> =
            row.report.as_deref().map(serde_json::from_str).transpose()?;
        let mut export = None;
        if let (Some(category), Some(revision)) = (row.category, row.revision) {
            let state = self.resulting_state(transaction, &row, category, revision).await?;
            if let (ImportStatus::Published, Some(plan), Some(state)) = (status, &mut plan, &state)
            {
                plan.changes = self.changes_of_revision(transaction, state).await?;
            }
            // The document is gone if its movie was deleted since.
            let is_gone = state.is_none() && revision > 0;
            if is_gone && status == ImportStatus::Published {
                // The changes can no longer be computed, and a plan without changes would say that
                // there were none.
                plan = None;
            }
            export = (!is_gone)
                .then(|| Export::as_stored(state, &row.movie, category, self.clock.now()));
        }
        let problems = serde_json::from_str(&row.problems)?;
        Ok(Some(Outcome {
            status,
            export,
            plan,
            problems,
            import_id: Some(row.id),
            creates_movie: false,
        }))
    }

    /// The state of the document after the import of a row; `None` if it no longer exists.
    async fn resulting_state(
        &self,
        transaction: &Transaction,
        row: &ImportRow,
        category: Category,
        revision: i64,
    ) -> Result<Option<StoredDocument>, CatalogError> {
        let found = match (row.stage, row.draft_revision) {
            (Stage::Draft, Some(number)) => {
                transaction.contribution(&row.movie, category, number).await?.map(Into::into)
            }
            _ => self.published_revision(transaction, &row.movie, category, revision).await?,
        };
        // If the movie was deleted and created again, the number may belong to another state.
        let is_same_state = |state: &StoredDocument| {
            row.source.is_none() || state.metadata.last_updated == Some(row.created_at)
        };
        Ok(found.filter(is_same_state))
    }

    /// A published revision of a document: the newest one or an earlier one.
    pub(in crate::catalog) async fn published_revision(
        &self,
        transaction: &Transaction,
        movie: &MovieId,
        category: Category,
        revision: i64,
    ) -> Result<Option<StoredDocument>, CatalogError> {
        let current = transaction.documents(&[movie], &[category]).await?.pop();
        match current.filter(|document| document.metadata.revision == revision) {
            Some(document) => Ok(Some(document)),
            None => Ok(transaction.revision(movie, category, revision).await?),
        }
    }

    /// The changes from the previous revision to a published state.
    async fn changes_of_revision(
        &self,
        transaction: &Transaction,
        state: &StoredDocument,
    ) -> Result<Vec<crate::document::plan::diff::Change>, CatalogError> {
        let definition = state.category.definition();
        let previous = match state.metadata.revision {
            ..=1 => None,
            revision => {
                self.published_revision(transaction, &state.movie, state.category, revision - 1)
                    .await?
            }
        };
        let before = match &previous {
            Some(previous) => serde_json::from_str(&previous.body)?,
            None => definition.empty(),
        };
        Ok(crate::document::plan::diff::diff(
            definition,
            &before,
            &serde_json::from_str(&state.body)?,
        ))
    }
}
