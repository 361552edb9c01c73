//! Subscriptions over WebSocket, by the protocol graphql-transport-ws.
//!
//! The library's protocol layer starts operations with the same id twice, has no time limits, runs
//! queries and mutations, and sends `next` where the protocol has `error`, so the connection is
//! driven here. Queries and mutations are refused: over HTTP they have limits, idempotency keys and
//! statuses, which this protocol has no place for.

mod messages;

use std::time::Duration;

use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{FromRequestParts as _, Request};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures::FutureExt as _;
use futures::stream::{self, BoxStream, StreamExt as _};
use serde_json::json;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_stream::StreamMap;

use super::operation::{EncodedRequest, RequestError};
use super::{GraphQlResponse, encoded, error_json, live};
use crate::catalog::CatalogError;
use crate::catalog::audit::AuditOperation;
use crate::graphql::{Limits, error};
use crate::http::AppState;
use crate::http::audit::Requester;
use crate::http::bearer::{self, Credentials, TokenError};
use crate::http::problem::ProblemDetails;
use crate::http::server::{ConnectionSlot, HeldSlot};
use crate::http::session::Session;
use crate::http::subscriptions::{AccountPlace, SocketPlaces};
use messages::{ClientMessage, Close, PROTOCOL};

/// The size of the buffer for reading, in bytes. Each connection has one.
const READ_BUFFER: usize = 512;
/// The largest message that the server sends, in bytes, with what it sends before.
const WRITE_BUFFER: usize = 64 * 1024 * 1024;
/// How long the server tries to send a close frame.
const CLOSE_TIME: Duration = Duration::from_secs(1);

/// Whether a request asks for a WebSocket.
pub fn is_upgrade(headers: &HeaderMap) -> bool {
    let upgrade = headers.get(header::UPGRADE).and_then(|value| value.to_str().ok());
    upgrade.is_some_and(|upgrade| upgrade.trim().eq_ignore_ascii_case("websocket"))
}

/// Opens a WebSocket.
pub async fn upgrade(
    state: AppState,
    requester: Requester,
    credentials: Credentials,
    request: Request,
) -> Response {
    let (mut parts, _) = request.into_parts();
    match credentials {
        Credentials::Invalid(error) => {
            return super::unauthenticated(super::MediaType::Json, error);
        }
        Credentials::Unverified(error) => return super::unverified(super::MediaType::Json, error),
        Credentials::Valid(_) | Credentials::Absent => {}
    }
    if !is_allowed_origin(&state, &parts.headers) {
        let detail = "pages of this origin may not open a WebSocket; see REELPORT_CORS_ORIGINS";
        return ProblemDetails::new(StatusCode::FORBIDDEN, "FORBIDDEN", detail).into_response();
    }
    let token = bearer::token(&parts.headers).and_then(Result::ok).map(str::to_owned);
    let upgrade = match WebSocketUpgrade::from_request_parts(&mut parts, &state).await {
        Ok(upgrade) => upgrade,
        Err(rejected) => {
            let (status, detail) = (rejected.status(), rejected.body_text());
            return ProblemDetails::new(status, "BAD_USER_INPUT", detail).into_response();
        }
    };
    let held = parts.extensions.get::<ConnectionSlot>().cloned().map(ConnectionSlot::hold);
    let places = match state.subscriptions.socket() {
        Ok(places) => places,
        Err(none) => return ProblemDetails::busy(none).into_response(),
    };
    let message_bytes = state.subscriptions.limits().message_bytes;
    let upgrade = upgrade
        .protocols([PROTOCOL])
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        .max_write_buffer_size(WRITE_BUFFER)
        .max_message_size(message_bytes)
        .max_frame_size(message_bytes);
    let SocketPlaces { socket: place, opening } = places;
    let now = Instant::now();
    let mut connection = Connection {
        header_token: token,
        requester,
        account: None,
        opening: Some(opening),
        operations: StreamMap::new(),
        opened_at: now,
        heard_at: now,
        pinged_at: now,
        state,
        _held: (place, held),
    };
    // In a box, and borrowed there, so that the connection is held once.
    upgrade.on_upgrade(move |mut socket| async move { connection.run(&mut socket).await }.boxed())
}

