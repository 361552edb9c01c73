//! Errors of the REST API as problem details (RFC 9457, `application/problem+json`).

use std::any::Any;
use std::time::Duration;

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use tower_http::request_id::RequestId;
use utoipa::ToSchema;

use super::audit::ErrorCode;
use super::request_id;
use crate::catalog::access::Forbidden;
use crate::catalog::{CatalogError, UNSTORABLE_TEXT, Unavailability};
use crate::document::plan::{ImportPlan, Report};
use crate::document::{Problem, ProblemCode};

/// `Retry-After` when the server is at one of its limits.
const BUSY_RETRY: Duration = Duration::from_secs(5);

/// An error (RFC 9457).
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ProblemBody)]
pub struct ProblemDetails {
    /// Always about:blank; status and code identify the kind of error.
    r#type: &'static str,
    /// The reason phrase of the status.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What went wrong, for a person.
    detail: String,
    /// The kind of error, for programs.
    code: &'static str,
    /// The problems of a document, one entry each.
    errors: Vec<Problem>,
    /// The plan of a document that was read and then rejected.
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<Box<ImportPlan>>,
    /// A text for the language model that wrote the document: what to correct, and the format to
    /// send. Absent if there is nothing to correct.
    #[serde(skip_serializing_if = "Option::is_none")]
    repair_hint: Option<String>,
    #[serde(skip)]
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl ProblemDetails {
    pub fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self {
            r#type: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: detail.into(),
            code,
            errors: Vec::new(),
            plan: None,
            repair_hint: None,
            headers: Vec::new(),
        }
    }

    pub fn with_header(mut self, name: HeaderName, value: impl Into<HeaderValue>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Closes the connection after the response, without reading the rest of the request.
    pub fn with_close(self) -> Self {
        self.with_header(header::CONNECTION, HeaderValue::from_static("close"))
    }

    /// 401: no token, an invalid token, or wrong credentials.
    pub fn unauthenticated(detail: &str, invalid_token: bool) -> Self {
        let challenge = if invalid_token {
            "Bearer realm=\"reelport\", error=\"invalid_token\""
        } else {
            "Bearer realm=\"reelport\""
        };
        Self::new(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", detail)
            .with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static(challenge))
    }

    pub fn rate_limited(after: Duration) -> Self {
        let seconds = after.as_secs().max(1);
        let detail = format!("too many attempts; try again in {seconds} seconds");
        Self::new(StatusCode::TOO_MANY_REQUESTS, "RATE_LIMITED", detail)
            .with_header(header::RETRY_AFTER, seconds)
    }

    /// 503: the server is temporarily at one of its limits; the client may retry.
    pub fn busy(detail: impl std::fmt::Display) -> Self {
        let seconds = BUSY_RETRY.as_secs();
        let detail = format!("{detail}; try again in {seconds} seconds");
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE", detail)
            .with_header(header::RETRY_AFTER, seconds)
    }

    pub fn too_large(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "TOO_LARGE", detail)
    }

    pub fn unsupported_media_type(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", detail)
    }

    /// 503: the database cannot serve the request.
    pub fn unavailable(why: Unavailability, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, why.code(), detail)
            .with_header(header::RETRY_AFTER, HeaderValue::from(why.retry_after().as_secs()))
    }

    pub fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "NOT_FOUND", detail)
    }

    pub fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BAD_USER_INPUT", detail)
    }

    /// Appends to a 404 what the client can do about it.
    pub fn with_remedy(mut self, remedy: &str) -> Self {
        if self.status == StatusCode::NOT_FOUND.as_u16() {
            self.detail = format!("{}; {remedy}", self.detail);
        }
        self
    }

    pub fn with_plan(mut self, plan: Option<Report>) -> Self {
        self.plan = plan.map(|report| Box::new(report.into()));
        self
    }

    pub fn with_repair_hint(mut self, hint: Option<String>) -> Self {
        self.repair_hint = hint;
        self
    }

    /// The problems of a document or its target.
    pub fn from_problems(problems: Vec<Problem>) -> Self {
        let (status, code) = status_and_code(&problems);
        let detail = match problems.as_slice() {
            [only] if only.path.is_empty() => only.message.clone(),
            [only] => format!("{}: {}", only.path, only.message),
            several => {
                format!("{} things are wrong with the document; nothing was written", several.len())
            }
        };
        let mut details = Self::new(status, code, detail);
        details.errors = problems;
        details
    }
}

