//! The documents of a text: one, many on lines of their own, a list, or any of these with comments,
//! code fences and prose between, in bounded memory.
//!
//! A text with one document is read as a whole, as every other way in reads it.

use std::io::{self, BufRead, Cursor, Read};

use super::limit::in_units;
use super::place::At;
use super::read::{Reader, Stopped};
use super::transcode::Transcoded;
use crate::catalog::import::Record;
use crate::document::budget::WorkBudget;
use crate::document::problem::{ProblemCode, Warning, excerpt};
use crate::document::read::envelope::Expected;
use crate::document::read::lenient::split::{Cut, Piece, Splitter};
use crate::document::read::lenient::{
    encoding_warning, skipped_reasoning_warning, skipped_text_warning, utf16, without_reasoning,
};

/// Most bytes that are read at once.
const CHUNK: usize = 64 * 1024;
/// What is looked at after a document of the greatest length, to see where it ends.
const LOOKAHEAD: usize = 16 * 1024;

/// Reads the documents of a text.
pub(super) fn read(reader: &mut Reader<'_>, mut input: impl BufRead) -> Result<(), Stopped> {
    if reader.options.document.is_some() {
        return read_one(reader, input);
    }
    let (encoding, is_answer) = match input.fill_buf() {
        Ok(start) => (utf16(start), begins_with_prose(start)),
        Err(error) => return reader.send_error(&error),
    };
    match encoding {
        Some(encoding) => {
            let notes = vec![encoding_warning(encoding.name())];
            Documents::new(reader, Transcoded::new(input, encoding), notes).read_noting(|_| ())
        }
        None if is_answer => {
            let answer = Answer::read(&mut input);
            let rest = Failing(answer.error).chain(input);
            let text = answer.blanked.as_ref().unwrap_or(&answer.text).clone();
            let mut documents = Documents::new(reader, Cursor::new(text).chain(rest), Vec::new());
            documents.answer = answer.blanked.map(|_| answer.text);
            documents.read_noting(|_| ())
        }
        None => Documents::new(reader, input, Vec::new()).read_noting(|_| ()),
    }
}

/// Reads a text that is one document, whose movie and category are known.
fn read_one(reader: &mut Reader<'_>, input: impl Read) -> Result<(), Stopped> {
    let most = reader.options.max_record as u64;
    let mut text = Vec::new();
    if let Err(error) = input.take(most + 1).read_to_end(&mut text) {
        return reader.send_error(&error);
    }
    if text.len() as u64 > most {
        let message = format!("a record of more than {}; at most that is read", in_units(most));
        return reader.send_problem(None, ProblemCode::TooLong, message);
    }
    let document = reader.options.document.clone();
    let expected = Expected {
        category: document.as_ref().map(|(_, category)| *category),
        movie: document.as_ref().map(|(movie, _)| movie),
    };
    let record = Record::read(&text, expected, reader.options.parsing);
    reader.send(None, record, text.len())
}

/// Most bytes of a text that is looked through for the reasoning of a model before its documents are.
const MAX_ANSWER: u64 = 1024 * 1024;

/// Whether a text begins with something else than JSON.
fn begins_with_prose(start: &[u8]) -> bool {
    let start = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(start);
    let first = start.iter().find(|byte| !byte.is_ascii_whitespace());
    first.is_some_and(|byte| !matches!(byte, b'{' | b'[' | b'"' | 0x1E))
}

/// A text that may be the answer of a model, or the start of a longer one.
struct Answer {
    text: Vec<u8>,
    /// The same with blanks for the reasoning, if there is any.
    blanked: Option<Vec<u8>>,
    error: Option<io::Error>,
}

impl Answer {
    fn read(input: &mut impl Read) -> Self {
        let mut text = Vec::new();
        let error = input.take(MAX_ANSWER).read_to_end(&mut text).err();
        let is_whole = (text.len() as u64) < MAX_ANSWER;
        let blanked = std::str::from_utf8(&text).ok().filter(|_| is_whole && error.is_none());
        let blanked = blanked
            .and_then(|text| without_reasoning(text, &WorkBudget::unlimited()))
            .map(String::into_bytes);
        Self { text, blanked, error }
    }
}

