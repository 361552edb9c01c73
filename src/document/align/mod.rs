//! Aligning: finds which arriving item is which stored item of a list.
//!
//! An alignment is one to one: a stored item is claimed by at most one arriving item, and an item
//! without a claim is new. The rounds go from the strongest evidence to the weakest. Each round
//! looks its pairs up in an [`index`], so that the time grows with the lists and not with their
//! product.

mod content;
mod index;
pub mod other_script;
#[cfg(test)]
mod tests;
mod view;

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::budget::WorkBudget;
use super::resolve::directory::Directory;
use super::schema::definition::{Item, KeyPart, Object};
use super::schema::entities::EntityKind;
use content::{ContentHash, ContentHasher};
use index::{AtMostOne, KeyOwners, LookupKey, PositionIndex};
use view::{ContentHashes, EntityKey, ItemView, MAX_INDIVIDUAL_LOOKUPS};

/// A stored item and its state in the base revision. One of the two may be missing; a default value
/// has neither.
#[derive(Debug, Clone, Copy, Default)]
pub struct StoredItem<'a> {
    pub current: Option<&'a Object>,
    pub base: Option<&'a Object>,
    /// Whether the item was added since the base revision. Only an arriving item with the whole key
    /// can claim it.
    pub is_added: bool,
    /// Its position in the base revision.
    pub base_place: Option<usize>,
}

impl<'a> StoredItem<'a> {
    fn views(&self, item: &'static Item) -> [Option<ItemView<'a>>; 2] {
        let base = self.base.filter(|base| self.current != Some(*base));
        [self.current, base].map(|state| state.map(|object| ItemView::of(item, object, None)))
    }
}

/// The stored entities that a name may mean, by kind and name in
/// [`index_key`](super::text::index_key) form. The other fields of the item decide between them.
pub type PossibleEntities = HashMap<(EntityKind, String), Arc<[String]>>;

/// The stored item of each arriving item.
#[derive(Debug, PartialEq, Eq)]
pub struct Alignment {
    /// For each arriving item, the index of the stored item it claims.
    pub claimed: Vec<Option<usize>>,
    /// Whether arriving items have the same key or id, so that only their order distinguishes them.
    pub has_repetitions: bool,
}

