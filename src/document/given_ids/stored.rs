//! Which ids and names stand together in the stored document and in the state it was made from.

use std::cell::OnceCell;
use std::collections::HashMap;

use serde_json::Value;

use super::{Mention, may_be_one};
use crate::document::definition::{Kind, Object};
use crate::document::entity::EntityKind;
use crate::document::merge::Proposal;

/// The names beside an id, each with the id of its item.
type Beside<'p> = Vec<(&'p str, Option<&'p str>)>;

/// The ids and names of the stored states. They are read when they are asked for: most documents
/// give no id that is in question.
pub struct Stored<'p> {
    proposal: &'p Proposal<'p>,
    by_id: OnceCell<HashMap<(&'static str, &'p str), Beside<'p>>>,
}

impl<'p> Stored<'p> {
    #[must_use]
    pub const fn new(proposal: &'p Proposal<'p>) -> Self {
        Self { proposal, by_id: OnceCell::new() }
    }

    fn by_id(&self) -> &HashMap<(&'static str, &'p str), Beside<'p>> {
        self.by_id.get_or_init(|| {
            let mut by_id: HashMap<_, Beside<'p>> = HashMap::new();
            let states = [Some(self.proposal.current), self.proposal.base];
            for state in states.into_iter().flatten() {
                self.collect(state, &mut by_id);
            }
            by_id
        })
    }

    fn collect(&self, state: &'p Object, by_id: &mut HashMap<(&'static str, &'p str), Beside<'p>>) {
        for field in self.proposal.definition.fields {
            let Kind::Items { item, .. } = &field.rule.kind else { continue };
            let list = state.get(field.name).and_then(Value::as_array).into_iter().flatten();
            for object in list.filter_map(Value::as_object) {
                let text = |key: &str| object.get(key).and_then(Value::as_str);
                for entity in item.entities {
                    if let (Some(id), Some(name)) = (text(entity.id), text(entity.name)) {
                        let beside = by_id.entry((entity.kind.as_str(), id)).or_default();
                        let pair = (name, text(item.id));
                        if !beside.contains(&pair) {
                            beside.push(pair);
                        }
                    }
                }
            }
        }
    }

    /// The names that an id stands beside in the stored states.
    pub fn names(&self, kind: EntityKind, id: &str) -> impl Iterator<Item = &'p str> {
        let beside = self.by_id().get(&(kind.as_str(), id)).cloned().unwrap_or_default();
        beside.into_iter().map(|(name, _)| name)
    }

    /// Whether an id is stored beside that name or a form of it, or in the very item that arrives.
    pub(super) fn says(&self, mention: &Mention<'_>) -> bool {
        let kind = mention.entity.kind;
        let beside = self.by_id().get(&(kind.as_str(), mention.id));
        let own = mention.object.get(mention.item.id).and_then(Value::as_str);
        beside.into_iter().flatten().any(|(stored, item)| {
            (own.is_some() && *item == own)
                || mention.name.is_none_or(|name| may_be_one(kind, stored, name))
        })
    }
}
