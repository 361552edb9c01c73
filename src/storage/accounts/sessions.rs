//! Sessions: one row for each log-in. Its refresh token is exchanged for the next one, so the row
//! has the number of the one that is valid.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set};

use crate::storage::db::statements::VALUES_PER_STATEMENT;
use crate::storage::tables::session;
use crate::storage::{Database, StorageError, Transaction};

/// Maximum number of sessions that one log-in ends.
const MAX_ENDED: u64 = 100;

/// A session.
#[derive(Debug, Clone)]
pub struct SessionRow {
    pub id: String,
    pub account: String,
    /// The number of the refresh token that is valid now.
    pub rotation: i64,
    /// What the client calls itself (`User-Agent`); may be empty.
    pub client: String,
    /// The address that the log-in came from; may be empty.
    pub address: String,
    pub created_at: DateTime<Utc>,
    /// When the refresh token was last exchanged.
    pub used_at: DateTime<Utc>,
    pub expires_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
}

impl From<session::Model> for SessionRow {
    fn from(model: session::Model) -> Self {
        Self {
            id: model.id,
            account: model.account_id,
            rotation: model.rotation,
            client: model.client,
            address: model.address,
            created_at: model.created_at,
            used_at: model.used_at,
            expires_at: model.expires_at,
            ended_at: model.ended_at,
        }
    }
}

/// Which sessions of an account to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EndedSessions<'a> {
    All,
    /// All but this one.
    Others(&'a str),
    One(&'a str),
}

impl Database {
    /// The open sessions of these accounts, the newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_sessions(
        &self,
        accounts: &[String],
        now: DateTime<Utc>,
    ) -> Result<Vec<SessionRow>, StorageError> {
        let mut found = Vec::new();
        for accounts in accounts.chunks(VALUES_PER_STATEMENT) {
            let rows = session::Entity::find()
                .filter(session::Column::AccountId.is_in(accounts.iter().map(String::as_str)))
                .filter(session::Column::EndedAt.is_null())
                .filter(session::Column::ExpiresAt.gt(now))
                .order_by_desc(session::Column::CreatedAt)
                .order_by_desc(session::Column::Id)
                .all(&self.reader)
                .await?;
            found.extend(rows.into_iter().map(SessionRow::from));
        }
        Ok(found)
    }

    /// The open sessions with these ids, in no particular order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_sessions_by_id(
        &self,
        ids: &[String],
        now: DateTime<Utc>,
    ) -> Result<Vec<SessionRow>, StorageError> {
        let mut found = Vec::new();
        for ids in ids.chunks(VALUES_PER_STATEMENT) {
            let query = session::Entity::find()
                .filter(session::Column::Id.is_in(ids.iter().map(String::as_str)))
                .filter(session::Column::EndedAt.is_null())
                .filter(session::Column::ExpiresAt.gt(now));
            found.extend(query.all(&self.reader).await?.into_iter().map(SessionRow::from));
        }
        Ok(found)
    }
}

impl Transaction {
    /// Creates a session. Deletes those that expired before `delete_before`, and ends the oldest of
    /// the account beyond `limit`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_session(
        &self,
        row: SessionRow,
        limit: u64,
        delete_before: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        // A deletion makes all servers read their sessions again, so most log-ins delete nothing.
        let is_old = session::Column::ExpiresAt.lt(delete_before);
        let old = session::Entity::find().filter(is_old.clone()).one(&self.connection).await?;
        if old.is_some() {
            session::Entity::delete_many().filter(is_old).exec(&self.connection).await?;
        }
        let open = session::Entity::find()
            .select_only()
            .column(session::Column::Id)
            .filter(session::Column::AccountId.eq(row.account.as_str()))
            .filter(session::Column::EndedAt.is_null())
            .order_by_desc(session::Column::CreatedAt)
            // SQLite takes an offset only with a limit.
            .limit(MAX_ENDED)
            .offset(limit.saturating_sub(1))
            .into_tuple::<String>()
            .all(&self.connection)
            .await?;
        let now = row.created_at;
        if !open.is_empty() {
            session::Entity::update_many()
                .col_expr(session::Column::EndedAt, Expr::value(now))
                .filter(session::Column::Id.is_in(open))
                .exec(&self.connection)
                .await?;
        }
        let model = session::ActiveModel {
            id: Set(row.id),
            account_id: Set(row.account),
            rotation: Set(row.rotation),
            client: Set(row.client),
            address: Set(row.address),
            created_at: Set(row.created_at),
            used_at: Set(row.used_at),
            expires_at: Set(row.expires_at),
            ended_at: Set(row.ended_at),
        };
        session::Entity::insert(model).exec_without_returning(&self.connection).await?;
        Ok(())
    }

    /// The session with this id. It cannot change until the transaction ends.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn row_lock_session(&self, id: &str) -> Result<Option<SessionRow>, StorageError> {
        let query = session::Entity::find_by_id(id).lock_exclusive();
        Ok(query.one(&self.connection).await?.map(Into::into))
    }

    /// Makes the next refresh token the valid one.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn rotate_session(
        &self,
        id: &str,
        rotation: i64,
        now: DateTime<Utc>,
        expires_at: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        session::Entity::update_many()
            .col_expr(session::Column::Rotation, Expr::value(rotation))
            .col_expr(session::Column::UsedAt, Expr::value(now))
            .col_expr(session::Column::ExpiresAt, Expr::value(expires_at))
            .filter(session::Column::Id.eq(id))
            .exec(&self.connection)
            .await?;
        Ok(())
    }

    /// Ends sessions of an account. Returns how many.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn end_sessions(
        &self,
        account: &str,
        which: EndedSessions<'_>,
        now: DateTime<Utc>,
    ) -> Result<u64, StorageError> {
        let mut update = session::Entity::update_many()
            .col_expr(session::Column::EndedAt, Expr::value(now))
            .filter(session::Column::AccountId.eq(account))
            .filter(session::Column::EndedAt.is_null())
            .filter(session::Column::ExpiresAt.gt(now));
        update = match which {
            EndedSessions::All => update,
            EndedSessions::Others(kept) => update.filter(session::Column::Id.ne(kept)),
            EndedSessions::One(id) => update.filter(session::Column::Id.eq(id)),
        };
        Ok(update.exec(&self.connection).await?.rows_affected)
    }
}
