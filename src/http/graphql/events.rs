//! Results as server-sent events, in the mode "distinct connections" of the protocol of
//! graphql-sse: each operation has a response of its own, with an event `next` for each result, and
//! `complete` at the end.

use std::convert::Infallible;

use axum::http::{HeaderName, HeaderValue};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use futures::stream::{self, Stream, StreamExt as _};
use serde_json::json;

use super::live::Results;
use super::{GraphQlResponse, error_json};
use crate::catalog::CatalogError;
use crate::graphql::error;
use crate::http::AppState;
use crate::http::bearer::TokenError;
use crate::http::session::Session;
use crate::http::subscriptions::StreamPlace;

/// Tells proxies to pass each event on at once.
const UNBUFFERED: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"));

fn next(data: &str) -> Event {
    Event::default().event("next").data(data)
}

fn complete() -> Event {
    Event::default().event("complete").data("")
}

/// The events of one result.
pub fn single(result: &GraphQlResponse) -> Response {
    let events = [next(&encode(result)), complete()];
    let events = stream::iter(events.map(Ok::<_, Infallible>));
    ([UNBUFFERED], Sse::new(events)).into_response()
}

/// The events of a subscription. They end when the token is no longer valid, with an error; and
/// when the server stops or cannot verify the token, without `complete`, so that clients connect
/// again.
pub fn stream(
    state: &AppState,
    place: StreamPlace,
    session: Option<Session>,
    results: Results,
) -> Response {
    let limits = state.subscriptions.limits();
    let keep_alive = KeepAlive::new().interval(limits.ping_interval);
    let events = events(state.clone(), place, session, results);
    ([UNBUFFERED], Sse::new(events).keep_alive(keep_alive)).into_response()
}

/// What a stream waits for.
#[allow(clippy::large_enum_variant, reason = "it is handled at once and never stored")]
enum Happened {
    Result(Option<GraphQlResponse>),
    TokenEnded(TokenError),
    /// Whether the token is still valid is not known.
    Unverified(CatalogError),
    Stopped,
}

/// A stream of events.
struct Streaming {
    state: AppState,
    _place: StreamPlace,
    session: Option<Session>,
    results: Results,
}

/// What to send after an event.
enum Rest {
    Results(Box<Streaming>),
    Complete,
    Nothing,
}

fn events(
    state: AppState,
    place: StreamPlace,
    session: Option<Session>,
    results: Results,
) -> impl Stream<Item = Result<Event, Infallible>> {
    let streaming = Box::new(Streaming { state, _place: place, session, results });
    // A comment at once, so that clients see that the stream is open.
    let opened = stream::once(async { Ok(Event::default().comment("")) });
    let events = stream::unfold(Rest::Results(streaming), |rest| async move {
        let mut streaming = match rest {
            Rest::Results(streaming) => streaming,
            Rest::Complete => return Some((Ok(complete()), Rest::Nothing)),
            Rest::Nothing => return None,
        };
        match streaming.happened().await {
            Happened::Result(Some(result)) => {
                Some((Ok(next(&encode(&result))), Rest::Results(streaming)))
            }
            Happened::Result(None) => Some((Ok(complete()), Rest::Nothing)),
            Happened::TokenEnded(ended) => {
                let error = error_json(ended.detail(), error::UNAUTHENTICATED);
                Some((Ok(next(&json!({ "errors": [error] }).to_string())), Rest::Complete))
            }
            Happened::Unverified(error) => {
                tracing::warn!(%error, "a token could not be verified");
                None
            }
            Happened::Stopped => None,
        }
    });
    opened.chain(events)
}

impl Streaming {
    async fn happened(&mut self) -> Happened {
        let interval = self.state.subscriptions.limits().token_interval;
        let ended = async {
            match &mut self.session {
                Some(session) => session.ended(&self.state, interval).await,
                None => std::future::pending().await,
            }
        };
        let result = tokio::select! {
            biased;
            () = self.state.subscriptions.stopped() => return Happened::Stopped,
            error = ended => return Happened::TokenEnded(error),
            result = self.results.next() => result,
        };
        match &mut self.session {
            Some(session) => match session.check(&self.state).await {
                Ok(Ok(())) => Happened::Result(result),
                Ok(Err(error)) => Happened::TokenEnded(error),
                Err(error) => Happened::Unverified(error),
            },
            None => Happened::Result(result),
        }
    }
}

fn encode(result: &GraphQlResponse) -> String {
    super::encoded(result).to_string()
}
