//! The items in the lists of a document.

use serde_json::Value;

use super::schema::definition::{Field, Item, Kind, Object};

/// An item of a document.
#[derive(Debug, Clone, Copy)]
pub struct ListItem<'v> {
    /// The field that contains the list.
    pub list: &'static str,
    /// The name of the list in messages and plans.
    pub label: &'static str,
    pub index: usize,
    pub item: &'static Item,
    pub object: &'v Object,
}

/// An item of a document that can be changed.
#[derive(Debug)]
pub struct ListItemMut<'v> {
    pub list: &'static str,
    pub index: usize,
    pub item: &'static Item,
    pub object: &'v mut Object,
}

/// The items of a document, list by list.
pub fn items<'v>(
    fields: &'static [Field],
    data: &'v Object,
) -> impl Iterator<Item = ListItem<'v>> + use<'v> {
    fields.iter().flat_map(move |field| items_of_field(field, data))
}

/// The items of one field. There are none if the field is no list of items.
pub fn items_of_field<'v>(
    field: &'static Field,
    data: &'v Object,
) -> impl Iterator<Item = ListItem<'v>> + use<'v> {
    let definition = match &field.rule.kind {
        Kind::Items { item, label } => Some((*item, *label)),
        _ => None,
    };
    definition.into_iter().flat_map(move |(item, label)| {
        let list = data.get(field.name).and_then(Value::as_array).into_iter().flatten();
        list.enumerate().filter_map(move |(index, value)| {
            let object = value.as_object()?;
            Some(ListItem { list: field.name, label, index, item, object })
        })
    })
}

/// The items of a document, to be changed.
pub fn items_mut<'v>(
    fields: &'static [Field],
    data: &'v mut Object,
) -> impl Iterator<Item = ListItemMut<'v>> + use<'v> {
    data.iter_mut().flat_map(move |(key, value)| {
        let list = fields.iter().find(|field| field.name == key).and_then(|field| {
            match &field.rule.kind {
                Kind::Items { item, .. } => Some((field.name, *item)),
                _ => None,
            }
        });
        let values = value.as_array_mut().map(|values| values.iter_mut().enumerate());
        list.zip(values).into_iter().flat_map(|((list, item), values)| {
            values.filter_map(move |(index, value)| {
                Some(ListItemMut { list, index, item, object: value.as_object_mut()? })
            })
        })
    })
}
