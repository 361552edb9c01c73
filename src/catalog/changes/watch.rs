//! Follows the feed for one subscriber, from a position, without gaps and repetitions.

use std::sync::Arc;

use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;

use super::feed::{Batch, Feed};
use crate::catalog::CatalogError;
use crate::storage::{Database, FeedEntry, FeedFilter, FeedPosition, PageRequest};

/// How many entries are read from the database at once.
const PAGE: u64 = 100;

/// A subscriber's place in the feed. First it reads what the database has; then it takes the
/// batches of the reader that all subscribers share, which began before that. One that is too slow
/// for the batches reads from the database again.
#[derive(Debug)]
pub struct FeedWatch {
    database: Database,
    filter: FeedFilter,
    batches: broadcast::Receiver<Batch>,
    /// All entries up to here were delivered or are in `found`.
    position: FeedPosition,
    /// Entries to deliver, in the reverse of their order.
    found: Vec<FeedEntry>,
    /// Whether the batches do not continue at `position`.
    is_behind: bool,
}

impl FeedWatch {
    pub(super) async fn start(
        feed: &Arc<Feed>,
        database: &Database,
        filter: FeedFilter,
        after: Option<FeedPosition>,
    ) -> Result<Self, CatalogError> {
        // The batches begin before the end of the feed is read, so that nothing is between them.
        let batches = feed.subscribe(database).await?;
        let (position, is_behind) = match after {
            Some(after) => (after, true),
            None => (database.feed_end().await?, false),
        };
        let database = database.clone();
        Ok(Self { database, filter, batches, position, found: Vec::new(), is_behind })
    }

    /// Waits for the next entry that passes the filter.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn next(&mut self) -> Result<FeedEntry, CatalogError> {
        loop {
            if let Some(entry) = self.found.pop() {
                return Ok(entry);
            }
            if self.is_behind {
                // In a box, so that an idle subscriber does not hold room for it.
                Box::pin(self.catch_up()).await?;
                continue;
            }
            match self.batches.recv().await {
                Ok(batch) => self.take(&batch),
                // A closed feed has no reader. The database still has the entries.
                Err(RecvError::Lagged(_) | RecvError::Closed) => self.is_behind = true,
            }
        }
    }

    async fn catch_up(&mut self) -> Result<(), CatalogError> {
        let request = PageRequest { from: Some(self.position), limit: PAGE, backward: false };
        let page = self.database.feed_page(&self.filter, &request).await?;
        self.is_behind = page.has_more;
        if let Some(last) = page.entries.last() {
            self.position = last.position;
        }
        // The database does not filter by contributors.
        let matching = page.entries.into_iter().rev().filter(|entry| self.filter.matches(entry));
        self.found = matching.collect();
        Ok(())
    }

    fn take(&mut self, batch: &[FeedEntry]) {
        let new = batch.iter().rev().filter(|entry| entry.position > self.position);
        self.found = new.filter(|entry| self.filter.matches(entry)).cloned().collect();
        if let Some(last) = batch.last() {
            self.position = self.position.max(last.position);
        }
    }
}
