//! Limits on connections, time and memory, per client and for all clients together.

use std::time::Duration;

/// Maximum size of a request body in bytes, both as sent and after decompression.
pub const MAX_BODY: usize = 16 * 1024 * 1024;

const MIB: usize = 1024 * 1024;

/// The limits of a server. The defaults are those of `reelport serve`; tests set smaller ones.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Maximum number of regular connections.
    pub connections: usize,
    /// Number of additional connections, which get `/healthz`, and 503 for every other path.
    pub spare_connections: usize,
    /// Maximum time from the opening of a connection, or from the first byte of a request, to the
    /// end of the request's header section.
    pub head_time: Duration,
    /// Maximum time that a connection stays open between two requests.
    pub idle_time: Duration,
    /// Maximum pause while a request body is received, and the time allowed for a body of any size.
    pub body_time: Duration,
    /// Minimum rate of a body in bytes per second, required after `body_time`.
    pub body_rate: u64,
    /// Maximum time from the end of the request to the start of the response.
    pub response_time: Duration,
    /// Maximum time for a client to accept the next 64 KiB of a response.
    pub write_time: Duration,
    /// Maximum number of bytes to read and discard from the body of a rejected request.
    pub drain_bytes: u64,
    /// Maximum time to read such a body.
    pub drain_time: Duration,
    /// Maximum pause while such a body is read.
    pub drain_pause: Duration,
    /// Maximum memory for request bodies, in bytes.
    pub request_memory: usize,
    /// Maximum memory for responses that clients have not read yet, in bytes.
    pub response_memory: usize,
    /// Maximum number of ZIP bundles that are sent at the same time.
    pub bundles: usize,
    /// Maximum number of bulk exports that are sent at the same time.
    pub bulk_exports: usize,
    /// Maximum number of bulk imports that are received at the same time.
    pub bulk_imports: usize,
    /// Maximum size of the file of a bulk import in bytes, as sent.
    pub bulk_upload: u64,
    /// Maximum decompressed size of the file of a bulk import, or of an entry of it, in bytes.
    pub bulk_unpacked: u64,
    /// Maximum time that a request waits for memory, for a bundle, or for a bulk export or import.
    pub room_wait: Duration,
    /// How long open requests may take to finish when the server stops.
    pub grace: Duration,
    /// The limits of connections that carry subscriptions.
    pub subscriptions: SubscriptionLimits,
}

/// The limits of connections that carry subscriptions. These also count as connections of
/// [`Limits`], of which they leave some for requests.
#[derive(Debug, Clone)]
pub struct SubscriptionLimits {
    /// Maximum number of WebSockets.
    pub sockets: usize,
    /// Maximum number of WebSockets that have not sent a token yet.
    pub opening_sockets: usize,
    /// Maximum number of streams of server-sent events.
    pub streams: usize,
    /// Maximum number of WebSockets and streams of one account.
    pub per_account: usize,
    /// Maximum number of operations on one WebSocket.
    pub operations: usize,
    /// Maximum size of a message from a client, in bytes.
    pub message_bytes: usize,
    /// Maximum time from the opening of a WebSocket to its `connection_init`.
    pub init_time: Duration,
    /// How often the server sends a ping, or a comment in a stream of server-sent events.
    pub ping_interval: Duration,
    /// Maximum time without any message or pong from a client.
    pub silence: Duration,
    /// Maximum time for a client to accept a message.
    pub send_time: Duration,
    /// How often the token of a connection is verified again.
    pub token_interval: Duration,
}

impl Default for SubscriptionLimits {
    fn default() -> Self {
        Self::of(Limits::CONNECTIONS)
    }
}

impl SubscriptionLimits {
    /// The limits for a number of connections of all kinds.
    pub fn of(connections: usize) -> Self {
        Self {
            sockets: connections / 4 * 3,
            opening_sockets: (connections / 4).clamp(1, 256),
            streams: (connections / 8).clamp(1, 128),
            per_account: 256,
            operations: 50,
            message_bytes: 64 * 1024,
            init_time: Duration::from_secs(10),
            ping_interval: Duration::from_secs(25),
            silence: Duration::from_mins(1),
            send_time: Duration::from_secs(20),
            token_interval: Duration::from_secs(30),
        }
    }
}

impl Limits {
    const CONNECTIONS: usize = 512;
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: Self::CONNECTIONS,
            spare_connections: 16,
            head_time: Duration::from_secs(10),
            idle_time: Duration::from_secs(75),
            body_time: Duration::from_secs(20),
            body_rate: 32 * 1024,
            response_time: Duration::from_mins(1),
            write_time: Duration::from_secs(20),
            drain_bytes: 32 * MIB as u64,
            drain_time: Duration::from_secs(10),
            drain_pause: Duration::from_secs(2),
            request_memory: 64 * MIB,
            response_memory: 64 * MIB,
            bundles: 64,
            bulk_exports: 8,
            bulk_imports: 2,
            bulk_upload: 1024 * MIB as u64,
            bulk_unpacked: 8 * 1024 * MIB as u64,
            room_wait: Duration::from_secs(5),
            grace: Duration::from_secs(10),
            subscriptions: SubscriptionLimits::default(),
        }
    }
}
