//! Movies: what they are listed, searched and sorted by.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, LikeExpr, OnConflict, Order, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, NotSet, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect, Set,
};

use super::db::statements::ROWS_PER_STATEMENT;
use super::tables::{answer, document, movie, movie_genre};
use super::{Database, StorageError, Transaction};
use crate::document::projection::MovieFacts;
use crate::document::text::{comparable, index_key};
use crate::document::{Category, MovieId};

/// A movie as lists show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MovieRow {
    pub id: MovieId,
    pub facts: MovieFacts,
    pub created_at: DateTime<Utc>,
    /// When any of its documents last really changed.
    pub updated_at: DateTime<Utc>,
}

/// Which movies to list; what is `None` or empty does not matter.
#[derive(Debug, Clone, Default)]
pub struct MovieFilter {
    /// Part of the title or original title, in whichever typography (see
    /// [`crate::document::text::folding`]).
    pub search: Option<String>,
    pub year_from: Option<i32>,
    pub year_to: Option<i32>,
    /// Ids of genres, all of which a movie must have.
    pub genres: Vec<String>,
    pub status: Option<String>,
    /// Categories that must hold something.
    pub present: Vec<Category>,
    /// Categories that must be empty.
    pub missing: Vec<Category>,
}

/// What a list is sorted by; the id decides between equals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OrderBy {
    Title,
    Year,
    Updated,
}

/// A sort order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MovieOrder {
    pub by: OrderBy,
    pub descending: bool,
}

/// Which part of a list: up to `limit` movies after (or, `backward`, before) a place.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PageRequest {
    /// The sort value and id of the movie to start beyond.
    pub from: Option<(String, String)>,
    pub limit: u64,
    pub backward: bool,
}

/// A part of a list, in the list's order.
#[derive(Debug)]
pub struct MoviePage {
    pub movies: Vec<MovieRow>,
    /// Whether there are more beyond the page, in the direction it was read.
    pub has_more: bool,
}

impl MovieOrder {
    /// The value by which a movie is sorted, as a cursor holds it.
    #[must_use]
    pub fn value_of(self, movie: &MovieRow) -> String {
        match self.by {
            OrderBy::Title => title_key(movie.facts.title.as_deref()),
            OrderBy::Year => movie.facts.year.unwrap_or(0).to_string(),
            OrderBy::Updated => movie.updated_at.timestamp_micros().to_string(),
        }
    }

    pub(super) fn column(self) -> movie::Column {
        match self.by {
            OrderBy::Title => movie::Column::TitleKey,
            OrderBy::Year => movie::Column::Year,
            OrderBy::Updated => movie::Column::UpdatedAt,
        }
    }

    /// The value of a cursor as the column holds it; `None` if it is none.
    pub(super) fn parse_sort_value(self, value: &str) -> Option<sea_orm::Value> {
        match self.by {
            OrderBy::Title => Some(value.into()),
            OrderBy::Year => value.parse::<i32>().ok().map(Into::into),
            OrderBy::Updated => {
                let micros = value
                    .parse()
                    .ok()
                    .filter(|micros| (0..=253_402_300_799_999_999).contains(micros));
                micros.and_then(DateTime::from_timestamp_micros).map(Into::into)
            }
        }
    }
}

fn row(model: movie::Model) -> Result<MovieRow, StorageError> {
    let id = model.id.parse().map_err(|error: crate::document::ids::InvalidMovieId| {
        StorageError::Corrupt { what: "movie", key: model.id.clone(), reason: error.to_string() }
    })?;
    Ok(MovieRow {
        id,
        facts: MovieFacts {
            title: model.title,
            original_title: model.original_title,
            year: (model.year != 0).then_some(model.year),
            release_date: model.release_date,
            status: model.status,
        },
        created_at: model.created_at,
        updated_at: model.updated_at,
    })
}

/// What a movie is searched by: its folded titles.
pub(super) fn search_text(title: Option<&str>, original_title: Option<&str>) -> String {
    let folded = |text: Option<&str>| text.map(comparable).unwrap_or_default();
    format!("{}\n{}", folded(title), folded(original_title))
}

/// What a movie is sorted by if by title.
pub(super) fn title_key(title: Option<&str>) -> String {
    title.map(index_key).unwrap_or_default()
}

/// What a movie is listed by, and nothing else of its row.
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
        created_at: NotSet,
        updated_at: NotSet,
    }
}

fn model(row: &MovieRow) -> movie::ActiveModel {
    movie::ActiveModel {
        id: Set(row.id.to_string()),
        created_at: Set(row.created_at),
        updated_at: Set(row.updated_at),
        ..fact_columns(&row.facts)
    }
}

fn documents_with_content(category: Category) -> SelectStatement {
    Query::select()
        .column(document::Column::MovieId)
        .from(document::Entity)
        .and_where(document::Column::Category.eq(category.as_str()))
        .and_where(document::Column::IsEmpty.eq(false))
        .to_owned()
}

