//! The import log: its records, its filter, and the fields of `Query` that read it.

use async_graphql::{Context, ID, InputObject, Object};
use chrono::{DateTime, Utc};

use super::pages::{Cursor, Page, PageArgs, connect, validate_text, validate_time};
use super::payloads::{charge_plan, import_id};
use super::totals::Totals;
use super::types::Movie;
use super::user_error::UserError;
use crate::catalog::import::{ImportStatus, Operation};
use crate::catalog::import_log::{compared_revisions, options_of, plan_of, problems_of, reason_of};
use crate::document::node_ids::NodeId;
use crate::document::plan::ImportPlan;
use crate::document::schema::scalars::{BigInt, Json};
use crate::document::{Category, Source, Stage};
use crate::graphql::context::ContextExt;
use crate::graphql::error::ApiError;
use crate::storage::{self, ImportRow};

/// Selects records of the import log. A record must meet every condition that is given.
#[derive(Debug, Clone, InputObject)]
pub struct ImportFilter {
    /// The movie's id, for example tmdb-550. The movie may have been deleted since.
    movie_id: Option<ID>,
    /// The category of the document.
    category: Option<Category>,
    /// The operation that was requested.
    operation: Option<Operation>,
    /// The outcome.
    status: Option<ImportStatus>,
    /// The author, as in ImportRecord.author.
    author: Option<String>,
    /// The source of the values that were written.
    source: Option<Source>,
    /// Only records from this time on (inclusive).
    since: Option<DateTime<Utc>>,
    /// Only records before this time (exclusive).
    until: Option<DateTime<Utc>>,
}

/// A page of the import log, newest first.
pub type ImportRecordConnection = Page<ImportRecord>;

const LIST: &str = "imports";

/// Converts and validates a filter; `None` if no record can match it.
fn import_filter(filter: Option<ImportFilter>) -> Result<Option<storage::ImportFilter>, ApiError> {
    let Some(filter) = filter else { return Ok(Some(storage::ImportFilter::default())) };
    let read = storage::ImportFilter {
        movie: None,
        category: filter.category,
        status: filter.status.map(|status| status.as_str().to_owned()),
        author: validate_text("author", filter.author)?,
        source: filter.source,
        operation: filter.operation.map(|operation| operation.as_str().to_owned()),
        since: validate_time("since", filter.since)?,
        until: validate_time("until", filter.until)?,
    };
    let Some(movie) = filter.movie_id else { return Ok(Some(read)) };
    Ok(movie.parse().ok().map(|movie| storage::ImportFilter { movie: Some(movie), ..read }))
}

/// Resolves `Query.imports`.
pub async fn list(
    ctx: &Context<'_>,
    filter: Option<ImportFilter>,
    args: PageArgs,
) -> Result<ImportRecordConnection, ApiError> {
    let permission = ctx.can_draft()?;
    let page = args.request(|cursor| Cursor::read::<1>(LIST, cursor).map(|[id]| id))?;
    let Some(filter) = import_filter(filter)? else {
        return Ok(connect(&page, false, Totals::Known(0), []));
    };
    let storage::ImportPage { records, has_more } =
        ctx.catalog().imports(&permission, &filter, &page).await?;
    ctx.charge_objects(records.len())?;
    let entries =
        records.into_iter().map(|row| (Cursor::new(LIST, &[&row.id]).0, ImportRecord(row)));
    Ok(connect(&page, has_more, Totals::Imports(filter), entries))
}

/// Resolves `Query.importRecord`.
pub async fn find_record(ctx: &Context<'_>, id: &ID) -> Result<Option<ImportRecord>, ApiError> {
    // The id in answers of the REST interface has no prefix.
    let plain = match id.parse() {
        Ok(NodeId::Import(plain)) => plain,
        _ => id.0.clone(),
    };
    Ok(ctx.draft_loaders()?.import_records.load_one(plain).await?.map(ImportRecord))
}

/// A record of the import log.
pub struct ImportRecord(ImportRow);

/// A record of the import log: an import, a publication, discard or revert, or one document of a
/// merge or split of people. Rejected calls are recorded too; dry runs are not.
#[Object]
impl ImportRecord {
    /// The record's id, for example import:0c7q8m2kx1vd4r6hs. Later records have larger ids.
    pub(super) async fn id(&self) -> ID {
        import_id(self.0.id.clone())
    }

    /// The id of the movie that the call named.
    async fn movie_id(&self) -> ID {
        ID(self.0.movie.to_string())
    }

    /// The movie. Null if it does not exist, or no longer.
    async fn movie(&self, ctx: &Context<'_>) -> Option<async_graphql::Result<Movie>> {
        load_movie(ctx, &self.0).await.map_err(Into::into).transpose()
    }

    /// The category of the document. Null if the document could not be read and the call named no
    /// category.
    async fn category(&self) -> Option<Category> {
        self.0.category
    }

