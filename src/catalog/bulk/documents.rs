//! Finds the documents in a text, in bounded memory: one document, one per line (NDJSON), a list,
//! or any of these with comments, code fences and prose between them.
//!
//! A text with one document is read as a whole, as all other interfaces read it.

use std::io::{self, BufRead, Cursor, Read};

use super::channel::ReceiverClosed;
use super::document_reader::DocumentReader;
use super::limit::format_bytes;
use super::location::LineOrIndex;
use super::transcode::Utf8Reader;
use crate::catalog::import::IncomingDocument;
use crate::document::budget::WorkBudget;
use crate::document::problem::{Problem, ProblemCode, Warning, excerpt};
use crate::document::read::envelope::Expected;
use crate::document::read::lenient::split::{Cut, Piece, Splitter};
use crate::document::read::lenient::{
    encoding_warning, skipped_reasoning_warning, skipped_text_warning, utf16, without_reasoning,
};

/// Number of bytes per read.
const CHUNK: usize = 64 * 1024;
/// Bytes read beyond a document of maximum length, to find out where it ends.
const LOOKAHEAD: usize = 16 * 1024;

/// Reads the documents of a text and sends them.
///
/// # Errors
/// When the receiver was dropped.
pub(super) fn read(
    reader: &mut DocumentReader<'_>,
    mut input: impl BufRead,
) -> Result<(), ReceiverClosed> {
    if reader.options.document.is_some() {
        return read_one(reader, input);
    }
    let (encoding, has_leading_prose) = match input.fill_buf() {
        Ok(start) => (utf16(start), begins_with_prose(start)),
        Err(error) => return reader.send_error(&error),
    };
    match encoding {
        Some(encoding) => {
            let notes = vec![encoding_warning(encoding.name())];
            DocumentStream::new(reader, Utf8Reader::new(input, encoding), notes).read_all(|_| ())
        }
        None if has_leading_prose => {
            let output = ModelOutput::read(&mut input);
            let rest = FailOnce(output.error).chain(input);
            let text = output.blanked.as_ref().unwrap_or(&output.text).clone();
            let mut documents =
                DocumentStream::new(reader, Cursor::new(text).chain(rest), Vec::new());
            documents.unblanked = output.blanked.map(|_| output.text);
            documents.read_all(|_| ())
        }
        None => DocumentStream::new(reader, input, Vec::new()).read_all(|_| ()),
    }
}

/// Reads a text that is one document with a known movie and category.
fn read_one(reader: &mut DocumentReader<'_>, input: impl Read) -> Result<(), ReceiverClosed> {
    let most = reader.options.max_document as u64;
    let mut text = Vec::new();
    if let Err(error) = input.take(most + 1).read_to_end(&mut text) {
        return reader.send_error(&error);
    }
    if text.len() as u64 > most {
        return reader.send_problem(None, ProblemCode::TooLong, too_long(most));
    }
    let document = reader.options.document.clone();
    let expected = Expected {
        category: document.as_ref().map(|(_, category)| *category),
        movie: document.as_ref().map(|(movie, _)| movie),
    };
    let read = IncomingDocument::read(&text, expected, reader.options.parsing);
    reader.send(None, read, &text)
}

fn too_long(limit: u64) -> String {
    format!("the document is larger than the limit of {}", format_bytes(limit))
}

/// Maximum number of bytes of a text that is searched for the reasoning of a language model.
const MAX_MODEL_OUTPUT: u64 = 1024 * 1024;

/// Whether a text begins with something other than JSON.
fn begins_with_prose(start: &[u8]) -> bool {
    let start = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(start);
    let first = start.iter().find(|byte| !byte.is_ascii_whitespace());
    first.is_some_and(|byte| !matches!(byte, b'{' | b'[' | b'"' | 0x1E))
}

