//! Importing one category.

use axum::Json;
use axum::extract::{RawQuery, Request, State};
use axum::http::HeaderMap;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::envelope::AnyObject;
use super::{
    CategoryPath, is_json, no_such_movie, parse_category, parse_movie_id, query, read_body,
    unsupported_media_type,
};
use crate::catalog::access::CanDraft;
use crate::catalog::import::{ImportOptions, ImportStatus, Outcome, SentDocument};
use crate::document::MovieId;
use crate::document::plan::{ImportPlan, Match, Report};
use crate::document::proposal::{ConflictPolicy, ImportMode, NullPolicy};
use crate::document::resolve::{MatchDecision, Resolution};
use crate::document::{Category, Problem, Source, Stage};
use crate::http::bearer::Bearer;
use crate::http::openapi::{AccessErrors, BodyErrors, ServerErrors};
use crate::http::path::Path;
use crate::http::problem::ProblemDetails;
use crate::http::{AppState, MAX_BODY};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::default().routes(routes!(import))
}

/// The result of an import.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportAnswer {
    /// Always true; errors are returned as problem details.
    success: bool,
    /// published, drafted, planned (a dry run), or unchanged if the stored document already has the
    /// imported values.
    #[schema(value_type = String)]
    status: ImportStatus,
    /// A summary, for a person.
    message: String,
    /// The top-level fields that changed.
    updated_fields: Vec<String>,
    /// Always empty; errors are returned as problem details.
    errors: Vec<Problem>,
    /// The changes, conflicts and warnings.
    plan: ImportPlan,
    /// The current published revision; for a draft, its base revision.
    revision: i64,
    /// The revision of the draft, if the import went into a draft.
    draft_revision: Option<i64>,
    /// The id of the entry in the import log; null for a dry run.
    import_id: Option<String>,
    /// A text for the language model that wrote the document: what to correct, and the format to
    /// send. Absent if there is nothing to correct.
    #[serde(skip_serializing_if = "Option::is_none")]
    repair_hint: Option<String>,
}

impl ImportAnswer {
    /// Adds to the message of an unchanged document that publishing closed the draft.
    pub(super) fn mention_closed_draft(&mut self) {
        if self.status == ImportStatus::Unchanged {
            self.message.push_str("; the draft is closed");
        }
    }
}

/// The query parameters of an import.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
#[allow(clippy::struct_excessive_bools, reason = "each is a separate parameter")]
pub(super) struct ImportParameters {
    /// published (the default), or draft: the changes then wait in a draft until it is published.
    #[param(inline, value_type = Stage)]
    pub(super) target: Option<Stage>,
    /// merge (the default) changes and adds; replace also removes list items that the document
    /// dropped since its base revision.
    #[param(inline, value_type = ImportMode)]
    pub(super) mode: Option<ImportMode>,
    /// Plan only: the response says what would change, and nothing is written.
    pub(super) dry_run: bool,
    /// The digest of a plan. If the import would now do something else, the response is 409
    /// PLAN_STALE with the new plan.
    pub(super) expected_plan: Option<String>,
    /// Paths of changes of the plan expected_plan that are not to be made, separated by commas. The
    /// plan in the response lacks them, and has a digest of its own. If a removal and an addition
    /// have the same path, the path means both; "REMOVE /genres/1" means only the removal.
    #[param(value_type = String)]
    pub(super) skip_changes: Vec<String>,
    /// The source of the values, overriding the document: tmdb, manual or llm-generated.
    #[param(inline, value_type = Source)]
    pub(super) source: Option<Source>,
    /// How to treat null. keep (the default): keep the stored value; clear: remove it.
    #[param(inline, value_type = NullPolicy)]
    pub(super) nulls: Option<NullPolicy>,
    /// The base revision of the document; by default its metadata.revision. A replace that removes
    /// items needs one.
    #[param(minimum = 0)]
    pub(super) base_revision: Option<i64>,
    /// Ids of list items to remove, separated by commas.
    #[param(value_type = String)]
    pub(super) remove_items: Vec<String>,
    /// Which entities names mean, as JSON: [{"path": "/cast/3/name", "entity_id":
    /// "tmdb-person-287"}]; instead of entity_id, "create_new": true or "skip": true; with
    /// "everywhere": true for all movies.
    #[param(value_type = String)]
    #[serde(deserialize_with = "query::resolutions")]
    pub(super) resolutions: Vec<Resolution>,
    /// How to resolve conflicts, where the document and the catalogue changed the same value since
    /// the base revision: fail (the default), keep_current or take_import.
    #[param(inline, value_type = ConflictPolicy)]
    pub(super) on_conflict: Option<ConflictPolicy>,
    /// Whether to change locked values too, if the source is manual.
    pub(super) override_locks: bool,
    /// Whether an unknown key is an error.
    pub(super) strict: bool,
    /// Whether to remove citation marks, markup and invisible characters from texts. Otherwise they
    /// are kept as sent, with a warning.
    pub(super) clean: bool,
    /// Whether to create the movie if it does not exist. Needs the role ADMIN; a dry run does not.
    pub(super) create_movie: bool,
    /// Identifies the request: within a day, a request with the same key and the same input gets
    /// the first response. The header Idempotency-Key does the same.
    #[param(min_length = 1, max_length = 255)]
    pub(super) idempotency_key: Option<String>,
}

