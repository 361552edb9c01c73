//! What a person does with the own account.

use std::time::Instant;

use super::management::replace_password;
use super::sessions::{LoggedIn, NewSession};
use super::throttle::TooManyAttempts;
use super::{AccountProblem, Accounts, account_target, check_password, passwords};
use crate::catalog::CatalogError;
use crate::catalog::access::Principal;
use crate::catalog::audit::{AuditOperation, AuditOutcome};
use crate::storage::{EndedSessions, UserChange, UserRow};

/// Why a password was not changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PasswordNotChanged {
    /// The token belongs to no account here, or may not change accounts.
    NoAccount,
    WrongPassword,
    TooManyAttempts(TooManyAttempts),
    Problem(AccountProblem),
}

/// A change of the own password.
#[derive(Debug, Clone, Copy)]
pub struct OwnPassword<'a> {
    pub old: &'a str,
    pub new: &'a str,
    /// Whether the own personal access tokens are revoked too.
    pub revokes_tokens: bool,
}

impl Accounts {
    /// The account of a request with the token of a log-in; `None` for other tokens.
    pub(super) async fn login_account(
        &self,
        principal: &Principal,
    ) -> Result<Option<UserRow>, CatalogError> {
        if !principal.is_logged_in() {
            return Ok(None);
        }
        self.stored_account(&principal.subject).await
    }

    /// The account with this id, to show more of an account that may be looked at already.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn stored_account(&self, id: &str) -> Result<Option<UserRow>, CatalogError> {
        Ok(self.catalog.database.user_by_id(id).await?)
    }

    /// The accounts with these ids, to show what may be looked at.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn stored_accounts(&self, ids: &[String]) -> Result<Vec<UserRow>, CatalogError> {
        Ok(self.catalog.database.users_by_id(ids).await?)
    }

    /// Ends sessions of the own account, and perhaps its personal access tokens. When this returns,
    /// no server accepts them. Returns the number of sessions.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn logout_everywhere(
        &self,
        principal: &Principal,
        which: EndedSessions<'_>,
        revokes_tokens: bool,
    ) -> Result<u64, CatalogError> {
        let now = self.catalog.clock.now();
        let account = principal.subject.as_str();
        let ended = self
            .catalog
            .database
            .write(|transaction| async move {
                if revokes_tokens {
                    transaction.revoke_personal_tokens(Some(account), None, now).await?;
                }
                if which == EndedSessions::All {
                    // Also ends access tokens without a session, which a read-only server issued.
                    let change = UserChange { ends_tokens: true, ..UserChange::default() };
                    transaction.update_user(account, change, now).await?;
                }
                let ended = transaction.end_sessions(account, which, now).await?;
                let mut entry = principal.actor().did(AuditOperation::LogoutEverywhere);
                entry = entry.on(account_target(account));
                if revokes_tokens {
                    entry = entry.detailed("personal tokens revoked");
                }
                self.catalog.record(&transaction, entry).await?;
                Ok::<_, CatalogError>(ended)
            })
            .await?;
        self.settle().await;
        Ok(ended)
    }

    /// Changes the own password, which needs the old one. All sessions end, and a new one begins.
    ///
    /// # Errors
    /// When storage or hashing fails.
    pub async fn change_password(
        &self,
        principal: &Principal,
        change: OwnPassword<'_>,
        client: &str,
    ) -> Result<Result<LoggedIn, PasswordNotChanged>, CatalogError> {
        // A script's token cannot take over the account.
        let Some(user) = self.login_account(principal).await? else {
            return Ok(Err(PasswordNotChanged::NoAccount));
        };
        let (address, actor) = (principal.origin.address, principal.actor());
        let entry = actor.did(AuditOperation::ChangePassword).on(account_target(&user.id));
        if let Err(refused) =
            self.throttle.check(Some(&user.email), address, Instant::now()).await?
        {
            return Ok(Err(PasswordNotChanged::TooManyAttempts(refused)));
        }
        let permit = passwords::permit().await;
        let (old, hash) = (change.old.to_owned(), Some(user.password_hash.clone()));
        if !passwords::verify(permit, old, hash).await? {
            let failure = self.throttle.record_failure(Some(&user.email), address, Instant::now());
            Box::pin(failure).await;
            let entry = entry.failed(AuditOutcome::Unauthenticated, "WRONG_CREDENTIALS");
            self.catalog.record_attempt(entry);
            return Ok(Err(PasswordNotChanged::WrongPassword));
        }
        if let Err(problem) = check_password(change.new, &user.email) {
            return Ok(Err(PasswordNotChanged::Problem(problem)));
        }
        let hash = passwords::hash(change.new.to_owned()).await?;
        let now = self.catalog.clock.now();
        let changed = self
            .catalog
            .database
            .write(|transaction| {
                let (user, hash, mut entry) = (user.clone(), hash.clone(), entry.clone());
                async move {
                    let current = transaction.row_lock_user(&user.id).await?;
                    // Another request may have changed it since it was verified.
                    let same = |row: &UserRow| row.password_hash == user.password_hash;
                    if !current.as_ref().is_some_and(same) {
                        return Ok(None);
                    }
                    let revokes = change.revokes_tokens;
                    replace_password(&transaction, &user.id, hash, revokes, now).await?;
                    if revokes {
                        entry = entry.detailed("personal tokens revoked");
                    }
                    self.catalog.record(&transaction, entry).await?;
                    Ok::<_, CatalogError>(transaction.row_lock_user(&user.id).await?)
                }
            })
            .await?;
        let Some(user) = changed else { return Ok(Err(PasswordNotChanged::WrongPassword)) };
        self.settle().await;
        let begin = NewSession { address, client, rehashed: None, entry: None };
        Box::pin(self.begin_session(user, begin)).await.map(Ok)
    }
}
