//! Writes JSON with all the damage that lenient reading repairs.

use std::fmt::Write as _;

use serde_json::Value;

/// The value as text, damaged as `choices` select; lenient reading gives the value again.
pub fn damaged(value: &Value, choices: &[u8]) -> String {
    let mut writer = Writer { text: String::new(), choices, next: 0 };
    writer.around(value);
    writer.text
}

struct Writer<'a> {
    text: String,
    choices: &'a [u8],
    next: usize,
}

impl Writer<'_> {
    fn choose(&mut self, of: u8) -> u8 {
        self.next += 1;
        self.choices.get(self.next % self.choices.len().max(1)).map_or(0, |choice| choice % of)
    }

    fn around(&mut self, value: &Value) {
        if self.choose(6) == 0 {
            self.text.push('\u{feff}');
        }
        let (before, after) = match self.choose(6) {
            0 => ("```json\n", "\n```"),
            1 => (
                "Here is {the updated} file:\n\n```\n",
                "\n```\n\nLet me know — should I \"fix\" more? {}",
            ),
            2 => ("Sure! ", " Done."),
            3 => ("[", "]"),
            _ => ("", ""),
        };
        self.text.push_str(before);
        self.bare(value);
        self.text.push_str(after);
    }

    fn blank(&mut self) {
        let blank = match self.choose(12) {
            0 => "/* a comment */",
            1 => " // a \"comment\", {so}\n",
            2 => "\n# a comment\n",
            3 => "\u{a0}",
            4 => "\r\n\t",
            _ => "",
        };
        self.text.push_str(blank);
    }

    fn value(&mut self, value: &Value) {
        self.blank();
        self.bare(value);
        self.blank();
    }

    fn bare(&mut self, value: &Value) {
        match value {
            Value::Null => {
                let word =
                    ["null", "None", "NaN", "undefined", "null"][usize::from(self.choose(5))];
                self.text.push_str(word);
            }
            Value::Bool(value) => {
                let python = self.choose(3) == 0;
                self.text.push_str(match (value, python) {
                    (true, false) => "true",
                    (true, true) => "True",
                    (false, false) => "false",
                    (false, true) => "False",
                });
            }
            Value::Number(number) => {
                let _ = write!(self.text, "{number}");
            }
            Value::String(text) => self.string(text),
            Value::Array(items) => self.members('[', items.iter().map(|item| (None, item)), ']'),
            Value::Object(object) => {
                self.members(
                    '{',
                    object.iter().map(|(key, value)| (Some(key.as_str()), value)),
                    '}',
                );
            }
        }
    }

    fn members<'v>(
        &mut self,
        open: char,
        members: impl Iterator<Item = (Option<&'v str>, &'v Value)>,
        close: char,
    ) {
        self.text.push(open);
        let mut first = true;
        for (key, value) in members {
            if !std::mem::take(&mut first) {
                let parted = [",", ",,", "\n", ","][usize::from(self.choose(4))];
                self.text.push_str(parted);
            }
            if let Some(key) = key {
                self.blank();
                let is_plain = key.starts_with(|c: char| c.is_ascii_alphabetic())
                    && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
                if is_plain && self.choose(3) == 0 {
                    self.text.push_str(key);
                } else {
                    self.string(key);
                }
                self.blank();
                self.text.push(':');
            }
            self.value(value);
        }
        if self.choose(3) == 0 {
            self.text.push(',');
        }
        self.blank();
        self.text.push(close);
    }

    fn string(&mut self, text: &str) {
        let (open, close) = [('"', '"'), ('"', '"'), ('\'', '\''), ('“', '”'), ('‘', '’')]
            [usize::from(self.choose(5))];
        let (unescaped, needless) = (self.choose(2) == 0, self.choose(4) == 0);
        self.text.push(open);
        for c in text.chars() {
            match c {
                '"' | '\'' | '“' | '”' | '„' | '‘' | '’' | '‚' | '\\' => {
                    self.text.extend(['\\', c]);
                }
                '*' | '_' | '[' if needless => self.text.extend(['\\', c]),
                c if c < ' ' && !unescaped => {
                    let _ = write!(self.text, "\\u{:04x}", u32::from(c));
                }
                c => self.text.push(c),
            }
        }
        self.text.push(close);
    }
}
