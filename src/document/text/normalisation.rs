//! Unicode normalisation that never grows a text to many times its size.

use unicode_normalization::UnicodeNormalization;

/// Compatibility decomposition (NFKD) that grows a text at most sixfold: see [`is_phrase`].
pub(in crate::document) fn decomposed(text: &str) -> impl Iterator<Item = char> + '_ {
    without_phrases(text).flat_map(|(piece, phrase)| piece.nfkd().chain(phrase))
}

/// Compatibility composition (NFKC) that grows a text at most sixfold: see [`is_phrase`].
#[must_use]
pub(in crate::document) fn composed(text: &str) -> String {
    without_phrases(text).flat_map(|(piece, phrase)| piece.nfkc().chain(phrase)).collect()
}

/// The pieces of a text, each with the phrase behind it.
fn without_phrases(text: &str) -> impl Iterator<Item = (&str, Option<char>)> {
    text.split_inclusive(is_phrase).map(|piece| match piece.chars().next_back() {
        Some(last) if is_phrase(last) => (&piece[..piece.len() - last.len_utf8()], Some(last)),
        _ => (piece, None),
    })
}

/// The two characters of Unicode that decompose into whole phrases, of 18 and of 8 characters; all
/// others become 7 at most. They are compared as they are, so that no text grows by its
/// normalisation to many times its size.
const fn is_phrase(c: char) -> bool {
    matches!(c, '\u{FDFA}' | '\u{FDFB}')
}
