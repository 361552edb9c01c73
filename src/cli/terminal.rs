//! Text on a terminal. What comes from files, archives and documents must not steer it.

use std::borrow::Cow;
use std::io::Write as _;

/// Whether a terminal obeys the character, or shows what follows in another order.
fn steers_a_terminal(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}')
        || matches!(c, '\u{2066}'..='\u{2069}')
}

/// The text on one line, with control characters and marks of direction as `\u{1b}`.
pub(super) fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(steers_a_terminal) {
        return Cow::Borrowed(text);
    }
    let mut printable = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if steers_a_terminal(c) {
            printable.extend(c.escape_unicode());
        } else {
            printable.push(c);
        }
    }
    Cow::Owned(printable)
}

/// Prints a line to standard output. A reader that left is no error.
pub(super) fn print_line(line: &str) {
    let _ = writeln!(std::io::stdout(), "{}", printable(line));
}

/// Prints a line to standard error.
pub(super) fn print_error(line: &str) {
    let _ = writeln!(std::io::stderr(), "{}", printable(line));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_shown_as_its_number_and_all_else_as_it_is() {
        assert_eq!(printable("\u{1b}[31m\r\n\t\0"), "\\u{1b}[31m\\u{d}\\u{a}\\u{9}\\u{0}");
        assert_eq!(printable("\u{7f}\u{9b}2J"), "\\u{7f}\\u{9b}2J");
        assert_eq!(
            printable("a\u{202e}gnp.exe\u{2066}\u{200f}"),
            "a\\u{202e}gnp.exe\\u{2066}\\u{200f}"
        );
        let plain = "Amélie — «naïve» 千と千尋 שלום 👩‍👩‍👧 \\u{1b}";
        assert!(matches!(printable(plain), Cow::Borrowed(text) if text == plain));
    }
}
