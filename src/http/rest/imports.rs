//! One category back in.

use axum::extract::{Path, RawQuery, Request, State};
use axum::routing::post;
use axum::{Json, Router};
use bytes::Bytes;
use serde::Serialize;
use serde_json::{Value, json};

use super::{category_of, is_json, movie_of, no_such_movie, read_body, unsupported_media_type};
use crate::catalog::import::{ImportOptions, ImportStatus, Incoming, Outcome};
use crate::document::MovieId;
use crate::document::merge::{ImportMode, NullPolicy};
use crate::document::{Category, Source};
use crate::http::bearer::Bearer;
use crate::http::problem::ProblemDetails;
use crate::http::{AppState, MAX_BODY};

pub fn routes() -> Router<AppState> {
    Router::new().route("/api/v1/admin/movies/{id}/import/{category}", post(import))
}

/// What an import answers.
#[derive(Debug, Serialize)]
struct Answer {
    success: bool,
    status: ImportStatus,
    message: String,
    updated_fields: Vec<String>,
    errors: Vec<Value>,
    plan: Value,
    revision: i64,
}

async fn import(
    State(state): State<AppState>,
    Bearer(principal): Bearer,
    Path((id, category)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    request: Request,
) -> Result<Json<Answer>, ProblemDetails> {
    let permission = principal.can_publish()?;
    let movie = movie_of(&id)?;
    let category = category_of(&category)?;
    let (options, text) = match input(query.as_deref(), request).await {
        Ok(input) => input,
        Err(refused) => return Err(or_no_such_movie(&state, &movie, refused).await?),
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
    movie: &MovieId,
    refused: ProblemDetails,
) -> Result<ProblemDetails, ProblemDetails> {
    let exists = state.catalog.database().movie_exists(movie).await.map_err(crate::catalog::CatalogError::from)?;
    Ok(if exists { refused } else { no_such_movie(movie.as_str()) })
}

/// The import options as query parameters. One that is not known is refused: an import that was
/// meant to be something else must not be carried out.
fn options(query: &str) -> Result<ImportOptions, ProblemDetails> {
    let mut options = ImportOptions::default();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
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
            "remove_items" => options.remove_items.extend(value.split(',').filter(|id| !id.is_empty()).map(str::to_owned)),
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

fn answer(movie: &MovieId, category: Category, outcome: Outcome) -> Result<Json<Answer>, ProblemDetails> {
    if !outcome.problems.is_empty() {
        return Err(ProblemDetails::of_problems(outcome.problems));
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
    Ok(Json(Answer {
        success: true,
        status: outcome.status,
        message,
        updated_fields,
        errors: Vec::new(),
        plan: json!({ "changes": outcome.changes, "warnings": outcome.warnings }),
        revision: outcome.export.map_or(0, |export| export.metadata.revision),
    }))
}
