//! Links that set the password of an account once. Only the hashes of their secrets are stored.

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};

use crate::storage::tables::password_link;
use crate::storage::{Database, StorageError, Transaction};

impl Database {
    /// The account of a link that has not expired.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn password_link(
        &self,
        hash: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<String>, StorageError> {
        let found = password_link::Entity::find_by_id(hash).one(&self.reader).await?;
        Ok(found.filter(|link| link.expires_at > now).map(|link| link.account_id))
    }
}

impl Transaction {
    /// Stores a link, and deletes the earlier ones of the account.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_password_link(
        &self,
        hash: String,
        account: &str,
        expires_at: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        self.delete_password_links(account).await?;
        let row = password_link::ActiveModel {
            hash: Set(hash),
            account_id: Set(account.to_owned()),
            expires_at: Set(expires_at),
        };
        password_link::Entity::insert(row).exec_without_returning(&self.connection).await?;
        Ok(())
    }

    /// Deletes the links of an account.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_password_links(&self, account: &str) -> Result<(), StorageError> {
        password_link::Entity::delete_many()
            .filter(password_link::Column::AccountId.eq(account))
            .exec(&self.connection)
            .await?;
        Ok(())
    }

    /// The account of a link that has not expired. The link is deleted, so it is found once.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn take_password_link(
        &self,
        hash: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<String>, StorageError> {
        let found = password_link::Entity::find_by_id(hash).one(&self.connection).await?;
        let deleted = password_link::Entity::delete_by_id(hash).exec(&self.connection).await?;
        // Of two transactions that found it, one deleted it.
        Ok(found
            .filter(|link| deleted.rows_affected == 1 && link.expires_at > now)
            .map(|link| link.account_id))
    }
}
