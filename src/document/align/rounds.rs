//! The rounds of an alignment, except for those that compare contents
//! ([`equal_content`](super::equal_content)).

use std::collections::BTreeSet;

use ahash::{HashMap, HashMapExt as _, HashSet, HashSetExt as _};

use super::content::ContentHasher;
use super::index::{AtMostOne, KeyOwners, LookupKey, PositionIndex};
use super::view::{EntityKey, ItemView, MAX_INDIVIDUAL_LOOKUPS};
use crate::document::budget::WorkBudget;
use crate::document::schema::definition::Item;

/// Which states of which stored items are compared.
#[derive(Clone, Copy)]
pub(super) struct States {
    /// The current state (0), or the base where it differs (1).
    pub(super) side: usize,
    /// Whether only items are compared that exist in both states.
    pub(super) in_both_states: bool,
}

/// Among equal keys, items of the base come before those that were added since. In another order, a
/// document that is imported again could claim added items, and REPLACE would remove the others.
pub(super) const STATES: [States; 4] = [
    States { side: 0, in_both_states: true },
    States { side: 1, in_both_states: true },
    States { side: 0, in_both_states: false },
    States { side: 1, in_both_states: false },
];

/// The form in which keys are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Key {
    Exact,
    /// With the canonical spelling of a field.
    Canonical,
}

impl Key {
    pub(super) fn of<'v>(self, view: &'v ItemView<'_>) -> &'v str {
        match self {
            Self::Exact => &view.exact_key,
            Self::Canonical => &view.canonical_key,
        }
    }
}

/// The state of aligning a list: the claims of the rounds so far.
pub(super) struct Aligner<'a> {
    pub(super) item: &'static Item,
    pub(super) budget: &'a WorkBudget<'a>,
    pub(super) hasher: ContentHasher,
    pub(super) stored: Vec<[Option<ItemView<'a>>; 2]>,
    /// Which stored items exist in both states.
    pub(super) in_both_states: Vec<bool>,
    /// The indices of the stored items in the order in which equal keys are claimed, and the rank
    /// of each.
    pub(super) by_rank: Vec<usize>,
    pub(super) ranks: Vec<usize>,
    pub(super) arriving: Vec<ItemView<'a>>,
    /// Which stored items are claimed.
    pub(super) claimed: Vec<bool>,
    pub(super) claims: Vec<Option<usize>>,
}

/// An arriving item and the stored item that it claims.
pub(super) type Pair = (usize, usize);

