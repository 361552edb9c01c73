//! Personal access tokens of the own account, for scripts.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::fields::{optional, read_fields};
use crate::catalog::access::Role;
use crate::catalog::accounts::personal_tokens::{
    CreatedToken, DEFAULT_DAYS, Expiry, NewToken, PersonalTokenRow, TokenOwner, TokenProblem,
    categories_of,
};
use crate::catalog::accounts::role_of;
use crate::document::node_ids::without_prefix;
use crate::document::problem::excerpt;
use crate::document::{Category, Problem, ProblemCode, Source};
use crate::http::AppState;
use crate::http::bearer::Bearer;
use crate::http::openapi::{BodyErrors, ServerErrors};
use crate::http::path::Path;
use crate::http::problem::ProblemDetails;

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::default().routes(routes!(list, create)).routes(routes!(revoke))
}

/// The optional fields of a new token.
const OPTIONAL: [&str; 5] =
    ["source", "categories", "may_publish", "expires_in_days", "never_expires"];

/// The token to make.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "only for the schema")]
pub struct NewTokenRequest {
    /// What the token is called, 1 to 100 characters.
    name: String,
    /// USER, VIEWER, CONTRIBUTOR or ADMIN: the own role or a role below it.
    role: String,
    /// The source of changes made with it that name none: tmdb, manual or llm-generated.
    source: Option<String>,
    /// The only categories that it may change. Default: all.
    categories: Option<Vec<String>>,
    /// Whether a token with the source llm-generated may publish. Default: false.
    may_publish: Option<bool>,
    /// After how many days it expires: 1 to 3650. Default: 90.
    expires_in_days: Option<i64>,
    /// Whether it never expires. Not together with expires_in_days.
    never_expires: Option<bool>,
}

/// A personal access token.
#[derive(Serialize, ToSchema)]
pub struct TokenBody {
    /// The token's id.
    id: String,
    /// What it is called.
    name: String,
    /// The role that it gives.
    role: Role,
    /// The source of changes made with it that name none. Null if it sets none.
    source: Option<Source>,
    /// The only categories that it may change. Null: all.
    categories: Option<Vec<&'static str>>,
    /// Whether a token with the source llm-generated may publish.
    may_publish: bool,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: DateTime<Utc>,
    /// When it expires. Null: never.
    #[schema(value_type = Option<String>, format = DateTime)]
    expires_at: Option<DateTime<Utc>>,
    /// When it was last used, to the minute. Null: not yet.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_used_at: Option<DateTime<Utc>>,
    /// The token itself, only in the response to its making.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

impl TokenBody {
    fn new(row: PersonalTokenRow, token: Option<String>) -> Self {
        let names = |list: &[Category]| list.iter().map(|category| category.as_str()).collect();
        Self {
            categories: categories_of(&row).as_deref().map(names),
            role: role_of(&row.role),
            source: row.source.as_deref().and_then(Source::parse),
            id: row.id,
            name: row.name,
            may_publish: row.can_publish,
            created_at: row.created_at,
            expires_at: row.expires_at,
            last_used_at: row.used_at,
            token,
        }
    }
}

fn invalid(name: &str, message: String) -> ProblemDetails {
    ProblemDetails::from_problems(vec![Problem::new(
        format!("/{name}"),
        ProblemCode::Invalid,
        message,
    )])
}

/// The tokens of the own account that were not revoked, the newest first.
#[utoipa::path(
    get, path = "/api/v1/auth/tokens", tag = "accounts", security(("bearer" = [])),
    responses(
        (status = 200, description = "The tokens.", body = [TokenBody]),
        (
            status = 401, body = ProblemDetails, content_type = "application/problem+json",
            description = "No token, or an invalid one."
        ),
        ServerErrors,
    )
)]
async fn list(
    State(state): State<AppState>,
    Bearer(principal): Bearer,
) -> Result<Response, ProblemDetails> {
    let rows = state.accounts.personal_tokens(std::slice::from_ref(&principal.subject)).await?;
    let rows: Vec<_> = rows.into_iter().map(|row| TokenBody::new(row, None)).collect();
    Ok(Json(rows).into_response())
}

