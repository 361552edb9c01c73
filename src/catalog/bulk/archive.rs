//! Writes ZIP archives as a stream. The entries are `{movie}/{category}.json`, pretty-printed, with
//! the modification times of the documents.

use std::io::{self, BufWriter, Write};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Datelike, Timelike, Utc};
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, ZipWriter};

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

/// Starts an archive that is written to `out` without seeking.
pub fn writer<W: Write>(out: W) -> ZipWriter<StreamWriter<W>> {
    ZipWriter::new_stream(out)
}

/// Adds one document to the archive.
///
/// # Errors
/// When writing fails. The archive is then incomplete and must not be finished.
pub fn write_entry<W: Write>(
    archive: &mut ZipWriter<StreamWriter<W>>,
    export: &Export,
) -> Result<(), ArchiveError> {
    let name = format!("{}/{}.json", export.movie, export.category.slug());
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(LEVEL))
        .unix_permissions(0o644)
        .last_modified_time(export.metadata.last_updated.map(zip_time).unwrap_or_default());
    archive.start_file(name, options)?;
    write_pretty(&export.envelope(), archive)
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

/// Builds an archive document by document. The bytes of each step are returned, not kept.
pub struct Packer {
    archive: ZipWriter<StreamWriter<SharedBuffer>>,
    buffer: SharedBuffer,
}

impl Default for Packer {
    fn default() -> Self {
        let buffer = SharedBuffer::default();
        Self { archive: writer(buffer.clone()), buffer }
    }
}

impl Packer {
    /// Adds a document and returns the next bytes of the archive.
    ///
    /// # Errors
    /// When writing fails. The archive is then incomplete and must not be finished.
    pub fn add(&mut self, export: &Export) -> Result<Vec<u8>, ArchiveError> {
        write_entry(&mut self.archive, export)?;
        Ok(self.buffer.take())
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
