//! What one client, and all clients together, may take of the service: connections, time, memory.

use std::time::Duration;

/// Most bytes of a request's body, both as sent and after a content coding was removed.
pub const MAX_BODY: usize = 16 * 1024 * 1024;

const MIB: usize = 1024 * 1024;

/// The limits of a running server. The defaults are those of `reelport serve`; tests set smaller ones.
#[derive(Debug, Clone)]
pub struct Limits {
    /// Most open connections that are served in full.
    pub connections: usize,
    /// Connections beyond `connections` that are accepted to answer `/healthz`, and 503 to all else.
    pub spare_connections: usize,
    /// Longest time from a connection's first byte, or from its opening, to the end of the request's
    /// header section.
    pub head_time: Duration,
    /// Longest time that a connection stays open between two requests.
    pub idle_time: Duration,
    /// Longest pause while a request body is sent, and the time that a body of any size may take.
    pub body_time: Duration,
    /// Bytes of a body that have to arrive in each second beyond `body_time`.
    pub body_rate: u64,
    /// Longest time from the end of the request to the start of the answer.
    pub answer_time: Duration,
    /// Longest time that a client may take to accept the next 64 KiB of an answer.
    pub write_time: Duration,
    /// Most bytes that are read and discarded of the body of a request that was refused.
    pub drain_bytes: u64,
    /// Longest time that such a body is read.
    pub drain_time: Duration,
    /// Longest pause while such a body is read.
    pub drain_pause: Duration,
    /// Most bytes of request bodies that are held in memory at once.
    pub request_memory: usize,
    /// Most bytes of answers that are held in memory at once for clients that have yet to read them.
    pub answer_memory: usize,
    /// Most ZIP bundles that are sent at once.
    pub bundles: usize,
    /// Longest time that a request waits for room within the three limits above.
    pub room_wait: Duration,
    /// How long open requests may take to end after the server was asked to stop.
    pub grace: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 512,
            spare_connections: 16,
            head_time: Duration::from_secs(10),
            idle_time: Duration::from_secs(75),
            body_time: Duration::from_secs(20),
            body_rate: 32 * 1024,
            answer_time: Duration::from_mins(1),
            write_time: Duration::from_secs(20),
            drain_bytes: 32 * MIB as u64,
            drain_time: Duration::from_secs(10),
            drain_pause: Duration::from_secs(2),
            request_memory: 64 * MIB,
            answer_memory: 64 * MIB,
            bundles: 64,
            room_wait: Duration::from_secs(5),
            grace: Duration::from_secs(10),
        }
    }
}
