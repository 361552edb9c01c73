//! Editorial locks: fields and items that no machine changes.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, Set};

use super::published::DocumentKey;
use crate::document::{Category, MovieId};
use crate::storage::db::statements::ROWS_PER_STATEMENT;
use crate::storage::tables::lock;
use crate::storage::{Database, StorageError, Transaction};

/// A locked field or item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EditorialLock {
    /// The JSON Pointer of a field at the top level, for example `/title`; else the id of an item.
    pub target: String,
    pub locked_at: DateTime<Utc>,
    pub locked_by: String,
}

async fn find(
    connection: &impl ConnectionTrait,
    movies: &[&MovieId],
) -> Result<HashMap<DocumentKey, Vec<EditorialLock>>, StorageError> {
    let mut found: HashMap<DocumentKey, Vec<EditorialLock>> = HashMap::new();
    for movies in movies.chunks(ROWS_PER_STATEMENT) {
        let rows = lock::Entity::find()
            .filter(lock::Column::MovieId.is_in(movies.iter().map(|movie| movie.as_str())))
            .order_by_asc(lock::Column::LockedAt)
            .order_by_asc(lock::Column::Target)
            .all(connection)
            .await?;
        for row in rows {
            let corrupt = |reason: String| StorageError::Corrupt {
                what: "editorial lock",
                key: row.movie_id.clone(),
                reason,
            };
            let movie =
                row.movie_id.parse().map_err(|error: crate::document::ids::InvalidMovieId| {
                    corrupt(error.to_string())
                })?;
            let category = row.category.parse().map_err(
                |error: crate::document::categories::UnknownCategory| corrupt(error.to_string()),
            )?;
            let lock = EditorialLock {
                target: row.target,
                locked_at: row.locked_at,
                locked_by: row.locked_by,
            };
            found.entry((movie, category)).or_default().push(lock);
        }
    }
    Ok(found)
}

impl Database {
    /// The editorial locks on the documents of these movies, oldest first within each document.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn editorial_locks(
        &self,
        movies: &[&MovieId],
    ) -> Result<HashMap<DocumentKey, Vec<EditorialLock>>, StorageError> {
        find(&self.reader, movies).await
    }
}

impl Transaction {
    /// The editorial locks on the documents of these movies, oldest first within each document.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn editorial_locks(
        &self,
        movies: &[&MovieId],
    ) -> Result<HashMap<DocumentKey, Vec<EditorialLock>>, StorageError> {
        find(&self.connection, movies).await
    }

    /// Locks fields and items. Locks that exist already are not changed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_editorial_locks(
        &self,
        movie: &MovieId,
        category: Category,
        targets: &[String],
        by: &str,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        for targets in targets.chunks(ROWS_PER_STATEMENT) {
            let rows = targets.iter().map(|target| lock::ActiveModel {
                movie_id: Set(movie.to_string()),
                category: Set(category.as_str().to_owned()),
                target: Set(target.clone()),
                locked_at: Set(now),
                locked_by: Set(by.to_owned()),
            });
            let key = [lock::Column::MovieId, lock::Column::Category, lock::Column::Target];
            lock::Entity::insert_many(rows)
                .on_conflict(OnConflict::columns(key).do_nothing().to_owned())
                .exec_without_returning(&self.connection)
                .await?;
        }
        Ok(())
    }

    /// Unlocks fields and items. Targets that are not locked are ignored.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn remove_editorial_locks(
        &self,
        movie: &MovieId,
        category: Category,
        targets: &[String],
    ) -> Result<(), StorageError> {
        for targets in targets.chunks(ROWS_PER_STATEMENT) {
            lock::Entity::delete_many()
                .filter(lock::Column::MovieId.eq(movie.as_str()))
                .filter(lock::Column::Category.eq(category.as_str()))
                .filter(lock::Column::Target.is_in(targets.iter().map(String::as_str)))
                .exec(&self.connection)
                .await?;
        }
        Ok(())
    }
}
