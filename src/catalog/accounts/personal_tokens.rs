//! Personal access tokens, for scripts and agents.
//!
//! A token is `rp_`, 40 random letters and digits, and six digits of a check sum, so that a scanner
//! finds leaked ones with few false alarms. Only its hash is stored.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use super::tokens::InvalidToken;
use super::{Accounts, is_name, passwords, role_of};
use crate::catalog::CatalogError;
use crate::catalog::access::{CanManageAccounts, Credential, Principal, Role};
use crate::catalog::audit::{Actor, AuditOperation, AuditTarget, AuditTargetKind};
use crate::document::ids::entity_id;
use crate::document::{Category, Source};
pub use crate::storage::PersonalTokenRow;
use crate::storage::{TokenStanding, UserRow};

/// How every token begins.
pub const PREFIX: &str = "rp_";
/// Random characters of a token.
const SECRET_LENGTH: usize = 40;
/// Digits of the check sum.
const CHECK_LENGTH: usize = 6;
const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Maximum number of tokens of an account that were neither revoked nor have expired.
pub const MAX_TOKENS: u64 = 100;
/// The days after which a token expires if nothing else is said.
pub const DEFAULT_DAYS: i64 = 90;
/// The most days that a token can be made for.
pub const MAX_DAYS: i64 = 3_650;
/// How often the last use of a token is stored at most, in seconds.
const USE_INTERVAL: TimeDelta = TimeDelta::seconds(60);
/// Maximum number of tokens whose last use is remembered in the process.
const MAX_NOTED: usize = 10_000;

/// When the last use of each token was stored.
pub(super) type NotedUses = Mutex<HashMap<String, DateTime<Utc>>>;

/// When a token expires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expiry {
    Days(i64),
    Never,
}

/// A token to make.
#[derive(Debug, Clone)]
pub struct NewToken {
    pub name: String,
    pub role: Role,
    /// The source of changes made with it that name none.
    pub source: Option<Source>,
    /// The only categories that it may change. `None`: all.
    pub categories: Option<Vec<Category>>,
    /// Whether a token of a language model may publish.
    pub can_publish: bool,
    pub expiry: Expiry,
}

/// A token that was made. Its text is not stored.
#[derive(Debug)]
pub struct CreatedToken {
    pub text: String,
    pub row: PersonalTokenRow,
}

/// Why a token was not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenProblem {
    #[error(
        "this needs the access token of a log-in here, not a personal access token or one of \
         another issuer"
    )]
    NoAccount,
    #[error("a name has 1 to 100 characters, without line breaks and other controls")]
    Name,
    #[error("found the role {found}; allowed is {allowed} or a role below it", found = .0.as_str(),
        allowed = .1.as_str())]
    Role(Role, Role),
    #[error("found {0} days; allowed is 1 to {MAX_DAYS}, or never to expire")]
    Days(i64),
    #[error("found no categories; name at least one, or leave them out for all")]
    NoCategories,
    #[error("there are {MAX_TOKENS} tokens already; revoke one first")]
    TooMany,
}

