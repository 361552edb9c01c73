//! Starts jobs that revert what other jobs published.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::selected_documents::line;
use super::start::StartedJob;
use crate::catalog::access::CanManageJobs;
use crate::catalog::{Catalog, CatalogError};
use crate::document::{Problem, ProblemCode};
use crate::storage::{DocumentKey, JobKind, JobOutcome, JobRow, NewJob, PublishedByJob};

/// How many documents are read at once.
const PAGE: u64 = 1_000;

/// The options of a job that reverts another one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RevertJobOptions {
    /// The job that is reverted.
    pub job: String,
    /// Whether to only plan: no document is reverted.
    pub dry_run: bool,
}

/// What is to be reverted of a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Reversion {
    /// The revision that the document has if only the job has changed it.
    pub(super) revision: i64,
    /// When the job published it.
    pub(super) published_at: DateTime<Utc>,
    /// The revision before the job.
    pub(super) to: i64,
    /// Whether the job created the movie with this document.
    pub(super) movie_created: bool,
}

/// The documents that a job published, each once, in the order of the job.
#[derive(Default)]
struct Reversions {
    all: Vec<(DocumentKey, Reversion)>,
    places: HashMap<DocumentKey, usize>,
}

impl Reversions {
    /// Adds a document that the job published after the ones that were added before.
    fn add(&mut self, document: PublishedByJob) {
        let PublishedByJob { key, revision, published_at, movie_created, .. } = document;
        match self.places.entry(key) {
            Entry::Vacant(place) => {
                let to = revision - 1;
                let reversion = Reversion { revision, published_at, to, movie_created };
                self.all.push((place.key().clone(), reversion));
                place.insert(self.all.len() - 1);
            }
            // The file of the job has the document twice. If another writer published a revision
            // in between, this is not the current one.
            Entry::Occupied(place) => {
                let (_, first) = &mut self.all[*place.get()];
                first.revision += 1;
                first.published_at = published_at;
            }
        }
    }

    /// The lines of the file of the job.
    fn lines(&self) -> Result<Vec<String>, CatalogError> {
        let line = |((movie, category), reversion): &(DocumentKey, Reversion)| {
            line(movie, *category, reversion)
        };
        self.all.iter().map(line).collect()
    }
}

impl Catalog {
    /// Starts a job that brings each document which a finished job published back to the revision
    /// before. A document that was changed after that job is left as it is, also if that happens
    /// later. `None` if there is no such job. A repeated request with the same idempotency key gets
    /// the job of the first one.
    ///
    /// # Errors
    /// When storage or the folder of files fails.
    pub async fn revert_job(
        &self,
        permission: &CanManageJobs,
        options: RevertJobOptions,
        key: Option<&str>,
    ) -> Result<Option<StartedJob>, CatalogError> {
        let Some(job) = self.database.jobs(std::slice::from_ref(&options.job)).await?.pop() else {
            return Ok(None);
        };
        // What is read of a finished job does not change any more.
        let refused = if !job.state.is_final() {
            Some("the job is not finished; cancel it, or wait for its end")
        } else if job.counts.of(JobOutcome::Published) == 0 {
            Some("the job published no document, so that there is nothing to revert")
        } else {
            None
        };
        let refused = refused.map(|message| Problem::new("", ProblemCode::Conflict, message));
        let selected = match refused {
            Some(_) => Reversions::default(),
            None => self.published_by(&job).await?,
        };
        let count = selected.all.len();
        let file = self.store_selection(permission, selected.lines()?).await?;
        let text = serde_json::to_string(&options)?;
        let new = NewJob {
            file: Some((file.name.clone(), i64::try_from(file.size).unwrap_or(i64::MAX))),
            key: key.map(|key| (key.to_owned(), format!("revert {text}"))),
            total: i64::try_from(count).ok(),
            ..self.new_job(permission, JobKind::Revert, text)?
        };
        let detail = format!("reversion of {count} documents of {}", options.job);
        let started = self.start_once(permission, new, refused, &detail).await;
        self.remove_unused_file(&file, &started).await;
        started.map(Some)
    }

    async fn published_by(&self, job: &JobRow) -> Result<Reversions, CatalogError> {
        let (mut found, mut after) = (Reversions::default(), None);
        loop {
            let page = self.database.documents_published_by(&job.id, after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(found) };
            after = Some(last.position);
            for document in page {
                found.add(document);
            }
        }
    }
}
