//! Leases: which worker may work on a job, and until when.
//!
//! A worker takes a job by raising its epoch. Every write of a worker is guarded by that epoch, so
//! a worker that was paused or cut off for so long that another one took the job writes nothing.
//! The time is that of the database, so the clocks of the servers do not matter.

use std::time::Duration;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait as _, Order, SimpleExpr};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
    UpdateMany,
};

use super::rows::{JobCounts, JobRow, UNFINISHED};
use super::vocabulary::{JobOutcome, JobState};
use crate::storage::tables::job::{Column, Entity};
use crate::storage::{Backend, Database, StorageError, Transaction};

/// The right of one worker to work on one job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    pub job: String,
    pub epoch: i64,
    /// For how long it is held after each renewal.
    pub time: Duration,
}

/// What a worker has to know of its job before each batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaseState {
    /// Whether the lease is still that of the worker.
    pub is_held: bool,
    pub is_cancel_requested: bool,
}

/// How much further a batch brings its job.
#[derive(Debug, Clone, Default)]
pub struct JobProgress {
    /// The number of the next document.
    pub position: i64,
    /// The bytes of the file that were read for the documents so far.
    pub file_position: i64,
    /// The outcomes of the batch.
    pub counts: JobCounts,
}

/// How a job ends.
#[derive(Debug, Clone)]
pub struct JobEnd {
    pub state: JobState,
    pub error: Option<String>,
    /// The number of documents, if they were all read.
    pub total: Option<i64>,
    /// The first archive entries that are not documents, as JSON, and the number of all of them, if
    /// the file was read to its end.
    pub skipped_entries: Option<(String, i64)>,
    /// The name and the size in bytes of the file that the job has made.
    pub file: Option<(String, i64)>,
    pub at: DateTime<Utc>,
}

impl JobEnd {
    /// The end of a job in this state.
    #[must_use]
    pub const fn new(state: JobState, at: DateTime<Utc>) -> Self {
        Self { state, error: None, total: None, skipped_entries: None, file: None, at }
    }

    /// The end of a job that cannot go on.
    #[must_use]
    pub fn failed(error: String, at: DateTime<Utc>) -> Self {
        Self { error: Some(error), ..Self::new(JobState::Failed, at) }
    }
}

/// How many attempts may end without a commit before documents are imported one by one.
const CAREFUL_AFTER: i64 = 1;
/// How many documents are imported one by one then.
const CAREFUL_DOCUMENTS: i64 = 200;

/// The milliseconds since 1970 by the clock of the database.
const fn now(backend: Backend) -> &'static str {
    match backend {
        Backend::Sqlite => "CAST(unixepoch('now', 'subsec') * 1000 AS BIGINT)",
        Backend::Postgres => "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000 AS BIGINT)",
    }
}

fn until(backend: Backend, lease: Duration) -> SimpleExpr {
    Expr::cust(format!("{} + {}", now(backend), lease.as_millis()))
}

fn is_free(backend: Backend) -> SimpleExpr {
    Expr::cust(format!("lease_until < {}", now(backend)))
}

/// An update of a job that changes nothing if the lease is another worker's.
fn guarded(lease: &Lease) -> UpdateMany<Entity> {
    Entity::update_many().filter(
        Condition::all()
            .add(Column::Id.eq(lease.job.as_str()))
            .add(Column::LeaseEpoch.eq(lease.epoch))
            .add(Column::State.eq(JobState::Running.as_str())),
    )
}

impl Database {
    /// The ids of jobs that no worker has, oldest first, each with its epoch. At most a few.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn free_jobs(&self) -> Result<Vec<(String, i64)>, StorageError> {
        let found = Entity::find()
            .select_only()
            .columns([Column::Id, Column::LeaseEpoch])
            .filter(Expr::cust(UNFINISHED))
            .filter(is_free(self.backend))
            .order_by(Column::Id, Order::Asc)
            .limit(8)
            .into_tuple()
            .all(&self.background_reader)
            .await?;
        Ok(found)
    }

    /// What a worker has to know of its job before each batch.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn lease_state(&self, lease: &Lease) -> Result<LeaseState, StorageError> {
        let found: Option<(i64, bool)> = Entity::find_by_id(lease.job.clone())
            .select_only()
            .columns([Column::LeaseEpoch, Column::IsCancelRequested])
            .into_tuple()
            .one(&self.background_reader)
            .await?;
        Ok(match found {
            Some((epoch, is_cancel_requested)) => {
                LeaseState { is_held: epoch == lease.epoch, is_cancel_requested }
            }
            None => LeaseState { is_held: false, is_cancel_requested: false },
        })
    }
}

