//! Collects the ids and names in documents, for which storage loads a
//! [`Directory`](super::directory::Directory).

use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde_json::Value;

use super::forms_without_edition;
use super::given_ids::is_questionable;
use super::languages::entity_in_language;
use crate::document::schema::definition::{EntityReference, Field, Kind, Object};
use crate::document::schema::entities::EntityKind;
use crate::document::text::index_key;

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
