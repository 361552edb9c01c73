//! Reading the feed in its order.
//!
//! An entry is settled when no entry before it can appear any more; only settled entries are read.
//! `SQLite` has one writer at a time, so each entry that is visible is settled. On `PostgreSQL`
//! see [`HORIZON`].

use sea_orm::sea_query::Order;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait as _, QueryFilter,
    QueryOrder, QuerySelect, Select, Statement,
};

use super::entry::{FeedEntry, FeedFilter, FeedPosition, entry};
use crate::document::MovieId;
use crate::storage::tables::change;
use crate::storage::{Backend, Database, PageRequest, StorageError};

/// The first transaction whose entries may not be settled, counted from `change_feed.base`.
///
/// It is the oldest transaction of this database that is open and has written, or else the first
/// one that had not begun to write. The entries are read after that by another statement. So a
/// transaction before it either had ended before the entries are read, and its entries are seen, or
/// it never writes any. Transactions of other databases do not count, unlike in
/// `pg_snapshot_xmin`. If there are sessions whose transactions this account may not see, that one
/// is taken, which is never too late.
///
/// A session shows the lower 32 bits of its transaction id; the rest is that of a near one.
const HORIZON: &str = "
    WITH instant AS (
        SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint AS oldest,
            pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS next
    ), sessions AS (
        SELECT backend_xid AS xid, query = '<insufficient privilege>' AS is_hidden
        FROM pg_stat_activity WHERE datname = current_database()
    ), distances AS (
        SELECT is_hidden, (next & 4294967295) - xid::text::bigint AS distance
        FROM sessions, instant
    ), opened AS (
        SELECT bool_or(is_hidden) AS some_hidden, max(CASE
            WHEN distance > 2147483648 THEN distance - 4294967296
            WHEN distance < -2147483648 THEN distance + 4294967296
            ELSE distance END) AS distance
        FROM distances
    )
    SELECT base + CASE WHEN some_hidden THEN oldest
        ELSE next - greatest(distance, 0) END AS horizon
    FROM instant, opened, change_feed";

/// A part of the feed, in the order of the feed.
#[derive(Debug, Default)]
pub struct FeedPage {
    pub entries: Vec<FeedEntry>,
    /// Whether there are more entries in the direction of reading.
    pub has_more: bool,
}

impl Database {
    /// See [`HORIZON`]. `None` on `SQLite`.
    async fn horizon(&self) -> Result<Option<i64>, StorageError> {
        if self.backend == Backend::Sqlite {
            return Ok(None);
        }
        let statement = Statement::from_string(self.reader.backend(), HORIZON);
        let row = self.reader.query_one_raw(statement).await?;
        Ok(row.map(|row| row.try_get("", "horizon")).transpose()?)
    }

    async fn entries(&self, filter: &FeedFilter) -> Result<Select<change::Entity>, StorageError> {
        let mut all = Condition::all().add_option(
            self.horizon().await?.map(|horizon| change::Column::TransactionId.lt(horizon)),
        );
        if let Some(kinds) = filter.kinds.stored() {
            all = all.add(change::Column::Kind.is_in(kinds));
        }
        if !filter.movies.is_empty() {
            let movies = filter.movies.iter().map(MovieId::as_str);
            all = all.add(change::Column::MovieId.is_in(movies));
        }
        if !filter.categories.is_empty() {
            all = all.add(
                change::Column::Category
                    .is_in(filter.categories.iter().map(|category| category.as_str())),
            );
        }
        if !filter.sources.is_empty() {
            all = all.add(
                change::Column::Source.is_in(filter.sources.iter().map(|source| source.as_str())),
            );
        }
        let all = all
            .add_option(filter.since.map(|since| change::Column::ChangedAt.gte(since)))
            .add_option(filter.until.map(|until| change::Column::ChangedAt.lt(until)));
        Ok(change::Entity::find().filter(all))
    }

    /// The entries on one side of a position.
    fn beyond(&self, from: FeedPosition, is_backward: bool) -> Condition {
        let number = change::Column::Position;
        let transaction = change::Column::TransactionId;
        let side = |column: change::Column, value: i64| {
            if is_backward { column.lt(value) } else { column.gt(value) }
        };
        match self.backend {
            Backend::Sqlite => Condition::all().add(side(number, from.number)),
            // The comparison with the transaction alone lets the index be used.
            Backend::Postgres => {
                let at_least = if is_backward {
                    transaction.lte(from.transaction)
                } else {
                    transaction.gte(from.transaction)
                };
                Condition::all().add(at_least).add(
                    Condition::any()
                        .add(side(transaction, from.transaction))
                        .add(side(number, from.number)),
                )
            }
        }
    }

    /// A page of the settled entries that pass the filter. A filter by contributors is not applied.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn feed_page(
        &self,
        filter: &FeedFilter,
        page: &PageRequest<FeedPosition>,
    ) -> Result<FeedPage, StorageError> {
        let mut query = self.entries(filter).await?;
        if let Some(from) = page.from {
            query = query.filter(self.beyond(from, page.backward));
        }
        let direction = if page.backward { Order::Desc } else { Order::Asc };
        let columns: &[change::Column] = match self.backend {
            Backend::Sqlite => &[change::Column::Position],
            Backend::Postgres => &[change::Column::TransactionId, change::Column::Position],
        };
        for column in columns {
            query = query.order_by(*column, direction.clone());
        }
        let rows = query.limit(page.rows()).all(&self.reader).await?;
        let (entries, has_more) = page.cut(rows.into_iter().map(entry).collect::<Result<_, _>>()?);
        Ok(FeedPage { entries, has_more })
    }

    /// The number of settled entries that pass the filter. A filter by contributors is not applied.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_feed(&self, filter: &FeedFilter) -> Result<u64, StorageError> {
        Ok(self.entries(filter).await?.count(&self.reader).await?)
    }

    /// The position of the last settled entry; the start of the feed if there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn feed_end(&self) -> Result<FeedPosition, StorageError> {
        let last = PageRequest { from: None, limit: 1, backward: true };
        let page = self.feed_page(&FeedFilter::default(), &last).await?;
        Ok(page.entries.first().map(|last| last.position).unwrap_or_default())
    }

    /// Whether there are entries that are committed and not settled, because an older transaction
    /// is still open.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn has_unsettled_entries(&self) -> Result<bool, StorageError> {
        let Some(horizon) = self.horizon().await? else { return Ok(false) };
        let unsettled: Option<i64> = change::Entity::find()
            .select_only()
            .column(change::Column::Position)
            .filter(change::Column::TransactionId.gte(horizon))
            .into_tuple()
            .one(&self.reader)
            .await?;
        Ok(unsettled.is_some())
    }
}
