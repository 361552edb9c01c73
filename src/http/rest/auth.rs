//! Log-in, exchanging refresh tokens, log-out, and setting a password by a link.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::fields::{missing, optional, read_fields, read_optional_fields, read_text_fields};
use crate::catalog::accounts::password_links::LinkRefused;
use crate::catalog::accounts::sessions::{
    INVALID_REFRESH_TOKEN, LoggedIn, LoginRefused, WRONG_CREDENTIALS,
};
use crate::catalog::accounts::throttle::LoginQuota;
use crate::catalog::audit::Actor;
use crate::document::{Problem, ProblemCode};
use crate::graphql::client::{CookieChange, RefreshCookie};
use crate::http::audit::Requester;
use crate::http::bearer::{Credentials, client_name};
use crate::http::openapi::{BodyErrors, ServerErrors};
use crate::http::problem::ProblemDetails;
use crate::http::{AppState, session_cookie};

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::default()
        .routes(routes!(login))
        .routes(routes!(refresh))
        .routes(routes!(logout))
        .routes(routes!(use_password_link))
}

/// Email and password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "only for the schema")]
pub struct LoginRequest {
    /// The account's email address.
    email: String,
    /// Its password.
    password: String,
    /// Whether the refresh token is put into a cookie that scripts cannot read (HttpOnly,
    /// SameSite=Strict) instead of the body, for pages of this origin. Default: false.
    #[schema(nullable = false)]
    cookie: Option<bool>,
}

/// The token to exchange.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "only for the schema")]
pub struct RefreshRequest {
    /// The refresh token of the session. Default: that of the cookie; the request then needs the
    /// header `X-CSRF-Protection: 1`.
    #[schema(nullable = false)]
    refresh_token: Option<String>,
}

/// The session to end.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "only for the schema")]
pub struct LogoutRequest {
    /// The refresh token of the session. Default: that of the cookie, or the session of the
    /// request's access token.
    refresh_token: Option<String>,
}

/// A password for the account of a link.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[allow(dead_code, reason = "only for the schema")]
pub struct PasswordLinkRequest {
    /// The secret of the link.
    secret: String,
    /// The new password: 8 to 1024 characters, and not one of the commonest.
    password: String,
}

/// The tokens of a session.
#[derive(Serialize, ToSchema)]
pub struct TokenResponse {
    /// Send it as `Authorization: Bearer …`.
    access_token: String,
    /// Always bearer.
    token_type: &'static str,
    /// How long the access token is valid, in seconds.
    expires_in: u64,
    /// Exchange it for new tokens at `/api/v1/auth/refresh`; each is valid once. Null if it is in a
    /// cookie, or if the database is read-only.
    refresh_token: Option<String>,
}

