//! Filters of movies, and how the movies that match are found.
//!
//! A list of movies is read in one of two ways. If one condition selects few movies, these are
//! found by its index, and then sorted. Otherwise the movies are read in the order of the list
//! until a page is full, which needs few rows because many match. Which way is taken is decided by
//! counting up to [`FEW`] movies of each condition in its index, so the cost hardly depends on the
//! size of the catalogue.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{
    Alias, Asterisk, Expr, ExprTrait as _, Func, JoinType, LikeExpr, Query, SelectStatement,
    UnionType,
};
use sea_orm::{ColumnTrait, Condition, ConnectionTrait, DatabaseBackend, FromQueryResult};

use super::counts::PresenceCounts;
use super::presence::PresenceFilter;
use crate::document::text::comparable;
use crate::document::{Category, Source};
use crate::storage::StorageError;
use crate::storage::search_index::SearchList;
use crate::storage::tables::{document, movie, movie_genre};

/// Filters for movies. `None` or an empty list does not filter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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
    /// Categories that must have an open draft.
    pub has_draft: Vec<Category>,
    /// By whom and when documents were last written.
    pub written: Option<Written>,
}

/// Selects movies by the last change of their published documents. Documents without data do not
/// count.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Written {
    /// The documents of all of these categories must match; if it is empty, any document.
    pub categories: Vec<Category>,
    pub source: Option<Source>,
    /// The last change is from this time or later.
    pub since: Option<DateTime<Utc>>,
    /// The last change is from before this time.
    pub until: Option<DateTime<Utc>>,
}

/// A condition that selects at most this many movies is evaluated first.
pub(super) const FEW: u64 = 2_000;

/// A condition with an index.
struct Indexed {
    /// The ids of the movies that meet it, read from its index. It may repeat ids, and may contain
    /// ids of movies that do not meet it.
    ids: SelectStatement,
    /// Whether `ids` has exactly the movies that meet it, each once.
    is_exact: bool,
    /// The condition itself, for a movie that is at hand. It must not lead the database to use an
    /// index of movies.
    test: Condition,
}

/// How the movies of a filter are found.
pub(super) struct Plan {
    /// The movies to look at, if they are few.
    pub(super) few: Option<SelectStatement>,
    /// What a movie must meet.
    pub(super) condition: Condition,
    /// The number of movies that match, counted up to one more than `few`, if the plan has it.
    pub(super) total: Option<u64>,
}

#[derive(FromQueryResult)]
struct CountRow {
    place: i32,
    number: i64,
}

impl MovieFilter {
    pub(super) fn presence(&self) -> PresenceFilter {
        PresenceFilter::new(&self.present, &self.missing, &self.has_draft)
    }

    /// Whether it selects movies by their sets of categories only, or not at all.
    pub(super) fn is_presence_only(&self) -> bool {
        let Self { search, year_from, year_to, genres, status, written, .. } = self;
        folded(search.as_deref()).is_none()
            && year_from.is_none()
            && year_to.is_none()
            && genres.is_empty()
            && status.is_none()
            && written.is_none()
    }

    /// What a movie must meet.
    pub(super) fn condition(&self, backend: DatabaseBackend) -> Condition {
        let all = Condition::all().add(self.presence().test());
        self.indexed(backend).into_iter().fold(all, |all, indexed| all.add(indexed.test))
    }

    fn indexed(&self, backend: DatabaseBackend) -> Vec<Indexed> {
        let mut indexed = Vec::new();
        if let Some(search) = folded(self.search.as_deref()) {
            indexed.push(titled(&search, backend));
        }
        if self.year_from.is_some() || self.year_to.is_some() {
            indexed.push(released(self.year_from, self.year_to));
        }
        indexed.extend(self.genres.iter().map(|genre| of_genre(genre)));
        indexed.extend(self.status.as_deref().map(with_status));
        if let Some(written) = &self.written {
            if written.categories.is_empty() {
                indexed.push(written_in(Category::ALL, written));
            }
            indexed.extend(written.categories.iter().map(|one| written_in(&[*one], written)));
        }
        indexed
    }

