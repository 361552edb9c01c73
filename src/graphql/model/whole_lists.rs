//! Pages of short lists, which are loaded as a whole.

use async_graphql::OutputType;

use super::pages::{Cursor, Page, connect};
use super::totals::Totals;
use crate::storage::PageRequest;

/// The page of a list that is sorted by its keys, the greatest first.
pub fn newest_first<T, N: OutputType>(
    list: &str,
    rows: Vec<T>,
    key: impl Fn(&T) -> String,
    page: &PageRequest<String>,
    node: impl Fn(T) -> N,
) -> Page<N> {
    let totals = Totals::Known(rows.len() as u64);
    let is_within = |key: &str| match &page.from {
        None => true,
        Some(from) if page.backward => key > from.as_str(),
        Some(from) => key < from.as_str(),
    };
    let keyed = rows.into_iter().map(|row| (key(&row), row));
    let mut found: Vec<(String, T)> = keyed.filter(|(key, _)| is_within(key)).collect();
    if page.backward {
        found.reverse();
    }
    let (found, has_more) = page.cut(found);
    let entries = found.into_iter().map(|(key, row)| (Cursor::new(list, &[&key]).0, node(row)));
    connect(page, has_more, totals, entries)
}