/// Aligns arriving items with stored ones. A document repeats items as they were in its base
/// revision, so both states of a stored item are compared.
#[must_use]
pub fn align(
    item: &'static Item,
    stored: &[StoredItem<'_>],
    arriving: &[Object],
    directory: &Directory,
    possible_entities: &PossibleEntities,
    budget: &WorkBudget<'_>,
) -> Alignment {
    let by_rank = in_stable_order(item, stored);
    let mut ranks = vec![0; stored.len()];
    for (rank, stored) in by_rank.iter().enumerate() {
        ranks[*stored] = rank;
    }
    let mut aligner = Aligner {
        item,
        by_rank,
        ranks,
        budget,
        hasher: ContentHasher::new(),
        stored: Vec::with_capacity(stored.len()),
        in_both_states: stored
            .iter()
            .map(|known| known.current.is_some() && known.base.is_some())
            .collect(),
        arriving: Vec::with_capacity(arriving.len()),
        claimed: vec![false; stored.len()],
        claims: vec![None; arriving.len()],
    };
    for known in stored {
        let views = known.views(item);
        let steps: usize = views.iter().flatten().map(steps_of).sum();
        aligner.stored.push(views);
        if !budget.charge(steps) {
            return Alignment::none(arriving.len());
        }
    }
    for object in arriving {
        let view = ItemView::of(item, object, Some((directory, possible_entities)));
        let steps = steps_of(&view);
        aligner.arriving.push(view);
        if !budget.charge(steps) {
            return Alignment::none(arriving.len());
        }
    }
    aligner.group_namesakes();
    aligner.claim(aligner.by_id());
    let by_id = aligner.claims.clone();
    for states in STATES {
        aligner.claim(aligner.by_equal_content(states, Key::Exact));
    }
    for states in STATES {
        aligner.claim(aligner.by_full_key(states, |view| &view.exact_key));
    }
    for states in STATES {
        aligner.claim(aligner.by_full_key(states, |view| &view.key));
    }
    if item.spellings.is_some() {
        for states in STATES {
            aligner.claim(aligner.by_equal_content(states, Key::Canonical));
        }
        for states in STATES {
            aligner.claim(aligner.by_full_key(states, |view| &view.canonical_key));
        }
    }
    // The parts of the key that both sides have.
    let parts: Vec<usize> = (0..item.keys.iter().map(|parts| parts.len()).sum()).collect();
    for aliases in [false, true] {
        aligner.claim(aligner.by_present_parts(&parts, aliases));
    }
    if item.entity_alone {
        for (claimed, known) in aligner.claimed.iter_mut().zip(stored) {
            *claimed |= known.is_added;
        }
        // The first entity alone, for an item with a corrected character or an added job.
        let mut all = item.keys.iter().flat_map(|parts| parts.iter());
        let person = all.position(|part| *part == KeyPart::Entity(0));
        for aliases in [false, true] {
            aligner.claim(aligner.by_present_parts(person.as_slice(), aliases));
        }
    }
    aligner.repetitions_in_order(&by_id);
    Alignment { has_repetitions: aligner.has_repetitions(), claimed: aligner.claims }
}

impl Alignment {
    /// An alignment in which every item is new.
    fn none(arriving: usize) -> Self {
        Self { claimed: vec![None; arriving], has_repetitions: false }
    }
}

/// The indices of the stored items in an order that importing the document does not change: first
/// the items of the base in its order, then those that were added since by their ids; without a
/// base, in the stored order. In another order, a document that moves items with equal keys would
/// claim other items when it is imported again.
fn in_stable_order(item: &Item, stored: &[StoredItem<'_>]) -> Vec<usize> {
    let id = |known: &StoredItem<'_>| {
        let added = known.current.filter(|_| known.is_added);
        added.and_then(|object| object.get(item.id)?.as_str().map(str::to_owned))
    };
    let mut order: Vec<usize> = (0..stored.len()).collect();
    if stored.iter().any(|known| known.is_added || known.base_place.is_some()) {
        order.sort_by_cached_key(|index| {
            let known = &stored[*index];
            (known.base_place.unwrap_or(usize::MAX), id(known))
        });
    }
    order
}

/// Work steps of reading and looking up an item.
fn steps_of(view: &ItemView<'_>) -> usize {
    16 + view.exact_key.len() / 4
}

/// Which states of which stored items are compared.
#[derive(Clone, Copy)]
struct States {
    /// The current state (0), or the base where it differs (1).
    side: usize,
    /// Whether only items are compared that exist in both states.
    in_both_states: bool,
}

/// Among equal keys, items of the base come before those that were added since. In another order, a
/// document that is imported again could claim added items, and REPLACE would remove the others.
const STATES: [States; 4] = [
    States { side: 0, in_both_states: true },
    States { side: 1, in_both_states: true },
    States { side: 0, in_both_states: false },
    States { side: 1, in_both_states: false },
];

/// The form in which keys are compared.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Key {
    Exact,
    /// With the canonical spelling of a field.
    Canonical,
}

impl Key {
    fn of<'v>(self, view: &'v ItemView<'_>) -> &'v str {
        match self {
            Self::Exact => &view.exact_key,
            Self::Canonical => &view.canonical_key,
        }
    }
}

struct Aligner<'a> {
    item: &'static Item,
    budget: &'a WorkBudget<'a>,
    hasher: ContentHasher,
    stored: Vec<[Option<ItemView<'a>>; 2]>,
    /// Which stored items exist in both states.
    in_both_states: Vec<bool>,
    /// The indices of the stored items in the order in which equal keys are claimed, and the rank
    /// of each.
    by_rank: Vec<usize>,
    ranks: Vec<usize>,
    arriving: Vec<ItemView<'a>>,
    /// Which stored items are claimed.
    claimed: Vec<bool>,
    claims: Vec<Option<usize>>,
}

/// An arriving item and the stored item that it claims.
type Pair = (usize, usize);

