//! Compression of import texts (zlib, RFC 1950).

use std::io::{Read as _, Write as _};

use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;

pub(super) fn compress(text: &str) -> std::io::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes())?;
    encoder.finish()
}

/// Decompresses a text of `size` bytes. Stops after `size` + 1 bytes.
///
/// # Errors
/// When `body` is not a valid stream or the text has another size.
pub(super) fn decompress(body: &[u8], size: i64) -> std::io::Result<String> {
    let size = u64::try_from(size).unwrap_or_default();
    let mut text = String::new();
    ZlibDecoder::new(body).take(size + 1).read_to_string(&mut text)?;
    if text.len() as u64 == size {
        return Ok(text);
    }
    Err(std::io::Error::other("the text does not have the size that its import record states"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_round_trips_byte_for_byte_and_is_smaller() {
        for text in ["", "a\0b", "Łódź “é” 😀", &"{\"title\": \"A movie\"}\n".repeat(10_000)]
        {
            let compressed = compress(text).unwrap();
            assert_eq!(decompress(&compressed, i64::try_from(text.len()).unwrap()).unwrap(), text);
            assert!(compressed.len() <= text.len() + 64, "{} of {}", compressed.len(), text.len());
        }
        let long = "x".repeat(1 << 20);
        assert!(compress(&long).unwrap().len() < 16 * 1024);
    }

    #[test]
    fn decompression_stops_at_the_given_size() {
        let compressed = compress(&"x".repeat(1 << 20)).unwrap();
        assert!(decompress(&compressed, 10).is_err());
        assert!(decompress(&compressed[..20], 1 << 20).is_err());
    }
}
