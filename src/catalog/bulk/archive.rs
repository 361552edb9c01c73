//! Writes ZIP archives as a stream. The entries are `{movie}/{category}.json`, pretty-printed, with
//! the modification times of the documents. An archive of several movies ends with a manifest.

use std::io::{self, BufWriter, Write};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Datelike, Timelike, Utc};
use sha2::{Digest as _, Sha256};
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, ZipWriter};

use super::manifest::{MANIFEST, Manifest};
use crate::catalog::export::Export;

/// An archive cannot be written, usually because the client closed the connection.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    #[error("writing an archive: {0}")]
    Zip(#[from] zip::result::ZipError),
    #[error("writing an archive: {0}")]
    Io(#[from] io::Error),
    #[error("writing an archive: {0}")]
    Json(#[from] serde_json::Error),
}

/// Deflate level 1 compresses JSON nearly as well as level 6, in half the time.
const LEVEL: i64 = 1;

/// The name of the entry for a document.
fn entry_name(export: &Export) -> String {
    format!("{}/{}.json", export.movie, export.category.slug())
}

/// Writes JSON indented by two spaces, with a final newline.
fn write_pretty(json: &str, out: impl Write) -> Result<(), ArchiveError> {
    let mut out = BufWriter::with_capacity(64 * 1024, out);
    let mut from = serde_json::Deserializer::from_str(json);
    let mut to = serde_json::Serializer::pretty(&mut out);
    serde_transcode::transcode(&mut from, &mut to)?;
    out.write_all(b"\n")?;
    Ok(out.flush()?)
}

/// Builds an archive document by document. The bytes of each step are returned, not kept; only the
/// list of entries, which is at the end of an archive, is kept until then.
pub struct Packer {
    archive: ZipWriter<StreamWriter<SharedBuffer>>,
    buffer: SharedBuffer,
    is_compressed: bool,
}

impl Default for Packer {
    fn default() -> Self {
        Self::new(true)
    }
}

impl Packer {
    /// Starts an archive, with compressed or with stored entries.
    #[must_use]
    pub fn new(is_compressed: bool) -> Self {
        let buffer = SharedBuffer::default();
        Self { archive: ZipWriter::new_stream(buffer.clone()), buffer, is_compressed }
    }

    /// Adds a document and returns the next bytes of the archive.
    ///
    /// # Errors
    /// When writing fails. The archive is then incomplete and must not be finished.
    pub fn add(&mut self, export: &Export) -> Result<Vec<u8>, ArchiveError> {
        self.start(&entry_name(export), export.metadata.last_updated)?;
        write_pretty(&export.envelope(), &mut self.archive)?;
        Ok(self.buffer.take())
    }

    /// Adds a document and counts it in a manifest. Returns the next bytes of the archive.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub(super) fn add_counted(
        &mut self,
        export: &Export,
        manifest: &mut Manifest,
    ) -> Result<Vec<u8>, ArchiveError> {
        let name = entry_name(export);
        self.start(&name, export.metadata.last_updated)?;
        let mut hashed = HashingWriter { out: &mut self.archive, digest: Sha256::new() };
        write_pretty(&export.envelope(), &mut hashed)?;
        manifest.count(export, &name, &hashed.digest.finalize());
        Ok(self.buffer.take())
    }

    /// Adds the manifest, `manifest.json`.
    ///
    /// # Errors
    /// As [`add`](Self::add).
    pub(super) fn add_manifest(&mut self, manifest: &Manifest) -> Result<(), ArchiveError> {
        self.start(MANIFEST, Some(manifest.exported_at()))?;
        write_pretty(&manifest.to_json(), &mut self.archive)
    }

    fn start(&mut self, name: &str, modified: Option<DateTime<Utc>>) -> Result<(), ArchiveError> {
        let method = if self.is_compressed {
            CompressionMethod::Deflated
        } else {
            CompressionMethod::Stored
        };
        let options = SimpleFileOptions::default()
            .compression_method(method)
            .compression_level(self.is_compressed.then_some(LEVEL))
            .unix_permissions(0o644)
            .last_modified_time(modified.map(zip_time).unwrap_or_default());
        Ok(self.archive.start_file(name, options)?)
    }

    /// Completes the archive and returns its last bytes.
    ///
    /// # Errors
    /// When writing fails.
    pub fn finish(self) -> Result<Vec<u8>, ArchiveError> {
        self.archive.finish()?;
        Ok(self.buffer.take())
    }
}

/// Computes the digest of what is written through it.
struct HashingWriter<W> {
    out: W,
    digest: Sha256,
}

impl<W: Write> Write for HashingWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.digest.update(&bytes[..written]);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// A buffer that is written by the archive and emptied by [`Packer`].
#[derive(Debug, Clone, Default)]
struct SharedBuffer(Arc<Mutex<Vec<u8>>>);

impl SharedBuffer {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for SharedBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Converts a time for a ZIP entry: UTC, two-second precision, years 1980 to 2107. A time outside
/// that range becomes the ZIP default.
fn zip_time(moment: DateTime<Utc>) -> zip::DateTime {
    let byte = |number: u32| u8::try_from(number).unwrap_or_default();
    let year = u16::try_from(moment.year()).unwrap_or_default();
    zip::DateTime::from_date_and_time(
        year,
        byte(moment.month()),
        byte(moment.day()),
        byte(moment.hour()),
        byte(moment.minute()),
        byte(moment.second()),
    )
    .unwrap_or_default()
}
