//! Drafts and the review queue.

use async_graphql::connection::{Edge, EmptyFields};
use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};

use super::pages::{Cursor, Page, PageArgs, connect, invalid_cursor, validate_text, validate_time};
use super::totals::Totals;
use super::types::{Movie, MovieExport};
use crate::catalog::CatalogError;
use crate::catalog::drafts::publish::PublishOptions;
use crate::document::node_ids::NodeId;
use crate::document::plan::Match;
use crate::document::resolve::MatchDecision;
use crate::document::{Category, MovieId, Source};
use crate::graphql::context::ContextExt;
use crate::graphql::error::ApiError;
use crate::storage::{self, ContributionEntry, DocumentKey, DraftEntry, DraftPage, DraftPosition};

/// Selects the drafts to list. A draft must meet every condition that is given.
#[derive(Debug, Clone, InputObject)]
pub struct DraftFilter {
    /// The movie's id, for example tmdb-550.
    pub movie_id: Option<ID>,
    /// The category of the draft.
    pub category: Option<Category>,
    /// The source of at least one contribution.
    pub source: Option<Source>,
    /// The author of at least one contribution, as in Contribution.updatedBy. Together with source:
    /// at least one contribution has both.
    pub author: Option<String>,
    /// Only drafts that were last updated at this time or later.
    pub since: Option<DateTime<Utc>>,
    /// Only drafts that were last updated before this time.
    pub until: Option<DateTime<Utc>>,
}

/// A page of the review queue.
pub type DraftConnection = Page<Draft>;
/// A draft in the review queue.
pub type DraftEdge = Edge<String, Draft, EmptyFields>;

const LIST: &str = "drafts";

/// Converts and validates a filter; `None` if no draft can match it.
///
/// # Errors
/// When a text or a time is invalid.
pub fn draft_filter(filter: Option<DraftFilter>) -> Result<Option<storage::DraftFilter>, ApiError> {
    let Some(filter) = filter else { return Ok(Some(storage::DraftFilter::default())) };
    let read = storage::DraftFilter {
        movie: None,
        category: filter.category,
        source: filter.source,
        author: validate_text("author", filter.author)?,
        since: validate_time("since", filter.since)?,
        until: validate_time("until", filter.until)?,
    };
    let Some(movie) = filter.movie_id else { return Ok(Some(read)) };
    Ok(movie.parse().ok().map(|movie| storage::DraftFilter { movie: Some(movie), ..read }))
}

fn draft_cursor(draft: &DraftEntry) -> String {
    let DraftPosition { updated_at, movie, category } = draft.position();
    Cursor::new(LIST, &[&updated_at.timestamp_micros().to_string(), &movie, category.as_str()]).0
}

fn read_draft_cursor(cursor: &str) -> Result<DraftPosition, ApiError> {
    let [moment, movie, category] = Cursor::read(LIST, cursor)?;
    // The years that both databases support: 1970 to 9999.
    let micros =
        moment.parse().ok().filter(|micros| (0..=253_402_300_799_999_999).contains(micros));
    let updated_at = micros.and_then(DateTime::from_timestamp_micros).ok_or_else(invalid_cursor)?;
    Ok(DraftPosition {
        updated_at,
        movie,
        category: category.parse().map_err(|_| invalid_cursor())?,
    })
}

/// Resolves `Query.drafts`.
pub async fn list(
    ctx: &Context<'_>,
    filter: Option<DraftFilter>,
    args: PageArgs,
) -> Result<DraftConnection, ApiError> {
    let permission = ctx.can_draft()?;
    let page = args.request(read_draft_cursor)?;
    let Some(filter) = draft_filter(filter)? else {
        return Ok(connect(&page, false, Totals::Known(0), []));
    };
    let DraftPage { drafts, has_more } =
        ctx.catalog().draft_page(&permission, &filter, &page).await?;
    ctx.charge_objects(drafts.len())?;
    let entries = drafts.into_iter().map(|draft| (draft_cursor(&draft), Draft(draft)));
    Ok(connect(&page, has_more, Totals::Drafts(filter), entries))
}

/// A draft of one category of one movie.
pub struct Draft(pub DraftEntry);

impl Draft {
    /// The draft with its cursor in the review queue.
    pub fn into_edge(self) -> DraftEdge {
        Edge::new(draft_cursor(&self.0), self)
    }

    /// The open draft of a document. `None` if there is none.
    ///
    /// # Errors
    /// When storage fails, or the role is not CONTRIBUTOR.
    pub async fn load(
        ctx: &Context<'_>,
        movie: MovieId,
        category: Category,
    ) -> Result<Option<Self>, ApiError> {
        let found = ctx.draft_loaders()?.drafts.load_one(movie).await?.unwrap_or_default();
        Ok(found.into_iter().find(|draft| draft.category == category).map(Self))
    }

    fn key(&self) -> DocumentKey {
        (self.0.movie.clone(), self.0.category)
    }
}

