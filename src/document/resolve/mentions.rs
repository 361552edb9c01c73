//! Collects the ids and names in documents, for which storage loads a
//! [`Directory`](super::directory::Directory).

use std::collections::{BTreeMap, BTreeSet};

use ahash::HashSet;

use super::forms_without_edition;
use super::given_ids::is_questionable;
use super::languages::entity_in_language;
use crate::document::references::{
    ItemReference, Reference, item_references, listed_names, references, references_of_field,
};
use crate::document::schema::definition::{Field, Object};
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
            let known = stored.into_iter().flat_map(|stored| references_of_field(field, stored));
            for reference in known {
                let (Some(name), kind) = (reference.name(), reference.kind()) else { continue };
                *names.entry((kind.as_str(), index_key(name))).or_default() += 1;
                let id = reference.id().filter(|_| kind == EntityKind::Person);
                self.credited_people.extend(id.map(str::to_owned));
            }
            for reference in references_of_field(field, data) {
                let Some(name) = reference.name() else { continue };
                let key = (reference.kind().as_str(), index_key(name));
                let is_open =
                    reference.id().is_none_or(|id| provisional.contains(id) || is_questionable(id));
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
        for reference in references(fields, data) {
            match reference {
                Reference::InItem(reference) => self.add_reference(&reference),
                Reference::InList { kind, name, .. } => self.add_name(kind, name),
            }
        }
    }

    /// Adds the id and the name of a reference. The name beside an id is looked up only if it can
    /// identify the entity.
    fn add_reference(&mut self, reference: &ItemReference<'_>) {
        let (kind, id) = (reference.kind(), reference.id());
        let key = reference.name().map(index_key);
        if let (Some(name), Some(key)) = (reference.name(), &key)
            && (id.is_none() || kind.has_unique_names())
        {
            self.names.insert((kind.as_str(), key.clone()));
            // A ceremony is also found by its name without its edition.
            if kind == EntityKind::Ceremony {
                let forms = forms_without_edition(name).into_iter();
                self.names.extend(forms.map(|form| (kind.as_str(), index_key(&form))));
            }
        }
        if let Some(id) = id {
            self.ids.entry((kind.as_str(), id.to_owned())).or_default().extend(key);
        }
    }

    /// Adds the entities that names mean in the language of their items.
    fn collect_entities_in_language(
        &mut self,
        movie: &str,
        fields: &'static [Field],
        data: &Object,
    ) {
        for reference in item_references(fields, data) {
            let ItemReference { entity, object, .. } = reference;
            if !entity.kind.has_unique_names() {
                continue;
            }
            let Some(bound) = entity_in_language(entity, object) else { continue };
            self.add_id(entity.kind, bound.id.clone());
            // A remembered resolution takes precedence over the language.
            if let Some(name) = reference.name().filter(|_| !object.contains_key(entity.id)) {
                self.movies.insert(movie.to_owned());
                self.open_names
                    .entry((entity.kind.as_str(), index_key(name)))
                    .or_insert_with(|| name.to_owned());
            }
        }
    }

    /// Adds the names in a document's lists of names (genres).
    pub fn collect_names(&mut self, fields: &'static [Field], data: &Object) {
        for (kind, name) in listed_names(fields, data) {
            self.add_name(kind, name);
        }
    }

    fn add_name(&mut self, kind: EntityKind, name: &str) {
        self.names.insert((kind.as_str(), index_key(name)));
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
