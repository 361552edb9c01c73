//! Reading `data` into the form of its category: every value checked, every problem reported.
//!
//! What is clearly meant is read and warned of; what is not, is a problem with its path, what was
//! found and what is allowed.

use std::collections::HashSet;

use serde_json::Value;

use super::category::{Category, Definition};
use super::definition::{Field, Item, Kind, Object, find};
use super::given_ids::is_placeholder;
use super::plan::Remember;
use super::problem::{
    Problem, ProblemCode, Warning, WarningCode, excerpt, pointer, pointer_at, shown,
};
use super::suggest::{did_you_mean, nearest};
use super::text::{comparable, is_elision, key_letters, means_nothing, quoted};
use super::value::{Implied, Read, is_id, read_scalar};

/// Most items in one list.
pub const MAX_ITEMS: usize = 5_000;
/// Most problems and most warnings that one answer lists.
pub(super) const MAX_LISTED: usize = 1_000;

/// A document as it was understood.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// What was sent, under the right keys and in the right types; keys that were not sent are
    /// absent, and null is null.
    pub data: Object,
    pub problems: Vec<Problem>,
    pub warnings: Vec<Warning>,
    /// Places of items that came as bare text. A place is a path under the right keys, whatever
    /// keys were sent.
    pub bare: HashSet<String>,
    /// Paths of values that nobody wrote but another one says: `"$3.99"` of the currency. They fill
    /// a gap and change nothing that is stored.
    pub implied: HashSet<String>,
    /// Whether the text says that something was left out of it.
    pub elided: bool,
    /// Ids of a draft that stand for names alone: who they are is decided when it is published.
    pub provisional: HashSet<String>,
    /// Answers that were given when the draft was made.
    pub answers: Vec<Remember>,
    /// Of a draft, what people had a part in, as lock targets: a lock refuses it, and never skips it.
    pub personal: HashSet<String>,
    /// Places of what was refused, so that it is not called missing too.
    pub refused: HashSet<String>,
}

/// Reads the `data` of a document. With `strict`, an unknown key is a problem.
#[must_use]
pub fn parse(definition: &Definition, data: Value, strict: bool) -> Reading {
    let mut reader = Reader {
        reading: Reading::default(),
        strict,
        within: String::new(),
        understands_any: false,
    };
    match data {
        Value::Object(object) => {
            let keys: Vec<String> = object.keys().take(MAX_KEYS_SHOWN + 1).cloned().collect();
            let count = object.len();
            reader.reading.data = reader.object(definition.fields, object, "");
            if !keys.is_empty() && !reader.understands_any && !strict {
                let message = nothing_read(definition, &keys, count);
                reader.problem("", ProblemCode::NothingRead, message);
            }
        }
        other => reader.mismatch("", &other, "an object"),
    }
    reader.reading
}

/// Most keys that a message lists.
const MAX_KEYS_SHOWN: usize = 5;

/// Says which keys were found in data of which nothing was understood, and which are known.
fn nothing_read(definition: &Definition, keys: &[String], count: usize) -> String {
    let names = || definition.fields.iter().map(|field| field.name);
    let shown = keys.iter().take(MAX_KEYS_SHOWN).map(|key| match nearest(key, names()) {
        Some(name) => format!("{} (did you mean {name:?}?)", quoted(&excerpt(key))),
        None => quoted(&excerpt(key)),
    });
    let shown = shown.collect::<Vec<_>>().join(", ");
    let more = count.saturating_sub(MAX_KEYS_SHOWN);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let others = Category::ALL.iter().filter(|category| **category != definition.category);
    let has_key = |category: &&Category| {
        let fields = category.definition().fields;
        fields.iter().any(|field| keys.iter().any(|key| is_called(field, key)))
    };
    let meant = others.copied().find(|category| has_key(&category));
    let meant = meant.map(|category| format!("; {category} has such a field")).unwrap_or_default();
    format!(
        "nothing in the data was understood: found {shown}{more}; the fields of {} are {}{meant}",
        definition.category,
        names().collect::<Vec<_>>().join(", ")
    )
}

/// Whether a key is the name of a field, or an older name of it, in any case and spacing.
pub(super) fn is_called(field: &Field, key: &str) -> bool {
    let letters = key_letters(key);
    [field.name].iter().chain(field.rule.aliases).any(|name| key_letters(name) == letters)
}

struct Reader {
    reading: Reading,
    strict: bool,
    /// Whether any key was that of a field.
    understands_any: bool,
    /// The place of the object that is being read.
    within: String,
}

impl Reader {
    fn problem(&mut self, path: &str, code: ProblemCode, message: impl Into<String>) {
        if self.reading.problems.len() < MAX_LISTED {
            self.reading.problems.push(Problem::new(path, code, message));
        }
    }

