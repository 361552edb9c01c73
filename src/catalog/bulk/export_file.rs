//! Makes the file of an export: documents are read and packed while the bytes before them are
//! passed on.

use tokio::sync::mpsc;

use super::{ArchiveError, BulkWriter, Selection};
use crate::catalog::access::CanRead;
use crate::catalog::background::spawn_background;
use crate::catalog::{Catalog, CatalogError};

/// Takes the bytes of an export as they are made. The export stops at its first error.
pub trait ExportSink: Send {
    /// Why the export stops.
    type Error: From<CatalogError> + Send;

    /// Called first, with the number of documents.
    fn begin(&mut self, documents: u64) -> impl Future<Output = Result<(), Self::Error>> + Send {
        let _ = documents;
        async { Ok(()) }
    }

    /// Takes the next bytes, which can be empty, and the number of documents that were packed since
    /// the last call.
    fn write(
        &mut self,
        bytes: Vec<u8>,
        documents: u64,
    ) -> impl Future<Output = Result<(), Self::Error>> + Send;
}

impl Catalog {
    /// Writes the published documents of a selection as one file. All of them are of the moment
    /// when the export started. The next documents are read while the last ones are packed and
    /// taken by `sink`. After an error the file is incomplete.
    ///
    /// # Errors
    /// When storage, packing or the sink fails.
    pub async fn export_file<S: ExportSink>(
        &self,
        permission: &CanRead,
        selection: &Selection,
        mut writer: BulkWriter,
        sink: &mut S,
    ) -> Result<(), S::Error> {
        let contents = self.list_contents(permission, selection).await?;
        sink.begin(contents.count()).await?;
        let (batches, mut received) = mpsc::channel(1);
        let reading = self.send_contents(permission, contents, selection.as_of.as_ref(), batches);
        let to = &mut *sink;
        let writing = async move {
            while let Some(batch) = received.recv().await {
                let documents = batch.len() as u64;
                let packing = spawn_background(move || {
                    let bytes = writer.add(&batch)?;
                    Ok::<_, ArchiveError>((bytes, writer))
                });
                let packed = packing.await.map_err(CatalogError::from)?;
                let (bytes, rest) = packed.map_err(CatalogError::from)?;
                writer = rest;
                to.write(bytes, documents).await?;
            }
            Ok::<_, S::Error>(writer)
        };
        // Finish the file only if everything was read: a reading error ends `writing` early.
        let (read, written) = tokio::join!(reading, writing);
        let writer = written?;
        read?;
        sink.write(writer.finish().map_err(CatalogError::from)?, 0).await
    }
}
