//! Log-in, exchanging refresh tokens, and log-out.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};

use super::throttle::TooManyAttempts;
use super::{Accounts, account_target, passwords, role_of, throttled_email};
use crate::catalog::access::{Credential, Principal};
use crate::catalog::audit::{
    Actor, AuditCredential, AuditEntry, AuditOperation, AuditOutcome, AuditTarget, AuditTargetKind,
};
use crate::catalog::{CatalogError, Unavailability};
use crate::document::ids::entity_id;
use crate::storage::{EndedSessions, SessionRow, UserRow};
use passwords::MAX_PASSWORD;

/// Maximum number of open sessions of an account; a further log-in ends the oldest.
pub const MAX_SESSIONS: u64 = 100;
/// How long a session is kept after its end, so that a refresh token that is used again is noticed.
const KEEP_ENDED: Duration = Duration::from_hours(7 * 24);
/// Maximum length of what is stored of a client's name, in characters.
const MAX_CLIENT: usize = 200;

/// The tokens of a log-in.
#[derive(Debug)]
pub struct LoggedIn {
    pub principal: Principal,
    pub access_token: String,
    /// `None` if the database is read-only, so that there is no session.
    pub refresh_token: Option<String>,
    pub expires_in: Duration,
    /// How long the refresh token is valid.
    pub refresh_expires_in: Duration,
}

/// Why a log-in with wrong credentials is refused.
pub const WRONG_CREDENTIALS: &str = "the email or the password is wrong";
/// Why a refresh token is refused.
pub const INVALID_REFRESH_TOKEN: &str = "the refresh token is invalid, has expired or was used \
    before, or its session has ended; log in again";

/// Why a login was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LoginRefused {
    /// The account does not exist or is disabled, or the password is wrong. Clients must not learn
    /// which.
    WrongCredentials,
    TooManyAttempts(TooManyAttempts),
}

/// The request has no session that could be ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoSession;

/// What exchanging a refresh token found.
enum Exchange {
    Refused,
    /// The token had been exchanged before: someone has a copy.
    Reused {
        session: String,
        account: String,
    },
    Next(Box<UserRow>, SessionRow),
}

/// What is known of the client when a session begins.
#[derive(Debug)]
pub(super) struct NewSession<'a> {
    pub(super) address: Option<IpAddr>,
    /// What the client calls itself.
    pub(super) client: &'a str,
    /// Replaces the hash of the account's password.
    pub(super) rehashed: Option<String>,
    /// The entry of the audit log about it; `None` if it is part of an operation that has one. A
    /// log-in names the new session in it.
    pub(super) entry: Option<AuditEntry>,
}

/// A session as what an operation is about.
fn session_target(id: &str) -> AuditTarget {
    AuditTarget::new(AuditTargetKind::Session, id)
}

