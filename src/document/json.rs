//! Reading values of JSON objects, and comparing them.

use serde_json::Value;

use super::Object;

/// The list under a key; empty if there is none.
pub(super) fn array<'v>(object: &'v Object, key: &str) -> &'v [Value] {
    object.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The objects of the list under a key.
pub(super) fn objects<'v>(object: &'v Object, key: &str) -> Vec<&'v Object> {
    array(object, key).iter().filter_map(Value::as_object).collect()
}

/// The text under a key.
pub(super) fn text<'v>(object: &'v Object, key: &str) -> Option<&'v str> {
    object.get(key).and_then(Value::as_str)
}

/// Whether two values are equal to a reader: `8` and `8.0` are.
pub(super) fn is_equal(a: &Value, b: &Value) -> bool {
    match (a, b) {
        #[allow(clippy::float_cmp, reason = "the same number, not a near one")]
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        _ => a == b,
    }
}
