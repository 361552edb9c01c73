//! Arriving items that repeat an item that was removed since the base.

use ahash::{HashMap, HashMapExt as _, HashSet};
use serde_json::Value;

use crate::document::budget::WorkBudget;
use crate::document::proposal::NullPolicy;
use crate::document::schema::definition::{Item, Object};
use crate::document::text::comparable;

/// Items that were removed since the base and that the document does not change.
pub(super) struct RemovedItems<'v> {
    item: &'static Item,
    nulls: NullPolicy,
    items: Vec<&'v Object>,
    /// By the fields of an arriving item, the values of the removed items in these fields.
    by_fields: HashMap<Vec<String>, HashSet<Vec<String>>>,
}

impl<'v> RemovedItems<'v> {
    pub(super) fn new(item: &'static Item, nulls: NullPolicy, items: Vec<&'v Object>) -> Self {
        Self { item, nulls, items, by_fields: HashMap::new() }
    }

    /// Whether an arriving item has no value that a removed item does not have.
    pub(super) fn has(&mut self, sent: &Object, budget: &WorkBudget<'_>) -> bool {
        if self.items.is_empty() {
            return false;
        }
        let fields = fields_with_values(self.item, sent, self.nulls);
        let said = said(self.item, sent, &fields);
        let (item, items) = (self.item, &self.items);
        let known = self.by_fields.entry(fields).or_insert_with_key(|fields| {
            let items = items.iter().take_while(|_| budget.charge(1 + fields.len()));
            items.map(|removed| self::said(item, removed, fields)).collect()
        });
        known.contains(&said)
    }
}

/// Whether an item has no value that differs from its base.
pub(super) fn repeats(
    item: &'static Item,
    base: &Object,
    sent: &Object,
    nulls: NullPolicy,
) -> bool {
    let fields = fields_with_values(item, sent, nulls);
    fields.iter().all(|field| value_of(item, base, field) == value_of(item, sent, field))
}

/// The fields of an arriving item that have a value, without its id.
fn fields_with_values(item: &Item, sent: &Object, nulls: NullPolicy) -> Vec<String> {
    // The id of an entity with a name cannot be cleared.
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
    fields.iter().map(|field| value_of(item, object, field)).collect()
}

/// The value of a field in a form in which equal values are equal texts: names in comparable form,
/// `8` and `8.0` alike.
fn value_of(item: &Item, object: &Object, field: &str) -> String {
    let is_name = || item.entities.iter().any(|entity| entity.name == field);
    match object.get(field).unwrap_or(&Value::Null) {
        Value::String(text) if is_name() => format!("\"{}", comparable(text)),
        Value::String(text) => format!("\"{text}"),
        Value::Number(number) => match number.as_f64() {
            // -0.0 equals 0.0.
            Some(float) => format!("{:?}", float + 0.0),
            None => number.to_string(),
        },
        other => other.to_string(),
    }
}