impl Accounts {
    /// Exchanges an email and a password for tokens. `client` is what the client calls itself.
    ///
    /// # Errors
    /// When storage or hashing fails.
    pub async fn login(
        &self,
        email: &str,
        password: &str,
        actor: &Actor,
        client: &str,
    ) -> Result<Result<LoggedIn, LoginRefused>, CatalogError> {
        let (email, address) = (throttled_email(email), actor.address());
        let too_many = |refused| Ok(Err(LoginRefused::TooManyAttempts(refused)));
        if let Err(refused) = self.throttle.check(Some(&email), address, Instant::now()).await? {
            return too_many(refused);
        }
        let permit = passwords::permit().await;
        // Other attempts may have failed while this one waited.
        if let Err(refused) = self.throttle.check(Some(&email), address, Instant::now()).await? {
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
        let is_correct = Box::pin(passwords::verify(permit, password.clone(), hash)).await?;
        let tried = user.as_ref().map(|user| account_target(&user.id));
        match user.filter(|user| is_correct && !user.is_disabled) {
            Some(user) => {
                Box::pin(self.throttle.record_success(&email)).await;
                let rehashed = if passwords::is_outdated(&user.password_hash) {
                    Some(passwords::hash(password).await?)
                } else {
                    None
                };
                let account = (user.id.as_str(), user.email.as_str());
                let actor = actor.with_account(account, AuditCredential::Password, None);
                let entry = actor.did(AuditOperation::Login).on(tried);
                let begin = NewSession { address, client, rehashed, entry: Some(entry) };
                Box::pin(self.begin_session(user, begin)).await.map(Ok)
            }
            None => {
                // What was typed as the email is not recorded: it may be a password.
                let entry = actor.with_refused(AuditCredential::Password);
                let entry = entry.did(AuditOperation::Login).on(tried);
                let entry = entry.failed(AuditOutcome::Unauthenticated, "WRONG_CREDENTIALS");
                self.catalog.record_attempt(entry);
                let failure = self.throttle.record_failure(Some(&email), address, Instant::now());
                Box::pin(failure).await;
                Ok(Err(LoginRefused::WrongCredentials))
            }
        }
    }

    /// Begins a session.
    pub(super) async fn begin_session(
        &self,
        user: UserRow,
        begin: NewSession<'_>,
    ) -> Result<LoggedIn, CatalogError> {
        let NewSession { address, client, rehashed, entry } = begin;
        let now = self.catalog.clock.now();
        let row = SessionRow {
            id: entity_id(self.catalog.ids.next(), "session"),
            account: user.id.clone(),
            rotation: 1,
            client: client.chars().filter(|c| !c.is_control()).take(MAX_CLIENT).collect(),
            address: address.map(|address| address.to_canonical().to_string()).unwrap_or_default(),
            created_at: now,
            used_at: now,
            expires_at: now + self.tokens.refresh_lifetime(),
            ended_at: None,
        };
        match self.store_session(&user, &row, rehashed, entry.as_ref()).await {
            Ok(()) => self.tokens_of(&user, &row, now),
            // Reads go on without a session: the token ends when the account changes.
            Err(error) if error.unavailability().is_some_and(Unavailability::stops_writes) => {
                if let Some(entry) = entry {
                    self.catalog.record_attempt(entry.detailed("without a session"));
                }
                let credential = Credential::Account { version: user.version };
                let principal = principal(&user, credential);
                Ok(LoggedIn {
                    access_token: self.tokens.access(&principal, now)?,
                    refresh_token: None,
                    expires_in: self.tokens.access_lifetime(),
                    refresh_expires_in: Duration::ZERO,
                    principal,
                })
            }
            Err(error) => Err(error),
        }
    }

    async fn store_session(
        &self,
        user: &UserRow,
        row: &SessionRow,
        rehashed: Option<String>,
        entry: Option<&AuditEntry>,
    ) -> Result<(), CatalogError> {
        self.catalog
            .database
            .write(|transaction| {
                let (row, rehashed, user) = (row.clone(), rehashed.clone(), user.clone());
                async move {
                    let delete_before = row.created_at - KEEP_ENDED;
                    if let Some(new) = rehashed {
                        let old = &user.password_hash;
                        transaction.replace_password_hash(&user.id, old, new).await?;
                    }
                    let id = row.id.clone();
                    transaction.create_session(row, MAX_SESSIONS, delete_before).await?;
                    if let Some(entry) = entry {
                        let entry = entry.clone().beginning_session(&id);
                        self.catalog.record(&transaction, entry).await?;
                    }
                    Ok(())
                }
            })
            .await
    }

    /// The tokens for the state of a session.
    fn tokens_of(
        &self,
        user: &UserRow,
        session: &SessionRow,
        now: DateTime<Utc>,
    ) -> Result<LoggedIn, CatalogError> {
        let credential = Credential::Session { id: session.id.clone(), version: user.version };
        let principal = principal(user, credential);
        Ok(LoggedIn {
            access_token: self.tokens.access(&principal, now)?,
            refresh_token: Some(self.tokens.refresh(&principal, session.rotation, now)?),
            expires_in: self.tokens.access_lifetime(),
            refresh_expires_in: self.tokens.refresh_lifetime(),
            principal,
        })
    }

    /// Exchanges a refresh token for new tokens with the current role of the account. The refresh
    /// token is then no longer valid; if it is used again, its session ends. `None` if the token is
    /// not valid.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn refresh(
        &self,
        token: &str,
        actor: &Actor,
    ) -> Result<Option<LoggedIn>, CatalogError> {
        let now = self.catalog.clock.now();
        let Ok(claimed) = self.tokens.verify_refresh(token, now) else { return Ok(None) };
        let expires_at = now + self.tokens.refresh_lifetime();
        let exchange = self
            .catalog
            .database
            .write(|transaction| {
                let claimed = claimed.clone();
                async move {
                    let Some(mut session) = transaction.row_lock_session(&claimed.session).await?
                    else {
                        return Ok(Exchange::Refused);
                    };
                    if session.ended_at.is_some() || session.expires_at <= now {
                        return Ok(Exchange::Refused);
                    }
                    if claimed.number != session.rotation {
                        let which = EndedSessions::One(&session.id);
                        transaction.end_sessions(&session.account, which, now).await?;
                        let entry = actor.with_refused(AuditCredential::RefreshToken);
                        let entry = entry.did(AuditOperation::Refresh);
                        let entry = entry.on(session_target(&session.id));
                        let reused = "REFRESH_TOKEN_REUSED";
                        let entry = entry.failed(AuditOutcome::Unauthenticated, reused);
                        let entry = entry.detailed("the session was ended");
                        self.catalog.record(&transaction, entry).await?;
                        let SessionRow { id: session, account, .. } = session;
                        return Ok(Exchange::Reused { session, account });
                    }
                    let user = transaction.row_lock_user(&session.account).await?;
                    let Some(user) = user.filter(|user| !user.is_disabled) else {
                        return Ok(Exchange::Refused);
                    };
                    session.rotation += 1;
                    let (id, rotation) = (&session.id, session.rotation);
                    transaction.rotate_session(id, rotation, now, expires_at).await?;
                    let (kind, account) =
                        (AuditCredential::RefreshToken, (&*user.id, &*user.email));
                    let entry = actor.with_account(account, kind, Some(id));
                    let entry = entry.did(AuditOperation::Refresh).on(session_target(id));
                    self.catalog.record(&transaction, entry).await?;
                    Ok::<_, CatalogError>(Exchange::Next(Box::new(user), session))
                }
            })
            .await?;
        match exchange {
            Exchange::Refused => Ok(None),
            Exchange::Reused { session, account } => {
                tracing::warn!(
                    session,
                    account,
                    "a refresh token was used a second time; its session was ended"
                );
                self.settle().await;
                Ok(None)
            }
            Exchange::Next(user, session) => self.tokens_of(&user, &session, now).map(Some),
        }
    }

