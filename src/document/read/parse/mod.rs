//! Reads `data` into the form of its category: checks every value and reports every problem.
//!
//! A value with one clear reading is repaired with a warning. Any other value is a problem with its
//! path, what was found, and what is allowed.

mod items;
mod marks;
mod names;
mod nothing;
mod shapes;

use ahash::{HashMap, HashMapExt as _, HashSet};
use serde_json::Value;

use super::values::{Implied, Read, is_id, is_nothing, read_scalar, tmdb_image};
use crate::document::categories::{Category, Definition};
use crate::document::plan::report::ResolutionToStore;
use crate::document::problem::{
    Problem, ProblemCode, Warning, WarningCode, excerpt, pointer, pointer_at, shown,
};
use crate::document::resolve::given_ids::placeholder::is_placeholder;
use crate::document::schema::definition::{Field, Kind, Object, find};
use crate::document::text::suggest::{did_you_mean, nearest};
use crate::document::text::{is_elision, key_letters, quoted};
use nothing::is_unknown_zero;

/// Maximum number of items in one list.
pub const MAX_ITEMS: usize = 5_000;
/// Maximum number of problems, and of warnings, that one result lists.
pub(in crate::document) const MAX_LISTED: usize = 1_000;

/// A document after reading.
#[derive(Debug, Clone, Default)]
pub struct Reading {
    /// The values that were sent, under the names of their fields and in the right types. Keys that
    /// were not sent are absent, and null stays null.
    pub data: Object,
    pub problems: Vec<Problem>,
    pub warnings: Vec<Warning>,
    /// Paths of items that were sent as bare text, by the names of the fields.
    pub bare: HashSet<String>,
    /// Paths of values that were implied by another value, such as the currency by `"$3.99"`. They
    /// fill gaps and do not change stored values.
    pub implied: HashSet<String>,
    /// Whether the text marks an omission.
    pub elided: bool,
    /// Ids in a draft that only stand for names; the entities are resolved when the draft is
    /// published.
    pub provisional_ids: HashSet<String>,
    /// Resolutions that were given when the draft was made.
    pub resolutions: Vec<ResolutionToStore>,
    /// For a draft, the lock targets that people contributed to. A locked one is refused instead of
    /// skipped.
    pub personal: HashSet<String>,
    /// Paths of values that were refused, so that they are not also reported as missing.
    pub refused: HashSet<String>,
}

/// Options for reading data.
#[derive(Debug, Clone, Copy, Default)]
pub struct ParseOptions {
    /// Whether an unknown key is a problem.
    pub strict: bool,
    /// Whether marks that do not belong to a text are removed, see [`markup`](super::markup).
    pub clean: bool,
}

/// Reads the `data` of a document.
#[must_use]
pub fn parse(definition: &Definition, data: Value, options: ParseOptions) -> Reading {
    read(definition, data, options, false)
}

/// Reads data with values that already have the types of their fields: zero is a number, not
/// "unknown".
#[must_use]
pub fn parse_typed(definition: &Definition, data: Value, options: ParseOptions) -> Reading {
    read(definition, data, options, true)
}

fn read(definition: &Definition, data: Value, options: ParseOptions, typed: bool) -> Reading {
    let mut reader = Reader {
        reading: Reading::default(),
        options,
        typed,
        within: String::new(),
        origins: HashMap::new(),
        has_known_key: false,
    };
    match data {
        Value::Object(object) => {
            let keys: Vec<String> = object.keys().take(MAX_KEYS_SHOWN + 1).cloned().collect();
            let count = object.len();
            reader.reading.data = reader.object(definition.fields, object, "");
            if !keys.is_empty() && !reader.has_known_key && !options.strict {
                let message = nothing_read_message(definition, &keys, count);
                reader.problem("", ProblemCode::NothingRead, message);
            }
        }
        other => reader.mismatch("", &other, "an object"),
    }
    reader.reading
}

/// Maximum number of keys that a message lists.
const MAX_KEYS_SHOWN: usize = 5;

/// The message for data without any known key, with the keys found and the fields of the category.
fn nothing_read_message(definition: &Definition, keys: &[String], count: usize) -> String {
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
        fields.iter().any(|field| keys.iter().any(|key| has_name(field, key)))
    };
    let meant = others.copied().find(|category| has_key(&category));
    let meant = meant.map(|category| format!("; {category} has such a field")).unwrap_or_default();
    format!(
        "nothing in the data was understood: found {shown}{more}; the fields of {} are {}{meant}",
        definition.category,
        names().collect::<Vec<_>>().join(", ")
    )
}

