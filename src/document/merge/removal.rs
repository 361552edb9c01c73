//! Which stored items a list keeps and loses (items that REPLACE drops, and items that are removed
//! by their ids), and which removed items return. Where the base is known, removing an item that
//! was changed since is a conflict.

use serde_json::Value;

use super::item_lists::ItemListMerger;
use super::removed_items::repeats;
use crate::document::json::text;
use crate::document::plan::diff::label_of;
use crate::document::plan::report::{Conflict, NotRemoved};
use crate::document::problem::{WarningCode, pointer_at};
use crate::document::proposal::ImportMode;
use crate::document::schema::definition::Object;
use crate::document::schema::scalars::Json;

impl ItemListMerger<'_, '_> {
    /// Whether an arriving item that was removed since the base is added again. If it repeats the
    /// base, it stays removed; if it was changed, that is a conflict.
    pub(super) fn decide_return(&mut self, base: &Object, sent: &Object, path: &str) -> bool {
        if repeats(self.list.item, base, sent, self.document.proposal.nulls) {
            let label = label_of(self.list.item, self.list.label, base);
            let message =
                format!("{label} was removed since the document was made, and stays removed");
            self.document.diagnostics.warn(path.to_owned(), WarningCode::RemovedSince, message);
            return false;
        }
        let conflict = Conflict {
            path: path.to_owned(),
            label: label_of(self.list.item, self.list.label, base),
            base: Some(Json(Value::Object(base.clone()))),
            current: None,
            imported: Some(Json(Value::Object(sent.clone()))),
        };
        self.document.conflict(text(base, self.list.item.id).unwrap_or_default(), conflict)
    }

    /// Whether a stored item is kept that the document lacks. MERGE keeps it; REPLACE removes items
    /// that the document dropped since its base, or, without a base, all that it lacks.
    pub(super) fn decide_stay(&mut self, index: usize, object: &Object) -> bool {
        let replace = self.document.proposal.mode == ImportMode::Replace;
        let path = pointer_at(&self.list.path, index);
        if self.states.base_order.is_none() {
            if replace {
                self.document.dropped.push(path);
            }
            return !replace;
        }
        let Some(base) = self.states.items[index].base else { return true };
        if !replace {
            let label = label_of(self.list.item, self.list.label, object);
            self.document.not_removed.push(NotRemoved {
                path,
                label,
                id: text(object, self.list.item.id).map(str::to_owned),
            });
            return true;
        }
        let is_removed = self.decide_removal(index, object, Some(base));
        if is_removed {
            self.document.dropped.push(path);
        }
        !is_removed
    }

    /// Whether a stored item is removed by its id.
    pub(super) fn decide_removal_by_id(&mut self, index: usize, object: &Object) -> bool {
        let Some(id) =
            text(object, self.list.item.id).filter(|id| self.document.remove.contains(id))
        else {
            return false;
        };
        self.document.removed.insert(id.to_owned());
        self.decide_removal(index, object, self.states.items[index].base)
    }

    /// Whether an item may be removed. If it was changed since the base, that is a conflict.
    fn decide_removal(&mut self, index: usize, object: &Object, base: Option<&Object>) -> bool {
        let Some(base) = base.filter(|base| *base != object) else { return true };
        let target = text(object, self.list.item.id).unwrap_or_default();
        let path = pointer_at(&self.list.path, index);
        let label = label_of(self.list.item, self.list.label, object);
        let json = |object: &Object| Some(Json(Value::Object(object.clone())));
        let (base, current) = (json(base), json(object));
        self.document.conflict(target, Conflict { path, label, base, current, imported: None })
    }
}
