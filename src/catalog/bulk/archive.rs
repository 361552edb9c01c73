//! ZIP archives, written as a stream: `{movie}/{category}.json`, pretty-printed, with the times of
//! the documents.

use std::io::{self, Write};

use bytes::Bytes;
use chrono::{DateTime, Datelike, Timelike, Utc};
use tokio::sync::mpsc;
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
    let text = pretty(&export.envelope())?;
    archive.write_all(&text)?;
    Ok(())
}

/// Writes the documents of a movie as a finished archive.
///
/// # Errors
/// At the first document that cannot be written.
pub fn write_bundle<W: Write>(out: W, exports: &[Export]) -> Result<(), ArchiveError> {
    let mut archive = writer(out);
    for export in exports {
        write_entry(&mut archive, export)?;
    }
    archive.finish()?;
    Ok(())
}

/// The same JSON, indented by two spaces, with a line end behind it.
fn pretty(json: &str) -> Result<Vec<u8>, serde_json::Error> {
    let mut text = Vec::with_capacity(json.len() * 2);
    let mut from = serde_json::Deserializer::from_str(json);
    let mut to = serde_json::Serializer::pretty(&mut text);
    serde_transcode::transcode(&mut from, &mut to)?;
    text.push(b'\n');
    Ok(text)
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

/// A writer, for a thread, whose chunks a stream of the async side receives.
#[derive(Debug)]
pub struct ChannelWriter {
    chunk: Vec<u8>,
    sender: mpsc::Sender<Result<Bytes, io::Error>>,
}

const CHUNK: usize = 64 * 1024;

impl ChannelWriter {
    #[must_use]
    pub fn new(sender: mpsc::Sender<Result<Bytes, io::Error>>) -> Self {
        Self { chunk: Vec::with_capacity(CHUNK), sender }
    }

    fn send(&mut self) -> io::Result<()> {
        if self.chunk.is_empty() {
            return Ok(());
        }
        let chunk = std::mem::replace(&mut self.chunk, Vec::with_capacity(CHUNK));
        self.sender.blocking_send(Ok(chunk.into())).map_err(|_| io::ErrorKind::BrokenPipe.into())
    }

    /// Sends what is left.
    ///
    /// # Errors
    /// When the receiver is gone.
    pub fn finish(mut self) -> io::Result<()> {
        self.send()
    }

    /// Ends the stream with an error, so that the reader does not take it for whole.
    pub fn fail(self, error: io::Error) {
        let _ = self.sender.blocking_send(Err(error));
    }
}

impl Write for ChannelWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.chunk.extend_from_slice(bytes);
        if self.chunk.len() >= CHUNK {
            self.send()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
