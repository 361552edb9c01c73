//! The number of entries of lists, which is counted only if a query asks for it.

use async_graphql::{Context, Object};

use crate::catalog::movies::MovieQuery;
use crate::document::schema::entities::EntityKind;
use crate::document::{Category, MovieId};
use crate::graphql::context::ContextExt;
use crate::graphql::error::ApiError;
use crate::storage::{AuditFilter, DraftFilter, FeedFilter, ImportFilter, JobFilter, UserFilter};

/// What a connection counts for its field `totalCount`.
pub enum Totals {
    /// The list was read completely, or has no entries.
    Known(u64),
    /// The movies that match a filter.
    Movies(MovieQuery),
    /// The movies that name the entity with this id in their published documents.
    MoviesOf(EntityKind, String),
    /// The entities of a kind, as searched.
    Entities(EntityKind, Option<String>),
    /// The credits of the person with this id.
    Credits(String),
    /// The nominations of the person with this id.
    Nominations(String),
    /// The drafts that match a filter.
    Drafts(DraftFilter),
    /// The records of the import log that match a filter.
    Imports(ImportFilter),
    /// The revisions of a document.
    Revisions(MovieId, Category),
    /// The published changes that match a filter.
    Changes(FeedFilter),
    /// The accounts that match a filter.
    Users(UserFilter),
    /// The entries of the audit log that match a filter.
    AuditEntries(Box<AuditFilter>),
    /// The jobs that match a filter.
    Jobs(JobFilter),
}

/// The additional fields of all connections.
#[Object]
impl Totals {
    /// The number of entries in the list, on all pages. Of movies that are selected by more than
    /// present, missing and hasDraft, at most 10,000 are counted: 10000 then means 10,000 or more.
    async fn total_count(&self, ctx: &Context<'_>) -> async_graphql::Result<u64> {
        Ok(count(ctx, self).await?)
    }
}

async fn count(ctx: &Context<'_>, totals: &Totals) -> Result<u64, ApiError> {
    let catalog = ctx.catalog();
    Ok(match totals {
        Totals::Known(count) => *count,
        Totals::Movies(query) => catalog.count_movies(&ctx.can_read()?, query).await?,
        Totals::MoviesOf(kind, id) => {
            let counts = &ctx.loaders()?.works.entity_movie_counts;
            counts.load_one((*kind, id.clone())).await?.unwrap_or(0)
        }
        Totals::Entities(kind, search) => {
            catalog.count_entities(&ctx.can_read()?, *kind, search.as_deref()).await?
        }
        Totals::Credits(person) => {
            let found = ctx.loaders()?.works.totals.load_one(person.clone()).await?;
            u64::try_from(found.unwrap_or_default().credits).unwrap_or_default()
        }
        Totals::Nominations(person) => {
            let found = ctx.loaders()?.works.totals.load_one(person.clone()).await?;
            u64::try_from(found.unwrap_or_default().nominations).unwrap_or_default()
        }
        Totals::Drafts(filter) => catalog.count_drafts(&ctx.can_draft()?, filter).await?,
        Totals::Imports(filter) => catalog.count_imports(&ctx.can_draft()?, filter).await?,
        Totals::Revisions(movie, category) => {
            catalog.count_revisions(&ctx.can_draft()?, movie, *category).await?
        }
        Totals::Changes(filter) => catalog.count_changes(&ctx.can_read()?, filter).await?,
        Totals::Users(filter) => {
            ctx.accounts().count_accounts(&ctx.can_manage_accounts()?, filter).await?
        }
        Totals::AuditEntries(filter) => {
            catalog.count_audit_entries(&ctx.can_read_audit_log()?, filter).await?
        }
        Totals::Jobs(filter) => catalog.count_jobs(&ctx.can_manage_jobs()?, filter).await?,
    })
}