    /// The operation that was requested.
    async fn operation(&self) -> async_graphql::Result<Operation> {
        let corrupt = || ApiError::Internal(unknown_value(&self.0, &self.0.operation));
        Ok(Operation::parse(&self.0.operation).ok_or_else(corrupt)?)
    }

    /// The stage that the call was to write to.
    async fn stage(&self) -> Stage {
        self.0.stage
    }

    /// When the call was made.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// The author of the call, usually an email address.
    async fn author(&self) -> &str {
        &self.0.author
    }

    /// The source of the values that were written. Null if nothing was written.
    async fn source(&self) -> Option<Source> {
        self.0.source
    }

    /// The outcome.
    async fn status(&self) -> async_graphql::Result<ImportStatus> {
        let corrupt = || ApiError::Internal(unknown_value(&self.0, &self.0.status));
        Ok(ImportStatus::parse(&self.0.status).ok_or_else(corrupt)?)
    }

    /// The options of the call, as an object with the names and values of the REST interface, for
    /// example {"dry_run": false, "mode": "merge"}.
    async fn options(&self) -> async_graphql::Result<Json> {
        Ok(Json(options_of(&self.0).map_err(ApiError::from)?))
    }

    /// Why the draft was discarded. Null for other operations, and if no reason was given.
    async fn reason(&self) -> async_graphql::Result<Option<String>> {
        Ok(reason_of(&self.0).map_err(ApiError::from)?)
    }

    /// The document as sent; for typed input, its data as JSON; for a merge or split of people, the
    /// call's ids as JSON. Null if the call had no document, or if its text is no longer stored:
    /// documentSize and documentHash are null in the first case only.
    async fn document(&self, ctx: &Context<'_>) -> Option<async_graphql::Result<String>> {
        load_document(ctx, &self.0).await.map_err(Into::into).transpose()
    }

    /// The size of the document as sent, in bytes. Null if the call had no document, and for
    /// records of earlier versions of the service.
    async fn document_size(&self) -> Option<BigInt> {
        self.0.text_size.map(BigInt)
    }

    /// The SHA-256 of the document as sent, in hexadecimal digits. Null if documentSize is null.
    async fn document_hash(&self) -> Option<&str> {
        self.0.text_hash.as_deref()
    }

    /// The plan of the call. Null if the document could not be read or the movie did not exist. Its
    /// changes are empty if the movie was deleted since.
    async fn plan(&self, ctx: &Context<'_>) -> Option<async_graphql::Result<ImportPlan>> {
        load_plan(ctx, &self.0).await.map_err(Into::into).transpose()
    }

    /// What was wrong with the document or its target. If there are user errors, nothing was
    /// written.
    async fn user_errors(&self) -> async_graphql::Result<Vec<UserError>> {
        let problems = problems_of(&self.0).map_err(ApiError::from)?;
        Ok(problems.into_iter().map(UserError::logged).collect())
    }

    /// The published revision after the call; for a draft, the revision that it is based on. Null
    /// if the movie did not exist or the category was unknown.
    async fn revision(&self) -> Option<i64> {
        self.0.revision
    }

    /// The draft's draftRevision after the call. Null if the call was not about a draft, or there
    /// was none.
    async fn draft_revision(&self) -> Option<i64> {
        self.0.draft_revision
    }
}

fn unknown_value(record: &ImportRow, value: &str) -> crate::catalog::CatalogError {
    crate::catalog::CatalogError::Changed(format!(
        "the import record {} has the unknown value {value}",
        record.id
    ))
}

async fn load_movie(ctx: &Context<'_>, record: &ImportRow) -> Result<Option<Movie>, ApiError> {
    Ok(ctx.draft_loaders()?.movies.load_one(record.movie.clone()).await?.map(Movie))
}

async fn load_document(ctx: &Context<'_>, record: &ImportRow) -> Result<Option<String>, ApiError> {
    Ok(ctx.draft_loaders()?.sent.load_one(record.id.clone()).await?)
}

async fn load_plan(ctx: &Context<'_>, record: &ImportRow) -> Result<Option<ImportPlan>, ApiError> {
    let found = build_plan(ctx, record).await?;
    if let Some(plan) = &found {
        charge_plan(ctx, plan)?;
    }
    Ok(found)
}

async fn build_plan(ctx: &Context<'_>, record: &ImportRow) -> Result<Option<ImportPlan>, ApiError> {
    let Some([before, after]) = compared_revisions(record) else {
        return Ok(plan_of(record, None)?.map(Into::into));
    };
    let states = ctx.draft_loaders()?.states.load_many([before.clone(), after.clone()]).await?;
    let between =
        states.get(&before).zip(states.get(&after)).map(|(before, after)| (&**before, &**after));
    Ok(plan_of(record, between)?.map(Into::into))
}
