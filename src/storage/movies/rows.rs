//! Rows of the table `movies`: reading, creating, updating and deleting them.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, EntityTrait, NotSet, QueryFilter, QuerySelect, QueryTrait as _, Set};

use crate::document::change::ChangeKind;
use crate::document::projection::MovieFacts;
use crate::document::text::{comparable, index_key};
use crate::document::{Category, CategorySet, MovieId};
use crate::storage::db::statements::ROWS_PER_STATEMENT;
use crate::storage::search_index::{SearchList, add_texts};
use crate::storage::tables::{answer, movie};
use crate::storage::{Database, DraftEnd, StorageError, Transaction};

/// A movie with its projected fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovieRow {
    pub id: MovieId,
    pub facts: MovieFacts,
    /// The categories that have data.
    pub present: CategorySet,
    pub created_at: DateTime<Utc>,
    /// When one of its documents was last changed.
    pub updated_at: DateTime<Utc>,
}

pub(super) fn movie_id(id: String) -> Result<MovieId, StorageError> {
    id.parse().map_err(|error: crate::document::ids::InvalidMovieId| StorageError::Corrupt {
        what: "movie",
        reason: error.to_string(),
        key: id,
    })
}

pub(super) fn row(model: movie::Model) -> Result<MovieRow, StorageError> {
    Ok(MovieRow {
        id: movie_id(model.id)?,
        facts: MovieFacts {
            title: model.title,
            original_title: model.original_title,
            year: (model.year != 0).then_some(model.year),
            release_date: model.release_date,
            status: model.status,
        },
        present: CategorySet::from_bits(model.present),
        created_at: model.created_at,
        updated_at: model.updated_at,
    })
}

/// The folded titles that a search is matched against.
pub(in crate::storage) fn search_text(title: Option<&str>, original_title: Option<&str>) -> String {
    let folded = |text: Option<&str>| text.map(comparable).unwrap_or_default();
    format!("{}\n{}", folded(title), folded(original_title))
}

/// The key that sorts movies by title.
pub(in crate::storage) fn title_key(title: Option<&str>) -> String {
    title.map(index_key).unwrap_or_default()
}

/// The projected columns of a movie. All other columns are unset.
fn fact_columns(facts: &MovieFacts) -> movie::ActiveModel {
    let title = facts.title.as_deref();
    movie::ActiveModel {
        id: NotSet,
        title: Set(facts.title.clone()),
        original_title: Set(facts.original_title.clone()),
        year: Set(facts.year.unwrap_or(0)),
        release_date: Set(facts.release_date.clone()),
        status: Set(facts.status.clone()),
        search_text: Set(search_text(title, facts.original_title.as_deref())),
        title_key: Set(title_key(title)),
        present: NotSet,
        drafted: NotSet,
        created_at: NotSet,
        updated_at: NotSet,
    }
}

/// A new movie. Its sets of categories are empty.
fn new_movie(id: &MovieId, facts: &MovieFacts, now: DateTime<Utc>) -> movie::ActiveModel {
    movie::ActiveModel {
        id: Set(id.to_string()),
        created_at: Set(now),
        updated_at: Set(now),
        ..fact_columns(facts)
    }
}

impl Database {
    /// Whether the movie exists.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn movie_exists(&self, id: &MovieId) -> Result<bool, StorageError> {
        let found: Option<String> = movie::Entity::find_by_id(id.as_str())
            .select_only()
            .column(movie::Column::Id)
            .into_tuple()
            .one(&self.reader)
            .await?;
        Ok(found.is_some())
    }

    /// Movies by id, in no particular order. Unknown ids are left out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn movies(&self, ids: &[MovieId]) -> Result<Vec<MovieRow>, StorageError> {
        let mut found = Vec::with_capacity(ids.len());
        for ids in ids.chunks(ROWS_PER_STATEMENT) {
            let rows = movie::Entity::find()
                .filter(movie::Column::Id.is_in(ids.iter().map(MovieId::as_str)));
            for model in rows.all(&self.reader).await? {
                found.push(row(model)?);
            }
        }
        Ok(found)
    }

    /// Whether the catalogue has no movies.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn has_no_movies(&self) -> Result<bool, StorageError> {
        Ok(movie::Entity::find().one(&self.reader).await?.is_none())
    }
}

