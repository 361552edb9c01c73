//! GraphQL over HTTP, after the GraphQL-over-HTTP specification.

mod media_type;
mod operation;

use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use async_graphql::{Request, Response as Answer, ServerError};
use axum::extract::{ConnectInfo, RawQuery, Request as HttpRequest, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::FutureExt as _;
use serde_json::json;

use super::bearer::{Credentials, RefusedToken};
use super::problem::ProblemDetails;
use super::{AppState, MAX_BODY, request_id};
use crate::catalog::CatalogError;
use crate::graphql::{Budget, Limits, RequestContext, Schema, error, limits};
use media_type::MediaType;
use operation::{Operation, Refusal, Sent};

/// Requests of more bytes are decoded and run off the threads that serve connections.
const MAX_INLINE: usize = 64 * 1024;

/// GET: queries only.
pub async fn get(
    State(state): State<AppState>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    credentials: Credentials,
    RawQuery(query): RawQuery,
    request: HttpRequest,
) -> Response {
    let (parts, _) = request.into_parts();
    let answer = async {
        let Some(media_type) = MediaType::accepted(&parts.headers) else {
            return not_acceptable();
        };
        let door = Door { state, address, request_id: request_id::of(&parts.extensions) };
        let sent = Sent::Query(query.unwrap_or_default());
        door.serve(media_type, credentials, sent, true).await
    };
    uncached(answer.await)
}

/// POST: a JSON body.
pub async fn post(
    State(state): State<AppState>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    credentials: Credentials,
    request: HttpRequest,
) -> Response {
    let (parts, body) = request.into_parts();
    let answer = async {
        let Some(media_type) = MediaType::accepted(&parts.headers) else {
            return not_acceptable();
        };
        // Only this type makes a browser ask before it sends a request to another site.
        if !super::rest::is_json(&parts.headers) {
            return match credentials {
                Credentials::Refused(refused) => unauthenticated(media_type, refused),
                _ => super::rest::unsupported_media_type().into_response(),
            };
        }
        let has_token = matches!(credentials, Credentials::Valid(_));
        let limit = if has_token { MAX_BODY } else { limits::MAX_ANONYMOUS_BODY };
        let bytes = match (super::rest::read_body(body, limit).await, &credentials) {
            (Ok(bytes), _) => bytes,
            (Err(_), Credentials::Refused(refused)) => {
                return unauthenticated(media_type, *refused);
            }
            (Err(refused), _) => return refused.into_response(),
        };
        let door = Door { state, address, request_id: request_id::of(&parts.extensions) };
        door.serve(media_type, credentials, Sent::Body(bytes), false).await
    };
    uncached(answer.await)
}

/// Answers of this endpoint depend on the token or hold one, and are kept by no cache.
fn uncached(mut response: Response) -> Response {
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Where a request came in.
struct Door {
    state: AppState,
    address: SocketAddr,
    request_id: String,
}

impl Door {
    async fn serve(
        self,
        media_type: MediaType,
        credentials: Credentials,
        sent: Sent,
        queries_only: bool,
    ) -> Response {
        let is_large = sent.len() > MAX_INLINE;
        let limits = self.state.schema.data::<Limits>().cloned().unwrap_or_default();
        let limits = match credentials {
            Credentials::Valid(_) => limits,
            Credentials::Absent | Credentials::Refused(_) => limits.anonymous(),
        };
        let read = match read(sent, limits.clone(), is_large).await {
            Ok(read) => read,
            Err(failed) => return ProblemDetails::from(failed).into_response(),
        };
        if matches!(read, Err(Refusal::PersistedQuery)) {
            return persisted_query_not_supported(media_type);
        }
        let principal = match credentials {
            Credentials::Valid(principal) => Some(principal),
            Credentials::Absent => None,
            // A token that is not valid must not keep its owner from getting a new one.
            Credentials::Refused(_) if read.as_ref().is_ok_and(Operation::is_login) => None,
            Credentials::Refused(refused) => return unauthenticated(media_type, refused),
        };
        let operation = match read {
            Ok(operation) => operation,
            Err(Refusal::Query(errors)) => return answer(media_type, &Answer::from_errors(errors)),
            Err(Refusal::Malformed(message)) => return bad_request(media_type, &message),
            Err(Refusal::PersistedQuery) => return persisted_query_not_supported(media_type),
        };
        if queries_only && !operation.is_query() {
            return queries_only_refusal();
        }
        let budget = Arc::new(Budget::new(limits.clone()));
        let context = RequestContext::new(
            principal,
            Some(self.address.ip()),
            Arc::clone(&self.state.catalog),
            Arc::clone(&self.state.accounts),
            Arc::clone(&budget),
        );
        let run = Run { schema: self.state.schema.clone(), context, operation, limits, budget };
        let mut result = match run.answer(is_large).await {
            Ok(result) => result,
            Err(failed) => return ProblemDetails::from(failed).into_response(),
        };
        result.errors.truncate(limits::MAX_ERRORS);
        for failed in &mut result.errors {
            self.finish(failed);
        }
        answer(media_type, &result)
    }

    /// Gives an error its code, and keeps the details of internal errors on the server.
    fn finish(&self, failed: &mut ServerError) {
        error::classify(failed);
        if error::code_of(failed) == Some(error::INTERNAL) {
            let id = &self.request_id;
            let (error, path) = (&failed.message, &failed.path);
            tracing::error!(request_id = %id, error = %error, path = ?path, "internal error");
            failed.message = format!("something went wrong on our side; the request id is {id}");
        }
    }
}

/// An operation with all that it needs to run.
struct Run {
    schema: Schema,
    context: RequestContext,
    operation: Operation,
    limits: Limits,
    budget: Arc<Budget>,
}

impl Run {
    /// Runs the operation; a large one on a thread that may block, since validating and converting
    /// its variables takes long.
    async fn answer(self, is_large: bool) -> Result<Answer, CatalogError> {
        if !is_large {
            return Ok(self.execute().await);
        }
        let runtime = tokio::runtime::Handle::current();
        let run = tokio::task::spawn_blocking(move || runtime.block_on(self.execute()));
        run.await.map_err(CatalogError::from)
    }

    /// A query ends as soon as its budget is spent. A mutation runs to its end, since the answer
    /// must say what it wrote.
    async fn execute(self) -> Answer {
        let Self { schema, context, operation, limits, budget } = self;
        if let Err(errors) = operation.check(&limits) {
            return Answer::from_errors(errors);
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
                return Answer::from_errors(vec![exhausted.into()]);
            }
            run = run => run,
        };
        if is_query && let Some(exhausted) = budget.stopped() {
            return Answer::from_errors(vec![exhausted.clone().into()]);
        }
        run.unwrap_or_else(|_| {
            let mut failed = ServerError::new("a resolver panicked", None);
            error::set_code(&mut failed, error::INTERNAL);
            Answer::from_errors(vec![failed])
        })
    }
}

/// Decodes a request; a large one on a thread that may block.
async fn read(
    sent: Sent,
    limits: Limits,
    is_large: bool,
) -> Result<Result<Operation, Refusal>, CatalogError> {
    if !is_large {
        return Ok(sent.read(&limits));
    }
    let read = tokio::task::spawn_blocking(move || sent.read(&limits));
    read.await.map_err(CatalogError::from)
}

/// An answer in which nothing was executed has no `data`.
fn answer(media_type: MediaType, answer: &Answer) -> Response {
    let is_request_error = !answer.errors.is_empty()
        && answer.data == async_graphql::Value::Null
        && answer.errors.iter().all(|error| error.path.is_empty());
    let headers = answer.http_headers.clone();
    let (status, body) = if is_request_error {
        let status = match media_type {
            MediaType::Json => StatusCode::OK,
            MediaType::GraphQlResponse => StatusCode::BAD_REQUEST,
        };
        (status, serde_json::to_vec(&json!({ "errors": answer.errors })))
    } else {
        (StatusCode::OK, serde_json::to_vec(answer))
    };
    match body {
        Ok(body) => {
            (status, headers, [(header::CONTENT_TYPE, media_type.name())], body).into_response()
        }
        Err(error) => ProblemDetails::from(CatalogError::from(error)).into_response(),
    }
}

/// An answer with one error and no data.
fn refusal(status: StatusCode, media_type: MediaType, message: &str, code: &str) -> Response {
    let body = json!({ "errors": [{ "message": message, "extensions": { "code": code } }] });
    (status, [(header::CONTENT_TYPE, media_type.name())], body.to_string()).into_response()
}

fn bad_request(media_type: MediaType, message: &str) -> Response {
    refusal(StatusCode::BAD_REQUEST, media_type, message, error::BAD_USER_INPUT)
}

/// The answer to a token that is not valid: as GraphQL, so that links of clients recognise it.
fn unauthenticated(media_type: MediaType, refused: RefusedToken) -> Response {
    let status = StatusCode::UNAUTHORIZED;
    let mut response = refusal(status, media_type, refused.detail(), error::UNAUTHENTICATED);
    let problem = ProblemDetails::from(refused).into_response();
    if let Some(challenge) = problem.headers().get(header::WWW_AUTHENTICATE) {
        response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge.clone());
    }
    response
}

/// What Apollo's clients wait for before they send the whole query: status 200 in either media
/// type, as Apollo Server has it.
fn persisted_query_not_supported(media_type: MediaType) -> Response {
    let (message, code) = ("PersistedQueryNotSupported", "PERSISTED_QUERY_NOT_SUPPORTED");
    refusal(StatusCode::OK, media_type, message, code)
}

fn queries_only_refusal() -> Response {
    let refused = ProblemDetails::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "METHOD_NOT_ALLOWED",
        "GET takes queries only; send mutations by POST",
    );
    let mut response = refused.into_response();
    response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
    response
}

fn not_acceptable() -> Response {
    ProblemDetails::new(
        StatusCode::NOT_ACCEPTABLE,
        "NOT_ACCEPTABLE",
        "answers are application/json or application/graphql-response+json",
    )
    .into_response()
}
