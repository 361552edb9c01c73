//! `reelport import --server`: each file becomes a job of the server, which is followed to its end.

use std::collections::HashSet;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use futures::{StreamExt as _, TryStreamExt as _};
use indicatif::ProgressBar;
use reqwest::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName};
use serde::Deserialize;
use tokio::io::AsyncBufReadExt as _;
use tokio_util::io::StreamReader;

use super::RemoteArgs;
use super::client::{RemoteError, RemoteServer, read_json};
use super::upload::Upload;
use crate::app::Sources;
use crate::catalog::bulk::{DocumentLocation, LineOrIndex};
use crate::cli::import::{new_progress_bar, summary};
use crate::cli::inputs::Input;
use crate::cli::outcomes::{Outcomes, SkippedEntries};
use crate::cli::reported::Reported;
use crate::cli::terminal::{print_error, print_line};
use crate::cli::{CliError, FAILED, SOME_FAILED};
use crate::document::ids::IdSource;
use crate::document::{Problem, Stage, Warning};

const JOBS: &str = "/api/v1/admin/jobs";
/// How often a job is looked at.
const POLL: Duration = Duration::from_millis(500);

/// What the command needs to know of a job.
#[derive(Debug, Deserialize)]
struct Job {
    id: String,
    state: String,
    done: u64,
    counts: Counts,
    file_size: Option<u64>,
    file_position: u64,
    #[serde(default)]
    skipped_entry_count: u64,
    #[serde(default)]
    skipped_entries: Vec<String>,
    error: Option<String>,
}

impl Job {
    fn is_final(&self) -> bool {
        !matches!(self.state.as_str(), "queued" | "running")
    }
}

/// The number of documents by outcome.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
struct Counts {
    published: u64,
    drafted: u64,
    unchanged: u64,
    planned: u64,
    conflict: u64,
    rejected: u64,
    skipped: u64,
}

/// A line of the outcomes of a job.
#[derive(Debug, Deserialize)]
struct OutcomeLine {
    entry: Option<String>,
    line: Option<u64>,
    index: Option<u64>,
    movie_id: Option<String>,
    category: Option<String>,
    status: String,
    changes: u64,
    movie_created: bool,
    errors: Vec<Problem>,
    warnings: Vec<Warning>,
}

/// What all files have added up to.
#[derive(Default)]
struct Totals {
    counts: Counts,
    skipped: SkippedEntries,
    /// Movies that were created, or would be.
    movies: HashSet<String>,
    /// Whether a job ended before its documents were attempted.
    is_incomplete: bool,
}

/// What to import, and how.
pub(in crate::cli) struct RemoteImport {
    pub(in crate::cli) inputs: Vec<Input>,
    /// The query parameters of the import.
    pub(in crate::cli) parameters: Vec<(&'static str, String)>,
    pub(in crate::cli) target: Stage,
    pub(in crate::cli) is_dry_run: bool,
    pub(in crate::cli) outcomes: Outcomes,
}

/// Imports files on a server, one after the other.
///
/// # Errors
/// When the server cannot be used; nothing is imported then.
pub(in crate::cli) async fn import(
    args: &RemoteArgs,
    import: RemoteImport,
) -> Result<ExitCode, CliError> {
    let server = RemoteServer::new(args)?;
    // Before a large file is sent for nothing.
    let first = [("first", "1".to_owned())];
    server.read::<serde_json::Value>(server.url(JOBS, &first)).await?;
    let RemoteImport { inputs, parameters, target, is_dry_run, mut outcomes } = import;
    let start = Instant::now();
    let mut totals = Totals::default();
    let ids = Sources::default().ids;
    for input in inputs {
        let (server, ids, parameters) = (&server, &*ids, &parameters);
        let import = FileImport { server, ids, parameters, is_dry_run };
        if let Err(error) = import.run(input, &mut outcomes, &mut totals).await {
            print_error(&format!("reelport: the import stopped: {error}"));
            outcomes.close_log();
            return Ok(ExitCode::from(FAILED));
        }
    }
    let Totals { counts, skipped, movies, is_incomplete } = totals;
    let failed = counts.conflict + counts.rejected + counts.skipped;
    let done = match (is_dry_run, target) {
        (true, _) => format!(
            "{} planned, {} unchanged (a dry run: nothing was written)",
            counts.planned, counts.unchanged
        ),
        (false, Stage::Draft) => {
            format!("{} drafted, {} unchanged", counts.drafted, counts.unchanged)
        }
        (false, Stage::Published) => {
            format!("{} published, {} unchanged", counts.published, counts.unchanged)
        }
    };
    let others = outcomes.counts(skipped.count, movies.len() as u64, is_dry_run);
    print_line(&summary(&done, failed, &others, start));
    outcomes.finish(&skipped);
    Ok(match failed {
        _ if is_incomplete => ExitCode::from(FAILED),
        0 => ExitCode::SUCCESS,
        _ => ExitCode::from(SOME_FAILED),
    })
}

/// The import of one file.
struct FileImport<'a> {
    server: &'a RemoteServer,
    ids: &'a dyn IdSource,
    parameters: &'a [(&'static str, String)],
    is_dry_run: bool,
}

