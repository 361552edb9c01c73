//! The command line: argument definitions and one module per command.

mod audit;
mod backup;
mod error_log;
mod export;
mod files;
mod import;
mod inputs;
mod origins;
mod outcomes;
mod plans;
mod remote;
mod reported;
mod serve;
mod stop;
mod terminal;
mod tokens;
mod users;

use std::io::{self, IsTerminal as _};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use clap::{CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use self::origins::Origins;
use self::terminal::print_result;
use crate::app::{Sources, open_catalog};
use crate::catalog::access::command_line;
use crate::catalog::accounts::Accounts;
use crate::catalog::accounts::tokens::{TokenConfig, Tokens};
use crate::catalog::{Catalog, CatalogError};
use crate::config::{ConfigError, DatabaseArgs, ServeArgs, TokenArgs};
use crate::document::Category;
use crate::storage::{StorageError, Unavailability, sqlite_path, with_quiet_libraries};

/// Export, enrich and safely import movie catalogues.
#[derive(Debug, Parser)]
#[command(name = "reelport", version, arg_required_else_help = true)]
pub struct Cli {
    /// What to log: a level (error, warn, info, debug, trace) or tracing directives
    #[arg(
        long,
        env = "REELPORT_LOG",
        default_value = "info",
        global = true,
        value_name = "FILTER"
    )]
    log: String,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Migrate the database and serve
    Serve {
        #[command(flatten)]
        database: DatabaseArgs,
        #[command(flatten)]
        tokens: TokenArgs,
        #[command(flatten)]
        serve: Box<ServeArgs>,
    },
    /// Import envelopes from JSON, NDJSON or ZIP files, plain or gzipped
    Import {
        #[command(flatten)]
        database: DatabaseArgs,
        #[command(flatten)]
        import: import::ImportArgs,
    },
    /// Export the catalogue
    Export {
        #[command(flatten)]
        database: DatabaseArgs,
        #[command(flatten)]
        export: export::ExportArgs,
    },
    /// Copy a SQLite database into a new file; it may be in use meanwhile
    Backup {
        #[command(flatten)]
        database: DatabaseArgs,
        #[command(flatten)]
        backup: backup::BackupArgs,
    },
    /// Bring the database's schema up to date
    Migrate {
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Rebuild the tables for lists and searches from the documents
    Reindex {
        #[command(flatten)]
        database: DatabaseArgs,
    },
    /// Print the GraphQL schema, or the JSON Schema of a category's document
    Schema {
        /// Print the JSON Schema of this category's document
        #[arg(long, value_name = "CATEGORY")]
        json: Option<String>,
        /// Print the OpenAPI document of the REST API
        #[arg(long, conflicts_with = "json")]
        openapi: bool,
        /// Print which types of the GraphQL schema caches of clients embed in others, as JSON
        #[arg(long, conflicts_with_all = ["json", "openapi"])]
        caches: bool,
    },
    /// Print the audit log: who changed what, and which attempts were refused
    Audit {
        #[command(flatten)]
        database: DatabaseArgs,
        #[command(flatten)]
        audit: audit::AuditArgs,
    },
    /// Manage accounts
    User {
        #[command(flatten)]
        database: DatabaseArgs,
        #[command(subcommand)]
        command: users::UserCommand,
    },
    /// Print an access token for an account, or manage personal access tokens
    Token {
        #[command(flatten)]
        database: DatabaseArgs,
        #[command(flatten)]
        tokens: TokenArgs,
        #[command(flatten)]
        commands: tokens::TokenCommands,
    },
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum CliError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    #[error(transparent)]
    Remote(#[from] remote::RemoteError),
    #[error("{0}")]
    Io(String),
    #[error("{0}")]
    Usage(String),
}

impl CliError {
    fn io(what: &str, error: &std::io::Error) -> Self {
        Self::Io(format!("{what}: {error}"))
    }

    /// The error message, with advice where the error itself has none.
    fn user_message(&self) -> String {
        let why = match self {
            Self::Storage(error) => error.unavailability(),
            Self::Catalog(error) => error.unavailability(),
            _ => None,
        };
        match why {
            Some(Unavailability::Full) => {
                format!("the disk is full: there is no space left for the database ({self})")
            }
            Some(Unavailability::ReadOnly | Unavailability::Failing) => format!(
                "{self}; the database cannot be written to: if that is intended, use \
                 serve --read-only"
            ),
            _ => self.to_string(),
        }
    }
}

/// Exit code: some documents of an import failed and the others were imported, or some of the
/// movies to export do not exist.
const SOME_FAILED: u8 = 1;
/// Exit code: the command could not start, or stopped early.
const FAILED: u8 = 2;

/// How long the runtime waits for blocking threads after the command has finished.
const RUNTIME_SHUTDOWN: Duration = Duration::from_millis(500);

/// Reads the command line and runs it.
pub fn run() -> ExitCode {
    let command = Cli::command();
    let matches = command.clone().get_matches();
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(error) => error.exit(),
    };
    match run_to_end(cli) {
        Ok(code) => code,
        Err(error) => {
            let origins = Origins::new(&command, &matches);
            let message = origins.rename_option(error.user_message());
            terminal::print_error(&format!("reelport: {message}"));
            ExitCode::from(FAILED)
        }
    }
}

