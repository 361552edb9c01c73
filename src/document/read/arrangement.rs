//! Normalises what was sent into an envelope and its data: renames keys and moves the data to where
//! it belongs.

use serde_json::Value;

use super::by_category::select_category;
use super::change_lists;
use super::envelope_keys::key_of;
use super::expected::Expected;
use super::parse::field_by_name;
use super::without_envelope::{self, category_by_name};
use crate::document::categories::Category;
use crate::document::ids::MovieId;
use crate::document::problem::{Problem, Warning, WarningCode};
use crate::document::schema::definition::Object;

/// Splits the sent value into an envelope and its data.
pub(in crate::document) fn arrange(
    mut value: Value,
    expected: Expected<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<(Object, Option<Value>), Problem> {
    if let Value::Object(object) = &mut value {
        rename_keys(object, &["category", "movie_id", "version", "data", "metadata"], warnings);
    }
    let mut envelope = without_envelope::with_envelope(value, expected, warnings)?;
    let data = read_data(&mut envelope, expected, warnings)?;
    Ok((envelope, data))
}

/// The data of `value` as a document of `category`, under the names of its fields; `None` if the
/// value cannot be read as one.
pub(in crate::document) fn data_for(value: Value, category: Category) -> Option<Object> {
    let expected = Expected { category: Some(category), movie: None };
    let (_, data) = arrange(value, expected, &mut Vec::new()).ok()?;
    let Value::Object(data) = data.unwrap_or_else(|| Value::Object(Object::new())) else {
        return None;
    };
    let fields = category.definition().fields;
    let name = |key: String| {
        let field = field_by_name(fields, &key);
        field.map_or(key, |field| field.name.to_owned())
    };
    Some(data.into_iter().map(|(key, value)| (name(key), value)).collect())
}

/// Takes the data out of the envelope and normalises its form.
fn read_data(
    envelope: &mut Object,
    expected: Expected<'_>,
    warnings: &mut Vec<Warning>,
) -> Result<Option<Value>, Problem> {
    let wrapped = envelope.remove("data");
    if let Some(data) = wrapped.map(|data| unwrap_nested_data(data, envelope, warnings)) {
        envelope.insert("data".to_owned(), data);
    }
    let named = envelope.get("category").and_then(Value::as_str).and_then(category_by_name);
    let mut category = expected.category.or(named);
    if let Some(Value::Object(data)) = envelope.get_mut("data")
        && let Some(found) = select_category(data, category, warnings)?
    {
        category = Some(found);
        if envelope.get("category").is_none_or(Value::is_null) {
            envelope.insert("category".to_owned(), Value::from(found.as_str()));
        }
    }
    let Some(category) = category else { return Ok(envelope.remove("data")) };
    without_envelope::take_fields_beside(envelope, category, warnings);
    Ok(match envelope.remove("data") {
        Some(Value::Array(list)) if !list.is_empty() => Some(
            without_envelope::list_to_data(list, category, warnings).unwrap_or_else(Value::Array),
        ),
        Some(Value::Object(mut data)) => {
            change_lists::apply(&mut data, category, warnings)?;
            change_lists::take_new_items(None, &mut data, category, warnings)?;
            change_lists::take_new_items(Some(envelope), &mut data, category, warnings)?;
            Some(Value::Object(data))
        }
        other => other,
    })
}

/// Warns of keys that the envelope lacks and the request supplies.
pub(in crate::document) fn warn_missing_keys(
    envelope: &Object,
    category: Category,
    movie: &MovieId,
    warnings: &mut Vec<Warning>,
) {
    let is_said = |warning: &Warning| {
        warning.code == WarningCode::EnvelopeMissing && !warning.message.starts_with('"')
    };
    let lacks = |key: &&str| envelope.get(*key).is_none_or(Value::is_null);
    let lacking: Vec<&str> = ["category", "movie_id"].into_iter().filter(lacks).collect();
    if lacking.is_empty() || warnings.iter().any(is_said) {
        return;
    }
    let lacking = lacking.iter().map(|key| format!("{key:?}")).collect::<Vec<_>>().join(" and ");
    let message = format!(
        "the envelope has no {lacking}; the document was read as {category} of {movie}, as \
         requested"
    );
    warnings.push(without_envelope::envelope_missing(message));
}

/// Renames keys in another case (`movieId`) or language to the names in `names`.
pub(in crate::document) fn rename_keys(
    object: &mut Object,
    names: &[&str],
    warnings: &mut Vec<Warning>,
) {
    for name in names.iter().filter(|name| !object.contains_key(**name)).collect::<Vec<_>>() {
        let Some(key) = key_of(object, name).map(str::to_owned) else { continue };
        if let Some(value) = object.remove(&key) {
            object.insert((*name).to_owned(), value);
            warnings.push(Warning::new(
                "",
                WarningCode::FieldRenamed,
                format!("{key:?} was read as {name:?}"),
            ));
        }
    }
}

/// Unwraps data nested in another `data`, alone or in an inner envelope with the same metadata as
/// the outer one.
fn unwrap_nested_data(data: Value, envelope: &Object, warnings: &mut Vec<Warning>) -> Value {
    let agrees = |(key, value): (&String, &Value)| match key.as_str() {
        "data" => value.is_object(),
        "metadata" | "exported_at" => true,
        "category" | "movie_id" | "version" => envelope.get(key) == Some(value),
        _ => false,
    };
    match data {
        Value::Object(mut outer) if outer.contains_key("data") && outer.iter().all(agrees) => {
            let message = "\"data\" was nested in another \"data\"; paths are relative to the \
                           inner one";
            warnings.push(Warning::new("", WarningCode::SyntaxRepaired, message));
            outer.remove("data").unwrap_or_default()
        }
        data => data,
    }
}
