//! Reading what was meant as JSON: what language models and copying by hand make of it.
//!
//! Text that is JSON is taken as it is. Else each repair is a warning with its place; what cannot be
//! told for certain is refused, above all a text that ends in the middle: what is missing from it would
//! be taken for removed. (No library reports its repairs by place, so the reader is our own.)

mod decode;
mod reader;
mod room;
pub mod split;
mod strict;
mod strings;

use std::borrow::Cow;
use std::collections::HashSet;

use serde_json::Value;

use super::budget::WorkBudget;
use super::definition::Object;
use super::problem::{Problem, ProblemCode, Warning, WarningCode, shown};
pub use decode::utf16;
use reader::{Failure, Reader};
pub use room::MAX_VALUES;
use room::Room;
use strings::is_blank;

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
    let (stripped, had_mark) = match text.strip_prefix(b"\xEF\xBB\xBF") {
        Some(rest) => (rest, true),
        None => (text, false),
    };
    let mut warnings = Vec::new();
    if had_mark {
        warnings.push(repaired("", "a byte-order mark was skipped".to_owned()));
    }
    let room = Room::new(budget);
    let refused = match strict::read(stripped, &room) {
        _ if room.is_over() => return Err(too_many_values()),
        Ok(strict::Strict { value, has_duplicates: false }) => {
            return unwrapped(value, warnings, false, budget);
        }
        Ok(_) => None,
        Err(error) => Some(error),
    };
    let decoded = decode::decode(stripped)?;
    if let Some(encoding) = decoded.encoding {
        warnings.push(read_as(encoding));
        if let Ok(strict::Strict { value, has_duplicates: false }) =
            strict::read(decoded.text.as_bytes(), &Room::new(budget))
        {
            return unwrapped(value, warnings, false, budget);
        }
    }
    let room = Room::new(budget);
    match find(&decoded.text, &room) {
        _ if room.is_over() => Err(too_many_values()),
        Ok(found) => {
            // A place outside of the data is none of it: there the same is said once.
            let mut said = HashSet::new();
            let found_warnings = found.warnings.into_iter().map(into_data);
            warnings
                .extend(found_warnings.filter(|warning| {
                    said.insert((warning.path.clone(), warning.message.clone()))
                }));
            unwrapped(found.value, warnings, found.elided, budget)
        }
        Err(failure) => Err(unreadable(&decoded.text, failure, refused)),
    }
}

/// The text was in that encoding.
#[must_use]
pub fn read_as(encoding: &str) -> Warning {
    repaired("", format!("the text is not UTF-8; it was read as {encoding}"))
}

/// Text of that start, before or after a document of several, belongs to none.
#[must_use]
pub fn skipped_text(place: &str, start: &str) -> Warning {
    repaired("", format!("text {place} the document was skipped: {}", quoted(start)))
}

fn repaired(path: &str, message: String) -> Warning {
    Warning::new(path, WarningCode::SyntaxRepaired, message)
}

/// The documents found in a text, until it is known which is meant.
fn find(text: &str, room: &Room<'_>) -> Result<Lenient, Option<Failure>> {
    let mut found: Vec<(Lenient, usize, usize)> = Vec::new();
    let mut at = 0;
    let (mut tried, mut in_vain) = (0, 0);
    let mut broken = None;
    while let Some(start) = next_candidate(text, at) {
        tried += 1;
        room.pass(start - at);
        if tried > MAX_CANDIDATES || in_vain / MAX_PASSES > text.len() {
            let reason =
                "so many brackets are in the text that the document cannot be told from the rest"
                    .to_owned();
            return Err(Some(Failure { at: start, reason, inside: true, path: String::new() }));
        }
        let mut reader = Reader::new(text, start, room);
        match reader.document() {
            Ok(value) => {
                let end = reader.position();
                at = end;
                found.push((
                    Lenient { value, warnings: reader.warnings, elided: reader.elided },
                    start,
                    end,
                ));
            }
            // A brace in prose, not the start of a document.
            Err(failure) if !failure.inside => {
                at = start + 1;
                in_vain += failure.at - start;
                if !failure.path.is_empty() {
                    broken.get_or_insert(failure);
                }
            }
            Err(failure) => return Err(Some(failure)),
        }
    }
    let envelopes = found.iter().filter(|(found, ..)| looks_like_envelope(&found.value)).count();
    if envelopes > 0 {
        found.retain(|(found, ..)| looks_like_envelope(&found.value));
    } else if broken.is_some() {
        // A part of what is broken is not the document.
        return Err(broken);
    }
    let Some((mut chosen, start, end)) = found.pop() else { return Err(None) };
    if found.iter().any(|(other, ..)| other.value != chosen.value) {
        let reason =
            "several documents are in the text, and which is meant cannot be told".to_owned();
        return Err(Some(Failure { at: end, reason, inside: true, path: String::new() }));
    }
    let end = end + after_commas(&text[end..], &mut chosen.warnings);
    // What goes on like JSON belongs to the document, and is not lost as if it were prose.
    if text[end..].trim_start().starts_with([',', '}', ']', ':']) {
        let reason =
            "the document ends before its text does: a bracket is closed too early".to_owned();
        return Err(Some(Failure { at: end, reason, inside: true, path: String::new() }));
    }
    if !text[..start].trim().is_empty() || !text[end..].trim().is_empty() {
        let what = if text.contains("```") || text.contains("~~~") {
            "a code fence and text"
        } else {
            "text"
        };
        chosen.warnings.insert(0, repaired("", format!("{what} around the document was skipped")));
    }
    Ok(chosen)
}