/// A text that may be the output of a language model, or the first bytes of a longer text.
struct ModelOutput {
    text: Vec<u8>,
    /// The text with its reasoning replaced by spaces; `None` if it has no reasoning.
    blanked: Option<Vec<u8>>,
    error: Option<io::Error>,
}

impl ModelOutput {
    fn read(input: &mut impl Read) -> Self {
        let mut text = Vec::new();
        let error = input.take(MAX_MODEL_OUTPUT).read_to_end(&mut text).err();
        let is_whole = (text.len() as u64) < MAX_MODEL_OUTPUT;
        let blanked = std::str::from_utf8(&text).ok().filter(|_| is_whole && error.is_none());
        let blanked = blanked
            .and_then(|text| without_reasoning(text, &WorkBudget::unlimited()))
            .map(String::into_bytes);
        Self { text, blanked, error }
    }
}

/// A reader that fails once if it has an error, and then ends.
struct FailOnce(Option<io::Error>);

impl Read for FailOnce {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// A piece of the text that is not sent yet.
struct HeldPiece {
    cut: Cut,
    is_stray: bool,
    line: u64,
}

/// Splits a text into documents and sends them.
struct DocumentStream<'r, 'a, R> {
    reader: &'r mut DocumentReader<'a>,
    input: R,
    splitter: Splitter,
    /// The buffered text, from the first byte that is still needed.
    text: Vec<u8>,
    /// Whether the text was too long to be buffered from its start.
    is_cut_off: bool,
    is_at_end: bool,
    error: Option<io::Error>,
    /// Pieces in text order: all of them until `has_several` is set, then at most the last one.
    held: Vec<HeldPiece>,
    /// Whether the text is known to have several documents.
    has_several: bool,
    envelopes: usize,
    sent: usize,
    /// The line number at `counted`.
    line: u64,
    /// The offset in `text` up to which lines were counted.
    counted: usize,
    /// Warnings for the first document.
    notes: Vec<Warning>,
    /// The original text, if the reasoning of a language model is blanked out in `text`.
    unblanked: Option<Vec<u8>>,
}

impl<'r, 'a, R: Read> DocumentStream<'r, 'a, R> {
    fn new(reader: &'r mut DocumentReader<'a>, input: R, notes: Vec<Warning>) -> Self {
        Self {
            reader,
            input,
            splitter: Splitter::new(),
            text: Vec::new(),
            is_cut_off: false,
            is_at_end: false,
            error: None,
            held: Vec::new(),
            has_several: false,
            envelopes: 0,
            sent: 0,
            line: 1,
            counted: 0,
            notes,
            unblanked: None,
        }
    }

    /// Reads the whole text. Calls `observe` with the number of buffered bytes in each step.
    fn read_all(mut self, mut observe: impl FnMut(usize)) -> Result<(), ReceiverClosed> {
        loop {
            observe(self.text.len());
            match self.splitter.next(&self.text, self.is_at_end) {
                Piece::Document(cut) => self.hold(cut, false)?,
                Piece::Stray(cut) => self.hold(cut, true)?,
                Piece::Incomplete if self.is_too_long() => self.give_up()?,
                Piece::Incomplete => self.fill()?,
                Piece::End => return self.finish(),
            }
        }
    }

    /// Holds a piece back, and sends the one before it if the text has several documents.
    fn hold(&mut self, cut: Cut, is_stray: bool) -> Result<(), ReceiverClosed> {
        let line = self.line_of(cut.range.start);
        self.envelopes += usize::from(cut.is_envelope);
        if self.has_several {
            self.send_held(None)?;
        }
        self.held.push(HeldPiece { cut, is_stray, line });
        let is_certain = is_stray || self.envelopes > 1 || !self.splitter.has_prose();
        if !self.has_several && is_certain && (is_stray || self.held.len() > 1) {
            self.start_sending()?;
        }
        Ok(())
    }

