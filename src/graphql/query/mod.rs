//! The fields of `Query`. Each calls one function of the catalogue.

mod accounts;
mod entities;

use async_graphql::connection::{Connection, Edge, EmptyFields};
use async_graphql::{Context, ID, Object};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::context::ContextExt;
use super::error::{ApiError, Restricted, restricted};
use super::limits::{DEFAULT_PAGE, MAX_PAGE};
use super::model::accounts::User;
use super::model::drafts::{self, DraftConnection, DraftFilter};
use super::model::import_log::{self, ImportFilter, ImportRecord, ImportRecordConnection};
use super::model::inputs::{MovieFilter, MovieOrder, movie_order, movie_query};
use super::model::node::{self, FoundNode};
use super::model::types::{Movie, MovieExport};
use crate::catalog::movies::MovieQuery;
use crate::document::schema::entities::EntityKind;
use crate::document::{Category, MovieId, Stage};
use crate::storage::{self, MoviePage, MovieRow, OrderBy, PageRequest};
use accounts::AccountQuery;
use entities::EntityQuery;

/// The entry points for reading.
pub struct Query;

/// A page of movies.
pub type MovieConnection = Connection<String, Movie, MovieTotals, EmptyFields>;

/// The entry points for reading.
#[Object]
impl Query {
    /// The movie with this id. Null if there is none.
    async fn movie(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The movie's id, for example tmdb-550.")] id: ID,
    ) -> Option<async_graphql::Result<Movie>> {
        find_movie(ctx, &id).await.transpose()
    }

    /// The movies of the catalogue, as a Relay connection. Use first with after to page forward,
    /// last with before to page backward.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a Relay connection")]
    async fn movies(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Selects the movies. Default: all.")] filter: Option<MovieFilter>,
        #[graphql(desc = "The sort order. Default: by title.")] order_by: Option<MovieOrder>,
        #[graphql(desc = "The page size from the start: 1 to 100. Default: 20.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Return the entries after this cursor.")] after: Option<String>,
        #[graphql(desc = "The page size from the end: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Return the entries before this cursor. Use it with last.")]
        before: Option<String>,
    ) -> async_graphql::Result<MovieConnection> {
        let permission = ctx.can_read()?;
        let order = movie_order(order_by);
        let page = page_request(order, first, after, last, before)?;
        let query: MovieQuery = movie_query(filter)?;
        let found = ctx
            .catalog()
            .list_movies(&permission, &query, order, &page)
            .await
            .map_err(ApiError::from)?;
        let found = found.ok_or_else(cursor_order_mismatch)?;
        ctx.charge_objects(found.movies.len())?;
        Ok(movie_connection(order, &page, found, MovieTotals::OfFilter(query)))
    }

    /// The document of one category of one movie, with the envelope of its file. Null if the movie
    /// does not exist. A category that was never written has revision 0 and empty data. The stage
    /// DRAFT needs the role CONTRIBUTOR; if there is no draft, the published document is returned.
    async fn movie_export(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The movie's id, for example tmdb-550.")] movie_id: ID,
        #[graphql(desc = "The category of the document.")] category: Category,
        #[graphql(desc = "The stage to export.", default_with = "Stage::Published")] stage: Stage,
    ) -> Option<async_graphql::Result<MovieExport>> {
        find_export(ctx, &movie_id, category, stage).await.transpose()
    }

