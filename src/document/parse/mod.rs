//! Reading `data` into the form of its category: every value checked, every problem reported.
//!
//! What is clearly meant is read and warned of; what is not, is a problem with its path, what was
//! found and what is allowed.

mod names;
mod shapes;

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::category::{Category, Definition};
use super::definition::{Absence, Field, Item, Kind, Object, Rule, Wording, find};
use super::entity::EntityKind;
use super::given_ids::is_placeholder;
use super::markup::cleaned;
use super::plan::Remember;
use super::problem::{
    Problem, ProblemCode, Warning, WarningCode, excerpt, pointer, pointer_at, shown,
};
use super::suggest::{did_you_mean, nearest};
use super::text::{comparable, is_elision, key_letters, means_nothing, quoted};
use super::value::{Implied, Read, is_id, is_no_name, is_nothing, read_scalar, tmdb_image};

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

/// How data are read.
#[derive(Debug, Clone, Copy, Default)]
pub struct ParseOptions {
    /// Whether an unknown key is a problem.
    pub strict: bool,
    /// Whether a text is taken without the marks that do not belong in it, see
    /// [`markup`](super::markup).
    pub clean: bool,
}

/// Reads the `data` of a document.
#[must_use]
pub fn parse(definition: &Definition, data: Value, options: ParseOptions) -> Reading {
    read(definition, data, options, false)
}

