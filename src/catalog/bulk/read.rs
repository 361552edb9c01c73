//! Reading envelopes out of files: JSON, NDJSON and ZIP, each plain or gzipped.
//!
//! Blocking; run it on a thread of its own. One record is in memory at a time, whatever the size
//! of the file.

use std::cell::Cell;
use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Seek, Write};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use flate2::bufread::MultiGzDecoder;
use serde::de::{DeserializeSeed, IgnoredAny, SeqAccess, Visitor};
use serde_json::value::RawValue;
use tokio::sync::mpsc;
use zip::ZipArchive;

use crate::catalog::import::Record;
use crate::document::envelope::Expected;
use crate::document::{Problem, ProblemCode};

/// Most bytes of one record.
const MAX_RECORD: usize = 64 * 1024 * 1024;

/// Where a record stands: a file, and in it a line, an entry, or a place in a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub source: Arc<str>,
    pub within: Option<Within>,
}

/// Where in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Within {
    Line(u64),
    Item(u64),
    Entry(String),
    EntryLine(String, u64),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.within {
            None => write!(f, "{}", self.source),
            Some(Within::Line(line)) => write!(f, "{}:{line}", self.source),
            Some(Within::Item(item)) => write!(f, "{}[{item}]", self.source),
            Some(Within::Entry(name)) => write!(f, "{}:{name}", self.source),
            Some(Within::EntryLine(name, line)) => write!(f, "{}:{name}:{line}", self.source),
        }
    }
}

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

/// A file could not be read on.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("{place}: {source}")]
    Io { place: String, source: io::Error },
    #[error("{place}: not a ZIP archive that can be read: {source}")]
    Zip { place: String, source: zip::result::ZipError },
    /// Nobody wants more records.
    #[error("stopped")]
    Stopped,
}

/// How to read records.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Whether an unknown key is a problem.
    pub strict: bool,
}

/// Counts what passes, before it is unpacked.
struct Counting<R> {
    inner: R,
    count: Arc<AtomicU64>,
}

impl<R: Read> Read for Counting<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.count.fetch_add(read as u64, Ordering::Relaxed);
        Ok(read)
    }
}

/// Reads all records of a file (or of standard input) into `records`. `position` counts the bytes
/// read, over several files.
///
/// # Errors
/// When the file cannot be read on. A record that cannot be read is sent with its problems.
pub fn read_source(
    name: &str,
    input: impl Read,
    position: &Arc<AtomicU64>,
    options: Options,
    records: &mpsc::Sender<RawRecord>,
) -> Result<(), ReadError> {
    let source: Arc<str> = name.into();
    let sender = Sender {
        source: Arc::clone(&source),
        entry: None,
        position: Arc::clone(position),
        options,
        records,
    };
    let counting = Counting { inner: input, count: Arc::clone(position) };
    sender.unpacked(BufReader::with_capacity(1 << 16, counting))
}

#[derive(Clone)]
struct Sender<'a> {
    source: Arc<str>,
    /// The entry of an archive that is being read.
    entry: Option<String>,
    position: Arc<AtomicU64>,
    options: Options,
    records: &'a mpsc::Sender<RawRecord>,
}

