//! Documents and their history.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, RuntimeErr, Set,
    sqlx,
};

use super::entities::{document, revision};
use super::{Backend, Database, StorageError, StoredContribution, StoredDraft, Transaction};
use crate::document::{Category, Metadata, MovieId, Source};

/// The format in which documents are stored. Readers lift older ones; nobody overwrites a newer one.
pub const FORMAT: i32 = 1;

/// Most rows in one statement, well below the limits of bound values of both databases.
pub(super) const ROWS_PER_STATEMENT: usize = 500;

/// The read behind every export, by hand: building it anew for each request was measured to cost as
/// much as the read.
const ONE: &str = "SELECT revision, format, source, updated_at, updated_by, body FROM documents \
                   WHERE movie_id = $1 AND category = $2";

/// A row of [`ONE`].
type Found = (i64, i32, String, DateTime<Utc>, Option<String>, String);

/// A document's key.
pub type DocumentKey = (MovieId, Category);

/// A published document.
#[derive(Debug, Clone)]
pub struct StoredDocument {
    pub movie: MovieId,
    pub category: Category,
    pub metadata: Metadata,
    /// Its data as compact JSON.
    pub body: String,
}

/// A superseded state.
pub type StoredRevision = StoredDocument;

/// A state to be published.
#[derive(Debug, Clone)]
pub struct NewState {
    pub movie: MovieId,
    pub category: Category,
    pub metadata: Metadata,
    pub body: String,
    pub is_empty: bool,
    /// What it supersedes; kept in the history.
    pub previous: Option<StoredDocument>,
}

pub(super) fn source(text: &str) -> Source {
    Source::ALL.iter().copied().find(|source| source.as_str() == text).unwrap_or(Source::Manual)
}

pub(super) fn corrupt(key: &str, reason: impl std::fmt::Display) -> StorageError {
    StorageError::Corrupt { what: "document", key: key.to_owned(), reason: reason.to_string() }
}

pub(super) fn stored(row: document::Model) -> Result<StoredDocument, StorageError> {
    let category: Category = row.category.parse().map_err(|error| corrupt(&row.movie_id, error))?;
    if row.format > FORMAT {
        let (movie, category) = (row.movie_id, row.category);
        return Err(StorageError::NewerFormat { movie, category, found: row.format, known: FORMAT });
    }
    Ok(StoredDocument {
        movie: row.movie_id.parse().map_err(|error| corrupt(&row.movie_id, error))?,
        category,
        metadata: Metadata {
            revision: row.revision,
            draft_revision: None,
            source: source(&row.source),
            last_updated: Some(row.updated_at),
            updated_by: row.updated_by,
        },
        body: row.body,
    })
}

pub(super) fn from_revision(row: revision::Model) -> document::Model {
    document::Model {
        movie_id: row.movie_id,
        category: row.category,
        revision: row.revision,
        format: row.format,
        source: row.source,
        updated_at: row.updated_at,
        updated_by: row.updated_by,
        body: row.body,
        is_empty: false,
    }
}

async fn find(
    connection: &impl ConnectionTrait,
    movies: &[&str],
    categories: &[Category],
) -> Result<Vec<StoredDocument>, StorageError> {
    let mut found = Vec::new();
    for movies in movies.chunks(ROWS_PER_STATEMENT) {
        let mut query = document::Entity::find().filter(document::Column::MovieId.is_in(movies.iter().copied()));
        if categories.len() < Category::ALL.len() {
            let categories = categories.iter().map(|category| category.as_str());
            query = query.filter(document::Column::Category.is_in(categories));
        }
        for row in query.all(connection).await? {
            found.push(stored(row)?);
        }
    }
    Ok(found)
}

impl Database {
    /// One published document; `None` if it was never written.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn document(&self, movie: &MovieId, category: Category) -> Result<Option<StoredDocument>, StorageError> {
        self.queries.fetch_add(1, Ordering::Relaxed);
        let found = match self.backend {
            Backend::Sqlite => {
                let pool = self.reader.get_sqlite_connection_pool();
                let row = sqlx::query_as::<_, Found>(ONE).bind(movie.as_str()).bind(category.as_str());
                row.fetch_optional(pool).await
            }
            Backend::Postgres => {
                let pool = self.reader.get_postgres_connection_pool();
                let row = sqlx::query_as::<_, Found>(ONE).bind(movie.as_str()).bind(category.as_str());
                row.fetch_optional(pool).await
            }
        };
        let found = found.map_err(|error| DbErr::Query(RuntimeErr::SqlxError(Arc::new(error))))?;
        let read = |(revision, format, source, updated_at, updated_by, body)| {
            let (movie_id, category) = (movie.to_string(), category.as_str().to_owned());
            stored(document::Model {
                movie_id,
                category,
                revision,
                format,
                source,
                updated_at,
                updated_by,
                body,
                is_empty: false,
            })
        };
        found.map(read).transpose()
    }

    /// The published documents of those movies in those categories, in no order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn documents(
        &self,
        movies: &[&MovieId],
        categories: &[Category],
    ) -> Result<Vec<StoredDocument>, StorageError> {
        let movies: Vec<_> = movies.iter().map(|movie| movie.as_str()).collect();
        find(&self.reader, &movies, categories).await
    }

    /// Which categories of those movies hold anything.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn present_categories(&self, movies: &[&MovieId]) -> Result<Vec<DocumentKey>, StorageError> {
        let mut found = Vec::new();
        for movies in movies.chunks(ROWS_PER_STATEMENT) {
            let rows: Vec<(String, String)> = document::Entity::find()
                .select_only()
                .columns([document::Column::MovieId, document::Column::Category])
                .filter(document::Column::MovieId.is_in(movies.iter().map(|movie| movie.as_str())))
                .filter(document::Column::IsEmpty.eq(false))
                .into_tuple()
                .all(&self.reader)
                .await?;
            for (movie, category) in rows {
                let key = movie.clone();
                found.push((
                    movie.parse().map_err(|error| corrupt(&key, error))?,
                    category.parse().map_err(|error| corrupt(&key, error))?,
                ));
            }
        }
        Ok(found)
    }

    /// The next published documents in the order of movie and category, for reading the catalogue
    /// page by page.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn documents_after(
        &self,
        after: Option<&DocumentKey>,
        category: Option<Category>,
        limit: u64,
    ) -> Result<Vec<StoredDocument>, StorageError> {
        page(&self.reader, after, category, limit).await
    }
}

