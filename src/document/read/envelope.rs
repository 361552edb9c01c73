//! The envelope: the JSON file around the document of one category of one movie.

use std::fmt::Write as _;

use chrono::{DateTime, SecondsFormat, Utc};
use serde_json::Value;

use super::arrangement::{arrange, rename_keys, warn_missing_keys};
use super::beside_data::Unread;
pub use super::expected::Expected;
use super::without_envelope::{self, category_by_name};
use crate::document::categories::{Category, Definition};
use crate::document::ids::MovieId;
use crate::document::problem::{Problem, ProblemCode, Warning, WarningCode, excerpt, shown};
use crate::document::schema::choice::define_choice;
use crate::document::schema::definition::{Kind, Object};
use crate::document::schema::scalars::whole_number;
use crate::document::text::key_letters;

/// The version that is written. Any 1.x is read.
pub const VERSION: &str = "1.0";

define_choice! {
    /// The source of a document's values.
    pub enum Source {
        /// The Movie Database.
        Tmdb = "tmdb",
        /// A person.
        Manual = "manual",
        /// A language model.
        LlmGenerated = "llm-generated",
    }
}

define_choice! {
    /// The stage of a document.
    pub enum Stage {
        /// The published document.
        Published = "published",
        /// A draft that is not published yet.
        Draft = "draft",
    }
}

/// Metadata of a stored document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metadata {
    /// The number of published changes; 0 if the document was never written. For a draft, the
    /// published revision that it is based on.
    pub revision: i64,
    /// For a draft: the number of contributions to it and to earlier drafts of this document.
    pub draft_revision: Option<i64>,
    pub source: Source,
    /// When the document last changed, in microseconds.
    pub last_updated: Option<DateTime<Utc>>,
    /// The account that last changed the document.
    pub updated_by: Option<String>,
}

impl Metadata {
    /// The metadata of a category that was never written.
    #[must_use]
    pub const fn never_written() -> Self {
        Self {
            revision: 0,
            draft_revision: None,
            source: Source::Manual,
            last_updated: None,
            updated_by: None,
        }
    }
}

/// Formats a moment for files: `2025-11-02T05:15:25.813298+00:00`.
#[must_use]
pub fn timestamp(moment: DateTime<Utc>) -> String {
    moment.to_rfc3339_opts(SecondsFormat::Micros, false)
}

/// Writes the envelope around `data`, the document's JSON as stored.
#[must_use]
pub fn write(
    category: Category,
    movie: &MovieId,
    exported_at: DateTime<Utc>,
    data: &str,
    metadata: &Metadata,
) -> String {
    let mut text = String::with_capacity(data.len() + 320);
    // A movie id, a category, a source and a timestamp need no escaping in JSON.
    let _ = write!(
        text,
        "{{\"category\":\"{category}\",\"movie_id\":\"{movie}\",\"version\":\"{VERSION}\",\
         \"exported_at\":\"{}\",\"data\":{data},\
         \"metadata\":{{\"source\":\"{}\",\"last_updated\":",
        timestamp(exported_at),
        metadata.source.as_str(),
    );
    match metadata.last_updated {
        Some(moment) => {
            let _ = write!(text, "\"{}\"", timestamp(moment));
        }
        None => text.push_str("null"),
    }
    text.push_str(",\"updated_by\":");
    text.push_str(&Value::from(metadata.updated_by.clone()).to_string());
    let _ = write!(text, ",\"revision\":{}", metadata.revision);
    if let Some(draft_revision) = metadata.draft_revision {
        let _ = write!(text, ",\"draft_revision\":{draft_revision}");
    }
    text.push_str("}}");
    text
}

/// The file name of a document: `tmdb-550-timeline.json`.
#[must_use]
pub fn file_name(movie: &MovieId, category: Category) -> String {
    format!("{movie}-{}.json", category.slug())
}

/// An incoming envelope. Its data is not parsed yet.
#[derive(Debug)]
pub struct IncomingEnvelope {
    pub category: Category,
    pub movie: MovieId,
    pub data: Value,
    pub metadata: SentMetadata,
    /// Repairs made to the envelope.
    pub warnings: Vec<Warning>,
}

/// The revision of a file with an invalid `revision`.
pub const NO_REVISION: i64 = -1;

/// The metadata of an incoming file. Values that cannot be read count as missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SentMetadata {
    pub source: Option<Source>,
    pub revision: Option<i64>,
    /// The draft revision that the file was exported from.
    pub draft_revision: Option<i64>,
    pub last_updated: Option<DateTime<Utc>>,
}

