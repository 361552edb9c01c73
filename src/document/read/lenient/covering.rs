//! Checks whether one document contains all of another: a quotation, or a copy of the stored
//! document.

use ahash::{HashMap, HashMapExt as _};
use serde_json::Value;

use crate::document::read::without_envelope::has_no_values;
use crate::document::schema::definition::Object;

/// Maximum number of items that are compared with one item of the other document.
const MAX_COMPARED: usize = 50;

/// Whether `whole` contains everything in `part`. Keys are compared literally.
pub(super) fn covers(whole: &Object, part: &Object) -> bool {
    part.iter().all(|(key, value)| {
        let is_nothing = value.is_null() || value.as_array().is_some_and(Vec::is_empty);
        is_nothing || whole.get(key).is_some_and(|found| covers_value(found, value))
    })
}

fn covers_value(whole: &Value, part: &Value) -> bool {
    match (whole, part) {
        (Value::Array(whole), Value::Array(part)) => covers_items(whole, part),
        (Value::Object(whole), Value::Object(part)) => {
            part.iter().all(|(key, value)| {
                value.is_null() || whole.get(key).is_some_and(|found| is_same(found, value))
            }) && !has_no_values(Some(&Value::Object(part.clone())))
        }
        (whole, part) => is_same(whole, part),
    }
}

/// Whether two values are equal regardless of their JSON type (`"139"` and 139).
fn is_same(one: &Value, other: &Value) -> bool {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    one == other || text(one).is_some_and(|one| text(other).is_some_and(|other| one == other))
}

/// Whether each item of `part` is covered by an item of `whole`.
fn covers_items(whole: &[Value], part: &[Value]) -> bool {
    let mut by_text: HashMap<&str, Vec<&Value>> = HashMap::new();
    for item in whole {
        for text in texts_of(item) {
            by_text.entry(text).or_default().push(item);
        }
    }
    part.iter().filter(|item| !item.is_null()).all(|item| {
        // Only items that share this item's rarest text are compared.
        let sharing = texts_of(item).map(|text| by_text.get(text).map_or(&[][..], Vec::as_slice));
        let rarest = sharing.min_by_key(|items| items.len()).unwrap_or_default();
        rarest.iter().take(MAX_COMPARED).any(|found| covers_value(found, item))
    })
}

fn texts_of(item: &Value) -> impl Iterator<Item = &str> {
    let own = item.as_str();
    let fields = item.as_object().into_iter().flat_map(|object| object.values());
    own.into_iter().chain(fields.filter_map(Value::as_str))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_quotation_is_covered_and_a_change_is_not() {
        let stored = json!({ "year": "1999", "runtime": 139, "events": [
            { "id": "a", "date": "1999", "title": "A", "category": "release" },
            { "id": "b", "date": "2000", "title": "B" },
        ] });
        for (part, expected) in [
            (json!({}), true),
            (json!({ "year": 1999, "runtime": "139" }), true),
            (json!({ "events": [{ "date": "1999", "title": "A" }] }), true),
            (json!({ "events": [{ "title": "B" }, { "title": "A" }], "year": null }), true),
            (json!({ "events": [{ "date": "1999", "title": "B" }] }), false),
            (json!({ "events": [{ "date": "1999", "title": "A", "category": "other" }] }), false),
            (json!({ "runtime": 140 }), false),
            (json!({ "tagline": "T" }), false),
            (json!({ "events": [{}] }), false),
        ] {
            let (Some(stored), Some(part)) = (stored.as_object(), part.as_object()) else {
                continue;
            };
            assert_eq!(covers(stored, part), expected, "{part:?}");
        }
    }
}