/// Reads data that came in the types of its fields: zero is a number there, not "not known".
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
        understands_any: false,
    };
    match data {
        Value::Object(object) => {
            let keys: Vec<String> = object.keys().take(MAX_KEYS_SHOWN + 1).cloned().collect();
            let count = object.len();
            reader.reading.data = reader.object(definition.fields, object, "");
            if !keys.is_empty() && !reader.understands_any && !options.strict {
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

/// Whether what stands under a key is read into a field, under its own or another name, or as an
/// item of its list.
pub(super) fn leads_to(field: &Field, key: &str) -> bool {
    let letters = key_letters(key);
    is_called(field, key)
        || field.rule.item_keys.iter().any(|found| key_letters(found.key) == letters)
}

struct Reader {
    reading: Reading,
    options: ParseOptions,
    /// Whether the values came in the types of their fields.
    typed: bool,
    /// Whether any key was that of a field.
    understands_any: bool,
    /// The place of the object that is being read.
    within: String,
    /// Paths of items that were sent elsewhere than at their place in their list.
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
        let sent = self.gathered(fields, sent, path);
        let mut result = Object::new();
        let present: HashSet<&'static str> =
            sent.keys().filter_map(|key| find(fields, key)).map(|field| field.name).collect();
        let mut implied: Vec<&'static str> = Vec::new();
        let mut said: Vec<(String, Implied)> = Vec::new();
        for (key, value) in sent {
            let at = pointer(path, &key);
            if let Some(message) = not_a_url(fields, &key, &value) {
                self.unknown(&at, message);
                continue;
            }
            let Some(field) = self.field_of(fields, &key, &at, &present, &result) else { continue };
            self.understands_any = true;
            // "Not known" does not take back what another field said.
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
            let stated = result.get(implication.field);
            if let Some(message) = stated.and_then(|stated| implication.contradiction(stated)) {
                self.problem(&at, ProblemCode::Invalid, message);
            }
        }
        result
    }

    /// Moves items under keys of their own, such as `composer`, to their lists.
    fn gathered(&mut self, fields: &'static [Field], sent: Object, path: &str) -> Object {
        let (sent, moved) = shapes::gather(fields, sent);
        for moved in moved {
            // What the list lacks is not what the document dropped.
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
        if self.options.strict {
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
            (_, Value::String(text)) if self.says_nothing(field, &text, at) => {
                self.reading.elided |= field.rule.kind.is_list() && is_elision(&text);
            }
            (_, value) if !self.typed && is_unknown_zero(&field.rule, &value) => {
                let message = format!("{} was read as nothing: not known", shown(&value));
                self.warn(at, WarningCode::ValueRepaired, message);
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
            (Kind::Names { entity, max_length }, Value::Array(sent)) => {
                if self.fits(sent.len(), MAX_ITEMS, at) {
                    let was_empty = sent.is_empty();
                    let names =
                        self.names(*entity, *max_length, sent, &|index| pointer_at(at, index));
                    if was_empty || !names.iter().all(Value::is_null) {
                        result.insert(name(), Value::Array(names));
                    }
                }
            }
            (Kind::Items { item, .. }, other) => self.reshaped(field, item, &other, at, result),
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

    /// Reads a list that came in another shape, if it is certain which items are meant.
    fn reshaped(
        &mut self,
        field: &'static Field,
        item: &'static Item,
        sent: &Value,
        at: &str,
        result: &mut Object,
    ) {
        let Some(reshaped) = shapes::as_list(item, sent) else {
            self.mismatch(at, sent, &shapes::allowed(item));
            return;
        };
        self.warn(at, WarningCode::ValueRepaired, reshaped.note);
        for below in reshaped.left_out {
            let message = "it stands among groups of items, is none, and was not stored".to_owned();
            self.unknown(&format!("{at}{below}"), message);
        }
        if self.fits(reshaped.items.len(), MAX_ITEMS, at) {
            let mut members = Vec::with_capacity(reshaped.items.len());
            for (index, (below, member)) in reshaped.items.into_iter().enumerate() {
                self.origins.insert((field.name, index), format!("{at}{below}"));
                members.push(member);
            }
            let items = self.items(item, members, at, field.name);
            if !items.iter().all(Value::is_null) {
                result.insert(field.name.to_owned(), Value::Array(items));
            }
        }
    }

    /// Whether text is how "nothing here" or "as it was" is written in that field; then it is
    /// warned of.
    fn says_nothing(&mut self, field: &Field, text: &str, at: &str) -> bool {
        if self.says_as_it_was(text, at) {
            return true;
        }
        let is_nothing = match field.rule.kind {
            // What stands for no id is judged with the name beside it.
            Kind::Id => means_nothing(text),
            _ => is_nothing(field, text),
        };
        if is_nothing {
            self.warn_of_nothing(text, at);
        }
        is_nothing
    }

    /// Warns of marks that do not belong in a text, and takes them away where that is asked for.
    fn without_markup(&mut self, field: &Field, value: Value, at: &str) -> Value {
        let Kind::Text { max } = field.rule.kind else { return value };
        let Some(cleaned) = value.as_str().and_then(cleaned) else { return value };
        let fits = (1..=max).contains(&cleaned.text.chars().count());
        let found = cleaned.found.join(" and ");
        let shown = quoted(&long_excerpt(&cleaned.text));
        let message = if self.options.clean && fits {
            format!("{found} were taken away; the text is now {shown}")
        } else {
            format!("found {found}, which were kept; without them the text is {shown}")
        };
        self.warn(at, WarningCode::MarkupInText, message);
        if self.options.clean && fits { Value::String(cleaned.text) } else { value }
    }

    fn warn_of_nothing(&mut self, text: &str, at: &str) {
        let message = format!("{} was read as nothing", quoted(&excerpt(text)));
        self.warn(at, WarningCode::ValueRepaired, message);
    }

    fn says_as_it_was(&mut self, text: &str, at: &str) -> bool {
        let is_elided = is_elision(text);
        if is_elided {
            let message = format!("{} was read as \"as it was\"", quoted(&excerpt(text)));
            self.warn(at, WarningCode::Elided, message);
        }
        is_elided
    }

    /// Whether an element of a list says nothing. `says_nothing` judges texts.
    fn is_skipped(&mut self, element: &Value, at: &str, says_nothing: fn(&str) -> bool) -> bool {
        match element {
            Value::Null => {
                self.warn(at, WarningCode::ValueRepaired, "null in a list was skipped");
                true
            }
            Value::String(text) if self.says_as_it_was(text, at) => {
                self.reading.elided = true;
                true
            }
            Value::String(text) if says_nothing(text) => {
                self.warn_of_nothing(text, at);
                true
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
        list: &'static str,
    ) -> Vec<Value> {
        let is_named = item
            .bare_text
            .is_some_and(|field| item.entities.first().is_some_and(|entity| entity.name == field));
        let says_nothing = if is_named { is_no_name } else { means_nothing };
        let mut items = Vec::with_capacity(sent.len());
        for (index, value) in sent.into_iter().enumerate() {
            let origin = self.origins.remove(&(list, index));
            let at = origin.unwrap_or_else(|| pointer_at(path, index));
            self.within = format!("/{list}/{index}");
            if self.is_skipped(&value, &at, says_nothing) {
                items.push(Value::Null);
                continue;
            }
            match (value, item.bare_text) {
                (Value::Object(object), _) => {
                    let read = self.item(item, object, &at);
                    items.push(read.map_or(Value::Null, Value::Object));
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

    /// Reads one item; `None`, with a warning, where it says that there is none.
    fn item(&mut self, item: &'static Item, sent: Object, at: &str) -> Option<Object> {
        if let Some((found, absence)) = absent(item, &sent) {
            let message = format!(
                "the item was left out, as its {} is {}",
                absence.field,
                quoted(&excerpt(&found))
            );
            self.warn(at, WarningCode::ValueRepaired, message);
            return None;
        }
        let named = sent_name(item, &sent);
        let read = self.object(item.fields, sent, at);
        let is_known = |field: &str| read.get(field).is_some_and(|value| !value.is_null());
        let is_identified =
            is_known(item.id) || item.entities.first().is_some_and(|entity| is_known(entity.id));
        match named {
            Some(name) if !is_known(name) && !is_identified && !self.is_refused(name) => {
                let message = format!("the item was left out, as its {name} is nothing");
                self.warn(at, WarningCode::ValueRepaired, message);
                None
            }
            _ => Some(read),
        }
    }

    /// Whether a value of that field in the present item could not be read.
    fn is_refused(&self, field: &str) -> bool {
        self.reading.refused.contains(&format!("{}/{field}", self.within))
    }

    /// Reads names. What was skipped is null, so that those after it keep their places.
    fn names(
        &mut self,
        entity: EntityKind,
        max_length: usize,
        sent: Vec<Value>,
        path_of: &dyn Fn(usize) -> String,
    ) -> Vec<Value> {
        let mut names: Vec<Value> = Vec::with_capacity(sent.len());
        let mut seen = HashSet::new();
        let rule = Rule::new(Kind::Text { max: max_length }).worded_as(Wording::Name);
        for (index, value) in self.separate_names(entity, sent, path_of) {
            let at = path_of(index);
            if self.is_skipped(&value, &at, is_no_name) {
                names.push(Value::Null);
                continue;
            }
            if value.is_number() {
                self.mismatch(&at, &value, "a name, or a genre's number at The Movie Database");
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
            match read_scalar(&rule, value) {
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

    /// Names with the index they came from: several in one text apart, and numbers of The Movie
    /// Database as the names they stand for.
    fn separate_names(
        &mut self,
        entity: EntityKind,
        sent: Vec<Value>,
        path_of: &dyn Fn(usize) -> String,
    ) -> Vec<(usize, Value)> {
        let mut separate = Vec::with_capacity(sent.len());
        for (index, value) in sent.into_iter().enumerate() {
            let at = path_of(index);
            if let Some(name) = names::by_number(entity, &value) {
                let message = format!("{} was read as {name:?}", shown(&value));
                self.warn(&at, WarningCode::ValueRepaired, message);
                separate.push((index, Value::from(name)));
            } else if let Some(names) = value
                .as_str()
                .filter(|text| !is_no_name(text))
                .and_then(|text| names::split(entity, text))
            {
                let message = format!("{} was read as {} names", shown(&value), names.len());
                self.warn(&at, WarningCode::ValueRepaired, message);
                separate.extend(names.into_iter().map(|name| (index, Value::String(name))));
            } else {
                separate.push((index, value));
            }
        }
        separate
    }
}

/// Most characters of a cleaned text that a message shows.
const MAX_CLEANED_SHOWN: usize = 300;

fn long_excerpt(text: &str) -> String {
    match text.char_indices().nth(MAX_CLEANED_SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

/// Whether the value is a zero that stands for "not known", as The Movie Database has it.
fn is_unknown_zero(rule: &Rule, value: &Value) -> bool {
    rule.zero_is_unknown
        && match value {
            Value::Number(number) => number.as_f64() == Some(0.0),
            Value::String(text) => {
                let text = text.trim().trim_start_matches('$');
                !text.is_empty() && text.parse::<f64>() == Ok(0.0)
            }
            _ => false,
        }
}

/// Says that a key such as `source` holds no URL, where it is another name of a URL's field.
fn not_a_url(fields: &'static [Field], key: &str, value: &Value) -> Option<String> {
    let text = value.as_str()?;
    if find(fields, key).is_some() {
        return None;
    }
    let field = fields.iter().find(|field| is_called(field, key))?;
    let is_url = || matches!(field.rule.kind, Kind::Url);
    let is_plain = || key_letters(key) != key_letters(field.name) && !text.starts_with('/');
    let reads = || is_nothing(field, text) || read_scalar(&field.rule, value.clone()).is_ok();
    (is_url() && is_plain() && !reads()).then(|| {
        format!(
            "{} is no URL and was not stored; a URL is stored as {:?}",
            quoted(&excerpt(text)),
            field.name
        )
    })
}

/// The value that says that there is no such item.
fn absent(item: &'static Item, sent: &Object) -> Option<(String, &'static Absence)> {
    let absence = item.absence.as_ref()?;
    let field = find(item.fields, absence.field)?;
    let found = sent.iter().find(|(key, _)| is_called(field, key))?.1.as_str()?;
    let letters = key_letters(found);
    absence.words.contains(&letters.as_str()).then(|| (found.to_owned(), absence))
}

/// The field without which there is nothing to store, if the item was sent with it: the name of
/// its entity, or a URL.
fn sent_name(item: &'static Item, sent: &Object) -> Option<&'static str> {
    let by_entity = item.entities.first().map(|entity| entity.name);
    let by_url = || {
        let is_url = |field: &&Field| field.rule.required && matches!(field.rule.kind, Kind::Url);
        item.fields.iter().find(is_url).map(|field| field.name)
    };
    let name = by_entity.or_else(by_url)?;
    let field = find(item.fields, name)?;
    let value = sent.iter().find(|(key, _)| is_called(field, key))?.1;
    value.is_string().then_some(name)
}
