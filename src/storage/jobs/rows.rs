//! The rows of jobs: starting, reading and listing them, and asking for their end.

use std::ops::AddAssign;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, Order};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Set,
};

use super::vocabulary::{JobKind, JobOutcome, JobState};
use crate::document::Source;
use crate::storage::db::statements::ROWS_PER_STATEMENT;
use crate::storage::tables::job;
use crate::storage::tables::job::{Column, Entity, Model};
use crate::storage::{Database, PageRequest, StorageError, Transaction};

/// The number of documents by outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct JobCounts {
    pub published: i64,
    pub drafted: i64,
    pub unchanged: i64,
    pub planned: i64,
    pub conflict: i64,
    pub rejected: i64,
    pub skipped: i64,
    pub discarded: i64,
}

impl JobCounts {
    /// The number of documents with this outcome.
    #[must_use]
    pub const fn of(&self, outcome: JobOutcome) -> i64 {
        match outcome {
            JobOutcome::Published => self.published,
            JobOutcome::Drafted => self.drafted,
            JobOutcome::Unchanged => self.unchanged,
            JobOutcome::Planned => self.planned,
            JobOutcome::Conflict => self.conflict,
            JobOutcome::Rejected => self.rejected,
            JobOutcome::Skipped => self.skipped,
            JobOutcome::Discarded => self.discarded,
        }
    }

    /// The number of all documents.
    #[must_use]
    pub fn total(&self) -> i64 {
        JobOutcome::ALL.iter().map(|outcome| self.of(*outcome)).sum()
    }

    /// Counts one document.
    pub const fn add(&mut self, outcome: JobOutcome) {
        let count = match outcome {
            JobOutcome::Published => &mut self.published,
            JobOutcome::Drafted => &mut self.drafted,
            JobOutcome::Unchanged => &mut self.unchanged,
            JobOutcome::Planned => &mut self.planned,
            JobOutcome::Conflict => &mut self.conflict,
            JobOutcome::Rejected => &mut self.rejected,
            JobOutcome::Skipped => &mut self.skipped,
            JobOutcome::Discarded => &mut self.discarded,
        };
        *count += 1;
    }
}

impl AddAssign for JobCounts {
    fn add_assign(&mut self, other: Self) {
        self.published += other.published;
        self.drafted += other.drafted;
        self.unchanged += other.unchanged;
        self.planned += other.planned;
        self.conflict += other.conflict;
        self.rejected += other.rejected;
        self.skipped += other.skipped;
        self.discarded += other.discarded;
    }
}

/// A job to start.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// Begins with the time, so that later jobs have greater ids, by code point.
    pub id: String,
    pub kind: JobKind,
    /// The account that starts it.
    pub account: String,
    /// The name of that account.
    pub author: String,
    /// The source of the account's changes that name none.
    pub source: Option<Source>,
    /// The account with its token and where its request comes from, as JSON.
    pub actor: String,
    /// The options as JSON.
    pub options: String,
    /// The name and the size of the stored file.
    pub file: Option<(String, i64)>,
    /// The name of the file at the client.
    pub file_name: Option<String>,
    /// The job that this one retries.
    pub retry_of: Option<String>,
    /// The number of documents, if it is known.
    pub total: Option<i64>,
    /// The idempotency key of the request, and the hash of the request.
    pub key: Option<(String, String)>,
    pub created_at: DateTime<Utc>,
}

/// A stored job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JobRow {
    pub id: String,
    pub kind: JobKind,
    pub state: JobState,
    pub account: String,
    pub author: String,
    pub source: Option<Source>,
    pub actor: String,
    pub options: String,
    pub file: Option<String>,
    /// The size of the file in bytes.
    pub file_size: Option<i64>,
    /// The name of the file at the client.
    pub file_name: Option<String>,
    /// The bytes of the file that were read for the documents that are done.
    pub file_position: i64,
    pub retry_of: Option<String>,
    /// The hash of the request, if it has an idempotency key.
    pub request_hash: Option<String>,
    pub created_at: DateTime<Utc>,
    pub started_at: Option<DateTime<Utc>>,
    pub finished_at: Option<DateTime<Utc>>,
    pub is_cancel_requested: bool,
    /// Why it cannot go on.
    pub error: Option<String>,
    /// The number of documents; `None` until the file was read to its end.
    pub total: Option<i64>,
    /// The number of the next document.
    pub position: i64,
    /// The number of documents with an outcome.
    pub done: i64,
    pub counts: JobCounts,
    /// The first archive entries that are not documents, as JSON, and the number of all of them.
    pub skipped_entries: (String, i64),
    /// How many times a worker took the job.
    pub attempts: i64,
    /// Attempts in sequence that ended without a commit and without giving the lease back.
    pub stalled: i64,
    /// Documents before this number are imported one by one.
    pub careful_until: i64,
}