impl FileImport<'_> {
    async fn run(
        &self,
        input: Input,
        outcomes: &mut Outcomes,
        totals: &mut Totals,
    ) -> Result<(), RemoteError> {
        let upload = Upload::prepare(input)?;
        let bar = new_progress_bar(Some(upload.size));
        let job = self.start(&upload, &bar).await?;
        let job = tokio::select! {
            job = self.follow(job.id.clone(), &bar) => job,
            _ = tokio::signal::ctrl_c() => {
                bar.finish_and_clear();
                return Err(self.left(&job.id, "it was interrupted"));
            }
        };
        bar.finish_and_clear();
        let job = job?;
        self.report(&job, &upload.name, outcomes, totals).await
    }

    /// Sends the file, and starts its job. If no answer arrives, it is sent again with the same
    /// idempotency key, so that there is only one job.
    async fn start(&self, upload: &Upload, bar: &ProgressBar) -> Result<Job, RemoteError> {
        let mut parameters = self.parameters.to_vec();
        parameters.push(("file_name", upload.name.clone()));
        let url = self.server.url("/api/v1/admin/movies/import", &parameters);
        let key = format!("cli-{:016x}{:016x}", self.ids.next(), self.ids.next());
        bar.set_message("sending");
        let request = async || {
            Ok(self
                .server
                .post(url.clone())
                .header(HeaderName::from_static("prefer"), "respond-async")
                .header(HeaderName::from_static("idempotency-key"), &key)
                .header(CONTENT_TYPE, "application/octet-stream")
                .header(CONTENT_LENGTH, upload.size)
                .body(upload.body(bar)?))
        };
        let response = self.server.send(&url, request).await?;
        read_json(response, url).await
    }

    /// Follows a job to its end.
    async fn follow(&self, id: String, bar: &ProgressBar) -> Result<Job, RemoteError> {
        loop {
            let url = self.server.url(&format!("{JOBS}/{id}"), &[]);
            let job: Job = match self.server.read(url).await {
                Ok(job) => job,
                Err(error) => return Err(self.left(&id, &error.to_string())),
            };
            bar.set_length(job.file_size.unwrap_or_default());
            bar.set_position(job.file_position);
            bar.set_message(match job.state.as_str() {
                "queued" => "waiting for other jobs".to_owned(),
                _ => format!("{} documents", job.done),
            });
            if job.is_final() {
                return Ok(job);
            }
            tokio::time::sleep(POLL).await;
        }
    }

    /// The error of a job that is not followed any more.
    fn left(&self, id: &str, reason: &str) -> RemoteError {
        let url = self.server.url(&format!("{JOBS}/{id}"), &[]);
        RemoteError::Left { url: url.to_string(), reason: reason.to_owned() }
    }

    /// Prints the outcomes of the documents of a finished job.
    async fn report(
        &self,
        job: &Job,
        file: &str,
        outcomes: &mut Outcomes,
        totals: &mut Totals,
    ) -> Result<(), RemoteError> {
        let url = self.server.url(&format!("{JOBS}/{}/outcomes", job.id), &[]);
        let lost = |source| RemoteError::Io { what: format!("the outcomes of {url}"), source };
        let response = self.server.get(url.clone()).await?;
        let bytes = response.bytes_stream().map_err(std::io::Error::other).boxed();
        let mut lines = StreamReader::new(bytes).lines();
        while let Some(line) = lines.next_line().await.map_err(lost)? {
            let mut line: OutcomeLine =
                serde_json::from_str(&line).map_err(|error| lost(error.into()))?;
            // Each document of a dry run would create a movie that is missing.
            line.movie_created = line.movie_created
                && line.movie_id.clone().is_some_and(|movie| totals.movies.insert(movie));
            self.report_document(&line, file, outcomes);
        }
        let Counts { published, drafted, unchanged, planned, conflict, rejected, skipped } =
            job.counts;
        let counts = &mut totals.counts;
        counts.published += published;
        counts.drafted += drafted;
        counts.unchanged += unchanged;
        counts.planned += planned;
        counts.conflict += conflict;
        counts.rejected += rejected;
        counts.skipped += skipped;
        totals.skipped.count += job.skipped_entry_count;
        let named = job.skipped_entries.iter().map(|entry| format!("{file}:{entry}"));
        totals.skipped.named.extend(named);
        if job.state != "completed" {
            totals.is_incomplete = true;
            let why = job.error.as_deref().unwrap_or("it was canceled");
            print_error(&format!("{file}: the job {} did not complete: {why}", job.id));
        }
        Ok(())
    }

    fn report_document(&self, line: &OutcomeLine, file: &str, outcomes: &mut Outcomes) {
        let at = match (line.line, line.index) {
            (Some(line), _) => Some(LineOrIndex::Line(line)),
            (None, Some(index)) => Some(LineOrIndex::Index(index)),
            (None, None) => None,
        };
        let entry = line.entry.as_deref().map(Into::into);
        let location = DocumentLocation { source: file.into(), entry, at };
        let key = line.movie_id.as_deref().zip(line.category.as_deref());
        if self.is_dry_run
            && line.status == "planned"
            && let Some((movie, category)) = key
        {
            let changes =
                if line.changes == 1 { "1 change" } else { &format!("{} changes", line.changes) };
            let creates =
                if line.movie_created { format!("; creates movie {movie}") } else { String::new() };
            print_line(&format!("{location}: {movie} {category}: {changes}{creates}"));
        }
        outcomes.add(&Reported {
            location: &location,
            key,
            is_failure: matches!(line.status.as_str(), "conflict" | "rejected"),
            creates_movie: line.movie_created,
            problems: &line.errors,
            warnings: &line.warnings,
        });
    }
}
