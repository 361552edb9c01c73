//! A movie's drafts, history, provenance and locks, as fields of it.

use async_graphql::connection::{Connection, Edge, EmptyFields};
use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};

use super::drafts::{Draft, gone};
use super::locks::Lock;
use super::pages::{Cursor, limit_of, not_ours};
use super::payloads::PlannedChange;
use super::types::MovieExport;
use crate::catalog::history::changes_between;
use crate::catalog::history::provenance;
use crate::document::{Category, Metadata, MovieId, Source};
use crate::graphql::context::ContextExt;
use crate::graphql::error::ApiError;
use crate::storage::StateKey;

/// What only contributors see of a movie.
pub struct MovieHistory(pub MovieId);

/// A part of the history of a category, newest first.
pub type RevisionConnection = Connection<String, Revision, EmptyFields, EmptyFields>;

const LIST: &str = "revisions";

/// What only contributors see of a movie.
#[Object]
impl MovieHistory {
    /// The open drafts of the movie, in the order of the categories. Needs the role CONTRIBUTOR.
    async fn drafts(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Draft>> {
        let found =
            ctx.draft_loaders()?.drafts.load_one(self.0.clone()).await.map_err(ApiError::from)?;
        let found = found.unwrap_or_default();
        ctx.hand_out(found.len())?;
        Ok(found.into_iter().map(Draft).collect())
    }

    /// The published states of a category, the present one first. None if it was never written. Needs the
    /// role CONTRIBUTOR.
    async fn revisions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which category.")] category: Category,
        #[graphql(desc = "How many: 1 to 100; 20 if it is left out.")] first: Option<i32>,
        #[graphql(desc = "Start after this cursor.")] after: Option<String>,
    ) -> async_graphql::Result<RevisionConnection> {
        Ok(revisions(ctx, &self.0, category, first, after).await?)
    }

    /// What differs between any two published states of a category. Null if one of them never was. Needs
    /// the role CONTRIBUTOR.
    async fn revision_diff(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which category.")] category: Category,
        #[graphql(desc = "The revision to start from; 0 is the empty document.")] from: i64,
        #[graphql(desc = "The revision to arrive at; smaller than from, it shows the way back.")]
        to: i64,
    ) -> Option<async_graphql::Result<RevisionDiff>> {
        revision_diff(ctx, &self.0, category, from, to).await.map_err(Into::into).transpose()
    }

    /// Where each value of a category comes from, since when, and by whom: of every field that has a
    /// value and every item of a list, in the order of the document. Found in the history, and in no
    /// file. Needs the role CONTRIBUTOR.
    async fn provenance(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which category.")] category: Category,
    ) -> async_graphql::Result<Vec<Provenance>> {
        let permission = ctx.can_draft()?;
        let found = ctx
            .catalog()
            .provenance(&permission, &self.0, category)
            .await
            .map_err(ApiError::from)?;
        ctx.hand_out(found.len())?;
        Ok(found.into_iter().map(Provenance::of).collect())
    }

