//! The composition root: connects storage, application and edges, and starts and stops the
//! service.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use crate::catalog::accounts::Accounts;
use crate::catalog::accounts::tokens::{TokenConfig, Tokens};
use crate::catalog::audit::Retention;
use crate::catalog::jobs::JobSettings;
use crate::catalog::{Catalog, Clock, RandomIds, SystemClock};
use crate::document::ids::IdSource;
use crate::graphql::{Limits as QueryLimits, checks, schema_builder};
use crate::http::{
    AllowedOrigins, AppState, ImageOrigins, Limits, MAX_BODY, ManifestError, Origins,
    PersistedDocuments, TrustedProxies, UnknownDocuments, router,
};
use crate::storage::{Database, StorageError, create_private_folder};

/// How long the service waits for the database to close when it stops.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);
/// How long it waits until its worker has finished a batch of a job.
const JOB_TIMEOUT: Duration = Duration::from_secs(2);
/// How long it waits until the last refused attempts are in the audit log.
const AUDIT_TIMEOUT: Duration = Duration::from_millis(500);

/// The service with all its parts. It does not listen until [`serve`](Self::serve) is called.
#[derive(Clone)]
pub struct App {
    pub catalog: Catalog,
    pub accounts: Accounts,
    /// Limits of a single GraphQL request.
    pub query_limits: QueryLimits,
    /// Limits on connections, time and memory.
    pub limits: Limits,
    /// The origins whose pages may call the service from a browser.
    pub allowed_origins: AllowedOrigins,
    /// The GraphQL documents that clients may name by an id, if there are any.
    pub persisted_documents: Option<Arc<PersistedDocuments>>,
    /// The proxies whose reports of client addresses are believed.
    pub trusted_proxies: TrustedProxies,
    /// How long entries of the audit log are kept.
    pub audit_retention: Retention,
    /// From where the Studio shows pictures.
    pub image_origins: ImageOrigins,
    /// After how much time without a sign of life of its server a job is continued by another.
    pub job_lease: Duration,
}

/// The sources of time and of new ids. Tests replace them with fixed ones.
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

    /// Creates the service for an open catalogue.
    #[must_use]
    pub fn new(catalog: Catalog, secret: &[u8], tokens: TokenConfig) -> Self {
        let accounts = Accounts::new(catalog.clone(), Tokens::new(secret, tokens));
        let (query_limits, limits) = (QueryLimits::default(), Limits::default());
        let allowed_origins = AllowedOrigins::default();
        Self {
            catalog,
            accounts,
            query_limits,
            limits,
            allowed_origins,
            persisted_documents: None,
            trusted_proxies: TrustedProxies::default(),
            audit_retention: Retention::default(),
            image_origins: ImageOrigins::default(),
            job_lease: JobSettings::LEASE,
        }
    }

    /// Builds the router with all routes.
    pub fn router(&self) -> Router {
        router(self.state())
    }

    fn job_settings(&self) -> JobSettings {
        JobSettings {
            lease: self.job_lease,
            poll: JobSettings::POLL.min(self.job_lease),
            max_document: MAX_BODY,
            max_unpacked: self.limits.bulk_unpacked,
        }
    }

    fn state(&self) -> AppState {
        checks::prepare();
        AppState::new(
            self.catalog.clone(),
            self.accounts.clone(),
            schema_builder(self.query_limits.clone()).finish(),
            self.persisted_documents.clone(),
            Arc::new(self.limits.clone()),
            Origins { allowed: self.allowed_origins.clone(), images: self.image_origins.clone() },
            self.trusted_proxies.clone(),
        )
    }

    /// Serves until `stop` completes, then waits up to [`Limits::grace`] for open requests, and for
    /// the batch of a job, and closes the database.
    pub async fn serve(self, listener: TcpListener, stop: impl Future<Output = ()>) {
        let stopping = CancellationToken::new();
        let worker = self.catalog.clone();
        let (settings, stopped) = (self.job_settings(), stopping.clone());
        let jobs = tokio::spawn(async move { worker.run_jobs(settings, stopped).await });
        let jobs = AbortOnDropHandle::new(jobs);
        let stop = async {
            stop.await;
            stopping.cancel();
        };
        let serving = crate::http::serve(listener, self.state(), stop);
        tokio::select! {
            () = serving => {}
            () = self.catalog.announce_commits() => {}
            () = Box::pin(self.catalog.write_attempts()) => {}
            () = Box::pin(self.catalog.delete_old_audit_entries(self.audit_retention)) => {}
            () = Box::pin(self.catalog.remove_old_jobs()) => {}
        }
        // A batch that is not finished is rolled back, and its job is continued when it is free.
        if tokio::time::timeout(JOB_TIMEOUT, jobs).await.is_err() {
            tracing::warn!("a batch of a job was still running when the shutdown timeout expired");
        }
        // What was refused at last.
        let last = Box::pin(self.catalog.write_last_attempts());
        if tokio::time::timeout(AUDIT_TIMEOUT, last).await.is_err() {
            tracing::warn!("the last refused attempts are missing in the audit log");
        }
        // Connections still in use after the timeout are abandoned; the database rolls back their
        // transactions.
        if tokio::time::timeout(CLOSE_TIMEOUT, self.catalog.database().close()).await.is_err() {
            tracing::warn!("the database was still in use when the shutdown timeout expired");
        }
    }
}

/// Reads persisted documents from files and folders with manifests.
///
/// # Errors
/// When a manifest cannot be read, or one of its documents is invalid.
pub async fn load_persisted_documents(
    paths: &[PathBuf],
    unknown: UnknownDocuments,
    limits: &QueryLimits,
) -> Result<PersistedDocuments, ManifestError> {
    let schema = schema_builder(limits.clone()).finish();
    let documents = PersistedDocuments::load(paths, unknown, &schema, limits).await?;
    tracing::info!(documents = documents.len(), "persisted documents are loaded");
    Ok(documents)
}

/// Connects to the database, migrates it and loads missing reference data.
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

/// Connects to a database in read-only mode.
///
/// # Errors
/// When the database cannot be reached, or its schema is of another version.
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

/// Connects to a database to back it up, without migrating it.
///
/// # Errors
/// When the database cannot be reached.
pub async fn open_for_backup(
    database_url: &str,
    connections: u32,
) -> Result<Database, StorageError> {
    Database::connect_read_only(database_url, connections).await
}

/// Reads the secret at `path`, or creates it in a file that only its owner can read. Returns the
/// secret and whether it was created.
///
/// The file is created atomically: when two processes start at once, one creates it and both read
/// the same secret.
///
/// # Errors
/// When the file can neither be read nor created.
pub fn read_or_create_secret(
    path: &Path,
    generate: impl FnOnce() -> String,
) -> std::io::Result<(String, bool)> {
    use std::io::Write as _;
    match std::fs::read_to_string(path) {
        Ok(secret) => return Ok((secret.trim().to_owned(), false)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
    }
    let folder =
        path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    create_private_folder(folder)?;
    let secret = generate();
    // Temporary files are created with permissions for their owner only.
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
