//! Queries.

mod entities;

use async_graphql::connection::{Connection, Edge, EmptyFields};
use async_graphql::{Context, ID, Object};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::context::ContextExt;
use super::error::ApiError;
use super::limits::{DEFAULT_PAGE, MAX_PAGE};
use super::model::drafts::{self, DraftConnection, DraftFilter};
use super::model::import_log::{self, ImportFilter, ImportRecord, ImportRecordConnection};
use super::model::inputs::{MovieFilter, MovieOrder, order_of, query_of};
use super::model::types::{Movie, MovieExport, User};
use crate::catalog::movies::MovieQuery;
use crate::document::entity::EntityKind;
use crate::document::{Category, MovieId, Stage};
use crate::storage::{self, MoviePage, MovieRow, OrderBy, PageRequest};
use entities::PeopleQuery;

/// The entry points for reading.
pub struct Query;

/// A list of movies.
pub type MovieConnection = Connection<String, Movie, MovieTotals, EmptyFields>;

/// The entry points for reading.
#[Object]
impl Query {
    /// A movie by its id. Null if there is no such movie.
    async fn movie(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The movie's id, for example tmdb-550.")] id: ID,
    ) -> Option<async_graphql::Result<Movie>> {
        find_movie(ctx, &id).await.transpose()
    }

    /// The movies of the catalogue, a page at a time (Relay cursor connections). Sorted by title
    /// unless another order is asked for.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a Relay connection")]
    async fn movies(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which movies; all if it is left out.")] filter: Option<MovieFilter>,
        #[graphql(desc = "How to sort.")] order_by: Option<MovieOrder>,
        #[graphql(
            desc = "How many from the start, or after a cursor: 1 to 100; 20 if neither first nor last is given."
        )]
        first: Option<i32>,
        #[graphql(desc = "Start after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end, or before a cursor: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "End before this cursor.")] before: Option<String>,
    ) -> async_graphql::Result<MovieConnection> {
        let permission = ctx.can_read()?;
        let order = order_of(order_by);
        let page = page_of(order, first, after, last, before)?;
        let query: MovieQuery = query_of(filter)?;
        let found = ctx
            .catalog()
            .list_movies(&permission, &query, order, &page)
            .await
            .map_err(ApiError::from)?;
        let found = found.ok_or_else(of_another_order)?;
        ctx.hand_out(found.movies.len())?;
        Ok(connection_of(order, &page, found, MovieTotals::Fitting(query)))
    }

    /// One category of one movie, typed, with the same envelope as the file. Null if there is no
    /// such movie. A category that was never written has revision 0 and empty data. The stage DRAFT needs
    /// the role CONTRIBUTOR, and where there is no draft answers with what is published.
    async fn movie_export(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The movie's id, for example tmdb-550.")] movie_id: ID,
        #[graphql(desc = "Which category.")] category: Category,
        #[graphql(desc = "Which state of it.", default_with = "Stage::Published")] stage: Stage,
    ) -> Option<async_graphql::Result<MovieExport>> {
        find_export(ctx, &movie_id, category, stage).await.transpose()
    }

    /// The review queue: all open drafts, a page at a time; what waits longest, counted from the last
    /// contribution, comes first. Needs the role CONTRIBUTOR.
    async fn drafts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which drafts; all if it is left out.")] filter: Option<DraftFilter>,
        #[graphql(desc = "How many: 1 to 100; 20 if it is left out.")] first: Option<i32>,
        #[graphql(desc = "Start after this cursor.")] after: Option<String>,
    ) -> async_graphql::Result<DraftConnection> {
        Ok(drafts::list(ctx, filter, first, after).await?)
    }

    /// The records of imports and of other acts on documents, newest first, a page at a time. Needs the
    /// role CONTRIBUTOR.
    async fn imports(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which records; all if it is left out.")] filter: Option<ImportFilter>,
        #[graphql(desc = "How many: 1 to 100; 20 if it is left out.")] first: Option<i32>,
        #[graphql(desc = "Start after this cursor.")] after: Option<String>,
    ) -> async_graphql::Result<ImportRecordConnection> {
        Ok(import_log::list(ctx, filter, first, after).await?)
    }

    /// The record of one import, by the id that its payload gave. Null if there is none. Needs the role
    /// CONTRIBUTOR.
    async fn import_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The record's id.")] id: ID,
    ) -> Option<async_graphql::Result<ImportRecord>> {
        import_log::find(ctx, &id).await.map_err(Into::into).transpose()
    }

    /// People, ceremonies, platforms and genres.
    #[graphql(flatten)]
    async fn people_and_things(&self) -> PeopleQuery {
        PeopleQuery
    }

    /// Whoever the bearer token speaks for. Null without a token.
    async fn viewer(&self, ctx: &Context<'_>) -> Option<User> {
        ctx.viewer().cloned().map(User)
    }
}

// A nullable field that fails must be null and leave its siblings alone, so the resolvers above
// return `Option<Result<_>>`: the library nulls the parent for `Result<Option<_>>`.

