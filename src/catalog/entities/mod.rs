//! People, ceremonies, platforms and genres: lookup, search, and reading their works. The
//! submodules rename, merge and split entities, and find duplicates.

mod duplicates;
mod merge;
mod redirect;
mod rename;
mod split;

use std::collections::HashMap;

pub use duplicates::{
    Duplicate, DuplicatePage, DuplicatePosition, DuplicateReason, DuplicateScore, PersonProfile,
    similarity,
};
pub use merge::{MergeRequest, ReassignmentOutcome};
pub use redirect::Rewritten;
pub use rename::{EntityChange, EntityUpdateOutcome};
pub use split::SplitRequest;

use super::access::CanRead;
use super::{Catalog, CatalogError};
use crate::document::MovieId;
use crate::document::resolve::mentions::Mentions;
use crate::document::schema::entities::EntityKind;
use crate::document::text::comparable;
use crate::storage::{
    CreditEntry, Entity, EntityPosition, MovieOrder, MoviePageRequest, NominationEntry,
    PageRequest, WorkPosition, WorkTotals,
};

/// A page of entities.
#[derive(Debug)]
pub struct EntityPage {
    pub entities: Vec<(EntityPosition, Entity)>,
    /// Whether there are more, in the direction of reading.
    pub has_more: bool,
}

/// Which page of each person's works to read.
pub type WorksPage = PageRequest<WorkPosition>;

/// Maximum number of movies that a person is known for.
const KNOWN_FOR: u64 = 3;

/// Whether an id may exist. Longer ids and ids with U+0000 cannot be stored.
fn is_possible_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= 512 && !id.contains('\0')
}

/// The search of a list of entities, without one that matches every name; `None` if nothing is
/// listed: there are too many people to list them all.
#[allow(clippy::option_option, reason = "no list, the whole list, or what a search finds")]
fn entity_search(kind: EntityKind, search: Option<&str>) -> Option<Option<String>> {
    let search = search.filter(|search| !comparable(search).is_empty()).map(str::to_owned);
    (search.is_some() || kind != EntityKind::Person).then_some(search)
}

/// A directory lookup by ids.
fn mentions(kind: EntityKind, ids: impl Iterator<Item = String>) -> Mentions {
    let mut mentions = Mentions::default();
    for id in ids {
        mentions.add_id(kind, id);
    }
    mentions
}

impl Catalog {
    /// Finds entities by any of their ids: the current id, the id of an entity that was merged into
    /// them, or an external id. The keys of the result are the given ids; unknown ids are left out.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn find_entities(
        &self,
        permission: &CanRead,
        kind: EntityKind,
        ids: &[String],
    ) -> Result<HashMap<String, Entity>, CatalogError> {
        let ids: Vec<String> = ids.iter().filter(|id| is_possible_id(id)).cloned().collect();
        let known = self.entities(permission, kind, &ids).await?;
        let mut found: HashMap<String, Entity> =
            known.into_iter().map(|entity| (entity.id.clone(), entity)).collect();
        let rest: Vec<String> = ids.into_iter().filter(|id| !found.contains_key(id)).collect();
        if rest.is_empty() {
            return Ok(found);
        }
        let directory = self.database.directory(&mentions(kind, rest.iter().cloned())).await?;
        let own: Vec<(String, String)> = rest
            .into_iter()
            .filter_map(|id| Some((directory.by_id(kind, &id)?.to_owned(), id)))
            .collect();
        if own.is_empty() {
            return Ok(found);
        }
        let ids: Vec<String> = own.iter().map(|(own, _)| own.clone()).collect();
        let entities = self.entities(permission, kind, &ids).await?;
        for (own, given) in own {
            if let Some(entity) = entities.iter().find(|entity| entity.id == own) {
                found.insert(given, entity.clone());
            }
        }
        Ok(found)
    }

    /// A page of the entities of a kind that have a name like `search`. Equal names come first,
    /// then names that start with it, then names that contain it. Without `search`: all entities
    /// sorted by name, but no people.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn list_entities(
        &self,
        permission: &CanRead,
        kind: EntityKind,
        search: Option<&str>,
        page: &PageRequest<EntityPosition>,
    ) -> Result<EntityPage, CatalogError> {
        let Some(search) = entity_search(kind, search) else {
            return Ok(EntityPage { entities: Vec::new(), has_more: false });
        };
        let (places, has_more) =
            page.cut(self.database.find_entities(kind, search.as_deref(), page).await?);
        let ids: Vec<String> = places.iter().map(|place| place.id.clone()).collect();
        let mut entities: HashMap<String, Entity> = HashMap::new();
        for entity in self.entities(permission, kind, &ids).await? {
            entities.insert(entity.id.clone(), entity);
        }
        let entities = places
            .into_iter()
            .filter_map(|place| entities.remove(&place.id).map(|entity| (place, entity)));
        Ok(EntityPage { entities: entities.collect(), has_more })
    }

    /// The number of entities that [`list_entities`](Self::list_entities) lists on all pages.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn count_entities(
        &self,
        _: &CanRead,
        kind: EntityKind,
        search: Option<&str>,
    ) -> Result<u64, CatalogError> {
        match entity_search(kind, search) {
            Some(search) => Ok(self.database.count_entities(kind, search.as_deref()).await?),
            None => Ok(0),
        }
    }

    /// A page of the movies that name each ceremony, platform or genre, as pairs of entity and
    /// movie, with one more movie if there are more. `None` if the cursor belongs to another order.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn movies_naming(
        &self,
        _: &CanRead,
        kind: EntityKind,
        entities: &[String],
        order: MovieOrder,
        page: &MoviePageRequest,
    ) -> Result<Option<Vec<(String, MovieId)>>, CatalogError> {
        Ok(self.database.movies_naming(kind, entities, order, page).await?)
    }

    /// The number of movies that name each ceremony, platform or genre; entities without movies are
    /// left out.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn count_naming(
        &self,
        _: &CanRead,
        kind: EntityKind,
        entities: &[String],
    ) -> Result<HashMap<String, u64>, CatalogError> {
        Ok(self.database.count_movies_naming(kind, entities).await?)
    }

    /// A page of the credits of each person, newest first, in the direction of reading, with one
    /// more if there are more.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn credits_of(
        &self,
        _: &CanRead,
        people: &[String],
        page: &WorksPage,
    ) -> Result<Vec<CreditEntry>, CatalogError> {
        Ok(self.database.credits_of(people, page).await?)
    }

    /// A page of the nominations of each person, newest first, in the direction of reading, with one
    /// more if there are more.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn nominations_of(
        &self,
        _: &CanRead,
        people: &[String],
        page: &WorksPage,
    ) -> Result<Vec<NominationEntry>, CatalogError> {
        Ok(self.database.nominations_of(people, page).await?)
    }

    /// The number of works of each person; people without works are left out.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn work_totals(
        &self,
        _: &CanRead,
        people: &[String],
    ) -> Result<HashMap<String, WorkTotals>, CatalogError> {
        Ok(self.database.work_totals(people).await?)
    }

    /// A few movies that each person is known for, best known first, as pairs of person and movie.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn known_for(
        &self,
        _: &CanRead,
        people: &[String],
    ) -> Result<Vec<(String, MovieId)>, CatalogError> {
        Ok(self.database.known_for(people, KNOWN_FOR).await?)
    }
}