impl SentMetadata {
    /// Whether these values equal those of an export of `metadata`, so that the file's metadata was
    /// not edited.
    #[must_use]
    pub fn is_untouched(&self, metadata: &Metadata) -> bool {
        self.source == Some(metadata.source)
            && self.revision == Some(metadata.revision)
            && self.draft_revision == metadata.draft_revision
            && self.last_updated == metadata.last_updated
    }
}

/// Reads an envelope and checks it against what is expected. A missing movie or category is taken
/// from `expected`; see [`super::without_envelope`] for data without an envelope. With `strict`,
/// content beside the data is a problem.
///
/// # Errors
/// All problems of the envelope.
pub fn read(
    value: Value,
    expected: Expected<'_>,
    strict: bool,
) -> Result<IncomingEnvelope, Vec<Problem>> {
    let mut problems = Vec::new();
    let mut warnings = Vec::new();
    let (mut envelope, data) =
        arrange(value, expected, &mut warnings).map_err(|problem| vec![problem])?;
    if let Some(version) = envelope.get("version").filter(|version| !version.is_null())
        && !is_version_1(version)
    {
        let message = format!("found version {}; allowed is 1.x", shown(version));
        problems.push(Problem::new("", ProblemCode::UnsupportedVersion, message));
    }
    let category =
        read_category(&envelope, data.as_ref(), expected.category, &mut problems, &mut warnings);
    let movie = read_movie(&envelope, expected.movie, &mut problems, &mut warnings);
    if let (Some(category), Some(movie)) = (category, &movie) {
        warn_missing_keys(&envelope, category, movie, &mut warnings);
    }
    let data = match data {
        Some(data @ Value::Object(_)) => Some(data),
        Some(other) => {
            let form = category
                .map(|category| format!(", {}", without_envelope::wrapped_form(category)))
                .unwrap_or_default();
            let message = format!("data: found {}; allowed is an object{form}", shown(&other));
            problems.push(Problem::new("", ProblemCode::TypeMismatch, message));
            None
        }
        None => {
            problems.push(Problem::new("", ProblemCode::Required, "data is missing"));
            None
        }
    };
    match (category, movie, data) {
        (Some(category), Some(movie), Some(data)) if problems.is_empty() => {
            let mut metadata = match envelope.remove("metadata") {
                Some(Value::Object(metadata)) => metadata,
                _ => Object::new(),
            };
            rename_keys(
                &mut metadata,
                &["source", "revision", "draft_revision", "last_updated"],
                &mut warnings,
            );
            let metadata = read_metadata(&metadata, &mut warnings);
            let unread = Unread::beside(&envelope, &data, category);
            problems.extend(unread.problems(strict));
            if !problems.is_empty() {
                return Err(problems);
            }
            warnings.extend(unread.warnings());
            Ok(IncomingEnvelope { category, movie, data, metadata, warnings })
        }
        _ => Err(problems),
    }
}

fn is_version_1(version: &Value) -> bool {
    match version {
        Value::String(text) => {
            let text = text.trim();
            text == "1"
                || text.strip_prefix("1.").is_some_and(|minor| {
                    !minor.is_empty()
                        && minor.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
                })
        }
        Value::Number(number) => number.as_f64().is_some_and(|number| (1.0..2.0).contains(&number)),
        _ => false,
    }
}

fn read_category(
    envelope: &Object,
    data: Option<&Value>,
    expected: Option<Category>,
    problems: &mut Vec<Problem>,
    warnings: &mut Vec<Warning>,
) -> Option<Category> {
    let mut mismatch =
        |message: String| problems.push(Problem::new("", ProblemCode::CategoryMismatch, message));
    let found = match envelope.get("category") {
        Some(Value::String(text)) => match text.trim().parse::<Category>() {
            Ok(category) => category,
            Err(error) => {
                // In another case: `basicInfo`, or the GraphQL form.
                if let Some(meant) = category_by_name(text) {
                    let message = format!("category {text:?} was read as {meant}");
                    warnings.push(Warning::new("", WarningCode::ValueRepaired, message));
                    return check_expected(meant, expected, problems);
                }
                mismatch(format!("category: {error}"));
                return None;
            }
        },
        Some(other) if !other.is_null() => {
            mismatch(format!(
                "category: found {}; allowed is the name of a category",
                shown(other)
            ));
            return None;
        }
        _ if expected.is_some() => return expected,
        _ => {
            let meant = data.and_then(Value::as_object).and_then(category_of_data);
            let hint = meant
                .map(|category| format!(" (the data looks like {category})"))
                .unwrap_or_default();
            problems.push(Problem::new(
                "",
                ProblemCode::Required,
                format!("category is missing{hint}"),
            ));
            return None;
        }
    };
    check_expected(found, expected, problems)
}

