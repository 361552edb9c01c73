//! Writes exported documents as a ZIP archive or as NDJSON, in steps: each returns the bytes that
//! it made, and keeps none.

use std::io::Write as _;

use chrono::{DateTime, Utc};
use flate2::Compression;
use flate2::write::GzEncoder;

use super::archive::{ArchiveError, Packer};
use super::manifest::Manifest;
use crate::catalog::export::Export;
use crate::document::schema::choice::define_choice;

define_choice! {
    /// The format of an export of several documents.
    pub enum BulkFormat {
        /// A ZIP archive of {movie}/{category}.json, and a manifest as its last entry.
        Zip = "zip",
        /// One envelope per line (<https://github.com/ndjson/ndjson-spec>).
        Ndjson = "ndjson",
    }
}

impl BulkFormat {
    /// The media type of a file in this format.
    #[must_use]
    pub fn media_type(self, compress: Option<bool>) -> &'static str {
        match (self, compress) {
            (Self::Zip, _) => "application/zip",
            (Self::Ndjson, Some(true)) => "application/gzip",
            (Self::Ndjson, _) => "application/x-ndjson",
        }
    }

    /// The ending of the name of a file in this format, without the first dot.
    #[must_use]
    pub fn extension(self, compress: Option<bool>) -> &'static str {
        match (self, compress) {
            (Self::Zip, _) => "zip",
            (Self::Ndjson, Some(true)) => "ndjson.gz",
            (Self::Ndjson, _) => "ndjson",
        }
    }
}

/// Writes documents in one format.
pub struct BulkWriter(Inner);

enum Inner {
    Zip { packer: Box<Packer>, manifest: Manifest },
    Lines,
    GzippedLines(GzEncoder<Vec<u8>>),
}

impl BulkWriter {
    /// Starts an export. By default a ZIP archive is compressed, and NDJSON is not.
    #[must_use]
    pub fn new(format: BulkFormat, compress: Option<bool>, exported_at: DateTime<Utc>) -> Self {
        Self(match (format, compress) {
            (BulkFormat::Zip, compress) => Inner::Zip {
                packer: Box::new(Packer::new(compress.unwrap_or(true))),
                manifest: Manifest::new(exported_at),
            },
            (BulkFormat::Ndjson, Some(true)) => {
                Inner::GzippedLines(GzEncoder::new(Vec::new(), Compression::fast()))
            }
            (BulkFormat::Ndjson, _) => Inner::Lines,
        })
    }

    /// Adds documents and returns the next bytes, which can be empty.
    ///
    /// # Errors
    /// When writing fails. The output is then incomplete and must not be finished.
    pub fn add(&mut self, exports: &[Export]) -> Result<Vec<u8>, ArchiveError> {
        let mut bytes = Vec::new();
        for export in exports {
            match &mut self.0 {
                Inner::Zip { packer, manifest } => {
                    bytes.append(&mut packer.add_counted(export, manifest)?);
                }
                Inner::Lines => {
                    bytes.extend_from_slice(export.envelope().as_bytes());
                    bytes.push(b'\n');
                }
                Inner::GzippedLines(encoder) => {
                    encoder.write_all(export.envelope().as_bytes())?;
                    encoder.write_all(b"\n")?;
                }
            }
        }
        if let Inner::GzippedLines(encoder) = &mut self.0 {
            bytes = std::mem::take(encoder.get_mut());
        }
        Ok(bytes)
    }

    /// Returns the last bytes.
    ///
    /// # Errors
    /// When writing fails.
    pub fn finish(self) -> Result<Vec<u8>, ArchiveError> {
        match self.0 {
            Inner::Zip { mut packer, manifest } => {
                packer.add_manifest(&manifest)?;
                packer.finish()
            }
            Inner::Lines => Ok(Vec::new()),
            Inner::GzippedLines(encoder) => Ok(encoder.finish()?),
        }
    }
}
