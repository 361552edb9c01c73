//! Published documents and superseded revisions.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait as _, Func};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Select,
};

use crate::document::{Category, Metadata, MovieId, Source};
use crate::storage::db::statements::ROWS_PER_STATEMENT;
use crate::storage::tables::{document, lock, revision};
use crate::storage::{
    Database, EditorialLock, StorageError, StoredContribution, StoredDraft, Transaction,
};

/// The format of stored documents. Older formats are converted when they are read. A newer format
/// is never overwritten.
pub const FORMAT: i32 = 1;

/// The query behind every export. It is a constant because building it for each request took as
/// long as the query itself.
const SELECT_DOCUMENT: &str = "SELECT revision, format, source, updated_at, updated_by, body \
    FROM documents WHERE movie_id = $1 AND category = $2";

/// A row of [`SELECT_DOCUMENT`].
type DocumentRow = (i64, i32, String, DateTime<Utc>, Option<String>, String);

/// The key of a document.
pub type DocumentKey = (MovieId, Category);

/// A published document.
#[derive(Debug, Clone)]
pub struct StoredDocument {
    pub movie: MovieId,
    pub category: Category,
    pub metadata: Metadata,
    /// The data of the document as compact JSON.
    pub body: String,
}

/// What a list of documents says about one of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DocumentSize {
    pub category: Category,
    pub revision: i64,
    /// The length of its data in bytes.
    pub bytes: u64,
}

/// A superseded revision.
pub type StoredRevision = StoredDocument;

pub(in crate::storage) fn source(text: &str) -> Source {
    Source::ALL.iter().copied().find(|source| source.as_str() == text).unwrap_or(Source::Manual)
}

pub(in crate::storage) fn corrupt(key: &str, reason: impl std::fmt::Display) -> StorageError {
    StorageError::Corrupt { what: "document", key: key.to_owned(), reason: reason.to_string() }
}

pub(in crate::storage) fn stored(row: document::Model) -> Result<StoredDocument, StorageError> {
    let category: Category = row.category.parse().map_err(|error| corrupt(&row.movie_id, error))?;
    if row.format > FORMAT {
        let (movie, category) = (row.movie_id, row.category);
        return Err(StorageError::NewerFormat {
            movie,
            category,
            found: row.format,
            known: FORMAT,
        });
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

pub(in crate::storage) fn revision_as_document(row: revision::Model) -> document::Model {
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
        operation: String::new(),
    }
}

fn documents_of(movies: &[&str], categories: &[Category]) -> Select<document::Entity> {
    let query =
        document::Entity::find().filter(document::Column::MovieId.is_in(movies.iter().copied()));
    if categories.len() == Category::ALL.len() {
        return query;
    }
    query.filter(
        document::Column::Category.is_in(categories.iter().map(|category| category.as_str())),
    )
}

async fn find(
    connection: &impl ConnectionTrait,
    movies: &[&str],
    categories: &[Category],
) -> Result<Vec<StoredDocument>, StorageError> {
    let mut found = Vec::new();
    for movies in movies.chunks(ROWS_PER_STATEMENT) {
        for row in documents_of(movies, categories).all(connection).await? {
            found.push(stored(row)?);
        }
    }
    Ok(found)
}

/// A published document, and whether it has editorial locks.
#[derive(FromQueryResult)]
struct DocumentAndLockRow {
    #[sea_orm(nested)]
    document: document::Model,
    is_locked: bool,
}

impl Database {
    /// A published document; `None` if there is none.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn document(
        &self,
        movie: &MovieId,
        category: Category,
    ) -> Result<Option<StoredDocument>, StorageError> {
        let key = [movie.as_str(), category.as_str()];
        let found: Option<DocumentRow> = self.reader.row(SELECT_DOCUMENT, &key).await?;
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
                operation: String::new(),
            })
        };
        found.map(read).transpose()
    }

    /// The published documents of these movies in these categories, in no particular order.
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

    /// The size of all published documents of a movie, in bytes.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn stored_bytes(&self, movie: &MovieId) -> Result<u64, StorageError> {
        let bytes = Func::cust("octet_length").arg(Expr::col(document::Column::Body));
        let sizes: Vec<i32> = document::Entity::find()
            .select_only()
            .expr(bytes)
            .filter(document::Column::MovieId.eq(movie.as_str()))
            .into_tuple()
            .all(&self.reader)
            .await?;
        Ok(sizes.into_iter().filter_map(|size| u64::try_from(size).ok()).sum())
    }
}

