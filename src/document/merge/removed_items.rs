//! Items of a file that repeat what was removed since the file was made.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::NullPolicy;
use crate::document::budget::WorkBudget;
use crate::document::schema::definition::{Item, Object};
use crate::document::text::comparable;

/// Items that were removed since the file was made and that the file does not change.
pub(super) struct Removed<'v> {
    item: &'static Item,
    nulls: NullPolicy,
    items: Vec<&'v Object>,
    /// By the fields that an item of the file has, what the removed ones say in these.
    by_fields: HashMap<Vec<String>, HashSet<Vec<String>>>,
}

impl<'v> Removed<'v> {
    pub(super) fn new(item: &'static Item, nulls: NullPolicy, items: Vec<&'v Object>) -> Self {
        Self { item, nulls, items, by_fields: HashMap::new() }
    }

    /// Whether an item of the file says nothing that a removed one does not say.
    pub(super) fn has(&mut self, sent: &Object, budget: &WorkBudget<'_>) -> bool {
        if self.items.is_empty() {
            return false;
        }
        let fields = fields_said(self.item, sent, self.nulls);
        let said = said(self.item, sent, &fields);
        let (item, items) = (self.item, &self.items);
        let known = self.by_fields.entry(fields).or_insert_with_key(|fields| {
            let items = items.iter().take_while(|_| budget.charge(1 + fields.len()));
            items.map(|removed| self::said(item, removed, fields)).collect()
        });
        known.contains(&said)
    }
}

/// Whether an item says nothing that its base does not say.
pub(super) fn repeats(
    item: &'static Item,
    base: &Object,
    sent: &Object,
    nulls: NullPolicy,
) -> bool {
    let fields = fields_said(item, sent, nulls);
    fields.iter().all(|field| said_in(item, base, field) == said_in(item, sent, field))
}

/// The fields in which an item of a file says something, apart from its id.
fn fields_said(item: &Item, sent: &Object, nulls: NullPolicy) -> Vec<String> {
    // An entity that is named by a name keeps its id.
    let is_kept = |key: &str| item.entities.iter().any(|entity| entity.id == key && entity.creates);
    let says = |key: &str, value: &Value| {
        key != item.id && (!value.is_null() || (nulls == NullPolicy::Clear && !is_kept(key)))
    };
    let said = sent.iter().filter(|(key, value)| says(key, value));
    let mut fields: Vec<String> = said.map(|(key, _)| key.clone()).collect();
    fields.sort_unstable();
    fields
}

fn said(item: &Item, object: &Object, fields: &[String]) -> Vec<String> {
    fields.iter().map(|field| said_in(item, object, field)).collect()
}

/// What an item says in a field, so that what is the same to a reader is equal: names in comparable
/// form, `8` and `8.0` alike.
fn said_in(item: &Item, object: &Object, field: &str) -> String {
    let is_name = || item.entities.iter().any(|entity| entity.name == field);
    match object.get(field).unwrap_or(&Value::Null) {
        Value::String(text) if is_name() => format!("\"{}", comparable(text)),
        Value::String(text) => format!("\"{text}"),
        Value::Number(number) => match number.as_f64() {
            // Both zeros are zero.
            Some(float) => format!("{:?}", float + 0.0),
            None => number.to_string(),
        },
        other => other.to_string(),
    }
}