    /// Records that the text has several documents. From now on, each one is sent when the next
    /// one is found.
    fn start_sending(&mut self) -> Result<(), ReceiverClosed> {
        self.has_several = true;
        if self.unblanked.take().is_some() {
            self.notes.push(skipped_reasoning_warning());
        }
        let last = self.held.pop();
        self.send_held(None)?;
        self.held.extend(last);
        Ok(())
    }

    /// The line number of an offset. Offsets must be asked for in ascending order.
    fn line_of(&mut self, offset: usize) -> u64 {
        let passed = &self.text[self.counted..offset];
        self.line += passed.iter().map(|byte| u64::from(*byte == b'\n')).sum::<u64>();
        self.counted = offset;
        self.line
    }

    fn is_too_long(&self) -> bool {
        self.text.len() - self.splitter.position() > self.reader.options.max_document + LOOKAHEAD
    }

    /// Reports a document that is too long, and skips it.
    fn give_up(&mut self) -> Result<(), ReceiverClosed> {
        if !self.splitter.is_giving_up() {
            self.start_sending()?;
            self.send_held(None)?;
            let line = self.line_of(self.splitter.position());
            let item = self.splitter.item();
            self.send_too_long(Some(item.map_or(LineOrIndex::Line(line), LineOrIndex::Index)))?;
        }
        self.splitter.give_up();
        Ok(())
    }

    fn send_too_long(&mut self, at: Option<LineOrIndex>) -> Result<(), ReceiverClosed> {
        self.sent += 1;
        let message = too_long(self.reader.options.max_document as u64);
        self.reader.send_problem(at, ProblemCode::TooLong, message)
    }

    /// Reads at least as many bytes as an incomplete document already has, so that the total work
    /// stays linear.
    fn fill(&mut self) -> Result<(), ReceiverClosed> {
        if self.text.len() > self.reader.options.max_document + LOOKAHEAD {
            // A longer text cannot be one document, and it is not buffered any further.
            self.is_cut_off = true;
            self.has_several = true;
            self.send_held(None)?;
        }
        self.discard();
        let goal = self.text.len() - self.splitter.position();
        let goal = if goal < CHUNK { 1 } else { goal };
        let before = self.text.len();
        while !self.is_at_end && self.text.len() < before + goal {
            let start = self.text.len();
            self.text.resize(start + CHUNK, 0);
            let read = self.input.read(&mut self.text[start..]);
            self.text.truncate(start + read.as_ref().copied().unwrap_or_default());
            match read {
                Ok(0) => self.is_at_end = true,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.error = Some(error);
                    self.is_at_end = true;
                }
            }
        }
        Ok(())
    }

    /// Drops the part of the buffer that is no longer needed.
    fn discard(&mut self) {
        if !self.has_several {
            return;
        }
        let position = self.splitter.position();
        let needed = self.held.first().map_or(position, |held| held.cut.range.start);
        if needed < CHUNK {
            return;
        }
        self.line_of(needed.max(self.counted));
        self.counted -= needed;
        self.splitter.discard(needed);
        self.text.drain(..needed);
        for held in &mut self.held {
            held.cut.range.start -= needed;
            held.cut.range.end -= needed;
        }
    }

    fn finish(mut self) -> Result<(), ReceiverClosed> {
        let Some(error) = self.error.take() else {
            if !self.has_several && !self.is_cut_off {
                return self.send_whole();
            }
            let trailing = self.splitter.take_skipped();
            let is_closed = self.splitter.open_lists() == 0 || self.last_is_broken();
            self.send_held(trailing.as_deref())?;
            if !is_closed {
                self.sent += 1;
                let message = "the list is not closed: the text ends in the middle".to_owned();
                self.reader.send_problem(None, ProblemCode::Unreadable, message)?;
            }
            if self.sent == 0 {
                let message = "no document is in the text".to_owned();
                return self.reader.send_problem(None, ProblemCode::Unreadable, message);
            }
            return Ok(());
        };
        // The last piece is incomplete because reading failed; report only the failure.
        if self.last_is_broken() {
            self.held.pop();
        }
        self.send_held(None)?;
        self.reader.send_error(&error)
    }

