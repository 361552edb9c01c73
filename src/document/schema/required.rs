//! Which required fields an object lacks.

use super::definition::{Field, Item, Object};
use super::example;

/// A required field that an object lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissingField {
    pub name: &'static str,
    /// What is missing, with an example of what to write.
    pub message: String,
}

/// The required fields that `data` lacks.
pub fn missing_fields<'d>(
    fields: &'static [Field],
    data: &'d Object,
) -> impl Iterator<Item = MissingField> + use<'d> {
    let is_missing = |field: &&Field| field.rule.required && !data.contains_key(field.name);
    fields.iter().filter(is_missing).map(|field| {
        let (name, example) = (field.name, example::value(field));
        let message = format!("{name} is missing; write for example {name:?}: {example}");
        MissingField { name, message }
    })
}

/// What is missing if an item has none of the fields of which it must have one. `has` states
/// whether it has a field.
pub fn missing_any_of(item: &Item, has: impl Fn(&str) -> bool) -> Option<String> {
    let is_missing = !item.any_of.is_empty() && !item.any_of.iter().any(|name| has(name));
    is_missing
        .then(|| format!("none of {} is there; at least one is required", item.any_of.join(", ")))
}
