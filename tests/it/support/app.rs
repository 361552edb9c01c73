//! A server within the test process.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, TimeDelta, Utc};
use reelport::app::{App, Sources};
use reelport::catalog::access::{Credential, Principal, Role};
use reelport::catalog::accounts::tokens::{TokenConfig, Tokens};
use reelport::catalog::jobs::JobFiles;
use reelport::catalog::{Clock, SystemClock};
use reelport::document::Source;
use reelport::http::Limits;
use serde_json::Value;
use tokio::net::TcpListener;

use super::client::Client;
use super::database::{self, TestDatabase};
use super::fixtures;

/// The secret with which all test servers sign tokens.
pub const SECRET: &[u8] = b"a secret for tests, of 32 bytes and more";

/// A server on a random port with a database of its own.
pub struct TestApp {
    pub app: App,
    pub address: SocketAddr,
    pub database: TestDatabase,
    pub clock: TestClock,
}

/// The system clock, which a test can move forward.
#[derive(Clone, Default)]
pub struct TestClock(Arc<AtomicI64>);

impl TestClock {
    pub fn forward(&self, by: TimeDelta) {
        self.0.fetch_add(by.num_microseconds().unwrap(), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> DateTime<Utc> {
        SystemClock.now() + TimeDelta::microseconds(self.0.load(Ordering::SeqCst))
    }
}

impl TestApp {
    pub async fn sqlite() -> Self {
        Self::on(database::sqlite()).await
    }

    pub async fn postgres() -> Self {
        Self::on(database::postgres().await).await
    }

    /// A server on the given database.
    pub async fn on(database: TestDatabase) -> Self {
        let clock = TestClock::default();
        let app = open(&database, &clock).await;
        let address = serve(app.clone()).await;
        Self { app, address, database, clock }
    }

    /// A second server on the same database, like a replica.
    pub async fn replica(&self) -> Client {
        let address = serve(self.idle().await).await;
        Client::new(address).with_token(token(Role::Admin, "admin@example.com"))
    }

    /// The service on the same database, without a server that listens and works on jobs.
    pub async fn idle(&self) -> App {
        open(&self.database, &self.clock).await
    }

    /// A second server on the same database, with other settings.
    pub async fn with_settings(&self, change: impl FnOnce(&mut App)) -> SocketAddr {
        let mut app = self.app.clone();
        change(&mut app);
        serve(app).await
    }

    /// A second server on the same database, with other limits.
    pub async fn with_limits(&self, change: impl FnOnce(&mut Limits)) -> SocketAddr {
        self.with_settings(|app| change(&mut app.limits)).await
    }

    /// A second server on the same database, with other limits for GraphQL requests.
    pub async fn limited(&self, limits: reelport::graphql::Limits, role: Role) -> Client {
        let app = App { query_limits: limits, ..self.app.clone() };
        let email = format!("{}@example.com", role.as_str().to_lowercase());
        Client::new(serve(app).await).with_token(token(role, &email))
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

    /// An agent with a role; its token determines the source of its changes.
    pub fn agent(&self, role: Role, source: Source) -> Client {
        let (subject, email) = ("user-agent".to_owned(), "agent@example.com".to_owned());
        self.anonymous().with_token(token_of(&Principal {
            subject,
            email,
            role,
            source: Some(source),
            credential: Credential::default(),
            expires_at: None,
            origin: Arc::default(),
        }))
    }

    pub fn viewer(&self) -> Client {
        self.with_role(Role::Viewer)
    }

    /// Creates a movie with only a title.
    pub async fn movie(&self, id: &str) -> Client {
        let admin = self.admin();
        let query = "mutation($id: ID!) { createMovie(input: {id: $id, title: \"A movie\"}) { userErrors { message } } }";
        let reply = admin.graphql(query, serde_json::json!({ "id": id })).await;
        assert_eq!(reply["data"]["createMovie"]["userErrors"], serde_json::json!([]), "{reply}");
        admin
    }

    /// Creates a movie and fills all seven categories.
    pub async fn full_movie(&self, id: &str) -> Client {
        let admin = self.movie(id).await;
        for (category, data) in fixtures::all_categories() {
            let reply = admin.import(id, category, data).await;
            assert_eq!(reply.status, 200, "{category}: {}", reply.text);
        }
        admin
    }

    /// The number of statements sent to the database while `work` ran.
    pub async fn count_queries<T>(&self, work: impl Future<Output = T>) -> (u64, T) {
        let before = self.app.catalog.database().query_count();
        let result = work.await;
        (self.app.catalog.database().query_count() - before, result)
    }
}

async fn open(database: &TestDatabase, clock: &TestClock) -> App {
    let sources = Sources { clock: Arc::new(clock.clone()), ..Sources::default() };
    let opened = App::open(&database.url, 8, SECRET, TokenConfig::default(), sources).await;
    let app = opened.unwrap();
    let catalog = app.catalog.clone().with_job_files(JobFiles::new(database.job_files()));
    App { catalog, ..app }
}

async fn serve(app: App) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(app.serve(listener, std::future::pending()));
    address
}

pub fn token(role: Role, email: &str) -> String {
    token_of(&Principal {
        subject: format!("user-{email}"),
        email: email.to_owned(),
        role,
        source: None,
        credential: Credential::default(),
        expires_at: None,
        origin: Arc::default(),
    })
}

pub fn token_of(principal: &Principal) -> String {
    // Valid even when a test moves the clock forward.
    let access_lifetime = std::time::Duration::from_hours(30 * 24);
    let config = TokenConfig { access_lifetime, ..TokenConfig::default() };
    Tokens::new(SECRET, config).access(principal, chrono::Utc::now()).unwrap()
}

/// An envelope around `data`.
pub fn envelope(movie: &str, category: &str, data: Value) -> Value {
    serde_json::json!({ "category": category, "movie_id": movie, "data": data })
}
