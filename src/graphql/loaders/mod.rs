//! Data loaders: objects of one kind that a request needs are read by one database query.

pub(super) mod accounts;
pub(super) mod audit;
mod batch;
pub(super) mod credits;
pub(super) mod drafts;
pub(super) mod jobs;

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::budget::Budget;
use crate::catalog::Catalog;
use crate::catalog::access::CanRead;
use crate::catalog::export::Export;
use crate::document::schema::entities::EntityKind;
use crate::document::{Category, MovieId};
use crate::storage::Entity;
use batch::{Batcher, Load, LoadError};
use credits::WorkLoaders;

/// The loaders of one request that need the role VIEWER.
pub struct Loaders {
    pub exports: Batcher<Exports>,
    pub people: Batcher<People>,
    pub works: WorkLoaders,
}

impl Loaders {
    pub fn new(catalog: &Arc<Catalog>, permission: CanRead, budget: &Arc<Budget>) -> Self {
        let reader = Reader { catalog: Arc::clone(catalog), permission };
        Self {
            exports: Batcher::new(Exports(reader.clone()), budget),
            people: Batcher::new(People(reader), budget),
            works: WorkLoaders::new(catalog, permission, budget),
        }
    }
}

#[derive(Clone)]
struct Reader {
    catalog: Arc<Catalog>,
    permission: CanRead,
}

/// Exports of published documents; movies that do not exist are left out.
pub struct Exports(Reader);

impl Load for Exports {
    type Key = (MovieId, Category);
    type Value = Arc<Export>;

    async fn load(
        &self,
        keys: &[(MovieId, Category)],
    ) -> Result<HashMap<(MovieId, Category), Arc<Export>>, LoadError> {
        let movies: BTreeSet<&MovieId> = keys.iter().map(|(movie, _)| movie).collect();
        let categories: BTreeSet<Category> = keys.iter().map(|(_, category)| *category).collect();
        let movies: Vec<_> = movies.into_iter().collect();
        let categories: Vec<_> = categories.into_iter().collect();
        let exports = self.0.catalog.exports(&self.0.permission, &movies, &categories).await?;
        Ok(exports
            .into_iter()
            .map(|export| ((export.movie.clone(), export.category), Arc::new(export)))
            .collect())
    }
}

/// People by id, external id, or the id of a merged person.
pub struct People(Reader);

impl Load for People {
    type Key = String;
    type Value = Arc<Entity>;

    async fn load(&self, keys: &[String]) -> Result<HashMap<String, Arc<Entity>>, LoadError> {
        let found =
            self.0.catalog.find_entities(&self.0.permission, EntityKind::Person, keys).await?;
        Ok(found.into_iter().map(|(given, entity)| (given, Arc::new(entity))).collect())
    }
}
