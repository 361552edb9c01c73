//! Import: read, plan, and write what the plan says, in one transaction.

mod batch;
mod writes;

use batch::Batch;
use serde_json::Value;

use super::access::CanPublish;
use super::export::Export;
use super::{Catalog, CatalogError};
use crate::document::definition::define_choice;
use crate::document::diff::{Change, updated_fields};
use crate::document::envelope::{self, Expected, SentMetadata};
use crate::document::merge::{ImportMode, NullPolicy};
use crate::document::parse::{Reading, parse};
use crate::document::{Category, MovieId, Problem, ProblemCode, Source, Warning};
use crate::storage::{DocumentKey, Transaction, TransientError as _};

/// How to import.
#[derive(Debug, Clone)]
pub struct ImportOptions {
    pub mode: ImportMode,
    /// Overrides where the values come from.
    pub source: Option<Source>,
    pub nulls: NullPolicy,
    /// Overrides `metadata.revision` of the document.
    pub base_revision: Option<i64>,
    /// Ids of list items to remove.
    pub remove_items: Vec<String>,
    /// Whether an unknown key is an error.
    pub strict: bool,
}

impl Default for ImportOptions {
    fn default() -> Self {
        Self {
            mode: ImportMode::Merge,
            source: None,
            nulls: NullPolicy::Keep,
            base_revision: None,
            remove_items: Vec::new(),
            strict: false,
        }
    }
}

define_choice! {
    /// What came of an import.
    pub enum ImportStatus {
        /// The changes are published as a new revision.
        Published = "published",
        /// The document says already what was imported; nothing was written.
        Unchanged = "unchanged",
        /// Something is wrong; nothing was written.
        Rejected = "rejected",
    }
}

/// What came of an import.
#[derive(Debug)]
pub struct Outcome {
    pub status: ImportStatus,
    /// The document as it stands now; `None` if there is no such movie.
    pub export: Option<Export>,
    /// What changed; empty for a rejected import.
    pub changes: Vec<Change>,
    pub warnings: Vec<Warning>,
    pub problems: Vec<Problem>,
    /// Whether the document could be read at all, so that there is something to say of it.
    pub was_read: bool,
}

impl Outcome {
    /// There is no such movie.
    #[must_use]
    pub fn no_movie(problem: Problem) -> Self {
        Self::unread(vec![problem], None)
    }

    /// The document could not be read.
    fn unread(problems: Vec<Problem>, export: Option<Export>) -> Self {
        Self { was_read: false, ..Self::rejected(problems, Vec::new(), export) }
    }

    fn rejected(problems: Vec<Problem>, warnings: Vec<Warning>, export: Option<Export>) -> Self {
        Self { status: ImportStatus::Rejected, export, changes: Vec::new(), warnings, problems, was_read: true }
    }

    /// The top-level keys that changed, each once.
    #[must_use]
    pub fn updated_fields(&self) -> Vec<String> {
        updated_fields(&self.changes)
    }
}

/// A document that was read and waits for its plan.
#[derive(Debug)]
pub struct Record {
    pub movie: MovieId,
    pub category: Category,
    pub(super) reading: Reading,
    pub(super) metadata: SentMetadata,
}

impl Record {
    /// Reads the text of an envelope.
    ///
    /// # Errors
    /// Every problem of the envelope. Problems of its data wait until it is planned.
    pub fn read(text: &[u8], expected: Expected<'_>, strict: bool) -> Result<Self, Vec<Problem>> {
        let value = envelope::read_json(text).map_err(|problem| vec![problem])?;
        let arrived = envelope::read(value, expected)?;
        let reading = parse(arrived.category.definition(), arrived.data, strict);
        Ok(Self { movie: arrived.movie, category: arrived.category, reading, metadata: arrived.metadata })
    }

    /// Reads data that came typed, without an envelope.
    #[must_use]
    pub fn typed(movie: MovieId, category: Category, data: Value, strict: bool) -> Self {
        let reading = parse(category.definition(), data, strict);
        Self { movie, category, reading, metadata: SentMetadata::default() }
    }

    pub(super) fn key(&self) -> DocumentKey {
        (self.movie.clone(), self.category)
    }
}

/// A document that is imported, as it was sent.
#[derive(Debug)]
pub enum Incoming<'a> {
    /// Data without an envelope.
    Typed { category: Category, data: Value },
    /// The text of an envelope, of that category if one is named.
    Document { text: &'a [u8], category: Option<Category> },
}

impl Catalog {
    /// Imports one document into the published state of a movie that must exist.
    ///
    /// # Errors
    /// When storage fails. What is wrong with the document or its target is part of the outcome.
    pub async fn import(
        &self,
        permission: &CanPublish,
        movie: &MovieId,
        incoming: Incoming<'_>,
        options: &ImportOptions,
    ) -> Result<Outcome, CatalogError> {
        let read = match incoming {
            Incoming::Typed { category, data } => Ok(Record::typed(movie.clone(), category, data, options.strict)),
            Incoming::Document { text, category } => {
                let expected = Expected { category, movie: Some(movie) };
                Record::read(text, expected, options.strict).map_err(|problems| (category, problems))
            }
        };
        match read {
            Ok(record) => {
                match self.import_batch(permission, std::slice::from_ref(&record), options, false).await {
                    Ok(mut outcomes) => Ok(outcomes.remove(0)),
                    // Tried again and again, and each time someone else was first.
                    Err(error) if error.is_transient() => {
                        let message = "others keep changing the same; nothing was written, try again";
                        let problem = Problem::new("", ProblemCode::Conflict, message);
                        Ok(Outcome::rejected(vec![problem], record.reading.warnings, None))
                    }
                    Err(error) => Err(error),
                }
            }
            Err((category, problems)) => self.reject_unread(movie, category, problems).await,
        }
    }

    /// That there is no such movie comes before what is wrong with the document.
    async fn reject_unread(
        &self,
        movie: &MovieId,
        category: Option<Category>,
        problems: Vec<Problem>,
    ) -> Result<Outcome, CatalogError> {
        if !self.database.movie_exists(movie).await? {
            return Ok(Outcome::no_movie(no_such_movie(movie)));
        }
        let export = match category {
            Some(category) => {
                let now = self.clock.now();
                let stored = self.database.document(movie, category).await?;
                Some(Export::as_stored(stored, movie, category, now))
            }
            None => None,
        };
        Ok(Outcome::unread(problems, export))
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
        self.database
            .write(|transaction| async move {
                self.import_in(&transaction, permission, records, options, create_movies).await
            })
            .await
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
        Batch { catalog: self, author: &permission.author, options, create_movies }.run(transaction, records).await
    }
}

fn no_such_movie(movie: &MovieId) -> Problem {
    Problem::new("", ProblemCode::NotFound, format!("there is no movie {movie}"))
}
