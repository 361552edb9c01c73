//! Undoes some of the changes between two versions of a document.

use ahash::{HashMap, HashMapExt as _, HashSet};
use serde_json::Value;

use super::diff::{Change, ChangeOperation};
use crate::document::categories::Definition;
use crate::document::schema::definition::{Field, Item, Kind, Object};

/// The document that has all changes from `before` to `after` except `undone`, which are some of
/// them. Items and names that are not removed any more follow the item or name that they followed
/// in `before`.
#[must_use]
pub(super) fn undo(
    definition: &Definition,
    before: &Object,
    mut after: Object,
    undone: &[&Change],
) -> Object {
    let mut undone_by_field: HashMap<&str, ListChanges<'_>> = HashMap::new();
    for change in undone {
        let mut tokens = change.path.split('/').skip(1);
        let changes = undone_by_field.entry(tokens.next().unwrap_or_default()).or_default();
        changes.add(change.op, tokens.next(), tokens.next());
    }
    let mut result = Object::new();
    for field in definition.fields {
        let value = match undone_by_field.get(field.name) {
            None => after.remove(field.name),
            Some(changes) => undo_field(field, changes, before, after.remove(field.name)),
        };
        if let Some(value) = value {
            result.insert(field.name.to_owned(), value);
        }
    }
    result.extend(after);
    result
}

/// The changes of one field that are undone. If it is no list, `is_reordered` stands for its value.
#[derive(Default)]
struct ListChanges<'c> {
    /// Indices of removed entries, in the list before the changes.
    removed: HashSet<usize>,
    /// Indices of added entries, in the list after the changes.
    added: HashSet<usize>,
    /// By the index of an item in the list after the changes: its changed fields.
    fields: HashMap<usize, Vec<&'c str>>,
    is_reordered: bool,
}

impl<'c> ListChanges<'c> {
    fn add(&mut self, op: ChangeOperation, index: Option<&'c str>, field: Option<&'c str>) {
        let Some(index) = index.and_then(|index| index.parse().ok()) else {
            self.is_reordered = true;
            return;
        };
        match (field, op) {
            (Some(field), _) => self.fields.entry(index).or_default().push(field),
            (None, ChangeOperation::Remove) => _ = self.removed.insert(index),
            (None, ChangeOperation::Add | ChangeOperation::Update) => {
                self.added.insert(index);
            }
        }
    }
}

fn undo_field(
    field: &Field,
    changes: &ListChanges<'_>,
    before: &Object,
    after: Option<Value>,
) -> Option<Value> {
    let identity: &dyn Fn(&Value) -> Option<&str> = match &field.rule.kind {
        Kind::Items { item, .. } => &|value| value.get(item.id).and_then(Value::as_str),
        Kind::Names { .. } => &Value::as_str,
        _ => return before.get(field.name).cloned(),
    };
    let before = before.get(field.name).and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    let after = match after {
        Some(Value::Array(values)) => values,
        _ => Vec::new(),
    };
    let places: HashMap<&str, usize> = before
        .iter()
        .enumerate()
        .filter_map(|(index, value)| Some((identity(value)?, index)))
        .collect();
    let place_of = |value: &Value| identity(value).and_then(|id| places.get(id).copied());

    // Each entry with its index in the list before the changes.
    let mut entries: Vec<(Value, Option<usize>)> = Vec::with_capacity(after.len());
    for (index, value) in after.into_iter().enumerate() {
        if changes.added.contains(&index) {
            continue;
        }
        let place = place_of(&value);
        let value = match (&field.rule.kind, changes.fields.get(&index), place) {
            (Kind::Items { item, .. }, Some(names), Some(place)) => {
                restore_fields(item, names, &before[place], value)
            }
            _ => value,
        };
        entries.push((value, place));
    }
    if changes.is_reordered {
        let mut kept: Vec<(Value, usize)> =
            entries.iter().filter_map(|(value, place)| Some((value.clone(), (*place)?))).collect();
        kept.sort_by_key(|(_, place)| *place);
        let slots = entries.iter_mut().filter(|(_, place)| place.is_some());
        for (slot, (value, place)) in slots.zip(kept) {
            *slot = (value, Some(place));
        }
    }
    Some(Value::Array(with_removed(before, entries, &changes.removed)))
}

/// Inserts the removed entries again, each after the entry that it followed in `before`.
fn with_removed(
    before: &[Value],
    entries: Vec<(Value, Option<usize>)>,
    removed: &HashSet<usize>,
) -> Vec<Value> {
    let there: HashSet<usize> = entries.iter().filter_map(|(_, place)| *place).collect();
    // By the index of the entry that they follow; `None`: at the start.
    let mut followers: HashMap<Option<usize>, Vec<Value>> = HashMap::new();
    let mut previous = None;
    for (index, value) in before.iter().enumerate() {
        if there.contains(&index) {
            previous = Some(index);
        } else if removed.contains(&index) {
            followers.entry(previous).or_default().push(value.clone());
        }
    }
    let mut result = followers.remove(&None).unwrap_or_default();
    for (value, place) in entries {
        result.push(value);
        if place.is_some() {
            result.extend(followers.remove(&place).unwrap_or_default());
        }
    }
    result
}

/// The item with the fields `names` as they were before, in the order of the definition.
fn restore_fields(item: &Item, names: &[&str], before: &Value, after: Value) -> Value {
    let Value::Object(mut after) = after else { return after };
    let mut result = Object::new();
    for field in item.fields {
        let changed = after.remove(field.name);
        let value =
            if names.contains(&field.name) { before.get(field.name).cloned() } else { changed };
        if let Some(value) = value {
            result.insert(field.name.to_owned(), value);
        }
    }
    result.extend(after);
    Value::Object(result)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::diff::diff;
    use super::*;
    use crate::document::Category;

    /// The titles of the timeline `after` if the changes from `before` that `is_undone` names are
    /// undone. An event is written as one letter.
    fn undone(before: &str, after: &str, is_undone: impl Fn(&Change) -> bool) -> String {
        let timeline = |text: &str| {
            let events: Vec<Value> = text
                .chars()
                .map(|letter| json!({ "id": letter, "date": "1999", "title": letter }))
                .collect();
            json!({ "events": events }).as_object().cloned().unwrap_or_default()
        };
        let definition = Category::Timeline.definition();
        let (before, after) = (timeline(before), timeline(after));
        let changes = diff(definition, &before, &after);
        let undone: Vec<&Change> = changes.iter().filter(|change| is_undone(change)).collect();
        let result = undo(definition, &before, after, &undone);
        let events = result["events"].as_array().into_iter().flatten();
        events.filter_map(|event| event["title"].as_str()).collect()
    }

    #[test]
    fn removed_items_return_to_their_predecessors() {
        let removals = |change: &Change| change.op == ChangeOperation::Remove;
        assert_eq!(undone("abcd", "acd", removals), "abcd");
        assert_eq!(undone("abcd", "cdXa", removals), "cdXab");
        assert_eq!(undone("abcd", "cXd", removals), "abcXd");
        assert_eq!(undone("abcd", "", removals), "abcd");
        let second = |change: &Change| change.path == "/events/1";
        assert_eq!(undone("abcd", "a", second), "ab");
    }

    #[test]
    fn an_undone_order_leaves_added_items_at_their_places() {
        let order = |change: &Change| change.op == ChangeOperation::Update;
        assert_eq!(undone("abcd", "dXcba", order), "aXbcd");
        assert_eq!(undone("abcd", "dca", order), "acd");
        assert_eq!(undone("abcd", "dXca", |_| true), "abcd");
    }
}
