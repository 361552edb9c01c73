//! Starts jobs that publish or discard many drafts.

use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use super::selected_documents::line;
use super::start::StartedJob;
use crate::catalog::access::CanManageJobs;
use crate::catalog::drafts::publish::{PublishOptions, invalid_reason};
use crate::catalog::{Catalog, CatalogError};
use crate::document::proposal::ConflictPolicy;
use crate::document::{Problem, ProblemCode};
use crate::storage::{
    DocumentKey, DraftEntry, DraftFilter, DraftPosition, JobKind, JobRow, NewJob, PageRequest,
    StoredFile, Unavailability,
};

/// Maximum number of drafts of one job.
const MAX_DRAFTS: usize = 100_000;
/// How many drafts are read at once.
const PAGE: u64 = 500;

/// What a job does with its drafts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DraftAction {
    Publish(PublishDraftsOptions),
    Discard(DiscardDraftsOptions),
}

/// The options of a job that publishes drafts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[allow(clippy::struct_excessive_bools, reason = "options that a client sets one by one")]
pub struct PublishDraftsOptions {
    /// Whether to only plan: no draft is published.
    pub dry_run: bool,
    /// How to settle values that were changed differently in a draft and in the published document.
    pub on_conflict: ConflictPolicy,
    /// Whether locked values may change.
    pub override_locks: bool,
    /// Whether to publish only drafts that add values and items, and change or remove nothing.
    pub only_additions: bool,
}

/// The options of a job that discards drafts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiscardDraftsOptions {
    /// Why they are discarded, for their authors.
    pub reason: Option<String>,
}

impl PublishDraftsOptions {
    pub(super) fn publish_options(self) -> PublishOptions {
        PublishOptions {
            dry_run: self.dry_run,
            on_conflict: Some(self.on_conflict),
            override_locks: self.override_locks,
            ..PublishOptions::default()
        }
    }
}

impl DraftAction {
    /// The action of a stored job.
    pub(super) fn of(job: &JobRow) -> Result<Self, CatalogError> {
        match job.kind {
            JobKind::DiscardDrafts => Ok(Self::Discard(serde_json::from_str(&job.options)?)),
            _ => Ok(Self::Publish(serde_json::from_str(&job.options)?)),
        }
    }

    const fn kind(&self) -> JobKind {
        match self {
            Self::Publish(_) => JobKind::PublishDrafts,
            Self::Discard(_) => JobKind::DiscardDrafts,
        }
    }

    fn to_json(&self) -> Result<String, CatalogError> {
        Ok(match self {
            Self::Publish(options) => serde_json::to_string(options)?,
            Self::Discard(options) => serde_json::to_string(options)?,
        })
    }

    /// The problem with the options.
    fn invalid(&self) -> Option<Problem> {
        match self {
            Self::Publish(_) => None,
            Self::Discard(options) => options.reason.as_deref().and_then(invalid_reason),
        }
    }
}

/// Which drafts a job publishes or discards.
#[derive(Debug, Clone)]
pub enum DraftSelection {
    /// All open drafts that match.
    Matching(DraftFilter),
    /// The open drafts of these documents.
    Of(Vec<DocumentKey>),
}

/// A draft as it was selected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SelectedDraft {
    pub(super) draft_revision: i64,
}

/// The line of a draft in the file of a job.
fn draft_line(draft: &DraftEntry) -> Result<String, CatalogError> {
    let draft_revision = draft.metadata.draft_revision.unwrap_or_default();
    line(&draft.movie, draft.category, SelectedDraft { draft_revision })
}

/// A job to start that publishes or discards drafts.
#[derive(Debug, Clone)]
pub struct NewDraftJob {
    pub action: DraftAction,
    pub selection: DraftSelection,
    /// The idempotency key of the request, and the request as text, by which a repeated request is
    /// recognised.
    pub key: Option<(String, String)>,
}

