//! Request bodies: received within limits of time and size, decompressed, and counted against the
//! memory shared by all requests.
//!
//! [`limit_body`] is the middleware; handlers read with [`read_body`], which maps a [`BodyError`]
//! to problem details. If a handler rejects a request without reading the body, the rest is
//! drained: otherwise a client that sends everything before it reads would get a connection reset
//! instead of the response.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use async_compression::tokio::bufread::{GzipDecoder, ZlibDecoder};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use bytes::Bytes;
use futures::stream::{BoxStream, Stream, StreamExt as _, TryStreamExt as _, try_unfold};
use http_body::{Body as HttpBody, Frame, SizeHint};
use http_body_util::BodyExt as _;
use tokio::io::AsyncRead;
use tokio::sync::Mutex;
use tokio::time::{Instant, timeout_at};
use tokio_util::io::{ReaderStream, StreamReader};

use super::AppState;
use super::budget::{Budget, Exhausted, Reservation};
use super::limits::{Limits, MAX_BODY};
use super::problem::ProblemDetails;

/// Supported content codings, as the value of `Accept-Encoding`. `deflate` is the zlib format (RFC
/// 9110 §8.4.1.2).
const ACCEPTED_CODINGS: &str = "gzip, deflate, identity";
/// Paths with bodies that are processed while they arrive. They may be larger than others, and are
/// not counted against the memory for bodies.
const STREAMED: [&str; 1] = ["/api/v1/admin/movies/import"];
/// How many bytes are decompressed at once.
const DECODED_CHUNK: usize = 16 * 1024;
/// How many bytes at the start of each body are not counted: the number of connections limits them.
const UNCOUNTED: usize = 64 * 1024;