    /// Ends the session that a refresh token belongs to. Returns whether there was one.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn logout_by_refresh_token(
        &self,
        token: &str,
        actor: &Actor,
    ) -> Result<bool, CatalogError> {
        let now = self.catalog.clock.now();
        let Ok(claimed) = self.tokens.verify_refresh(token, now) else { return Ok(false) };
        let Some(account) = self.catalog.database.session_standing(&claimed.session).await? else {
            return Ok(false);
        };
        let (kind, session) = (AuditCredential::RefreshToken, claimed.session.as_str());
        let actor = actor.with_account((&account.id, &account.email), kind, Some(session));
        self.end_session(&actor, &account.id, session).await
    }

    /// Ends the session of the request.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn logout(
        &self,
        principal: &Principal,
    ) -> Result<Result<(), NoSession>, CatalogError> {
        let Credential::Session { id, .. } = &principal.credential else {
            return Ok(Err(NoSession));
        };
        self.end_session(&principal.actor(), &principal.subject, id).await?;
        Ok(Ok(()))
    }

    /// Ends a session of an account. When this returns, no server accepts its tokens. Returns
    /// whether it was open.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn end_session(
        &self,
        actor: &Actor,
        account: &str,
        session: &str,
    ) -> Result<bool, CatalogError> {
        let now = self.catalog.clock.now();
        let which = EndedSessions::One(session);
        let ended = self
            .catalog
            .database
            .write(|transaction| async move {
                let ended = transaction.end_sessions(account, which, now).await?;
                if ended > 0 {
                    let entry = actor.did(AuditOperation::Logout).on(session_target(session));
                    self.catalog.record(&transaction, entry).await?;
                }
                Ok::<_, CatalogError>(ended)
            })
            .await?;
        if ended > 0 {
            self.settle().await;
        }
        Ok(ended > 0)
    }

    /// The open sessions with these ids.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn sessions_by_id(&self, ids: &[String]) -> Result<Vec<SessionRow>, CatalogError> {
        let now = self.catalog.clock.now();
        Ok(self.catalog.database.open_sessions_by_id(ids, now).await?)
    }

    /// The open sessions of these accounts, the newest first.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn sessions(&self, accounts: &[String]) -> Result<Vec<SessionRow>, CatalogError> {
        let now = self.catalog.clock.now();
        Ok(self.catalog.database.open_sessions(accounts, now).await?)
    }
}

/// An account as the author of its requests.
pub(super) fn principal(user: &UserRow, credential: Credential) -> Principal {
    Principal {
        subject: user.id.clone(),
        email: user.email.clone(),
        role: role_of(&user.role),
        source: None,
        credential,
        expires_at: None,
        origin: Arc::default(),
    }
}
