//! Reads almost-JSON, as language models and copying by hand produce it.
//!
//! Valid JSON is read unchanged. Otherwise each repair is a warning with its path, and ambiguous
//! text is refused. In particular, a text that is cut off is refused, since its missing part would
//! count as removed. (The reader is our own because no library reports its repairs by path.)

mod around;
mod choosing;
mod covering;
mod decode;
mod escaped;
mod find;
mod foreign;
mod limits;
mod quotes;
mod reader;
mod reasoning;
pub mod split;
mod strict;
mod strings;
mod unwrapping;
mod wrappers;

use std::borrow::Cow;

use serde_json::Value;

use super::envelope::Expected;
use super::envelope_keys;
use crate::document::budget::WorkBudget;
use crate::document::categories::Category;
use crate::document::problem::{Problem, ProblemCode, Warning, WarningCode, shown};
use crate::document::schema::definition::Object;
use crate::document::schema::example::example;
use choosing::{ChoiceError, choose};
pub use decode::utf16;
use foreign::Form;
use limits::Limits;
pub use limits::MAX_VALUES;
use reader::Failure;
use unwrapping::{Blocks, blocks_of_text, blocks_of_value};

/// A text that was read as JSON.
#[derive(Debug)]
pub struct Lenient {
    pub value: Value,
    /// The repairs. Paths are relative to `data`, and empty outside of it.
    pub warnings: Vec<Warning>,
    /// Whether the text marks an omission ("..."), so that missing items do not count as removed.
    pub elided: bool,
}

/// Maximum number of places in prose that are tried as the start of a document.
const MAX_CANDIDATES: usize = 50;
/// How many times the length of the text may be read without a result.
const MAX_PASSES: usize = 4;

/// Decodes bytes in any recognised encoding; bytes that fit none are shown as U+FFFD.
#[must_use]
pub fn decode_lossy(bytes: &[u8]) -> Cow<'_, str> {
    decode::decode(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), |decoded| decoded.text)
}

/// Reads a text as JSON, or as almost-JSON with one clear reading.
///
/// # Errors
/// One problem, if the text cannot be read.
pub fn read(text: &[u8]) -> Result<Lenient, Problem> {
    read_within(text, &WorkBudget::unlimited())
}

/// Like [`read`], within a work budget. If the budget is exceeded, the result is an arbitrary
/// problem that the caller must discard.
///
/// # Errors
/// One problem, if the text cannot be read.
pub fn read_within(text: &[u8], budget: &WorkBudget<'_>) -> Result<Lenient, Problem> {
    read_for(text, Expected::default(), None, budget).map_err(|refusal| refusal.problem)
}

/// The reason that a text is refused.
#[derive(Debug)]
pub struct Refusal {
    pub problem: Problem,
    /// The category, if its stored document would resolve the ambiguity by showing which parts
    /// of the text are quotations.
    pub unresolved: Option<Category>,
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self { problem, unresolved: None }
    }
}

