//! Loaders: however many objects of a request ask for the same kind of thing, it is one query.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use async_graphql::dataloader::{DataLoader, Loader};
use async_graphql::runtime::{TokioSpawner, TokioTimer};

use super::error::ApiError;
use super::work_loaders::WorkLoaders;
use crate::catalog::access::CanRead;
use crate::catalog::export::Export;
use crate::catalog::{Catalog, CatalogError};
use crate::document::entity::EntityKind;
use crate::document::{Category, MovieId};
use crate::storage::Entity;

/// The loaders of one request.
pub struct Loaders {
    pub exports: DataLoader<Exports>,
    pub present: DataLoader<PresentCategories>,
    pub people: DataLoader<People>,
    pub works: WorkLoaders,
}

impl Loaders {
    pub fn new(catalog: &Arc<Catalog>, permission: CanRead) -> Self {
        let reader = Reader { catalog: Arc::clone(catalog), permission };
        Self {
            exports: DataLoader::new(
                Exports(reader.clone()),
                TokioSpawner::current(),
                TokioTimer::default(),
            ),
            present: DataLoader::new(
                PresentCategories(reader.clone()),
                TokioSpawner::current(),
                TokioTimer::default(),
            ),
            people: DataLoader::new(People(reader), TokioSpawner::current(), TokioTimer::default()),
            works: WorkLoaders::new(catalog, permission),
        }
    }
}

/// Shared by all who asked together, so it can be cloned.
#[derive(Debug, Clone)]
pub struct LoadError(Arc<CatalogError>);

impl From<CatalogError> for LoadError {
    fn from(error: CatalogError) -> Self {
        Self(Arc::new(error))
    }
}

impl From<LoadError> for ApiError {
    fn from(LoadError(error): LoadError) -> Self {
        match Arc::try_unwrap(error) {
            Ok(error) => Self::Internal(error),
            Err(shared) => Self::Internal(CatalogError::Shared(shared)),
        }
    }
}

#[derive(Clone)]
struct Reader {
    catalog: Arc<Catalog>,
    permission: CanRead,
}

/// Exports of movies that exist.
pub struct Exports(Reader);

impl Loader<(MovieId, Category)> for Exports {
    type Value = Export;
    type Error = LoadError;

    async fn load(
        &self,
        keys: &[(MovieId, Category)],
    ) -> Result<HashMap<(MovieId, Category), Export>, LoadError> {
        let movies: BTreeSet<&MovieId> = keys.iter().map(|(movie, _)| movie).collect();
        let categories: BTreeSet<Category> = keys.iter().map(|(_, category)| *category).collect();
        let movies: Vec<_> = movies.into_iter().collect();
        let categories: Vec<_> = categories.into_iter().collect();
        let exports = self.0.catalog.exports(&self.0.permission, &movies, &categories).await?;
        Ok(exports
            .into_iter()
            .map(|export| ((export.movie.clone(), export.category), export))
            .collect())
    }
}

/// Which categories of a movie hold anything.
pub struct PresentCategories(Reader);

impl Loader<MovieId> for PresentCategories {
    type Value = Vec<Category>;
    type Error = LoadError;

    async fn load(&self, keys: &[MovieId]) -> Result<HashMap<MovieId, Vec<Category>>, LoadError> {
        let movies: Vec<_> = keys.iter().collect();
        let mut found: HashMap<MovieId, Vec<Category>> =
            keys.iter().map(|movie| (movie.clone(), Vec::new())).collect();
        for (movie, category) in
            self.0.catalog.present_categories(&self.0.permission, &movies).await?
        {
            found.entry(movie).or_default().push(category);
        }
        for categories in found.values_mut() {
            categories.sort();
        }
        Ok(found)
    }
}

/// People by any id that leads to them.
pub struct People(Reader);

impl Loader<String> for People {
    type Value = Arc<Entity>;
    type Error = LoadError;

    async fn load(&self, keys: &[String]) -> Result<HashMap<String, Arc<Entity>>, LoadError> {
        let found =
            self.0.catalog.find_entities(&self.0.permission, EntityKind::Person, keys).await?;
        Ok(found.into_iter().map(|(given, entity)| (given, Arc::new(entity))).collect())
    }
}
