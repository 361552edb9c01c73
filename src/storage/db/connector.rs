//! Opening the connections of a pool, and checking them before they are used again.
//!
//! When the server closes an idle connection, the client notices only on the next use. Testing each
//! connection before or after use would cost a round trip each time. Instead, once one connection
//! is found dead, every connection that was last taken before that moment is tested before its next
//! use, and the failed statement is run on another connection.

use std::io::ErrorKind;
use std::sync::Arc;
use std::time::{Duration, Instant};

use deadpool::managed::{Manager, Metrics, Object, RecycleError, RecycleResult};
use sea_orm::sqlx::{ConnectOptions, Connection, Error};
use tokio::time::{sleep, timeout};

/// How long a server may take to answer a check.
pub(super) const CHECK_TIMEOUT: Duration = Duration::from_secs(3);
/// The longest pause between two attempts to connect to a server that is starting.
const MAX_PAUSE: Duration = Duration::from_millis(500);

/// A connection that returns to its pool when it is dropped.
pub(super) type Pooled<O> = Object<Connector<O>>;

/// When a connection was last found dead.
#[derive(Debug, Default)]
pub(super) struct LastDead(std::sync::Mutex<Option<Instant>>);

impl LastDead {
    pub(super) fn record(&self) {
        if let Ok(mut last) = self.0.lock() {
            *last = Some(Instant::now());
        }
    }

    /// Whether a connection was found dead within this time.
    fn is_within(&self, time: Duration) -> bool {
        let last = self.0.lock().ok().and_then(|last| *last);
        last.is_some_and(|last| last.elapsed() <= time)
    }
}

/// Opens and checks the connections of a pool.
#[derive(Debug)]
pub(super) struct Connector<O> {
    pub(super) options: O,
    pub(super) last_dead: Arc<LastDead>,
    /// Older connections are replaced by new ones.
    pub(super) max_age: Option<Duration>,
}

impl<O> Manager for Connector<O>
where
    O: ConnectOptions,
    O::Connection: Sized,
{
    type Type = O::Connection;
    type Error = Error;

    /// Opens a connection. Waits for a server that is starting.
    async fn create(&self) -> Result<O::Connection, Error> {
        let mut pause = Duration::from_millis(10);
        loop {
            // In a box, as is the ping: taking a connection seldom needs room for them.
            match Box::pin(self.options.connect()).await {
                Err(error) if is_starting(&error) => {
                    sleep(pause).await;
                    pause = (pause * 2).min(MAX_PAUSE);
                }
                result => return result,
            }
        }
    }

    async fn recycle(
        &self,
        connection: &mut O::Connection,
        metrics: &Metrics,
    ) -> RecycleResult<Error> {
        if self.max_age.is_some_and(|max| metrics.age() > max) {
            return Err(RecycleError::message("the connection is too old"));
        }
        if !self.last_dead.is_within(metrics.last_used()) {
            return Ok(());
        }
        match timeout(CHECK_TIMEOUT, Box::pin(connection.ping())).await {
            Ok(result) => result.map_err(RecycleError::Backend),
            Err(_) => Err(RecycleError::message("the server did not answer")),
        }
    }
}

/// Whether a server refused a connection because it is starting, stopping, or has too many.
fn is_starting(error: &Error) -> bool {
    match error {
        Error::Io(error) => error.kind() == ErrorKind::ConnectionRefused,
        // cannot_connect_now, too_many_connections
        Error::Database(error) => {
            error.code().is_some_and(|code| ["57P03", "53300"].contains(&&*code))
        }
        _ => false,
    }
}
