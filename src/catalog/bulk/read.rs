//! Reads documents from files and streams: JSON, NDJSON and ZIP, each plain or gzipped.
//!
//! All functions block, so run them on a blocking thread. Memory use depends on the largest
//! document, not on the size of the input.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use flate2::bufread::MultiGzDecoder;

use super::channel::{DocumentSender, ReceiverClosed};
use super::document_reader::{DocumentReader, ReadOptions, ReadReport};
use super::documents;
use super::limit::{CountingReader, LimitedReader};
use super::location::DocumentLocation;
use crate::document::ProblemCode;

/// The first bytes of a `SQLite` database, <https://www.sqlite.org/fileformat.html>.
pub const SQLITE_HEADER: &[u8; 16] = b"SQLite format 3\0";

/// The message for a `SQLite` database, which would otherwise be searched for JSON: its pages hold
/// fragments of documents, including old ones.
pub const SQLITE_REFUSED: &str =
    "this is a SQLite database, not a document; export it with reelport export";
/// Maximum number of gzip layers.
const MAX_GZIP_LAYERS: usize = 3;

/// Where the bytes of an input come from.
pub enum ByteSource {
    /// A seekable file. An archive is read in place.
    File(File),
    /// Any other stream. An archive is copied to a temporary file first, because its list of
    /// entries is at its end.
    Stream(Box<dyn Read + Send>),
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
            reader.read_file(CountingReader::new(file, Arc::clone(position)))?;
        }
        ByteSource::Stream(stream) => {
            reader.read_stream(
                Box::new(CountingReader::new(stream, Arc::clone(position))),
                reader.options.max_stream,
                0,
            )?;
        }
    }
    if reader.report.documents == 0 {
        reader.send_nothing_to_import()?;
    }
    Ok(reader.report)
}

impl DocumentReader<'_> {
    fn read_file(&mut self, mut file: CountingReader<File>) -> Result<(), ReceiverClosed> {
        let mut start = Vec::new();
        let sniffed = file.by_ref().take(4).read_to_end(&mut start);
        match sniffed.and_then(|_| file.seek(SeekFrom::Start(0))) {
            Ok(_) if is_archive(&start) => {
                self.read_archive(&mut BufReader::with_capacity(1 << 16, file), 0)
            }
            Ok(_) => self.read_stream(Box::new(file), self.options.max_stream, 0),
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
                Some(limit) => Box::new(LimitedReader::new(unpacked, limit, self.options.remedy)),
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
            let (limit, remedy) = (self.options.max_unpacked, self.options.remedy);
            io::copy(&mut LimitedReader::new(input, limit, remedy), &mut file)?;
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
