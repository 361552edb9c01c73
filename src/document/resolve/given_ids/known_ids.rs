//! Facts about the ids in documents that a check of ids needs, besides which of them exist.

use ahash::HashMap;

use crate::document::schema::entities::{EntityKind, NewEntity};

/// A kind of entity and an id.
type Key = (&'static str, String);

/// Facts about the ids in documents.
#[derive(Debug, Clone, Default)]
pub struct KnownIds {
    /// The names of entities, the primary one first, where they have to be compared.
    names: HashMap<Key, Vec<String>>,
    /// For an id, the entities that have it in another database.
    external: HashMap<Key, Vec<String>>,
    /// The entities that earlier documents of the same batch introduce.
    introduced: HashMap<Key, Introduced>,
}

/// The first use of an id in a batch.
#[derive(Debug, Clone)]
pub struct Introduced {
    /// A description of the document, for messages.
    pub place: String,
    /// The name beside the id.
    pub name: String,
}

impl KnownIds {
    /// Adds a name of an entity; the primary name is added first.
    pub fn add_name(&mut self, kind: EntityKind, id: &str, name: &str) {
        let names = self.names.entry((kind.as_str(), id.to_owned())).or_default();
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }

    /// The names of an entity. Empty if every given name beside it is its primary name.
    #[must_use]
    pub fn names(&self, kind: EntityKind, id: &str) -> &[String] {
        self.names.get(&(kind.as_str(), id.to_owned())).map_or(&[], Vec::as_slice)
    }

    /// Adds an entity `id` that may have the id `given` in another database.
    pub fn add_external_candidate(&mut self, kind: EntityKind, given: &str, id: &str) {
        let found = self.external.entry((kind.as_str(), given.to_owned())).or_default();
        if !found.iter().any(|known| known == id) {
            found.push(id.to_owned());
        }
    }

    /// The entities that may have an id in another database, in the order of their ids.
    #[must_use]
    pub fn external_candidates(&self, kind: EntityKind, given: &str) -> Vec<&str> {
        let found = self.external.get(&(kind.as_str(), given.to_owned()));
        let mut found: Vec<&str> = found.into_iter().flatten().map(String::as_str).collect();
        found.sort_unstable();
        found
    }

    /// Records that a document of this batch introduces an entity under an id of its own.
    pub fn introduce(&mut self, entity: &NewEntity, place: &str) {
        self.introduced
            .entry((entity.kind.as_str(), entity.id.clone()))
            .or_insert_with(|| Introduced { place: place.to_owned(), name: entity.name.clone() });
    }

    /// The first use of an id in this batch, if an earlier document introduced it.
    #[must_use]
    pub fn introduced(&self, kind: EntityKind, id: &str) -> Option<&Introduced> {
        if self.introduced.is_empty() {
            return None;
        }
        self.introduced.get(&(kind.as_str(), id.to_owned()))
    }
}