/// Fails once, if there is an error.
struct Failing(Option<io::Error>);

impl Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

/// A piece of the text that was not sent yet.
struct Held {
    cut: Cut,
    is_stray: bool,
    line: u64,
}

struct Documents<'r, 'a, R> {
    reader: &'r mut Reader<'a>,
    input: R,
    splitter: Splitter,
    /// The text from the first byte that is still needed.
    text: Vec<u8>,
    /// Whether the start of the text is no longer there.
    is_cut_off: bool,
    ended: bool,
    error: Option<io::Error>,
    /// Pieces in their order. Until it is known that the text has several documents, all of them.
    held: Vec<Held>,
    has_several: bool,
    envelopes: usize,
    sent: usize,
    /// The line at `counted`.
    line: u64,
    counted: usize,
    /// What is said of the first document.
    notes: Vec<Warning>,
    /// The text with the reasoning of a model, which is blank in `text`.
    answer: Option<Vec<u8>>,
}

impl<'r, 'a, R: Read> Documents<'r, 'a, R> {
    fn new(reader: &'r mut Reader<'a>, input: R, notes: Vec<Warning>) -> Self {
        Self {
            reader,
            input,
            splitter: Splitter::new(),
            text: Vec::new(),
            is_cut_off: false,
            ended: false,
            error: None,
            held: Vec::new(),
            has_several: false,
            envelopes: 0,
            sent: 0,
            line: 1,
            counted: 0,
            notes,
            answer: None,
        }
    }

    /// Reads all of it. How many bytes are held is noted after each read.
    fn read_noting(mut self, mut note: impl FnMut(usize)) -> Result<(), Stopped> {
        loop {
            note(self.text.len());
            match self.splitter.next(&self.text, self.ended) {
                Piece::Document(cut) => self.found(cut, false)?,
                Piece::Stray(cut) => self.found(cut, true)?,
                Piece::Incomplete if self.is_too_long() => self.give_up()?,
                Piece::Incomplete => self.fill()?,
                Piece::End => return self.finish(),
            }
        }
    }

    fn found(&mut self, cut: Cut, is_stray: bool) -> Result<(), Stopped> {
        let line = self.line_of(cut.range.start);
        self.envelopes += usize::from(cut.is_envelope);
        if self.has_several {
            self.send_held(None)?;
        }
        self.held.push(Held { cut, is_stray, line });
        let is_certain = is_stray || self.envelopes > 1 || !self.splitter.has_prose();
        if !self.has_several && is_certain && (is_stray || self.held.len() > 1) {
            self.several()?;
        }
        Ok(())
    }

    /// From here on each document is sent when the next one is found.
    fn several(&mut self) -> Result<(), Stopped> {
        self.has_several = true;
        if self.answer.take().is_some() {
            self.notes.push(skipped_reasoning_warning());
        }
        let last = self.held.pop();
        self.send_held(None)?;
        self.held.extend(last);
        Ok(())
    }

    /// The line on which `at` stands. Places are asked for in their order.
    fn line_of(&mut self, at: usize) -> u64 {
        let passed = &self.text[self.counted..at];
        self.line += passed.iter().map(|byte| u64::from(*byte == b'\n')).sum::<u64>();
        self.counted = at;
        self.line
    }

    fn is_too_long(&self) -> bool {
        self.text.len() - self.splitter.position() > self.reader.options.max_record + LOOKAHEAD
    }

    fn give_up(&mut self) -> Result<(), Stopped> {
        if !self.splitter.is_giving_up() {
            self.several()?;
            self.send_held(None)?;
            let line = self.line_of(self.splitter.position());
            let item = self.splitter.item();
            self.send_too_long(Some(item.map_or(At::Line(line), At::Item)))?;
        }
        self.splitter.give_up();
        Ok(())
    }

    fn send_too_long(&mut self, at: Option<At>) -> Result<(), Stopped> {
        let most = in_units(self.reader.options.max_record as u64);
        self.sent += 1;
        let message = format!("a record of more than {most}; at most that is read");
        self.reader.send_problem(at, ProblemCode::TooLong, message)
    }