/// Whether the page that opens the WebSocket may do so. Browsers ask for no permission by CORS.
/// Programs send no origin. A token is never sent by a browser on its own, so a page of another
/// origin could not use the account of its visitor; the check keeps it from reaching a service
/// that only the visitor's network can reach.
fn is_allowed_origin(state: &AppState, headers: &HeaderMap) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    state.allowed_origins.allows(origin) || is_own_origin(origin, headers.get(header::HOST))
}

/// Whether the origin is that of this server, as the client addresses it. The scheme is not known
/// behind a proxy.
fn is_own_origin(origin: &HeaderValue, host: Option<&HeaderValue>) -> bool {
    let text = |value: &HeaderValue| value.to_str().ok().map(str::to_ascii_lowercase);
    let (Some(origin), Some(host)) = (text(origin), host.and_then(text)) else { return false };
    origin.split_once("://").is_some_and(|(_, authority)| authority == host)
}

/// A running operation: its results, then `None`.
type Results = BoxStream<'static, Option<Box<GraphQlResponse>>>;

/// A connection with an account.
struct Account {
    session: Session,
    _place: AccountPlace,
}

/// The state of a WebSocket.
struct Connection {
    state: AppState,
    /// The token in the header of the opening request.
    header_token: Option<String>,
    requester: Requester,
    /// `None` until `connection_init` is accepted.
    account: Option<Box<Account>>,
    /// The place among the connections without an account.
    opening: Option<OwnedSemaphorePermit>,
    operations: StreamMap<String, Results>,
    opened_at: Instant,
    /// When the last message or pong came.
    heard_at: Instant,
    pinged_at: Instant,
    /// The places among all WebSockets and all connections.
    _held: (OwnedSemaphorePermit, Option<HeldSlot>),
}

/// What a connection waits for.
enum Happened {
    Received(Option<Result<Message, axum::Error>>),
    Result(String, Option<Box<GraphQlResponse>>),
    TokenEnded(TokenError),
    Time,
    Stopped,
}

/// How a connection ends.
enum End {
    /// The server closes it.
    Close(Close),
    /// The client has closed it, or it is lost.
    Gone,
}

impl From<Close> for End {
    fn from(close: Close) -> Self {
        Self::Close(close)
    }
}

impl Connection {
    async fn run(&mut self, socket: &mut WebSocket) {
        let Err(end) = self.serve(socket).await else { return };
        // The results of operations that still run are no longer wanted.
        self.operations.clear();
        if let End::Close(close) = end {
            tracing::debug!(?close, "a WebSocket is closed");
            let closing = async {
                let _ = socket.send(close.message()).await;
                // Closing before the client has answered may discard the close frame.
                while let Some(Ok(_)) = socket.recv().await {}
            };
            let _ = timeout(CLOSE_TIME, Box::pin(closing)).await;
        }
    }

    /// Serves the connection until it ends. Never returns `Ok`.
    async fn serve(&mut self, socket: &mut WebSocket) -> Result<(), End> {
        let offered = socket.protocol().and_then(|protocol| protocol.to_str().ok());
        if offered != Some(PROTOCOL) {
            return Err(Close::NotAcceptable.into());
        }
        let time = self.state.subscriptions.limits().send_time;
        loop {
            match self.happened(socket).await {
                // In boxes, so that an idle connection does not hold room for them.
                Happened::Received(Some(Ok(message))) => {
                    Box::pin(self.receive(socket, &message)).await?;
                }
                Happened::Received(Some(Err(error))) => {
                    let is_too_big = is_capacity_error(&error);
                    return Err(if is_too_big { Close::TooBig.into() } else { End::Gone });
                }
                Happened::Received(None) => return Err(End::Gone),
                Happened::Result(id, Some(result)) => {
                    Box::pin(self.check_token()).await?;
                    let next = messages::next(&id, &encoded(&result));
                    Box::pin(send(socket, time, next)).await?;
                }
                Happened::Result(id, None) => {
                    self.operations.remove(&id);
                    Box::pin(send(socket, time, messages::complete(&id))).await?;
                }
                Happened::TokenEnded(error) => return Err(Close::Forbidden(error).into()),
                Happened::Time => Box::pin(self.look_at_clock(socket)).await?,
                Happened::Stopped => return Err(Close::GoingAway.into()),
            }
        }
    }

