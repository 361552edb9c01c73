//! Quotation marks and blank characters in almost-JSON.

/// Whether a character may open a string.
pub(super) fn is_opening_quote(c: char) -> bool {
    matches!(c, '"' | '\'' | '“' | '”' | '„' | '‘' | '’' | '‚')
}

/// Whether a quotation mark followed by `after` closes its string: JSON continues, or the line
/// ends. A quotation mark inside a text is followed by more text.
pub(super) fn is_closing_quote(after: &str) -> bool {
    let after = after.trim_start_matches(is_space);
    ends_a_line(after)
        || after.starts_with([',', ':', '}', ']', '#'])
        || ["//", "/*", "\\}", "\\]"].iter().any(|start| after.starts_with(start))
}

/// Whether a character may separate values: white space, including kinds that JSON does not allow.
pub(super) fn is_blank(c: char) -> bool {
    c.is_whitespace() || matches!(c, '\u{FEFF}' | '\u{200B}')
}

/// Whether a text begins with the end of a line.
pub(super) fn ends_a_line(text: &str) -> bool {
    text.is_empty() || text.starts_with(['\n', '\r'])
}

/// Whether a character is invisible and does not end a line.
pub(super) fn is_space(c: char) -> bool {
    is_blank(c) && !matches!(c, '\n' | '\r')
}
