//! One category back in.

use axum::extract::{Path, RawQuery, Request, State};
use axum::http::HeaderMap;
use axum::routing::post;
use axum::{Json, Router};
use bytes::Bytes;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{
    category_of, given, is_json, movie_of, no_such_movie, read_body, unsupported_media_type,
};
use crate::catalog::access::CanDraft;
use crate::catalog::import::{ImportOptions, ImportStatus, Incoming, Outcome};
use crate::document::MovieId;
use crate::document::plan::{Match, Report};
use crate::document::proposal::{ConflictPolicy, ImportMode, NullPolicy};
use crate::document::resolve::MatchDecision;
use crate::document::{Category, Source, Stage};
use crate::http::bearer::Bearer;
use crate::http::openapi::{DocumentError, Plan, ProblemBody};
use crate::http::problem::ProblemDetails;
use crate::http::{AppState, MAX_BODY};

pub fn routes() -> Router<AppState> {
    Router::new().route("/api/v1/admin/movies/{id}/import/{category}", post(import))
}

/// What came of an import.
#[derive(Debug, Serialize, ToSchema)]
pub struct ImportAnswer {
    /// Whether the document was taken.
    success: bool,
    /// published, drafted, planned (a dry run), or unchanged if the document says already what was
    /// imported.
    #[schema(value_type = String)]
    status: ImportStatus,
    /// The same for a person.
    message: String,
    /// The top-level fields that changed.
    updated_fields: Vec<String>,
    /// Always empty; errors are answered as a problem.
    #[schema(value_type = Vec<DocumentError>)]
    errors: Vec<Value>,
    /// What changed, and what was repaired or left alone.
    #[schema(value_type = Plan)]
    plan: Value,
    /// The published revision as it stands now; of a draft, the one that it was made from.
    revision: i64,
    /// Of a draft, which state of it.
    draft_revision: Option<i64>,
    /// The record that is kept of the import; a dry run leaves none.
    import_id: Option<String>,
    /// A text to paste back to the language model that wrote the document: what to correct, and the
    /// form to send. Absent if there is nothing to correct.
    #[serde(skip_serializing_if = "Option::is_none")]
    repair_hint: Option<String>,
}

impl ImportAnswer {
    /// Says that the draft is gone, where not all of it was published.
    pub(super) fn close_draft(&mut self) {
        if self.status == ImportStatus::Unchanged {
            self.message.push_str("; the draft is closed");
        }
    }
}

