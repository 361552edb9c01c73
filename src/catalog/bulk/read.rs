//! Reading envelopes out of files: JSON, NDJSON and ZIP, each plain or gzipped.
//!
//! Blocking; run it on a thread of its own. One record is in memory at a time, whatever the size
//! of the file.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read, Seek, SeekFrom};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;

use super::channel::RecordSender;
use super::documents;
use super::limit::{Counting, Limited, TooLarge};
use super::place::{At, Place};
use crate::catalog::import::Record;
use crate::document::read::parse::ParseOptions;
use crate::document::{Category, MovieId, Problem, ProblemCode};

/// Most bytes of one record.
pub const MAX_RECORD: usize = 64 * 1024 * 1024;
/// Most bytes that an entry of an archive, or an archive that is packed itself, may unpack to.
pub const MAX_UNPACKED: u64 = 1024 * 1024 * 1024;
/// What a `SQLite` database begins with, <https://www.sqlite.org/fileformat.html>.
pub const SQLITE_HEADER: &[u8; 16] = b"SQLite format 3\0";

/// Why a `SQLite` database is not read: the pages in it hold parts of documents, old ones too.
pub const SQLITE_REFUSED: &str =
    "this is a SQLite database, not a document; export it with reelport export";
/// How often what was unpacked is unpacked again.
const MAX_PACKED: usize = 3;

/// A record as it was read.
#[derive(Debug)]
pub struct RawRecord {
    pub place: Place,
    pub record: Result<Record, Vec<Problem>>,
    /// The size of its text.
    pub bytes: usize,
    /// Bytes of input read so far.
    pub position: u64,
}

/// Nothing receives the records any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the import stopped")]
pub struct Stopped;

/// How to read records.
#[derive(Debug, Clone)]
pub struct Options {
    /// The movie and the category that each text is of. Then it is one document, which may lack its
    /// envelope.
    pub document: Option<(MovieId, Category)>,
    /// How the data of each document are read.
    pub parsing: ParseOptions,
    /// Most bytes of one record.
    pub max_record: usize,
    /// Most bytes that an entry of an archive, or an archive that is packed itself, may unpack to.
    pub max_unpacked: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            document: None,
            parsing: ParseOptions::default(),
            max_record: MAX_RECORD,
            max_unpacked: MAX_UNPACKED,
        }
    }
}

/// Where bytes come from.
pub enum Source {
    /// A file on a disk. An archive is read in place.
    File(File),
    /// Anything else. An archive is laid into a temporary file first: its list of entries stands at
    /// its end.
    Stream(Box<dyn Read + Send>),
}

/// What was read of a source.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ReadReport {
    /// Documents that were sent, also such as could not be read.
    pub records: u64,
    /// The places of archive entries that are no documents, in the order of the archives.
    pub skipped: Vec<Place>,
}

/// Reads all records of a file (or of standard input) into `records`. `position` counts the bytes
/// read, over several files. What cannot be read is sent with its problems, as a record.
///
/// # Errors
/// When the receiver is gone.
pub fn read_source(
    name: &str,
    source: Source,
    position: &Arc<AtomicU64>,
    options: Options,
    records: &RecordSender,
) -> Result<ReadReport, Stopped> {
    let place = Place { source: name.into(), entry: None, at: None };
    let mut reader = Reader::new(place, Arc::clone(position), options, records);
    match source {
        Source::File(file) => reader.file(Counting::new(file, Arc::clone(position)))?,
        Source::Stream(stream) => {
            reader.stream(Box::new(Counting::new(stream, Arc::clone(position))), None, 0)?;
        }
    }
    if reader.report.records == 0 {
        reader.nothing_to_import()?;
    }
    Ok(reader.report)
}

/// Reads a source and sends what it finds.
pub(super) struct Reader<'a> {
    /// The source, and in it the entry that is being read.
    pub(super) place: Place,
    position: Arc<AtomicU64>,
    pub(super) options: Options,
    records: &'a RecordSender,
    pub(super) report: ReadReport,
}

impl<'a> Reader<'a> {
    pub(super) fn new(
        place: Place,
        position: Arc<AtomicU64>,
        options: Options,
        records: &'a RecordSender,
    ) -> Self {
        Self { place, position, options, records, report: ReadReport::default() }
    }

    /// Sends a record that stands at that place in the present file or entry.
    pub(super) fn send(
        &mut self,
        at: Option<At>,
        record: Result<Record, Vec<Problem>>,
        bytes: usize,
    ) -> Result<(), Stopped> {
        self.report.records += 1;
        let position = self.position.load(Ordering::Relaxed);
        let place = Place { at, ..self.place.clone() };
        self.records.send(RawRecord { place, record, bytes, position })
    }

    pub(super) fn send_problem(
        &mut self,
        at: Option<At>,
        code: ProblemCode,
        message: String,
    ) -> Result<(), Stopped> {
        self.send(at, Err(vec![Problem::new("", code, message)]), 0)
    }

