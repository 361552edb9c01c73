//! Unicode normalisation (UAX #15) with a limit on how much longer a text can become.

use unicode_normalization::UnicodeNormalization;

/// Compatibility decomposition (NFKD), except of [`is_phrase`] characters. The result has at most
/// six times as many bytes as the text.
pub(in crate::document) fn decomposed(text: &str) -> impl Iterator<Item = char> + '_ {
    split_at_phrases(text).flat_map(|(piece, phrase)| piece.nfkd().chain(phrase))
}

/// Compatibility composition (NFKC), except of [`is_phrase`] characters. The result has at most six
/// times as many bytes as the text.
#[must_use]
pub(in crate::document) fn composed(text: &str) -> String {
    split_at_phrases(text).flat_map(|(piece, phrase)| piece.nfkc().chain(phrase)).collect()
}

/// Splits a text at [`is_phrase`] characters. Each piece comes with the character that follows it.
fn split_at_phrases(text: &str) -> impl Iterator<Item = (&str, Option<char>)> {
    text.split_inclusive(is_phrase).map(|piece| match piece.chars().next_back() {
        Some(last) if is_phrase(last) => (&piece[..piece.len() - last.len_utf8()], Some(last)),
        _ => (piece, None),
    })
}

/// Whether a character is one of the two that decompose into a whole phrase, of 18 and 8
/// characters. They are not normalised, so that a normalised text is never many times longer than
/// the original.
const fn is_phrase(c: char) -> bool {
    matches!(c, '\u{FDFA}' | '\u{FDFB}')
}
