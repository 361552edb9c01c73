//! Finding items by what they are recognised by, so that a list of thousands is not compared with a
//! list of thousands, each with each.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::hash::Hash;
use std::ops::Bound;

/// One thing that an item is recognised by. EntityKey is meant may be told by several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum LookupKey<'a> {
    /// A field in comparable form.
    Text(&'a str),
    /// What a field means, in whichever spelling.
    Canonical((&'a str, &'a str)),
    /// An entity's id.
    Id(&'a str),
    /// The name under which an entity with an id stands.
    Name(&'a str),
    /// A name that stands without an id.
    NameWithoutId(&'a str),
    /// An entity of a group of those that go by one name.
    Group(usize),
    /// No entity.
    NoEntity,
}

/// Stored items by their keys. Each is taken once.
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

    /// Takes the first item behind `after` that goes by any of the keys; else the first of all.
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

/// None, one, or more than one: of many, how many does not matter.
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

/// The items of both sides that meet under one key.
#[derive(Debug, Default)]
pub(super) struct KeyOwners {
    pub stored: AtMostOne,
    pub arriving: AtMostOne,
}