    /// What is locked in the movie's categories, oldest first within each. Needs the role CONTRIBUTOR.
    async fn locks(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Lock>> {
        let found =
            ctx.draft_loaders()?.locks.load_one(self.0.clone()).await.map_err(ApiError::from)?;
        let locks = found.unwrap_or_default();
        ctx.hand_out(locks.len())?;
        Ok(locks.into_iter().map(|(category, lock)| Lock::of(category, lock)).collect())
    }
}

async fn revisions(
    ctx: &Context<'_>,
    movie: &MovieId,
    category: Category,
    first: Option<i32>,
    after: Option<String>,
) -> Result<RevisionConnection, ApiError> {
    let permission = ctx.can_draft()?;
    let limit = limit_of(first)?;
    let before = match after.as_deref() {
        Some(cursor) => {
            let [number] = Cursor::read(LIST, cursor)?;
            Some(number.parse().map_err(|_| not_ours())?)
        }
        None => None,
    };
    let page = ctx.catalog().revisions(&permission, movie, category, before, limit).await?;
    ctx.hand_out(page.revisions.len())?;
    let mut connection = Connection::new(before.is_some(), page.has_more);
    connection.edges = page
        .revisions
        .into_iter()
        .map(|metadata| {
            let cursor = Cursor::new(LIST, &[&metadata.revision.to_string()]).0;
            Edge::new(cursor, Revision { movie: movie.clone(), category, metadata })
        })
        .collect();
    Ok(connection)
}

async fn revision_diff(
    ctx: &Context<'_>,
    movie: &MovieId,
    category: Category,
    from: i64,
    to: i64,
) -> Result<Option<RevisionDiff>, ApiError> {
    let key = |number: i64| ((movie.clone(), category), number);
    let states = ctx.draft_loaders()?.states.load_many([key(from), key(to)]).await?;
    let (Some(before), Some(after)) = (states.get(&key(from)), states.get(&key(to))) else {
        return Ok(None);
    };
    let changes = changes_between(before, after)?;
    ctx.hand_out(changes.len())?;
    let changes = changes.into_iter().map(Into::into).collect();
    Ok(Some(RevisionDiff { from, to, changes }))
}

/// What differs between two published states of a category.
#[derive(SimpleObject)]
pub struct RevisionDiff {
    /// The revision that was started from.
    from: i64,
    /// The revision that was arrived at.
    to: i64,
    /// The changes that lead there, in the order of the document.
    changes: Vec<PlannedChange>,
}

/// A published state of one category of one movie.
pub struct Revision {
    movie: MovieId,
    category: Category,
    metadata: Metadata,
}

impl Revision {
    fn key(&self, number: i64) -> StateKey {
        ((self.movie.clone(), self.category), number)
    }
}

/// A published state of one category of one movie: the present one, or one that was superseded.
#[Object]
impl Revision {
    /// The movie, the category and the number, for example tmdb-550:timeline:3.
    async fn id(&self) -> ID {
        ID(format!("{}:{}:{}", self.movie, self.category.slug(), self.metadata.revision))
    }

    /// Counts the times that the category really changed, from 1.
    async fn number(&self) -> i64 {
        self.metadata.revision
    }

    /// Where what changed comes from.
    async fn source(&self) -> Source {
        self.metadata.source
    }

    /// When it was published.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.metadata.last_updated.unwrap_or_default()
    }

    /// Who published it.
    async fn updated_by(&self) -> &str {
        self.metadata.updated_by.as_deref().unwrap_or_default()
    }

    /// What it changed of the state before it, in the order of the document.
    async fn changes(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<PlannedChange>> {
        let (before, after) =
            (self.key(self.metadata.revision - 1), self.key(self.metadata.revision));
        let keys = [before.clone(), after.clone()];
        let states = ctx.draft_loaders()?.states.load_many(keys).await.map_err(ApiError::from)?;
        match (states.get(&before), states.get(&after)) {
            (Some(before), Some(after)) => {
                let changes = changes_between(before, after).map_err(ApiError::from)?;
                ctx.hand_out(changes.len())?;
                Ok(changes.into_iter().map(Into::into).collect())
            }
            _ => Err(gone(&self.movie).into()),
        }
    }

    /// The category as it stood, with the envelope of a file.
    async fn export(&self, ctx: &Context<'_>) -> async_graphql::Result<MovieExport> {
        let key = self.key(self.metadata.revision);
        let found = ctx.draft_loaders()?.states.load_one(key).await.map_err(ApiError::from)?;
        let export = found.ok_or_else(|| gone(&self.movie))?;
        Ok(MovieExport::of_revision(export))
    }
}

/// Where a value comes from, since when, and by whom.
#[derive(SimpleObject)]
pub struct Provenance {
    /// What it is of: "/title", the JSON Pointer of a field, or the id of a list item.
    target: String,
    /// JSON Pointer (RFC 6901) into the present data.
    path: String,
    /// What it is of, for a person: "Cast: Brad Pitt".
    label: String,
    /// Where the value comes from.
    source: Source,
    /// When it last really changed; what came by a draft, when it was contributed.
    updated_at: DateTime<Utc>,
    /// Who last really changed it; what came by a draft, who contributed it.
    updated_by: String,
    /// The revision that it was published with.
    revision: i64,
}

impl Provenance {
    fn of(found: provenance::Provenance) -> Self {
        Self {
            target: found.target.name,
            path: found.target.path,
            label: found.target.label,
            source: found.source,
            updated_at: found.updated_at.unwrap_or_default(),
            updated_by: found.updated_by.unwrap_or_default(),
            revision: found.revision,
        }
    }
}
