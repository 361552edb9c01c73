//! ZIP archives, written as a stream: `{movie}/{category}.json`, pretty-printed, with the times of
//! the documents.

use std::io::{self, BufWriter, Write};
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, Datelike, Timelike, Utc};
use zip::write::{SimpleFileOptions, StreamWriter};
use zip::{CompressionMethod, ZipWriter};

use crate::catalog::export::Export;

/// An archive cannot be written, mostly because whoever reads it left.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    #[error("writing an archive: {0}")]
    Zip(#[from] zip::result::ZipError),
    #[error("writing an archive: {0}")]
    Io(#[from] io::Error),
    #[error("writing an archive: {0}")]
    Json(#[from] serde_json::Error),
}

/// Level 1 of deflate packs JSON nearly as well as 6 in half the time.
const LEVEL: i64 = 1;

/// An archive that is written front to back into `out`.
pub fn writer<W: Write>(out: W) -> ZipWriter<StreamWriter<W>> {
    ZipWriter::new_stream(out)
}

/// Adds one document.
///
/// # Errors
/// When it cannot be written; then the archive is broken and must not be finished.
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

/// Writes the same JSON, indented by two spaces, with a line end behind it.
fn write_pretty(json: &str, out: impl Write) -> Result<(), ArchiveError> {
    let mut out = BufWriter::with_capacity(64 * 1024, out);
    let mut from = serde_json::Deserializer::from_str(json);
    let mut to = serde_json::Serializer::pretty(&mut out);
    serde_transcode::transcode(&mut from, &mut to)?;
    out.write_all(b"\n")?;
    Ok(out.flush()?)
}

/// An archive that is packed document by document: what each adds is returned, and not kept.
pub struct Packer {
    archive: ZipWriter<StreamWriter<Packed>>,
    packed: Packed,
}

impl Default for Packer {
    fn default() -> Self {
        let packed = Packed::default();
        Self { archive: writer(packed.clone()), packed }
    }
}

impl Packer {
    /// Adds a document; the bytes of the archive that follow those returned before.
    ///
    /// # Errors
    /// When it cannot be written; then the archive is broken and must not be finished.
    pub fn add(&mut self, export: &Export) -> Result<Vec<u8>, ArchiveError> {
        write_entry(&mut self.archive, export)?;
        Ok(self.packed.take())
    }

    /// The last bytes of the archive.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn finish(self) -> Result<Vec<u8>, ArchiveError> {
        self.archive.finish()?;
        Ok(self.packed.take())
    }
}

/// Bytes that were written and not yet taken.
#[derive(Debug, Clone, Default)]
struct Packed(Arc<Mutex<Vec<u8>>>);

impl Packed {
    fn take(&self) -> Vec<u8> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Write for Packed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A moment as a ZIP entry holds it: 1980 to 2107, to two seconds, in UTC.
fn zip_time(moment: DateTime<Utc>) -> zip::DateTime {
    let small = |number: u32| u8::try_from(number).unwrap_or_default();
    let year = u16::try_from(moment.year()).unwrap_or_default();
    zip::DateTime::from_date_and_time(
        year,
        small(moment.month()),
        small(moment.day()),
        small(moment.hour()),
        small(moment.minute()),
        small(moment.second()),
    )
    .unwrap_or_default()
}