fn code_name(code: ProblemCode) -> &'static str {
    match code {
        ProblemCode::NotFound => "NOT_FOUND",
        ProblemCode::AlreadyExists => "ALREADY_EXISTS",
        ProblemCode::Unreadable => "UNREADABLE",
        ProblemCode::UnsupportedVersion => "UNSUPPORTED_VERSION",
        ProblemCode::CategoryMismatch => "CATEGORY_MISMATCH",
        ProblemCode::MovieMismatch => "MOVIE_MISMATCH",
        ProblemCode::AmbiguousMatch => "AMBIGUOUS_MATCH",
        ProblemCode::Conflict => "CONFLICT",
        ProblemCode::NothingRead => "NOTHING_READ",
        ProblemCode::BaseRequired => "BASE_REQUIRED",
        ProblemCode::PlanStale => "PLAN_STALE",
        ProblemCode::Locked => "LOCKED",
        ProblemCode::NoDraft => "NO_DRAFT",
        ProblemCode::IdempotencyMismatch => "IDEMPOTENCY_MISMATCH",
        ProblemCode::Required
        | ProblemCode::TypeMismatch
        | ProblemCode::Invalid
        | ProblemCode::OutOfRange
        | ProblemCode::TooLong
        | ProblemCode::UnknownField => "INVALID_DOCUMENT",
    }
}

/// The status and code of the most severe problem. In order of severity: a missing movie, problems
/// of the file as a whole, problems of its data, conflicts with the stored state.
fn status_and_code(problems: &[Problem]) -> (StatusCode, &'static str) {
    let status = |problem: &Problem| match problem.code {
        _ if problem.option.is_some() => StatusCode::BAD_REQUEST,
        ProblemCode::NotFound if problem.path.is_empty() => StatusCode::NOT_FOUND,
        ProblemCode::Unreadable
        | ProblemCode::UnsupportedVersion
        | ProblemCode::CategoryMismatch
        | ProblemCode::MovieMismatch => StatusCode::BAD_REQUEST,
        ProblemCode::NoDraft => StatusCode::NOT_FOUND,
        ProblemCode::AmbiguousMatch
        | ProblemCode::Conflict
        | ProblemCode::BaseRequired
        | ProblemCode::PlanStale
        | ProblemCode::Locked
        | ProblemCode::IdempotencyMismatch
        | ProblemCode::AlreadyExists => StatusCode::CONFLICT,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    };
    let order = [
        StatusCode::NOT_FOUND,
        StatusCode::BAD_REQUEST,
        StatusCode::UNPROCESSABLE_ENTITY,
        StatusCode::CONFLICT,
    ];
    for candidate in order {
        if let Some(problem) = problems.iter().find(|problem| status(problem) == candidate) {
            let is_option = problem.option.is_some();
            return (candidate, if is_option { "BAD_USER_INPUT" } else { code_name(problem.code) });
        }
    }
    (StatusCode::UNPROCESSABLE_ENTITY, "INVALID_DOCUMENT")
}

impl From<Forbidden> for ProblemDetails {
    fn from(forbidden: Forbidden) -> Self {
        Self::new(StatusCode::FORBIDDEN, "FORBIDDEN", forbidden.to_string())
    }
}

impl ProblemDetails {
    /// What went wrong, for a person.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// The code and the detail, where an error is not sent as a response of its own.
    pub fn into_code_and_detail(self) -> (&'static str, String) {
        (self.code, self.detail)
    }
}

impl From<CatalogError> for ProblemDetails {
    fn from(error: CatalogError) -> Self {
        if let CatalogError::Stopped(stopped) = error {
            let status = StatusCode::SERVICE_UNAVAILABLE;
            return Self::new(status, "TOO_EXPENSIVE", stopped.user_message());
        }
        if let CatalogError::Forbidden(forbidden) = error {
            return forbidden.into();
        }
        if let Some(why) = error.unavailability() {
            tracing::warn!(error = %error, "the database is unavailable");
            return Self::unavailable(why, why.message());
        }
        if error.is_unstorable_text() {
            return Self::bad_request(UNSTORABLE_TEXT);
        }
        tracing::error!(error = %error, "internal error");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", "something went wrong on our side")
    }
}

impl IntoResponse for ProblemDetails {
    fn into_response(mut self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = std::mem::take(&mut self.headers);
        let mut response = (status, Json(&self)).into_response();
        let media_type = HeaderValue::from_static("application/problem+json");
        response.headers_mut().insert(header::CONTENT_TYPE, media_type);
        response.extensions_mut().insert(ErrorCode(self.code));
        response.headers_mut().extend(
            headers.into_iter().map(|(name, value)| (Some(name), value)).collect::<Vec<_>>(),
        );
        response
    }
}

/// The response after a panic in a handler.
pub fn panic_response(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a handler panicked");
    ProblemDetails::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "INTERNAL",
        "something went wrong on our side",
    )
    .into_response()
}

/// Adds the request id to an internal error or a timeout.
pub fn with_request_id(response: Response, id: Option<&RequestId>) -> Response {
    let is_plain = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_none_or(|value| value.as_bytes().starts_with(b"text/plain"));
    let status = response.status();
    let what = match status {
        StatusCode::INTERNAL_SERVER_ERROR => "something went wrong on our side",
        StatusCode::SERVICE_UNAVAILABLE if is_plain => "the response took too long",
        _ => return response,
    };
    let id = request_id::shown(id);
    if status == StatusCode::INTERNAL_SERVER_ERROR {
        tracing::error!(request_id = %id, "answered 500");
    }
    let detail = format!("{what}; the request id is {id}");
    ProblemDetails::new(status, "INTERNAL", detail).into_response()
}
