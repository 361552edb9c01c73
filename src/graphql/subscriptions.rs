//! The fields of `Subscription`. They follow the change feed of the catalogue, and jobs.

use std::sync::Arc;

use async_graphql::{Context, ID, Subscription as SubscriptionRoot};
use futures::stream::{self, BoxStream, StreamExt as _};

use super::budget::Budget;
use super::context::ContextExt;
use super::error::ApiError;
use super::model::changes::{
    Change, ChangeFilter, DraftEvent, change_filter, draft_event_filter, read_cursor,
};
use super::model::drafts::DraftFilter;
use super::model::jobs::Job;
use crate::catalog::CatalogError;
use crate::catalog::changes::FeedWatch;
use crate::catalog::jobs::JobWatch;
use crate::document::node_ids::without_prefix;
use crate::storage::FeedEntry;

/// The entry points for events.
pub struct Subscription;

/// The events of one subscription.
type Events<T> = BoxStream<'static, async_graphql::Result<T>>;

/// The entry points for events, over WebSocket (graphql-transport-ws) and server-sent events.
#[SubscriptionRoot]
impl Subscription {
    /// Published changes as they are committed, in the order of Query.changes. With after: first
    /// those after that cursor that were committed already. After an interruption, subscribe again
    /// with the cursor of the last change that was processed: then none is missed and none comes
    /// twice.
    async fn changes(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Selects the changes. Default: all.")] filter: Option<ChangeFilter>,
        #[graphql(
            desc = "Begin after the change with this cursor. Default: with the next change."
        )]
        after: Option<String>,
    ) -> async_graphql::Result<Events<Change>> {
        let permission = ctx.can_read()?;
        let after = after.as_deref().map(read_cursor).transpose()?;
        let filter = change_filter(filter)?;
        // In a box, so that an idle subscription does not hold room for it.
        let watch = Box::pin(ctx.catalog().watch_changes(&permission, filter, after)).await;
        let watch = watch.map_err(ApiError::from)?;
        Ok(follow(ctx, FeedEvents { watch, read: Change::of }))
    }

    /// Events of drafts as they happen: opened, contributed to, published, discarded. Source and
    /// author of the filter select the drafts that have such a contribution; the times select by
    /// the time of the event. Needs the role CONTRIBUTOR.
    async fn drafts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Selects the drafts. Default: all.")] filter: Option<DraftFilter>,
    ) -> async_graphql::Result<Events<DraftEvent>> {
        let permission = ctx.can_draft()?;
        let filter = draft_event_filter(filter)?;
        let watch = Box::pin(ctx.catalog().watch_drafts(&permission, filter)).await;
        let watch = watch.map_err(ApiError::from)?;
        Ok(follow(ctx, FeedEvents { watch, read: DraftEvent::of }))
    }

    /// A job: at once as it is, and then whenever it has changed, several times a second at most.
    /// Ends after the job is finished. Needs the role ADMIN.
    async fn job(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The job's id, for example job:0c7q8m2kx1vd4r6hs.")] id: ID,
    ) -> async_graphql::Result<Events<Job>> {
        let permission = ctx.can_manage_jobs()?;
        let own = without_prefix("job", &id);
        let watch = Box::pin(ctx.catalog().watch_job(&permission, own)).await;
        let Some(watch) = watch.map_err(ApiError::from)? else {
            let shown: String = id.chars().take(80).collect();
            return Err(ApiError::BadInput(format!("there is no job {shown}")).into());
        };
        Ok(follow(ctx, watch))
    }
}

/// A source of the events of a subscription.
trait Watch: Send + 'static {
    type Event: Send + 'static;

    /// Waits for the next event; `None` after the last one.
    fn next(&mut self) -> impl Future<Output = Result<Option<Self::Event>, CatalogError>> + Send;
}

/// Entries of the change feed, as the events that `read` makes of them.
struct FeedEvents<T> {
    watch: FeedWatch,
    read: fn(FeedEntry) -> Option<T>,
}

impl<T: Send + 'static> Watch for FeedEvents<T> {
    type Event = T;

    async fn next(&mut self) -> Result<Option<T>, CatalogError> {
        loop {
            if let Some(event) = (self.read)(self.watch.next().await?) {
                return Ok(Some(event));
            }
        }
    }
}

impl Watch for JobWatch {
    type Event = Job;

    async fn next(&mut self) -> Result<Option<Job>, CatalogError> {
        Ok(Self::next(self).await?.map(Job))
    }
}

/// The events that `watch` delivers. Each event may use the whole budget. The stream ends after an
/// error, and after an event that exceeded its budget.
fn follow<W: Watch>(ctx: &Context<'_>, watch: W) -> Events<W::Event> {
    ctx.request().started().notify_one();
    let budget: Arc<Budget> = ctx.shared_budget();
    // In a box, so that the stream and the future of its next event do not both have room for it.
    stream::unfold((Some(Box::new(watch)), budget), move |(watch, budget)| async move {
        let mut watch = watch.filter(|_| budget.stopped().is_none())?;
        match W::next(&mut watch).await {
            Ok(Some(event)) => {
                budget.restart();
                Some((Ok(event), (Some(watch), budget)))
            }
            Ok(None) => None,
            Err(error) => Some((Err(ApiError::from(error).into()), (None, budget))),
        }
    })
    .boxed()
}
