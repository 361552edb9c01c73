//! The HTTP edge: router and middleware, bearer tokens, GraphQL over HTTP, the REST API, and pages.

mod audit;
mod bearer;
mod body;
mod budget;
mod built_files;
mod client_address;
mod conditional;
mod cors;
mod download;
mod graphiql;
mod graphql;
mod health;
mod image_origins;
pub mod json_limits;
mod limits;
pub mod openapi;
mod path;
mod problem;
mod request_id;
mod response;
mod rest;
mod return_path;
mod server;
mod session;
mod session_cookie;
mod set_password;
mod studio;
mod subscriptions;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use tower::ServiceBuilder;
use tower_http::ServiceBuilderExt as _;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};
use tower_http::request_id::RequestId;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::trace::TraceLayer;

use crate::catalog::Catalog;
use crate::catalog::accounts::Accounts;
use crate::graphql::Schema;
use audit::Recordable;
use budget::Budget;
pub use client_address::{InvalidNetwork, TrustedProxies};
pub use cors::{AllowedOrigins, InvalidOrigin};
pub use graphiql::GRAPHIQL;
use graphql::ParsedQueries;
pub use graphql::{ManifestError, PersistedDocuments, UnknownDocuments};
pub use image_origins::ImageOrigins;
pub use limits::{Limits, MAX_BODY, SubscriptionLimits};
use problem::ProblemDetails;
use request_id::MakeRequestId;
use rest::{BulkSlots, Bundles};
pub use server::serve;
pub use studio::STUDIO;
use subscriptions::Subscriptions;

/// The path of the GraphQL API.
const GRAPHQL: &str = "/graphql";

/// State shared by all handlers. It is cloned for each request, so it is a single pointer.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

/// The contents of an [`AppState`].
pub struct Shared {
    pub catalog: Arc<Catalog>,
    pub accounts: Arc<Accounts>,
    pub schema: Schema,
    /// The GraphQL documents that clients may name by an id, if there are any.
    pub persisted_documents: Option<Arc<PersistedDocuments>>,
    /// Queries of clients with a valid token.
    parsed_queries: ParsedQueries,
    limits: Arc<Limits>,
    /// Memory for request bodies.
    request_memory: Budget,
    /// Memory for responses that clients have not read yet.
    response_memory: Budget,
    bundles: Bundles,
    bulk: BulkSlots,
    subscriptions: Subscriptions,
    allowed_origins: AllowedOrigins,
    trusted_proxies: TrustedProxies,
    image_origins: ImageOrigins,
}

/// The origins beside the service's own that browsers may be told about.
pub struct Origins {
    /// Those whose pages may call the service.
    pub allowed: AllowedOrigins,
    /// Those of the pictures that the Studio shows.
    pub images: ImageOrigins,
}

impl AppState {
    /// The addresses that trusted proxies report are those of the clients.
    pub fn new(
        catalog: Catalog,
        accounts: Accounts,
        schema: Schema,
        persisted_documents: Option<Arc<PersistedDocuments>>,
        limits: Arc<Limits>,
        origins: Origins,
        trusted_proxies: TrustedProxies,
    ) -> Self {
        let response_memory = Budget::new(limits.response_memory, limits.room_wait);
        Self(Arc::new(Shared {
            catalog: Arc::new(catalog),
            accounts: Arc::new(accounts),
            schema,
            persisted_documents,
            parsed_queries: ParsedQueries::default(),
            request_memory: Budget::new(limits.request_memory, limits.room_wait),
            bundles: Bundles::new(&limits, response_memory.clone()),
            bulk: BulkSlots::new(&limits),
            response_memory,
            subscriptions: Subscriptions::new(limits.subscriptions.clone()),
            allowed_origins: origins.allowed,
            trusted_proxies,
            image_origins: origins.images,
            limits,
        }))
    }
}

impl std::ops::Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

/// Builds the router: all routes, wrapped in the middleware.
pub fn router(state: AppState) -> Router {
    let request_id = HeaderName::from_static("x-request-id");
    let security = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    let mut router = Router::new()
        .route(GRAPHQL, get(graphql::get).post(graphql::post))
        .merge(studio::routes())
        .merge(graphiql::routes())
        .merge(set_password::routes())
        .merge(openapi::routes())
        .fallback(|| async {
            ProblemDetails::new(
                StatusCode::NOT_FOUND,
                "NOT_FOUND",
                "there is nothing at this address",
            )
        })
        .method_not_allowed_fallback(|| async {
            ProblemDetails::new(
                StatusCode::METHOD_NOT_ALLOWED,
                "METHOD_NOT_ALLOWED",
                "this address does not support that method",
            )
        })
        .with_state(state.clone());
    for (name, value) in security {
        router = router
            .layer(SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value)));
    }
    // The compressor would hold back the lines of a bulk import.
    let worth_compressing = DefaultPredicate::new()
        .and(NotForContentType::const_new("application/zip"))
        .and(NotForContentType::const_new("application/gzip"))
        .and(NotForContentType::const_new("application/x-ndjson"));
    let addressed = state.clone();
    router.layer(
        ServiceBuilder::new()
            .set_request_id(request_id.clone(), MakeRequestId)
            .map_request(move |request| client_address::set(&addressed.trusted_proxies, request))
            .layer(TraceLayer::new_for_http().make_span_with(client_address::span))
            .propagate_request_id(request_id)
            .layer(from_fn_with_state(state.clone(), complete))
            // Outside of all that may refuse a request: a page can read a response only if it has
            // the CORS headers.
            .option_layer(state.allowed_origins.layer())
            .layer(from_fn(explain))
            .layer(CatchPanicLayer::custom(problem::panic_response))
            .layer(from_fn_with_state(state.clone(), body::limit_body))
            .layer(CompressionLayer::new().compress_when(worth_compressing))
            .layer(from_fn_with_state(state, response::limit_memory)),
    )
}

/// The middleware that sets the headers which all responses have, and records requests that were
/// refused. It is one function, since axum copies all inner services for each middleware function.
async fn complete(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let is_private = response::is_private(&request);
    let (mut parts, body) = request.into_parts();
    let recordable = Recordable::of(&mut parts);
    let mut response = next.run(Request::from_parts(parts, body)).await;
    response::set_date(&mut response, state.catalog.now());
    if is_private {
        response::forbid_caching(&mut response);
    }
    if let Some(recordable) = recordable {
        recordable.record(&state, &response);
    }
    response
}

/// The middleware that refuses requests beyond the limit of connections, and adds the request id to
/// internal errors.
async fn explain(request: Request, next: Next) -> Response {
    if server::is_beyond_capacity(&request) {
        let detail = "the server has reached its limit of connections";
        return ProblemDetails::busy(detail).into_response();
    }
    let id = request.extensions().get::<RequestId>().cloned();
    let response = next.run(request).await;
    problem::with_request_id(response, id.as_ref())
}
