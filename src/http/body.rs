//! Request bodies: received within limits of time and size, unpacked, and counted against the memory
//! that all requests share.
//!
//! [`receive`] wraps the handlers. What they read is a body that fails with a [`BodyError`], which
//! [`read_body`] makes a problem of. A body that a handler did not read, because it refused the
//! request, is drained: a client that sends everything before it reads would otherwise find its
//! connection reset in place of the answer.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

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
use super::budget::{Budget, Full, Room};
use super::limits::{Limits, MAX_BODY};
use super::problem::ProblemDetails;

/// The content codings that are unpacked, as `Accept-Encoding` names them. `deflate` is the zlib format
/// (RFC 9110 §8.4.1.2).
const ACCEPTED_CODINGS: &str = "gzip, deflate, identity";
/// Bytes that are unpacked at once.
const UNPACKED_CHUNK: usize = 16 * 1024;
/// The first bytes of each body, which are not counted: the number of connections limits them.
const UNCOUNTED: usize = 64 * 1024;

/// Why a body cannot be read.
#[derive(Debug, Clone, thiserror::Error)]
pub enum BodyError {
    /// It has more bytes than any body may have.
    #[error("the body is larger than {} KiB", MAX_BODY / 1024)]
    TooLarge,
    /// It came too slowly.
    #[error("the body was sent too slowly")]
    TooSlow,
    /// Its content coding is not one that is unpacked.
    #[error("found Content-Encoding: {0}; allowed is one of {ACCEPTED_CODINGS}")]
    UnknownCoding(String),
    /// It is not what its content coding says.
    #[error("the body is not {coding}, or not all of it: {reason}")]
    NotCoded { coding: &'static str, reason: String },
    #[error(transparent)]
    Full(#[from] Full),
    /// The client left, or broke the framing.
    #[error("the body could not be read")]
    Broken,
}

impl From<BodyError> for ProblemDetails {
    fn from(error: BodyError) -> Self {
        let detail = error.to_string();
        match error {
            BodyError::TooLarge => Self::too_large(detail),
            BodyError::TooSlow => {
                Self::new(StatusCode::REQUEST_TIMEOUT, "REQUEST_TIMEOUT", detail).closing()
            }
            BodyError::UnknownCoding(_) => Self::unsupported_media_type(detail)
                .with_header(header::ACCEPT_ENCODING, HeaderValue::from_static(ACCEPTED_CODINGS)),
            BodyError::Full(full) => full.into(),
            BodyError::NotCoded { .. } | BodyError::Broken => Self::bad_request(detail),
        }
    }
}

/// Reads a body, but no more than is allowed.
pub async fn read_body(body: Body, limit: usize) -> Result<Bytes, ProblemDetails> {
    let too_large =
        || ProblemDetails::too_large(format!("the body is larger than {} KiB", limit / 1024));
    if HttpBody::size_hint(&body).lower() > limit as u64 {
        return Err(too_large());
    }
    axum::body::to_bytes(body, limit).await.map_err(|error| {
        let mut source = std::error::Error::source(&error);
        while let Some(cause) = source {
            if cause.is::<http_body_util::LengthLimitError>() {
                return too_large();
            }
            if let Some(error) = cause.downcast_ref::<BodyError>() {
                return error.clone().into();
            }
            source = cause.source();
        }
        BodyError::Broken.into()
    })
}

/// Hands a request on with its body within limits, and answers 503 if that takes too long. When it
/// returns, nothing of the request runs on but the draining of its body.
pub async fn receive(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let limits = &state.limits;
    let (parts, body) = request.into_parts();
    let expects_continue = parts.headers.contains_key(header::EXPECT);
    let upload = Arc::new(Mutex::new(Upload::new(body, Arc::clone(limits))));
    let room = Arc::new(Mutex::new(Room::default()));
    let is_empty = upload.try_lock().is_ok_and(|upload| upload.body.is_end_stream());
    let body = if is_empty {
        Body::empty()
    } else {
        readable(&parts.headers, &upload, &room, &state.request_memory)
    };
    let mut answer = std::pin::pin!(next.run(Request::from_parts(parts, body)));
    let mut since = Instant::now();
    let response = loop {
        if let Ok(response) = timeout_at(since + limits.answer_time, &mut answer).await {
            break response;
        }
        // The time that the client takes to send its request does not count; it has limits of its own.
        match upload.try_lock().map(|upload| upload.last_frame) {
            Ok(Some(last_frame)) if last_frame > since => since = last_frame,
            Ok(_) => break StatusCode::SERVICE_UNAVAILABLE.into_response(),
            Err(_) => since = Instant::now(),
        }
    };
    if !is_empty && upload.try_lock().map_or(true, |upload| !upload.is_over) {
        tokio::spawn(drain(upload, expects_continue));
    }
    response
}

/// The body that handlers read.
fn readable(
    headers: &HeaderMap,
    upload: &Arc<Mutex<Upload>>,
    room: &Arc<Mutex<Room>>,
    memory: &Budget,
) -> Body {
    let received = try_unfold(Arc::clone(upload), |upload| async move {
        let frame = upload.lock().await.next().await?;
        Ok(frame.map(|bytes| (bytes, upload)))
    });
    let declared = upload.try_lock().map(|upload| upload.body.size_hint()).unwrap_or_default();
    let (unpacked, hint): (BoxStream<'static, _>, _) = match Coding::of(headers) {
        Ok(Coding::Identity) => (received.boxed(), declared),
        Ok(Coding::Gzip) => {
            let mut decoder = GzipDecoder::new(reader(received));
            decoder.multiple_members(true);
            (unpacked("gzip", decoder), SizeHint::default())
        }
        Ok(Coding::Deflate) => {
            (unpacked("deflate", ZlibDecoder::new(reader(received))), SizeHint::default())
        }
        Err(unknown) => {
            let refused = futures::stream::once(async { Err(BodyError::UnknownCoding(unknown)) });
            (refused.boxed(), SizeHint::default())
        }
    };
    let expected = usize::try_from(hint.exact().unwrap_or_default()).unwrap_or(usize::MAX);
    let counter = Counter {
        memory: memory.clone(),
        room: Arc::clone(room),
        counted: UNCOUNTED,
        received: 0,
        expected: expected.min(MAX_BODY),
    };
    let counted = try_unfold((unpacked, counter), |(mut unpacked, mut counter)| async move {
        let Some(bytes) = unpacked.try_next().await? else { return Ok(None) };
        counter.count(bytes.len()).await?;
        Ok::<_, BodyError>(Some((bytes, (unpacked, counter))))
    });
    Body::new(Declared { stream: counted.boxed(), hint })
}

type Received = Pin<Box<dyn Stream<Item = std::io::Result<Bytes>> + Send>>;

fn reader(
    received: impl Stream<Item = Result<Bytes, BodyError>> + Send + 'static,
) -> StreamReader<Received, Bytes> {
    StreamReader::new(Box::pin(received.map_err(std::io::Error::other)))
}

fn unpacked(
    coding: &'static str,
    decoder: impl AsyncRead + Send + 'static,
) -> BoxStream<'static, Result<Bytes, BodyError>> {
    let failed = move |error: std::io::Error| {
        let reason = error.to_string();
        match error.into_inner().map(<dyn std::error::Error + Send + Sync>::downcast::<BodyError>) {
            Some(Ok(error)) => *error,
            _ => BodyError::NotCoded { coding, reason },
        }
    };
    ReaderStream::with_capacity(decoder, UNPACKED_CHUNK).map_err(failed).boxed()
}

/// How a body is packed.
enum Coding {
    Identity,
    Gzip,
    Deflate,
}

impl Coding {
    /// The content coding of a request; the header as it was sent if it is not known. Several in a row
    /// are not unpacked.
    fn of(headers: &HeaderMap) -> Result<Self, String> {
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

/// A body on its way from the client.
struct Upload {
    body: Body,
    limits: Arc<Limits>,
    first_read: Option<Instant>,
    last_frame: Option<Instant>,
    received: u64,
    /// Whether it ended or failed.
    is_over: bool,
}

impl Upload {
    fn new(body: Body, limits: Arc<Limits>) -> Self {
        Self { body, limits, first_read: None, last_frame: None, received: 0, is_over: false }
    }

    /// The next bytes; `None` at the end.
    async fn next(&mut self) -> Result<Option<Bytes>, BodyError> {
        let now = Instant::now();
        let start = *self.first_read.get_or_insert(now);
        let Limits { body_time, body_rate, .. } = *self.limits;
        let earned = std::time::Duration::from_secs(self.received / body_rate.max(1));
        let deadline = (now + body_time).min(start + body_time + earned);
        loop {
            let frame = match timeout_at(deadline, self.body.frame()).await {
                Ok(Some(Ok(frame))) => frame,
                ended => {
                    self.is_over = true;
                    return match ended {
                        Ok(None) => Ok(None),
                        Ok(Some(_)) => Err(BodyError::Broken),
                        Err(_) => Err(BodyError::TooSlow),
                    };
                }
            };
            self.last_frame = Some(Instant::now());
            // Trailers mean nothing here.
            let Ok(bytes) = frame.into_data() else { continue };
            self.received += bytes.len() as u64;
            if self.received > MAX_BODY as u64 {
                return Err(BodyError::TooLarge);
            }
            return Ok(Some(bytes));
        }
    }
}

/// Reads what a handler left of a body, and discards it, as far as the limits allow. The answer is sent
/// meanwhile.
async fn drain(upload: Arc<Mutex<Upload>>, expects_continue: bool) {
    let mut upload = upload.lock().await;
    // A client that waits for leave to send its body has the answer instead.
    if upload.is_over || (expects_continue && upload.first_read.is_none()) {
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

/// Takes room for the bytes of one body as they come.
struct Counter {
    memory: Budget,
    /// What was taken; held until the request is answered.
    room: Arc<Mutex<Room>>,
    /// Bytes that there is room for.
    counted: usize,
    received: usize,
    /// How many bytes will come, where that is known.
    expected: usize,
}

impl Counter {
    async fn count(&mut self, bytes: usize) -> Result<(), Full> {
        self.received += bytes;
        let missing = self.received.max(self.expected).saturating_sub(self.counted);
        if missing > 0 {
            // Room for all of a body at once, so that no two wait for each other half received; of a
            // body of unknown length for as much again as has come.
            let more = if self.expected > 0 { missing } else { missing.max(self.counted) };
            let room = self.memory.take(more).await?;
            self.room.lock().await.extend(room);
            self.counted += more;
        }
        tokio::task::coop::consume_budget().await;
        Ok(())
    }
}

/// A stream with the size that was declared for it.
struct Declared {
    stream: BoxStream<'static, Result<Bytes, BodyError>>,
    hint: SizeHint,
}

impl HttpBody for Declared {
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
