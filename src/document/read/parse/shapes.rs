//! Reads lists sent in another shape: a single item, items in groups, items under keys of their
//! own.

use serde_json::Value;

use super::{field_by_name, has_name};
use crate::document::problem::{pointer, pointer_at};
use crate::document::read::values::read_scalar;
use crate::document::schema::definition::{Field, Item, Kind, Object, find};
use crate::document::schema::example;
use crate::document::text::key_letters;

/// Maximum nesting of groups, such as a region and a kind of offer.
const MAX_GROUPS: usize = 3;

/// A list that was made from another shape.
#[derive(Debug)]
pub(super) struct Reshaped {
    /// Each item, with its path relative to the list.
    pub items: Vec<(String, Value)>,
    pub note: String,
    /// Paths, relative to the list, of values among the groups that are not items.
    pub left_out: Vec<String>,
}

/// The items in a value that is not a list: a single item, numbered items, or items grouped by the
/// fields in [`Item::groups`]. `None` if the value is ambiguous.
pub(super) fn as_list(item: &'static Item, value: &Value) -> Option<Reshaped> {
    let alone = |value: Value| Reshaped {
        items: vec![(String::new(), value)],
        note: "one item alone was read as a list of one".to_owned(),
        left_out: Vec::new(),
    };
    match value {
        Value::String(_) if item.bare_text.is_some() => Some(alone(value.clone())),
        Value::Object(object) if is_item(item, object) => Some(alone(value.clone())),
        Value::Object(object) if is_numbered(object) => Some(Reshaped {
            items: object.iter().map(|(key, value)| (pointer("", key), value.clone())).collect(),
            note: "numbered items were read as a list".to_owned(),
            left_out: Vec::new(),
        }),
        Value::Object(object) if !object.is_empty() => {
            let mut groups =
                Groups { item, items: Vec::new(), by: Vec::new(), left_out: Vec::new() };
            groups.open(object, "", &mut Vec::new())?;
            let note = if groups.by.is_empty() {
                "numbered items were read as a list".to_owned()
            } else {
                format!(
                    "items in groups were read as a list; each group's key is {}",
                    groups.by.join(" and ")
                )
            };
            (!groups.items.is_empty()).then_some(Reshaped {
                items: groups.items,
                note,
                left_out: groups.left_out,
            })
        }
        _ => None,
    }
}

/// Whether the keys number the values, from 0 or 1: `1`, `2`; `fact_1`, `fact_2`.
fn is_numbered(object: &Object) -> bool {
    let number = |key: &str| {
        let digits = key.trim_start_matches(|c: char| !c.is_ascii_digit());
        let number = digits.parse::<usize>().ok().filter(|_| digits.len() <= 3)?;
        Some((key.len() - digits.len(), number))
    };
    let mut expected = None;
    !object.is_empty()
        && object.iter().all(|(key, value)| {
            let Some((start, number)) = number(key) else { return false };
            let (of_first, next) = *expected.get_or_insert((start, number));
            expected = Some((of_first, number + 1));
            number == next && start == of_first && (value.is_object() || value.is_string())
        })
        && matches!(expected, Some((_, next)) if next <= object.len() + 1)
}

/// Whether an object has a field of the item and nothing that may be a group.
fn is_item(item: &Item, object: &Object) -> bool {
    let is_field = |key: &str| field_by_name(item.fields, key).is_some();
    let is_group =
        |key: &str, value: &Value| (value.is_array() || value.is_object()) && !is_field(key);
    object.keys().any(|key| is_field(key))
        && !object.iter().any(|(key, value)| is_group(key, value))
}

struct Groups {
    item: &'static Item,
    items: Vec<(String, Value)>,
    /// The fields that the group keys were read as.
    by: Vec<String>,
    left_out: Vec<String>,
}

