//! Creating, changing and deleting accounts: by an ADMIN, and on the command line by email.

use super::{
    AccountProblem, Accounts, account_target, check_email, check_set_password, is_name,
    normalize_email, passwords,
};
use crate::catalog::CatalogError;
use crate::catalog::access::{CanManageAccounts, Role};
use crate::catalog::audit::{Actor, AuditEntry, AuditOperation};
use crate::document::ids::entity_id;
use crate::storage::{EndedSessions, Transaction, UserChange};
pub use crate::storage::{PageRequest, UserFilter, UserRow};

/// An account to create.
#[derive(Debug, Clone)]
pub struct NewAccount<'a> {
    pub email: &'a str,
    pub name: &'a str,
    pub role: Role,
    /// `None`: no log-in succeeds before a password is set.
    pub password: Option<&'a str>,
}

/// Which account is meant.
#[derive(Debug, Clone, Copy)]
pub enum AccountKey<'a> {
    Id(&'a str),
    Email(&'a str),
}

/// A change of an account by an ADMIN. `None` keeps the value.
#[derive(Debug, Clone, Default)]
pub struct AccountChange {
    pub role: Option<Role>,
    pub name: Option<String>,
    pub is_disabled: Option<bool>,
}

/// A new password.
#[derive(Debug, Clone, Copy)]
pub struct NewPassword<'a> {
    pub password: &'a str,
    /// Whether the personal access tokens of the account are revoked too.
    pub revokes_tokens: bool,
}

/// What a transaction that changes an account does.
#[derive(Debug, Clone)]
pub(super) enum Change {
    Account(AccountChange),
    /// The hash, and whether personal access tokens are revoked.
    Password(String, bool),
    Deletion,
}

impl Change {
    const fn operation(&self) -> AuditOperation {
        match self {
            Self::Account(_) => AuditOperation::UpdateUser,
            Self::Password(..) => AuditOperation::SetPassword,
            Self::Deletion => AuditOperation::DeleteUser,
        }
    }

    /// Adds to an entry of the audit log what changes in the account as it was.
    fn describe(&self, user: &UserRow, entry: AuditEntry) -> AuditEntry {
        let mut changes = Vec::new();
        match self {
            Self::Account(AccountChange { role, name, is_disabled }) => {
                if let Some(role) = role.filter(|role| role.as_str() != user.role) {
                    changes.push(format!("role {} to {}", user.role, role.as_str()));
                }
                if name.as_ref().is_some_and(|name| name.trim() != user.name) {
                    changes.push("name".to_owned());
                }
                if let Some(is_disabled) = is_disabled.filter(|now| *now != user.is_disabled) {
                    changes.push(if is_disabled { "disabled" } else { "enabled" }.to_owned());
                }
                if changes.is_empty() {
                    changes.push("nothing changed".to_owned());
                }
            }
            Self::Password(_, true) => changes.push("personal tokens revoked".to_owned()),
            Self::Password(_, false) => {}
            // It cannot be looked up any more.
            Self::Deletion => changes.push(format!("role {}", user.role)),
        }
        if changes.is_empty() { entry } else { entry.detailed(changes.join(", ")) }
    }
}