    /// Checks that the token is valid now, before an event is sent.
    async fn check_token(&mut self) -> Result<(), Close> {
        let Some(account) = &mut self.account else { return Ok(()) };
        match account.session.check(&self.state).await {
            Ok(checked) => checked.map_err(Close::Forbidden),
            Err(error) => Err(unverified(&error)),
        }
    }

    async fn happened(&mut self, socket: &mut WebSocket) -> Happened {
        let limits = self.state.subscriptions.limits();
        let mut next = (self.pinged_at + limits.ping_interval).min(self.heard_at + limits.silence);
        if self.account.is_none() {
            next = next.min(self.opened_at + limits.init_time);
        }
        let ended = async {
            match &mut self.account {
                Some(account) => account.session.ended(&self.state, limits.token_interval).await,
                None => std::future::pending().await,
            }
        };
        let has_operations = !self.operations.is_empty();
        tokio::select! {
            biased;
            () = self.state.subscriptions.stopped() => Happened::Stopped,
            error = ended => Happened::TokenEnded(error),
            message = socket.recv() => Happened::Received(message),
            () = sleep_until(next) => Happened::Time,
            Some((id, result)) = self.operations.next(), if has_operations => {
                Happened::Result(id, result)
            }
        }
    }

    async fn look_at_clock(&mut self, socket: &mut WebSocket) -> Result<(), End> {
        let (limits, now) = (self.state.subscriptions.limits(), Instant::now());
        let time = limits.send_time;
        if self.account.is_none() && now >= self.opened_at + limits.init_time {
            return Err(Close::InitTimeout.into());
        }
        if now >= self.heard_at + limits.silence {
            return Err(Close::Silent.into());
        }
        if now >= self.pinged_at + limits.ping_interval {
            self.pinged_at = now;
            send(socket, time, Message::Ping(Bytes::new())).await?;
        }
        Ok(())
    }

    async fn receive(&mut self, socket: &mut WebSocket, message: &Message) -> Result<(), End> {
        self.heard_at = Instant::now();
        let time = self.state.subscriptions.limits().send_time;
        let text = match message {
            Message::Text(text) => text.as_str(),
            Message::Ping(_) | Message::Pong(_) => return Ok(()),
            Message::Close(_) => {
                // Sends the answer to the close frame.
                let _ = timeout(CLOSE_TIME, socket.recv()).await;
                return Err(End::Gone);
            }
            Message::Binary(_) => return Err(Close::InvalidMessage.into()),
        };
        let message = ClientMessage::parse(text).map_err(|_| Close::InvalidMessage)?;
        match message {
            ClientMessage::ConnectionInit(authorization) => {
                let initialised = self.initialise(authorization.as_deref()).await;
                self.record_refusal(&initialised);
                initialised?;
                send(socket, time, messages::connection_ack()).await
            }
            ClientMessage::Subscribe { id, payload } => {
                let started = self.subscribe(&id, payload).await;
                self.record_refusal(&started);
                let Some(refused) = started? else { return Ok(()) };
                send(socket, time, messages::error(&id, &refused)).await
            }
            ClientMessage::Complete { id } => {
                self.operations.remove(&id);
                Ok(())
            }
            ClientMessage::Ping => send(socket, time, messages::pong()).await,
            ClientMessage::Pong => Ok(()),
        }
    }

    /// Records that the connection is closed because it has no valid token.
    fn record_refusal<T>(&self, result: &Result<T, Close>) {
        if let Err(Close::Unauthorized(_) | Close::Forbidden(_)) = result {
            let code = error::UNAUTHENTICATED;
            self.requester.refused(&self.state, AuditOperation::Read, code);
        }
    }

    /// Accepts the token of the message, or else that of the opening request.
    async fn initialise(&mut self, authorization: Option<&str>) -> Result<(), Close> {
        if self.account.is_some() {
            return Err(Close::TooManyInits);
        }
        let token = match authorization {
            Some(value) => match bearer::parse(value) {
                Ok(token) => Some(token.to_owned()),
                Err(TokenError::Missing) => None,
                Err(error) => return Err(Close::Forbidden(error)),
            },
            None => self.header_token.take(),
        };
        let Some(token) = token else {
            return Err(Close::Unauthorized("Unauthorized: connection_init has no token"));
        };
        let principal = bearer::verify(&self.state, &token).await;
        let principal = principal.map_err(|error| unverified(&error))?;
        let principal = self.requester.verified(principal.map_err(Close::Forbidden)?);
        let session = Session::new(&self.state, principal, &token);
        let place = self.state.subscriptions.account(&session.principal.subject);
        let place = place.map_err(|_| {
            Close::Busy("the account has reached its limit of subscription connections")
        })?;
        self.account = Some(Box::new(Account { session, _place: place }));
        self.opening = None;
        Ok(())
    }