    /// Decides how to find the movies. If no condition selects at most `few` movies, they are
    /// found among all movies.
    pub(super) async fn plan(
        &self,
        connection: &impl ConnectionTrait,
        few: u64,
    ) -> Result<Plan, StorageError> {
        let backend = connection.get_database_backend();
        let indexed = self.indexed(backend);
        let presence = self.presence();
        let mut counted: Vec<(u64, SelectStatement)> = Vec::new();
        if !presence.is_empty() {
            let counts = PresenceCounts::read(connection).await?;
            let number = counts.total(presence);
            if number <= few {
                counted.push((number, counts.movies(presence)));
            }
        }
        let numbers = count_up_to(connection, &indexed, few + 1).await?;
        let total = match (&indexed[..], numbers.first()) {
            ([only], Some(number)) if only.is_exact && presence.is_empty() => Some(*number),
            _ => None,
        };
        let condition = self.condition(backend);
        let ids = indexed.into_iter().map(|indexed| indexed.ids);
        counted.extend(numbers.into_iter().zip(ids).filter(|(number, _)| *number <= few));
        let narrowest = counted.into_iter().min_by_key(|(number, _)| *number);
        Ok(Plan { few: narrowest.map(|(_, ids)| ids), condition, total })
    }
}

impl Plan {
    /// The condition, and that a movie is among those to look at.
    pub(super) fn conditions(&self) -> Condition {
        let all = Condition::all().add(self.condition.clone());
        match &self.few {
            Some(ids) => all.add(movie::Column::Id.in_subquery(ids.clone())),
            None => all,
        }
    }
}

/// The folded form of a search; `None` if it selects every text.
pub(in crate::storage) fn folded(search: Option<&str>) -> Option<String> {
    search.map(comparable).filter(|search| !search.is_empty())
}

/// The numbers of movies in the indexes of these conditions, each counted up to a limit.
async fn count_up_to(
    connection: &impl ConnectionTrait,
    indexed: &[Indexed],
    limit: u64,
) -> Result<Vec<u64>, StorageError> {
    let counts = indexed.iter().enumerate().map(|(place, indexed)| {
        Query::select()
            .expr_as(Expr::val(i32::try_from(place).unwrap_or_default()), "place")
            .expr_as(Func::count(Expr::col(Asterisk)), "number")
            .from_subquery(indexed.ids.clone().limit(limit).to_owned(), Alias::new("found"))
            .to_owned()
    });
    let Some(query) = counts.reduce(|mut all, next| all.union(UnionType::All, next).to_owned())
    else {
        return Ok(Vec::new());
    };
    let mut numbers = vec![0; indexed.len()];
    for row in CountRow::find_by_statement(connection.get_database_backend().build(&query))
        .all(connection)
        .await?
    {
        let place = usize::try_from(row.place).unwrap_or_default();
        if let Some(number) = numbers.get_mut(place) {
            *number = u64::try_from(row.number).unwrap_or_default();
        }
    }
    Ok(numbers)
}

fn movie_ids() -> SelectStatement {
    Query::select().column(movie::Column::Id).from(movie::Entity).to_owned()
}

/// Movies with a title that contains a folded text. The index of parts is read first, and the movie
/// of each text then, on both databases: otherwise, a limit would not shorten the work.
fn titled(search: &str, backend: DatabaseBackend) -> Indexed {
    let entries = Alias::new("search_entries");
    let like = LikeExpr::new(format!("%{}%", escaped(search))).escape('\\');
    let text = Expr::col((entries.clone(), "text"));
    let grams = SearchList::Titles.matching(backend, search);
    let mut ids = Query::select();
    if backend == DatabaseBackend::Postgres {
        // OFFSET keeps the subquery apart.
        let of_text = movie_ids()
            .and_where(Expr::col(movie::Column::SearchText).equals((entries.clone(), "text")))
            .offset(0)
            .to_owned();
        let found = Alias::new("titled");
        ids.column((found.clone(), movie::Column::Id))
            .from(entries)
            .join_lateral(JoinType::InnerJoin, of_text, found, Expr::val(true))
            .and_where(Expr::cust_with_values("search_entries.grams @> $1", [grams]));
    } else {
        let found = Alias::new("search_grams");
        ids.column((movie::Entity, movie::Column::Id))
            .from(found.clone())
            .join(JoinType::CrossJoin, entries.clone(), Condition::all())
            .join(JoinType::CrossJoin, movie::Entity, Condition::all())
            .and_where(Expr::col((entries, "number")).equals((found, "rowid")))
            .and_where(text.clone().eq(Expr::col((movie::Entity, movie::Column::SearchText))))
            .and_where(Expr::cust_with_values("search_grams MATCH ?", [grams]));
    }
    ids.and_where(text.like(like.clone()));
    let contains = Expr::col((movie::Entity, movie::Column::SearchText)).like(like);
    Indexed { ids, is_exact: true, test: Condition::all().add(contains) }
}

