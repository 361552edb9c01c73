//! Sending the documents of a source, with their locations and problems.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::channel::{DocumentSender, ReadDocument, ReceiverClosed};
use super::limit::UnpackedTooLarge;
use super::location::{DocumentLocation, LineOrIndex};
use crate::catalog::import::IncomingDocument;
use crate::document::read::parse::ParseOptions;
use crate::document::{Category, MovieId, Problem, ProblemCode};

/// Default maximum size of one document, in bytes.
pub const MAX_DOCUMENT_BYTES: usize = 64 * 1024 * 1024;
/// Default maximum decompressed size, in bytes, of an archive entry and of a compressed archive.
pub const MAX_UNPACKED: u64 = 1024 * 1024 * 1024;
/// Default maximum number of entries of an archive.
const MAX_ENTRIES: u64 = 10_000_000;

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
    /// Maximum decompressed size, in bytes, of an input that is not an archive; `None` for no
    /// limit.
    pub max_stream: Option<u64>,
    /// Maximum number of entries of an archive.
    pub max_entries: u64,
    /// What a message about `max_unpacked` says after the limit.
    pub remedy: &'static str,
    /// The documents that are sent; the others are only counted.
    pub wanted: Wanted,
}

impl Default for ReadOptions {
    fn default() -> Self {
        Self {
            document: None,
            parsing: ParseOptions::default(),
            max_document: MAX_DOCUMENT_BYTES,
            max_unpacked: MAX_UNPACKED,
            max_stream: None,
            max_entries: MAX_ENTRIES,
            remedy: "allowed is less",
            wanted: Wanted::default(),
        }
    }
}

/// Which documents of a source are sent, by their numbers, counted from 0.
#[derive(Debug, Clone, Default)]
pub struct Wanted {
    /// Only documents from this one on.
    pub first: u64,
    /// Only these documents, in ascending order, and those from `rest` on.
    pub only: Option<Arc<[u64]>>,
    /// All documents from this one on, also if `only` lacks them.
    pub rest: Option<u64>,
}

impl Wanted {
    /// Whether the document with this number is read.
    pub(in crate::catalog) fn has(&self, number: u64) -> bool {
        let is_one = |only: &Arc<[u64]>| only.binary_search(&number).is_ok();
        let is_of_rest = self.rest.is_some_and(|rest| number >= rest);
        number >= self.first && (is_of_rest || self.only.as_ref().is_none_or(is_one))
    }
}

/// What was read from a source.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct ReadReport {
    /// The number of documents, including those that could not be read.
    pub documents: u64,
    /// The archive entries that are not documents, in archive order.
    pub skipped: Vec<DocumentLocation>,
}

/// Reads a source and sends its documents.
pub(super) struct DocumentReader<'a> {
    /// The source and the archive entry that is being read.
    pub(super) location: DocumentLocation,
    pub(super) position: Arc<AtomicU64>,
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

    /// Sends the document with this text, at a position of the current file or entry.
    pub(super) fn send(
        &mut self,
        at: Option<LineOrIndex>,
        document: Result<IncomingDocument, Vec<Problem>>,
        text: &[u8],
    ) -> Result<(), ReceiverClosed> {
        let number = self.report.documents;
        self.report.documents += 1;
        if !self.options.wanted.has(number) {
            return Ok(());
        }
        let is_unread = document.is_err() && !text.is_empty();
        let unread_text = is_unread.then(|| String::from_utf8_lossy(text).into_owned());
        let bytes = text.len();
        let position = self.position.load(Ordering::Relaxed);
        let location = DocumentLocation { at, ..self.location.clone() };
        self.documents.send(ReadDocument {
            location,
            number,
            document,
            unread_text,
            bytes,
            position,
        })
    }

    pub(super) fn send_problem(
        &mut self,
        at: Option<LineOrIndex>,
        code: ProblemCode,
        message: String,
    ) -> Result<(), ReceiverClosed> {
        self.send(at, Err(vec![Problem::new("", code, message)]), &[])
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

    pub(super) fn send_nothing_to_import(&mut self) -> Result<(), ReceiverClosed> {
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
}
