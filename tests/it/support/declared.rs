//! Compares replies with `openapi.json`: each status, media type and JSON body that a test gets
//! from an operation of the REST API must be declared.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{LazyLock, Mutex};

use jsonschema::Validator;
use reqwest::Method;
use serde_json::{Value, json};

use super::client::Reply;

/// The committed document.
pub static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
});

/// Bodies with more bytes are not compared with their schema, since that takes long without
/// optimisation.
const MAX_BODY: usize = 32 * 1024;

/// The path template and the operation of a request, if it is declared.
pub fn operation(method: &Method, path: &str) -> Option<(&'static str, &'static Value)> {
    let method = method.as_str().to_ascii_lowercase();
    let matches = |template: &str| {
        let (mut parts, mut segments) = (template.split('/'), path.split('/'));
        loop {
            match (parts.next(), segments.next()) {
                (None, None) => return true,
                (Some(part), Some(segment)) if part == segment => {}
                (Some(part), Some(segment)) if part.starts_with('{') && !segment.is_empty() => {}
                _ => return false,
            }
        }
    };
    let paths = DOCUMENT["paths"].as_object().unwrap();
    // A path without parameters comes first: `export/all` before `export/{category}`.
    let mut candidates: Vec<_> = paths.iter().filter(|(template, _)| matches(template)).collect();
    candidates.sort_by_key(|(template, _)| template.matches('{').count());
    let (template, item) = candidates.first()?;
    Some((template, item.get(&method)?))
}

/// Asserts that the reply to a request is declared, if its operation is.
#[track_caller]
pub fn check(method: &Method, path: &str, reply: &Reply) {
    let Some((template, operation)) = operation(method, path) else { return };
    let place = format!("{method} {template}: {}", reply.status);
    let status = reply.status.to_string();
    let Some(declared) = operation["responses"].get(&status) else {
        panic!("{place} is not declared in openapi.json: {}", reply.text);
    };
    let Some(content) = declared["content"].as_object() else {
        assert!(reply.bytes.is_empty(), "{place} is declared without a body: {}", reply.text);
        return;
    };
    let media_type = reply.header("content-type").split(';').next().unwrap();
    assert!(content.contains_key(media_type), "{place} has the undeclared type {media_type}");
    // A test may ask for a compressed body, which is not decompressed.
    let is_readable = reply.header("content-encoding").is_empty() && method != Method::HEAD;
    let is_json = media_type == "application/json" || media_type.ends_with("+json");
    if is_json && is_readable && reply.bytes.len() <= MAX_BODY {
        check_body(&place, &content[media_type]["schema"], &reply.json());
    }
}

#[track_caller]
fn check_body(place: &str, schema: &Value, body: &Value) {
    static VALIDATORS: LazyLock<Mutex<HashMap<String, &'static Validator>>> =
        LazyLock::new(Mutex::default);
    let validator = *VALIDATORS.lock().unwrap().entry(schema.to_string()).or_insert_with(|| {
        let components = &DOCUMENT["components"];
        let whole = json!({ "allOf": [schema], "components": components });
        Box::leak(Box::new(jsonschema::draft202012::new(&whole).unwrap()))
    });
    let wrong: Vec<String> =
        validator.iter_errors(body).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(wrong.is_empty(), "{place} is not as declared: {wrong:?}: {body}");
}
