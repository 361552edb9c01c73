//! `reelport user` and `reelport token`.

use std::io::{self, BufRead};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::serve::{ADMIN_PASSWORD, secret};
use super::terminal::{print_error, print_line, printable};
use super::{CliError, must_exist, open, open_or_make};
use crate::catalog::access::Role;
use crate::catalog::accounts::passwords;
use crate::catalog::accounts::tokens::{TokenConfig, Tokens};
use crate::catalog::accounts::{AccountProblem, Accounts};
use crate::config::{DatabaseArgs, TokenArgs};

/// What to do with accounts.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Make an account
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
    /// Give an account another role
    SetRole {
        /// The email address
        #[arg(long)]
        email: String,
        /// USER, VIEWER, CONTRIBUTOR or ADMIN
        #[arg(long)]
        role: String,
    },
    /// Give an account another password
    SetPassword {
        /// The email address
        #[arg(long)]
        email: String,
        #[command(flatten)]
        password: PasswordArgs,
    },
    /// Delete an account; its tokens hold until they expire
    Delete {
        /// The email address
        #[arg(long)]
        email: String,
    },
}

/// The password of an account.
#[derive(Debug, Args)]
pub struct PasswordArgs {
    /// The password, or - to read it from standard input; made and printed if it is left out. The list of
    /// processes shows a password that is written here to everyone on the machine
    #[arg(long, env = "REELPORT_PASSWORD", hide_env_values = true, allow_hyphen_values = true)]
    password: Option<String>,
}

/// Most bytes that are read of standard input for a password.
const MAX_INPUT: u64 = 8 * 1024;

impl PasswordArgs {
    /// The password, and whether it was made here.
    fn password_or_new(self) -> Result<(String, bool), CliError> {
        match self.password.as_deref() {
            None => Ok((passwords::generate(), true)),
            Some("-") => Ok((read_password(io::stdin().lock())?, false)),
            Some(password) => Ok((password.to_owned(), false)),
        }
    }
}

/// The first line of the input.
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

/// The file with the password of the first start, if it is the password of that account.
async fn kept_password(
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

/// Deletes the file with the password of the first start, which is no longer an ADMIN's.
fn forget_password(path: Option<PathBuf>) {
    let Some(path) = path else { return };
    let shown = path.display();
    match std::fs::remove_file(&path) {
        Ok(()) => print_line(&format!("{shown} had its password and is deleted")),
        Err(error) => {
            print_error(&format!("{shown} has its old password and cannot be deleted: {error}"));
        }
    }
}

fn role(text: &str) -> Result<Role, CliError> {
    let found = Role::ALL.iter().copied().find(|role| role.as_str().eq_ignore_ascii_case(text));
    found.ok_or_else(|| {
        CliError::Usage(format!(
            "--role: found {text:?}; allowed is one of {}",
            Role::VALUES.join(", ")
        ))
    })
}

fn settled(result: Result<(), AccountProblem>) -> Result<(), CliError> {
    result.map_err(|problem| CliError::Usage(problem.to_string()))
}

pub(super) async fn user(
    database: &DatabaseArgs,
    command: UserCommand,
) -> Result<ExitCode, CliError> {
    let catalog = match command {
        UserCommand::Create { .. } => open_or_make(database).await?,
        _ => open(database).await?,
    };
    // No token is made or read here.
    let accounts = Accounts::new(catalog.clone(), Tokens::new(&[0; 32], TokenConfig::default()));
    match command {
        UserCommand::Create { email, role: text, password } => {
            let role = role(&text)?;
            let (password, made) = password.password_or_new()?;
            settled(accounts.create(&email, &password, role).await?)?;
            print_line(&format!("the account {email} is made"));
            if made {
                print_line(&format!("password: {password}"));
            }
        }
        UserCommand::List => {
            for (email, role) in accounts.list().await? {
                println!("{}\t{}", printable(&email), role.as_str());
            }
        }
        UserCommand::SetRole { email, role: text } => {
            let role = role(&text)?;
            let kept = kept_password(database, &accounts, &email).await?;
            settled(accounts.set_role(&email, role).await?)?;
            print_line(&format!(
                "{email} is {} now; tokens made before keep their role until they expire",
                role.as_str()
            ));
            forget_password(kept.filter(|_| role != Role::Admin));
        }
        UserCommand::SetPassword { email, password } => {
            let (password, made) = password.password_or_new()?;
            let kept = kept_password(database, &accounts, &email).await?;
            settled(accounts.set_password(&email, &password).await?)?;
            print_line(&format!("the password of {email} is changed"));
            if made {
                print_line(&format!("password: {password}"));
            }
            forget_password(kept);
        }
        UserCommand::Delete { email } => {
            let kept = kept_password(database, &accounts, &email).await?;
            settled(accounts.delete(&email).await?)?;
            print_line(&format!(
                "the account {email} is deleted; its tokens hold until they expire"
            ));
            forget_password(kept);
        }
    }
    catalog.database().close().await;
    Ok(ExitCode::SUCCESS)
}

pub(super) async fn token(
    database: &DatabaseArgs,
    tokens: &TokenArgs,
    email: &str,
) -> Result<ExitCode, CliError> {
    must_exist(database)?;
    let secret = secret(database, tokens)?;
    let catalog = open(database).await?;
    let accounts =
        Accounts::new(catalog.clone(), Tokens::new(secret.as_bytes(), TokenConfig::default()));
    let token = accounts.token_for(email).await?;
    catalog.database().close().await;
    println!("{}", token.map_err(|problem| CliError::Usage(problem.to_string()))?);
    Ok(ExitCode::SUCCESS)
}
