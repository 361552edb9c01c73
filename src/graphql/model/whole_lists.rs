//! Relay connections over short lists, which are loaded as a whole, and the arguments of
//! connections whose entries have one text as their key.

use async_graphql::connection::{Connection, Edge};
use async_graphql::{ObjectType, OutputType, SimpleObject};

use super::pages::Cursor;
use crate::graphql::error::ApiError;
use crate::graphql::limits::{DEFAULT_PAGE, MAX_PAGE};
use crate::storage::KeyPage;

/// The arguments of a connection.
#[derive(Debug, Default)]
pub struct PageArguments {
    pub first: Option<i32>,
    pub after: Option<String>,
    pub last: Option<i32>,
    pub before: Option<String>,
}

/// The number of entries of a list.
#[derive(SimpleObject)]
pub struct Total {
    /// The number of entries, on all pages.
    pub total_count: u64,
}

impl PageArguments {
    /// Validates the arguments for the list of that name.
    ///
    /// # Errors
    /// When they contradict each other, the page size is out of range, or the cursor does not
    /// belong to the list.
    pub fn validate(self, list: &str) -> Result<KeyPage, ApiError> {
        let Self { first, after, last, before } = self;
        let bad = |message: String| Err(ApiError::BadInput(message));
        if first.is_some() && last.is_some() {
            return bad("first and last cannot be given together".to_owned());
        }
        if after.is_some() && before.is_some() {
            return bad("after and before cannot be given together".to_owned());
        }
        let backward = last.is_some() || before.is_some();
        if backward && (first.is_some() || after.is_some()) {
            return bad("first goes with after, last with before".to_owned());
        }
        let limit = first.or(last).unwrap_or(DEFAULT_PAGE);
        if !(1..=MAX_PAGE).contains(&limit) {
            return bad(format!("found {limit}; first and last are 1 to {MAX_PAGE}"));
        }
        let read = |cursor: String| Cursor::read::<1>(list, &cursor).map(|[key]| key);
        let from = after.or(before).map(read).transpose()?;
        Ok(KeyPage { from, limit: u64::try_from(limit).unwrap_or(1), backward })
    }
}

/// The page of a list that is sorted by its keys, the greatest first.
pub fn newest_first<T, N>(
    list: &str,
    rows: Vec<T>,
    key: impl Fn(&T) -> String,
    page: &KeyPage,
    node: impl Fn(T) -> N,
) -> Connection<String, N, Total>
where
    N: OutputType + ObjectType,
{
    let total_count = rows.len() as u64;
    let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let is_within = |key: &str| match &page.from {
        None => true,
        Some(from) if page.backward => key > from.as_str(),
        Some(from) => key < from.as_str(),
    };
    let keyed = rows.into_iter().map(|row| (key(&row), row));
    let mut found: Vec<(String, T)> = keyed.filter(|(key, _)| is_within(key)).collect();
    let has_more = found.len() > limit;
    if page.backward {
        found.drain(..found.len().saturating_sub(limit));
    } else {
        found.truncate(limit);
    }
    let total = Total { total_count };
    connection_of(list, page, has_more, found, total, node)
}

/// A connection of entries with their keys.
pub fn connection_of<T, N, F>(
    list: &str,
    page: &KeyPage,
    has_more: bool,
    entries: Vec<(String, T)>,
    fields: F,
    node: impl Fn(T) -> N,
) -> Connection<String, N, F>
where
    N: OutputType + ObjectType,
    F: ObjectType,
{
    let has_cursor = page.from.is_some();
    let (has_previous, has_next) =
        if page.backward { (has_more, has_cursor) } else { (has_cursor, has_more) };
    let mut connection = Connection::with_additional_fields(has_previous, has_next, fields);
    let edge = |(key, row): (String, T)| Edge::new(Cursor::new(list, &[&key]).0, node(row));
    connection.edges = entries.into_iter().map(edge).collect();
    connection
}
