//! Validation of values against their types, with messages that show what was found and what is
//! allowed.

use async_graphql::parser::types::{BaseType, Type};
use async_graphql::{Name, Number};
use async_graphql_value::{ConstValue, Value};
use chrono::{DateTime, Utc};

use super::suggestions::did_you_mean;
use super::types::{InputField, Shape, Types, named_type};
use crate::document::schema::scalars;

/// Maximum number of characters of a value in a message.
const MAX_SHOWN: usize = 40;
/// Maximum number of enum values that a message lists.
const MAX_LISTED: usize = 12;

/// A value in the text of a query or in its variables.
pub trait Literal: Sized {
    fn view(&self) -> View<'_, Self>;
}

/// A value by its kind.
pub enum View<'a, V> {
    Null,
    Number(&'a Number),
    Text(&'a str),
    Boolean(bool),
    EnumValue(&'a str),
    List(&'a [V]),
    Object(Vec<(&'a Name, &'a V)>),
    /// A variable, which is checked where it is defined, or binary data.
    Other,
}

impl Literal for Value {
    fn view(&self) -> View<'_, Self> {
        match self {
            Self::Null => View::Null,
            Self::Number(number) => View::Number(number),
            Self::String(text) => View::Text(text),
            Self::Boolean(value) => View::Boolean(*value),
            Self::Enum(name) => View::EnumValue(name.as_str()),
            Self::List(items) => View::List(items),
            Self::Object(fields) => View::Object(fields.iter().collect()),
            Self::Variable(_) | Self::Binary(_) => View::Other,
        }
    }
}

impl Literal for ConstValue {
    fn view(&self) -> View<'_, Self> {
        match self {
            Self::Null => View::Null,
            Self::Number(number) => View::Number(number),
            Self::String(text) => View::Text(text),
            Self::Boolean(value) => View::Boolean(*value),
            Self::Enum(name) => View::EnumValue(name.as_str()),
            Self::List(items) => View::List(items),
            Self::Object(fields) => View::Object(fields.iter().collect()),
            Self::Binary(_) => View::Other,
        }
    }
}

/// The first error of a value, as a message that begins with its place below `path`; `None` if the
/// value is valid. `path` is the same afterwards. Linear in the value.
pub fn check<V: Literal>(
    types: &Types,
    ty: &Type,
    value: &V,
    path: &mut Vec<String>,
) -> Option<String> {
    let view = value.view();
    match (&view, &ty.base) {
        (View::Other, _) => None,
        (View::Null, _) if ty.nullable => None,
        (View::Null, _) => Some(mismatch(types, ty, path, "null")),
        (View::List(items), BaseType::List(item_type)) => {
            items.iter().enumerate().find_map(|(at, item)| {
                within(path, at.to_string(), |path| check(types, item_type, item, path))
            })
        }
        // A single value is coerced to a list of one.
        (_, BaseType::List(item_type)) => check(types, item_type, value, path),
        (_, BaseType::Named(name)) => match types.get(name.as_str()) {
            Some(Shape::Enum(values)) => check_enum(types, ty, values, &view, path),
            Some(Shape::Input { fields, is_one_of }) => match view {
                View::Object(given) => {
                    check_object(types, name.as_str(), fields, *is_one_of, &given, path)
                }
                other => Some(mismatch(types, ty, path, &describe(&other, path))),
            },
            _ if is_scalar(name.as_str(), &view) => None,
            _ => Some(mismatch(types, ty, path, &describe(&view, path))),
        },
    }
}

fn within<T>(
    path: &mut Vec<String>,
    segment: String,
    run: impl FnOnce(&mut Vec<String>) -> T,
) -> T {
    path.push(segment);
    let result = run(path);
    path.pop();
    result
}

fn check_enum<V>(
    types: &Types,
    ty: &Type,
    values: &[String],
    view: &View<'_, V>,
    path: &[String],
) -> Option<String> {
    let word = match view {
        View::EnumValue(word) | View::Text(word) => *word,
        other => return Some(mismatch(types, ty, path, &describe(other, path))),
    };
    if values.iter().any(|value| value == word) {
        return None;
    }
    let hint = did_you_mean(word, values.iter().map(String::as_str));
    Some(format!("{}.{hint}", mismatch(types, ty, path, &describe(view, path))))
}

fn check_object<V: Literal>(
    types: &Types,
    name: &str,
    fields: &[InputField],
    is_one_of: bool,
    given: &[(&Name, &V)],
    path: &mut Vec<String>,
) -> Option<String> {
    for (key, value) in given {
        let Some(field) = fields.iter().find(|field| field.name == key.as_str()) else {
            let shown: String = key.chars().take(MAX_SHOWN).collect();
            let hint = did_you_mean(key, fields.iter().map(|field| field.name.as_str()));
            let place = path.join(".");
            return Some(format!("{place}: {name} has no field \"{shown}\".{hint}"));
        };
        let wrong = within(path, field.name.clone(), |path| check(types, &field.ty, *value, path));
        if wrong.is_some() {
            return wrong;
        }
    }
    let is_given = |field: &&InputField| given.iter().any(|(key, _)| key.as_str() == field.name);
    if let Some(missing) = fields.iter().find(|field| field.is_required() && !is_given(field)) {
        let allowed = allowed(types, &missing.ty);
        let place = within(path, missing.name.clone(), |path| path.join("."));
        return Some(format!("{place}: missing; allowed is {allowed}"));
    }
    let is_one = given.len() == 1 && !matches!(given[0].1.view(), View::Null);
    if is_one_of && !is_one {
        let names: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
        let found =
            if given.len() == 1 { "null".to_owned() } else { format!("{} fields", given.len()) };
        let place = path.join(".");
        return Some(format!(
            "{place}: found {found}; allowed is exactly one of {}",
            names.join(", ")
        ));
    }
    None
}

fn mismatch(types: &Types, ty: &Type, path: &[String], found: &str) -> String {
    format!("{}: found {found}; allowed is {}", path.join("."), allowed(types, ty))
}

/// A value as shown in a message. Passwords are replaced by their kind.
fn describe<V>(view: &View<'_, V>, path: &[String]) -> String {
    let is_secret = path.iter().any(|segment| segment.to_ascii_lowercase().contains("password"));
    let excerpt = |text: &str| {
        let more = if text.chars().nth(MAX_SHOWN).is_some() { "…" } else { "" };
        format!("{}{more}", text.chars().take(MAX_SHOWN).collect::<String>())
    };
    match view {
        View::Null => "null".to_owned(),
        View::Number(_) if is_secret => "a number".to_owned(),
        View::Number(number) => excerpt(&number.to_string()),
        View::Text(_) if is_secret => "text".to_owned(),
        View::Text(text) => format!("{:?}", excerpt(text)),
        View::Boolean(value) => value.to_string(),
        View::EnumValue(_) if is_secret => "a name".to_owned(),
        View::EnumValue(word) => excerpt(word),
        View::List(_) => "a list".to_owned(),
        View::Object(_) => "an object".to_owned(),
        View::Other => "another kind of value".to_owned(),
    }
}

/// The values that a type allows, in words, followed by the type.
pub fn allowed(types: &Types, ty: &Type) -> String {
    let name = named_type(ty);
    let words = match name {
        "ID" => "text or a whole number".to_owned(),
        "String" => "text".to_owned(),
        "Int" => "a whole number".to_owned(),
        "Float" => "a number".to_owned(),
        "Boolean" => "true or false".to_owned(),
        "DateTime" => "an RFC 3339 date-time, for example 1999-10-15T20:00:00Z".to_owned(),
        _ => match (scalars::allowed(name), types.get(name)) {
            (Some(words), _) => words.to_owned(),
            (None, Some(Shape::Enum(values))) if values.len() <= MAX_LISTED => {
                format!("one of {}", values.join(", "))
            }
            (None, Some(Shape::Enum(_))) => "a value of this enum".to_owned(),
            (None, Some(Shape::Input { .. })) => "an object".to_owned(),
            _ => "a value".to_owned(),
        },
    };
    let words = if super::types::is_list(ty) { format!("a list of {words}") } else { words };
    format!("{words} ({ty})")
}

/// Whether the scalar with this name allows the value. An unknown scalar allows any value.
fn is_scalar<V>(name: &str, view: &View<'_, V>) -> bool {
    match (name, view) {
        ("ID" | "String", View::Text(_))
        | ("Boolean", View::Boolean(_))
        | ("Float", View::Number(_)) => true,
        ("ID" | "Int", View::Number(number)) => number.is_i64(),
        ("DateTime", View::Text(text)) => text.parse::<DateTime<Utc>>().is_ok(),
        ("ID" | "String" | "Boolean" | "Int" | "Float" | "DateTime", _) => false,
        (name, View::Text(text)) => scalars::accepts_text(name, text),
        (name, View::Number(number)) => scalars::accepts_number(name, number),
        (name, _) => scalars::allowed(name).is_none(),
    }
}
