//! The composition root: wires storage, application and edges; starts and stops the service.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;

use crate::catalog::accounts::Accounts;
use crate::catalog::tokens::{TokenConfig, Tokens};
use crate::catalog::{Catalog, Clock, RandomIds, SystemClock};
use crate::document::ids::IdSource;
use crate::graphql::{Limits, schema_builder};
use crate::http::{AppState, router};
use crate::storage::{Database, StorageError};

/// How long open requests may take to end when the service stops.
const GRACE: Duration = Duration::from_secs(10);

/// The service with all its parts, before it listens.
#[derive(Clone)]
pub struct App {
    pub catalog: Catalog,
    pub accounts: Accounts,
    /// How much one GraphQL request may ask for.
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
        let accounts = Accounts::new(catalog.clone(), Tokens::new(secret, tokens));
        Ok(Self { catalog, accounts, limits: Limits::default() })
    }

    /// All routes.
    pub fn router(&self) -> Router {
        router(AppState::new(
            self.catalog.clone(),
            self.accounts.clone(),
            schema_builder(self.limits.clone()).finish(),
        ))
    }

    /// Serves until `stop` ends, then lets open requests end and closes the database.
    ///
    /// # Errors
    /// When the listener fails.
    pub async fn serve(
        self,
        listener: TcpListener,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> std::io::Result<()> {
        let (stopping, stopped) = tokio::sync::oneshot::channel::<()>();
        let service = self.router().into_make_service_with_connect_info::<SocketAddr>();
        let listener = axum::serve::ListenerExt::tap_io(listener, |stream| {
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(error = %error, "TCP_NODELAY could not be set");
            }
        });
        let server = axum::serve(listener, service).with_graceful_shutdown(async move {
            stop.await;
            let _ = stopping.send(());
        });
        let deadline = async {
            if stopped.await.is_ok() {
                tokio::time::sleep(GRACE).await;
            } else {
                std::future::pending::<()>().await;
            }
        };
        let result = tokio::select! {
            result = server => result,
            () = deadline => Ok(()),
        };
        self.catalog.database().close().await;
        result
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
    std::fs::create_dir_all(folder)?;
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