/// Returns the category if it agrees with the expected one.
fn check_expected(
    found: Category,
    expected: Option<Category>,
    problems: &mut Vec<Problem>,
) -> Option<Category> {
    if let Some(expected) = expected.filter(|expected| *expected != found) {
        let message = format!("category: found {found}; {expected} was asked for");
        problems.push(Problem::new("", ProblemCode::CategoryMismatch, message));
        return None;
    }
    Some(found)
}

/// The category that has the list fields in `data`, if there is exactly one.
fn category_of_data(data: &Object) -> Option<Category> {
    let fits = |definition: &Definition| {
        let lists =
            definition.fields.iter().filter(|field| matches!(field.rule.kind, Kind::Items { .. }));
        lists.clone().count() > 0 && lists.into_iter().any(|field| data.contains_key(field.name))
    };
    let mut fitting = Category::ALL.iter().filter(|category| fits(category.definition()));
    fitting.next().filter(|_| fitting.next().is_none()).copied()
}

fn read_movie(
    envelope: &Object,
    expected: Option<&MovieId>,
    problems: &mut Vec<Problem>,
    warnings: &mut Vec<Warning>,
) -> Option<MovieId> {
    let text = match envelope.get("movie_id") {
        Some(Value::String(text)) => text.trim(),
        Some(other) if !other.is_null() => {
            // The number of The Movie Database without its prefix.
            let is_expected =
                |movie: &&MovieId| other.is_number() && movie.as_str() == format!("tmdb-{other}");
            if let Some(movie) = expected.filter(is_expected) {
                let message = format!("movie_id {other} was read as {movie}");
                warnings.push(Warning::new("", WarningCode::ValueRepaired, message));
                return Some(movie.clone());
            }
            let message = format!("movie_id: found {}; allowed is text", shown(other));
            problems.push(Problem::new("", ProblemCode::MovieMismatch, message));
            return None;
        }
        _ => {
            if expected.is_none() {
                problems.push(Problem::new("", ProblemCode::Required, "movie_id is missing"));
            }
            return expected.cloned();
        }
    };
    let mut mismatch =
        |message: String| problems.push(Problem::new("", ProblemCode::MovieMismatch, message));
    match text.parse::<MovieId>() {
        Err(error) => mismatch(format!("movie_id: {error}")),
        Ok(found) => match expected.filter(|expected| **expected != found) {
            Some(expected) => {
                mismatch(format!("movie_id: found {found}; {expected} was asked for"));
            }
            None => return Some(found),
        },
    }
    None
}

/// Reads a revision, also one written as text. Invalid values become [`NO_REVISION`].
fn read_revision(value: &Value) -> i64 {
    let whole = match value {
        Value::Number(number) => whole_number(number),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    whole.filter(|revision| *revision >= 0).unwrap_or(NO_REVISION)
}

/// Words that name a language model as the source.
const MODELS: [&str; 6] = ["llm", "ai", "gpt", "chatgpt", "claude", "gemini"];

/// Reads the source in any case. An unknown source is reported and read as `manual`.
fn read_source(found: &str, warnings: &mut Vec<Warning>) -> Source {
    if let Some(source) = Source::ALL.iter().copied().find(|source| source.as_str() == found) {
        return source;
    }
    let letters = key_letters(found);
    let names_a_model = || {
        let mut words = found.split(|c: char| !c.is_alphabetic()).map(str::to_lowercase);
        words.any(|word| MODELS.contains(&word.trim_end_matches("generated")))
    };
    let meant = Source::ALL.iter().copied().find(|source| key_letters(source.as_str()) == letters);
    let meant = meant.or_else(|| names_a_model().then_some(Source::LlmGenerated));
    let source = meant.unwrap_or(Source::Manual);
    let allowed = Source::VALUES.join(", ");
    let message =
        format!("{:?} was read as {:?}; allowed are {allowed}", excerpt(found), source.as_str());
    warnings.push(Warning::new("/metadata/source", WarningCode::ValueRepaired, message));
    source
}

fn read_metadata(metadata: &Object, warnings: &mut Vec<Warning>) -> SentMetadata {
    let text = |key: &str| metadata.get(key).and_then(Value::as_str);
    let source = text("source").filter(|found| !crate::document::text::is_blank_or_na(found));
    SentMetadata {
        source: source.map(|found| read_source(found, warnings)),
        revision: metadata.get("revision").filter(|value| !value.is_null()).map(read_revision),
        draft_revision: metadata
            .get("draft_revision")
            .filter(|value| !value.is_null())
            .map(read_revision),
        last_updated: text("last_updated")
            .and_then(|moment| DateTime::parse_from_rfc3339(moment).ok())
            .map(|moment| moment.with_timezone(&Utc)),
    }
}
