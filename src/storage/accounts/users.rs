//! User accounts.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait as _, OnConflict, Order};
use sea_orm::{
    ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, Select, Set,
};

use crate::storage::db::statements::VALUES_PER_STATEMENT;
use crate::storage::tables::{deleted_account, user};
use crate::storage::{Database, PageRequest, StorageError, Transaction};

/// An account. The email is in lower case.
#[derive(Debug, Clone)]
pub struct UserRow {
    pub id: String,
    pub email: String,
    /// What the account is called; may be empty.
    pub name: String,
    /// argon2id, PHC string format.
    pub password_hash: String,
    pub role: String,
    /// Whether the account may not do anything.
    pub is_disabled: bool,
    /// Grows with each change that ends the account's access tokens.
    pub version: i64,
    /// When the version last grew.
    pub tokens_since: Option<DateTime<Utc>>,
    pub created_at: DateTime<Utc>,
    pub updated_at: DateTime<Utc>,
}

/// A change of an account. `None` keeps the value.
#[derive(Debug, Clone, Default)]
pub struct UserChange {
    pub password_hash: Option<String>,
    pub role: Option<String>,
    pub name: Option<String>,
    pub is_disabled: Option<bool>,
    /// Whether the access tokens that were issued before end.
    pub ends_tokens: bool,
}

/// A filter of accounts. `None` does not filter.
#[derive(Debug, Clone, Default)]
pub struct UserFilter {
    pub email: Option<String>,
    pub role: Option<String>,
    pub is_disabled: Option<bool>,
}

impl From<user::Model> for UserRow {
    fn from(model: user::Model) -> Self {
        Self {
            id: model.id,
            email: model.email,
            name: model.name,
            password_hash: model.password_hash,
            role: model.role,
            is_disabled: model.is_disabled,
            version: model.version,
            tokens_since: model.tokens_since,
            created_at: model.created_at,
            updated_at: model.updated_at,
        }
    }
}

fn filtered(filter: &UserFilter) -> Select<user::Entity> {
    let mut query = user::Entity::find();
    if let Some(email) = &filter.email {
        query = query.filter(user::Column::Email.eq(email.as_str()));
    }
    if let Some(role) = &filter.role {
        query = query.filter(user::Column::Role.eq(role.as_str()));
    }
    if let Some(is_disabled) = filter.is_disabled {
        query = query.filter(user::Column::IsDisabled.eq(is_disabled));
    }
    query
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

    /// The accounts with these ids, in no particular order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn users_by_id(&self, ids: &[String]) -> Result<Vec<UserRow>, StorageError> {
        let mut found = Vec::new();
        for ids in ids.chunks(VALUES_PER_STATEMENT) {
            let query =
                user::Entity::find().filter(user::Column::Id.is_in(ids.iter().map(String::as_str)));
            found.extend(query.all(&self.reader).await?.into_iter().map(UserRow::from));
        }
        Ok(found)
    }

    /// All accounts, ordered by email.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn users(&self) -> Result<Vec<UserRow>, StorageError> {
        let rows = user::Entity::find().order_by_asc(user::Column::Email).all(&self.reader).await?;
        Ok(rows.into_iter().map(Into::into).collect())
    }

    /// A page of accounts in the order of their emails, and whether there are more in its
    /// direction.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn users_page(
        &self,
        filter: &UserFilter,
        page: &PageRequest<String>,
    ) -> Result<(Vec<UserRow>, bool), StorageError> {
        let email = user::Column::Email;
        let mut query = filtered(filter);
        if let Some(from) = &page.from {
            let from = from.as_str();
            query = query.filter(if page.backward { email.lt(from) } else { email.gt(from) });
        }
        let direction = if page.backward { Order::Desc } else { Order::Asc };
        let rows = query.order_by(email, direction).limit(page.rows()).all(&self.reader).await?;
        let (rows, has_more) = page.cut(rows);
        Ok((rows.into_iter().map(Into::into).collect(), has_more))
    }

    /// The number of accounts.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_users(&self, filter: &UserFilter) -> Result<u64, StorageError> {
        Ok(filtered(filter).count(&self.reader).await?)
    }
}

