//! The references from a document to entities, and the only traversal of them.
//!
//! An item references an entity by a name, an id, or both, in two of its fields. A list of names
//! references entities by their names alone. Code that changes an item as a whole, or that works on
//! a list without its document, has its own loop; the architecture test names these files.

use serde_json::Value;

use super::items::{ListItem, ListItemMut, items, items_mut, items_of_field};
use super::json::text;
use super::problem::pointer_at;
use super::schema::definition::{EntityReference, Field, Item, Kind, Object};
use super::schema::entities::{EntityKind, NewEntity};

/// A reference from an item to an entity. The item may lack the name, the id, or both.
#[derive(Debug, Clone, Copy)]
pub struct ItemReference<'v> {
    /// The field that contains the list.
    pub list: &'static str,
    /// The index of the item in its list.
    pub index: usize,
    pub item: &'static Item,
    pub object: &'v Object,
    pub entity: &'static EntityReference,
}

impl<'v> ItemReference<'v> {
    #[must_use]
    pub const fn kind(&self) -> EntityKind {
        self.entity.kind
    }

    /// The name as credited.
    #[must_use]
    pub fn name(&self) -> Option<&'v str> {
        text(self.object, self.entity.name)
    }

    /// The id of the entity.
    #[must_use]
    pub fn id(&self) -> Option<&'v str> {
        text(self.object, self.entity.id)
    }

    /// The id of the item.
    #[must_use]
    pub fn item_id(&self) -> Option<&'v str> {
        text(self.object, self.item.id)
    }

    /// Whether the item names no other entity, so that a resolution for the item is one for the
    /// name.
    #[must_use]
    pub const fn is_only_one_of_item(&self) -> bool {
        self.item.entities.len() == 1
    }

    /// JSON Pointer to the item.
    #[must_use]
    pub fn item_path(&self) -> String {
        pointer_at(&format!("/{}", self.list), self.index)
    }

    /// JSON Pointer to the name.
    #[must_use]
    pub fn name_path(&self) -> String {
        format!("{}/{}", self.item_path(), self.entity.name)
    }

    /// JSON Pointer to the id of the entity.
    #[must_use]
    pub fn id_path(&self) -> String {
        format!("{}/{}", self.item_path(), self.entity.id)
    }
}

/// A reference from a document to an entity.
#[derive(Debug, Clone, Copy)]
pub enum Reference<'v> {
    InItem(ItemReference<'v>),
    /// A name in a list of names.
    InList {
        list: &'static str,
        index: usize,
        kind: EntityKind,
        name: &'v str,
    },
}

impl<'v> Reference<'v> {
    #[must_use]
    pub const fn kind(&self) -> EntityKind {
        match self {
            Self::InItem(reference) => reference.kind(),
            Self::InList { kind, .. } => *kind,
        }
    }

    /// The name as credited.
    #[must_use]
    pub fn name(&self) -> Option<&'v str> {
        match self {
            Self::InItem(reference) => reference.name(),
            Self::InList { name, .. } => Some(name),
        }
    }

    /// The id of the entity.
    #[must_use]
    pub fn id(&self) -> Option<&'v str> {
        match self {
            Self::InItem(reference) => reference.id(),
            Self::InList { .. } => None,
        }
    }

    /// The text that identifies the entity in a stored document: the id, or in a list of names the
    /// name.
    #[must_use]
    pub fn stored_as(&self) -> Option<&'v str> {
        match self {
            Self::InItem(reference) => reference.id(),
            Self::InList { name, .. } => Some(name),
        }
    }

    /// JSON Pointer to the item; in a list of names, to the name.
    #[must_use]
    pub fn item_path(&self) -> String {
        match self {
            Self::InItem(reference) => reference.item_path(),
            Self::InList { list, index, .. } => pointer_at(&format!("/{list}"), *index),
        }
    }

    /// JSON Pointer to the name.
    #[must_use]
    pub fn name_path(&self) -> String {
        match self {
            Self::InItem(reference) => reference.name_path(),
            Self::InList { .. } => self.item_path(),
        }
    }
}

/// The index in [`Item::entities`] of the reference that has its name or its id in `field`; `None`
/// if there is none.
#[must_use]
pub fn entity_of_field(item: &Item, field: &str) -> Option<usize> {
    item.entities.iter().position(|entity| entity.name == field || entity.id == field)
}

/// The references in a document, list by list.
pub fn references<'v>(
    fields: &'static [Field],
    data: &'v Object,
) -> impl Iterator<Item = Reference<'v>> + use<'v> {
    fields.iter().flat_map(move |field| references_of_field(field, data))
}

/// The references in one field.
pub fn references_of_field<'v>(
    field: &'static Field,
    data: &'v Object,
) -> impl Iterator<Item = Reference<'v>> + use<'v> {
    let in_items = items_of_field(field, data).flat_map(references_of_item);
    in_items.map(Reference::InItem).chain(names_of_field(field, data))
}

/// The references in the items of a document.
pub fn item_references<'v>(
    fields: &'static [Field],
    data: &'v Object,
) -> impl Iterator<Item = ItemReference<'v>> + use<'v> {
    items(fields, data).flat_map(references_of_item)
}

