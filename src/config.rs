//! The configuration, validated at start. Every option can be given as a flag or as an environment
//! variable.

use std::net::{SocketAddr, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{ArgAction, Args};

use crate::catalog::accounts::issuers::Issuers;
use crate::catalog::accounts::passwords::{MAX_PASSWORD, MIN_PASSWORD};
use crate::catalog::accounts::provider::Provider;
use crate::catalog::accounts::tokens::{
    DEFAULT_NAME, MAX_NAME, MIN_SECRET, TokenConfig, is_audience, is_issuer,
};
use crate::catalog::audit::{MAX_RETENTION_DAYS, MIN_RETENTION_DAYS, Retention};
use crate::graphql::Limits as QueryLimits;
use crate::graphql::limits::INTROSPECTION_DEPTH;
use crate::http::{
    AllowedOrigins, ImageOrigins, InvalidNetwork, InvalidOrigin, Limits, SubscriptionLimits,
    TrustedProxies, UnknownDocuments,
};
use crate::storage::{TextLimits, sqlite_path};

/// An option has an invalid value.
#[derive(Debug, thiserror::Error)]
#[error("{option}: found {found}; allowed is {allowed}")]
pub struct ConfigError {
    option: &'static str,
    found: String,
    allowed: String,
}

impl ConfigError {
    fn new(option: &'static str, found: impl Into<String>, allowed: impl Into<String>) -> Self {
        Self { option, found: found.into(), allowed: allowed.into() }
    }
}

/// Options of the commands that open the database.
#[derive(Debug, Clone, Args)]
pub struct DatabaseArgs {
    /// The database: `sqlite://PATH` or `postgres://USER:PASSWORD@HOST/NAME`
    #[arg(
        long,
        env = "REELPORT_DATABASE_URL",
        default_value = "sqlite://./data/reelport.db",
        hide_env_values = true,
        value_name = "URL"
    )]
    pub database_url: String,
    /// Maximum number of connections to PostgreSQL
    #[arg(long, env = "REELPORT_DATABASE_CONNECTIONS", default_value = "16", value_name = "N")]
    pub database_connections: String,
    /// Maximum size in MiB of the compressed texts in the import log; the oldest texts are
    /// deleted first
    #[arg(long, env = "REELPORT_IMPORT_TEXTS", default_value = "4096", value_name = "MIB")]
    pub import_texts: String,
}

impl DatabaseArgs {
    /// Checks all options.
    ///
    /// # Errors
    /// When an option has an invalid value.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let url = &self.database_url;
        let known = ["sqlite:", "postgres://", "postgresql://"]
            .iter()
            .any(|scheme| url.starts_with(scheme));
        let is_empty = sqlite_path(url).is_some_and(str::is_empty);
        if !known || is_empty || url.contains(":memory:") || url.contains("mode=memory") {
            // The URL may contain a password, so the message shows only its scheme.
            let found = match (known, is_empty) {
                (true, true) => "no path",
                (true, false) => "a database in memory",
                _ => url.split(':').next().unwrap_or_default(),
            };
            let allowed = "sqlite://PATH or postgres://USER:PASSWORD@HOST/NAME";
            return Err(ConfigError::new("REELPORT_DATABASE_URL", format!("{found:?}"), allowed));
        }
        self.text_limits()?;
        self.connections().map(drop)
    }

    /// The maximum number of connections to `PostgreSQL`.
    ///
    /// # Errors
    /// When it is not a number from 1 to 1000.
    pub fn connections(&self) -> Result<u32, ConfigError> {
        let number =
            self.database_connections.parse().ok().filter(|number| (1..=1000).contains(number));
        number.ok_or_else(|| {
            ConfigError::new(
                "REELPORT_DATABASE_CONNECTIONS",
                format!("{:?}", self.database_connections),
                "a number from 1 to 1000",
            )
        })
    }

    /// The limits of the texts in the import log.
    ///
    /// # Errors
    /// When the size is not a number from 1 to 1,000,000.
    pub fn text_limits(&self) -> Result<TextLimits, ConfigError> {
        let number = self.import_texts.parse::<u64>().ok();
        let mebibytes =
            number.filter(|number| (1..=1_000_000).contains(number)).ok_or_else(|| {
                ConfigError::new(
                    "REELPORT_IMPORT_TEXTS",
                    format!("{:?}", self.import_texts),
                    "a number of MiB from 1 to 1000000",
                )
            })?;
        Ok(TextLimits { of_all: mebibytes << 20, ..TextLimits::default() })
    }

    /// The folder of a `SQLite` database, where generated secrets are stored. `None` for
    /// `PostgreSQL`.
    #[must_use]
    pub fn folder(&self) -> Option<PathBuf> {
        let path = sqlite_path(&self.database_url)?;
        Some(Path::new(path).parent().map_or_else(PathBuf::new, Path::to_path_buf))
    }
}

