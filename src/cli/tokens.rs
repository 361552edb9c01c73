//! `reelport token`: prints an access token, and manages personal access tokens.

use std::process::ExitCode;

use clap::{Args, Subcommand};

use super::serve::jwt_secret;
use super::terminal::{print_line, print_result, printable};
use super::users::parse_role;
use super::{CliError, open, parse_categories, parse_choice, require_database, unsigned_accounts};
use crate::catalog::access::command_line_accounts;
use crate::catalog::accounts::personal_tokens::{DEFAULT_DAYS, Expiry, NewToken, TokenOwner};
use crate::catalog::accounts::tokens::Tokens;
use crate::catalog::accounts::{Accounts, role_of};
use crate::config::{DatabaseArgs, TokenArgs};
use crate::document::Source;
use crate::document::node_ids::without_prefix;
use crate::storage::UserRow;

/// The account of an access token, or a subcommand.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct TokenCommands {
    /// The account's email
    #[arg(long, required = true)]
    email: Option<String>,
    #[command(subcommand)]
    command: Option<TokenCommand>,
}

/// The subcommands of `token`.
#[derive(Debug, Subcommand)]
pub enum TokenCommand {
    /// Make a personal access token for a script or an agent, and print it once
    Create(CreateArgs),
    /// List the personal access tokens of an account that were not revoked
    List {
        /// The account's email
        #[arg(long)]
        email: String,
    },
    /// Revoke a personal access token
    Revoke {
        /// The token's id, as listed
        #[arg(long)]
        id: String,
    },
}

/// The options of `token create`.
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// The account's email
    #[arg(long)]
    email: String,
    /// What the token is called, 1 to 100 characters
    #[arg(long)]
    name: String,
    /// USER, VIEWER, CONTRIBUTOR or ADMIN; at most the account's own role
    #[arg(long)]
    role: String,
    /// The source of all changes made with it: tmdb, manual or llm-generated
    #[arg(long)]
    source: Option<String>,
    /// The only categories that it may change, separated by commas; by default all
    #[arg(long, value_name = "CATEGORIES")]
    categories: Option<String>,
    /// Allow a token with the source llm-generated to publish
    #[arg(long)]
    may_publish: bool,
    /// After how many days it expires, 1 to 3650
    #[arg(long, value_name = "DAYS", default_value_t = DEFAULT_DAYS)]
    days: i64,
    /// Never expire
    #[arg(long, conflicts_with = "days")]
    never_expires: bool,
}

pub(super) async fn token(
    database: &DatabaseArgs,
    tokens: &TokenArgs,
    commands: TokenCommands,
) -> Result<ExitCode, CliError> {
    require_database(database)?;
    match (commands.command, commands.email) {
        (Some(command), _) => manage(database, command).await,
        (None, Some(email)) => access_token(database, tokens, &email).await,
        (None, None) => Err(CliError::Usage("--email: found nothing".to_owned())),
    }
}

/// Prints an access token, without a password.
async fn access_token(
    database: &DatabaseArgs,
    tokens: &TokenArgs,
    email: &str,
) -> Result<ExitCode, CliError> {
    let secret = jwt_secret(database, tokens)?;
    let config = tokens.config()?;
    let catalog = open(database).await?;
    let accounts = Accounts::new(catalog.clone(), Tokens::new(secret.as_bytes(), config));
    let token = accounts.token_for(email).await?;
    catalog.database().close().await;
    let token = token.map_err(|problem| CliError::Usage(problem.to_string()))?;
    print_result(&format!("{token}\n"))?;
    Ok(ExitCode::SUCCESS)
}

async fn manage(database: &DatabaseArgs, command: TokenCommand) -> Result<ExitCode, CliError> {
    let catalog = open(database).await?;
    let accounts = unsigned_accounts(&catalog);
    match command {
        TokenCommand::Create(arguments) => create(&accounts, arguments).await?,
        TokenCommand::List { email } => {
            let user = account(&accounts, &email).await?;
            for row in accounts.personal_tokens(&[user.id]).await? {
                let day = |time: chrono::DateTime<chrono::Utc>| time.format("%Y-%m-%d").to_string();
                let expires = row.expires_at.map_or_else(|| "never".to_owned(), day);
                let used = row.used_at.map_or_else(|| "not used".to_owned(), day);
                print_result(&format!(
                    "{}\t{}\t{}\t{}\t{expires}\t{used}\n",
                    row.id,
                    printable(&row.name),
                    role_of(&row.role).as_str(),
                    row.source.as_deref().unwrap_or("-")
                ))?;
            }
        }
        TokenCommand::Revoke { id } => {
            let own = without_prefix("token", &id);
            let permission = command_line_accounts();
            let owner = TokenOwner::Anyone(&permission);
            if !accounts.revoke_token(&permission.actor, owner, own).await? {
                return Err(CliError::Usage(format!("--id: there is no token {own}")));
            }
            print_line(&format!("the token {own} was revoked"));
        }
    }
    catalog.database().close().await;
    Ok(ExitCode::SUCCESS)
}

async fn account(accounts: &Accounts, email: &str) -> Result<UserRow, CliError> {
    let found = accounts.account_by_email(&command_line_accounts(), email).await?;
    found.ok_or_else(|| CliError::Usage(format!("there is no account {email}")))
}

async fn create(accounts: &Accounts, arguments: CreateArgs) -> Result<(), CliError> {
    let source = arguments.source.as_deref();
    let source = source.map(|text| parse_choice("--source", text, Source::parse, Source::VALUES));
    let categories = arguments.categories.as_deref().map(|text| {
        let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
        parse_categories("--categories", names)
    });
    let new = NewToken {
        name: arguments.name,
        role: parse_role(&arguments.role)?,
        source: source.transpose()?,
        categories: categories.transpose()?,
        can_publish: arguments.may_publish,
        expiry: if arguments.never_expires { Expiry::Never } else { Expiry::Days(arguments.days) },
    };
    let user = account(accounts, &arguments.email).await?;
    let actor = command_line_accounts().actor;
    let created = accounts.create_token(&actor, &user, new).await?;
    let created = created.map_err(|problem| CliError::Usage(problem.to_string()))?;
    let expires = created.row.expires_at.map_or_else(
        || "it never expires".to_owned(),
        |time| format!("it expires on {}", time.format("%Y-%m-%d")),
    );
    print_line(&format!("the token {} was made; {expires}; shown only once:", created.row.id));
    print_result(&format!("{}\n", created.text))?;
    Ok(())
}
