//! Lists of names that came as one text, or with the numbers of The Movie Database.

use serde_json::Value;

use crate::document::entity::EntityKind;
use crate::document::reference;
use crate::document::scalars::whole_number;

/// Marks between names in one text.
const SEPARATORS: [char; 4] = [',', '|', ';', '/'];

/// The names in a text that has several: `Drama, Thriller`. A name that is known as it stands is one
/// name: `Sci-Fi & Fantasy`.
pub(super) fn split(entity: EntityKind, text: &str) -> Option<Vec<String>> {
    if !text.contains(SEPARATORS) || reference::by_name(entity, text, None).is_some() {
        return None;
    }
    let parts = text.split(SEPARATORS).map(str::trim).filter(|part| !part.is_empty());
    let names: Vec<String> = parts.map(str::to_owned).collect();
    (names.len() > 1).then_some(names)
}

/// The name that a number of The Movie Database stands for.
pub(super) fn by_number(entity: EntityKind, value: &Value) -> Option<&'static str> {
    let number = match value {
        Value::Number(number) => whole_number(number)?,
        Value::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    let id = format!("tmdb-{}-{number}", entity.as_str());
    reference::by_id(entity, &id).map(|known| known.name.as_str())
}
