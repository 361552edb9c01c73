//! Runs a request in one transaction, and only once: a request that is repeated with the same
//! idempotency key gets the outcome of the first.

use std::sync::Arc;

use chrono::TimeDelta;

use super::Outcome;
use super::command::ImportCommand;
use crate::catalog::CatalogError;
use crate::document::plan::policy::Operation;
use crate::document::text::sha256;
use crate::document::{Category, MovieId, Problem, ProblemCode};
use crate::storage::{NewIdempotencyKey, Transaction, TransientError as _};

/// How long an idempotency key is valid.
const KEY_LIFETIME: TimeDelta = TimeDelta::days(1);
/// Maximum number of characters of an idempotency key.
const MAX_KEY: usize = 255;

/// The parts of a request that the import log stores, and by which a repeated request is
/// recognized.
pub(in crate::catalog) struct Request<'a> {
    pub(in crate::catalog) movie: &'a MovieId,
    /// The category, if it is known before the document is read.
    pub(in crate::catalog) category: Option<Category>,
    /// The category of the document, if it was read.
    pub(in crate::catalog) read_category: Option<Category>,
    /// The text as sent.
    pub(in crate::catalog) sent: Option<&'a str>,
    /// The revision to revert to.
    pub(in crate::catalog) revision: Option<i64>,
}

impl<'a> Request<'a> {
    /// A request for one document, without a text.
    pub(in crate::catalog) const fn for_document(movie: &'a MovieId, category: Category) -> Self {
        let category = Some(category);
        Self { movie, category, read_category: category, sent: None, revision: None }
    }
}

impl ImportCommand<'_> {
    /// Runs `body` in a transaction, unless a request with the same idempotency key was already
    /// executed: then returns the outcome of that request. A dry run uses a read-only snapshot.
    ///
    /// `body` may run several times, because a transaction that fails for a transient reason is
    /// repeated.
    ///
    /// # Errors
    /// If storage fails. Then nothing is written.
    pub(in crate::catalog) async fn run_once<R>(
        &self,
        request: &Request<'_>,
        body: impl Fn(Arc<Transaction>) -> R,
    ) -> Result<Outcome, CatalogError>
    where
        R: Future<Output = Result<Outcome, CatalogError>>,
    {
        let database = &self.catalog.database;
        if self.options.dry_run {
            return database.snapshot(&body).await;
        }
        let key = self.options.idempotency_key.as_deref();
        if let Some(problem) = key.and_then(invalid_idempotency_key) {
            let problem = &problem;
            return database
                .write(|transaction| async move {
                    let outcome = Outcome::rejected(vec![problem.clone()], None, None);
                    self.log_without_plan(&transaction, request, outcome).await
                })
                .await;
        }
        let result = database
            .write(|transaction| {
                let body = &body;
                async move {
                    let Some(key) = key else { return body(transaction).await };
                    let hash = self.request_hash(request)?;
                    if let Some(outcome) =
                        self.first_outcome(&transaction, request, key, &hash).await?
                    {
                        self.author.actor.origin.note_recorded();
                        return Ok(outcome);
                    }
                    let outcome = body(Arc::clone(&transaction)).await?;
                    self.store_key(&transaction, key, &hash, &outcome).await?;
                    Ok(outcome)
                }
            })
            .await;
        match result {
            // Every attempt conflicted with another writer. The key is not stored, so that the
            // request can be repeated.
            Err(error) if error.is_transient() => Ok(self.log_conflict(request).await),
            result => result,
        }
    }

    /// The SHA-256 hash of a request, which distinguishes it from other requests with the same key.
    fn request_hash(&self, request: &Request<'_>) -> Result<String, CatalogError> {
        let Request { movie, category, sent, revision, .. } = request;
        let options = self.options;
        let text = match self.operation {
            Operation::Import => serde_json::to_vec(&((movie, category, sent), options))?,
            Operation::Revert => serde_json::to_vec(&((movie, category, revision), options))?,
            _ => serde_json::to_vec(&((movie, category), options))?,
        };
        Ok(sha256(&text))
    }

    /// The outcome of the request that first used the key; `None` if the key is new. Rejects a
    /// request that differs from the first.
    async fn first_outcome(
        &self,
        transaction: &Transaction,
        request: &Request<'_>,
        key: &str,
        hash: &str,
    ) -> Result<Option<Outcome>, CatalogError> {
        let not_before = self.catalog.clock.now() - KEY_LIFETIME;
        let (account, operation) = (&self.author.account, self.operation.as_str());
        let Some(first) =
            transaction.used_idempotency_key(account, operation, key, not_before).await?
        else {
            return Ok(None);
        };
        if first.hash != hash {
            let message = "the idempotency key was used with another request; nothing was written";
            let problem = Problem::new("", ProblemCode::IdempotencyMismatch, message);
            let outcome = Outcome::rejected(vec![problem], None, None);
            return self.log_without_plan(transaction, request, outcome).await.map(Some);
        }
        self.catalog.logged_outcome(transaction, &first.import_id).await
    }

    /// Stores the key, and deletes keys that are no longer valid.
    async fn store_key(
        &self,
        transaction: &Transaction,
        key: &str,
        hash: &str,
        outcome: &Outcome,
    ) -> Result<(), CatalogError> {
        let Some(import_id) = &outcome.import_id else { return Ok(()) };
        let now = self.catalog.clock.now();
        let (account, operation) = (&self.author.account, self.operation.as_str());
        let key = NewIdempotencyKey { account, operation, key, hash, import_id, now };
        transaction.store_idempotency_key(&key, now - KEY_LIFETIME).await?;
        Ok(())
    }
}

/// The problem of an idempotency key that is not allowed.
#[must_use]
pub fn invalid_idempotency_key(key: &str) -> Option<Problem> {
    let length = key.chars().count();
    if (1..=MAX_KEY).contains(&length) && !key.contains('\0') {
        return None;
    }
    let message = format!(
        "the idempotency key has {length} characters; allowed are 1 to {MAX_KEY}, none of them \
         U+0000"
    );
    Some(Problem::of_option("idempotency_key", ProblemCode::Invalid, message))
}