/// Why a request body cannot be read.
#[derive(Debug, Clone, thiserror::Error)]
pub enum BodyError {
    /// It is larger than the route allows.
    #[error("the body is larger than {} KiB", limit / 1024)]
    TooLarge { limit: u64 },
    /// The client sent it too slowly.
    #[error("the body was sent too slowly")]
    TooSlow,
    /// The content coding is not supported.
    #[error("found Content-Encoding: {0}; allowed is one of {ACCEPTED_CODINGS}")]
    UnknownCoding(String),
    /// It could not be decompressed.
    #[error("the body is not valid {coding}, or is incomplete: {reason}")]
    Decoding { coding: &'static str, reason: String },
    #[error(transparent)]
    Exhausted(#[from] Exhausted),
    /// The client closed the connection, or the framing is invalid.
    #[error("the body could not be read")]
    Broken,
}

impl From<BodyError> for ProblemDetails {
    fn from(error: BodyError) -> Self {
        let detail = error.to_string();
        match error {
            BodyError::TooLarge { .. } => Self::too_large(detail),
            BodyError::TooSlow => {
                Self::new(StatusCode::REQUEST_TIMEOUT, "REQUEST_TIMEOUT", detail).with_close()
            }
            BodyError::UnknownCoding(_) => Self::unsupported_media_type(detail)
                .with_header(header::ACCEPT_ENCODING, HeaderValue::from_static(ACCEPTED_CODINGS)),
            BodyError::Exhausted(exhausted) => exhausted.into(),
            BodyError::Decoding { .. } | BodyError::Broken => Self::bad_request(detail),
        }
    }
}

/// Reads a body of at most `limit` bytes.
pub async fn read_body(body: Body, limit: usize) -> Result<Bytes, ProblemDetails> {
    let too_large =
        || ProblemDetails::too_large(format!("the body is larger than {} KiB", limit / 1024));
    if HttpBody::size_hint(&body).lower() > limit as u64 {
        return Err(too_large());
    }
    axum::body::to_bytes(body, limit).await.map_err(|error| {
        match cause::<http_body_util::LengthLimitError>(&error) {
            Some(_) => too_large(),
            None => BodyError::find(&error).into(),
        }
    })
}

/// The first cause of an error that is a `T`.
fn cause<T: std::error::Error + 'static>(error: &axum::Error) -> Option<&T> {
    let mut causes =
        std::iter::successors(std::error::Error::source(error), |cause| cause.source());
    causes.find_map(|cause| cause.downcast_ref())
}

impl BodyError {
    /// The cause of an error of a body.
    pub fn find(error: &axum::Error) -> Self {
        cause::<Self>(error).cloned().unwrap_or(Self::Broken)
    }
}

/// Applies the limits to the request body, and returns 503 if the handler takes too long. After it
/// returns, only the draining of the body may still run.
pub async fn limit_body(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let limits = &state.limits;
    let (parts, body) = request.into_parts();
    let expects_continue = parts.headers.contains_key(header::EXPECT);
    let is_streamed = STREAMED.contains(&parts.uri.path());
    let max = if is_streamed { limits.bulk_upload } else { MAX_BODY as u64 };
    let upload = Arc::new(Mutex::new(Upload::new(body, max, Arc::clone(limits))));
    let reservation = Arc::new(Mutex::new(Reservation::default()));
    let is_empty = upload.try_lock().is_ok_and(|upload| upload.body.is_end_stream());
    let body = if is_empty {
        Body::empty()
    } else if is_streamed {
        let (decoded, hint) = decoded(&parts.headers, &upload);
        Body::new(SizedStream { stream: decoded, hint })
    } else {
        limited(&parts.headers, &upload, &reservation, &state.request_memory)
    };
    let mut handler = std::pin::pin!(next.run(Request::from_parts(parts, body)));
    let mut since = Instant::now();
    let response = loop {
        if let Ok(response) = timeout_at(since + limits.response_time, &mut handler).await {
            break response;
        }
        // The time that the client takes to send its body does not count; it has separate limits.
        match upload.try_lock().map(|upload| upload.last_frame) {
            Ok(Some(last_frame)) if last_frame > since => since = last_frame,
            Ok(_) => break StatusCode::SERVICE_UNAVAILABLE.into_response(),
            Err(_) => since = Instant::now(),
        }
    };
    // A handler that streams the body may still read it.
    let is_read = is_streamed && response.status().is_success();
    if !is_empty && !is_read && upload.try_lock().map_or(true, |upload| !upload.is_finished) {
        tokio::spawn(drain(upload, expects_continue));
    }
    response
}

type Decoded = BoxStream<'static, Result<Bytes, BodyError>>;

/// The decompressed bytes of a body, as they arrive.
fn decoded(headers: &HeaderMap, upload: &Arc<Mutex<Upload>>) -> (Decoded, SizeHint) {
    let received = try_unfold(Arc::clone(upload), |upload| async move {
        let frame = upload.lock().await.next().await?;
        Ok(frame.map(|bytes| (bytes, upload)))
    });
    let declared = upload.try_lock().map(|upload| upload.body.size_hint()).unwrap_or_default();
    match Coding::parse(headers) {
        Ok(Coding::Identity) => (received.boxed(), declared),
        Ok(Coding::Gzip) => {
            let mut decoder = GzipDecoder::new(reader(received));
            decoder.multiple_members(true);
            (decode("gzip", decoder), SizeHint::default())
        }
        Ok(Coding::Deflate) => {
            (decode("deflate", ZlibDecoder::new(reader(received))), SizeHint::default())
        }
        Err(unknown) => {
            let refused = futures::stream::once(async { Err(BodyError::UnknownCoding(unknown)) });
            (refused.boxed(), SizeHint::default())
        }
    }
}

/// The body that handlers read: decompressed and counted.
fn limited(
    headers: &HeaderMap,
    upload: &Arc<Mutex<Upload>>,
    reservation: &Arc<Mutex<Reservation>>,
    memory: &Budget,
) -> Body {
    let (decoded, hint) = decoded(headers, upload);
    let expected = usize::try_from(hint.exact().unwrap_or_default()).unwrap_or(usize::MAX);
    let counter = Counter {
        memory: memory.clone(),
        reservation: Arc::clone(reservation),
        counted: UNCOUNTED,
        received: 0,
        expected: expected.min(MAX_BODY),
    };
    let counted = try_unfold((decoded, counter), |(mut decoded, mut counter)| async move {
        let Some(bytes) = decoded.try_next().await? else { return Ok(None) };
        counter.count(bytes.len()).await?;
        Ok::<_, BodyError>(Some((bytes, (decoded, counter))))
    });
    Body::new(SizedStream { stream: counted.boxed(), hint })
}

type Received = Pin<Box<dyn Stream<Item = std::io::Result<Bytes>> + Send>>;

fn reader(
    received: impl Stream<Item = Result<Bytes, BodyError>> + Send + 'static,
) -> StreamReader<Received, Bytes> {
    StreamReader::new(Box::pin(received.map_err(std::io::Error::other)))
}

fn decode(
    coding: &'static str,
    decoder: impl AsyncRead + Send + 'static,
) -> BoxStream<'static, Result<Bytes, BodyError>> {
    let failed = move |error: std::io::Error| {
        let reason = error.to_string();
        match error.into_inner().map(<dyn std::error::Error + Send + Sync>::downcast::<BodyError>) {
            Some(Ok(error)) => *error,
            _ => BodyError::Decoding { coding, reason },
        }
    };
    ReaderStream::with_capacity(decoder, DECODED_CHUNK).map_err(failed).boxed()
}

/// The content coding of a body.
enum Coding {
    Identity,
    Gzip,
    Deflate,
}

