//! Whole catalogues in and out, in bounded memory.

mod archive;
mod channel;
mod documents;
mod entries;
mod limit;
mod place;
mod read;
mod transcode;

use std::collections::HashSet;

use tokio::sync::mpsc;

pub use archive::{ArchiveError, Packer, write_entry, writer};
pub use channel::{RecordReceiver, RecordSender, record_channel};
pub use place::{At, Place};
pub use read::{MAX_UNPACKED, Options as ReadOptions, RawRecord, ReadReport, Source, Stopped};
pub use read::{SQLITE_HEADER, SQLITE_REFUSED, read_source};

use super::access::{CanPublish, CanRead};
use super::export::Export;
use super::import::{ImportOptions, ImportStatus, Outcome, Record};
use super::{Catalog, CatalogError};
use crate::document::plan::Report;
use crate::document::{Category, MovieId, Problem, ProblemCode, Stage, Warning};
use crate::storage::DocumentKey;

/// Most documents in one transaction.
const BATCH: usize = 200;
/// Most bytes of text in one transaction.
const BATCH_BYTES: usize = 4 * 1024 * 1024;
/// Documents read at once while exporting.
const PAGE: u64 = 100;

/// What became of one record.
#[derive(Debug)]
pub struct RecordResult {
    pub place: Place,
    /// What it was, if that much could be read.
    pub key: Option<DocumentKey>,
    pub status: ImportStatus,
    pub problems: Vec<Problem>,
    /// Whether it is the first document of a movie that was not there.
    pub creates_movie: bool,
    /// What was planned, if it could be read.
    pub plan: Option<Report>,
    /// Bytes of input read so far, for a progress bar.
    pub position: u64,
}

impl RecordResult {
    /// What was repaired in it or left alone.
    #[must_use]
    pub fn warnings(&self) -> &[Warning] {
        self.plan.as_ref().map_or(&[], |plan| &plan.warnings)
    }
}

/// How many records came to what.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct BulkReport {
    pub planned: u64,
    pub drafted: u64,
    pub published: u64,
    pub unchanged: u64,
    pub rejected: u64,
    /// Movies that were not there before.
    pub movies_created: u64,
}

impl BulkReport {
    fn count(&mut self, status: ImportStatus) {
        match status {
            ImportStatus::Planned => self.planned += 1,
            ImportStatus::Drafted => self.drafted += 1,
            ImportStatus::Published => self.published += 1,
            ImportStatus::Unchanged => self.unchanged += 1,
            ImportStatus::Rejected => self.rejected += 1,
        }
    }
}

struct Waiting {
    place: Place,
    position: u64,
}

/// So many written documents are worth telling the database's query planner of.
const MANY_DOCUMENTS: u64 = 500;

impl Catalog {
    /// Imports records as they come, creating movies that are missing, many in one transaction. A
    /// rejected record does not keep others out; each is reported in the order of the input.
    ///
    /// # Errors
    /// When storage fails; what was reported until then is in.
    pub async fn import_stream(
        &self,
        permission: &CanPublish,
        mut records: RecordReceiver,
        options: &ImportOptions,
        mut report: impl FnMut(RecordResult),
    ) -> Result<BulkReport, CatalogError> {
        // A published document creates its movie.
        let create_movie = options.create_movie || options.target == Stage::Published;
        let options = &ImportOptions { create_movie, ..options.clone() };
        let mut total = BulkReport::default();
        let mut held: Option<RawRecord> = None;
        let mut known_to_planner = 0;
        // A dry run finds a movie missing with each of its documents.
        let mut planned = HashSet::new();
        loop {
            let mut waiting = Vec::new();
            let mut batch: Vec<Record> = Vec::new();
            let mut keys = HashSet::new();
            let mut bytes = 0;
            let mut ended = false;
            while waiting.len() < BATCH && bytes < BATCH_BYTES {
                let next = match held.take() {
                    Some(record) => Some(record),
                    None => records.recv().await,
                };
                let Some(raw) = next else {
                    ended = true;
                    break;
                };
                match raw.record {
                    // A document that comes twice builds on what its first coming made of it.
                    Ok(ref record) if !keys.insert(record.key()) => {
                        held = Some(raw);
                        break;
                    }
                    Ok(record) => {
                        bytes += raw.bytes;
                        batch.push(record);
                        waiting.push((Waiting { place: raw.place, position: raw.position }, None));
                    }
                    Err(problems) => {
                        waiting.push((
                            Waiting { place: raw.place, position: raw.position },
                            Some(problems),
                        ));
                    }
                }
            }
            let mut missing = self.missing_movies(&batch).await?;
            if options.dry_run {
                missing.retain(|movie| !planned.contains(movie));
            }
            let outcomes = if batch.is_empty() {
                Vec::new()
            } else {
                self.import_some(permission, &batch, options).await?
            };
            let mut outcomes = batch.iter().zip(outcomes);
            for (Waiting { place, position }, unread) in waiting {
                let result = match unread {
                    Some(problems) => RecordResult {
                        place,
                        key: None,
                        status: ImportStatus::Rejected,
                        problems,
                        creates_movie: false,
                        plan: None,
                        position,
                    },
                    None => {
                        let Some((record, outcome)) = outcomes.next() else { continue };
                        let creates_movie = outcome.status != ImportStatus::Rejected
                            && missing.remove(&record.movie);
                        if creates_movie && options.dry_run {
                            planned.insert(record.movie.clone());
                        }
                        RecordResult {
                            place,
                            key: Some(record.key()),
                            status: outcome.status,
                            problems: outcome.problems,
                            creates_movie,
                            plan: outcome.plan,
                            position,
                        }
                    }
                };
                total.count(result.status);
                total.movies_created += u64::from(result.creates_movie);
                report(result);
            }
            let written = total.published + total.drafted;
            let is_much_more = written >= MANY_DOCUMENTS.max(2 * known_to_planner);
            if is_much_more || (ended && written >= known_to_planner + MANY_DOCUMENTS) {
                // What is in is in, however well it will be found.
                if let Err(error) = self.database().refresh_statistics().await {
                    tracing::warn!(%error, "the database's statistics could not be refreshed");
                }
                known_to_planner = written;
            }
            if ended {
                return Ok(total);
            }
        }
    }

