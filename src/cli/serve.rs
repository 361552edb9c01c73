//! `reelport serve`.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use include_dir::{Dir, include_dir};
use tokio::net::TcpListener;

use super::CliError;
use super::terminal::printable;
use crate::app::{App, Sources, kept_secret, open_catalog, open_read_only_catalog};
use crate::catalog::access::{Role, command_line};
use crate::catalog::accounts::AccountProblem;
use crate::catalog::accounts::passwords;
use crate::catalog::accounts::tokens::TokenConfig;
use crate::catalog::import::{ImportOptions, Record};
use crate::config::{DatabaseArgs, ServeArgs, TokenArgs};
use crate::document::Problem;
use crate::document::read::envelope::Expected;
use crate::document::read::parse::ParseOptions;
use crate::storage::{Unavailability, mode_if_shared, sqlite_path};

/// The demo catalogue: `{movie}/{category}.json`.
static DEMO: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/demo");

/// The file beside a `SQLite` database that keeps the password of the first start.
pub(super) const ADMIN_PASSWORD: &str = "admin-password";
/// The file beside a `SQLite` database that keeps the secret that signs tokens.
pub(super) const JWT_SECRET: &str = "jwt-secret";
/// The admin that is made when none is configured.
const DEFAULT_ADMIN: &str = "admin@reelport.local";

/// How long the process may take to end after the grace of the requests that were open.
const CLOSING: Duration = Duration::from_secs(3);

