//! The audit log: who wrote what, and which attempts were refused. Entries are appended, and
//! deleted when they are older than the retention; triggers of the database refuse anything else.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, Order};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
    QueryTrait as _, Set,
};

use super::db::statements::ROWS_PER_STATEMENT;
use super::tables::audit_entry;
use super::tables::audit_entry::{Column, Entity, Model};
use super::{Database, PageRequest, StorageError, Transaction};
use crate::document::Category;
use crate::document::ids::timed_id;

/// An entry of the audit log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Begins with the time of the entry, so that later entries have greater ids, by code point.
    pub id: String,
    pub at: DateTime<Utc>,
    /// The account whose token the request had; `None` without a valid token.
    pub account: Option<String>,
    /// The email of the account at that time.
    pub email: Option<String>,
    /// The kind of token.
    pub credential: String,
    /// The session or the personal access token.
    pub credential_id: Option<String>,
    pub interface: String,
    /// The address of the client; `None` if there was none, as on the command line.
    pub address: Option<String>,
    pub request_id: Option<String>,
    pub operation: String,
    /// The kind and the id of what was changed.
    pub target: Option<(String, String)>,
    /// The category of the document that was changed.
    pub category: Option<Category>,
    pub outcome: String,
    /// The code of the error, if there was one.
    pub code: Option<String>,
    /// What was changed, in a few words of the service.
    pub detail: Option<String>,
    /// How many attempts or documents the entry stands for.
    pub count: i64,
    /// The entry of the import log; of several, the first.
    pub import_id: Option<String>,
}

/// Selects entries of the audit log. `None` does not filter.
#[derive(Debug, Clone, Default)]
pub struct AuditFilter {
    pub account: Option<String>,
    /// One of these operations.
    pub operations: Option<Vec<String>>,
    /// One of these outcomes.
    pub outcomes: Option<Vec<String>>,
    pub interface: Option<String>,
    pub address: Option<String>,
    /// The kind and the id of what was changed.
    pub target: Option<(String, String)>,
    pub category: Option<Category>,
    /// The earliest time, inclusive.
    pub since: Option<DateTime<Utc>>,
    /// The latest time, exclusive.
    pub until: Option<DateTime<Utc>>,
}

/// The latest time that an id can begin with, in microseconds: in the year 3000.
const LATEST: i64 = 32_503_680_000_000_000;

/// The least id of an entry of this time.
fn first_id(time: DateTime<Utc>) -> String {
    timed_id(time.timestamp_micros().min(LATEST), 0)
}

fn row(stored: Model) -> Result<AuditRow, StorageError> {
    let category = stored.category.as_deref().map(str::parse::<Category>).transpose();
    let category = category.map_err(|error| StorageError::Corrupt {
        what: "audit log entry",
        key: stored.id.clone(),
        reason: error.to_string(),
    })?;
    Ok(AuditRow {
        id: stored.id,
        at: stored.at,
        account: stored.account,
        email: stored.email,
        credential: stored.credential,
        credential_id: stored.credential_id,
        interface: stored.interface,
        address: stored.address,
        request_id: stored.request_id,
        operation: stored.operation,
        target: stored.target_kind.zip(stored.target_id),
        category,
        outcome: stored.outcome,
        code: stored.code,
        detail: stored.detail,
        count: stored.count,
        import_id: stored.import_id,
    })
}

fn new_row(row: &AuditRow) -> audit_entry::ActiveModel {
    let (target_kind, target_id) = row.target.clone().unzip();
    audit_entry::ActiveModel {
        id: Set(row.id.clone()),
        at: Set(row.at),
        account: Set(row.account.clone()),
        email: Set(row.email.clone()),
        credential: Set(row.credential.clone()),
        credential_id: Set(row.credential_id.clone()),
        interface: Set(row.interface.clone()),
        address: Set(row.address.clone()),
        request_id: Set(row.request_id.clone()),
        operation: Set(row.operation.clone()),
        target_kind: Set(target_kind),
        target_id: Set(target_id),
        category: Set(row.category.map(|category| category.as_str().to_owned())),
        outcome: Set(row.outcome.clone()),
        code: Set(row.code.clone()),
        detail: Set(row.detail.clone()),
        count: Set(row.count),
        import_id: Set(row.import_id.clone()),
    }
}

