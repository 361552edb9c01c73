//! Open drafts and the review queue.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait as _, Order, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, FromQueryResult, JoinType,
    PaginatorTrait, QueryFilter, QueryOrder, QuerySelect, RelationTrait,
};

use super::contribution_rows::{check_format, metadata_of};
use super::presence::Presence;
use super::published::{DocumentKey, source};
use crate::document::{Category, Metadata, MovieId, Source};
use crate::storage::db::statements::ROWS_PER_STATEMENT;
use crate::storage::tables::{contribution, draft};
use crate::storage::{Database, DraftEnd, PageRequest, StorageError, Transaction};

/// The open draft of a document.
#[derive(Debug, Clone)]
pub struct StoredDraft {
    pub movie: MovieId,
    pub category: Category,
    /// `revision` is the base revision and `draft_revision` the newest contribution. Source, author
    /// and time are those of that contribution.
    pub metadata: Metadata,
    /// The data of the document as compact JSON.
    pub body: String,
    /// The number of the contribution that opened it.
    pub first_contribution: i64,
    pub opened_at: DateTime<Utc>,
    pub opened_by: String,
}

/// An open draft in a list, without its data.
#[derive(Debug, Clone)]
pub struct DraftEntry {
    pub movie: MovieId,
    pub category: Category,
    /// See [`StoredDraft::metadata`].
    pub metadata: Metadata,
    pub opened_at: DateTime<Utc>,
    pub opened_by: String,
}

/// Filters for drafts. `None` does not filter.
#[derive(Debug, Clone, Default)]
pub struct DraftFilter {
    pub movie: Option<MovieId>,
    pub category: Option<Category>,
    /// The source of any of its contributions.
    pub source: Option<Source>,
    /// The author of any of its contributions. Together with `source`, one contribution must match
    /// both.
    pub author: Option<String>,
    /// The newest contribution is from before this time.
    pub until: Option<DateTime<Utc>>,
    /// The newest contribution is from this time or later.
    pub since: Option<DateTime<Utc>>,
}

/// The position of a draft in the review queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DraftPosition {
    pub updated_at: DateTime<Utc>,
    pub movie: String,
    pub category: Category,
}

/// A page of the review queue.
#[derive(Debug)]
pub struct DraftPage {
    pub drafts: Vec<DraftEntry>,
    /// Whether there are more drafts after the page.
    pub has_more: bool,
}

impl DraftEntry {
    /// The position in the review queue.
    #[must_use]
    pub fn position(&self) -> DraftPosition {
        let updated_at = self.metadata.last_updated.unwrap_or(self.opened_at);
        DraftPosition { updated_at, movie: self.movie.to_string(), category: self.category }
    }
}

#[derive(FromQueryResult)]
struct EntryRow {
    movie_id: String,
    category: String,
    draft_revision: i64,
    base_revision: i64,
    opened_at: DateTime<Utc>,
    opened_by: String,
    updated_at: DateTime<Utc>,
    source: String,
    updated_by: Option<String>,
}

fn corrupt(movie: &str, reason: impl std::fmt::Display) -> StorageError {
    StorageError::Corrupt { what: "draft", key: movie.to_owned(), reason: reason.to_string() }
}

fn read_key(movie: &str, category: &str) -> Result<DocumentKey, StorageError> {
    Ok((
        movie.parse().map_err(|error| corrupt(movie, error))?,
        category.parse().map_err(|error| corrupt(movie, error))?,
    ))
}

fn entry(row: EntryRow) -> Result<DraftEntry, StorageError> {
    let (movie, category) = read_key(&row.movie_id, &row.category)?;
    Ok(DraftEntry {
        movie,
        category,
        metadata: Metadata {
            revision: row.base_revision,
            draft_revision: Some(row.draft_revision),
            source: source(&row.source),
            last_updated: Some(row.updated_at),
            updated_by: row.updated_by,
        },
        opened_at: row.opened_at,
        opened_by: row.opened_by,
    })
}

/// Selects the columns of an [`EntryRow`].
fn entries() -> sea_orm::Select<draft::Entity> {
    draft::Entity::find()
        .join(JoinType::InnerJoin, draft::Relation::Head.def())
        .select_only()
        .columns([
            draft::Column::MovieId,
            draft::Column::Category,
            draft::Column::DraftRevision,
            draft::Column::BaseRevision,
            draft::Column::OpenedAt,
            draft::Column::OpenedBy,
            draft::Column::UpdatedAt,
        ])
        .columns([contribution::Column::Source, contribution::Column::UpdatedBy])
}

async fn find(
    connection: &impl ConnectionTrait,
    movies: &[&MovieId],
    categories: &[Category],
) -> Result<Vec<StoredDraft>, StorageError> {
    let mut found = Vec::new();
    for movies in movies.chunks(ROWS_PER_STATEMENT) {
        let rows = draft::Entity::find()
            .find_also_related(contribution::Entity)
            .filter(draft::Column::MovieId.is_in(movies.iter().map(|movie| movie.as_str())))
            .filter(
                draft::Column::Category.is_in(categories.iter().map(|category| category.as_str())),
            )
            .all(connection)
            .await?;
        for (row, head) in rows {
            let (movie, category) = read_key(&row.movie_id, &row.category)?;
            let head =
                head.ok_or_else(|| corrupt(&row.movie_id, "its newest contribution is missing"))?;
            check_format(&head)?;
            found.push(StoredDraft {
                movie,
                category,
                metadata: Metadata { revision: row.base_revision, ..metadata_of(&head) },
                body: head.body,
                first_contribution: row.first_contribution,
                opened_at: row.opened_at,
                opened_by: row.opened_by,
            });
        }
    }
    Ok(found)
}

