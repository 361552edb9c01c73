//! Fields whose text has several spellings of one meaning, by an entity of the item: "Best Actor"
//! is "ACTOR IN A LEADING ROLE" where the ceremony is the Academy Awards. And texts that differ
//! only in how they were typed.

use serde_json::Value;

use super::entity::Directory;
use super::schema::definition::{Item, KeyPart, Kind, Object, find};
use super::text::{comparable, index_key};

/// Which field it is, and what its spellings mean.
#[derive(Debug)]
pub struct Spellings {
    pub field: &'static str,
    /// Whose spellings they are, by its place in [`Item::entities`].
    pub entity: usize,
    /// What the text means, given the item and the entity's own id, if that is known.
    pub meaning: fn(&Object, Option<&str>, &str) -> Option<Meaning>,
}

/// Whose spelling it is, and the spelling that stands for all of that meaning.
pub type Meaning = (&'static str, &'static str);

fn text<'a>(object: &'a Object, key: &str) -> Option<&'a str> {
    object.get(key).and_then(Value::as_str)
}

/// What the item's text means, if that is known. `directory` tells whose name stands there.
#[must_use]
pub fn meaning(item: &Item, object: &Object, directory: Option<&Directory>) -> Option<Meaning> {
    let spellings = item.spellings.as_ref()?;
    let given = text(object, spellings.field)?;
    let entity = item.entities.get(spellings.entity)?;
    let by_name = || match directory?.by_name(entity.kind, &index_key(text(object, entity.name)?)) {
        [only] => Some(only.as_str()),
        _ => None,
    };
    (spellings.meaning)(object, text(object, entity.id).or_else(by_name), given)
}

/// Gives an arriving item the spelling of a stored state of it, where both mean the same: another
/// spelling is no change. Where the item does not say whose spelling it is, it is that of the stored.
pub fn adopt_spelling(item: &Item, stored: &Object, arriving: &mut Object, directory: &Directory) {
    let Some(spellings) = &item.spellings else { return };
    let Some(kept) = stored.get(spellings.field) else { return };
    if !arriving.contains_key(spellings.field) || arriving.get(spellings.field) == Some(kept) {
        return;
    }
    let entity = &item.entities[spellings.entity];
    let says_whose = [entity.id, entity.name].iter().any(|key| text(arriving, key).is_some());
    let means = if says_whose {
        meaning(item, arriving, Some(directory))
    } else {
        let mut whole = stored.clone();
        whole.extend(
            arriving.get(spellings.field).map(|given| (spellings.field.to_owned(), given.clone())),
        );
        meaning(item, &whole, Some(directory))
    };
    if means.is_some() && means == meaning(item, stored, Some(directory)) {
        arriving.insert(spellings.field.to_owned(), kept.clone());
    }
}

/// Gives an arriving item that is recognised by its natural key the stored text of each part of the
/// key that differs from it only in how it was typed: retyped quotation marks are no change. An
/// item that names the stored one by its id is an edit, and keeps its text.
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
