//! Reads strings in any quotation marks, with unescaped line breaks and quotation marks inside.

use super::quoted;
use super::quotes::{ends_a_line, is_closing_quote, is_space};
use super::reader::{Failure, Reader};

/// The marks that close a string opened with `open`.
fn closers(open: char) -> &'static [char] {
    match open {
        '\'' => &['\''],
        '`' => &['`'],
        '“' | '”' | '„' => &['”', '“', '"'],
        '‘' | '’' | '‚' => &['’', '‘', '\''],
        _ => &['"'],
    }
}

/// Whether a closing bracket follows, or the line ends after at most a comma.
fn closes_before_line_end(after: &str) -> bool {
    let after = after.trim_start_matches(is_space);
    after.starts_with(['}', ']'])
        || ends_a_line(after.strip_prefix(',').unwrap_or(after).trim_start_matches(is_space))
}

/// LaTeX commands that begin like a JSON escape.
const LATEX: &[&str] = &[
    "bar", "begin", "beta", "binom", "flat", "forall", "frac", "nabla", "neq", "rangle", "rho",
    "right", "tau", "text", "textbf", "textit", "texttt", "theta", "times",
];

/// The LaTeX command that begins with `first`, the character after a backslash. Such a text is not
/// valid JSON, so its backslashes may be unescaped.
fn latex_command(first: char, rest: &str) -> Option<&'static str> {
    if !matches!(first, 'b' | 'f' | 'n' | 'r' | 't') {
        return None;
    }
    let end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
    LATEX
        .iter()
        .copied()
        .find(|command| command.strip_prefix(first).is_some_and(|others| others == &rest[..end]))
}

