//! A running server.

use std::net::SocketAddr;

use reelport::app::{App, Sources};
use reelport::catalog::access::{Principal, Role};
use reelport::catalog::tokens::{TokenConfig, Tokens};
use serde_json::Value;
use tokio::net::TcpListener;

use super::client::Client;
use super::database::{self, TestDatabase};
use super::fixtures;

/// What all test servers sign tokens with.
pub const SECRET: &[u8] = b"a secret for tests, of 32 bytes and more";

/// A server on a random port, with a database of its own.
pub struct TestApp {
    pub app: App,
    pub address: SocketAddr,
    pub database: TestDatabase,
}

impl TestApp {
    pub async fn sqlite() -> Self {
        Self::start(database::sqlite()).await
    }

    pub async fn postgres() -> Self {
        Self::start(database::postgres().await).await
    }

    async fn start(database: TestDatabase) -> Self {
        let app = open(&database.url).await;
        let address = serve(app.clone()).await;
        Self { app, address, database }
    }

    /// A second server on the same database, as a replica would be.
    pub async fn replica(&self) -> Client {
        let address = serve(open(&self.database.url).await).await;
        Client::new(address).with_token(token(Role::Admin, "admin@example.com"))
    }

    pub fn anonymous(&self) -> Client {
        Client::new(self.address)
    }

    pub fn with_role(&self, role: Role) -> Client {
        let email = format!("{}@example.com", role.as_str().to_lowercase());
        self.anonymous().with_token(token(role, &email))
    }

    pub fn admin(&self) -> Client {
        self.with_role(Role::Admin)
    }

    pub fn viewer(&self) -> Client {
        self.with_role(Role::Viewer)
    }

    /// Creates a movie with a title and nothing else.
    pub async fn movie(&self, id: &str) -> Client {
        let admin = self.admin();
        let query =
            "mutation($id: ID!) { createMovie(input: {id: $id, title: \"A movie\"}) { userErrors { message } } }";
        let reply = admin.graphql(query, serde_json::json!({ "id": id })).await;
        assert_eq!(reply["data"]["createMovie"]["userErrors"], serde_json::json!([]), "{reply}");
        admin
    }

    /// Creates a movie and fills all seven categories.
    pub async fn full_movie(&self, id: &str) -> Client {
        let admin = self.movie(id).await;
        for (category, data) in fixtures::seven() {
            let reply = admin.import(id, category, data).await;
            assert_eq!(reply.status, 200, "{category}: {}", reply.text);
        }
        admin
    }

    /// How many statements were sent to the database while `work` ran.
    pub async fn count_queries<T>(&self, work: impl Future<Output = T>) -> (u64, T) {
        let before = self.app.catalog.database().query_count();
        let result = work.await;
        (self.app.catalog.database().query_count() - before, result)
    }
}

async fn open(url: &str) -> App {
    App::open(url, 8, SECRET, TokenConfig::default(), Sources::default()).await.unwrap()
}

async fn serve(app: App) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(app.serve(listener, std::future::pending()));
    address
}

pub fn token(role: Role, email: &str) -> String {
    token_of(&Principal { subject: format!("user-{email}"), email: email.to_owned(), role, source: None })
}

pub fn token_of(principal: &Principal) -> String {
    Tokens::new(SECRET, TokenConfig::default()).access(principal, chrono::Utc::now()).unwrap()
}

/// An envelope around `data`.
pub fn envelope(movie: &str, category: &str, data: Value) -> Value {
    serde_json::json!({ "category": category, "movie_id": movie, "data": data })
}
