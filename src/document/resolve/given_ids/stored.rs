//! Which ids and names stand together in the stored document and in the state it was made from.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::{Mention, is_contradicted, may_be_one};
use crate::document::categories::Definition;
use crate::document::entity::EntityKind;
use crate::document::proposal::Proposal;
use crate::document::schema::definition::{Kind, Object};

/// Most names of one id that are compared in all their forms.
const MOST_NAMES: usize = 20;

/// What stands beside one id.
#[derive(Default)]
struct Beside<'p> {
    /// The names, each once, in order.
    names: Vec<&'p str>,
    known_names: HashSet<&'p str>,
    /// The ids of the items that have it.
    items: HashSet<&'p str>,
    /// The items that have it, with the list that each stands in.
    objects: Vec<(&'static str, &'p Object)>,
}

/// The ids and names of the stored states. They are read when they are asked for: many documents
/// give no id that is in question.
pub struct Stored<'p> {
    definition: &'static Definition,
    /// The document as it stands, and as it was when the file was made.
    states: [Option<&'p Object>; 2],
    /// By kind and id.
    by_id: OnceCell<HashMap<&'static str, ById<'p>>>,
}

type ById<'p> = HashMap<&'p str, Beside<'p>>;

impl<'p> Stored<'p> {
    #[must_use]
    pub const fn new(proposal: &Proposal<'p>) -> Self {
        let states = [Some(proposal.current), proposal.base];
        Self { definition: proposal.definition, states, by_id: OnceCell::new() }
    }

    fn beside<'s>(&'s self, kind: EntityKind, id: &str) -> Option<&'s Beside<'p>> {
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
        for field in self.definition.fields {
            let Kind::Items { item, .. } = &field.rule.kind else { continue };
            let list = state.get(field.name).and_then(Value::as_array).into_iter().flatten();
            for object in list.filter_map(Value::as_object) {
                let text = |key: &str| object.get(key).and_then(Value::as_str);
                for entity in item.entities {
                    if let (Some(id), Some(name)) = (text(entity.id), text(entity.name)) {
                        let of_kind = by_id.entry(entity.kind.as_str()).or_default();
                        let beside = of_kind.entry(id).or_default();
                        if beside.known_names.insert(name) {
                            beside.names.push(name);
                        }
                        beside.items.extend(text(item.id));
                        beside.objects.push((field.name, object));
                    }
                }
            }
        }
    }

    /// The names that an id stands beside in the stored states.
    pub fn names(&self, kind: EntityKind, id: &str) -> impl Iterator<Item = &'p str> {
        self.beside(kind, id).map_or(&[][..], |beside| &beside.names).iter().copied()
    }

    /// The items of a list of the stored states that have an id.
    pub(super) fn items_of(
        &self,
        kind: EntityKind,
        id: &str,
        list: &'static str,
    ) -> impl Iterator<Item = &'p Object> {
        let objects = self.beside(kind, id).map_or(&[][..], |beside| &beside.objects).iter();
        objects.filter(move |(of, _)| *of == list).map(|(_, object)| *object)
    }

    /// Whether an id is stored beside that name or a form of it, or in the very item that arrives.
    pub(super) fn says(&self, mention: &Mention<'_>) -> bool {
        let kind = mention.entity.kind;
        let Some(beside) = self.beside(kind, mention.id) else { return false };
        let own = mention.object.get(mention.item.id).and_then(Value::as_str);
        own.is_some_and(|own| beside.items.contains(own))
            || mention.name.is_none_or(|name| {
                let mut compared = beside.names.iter().take(MOST_NAMES);
                beside.known_names.contains(name)
                    || compared.any(|known| may_be_one(kind, known, name))
            })
    }

    /// Whether an item with the id of a stored one has the id that stands there beside a name that is
    /// certainly somebody else's: a renaming, or a mistaken id.
    pub(super) fn is_renaming(&self, mention: &Mention<'_>) -> bool {
        let (Some(name), Some(beside)) =
            (mention.name, self.beside(mention.entity.kind, mention.id))
        else {
            return false;
        };
        let own = mention.object.get(mention.item.id).and_then(Value::as_str);
        own.is_some_and(|own| beside.items.contains(own))
            && !beside.known_names.contains(name)
            && beside.names.iter().take(MOST_NAMES).all(|known| is_contradicted(known, name))
    }
}
