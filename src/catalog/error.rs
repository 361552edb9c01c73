//! What can go wrong in the application that is nobody's input.

use crate::document::budget::Stopped;
use crate::storage::{StorageError, TransientError};

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
    #[error("{0}")]
    Shared(String),
    /// Reading or planning a document took more work than is allowed, or was cancelled.
    #[error(transparent)]
    Stopped(#[from] Stopped),
    #[error("a worker thread ended early: {0}")]
    Worker(#[from] tokio::task::JoinError),
}

impl TransientError for CatalogError {
    fn is_transient(&self) -> bool {
        matches!(self, Self::Storage(error) if error.is_transient())
    }
}
