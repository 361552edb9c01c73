//! The server: accepts connections, keeps their number and their time within limits, and stops.
//!
//! HTTP/1.1 only. A connection is closed when a request's header section takes too long, when it is
//! idle for too long, and when the client does not read its answer. At the limit of connections,
//! the one that has been idle for longest is closed for a new one; if all are busy, a few more are
//! accepted to answer `/healthz`, and 503 to everything else.

mod activity;
mod connection;

use std::collections::HashMap;
use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse as _, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::limits::Limits;
use super::problem::ProblemDetails;
use activity::Activity;
use connection::{AnswerBody, Watched};

/// Most bytes of a connection's buffer, and so of a request's header section. The largest URL that is
/// read has 64 KiB.
const BUFFER: usize = 128 * 1024;
/// How long the server waits for the connection that it closes for a new one.
const EVICTION: Duration = Duration::from_millis(100);
/// How long the server waits before it accepts again after it could not.
const PAUSE: Duration = Duration::from_millis(50);

/// Serves `router` until `stop` ends, then lets open requests end within the grace of `limits`.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Arc<Limits>,
    stop: impl Future<Output = ()>,
) {
    let server = Server {
        router,
        full: Lane::new(limits.connections),
        spare: Lane::new(limits.spare_connections),
        limits,
        stopping: CancellationToken::new(),
    };
    tokio::select! {
        () = stop => {}
        () = server.accept(&listener) => {}
    }
    drop(listener);
    server.stopping.cancel();
    // Connections end by themselves within the grace; one whose task is stuck is not waited for.
    let ended = async {
        server.full.ended().await;
        server.spare.ended().await;
    };
    if tokio::time::timeout(server.limits.grace + EVICTION, ended).await.is_err() {
        tracing::warn!("requests were still running when the time to stop was over");
    }
}

struct Server {
    router: Router,
    limits: Arc<Limits>,
    full: Arc<Lane>,
    spare: Arc<Lane>,
    stopping: CancellationToken,
}

/// A number of connections that are treated alike.
struct Lane {
    size: u32,
    slots: Arc<Semaphore>,
    open: Mutex<HashMap<u64, Arc<Activity>>>,
}

/// The place of one connection in its lane, given back when it is dropped.
struct Slot {
    lane: Arc<Lane>,
    number: u64,
    activity: Arc<Activity>,
    _permit: OwnedSemaphorePermit,
}

impl Lane {
    fn new(size: usize) -> Arc<Self> {
        let size = u32::try_from(size).unwrap_or(u32::MAX).clamp(1, u32::MAX >> 3);
        let slots = Arc::new(Semaphore::new(size as usize));
        Arc::new(Self { size, slots, open: Mutex::default() })
    }

    /// A place for a connection; if there is none, that of the connection that has been idle for
    /// longest. `None` if all are busy.
    async fn enter(self: &Arc<Self>, number: u64) -> Option<Slot> {
        let permit = match Arc::clone(&self.slots).try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => self.evict().await?,
        };
        let activity = Arc::new(Activity::default());
        self.locked().insert(number, Arc::clone(&activity));
        Some(Slot { lane: Arc::clone(self), number, activity, _permit: permit })
    }

    async fn evict(&self) -> Option<OwnedSemaphorePermit> {
        let idle = {
            let open = self.locked();
            let idle =
                open.values().filter_map(|activity| Some((activity.idle_since()?, activity)));
            idle.min_by_key(|(since, _)| *since).map(|(_, activity)| Arc::clone(activity))
        };
        idle?.evict();
        let permit = Arc::clone(&self.slots).acquire_owned();
        tokio::time::timeout(EVICTION, permit).await.ok()?.ok()
    }

    /// Waits until no connection is left.
    async fn ended(&self) {
        drop(self.slots.acquire_many(self.size).await);
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, HashMap<u64, Arc<Activity>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.lane.locked().remove(&self.number);
    }
}

impl Server {
    /// Accepts connections for ever. Failures to accept concern one connection, or pass (no descriptor
    /// is free): neither ends the server nor makes it spin.
    async fn accept(&self, listener: &TcpListener) {
        let mut failing = false;
        for number in 0_u64.. {
            let (stream, address) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    if !is_of_one_connection(&error) {
                        if !failing {
                            tracing::error!(%error, "connections cannot be accepted");
                        }
                        failing = true;
                        tokio::time::sleep(PAUSE).await;
                    }
                    continue;
                }
            };
            failing = false;
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "TCP_NODELAY could not be set");
            }
            if let Some(slot) = self.full.enter(number).await {
                self.spawn(stream, address, slot, false);
            } else if let Some(slot) = self.spare.enter(number).await {
                self.spawn(stream, address, slot, true);
            }
            // Else all are busy, the spare ones too: the connection is closed.
        }
    }

    fn spawn(&self, stream: TcpStream, address: SocketAddr, slot: Slot, is_spare: bool) {
        let router = self.router.clone();
        let activity = Arc::clone(&slot.activity);
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            let in_flight = Activity::start(&activity);
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(address));
            let router = router.clone();
            async move {
                let response = if is_spare {
                    answer_spare(router, request).await
                } else {
                    answer(router, request).await
                };
                Ok::<_, Infallible>(response.map(|body| AnswerBody::new(body, in_flight)))
            }
        });
        let io = TokioIo::new(Watched::new(stream, Arc::clone(&slot.activity)));
        // The time limits are those of the activity, which tell an idle connection from a slow header
        // section.
        let connection = http1::Builder::new()
            .header_read_timeout(None)
            .auto_date_header(false)
            .max_buf_size(BUFFER)
            .serve_connection(io, service);
        let limits = Arc::clone(&self.limits);
        let stopping = self.stopping.clone();
        tokio::spawn(async move {
            connection::drive(connection, &slot.activity, &limits, &stopping).await;
            drop(slot);
        });
    }
}

async fn answer(router: Router, request: Request) -> Response {
    match router.oneshot(request).await {
        Ok(response) => response,
        Err(impossible) => match impossible {},
    }
}

/// Beyond the limit of connections only whether the process is alive is answered.
async fn answer_spare(router: Router, request: Request) -> Response {
    let mut response = if request.uri().path() == "/healthz" {
        answer(router, request).await
    } else {
        ProblemDetails::busy("the server has as many connections as it can serve").into_response()
    };
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Whether accepting failed because of the connection that would have been accepted.
fn is_of_one_connection(error: &std::io::Error) -> bool {
    use std::io::ErrorKind;
    matches!(
        error.kind(),
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset
    )
}
