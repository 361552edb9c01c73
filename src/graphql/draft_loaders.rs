//! Loaders of what contributors see: drafts, states of the history, locks, texts as sent.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::runtime::{TokioSpawner, TokioTimer};

use super::loaders::LoadError;
use crate::catalog::Catalog;
use crate::catalog::access::CanDraft;
use crate::catalog::export::Export;
use crate::document::{Category, MovieId};
use crate::storage::{ContributionEntry, DocumentKey, DraftEntry, Lock, MovieRow, StateKey};

/// The loaders of one request of a contributor.
pub struct DraftLoaders {
    pub movies: DataLoader<Movies>,
    pub drafts: DataLoader<Drafts>,
    pub draft_exports: DataLoader<DraftExports>,
    pub contributions: DataLoader<Contributions>,
    pub states: DataLoader<States>,
    pub locks: DataLoader<Locks>,
    pub sent: DataLoader<SentDocuments>,
}

impl DraftLoaders {
    pub fn new(catalog: &Arc<Catalog>, permission: CanDraft) -> Self {
        let reader = Reader { catalog: Arc::clone(catalog), permission };
        Self {
            movies: loader(Movies(reader.clone())),
            drafts: loader(Drafts(reader.clone())),
            draft_exports: loader(DraftExports(reader.clone())),
            contributions: loader(Contributions(reader.clone())),
            states: loader(States(reader.clone())),
            locks: loader(Locks(reader.clone())),
            sent: loader(SentDocuments(reader)),
        }
    }
}

fn loader<T>(of: T) -> DataLoader<T> {
    DataLoader::new(of, TokioSpawner::current(), TokioTimer::default())
}

#[derive(Clone)]
struct Reader {
    catalog: Arc<Catalog>,
    permission: CanDraft,
}

/// Movies by id.
pub struct Movies(Reader);

impl Loader<MovieId> for Movies {
    type Value = MovieRow;
    type Error = LoadError;

    async fn load(&self, keys: &[MovieId]) -> Result<HashMap<MovieId, MovieRow>, LoadError> {
        let movies = self.0.catalog.movies(&self.0.permission.can_read(), keys).await?;
        Ok(movies.into_iter().map(|movie| (movie.id.clone(), movie)).collect())
    }
}

/// The open drafts of a movie.
pub struct Drafts(Reader);

impl Loader<MovieId> for Drafts {
    type Value = Vec<DraftEntry>;
    type Error = LoadError;

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

impl Loader<DocumentKey> for DraftExports {
    type Value = Export;
    type Error = LoadError;

    async fn load(&self, keys: &[DocumentKey]) -> Result<HashMap<DocumentKey, Export>, LoadError> {
        let movies: BTreeSet<&MovieId> = keys.iter().map(|(movie, _)| movie).collect();
        let categories: BTreeSet<Category> = keys.iter().map(|(_, category)| *category).collect();
        let movies: Vec<_> = movies.into_iter().collect();
        let categories: Vec<_> = categories.into_iter().collect();
        let exports =
            self.0.catalog.draft_exports(&self.0.permission, &movies, &categories).await?;
        Ok(exports
            .into_iter()
            .map(|export| ((export.movie.clone(), export.category), export))
            .collect())
    }
}

/// What was contributed to open drafts.
pub struct Contributions(Reader);

impl Loader<DocumentKey> for Contributions {
    type Value = Vec<ContributionEntry>;
    type Error = LoadError;

    async fn load(
        &self,
        keys: &[DocumentKey],
    ) -> Result<HashMap<DocumentKey, Vec<ContributionEntry>>, LoadError> {
        Ok(self.0.catalog.contributions(&self.0.permission, keys).await?)
    }
}

/// Published states of documents.
pub struct States(Reader);

impl Loader<StateKey> for States {
    type Value = Arc<Export>;
    type Error = LoadError;

    async fn load(&self, keys: &[StateKey]) -> Result<HashMap<StateKey, Arc<Export>>, LoadError> {
        let states = self.0.catalog.states(&self.0.permission, keys).await?;
        Ok(states.into_iter().map(|(key, export)| (key, Arc::new(export))).collect())
    }
}

/// The locks of a movie, by category.
pub struct Locks(Reader);

impl Loader<MovieId> for Locks {
    type Value = Vec<(Category, Lock)>;
    type Error = LoadError;

    async fn load(
        &self,
        keys: &[MovieId],
    ) -> Result<HashMap<MovieId, Vec<(Category, Lock)>>, LoadError> {
        let movies: Vec<_> = keys.iter().collect();
        let mut found: HashMap<MovieId, Vec<(Category, Lock)>> = HashMap::new();
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

/// Documents as they were sent, by the id of their record.
pub struct SentDocuments(Reader);

impl Loader<String> for SentDocuments {
    type Value = String;
    type Error = LoadError;

    async fn load(&self, keys: &[String]) -> Result<HashMap<String, String>, LoadError> {
        Ok(self.0.catalog.import_documents(&self.0.permission, keys).await?)
    }
}
