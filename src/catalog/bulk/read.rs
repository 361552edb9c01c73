//! Reads documents from files and streams: JSON, NDJSON and ZIP, each plain or gzipped.
//!
//! All functions block, so run them on a blocking thread. Memory use depends on the largest
//! document, not on the size of the input.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;

use super::channel::DocumentSender;
use super::documents;
use super::limit::{CountingReader, LimitedReader, UnpackedTooLarge};
use super::location::{DocumentLocation, LineOrIndex};
use crate::catalog::import::IncomingDocument;
use crate::document::read::parse::ParseOptions;
use crate::document::{Category, MovieId, Problem, ProblemCode};

/// Default maximum size of one document, in bytes.
pub const MAX_DOCUMENT_BYTES: usize = 64 * 1024 * 1024;
/// Default maximum decompressed size, in bytes, of an archive entry and of a compressed archive.
pub const MAX_UNPACKED: u64 = 1024 * 1024 * 1024;
/// The first bytes of a `SQLite` database, <https://www.sqlite.org/fileformat.html>.
pub const SQLITE_HEADER: &[u8; 16] = b"SQLite format 3\0";

/// The message for a `SQLite` database, which would otherwise be searched for JSON: its pages hold
/// fragments of documents, including old ones.
pub const SQLITE_REFUSED: &str =
    "this is a SQLite database, not a document; export it with reelport export";
/// Maximum number of gzip layers.
const MAX_GZIP_LAYERS: usize = 3;

/// A document that was read, or its problems.
#[derive(Debug)]
pub struct ReadDocument {
    pub location: DocumentLocation,
    pub document: Result<IncomingDocument, Vec<Problem>>,
    /// The size of its text.
    pub bytes: usize,
    /// Bytes of input read so far, before decompression.
    pub position: u64,
}

/// The receiver of the documents was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the import stopped")]
pub struct ReceiverClosed;

/// How to read documents.
#[derive(Debug, Clone)]
pub struct ReadOptions {
    /// The movie and category of each text. If set, each text is one document, which may lack its
    /// envelope.
    pub document: Option<(MovieId, Category)>,
    /// How the data of each document is parsed.
    pub parsing: ParseOptions,
    /// Maximum size of one document, in bytes.
    pub max_document: usize,
    /// Maximum decompressed size, in bytes, of an archive entry and of a compressed archive.
    pub max_unpacked: u64,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            document: None,
            parsing: ParseOptions::default(),
            max_document: MAX_DOCUMENT_BYTES,
            max_unpacked: MAX_UNPACKED,
        }
    }
}

/// Where the bytes of an input come from.
pub enum ByteSource {
    /// A seekable file. An archive is read in place.
    File(File),
    /// Any other stream. An archive is copied to a temporary file first, because its list of
    /// entries is at its end.
    Stream(Box<dyn Read + Send>),
}

/// What was read from a source.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ReadReport {
    /// The number of documents sent, including those that could not be read.
    pub documents: u64,
    /// The archive entries that are not documents, in archive order.
    pub skipped: Vec<DocumentLocation>,
}

/// Reads all documents of a source and sends them to `documents`. What cannot be read is sent as a
/// document with problems. `name` is shown in locations. `position` counts the bytes read, before
/// decompression, and may be shared by several sources.
///
/// # Errors
/// When the receiver was dropped.
pub fn read_source(
    name: &str,
    source: ByteSource,
    position: &Arc<AtomicU64>,
    options: ReadOptions,
    documents: &DocumentSender,
) -> Result<ReadReport, ReceiverClosed> {
    let location = DocumentLocation { source: name.into(), entry: None, at: None };
    let mut reader = DocumentReader::new(location, Arc::clone(position), options, documents);
    match source {
        ByteSource::File(file) => {
            reader.read_file(CountingReader::new(file, Arc::clone(position)))?
        }
        ByteSource::Stream(stream) => {
            reader.read_stream(
                Box::new(CountingReader::new(stream, Arc::clone(position))),
                None,
                0,
            )?;
        }
    }
    if reader.report.documents == 0 {
        reader.send_nothing_to_import()?;
    }
    Ok(reader.report)
}

/// Reads a source and sends its documents.
pub(super) struct DocumentReader<'a> {
    /// The source and the archive entry that is being read.
    pub(super) location: DocumentLocation,
    position: Arc<AtomicU64>,
    pub(super) options: ReadOptions,
    documents: &'a DocumentSender,
    pub(super) report: ReadReport,
}

impl<'a> DocumentReader<'a> {
    pub(super) fn new(
        location: DocumentLocation,
        position: Arc<AtomicU64>,
        options: ReadOptions,
        documents: &'a DocumentSender,
    ) -> Self {
        Self { location, position, options, documents, report: ReadReport::default() }
    }

    /// Sends the document at a position of the current file or entry.
    pub(super) fn send(
        &mut self,
        at: Option<LineOrIndex>,
        document: Result<IncomingDocument, Vec<Problem>>,
        bytes: usize,
    ) -> Result<(), ReceiverClosed> {
        self.report.documents += 1;
        let position = self.position.load(Ordering::Relaxed);
        let location = DocumentLocation { at, ..self.location.clone() };
        self.documents.send(ReadDocument { location, document, bytes, position })
    }