fn condition(filter: &DraftFilter) -> Condition {
    let mut all = Condition::all()
        .add_option(filter.movie.as_ref().map(|movie| draft::Column::MovieId.eq(movie.as_str())))
        .add_option(filter.category.map(|category| draft::Column::Category.eq(category.as_str())))
        .add_option(filter.until.map(|moment| draft::Column::UpdatedAt.lt(moment)))
        .add_option(filter.since.map(|moment| draft::Column::UpdatedAt.gte(moment)));
    if filter.source.is_some() || filter.author.is_some() {
        let same = |ours: draft::Column, theirs: contribution::Column| {
            Expr::col((contribution::Entity, theirs)).equals((draft::Entity, ours))
        };
        let contributed = Query::select()
            .expr(Expr::value(1))
            .from(contribution::Entity)
            .cond_where(
                Condition::all()
                    .add(same(draft::Column::MovieId, contribution::Column::MovieId))
                    .add(same(draft::Column::Category, contribution::Column::Category))
                    .add(contribution::Column::Closed.eq(false))
                    .add_option(
                        filter
                            .source
                            .map(|source| contribution::Column::Source.eq(source.as_str())),
                    )
                    .add_option(
                        filter
                            .author
                            .as_ref()
                            .map(|author| contribution::Column::UpdatedBy.eq(author)),
                    ),
            )
            .to_owned();
        all = all.add(Expr::exists(contributed));
    }
    all
}

impl Database {
    /// The open drafts of these movies in these categories, in no particular order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn drafts(
        &self,
        movies: &[&MovieId],
        categories: &[Category],
    ) -> Result<Vec<StoredDraft>, StorageError> {
        find(&self.reader, movies, categories).await
    }

    /// The open drafts of these movies without their data, ordered by movie and category.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn drafts_of(&self, movies: &[&MovieId]) -> Result<Vec<DraftEntry>, StorageError> {
        let mut found = Vec::new();
        for movies in movies.chunks(ROWS_PER_STATEMENT) {
            let of_movies = draft::Column::MovieId.is_in(movies.iter().map(|movie| movie.as_str()));
            let rows =
                entries().filter(of_movies).into_model::<EntryRow>().all(&self.reader).await?;
            for row in rows {
                found.push(entry(row)?);
            }
        }
        found.sort_by(|a, b| (&a.movie, a.category).cmp(&(&b.movie, b.category)));
        Ok(found)
    }

    /// A page of the review queue. The longest unchanged draft comes first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn draft_page(
        &self,
        filter: &DraftFilter,
        page: &PageRequest<DraftPosition>,
    ) -> Result<DraftPage, StorageError> {
        let beyond = |column: draft::Column, value: sea_orm::Value| {
            if page.backward { column.lt(value) } else { column.gt(value) }
        };
        let mut query = entries().filter(condition(filter));
        if let Some(DraftPosition { updated_at, movie, category }) = &page.from {
            let (movie, category) = (movie.as_str(), category.as_str());
            let same_moment = Condition::all().add(draft::Column::UpdatedAt.eq(*updated_at));
            let same_movie = same_moment.clone().add(draft::Column::MovieId.eq(movie));
            query = query.filter(
                Condition::any()
                    .add(beyond(draft::Column::UpdatedAt, (*updated_at).into()))
                    .add(same_moment.add(beyond(draft::Column::MovieId, movie.into())))
                    .add(same_movie.add(beyond(draft::Column::Category, category.into()))),
            );
        }
        let direction = if page.backward { Order::Desc } else { Order::Asc };
        let rows = query
            .order_by(draft::Column::UpdatedAt, direction.clone())
            .order_by(draft::Column::MovieId, direction.clone())
            .order_by(draft::Column::Category, direction)
            .limit(page.rows())
            .into_model::<EntryRow>()
            .all(&self.reader)
            .await?;
        let (drafts, has_more) = page.cut(rows.into_iter().map(entry).collect::<Result<_, _>>()?);
        Ok(DraftPage { drafts, has_more })
    }

    /// The number of drafts that match.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_drafts(&self, filter: &DraftFilter) -> Result<u64, StorageError> {
        Ok(draft::Entity::find().filter(condition(filter)).count(&self.reader).await?)
    }
}

impl Transaction {
    /// The open drafts of these movies in these categories, in no particular order.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn drafts(
        &self,
        movies: &[&MovieId],
        categories: &[Category],
    ) -> Result<Vec<StoredDraft>, StorageError> {
        find(&self.connection, movies, categories).await
    }

    /// Closes the open draft of a document, which was published or discarded. Keeps its
    /// contributions, and adds the event to the change feed. Returns whether there was an open
    /// draft.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn close_draft(
        &self,
        movie: &MovieId,
        category: Category,
        end: DraftEnd,
        author: &str,
        now: DateTime<Utc>,
    ) -> Result<bool, StorageError> {
        let key = (movie.to_string(), category.as_str().to_owned());
        let deleted = draft::Entity::delete_by_id(key).exec(&self.connection).await?;
        if deleted.rows_affected == 0 {
            return Ok(false);
        }
        self.set_presence(Presence::Drafted, [(movie, category, false)]).await?;
        self.record_draft_ends(&[(movie, category)], end, author, now).await?;
        let published_as = match end {
            DraftEnd::Published(revision) => revision,
            DraftEnd::Discarded => None,
        };
        self.close_contributions(movie, category, published_as).await?;
        Ok(true)
    }
}
