//! Starts jobs.

use bytes::Bytes;
use futures::stream::Stream;
use serde::{Deserialize, Serialize};

use super::target;
use crate::catalog::access::CanManageJobs;
use crate::catalog::audit::{AuditOperation, StoredActor};
use crate::catalog::import::ImportOptions;
use crate::catalog::{Catalog, CatalogError};
use crate::document::ids::timed_id;
use crate::document::proposal::{ConflictPolicy, ImportMode, NullPolicy};
use crate::document::{Problem, ProblemCode, Source, Stage};
use crate::storage::{
    JOB_FILE_PREFIX, JobKind, JobRow, NewJob, ReceiveError, StoredFile, Transaction,
};

/// The message about a job that has lost its file.
pub const MISSING_FILE: &str =
    "the file of the job is missing in the folder of files; send it again as a new job";

/// Maximum number of characters of the name of a file.
const MAX_FILE_NAME: usize = 200;
/// Maximum number of jobs that are not finished.
const MAX_UNFINISHED: u64 = 100;

/// The options of a job that imports a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[allow(clippy::struct_excessive_bools, reason = "options that a client sets one by one")]
pub struct ImportJobOptions {
    /// Whether to import into published documents or into their drafts.
    pub target: Stage,
    pub mode: ImportMode,
    /// Whether to only plan: no document is written.
    pub dry_run: bool,
    /// Overrides the source in the metadata of the documents.
    pub source: Option<Source>,
    pub nulls: NullPolicy,
    pub on_conflict: ConflictPolicy,
    /// Whether a manual edit may change locked values.
    pub override_locks: bool,
    /// Whether an unknown key is an error.
    pub strict: bool,
    /// Whether citation marks, markup and invisible characters are removed from texts.
    pub clean: bool,
}

impl From<ImportOptions> for ImportJobOptions {
    fn from(options: ImportOptions) -> Self {
        let ImportOptions { target, mode, dry_run, source, nulls, on_conflict, .. } = options;
        let ImportOptions { override_locks, strict, clean, .. } = options;
        Self { target, mode, dry_run, source, nulls, on_conflict, override_locks, strict, clean }
    }
}

impl From<ImportJobOptions> for ImportOptions {
    fn from(options: ImportJobOptions) -> Self {
        let ImportJobOptions { target, mode, dry_run, source, nulls, on_conflict, .. } = options;
        let ImportJobOptions { override_locks, strict, clean, .. } = options;
        Self {
            target,
            mode,
            dry_run,
            source,
            nulls,
            on_conflict,
            override_locks,
            strict,
            clean,
            // A published document creates its movie.
            create_movie: target == Stage::Published,
            ..Self::default()
        }
    }
}

/// A job to start that imports a file.
#[derive(Debug)]
pub struct NewImportJob {
    pub file: StoredFile,
    /// The name of the file at the client. A name that is too long is cut.
    pub file_name: Option<String>,
    pub options: ImportJobOptions,
    /// The idempotency key of the request.
    pub key: Option<String>,
}

/// The result of starting a job.
#[derive(Debug)]
pub enum StartedJob {
    Started(JobRow),
    /// The request was sent before with the same idempotency key.
    Repeated(JobRow),
    /// The job was not started.
    Refused(Problem),
    /// Too many jobs are not finished.
    TooMany,
}

impl Catalog {
    /// Stores the file of a job as it is received. Nothing is left of a file that is not complete.
    ///
    /// # Errors
    /// When the bytes cannot be received, or the folder of files fails.
    pub async fn receive_job_file<E>(
        &self,
        _: &CanManageJobs,
        bytes: impl Stream<Item = Result<Bytes, E>>,
    ) -> Result<StoredFile, ReceiveError<E>> {
        let id = timed_id(self.clock.now().timestamp_micros(), self.ids.next());
        self.jobs.files.receive(format!("{JOB_FILE_PREFIX}{id}"), bytes).await
    }

    /// Removes the file of a job that is not started.
    pub async fn discard_job_file(&self, file: &StoredFile) {
        if let Err(error) = self.jobs.files.remove(&file.name).await {
            tracing::warn!(%error, "the file of a job that was not started is not removed yet");
        }
    }

