//! The worker of a server: takes a job that no worker has, works on it under a lease, and goes on
//! with the next one. The workers of all servers of a database share the jobs.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::attempt::{AttemptEnd, JobSettings};
use super::batch::JobError;
use super::documents::DocumentsAttempt;
use super::drafts::DraftWork;
use super::export::ExportAttempt;
use super::import::ImportAttempt;
use super::revert::RevertWork;
use crate::catalog::{Catalog, CatalogError};
use crate::storage::{JobEnd, JobKind, JobRow, Lease, TransientError as _};

/// The pause after a failure of the database, and the longest one after several.
const PAUSE: Duration = Duration::from_millis(500);
const MAX_PAUSE: Duration = Duration::from_secs(30);

impl Catalog {
    /// Works on jobs, one after the other, until `stop`. Then it stops after the batch that it is
    /// working on, and gives the job back.
    pub async fn run_jobs(&self, settings: JobSettings, stop: CancellationToken) {
        if self.database.is_read_only() {
            return stop.cancelled().await;
        }
        let owner = format!("worker-{:016x}", self.ids.next());
        let settings = Arc::new(settings);
        let mut pause = PAUSE;
        while !stop.is_cancelled() {
            let worked = match self.take_free_job(&owner, &settings).await {
                Ok(Some((job, lease))) => self.work_on(job, lease, &settings, &stop).await,
                Ok(None) => {
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = self.jobs.started.notified() => {}
                        () = tokio::time::sleep(settings.poll) => {}
                    }
                    continue;
                }
                Err(error) => Err(error.into()),
            };
            pause = match worked {
                Ok(()) => PAUSE,
                Err(error) => {
                    tracing::warn!(%error, "a worker could not go on with its job");
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = tokio::time::sleep(pause) => {}
                    }
                    (pause * 2).min(MAX_PAUSE)
                }
            };
        }
    }

    /// Takes the oldest job that no worker has.
    async fn take_free_job(
        &self,
        owner: &str,
        settings: &JobSettings,
    ) -> Result<Option<(JobRow, Lease)>, CatalogError> {
        for (id, epoch) in self.database.free_jobs().await? {
            let (id, now) = (&id, self.clock.now());
            let taken = self.database.write(|transaction| async move {
                let key = (id.as_str(), epoch);
                let taken = transaction.take_job(key, owner, settings.lease, now).await?;
                Ok::<_, CatalogError>(taken)
            });
            if let Some(taken) = taken.await? {
                return Ok(Some(taken));
            }
        }
        Ok(None)
    }

    async fn work_on(
        &self,
        job: JobRow,
        lease: Lease,
        settings: &Arc<JobSettings>,
        stop: &CancellationToken,
    ) -> Result<(), JobError> {
        let id = job.id.clone();
        tracing::info!(job = id, attempt = job.attempts, "a worker took a job");
        // In a task of its own, so that a panic ends only the attempt. The lease is then not given
        // back, so that the attempt counts as one that stalled.
        let attempt = {
            let (catalog, lease, stop) = (self.clone(), lease.clone(), stop.clone());
            let settings = Arc::clone(settings);
            tokio::spawn(async move { catalog.attempt(&job, &lease, &settings, &stop).await })
        };
        let result = AbortOnDropHandle::new(attempt).await;
        let error = match result {
            Ok(Ok(AttemptEnd::Finished)) => return Ok(()),
            Ok(Ok(AttemptEnd::Stopped)) => {
                self.release(&lease).await;
                return Ok(());
            }
            Ok(Err(JobError::LeaseLost)) => {
                tracing::warn!(job = id, "another worker took a job, after this one was paused");
                return Ok(());
            }
            Ok(Err(error)) => error,
            Err(error) => return Err(CatalogError::from(error).into()),
        };
        if error.unavailability().is_some() || error.is_transient() {
            self.release(&lease).await;
            return Err(error);
        }
        tracing::error!(job = id, %error, "a job failed");
        let error = "the service failed; the log of the service has the reason".to_owned();
        let end = JobEnd::failed(error, self.clock.now());
        self.end_job(&lease, &end).await
    }

    /// Works on a job while its lease is renewed.
    async fn attempt(
        &self,
        job: &JobRow,
        lease: &Lease,
        settings: &JobSettings,
        stop: &CancellationToken,
    ) -> Result<AttemptEnd, JobError> {
        let lost = CancellationToken::new();
        let heartbeat = self.clone().keep_lease(lease.clone(), lost.clone());
        let _heartbeat = AbortOnDropHandle::new(tokio::spawn(heartbeat));
        let work = async {
            let catalog = self;
            let documents = DocumentsAttempt { catalog, job, lease, stop };
            match job.kind {
                JobKind::Import => {
                    ImportAttempt { catalog, job, lease, settings, stop }.run().await
                }
                JobKind::PublishDrafts | JobKind::DiscardDrafts => {
                    documents.run(&DraftWork::of(catalog, job)?).await
                }
                JobKind::Export => ExportAttempt { catalog, job, lease, stop }.run().await,
                JobKind::Revert => documents.run(&RevertWork::of(catalog, job)?).await,
            }
        };
        tokio::select! {
            biased;
            ended = Box::pin(work) => ended,
            () = lost.cancelled() => Err(JobError::LeaseLost),
        }
    }

    /// Renews a lease until it is another worker's, which `lost` then tells.
    async fn keep_lease(self, lease: Lease, lost: CancellationToken) {
        let lease = &lease;
        loop {
            tokio::time::sleep(lease.time / 3).await;
            let renewed = self.database.write_once(|transaction| async move {
                Ok::<_, CatalogError>(transaction.renew_lease(lease).await?)
            });
            match renewed.await {
                Ok(true) => {}
                Ok(false) => return lost.cancel(),
                // Until another worker takes the job, the work may go on.
                Err(error) => tracing::debug!(%error, "a lease was not renewed"),
            }
        }
    }

    async fn release(&self, lease: &Lease) {
        let released = self.database.write_once(|transaction| async move {
            Ok::<_, CatalogError>(transaction.release_lease(lease).await?)
        });
        if let Err(error) = released.await {
            tracing::debug!(%error, "a lease was not given back; it expires");
        }
    }

    /// Ends a job.
    pub(super) async fn end_job(&self, lease: &Lease, end: &JobEnd) -> Result<(), JobError> {
        let ended = self.database.write(|transaction| async move {
            if transaction.end_job(lease, end).await? { Ok(()) } else { Err(JobError::LeaseLost) }
        });
        ended.await
    }
}
