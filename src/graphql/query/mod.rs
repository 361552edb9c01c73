//! The fields of `Query`. Each calls one function of the catalogue.

mod accounts;
mod entities;
mod jobs;

use std::sync::Arc;

use async_graphql::{Context, ID, Object};
use chrono::{DateTime, Utc};

use super::context::ContextExt;
use super::error::{ApiError, Restricted, restricted};
use super::model::accounts::User;
use super::model::changes::{self, ChangeConnection, ChangeFilter};
use super::model::download_links::{ExportSelection, export_link};
use super::model::drafts::{self, DraftConnection, DraftFilter};
use super::model::import_log::{self, ImportFilter, ImportRecord, ImportRecordConnection};
use super::model::inputs::{MovieOrder, movie_order};
use super::model::movie_filter::{MovieFilter, movie_query};
use super::model::movies::{MovieConnection, cursor_order_mismatch, movie_connection, movie_page};
use super::model::node::{self, FoundNode};
use super::model::pages::{PageArgs, check_time};
use super::model::statistics::{CatalogStatistics, statistics};
use super::model::totals::Totals;
use super::model::types::{Movie, MovieExport};
use crate::catalog::bulk::BulkFormat;
use crate::catalog::movies::MovieQuery;
use crate::document::{Category, MovieId, Stage};
use accounts::AccountQuery;
use entities::EntityQuery;
use jobs::JobQuery;

