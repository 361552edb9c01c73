//! Which finished jobs are removed, and their outcomes.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Order;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait as _};

use crate::storage::tables::{job, job_outcome};
use crate::storage::{Database, StorageError, Transaction};

impl Database {
    /// A job that was finished before `before`, and is not tried again by one that is not that old.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn job_finished_before(
        &self,
        before: DateTime<Utc>,
    ) -> Result<Option<String>, StorageError> {
        let tried_again = job::Entity::find()
            .select_only()
            .column(job::Column::RetryOf)
            .filter(job::Column::RetryOf.is_not_null())
            .into_query();
        let found = job::Entity::find()
            .select_only()
            .column(job::Column::Id)
            .filter(job::Column::FinishedAt.lt(before))
            .filter(job::Column::Id.not_in_subquery(tried_again))
            .order_by(job::Column::Id, Order::Desc)
            .into_tuple()
            .one(&self.background_reader)
            .await?;
        Ok(found)
    }

    /// The names of the files that jobs use.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn job_files(&self) -> Result<Vec<String>, StorageError> {
        let found = job::Entity::find()
            .select_only()
            .column(job::Column::File)
            .filter(job::Column::File.is_not_null())
            .into_tuple()
            .all(&self.background_reader)
            .await?;
        Ok(found)
    }
}

impl Transaction {
    /// Deletes at most `limit` outcomes of a job, and the job when it has none left. Returns
    /// whether the job is deleted.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_job(&self, id: &str, limit: u64) -> Result<bool, StorageError> {
        let positions: Vec<i64> = job_outcome::Entity::find()
            .select_only()
            .column(job_outcome::Column::Position)
            .filter(job_outcome::Column::JobId.eq(id))
            .order_by(job_outcome::Column::Position, Order::Asc)
            .limit(limit)
            .into_tuple()
            .all(&self.connection)
            .await?;
        let Some(last) = positions.last() else {
            job::Entity::delete_by_id(id.to_owned()).exec(&self.connection).await?;
            return Ok(true);
        };
        job_outcome::Entity::delete_many()
            .filter(job_outcome::Column::JobId.eq(id))
            .filter(job_outcome::Column::Position.lte(*last))
            .exec(&self.connection)
            .await?;
        Ok(false)
    }
}
