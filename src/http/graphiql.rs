//! GraphiQL, whose files are embedded in the binary. It loads nothing from other hosts.

use axum::Router;
use axum::extract::Request;
use axum::http::HeaderValue;
use axum::routing::get;
use rust_embed::RustEmbed;

use super::AppState;
use super::built_files::BuiltFiles;
use super::path::Path;

#[derive(RustEmbed)]
#[folder = "web/graphiql/dist"]
#[allow_missing = true]
struct Files;

pub const GRAPHIQL: BuiltFiles = BuiltFiles { name: "GraphiQL", file: Files::get };

const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     font-src 'self' data:; worker-src 'self' blob:; connect-src 'self'; \
     frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
);

pub fn routes() -> Router<AppState> {
    let page = || get(|request: Request| async move { GRAPHIQL.page(&POLICY, request.headers()) });
    Router::new().route("/graphiql", page()).route("/graphiql/", page()).route(
        "/graphiql/{*path}",
        get(|Path(path): Path<String>, request: Request| async move {
            GRAPHIQL.asset(&path, &POLICY, request.headers())
        }),
    )
}
