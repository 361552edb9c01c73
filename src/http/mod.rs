//! The HTTP edge: bearer tokens, the GraphQL handler, the REST sidecar, the pages.

mod bearer;
mod graphiql;
mod graphql;
mod health;
pub mod json_limits;
pub mod openapi;
mod problem;
mod request_id;
mod rest;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::Redirect;
use axum::routing::get;
use tower::ServiceBuilder;
use tower_http::ServiceBuilderExt as _;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::TraceLayer;

use crate::catalog::Catalog;
use crate::catalog::accounts::Accounts;
use crate::graphql::Schema;
use problem::ProblemDetails;
use request_id::MakeRequestId;

/// Most bytes of a request's body.
pub const MAX_BODY: usize = 16 * 1024 * 1024;
/// Longest time until an answer begins.
const TIMEOUT: Duration = Duration::from_mins(1);

/// What handlers share. Cloned for each request, so it is one pointer.
#[derive(Clone)]
pub struct AppState(Arc<Shared>);

/// What is behind an [`AppState`].
pub struct Shared {
    pub catalog: Arc<Catalog>,
    pub accounts: Arc<Accounts>,
    pub schema: Schema,
}

impl AppState {
    pub fn new(catalog: Catalog, accounts: Accounts, schema: Schema) -> Self {
        Self(Arc::new(Shared { catalog: Arc::new(catalog), accounts: Arc::new(accounts), schema }))
    }
}

impl std::ops::Deref for AppState {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

/// All routes.
pub fn router(state: AppState) -> Router {
    let request_id = HeaderName::from_static("x-request-id");
    let security = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    let mut router = Router::new()
        .route("/", get(|| async { Redirect::temporary("/graphiql") }))
        .route("/graphql", get(graphql::get).post(graphql::post))
        .merge(graphiql::routes())
        .merge(health::routes())
        .merge(rest::routes())
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
                "this address does not take that method",
            )
        })
        .with_state(state);
    for (name, value) in security {
        router = router
            .layer(SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value)));
    }
    let worth_compressing =
        DefaultPredicate::new().and(NotForContentType::const_new("application/zip"));
    router.layer(
        ServiceBuilder::new()
            .set_request_id(request_id.clone(), MakeRequestId)
            .layer(TraceLayer::new_for_http())
            .propagate_request_id(request_id)
            .layer(axum::middleware::from_fn(problem::add_request_id))
            .layer(CatchPanicLayer::custom(problem::panicked))
            .layer(TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, TIMEOUT))
            .layer(CompressionLayer::new().compress_when(worth_compressing)),
    )
}