/// Options of the commands that issue tokens.
#[derive(Debug, Clone, Args)]
pub struct TokenArgs {
    /// The secret that signs tokens, 32 bytes or more; generated on first start if the database is
    /// SQLite
    #[arg(long, env = "REELPORT_JWT_SECRET", hide_env_values = true, value_name = "SECRET")]
    pub jwt_secret: Option<String>,
    /// The secret before the last change: tokens that it signed are accepted, and it signs none
    #[arg(
        long,
        env = "REELPORT_JWT_SECRET_PREVIOUS",
        hide_env_values = true,
        value_name = "SECRET"
    )]
    pub jwt_secret_previous: Option<String>,
    /// The issuer of the service's own tokens (iss); tokens of another one are refused
    #[arg(long, env = "REELPORT_JWT_ISSUER", default_value = DEFAULT_NAME, value_name = "NAME")]
    pub jwt_issuer: String,
    /// The audience of the service's own tokens (aud); tokens for another one are refused
    #[arg(long, env = "REELPORT_JWT_AUDIENCE", default_value = DEFAULT_NAME, value_name = "NAME")]
    pub jwt_audience: String,
}

impl TokenArgs {
    /// The issuer and the audience of tokens.
    ///
    /// # Errors
    /// When one of them has an invalid value.
    pub fn config(&self) -> Result<TokenConfig, ConfigError> {
        let visible = format!("1 to {MAX_NAME} visible ASCII characters");
        let (issuer, audience) = (&self.jwt_issuer, &self.jwt_audience);
        if !is_issuer(issuer) {
            let found = format!("{:?}", shortened(issuer));
            return Err(ConfigError::new("REELPORT_JWT_ISSUER", found, visible));
        }
        if !is_audience(audience) {
            let found = format!("{:?}", shortened(audience));
            let allowed = format!("{visible} that do not end in /refresh or /log-in");
            return Err(ConfigError::new("REELPORT_JWT_AUDIENCE", found, allowed));
        }
        let (issuer, audience) = (issuer.clone(), audience.clone());
        Ok(TokenConfig { issuer, audience, ..TokenConfig::default() })
    }

    /// Checks the secrets.
    ///
    /// # Errors
    /// When a secret is too short.
    pub fn validate(&self) -> Result<(), ConfigError> {
        for (option, secret) in [
            ("REELPORT_JWT_SECRET", &self.jwt_secret),
            ("REELPORT_JWT_SECRET_PREVIOUS", &self.jwt_secret_previous),
        ] {
            if let Some(secret) = secret.as_ref().filter(|secret| secret.len() < MIN_SECRET) {
                let found = format!("{} bytes", secret.len());
                return Err(ConfigError::new(option, found, format!("{MIN_SECRET} bytes or more")));
            }
        }
        Ok(())
    }
}

/// The value of a boolean option, set by a flag or an environment variable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Switch {
    On,
    Off,
    /// Neither; `validate` reports it as an error.
    Invalid(String),
}

impl Switch {
    /// Whether it is on.
    #[must_use]
    pub fn is_on(&self) -> bool {
        *self == Self::On
    }

    /// Reads the value of an environment variable. An empty value means off.
    #[allow(clippy::unnecessary_wraps, reason = "clap expects a parser that returns a Result")]
    fn parse(text: &str) -> Result<Self, std::convert::Infallible> {
        Ok(match text.trim().to_ascii_lowercase().as_str() {
            "true" | "1" | "yes" | "on" | "y" | "t" => Self::On,
            "false" | "0" | "no" | "off" | "n" | "f" | "" => Self::Off,
            _ => Self::Invalid(text.to_owned()),
        })
    }

    fn validate(&self, option: &'static str) -> Result<(), ConfigError> {
        match self {
            Self::On | Self::Off => Ok(()),
            Self::Invalid(text) => {
                let allowed = "true, false, 1, 0, yes or no";
                Err(ConfigError::new(option, format!("{text:?}"), allowed))
            }
        }
    }
}