    fn warn(&mut self, path: &str, code: WarningCode, message: impl Into<String>) {
        if self.reading.warnings.len() < MAX_LISTED {
            self.reading.warnings.push(Warning::new(path, code, message));
        }
    }

    fn mismatch(&mut self, path: &str, found: &Value, allowed: &str) {
        let message = format!("found {}; allowed is {allowed}", shown(found));
        self.problem(path, ProblemCode::TypeMismatch, message);
    }

    fn object(&mut self, fields: &'static [Field], sent: Object, path: &str) -> Object {
        let mut result = Object::new();
        let present: HashSet<&'static str> =
            sent.keys().filter_map(|key| find(fields, key)).map(|field| field.name).collect();
        let mut implied: Vec<&'static str> = Vec::new();
        for (key, value) in sent {
            let at = pointer(path, &key);
            let Some(field) = self.field_of(fields, &key, &at, &present, &result) else { continue };
            self.understands_any = true;
            // "Not known" does not take back what another field said.
            if value.is_null() && implied.contains(&field.name) {
                continue;
            }
            if let Some(said) = self.value(field, value, &at, &mut result)
                && result.get(said.field).is_none_or(Value::is_null)
            {
                implied.push(said.field);
                if !said.certain {
                    self.reading.implied.insert(pointer(path, said.field));
                }
                result.insert(said.field.to_owned(), said.value);
            } else {
                self.reading.implied.remove(&pointer(path, field.name));
            }
        }
        result
    }

