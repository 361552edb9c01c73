//! Bytes as text: UTF-8 as it should be, UTF-16 with a mark, else Windows-1252, which is what editors
//! and spreadsheets write.

use std::borrow::Cow;

use crate::document::problem::{Problem, ProblemCode};

pub(super) struct Decoded<'t> {
    pub(super) text: Cow<'t, str>,
    /// The encoding, if it is not UTF-8.
    pub(super) encoding: Option<&'static str>,
}

/// # Errors
/// When no encoding fits all of it: read as another one, what is right in it would become wrong.
pub(super) fn decode(bytes: &[u8]) -> Result<Decoded<'_>, Problem> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Ok(Decoded { text: Cow::Borrowed(text), encoding: None });
    }
    if let Some((encoding, _)) = encoding_rs::Encoding::for_bom(bytes) {
        let (text, encoding, is_broken) = encoding.decode(bytes);
        return if is_broken {
            Err(unreadable(bytes, encoding.name()))
        } else {
            Ok(Decoded { text, encoding: Some(encoding.name()) })
        };
    }
    // Letters past ASCII in UTF-8, and broken ones beside them: it was damaged, or put together of two.
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
        "the document is not JSON: it is neither whole {encoding} nor another encoding that can be told (line {line})"
    );
    Problem::new("", ProblemCode::Unreadable, message)
}
