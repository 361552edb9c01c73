//! Reads documents that list their changes: `added` and `modified` items beside `removed` ones, or
//! new items beside the list they belong to.
//!
//! MERGE adds or changes each item that is sent, so both kinds are read as items. A document cannot
//! remove items this way: a removal is a problem.

use serde_json::Value;

use super::list_by_items::list_of;
use super::parse::{field_by_name, has_name};
use crate::document::categories::Category;
use crate::document::problem::{Problem, ProblemCode, Warning, WarningCode, excerpt, shown};
use crate::document::schema::definition::{Field, Kind, Object};
use crate::document::text::{key_letters, quoted};

const ADDED: [&str; 12] = [
    "added",
    "add",
    "additions",
    "added_items",
    "new",
    "new_items",
    "created",
    "inserted",
    "to_add",
    "items_to_add",
    "appended",
    "append",
];
const MODIFIED: [&str; 12] = [
    "modified",
    "modify",
    "modifications",
    "changed",
    "changes",
    "updated",
    "update",
    "updates",
    "edited",
    "corrected",
    "modified_items",
    "updated_items",
];
const REMOVED: [&str; 8] = [
    "removed",
    "remove",
    "removals",
    "deleted",
    "delete",
    "deletions",
    "removed_items",
    "to_remove",
];
const UNCHANGED: [&str; 3] = ["unchanged", "kept", "unmodified"];

/// The kind of change that a key describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    Added,
    Modified,
    Removed,
    Unchanged,
}

fn change_by_key(key: &str) -> Option<Change> {
    let letters = key_letters(key);
    let is_one = |names: &[&str]| names.iter().any(|name| key_letters(name) == letters);
    if is_one(&ADDED) {
        Some(Change::Added)
    } else if is_one(&MODIFIED) {
        Some(Change::Modified)
    } else if is_one(&REMOVED) {
        Some(Change::Removed)
    } else {
        is_one(&UNCHANGED).then_some(Change::Unchanged)
    }
}

/// Whether a key describes its items as added, modified or removed.
pub(in crate::document) fn is_change_key(key: &str) -> bool {
    matches!(change_by_key(key), Some(Change::Added | Change::Modified | Change::Removed))
}

/// Whether an object has a list or an object under a key that describes a change.
pub(in crate::document) fn has_changes(object: &Object) -> bool {
    object.iter().any(|(key, value)| (value.is_array() || value.is_object()) && is_change_key(key))
}

/// Whether an object is an operation of a JSON Patch (RFC 6902).
pub(in crate::document) fn is_json_patch(object: &Object) -> bool {
    let is_operation = |op: &Value| {
        matches!(op.as_str(), Some("add" | "remove" | "replace" | "move" | "copy" | "test"))
    };
    object.get("op").is_some_and(is_operation) && object.get("path").is_some_and(Value::is_string)
}