fn condition(filter: &MovieFilter) -> Condition {
    let mut all = Condition::all();
    if let Some(search) =
        filter.search.as_deref().map(comparable).filter(|search| !search.is_empty())
    {
        let escaped = search.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        all = all.add(
            movie::Column::SearchText.like(LikeExpr::new(format!("%{escaped}%")).escape('\\')),
        );
    }
    if let Some(from) = filter.year_from {
        all = all.add(movie::Column::Year.gte(from));
    }
    if let Some(to) = filter.year_to {
        all = all.add(movie::Column::Year.lte(to)).add(movie::Column::Year.ne(0));
    }
    if let Some(status) = &filter.status {
        all = all.add(movie::Column::Status.eq(status.as_str()));
    }
    for genre in &filter.genres {
        let movies = Query::select()
            .column(movie_genre::Column::MovieId)
            .from(movie_genre::Entity)
            .and_where(movie_genre::Column::GenreId.eq(genre.as_str()))
            .to_owned();
        all = all.add(movie::Column::Id.in_subquery(movies));
    }
    for category in &filter.present {
        all = all.add(movie::Column::Id.in_subquery(documents_with_content(*category)));
    }
    for category in &filter.missing {
        all = all.add(movie::Column::Id.not_in_subquery(documents_with_content(*category)));
    }
    all
}

impl Database {
    /// Whether there is such a movie.
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

    /// Movies by id, in no order; unknown ids are left out.
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

    /// How many movies fit.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_movies(&self, filter: &MovieFilter) -> Result<u64, StorageError> {
        Ok(movie::Entity::find().filter(condition(filter)).count(&self.reader).await?)
    }

    /// A page of the movies that fit. `None` if the cursor is not of this order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_movies(
        &self,
        filter: &MovieFilter,
        order: MovieOrder,
        page: &PageRequest,
    ) -> Result<Option<MoviePage>, StorageError> {
        let column = order.column();
        let ascending = order.descending == page.backward;
        let mut query = movie::Entity::find().filter(condition(filter));
        if let Some((value, id)) = &page.from {
            let Some(bound) = order.parse_sort_value(value) else { return Ok(None) };
            let beyond = |column: movie::Column, value: sea_orm::Value| {
                if ascending { column.gt(value) } else { column.lt(value) }
            };
            query = query.filter(
                Condition::any().add(beyond(column, bound.clone())).add(
                    Condition::all()
                        .add(column.eq(bound))
                        .add(beyond(movie::Column::Id, id.as_str().into())),
                ),
            );
        }
        let direction = if ascending { Order::Asc } else { Order::Desc };
        let rows = query
            .order_by(column, direction.clone())
            .order_by(movie::Column::Id, direction)
            .limit(page.limit + 1)
            .all(&self.reader)
            .await?;
        let mut movies = rows.into_iter().map(row).collect::<Result<Vec<_>, _>>()?;
        let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
        let has_more = movies.len() > limit;
        movies.truncate(limit);
        if page.backward {
            movies.reverse();
        }
        Ok(Some(MoviePage { movies, has_more }))
    }

    /// Whether there is no movie at all.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn has_no_movies(&self) -> Result<bool, StorageError> {
        Ok(movie::Entity::find().one(&self.reader).await?.is_none())
    }
}

impl Transaction {
    /// Which of those movies exist.
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

    /// Creates movies that are not there yet.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn create_movies(
        &self,
        ids: &[&MovieId],
        now: DateTime<Utc>,
    ) -> Result<(), StorageError> {
        for ids in ids.chunks(ROWS_PER_STATEMENT) {
            let rows = ids.iter().map(|id| {
                model(&MovieRow {
                    id: (*id).clone(),
                    facts: MovieFacts::default(),
                    created_at: now,
                    updated_at: now,
                })
            });
            movie::Entity::insert_many(rows)
                .on_conflict(OnConflict::column(movie::Column::Id).do_nothing().to_owned())
                .exec_without_returning(&self.connection)
                .await?;
        }
        Ok(())
    }

    /// Writes what movies are listed by, and that they changed.
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
            let rows = facts.iter().map(|(id, facts)| {
                model(&MovieRow {
                    id: (*id).clone(),
                    facts: facts.clone(),
                    created_at: now,
                    updated_at: now,
                })
            });
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
        for ids in touched.chunks(ROWS_PER_STATEMENT) {
            movie::Entity::update_many()
                .col_expr(movie::Column::UpdatedAt, Expr::value(now))
                .filter(movie::Column::Id.is_in(ids.iter().map(|id| id.as_str())))
                .exec(&self.connection)
                .await?;
        }
        Ok(())
    }

    /// Rewrites what a movie is listed by, and not that it changed.
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

    /// Forgets what movies are listed by, for rebuilding.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) async fn clear_movie_facts(&self) -> Result<(), StorageError> {
        movie::Entity::update_many()
            .set(fact_columns(&MovieFacts::default()))
            .exec(&self.connection)
            .await?;
        Ok(())
    }

    /// Deletes a movie with its documents, their history and projections. Whether it was there.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn delete_movie(&self, id: &MovieId) -> Result<bool, StorageError> {
        let result = movie::Entity::delete_by_id(id.as_str()).exec(&self.connection).await?;
        // An answer that holds on all movies has none, so nothing binds the others to theirs.
        answer::Entity::delete_many()
            .filter(answer::Column::MovieId.eq(id.as_str()))
            .exec(&self.connection)
            .await?;
        Ok(result.rows_affected > 0)
    }
}
