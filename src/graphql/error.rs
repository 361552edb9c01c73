//! Conversion of failures to GraphQL errors with a code.
//!
//! `ApiError` does not implement `Display`, because the library would convert any such type to an
//! error without a code.

use std::time::Duration;

use async_graphql::{Error, ErrorExtensionValues, ServerError};

use super::budget::Exhausted;
use crate::catalog::access::Forbidden;
use crate::catalog::audit::AuditOutcome;
use crate::catalog::{CatalogError, UNSTORABLE_TEXT};

/// Why a resolver failed.
#[derive(Debug)]
pub enum ApiError {
    /// There is no token, or the credentials are wrong.
    Unauthenticated(String),
    /// The user's role or token does not allow the operation.
    Forbidden(Forbidden),
    /// An argument has a value that is not allowed.
    BadInput(String),
    /// Too many attempts; the client may retry after this time.
    RateLimited(Duration),
    /// The request exceeds its budget.
    TooComplex(Exhausted),
    /// A failure of the service.
    Internal(CatalogError),
}

impl From<Forbidden> for ApiError {
    fn from(forbidden: Forbidden) -> Self {
        Self::Forbidden(forbidden)
    }
}

impl From<Exhausted> for ApiError {
    fn from(exhausted: Exhausted) -> Self {
        Self::TooComplex(exhausted)
    }
}

impl From<CatalogError> for ApiError {
    fn from(error: CatalogError) -> Self {
        Self::Internal(error)
    }
}

impl From<serde_json::Error> for ApiError {
    fn from(error: serde_json::Error) -> Self {
        Self::Internal(error.into())
    }
}

/// The value of a field that needs a role beyond reading. The field is nullable: without the role
/// it is null, with an error at its path, and the fields beside it are answered.
pub type Restricted<T> = Option<async_graphql::Result<T>>;

/// Makes a failed field null instead of its parent.
#[allow(clippy::unnecessary_wraps, reason = "the library takes the field as nullable by its type")]
pub fn restricted<T>(result: Result<T, ApiError>) -> Restricted<T> {
    Some(result.map_err(Into::into))
}

/// The code of a failure of the service. Its details must not leave the server.
pub const INTERNAL: &str = "INTERNAL";
/// The code of a request that exceeds a limit.
pub const QUERY_TOO_COMPLEX: &str = "QUERY_TOO_COMPLEX";
/// The code of a text that is not valid GraphQL.
pub const PARSE_FAILED: &str = "GRAPHQL_PARSE_FAILED";
/// The code of a query that does not match the schema.
pub const VALIDATION_FAILED: &str = "GRAPHQL_VALIDATION_FAILED";
/// The code of a value that is not allowed.
pub const BAD_USER_INPUT: &str = "BAD_USER_INPUT";
/// The code of a request over a limit of how many there may be.
pub const RATE_LIMITED: &str = "RATE_LIMITED";
/// The code of a request without a valid token.
pub const UNAUTHENTICATED: &str = "UNAUTHENTICATED";
/// The code of a request whose role or token does not allow it.
pub const FORBIDDEN: &str = "FORBIDDEN";

/// The outcome in the audit log of a request that is refused with this code; `None` if the code is
/// no refusal.
#[must_use]
pub fn refusal(code: &str) -> Option<AuditOutcome> {
    match code {
        UNAUTHENTICATED => Some(AuditOutcome::Unauthenticated),
        FORBIDDEN => Some(AuditOutcome::Forbidden),
        RATE_LIMITED => Some(AuditOutcome::RateLimited),
        _ => None,
    }
}

impl From<ApiError> for Error {
    fn from(error: ApiError) -> Self {
        let with_code = |message: String, code: &str| {
            let mut error = Self::new(message);
            error.extensions.get_or_insert_default().set("code", code);
            error
        };
        match error {
            ApiError::Unauthenticated(message) => with_code(message, UNAUTHENTICATED),
            ApiError::Forbidden(forbidden)
            | ApiError::Internal(CatalogError::Forbidden(forbidden)) => {
                with_code(forbidden.to_string(), FORBIDDEN)
            }
            ApiError::BadInput(message) => with_code(message, BAD_USER_INPUT),
            ApiError::RateLimited(after) => {
                let seconds = after.as_secs().max(1);
                let mut error = with_code(
                    format!("too many attempts; try again in {seconds} seconds"),
                    RATE_LIMITED,
                );
                error.extensions.get_or_insert_default().set("retryAfter", seconds);
                error
            }
            ApiError::TooComplex(Exhausted { message, cost, limit }) => {
                let mut error = with_code(message, QUERY_TOO_COMPLEX);
                let extensions = error.extensions.get_or_insert_default();
                extensions.set("cost", cost);
                extensions.set("limit", limit);
                error
            }
            ApiError::Internal(CatalogError::Stopped(stopped)) => {
                with_code(stopped.user_message(), QUERY_TOO_COMPLEX)
            }
            ApiError::Internal(error) => match error.unavailability() {
                Some(why) => {
                    tracing::warn!(error = %error, "the database is unavailable");
                    let seconds = why.retry_after().as_secs();
                    let mut error = with_code(why.message().to_owned(), why.code());
                    error.extensions.get_or_insert_default().set("retryAfter", seconds);
                    error
                }
                None if error.is_unstorable_text() => {
                    with_code(UNSTORABLE_TEXT.to_owned(), BAD_USER_INPUT)
                }
                None => with_code(error.to_string(), INTERNAL),
            },
        }
    }
}

/// The code of an error, if it has one.
#[must_use]
pub fn code_of(error: &ServerError) -> Option<&str> {
    code_in(error.extensions.as_ref()?)
}

/// The code of an error of a resolver, if it has one.
#[must_use]
pub fn extension_code(error: &Error) -> Option<&str> {
    code_in(error.extensions.as_ref()?)
}

fn code_in(extensions: &ErrorExtensionValues) -> Option<&str> {
    match extensions.get("code")? {
        async_graphql::Value::String(code) => Some(code),
        _ => None,
    }
}

/// Adds the code that clients expect to an error of the library. Limits and the values of arguments
/// are checked before, so what is left are queries that do not match the schema and, with a path,
/// values that could not be read while the query ran.
pub fn classify(error: &mut ServerError) {
    if code_of(error).is_none() {
        let code = if error.path.is_empty() { VALIDATION_FAILED } else { BAD_USER_INPUT };
        set_code(error, code);
    }
}

/// Sets the code of an error.
pub fn set_code(error: &mut ServerError, code: &str) {
    error.extensions.get_or_insert_with(ErrorExtensionValues::default).set("code", code);
}

/// A failure of the service as the error of a request that was not executed.
#[must_use]
pub fn server_error(error: CatalogError) -> ServerError {
    Error::from(ApiError::from(error)).into_server_error(async_graphql::Pos::default())
}

impl From<Exhausted> for ServerError {
    fn from(exhausted: Exhausted) -> Self {
        let error = Error::from(ApiError::from(exhausted));
        Self { locations: Vec::new(), ..error.into_server_error(async_graphql::Pos::default()) }
    }
}

/// The error for a query that exceeds a limit, with its cost and the limit as extensions.
#[must_use]
pub fn too_complex(message: impl Into<String>, cost: usize, limit: usize) -> ServerError {
    let mut refused = ServerError::new(message, None);
    let extensions = refused.extensions.get_or_insert_with(ErrorExtensionValues::default);
    extensions.set("code", QUERY_TOO_COMPLEX);
    extensions.set("cost", cost);
    extensions.set("limit", limit);
    refused
}
