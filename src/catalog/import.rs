//! Import: read, plan, and write what the plan says, in one transaction.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::access::{Author, CanPublish};
use super::export::Export;
use super::{Catalog, CatalogError};
use crate::document::definition::define_choice;
use crate::document::diff::{Change, updated_fields};
use crate::document::entity::{Directory, Mentions, NewEntity};
use crate::document::envelope::{self, Expected, SentMetadata};
use crate::document::merge::{ImportMode, NullPolicy, Proposal};
use crate::document::parse::{Reading, parse};
use crate::document::plan::{Plan, plan};
use crate::document::projection::MovieFacts;
use crate::document::{Category, Metadata, MovieId, Object, Problem, ProblemCode, Source, Warning};
use crate::storage::{DocumentKey, NewState, ProjectionChange, StoredDocument, Transaction};

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
}

impl Outcome {
    /// There is no such movie.
    #[must_use]
    pub fn no_movie(problem: Problem) -> Self {
        Self::rejected(vec![problem], Vec::new(), None)
    }

    fn rejected(problems: Vec<Problem>, warnings: Vec<Warning>, export: Option<Export>) -> Self {
        Self { status: ImportStatus::Rejected, export, changes: Vec::new(), warnings, problems }
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
                let mut outcomes = self.import_batch(permission, &[record], options, false).await?;
                Ok(outcomes.remove(0))
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
            return Ok(Outcome::rejected(vec![no_such_movie(movie)], Vec::new(), None));
        }
        let export = match category {
            Some(category) => {
                let now = self.clock.now();
                let stored = self.database.document(movie, category).await?;
                Some(stored.map_or_else(
                    || Export::never_written(movie.clone(), category, now),
                    |document| Export::of(document, now),
                ))
            }
            None => None,
        };
        Ok(Outcome::rejected(problems, Vec::new(), export))
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

struct Batch<'a> {
    catalog: &'a Catalog,
    author: &'a Author,
    options: &'a ImportOptions,
    create_movies: bool,
}

/// A stored document with its data read.
struct Current {
    document: StoredDocument,
    data: Object,
}

fn read_body(body: &str) -> Result<Object, CatalogError> {
    Ok(serde_json::from_str(body)?)
}

/// What a batch is planned from.
struct Loaded {
    existing: HashSet<String>,
    current: HashMap<DocumentKey, Current>,
    /// The states that documents were made from, where they say so and it is another one.
    bases: HashMap<DocumentKey, Current>,
}

