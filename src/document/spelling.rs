//! Spellings: keeps the stored text when an incoming item differs from it only in spelling.
//!
//! A field may have several spellings with one meaning, which depend on an entity of the item:
//! at the Academy Awards, "Best Actor" and "ACTOR IN A LEADING ROLE" are the same category. Texts
//! of a natural key may also differ in typography only, for example in their quotation marks.

use serde_json::Value;

use super::resolve::directory::Directory;
use super::schema::definition::{CanonicalSpelling, Item, KeyPart, Kind, Object, find};
use super::text::{comparable, index_key};

fn text<'a>(object: &'a Object, key: &str) -> Option<&'a str> {
    object.get(key).and_then(Value::as_str)
}

/// The canonical spelling of the item's text, if it is known. `directory` is used to find the id of
/// an entity that the item names without an id.
#[must_use]
pub fn canonical_spelling(
    item: &Item,
    object: &Object,
    directory: Option<&Directory>,
) -> Option<CanonicalSpelling> {
    let spellings = item.spellings.as_ref()?;
    let given = text(object, spellings.field)?;
    let entity = item.entities.get(spellings.entity)?;
    let by_name = || match directory?.by_name(entity.kind, &index_key(text(object, entity.name)?)) {
        [only] => Some(only.as_str()),
        _ => None,
    };
    (spellings.canonical)(object, text(object, entity.id).or_else(by_name), given)
}

/// Replaces the text of an arriving item by the stored spelling if both have the same meaning, so
/// that another spelling is not a change. If the arriving item does not name the entity that
/// defines the spellings, the entity of the stored item is used.
pub fn adopt_spelling(item: &Item, stored: &Object, arriving: &mut Object, directory: &Directory) {
    let Some(spellings) = &item.spellings else { return };
    let Some(kept) = stored.get(spellings.field) else { return };
    if !arriving.contains_key(spellings.field) || arriving.get(spellings.field) == Some(kept) {
        return;
    }
    let entity = &item.entities[spellings.entity];
    let names_entity = [entity.id, entity.name].iter().any(|key| text(arriving, key).is_some());
    let arriving_spelling = if names_entity {
        canonical_spelling(item, arriving, Some(directory))
    } else {
        let mut whole = stored.clone();
        whole.extend(
            arriving.get(spellings.field).map(|given| (spellings.field.to_owned(), given.clone())),
        );
        canonical_spelling(item, &whole, Some(directory))
    };
    if arriving_spelling.is_some()
        && arriving_spelling == canonical_spelling(item, stored, Some(directory))
    {
        arriving.insert(spellings.field.to_owned(), kept.clone());
    }
}

/// Replaces the natural key's texts in an arriving item by the stored ones where they differ in
/// typography only, so that, for example, other quotation marks are not a change. An item with the
/// stored item's id is an edit and keeps its text.
pub fn adopt_typography(item: &Item, stored: &Object, arriving: &mut Object) {
    if text(arriving, item.id).is_some_and(|id| Some(id) == text(stored, item.id)) {
        return;
    }
    let is_text = |name: &str| {
        find(item.fields, name).is_some_and(|field| matches!(field.rule.kind, Kind::Text { .. }))
    };
    for part in item.keys.iter().flat_map(|parts| parts.iter()) {
        if let KeyPart::Field(name) = part
            && is_text(name)
            && let Some(kept) = text(stored, name)
            && text(arriving, name)
                .is_some_and(|given| given != kept && comparable(given) == comparable(kept))
        {
            arriving.insert((*name).to_owned(), Value::String(kept.to_owned()));
        }
    }
}
