//! Reads the manifests that client tools write: a map of ids and texts (graphql-codegen's
//! `persisted-documents.json`, Relay's `persistConfig` file), or the format of Apollo's tools.

use std::path::{Path, PathBuf};

use serde_json::Value;

/// Maximum size of one file, in bytes.
const MAX_FILE: u64 = 64 * 1024 * 1024;
/// Maximum length of an id, in bytes.
const MAX_ID: usize = 200;
/// The value of `format` in the manifests of Apollo's tools.
const APOLLO_FORMAT: &str = "apollo-persisted-query-manifest";

/// A document of a manifest.
pub struct Entry {
    pub id: String,
    pub text: String,
    /// The file that contains it, for messages.
    pub file: PathBuf,
}

/// Why manifests cannot be used: one line that names the file and the document.
#[derive(Debug, thiserror::Error)]
#[error("{place}: {reason}")]
pub struct ManifestError {
    place: String,
    reason: String,
}

impl ManifestError {
    /// An error of a file.
    pub fn of_file(file: &Path, reason: impl Into<String>) -> Self {
        Self { place: file.display().to_string(), reason: reason.into() }
    }

    /// An error of one document.
    pub fn of_document(entry: &Entry, reason: &str) -> Self {
        Self::of_file(&entry.file, format!("document {:?}: {reason}", entry.id))
    }
}

/// Reads all documents of a file or a folder. In a folder, each `*.json` is a manifest and each
/// `*.graphql` a document with the name of its file as its id; folders inside it are not read.
///
/// # Errors
/// When a file cannot be read or is not a manifest.
pub fn read(path: &Path) -> Result<Vec<Entry>, ManifestError> {
    if !path.is_dir() {
        return read_file(path);
    }
    let failed = |error: std::io::Error| ManifestError::of_file(path, error.to_string());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(failed)? {
        let file = entry.map_err(failed)?.path();
        if file.is_file() && (has_extension(&file, "json") || has_extension(&file, "graphql")) {
            files.push(file);
        }
    }
    files.sort();
    let mut entries = Vec::new();
    for file in files {
        entries.extend(read_file(&file)?);
    }
    Ok(entries)
}

fn has_extension(file: &Path, expected: &str) -> bool {
    file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(expected))
}

fn read_file(file: &Path) -> Result<Vec<Entry>, ManifestError> {
    let failed = |reason: String| ManifestError::of_file(file, reason);
    let size = std::fs::metadata(file).map_err(|error| failed(error.to_string()))?.len();
    if size > MAX_FILE {
        return Err(failed(format!("found {} MiB; allowed is {}", size >> 20, MAX_FILE >> 20)));
    }
    let text = std::fs::read_to_string(file).map_err(|error| failed(error.to_string()))?;
    let documents = if has_extension(file, "graphql") {
        let id = file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        vec![(id, text)]
    } else {
        // Editors on Windows may write a byte-order mark.
        let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
        parse(text).map_err(failed)?
    };
    let entries = documents.into_iter().map(|(id, text)| Entry { id, text, file: file.to_owned() });
    let entries: Vec<Entry> = entries.collect();
    match entries.iter().find(|entry| !is_id(&entry.id)) {
        Some(entry) => {
            let allowed = format!("an id has 1 to {MAX_ID} characters of visible ASCII");
            Err(ManifestError::of_document(entry, &allowed))
        }
        None => Ok(entries),
    }
}

fn is_id(id: &str) -> bool {
    (1..=MAX_ID).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The ids and texts of a manifest.
fn parse(text: &str) -> Result<Vec<(String, String)>, String> {
    let manifest: Value = serde_json::from_str(text).map_err(|error| format!("{error}"))?;
    let Value::Object(mut fields) = manifest else {
        return Err("found no JSON object; allowed is a manifest".to_owned());
    };
    if fields.contains_key("format") {
        let operations = fields.remove("operations");
        return parse_apollo(&fields, operations);
    }
    let entries = fields.into_iter().map(|(id, text)| match text {
        Value::String(text) => Ok((id, text)),
        _ => Err(format!("document {id:?}: allowed is the text of a GraphQL document")),
    });
    entries.collect()
}

fn parse_apollo(
    fields: &serde_json::Map<String, Value>,
    operations: Option<Value>,
) -> Result<Vec<(String, String)>, String> {
    let format = &fields["format"];
    if format != APOLLO_FORMAT {
        return Err(format!("format: found {format}; allowed is \"{APOLLO_FORMAT}\""));
    }
    match fields.get("version") {
        Some(version) if *version == 1 => {}
        version => {
            let found = version.map_or_else(|| "nothing".to_owned(), Value::to_string);
            return Err(format!("version: found {found}; allowed is 1"));
        }
    }
    let Some(Value::Array(operations)) = operations else {
        return Err("operations: allowed is a list".to_owned());
    };
    let entries = operations.into_iter().enumerate().map(|(index, mut operation)| {
        let mut take = |name: &str| match operation.get_mut(name).map(Value::take) {
            Some(Value::String(text)) => Ok(text),
            _ => Err(format!("operations[{index}].{name}: allowed is text")),
        };
        Ok((take("id")?, take("body")?))
    });
    entries.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_forms_of_all_tools_are_read() {
        let expected =
            vec![("1a".to_owned(), "{ a }".to_owned()), ("2b".to_owned(), "{ b }".into())];
        let map = r#"{ "1a": "{ a }", "2b": "{ b }" }"#;
        let apollo = r#"{ "format": "apollo-persisted-query-manifest", "version": 1, "operations": [
            { "id": "1a", "body": "{ a }", "name": "A", "type": "query" },
            { "id": "2b", "body": "{ b }", "name": "B", "type": "query", "clientName": "web" }
        ] }"#;
        assert_eq!(parse(map), Ok(expected.clone()));
        assert_eq!(parse(apollo), Ok(expected));
    }

    #[test]
    fn a_file_of_another_form_is_an_error_that_names_the_place() {
        for (text, expected) in [
            ("[]", "found no JSON object; allowed is a manifest"),
            ("{", "EOF while parsing an object at line 1 column 1"),
            (r#"{"a": {}}"#, "document \"a\": allowed is the text of a GraphQL document"),
            (
                r#"{"format": "x"}"#,
                "format: found \"x\"; allowed is \"apollo-persisted-query-manifest\"",
            ),
            (
                r#"{"format": "apollo-persisted-query-manifest", "version": 2}"#,
                "version: found 2; allowed is 1",
            ),
            (
                r#"{"format": "apollo-persisted-query-manifest", "version": 1}"#,
                "operations: allowed is a list",
            ),
            (
                r#"{"format": "apollo-persisted-query-manifest", "version": 1,
                    "operations": [{"id": "a", "text": "{a}"}]}"#,
                "operations[0].body: allowed is text",
            ),
        ] {
            assert_eq!(parse(text), Err(expected.to_owned()), "{text}");
        }
    }

    #[test]
    fn ids_are_visible_ascii_of_limited_length() {
        for id in ["a", "sha256:00ff", "getMovie.v2", &"f".repeat(200)] {
            assert!(is_id(id), "{id}");
        }
        for id in ["", "a b", "a\n", "é", &"f".repeat(201)] {
            assert!(!is_id(id), "{id}");
        }
    }
}
