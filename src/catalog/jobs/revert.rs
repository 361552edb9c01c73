//! What a job that reverts another one does with each document.

use super::attempt::author;
use super::batch::JobError;
use super::documents::DocumentWork;
use super::outcomes;
use super::selected_documents::SelectedDocument;
use super::start_revert::{Reversion, RevertJobOptions};
use crate::catalog::access::Author;
use crate::catalog::audit::AuditOperation;
use crate::catalog::bulk::Pending;
use crate::catalog::drafts::publish::PublishOptions;
use crate::catalog::import::{ImportCommand, ImportOptions, Operation};
use crate::catalog::{Catalog, CatalogError};
use crate::document::problem::WarningCode;
use crate::document::{Metadata, MovieId, Problem, ProblemCode, Warning};
use crate::storage::{JobOutcomeRow, JobRow, Transaction};

/// Reverts documents.
pub(super) struct RevertWork<'a> {
    catalog: &'a Catalog,
    author: Author,
    options: ImportOptions,
}

impl<'a> RevertWork<'a> {
    pub(super) fn of(catalog: &'a Catalog, job: &JobRow) -> Result<Self, CatalogError> {
        let RevertJobOptions { dry_run, .. } = serde_json::from_str(&job.options)?;
        let options = PublishOptions { dry_run, ..PublishOptions::default() }.import_options();
        Ok(Self { catalog, author: author(job)?, options })
    }
}

impl DocumentWork for RevertWork<'_> {
    type State = Reversion;

    async fn work_on(
        &self,
        transaction: &Transaction,
        pending: &Pending,
        document: &SelectedDocument<Reversion>,
    ) -> Result<JobOutcomeRow, JobError> {
        let SelectedDocument { movie, category, state, .. } = document;
        let key = (movie, *category);
        transaction.advisory_lock_movies(&[movie]).await?;
        let current = transaction.documents(&[movie], &[*category]).await?.pop();
        if let Some(current) = current
            && let Some(problem) = changed_since(state, &current.metadata)
        {
            return Ok(outcomes::rejected(pending, Some(key), &[problem])?);
        }
        let options = &ImportOptions { revision: Some(state.to), ..self.options.clone() };
        let command = ImportCommand {
            catalog: self.catalog,
            author: &self.author,
            operation: Operation::Revert,
            options,
            audit: Some(AuditOperation::RevertCategory),
        };
        let mut outcome = command.revert_document(transaction, movie, *category, state.to).await?;
        if state.movie_created
            && let Some(plan) = &mut outcome.plan
        {
            plan.warnings.push(movie_kept(movie));
        }
        Ok(outcomes::imported(pending, key, &outcome)?)
    }
}

/// The problem of a document that was changed after the job that is reverted.
fn changed_since(published: &Reversion, current: &Metadata) -> Option<Problem> {
    // A movie that was deleted and created again has the same numbers.
    if current.revision == published.revision
        && current.last_updated == Some(published.published_at)
    {
        return None;
    }
    let by = current.updated_by.as_ref().map(|name| format!(" by {name}")).unwrap_or_default();
    let message = format!(
        "the document was changed{by} after the job, and has revision {} now; it is left as it is",
        current.revision
    );
    Some(Problem::new("", ProblemCode::Conflict, message))
}

fn movie_kept(movie: &MovieId) -> Warning {
    let message = format!("the job created the movie {movie}, which stays; deleteMovie deletes it");
    Warning::new("", WarningCode::MovieKept, message)
}
