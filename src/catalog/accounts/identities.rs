//! Which account a subject of a log-in provider has: the one that it was linked to, a new one, or,
//! if the configuration says so, the one with its verified address.

use chrono::{DateTime, Utc};

use super::management::{AccountChange, AccountKey, Change, new_row};
use super::{AccountProblem, Accounts, account_target, check_email, is_name, normalize_email};
use crate::catalog::CatalogError;
use crate::catalog::access::{CanManageAccounts, Role};
use crate::catalog::audit::{Actor, AuditCredential, AuditOperation};
use crate::storage::{Transaction, UserRow};

/// A subject that a log-in provider has authenticated.
#[derive(Debug, Clone)]
pub(super) struct ProvenIdentity {
    pub(super) issuer: String,
    pub(super) subject: String,
    /// The address, if it counts as verified.
    pub(super) verified_email: Option<String>,
    /// May be empty.
    pub(super) name: String,
    pub(super) role: Role,
}

/// Which accounts subjects of a provider get.
#[derive(Debug, Clone, Copy)]
#[allow(clippy::struct_excessive_bools, reason = "independent options of the configuration")]
pub(super) struct AccountPolicy {
    /// Whether a subject without an account gets a new one.
    pub(super) creates_accounts: bool,
    /// Whether a subject without an account gets the account with its verified address.
    pub(super) links_verified_email: bool,
    /// Whether an address counts as verified if the provider does not say so.
    pub(super) assumes_verified_email: bool,
    /// Whether each log-in sets the role; else only the role of a new account is set.
    pub(super) sets_role: bool,
}

/// An attempt that is completed.
#[derive(Debug, Clone)]
pub(super) struct UsedAttempt {
    pub(super) hash: String,
    pub(super) expires_at: DateTime<Utc>,
}

/// Why a verified identity gets no session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdentityRefused {
    /// The attempt was completed before.
    Used,
    /// The account is disabled.
    Disabled,
    /// The account was deleted.
    Deleted,
    /// There is no account, and none is created.
    NoAccount,
    /// An account cannot be created without a verified address.
    NoVerifiedEmail,
    /// There is an account with this address, which is not linked.
    EmailTaken,
}

/// What a transaction found.
enum Outcome {
    /// Why, and the account if there is or was one.
    Refused(IdentityRefused, Option<String>),
    /// The account, what happened to it, and whether servers have to notice that.
    Account(Box<UserRow>, What, bool),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Known,
    Created,
    Linked,
}

impl Accounts {
    /// The account of an identity, with the role that the identity has now. The attempt is then
    /// used.
    ///
    /// # Errors
    /// When storage fails.
    pub(super) async fn account_of_identity(
        &self,
        identity: &ProvenIdentity,
        policy: AccountPolicy,
        used: &UsedAttempt,
        actor: &Actor,
    ) -> Result<Result<UserRow, IdentityRefused>, CatalogError> {
        let now = self.catalog.clock.now();
        let new_id = self.catalog.ids.next();
        let outcome = self
            .catalog
            .database
            .write(|transaction| {
                let (identity, used) = (identity.clone(), used.clone());
                async move {
                    if !transaction.use_login_state(&used.hash, used.expires_at, now).await? {
                        return Ok(Outcome::Refused(IdentityRefused::Used, None));
                    }
                    let work = IdentityWork {
                        accounts: self,
                        actor,
                        transaction: &transaction,
                        identity: &identity,
                        policy,
                        now,
                    };
                    work.account(new_id).await
                }
            })
            .await?;
        let (user, what, has_lost_rights) = match outcome {
            Outcome::Account(user, what, has_lost_rights) => (*user, what, has_lost_rights),
            Outcome::Refused(why, account) => {
                let (issuer, subject) = (&identity.issuer, &identity.subject);
                let what = "a log-in through a provider was refused";
                tracing::info!(%issuer, ?subject, account, ?why, "{what}");
                return Ok(Err(why));
            }
        };
        let (issuer, role) = (&identity.issuer, &user.role);
        match what {
            What::Known => {}
            What::Created => {
                let what = "an account was created at a log-in";
                tracing::info!(account = %user.id, %role, %issuer, "{what}");
            }
            What::Linked => {
                let what = "an account was linked at a log-in";
                tracing::info!(account = %user.id, %role, %issuer, "{what}");
            }
        }
        if has_lost_rights {
            self.settle().await;
        }
        Ok(Ok(user))
    }

    /// Forgets which subjects of log-in providers belong to an account, which may be deleted.
    /// Their next log-in is like a first one. Returns how many there were.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn unlink_account(
        &self,
        permission: &CanManageAccounts,
        id: &str,
    ) -> Result<u64, CatalogError> {
        let unlinked: u64 = self
            .catalog
            .database
            .write(|transaction| {
                let id = id.to_owned();
                async move {
                    let unlinked = transaction.delete_identities(&id).await?;
                    if unlinked > 0 {
                        let entry = permission.actor.did(AuditOperation::UpdateUser);
                        let entry = entry.on(account_target(&id));
                        let entry = entry.detailed("unlinked from log-in providers");
                        self.catalog.record(&transaction, entry).await?;
                    }
                    Ok::<_, CatalogError>(unlinked)
                }
            })
            .await?;
        if unlinked > 0 {
            tracing::info!(account = %id, by = %permission.name, "an account was unlinked");
        }
        Ok(unlinked)
    }
}