/// Selects jobs. `None` does not filter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JobFilter {
    /// One of these states.
    pub states: Option<Vec<JobState>>,
    /// One of these kinds.
    pub kinds: Option<Vec<JobKind>>,
}

fn corrupt(id: &str, reason: String) -> StorageError {
    StorageError::Corrupt { what: "job", key: id.to_owned(), reason }
}

pub(super) fn read(stored: Model) -> Result<JobRow, StorageError> {
    let unknown = |what: &str, text: &str| corrupt(&stored.id, format!("the {what} {text:?}"));
    let source = stored.source.as_deref();
    let source = source.map(|text| Source::parse(text).ok_or_else(|| unknown("source", text)));
    Ok(JobRow {
        kind: JobKind::parse(&stored.kind).ok_or_else(|| unknown("kind", &stored.kind))?,
        state: JobState::parse(&stored.state).ok_or_else(|| unknown("state", &stored.state))?,
        source: source.transpose()?,
        counts: JobCounts {
            published: stored.published,
            drafted: stored.drafted,
            unchanged: stored.unchanged,
            planned: stored.planned,
            conflict: stored.conflict,
            rejected: stored.rejected,
            skipped: stored.skipped,
            discarded: stored.discarded,
        },
        id: stored.id,
        account: stored.account,
        author: stored.author,
        actor: stored.actor,
        options: stored.options,
        file: stored.file,
        file_size: stored.file_size,
        file_name: stored.file_name,
        skipped_entries: (stored.skipped_entries, stored.skipped_entry_count),
        file_position: stored.file_position,
        retry_of: stored.retry_of,
        request_hash: stored.request_hash,
        created_at: stored.created_at,
        started_at: stored.started_at,
        finished_at: stored.finished_at,
        is_cancel_requested: stored.is_cancel_requested,
        error: stored.error,
        total: stored.total,
        position: stored.position,
        done: stored.done,
        attempts: stored.attempts,
        stalled: stored.stalled,
        careful_until: stored.careful_until,
    })
}

/// The states of jobs that are not finished, in the words of their index.
pub(super) const UNFINISHED: &str = "state IN ('queued', 'running')";

fn condition(filter: &JobFilter) -> Condition {
    let states = filter.states.as_ref().map(|of| of.iter().map(|state| state.as_str()));
    let kinds = filter.kinds.as_ref().map(|of| of.iter().map(|kind| kind.as_str()));
    Condition::all()
        .add_option(states.map(|of| Column::State.is_in(of)))
        .add_option(kinds.map(|of| Column::Kind.is_in(of)))
}