/// Whether a key is the name or an alias of a field, in any case and spacing.
pub(in crate::document) fn has_name(field: &Field, key: &str) -> bool {
    let letters = key_letters(key);
    [field.name].iter().chain(field.rule.aliases).any(|name| key_letters(name) == letters)
}

/// The field with that name or alias, in any case and spacing.
pub(in crate::document) fn field_by_name(
    fields: &'static [Field],
    key: &str,
) -> Option<&'static Field> {
    find(fields, key).or_else(|| fields.iter().find(|field| has_name(field, key)))
}

/// Whether a key is read into a field: as its name or alias, or as a key of single items of its
/// list.
pub(in crate::document) fn accepts_key(field: &Field, key: &str) -> bool {
    let letters = key_letters(key);
    has_name(field, key)
        || field.rule.item_keys.iter().any(|found| key_letters(found.key) == letters)
}

struct Reader {
    reading: Reading,
    options: ParseOptions,
    /// Whether the values already have the types of their fields.
    typed: bool,
    /// Whether any key was the name of a field.
    has_known_key: bool,
    /// The path of the object that is being read.
    within: String,
    /// Paths of items that were sent elsewhere than in their list.
    origins: HashMap<(&'static str, usize), String>,
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
        let sent = self.move_keyed_items(fields, sent, path);
        let mut result = Object::new();
        let present: HashSet<&'static str> = sent
            .iter()
            .filter(|(_, value)| !value.is_null() && value.as_str() != Some(""))
            .filter_map(|(key, _)| find(fields, key))
            .map(|field| field.name)
            .collect();
        let mut implied: Vec<&'static str> = Vec::new();
        let mut said: Vec<(String, Implied)> = Vec::new();
        for (key, value) in sent {
            let at = pointer(path, &key);
            if let Some(message) = not_a_url_message(fields, &key, &value) {
                self.report_unknown(&at, message);
                continue;
            }
            let Some(field) = self.field_of(fields, &key, &at, &present, &result) else { continue };
            self.has_known_key = true;
            // A null does not remove a value that another field implied.
            if value.is_null() && implied.contains(&field.name) {
                continue;
            }
            let value = if key == field.name { value } else { tmdb_image(&key, value) };
            let Some(implication) = self.value(field, value, &at, &mut result) else {
                self.reading.implied.remove(&pointer(path, field.name));
                continue;
            };
            if result.get(implication.field).is_none_or(Value::is_null) {
                implied.push(implication.field);
                if !implication.certain {
                    self.reading.implied.insert(pointer(path, implication.field));
                }
                result.insert(implication.field.to_owned(), implication.value.clone());
            } else {
                self.reading.implied.remove(&pointer(path, field.name));
            }
            said.push((at, implication));
        }
        for (at, implication) in said {
            // The currency sign is ambiguous, but the region has only one currency with it.
            if self.reading.implied.contains(&pointer(path, implication.field))
                && let Some(meant) = implication.in_region(result.get("region"))
            {
                result.insert(implication.field.to_owned(), Value::from(meant));
            }
            let stated = result.get(implication.field);
            if let Some(message) = stated.and_then(|stated| implication.contradiction(stated)) {
                self.problem(&at, ProblemCode::Invalid, message);
            }
        }
        result
    }

    /// Moves items under keys of their own, such as `composer`, to their lists.
    fn move_keyed_items(&mut self, fields: &'static [Field], sent: Object, path: &str) -> Object {
        let (sent, moved) = shapes::move_to_lists(fields, sent);
        for moved in moved {
            // The list is incomplete, so missing items are not removed.
            self.reading.elided |= moved.is_only;
            let at = pointer(path, &moved.key);
            for index in 0..moved.count {
                let origin = if moved.was_list { pointer_at(&at, index) } else { at.clone() };
                self.origins.insert((moved.list, moved.first + index), origin);
            }
            let message = format!("{} was read as items of {:?}", quoted(&moved.key), moved.list);
            self.warn(&at, WarningCode::FieldRenamed, message);
        }
        sent
    }

