//! Import: read, plan, and write what the plan says, in one transaction.

mod base;
mod command;
mod execute;
pub(in crate::catalog) mod load;
mod log;
mod options;
pub(in crate::catalog) mod pipeline;

use std::sync::Arc;

use bytes::Bytes;
use pipeline::Batch;
use serde_json::Value;

pub(in crate::catalog) use command::Act;
pub(in crate::catalog) use load::Current;
pub(in crate::catalog) use log::KeptTexts;
pub use options::{ImportOptions, ImportStatus, Operation};

use super::access::{CanImport, CanPublish};
use super::export::Export;
use super::work::compute;
use super::{Catalog, CatalogError};
use crate::document::budget::WorkBudget;
use crate::document::plan::Report;
use crate::document::plan::diff::updated_fields;
use crate::document::problem::{Warning, WarningCode};
use crate::document::read::envelope::{self, Arrived, Expected, SentMetadata};
use crate::document::read::lenient;
use crate::document::read::parse::{ParseOptions, Reading, parse, parse_typed};
use crate::document::read::repair_hint::repair_hint;
use crate::document::{Category, MovieId, Object, Problem, ProblemCode, Stage};
use crate::storage::{DocumentKey, Transaction};

/// What came of an import.
#[derive(Debug)]
pub struct Outcome {
    pub status: ImportStatus,
    /// The document as it stands now, in the state that was imported into; `None` if there is no such
    /// movie.
    pub export: Option<Export>,
    /// What was planned; `None` if the document could not be read at all.
    pub plan: Option<Report>,
    pub problems: Vec<Problem>,
    /// The record of the import; a dry run leaves none.
    pub import_id: Option<String>,
}

impl Outcome {
    /// There is no such movie.
    #[must_use]
    pub fn no_movie(problem: Problem) -> Self {
        Self::rejected(vec![problem], None, None)
    }

    /// Adds to the problem that there is no such movie what a client can do about it.
    #[must_use]
    pub fn with_remedy(mut self, remedy: &str) -> Self {
        let is_no_movie = |problem: &&mut Problem| {
            problem.code == ProblemCode::NotFound && problem.path.is_empty()
        };
        for problem in self.problems.iter_mut().filter(is_no_movie) {
            problem.message = format!("{}; {remedy}", problem.message);
        }
        self
    }

    /// What a language model is to correct in the document; `None` if there is nothing.
    #[must_use]
    pub fn repair_hint(&self, movie: &MovieId, category: Option<Category>) -> Option<String> {
        let category = category.or_else(|| self.export.as_ref().map(|export| export.category));
        let warnings = self.plan.as_ref().map_or(&[][..], |plan| &plan.warnings);
        repair_hint(movie, category, &self.problems, warnings)
    }

    pub(super) fn rejected(
        problems: Vec<Problem>,
        plan: Option<Report>,
        export: Option<Export>,
    ) -> Self {
        Self { status: ImportStatus::Rejected, export, plan, problems, import_id: None }
    }

    fn done(status: ImportStatus, export: Export, plan: Report) -> Self {
        Self {
            status,
            export: Some(export),
            plan: Some(plan),
            problems: Vec::new(),
            import_id: None,
        }
    }

    /// The top-level keys that changed, or of a dry run would change, each once.
    #[must_use]
    pub fn updated_fields(&self) -> Vec<String> {
        match &self.plan {
            Some(plan) if self.status != ImportStatus::Rejected => updated_fields(&plan.changes),
            _ => Vec::new(),
        }
    }
}

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
        let Arrived { movie, category, metadata, .. } = arrived;
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

    pub(super) fn key(&self) -> DocumentKey {
        (self.movie.clone(), self.category)
    }
}

/// Why a text could not be read.
#[derive(Debug, Clone)]
struct Refused {
    problems: Vec<Problem>,
    /// The category whose stored document would tell what of the text was quoted from it.
    undecided: Option<Category>,
}

impl From<Vec<Problem>> for Refused {
    fn from(problems: Vec<Problem>) -> Self {
        Self { problems, undecided: None }
    }
}

impl From<lenient::Refusal> for Refused {
    fn from(refusal: lenient::Refusal) -> Self {
        Self { problems: vec![refusal.problem], undecided: refusal.undecided }
    }
}

