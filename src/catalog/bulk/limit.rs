//! Readers that count or limit the bytes that pass through them.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts the bytes read through it, before decompression.
pub(super) struct CountingReader<R> {
    inner: R,
    count: Arc<AtomicU64>,
}

impl<R> CountingReader<R> {
    pub(super) fn new(inner: R, count: Arc<AtomicU64>) -> Self {
        Self { inner, count }
    }
}

impl<R: Read> Read for CountingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.count.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

impl<R: Seek> Seek for CountingReader<R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}

/// The decompressed data exceeds its limit.
#[derive(Debug, thiserror::Error)]
#[error("it unpacks to more than {}; {remedy}", format_bytes(*limit))]
pub(super) struct UnpackedTooLarge {
    limit: u64,
    remedy: &'static str,
}

/// Fails with [`UnpackedTooLarge`] when more than `limit` bytes were read.
pub(super) struct LimitedReader<R> {
    inner: R,
    limit: u64,
    left: u64,
    remedy: &'static str,
}

impl<R> LimitedReader<R> {
    /// `remedy` ends the message of the error.
    pub(super) fn new(inner: R, limit: u64, remedy: &'static str) -> Self {
        Self { inner, limit, left: limit, remedy }
    }
}

impl<R: Read> Read for LimitedReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.left = self.left.checked_sub(read as u64).ok_or_else(|| {
            io::Error::other(UnpackedTooLarge { limit: self.limit, remedy: self.remedy })
        })?;
        Ok(read)
    }
}

/// Formats a number of bytes in the largest binary unit that divides it.
pub(super) fn format_bytes(bytes: u64) -> String {
    let units = [(30, "GiB"), (20, "MiB"), (10, "KiB")];
    let fitting = units.iter().find(|(shift, _)| bytes > 0 && bytes.is_multiple_of(1 << shift));
    match fitting {
        Some((shift, unit)) => format!("{} {unit}", bytes >> shift),
        None => format!("{bytes} bytes"),
    }
}
