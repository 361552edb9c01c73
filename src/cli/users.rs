//! `reelport user`: manages accounts.

use std::io::{self, BufRead};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::serve::ADMIN_PASSWORD;
use super::terminal::{print_error, print_line, print_result, printable};
use super::{CliError, open, open_or_create, unsigned_accounts};
use crate::catalog::access::{Role, command_line_accounts};
use crate::catalog::accounts::management::{AccountChange, AccountKey};
use crate::catalog::accounts::{AccountProblem, Accounts, password_warning, passwords};
use crate::config::DatabaseArgs;
use crate::document::node_ids::without_prefix;

/// The subcommands of `user`.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Create an account
    Create {
        /// The email address
        #[arg(long)]
        email: String,
        /// USER, VIEWER, CONTRIBUTOR or ADMIN
        #[arg(long)]
        role: String,
        #[command(flatten)]
        password: PasswordArgs,
    },
    /// List all accounts
    List,
    /// Change the role of an account
    SetRole {
        /// The email address
        #[arg(long)]
        email: String,
        /// USER, VIEWER, CONTRIBUTOR or ADMIN
        #[arg(long)]
        role: String,
    },
    /// Change the password of an account
    SetPassword {
        /// The email address
        #[arg(long)]
        email: String,
        #[command(flatten)]
        password: PasswordArgs,
    },
    /// Print a link by which a person sets the password of an account once, within 24 hours
    PasswordLink {
        /// The email address
        #[arg(long)]
        email: String,
    },
    /// Disable an account: its sessions end, and its tokens are refused
    Disable {
        /// The email address
        #[arg(long)]
        email: String,
    },
    /// Enable a disabled account
    Enable {
        /// The email address
        #[arg(long)]
        email: String,
    },
    /// Forget which person of the log-in provider an account belongs to: the person's next log-in
    /// through the provider is like the first one
    Unlink {
        /// The email address
        #[arg(long, required_unless_present = "id", conflicts_with = "id")]
        email: Option<String>,
        /// The id of the account, also of a deleted one, as it was logged
        #[arg(long)]
        id: Option<String>,
    },
    /// Delete an account with its sessions and tokens
    Delete {
        /// The email address
        #[arg(long)]
        email: String,
    },
}

/// The password of an account.
#[derive(Debug, Args)]
pub struct PasswordArgs {
    /// The password, or - to read it from standard input; if omitted, one is generated and printed.
    /// A password given here is visible to all users of the machine in the list of processes
    #[arg(long, env = "REELPORT_PASSWORD", hide_env_values = true, allow_hyphen_values = true)]
    password: Option<String>,
}

/// Maximum number of bytes to read from standard input for a password.
const MAX_INPUT: u64 = 8 * 1024;

impl PasswordArgs {
    /// The password, and whether it was generated.
    fn password_or_generated(self) -> Result<(String, bool), CliError> {
        match self.password.as_deref() {
            None => Ok((passwords::generate(), true)),
            Some("-") => Ok((read_password(io::stdin().lock())?, false)),
            Some(password) => Ok((password.to_owned(), false)),
        }
    }
}

/// Reads the first line of the input.
fn read_password(input: impl BufRead) -> Result<String, CliError> {
    let mut line = String::new();
    input
        .take(MAX_INPUT)
        .read_line(&mut line)
        .map_err(|error| CliError::io("the password on standard input", &error))?;
    let password = line.strip_suffix('\n').unwrap_or(&line);
    let password = password.strip_suffix('\r').unwrap_or(password);
    if password.is_empty() {
        return Err(CliError::Usage("--password -: standard input has no password".to_owned()));
    }
    Ok(password.to_owned())
}

/// The file with the generated admin password, if it is the password of this account.
async fn stored_password_file(
    database: &DatabaseArgs,
    accounts: &Accounts,
    email: &str,
) -> Result<Option<PathBuf>, CliError> {
    let Some(path) = database.folder().map(|folder| folder.join(ADMIN_PASSWORD)) else {
        return Ok(None);
    };
    let Ok(password) = std::fs::read_to_string(&path) else { return Ok(None) };
    let is_of_account = accounts.has_password(email, password.trim()).await?;
    Ok(is_of_account.then_some(path))
}

/// Deletes the file with the generated admin password, which is no longer valid for an ADMIN.
fn delete_password_file(path: Option<PathBuf>) {
    let Some(path) = path else { return };
    let shown = path.display();
    match std::fs::remove_file(&path) {
        Ok(()) => print_line(&format!("deleted {shown}, which held the old password")),
        Err(error) => {
            print_error(&format!("cannot delete {shown}, which holds the old password: {error}"));
        }
    }
}

