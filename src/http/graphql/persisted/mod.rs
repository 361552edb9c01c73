//! Persisted documents: GraphQL documents that a client names by an id instead of sending their
//! text (GraphQL over HTTP, appendix A), also known as trusted documents or persisted queries.
//!
//! They come from manifests that are read at start. Clients cannot add to them.

mod manifest;

use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use sha2::{Digest as _, Sha256};

use crate::graphql::{ExecutableDocument, Limits, Schema, Variables, checks, limits};
use manifest::Entry;
pub use manifest::ManifestError;

/// Maximum number of persisted documents.
const MAX_DOCUMENTS: usize = 20_000;
/// Maximum number of unknown documents that are logged, so that requests cannot fill the log.
const MAX_LOGGED: usize = 1_000;
/// Maximum number of root fields that a log line names.
const MAX_LOGGED_FIELDS: usize = 10;
/// The prefix of ids that are the SHA-256 hash of the text in hexadecimal.
const HASH_PREFIX: &str = "sha256:";

/// What happens to a document that is not in a manifest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnknownDocuments {
    /// It runs, and is logged.
    Log,
    /// It is refused.
    Refuse,
}

/// A document of a manifest, parsed and validated.
pub struct PersistedDocument {
    pub text: String,
    pub document: ExecutableDocument,
}

type Hash = [u8; 32];

/// The documents of all manifests.
pub struct PersistedDocuments {
    by_id: HashMap<String, Arc<PersistedDocument>>,
    /// By the SHA-256 hash of their text.
    by_hash: HashMap<Hash, Arc<PersistedDocument>>,
    unknown: UnknownDocuments,
    /// The unknown documents that were logged.
    logged: Mutex<HashSet<Hash>>,
}

impl PersistedDocuments {
    /// Reads files and folders with manifests, and validates each document against the schema.
    ///
    /// # Errors
    /// When a manifest cannot be read, there is no document, a document is invalid or exceeds a
    /// limit, or two documents have the same id.
    pub async fn load(
        paths: &[PathBuf],
        unknown: UnknownDocuments,
        schema: &Schema,
        limits: &Limits,
    ) -> Result<Self, ManifestError> {
        let (by_id, by_hash) = (HashMap::new(), HashMap::new());
        let mut loaded = Self { by_id, by_hash, unknown, logged: Mutex::default() };
        for path in paths {
            let entries = manifest::read(path)?;
            if entries.is_empty() {
                return Err(ManifestError::of_file(path, "there is no document in it"));
            }
            for entry in entries {
                loaded.add(entry, schema, limits).await?;
            }
            if loaded.by_id.len() > MAX_DOCUMENTS {
                let reason = format!("more than {MAX_DOCUMENTS} documents");
                return Err(ManifestError::of_file(path, reason));
            }
        }
        Ok(loaded)
    }

    async fn add(
        &mut self,
        entry: Entry,
        schema: &Schema,
        limits: &Limits,
    ) -> Result<(), ManifestError> {
        if let Some(known) = self.by_id.get(&entry.id) {
            if known.text == entry.text {
                return Ok(());
            }
            let reason = "another document has the same id and a different text";
            return Err(ManifestError::of_document(&entry, reason));
        }
        let hash = hash(&entry.text);
        if entry.id.strip_prefix(HASH_PREFIX).is_some_and(|id| parse_hash(id) != Some(hash)) {
            let reason = "the id is not the SHA-256 hash of the text";
            return Err(ManifestError::of_document(&entry, reason));
        }
        let document = if let Some(known) = self.by_hash.get(&hash) {
            Arc::clone(known)
        } else {
            let document = validate(&entry.text, schema, limits).await;
            let document =
                document.map_err(|reason| ManifestError::of_document(&entry, &reason))?;
            Arc::new(PersistedDocument { text: entry.text, document })
        };
        self.by_hash.insert(hash, Arc::clone(&document));
        self.by_id.insert(entry.id, document);
        Ok(())
    }

    /// The number of ids.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// The document with this id: that of the manifest, or the SHA-256 hash of the text, with or
    /// without its prefix.
    pub fn find(&self, id: &str) -> Option<&PersistedDocument> {
        let by_hash = || {
            let hash = parse_hash(id.strip_prefix(HASH_PREFIX).unwrap_or(id))?;
            self.by_hash.get(&hash)
        };
        self.by_id.get(id).or_else(by_hash).map(Arc::as_ref)
    }

    /// The document with exactly this text.
    pub fn find_text(&self, text: &str) -> Option<&PersistedDocument> {
        self.by_hash.get(&hash(text)).map(Arc::as_ref)
    }

    /// Whether documents that are not in a manifest are refused.
    pub fn refuses_unknown(&self) -> bool {
        self.unknown == UnknownDocuments::Refuse
    }

    /// Logs a document that is not in a manifest, once. The text is not logged, because it may
    /// contain secrets such as the password of a login.
    pub fn log_unknown(&self, text: &str, name: Option<&str>, document: &ExecutableDocument) {
        let hash = hash(text);
        let mut logged = self.logged.lock().unwrap_or_else(PoisonError::into_inner);
        if logged.len() >= MAX_LOGGED || !logged.insert(hash) {
            return;
        }
        let is_last = logged.len() == MAX_LOGGED;
        drop(logged);
        let fields = checks::root_field_names(document, name, MAX_LOGGED_FIELDS).join(" ");
        let name = checks::operation_name(document, name).unwrap_or("none");
        let id = format!("{HASH_PREFIX}{:x}", Sha256::digest(text));
        tracing::warn!(id, name, fields, "the document is not in a manifest");
        if is_last {
            tracing::warn!("no more documents that are not in a manifest are logged");
        }
    }
}

/// Parses a document, and checks it against the schema and the limits.
async fn validate(
    text: &str,
    schema: &Schema,
    limits: &Limits,
) -> Result<ExecutableDocument, String> {
    if text.len() > limits::MAX_QUERY {
        let allowed = limits::MAX_QUERY;
        return Err(format!("found {} bytes; allowed are {allowed}", text.len()));
    }
    let parsed = checks::parse(text, limits).and_then(|document| {
        checks::check_size(&document, &Variables::default(), limits)?;
        Ok(document)
    });
    let document = parsed.map_err(|error| one_line(&error.message))?;
    match checks::validate(schema, text, &document).await {
        Ok(()) => Ok(document),
        Err(errors) => {
            Err(errors.first().map(|first| one_line(&first.message)).unwrap_or_default())
        }
    }
}

fn one_line(message: &str) -> String {
    message.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn hash(text: &str) -> Hash {
    Sha256::digest(text).into()
}

/// Reads a hash of 64 hexadecimal digits.
fn parse_hash(text: &str) -> Option<Hash> {
    if text.len() != 64 || !text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return None;
    }
    let mut hash = Hash::default();
    for (byte, at) in hash.iter_mut().zip((0..64).step_by(2)) {
        *byte = u8::from_str_radix(text.get(at..at + 2)?, 16).ok()?;
    }
    Some(hash)
}