    /// Starts a job that imports a stored file. If it is not started, the file is removed.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn start_import_job(
        &self,
        permission: &CanManageJobs,
        new: NewImportJob,
    ) -> Result<StartedJob, CatalogError> {
        let file = &new.file;
        let started = if file.size == 0 {
            let problem = Problem::new("", ProblemCode::Unreadable, "the file is empty");
            Ok(StartedJob::Refused(problem))
        } else {
            self.insert_import_job(permission, &new).await
        };
        self.remove_unused_file(file, &started).await;
        started
    }

    async fn insert_import_job(
        &self,
        permission: &CanManageJobs,
        new: &NewImportJob,
    ) -> Result<StartedJob, CatalogError> {
        let NewImportJob { file, file_name, options, key } = new;
        let options = serde_json::to_string(options)?;
        // A request with the same key, file and options is the same request.
        let key = key.as_ref().map(|key| (key.clone(), format!("{} {options}", file.hash)));
        let size = i64::try_from(file.size).unwrap_or(i64::MAX);
        let new = NewJob {
            file: Some((file.name.clone(), size)),
            file_name: file_name.as_deref().and_then(stored_name),
            key,
            ..self.new_job(permission, JobKind::Import, options)?
        };
        let detail = format!("import of a file of {size} bytes");
        self.start_once(permission, new, None, &detail).await
    }

    /// Starts a job, unless a request with its idempotency key has started one, `refused` says why
    /// it is not started, or too many jobs are not finished. `detail` is for the audit log.
    pub(super) async fn start_once(
        &self,
        permission: &CanManageJobs,
        new: NewJob,
        refused: Option<Problem>,
        detail: &str,
    ) -> Result<StartedJob, CatalogError> {
        let (new, refused) = (&new, &refused);
        let started = self.database.write(|transaction| async move {
            if let Some((key, hash)) = &new.key
                && let Some(repeated) =
                    self.repeated_job(&transaction, permission, key, hash).await?
            {
                return Ok(repeated);
            }
            if let Some(problem) = refused {
                return Ok(StartedJob::Refused(problem.clone()));
            }
            if transaction.count_unfinished_jobs().await? >= MAX_UNFINISHED {
                return Ok(StartedJob::TooMany);
            }
            self.store_job(&transaction, permission, new, detail).await
        });
        let started: Result<_, CatalogError> = started.await;
        self.jobs.started.notify_one();
        started
    }

    /// Whether a file can still be read.
    pub(super) async fn has_job_file(&self, file: Option<&str>) -> Result<bool, CatalogError> {
        match file {
            Some(file) => Ok(self.jobs.files.exists(file).await?),
            None => Ok(false),
        }
    }

    /// The job that was started by the same request, or why this one is refused; `None` if the key
    /// is new.
    async fn repeated_job(
        &self,
        transaction: &Transaction,
        permission: &CanManageJobs,
        key: &str,
        hash: &str,
    ) -> Result<Option<StartedJob>, CatalogError> {
        let author = &permission.author;
        let Some(job) = transaction.job_with_key(&author.account, key).await? else {
            return Ok(None);
        };
        if job.request_hash.as_deref() == Some(hash) {
            author.actor.origin.note_recorded();
            return Ok(Some(StartedJob::Repeated(job)));
        }
        let message = "the idempotency key was used with another request; no job was started";
        let problem = Problem::new("", ProblemCode::IdempotencyMismatch, message);
        Ok(Some(StartedJob::Refused(problem)))
    }

    /// A job of this author.
    pub(super) fn new_job(
        &self,
        permission: &CanManageJobs,
        kind: JobKind,
        options: String,
    ) -> Result<NewJob, CatalogError> {
        let (now, author) = (self.clock.now(), &permission.author);
        Ok(NewJob {
            id: timed_id(now.timestamp_micros(), self.ids.next()),
            kind,
            account: author.account.clone(),
            author: author.name.clone(),
            source: author.source,
            actor: serde_json::to_string(&StoredActor::from(&author.actor))?,
            options,
            file: None,
            file_name: None,
            retry_of: None,
            total: None,
            key: None,
            created_at: now,
        })
    }

    /// Stores a job with its entry of the audit log.
    async fn store_job(
        &self,
        transaction: &Transaction,
        permission: &CanManageJobs,
        new: &NewJob,
        detail: &str,
    ) -> Result<StartedJob, CatalogError> {
        transaction.insert_job(new).await?;
        let entry = permission.author.actor.did(AuditOperation::StartJob);
        self.record(transaction, entry.on(target(&new.id)).detailed(detail)).await?;
        let stored = transaction.job(&new.id).await?;
        stored
            .map(StartedJob::Started)
            .ok_or_else(|| CatalogError::corrupt("job", &new.id, "it is missing"))
    }
}

/// The name of a file as it is stored: its last component, in visible characters.
fn stored_name(name: &str) -> Option<String> {
    let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let visible = name.chars().filter(|character| !character.is_control()).take(MAX_FILE_NAME);
    Some(visible.collect::<String>().trim().to_owned()).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_component_of_a_file_name_is_stored() {
        assert_eq!(stored_name("C:\\films\\all.zip").as_deref(), Some("all.zip"));
        assert_eq!(stored_name("a/b/Amélie\0\n.json").as_deref(), Some("Amélie.json"));
        assert_eq!(stored_name(&"x".repeat(300)).map(|name| name.len()), Some(MAX_FILE_NAME));
        for empty in ["", " ", "a/", "\n"] {
            assert_eq!(stored_name(empty), None);
        }
    }
}
