//! Accounts, their sessions and tokens: who makes a request.

pub mod authentication;
mod cached;
mod claims;
mod command_line;
pub mod download_links;
mod identities;
pub mod issuer_files;
pub mod issuers;
mod known_tokens;
pub mod management;
mod outgoing;
pub mod own;
pub mod password_links;
mod password_rules;
pub mod passwords;
pub mod personal_tokens;
pub mod provider;
pub mod sessions;
pub mod standing;
pub mod throttle;
pub mod tokens;

use std::net::IpAddr;
use std::sync::Arc;

use super::access::{CanManageAccounts, Role};
use super::audit::{AuditTarget, AuditTargetKind};
use super::{Catalog, CatalogError};
use crate::document::{Problem, ProblemCode};
pub use command_line::ListedAccount;
use issuers::Issuers;
use password_rules::PasswordFlaw;
use personal_tokens::NotedUses;
use provider::Provider;
use standing::Standings;
use throttle::{LoginQuota, LoginThrottle};
use tokens::Tokens;

/// Manages accounts, and exchanges credentials for tokens.
#[derive(Clone)]
pub struct Accounts {
    catalog: Catalog,
    tokens: Tokens,
    issuers: Arc<Issuers>,
    provider: Option<Arc<Provider>>,
    throttle: Arc<LoginThrottle>,
    standings: Arc<Standings>,
    noted_uses: Arc<NotedUses>,
}

/// A problem with creating or changing an account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccountProblem {
    #[error("found the email {0:?}; allowed is an address such as admin@example.com")]
    InvalidEmail(String),
    #[error("{0}")]
    InvalidPassword(PasswordFlaw),
    #[error("a name has at most {MAX_NAME} characters, without line breaks and other controls")]
    InvalidName,
    #[error("the account {0} already exists")]
    Taken(String),
    #[error("there is no account {0}")]
    NotFound(String),
    #[error("{0} is the last ADMIN; make another account ADMIN first")]
    LastAdmin(String),
    #[error("the account {0} is disabled; enable it first")]
    Disabled(String),
}

impl AccountProblem {
    /// The problem at the field of an input that it concerns. `password` is the path of the
    /// password.
    #[must_use]
    pub fn at(&self, password: &str) -> Problem {
        let (path, code) = match self {
            Self::InvalidEmail(_) => ("/email", ProblemCode::Invalid),
            Self::InvalidPassword(_) => (password, ProblemCode::Invalid),
            Self::InvalidName => ("/name", ProblemCode::Invalid),
            Self::Taken(_) => ("/email", ProblemCode::AlreadyExists),
            Self::NotFound(_) => ("/id", ProblemCode::NotFound),
            Self::LastAdmin(_) | Self::Disabled(_) => ("/id", ProblemCode::Conflict),
        };
        Problem::new(path, code, self.to_string())
    }
}

/// Maximum length of the name of an account or a token, in characters.
pub const MAX_NAME: usize = 100;

impl Accounts {
    #[must_use]
    pub fn new(catalog: Catalog, tokens: Tokens) -> Self {
        let throttle = Arc::new(LoginThrottle::new(&catalog));
        Self {
            catalog,
            tokens,
            issuers: Arc::default(),
            provider: None,
            throttle,
            standings: Arc::default(),
            noted_uses: Arc::default(),
        }
    }

    /// Also accepts tokens of these issuers.
    #[must_use]
    pub fn with_issuers(self, issuers: Issuers) -> Self {
        Self { issuers: Arc::new(issuers), ..self }
    }

    /// Lets browsers log in through this provider.
    #[must_use]
    pub fn with_provider(self, provider: Option<Provider>) -> Self {
        Self { provider: provider.map(Arc::new), ..self }
    }

    /// The signer and verifier of tokens.
    #[must_use]
    pub const fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// How many failed logins are left, for the account and for the address.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn login_quotas(
        &self,
        email: &str,
        address: Option<IpAddr>,
    ) -> Result<Vec<LoginQuota>, CatalogError> {
        self.throttle.quotas(&throttled_email(email), address).await
    }

    /// Waits until every server over the database has noticed that rights were taken away. A
    /// function that takes rights away calls it before it returns.
    async fn settle(&self) {
        tokio::time::sleep(standing::SETTLE).await;
    }
}

/// An account as what an operation is about.
fn account_target(id: &str) -> AuditTarget {
    AuditTarget::new(AuditTargetKind::User, id)
}

fn normalize_email(email: &str) -> String {
    email.trim().to_lowercase()
}

/// The email that failed logins are counted for. All invalid addresses share one counter.
fn throttled_email(email: &str) -> String {
    let email = normalize_email(email);
    if check_email(&email).is_ok() { email } else { String::new() }
}

fn check_email(email: &str) -> Result<(), AccountProblem> {
    let is_valid = email.len() <= 254
        && !email.chars().any(|c| c.is_whitespace() || c.is_control())
        && email.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && !domain.is_empty() && !domain.contains('@')
        });
    if is_valid {
        Ok(())
    } else {
        Err(AccountProblem::InvalidEmail(email.chars().take(80).collect()))
    }
}

fn check_password(password: &str, email: &str) -> Result<(), AccountProblem> {
    password_rules::check(password, email).map_err(AccountProblem::InvalidPassword)
}

/// Checks a password that is set for another account. On the command line, only its length counts.
fn check_set_password(
    permission: &CanManageAccounts,
    password: &str,
    email: &str,
) -> Result<(), AccountProblem> {
    match password_rules::check(password, email) {
        Err(flaw) if flaw == PasswordFlaw::Length || !permission.is_operator => {
            Err(AccountProblem::InvalidPassword(flaw))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// What is wrong with a password that the command line sets nevertheless.
#[must_use]
pub fn password_warning(password: &str, email: &str) -> Option<String> {
    password_rules::check(password, &normalize_email(email)).err().map(|flaw| flaw.to_string())
}

fn is_name(name: &str) -> bool {
    name.chars().count() <= MAX_NAME && !name.chars().any(char::is_control)
}

/// The role as it is stored; a role of a newer version counts as USER.
#[must_use]
pub fn role_of(stored: &str) -> Role {
    let known = Role::ALL.iter().copied().find(|role| role.as_str() == stored);
    known.unwrap_or(Role::User)
}
