//! The channel from the thread that reads documents to the import, bounded by bytes of text.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::location::DocumentLocation;
use crate::catalog::import::IncomingDocument;
use crate::document::Problem;

/// Maximum number of queued documents.
const MAX_DOCUMENTS: usize = 512;
/// Maximum number of queued bytes of text. A larger document is queued alone.
const MAX_BYTES: u32 = 8 * 1024 * 1024;

/// A document that was read, or its problems.
#[derive(Debug)]
pub struct ReadDocument {
    pub location: DocumentLocation,
    /// The number of the document in its source, counted from 0.
    pub number: u64,
    pub document: Result<IncomingDocument, Vec<Problem>>,
    /// Its text, if it could not be read. `None` if no text belongs to the problems.
    pub unread_text: Option<String>,
    /// The size of its text.
    pub bytes: usize,
    /// Bytes of input read so far, before decompression.
    pub position: u64,
}

/// The receiver of the documents was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the import stopped")]
pub struct ReceiverClosed;

/// Sends documents to an import. Blocks while the channel is full.
#[derive(Debug, Clone)]
pub struct DocumentSender {
    documents: mpsc::Sender<(ReadDocument, OwnedSemaphorePermit)>,
    room: Arc<Semaphore>,
}

/// Receives documents.
#[derive(Debug)]
pub struct DocumentReceiver {
    documents: mpsc::Receiver<(ReadDocument, OwnedSemaphorePermit)>,
    room: Arc<Semaphore>,
}

/// Creates a channel that queues at most 8 MiB of text.
#[must_use]
pub fn document_channel() -> (DocumentSender, DocumentReceiver) {
    let (sender, receiver) = mpsc::channel(MAX_DOCUMENTS);
    let room = Arc::new(Semaphore::new(MAX_BYTES as usize));
    let receiver_room = Arc::clone(&room);
    (
        DocumentSender { documents: sender, room },
        DocumentReceiver { documents: receiver, room: receiver_room },
    )
}

impl DocumentSender {
    /// Sends a document. Blocks, so it must not be called from asynchronous code.
    ///
    /// # Errors
    /// When the receiver was dropped.
    pub(super) fn send(&self, document: ReadDocument) -> Result<(), ReceiverClosed> {
        let bytes = u32::try_from(document.bytes).unwrap_or(MAX_BYTES).min(MAX_BYTES);
        let room = Arc::clone(&self.room).acquire_many_owned(bytes);
        let permit = futures::executor::block_on(room).map_err(|_| ReceiverClosed)?;
        self.documents.blocking_send((document, permit)).map_err(|_| ReceiverClosed)
    }
}

impl DocumentReceiver {
    /// The next document; `None` after the last one.
    pub async fn recv(&mut self) -> Option<ReadDocument> {
        self.documents.recv().await.map(|(document, _)| document)
    }
}

impl Drop for DocumentReceiver {
    fn drop(&mut self) {
        // Wakes senders that wait for room.
        self.room.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document(bytes: usize) -> ReadDocument {
        let location = DocumentLocation { source: "test".into(), entry: None, at: None };
        let (document, unread_text) = (Err(Vec::new()), None);
        ReadDocument { location, number: 0, document, unread_text, bytes, position: 0 }
    }

    #[tokio::test]
    async fn queued_bytes_are_bounded_and_a_larger_document_is_queued_alone() {
        let (sender, mut receiver) = document_channel();
        let sizes = [3, 3, 3, 20, 1].map(|mib| mib * 1024 * 1024);
        let sending = tokio::task::spawn_blocking({
            let sender = sender.clone();
            move || sizes.iter().try_for_each(|bytes| sender.send(document(*bytes)))
        });
        let mut received = Vec::new();
        for waiting in [2, 2, 1, 1, 1] {
            while sender.documents.max_capacity() - sender.documents.capacity() < waiting {
                tokio::task::yield_now().await;
            }
            let now = sender.documents.max_capacity() - sender.documents.capacity();
            assert_eq!(now, waiting, "after {received:?}");
            received.push(receiver.recv().await.unwrap().bytes);
        }
        assert_eq!(received, sizes);
        sending.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_waiting_sender_stops_when_the_receiver_is_dropped() {
        let (sender, receiver) = document_channel();
        let sending = tokio::task::spawn_blocking(move || {
            sender.send(document(MAX_BYTES as usize))?;
            sender.send(document(1))
        });
        tokio::task::yield_now().await;
        drop(receiver);
        assert!(sending.await.unwrap().is_err());
    }
}
