//! Pages of lists: their arguments, cursors and connections; and filter values.

use async_graphql::OutputType;
use async_graphql::connection::{Connection, Edge, EmptyFields};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Datelike as _, Utc};

use super::totals::Totals;
use crate::graphql::error::ApiError;
use crate::graphql::limits::{DEFAULT_PAGE, MAX_PAGE, MAX_SEARCH};
use crate::storage::PageRequest;

/// The paging arguments of a Relay connection, as sent.
#[derive(Debug, Default)]
pub struct PageArgs {
    pub first: Option<i32>,
    pub after: Option<String>,
    pub last: Option<i32>,
    pub before: Option<String>,
}

impl PageArgs {
    /// Validates the arguments. `read` reads a cursor. The default page size is 20.
    ///
    /// # Errors
    /// When the arguments contradict each other, the page size is out of range, or the cursor does
    /// not belong to the list.
    pub fn request<P>(
        self,
        read: impl FnOnce(&str) -> Result<P, ApiError>,
    ) -> Result<PageRequest<P>, ApiError> {
        let Self { first, after, last, before } = self;
        let bad = |message: &str| Err(ApiError::BadInput(message.to_owned()));
        if first.is_some() && last.is_some() {
            return bad("first and last cannot be given together");
        }
        if after.is_some() && before.is_some() {
            return bad("after and before cannot be given together");
        }
        let backward = last.is_some() || before.is_some();
        if backward && (first.is_some() || after.is_some()) {
            return bad("first goes with after, last with before");
        }
        let limit = first.or(last).unwrap_or(DEFAULT_PAGE);
        if !(1..=MAX_PAGE).contains(&limit) {
            return bad(&format!("found {limit}; first and last are 1 to {MAX_PAGE}"));
        }
        let from = after.or(before).map(|cursor| read(&cursor)).transpose()?;
        Ok(PageRequest { from, limit: u64::try_from(limit).unwrap_or(1), backward })
    }
}

/// A page of a list, as a connection with the number of entries of the list.
pub type Page<T> = Connection<String, T, Totals, EmptyFields>;

/// Converts the entries of a page, each with its cursor, to a connection. `has_more` says whether
/// there are more in the direction of reading.
pub fn connect<P, T: OutputType>(
    page: &PageRequest<P>,
    has_more: bool,
    totals: Totals,
    entries: impl IntoIterator<Item = (String, T)>,
) -> Page<T> {
    let has_cursor = page.from.is_some();
    let (has_previous, has_next) =
        if page.backward { (has_more, has_cursor) } else { (has_cursor, has_more) };
    let mut connection = Connection::with_additional_fields(has_previous, has_next, totals);
    connection.edges = entries.into_iter().map(|(cursor, node)| Edge::new(cursor, node)).collect();
    connection
}

/// An opaque cursor: the name of its list and the sort values of an entry, in base64url.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(pub String);

impl Cursor {
    /// The cursor of an entry of `list` with these sort values.
    pub fn new(list: &str, parts: &[&str]) -> Self {
        Self(URL_SAFE_NO_PAD.encode(format!("{list}\n{}", parts.join("\n"))))
    }

    /// The sort values of a cursor of `list`.
    ///
    /// # Errors
    /// When the text is not a cursor of that list.
    pub fn read<const N: usize>(list: &str, text: &str) -> Result<[String; N], ApiError> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok();
        let text = bytes
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .filter(|text| !text.contains('\0'));
        let parts = text
            .as_deref()
            .and_then(|text| text.split_once('\n'))
            .filter(|(name, _)| *name == list);
        let parts =
            parts.map(|(_, parts)| parts.split('\n').map(str::to_owned).collect::<Vec<_>>());
        parts.and_then(|parts| parts.try_into().ok()).ok_or_else(invalid_cursor)
    }

    /// The only sort value of a cursor of `list`.
    ///
    /// # Errors
    /// When the text is not a cursor of that list.
    pub fn read_key(list: &str, text: &str) -> Result<String, ApiError> {
        Self::read::<1>(list, text).map(|[key]| key)
    }
}

/// The error for a text that is not a cursor of the list.
pub fn invalid_cursor() -> ApiError {
    ApiError::BadInput("the cursor does not belong to this list".to_owned())
}

/// Validates a text of the filter field `name`.
///
/// # Errors
/// When it is longer than [`MAX_SEARCH`] or contains U+0000, which no database stores.
pub fn validate_text(name: &str, text: Option<String>) -> Result<Option<String>, ApiError> {
    match text {
        Some(text) if text.contains('\0') || text.chars().count() > MAX_SEARCH => {
            let allowed = format!("at most {MAX_SEARCH} characters without U+0000");
            Err(ApiError::BadInput(format!("filter: {name} may have {allowed}")))
        }
        text => Ok(text),
    }
}

/// Validates a time of the filter field `name`.
///
/// # Errors
/// When its year is not one that both databases support.
pub fn validate_time(
    name: &str,
    time: Option<DateTime<Utc>>,
) -> Result<Option<DateTime<Utc>>, ApiError> {
    check_time(&format!("filter: {name}"), time)
}

/// Validates a time at a place of the input.
///
/// # Errors
/// When its year is not one that both databases support.
pub fn check_time(
    place: &str,
    time: Option<DateTime<Utc>>,
) -> Result<Option<DateTime<Utc>>, ApiError> {
    match time {
        Some(time) if !(1..=9999).contains(&time.year()) => {
            Err(ApiError::BadInput(format!("{place} must be in the years 1 to 9999")))
        }
        time => Ok(time),
    }
}
