//! The way of records from the thread that reads them to the import, bounded by bytes.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::read::{RawRecord, Stopped};

/// Most records that wait.
const RECORDS: usize = 512;
/// Most bytes of text that wait; a record that is larger waits alone.
const BYTES: u32 = 8 * 1024 * 1024;

/// Sends records to an import; waits while as many bytes wait as may.
#[derive(Debug, Clone)]
pub struct RecordSender {
    records: mpsc::Sender<(RawRecord, OwnedSemaphorePermit)>,
    room: Arc<Semaphore>,
}

/// Receives records.
#[derive(Debug)]
pub struct RecordReceiver {
    records: mpsc::Receiver<(RawRecord, OwnedSemaphorePermit)>,
    room: Arc<Semaphore>,
}

/// A channel in which no more than 8 MiB of text wait.
#[must_use]
pub fn record_channel() -> (RecordSender, RecordReceiver) {
    let (sender, receiver) = mpsc::channel(RECORDS);
    let room = Arc::new(Semaphore::new(BYTES as usize));
    let other = Arc::clone(&room);
    (RecordSender { records: sender, room }, RecordReceiver { records: receiver, room: other })
}

impl RecordSender {
    /// Sends a record. Blocks; not for asynchronous code.
    ///
    /// # Errors
    /// When the receiver is gone.
    pub(super) fn send(&self, record: RawRecord) -> Result<(), Stopped> {
        let bytes = u32::try_from(record.bytes).unwrap_or(BYTES).min(BYTES);
        let room = Arc::clone(&self.room).acquire_many_owned(bytes);
        let permit = futures::executor::block_on(room).map_err(|_| Stopped)?;
        self.records.blocking_send((record, permit)).map_err(|_| Stopped)
    }
}

impl RecordReceiver {
    /// The next record; `None` when there are no more.
    pub async fn recv(&mut self) -> Option<RawRecord> {
        self.records.recv().await.map(|(record, _)| record)
    }
}

impl Drop for RecordReceiver {
    fn drop(&mut self) {
        // Who waits for room must not wait for ever.
        self.room.close();
    }
}

#[cfg(test)]
mod tests {
    use super::super::place::Place;
    use super::*;

    fn record(bytes: usize) -> RawRecord {
        let place = Place { source: "test".into(), entry: None, at: None };
        RawRecord { place, record: Err(Vec::new()), bytes, position: 0 }
    }

    #[tokio::test]
    async fn no_more_bytes_wait_than_may_and_a_larger_record_waits_alone() {
        let (sender, mut receiver) = record_channel();
        let sizes = [3, 3, 3, 20, 1].map(|mib| mib * 1024 * 1024);
        let sending = tokio::task::spawn_blocking({
            let sender = sender.clone();
            move || sizes.iter().try_for_each(|bytes| sender.send(record(*bytes)))
        });
        let mut received = Vec::new();
        for waiting in [2, 2, 1, 1, 1] {
            while sender.records.max_capacity() - sender.records.capacity() < waiting {
                tokio::task::yield_now().await;
            }
            let now = sender.records.max_capacity() - sender.records.capacity();
            assert_eq!(now, waiting, "after {received:?}");
            received.push(receiver.recv().await.unwrap().bytes);
        }
        assert_eq!(received, sizes);
        sending.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_sender_that_waits_for_room_stops_when_the_receiver_is_gone() {
        let (sender, receiver) = record_channel();
        let sending = tokio::task::spawn_blocking(move || {
            sender.send(record(BYTES as usize))?;
            sender.send(record(1))
        });
        tokio::task::yield_now().await;
        drop(receiver);
        assert!(sending.await.unwrap().is_err());
    }
}
