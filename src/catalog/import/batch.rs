//! Planning and writing documents together: what they are planned from is read once for all of
//! them, and what they change is written at once.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};

use super::{ImportOptions, ImportStatus, Outcome, Record, no_such_movie, writes::Writes};
use crate::catalog::access::Author;
use crate::catalog::export::Export;
use crate::catalog::{Catalog, CatalogError};
use crate::document::entity::{Directory, Mentions};
use crate::document::merge::{ImportMode, Proposal};
use crate::document::plan::plan;
use crate::document::{Category, Metadata, MovieId, Object, Problem, ProblemCode, Source};
use crate::storage::{DocumentKey, StoredDocument, Transaction};

/// Documents that are imported in one transaction.
pub(super) struct Batch<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) author: &'a Author,
    pub(super) options: &'a ImportOptions,
    pub(super) create_movies: bool,
}

/// A stored document with its data read.
pub(super) struct Current {
    pub(super) document: StoredDocument,
    pub(super) data: Object,
}

/// Most bytes of a stored document: its export, indented or not, must be small enough to import.
const MAX_STORED: usize = 8 * 1024 * 1024;

fn read_body(body: &str) -> Result<Object, CatalogError> {
    Ok(serde_json::from_str(body)?)
}

/// What a batch is planned from.
struct Loaded {
    existing: HashSet<String>,
    current: HashMap<DocumentKey, Current>,
    /// The states that documents were made from, where they say so and it is another one.
    bases: HashMap<DocumentKey, Current>,
    /// Who is credited, of the movies whose documents link names to credited people.
    credited: HashMap<String, HashSet<String>>,
}

impl Batch<'_> {
    pub(super) async fn run(
        &self,
        transaction: &Transaction,
        records: &[Record],
    ) -> Result<Vec<Outcome>, CatalogError> {
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
        let mut current: HashMap<DocumentKey, Current> = HashMap::new();
        for document in transaction.documents(movies, &categories).await? {
            let data = read_body(&document.body)?;
            current.insert((document.movie.clone(), document.category), Current { document, data });
        }
        // A document tells that its movie is there.
        let mut existing: HashSet<String> = current.keys().map(|(movie, _)| movie.to_string()).collect();
        let unknown: Vec<&MovieId> =
            movies.iter().copied().filter(|movie| !existing.contains(movie.as_str())).collect();
        existing.extend(transaction.existing_movies(&unknown).await?);
        let mut bases = HashMap::new();
        for record in records {
            let key = record.key();
            if let Some(base) = self.base(transaction, record, current.get(&key)).await? {
                bases.insert(key, base);
            }
        }
        let linking = records.iter().filter(|record| record.category.definition().links_credited_people());
        let credited = transaction.credited(&distinct(linking.map(|record| &record.movie))).await?;
        Ok(Loaded { existing, current, bases, credited })
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
        let mut credited = loaded.credited.clone();
        for record in records {
            let is_there = loaded.existing.contains(record.movie.as_str());
            if !self.create_movies && !is_there {
                outcomes.push(Outcome::no_movie(no_such_movie(&record.movie)));
                continue;
            }
            let key = record.key();
            let (previous, base) = (loaded.current.get(&key), loaded.bases.get(&key));
            let empty = record.category.definition().empty();
            let as_it_is = || {
                let stored = previous.map(|previous| previous.document.clone());
                Export::as_stored(stored, &record.movie, record.category, now)
            };
            if let Some(problem) = self.unknown_base(record, previous, base) {
                let warnings = record.reading.warnings.clone();
                outcomes.push(Outcome::rejected(vec![problem], warnings, is_there.then(as_it_is)));
                continue;
            }
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
                    credited: credited.entry(record.movie.to_string()).or_default(),
                },
                &*self.catalog.ids,
            );
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
                        was_read: true,
                    });
                }
                Ok(plan) => {
                    let body = serde_json::to_string(&plan.data)?;
                    if body.len() > MAX_STORED {
                        let message = format!(
                            "the document would have {} bytes; at most {MAX_STORED} are stored, so that its export can be imported",
                            body.len()
                        );
                        let problem = Problem::new("", ProblemCode::TooLong, message);
                        outcomes.push(Outcome::rejected(vec![problem], plan.warnings, is_there.then(as_it_is)));
                        continue;
                    }
                    for entity in &plan.new_entities {
                        directory.add(entity);
                    }
                    let metadata = Metadata {
                        revision: previous.map_or(0, |previous| previous.document.metadata.revision) + 1,
                        source: self.source(record, previous, base),
                        last_updated: Some(now),
                        updated_by: Some(self.author.name.clone()),
                    };
                    outcomes.push(writes.add(record, plan, body, previous, metadata, &directory));
                    // Credits that come in the same batch count as well.
                    let people = writes.credited_last().map(|credit| credit.person_id.clone());
                    credited.entry(record.movie.to_string()).or_default().extend(people);
                }
            }
        }
        Ok((outcomes, writes))
    }

    /// REPLACE takes away what the file dropped since its base. Of a base that was never seen here
    /// nobody can say what that is.
    fn unknown_base(&self, record: &Record, previous: Option<&Current>, earlier: Option<&Current>) -> Option<Problem> {
        let newest = previous.map_or(0, |previous| previous.document.metadata.revision);
        let base = self.options.base_revision.or(record.metadata.revision)?;
        // The same number may be of another server, or of a movie that was deleted and made anew.
        let state = if base == newest { previous } else { earlier };
        let is_another = self.options.base_revision.is_none()
            && record.metadata.last_updated.is_some()
            && state.is_some_and(|state| state.document.metadata.last_updated != record.metadata.last_updated);
        let is_known = (0..=newest).contains(&base) && !is_another;
        if self.options.mode != ImportMode::Replace || is_known {
            return None;
        }
        let message = format!(
            "the document was not made from a revision of this server (metadata says revision {base}; the newest here is \
             {newest}), so what it dropped cannot be told; name the base revision in the options, or send it without \
             metadata.revision to remove all that is not in it"
        );
        Some(Problem::new("", ProblemCode::Invalid, message))
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
        if revision < 0 {
            return Ok(None);
        }
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
        let untouched =
            [previous, base].into_iter().flatten().any(|state| record.metadata.is_untouched(&state.document.metadata))
                || record.metadata.is_untouched(&Metadata::never_written());
        match record.metadata.source {
            Some(source) if !untouched => source,
            _ => Source::Manual,
        }
    }
}

/// Each value once, in order.
pub(super) fn distinct<T: Copy + Eq + std::hash::Hash>(values: impl Iterator<Item = T>) -> Vec<T> {
    let mut seen = HashSet::new();
    values.filter(|value| seen.insert(*value)).collect()
}
