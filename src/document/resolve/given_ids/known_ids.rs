//! What is known of the ids that arrive, beside whether an entity has them.

use std::collections::HashMap;

use crate::document::entity::{EntityKind, NewEntity};

/// A kind of entity and an id.
type Key = (&'static str, String);

/// What is known of the ids that documents give.
#[derive(Debug, Clone, Default)]
pub struct KnownIds {
    /// The names of entities, their own first, of those whose names are needed.
    names: HashMap<Key, Vec<String>>,
    /// A given id to the entities that another database may know by it.
    external: HashMap<Key, Vec<String>>,
    /// The entities that earlier documents of the same batch bring.
    introduced: HashMap<Key, Introduced>,
}

/// Where in a batch an id came first.
#[derive(Debug, Clone)]
pub struct Introduced {
    /// The document, for a person to read.
    pub place: String,
    /// The name beside the id there.
    pub name: String,
}

impl KnownIds {
    /// Records a name of an entity; its own name comes first.
    pub fn add_name(&mut self, kind: EntityKind, id: &str, name: &str) {
        let names = self.names.entry((kind.as_str(), id.to_owned())).or_default();
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }

    /// The names of an entity. Empty where none came under a name that is not its own.
    #[must_use]
    pub fn names(&self, kind: EntityKind, id: &str) -> &[String] {
        self.names.get(&(kind.as_str(), id.to_owned())).map_or(&[], Vec::as_slice)
    }

    /// Records that `given` may be the id that another database has for the entity `id`.
    pub fn add_external_candidate(&mut self, kind: EntityKind, given: &str, id: &str) {
        let found = self.external.entry((kind.as_str(), given.to_owned())).or_default();
        if !found.iter().any(|known| known == id) {
            found.push(id.to_owned());
        }
    }

    /// The entities that another database may know by an id, in the order of their ids.
    #[must_use]
    pub fn external_candidates(&self, kind: EntityKind, given: &str) -> Vec<&str> {
        let found = self.external.get(&(kind.as_str(), given.to_owned()));
        let mut found: Vec<&str> = found.into_iter().flatten().map(String::as_str).collect();
        found.sort_unstable();
        found
    }

    /// Records that a document of this batch brings an entity under an id that it gave.
    pub fn introduce(&mut self, entity: &NewEntity, place: &str) {
        self.introduced
            .entry((entity.kind.as_str(), entity.id.clone()))
            .or_insert_with(|| Introduced { place: place.to_owned(), name: entity.name.clone() });
    }

    /// Where in this batch an id came first, if a document before brought it.
    #[must_use]
    pub fn introduced(&self, kind: EntityKind, id: &str) -> Option<&Introduced> {
        if self.introduced.is_empty() {
            return None;
        }
        self.introduced.get(&(kind.as_str(), id.to_owned()))
    }
}
