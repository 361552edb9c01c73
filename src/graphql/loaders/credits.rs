//! Loaders of what people did, and of the movies and things that lists of it name.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use super::batch::{Batcher, Load, LoadError};
use crate::catalog::Catalog;
use crate::catalog::access::CanRead;
use crate::catalog::entities::WorksPage;
use crate::document::MovieId;
use crate::document::entity::EntityKind;
use crate::graphql::budget::Budget;
use crate::storage::{
    CreditEntry, Entity, MovieOrder, MovieRow, NominationEntry, PageRequest, WorkTotals,
};

/// The loaders of one request.
pub struct WorkLoaders {
    pub movies: Batcher<Movies>,
    pub things: Batcher<Things>,
    pub totals: Batcher<Totals>,
    pub known_for: Batcher<KnownFor>,
    pub credits: Batcher<Credits>,
    pub nominations: Batcher<Nominations>,
    pub naming: Batcher<NamingMovies>,
    pub naming_counts: Batcher<NamingCounts>,
}

impl WorkLoaders {
    pub fn new(catalog: &Arc<Catalog>, permission: CanRead, budget: &Arc<Budget>) -> Self {
        let reader = Reader { catalog: Arc::clone(catalog), permission };
        Self {
            movies: Batcher::new(Movies(reader.clone()), budget),
            things: Batcher::new(Things(reader.clone()), budget),
            totals: Batcher::new(Totals(reader.clone()), budget),
            known_for: Batcher::new(KnownFor(reader.clone()), budget),
            credits: Batcher::new(Credits(reader.clone()), budget),
            nominations: Batcher::new(Nominations(reader.clone()), budget),
            naming: Batcher::new(NamingMovies(reader.clone()), budget),
            naming_counts: Batcher::new(NamingCounts(reader), budget),
        }
    }
}

#[derive(Clone)]
struct Reader {
    catalog: Arc<Catalog>,
    permission: CanRead,
}

/// Keys by what they have in common.
fn grouped<A: Clone + Eq + Hash, B: Clone>(
    keys: impl Iterator<Item = (A, B)>,
) -> HashMap<A, Vec<B>> {
    keys.fold(HashMap::new(), |mut groups, (common, key)| {
        groups.entry(common).or_insert_with(Vec::new).push(key);
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

/// Ceremonies, platforms and genres by any id that leads to them.
pub struct Things(Reader);

impl Load for Things {
    type Key = (EntityKind, String);
    type Value = Arc<Entity>;

    async fn load(
        &self,
        keys: &[(EntityKind, String)],
    ) -> Result<HashMap<(EntityKind, String), Arc<Entity>>, LoadError> {
        let mut found = HashMap::new();
        for (kind, ids) in grouped(keys.iter().cloned()) {
            let entities = self.0.catalog.find_entities(&self.0.permission, kind, &ids).await?;
            found.extend(
                entities.into_iter().map(|(given, entity)| ((kind, given), Arc::new(entity))),
            );
        }
        Ok(found)
    }
}

/// How much someone did.
pub struct Totals(Reader);

impl Load for Totals {
    type Key = String;
    type Value = WorkTotals;

    async fn load(&self, keys: &[String]) -> Result<HashMap<String, WorkTotals>, LoadError> {
        Ok(self.0.catalog.work_totals(&self.0.permission, keys).await?)
    }
}

/// The movies that someone is known for.
pub struct KnownFor(Reader);

impl Load for KnownFor {
    type Key = String;
    type Value = Vec<MovieId>;

    async fn load(&self, keys: &[String]) -> Result<HashMap<String, Vec<MovieId>>, LoadError> {
        Ok(grouped(self.0.catalog.known_for(&self.0.permission, keys).await?.into_iter()))
    }
}

/// A part of someone's credits.
pub struct Credits(Reader);

impl Load for Credits {
    type Key = (WorksPage, String);
    type Value = Vec<CreditEntry>;

    async fn load(
        &self,
        keys: &[(WorksPage, String)],
    ) -> Result<HashMap<(WorksPage, String), Vec<CreditEntry>>, LoadError> {
        let mut found: HashMap<_, Vec<CreditEntry>> = HashMap::new();
        for (page, people) in grouped(keys.iter().cloned()) {
            for entry in self.0.catalog.credits_of(&self.0.permission, &people, &page).await? {
                found.entry((page.clone(), entry.person.clone())).or_default().push(entry);
            }
        }
        Ok(found)
    }
}

/// A part of someone's nominations.
pub struct Nominations(Reader);

impl Load for Nominations {
    type Key = (WorksPage, String);
    type Value = Vec<NominationEntry>;

    async fn load(
        &self,
        keys: &[(WorksPage, String)],
    ) -> Result<HashMap<(WorksPage, String), Vec<NominationEntry>>, LoadError> {
        let mut found: HashMap<_, Vec<NominationEntry>> = HashMap::new();
        for (page, people) in grouped(keys.iter().cloned()) {
            for entry in self.0.catalog.nominations_of(&self.0.permission, &people, &page).await? {
                found.entry((page.clone(), entry.person.clone())).or_default().push(entry);
            }
        }
        Ok(found)
    }
}

/// Which part of the movies that name something.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct NamingPage {
    pub kind: EntityKind,
    pub order: MovieOrder,
    pub page: PageRequest,
}

/// A part of the movies that name something, with one more if there are more. Nothing if the cursor is not of
/// this order.
pub struct NamingMovies(Reader);

impl Load for NamingMovies {
    type Key = (NamingPage, String);
    type Value = Vec<MovieId>;

    async fn load(
        &self,
        keys: &[(NamingPage, String)],
    ) -> Result<HashMap<(NamingPage, String), Vec<MovieId>>, LoadError> {
        let mut found: HashMap<_, Vec<MovieId>> = HashMap::new();
        for (part, ids) in grouped(keys.iter().cloned()) {
            let NamingPage { kind, order, page } = &part;
            let movies =
                self.0.catalog.movies_naming(&self.0.permission, *kind, &ids, *order, page).await?;
            let Some(movies) = movies else { continue };
            found.extend(ids.into_iter().map(|id| ((part.clone(), id), Vec::new())));
            for (id, movie) in movies {
                found.entry((part.clone(), id)).or_default().push(movie);
            }
        }
        Ok(found)
    }
}

/// How many movies name something.
pub struct NamingCounts(Reader);

impl Load for NamingCounts {
    type Key = (EntityKind, String);
    type Value = u64;

    async fn load(
        &self,
        keys: &[(EntityKind, String)],
    ) -> Result<HashMap<(EntityKind, String), u64>, LoadError> {
        let mut found = HashMap::new();
        for (kind, ids) in grouped(keys.iter().cloned()) {
            let counts = self.0.catalog.count_naming(&self.0.permission, kind, &ids).await?;
            found.extend(counts.into_iter().map(|(id, count)| ((kind, id), count)));
        }
        Ok(found)
    }
}