/// A text with the wildcards of LIKE escaped by a backslash.
pub(in crate::storage) fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

/// Movies of these years. A movie without a year is before all years.
fn released(from: Option<i32>, to: Option<i32>) -> Indexed {
    let condition = |year: Expr| {
        let mut all = Condition::all();
        if let Some(from) = from {
            all = all.add(year.clone().gte(from));
        }
        if let Some(to) = to {
            all = all.add(year.clone().lte(to)).add(year.ne(0));
        }
        all
    };
    Indexed {
        ids: movie_ids().cond_where(condition(Expr::col(movie::Column::Year))).to_owned(),
        is_exact: true,
        test: condition(Expr::col((movie::Entity, movie::Column::Year)).add(0)),
    }
}

fn of_genre(genre: &str) -> Indexed {
    let of_movie = Query::select()
        .expr(Expr::val(1))
        .from(movie_genre::Entity)
        .and_where(
            Expr::col((movie_genre::Entity, movie_genre::Column::MovieId))
                .equals((movie::Entity, movie::Column::Id)),
        )
        .and_where(movie_genre::Column::GenreId.eq(genre))
        .to_owned();
    let ids = Query::select()
        .column(movie_genre::Column::MovieId)
        .from(movie_genre::Entity)
        .and_where(movie_genre::Column::GenreId.eq(genre))
        .to_owned();
    Indexed { ids, is_exact: true, test: Condition::all().add(Expr::exists(of_movie)) }
}

fn with_status(status: &str) -> Indexed {
    let column = Expr::col((movie::Entity, movie::Column::Status));
    let unindexed = Expr::expr(Func::coalesce([column, Expr::val("")]));
    Indexed {
        ids: movie_ids().and_where(movie::Column::Status.eq(status)).to_owned(),
        is_exact: true,
        test: Condition::all().add(unindexed.eq(status)),
    }
}

/// Movies with a document in one of these categories that was last written so.
fn written_in(categories: &[Category], written: &Written) -> Indexed {
    let column = |column: document::Column| Expr::col((document::Entity, column));
    let sources: Vec<&str> = match written.source {
        Some(source) => vec![source.as_str()],
        // Naming all of them lets the index be searched by time.
        None => Source::ALL.iter().map(|source| source.as_str()).collect(),
    };
    let names = categories.iter().map(|category| category.as_str());
    let condition = Condition::all()
        .add(column(document::Column::Category).is_in(names))
        .add(column(document::Column::Source).is_in(sources))
        .add_option(written.since.map(|since| column(document::Column::UpdatedAt).gte(since)))
        .add_option(written.until.map(|until| column(document::Column::UpdatedAt).lt(until)));
    let ids = Query::select()
        .column(document::Column::MovieId)
        .from(document::Entity)
        .cond_where(condition.clone())
        .and_where(column(document::Column::IsEmpty).eq(false))
        .to_owned();
    let of_movie = Query::select()
        .expr(Expr::val(1))
        .from(document::Entity)
        .and_where(column(document::Column::MovieId).equals((movie::Entity, movie::Column::Id)))
        .cond_where(condition)
        .and_where(column(document::Column::IsEmpty).eq(false))
        .to_owned();
    Indexed {
        ids,
        is_exact: categories.len() == 1,
        test: Condition::all().add(Expr::exists(of_movie)),
    }
}
