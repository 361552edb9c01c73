//! Accounts, logins and tokens.

pub mod passwords;
pub mod throttle;
pub mod tokens;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sha2::{Digest, Sha256};

use super::access::{Principal, Role};
use super::{Catalog, CatalogError};
use crate::document::ids::entity_id;
use crate::storage::{Transaction, UserRow};
use passwords::{MAX_PASSWORD, MIN_PASSWORD};
use throttle::{LoginQuota, LoginThrottle, TooManyAttempts};
use tokens::{InvalidToken, Tokens};

/// Manages accounts, and exchanges credentials for tokens.
#[derive(Clone)]
pub struct Accounts {
    catalog: Catalog,
    tokens: Tokens,
    throttle: Arc<LoginThrottle>,
}

/// The result of a successful login.
#[derive(Debug)]
pub struct Session {
    pub principal: Principal,
    pub access_token: String,
    pub refresh_token: String,
    pub expires_in: Duration,
}

/// Why a login was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginRefused {
    /// The account does not exist or the password is wrong. Clients must not learn which.
    WrongCredentials,
    TooManyAttempts(TooManyAttempts),
}

/// A problem with creating or changing an account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AccountProblem {
    #[error("found the email {0:?}; allowed is an address such as admin@example.com")]
    InvalidEmail(String),
    #[error("a password has {MIN_PASSWORD} to {MAX_PASSWORD} characters")]
    InvalidPassword,
    #[error("the account {0} already exists")]
    Taken(String),
    #[error("there is no account {0}")]
    NotFound(String),
    #[error("{0} is the last ADMIN; make another account ADMIN first")]
    LastAdmin(String),
}

impl Accounts {
    #[must_use]
    pub fn new(catalog: Catalog, tokens: Tokens) -> Self {
        let throttle = Arc::new(LoginThrottle::new(&catalog));
        Self { catalog, tokens, throttle }
    }

    /// The signer and verifier of tokens.
    #[must_use]
    pub const fn tokens(&self) -> &Tokens {
        &self.tokens
    }

    /// Exchanges an email and a password for tokens.
    ///
    /// # Errors
    /// When storage or hashing fails.
    pub async fn login(
        &self,
        email: &str,
        password: &str,
        address: Option<IpAddr>,
    ) -> Result<Result<Session, LoginRefused>, CatalogError> {
        let email = throttled_email(email);
        let too_many = |refused| Ok(Err(LoginRefused::TooManyAttempts(refused)));
        if let Err(refused) = self.throttle.check(&email, address, Instant::now()).await? {
            return too_many(refused);
        }
        let permit = passwords::permit().await;
        // Other attempts may have failed while this one waited.
        if let Err(refused) = self.throttle.check(&email, address, Instant::now()).await? {
            return too_many(refused);
        }
        let user = if email.is_empty() {
            None
        } else {
            self.catalog.database.user_by_email(&email).await?
        };
        // One character above the maximum, so that a longer password is wrong and not truncated.
        let password: String = password.chars().take(MAX_PASSWORD + 1).collect();
        let hash = user.as_ref().map(|user| user.password_hash.clone());
        let is_correct = passwords::verify(permit, password, hash).await?;
        match user.filter(|_| is_correct) {
            Some(user) => {
                self.throttle.record_success(&email).await;
                self.session(&user).map(Ok)
            }
            None => {
                self.throttle.record_failure(&email, address, Instant::now()).await;
                Ok(Err(LoginRefused::WrongCredentials))
            }
        }
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

    /// Exchanges a refresh token for new tokens with the current role of the account. `None` if the
    /// token is invalid, or the account or its password changed.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn refresh(&self, token: &str) -> Result<Option<Session>, CatalogError> {
        let now = self.catalog.clock.now();
        let Ok((claimed, key)) = self.tokens.verify_refresh(token, now) else { return Ok(None) };
        let Some(user) = self.catalog.database.user_by_id(&claimed.subject).await? else {
            return Ok(None);
        };
        // A new password invalidates the refresh tokens issued before.
        if key != password_key(&user) {
            return Ok(None);
        }
        self.session(&user).map(Some)
    }

    fn session(&self, user: &UserRow) -> Result<Session, CatalogError> {
        let principal = principal(user);
        let now = self.catalog.clock.now();
        Ok(Session {
            access_token: self.tokens.access(&principal, now)?,
            refresh_token: self.tokens.refresh(&principal, password_key(user), now)?,
            expires_in: self.tokens.access_lifetime(),
            principal,
        })
    }

    /// Verifies an access token and returns its account.
    ///
    /// # Errors
    /// When the token is invalid or expired.
    pub fn authenticate(&self, token: &str) -> Result<Principal, InvalidToken> {
        self.tokens.verify_access(token, self.catalog.clock.now())
    }

