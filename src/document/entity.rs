//! People, ceremonies, platforms and genres: things that many documents name.
//!
//! A document keeps a name as it was sent and the id of who it is. Here is what a plan must know
//! of them; fetching it is storage's work.

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
    /// Whether a name tells one from another. Two people share a name every day; two ceremonies or
    /// platforms do not, so that one whose id is not known here is still known by its name.
    #[must_use]
    pub const fn has_unique_names(self) -> bool {
        !matches!(self, Self::Person)
    }

    /// Whether one stands in a document by its name alone, without an id beside it.
    #[must_use]
    pub const fn is_referenced_by_name(self) -> bool {
        matches!(self, Self::Genre)
    }
}

/// An entity that a plan found missing and will create.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewEntity {
    pub kind: EntityKind,
    pub id: String,
    pub name: String,
}

impl NewEntity {
    /// Every entity that the items of a document name by id.
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

    /// The id it has elsewhere, where its own id tells: `tmdb-person-287` is 287 at TMDB.
    #[must_use]
    pub fn external_id(&self) -> Option<(&str, &str)> {
        let (source, rest) = self.id.split_once('-')?;
        let value = rest.strip_prefix(self.kind.as_str())?.strip_prefix('-')?;
        (!source.is_empty() && !value.is_empty()).then_some((source, value))
    }
}

