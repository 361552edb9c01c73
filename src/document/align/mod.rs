//! Aligning: finds which arriving item is which stored item of a list.
//!
//! An alignment is one to one: a stored item is claimed by at most one arriving item, and an item
//! without a claim is new. The rounds go from the strongest evidence to the weakest. Each round
//! looks its pairs up in an [`index`], so that the time grows with the lists and not with their
//! product.

mod content;
mod equal_content;
mod index;
pub mod other_script;
mod rounds;
#[cfg(test)]
mod tests;
mod view;

use std::sync::Arc;

use ahash::HashMap;

use super::budget::WorkBudget;
use super::resolve::directory::Directory;
use super::schema::definition::{Item, KeyPart, Object};
use super::schema::entities::EntityKind;
use content::ContentHasher;
use rounds::{Aligner, Key, STATES};
use view::ItemView;

/// A stored item and its state in the base revision. One of the two may be missing; a default value
/// has neither.
#[derive(Debug, Clone, Copy, Default)]
pub struct StoredItem<'a> {
    pub current: Option<&'a Object>,
    pub base: Option<&'a Object>,
    /// Whether the item was added since the base revision. An arriving item cannot claim it by its
    /// first entity alone.
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
    // Items with several parts of the key, compared by the parts that both sides have.
    let parts: Vec<usize> = (0..item.keys.iter().map(|parts| parts.len()).sum()).collect();
    for aliases in [false, true] {
        aligner.claim(aligner.by_present_parts(&parts, aliases));
    }
    if item.entity_alone {
        // Items that were added since the base cannot be claimed in the next round.
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
    /// An alignment without claims, for a budget that is spent.
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