async fn page(
    connection: &impl ConnectionTrait,
    after: Option<&DocumentKey>,
    category: Option<Category>,
    limit: u64,
) -> Result<Vec<StoredDocument>, StorageError> {
    let mut query = document::Entity::find();
    if let Some((movie, category)) = after {
        query = query.filter(
            Condition::any().add(document::Column::MovieId.gt(movie.as_str())).add(
                Condition::all()
                    .add(document::Column::MovieId.eq(movie.as_str()))
                    .add(document::Column::Category.gt(category.as_str())),
            ),
        );
    }
    if let Some(category) = category {
        query = query.filter(document::Column::Category.eq(category.as_str()));
    }
    let rows = query
        .order_by_asc(document::Column::MovieId)
        .order_by_asc(document::Column::Category)
        .limit(limit)
        .all(connection)
        .await?;
    rows.into_iter().map(stored).collect()
}

async fn superseded(
    connection: &impl ConnectionTrait,
    movie: &MovieId,
    category: Category,
    number: i64,
) -> Result<Option<StoredRevision>, StorageError> {
    let key = (movie.to_string(), category.as_str().to_owned(), number);
    let row = revision::Entity::find_by_id(key).one(connection).await?;
    row.map(|row| stored(from_revision(row))).transpose()
}

impl Transaction {
    /// The published documents of those movies in those categories, in no order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn documents(
        &self,
        movies: &[&MovieId],
        categories: &[Category],
    ) -> Result<Vec<StoredDocument>, StorageError> {
        let movies: Vec<_> = movies.iter().map(|movie| movie.as_str()).collect();
        find(&self.connection, &movies, categories).await
    }

    /// The next published documents in the order of movie and category.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn documents_after(
        &self,
        after: Option<&DocumentKey>,
        limit: u64,
    ) -> Result<Vec<StoredDocument>, StorageError> {
        page(&self.connection, after, None, limit).await
    }

    /// A superseded state, by its revision.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn revision(
        &self,
        movie: &MovieId,
        category: Category,
        revision: i64,
    ) -> Result<Option<StoredRevision>, StorageError> {
        superseded(&self.connection, movie, category, revision).await
    }

    /// Publishes new states and keeps what they supersede.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn publish(&self, states: &[NewState]) -> Result<(), StorageError> {
        let superseded =
            states.iter().filter_map(|state| state.previous.as_ref()).map(|previous| revision::ActiveModel {
                movie_id: Set(previous.movie.to_string()),
                category: Set(previous.category.as_str().to_owned()),
                revision: Set(previous.metadata.revision),
                format: Set(FORMAT),
                source: Set(previous.metadata.source.as_str().to_owned()),
                updated_at: Set(moment(&previous.metadata)),
                updated_by: Set(previous.metadata.updated_by.clone()),
                body: Set(previous.body.clone()),
            });
        let superseded: Vec<_> = superseded.collect();
        for rows in superseded.chunks(ROWS_PER_STATEMENT) {
            revision::Entity::insert_many(rows.to_vec()).exec_without_returning(&self.connection).await?;
        }
        let published: Vec<_> = states.iter().map(published_row).collect();
        for rows in published.chunks(ROWS_PER_STATEMENT) {
            let replace = OnConflict::columns([document::Column::MovieId, document::Column::Category])
                .update_columns([
                    document::Column::Revision,
                    document::Column::Format,
                    document::Column::Source,
                    document::Column::UpdatedAt,
                    document::Column::UpdatedBy,
                    document::Column::Body,
                    document::Column::IsEmpty,
                ])
                .to_owned();
            document::Entity::insert_many(rows.to_vec())
                .on_conflict(replace)
                .exec_without_returning(&self.connection)
                .await?;
        }
        Ok(())
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
    }
}

pub(super) fn moment(metadata: &Metadata) -> DateTime<Utc> {
    metadata.last_updated.unwrap_or(DateTime::UNIX_EPOCH)
}

impl From<StoredDraft> for StoredDocument {
    fn from(StoredDraft { movie, category, metadata, body, .. }: StoredDraft) -> Self {
        Self { movie, category, metadata, body }
    }
}

impl From<StoredContribution> for StoredDocument {
    fn from(StoredContribution { movie, category, metadata, body, .. }: StoredContribution) -> Self {
        Self { movie, category, metadata, body }
    }
}