/// What documents name: ids and [`index_key`] names, each once.
#[derive(Debug, Default)]
pub struct Mentions {
    /// Ids, each with the names that stand beside it.
    pub ids: BTreeMap<(&'static str, String), BTreeSet<String>>,
    pub names: BTreeSet<(&'static str, String)>,
    /// Names that came without an id and are new to their document, as they came: whoever may be meant is
    /// to be weighed.
    pub open_names: BTreeMap<(&'static str, String), String>,
    /// The movies of documents with open names.
    pub movies: BTreeSet<String>,
    /// The people of those documents as they are stored.
    pub credited_people: BTreeSet<String>,
}

impl Mentions {
    /// Adds all that the document `data` names that arrived for a movie; whom a list of `stored` names already
    /// is no open question there.
    ///
    /// An id that is `provisional` stands for the name beside it alone.
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
            // How many stored ones of each name there are for those that arrive.
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

    /// Adds all that the document `data` names.
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

    /// Adds the names that a ceremony may be known by whose name says its edition.
    fn add_names_without_edition(&mut self, entity: &EntityReference, object: &Object) {
        let name = object.get(entity.name).and_then(Value::as_str);
        let Some(name) = name.filter(|_| entity.kind == EntityKind::Ceremony) else { return };
        let forms = forms_without_edition(name).into_iter();
        self.names.extend(forms.map(|form| (entity.kind.as_str(), index_key(&form))));
    }

    /// Adds whom a name means in the language that stands beside it.
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
                        // An answer that was given before counts more than the language.
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

    /// Adds the names that stand without ids in a stored document (genres).
    pub fn collect_names(&mut self, fields: &'static [Field], data: &Object) {
        for field in fields {
            if let Kind::Names { entity, .. } = &field.rule.kind {
                let list = data.get(field.name).and_then(Value::as_array).into_iter().flatten();
                let names = list.filter_map(Value::as_str).map(index_key);
                self.names.extend(names.map(|name| (entity.as_str(), name)));
            }
        }
    }

    /// Adds an entity by its id.
    pub fn add_id(&mut self, kind: EntityKind, id: String) {
        self.ids.entry((kind.as_str(), id)).or_default();
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty() && self.names.is_empty()
    }
}

/// Whom the name in an item means in the language that stands beside it, if another language makes a
/// difference.
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

/// Whether the name in an item cannot mean the entity of that id, though it goes by it: in the language that stands
/// beside the name it is another's.
#[must_use]
pub fn is_excluded_by_language(entity: &EntityReference, object: &Object, id: &str) -> bool {
    let Some((name, language)) = name_and_language(entity, object) else { return false };
    let meant = reference::by_name(entity.kind, name, Some(language));
    meant.is_some_and(|meant| meant.id != id) && reference::has_name(entity.kind, id, name)
}

/// The name in an item with the language beside it, where that may tell entities of one name apart.
fn name_and_language<'v>(
    entity: &EntityReference,
    object: &'v Object,
) -> Option<(&'v str, &'v str)> {
    let text = |key: &str| object.get(key).and_then(Value::as_str);
    let language = entity.traits.iter().find(|field| **field == "language")?;
    Some((text(entity.name)?, text(language)?))
}

/// Every name in a list of a document, with the id beside it.
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

/// An answer that was given before to the question who a name means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EarlierResolution {
    /// This entity.
    Entity(String),
    /// Nobody: what has the name is left out.
    Skip,
}

/// The entities that exist, as far as the documents at hand name them.
#[derive(Debug, Clone, Default)]
pub struct Directory {
    /// A given id, or an external one, to the entity's own id.
    ids: HashMap<(&'static str, String), String>,
    /// A name key or alias to the ids of all that have it.
    names: HashMap<(&'static str, String), EntityIds>,
    /// What is known of the ids that documents give.
    known_ids: KnownIds,
    /// What is known of whoever open names may mean.
    evidence: Evidence,
    new_entities: NewEntityIndex,
    has_open_names: bool,
    /// Earlier answers, by movie ("" for all), kind and name key.
    resolutions: HashMap<(String, &'static str, String), EarlierResolution>,
}

/// The ids of all entities that go by one name, each once.
#[derive(Debug, Clone, Default)]
struct EntityIds {
    ids: Vec<String>,
    /// The same as a set, once they are more than [`Self::FEW`].
    set: HashSet<String>,
}

impl EntityIds {
    /// So many ids are looked through faster than hashed.
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

    /// Records an earlier answer for a name on a movie; on all, if the movie is "".
    pub fn add_resolution(
        &mut self,
        movie: String,
        kind: EntityKind,
        name_key: String,
        resolution: EarlierResolution,
    ) {
        self.resolutions.insert((movie, kind.as_str(), name_key), resolution);
    }

    /// The earlier answer for a name on a movie, else on all.
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

    /// What is known of the ids that documents give.
    #[must_use]
    pub const fn known_ids(&self) -> &KnownIds {
        &self.known_ids
    }

    pub const fn known_ids_mut(&mut self) -> &mut KnownIds {
        &mut self.known_ids
    }

    /// Records that `given` is the id (own or external) of the entity `id`.
    pub fn add_id(&mut self, kind: EntityKind, given: String, id: String) {
        self.ids.insert((kind.as_str(), id.clone()), id.clone());
        self.ids.insert((kind.as_str(), given), id);
    }

    /// Records that the entity `id` goes by a name, in [`index_key`] form.
    pub fn add_name(&mut self, kind: EntityKind, name_key: String, id: String) {
        let ids = self.names.entry((kind.as_str(), name_key)).or_default();
        if !ids.has(&id) {
            ids.add(&id);
            self.ids.insert((kind.as_str(), id.clone()), id);
        }
    }

    /// Puts those of one name in the order of their ids, so that a plan never depends on the
    /// order in which a database answers.
    pub fn sort_names(&mut self) {
        for ids in self.names.values_mut() {
            ids.ids.sort();
        }
    }

    /// Whoever was added since the others were looked up.
    #[must_use]
    pub const fn new_entities(&self) -> &NewEntityIndex {
        &self.new_entities
    }

    /// Records that documents have names whose ids are to be found.
    pub fn expect_open_names(&mut self) {
        self.has_open_names = true;
    }

    /// Records an entity that was just made, for the documents that follow.
    pub fn add_and_index(&mut self, entity: &NewEntity) {
        self.add(entity);
        if self.has_open_names {
            self.new_entities.index();
        }
    }

    /// Records another name of an entity, as it was just given to it.
    pub fn add_alias(&mut self, alias: &NewEntity) {
        self.known_ids.add_name(alias.kind, &alias.id, &alias.name);
        self.add_name(alias.kind, index_key(&alias.name), alias.id.clone());
    }

    /// Makes those who were just made known under other forms of their names.
    pub fn index_new_entities(&mut self) {
        self.new_entities.index();
    }

    /// Records an entity that was just made.
    pub fn add(&mut self, entity: &NewEntity) {
        self.new_entities.add(entity);
        self.known_ids.add_name(entity.kind, &entity.id, &entity.name);
        self.add_id(entity.kind, entity.id.clone(), entity.id.clone());
        self.add_name(entity.kind, index_key(&entity.name), entity.id.clone());
    }

    /// The entity's own id, if `given` is known.
    #[must_use]
    pub fn by_id(&self, kind: EntityKind, given: &str) -> Option<&str> {
        self.ids.get(&(kind.as_str(), given.to_owned())).map(String::as_str)
    }

    /// The own id of an entity that came with an id: known by it, or, where names tell, by name.
    #[must_use]
    pub fn known(&self, kind: EntityKind, given: &str, name: Option<&str>) -> Option<&str> {
        self.by_id(kind, given).or_else(|| match self.by_name(kind, &index_key(name?)) {
            [only] if kind.has_unique_names() => Some(only),
            _ => None,
        })
    }

    /// All that go by the name, in [`index_key`] form.
    #[must_use]
    pub fn by_name(&self, kind: EntityKind, name_key: &str) -> &[String] {
        let ids = self.names.get(&(kind.as_str(), name_key.to_owned()));
        ids.map_or(&[], |ids| &ids.ids)
    }

    /// Those that a ceremony's name means which nobody goes by as it stands: whoever goes by the first
    /// of its forms without the edition that somebody goes by.
    #[must_use]
    pub fn by_name_without_edition(&self, kind: EntityKind, name: &str) -> &[String] {
        if kind != EntityKind::Ceremony || !self.by_name(kind, &index_key(name)).is_empty() {
            return &[];
        }
        let forms = forms_without_edition(name).into_iter();
        let mut found = forms.map(|form| self.by_name(kind, &index_key(&form)));
        found.find(|ids| !ids.is_empty()).unwrap_or_default()
    }

    /// Whether the entity of that id goes by the name, in [`index_key`] form.
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
