//! Publishing and discarding drafts.

use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use axum::routing::{delete, post};
use axum::{Json, Router};

use super::imports::{ImportAnswer, idempotency_key, import_response};
use super::{given, parse_category, parse_movie_id, reject_parameters};
use crate::catalog::drafts::publish::PublishOptions;
use crate::document::merge::ConflictPolicy;
use crate::http::AppState;
use crate::http::bearer::Bearer;
use crate::http::openapi::ProblemBody;
use crate::http::problem::ProblemDetails;

pub fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/v1/admin/movies/{id}/publish/{category}", post(publish))
        .route("/api/v1/admin/movies/{id}/draft/{category}", delete(discard))
}

/// Publishes the draft of a category: merges it into the published document.
#[utoipa::path(
    post, path = "/api/v1/admin/movies/{id}/publish/{category}", tag = "drafts", security(("bearer" = [])),
    params(
        ("id" = String, Path, description = "The movie's id, for example tmdb-550."),
        ("category" = String, Path, description = "basic-info, cast-crew, timeline, trivia, awards, media or streaming; underscores are also accepted."),
        ("dry_run" = Option<bool>, Query, description = "Plan only: the response says what would change, and nothing is written."),
        ("expected_plan" = Option<String>, Query, description = "The digest of a plan. If publishing would now do something else, the response is 409 PLAN_STALE with the new plan."),
        ("on_conflict" = Option<String>, Query, description = "How to resolve conflicts, where the draft and the published document changed the same value since the base revision: fail (the default), keep_current or take_import."),
        ("resolutions" = Option<String>, Query, description = "Which entities names in the draft mean, as JSON: [{\"path\": \"/cast/3/name\", \"entity_id\": \"tmdb-person-287\"}]; instead of entity_id, \"create_new\": true or \"skip\": true; with \"everywhere\": true for all movies."),
        ("override_locks" = Option<bool>, Query, description = "Whether to change locked values too."),
        ("idempotency_key" = Option<String>, Query, description = "Identifies the request: a repeated request with the same key gets the first response. The header Idempotency-Key does the same."),
        ("Idempotency-Key" = Option<String>, Header, description = "See idempotency_key."),
    ),
    responses(
        (status = 200, description = "Published, planned, or unchanged.", body = ImportAnswer),
        (status = 400, description = "An unknown option.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No token, or an invalid one.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such movie, category or draft.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "A value changed on both sides (CONFLICT), a stale plan (PLAN_STALE), a locked value (LOCKED), an ambiguous name (AMBIGUOUS_MATCH), or an idempotency key used for another request (IDEMPOTENCY_MISMATCH); with the plan.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The draft is invalid; every problem is listed.", body = ProblemBody, content_type = "application/problem+json"),
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
    let (movie, category) = (parse_movie_id(&id)?, parse_category(&category)?);
    let options = match options {
        Ok(options) => options,
        Err(problem) => {
            return Err(super::imports::or_no_such_movie(&state, &reader, &movie, problem).await?);
        }
    };
    let outcome = match permission {
        Some(permission) => {
            state.catalog.publish_draft(&permission, &movie, category, &options).await?
        }
        None => state.catalog.plan_publication(&reader, &movie, category, &options).await?,
    };
    let Json(mut response) = import_response(&movie, category, outcome)?;
    if !is_dry_run {
        response.mention_closed_draft();
    }
    Ok(Json(response))
}

/// Discards the draft of a category.
#[utoipa::path(
    delete, path = "/api/v1/admin/movies/{id}/draft/{category}", tag = "drafts", security(("bearer" = [])),
    params(
        ("id" = String, Path, description = "The movie's id, for example tmdb-550."),
        ("category" = String, Path, description = "basic-info, cast-crew, timeline, trivia, awards, media or streaming; underscores are also accepted."),
    ),
    responses(
        (status = 204, description = "The draft was discarded."),
        (status = 401, description = "No token, or an invalid one.", body = ProblemBody, content_type = "application/problem+json"),
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
    let (movie, category) = (parse_movie_id(&id)?, parse_category(&category)?);
    // A client that asks for a dry run must not lose the draft.
    reject_parameters(query.as_deref(), "discarding")?;
    let outcome = state.catalog.discard_draft(&permission, &movie, category).await?;
    if outcome.problems.is_empty() {
        return Ok(axum::http::StatusCode::NO_CONTENT);
    }
    Err(ProblemDetails::from_problems(outcome.problems))
}

/// The options of publishing, as query parameters.
const OPTIONS: [&str; 6] =
    ["dry_run", "expected_plan", "on_conflict", "resolutions", "override_locks", "idempotency_key"];

fn options(query: &str, headers: &HeaderMap) -> Result<PublishOptions, ProblemDetails> {
    let mut options = PublishOptions::default();
    for parameter in given::parameters(query, "publishing", &OPTIONS, &[])? {
        match &*parameter.name {
            "dry_run" => options.dry_run = parameter.boolean()?,
            "expected_plan" => options.expected_plan = Some(parameter.value.into_owned()),
            "on_conflict" => {
                options.on_conflict =
                    Some(parameter.one_of(ConflictPolicy::parse, ConflictPolicy::VALUES)?);
            }
            "resolutions" => options.resolutions = parameter.resolutions()?,
            "override_locks" => options.override_locks = parameter.boolean()?,
            "idempotency_key" => options.idempotency_key = Some(parameter.value.into_owned()),
            _ => {}
        }
    }
    options.idempotency_key = idempotency_key(headers, options.idempotency_key)?;
    Ok(options)
}