impl Accounts {
    /// A page of accounts in a stable order, and whether there are more in its direction.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn accounts(
        &self,
        _permission: &CanManageAccounts,
        filter: &UserFilter,
        page: &PageRequest<String>,
    ) -> Result<(Vec<UserRow>, bool), CatalogError> {
        Ok(self.catalog.database.users_page(&normalized(filter), page).await?)
    }

    /// The number of accounts.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn count_accounts(
        &self,
        _permission: &CanManageAccounts,
        filter: &UserFilter,
    ) -> Result<u64, CatalogError> {
        Ok(self.catalog.database.count_users(&normalized(filter)).await?)
    }

    /// The account with this id.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn account(
        &self,
        _permission: &CanManageAccounts,
        id: &str,
    ) -> Result<Option<UserRow>, CatalogError> {
        Ok(self.catalog.database.user_by_id(id).await?)
    }

    /// The account with this email.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn account_by_email(
        &self,
        _permission: &CanManageAccounts,
        email: &str,
    ) -> Result<Option<UserRow>, CatalogError> {
        self.find(AccountKey::Email(email)).await
    }

    /// The account that is meant, if it exists.
    pub(super) async fn find(&self, key: AccountKey<'_>) -> Result<Option<UserRow>, CatalogError> {
        Ok(match key {
            AccountKey::Id(id) => self.catalog.database.user_by_id(id).await?,
            AccountKey::Email(email) => {
                self.catalog.database.user_by_email(&normalize_email(email)).await?
            }
        })
    }

    /// Creates an account.
    ///
    /// # Errors
    /// When storage or hashing fails.
    pub async fn create_account(
        &self,
        permission: &CanManageAccounts,
        new: NewAccount<'_>,
    ) -> Result<Result<UserRow, AccountProblem>, CatalogError> {
        let email = normalize_email(new.email);
        let name = new.name.trim();
        let checked = check_email(&email)
            .and_then(|()| match new.password {
                Some(password) => check_set_password(permission, password, &email),
                None => Ok(()),
            })
            .and_then(|()| is_name(name).then_some(()).ok_or(AccountProblem::InvalidName));
        if let Err(problem) = checked {
            return Ok(Err(problem));
        }
        let now = self.catalog.clock.now();
        let password_hash = match new.password {
            Some(password) => passwords::hash(password.to_owned()).await?,
            None => String::new(),
        };
        let id = self.catalog.ids.next();
        let row = UserRow { password_hash, ..new_row(id, &email, name, new.role, now) };
        let created: bool = self
            .catalog
            .database
            .write(|transaction| {
                let row = row.clone();
                let entry = permission.actor.did(AuditOperation::CreateUser);
                let entry = entry.on(account_target(&row.id));
                let entry = entry.detailed(format!("role {}", row.role));
                async move {
                    let is_created = transaction.create_user(row).await?;
                    if is_created {
                        self.catalog.record(&transaction, entry).await?;
                    }
                    Ok::<_, CatalogError>(is_created)
                }
            })
            .await?;
        if !created {
            return Ok(Err(AccountProblem::Taken(email)));
        }
        let (by, role) = (&permission.name, &row.role);
        tracing::info!(account = %row.id, %role, %by, "an account was created");
        Ok(Ok(row))
    }

    /// Changes role, name or state of an account. If the role changes or the account is disabled,
    /// no server accepts its access tokens when this returns; a session can be continued by its
    /// refresh token unless the account is disabled.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn change_account(
        &self,
        permission: &CanManageAccounts,
        key: AccountKey<'_>,
        change: AccountChange,
    ) -> Result<Result<UserRow, AccountProblem>, CatalogError> {
        if !change.name.as_deref().is_none_or(is_name) {
            return Ok(Err(AccountProblem::InvalidName));
        }
        self.apply(permission, key, Change::Account(change)).await
    }

    /// Sets the password of an account, and ends its sessions.
    ///
    /// # Errors
    /// When storage or hashing fails.
    pub async fn set_account_password(
        &self,
        permission: &CanManageAccounts,
        key: AccountKey<'_>,
        new: NewPassword<'_>,
    ) -> Result<Result<UserRow, AccountProblem>, CatalogError> {
        let email = self.find(key).await?.map(|user| user.email).unwrap_or_default();
        if let Err(problem) = check_set_password(permission, new.password, &email) {
            return Ok(Err(problem));
        }
        let hash = passwords::hash(new.password.to_owned()).await?;
        self.apply(permission, key, Change::Password(hash, new.revokes_tokens)).await
    }

    /// Deletes an account with its sessions and tokens. When this returns, no server accepts them.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn delete_account(
        &self,
        permission: &CanManageAccounts,
        key: AccountKey<'_>,
    ) -> Result<Result<UserRow, AccountProblem>, CatalogError> {
        self.apply(permission, key, Change::Deletion).await
    }

    async fn apply(
        &self,
        permission: &CanManageAccounts,
        key: AccountKey<'_>,
        change: Change,
    ) -> Result<Result<UserRow, AccountProblem>, CatalogError> {
        let now = self.catalog.clock.now();
        let (result, revoked) =
            self.catalog
                .database
                .write(|transaction| {
                    let change = change.clone();
                    async move {
                        self.change_in(&transaction, &permission.actor, key, &change, now).await
                    }
                })
                .await?;
        if let Ok(user) = &result {
            let what = match &change {
                Change::Account(_) => "changed",
                Change::Password(..) => "given a new password",
                Change::Deletion => "deleted",
            };
            let (role, by) = (&user.role, &permission.name);
            tracing::info!(account = %user.id, %role, %by, "an account was {what}");
        }
        if revoked {
            self.settle().await;
        }
        Ok(result)
    }

    /// Changes an account within a transaction, unless it is the last ADMIN and would no longer be
    /// one. Returns the account as it is then, and whether servers have to notice the change before
    /// it is acknowledged.
    pub(super) async fn change_in(
        &self,
        transaction: &Transaction,
        actor: &Actor,
        key: AccountKey<'_>,
        change: &Change,
        now: chrono::DateTime<chrono::Utc>,
    ) -> Result<(Result<UserRow, AccountProblem>, bool), CatalogError> {
        let takes_admin = match change {
            Change::Account(change) => {
                change.role.is_some_and(|role| role != Role::Admin)
                    || change.is_disabled == Some(true)
            }
            Change::Password(..) => false,
            Change::Deletion => true,
        };
        // Before the account's own row is locked, so that all wait in one order.
        let admins = if takes_admin {
            transaction.row_lock_users_of_role(Role::Admin.as_str()).await?
        } else {
            Vec::new()
        };
        let (user, shown) = match key {
            AccountKey::Email(email) => {
                let email = normalize_email(email);
                (transaction.row_lock_user_by_email(&email).await?, email)
            }
            AccountKey::Id(id) => {
                (transaction.row_lock_user(id).await?, id.chars().take(80).collect())
            }
        };
        let Some(user) = user else { return Ok((Err(AccountProblem::NotFound(shown)), false)) };
        if admins == [user.id.as_str()] {
            return Ok((Err(AccountProblem::LastAdmin(user.email)), false));
        }
        let revoked = carry_out(transaction, &user, change, now).await?;
        let entry = actor.did(change.operation()).on(account_target(&user.id));
        self.catalog.record(transaction, change.describe(&user, entry)).await?;
        let changed = match change {
            Change::Deletion => user,
            _ => transaction.row_lock_user(&user.id).await?.unwrap_or(user),
        };
        Ok((Ok(changed), revoked))
    }
}

