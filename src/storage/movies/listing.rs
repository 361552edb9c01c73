//! Listing movies: filters, sort orders and pages.

use chrono::DateTime;
use sea_orm::sea_query::{LikeExpr, Order, Query, SelectStatement};
use sea_orm::{
    ColumnTrait, Condition, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

use super::rows::{MovieRow, row, title_key};
use crate::document::Category;
use crate::document::text::comparable;
use crate::storage::tables::{document, movie, movie_genre};
use crate::storage::{Database, PageRequest, StorageError};

/// Filters for movies. `None` or an empty list does not filter.
#[derive(Debug, Clone, Default)]
pub struct MovieFilter {
    /// A part of the title or the original title, compared by the rules of
    /// [`crate::document::text::folding`].
    pub search: Option<String>,
    pub year_from: Option<i32>,
    pub year_to: Option<i32>,
    /// Ids of genres. A movie must have all of them.
    pub genres: Vec<String>,
    pub status: Option<String>,
    /// Categories that must not be empty.
    pub present: Vec<Category>,
    /// Categories that must be empty.
    pub missing: Vec<Category>,
}

/// A sort key. Movies with equal keys are sorted by id.
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

/// Which page of movies. A position is the sort value and the id of a movie.
pub type MoviePageRequest = PageRequest<(String, String)>;

/// A page of movies, in the order of the list.
#[derive(Debug)]
pub struct MoviePage {
    pub movies: Vec<MovieRow>,
    /// Whether there are more movies beyond the page, in the direction of reading.
    pub has_more: bool,
}

impl MovieOrder {
    /// The sort value of a movie, as a cursor holds it.
    #[must_use]
    pub fn value_of(self, movie: &MovieRow) -> String {
        match self.by {
            OrderBy::Title => title_key(movie.facts.title.as_deref()),
            OrderBy::Year => movie.facts.year.unwrap_or(0).to_string(),
            OrderBy::Updated => movie.updated_at.timestamp_micros().to_string(),
        }
    }

    pub(in crate::storage) fn column(self) -> movie::Column {
        match self.by {
            OrderBy::Title => movie::Column::TitleKey,
            OrderBy::Year => movie::Column::Year,
            OrderBy::Updated => movie::Column::UpdatedAt,
        }
    }

    /// Parses the sort value of a cursor; `None` if it is not valid for this order.
    pub(in crate::storage) fn parse_sort_value(self, value: &str) -> Option<sea_orm::Value> {
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
    /// The number of movies that match.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_movies(&self, filter: &MovieFilter) -> Result<u64, StorageError> {
        Ok(movie::Entity::find().filter(condition(filter)).count(&self.reader).await?)
    }

    /// A page of the movies that match. `None` if the cursor does not fit the order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list_movies(
        &self,
        filter: &MovieFilter,
        order: MovieOrder,
        page: &MoviePageRequest,
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
            .limit(page.rows())
            .all(&self.reader)
            .await?;
        let (movies, has_more) = page.cut(rows.into_iter().map(row).collect::<Result<_, _>>()?);
        Ok(Some(MoviePage { movies, has_more }))
    }
}
