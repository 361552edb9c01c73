//! Drafts and the review queue.

use async_graphql::connection::{Connection, Edge, EmptyFields};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};

use super::pages::{Cursor, limit_of, moment_of, not_ours, text_of};
use super::payloads::PlanMatch;
use super::types::{Movie, MovieExport};
use crate::catalog::CatalogError;
use crate::catalog::drafts::publish::PublishOptions;
use crate::document::resolve::MatchDecision;
use crate::document::{Category, MovieId, Source};
use crate::graphql::context::ContextExt;
use crate::graphql::error::ApiError;
use crate::storage::{self, ContributionEntry, DocumentKey, DraftEntry, DraftPosition};

/// Which drafts to list. Everything that is given must fit.
#[derive(Debug, Clone, InputObject)]
pub struct DraftFilter {
    /// The movie's id.
    movie_id: Option<ID>,
    /// Which category.
    category: Option<Category>,
    /// Where something in the draft comes from: the source of any of its contributions.
    source: Option<Source>,
    /// Who contributed to the draft, as updatedBy shows them. Together with source: who contributed
    /// something that comes from there.
    author: Option<String>,
    /// Drafts that nobody contributed to at this moment or since.
    updated_before: Option<DateTime<Utc>>,
    /// Drafts that someone contributed to at this moment or since.
    updated_after: Option<DateTime<Utc>>,
}

/// The review queue.
pub type DraftConnection = Connection<String, Draft, DraftTotals, EmptyFields>;

const LIST: &str = "drafts";

/// The filter as the application takes it; `None` if nothing can fit.
fn filter_of(filter: Option<DraftFilter>) -> Result<Option<storage::DraftFilter>, ApiError> {
    let Some(filter) = filter else { return Ok(Some(storage::DraftFilter::default())) };
    let read = storage::DraftFilter {
        movie: None,
        category: filter.category,
        source: filter.source,
        author: text_of("author", filter.author)?,
        updated_before: moment_of("updatedBefore", filter.updated_before)?,
        updated_after: moment_of("updatedAfter", filter.updated_after)?,
    };
    let Some(movie) = filter.movie_id else { return Ok(Some(read)) };
    Ok(movie.parse().ok().map(|movie| storage::DraftFilter { movie: Some(movie), ..read }))
}

fn cursor_of(draft: &DraftEntry) -> String {
    let DraftPosition { updated_at, movie, category } = draft.position();
    Cursor::new(LIST, &[&updated_at.timestamp_micros().to_string(), &movie, category.as_str()]).0
}

fn place_of(cursor: &str) -> Result<DraftPosition, ApiError> {
    let [moment, movie, category] = Cursor::read(LIST, cursor)?;
    // The years that both databases know.
    let micros =
        moment.parse().ok().filter(|micros| (0..=253_402_300_799_999_999).contains(micros));
    let updated_at = micros.and_then(DateTime::from_timestamp_micros).ok_or_else(not_ours)?;
    Ok(DraftPosition { updated_at, movie, category: category.parse().map_err(|_| not_ours())? })
}

/// A page of the review queue.
pub async fn list(
    ctx: &Context<'_>,
    filter: Option<DraftFilter>,
    first: Option<i32>,
    after: Option<String>,
) -> Result<DraftConnection, ApiError> {
    let permission = ctx.can_draft()?;
    let limit = limit_of(first)?;
    let after = after.as_deref().map(place_of).transpose()?;
    let filter = filter_of(filter)?;
    let page = match &filter {
        Some(filter) => {
            Some(ctx.catalog().draft_page(&permission, filter, after.as_ref(), limit as u64).await?)
        }
        None => None,
    };
    let has_more = page.as_ref().is_some_and(|page| page.has_more);
    let mut connection =
        Connection::with_additional_fields(after.is_some(), has_more, DraftTotals(filter));
    let drafts = page.map(|page| page.drafts).unwrap_or_default();
    ctx.hand_out(drafts.len())?;
    connection.edges =
        drafts.into_iter().map(|draft| Edge::new(cursor_of(&draft), Draft(draft))).collect();
    Ok(connection)
}

/// What the review queue says beside its page.
pub struct DraftTotals(Option<storage::DraftFilter>);

/// What the review queue says beside its page.
#[Object]
impl DraftTotals {
    /// How many drafts fit the filter, on all pages together.
    async fn total_count(&self, ctx: &Context<'_>) -> async_graphql::Result<u64> {
        let permission = ctx.can_draft()?;
        match &self.0 {
            Some(filter) => {
                Ok(ctx.catalog().count_drafts(&permission, filter).await.map_err(ApiError::from)?)
            }
            None => Ok(0),
        }
    }
}

/// A draft of one category of one movie.
pub struct Draft(pub DraftEntry);

impl Draft {
    fn key(&self) -> DocumentKey {
        (self.0.movie.clone(), self.0.category)
    }
}