fn normalized(filter: &UserFilter) -> UserFilter {
    let email = filter.email.as_deref().map(normalize_email);
    UserFilter { email, ..filter.clone() }
}

/// The row of a new account.
pub(super) fn new_row(
    id: u64,
    email: &str,
    name: &str,
    role: Role,
    now: chrono::DateTime<chrono::Utc>,
) -> UserRow {
    UserRow {
        id: entity_id(id, "user"),
        email: email.to_owned(),
        name: name.to_owned(),
        password_hash: String::new(),
        role: role.as_str().to_owned(),
        is_disabled: false,
        version: 1,
        tokens_since: None,
        created_at: now,
        updated_at: now,
    }
}

/// Carries out a change, and returns whether servers have to notice it before it is acknowledged.
async fn carry_out(
    transaction: &Transaction,
    user: &UserRow,
    change: &Change,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<bool, CatalogError> {
    match change {
        Change::Account(AccountChange { role, name, is_disabled }) => {
            let role = role.filter(|role| role.as_str() != user.role);
            let is_disabled = is_disabled.filter(|is_disabled| *is_disabled != user.is_disabled);
            let ends_tokens = role.is_some() || is_disabled == Some(true);
            if is_disabled == Some(true) {
                transaction.end_sessions(&user.id, EndedSessions::All, now).await?;
            }
            let change = UserChange {
                role: role.map(|role| role.as_str().to_owned()),
                name: name.as_ref().map(|name| name.trim().to_owned()),
                is_disabled,
                ends_tokens,
                ..UserChange::default()
            };
            transaction.update_user(&user.id, change, now).await?;
            // Also after enabling, so that no server refuses the account any more.
            Ok(ends_tokens || is_disabled.is_some())
        }
        Change::Password(hash, revokes_tokens) => {
            replace_password(transaction, &user.id, hash.clone(), *revokes_tokens, now).await?;
            Ok(true)
        }
        Change::Deletion => {
            transaction.delete_user(&user.id, now).await?;
            Ok(true)
        }
    }
}

/// Replaces a password, ends all sessions and access tokens of its account, and deletes the links
/// that could set it.
pub(super) async fn replace_password(
    transaction: &Transaction,
    account: &str,
    hash: String,
    revokes_tokens: bool,
    now: chrono::DateTime<chrono::Utc>,
) -> Result<(), CatalogError> {
    let password_hash = Some(hash);
    let change = UserChange { password_hash, ends_tokens: true, ..UserChange::default() };
    transaction.update_user(account, change, now).await?;
    transaction.end_sessions(account, EndedSessions::All, now).await?;
    transaction.delete_password_links(account).await?;
    if revokes_tokens {
        transaction.revoke_personal_tokens(Some(account), None, now).await?;
    }
    Ok(())
}
