//! Problems and warnings: why a request is refused, and what was repaired or ignored.
//!
//! The types of the GraphQL schema and of the OpenAPI document are derived from these, with their
//! comments as descriptions.

use async_graphql::{Enum, SimpleObject};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Something that is wrong with the input of a request or its target.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = DocumentError)]
pub struct Problem {
    /// JSON Pointer (RFC 6901) to the value, in the data of the document with keys in snake_case,
    /// for example /events/0/date, or in a mutation's input; empty for the whole.
    pub path: String,
    /// The kind of error, for programs.
    pub code: ProblemCode,
    /// What was found and what is allowed, in English, for people.
    pub message: String,
    // Clients see it as the field of a user error.
    /// The option of the request that is wrong, in snake_case; `None` if it is not an option.
    #[serde(skip)]
    #[schema(ignore)]
    pub option: Option<&'static str>,
}

impl Problem {
    #[must_use]
    pub fn new(path: impl Into<String>, code: ProblemCode, message: impl Into<String>) -> Self {
        Self { path: path.into(), code, message: message.into(), option: None }
    }

    /// A problem with an option of the request. `option` is its name in snake_case.
    #[must_use]
    pub fn of_option(option: &'static str, code: ProblemCode, message: impl Into<String>) -> Self {
        Self { option: Some(option), ..Self::new("", code, message) }
    }
}

/// The kind of a user error. Clients can branch on it; the message is for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Enum, ToSchema)]
#[graphql(name = "UserErrorCode")]
#[schema(as = DocumentErrorCode)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ProblemCode {
    /// The movie, or another object that the request names, does not exist.
    NotFound,
    /// An object with this id or name exists already.
    AlreadyExists,
    /// The text could not be read as a JSON document, and could not be repaired.
    Unreadable,
    /// The document's `version` is not supported. Supported are versions 1.x.
    UnsupportedVersion,
    /// The document belongs to another category than the request names, or to no known category.
    CategoryMismatch,
    /// The document belongs to another movie than the request names, or names no movie.
    MovieMismatch,
    /// A required value is missing.
    Required,
    /// The value has the wrong type, for example a number where a list is expected.
    TypeMismatch,
    /// The value has the right type but an invalid format or content.
    Invalid,
    /// The number is below the minimum or above the maximum.
    OutOfRange,
    /// The text has too many characters, or the list too many items.
    TooLong,
    /// The key is not a field of the document. An error only if `strict` is set, else a warning.
    UnknownField,
    /// None of the keys in the document's data is a field of its category.
    NothingRead,
    /// The name matches several entities (people, ceremonies, platforms or genres) and could not be
    /// resolved to one of them. Send an id or a resolution.
    AmbiguousMatch,
    /// Since the document was exported, it and the catalogue changed the same value differently; or
    /// other writers changed the document at the same time. Nothing was written.
    Conflict,
    /// REPLACE would remove something, but the revision that the document is based on is unknown.
    /// Send `baseRevision`, or `metadata.revision` in the file.
    BaseRequired,
    /// The current plan differs from the expected one. The response contains the current plan.
    PlanStale,
    /// The value is locked. Only a manual edit with `overrideLocks` can change it.
    Locked,
    /// The document has no draft.
    NoDraft,
    /// The idempotency key was used before with a different request.
    IdempotencyMismatch,
}

impl ProblemCode {
    /// The code as clients see it, for example `NOT_FOUND`.
    #[must_use]
    pub fn name(self) -> String {
        let name = serde_json::to_value(self).ok();
        name.as_ref().and_then(|name| name.as_str()).unwrap_or_default().to_owned()
    }
}

/// A part of the document that was corrected or ignored, or may be a mistake. Warnings do not stop
/// an import.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, SimpleObject, ToSchema)]
#[graphql(name = "PlanWarning")]
#[schema(as = PlanWarning)]
pub struct Warning {
    /// JSON Pointer (RFC 6901) to the value in the document's data; empty for the whole document.
    pub path: String,
    /// The kind of warning, for programs.
    pub code: WarningCode,
    /// What was found and how it was read, in English, for people.
    pub message: String,
}

