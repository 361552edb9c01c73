//! The drafts that a job publishes or discards, as lines of its file. The revision of each draft is
//! that of the moment when it was selected: a draft that has changed since is left as it is.

use std::io::{BufRead as _, BufReader};

use serde::{Deserialize, Serialize};

use crate::catalog::background::spawn_background;
use crate::catalog::bulk::ByteSource;
use crate::catalog::{Catalog, CatalogError};
use crate::document::{Category, MovieId};
use crate::storage::DraftEntry;

/// A draft that was selected for a job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SelectedDraft {
    pub(super) movie: MovieId,
    pub(super) category: Category,
    pub(super) draft_revision: i64,
    /// Where its line ends in the file, in bytes.
    pub(super) end: u64,
}

/// A line of the file.
#[derive(Serialize, Deserialize)]
struct Line {
    movie_id: String,
    category: Category,
    draft_revision: i64,
}

/// The line of a draft, with its end.
pub(super) fn line(draft: &DraftEntry) -> Result<String, CatalogError> {
    let line = Line {
        movie_id: draft.movie.to_string(),
        category: draft.category,
        draft_revision: draft.metadata.draft_revision.unwrap_or_default(),
    };
    Ok(serde_json::to_string(&line)? + "\n")
}

impl Catalog {
    /// Reads the drafts of a job from its file.
    ///
    /// # Errors
    /// When the file is missing or damaged, or the folder fails.
    pub(super) async fn selected_drafts(
        &self,
        file: &str,
    ) -> Result<Vec<SelectedDraft>, CatalogError> {
        let content = self.open_job_file(file).await?;
        let name = file.to_owned();
        spawn_background(move || read(&name, content)).await?
    }
}

fn read(file: &str, content: ByteSource) -> Result<Vec<SelectedDraft>, CatalogError> {
    let corrupt = |reason: String| CatalogError::corrupt("file of a job", file, &reason);
    let reader: Box<dyn std::io::Read> = match content {
        ByteSource::File(file) => Box::new(file),
        ByteSource::Stream(stream) => stream,
    };
    let (mut drafts, mut end) = (Vec::new(), 0);
    for text in BufReader::new(reader).lines() {
        let text = text.map_err(|error| corrupt(error.to_string()))?;
        end += text.len() as u64 + 1;
        let line: Line = serde_json::from_str(&text)?;
        let movie = line.movie_id.parse().map_err(|error| corrupt(format!("{error}")))?;
        let Line { category, draft_revision, .. } = line;
        drafts.push(SelectedDraft { movie, category, draft_revision, end });
    }
    Ok(drafts)
}