/// Imports one category of a movie: an exported file, or what was made of it.
#[utoipa::path(
    post, path = "/api/v1/admin/movies/{id}/import/{category}", tag = "import", security(("bearer" = [])),
    params(
        ("id" = String, Path, description = "The movie's id, for example tmdb-550."),
        ("category" = String, Path, description = "basic-info, cast-crew, timeline, trivia, awards, media or streaming; underscores are read too."),
        ("target" = Option<String>, Query, description = "published (the default), or draft: then it waits for someone to publish it."),
        ("mode" = Option<String>, Query, description = "merge (the default) changes and adds; replace also removes list items that the document dropped since its base revision."),
        ("source" = Option<String>, Query, description = "Where the values come from, whatever the document says: tmdb, manual or llm-generated."),
        ("nulls" = Option<String>, Query, description = "What null means. keep (the default): nothing; clear: the value is removed."),
        ("base_revision" = Option<i64>, Query, description = "The revision that the document was made from; else metadata.revision of the document. REPLACE removes nothing without it."),
        ("remove_items" = Option<String>, Query, description = "Ids of list items to remove, with commas between."),
        ("resolutions" = Option<String>, Query, description = "Answers to the question who a name means, as JSON: [{\"path\": \"/cast/3/name\", \"entity_id\": \"tmdb-person-287\"}]; instead of entity_id, \"create_new\": true or \"skip\": true; with \"everywhere\": true for all movies."),
        ("dry_run" = Option<bool>, Query, description = "Plan only: the answer says what would change, and nothing is written."),
        ("expected_plan" = Option<String>, Query, description = "The digest of a plan. If the import would do something else by now, the answer is 409 PLAN_STALE with the new plan."),
        ("on_conflict" = Option<String>, Query, description = "How to settle what both the document and the catalogue have changed since it was made: fail (the default), keep_current or take_import."),
        ("override_locks" = Option<bool>, Query, description = "Whether a person's own edit may change what is locked."),
        ("strict" = Option<bool>, Query, description = "Whether an unknown key is an error."),
        ("clean" = Option<bool>, Query, description = "Whether to take texts without citation marks, markup and invisible characters. Else they are kept as sent, with a warning."),
        ("create_movie" = Option<bool>, Query, description = "Whether to create the movie if there is none of this id. Needs the role ADMIN; a dry run plans it."),
        ("idempotency_key" = Option<String>, Query, description = "Makes a repeated request the same request: within a day, the same key with the same input gets the first answer. The header Idempotency-Key does the same."),
        ("Idempotency-Key" = Option<String>, Header, description = "See idempotency_key."),
    ),
    request_body(content = Object, description = "The envelope; its form is that of /api/v1/schemas/{category}. Or the answer of a language model with it, or its data alone. At most 16 MiB."),
    responses(
        (status = 200, description = "Published, drafted, planned, or unchanged.", body = ImportAnswer),
        (status = 400, description = "No JSON, another movie or category than the URL's, an unsupported version, an unknown option.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No token, or one that is not to be trusted.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such movie or category.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "What both sides changed (CONFLICT), a plan that no longer holds (PLAN_STALE), a locked value (LOCKED), a name that fits several or an id beside two unrelated names (AMBIGUOUS_MATCH), REPLACE without a known base (BASE_REQUIRED), or an idempotency key used with another request (IDEMPOTENCY_MISMATCH); with the plan.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 408, description = "The body was sent too slowly.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "The body is not sent as application/json, or is packed with another content coding than gzip or deflate.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The data breaks rules; every broken one is listed. Or nothing in it was understood (NOTHING_READ).", body = ProblemBody, content_type = "application/problem+json"),
        (status = 503, description = "The server is at one of its limits; see Retry-After.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub async fn import(
    State(state): State<AppState>,
    Bearer(principal): Bearer,
    Path((id, category)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Result<Json<ImportAnswer>, ProblemDetails> {
    // Whoever may not even plan gets no further, whatever the options say.
    let reader = principal.can_draft()?;
    let options = options(query.as_deref().unwrap_or_default(), request.headers());
    let creates = options.as_ref().is_ok_and(|options| options.create_movie);
    let permission = match options {
        Ok(options) => Ok(principal.can_import(options)?),
        Err(refused) => Err(refused),
    };
    let movie = movie_of(&id)?;
    let category = category_of(&category)?;
    let read = match permission {
        Ok(permission) => input(request).await.map(|text| (permission, text)),
        Err(refused) => Err(refused),
    };
    let (permission, text) = match read {
        Ok(read) => read,
        Err(refused) if creates => return Err(refused),
        Err(refused) => {
            let refused = or_no_such_movie(&state, &reader, &movie, refused).await?;
            return Err(refused.with_remedy(CREATE_MOVIE));
        }
    };
    let incoming = Incoming::Document { text, category: Some(category) };
    let outcome = state.catalog.import(&permission, &movie, incoming).await?;
    let hint = outcome.repair_hint(&movie, Some(category));
    match answer(&movie, category, outcome.with_remedy(CREATE_MOVIE)) {
        Ok(Json(answer)) => Ok(Json(ImportAnswer { repair_hint: hint, ..answer })),
        Err(refused) => Err(refused.with_repair_hint(hint)),
    }
}

/// What helps against there being no movie, as REST writes it.
const CREATE_MOVIE: &str = "an ADMIN can create it with create_movie=true";

async fn input(request: Request) -> Result<Bytes, ProblemDetails> {
    if !is_json(request.headers()) {
        return Err(unsupported_media_type());
    }
    read_body(request.into_body(), MAX_BODY).await
}

/// That there is no such movie comes before what is wrong with the request.
pub(super) async fn or_no_such_movie(
    state: &AppState,
    permission: &CanDraft,
    movie: &MovieId,
    refused: ProblemDetails,
) -> Result<ProblemDetails, ProblemDetails> {
    let exists = state.catalog.movie_exists(&permission.can_read(), movie).await?;
    Ok(if exists { refused } else { no_such_movie(movie.as_str()) })
}

/// The import options, as query parameters.
const OPTIONS: [&str; 15] = [
    "target",
    "mode",
    "dry_run",
    "expected_plan",
    "source",
    "nulls",
    "base_revision",
    "remove_items",
    "resolutions",
    "on_conflict",
    "override_locks",
    "strict",
    "clean",
    "create_movie",
    "idempotency_key",
];

fn options(query: &str, headers: &HeaderMap) -> Result<ImportOptions, ProblemDetails> {
    let mut options = ImportOptions::default();
    for given in given::parameters(query, "an import", &OPTIONS, &["remove_items"])? {
        match &*given.name {
            "target" => options.target = given.word(Stage::parse, Stage::VALUES)?,
            "mode" => options.mode = given.word(ImportMode::parse, ImportMode::VALUES)?,
            "dry_run" => options.dry_run = given.boolean()?,
            "expected_plan" => options.expected_plan = Some(given.value.into_owned()),
            "source" => options.source = Some(given.word(Source::parse, Source::VALUES)?),
            "nulls" => options.nulls = given.word(NullPolicy::parse, NullPolicy::VALUES)?,
            "base_revision" => {
                let revision = given.value.trim().parse().ok().filter(|revision| *revision >= 0);
                options.base_revision =
                    Some(revision.ok_or_else(|| given.refused("a whole number from 0"))?);
            }
            "remove_items" => {
                let ids = given.value.split(',').filter(|id| !id.is_empty()).map(str::to_owned);
                options.remove_items.extend(ids);
            }
            "resolutions" => options.resolutions = given.resolutions()?,
            "on_conflict" => {
                options.on_conflict = given.word(ConflictPolicy::parse, ConflictPolicy::VALUES)?;
            }
            "override_locks" => options.override_locks = given.boolean()?,
            "strict" => options.strict = given.boolean()?,
            "clean" => options.clean = given.boolean()?,
            "create_movie" => options.create_movie = given.boolean()?,
            "idempotency_key" => options.idempotency_key = Some(given.value.into_owned()),
            _ => {}
        }
    }
    options.idempotency_key = idempotency_key(headers, options.idempotency_key)?;
    Ok(options)
}

/// The key of the header `Idempotency-Key`, as text or as the quoted string of the draft standard, or the
/// one of the query. A request has one key, wherever it is written.
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

/// A plan as REST shows it.
fn shown(plan: &Report) -> Value {
    let mut shown = json!(plan);
    shown["counts"] = json!(plan.counts());
    shown
}

/// How many fields of the document were not read, if there were any.
fn not_read(plan: Option<&Report>) -> Option<String> {
    match plan.map_or(0, Report::fields_not_read) {
        0 => None,
        1 => Some("1 field of the document was not read (see the warnings)".to_owned()),
        count => Some(format!("{count} fields of the document were not read (see the warnings)")),
    }
}

/// Why nothing was changed.
fn unchanged(category: Category, movie: &MovieId, plan: Option<&Report>) -> String {
    let (skipped, kept) = plan.map_or((0, 0), |plan| (plan.skipped.len(), plan.conflicts.len()));
    let is_left_out = |found: &&Match| found.decision == MatchDecision::Skipped;
    let left_out = plan.map_or(0, |plan| plan.matches.iter().filter(is_left_out).count());
    let mut left = Vec::new();
    if left_out > 0 {
        left.push(format!("{left_out} left out, as answered"));
    }
    if skipped > 0 {
        left.push(format!("{skipped} locked"));
    }
    if kept > 0 {
        left.push(format!("{kept} in conflict, and kept as stored"));
    }
    left.extend(not_read(plan));
    if left.is_empty() {
        return format!("{category} of {movie} says all of this already; nothing was changed");
    }
    format!("nothing of {category} of {movie} was changed: {}", left.join(", "))
}

/// What came of an act on a document, as REST tells it.
pub(super) fn answer(
    movie: &MovieId,
    category: Category,
    outcome: Outcome,
) -> Result<Json<ImportAnswer>, ProblemDetails> {
    if !outcome.problems.is_empty() {
        let plan = outcome.plan.as_ref().map(shown);
        return Err(ProblemDetails::of_problems(outcome.problems).with_plan(plan));
    }
    let updated_fields = outcome.updated_fields();
    let changes = outcome
        .plan
        .as_ref()
        .map_or_else(|| Report::default().changes_in_words(), Report::changes_in_words);
    let unread = not_read(outcome.plan.as_ref());
    let unread = unread.map(|unread| format!("; {unread}")).unwrap_or_default();
    let message = match outcome.status {
        ImportStatus::Planned => {
            format!("{changes} to {category} of {movie} planned; nothing was written{unread}")
        }
        ImportStatus::Drafted => format!("{changes} to {category} of {movie} in the draft{unread}"),
        ImportStatus::Published => {
            format!("{changes} to {category} of {movie} published{unread}")
        }
        ImportStatus::Unchanged => unchanged(category, movie, outcome.plan.as_ref()),
        ImportStatus::Rejected => "nothing was written".to_owned(),
    };
    let metadata = outcome.export.as_ref().map(|export| &export.metadata);
    Ok(Json(ImportAnswer {
        success: true,
        status: outcome.status,
        message,
        updated_fields,
        errors: Vec::new(),
        plan: shown(&outcome.plan.unwrap_or_default()),
        revision: metadata.map_or(0, |metadata| metadata.revision),
        draft_revision: metadata.and_then(|metadata| metadata.draft_revision),
        import_id: outcome.import_id,
        repair_hint: None,
    }))
}
