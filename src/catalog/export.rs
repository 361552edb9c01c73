//! Exports the published document of one category, or of several categories and movies.

use chrono::{DateTime, Utc};

use super::access::{CanDraft, CanRead};
use super::{Catalog, CatalogError};
use crate::document::read::envelope;
use crate::document::{Category, Metadata, MovieId};
use crate::storage::StoredDocument;

/// A document with its metadata, ready to be shown or sent.
#[derive(Debug, Clone)]
pub struct Export {
    pub movie: MovieId,
    pub category: Category,
    pub metadata: Metadata,
    /// The document's data as compact JSON.
    pub body: String,
    pub exported_at: DateTime<Utc>,
}

impl Export {
    /// The stored document, or the empty document of a category that was never written.
    pub(super) fn as_stored(
        stored: Option<StoredDocument>,
        movie: &MovieId,
        category: Category,
        exported_at: DateTime<Utc>,
    ) -> Self {
        match stored {
            Some(document) => Self::of(document, exported_at),
            None => Self::never_written(movie.clone(), category, exported_at),
        }
    }

    pub(super) fn of(document: StoredDocument, exported_at: DateTime<Utc>) -> Self {
        let StoredDocument { movie, category, metadata, body } = document;
        Self { movie, category, metadata, body, exported_at }
    }

    fn never_written(movie: MovieId, category: Category, exported_at: DateTime<Utc>) -> Self {
        let body = serde_json::Value::Object(category.definition().empty()).to_string();
        Self { movie, category, metadata: Metadata::never_written(), body, exported_at }
    }

    /// The whole envelope as compact JSON.
    #[must_use]
    pub fn envelope(&self) -> String {
        envelope::write(self.category, &self.movie, self.exported_at, &self.body, &self.metadata)
    }

    /// The file name of the envelope, such as `tmdb-550-timeline.json`.
    #[must_use]
    pub fn file_name(&self) -> String {
        envelope::file_name(&self.movie, self.category)
    }

    /// A weak entity tag (RFC 9110 §8.8.3), which stays the same until the document changes,
    /// although `exported_at` differs. It has the revision and the time, because a movie may be
    /// deleted and created again.
    #[must_use]
    pub fn etag(&self) -> String {
        let moment = self.metadata.last_updated.map_or(0, |moment| moment.timestamp_micros());
        let state = match self.metadata.draft_revision {
            Some(number) => format!("draft-{number}"),
            None => self.metadata.revision.to_string(),
        };
        format!("W/\"{}-{state}-{moment:x}\"", self.category.slug())
    }
}

impl Catalog {
    /// Exports one category of a movie; `None` if there is no such movie.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn export(
        &self,
        _: &CanRead,
        movie: &MovieId,
        category: Category,
    ) -> Result<Option<Export>, CatalogError> {
        let now = self.clock.now();
        if let Some(document) = self.database.document(movie, category).await? {
            return Ok(Some(Export::of(document, now)));
        }
        let exists = self.database.movie_exists(movie).await?;
        Ok(exists.then(|| Export::never_written(movie.clone(), category, now)))
    }

    /// Exports one category of a movie as it was at a moment; `None` if the movie did not exist
    /// then.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn export_as_of(
        &self,
        _: &CanDraft,
        movie: &MovieId,
        category: Category,
        moment: DateTime<Utc>,
    ) -> Result<Option<Export>, CatalogError> {
        let now = self.clock.now();
        if let Some(document) = self.database.document_as_of(movie, category, moment).await? {
            return Ok(Some(Export::of(document, now)));
        }
        let found = self.database.movies(std::slice::from_ref(movie)).await?;
        let existed = found.first().is_some_and(|movie| movie.created_at <= moment);
        Ok(existed.then(|| Export::never_written(movie.clone(), category, now)))
    }

    /// The total size, in bytes, of the data of all categories of a movie.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn stored_bytes(&self, _: &CanRead, movie: &MovieId) -> Result<u64, CatalogError> {
        Ok(self.database.stored_bytes(movie).await?)
    }

    /// Exports the given categories of the given movies, in that order. All movies must exist.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn exports(
        &self,
        _: &CanRead,
        movies: &[&MovieId],
        categories: &[Category],
    ) -> Result<Vec<Export>, CatalogError> {
        let now = self.clock.now();
        let mut stored: std::collections::HashMap<(MovieId, Category), StoredDocument> = self
            .database
            .documents(movies, categories)
            .await?
            .into_iter()
            .map(|document| ((document.movie.clone(), document.category), document))
            .collect();
        let keys = movies
            .iter()
            .flat_map(|movie| categories.iter().map(move |category| ((*movie).clone(), *category)));
        Ok(keys.map(|key| Export::as_stored(stored.remove(&key), &key.0, key.1, now)).collect())
    }
}
