//! The results of a bulk import as lines of JSON, kept until the client reads them.
//!
//! Many clients read nothing before they have sent everything. The import must not wait for them,
//! or both would wait forever, so lines that are not yet read are kept in a temporary file.

use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use serde::Serialize;
use tempfile::SpooledTempFile;
use tokio::sync::Notify;

use crate::http::response::CHUNK;

/// How many bytes of lines are kept in memory before they go to a file.
const IN_MEMORY: usize = 256 * 1024;
/// Maximum number of bytes of all lines of an import.
const MAX_BYTES: u64 = 1024 * 1024 * 1024;

/// The lines of one import. Cheap to clone.
#[derive(Clone)]
pub(super) struct ResultLines(Arc<Shared>);

struct Shared {
    state: Mutex<State>,
    changed: Notify,
}

struct State {
    file: SpooledTempFile,
    written: u64,
    read: u64,
    /// Whether the last line was written.
    is_finished: bool,
}

/// The lines take more space than is allowed.
#[derive(Debug, thiserror::Error)]
#[error("the results of the import take more than {} MiB", MAX_BYTES / 1024 / 1024)]
struct TooManyResults;

impl ResultLines {
    pub(super) fn new() -> Self {
        let file = SpooledTempFile::new(IN_MEMORY);
        let state = State { file, written: 0, read: 0, is_finished: false };
        Self(Arc::new(Shared { state: Mutex::new(state), changed: Notify::new() }))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends a line.
    ///
    /// # Errors
    /// When it cannot be stored.
    pub(super) fn push(&self, line: &impl Serialize) -> io::Result<()> {
        let mut text = serde_json::to_vec(line)?;
        text.push(b'\n');
        let mut state = self.state();
        if state.written + text.len() as u64 > MAX_BYTES {
            return Err(io::Error::other(TooManyResults));
        }
        let end = state.written;
        state.file.seek(SeekFrom::Start(end))?;
        state.file.write_all(&text)?;
        state.written += text.len() as u64;
        drop(state);
        self.0.changed.notify_one();
        Ok(())
    }

    /// Ends the lines.
    pub(super) fn finish(&self) {
        self.state().is_finished = true;
        self.0.changed.notify_one();
    }

    /// The next bytes; `None` at the end.
    pub(super) async fn next_chunk(&self) -> io::Result<Option<Bytes>> {
        loop {
            {
                let mut state = self.state();
                let waiting = state.written - state.read;
                if waiting > 0 {
                    let length = usize::try_from(waiting).unwrap_or(CHUNK).min(CHUNK);
                    let mut bytes = vec![0; length];
                    let start = state.read;
                    state.file.seek(SeekFrom::Start(start))?;
                    state.file.read_exact(&mut bytes)?;
                    state.read += length as u64;
                    return Ok(Some(bytes.into()));
                }
                if state.is_finished {
                    return Ok(None);
                }
            }
            self.0.changed.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lines_are_read_in_order_while_others_are_written() {
        let lines = ResultLines::new();
        let writer = lines.clone();
        let writing = tokio::spawn(async move {
            for number in 0..100_000 {
                writer.push(&number).unwrap();
                if number % 1_000 == 0 {
                    tokio::task::yield_now().await;
                }
            }
            writer.finish();
        });
        let mut read = Vec::new();
        while let Some(chunk) = lines.next_chunk().await.unwrap() {
            read.extend_from_slice(&chunk);
        }
        writing.await.unwrap();
        let read = String::from_utf8(read).unwrap();
        let numbers: Vec<u32> = read.lines().map(|line| line.parse().unwrap()).collect();
        assert_eq!(numbers, (0..100_000).collect::<Vec<_>>());
    }
}