/// Options of `serve`.
#[derive(Debug, Clone, Args)]
pub struct ServeArgs {
    /// The address and port to listen on
    #[arg(long, env = "REELPORT_LISTEN", default_value = "127.0.0.1:8000", value_name = "ADDRESS")]
    pub listen: String,
    /// The account to create if it does not exist
    #[arg(long, env = "REELPORT_ADMIN_EMAIL", value_name = "EMAIL")]
    pub admin_email: Option<String>,
    /// Its password; if omitted, one is generated and printed once
    #[arg(long, env = "REELPORT_ADMIN_PASSWORD", hide_env_values = true, value_name = "PASSWORD")]
    pub admin_password: Option<String>,
    /// A JSON file with the other issuers whose tokens are accepted
    #[arg(long, env = "REELPORT_ISSUERS", value_name = "FILE")]
    pub issuers: Option<PathBuf>,
    /// A JSON file with the OpenID Connect provider through which browsers can log in
    #[arg(long, env = "REELPORT_OIDC", value_name = "FILE")]
    pub oidc: Option<PathBuf>,
    /// Load a small catalogue if the database has no movies, and allow requests from pages on
    /// localhost
    #[arg(
        long,
        env = "REELPORT_DEMO",
        action = ArgAction::SetTrue,
        value_parser = Switch::parse
    )]
    pub demo: Switch,
    /// The origins whose pages may call the service from a browser, separated by commas, or `*` for
    /// all; by default none, and with --demo those on localhost
    #[arg(long, env = "REELPORT_CORS_ORIGINS", value_name = "ORIGINS")]
    pub cors_origins: Option<String>,
    /// The origins of the pictures that the Studio shows, separated by commas, or `*` for all, or
    /// `none`; by default https://image.tmdb.org
    #[arg(long, env = "REELPORT_IMAGE_ORIGINS", value_name = "ORIGINS")]
    pub image_origins: Option<String>,
    /// The proxies in front of the service, as addresses or networks (10.0.0.0/8), separated by
    /// commas; the client's address is then read from their Forwarded or X-Forwarded-For header
    #[arg(long, env = "REELPORT_TRUSTED_PROXIES", value_name = "NETWORKS")]
    pub trusted_proxies: Option<String>,
    /// Files or folders with manifests of GraphQL documents, separated by commas; clients may name
    /// these documents by an id
    #[arg(long, env = "REELPORT_PERSISTED_DOCUMENTS", value_name = "PATHS")]
    pub persisted_documents: Option<String>,
    /// What happens to other documents: `log` runs and logs them, `required` refuses them; `off`
    /// ignores the manifests
    #[arg(
        long,
        env = "REELPORT_PERSISTED_DOCUMENTS_MODE",
        default_value = "log",
        value_name = "MODE"
    )]
    pub persisted_documents_mode: String,
    /// Maximum number of open connections; by default as many as the process's limit of open files
    /// allows
    #[arg(long, env = "REELPORT_MAX_CONNECTIONS", value_name = "N")]
    pub max_connections: Option<String>,
    /// Maximum memory for the bodies of all requests together, in MiB
    #[arg(long, env = "REELPORT_REQUEST_MEMORY", default_value = "64", value_name = "MIB")]
    pub request_memory: String,
    /// Maximum size of the file of a bulk import over HTTP, in MiB
    #[arg(long, env = "REELPORT_BULK_UPLOAD", default_value = "1024", value_name = "MIB")]
    pub bulk_upload: String,
    /// Maximum decompressed size of such a file, or of an entry of it, in MiB
    #[arg(long, env = "REELPORT_BULK_UNPACKED", default_value = "8192", value_name = "MIB")]
    pub bulk_unpacked: String,
    /// The folder of the files of jobs, which all servers on one database share; by default `files`
    /// beside the SQLite database, else ./data/files
    #[arg(long, env = "REELPORT_FILES", value_name = "FOLDER")]
    pub files: Option<PathBuf>,
    /// After how many seconds without a sign of life of its server a job is continued by another
    #[arg(long, env = "REELPORT_JOB_LEASE", default_value = "30", value_name = "SECONDS")]
    pub job_lease: String,
    /// How long open requests may take to finish when the service stops, in seconds
    #[arg(long, env = "REELPORT_SHUTDOWN_GRACE", default_value = "10", value_name = "SECONDS")]
    pub shutdown_grace: String,
    /// Maximum estimated cost of a GraphQL request, in points
    #[arg(long, env = "REELPORT_GRAPHQL_COST", default_value = "20000", value_name = "POINTS")]
    pub graphql_cost: String,
    /// Maximum number of fields that a GraphQL request may resolve
    #[arg(long, env = "REELPORT_GRAPHQL_FIELDS", default_value = "200000", value_name = "N")]
    pub graphql_fields: String,
    /// Maximum nesting of the fields of a GraphQL request
    #[arg(long, env = "REELPORT_GRAPHQL_DEPTH", default_value = "20", value_name = "N")]
    pub graphql_depth: String,
    /// How long a GraphQL query may run, in seconds
    #[arg(long, env = "REELPORT_GRAPHQL_TIME", default_value = "20", value_name = "SECONDS")]
    pub graphql_time: String,
    /// How many days entries of the audit log are kept, 30 or more; 0 keeps them for ever
    #[arg(long, env = "REELPORT_AUDIT_RETENTION", default_value = "365", value_name = "DAYS")]
    pub audit_retention: String,
    /// Serve only reads: nothing is written to the database, and write requests get 503
    #[arg(
        long,
        env = "REELPORT_READ_ONLY",
        action = ArgAction::SetTrue,
        value_parser = Switch::parse
    )]
    pub read_only: Switch,
}

