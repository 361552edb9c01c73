//! Invisible and control characters, and LaTeX commands that became tabs.

use std::borrow::Cow;

/// The first control character other than a tab, a line feed or CR LF, with its character index.
#[must_use]
pub fn control_character(text: &str) -> Option<(usize, char)> {
    let is_control = |byte: &u8| *byte < 0x20 || *byte == 0x7F;
    if !text.as_bytes().iter().any(|byte| is_control(byte) && !matches!(byte, b'\t' | b'\n')) {
        return None;
    }
    let mut chars = text.chars().enumerate().peekable();
    while let Some((at, c)) = chars.next() {
        let is_allowed = match c {
            '\t' | '\n' => true,
            '\r' => chars.peek().is_some_and(|(_, next)| *next == '\n'),
            c => !(c < ' ' || c == '\u{7F}'),
        };
        if !is_allowed {
            return Some((at, c));
        }
    }
    None
}

/// Zero-width characters that no script needs, bidirectional controls, C1 controls, private-use
/// characters and tags.
pub(super) const fn is_invisible(c: char) -> bool {
    matches!(
        c,
        '\u{200B}' | '\u{2060}' | '\u{FEFF}' | '\u{AD}' | '\u{202A}'..='\u{202E}'
            | '\u{2066}'..='\u{2069}' | '\u{80}'..='\u{9F}' | '\u{E000}'..='\u{F8FF}'
            | '\u{E0000}'..='\u{E007F}'
    )
}

pub(super) fn without_invisible(text: &str) -> Cow<'_, str> {
    if !text.contains(is_invisible) && !text.contains('\r') {
        return Cow::Borrowed(text);
    }
    // Private-use characters may enclose a citation: `cite` and its number.
    let mut within = false;
    let text: String = text
        .chars()
        .filter(|c| match c {
            '\u{E200}' => {
                within = true;
                false
            }
            '\u{E201}' => {
                within = false;
                false
            }
            _ => !within,
        })
        .collect();
    // Windows-1252 has letters and punctuation in the range of the C1 controls.
    let shown = |c: char| match u8::try_from(u32::from(c)) {
        Ok(byte @ 0x80..=0x9F) => {
            let decoded = encoding_rs::WINDOWS_1252.decode(&[byte]).0.chars().next();
            decoded.filter(|c| !c.is_control())
        }
        _ => (!is_invisible(c) && c != '\r').then_some(c),
    };
    Cow::Owned(text.chars().filter_map(shown).collect())
}

/// The rest of LaTeX commands that begin with `\t`, after `\t` was read as a tab.
const AFTER_TAB: &[&str] = &["extit{", "extbf{", "ext{", "exttt{", "imes", "heta", "an(", "au "];

pub(super) fn without_latex_tabs(text: &str) -> Cow<'_, str> {
    let is_command = |at: usize| AFTER_TAB.iter().any(|rest| text[at + 1..].starts_with(rest));
    if !text.match_indices('\t').any(|(at, _)| is_command(at)) {
        return Cow::Borrowed(text);
    }
    let mut result = String::with_capacity(text.len() + 8);
    for (at, c) in text.char_indices() {
        if c == '\t' && is_command(at) { result.push_str("\\t") } else { result.push(c) }
    }
    Cow::Owned(result)
}