    /// The field for `key`; `None`, with a warning, if the key is not stored.
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
            Some(field)
                if !present.contains(field.name)
                    && result.get(field.name).is_none_or(Value::is_null) =>
            {
                let message = format!("{key:?} was read as {:?}", field.name);
                self.warn(at, WarningCode::FieldRenamed, message);
                Some(field)
            }
            Some(field) => {
                let message = format!("{key:?} was not read, as {:?} is there too", field.name);
                self.report_unknown(at, message);
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
                self.report_unknown(at, message);
                None
            }
        }
    }

    fn report_unknown(&mut self, at: &str, message: String) {
        if self.options.strict {
            self.problem(at, ProblemCode::UnknownField, message);
        } else {
            self.warn(at, WarningCode::UnknownField, message);
        }
    }

    /// Reads one value into `result`. Returns the value that it implies for another field, such as
    /// a currency.
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
            (_, Value::String(text)) if self.warn_if_nothing(field, &text, at) => {
                self.reading.elided |= field.rule.kind.is_list() && is_elision(&text);
            }
            (_, value) if !self.typed && is_unknown_zero(&field.rule, &value) => {
                let message = format!("{} was read as no value: not known", shown(&value));
                self.warn(at, WarningCode::ValueRepaired, message);
            }
            // A placeholder in the form of an id is checked later, with the name beside it.
            // U+0000 is refused, whatever else the text contains.
            (Kind::Id, Value::String(text))
                if !is_id(&text) && is_placeholder(&text) && !text.contains('\0') =>
            {
                let message = format!("{} was read as no id", quoted(&text));
                self.warn(at, WarningCode::ValueRepaired, message);
            }
            (Kind::Items { item, .. }, Value::Array(sent)) => {
                if self.check_length(sent.len(), MAX_ITEMS, at) {
                    let was_empty = sent.is_empty();
                    let items = self.items(item, sent, at, field.name);
                    // A list with only "unknown" elements does not empty the stored list.
                    if was_empty || !items.iter().all(Value::is_null) {
                        result.insert(name(), Value::Array(items));
                    }
                }
            }
            (Kind::Names { entity, max_length }, Value::Array(sent)) => {
                if self.check_length(sent.len(), MAX_ITEMS, at) {
                    let was_empty = sent.is_empty();
                    let names =
                        self.names(*entity, *max_length, sent, &|index| pointer_at(at, index));
                    if was_empty || !names.iter().all(Value::is_null) {
                        result.insert(name(), Value::Array(names));
                    }
                }
            }
            (Kind::Items { item, .. }, other) => {
                self.read_reshaped(field, item, &other, at, result);
            }
            (Kind::Names { entity, max_length }, other @ (Value::String(_) | Value::Number(_))) => {
                let message = format!("{} was read as a list of names", shown(&other));
                self.warn(at, WarningCode::ValueRepaired, message);
                let names = self.names(*entity, *max_length, vec![other], &|_| at.to_owned());
                if !names.iter().all(Value::is_null) {
                    result.insert(name(), Value::Array(names));
                }
            }
            (Kind::Names { .. }, other) => {
                self.mismatch(at, &other, "a list of names, [\"A\", \"B\"]");
            }
            (_, value) => match read_scalar(&field.rule, value) {
                Ok(Read { value, note, implied }) => {
                    if let Some(note) = note {
                        self.warn(at, WarningCode::ValueRepaired, note);
                    }
                    let value = self.without_markup(field, value, at);
                    result.insert(name(), value);
                    return implied;
                }
                Err((code, message)) => self.problem(at, code, message),
            },
        }
        None
    }

    fn check_length(&mut self, length: usize, max: usize, at: &str) -> bool {
        if length > max {
            self.problem(
                at,
                ProblemCode::TooLong,
                format!("found {length} items; at most {max} are allowed"),
            );
        }
        length <= max
    }
}

/// The message that a value is not a URL, if the key is an alias of a URL field, such as `source`.
fn not_a_url_message(fields: &'static [Field], key: &str, value: &Value) -> Option<String> {
    let text = value.as_str()?;
    if find(fields, key).is_some() {
        return None;
    }
    let field = field_by_name(fields, key)?;
    let is_url = || matches!(field.rule.kind, Kind::Url);
    let is_plain = || key_letters(key) != key_letters(field.name) && !text.starts_with('/');
    let reads = || is_nothing(field, text) || read_scalar(&field.rule, value.clone()).is_ok();
    (is_url() && is_plain() && !reads()).then(|| {
        format!(
            "{} is not a URL and was not stored; a URL is stored as {:?}",
            quoted(&excerpt(text)),
            field.name
        )
    })
}
