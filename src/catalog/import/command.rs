//! One request that may change one document, in one transaction: planned without a trace, or carried
//! out once, however often it is sent.

use std::sync::Arc;

use chrono::TimeDelta;
use serde::Serialize;

use super::pipeline::Batch;
use super::{ImportOptions, Operation, Outcome};
use crate::catalog::access::Author;
use crate::catalog::{Catalog, CatalogError};
use crate::document::text::sha256;
use crate::document::{Category, MovieId, Problem, ProblemCode};
use crate::storage::{NewIdempotencyKey, Transaction, TransientError as _};

/// How long an idempotency key is remembered.
const KEY_LIVES: TimeDelta = TimeDelta::days(1);
/// Most characters of an idempotency key.
const MAX_KEY: usize = 255;

/// One request that may change one document.
pub(in crate::catalog) struct Act<'a> {
    catalog: &'a Catalog,
    author: &'a Author,
    options: &'a ImportOptions,
    operation: Operation,
    /// What tells this request from others, of a request with an idempotency key.
    hash: String,
    /// What it is about, for its record: the movie, the category as far as it is known, and the text as sent.
    subject: Option<(&'a MovieId, Option<Category>, Option<&'a str>)>,
}

impl<'a> Act<'a> {
    pub(in crate::catalog) fn new(
        catalog: &'a Catalog,
        author: &'a Author,
        options: &'a ImportOptions,
        operation: Operation,
    ) -> Self {
        Self { catalog, author, options, operation, hash: String::new(), subject: None }
    }

    /// Says what the request is about, so that it is on record though it is refused before it is looked at.
    pub(in crate::catalog) fn about(
        mut self,
        movie: &'a MovieId,
        category: Option<Category>,
        sent: Option<&'a str>,
    ) -> Self {
        self.subject = Some((movie, category, sent));
        self
    }

    /// Says what the request is, so that a repeated one is known by its idempotency key.
    pub(in crate::catalog) fn once(mut self, request: &impl Serialize) -> Self {
        if self.options.idempotency_key.is_some() {
            // What a request is made of can be written as JSON; were it otherwise, all would be one.
            let text = serde_json::to_vec(&(request, self.options)).unwrap_or_default();
            self.hash = sha256(&text);
        }
        self
    }

    /// Runs `body` in a transaction; as a dry run, in one that cannot write.
    ///
    /// # Errors
    /// When storage fails; then nothing is written.
    pub(in crate::catalog) async fn run<R>(
        &self,
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
        if let Some(key) =
            key.filter(|key| !(1..=MAX_KEY).contains(&key.chars().count()) || key.contains('\0'))
        {
            let found = key.chars().count();
            let message = format!(
                "the idempotency key has {found} characters; allowed are 1 to {MAX_KEY}, none of them U+0000"
            );
            let refused = || {
                Outcome::rejected(
                    vec![Problem::new("", ProblemCode::Invalid, &message)],
                    None,
                    None,
                )
            };
            return database
                .write(|transaction| async move { self.refuse(&transaction, refused()).await })
                .await;
        }
        let done = database
            .write(|transaction| {
                let body = &body;
                async move {
                    let Some(key) = key else { return body(transaction).await };
                    if let Some(answer) = self.first_answer(&transaction, key).await? {
                        return Ok(answer);
                    }
                    let outcome = body(Arc::clone(&transaction)).await?;
                    self.remember(&transaction, key, &outcome).await?;
                    Ok(outcome)
                }
            })
            .await;
        match done {
            // Tried again and again, and each time someone else was first.
            Err(error) if error.is_transient() => {
                let message = "others keep changing the same; nothing was written, try again";
                Ok(Outcome::rejected(
                    vec![Problem::new("", ProblemCode::Conflict, message)],
                    None,
                    None,
                ))
            }
            done => done,
        }
    }

    async fn first_answer(
        &self,
        transaction: &Transaction,
        key: &str,
    ) -> Result<Option<Outcome>, CatalogError> {
        let not_before = self.catalog.clock.now() - KEY_LIVES;
        let account = &self.author.account;
        let operation = self.operation.as_str();
        let Some(first) =
            transaction.used_idempotency_key(account, operation, key, not_before).await?
        else {
            return Ok(None);
        };
        if first.hash != self.hash {
            let message = "the idempotency key was used with another request; nothing was written";
            let problem = Problem::new("", ProblemCode::IdempotencyMismatch, message);
            return self
                .refuse(transaction, Outcome::rejected(vec![problem], None, None))
                .await
                .map(Some);
        }
        self.catalog.replay(transaction, &first.import_id).await
    }

    /// Keeps the record of a request that is refused.
    async fn refuse(
        &self,
        transaction: &Transaction,
        mut outcome: Outcome,
    ) -> Result<Outcome, CatalogError> {
        let Some((movie, category, sent)) = self.subject else { return Ok(outcome) };
        let Self { catalog, author, options, operation, .. } = *self;
        let batch = Batch { catalog, author, options, operation, create_movies: false };
        batch
            .record_unplanned(transaction, movie, category, sent, &mut outcome, catalog.clock.now())
            .await?;
        Ok(outcome)
    }

    async fn remember(
        &self,
        transaction: &Transaction,
        key: &str,
        outcome: &Outcome,
    ) -> Result<(), CatalogError> {
        let Some(import_id) = &outcome.import_id else { return Ok(()) };
        let now = self.catalog.clock.now();
        let (account, operation) = (&self.author.account, self.operation.as_str());
        let hash = &self.hash;
        transaction
            .store_idempotency_key(
                &NewIdempotencyKey { account, operation, key, hash, import_id, now },
                now - KEY_LIVES,
            )
            .await?;
        Ok(())
    }
}
