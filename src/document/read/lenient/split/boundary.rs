//! Finds where the next envelope begins after a broken document.

use super::RECORD_SEPARATOR;
use super::value::{Strict, strict};
use crate::document::categories::Category;
use crate::document::read::lenient::MAX_PASSES;
use crate::document::text::key_letters;

/// Maximum length in bytes of an envelope's first key and its value.
const MAX_FIRST_KEY: usize = 4096;

/// Keys that begin an envelope and never an item of a list.
const FIRST_KEYS: &[&str] = &["movieid", "version", "exportedat", "metadata", "data", "schema"];

/// Where the next envelope begins.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Boundary {
    At(usize),
    /// An envelope may begin here; more text is needed to decide.
    Undecided(usize),
    /// The text has no envelope.
    None,
}

/// Finds the next envelope in `text` after `start`: on a line indented by at most `indent`, or
/// directly after another value.
pub(super) fn boundary(text: &[u8], start: usize, indent: usize, ended: bool) -> Boundary {
    let mut at = start + 1;
    let mut wasted = 0;
    while at < text.len() {
        let byte = text[at];
        if byte == RECORD_SEPARATOR {
            return Boundary::At(at);
        }
        if !matches!(byte, b'\n' | b'}' | b',') {
            at += 1;
            continue;
        }
        let (next, column) = after_blanks(text, at);
        let is_indented = column.is_some_and(|column| column > indent);
        match text.get(next) {
            None if !ended => return Boundary::Undecided(at),
            Some(b'{') if !(byte == b'\n' && is_indented) => {
                match begins_envelope(&text[next..], &mut wasted) {
                    Some(true) => return Boundary::At(next),
                    None if !ended => return Boundary::Undecided(at),
                    _ => at = next + 1,
                }
            }
            Some(b'{') => at = next + 1,
            _ => at = next.max(at + 1),
        }
    }
    Boundary::None
}

/// The first byte after `at` that is neither blank nor a comma, and its column if a line begins in
/// between.
fn after_blanks(text: &[u8], at: usize) -> (usize, Option<usize>) {
    let mut column = (text[at] == b'\n').then_some(0);
    let mut next = at + 1;
    while let Some(byte) = text.get(next) {
        match byte {
            b'\n' => column = Some(0),
            b' ' | b'\t' | b'\r' | b',' => column = column.map(|column| column + 1),
            _ => break,
        }
        next += 1;
    }
    (next, column)
}

/// Whether the object at the start of `text` is an envelope, by its first key or as a whole; `None`
/// if more text is needed to decide. Failed attempts add to `wasted`, which is bounded.
fn begins_envelope(text: &[u8], wasted: &mut usize) -> Option<bool> {
    let by_first_key = first_key(text);
    if by_first_key == Some(true) || *wasted / MAX_PASSES > text.len() {
        return by_first_key;
    }
    match strict(text) {
        Strict::End { is_envelope, .. } => Some(is_envelope),
        Strict::Incomplete => {
            *wasted += text.len();
            None
        }
        Strict::Broken => by_first_key,
    }
}

/// Whether the object at the start of `text` is an envelope, by its first key; `None` if more text
/// is needed to decide.
pub(super) fn first_key(text: &[u8]) -> Option<bool> {
    let text = &text[..text.len().min(MAX_FIRST_KEY)];
    let unresolved = if text.len() < MAX_FIRST_KEY { None } else { Some(false) };
    let is_quote = |byte: &u8| matches!(byte, b'"' | b'\'');
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'-');
    let mut bytes = text[1..].iter().copied().peekable();
    let mut word = |after_colon: bool| -> Option<String> {
        let passed = |byte: &u8| byte.is_ascii_whitespace() || is_quote(byte);
        let mut colons = 0;
        while let Some(byte) = bytes.peek() {
            if passed(byte) || (after_colon && *byte == b':' && colons == 0) {
                colons += usize::from(*byte == b':');
                bytes.next();
            } else {
                break;
            }
        }
        let mut word = String::new();
        while let Some(byte) = bytes.next_if(is_word) {
            word.push(char::from(byte));
        }
        // A number at the end of the text may continue.
        bytes.peek()?;
        Some(word)
    };
    let Some(key) = word(false) else { return unresolved };
    let key = key_letters(&key);
    if FIRST_KEYS.contains(&key.as_str()) {
        return Some(true);
    }
    if key != "category" {
        return Some(false);
    }
    let Some(value) = word(true) else { return unresolved };
    let letters = key_letters(&value);
    Some(Category::ALL.iter().any(|category| key_letters(category.as_str()) == letters))
}
