//! Splits a text into its documents.
//!
//! The text arrives in chunks and may hold lines of JSON, lists, documents over several lines or
//! JSON text sequences (RFC 7464), with comments, code fences or prose between them. Each document
//! is cut out and read by itself, so that a broken one does not affect the others. After a broken
//! document, splitting continues at the next envelope.

mod boundary;
mod prose;
mod value;

use std::ops::Range;

use super::MAX_PASSES;
use super::quotes::is_blank;
use boundary::{Boundary, boundary, first_key};
use prose::{Skipped, comment_end, fence_end, is_document_part, opens_list};
use value::{Continuation, Strict, continuation, lenient_end, strict, strict_string};

/// Separates the texts of a JSON text sequence (RFC 7464).
const RECORD_SEPARATOR: u8 = 0x1E;
/// Maximum number of bytes of a line of prose that are inspected together.
const MAX_PROSE: usize = 64 * 1024;

/// The next piece of a text.
#[derive(Debug, PartialEq, Eq)]
pub enum Piece {
    /// More text is needed.
    Incomplete,
    /// A document, or text that was meant as one.
    Document(Cut),
    /// Text that looks like part of a document but belongs to none: its beginning is missing.
    Stray(Cut),
    /// The text has ended.
    End,
}

/// A part of a text that is read by itself.
#[derive(Debug, PartialEq, Eq)]
pub struct Cut {
    /// The byte range, relative to the first byte that was not discarded.
    pub range: Range<usize>,
    /// The index, if it is an element of a list.
    pub item: Option<u64>,
    /// Whether it is an envelope, or may have been meant as one.
    pub is_envelope: bool,
    /// The start of skipped text before it, for a message.
    pub skipped: Option<String>,
}

/// Finds the documents of a text that arrives in chunks.
#[derive(Debug, Default)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact about the line or the text")]
pub struct Splitter {
    at: usize,
    /// The number of open lists.
    lists: usize,
    /// The number of elements of the open lists so far.
    items: u64,
    /// The number of blank columns at the start of the line.
    indent: usize,
    /// Whether the line is blank so far.
    line_is_blank: bool,
    /// Whether the current line has prose.
    in_prose: bool,
    /// Whether anything but blanks was seen.
    has_content: bool,
    /// Whether prose was seen, apart from comments and code fences.
    has_prose: bool,
    /// Whether the last piece was stray text.
    after_stray: bool,
    /// Whether the rest of a document that is too long is being skipped.
    is_giving_up: bool,
    /// The number of bytes read for incomplete objects at the end of the text, in total.
    wasted: usize,
    skipped: Skipped,
}

impl Splitter {
    #[must_use]
    pub fn new() -> Self {
        Self { line_is_blank: true, ..Self::default() }
    }

