//! The records of imports and other acts on documents.

use async_graphql::connection::{Connection, Edge, EmptyFields};
use async_graphql::{Context, ID, InputObject, Object};
use chrono::{DateTime, Utc};

use super::pages::{Cursor, limit_of, moment_of, text_of};
use super::payloads::{ImportPlan, UserError, user_errors};
use super::types::{Movie, hand_out_lists};
use crate::catalog::import::{ImportStatus, Operation};
use crate::catalog::import_log::{compared_revisions, options_of, plan_of, problems_of};
use crate::document::schema::scalars::{BigInt, Json};
use crate::document::{Category, Source, Stage};
use crate::graphql::context::ContextExt;
use crate::graphql::error::ApiError;
use crate::storage::{self, ImportRow};

/// Which records to list. Everything that is given must fit.
#[derive(Debug, Clone, InputObject)]
pub struct ImportFilter {
    /// The movie's id; also of a movie that was deleted since.
    movie_id: Option<ID>,
    /// Which category.
    category: Option<Category>,
    /// What was asked for.
    operation: Option<Operation>,
    /// What came of it.
    status: Option<ImportStatus>,
    /// Who did it, as author shows them.
    author: Option<String>,
    /// Where the values come from that it wrote.
    source: Option<Source>,
    /// The earliest moment.
    since: Option<DateTime<Utc>>,
    /// The moment before which it was.
    until: Option<DateTime<Utc>>,
}

/// A list of records, newest first.
pub type ImportRecordConnection = Connection<String, ImportRecord, EmptyFields, EmptyFields>;

const LIST: &str = "imports";

/// The filter as the application takes it; `None` if nothing can fit.
fn filter_of(filter: Option<ImportFilter>) -> Result<Option<storage::ImportFilter>, ApiError> {
    let Some(filter) = filter else { return Ok(Some(storage::ImportFilter::default())) };
    let read = storage::ImportFilter {
        movie: None,
        category: filter.category,
        status: filter.status.map(|status| status.as_str().to_owned()),
        author: text_of("author", filter.author)?,
        source: filter.source,
        operation: filter.operation.map(|operation| operation.as_str().to_owned()),
        since: moment_of("since", filter.since)?,
        until: moment_of("until", filter.until)?,
    };
    let Some(movie) = filter.movie_id else { return Ok(Some(read)) };
    Ok(movie.parse().ok().map(|movie| storage::ImportFilter { movie: Some(movie), ..read }))
}

/// A page of the records.
pub async fn list(
    ctx: &Context<'_>,
    filter: Option<ImportFilter>,
    first: Option<i32>,
    after: Option<String>,
) -> Result<ImportRecordConnection, ApiError> {
    let permission = ctx.can_draft()?;
    let limit = limit_of(first)?;
    let before = match after.as_deref() {
        Some(cursor) => {
            let [id] = Cursor::read(LIST, cursor)?;
            Some(id)
        }
        None => None,
    };
    let Some(filter) = filter_of(filter)? else {
        return Ok(Connection::new(before.is_some(), false));
    };
    let page = ctx.catalog().imports(&permission, &filter, before.as_deref(), limit as u64).await?;
    ctx.hand_out(page.records.len())?;
    let mut connection = Connection::new(before.is_some(), page.has_more);
    let edges = page
        .records
        .into_iter()
        .map(|row| Edge::new(Cursor::new(LIST, &[&row.id]).0, ImportRecord(row)));
    connection.edges = edges.collect();
    Ok(connection)
}

/// The record of that id.
pub async fn find(ctx: &Context<'_>, id: &ID) -> Result<Option<ImportRecord>, ApiError> {
    let permission = ctx.can_draft()?;
    Ok(ctx.catalog().import_log_entry(&permission, id).await?.map(ImportRecord))
}

/// The record of an import.
pub struct ImportRecord(ImportRow);

/// What became of one import, also of one that was refused; and of each time that a draft was published
/// or discarded, or a revision brought back. A dry run leaves no record.
#[Object]
impl ImportRecord {
    /// The record's id. Later records have larger ones.
    async fn id(&self) -> ID {
        ID(self.0.id.clone())
    }

    /// The id of the movie that was meant.
    async fn movie_id(&self) -> ID {
        ID(self.0.movie.to_string())
    }

    /// The movie. Null if there is none of that id, or no longer.
    async fn movie(&self, ctx: &Context<'_>) -> Option<async_graphql::Result<Movie>> {
        movie(ctx, &self.0).await.map_err(Into::into).transpose()
    }

    /// Which category was meant. Null if the document could not be read and nobody said.
    async fn category(&self) -> Option<Category> {
        self.0.category
    }

