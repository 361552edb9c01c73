//! What can go wrong in the application that is nobody's input.

use std::sync::Arc;

use crate::document::budget::Stopped;
use crate::storage::{StorageError, TransientError, Unavailability};

/// A fault of ours. Edges log it and show a request id.
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
    /// A failure that several waited for together.
    #[error(transparent)]
    Shared(Arc<Self>),
    /// What was being read changed meanwhile.
    #[error("{0}")]
    Changed(String),
    /// Reading or planning a document took more work than is allowed, or was cancelled.
    #[error(transparent)]
    Stopped(#[from] Stopped),
    #[error("a worker thread ended early: {0}")]
    Worker(#[from] tokio::task::JoinError),
}

/// The message for a request that would store a text with U+0000 in it.
pub const UNSTORABLE_TEXT: &str =
    "a text holds the character U+0000, which cannot be stored; send it without";

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
    /// Why the database could not serve the request, if that is what it means.
    #[must_use]
    pub fn unavailability(&self) -> Option<Unavailability> {
        TransientError::unavailability(self)
    }

    /// Whether a text with U+0000 was sent where it would have to be stored.
    #[must_use]
    pub fn is_unstorable_text(&self) -> bool {
        match self {
            Self::Storage(error) => matches!(error, StorageError::HoldsNul),
            Self::Shared(error) => error.is_unstorable_text(),
            _ => false,
        }
    }
}
