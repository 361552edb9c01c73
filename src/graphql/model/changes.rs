//! The change feed: published changes, and events of drafts.

use async_graphql::{Context, ID, InputObject, Object};
use chrono::{DateTime, Utc};

use super::drafts::{Draft, DraftFilter};
use super::pages::{Cursor, Page, PageArgs, connect, invalid_cursor, validate_text, validate_time};
use super::totals::Totals;
use super::types::{Movie, MovieExport};
use crate::catalog::CatalogError;
use crate::document::change::{ChangeKind, DraftEventKind};
use crate::document::{Category, MovieId, Source};
use crate::graphql::context::ContextExt;
use crate::graphql::error::{ApiError, Restricted};
use crate::storage::{DraftEntry, FeedEntry, FeedFilter, FeedKind, FeedKinds, FeedPosition};

/// Maximum number of movies in a filter.
const MAX_MOVIES: usize = 100;

/// Selects changes. A change must meet every condition that is given; a list that is empty or null
/// selects all.
#[derive(Debug, Clone, Default, InputObject)]
pub struct ChangeFilter {
    /// Only changes of these kinds.
    kinds: Option<Vec<ChangeKind>>,
    /// Only changes of the movies with these ids, for example tmdb-550; at most 100.
    movie_ids: Option<Vec<ID>>,
    /// Only changes of documents of these categories. Then movies that are created or deleted are
    /// left out.
    categories: Option<Vec<Category>>,
    /// Only changes from these sources. Then movies that are created or deleted are left out.
    sources: Option<Vec<Source>>,
    /// Only changes at or after this time. To continue where an earlier request ended, use the
    /// cursor and not the time.
    since: Option<DateTime<Utc>>,
    /// Only changes before this time.
    until: Option<DateTime<Utc>>,
}

/// A page of published changes.
pub type ChangeConnection = Page<Change>;

const LIST: &str = "changes";

fn cursor(position: FeedPosition) -> String {
    Cursor::new(LIST, &[&position.transaction.to_string(), &position.number.to_string()]).0
}

/// Reads the cursor of a change.
///
/// # Errors
/// When the text is not such a cursor.
pub fn read_cursor(text: &str) -> Result<FeedPosition, ApiError> {
    let parts: [String; 2] = Cursor::read(LIST, text)?;
    let number = |part: &String| part.parse::<i64>().ok().filter(|number| *number >= 0);
    match (number(&parts[0]), number(&parts[1])) {
        (Some(transaction), Some(number)) => Ok(FeedPosition { transaction, number }),
        _ => Err(invalid_cursor()),
    }
}

fn movie(name: &str, id: &ID) -> Result<MovieId, ApiError> {
    id.parse().map_err(|error| ApiError::BadInput(format!("filter: {name}: {error}")))
}

/// Reads a filter for changes.
///
/// # Errors
/// When a value is not allowed.
pub fn change_filter(filter: Option<ChangeFilter>) -> Result<FeedFilter, ApiError> {
    let filter = filter.unwrap_or_default();
    let movies = filter.movie_ids.unwrap_or_default();
    if movies.len() > MAX_MOVIES {
        let found = movies.len();
        let message =
            format!("filter: movieIds: found {found} ids; at most {MAX_MOVIES} are allowed");
        return Err(ApiError::BadInput(message));
    }
    let movies = movies.iter().map(|id| movie("movieIds", id)).collect::<Result<_, _>>()?;
    Ok(FeedFilter {
        kinds: FeedKinds::Changes(filter.kinds.unwrap_or_default()),
        movies,
        categories: filter.categories.unwrap_or_default(),
        sources: filter.sources.unwrap_or_default(),
        since: validate_time("since", filter.since)?,
        until: validate_time("until", filter.until)?,
        ..FeedFilter::default()
    })
}

/// Reads a filter for events of drafts.
///
/// # Errors
/// When a value is not allowed.
pub fn draft_event_filter(filter: Option<DraftFilter>) -> Result<FeedFilter, ApiError> {
    let Some(filter) = filter else { return Ok(FeedFilter::default()) };
    Ok(FeedFilter {
        kinds: FeedKinds::Drafts,
        movies: filter.movie_id.iter().map(|id| movie("movieId", id)).collect::<Result<_, _>>()?,
        categories: filter.category.into_iter().collect(),
        contributed_source: filter.source,
        contributor: validate_text("author", filter.author)?,
        since: validate_time("since", filter.since)?,
        until: validate_time("until", filter.until)?,
        ..FeedFilter::default()
    })
}

/// Resolves `Query.changes`.
pub async fn list(
    ctx: &Context<'_>,
    filter: Option<ChangeFilter>,
    page: PageArgs,
) -> Result<ChangeConnection, ApiError> {
    let permission = ctx.can_read()?;
    let page = page.request(read_cursor)?;
    let filter = change_filter(filter)?;
    let found = ctx.catalog().changes(&permission, &filter, &page).await?;
    ctx.charge_objects(found.entries.len())?;
    let changes = found.entries.into_iter();
    let changes = changes.filter_map(|entry| Some((cursor(entry.position), Change::of(entry)?)));
    Ok(connect(&page, found.has_more, Totals::Changes(filter), changes))
}

/// Loads the movie of an entry; `None` if it was deleted since.
async fn movie_of(ctx: &Context<'_>, id: &MovieId) -> async_graphql::Result<Option<Movie>> {
    let found = ctx.loaders()?.works.movies.load_one(id.clone()).await.map_err(ApiError::from)?;
    Ok(found.map(Movie))
}

/// A published change.
pub struct Change {
    kind: ChangeKind,
    entry: FeedEntry,
}