impl ServeArgs {
    /// Checks the options and returns the address to listen on.
    ///
    /// # Errors
    /// When an option has an invalid value.
    pub fn validate(&self) -> Result<SocketAddr, ConfigError> {
        let resolved = self.listen.to_socket_addrs().ok().and_then(|mut found| found.next());
        let address = resolved.ok_or_else(|| {
            let allowed = "an address and a port, 127.0.0.1:8000";
            ConfigError::new("REELPORT_LISTEN", format!("{:?}", self.listen), allowed)
        })?;
        if let Some(password) = &self.admin_password {
            let length = password.chars().count();
            if !(MIN_PASSWORD..=MAX_PASSWORD).contains(&length) {
                let allowed = format!("{MIN_PASSWORD} to {MAX_PASSWORD}");
                return Err(ConfigError::new(
                    "REELPORT_ADMIN_PASSWORD",
                    format!("{length} characters"),
                    allowed,
                ));
            }
        }
        if let Some(email) = &self.admin_email
            && !email.contains('@')
        {
            let allowed = "an address such as admin@example.com";
            return Err(ConfigError::new("REELPORT_ADMIN_EMAIL", format!("{email:?}"), allowed));
        }
        self.demo.validate("REELPORT_DEMO")?;
        self.read_only.validate("REELPORT_READ_ONLY")?;
        if self.read_only.is_on() && self.demo.is_on() {
            let found = "--demo together with --read-only";
            return Err(ConfigError::new("REELPORT_DEMO", found, "one of the two"));
        }
        Ok(address)
    }

    /// How long entries of the audit log are kept.
    ///
    /// # Errors
    /// When it is not an allowed number of days.
    pub fn audit_retention(&self) -> Result<Retention, ConfigError> {
        match self.audit_retention.parse() {
            Ok(0) => Ok(Retention::Forever),
            Ok(days @ MIN_RETENTION_DAYS..=MAX_RETENTION_DAYS) => Ok(Retention::Days(days)),
            _ => Err(ConfigError::new(
                "REELPORT_AUDIT_RETENTION",
                format!("{:?}", self.audit_retention),
                format!(
                    "a number of days from {MIN_RETENTION_DAYS} to {MAX_RETENTION_DAYS}, or 0 to \
                     keep all"
                ),
            )),
        }
    }

    /// The folder of the files of jobs.
    ///
    /// # Errors
    /// When it is not a path in the file system.
    pub fn files(&self, database: &DatabaseArgs) -> Result<PathBuf, ConfigError> {
        match &self.files {
            None => Ok(default_files(&database.database_url)),
            Some(folder) if folder.as_os_str().is_empty() || is_url(folder) => {
                let found = format!("{:?}", shortened(&folder.display().to_string()));
                Err(ConfigError::new("REELPORT_FILES", found, "the path of a folder"))
            }
            Some(folder) => Ok(folder.clone()),
        }
    }

    /// After how much time without a sign of life of its server a job is continued by another.
    ///
    /// # Errors
    /// When it is not a number of seconds from 3 to 600.
    pub fn job_lease(&self) -> Result<Duration, ConfigError> {
        let seconds = parse_number("REELPORT_JOB_LEASE", &self.job_lease, 3, 600)?;
        Ok(Duration::from_secs(seconds as u64))
    }

