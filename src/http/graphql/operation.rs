//! Decodes and parses GraphQL requests, within the limits.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use super::parsed_queries::ParsedQueries;
use super::persisted::{PersistedDocument, PersistedDocuments};
use crate::catalog::audit::AuditOperation;
use crate::document::problem::excerpt;
use crate::graphql::{
    ExecutableDocument, Limits, Request, RequestContext, ServerError, Variables,
    audit_operation_of, checks, error, limits,
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
    /// Whether it is a persisted document, by its id or by its text.
    pub is_persisted: bool,
}

/// Why a request cannot be executed.
pub enum RequestError {
    /// It is not a GraphQL request.
    Malformed(String),
    /// It names a document in Apollo's form and has no text, and there is no such document.
    PersistedQuery(PersistedQueryError),
    /// The query is invalid or exceeds a limit.
    Query(Vec<ServerError>),
}

/// Why a document in Apollo's form cannot be run. The client then sends its text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PersistedQueryError {
    /// The server has no persisted documents. Clients stop sending ids.
    NotSupported,
    /// The server has persisted documents, but not this one.
    NotFound,
}

impl PersistedQueryError {
    /// The message that Apollo's clients know, and the code.
    pub const fn message_and_code(self) -> (&'static str, &'static str) {
        match self {
            Self::NotSupported => ("PersistedQueryNotSupported", "PERSISTED_QUERY_NOT_SUPPORTED"),
            Self::NotFound => ("PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND"),
        }
    }
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
    /// `documentId`, or `extensions.persistedQuery.sha256Hash`.
    document_id: Option<String>,
    /// Whether `extensions.persistedQuery` is given.
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

    /// Decodes and parses the request, in time linear in its length. A document is named by its id
    /// only if there is no text: what a client sends as text is what runs. `parsed` has queries
    /// that were parsed within the same limits.
    ///
    /// # Errors
    /// When it is not a valid GraphQL request, exceeds a limit, or is not allowed by the persisted
    /// documents.
    pub fn decode(
        &self,
        limits: &Limits,
        persisted: Option<&PersistedDocuments>,
        parsed: Option<&ParsedQueries>,
    ) -> Result<Operation, RequestError> {
        let mut parts = match self {
            Self::Body(bytes) => parse_body(bytes, limits)?,
            Self::Query(text) => parse_query_string(text, limits)?,
        };
        let Some(query) = parts.query.take() else {
            let document = parts.persisted_document(persisted)?;
            return parts.with_document(document, limits);
        };
        if query.len() > limits::MAX_QUERY {
            let message = format!(
                "the query has {} bytes; at most {} are allowed; send data as variables",
                query.len(),
                limits::MAX_QUERY
            );
            return Err(error::too_complex(message, query.len(), limits::MAX_QUERY).into());
        }
        if let Some(document) = persisted.and_then(|persisted| persisted.find_text(&query)) {
            return parts.with_document(document, limits);
        }
        if persisted.is_some_and(PersistedDocuments::refuses_unknown) {
            let message = "this server runs only the documents of its manifest, and this one is \
                           not in it";
            return Err(request_error(message, "PERSISTED_DOCUMENT_REQUIRED"));
        }
        let document = match parsed {
            Some(parsed) => parsed.parse(&query, limits)?,
            None => Arc::new(checks::parse(&query, limits)?),
        };
        checks::check_size(&document, &parts.variables, limits)?;
        let document = Arc::unwrap_or_clone(document);
        let Parts { name, variables, .. } = parts;
        Ok(Operation { query, name, variables, document, is_persisted: false })
    }
}

impl Parts {
    /// The document that a request without a text names.
    fn persisted_document<'a>(
        &self,
        persisted: Option<&'a PersistedDocuments>,
    ) -> Result<&'a PersistedDocument, RequestError> {
        let is_apollo = self.has_persisted_query;
        match (persisted, &self.document_id) {
            (None, _) if is_apollo => {
                Err(RequestError::PersistedQuery(PersistedQueryError::NotSupported))
            }
            (None, Some(_)) => {
                let message = "this server has no persisted documents; send the query";
                Err(request_error(message, "PERSISTED_QUERY_NOT_SUPPORTED"))
            }
            (Some(persisted), Some(id)) => persisted.find(id).ok_or_else(|| {
                if is_apollo {
                    return RequestError::PersistedQuery(PersistedQueryError::NotFound);
                }
                let message = format!("there is no persisted document {:?}", excerpt(id));
                request_error(message, "PERSISTED_QUERY_NOT_FOUND")
            }),
            (Some(_), None) if is_apollo => {
                Err(malformed("extensions.persistedQuery.sha256Hash must be text"))
            }
            (_, None) => Err(malformed("query is missing")),
        }
    }

    /// The operation of this request for a persisted document. The limits of the text were checked
    /// when it was read; those that depend on variables and on the token are checked here.
    fn with_document(
        self,
        persisted: &PersistedDocument,
        limits: &Limits,
    ) -> Result<Operation, RequestError> {
        let PersistedDocument { text, document } = persisted;
        checks::check_size(document, &self.variables, limits)?;
        let (query, document) = (text.clone(), document.clone());
        let Self { name, variables, .. } = self;
        Ok(Operation { query, name, variables, document, is_persisted: true })
    }
}

