//! Publishing documents.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{EntityTrait, QueryTrait as _, Set};

use super::presence::Presence;
use super::published::FORMAT;
use crate::document::plan::policy::Operation;
use crate::document::{Category, Metadata, MovieId};
use crate::storage::db::statements::ROWS_PER_STATEMENT;
use crate::storage::tables::document;
use crate::storage::{StorageError, Transaction};

/// A new state of a document.
#[derive(Debug, Clone)]
pub struct NewState {
    pub movie: MovieId,
    pub category: Category,
    pub metadata: Metadata,
    pub body: String,
    pub is_empty: bool,
    /// Whether the state before it had no data, or there was none.
    pub was_empty: bool,
    /// The operation that publishes it.
    pub operation: Operation,
}

impl Transaction {
    /// Publishes new states. The trigger `documents_succession` (see the migrations) keeps the
    /// superseded ones, and `documents_changes` adds the new ones to the change feed. The movies
    /// must exist.
    ///
    /// # Errors
    /// When the database fails, or a state is not the successor of the current revision. The
    /// error may be that of a later statement or of the commit.
    pub async fn publish(&self, states: &[NewState]) -> Result<(), StorageError> {
        let published: Vec<_> = states.iter().map(published_row).collect();
        for rows in published.chunks(ROWS_PER_STATEMENT) {
            let replace =
                OnConflict::columns([document::Column::MovieId, document::Column::Category])
                    .update_columns([
                        document::Column::Revision,
                        document::Column::Format,
                        document::Column::Source,
                        document::Column::UpdatedAt,
                        document::Column::UpdatedBy,
                        document::Column::Body,
                        document::Column::IsEmpty,
                        document::Column::Operation,
                    ])
                    .to_owned();
            let insert = document::Entity::insert_many(rows.to_vec()).on_conflict(replace);
            self.connection.defer::<document::Entity>(rows.len(), insert.into_query()).await?;
        }
        let changed = states.iter().filter(|state| state.is_empty != state.was_empty);
        let changed = changed.map(|state| (&state.movie, state.category, !state.is_empty));
        self.set_presence(Presence::Published, changed).await
    }
}

fn published_row(state: &NewState) -> document::ActiveModel {
    document::ActiveModel {
        movie_id: Set(state.movie.to_string()),
        category: Set(state.category.as_str().to_owned()),
        revision: Set(state.metadata.revision),
        format: Set(FORMAT),
        source: Set(state.metadata.source.as_str().to_owned()),
        updated_at: Set(moment(&state.metadata)),
        updated_by: Set(state.metadata.updated_by.clone()),
        body: Set(state.body.clone()),
        is_empty: Set(state.is_empty),
        operation: Set(state.operation.as_str().to_owned()),
    }
}

pub(in crate::storage) fn moment(metadata: &Metadata) -> DateTime<Utc> {
    metadata.last_updated.unwrap_or(DateTime::UNIX_EPOCH)
}
