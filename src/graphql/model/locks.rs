//! Editorial locks: the type, and the mutations that set and remove them.

use async_graphql::{ComplexObject, Context, ID, InputObject, SimpleObject};
use chrono::{DateTime, Utc};

use super::inputs::plain_item_ids;
use super::payloads::load_movie;
use super::types::Movie;
use super::user_error::{InputKind, UserError, has_user_errors};
use crate::catalog::locks::{LockOutcome, LockTargets};
use crate::document::node_ids::NodeId;
use crate::document::{Category, MovieId, Problem, ProblemCode};
use crate::graphql::context::ContextExt;
use crate::graphql::error::ApiError;
use crate::graphql::query::Query;
use crate::storage;

/// A field or list item that imports from TMDB and LLM_GENERATED never change, and a manual edit
/// only with overrideLocks.
#[derive(SimpleObject)]
pub struct Lock {
    /// The lock's id: the movie, the category and the target, for example
    /// lock:tmdb-550:basic-info:/title.
    #[graphql(owned)]
    pub(super) id: ID,
    /// The category of the document.
    category: Category,
    /// What is locked: the JSON Pointer of a field, for example /title, or the id of a list item.
    target: String,
    /// The field's name in snake_case, for example release_date. Null if a list item is locked.
    field: Option<String>,
    /// The list item's id. Null if a field is locked.
    item_id: Option<ID>,
    /// When the lock was set.
    locked_at: DateTime<Utc>,
    /// The author of the lock, usually an email address.
    locked_by: String,
}

impl Lock {
    /// Converts a stored lock.
    pub fn new(movie: &MovieId, category: Category, lock: storage::EditorialLock) -> Self {
        let id = NodeId::Lock(movie.clone(), category, lock.target.clone());
        let field = lock.target.strip_prefix('/').map(str::to_owned);
        let item_id = if field.is_some() { None } else { Some(ID(lock.target.clone())) };
        let storage::EditorialLock { target, locked_at, locked_by } = lock;
        Self { id: ID(id.to_string()), category, target, field, item_id, locked_at, locked_by }
    }
}

/// The fields and list items to lock.
#[derive(Debug, InputObject)]
pub struct LockFieldsInput {
    /// The movie's id, for example tmdb-550.
    pub(in crate::graphql) movie_id: ID,
    /// The category of the document.
    pub(in crate::graphql) category: Category,
    /// Names of fields, in snake_case or camelCase; at most 100. The name of a list locks the whole
    /// list.
    #[graphql(validator(max_items = 100))]
    fields: Option<Vec<String>>,
    /// Ids of list items, in the published document or its draft; at most 5,000.
    #[graphql(validator(max_items = 5000))]
    items: Option<Vec<ID>>,
}

/// The fields and list items to unlock.
#[derive(Debug, InputObject)]
pub struct UnlockFieldsInput {
    /// The movie's id, for example tmdb-550.
    pub(in crate::graphql) movie_id: ID,
    /// The category of the document.
    pub(in crate::graphql) category: Category,
    /// Names of fields, in snake_case or camelCase; at most 100.
    #[graphql(validator(max_items = 100))]
    fields: Option<Vec<String>>,
    /// Ids of list items; at most 5,000.
    #[graphql(validator(max_items = 5000))]
    items: Option<Vec<ID>>,
}

/// The result of lockFields.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct LockFieldsPayload {
    /// All locks of the document after the call, oldest first. Empty if there are user errors.
    locks: Vec<Lock>,
    /// What is wrong with the input. If there are user errors, nothing was locked.
    user_errors: Vec<UserError>,
    #[graphql(skip)]
    movie: Option<MovieId>,
    /// The entry points for reading: what they answer includes what the call changed.
    query: Option<Query>,
}

/// The result of unlockFields.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct UnlockFieldsPayload {
    /// The locks that remain on the document, oldest first. Empty if there are user errors.
    locks: Vec<Lock>,
    /// What is wrong with the input. If there are user errors, nothing was unlocked.
    user_errors: Vec<UserError>,
    #[graphql(skip)]
    movie: Option<MovieId>,
    /// The entry points for reading: what they answer includes what the call changed.
    query: Option<Query>,
}

#[ComplexObject]
impl LockFieldsPayload {
    /// The movie after the call. Null if it does not exist.
    async fn movie(&self, ctx: &Context<'_>) -> Option<async_graphql::Result<Movie>> {
        let movie = self.movie.as_ref()?;
        load_movie(ctx, movie).await.map_err(Into::into).transpose()
    }
}

#[ComplexObject]
impl UnlockFieldsPayload {
    /// The movie after the call. Null if it does not exist.
    async fn movie(&self, ctx: &Context<'_>) -> Option<async_graphql::Result<Movie>> {
        let movie = self.movie.as_ref()?;
        load_movie(ctx, movie).await.map_err(Into::into).transpose()
    }
}

/// Runs the mutation `lockFields`.
pub async fn lock(
    ctx: &Context<'_>,
    input: LockFieldsInput,
) -> Result<LockFieldsPayload, ApiError> {
    let LockFieldsInput { movie_id, category, fields, items } = input;
    let Changed { locks, user_errors, movie } =
        set_locks(ctx, &movie_id, category, fields, items, true).await?;
    Ok(LockFieldsPayload { locks, user_errors, movie, query: Some(Query) })
}

/// Runs the mutation `unlockFields`.
pub async fn unlock(
    ctx: &Context<'_>,
    input: UnlockFieldsInput,
) -> Result<UnlockFieldsPayload, ApiError> {
    let UnlockFieldsInput { movie_id, category, fields, items } = input;
    let Changed { locks, user_errors, movie } =
        set_locks(ctx, &movie_id, category, fields, items, false).await?;
    Ok(UnlockFieldsPayload { locks, user_errors, movie, query: Some(Query) })
}

/// The locks of a document after a change.
struct Changed {
    locks: Vec<Lock>,
    user_errors: Vec<UserError>,
    movie: Option<MovieId>,
}

async fn set_locks(
    ctx: &Context<'_>,
    movie: &ID,
    category: Category,
    fields: Option<Vec<String>>,
    items: Option<Vec<ID>>,
    locked: bool,
) -> Result<Changed, ApiError> {
    let permission = ctx.can_publish_in(category)?;
    let input = InputKind::Own { movie: "movieId" };
    let Ok(movie) = movie.parse::<MovieId>() else {
        let shown: String = movie.chars().take(80).collect();
        let problem = Problem::new("", ProblemCode::NotFound, format!("there is no movie {shown}"));
        let user_errors = UserError::all(vec![problem], input);
        return Ok(Changed { locks: Vec::new(), user_errors, movie: None });
    };
    let items = plain_item_ids(items);
    let targets = LockTargets { fields: fields.unwrap_or_default(), items };
    let LockOutcome { locks, problems } =
        ctx.catalog().set_locks(&permission, &movie, category, &targets, locked).await?;
    let locks = locks.into_iter().map(|lock| Lock::new(&movie, category, lock)).collect();
    let user_errors = UserError::all(problems, input);
    Ok(Changed { locks, user_errors, movie: Some(movie) })
}

has_user_errors!(LockFieldsPayload, UnlockFieldsPayload);
