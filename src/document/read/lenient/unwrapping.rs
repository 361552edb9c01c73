//! Unwraps the values of a text from lists, strings, messages and tool calls.

use serde_json::Value;

use super::around::first_words;
use super::find::{Block, Found, find};
use super::foreign::{Form, is_yaml};
use super::limits::Limits;
use super::reader::Failure;
use super::repaired;
use super::strict;
use super::wrappers::{Payload, payloads};
use crate::document::problem::{Warning, pointer};
use crate::document::read::envelope_keys::is_envelope;
use crate::document::schema::definition::Object;

/// Maximum nesting of documents in strings and messages.
const MAX_DEPTH: usize = 16;

/// The values of a text.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    pub(super) blocks: Vec<Block>,
    /// Notes about the text as a whole.
    pub(super) notes: Vec<String>,
}

/// The values of a text that is not valid JSON as a whole.
///
/// # Errors
/// A document begins and cannot be read to its end, or there is none.
pub(super) fn blocks_of_text(text: &str, limits: &Limits<'_>) -> Result<Blocks, Failure> {
    unwrap_text(text, limits, 0)
}

/// The values inside a value that is the entire text.
///
/// # Errors
/// A document within the value cannot be read.
pub(super) fn blocks_of_value(
    value: Value,
    text: &str,
    limits: &Limits<'_>,
) -> Result<Blocks, Failure> {
    let mut result = Blocks::default();
    unwrap(Block::alone(value, text), limits, 0, &mut result)?;
    Ok(result)
}

fn unwrap_text(text: &str, limits: &Limits<'_>, depth: usize) -> Result<Blocks, Failure> {
    let mut result = Blocks::default();
    if let Ok(strict::Strict { value, has_duplicates: false }) =
        strict::read(text.as_bytes(), limits)
    {
        unwrap(Block::alone(value, text), limits, depth, &mut result)?;
        return Ok(result);
    }
    // YAML may contain braces.
    let is_before_braces = || is_yaml(text.split(['{', '[']).next().unwrap_or_default());
    let Found { blocks, notes, skipped, broken } = match find(text, limits) {
        Ok(found) => found,
        Err(failure) if is_before_braces() => return Err(Failure::of_form(failure.at, Form::Yaml)),
        Err(failure) => return Err(failure),
    };
    result.notes = notes;
    if blocks.is_empty() {
        let form = skipped.iter().map(|(_, form)| *form).find(|form| *form != Form::Reasoning);
        return Err(match (broken, form) {
            (Some(failure), _) if is_before_braces() => Failure::of_form(failure.at, Form::Yaml),
            (Some(failure), _) => failure,
            (None, Some(form)) => Failure::of_form(0, form),
            (None, None) => Failure::of_form(0, Form::of_text(text)),
        });
    }
    // A complete value inside a broken document is not the document.
    let is_envelope = |block: &Block| super::looks_like_envelope(&block.value);
    if let Some(failure) = broken
        && !blocks.iter().any(is_envelope)
    {
        return Err(failure);
    }
    for block in blocks {
        unwrap(block, limits, depth, &mut result)?;
    }
    Ok(result)
}

/// Adds the values that a block carries, or the block itself.
fn unwrap(
    mut block: Block,
    limits: &Limits<'_>,
    depth: usize,
    result: &mut Blocks,
) -> Result<(), Failure> {
    if depth > MAX_DEPTH {
        result.blocks.push(block);
        return Ok(());
    }
    if let Some(carried) = payloads(&block.value) {
        return unwrap_message(&block, &carried, limits, depth, result);
    }
    match std::mem::take(&mut block.value) {
        Value::Array(mut list)
            if list.len() == 1
                && list[0].is_object()
                && (block.label.is_none() || super::looks_like_envelope(&list[0])) =>
        {
            block.value = list.remove(0);
            prefix_paths(&mut block, "/0");
            let message = "the document was the only element of a list".to_owned();
            block.warnings.insert(0, repaired("", message));
            unwrap(block, limits, depth + 1, result)
        }
        Value::Array(list) if list.len() > 1 && list.iter().all(is_named_envelope) => {
            let message = "the documents were elements of a list".to_owned();
            for (index, value) in list.into_iter().enumerate() {
                let mut part = Block::part_of(&block, value);
                part.warnings.clone_from(&block.warnings);
                prefix_paths(&mut part, &format!("/{index}"));
                part.warnings.insert(0, repaired("", message.clone()));
                unwrap(part, limits, depth + 1, result)?;
            }
            Ok(())
        }
        Value::String(inner) if inner.trim_start().starts_with(['{', '[']) => {
            let note = repaired("", "the document was written as text in a string".to_owned());
            let inner = unwrap_text(&inner, limits, depth + 1)?;
            result.notes.extend(inner.notes);
            result
                .blocks
                .extend(inner.blocks.into_iter().map(|inner| with_carrier(&block, inner, &note)));
            Ok(())
        }
        Value::Object(object) if holds_envelopes(&object) => {
            let message = "the document was inside another object".to_owned();
            for (key, value) in object.into_iter().filter(|(_, value)| is_whole_envelope(value)) {
                let mut part = Block::part_of(&block, value);
                part.warnings.clone_from(&block.warnings);
                prefix_paths(&mut part, &pointer("", &key));
                part.warnings.insert(0, repaired("", message.clone()));
                unwrap(part, limits, depth + 1, result)?;
            }
            Ok(())
        }
        Value::Object(mut object) => {
            if let Some(note) = parse_data_string(&mut object, limits) {
                block.warnings.insert(0, note);
            }
            block.value = Value::Object(object);
            result.blocks.push(block);
            Ok(())
        }
        value => {
            block.value = value;
            result.blocks.push(block);
            Ok(())
        }
    }
}