impl Groups {
    fn open(
        &mut self,
        groups: &Object,
        path: &str,
        given: &mut Vec<(&'static str, String)>,
    ) -> Option<()> {
        if given.len() >= MAX_GROUPS {
            return None;
        }
        let has_members = |value: &Value| value.is_array() || value.is_object();
        let any_members = groups.values().any(has_members);
        for (key, value) in groups {
            let at = pointer(path, key);
            let is_number = key.bytes().all(|byte| byte.is_ascii_digit());
            if let (Value::Object(object), true) = (value, is_number)
                && is_item(self.item, object)
                && !self.item.groups.iter().any(|field| self.accepts(field, key, value, given))
            {
                self.add(&at, value, given)?;
                continue;
            }
            if any_members && !has_members(value) {
                self.left_out.push(at);
                continue;
            }
            let by = self.item.groups.iter().copied();
            let field = by.clone().find(|field| self.accepts(field, key, value, given))?;
            if !self.by.iter().any(|name| name == field) {
                self.by.push(field.to_owned());
            }
            given.push((field, key.clone()));
            match value {
                Value::Array(members) => {
                    for (index, member) in members.iter().enumerate() {
                        self.add(&pointer_at(&at, index), member, given)?;
                    }
                }
                Value::Object(object) if is_item(self.item, object) => {
                    self.add(&at, value, given)?;
                }
                Value::Object(object) => self.open(object, &at, given)?,
                member => self.add(&at, member, given)?,
            }
            given.pop();
        }
        Some(())
    }

    /// Whether a group key may be the value of that field, which its members lack.
    fn accepts(
        &self,
        field: &str,
        key: &str,
        members: &Value,
        given: &[(&'static str, String)],
    ) -> bool {
        let Some(field) = find(self.item.fields, field) else { return false };
        let has_it = |member: &Value| {
            member.as_object().is_some_and(|object| object.keys().any(|key| has_name(field, key)))
        };
        let lacking = match members {
            Value::Array(list) => !list.iter().any(has_it),
            other => !has_it(other),
        };
        lacking
            && given.iter().all(|(other, _)| *other != field.name)
            && read_scalar(&field.rule, Value::from(key)).is_ok()
            && !(field.name == "job" && is_department(key))
    }

    fn add(&mut self, path: &str, member: &Value, given: &[(&'static str, String)]) -> Option<()> {
        let mut object = match (member, self.item.bare_text) {
            (Value::Object(object), _) => object.clone(),
            (Value::String(text), Some(field)) => {
                Object::from_iter([(field.to_owned(), Value::from(text.as_str()))])
            }
            _ => return None,
        };
        for (field, value) in given {
            object.entry((*field).to_owned()).or_insert_with(|| Value::from(value.as_str()));
        }
        self.items.push((path.to_owned(), Value::Object(object)));
        Some(())
    }
}

/// Whether a key names a department of the crew, and not a job.
fn is_department(key: &str) -> bool {
    const DEPARTMENTS: &[&str] = &[
        "art",
        "camera",
        "costumemakeup",
        "crew",
        "directing",
        "editing",
        "lighting",
        "music",
        "production",
        "sound",
        "visualeffects",
        "writing",
    ];
    DEPARTMENTS.contains(&key_letters(key).as_str())
}

/// Items under a key of their own that were moved to their list.
#[derive(Debug)]
pub(super) struct Moved {
    pub key: String,
    pub list: &'static str,
    /// The index in the list of the first moved item.
    pub first: usize,
    /// Whether the items were sent as a list.
    pub was_list: bool,
    pub count: usize,
    /// Whether the list itself was not sent.
    pub is_only: bool,
}

/// Moves items under keys such as `composer` to their list, with the values that the key implies.
pub(super) fn move_to_lists(fields: &'static [Field], sent: Object) -> (Object, Vec<Moved>) {
    let is_other = |key: &String| find(fields, key).is_none();
    if !sent.keys().any(|key| is_other(key) && list_of(fields, key).is_some()) {
        return (sent, Vec::new());
    }
    let mut result = Object::new();
    let mut moved = Vec::new();
    let mut waiting = Vec::new();
    for (key, value) in sent {
        match list_of(fields, &key).filter(|_| is_other(&key)) {
            Some((field, values)) => waiting.push((key, field, values, value)),
            None => {
                result.insert(key, value);
            }
        }
    }
    for (key, field, values, value) in waiting {
        let Kind::Items { item, .. } = &field.rule.kind else { continue };
        let (members, was_list) = match value {
            Value::Array(members) => (members, true),
            Value::Null => continue,
            value => (vec![value], false),
        };
        let count = members.len();
        let members = members.into_iter().map(|member| with_values(item, member, values));
        let target = result.keys().find(|key| has_name(field, key)).cloned();
        let is_only = target.is_none();
        let target = target.unwrap_or_else(|| field.name.to_owned());
        let list = result.entry(target).or_insert_with(|| Value::Array(Vec::new()));
        if let Value::Array(list) = list {
            let first = list.len();
            list.extend(members);
            moved.push(Moved { key, list: field.name, first, was_list, count, is_only });
        } else {
            result.insert(key, Value::Array(members.collect()));
        }
    }
    (result, moved)
}

type Values = &'static [(&'static str, &'static str)];

/// The list for items under that key, and the values that the key implies.
fn list_of(fields: &'static [Field], key: &str) -> Option<(&'static Field, Values)> {
    let letters = key_letters(key);
    fields.iter().find_map(|field| {
        let found = field.rule.item_keys.iter().find(|found| key_letters(found.key) == letters)?;
        Some((field, found.values))
    })
}

fn with_values(item: &Item, member: Value, values: Values) -> Value {
    let mut object = match (member, item.bare_text) {
        (Value::Object(object), _) => object,
        (Value::String(text), Some(field)) => {
            Object::from_iter([(field.to_owned(), Value::String(text))])
        }
        (other, _) => return other,
    };
    for (name, value) in values {
        let has_it = find(item.fields, name)
            .is_some_and(|field| object.keys().any(|key| has_name(field, key)));
        if !has_it {
            object.insert((*name).to_owned(), Value::from(*value));
        }
    }
    Value::Object(object)
}

/// The allowed form of a list of items: `a list of objects, [{"ceremony":"text","year":1999}]`.
pub(super) fn allowed(item: &'static Item) -> String {
    format!("a list of objects, [{}]", example::required(item))
}
