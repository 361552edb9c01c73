//! Listing movies: sort orders, pages and numbers.

use std::collections::HashSet;

use chrono::DateTime;
use sea_orm::sea_query::{Alias, Asterisk, Expr, ExprTrait as _, Func, Order, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait as _, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};

use super::counts::PresenceCounts;
use super::filter::{FEW, MovieFilter, folded};
use super::rows::{MovieRow, movie_id, row, title_key};
use crate::document::MovieId;
use crate::storage::db::statements::ROWS_PER_STATEMENT;
use crate::storage::tables::movie;
use crate::storage::{Database, PageRequest, StorageError, Transaction};

/// A sort key. Movies with equal keys are sorted by id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OrderBy {
    /// Titles that start with the search before those that contain it elsewhere; each by title.
    Relevance,
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

/// The parts of a list that is sorted by relevance, as cursors begin: titles that start with the
/// search, and others.
const START: char = '0';
const ELSEWHERE: char = '1';

/// The movies of a filter are counted up to this number, if the database keeps no count of them.
pub const MAX_COUNTED: u64 = 10_000;

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
    /// The sort value of a movie, as a cursor holds it. `search` is that of the list.
    #[must_use]
    pub fn value_of(self, movie: &MovieRow, search: Option<&str>) -> String {
        match self.by {
            OrderBy::Relevance => {
                let key = title_key(movie.facts.title.as_deref());
                let is_start = folded(search).is_none_or(|search| key.starts_with(&search));
                format!("{}{key}", if is_start { START } else { ELSEWHERE })
            }
            OrderBy::Title => title_key(movie.facts.title.as_deref()),
            OrderBy::Year => movie.facts.year.unwrap_or(0).to_string(),
            OrderBy::Updated => movie.updated_at.timestamp_micros().to_string(),
        }
    }

    pub(in crate::storage) fn column(self) -> movie::Column {
        match self.by {
            OrderBy::Relevance | OrderBy::Title => movie::Column::TitleKey,
            OrderBy::Year => movie::Column::Year,
            OrderBy::Updated => movie::Column::UpdatedAt,
        }
    }

    /// Parses the sort value of a cursor; `None` if it is not valid for this order.
    pub(in crate::storage) fn parse_sort_value(self, value: &str) -> Option<sea_orm::Value> {
        match self.by {
            OrderBy::Relevance => {
                value.strip_prefix([START, ELSEWHERE]).map(|key| key.to_owned().into())
            }
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

impl MovieOrder {
    /// The conditions of the parts of a list that a page may have movies of, in the direction of
    /// reading. `None` if the cursor does not fit the order.
    fn parts(self, search: Option<&str>, page: &MoviePageRequest) -> Option<Vec<Condition>> {
        let ascending = self.descending == page.backward;
        let beyond = match &page.from {
            Some((value, id)) => {
                let place = |column: Expr| Expr::tuple([column, Expr::col(movie::Column::Id)]);
                let bound =
                    Expr::tuple([Expr::val(self.parse_sort_value(value)?), Expr::val(id.as_str())]);
                let place = place(Expr::col(self.column()));
                Some(if ascending { place.gt(bound) } else { place.lt(bound) })
            }
            None => None,
        };
        let Some(search) = folded(search).filter(|_| self.by == OrderBy::Relevance) else {
            return Some(vec![Condition::all().add_option(beyond)]);
        };
        let key = Expr::col(movie::Column::TitleKey);
        let starts = key.clone().gte(&search).and(key.lt(format!("{search}{}", char::MAX)));
        // Compared with false, so that no index is used for each side of the titles that start so.
        let mut parts = vec![(START, starts.clone()), (ELSEWHERE, starts.eq(false))];
        if !ascending {
            parts.reverse();
        }
        let current = page.from.as_ref().and_then(|(value, _)| value.chars().next());
        let mut conditions = Vec::new();
        for (tag, part) in parts {
            if current == Some(tag) {
                conditions.clear();
            }
            let bound = beyond.clone().filter(|_| current == Some(tag));
            conditions.push(Condition::all().add(part).add_option(bound));
        }
        Some(conditions)
    }
}

impl Transaction {
    /// The ids of the movies that match, after an id, in the order of their ids.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn movie_ids_after(
        &self,
        filter: &MovieFilter,
        after: Option<&MovieId>,
        limit: u64,
    ) -> Result<Vec<MovieId>, StorageError> {
        let condition = filter.condition(self.connection.get_database_backend());
        let mut query =
            movie::Entity::find().select_only().column(movie::Column::Id).filter(condition);
        if let Some(after) = after {
            query = query.filter(movie::Column::Id.gt(after.as_str()));
        }
        let ids: Vec<String> = query
            .order_by_asc(movie::Column::Id)
            .limit(limit)
            .into_tuple()
            .all(&self.connection)
            .await?;
        ids.into_iter().map(movie_id).collect()
    }

    /// Which of these movies exist and match.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn matching_movies(
        &self,
        filter: &MovieFilter,
        movies: &[MovieId],
    ) -> Result<HashSet<MovieId>, StorageError> {
        let condition = filter.condition(self.connection.get_database_backend());
        let mut found = HashSet::new();
        for movies in movies.chunks(ROWS_PER_STATEMENT) {
            let ids: Vec<String> = movie::Entity::find()
                .select_only()
                .column(movie::Column::Id)
                .filter(condition.clone())
                .filter(movie::Column::Id.is_in(movies.iter().map(MovieId::as_str)))
                .into_tuple()
                .all(&self.connection)
                .await?;
            for id in ids {
                found.insert(movie_id(id)?);
            }
        }
        Ok(found)
    }
}

impl Database {
    /// The number of movies that match. Counts that are not kept stop at [`MAX_COUNTED`].
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_movies(&self, filter: &MovieFilter) -> Result<u64, StorageError> {
        if filter.is_presence_only() {
            return Ok(PresenceCounts::read(&self.reader).await?.total(filter.presence()));
        }
        let plan = filter.plan(&self.reader, MAX_COUNTED).await?;
        if let Some(total) = plan.total {
            return Ok(Ord::min(total, MAX_COUNTED));
        }
        let matching = Query::select()
            .column((movie::Entity, movie::Column::Id))
            .from(movie::Entity)
            .cond_where(plan.conditions())
            .limit(MAX_COUNTED)
            .to_owned();
        let query = Query::select()
            .expr_as(Func::count(Expr::col(Asterisk)), "number")
            .from_subquery(matching, Alias::new("found"))
            .to_owned();
        self.read_count(self.reader.backend().build(&query)).await
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
        let ascending = order.descending == page.backward;
        let Some(parts) = order.parts(filter.search.as_deref(), page) else { return Ok(None) };
        let plan = filter.plan(&self.reader, FEW).await?;
        let direction = if ascending { Order::Asc } else { Order::Desc };
        let mut rows = Vec::new();
        for part in parts {
            let missing = page.rows().saturating_sub(rows.len() as u64);
            if missing == 0 {
                break;
            }
            let query = movie::Entity::find()
                .filter(part)
                .filter(plan.conditions())
                .order_by(order.column(), direction.clone())
                .order_by(movie::Column::Id, direction.clone())
                .limit(missing);
            rows.append(&mut query.all(&self.reader).await?);
        }
        let (movies, has_more) = page.cut(rows.into_iter().map(row).collect::<Result<_, _>>()?);
        Ok(Some(MoviePage { movies, has_more }))
    }
}
