//! The directory: the existing entities that some documents may mean, loaded by storage, and those
//! that the documents introduce.

use ahash::{HashMap, HashSet};

use super::given_ids::known_ids::KnownIds;
use super::{Evidence, NewEntityIndex, forms_without_edition};
use crate::document::projection::EntityLookup;
use crate::document::references::replace_entity_ids;
use crate::document::schema::definition::{Field, Object};
use crate::document::schema::entities::{EntityKind, NewEntity};
use crate::document::text::index_key;

/// A resolution of an earlier import.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EarlierResolution {
    /// The name means this entity.
    Entity(String),
    /// The name and its item are left out.
    Skip,
}

/// The existing entities with the ids and names of some documents.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    /// An entity's own id, by its own and its external ids.
    ids: HashMap<(&'static str, String), String>,
    /// The ids of the entities with a name or alias, by its key.
    names: HashMap<(&'static str, String), EntityIds>,
    /// Facts about the ids in documents.
    known_ids: KnownIds,
    /// The facts about the candidates for open names.
    evidence: Evidence,
    new_entities: NewEntityIndex,
    has_open_names: bool,
    /// Resolutions of earlier imports, by movie ("" for all movies), kind and name key.
    resolutions: HashMap<(String, &'static str, String), EarlierResolution>,
}

/// The ids of all entities with one name, each once.
#[derive(Debug, Clone, Default)]
struct EntityIds {
    ids: Vec<String>,
    /// The same ids as a set, if there are more than [`Self::FEW`].
    set: HashSet<String>,
}

impl EntityIds {
    /// Up to this number, searching a list is faster than hashing.
    const FEW: usize = 16;

    fn has(&self, id: &str) -> bool {
        if self.set.is_empty() {
            self.ids.iter().any(|known| known == id)
        } else {
            self.set.contains(id)
        }
    }

    fn add(&mut self, id: &str) {
        self.ids.push(id.to_owned());
        if self.ids.len() > Self::FEW {
            let added = if self.set.is_empty() { 0 } else { self.ids.len() - 1 };
            self.set.extend(self.ids[added..].iter().cloned());
        }
    }
}

impl Directory {
    #[must_use]
    pub const fn evidence(&self) -> &Evidence {
        &self.evidence
    }

    pub fn evidence_mut(&mut self) -> &mut Evidence {
        &mut self.evidence
    }

    /// Adds an earlier resolution of a name on a movie; an empty movie id means all movies.
    pub fn add_resolution(
        &mut self,
        movie: String,
        kind: EntityKind,
        name_key: String,
        resolution: EarlierResolution,
    ) {
        self.resolutions.insert((movie, kind.as_str(), name_key), resolution);
    }

    /// The earlier resolution of a name on a movie, or else on all movies.
    #[must_use]
    pub fn resolution(
        &self,
        movie: &str,
        kind: EntityKind,
        name_key: &str,
    ) -> Option<&EarlierResolution> {
        let of = |movie: &str| {
            self.resolutions.get(&(movie.to_owned(), kind.as_str(), name_key.to_owned()))
        };
        of(movie).or_else(|| of(""))
    }

    /// Facts about the ids in documents.
    #[must_use]
    pub const fn known_ids(&self) -> &KnownIds {
        &self.known_ids
    }

    pub const fn known_ids_mut(&mut self) -> &mut KnownIds {
        &mut self.known_ids
    }

    /// Adds an entity with an id, which may be external.
    pub fn add_id(&mut self, kind: EntityKind, given: String, id: String) {
        self.ids.insert((kind.as_str(), id.clone()), id.clone());
        self.ids.insert((kind.as_str(), given), id);
    }

    /// Adds a name, in [`index_key`] form, to an entity.
    pub fn add_name(&mut self, kind: EntityKind, name_key: String, id: String) {
        let ids = self.names.entry((kind.as_str(), name_key)).or_default();
        if !ids.has(&id) {
            ids.add(&id);
            self.ids.insert((kind.as_str(), id.clone()), id);
        }
    }

    /// Sorts the entities of each name by id, so that a plan does not depend on the order in which
    /// the database returns them.
    pub fn sort_names(&mut self) {
        for ids in self.names.values_mut() {
            ids.ids.sort();
        }
    }

    /// The entities that were added after the directory was loaded.
    #[must_use]
    pub const fn new_entities(&self) -> &NewEntityIndex {
        &self.new_entities
    }

    /// Records that the documents contain open names, so that added entities are indexed for them.
    pub fn expect_open_names(&mut self) {
        self.has_open_names = true;
    }

    /// Adds a created entity for the documents after the present one.
    pub fn add_and_index(&mut self, entity: &NewEntity) {
        self.add(entity);
        if self.has_open_names {
            self.new_entities.index();
        }
    }

    /// Adds a new alias of an entity.
    pub fn add_alias(&mut self, alias: &NewEntity) {
        self.known_ids.add_name(alias.kind, &alias.id, &alias.name);
        self.add_name(alias.kind, index_key(&alias.name), alias.id.clone());
    }

    /// Indexes the added entities, so that they are found under other forms of their names.
    pub fn index_new_entities(&mut self) {
        self.new_entities.index();
    }

    /// Adds a created entity.
    pub fn add(&mut self, entity: &NewEntity) {
        self.new_entities.add(entity);
        self.known_ids.add_name(entity.kind, &entity.id, &entity.name);
        self.add_id(entity.kind, entity.id.clone(), entity.id.clone());
        self.add_name(entity.kind, index_key(&entity.name), entity.id.clone());
    }

    /// The own id of the entity with the id `given`, if it is known.
    #[must_use]
    pub fn by_id(&self, kind: EntityKind, given: &str) -> Option<&str> {
        self.ids.get(&(kind.as_str(), given.to_owned())).map(String::as_str)
    }

    /// Replaces the ids of merged entities in a document by the ids that they redirect to, so that
    /// a revision from before a merge can be compared with a later one.
    pub fn follow_redirects(&self, fields: &'static [Field], data: &mut Object) {
        replace_entity_ids(fields, data, &|reference| {
            let own = reference.id()?;
            let target = self.by_id(reference.kind(), own);
            target.filter(|id| *id != own).map(str::to_owned)
        });
    }

    /// The own id of the entity with the id `given`; if the id is unknown and names of the kind are
    /// unique, of the entity with the name.
    #[must_use]
    pub fn known(&self, kind: EntityKind, given: &str, name: Option<&str>) -> Option<&str> {
        self.by_id(kind, given).or_else(|| match self.by_name(kind, &index_key(name?)) {
            [only] if kind.has_unique_names() => Some(only),
            _ => None,
        })
    }

    /// The ids of all entities with a name, in [`index_key`] form.
    #[must_use]
    pub fn by_name(&self, kind: EntityKind, name_key: &str) -> &[String] {
        let ids = self.names.get(&(kind.as_str(), name_key.to_owned()));
        ids.map_or(&[], |ids| &ids.ids)
    }

    /// The ids of the ceremonies that a name means without its edition: those with the first of
    /// [`forms_without_edition`] that is known. Empty if the name itself is known.
    #[must_use]
    pub fn by_name_without_edition(&self, kind: EntityKind, name: &str) -> &[String] {
        if kind != EntityKind::Ceremony || !self.by_name(kind, &index_key(name)).is_empty() {
            return &[];
        }
        let forms = forms_without_edition(name).into_iter();
        let mut found = forms.map(|form| self.by_name(kind, &index_key(&form)));
        found.find(|ids| !ids.is_empty()).unwrap_or_default()
    }

    /// Whether an entity has a name, in [`index_key`] form.
    #[must_use]
    pub fn has_name(&self, kind: EntityKind, name_key: &str, id: &str) -> bool {
        let ids = self.names.get(&(kind.as_str(), name_key.to_owned()));
        ids.is_some_and(|ids| ids.has(id))
    }
}

impl EntityLookup for Directory {
    fn id_by_name(&self, kind: EntityKind, name: &str) -> Option<String> {
        match self.by_name(kind, &index_key(name)) {
            [only] => Some(only.clone()),
            _ => None,
        }
    }
}