    /// The position of the search for the next piece.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.at
    }

    /// Whether anything but blanks, lists and separators was seen.
    #[must_use]
    pub fn has_content(&self) -> bool {
        self.has_content
    }

    /// Whether there was prose outside of the documents.
    #[must_use]
    pub const fn has_prose(&self) -> bool {
        self.has_prose
    }

    /// The number of open lists.
    #[must_use]
    pub const fn open_lists(&self) -> usize {
        self.lists
    }

    /// The index of the next element, if a list is open.
    #[must_use]
    pub fn item(&self) -> Option<u64> {
        (self.lists > 0).then_some(self.items)
    }

    /// Takes the text that was skipped since the last piece.
    pub fn take_skipped(&mut self) -> Option<String> {
        self.skipped.take()
    }

    /// Reports that the caller dropped the first `count` bytes of the text.
    pub fn discard(&mut self, count: usize) {
        self.at -= count;
    }

    /// Skips a document that is too long. The next piece begins at the next envelope.
    pub fn give_up(&mut self) {
        if self.is_giving_up {
            // Undecided with the maximum length of a document in memory: this is no envelope.
            self.at += 1;
            return;
        }
        self.is_giving_up = true;
        self.items += u64::from(self.lists > 0);
        self.has_content = true;
    }

    /// Whether a document that is too long is still being skipped.
    #[must_use]
    pub const fn is_giving_up(&self) -> bool {
        self.is_giving_up
    }

    /// The next piece of `text`, which begins with the first byte that was not discarded. `ended`
    /// means that no more text will arrive.
    pub fn next(&mut self, text: &[u8], ended: bool) -> Piece {
        if self.is_giving_up && !self.skip_to_boundary(text, ended) {
            return if ended { Piece::End } else { Piece::Incomplete };
        }
        loop {
            let Some(&byte) = text.get(self.at) else {
                return if ended { Piece::End } else { Piece::Incomplete };
            };
            let step = match byte {
                b'\n' => {
                    self.new_line();
                    None
                }
                b' ' | b'\t' | b'\r' => {
                    self.at += 1;
                    self.indent += usize::from(self.line_is_blank);
                    None
                }
                RECORD_SEPARATOR => {
                    self.at += 1;
                    self.lists = 0;
                    self.in_prose = false;
                    None
                }
                _ => {
                    self.line_is_blank = false;
                    self.token(byte, text, ended)
                }
            };
            if let Some(piece) = step {
                return piece;
            }
        }
    }

    fn new_line(&mut self) {
        self.at += 1;
        self.indent = 0;
        self.line_is_blank = true;
        self.in_prose = false;
    }

    /// Reads what begins at a character that is not blank.
    fn token(&mut self, byte: u8, text: &[u8], ended: bool) -> Option<Piece> {
        let rest = &text[self.at..];
        match byte {
            b'{' => return self.document(text, ended),
            b'[' => match opens_list(rest, self.in_prose, !self.has_content || self.lists > 0) {
                None if !ended => return Some(Piece::Incomplete),
                Some(true) => {
                    self.items = if self.lists == 0 { 0 } else { self.items };
                    self.lists += 1;
                    self.at += 1;
                    return None;
                }
                _ if self.lists > 0 => return self.element(text, ended),
                _ => {}
            },
            b']' if self.lists > 0 => {
                self.lists -= 1;
                self.at += 1;
                return None;
            }
            b',' if !self.in_prose || self.lists > 0 => {
                self.at += 1;
                self.in_prose = false;
                return None;
            }
            b'#' | b'/' if !self.in_prose => match comment_end(rest, ended) {
                Some(0) => {}
                Some(length) => {
                    self.skip(&rest[..length]);
                    return None;
                }
                None => return Some(Piece::Incomplete),
            },
            b'`' | b'~' if !self.in_prose => match fence_end(rest, ended) {
                Some(0) => {}
                Some(length) => {
                    self.skip(&rest[..length]);
                    return None;
                }
                None => return Some(Piece::Incomplete),
            },
            b'"' if self.lists == 0 && !self.in_prose => match strict_string(rest) {
                Strict::End { length, is_envelope: true } => {
                    return Some(self.cut(length, true));
                }
                Strict::Incomplete if !ended => return Some(Piece::Incomplete),
                _ => {}
            },
            b'.' if rest.starts_with(b"...") => {}
            0x80.. => match blank_length(rest) {
                Some(length) => {
                    self.at += length;
                    return None;
                }
                None if rest.len() < 4 && !ended => return Some(Piece::Incomplete),
                None if rest.starts_with("…".as_bytes()) => {}
                None if self.lists > 0 && !self.in_prose => return self.element(text, ended),
                None => {}
            },
            _ if self.lists > 0 && !self.in_prose => return self.element(text, ended),
            _ => {}
        }
        self.prose(text, ended)
    }

    fn skip(&mut self, skipped: &[u8]) {
        self.skipped.add(skipped);
        self.has_content = true;
        self.at += skipped.len();
        if let Some(at) = skipped.iter().rposition(|byte| *byte == b'\n') {
            self.indent = skipped.len() - at - 1;
            self.line_is_blank = true;
        }
    }

    /// Cuts the document of `length` bytes that begins at the current position.
    fn cut(&mut self, length: usize, is_envelope: bool) -> Piece {
        let range = self.at..self.at + length;
        self.at = range.end;
        let item = self.item();
        self.items += u64::from(self.lists > 0);
        self.has_content = true;
        self.in_prose = false;
        self.after_stray = false;
        Piece::Document(Cut { range, item, is_envelope, skipped: self.skipped.take() })
    }

    /// Reads an object, or skips a brace in prose.
    fn document(&mut self, text: &[u8], ended: bool) -> Option<Piece> {
        let rest = &text[self.at..];
        let mut is_closed_too_early = false;
        match strict(rest) {
            Strict::End { length, is_envelope } => {
                match continuation(&rest[length..], self.lists > 0) {
                    Continuation::Unknown if !ended => return Some(Piece::Incomplete),
                    Continuation::SameDocument => is_closed_too_early = true,
                    _ if self.in_prose && !is_envelope => {
                        self.at += length;
                        return None;
                    }
                    _ => return Some(self.cut(length, is_envelope)),
                }
            }
            Strict::Incomplete if !ended => return Some(Piece::Incomplete),
            Strict::Incomplete => {
                self.wasted += rest.len();
                if self.wasted / MAX_PASSES > text.len() {
                    return Some(self.cut(rest.len(), true));
                }
            }
            Strict::Broken => {}
        }
        if self.in_prose {
            match first_key(rest) {
                Some(true) => {}
                None if !ended => return Some(Piece::Incomplete),
                // A brace in prose.
                _ => {
                    self.at += 1;
                    return None;
                }
            }
        }
        let length = match boundary(text, self.at, self.indent, ended) {
            Boundary::At(next) => next - self.at,
            Boundary::None if ended => rest.len(),
            Boundary::Undecided(_) | Boundary::None => return Some(Piece::Incomplete),
        };
        let chunk = rest[..length].trim_ascii_end();
        if !is_closed_too_early && let Some((end, is_envelope)) = lenient_end(chunk) {
            let follows = continuation(&rest[end..length], self.lists > 0);
            if follows != Continuation::SameDocument {
                return Some(self.cut(end, is_envelope));
            }
        }
        Some(self.cut(chunk.len(), true))
    }

    /// Reads an element of a list that is not an object.
    #[allow(clippy::unnecessary_wraps, reason = "as the other readers of a piece")]
    fn element(&mut self, text: &[u8], ended: bool) -> Option<Piece> {
        let rest = &text[self.at..];
        match strict(rest) {
            Strict::End { length, is_envelope } => {
                return match continuation(&rest[length..], true) {
                    Continuation::Unknown if !ended => Some(Piece::Incomplete),
                    _ => Some(self.cut(length, is_envelope)),
                };
            }
            Strict::Incomplete if !ended => return Some(Piece::Incomplete),
            Strict::Incomplete | Strict::Broken => {}
        }
        let ends = |byte: &u8| matches!(byte, b',' | b']' | b'\n');
        match rest.iter().position(ends) {
            None if !ended => Some(Piece::Incomplete),
            // At least one byte, so that a stray quotation mark does not block the search.
            length => Some(self.cut(length.unwrap_or(rest.len()).max(1), false)),
        }
    }

    /// Skips text up to the end of the line or the possible start of a document.
    fn prose(&mut self, text: &[u8], ended: bool) -> Option<Piece> {
        let rest = &text[self.at..];
        let in_list = self.lists > 0;
        let ends = |byte: &u8| {
            matches!(*byte, b'\n' | b'{' | b'[' | RECORD_SEPARATOR)
                || (in_list && matches!(byte, b',' | b']'))
        };
        let length = match rest[1..].iter().position(ends) {
            Some(length) => length + 1,
            None if !ended && rest.len() < MAX_PROSE => return Some(Piece::Incomplete),
            None => rest.len(),
        };
        let is_stray = !self.in_prose && is_document_part(&rest[..length]);
        self.in_prose = true;
        self.has_content = true;
        if !is_stray {
            self.has_prose = true;
            self.skipped.add(&rest[..length]);
            self.at += length;
            return None;
        }
        if self.after_stray {
            self.at += length;
            return None;
        }
        self.after_stray = true;
        let range = self.at..self.at + length;
        self.at = range.end;
        let skipped = self.skipped.take();
        Some(Piece::Stray(Cut { range, item: None, is_envelope: false, skipped }))
    }

    /// Moves to the next envelope. Returns whether one was found.
    fn skip_to_boundary(&mut self, text: &[u8], ended: bool) -> bool {
        match boundary(text, self.at, self.indent, ended) {
            Boundary::At(next) => {
                self.at = next;
                self.is_giving_up = false;
                self.in_prose = false;
                true
            }
            Boundary::Undecided(candidate) => {
                self.at = candidate - 1;
                false
            }
            Boundary::None => {
                self.at = text.len();
                false
            }
        }
    }
}

/// The length of a non-ASCII blank at the start of `rest`.
fn blank_length(rest: &[u8]) -> Option<usize> {
    let start = &rest[..rest.len().min(4)];
    let chunk = start.utf8_chunks().next()?;
    let first = chunk.valid().chars().next()?;
    is_blank(first).then_some(first.len_utf8())
}

#[cfg(test)]
mod tests;
