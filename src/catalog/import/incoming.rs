//! Sent documents and their reading: a text or typed data becomes an incoming document, which can
//! be planned. No I/O.

use bytes::Bytes;
use serde_json::Value;

use crate::document::budget::WorkBudget;
use crate::document::problem::{Warning, WarningCode};
use crate::document::read::envelope::{self, Expected, IncomingEnvelope, SentMetadata};
use crate::document::read::lenient;
use crate::document::read::parse::{ParseOptions, Reading, parse, parse_typed};
use crate::document::{Category, MovieId, Object, Problem, ProblemCode};
use crate::storage::DocumentKey;

/// A document that was read and is not yet planned.
#[derive(Debug)]
pub struct IncomingDocument {
    pub movie: MovieId,
    pub category: Category,
    pub(super) content: Content,
    pub(super) metadata: SentMetadata,
    /// Whether it was sent as typed values instead of text.
    pub(super) is_typed: bool,
    /// The text for the import log, as it was sent.
    pub(super) sent_text: Option<String>,
}

/// The content of an incoming document.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "a document lives for as long as its import")]
pub(in crate::catalog) enum Content {
    /// Values to merge into the stored document.
    Merge(Reading),
    /// The complete data, which replaces the stored document without a merge.
    Exact(Object),
}

impl IncomingDocument {
    /// Reads the text of an envelope.
    ///
    /// # Errors
    /// If the text or its envelope has problems. Problems of the data are reported by the plan.
    pub fn read(
        text: &[u8],
        expected: Expected<'_>,
        options: ParseOptions,
    ) -> Result<Self, Vec<Problem>> {
        let document = Self::from_text(text, expected, None, options, &WorkBudget::unlimited());
        let document = document.map_err(|error| error.problems)?;
        Ok(Self { sent_text: Some(storable_text(text)), ..document })
    }

    /// Reads a text like [`Self::read`], without keeping the text. `stored` is the stored data of
    /// the document, if it was loaded.
    fn from_text(
        text: &[u8],
        expected: Expected<'_>,
        stored: Option<&Object>,
        options: ParseOptions,
        budget: &WorkBudget<'_>,
    ) -> Result<Self, ReadError> {
        let lenient = lenient::read_for(text, expected, stored, budget)?;
        if options.strict {
            // Text that was skipped is a problem, like an unknown key.
            let unread = lenient.warnings.iter();
            let unread = unread.filter(|warning| warning.code == WarningCode::UnknownField);
            let problems: Vec<Problem> = unread
                .map(|warning| Problem::new("", ProblemCode::UnknownField, &*warning.message))
                .collect();
            if !problems.is_empty() {
                return Err(problems.into());
            }
        }
        let envelope = envelope::read(lenient.value, expected, options.strict)?;
        let mut reading = parse(envelope.category.definition(), envelope.data, options);
        reading.warnings.splice(..0, lenient.warnings.into_iter().chain(envelope.warnings));
        reading.elided |= lenient.elided;
        let IncomingEnvelope { movie, category, metadata, .. } = envelope;
        let content = Content::Merge(reading);
        Ok(Self { movie, category, content, metadata, is_typed: false, sent_text: None })
    }

    /// Adds warnings about the text around the document, before all others.
    #[must_use]
    pub fn with_warnings(mut self, warnings: Vec<Warning>) -> Self {
        if let Content::Merge(reading) = &mut self.content {
            reading.warnings.splice(..0, warnings);
        }
        self
    }

    /// Reads typed data without an envelope.
    #[must_use]
    pub fn typed(movie: MovieId, category: Category, data: Value, options: ParseOptions) -> Self {
        let sent_text = Some(storable_text(data.to_string().as_bytes()));
        let content = Content::Merge(parse_typed(category.definition(), data, options));
        Self {
            movie,
            category,
            content,
            metadata: SentMetadata::default(),
            is_typed: true,
            sent_text,
        }
    }

    /// Creates a document from stored data, such as a draft or an earlier revision.
    pub(in crate::catalog) const fn from_catalogue(
        movie: MovieId,
        category: Category,
        content: Content,
        metadata: SentMetadata,
    ) -> Self {
        Self { movie, category, content, metadata, is_typed: false, sent_text: None }
    }

