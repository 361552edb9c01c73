//! Indexes of items by lookup keys, so that two lists can be aligned without comparing each item
//! with each.

use std::collections::BTreeSet;
use std::hash::Hash;
use std::ops::Bound;

use ahash::{HashMap, HashMapExt as _, HashSet, HashSetExt as _};

/// A value that an item is found by. An entity may have several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum LookupKey<'a> {
    /// A field in comparable form.
    Text(&'a str),
    /// The canonical spelling of a field.
    Canonical((&'a str, &'a str)),
    /// An entity's id.
    Id(&'a str),
    /// The credited name of an entity with an id.
    Name(&'a str),
    /// A name without an id.
    NameWithoutId(&'a str),
    /// A group of entities with one name.
    Group(usize),
    /// No entity.
    NoEntity,
}

/// The positions of stored items by their keys. Each item is taken once.
pub(super) struct PositionIndex<K> {
    places: HashMap<K, BTreeSet<usize>>,
    taken: HashSet<usize>,
}

impl<K: Eq + Hash> PositionIndex<K> {
    pub fn new() -> Self {
        Self { places: HashMap::new(), taken: HashSet::new() }
    }

    pub fn add(&mut self, key: K, stored: usize) {
        self.places.entry(key).or_default().insert(stored);
    }

    /// Takes the first item with any of the keys after the position `after`; if there is none, the
    /// first of all.
    pub fn take(&mut self, keys: &[K], after: Option<usize>) -> Option<usize> {
        let behind = after.map_or(Bound::Unbounded, Bound::Excluded);
        let found = self.first(keys, behind).or_else(|| self.first(keys, Bound::Unbounded))?;
        self.taken.insert(found);
        Some(found)
    }

    fn first(&mut self, keys: &[K], from: Bound<usize>) -> Option<usize> {
        let mut best: Option<usize> = None;
        for key in keys {
            let Some(places) = self.places.get_mut(key) else { continue };
            while let Some(first) = places.range((from, Bound::Unbounded)).next().copied() {
                if !self.taken.contains(&first) {
                    best = Some(best.map_or(first, |best| best.min(first)));
                    break;
                }
                places.remove(&first);
            }
        }
        best
    }
}

/// At most one value, or the fact that there are several.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct AtMostOne {
    one: Option<usize>,
    more: bool,
}

impl AtMostOne {
    pub fn add(&mut self, value: usize) {
        match self.one {
            None => self.one = Some(value),
            Some(one) => self.more |= one != value,
        }
    }

    pub fn join(&mut self, others: Self) {
        if let Some(one) = others.one {
            self.add(one);
        }
        self.more |= others.more;
    }

    pub fn only(self) -> Option<usize> {
        self.one.filter(|_| !self.more)
    }
}

/// The stored and the arriving items that share a key.
#[derive(Debug, Default)]
pub(super) struct KeyOwners {
    pub stored: AtMostOne,
    pub arriving: AtMostOne,
}
