//! The fields of a movie that need the role CONTRIBUTOR: drafts, revisions, provenance and locks.

use async_graphql::connection::{Connection, Edge, EmptyFields};
use async_graphql::{Context, ID, Object, SimpleObject};
use chrono::{DateTime, Utc};

use super::drafts::{Draft, deleted_meanwhile};
use super::locks::Lock;
use super::pages::{Cursor, invalid_cursor, page_size};
use super::types::MovieExport;
use crate::catalog::history::changes_between;
use crate::catalog::history::provenance;
use crate::document::node_ids::NodeId;
use crate::document::plan::diff::Change;
use crate::document::{Category, Metadata, MovieId, Source};
use crate::graphql::context::ContextExt;
use crate::graphql::error::{ApiError, Restricted, restricted};
use crate::storage::StateKey;

/// The fields of a movie that need the role CONTRIBUTOR.
pub struct MovieHistory(pub MovieId);

/// A page of the history of a document, newest first.
pub type RevisionConnection = Connection<String, Revision, EmptyFields, EmptyFields>;

const LIST: &str = "revisions";

/// The fields of a movie that need the role CONTRIBUTOR.
#[Object]
impl MovieHistory {
    /// The movie's open drafts, in the order of the enum Category. Needs the role CONTRIBUTOR;
    /// without it, null and a FORBIDDEN error.
    async fn drafts(&self, ctx: &Context<'_>) -> Restricted<Vec<Draft>> {
        restricted(drafts(ctx, &self.0).await)
    }

    /// The revisions of a category, newest first; the first one is the current document. Empty if
    /// the category was never published. Needs the role CONTRIBUTOR; without it, null and a
    /// FORBIDDEN error.
    async fn revisions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The category of the document.")] category: Category,
        #[graphql(desc = "The page size: 1 to 100. Default: 20.")] first: Option<i32>,
        #[graphql(desc = "Return the entries after this cursor.")] after: Option<String>,
    ) -> Restricted<RevisionConnection> {
        restricted(revisions(ctx, &self.0, category, first, after).await)
    }

    /// The changes between two revisions of a category. Null if one of them does not exist. Needs
    /// the role CONTRIBUTOR; without it, null and a FORBIDDEN error.
    async fn revision_diff(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The category of the document.")] category: Category,
        #[graphql(desc = "The revision to compare from; 0 is the empty document.")] from: i64,
        #[graphql(desc = "The revision to compare to; it may be the older one.")] to: i64,
    ) -> Restricted<RevisionDiff> {
        revision_diff(ctx, &self.0, category, from, to).await.map_err(Into::into).transpose()
    }

    /// Where each value of a category's published document comes from: one entry for each field
    /// that has a value and for each list item, in the order of the document. Files do not contain
    /// this. Needs the role CONTRIBUTOR; without it, null and a FORBIDDEN error.
    async fn provenance(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The category of the document.")] category: Category,
    ) -> Restricted<Vec<Provenance>> {
        restricted(provenance_of(ctx, &self.0, category).await)
    }

    /// The movie's locks, by category, oldest first. Needs the role CONTRIBUTOR; without it, null
    /// and a FORBIDDEN error.
    async fn locks(&self, ctx: &Context<'_>) -> Restricted<Vec<Lock>> {
        restricted(locks(ctx, &self.0).await)
    }
}

async fn drafts(ctx: &Context<'_>, movie: &MovieId) -> Result<Vec<Draft>, ApiError> {
    let found = ctx.draft_loaders()?.drafts.load_one(movie.clone()).await?.unwrap_or_default();
    ctx.charge_objects(found.len())?;
    Ok(found.into_iter().map(Draft).collect())
}

async fn locks(ctx: &Context<'_>, movie: &MovieId) -> Result<Vec<Lock>, ApiError> {
    let found = ctx.draft_loaders()?.locks.load_one(movie.clone()).await?.unwrap_or_default();
    ctx.charge_objects(found.len())?;
    Ok(found.into_iter().map(|(category, lock)| Lock::new(movie, category, lock)).collect())
}

async fn provenance_of(
    ctx: &Context<'_>,
    movie: &MovieId,
    category: Category,
) -> Result<Vec<Provenance>, ApiError> {
    let permission = ctx.can_draft()?;
    let found = ctx.catalog().provenance(&permission, movie, category).await?;
    ctx.charge_objects(found.len())?;
    Ok(found.into_iter().map(Provenance::new).collect())
}

