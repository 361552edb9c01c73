//! Accounts, for scripts of an ADMIN.

use axum::Json;
use axum::extract::{RawQuery, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::{IntoParams, IntoResponses, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::fields::{missing, optional, read_fields};
use super::query;
use crate::catalog::access::{CanManageAccounts, Role};
use crate::catalog::accounts::management::{
    AccountChange, AccountKey, NewAccount, NewPassword, PageRequest, UserFilter, UserRow,
};
use crate::catalog::accounts::{AccountProblem, role_of};
use crate::document::node_ids::without_prefix;
use crate::http::AppState;
use crate::http::bearer::Bearer;
use crate::http::openapi::{AccessErrors, BodyErrors, ServerErrors};
use crate::http::path::Path;
use crate::http::problem::ProblemDetails;

/// Maximum number of accounts in a response.
const MAX_PAGE: u64 = 100;

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::default()
        .routes(routes!(list_users, create_user))
        .routes(routes!(user, update_user, delete_user))
        .routes(routes!(set_user_password))
        .routes(routes!(create_user_password_link))
}

/// The account to create.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "only for the schema")]
pub struct NewUserRequest {
    /// The email address to log in with.
    email: String,
    /// What the account may do.
    role: Role,
    /// What the person is called, at most 100 characters. Default: empty.
    name: Option<String>,
    /// The password: 8 to 1024 characters, and not one of the commonest. Without one, nobody can
    /// log in before a password is set.
    password: Option<String>,
}

/// The changes of an account. What is absent or null keeps its value.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "only for the schema")]
pub struct UserChangeRequest {
    /// What the account may do.
    role: Option<Role>,
    /// What the person is called, at most 100 characters. An empty text removes the name.
    name: Option<String>,
    /// Whether the account is disabled.
    is_disabled: Option<bool>,
}

/// The new password of an account.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "only for the schema")]
pub struct SetPasswordRequest {
    /// The password: 8 to 1024 characters, and not one of the commonest.
    password: String,
    /// Whether the personal access tokens of the account are revoked too. Default: false.
    revoke_tokens: Option<bool>,
}

/// An account.
#[derive(Serialize, ToSchema)]
pub struct UserBody {
    /// The account's id.
    id: String,
    /// The email address to log in with.
    email: String,
    /// What the person is called; may be empty.
    name: String,
    /// What the account may do.
    role: Role,
    /// Whether the account is disabled.
    is_disabled: bool,
    /// When it was created.
    #[schema(value_type = String, format = DateTime)]
    created_at: DateTime<Utc>,
    /// When it was last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: DateTime<Utc>,
}

impl From<UserRow> for UserBody {
    fn from(row: UserRow) -> Self {
        Self {
            id: row.id,
            email: row.email,
            name: row.name,
            role: role_of(&row.role),
            is_disabled: row.is_disabled,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// A page of accounts.
#[derive(Serialize, ToSchema)]
pub struct UserPage {
    /// The accounts, by email.
    users: Vec<UserBody>,
    /// The value of `after` for the next page. Null on the last page.
    next: Option<String>,
}

/// The errors of a route of one account.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "only for the schema")]
enum AccountErrors {
    /// The id contains U+0000.
    #[response(status = 400, content_type = "application/problem+json")]
    InvalidId(ProblemDetails),
    /// There is no such account.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(ProblemDetails),
}

/// The errors of a route of one account with a body.
#[derive(IntoResponses)]
#[allow(dead_code, reason = "only for the schema")]
enum AccountBodyErrors {
    /// The body is not JSON, or cannot be decompressed, or the id contains U+0000.
    #[response(status = 400, content_type = "application/problem+json")]
    InvalidRequest(ProblemDetails),
    /// There is no such account.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(ProblemDetails),
}

/// It is the last ADMIN.
#[derive(IntoResponses)]
#[response(status = 409, content_type = "application/problem+json")]
#[allow(dead_code, reason = "only for the schema")]
struct LastAdminError(ProblemDetails);

/// A link that sets a password once.
#[derive(Serialize, ToSchema)]
pub struct PasswordLinkBody {
    /// The secret. Give the person the address of the service with `/set-password#` and this.
    secret: String,
    /// When the link is no longer valid.
    #[schema(value_type = String, format = DateTime)]
    expires_at: DateTime<Utc>,
}

/// The query parameters of a list of accounts.
#[derive(Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct UserParameters {
    /// Only the account with this email address.
    email: Option<String>,
    /// Only accounts with this role.
    #[param(inline, value_type = Role)]
    role: Option<Role>,
    /// Only accounts that are disabled, or that are not.
    is_disabled: Option<bool>,
    /// Only accounts after this email address in the order of the list: `next` of the page before.
    after: Option<String>,
    /// The page size.
    #[param(minimum = 1, maximum = 100, default = 20)]
    first: i64,
}

impl Default for UserParameters {
    fn default() -> Self {
        Self { email: None, role: None, is_disabled: None, after: None, first: 20 }
    }
}

fn refused(problem: &AccountProblem) -> ProblemDetails {
    match problem {
        AccountProblem::NotFound(_) => ProblemDetails::not_found(problem.to_string()),
        problem => ProblemDetails::from_problems(vec![problem.at("/password")]),
    }
}

/// The role in a field of a body.
fn parse_role(value: &Value) -> Option<Role> {
    value.as_str().and_then(Role::parse)
}

fn roles() -> String {
    format!("one of {}", Role::VALUES.join(", "))
}

/// The account of a path. Ids of the GraphQL schema, with `user:`, are accepted too.
async fn find(
    state: &AppState,
    permission: &CanManageAccounts,
    id: &str,
) -> Result<UserRow, ProblemDetails> {
    let own = without_prefix("user", id);
    let found = state.accounts.account(permission, own).await?;
    found.ok_or_else(|| {
        let shown: String = id.chars().take(80).collect();
        refused(&AccountProblem::NotFound(shown))
    })
}

/// Returns accounts, by email. Needs the role ADMIN.
#[utoipa::path(
    get, path = "/api/v1/admin/users", tag = "accounts", security(("bearer" = [])),
    params(UserParameters),
    responses(
        (status = 200, description = "A page of accounts.", body = UserPage),
        (
            status = 400, body = ProblemDetails, content_type = "application/problem+json",
            description = "A parameter is unknown or has an invalid value."
        ),
        AccessErrors,
        ServerErrors,
    )
)]
async fn list_users(
    State(state): State<AppState>,
    Bearer(principal): Bearer,
    RawQuery(raw): RawQuery,
) -> Result<Json<UserPage>, ProblemDetails> {
    let permission = principal.can_manage_accounts()?;
    let parameters: UserParameters = query::parse(raw.as_deref(), "a list of accounts")?;
    let limit = query::page_size(parameters.first, MAX_PAGE)?;
    let filter = UserFilter {
        email: parameters.email,
        role: parameters.role.map(|role| role.as_str().to_owned()),
        is_disabled: parameters.is_disabled,
    };
    let page = PageRequest { from: parameters.after, limit, backward: false };
    let (rows, has_more) = state.accounts.accounts(&permission, &filter, &page).await?;
    let users: Vec<UserBody> = rows.into_iter().map(UserBody::from).collect();
    let next = users.last().filter(|_| has_more).map(|user| user.email.clone());
    Ok(Json(UserPage { users, next }))
}

/// Creates an account. Needs the role ADMIN.
#[utoipa::path(
    post, path = "/api/v1/admin/users", tag = "accounts", security(("bearer" = [])),
    request_body = NewUserRequest,
    responses(
        (
            status = 201, body = UserBody, description = "The account.",
            headers(("Location" = String, description = "The path of the account."))
        ),
        (
            status = 400, body = ProblemDetails, content_type = "application/problem+json",
            description = "The body is not JSON, or cannot be decompressed."
        ),
        (
            status = 409, body = ProblemDetails, content_type = "application/problem+json",
            description = "An account with this email exists."
        ),
        (
            status = 422, body = ProblemDetails, content_type = "application/problem+json",
            description = "A field is missing or not allowed."
        ),
        AccessErrors,
        BodyErrors,
        ServerErrors,
    )
)]
async fn create_user(
    State(state): State<AppState>,
    Bearer(principal): Bearer,
    request: Request,
) -> Result<Response, ProblemDetails> {
    let permission = principal.can_manage_accounts()?;
    let ([email], body) = read_fields(request, ["email"], &["role", "name", "password"]).await?;
    let Some(role) = optional(&body, "role", &roles(), parse_role)? else {
        return Err(missing(&body, "role"));
    };
    let text =
        |name: &str| optional(&body, name, "text", |value| value.as_str().map(str::to_owned));
    let (name, password) = (text("name")?.unwrap_or_default(), text("password")?);
    let new = NewAccount { email: &email, name: &name, role, password: password.as_deref() };
    let created = Box::pin(state.accounts.create_account(&permission, new)).await?;
    let user = created.map_err(|problem| refused(&problem))?;
    let location = HeaderValue::try_from(format!("/api/v1/admin/users/{}", user.id));
    let mut response = (StatusCode::CREATED, Json(UserBody::from(user))).into_response();
    if let Ok(location) = location {
        response.headers_mut().insert(header::LOCATION, location);
    }
    Ok(response)
}