/// Moves items listed as changes into the lists they belong to.
///
/// # Errors
/// The document asks for a removal, or the list of the items is ambiguous.
pub(in crate::document) fn apply(
    data: &mut Object,
    category: Category,
    warnings: &mut Vec<Warning>,
) -> Result<(), Problem> {
    let fields = category.definition().fields;
    let is_field = |key: &str| field_by_name(fields, key).is_some();
    let keys: Vec<(String, Change)> = data
        .iter()
        .filter(|(key, value)| (value.is_array() || value.is_object()) && !is_field(key))
        .filter_map(|(key, _)| Some((key.clone(), change_by_key(key)?)))
        .collect();
    for (key, change) in keys {
        let Some(value) = data.remove(&key) else { continue };
        let shown_key = quoted(&excerpt(&key));
        match (change, value) {
            (_, value) if is_empty(&value) => {}
            (Change::Removed, value) => return Err(removal_problem(&shown_key, &value)),
            (Change::Unchanged, value) => {
                let message =
                    format!("{shown_key}: {} was not read, as it changes nothing", shown(&value));
                warnings.push(Warning::new("", WarningCode::SyntaxRepaired, message));
            }
            (_, Value::Array(items)) => {
                let Some(field) = list_of(&items, category.definition(), None) else {
                    return Err(unknown_list_problem(&shown_key, fields, category));
                };
                append(data, field, items);
                warnings.push(read_as_warning(&shown_key, field.name));
            }
            (_, Value::Object(object)) => {
                for (name, value) in object {
                    let Some(field) = field_by_name(fields, &name) else {
                        return Err(unknown_list_problem(&shown_key, fields, category));
                    };
                    match value {
                        Value::Array(items) if field.rule.kind.is_list() => {
                            append(data, field, items);
                        }
                        value => drop(data.insert(field.name.to_owned(), value)),
                    }
                    warnings.push(read_as_warning(&shown_key, field.name));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn is_empty(value: &Value) -> bool {
    value.as_array().is_some_and(Vec::is_empty) || value.as_object().is_some_and(Object::is_empty)
}

fn read_as_warning(shown_key: &str, list: &str) -> Warning {
    let message = format!("the value of {shown_key} was read as part of {list:?}");
    Warning::new("", WarningCode::FieldRenamed, message)
}

fn removal_problem(shown_key: &str, found: &Value) -> Problem {
    let message = format!(
        "{shown_key}: found {}; a document cannot remove items by naming them. Leave {shown_key} \
         out, and remove items by their ids with the option removeItems (remove_items, \
         --remove-items), or send the whole list with mode REPLACE",
        shown(found)
    );
    Problem::new("", ProblemCode::Invalid, message)
}

fn unknown_list_problem(shown_key: &str, fields: &'static [Field], category: Category) -> Problem {
    let names = fields.iter().map(|field| field.name).collect::<Vec<_>>().join(", ");
    let message = format!(
        "it is not clear which list {shown_key} belongs to; send its items under the fields of \
         {category}: {names}"
    );
    Problem::new("", ProblemCode::Invalid, message)
}

/// Appends items to the list of `field`, under the name that was sent.
fn append(data: &mut Object, field: &Field, items: Vec<Value>) {
    let key = data.keys().find(|key| has_name(field, key)).cloned();
    let key = key.unwrap_or_else(|| field.name.to_owned());
    match data.get_mut(&key) {
        Some(Value::Array(list)) => list.extend(items),
        _ => drop(data.insert(key, Value::Array(items))),
    }
}

/// Words for new or changed items, before or after the name of a list: `new_events`,
/// `events_to_add`.
const ADDED_WORDS: [&str; 10] = [
    "new",
    "added",
    "additional",
    "extra",
    "more",
    "updated",
    "modified",
    "changed",
    "toadd",
    "additions",
];
/// Words for removed items, before or after the name of a list.
const REMOVED_WORDS: [&str; 5] = ["removed", "deleted", "obsolete", "toremove", "todelete"];

/// Moves items from keys such as `new_events` into the list they belong to. The keys are taken from
/// `beside`, or from the data itself if that is `None`.
///
/// # Errors
/// The key describes the items as removed.
pub(in crate::document) fn take_new_items(
    mut beside: Option<&mut Object>,
    data: &mut Object,
    category: Category,
    warnings: &mut Vec<Warning>,
) -> Result<(), Problem> {
    let fields = category.definition().fields.iter();
    for field in fields.filter(|field| matches!(field.rule.kind, Kind::Items { .. })) {
        let from: &Object = beside.as_ref().map_or(&*data, |beside| &**beside);
        let keys = from.iter().filter(|(_, value)| is_list_of_items(value)).map(|(key, _)| key);
        let keys: Vec<(String, Change)> =
            keys.filter_map(|key| Some((key.clone(), change_by_list_key(key, field)?))).collect();
        for (key, change) in keys {
            let removed = match &mut beside {
                Some(beside) => beside.remove(&key),
                None => data.remove(&key),
            };
            let Some(value) = removed else { continue };
            let shown_key = quoted(&excerpt(&key));
            if change == Change::Removed {
                return Err(removal_problem(&shown_key, &value));
            }
            if let Value::Array(items) = value {
                append(data, field, items);
                warnings.push(read_as_warning(&shown_key, field.name));
            }
        }
    }
    Ok(())
}

fn is_list_of_items(value: &Value) -> bool {
    value.as_array().is_some_and(|list| {
        !list.is_empty() && list.iter().all(|item| item.is_object() || item.is_string())
    })
}

/// The change that a key describes if it is the name of the list with a word before or after it.
fn change_by_list_key(key: &str, field: &Field) -> Option<Change> {
    let letters = key_letters(key);
    let names = [field.name].into_iter().chain(field.rule.aliases.iter().copied());
    let mut words = names.map(key_letters).filter_map(|name| {
        letters.strip_suffix(name.as_str()).or_else(|| letters.strip_prefix(name.as_str()))
    });
    words.find_map(|word| {
        if ADDED_WORDS.contains(&word) {
            Some(Change::Added)
        } else {
            REMOVED_WORDS.contains(&word).then_some(Change::Removed)
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_word_beside_the_name_of_a_list_describes_the_change() {
        let Some(events) = Category::Timeline.definition().fields.first() else { return };
        for (key, change) in [
            ("new_events", Some(Change::Added)),
            ("additionalEvents", Some(Change::Added)),
            ("events_to_add", Some(Change::Added)),
            ("updated_events", Some(Change::Added)),
            ("removed_events", Some(Change::Removed)),
            ("events", None),
            ("main_events", None),
        ] {
            assert_eq!(change_by_list_key(key, events), change, "{key}");
        }
    }

    #[test]
    fn json_patch_operations_are_distinguished_from_items() {
        for (value, expected) in [
            (json!({ "op": "add", "path": "/data/events/-", "value": {} }), true),
            (json!({ "op": "opera", "path": "/a" }), false),
            (json!({ "title": "A" }), false),
        ] {
            assert_eq!(value.as_object().is_some_and(is_json_patch), expected, "{value}");
        }
    }
}
