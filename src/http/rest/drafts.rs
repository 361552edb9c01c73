//! A draft published, or discarded.

use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::routing::{delete, post};
use axum::{Json, Router};

use super::imports::{ImportAnswer, answer, idempotency_key};
use super::{category_of, given, movie_of, no_parameters};
use crate::catalog::drafts::publish::PublishOptions;
use crate::document::proposal::ConflictPolicy;
use crate::http::AppState;
use crate::http::bearer::Bearer;
use crate::http::openapi::ProblemBody;
use crate::http::problem::ProblemDetails;

pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/v1/admin/movies/{id}/publish/{category}", post(publish))
        .route("/api/v1/admin/movies/{id}/draft/{category}", delete(discard))
}

/// Publishes the draft of a category: merges it into what is published by now.
#[utoipa::path(
    post, path = "/api/v1/admin/movies/{id}/publish/{category}", tag = "drafts", security(("bearer" = [])),
    params(
        ("id" = String, Path, description = "The movie's id, for example tmdb-550."),
        ("category" = String, Path, description = "basic-info, cast-crew, timeline, trivia, awards, media or streaming; underscores are read too."),
        ("dry_run" = Option<bool>, Query, description = "Plan only: the answer says what would change, and nothing is written."),
        ("expected_plan" = Option<String>, Query, description = "The digest of a plan. If publishing would do something else by now, the answer is 409 PLAN_STALE with the new plan."),
        ("on_conflict" = Option<String>, Query, description = "How to settle what was changed both in the draft and in the published document since: fail (the default), keep_current or take_import."),
        ("resolutions" = Option<String>, Query, description = "Answers to the draft's open questions, as JSON: [{\"path\": \"/cast/3/name\", \"entity_id\": \"tmdb-person-287\"}]; instead of entity_id, \"create_new\": true or \"skip\": true; with \"everywhere\": true for all movies."),
        ("override_locks" = Option<bool>, Query, description = "Whether what is locked may change."),
        ("idempotency_key" = Option<String>, Query, description = "Makes a repeated request the same request. The header Idempotency-Key does the same."),
        ("Idempotency-Key" = Option<String>, Header, description = "See idempotency_key."),
    ),
    responses(
        (status = 200, description = "Published, planned, or unchanged.", body = ImportAnswer),
        (status = 400, description = "An unknown option.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No token, or one that is not to be trusted.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such movie, category or draft.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "What was changed on both sides (CONFLICT), a plan that no longer holds (PLAN_STALE), a locked value (LOCKED), a name that fits several (AMBIGUOUS_MATCH), or an idempotency key used with another request (IDEMPOTENCY_MISMATCH); with the plan.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The draft breaks rules; every broken one is listed.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub async fn publish(
    State(state): State<AppState>,
    Bearer(principal): Bearer,
    Path((id, category)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Json<ImportAnswer>, ProblemDetails> {
    let reader = principal.can_draft()?;
    let options = options(query.as_deref().unwrap_or_default(), &headers);
    let is_dry_run = options.as_ref().is_ok_and(|options| options.dry_run);
    let permission = if is_dry_run { None } else { Some(principal.can_publish()?) };
    let (movie, category) = (movie_of(&id)?, category_of(&category)?);
    let options = match options {
        Ok(options) => options,
        Err(refused) => {
            return Err(super::imports::or_no_such_movie(&state, &reader, &movie, refused).await?);
        }
    };
    let outcome = match permission {
        Some(permission) => {
            state.catalog.publish_draft(&permission, &movie, category, &options).await?
        }
        None => state.catalog.plan_publication(&reader, &movie, category, &options).await?,
    };
    let Json(mut answer) = answer(&movie, category, outcome)?;
    if !is_dry_run {
        answer.close_draft();
    }
    Ok(Json(answer))
}

/// Discards the draft of a category.
#[utoipa::path(
    delete, path = "/api/v1/admin/movies/{id}/draft/{category}", tag = "drafts", security(("bearer" = [])),
    params(
        ("id" = String, Path, description = "The movie's id, for example tmdb-550."),
        ("category" = String, Path, description = "basic-info, cast-crew, timeline, trivia, awards, media or streaming; underscores are read too."),
    ),
    responses(
        (status = 204, description = "The draft is gone."),
        (status = 401, description = "No token, or one that is not to be trusted.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such movie, category or draft.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub async fn discard(
    State(state): State<AppState>,
    Bearer(principal): Bearer,
    Path((id, category)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Result<axum::http::StatusCode, ProblemDetails> {
    let permission = principal.can_publish()?;
    let (movie, category) = (movie_of(&id)?, category_of(&category)?);
    // Whoever asks for a dry run must not lose the draft.
    no_parameters(query.as_deref(), "discarding")?;
    let outcome = state.catalog.discard_draft(&permission, &movie, category).await?;
    if outcome.problems.is_empty() {
        return Ok(axum::http::StatusCode::NO_CONTENT);
    }
    Err(ProblemDetails::of_problems(outcome.problems))
}

/// The options of publishing, as query parameters.
const OPTIONS: [&str; 6] =
    ["dry_run", "expected_plan", "on_conflict", "resolutions", "override_locks", "idempotency_key"];

fn options(query: &str, headers: &HeaderMap) -> Result<PublishOptions, ProblemDetails> {
    let mut options = PublishOptions::default();
    for given in given::parameters(query, "publishing", &OPTIONS, &[])? {
        match &*given.name {
            "dry_run" => options.dry_run = given.boolean()?,
            "expected_plan" => options.expected_plan = Some(given.value.into_owned()),
            "on_conflict" => {
                options.on_conflict =
                    Some(given.word(ConflictPolicy::parse, ConflictPolicy::VALUES)?);
            }
            "resolutions" => options.resolutions = given.resolutions()?,
            "override_locks" => options.override_locks = given.boolean()?,
            "idempotency_key" => options.idempotency_key = Some(given.value.into_owned()),
            _ => {}
        }
    }
    options.idempotency_key = idempotency_key(headers, options.idempotency_key)?;
    Ok(options)
}
