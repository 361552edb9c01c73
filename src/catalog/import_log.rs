//! The records of imports and other acts on documents, as they are read.

use std::collections::HashMap;

use serde_json::Value;

use super::access::CanDraft;
use super::export::Export;
use super::history::changes;
use super::import::{ImportStatus, Operation};
use super::{Catalog, CatalogError};
use crate::document::plan::Report;
use crate::document::{Object, Problem};
use crate::storage::{ImportFilter, ImportPage, ImportRow, StateKey};

/// What was wrong with what was asked.
///
/// # Errors
/// When the record is not as it was written.
pub fn problems_of(record: &ImportRow) -> Result<Vec<Problem>, CatalogError> {
    Ok(serde_json::from_str(&record.problems)?)
}

/// Options of an import that none of the other acts on a document has.
const OF_IMPORTS: [&str; 9] = [
    "target",
    "mode",
    "source",
    "nulls",
    "base_revision",
    "remove_items",
    "strict",
    "clean",
    "create_movie",
];

/// How it was asked for: the options, as JSON, under the names that REST has for them.
///
/// # Errors
/// When the record is not as it was written.
pub fn options_of(record: &ImportRow) -> Result<Value, CatalogError> {
    let mut options: Object = serde_json::from_str(&record.options)?;
    options.remove("needs_draft");
    if record.operation != Operation::Import.as_str() {
        options.retain(|name, _| !OF_IMPORTS.contains(&name.as_str()));
    }
    Ok(Value::Object(options))
}

/// The states between which the changes of a record are, the older first; `None` if the record has
/// them itself, or there are none.
#[must_use]
pub fn states_of(record: &ImportRow) -> Option<[StateKey; 2]> {
    let category = record.category.filter(|_| record.status == ImportStatus::Published.as_str())?;
    let revision = record.revision.filter(|revision| *revision > 0)?;
    let key = |number: i64| ((record.movie.clone(), category), number);
    Some([key(revision - 1), key(revision)])
}

/// The plan of a record, with its changes out of the history where they are kept there: between the
/// two states of [`states_of`], if they were found. `None` if there was no plan.
///
/// # Errors
/// When the record or a state is not as it was written.
pub fn plan_of(
    record: &ImportRow,
    states: Option<(&Export, &Export)>,
) -> Result<Option<Report>, CatalogError> {
    let Some(text) = &record.report else { return Ok(None) };
    let mut report: Report = serde_json::from_str(text)?;
    // Of a movie that was deleted and made anew, the same number is another state.
    if let Some((before, after)) =
        states.filter(|(_, after)| after.metadata.last_updated == Some(record.created_at))
    {
        report.changes = changes(before, after)?;
    }
    Ok(Some(report))
}

impl Catalog {
    /// A page of the records that fit, newest first, of those before the one of that id.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn imports(
        &self,
        _: &CanDraft,
        filter: &ImportFilter,
        before: Option<&str>,
        limit: u64,
    ) -> Result<ImportPage, CatalogError> {
        Ok(self.database.import_page(filter, before, limit).await?)
    }

    /// The record of that id.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn import_record(
        &self,
        _: &CanDraft,
        id: &str,
    ) -> Result<Option<ImportRow>, CatalogError> {
        // No id holds what no database can.
        if id.contains('\0') {
            return Ok(None);
        }
        Ok(self.database.import_record(id).await?)
    }

    /// The documents of those records as they were sent, by the record's id; records without one are
    /// left out.
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
