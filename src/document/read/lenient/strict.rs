//! Reads strict JSON and detects duplicate keys, which `serde_json` would silently resolve to the
//! last one.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Number, Value};

use super::limits::{Limits, OBJECT, VALUE};
use crate::document::schema::definition::Object;

pub(super) struct Strict {
    pub(super) value: Value,
    pub(super) has_duplicates: bool,
}

/// Reads a text; each value counts against the limits.
pub(super) fn read(text: &[u8], limits: &Limits<'_>) -> serde_json::Result<Strict> {
    let has_duplicates = Cell::new(false);
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let value = Watching(&has_duplicates, limits).deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(Strict { value, has_duplicates: has_duplicates.get() })
}

/// Builds the same value as `serde_json`.
#[derive(Clone, Copy)]
struct Watching<'a>(&'a Cell<bool>, &'a Limits<'a>);

impl<'de> DeserializeSeed<'de> for Watching<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        if !self.1.take(VALUE) {
            return Err(D::Error::custom("reading ended early"));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Watching<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(self)? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        if !self.1.take(OBJECT) {
            return Err(A::Error::custom("reading ended early"));
        }
        let mut object = Object::new();
        while let Some(key) = map.next_key::<String>()? {
            if object.insert(key, map.next_value_seed(self)?).is_some() {
                self.0.set(true);
            }
        }
        Ok(Value::Object(object))
    }
}