impl Batch<'_> {
    async fn run(&self, transaction: &Transaction, records: &[Record]) -> Result<Vec<Outcome>, CatalogError> {
        let now = self.catalog.clock.now();
        let movies: Vec<&MovieId> = distinct(records.iter().map(|record| &record.movie));
        transaction.lock_movies(&movies).await?;
        let loaded = self.load(transaction, records, &movies).await?;
        let directory = self.directory(transaction, records, &loaded.current).await?;
        let (mut outcomes, mut writes) = self.plan(records, &loaded, directory, now)?;
        if !writes.new_entities.is_empty() && transaction.lock_entities().await? {
            // Someone may have made the same ones in between.
            let directory = self.directory(transaction, records, &loaded.current).await?;
            (outcomes, writes) = self.plan(records, &loaded, directory, now)?;
        }
        writes.apply(transaction, &loaded.existing, now).await?;
        Ok(outcomes)
    }

    async fn load(
        &self,
        transaction: &Transaction,
        records: &[Record],
        movies: &[&MovieId],
    ) -> Result<Loaded, CatalogError> {
        let categories: Vec<Category> = distinct(records.iter().map(|record| record.category));
        let existing = transaction.existing_movies(movies).await?;
        let mut current: HashMap<DocumentKey, Current> = HashMap::new();
        for document in transaction.documents(movies, &categories).await? {
            let data = read_body(&document.body)?;
            current.insert((document.movie.clone(), document.category), Current { document, data });
        }
        let mut bases = HashMap::new();
        for record in records {
            let key = record.key();
            if let Some(base) = self.base(transaction, record, current.get(&key)).await? {
                bases.insert(key, base);
            }
        }
        Ok(Loaded { existing, current, bases })
    }

    /// Plans every record; pure, so that it can be done again.
    fn plan(
        &self,
        records: &[Record],
        loaded: &Loaded,
        mut directory: Directory,
        now: DateTime<Utc>,
    ) -> Result<(Vec<Outcome>, Writes), CatalogError> {
        let mut outcomes = Vec::with_capacity(records.len());
        let mut writes = Writes::default();
        for record in records {
            let is_there = loaded.existing.contains(record.movie.as_str());
            if !self.create_movies && !is_there {
                outcomes.push(Outcome::no_movie(no_such_movie(&record.movie)));
                continue;
            }
            let key = record.key();
            let (previous, base) = (loaded.current.get(&key), loaded.bases.get(&key));
            let empty = record.category.definition().empty();
            let plan = plan(
                &Proposal {
                    definition: record.category.definition(),
                    movie: &record.movie,
                    arriving: &record.reading,
                    current: previous.map_or(&empty, |previous| &previous.data),
                    base: base.map(|base| &base.data),
                    mode: self.options.mode,
                    nulls: self.options.nulls,
                    remove_items: &self.options.remove_items,
                    directory: &directory,
                },
                &*self.catalog.ids,
            );
            let as_it_is = || match previous {
                Some(previous) => Export::of(previous.document.clone(), now),
                None => Export::never_written(record.movie.clone(), record.category, now),
            };
            match plan {
                Err(problems) => {
                    let warnings = record.reading.warnings.clone();
                    outcomes.push(Outcome::rejected(problems, warnings, is_there.then(as_it_is)));
                }
                Ok(plan) if plan.changes.is_empty() => {
                    // An empty document of a movie that is not there still names the movie.
                    writes.movies.push(record.movie.clone());
                    outcomes.push(Outcome {
                        status: ImportStatus::Unchanged,
                        export: Some(as_it_is()),
                        changes: Vec::new(),
                        warnings: plan.warnings,
                        problems: Vec::new(),
                    });
                }
                Ok(plan) => {
                    for entity in &plan.new_entities {
                        directory.add(entity);
                    }
                    let metadata = Metadata {
                        revision: previous.map_or(0, |previous| previous.document.metadata.revision) + 1,
                        source: self.source(record, previous, base),
                        last_updated: Some(now),
                        updated_by: Some(self.author.name.clone()),
                    };
                    outcomes.push(writes.add(record, plan, previous, metadata, &directory)?);
                }
            }
        }
        Ok((outcomes, writes))
    }

    async fn directory(
        &self,
        transaction: &Transaction,
        records: &[Record],
        current: &HashMap<DocumentKey, Current>,
    ) -> Result<Directory, CatalogError> {
        let mut mentions = Mentions::default();
        for record in records {
            mentions.collect(record.category.definition().fields, &record.reading.data);
        }
        for ((_, category), current) in current {
            mentions.collect_names(category.definition().fields, &current.data);
        }
        if mentions.is_empty() {
            return Ok(Directory::default());
        }
        Ok(transaction.directory(&mentions).await?)
    }

    /// The state that the document was made from, if it says which and that is known.
    async fn base(
        &self,
        transaction: &Transaction,
        record: &Record,
        previous: Option<&Current>,
    ) -> Result<Option<Current>, CatalogError> {
        let Some(revision) = self.options.base_revision.or(record.metadata.revision) else { return Ok(None) };
        let newest = previous.map_or(0, |previous| previous.document.metadata.revision);
        if revision == 0 {
            let document = StoredDocument {
                movie: record.movie.clone(),
                category: record.category,
                metadata: Metadata::never_written(),
                body: String::new(),
            };
            return Ok(Some(Current { document, data: record.category.definition().empty() }));
        }
        if revision >= newest {
            return Ok(None);
        }
        match transaction.revision(&record.movie, record.category, revision).await? {
            Some(document) => Ok(Some(Current { data: read_body(&document.body)?, document })),
            None => Ok(None),
        }
    }

    /// Where the values come from (CONTRACT §1, "The source of a change").
    fn source(&self, record: &Record, previous: Option<&Current>, base: Option<&Current>) -> Source {
        if let Some(source) = self.options.source.or(self.author.source) {
            return source;
        }
        let untouched = [previous, base]
            .into_iter()
            .flatten()
            .any(|state| record.metadata.is_untouched(&state.document.metadata))
            || record.metadata.is_untouched(&Metadata::never_written());
        match record.metadata.source {
            Some(source) if !untouched => source,
            _ => Source::Manual,
        }
    }
}

