//! Lists of movies: their pages and cursors.

use async_graphql::connection::{Edge, EmptyFields};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::pages::{Page, PageArgs, connect, invalid_cursor};
use super::totals::Totals;
use super::types::Movie;
use crate::graphql::error::ApiError;
use crate::storage::{MovieOrder, MoviePage, MoviePageRequest, MovieRow, OrderBy};

/// A page of movies.
pub type MovieConnection = Page<Movie>;
/// A movie in a list.
pub type MovieEdge = Edge<String, Movie, EmptyFields>;

/// Converts a page of movies to a connection.
pub fn movie_connection(
    order: MovieOrder,
    page: &MoviePageRequest,
    found: MoviePage,
    totals: Totals,
) -> MovieConnection {
    let search = match &totals {
        Totals::Movies(query) => query.filter.search.clone(),
        _ => None,
    };
    let entries = found
        .movies
        .into_iter()
        .map(|movie| (cursor(order, &movie, search.as_deref()), Movie(movie)));
    connect(page, found.has_more, totals, entries)
}

/// A movie with its cursor in the list in the default order.
pub fn movie_edge(movie: MovieRow) -> MovieEdge {
    let order = MovieOrder { by: OrderBy::Title, descending: false };
    Edge::new(cursor(order, &movie, None), Movie(movie))
}

/// The error for a cursor of a list that is sorted by another field.
pub fn cursor_order_mismatch() -> ApiError {
    ApiError::BadInput("the cursor belongs to a list with another sort order".to_owned())
}

/// Validates the paging arguments of a list of movies.
///
/// # Errors
/// As [`PageArgs::request`].
pub fn movie_page(order: MovieOrder, args: PageArgs) -> Result<MoviePageRequest, ApiError> {
    args.request(|cursor| read_cursor(order, cursor))
}

/// The name of a sort field in cursors.
const fn order_tag(order: MovieOrder) -> &'static str {
    match order.by {
        OrderBy::Relevance => "relevance",
        OrderBy::Title => "title",
        OrderBy::Year => "year",
        OrderBy::Updated => "updated",
    }
}

fn cursor(order: MovieOrder, movie: &MovieRow, search: Option<&str>) -> String {
    let value = order.value_of(movie, search);
    URL_SAFE_NO_PAD.encode(format!("{}\n{}\n{value}", order_tag(order), movie.id))
}

fn read_cursor(order: MovieOrder, cursor: &str) -> Result<(String, String), ApiError> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok();
    let text =
        bytes.and_then(|bytes| String::from_utf8(bytes).ok()).filter(|text| !text.contains('\0'));
    let text = text.unwrap_or_default();
    let mut parts = text.splitn(3, '\n');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(tag), Some(id), Some(value)) if tag == order_tag(order) => {
            Ok((value.to_owned(), id.to_owned()))
        }
        (_, _, Some(_)) => Err(cursor_order_mismatch()),
        _ => Err(invalid_cursor()),
    }
}