    /// The field that `key` means; `None`, with a warning, for a key that is not stored.
    fn field_of(
        &mut self,
        fields: &'static [Field],
        key: &str,
        at: &str,
        present: &HashSet<&'static str>,
        result: &Object,
    ) -> Option<&'static Field> {
        if let Some(field) = find(fields, key) {
            return Some(field);
        }
        let letters = key_letters(key);
        let meant = |name: &str| key_letters(name) == letters;
        let by_alias = |field: &&Field| field.rule.aliases.iter().any(|alias| meant(alias));
        let field =
            fields.iter().find(|field| meant(field.name)).or_else(|| fields.iter().find(by_alias));
        match field {
            Some(field) if !present.contains(field.name) && !result.contains_key(field.name) => {
                let message = format!("{key:?} was read as {:?}", field.name);
                self.warn(at, WarningCode::FieldRenamed, message);
                Some(field)
            }
            Some(field) => {
                let message = format!("{key:?} was not read, as {:?} is there too", field.name);
                self.unknown(at, message);
                None
            }
            None => {
                let names: Vec<_> = fields.iter().map(|field| field.name).collect();
                let message = format!(
                    "{:?} is not a field here and was not stored; fields are {}{}",
                    excerpt(key),
                    names.join(", "),
                    did_you_mean(key, names.iter().copied())
                );
                self.unknown(at, message);
                None
            }
        }
    }

    fn unknown(&mut self, at: &str, message: String) {
        if self.strict {
            self.problem(at, ProblemCode::UnknownField, message);
        } else {
            self.warn(at, WarningCode::UnknownField, message);
        }
    }

    /// Reads one value into `result`; returns what it says of a sibling (a price of its currency).
    fn value(
        &mut self,
        field: &'static Field,
        value: Value,
        at: &str,
        result: &mut Object,
    ) -> Option<Implied> {
        let problems = self.reading.problems.len();
        let implied = self.value_of_kind(field, value, at, result);
        if self.reading.problems.len() > problems {
            self.reading.refused.insert(format!("{}/{}", self.within, field.name));
        }
        implied
    }

    fn value_of_kind(
        &mut self,
        field: &'static Field,
        value: Value,
        at: &str,
        result: &mut Object,
    ) -> Option<Implied> {
        let name = || field.name.to_owned();
        match (&field.rule.kind, value) {
            (_, Value::Null) => {
                result.insert(name(), Value::Null);
            }
            (_, Value::String(text)) if self.says_nothing(&text, at) => {
                self.reading.elided |= field.rule.kind.is_list() && is_elision(&text);
            }
            // A placeholder in the form of an id is judged with the name that stands beside it.
            (Kind::Id, Value::String(text)) if !is_id(&text) && is_placeholder(&text) => {
                let message = format!("{} was read as no id", quoted(&text));
                self.warn(at, WarningCode::ValueRepaired, message);
            }
            (Kind::Items { item, .. }, Value::Array(sent)) => {
                if self.fits(sent.len(), MAX_ITEMS, at) {
                    let was_empty = sent.is_empty();
                    let items = self.items(item, sent, at, field.name);
                    // A list of nothing but "not known" is not known, and empties no list.
                    if was_empty || !items.iter().all(Value::is_null) {
                        result.insert(name(), Value::Array(items));
                    }
                }
            }
            (Kind::Names { max_length, .. }, Value::Array(sent)) => {
                if self.fits(sent.len(), MAX_ITEMS, at) {
                    let was_empty = sent.is_empty();
                    let names = self.names(*max_length, sent, at);
                    if was_empty || !names.iter().all(Value::is_null) {
                        result.insert(name(), Value::Array(names));
                    }
                }
            }
            (Kind::Items { .. }, other) => self.mismatch(at, &other, "a list of objects"),
            (Kind::Names { .. }, other) => self.mismatch(at, &other, "a list of names"),
            (kind, value) => match read_scalar(kind, value) {
                Ok(Read { value, note, implied }) => {
                    if let Some(note) = note {
                        self.warn(at, WarningCode::ValueRepaired, note);
                    }
                    result.insert(name(), value);
                    return implied;
                }
                Err((code, message)) => self.problem(at, code, message),
            },
        }
        None
    }

    /// Whether text is how "nothing here" or "as it was" is written; then it is warned of.
    fn says_nothing(&mut self, text: &str, at: &str) -> bool {
        if means_nothing(text) {
            self.warn(
                at,
                WarningCode::ValueRepaired,
                format!("{:?} was read as nothing", excerpt(text)),
            );
        } else if is_elision(text) {
            self.warn(
                at,
                WarningCode::Elided,
                format!("{:?} was read as \"as it was\"", excerpt(text)),
            );
        } else {
            return false;
        }
        true
    }

    /// Whether an element of a list says nothing.
    fn is_skipped(&mut self, element: &Value, at: &str) -> bool {
        match element {
            Value::Null => {
                self.warn(at, WarningCode::ValueRepaired, "null in a list was skipped");
                true
            }
            Value::String(text) => {
                self.reading.elided |= is_elision(text);
                self.says_nothing(text, at)
            }
            _ => false,
        }
    }

    fn fits(&mut self, length: usize, max: usize, at: &str) -> bool {
        if length > max {
            self.problem(
                at,
                ProblemCode::TooLong,
                format!("found {length} items; at most {max} are allowed"),
            );
        }
        length <= max
    }

    /// Reads items. What was skipped is null, so that those after it keep their places.
    fn items(
        &mut self,
        item: &'static Item,
        sent: Vec<Value>,
        path: &str,
        list: &str,
    ) -> Vec<Value> {
        let mut items = Vec::with_capacity(sent.len());
        for (index, value) in sent.into_iter().enumerate() {
            let at = pointer_at(path, index);
            self.within = format!("/{list}/{index}");
            if self.is_skipped(&value, &at) {
                items.push(Value::Null);
                continue;
            }
            match (value, item.bare_text) {
                (Value::Object(object), _) => {
                    items.push(Value::Object(self.object(item.fields, object, &at)));
                }
                (Value::String(text), Some(field)) => {
                    self.warn(
                        &at,
                        WarningCode::ValueRepaired,
                        format!("bare text was read as {field:?}"),
                    );
                    let object = Object::from_iter([(field.to_owned(), Value::String(text))]);
                    items.push(Value::Object(self.object(item.fields, object, &at)));
                    self.reading.bare.insert(self.within.clone());
                }
                (other, _) => {
                    self.mismatch(&at, &other, "an object");
                    self.reading.refused.insert(self.within.clone());
                    // Keeps the indices of later items right in what is reported of them.
                    items.push(Value::Object(Object::new()));
                }
            }
        }
        self.within.clear();
        items
    }

    /// Reads names. What was skipped is null, so that those after it keep their places.
    fn names(&mut self, max_length: usize, sent: Vec<Value>, path: &str) -> Vec<Value> {
        let mut names: Vec<Value> = Vec::with_capacity(sent.len());
        let mut seen = HashSet::new();
        for (index, value) in sent.into_iter().enumerate() {
            let at = pointer_at(path, index);
            if self.is_skipped(&value, &at) {
                names.push(Value::Null);
                continue;
            }
            let value = match value {
                Value::Object(mut object) if object.get("name").is_some_and(Value::is_string) => {
                    self.warn(
                        &at,
                        WarningCode::ValueRepaired,
                        "of an object in a list of names, the \"name\" was taken",
                    );
                    object.remove("name").unwrap_or_default()
                }
                value => value,
            };
            match read_scalar(&Kind::Text { max: max_length }, value) {
                Ok(read) => {
                    let is_new =
                        read.value.as_str().is_none_or(|name| seen.insert(comparable(name)));
                    if !is_new {
                        self.warn(
                            &at,
                            WarningCode::ValueRepaired,
                            format!("{} is in the list already", read.value),
                        );
                    }
                    names.push(if is_new { read.value } else { Value::Null });
                }
                Err((code, message)) => {
                    self.problem(&at, code, message);
                    names.push(Value::Null);
                }
            }
        }
        names
    }
}