/// Adds the documents that a message or a tool call carries.
fn unwrap_message(
    block: &Block,
    carried: &[Payload<'_>],
    limits: &Limits<'_>,
    depth: usize,
    result: &mut Blocks,
) -> Result<(), Failure> {
    let message = "the document was taken out of a message or a tool call".to_owned();
    let note = repaired("", message);
    let before = result.blocks.len();
    let mut refused = None;
    for payload in carried {
        let inner = match payload {
            Payload::Text(text) if !text.contains(['{', '[']) => {
                refused.get_or_insert_with(|| Failure::of_form(0, Form::of_text(text)));
                continue;
            }
            Payload::Text(text) => unwrap_text(text, limits, depth + 1),
            Payload::Value(value) => {
                let mut inner = Blocks::default();
                let part = Block::part_of(block, (*value).clone());
                unwrap(part, limits, depth + 1, &mut inner).map(|()| inner)
            }
        };
        match inner {
            Ok(inner) => {
                result.notes.extend(inner.notes);
                let inner = inner.blocks.into_iter();
                result.blocks.extend(inner.map(|inner| with_carrier(block, inner, &note)));
            }
            // A payload without a document may accompany one.
            Err(failure) if failure.other_form.is_some() => {
                refused.get_or_insert(failure);
            }
            Err(failure) => return Err(failure),
        }
    }
    if result.blocks.len() > before {
        return Ok(());
    }
    Err(refused.unwrap_or_else(|| Failure::of_form(0, Form::Text)))
}

/// Adds the position and the warnings of the carrier to a value that it carried.
fn with_carrier(carrier: &Block, mut inner: Block, note: &Warning) -> Block {
    let said =
        carrier.warnings.iter().map(|warning| Warning { path: String::new(), ..warning.clone() });
    inner.warnings.splice(..0, said.chain([note.clone()]));
    inner.line += carrier.line - 1;
    inner.elided |= carrier.elided;
    inner
}

/// Prefixes the paths of the warnings with `place`.
fn prefix_paths(block: &mut Block, place: &str) {
    for warning in &mut block.warnings {
        let rest = warning.path.strip_prefix(place);
        let rest = rest.filter(|rest| rest.is_empty() || rest.starts_with('/'));
        warning.path = rest.unwrap_or_default().to_owned();
    }
    block.start = first_words(&block.value.to_string());
}

/// Whether an object only holds envelopes and perhaps scalar values.
fn holds_envelopes(object: &Object) -> bool {
    let is_single = |value: &Value| !value.is_object() && !value.is_array();
    !is_envelope(object)
        && object.values().any(is_whole_envelope)
        && object.values().all(|value| is_whole_envelope(value) || is_single(value))
}

fn is_whole_envelope(value: &Value) -> bool {
    is_named_envelope(value) && value.get("data").is_some_and(Value::is_object)
}

fn is_named_envelope(value: &Value) -> bool {
    value.as_object().is_some_and(|object| {
        is_envelope(object) && (object.contains_key("category") || object.contains_key("movie_id"))
    })
}

/// Parses the data of an envelope if it is JSON in a string.
fn parse_data_string(object: &mut Object, limits: &Limits<'_>) -> Option<Warning> {
    let text = object.get("data")?.as_str()?;
    if !text.trim_start().starts_with(['{', '[']) {
        return None;
    }
    let read = strict::read(text.as_bytes(), limits).ok().filter(|read| !read.has_duplicates)?;
    object.insert("data".to_owned(), read.value);
    Some(repaired("", "\"data\" was written as text in a string".to_owned()))
}
