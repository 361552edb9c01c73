//! Reads drafts: the review queue, the drafts of a movie, and the draft of a document. The
//! submodule `publish` publishes and discards them.

pub mod publish;

use std::collections::HashMap;

use super::access::CanDraft;
use super::export::Export;
use super::{Catalog, CatalogError};
use crate::document::{Category, MovieId};
use crate::storage::{
    ContributionEntry, DocumentKey, DraftEntry, DraftFilter, DraftPage, DraftPosition, PageRequest,
};

/// An open draft and the current published revision of its document.
#[derive(Debug, Clone)]
pub struct DraftStatus {
    pub draft: DraftEntry,
    /// The current published revision; 0 if the category was never written.
    pub published_revision: i64,
}

impl Catalog {
    /// A page of the review queue, sorted by the time of the last contribution, oldest first.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn draft_page(
        &self,
        _: &CanDraft,
        filter: &DraftFilter,
        page: &PageRequest<DraftPosition>,
    ) -> Result<DraftPage, CatalogError> {
        Ok(self.database.draft_page(filter, page).await?)
    }

    /// The number of drafts that match.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn count_drafts(
        &self,
        _: &CanDraft,
        filter: &DraftFilter,
    ) -> Result<u64, CatalogError> {
        Ok(self.database.count_drafts(filter).await?)
    }

    /// The open drafts of these movies, ordered by movie and category.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn drafts_of(
        &self,
        _: &CanDraft,
        movies: &[&MovieId],
    ) -> Result<Vec<DraftEntry>, CatalogError> {
        Ok(self.database.drafts_of(movies).await?)
    }

    /// The open drafts of a movie with the current published revisions; `None` if the movie does
    /// not exist.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn draft_status(
        &self,
        _: &CanDraft,
        movie: &MovieId,
    ) -> Result<Option<Vec<DraftStatus>>, CatalogError> {
        let drafts = self.database.drafts_of(&[movie]).await?;
        if drafts.is_empty() && !self.database.movie_exists(movie).await? {
            return Ok(None);
        }
        let published = self.database.published_revisions(&[movie]).await?;
        let status = drafts.into_iter().map(|draft| {
            let published_revision =
                published.get(&(draft.movie.clone(), draft.category)).copied().unwrap_or(0);
            DraftStatus { draft, published_revision }
        });
        Ok(Some(status.collect()))
    }

    /// The contributions to the open drafts of these documents, by document, oldest first.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn contributions(
        &self,
        _: &CanDraft,
        drafts: &[DocumentKey],
    ) -> Result<HashMap<DocumentKey, Vec<ContributionEntry>>, CatalogError> {
        let mut found: HashMap<DocumentKey, Vec<ContributionEntry>> = HashMap::new();
        for entry in self.database.contributions_of(drafts).await? {
            found.entry((entry.movie.clone(), entry.category)).or_default().push(entry);
        }
        Ok(found)
    }

    /// Exports of the open drafts of these movies and categories, in no particular order.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn draft_exports(
        &self,
        _: &CanDraft,
        movies: &[&MovieId],
        categories: &[Category],
    ) -> Result<Vec<Export>, CatalogError> {
        let now = self.clock.now();
        let drafts = self.database.drafts(movies, categories).await?;
        Ok(drafts.into_iter().map(|draft| Export::of(draft.into(), now)).collect())
    }

    /// Exports the draft of a document, or the published document if there is no draft. `None` if
    /// the movie does not exist.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn export_draft(
        &self,
        permission: &CanDraft,
        movie: &MovieId,
        category: Category,
    ) -> Result<Option<Export>, CatalogError> {
        let draft = self.draft_exports(permission, &[movie], &[category]).await?.pop();
        match draft {
            Some(draft) => Ok(Some(draft)),
            None => self.export(&permission.can_read(), movie, category).await,
        }
    }
}
