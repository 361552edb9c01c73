//! `reelport user` and `reelport token`.

use std::process::ExitCode;

use clap::Subcommand;

use super::serve::secret;
use super::{CliError, must_exist, open, open_or_make};
use crate::catalog::access::Role;
use crate::catalog::accounts::{AccountProblem, Accounts};
use crate::catalog::passwords;
use crate::catalog::tokens::{TokenConfig, Tokens};
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
        /// The password; made and printed if it is left out
        #[arg(long)]
        password: Option<String>,
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
        /// The password; made and printed if it is left out
        #[arg(long)]
        password: Option<String>,
    },
    /// Delete an account; its tokens hold until they expire
    Delete {
        /// The email address
        #[arg(long)]
        email: String,
    },
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

/// The password, and whether it was made here.
fn password_or_new(password: Option<String>) -> (String, bool) {
    password.map_or_else(|| (passwords::generate(), true), |password| (password, false))
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
            let (password, made) = password_or_new(password);
            settled(accounts.create(&email, &password, role(&text)?).await?)?;
            println!("the account {email} is made");
            if made {
                println!("password: {password}");
            }
        }
        UserCommand::List => {
            for (email, role) in accounts.list().await? {
                println!("{email}\t{}", role.as_str());
            }
        }
        UserCommand::SetRole { email, role: text } => {
            let role = role(&text)?;
            settled(accounts.set_role(&email, role).await?)?;
            println!(
                "{email} is {} now; tokens made before keep their role until they expire",
                role.as_str()
            );
        }
        UserCommand::SetPassword { email, password } => {
            let (password, made) = password_or_new(password);
            settled(accounts.set_password(&email, &password).await?)?;
            println!("the password of {email} is changed");
            if made {
                println!("password: {password}");
            }
        }
        UserCommand::Delete { email } => {
            settled(accounts.delete(&email).await?)?;
            println!("the account {email} is deleted; its tokens hold until they expire");
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
