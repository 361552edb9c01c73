//! One category back in.

use std::collections::HashSet;

use axum::extract::{Path, RawQuery, Request, State};
use axum::routing::post;
use axum::{Json, Router};
use bytes::Bytes;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::{category_of, is_json, movie_of, no_such_movie, read_body, unsupported_media_type};
use crate::catalog::access::CanPublish;
use crate::catalog::import::{ImportOptions, ImportStatus, Incoming, Outcome};
use crate::document::MovieId;
use crate::document::merge::{ImportMode, NullPolicy};
use crate::document::{Category, Source};
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
    /// published, or unchanged if the document says already what was imported.
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
    /// The revision of the document as it stands now.
    revision: i64,
}

/// Imports one category of a movie: an exported file, or what was made of it.
#[utoipa::path(
    post, path = "/api/v1/admin/movies/{id}/import/{category}", tag = "import", security(("bearer" = [])),
    params(
        ("id" = String, Path, description = "The movie's id, for example tmdb-550."),
        ("category" = String, Path, description = "basic-info, cast-crew, timeline, trivia, awards, media or streaming; underscores are read too."),
        ("mode" = Option<String>, Query, description = "merge (the default) changes and adds; replace also removes list items that the document dropped."),
        ("source" = Option<String>, Query, description = "Where the values come from, whatever the document says: tmdb, manual or llm-generated."),
        ("nulls" = Option<String>, Query, description = "What null means. keep (the default): nothing; clear: the value is removed."),
        ("base_revision" = Option<i64>, Query, description = "The revision that the document was made from; else metadata.revision of the document."),
        ("remove_items" = Option<String>, Query, description = "Ids of list items to remove, with commas between."),
        ("strict" = Option<bool>, Query, description = "Whether an unknown key is an error."),
    ),
    request_body(content = Object, description = "The envelope; its form is that of /api/v1/schemas/{category}. At most 16 MiB."),
    responses(
        (status = 200, description = "Published, or unchanged.", body = ImportAnswer),
        (status = 400, description = "No JSON, another movie or category than the URL's, an unsupported version, an unknown option.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 401, description = "No token, or one that is not to be trusted.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 403, description = "The role does not allow it.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 404, description = "There is no such movie or category.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 409, description = "A name fits several people and which is meant cannot be told, or another writer kept coming between.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 415, description = "The body is not sent as application/json.", body = ProblemBody, content_type = "application/problem+json"),
        (status = 422, description = "The data breaks rules; every broken one is listed.", body = ProblemBody, content_type = "application/problem+json"),
    )
)]
pub async fn import(
    State(state): State<AppState>,
    Bearer(principal): Bearer,
    Path((id, category)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Result<Json<ImportAnswer>, ProblemDetails> {
    let permission = principal.can_publish()?;
    let movie = movie_of(&id)?;
    let category = category_of(&category)?;
    let (options, text) = match input(query.as_deref(), request).await {
        Ok(input) => input,
        Err(refused) => return Err(or_no_such_movie(&state, &permission, &movie, refused).await?),
    };
    let incoming = Incoming::Document { text: &text, category: Some(category) };
    let outcome = state.catalog.import(&permission, &movie, incoming, &options).await?;
    answer(&movie, category, outcome)
}

async fn input(query: Option<&str>, request: Request) -> Result<(ImportOptions, Bytes), ProblemDetails> {
    let options = options(query.unwrap_or_default())?;
    if !is_json(request.headers()) {
        return Err(unsupported_media_type());
    }
    Ok((options, read_body(request.into_body(), MAX_BODY).await?))
}

/// That there is no such movie comes before what is wrong with the request.
async fn or_no_such_movie(
    state: &AppState,
    permission: &CanPublish,
    movie: &MovieId,
    refused: ProblemDetails,
) -> Result<ProblemDetails, ProblemDetails> {
    let exists = state.catalog.movie_exists(permission, movie).await?;
    Ok(if exists { refused } else { no_such_movie(movie.as_str()) })
}

/// The import options as query parameters. One that is not known is refused: an import that was
/// meant to be something else must not be carried out.
fn options(query: &str) -> Result<ImportOptions, ProblemDetails> {
    let mut options = ImportOptions::default();
    let mut seen = HashSet::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        if name != "remove_items" && !seen.insert(name.clone()) {
            return Err(ProblemDetails::bad_request(format!("{name} is given twice")));
        }
        let refused = |allowed: &str| {
            let shown: String = value.chars().take(60).collect();
            ProblemDetails::bad_request(format!("{name}: found {shown:?}; allowed is {allowed}"))
        };
        let words = |values: &[&str]| format!("one of {}", values.join(", "));
        match &*name {
            "mode" => {
                options.mode = find(ImportMode::ALL, ImportMode::VALUES, &value)
                    .ok_or_else(|| refused(&words(ImportMode::VALUES)))?;
            }
            "source" => {
                let found = find(Source::ALL, Source::VALUES, &value.replace('_', "-"));
                options.source = Some(found.ok_or_else(|| refused(&words(Source::VALUES)))?);
            }
            "nulls" => {
                options.nulls = find(NullPolicy::ALL, NullPolicy::VALUES, &value)
                    .ok_or_else(|| refused(&words(NullPolicy::VALUES)))?;
            }
            "base_revision" => {
                let revision = value.parse().ok().filter(|revision| *revision >= 0);
                options.base_revision = Some(revision.ok_or_else(|| refused("a whole number from 0"))?);
            }
            "remove_items" => {
                options.remove_items.extend(value.split(',').filter(|id| !id.is_empty()).map(str::to_owned));
            }
            "strict" => options.strict = value.parse().map_err(|_| refused("true or false"))?,
            _ => {
                let shown: String = name.chars().take(60).collect();
                return Err(ProblemDetails::bad_request(format!(
                    "{shown:?} is no import option; options are mode, source, nulls, base_revision, remove_items, strict"
                )));
            }
        }
    }
    Ok(options)
}

fn find<T: Copy>(all: &[T], values: &[&str], text: &str) -> Option<T> {
    values.iter().position(|value| value.eq_ignore_ascii_case(text)).map(|index| all[index])
}

fn answer(movie: &MovieId, category: Category, outcome: Outcome) -> Result<Json<ImportAnswer>, ProblemDetails> {
    if !outcome.problems.is_empty() {
        let plan = outcome.was_read.then(|| json!({ "changes": outcome.changes, "warnings": outcome.warnings }));
        return Err(ProblemDetails::of_problems(outcome.problems).with_plan(plan));
    }
    let updated_fields = outcome.updated_fields();
    let message = match outcome.status {
        ImportStatus::Published => {
            let count = outcome.changes.len();
            let changes = if count == 1 { "change" } else { "changes" };
            format!("{count} {changes} to {category} of {movie} published")
        }
        ImportStatus::Unchanged => format!("{category} of {movie} says all of this already; nothing was written"),
        ImportStatus::Rejected => "nothing was written".to_owned(),
    };
    Ok(Json(ImportAnswer {
        success: true,
        status: outcome.status,
        message,
        updated_fields,
        errors: Vec::new(),
        plan: json!({ "changes": outcome.changes, "warnings": outcome.warnings }),
        revision: outcome.export.map_or(0, |export| export.metadata.revision),
    }))
}
