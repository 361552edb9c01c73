//! The work of a job that publishes or discards drafts: one transaction for each draft, with its
//! outcome and the progress of the job.

use tokio_util::sync::CancellationToken;

use super::attempt::{AttemptEnd, FILE_IS_GONE, Next, author, stalled};
use super::batch::{JobError, problem_of, record};
use super::outcomes;
use super::selected_drafts::SelectedDraft;
use super::start_drafts::DraftAction;
use crate::catalog::access::Author;
use crate::catalog::audit::AuditOperation;
use crate::catalog::bulk::{DocumentLocation, LineOrIndex, Pending};
use crate::catalog::import::{ImportCommand, ImportOptions, ImportStatus, Operation, Outcome};
use crate::catalog::{Catalog, CatalogError};
use crate::document::plan::Report;
use crate::document::plan::diff::ChangeOperation;
use crate::document::{Problem, ProblemCode, Stage};
use crate::storage::{
    JobEnd, JobFileError, JobOutcome, JobOutcomeRow, JobRow, JobState, Lease, Transaction,
    TransientError as _,
};

/// One attempt at a job that publishes or discards drafts.
pub(super) struct DraftAttempt<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) job: &'a JobRow,
    pub(super) lease: &'a Lease,
    pub(super) stop: &'a CancellationToken,
}

/// What is done with each draft.
struct DraftWork {
    author: Author,
    action: DraftAction,
    /// The options of the action as those of an import.
    options: ImportOptions,
}

impl DraftWork {
    fn of(job: &JobRow) -> Result<Self, CatalogError> {
        let action = DraftAction::of(job)?;
        let options = match &action {
            DraftAction::Publish(options) => options.publish_options().import_options(),
            DraftAction::Discard(options) => ImportOptions {
                target: Stage::Draft,
                reason: options.reason.clone(),
                ..ImportOptions::default()
            },
        };
        Ok(Self { author: author(job)?, action, options })
    }

    fn command<'a>(&'a self, catalog: &'a Catalog) -> ImportCommand<'a> {
        let (operation, audit) = match self.action {
            DraftAction::Publish(_) => (Operation::Publish, AuditOperation::PublishDraft),
            DraftAction::Discard(_) => (Operation::Discard, AuditOperation::DiscardDraft),
        };
        let Self { author, options, .. } = self;
        ImportCommand { catalog, author, operation, options, audit: Some(audit) }
    }
}

impl DraftAttempt<'_> {
    /// Works until the end of the job, or until the service stops.
    ///
    /// # Errors
    /// When the database cannot be reached, another worker has the job, or the service fails.
    pub(super) async fn run(&self) -> Result<AttemptEnd, JobError> {
        let work = DraftWork::of(self.job)?;
        let file = self.job.file.as_deref().unwrap_or_default();
        let drafts = match self.catalog.selected_drafts(file).await {
            Ok(drafts) => drafts,
            Err(CatalogError::JobFile(JobFileError::Missing)) => {
                return self.fail(FILE_IS_GONE).await;
            }
            Err(error) => return Err(error.into()),
        };
        let wanted = self.catalog.selection(self.job).await?;
        let first = u64::try_from(self.job.position).unwrap_or_default();
        let mut stalled = stalled(self.job);
        let mut is_canceled = false;
        for (number, draft) in (0..).zip(&drafts) {
            if number < first || !wanted.has(number) {
                continue;
            }
            if self.stop.is_cancelled() {
                return Ok(AttemptEnd::Stopped);
            }
            is_canceled = match self.catalog.next_step(self.job, self.lease).await? {
                Next::Work => false,
                Next::Skip => true,
                Next::Fail(reason) => return self.fail(reason).await,
            };
            let pending = Pending {
                location: DocumentLocation {
                    source: "drafts".into(),
                    entry: None,
                    at: Some(LineOrIndex::Index(number)),
                },
                number,
                position: draft.end,
            };
            let key = Some((&draft.movie, draft.category));
            if is_canceled {
                self.record(&pending, outcomes::skipped(&pending, key, &[])?).await?;
            } else if let Some(problem) = stalled.take() {
                self.record(&pending, outcomes::rejected(&pending, key, &[problem])?).await?;
            } else {
                self.work_on(&work, &pending, draft).await?;
            }
        }
        let state = if is_canceled { JobState::Canceled } else { JobState::Completed };
        let at = self.catalog.clock.now();
        let end = JobEnd { state, error: None, total: None, skipped_entries: None, at };
        self.catalog.finish(self.lease, end).await
    }

    /// Publishes or discards one draft. If its transaction fails because of the draft, it is
    /// rejected.
    async fn work_on(
        &self,
        work: &DraftWork,
        pending: &Pending,
        draft: &SelectedDraft,
    ) -> Result<(), JobError> {
        let written = self.catalog.database.write(|transaction| async move {
            transaction.end_with_lease(self.lease).await?;
            let row = self.outcome(work, &transaction, pending, draft).await?;
            record(&transaction, self.lease, Some(pending), &[row]).await.map(drop)
        });
        match written.await {
            Ok(()) => Ok(()),
            Err(error)
                if matches!(error, JobError::LeaseLost) || error.unavailability().is_some() =>
            {
                Err(error)
            }
            Err(error) => {
                let key = Some((&draft.movie, draft.category));
                let row = outcomes::rejected(pending, key, &[problem_of(&error)])?;
                self.record(pending, row).await
            }
        }
    }

    async fn outcome(
        &self,
        work: &DraftWork,
        transaction: &Transaction,
        pending: &Pending,
        draft: &SelectedDraft,
    ) -> Result<JobOutcomeRow, JobError> {
        let SelectedDraft { movie, category, draft_revision, .. } = draft;
        let key = (movie, *category);
        transaction.advisory_lock_movies(&[movie]).await?;
        let found = transaction.drafts(&[movie], &[*category]).await?.pop();
        let revision = found.and_then(|draft| draft.metadata.draft_revision);
        if revision.is_some_and(|revision| revision != *draft_revision) {
            let problem = changed_since(*draft_revision, revision);
            return Ok(outcomes::rejected(pending, Some(key), &[problem])?);
        }
        let command = work.command(self.catalog);
        let outcome = match &work.action {
            DraftAction::Discard(_) => {
                let outcome = command.discard_draft(transaction, movie, *category).await?;
                let is_discarded = outcome.status != ImportStatus::Rejected;
                let row = outcomes::imported(pending, key, &outcome)?;
                let outcome = if is_discarded { JobOutcome::Discarded } else { row.outcome };
                return Ok(JobOutcomeRow { outcome, ..row });
            }
            DraftAction::Publish(options) => {
                if options.only_additions {
                    let planning = ImportOptions { dry_run: true, ..work.options.clone() };
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

    /// Records the outcome of a draft that is left as it is.
    async fn record(&self, pending: &Pending, row: JobOutcomeRow) -> Result<(), JobError> {
        let rows = &[row];
        let written = self.catalog.database.write(|transaction| async move {
            record(&transaction, self.lease, Some(pending), rows).await.map(drop)
        });
        written.await
    }

    async fn fail(&self, reason: &str) -> Result<AttemptEnd, JobError> {
        let end = JobEnd::failed(reason.to_owned(), self.catalog.clock.now());
        self.catalog.finish(self.lease, end).await
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