    /// What was asked for.
    async fn operation(&self) -> async_graphql::Result<Operation> {
        let corrupt = || ApiError::Internal(unknown(&self.0, &self.0.operation));
        Ok(Operation::parse(&self.0.operation).ok_or_else(corrupt)?)
    }

    /// Which state of the document was to be written.
    async fn stage(&self) -> Stage {
        self.0.stage
    }

    /// When it was.
    async fn created_at(&self) -> DateTime<Utc> {
        self.0.created_at
    }

    /// Who did it.
    async fn author(&self) -> &str {
        &self.0.author
    }

    /// Where the values come from that were written. Null if nothing was.
    async fn source(&self) -> Option<Source> {
        self.0.source
    }

    /// What came of it.
    async fn status(&self) -> async_graphql::Result<ImportStatus> {
        let corrupt = || ApiError::Internal(unknown(&self.0, &self.0.status));
        Ok(ImportStatus::parse(&self.0.status).ok_or_else(corrupt)?)
    }

    /// How it was asked for: the options by name, in snake_case and with the values of REST.
    async fn options(&self) -> async_graphql::Result<Json> {
        Ok(Json(options_of(&self.0).map_err(ApiError::from)?))
    }

    /// The document as it was sent; of typed input, its data; of people who were merged or split,
    /// who they are, as JSON. Null if none
    /// was sent, or if its text is no longer kept: documentSize and documentHash tell the two apart.
    async fn document(&self, ctx: &Context<'_>) -> Option<async_graphql::Result<String>> {
        document(ctx, &self.0).await.map_err(Into::into).transpose()
    }

    /// How many bytes the document had as it was sent. Null if none was sent; for records of
    /// earlier versions of the service, always.
    async fn document_size(&self) -> Option<BigInt> {
        self.0.text_size.map(BigInt)
    }

    /// The SHA-256 of the document as it was sent, in hexadecimal digits. Null where documentSize
    /// is.
    async fn document_hash(&self) -> Option<&str> {
        self.0.text_hash.as_deref()
    }

    /// What was planned. Null if there was nothing to plan: the document could not be read, or there was
    /// no such movie. The changes of what was published are told by the history, and are empty if the
    /// movie was deleted since.
    async fn plan(&self, ctx: &Context<'_>) -> Option<async_graphql::Result<ImportPlan>> {
        plan(ctx, &self.0).await.map_err(Into::into).transpose()
    }

    /// What was wrong with the document or its target. If there was anything, nothing was written.
    async fn user_errors(&self) -> async_graphql::Result<Vec<UserError>> {
        Ok(user_errors(problems_of(&self.0).map_err(ApiError::from)?))
    }

    /// The revision of the category as it stood afterwards; of a draft, the one that it was made from.
    /// Null if there was no such movie, or the category was not known.
    async fn revision(&self) -> Option<i64> {
        self.0.revision
    }

    /// The draftRevision of the draft as it stood afterwards. Null if the draft was not meant, or there
    /// was none.
    async fn draft_revision(&self) -> Option<i64> {
        self.0.draft_revision
    }
}

fn unknown(record: &ImportRow, word: &str) -> crate::catalog::CatalogError {
    crate::catalog::CatalogError::Changed(format!(
        "the record {} has the unknown word {word}",
        record.id
    ))
}

async fn movie(ctx: &Context<'_>, record: &ImportRow) -> Result<Option<Movie>, ApiError> {
    Ok(ctx.draft_loaders()?.movies.load_one(record.movie.clone()).await?.map(Movie))
}

async fn document(ctx: &Context<'_>, record: &ImportRow) -> Result<Option<String>, ApiError> {
    Ok(ctx.draft_loaders()?.sent.load_one(record.id.clone()).await?)
}

async fn plan(ctx: &Context<'_>, record: &ImportRow) -> Result<Option<ImportPlan>, ApiError> {
    let found = planned(ctx, record).await?;
    if let Some(plan) = &found {
        hand_out_lists(ctx, &plan.list_lengths())?;
    }
    Ok(found)
}

async fn planned(ctx: &Context<'_>, record: &ImportRow) -> Result<Option<ImportPlan>, ApiError> {
    let Some([before, after]) = compared_revisions(record) else {
        return Ok(plan_of(record, None)?.map(Into::into));
    };
    let states = ctx.draft_loaders()?.states.load_many([before.clone(), after.clone()]).await?;
    let between =
        states.get(&before).zip(states.get(&after)).map(|(before, after)| (&**before, &**after));
    Ok(plan_of(record, between)?.map(Into::into))
}
