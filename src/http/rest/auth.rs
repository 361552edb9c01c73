//! Logging in.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use super::{is_json, read_body, unsupported_media_type};
use crate::catalog::accounts::{LoginRefused, Session};
use crate::http::AppState;
use crate::http::problem::ProblemDetails;

/// Credentials and tokens are short.
const MAX_BODY: usize = 64 * 1024;

pub fn routes() -> Router<AppState> {
    Router::new().route("/api/v1/auth/login", post(login)).route("/api/v1/auth/refresh", post(refresh))
}

#[derive(Deserialize)]
struct Credentials {
    email: String,
    password: String,
}

#[derive(Deserialize)]
struct RefreshRequest {
    refresh_token: String,
}

async fn body<T: DeserializeOwned>(request: Request) -> Result<T, ProblemDetails> {
    if !is_json(request.headers()) {
        return Err(unsupported_media_type());
    }
    let bytes = read_body(request.into_body(), MAX_BODY).await?;
    serde_json::from_slice(&bytes).map_err(|error| {
        let status = if error.is_data() {
            axum::http::StatusCode::UNPROCESSABLE_ENTITY
        } else {
            axum::http::StatusCode::BAD_REQUEST
        };
        // What was sent may hold a password, so that the message tells only where.
        let reason = if error.is_data() { "a field is missing or of the wrong type" } else { "the body is not JSON" };
        let detail = format!("{reason} (line {}, column {})", error.line(), error.column());
        ProblemDetails::new(status, "BAD_USER_INPUT", detail)
    })
}

fn tokens(session: &Session) -> Response {
    let body = json!({
        "access_token": session.access_token,
        "token_type": "bearer",
        "expires_in": session.expires_in.as_secs(),
        "refresh_token": session.refresh_token,
    });
    ([(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

async fn login(
    State(state): State<AppState>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    request: Request,
) -> Result<Response, ProblemDetails> {
    let credentials: Credentials = body(request).await?;
    match state.accounts.login(&credentials.email, &credentials.password, Some(address.ip())).await? {
        Ok(session) => Ok(tokens(&session)),
        Err(LoginRefused::WrongCredentials) => {
            Err(ProblemDetails::unauthenticated("the email or the password is wrong", false))
        }
        Err(LoginRefused::TooManyAttempts(refused)) => Err(ProblemDetails::rate_limited(refused.retry_after)),
    }
}

async fn refresh(State(state): State<AppState>, request: Request) -> Result<Response, ProblemDetails> {
    let sent: RefreshRequest = body(request).await?;
    match state.accounts.refresh(&sent.refresh_token).await? {
        Some(session) => Ok(tokens(&session)),
        None => Err(ProblemDetails::unauthenticated("the refresh token is malformed, expired, or its account is gone", true)),
    }
}
