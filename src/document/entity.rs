//! Entities: people, ceremonies, platforms and genres, which documents reference by name and id.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::reference::{self, ReferenceEntity};
use super::resolve::given_ids::{KnownIds, is_questionable};
use super::resolve::{Evidence, NewEntityIndex, forms_without_edition};
use super::schema::definition::{EntityReference, Field, Kind, Object, define_choice};
use super::text::index_key;

define_choice! {
    /// The kind of an entity.
    pub enum EntityKind {
        /// A person who worked on a movie or was nominated.
        Person = "person",
        /// An award ceremony.
        Ceremony = "ceremony",
        /// A streaming platform.
        Platform = "platform",
        /// A genre.
        Genre = "genre",
    }
}

impl EntityKind {
    /// Whether a name identifies an entity of this kind, which can then be found by its name if its
    /// id is unknown. People often share a name; ceremonies, platforms and genres do not.
    #[must_use]
    pub const fn has_unique_names(self) -> bool {
        !matches!(self, Self::Person)
    }

    /// Whether documents reference entities of this kind by name alone, without an id.
    #[must_use]
    pub const fn is_referenced_by_name(self) -> bool {
        matches!(self, Self::Genre)
    }
}

/// An entity that a plan creates.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewEntity {
    pub kind: EntityKind,
    pub id: String,
    pub name: String,
}

impl NewEntity {
    /// The entities with an id and a name in the items of a document.
    pub fn referenced_in<'v>(
        fields: &'static [Field],
        data: &'v Object,
    ) -> impl Iterator<Item = Self> + 'v {
        let text = |object: &'v Value, key: &str| {
            object.get(key).and_then(Value::as_str).map(str::to_owned)
        };
        let items = fields.iter().filter_map(|field| match &field.rule.kind {
            Kind::Items { item, .. } => {
                Some((*item, data.get(field.name).and_then(Value::as_array)?))
            }
            _ => None,
        });
        items.flat_map(move |(item, list)| {
            list.iter().flat_map(move |object| {
                item.entities.iter().filter_map(move |entity| {
                    Some(Self {
                        kind: entity.kind,
                        id: text(object, entity.id)?,
                        name: text(object, entity.name)?,
                    })
                })
            })
        })
    }

    /// The source and the external id in an id of the form `tmdb-person-287`.
    #[must_use]
    pub fn external_id(&self) -> Option<(&str, &str)> {
        let (source, rest) = self.id.split_once('-')?;
        let value = rest.strip_prefix(self.kind.as_str())?.strip_prefix('-')?;
        (!source.is_empty() && !value.is_empty()).then_some((source, value))
    }
}

