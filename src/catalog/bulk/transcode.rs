//! Decodes UTF-16 to UTF-8 while reading.

use std::io::{self, Read};

use encoding_rs::{Decoder, DecoderResult, Encoding};

/// Replaces an incomplete character. This byte is invalid in UTF-8 and in Windows-1252, so the
/// document that contains it is refused, and the others are read.
const INVALID: u8 = 0x81;
const CHUNK: usize = 16 * 1024;

/// Reads text in another encoding as UTF-8, without its byte-order mark.
pub(super) struct Utf8Reader<R> {
    inner: R,
    decoder: Decoder,
    encoded: Vec<u8>,
    text: Vec<u8>,
    /// Bytes of `text` that were already read.
    at: usize,
    is_at_end: bool,
}

impl<R: Read> Utf8Reader<R> {
    pub(super) fn new(inner: R, encoding: &'static Encoding) -> Self {
        let decoder = encoding.new_decoder_with_bom_removal();
        let (encoded, text) = (vec![0; CHUNK], Vec::with_capacity(2 * CHUNK));
        Self { inner, decoder, encoded, text, at: 0, is_at_end: false }
    }

    /// Decodes the next chunk into `text`.
    fn advance(&mut self) -> io::Result<()> {
        let count = self.inner.read(&mut self.encoded)?;
        self.is_at_end = count == 0;
        self.text.clear();
        self.at = 0;
        let mut from = 0;
        loop {
            let start = self.text.len();
            self.text.resize(start + 2 * CHUNK, 0);
            let (result, read, written) = self.decoder.decode_to_utf8_without_replacement(
                &self.encoded[from..count],
                &mut self.text[start..],
                self.is_at_end,
            );
            from += read;
            self.text.truncate(start + written);
            match result {
                DecoderResult::InputEmpty => return Ok(()),
                DecoderResult::OutputFull => {}
                DecoderResult::Malformed(..) => self.text.push(INVALID),
            }
        }
    }
}

impl<R: Read> Read for Utf8Reader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.text.len() && !self.is_at_end {
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
        Utf8Reader::new(bytes, encoding).read_to_end(&mut text).unwrap();
        text
    }

    #[test]
    fn utf_16_is_read_in_both_byte_orders_and_an_incomplete_character_is_marked() {
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
