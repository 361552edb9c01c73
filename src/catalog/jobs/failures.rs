//! The documents of a job that were not imported, as a file that can be imported again.

use std::sync::Arc;

use tokio_util::io::{StreamReader, SyncIoBridge};

use crate::catalog::access::CanManageJobs;
use crate::catalog::background::spawn_background;
use crate::catalog::bulk::{
    ByteSource, DocumentReceiver, ReadDocument, ReadOptions, Wanted, document_channel, read_source,
};
use crate::catalog::{Catalog, CatalogError};
use crate::document::read::parse::ParseOptions;
use crate::storage::{FileContent, JobFileError, JobOutcome, JobRow};

/// The lines of a file with documents as they were sent.
pub struct FailureLines {
    documents: DocumentReceiver,
}

impl FailureLines {
    /// The next line, with its end; `None` after the last one. Documents that have no text are left
    /// out: those that were too large, and files without documents.
    pub async fn next(&mut self) -> Option<String> {
        loop {
            let ReadDocument { document, unread_text, .. } = self.documents.recv().await?;
            let text = match &document {
                Ok(document) => document.sent_text().map(str::to_owned),
                Err(_) => unread_text,
            };
            if let Some(text) = text.filter(|text| !text.trim().is_empty()) {
                return Some(line(text.trim()));
            }
        }
    }
}

/// A document as one line that is read like the text itself.
fn line(text: &str) -> String {
    if !text.contains(['\n', '\r']) {
        return format!("{text}\n");
    }
    if serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() {
        // No string of valid JSON has the end of a line in it.
        return text.replace(['\n', '\r'], " ") + "\n";
    }
    // A string is read like the text in it.
    serde_json::Value::from(text).to_string() + "\n"
}

impl Catalog {
    /// The documents of a job that were not imported so far, as lines in the order of its file.
    /// The limits are those of one document and of the decompressed file, in bytes.
    ///
    /// # Errors
    /// When storage fails, or the file is missing.
    pub async fn job_failures(
        &self,
        _: &CanManageJobs,
        job: &JobRow,
        (max_document, max_unpacked): (usize, u64),
    ) -> Result<FailureLines, CatalogError> {
        let only = Some(self.not_imported(&job.id).await?);
        let content = self.open_job_file(job.file.as_deref().unwrap_or_default()).await?;
        let (sender, documents) = document_channel();
        let options = ReadOptions {
            parsing: ParseOptions::default(),
            max_document,
            max_unpacked,
            max_stream: Some(max_unpacked),
            wanted: Wanted { first: 0, only },
            ..ReadOptions::default()
        };
        spawn_background(move || read_source("file", content, &Arc::default(), options, &sender));
        Ok(FailureLines { documents })
    }

    /// The numbers of the documents of a job that were not imported so far, in ascending order.
    pub(super) async fn not_imported(&self, job: &str) -> Result<Arc<[u64]>, CatalogError> {
        let found = self.database.job_positions(job, &JobOutcome::NOT_IMPORTED).await?;
        Ok(found.into_iter().map(|position| u64::try_from(position).unwrap_or_default()).collect())
    }

    pub(super) async fn open_job_file(&self, name: &str) -> Result<ByteSource, JobFileError> {
        Ok(match self.jobs.files.open(name).await? {
            FileContent::File(file) => ByteSource::File(file),
            FileContent::Stream(stream) => {
                ByteSource::Stream(Box::new(SyncIoBridge::new(StreamReader::new(stream))))
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_becomes_one_line() {
        assert_eq!(line("{\"a\": 1}"), "{\"a\": 1}\n");
        assert_eq!(line("{\"a\":\r\n  \"b\\nc\"}"), "{\"a\":    \"b\\nc\"}\n");
        assert_eq!(line("{// a\n\"b\": 1"), "\"{// a\\n\\\"b\\\": 1\"\n");
        assert_eq!(line("{\"a\": "), "{\"a\": \n");
    }
}