    pub(super) fn send_problem(
        &mut self,
        at: Option<LineOrIndex>,
        code: ProblemCode,
        message: String,
    ) -> Result<(), ReceiverClosed> {
        self.send(at, Err(vec![Problem::new("", code, message)]), 0)
    }

    /// Sends the problem that reading the current file or entry failed.
    pub(super) fn send_error(&mut self, error: &io::Error) -> Result<(), ReceiverClosed> {
        let (code, message) = match error.get_ref().and_then(|inner| inner.downcast_ref()) {
            Some(UnpackedTooLarge { .. }) => (ProblemCode::TooLong, error.to_string()),
            None if error.kind() == io::ErrorKind::UnexpectedEof => {
                (ProblemCode::Unreadable, "it is not whole: it ends in the middle".to_owned())
            }
            None => (ProblemCode::Unreadable, format!("reading it failed: {error}")),
        };
        self.send_problem(None, code, message)
    }

    fn send_nothing_to_import(&mut self) -> Result<(), ReceiverClosed> {
        let count = self.report.skipped.len();
        let first =
            self.report.skipped.iter().filter_map(|location| location.entry.as_deref()).take(3);
        let named = first.collect::<Vec<_>>().join(", ");
        let skipped = match count {
            0 => String::new(),
            1..=3 => format!(" (skipped: {named})"),
            _ => format!(" (skipped: {named} and {} more)", count - 3),
        };
        let message = format!("there is nothing to import in it{skipped}");
        self.send_problem(None, ProblemCode::Unreadable, message)
    }

    fn read_file(&mut self, mut file: CountingReader<File>) -> Result<(), ReceiverClosed> {
        let mut start = Vec::new();
        let sniffed = file.by_ref().take(4).read_to_end(&mut start);
        match sniffed.and_then(|_| file.seek(SeekFrom::Start(0))) {
            Ok(_) if is_archive(&start) => {
                self.read_archive(&mut BufReader::with_capacity(1 << 16, file), 0)
            }
            Ok(_) => self.read_stream(Box::new(file), None, 0),
            Err(error) => self.send_error(&error),
        }
    }

    /// Reads a stream. Its format is detected from its first bytes. `limit` is the maximum
    /// decompressed size, set inside an archive. `depth` is the number of archives around it.
    pub(super) fn read_stream<'s>(
        &mut self,
        stream: Box<dyn Read + 's>,
        limit: Option<u64>,
        depth: usize,
    ) -> Result<(), ReceiverClosed> {
        let mut input = BufReader::with_capacity(1 << 16, stream);
        for _ in 0..=MAX_GZIP_LAYERS {
            let start = match input.fill_buf() {
                Ok(start) => start,
                Err(error) => return self.send_error(&error),
            };
            if is_archive(start) {
                return self.spool_archive(input, depth);
            }
            if !start.starts_with(&[0x1F, 0x8B]) {
                if start.starts_with(SQLITE_HEADER) {
                    let message = SQLITE_REFUSED.to_owned();
                    return self.send_problem(None, ProblemCode::Unreadable, message);
                }
                if let Some(format) = unsupported_format(start) {
                    let message = format!(
                        "it is {format}; allowed are JSON, NDJSON and ZIP, each plain or gzipped"
                    );
                    return self.send_problem(None, ProblemCode::Unreadable, message);
                }
                return documents::read(self, input);
            }
            let unpacked = MultiGzDecoder::new(input);
            let unpacked: Box<dyn Read + 's> = match limit {
                Some(limit) => Box::new(LimitedReader::new(unpacked, limit)),
                None => Box::new(unpacked),
            };
            input = BufReader::with_capacity(1 << 16, unpacked);
        }
        let message = format!("it is gzipped more than {MAX_GZIP_LAYERS} times");
        self.send_problem(None, ProblemCode::Unreadable, message)
    }

    /// Copies an archive to a temporary file and reads it there.
    fn spool_archive(&mut self, input: impl Read, depth: usize) -> Result<(), ReceiverClosed> {
        let spooled = tempfile::tempfile().and_then(|mut file| {
            io::copy(&mut LimitedReader::new(input, self.options.max_unpacked), &mut file)?;
            file.seek(SeekFrom::Start(0))?;
            Ok(file)
        });
        match spooled {
            Ok(file) => self.read_archive(&mut BufReader::with_capacity(1 << 16, file), depth),
            Err(error) => self.send_error(&error),
        }
    }
}

fn is_archive(start: &[u8]) -> bool {
    start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06")
}

/// The description of a compression format that is not supported.
fn unsupported_format(start: &[u8]) -> Option<&'static str> {
    const FORMATS: [(&[u8], &str); 5] = [
        (b"\x28\xB5\x2F\xFD", "compressed with Zstandard"),
        (b"\xFD7zXZ\x00", "compressed with xz"),
        (b"BZh", "compressed with bzip2"),
        (b"7z\xBC\xAF\x27\x1C", "a 7z archive"),
        (b"Rar!\x1A\x07", "a RAR archive"),
    ];
    if start.get(257..262) == Some(b"ustar") {
        return Some("a tar archive");
    }
    FORMATS.iter().find(|(mark, _)| start.starts_with(mark)).map(|(_, name)| *name)
}
