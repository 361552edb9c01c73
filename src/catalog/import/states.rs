//! The stored states that the documents of a batch are planned from.

use ahash::{HashMap, HashSet};

use crate::catalog::CatalogError;
use crate::document::plan::PreparedReferences;
use crate::document::plan::base::Revisions;
use crate::document::references::named_entities;
use crate::document::resolve::directory::Directory;
use crate::document::{Category, Metadata, MovieId, Object, Stage};
use crate::storage::{DocumentKey, StoredDocument};

/// A state of a stored document, with its parsed data.
pub(in crate::catalog) struct StoredState {
    pub(in crate::catalog) document: StoredDocument,
    pub(in crate::catalog) data: Object,
}

impl StoredState {
    /// Parses the data of a stored document.
    ///
    /// # Errors
    /// If the stored JSON is corrupt.
    pub(in crate::catalog) fn of(document: StoredDocument) -> Result<Self, CatalogError> {
        Ok(Self { data: serde_json::from_str(&document.body)?, document })
    }

    /// The empty state of a document that was never written.
    pub(in crate::catalog) fn never_written(movie: &MovieId, category: Category) -> Self {
        let metadata = Metadata::never_written();
        let document =
            StoredDocument { movie: movie.clone(), category, metadata, body: String::new() };
        Self { document, data: category.definition().empty() }
    }
}

/// An open draft.
pub(super) struct OpenDraft {
    pub(super) current: StoredState,
    /// The number of the contribution that opened the draft.
    pub(super) first_contribution: i64,
}

/// The stored states of the documents of a batch, and what else they are planned from.
pub(super) struct LoadedStates {
    /// The ids of the movies of the batch that exist.
    pub(super) existing_movies: HashSet<String>,
    pub(super) published: HashMap<DocumentKey, StoredState>,
    pub(super) drafts: HashMap<DocumentKey, OpenDraft>,
    /// The number of the newest contribution to each document; loaded if a document has no open
    /// draft.
    pub(super) last_draft_revisions: HashMap<DocumentKey, i64>,
    /// The base revisions that the documents state, unless they are the published document or the
    /// open draft.
    pub(super) bases: HashMap<DocumentKey, StoredState>,
    /// The targets of editorial locks: `/field`, or the id of an item.
    pub(super) locks: HashMap<DocumentKey, Vec<String>>,
    /// The provisional ids of drafts: ids of entities that a draft introduces.
    pub(super) provisional_ids: HashMap<DocumentKey, HashSet<String>>,
    /// The ids of the people who are credited on each movie, if a document of the movie links names
    /// to them.
    pub(super) credited_people: HashMap<String, HashSet<String>>,
}

/// The entities that documents may name.
#[derive(Default)]
pub(super) struct LoadedEntities {
    pub(super) directory: Directory,
    /// The entity references of each document, by its index, if they were prepared with this
    /// directory.
    pub(super) prepared: Vec<Option<PreparedReferences>>,
}

impl LoadedStates {
    /// Replaces the ids of merged entities in drafts and base revisions by the ids of the entities
    /// that they were merged into.
    pub(super) fn follow_redirects(&mut self, directory: &Directory) {
        let drafts = self.drafts.iter_mut().map(|(key, draft)| (key, &mut draft.current));
        for ((_, category), state) in drafts.chain(&mut self.bases) {
            directory.follow_redirects(category.definition().fields, &mut state.data);
        }
    }

    /// Adds the new entities of the open drafts, which an import into the draft may name.
    pub(super) fn add_draft_entities(&self, directory: &mut Directory) {
        for ((_, category), draft) in &self.drafts {
            for entity in named_entities(category.definition().fields, &draft.current.data) {
                if directory.by_id(entity.kind, &entity.id).is_none() {
                    directory.add(&entity);
                }
            }
        }
    }

    /// The numbers of the published revision and of the draft of a document.
    pub(super) fn revisions(&self, key: &DocumentKey) -> Revisions {
        let published = self.published.get(key);
        let draft = self.drafts.get(key);
        Revisions {
            published: published.map_or(0, |current| current.document.metadata.revision),
            draft: draft.and_then(|draft| draft.current.document.metadata.draft_revision),
            has_draft: draft.is_some(),
            last_draft: self.last_draft_revisions.get(key).copied().unwrap_or(0),
        }
    }

    /// The state that a document is imported into: with [`Stage::Draft`] the open draft if there is
    /// one, otherwise the published document.
    pub(super) fn current(&self, key: &DocumentKey, stage: Stage) -> Option<&StoredState> {
        let draft =
            self.drafts.get(key).filter(|_| stage == Stage::Draft).map(|draft| &draft.current);
        draft.or_else(|| self.published.get(key))
    }
}
