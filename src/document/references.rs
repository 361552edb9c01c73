//! Giving the items of a document other ids for whom they name. Names stay as credited.

use serde_json::Value;

use super::entity::{Directory, EntityKind};
use super::schema::definition::{Field, Kind, Object};

/// Someone whom an item names by id.
#[derive(Debug, Clone, Copy)]
pub struct Named<'v> {
    pub kind: EntityKind,
    /// The item's own id.
    pub item: &'v str,
    pub id: &'v str,
}

/// Gives every item the id that `other` says for whom it names; `None` leaves it as it is.
pub fn readdress(
    fields: &'static [Field],
    data: &mut Object,
    other: &dyn Fn(Named<'_>) -> Option<String>,
) {
    for field in fields {
        let Kind::Items { item, .. } = &field.rule.kind else { continue };
        let list = data.get_mut(field.name).and_then(Value::as_array_mut);
        for object in list.into_iter().flatten().filter_map(Value::as_object_mut) {
            for entity in item.entities {
                let own = object.get(item.id).and_then(Value::as_str).unwrap_or_default();
                let Some(id) = object.get(entity.id).and_then(Value::as_str) else { continue };
                if let Some(other) = other(Named { kind: entity.kind, item: own, id }) {
                    object.insert(entity.id.to_owned(), Value::String(other));
                }
            }
        }
    }
}

/// Names those who were merged into someone by who they are today, so that a state of before can be
/// compared with one of after.
pub fn follow(fields: &'static [Field], data: &mut Object, directory: &Directory) {
    readdress(fields, data, &|named| {
        directory.by_id(named.kind, named.id).filter(|own| *own != named.id).map(str::to_owned)
    });
}
