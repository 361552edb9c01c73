//! Failures of the application that are not problems of the input.

use std::sync::Arc;

use super::access::Forbidden;
use super::bulk::ArchiveError;
use crate::document::budget::Stopped;
use crate::storage::{JobFileError, StorageError, TransientError, Unavailability};

/// An internal failure. The edges log it and show a request id.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error("a document cannot be written as JSON: {0}")]
    Encode(#[from] serde_json::Error),
    #[error("password hashing: {0}")]
    Password(String),
    #[error("token: {0}")]
    Token(String),
    /// The failure of an operation that several callers waited for.
    #[error(transparent)]
    Shared(Arc<Self>),
    /// The request is not allowed to change what its document turned out to be.
    #[error(transparent)]
    Forbidden(#[from] Forbidden),
    /// Data changed while it was being read.
    #[error("{0}")]
    Changed(String),
    /// Reading or planning a document exceeded the work budget, or was cancelled.
    #[error(transparent)]
    Stopped(#[from] Stopped),
    #[error(transparent)]
    Archive(#[from] ArchiveError),
    #[error("a file of a job: {0}")]
    JobFile(#[from] JobFileError),
    #[error("a worker thread ended early: {0}")]
    Worker(#[from] tokio::task::JoinError),
}

/// The message for a request to store a text that contains U+0000.
pub const UNSTORABLE_TEXT: &str =
    "a text contains the character U+0000, which cannot be stored; remove it";

impl TransientError for CatalogError {
    fn is_transient(&self) -> bool {
        matches!(self, Self::Storage(error) if error.is_transient())
    }

    fn unavailability(&self) -> Option<Unavailability> {
        match self {
            Self::Storage(error) => error.unavailability(),
            Self::Shared(error) => error.unavailability(),
            _ => None,
        }
    }
}

impl CatalogError {
    /// A stored value that cannot be read, or is missing. `key` identifies it.
    #[must_use]
    pub fn corrupt(what: &'static str, key: &str, reason: impl Into<String>) -> Self {
        StorageError::Corrupt { what, key: key.to_owned(), reason: reason.into() }.into()
    }

    /// Why the database could not serve the request; `None` for any other failure.
    #[must_use]
    pub fn unavailability(&self) -> Option<Unavailability> {
        TransientError::unavailability(self)
    }

    /// Whether the request tried to store a text that contains U+0000.
    #[must_use]
    pub fn is_unstorable_text(&self) -> bool {
        match self {
            Self::Storage(error) => matches!(error, StorageError::HoldsNul),
            Self::Shared(error) => error.is_unstorable_text(),
            _ => false,
        }
    }
}
