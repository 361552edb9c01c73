//! Decodes bytes as UTF-8, UTF-16 with or without a byte-order mark, or Windows-1252, which editors
//! and spreadsheets write.

use std::borrow::Cow;

use encoding_rs::{Encoding, UTF_16BE, UTF_16LE};

use crate::document::problem::{Problem, ProblemCode};

pub(super) struct Decoded<'t> {
    pub(super) text: Cow<'t, str>,
    /// The encoding, if it is not UTF-8.
    pub(super) encoding: Option<&'static str>,
}

/// Detects UTF-16 by a byte-order mark, or by the zero bytes of the first two characters, which are
/// ASCII at the start of JSON (RFC 4627, section 3).
#[must_use]
pub fn utf16(start: &[u8]) -> Option<&'static Encoding> {
    match start {
        [0xFF, 0xFE, ..] => Some(UTF_16LE),
        [0xFE, 0xFF, ..] => Some(UTF_16BE),
        [first, 0, second, 0, ..] if *first != 0 && *second != 0 => Some(UTF_16LE),
        [0, first, 0, second, ..] if *first != 0 && *second != 0 => Some(UTF_16BE),
        _ => None,
    }
}

/// Decodes a text.
///
/// # Errors
/// No encoding fits all of the bytes. Another encoding would garble the valid parts.
pub(super) fn decode(bytes: &[u8]) -> Result<Decoded<'_>, Problem> {
    // Without a byte-order mark, ASCII in UTF-16 is also valid UTF-8.
    if let Some(encoding) = utf16(bytes) {
        let (text, is_broken) = encoding.decode_with_bom_removal(bytes);
        return if is_broken {
            Err(unreadable(bytes, encoding.name()))
        } else {
            Ok(Decoded { text, encoding: Some(encoding.name()) })
        };
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(Decoded { text: Cow::Borrowed(text), encoding: None });
    }
    // Valid non-ASCII UTF-8 beside invalid bytes: the text is damaged or mixes two encodings.
    let is_partly_utf8 = bytes.utf8_chunks().any(|chunk| !chunk.valid().is_ascii());
    let is_undefined = |byte: &u8| matches!(byte, 0x81 | 0x8D | 0x8F | 0x90 | 0x9D);
    if is_partly_utf8 || bytes.iter().any(is_undefined) {
        return Err(unreadable(bytes, "UTF-8"));
    }
    let (text, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes);
    Ok(Decoded { text, encoding: Some("Windows-1252") })
}

fn unreadable(bytes: &[u8], encoding: &str) -> Problem {
    let valid = bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid());
    let line = valid.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let message = format!(
        "the document is not JSON: it is neither valid {encoding} nor in another recognisable \
         encoding (line {line})"
    );
    Problem::new("", ProblemCode::Unreadable, message)
}
