//! The filter of lists of movies.

use std::collections::BTreeSet;

use async_graphql::{Context, InputObject};
use chrono::{DateTime, Utc};

use super::pages::validate_time;
use crate::catalog::movies::{self, MovieQuery, Written};
use crate::document::categories::basic_info::ReleaseStatus;
use crate::document::{Category, Source};
use crate::graphql::context::ContextExt;
use crate::graphql::error::ApiError;
use crate::graphql::limits::MAX_SEARCH;

/// Selects the movies to list. A movie must meet every condition that is given.
#[derive(Debug, Clone, InputObject)]
pub struct MovieFilter {
    /// Text that the title or the original title contains, at most 500 characters. Case, accents,
    /// spacing and the style of quotation marks and dashes are ignored.
    search: Option<String>,
    /// The earliest year of release, inclusive, for example 1990.
    year_from: Option<i32>,
    /// The latest year of release, inclusive, for example 1999.
    year_to: Option<i32>,
    /// Genre names or aliases, for example Drama; at most 20. The movie must have all of them.
    #[graphql(validator(max_items = 20))]
    genres: Option<Vec<String>>,
    /// The release status.
    status: Option<ReleaseStatus>,
    /// Categories in which the movie must have data.
    present: Option<Vec<Category>>,
    /// Categories in which the movie must have no data. Use it to find incomplete movies.
    missing: Option<Vec<Category>>,
    /// Categories in which the movie must have an open draft. Needs the role CONTRIBUTOR.
    has_draft: Option<Vec<Category>>,
    /// By whom and when the movie's documents were last changed.
    written: Option<WrittenFilter>,
}

/// Selects movies by the last published change of their documents. Each document must meet every
/// condition that is given. Documents without data do not count.
#[derive(Debug, Clone, InputObject)]
pub struct WrittenFilter {
    /// The categories whose documents must all meet the conditions. Default: the document of any
    /// category.
    categories: Option<Vec<Category>>,
    /// The source of the last change, for example LLM_GENERATED.
    source: Option<Source>,
    /// The last change is from this time or later.
    since: Option<DateTime<Utc>>,
    /// The last change is from before this time.
    until: Option<DateTime<Utc>>,
}

fn distinct(categories: Option<Vec<Category>>) -> Vec<Category> {
    let given: BTreeSet<Category> = categories.into_iter().flatten().collect();
    given.into_iter().collect()
}

impl WrittenFilter {
    fn read(self) -> Result<Written, ApiError> {
        Ok(Written {
            categories: distinct(self.categories),
            source: self.source,
            since: validate_time("written.since", self.since)?,
            until: validate_time("written.until", self.until)?,
        })
    }
}

/// Authorises, converts and validates a filter; `None` selects all movies.
///
/// # Errors
/// When the role does not allow a condition on drafts, a text is longer than [`MAX_SEARCH`] or
/// contains U+0000, which no database stores, or a time is out of range.
pub fn movie_query(ctx: &Context<'_>, filter: Option<MovieFilter>) -> Result<MovieQuery, ApiError> {
    let Some(filter) = filter else { return Ok(MovieQuery::default()) };
    let drafted = distinct(filter.has_draft);
    let permission = if drafted.is_empty() { None } else { Some(ctx.can_draft()?) };
    let genre_names = filter.genres.unwrap_or_default();
    for text in filter.search.iter().chain(&genre_names) {
        if text.contains('\0') || text.chars().count() > MAX_SEARCH {
            let allowed = format!("at most {MAX_SEARCH} characters without U+0000");
            return Err(ApiError::BadInput(format!("filter: each text may have {allowed}")));
        }
    }
    let query = MovieQuery::new(
        movies::MovieFilter {
            search: filter.search,
            year_from: filter.year_from,
            year_to: filter.year_to,
            status: filter.status.map(|status| status.as_str().to_owned()),
            present: distinct(filter.present),
            missing: distinct(filter.missing),
            written: filter.written.map(WrittenFilter::read).transpose()?,
            ..movies::MovieFilter::default()
        },
        genre_names,
    );
    Ok(match permission {
        Some(permission) => query.with_drafts(&permission, drafted),
        None => query,
    })
}