    /// Sends that the present file or entry cannot be read on.
    pub(super) fn send_error(&mut self, error: &io::Error) -> Result<(), Stopped> {
        let (code, message) = match error.get_ref().and_then(|inner| inner.downcast_ref()) {
            Some(TooLarge { .. }) => (ProblemCode::TooLong, error.to_string()),
            None if error.kind() == io::ErrorKind::UnexpectedEof => {
                (ProblemCode::Unreadable, "it ends in the middle; it is not whole".to_owned())
            }
            None => (ProblemCode::Unreadable, format!("it cannot be read on: {error}")),
        };
        self.send_problem(None, code, message)
    }

    fn nothing_to_import(&mut self) -> Result<(), Stopped> {
        let count = self.report.skipped.len();
        let first = self.report.skipped.iter().filter_map(|place| place.entry.as_deref()).take(3);
        let named = first.collect::<Vec<_>>().join(", ");
        let skipped = match count {
            0 => String::new(),
            1..=3 => format!(" (skipped: {named})"),
            _ => format!(" (skipped: {named} and {} more)", count - 3),
        };
        let message = format!("there is nothing to import in it{skipped}");
        self.send_problem(None, ProblemCode::Unreadable, message)
    }

    fn file(&mut self, mut file: Counting<File>) -> Result<(), Stopped> {
        let mut start = Vec::new();
        let sniffed = file.by_ref().take(4).read_to_end(&mut start);
        match sniffed.and_then(|_| file.seek(SeekFrom::Start(0))) {
            Ok(_) if is_archive(&start) => {
                self.archive(&mut BufReader::with_capacity(1 << 16, file), 0)
            }
            Ok(_) => self.stream(Box::new(file), None, 0),
            Err(error) => self.send_error(&error),
        }
    }

    /// Reads a stream, whatever it is by its first bytes; in an archive, with the most bytes that it
    /// may unpack to. `depth`: how many archives it stands in.
    pub(super) fn stream<'s>(
        &mut self,
        stream: Box<dyn Read + 's>,
        limit: Option<u64>,
        depth: usize,
    ) -> Result<(), Stopped> {
        let mut input = BufReader::with_capacity(1 << 16, stream);
        for _ in 0..=MAX_PACKED {
            let start = match input.fill_buf() {
                Ok(start) => start,
                Err(error) => return self.send_error(&error),
            };
            if is_archive(start) {
                return self.packed_archive(input, depth);
            }
            if !start.starts_with(&[0x1F, 0x8B]) {
                if start.starts_with(SQLITE_HEADER) {
                    let message = SQLITE_REFUSED.to_owned();
                    return self.send_problem(None, ProblemCode::Unreadable, message);
                }
                if let Some(form) = foreign_form(start) {
                    let message = format!(
                        "it is {form}; allowed are JSON, NDJSON and ZIP, each plain or gzipped"
                    );
                    return self.send_problem(None, ProblemCode::Unreadable, message);
                }
                return documents::read(self, input);
            }
            let unpacked = MultiGzDecoder::new(input);
            let unpacked: Box<dyn Read + 's> = match limit {
                Some(limit) => Box::new(Limited::new(unpacked, limit)),
                None => Box::new(unpacked),
            };
            input = BufReader::with_capacity(1 << 16, unpacked);
        }
        let message = format!("it is gzipped more than {MAX_PACKED} times over");
        self.send_problem(None, ProblemCode::Unreadable, message)
    }

    /// An archive that cannot be read in place is laid into a temporary file first.
    fn packed_archive(&mut self, input: impl Read, depth: usize) -> Result<(), Stopped> {
        let spooled = tempfile::tempfile().and_then(|mut file| {
            io::copy(&mut Limited::new(input, self.options.max_unpacked), &mut file)?;
            file.seek(SeekFrom::Start(0))?;
            Ok(file)
        });
        match spooled {
            Ok(file) => self.archive(&mut BufReader::with_capacity(1 << 16, file), depth),
            Err(error) => self.send_error(&error),
        }
    }
}

fn is_archive(start: &[u8]) -> bool {
    start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06")
}

/// The name of a packed form that is not read.
fn foreign_form(start: &[u8]) -> Option<&'static str> {
    const FORMS: [(&[u8], &str); 5] = [
        (b"\x28\xB5\x2F\xFD", "packed with Zstandard"),
        (b"\xFD7zXZ\x00", "packed with xz"),
        (b"BZh", "packed with bzip2"),
        (b"7z\xBC\xAF\x27\x1C", "a 7z archive"),
        (b"Rar!\x1A\x07", "a RAR archive"),
    ];
    if start.get(257..262) == Some(b"ustar") {
        return Some("a tar archive");
    }
    FORMS.iter().find(|(mark, _)| start.starts_with(mark)).map(|(_, name)| *name)
}
