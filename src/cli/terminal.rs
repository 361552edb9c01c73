//! Printing to a terminal. Text from files, archives and documents must not control it.

use std::borrow::Cow;
use std::io::{ErrorKind, Write as _};

use super::CliError;

/// Whether the character is a control character or changes the direction of the text after it.
fn is_terminal_control(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{2028}'..='\u{202E}')
        || matches!(c, '\u{2066}'..='\u{2069}')
}

/// The text on one line, with control characters and directional marks escaped as `\u{1b}`.
pub(super) fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(is_terminal_control) {
        return Cow::Borrowed(text);
    }
    let mut printable = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_terminal_control(c) {
            printable.extend(c.escape_unicode());
        } else {
            printable.push(c);
        }
    }
    Cow::Owned(printable)
}

/// Prints a line to standard output. Write errors, such as a closed pipe, are ignored.
pub(super) fn print_line(line: &str) {
    let _ = writeln!(std::io::stdout(), "{}", printable(line));
}

/// Prints a result to standard output, as it is. A closed pipe ends the output, as for other
/// programs.
///
/// # Errors
/// Any other write error.
pub(super) fn print_result(text: &str) -> Result<(), CliError> {
    let mut output = std::io::stdout();
    match output.write_all(text.as_bytes()).and_then(|()| output.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(CliError::io("standard output", &error))
        }
        _ => Ok(()),
    }
}

/// Prints a line to standard error. Write errors are ignored.
pub(super) fn print_error(line: &str) {
    let _ = writeln!(std::io::stderr(), "{}", printable(line));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_escaped_and_other_text_is_unchanged() {
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