impl Catalog {
    /// Starts a job that publishes or discards drafts. They are selected now; a draft that changes
    /// later is left as it is.
    ///
    /// # Errors
    /// When storage or the folder of files fails.
    pub async fn start_draft_job(
        &self,
        permission: &CanManageJobs,
        new: NewDraftJob,
    ) -> Result<StartedJob, CatalogError> {
        if let Some(problem) = new.action.invalid() {
            return Ok(StartedJob::Refused(problem));
        }
        let drafts = self.select_drafts(&new.selection).await?;
        if drafts.len() > MAX_DRAFTS {
            let message = format!(
                "more than {MAX_DRAFTS} drafts were selected; select fewer, for example those of \
                 one category"
            );
            return Ok(StartedJob::Refused(Problem::new("", ProblemCode::TooLong, message)));
        }
        let lines = drafts.iter().map(draft_line).collect::<Result<Vec<_>, _>>()?;
        let file = self.store_selection(permission, lines).await?;
        let started = self.insert_draft_job(permission, &new, &file, drafts.len()).await;
        self.remove_unused_file(&file, &started).await;
        started
    }

    async fn insert_draft_job(
        &self,
        permission: &CanManageJobs,
        new: &NewDraftJob,
        file: &StoredFile,
        count: usize,
    ) -> Result<StartedJob, CatalogError> {
        let options = new.action.to_json()?;
        let kind = new.action.kind();
        // The selection is not part of the hash: when a request is repeated, some drafts are
        // published already.
        let hash = |request: &String| format!("{} {options} {request}", kind.as_str());
        let key = new.key.as_ref().map(|(key, request)| (key.clone(), hash(request)));
        let refused = (count == 0).then(|| {
            let message = "there is no open draft that was selected; no job was started";
            Problem::new("", ProblemCode::NoDraft, message)
        });
        let size = i64::try_from(file.size).unwrap_or(i64::MAX);
        let verb = if kind == JobKind::PublishDrafts { "publication" } else { "discarding" };
        let detail = format!("{verb} of {count} drafts");
        let new = NewJob {
            file: Some((file.name.clone(), size)),
            key,
            total: i64::try_from(count).ok(),
            ..self.new_job(permission, kind, options)?
        };
        self.start_once(permission, new, refused, &detail).await
    }

    /// The selected drafts that are open, each once. Stops after one more than are allowed.
    async fn select_drafts(
        &self,
        selection: &DraftSelection,
    ) -> Result<Vec<DraftEntry>, CatalogError> {
        let filter = match selection {
            DraftSelection::Matching(filter) => filter,
            DraftSelection::Of(keys) => {
                let wanted: HashSet<_> = keys.iter().collect();
                let movies: HashSet<_> = keys.iter().map(|(movie, _)| movie).collect();
                let movies: Vec<_> = movies.into_iter().collect();
                let mut drafts = self.database.drafts_of(&movies).await?;
                drafts.retain(|draft| wanted.contains(&(draft.movie.clone(), draft.category)));
                return Ok(drafts);
            }
        };
        let (mut drafts, mut seen) = (Vec::new(), HashSet::new());
        let mut from: Option<DraftPosition> = None;
        loop {
            let request = PageRequest { from: from.take(), limit: PAGE, backward: false };
            let page = self.database.draft_page(filter, &request).await?;
            from = page.drafts.last().map(DraftEntry::position);
            // A draft that is changed meanwhile is found again at the end of the queue.
            let new = page.drafts.into_iter();
            drafts.extend(new.filter(|draft| seen.insert((draft.movie.clone(), draft.category))));
            if !page.has_more || drafts.len() > MAX_DRAFTS {
                return Ok(drafts);
            }
        }
    }

    /// Removes the file of a job that was not started.
    pub(super) async fn remove_unused_file(
        &self,
        file: &StoredFile,
        started: &Result<StartedJob, CatalogError>,
    ) {
        // If the commit was not confirmed, the job may have been started.
        let is_kept = match started {
            Ok(started) => matches!(started, StartedJob::Started(_)),
            Err(error) => error.unavailability() == Some(Unavailability::Unconfirmed),
        };
        if !is_kept {
            self.discard_job_file(file).await;
        }
    }
}
