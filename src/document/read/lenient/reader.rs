//! Reads one document tolerantly from a position in a text, and records every repair.

use serde_json::{Number, Value};

use super::foreign::Form;
use super::limits::{Limits, OBJECT, VALUE};
use super::quoted;
use super::quotes::{is_blank, is_closing_quote, is_opening_quote};
use crate::document::problem::{Warning, WarningCode};
use crate::document::read::parse::MAX_LISTED;
use crate::document::schema::definition::Object;

/// Maximum nesting depth, the same as in `serde_json`.
const MAX_DEPTH: usize = 128;
/// Maximum length in bytes of a path in a warning. Longer paths are cut at a `/`.
const MAX_PATH: usize = 300;
/// Words in a comment that mark an omission.
const LEFT_OUT: &[&str] = &[
    "...",
    "…",
    "unchanged",
    "omitted",
    "remain",
    "rest of",
    "the rest",
    "truncated",
    "same as before",
    "existing",
    " more ",
    "and so on",
    "as they are",
    "continue",
];

/// Why a text could not be read further.
#[derive(Debug)]
pub(super) struct Failure {
    /// The position in bytes.
    pub(super) at: usize,
    pub(super) reason: String,
    /// Whether the document had begun: its first key and value were read, or it was still open at
    /// the end.
    pub(super) has_begun: bool,
    /// The position in the document, as a JSON Pointer.
    pub(super) path: String,
    /// Whether the text ends before the document does.
    pub(super) is_cut_off: bool,
    /// The form of the text, if it has no JSON in it.
    pub(super) other_form: Option<Form>,
}

impl Failure {
    /// A failure of the text as a whole.
    pub(super) fn at(at: usize, reason: String) -> Self {
        let (has_begun, path) = (true, String::new());
        Self { at, reason, has_begun, path, is_cut_off: false, other_form: None }
    }

    /// A failure because the text is in another form and has no JSON.
    pub(super) fn of_form(at: usize, form: Form) -> Self {
        Self { other_form: Some(form), ..Self::at(at, form.name().to_owned()) }
    }
}

pub(super) struct Reader<'t> {
    limits: &'t Limits<'t>,
    pub(super) text: &'t str,
    pub(super) at: usize,
    path: String,
    depth: usize,
    /// Whether a key and its value were read.
    has_begun: bool,
    pub(super) warnings: Vec<Warning>,
    pub(super) elided: bool,
}

