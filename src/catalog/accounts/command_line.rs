//! Managing accounts on the command line, by email and with all permissions.

use super::management::{AccountChange, AccountKey, NewAccount, NewPassword};
use super::sessions::NewSession;
use super::{AccountProblem, Accounts, account_target, normalize_email, passwords, role_of};
use crate::catalog::CatalogError;
use crate::catalog::access::{Credential, Role, command_line_accounts};
use crate::catalog::audit::AuditOperation;
use crate::storage::UserRow;

/// An account in the list of the command line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedAccount {
    pub email: String,
    pub role: Role,
    pub is_disabled: bool,
}

impl Accounts {
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
        let new = NewAccount { email, name: "", role, password: Some(password) };
        let created = self.create_account(&command_line_accounts(), new).await?;
        Ok(created.map(drop))
    }

    /// All accounts, sorted by email.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn list(&self) -> Result<Vec<ListedAccount>, CatalogError> {
        let users = self.catalog.database.users().await?;
        let listed = |user: UserRow| ListedAccount {
            role: role_of(&user.role),
            email: user.email,
            is_disabled: user.is_disabled,
        };
        Ok(users.into_iter().map(listed).collect())
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
        let change = AccountChange { role: Some(role), ..AccountChange::default() };
        let key = AccountKey::Email(email);
        Ok(self.change_account(&command_line_accounts(), key, change).await?.map(drop))
    }

    /// Sets the password of an account.
    ///
    /// # Errors
    /// When storage or hashing fails.
    pub async fn set_password(
        &self,
        email: &str,
        password: &str,
    ) -> Result<Result<(), AccountProblem>, CatalogError> {
        let new = NewPassword { password, revokes_tokens: false };
        let key = AccountKey::Email(email);
        Ok(self.set_account_password(&command_line_accounts(), key, new).await?.map(drop))
    }

    /// Deletes an account.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn delete(&self, email: &str) -> Result<Result<(), AccountProblem>, CatalogError> {
        let key = AccountKey::Email(email);
        Ok(self.delete_account(&command_line_accounts(), key).await?.map(drop))
    }

    /// Begins a session for an existing account, without a password, and returns its access token.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn token_for(
        &self,
        email: &str,
    ) -> Result<Result<String, AccountProblem>, CatalogError> {
        match self.find(AccountKey::Email(email)).await? {
            Some(user) if user.is_disabled => Ok(Err(AccountProblem::Disabled(user.email))),
            Some(user) => {
                let actor = command_line_accounts().actor;
                let entry = actor.did(AuditOperation::CreateToken).on(account_target(&user.id));
                let begin = NewSession {
                    address: None,
                    client: "reelport token",
                    rehashed: None,
                    entry: Some(entry.detailed("an access token")),
                };
                let begun = self.begin_session(user, begin).await?;
                debug_assert!(!matches!(begun.principal.credential, Credential::Issuer));
                Ok(Ok(begun.access_token))
            }
            None => Ok(Err(AccountProblem::NotFound(normalize_email(email)))),
        }
    }

    /// Whether an account has this password. Not for logins, because attempts are not counted.
    ///
    /// # Errors
    /// When storage or hashing fails.
    pub async fn has_password(&self, email: &str, password: &str) -> Result<bool, CatalogError> {
        let Some(user) = self.find(AccountKey::Email(email)).await? else {
            return Ok(false);
        };
        let permit = passwords::permit().await;
        passwords::verify(permit, password.to_owned(), Some(user.password_hash)).await
    }
}