/// Whose token is revoked.
#[derive(Debug, Clone, Copy)]
pub enum TokenOwner<'a> {
    /// The account's own.
    Account(&'a str),
    /// Anyone's.
    Anyone(&'a CanManageAccounts),
}

/// A token as what an operation is about.
fn token_target(id: &str) -> AuditTarget {
    AuditTarget::new(AuditTargetKind::Token, id)
}

/// The check sum of the first part of a token: its CRC-32 with 62 digits.
fn check_sum(text: &str) -> String {
    let mut rest = crc32fast::hash(text.as_bytes());
    let mut digits = [b'0'; CHECK_LENGTH];
    for digit in digits.iter_mut().rev() {
        *digit = DIGITS[(rest % 62) as usize];
        rest /= 62;
    }
    digits.into_iter().map(char::from).collect()
}

/// Whether a text has the form of a token, with the right check sum.
fn is_well_formed(text: &str) -> bool {
    let is_digits = text.len() == PREFIX.len() + SECRET_LENGTH + CHECK_LENGTH
        && text.bytes().skip(PREFIX.len()).all(|byte| byte.is_ascii_alphanumeric());
    is_digits && {
        let (token, sum) = text.split_at(PREFIX.len() + SECRET_LENGTH);
        check_sum(token) == sum
    }
}

/// Verifies a personal access token and returns its account, with the rights that both have now.
pub(super) async fn authenticate(
    accounts: &Accounts,
    text: &str,
) -> Result<Result<Principal, InvalidToken>, CatalogError> {
    if !is_well_formed(text) {
        return Ok(Err(InvalidToken::Malformed));
    }
    authenticate_hash(accounts, &passwords::hash_of_secret(text)).await
}

/// Verifies the personal access token with this id, as if it had been sent.
pub(super) async fn authenticate_id(
    accounts: &Accounts,
    id: &str,
) -> Result<Result<Principal, InvalidToken>, CatalogError> {
    let found = accounts.catalog.database.personal_tokens_by_id(&[id.to_owned()]).await?.pop();
    match found {
        Some(row) => authenticate_hash(accounts, &row.hash).await,
        None => Ok(Err(InvalidToken::Ended)),
    }
}

async fn authenticate_hash(
    accounts: &Accounts,
    hash: &str,
) -> Result<Result<Principal, InvalidToken>, CatalogError> {
    let Some(token) = accounts.standings.token(&accounts.catalog, hash).await? else {
        return Ok(Err(InvalidToken::Ended));
    };
    let now = accounts.catalog.clock.now();
    if token.account.is_disabled {
        return Ok(Err(InvalidToken::Ended));
    }
    if token.expires_at.is_some_and(|expires_at| expires_at <= now) {
        return Ok(Err(InvalidToken::Expired));
    }
    accounts.note_use(&token, now);
    Ok(Ok(principal(&token)))
}

fn principal(token: &TokenStanding) -> Principal {
    let source = token.source.as_deref().and_then(Source::parse);
    let mut role = role_of(&token.role).limited_to(role_of(&token.account.role));
    // What a model writes is looked at before it is published, unless the owner said otherwise.
    if source == Some(Source::LlmGenerated) && !token.can_publish {
        role = role.limited_to(Role::Contributor);
    }
    let categories = token.categories.as_deref().map(parse_categories);
    Principal {
        subject: token.account.id.clone(),
        email: token.account.email.clone(),
        role,
        source,
        credential: Credential::Personal { id: token.id.clone(), categories },
        expires_at: None,
        origin: Arc::default(),
    }
}

impl Accounts {
    /// Stores that a token was used, at most once a minute, without making the request wait.
    fn note_use(&self, token: &TokenStanding, now: DateTime<Utc>) {
        if self.catalog.database.is_read_only() {
            return;
        }
        let is_recent = |used: DateTime<Utc>| now - used < USE_INTERVAL;
        {
            let mut noted = self.noted_uses.lock().unwrap_or_else(PoisonError::into_inner);
            let last = noted.get(&token.id).copied().max(token.used_at);
            if last.is_some_and(is_recent) {
                return;
            }
            if noted.len() >= MAX_NOTED {
                noted.clear();
            }
            noted.insert(token.id.clone(), now);
        }
        let (accounts, id) = (self.clone(), token.id.clone());
        tokio::spawn(async move {
            let stored = accounts.catalog.database.write(|transaction| {
                let id = id.clone();
                async move {
                    let unless_after = now - USE_INTERVAL;
                    transaction.note_use_of_personal_token(&id, now, unless_after).await?;
                    Ok::<_, CatalogError>(())
                }
            });
            if let Err(error) = stored.await {
                tracing::debug!(token = %id, %error, "the use of a token was not stored");
            }
        });
    }

    /// Makes a token for the account of a request.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn create_own_token(
        &self,
        principal: &Principal,
        new: NewToken,
    ) -> Result<Result<CreatedToken, TokenProblem>, CatalogError> {
        // A token cannot make tokens: one that leaks could outlive its own expiry.
        match self.login_account(principal).await? {
            Some(user) => self.create_token(&principal.actor(), &user, new).await,
            None => Ok(Err(TokenProblem::NoAccount)),
        }
    }

    /// Makes a token for an account.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn create_token(
        &self,
        actor: &Actor,
        user: &UserRow,
        new: NewToken,
    ) -> Result<Result<CreatedToken, TokenProblem>, CatalogError> {
        let name = new.name.trim().to_owned();
        let own_role = role_of(&user.role);
        let problem = if name.is_empty() || !is_name(&name) {
            Some(TokenProblem::Name)
        } else if !own_role.includes(new.role) {
            Some(TokenProblem::Role(new.role, own_role))
        } else if new.categories.as_ref().is_some_and(Vec::is_empty) {
            Some(TokenProblem::NoCategories)
        } else {
            match new.expiry {
                Expiry::Days(days) if !(1..=MAX_DAYS).contains(&days) => {
                    Some(TokenProblem::Days(days))
                }
                _ => None,
            }
        };
        if let Some(problem) = problem {
            return Ok(Err(problem));
        }
        let token = format!("{PREFIX}{}", passwords::generate_secret());
        let text = format!("{token}{}", check_sum(&token));
        let now = self.catalog.clock.now();
        let mut categories = new.categories;
        if let Some(categories) = &mut categories {
            categories.sort_unstable();
            categories.dedup();
        }
        let names = |list: Vec<Category>| {
            list.into_iter().map(Category::as_str).collect::<Vec<_>>().join(",")
        };
        let row = PersonalTokenRow {
            id: entity_id(self.catalog.ids.next(), "token"),
            account: user.id.clone(),
            name,
            hash: passwords::hash_of_secret(&text),
            role: new.role.as_str().to_owned(),
            source: new.source.map(|source| source.as_str().to_owned()),
            categories: categories.map(names),
            can_publish: new.can_publish,
            created_at: now,
            expires_at: match new.expiry {
                Expiry::Days(days) => Some(now + TimeDelta::days(days)),
                Expiry::Never => None,
            },
            used_at: None,
        };
        let is_stored = self
            .catalog
            .database
            .write(|transaction| {
                let row = row.clone();
                async move {
                    // Two requests at once count one after the other.
                    if transaction.row_lock_user(&row.account).await?.is_none() {
                        return Ok(false);
                    }
                    if transaction.count_personal_tokens(&row.account, now).await? >= MAX_TOKENS {
                        return Ok(false);
                    }
                    let expiry = match row.expires_at {
                        Some(time) => format!("expires {}", time.format("%Y-%m-%d")),
                        None => "never expires".to_owned(),
                    };
                    let entry = actor.did(AuditOperation::CreateToken).on(token_target(&row.id));
                    let detail =
                        format!("role {}, {expiry}{}, of {}", row.role, limits(&row), row.account);
                    let entry = entry.detailed(detail);
                    transaction.create_personal_token(row).await?;
                    self.catalog.record(&transaction, entry).await?;
                    Ok::<_, CatalogError>(true)
                }
            })
            .await?;
        if !is_stored {
            return Ok(Err(TokenProblem::TooMany));
        }
        tracing::info!(account = %row.account, token = %row.id, "a personal token was made");
        Ok(Ok(CreatedToken { text, row }))
    }

    /// The tokens of these accounts that were not revoked, the newest first.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn personal_tokens(
        &self,
        accounts: &[String],
    ) -> Result<Vec<PersonalTokenRow>, CatalogError> {
        Ok(self.catalog.database.personal_tokens(accounts).await?)
    }

    /// The tokens with these ids that were not revoked.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn personal_tokens_by_id(
        &self,
        ids: &[String],
    ) -> Result<Vec<PersonalTokenRow>, CatalogError> {
        Ok(self.catalog.database.personal_tokens_by_id(ids).await?)
    }

    /// Revokes a token. When this returns, no server accepts it. Returns whether there was one.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn revoke_token(
        &self,
        actor: &Actor,
        owner: TokenOwner<'_>,
        id: &str,
    ) -> Result<bool, CatalogError> {
        let now = self.catalog.clock.now();
        let account = match owner {
            TokenOwner::Account(id) => Some(id),
            TokenOwner::Anyone(_) => None,
        };
        let revoked = self
            .catalog
            .database
            .write(|transaction| async move {
                let revoked = transaction.revoke_personal_tokens(account, Some(id), now).await?;
                if revoked > 0 {
                    let entry = actor.did(AuditOperation::RevokeToken).on(token_target(id));
                    self.catalog.record(&transaction, entry).await?;
                }
                Ok::<_, CatalogError>(revoked)
            })
            .await?;
        if revoked > 0 {
            tracing::info!(token = %id, "a personal token was revoked");
            self.settle().await;
        }
        Ok(revoked > 0)
    }
}