/// Makes a token for the own account. Needs the token of a log-in.
#[utoipa::path(
    post, path = "/api/v1/auth/tokens", tag = "accounts", security(("bearer" = [])),
    request_body = NewTokenRequest,
    responses(
        (status = 201, description = "The token, shown only here.", body = TokenBody),
        (
            status = 400, body = ProblemDetails, content_type = "application/problem+json",
            description = "The body is not JSON."
        ),
        (
            status = 401, body = ProblemDetails, content_type = "application/problem+json",
            description = "No token, or an invalid one."
        ),
        (
            status = 403, body = ProblemDetails, content_type = "application/problem+json",
            description = "The request's token belongs to no log-in here."
        ),
        (
            status = 422, body = ProblemDetails, content_type = "application/problem+json",
            description = "A field is missing or not allowed."
        ),
        BodyErrors,
        ServerErrors,
    )
)]
async fn create(
    State(state): State<AppState>,
    Bearer(principal): Bearer,
    request: Request,
) -> Result<Response, ProblemDetails> {
    let ([name, role], body) = read_fields(request, ["name", "role"], &OPTIONAL).await?;
    let role = Role::parse(&role).ok_or_else(|| {
        let (found, allowed) = (excerpt(&role), Role::VALUES.join(", "));
        invalid("role", format!("role: found {found:?}; allowed is one of {allowed}"))
    })?;
    let allowed = Source::VALUES.join(", ");
    let source =
        optional(&body, "source", &allowed, |value| value.as_str().and_then(Source::parse))?;
    let names = |value: &Value| {
        let parse = |name: &Value| name.as_str().and_then(|name| name.parse::<Category>().ok());
        value.as_array()?.iter().map(parse).collect::<Option<Vec<_>>>()
    };
    let known: Vec<&str> = Category::ALL.iter().map(|category| category.as_str()).collect();
    let allowed = format!("a list of {}", known.join(", "));
    let categories = optional(&body, "categories", &allowed, names)?;
    let is = |name: &str| optional(&body, name, "true or false", Value::as_bool);
    let can_publish = is("may_publish")?.unwrap_or(false);
    let days = optional(&body, "expires_in_days", "a whole number", Value::as_i64)?;
    let expiry = match (days, is("never_expires")?.unwrap_or(false)) {
        (Some(_), true) => {
            let message = "never_expires and expires_in_days cannot be given together".to_owned();
            return Err(invalid("never_expires", message));
        }
        (None, true) => Expiry::Never,
        (days, false) => Expiry::Days(days.unwrap_or(DEFAULT_DAYS)),
    };
    let new = NewToken { name, role, source, categories, can_publish, expiry };
    match state.accounts.create_own_token(&principal, new).await? {
        Ok(CreatedToken { text, row }) => {
            let body = TokenBody::new(row, Some(text));
            Ok((StatusCode::CREATED, Json(body)).into_response())
        }
        Err(problem @ TokenProblem::NoAccount) => {
            Err(ProblemDetails::new(StatusCode::FORBIDDEN, "FORBIDDEN", problem.to_string()))
        }
        Err(problem) => {
            let name = match problem {
                TokenProblem::Role(..) => "role",
                TokenProblem::Days(_) => "expires_in_days",
                TokenProblem::NoCategories => "categories",
                TokenProblem::Name | TokenProblem::TooMany | TokenProblem::NoAccount => "name",
            };
            Err(invalid(name, problem.to_string()))
        }
    }
}

/// Revokes a token; an ADMIN may revoke any account's. When this is answered, no server accepts it.
#[utoipa::path(
    delete, path = "/api/v1/auth/tokens/{id}", tag = "accounts", security(("bearer" = [])),
    params(("id" = String, Path, description = "The token's id.")),
    responses(
        (status = 204, description = "It is revoked."),
        (
            status = 400, body = ProblemDetails, content_type = "application/problem+json",
            description = "The id contains U+0000."
        ),
        (
            status = 401, body = ProblemDetails, content_type = "application/problem+json",
            description = "No token, or an invalid one."
        ),
        (
            status = 404, body = ProblemDetails, content_type = "application/problem+json",
            description = "There is no such token."
        ),
        ServerErrors,
    )
)]
async fn revoke(
    State(state): State<AppState>,
    Bearer(principal): Bearer,
    Path(id): Path<String>,
) -> Result<StatusCode, ProblemDetails> {
    let permission = principal.can_manage_accounts();
    let owner = match &permission {
        Ok(permission) => TokenOwner::Anyone(permission),
        Err(_) => TokenOwner::Account(&principal.subject),
    };
    let own = without_prefix("token", &id);
    if state.accounts.revoke_token(&principal.actor(), owner, own).await? {
        Ok(StatusCode::NO_CONTENT)
    } else {
        Err(ProblemDetails::not_found("there is no such token"))
    }
}