/// A page of movies as a connection.
pub fn connection_of(
    order: storage::MovieOrder,
    page: &PageRequest,
    found: MoviePage,
    totals: MovieTotals,
) -> MovieConnection {
    let came_from = page.from.is_some();
    let (has_previous, has_next) =
        if page.backward { (found.has_more, came_from) } else { (came_from, found.has_more) };
    let mut connection = Connection::with_additional_fields(has_previous, has_next, totals);
    connection.edges = found
        .movies
        .into_iter()
        .map(|movie| Edge::new(cursor(order, &movie), Movie(movie)))
        .collect();
    connection
}

/// A cursor of a list that is sorted otherwise.
pub fn of_another_order() -> ApiError {
    ApiError::BadInput("the cursor is not of a list in this order".to_owned())
}

async fn find_movie(ctx: &Context<'_>, id: &ID) -> async_graphql::Result<Option<Movie>> {
    let permission = ctx.can_read()?;
    let Ok(id) = id.parse::<MovieId>() else { return Ok(None) };
    let mut found = ctx.catalog().movies(&permission, &[id]).await.map_err(ApiError::from)?;
    Ok(found.pop().map(Movie))
}

async fn find_export(
    ctx: &Context<'_>,
    movie: &ID,
    category: Category,
    stage: Stage,
) -> async_graphql::Result<Option<MovieExport>> {
    let leave = match stage {
        Stage::Published => None,
        Stage::Draft => Some(ctx.can_draft()?),
    };
    let permission = ctx.can_read()?;
    let Ok(movie) = movie.parse::<MovieId>() else { return Ok(None) };
    let export = match leave {
        None => ctx.catalog().export(&permission, &movie, category).await,
        Some(leave) => ctx.catalog().export_draft(&leave, &movie, category).await,
    };
    Ok(export.map_err(ApiError::from)?.map(MovieExport::from))
}

/// What a list of movies says beside its page.
pub enum MovieTotals {
    /// Of the movies that fit.
    Fitting(MovieQuery),
    /// Of the movies that name something.
    Naming(EntityKind, String),
}

/// What a list of movies says beside its page.
#[Object]
impl MovieTotals {
    /// How many movies fit the filter, on all pages together.
    async fn total_count(&self, ctx: &Context<'_>) -> async_graphql::Result<u64> {
        Ok(total(ctx, self).await?)
    }
}

async fn total(ctx: &Context<'_>, totals: &MovieTotals) -> Result<u64, ApiError> {
    let permission = ctx.can_read()?;
    match totals {
        MovieTotals::Fitting(query) => Ok(ctx.catalog().count_movies(&permission, query).await?),
        MovieTotals::Naming(kind, id) => {
            Ok(ctx.loaders()?.works.naming_counts.load_one((*kind, id.clone())).await?.unwrap_or(0))
        }
    }
}

/// What a list is sorted by, as its cursors tell.
const fn order_tag(order: storage::MovieOrder) -> &'static str {
    match order.by {
        OrderBy::Title => "title",
        OrderBy::Year => "year",
        OrderBy::Updated => "updated",
    }
}

fn cursor(order: storage::MovieOrder, movie: &MovieRow) -> String {
    URL_SAFE_NO_PAD.encode(format!("{}\n{}\n{}", order_tag(order), movie.id, order.value_of(movie)))
}

fn read_cursor(order: storage::MovieOrder, cursor: &str) -> Result<(String, String), ApiError> {
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok();
    let text =
        bytes.and_then(|bytes| String::from_utf8(bytes).ok()).filter(|text| !text.contains('\0'));
    let text = text.unwrap_or_default();
    let mut parts = text.splitn(3, '\n');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(tag), Some(id), Some(value)) if tag == order_tag(order) => {
            Ok((value.to_owned(), id.to_owned()))
        }
        (_, _, Some(_)) => Err(of_another_order()),
        _ => Err(ApiError::BadInput("the cursor is none that this server gave".to_owned())),
    }
}

/// The part of a list that the arguments of a Relay connection ask for.
pub fn page_of(
    order: storage::MovieOrder,
    first: Option<i32>,
    after: Option<String>,
    last: Option<i32>,
    before: Option<String>,
) -> Result<PageRequest, ApiError> {
    let bad = |message: &str| Err(ApiError::BadInput(message.to_owned()));
    if first.is_some() && last.is_some() {
        return bad("first and last cannot be given together");
    }
    if after.is_some() && before.is_some() {
        return bad("after and before cannot be given together");
    }
    let backward = last.is_some() || before.is_some();
    if backward && (first.is_some() || after.is_some()) {
        return bad("first goes with after, last with before");
    }
    let limit = first.or(last).unwrap_or(DEFAULT_PAGE);
    if !(1..=MAX_PAGE).contains(&limit) {
        return bad(&format!("found {limit}; first and last are 1 to {MAX_PAGE}"));
    }
    let from = after.or(before).map(|cursor| read_cursor(order, &cursor)).transpose()?;
    Ok(storage::PageRequest { from, limit: u64::try_from(limit).unwrap_or(1), backward })
}
