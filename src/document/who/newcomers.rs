//! Whoever was just made, found under another form of the name as those are who were there before.

use std::collections::HashMap;

use super::{Name, blocks};
use crate::document::entity::{EntityKind, NewEntity};

/// Most that are looked at for one name, so that a document of names that are all alike takes no longer than others.
const MOST_NEAR: usize = 40;

/// Entities that were made since the others were looked up. They are indexed when somebody asks: most documents
/// name nobody by a name alone.
#[derive(Debug, Clone, Default)]
pub struct Newcomers {
    entities: Vec<NewEntity>,
    indexed: usize,
    by_block: HashMap<i64, Vec<usize>>,
}

impl Newcomers {
    pub fn add(&mut self, entity: &NewEntity) {
        self.entities.push(entity.clone());
    }

    /// Makes those who were added since the last time known to [`Self::near`].
    pub fn index(&mut self) {
        for (place, entity) in self.entities.iter().enumerate().skip(self.indexed) {
            for block in blocks::stored(entity.kind, &Name::of_kind(entity.kind, &entity.name)) {
                self.by_block.entry(block).or_default().push(place);
            }
        }
        self.indexed = self.entities.len();
    }

    /// Those whose names may be another form of this one, in the order in which they were made.
    #[must_use]
    pub fn near(&self, kind: EntityKind, name: &Name) -> Vec<&NewEntity> {
        if self.by_block.is_empty() {
            return Vec::new();
        }
        let blocks = blocks::looked_up(kind, name);
        let mut places: Vec<usize> =
            blocks.iter().filter_map(|block| self.by_block.get(block)).flatten().copied().collect();
        places.sort_unstable();
        places.dedup();
        places.truncate(MOST_NEAR);
        places
            .into_iter()
            .map(|place| &self.entities[place])
            .filter(|entity| entity.kind == kind)
            .collect()
    }
}