    /// Issues an access token for an existing account, without a password. For the command line.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn token_for(
        &self,
        email: &str,
    ) -> Result<Result<String, AccountProblem>, CatalogError> {
        let email = normalize_email(email);
        match self.catalog.database.user_by_email(&email).await? {
            Some(user) => self.tokens.access(&principal(&user), self.catalog.clock.now()).map(Ok),
            None => Ok(Err(AccountProblem::NotFound(email))),
        }
    }

    /// Creates an account.
    ///
    /// # Errors
    /// When storage or hashing fails.
    pub async fn create(
        &self,
        email: &str,
        password: &str,
        role: Role,
    ) -> Result<Result<(), AccountProblem>, CatalogError> {
        let email = normalize_email(email);
        if let Err(problem) = check_email(&email).and_then(|()| check_password(password)) {
            return Ok(Err(problem));
        }
        let now = self.catalog.clock.now();
        let row = UserRow {
            id: entity_id(self.catalog.ids.next(), "user"),
            email: email.clone(),
            password_hash: passwords::hash(password.to_owned()).await?,
            role: role.as_str().to_owned(),
            created_at: now,
            updated_at: now,
        };
        let created: bool = self
            .catalog
            .database
            .write(|transaction| {
                let row = row.clone();
                async move { Ok::<_, CatalogError>(transaction.create_user(row).await?) }
            })
            .await?;
        Ok(if created { Ok(()) } else { Err(AccountProblem::Taken(email)) })
    }

    /// The email and role of all accounts, sorted by email.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn list(&self) -> Result<Vec<(String, Role)>, CatalogError> {
        let users = self.catalog.database.users().await?;
        Ok(users.into_iter().map(|user| (user.email.clone(), role(&user))).collect())
    }

    /// Changes the role of an account.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn set_role(
        &self,
        email: &str,
        role: Role,
    ) -> Result<Result<(), AccountProblem>, CatalogError> {
        self.update(email, None, Some(role)).await
    }

    /// Changes the password of an account.
    ///
    /// # Errors
    /// When storage or hashing fails.
    pub async fn set_password(
        &self,
        email: &str,
        password: &str,
    ) -> Result<Result<(), AccountProblem>, CatalogError> {
        if let Err(problem) = check_password(password) {
            return Ok(Err(problem));
        }
        let hash = passwords::hash(password.to_owned()).await?;
        self.update(email, Some(hash), None).await
    }

    async fn update(
        &self,
        email: &str,
        hash: Option<String>,
        role: Option<Role>,
    ) -> Result<Result<(), AccountProblem>, CatalogError> {
        let email = normalize_email(email);
        let now = self.catalog.clock.now();
        self.catalog
            .database
            .write(|transaction| {
                let (email, hash) = (email.clone(), hash.clone());
                async move {
                    if role.is_some_and(|role| role != Role::Admin)
                        && is_last_admin(&transaction, &email).await?
                    {
                        return Ok(Err(AccountProblem::LastAdmin(email)));
                    }
                    let role = role.map(|role| role.as_str().to_owned());
                    let found = transaction.update_user(&email, hash, role, now).await?;
                    Ok(found.then_some(()).ok_or(AccountProblem::NotFound(email)))
                }
            })
            .await
    }

    /// Deletes an account. Its access tokens stay valid until they expire.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn delete(&self, email: &str) -> Result<Result<(), AccountProblem>, CatalogError> {
        let email = normalize_email(email);
        self.catalog
            .database
            .write(|transaction| {
                let email = email.clone();
                async move {
                    if is_last_admin(&transaction, &email).await? {
                        return Ok(Err(AccountProblem::LastAdmin(email)));
                    }
                    let found = transaction.delete_user(&email).await?;
                    Ok(found.then_some(()).ok_or(AccountProblem::NotFound(email)))
                }
            })
            .await
    }

    /// Whether an account has this password. Not for logins, because attempts are not counted.
    ///
    /// # Errors
    /// When storage or hashing fails.
    pub async fn has_password(&self, email: &str, password: &str) -> Result<bool, CatalogError> {
        let Some(user) = self.catalog.database.user_by_email(&normalize_email(email)).await? else {
            return Ok(false);
        };
        let permit = passwords::permit().await;
        passwords::verify(permit, password.to_owned(), Some(user.password_hash)).await
    }
}

/// Whether the account is the only ADMIN. Locks the ADMIN accounts until the transaction ends.
async fn is_last_admin(transaction: &Transaction, email: &str) -> Result<bool, CatalogError> {
    let admins = transaction.row_lock_users_of_role(Role::Admin.as_str()).await?;
    Ok(matches!(admins.as_slice(), [last] if last == email))
}

/// A fingerprint of the account's password hash, to tie refresh tokens to a password.
fn password_key(user: &UserRow) -> String {
    let hash = Sha256::digest(&user.password_hash);
    format!("{:016x}", u64::from_be_bytes(hash[..8].try_into().unwrap_or_default()))
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

fn check_password(password: &str) -> Result<(), AccountProblem> {
    let length = password.chars().count();
    if (MIN_PASSWORD..=MAX_PASSWORD).contains(&length) {
        Ok(())
    } else {
        Err(AccountProblem::InvalidPassword)
    }
}

fn role(user: &UserRow) -> Role {
    let known = Role::ALL.iter().copied().find(|role| role.as_str() == user.role);
    known.unwrap_or(Role::User)
}

fn principal(user: &UserRow) -> Principal {
    Principal {
        subject: user.id.clone(),
        email: user.email.clone(),
        role: role(user),
        source: None,
    }
}