/// The ids and names in documents, each once. Names are in [`index_key`] form.
#[derive(Debug, Default)]
pub struct Mentions {
    /// The ids, with the names beside each.
    pub ids: BTreeMap<(&'static str, String), BTreeSet<String>>,
    pub names: BTreeSet<(&'static str, String)>,
    /// Open names, for which candidates have to be loaded: names without an id that are new in
    /// their document. The values are the names as sent.
    pub open_names: BTreeMap<(&'static str, String), String>,
    /// The movies of documents with open names.
    pub movies: BTreeSet<String>,
    /// The ids of people who are credited on these movies.
    pub credited_people: BTreeSet<String>,
}

impl Mentions {
    /// Adds the ids and names in a document `data` that arrived for a movie. A name is open if its
    /// list in `stored` does not contain it.
    ///
    /// An id in `provisional` is a provisional id of a draft, so that its name is open too.
    pub fn collect_arriving(
        &mut self,
        movie: &str,
        fields: &'static [Field],
        data: &Object,
        stored: Option<&Object>,
        provisional: &HashSet<String>,
    ) {
        self.collect(fields, data);
        self.collect_entities_in_language(movie, fields, data);
        for field in fields {
            // How often the stored list contains each name: more of them in the document are open.
            let mut names: BTreeMap<(&'static str, String), usize> = BTreeMap::new();
            for (kind, name, id) in
                stored.into_iter().flat_map(|stored| names_in_list(field, stored))
            {
                *names.entry((kind, index_key(name))).or_default() += 1;
                self.credited_people
                    .extend(id.filter(|_| kind == EntityKind::Person.as_str()).map(str::to_owned));
            }
            for (kind, name, id) in names_in_list(field, data) {
                let key = (kind, index_key(name));
                let is_open = id.is_none_or(|id| provisional.contains(id) || is_questionable(id));
                if is_open {
                    self.names.insert(key.clone());
                }
                let left = names.get_mut(&key).filter(|left| **left > 0);
                let is_there = left.map(|left| *left -= 1).is_some();
                if is_open && !is_there {
                    self.movies.insert(movie.to_owned());
                    self.open_names.entry(key).or_insert_with(|| name.to_owned());
                }
            }
        }
    }

    /// Adds the ids and names in a document.
    pub fn collect(&mut self, fields: &'static [Field], data: &Object) {
        self.collect_names(fields, data);
        for field in fields {
            let Kind::Items { item, .. } = &field.rule.kind else { continue };
            let list = data.get(field.name).and_then(Value::as_array).into_iter().flatten();
            for object in list.filter_map(Value::as_object) {
                for entity in item.entities {
                    let id = object.get(entity.id).and_then(Value::as_str);
                    let name = object.get(entity.name).and_then(Value::as_str).map(index_key);
                    if let Some(name) =
                        name.as_ref().filter(|_| id.is_none() || entity.kind.has_unique_names())
                    {
                        self.names.insert((entity.kind.as_str(), name.clone()));
                        self.add_names_without_edition(entity, object);
                    }
                    if let Some(id) = id {
                        self.ids
                            .entry((entity.kind.as_str(), id.to_owned()))
                            .or_default()
                            .extend(name);
                    }
                }
            }
        }
    }

    /// Adds the names of a ceremony without its edition.
    fn add_names_without_edition(&mut self, entity: &EntityReference, object: &Object) {
        let name = object.get(entity.name).and_then(Value::as_str);
        let Some(name) = name.filter(|_| entity.kind == EntityKind::Ceremony) else { return };
        let forms = forms_without_edition(name).into_iter();
        self.names.extend(forms.map(|form| (entity.kind.as_str(), index_key(&form))));
    }

    /// Adds the entities that names mean in the language of their items.
    fn collect_entities_in_language(
        &mut self,
        movie: &str,
        fields: &'static [Field],
        data: &Object,
    ) {
        for field in fields {
            let Kind::Items { item, .. } = &field.rule.kind else { continue };
            let list = data.get(field.name).and_then(Value::as_array).into_iter().flatten();
            for object in list.filter_map(Value::as_object) {
                for entity in item.entities.iter().filter(|entity| entity.kind.has_unique_names()) {
                    if let Some(bound) = entity_in_language(entity, object) {
                        self.add_id(entity.kind, bound.id.clone());
                        // A remembered resolution takes precedence over the language.
                        let name = object.get(entity.name).and_then(Value::as_str);
                        if let Some(name) = name.filter(|_| !object.contains_key(entity.id)) {
                            self.movies.insert(movie.to_owned());
                            self.open_names
                                .entry((entity.kind.as_str(), index_key(name)))
                                .or_insert_with(|| name.to_owned());
                        }
                    }
                }
            }
        }
    }

    /// Adds the names in a document's lists of names (genres).
    pub fn collect_names(&mut self, fields: &'static [Field], data: &Object) {
        for field in fields {
            if let Kind::Names { entity, .. } = &field.rule.kind {
                let list = data.get(field.name).and_then(Value::as_array).into_iter().flatten();
                let names = list.filter_map(Value::as_str).map(index_key);
                self.names.extend(names.map(|name| (entity.as_str(), name)));
            }
        }
    }

    /// Adds the id of an entity.
    pub fn add_id(&mut self, kind: EntityKind, id: String) {
        self.ids.entry((kind.as_str(), id)).or_default();
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty() && self.names.is_empty()
    }
}

/// The entity that the name of an item means in the item's language, if it means another one, or
/// none, without a language.
#[must_use]
pub fn entity_in_language(
    entity: &EntityReference,
    object: &Object,
) -> Option<&'static ReferenceEntity> {
    let (name, language) = name_and_language(entity, object)?;
    let bound = reference::by_name(entity.kind, name, Some(language))?;
    let is_bound = reference::by_name(entity.kind, name, None).is_none_or(|any| any.id != bound.id);
    is_bound.then_some(bound)
}

/// Whether the name of an item cannot mean an entity that has this name, because in the item's
/// language it is the name of another one.
#[must_use]
pub fn is_excluded_by_language(entity: &EntityReference, object: &Object, id: &str) -> bool {
    let Some((name, language)) = name_and_language(entity, object) else { return false };
    let bound = reference::by_name(entity.kind, name, Some(language));
    bound.is_some_and(|bound| bound.id != id) && reference::has_name(entity.kind, id, name)
}

/// The name and the language of an item, if the language distinguishes entities with one name.
fn name_and_language<'v>(
    entity: &EntityReference,
    object: &'v Object,
) -> Option<(&'v str, &'v str)> {
    let text = |key: &str| object.get(key).and_then(Value::as_str);
    let language = entity.traits.iter().find(|field| **field == "language")?;
    Some((text(entity.name)?, text(language)?))
}

/// The names in a list of a document, each with its kind and the id beside it.
fn names_in_list<'v>(
    field: &'static Field,
    data: &'v Object,
) -> Vec<(&'static str, &'v str, Option<&'v str>)> {
    let list = data.get(field.name).and_then(Value::as_array).into_iter().flatten();
    match &field.rule.kind {
        Kind::Names { entity, .. } => {
            list.filter_map(|name| Some((entity.as_str(), name.as_str()?, None))).collect()
        }
        Kind::Items { item, .. } => list
            .flat_map(|object| {
                item.entities.iter().filter_map(move |entity| {
                    let text = |key: &str| object.get(key).and_then(Value::as_str);
                    Some((entity.kind.as_str(), text(entity.name)?, text(entity.id)))
                })
            })
            .collect(),
        _ => Vec::new(),
    }
}

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

impl super::projection::EntityLookup for Directory {
    fn id_by_name(&self, kind: EntityKind, name: &str) -> Option<String> {
        match self.by_name(kind, &index_key(name)) {
            [only] => Some(only.clone()),
            _ => None,
        }
    }
}