/// The secret that signs tokens: configured, or kept beside a `SQLite` database.
pub(super) fn secret(database: &DatabaseArgs, tokens: &TokenArgs) -> Result<String, CliError> {
    tokens.validate()?;
    if let Some(secret) = &tokens.jwt_secret {
        return Ok(secret.clone());
    }
    let Some(folder) = database.folder() else {
        return Err(CliError::Usage(
            "REELPORT_JWT_SECRET: found nothing; with PostgreSQL it must be set (32 bytes or more), as all replicas share it"
                .to_owned(),
        ));
    };
    let path = folder.join(JWT_SECRET);
    let make = || format!("{:032x}{:032x}", rand::random::<u128>(), rand::random::<u128>());
    let (secret, _) = kept_secret(&path, make)
        .map_err(|error| CliError::io(&path.display().to_string(), &error))?;
    if secret.len() < crate::catalog::accounts::tokens::MIN_SECRET {
        return Err(CliError::Usage(format!(
            "{}: the secret in it is too short; delete it to have one made",
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
    let secret = secret(database, tokens)?;
    // The port first: a second server must not touch the database of the first and then fail.
    let listener = TcpListener::bind(address)
        .await
        .map_err(|error| CliError::io(&format!("REELPORT_LISTEN: {address}"), &error))?;
    let (url, connections) = (&database.database_url, database.connections()?);
    let catalog = if serve.read_only.is_on() {
        open_read_only_catalog(url, connections, Sources::default()).await?
    } else {
        open_catalog(url, connections, Sources::default()).await?
    };
    let catalog = catalog.with_text_limits(database.text_limits()?);
    let mut app = App::new(catalog, secret.as_bytes(), TokenConfig::default());
    app.limits = limits;
    warn_if_shared(database);
    let mut admin = None;
    if serve.read_only.is_on() {
        println!("the database is served read-only");
    } else if takes_writes(&app).await? {
        admin = make_admin(&app, database.folder().as_deref(), serve).await?;
        if serve.demo.is_on() {
            load_demo(&app).await?;
        }
    }
    let local = listener.local_addr().map_err(|error| CliError::io("listening", &error))?;
    println!("Reelport {} listens on http://{local}", env!("CARGO_PKG_VERSION"));
    println!("  GraphiQL   http://{local}/graphiql");
    if let Some(Admin { email, password, kept }) = admin {
        println!("  Account    {}", printable(&email));
        println!(
            "  Password   {password}  (printed this once{})",
            kept.map(|path| format!("; kept in {path}")).unwrap_or_default()
        );
    }
    let patience = app.limits.grace + CLOSING;
    let stop = super::stop::watch(patience, || {
        tracing::warn!("work was still running when the time to stop was over");
        std::process::exit(0);
    })
    .map_err(|error| CliError::io("signals", &error))?;
    app.serve(listener, async { drop(stop.await) }).await;
    Ok(ExitCode::SUCCESS)
}

/// Whether the database takes writes; says so if it does not, since reads work all the same.
async fn takes_writes(app: &App) -> Result<bool, CliError> {
    let Err(error) = app.catalog.database().try_write().await else { return Ok(true) };
    if !error.unavailability().is_some_and(Unavailability::stops_writes) {
        return Err(error.into());
    }
    eprintln!(
        "reelport: the database cannot be written to: {error}; reads are served, writes are \
         answered 503 and /readyz is not ready until it can; --read-only serves reads alone"
    );
    Ok(false)
}

/// Says that other accounts of the machine can read the database. The mode may be meant, so it stays.
fn warn_if_shared(database: &DatabaseArgs) {
    let Some(path) = sqlite_path(&database.database_url) else { return };
    if let Some(mode) = mode_if_shared(Path::new(path)) {
        tracing::warn!(
            path,
            mode,
            "other accounts of this machine can read the database; chmod 600 keeps it to its owner"
        );
    }
}

/// An account that was just made with a made-up password.
struct Admin {
    email: String,
    password: String,
    kept: Option<String>,
}

async fn make_admin(
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
    if accounts.iter().any(|(known, _)| *known == email) {
        return Ok(None);
    }
    let (password, made) = match &serve.admin_password {
        Some(password) => (password.clone(), None),
        None => match folder {
            // The one that is kept there belongs to another account.
            Some(folder) if folder.join(ADMIN_PASSWORD).exists() && !accounts.is_empty() => {
                (passwords::generate(), Some(None))
            }
            Some(folder) => {
                let path = folder.join(ADMIN_PASSWORD);
                let (password, _) = kept_secret(&path, passwords::generate)
                    .map_err(|error| CliError::io(&path.display().to_string(), &error))?;
                (password, Some(Some(path.display().to_string())))
            }
            None => (passwords::generate(), Some(None)),
        },
    };
    match app.accounts.create(&email, &password, Role::Admin).await? {
        Ok(()) => Ok(made.map(|kept| Admin { email, password, kept })),
        // Another replica was first.
        Err(AccountProblem::Taken(_)) => Ok(None),
        Err(problem) => Err(CliError::Usage(format!("REELPORT_ADMIN_EMAIL: {problem}"))),
    }
}

async fn load_demo(app: &App) -> Result<(), CliError> {
    if !app.catalog.database().has_no_movies().await? {
        return Ok(());
    }
    let (_, permission) = command_line();
    let options = ParseOptions { strict: true, ..ParseOptions::default() };
    let mut records = Vec::new();
    for folder in DEMO.dirs() {
        for file in folder.files() {
            let broken = |problems: Vec<Problem>| {
                CliError::Usage(format!("demo catalogue, {}: {problems:?}", file.path().display()))
            };
            records
                .push(Record::read(file.contents(), Expected::default(), options).map_err(broken)?);
        }
    }
    let options = ImportOptions { create_movie: true, ..ImportOptions::default() };
    let outcomes = app.catalog.import_batch(&permission, &records, &options).await?;
    let rejected: Vec<_> = outcomes.iter().filter(|outcome| !outcome.problems.is_empty()).collect();
    if let Some(outcome) = rejected.first() {
        return Err(CliError::Usage(format!("demo catalogue: {:?}", outcome.problems)));
    }
    println!("the demo catalogue is loaded: {} movies", DEMO.dirs().count());
    Ok(())
}
