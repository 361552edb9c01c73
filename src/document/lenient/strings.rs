//! Strings: in any quotation marks, with line breaks and quotation marks inside that nobody escaped.

use super::quoted;
use super::reader::{Failure, Reader};

/// The marks that close what `open` opened.
fn closers(open: char) -> &'static [char] {
    match open {
        '\'' => &['\''],
        '“' | '”' | '„' => &['”', '“', '"'],
        '‘' | '’' | '‚' => &['’', '‘', '\''],
        _ => &['"'],
    }
}

/// Whether a string may begin with it.
pub(super) fn opens(c: char) -> bool {
    matches!(c, '"' | '\'' | '“' | '”' | '„' | '‘' | '’' | '‚')
}

/// Whether a quotation mark closes a string, by what follows it: JSON goes on, or the line ends. One
/// within a sentence is followed by more of it.
fn closes(after: &str) -> bool {
    let after = after.trim_start_matches([' ', '\t']);
    after.is_empty()
        || after.starts_with([',', ':', '}', ']', '\n', '\r', '#'])
        || after.starts_with("//")
        || after.starts_with("/*")
}

impl Reader<'_> {
    pub(super) fn string(&mut self) -> Result<String, Failure> {
        let Some(open) = self.peek() else { return self.ends_in_the_middle("a string") };
        self.advance(open);
        let closers = closers(open);
        let mut result = String::new();
        let (mut breaks, mut inner) = (0_usize, 0_usize);
        loop {
            let Some(c) = self.peek() else { return self.ends_in_the_middle("a string") };
            self.advance(c);
            if c == '\\' {
                self.escape(&mut result)?;
            } else if closers.contains(&c) {
                if closes(self.rest()) {
                    break;
                }
                inner += 1;
                result.push(c);
            } else {
                breaks += usize::from(c.is_control());
                result.push(c);
            }
        }
        if open != '"' {
            self.repaired(format!("a string stood in {open}, not in \""));
        }
        if breaks > 0 {
            self.repaired("a line break or control character in a string was not escaped".to_owned());
        }
        if inner > 0 {
            self.repaired(format!("a quotation mark in {} was not escaped", quoted(&result)));
        }
        Ok(result)
    }

    /// What follows a backslash.
    fn escape(&mut self, result: &mut String) -> Result<(), Failure> {
        let Some(c) = self.peek() else { return self.ends_in_the_middle("a string") };
        self.advance(c);
        match c {
            '"' | '\\' | '/' => result.push(c),
            'b' => result.push('\u{8}'),
            'f' => result.push('\u{c}'),
            'n' => result.push('\n'),
            'r' => result.push('\r'),
            't' => result.push('\t'),
            'u' => self.unicode(result)?,
            other => {
                self.repaired(format!(
                    "{} is no escape in JSON; the backslash was skipped",
                    quoted(&format!("\\{other}"))
                ));
                result.push(other);
            }
        }
        Ok(())
    }

    fn unicode(&mut self, result: &mut String) -> Result<(), Failure> {
        let first = self.four_digits()?;
        let code = if (0xD800..0xDC00).contains(&first) && self.rest().starts_with("\\u") {
            let before = self.at;
            self.at += 2;
            let second = self.four_digits()?;
            if (0xDC00..0xE000).contains(&second) {
                0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00)
            } else {
                self.at = before;
                first
            }
        } else {
            first
        };
        result.push(char::from_u32(code).unwrap_or_else(|| {
            self.repaired(format!("\\u{code:04x} is half a character; it was replaced"));
            char::REPLACEMENT_CHARACTER
        }));
        Ok(())
    }

    fn four_digits(&mut self) -> Result<u32, Failure> {
        let Some(digits) = self.rest().get(..4) else {
            return if self.rest().len() < 4 {
                self.ends_in_the_middle("a string")
            } else {
                self.fail("found \\u without four hexadecimal digits")
            };
        };
        match u32::from_str_radix(digits, 16).ok().filter(|_| digits.bytes().all(|byte| byte.is_ascii_hexdigit())) {
            Some(code) => {
                self.at += 4;
                Ok(code)
            }
            None => self.fail("found \\u without four hexadecimal digits"),
        }
    }
}
