//! Loaders of the sessions and tokens of accounts.

use std::collections::HashMap;
use std::sync::Arc;

use super::batch::{Batcher, Load, LoadError};
use crate::catalog::accounts::Accounts;
use crate::graphql::budget::Budget;
use crate::storage::{PersonalTokenRow, SessionRow};

/// The loaders of one request.
pub struct AccountLoaders {
    pub sessions: Batcher<Sessions>,
    pub tokens: Batcher<Tokens>,
}

impl AccountLoaders {
    pub fn new(accounts: &Arc<Accounts>, budget: &Arc<Budget>) -> Self {
        Self {
            sessions: Batcher::new(Sessions(Arc::clone(accounts)), budget),
            tokens: Batcher::new(Tokens(Arc::clone(accounts)), budget),
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
