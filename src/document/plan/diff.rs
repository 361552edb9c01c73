//! Computes the changes between two versions of a document, each with its path.

use ahash::{HashMap, HashSet};
use async_graphql::SimpleObject;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use crate::document::categories::Definition;
use crate::document::problem::pointer_at;
use crate::document::schema::choice::define_choice;
use crate::document::schema::definition::{Field, Item, Kind, Object};
use crate::document::schema::scalars::Json;

define_choice! {
    /// The kind of a change.
    pub enum ChangeOperation {
        /// A value or an item is added.
        Add = "add",
        /// A value is replaced, or the order of a list changes.
        Update = "update",
        /// A value or an item is removed.
        Remove = "remove",
    }
}

/// One change of a document: of a value, of a list item, or of the order of a list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, SimpleObject, ToSchema)]
#[graphql(name = "PlannedChange")]
pub struct Change {
    /// JSON Pointer (RFC 6901) to the value in the new data, for example /events/0/date. For a
    /// removal: in the old data.
    pub path: String,
    /// What the change does.
    pub op: ChangeOperation,
    /// A description for people, for example "Cast: Brad Pitt".
    pub label: String,
    /// The value before the change, as in a file. Null if there was none.
    pub before: Option<Json>,
    /// The value after the change, as in a file. Null if there is none.
    pub after: Option<Json>,
}

/// The changes from `before` to `after`, in document order.
#[must_use]
pub fn diff(definition: &Definition, before: &Object, after: &Object) -> Vec<Change> {
    let mut changes = Vec::new();
    for field in definition.fields {
        let path = format!("/{}", field.name);
        match &field.rule.kind {
            Kind::Items { item, label } => {
                items(
                    item,
                    label,
                    &path,
                    list(before, field.name),
                    list(after, field.name),
                    &mut changes,
                );
            }
            Kind::Names { .. } => {
                names(
                    field,
                    &path,
                    list(before, field.name),
                    list(after, field.name),
                    &mut changes,
                );
            }
            _ => value(
                &path,
                field.name.to_owned(),
                before.get(field.name),
                after.get(field.name),
                &mut changes,
            ),
        }
    }
    changes
}

/// The top-level keys that are affected by the changes, without duplicates.
#[must_use]
pub fn updated_fields(changes: &[Change]) -> Vec<String> {
    let mut fields: Vec<String> = Vec::new();
    for change in changes {
        let field = change.path.split('/').nth(1).unwrap_or_default();
        if !fields.iter().any(|known| known == field) {
            fields.push(field.to_owned());
        }
    }
    fields
}

fn list<'a>(object: &'a Object, key: &str) -> &'a [Value] {
    object.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn value(
    path: &str,
    label: String,
    before: Option<&Value>,
    after: Option<&Value>,
    changes: &mut Vec<Change>,
) {
    let op = match (before, after) {
        (None, Some(_)) => ChangeOperation::Add,
        (Some(_), None) => ChangeOperation::Remove,
        (Some(before), Some(after)) if before != after => ChangeOperation::Update,
        _ => return,
    };
    changes.push(Change {
        path: path.to_owned(),
        op,
        label,
        before: before.cloned().map(Json),
        after: after.cloned().map(Json),
    });
}

fn names(field: &Field, path: &str, before: &[Value], after: &[Value], changes: &mut Vec<Change>) {
    let label = |name: &Value| format!("{}: {}", field.name, name.as_str().unwrap_or_default());
    if before == after {
        return;
    }
    let texts = |values: &'_ [Value]| -> HashSet<String> {
        values.iter().map(|value| value.as_str().unwrap_or_default().to_owned()).collect()
    };
    let (old, new) = (texts(before), texts(after));
    let is_in =
        |names: &HashSet<String>, name: &Value| names.contains(name.as_str().unwrap_or_default());
    for (index, name) in before.iter().enumerate().filter(|(_, name)| !is_in(&new, name)) {
        value(&pointer_at(path, index), label(name), Some(name), None, changes);
    }
    for (index, name) in after.iter().enumerate().filter(|(_, name)| !is_in(&old, name)) {
        value(&pointer_at(path, index), label(name), None, Some(name), changes);
    }
    let kept_before: Vec<_> = before.iter().filter(|name| is_in(&new, name)).collect();
    let kept_after: Vec<_> = after.iter().filter(|name| is_in(&old, name)).collect();
    order(path, field.name, &kept_before, &kept_after, changes);
}

fn order(path: &str, label: &str, before: &[&Value], after: &[&Value], changes: &mut Vec<Change>) {
    if before != after {
        let list =
            |values: &[&Value]| Some(Json(values.iter().map(|value| (*value).clone()).collect()));
        changes.push(Change {
            path: path.to_owned(),
            op: ChangeOperation::Update,
            label: format!("{label}: order"),
            before: list(before),
            after: list(after),
        });
    }
}

fn items(
    item: &'static Item,
    label: &str,
    path: &str,
    before: &[Value],
    after: &[Value],
    changes: &mut Vec<Change>,
) {
    if before == after {
        return;
    }
    let by_id = |values: &[Value]| -> HashMap<String, usize> {
        let ids = values
            .iter()
            .enumerate()
            .filter_map(|(index, value)| Some((id_of(item, value)?.as_str()?.to_owned(), index)));
        ids.collect()
    };
    let (old, new) = (by_id(before), by_id(after));
    let is_in = |places: &HashMap<String, usize>, value: &Value| {
        id_of(item, value).and_then(Value::as_str).and_then(|id| places.get(id).copied())
    };
    for (index, gone) in before.iter().enumerate().filter(|(_, value)| is_in(&new, value).is_none())
    {
        value(
            &pointer_at(path, index),
            label_of_value(item, label, gone),
            Some(gone),
            None,
            changes,
        );
    }
    for (index, object) in after.iter().enumerate() {
        let at = pointer_at(path, index);
        let label = label_of_value(item, label, object);
        match is_in(&old, object).map(|place| &before[place]) {
            None => value(&at, label, None, Some(object), changes),
            Some(previous) if previous != object => {
                for field in item.fields {
                    let at = format!("{at}/{}", field.name);
                    value(
                        &at,
                        label.clone(),
                        previous.get(field.name),
                        object.get(field.name),
                        changes,
                    );
                }
            }
            Some(_) => {}
        }
    }
    let kept = |values: &'_ [Value], other: &HashMap<String, usize>| -> Vec<Value> {
        values
            .iter()
            .filter(|value| is_in(other, value).is_some())
            .filter_map(|value| id_of(item, value).cloned())
            .collect()
    };
    let (kept_before, kept_after) = (kept(before, &new), kept(after, &old));
    order(
        path,
        label,
        &kept_before.iter().collect::<Vec<_>>(),
        &kept_after.iter().collect::<Vec<_>>(),
        changes,
    );
}

fn label_of_value(item: &Item, label: &str, value: &Value) -> String {
    value.as_object().map(|object| label_of(item, label, object)).unwrap_or_default()
}

fn id_of<'a>(item: &Item, value: &'a Value) -> Option<&'a Value> {
    value.get(item.id)
}

/// The label of an item for display, such as `Cast: Brad Pitt`. Long text is truncated.
pub(in crate::document) fn label_of(item: &Item, label: &str, object: &Object) -> String {
    let name = item
        .label
        .iter()
        .find_map(|field| object.get(*field).and_then(Value::as_str))
        .unwrap_or_default();
    if name.chars().count() <= 60 {
        return format!("{label}: {name}");
    }
    let start: String = name.chars().take(57).collect();
    format!("{label}: {start}…")
}