/// What limits a token beyond its role, for the audit log.
fn limits(row: &PersonalTokenRow) -> String {
    let source = row.source.as_ref().map(|source| format!(", source {source}"));
    let publishes = row.can_publish.then(|| ", may publish".to_owned());
    let categories = row.categories.as_ref().map(|names| format!(", only {names}"));
    [source, publishes, categories].into_iter().flatten().collect()
}

/// The categories as they are stored: separated by commas.
fn parse_categories(text: &str) -> Arc<[Category]> {
    text.split(',').filter_map(|name| name.parse().ok()).collect()
}

/// The categories of a stored token.
#[must_use]
pub fn categories_of(row: &PersonalTokenRow) -> Option<Arc<[Category]>> {
    row.categories.as_deref().map(parse_categories)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_with_another_character_has_another_check_sum() {
        let token = format!("{PREFIX}{}", "a1B2c3D4e5".repeat(4));
        let text = format!("{token}{}", check_sum(&token));
        assert!(is_well_formed(&text), "{text}");
        for position in 3..text.len() {
            let mut changed: Vec<char> = text.chars().collect();
            changed[position] = if changed[position] == 'x' { 'y' } else { 'x' };
            assert!(!is_well_formed(&changed.into_iter().collect::<String>()), "{position}");
        }
        for other in ["rp_", "", &text[..48], &format!("{text}0"), &text.replace("rp_", "ghp")] {
            assert!(!is_well_formed(other), "{other}");
        }
    }
}
