//! Reads new entries of the feed once for all subscribers of this process.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Mutex, broadcast};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::catalog::CatalogError;
use crate::storage::{
    Backend, Database, FeedEntry, FeedFilter, FeedPosition, Notices, PageRequest,
};

/// How many batches a subscriber may be behind; one that is further behind reads from the database.
const BATCHES: usize = 64;
/// Maximum number of entries in a batch.
const BATCH: u64 = 500;
/// How long to wait for a notice before looking for new entries.
const POLL: Duration = Duration::from_millis(500);
/// How long to wait before looking again for entries that older transactions hold back.
const POLL_UNSETTLED: Duration = Duration::from_millis(25);
/// The shortest time between two looks, in which the entries of many commits are collected.
const PAUSE: Duration = Duration::from_millis(10);
/// How long to wait after an error, and before connecting again for notices.
const RETRY: Duration = Duration::from_secs(2);

/// New entries, in the order of the feed.
pub(super) type Batch = Arc<[FeedEntry]>;

/// The feed of one process. The task that reads it runs while there are subscribers.
#[derive(Debug)]
pub struct Feed {
    sender: broadcast::Sender<Batch>,
    reader: Mutex<Option<JoinHandle<()>>>,
}

impl Default for Feed {
    fn default() -> Self {
        Self { sender: broadcast::Sender::new(BATCHES), reader: Mutex::default() }
    }
}

/// What to wait for after a look.
enum Next {
    /// There are more entries.
    Read,
    /// Older transactions hold entries back.
    Unsettled,
    Notice,
}

impl Feed {
    /// The batches from now on: all entries that are settled after this call, and perhaps earlier
    /// ones.
    ///
    /// # Errors
    /// When storage fails.
    pub(super) async fn subscribe(
        self: &Arc<Self>,
        database: &Database,
    ) -> Result<broadcast::Receiver<Batch>, CatalogError> {
        let mut reader = self.reader.lock().await;
        let batches = self.sender.subscribe();
        if reader.as_ref().is_none_or(JoinHandle::is_finished) {
            let end = database.feed_end().await?;
            *reader = Some(tokio::spawn(Arc::clone(self).read(database.clone(), end)));
        }
        Ok(batches)
    }

    async fn read(self: Arc<Self>, database: Database, mut position: FeedPosition) {
        let mut notices = database.notices().await;
        let mut connected_at = Instant::now();
        while !self.end_without_subscribers().await {
            let wait = match self.look(&database, &mut position).await {
                Ok(Next::Read) => None,
                Ok(Next::Unsettled) => Some(POLL_UNSETTLED),
                Ok(Next::Notice) => Some(POLL),
                Err(error) => {
                    tracing::warn!(%error, "the change feed could not be read");
                    tokio::time::sleep(RETRY).await;
                    None
                }
            };
            if is_deaf(&notices, &database) && connected_at.elapsed() > RETRY {
                notices = database.notices().await;
                connected_at = Instant::now();
            } else if let Some(wait) = wait {
                let _ = tokio::time::timeout(wait, notices.next()).await;
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Sends the entries after a position, and moves it past them.
    async fn look(
        &self,
        database: &Database,
        position: &mut FeedPosition,
    ) -> Result<Next, CatalogError> {
        let request = PageRequest { from: Some(*position), limit: BATCH, backward: false };
        let page = database.feed_page(&FeedFilter::default(), &request).await?;
        if let Some(last) = page.entries.last() {
            *position = last.position;
            // There may be no subscriber any more.
            let _ = self.sender.send(page.entries.into());
        }
        if page.has_more {
            return Ok(Next::Read);
        }
        let is_unsettled = database.has_unsettled_entries().await?;
        Ok(if is_unsettled { Next::Unsettled } else { Next::Notice })
    }

    /// Ends the task if there are no subscribers; the next one starts it again.
    async fn end_without_subscribers(&self) -> bool {
        if self.sender.receiver_count() > 0 {
            return false;
        }
        let mut reader = self.reader.lock().await;
        let is_unused = self.sender.receiver_count() == 0;
        if is_unused {
            *reader = None;
        }
        is_unused
    }
}

/// Whether notices of other processes exist and are not received.
const fn is_deaf(notices: &Notices, database: &Database) -> bool {
    matches!(database.backend(), Backend::Postgres) && !notices.hears_others()
}
