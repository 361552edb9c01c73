//! `reelport serve`: opens the database, creates the first account, and runs the server.

use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use include_dir::{Dir, include_dir};
use tokio::net::TcpListener;

use super::CliError;
use super::terminal::{print_error, print_line};
use crate::app::{
    App, Sources, load_persisted_documents, open_catalog, open_read_only_catalog,
    read_or_create_secret,
};
use crate::catalog::access::{Role, service, service_accounts};
use crate::catalog::accounts::AccountProblem;
use crate::catalog::accounts::Accounts;
use crate::catalog::accounts::management::NewAccount;
use crate::catalog::accounts::passwords;
use crate::catalog::accounts::tokens::Tokens;
use crate::catalog::import::{ImportOptions, IncomingDocument};
use crate::catalog::jobs::JobFiles;
use crate::config::{DatabaseArgs, ServeArgs, TokenArgs};
use crate::document::Problem;
use crate::document::read::envelope::Expected;
use crate::document::read::parse::ParseOptions;
use crate::graphql::Limits as QueryLimits;
use crate::http::{GRAPHIQL, PersistedDocuments, STUDIO};
use crate::storage::{Unavailability, mode_if_shared, sqlite_path};

/// The demo catalogue: `{movie}/{category}.json`.
static DEMO: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/demo");

/// The file beside a `SQLite` database with the generated password of the first account.
pub(super) const ADMIN_PASSWORD: &str = "admin-password";
/// The file beside a `SQLite` database with the generated secret that signs tokens.
pub(super) const JWT_SECRET: &str = "jwt-secret";
/// The account to create when none is configured.
const DEFAULT_ADMIN: &str = "admin@reelport.local";

/// How long the process may take to exit after the grace period of open requests.
const EXIT_TIMEOUT: Duration = Duration::from_secs(5);

/// The secret that signs tokens: the configured one, or the file beside a `SQLite` database, which
/// is created if missing.
pub(super) fn jwt_secret(database: &DatabaseArgs, tokens: &TokenArgs) -> Result<String, CliError> {
    tokens.validate()?;
    if let Some(secret) = &tokens.jwt_secret {
        return Ok(secret.clone());
    }
    let Some(folder) = database.folder() else {
        return Err(CliError::Usage(
            "REELPORT_JWT_SECRET: found nothing; with PostgreSQL it must be set (32 bytes or \
             more), because all replicas share it"
                .to_owned(),
        ));
    };
    let path = folder.join(JWT_SECRET);
    let generate = || format!("{:032x}{:032x}", rand::random::<u128>(), rand::random::<u128>());
    let (secret, _) = read_or_create_secret(&path, generate)
        .map_err(|error| CliError::io(&path.display().to_string(), &error))?;
    if secret.len() < crate::catalog::accounts::tokens::MIN_SECRET {
        return Err(CliError::Usage(format!(
            "{}: the secret in this file is too short; delete the file to generate a new one",
            path.display()
        )));
    }
    Ok(secret)
}

pub(super) async fn serve(
    database: &DatabaseArgs,
    tokens: &TokenArgs,
    serve: &ServeArgs,
) -> Result<ExitCode, CliError> {
    let address = serve.validate()?;
    database.validate()?;
    let limits = serve.limits(database)?;
    let query_limits = serve.query_limits()?;
    let allowed_origins = serve.allowed_origins()?;
    let trusted_proxies = serve.trusted_proxies()?;
    let audit_retention = serve.audit_retention()?;
    let image_origins = serve.image_origins()?;
    let (files, job_lease) = (serve.files(database)?, serve.job_lease()?);
    let persisted_documents = persisted_documents(serve).await?;
    let token_config = tokens.config()?;
    let issuers = serve.issuers(&token_config.issuer)?;
    let provider = serve.provider(&token_config.issuer)?;
    let secret = jwt_secret(database, tokens)?;
    // Bind the port first: a second server must fail before it touches the database of the first.
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| CliError::io(&format!("REELPORT_LISTEN: {address}"), &error))?;
    let (url, connections) = (&database.database_url, database.connections()?);
    let catalog = if serve.read_only.is_on() {
        open_read_only_catalog(url, connections, Sources::default()).await?
    } else {
        open_catalog(url, connections, Sources::default()).await?
    };
    let catalog =
        catalog.with_text_limits(database.text_limits()?).with_job_files(JobFiles::new(files));
    let mut signer = Tokens::new(secret.as_bytes(), token_config.clone());
    if let Some(previous) = &tokens.jwt_secret_previous {
        signer = signer.with_previous_secret(previous.as_bytes());
    }
    issuers.fetch_keys().await;
    let mut app = App::new(catalog.clone(), secret.as_bytes(), token_config);
    app.accounts = Accounts::new(catalog, signer).with_issuers(issuers).with_provider(provider);
    (app.limits, app.query_limits) = (limits, query_limits);
    app.allowed_origins = allowed_origins;
    app.persisted_documents = persisted_documents;
    app.trusted_proxies = trusted_proxies;
    app.audit_retention = audit_retention;
    app.image_origins = image_origins;
    app.job_lease = job_lease;
    warn_if_shared(database);
    let mut admin = None;
    if serve.read_only.is_on() {
        print_line("the database is served read-only");
    } else if accepts_writes(&app).await? {
        admin = create_admin(&app, database.folder().as_deref(), serve).await?;
        if serve.demo.is_on() {
            load_demo(&app).await?;
        }
    }
    let local = listener.local_addr().map_err(|error| CliError::io("listening", &error))?;
    let version = env!("CARGO_PKG_VERSION");
    print_line(&format!("Reelport {version} listens on http://{local}"));
    if STUDIO.is_built() {
        print_line(&format!("  Studio     http://{local}/"));
    } else {
        print_line(&format!("  Studio     not built; http://{local}/ says how to build it"));
    }
    if GRAPHIQL.is_built() {
        print_line(&format!("  GraphiQL   http://{local}/graphiql"));
    }
    if let Some(Admin { email, password, password_file }) = admin {
        print_line(&format!("  Account    {email}"));
        let stored = password_file.map(|path| format!("; stored in {path}")).unwrap_or_default();
        print_line(&format!("  Password   {password}  (printed only once{stored})"));
    }
    let timeout = app.limits.grace + EXIT_TIMEOUT;
    let stop = super::stop::watch(timeout, || {
        tracing::warn!("work was still running when the shutdown timeout expired");
        std::process::exit(0);
    })
    .map_err(|error| CliError::io("signals", &error))?;
    app.serve(listener, async { drop(stop.await) }).await;
    Ok(ExitCode::SUCCESS)
}

