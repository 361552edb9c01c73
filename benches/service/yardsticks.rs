//! Yardsticks for the service: servers that return the same responses with less and less work.

use std::sync::Arc;

use async_graphql::{Context, EmptyMutation, EmptySubscription, ID, Object, Request, Schema};
use axum::extract::{Path, State};
use axum::http::header;
use axum::routing::{get, post};
use axum::{Json, Router};
use reelport::app::{Sources, open_catalog};
use reelport::catalog::Catalog;
use reelport::catalog::access::command_line;
use reelport::catalog::accounts::Accounts;
use reelport::catalog::accounts::tokens::{TokenConfig, Tokens};
use reelport::catalog::export::Export;
use reelport::document::Category;
use reelport::graphql::RequestContext;
use reelport::graphql::budget::Budget;
use reelport::graphql::limits::Limits;
use reelport::graphql::model::types::MovieExport;
use sea_orm::sqlx::{self, PgPool, Row as _, SqlitePool};
use sea_orm::{ConnectionTrait as _, Database};
use tokio::net::TcpListener;

/// A new database on a `PostgreSQL` server.
pub async fn new_database(server: &str, name: &str) -> String {
    let name = format!("bench_{name}_{}", std::process::id());
    let connection = Database::connect(server).await.expect("the server answers");
    connection
        .execute_unprepared(&format!("CREATE DATABASE {name}"))
        .await
        .expect("a database is made");
    let (base, _) = server.rsplit_once('/').expect("a URL");
    format!("{base}/{name}")
}

struct Query;

#[Object]
impl Query {
    async fn movie_export(
        &self,
        ctx: &Context<'_>,
        movie_id: ID,
        category: Category,
    ) -> Option<MovieExport> {
        let export = ctx.data_unchecked::<Export>();
        (export.category == category && export.movie.as_str() == movie_id.as_str())
            .then(|| MovieExport::from(export.clone()))
    }
}

type Memory = Schema<Query, EmptyMutation, EmptySubscription>;

/// The schema, and the context of a request.
type WithContext = (Memory, Arc<dyn Fn() -> RequestContext + Send + Sync>);

async fn graphql(
    State((schema, context)): State<WithContext>,
    Json(request): Json<Request>,
) -> Json<async_graphql::Response> {
    Json(schema.execute(request.data(context())).await)
}

const QUERY: &str = "SELECT body FROM documents WHERE movie_id = $1 AND category = $2";
const JSON: [(header::HeaderName, &str); 1] = [(header::CONTENT_TYPE, "application/json")];

async fn sqlite(
    State(pool): State<SqlitePool>,
    Path((movie, _)): Path<(String, String)>,
) -> ([(header::HeaderName, &'static str); 1], String) {
    let row =
        sqlx::query(QUERY).bind(movie).bind("cast_crew").fetch_one(&pool).await.expect("a row");
    (JSON, row.get(0))
}

async fn postgres(
    State(pool): State<PgPool>,
    Path((movie, _)): Path<(String, String)>,
) -> ([(header::HeaderName, &'static str); 1], String) {
    let row =
        sqlx::query(QUERY).bind(movie).bind("cast_crew").fetch_one(&pool).await.expect("a row");
    (JSON, row.get(0))
}

const ROUTE: &str = "/api/v1/admin/movies/{id}/export/{category}";

/// Serves a yardstick until the process is ended.
pub async fn serve(name: &str, url: &str, movie: &str) {
    let catalog = open_catalog(url, 2, Sources::default()).await.expect("the database opens");
    let (permission, _) = command_line();
    let movie = movie.parse().expect("a movie id");
    let export = catalog
        .export(&permission, &movie, Category::CastCrew)
        .await
        .expect("it reads")
        .expect("it is there");
    let router = match name {
        "schema from memory" => {
            let schema =
                Schema::build(Query, EmptyMutation, EmptySubscription).data(export).finish();
            let catalog = Arc::new(catalog);
            let tokens = Tokens::new(&[0; 32], TokenConfig::default());
            let accounts = Arc::new(Accounts::new(Catalog::clone(&catalog), tokens));
            let context: Arc<dyn Fn() -> RequestContext + Send + Sync> = Arc::new(move || {
                let budget = Arc::new(Budget::new(Limits::default()));
                let (catalog, accounts) = (Arc::clone(&catalog), Arc::clone(&accounts));
                RequestContext::new(None, Arc::default(), catalog, accounts, budget)
            });
            Router::new().route("/graphql", post(graphql)).with_state((schema, context))
        }
        "bytes from memory" => {
            let bytes: Arc<str> = export.envelope().into();
            let answer = get(move || {
                let bytes = Arc::clone(&bytes);
                async move { (JSON, bytes.to_string()) }
            });
            Router::new().route(ROUTE, answer)
        }
        "one-row read" if url.starts_with("sqlite") => {
            let pool = SqlitePool::connect(url).await.expect("the database opens");
            Router::new().route(ROUTE, get(sqlite)).with_state(pool)
        }
        _ => {
            let pool = PgPool::connect(url).await.expect("the database opens");
            Router::new().route(ROUTE, get(postgres)).with_state(pool)
        }
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port is free");
    println!("http://{}", listener.local_addr().expect("an address"));
    axum::serve(listener, router).await.expect("it serves");
}
