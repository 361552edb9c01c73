//! One value in three states: in the base revision, as stored (current), and in the document
//! (imported). A change of one side is taken, and so is the same change of both sides. Different
//! changes are a conflict, which the options settle.

use serde_json::Value;

use super::DocumentMerger;
use crate::document::json::{is_equal, text};
use crate::document::plan::diff::label_of;
use crate::document::plan::locks::LockRule;
use crate::document::plan::report::Conflict;
use crate::document::proposal::ConflictPolicy;
use crate::document::schema::definition::{EntityReference, Item, Object};
use crate::document::schema::scalars::Json;
use crate::document::text::comparable;

/// Two states of an object that a third is merged into.
pub(super) struct Sides<'v> {
    pub current: &'v Object,
    /// `None` if it is not known; empty if the object did not exist.
    pub base: Option<&'v Object>,
    /// Of an item: its definition, and the label of its list.
    pub of: Option<(&'static Item, &'static str)>,
}

impl Sides<'_> {
    /// The target of a lock on the value, and a label for people.
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
        (Some(a), Some(b)) => is_equal(a, b),
        (a, b) => a.is_none() && b.is_none(),
    }
}

impl DocumentMerger<'_> {
    /// The merged value. `wanted` is the value of the document, or the stored one if the document
    /// does not contain it.
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
            base: base.cloned().map(Json),
            current: stored.cloned().map(Json),
            imported: wanted.cloned().map(Json),
        };
        if self.conflict(&target, conflict) { wanted } else { stored }
    }

    /// Reports a conflict about the target of a lock. Returns whether the imported value is taken.
    pub(super) fn conflict(&mut self, target: &str, conflict: Conflict) -> bool {
        // A locked value is kept and reported as skipped: there is nothing to settle.
        let proposal = self.proposal;
        if proposal.lock_rule_of(target) == LockRule::Skip && self.locks.contains(target) {
            return true;
        }
        self.conflicts.push(conflict);
        proposal.on_conflict == ConflictPolicy::TakeImport
    }

    /// Merges the reference to an entity, an id and a name, as one value. If the document did not
    /// change it, or the stored value is kept, it is removed from `sent`. Returns whether there was
    /// a conflict and the imported value is taken.
    pub(super) fn settle_identity(
        &mut self,
        entity: &'static EntityReference,
        sides: &Sides<'_>,
        sent: &mut Object,
        path: &str,
    ) -> bool {
        let Some(base) = sides.base else { return false };
        let said = |object: &Object, key: &str| {
            object.get(key).filter(|value| !value.is_null()).cloned().map(Json)
        };
        let same_name = |a: &Object, b: &Object| match (text(a, entity.name), text(b, entity.name))
        {
            (Some(a), Some(b)) => comparable(a) == comparable(b),
            (a, b) => a.is_none() && b.is_none(),
        };
        // A key that the document leaves out is not changed.
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
        self.resolver.discard_early_decision(&format!("{path}/{}", entity.name));
        false
    }
}
