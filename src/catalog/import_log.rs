//! Reads the import log: one entry for each import, publication, revert and other operation on a
//! document.

use std::collections::HashMap;

use serde_json::Value;

use super::access::CanDraft;
use super::export::Export;
use super::history::changes_between;
use super::import::{ImportStatus, Operation};
use super::{Catalog, CatalogError};
use crate::document::plan::Report;
use crate::document::{Object, Problem};
use crate::storage::{ImportFilter, ImportPage, ImportRow, PageRequest, StateKey};

/// The problems of a logged operation.
///
/// # Errors
/// When the stored entry is not valid JSON.
pub fn problems_of(entry: &ImportRow) -> Result<Vec<Problem>, CatalogError> {
    Ok(serde_json::from_str(&entry.problems)?)
}

/// Options that only imports have.
const IMPORT_ONLY_OPTIONS: [&str; 10] = [
    "target",
    "mode",
    "source",
    "nulls",
    "base_revision",
    "remove_items",
    "skip_changes",
    "strict",
    "clean",
    "create_movie",
];

/// The options of a logged operation as JSON, with the names that the REST API uses.
///
/// # Errors
/// When the stored entry is not valid JSON.
pub fn options_of(entry: &ImportRow) -> Result<Value, CatalogError> {
    let mut options: Object = serde_json::from_str(&entry.options)?;
    options.remove("needs_draft");
    if entry.operation != Operation::Import.as_str() {
        options.retain(|name, _| !IMPORT_ONLY_OPTIONS.contains(&name.as_str()));
    }
    Ok(Value::Object(options))
}

/// Why the draft of a logged operation was discarded; `None` if no reason was given, or if it is
/// another operation.
///
/// # Errors
/// When the stored entry is not valid JSON.
pub fn reason_of(entry: &ImportRow) -> Result<Option<String>, CatalogError> {
    let options: Object = serde_json::from_str(&entry.options)?;
    Ok(options.get("reason").and_then(Value::as_str).map(str::to_owned))
}

/// The two revisions that show the changes of a logged operation, older first; `None` if the entry
/// itself has its changes, or there are none.
#[must_use]
pub fn compared_revisions(entry: &ImportRow) -> Option<[StateKey; 2]> {
    let category = entry.category.filter(|_| entry.status == ImportStatus::Published.as_str())?;
    let revision = entry.revision.filter(|revision| *revision > 0)?;
    let key = |number: i64| ((entry.movie.clone(), category), number);
    Some([key(revision - 1), key(revision)])
}

/// The plan of a logged operation; `None` if there was no plan. `revisions` are the documents of
/// [`compared_revisions`], if found: the changes are then computed from them.
///
/// # Errors
/// When the stored entry or a document is not valid JSON.
pub fn plan_of(
    entry: &ImportRow,
    revisions: Option<(&Export, &Export)>,
) -> Result<Option<Report>, CatalogError> {
    let Some(text) = &entry.report else { return Ok(None) };
    let mut report: Report = serde_json::from_str(text)?;
    // If the movie was deleted and created again, the number belongs to another revision.
    if let Some((before, after)) =
        revisions.filter(|(_, after)| after.metadata.last_updated == Some(entry.created_at))
    {
        report.changes = changes_between(before, after)?;
    }
    Ok(Some(report))
}

impl Catalog {
    /// A page of the entries that match the filter, newest first. A position is the id of an entry.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn imports(
        &self,
        _: &CanDraft,
        filter: &ImportFilter,
        page: &PageRequest<String>,
    ) -> Result<ImportPage, CatalogError> {
        Ok(self.database.import_page(filter, page).await?)
    }

    /// The number of entries that match the filter.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn count_imports(
        &self,
        _: &CanDraft,
        filter: &ImportFilter,
    ) -> Result<u64, CatalogError> {
        Ok(self.database.count_imports(filter).await?)
    }

    /// The entries of these ids, in no particular order. Unknown ids are left out.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn import_log_entries(
        &self,
        _: &CanDraft,
        ids: &[String],
    ) -> Result<Vec<ImportRow>, CatalogError> {
        Ok(self.database.import_records(ids).await?)
    }

    /// The documents of entries as they were sent, by the id of the entry. Entries without a
    /// document are left out.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn import_documents(
        &self,
        _: &CanDraft,
        ids: &[String],
    ) -> Result<HashMap<String, String>, CatalogError> {
        Ok(self.database.import_documents(ids).await?)
    }
}
