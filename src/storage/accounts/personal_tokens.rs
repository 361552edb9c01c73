//! Personal access tokens. Only their hashes are stored.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, Set};

use crate::storage::db::statements::VALUES_PER_STATEMENT;
use crate::storage::tables::personal_token;
use crate::storage::{Database, StorageError, Transaction};

/// A personal access token.
#[derive(Debug, Clone)]
pub struct PersonalTokenRow {
    pub id: String,
    pub account: String,
    pub name: String,
    /// SHA-256 of the token, in hexadecimal.
    pub hash: String,
    pub role: String,
    pub source: Option<String>,
    /// The categories that it may change, separated by commas. `None`: all.
    pub categories: Option<String>,
    pub can_publish: bool,
    pub created_at: DateTime<Utc>,
    pub expires_at: Option<DateTime<Utc>>,
    pub used_at: Option<DateTime<Utc>>,
}

impl From<personal_token::Model> for PersonalTokenRow {
    fn from(model: personal_token::Model) -> Self {
        Self {
            id: model.id,
            account: model.account_id,
            name: model.name,
            hash: model.hash,
            role: model.role,
            source: model.source,
            categories: model.categories,
            can_publish: model.can_publish,
            created_at: model.created_at,
            expires_at: model.expires_at,
            used_at: model.used_at,
        }
    }
}

impl Database {
    /// The tokens of these accounts that were not revoked, also expired ones, the newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn personal_tokens(
        &self,
        accounts: &[String],
    ) -> Result<Vec<PersonalTokenRow>, StorageError> {
        let mut found = Vec::new();
        for accounts in accounts.chunks(VALUES_PER_STATEMENT) {
            let rows = personal_token::Entity::find()
                .filter(
                    personal_token::Column::AccountId.is_in(accounts.iter().map(String::as_str)),
                )
                .filter(personal_token::Column::RevokedAt.is_null())
                .order_by_desc(personal_token::Column::CreatedAt)
                .order_by_desc(personal_token::Column::Id)
                .all(&self.reader)
                .await?;
            found.extend(rows.into_iter().map(PersonalTokenRow::from));
        }
        Ok(found)
    }

    /// The tokens with these ids that were not revoked, in no particular order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn personal_tokens_by_id(
        &self,
        ids: &[String],
    ) -> Result<Vec<PersonalTokenRow>, StorageError> {
        let mut found = Vec::new();
        for ids in ids.chunks(VALUES_PER_STATEMENT) {
            let query = personal_token::Entity::find()
                .filter(personal_token::Column::Id.is_in(ids.iter().map(String::as_str)))
                .filter(personal_token::Column::RevokedAt.is_null());
            found.extend(query.all(&self.reader).await?.into_iter().map(PersonalTokenRow::from));
        }
        Ok(found)
    }
}

impl Transaction {
    /// The number of tokens of an account that were not revoked and have not expired.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_personal_tokens(
        &self,
        account: &str,
        now: DateTime<Utc>,
    ) -> Result<u64, StorageError> {
        let is_open = Condition::any()
            .add(personal_token::Column::ExpiresAt.is_null())
            .add(personal_token::Column::ExpiresAt.gt(now));
        Ok(personal_token::Entity::find()
            .filter(personal_token::Column::AccountId.eq(account))
            .filter(personal_token::Column::RevokedAt.is_null())
            .filter(is_open)
            .count(&self.connection)
            .await?)
    }

    /// Stores a token.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_personal_token(&self, row: PersonalTokenRow) -> Result<(), StorageError> {
        let model = personal_token::ActiveModel {
            id: Set(row.id),
            account_id: Set(row.account),
            name: Set(row.name),
            hash: Set(row.hash),
            role: Set(row.role),
            source: Set(row.source),
            categories: Set(row.categories),
            can_publish: Set(row.can_publish),
            created_at: Set(row.created_at),
            expires_at: Set(row.expires_at),
            used_at: Set(row.used_at),
            revoked_at: Set(None),
        };
        personal_token::Entity::insert(model).exec_without_returning(&self.connection).await?;
        Ok(())
    }

    /// Revokes a token, if it belongs to the account or no account is given; or all tokens of an
    /// account, if no token is given. Returns the number.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn revoke_personal_tokens(
        &self,
        account: Option<&str>,
        id: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<u64, StorageError> {
        let mut update = personal_token::Entity::update_many()
            .col_expr(personal_token::Column::RevokedAt, Expr::value(now))
            .filter(personal_token::Column::RevokedAt.is_null());
        if let Some(account) = account {
            update = update.filter(personal_token::Column::AccountId.eq(account));
        }
        if let Some(id) = id {
            update = update.filter(personal_token::Column::Id.eq(id));
        }
        if account.is_none() && id.is_none() {
            return Ok(0);
        }
        Ok(update.exec(&self.connection).await?.rows_affected)
    }

    /// Notes when a token was used, unless a use after `unless_after` is noted.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note_use_of_personal_token(
        &self,
        id: &str,
        now: DateTime<Utc>,
        unless_after: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        let is_old = Condition::any()
            .add(personal_token::Column::UsedAt.is_null())
            .add(personal_token::Column::UsedAt.lte(unless_after));
        personal_token::Entity::update_many()
            .col_expr(personal_token::Column::UsedAt, Expr::value(now))
            .filter(personal_token::Column::Id.eq(id))
            .filter(is_old)
            .exec(&self.connection)
            .await?;
        Ok(())
    }
}