impl Transaction {
    /// The account with this id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn user(&self, id: &str) -> Result<Option<UserRow>, StorageError> {
        Ok(user::Entity::find_by_id(id).one(&self.connection).await?.map(Into::into))
    }

    /// The account with this email. It cannot change until the transaction ends.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn row_lock_user_by_email(
        &self,
        email: &str,
    ) -> Result<Option<UserRow>, StorageError> {
        let query = user::Entity::find().filter(user::Column::Email.eq(email)).lock_exclusive();
        Ok(query.one(&self.connection).await?.map(Into::into))
    }

    /// The account with this id. It cannot change until the transaction ends.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn row_lock_user(&self, id: &str) -> Result<Option<UserRow>, StorageError> {
        let query = user::Entity::find_by_id(id).lock_exclusive();
        Ok(query.one(&self.connection).await?.map(Into::into))
    }

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
            name: Set(row.name),
            password_hash: Set(row.password_hash),
            role: Set(row.role),
            is_disabled: Set(row.is_disabled),
            version: Set(row.version),
            tokens_since: Set(row.tokens_since),
            created_at: Set(row.created_at),
            updated_at: Set(row.updated_at),
        };
        user::Entity::insert(model).exec_without_returning(&self.connection).await?;
        Ok(true)
    }

    /// The ids of all accounts with this role that are not disabled, ordered. The accounts cannot
    /// change until the transaction ends: `PostgreSQL` locks their rows, and `SQLite` has one
    /// writer.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn row_lock_users_of_role(&self, role: &str) -> Result<Vec<String>, StorageError> {
        let rows = user::Entity::find()
            .filter(user::Column::Role.eq(role))
            .filter(user::Column::IsDisabled.eq(false))
            .order_by_asc(user::Column::Id)
            .lock_exclusive()
            .all(&self.connection)
            .await?;
        Ok(rows.into_iter().map(|row| row.id).collect())
    }

    /// Changes an account. Returns whether it exists.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn update_user(
        &self,
        id: &str,
        change: UserChange,
        now: DateTime<Utc>,
    ) -> Result<bool, StorageError> {
        let mut update = user::Entity::update_many()
            .col_expr(user::Column::UpdatedAt, Expr::value(now))
            .filter(user::Column::Id.eq(id));
        if let Some(hash) = change.password_hash {
            update = update.col_expr(user::Column::PasswordHash, Expr::value(hash));
        }
        if let Some(role) = change.role {
            update = update.col_expr(user::Column::Role, Expr::value(role));
        }
        if let Some(name) = change.name {
            update = update.col_expr(user::Column::Name, Expr::value(name));
        }
        if let Some(is_disabled) = change.is_disabled {
            update = update.col_expr(user::Column::IsDisabled, Expr::value(is_disabled));
        }
        if change.ends_tokens {
            let next = Expr::col(user::Column::Version).add(1);
            update = update
                .col_expr(user::Column::Version, next)
                .col_expr(user::Column::TokensSince, Expr::value(now));
        }
        Ok(update.exec(&self.connection).await?.rows_affected > 0)
    }

    /// Replaces the hash of a password by another hash of the same password, unless the password
    /// was changed in the meantime.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn replace_password_hash(
        &self,
        id: &str,
        old: &str,
        new: String,
    ) -> Result<(), StorageError> {
        user::Entity::update_many()
            .col_expr(user::Column::PasswordHash, Expr::value(new))
            .filter(user::Column::Id.eq(id))
            .filter(user::Column::PasswordHash.eq(old))
            .exec(&self.connection)
            .await?;
        Ok(())
    }

    /// Deletes an account with its sessions and tokens. Its id is remembered, so that no token that
    /// names it is accepted again. Returns whether it existed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_user(&self, id: &str, now: DateTime<Utc>) -> Result<bool, StorageError> {
        let result = user::Entity::delete_by_id(id).exec(&self.connection).await?;
        if result.rows_affected == 0 {
            return Ok(false);
        }
        let row = deleted_account::ActiveModel { id: Set(id.to_owned()), deleted_at: Set(now) };
        let key = OnConflict::column(deleted_account::Column::Id).do_nothing().to_owned();
        deleted_account::Entity::insert(row)
            .on_conflict(key)
            .exec_without_returning(&self.connection)
            .await?;
        Ok(true)
    }
}
