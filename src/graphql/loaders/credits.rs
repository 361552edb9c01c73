//! Loaders of entities, of people's credits and nominations, and of the movies that name an entity.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use super::batch::{Batcher, Load, LoadError};
use crate::catalog::Catalog;
use crate::catalog::access::CanRead;
use crate::catalog::entities::WorksPage;
use crate::document::MovieId;
use crate::document::schema::entities::EntityKind;
use crate::graphql::budget::Budget;
use crate::storage::{
    CreditEntry, Entity, MovieOrder, MoviePageRequest, MovieRow, NominationEntry, WorkTotals,
};

/// The loaders of credits, nominations and entities in one request.
pub struct WorkLoaders {
    pub movies: Batcher<Movies>,
    pub entities: Batcher<Entities>,
    pub totals: Batcher<Totals>,
    pub known_for: Batcher<KnownFor>,
    pub credits: Batcher<Credits>,
    pub nominations: Batcher<Nominations>,
    pub entity_movies: Batcher<EntityMovies>,
    pub entity_movie_counts: Batcher<EntityMovieCounts>,
}

impl WorkLoaders {
    pub fn new(catalog: &Arc<Catalog>, permission: CanRead, budget: &Arc<Budget>) -> Self {
        let reader = Reader { catalog: Arc::clone(catalog), permission };
        Self {
            movies: Batcher::new(Movies(reader.clone()), budget),
            entities: Batcher::new(Entities(reader.clone()), budget),
            totals: Batcher::new(Totals(reader.clone()), budget),
            known_for: Batcher::new(KnownFor(reader.clone()), budget),
            credits: Batcher::new(Credits(reader.clone()), budget),
            nominations: Batcher::new(Nominations(reader.clone()), budget),
            entity_movies: Batcher::new(EntityMovies(reader.clone()), budget),
            entity_movie_counts: Batcher::new(EntityMovieCounts(reader), budget),
        }
    }
}

#[derive(Clone)]
struct Reader {
    catalog: Arc<Catalog>,
    permission: CanRead,
}

/// Groups pairs by their first part, which the keys of one database query share.
fn group<A: Clone + Eq + Hash, B: Clone>(keys: impl Iterator<Item = (A, B)>) -> HashMap<A, Vec<B>> {
    keys.fold(HashMap::new(), |mut groups, (shared, key)| {
        groups.entry(shared).or_insert_with(Vec::new).push(key);
        groups
    })
}

/// Movies by id.
pub struct Movies(Reader);

impl Load for Movies {
    type Key = MovieId;
    type Value = MovieRow;

    async fn load(&self, keys: &[MovieId]) -> Result<HashMap<MovieId, MovieRow>, LoadError> {
        let movies = self.0.catalog.movies(&self.0.permission, keys).await?;
        Ok(movies.into_iter().map(|movie| (movie.id.clone(), movie)).collect())
    }
}

/// Ceremonies, platforms and genres by id, external id, or the id of a merged entity.
pub struct Entities(Reader);

impl Load for Entities {
    type Key = (EntityKind, String);
    type Value = Arc<Entity>;

    async fn load(
        &self,
        keys: &[(EntityKind, String)],
    ) -> Result<HashMap<(EntityKind, String), Arc<Entity>>, LoadError> {
        let mut found = HashMap::new();
        for (kind, ids) in group(keys.iter().cloned()) {
            let entities = self.0.catalog.find_entities(&self.0.permission, kind, &ids).await?;
            found.extend(
                entities.into_iter().map(|(given, entity)| ((kind, given), Arc::new(entity))),
            );
        }
        Ok(found)
    }
}

/// The numbers of a person's credits and nominations, by the person's id.
pub struct Totals(Reader);

impl Load for Totals {
    type Key = String;
    type Value = WorkTotals;

