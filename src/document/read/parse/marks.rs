//! Warns of marks that do not belong to a text, and removes them if the options ask for it.

use serde_json::Value;

use super::Reader;
use crate::document::problem::WarningCode;
use crate::document::read::markup::cleaned;
use crate::document::schema::definition::{Field, Kind};
use crate::document::text::quoted;

/// Maximum number of characters of a cleaned text in a message.
const MAX_CLEANED_SHOWN: usize = 300;

impl Reader {
    /// Warns of marks in a text. Returns the cleaned text if the options ask for it and it is
    /// valid, otherwise the value as sent.
    pub(super) fn without_markup(&mut self, field: &Field, value: Value, at: &str) -> Value {
        let Kind::Text { max } = field.rule.kind else { return value };
        let Some(cleaned) = value.as_str().and_then(cleaned) else { return value };
        let fits = (1..=max).contains(&cleaned.text.chars().count());
        let found = cleaned.found.join(", ");
        let shown = quoted(&long_excerpt(&cleaned.text));
        let message = if self.options.clean && fits {
            format!("{found} were removed; the text is now {shown}")
        } else {
            format!("found {found}; the text was kept as sent; without them it is {shown}")
        };
        self.warn(at, WarningCode::MarkupInText, message);
        if self.options.clean && fits { Value::String(cleaned.text) } else { value }
    }
}

fn long_excerpt(text: &str) -> String {
    match text.char_indices().nth(MAX_CLEANED_SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
