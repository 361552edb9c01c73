//! Login and token refresh.

use axum::Json;
use axum::extract::{Request, State};
use axum::http::HeaderName;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::fields::read_text_fields;
use crate::catalog::accounts::throttle::LoginQuota;
use crate::catalog::accounts::{LoginRefused, Session};
use crate::http::AppState;
use crate::http::client_address::ClientAddress;
use crate::http::openapi::{BodyErrors, ServerErrors};
use crate::http::problem::ProblemDetails;

pub fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::default().routes(routes!(login)).routes(routes!(refresh))
}

/// Email and password.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only for the schema")]
pub struct Credentials {
    /// The account's email address.
    email: String,
    /// Its password.
    password: String,
}

/// The token to exchange.
#[derive(ToSchema)]
#[allow(dead_code, reason = "only for the schema")]
pub struct RefreshRequest {
    /// The refresh token of an earlier login.
    refresh_token: String,
}

/// The tokens of a login.
#[derive(Serialize, ToSchema)]
pub struct TokenResponse {
    /// Send it as `Authorization: Bearer …`.
    access_token: String,
    /// Always bearer.
    token_type: &'static str,
    /// How long the access token is valid, in seconds.
    expires_in: u64,
    /// Exchange it for a new access token at `/api/v1/auth/refresh`.
    refresh_token: String,
}

fn token_response(session: Session) -> Response {
    let body = TokenResponse {
        access_token: session.access_token,
        token_type: "bearer",
        expires_in: session.expires_in.as_secs(),
        refresh_token: session.refresh_token,
    };
    Json(body).into_response()
}

/// Exchanges an email and a password for tokens.
#[utoipa::path(
    post, path = "/api/v1/auth/login", tag = "accounts", request_body = Credentials,
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
    ClientAddress(address): ClientAddress,
    request: Request,
) -> Result<Response, ProblemDetails> {
    let [email, password] = read_text_fields(request, ["email", "password"]).await?;
    let response = match state.accounts.login(&email, &password, Some(address)).await? {
        Ok(session) => token_response(session),
        Err(LoginRefused::WrongCredentials) => {
            ProblemDetails::unauthenticated("the email or the password is wrong", false)
                .into_response()
        }
        Err(LoginRefused::TooManyAttempts(refused)) => {
            ProblemDetails::rate_limited(refused.retry_after).into_response()
        }
    };
    // The login is done: if the quotas cannot be read, only the headers are missing.
    let Ok(quotas) = state.accounts.login_quotas(&email, Some(address)).await else {
        return Ok(response);
    };
    let (policy, left) = LoginQuota::header_values(&quotas);
    Ok(([(RATE_LIMIT_POLICY, policy), (RATE_LIMIT, left)], response).into_response())
}

const RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// Exchanges a refresh token for new tokens, with the account's current role.
#[utoipa::path(
    post, path = "/api/v1/auth/refresh", tag = "accounts", request_body = RefreshRequest,
    responses(
        (status = 200, description = "Tokens.", body = TokenResponse),
        (
            status = 400, body = ProblemDetails, content_type = "application/problem+json",
            description = "The body is not JSON, or cannot be decompressed."
        ),
        (
            status = 401, body = ProblemDetails, content_type = "application/problem+json",
            headers(("WWW-Authenticate" = String, description = "The challenge (RFC 6750).")),
            description = "The token is invalid, or its account was deleted."
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
    request: Request,
) -> Result<Response, ProblemDetails> {
    let [refresh_token] = read_text_fields(request, ["refresh_token"]).await?;
    match state.accounts.refresh(&refresh_token).await? {
        Some(session) => Ok(token_response(session)),
        None => Err(ProblemDetails::unauthenticated(
            "the refresh token is malformed or expired, or its account was deleted",
            true,
        )),
    }
}
