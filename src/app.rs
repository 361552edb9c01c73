//! The composition root: wires storage, application and edges; starts and stops the service.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;

use crate::catalog::accounts::Accounts;
use crate::catalog::accounts::tokens::{TokenConfig, Tokens};
use crate::catalog::{Catalog, Clock, RandomIds, SystemClock};
use crate::document::ids::IdSource;
use crate::graphql::{Limits as QueryLimits, checks, schema_builder};
use crate::http::{AppState, Limits, router};
use crate::storage::{Database, StorageError, create_private_folder};

/// How long closing the database may take when the service stops.
const CLOSING: Duration = Duration::from_secs(2);

/// The service with all its parts, before it listens.
#[derive(Clone)]
pub struct App {
    pub catalog: Catalog,
    pub accounts: Accounts,
    /// How much one GraphQL request may ask for.
    pub query_limits: QueryLimits,
    /// What clients may take of the service.
    pub limits: Limits,
}

/// What tests may fix.
#[derive(Clone)]
pub struct Sources {
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn IdSource>,
}

impl Default for Sources {
    fn default() -> Self {
        Self { clock: Arc::new(SystemClock), ids: Arc::new(RandomIds) }
    }
}

impl App {
    /// Connects to the database and migrates it.
    ///
    /// # Errors
    /// When the database cannot be reached or migrated.
    pub async fn open(
        database_url: &str,
        connections: u32,
        secret: &[u8],
        tokens: TokenConfig,
        sources: Sources,
    ) -> Result<Self, StorageError> {
        let catalog = open_catalog(database_url, connections, sources).await?;
        Ok(Self::new(catalog, secret, tokens))
    }

    /// The service on a catalogue that is open.
    #[must_use]
    pub fn new(catalog: Catalog, secret: &[u8], tokens: TokenConfig) -> Self {
        let accounts = Accounts::new(catalog.clone(), Tokens::new(secret, tokens));
        let (query_limits, limits) = (QueryLimits::default(), Limits::default());
        Self { catalog, accounts, query_limits, limits }
    }

    /// All routes.
    pub fn router(&self) -> Router {
        checks::prepare();
        router(AppState::new(
            self.catalog.clone(),
            self.accounts.clone(),
            schema_builder(self.query_limits.clone()).finish(),
            Arc::new(self.limits.clone()),
        ))
    }

    /// Serves until `stop` ends, then lets open requests end within the grace of the limits and closes
    /// the database.
    pub async fn serve(self, listener: TcpListener, stop: impl Future<Output = ()>) {
        let limits = Arc::new(self.limits.clone());
        crate::http::serve(listener, self.router(), limits, stop).await;
        // A connection to the database that is still in use is not waited for any longer: what it did not
        // commit is rolled back by the database.
        if tokio::time::timeout(CLOSING, self.catalog.database().close()).await.is_err() {
            tracing::warn!("the database was still in use when the time to stop was over");
        }
    }
}

/// Connects to the database, migrates it and loads the reference data that it lacks.
///
/// # Errors
/// When the database cannot be reached or migrated.
pub async fn open_catalog(
    database_url: &str,
    connections: u32,
    sources: Sources,
) -> Result<Catalog, StorageError> {
    let database = Database::connect(database_url, connections).await?;
    database.migrate().await?;
    database.load_reference(sources.clock.now()).await?;
    Ok(Catalog::new(database, sources.clock, sources.ids))
}

/// Connects to a database for reading alone.
///
/// # Errors
/// When the database cannot be reached, or its schema is not of this version.
pub async fn open_read_only_catalog(
    database_url: &str,
    connections: u32,
    sources: Sources,
) -> Result<Catalog, StorageError> {
    let database = Database::connect_read_only(database_url, connections).await?;
    if !database.is_migrated().await? {
        return Err(StorageError::NotMigrated);
    }
    Ok(Catalog::new(database, sources.clock, sources.ids))
}

/// Connects to a database for a backup of it as it is: it is not migrated.
///
/// # Errors
/// When the database cannot be reached.
pub async fn open_for_backup(
    database_url: &str,
    connections: u32,
) -> Result<Database, StorageError> {
    Database::connect_read_only(database_url, connections).await
}

/// Reads the secret at `path`, or makes one there that only the owner can read. Whole or not at
/// all: of two that start at once, one makes it and both read it.
///
/// # Errors
/// When the file can be neither read nor made.
pub fn kept_secret(path: &Path, make: impl FnOnce() -> String) -> std::io::Result<(String, bool)> {
    use std::io::Write as _;
    match std::fs::read_to_string(path) {
        Ok(secret) => return Ok((secret.trim().to_owned(), false)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let folder =
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    create_private_folder(folder)?;
    let secret = make();
    // Temporary files are readable by their owner alone from the start.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    writeln!(file, "{secret}")?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok((secret, true)),
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => {
            Ok((std::fs::read_to_string(path)?.trim().to_owned(), false))
        }
        Err(error) => Err(error.error),
    }
}
