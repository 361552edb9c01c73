//! Runs a subscription: its results as they happen.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use futures::FutureExt as _;
use futures::stream::{self, BoxStream, StreamExt as _};

use super::operation::Operation;
use super::{finish, panicked, record_refusals};
use crate::catalog::access::Principal;
use crate::graphql::{Budget, Limits, RequestContext, Response, ServerError, limits};
use crate::http::AppState;
use crate::http::audit::Requester;

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
    requester: Requester,
) -> Result<Results, Vec<ServerError>> {
    operation.check(&limits)?;
    let context = RequestContext::new(
        principal,
        requester.origin(),
        Arc::clone(&state.catalog),
        Arc::clone(&state.accounts),
        Arc::new(Budget::new(limits)),
    );
    let started = context.started();
    let results = state.schema.execute_stream(operation.into_request(context));
    let mut results = guarded(results, state.clone(), requester);
    let first = tokio::select! {
        biased;
        first = results.next() => first,
        () = started.notified() => return Ok(results),
    };
    Ok(stream::iter(first).chain(results).boxed())
}

/// Sets the codes of errors, and records refusals. After a panic the stream ends with an error.
fn guarded(results: Results, state: AppState, requester: Requester) -> Results {
    stream::unfold((Some(results), state, requester), |(results, state, requester)| async move {
        let mut results = results?;
        let next = AssertUnwindSafe(results.next()).catch_unwind().await;
        let (mut response, rest) = match next {
            Ok(response) => (response?, Some(results)),
            Err(_) => (panicked(), None),
        };
        response.errors.truncate(limits::MAX_ERRORS);
        finish(&mut response, &requester.origin().request_id);
        record_refusals(&state, &requester, &response, false);
        Some((response, (rest, state, requester)))
    })
    .boxed()
}