impl Warning {
    #[must_use]
    pub fn new(path: impl Into<String>, code: WarningCode, message: impl Into<String>) -> Self {
        Self { path: path.into(), code, message: message.into() }
    }
}

/// The kind of a warning. Clients can branch on it; the message is for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, Enum, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum WarningCode {
    /// The key is not a field of the document; its value was not stored.
    UnknownField,
    /// The key is an older or alternative name of a field, and was read as that field.
    FieldRenamed,
    /// The value was converted, for example "139" to 139. "" and "N/A" are read as no value, and an
    /// id such as "null" or 0 as no id.
    ValueRepaired,
    /// The text contains citation marks, Markdown, HTML or invisible characters. It was kept as
    /// sent, or cleaned if the request asked for that.
    MarkupInText,
    /// The document contains null for a field that has a value; the stored value was kept.
    NullIgnored,
    /// The id does not exist. An item with an unknown id was aligned by its natural key, or added
    /// as new. The unknown id of a person, ceremony or platform was ignored, and the name was
    /// looked up, if the id is a bare number or was written by a language model.
    UnknownId,
    /// The name matches several entities, or one entity with too low a score. A nominee is stored
    /// as text, without an id; in a draft, the name stays open until it is resolved.
    AmbiguousMatch,
    /// A new entity was created although an existing one has nearly the same name, or an item was
    /// added that is equal or nearly equal to another one.
    PossibleDuplicate,
    /// The id belongs to an entity that has a different name. From a trusted source, the id was
    /// used and the entity was not renamed. From other sources, the id was ignored and the name was
    /// looked up.
    NameOfAnother,
    /// One text contains several people or several jobs. The message says how it was read.
    SeveralInOne,
    /// The revision that the document is based on does not exist here, so conflicts with later
    /// changes cannot be detected.
    UnknownBase,
    /// The item was removed from the catalogue after the document was exported. The document did
    /// not change it, so it stays removed.
    RemovedSince,
    /// The text was not valid JSON and was repaired, for example by removing a trailing comma.
    SyntaxRepaired,
    /// The envelope is missing or incomplete: the text is only the data, its list, or one item. The
    /// movie and the category were taken from the request.
    EnvelopeMissing,
    /// An object contains the same key twice; the last value was used.
    DuplicateKey,
    /// The text contains a mark such as "..." for content that was left out. Nothing was removed
    /// because it is missing from the text.
    Elided,
    /// A locked value was changed, because `overrideLocks` is set.
    Locked,
    /// A resolution was not used, because the name came with an id or was resolved already.
    ResolutionUnused,
    /// The document is that of a movie which the reverted job created. The movie was not deleted.
    MovieKept,
}

/// Appends a key to a JSON Pointer, escaped according to RFC 6901.
#[must_use]
pub fn pointer(parent: &str, token: &str) -> String {
    if token.contains(['~', '/']) {
        format!("{parent}/{}", token.replace('~', "~0").replace('/', "~1"))
    } else {
        format!("{parent}/{token}")
    }
}

/// Appends an index to a JSON Pointer.
#[must_use]
pub fn pointer_at(parent: &str, index: usize) -> String {
    format!("{parent}/{index}")
}

/// The first 60 characters of a text, for use in a message.
#[must_use]
pub fn excerpt(text: &str) -> String {
    text.chars().take(60).collect()
}

/// Formats a value for use in a message: on one line and at most 60 characters long.
#[must_use]
pub fn shown(value: &serde_json::Value) -> String {
    let text = match value {
        serde_json::Value::Array(items) => return format!("a list of {}", items.len()),
        serde_json::Value::Object(_) => return "an object".to_owned(),
        other => other.to_string(),
    };
    if text.chars().count() <= 60 {
        return text;
    }
    let start: String = text.chars().take(57).collect();
    format!("{start}…")
}
