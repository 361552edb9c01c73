//! Replaces entity ids in the items of a document. The credited names are not changed.

use serde_json::Value;

use super::resolve::directory::Directory;
use super::schema::definition::{Field, Kind, Object};
use super::schema::entities::EntityKind;

/// A reference from an item to an entity.
#[derive(Debug, Clone, Copy)]
pub struct Reference<'v> {
    pub kind: EntityKind,
    /// The item's own id.
    pub item: &'v str,
    /// The entity's id.
    pub id: &'v str,
}

/// Replaces entity ids in the items of `data`. `replacement` returns the new id of a reference, or
/// `None` to keep the present one.
pub fn replace_entity_ids(
    fields: &'static [Field],
    data: &mut Object,
    replacement: &dyn Fn(Reference<'_>) -> Option<String>,
) {
    for field in fields {
        let Kind::Items { item, .. } = &field.rule.kind else { continue };
        let list = data.get_mut(field.name).and_then(Value::as_array_mut);
        for object in list.into_iter().flatten().filter_map(Value::as_object_mut) {
            for entity in item.entities {
                let own = object.get(item.id).and_then(Value::as_str).unwrap_or_default();
                let Some(id) = object.get(entity.id).and_then(Value::as_str) else { continue };
                let reference = Reference { kind: entity.kind, item: own, id };
                if let Some(new_id) = replacement(reference) {
                    object.insert(entity.id.to_owned(), Value::String(new_id));
                }
            }
        }
    }
}

/// Replaces the ids of merged entities by the ids that they redirect to, so that a revision from
/// before a merge can be compared with a later one.
pub fn follow_redirects(fields: &'static [Field], data: &mut Object, directory: &Directory) {
    replace_entity_ids(fields, data, &|reference| {
        let target = directory.by_id(reference.kind, reference.id);
        target.filter(|id| *id != reference.id).map(str::to_owned)
    });
}