impl Transaction {
    /// The movies among these ids that exist.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn existing_movies(&self, ids: &[&MovieId]) -> Result<HashSet<String>, StorageError> {
        let mut found = HashSet::new();
        for ids in ids.chunks(ROWS_PER_STATEMENT) {
            let rows: Vec<String> = movie::Entity::find()
                .select_only()
                .column(movie::Column::Id)
                .filter(movie::Column::Id.is_in(ids.iter().map(|id| id.as_str())))
                .into_tuple()
                .all(&self.connection)
                .await?;
            found.extend(rows);
        }
        Ok(found)
    }

    /// Creates movies, none of which may exist, and adds that to the change feed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_movies(
        &self,
        ids: &[&MovieId],
        author: &str,
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        for ids in ids.chunks(ROWS_PER_STATEMENT) {
            let rows = ids.iter().map(|id| new_movie(id, &MovieFacts::default(), now));
            movie::Entity::insert_many(rows)
                .on_conflict(OnConflict::column(movie::Column::Id).do_nothing().to_owned())
                .exec_without_returning(&self.connection)
                .await?;
        }
        self.record_movies(ChangeKind::MovieCreated, ids, author, now).await
    }

    /// Writes the projected columns of the movies in `facts`, and sets the time of the last change
    /// of the movies in `touched`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn update_movies(
        &self,
        facts: &[(&MovieId, MovieFacts)],
        touched: &[&MovieId],
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        for facts in facts.chunks(ROWS_PER_STATEMENT) {
            let rows = facts.iter().map(|(id, facts)| new_movie(id, facts, now));
            let replace = OnConflict::column(movie::Column::Id)
                .update_columns([
                    movie::Column::Title,
                    movie::Column::OriginalTitle,
                    movie::Column::Year,
                    movie::Column::ReleaseDate,
                    movie::Column::Status,
                    movie::Column::TitleKey,
                    movie::Column::SearchText,
                    movie::Column::UpdatedAt,
                ])
                .to_owned();
            movie::Entity::insert_many(rows)
                .on_conflict(replace)
                .exec_without_returning(&self.connection)
                .await?;
        }
        let texts = facts
            .iter()
            .map(|(_, facts)| search_text(facts.title.as_deref(), facts.original_title.as_deref()));
        add_texts(&self.connection, SearchList::Titles, texts).await?;
        for ids in touched.chunks(ROWS_PER_STATEMENT) {
            let update = movie::Entity::update_many()
                .col_expr(movie::Column::UpdatedAt, Expr::value(now))
                .filter(movie::Column::Id.is_in(ids.iter().map(|id| id.as_str())));
            self.connection.defer::<movie::Entity>(ids.len(), update.into_query()).await?;
        }
        Ok(())
    }

    /// Writes the projected columns of a movie without changing the time of its last change.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn reindex_movie(
        &self,
        id: &MovieId,
        facts: &MovieFacts,
    ) -> Result<(), StorageError> {
        movie::Entity::update_many()
            .set(fact_columns(facts))
            .filter(movie::Column::Id.eq(id.as_str()))
            .exec(&self.connection)
            .await?;
        Ok(())
    }

    /// Clears the projected columns of all movies, before they are rebuilt.
    ///
    /// # Errors
    /// When the database fails.
    pub(in crate::storage) async fn clear_movie_facts(&self) -> Result<(), StorageError> {
        movie::Entity::update_many()
            .set(fact_columns(&MovieFacts::default()))
            .exec(&self.connection)
            .await?;
        Ok(())
    }

    /// Deletes a movie with its documents, their history and projections, and adds that to the
    /// change feed. Returns whether it existed.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_movie(
        &self,
        id: &MovieId,
        author: &str,
        now: DateTime<Utc>,
    ) -> Result<bool, StorageError> {
        let documents: Vec<_> = Category::ALL.iter().map(|category| (id, *category)).collect();
        self.record_draft_ends(&documents, DraftEnd::Discarded, author, now).await?;
        let result = movie::Entity::delete_by_id(id.as_str()).exec(&self.connection).await?;
        // Resolutions have no foreign key to movies, since some hold for all movies.
        answer::Entity::delete_many()
            .filter(answer::Column::MovieId.eq(id.as_str()))
            .exec(&self.connection)
            .await?;
        if result.rows_affected == 0 {
            return Ok(false);
        }
        self.record_movies(ChangeKind::MovieDeleted, &[id], author, now).await?;
        Ok(true)
    }
}