/// The length of commas that end the line of a document, as in a list without its brackets.
fn after_commas(rest: &str, warnings: &mut Vec<Warning>) -> usize {
    let is_passed = |c: char| c == ',' || (is_blank(c) && c != '\n');
    let length = rest.find(|c| !is_passed(c)).unwrap_or(rest.len());
    let goes_on = !rest[length..].starts_with('\n') && length < rest.len();
    if goes_on || !rest[..length].contains(',') {
        return 0;
    }
    let continues = rest[length..].trim_start().starts_with(['"', ',', '}', ']', ':']);
    if continues {
        return 0;
    }
    warnings.push(repaired("", "a comma after the document was skipped".to_owned()));
    length
}

/// Where an object, or a list of objects, may begin.
fn next_candidate(text: &str, from: usize) -> Option<usize> {
    let rest = text.get(from..)?;
    rest.char_indices().map(|(offset, c)| (from + offset, c)).find_map(|(at, c)| match c {
        '{' => Some(at),
        '[' => {
            let next = text[at + 1..].trim_start_matches(is_blank);
            ["{", "//", "/*"].iter().any(|start| next.starts_with(start)).then_some(at)
        }
        _ => None,
    })
}

fn looks_like_envelope(value: &Value) -> bool {
    let object = match value {
        Value::Array(list) => list.first().and_then(Value::as_object),
        value => value.as_object(),
    };
    object.is_some_and(|object: &Object| {
        object.contains_key("data")
            || (object.contains_key("category") && object.contains_key("movie_id"))
    })
}

/// An envelope alone in a list, or written as text in a string, is the envelope.
fn unwrapped(
    value: Value,
    mut warnings: Vec<Warning>,
    elided: bool,
    budget: &WorkBudget<'_>,
) -> Result<Lenient, Problem> {
    match value {
        Value::Array(mut list) if list.len() == 1 && list[0].is_object() => {
            warnings.push(repaired("", "the document stood alone in a list".to_owned()));
            Ok(Lenient { value: list.remove(0), warnings, elided })
        }
        Value::String(inner) if inner.trim_start().starts_with('{') => {
            let mut inner = read_within(inner.as_bytes(), budget)?;
            warnings.push(repaired("", "the document was written as text in a string".to_owned()));
            warnings.append(&mut inner.warnings);
            Ok(Lenient { warnings, elided: inner.elided || elided, ..inner })
        }
        value => Ok(Lenient { value, warnings, elided }),
    }
}

/// A path into the text as one into `data`.
fn into_data(warning: Warning) -> Warning {
    let path = warning.path.strip_prefix("/0").unwrap_or(&warning.path);
    let path = path
        .strip_prefix("/data")
        .filter(|rest| rest.is_empty() || rest.starts_with('/'))
        .unwrap_or_default();
    Warning { path: path.to_owned(), ..warning }
}

fn too_many_values() -> Problem {
    let message = format!(
        "the document has more than {MAX_VALUES} values (an object counts as five); at most that \
         many are read"
    );
    Problem::new("", ProblemCode::TooLong, message)
}

fn unreadable(text: &str, failure: Option<Failure>, refused: Option<serde_json::Error>) -> Problem {
    let reason: Cow<'_, str> = match (failure, refused) {
        (Some(failure), _) => {
            let (line, column) = line_and_column(text, failure.at);
            let place = if failure.path.is_empty() {
                String::new()
            } else {
                format!(", at {}", failure.path)
            };
            format!("{} (line {line}, column {column}{place})", failure.reason).into()
        }
        (None, Some(error)) if text.contains('{') => error.to_string().into(),
        (None, _) => "no object is in the text".into(),
    };
    Problem::new("", ProblemCode::Unreadable, format!("the document is not JSON: {reason}"))
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