    /// Whether the last piece reaches the end of the text and is incomplete.
    fn last_is_broken(&self) -> bool {
        self.held.last().is_some_and(|HeldPiece { cut, .. }| {
            let (document, rest) = self.text[cut.range.start..].split_at(cut.range.len());
            rest.trim_ascii().is_empty()
                && serde_json::from_slice::<serde::de::IgnoredAny>(document).is_err()
        })
    }

    /// Sends a text that is not known to have several documents as one document.
    fn send_whole(mut self) -> Result<(), ReceiverClosed> {
        if self.held.is_empty() && !self.splitter.has_content() {
            let message = match (self.text.is_empty(), self.text.trim_ascii().is_empty()) {
                (true, _) => "it is empty; there is nothing to import in it",
                (_, true) => "only white space is in it; there is nothing to import in it",
                _ => "there is nothing to import in it",
            };
            return self.reader.send_problem(None, ProblemCode::Unreadable, message.to_owned());
        }
        if self.text.len() > self.reader.options.max_document {
            // The document itself may be within the limit.
            let trailing = self.splitter.take_skipped();
            return self.send_held(trailing.as_deref());
        }
        let at = self.held.first().and_then(|HeldPiece { cut, line, .. }| match cut.item {
            Some(item) => Some(LineOrIndex::Index(item)),
            None if !self.text[cut.range.clone()].contains(&b'\n') => {
                Some(LineOrIndex::Line(*line))
            }
            None => None,
        });
        let text = std::mem::take(&mut self.text);
        let text = self.unblanked.take().unwrap_or(text);
        self.send_text(at, &text, Vec::new())
    }

    /// Sends the held pieces. `trailing` is the text that was skipped after the last one.
    fn send_held(&mut self, trailing: Option<&str>) -> Result<(), ReceiverClosed> {
        let held = std::mem::take(&mut self.held);
        let text = std::mem::take(&mut self.text);
        let last = held.len().saturating_sub(1);
        let mut result = Ok(());
        for (index, HeldPiece { cut, is_stray, line }) in held.into_iter().enumerate() {
            let at = cut.item.map_or(LineOrIndex::Line(line), LineOrIndex::Index);
            let piece = &text[cut.range];
            let mut notes = Vec::new();
            notes.extend(cut.skipped.map(|skipped| skipped_text_warning("before", &skipped)));
            if index == last {
                notes.extend(trailing.map(|skipped| skipped_text_warning("after", skipped)));
            }
            result = if is_stray {
                self.send_stray(at, piece)
            } else {
                self.send_text(Some(at), piece, notes)
            };
            if result.is_err() {
                break;
            }
        }
        self.text = text;
        result
    }

    fn send_stray(&mut self, at: LineOrIndex, text: &[u8]) -> Result<(), ReceiverClosed> {
        self.sent += 1;
        let shown = String::from_utf8_lossy(text);
        let found = excerpt(shown.trim());
        let message = format!("the document is not JSON: {found:?} has no beginning");
        let problem = Problem::new("", ProblemCode::Unreadable, message);
        self.reader.send(Some(at), Err(vec![problem]), text)
    }

    fn send_text(
        &mut self,
        at: Option<LineOrIndex>,
        text: &[u8],
        mut notes: Vec<Warning>,
    ) -> Result<(), ReceiverClosed> {
        if text.len() > self.reader.options.max_document {
            return self.send_too_long(at);
        }
        self.sent += 1;
        notes.splice(..0, std::mem::take(&mut self.notes));
        let document =
            IncomingDocument::read(text, Expected::default(), self.reader.options.parsing);
        self.reader.send(at, document.map(|document| document.with_warnings(notes)), text)
    }
}

#[cfg(test)]
mod tests;
