//! Published states of documents: the current revision and the superseded ones.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::published::{
    DocumentKey, StoredDocument, corrupt, revision_as_document, source, stored,
};
use crate::document::{Category, Metadata, MovieId};
use crate::storage::db::statements::ROWS_PER_STATEMENT;
use crate::storage::tables::{document, revision};
use crate::storage::{Database, StorageError, Transaction};

/// The most states in one statement. Each adds a condition, and `SQLite` limits how deep conditions
/// nest.
pub(super) const STATES_PER_STATEMENT: usize = 100;

/// A published state: the document and its revision.
pub type StateKey = (DocumentKey, i64);

/// Selects superseded states.
fn superseded(keys: &[StateKey]) -> Condition {
    let state = |((movie, category), number): &StateKey| {
        Condition::all()
            .add(revision::Column::MovieId.eq(movie.as_str()))
            .add(revision::Column::Category.eq(category.as_str()))
            .add(revision::Column::Revision.eq(*number))
    };
    keys.iter().fold(Condition::any(), |condition, key| condition.add(state(key)))
}

/// The metadata of a state as a row: revision, source, time, author.
type MetadataRow = (i64, String, DateTime<Utc>, Option<String>);

fn metadata((revision, from, updated_at, updated_by): MetadataRow) -> Metadata {
    let (source, last_updated) = (source(&from), Some(updated_at));
    Metadata { revision, draft_revision: None, source, last_updated, updated_by }
}

impl Database {
    /// The metadata of the states of a document, including the current one, newest first. `before`
    /// limits them to earlier revisions.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn revision_list(
        &self,
        movie: &MovieId,
        category: Category,
        before: Option<i64>,
        limit: u64,
    ) -> Result<Vec<Metadata>, StorageError> {
        // The current revision is read before the superseded ones, so that a publication between
        // the two reads neither hides nor duplicates a state.
        let present: Option<MetadataRow> = document::Entity::find()
            .select_only()
            .columns([
                document::Column::Revision,
                document::Column::Source,
                document::Column::UpdatedAt,
                document::Column::UpdatedBy,
            ])
            .filter(document::Column::MovieId.eq(movie.as_str()))
            .filter(document::Column::Category.eq(category.as_str()))
            .into_tuple()
            .one(&self.reader)
            .await?;
        let Some(present) = present else { return Ok(Vec::new()) };
        let older_than = before.map_or(present.0, |before| before.min(present.0));
        let mut found = Vec::new();
        if before.is_none_or(|before| present.0 < before) {
            found.push(metadata(present));
        }
        let rows: Vec<MetadataRow> = revision::Entity::find()
            .select_only()
            .columns([
                revision::Column::Revision,
                revision::Column::Source,
                revision::Column::UpdatedAt,
                revision::Column::UpdatedBy,
            ])
            .filter(revision::Column::MovieId.eq(movie.as_str()))
            .filter(revision::Column::Category.eq(category.as_str()))
            .filter(revision::Column::Revision.lt(older_than))
            .order_by_desc(revision::Column::Revision)
            .limit(limit)
            .into_tuple()
            .all(&self.reader)
            .await?;
        found.extend(rows.into_iter().map(metadata));
        found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
        Ok(found)
    }

    /// The current revision of each published document of these movies.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn published_revisions(
        &self,
        movies: &[&MovieId],
    ) -> Result<HashMap<DocumentKey, i64>, StorageError> {
        let mut found = HashMap::new();
        for movies in movies.chunks(ROWS_PER_STATEMENT) {
            let rows: Vec<(String, String, i64)> = document::Entity::find()
                .select_only()
                .columns([
                    document::Column::MovieId,
                    document::Column::Category,
                    document::Column::Revision,
                ])
                .filter(document::Column::MovieId.is_in(movies.iter().map(|movie| movie.as_str())))
                .into_tuple()
                .all(&self.reader)
                .await?;
            for (movie, category, revision) in rows {
                let category = category.parse().map_err(|error| corrupt(&movie, error))?;
                found.insert(
                    (movie.parse().map_err(|error| corrupt(&movie, error))?, category),
                    revision,
                );
            }
        }
        Ok(found)
    }

    /// The states of a document, including the current one, newest first. `before` limits them to
    /// earlier revisions.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn revisions(
        &self,
        movie: &MovieId,
        category: Category,
        before: Option<i64>,
        limit: u64,
    ) -> Result<Vec<StoredDocument>, StorageError> {
        // The current revision is read first, as in `revision_list`.
        let Some(present) = self.document(movie, category).await? else { return Ok(Vec::new()) };
        let newest = present.metadata.revision;
        let mut found = Vec::new();
        if before.is_none_or(|before| newest < before) {
            found.push(present);
        }
        let rest = limit.saturating_sub(found.len() as u64);
        if rest == 0 {
            found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
            return Ok(found);
        }
        let rows = revision::Entity::find()
            .filter(revision::Column::MovieId.eq(movie.as_str()))
            .filter(revision::Column::Category.eq(category.as_str()))
            .filter(
                revision::Column::Revision.lt(before.map_or(newest, |before| before.min(newest))),
            )
            .order_by_desc(revision::Column::Revision)
            .limit(rest)
            .all(&self.reader)
            .await?;
        for row in rows {
            found.push(stored(revision_as_document(row))?);
        }
        Ok(found)
    }

    /// Published states by document and revision, in no particular order. States that do not exist
    /// are left out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn states(&self, keys: &[StateKey]) -> Result<Vec<StoredDocument>, StorageError> {
        let mut found = Vec::with_capacity(keys.len());
        for keys in keys.chunks(STATES_PER_STATEMENT) {
            let mut present = Condition::any();
            for ((movie, category), number) in keys {
                present = present.add(
                    Condition::all()
                        .add(document::Column::MovieId.eq(movie.as_str()))
                        .add(document::Column::Category.eq(category.as_str()))
                        .add(document::Column::Revision.eq(*number)),
                );
            }
            for row in document::Entity::find().filter(present).all(&self.reader).await? {
                found.push(stored(row)?);
            }
            // A state that is superseded between the two reads is found twice, with the same
            // content.
            for row in revision::Entity::find().filter(superseded(keys)).all(&self.reader).await? {
                found.push(stored(revision_as_document(row))?);
            }
        }
        Ok(found)
    }
}

impl Transaction {
    /// Superseded states by document and revision, in no particular order. States that do not
    /// exist, or are current, are left out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn superseded_states(
        &self,
        keys: &[StateKey],
    ) -> Result<Vec<StoredDocument>, StorageError> {
        let mut found = Vec::with_capacity(keys.len());
        for keys in keys.chunks(STATES_PER_STATEMENT) {
            let rows =
                revision::Entity::find().filter(superseded(keys)).all(&self.connection).await?;
            for row in rows {
                found.push(stored(revision_as_document(row))?);
            }
        }
        Ok(found)
    }
}
