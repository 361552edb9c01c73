//! People, and the other things that documents name: found, looked at, and mended.

mod duplicates;
mod merge;
mod redirect;
mod rename;
mod split;

use std::collections::HashMap;

pub use duplicates::{Duplicate, DuplicateReason, Profile, Score, similarity};
pub use merge::{Mended, Merge};
pub use redirect::Rewritten;
pub use rename::{EntityChange, EntityUpdated};
pub use split::Split;

use super::access::CanRead;
use super::{Catalog, CatalogError};
use crate::document::MovieId;
use crate::document::entity::{EntityKind, Mentions};
use crate::document::text::comparable;
use crate::storage::{
    CreditEntry, Entity, EntityPosition, MovieOrder, NominationEntry, PageRequest, WorkPosition,
    WorkTotals,
};

/// A part of a list of entities.
#[derive(Debug)]
pub struct EntityPage {
    pub entities: Vec<(EntityPosition, Entity)>,
    /// Whether there are more behind.
    pub has_more: bool,
}

/// The part of each person's works that is asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct WorksPage {
    pub after: Option<WorkPosition>,
    pub limit: u64,
}

/// How many movies someone is said to be known for.
const KNOWN_FOR: u64 = 3;

/// No id is longer, and none holds what no database can.
fn may_be_an_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= 512 && !id.contains('\0')
}

/// Ids as something that is looked up.
fn mentions(kind: EntityKind, ids: impl Iterator<Item = String>) -> Mentions {
    let mut mentions = Mentions::default();
    for id in ids {
        mentions.add_id(kind, id);
    }
    mentions
}

impl Catalog {
    /// Entities by any id that leads to them: their own, that of someone who was merged into them, or one
    /// that they have elsewhere. By the id that was given; unknown ids are left out.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn find_entities(
        &self,
        permission: &CanRead,
        kind: EntityKind,
        ids: &[String],
    ) -> Result<HashMap<String, Entity>, CatalogError> {
        let ids: Vec<String> = ids.iter().filter(|id| may_be_an_id(id)).cloned().collect();
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

    /// A page of the entities of a kind that go by a name like that, best first: a whole name, the start
    /// of one, a part of one. Without a name all of them, sorted by theirs; of people, none.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn list_entities(
        &self,
        permission: &CanRead,
        kind: EntityKind,
        search: Option<&str>,
        after: Option<&EntityPosition>,
        limit: usize,
    ) -> Result<EntityPage, CatalogError> {
        let search = search.filter(|search| !comparable(search).is_empty());
        // Nobody looks through all people of the catalogue.
        if search.is_none() && kind == EntityKind::Person {
            return Ok(EntityPage { entities: Vec::new(), has_more: false });
        }
        let mut places = self.database.find_entities(kind, search, after, limit as u64).await?;
        let has_more = places.len() > limit;
        places.truncate(limit);
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

    /// For each of some ceremonies, platforms or genres a page of the movies that name it, with one more if
    /// there are more, in the order of reading; `None` if the cursor is not of this order.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn movies_naming(
        &self,
        _: &CanRead,
        kind: EntityKind,
        entities: &[String],
        order: MovieOrder,
        page: &PageRequest,
    ) -> Result<Option<Vec<(String, MovieId)>>, CatalogError> {
        Ok(self.database.movies_naming(kind, entities, order, page).await?)
    }

    /// How many movies name each of some ceremonies, platforms or genres; what none names is left out.
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

    /// A part of the credits of some people, newest first for each.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn credits_of(
        &self,
        _: &CanRead,
        people: &[String],
        page: &WorksPage,
    ) -> Result<Vec<CreditEntry>, CatalogError> {
        Ok(self.database.credits_of(people, page.after.as_ref(), page.limit).await?)
    }

    /// A part of the nominations of some people, newest first for each.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn nominations_of(
        &self,
        _: &CanRead,
        people: &[String],
        page: &WorksPage,
    ) -> Result<Vec<NominationEntry>, CatalogError> {
        Ok(self.database.nominations_of(people, page.after.as_ref(), page.limit).await?)
    }

    /// How much some people did; those who did nothing are left out.
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

    /// A few movies that some people are known for, best first for each.
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
