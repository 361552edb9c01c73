//! Collects the documents of one transaction.

use std::collections::HashSet;
use std::time::Duration;

use super::channel::{DocumentReceiver, ReadDocument};
use super::location::DocumentLocation;
use crate::catalog::import::IncomingDocument;
use crate::document::Problem;

/// Maximum number of documents in one transaction.
pub(in crate::catalog) const BATCH: usize = 200;
/// Bytes of text after which a transaction takes no more documents.
const BATCH_BYTES: usize = 4 * 1024 * 1024;
/// How long a transaction that has documents waits for the next one.
const BATCH_WAIT: Duration = Duration::from_millis(100);

/// A document to report after its batch is imported.
pub(in crate::catalog) struct Pending {
    pub(in crate::catalog) location: DocumentLocation,
    /// The number of the document in its source, counted from 0.
    pub(in crate::catalog) number: u64,
    /// Bytes of input read so far.
    pub(in crate::catalog) position: u64,
}

/// The documents of one transaction, and those between them that could not be read.
#[derive(Default)]
pub(in crate::catalog) struct Collected {
    /// In input order, each with its problems if it could not be read.
    pub(in crate::catalog) waiting: Vec<(Pending, Option<Vec<Problem>>)>,
    pub(in crate::catalog) batch: Vec<IncomingDocument>,
    /// Whether the input has ended.
    pub(in crate::catalog) ended: bool,
}

impl Collected {
    /// Collects documents until there are `max` of them, they are large, or the next one takes its
    /// time. `held` is a document that belongs to the next transaction.
    pub(in crate::catalog) async fn next(
        documents: &mut DocumentReceiver,
        held: &mut Option<ReadDocument>,
        max: usize,
    ) -> Self {
        let mut collected = Self::default();
        let mut keys = HashSet::new();
        let mut bytes = 0;
        while collected.waiting.len() < max && bytes < BATCH_BYTES {
            let next = match held.take() {
                Some(read) => Some(read),
                None if collected.waiting.is_empty() => documents.recv().await,
                // A client that waits for a result before it sends more gets it.
                None => match tokio::time::timeout(BATCH_WAIT, documents.recv()).await {
                    Ok(next) => next,
                    Err(_) => break,
                },
            };
            let Some(read) = next else {
                collected.ended = true;
                break;
            };
            let (location, position) = (read.location.clone(), read.position);
            let pending = Pending { location, number: read.number, position };
            match read.document {
                // A second version of a document must be planned on the result of the first.
                Ok(ref document) if !keys.insert(document.key()) => {
                    *held = Some(read);
                    break;
                }
                Ok(document) => {
                    bytes += read.bytes;
                    collected.batch.push(document);
                    collected.waiting.push((pending, None));
                }
                Err(problems) => collected.waiting.push((pending, Some(problems))),
            }
        }
        collected
    }
}
