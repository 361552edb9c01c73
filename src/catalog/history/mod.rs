//! History: the states that a document was published in, and what differs between them.

pub mod provenance;
mod revert;

use std::collections::HashMap;

use super::access::CanDraft;
use super::export::Export;
use super::{Catalog, CatalogError};
use crate::document::plan::diff::{Change, diff};
use crate::document::{Category, Metadata, MovieId, Object};
use crate::storage::StateKey;

/// A part of the history of a document, newest first.
#[derive(Debug)]
pub struct RevisionPage {
    /// How each state came to be.
    pub revisions: Vec<Metadata>,
    /// Whether there are older ones.
    pub has_more: bool,
}

/// What differs between two states of one category.
///
/// # Errors
/// When a stored document is not JSON.
pub fn changes(before: &Export, after: &Export) -> Result<Vec<Change>, CatalogError> {
    let read = |export: &Export| serde_json::from_str::<Object>(&export.body);
    Ok(diff(after.category.definition(), &read(before)?, &read(after)?))
}

impl Catalog {
    /// The states of a document before a revision, or from the newest on, newest first. None of a
    /// category that was never written, or of a movie that is not there.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn revisions(
        &self,
        _: &CanDraft,
        movie: &MovieId,
        category: Category,
        before: Option<i64>,
        limit: usize,
    ) -> Result<RevisionPage, CatalogError> {
        let mut revisions =
            self.database.revision_list(movie, category, before, limit as u64 + 1).await?;
        let has_more = revisions.len() > limit;
        revisions.truncate(limit);
        Ok(RevisionPage { revisions, has_more })
    }

    /// Published states by document and revision, those that never were left out. Revision 0 is the
    /// empty document.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn states(
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

    /// What differs between two revisions of a document; revision 0 is the empty document. `None` if
    /// one of them never was.
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
        let states = self.states(permission, &[key(from), key(to)]).await?;
        match (states.get(&key(from)), states.get(&key(to))) {
            (Some(before), Some(after)) => Ok(Some(changes(before, after)?)),
            _ => Ok(None),
        }
    }
}