impl Sender<'_> {
    fn io(&self, source: io::Error) -> ReadError {
        ReadError::Io { place: self.place(None).to_string(), source }
    }

    fn place(&self, number: Option<Within>) -> Place {
        let within = match (&self.entry, number) {
            (Some(name), Some(Within::Line(line) | Within::Item(line))) => {
                Some(Within::EntryLine(name.clone(), line))
            }
            (Some(name), _) => Some(Within::Entry(name.clone())),
            (None, number) => number,
        };
        Place { source: Arc::clone(&self.source), within }
    }

    fn send(&self, within: Option<Within>, text: &[u8]) -> Result<(), ReadError> {
        let record = Record::read(text, Expected::default(), self.options.strict);
        self.send_record(within, record, text.len())
    }

    fn send_problem(
        &self,
        within: Option<Within>,
        code: ProblemCode,
        message: String,
    ) -> Result<(), ReadError> {
        self.send_record(within, Err(vec![Problem::new("", code, message)]), 0)
    }

    fn send_record(
        &self,
        within: Option<Within>,
        record: Result<Record, Vec<Problem>>,
        bytes: usize,
    ) -> Result<(), ReadError> {
        let position = self.position.load(Ordering::Relaxed);
        let raw = RawRecord { place: self.place(within), record, bytes, position };
        self.records.blocking_send(raw).map_err(|_| ReadError::Stopped)
    }

    /// Sees by the first bytes what it is.
    fn unpacked(&self, mut input: impl BufRead) -> Result<(), ReadError> {
        let start = input.fill_buf().map_err(|error| self.io(error))?;
        if start.starts_with(&[0x1f, 0x8b]) {
            let plain = BufReader::with_capacity(1 << 16, MultiGzDecoder::new(input));
            return self.plain(plain);
        }
        self.plain(input)
    }

    fn plain(&self, mut input: impl BufRead) -> Result<(), ReadError> {
        let start = input.fill_buf().map_err(|error| self.io(error))?;
        if start.starts_with(b"PK\x03\x04") || start.starts_with(b"PK\x05\x06") {
            return self.archive(input);
        }
        self.json(input)
    }

    /// A ZIP's list of files stands at its end, so it is laid into a temporary file first.
    fn archive(&self, mut input: impl BufRead) -> Result<(), ReadError> {
        let mut file = tempfile::tempfile().map_err(|error| self.io(error))?;
        io::copy(&mut input, &mut file).map_err(|error| self.io(error))?;
        file.flush().map_err(|error| self.io(error))?;
        file.rewind().map_err(|error| self.io(error))?;
        let broken = |source| ReadError::Zip { place: self.place(None).to_string(), source };
        let mut archive = ZipArchive::new(file).map_err(broken)?;
        for index in 0..archive.len() {
            let mut entry = match archive.by_index(index) {
                Ok(entry) => entry,
                Err(error) => {
                    let name = format!("entry {index}");
                    let sender = Sender { entry: Some(name), ..self.clone() };
                    sender.send_problem(None, ProblemCode::Unreadable, error.to_string())?;
                    continue;
                }
            };
            let name = match entry.name() {
                Ok(name) => name.into_owned(),
                Err(error) => {
                    let sender = Sender { entry: Some(format!("entry {index}")), ..self.clone() };
                    sender.send_problem(None, ProblemCode::Unreadable, error.to_string())?;
                    continue;
                }
            };
            let is_document =
                [".json", ".ndjson", ".jsonl"].iter().any(|ending| name.ends_with(ending));
            if entry.is_dir() || !is_document || name.starts_with("__MACOSX/") {
                continue;
            }
            let sender = Sender { entry: Some(name), ..self.clone() };
            match sender.json(BufReader::new(&mut entry)) {
                // A damaged entry does not keep the others out.
                Err(ReadError::Io { source, .. }) => {
                    sender.send_problem(None, ProblemCode::Unreadable, source.to_string())?;
                }
                result => result?,
            }
        }
        Ok(())
    }

    /// One envelope on each line; or envelopes over several lines, one after another; or a list; or one document
    /// as language models send it, with whatever is around it.
    fn json(&self, mut input: impl BufRead) -> Result<(), ReadError> {
        let Some((start, mut number)) = self.skip_to_text(&mut input)? else {
            return self.send_problem(
                None,
                ProblemCode::Unreadable,
                "there is nothing in it".to_owned(),
            );
        };
        if start == b'[' {
            return self.list(input);
        }
        let mut first = Vec::new();
        self.line(&mut input, &mut first)?;
        // A value that goes on is indented, or closed, on the next line; a record begins anew there.
        let next = input.fill_buf().map_err(|error| self.io(error))?;
        let begins_anew = next.is_empty() || next.starts_with(b"{");
        let is_line = first.len() > MAX_RECORD
            || (start == b'{' && begins_anew)
            || serde_json::from_slice::<IgnoredAny>(&first).is_ok();
        if is_line {
            number += 1;
            return self.lines(input, first, number);
        }
        self.over_lines(first, input)
    }

    /// What goes on over its first line: documents in JSON, or the text of one that is not quite JSON.
    fn over_lines(&self, first: Vec<u8>, mut input: impl BufRead) -> Result<(), ReadError> {
        let mut text = first;
        let room = (MAX_RECORD + 1).saturating_sub(text.len()) as u64;
        input.by_ref().take(room).read_to_end(&mut text).map_err(|error| self.io(error))?;
        let mut values = serde_json::Deserializer::from_slice(&text).into_iter::<IgnoredAny>();
        if text.len() > MAX_RECORD || values.next().is_some_and(|value| value.is_ok()) {
            return self.values(text.as_slice().chain(input));
        }
        self.send(None, text.trim_ascii())
    }

    /// Passes over a byte-order mark and white space: the first byte of text, and how many lines
    /// were passed. `None` if there is none.
    fn skip_to_text(&self, input: &mut impl BufRead) -> Result<Option<(u8, u64)>, ReadError> {
        let mut lines = 0;
        let mut at_start = true;
        loop {
            let buffer = input.fill_buf().map_err(|error| self.io(error))?;
            let mark = usize::from(at_start && buffer.starts_with(b"\xEF\xBB\xBF")) * 3;
            at_start = false;
            if buffer.is_empty() {
                return Ok(None);
            }
            let text = &buffer[mark..];
            let blank = text.iter().take_while(|byte| byte.is_ascii_whitespace()).count();
            lines += text[..blank].iter().map(|byte| u64::from(*byte == b'\n')).sum::<u64>();
            let found = text.get(blank).copied();
            input.consume(mark + blank);
            if let Some(found) = found {
                return Ok(Some((found, lines)));
            }
        }
    }

    /// Reads a line, at most as long as a record may be; 0 at the end.
    fn line(&self, input: &mut impl BufRead, line: &mut Vec<u8>) -> Result<usize, ReadError> {
        let read = input
            .by_ref()
            .take(MAX_RECORD as u64 + 1)
            .read_until(b'\n', line)
            .map_err(|error| self.io(error))?;
        if line.len() > MAX_RECORD {
            // What is left of it is skipped, in pieces.
            let mut rest = Vec::new();
            while !rest.ends_with(b"\n") {
                rest.clear();
                let skipped = input
                    .by_ref()
                    .take(1 << 16)
                    .read_until(b'\n', &mut rest)
                    .map_err(|error| self.io(error))?;
                if skipped == 0 {
                    break;
                }
            }
        }
        Ok(read)
    }

    fn lines(
        &self,
        mut input: impl BufRead,
        first: Vec<u8>,
        mut number: u64,
    ) -> Result<(), ReadError> {
        let mut line = first;
        loop {
            let within = Some(Within::Line(number));
            if line.len() > MAX_RECORD {
                self.send_problem(within, ProblemCode::TooLong, too_long())?;
            } else if !line.trim_ascii().is_empty() {
                self.send(within, line.trim_ascii())?;
            }
            line.clear();
            number += 1;
            if self.line(&mut input, &mut line)? == 0 {
                return Ok(());
            }
        }
    }

    /// Envelopes one after another, however their lines are broken.
    fn values(&self, input: impl Read) -> Result<(), ReadError> {
        let (input, left) = Guarded::new(input);
        let mut values = serde_json::Deserializer::from_reader(input).into_iter::<Box<RawValue>>();
        let mut count = 0;
        loop {
            left.set(MAX_RECORD);
            match values.next() {
                None => return Ok(()),
                Some(Ok(value)) => self.send(Some(Within::Item(count)), value.get().as_bytes())?,
                Some(Err(error)) => {
                    let message = format!("the document is not JSON: {error}");
                    return self.send_problem(
                        Some(Within::Item(count)),
                        ProblemCode::Unreadable,
                        message,
                    );
                }
            }
            count += 1;
        }
    }

    fn list(&self, input: impl Read) -> Result<(), ReadError> {
        let mut stopped = false;
        let (input, left) = Guarded::new(input);
        let mut deserializer = serde_json::Deserializer::from_reader(input);
        let seed = Items { sender: self, stopped: &mut stopped, left };
        let result = seed
            .deserialize(&mut deserializer)
            .and_then(|count| deserializer.end().map(|()| count));
        match result {
            _ if stopped => Err(ReadError::Stopped),
            Ok(_) => Ok(()),
            Err(error) => self.send_problem(
                None,
                ProblemCode::Unreadable,
                format!("the list is not JSON: {error}"),
            ),
        }
    }
}

