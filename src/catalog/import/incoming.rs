//! Documents on their way in: the text or the typed data as sent, read into an incoming document
//! that can be planned.

use bytes::Bytes;
use serde_json::Value;

use crate::document::budget::WorkBudget;
use crate::document::problem::{Warning, WarningCode};
use crate::document::read::envelope::{self, Expected, IncomingEnvelope, SentMetadata};
use crate::document::read::lenient;
use crate::document::read::parse::{ParseOptions, Reading, parse, parse_typed};
use crate::document::{Category, MovieId, Object, Problem, ProblemCode};
use crate::storage::DocumentKey;

/// A document that was read and waits for its plan.
#[derive(Debug)]
pub struct Record {
    pub movie: MovieId,
    pub category: Category,
    pub(super) content: Content,
    pub(super) metadata: SentMetadata,
    /// Whether it came as typed values, and not as the text of a document.
    pub(super) is_typed: bool,
    /// The text as it was sent.
    pub(super) sent: Option<String>,
}

/// What a record has to say.
#[derive(Debug)]
#[allow(clippy::large_enum_variant, reason = "a record lives for as long as its import")]
pub(in crate::catalog) enum Content {
    /// Something to be merged into what is there.
    Merge(Reading),
    /// The document as it is to stand, to the letter.
    Exact(Object),
}

impl Record {
    /// Reads the text of an envelope.
    ///
    /// # Errors
    /// Every problem of the envelope. Problems of its data wait until it is planned.
    pub fn read(
        text: &[u8],
        expected: Expected<'_>,
        options: ParseOptions,
    ) -> Result<Self, Vec<Problem>> {
        let record = Self::of_text(text, expected, None, options, &WorkBudget::unlimited());
        let record = record.map_err(|refused| refused.problems)?;
        Ok(Self { sent: Some(as_text(text)), ..record })
    }

    /// As [`Self::read`], without keeping the text. `stored` is the data that is stored of the document, if
    /// it is known.
    fn of_text(
        text: &[u8],
        expected: Expected<'_>,
        stored: Option<&Object>,
        options: ParseOptions,
        budget: &WorkBudget<'_>,
    ) -> Result<Self, Refused> {
        let lenient = lenient::read_for(text, expected, stored, budget)?;
        if options.strict {
            // What of the text was not read counts as what of the document was not.
            let unread = lenient.warnings.iter();
            let unread = unread.filter(|warning| warning.code == WarningCode::UnknownField);
            let problems: Vec<Problem> = unread
                .map(|warning| Problem::new("", ProblemCode::UnknownField, &*warning.message))
                .collect();
            if !problems.is_empty() {
                return Err(problems.into());
            }
        }
        let arrived = envelope::read(lenient.value, expected, options.strict)?;
        let mut reading = parse(arrived.category.definition(), arrived.data, options);
        reading.warnings.splice(..0, lenient.warnings.into_iter().chain(arrived.warnings));
        reading.elided |= lenient.elided;
        let IncomingEnvelope { movie, category, metadata, .. } = arrived;
        let content = Content::Merge(reading);
        Ok(Self { movie, category, content, metadata, is_typed: false, sent: None })
    }

    /// Adds what was found in the text around it, before all other warnings.
    #[must_use]
    pub fn with_notes(mut self, notes: Vec<Warning>) -> Self {
        if let Content::Merge(reading) = &mut self.content {
            reading.warnings.splice(..0, notes);
        }
        self
    }

    /// Reads data that came typed, without an envelope.
    #[must_use]
    pub fn typed(movie: MovieId, category: Category, data: Value, options: ParseOptions) -> Self {
        let sent = Some(as_text(data.to_string().as_bytes()));
        let content = Content::Merge(parse_typed(category.definition(), data, options));
        Self { movie, category, content, metadata: SentMetadata::default(), is_typed: true, sent }
    }