/// The response with the tokens of a session. With `cookie`, the refresh token is in a cookie.
fn token_response(logged_in: LoggedIn, with_cookie: bool, headers: &HeaderMap) -> Response {
    let mut refresh_token = logged_in.refresh_token;
    let mut cookie = None;
    if with_cookie && let Some(token) = refresh_token.take() {
        let change = CookieChange::Set(token, logged_in.refresh_expires_in);
        cookie = session_cookie::set_cookie(&change, headers);
    }
    let body = TokenResponse {
        access_token: logged_in.access_token,
        token_type: "bearer",
        expires_in: logged_in.expires_in.as_secs(),
        refresh_token,
    };
    let mut response = Json(body).into_response();
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// Exchanges an email and a password for tokens.
#[utoipa::path(
    post, path = "/api/v1/auth/login", tag = "accounts", request_body = LoginRequest,
    responses(
        (
            status = 200, body = TokenResponse,
            headers(
                (
                    "RateLimit-Policy" = String,
                    description = "The allowed failed logins (q) within a window of seconds (w), \
                                   for the account and for the address."
                ),
                (
                    "RateLimit" = String,
                    description = "How many failed logins are left (r), and in how many seconds \
                                   the failures no longer count (t)."
                ),
            ),
            description = "Tokens."
        ),
        (
            status = 400, body = ProblemDetails, content_type = "application/problem+json",
            description = "The body is not JSON, or cannot be decompressed."
        ),
        (
            status = 401, body = ProblemDetails, content_type = "application/problem+json",
            headers(
                ("WWW-Authenticate" = String, description = "The challenge (RFC 6750)."),
                (
                    "RateLimit-Policy" = String,
                    description = "The allowed failed logins (q) within a window of seconds (w), \
                                   for the account and for the address."
                ),
                (
                    "RateLimit" = String,
                    description = "How many failed logins are left (r), and in how many seconds \
                                   the failures no longer count (t)."
                ),
            ),
            description = "The email or the password is wrong."
        ),
        (
            status = 422, body = ProblemDetails, content_type = "application/problem+json",
            description = "A field is missing or is not text; each one is listed."
        ),
        (
            status = 429, body = ProblemDetails, content_type = "application/problem+json",
            headers(
                ("Retry-After" = u64, description = "After how many seconds to try again."),
                (
                    "RateLimit-Policy" = String,
                    description = "The allowed failed logins (q) within a window of seconds (w), \
                                   for the account and for the address."
                ),
                (
                    "RateLimit" = String,
                    description = "How many failed logins are left (r), and in how many seconds \
                                   the failures no longer count (t)."
                ),
            ),
            description = "Too many failed attempts."
        ),
        BodyErrors,
        ServerErrors,
    )
)]
async fn login(
    State(state): State<AppState>,
    requester: Requester,
    request: Request,
) -> Result<Response, ProblemDetails> {
    let headers = request.headers().clone();
    let ([email, password], body) =
        read_fields(request, ["email", "password"], &["cookie"]).await?;
    let cookie = optional(&body, "cookie", "true or false", Value::as_bool)?.unwrap_or(false);
    let (actor, client) = (requester.actor(), client_name(&headers));
    let login = state.accounts.login(&email, &password, &actor, &client);
    let response = match Box::pin(login).await? {
        Ok(logged_in) => token_response(logged_in, cookie, &headers),
        Err(LoginRefused::WrongCredentials) => {
            ProblemDetails::unauthenticated(WRONG_CREDENTIALS, false).into_response()
        }
        Err(LoginRefused::TooManyAttempts(refused)) => {
            ProblemDetails::rate_limited(refused.retry_after).into_response()
        }
    };
    // The login is done: if the quotas cannot be read, only the headers are missing.
    let Ok(quotas) = state.accounts.login_quotas(&email, actor.address()).await else {
        return Ok(response);
    };
    let (policy, left) = LoginQuota::header_values(&quotas);
    Ok(([(RATE_LIMIT_POLICY, policy), (RATE_LIMIT, left)], response).into_response())
}

const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// The refresh token of a request, and whether it is that of the cookie.
fn refresh_token(
    headers: &HeaderMap,
    sent: Option<String>,
) -> Result<Option<(String, bool)>, ProblemDetails> {
    match (sent, session_cookie::read(headers)) {
        (Some(token), _) => Ok(Some((token, false))),
        (None, RefreshCookie::Token(token)) => Ok(Some((token, true))),
        (None, RefreshCookie::Unprotected) => Err(session_cookie::unprotected()),
        (None, RefreshCookie::Absent) => Ok(None),
    }
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(str::to_owned)
}

/// Exchanges a refresh token for new tokens, with the account's current role. Each refresh token is
/// valid once: if it is used again, its session ends.
#[utoipa::path(
    post, path = "/api/v1/auth/refresh", tag = "accounts", request_body = Option<RefreshRequest>,
    responses(
        (status = 200, description = "Tokens.", body = TokenResponse),
        (
            status = 400, body = ProblemDetails, content_type = "application/problem+json",
            description = "The body is not JSON, or cannot be decompressed."
        ),
        (
            status = 401, body = ProblemDetails, content_type = "application/problem+json",
            headers(("WWW-Authenticate" = String, description = "The challenge (RFC 6750).")),
            description = "The token is invalid or was used before, or its session has ended."
        ),
        (
            status = 403, body = ProblemDetails, content_type = "application/problem+json",
            description = "The token is in the cookie, and the header X-CSRF-Protection is missing."
        ),
        (
            status = 422, body = ProblemDetails, content_type = "application/problem+json",
            description = "The field is missing or is not text."
        ),
        BodyErrors,
        ServerErrors,
    )
)]
async fn refresh(
    State(state): State<AppState>,
    requester: Requester,
    request: Request,
) -> Result<Response, ProblemDetails> {
    let headers = request.headers().clone();
    let body = read_optional_fields(request, &["refresh_token"]).await?;
    let sent = optional(&body, "refresh_token", "text", text)?;
    let Some((token, from_cookie)) = refresh_token(&headers, sent)? else {
        return Err(missing(&body, "refresh_token"));
    };
    match state.accounts.refresh(&token, &requester.actor()).await? {
        Some(logged_in) => Ok(token_response(logged_in, from_cookie, &headers)),
        None => Err(ProblemDetails::unauthenticated(INVALID_REFRESH_TOKEN, true)),
    }
}