/// Text as a database keeps it: in whatever encoding it came, and without U+0000, which `PostgreSQL` has not.
fn as_text(bytes: &[u8]) -> String {
    let text = lenient::text_of(bytes);
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
    fn bytes(&self) -> usize {
        match self {
            Self::Typed { data, .. } => size_of_json(data),
            Self::Document { text, .. } => text.len(),
        }
    }

    fn read(
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
struct Read {
    /// The category that was asked for.
    category: Option<Category>,
    record: Result<Record, (Refused, String)>,
}

impl Read {
    fn sent(&self) -> &str {
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

impl Catalog {
    /// Imports one document of a movie that must exist.
    ///
    /// # Errors
    /// When storage fails, and when the document takes more work than is allowed. What is wrong
    /// with the document or its target is part of the outcome.
    pub async fn import(
        &self,
        permission: &CanImport,
        movie: &MovieId,
        incoming: Incoming,
    ) -> Result<Outcome, CatalogError> {
        let (permission, movie) = (permission.clone(), movie.clone());
        let (bytes, options) = (incoming.bytes(), permission.options.parsing());
        let (of_movie, again) = (movie.clone(), incoming.clone());
        let mut read =
            compute(bytes, move |budget| incoming.read(&of_movie, None, options, budget)).await?;
        if let Err((Refused { undecided: Some(category), .. }, _)) = read.record
            && let Some(stored) = self.data_of(&movie, category, permission.options.target).await?
        {
            let of_movie = movie.clone();
            let reading = move |budget: &WorkBudget<'_>| {
                again.read(&of_movie, Some(&stored), options, budget)
            };
            read = compute(bytes, reading).await?;
        }
        let read = Arc::new(read);
        self.run_within_budget(bytes, move |catalog| {
            let (permission, movie) = (permission.clone(), movie.clone());
            let read = Arc::clone(&read);
            async move { catalog.import_read(&permission, &movie, &read).await }
        })
        .await
    }

    async fn import_read(
        &self,
        permission: &CanImport,
        movie: &MovieId,
        read: &Read,
    ) -> Result<Outcome, CatalogError> {
        let CanImport { author, options } = permission;
        let (category, sent) = (read.category, read.sent());
        let act = Act::new(self, author, options, Operation::Import)
            .about(movie, category, Some(sent))
            .once(&(movie, category, sent));
        match &read.record {
            Ok(record) => {
                act.run(|transaction| async move {
                    let batch = Batch {
                        catalog: self,
                        author,
                        options,
                        operation: Operation::Import,
                        create_movies: false,
                    };
                    let records = std::slice::from_ref(record);
                    Ok(batch.run(&transaction, records).await?.remove(0))
                })
                .await
            }
            Err((refused, sent)) => {
                act.run(|transaction| {
                    let problems = refused.problems.clone();
                    async move {
                        self.reject_unread(
                            &transaction,
                            permission,
                            movie,
                            category,
                            problems,
                            sent,
                        )
                        .await
                    }
                })
                .await
            }
        }
    }

    /// That there is no such movie comes before what is wrong with the document.
    async fn reject_unread(
        &self,
        transaction: &Transaction,
        permission: &CanImport,
        movie: &MovieId,
        category: Option<Category>,
        problems: Vec<Problem>,
        sent: &str,
    ) -> Result<Outcome, CatalogError> {
        let now = self.clock.now();
        let exists = !transaction.existing_movies(&[movie]).await?.is_empty();
        let mut outcome = if !exists && !permission.options.create_movie {
            Outcome::no_movie(no_such_movie(movie))
        } else {
            let export = match category.filter(|_| exists) {
                Some(category) => {
                    let stored = self
                        .stored(transaction, movie, category, permission.options.target)
                        .await?;
                    Some(Export::as_stored(stored, movie, category, now))
                }
                None => None,
            };
            Outcome::rejected(problems, None, export)
        };
        let CanImport { author, options } = permission;
        if !options.dry_run {
            let batch = Batch {
                catalog: self,
                author,
                options,
                operation: Operation::Import,
                create_movies: false,
            };
            batch
                .record_unplanned(transaction, movie, category, Some(sent), &mut outcome, now)
                .await?;
        }
        Ok(outcome)
    }

    /// The data of a document as it stands, to tell what of a text was quoted from it.
    async fn data_of(
        &self,
        movie: &MovieId,
        category: Category,
        stage: Stage,
    ) -> Result<Option<Object>, CatalogError> {
        let stored = self.database.snapshot(|transaction| async move {
            self.stored(&transaction, movie, category, stage).await
        });
        let Some(stored) = stored.await? else { return Ok(None) };
        Ok(Some(serde_json::from_str(&stored.body)?))
    }

    /// A document as it stands: the draft if there is one and it is asked for, else what is published.
    pub(super) async fn stored(
        &self,
        transaction: &Transaction,
        movie: &MovieId,
        category: Category,
        stage: Stage,
    ) -> Result<Option<crate::storage::StoredDocument>, CatalogError> {
        if stage == Stage::Draft
            && let Some(draft) = transaction.drafts(&[movie], &[category]).await?.pop()
        {
            return Ok(Some(draft.into()));
        }
        Ok(transaction.documents(&[movie], &[category]).await?.pop())
    }

    /// Imports documents, each of another movie or category, in one transaction. A rejected one
    /// does not keep the others out.
    ///
    /// # Errors
    /// When storage fails; then nothing is written.
    pub async fn import_batch(
        &self,
        permission: &CanPublish,
        records: &[Record],
        options: &ImportOptions,
        create_movies: bool,
    ) -> Result<Vec<Outcome>, CatalogError> {
        let run = |transaction: std::sync::Arc<Transaction>| async move {
            self.import_in(&transaction, permission, records, options, create_movies).await
        };
        if options.dry_run {
            self.database.snapshot(run).await
        } else {
            self.database.write(run).await
        }
    }

    /// [`Self::import_batch`] as part of a larger transaction.
    pub(super) async fn import_in(
        &self,
        transaction: &Transaction,
        permission: &CanPublish,
        records: &[Record],
        options: &ImportOptions,
        create_movies: bool,
    ) -> Result<Vec<Outcome>, CatalogError> {
        let batch = Batch {
            catalog: self,
            author: &permission.author,
            options,
            operation: Operation::Import,
            create_movies,
        };
        batch.run(transaction, records).await
    }
}

pub(super) fn no_draft(movie: &MovieId, category: Category) -> Problem {
    Problem::new("", ProblemCode::NoDraft, format!("there is no draft of {category} of {movie}"))
}

pub(super) fn no_such_movie(movie: &MovieId) -> Problem {
    Problem::new("", ProblemCode::NotFound, format!("there is no movie {movie}"))
}