/// Reads the manifests of persisted documents.
async fn persisted_documents(
    serve: &ServeArgs,
) -> Result<Option<Arc<PersistedDocuments>>, CliError> {
    let Some((paths, unknown)) = serve.persisted_documents()? else { return Ok(None) };
    let loaded = load_persisted_documents(&paths, unknown, &QueryLimits::default()).await;
    loaded
        .map(|documents| Some(Arc::new(documents)))
        .map_err(|error| CliError::Usage(format!("REELPORT_PERSISTED_DOCUMENTS: {error}")))
}

/// Whether the database accepts writes. Prints a warning if it does not; reads are served anyway.
async fn accepts_writes(app: &App) -> Result<bool, CliError> {
    let Err(error) = app.catalog.database().try_write().await else { return Ok(true) };
    if !error.unavailability().is_some_and(Unavailability::stops_writes) {
        return Err(error.into());
    }
    print_error(&format!(
        "reelport: the database cannot be written to: {error}; until it can, writes get 503 and \
         /readyz reports not ready; reads are served; --read-only serves only reads"
    ));
    Ok(false)
}

/// Warns if other accounts of the machine can read the database. The mode may be intended, so it is
/// not changed.
fn warn_if_shared(database: &DatabaseArgs) {
    let Some(path) = sqlite_path(&database.database_url) else { return };
    if let Some(mode) = mode_if_shared(Path::new(path)) {
        tracing::warn!(
            path,
            mode,
            "other accounts can read the database; chmod 600 restricts it to its owner"
        );
    }
}

/// A new account with a generated password.
struct Admin {
    email: String,
    password: String,
    /// The file that the password is stored in.
    password_file: Option<String>,
}

async fn create_admin(
    app: &App,
    folder: Option<&Path>,
    serve: &ServeArgs,
) -> Result<Option<Admin>, CliError> {
    let accounts = app.accounts.list().await?;
    let configured = serve.admin_email.is_some() || serve.admin_password.is_some();
    if !configured && !accounts.is_empty() {
        return Ok(None);
    }
    let email = serve.admin_email.as_deref().unwrap_or(DEFAULT_ADMIN).trim().to_lowercase();
    if accounts.iter().any(|known| known.email == email) {
        return Ok(None);
    }
    let (password, generated) = match &serve.admin_password {
        Some(password) => (password.clone(), None),
        None => match folder {
            // The file already holds the password of another account.
            Some(folder) if folder.join(ADMIN_PASSWORD).exists() && !accounts.is_empty() => {
                (passwords::generate(), Some(None))
            }
            Some(folder) => {
                let path = folder.join(ADMIN_PASSWORD);
                let (password, _) = read_or_create_secret(&path, passwords::generate)
                    .map_err(|error| CliError::io(&path.display().to_string(), &error))?;
                (password, Some(Some(path.display().to_string())))
            }
            None => (passwords::generate(), Some(None)),
        },
    };
    let new = NewAccount { email: &email, name: "", role: Role::Admin, password: Some(&password) };
    match app.accounts.create_account(&service_accounts(), new).await? {
        Ok(_) => Ok(generated.map(|password_file| Admin { email, password, password_file })),
        // Another replica created the account first.
        Err(AccountProblem::Taken(_)) => Ok(None),
        Err(problem) => Err(CliError::Usage(format!("REELPORT_ADMIN_EMAIL: {problem}"))),
    }
}

async fn load_demo(app: &App) -> Result<(), CliError> {
    if !app.catalog.database().has_no_movies().await? {
        return Ok(());
    }
    let (_, permission) = service();
    let options = ParseOptions { strict: true, ..ParseOptions::default() };
    let mut records = Vec::new();
    for folder in DEMO.dirs() {
        for file in folder.files() {
            let broken = |problems: Vec<Problem>| {
                CliError::Usage(format!("demo catalogue, {}: {problems:?}", file.path().display()))
            };
            records.push(
                IncomingDocument::read(file.contents(), Expected::default(), options)
                    .map_err(broken)?,
            );
        }
    }
    let options = ImportOptions { create_movie: true, ..ImportOptions::default() };
    let outcomes = app.catalog.import_batch(&permission, &records, &options).await?;
    let rejected: Vec<_> = outcomes.iter().filter(|outcome| !outcome.problems.is_empty()).collect();
    if let Some(outcome) = rejected.first() {
        return Err(CliError::Usage(format!("demo catalogue: {:?}", outcome.problems)));
    }
    print_line(&format!("the demo catalogue is loaded: {} movies", DEMO.dirs().count()));
    Ok(())
}