impl Coding {
    /// The content coding of a request. An unknown coding, or more than one, is an error with the
    /// value of the header.
    fn parse(headers: &HeaderMap) -> Result<Self, String> {
        let values = headers.get_all(header::CONTENT_ENCODING).iter();
        let sent = values.map(|value| String::from_utf8_lossy(value.as_bytes()));
        let sent = sent.collect::<Vec<_>>().join(", ");
        let mut codings = sent.split(',').map(|coding| coding.trim().to_ascii_lowercase());
        let mut codings = codings.by_ref().filter(|coding| !matches!(&**coding, "" | "identity"));
        let coding = match codings.next().as_deref() {
            None => Ok(Self::Identity),
            Some("gzip" | "x-gzip") => Ok(Self::Gzip),
            Some("deflate") => Ok(Self::Deflate),
            Some(_) => Err(()),
        };
        let is_only = codings.next().is_none();
        coding
            .ok()
            .filter(|_| is_only)
            .ok_or_else(|| sent.chars().filter(|c| !c.is_control()).take(80).collect())
    }
}

/// A body that is being received from the client.
struct Upload {
    body: Body,
    /// Maximum size in bytes.
    max: u64,
    limits: Arc<Limits>,
    first_read: Option<Instant>,
    last_frame: Option<Instant>,
    /// How long the server waited for the client.
    waited: Duration,
    received: u64,
    /// Whether the body ended or failed.
    is_finished: bool,
}

impl Upload {
    fn new(body: Body, max: u64, limits: Arc<Limits>) -> Self {
        Self {
            body,
            max,
            limits,
            first_read: None,
            last_frame: None,
            waited: Duration::ZERO,
            received: 0,
            is_finished: false,
        }
    }

    /// The next bytes; `None` at the end.
    async fn next(&mut self) -> Result<Option<Bytes>, BodyError> {
        let now = Instant::now();
        self.first_read.get_or_insert(now);
        let Limits { body_time, body_rate, .. } = *self.limits;
        let earned = Duration::from_secs(self.received / body_rate.max(1));
        // The time that the server takes between two reads is not the client's.
        let left = (body_time + earned).saturating_sub(self.waited);
        let deadline = now + body_time.min(left);
        loop {
            let frame = match timeout_at(deadline, self.body.frame()).await {
                Ok(Some(Ok(frame))) => frame,
                ended => {
                    self.is_finished = true;
                    return match ended {
                        Ok(None) => Ok(None),
                        Ok(Some(_)) => Err(BodyError::Broken),
                        Err(_) => Err(BodyError::TooSlow),
                    };
                }
            };
            self.last_frame = Some(Instant::now());
            self.waited += now.elapsed();
            // Trailers are ignored.
            let Ok(bytes) = frame.into_data() else { continue };
            self.received += bytes.len() as u64;
            if self.received > self.max {
                return Err(BodyError::TooLarge { limit: self.max });
            }
            return Ok(Some(bytes));
        }
    }
}

/// Reads and discards the rest of a body, within the limits, while the response is sent.
async fn drain(upload: Arc<Mutex<Upload>>, expects_continue: bool) {
    let mut upload = upload.lock().await;
    // A client that waits for `100 Continue` gets the response instead and sends no body.
    if upload.is_finished || (expects_continue && upload.first_read.is_none()) {
        return;
    }
    let Limits { drain_bytes, drain_time, drain_pause, .. } = *upload.limits;
    let end = Instant::now() + drain_time;
    let mut drained = 0;
    while drained < drain_bytes {
        let deadline = end.min(Instant::now() + drain_pause);
        match timeout_at(deadline, upload.body.frame()).await {
            Ok(Some(Ok(frame))) => drained += frame.data_ref().map_or(0, Bytes::len) as u64,
            _ => return,
        }
    }
}

/// Reserves memory for the bytes of a body as they arrive.
struct Counter {
    memory: Budget,
    /// The reserved memory, held until the request is answered.
    reservation: Arc<Mutex<Reservation>>,
    /// How many bytes are covered: reserved or uncounted.
    counted: usize,
    received: usize,
    /// The length of the body, if known; else 0.
    expected: usize,
}

impl Counter {
    async fn count(&mut self, bytes: usize) -> Result<(), Exhausted> {
        self.received += bytes;
        let missing = self.received.max(self.expected).saturating_sub(self.counted);
        if missing > 0 {
            // Reserve memory for the whole body at once, so that no two half-received bodies wait
            // for each other. If the length is unknown, double the reservation.
            let more = if self.expected > 0 { missing } else { missing.max(self.counted) };
            let reservation = self.memory.reserve(more).await?;
            self.reservation.lock().await.extend(reservation);
            self.counted += more;
        }
        tokio::task::coop::consume_budget().await;
        Ok(())
    }
}

/// A stream of bytes with a size hint.
struct SizedStream {
    stream: BoxStream<'static, Result<Bytes, BodyError>>,
    hint: SizeHint,
}

impl HttpBody for SizedStream {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        self.stream.as_mut().poll_next(context).map_ok(Frame::data)
    }

    fn size_hint(&self) -> SizeHint {
        self.hint
    }
}