impl Aligner<'_> {
    pub(super) fn claim(&mut self, pairs: Vec<Pair>) {
        for (arriving, stored) in pairs {
            self.claims[arriving] = Some(stored);
            self.claimed[stored] = true;
        }
    }

    pub(super) fn unclaimed(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.stored.len()).filter(|index| !self.claimed[*index])
    }

    /// The unclaimed stored items that have a state, with that state.
    pub(super) fn unclaimed_at(
        &self,
        states: States,
    ) -> impl Iterator<Item = (usize, &ItemView<'_>)> + '_ {
        let looked_at = self
            .unclaimed()
            .filter(move |index| !states.in_both_states || self.in_both_states[*index]);
        looked_at.filter_map(move |index| Some((index, self.stored[index][states.side].as_ref()?)))
    }

    pub(super) fn views(&self, stored: usize) -> impl Iterator<Item = &ItemView<'_>> + '_ {
        self.stored[stored].iter().flatten()
    }

    pub(super) fn unaligned(&self) -> impl Iterator<Item = (usize, &ItemView<'_>)> + '_ {
        self.arriving.iter().enumerate().filter(|(index, _)| self.claims[*index].is_none())
    }

    pub(super) fn has_repetitions(&self) -> bool {
        let (mut ids, mut keys) = (HashSet::new(), HashSet::new());
        let mut arriving = self.arriving.iter();
        arriving.any(|view| {
            view.id.is_some_and(|id| !ids.insert(id))
                || !keys.insert((&view.key, view.lookup_keys()))
        })
    }

    pub(super) fn by_id(&self) -> Vec<Pair> {
        let places: HashMap<&str, usize> = (0..self.stored.len())
            .filter_map(|index| Some((self.views(index).next()?.id?, index)))
            .collect();
        let mut claimed = HashSet::new();
        let found = self.arriving.iter().enumerate().filter_map(|(arriving, view)| {
            let stored = places.get(view.id?).copied().filter(|stored| claimed.insert(*stored))?;
            Some((arriving, stored))
        });
        found.collect()
    }

    /// Groups entities with one name if there are many of them, and assigns the groups to the
    /// stored items. Without groups, each item with such a name would look up each of these
    /// entities.
    pub(super) fn group_namesakes(&mut self) {
        let mut numbers: HashMap<(usize, String), usize> = HashMap::new();
        let mut groups: HashMap<(usize, &str), Vec<usize>> = HashMap::new();
        for view in &mut self.arriving {
            for (place, entity) in view.entities.iter_mut().enumerate() {
                let Some(name) =
                    entity.name.as_ref().filter(|_| entity.known.len() > MAX_INDIVIDUAL_LOOKUPS)
                else {
                    continue;
                };
                let next = numbers.len();
                let number = *numbers.entry((place, name.clone())).or_insert_with(|| {
                    for id in entity.known {
                        groups.entry((place, id)).or_default().push(next);
                    }
                    next
                });
                if number == next && !self.budget.charge(entity.known.len()) {
                    return;
                }
                entity.group = Some(number);
            }
        }
        if groups.is_empty() {
            return;
        }
        for view in self.stored.iter_mut().flatten().flatten() {
            for (place, entity) in view.entities.iter_mut().enumerate() {
                let of_id = entity.id.and_then(|id| groups.get(&(place, id)));
                entity.groups = of_id.cloned().unwrap_or_default();
            }
        }
    }

    /// Claims items with equal keys in their order.
    pub(super) fn by_full_key(
        &self,
        states: States,
        key: for<'v> fn(&'v ItemView<'_>) -> &'v str,
    ) -> Vec<Pair> {
        if !self.budget.charge(self.arriving.len() + self.stored.len()) {
            return Vec::new();
        }
        let mut places = PositionIndex::new();
        for (stored, view) in self.unclaimed_at(states) {
            for index_keys in view.index_keys() {
                places.add((key(view), index_keys), self.ranks[stored]);
            }
        }
        let found = self.unaligned().filter_map(|(arriving, view)| {
            let keys: Vec<_> =
                view.lookup_keys().into_iter().map(|index_keys| (key(view), index_keys)).collect();
            Some((arriving, self.by_rank[places.take(&keys, None)?]))
        });
        found.collect()
    }

    /// Pairs of items that are each other's only candidate: the `parts` of the key that both have,
    /// at least one, are equal. Without `aliases`, names are compared as credited.
    pub(super) fn by_present_parts(&self, parts: &[usize], aliases: bool) -> Vec<Pair> {
        if !self.budget.charge(4 * (self.arriving.len() + self.stored.len())) {
            return Vec::new();
        }
        let shapes: BTreeSet<u32> = self.unaligned().map(|(_, view)| view.present(parts)).collect();
        let mut stored_shapes = BTreeSet::new();
        let mut owners_by_key: HashMap<(u32, Vec<LookupKey<'_>>), KeyOwners> = HashMap::new();
        let mut met: HashMap<usize, Vec<(u32, Vec<LookupKey<'_>>)>> = HashMap::new();
        for stored in self.unclaimed() {
            for view in self.views(stored) {
                let shape = view.present(parts);
                stored_shapes.insert(shape);
                let common: BTreeSet<u32> =
                    shapes.iter().map(|other| shape & other).filter(|bits| *bits != 0).collect();
                let keys = common.into_iter().flat_map(|bits| {
                    view.values(bits, EntityKey::index_keys)
                        .into_iter()
                        .map(move |index_keys| (key_of(shape, bits), index_keys))
                });
                for key in keys {
                    owners_by_key.entry(key.clone()).or_default().stored.add(stored);
                    met.entry(stored).or_default().push(key);
                }
            }
        }
        let mut pairs = Vec::new();
        for (arriving, view) in self.unaligned() {
            let shape = view.present(parts);
            let mut candidates = AtMostOne::default();
            for other in stored_shapes.iter().filter(|other| shape & **other != 0) {
                for index_keys in view.values(
                    shape & other,
                    if aliases { EntityKey::lookup_keys } else { EntityKey::lookup_keys_by_name },
                ) {
                    if let Some(owners) =
                        owners_by_key.get_mut(&(key_of(*other, shape & other), index_keys))
                    {
                        owners.arriving.add(arriving);
                        candidates.join(owners.stored);
                    }
                }
            }
            pairs.extend(candidates.only().map(|stored| (arriving, stored)));
        }
        pairs.retain(|(_, stored)| {
            let mut claimants = AtMostOne::default();
            for key in met.get(stored).into_iter().flatten() {
                claimants.join(owners_by_key[key].arriving);
            }
            claimants.only().is_some()
        });
        pairs
    }
}

/// The parts that the stored item has and the parts that are compared, as one number. A key has
/// fewer than 16 parts.
const fn key_of(shape: u32, common: u32) -> u32 {
    shape << 16 | common
}
