//! Content that stands beside `data` in an envelope, where it is not read.

use serde_json::Value;

use super::category::Category;
use super::definition::{Field, Kind, Object};
use super::parse::is_called;
use super::problem::{Warning, WarningCode, excerpt};
use super::text::{key_letters, quoted};

/// Keys of an envelope that are no content, also what templates and language models add.
const NO_CONTENT: [&str; 13] = [
    "category",
    "movieid",
    "version",
    "exportedat",
    "data",
    "metadata",
    "instructions",
    "schema",
    "prompt",
    "notes",
    "comment",
    "comments",
    "template",
];

/// Fields that other things than documents have as well.
const COMMON: [&str; 12] = [
    "id",
    "name",
    "title",
    "type",
    "kind",
    "url",
    "status",
    "notes",
    "language",
    "country",
    "category",
    "description",
];

/// Most warnings of this kind.
const MAX_WARNINGS: usize = 20;
/// Most elements of a list that are looked at.
const MAX_LOOKED_AT: usize = 20;

/// Warns of lists and objects beside `data` that look like content of a document.
pub(super) fn warn_of_content_outside(
    envelope: &Object,
    category: Category,
    warnings: &mut Vec<Warning>,
) {
    let found = envelope.iter().filter(|(key, value)| is_content(key, value, category));
    warnings.extend(found.take(MAX_WARNINGS).map(|(key, _)| {
        let key = quoted(&excerpt(key));
        let message =
            format!("{key} stands beside \"data\" and was not read; content belongs in \"data\"");
        Warning::new("", WarningCode::UnknownField, message)
    }));
}

fn is_content(key: &str, value: &Value, category: Category) -> bool {
    let letters = key_letters(key);
    if NO_CONTENT.contains(&letters.as_str()) {
        return false;
    }
    let elements: Vec<&Value> = match value {
        Value::Object(object) if !object.is_empty() => vec![value],
        Value::Array(list) if !list.is_empty() => list.iter().take(MAX_LOOKED_AT).collect(),
        _ => return false,
    };
    let is_name = |of: &Category| {
        key_letters(of.as_str()) == letters
            || of.definition().fields.iter().any(|field| is_called(field, key))
    };
    Category::ALL.iter().any(is_name)
        || elements
            .into_iter()
            .filter_map(Value::as_object)
            .any(|object| has_field(object, category))
}

/// Whether an object has a field that documents of a category or their items have, and little else.
fn has_field(object: &Object, category: Category) -> bool {
    let is_telling = |field: &Field| {
        !COMMON.contains(&field.name) && object.keys().any(|key| is_called(field, key))
    };
    category.definition().fields.iter().any(|field| {
        is_telling(field)
            || match &field.rule.kind {
                Kind::Items { item, .. } => item.fields.iter().any(is_telling),
                _ => false,
            }
    })
}