impl Change {
    /// The change that an entry of the feed reports; `None` if it reports an event of a draft.
    #[must_use]
    pub fn of(entry: FeedEntry) -> Option<Self> {
        match entry.kind {
            FeedKind::Change(kind) => Some(Self { kind, entry }),
            FeedKind::Draft(_) => None,
        }
    }
}

/// One published change: a new revision of one document, or a movie that was created or deleted.
/// Drafts are not part of it until they are published.
#[Object]
impl Change {
    /// The change's id, for example change:1729.
    async fn id(&self) -> ID {
        ID(format!("change:{}", self.entry.position.number))
    }

    /// The change's place in the feed. Keep the last one that was processed, and pass it as after
    /// to continue there, also after a restart and on another server.
    async fn cursor(&self) -> String {
        cursor(self.entry.position)
    }

    /// What the change did.
    async fn kind(&self) -> ChangeKind {
        self.kind
    }

    /// The id of the movie, for example tmdb-550. It stays after the movie was deleted.
    async fn movie_id(&self) -> ID {
        ID(self.entry.movie.to_string())
    }

    /// The movie as it is now. Null if it was deleted since.
    async fn movie(&self, ctx: &Context<'_>) -> Option<async_graphql::Result<Movie>> {
        movie_of(ctx, &self.entry.movie).await.transpose()
    }

    /// The category of the document. Null if the movie was created or deleted.
    async fn category(&self) -> Option<Category> {
        self.entry.category
    }

    /// The number of the revision that the change published, as in metadata.revision of an export.
    /// Null if the movie was created or deleted.
    async fn revision(&self) -> Option<i64> {
        self.entry.revision
    }

    /// The document as it is now, which may have a later revision. Null if the movie was deleted
    /// since, or if the change is not about a document.
    async fn movie_export(&self, ctx: &Context<'_>) -> Option<async_graphql::Result<MovieExport>> {
        let key = (self.entry.movie.clone(), self.entry.category?);
        let load = async {
            // The loader of exports takes every movie for an existing one.
            if movie_of(ctx, &key.0).await?.is_none() {
                return Ok(None);
            }
            let found = ctx.loaders()?.exports.load_one(key).await.map_err(ApiError::from)?;
            Ok::<_, async_graphql::Error>(found.map(MovieExport::from))
        };
        load.await.transpose()
    }

    /// The source of the changed values. Null if the movie was created or deleted.
    async fn source(&self) -> Option<Source> {
        self.entry.source
    }

    /// When the change was made. These times may differ slightly from the order of the feed.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.entry.changed_at
    }

    /// The author of the change, usually an email address.
    async fn updated_by(&self) -> &str {
        self.entry.author.as_deref().unwrap_or_default()
    }
}

/// An event of a draft.
pub struct DraftEvent {
    kind: DraftEventKind,
    entry: FeedEntry,
}

impl DraftEvent {
    /// The event that an entry of the feed reports; `None` if it reports a published change.
    #[must_use]
    pub fn of(entry: FeedEntry) -> Option<Self> {
        match entry.kind {
            FeedKind::Draft(kind) => Some(Self { kind, entry }),
            FeedKind::Change(_) => None,
        }
    }
}

/// An event of a draft: it was opened, contributed to, published or discarded.
#[Object]
impl DraftEvent {
    /// The event's id, for example draftEvent:1730.
    async fn id(&self) -> ID {
        ID(format!("draftEvent:{}", self.entry.position.number))
    }

    /// What happened.
    async fn kind(&self) -> DraftEventKind {
        self.kind
    }

    /// The id of the movie, for example tmdb-550. It stays after the movie was deleted.
    async fn movie_id(&self) -> ID {
        ID(self.entry.movie.to_string())
    }

    /// The movie as it is now. Null if it was deleted since.
    async fn movie(&self, ctx: &Context<'_>) -> Option<async_graphql::Result<Movie>> {
        movie_of(ctx, &self.entry.movie).await.transpose()
    }

    /// The category of the draft.
    async fn category(&self) -> async_graphql::Result<Category> {
        let missing = || CatalogError::Changed("the event has no category".to_owned());
        Ok(self.entry.category.ok_or_else(missing).map_err(ApiError::from)?)
    }

    /// The number of the draft's last contribution: the draftRevision of the draft.
    async fn draft_revision(&self) -> i64 {
        self.entry.draft_revision.unwrap_or_default()
    }

    /// The open draft of the document as it is now. Null if the draft was closed since.
    async fn draft(&self, ctx: &Context<'_>) -> Restricted<Draft> {
        self.open_draft(ctx).await.map_err(Into::into).transpose()
    }

    /// The revision as which the draft was published. Null for other events, and if the published
    /// document had the values of the draft already.
    async fn published_revision(&self) -> Option<i64> {
        self.entry.revision
    }

    /// The source of the draft's last contribution.
    async fn source(&self) -> Source {
        self.entry.source.unwrap_or(Source::Manual)
    }

    /// When it happened.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.entry.changed_at
    }

    /// Who contributed, published or discarded, usually an email address.
    async fn updated_by(&self) -> &str {
        self.entry.author.as_deref().unwrap_or_default()
    }
}

impl DraftEvent {
    async fn open_draft(&self, ctx: &Context<'_>) -> Result<Option<Draft>, ApiError> {
        let movie = self.entry.movie.clone();
        let drafts = ctx.draft_loaders()?.drafts.load_one(movie).await?.unwrap_or_default();
        let of_category = |draft: &DraftEntry| Some(draft.category) == self.entry.category;
        Ok(drafts.into_iter().find(of_category).map(Draft))
    }
}
