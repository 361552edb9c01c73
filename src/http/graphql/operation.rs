//! Decodes and parses GraphQL requests, within the limits.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::graphql::{
    ExecutableDocument, Limits, Request, RequestContext, ServerError, Variables, checks, error,
    limits,
};
use crate::http::json_limits::{self, JsonLimits, JsonTooLarge};

/// A request before decoding.
pub enum EncodedRequest {
    /// The body of a POST.
    Body(bytes::Bytes),
    /// The query string of a GET.
    Query(String),
}

/// A decoded and parsed request.
pub struct Operation {
    pub query: String,
    pub name: Option<String>,
    pub variables: Variables,
    pub document: ExecutableDocument,
}

/// Why a request cannot be executed.
pub enum RequestError {
    /// It is not a GraphQL request.
    Malformed(String),
    /// It names a persisted query and has no query text.
    PersistedQuery,
    /// The query is invalid or exceeds a limit.
    Query(Vec<ServerError>),
}

impl From<ServerError> for RequestError {
    fn from(error: ServerError) -> Self {
        Self::Query(vec![error])
    }
}

impl From<JsonTooLarge> for RequestError {
    fn from(too_large: JsonTooLarge) -> Self {
        let (JsonTooLarge::Nodes { allowed } | JsonTooLarge::Depth { allowed }) = too_large;
        error::too_complex(too_large.to_string(), allowed.saturating_add(1), allowed).into()
    }
}

/// The parameters of a request.
#[derive(Default)]
struct Parts {
    query: Option<String>,
    name: Option<String>,
    variables: Variables,
    has_persisted_query: bool,
}

impl EncodedRequest {
    /// The number of bytes to decode.
    pub fn len(&self) -> usize {
        match self {
            Self::Body(bytes) => bytes.len(),
            Self::Query(text) => text.len(),
        }
    }

    /// Decodes and parses the request, in time linear in its length.
    ///
    /// # Errors
    /// When it is not a valid GraphQL request, or exceeds a limit.
    pub fn decode(&self, limits: &Limits) -> Result<Operation, RequestError> {
        let parts = match self {
            Self::Body(bytes) => parse_body(bytes, limits)?,
            Self::Query(text) => parse_query_string(text, limits)?,
        };
        let query = match parts.query {
            Some(query) => query,
            None if parts.has_persisted_query => return Err(RequestError::PersistedQuery),
            None => return Err(malformed("query is missing")),
        };
        if query.len() > limits::MAX_QUERY {
            let message = format!(
                "the query has {} bytes; at most {} are allowed; send data as variables",
                query.len(),
                limits::MAX_QUERY
            );
            return Err(error::too_complex(message, query.len(), limits::MAX_QUERY).into());
        }
        let document = checks::parse(&query, &parts.variables, limits)?;
        Ok(Operation { query, name: parts.name, variables: parts.variables, document })
    }
}

fn malformed(message: impl Into<String>) -> RequestError {
    RequestError::Malformed(message.into())
}

fn parse_body(bytes: &[u8], limits: &Limits) -> Result<Parts, RequestError> {
    check_json(bytes, limits)?;
    let not_json = |error| malformed(format!("the body is not JSON: {error}"));
    let raw: &RawValue = serde_json::from_slice(bytes).map_err(not_json)?;
    if !raw.get().starts_with('{') {
        return Err(malformed("the body must be a JSON object with a query"));
    }
    let mut fields: BTreeMap<String, &RawValue> =
        serde_json::from_str(raw.get()).map_err(not_json)?;
    let mut take = |name: &str| fields.remove(name).filter(|value| value.get() != "null");
    let persisted = take("extensions").map(|extensions| has_persisted_query(extensions.get()));
    let query = take("query").map(|query| field(query, '"', "query must be text")).transpose()?;
    let name = take("operationName");
    let name = name.map(|name| field(name, '"', "operationName must be text or null"));
    let variables = take("variables");
    let variables = variables.map(|of| field(of, '{', "variables must be an object or null"));
    Ok(Parts {
        query,
        name: name.transpose()?,
        variables: variables.transpose()?.unwrap_or_default(),
        has_persisted_query: persisted.transpose()?.unwrap_or_default(),
    })
}

fn parse_query_string(text: &str, limits: &Limits) -> Result<Parts, RequestError> {
    let mut parts = Parts::default();
    for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
        let is_null = value.trim() == "null";
        match &*name {
            "query" => parts.query = Some(value.into_owned()),
            "operationName" => parts.name = Some(value.into_owned()),
            "variables" | "extensions" if is_null => {}
            "variables" => {
                check_json(value.as_bytes(), limits)?;
                parts.variables = json(&value, '{', "variables")?;
            }
            "extensions" => {
                check_json(value.as_bytes(), limits)?;
                parts.has_persisted_query = has_persisted_query(&value)?;
            }
            _ => {}
        }
    }
    Ok(parts)
}

fn check_json(text: &[u8], limits: &Limits) -> Result<(), JsonTooLarge> {
    json_limits::check(text, JsonLimits { nodes: limits.json_nodes, depth: limits.json_depth })
}

/// Parses a field of the body that must start with `begin`.
fn field<T: DeserializeOwned>(
    raw: &RawValue,
    begin: char,
    expected: &str,
) -> Result<T, RequestError> {
    if !raw.get().starts_with(begin) {
        return Err(malformed(expected));
    }
    serde_json::from_str(raw.get())
        .map_err(|error| malformed(format!("the body is not JSON: {error}")))
}

/// Parses a query parameter that contains JSON.
fn json<'a, T: Deserialize<'a>>(text: &'a str, begin: char, name: &str) -> Result<T, RequestError> {
    let not_json = |error| malformed(format!("{name} is not JSON: {error}"));
    let raw: &'a RawValue = serde_json::from_str(text).map_err(not_json)?;
    if !raw.get().starts_with(begin) {
        return Err(malformed(format!("{name} must be an object or null")));
    }
    serde_json::from_str(raw.get()).map_err(not_json)
}

fn has_persisted_query(extensions: &str) -> Result<bool, RequestError> {
    let fields: BTreeMap<String, &RawValue> = json(extensions, '{', "extensions")?;
    Ok(fields.get("persistedQuery").is_some_and(|value| value.get().starts_with('{')))
}

impl Operation {
    /// Whether the selected operation is a query. The library reports an unknown operation name.
    pub fn is_query(&self) -> bool {
        checks::is_query(&self.document, self.name.as_deref())
    }

    /// Whether the selected operation is a subscription.
    pub fn is_subscription(&self) -> bool {
        checks::is_subscription(&self.document, self.name.as_deref())
    }

    /// The request that the schema executes, with the data of its resolvers.
    pub fn into_request(self, context: RequestContext) -> Request {
        let mut request = Request::new(self.query).variables(self.variables).data(context);
        if let Some(name) = self.name {
            request = request.operation_name(name);
        }
        request.set_parsed_query(self.document);
        request
    }

    /// Checks the operation against the schema and the limits.
    ///
    /// # Errors
    /// When it is invalid for the schema, or costs more than allowed.
    pub fn check(&self, limits: &Limits) -> Result<(), Vec<ServerError>> {
        checks::check(&self.document, self.name.as_deref(), &self.variables, limits)
    }

    /// Whether the operation only logs in.
    pub fn is_login(&self) -> bool {
        checks::is_login(&self.document, self.name.as_deref())
    }
}
