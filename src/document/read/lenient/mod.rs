//! Reading what was meant as JSON: what language models and copying by hand make of it.
//!
//! Text that is JSON is taken as it is. Else each repair is a warning with its place; what cannot be
//! told for certain is refused, above all a text that ends in the middle: what is missing from it would
//! be taken for removed. (No library reports its repairs by place, so the reader is our own.)

mod around;
mod choosing;
mod covering;
mod decode;
mod escaped;
mod find;
mod foreign;
mod reader;
mod reasoning;
mod room;
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
use choosing::{Undecided, choose};
pub use decode::utf16;
use foreign::Form;
use reader::Failure;
pub use room::MAX_VALUES;
use room::Room;
use unwrapping::{Blocks, blocks_of_text, blocks_of_value};

/// A text as it was understood.
#[derive(Debug)]
pub struct Lenient {
    pub value: Value,
    /// What was repaired. Paths lead into `data`; of what stands elsewhere, they are empty.
    pub warnings: Vec<Warning>,
    /// Whether the text says that something was left out of it ("..."), so that what it lacks is not what
    /// it dropped.
    pub elided: bool,
}

/// Most places in prose at which a document is looked for.
const MAX_CANDIDATES: usize = 50;
/// How often the length of the text may be read in vain at such places.
const MAX_PASSES: usize = 4;

/// The bytes as text, in whichever encoding they are; what no encoding fits is shown as U+FFFD.
#[must_use]
pub fn text_of(bytes: &[u8]) -> Cow<'_, str> {
    decode::decode(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), |decoded| decoded.text)
}

/// Reads a text as JSON, or as what was clearly meant to be JSON.
///
/// # Errors
/// One problem, for a text that cannot be read.
pub fn read(text: &[u8]) -> Result<Lenient, Problem> {
    read_within(text, &WorkBudget::unlimited())
}

/// As [`read`], within a budget. When that is spent, the answer is some problem, and to be
/// discarded.
///
/// # Errors
/// One problem, for a text that cannot be read.
pub fn read_within(text: &[u8], budget: &WorkBudget<'_>) -> Result<Lenient, Problem> {
    read_for(text, Expected::default(), None, budget).map_err(|refusal| refusal.problem)
}

/// Why a text is refused.
#[derive(Debug)]
pub struct Refusal {
    pub problem: Problem,
    /// The category whose stored document would tell what of the text was quoted from it.
    pub undecided: Option<Category>,
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self { problem, undecided: None }
    }
}

/// As [`read_within`], of the document that is expected; `stored` is the data that is stored of it.
///
/// # Errors
/// One problem, for a text that cannot be read.
pub fn read_for(
    text: &[u8],
    expected: Expected<'_>,
    stored: Option<&Object>,
    budget: &WorkBudget<'_>,
) -> Result<Lenient, Refusal> {
    // RFC 1952: the first bytes of what gzip packed.
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
    let room = Room::new(budget);
    match strict::read(stripped, &room) {
        _ if room.is_over() => return Err(too_many_values().into()),
        Ok(strict::Strict { value, has_duplicates: false }) => {
            // What is as it should be is looked at no further.
            if is_whole(&value) {
                return Ok(Lenient { value, warnings, elided: false });
            }
            let text = String::from_utf8_lossy(stripped);
            let found = blocks_of_value(value, &text, &room);
            return chosen(found, &text, warnings, expected, stored, &room);
        }
        _ => {}
    }
    let decoded = decode::decode(stripped)?;
    if let Some(encoding) = decoded.encoding {
        warnings.push(read_as(encoding));
    }
    let room = Room::new(budget);
    let found = blocks_of_text(&decoded.text, &room);
    chosen(found, &decoded.text, warnings, expected, stored, &room)
}

/// Whether a value is an envelope with all that one must have.
fn is_whole(value: &Value) -> bool {
    let Value::Object(object) = value else { return false };
    object.get("data").is_some_and(Value::is_object)
        && object.contains_key("category")
        && object.contains_key("movie_id")
}

/// The document among what was found in a text.
fn chosen(
    found: Result<Blocks, Failure>,
    text: &str,
    mut warnings: Vec<Warning>,
    expected: Expected<'_>,
    stored: Option<&Object>,
    room: &Room<'_>,
) -> Result<Lenient, Refusal> {
    if room.is_over() {
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
        Err(Undecided::Refused(refusal)) => Err(refusal),
        Err(Undecided::Unreadable(failure)) => Err(refused(&failure)),
    }
}

/// The text with blanks for what is a model's reasoning, of the same length; `None` if there is none.
#[must_use]
pub fn without_reasoning(text: &str, budget: &WorkBudget<'_>) -> Option<String> {
    let found = find::find(text, &Room::new(budget)).ok()?;
    let mut ranges =
        found.skipped.into_iter().filter(|(_, form)| *form == Form::Reasoning).peekable();
    ranges.peek()?;
    let mut blanked = text.as_bytes().to_vec();
    for (range, _) in ranges {
        blanked[range].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
    }
    String::from_utf8(blanked).ok()
}

/// The text was in that encoding.
#[must_use]
pub fn read_as(encoding: &str) -> Warning {
    repaired("", format!("the text is not UTF-8; it was read as {encoding}"))
}

/// The reasoning of a model in a text is no document.
#[must_use]
pub fn skipped_reasoning() -> Warning {
    repaired("", REASONING_SKIPPED.to_owned())
}

/// What is said of the reasoning of a model.
const REASONING_SKIPPED: &str = "the reasoning of the model was skipped";

/// Text of that start, before or after a document of several, belongs to none.
#[must_use]
pub fn skipped_text(place: &str, start: &str) -> Warning {
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
            format!("{}; send the document as JSON: {example}", form_found(form, text))
        }
        None => {
            let (line, column) = line_and_column(text, failure.at);
            let place = if failure.path.is_empty() {
                String::new()
            } else {
                format!(", at {}", failure.path)
            };
            let remedy = if failure.is_cut_off {
                "; send all of it, or less at a time: what changes alone, one list after another"
            } else {
                ""
            };
            format!("{} (line {line}, column {column}{place}){remedy}", failure.reason)
        }
    };
    Problem::new("", ProblemCode::Unreadable, format!("the document is not JSON: {message}"))
}

/// Says in which form a text is, and how it begins.
fn form_found(form: Form, text: &str) -> String {
    if text.trim().is_empty() {
        return "the text is empty".to_owned();
    }
    let is_fence = |line: &&str| line.starts_with("```") || line.starts_with("~~~");
    let start = text.lines().map(str::trim).find(|line| !line.is_empty() && !is_fence(line));
    let start =
        start.map(|start| format!(", {}", quoted(&crate::document::problem::excerpt(start))));
    let start = start.unwrap_or_default();
    format!("no object is in the text; it is {}{start}", form.name())
}

fn line_and_column(text: &str, at: usize) -> (usize, usize) {
    let before = &text[..text.floor_char_boundary(at)];
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    (line, column)
}

/// A value as a message shows it.
fn quoted(text: &str) -> String {
    shown(&Value::from(text))
}

#[cfg(test)]
mod tests;