impl From<ImportParameters> for ImportOptions {
    fn from(parameters: ImportParameters) -> Self {
        let defaults = Self::default();
        Self {
            target: parameters.target.unwrap_or(defaults.target),
            mode: parameters.mode.unwrap_or(defaults.mode),
            dry_run: parameters.dry_run,
            expected_plan: parameters.expected_plan,
            skip_changes: parameters.skip_changes,
            source: parameters.source,
            nulls: parameters.nulls.unwrap_or(defaults.nulls),
            base_revision: parameters.base_revision,
            remove_items: parameters.remove_items,
            resolutions: parameters.resolutions,
            on_conflict: parameters.on_conflict.unwrap_or(defaults.on_conflict),
            override_locks: parameters.override_locks,
            strict: parameters.strict,
            clean: parameters.clean,
            create_movie: parameters.create_movie,
            idempotency_key: parameters.idempotency_key,
            ..defaults
        }
    }
}

/// Imports one category of a movie: an exported or edited file, or a language model's answer.
#[utoipa::path(
    post, path = "/api/v1/admin/movies/{id}/import/{category}",
    tag = "import", security(("bearer" = [])),
    params(
        CategoryPath,
        ImportParameters,
        (
            "Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255,
            description = "See idempotency_key."
        ),
    ),
    request_body(
        content = inline(AnyObject),
        description = "The envelope, as described by /api/v1/schemas/{category}; or a language \
                       model's answer that contains it, or its data alone. At most 16 MiB.",
    ),
    responses(
        (
            status = 200, body = ImportAnswer,
            description = "Published, drafted, planned, or unchanged."
        ),
        (
            status = 400, body = ProblemDetails, content_type = "application/problem+json",
            description = "Invalid JSON, another movie or category than in the URL, an unsupported \
                           version, or an unknown option."
        ),
        AccessErrors,
        (
            status = 404, body = ProblemDetails, content_type = "application/problem+json",
            description = "There is no such movie or category."
        ),
        (
            status = 409, body = ProblemDetails, content_type = "application/problem+json",
            description = "A value changed on both sides (CONFLICT), a stale plan (PLAN_STALE), a \
                           locked value (LOCKED), an ambiguous name or an id with two unrelated \
                           names (AMBIGUOUS_MATCH), a replace without a base revision \
                           (BASE_REQUIRED), or an idempotency key used for another request \
                           (IDEMPOTENCY_MISMATCH); with the plan."
        ),
        BodyErrors,
        (
            status = 422, body = ProblemDetails, content_type = "application/problem+json",
            description = "The data is invalid; every problem is listed. Or nothing in it could be \
                           read (NOTHING_READ)."
        ),
        ServerErrors,
    )
)]
async fn import(
    State(state): State<AppState>,
    Bearer(principal): Bearer,
    Path(CategoryPath { id, category }): Path<CategoryPath>,
    RawQuery(parameters): RawQuery,
    request: Request,
) -> Result<Json<ImportAnswer>, ProblemDetails> {
    // Without the role for planning, no other error is reported.
    let reader = principal.can_draft()?;
    let options = options(parameters.as_deref(), request.headers());
    let creates_movie = options.as_ref().is_ok_and(|options| options.create_movie);
    let skips_changes = options.as_ref().is_ok_and(|options| !options.skip_changes.is_empty());
    let permission = match options {
        Ok(options) => Ok(principal.can_import(options)?),
        Err(problem) => Err(problem),
    };
    let movie = parse_movie_id(&id)?;
    let category = parse_category(&category)?;
    let read = match permission {
        Ok(permission) => read_document(request).await.map(|text| (permission, text)),
        Err(problem) => Err(problem),
    };
    let (permission, text) = match read {
        Ok(read) => read,
        Err(problem) if creates_movie => return Err(problem),
        Err(problem) => {
            let problem = or_no_such_movie(&state, &reader, &movie, problem).await?;
            return Err(problem.with_remedy(CREATE_MOVIE));
        }
    };
    let incoming = SentDocument::Document { text, category: Some(category) };
    let outcome = state.catalog.import(&permission, &movie, incoming).await?;
    let hint = outcome.repair_hint(&movie, Some(category));
    let outcome = outcome.with_remedy(CREATE_MOVIE);
    match import_response(&movie, category, outcome, skips_changes) {
        Ok(Json(response)) => Ok(Json(ImportAnswer { repair_hint: hint, ..response })),
        Err(problem) => Err(problem.with_repair_hint(hint)),
    }
}

/// The advice for a movie that does not exist.
const CREATE_MOVIE: &str = "an ADMIN can create it with create_movie=true";

async fn read_document(request: Request) -> Result<Bytes, ProblemDetails> {
    if !is_json(request.headers()) {
        return Err(unsupported_media_type());
    }
    read_body(request.into_body(), MAX_BODY).await
}

