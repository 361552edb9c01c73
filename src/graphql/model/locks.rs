//! Editorial locks: the type, and the mutations that set and remove them.

use async_graphql::{Context, ID, InputObject, SimpleObject};
use chrono::{DateTime, Utc};

use super::inputs::plain_item_ids;
use crate::catalog::locks::{LockOutcome, LockTargets};
use crate::document::node_ids::NodeId;
use crate::document::{Category, MovieId, Problem, ProblemCode};
use crate::graphql::context::ContextExt;
use crate::graphql::error::ApiError;
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
    movie_id: ID,
    /// The category of the document.
    category: Category,
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
    movie_id: ID,
    /// The category of the document.
    category: Category,
    /// Names of fields, in snake_case or camelCase; at most 100.
    #[graphql(validator(max_items = 100))]
    fields: Option<Vec<String>>,
    /// Ids of list items; at most 5,000.
    #[graphql(validator(max_items = 5000))]
    items: Option<Vec<ID>>,
}

/// The result of lockFields.
#[derive(SimpleObject)]
pub struct LockFieldsPayload {
    /// All locks of the document after the call, oldest first. Empty if there are user errors.
    locks: Vec<Lock>,
    /// What is wrong with the input. If there are user errors, nothing was locked.
    user_errors: Vec<Problem>,
}

/// The result of unlockFields.
#[derive(SimpleObject)]
pub struct UnlockFieldsPayload {
    /// The locks that remain on the document, oldest first. Empty if there are user errors.
    locks: Vec<Lock>,
    /// What is wrong with the input. If there are user errors, nothing was unlocked.
    user_errors: Vec<Problem>,
}

/// Runs the mutation `lockFields`.
pub async fn lock(
    ctx: &Context<'_>,
    input: LockFieldsInput,
) -> Result<LockFieldsPayload, ApiError> {
    let LockFieldsInput { movie_id, category, fields, items } = input;
    let (locks, user_errors) = set_locks(ctx, &movie_id, category, fields, items, true).await?;
    Ok(LockFieldsPayload { locks, user_errors })
}

/// Runs the mutation `unlockFields`.
pub async fn unlock(
    ctx: &Context<'_>,
    input: UnlockFieldsInput,
) -> Result<UnlockFieldsPayload, ApiError> {
    let UnlockFieldsInput { movie_id, category, fields, items } = input;
    let (locks, user_errors) = set_locks(ctx, &movie_id, category, fields, items, false).await?;
    Ok(UnlockFieldsPayload { locks, user_errors })
}

async fn set_locks(
    ctx: &Context<'_>,
    movie: &ID,
    category: Category,
    fields: Option<Vec<String>>,
    items: Option<Vec<ID>>,
    locked: bool,
) -> Result<(Vec<Lock>, Vec<Problem>), ApiError> {
    let permission = ctx.can_publish_in(category)?;
    let Ok(movie) = movie.parse::<MovieId>() else {
        let shown: String = movie.chars().take(80).collect();
        let problem = Problem::new("", ProblemCode::NotFound, format!("there is no movie {shown}"));
        return Ok((Vec::new(), vec![problem]));
    };
    let items = plain_item_ids(items);
    let targets = LockTargets { fields: fields.unwrap_or_default(), items };
    let LockOutcome { locks, problems } =
        ctx.catalog().set_locks(&permission, &movie, category, &targets, locked).await?;
    Ok((locks.into_iter().map(|lock| Lock::new(&movie, category, lock)).collect(), problems))
}