async fn revisions(
    ctx: &Context<'_>,
    movie: &MovieId,
    category: Category,
    first: Option<i32>,
    after: Option<String>,
) -> Result<RevisionConnection, ApiError> {
    let permission = ctx.can_draft()?;
    let limit = page_size(first)?;
    let before = match after.as_deref() {
        Some(cursor) => {
            let [number] = Cursor::read(LIST, cursor)?;
            Some(number.parse().map_err(|_| invalid_cursor())?)
        }
        None => None,
    };
    let page = ctx.catalog().revisions(&permission, movie, category, before, limit).await?;
    ctx.charge_objects(page.revisions.len())?;
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
    ctx.charge_objects(changes.len())?;
    Ok(Some(RevisionDiff { from, to, changes }))
}

/// The changes between two revisions of a document.
#[derive(SimpleObject)]
pub struct RevisionDiff {
    /// The number of the revision before the changes.
    from: i64,
    /// The number of the revision after the changes.
    to: i64,
    /// The changes that lead from the one to the other, in the order of the document.
    changes: Vec<Change>,
}

/// A published state of a document.
pub struct Revision {
    movie: MovieId,
    category: Category,
    metadata: Metadata,
}

impl Revision {
    /// The revision with this number. `None` if it does not exist.
    ///
    /// # Errors
    /// When storage fails, or the role is not CONTRIBUTOR.
    pub async fn load(
        ctx: &Context<'_>,
        movie: MovieId,
        category: Category,
        number: i64,
    ) -> Result<Option<Self>, ApiError> {
        let key = ((movie.clone(), category), number);
        let found = ctx.draft_loaders()?.states.load_one(key).await?;
        Ok(found.map(|export| Self { movie, category, metadata: export.metadata.clone() }))
    }

    fn key(&self, number: i64) -> StateKey {
        ((self.movie.clone(), self.category), number)
    }
}

/// A published state of one category of one movie: the current one or an earlier one.
#[Object]
impl Revision {
    /// The revision's id, for example revision:tmdb-550:timeline:3.
    pub(super) async fn id(&self) -> ID {
        let number = self.metadata.revision;
        ID(NodeId::Revision(self.movie.clone(), self.category, number).to_string())
    }

    /// The number of the revision. A document's first revision is 1, and each change adds 1.
    async fn number(&self) -> i64 {
        self.metadata.revision
    }

    /// The source of the changes.
    async fn source(&self) -> Source {
        self.metadata.source
    }

    /// When the revision was published.
    async fn updated_at(&self) -> DateTime<Utc> {
        self.metadata.last_updated.unwrap_or_default()
    }

    /// The author who published the revision, usually an email address.
    async fn updated_by(&self) -> &str {
        self.metadata.updated_by.as_deref().unwrap_or_default()
    }

    /// The changes from the revision before, in the order of the document.
    async fn changes(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<Change>> {
        let (before, after) =
            (self.key(self.metadata.revision - 1), self.key(self.metadata.revision));
        let keys = [before.clone(), after.clone()];
        let states = ctx.draft_loaders()?.states.load_many(keys).await.map_err(ApiError::from)?;
        match (states.get(&before), states.get(&after)) {
            (Some(before), Some(after)) => {
                let changes = changes_between(before, after).map_err(ApiError::from)?;
                ctx.charge_objects(changes.len())?;
                Ok(changes)
            }
            _ => Err(deleted_meanwhile(&self.movie).into()),
        }
    }

    /// The document as it was at this revision.
    async fn export(&self, ctx: &Context<'_>) -> async_graphql::Result<MovieExport> {
        let key = self.key(self.metadata.revision);
        let found = ctx.draft_loaders()?.states.load_one(key).await.map_err(ApiError::from)?;
        let export = found.ok_or_else(|| deleted_meanwhile(&self.movie))?;
        Ok(MovieExport::of_revision(export))
    }
}

/// Where a value of a document comes from, and when and by which author it was last changed.
#[derive(SimpleObject)]
pub struct Provenance {
    /// What the entry is about: the JSON Pointer of a field, for example /title, or the id of a
    /// list item.
    target: String,
    /// JSON Pointer (RFC 6901) to the value in the published data, for example /events/0.
    path: String,
    /// A description for people, for example "Cast: Brad Pitt".
    label: String,
    /// The source of the value.
    source: Source,
    /// When the value last changed. For a value from a draft: when it was contributed.
    updated_at: DateTime<Utc>,
    /// The author of the last change, usually an email address. For a value from a draft: the
    /// contributor.
    updated_by: String,
    /// The number of the revision in which the value was last changed.
    revision: i64,
}

impl Provenance {
    fn new(found: provenance::Provenance) -> Self {
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