    /// The movies of some records that are not there.
    async fn missing_movies(&self, records: &[Record]) -> Result<HashSet<MovieId>, CatalogError> {
        let mut movies: HashSet<MovieId> =
            records.iter().map(|record| record.movie.clone()).collect();
        let asked: Vec<MovieId> = movies.iter().cloned().collect();
        for found in self.database().movies(&asked).await? {
            movies.remove(&found.id);
        }
        Ok(movies)
    }

    /// Imports records in one transaction; where planning them takes more work than is allowed, each
    /// half in one of its own. A record that takes so much alone is rejected.
    async fn import_some(
        &self,
        permission: &CanPublish,
        records: &[Record],
        options: &ImportOptions,
    ) -> Result<Vec<Outcome>, CatalogError> {
        match self.import_batch(permission, records, options).await {
            Err(CatalogError::Stopped(stopped)) if records.len() < 2 => {
                let message = stopped.user_message();
                let problem = Problem::new("", ProblemCode::TooLong, message);
                Ok(vec![Outcome::rejected(vec![problem], None, None)])
            }
            Err(CatalogError::Stopped(_)) => {
                let (first, second) = records.split_at(records.len() / 2);
                let mut outcomes = Box::pin(self.import_some(permission, first, options)).await?;
                outcomes.extend(Box::pin(self.import_some(permission, second, options)).await?);
                Ok(outcomes)
            }
            done => done,
        }
    }

    /// Sends the exports of all written documents, or those of some movies or of one category, in
    /// the order of movie and category.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn export_stream(
        &self,
        permission: &CanRead,
        selection: &Selection,
        exports: mpsc::Sender<Export>,
    ) -> Result<(), CatalogError> {
        let categories: &[Category] = match &selection.category {
            Some(category) => std::slice::from_ref(category),
            None => Category::ALL,
        };
        if let Some(movies) = &selection.movies {
            for movie in movies {
                for export in self.exports(permission, &[movie], categories).await? {
                    if export.metadata.revision > 0 && exports.send(export).await.is_err() {
                        return Ok(());
                    }
                }
            }
            return Ok(());
        }
        let mut after: Option<DocumentKey> = None;
        loop {
            let page =
                self.database.documents_after(after.as_ref(), selection.category, PAGE).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some((last.movie.clone(), last.category));
            let now = self.clock.now();
            for document in page {
                // Whoever reads may leave at any time.
                if exports.send(Export::of(document, now)).await.is_err() {
                    return Ok(());
                }
            }
        }
    }
}

/// What to export.
#[derive(Debug, Clone, Default)]
pub struct Selection {
    /// Only these movies; `None`: all.
    pub movies: Option<Vec<MovieId>>,
    /// Only this category; `None`: all.
    pub category: Option<Category>,
}
