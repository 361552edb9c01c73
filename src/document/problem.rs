//! What can be wrong with a document, and what was put right while reading it.

use serde::{Deserialize, Serialize};

/// One thing that is wrong with what was sent, or with where it should go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// JSON Pointer (RFC 6901) into `data`, `snake_case`; empty for the document as a whole.
    pub path: String,
    pub code: ProblemCode,
    /// What was found and what is allowed.
    pub message: String,
}

impl Problem {
    #[must_use]
    pub fn new(path: impl Into<String>, code: ProblemCode, message: impl Into<String>) -> Self {
        Self { path: path.into(), code, message: message.into() }
    }
}

/// What kind of thing is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, async_graphql::Enum)]
#[graphql(name = "UserErrorCode")]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ProblemCode {
    /// There is no such movie, or no such thing in it.
    NotFound,
    /// There is one already.
    AlreadyExists,
    /// The text is no JSON document.
    Unreadable,
    /// The document's `version` is not 1.x.
    UnsupportedVersion,
    /// The document is of another category than was asked for, or of none.
    CategoryMismatch,
    /// The document is of another movie than was asked for, or of none.
    MovieMismatch,
    /// A value that must be there is missing.
    Required,
    /// The value is of another type: a number where a list belongs.
    TypeMismatch,
    /// The value is of the right type and breaks a rule of form.
    Invalid,
    /// The number is too small or too large.
    OutOfRange,
    /// The text or the list is too long.
    TooLong,
    /// The key is not part of the document (an error with `strict` only).
    UnknownField,
    /// The document's data has keys, and none of them is a field of its category.
    NothingRead,
    /// A name fits several people (or ceremonies, platforms, genres), and which is meant cannot be told.
    AmbiguousMatch,
    /// The document and the catalogue have changed the same value differently since the document was
    /// made; or others kept changing the document at the same moment. Nothing was written.
    Conflict,
    /// REPLACE would remove something, and the revision that the document was made from is not known.
    BaseRequired,
    /// The plan that was expected no longer holds; the answer has the new one.
    PlanStale,
    /// The value is locked. Changing it takes a person's own edit and `overrideLocks`.
    Locked,
    /// There is no draft of this document.
    NoDraft,
    /// The idempotency key was used with another request.
    IdempotencyMismatch,
}

/// Something that was read although it was not as it should be, or that was left alone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Warning {
    /// JSON Pointer (RFC 6901) into `data`, `snake_case`; empty for the document as a whole.
    pub path: String,
    pub code: WarningCode,
    /// What was found and what was made of it.
    pub message: String,
}

impl Warning {
    #[must_use]
    pub fn new(path: impl Into<String>, code: WarningCode, message: impl Into<String>) -> Self {
        Self { path: path.into(), code, message: message.into() }
    }
}

/// What kind of thing was put right or left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, async_graphql::Enum)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum WarningCode {
    /// The key is not part of the document; its value was not stored.
    UnknownField,
    /// The key is an older or foreign spelling of the named field.
    FieldRenamed,
    /// The value was read in another form than it was sent; "" and "N/A" as nothing, and an id
    /// such as "null" or 0 as no id.
    ValueRepaired,
    /// The text holds marks that do not belong in it: citations, Markdown, HTML, invisible characters.
    /// It was kept as sent, or cleaned where that was asked for.
    MarkupInText,
    /// Null was sent for something that has a value; the value was kept.
    NullIgnored,
    /// The id names no item of this document; the item was recognised by its key, or is new. Of an
    /// entity: the id is a bare number, or comes from a language model, and is not known to be its
    /// id; the name was looked up.
    UnknownId,
    /// A name fits several, or one who may as well be somebody else. A nominee is stored as text, without an
    /// id; in a draft it waits as an open question.
    AmbiguousMatch,
    /// Nobody has that name, and somebody has nearly the same; a new entity was made. Or an item
    /// was added that is nearly the same as one that is there.
    PossibleDuplicate,
    /// The id is that of an entity, and the name beside it is no form of any of its names. From a
    /// trusted source the id was taken, and nothing was renamed; else it was read as no id, and the
    /// name was looked up.
    NameOfAnother,
    /// One text names several people, or several jobs. The message says how it was read.
    SeveralInOne,
    /// The revision that the document says it was made from is not known here, so what changed since
    /// then cannot be told.
    UnknownBase,
    /// The item was removed since the document was made, and the document did not change it; it stays
    /// removed.
    RemovedSince,
    /// The text was not JSON as it should be, and was read as what it was clearly meant to be.
    SyntaxRepaired,
    /// The text is the data alone, its list or one item of it, or the envelope is not whole. The movie and
    /// the category are those that the request names.
    EnvelopeMissing,
    /// A key stands twice in an object; the later one was taken.
    DuplicateKey,
    /// The text says itself that something was left out of it ("..."). What it lacks was not removed.
    Elided,
    /// A locked value was changed, as the options say.
    Locked,
    /// A resolution was not used: the name came with an id, or who it is was known already.
    ResolutionUnused,
}

/// Appends a key or index to a JSON Pointer, escaped as RFC 6901 asks.
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

/// The start of a text that was found, as messages show it.
#[must_use]
pub fn excerpt(text: &str) -> String {
    text.chars().take(60).collect()
}

/// A value as it is shown in a message: short, and never more than one line.
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
