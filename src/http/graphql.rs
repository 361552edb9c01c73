//! The `/graphql` endpoint, following the GraphQL over HTTP specification.

mod events;
mod live;
mod media_type;
mod operation;
mod parsed_queries;
mod persisted;
mod websocket;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use async_graphql::{Response as GraphQlResponse, ServerError};
use axum::extract::{RawQuery, Request as HttpRequest, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::FutureExt as _;
use serde_json::json;

use super::audit::{Attempted, Requester};
use super::bearer::{self, Credentials, TokenError};
use super::problem::ProblemDetails;
use super::session::Session;
use super::{AppState, MAX_BODY, session_cookie};
use crate::catalog::CatalogError;
use crate::catalog::access::Principal;
use crate::catalog::audit::AuditOperation;
use crate::catalog::background::spawn_background;
use crate::graphql::client::Client;
use crate::graphql::{Budget, Limits, RequestContext, Schema, error, limits};
use media_type::{Accepted, MediaType};
use operation::{EncodedRequest, Operation, PersistedQueryError, RequestError};
pub(super) use parsed_queries::ParsedQueries;
pub use persisted::{ManifestError, PersistedDocuments, UnknownDocuments};

/// Requests with more bytes are decoded and executed on a blocking thread, so that they do not
/// delay other connections.
const MAX_INLINE: usize = 64 * 1024;

/// Handles GET: queries, subscriptions as server-sent events, and WebSockets.
pub async fn get(
    State(state): State<AppState>,
    requester: Requester,
    credentials: Credentials,
    RawQuery(query): RawQuery,
    request: HttpRequest,
) -> Response {
    if websocket::is_upgrade(request.headers()) {
        return Box::pin(websocket::upgrade(state, requester, credentials, request)).await;
    }
    let (parts, _) = request.into_parts();
    let response = async {
        let Some(accepted) = Accepted::of(&parts.headers) else {
            return not_acceptable(&credentials);
        };
        let handler = Handler::new(state, requester, parts);
        let request = EncodedRequest::Query(query.unwrap_or_default());
        Box::pin(handler.handle(accepted, credentials, request, true)).await
    };
    uncached(response.await)
}

/// Handles POST with a JSON body.
pub async fn post(
    State(state): State<AppState>,
    requester: Requester,
    credentials: Credentials,
    request: HttpRequest,
) -> Response {
    let (parts, body) = request.into_parts();
    let response = async {
        let Some(accepted) = Accepted::of(&parts.headers) else {
            return not_acceptable(&credentials);
        };
        let media_type = accepted.error_type();
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
        let handler = Handler::new(state, requester, parts);
        let request = EncodedRequest::Body(bytes);
        Box::pin(handler.handle(accepted, credentials, request, false)).await
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
    requester: Requester,
    headers: HeaderMap,
}

impl Handler {
    fn new(state: AppState, requester: Requester, parts: Parts) -> Self {
        Self { state, requester, headers: parts.headers }
    }

    /// The client that sent the request.
    fn client(&self) -> Client {
        Client::new(super::bearer::client_name(&self.headers), session_cookie::read(&self.headers))
    }

    async fn handle(
        self,
        accepted: Accepted,
        credentials: Credentials,
        request: EncodedRequest,
        is_get: bool,
    ) -> Response {
        let media_type = accepted.error_type();
        let is_large = request.len() > MAX_INLINE;
        let limits = self.state.schema.data::<Limits>().cloned().unwrap_or_default();
        let (limits, is_cached) = match credentials {
            Credentials::Valid(_) => (limits, true),
            // The limits are others, and the cache is not filled by clients without a token.
            Credentials::Absent | Credentials::Invalid(_) | Credentials::Unverified(_) => {
                (limits.anonymous(), false)
            }
        };
        let decoding = decode(self.state.clone(), request, limits.clone(), is_cached, is_large);
        let decoded = match decoding.await {
            Ok(decoded) => decoded,
            Err(failed) => return ProblemDetails::from(failed).into_response(),
        };
        // The client sends the text next, and that may be a login.
        if let Err(RequestError::PersistedQuery(error)) = decoded {
            return no_persisted_query(media_type, error);
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
            Credentials::Invalid(error) => {
                let mut response = unauthenticated(media_type, error);
                if let Ok(operation) = &decoded {
                    let attempted = Attempted(operation.audit_operation());
                    response.extensions_mut().insert(attempted);
                }
                return response;
            }
            Credentials::Unverified(error) => return unverified(media_type, error),
        };
        let operation = match decoded {
            Ok(operation) => operation,
            Err(RequestError::Query(errors)) => {
                return encode(accepted, &GraphQlResponse::from_errors(errors));
            }
            Err(RequestError::Malformed(message)) => return bad_request(media_type, &message),
            Err(RequestError::PersistedQuery(error)) => {
                return no_persisted_query(media_type, error);
            }
        };
        if let Some(persisted) = self.state.persisted_documents.as_deref()
            && !operation.is_persisted
        {
            let name = operation.name.as_deref();
            persisted.log_unknown(&operation.query, name, &operation.document);
        }
        if operation.is_subscription() {
            if !accepted.events {
                return encode(accepted, &subscription_needs_events());
            }
            return Box::pin(self.subscribe(operation, principal, limits)).await;
        }
        if is_get && !operation.is_query() {
            return get_takes_queries_only();
        }
        let budget = Arc::new(Budget::new(limits.clone()));
        let is_mutation = !operation.is_query();
        // Only mutations read it.
        let client = if is_mutation { Arc::new(self.client()) } else { Arc::default() };
        let context = RequestContext::new(
            principal,
            self.requester.origin(),
            Arc::clone(&self.state.catalog),
            Arc::clone(&self.state.accounts),
            Arc::clone(&budget),
        )
        .with_client(Arc::clone(&client));
        let execution =
            Execution { schema: self.state.schema.clone(), context, operation, limits, budget };
        let mut result = match Box::pin(execution.run(is_large)).await {
            Ok(result) => result,
            Err(failed) => return ProblemDetails::from(failed).into_response(),
        };
        result.errors.truncate(limits::MAX_ERRORS);
        finish(&mut result, &self.requester.origin().request_id);
        record_refusals(&self.state, &self.requester, &result, is_mutation);
        let mut response = encode(accepted, &result);
        if let Some(change) = client.cookie_change()
            && let Some(cookie) = session_cookie::set_cookie(&change, &self.headers)
        {
            response.headers_mut().append(header::SET_COOKIE, cookie);
        }
        response
    }

    /// Answers a subscription with server-sent events.
    async fn subscribe(
        self,
        operation: Operation,
        principal: Option<Principal>,
        limits: Limits,
    ) -> Response {
        let Self { state, requester, headers } = self;
        let token = bearer::token(&headers).and_then(Result::ok);
        let session = principal.clone().zip(token);
        let session = session.map(|(principal, token)| Session::new(&state, principal, token));
        let account = principal.as_ref().map(|principal| principal.subject.as_str());
        let place = match state.subscriptions.stream(account) {
            Ok(place) => place,
            Err(none) => return ProblemDetails::busy(none).into_response(),
        };
        match live::start(&state, operation, principal, limits, requester).await {
            Ok(results) => events::stream(&state, place, session, results),
            Err(errors) => events::single(&GraphQlResponse::from_errors(errors)),
        }
    }
}

/// Sets the codes of errors. Internal errors are logged, and their details are removed.
fn finish(response: &mut GraphQlResponse, request_id: &str) {
    for failed in &mut response.errors {
        error::classify(failed);
        if error::code_of(failed) == Some(error::INTERNAL) {
            let (error, path) = (&failed.message, &failed.path);
            tracing::error!(%request_id, error = %error, path = ?path, "internal error");
            failed.message =
                format!("something went wrong on our side; the request id is {request_id}");
        }
    }
}

/// Records that reading was refused, once for each code. Refused mutations were recorded when they
/// ran.
fn record_refusals(
    state: &AppState,
    requester: &Requester,
    response: &GraphQlResponse,
    is_mutation: bool,
) {
    let mut codes: Vec<&str> = Vec::new();
    for failed in &response.errors {
        if is_mutation && failed.path.len() == 1 {
            continue;
        }
        if let Some(code) = error::code_of(failed)
            && !codes.contains(&code)
        {
            codes.push(code);
            requester.refused(state, AuditOperation::Read, code);
        }
    }
}

/// The response when a resolver panicked.
fn panicked() -> GraphQlResponse {
    let mut failed = ServerError::new("a resolver panicked", None);
    error::set_code(&mut failed, error::INTERNAL);
    GraphQlResponse::from_errors(vec![failed])
}

/// The response to a subscription whose client does not accept events.
fn subscription_needs_events() -> GraphQlResponse {
    let message = "a subscription needs a WebSocket with the protocol graphql-transport-ws, or the \
                   header Accept: text/event-stream";
    let mut failed = ServerError::new(message, None);
    error::set_code(&mut failed, error::BAD_USER_INPUT);
    GraphQlResponse::from_errors(vec![failed])
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
        let request = operation.into_request(context);
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
        run.unwrap_or_else(|_| panicked())
    }
}

/// Decodes a request; a large one on a blocking thread.
async fn decode(
    state: AppState,
    request: EncodedRequest,
    limits: Limits,
    is_cached: bool,
    is_large: bool,
) -> Result<Result<Operation, RequestError>, CatalogError> {
    let decode = move || {
        let parsed = is_cached.then_some(&state.parsed_queries);
        request.decode(&limits, state.persisted_documents.as_deref(), parsed)
    };
    if !is_large {
        return Ok(decode());
    }
    spawn_background(decode).await.map_err(CatalogError::from)
}

/// Whether nothing was executed.
fn is_request_error(response: &GraphQlResponse) -> bool {
    !response.errors.is_empty()
        && response.data == async_graphql::Value::Null
        && response.errors.iter().all(|error| error.path.is_empty())
}

/// A result as JSON. If nothing was executed, it has no `data`.
fn encoded(response: &GraphQlResponse) -> serde_json::Value {
    if is_request_error(response) {
        return json!({ "errors": response.errors });
    }
    json!(response)
}

/// Encodes a response. If nothing was executed, it has no `data`.
fn encode(accepted: Accepted, response: &GraphQlResponse) -> Response {
    let Some(media_type) = accepted.single else { return events::single(response) };
    let headers = response.http_headers.clone();
    let (status, body) = if is_request_error(response) {
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
    let body = json!({ "errors": [error_json(message, code)] });
    (status, [(header::CONTENT_TYPE, media_type.name())], body.to_string()).into_response()
}

/// A GraphQL error without a path.
fn error_json(message: &str, code: &str) -> serde_json::Value {
    json!({ "message": message, "extensions": { "code": code } })
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

/// Tells Apollo's clients to send the text of the document. The status is 200 with either media
/// type, as in Apollo Server.
fn no_persisted_query(media_type: MediaType, error: PersistedQueryError) -> Response {
    let (message, code) = error.message_and_code();
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
