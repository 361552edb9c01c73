//! Which account belongs to a subject of a log-in provider, and the attempts to log in through a
//! provider that were completed.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};

use crate::storage::tables::{identity, used_login_state};
use crate::storage::{Database, StorageError, Transaction};

impl Database {
    /// Whether the attempt with this hash was completed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn is_login_state_used(&self, hash: &str) -> Result<bool, StorageError> {
        let found = used_login_state::Entity::find_by_id(hash).one(&self.reader).await?;
        Ok(found.is_some())
    }
}

impl Transaction {
    /// Marks the attempt with this hash as completed until `expires_at`, and forgets those that
    /// expired before `now`. Returns `false` if it was completed before.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn use_login_state(
        &self,
        hash: &str,
        expires_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<bool, StorageError> {
        used_login_state::Entity::delete_many()
            .filter(used_login_state::Column::ExpiresAt.lt(now))
            .exec(&self.connection)
            .await?;
        let row = used_login_state::ActiveModel {
            hash: Set(hash.to_owned()),
            expires_at: Set(expires_at),
        };
        let inserted = used_login_state::Entity::insert(row)
            .on_conflict(OnConflict::column(used_login_state::Column::Hash).do_nothing().to_owned())
            .exec_without_returning(&self.connection)
            .await?;
        Ok(inserted > 0)
    }

    /// The id of the account of a subject, which may be deleted.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn account_of_identity(
        &self,
        issuer: &str,
        subject: &str,
    ) -> Result<Option<String>, StorageError> {
        let key = (issuer.to_owned(), subject.to_owned());
        let found = identity::Entity::find_by_id(key).one(&self.connection).await?;
        Ok(found.map(|identity| identity.account_id))
    }

    /// Whether a subject of this issuer belongs to an account.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn has_identity(&self, issuer: &str, account: &str) -> Result<bool, StorageError> {
        let found = identity::Entity::find()
            .filter(identity::Column::Issuer.eq(issuer))
            .filter(identity::Column::AccountId.eq(account))
            .one(&self.connection)
            .await?;
        Ok(found.is_some())
    }

    /// Sets the account of a subject.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_identity(
        &self,
        issuer: &str,
        subject: &str,
        account: &str,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        let row = identity::ActiveModel {
            issuer: Set(issuer.to_owned()),
            subject: Set(subject.to_owned()),
            account_id: Set(account.to_owned()),
            created_at: Set(now),
        };
        let key = [identity::Column::Issuer, identity::Column::Subject];
        let replaced = OnConflict::columns(key)
            .update_columns([identity::Column::AccountId, identity::Column::CreatedAt])
            .to_owned();
        identity::Entity::insert(row)
            .on_conflict(replaced)
            .exec_without_returning(&self.connection)
            .await?;
        Ok(())
    }

    /// Deletes the subjects of an account. Returns how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_identities(&self, account: &str) -> Result<u64, StorageError> {
        let deleted = identity::Entity::delete_many()
            .filter(identity::Column::AccountId.eq(account))
            .exec(&self.connection)
            .await?;
        Ok(deleted.rows_affected)
    }
}