impl Reader<'_> {
    /// Reads a string. `is_closing_quote` decides by the text after a quotation mark whether it
    /// ends the string.
    pub(super) fn string(&mut self, is_closing_quote: fn(&str) -> bool) -> Result<String, Failure> {
        let Some(open) = self.peek() else { return self.fail_cut_off("a string") };
        if let Some(text) = self.triple_quoted(open)? {
            return Ok(text);
        }
        self.advance(open);
        let start = self.at;
        let closers = closers(open);
        let mut result = String::new();
        let (mut breaks, mut inner) = (0_usize, 0_usize);
        let (mut unpaired, mut ambiguous) = (false, false);
        loop {
            let Some(c) = self.peek() else { return self.fail_cut_off("a string") };
            self.advance(c);
            if c == '\\' {
                self.escape(&mut result)?;
            } else if closers.contains(&c) {
                if is_closing_quote(self.rest()) {
                    break;
                }
                if self.skip_concatenation(open) {
                    continue;
                }
                inner += 1;
                // A mark between letters is an apostrophe; others come in pairs.
                let between_letters = result.ends_with(char::is_alphanumeric)
                    && self.rest().starts_with(char::is_alphanumeric);
                unpaired ^= !between_letters;
                // `"a" "b"` may be one text or two.
                let next = self.rest().trim_start_matches(is_space);
                ambiguous |= next.len() < self.rest().len() && next.starts_with(closers);
                result.push(c);
            } else {
                breaks += usize::from(c < ' ');
                result.push(c);
            }
        }
        self.charge(self.at - start);
        if ambiguous || (unpaired && !closes_before_line_end(self.rest())) {
            let reason = format!(
                "a quotation mark in {} is not escaped, and it is not clear where the text ends",
                quoted(&result)
            );
            return self.fail(reason);
        }
        if open != '"' {
            self.warn_repaired(format!("a string was quoted with {open}, not with \""));
        }
        if breaks > 0 {
            self.warn_repaired(
                "a line break or control character in a string was not escaped".to_owned(),
            );
        }
        if inner > 0 {
            self.warn_repaired(format!("a quotation mark in {} was not escaped", quoted(&result)));
        }
        Ok(result)
    }

    /// Skips a concatenation of two strings, `" + "`. Returns whether there was one.
    fn skip_concatenation(&mut self, open: char) -> bool {
        let rest = self.rest();
        let Some(after) = rest.trim_start().strip_prefix('+') else { return false };
        let Some(next) = after.trim_start().strip_prefix(open) else { return false };
        let length = rest.len() - next.len();
        self.at += length;
        self.warn_repaired("two strings with + between them were joined".to_owned());
        true
    }

    /// Reads a Python string in three quotation marks; `None` if there is none. Of more than three
    /// marks at the end, the last three close it.
    fn triple_quoted(&mut self, open: char) -> Result<Option<String>, Failure> {
        let mark = match open {
            '"' => "\"\"\"",
            '\'' => "\'\'\'",
            _ => return Ok(None),
        };
        let Some(body) = self.rest().strip_prefix(mark) else { return Ok(None) };
        let is_closed = body.find(mark).is_some_and(|at| {
            let after = body[at..].trim_start_matches(open);
            is_closing_quote(after)
        });
        if !is_closed {
            return Ok(None);
        }
        let start = self.at;
        self.at += mark.len();
        let mut result = String::new();
        while let Some(c) = self.peek() {
            let rest = self.rest();
            if rest.starts_with(mark) && !rest[1..].starts_with(mark) {
                self.at += mark.len();
                self.charge(self.at - start);
                self.warn_repaired("a string was quoted with three quotation marks".to_owned());
                return Ok(Some(result));
            }
            self.advance(c);
            if c == '\\' {
                self.escape(&mut result)?;
            } else {
                result.push(c);
            }
        }
        self.fail_cut_off("a string")
    }

    /// Reads the escape after a backslash.
    fn escape(&mut self, result: &mut String) -> Result<(), Failure> {
        let Some(c) = self.peek() else { return self.fail_cut_off("a string") };
        self.advance(c);
        if let Some(command) = latex_command(c, self.rest()) {
            result.extend(['\\', c]);
            self.warn_repaired(format!(
                "the backslash of the LaTeX command \\{command} was not escaped"
            ));
            return Ok(());
        }
        match c {
            '"' | '\\' | '/' => result.push(c),
            'b' => result.push('\u{8}'),
            'f' => result.push('\u{c}'),
            'n' => result.push('\n'),
            'r' => result.push('\r'),
            't' => result.push('\t'),
            'u' => self.unicode(result)?,
            // A Python escape.
            'x' => {
                let code = self.digits(2)?;
                result.extend(char::from_u32(code));
                self.warn_repaired(format!(
                    "\\x{code:02x} is not a JSON escape; it was read as a character"
                ));
            }
            other if other.is_alphanumeric() => {
                result.extend(['\\', other]);
                self.warn_repaired(format!(
                    "the backslash before {} was not escaped",
                    quoted(&other.to_string())
                ));
            }
            other => {
                self.warn_repaired(format!(
                    "{} is not a JSON escape; the backslash was skipped",
                    quoted(&format!("\\{other}"))
                ));
                result.push(other);
            }
        }
        Ok(())
    }

    fn unicode(&mut self, result: &mut String) -> Result<(), Failure> {
        let first = self.digits(4)?;
        let code = if (0xD800..0xDC00).contains(&first) && self.rest().starts_with("\\u") {
            let before = self.at;
            self.at += 2;
            let second = self.digits(4)?;
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
            self.warn_repaired(format!(
                "\\u{code:04x} is half of a surrogate pair; it was replaced \
                 with U+FFFD"
            ));
            char::REPLACEMENT_CHARACTER
        }));
        Ok(())
    }

    /// Reads `count` hexadecimal digits of an escape.
    fn digits(&mut self, count: usize) -> Result<u32, Failure> {
        if self.rest().len() < count {
            return self.fail_cut_off("a string");
        }
        let digits = self
            .rest()
            .get(..count)
            .filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        let Some(code) = digits.and_then(|digits| u32::from_str_radix(digits, 16).ok()) else {
            return self.fail(format!("found an escape without its {count} hexadecimal digits"));
        };
        self.at += count;
        Ok(code)
    }
}