    async fn load(&self, keys: &[String]) -> Result<HashMap<String, WorkTotals>, LoadError> {
        Ok(self.0.catalog.work_totals(&self.0.permission, keys).await?)
    }
}

/// The movies that a person is known for, by the person's id.
pub struct KnownFor(Reader);

impl Load for KnownFor {
    type Key = String;
    type Value = Vec<MovieId>;

    async fn load(&self, keys: &[String]) -> Result<HashMap<String, Vec<MovieId>>, LoadError> {
        Ok(group(self.0.catalog.known_for(&self.0.permission, keys).await?.into_iter()))
    }
}

/// A page of a person's credits.
pub struct Credits(Reader);

impl Load for Credits {
    type Key = (WorksPage, String);
    type Value = Vec<CreditEntry>;

    async fn load(
        &self,
        keys: &[(WorksPage, String)],
    ) -> Result<HashMap<(WorksPage, String), Vec<CreditEntry>>, LoadError> {
        let mut found: HashMap<_, Vec<CreditEntry>> = HashMap::new();
        for (page, people) in group(keys.iter().cloned()) {
            for entry in self.0.catalog.credits_of(&self.0.permission, &people, &page).await? {
                found.entry((page.clone(), entry.person.clone())).or_default().push(entry);
            }
        }
        Ok(found)
    }
}

/// A page of a person's nominations.
pub struct Nominations(Reader);

impl Load for Nominations {
    type Key = (WorksPage, String);
    type Value = Vec<NominationEntry>;

    async fn load(
        &self,
        keys: &[(WorksPage, String)],
    ) -> Result<HashMap<(WorksPage, String), Vec<NominationEntry>>, LoadError> {
        let mut found: HashMap<_, Vec<NominationEntry>> = HashMap::new();
        for (page, people) in group(keys.iter().cloned()) {
            for entry in self.0.catalog.nominations_of(&self.0.permission, &people, &page).await? {
                found.entry((page.clone(), entry.person.clone())).or_default().push(entry);
            }
        }
        Ok(found)
    }
}

/// Which page of the movies that name an entity, and in which order.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EntityMoviesPage {
    pub kind: EntityKind,
    pub order: MovieOrder,
    pub page: MoviePageRequest,
}

/// A page of the movies that name an entity, with one movie more if there is a next page. A key has
/// no value if its cursor belongs to another order.
pub struct EntityMovies(Reader);

impl Load for EntityMovies {
    type Key = (EntityMoviesPage, String);
    type Value = Vec<MovieId>;

    async fn load(
        &self,
        keys: &[(EntityMoviesPage, String)],
    ) -> Result<HashMap<(EntityMoviesPage, String), Vec<MovieId>>, LoadError> {
        let mut found: HashMap<_, Vec<MovieId>> = HashMap::new();
        for (page_key, ids) in group(keys.iter().cloned()) {
            let EntityMoviesPage { kind, order, page } = &page_key;
            let movies =
                self.0.catalog.movies_naming(&self.0.permission, *kind, &ids, *order, page).await?;
            let Some(movies) = movies else { continue };
            found.extend(ids.into_iter().map(|id| ((page_key.clone(), id), Vec::new())));
            for (id, movie) in movies {
                found.entry((page_key.clone(), id)).or_default().push(movie);
            }
        }
        Ok(found)
    }
}

/// The number of movies that name an entity.
pub struct EntityMovieCounts(Reader);

impl Load for EntityMovieCounts {
    type Key = (EntityKind, String);
    type Value = u64;

    async fn load(
        &self,
        keys: &[(EntityKind, String)],
    ) -> Result<HashMap<(EntityKind, String), u64>, LoadError> {
        let mut found = HashMap::new();
        for (kind, ids) in group(keys.iter().cloned()) {
            let counts = self.0.catalog.count_naming(&self.0.permission, kind, &ids).await?;
            found.extend(counts.into_iter().map(|(id, count)| ((kind, id), count)));
        }
        Ok(found)
    }
}
