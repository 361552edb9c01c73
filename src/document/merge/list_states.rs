//! The stored items of a list together with those of its base revision.

use ahash::HashMap;

use crate::document::align::StoredItem;
use crate::document::json::text;
use crate::document::schema::definition::{Item, Object};

/// The stored items of a list, and those of its base revision.
pub(super) struct ListStates<'v> {
    /// First the stored items in their order, then those that were removed since the base.
    pub(super) items: Vec<StoredItem<'v>>,
    /// The items of the base in its order, as indices of `items`; `None` if the base is not known.
    pub(super) base_order: Option<Vec<usize>>,
}

impl<'v> ListStates<'v> {
    /// Joins the stored items with those of the base by their ids.
    pub(super) fn of(item: &Item, stored: &[&'v Object], base: Option<Vec<&'v Object>>) -> Self {
        let mut items: Vec<StoredItem<'v>> = stored
            .iter()
            .map(|object| {
                let is_added = base.is_some();
                StoredItem { current: Some(*object), base: None, is_added, base_place: None }
            })
            .collect();
        let Some(base) = base else { return Self { items, base_order: None } };
        let places: HashMap<&str, usize> = stored
            .iter()
            .enumerate()
            .filter_map(|(index, object)| Some((text(object, item.id)?, index)))
            .collect();
        let mut base_order = Vec::with_capacity(base.len());
        for object in base {
            let place = text(object, item.id).and_then(|id| places.get(id).copied());
            let place = place.unwrap_or_else(|| {
                items.push(StoredItem::default());
                items.len() - 1
            });
            (items[place].base, items[place].is_added) = (Some(object), false);
            items[place].base_place = Some(base_order.len());
            base_order.push(place);
        }
        Self { items, base_order: Some(base_order) }
    }
}
