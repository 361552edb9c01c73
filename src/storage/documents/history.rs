//! Published states of documents: the current revision and the superseded ones.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::Order;
use sea_orm::{ColumnTrait, Condition, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::published::{
    DocumentKey, StoredDocument, corrupt, revision_as_document, source, stored,
};
use crate::document::{Category, Metadata, MovieId};
use crate::storage::db::statements::ROWS_PER_STATEMENT;
use crate::storage::tables::{document, revision};
use crate::storage::{Database, PageRequest, StorageError, Transaction};

/// The most states in one statement. Each adds a condition, and `SQLite` limits how deep conditions
/// nest.
pub(in crate::storage) const STATES_PER_STATEMENT: usize = 100;

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

fn is_after(document: &StoredDocument, moment: DateTime<Utc>) -> bool {
    document.metadata.last_updated.is_some_and(|updated_at| updated_at > moment)
}

impl Database {
    /// The metadata of the states of a document, including the current one, newest first. A
    /// position is the number of a revision. Returns one more than the page holds if there are
    /// more, in the direction of reading.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn revision_list(
        &self,
        movie: &MovieId,
        category: Category,
        page: &PageRequest<i64>,
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
        let newest = present.0;
        let superseded = if page.backward {
            let beyond = page.from.map(|from| revision::Column::Revision.gt(from));
            Condition::all().add(revision::Column::Revision.lt(newest)).add_option(beyond)
        } else {
            let older_than = page.from.map_or(newest, |from| from.min(newest));
            Condition::all().add(revision::Column::Revision.lt(older_than))
        };
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
            .filter(superseded)
            .order_by(
                revision::Column::Revision,
                if page.backward { Order::Asc } else { Order::Desc },
            )
            .limit(page.rows())
            .into_tuple()
            .all(&self.reader)
            .await?;
        let superseded = rows.into_iter().map(metadata);
        let is_present_beyond =
            page.from.is_none_or(|from| if page.backward { newest > from } else { newest < from });
        let present = is_present_beyond.then(|| metadata(present));
        let mut found: Vec<Metadata> = if page.backward {
            superseded.chain(present).collect()
        } else {
            present.into_iter().chain(superseded).collect()
        };
        found.truncate(usize::try_from(page.rows()).unwrap_or(usize::MAX));
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

    /// A document as it was at a moment: its newest state of that moment or before. `None` if it
    /// had none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn document_as_of(
        &self,
        movie: &MovieId,
        category: Category,
        moment: DateTime<Utc>,
    ) -> Result<Option<StoredDocument>, StorageError> {
        // The current state is read first: one that is superseded meanwhile is then found among the
        // superseded ones.
        let current = self.document(movie, category).await?;
        match current {
            Some(current) if !is_after(&current, moment) => return Ok(Some(current)),
            None => return Ok(None),
            Some(_) => {}
        }
        Ok(self.superseded_as_of(&[(movie.clone(), category)], moment).await?.pop())
    }

    /// These current documents as they were at a moment, in their order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn as_of(
        &self,
        current: Vec<StoredDocument>,
        moment: DateTime<Utc>,
    ) -> Result<Vec<StoredDocument>, StorageError> {
        let newer = current.iter().filter(|document| is_after(document, moment));
        let newer: Vec<DocumentKey> =
            newer.map(|document| (document.movie.clone(), document.category)).collect();
        let earlier = self.superseded_as_of(&newer, moment).await?;
        let mut earlier: HashMap<DocumentKey, StoredDocument> = earlier
            .into_iter()
            .map(|document| ((document.movie.clone(), document.category), document))
            .collect();
        let at_moment = current.into_iter().filter_map(|document| {
            if is_after(&document, moment) {
                earlier.remove(&(document.movie.clone(), document.category))
            } else {
                Some(document)
            }
        });
        Ok(at_moment.collect())
    }

    /// The newest superseded state of each document that is of a moment or before, in no particular
    /// order.
    async fn superseded_as_of(
        &self,
        keys: &[DocumentKey],
        moment: DateTime<Utc>,
    ) -> Result<Vec<StoredDocument>, StorageError> {
        let mut found = Vec::new();
        for keys in keys.chunks(STATES_PER_STATEMENT) {
            let of_documents = keys.iter().fold(Condition::any(), |any, (movie, category)| {
                any.add(
                    Condition::all()
                        .add(revision::Column::MovieId.eq(movie.as_str()))
                        .add(revision::Column::Category.eq(category.as_str())),
                )
            });
            let newest: Vec<(String, String, i64)> = revision::Entity::find()
                .select_only()
                .columns([revision::Column::MovieId, revision::Column::Category])
                .column_as(revision::Column::Revision.max(), "newest")
                .filter(of_documents)
                .filter(revision::Column::UpdatedAt.lte(moment))
                .group_by(revision::Column::MovieId)
                .group_by(revision::Column::Category)
                .into_tuple()
                .all(&self.reader)
                .await?;
            if newest.is_empty() {
                continue;
            }
            let states =
                newest.into_iter().fold(Condition::any(), |any, (movie, category, number)| {
                    any.add(
                        Condition::all()
                            .add(revision::Column::MovieId.eq(movie))
                            .add(revision::Column::Category.eq(category))
                            .add(revision::Column::Revision.eq(number)),
                    )
                });
            for row in revision::Entity::find().filter(states).all(&self.reader).await? {
                found.push(stored(revision_as_document(row))?);
            }
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
