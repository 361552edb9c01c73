//! Idempotency keys: which import was made under which key of which account.

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, Set};

use crate::storage::tables::idempotency_key;
use crate::storage::{StorageError, Transaction};

/// An idempotency key that an account has used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsedIdempotencyKey {
    /// The hash of the request.
    pub hash: String,
    /// The entry of the import log.
    pub import_id: String,
}

/// An idempotency key to store.
#[derive(Debug, Clone, Copy)]
pub struct NewIdempotencyKey<'a> {
    pub account: &'a str,
    pub operation: &'a str,
    pub key: &'a str,
    /// The hash of the request.
    pub hash: &'a str,
    /// The entry of the import log.
    pub import_id: &'a str,
    pub now: DateTime<Utc>,
}

impl Transaction {
    /// The use of a key by an account since `not_before`.
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

    /// Stores the use of a key, and deletes all keys that were stored before `delete_before`. If
    /// two transactions use the same key at the same time, one of them fails with a transient
    /// error.
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