impl Aligner<'_> {
    fn claim(&mut self, pairs: Vec<Pair>) {
        for (arriving, stored) in pairs {
            self.claims[arriving] = Some(stored);
            self.claimed[stored] = true;
        }
    }

    fn unclaimed(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.stored.len()).filter(|index| !self.claimed[*index])
    }

    /// The unclaimed stored items that have a state, with that state.
    fn unclaimed_at(&self, states: States) -> impl Iterator<Item = (usize, &ItemView<'_>)> + '_ {
        let looked_at = self
            .unclaimed()
            .filter(move |index| !states.in_both_states || self.in_both_states[*index]);
        looked_at.filter_map(move |index| Some((index, self.stored[index][states.side].as_ref()?)))
    }

    fn views(&self, stored: usize) -> impl Iterator<Item = &ItemView<'_>> + '_ {
        self.stored[stored].iter().flatten()
    }

    fn unaligned(&self) -> impl Iterator<Item = (usize, &ItemView<'_>)> + '_ {
        self.arriving.iter().enumerate().filter(|(index, _)| self.claims[*index].is_none())
    }

    fn has_repetitions(&self) -> bool {
        let (mut ids, mut keys) = (HashSet::new(), HashSet::new());
        let mut arriving = self.arriving.iter();
        arriving.any(|view| {
            view.id.is_some_and(|id| !ids.insert(id))
                || !keys.insert((&view.key, view.lookup_keys()))
        })
    }

    fn by_id(&self) -> Vec<Pair> {
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
    fn group_namesakes(&mut self) {
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

    /// Claims items with equal keys and equal content: the next stored item after the last claimed
    /// one, or else the first. Without this round, a document that moves one of several items with
    /// equal keys would claim another one when it is imported again.
    fn by_equal_content(&self, states: States, key: Key) -> Vec<Pair> {
        let mut of_key: HashMap<&str, Vec<(usize, &ItemView<'_>)>> = HashMap::new();
        for (stored, view) in self.unclaimed_at(states) {
            of_key.entry(key.of(view)).or_default().push((stored, view));
        }
        if of_key.is_empty() || !self.budget.charge(self.arriving.len() + self.stored.len()) {
            return Vec::new();
        }
        let mut claims = self.claims.clone();
        let mut pairs = Vec::new();
        // Only contents that occur in the document are indexed.
        let sought: HashSet<ContentHash> = self
            .unaligned()
            .filter(|(_, view)| of_key.contains_key(key.of(view)))
            .map(|(_, view)| self.content(view, key, &self.fields(view, key)))
            .collect();
        // An arriving item with all fields of the stored one takes precedence over one with some of
        // them, which may fit other items as well.
        for needs_all_fields in [true, false] {
            // The keys and sets of fields for which stored contents are indexed.
            let mut indexed: HashSet<(&str, Vec<ContentHash>)> = HashSet::new();
            let mut places = PositionIndex::new();
            let mut last = None;
            for (arriving, view) in self.arriving.iter().enumerate() {
                if claims[arriving].is_none()
                    && let Some(stored) = of_key.get(key.of(view))
                {
                    let fields = self.fields(view, key);
                    let content = self.content(view, key, &fields);
                    if indexed.insert((key.of(view), fields.clone())) {
                        if !self.budget.charge(1 + stored.len() * fields.len() / 4) {
                            return Vec::new();
                        }
                        for (stored, view) in stored {
                            if needs_all_fields && self.fields(view, key) != fields {
                                continue;
                            }
                            let content = self.content(view, key, &fields);
                            if !sought.contains(&content) {
                                continue;
                            }
                            for index_keys in view.index_keys() {
                                places.add((content, index_keys), *stored);
                            }
                        }
                    }
                    let keys: Vec<_> = view
                        .lookup_keys()
                        .into_iter()
                        .map(|index_keys| (content, index_keys))
                        .collect();
                    if let Some(stored) = places.take(&keys, last) {
                        claims[arriving] = Some(stored);
                        pairs.push((arriving, stored));
                    }
                }
                last = claims[arriving].or(last);
            }
            let claimed: HashSet<usize> = pairs.iter().map(|(_, stored)| *stored).collect();
            for stored in of_key.values_mut() {
                stored.retain(|(stored, _)| !claimed.contains(stored));
            }
        }
        self.in_their_order(pairs, states)
    }

    /// Lets the arriving items claim stored items with equal content in the order of the stored
    /// items. In another order, a document that is imported again would claim them differently.
    fn in_their_order(&self, mut pairs: Vec<Pair>, states: States) -> Vec<Pair> {
        pairs.sort_unstable();
        if pairs.is_sorted_by_key(|(_, stored)| *stored) {
            return pairs;
        }
        let mut alike: HashMap<_, Vec<usize>> = HashMap::new();
        for (at, (_, stored)) in pairs.iter().enumerate() {
            if let Some(view) = &self.stored[*stored][states.side] {
                alike.entry((self.content_of(view), view.index_keys())).or_default().push(at);
            }
        }
        for places in alike.into_values() {
            let mut stored: Vec<usize> = places.iter().map(|at| pairs[*at].1).collect();
            stored.sort_unstable();
            for (at, stored) in places.into_iter().zip(stored) {
                pairs[at].1 = stored;
            }
        }
        pairs
    }

    /// As [`Self::in_their_order`], for arriving items with equal content: new items come last.
    fn repetitions_in_order(&mut self, from: &[Option<usize>]) {
        let place = |claim: Option<usize>| claim.unwrap_or(usize::MAX);
        let open: Vec<usize> =
            (0..self.arriving.len()).filter(|arriving| from[*arriving].is_none()).collect();
        if open.is_sorted_by_key(|arriving| place(self.claims[*arriving])) {
            return;
        }
        let mut alike: HashMap<_, Vec<usize>> = HashMap::new();
        for (arriving, view) in
            open.into_iter().map(|arriving| (arriving, &self.arriving[arriving]))
        {
            alike.entry((self.content_of(view), view.lookup_keys())).or_default().push(arriving);
        }
        let mut claims = self.claims.clone();
        for places in alike.into_values().filter(|places| places.len() > 1) {
            let mut claimed: Vec<Option<usize>> =
                places.iter().map(|arriving| self.claims[*arriving]).collect();
            claimed.sort_unstable_by_key(|claim| place(*claim));
            for (arriving, claim) in places.into_iter().zip(claimed) {
                claims[arriving] = claim;
            }
        }
        self.claims = claims;
    }

    fn hashes<'v>(&self, view: &'v ItemView<'_>) -> &'v ContentHashes {
        view.hashes(self.item, &self.hasher)
    }

    /// The hash of an item's content.
    fn content_of(&self, view: &ItemView<'_>) -> ContentHash {
        self.content(view, Key::Exact, &self.fields(view, Key::Exact))
    }

    /// The hashes of the names of the fields with values, without the field that the key contains
    /// in its canonical spelling.
    fn fields(&self, view: &ItemView<'_>, key: Key) -> Vec<ContentHash> {
        let spellings = self.item.spellings.as_ref().filter(|_| key == Key::Canonical);
        let spelled = spellings.map(|spellings| self.hasher.text(spellings.field));
        let fields = self.hashes(view).fields.iter().map(|(name, _)| *name);
        fields.filter(|name| spelled != Some(*name)).collect()
    }

    /// The content of the key of an item and of the fields with these names.
    fn content(&self, view: &ItemView<'_>, key: Key, fields: &[ContentHash]) -> ContentHash {
        let said = self.hashes(view);
        let mut content = match key {
            Key::Exact => said.exact_key,
            Key::Canonical => said.canonical_key,
        };
        let mut known = said.fields.iter().peekable();
        for field in fields {
            while known.next_if(|(name, _)| name < field).is_some() {}
            let said = known.next_if(|(name, _)| name == field).map(|(_, said)| *said);
            // A missing field counts as the hash of its name, which no value has.
            content = content.and(said.unwrap_or(*field));
        }
        content
    }

    /// Claims items with equal keys in their order.
    fn by_full_key(
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
    fn by_present_parts(&self, parts: &[usize], aliases: bool) -> Vec<Pair> {
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
