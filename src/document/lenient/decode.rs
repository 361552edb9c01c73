//! Bytes as text: UTF-8 as it should be, UTF-16 with a mark, else Windows-1252, which is what editors
//! and spreadsheets write.

use std::borrow::Cow;

pub(super) struct Decoded<'t> {
    pub(super) text: Cow<'t, str>,
    /// The encoding, if it is not UTF-8.
    pub(super) encoding: Option<&'static str>,
}

pub(super) fn decode(bytes: &[u8]) -> Decoded<'_> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Decoded { text: Cow::Borrowed(text), encoding: None };
    }
    if let Some((encoding, _)) = encoding_rs::Encoding::for_bom(bytes) {
        return Decoded { text: encoding.decode(bytes).0, encoding: Some(encoding.name()) };
    }
    let (text, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes);
    Decoded { text, encoding: Some("Windows-1252") }
}
