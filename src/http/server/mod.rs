//! The HTTP/1.1 server: accepts connections, limits their number and duration, and shuts down.
//!
//! A connection is closed when a header section takes too long, when it is idle for too long, or
//! when the client does not read the response. At the limit of connections, the connection that has
//! been idle longest is closed for a new one. If all are busy, a few spare connections are
//! accepted, which get `/healthz`, and 503 for every other path.

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
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::AppState;
use super::limits::Limits;
use activity::{Activity, InFlight};
use connection::{MonitoredStream, ResponseBody};

/// Maximum buffer size of a connection, which limits the header section of a request. The largest
/// URL that is accepted has 64 KiB.
const BUFFER: usize = 128 * 1024;
/// How long the server waits for an evicted connection to close.
const EVICTION_TIMEOUT: Duration = Duration::from_millis(100);
/// How long the server waits before the next accept after a failed one.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Serves until `stop` completes, then ends all subscriptions, and waits up to [`Limits::grace`]
/// for open requests.
pub async fn serve(listener: TcpListener, state: AppState, stop: impl Future<Output = ()>) {
    let subscriptions = state.subscriptions.clone();
    let limits = Arc::clone(&state.limits);
    let server = Server {
        router: super::router(state),
        regular: Pool::new(limits.connections),
        spare: Pool::new(limits.spare_connections),
        limits,
        stopping: CancellationToken::new(),
    };
    tokio::select! {
        () = stop => {}
        () = server.accept(&listener) => {}
    }
    drop(listener);
    server.stopping.cancel();
    subscriptions.stop();
    // Connections close within the grace period, unless their task is stuck.
    let closed = async {
        server.regular.closed().await;
        server.spare.closed().await;
    };
    if tokio::time::timeout(server.limits.grace + EVICTION_TIMEOUT, closed).await.is_err() {
        tracing::warn!("requests were still running when the shutdown timeout expired");
    }
}

struct Server {
    router: Router,
    limits: Arc<Limits>,
    regular: Arc<Pool>,
    spare: Arc<Pool>,
    stopping: CancellationToken,
}

/// A limited number of connections.
struct Pool {
    size: u32,
    slots: Arc<Semaphore>,
    open: Mutex<HashMap<u64, Arc<Activity>>>,
}

/// The slot of one connection in its pool, released when dropped.
struct Slot {
    pool: Arc<Pool>,
    number: u64,
    activity: Arc<Activity>,
    _permit: OwnedSemaphorePermit,
}

/// The slot of the connection of a request, in the extensions of the request. A WebSocket holds it
/// after the HTTP connection has ended.
#[derive(Clone)]
pub struct ConnectionSlot(Arc<Slot>);

/// A held slot: the connection counts as open and busy until this is dropped.
pub struct HeldSlot {
    _in_flight: InFlight,
    _slot: ConnectionSlot,
}

impl ConnectionSlot {
    pub fn hold(self) -> HeldSlot {
        HeldSlot { _in_flight: Activity::start(&self.0.activity), _slot: self }
    }
}

impl Pool {
    fn new(size: usize) -> Arc<Self> {
        let size = u32::try_from(size).unwrap_or(u32::MAX).clamp(1, u32::MAX >> 3);
        let slots = Arc::new(Semaphore::new(size as usize));
        Arc::new(Self { size, slots, open: Mutex::default() })
    }

    /// Takes a slot for a connection. If none is free, the connection that has been idle longest is
    /// closed. `None` if all are busy.
    async fn enter(self: &Arc<Self>, number: u64) -> Option<Slot> {
        let permit = match Arc::clone(&self.slots).try_acquire_owned() {
            Ok(permit) => permit,
            Err(_) => self.evict().await?,
        };
        let activity = Arc::new(Activity::default());
        self.locked().insert(number, Arc::clone(&activity));
        Some(Slot { pool: Arc::clone(self), number, activity, _permit: permit })
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
        tokio::time::timeout(EVICTION_TIMEOUT, permit).await.ok()?.ok()
    }

