//! Hashes of the content of items. Items are compared by many combinations of their fields, and
//! texts may be long.

use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;

use serde_json::Value;

use crate::document::schema::definition::{Item, Object};

/// A keyed 128-bit hash of a content. Different contents have equal hashes with a probability of
/// 2^-128. As the keys are random, a document cannot be made to collide.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ContentHash(u128);

impl ContentHash {
    /// The hash of two contents together, in any order.
    pub(super) const fn and(self, other: Self) -> Self {
        Self(self.0.wrapping_add(other.0))
    }
}

/// Computes hashes that can be compared with each other.
pub(super) struct ContentHasher(RandomState, RandomState);

impl ContentHasher {
    pub(super) fn new() -> Self {
        Self(RandomState::new(), RandomState::new())
    }

    pub(super) fn text(&self, text: &str) -> ContentHash {
        let (high, low) = (self.0.hash_one(text), self.1.hash_one(text));
        ContentHash(u128::from(high) << 64 | u128::from(low))
    }

    /// The hash of a field; numerically equal values such as `8` and `8.0` have the same hash.
    fn field(&self, name: &str, value: &Value) -> ContentHash {
        let said = match value {
            Value::Number(number) => match number.as_f64() {
                // This makes -0.0 equal to 0.0.
                Some(float) => format!("{name}\0{:?}", float + 0.0),
                None => format!("{name}\0{number}"),
            },
            Value::String(text) => format!("{name}\0\"{text}"),
            other => format!("{name}\0{other}"),
        };
        self.text(&said)
    }

    /// The hashes of the names and values of an item's fields, sorted, without null values, its own
    /// id and its entities.
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