    /// Sets the text for the import log.
    pub(in crate::catalog) fn with_sent_text(self, text: &str) -> Self {
        Self { sent_text: Some(text.to_owned()), ..self }
    }

    /// The text as it was sent, if the document was read from one.
    pub(in crate::catalog) fn sent_text(&self) -> Option<&str> {
        self.sent_text.as_deref()
    }

    /// The movie and the category.
    pub(in crate::catalog) fn key(&self) -> DocumentKey {
        (self.movie.clone(), self.category)
    }
}

/// Why a text could not be read.
#[derive(Debug, Clone)]
pub(super) struct ReadError {
    pub(super) problems: Vec<Problem>,
    /// The category, if its stored document would show which parts of the text are quotations of
    /// it, so that the text can be read.
    pub(super) unresolved: Option<Category>,
}

impl From<Vec<Problem>> for ReadError {
    fn from(problems: Vec<Problem>) -> Self {
        Self { problems, unresolved: None }
    }
}

impl From<lenient::Refusal> for ReadError {
    fn from(refusal: lenient::Refusal) -> Self {
        Self { problems: vec![refusal.problem], unresolved: refusal.unresolved }
    }
}

/// A document as it was sent.
#[derive(Debug, Clone)]
pub enum SentDocument {
    /// Typed data without an envelope.
    Typed { category: Category, data: Value },
    /// The text of an envelope. `category` is the expected category, if the request names one.
    Document { text: Bytes, category: Option<Category> },
}

impl SentDocument {
    /// The approximate size in bytes.
    pub(super) fn approximate_size(&self) -> usize {
        match self {
            Self::Typed { data, .. } => approximate_json_size(data),
            Self::Document { text, .. } => text.len(),
        }
    }

    /// Reads the document. `stored` is its stored data, if it was loaded.
    pub(super) fn read(
        self,
        movie: &MovieId,
        stored: Option<&Object>,
        options: ParseOptions,
        budget: &WorkBudget<'_>,
    ) -> ReadResult {
        match self {
            Self::Typed { category, data } => ReadResult {
                category: Some(category),
                document: Ok(IncomingDocument::typed(movie.clone(), category, data, options)),
            },
            Self::Document { text, category } => {
                let expected = Expected { category, movie: Some(movie) };
                let document =
                    IncomingDocument::from_text(&text, expected, stored, options, budget);
                let sent = into_storable_text(text);
                let document = match document {
                    Ok(document) => Ok(IncomingDocument { sent_text: Some(sent), ..document }),
                    Err(error) => Err((error, sent)),
                };
                ReadResult { category, document }
            }
        }
    }
}

/// The result of reading a sent document.
#[derive(Debug)]
pub(super) struct ReadResult {
    /// The category that the request names.
    pub(super) category: Option<Category>,
    /// The document, or the error and the text as it was sent.
    pub(super) document: Result<IncomingDocument, (ReadError, String)>,
}

impl ReadResult {
    /// The text as it was sent.
    pub(super) fn sent_text(&self) -> &str {
        match &self.document {
            Ok(document) => document.sent_text.as_deref().unwrap_or_default(),
            Err((_, sent)) => sent,
        }
    }
}

/// The approximate number of bytes of a value as JSON.
fn approximate_json_size(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len() + 2,
        Value::Array(items) => {
            2 + items.iter().map(|item| 1 + approximate_json_size(item)).sum::<usize>()
        }
        Value::Object(fields) => {
            let fields =
                fields.iter().map(|(key, value)| key.len() + 4 + approximate_json_size(value));
            2 + fields.sum::<usize>()
        }
        _ => 4,
    }
}

/// Decodes a text to store: U+0000, which `PostgreSQL` cannot store, becomes U+FFFD.
fn storable_text(bytes: &[u8]) -> String {
    let text = lenient::decode_lossy(bytes);
    if text.contains('\0') { text.replace('\0', "\u{FFFD}") } else { text.into_owned() }
}

/// Like [`storable_text`], without copying a text that can be stored as it is.
fn into_storable_text(bytes: Bytes) -> String {
    match String::from_utf8(bytes.into()) {
        Ok(text) if !text.contains('\0') => text,
        Ok(text) => storable_text(text.as_bytes()),
        Err(error) => storable_text(error.as_bytes()),
    }
}
