//! The options of an export, as they are stored and sent.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::{BulkFormat, PastMoment, Selection};
use crate::catalog::access::CanDraft;
use crate::catalog::movies::{MovieFilter, MovieQuery, Written};
use crate::document::{Category, MovieId, Source};

/// The options of an export, with the names and values of the REST interface. An empty list does
/// not filter.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExportOptions {
    /// The movies to export, in this order; `None` means all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ids: Option<Vec<MovieId>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub search: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub year_from: Option<i32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub year_to: Option<i32>,
    /// Names or aliases of genres.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub genres: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub present: Vec<Category>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<Category>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub has_draft: Vec<Category>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub written_categories: Vec<Category>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written_source: Option<Source>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written_since: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub written_until: Option<DateTime<Utc>>,
    /// The categories to export; empty means all, or none but the templates of `missing`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub categories: Vec<Category>,
    /// The moment of which to export the documents; `None` means that of the export.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub as_of: Option<DateTime<Utc>>,
    pub format: BulkFormat,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub compress: Option<bool>,
}

impl ExportOptions {
    /// An export of the movies that `query` selects, with all categories.
    #[must_use]
    pub fn new(query: MovieQuery, format: BulkFormat) -> Self {
        let has_draft = query.drafted().to_vec();
        let MovieQuery { filter, genre_names, .. } = query;
        let MovieFilter { search, year_from, year_to, status, present, missing, .. } = filter;
        let Written { categories, source, since, until } = filter.written.unwrap_or_default();
        Self {
            ids: None,
            search,
            year_from,
            year_to,
            genres: genre_names,
            status,
            present,
            missing,
            has_draft,
            written_categories: categories,
            written_source: source,
            written_since: since,
            written_until: until,
            categories: Vec::new(),
            as_of: None,
            format,
            compress: None,
        }
    }

    /// What is exported.
    #[must_use]
    pub fn selection(&self, permission: &CanDraft) -> Selection {
        let written = Written {
            categories: self.written_categories.clone(),
            source: self.written_source,
            since: self.written_since,
            until: self.written_until,
        };
        let filter = MovieFilter {
            search: self.search.clone(),
            year_from: self.year_from,
            year_to: self.year_to,
            genres: Vec::new(),
            status: self.status.clone(),
            present: self.present.clone(),
            missing: self.missing.clone(),
            has_draft: Vec::new(),
            written: (written != Written::default()).then_some(written),
        };
        let query = MovieQuery::new(filter, self.genres.clone());
        Selection {
            movies: self.ids.clone(),
            query: query.with_drafts(permission, self.has_draft.clone()),
            categories: self.categories.clone(),
            as_of: self.as_of.map(|at| PastMoment::new(permission, at)),
        }
    }
}
