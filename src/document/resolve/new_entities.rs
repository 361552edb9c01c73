//! Entities that are created during an import, indexed by blocking keys so that later names find
//! them under other forms of their names.

use std::sync::OnceLock;

use ahash::HashMap;

use super::{Name, blocking_keys};
use crate::document::schema::entities::{EntityKind, NewEntity};

/// The maximum number of candidates for one name. It limits the time for documents with many
/// similar names.
const MAX_CANDIDATES_PER_NAME: usize = 40;

/// Entities that were created since the directory was loaded. They are indexed on demand, as most
/// documents have no name without an id.
#[derive(Debug, Clone, Default)]
pub struct NewEntityIndex {
    entities: Vec<IndexedEntity>,
    indexed: usize,
    by_block: HashMap<i64, Vec<usize>>,
}

/// A created entity and its parsed name.
#[derive(Debug, Clone)]
pub(super) struct IndexedEntity {
    pub(super) entity: NewEntity,
    name: OnceLock<Name>,
}

impl IndexedEntity {
    /// The parsed name, computed on first use.
    pub(super) fn name(&self) -> &Name {
        self.name.get_or_init(|| Name::of(&self.entity.name))
    }
}

impl NewEntityIndex {
    pub fn add(&mut self, entity: &NewEntity) {
        self.entities.push(IndexedEntity { entity: entity.clone(), name: OnceLock::new() });
    }

    /// Indexes the entities that were added since the last call, for [`Self::candidates`].
    pub fn index(&mut self) {
        for (place, IndexedEntity { entity, .. }) in
            self.entities.iter().enumerate().skip(self.indexed)
        {
            for block in
                blocking_keys::for_index(entity.kind, &Name::of_kind(entity.kind, &entity.name))
            {
                self.by_block.entry(block).or_default().push(place);
            }
        }
        self.indexed = self.entities.len();
    }

    /// The entities with a name that may be another form of a name, in the order of their creation.
    pub(super) fn candidates(&self, kind: EntityKind, name: &Name) -> Vec<&IndexedEntity> {
        if self.by_block.is_empty() {
            return Vec::new();
        }
        let blocks = blocking_keys::for_lookup(kind, name);
        // The positions of a block ascend, so the first ones overall are among the first of each
        // block.
        let of_blocks = blocks.iter().filter_map(|block| self.by_block.get(block));
        let mut places: Vec<usize> = of_blocks
            .flat_map(|places| places.iter().take(MAX_CANDIDATES_PER_NAME))
            .copied()
            .collect();
        places.sort_unstable();
        places.dedup();
        places.truncate(MAX_CANDIDATES_PER_NAME);
        places
            .into_iter()
            .map(|place| &self.entities[place])
            .filter(|new| new.entity.kind == kind)
            .collect()
    }
}