/// Returns an account. Needs the role ADMIN.
#[utoipa::path(
    get, path = "/api/v1/admin/users/{id}", tag = "accounts", security(("bearer" = [])),
    params(("id" = String, Path, description = "The account's id.")),
    responses(
        (status = 200, description = "The account.", body = UserBody),
        AccountErrors,
        AccessErrors,
        ServerErrors,
    )
)]
async fn user(
    State(state): State<AppState>,
    Bearer(principal): Bearer,
    Path(id): Path<String>,
) -> Result<Json<UserBody>, ProblemDetails> {
    let permission = principal.can_manage_accounts()?;
    Ok(Json(find(&state, &permission, &id).await?.into()))
}

/// Changes the role or the name of an account, or disables or enables it. If the role changes or
/// the account is disabled, no server accepts its access tokens when this is answered. The last
/// ADMIN can neither get another role nor be disabled. Needs the role ADMIN.
#[utoipa::path(
    patch, path = "/api/v1/admin/users/{id}", tag = "accounts", security(("bearer" = [])),
    params(("id" = String, Path, description = "The account's id.")),
    request_body = UserChangeRequest,
    responses(
        (status = 200, description = "The account with its changes.", body = UserBody),
        AccountBodyErrors,
        LastAdminError,
        (
            status = 422, body = ProblemDetails, content_type = "application/problem+json",
            description = "A field is not allowed."
        ),
        AccessErrors,
        BodyErrors,
        ServerErrors,
    )
)]
async fn update_user(
    State(state): State<AppState>,
    Bearer(principal): Bearer,
    Path(id): Path<String>,
    request: Request,
) -> Result<Json<UserBody>, ProblemDetails> {
    let permission = principal.can_manage_accounts()?;
    let user = find(&state, &permission, &id).await?;
    let ([], body) = read_fields(request, [], &["role", "name", "is_disabled"]).await?;
    let change = AccountChange {
        role: optional(&body, "role", &roles(), parse_role)?,
        name: optional(&body, "name", "text", |value| value.as_str().map(str::to_owned))?,
        is_disabled: optional(&body, "is_disabled", "true or false", Value::as_bool)?,
    };
    let key = AccountKey::Id(&user.id);
    let changed = Box::pin(state.accounts.change_account(&permission, key, change)).await?;
    Ok(Json(changed.map_err(|problem| refused(&problem))?.into()))
}