impl Transaction {
    /// Takes a free job: raises its epoch, which was `epoch`. `None` if another worker was first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take_job(
        &self,
        (id, epoch): (&str, i64),
        owner: &str,
        time: Duration,
        at: DateTime<Utc>,
    ) -> Result<Option<(JobRow, Lease)>, StorageError> {
        let Some(job) = self.job(id).await? else { return Ok(None) };
        let stalled = job.stalled + 1;
        let careful_until = if stalled > CAREFUL_AFTER {
            Ord::max(job.careful_until, job.position + CAREFUL_DOCUMENTS)
        } else {
            job.careful_until
        };
        let taken = Entity::update_many()
            .col_expr(Column::State, Expr::value(JobState::Running.as_str()))
            .col_expr(Column::StartedAt, Expr::value(job.started_at.unwrap_or(at)))
            .col_expr(Column::LeaseOwner, Expr::value(owner))
            .col_expr(Column::LeaseEpoch, Expr::value(epoch + 1))
            .col_expr(Column::LeaseUntil, until(self.backend, time))
            .col_expr(Column::Attempts, Expr::value(job.attempts + 1))
            .col_expr(Column::Stalled, Expr::value(stalled))
            .col_expr(Column::CarefulUntil, Expr::value(careful_until))
            .filter(Column::Id.eq(id))
            .filter(Column::LeaseEpoch.eq(epoch))
            .filter(Expr::cust(UNFINISHED))
            .filter(is_free(self.backend))
            .exec(&self.connection)
            .await?;
        if taken.rows_affected == 0 {
            return Ok(None);
        }
        let lease = Lease { job: id.to_owned(), epoch: epoch + 1, time };
        Ok(self.job(id).await?.map(|job| (job, lease)))
    }

    /// Renews a lease. Returns false if it is another worker's.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn renew_lease(&self, lease: &Lease) -> Result<bool, StorageError> {
        let renewed = guarded(lease)
            .col_expr(Column::LeaseUntil, until(self.backend, lease.time))
            .exec(&self.connection)
            .await?;
        Ok(renewed.rows_affected > 0)
    }

    /// Gives a lease back, so that any worker can take the job at once. The attempt does not count
    /// as one that stalled.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn release_lease(&self, lease: &Lease) -> Result<(), StorageError> {
        guarded(lease)
            .col_expr(Column::LeaseOwner, Expr::value(None::<String>))
            .col_expr(Column::LeaseUntil, Expr::value(0_i64))
            .col_expr(
                Column::Stalled,
                Expr::cust("CASE WHEN stalled > 0 THEN stalled - 1 ELSE 0 END"),
            )
            .exec(&self.connection)
            .await?;
        Ok(())
    }

    /// Records progress, and renews the lease. Returns false if the lease is another worker's: then
    /// the transaction must be rolled back.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn advance_job(
        &self,
        lease: &Lease,
        progress: &JobProgress,
    ) -> Result<bool, StorageError> {
        let counts = JobOutcome::ALL.iter().map(|outcome| {
            let column = match outcome {
                JobOutcome::Published => Column::Published,
                JobOutcome::Drafted => Column::Drafted,
                JobOutcome::Unchanged => Column::Unchanged,
                JobOutcome::Planned => Column::Planned,
                JobOutcome::Conflict => Column::Conflict,
                JobOutcome::Rejected => Column::Rejected,
                JobOutcome::Skipped => Column::Skipped,
                JobOutcome::Discarded => Column::Discarded,
            };
            (column, progress.counts.of(*outcome))
        });
        let done = progress.counts.total();
        let mut update = guarded(lease)
            .col_expr(Column::Position, Expr::value(progress.position))
            .col_expr(Column::FilePosition, Expr::value(progress.file_position))
            .col_expr(Column::Stalled, Expr::value(0_i64))
            .col_expr(Column::LeaseUntil, until(self.backend, lease.time))
            .col_expr(Column::Done, Expr::col(Column::Done).add(done));
        for (column, count) in counts.filter(|(_, count)| *count > 0) {
            update = update.col_expr(column, Expr::col(column).add(count));
        }
        Ok(update.exec(&self.connection).await?.rows_affected > 0)
    }

    /// Records that an export has written `done` of `total` documents, and renews the lease. An
    /// attempt begins at 0 again. Returns false if the lease is another worker's.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn advance_export(
        &self,
        lease: &Lease,
        done: i64,
        total: i64,
    ) -> Result<bool, StorageError> {
        let update = guarded(lease)
            .col_expr(Column::Position, Expr::value(done))
            .col_expr(Column::Done, Expr::value(done))
            .col_expr(Column::Total, Expr::value(total))
            .col_expr(Column::LeaseUntil, until(self.backend, lease.time));
        Ok(update.exec(&self.connection).await?.rows_affected > 0)
    }

    /// Ends a job and its lease. Returns false if the lease is another worker's.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_job(&self, lease: &Lease, end: &JobEnd) -> Result<bool, StorageError> {
        let mut update = guarded(lease)
            .col_expr(Column::State, Expr::value(end.state.as_str()))
            .col_expr(Column::Error, Expr::value(end.error.clone()))
            .col_expr(Column::FinishedAt, Expr::value(end.at))
            .col_expr(Column::LeaseOwner, Expr::value(None::<String>))
            .col_expr(Column::LeaseUntil, Expr::value(0_i64));
        if let Some(total) = end.total {
            update = update
                .col_expr(Column::Total, Expr::value(total))
                .col_expr(Column::FilePosition, Expr::cust("COALESCE(file_size, 0)"));
        }
        if let Some((name, size)) = &end.file {
            update = update
                .col_expr(Column::File, Expr::value(name.clone()))
                .col_expr(Column::FileSize, Expr::value(*size));
        }
        if let Some((entries, count)) = &end.skipped_entries {
            update = update
                .col_expr(Column::SkippedEntries, Expr::value(entries.clone()))
                .col_expr(Column::SkippedEntryCount, Expr::value(*count));
        }
        Ok(update.exec(&self.connection).await?.rows_affected > 0)
    }

    /// Lets `PostgreSQL` end the transaction if this process does not go on with it for the time of
    /// the lease, because it is paused. Otherwise the locks of the transaction would stop the
    /// worker that replaces it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_with_lease(&self, lease: &Lease) -> Result<(), StorageError> {
        if self.backend == Backend::Postgres {
            let milliseconds = lease.time.as_millis();
            let sql = format!("SET LOCAL idle_in_transaction_session_timeout = {milliseconds}");
            self.connection.execute_unprepared(&sql).await?;
        }
        Ok(())
    }
}
