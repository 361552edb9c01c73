//! Storing resolutions: which entity a name was said to mean.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{EntityTrait, Set};

use crate::document::schema::entities::EntityKind;
use crate::storage::db::statements::ROWS_PER_STATEMENT;
use crate::storage::tables::answer;
use crate::storage::{StorageError, Transaction};

/// A resolution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredResolution {
    /// The movie for which it holds; `None` if it holds for all movies.
    pub movie: Option<String>,
    pub kind: EntityKind,
    /// In comparable form.
    pub name_key: String,
    /// `None` if the name is to be left out of documents.
    pub entity: Option<String>,
}

impl Transaction {
    /// Stores resolutions. A later one replaces an earlier one of the same name.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn store_resolutions(
        &self,
        resolutions: &[StoredResolution],
        by: &str,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        for resolutions in resolutions.chunks(ROWS_PER_STATEMENT) {
            let rows = resolutions.iter().map(|resolution| answer::ActiveModel {
                movie_id: Set(resolution.movie.clone().unwrap_or_default()),
                kind: Set(resolution.kind.as_str().to_owned()),
                name_key: Set(resolution.name_key.clone()),
                entity_id: Set(resolution.entity.clone()),
                answered_at: Set(now),
                answered_by: Set(by.to_owned()),
            });
            let later = OnConflict::columns([
                answer::Column::MovieId,
                answer::Column::Kind,
                answer::Column::NameKey,
            ])
            .update_columns([
                answer::Column::EntityId,
                answer::Column::AnsweredAt,
                answer::Column::AnsweredBy,
            ])
            .to_owned();
            answer::Entity::insert_many(rows)
                .on_conflict(later)
                .exec_without_returning(&self.connection)
                .await?;
        }
        Ok(())
    }
}
