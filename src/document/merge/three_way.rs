//! One value with three states: as it was when the file was made (base), as it stands (current), and
//! as the file has it (imported). What one side changed is taken; what both changed to the same is
//! taken; what both changed differently is a conflict, which the options settle.

use serde_json::Value;

use super::{ConflictPolicy, Merger, same, text};
use crate::document::plan::Conflict;
use crate::document::plan::diff::label_of;
use crate::document::plan::locks::LockRule;
use crate::document::schema::definition::{EntityReference, Item, Object};
use crate::document::text::comparable;

/// Two states of an object that a third is merged into.
pub(super) struct Sides<'v> {
    pub current: &'v Object,
    /// `None` if it is not known; empty if the object was not there yet.
    pub base: Option<&'v Object>,
    /// Of an item: how it is defined, and what its list is called.
    pub of: Option<(&'static Item, &'static str)>,
}

impl Sides<'_> {
    /// What a lock of the value is called, and what the value is to a person.
    fn naming(&self, name: &str) -> (String, String) {
        match self.of {
            None => (format!("/{name}"), name.to_owned()),
            Some((item, label)) => {
                let shown = if self.current.is_empty() {
                    self.base.unwrap_or(self.current)
                } else {
                    self.current
                };
                (text(shown, item.id).unwrap_or_default().to_owned(), label_of(item, label, shown))
            }
        }
    }
}

fn is_same(a: Option<&Value>, b: Option<&Value>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => same(a, b),
        (a, b) => a.is_none() && b.is_none(),
    }
}

impl Merger<'_> {
    /// The value that is to stand; `wanted` is what the file says, or what is stored if it says
    /// nothing.
    pub(super) fn settle_value<'v>(
        &mut self,
        name: &str,
        wanted: Option<&'v Value>,
        stored: Option<&'v Value>,
        sides: &Sides<'_>,
        path: &str,
    ) -> Option<&'v Value> {
        if is_same(wanted, stored) {
            return stored;
        }
        let Some(base) = sides.base else { return wanted };
        let base = base.get(name).filter(|value| !value.is_null());
        if is_same(wanted, base) {
            return stored;
        }
        if is_same(stored, base) {
            return wanted;
        }
        let (target, label) = sides.naming(name);
        let conflict = Conflict {
            path: format!("{path}/{name}"),
            label,
            base: base.cloned(),
            current: stored.cloned(),
            imported: wanted.cloned(),
        };
        if self.conflict(&target, conflict) { wanted } else { stored }
    }

    /// Notes a conflict about what a lock of it is called. Whether the imported side is to be taken.
    pub(super) fn conflict(&mut self, target: &str, conflict: Conflict) -> bool {
        // What a lock keeps as it is, nobody needs to settle: there it is told that it was skipped.
        let proposal = self.proposal;
        if proposal.lock_rule_of(target) == LockRule::Skip && self.locks.contains(target) {
            return true;
        }
        self.merged.conflicts.push(conflict);
        proposal.on_conflict == ConflictPolicy::TakeImport
    }

    /// Who an item names is one value, told by an id and a name: where the file did not change it,
    /// or the current side is to be kept, the item says nothing of it. Whether there was a conflict and
    /// what came is to be taken.
    pub(super) fn settle_identity(
        &mut self,
        entity: &'static EntityReference,
        sides: &Sides<'_>,
        sent: &mut Object,
        path: &str,
    ) -> bool {
        let Some(base) = sides.base else { return false };
        let said =
            |object: &Object, key: &str| object.get(key).filter(|value| !value.is_null()).cloned();
        let same_name = |a: &Object, b: &Object| match (text(a, entity.name), text(b, entity.name))
        {
            (Some(a), Some(b)) => comparable(a) == comparable(b),
            (a, b) => a.is_none() && b.is_none(),
        };
        // What the file leaves out, it does not change.
        let repeats = |state: &Object| {
            let name = !sent.contains_key(entity.name) || same_name(sent, state);
            name && sent
                .get(entity.id)
                .is_none_or(|id| id.is_null() || Some(id) == state.get(entity.id))
        };
        let is_unchanged =
            same_name(sides.current, base) && sides.current.get(entity.id) == base.get(entity.id);
        if is_unchanged || repeats(sides.current) {
            return false;
        }
        if !repeats(base) {
            let (target, label) = sides.naming(entity.name);
            let conflict = Conflict {
                path: format!("{path}/{}", entity.name),
                label,
                base: said(base, entity.name),
                current: said(sides.current, entity.name),
                imported: said(sent, entity.name).or_else(|| said(sent, entity.id)),
            };
            if self.conflict(&target, conflict) {
                return true;
            }
        }
        sent.remove(entity.name);
        sent.remove(entity.id);
        self.identities.presumed.remove(&format!("{path}/{}", entity.name));
        false
    }
}