    /// Reads on, at least as much as is there already of a document that is not whole yet.
    fn fill(&mut self) -> Result<(), Stopped> {
        if self.text.len() > self.reader.options.max_record + LOOKAHEAD {
            // A text of that length is not one document; nor is it kept to see how it goes on.
            self.is_cut_off = true;
            self.has_several = true;
            self.send_held(None)?;
        }
        self.discard();
        let goal = self.text.len() - self.splitter.position();
        let goal = if goal < CHUNK { 1 } else { goal };
        let before = self.text.len();
        while !self.ended && self.text.len() < before + goal {
            let start = self.text.len();
            self.text.resize(start + CHUNK, 0);
            let read = self.input.read(&mut self.text[start..]);
            self.text.truncate(start + read.as_ref().copied().unwrap_or_default());
            match read {
                Ok(0) => self.ended = true,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.error = Some(error);
                    self.ended = true;
                }
            }
        }
        Ok(())
    }

    /// Lets go of what is no longer needed.
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

    fn finish(mut self) -> Result<(), Stopped> {
        let Some(error) = self.error.take() else {
            if !self.has_several && !self.is_cut_off {
                return self.whole();
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
        // What ends where the reading failed is broken for that reason.
        if self.last_is_broken() {
            self.held.pop();
        }
        self.send_held(None)?;
        self.reader.send_error(&error)
    }

    /// Whether the last piece goes up to the end of the text and is not whole.
    fn last_is_broken(&self) -> bool {
        self.held.last().is_some_and(|Held { cut, .. }| {
            let (document, rest) = self.text[cut.range.start..].split_at(cut.range.len());
            rest.trim_ascii().is_empty()
                && serde_json::from_slice::<serde::de::IgnoredAny>(document).is_err()
        })
    }

    /// A text that is not known to have several documents is read as one.
    fn whole(mut self) -> Result<(), Stopped> {
        if self.held.is_empty() && !self.splitter.has_content() {
            let message = match (self.text.is_empty(), self.text.trim_ascii().is_empty()) {
                (true, _) => "it is empty; there is nothing to import in it",
                (_, true) => "only white space is in it; there is nothing to import in it",
                _ => "there is nothing to import in it",
            };
            return self.reader.send_problem(None, ProblemCode::Unreadable, message.to_owned());
        }
        if self.text.len() > self.reader.options.max_record {
            // The document may still be of a length that is read.
            let trailing = self.splitter.take_skipped();
            return self.send_held(trailing.as_deref());
        }
        let at = self.held.first().and_then(|Held { cut, line, .. }| match cut.item {
            Some(item) => Some(At::Item(item)),
            None if !self.text[cut.range.clone()].contains(&b'\n') => Some(At::Line(*line)),
            None => None,
        });
        let text = std::mem::take(&mut self.text);
        let text = self.answer.take().unwrap_or(text);
        self.send_text(at, &text, Vec::new())
    }

    /// Sends what is held; `trailing` was skipped after it.
    fn send_held(&mut self, trailing: Option<&str>) -> Result<(), Stopped> {
        let held = std::mem::take(&mut self.held);
        let text = std::mem::take(&mut self.text);
        let last = held.len().saturating_sub(1);
        let mut result = Ok(());
        for (index, Held { cut, is_stray, line }) in held.into_iter().enumerate() {
            let at = cut.item.map_or(At::Line(line), At::Item);
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

    fn send_stray(&mut self, at: At, text: &[u8]) -> Result<(), Stopped> {
        self.sent += 1;
        let text = String::from_utf8_lossy(text);
        let found = excerpt(text.trim());
        let message = format!("the document is not JSON: {found:?} has no beginning");
        self.reader.send_problem(Some(at), ProblemCode::Unreadable, message)
    }

    fn send_text(
        &mut self,
        at: Option<At>,
        text: &[u8],
        mut notes: Vec<Warning>,
    ) -> Result<(), Stopped> {
        if text.len() > self.reader.options.max_record {
            return self.send_too_long(at);
        }
        self.sent += 1;
        notes.splice(..0, std::mem::take(&mut self.notes));
        let record = Record::read(text, Expected::default(), self.reader.options.parsing);
        self.reader.send(at, record.map(|record| record.with_notes(notes)), text.len())
    }
}

#[cfg(test)]
mod tests;