    /// The other issuers whose tokens are accepted. `own` is the service's own issuer.
    ///
    /// # Errors
    /// When the file cannot be read or a value in it is not allowed.
    pub fn issuers(&self, own: &str) -> Result<Issuers, ConfigError> {
        let Some(path) = &self.issuers else { return Ok(Issuers::default()) };
        Issuers::read(path, own).map_err(|problem| {
            let allowed = "a JSON list of issuers, as in docs/security.md";
            ConfigError::new("REELPORT_ISSUERS", problem.to_string(), allowed)
        })
    }

    /// The provider through which browsers can log in. `own` is the service's own issuer.
    ///
    /// # Errors
    /// When the file cannot be read or a value in it is not allowed.
    pub fn provider(&self, own: &str) -> Result<Option<Provider>, ConfigError> {
        let read = self.oidc.as_deref().map(|path| Provider::read(path, own));
        read.transpose().map_err(|problem| {
            let allowed = "a JSON object with a provider, as in docs/security.md";
            ConfigError::new("REELPORT_OIDC", problem.to_string(), allowed)
        })
    }

    /// The origins whose pages may call the service from a browser.
    ///
    /// # Errors
    /// When an entry of the list is not an origin.
    pub fn allowed_origins(&self) -> Result<AllowedOrigins, ConfigError> {
        let text = self.cors_origins.as_deref().unwrap_or_default();
        let allowed = AllowedOrigins::parse(text).map_err(|InvalidOrigin { found, allowed }| {
            ConfigError::new("REELPORT_CORS_ORIGINS", found, allowed)
        })?;
        Ok(if self.demo.is_on() { allowed.with_loopback() } else { allowed })
    }

    /// From where the Studio shows pictures.
    ///
    /// # Errors
    /// When an entry of the list is not an origin.
    pub fn image_origins(&self) -> Result<ImageOrigins, ConfigError> {
        let Some(text) = &self.image_origins else { return Ok(ImageOrigins::default()) };
        ImageOrigins::parse(text).map_err(|InvalidOrigin { found, allowed }| {
            ConfigError::new("REELPORT_IMAGE_ORIGINS", found, allowed)
        })
    }

    /// The limits of a single GraphQL request.
    ///
    /// # Errors
    /// When an option has an invalid value.
    pub fn query_limits(&self) -> Result<QueryLimits, ConfigError> {
        // Below the least values, a login or the queries of common tools would be refused.
        let cost = parse_number("REELPORT_GRAPHQL_COST", &self.graphql_cost, 1_000, MAX_COST)?;
        let fields =
            parse_number("REELPORT_GRAPHQL_FIELDS", &self.graphql_fields, 10_000, MAX_COST)?;
        let depth =
            parse_number("REELPORT_GRAPHQL_DEPTH", &self.graphql_depth, INTROSPECTION_DEPTH, 100)?;
        let time = parse_number("REELPORT_GRAPHQL_TIME", &self.graphql_time, 1, 3600)?;
        let limits = QueryLimits {
            cost,
            resolved: fields as u64,
            time: Duration::from_secs(time as u64),
            ..QueryLimits::default()
        };
        Ok(limits.with_field_depth(depth))
    }

    /// The proxies whose reports of client addresses are believed.
    ///
    /// # Errors
    /// When an entry of the list is neither an address nor a network.
    pub fn trusted_proxies(&self) -> Result<TrustedProxies, ConfigError> {
        let text = self.trusted_proxies.as_deref().unwrap_or_default();
        TrustedProxies::parse(text).map_err(|InvalidNetwork(found)| {
            let allowed = "addresses and networks, 10.0.0.0/8 or 2001:db8::1";
            ConfigError::new("REELPORT_TRUSTED_PROXIES", format!("{found:?}"), allowed)
        })
    }