impl Database {
    /// The jobs with these ids, in no particular order. Unknown ids are left out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn jobs(&self, ids: &[String]) -> Result<Vec<JobRow>, StorageError> {
        let mut jobs = Vec::with_capacity(ids.len());
        for ids in ids.chunks(ROWS_PER_STATEMENT) {
            let found = Entity::find().filter(Column::Id.is_in(ids)).all(&self.reader).await?;
            for stored in found {
                jobs.push(read(stored)?);
            }
        }
        Ok(jobs)
    }

    /// A job that is read again and again, which is not counted.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn watched_job(&self, id: &str) -> Result<Option<JobRow>, StorageError> {
        let found = Entity::find_by_id(id.to_owned()).one(&self.background_reader).await?;
        found.map(read).transpose()
    }

    /// A page of the jobs that match, newest first, and whether there are more in its direction.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn job_page(
        &self,
        filter: &JobFilter,
        page: &PageRequest<String>,
    ) -> Result<(Vec<JobRow>, bool), StorageError> {
        let beyond = page.from.as_ref().map(|from| {
            if page.backward { Column::Id.gt(from.as_str()) } else { Column::Id.lt(from.as_str()) }
        });
        let found = Entity::find()
            .filter(condition(filter).add_option(beyond))
            .order_by(Column::Id, if page.backward { Order::Asc } else { Order::Desc })
            .limit(page.rows())
            .all(&self.reader)
            .await?;
        Ok(page.cut(found.into_iter().map(read).collect::<Result<_, _>>()?))
    }

    /// The number of jobs that match.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_jobs(&self, filter: &JobFilter) -> Result<u64, StorageError> {
        Ok(Entity::find().filter(condition(filter)).count(&self.reader).await?)
    }
}

impl Transaction {
    /// Stores a job. If two transactions use the same idempotency key at the same time, one of them
    /// fails with a transient error.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn insert_job(&self, new: &NewJob) -> Result<(), StorageError> {
        let (file, file_size) = new.file.clone().unzip();
        let (idempotency_key, request_hash) = new.key.clone().unzip();
        let row = job::ActiveModel {
            id: Set(new.id.clone()),
            kind: Set(new.kind.as_str().to_owned()),
            state: Set(JobState::Queued.as_str().to_owned()),
            account: Set(new.account.clone()),
            author: Set(new.author.clone()),
            source: Set(new.source.map(|source| source.as_str().to_owned())),
            actor: Set(new.actor.clone()),
            options: Set(new.options.clone()),
            file: Set(file),
            file_size: Set(file_size),
            file_name: Set(new.file_name.clone()),
            file_position: Set(0),
            retry_of: Set(new.retry_of.clone()),
            idempotency_key: Set(idempotency_key),
            request_hash: Set(request_hash),
            created_at: Set(new.created_at),
            started_at: Set(None),
            finished_at: Set(None),
            is_cancel_requested: Set(false),
            error: Set(None),
            total: Set(new.total),
            position: Set(0),
            done: Set(0),
            published: Set(0),
            drafted: Set(0),
            unchanged: Set(0),
            planned: Set(0),
            conflict: Set(0),
            rejected: Set(0),
            skipped: Set(0),
            discarded: Set(0),
            skipped_entries: Set("[]".to_owned()),
            skipped_entry_count: Set(0),
            lease_owner: Set(None),
            lease_epoch: Set(0),
            lease_until: Set(0),
            attempts: Set(0),
            stalled: Set(0),
            careful_until: Set(0),
        };
        Entity::insert(row).exec_without_returning(&self.connection).await?;
        Ok(())
    }

    /// A job.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn job(&self, id: &str) -> Result<Option<JobRow>, StorageError> {
        let found = Entity::find_by_id(id.to_owned()).one(&self.connection).await?;
        found.map(read).transpose()
    }

    /// The job that an account started with an idempotency key.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn job_with_key(
        &self,
        account: &str,
        key: &str,
    ) -> Result<Option<JobRow>, StorageError> {
        let found = Entity::find()
            .filter(Column::Account.eq(account))
            .filter(Column::IdempotencyKey.eq(key))
            .one(&self.connection)
            .await?;
        found.map(read).transpose()
    }

    /// The number of jobs that are not finished.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_unfinished_jobs(&self) -> Result<u64, StorageError> {
        Ok(Entity::find().filter(Expr::cust(UNFINISHED)).count(&self.connection).await?)
    }

    /// Asks for the end of a job. Returns false if it is finished, or asked already.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn request_cancel(&self, id: &str) -> Result<bool, StorageError> {
        let updated = Entity::update_many()
            .col_expr(Column::IsCancelRequested, Expr::value(true))
            .filter(Column::Id.eq(id))
            .filter(Column::IsCancelRequested.eq(false))
            .filter(Expr::cust(UNFINISHED))
            .exec(&self.connection)
            .await?;
        Ok(updated.rows_affected > 0)
    }
}
