//! Links that set a forgotten password once. An ADMIN or the command line makes one, and it is
//! given to the person.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::management::{AccountKey, replace_password};
use super::{AccountProblem, Accounts, account_target, check_password, passwords};
use crate::catalog::CatalogError;
use crate::catalog::access::CanManageAccounts;
use crate::catalog::audit::{Actor, AuditCredential, AuditOperation};

/// How long a link is valid.
const LIFETIME: Duration = Duration::from_hours(24);

/// A new link, whose secret is not stored.
#[derive(Debug)]
pub struct PasswordLink {
    pub secret: String,
    pub expires_at: DateTime<Utc>,
}

/// Why a link did not set a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LinkRefused {
    /// There is no such link, or it was used or has expired.
    Unknown,
    Problem(AccountProblem),
}

impl Accounts {
    /// Makes a link for an account. Earlier links of the account are no longer valid.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn create_password_link(
        &self,
        permission: &CanManageAccounts,
        key: AccountKey<'_>,
    ) -> Result<Result<PasswordLink, AccountProblem>, CatalogError> {
        let user = self.find(key).await?;
        let (AccountKey::Id(shown) | AccountKey::Email(shown)) = key;
        let Some(user) = user else {
            return Ok(Err(AccountProblem::NotFound(shown.chars().take(80).collect())));
        };
        let secret = passwords::generate_secret();
        let hash = passwords::hash_of_secret(&secret);
        let expires_at = self.catalog.clock.now() + LIFETIME;
        self.catalog
            .database
            .write(|transaction| {
                let (hash, account) = (hash.clone(), user.id.clone());
                async move {
                    transaction.create_password_link(hash, &account, expires_at).await?;
                    let entry = permission.actor.did(AuditOperation::CreatePasswordLink);
                    let entry = entry.on(account_target(&account));
                    self.catalog.record(&transaction, entry).await?;
                    Ok::<_, CatalogError>(())
                }
            })
            .await?;
        tracing::info!(account = %user.id, by = %permission.name, "a password link was made");
        Ok(Ok(PasswordLink { secret, expires_at }))
    }

    /// Sets the password of the link's account, and ends its sessions. The link is then used up.
    ///
    /// # Errors
    /// When storage or hashing fails.
    pub async fn set_password_by_link(
        &self,
        secret: &str,
        password: &str,
        actor: &Actor,
    ) -> Result<Result<(), LinkRefused>, CatalogError> {
        let now = self.catalog.clock.now();
        let link = passwords::hash_of_secret(secret);
        // Before the expensive hash, and so that a password that is refused does not use it up.
        let Some(account) = self.catalog.database.password_link(&link, now).await? else {
            return Ok(Err(LinkRefused::Unknown));
        };
        let Some(user) = self.catalog.database.user_by_id(&account).await? else {
            return Ok(Err(LinkRefused::Unknown));
        };
        if let Err(problem) = check_password(password, &user.email) {
            return Ok(Err(LinkRefused::Problem(problem)));
        }
        let hash = passwords::hash(password.to_owned()).await?;
        let kind = AuditCredential::PasswordLink;
        let actor = &actor.with_account((&user.id, &user.email), kind, None);
        let is_set = self
            .catalog
            .database
            .write(|transaction| {
                let (link, hash) = (link.clone(), hash.clone());
                async move {
                    let Some(account) = transaction.take_password_link(&link, now).await? else {
                        return Ok(false);
                    };
                    replace_password(&transaction, &account, hash, false, now).await?;
                    let entry = actor.did(AuditOperation::UsePasswordLink);
                    let entry = entry.on(account_target(&account));
                    self.catalog.record(&transaction, entry).await?;
                    Ok::<_, CatalogError>(true)
                }
            })
            .await?;
        if !is_set {
            return Ok(Err(LinkRefused::Unknown));
        }
        self.throttle.record_success(&user.email).await;
        tracing::info!(account = %user.id, "a password was set by a link");
        self.settle().await;
        Ok(Ok(()))
    }
}