    /// The paths of the manifests of persisted documents, and what happens to other documents.
    /// `None` if there are no manifests, or they are ignored.
    ///
    /// # Errors
    /// When an option has an invalid value, or documents are required and there is no manifest.
    pub fn persisted_documents(
        &self,
    ) -> Result<Option<(Vec<PathBuf>, UnknownDocuments)>, ConfigError> {
        let text = self.persisted_documents.as_deref().unwrap_or_default();
        let paths = text.split(',').map(str::trim).filter(|path| !path.is_empty());
        let paths: Vec<PathBuf> = paths.map(PathBuf::from).collect();
        let unknown = match self.persisted_documents_mode.trim().to_ascii_lowercase().as_str() {
            "off" => return Ok(None),
            "log" => UnknownDocuments::Log,
            "required" => UnknownDocuments::Refuse,
            _ => {
                let found = format!("{:?}", self.persisted_documents_mode);
                let option = "REELPORT_PERSISTED_DOCUMENTS_MODE";
                return Err(ConfigError::new(option, found, "off, log or required"));
            }
        };
        if paths.is_empty() && unknown == UnknownDocuments::Refuse {
            let found = "nothing, with REELPORT_PERSISTED_DOCUMENTS_MODE=required";
            let allowed = "files or folders with manifests";
            return Err(ConfigError::new("REELPORT_PERSISTED_DOCUMENTS", found, allowed));
        }
        Ok((!paths.is_empty()).then_some((paths, unknown)))
    }

    /// The limits on connections, time and memory.
    ///
    /// # Errors
    /// When an option has an invalid value, or the process may open too few files.
    pub fn limits(&self, database: &DatabaseArgs) -> Result<Limits, ConfigError> {
        let defaults = Limits::default();
        let for_database = match database.folder() {
            Some(_) => SQLITE_DESCRIPTORS,
            None => database.connections()? as usize,
        };
        let reserved = OTHER_DESCRIPTORS + defaults.spare_connections + for_database;
        let room = match max_descriptors() {
            Some(all) if all <= reserved => {
                let found = format!("a limit of {all} open files");
                let allowed = format!("more than {reserved}; raise it (ulimit -n)");
                return Err(ConfigError::new("REELPORT_MAX_CONNECTIONS", found, allowed));
            }
            Some(all) => (all - reserved).min(MAX_CONNECTIONS),
            None => MAX_CONNECTIONS,
        };
        let connections = match &self.max_connections {
            Some(text) => parse_number("REELPORT_MAX_CONNECTIONS", text, 1, room)?,
            None => room,
        };
        let memory = parse_number("REELPORT_REQUEST_MEMORY", &self.request_memory, 16, 1 << 20)?;
        let upload = parse_number("REELPORT_BULK_UPLOAD", &self.bulk_upload, 1, 1 << 20)?;
        let unpacked = parse_number("REELPORT_BULK_UNPACKED", &self.bulk_unpacked, 1, 1 << 20)?;
        let grace = parse_number("REELPORT_SHUTDOWN_GRACE", &self.shutdown_grace, 0, 3600)?;
        Ok(Limits {
            connections,
            request_memory: memory << 20,
            bulk_upload: (upload as u64) << 20,
            bulk_unpacked: (unpacked as u64) << 20,
            grace: Duration::from_secs(grace as u64),
            subscriptions: SubscriptionLimits::of(connections),
            ..defaults
        })
    }
}

/// The maximum of the limits of a GraphQL request.
const MAX_COST: usize = 10_000_000;
/// The maximum number of connections, even if the process may open more files.
const MAX_CONNECTIONS: usize = 4096;
/// Files that `SQLite` connections keep open, with a margin: the database and its write-ahead log,
/// for each reader and the writer.
const SQLITE_DESCRIPTORS: usize = 32;
/// Other open files: the listener, standard streams, the runtime, temporary files.
const OTHER_DESCRIPTORS: usize = 32;

/// How many files the process may open; `None` if there is no limit or it is unknown.
fn max_descriptors() -> Option<usize> {
    #[cfg(unix)]
    {
        let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current?;
        usize::try_from(limit).ok()
    }
    #[cfg(not(unix))]
    None
}

/// The folder of the files of jobs for a database: beside a `SQLite` database, else below the
/// folder of the process.
#[must_use]
pub fn default_files(database_url: &str) -> PathBuf {
    let folder = sqlite_path(database_url).and_then(|path| Path::new(path).parent());
    folder.unwrap_or(Path::new("data")).join("files")
}

fn is_url(folder: &Path) -> bool {
    folder.to_str().is_some_and(|text| text.contains("://"))
}

/// The beginning of a value, for a message.
fn shortened(text: &str) -> String {
    text.chars().take(80).collect()
}

fn parse_number(
    option: &'static str,
    text: &str,
    least: usize,
    most: usize,
) -> Result<usize, ConfigError> {
    let number = text.trim().parse().ok().filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| {
        ConfigError::new(option, format!("{text:?}"), format!("a number from {least} to {most}"))
    })
}
