//! Recognises values that mean "no value" or "unchanged".

use serde_json::Value;

use super::Reader;
use crate::document::problem::{WarningCode, excerpt};
use crate::document::read::values::is_nothing;
use crate::document::schema::definition::{Field, Kind, Rule};
use crate::document::text::{is_blank_or_na, is_elision, is_elision_in_list, quoted};

impl Reader {
    /// Whether a text means "no value" or "unchanged" in that field. Adds a warning if it does.
    pub(super) fn warn_if_nothing(&mut self, field: &Field, text: &str, at: &str) -> bool {
        // A text with U+0000 is refused, whatever else it contains.
        if text.contains('\0') {
            return false;
        }
        if self.warn_if_elision(text, at) {
            return true;
        }
        let is_nothing = match field.rule.kind {
            // A placeholder for an id is checked later, with the name beside it.
            Kind::Id => is_blank_or_na(text),
            _ => is_nothing(field, text),
        };
        if is_nothing {
            self.warn_of_nothing(text, at);
        }
        is_nothing
    }

    pub(super) fn warn_of_nothing(&mut self, text: &str, at: &str) {
        let message = format!("{} was read as no value", quoted(&excerpt(text)));
        self.warn(at, WarningCode::ValueRepaired, message);
    }

    pub(super) fn warn_if_elision(&mut self, text: &str, at: &str) -> bool {
        let is_elided = is_elision(text);
        if is_elided {
            self.warn_of_elision(text, at);
        }
        is_elided
    }

    fn warn_of_elision(&mut self, text: &str, at: &str) {
        let message = format!("{} was read as \"unchanged\"", quoted(&excerpt(text)));
        self.warn(at, WarningCode::Elided, message);
    }

    /// Whether an element of a list has no value. Adds a warning if so. `is_nothing` checks texts.
    pub(super) fn warn_if_skipped(
        &mut self,
        element: &Value,
        at: &str,
        is_nothing: fn(&str) -> bool,
    ) -> bool {
        match element {
            Value::Null => {
                self.warn(at, WarningCode::ValueRepaired, "null in a list was skipped");
                true
            }
            Value::String(text) if is_elision_in_list(text) => {
                self.warn_of_elision(text, at);
                self.reading.elided = true;
                true
            }
            Value::String(text) if is_nothing(text) => {
                self.warn_of_nothing(text, at);
                true
            }
            _ => false,
        }
    }
}

/// Whether the value is a zero that means "unknown", as in data of The Movie Database.
pub(super) fn is_unknown_zero(rule: &Rule, value: &Value) -> bool {
    rule.zero_is_unknown
        && match value {
            Value::Number(number) => number.as_f64() == Some(0.0),
            Value::String(text) => {
                let text = text.trim().trim_start_matches('$');
                !text.is_empty() && text.parse::<f64>() == Ok(0.0)
            }
            _ => false,
        }
}
