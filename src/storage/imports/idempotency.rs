//! Idempotency keys: which import was made under which key of which account.

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};

use crate::storage::tables::idempotency_key;
use crate::storage::{StorageError, Transaction};

/// What a client did before under an idempotency key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsedIdempotencyKey {
    /// Of the request.
    pub hash: String,
    /// The record of what was done.
    pub import_id: String,
}

/// What is to be remembered of what a client does under an idempotency key.
#[derive(Debug, Clone, Copy)]
pub struct NewIdempotencyKey<'a> {
    pub account: &'a str,
    pub operation: &'a str,
    pub key: &'a str,
    /// Of the request.
    pub hash: &'a str,
    /// The record of what is done.
    pub import_id: &'a str,
    pub now: DateTime<Utc>,
}

impl Transaction {
    /// What the account did under that key since `not_before`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn used_idempotency_key(
        &self,
        account: &str,
        operation: &str,
        key: &str,
        not_before: DateTime<Utc>,
    ) -> Result<Option<UsedIdempotencyKey>, StorageError> {
        let key = (account.to_owned(), operation.to_owned(), key.to_owned());
        let row = idempotency_key::Entity::find_by_id(key)
            .filter(idempotency_key::Column::CreatedAt.gte(not_before))
            .one(&self.connection)
            .await?;
        Ok(row.map(|row| UsedIdempotencyKey { hash: row.hash, import_id: row.import_id }))
    }

    /// Remembers what the account does under that key, and forgets what was done before
    /// `delete_before`. Of two that use a key at once, one fails and may be run again.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn store_idempotency_key(
        &self,
        new: &NewIdempotencyKey<'_>,
        delete_before: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        idempotency_key::Entity::delete_many()
            .filter(idempotency_key::Column::CreatedAt.lt(delete_before))
            .exec(&self.connection)
            .await?;
        let row = idempotency_key::ActiveModel {
            account: Set(new.account.to_owned()),
            operation: Set(new.operation.to_owned()),
            key: Set(new.key.to_owned()),
            hash: Set(new.hash.to_owned()),
            import_id: Set(new.import_id.to_owned()),
            created_at: Set(new.now),
        };
        idempotency_key::Entity::insert(row).exec_without_returning(&self.connection).await?;
        Ok(())
    }
}
