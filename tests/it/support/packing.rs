//! Files of several documents: NDJSON, gzip and ZIP.

use std::io::{Cursor, Write as _};

use serde_json::Value;

pub fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

pub fn zipped(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

pub fn ndjson(envelopes: &[Value]) -> Vec<u8> {
    envelopes.iter().flat_map(|envelope| format!("{envelope}\n").into_bytes()).collect()
}