async fn page(
    connection: &impl ConnectionTrait,
    after: Option<&DocumentKey>,
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
    row.map(|row| stored(revision_as_document(row))).transpose()
}

impl Transaction {
    /// The published documents of these movies in these categories, in no particular order.
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

    /// The published documents of these movies in these categories, in no particular order, and
    /// their editorial locks. If all of them are published and none is locked, this takes one
    /// statement.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn documents_and_editorial_locks(
        &self,
        movies: &[&MovieId],
        categories: &[Category],
    ) -> Result<(Vec<StoredDocument>, HashMap<DocumentKey, Vec<EditorialLock>>), StorageError> {
        let locks = lock::Entity::find().select_only().expr(Expr::val(1)).filter(
            Condition::all()
                .add(
                    Expr::col((lock::Entity, lock::Column::MovieId))
                        .equals((document::Entity, document::Column::MovieId)),
                )
                .add(
                    Expr::col((lock::Entity, lock::Column::Category))
                        .equals((document::Entity, document::Column::Category)),
                ),
        );
        let is_locked = Expr::exists(locks.into_query());
        let names: Vec<_> = movies.iter().map(|movie| movie.as_str()).collect();
        let mut documents = Vec::new();
        let mut unlocked: HashSet<DocumentKey> = HashSet::new();
        for names in names.chunks(ROWS_PER_STATEMENT) {
            let query = documents_of(names, categories)
                .expr_as(is_locked.clone(), "is_locked")
                .into_model::<DocumentAndLockRow>();
            for row in query.all(&self.connection).await? {
                let document = stored(row.document)?;
                if !row.is_locked {
                    unlocked.insert((document.movie.clone(), document.category));
                }
                documents.push(document);
            }
        }
        // A document that was never published may have locks too.
        let is_unlocked =
            |movie: &MovieId, category: &Category| unlocked.contains(&(movie.clone(), *category));
        let asked = movies
            .iter()
            .copied()
            .filter(|movie| !categories.iter().all(|category| is_unlocked(movie, category)));
        let asked: Vec<&MovieId> = asked.collect();
        let locks =
            if asked.is_empty() { HashMap::new() } else { self.editorial_locks(&asked).await? };
        Ok((documents, locks))
    }

    /// The published documents after a key, ordered by movie and category.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn documents_after(
        &self,
        after: Option<&DocumentKey>,
        limit: u64,
    ) -> Result<Vec<StoredDocument>, StorageError> {
        page(&self.connection, after, limit).await
    }

    /// The revisions and sizes of the published documents of these movies in these categories, in
    /// no particular order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn document_sizes(
        &self,
        movies: &[MovieId],
        categories: &[Category],
    ) -> Result<HashMap<MovieId, Vec<DocumentSize>>, StorageError> {
        let mut found: HashMap<MovieId, Vec<DocumentSize>> = HashMap::new();
        let names: Vec<_> = movies.iter().map(MovieId::as_str).collect();
        for names in names.chunks(ROWS_PER_STATEMENT) {
            let rows: Vec<(String, String, i64, i32)> = documents_of(names, categories)
                .select_only()
                .columns([
                    document::Column::MovieId,
                    document::Column::Category,
                    document::Column::Revision,
                ])
                .expr(Func::cust("octet_length").arg(Expr::col(document::Column::Body)))
                .into_tuple()
                .all(&self.connection)
                .await?;
            for (movie, category, revision, bytes) in rows {
                let category = category.parse().map_err(|error| corrupt(&movie, error))?;
                let bytes = u64::try_from(bytes).unwrap_or_default();
                let size = DocumentSize { category, revision, bytes };
                let movie = movie.parse().map_err(|error| corrupt(&movie, error))?;
                found.entry(movie).or_default().push(size);
            }
        }
        Ok(found)
    }

    /// A superseded revision of a document; `None` if there is none.
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
}

impl From<StoredDraft> for StoredDocument {
    fn from(StoredDraft { movie, category, metadata, body, .. }: StoredDraft) -> Self {
        Self { movie, category, metadata, body }
    }
}

impl From<StoredContribution> for StoredDocument {
    fn from(
        StoredContribution { movie, category, metadata, body, .. }: StoredContribution,
    ) -> Self {
        Self { movie, category, metadata, body }
    }
}
