//! The manifest of an archive: how many documents it has, and a digest of them. It is the last
//! entry of the archive, so that a program that reads entries as they arrive recognises a complete
//! one.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

use crate::catalog::export::Export;
use crate::document::MovieId;
use crate::document::read::envelope;
use crate::document::text::hexadecimal;

/// The name of the manifest's entry. An import ignores it.
pub(super) const MANIFEST: &str = "manifest.json";

/// Counts the documents of an archive.
#[derive(Debug)]
pub(super) struct Manifest {
    exported_at: DateTime<Utc>,
    movies: u64,
    documents: u64,
    categories: BTreeMap<&'static str, u64>,
    /// The documents of a movie follow each other.
    last_movie: Option<MovieId>,
    digest: Sha256,
}

#[derive(Serialize)]
struct ManifestJson<'a> {
    kind: &'static str,
    version: &'static str,
    exported_at: String,
    movies: u64,
    documents: u64,
    categories: &'a BTreeMap<&'static str, u64>,
    sha256: String,
}

impl Manifest {
    pub(super) fn new(exported_at: DateTime<Utc>) -> Self {
        Self {
            exported_at,
            movies: 0,
            documents: 0,
            categories: BTreeMap::new(),
            last_movie: None,
            digest: Sha256::new(),
        }
    }

    pub(super) fn exported_at(&self) -> DateTime<Utc> {
        self.exported_at
    }

    /// Counts an entry. The digest of the archive is that of the lines `sha256sum` prints for its
    /// documents, in the order of the archive.
    pub(super) fn count(&mut self, export: &Export, name: &str, sha256: &[u8]) {
        if self.last_movie.as_ref() != Some(&export.movie) {
            self.movies += 1;
            self.last_movie = Some(export.movie.clone());
        }
        self.documents += 1;
        *self.categories.entry(export.category.as_str()).or_default() += 1;
        self.digest.update(format!("{}  {name}\n", hexadecimal(sha256)));
    }

    pub(super) fn to_json(&self) -> String {
        let manifest = ManifestJson {
            kind: "reelport-export",
            version: "1.0",
            exported_at: envelope::timestamp(self.exported_at),
            movies: self.movies,
            documents: self.documents,
            categories: &self.categories,
            sha256: hexadecimal(&self.digest.clone().finalize()),
        };
        serde_json::to_string(&manifest).unwrap_or_default()
    }
}
