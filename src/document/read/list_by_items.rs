//! Which list of a document some items belong to, by the names of their fields.

use serde_json::Value;

use super::parse::{field_by_name, has_name};
use crate::document::categories::Definition;
use crate::document::schema::definition::{Field, Item, Kind};

/// Maximum number of list elements that are inspected.
const MAX_LOOKED_AT: usize = 20;
/// Keys that are too common to identify an item.
const COMMON: [&str; 8] =
    ["id", "category", "language", "country", "image", "notes", "url", "type"];

/// The list that the elements belong to, if it is unambiguous.
pub(super) fn list_of(
    elements: &[Value],
    definition: &Definition,
    label: Option<&str>,
) -> Option<&'static Field> {
    let lists = || definition.fields.iter().filter(|field| field.rule.kind.is_list());
    let looked_at: Vec<&Value> =
        elements.iter().filter(|element| !element.is_null()).take(MAX_LOOKED_AT).collect();
    if looked_at.is_empty() {
        return None;
    }
    let labelled = label.and_then(|label| lists().find(|field| has_name(field, label)));
    if looked_at.iter().all(|element| element.is_string()) {
        let takes_text = |field: &&'static Field| match &field.rule.kind {
            Kind::Items { item, .. } => item.bare_text.is_some(),
            _ => true,
        };
        let mut fitting = lists().filter(takes_text);
        let only = fitting.next().filter(|_| fitting.next().is_none());
        return labelled.filter(takes_text).or(only);
    }
    let mut best: Option<(usize, &'static Field)> = None;
    let mut is_tied = false;
    for (field, item) in items_of(definition) {
        let Some(known) = count_known_keys(&looked_at, item) else { continue };
        if labelled.is_some_and(|labelled| std::ptr::eq(labelled, field)) {
            return Some(field);
        }
        match best {
            Some((most, _)) if known < most => {}
            Some((most, _)) if known == most => is_tied = true,
            _ => {
                best = Some((known, field));
                is_tied = false;
            }
        }
    }
    best.filter(|_| !is_tied).map(|(_, field)| field)
}

/// The lists of items of a category.
pub(super) fn items_of(
    definition: &Definition,
) -> impl Iterator<Item = (&'static Field, &'static Item)> + use<> {
    let fields: &'static [Field] = definition.fields;
    fields.iter().filter_map(|field| match &field.rule.kind {
        Kind::Items { item, .. } => Some((field, *item)),
        _ => None,
    })
}

/// The number of keys that are fields of the item, over all elements. `None` if an element has no
/// distinctive field, or mostly unknown keys.
fn count_known_keys(elements: &[&Value], item: &Item) -> Option<usize> {
    let mut total = 0;
    for element in elements {
        let object = element.as_object()?;
        let field_of = |key: &String| field_by_name(item.fields, key);
        let known: Vec<&Field> = object.keys().filter_map(field_of).collect();
        let is_distinctive = known.iter().any(|field| !COMMON.contains(&field.name))
            || known.iter().filter(|field| field.rule.required).count() >= 2;
        if !is_distinctive || known.len() * 2 < object.len() {
            return None;
        }
        total += known.len();
    }
    Some(total)
}