/// Ends a session. Its tokens are no longer accepted by any server when this is answered.
#[utoipa::path(
    post, path = "/api/v1/auth/logout", tag = "accounts", request_body = Option<LogoutRequest>,
    security(("bearer" = []), ()),
    responses(
        (status = 204, description = "The session has ended."),
        (
            status = 400, body = ProblemDetails, content_type = "application/problem+json",
            description = "The body is not JSON."
        ),
        (
            status = 401, body = ProblemDetails, content_type = "application/problem+json",
            description = "There is neither a valid refresh token nor a session's access token."
        ),
        (
            status = 403, body = ProblemDetails, content_type = "application/problem+json",
            description = "The token is in the cookie, and the header X-CSRF-Protection is missing."
        ),
        (
            status = 422, body = ProblemDetails, content_type = "application/problem+json",
            description = "The token is not text."
        ),
        BodyErrors,
        ServerErrors,
    )
)]
async fn logout(
    State(state): State<AppState>,
    credentials: Credentials,
    requester: Requester,
    request: Request,
) -> Result<Response, ProblemDetails> {
    let headers = request.headers().clone();
    let body = read_optional_fields(request, &["refresh_token"]).await?;
    let sent = optional(&body, "refresh_token", "text", text)?;
    let mut has_ended = false;
    let mut response = StatusCode::NO_CONTENT.into_response();
    if let Some((token, from_cookie)) = refresh_token(&headers, sent)? {
        let actor = Actor::anonymous(requester.origin());
        has_ended |= state.accounts.logout_by_refresh_token(&token, &actor).await?;
        if from_cookie
            && let Some(cookie) = session_cookie::set_cookie(&CookieChange::Clear, &headers)
        {
            has_ended = true;
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
    }
    match credentials {
        Credentials::Valid(principal) => {
            has_ended |= state.accounts.logout(&principal).await?.is_ok();
        }
        Credentials::Invalid(error) if !has_ended => return Err(error.into()),
        Credentials::Unverified(error) => return Err(error.into()),
        Credentials::Absent | Credentials::Invalid(_) => {}
    }
    if has_ended {
        Ok(response)
    } else {
        let detail = "there is no session to end: send its refresh token or its access token";
        Err(ProblemDetails::unauthenticated(detail, false))
    }
}

/// Sets the password of an account by a link that an ADMIN made. The link is then used up, and all
/// sessions of the account end.
#[utoipa::path(
    post, path = "/api/v1/auth/password-link", tag = "accounts",
    request_body = PasswordLinkRequest,
    responses(
        (status = 204, description = "The password is set."),
        (
            status = 400, body = ProblemDetails, content_type = "application/problem+json",
            description = "The body is not JSON."
        ),
        (
            status = 404, body = ProblemDetails, content_type = "application/problem+json",
            description = "There is no such link, or it was used or has expired."
        ),
        (
            status = 422, body = ProblemDetails, content_type = "application/problem+json",
            description = "A field is missing or is not text, or the password is not allowed."
        ),
        BodyErrors,
        ServerErrors,
    )
)]
async fn use_password_link(
    State(state): State<AppState>,
    requester: Requester,
    request: Request,
) -> Result<Response, ProblemDetails> {
    let [secret, password] = read_text_fields(request, ["secret", "password"]).await?;
    let actor = requester.actor();
    let set = state.accounts.set_password_by_link(&secret, &password, &actor);
    match set.await? {
        Ok(()) => Ok(StatusCode::NO_CONTENT.into_response()),
        Err(LinkRefused::Unknown) => {
            Err(ProblemDetails::not_found("there is no such link, or it was used or has expired"))
        }
        Err(LinkRefused::Problem(problem)) => {
            let problem = Problem::new("/password", ProblemCode::Invalid, problem.to_string());
            Err(ProblemDetails::from_problems(vec![problem]))
        }
    }
}
