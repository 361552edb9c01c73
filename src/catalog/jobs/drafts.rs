//! What a job that publishes or discards drafts does with each of them.

use super::attempt::author;
use super::batch::JobError;
use super::documents::DocumentWork;
use super::outcomes;
use super::selected_documents::SelectedDocument;
use super::start_drafts::{DraftAction, SelectedDraft};
use crate::catalog::access::Author;
use crate::catalog::audit::AuditOperation;
use crate::catalog::bulk::Pending;
use crate::catalog::import::{ImportCommand, ImportOptions, ImportStatus, Operation, Outcome};
use crate::catalog::{Catalog, CatalogError};
use crate::document::plan::Report;
use crate::document::plan::diff::ChangeOperation;
use crate::document::{Problem, ProblemCode, Stage};
use crate::storage::{JobOutcome, JobOutcomeRow, JobRow, Transaction};

/// What is done with each draft.
pub(super) struct DraftWork<'a> {
    catalog: &'a Catalog,
    author: Author,
    action: DraftAction,
    /// The options of the action as those of an import.
    options: ImportOptions,
}

impl<'a> DraftWork<'a> {
    pub(super) fn of(catalog: &'a Catalog, job: &JobRow) -> Result<Self, CatalogError> {
        let action = DraftAction::of(job)?;
        let options = match &action {
            DraftAction::Publish(options) => options.publish_options().import_options(),
            DraftAction::Discard(options) => ImportOptions {
                target: Stage::Draft,
                reason: options.reason.clone(),
                ..ImportOptions::default()
            },
        };
        Ok(Self { catalog, author: author(job)?, action, options })
    }

    fn command(&self) -> ImportCommand<'_> {
        let (operation, audit) = match self.action {
            DraftAction::Publish(_) => (Operation::Publish, AuditOperation::PublishDraft),
            DraftAction::Discard(_) => (Operation::Discard, AuditOperation::DiscardDraft),
        };
        let Self { catalog, author, options, .. } = self;
        ImportCommand { catalog, author, operation, options, audit: Some(audit) }
    }
}

impl DocumentWork for DraftWork<'_> {
    type State = SelectedDraft;

    async fn work_on(
        &self,
        transaction: &Transaction,
        pending: &Pending,
        draft: &SelectedDocument<SelectedDraft>,
    ) -> Result<JobOutcomeRow, JobError> {
        let SelectedDocument { movie, category, state, .. } = draft;
        let selected = state.draft_revision;
        let key = (movie, *category);
        transaction.advisory_lock_movies(&[movie]).await?;
        let found = transaction.drafts(&[movie], &[*category]).await?.pop();
        let revision = found.and_then(|draft| draft.metadata.draft_revision);
        if revision.is_some_and(|revision| revision != selected) {
            let problem = changed_since(selected, revision);
            return Ok(outcomes::rejected(pending, Some(key), &[problem])?);
        }
        let command = self.command();
        let outcome = match &self.action {
            DraftAction::Discard(_) => {
                let outcome = command.discard_draft(transaction, movie, *category).await?;
                let is_discarded = outcome.status != ImportStatus::Rejected;
                let row = outcomes::imported(pending, key, &outcome)?;
                let outcome = if is_discarded { JobOutcome::Discarded } else { row.outcome };
                return Ok(JobOutcomeRow { outcome, ..row });
            }
            DraftAction::Publish(options) => {
                if options.only_additions {
                    let planning = ImportOptions { dry_run: true, ..self.options.clone() };
                    let planning = ImportCommand { options: &planning, ..command };
                    let planned = planning.publish_draft(transaction, movie, *category).await?;
                    if let Some(problem) = more_than_additions(&planned) {
                        return Ok(outcomes::skipped(pending, Some(key), &[problem])?);
                    }
                }
                command.publish_draft(transaction, movie, *category).await?
            }
        };
        Ok(outcomes::imported(pending, key, &outcome)?)
    }
}

/// The problem of a draft that was changed after it was selected.
fn changed_since(selected: i64, found: Option<i64>) -> Problem {
    let found = found.unwrap_or_default();
    let message = format!(
        "the draft was changed after it was selected: it has draft revision {found}, and \
         {selected} was selected; look at it again"
    );
    Problem::new("", ProblemCode::Conflict, message)
}

/// The problem of a draft that does more than to add values and items.
fn more_than_additions(planned: &Outcome) -> Option<Problem> {
    let plan = planned.plan.as_ref()?;
    let Report { changes, conflicts, .. } = plan;
    let count =
        |operation: ChangeOperation| changes.iter().filter(|change| change.op == operation).count();
    let counts = [
        (count(ChangeOperation::Update), "changes"),
        (count(ChangeOperation::Remove), "removes"),
        (conflicts.len(), "conflicts with"),
    ];
    let more: Vec<String> = counts
        .into_iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, verb)| format!("{verb} {count}"))
        .collect();
    if more.is_empty() {
        return None;
    }
    let message = format!(
        "only additions are published, and this draft {} of the published values or items; \
         publish it by itself",
        more.join(" and ")
    );
    Some(Problem::new("", ProblemCode::Conflict, message))
}