/// Runs a command on a new runtime.
fn run_to_end(cli: Cli) -> Result<ExitCode, CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(|error| CliError::io("the runtime", &error))?;
    let result = runtime.block_on(execute(cli));
    // Dropping the runtime would wait for blocking threads without limit.
    runtime.shutdown_timeout(RUNTIME_SHUTDOWN);
    result
}

fn start_log(filter: &str) -> Result<(), CliError> {
    let parsed =
        tracing_subscriber::EnvFilter::try_new(with_quiet_libraries(filter)).map_err(|_| {
            CliError::Usage(format!(
                "REELPORT_LOG: found {filter:?}; allowed is error, warn, info, debug, trace or \
             tracing directives"
            ))
        })?;
    // This fails only in tests, which run several commands in one process.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(parsed)
        .with_ansi(use_colours())
        .with_writer(std::io::stderr)
        .try_init();
    Ok(())
}

/// Whether the log has colours: on a terminal, unless `NO_COLOR` is set (<https://no-color.org>).
fn use_colours() -> bool {
    let is_unset = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    is_unset && io::stderr().is_terminal()
}

/// Opens an existing database. Commands that only read or update data use it, so that they do not
/// create an empty database and report on that.
async fn open(database: &DatabaseArgs) -> Result<Catalog, CliError> {
    require_database(database)?;
    open_or_create(database).await
}

/// The accounts of a catalogue, for commands that neither issue nor verify signed tokens.
fn unsigned_accounts(catalog: &Catalog) -> Accounts {
    // Nothing is signed, so the secret does not matter.
    Accounts::new(catalog.clone(), Tokens::new(&[0; 32], TokenConfig::default()))
}

/// Returns an error if the database is a `SQLite` file that does not exist.
fn require_database(database: &DatabaseArgs) -> Result<(), CliError> {
    database.validate()?;
    match sqlite_path(&database.database_url) {
        Some(path) if !Path::new(path).exists() => Err(CliError::Usage(format!(
            "REELPORT_DATABASE_URL: there is no database {path}; serve, import, migrate and \
             user create create one"
        ))),
        _ => Ok(()),
    }
}

/// Opens a database, and creates a missing `SQLite` file.
async fn open_or_create(database: &DatabaseArgs) -> Result<Catalog, CliError> {
    database.validate()?;
    let connections = database.connections()?;
    let catalog = open_catalog(&database.database_url, connections, Sources::default()).await?;
    Ok(catalog.with_text_limits(database.text_limits()?))
}

async fn execute(cli: Cli) -> Result<ExitCode, CliError> {
    start_log(&cli.log)?;
    match cli.command {
        Command::Serve { database, tokens, serve } => {
            Box::pin(serve::serve(&database, &tokens, &serve)).await
        }
        Command::Import { database, import } => import::import(&database, &import).await,
        Command::Export { database, export } => export::export(&database, &export).await,
        Command::Backup { database, backup } => backup::backup(&database, &backup).await,
        Command::Migrate { database } => {
            open_or_create(&database).await?.database().close().await;
            terminal::print_line("the database's schema is up to date");
            Ok(ExitCode::SUCCESS)
        }
        Command::Reindex { database } => {
            let catalog = open(&database).await?;
            let (_, permission) = command_line();
            let count = catalog.reindex(&permission).await?;
            catalog.database().close().await;
            terminal::print_line(&format!("rebuilt from {count} documents"));
            Ok(ExitCode::SUCCESS)
        }
        Command::Schema { openapi: true, .. } => {
            print_result(crate::http::openapi::document())?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Schema { caches: true, .. } => {
            print_result(&crate::graphql::client_caches())?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Schema { json, .. } => schema(json.as_deref()),
        Command::Audit { database, audit } => audit::audit(&database, &audit).await,
        Command::User { database, command } => users::user(&database, command).await,
        Command::Token { database, tokens, commands } => {
            tokens::token(&database, &tokens, commands).await
        }
    }
}

fn schema(category: Option<&str>) -> Result<ExitCode, CliError> {
    match category {
        None => print_result(&crate::graphql::sdl())?,
        Some(text) => {
            let category: Category =
                text.parse().map_err(|error| CliError::Usage(format!("--json: {error}")))?;
            let schema = crate::document::schema::json_schema::json_schema(category);
            print_result(&format!("{schema:#}\n"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Reads one of the values of an option.
fn parse_choice<T>(
    option: &str,
    text: &str,
    parse: fn(&str) -> Option<T>,
    values: &[&str],
) -> Result<T, CliError> {
    parse(text).ok_or_else(|| {
        CliError::Usage(format!(
            "{option}: found {text:?}; allowed is one of {}",
            values.join(", ")
        ))
    })
}

/// Reads the categories of an option.
fn parse_categories<'a>(
    option: &str,
    names: impl Iterator<Item = &'a str>,
) -> Result<Vec<Category>, CliError> {
    let parsed: Result<Vec<Category>, _> = names.map(str::parse).collect();
    parsed.map_err(|error| CliError::Usage(format!("{option}: {error}")))
}
