//! Reads documents with a missing or partial envelope: the data alone, its list, one item of it,
//! fields at the top level of the envelope, several categories in one object.
//!
//! They are read only if the request names the movie and the category, and the reading is
//! unambiguous.

use serde_json::Value;

use super::change_lists;
use super::envelope_keys::is_non_content_key;
use super::expected::Expected;
use super::list_by_items::{items_of, list_of};
use super::parse::{accepts_key, has_name};
use crate::document::categories::{Category, Definition};
use crate::document::problem::{Problem, ProblemCode, Warning, WarningCode, excerpt, shown};
use crate::document::schema::definition::{Field, Object};
use crate::document::schema::example::{data_example, example};
use crate::document::text::{key_letters, quoted};

/// The shape of a value without an envelope, as part of a category's document.
#[derive(Debug, Clone, Copy)]
pub(in crate::document) enum Shape {
    /// The data, or some of its fields.
    Data,
    /// The items of that list.
    List(&'static Field),
    /// One item of that list.
    Item(&'static Field),
    Unknown,
}

/// The shape of a value in a document of that category. `label` is the name before the value.
pub(in crate::document) fn shape_of(
    value: &Value,
    category: Category,
    label: Option<&str>,
) -> Shape {
    let definition = category.definition();
    match value {
        Value::Object(object)
            if has_field(object, definition) || change_lists::has_changes(object) =>
        {
            Shape::Data
        }
        Value::Object(_) => list_of(std::slice::from_ref(value), definition, label)
            .map_or(Shape::Unknown, Shape::Item),
        Value::Array(list) => list_of(list, definition, label).map_or(Shape::Unknown, Shape::List),
        _ => Shape::Unknown,
    }
}

/// Whether an object has a field of the document itself.
pub(in crate::document) fn has_field(object: &Object, definition: &Definition) -> bool {
    definition.fields.iter().any(|field| object.keys().any(|key| accepts_key(field, key)))
}

/// The only category other than `but` that has the fields of an object.
pub(in crate::document) fn other_category(
    value: &Value,
    but: Option<Category>,
) -> Option<Category> {
    let object = value.as_object()?;
    let others = Category::ALL.iter().copied().filter(|category| Some(*category) != but);
    let mut fitting = others.filter(|category| {
        let fields = category.definition().fields.iter();
        let known = fields.filter(|field| object.keys().any(|key| has_name(field, key)));
        known.clone().any(|field| field.rule.kind.is_list()) || known.count() >= 2
    });
    fitting.next().filter(|_| fitting.next().is_none())
}

/// Adds an envelope to what was sent. Missing parts of the envelope stay missing.
///
/// # Errors
/// The value cannot be the content of an envelope.
pub(in crate::document) fn with_envelope(
    value: Value,
    expected: Expected<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<Object, Problem> {
    let object = match value {
        Value::Object(object) => object,
        Value::Array(list) => return envelope_for_list(list, expected, warnings),
        other => return Err(no_envelope_problem(&other, expected)),
    };
    let has = |name| object.get(name).is_some_and(|value: &Value| !value.is_null());
    if has("data") && has("category") && has("movie_id") {
        return Ok(object);
    }
    if change_lists::is_json_patch(&object) {
        return Err(json_patch_problem(expected));
    }
    let named = object.get("category").and_then(Value::as_str).and_then(category_by_name);
    let category = expected.category.or(named);
    if !object.contains_key("data")
        && let Some(category) = expected.category
        && let Some(envelope) = envelope_for_item(&object, category, warnings)
    {
        return Ok(envelope);
    }
    if has("data") {
        return Ok(object);
    }
    let is_bare = !object.contains_key("movie_id") && named.is_none();
    let (mut envelope, rest) = split_envelope_keys(object, category);
    if rest.is_empty() {
        return Ok(envelope);
    }
    let found = if is_bare { "the envelope is missing" } else { "\"data\" is missing" };
    warnings.push(envelope_missing(format!(
        "{found}; the top-level keys were read as the data{}",
        describe_expected(expected)
    )));
    envelope.insert("data".to_owned(), Value::Object(rest));
    Ok(envelope)
}

/// The part of a warning that describes the expected document.
fn describe_expected(expected: Expected<'_>) -> String {
    match (expected.category, expected.movie) {
        (Some(category), Some(movie)) => format!(" of {category} of {movie}"),
        (Some(category), None) => format!(" of {category}"),
        (None, Some(movie)) => format!(" of {movie}"),
        (None, None) => String::new(),
    }
}

pub(in crate::document) fn envelope_missing(message: String) -> Warning {
    Warning::new("", WarningCode::EnvelopeMissing, message)
}

/// The category with that name, in any case.
pub(in crate::document) fn category_by_name(name: &str) -> Option<Category> {
    let letters = key_letters(name);
    Category::ALL.iter().copied().find(|category| key_letters(category.as_str()) == letters)
}

/// Separates the keys of the envelope, and keys that templates and models add, from all other keys.
fn split_envelope_keys(object: Object, category: Option<Category>) -> (Object, Object) {
    let is_field = |key: &str| {
        category.is_some_and(|category| {
            category.definition().fields.iter().any(|field| accepts_key(field, key))
        })
    };
    object.into_iter().partition(|(key, _)| is_non_content_key(key) && !is_field(key))
}

/// Adds an envelope to a list.
fn envelope_for_list(
    list: Vec<Value>,
    expected: Expected<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<Object, Problem> {
    if list.iter().filter_map(Value::as_object).any(change_lists::is_json_patch) {
        return Err(json_patch_problem(expected));
    }
    let field = expected.category.and_then(|category| list_of(&list, category.definition(), None));
    let Some(field) = field else { return Err(no_envelope_problem(&Value::Array(list), expected)) };
    warnings.push(envelope_missing(format!(
        "the envelope is missing; the list was read as {:?} in the data{}",
        field.name,
        describe_expected(expected)
    )));
    Ok(with_data(data_with_list(field, list)))
}

fn with_data(data: Value) -> Object {
    Object::from_iter([("data".to_owned(), data)])
}

fn data_with_list(field: &Field, list: Vec<Value>) -> Value {
    Value::Object(Object::from_iter([(field.name.to_owned(), Value::Array(list))]))
}

/// Adds an envelope to a single item. Keys of the envelope may be among its fields.
fn envelope_for_item(
    object: &Object,
    category: Category,
    warnings: &mut Vec<Warning>,
) -> Option<Object> {
    let definition = category.definition();
    if has_field(object, definition) {
        return None;
    }
    let names_movie = object.contains_key("movie_id");
    let is_of_envelope = |key: &String| match key.as_str() {
        "movie_id" | "version" | "exported_at" | "metadata" => true,
        // Most items have a category of their own.
        "category" => {
            names_movie
                && object["category"].as_str().is_some_and(|name| category_by_name(name).is_some())
        }
        _ => false,
    };
    let (mut envelope, item): (Object, Object) =
        object.clone().into_iter().partition(|(key, _)| is_of_envelope(key));
    let item = Value::Object(item);
    let field = list_of(std::slice::from_ref(&item), definition, None)?;
    warnings.push(envelope_missing(format!(
        "the envelope is missing; the object was read as one item of {:?} in the data of \
         {category}",
        field.name
    )));
    envelope.insert("data".to_owned(), data_with_list(field, vec![item]));
    Some(envelope)
}

/// Converts a list in place of the data to data.
///
/// # Errors
/// Returns the list if it may belong to several fields or to none.
pub(in crate::document) fn list_to_data(
    list: Vec<Value>,
    category: Category,
    warnings: &mut Vec<Warning>,
) -> Result<Value, Vec<Value>> {
    let Some(field) = list_of(&list, category.definition(), None) else { return Err(list) };
    warnings.push(envelope_missing(format!(
        "\"data\" is a list; it was read as {:?} in the data of {category}",
        field.name
    )));
    Ok(data_with_list(field, list))
}

fn no_envelope_problem(found: &Value, expected: Expected<'_>) -> Problem {
    let form = match expected.category {
        Some(category) => format!(", for example {}", example(category, expected.movie)),
        None => String::new(),
    };
    let message = format!(
        "found {}; allowed is an object with category, movie_id and data{form}",
        shown(found)
    );
    Problem::new("", ProblemCode::TypeMismatch, message)
}

fn json_patch_problem(expected: Expected<'_>) -> Problem {
    let form = expected.category.map_or_else(
        || {
            "the document with the changed values, in an object with category, movie_id and data"
                .to_owned()
        },
        |category| example(category, expected.movie),
    );
    let message = format!(
        "found a JSON Patch (RFC 6902), which is not read; send what changes as a document: {form}"
    );
    Problem::new("", ProblemCode::Unreadable, message)
}

/// Whether `data` has no values: it is missing, null, or has only empty values.
pub(in crate::document) fn has_no_values(data: Option<&Value>) -> bool {
    match data {
        None | Some(Value::Null) => true,
        Some(Value::Object(data)) => data.values().all(|value| match value {
            Value::Null => true,
            Value::Array(list) => list.is_empty(),
            Value::Object(object) => object.is_empty(),
            _ => false,
        }),
        Some(_) => false,
    }
}

/// Moves fields of the category beside empty data into the data.
pub(in crate::document) fn take_fields_beside(
    envelope: &mut Object,
    category: Category,
    warnings: &mut Vec<Warning>,
) {
    if !has_no_values(envelope.get("data")) {
        return;
    }
    let fields = category.definition().fields;
    let is_of_envelope = |key: &str| {
        matches!(key, "category" | "movie_id" | "version" | "data" | "metadata" | "exported_at")
    };
    let is_field = |key: &str, value: &Value| {
        let is_list = value.is_array() || value.is_object();
        (is_list && change_lists::is_change_key(key))
            || fields.iter().any(|field| accepts_key(field, key))
    };
    let beside: Vec<String> = envelope
        .iter()
        .filter(|(key, value)| !is_of_envelope(key) && is_field(key, value))
        .filter(|(_, value)| !has_no_values(Some(value)) && !is_empty(value))
        .map(|(key, _)| key.clone())
        .collect();
    if beside.is_empty() {
        return;
    }
    let mut data = match envelope.remove("data") {
        Some(Value::Object(data)) => data,
        _ => Object::new(),
    };
    for key in beside {
        let Some(value) = envelope.remove(&key) else { continue };
        warnings.push(envelope_missing(format!(
            "{} was beside \"data\" and was read as part of it",
            quoted(&excerpt(&key))
        )));
        data.retain(|known, _| {
            !fields.iter().any(|field| has_name(field, known) && has_name(field, &key))
        });
        data.insert(key, value);
    }
    envelope.insert("data".to_owned(), Value::Object(data));
}

fn is_empty(value: &Value) -> bool {
    value.as_array().is_some_and(Vec::is_empty)
}

/// How to wrap an ambiguous list, for a message.
pub(in crate::document) fn wrapped_form(category: Category) -> String {
    let lists: Vec<&str> = items_of(category.definition()).map(|(field, _)| field.name).collect();
    match lists.len() {
        0 | 1 => format!("for example {}", data_example(category)),
        _ => format!(
            "with the list under one of {}, for example {}",
            lists.join(", "),
            data_example(category)
        ),
    }
}