/// The names in the lists of names of a document, with the kinds of their entities.
pub fn listed_names<'v>(
    fields: &'static [Field],
    data: &'v Object,
) -> impl Iterator<Item = (EntityKind, &'v str)> + use<'v> {
    let names = fields.iter().flat_map(move |field| names_of_field(field, data));
    names.filter_map(|reference| Some((reference.kind(), reference.name()?)))
}

/// The entities of which the items of a document have both the id and a name.
pub fn named_entities<'v>(
    fields: &'static [Field],
    data: &'v Object,
) -> impl Iterator<Item = NewEntity> + use<'v> {
    item_references(fields, data).filter_map(|reference| {
        let (id, name) = (reference.id()?.to_owned(), reference.name()?.to_owned());
        Some(NewEntity { kind: reference.kind(), id, name })
    })
}

/// Replaces entity ids in the items of a document; the names stay as credited. `replacement`
/// returns the new id of a reference that has an id, or `None` to keep the present one.
pub fn replace_entity_ids(
    fields: &'static [Field],
    data: &mut Object,
    replacement: &dyn Fn(ItemReference<'_>) -> Option<String>,
) {
    for ListItemMut { list, index, item, object } in items_mut(fields, data) {
        for entity in item.entities {
            let reference = ItemReference { list, index, item, object, entity };
            let new_id = reference.id().and_then(|_| replacement(reference));
            if let Some(new_id) = new_id {
                object.insert(entity.id.to_owned(), Value::String(new_id));
            }
        }
    }
}

fn references_of_item(found: ListItem<'_>) -> impl Iterator<Item = ItemReference<'_>> {
    let ListItem { list, index, item, object, .. } = found;
    item.entities.iter().map(move |entity| ItemReference { list, index, item, object, entity })
}

fn names_of_field<'v>(
    field: &'static Field,
    data: &'v Object,
) -> impl Iterator<Item = Reference<'v>> + use<'v> {
    let kind = match &field.rule.kind {
        Kind::Names { entity, .. } => Some(*entity),
        _ => None,
    };
    kind.into_iter().flat_map(move |kind| {
        let list = data.get(field.name).and_then(Value::as_array).into_iter().flatten();
        list.enumerate().filter_map(move |(index, name)| {
            Some(Reference::InList { list: field.name, index, kind, name: name.as_str()? })
        })
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::document::Category;

    fn object(value: &Value) -> Object {
        value.as_object().cloned().unwrap_or_default()
    }

    #[test]
    fn references_have_their_kind_name_id_and_paths() {
        let fields = Category::Awards.definition().fields;
        let list = fields.iter().find(|field| matches!(field.rule.kind, Kind::Items { .. }));
        let list = list.expect("awards have a list").name;
        let Some(Kind::Items { item, .. }) =
            fields.iter().find(|field| field.name == list).map(|field| &field.rule.kind)
        else {
            panic!("a list of items");
        };
        let [ceremony, nominee] = item.entities else { panic!("two entities") };
        let data = object(&json!({
            list: [
                "no item",
                { item.id: "i-1", ceremony.name: "Oscars", nominee.name: "Ada", nominee.id: "p-1" },
            ],
        }));
        let found: Vec<_> = references(fields, &data)
            .map(|found| (found.kind(), found.name(), found.id(), found.name_path()))
            .collect();
        assert_eq!(
            found,
            [
                (
                    EntityKind::Ceremony,
                    Some("Oscars"),
                    None,
                    format!("/{list}/1/{}", ceremony.name)
                ),
                (
                    EntityKind::Person,
                    Some("Ada"),
                    Some("p-1"),
                    format!("/{list}/1/{}", nominee.name)
                ),
            ]
        );
        let nominee = item_references(fields, &data).nth(1).expect("the nominee");
        assert_eq!(nominee.item_id(), Some("i-1"));
        assert!(!nominee.is_only_one_of_item());
        let named: Vec<_> = named_entities(fields, &data).map(|entity| entity.id).collect();
        assert_eq!(named, ["p-1"]);
    }

    #[test]
    fn a_name_in_a_list_is_a_reference_without_an_id() {
        let fields = Category::BasicInfo.definition().fields;
        let data = object(&json!({ "title": "Tide", "genres": ["Drama", null, "Noir"] }));
        let found: Vec<_> = references(fields, &data)
            .map(|found| (found.stored_as(), found.id(), found.name_path(), found.item_path()))
            .collect();
        let path = |index: usize| format!("/genres/{index}");
        assert_eq!(
            found,
            [(Some("Drama"), None, path(0), path(0)), (Some("Noir"), None, path(2), path(2)),]
        );
        let names: Vec<_> = listed_names(fields, &data).collect();
        assert_eq!(names, [(EntityKind::Genre, "Drama"), (EntityKind::Genre, "Noir")]);
    }

    #[test]
    fn only_ids_that_are_there_are_replaced() {
        let fields = Category::CastCrew.definition().fields;
        let field = fields.iter().find(|field| field.name == "cast").expect("the cast");
        let Kind::Items { item, .. } = &field.rule.kind else { panic!("a list of items") };
        let [person] = item.entities else { panic!("one entity") };
        let mut data = object(&json!({
            "cast": [{ person.name: "Ada", person.id: "p-1" }, { person.name: "Bo" }],
            "crew": [{ person.name: "Cleo", person.id: "p-2" }],
        }));
        replace_entity_ids(fields, &mut data, &|reference| {
            assert!(reference.id().is_some());
            (reference.list == "cast" && reference.index == 0).then(|| "p-9".to_owned())
        });
        let ids: Vec<_> = item_references(fields, &data).map(|found| found.id()).collect();
        assert_eq!(ids, [Some("p-9"), None, Some("p-2")]);
    }
}