/// The operation of most entries, which the index of operations leaves out.
const MOST_FREQUENT_OPERATION: &str = "IMPORT";

fn condition(filter: &AuditFilter) -> Condition {
    let (target_kind, target_id) = filter.target.clone().unzip();
    let are_others = filter
        .operations
        .as_ref()
        .is_some_and(|of| !of.iter().any(|operation| operation == MOST_FREQUENT_OPERATION));
    // In the words of the index, as both databases ask for to use it.
    let others = are_others.then(|| Expr::cust("operation <> 'IMPORT'"));
    Condition::all()
        .add_option(others)
        .add_option(filter.account.as_ref().map(|account| Column::Account.eq(account)))
        .add_option(filter.operations.as_ref().map(|of| Column::Operation.is_in(of)))
        .add_option(filter.outcomes.as_ref().map(|of| Column::Outcome.is_in(of)))
        .add_option(filter.interface.as_ref().map(|interface| Column::Interface.eq(interface)))
        .add_option(filter.address.as_ref().map(|address| Column::Address.eq(address)))
        .add_option(target_kind.map(|kind| Column::TargetKind.eq(kind)))
        .add_option(target_id.map(|id| Column::TargetId.eq(id)))
        .add_option(filter.category.map(|category| Column::Category.eq(category.as_str())))
        .add_option(filter.since.map(|since| Column::Id.gte(first_id(since))))
        .add_option(filter.until.map(|until| Column::Id.lt(first_id(until))))
}

impl Database {
    /// A page of the entries that match, newest first, and whether there are more in its direction.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit_page(
        &self,
        filter: &AuditFilter,
        page: &PageRequest<String>,
    ) -> Result<(Vec<AuditRow>, bool), StorageError> {
        let beyond = page.from.as_ref().map(|from| {
            if page.backward { Column::Id.gt(from.as_str()) } else { Column::Id.lt(from.as_str()) }
        });
        let found = Entity::find()
            .filter(condition(filter).add_option(beyond))
            .order_by(Column::Id, if page.backward { Order::Asc } else { Order::Desc })
            .limit(page.rows())
            .all(&self.reader)
            .await?;
        Ok(page.cut(found.into_iter().map(row).collect::<Result<_, _>>()?))
    }

    /// The number of entries that match.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_audit_entries(&self, filter: &AuditFilter) -> Result<u64, StorageError> {
        Ok(Entity::find().filter(condition(filter)).count(&self.reader).await?)
    }

    /// The entries with these ids, in no particular order. Unknown ids are left out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn audit_entries(&self, ids: &[String]) -> Result<Vec<AuditRow>, StorageError> {
        let mut entries = Vec::with_capacity(ids.len());
        for ids in ids.chunks(ROWS_PER_STATEMENT) {
            let found = Entity::find().filter(Column::Id.is_in(ids)).all(&self.reader).await?;
            for stored in found {
                entries.push(row(stored)?);
            }
        }
        Ok(entries)
    }
}

impl Transaction {
    /// Appends entries.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn record_audit_entries(&self, entries: &[AuditRow]) -> Result<(), StorageError> {
        for entries in entries.chunks(ROWS_PER_STATEMENT) {
            let insert = Entity::insert_many(entries.iter().map(new_row));
            self.connection.defer::<Entity>(entries.len(), insert.into_query()).await?;
        }
        Ok(())
    }

    /// Deletes the oldest entries from before `before`, at most `limit`. Returns how many.
    ///
    /// # Errors
    /// When the database fails, or refuses because an entry is younger than 30 days.
    pub async fn delete_audit_entries(
        &self,
        before: DateTime<Utc>,
        limit: u64,
    ) -> Result<u64, StorageError> {
        let ids: Vec<String> = Entity::find()
            .select_only()
            .column(Column::Id)
            .filter(Column::Id.lt(first_id(before)))
            .order_by(Column::Id, Order::Asc)
            .limit(limit)
            .into_tuple()
            .all(&self.connection)
            .await?;
        if ids.is_empty() {
            return Ok(0);
        }
        let deleted =
            Entity::delete_many().filter(Column::Id.is_in(ids)).exec(&self.connection).await?;
        Ok(deleted.rows_affected)
    }
}
