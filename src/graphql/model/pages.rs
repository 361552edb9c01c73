//! Pages of lists that are read forward only: how many, and after which cursor.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Datelike as _, Utc};

use crate::graphql::error::ApiError;
use crate::graphql::limits::{DEFAULT_PAGE, MAX_PAGE, MAX_SEARCH};

/// How many the page holds.
///
/// # Errors
/// When it is not a number from 1 to 100.
pub fn limit_of(first: Option<i32>) -> Result<usize, ApiError> {
    let limit = first.unwrap_or(DEFAULT_PAGE);
    let fits = usize::try_from(limit).ok().filter(|_| (1..=MAX_PAGE).contains(&limit));
    fits.ok_or_else(|| ApiError::BadInput(format!("found {limit}; first is 1 to {MAX_PAGE}")))
}

/// The place of an entry of a list, as clients hold it: what list it is, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor(pub String);

impl Cursor {
    /// The cursor of the list `of`, at a place that those parts tell.
    pub fn new(of: &str, parts: &[&str]) -> Self {
        Self(URL_SAFE_NO_PAD.encode(format!("{of}\n{}", parts.join("\n"))))
    }

    /// The parts of a cursor of the list `of`.
    ///
    /// # Errors
    /// When it is no cursor of that list.
    pub fn read<const N: usize>(of: &str, text: &str) -> Result<[String; N], ApiError> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok();
        let text = bytes
            .and_then(|bytes| String::from_utf8(bytes).ok())
            .filter(|text| !text.contains('\0'));
        let parts =
            text.as_deref().and_then(|text| text.split_once('\n')).filter(|(list, _)| *list == of);
        let parts =
            parts.map(|(_, parts)| parts.split('\n').map(str::to_owned).collect::<Vec<_>>());
        parts.and_then(|parts| parts.try_into().ok()).ok_or_else(not_ours)
    }
}

/// A cursor that this list did not give.
pub fn not_ours() -> ApiError {
    ApiError::BadInput("the cursor is none that this list gave".to_owned())
}

/// A text of a filter.
///
/// # Errors
/// When it is too long or holds what no database can.
pub fn text_of(name: &str, text: Option<String>) -> Result<Option<String>, ApiError> {
    match text {
        Some(text) if text.contains('\0') || text.chars().count() > MAX_SEARCH => {
            let allowed = format!("at most {MAX_SEARCH} characters, none of them U+0000");
            Err(ApiError::BadInput(format!("filter: {name} has {allowed}")))
        }
        text => Ok(text),
    }
}

/// A moment of a filter.
///
/// # Errors
/// When it is of a year that no database knows.
pub fn moment_of(
    name: &str,
    moment: Option<DateTime<Utc>>,
) -> Result<Option<DateTime<Utc>>, ApiError> {
    match moment {
        Some(moment) if !(1..=9999).contains(&moment.year()) => {
            Err(ApiError::BadInput(format!("filter: {name} is of the years 1 to 9999")))
        }
        moment => Ok(moment),
    }
}
