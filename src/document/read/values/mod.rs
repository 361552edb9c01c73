//! Reads one scalar value by its [`Rule`], in the documented form or in a form that people,
//! databases and language models write. Ambiguous values are refused with the allowed form.

#![allow(clippy::needless_pass_by_value, reason = "all readers take the value; most give it back")]

mod amounts;
mod codes;
mod dates;
mod durations;
mod marks;
mod money;
mod months;
mod nothing;
mod numbers;
mod urls;

use serde_json::Value;

use super::markup::control_character;
use crate::document::node_ids::{plain_entity_id, plain_item_id};
use crate::document::problem::{ProblemCode, shown};
use crate::document::schema::definition::{Kind, Rule};
use crate::document::schema::scalars::{
    MAX_URL, is_date, is_partial_date, is_web_url, whole_number,
};
use marks::{bare, without_note};
use money::Sign;

pub use nothing::{WORDS as WORDS_FOR_NOTHING, is_no_name, is_nothing};
pub use urls::tmdb_image;

/// Maximum length of the id of an item or an entity.
const MAX_ID: usize = 128;

/// A value that was read.
#[derive(Debug)]
pub struct Read {
    pub value: Value,
    /// The repair that was needed, as a message.
    pub note: Option<String>,
    /// The value that it implies for another field.
    pub implied: Option<Implied>,
}

/// A value that is implied for another field: a currency by a price.
#[derive(Debug)]
pub struct Implied {
    pub field: &'static str,
    pub value: Value,
    /// Whether the value is unambiguous. Many countries use `$`, one uses `₹`.
    pub certain: bool,
    /// The currency sign, which decides whether a stated currency agrees.
    sign: Sign,
}

impl Implied {
    /// The value for that region, if the sign is ambiguous.
    #[must_use]
    pub fn in_region(&self, region: Option<&Value>) -> Option<&'static str> {
        self.sign.in_region(region?.as_str()?)
    }

    /// The message for a contradiction between the sign and a stated value: `€3.99` with the
    /// currency USD.
    #[must_use]
    pub fn contradiction(&self, stated: &Value) -> Option<String> {
        let stated = stated.as_str()?;
        (!self.sign.allows(stated)).then(|| {
            format!(
                "found an amount in {} beside the {} {stated:?}; write the amount alone, \"3.99\", \
                 and its currency",
                self.value, self.field
            )
        })
    }
}

type Refusal = (ProblemCode, String);

fn unchanged(value: Value) -> Read {
    Read { value, note: None, implied: None }
}

fn repaired(value: Value, from: &Value) -> Read {
    let note = Some(format!("{} was read as {}", shown(from), shown(&value)));
    Read { value, note, implied: None }
}

fn refused(code: ProblemCode, found: &Value, allowed: &str) -> Refusal {
    (code, format!("found {}; allowed is {allowed}", shown(found)))
}

/// Reads `value` by the rule.
///
/// # Errors
/// The code and the message of the problem.
pub fn read_scalar(rule: &Rule, value: Value) -> Result<Read, Refusal> {
    if let Value::String(text) = &value
        && text.contains('\0')
    {
        return Err((
            ProblemCode::Invalid,
            "found the character U+0000; any other is allowed".to_owned(),
        ));
    }
    match &rule.kind {
        Kind::Text { max } => text(rule, value, *max),
        Kind::Form { matches, allowed, .. } => codes::form(value, *matches, allowed),
        Kind::Code { matches, allowed, synonyms, .. } => {
            codes::code(value, *matches, allowed, synonyms)
        }
        Kind::Decimal => amounts::decimal(value),
        Kind::Date => date(value),
        Kind::PartialDate => partial_date(value),
        Kind::Url => url(value),
        Kind::Integer { min, max } => amounts::integer(rule.unit, value, *min, *max),
        Kind::Number { min, max } => amounts::number(value, *min, *max),
        Kind::Boolean => boolean(value),
        Kind::Choice { values, synonyms } => codes::choice(value, values, synonyms),
        Kind::Id => id(value),
        Kind::Names { .. } | Kind::Items { .. } => {
            Err(refused(ProblemCode::TypeMismatch, &value, "a list"))
        }
    }
}

fn text(rule: &Rule, value: Value, max: usize) -> Result<Read, Refusal> {
    let read = match value {
        Value::String(_) => unchanged(value),
        Value::Number(ref number) => repaired(Value::String(number.to_string()), &value),
        Value::Bool(truth) => repaired(Value::String(truth.to_string()), &value),
        Value::Array(ref parts) if rule.joined => match joined(parts) {
            Some(text) => repaired(Value::String(text), &value),
            None => return Err(refused(ProblemCode::TypeMismatch, &value, "text, \"A, B\"")),
        },
        other => return Err(refused(ProblemCode::TypeMismatch, &other, "text")),
    };
    if let Some((at, found)) = read.value.as_str().and_then(control_character) {
        return Err((ProblemCode::Invalid, control_refused(at, found)));
    }
    let length = |text: &Value| text.as_str().map_or(0, |text| text.chars().count());
    let found = length(&read.value);
    if found <= max {
        return Ok(read);
    }
    // A short label with an explanation after it: "R (for language)".
    let label = read.value.as_str().map(without_note).filter(|label| label.chars().count() <= max);
    if max <= 100
        && let Some(label) = label
    {
        return Ok(repaired(Value::String(label.to_owned()), &read.value));
    }
    Err((ProblemCode::TooLong, format!("found {found} characters; at most {max} are allowed")))
}

