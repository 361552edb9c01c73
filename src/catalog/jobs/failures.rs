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
use crate::storage::{FileContent, JobFileError, JobOutcome, JobRow, JobState};

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
    if serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok() {
        // No string of valid JSON has the end of a line in it.
        return text.replace(['\n', '\r'], " ") + "\n";
    }
    // The text of a message is read like the text itself. Between other lines, a text that is not
    // JSON could be taken for a part of them.
    serde_json::json!({ "role": "assistant", "content": text }).to_string() + "\n"
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
        let wanted = self.not_imported(job).await?;
        let content = self.open_job_file(job.file.as_deref().unwrap_or_default()).await?;
        let (sender, documents) = document_channel();
        let options = ReadOptions {
            parsing: ParseOptions::default(),
            max_document,
            max_unpacked,
            max_stream: Some(max_unpacked),
            wanted,
            ..ReadOptions::default()
        };
        spawn_background(move || read_source("file", content, &Arc::default(), options, &sender));
        Ok(FailureLines { documents })
    }

    /// The documents of a job that were not imported so far. After a job that failed, they include
    /// those that it did not attempt.
    pub(super) async fn not_imported(&self, job: &JobRow) -> Result<Wanted, CatalogError> {
        let number = |position: i64| u64::try_from(position).unwrap_or_default();
        let found = self.database.job_positions(&job.id, &JobOutcome::NOT_IMPORTED).await?;
        let mut only: Vec<u64> = found.into_iter().map(number).collect();
        let mut rest = None;
        if job.state == JobState::Failed {
            let first = number(job.position);
            let selected = Box::pin(self.selection(job)).await?;
            rest = match &selected.only {
                Some(_) => selected.rest.map(|rest| rest.max(first)),
                None => Some(first),
            };
            let selected = selected.only.iter().flat_map(|only| only.iter().copied());
            only.extend(selected.filter(|number| *number >= first));
        }
        Ok(Wanted { first: 0, only: Some(only.into()), rest })
    }

    /// The documents of the file that a job imports.
    pub(super) async fn selection(&self, job: &JobRow) -> Result<Wanted, CatalogError> {
        let Some(retried) = &job.retry_of else { return Ok(Wanted::default()) };
        match self.database.jobs(std::slice::from_ref(retried)).await?.pop() {
            Some(retried) => self.not_imported(&retried).await,
            None => Err(CatalogError::corrupt("job", retried, "it is missing")),
        }
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
        for text in ["{// a\n\"b\": 1}", "{\"a\": ", "Here it is:\n```json\n{}\n```", "none"] {
            let line = line(text);
            assert!(line.ends_with('\n') && !line.trim_end().contains('\n'), "{line}");
            let message: serde_json::Value = serde_json::from_str(&line).unwrap();
            assert_eq!(message["content"], text);
        }
    }
}