/// Replaces a problem of the request by a 404 if the movie does not exist.
pub(super) async fn or_no_such_movie(
    state: &AppState,
    permission: &CanDraft,
    movie: &MovieId,
    problem: ProblemDetails,
) -> Result<ProblemDetails, ProblemDetails> {
    let exists = state.catalog.movie_exists(&permission.can_read(), movie).await?;
    Ok(if exists { problem } else { no_such_movie(movie.as_str()) })
}

fn options(parameters: Option<&str>, headers: &HeaderMap) -> Result<ImportOptions, ProblemDetails> {
    let parameters: ImportParameters = query::parse(parameters, "an import")?;
    let mut options = ImportOptions::from(parameters);
    options.idempotency_key = idempotency_key(headers, options.idempotency_key)?;
    Ok(options)
}

/// The idempotency key of a request: from the header `Idempotency-Key`, plain or as a quoted string
/// (draft-ietf-httpapi-idempotency-key-header), or from the query.
///
/// # Errors
/// 400 for more than one key, unless header and query have the same.
pub(super) fn idempotency_key(
    headers: &HeaderMap,
    queried: Option<String>,
) -> Result<Option<String>, ProblemDetails> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(queried) };
    let text = value
        .to_str()
        .map_err(|_| ProblemDetails::bad_request("Idempotency-Key: allowed is visible ASCII"))?;
    let text = text.trim();
    let unquoted = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(text);
    if queried.is_some_and(|queried| queried != unquoted)
        || headers.get_all("idempotency-key").iter().count() > 1
    {
        return Err(ProblemDetails::bad_request("two idempotency keys are given; allowed is one"));
    }
    Ok(Some(unquoted.to_owned()))
}

/// How many fields of the document were not read; `None` if all were read.
fn unread_fields(plan: Option<&Report>) -> Option<String> {
    match plan.map_or(0, Report::fields_not_read) {
        0 => None,
        1 => Some("1 field of the document was not read (see the warnings)".to_owned()),
        count => Some(format!("{count} fields of the document were not read (see the warnings)")),
    }
}

/// The message for an import without changes.
fn unchanged_message(
    category: Category,
    movie: &MovieId,
    plan: Option<&Report>,
    skips_changes: bool,
) -> String {
    let (locked, kept) = plan.map_or((0, 0), |plan| (plan.skipped.len(), plan.conflicts.len()));
    let is_skipped = |found: &&Match| found.decision == MatchDecision::Skipped;
    let skipped_names = plan.map_or(0, |plan| plan.matches.iter().filter(is_skipped).count());
    let mut reasons = Vec::new();
    if skips_changes {
        reasons.push("all changes were skipped".to_owned());
    }
    if skipped_names > 0 {
        reasons.push(format!("{skipped_names} skipped by a resolution"));
    }
    if locked > 0 {
        reasons.push(format!("{locked} locked"));
    }
    if kept > 0 {
        reasons.push(format!("{kept} in conflict, kept as stored"));
    }
    reasons.extend(unread_fields(plan));
    if reasons.is_empty() {
        return format!("{category} of {movie} already has all of this; nothing was changed");
    }
    format!("nothing of {category} of {movie} was changed: {}", reasons.join(", "))
}

/// The response for the outcome of an import or a publication. `skips_changes` states whether it
/// had the option `skip_changes`.
///
/// # Errors
/// The problems of a rejected document, with the plan.
pub(super) fn import_response(
    movie: &MovieId,
    category: Category,
    outcome: Outcome,
    skips_changes: bool,
) -> Result<Json<ImportAnswer>, ProblemDetails> {
    if !outcome.problems.is_empty() {
        return Err(ProblemDetails::from_problems(outcome.problems).with_plan(outcome.plan));
    }
    let updated_fields = outcome.updated_fields();
    let changes = outcome
        .plan
        .as_ref()
        .map_or_else(|| Report::default().changes_in_words(), Report::changes_in_words);
    let unread = unread_fields(outcome.plan.as_ref());
    let unread = unread.map(|unread| format!("; {unread}")).unwrap_or_default();
    let message = match outcome.status {
        ImportStatus::Planned => {
            format!("{changes} to {category} of {movie} planned; nothing was written{unread}")
        }
        ImportStatus::Drafted => format!("{changes} to {category} of {movie} in the draft{unread}"),
        ImportStatus::Published => {
            format!("{changes} to {category} of {movie} published{unread}")
        }
        ImportStatus::Unchanged => {
            unchanged_message(category, movie, outcome.plan.as_ref(), skips_changes)
        }
        ImportStatus::Rejected => "nothing was written".to_owned(),
    };
    let metadata = outcome.export.as_ref().map(|export| &export.metadata);
    Ok(Json(ImportAnswer {
        success: true,
        status: outcome.status,
        message,
        updated_fields,
        errors: Vec::new(),
        plan: outcome.plan.unwrap_or_default().into(),
        revision: metadata.map_or(0, |metadata| metadata.revision),
        draft_revision: metadata.and_then(|metadata| metadata.draft_revision),
        import_id: outcome.import_id,
        repair_hint: None,
    }))
}
