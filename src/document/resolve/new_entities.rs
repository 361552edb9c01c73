//! Whoever was just made, found under another form of the name as those are who were there before.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::{Name, blocking_keys};
use crate::document::entity::{EntityKind, NewEntity};

/// Most that are looked at for one name, so that a document of names that are all alike takes no longer than others.
const MAX_CANDIDATES_PER_NAME: usize = 40;

/// Entities that were made since the others were looked up. They are indexed when somebody asks: most documents
/// name nobody by a name alone.
#[derive(Debug, Clone, Default)]
pub struct NewEntityIndex {
    entities: Vec<IndexedEntity>,
    indexed: usize,
    by_block: HashMap<i64, Vec<usize>>,
}

/// An entity that was just made.
#[derive(Debug, Clone)]
pub(super) struct IndexedEntity {
    pub(super) entity: NewEntity,
    name: OnceLock<Name>,
}

impl IndexedEntity {
    /// Its name taken apart.
    pub(super) fn name(&self) -> &Name {
        self.name.get_or_init(|| Name::of(&self.entity.name))
    }
}

impl NewEntityIndex {
    pub fn add(&mut self, entity: &NewEntity) {
        self.entities.push(IndexedEntity { entity: entity.clone(), name: OnceLock::new() });
    }

    /// Makes those who were added since the last time known to [`Self::candidates`].
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

    /// Those whose names may be another form of this one, in the order in which they were made.
    pub(super) fn candidates(&self, kind: EntityKind, name: &Name) -> Vec<&IndexedEntity> {
        if self.by_block.is_empty() {
            return Vec::new();
        }
        let blocks = blocking_keys::for_lookup(kind, name);
        // The places under a block ascend, so that the first of all are among the first of each.
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