type Step<T> = Result<T, Failure>;

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str, at: usize, limits: &'t Limits<'t>) -> Self {
        let (path, warnings) = (String::new(), Vec::new());
        Self { limits, text, at, path, depth: 0, has_begun: false, warnings, elided: false }
    }

    pub(super) fn position(&self) -> usize {
        self.at
    }

    /// Reads the document that begins at the current position.
    pub(super) fn document(&mut self) -> Step<Value> {
        self.value()
    }

    pub(super) fn rest(&self) -> &'t str {
        &self.text[self.at..]
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Charges the budget for reading `bytes` bytes.
    pub(super) fn charge(&self, bytes: usize) {
        self.limits.charge(bytes);
    }

    pub(super) fn advance(&mut self, c: char) {
        self.at += c.len_utf8();
    }

    /// The current path, shortened for messages.
    fn shown_path(&self) -> String {
        let start = &self.path[..self.path.floor_char_boundary(MAX_PATH)];
        let whole = if start.len() < self.path.len() {
            start.rfind('/').unwrap_or_default()
        } else {
            start.len()
        };
        start[..whole].to_owned()
    }

    /// Appends a key or an index to the path, escaped according to RFC 6901. The caller restores
    /// the path with `path.truncate`.
    fn enter(&mut self, token: &str) {
        self.path.push('/');
        for c in token.chars() {
            match c {
                '~' => self.path.push_str("~0"),
                '/' => self.path.push_str("~1"),
                c => self.path.push(c),
            }
        }
    }

    pub(super) fn warn_repaired(&mut self, message: String) {
        self.warn(WarningCode::SyntaxRepaired, message);
    }

    fn warn(&mut self, code: WarningCode, message: String) {
        let path = self.shown_path();
        let repeats =
            self.warnings.last().is_some_and(|last| last.path == path && last.message == message);
        if self.warnings.len() < MAX_LISTED && !repeats {
            self.warnings.push(Warning::new(path, code, message));
        }
    }

    pub(super) fn fail<T>(&self, reason: impl Into<String>) -> Step<T> {
        let (has_begun, path) = (self.has_begun, self.shown_path());
        Err(Failure { has_begun, path, ..Failure::at(self.at, reason.into()) })
    }

    pub(super) fn fail_cut_off<T>(&self, of: &str) -> Step<T> {
        let reason = format!("the text ends in the middle of {of}, so the document is incomplete");
        let (at, path) = (self.text.len(), self.shown_path());
        Err(Failure { path, is_cut_off: true, ..Failure::at(at, reason) })
    }

    fn unexpected<T>(&self, allowed: &str) -> Step<T> {
        match self.peek() {
            Some(_) => {
                let found: String =
                    self.rest().chars().take_while(|c| !c.is_whitespace()).take(20).collect();
                self.fail(format!("found {}; allowed is {allowed}", quoted(&found)))
            }
            None => self.fail_cut_off("the document"),
        }
    }

    /// Skips white space and comments. Returns whether a line ended in between.
    fn skip_blanks(&mut self) -> Step<bool> {
        let mut new_line = false;
        while let Some(c) = self.peek() {
            let rest = self.rest();
            if matches!(c, ' ' | '\t' | '\n' | '\r') {
                new_line |= c == '\n';
                self.advance(c);
            } else if is_blank(c) {
                self.advance(c);
                self.warn_repaired(format!(
                    "the character U+{:04X} between values was skipped",
                    u32::from(c)
                ));
            } else if c == '\\' && rest[1..].starts_with(['[', ']', '{', '}']) {
                // Markdown escapes brackets this way.
                self.advance(c);
                self.warn_repaired("a backslash before a bracket was skipped".to_owned());
            } else if rest.starts_with("/*") {
                let Some(end) = rest.find("*/") else {
                    return self.fail_cut_off("a comment");
                };
                self.skip_comment(end + 2);
            } else if rest.starts_with("//") || c == '#' {
                self.skip_comment(rest.find('\n').unwrap_or(rest.len()));
            } else {
                break;
            }
        }
        Ok(new_line)
    }

    fn skip_comment(&mut self, length: usize) {
        let comment = &self.rest()[..length];
        self.limits.charge(length);
        self.at += length;
        let plain = comment.to_lowercase();
        if LEFT_OUT.iter().any(|words| plain.contains(words)) {
            self.warn_elided(comment);
        } else {
            self.warn_repaired(format!("the comment {} was skipped", quoted(comment)));
        }
    }

    fn warn_elided(&mut self, mark: &str) {
        self.elided = true;
        let message = format!("{} marks an omission and was skipped", quoted(mark));
        self.warn(WarningCode::Elided, message);
    }

    /// Skips a mark of an omission. Returns whether there was one.
    fn skip_elision(&mut self) -> bool {
        let rest = self.rest();
        if !rest.starts_with("...") && !rest.starts_with('…') {
            return false;
        }
        let length = rest.find([',', '\n', '}', ']', '"', '{']).unwrap_or(rest.len());
        self.limits.charge(length);
        self.at += length;
        self.warn_elided(rest[..length].trim_end());
        true
    }

    fn value(&mut self) -> Step<Value> {
        let start = self.at;
        self.skip_blanks()?;
        let object = if self.peek() == Some('{') { OBJECT } else { 0 };
        if !self.limits.take(VALUE + object) || !self.limits.charge(self.at - start) {
            self.has_begun = true;
            return self.fail("reading ended early");
        }
        match self.peek() {
            Some('{') => self.nested(Self::object),
            Some('[') => self.nested(Self::list),
            Some(c) if is_opening_quote(c) => Ok(Value::String(self.string(is_closing_quote)?)),
            // A JavaScript template string. Three back-quotes are a code fence.
            Some('`') if !self.rest().starts_with("```") => {
                Ok(Value::String(self.string(is_closing_quote)?))
            }
            Some(_) => self.word(),
            None => self.fail_cut_off("the document"),
        }
    }

    fn nested(&mut self, read: impl Fn(&mut Self) -> Step<Value>) -> Step<Value> {
        if self.depth >= MAX_DEPTH {
            self.has_begun = true;
            return self.fail(format!("it is nested more than {MAX_DEPTH} levels deep"));
        }
        self.depth += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }

    /// Skips the separators between two members. Returns whether another member follows.
    fn next_member(&mut self, close: char, first: bool) -> Step<bool> {
        let new_line = self.skip_blanks()?;
        let mut commas = 0;
        let mut elisions = 0;
        while let Some(c) = self.peek() {
            if c == ',' {
                commas += 1;
                self.advance(c);
            } else if self.skip_elision() {
                elisions += 1;
            } else {
                break;
            }
            self.skip_blanks()?;
        }
        if self.peek() == Some(close) {
            self.advance(close);
            if commas > 0 && elisions == 0 {
                self.warn_repaired(format!("a comma before {close} was skipped"));
            }
            return Ok(false);
        }
        if self.peek().is_none() {
            return self.fail_cut_off(if close == '}' { "an object" } else { "a list" });
        }
        let expected = usize::from(!first);
        if commas > expected && elisions == 0 {
            self.warn_repaired("an extra comma was skipped".to_owned());
        } else if commas < expected && elisions == 0 {
            if !new_line {
                return self.unexpected(&format!("a comma or {close}"));
            }
            self.warn_repaired("a missing comma was added".to_owned());
        }
        Ok(true)
    }

    fn object(&mut self) -> Step<Value> {
        self.advance('{');
        let mut object = Object::new();
        let length = self.path.len();
        let mut first = true;
        while self.next_member('}', first)? {
            first = false;
            let key = self.key()?;
            self.enter(&key);
            self.skip_blanks()?;
            if self.peek() != Some(':') {
                return self.unexpected(&format!("a colon after the key {}", quoted(&key)));
            }
            self.advance(':');
            let value = self.value()?;
            self.has_begun = true;
            if let Some(earlier) = object.get(&key).filter(|earlier| **earlier != value) {
                let earlier = super::shown(earlier);
                let message = format!(
                    "the key {} occurs twice; the later value was used, not {earlier}",
                    quoted(&key)
                );
                self.warn(WarningCode::DuplicateKey, message);
            }
            object.insert(key, value);
            self.path.truncate(length);
        }
        Ok(Value::Object(object))
    }

    fn key(&mut self) -> Step<String> {
        if self.peek().is_some_and(is_opening_quote) {
            // Keys contain no quotation marks, so the first one closes the key.
            return self.string(|_| true);
        }
        let rest = self.rest();
        let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '$' | '-');
        let length = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
        let starts_well = rest.starts_with(|c: char| c.is_alphabetic() || matches!(c, '_' | '$'));
        if length == 0 || !starts_well {
            return self.unexpected("a key in quotation marks");
        }
        self.at += length;
        self.warn_repaired(format!("the key {} had no quotation marks", quoted(&rest[..length])));
        Ok(rest[..length].to_owned())
    }

    fn list(&mut self) -> Step<Value> {
        self.advance('[');
        let mut list = Vec::new();
        let length = self.path.len();
        let mut first = true;
        while self.next_member(']', first)? {
            first = false;
            self.enter(&list.len().to_string());
            list.push(self.value()?);
            self.path.truncate(length);
        }
        Ok(Value::Array(list))
    }

    /// Reads a number or a word such as `true` or `None`.
    fn word(&mut self) -> Step<Value> {
        let rest = self.rest();
        let length = rest
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.' | '_')))
            .unwrap_or(rest.len());
        let word = &rest[..length];
        let (value, is_json) = match word {
            "true" => (Value::Bool(true), true),
            "false" => (Value::Bool(false), true),
            "null" => (Value::Null, true),
            "True" | "TRUE" => (Value::Bool(true), false),
            "False" | "FALSE" => (Value::Bool(false), false),
            "None" | "NULL" | "Null" | "nil" | "undefined" | "NaN" | "nan" | "Infinity"
            | "-Infinity" | "+Infinity" => (Value::Null, false),
            number => match (serde_json::from_str::<Number>(number), repaired_number(number)) {
                (Ok(number), _) => (Value::Number(number), true),
                (Err(_), Some(number)) => (Value::Number(number), false),
                (Err(_), None) => return self.unexpected("a JSON value"),
            },
        };
        self.at += length;
        if self.at == self.text.len() && self.depth > 0 {
            return self.fail_cut_off("the document");
        }
        if !is_json {
            self.warn_repaired(format!("{} was read as {value}", quoted(word)));
        }
        Ok(value)
    }
}

/// Reads a number in a form that JSON does not have: `+1`, `.5`, `5.`, `007`, `1_000`, `0x10`.
fn repaired_number(text: &str) -> Option<Number> {
    let (sign, digits) = match text.strip_prefix(['+', '-']) {
        Some(digits) => (if text.starts_with('-') { "-" } else { "" }, digits),
        None => ("", text),
    };
    if let Some(hexadecimal) = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        let value = i64::from_str_radix(hexadecimal, 16).ok()?;
        return Some(if sign.is_empty() { value } else { -value }.into());
    }
    // Underscores may only separate thousands.
    let groups: Vec<&str> = digits.split('_').collect();
    if groups.len() > 1
        && !(groups[0].len() <= 3 && groups[1..].iter().all(|group| group.len() == 3))
    {
        return None;
    }
    let plain = groups.concat();
    if !plain.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    let mut plain = plain.trim_start_matches('0').to_owned();
    if plain.is_empty() || plain.starts_with(['.', 'e', 'E']) {
        plain.insert(0, '0');
    }
    if plain.ends_with('.') {
        plain.push('0');
    }
    serde_json::from_str(&format!("{sign}{plain}")).ok()
}
