//! What decides whether a token is accepted: its account and session as they are now. These reads
//! are counted apart from the statements of requests, since servers keep their results.

use chrono::{DateTime, Utc};

use crate::storage::{Database, StorageError};

const EPOCH: &str = "SELECT value FROM access_epoch WHERE id = 1";
const SESSION: &str = "SELECT u.id, u.email, u.role, u.is_disabled, u.version \
    FROM sessions s JOIN users u ON u.id = s.account_id \
    WHERE s.id = $1 AND s.ended_at IS NULL";
const ACCOUNT: &str = "SELECT u.id, u.email, u.role, u.is_disabled, u.version, u.tokens_since \
    FROM users u WHERE u.id = $1";
const IS_DELETED: &str = "SELECT deleted_at FROM deleted_accounts WHERE id = $1";
const TOKEN: &str = "SELECT u.id, u.email, u.role, u.is_disabled, u.version, \
        t.id, t.role, t.source, t.categories, t.can_publish, t.expires_at, t.used_at \
    FROM personal_tokens t JOIN users u ON u.id = t.account_id \
    WHERE t.hash = $1 AND t.revoked_at IS NULL";

type AccountRow = (String, String, String, bool, i64);
type AccountSinceRow = (String, String, String, bool, i64, Option<DateTime<Utc>>);
type TokenRow = (
    String,
    String,
    String,
    bool,
    i64,
    String,
    String,
    Option<String>,
    Option<String>,
    bool,
    Option<DateTime<Utc>>,
    Option<DateTime<Utc>>,
);

/// The rights of an account as they are now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountStanding {
    pub id: String,
    pub email: String,
    pub role: String,
    pub is_disabled: bool,
    /// The version that the account's access tokens must have.
    pub version: i64,
    /// Tokens without a version that were issued earlier are not accepted.
    pub tokens_since: Option<DateTime<Utc>>,
}

/// A personal access token with its account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenStanding {
    pub account: AccountStanding,
    pub id: String,
    pub role: String,
    pub source: Option<String>,
    pub categories: Option<String>,
    pub can_publish: bool,
    pub expires_at: Option<DateTime<Utc>>,
    pub used_at: Option<DateTime<Utc>>,
}

/// What is known of an account id that a token names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SubjectStanding {
    Known(AccountStanding),
    /// There was such an account.
    Deleted,
    /// There has never been such an account.
    Unknown,
}

fn account((id, email, role, is_disabled, version): AccountRow) -> AccountStanding {
    AccountStanding { id, email, role, is_disabled, version, tokens_since: None }
}

impl Database {
    /// The access epoch: it differs after any account, session or token has lost rights.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn access_epoch(&self) -> Result<i64, StorageError> {
        let found: Option<(i64,)> = self.access_reader.row(EPOCH, &[]).await?;
        Ok(found.map_or(0, |(value,)| value))
    }

    /// The account of a session that has not been ended.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn session_standing(
        &self,
        session: &str,
    ) -> Result<Option<AccountStanding>, StorageError> {
        let found: Option<AccountRow> = self.access_reader.row(SESSION, &[session]).await?;
        Ok(found.map(account))
    }

    /// What is known of an account id.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn subject_standing(&self, id: &str) -> Result<SubjectStanding, StorageError> {
        let found: Option<AccountSinceRow> = self.access_reader.row(ACCOUNT, &[id]).await?;
        if let Some((id, email, role, is_disabled, version, tokens_since)) = found {
            let known = AccountStanding { id, email, role, is_disabled, version, tokens_since };
            return Ok(SubjectStanding::Known(known));
        }
        let deleted: Option<(DateTime<Utc>,)> = self.access_reader.row(IS_DELETED, &[id]).await?;
        Ok(if deleted.is_some() { SubjectStanding::Deleted } else { SubjectStanding::Unknown })
    }

    /// The personal access token with this hash, unless it was revoked.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn token_standing(&self, hash: &str) -> Result<Option<TokenStanding>, StorageError> {
        let found: Option<TokenRow> = self.access_reader.row(TOKEN, &[hash]).await?;
        Ok(found.map(
            |(
                account_id,
                email,
                account_role,
                is_disabled,
                version,
                id,
                role,
                source,
                categories,
                can_publish,
                expires_at,
                used_at,
            )| TokenStanding {
                account: account((account_id, email, account_role, is_disabled, version)),
                id,
                role,
                source,
                categories,
                can_publish,
                expires_at,
                used_at,
            },
        ))
    }

    /// The number of these reads since the database was opened.
    #[must_use]
    pub fn access_query_count(&self) -> u64 {
        self.access_reader.count()
    }
}
