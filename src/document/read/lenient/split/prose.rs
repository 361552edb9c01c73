//! Recognises the text between documents: comments, code fences, prose.

use super::value::key_follows;

/// Maximum number of characters of skipped text in a message.
const MAX_SHOWN: usize = 60;

/// The start of the text skipped since the last document, for a message.
#[derive(Debug, Default)]
pub(super) struct Skipped(Option<String>);

impl Skipped {
    pub(super) fn add(&mut self, text: &[u8]) {
        let shown = self.0.get_or_insert_default();
        let left = MAX_SHOWN.saturating_sub(shown.chars().count());
        if left == 0 {
            return;
        }
        // A character has at most four bytes.
        let start = String::from_utf8_lossy(&text[..text.len().min(left * 4)]);
        if !shown.is_empty() {
            shown.push(' ');
        }
        shown.extend(start.trim().chars().take(left));
    }

    pub(super) fn take(&mut self) -> Option<String> {
        self.0.take().filter(|text| !text.is_empty())
    }
}

/// The length of the comment at the start of `rest`: 0 if there is none, `None` if more text is
/// needed to decide.
pub(super) fn comment_end(rest: &[u8], ended: bool) -> Option<usize> {
    let to_the_end = if ended { Some(rest.len()) } else { None };
    if rest.starts_with(b"/*") {
        let close = rest.windows(2).skip(2).position(|pair| pair == b"*/");
        return close.map(|at| at + 4).or(to_the_end);
    }
    if rest.starts_with(b"//") || rest.starts_with(b"#") {
        return rest.iter().position(|byte| *byte == b'\n').or(to_the_end);
    }
    if rest == b"/" && !ended { None } else { Some(0) }
}

/// The length of the code fence mark at the start of `rest`, including the language tag: 0 if there
/// is none, `None` if more text is needed to decide.
pub(super) fn fence_end(rest: &[u8], ended: bool) -> Option<usize> {
    let mark = rest[0];
    let marks = rest.iter().take_while(|byte| **byte == mark).count();
    let is_name = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'_');
    let length = marks + rest[marks..].iter().take_while(is_name).count();
    if length == rest.len() && !ended {
        return None;
    }
    Some(if marks >= 3 { length } else { 0 })
}

/// Whether the bracket at the start of `rest` opens a list of documents; `None` if more text is
/// needed to decide. With `anything`, a list of other values counts too.
pub(super) fn opens_list(rest: &[u8], in_prose: bool, anything: bool) -> Option<bool> {
    let mut inner = rest[1..].iter().skip_while(|byte| byte.is_ascii_whitespace());
    let first = inner.next()?;
    Some(match first {
        b'{' => true,
        b'/' => matches!(inner.next()?, b'/' | b'*'),
        b'[' | b']' | b'#' => !in_prose,
        b'"' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n' | b'N' => {
            !in_prose && anything && holds_several(&rest[1..])
        }
        _ => false,
    })
}

/// Whether a list has more than one value.
fn holds_several(text: &[u8]) -> bool {
    let mut values =
        serde_json::Deserializer::from_slice(text).into_iter::<serde::de::IgnoredAny>();
    if values.next().is_none_or(|value| value.is_err()) {
        return false;
    }
    let rest = &text[values.byte_offset()..];
    rest.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b',')
}

/// Whether a line looks like part of a document: a key with a colon, or a closing bracket.
pub(super) fn is_document_part(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    line.starts_with(b"}")
        || line.starts_with(b"]")
        || line.starts_with(b":")
        || key_follows(line) == Some(true)
        // The value follows on the next line or in braces.
        || (line.starts_with(b"\"") && line.ends_with(b":"))
}