/// Like [`read_within`], for an expected document; `stored` is the stored data of that document.
///
/// # Errors
/// One problem, if the text cannot be read.
pub fn read_for(
    text: &[u8],
    expected: Expected<'_>,
    stored: Option<&Object>,
    budget: &WorkBudget<'_>,
) -> Result<Lenient, Refusal> {
    // The gzip signature (RFC 1952).
    if text.starts_with(b"\x1F\x8B") {
        let message = "the text is packed with gzip; unpack it, or send it over HTTP with \
                       Content-Encoding: gzip";
        return Err(Problem::new("", ProblemCode::Unreadable, message).into());
    }
    let (stripped, had_mark) = match text.strip_prefix(b"\xEF\xBB\xBF") {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    let mut warnings = Vec::new();
    if had_mark {
        warnings.push(repaired("", "a byte-order mark was skipped".to_owned()));
    }
    let limits = Limits::new(budget);
    match strict::read(stripped, &limits) {
        _ if limits.is_exceeded() => return Err(too_many_values().into()),
        Ok(strict::Strict { value, has_duplicates: false }) => {
            // A complete envelope needs no further inspection.
            if is_complete_envelope(&value) {
                return Ok(Lenient { value, warnings, elided: false });
            }
            let text = String::from_utf8_lossy(stripped);
            let found = blocks_of_value(value, &text, &limits);
            return choose_document(found, &text, warnings, expected, stored, &limits);
        }
        _ => {}
    }
    let decoded = decode::decode(stripped)?;
    if let Some(encoding) = decoded.encoding {
        warnings.push(encoding_warning(encoding));
    }
    let limits = Limits::new(budget);
    let found = blocks_of_text(&decoded.text, &limits);
    choose_document(found, &decoded.text, warnings, expected, stored, &limits)
}

/// Whether a value is an envelope with all required keys.
fn is_complete_envelope(value: &Value) -> bool {
    let Value::Object(object) = value else { return false };
    object.get("data").is_some_and(Value::is_object)
        && object.contains_key("category")
        && object.contains_key("movie_id")
}

/// Chooses the document among the values of a text and adds the notes of the search.
fn choose_document(
    found: Result<Blocks, Failure>,
    text: &str,
    mut warnings: Vec<Warning>,
    expected: Expected<'_>,
    stored: Option<&Object>,
    limits: &Limits<'_>,
) -> Result<Lenient, Refusal> {
    if limits.is_exceeded() {
        return Err(too_many_values().into());
    }
    let refused = |failure: &Failure| Refusal::from(unreadable(text, failure, expected));
    let found = found.map_err(|failure| refused(&failure))?;
    warnings.extend(found.notes.into_iter().map(|note| repaired("", note)));
    match choose(found.blocks, expected, stored) {
        Ok(lenient) => {
            warnings.extend(lenient.warnings);
            Ok(Lenient { warnings, ..lenient })
        }
        Err(ChoiceError::Refused(refusal)) => Err(refusal),
        Err(ChoiceError::Unreadable(failure)) => Err(refused(&failure)),
    }
}

/// Replaces a model's reasoning with blanks, keeping the length of the text; `None` if there is no
/// reasoning.
#[must_use]
pub fn without_reasoning(text: &str, budget: &WorkBudget<'_>) -> Option<String> {
    let found = find::find(text, &Limits::new(budget)).ok()?;
    let mut ranges =
        found.skipped.into_iter().filter(|(_, form)| *form == Form::Reasoning).peekable();
    ranges.peek()?;
    let mut blanked = text.as_bytes().to_vec();
    for (range, _) in ranges {
        blanked[range].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
    }
    String::from_utf8(blanked).ok()
}

/// The warning that the text was in that encoding.
#[must_use]
pub fn encoding_warning(encoding: &str) -> Warning {
    repaired("", format!("the text is not UTF-8; it was read as {encoding}"))
}

/// The warning that the reasoning of a model was skipped.
#[must_use]
pub fn skipped_reasoning_warning() -> Warning {
    repaired("", REASONING_SKIPPED.to_owned())
}

/// The message for skipped reasoning.
const REASONING_SKIPPED: &str = "the reasoning of the model was skipped";

/// The warning that text before or after a document, beginning with `start`, was skipped.
#[must_use]
pub fn skipped_text_warning(place: &str, start: &str) -> Warning {
    repaired("", format!("text {place} the document was skipped: {}", quoted(start)))
}

fn repaired(path: &str, message: String) -> Warning {
    Warning::new(path, WarningCode::SyntaxRepaired, message)
}

fn looks_like_envelope(value: &Value) -> bool {
    let object = match value {
        Value::Array(list) => list.first().and_then(Value::as_object),
        value => value.as_object(),
    };
    object.is_some_and(envelope_keys::is_envelope)
}

fn too_many_values() -> Problem {
    let message = format!(
        "the document has more than {MAX_VALUES} values (an object counts as five); at most that \
         many are read"
    );
    Problem::new("", ProblemCode::TooLong, message)
}

fn unreadable(text: &str, failure: &Failure, expected: Expected<'_>) -> Problem {
    let message = match failure.other_form {
        Some(form) => {
            let example = expected.category.map_or_else(
                || "an object with category, movie_id and data".to_owned(),
                |category| example(category, expected.movie),
            );
            format!("{}; send the document as JSON: {example}", describe_form(form, text))
        }
        None => {
            let (line, column) = line_and_column(text, failure.at);
            let place = if failure.path.is_empty() {
                String::new()
            } else {
                format!(", at {}", failure.path)
            };
            let remedy = if failure.is_cut_off {
                "; send the complete document, or only what changes, one list at a time"
            } else {
                ""
            };
            format!("{} (line {line}, column {column}{place}){remedy}", failure.reason)
        }
    };
    Problem::new("", ProblemCode::Unreadable, format!("the document is not JSON: {message}"))
}

/// Describes the form of a text without JSON, with its first line.
fn describe_form(form: Form, text: &str) -> String {
    if text.trim().is_empty() {
        return "the text is empty".to_owned();
    }
    let is_fence = |line: &&str| line.starts_with("```") || line.starts_with("~~~");
    let start = text.lines().map(str::trim).find(|line| !line.is_empty() && !is_fence(line));
    let start =
        start.map(|start| format!(", {}", quoted(&crate::document::problem::excerpt(start))));
    let start = start.unwrap_or_default();
    format!("the text contains no object; it is {}{start}", form.name())
}

fn line_and_column(text: &str, at: usize) -> (usize, usize) {
    let before = &text[..text.floor_char_boundary(at)];
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

/// Formats a text for a message.
fn quoted(text: &str) -> String {
    shown(&Value::from(text))
}

#[cfg(test)]
mod tests;
