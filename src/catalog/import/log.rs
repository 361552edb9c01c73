//! The record of an import: who, when, with which options, the text as sent, the plan, what came of
//! it. Kept for every import, also for refused ones, in the transaction of the import itself.

use std::sync::atomic::{AtomicU64, Ordering};

use chrono::{DateTime, Utc};

use super::command::ImportCommand;
use super::idempotency::Request;
use super::options::ImportStatus;
use super::{Outcome, Record};
use crate::catalog::export::Export;
use crate::catalog::{Catalog, CatalogError};
use crate::document::ids::timed_id;
use crate::document::plan::Report;
use crate::document::text::sha256;
use crate::document::{Category, MovieId, Stage};
use crate::storage::{
    ImportRow, NewImport, SentText, StoredDocument, TextLimits, Transaction, byte_size,
};

/// Most bytes of a text that is kept of an import that changed nothing. Of a longer one the size
/// and the hash are kept, and the text itself only if an import that changed something sent the
/// same.
const MAX_TEXT_WITHOUT_CHANGE: usize = 1024 * 1024;
/// The total of all texts is checked when this process has stored this part of the limit since the
/// last time.
const CHECKS_PER_LIMIT: u64 = 64;

/// The limits of the texts in the import log, and how much was stored since they were last checked.
/// What other processes store, each of them checks for itself.
#[derive(Debug)]
pub(in crate::catalog) struct KeptTexts {
    limits: TextLimits,
    stored_since: AtomicU64,
}

impl KeptTexts {
    pub(in crate::catalog) fn new(limits: TextLimits) -> Self {
        // The first import after the start checks.
        Self { limits, stored_since: AtomicU64::new(limits.of_all) }
    }

    fn is_check_due(&self, stored: u64) -> bool {
        let before = self.stored_since.fetch_add(stored, Ordering::Relaxed);
        stored > 0 && before.saturating_add(stored) >= self.limits.of_all / CHECKS_PER_LIMIT
    }

    fn checked(&self) {
        self.stored_since.store(0, Ordering::Relaxed);
    }
}

impl ImportCommand<'_> {
    /// Logs an import of each document.
    pub(super) async fn log(
        &self,
        transaction: &Transaction,
        records: &[Record],
        outcomes: &mut [Outcome],
        now: DateTime<Utc>,
    ) -> Result<(), CatalogError> {
        let mut rows = Vec::with_capacity(records.len());
        for (index, (record, outcome)) in records.iter().zip(outcomes).enumerate() {
            let (sent, category) = (record.sent.as_deref(), Some(record.category));
            let request = Request { movie: &record.movie, category, sent, revision: None };
            rows.push(self.log_row(&request, outcome, now, index)?);
        }
        self.keep(transaction, &rows).await
    }

    /// Logs a request that has no plan: its text could not be read, its document does not exist,
    /// or it was refused before. A dry run is not logged.
    pub(in crate::catalog) async fn refuse(
        &self,
        transaction: &Transaction,
        request: &Request<'_>,
        mut outcome: Outcome,
    ) -> Result<Outcome, CatalogError> {
        if !self.options.dry_run {
            let now = self.catalog.clock.now();
            let row = self.log_row(request, &mut outcome, now, 0)?;
            self.keep(transaction, &[row]).await?;
        }
        Ok(outcome)
    }

    /// Stores rows of the log, and drops the oldest texts when a check is due.
    async fn keep(
        &self,
        transaction: &Transaction,
        rows: &[NewImport],
    ) -> Result<(), CatalogError> {
        let texts = &self.catalog.texts;
        let stored = transaction.record_imports(rows, texts.limits).await?;
        if texts.is_check_due(stored) && transaction.drop_oldest_texts(texts.limits.of_all).await? {
            texts.checked();
        }
        Ok(())
    }

    fn log_row(
        &self,
        request: &Request<'_>,
        outcome: &mut Outcome,
        now: DateTime<Utc>,
        index: usize,
    ) -> Result<NewImport, CatalogError> {
        let Request { movie, category, sent, .. } = *request;
        let place = i64::try_from(index).unwrap_or(i64::MAX);
        let id = timed_id(now.timestamp_micros() + place, self.catalog.ids.next());
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
            report: outcome.plan.as_ref().map(|report| kept(report, outcome.status)).transpose()?,
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

/// The plan as it is kept. What was published is told by the history, and not kept twice.
fn kept(report: &Report, status: ImportStatus) -> serde_json::Result<String> {
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
    // The changes are most of a plan.
    let changes = if status == ImportStatus::Published { &[][..] } else { changes };
    serde_json::to_string(&serde_json::json!({
        "digest": digest, "changes": changes, "conflicts": conflicts, "not_removed": not_removed, "skipped": skipped,
        "matches": matches, "warnings": warnings, "new_entities": new_entities,
    }))
}

impl Catalog {
    /// The answer that an import got, from its record; `None` if there is no such record.
    pub(super) async fn replay(
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
            let state = self.state_at(transaction, &row, category, revision).await?;
            if let (ImportStatus::Published, Some(plan), Some(state)) = (status, &mut plan, &state)
            {
                plan.changes = self.changes_of(transaction, state).await?;
            }
            // Whoever deletes a movie deletes its states.
            let is_gone = state.is_none() && revision > 0;
            export = (!is_gone)
                .then(|| Export::as_stored(state, &row.movie, category, self.clock.now()));
        }
        let problems = serde_json::from_str(&row.problems)?;
        Ok(Some(Outcome { status, export, plan, problems, import_id: Some(row.id) }))
    }

    async fn state_at(
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
            _ => self.published_at(transaction, &row.movie, category, revision).await?,
        };
        // Of a movie that was deleted and made anew, the same number is another state.
        let is_of_it = |state: &StoredDocument| {
            row.source.is_none() || state.metadata.last_updated == Some(row.created_at)
        };
        Ok(found.filter(is_of_it))
    }

    /// The published state of that revision, whether it still stands or not.
    pub(in crate::catalog) async fn published_at(
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

    async fn changes_of(
        &self,
        transaction: &Transaction,
        state: &StoredDocument,
    ) -> Result<Vec<crate::document::plan::diff::Change>, CatalogError> {
        let definition = state.category.definition();
        let previous = match state.metadata.revision {
            ..=1 => None,
            revision => {
                self.published_at(transaction, &state.movie, state.category, revision - 1).await?
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