    /// Waits until all connections are closed.
    async fn closed(&self) {
        drop(self.slots.acquire_many(self.size).await);
    }

    fn locked(&self) -> std::sync::MutexGuard<'_, HashMap<u64, Arc<Activity>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.pool.locked().remove(&self.number);
    }
}

impl Server {
    /// Accepts connections forever. Errors either concern a single connection or are temporary (no
    /// free file descriptor), so the server continues, after a pause for the latter.
    async fn accept(&self, listener: &TcpListener) {
        let mut is_failing = false;
        for number in 0_u64.. {
            let (stream, address) = match listener.accept().await {
                Ok(accepted) => accepted,
                Err(error) => {
                    if !is_connection_error(&error) {
                        if !is_failing {
                            tracing::error!(%error, "connections cannot be accepted");
                        }
                        is_failing = true;
                        tokio::time::sleep(ACCEPT_PAUSE).await;
                    }
                    continue;
                }
            };
            is_failing = false;
            if let Err(error) = stream.set_nodelay(true) {
                tracing::debug!(%error, "TCP_NODELAY could not be set");
            }
            if let Some(slot) = self.regular.enter(number).await {
                self.spawn(stream, address, slot, false);
            } else if let Some(slot) = self.spare.enter(number).await {
                self.spawn(stream, address, slot, true);
            }
            // Otherwise all connections are busy, and the new one is closed.
        }
    }

    fn spawn(&self, stream: TcpStream, address: SocketAddr, slot: Slot, is_spare: bool) {
        let router = self.router.clone();
        let slot = Arc::new(slot);
        let (activity, of_request) = (Arc::clone(&slot.activity), Arc::downgrade(&slot));
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            let in_flight = Activity::start(&activity);
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(address));
            if let Some(slot) = of_request.upgrade() {
                request.extensions_mut().insert(ConnectionSlot(slot));
            }
            let router = router.clone();
            async move {
                let response = if is_spare {
                    respond_spare(router, request).await
                } else {
                    respond(router, request).await
                };
                Ok::<_, Infallible>(response.map(|body| ResponseBody::new(body, in_flight)))
            }
        });
        let io = TokioIo::new(MonitoredStream::new(stream, Arc::clone(&slot.activity)));
        // `Activity` sets the time limits instead, since it distinguishes idle connections from
        // slow header sections.
        let connection = http1::Builder::new()
            .header_read_timeout(None)
            .auto_date_header(false)
            .max_buf_size(BUFFER)
            .serve_connection(io, service)
            .with_upgrades();
        let limits = Arc::clone(&self.limits);
        let stopping = self.stopping.clone();
        tokio::spawn(async move {
            connection::drive(connection, &slot.activity, &limits, &stopping).await;
            drop(slot);
        });
    }
}

async fn respond(router: Router, request: Request) -> Response {
    match router.oneshot(request).await {
        Ok(response) => response,
        Err(impossible) => match impossible {},
    }
}

/// Marks a request on a spare connection.
#[derive(Debug, Clone, Copy)]
struct OnSpareConnection;

/// Whether the request is refused because the server has reached its limit of connections: any but
/// `/healthz` on a spare connection.
pub fn is_beyond_capacity(request: &Request) -> bool {
    let is_spare = request.extensions().get::<OnSpareConnection>().is_some();
    is_spare && request.uri().path() != "/healthz"
}

/// Answers on a spare connection, which is then closed.
async fn respond_spare(router: Router, mut request: Request) -> Response {
    request.extensions_mut().insert(OnSpareConnection);
    let mut response = respond(router, request).await;
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Whether the error concerns only the connection that was being accepted.
fn is_connection_error(error: &std::io::Error) -> bool {
    use std::io::ErrorKind;
    matches!(
        error.kind(),
        ErrorKind::ConnectionRefused | ErrorKind::ConnectionAborted | ErrorKind::ConnectionReset
    )
}
