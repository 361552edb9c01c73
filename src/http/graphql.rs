//! GraphQL over HTTP, after the GraphQL-over-HTTP specification.

use std::net::SocketAddr;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use async_graphql::parser::Error as ParserError;
use async_graphql::parser::types::{ExecutableDocument, OperationType};
use async_graphql::{Name, Request, Response as Answer, ServerError, Variables};
use axum::extract::{ConnectInfo, RawQuery, Request as HttpRequest, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use futures::FutureExt as _;
use serde_json::{Value, json};

use super::bearer::OptionalBearer;
use super::problem::ProblemDetails;
use super::{AppState, MAX_BODY, request_id};
use crate::graphql::{RequestContext, error, limits};

/// How an answer is wrapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MediaType {
    /// `application/json`: what clients always took; 200 whatever the answer says.
    Json,
    /// `application/graphql-response+json`: a request error is 400.
    GraphQlResponse,
}

impl MediaType {
    /// What the client accepts; plain JSON where it does not say.
    fn accepted(headers: &HeaderMap) -> Option<Self> {
        let Some(accept) = headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()) else {
            return Some(Self::Json);
        };
        let mut best: Option<(f32, Self)> = None;
        for range in accept.split(',') {
            let mut parts = range.split(';').map(str::trim);
            let kind = match parts.next().unwrap_or_default().to_ascii_lowercase().as_str() {
                "application/graphql-response+json" => Self::GraphQlResponse,
                "application/json" | "application/*" | "*/*" | "" => Self::Json,
                _ => continue,
            };
            let quality = parts
                .find_map(|part| part.strip_prefix("q="))
                .and_then(|q| q.parse().ok())
                .unwrap_or(1.0);
            if quality > 0.0 && best.is_none_or(|(known, _)| quality > known) {
                best = Some((quality, kind));
            }
        }
        best.map(|(_, kind)| kind)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Json => "application/json; charset=utf-8",
            Self::GraphQlResponse => "application/graphql-response+json; charset=utf-8",
        }
    }
}

/// A request as it was sent, its types checked.
struct Sent {
    query: String,
    operation_name: Option<String>,
    variables: Value,
}

impl Sent {
    fn of(value: Value) -> Result<Self, String> {
        let Value::Object(mut body) = value else {
            return Err("the body must be a JSON object with a query".to_owned());
        };
        let query = match body.remove("query") {
            Some(Value::String(query)) => query,
            Some(_) => return Err("query must be text".to_owned()),
            None => return Err("query is missing".to_owned()),
        };
        let operation_name = match body.remove("operationName") {
            None | Some(Value::Null) => None,
            Some(Value::String(name)) => Some(name),
            Some(_) => return Err("operationName must be text or null".to_owned()),
        };
        let variables = match body.remove("variables") {
            None | Some(Value::Null) => json!({}),
            Some(variables @ Value::Object(_)) => variables,
            Some(_) => return Err("variables must be an object or null".to_owned()),
        };
        if let Some(extensions) = body.get("extensions")
            && !(extensions.is_null() || extensions.is_object())
        {
            return Err("extensions must be an object or null".to_owned());
        }
        Ok(Self { query, operation_name, variables })
    }
}

/// GET: queries only.
pub async fn get(
    State(state): State<AppState>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    bearer: Result<OptionalBearer, ProblemDetails>,
    RawQuery(query): RawQuery,
    request: HttpRequest,
) -> Response {
    let Some(media_type) = MediaType::accepted(request.headers()) else { return not_acceptable() };
    let bearer = match bearer {
        Ok(bearer) => bearer,
        Err(refused) => return refused.into_response(),
    };
    let mut body = serde_json::Map::new();
    for (name, value) in url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()) {
        let value = match &*name {
            "query" | "operationName" => Value::String(value.into_owned()),
            "variables" | "extensions" => match serde_json::from_str(&value) {
                Ok(value) => value,
                Err(error) => {
                    return bad_request(media_type, &format!("{name} is not JSON: {error}"));
                }
            },
            _ => continue,
        };
        body.insert(name.into_owned(), value);
    }
    match Sent::of(Value::Object(body)) {
        Ok(sent) => {
            run(&state, address, bearer, request.extensions(), media_type, sent, true).await
        }
        Err(message) => bad_request(media_type, &message),
    }
}

/// POST: a JSON body.
pub async fn post(
    State(state): State<AppState>,
    ConnectInfo(address): ConnectInfo<SocketAddr>,
    bearer: Result<OptionalBearer, ProblemDetails>,
    request: HttpRequest,
) -> Response {
    let Some(media_type) = MediaType::accepted(request.headers()) else { return not_acceptable() };
    let bearer = match bearer {
        Ok(bearer) => bearer,
        Err(refused) => return refused.into_response(),
    };
    // Only this type makes a browser ask before it sends a request to another site.
    if !super::rest::is_json(request.headers()) {
        return super::rest::unsupported_media_type().into_response();
    }
    let (parts, body) = request.into_parts();
    let limit = if bearer.0.is_some() { MAX_BODY } else { limits::MAX_ANONYMOUS_BODY };
    let bytes = match super::rest::read_body(body, limit).await {
        Ok(bytes) => bytes,
        Err(refused) => return refused.into_response(),
    };
    let sent = match serde_json::from_slice::<Value>(&bytes) {
        Ok(value) => Sent::of(value),
        Err(error) => Err(format!("the body is not JSON: {error}")),
    };
    match sent {
        Ok(sent) => run(&state, address, bearer, &parts.extensions, media_type, sent, false).await,
        Err(message) => bad_request(media_type, &message),
    }
}

