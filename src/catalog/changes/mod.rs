//! The change feed: reading it in pages, and following it while it grows.

mod feed;
mod watch;

use std::time::Duration;

pub(super) use feed::Feed;
pub use watch::FeedWatch;

use super::access::{CanDraft, CanRead};
use super::{Catalog, CatalogError};
use crate::storage::{Backend, FeedFilter, FeedKinds, FeedPage, FeedPosition, PageRequest};

/// The shortest time between two notices to other processes.
const ANNOUNCE_PAUSE: Duration = Duration::from_millis(50);

/// The filter, limited to published changes.
fn published(filter: FeedFilter) -> FeedFilter {
    match filter.kinds {
        FeedKinds::Changes(_) => filter,
        FeedKinds::All | FeedKinds::Drafts => {
            FeedFilter { kinds: FeedKinds::Changes(Vec::new()), ..filter }
        }
    }
}

impl Catalog {
    /// A page of the published changes that pass the filter, in the order of the feed.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn changes(
        &self,
        _: &CanRead,
        filter: &FeedFilter,
        page: &PageRequest<FeedPosition>,
    ) -> Result<FeedPage, CatalogError> {
        Ok(self.database.feed_page(&published(filter.clone()), page).await?)
    }

    /// The number of published changes that pass the filter.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn count_changes(
        &self,
        _: &CanRead,
        filter: &FeedFilter,
    ) -> Result<u64, CatalogError> {
        Ok(self.database.count_feed(&published(filter.clone())).await?)
    }

    /// Follows the published changes that pass the filter: those after a position, or those from
    /// now on.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn watch_changes(
        &self,
        _: &CanRead,
        filter: FeedFilter,
        after: Option<FeedPosition>,
    ) -> Result<FeedWatch, CatalogError> {
        FeedWatch::start(&self.feed, &self.database, published(filter), after).await
    }

    /// Follows the events of drafts that pass the filter, from now on.
    ///
    /// # Errors
    /// When storage fails.
    pub async fn watch_drafts(
        &self,
        _: &CanDraft,
        filter: FeedFilter,
    ) -> Result<FeedWatch, CatalogError> {
        let filter = FeedFilter { kinds: FeedKinds::Drafts, ..filter };
        FeedWatch::start(&self.feed, &self.database, filter, None).await
    }

    /// Tells other processes of each commit of this one, until the future is dropped. Notices are
    /// sent apart from the transactions, at most one in 50 ms.
    pub async fn announce_commits(&self) {
        if self.database.backend() == Backend::Sqlite {
            return std::future::pending().await;
        }
        let mut commits = self.database.commits();
        loop {
            commits.next().await;
            // Without the notice, other processes find the change by polling.
            if let Err(error) = self.database.notify_others().await {
                tracing::debug!(%error, "a notice of a commit could not be sent");
            }
            tokio::time::sleep(ANNOUNCE_PAUSE).await;
        }
    }
}