/// What a batch is going to write.
#[derive(Default)]
struct Writes {
    /// Movies that must be there afterwards.
    movies: Vec<MovieId>,
    states: Vec<NewState>,
    new_entities: Vec<NewEntity>,
    projections: Vec<ProjectionChange>,
    facts: Vec<(MovieId, MovieFacts)>,
}

impl Writes {
    fn add(
        &mut self,
        record: &Record,
        plan: Plan,
        previous: Option<&Current>,
        metadata: Metadata,
        directory: &Directory,
    ) -> Result<Outcome, CatalogError> {
        let definition = record.category.definition();
        self.movies.push(record.movie.clone());
        let after = (definition.project)(&plan.data, directory);
        let before = previous.map(|previous| (definition.project)(&previous.data, directory)).unwrap_or_default();
        if let Some(facts) = &after.movie {
            self.facts.push((record.movie.clone(), facts.clone()));
        }
        self.projections.push(ProjectionChange { movie: record.movie.clone(), before, after });
        self.new_entities.extend(plan.new_entities);
        let body = serde_json::to_string(&plan.data)?;
        let export = Export {
            movie: record.movie.clone(),
            category: record.category,
            metadata: metadata.clone(),
            body: body.clone(),
            exported_at: metadata.last_updated.unwrap_or_default(),
        };
        self.states.push(NewState {
            movie: record.movie.clone(),
            category: record.category,
            metadata,
            body,
            is_empty: definition.is_empty(&plan.data),
            previous: previous.map(|previous| previous.document.clone()),
        });
        Ok(Outcome {
            status: ImportStatus::Published,
            export: Some(export),
            changes: plan.changes,
            warnings: plan.warnings,
            problems: Vec::new(),
        })
    }

    async fn apply(
        self,
        transaction: &Transaction,
        existing: &HashSet<String>,
        now: DateTime<Utc>,
    ) -> Result<(), CatalogError> {
        let missing = distinct(self.movies.iter()).into_iter().filter(|id| !existing.contains(id.as_str()));
        transaction.create_movies(&missing.collect::<Vec<_>>(), now).await?;
        if self.states.is_empty() {
            return Ok(());
        }
        let movies = distinct(self.states.iter().map(|state| &state.movie));
        transaction.create_entities(&self.new_entities, now).await?;
        transaction.publish(&self.states).await?;
        transaction.project(&self.projections).await?;
        let listed: HashSet<&MovieId> = self.facts.iter().map(|(movie, _)| movie).collect();
        let touched: Vec<&MovieId> = movies.iter().copied().filter(|movie| !listed.contains(*movie)).collect();
        let facts: Vec<_> = self.facts.iter().map(|(movie, facts)| (movie, facts.clone())).collect();
        transaction.update_movies(&facts, &touched, now).await?;
        Ok(())
    }
}

fn distinct<T: Copy + Eq + std::hash::Hash>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut seen = HashSet::new();
    values.filter(|value| seen.insert(*value)).collect()
}
