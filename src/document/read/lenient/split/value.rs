//! Finds where a value ends, as strict JSON or as almost-JSON.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess};
use serde::de::{Error, Visitor};

use crate::document::budget::WorkBudget;
use crate::document::read::lenient::limits::Limits;
use crate::document::read::lenient::looks_like_envelope;
use crate::document::read::lenient::reader::Reader;

/// Maximum number of blanks after a document that are skipped to see how the text continues.
const MAX_LOOKAHEAD: usize = 4096;

/// The result of reading a value as strict JSON.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Strict {
    End {
        length: usize,
        is_envelope: bool,
    },
    /// The text ends within the value.
    Incomplete,
    /// The value is not valid JSON.
    Broken,
}

/// How a text continues after a document.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Continuation {
    Unknown,
    /// With more of the same document: a bracket was closed too early.
    SameDocument,
    Other,
}

/// Reads the strict JSON value at the start of `text`.
pub(super) fn strict(text: &[u8]) -> Strict {
    read_strict::<Shape>(text, Shape::is_envelope)
}

/// Reads the strict JSON string at the start of `text`. It counts as an envelope if it holds an
/// object.
pub(super) fn strict_string(text: &[u8]) -> Strict {
    read_strict::<Cow<'_, str>>(text, |inner| inner.trim_start().starts_with('{'))
}

fn read_strict<'t, T: Deserialize<'t>>(text: &'t [u8], is_envelope: fn(T) -> bool) -> Strict {
    let mut values = serde_json::Deserializer::from_slice(text).into_iter::<T>();
    match values.next() {
        Some(Ok(value)) => {
            Strict::End { length: values.byte_offset(), is_envelope: is_envelope(value) }
        }
        Some(Err(error)) if error.is_eof() => Strict::Incomplete,
        None => Strict::Incomplete,
        Some(Err(_)) => Strict::Broken,
    }
}

/// Reads the document at the start of `text` tolerantly. Returns where it ends and whether it is an
/// envelope; `None` if it cannot be read.
pub(super) fn lenient_end(text: &[u8]) -> Option<(usize, bool)> {
    let text = decode_with_placeholders(text);
    let budget = WorkBudget::unlimited();
    let limits = Limits::new(&budget);
    let mut reader = Reader::new(&text, 0, &limits);
    let value = reader.document().ok()?;
    Some((reader.position(), looks_like_envelope(&value)))
}

/// Decodes a text with a placeholder for each invalid byte, so that positions stay the same.
fn decode_with_placeholders(text: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(text) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => {
            let mut replaced = String::with_capacity(text.len());
            for chunk in text.utf8_chunks() {
                replaced.push_str(chunk.valid());
                replaced.extend(chunk.invalid().iter().map(|_| '?'));
            }
            Cow::Owned(replaced)
        }
    }
}

/// How the text continues after a document that ended before `after`.
pub(super) fn continuation(after: &[u8], in_list: bool) -> Continuation {
    let is_passed = |byte: u8| matches!(byte, b' ' | b'\t' | b'\r') || (in_list && byte == b'\n');
    let blanks = after.iter().take_while(|byte| is_passed(**byte)).count();
    if blanks > MAX_LOOKAHEAD {
        return Continuation::Other;
    }
    let rest = &after[blanks..];
    match rest.first() {
        None => Continuation::Unknown,
        Some(b'}' | b':') => Continuation::SameDocument,
        Some(b']') if !in_list => Continuation::SameDocument,
        Some(b',') => match key_follows(&rest[1..]) {
            None => Continuation::Unknown,
            Some(true) => Continuation::SameDocument,
            Some(false) => Continuation::Other,
        },
        Some(_) => Continuation::Other,
    }
}

/// Whether a key and a colon follow on this line; `None` if more text is needed to decide.
pub(super) fn key_follows(text: &[u8]) -> Option<bool> {
    let text = &text[..text.len().min(MAX_LOOKAHEAD)];
    let blanks = text.iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    let rest = &text[blanks..];
    let unresolved = if text.len() < MAX_LOOKAHEAD { None } else { Some(false) };
    match rest.first() {
        None => return unresolved,
        Some(b'"') => {}
        Some(_) => return Some(false),
    }
    let Some(length) = rest[1..].iter().position(|byte| matches!(byte, b'"' | b'\n')) else {
        return unresolved;
    };
    let after = &rest[1 + length..];
    if after[0] == b'\n' {
        return Some(false);
    }
    match after[1..].iter().find(|byte| !matches!(byte, b' ' | b'\t')) {
        None => unresolved,
        Some(byte) => Some(*byte == b':'),
    }
}

/// The keys that show whether a value is an envelope.
#[derive(Debug, Default, Clone, Copy)]
struct Shape {
    has_data: bool,
    has_category: bool,
    has_movie: bool,
}

impl Shape {
    fn is_envelope(self) -> bool {
        self.has_data || (self.has_category && self.has_movie)
    }
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ShapeVisitor)
    }
}

struct ShapeVisitor;

impl<'de> Visitor<'de> for ShapeVisitor {
    type Value = Shape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<Shape, E> {
        Ok(Shape::default())
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<Shape, E> {
        Ok(Shape::default())
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<Shape, E> {
        Ok(Shape::default())
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<Shape, E> {
        Ok(Shape::default())
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<Shape, E> {
        Ok(Shape::default())
    }

    fn visit_unit<E: Error>(self) -> Result<Shape, E> {
        Ok(Shape::default())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Shape, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Shape::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Shape, A::Error> {
        let mut shape = Shape::default();
        while map.next_key_seed(Key(&mut shape))?.is_some() {
            map.next_value::<IgnoredAny>()?;
        }
        Ok(shape)
    }
}

/// Records a key without storing it.
struct Key<'a>(&'a mut Shape);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E: Error>(self, key: &str) -> Result<(), E> {
        match key {
            "data" => self.0.has_data = true,
            "category" => self.0.has_category = true,
            "movie_id" => self.0.has_movie = true,
            _ => {}
        }
        Ok(())
    }
}