    /// Starts an operation. Returns the errors because of which it cannot be started.
    async fn subscribe(
        &mut self,
        id: &str,
        payload: &str,
    ) -> Result<Option<serde_json::Value>, Close> {
        let Some(account) = &self.account else {
            return Err(Close::Unauthorized("Unauthorized: send connection_init first"));
        };
        if self.operations.contains_key(id) {
            return Err(Close::DuplicateId);
        }
        let refuse = |message: &str, code| Ok(Some(json!([error_json(message, code)])));
        let allowed = self.state.subscriptions.limits().operations;
        if self.operations.len() >= allowed {
            let message = format!(
                "the connection has {allowed} operations, which is the limit; complete one first"
            );
            self.requester.refused(&self.state, AuditOperation::Read, error::RATE_LIMITED);
            return refuse(&message, error::RATE_LIMITED);
        }
        let limits = self.state.schema.data::<Limits>().cloned().unwrap_or_default();
        let request = EncodedRequest::Body(Bytes::copy_from_slice(payload.as_bytes()));
        let persisted = self.state.persisted_documents.as_deref();
        let parsed = Some(&self.state.parsed_queries);
        let operation = match request.decode(&limits, persisted, parsed) {
            Ok(operation) => operation,
            Err(RequestError::Query(errors)) => return Ok(Some(json!(errors))),
            Err(RequestError::Malformed(message)) => {
                return refuse(&message, error::BAD_USER_INPUT);
            }
            Err(RequestError::PersistedQuery(error)) => {
                let (message, code) = error.message_and_code();
                return refuse(message, code);
            }
        };
        if !operation.is_subscription() {
            let message = "only subscriptions run over WebSocket; send queries and mutations by \
                           POST";
            return refuse(message, error::BAD_USER_INPUT);
        }
        let principal = Some(account.session.principal.clone());
        let requester = self.requester.clone();
        match live::start(&self.state, operation, principal, limits, requester).await {
            Ok(results) => {
                let results = results
                    .map(|result| Some(Box::new(result)))
                    .chain(stream::once(async { None }));
                self.operations.insert(id.to_owned(), results.boxed());
                Ok(None)
            }
            Err(errors) => Ok(Some(json!(errors))),
        }
    }
}

/// The end of a connection whose token could not be verified.
fn unverified(error: &CatalogError) -> Close {
    tracing::warn!(%error, "a token could not be verified");
    Close::Busy("the token could not be verified; try again later")
}

/// Sends a message. A client that does not accept it in time is too slow.
async fn send(socket: &mut WebSocket, time: Duration, message: Message) -> Result<(), End> {
    match timeout(time, socket.send(message)).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(End::Gone),
        Err(_) => Err(Close::TooSlow.into()),
    }
}

/// Whether a message was larger than allowed.
fn is_capacity_error(error: &axum::Error) -> bool {
    let mut source: Option<&(dyn std::error::Error + 'static)> =
        Some(std::error::Error::source(error).unwrap_or(error));
    while let Some(cause) = source {
        // The library that reads frames is not a dependency of this crate.
        if cause.to_string().starts_with("Space limit exceeded") {
            return true;
        }
        source = cause.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_of_this_server_is_of_its_own_origin() {
        let own = |origin: &'static str, host: &'static str| {
            is_own_origin(&HeaderValue::from_static(origin), Some(&HeaderValue::from_static(host)))
        };
        assert!(own("http://localhost:8000", "localhost:8000"));
        assert!(own("https://Movies.example.com", "movies.example.com"));
        for origin in ["http://localhost:8001", "null", "http://localhost", "file://", ""] {
            assert!(!own(origin, "localhost:8000"), "{origin}");
        }
        assert!(!is_own_origin(&HeaderValue::from_static("http://a"), None));
    }
}