pub(super) fn parse_role(text: &str) -> Result<Role, CliError> {
    let found = Role::ALL.iter().copied().find(|role| role.as_str().eq_ignore_ascii_case(text));
    found.ok_or_else(|| {
        CliError::Usage(format!(
            "--role: found {text:?}; allowed is one of {}",
            Role::VALUES.join(", ")
        ))
    })
}

/// Warns of a password that attackers try first. The command line sets it nevertheless.
fn warn_if_weak(password: &str, email: &str) {
    if let Some(warning) = password_warning(password, email) {
        print_error(&format!("warning: {warning}"));
    }
}

fn usage_error(result: Result<(), AccountProblem>) -> Result<(), CliError> {
    result.map_err(|problem| CliError::Usage(problem.to_string()))
}

pub(super) async fn user(
    database: &DatabaseArgs,
    command: UserCommand,
) -> Result<ExitCode, CliError> {
    let catalog = match command {
        UserCommand::Create { .. } => open_or_create(database).await?,
        _ => open(database).await?,
    };
    let accounts = unsigned_accounts(&catalog);
    match command {
        UserCommand::Create { email, role: text, password } => {
            let role = parse_role(&text)?;
            let (password, generated) = password.password_or_generated()?;
            usage_error(accounts.create(&email, &password, role).await?)?;
            warn_if_weak(&password, &email);
            print_line(&format!("the account {email} was created"));
            if generated {
                print_line(&format!("password: {password}"));
            }
        }
        UserCommand::List => {
            for account in accounts.list().await? {
                let (email, role) = (printable(&account.email), account.role.as_str());
                let disabled = if account.is_disabled { "\tdisabled" } else { "" };
                print_result(&format!("{email}\t{role}{disabled}\n"))?;
            }
        }
        UserCommand::SetRole { email, role: text } => {
            let role = parse_role(&text)?;
            let password_file = stored_password_file(database, &accounts, &email).await?;
            usage_error(accounts.set_role(&email, role).await?)?;
            print_line(&format!(
                "{email} now has the role {}; sessions go on with a new access token",
                role.as_str()
            ));
            delete_password_file(password_file.filter(|_| role != Role::Admin));
        }
        UserCommand::SetPassword { email, password } => {
            let (password, generated) = password.password_or_generated()?;
            let password_file = stored_password_file(database, &accounts, &email).await?;
            usage_error(accounts.set_password(&email, &password).await?)?;
            warn_if_weak(&password, &email);
            print_line(&format!("the password of {email} was changed; its sessions have ended"));
            if generated {
                print_line(&format!("password: {password}"));
            }
            delete_password_file(password_file);
        }
        UserCommand::PasswordLink { email } => {
            let (permission, key) = (command_line_accounts(), AccountKey::Email(&email));
            let link = accounts.create_password_link(&permission, key).await?;
            let link = link.map_err(|problem| CliError::Usage(problem.to_string()))?;
            print_line(&format!(
                "valid once, until {}: open this path at the address of the service",
                link.expires_at.format("%Y-%m-%d %H:%M UTC")
            ));
            print_result(&format!("/set-password#{}\n", link.secret))?;
        }
        UserCommand::Disable { email } => {
            set_disabled(&accounts, &email, true).await?;
            print_line(&format!("{email} is disabled; its sessions have ended"));
        }
        UserCommand::Enable { email } => {
            set_disabled(&accounts, &email, false).await?;
            print_line(&format!("{email} is enabled"));
        }
        UserCommand::Unlink { email, id } => {
            let id = match email {
                Some(email) => {
                    let found = accounts.account_by_email(&command_line_accounts(), &email).await?;
                    let missing = || CliError::Usage(format!("there is no account {email}"));
                    found.ok_or_else(missing)?.id
                }
                None => {
                    id.as_deref().map(|id| without_prefix("user", id)).unwrap_or_default().into()
                }
            };
            if accounts.unlink_account(&command_line_accounts(), &id).await? == 0 {
                let detail = format!("no person of a log-in provider belongs to {id}");
                return Err(CliError::Usage(detail));
            }
            print_line(&format!("{id} is no longer linked to a log-in provider"));
        }
        UserCommand::Delete { email } => {
            let password_file = stored_password_file(database, &accounts, &email).await?;
            usage_error(accounts.delete(&email).await?)?;
            print_line(&format!("the account {email} was deleted with its sessions and tokens"));
            delete_password_file(password_file);
        }
    }
    catalog.database().close().await;
    Ok(ExitCode::SUCCESS)
}

async fn set_disabled(accounts: &Accounts, email: &str, is_disabled: bool) -> Result<(), CliError> {
    let change = AccountChange { is_disabled: Some(is_disabled), ..AccountChange::default() };
    let key = AccountKey::Email(email);
    usage_error(accounts.change_account(&command_line_accounts(), key, change).await?.map(drop))
}
