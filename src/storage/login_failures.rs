//! Counters of failed logins, which all replicas share.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};

use super::tables::login_failure;
use super::{Database, StorageError, Transaction};

/// The failed logins of one account or address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginFailures {
    /// A hash of the account or the address.
    pub key: String,
    /// The first failure that counts.
    pub since: DateTime<Utc>,
    pub count: i64,
}

impl Database {
    /// The failures of these keys whose window began after `after`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn login_failures(
        &self,
        keys: &[String],
        after: DateTime<Utc>,
    ) -> Result<Vec<LoginFailures>, StorageError> {
        let rows = login_failure::Entity::find()
            .filter(login_failure::Column::Key.is_in(keys))
            .filter(login_failure::Column::Since.gt(after))
            .all(&self.reader)
            .await?;
        let failures = |row: login_failure::Model| LoginFailures {
            key: row.key,
            since: row.since,
            count: row.count,
        };
        Ok(rows.into_iter().map(failures).collect())
    }
}

impl Transaction {
    /// Counts a failure of each key, and deletes all counters whose window began at or before
    /// `expired`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_login_failure(
        &self,
        keys: &[String],
        now: DateTime<Utc>,
        expired: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        login_failure::Entity::delete_many()
            .filter(login_failure::Column::Since.lte(expired))
            .exec(&self.connection)
            .await?;
        let rows = keys.iter().map(|key| login_failure::ActiveModel {
            key: Set(key.clone()),
            since: Set(now),
            count: Set(1),
        });
        let count = (login_failure::Entity, login_failure::Column::Count);
        let counted = OnConflict::column(login_failure::Column::Key)
            .value(login_failure::Column::Count, Expr::col(count).add(1))
            .to_owned();
        login_failure::Entity::insert_many(rows)
            .on_conflict(counted)
            .exec_without_returning(&self.connection)
            .await?;
        Ok(())
    }

    /// Deletes the counter of a key.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_login_failures(&self, key: &str) -> Result<(), StorageError> {
        login_failure::Entity::delete_by_id(key.to_owned()).exec(&self.connection).await?;
        Ok(())
    }
}