fn control_refused(at: usize, found: char) -> String {
    let command = match found {
        '\u{8}' => "; for LaTeX such as \\beta, write \\\\beta in JSON",
        '\u{C}' => "; for LaTeX such as \\frac, write \\\\frac in JSON",
        '\r' => "; for LaTeX such as \\rho, write \\\\rho in JSON",
        _ => "",
    };
    format!(
        "found the control character U+{:04X} at character {at}; of these, tab and line feed are \
         allowed{command}",
        u32::from(found)
    )
}

/// Joins the names in a list of texts, or of objects with a name, into one text.
fn joined(parts: &[Value]) -> Option<String> {
    let name = |part: &Value| match part {
        Value::String(text) => Some(text.trim().to_owned()),
        Value::Object(object) => {
            let keys = ["english_name", "name"];
            let named = keys.iter().find_map(|key| object.get(*key)?.as_str());
            named.map(|name| name.trim().to_owned())
        }
        _ => None,
    };
    let names: Option<Vec<String>> = parts.iter().map(name).collect();
    names.filter(|names| !names.is_empty()).map(|names| names.join(", "))
}

/// The date part of a date-time: `1999-10-15T00:00:00Z` → `1999-10-15`.
fn day_of(text: &str) -> Option<&str> {
    let day = text.get(..10)?;
    let time = text.get(11..)?;
    let is_time = text[10..].starts_with(['T', 't', ' ']) && dates::is_time(time);
    (is_date(day) && is_time).then_some(day)
}

fn date(value: Value) -> Result<Read, Refusal> {
    const ALLOWED: &str = "a date written YYYY-MM-DD, \"1999-10-15\"";
    let text = match &value {
        Value::String(text) if is_date(text) => return Ok(unchanged(value)),
        Value::String(text) => text,
        other => return Err(refused(ProblemCode::TypeMismatch, other, ALLOWED)),
    };
    if let Some(day) = day_of(text.trim()) {
        return Ok(unchanged(Value::String(day.to_owned())));
    }
    let found = dates::find(text).filter(|found| !found.is_inexact && is_date(&found.date));
    match found {
        Some(found) => Ok(repaired(Value::String(found.date), &value)),
        None => Err(refused(ProblemCode::Invalid, &value, ALLOWED)),
    }
}

fn partial_date(value: Value) -> Result<Read, Refusal> {
    const ALLOWED: &str = "a date written YYYY, YYYY-MM or YYYY-MM-DD";
    let found = match &value {
        Value::String(text) if is_partial_date(text) => return Ok(unchanged(value)),
        Value::String(text) => match day_of(text.trim()) {
            Some(day) => Some((day.to_owned(), false)),
            None => dates::find(text).map(|found| (found.date, found.is_inexact)),
        },
        Value::Number(number) => {
            let year = whole_number(number).map(|year| year.to_string());
            year.filter(|year| is_partial_date(year)).map(|year| (year, false))
        }
        other => return Err(refused(ProblemCode::TypeMismatch, other, ALLOWED)),
    };
    let Some((date, is_inexact)) = found else {
        return Err(refused(ProblemCode::Invalid, &value, ALLOWED));
    };
    let mut read = repaired(Value::String(date), &value);
    if let (Some(note), true) = (&mut read.note, is_inexact) {
        note.push_str(", the part that is certain; for a range, its start");
    }
    Ok(read)
}

fn url(value: Value) -> Result<Read, Refusal> {
    const ALLOWED: &str = "an absolute http(s) URL, \"https://…\"";
    let Value::String(text) = &value else {
        return Err(refused(ProblemCode::TypeMismatch, &value, ALLOWED));
    };
    if is_web_url(text) && text.len() <= MAX_URL {
        return Ok(unchanged(value));
    }
    let length = text.chars().count();
    if length > MAX_URL {
        return Err((
            ProblemCode::TooLong,
            format!("found {length} characters; at most {MAX_URL} are allowed"),
        ));
    }
    if is_web_url(text) {
        return Ok(unchanged(value));
    }
    match urls::find(text) {
        Some(address) => Ok(repaired(Value::String(address), &value)),
        None => Err(refused(ProblemCode::Invalid, &value, ALLOWED)),
    }
}

fn boolean(value: Value) -> Result<Read, Refusal> {
    let meant = match &value {
        Value::Bool(_) => return Ok(unchanged(value)),
        Value::Number(number) => match number.as_i64() {
            Some(1) => true,
            Some(0) => false,
            _ => return Err(refused(ProblemCode::TypeMismatch, &value, "true or false")),
        },
        Value::String(text) => match bare(text).to_ascii_lowercase().as_str() {
            "true" | "yes" | "y" | "1" => true,
            "false" | "no" | "n" | "0" => false,
            _ => return Err(refused(ProblemCode::TypeMismatch, &value, "true or false")),
        },
        other => return Err(refused(ProblemCode::TypeMismatch, other, "true or false")),
    };
    Ok(repaired(Value::Bool(meant), &value))
}

/// Whether a text has the form of an id.
pub fn is_id(text: &str) -> bool {
    !text.chars().any(|c| c.is_whitespace() || c.is_control()) && text.chars().count() <= MAX_ID
}

fn id(value: Value) -> Result<Read, Refusal> {
    const ALLOWED: &str = "an id: 1 to 128 characters without white space";
    let read = match &value {
        // GraphQL shows some ids in a longer form, which is accepted as well.
        Value::String(text) => match plain_item_id(plain_entity_id(text)) {
            plain if plain.len() < text.len() => unchanged(Value::from(plain)),
            _ => unchanged(value),
        },
        Value::Number(number) => repaired(Value::String(number.to_string()), &value),
        other => return Err(refused(ProblemCode::TypeMismatch, other, ALLOWED)),
    };
    if !read.value.as_str().is_some_and(is_id) {
        return Err(refused(ProblemCode::Invalid, &read.value, ALLOWED));
    }
    Ok(read)
}
