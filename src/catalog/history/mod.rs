//! The history of documents: their revisions and the changes between them.

pub mod provenance;
mod revert;

use std::collections::HashMap;

use super::access::CanDraft;
use super::export::Export;
use super::{Catalog, CatalogError};
use crate::document::plan::diff::{Change, diff};
use crate::document::{Category, Metadata, MovieId, Object};
use crate::storage::{PageRequest, StateKey};

/// A page of the revisions of a document, newest first.
#[derive(Debug)]
pub struct RevisionPage {
    /// The metadata of each revision.
    pub revisions: Vec<Metadata>,
    /// Whether there are older revisions.
    pub has_more: bool,
}

/// The changes between two documents of one category.
///
/// # Errors
/// When a stored document is not JSON.
pub fn changes_between(before: &Export, after: &Export) -> Result<Vec<Change>, CatalogError> {
    let read = |export: &Export| serde_json::from_str::<Object>(&export.body);
    Ok(diff(after.category.definition(), &read(before)?, &read(after)?))
}

impl Catalog {
    /// A page of the revisions of a document, newest first. A position is the number of a revision.
    /// Empty if the category was never written or the movie does not exist.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn revisions(
        &self,
        _: &CanDraft,
        movie: &MovieId,
        category: Category,
        page: &PageRequest<i64>,
    ) -> Result<RevisionPage, CatalogError> {
        let (revisions, has_more) =
            page.cut(self.database.revision_list(movie, category, page).await?);
        Ok(RevisionPage { revisions, has_more })
    }

    /// The number of revisions of a document; 0 if it was never written. Revisions are numbered
    /// without gaps, from 1 on.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn count_revisions(
        &self,
        _: &CanDraft,
        movie: &MovieId,
        category: Category,
    ) -> Result<u64, CatalogError> {
        let published = self.database.published_revisions(&[movie]).await?;
        let current = published.get(&(movie.clone(), category)).copied().unwrap_or(0);
        Ok(u64::try_from(current).unwrap_or_default())
    }

    /// Exports of published revisions, by document and revision. Revisions that do not exist are
    /// left out. Revision 0 is the empty document.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn revision_exports(
        &self,
        _: &CanDraft,
        keys: &[StateKey],
    ) -> Result<HashMap<StateKey, Export>, CatalogError> {
        let now = self.clock.now();
        let (empty, written): (Vec<StateKey>, Vec<StateKey>) =
            keys.iter().cloned().partition(|(_, number)| *number == 0);
        let mut found = HashMap::with_capacity(keys.len());
        for ((movie, category), number) in empty {
            let export = Export::as_stored(None, &movie, category, now);
            found.insert(((movie, category), number), export);
        }
        for state in self.database.states(&written).await? {
            let key = ((state.movie.clone(), state.category), state.metadata.revision);
            found.insert(key, Export::of(state, now));
        }
        Ok(found)
    }

    /// The changes between two revisions of a document. Revision 0 is the empty document. `None` if
    /// one of the revisions does not exist.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn revision_diff(
        &self,
        permission: &CanDraft,
        movie: &MovieId,
        category: Category,
        from: i64,
        to: i64,
    ) -> Result<Option<Vec<Change>>, CatalogError> {
        let key = |number: i64| ((movie.clone(), category), number);
        let exports = self.revision_exports(permission, &[key(from), key(to)]).await?;
        match (exports.get(&key(from)), exports.get(&key(to))) {
            (Some(before), Some(after)) => Ok(Some(changes_between(before, after)?)),
            _ => Ok(None),
        }
    }
}
