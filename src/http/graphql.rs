//! The `/graphql` endpoint, following the GraphQL over HTTP specification.

mod media_type;
mod operation;

use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use async_graphql::{Request, Response as GraphQlResponse, ServerError};
use axum::extract::{ConnectInfo, RawQuery, Request as HttpRequest, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::FutureExt as _;
use serde_json::json;

use super::bearer::{Credentials, TokenError};
use super::problem::ProblemDetails;
use super::{AppState, MAX_BODY, request_id, session_cookie};
use crate::catalog::CatalogError;
use crate::catalog::background::spawn_background;
use crate::graphql::client::Client;
use crate::graphql::{Budget, Limits, RequestContext, Schema, error, limits};
use media_type::MediaType;
use operation::{EncodedRequest, Operation, RequestError};

/// Requests with more bytes are decoded and executed on a blocking thread, so that they do not
/// delay other connections.
const MAX_INLINE: usize = 64 * 1024;

/// Handles GET: queries only.
pub async fn get(
    State(state): State<AppState>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    credentials: Credentials,
    RawQuery(query): RawQuery,
    request: HttpRequest,
) -> Response {
    let (parts, _) = request.into_parts();
    let response = async {
        let Some(media_type) = MediaType::negotiate(&parts.headers) else {
            return not_acceptable(&credentials);
        };
        let handler = Handler::new(state, address, &parts);
        let request = EncodedRequest::Query(query.unwrap_or_default());
        handler.handle(media_type, credentials, request, true).await
    };
    uncached(response.await)
}

/// Handles POST with a JSON body.
pub async fn post(
    State(state): State<AppState>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    credentials: Credentials,
    request: HttpRequest,
) -> Response {
    let (parts, body) = request.into_parts();
    let response = async {
        let Some(media_type) = MediaType::negotiate(&parts.headers) else {
            return not_acceptable(&credentials);
        };
        // Other types would allow cross-site requests from browsers without a CORS preflight.
        if !super::rest::is_json(&parts.headers) {
            return match credentials {
                Credentials::Invalid(error) => unauthenticated(media_type, error),
                Credentials::Unverified(error) => unverified(media_type, error),
                _ => super::rest::unsupported_media_type().into_response(),
            };
        }
        let has_token = matches!(credentials, Credentials::Valid(_));
        let limit = if has_token { MAX_BODY } else { limits::MAX_ANONYMOUS_BODY };
        let bytes = match (super::rest::read_body(body, limit).await, &credentials) {
            (Ok(bytes), _) => bytes,
            (Err(_), Credentials::Invalid(error)) => {
                return unauthenticated(media_type, *error);
            }
            (Err(problem), _) => return problem.into_response(),
        };
        let handler = Handler::new(state, address, &parts);
        handler.handle(media_type, credentials, EncodedRequest::Body(bytes), false).await
    };
    uncached(response.await)
}

/// Responses of this endpoint depend on the token or contain one, so caches must not store them.
fn uncached(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// The handler of one request.
struct Handler {
    state: AppState,
    address: SocketAddr,
    request_id: String,
    headers: HeaderMap,
}

impl Handler {
    fn new(state: AppState, address: SocketAddr, parts: &Parts) -> Self {
        // What a log-in needs; most requests have neither a cookie nor these headers.
        let headers = parts.headers.clone();
        Self { state, address, request_id: request_id::of(&parts.extensions), headers }
    }

    /// The client that sent the request.
    fn client(&self) -> Client {
        Client::new(super::bearer::client_name(&self.headers), session_cookie::read(&self.headers))
    }

    async fn handle(
        self,
        media_type: MediaType,
        credentials: Credentials,
        request: EncodedRequest,
        queries_only: bool,
    ) -> Response {
        let is_large = request.len() > MAX_INLINE;
        let limits = self.state.schema.data::<Limits>().cloned().unwrap_or_default();
        let limits = match credentials {
            Credentials::Valid(_) => limits,
            Credentials::Absent | Credentials::Invalid(_) | Credentials::Unverified(_) => {
                limits.anonymous()
            }
        };
        let decoded = match decode(request, limits.clone(), is_large).await {
            Ok(decoded) => decoded,
            Err(failed) => return ProblemDetails::from(failed).into_response(),
        };
        if matches!(decoded, Err(RequestError::PersistedQuery)) {
            return persisted_query_not_supported(media_type);
        }
        let principal = match credentials {
            Credentials::Valid(principal) => Some(principal),
            Credentials::Absent => None,
            // An invalid token must not prevent the client from logging in again.
            Credentials::Invalid(_) | Credentials::Unverified(_)
                if decoded.as_ref().is_ok_and(Operation::is_login) =>
            {
                None
            }
            Credentials::Invalid(error) => return unauthenticated(media_type, error),
            Credentials::Unverified(error) => return unverified(media_type, error),
        };
        let operation = match decoded {
            Ok(operation) => operation,
            Err(RequestError::Query(errors)) => {
                return encode(media_type, &GraphQlResponse::from_errors(errors));
            }
            Err(RequestError::Malformed(message)) => return bad_request(media_type, &message),
            Err(RequestError::PersistedQuery) => return persisted_query_not_supported(media_type),
        };
        if queries_only && !operation.is_query() {
            return get_takes_queries_only();
        }
        let budget = Arc::new(Budget::new(limits.clone()));
        let client = Arc::new(self.client());
        let context = RequestContext::new(
            principal,
            Some(self.address.ip()),
            Arc::clone(&self.state.catalog),
            Arc::clone(&self.state.accounts),
            Arc::clone(&budget),
        )
        .with_client(Arc::clone(&client));
        let execution =
            Execution { schema: self.state.schema.clone(), context, operation, limits, budget };
        let mut result = match execution.run(is_large).await {
            Ok(result) => result,
            Err(failed) => return ProblemDetails::from(failed).into_response(),
        };
        result.errors.truncate(limits::MAX_ERRORS);
        for failed in &mut result.errors {
            self.finish_error(failed);
        }
        let mut response = encode(media_type, &result);
        if let Some(change) = client.cookie_change()
            && let Some(cookie) = session_cookie::set_cookie(&change, &self.headers)
        {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        response
    }

    /// Sets the code of an error. Internal errors are logged, and their details are removed.
    fn finish_error(&self, failed: &mut ServerError) {
        error::classify(failed);
        if error::code_of(failed) == Some(error::INTERNAL) {
            let id = &self.request_id;
            let (error, path) = (&failed.message, &failed.path);
            tracing::error!(request_id = %id, error = %error, path = ?path, "internal error");
            failed.message = format!("something went wrong on our side; the request id is {id}");
        }
    }
}

/// An operation with everything needed to execute it.
struct Execution {
    schema: Schema,
    context: RequestContext,
    operation: Operation,
    limits: Limits,
    budget: Arc<Budget>,
}

impl Execution {
    /// Executes the operation. A large one runs on a blocking thread, since validating and
    /// converting its variables takes long.
    async fn run(self, is_large: bool) -> Result<GraphQlResponse, CatalogError> {
        if !is_large {
            return Ok(self.execute().await);
        }
        let runtime = tokio::runtime::Handle::current();
        let run = spawn_background(move || runtime.block_on(self.execute()));
        run.await.map_err(CatalogError::from)
    }

    /// A query is cancelled as soon as its budget is exhausted. A mutation always runs to its end,
    /// since the response must report what was written.
    async fn execute(self) -> GraphQlResponse {
        let Self { schema, context, operation, limits, budget } = self;
        if let Err(errors) = operation.check(&limits) {
            return GraphQlResponse::from_errors(errors);
        }
        let is_query = operation.is_query();
        let mut request =
            Request::new(operation.query).variables(operation.variables).data(context);
        if let Some(name) = operation.name {
            request = request.operation_name(name);
        }
        request.set_parsed_query(operation.document);
        let run = AssertUnwindSafe(schema.execute(request)).catch_unwind();
        let run = tokio::select! {
            biased;
            exhausted = budget.exhausted(), if is_query => {
                return GraphQlResponse::from_errors(vec![exhausted.into()]);
            }
            run = run => run,
        };
        if is_query && let Some(exhausted) = budget.stopped() {
            return GraphQlResponse::from_errors(vec![exhausted.clone().into()]);
        }
        run.unwrap_or_else(|_| {
            let mut failed = ServerError::new("a resolver panicked", None);
            error::set_code(&mut failed, error::INTERNAL);
            GraphQlResponse::from_errors(vec![failed])
        })
    }
}

/// Decodes a request; a large one on a blocking thread.
async fn decode(
    request: EncodedRequest,
    limits: Limits,
    is_large: bool,
) -> Result<Result<Operation, RequestError>, CatalogError> {
    if !is_large {
        return Ok(request.decode(&limits));
    }
    let decoded = spawn_background(move || request.decode(&limits));
    decoded.await.map_err(CatalogError::from)
}

/// Encodes a response. If nothing was executed, it has no `data`.
fn encode(media_type: MediaType, response: &GraphQlResponse) -> Response {
    let is_request_error = !response.errors.is_empty()
        && response.data == async_graphql::Value::Null
        && response.errors.iter().all(|error| error.path.is_empty());
    let headers = response.http_headers.clone();
    let (status, body) = if is_request_error {
        let status = match media_type {
            MediaType::Json => StatusCode::OK,
            MediaType::GraphQlResponse => StatusCode::BAD_REQUEST,
        };
        (status, serde_json::to_vec(&json!({ "errors": response.errors })))
    } else {
        (StatusCode::OK, serde_json::to_vec(response))
    };
    match body {
        Ok(body) => {
            (status, headers, [(header::CONTENT_TYPE, media_type.name())], body).into_response()
        }
        Err(error) => ProblemDetails::from(CatalogError::from(error)).into_response(),
    }
}

/// A response with one error and no data.
fn error_response(
    status: StatusCode,
    media_type: MediaType,
    message: &str,
    code: &str,
) -> Response {
    let body = json!({ "errors": [{ "message": message, "extensions": { "code": code } }] });
    (status, [(header::CONTENT_TYPE, media_type.name())], body.to_string()).into_response()
}

fn bad_request(media_type: MediaType, message: &str) -> Response {
    error_response(StatusCode::BAD_REQUEST, media_type, message, error::BAD_USER_INPUT)
}

/// The response to an invalid token: a GraphQL error, as GraphQL clients expect.
fn unauthenticated(media_type: MediaType, token_error: TokenError) -> Response {
    let status = StatusCode::UNAUTHORIZED;
    let mut response =
        error_response(status, media_type, token_error.detail(), error::UNAUTHENTICATED);
    let problem = ProblemDetails::from(token_error).into_response();
    if let Some(challenge) = problem.headers().get(header::WWW_AUTHENTICATE) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge.clone());
    }
    response
}

/// The response when the token could not be verified: a GraphQL error, as for any other failure of
/// the database.
fn unverified(media_type: MediaType, error: CatalogError) -> Response {
    let failed = error::server_error(error);
    let problem_code = error::code_of(&failed).unwrap_or(error::INTERNAL);
    let is_internal = problem_code == error::INTERNAL;
    if is_internal {
        tracing::error!(error = %failed.message, "a token could not be verified");
    }
    let message =
        if is_internal { "something went wrong on our side" } else { failed.message.as_str() };
    let status = if is_internal {
        StatusCode::INTERNAL_SERVER_ERROR
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    };
    error_response(status, media_type, message, problem_code)
}

/// Tells Apollo clients to send the whole query. The status is 200 with either media type, as in
/// Apollo Server.
fn persisted_query_not_supported(media_type: MediaType) -> Response {
    let (message, code) = ("PersistedQueryNotSupported", "PERSISTED_QUERY_NOT_SUPPORTED");
    error_response(StatusCode::OK, media_type, message, code)
}

fn get_takes_queries_only() -> Response {
    let problem = ProblemDetails::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "METHOD_NOT_ALLOWED",
        "GET takes queries only; send mutations by POST",
    );
    let mut response = problem.into_response();
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
    response
}

/// The response to a client that accepts neither media type. An invalid token comes first, as
/// everywhere.
fn not_acceptable(credentials: &Credentials) -> Response {
    if let Credentials::Invalid(error) = credentials {
        return unauthenticated(MediaType::Json, *error);
    }
    ProblemDetails::new(
        StatusCode::NOT_ACCEPTABLE,
        "NOT_ACCEPTABLE",
        "answers are application/json or application/graphql-response+json",
    )
    .into_response()
}