/// What was contributed to one category of one movie and waits for someone to publish or discard it.
/// There is one for each category at most, shared by all who contribute. It is shown to contributors
/// alone, and is in no export, list or bundle of what is published.
#[Object]
impl Draft {
    /// The movie and the category, for example tmdb-550:timeline.
    async fn id(&self) -> ID {
        ID(format!("{}:{}", self.0.movie, self.0.category.slug()))
    }

    /// The movie that it is about.
    async fn movie(&self, ctx: &Context<'_>) -> async_graphql::Result<Movie> {
        let found = ctx
            .draft_loaders()?
            .movies
            .load_one(self.0.movie.clone())
            .await
            .map_err(ApiError::from)?;
        Ok(found.map(Movie).ok_or_else(|| gone(&self.0.movie))?)
    }

    /// Which category it is of.
    async fn category(&self) -> Category {
        self.0.category
    }

    /// Counts the contributions to this draft, and to the drafts of the category before it. Send it back
    /// with an import into the draft, as metadata.draft_revision of the file.
    async fn draft_revision(&self) -> i64 {
        self.0.metadata.draft_revision.unwrap_or_default()
    }

    /// The published revision that it was made from; 0: the category was never written. Publishing merges
    /// what changed since.
    async fn base_revision(&self) -> i64 {
        self.0.metadata.revision
    }

    /// When it was opened: when the first contribution came.
    async fn opened_at(&self) -> DateTime<Utc> {
        self.0.opened_at
    }

    /// Who opened it.
    async fn opened_by(&self) -> &str {
        &self.0.opened_by
    }

    /// When it was last contributed to.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.position().updated_at
    }

    /// Who contributed to it last.
    async fn updated_by(&self) -> &str {
        self.0.metadata.updated_by.as_deref().unwrap_or(&self.0.opened_by)
    }

    /// Where the last contribution comes from.
    async fn source(&self) -> Source {
        self.0.metadata.source
    }

    /// All contributions to it, oldest first.
    async fn contributions(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Contribution>> {
        let found = ctx
            .draft_loaders()?
            .contributions
            .load_one(self.key())
            .await
            .map_err(ApiError::from)?;
        let found = found.unwrap_or_default();
        ctx.hand_out(found.len())?;
        Ok(found.into_iter().map(Contribution::of).collect())
    }

    /// The open questions of the draft: names of which it cannot be told who is meant. publishDraft asks for
    /// them; the path of each is that of a resolution. A nominee whom nobody can tell keeps no draft from
    /// being published.
    async fn questions(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<PlanMatch>> {
        let (permission, options) = (ctx.can_draft()?, PublishOptions::default());
        let (movie, category) = (&self.0.movie, self.0.category);
        let planned = ctx.catalog().plan_publication(&permission, movie, category, &options).await;
        // A draft that was closed in this very moment has no plan, and no questions.
        let matches =
            planned.map_err(ApiError::from)?.plan.map(|plan| plan.matches).unwrap_or_default();
        ctx.hand_out(matches.len())?;
        let open = matches.into_iter().filter(|found| found.decision == MatchDecision::Ambiguous);
        Ok(open.map(Into::into).collect())
    }

    /// The category as it stands in the draft. If the draft was closed in this very moment, as it is
    /// published.
    async fn export(&self, ctx: &Context<'_>) -> async_graphql::Result<MovieExport> {
        let draft = ctx
            .draft_loaders()?
            .draft_exports
            .load_one(self.key())
            .await
            .map_err(ApiError::from)?;
        let export = match draft {
            Some(draft) => Some(draft),
            None => ctx.loaders()?.exports.load_one(self.key()).await.map_err(ApiError::from)?,
        };
        Ok(export.map(MovieExport::from).ok_or_else(|| gone(&self.0.movie))?)
    }
}

/// The movie was deleted while the answer was made.
pub fn gone(movie: &MovieId) -> ApiError {
    CatalogError::Changed(format!("{movie} was deleted in between")).into()
}

/// One contribution to a draft.
#[derive(SimpleObject)]
pub struct Contribution {
    /// Its number: the draftRevision of the draft after it.
    draft_revision: i64,
    /// Where its values come from.
    source: Source,
    /// When it came.
    updated_at: DateTime<Utc>,
    /// Whose it is.
    updated_by: String,
    /// What it changed: "/title", the JSON Pointer of a field, or the id of a list item.
    touched: Vec<String>,
}

impl Contribution {
    fn of(entry: ContributionEntry) -> Self {
        Self {
            draft_revision: entry.metadata.draft_revision.unwrap_or_default(),
            source: entry.metadata.source,
            updated_at: entry.metadata.last_updated.unwrap_or_default(),
            updated_by: entry.metadata.updated_by.unwrap_or_default(),
            touched: entry.touched,
        }
    }
}
