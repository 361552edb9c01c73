//! Inspects the text around a value: where a value may begin, how the text continues after it, and
//! the name before it.

use std::ops::Range;

use super::quotes::is_blank;
use crate::document::problem::excerpt;

/// Maximum number of characters shown of a text.
const MAX_WORDS: usize = 100;

/// The first words of a text, on one line.
pub(super) fn first_words(text: &str) -> String {
    let start = &text[..text.floor_char_boundary(4 * MAX_WORDS)];
    excerpt(&start.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// How a text continues after a value.
pub(super) enum Ending {
    /// Other text follows.
    Other,
    /// A comma follows that ends the line or precedes another value. Holds its length in bytes.
    Comma(usize),
    /// More of the same document follows.
    Continues,
}

impl Ending {
    pub(super) fn of(after: &str) -> Self {
        let rest = after.trim_start();
        if rest.starts_with(['}', ']', ':']) {
            return Self::Continues;
        }
        if !rest.starts_with(',') {
            return Self::Other;
        }
        let is_passed = |c: char| c == ',' || (is_blank(c) && c != '\n');
        let length = after.find(|c| !is_passed(c)).unwrap_or(after.len());
        let next = after[length..].trim_start();
        let ends_line = after[length..].starts_with('\n') || length == after.len();
        if next.starts_with(['{', '[']) {
            return Self::Comma(length);
        }
        if !ends_line || !after[..length].contains(',') || next.starts_with([',', '}', ']', ':']) {
            return Self::Continues;
        }
        if next.starts_with('"') && !is_labelled(next) {
            return Self::Continues;
        }
        Self::Comma(length)
    }
}

/// Whether the text begins with a quoted key that has a list or an object as its value.
fn is_labelled(text: &str) -> bool {
    let Some((_, after)) = text.get(1..).and_then(|rest| rest.split_once('"')) else {
        return false;
    };
    let value = after.trim_start().strip_prefix(':').map(str::trim_start);
    value.is_some_and(|value| value.starts_with(['[', '{']))
}

/// The name before a value: `cast = [`, `"cast": [`, `cast: [`.
pub(super) fn label_of(before: &str) -> Option<String> {
    let before = before.trim();
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    if let Some(assigned) = before.strip_suffix('=') {
        let assigned = assigned.trim_end();
        let start = assigned.rfind(|c| !is_part(c)).map_or(0, |at| at + 1);
        let name = assigned.get(start..)?;
        return (!name.is_empty()).then(|| name.to_owned());
    }
    let key = before.strip_suffix(':')?.trim_end();
    let name = match key.strip_prefix('"').and_then(|key| key.strip_suffix('"')) {
        Some(name) => name,
        None => key,
    };
    (!name.is_empty() && name.chars().all(is_part)).then(|| name.to_owned())
}

/// Whether a value is part of a sentence, as an example is.
pub(super) fn is_inline(text: &str, before: &str, range: &Range<usize>) -> bool {
    if text[range.clone()].contains('\n') {
        return false;
    }
    let before = before.trim();
    let line = text[range.end..].lines().next().unwrap_or_default().trim();
    let is_introduced = before.ends_with([':', '=', '(', '>', ']', '|', '`', '"', '\''])
        || ["default", "return", "yield"].iter().any(|word| before.ends_with(word));
    let has_words = |part: &str| part.chars().any(char::is_alphabetic);
    (has_words(before) && !is_introduced)
        || (has_words(before) && has_words(line) && !line.starts_with('<'))
}

/// Where the next object, list or string with JSON may begin.
pub(super) fn next_candidate(text: &str, from: usize) -> Option<usize> {
    let rest = text.get(from..)?;
    rest.char_indices().map(|(offset, c)| (from + offset, c)).find_map(|(at, c)| match c {
        '{' => Some(at),
        '[' => {
            let next = text[at + 1..].trim_start_matches(is_blank);
            let opens_items = ["{", "//", "/*"].iter().any(|start| next.starts_with(start));
            // A list of texts, at the start of a line.
            let opens_texts = next.starts_with('"') && begins_line(text, at);
            (opens_items || opens_texts).then_some(at)
        }
        // JSON written as a string, as in `json.loads("{\"data\": …`.
        '"' if text[at + 1..].starts_with("{\\\"") => Some(at),
        _ => None,
    })
}

/// Whether only blanks precede `at` on its line.
pub(super) fn begins_line(text: &str, at: usize) -> bool {
    let before = text[..at].trim_end_matches([' ', '\t']);
    before.is_empty() || before.ends_with('\n')
}