fn too_long() -> String {
    format!("a record of more than {} MiB; at most that is read", MAX_RECORD / (1024 * 1024))
}

/// Reads a list item by item, without holding it.
struct Items<'a, 'b> {
    sender: &'a Sender<'b>,
    stopped: &'a mut bool,
    left: Rc<Cell<usize>>,
}

/// Ends the reading of a value that is longer than a record may be.
struct Guarded<R> {
    inner: BufReader<R>,
    left: Rc<Cell<usize>>,
}

impl<R: Read> Guarded<R> {
    fn new(inner: R) -> (Self, Rc<Cell<usize>>) {
        let left = Rc::new(Cell::new(MAX_RECORD));
        (Self { inner: BufReader::new(inner), left: Rc::clone(&left) }, left)
    }
}

impl<R: Read> Read for Guarded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        let left = self.left.get().checked_sub(read).ok_or_else(|| io::Error::other(too_long()))?;
        self.left.set(left);
        Ok(read)
    }
}

impl<'de> DeserializeSeed<'de> for Items<'_, '_> {
    type Value = u64;

    fn deserialize<D: serde::Deserializer<'de>>(self, deserializer: D) -> Result<u64, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Items<'_, '_> {
    type Value = u64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of envelopes")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<u64, A::Error> {
        let mut count = 0;
        while let Some(item) = items.next_element::<Box<RawValue>>()? {
            if self.sender.send(Some(Within::Item(count)), item.get().as_bytes()).is_err() {
                *self.stopped = true;
                return Ok(count);
            }
            count += 1;
            self.left.set(MAX_RECORD);
        }
        Ok(count)
    }
}