    /// A document that came from the catalogue itself: a draft, or an earlier state.
    pub(in crate::catalog) const fn of_catalogue(
        movie: MovieId,
        category: Category,
        content: Content,
        metadata: SentMetadata,
    ) -> Self {
        Self { movie, category, content, metadata, is_typed: false, sent: None }
    }

    /// Sets the text that the import log keeps.
    pub(in crate::catalog) fn with_sent(self, text: &str) -> Self {
        Self { sent: Some(text.to_owned()), ..self }
    }

    pub(in crate::catalog) fn key(&self) -> DocumentKey {
        (self.movie.clone(), self.category)
    }
}

/// Why a text could not be read.
#[derive(Debug, Clone)]
pub(super) struct Refused {
    pub(super) problems: Vec<Problem>,
    /// The category whose stored document would tell what of the text was quoted from it.
    pub(super) unresolved: Option<Category>,
}

impl From<Vec<Problem>> for Refused {
    fn from(problems: Vec<Problem>) -> Self {
        Self { problems, unresolved: None }
    }
}

impl From<lenient::Refusal> for Refused {
    fn from(refusal: lenient::Refusal) -> Self {
        Self { problems: vec![refusal.problem], unresolved: refusal.unresolved }
    }
}

/// Text as a database keeps it: in whatever encoding it came, and without U+0000, which `PostgreSQL` has not.
fn as_text(bytes: &[u8]) -> String {
    let text = lenient::decode_lossy(bytes);
    if text.contains('\0') { text.replace('\0', "\u{FFFD}") } else { text.into_owned() }
}

/// As [`as_text`], without copying what is text already.
fn into_text(bytes: Bytes) -> String {
    match String::from_utf8(bytes.into()) {
        Ok(text) if !text.contains('\0') => text,
        Ok(text) => as_text(text.as_bytes()),
        Err(error) => as_text(error.as_bytes()),
    }
}

/// A document that is imported, as it was sent.
#[derive(Debug, Clone)]
pub enum Incoming {
    /// Data without an envelope.
    Typed { category: Category, data: Value },
    /// The text of an envelope, of that category if one is named.
    Document { text: Bytes, category: Option<Category> },
}

impl Incoming {
    /// About how many bytes it has.
    pub(super) fn bytes(&self) -> usize {
        match self {
            Self::Typed { data, .. } => size_of_json(data),
            Self::Document { text, .. } => text.len(),
        }
    }

    pub(super) fn read(
        self,
        movie: &MovieId,
        stored: Option<&Object>,
        options: ParseOptions,
        budget: &WorkBudget<'_>,
    ) -> Read {
        match self {
            Self::Typed { category, data } => Read {
                category: Some(category),
                record: Ok(Record::typed(movie.clone(), category, data, options)),
            },
            Self::Document { text, category } => {
                let expected = Expected { category, movie: Some(movie) };
                let record = Record::of_text(&text, expected, stored, options, budget);
                let sent = into_text(text);
                let record = match record {
                    Ok(record) => Ok(Record { sent: Some(sent), ..record }),
                    Err(refused) => Err((refused, sent)),
                };
                Read { category, record }
            }
        }
    }
}

/// A document that was read, or its problems with its text.
#[derive(Debug)]
pub(super) struct Read {
    /// The category that was asked for.
    pub(super) category: Option<Category>,
    pub(super) record: Result<Record, (Refused, String)>,
}

impl Read {
    pub(super) fn sent(&self) -> &str {
        match &self.record {
            Ok(record) => record.sent.as_deref().unwrap_or_default(),
            Err((_, sent)) => sent,
        }
    }
}

/// About how long a value is as JSON.
fn size_of_json(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len() + 2,
        Value::Array(items) => 2 + items.iter().map(|item| 1 + size_of_json(item)).sum::<usize>(),
        Value::Object(fields) => {
            let fields = fields.iter().map(|(key, value)| key.len() + 4 + size_of_json(value));
            2 + fields.sum::<usize>()
        }
        _ => 4,
    }
}
