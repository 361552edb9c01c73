//! What an item says, as numbers that are equal where items say the same: items are compared by
//! many combinations of their fields, and texts may be long.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use serde_json::Value;

use crate::document::schema::definition::{Item, Object};

/// What was said, as 128 bits of keyed hashes: two contents that differ are equal by chance once in
/// 2^128, and nobody can choose them, as the keys are random.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ContentHash(u128);

impl ContentHash {
    /// What both say together, in whatever order.
    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0.wrapping_add(other.0))
    }
}

/// Computes contents that can be compared with each other.
pub(super) struct ContentHasher(RandomState, RandomState);

impl ContentHasher {
    pub(super) fn new() -> Self {
        Self(RandomState::new(), RandomState::new())
    }

    pub(super) fn text(&self, text: &str) -> ContentHash {
        let (high, low) = (self.0.hash_one(text), self.1.hash_one(text));
        ContentHash(u128::from(high) << 64 | u128::from(low))
    }

    /// What a field says: `8` and `8.0` say the same.
    fn field(&self, name: &str, value: &Value) -> ContentHash {
        let said = match value {
            Value::Number(number) => match number.as_f64() {
                // Both zeros are zero.
                Some(float) => format!("{name}\0{:?}", float + 0.0),
                None => format!("{name}\0{number}"),
            },
            Value::String(text) => format!("{name}\0\"{text}"),
            other => format!("{name}\0{other}"),
        };
        self.text(&said)
    }

    /// The fields that an item says something with, each with its name, in one order for all
    /// items; its own id and entities aside.
    pub(super) fn fields(&self, item: &Item, object: &Object) -> Vec<(ContentHash, ContentHash)> {
        let is_identity = |key: &str| {
            key == item.id
                || item.entities.iter().any(|entity| key == entity.id || key == entity.name)
        };
        let said = object.iter().filter(|(key, value)| !is_identity(key) && !value.is_null());
        let mut fields: Vec<(ContentHash, ContentHash)> =
            said.map(|(key, value)| (self.text(key), self.field(key, value))).collect();
        fields.sort_unstable();
        fields
    }
}
