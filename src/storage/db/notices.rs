//! Notices that something was committed: of transactions of this process, and on `PostgreSQL` of
//! other processes.
//!
//! A notice may be missing, so a reader also looks without one from time to time.
//! `NOTIFY` is not sent by the writing transaction: `PostgreSQL` lets only one transaction with a
//! notice commit at a time, and imports would wait for each other.

use sea_orm::sqlx::postgres::PgListener;
use tokio::sync::watch;

use super::{Backend, Database};
use crate::storage::StorageError;
use crate::storage::error::exec_error;

/// The channel of `PostgreSQL` on which processes tell each other that they committed something.
const CHANNEL: &str = "reelport_changes";

/// The signal of one process, sent after each commit. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct CommitSignal(watch::Sender<()>);

impl Default for CommitSignal {
    fn default() -> Self {
        Self(watch::Sender::new(()))
    }
}

impl CommitSignal {
    pub(super) fn send(&self) {
        self.0.send_replace(());
    }
}

/// The commits of this process.
#[derive(Debug)]
pub struct Commits(watch::Receiver<()>);

impl Commits {
    /// Waits for a commit since the last call.
    pub async fn next(&mut self) {
        if self.0.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// The commits of this process, and those of which other processes send notices.
#[derive(Debug)]
pub struct Notices {
    commits: Commits,
    listener: Option<PgListener>,
}

impl Notices {
    /// Waits for a notice since the last call. After the connection to the database was lost, it
    /// also completes, because notices may have been missed.
    pub async fn next(&mut self) {
        let Some(listener) = &mut self.listener else { return self.commits.next().await };
        let is_connected = tokio::select! {
            () = self.commits.next() => true,
            received = listener.try_recv() => !matches!(received, Err(_) | Ok(None)),
        };
        if !is_connected {
            self.listener = None;
        }
    }

    /// Whether the notices of other processes are received. `SQLite` has none.
    #[must_use]
    pub const fn hears_others(&self) -> bool {
        self.listener.is_some()
    }
}

impl Database {
    /// The commits of this process from now on.
    #[must_use]
    pub fn commits(&self) -> Commits {
        Commits(self.commit_signal.0.subscribe())
    }

    /// The notices from now on. If the database refuses the connection for them, only those of this
    /// process.
    pub async fn notices(&self) -> Notices {
        let commits = self.commits();
        let listener = match self.backend {
            Backend::Sqlite => None,
            Backend::Postgres => match self.listen().await {
                Ok(listener) => Some(listener),
                Err(error) => {
                    tracing::debug!(%error, "changes of other processes are polled");
                    None
                }
            },
        };
        Notices { commits, listener }
    }

    async fn listen(&self) -> Result<PgListener, sea_orm::sqlx::Error> {
        let mut listener = PgListener::connect(&self.url).await?;
        listener.listen(CHANNEL).await?;
        Ok(listener)
    }

    /// Tells other processes that something was committed. Does nothing on `SQLite`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn notify_others(&self) -> Result<(), StorageError> {
        if self.backend == Backend::Postgres {
            let mut connection = self.writer.acquire().await?;
            let sent = connection.run_raw(&format!("NOTIFY {CHANNEL}")).await;
            sent.map_err(exec_error)?;
        }
        Ok(())
    }
}
