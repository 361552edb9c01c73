//! Which ids and names occur together in the stored document and its base revision.

use std::cell::OnceCell;

use ahash::{HashMap, HashMapExt as _, HashSet};

use super::{GivenId, is_unrelated_name, may_be_same_entity};
use crate::document::categories::Definition;
use crate::document::proposal::Proposal;
use crate::document::references::item_references;
use crate::document::schema::definition::Object;
use crate::document::schema::entities::EntityKind;

/// The maximum number of names of one id that are compared in all their forms.
const MAX_NAMES: usize = 20;

/// The names and items with one id.
#[derive(Default)]
struct IdUses<'p> {
    /// The names, each once, in order.
    names: Vec<&'p str>,
    known_names: HashSet<&'p str>,
    /// The ids of the items.
    items: HashSet<&'p str>,
    /// The items, each with its list.
    objects: Vec<(&'static str, &'p Object)>,
}

/// The ids and names in the stored document and its base revision. They are collected on first use,
/// as few documents have an id that must be compared.
pub struct StoredIds<'p> {
    definition: &'static Definition,
    /// The stored document and its base revision.
    states: [Option<&'p Object>; 2],
    /// By kind and id.
    by_id: OnceCell<HashMap<&'static str, ById<'p>>>,
}

type ById<'p> = HashMap<&'p str, IdUses<'p>>;

impl<'p> StoredIds<'p> {
    #[must_use]
    pub const fn new(proposal: &Proposal<'p>) -> Self {
        let states = [Some(proposal.current), proposal.base];
        Self { definition: proposal.definition, states, by_id: OnceCell::new() }
    }

    fn uses<'s>(&'s self, kind: EntityKind, id: &str) -> Option<&'s IdUses<'p>> {
        let by_id = self.by_id.get_or_init(|| {
            let mut by_id = HashMap::new();
            for state in self.states.into_iter().flatten() {
                self.collect(state, &mut by_id);
            }
            by_id
        });
        by_id.get(kind.as_str())?.get(id)
    }

    fn collect(&self, state: &'p Object, by_id: &mut HashMap<&'static str, ById<'p>>) {
        for reference in item_references(self.definition.fields, state) {
            if let (Some(id), Some(name)) = (reference.id(), reference.name()) {
                let of_kind = by_id.entry(reference.kind().as_str()).or_default();
                let uses = of_kind.entry(id).or_default();
                if uses.known_names.insert(name) {
                    uses.names.push(name);
                }
                uses.items.extend(reference.item_id());
                uses.objects.push((reference.list, reference.object));
            }
        }
    }

    /// The names beside an id in the stored states.
    pub fn names(&self, kind: EntityKind, id: &str) -> impl Iterator<Item = &'p str> {
        self.uses(kind, id).map_or(&[][..], |uses| &uses.names).iter().copied()
    }

    /// The items with an id, in a list of the stored states.
    pub(super) fn items_of(
        &self,
        kind: EntityKind,
        id: &str,
        list: &'static str,
    ) -> impl Iterator<Item = &'p Object> {
        let objects = self.uses(kind, id).map_or(&[][..], |uses| &uses.objects).iter();
        objects.filter(move |(of, _)| *of == list).map(|(_, object)| *object)
    }

    /// Whether an id is stored beside the name or a form of it, or in the item that arrives.
    pub(super) fn has(&self, given: &GivenId<'_>) -> bool {
        let kind = given.reference.kind();
        let Some(uses) = self.uses(kind, given.id) else { return false };
        let own = given.reference.item_id();
        own.is_some_and(|own| uses.items.contains(own))
            || given.name.is_none_or(|name| {
                let mut compared = uses.names.iter().take(MAX_NAMES);
                uses.known_names.contains(name)
                    || compared.any(|known| may_be_same_entity(kind, known, name))
            })
    }

    /// Whether a stored item keeps its entity id and gets an unrelated name: either a rename or a
    /// wrong id.
    pub(super) fn is_renaming(&self, given: &GivenId<'_>) -> bool {
        let (Some(name), Some(uses)) = (given.name, self.uses(given.reference.kind(), given.id))
        else {
            return false;
        };
        let own = given.reference.item_id();
        own.is_some_and(|own| uses.items.contains(own))
            && !uses.known_names.contains(name)
            && uses.names.iter().take(MAX_NAMES).all(|known| is_unrelated_name(known, name))
    }
}
