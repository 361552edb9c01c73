//! Loaders that need the role CONTRIBUTOR: drafts, revisions, locks and imported texts.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::batch::{Batcher, Load, LoadError};
use crate::catalog::Catalog;
use crate::catalog::access::CanDraft;
use crate::catalog::export::Export;
use crate::document::{Category, MovieId};
use crate::graphql::budget::Budget;
use crate::storage::{
    ContributionEntry, DocumentKey, DraftEntry, EditorialLock, ImportRow, MovieRow, StateKey,
};

/// The loaders of one request that need the role CONTRIBUTOR.
pub struct DraftLoaders {
    pub movies: Batcher<ContributorMovies>,
    pub drafts: Batcher<Drafts>,
    pub draft_exports: Batcher<DraftExports>,
    pub contributions: Batcher<Contributions>,
    pub states: Batcher<States>,
    pub locks: Batcher<Locks>,
    pub sent: Batcher<SentDocuments>,
    pub import_records: Batcher<ImportRecords>,
}

impl DraftLoaders {
    pub fn new(catalog: &Arc<Catalog>, permission: CanDraft, budget: &Arc<Budget>) -> Self {
        let reader = Reader { catalog: Arc::clone(catalog), permission };
        Self {
            movies: Batcher::new(ContributorMovies(reader.clone()), budget),
            drafts: Batcher::new(Drafts(reader.clone()), budget),
            draft_exports: Batcher::new(DraftExports(reader.clone()), budget),
            contributions: Batcher::new(Contributions(reader.clone()), budget),
            states: Batcher::new(States(reader.clone()), budget),
            locks: Batcher::new(Locks(reader.clone()), budget),
            sent: Batcher::new(SentDocuments(reader.clone()), budget),
            import_records: Batcher::new(ImportRecords(reader), budget),
        }
    }
}

#[derive(Clone)]
struct Reader {
    catalog: Arc<Catalog>,
    permission: CanDraft,
}

/// Movies by id, for fields of drafts and of the import log.
pub struct ContributorMovies(Reader);

impl Load for ContributorMovies {
    type Key = MovieId;
    type Value = MovieRow;

    async fn load(&self, keys: &[MovieId]) -> Result<HashMap<MovieId, MovieRow>, LoadError> {
        let movies = self.0.catalog.movies(&self.0.permission.can_read(), keys).await?;
        Ok(movies.into_iter().map(|movie| (movie.id.clone(), movie)).collect())
    }
}

/// The open drafts of a movie.
pub struct Drafts(Reader);

impl Load for Drafts {
    type Key = MovieId;
    type Value = Vec<DraftEntry>;

    async fn load(&self, keys: &[MovieId]) -> Result<HashMap<MovieId, Vec<DraftEntry>>, LoadError> {
        let movies: Vec<_> = keys.iter().collect();
        let mut found: HashMap<MovieId, Vec<DraftEntry>> = HashMap::new();
        for draft in self.0.catalog.drafts_of(&self.0.permission, &movies).await? {
            found.entry(draft.movie.clone()).or_default().push(draft);
        }
        Ok(found)
    }
}

/// Exports of open drafts.
pub struct DraftExports(Reader);

impl Load for DraftExports {
    type Key = DocumentKey;
    type Value = Arc<Export>;

    async fn load(
        &self,
        keys: &[DocumentKey],
    ) -> Result<HashMap<DocumentKey, Arc<Export>>, LoadError> {
        let movies: BTreeSet<&MovieId> = keys.iter().map(|(movie, _)| movie).collect();
        let categories: BTreeSet<Category> = keys.iter().map(|(_, category)| *category).collect();
        let movies: Vec<_> = movies.into_iter().collect();
        let categories: Vec<_> = categories.into_iter().collect();
        let exports =
            self.0.catalog.draft_exports(&self.0.permission, &movies, &categories).await?;
        Ok(exports
            .into_iter()
            .map(|export| ((export.movie.clone(), export.category), Arc::new(export)))
            .collect())
    }
}

/// The contributions to open drafts.
pub struct Contributions(Reader);

impl Load for Contributions {
    type Key = DocumentKey;
    type Value = Vec<ContributionEntry>;

    async fn load(
        &self,
        keys: &[DocumentKey],
    ) -> Result<HashMap<DocumentKey, Vec<ContributionEntry>>, LoadError> {
        Ok(self.0.catalog.contributions(&self.0.permission, keys).await?)
    }
}

/// Published states of documents, by document and revision.
pub struct States(Reader);

impl Load for States {
    type Key = StateKey;
    type Value = Arc<Export>;

    async fn load(&self, keys: &[StateKey]) -> Result<HashMap<StateKey, Arc<Export>>, LoadError> {
        let states = self.0.catalog.revision_exports(&self.0.permission, keys).await?;
        Ok(states.into_iter().map(|(key, export)| (key, Arc::new(export))).collect())
    }
}

/// The locks of a movie, by category and time.
pub struct Locks(Reader);

impl Load for Locks {
    type Key = MovieId;
    type Value = Vec<(Category, EditorialLock)>;

    async fn load(
        &self,
        keys: &[MovieId],
    ) -> Result<HashMap<MovieId, Vec<(Category, EditorialLock)>>, LoadError> {
        let movies: Vec<_> = keys.iter().collect();
        let mut found: HashMap<MovieId, Vec<(Category, EditorialLock)>> = HashMap::new();
        for ((movie, category), locks) in self.0.catalog.locks(&self.0.permission, &movies).await? {
            found.entry(movie).or_default().extend(locks.into_iter().map(|lock| (category, lock)));
        }
        for locks in found.values_mut() {
            locks.sort_by(|(a, left), (b, right)| {
                (a, left.locked_at, &left.target).cmp(&(b, right.locked_at, &right.target))
            });
        }
        Ok(found)
    }
}

/// Documents as sent, by the id of their record in the import log.
pub struct SentDocuments(Reader);

impl Load for SentDocuments {
    type Key = String;
    type Value = String;

    async fn load(&self, keys: &[String]) -> Result<HashMap<String, String>, LoadError> {
        Ok(self.0.catalog.import_documents(&self.0.permission, keys).await?)
    }
}

/// Entries of the import log, by id.
pub struct ImportRecords(Reader);

impl Load for ImportRecords {
    type Key = String;
    type Value = ImportRow;

    async fn load(&self, keys: &[String]) -> Result<HashMap<String, ImportRow>, LoadError> {
        let entries = self.0.catalog.import_log_entries(&self.0.permission, keys).await?;
        Ok(entries.into_iter().map(|entry| (entry.id.clone(), entry)).collect())
    }
}