/// Deletes an account with its sessions and personal access tokens. When this is answered, no
/// server accepts them. The last ADMIN cannot be deleted. Needs the role ADMIN.
#[utoipa::path(
    delete, path = "/api/v1/admin/users/{id}", tag = "accounts", security(("bearer" = [])),
    params(("id" = String, Path, description = "The account's id.")),
    responses(
        (status = 204, description = "It is deleted."),
        AccountErrors,
        LastAdminError,
        AccessErrors,
        ServerErrors,
    )
)]
async fn delete_user(
    State(state): State<AppState>,
    Bearer(principal): Bearer,
    Path(id): Path<String>,
) -> Result<StatusCode, ProblemDetails> {
    let permission = principal.can_manage_accounts()?;
    let user = find(&state, &permission, &id).await?;
    let key = AccountKey::Id(&user.id);
    let deleted = Box::pin(state.accounts.delete_account(&permission, key)).await?;
    deleted.map_err(|problem| refused(&problem))?;
    Ok(StatusCode::NO_CONTENT)
}

/// Sets the password of an account, and ends its sessions. Needs the role ADMIN.
#[utoipa::path(
    put, path = "/api/v1/admin/users/{id}/password", tag = "accounts",
    security(("bearer" = [])),
    params(("id" = String, Path, description = "The account's id.")),
    request_body = SetPasswordRequest,
    responses(
        (status = 204, description = "It is set."),
        AccountBodyErrors,
        (
            status = 422, body = ProblemDetails, content_type = "application/problem+json",
            description = "A field is missing or not allowed."
        ),
        AccessErrors,
        BodyErrors,
        ServerErrors,
    )
)]
async fn set_user_password(
    State(state): State<AppState>,
    Bearer(principal): Bearer,
    Path(id): Path<String>,
    request: Request,
) -> Result<StatusCode, ProblemDetails> {
    let permission = principal.can_manage_accounts()?;
    let user = find(&state, &permission, &id).await?;
    let ([password], body) = read_fields(request, ["password"], &["revoke_tokens"]).await?;
    let revokes_tokens = optional(&body, "revoke_tokens", "true or false", Value::as_bool)?;
    let new = NewPassword { password: &password, revokes_tokens: revokes_tokens.unwrap_or(false) };
    let key = AccountKey::Id(&user.id);
    let set = Box::pin(state.accounts.set_account_password(&permission, key, new)).await?;
    set.map_err(|problem| refused(&problem))?;
    Ok(StatusCode::NO_CONTENT)
}

/// Makes a link by which a person sets the password of an account once, within 24 hours. Earlier
/// links of the account are no longer valid. Needs the role ADMIN.
#[utoipa::path(
    post, path = "/api/v1/admin/users/{id}/password-link", tag = "accounts",
    security(("bearer" = [])),
    params(("id" = String, Path, description = "The account's id.")),
    responses(
        (status = 201, description = "The link, shown only here.", body = PasswordLinkBody),
        AccountErrors,
        AccessErrors,
        ServerErrors,
    )
)]
async fn create_user_password_link(
    State(state): State<AppState>,
    Bearer(principal): Bearer,
    Path(id): Path<String>,
) -> Result<Response, ProblemDetails> {
    let permission = principal.can_manage_accounts()?;
    let user = find(&state, &permission, &id).await?;
    let key = AccountKey::Id(&user.id);
    let made = Box::pin(state.accounts.create_password_link(&permission, key)).await?;
    let link = made.map_err(|problem| refused(&problem))?;
    let body = PasswordLinkBody { secret: link.secret, expires_at: link.expires_at };
    Ok((StatusCode::CREATED, Json(body)).into_response())
}