async fn run(
    state: &AppState,
    address: SocketAddr,
    OptionalBearer(principal): OptionalBearer,
    extensions: &axum::http::Extensions,
    media_type: MediaType,
    sent: Sent,
    queries_only: bool,
) -> Response {
    if sent.query.len() > limits::MAX_QUERY {
        let message = format!(
            "the query is longer than {} KiB; send data as variables",
            limits::MAX_QUERY / 1024
        );
        let mut refused = ServerError::new(message, None);
        error::set_code(&mut refused, error::QUERY_TOO_COMPLEX);
        return answer(media_type, &Answer::from_errors(vec![refused]));
    }
    let document = match async_graphql::parser::parse_query(&sent.query) {
        Ok(document) => document,
        Err(failed) => {
            let failed = unparsed(failed);
            return answer(media_type, &Answer::from_errors(vec![failed]));
        }
    };
    if let Err(limits::TooLarge(message)) = limits::check(&document) {
        let mut refused = ServerError::new(message, None);
        error::set_code(&mut refused, error::QUERY_TOO_COMPLEX);
        return answer(media_type, &Answer::from_errors(vec![refused]));
    }
    if queries_only && !is_query(&document, sent.operation_name.as_deref()) {
        let refused = ProblemDetails::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "METHOD_NOT_ALLOWED",
            "GET takes queries only; send mutations by POST",
        );
        let mut response = refused.into_response();
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
        return response;
    }
    let context = RequestContext::new(
        principal,
        Some(address.ip()),
        Arc::clone(&state.catalog),
        Arc::clone(&state.accounts),
    );
    let mut request =
        Request::new(sent.query).variables(Variables::from_json(sent.variables)).data(context);
    if let Some(name) = sent.operation_name {
        request = request.operation_name(name);
    }
    request.set_parsed_query(document);
    let request_id = request_id::of(extensions);
    let run = AssertUnwindSafe(state.schema.execute(request)).catch_unwind().await;
    let mut result = run.unwrap_or_else(|_| {
        let mut failed = ServerError::new("a resolver panicked", None);
        error::set_code(&mut failed, error::INTERNAL);
        Answer::from_errors(vec![failed])
    });
    result.errors.truncate(limits::MAX_ERRORS);
    for failed in &mut result.errors {
        error::classify(failed);
        if error::code_of(failed) == Some(error::INTERNAL) {
            tracing::error!(request_id = %request_id, error = %failed.message, path = ?failed.path, "internal error");
            failed.message =
                format!("something went wrong on our side; the request id is {request_id}");
        }
    }
    answer(media_type, &result)
}

/// What a text becomes that cannot be read as one GraphQL document.
fn unparsed(failed: ParserError) -> ServerError {
    let (is_syntax, is_too_deep) = (
        matches!(failed, ParserError::Syntax { .. }),
        matches!(failed, ParserError::RecursionLimitExceeded),
    );
    let mut failed = ServerError::from(failed);
    if is_too_deep || failed.message.trim_end().ends_with("stack limit reached") {
        failed.message = String::from("the query nests too deeply");
        error::set_code(&mut failed, error::QUERY_TOO_COMPLEX);
    } else if is_syntax {
        // The parser quotes the whole query.
        failed.message = first_line(&failed.message);
        error::set_code(&mut failed, error::PARSE_FAILED);
    } else {
        // It reads, and says a thing twice or nothing at all.
        error::classify(&mut failed);
    }
    failed
}

/// Whether the operation that is meant is a query. One that is not there is left to the library.
fn is_query(document: &ExecutableDocument, name: Option<&str>) -> bool {
    let mut operations = document.operations.iter();
    let meant = match name {
        Some(name) => operations.find(|(known, _)| known.map(Name::as_str) == Some(name)),
        None => operations.next(),
    };
    meant.is_none_or(|(_, operation)| operation.node.ty == OperationType::Query)
}

fn first_line(message: &str) -> String {
    let line = message.lines().rfind(|line| line.contains("= ")).unwrap_or_default();
    let reason = line.trim_start_matches([' ', '=']);
    if reason.is_empty() {
        "the query is not GraphQL".to_owned()
    } else {
        format!("the query is not GraphQL: {reason}")
    }
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
        Err(error) => {
            ProblemDetails::from(crate::catalog::CatalogError::from(error)).into_response()
        }
    }
}

fn bad_request(media_type: MediaType, message: &str) -> Response {
    let body =
        json!({ "errors": [{ "message": message, "extensions": { "code": "BAD_USER_INPUT" } }] });
    (StatusCode::BAD_REQUEST, [(header::CONTENT_TYPE, media_type.name())], body.to_string())
        .into_response()
}

fn not_acceptable() -> Response {
    ProblemDetails::new(
        StatusCode::NOT_ACCEPTABLE,
        "NOT_ACCEPTABLE",
        "answers are application/json or application/graphql-response+json",
    )
    .into_response()
}