/// The entry points for reading.
pub struct Query;

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
        #[graphql(desc = "\
            The sort order. Default: by relevance with filter.search, else by title.")]
        order_by: Option<MovieOrder>,
        #[graphql(desc = "The page size from the start: 1 to 100. Default: 20.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Return the entries after this cursor.")] after: Option<String>,
        #[graphql(desc = "The page size from the end: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Return the entries before this cursor. Use it with last.")]
        before: Option<String>,
    ) -> async_graphql::Result<MovieConnection> {
        let permission = ctx.can_read()?;
        let query: MovieQuery = movie_query(ctx, filter)?;
        let order = movie_order(order_by, query.filter.search.as_deref());
        let page = movie_page(order, PageArgs { first, after, last, before })?;
        let found = ctx
            .catalog()
            .list_movies(&permission, &query, order, &page)
            .await
            .map_err(ApiError::from)?;
        let found = found.ok_or_else(cursor_order_mismatch)?;
        ctx.charge_objects(found.movies.len())?;
        Ok(movie_connection(order, &page, found, Totals::Movies(query)))
    }

    /// The numbers of movies, documents and drafts in the catalogue. They are kept up to date with
    /// each change, so reading them is cheap in a catalogue of any size.
    async fn catalog_statistics(
        &self,
        ctx: &Context<'_>,
    ) -> async_graphql::Result<CatalogStatistics> {
        Ok(statistics(ctx).await?)
    }

    /// The document of one category of one movie, with the envelope of its file. Null if the movie
    /// does not exist. A category that was never written has revision 0 and empty data. The stage
    /// DRAFT needs the role CONTRIBUTOR; if there is no draft, the published document is returned.
    /// With asOf: the document as it was at that moment; null if the movie did not exist then. The
    /// history of a deleted movie is deleted too.
    async fn movie_export(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The movie's id, for example tmdb-550.")] movie_id: ID,
        #[graphql(desc = "The category of the document.")] category: Category,
        #[graphql(desc = "The stage to export.", default_with = "Stage::Published")] stage: Stage,
        #[graphql(desc = "\
            The moment of which to export the published document, for example \
            2026-11-29T12:00:00Z. Default: now. Needs the role CONTRIBUTOR, and goes with the \
            stage PUBLISHED only.")]
        as_of: Option<DateTime<Utc>>,
    ) -> Option<async_graphql::Result<MovieExport>> {
        find_export(ctx, &movie_id, category, (stage, as_of)).await.transpose()
    }

    /// The path on this server from which to download many movies as one file: what GET
    /// /api/v1/admin/movies/export answers with the same options. It is a link that a browser opens
    /// without a bearer token, and is valid for 5 minutes, or less if the request's token is one of
    /// a platform that expires sooner. Whatever ends the request's token ends the link too, also
    /// during the download. filter.missing exports the empty documents of these categories, as
    /// templates to fill in; other documents only if categories names them.
    #[allow(clippy::too_many_arguments, reason = "the options of the export")]
    async fn catalog_export_url(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The movies to export, in this order. Default: all.")] ids: Option<
            Vec<ID>,
        >,
        #[graphql(desc = "Selects the movies. Default: all.")] filter: Option<MovieFilter>,
        #[graphql(desc = "The categories to export. Default: all.")] categories: Option<
            Vec<Category>,
        >,
        #[graphql(desc = "\
            The moment of which to export the documents, for example 2026-11-29T12:00:00Z. \
            Default: the moment of the download. Needs the role CONTRIBUTOR, and does not go with \
            filter.missing.")]
        as_of: Option<DateTime<Utc>>,
        #[graphql(desc = "The format of the file.", default_with = "BulkFormat::Zip")]
        format: BulkFormat,
        #[graphql(desc = "\
            Whether to compress. Default: an archive is compressed, and NDJSON is not; compressed, \
            it is a gzip file.")]
        compress: Option<bool>,
    ) -> async_graphql::Result<String> {
        let selection = ExportSelection { ids, filter, categories, as_of, format, compress };
        Ok(export_link(ctx, selection)?)
    }

    /// Every published change, oldest first, in one order for all consumers. A consumer
    /// that keeps the cursor of the last change that it processed, and asks for the changes after
    /// it, misses none and sees none twice. A page without changes has no endCursor: keep the
    /// earlier one. The page of `last: 1` shows where the feed ends now. The feed begins when the
    /// database is first opened by a version that has it.
    #[allow(clippy::too_many_arguments, reason = "the arguments of a Relay connection")]
    async fn changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Selects the changes. Default: all.")] filter: Option<ChangeFilter>,
        #[graphql(desc = "The page size from the start: 1 to 100. Default: 20.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Return the changes after this cursor.")] after: Option<String>,
        #[graphql(desc = "The page size from the end: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Return the changes before this cursor. Use it with last.")]
        before: Option<String>,
    ) -> async_graphql::Result<ChangeConnection> {
        Ok(changes::list(ctx, filter, PageArgs { first, after, last, before }).await?)
    }

    /// The review queue: the open drafts, least recently updated first. Needs the role
    /// CONTRIBUTOR; without it, null and a FORBIDDEN error.
    async fn drafts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Selects the drafts. Default: all.")] filter: Option<DraftFilter>,
        #[graphql(desc = "The page size from the start: 1 to 100. Default: 20.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Return the entries after this cursor.")] after: Option<String>,
        #[graphql(desc = "The page size from the end: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Return the entries before this cursor. Use it with last.")]
        before: Option<String>,
    ) -> Restricted<DraftConnection> {
        restricted(drafts::list(ctx, filter, PageArgs { first, after, last, before }).await)
    }

    /// The import log: records of imports, publications, discards, reverts, and merges and splits
    /// of people, newest first. Needs the role CONTRIBUTOR; without it, null and a FORBIDDEN error.
    async fn imports(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Selects the records. Default: all.")] filter: Option<ImportFilter>,
        #[graphql(desc = "The page size from the start: 1 to 100. Default: 20.")] first: Option<
            i32,
        >,
        #[graphql(desc = "Return the entries after this cursor.")] after: Option<String>,
        #[graphql(desc = "The page size from the end: 1 to 100.")] last: Option<i32>,
        #[graphql(desc = "Return the entries before this cursor. Use it with last.")]
        before: Option<String>,
    ) -> Restricted<ImportRecordConnection> {
        restricted(import_log::list(ctx, filter, PageArgs { first, after, last, before }).await)
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

    /// The fields for jobs.
    #[graphql(flatten)]
    async fn jobs(&self) -> JobQuery {
        JobQuery
    }

    /// The object with this id, of any type: use fragments to select its fields. Null if there is
    /// none. Drafts, revisions, records of the import log and locks need the role CONTRIBUTOR:
    /// without it, null and a FORBIDDEN error. So do entries of the audit log and jobs without the
    /// role ADMIN. Accounts, sessions and tokens of others are null unless the role is ADMIN. The
    /// id of a person who was merged into another leads to that person.
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
    (stage, as_of): (Stage, Option<DateTime<Utc>>),
) -> async_graphql::Result<Option<MovieExport>> {
    let draft_permission = match (stage, as_of) {
        (Stage::Published, None) => None,
        (Stage::Draft, _) | (_, Some(_)) => Some(ctx.can_draft()?),
    };
    let permission = ctx.can_read()?;
    let as_of = check_time("asOf", as_of)?;
    if stage == Stage::Draft && as_of.is_some() {
        let message = "asOf is about published documents, so the stage must be PUBLISHED";
        return Err(ApiError::BadInput(message.to_owned()).into());
    }
    let Ok(movie) = movie.parse::<MovieId>() else { return Ok(None) };
    if let (Some(permission), Some(as_of)) = (&draft_permission, as_of) {
        let export = ctx.catalog().export_as_of(permission, &movie, category, as_of).await;
        let export = export.map_err(ApiError::from)?;
        return Ok(export.map(|export| MovieExport::of_revision(Arc::new(export))));
    }
    let export = match draft_permission {
        None => ctx.catalog().export(&permission, &movie, category).await,
        Some(draft_permission) => {
            ctx.catalog().export_draft(&draft_permission, &movie, category).await
        }
    };
    Ok(export.map_err(ApiError::from)?.map(MovieExport::from))
}
