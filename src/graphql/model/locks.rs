//! Locks: as they are shown, set and lifted.

use async_graphql::{Context, ID, InputObject, SimpleObject};
use chrono::{DateTime, Utc};

use super::payloads::{UserError, user_errors};
use crate::catalog::locks::{LockOutcome, LockTargets};
use crate::document::{Category, MovieId, Problem, ProblemCode};
use crate::graphql::context::ContextExt;
use crate::graphql::error::ApiError;
use crate::storage;

/// A field or a list item that imports from TMDB and LLM_GENERATED do not change.
#[derive(SimpleObject)]
pub struct Lock {
    /// Which category it is in.
    category: Category,
    /// What is locked: "/title", the JSON Pointer of a field, or the id of a list item.
    target: String,
    /// The name of the field, as in a file: snake_case. Null if it is an item.
    field: Option<String>,
    /// The id of the item. Null if it is a field.
    item_id: Option<ID>,
    /// Since when.
    locked_at: DateTime<Utc>,
    /// Who locked it.
    locked_by: String,
}

impl Lock {
    /// The lock as it is shown.
    pub fn of(category: Category, lock: storage::EditorialLock) -> Self {
        let field = lock.target.strip_prefix('/').map(str::to_owned);
        let item_id = if field.is_some() { None } else { Some(ID(lock.target.clone())) };
        let storage::EditorialLock { target, locked_at, locked_by } = lock;
        Self { category, target, field, item_id, locked_at, locked_by }
    }
}

/// What to lock.
#[derive(Debug, InputObject)]
pub struct LockFieldsInput {
    /// The movie's id.
    movie_id: ID,
    /// Which category.
    category: Category,
    /// The names of fields, in snake_case or camelCase. A whole list may be locked by its name.
    #[graphql(validator(max_items = 100))]
    fields: Option<Vec<String>>,
    /// The ids of list items, of the published category or of its draft.
    #[graphql(validator(max_items = 5000))]
    items: Option<Vec<ID>>,
}

/// What to unlock.
#[derive(Debug, InputObject)]
pub struct UnlockFieldsInput {
    /// The movie's id.
    movie_id: ID,
    /// Which category.
    category: Category,
    /// The names of fields, in snake_case or camelCase.
    #[graphql(validator(max_items = 100))]
    fields: Option<Vec<String>>,
    /// The ids of list items.
    #[graphql(validator(max_items = 5000))]
    items: Option<Vec<ID>>,
}

/// What came of locking.
#[derive(SimpleObject)]
pub struct LockFieldsPayload {
    /// What is locked in the category now, oldest first. Empty if there are user errors.
    locks: Vec<Lock>,
    /// What is wrong with the input. If there is anything, nothing was locked.
    user_errors: Vec<UserError>,
}

/// What came of unlocking.
#[derive(SimpleObject)]
pub struct UnlockFieldsPayload {
    /// What is still locked in the category, oldest first. Empty if there are user errors.
    locks: Vec<Lock>,
    /// What is wrong with the input. If there is anything, nothing was unlocked.
    user_errors: Vec<UserError>,
}

/// Locks fields and items.
pub async fn lock(
    ctx: &Context<'_>,
    input: LockFieldsInput,
) -> Result<LockFieldsPayload, ApiError> {
    let LockFieldsInput { movie_id, category, fields, items } = input;
    let (locks, user_errors) = set(ctx, &movie_id, category, fields, items, true).await?;
    Ok(LockFieldsPayload { locks, user_errors })
}

/// Unlocks fields and items.
pub async fn unlock(
    ctx: &Context<'_>,
    input: UnlockFieldsInput,
) -> Result<UnlockFieldsPayload, ApiError> {
    let UnlockFieldsInput { movie_id, category, fields, items } = input;
    let (locks, user_errors) = set(ctx, &movie_id, category, fields, items, false).await?;
    Ok(UnlockFieldsPayload { locks, user_errors })
}

async fn set(
    ctx: &Context<'_>,
    movie: &ID,
    category: Category,
    fields: Option<Vec<String>>,
    items: Option<Vec<ID>>,
    locked: bool,
) -> Result<(Vec<Lock>, Vec<UserError>), ApiError> {
    let permission = ctx.can_publish()?;
    let Ok(movie) = movie.parse::<MovieId>() else {
        let shown: String = movie.chars().take(80).collect();
        let problem = Problem::new("", ProblemCode::NotFound, format!("there is no movie {shown}"));
        return Ok((Vec::new(), user_errors(vec![problem])));
    };
    let items = items.unwrap_or_default().into_iter().map(|id| id.0).collect();
    let targets = LockTargets { fields: fields.unwrap_or_default(), items };
    let LockOutcome { locks, problems } =
        ctx.catalog().set_locks(&permission, &movie, category, &targets, locked).await?;
    Ok((locks.into_iter().map(|lock| Lock::of(category, lock)).collect(), user_errors(problems)))
}