/// A refused request, with its code.
fn request_error(message: impl Into<String>, code: &str) -> RequestError {
    let mut refused = ServerError::new(message, None);
    error::set_code(&mut refused, code);
    refused.into()
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
    let persisted = take("extensions").map(|extensions| PersistedQuery::parse(extensions.get()));
    let document_id = take("documentId");
    let document_id = document_id.map(|id| field(id, '"', "documentId must be text or null"));
    let query = take("query").map(|query| field(query, '"', "query must be text")).transpose()?;
    let name = take("operationName");
    let name = name.map(|name| field(name, '"', "operationName must be text or null"));
    let variables = take("variables");
    let variables = variables.map(|of| field(of, '{', "variables must be an object or null"));
    let mut parts = Parts {
        query,
        name: name.transpose()?,
        variables: variables.transpose()?.unwrap_or_default(),
        document_id: document_id.transpose()?,
        has_persisted_query: false,
    };
    if let Some(persisted) = persisted.transpose()?.flatten() {
        parts.add_persisted_query(persisted);
    }
    Ok(parts)
}

fn parse_query_string(text: &str, limits: &Limits) -> Result<Parts, RequestError> {
    let (mut parts, mut persisted) = (Parts::default(), None);
    for (name, value) in url::form_urlencoded::parse(text.as_bytes()) {
        let is_null = value.trim() == "null";
        match &*name {
            "query" => parts.query = Some(value.into_owned()),
            "documentId" => parts.document_id = Some(value.into_owned()),
            "operationName" => parts.name = Some(value.into_owned()),
            "variables" | "extensions" if is_null => {}
            "variables" => {
                check_json(value.as_bytes(), limits)?;
                parts.variables = json(&value, '{', "variables")?;
            }
            "extensions" => {
                check_json(value.as_bytes(), limits)?;
                persisted = PersistedQuery::parse(&value)?;
            }
            _ => {}
        }
    }
    if let Some(persisted) = persisted {
        parts.add_persisted_query(persisted);
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

/// `extensions.persistedQuery`, with which Apollo's clients name a document.
struct PersistedQuery {
    hash: Option<String>,
}

impl PersistedQuery {
    /// Reads it from the extensions of a request. `None` if they have none.
    fn parse(extensions: &str) -> Result<Option<Self>, RequestError> {
        let fields: BTreeMap<String, &RawValue> = json(extensions, '{', "extensions")?;
        let Some(value) = fields.get("persistedQuery") else { return Ok(None) };
        if !value.get().starts_with('{') {
            return Ok(None);
        }
        let fields: BTreeMap<String, &RawValue> = json(value.get(), '{', "persistedQuery")?;
        let hash = fields.get("sha256Hash").and_then(|hash| serde_json::from_str(hash.get()).ok());
        Ok(Some(Self { hash }))
    }
}

impl Parts {
    /// Takes the id of the document from Apollo's form, unless `documentId` is given.
    fn add_persisted_query(&mut self, persisted: PersistedQuery) {
        if self.document_id.is_none() {
            self.document_id = persisted.hash;
            self.has_persisted_query = true;
        }
    }
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

    /// The operation in the audit log: that of its first mutation.
    pub fn audit_operation(&self) -> AuditOperation {
        if self.is_query() || self.is_subscription() {
            return AuditOperation::Read;
        }
        let names = checks::root_field_names(&self.document, self.name.as_deref(), usize::MAX);
        names.into_iter().find_map(audit_operation_of).unwrap_or(AuditOperation::Read)
    }

    /// Whether the operation only logs in.
    pub fn is_login(&self) -> bool {
        checks::is_login(&self.document, self.name.as_deref())
    }
}
