//! Small JSON bodies: an object with a few text fields.

use axum::extract::Request;
use http_body::Body as _;
use serde_json::Value;

use super::{is_json, read_body, unsupported_media_type};
use crate::document::problem::{excerpt, pointer};
use crate::document::text::suggest::did_you_mean;
use crate::document::{Object, Problem, ProblemCode};
use crate::http::problem::ProblemDetails;

/// Maximum size of a body, in bytes.
const MAX_BODY: usize = 64 * 1024;

/// Reads a body with the text fields `names`, and returns their values in that order. All fields
/// are required, and there are no others. Messages never contain values, since a value may be a
/// password.
///
/// # Errors
/// 415 if the body is not sent as JSON, 400 if it is not JSON, 422 if a field is missing, unknown
/// or not text.
pub(super) async fn read_text_fields<const N: usize>(
    request: Request,
    names: [&str; N],
) -> Result<[String; N], ProblemDetails> {
    Ok(read_fields(request, names, &[]).await?.0)
}

/// Reads a body with the required text fields `names` and the fields `optional`, and returns the
/// values of the former in that order, and the whole object. Otherwise like [`read_text_fields`].
///
/// # Errors
/// As [`read_text_fields`].
pub(super) async fn read_fields<const N: usize>(
    request: Request,
    names: [&str; N],
    optional: &[&str],
) -> Result<([String; N], Object), ProblemDetails> {
    fields_of(read_json(request).await?, names, optional)
}

/// Reads a body that has only optional fields. It may also be empty or null.
///
/// # Errors
/// As [`read_text_fields`].
pub(super) async fn read_optional_fields(
    request: Request,
    optional: &[&str],
) -> Result<Object, ProblemDetails> {
    if request.body().is_end_stream() {
        return Ok(Object::new());
    }
    match read_json(request).await? {
        Value::Null => Ok(Object::new()),
        value => fields_of(value, [], optional).map(|([], object)| object),
    }
}

async fn read_json(request: Request) -> Result<Value, ProblemDetails> {
    if !is_json(request.headers()) {
        return Err(unsupported_media_type());
    }
    let bytes = read_body(request.into_body(), MAX_BODY).await?;
    serde_json::from_slice(&bytes).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let detail = format!("the body is not JSON: invalid at line {line}, column {column}");
        ProblemDetails::bad_request(detail)
    })
}

fn fields_of<const N: usize>(
    value: Value,
    names: [&str; N],
    optional: &[&str],
) -> Result<([String; N], Object), ProblemDetails> {
    let Value::Object(object) = value else {
        let with =
            if names.is_empty() { String::new() } else { format!(" with {}", names.join(" and ")) };
        let message = format!("found {}; allowed is an object{with}", json_type(&value));
        let problem = Problem::new("", ProblemCode::TypeMismatch, message);
        return Err(ProblemDetails::from_problems(vec![problem]));
    };
    let mut problems: Vec<Problem> =
        names.iter().filter_map(|name| check_field(name, &names, &object)).collect();
    let known = || names.iter().chain(optional).copied();
    let unknown = object.keys().filter(|key| !known().any(|name| name == key.as_str()));
    // A key that is meant as a missing field is part of the message about that field.
    if problems.is_empty() {
        problems.extend(unknown.map(|key| unknown_field(key, known())));
    }
    if !problems.is_empty() {
        return Err(ProblemDetails::from_problems(problems));
    }
    let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok((names.map(text), object))
}

/// The optional field `name`, read by `read`. Absent and null are the same.
///
/// # Errors
/// 422 if `read` returns `None`; the message has `allowed`, but not the value.
pub(super) fn optional<T>(
    object: &Object,
    name: &str,
    allowed: &str,
    read: impl FnOnce(&Value) -> Option<T>,
) -> Result<Option<T>, ProblemDetails> {
    let Some(value) = object.get(name).filter(|value| !value.is_null()) else { return Ok(None) };
    let Some(read) = read(value) else {
        let message = format!("{name}: found another value; allowed is {allowed}");
        let problem = Problem::new(format!("/{name}"), ProblemCode::Invalid, message);
        return Err(ProblemDetails::from_problems(vec![problem]));
    };
    Ok(Some(read))
}

/// The refusal of a body without the text field `name`.
pub(super) fn missing(object: &Object, name: &str) -> ProblemDetails {
    ProblemDetails::from_problems(check_field(name, &[name], object).into_iter().collect())
}

/// Checks one field.
fn check_field(name: &str, names: &[&str], object: &Object) -> Option<Problem> {
    let path = format!("/{name}");
    match object.get(name) {
        Some(Value::String(_)) => None,
        Some(other) => {
            let message = format!("{name}: found {}; allowed is text", json_type(other));
            Some(Problem::new(path, ProblemCode::TypeMismatch, message))
        }
        None => {
            let mut unknown = object.keys().filter(|key| !names.contains(&key.as_str()));
            let misspelled = unknown.find_map(|key| {
                let suggestion = did_you_mean(key, [name]);
                let found = excerpt(key);
                (!suggestion.is_empty()).then(|| format!("; found {found:?}{suggestion}"))
            });
            let message =
                format!("{name} is missing; allowed is text{}", misspelled.unwrap_or_default());
            Some(Problem::new(path, ProblemCode::Required, message))
        }
    }
}

/// The refusal of an unknown field: ignoring a misspelled limit would grant more than was meant.
fn unknown_field<'a>(key: &str, known: impl Iterator<Item = &'a str> + Clone) -> Problem {
    let suggestion = did_you_mean(key, known.clone());
    let allowed = known.collect::<Vec<_>>().join(", ");
    let allowed = if allowed.is_empty() { "an empty object".to_owned() } else { allowed };
    let found = excerpt(key);
    let message = format!("found the unknown field {found:?}{suggestion}; allowed is {allowed}");
    Problem::new(pointer("", key), ProblemCode::UnknownField, message)
}

fn json_type(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
