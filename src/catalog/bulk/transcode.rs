//! UTF-16 as UTF-8, while it is read.

use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult, Encoding};

/// Stands for a character that is not whole: no text in UTF-8 or Windows-1252 has it, so that the
/// document it is in is refused, and the others are read.
const BROKEN: u8 = 0x81;
const CHUNK: usize = 16 * 1024;

/// Reads text of another encoding as UTF-8, without its byte-order mark.
pub(super) struct Transcoded<R> {
    inner: R,
    decoder: Decoder,
    packed: Vec<u8>,
    text: Vec<u8>,
    /// How much of `text` was read.
    at: usize,
    ended: bool,
}

impl<R: Read> Transcoded<R> {
    pub(super) fn new(inner: R, encoding: &'static Encoding) -> Self {
        let decoder = encoding.new_decoder_with_bom_removal();
        let (packed, text) = (vec![0; CHUNK], Vec::with_capacity(2 * CHUNK));
        Self { inner, decoder, packed, text, at: 0, ended: false }
    }

    /// Decodes some more.
    fn advance(&mut self) -> io::Result<()> {
        let count = self.inner.read(&mut self.packed)?;
        self.ended = count == 0;
        self.text.clear();
        self.at = 0;
        let mut from = 0;
        loop {
            let start = self.text.len();
            self.text.resize(start + 2 * CHUNK, 0);
            let (result, read, written) = self.decoder.decode_to_utf8_without_replacement(
                &self.packed[from..count],
                &mut self.text[start..],
                self.ended,
            );
            from += read;
            self.text.truncate(start + written);
            match result {
                DecoderResult::InputEmpty => return Ok(()),
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => self.text.push(BROKEN),
            }
        }
    }
}

impl<R: Read> Read for Transcoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.text.len() && !self.ended {
            self.advance()?;
        }
        let count = buffer.len().min(self.text.len() - self.at);
        buffer[..count].copy_from_slice(&self.text[self.at..self.at + count]);
        self.at += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use encoding_rs::{UTF_16BE, UTF_16LE};

    use super::*;

    fn decoded(bytes: &[u8], encoding: &'static Encoding) -> Vec<u8> {
        let mut text = Vec::new();
        Transcoded::new(bytes, encoding).read_to_end(&mut text).unwrap();
        text
    }

    #[test]
    fn utf_16_is_read_in_either_order_and_a_half_character_is_marked() {
        let text = "héllo 😀\n".repeat(20_000);
        let units: Vec<u16> = text.encode_utf16().collect();
        let little: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let big: Vec<u8> = units.iter().flat_map(|unit| unit.to_be_bytes()).collect();
        assert_eq!(decoded(&little, UTF_16LE), text.as_bytes());
        assert_eq!(decoded(&[b"\xFE\xFF", big.as_slice()].concat(), UTF_16BE), text.as_bytes());
        assert_eq!(decoded(b"a\0\x00\xD8b\0", UTF_16LE), b"a\x81b");
        assert_eq!(decoded(b"a\0b", UTF_16LE), b"a\x81");
    }
}