/// One transaction that finds the account of an identity.
struct IdentityWork<'a> {
    accounts: &'a Accounts,
    actor: &'a Actor,
    transaction: &'a Transaction,
    identity: &'a ProvenIdentity,
    policy: AccountPolicy,
    now: DateTime<Utc>,
}

impl IdentityWork<'_> {
    async fn account(&self, new_id: u64) -> Result<Outcome, CatalogError> {
        let ProvenIdentity { issuer, subject, .. } = self.identity;
        let linked = self.transaction.account_of_identity(issuer, subject).await?;
        if let Some(id) = &linked
            && let Some(user) = self.transaction.user(id).await?
        {
            return self.with_role(user, What::Known).await;
        }
        let missing =
            if linked.is_some() { IdentityRefused::Deleted } else { IdentityRefused::NoAccount };
        let may_create = linked.is_none() && self.policy.creates_accounts;
        if !may_create && !self.policy.links_verified_email {
            return Ok(Outcome::Refused(missing, linked));
        }
        let email = self.identity.verified_email.as_deref().map(normalize_email);
        let Some(email) = email.filter(|email| check_email(email).is_ok()) else {
            return Ok(Outcome::Refused(IdentityRefused::NoVerifiedEmail, linked));
        };
        if let Some(user) = self.transaction.row_lock_user_by_email(&email).await? {
            return self.account_with_address(user).await;
        }
        if !may_create {
            return Ok(Outcome::Refused(missing, linked));
        }
        let name = Some(self.identity.name.as_str()).filter(|name| is_name(name));
        let row = new_row(new_id, &email, name.unwrap_or_default(), self.identity.role, self.now);
        if !self.transaction.create_user(row.clone()).await? {
            // Since the address was looked for, another transaction created this account.
            return match self.transaction.row_lock_user_by_email(&email).await? {
                Some(user) => self.account_with_address(user).await,
                None => Ok(Outcome::Refused(IdentityRefused::EmailTaken, None)),
            };
        }
        self.transaction.set_identity(issuer, subject, &row.id, self.now).await?;
        let detail = format!("role {}, at a log-in through a provider", row.role);
        self.record(&row, AuditOperation::CreateUser, detail).await?;
        Ok(Outcome::Account(Box::new(row), What::Created, false))
    }

    /// The existing account with the verified address of the identity, if it may be linked.
    async fn account_with_address(&self, user: UserRow) -> Result<Outcome, CatalogError> {
        let ProvenIdentity { issuer, subject, .. } = self.identity;
        // Another log-in of the same person may have created it since.
        let linked = self.transaction.account_of_identity(issuer, subject).await?;
        if linked.is_some_and(|linked| linked == user.id) {
            return self.with_role(user, What::Known).await;
        }
        // A second subject with the same address may be another person, who has it now.
        let may_link = self.policy.links_verified_email
            && !self.transaction.has_identity(issuer, &user.id).await?;
        if !may_link {
            return Ok(Outcome::Refused(IdentityRefused::EmailTaken, Some(user.id)));
        }
        self.transaction.set_identity(issuer, subject, &user.id, self.now).await?;
        let detail = "linked at a log-in through a provider".to_owned();
        self.record(&user, AuditOperation::UpdateUser, detail).await?;
        self.with_role(user, What::Linked).await
    }

    /// Who logs in, for the audit log.
    fn actor_of(&self, user: &UserRow) -> Actor {
        self.actor.with_account((&user.id, &user.email), AuditCredential::Provider, None)
    }

    /// Adds an entry about the account to the audit log.
    async fn record(
        &self,
        user: &UserRow,
        operation: AuditOperation,
        detail: String,
    ) -> Result<(), CatalogError> {
        let entry = self.actor_of(user).did(operation).on(account_target(&user.id));
        self.accounts.catalog.record(self.transaction, entry.detailed(detail)).await
    }

    /// The account with the role of the identity. The last ADMIN stays one.
    async fn with_role(&self, user: UserRow, what: What) -> Result<Outcome, CatalogError> {
        if user.is_disabled {
            return Ok(Outcome::Refused(IdentityRefused::Disabled, Some(user.id)));
        }
        // Not locked before: a change of roles locks all ADMINs first.
        if !self.policy.sets_role || user.role == self.identity.role.as_str() {
            return Ok(Outcome::Account(Box::new(user), what, false));
        }
        let change = AccountChange { role: Some(self.identity.role), ..AccountChange::default() };
        let change = Change::Account(change);
        let key = AccountKey::Id(&user.id);
        let actor = self.actor_of(&user);
        let changed = self.accounts.change_in(self.transaction, &actor, key, &change, self.now);
        Ok(match changed.await? {
            (Ok(user), has_lost_rights) => Outcome::Account(Box::new(user), what, has_lost_rights),
            (Err(AccountProblem::LastAdmin(_)), _) => {
                tracing::warn!(account = %user.id, "the last ADMIN keeps its role at a log-in");
                Outcome::Account(Box::new(user), what, false)
            }
            // It was deleted since it was read.
            (Err(_), _) => Outcome::Refused(IdentityRefused::Deleted, Some(user.id)),
        })
    }
}
