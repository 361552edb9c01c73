//! Runs a subscription: its results as they happen.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt as _;
use futures::stream::{self, BoxStream, StreamExt as _};

use super::operation::Operation;
use super::{finish, panicked};
use crate::catalog::access::Principal;
use crate::graphql::{Budget, Limits, RequestContext, Response, ServerError, limits};
use crate::http::AppState;

/// The results of a subscription.
pub type Results = BoxStream<'static, Response>;

/// Checks a subscription, and starts it. When this returns, it has begun, so that it misses no
/// event from then on; or it has failed, and the results have the error.
///
/// # Errors
/// When it is invalid for the schema, or costs more than allowed.
pub async fn start(
    state: &AppState,
    operation: Operation,
    principal: Option<Principal>,
    limits: Limits,
    request_id: Arc<str>,
) -> Result<Results, Vec<ServerError>> {
    operation.check(&limits)?;
    let context = RequestContext::new(
        principal,
        None,
        Arc::clone(&state.catalog),
        Arc::clone(&state.accounts),
        Arc::new(Budget::new(limits)),
    );
    let started = context.started();
    let results = state.schema.execute_stream(operation.into_request(context));
    let mut results = guarded(results, request_id);
    let first = tokio::select! {
        biased;
        first = results.next() => first,
        () = started.notified() => return Ok(results),
    };
    Ok(stream::iter(first).chain(results).boxed())
}

/// Sets the codes of errors. After a panic the stream ends with an error.
fn guarded(results: Results, request_id: Arc<str>) -> Results {
    stream::unfold(Some(results), move |results| {
        let request_id = Arc::clone(&request_id);
        async move {
            let mut results = results?;
            let next = AssertUnwindSafe(results.next()).catch_unwind().await;
            let (mut response, rest) = match next {
                Ok(response) => (response?, Some(results)),
                Err(_) => (panicked(), None),
            };
            response.errors.truncate(limits::MAX_ERRORS);
            finish(&mut response, &request_id);
            Some((response, rest))
        }
    })
    .boxed()
}
