//! The file that a job has made, for download.

use bytes::Bytes;
use futures::stream::{BoxStream, StreamExt as _};
use tokio_util::io::ReaderStream;

use crate::catalog::access::CanManageJobs;
use crate::catalog::bulk::ExportOptions;
use crate::catalog::{Catalog, CatalogError};
use crate::storage::{FileContent, JobKind, JobRow};

/// How many bytes are read at once.
const CHUNK: usize = 64 * 1024;

/// The file of an export.
pub struct ExportedFile {
    /// The name that it is downloaded under.
    pub name: String,
    /// Its size in bytes.
    pub size: i64,
    pub media_type: &'static str,
    pub content: BoxStream<'static, std::io::Result<Bytes>>,
}

impl Catalog {
    /// The file of a completed export; `None` for any other job.
    ///
    /// # Errors
    /// When the file is missing, or the folder of files fails.
    pub async fn exported_file(
        &self,
        _: &CanManageJobs,
        job: &JobRow,
    ) -> Result<Option<ExportedFile>, CatalogError> {
        let (JobKind::Export, Some(file)) = (job.kind, &job.file) else { return Ok(None) };
        let options: ExportOptions = serde_json::from_str(&job.options)?;
        let content = match self.jobs.files.open(file).await? {
            FileContent::File(file) => {
                ReaderStream::with_capacity(tokio::fs::File::from_std(file), CHUNK).boxed()
            }
            FileContent::Stream(stream) => stream,
        };
        Ok(Some(ExportedFile {
            name: job.file_name.clone().unwrap_or_default(),
            size: job.file_size.unwrap_or_default(),
            media_type: options.format.media_type(options.compress),
            content,
        }))
    }
}
