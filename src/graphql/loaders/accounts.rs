//! Loaders of the sessions and tokens of accounts.

use std::collections::HashMap;
use std::sync::Arc;

use super::batch::{Batcher, Load, LoadError};
use crate::catalog::accounts::Accounts;
use crate::graphql::budget::Budget;
use crate::storage::{PersonalTokenRow, SessionRow, UserRow};

/// The loaders of one request.
pub struct AccountLoaders {
    pub sessions: Batcher<Sessions>,
    pub tokens: Batcher<Tokens>,
    pub users: Batcher<Users>,
    pub sessions_by_id: Batcher<SessionsById>,
    pub tokens_by_id: Batcher<TokensById>,
}

impl AccountLoaders {
    pub fn new(accounts: &Arc<Accounts>, budget: &Arc<Budget>) -> Self {
        Self {
            sessions: Batcher::new(Sessions(Arc::clone(accounts)), budget),
            tokens: Batcher::new(Tokens(Arc::clone(accounts)), budget),
            users: Batcher::new(Users(Arc::clone(accounts)), budget),
            sessions_by_id: Batcher::new(SessionsById(Arc::clone(accounts)), budget),
            tokens_by_id: Batcher::new(TokensById(Arc::clone(accounts)), budget),
        }
    }
}

/// The open sessions of an account, the newest first.
pub struct Sessions(Arc<Accounts>);

impl Load for Sessions {
    type Key = String;
    type Value = Vec<SessionRow>;

    async fn load(&self, keys: &[String]) -> Result<HashMap<String, Vec<SessionRow>>, LoadError> {
        let mut found: HashMap<String, Vec<SessionRow>> = HashMap::new();
        for row in self.0.sessions(keys).await? {
            found.entry(row.account.clone()).or_default().push(row);
        }
        Ok(found)
    }
}

/// The tokens of an account that were not revoked, the newest first.
pub struct Tokens(Arc<Accounts>);

impl Load for Tokens {
    type Key = String;
    type Value = Vec<PersonalTokenRow>;

    async fn load(
        &self,
        keys: &[String],
    ) -> Result<HashMap<String, Vec<PersonalTokenRow>>, LoadError> {
        let mut found: HashMap<String, Vec<PersonalTokenRow>> = HashMap::new();
        for row in self.0.personal_tokens(keys).await? {
            found.entry(row.account.clone()).or_default().push(row);
        }
        Ok(found)
    }
}

/// Accounts by id.
pub struct Users(Arc<Accounts>);

impl Load for Users {
    type Key = String;
    type Value = UserRow;

    async fn load(&self, keys: &[String]) -> Result<HashMap<String, UserRow>, LoadError> {
        let rows = self.0.stored_accounts(keys).await?;
        Ok(rows.into_iter().map(|row| (row.id.clone(), row)).collect())
    }
}

/// Open sessions by id.
pub struct SessionsById(Arc<Accounts>);

impl Load for SessionsById {
    type Key = String;
    type Value = SessionRow;

    async fn load(&self, keys: &[String]) -> Result<HashMap<String, SessionRow>, LoadError> {
        let rows = self.0.sessions_by_id(keys).await?;
        Ok(rows.into_iter().map(|row| (row.id.clone(), row)).collect())
    }
}

/// Tokens that were not revoked, by id.
pub struct TokensById(Arc<Accounts>);

impl Load for TokensById {
    type Key = String;
    type Value = PersonalTokenRow;

    async fn load(&self, keys: &[String]) -> Result<HashMap<String, PersonalTokenRow>, LoadError> {
        let rows = self.0.personal_tokens_by_id(keys).await?;
        Ok(rows.into_iter().map(|row| (row.id.clone(), row)).collect())
    }
}
