//! User accounts.

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set};

use super::tables::user;
use super::{Database, StorageError, Transaction};

/// An account. The email is in lower case.
#[derive(Debug, Clone)]
pub struct UserRow {
    pub id: String,
    pub email: String,
    /// argon2id, PHC string format.
    pub password_hash: String,
    pub role: String,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

impl From<user::Model> for UserRow {
    fn from(model: user::Model) -> Self {
        Self {
            id: model.id,
            email: model.email,
            password_hash: model.password_hash,
            role: model.role,
            created_at: model.created_at,
            updated_at: model.updated_at,
        }
    }
}

impl Database {
    /// The account with this email.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn user_by_email(&self, email: &str) -> Result<Option<UserRow>, StorageError> {
        let found =
            user::Entity::find().filter(user::Column::Email.eq(email)).one(&self.reader).await?;
        Ok(found.map(Into::into))
    }

    /// The account with this id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn user_by_id(&self, id: &str) -> Result<Option<UserRow>, StorageError> {
        Ok(user::Entity::find_by_id(id).one(&self.reader).await?.map(Into::into))
    }

    /// All accounts, ordered by email.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn users(&self) -> Result<Vec<UserRow>, StorageError> {
        let rows = user::Entity::find().order_by_asc(user::Column::Email).all(&self.reader).await?;
        Ok(rows.into_iter().map(Into::into).collect())
    }
}

impl Transaction {
    /// Creates an account. Returns `false`, and changes nothing, if the email is taken.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_user(&self, row: UserRow) -> Result<bool, StorageError> {
        let taken = user::Entity::find()
            .filter(user::Column::Email.eq(row.email.as_str()))
            .one(&self.connection)
            .await?;
        if taken.is_some() {
            return Ok(false);
        }
        let model = user::ActiveModel {
            id: Set(row.id),
            email: Set(row.email),
            password_hash: Set(row.password_hash),
            role: Set(row.role),
            created_at: Set(row.created_at),
            updated_at: Set(row.updated_at),
        };
        user::Entity::insert(model).exec_without_returning(&self.connection).await?;
        Ok(true)
    }

    /// The emails of all accounts with this role, ordered by email. The accounts cannot change
    /// until the transaction ends: `PostgreSQL` locks their rows, and `SQLite` has one writer.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn row_lock_users_of_role(&self, role: &str) -> Result<Vec<String>, StorageError> {
        let rows = user::Entity::find()
            .filter(user::Column::Role.eq(role))
            .order_by_asc(user::Column::Email)
            .lock_exclusive()
            .all(&self.connection)
            .await?;
        Ok(rows.into_iter().map(|row| row.email).collect())
    }

    /// Changes the password, the role or both. Returns whether there is an account with this email.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn update_user(
        &self,
        email: &str,
        password_hash: Option<String>,
        role: Option<String>,
        now: DateTime<Utc>,
    ) -> Result<bool, StorageError> {
        let change = user::ActiveModel {
            password_hash: password_hash.map_or(sea_orm::NotSet, Set),
            role: role.map_or(sea_orm::NotSet, Set),
            updated_at: Set(now),
            ..Default::default()
        };
        let result = user::Entity::update_many()
            .set(change)
            .filter(user::Column::Email.eq(email))
            .exec(&self.connection)
            .await?;
        Ok(result.rows_affected > 0)
    }

    /// Deletes an account. Returns whether there was one with this email.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_user(&self, email: &str) -> Result<bool, StorageError> {
        let result = user::Entity::delete_many()
            .filter(user::Column::Email.eq(email))
            .exec(&self.connection)
            .await?;
        Ok(result.rows_affected > 0)
    }
}
