//! The stored documents that a job works on, as lines of its file: drafts that are published or
//! discarded, and published documents that are reverted. Each has the revision that it had when it
//! was selected: a document that has changed since is left as it is.

use std::convert::Infallible;
use std::io::{BufRead as _, BufReader};

use bytes::Bytes;
use futures::stream;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::catalog::access::CanManageJobs;
use crate::catalog::background::spawn_background;
use crate::catalog::bulk::ByteSource;
use crate::catalog::{Catalog, CatalogError};
use crate::document::{Category, MovieId};
use crate::storage::{ReceiveError, StoredFile};

/// A document that was selected for a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SelectedDocument<T> {
    pub(super) movie: MovieId,
    pub(super) category: Category,
    /// What was selected of it.
    pub(super) state: T,
    /// Where its line ends in the file, in bytes.
    pub(super) end: u64,
}

/// A line of the file.
#[derive(Serialize, Deserialize)]
struct Line<T> {
    movie_id: String,
    category: Category,
    #[serde(flatten)]
    state: T,
}

/// The line of a document, with its end.
pub(super) fn line<T: Serialize>(
    movie: &MovieId,
    category: Category,
    state: T,
) -> Result<String, CatalogError> {
    let line = Line { movie_id: movie.to_string(), category, state };
    Ok(serde_json::to_string(&line)? + "\n")
}

impl Catalog {
    /// Stores the documents of a job, given as lines, as its file.
    ///
    /// # Errors
    /// When the folder of files fails.
    pub(super) async fn store_selection(
        &self,
        permission: &CanManageJobs,
        lines: Vec<String>,
    ) -> Result<StoredFile, CatalogError> {
        let text = Ok::<_, Infallible>(Bytes::from(lines.concat()));
        let stored = self.receive_job_file(permission, stream::iter([text])).await;
        stored.map_err(|error| match error {
            ReceiveError::Stored(error) => error.into(),
            ReceiveError::Received(never) => match never {},
        })
    }

    /// Reads the documents of a job from its file.
    ///
    /// # Errors
    /// When the file is missing or damaged, or the folder fails.
    pub(super) async fn selected_documents<T: DeserializeOwned + Send + 'static>(
        &self,
        file: &str,
    ) -> Result<Vec<SelectedDocument<T>>, CatalogError> {
        let content = self.open_job_file(file).await?;
        let name = file.to_owned();
        spawn_background(move || read(&name, content)).await?
    }
}

fn read<T: DeserializeOwned>(
    file: &str,
    content: ByteSource,
) -> Result<Vec<SelectedDocument<T>>, CatalogError> {
    let corrupt = |reason: String| CatalogError::corrupt("file of a job", file, &reason);
    let reader: Box<dyn std::io::Read> = match content {
        ByteSource::File(file) => Box::new(file),
        ByteSource::Stream(stream) => stream,
    };
    let (mut documents, mut end) = (Vec::new(), 0);
    for text in BufReader::new(reader).lines() {
        let text = text.map_err(|error| corrupt(error.to_string()))?;
        end += text.len() as u64 + 1;
        let Line { movie_id, category, state } = serde_json::from_str(&text)?;
        let movie = movie_id.parse().map_err(|error| corrupt(format!("{error}")))?;
        documents.push(SelectedDocument { movie, category, state, end });
    }
    Ok(documents)
}
