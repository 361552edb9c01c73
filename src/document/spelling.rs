//! Fields whose text has several spellings of one meaning, by an entity of the item: "Best Actor" is
//! "ACTOR IN A LEADING ROLE" where the ceremony is the Academy Awards.

use serde_json::Value;

use super::definition::{Item, Object};
use super::entity::Directory;
use super::text::index_key;

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