    /// The review queue: the open drafts, least recently updated first. Needs the role
    /// CONTRIBUTOR; without it, null and a FORBIDDEN error.
    async fn drafts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Selects the drafts. Default: all.")] filter: Option<DraftFilter>,
        #[graphql(desc = "The page size: 1 to 100. Default: 20.")] first: Option<i32>,
        #[graphql(desc = "Return the entries after this cursor.")] after: Option<String>,
    ) -> Restricted<DraftConnection> {
        restricted(drafts::list(ctx, filter, first, after).await)
    }

    /// The import log: records of imports, publications, discards, reverts, and merges and splits
    /// of people, newest first. Needs the role CONTRIBUTOR; without it, null and a FORBIDDEN error.
    async fn imports(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Selects the records. Default: all.")] filter: Option<ImportFilter>,
        #[graphql(desc = "The page size: 1 to 100. Default: 20.")] first: Option<i32>,
        #[graphql(desc = "Return the entries after this cursor.")] after: Option<String>,
    ) -> Restricted<ImportRecordConnection> {
        restricted(import_log::list(ctx, filter, first, after).await)
    }

    /// The record of the import log with this id, which is the importId of a payload. Null if there
    /// is none. Needs the role CONTRIBUTOR; without it, null and a FORBIDDEN error.
    async fn import_record(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The record's id.")] id: ID,
    ) -> Restricted<ImportRecord> {
        import_log::find_record(ctx, &id).await.map_err(Into::into).transpose()
    }

    /// The fields for accounts.
    #[graphql(flatten)]
    async fn accounts(&self) -> AccountQuery {
        AccountQuery
    }

    /// The fields for people, ceremonies, platforms and genres.
    #[graphql(flatten)]
    async fn entities(&self) -> EntityQuery {
        EntityQuery
    }

    /// The object with this id, of any type: use fragments to select its fields. Null if there is
    /// none. Drafts, revisions, records of the import log and locks need the role CONTRIBUTOR:
    /// without it, null and a FORBIDDEN error. Accounts, sessions and tokens of others are null
    /// unless the role is ADMIN. The id of a person who was merged into another leads to that
    /// person.
    async fn node(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The object's id, for example draft:tmdb-550:timeline.")] id: ID,
    ) -> FoundNode {
        node::find(ctx, &id).await.map_err(Into::into).transpose()
    }

    /// The objects with these ids, in the order of the ids. An entry is null if there is no object
    /// with its id, and null with an error if the role does not allow reading it, as for node.
    async fn nodes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The objects' ids; at most 100.")] ids: Vec<ID>,
    ) -> async_graphql::Result<Vec<FoundNode>> {
        Ok(node::find_all(ctx, &ids).await?)
    }

    /// The account that the request's bearer token belongs to. Null without a token.
    async fn viewer(&self, ctx: &Context<'_>) -> Option<User> {
        ctx.viewer().map(User::of_principal)
    }
}

// A nullable field that fails must become null without affecting its siblings. So the resolvers
// above return `Option<Result<_>>`: for `Result<Option<_>>`, the library sets the parent to null.

/// Converts a page of movies to a connection.
pub fn movie_connection(
    order: storage::MovieOrder,
    page: &PageRequest,
    found: MoviePage,
    totals: MovieTotals,
) -> MovieConnection {
    let has_cursor = page.from.is_some();
    let (has_previous, has_next) =
        if page.backward { (found.has_more, has_cursor) } else { (has_cursor, found.has_more) };
    let mut connection = Connection::with_additional_fields(has_previous, has_next, totals);
    connection.edges = found
        .movies
        .into_iter()
        .map(|movie| Edge::new(cursor(order, &movie), Movie(movie)))
        .collect();
    connection
}

/// The error for a cursor of a list that is sorted by another field.
pub fn cursor_order_mismatch() -> ApiError {
    ApiError::BadInput("the cursor belongs to a list with another sort order".to_owned())
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
    let draft_permission = match stage {
        Stage::Published => None,
        Stage::Draft => Some(ctx.can_draft()?),
    };
    let permission = ctx.can_read()?;
    let Ok(movie) = movie.parse::<MovieId>() else { return Ok(None) };
    let export = match draft_permission {
        None => ctx.catalog().export(&permission, &movie, category).await,
        Some(draft_permission) => {
            ctx.catalog().export_draft(&draft_permission, &movie, category).await
        }
    };
    Ok(export.map_err(ApiError::from)?.map(MovieExport::from))
}

/// What [`MovieConnection`] counts for its additional field `totalCount`.
pub enum MovieTotals {
    /// The movies that match a filter.
    OfFilter(MovieQuery),
    /// The movies that name the entity with this id in their published documents.
    OfEntity(EntityKind, String),
}

/// The additional fields of [`MovieConnection`].
#[Object]
impl MovieTotals {
    /// The number of movies in the list, on all pages.
    async fn total_count(&self, ctx: &Context<'_>) -> async_graphql::Result<u64> {
        Ok(total(ctx, self).await?)
    }
}

async fn total(ctx: &Context<'_>, totals: &MovieTotals) -> Result<u64, ApiError> {
    let permission = ctx.can_read()?;
    match totals {
        MovieTotals::OfFilter(query) => Ok(ctx.catalog().count_movies(&permission, query).await?),
        MovieTotals::OfEntity(kind, id) => Ok(ctx
            .loaders()?
            .works
            .entity_movie_counts
            .load_one((*kind, id.clone()))
            .await?
            .unwrap_or(0)),
    }
}

/// The name of a sort field in cursors.
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
        (_, _, Some(_)) => Err(cursor_order_mismatch()),
        _ => Err(ApiError::BadInput("the cursor does not belong to this list".to_owned())),
    }
}

/// Validates the paging arguments of a Relay connection.
///
/// # Errors
/// When they contradict each other, the page size is out of range, or the cursor does not belong to
/// the list.
pub fn page_request(
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
