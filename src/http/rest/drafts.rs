//! Publishing and discarding drafts.

use axum::Json;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::imports::{ImportAnswer, idempotency_key, import_response};
use super::{CategoryPath, parse_category, parse_movie_id, query};
use crate::catalog::access::{CanPublish, Forbidden, Principal};
use crate::catalog::drafts::publish::PublishOptions;
use crate::document::Category;
use crate::document::proposal::ConflictPolicy;
use crate::document::resolve::Resolution;
use crate::http::AppState;
use crate::http::bearer::Bearer;
use crate::http::openapi::{AccessErrors, ServerErrors};
use crate::http::path::Path;
use crate::http::problem::ProblemDetails;

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::default().routes(routes!(publish)).routes(routes!(discard))
}

/// The query parameters of publishing.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct PublishParameters {
    /// Plan only: the response says what would change, and nothing is written.
    dry_run: bool,
    /// The digest of a plan. If publishing would now do something else, the response is 409
    /// PLAN_STALE with the new plan.
    expected_plan: Option<String>,
    /// How to resolve conflicts, where the draft and the published document changed the same value
    /// since the base revision: fail (the default), keep_current or take_import.
    #[param(inline, value_type = ConflictPolicy)]
    on_conflict: Option<ConflictPolicy>,
    /// Which entities names in the draft mean, as JSON: [{"path": "/cast/3/name", "entity_id":
    /// "tmdb-person-287"}]; instead of entity_id, "create_new": true or "skip": true; with
    /// "everywhere": true for all movies.
    #[param(value_type = String)]
    #[serde(deserialize_with = "query::resolutions")]
    resolutions: Vec<Resolution>,
    /// Whether to change locked values too.
    override_locks: bool,
    /// Identifies the request: a repeated request with the same key gets the first response. The
    /// header Idempotency-Key does the same.
    #[param(min_length = 1, max_length = 255)]
    idempotency_key: Option<String>,
}

impl From<PublishParameters> for PublishOptions {
    fn from(parameters: PublishParameters) -> Self {
        Self {
            dry_run: parameters.dry_run,
            expected_plan: parameters.expected_plan,
            on_conflict: parameters.on_conflict,
            resolutions: parameters.resolutions,
            override_locks: parameters.override_locks,
            idempotency_key: parameters.idempotency_key,
        }
    }
}

/// Publishes the draft of a category: merges it into the published document.
#[utoipa::path(
    post, path = "/api/v1/admin/movies/{id}/publish/{category}",
    tag = "drafts", security(("bearer" = [])),
    params(
        CategoryPath,
        PublishParameters,
        (
            "Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255,
            description = "See idempotency_key."
        ),
    ),
    responses(
        (status = 200, description = "Published, planned, or unchanged.", body = ImportAnswer),
        (
            status = 400, body = ProblemDetails, content_type = "application/problem+json",
            description = "An unknown option."
        ),
        AccessErrors,
        (
            status = 404, body = ProblemDetails, content_type = "application/problem+json",
            description = "There is no such movie, category or draft."
        ),
        (
            status = 409, body = ProblemDetails, content_type = "application/problem+json",
            description = "A value changed on both sides (CONFLICT), a stale plan (PLAN_STALE), a \
                           locked value (LOCKED), an ambiguous name (AMBIGUOUS_MATCH), or an \
                           idempotency key used for another request (IDEMPOTENCY_MISMATCH); with \
                           the plan."
        ),
        (
            status = 422, body = ProblemDetails, content_type = "application/problem+json",
            description = "The draft is invalid; every problem is listed."
        ),
        ServerErrors,
    )
)]
async fn publish(
    State(state): State<AppState>,
    Bearer(principal): Bearer,
    Path(CategoryPath { id, category }): Path<CategoryPath>,
    RawQuery(parameters): RawQuery,
    headers: HeaderMap,
) -> Result<Json<ImportAnswer>, ProblemDetails> {
    let reader = principal.can_draft()?;
    let options = options(parameters.as_deref(), &headers);
    let is_dry_run = options.as_ref().is_ok_and(|options| options.dry_run);
    let category = parse_category(&category);
    let permission = if is_dry_run { None } else { Some(can_publish(&principal, &category)?) };
    let (movie, category) = (parse_movie_id(&id)?, category?);
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
    let Json(mut response) = import_response(&movie, category, outcome, false)?;
    if !is_dry_run {
        response.mention_closed_draft();
    }
    Ok(Json(response))
}

/// The query parameters of discarding.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct DiscardParameters {
    /// Why the draft is discarded, for its authors. It is kept in the import log.
    #[param(max_length = 1000)]
    reason: Option<String>,
}

/// Discards the draft of a category.
#[utoipa::path(
    delete, path = "/api/v1/admin/movies/{id}/draft/{category}",
    tag = "drafts", security(("bearer" = [])),
    params(CategoryPath, DiscardParameters),
    responses(
        (status = 204, description = "The draft was discarded."),
        (
            status = 400, body = ProblemDetails, content_type = "application/problem+json",
            description = "An unknown query parameter."
        ),
        AccessErrors,
        (
            status = 404, body = ProblemDetails, content_type = "application/problem+json",
            description = "There is no such movie, category or draft."
        ),
        (
            status = 409, body = ProblemDetails, content_type = "application/problem+json",
            description = "The draft was changed by another request at the same time (CONFLICT)."
        ),
        (
            status = 422, body = ProblemDetails, content_type = "application/problem+json",
            description = "The reason is too long, or contains control characters."
        ),
        ServerErrors,
    )
)]
async fn discard(
    State(state): State<AppState>,
    Bearer(principal): Bearer,
    Path(CategoryPath { id, category }): Path<CategoryPath>,
    RawQuery(parameters): RawQuery,
) -> Result<axum::http::StatusCode, ProblemDetails> {
    let category = parse_category(&category);
    let permission = can_publish(&principal, &category)?;
    let (movie, category) = (parse_movie_id(&id)?, category?);
    // A client that asks for a dry run must not lose the draft.
    let parameters: DiscardParameters = query::parse(parameters.as_deref(), "discarding")?;
    let reason = parameters.reason.as_deref();
    let outcome = state.catalog.discard_draft(&permission, &movie, category, reason).await?;
    if outcome.problems.is_empty() {
        return Ok(axum::http::StatusCode::NO_CONTENT);
    }
    Err(ProblemDetails::from_problems(outcome.problems))
}

/// The permission for the category of the path, which is looked at only afterwards if it is wrong.
fn can_publish(
    principal: &Principal,
    category: &Result<Category, ProblemDetails>,
) -> Result<CanPublish, Forbidden> {
    match category {
        Ok(category) => principal.can_publish_in(*category),
        Err(_) => principal.can_publish(),
    }
}

fn options(
    parameters: Option<&str>,
    headers: &HeaderMap,
) -> Result<PublishOptions, ProblemDetails> {
    let parameters: PublishParameters = query::parse(parameters, "publishing")?;
    let mut options = PublishOptions::from(parameters);
    options.idempotency_key = idempotency_key(headers, options.idempotency_key)?;
    Ok(options)
}