/// Unpublished changes to one category of one movie, waiting for review: an ADMIN publishes or
/// discards them. A category has at most one draft, which all contributors share. Drafts are
/// visible to contributors only and are not part of published lists, exports or bundles.
#[Object]
impl Draft {
    /// The draft's id, for example draft:tmdb-550:timeline. The next draft of the same category has
    /// the same id.
    pub(super) async fn id(&self) -> ID {
        ID(NodeId::Draft(self.0.movie.clone(), self.0.category).to_string())
    }

    /// The movie.
    async fn movie(&self, ctx: &Context<'_>) -> async_graphql::Result<Movie> {
        let found = ctx
            .draft_loaders()?
            .movies
            .load_one(self.0.movie.clone())
            .await
            .map_err(ApiError::from)?;
        Ok(found.map(Movie).ok_or_else(|| deleted_meanwhile(&self.0.movie))?)
    }

    /// The category of the draft.
    async fn category(&self) -> Category {
        self.0.category
    }

    /// The draft's number, which grows by one with each contribution and is never reused for this
    /// document. A file exported from the draft holds it as metadata.draft_revision; send it back
    /// with an import into the draft.
    async fn draft_revision(&self) -> i64 {
        self.0.metadata.draft_revision.unwrap_or_default()
    }

    /// The published revision that the draft is based on; 0 if the category was never published.
    /// Publishing merges the draft with what was published since.
    async fn base_revision(&self) -> i64 {
        self.0.metadata.revision
    }

    /// When the draft was opened by its first contribution.
    async fn opened_at(&self) -> DateTime<Utc> {
        self.0.opened_at
    }

    /// The author of the first contribution, usually an email address.
    async fn opened_by(&self) -> &str {
        &self.0.opened_by
    }

    /// When the last contribution was made.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.0.position().updated_at
    }

    /// The author of the last contribution, usually an email address.
    async fn updated_by(&self) -> &str {
        self.0.metadata.updated_by.as_deref().unwrap_or(&self.0.opened_by)
    }

    /// The source of the last contribution.
    async fn source(&self) -> Source {
        self.0.metadata.source
    }

    /// All contributions to the draft, oldest first.
    async fn contributions(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Contribution>> {
        let found = ctx
            .draft_loaders()?
            .contributions
            .load_one(self.key())
            .await
            .map_err(ApiError::from)?;
        let found = found.unwrap_or_default();
        ctx.charge_objects(found.len())?;
        Ok(found.into_iter().map(Contribution::new).collect::<Result<_, ApiError>>()?)
    }

    /// The ambiguous names of the draft. To publish the draft, send a resolution for each in
    /// publishDraft, with the same path. Ambiguous nominees need none: they are published as text,
    /// without an id.
    async fn questions(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Match>> {
        let (permission, options) = (ctx.can_draft()?, PublishOptions::default());
        let (movie, category) = (&self.0.movie, self.0.category);
        let planned = ctx.catalog().plan_publication(&permission, movie, category, &options).await;
        // A draft that was closed while the query ran has no plan, and so no questions.
        let matches =
            planned.map_err(ApiError::from)?.plan.map(|plan| plan.matches).unwrap_or_default();
        ctx.charge_objects(matches.len())?;
        let open = matches.into_iter().filter(|found| found.decision == MatchDecision::Ambiguous);
        Ok(open.collect())
    }

    /// The document as it is in the draft. If the draft is closed while the query runs: the
    /// published document.
    async fn movie_export(&self, ctx: &Context<'_>) -> async_graphql::Result<MovieExport> {
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
        Ok(export.map(MovieExport::from).ok_or_else(|| deleted_meanwhile(&self.0.movie))?)
    }
}

/// The error for a movie that was deleted while the query ran.
pub fn deleted_meanwhile(movie: &MovieId) -> ApiError {
    CatalogError::Changed(format!("{movie} was deleted while the query ran")).into()
}

/// One contribution to a draft.
#[derive(SimpleObject)]
pub struct Contribution {
    /// The draft's draftRevision after this contribution.
    draft_revision: i64,
    /// The source of the contribution.
    source: Source,
    /// When the contribution was made.
    updated_at: DateTime<Utc>,
    /// The author of the contribution, usually an email address.
    updated_by: String,
    /// What the contribution changed: the JSON Pointers of fields, for example /title, and the ids
    /// of list items.
    touched: Vec<String>,
}

impl Contribution {
    fn new(entry: ContributionEntry) -> Result<Self, ApiError> {
        Ok(Self {
            draft_revision: entry.metadata.draft_revision.unwrap_or_default(),
            source: entry.metadata.source,
            updated_at: stored_time(entry.metadata.last_updated, &entry.movie)?,
            updated_by: entry.metadata.updated_by.unwrap_or_default(),
            touched: entry.touched,
        })
    }
}

/// The time of a stored state of a document. Every state has one.
pub fn stored_time(
    time: Option<DateTime<Utc>>,
    movie: &MovieId,
) -> Result<DateTime<Utc>, ApiError> {
    let missing = || CatalogError::corrupt("time of a document", movie.as_str(), "there is none");
    Ok(time.ok_or_else(missing)?)
}
