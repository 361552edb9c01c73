//! Imports a file of many documents while it is received. Each document's result is sent as a line
//! of JSON as soon as its transaction is committed.

use std::io;
use std::sync::{Arc, OnceLock};

use axum::body::Body;
use axum::extract::{RawQuery, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures::stream::{StreamExt as _, TryStreamExt as _, unfold};
use http_body::Frame;
use http_body_util::StreamBody;
use serde::Deserialize;
use tokio_util::io::{StreamReader, SyncIoBridge};
use tokio_util::task::AbortOnDropHandle;
use utoipa::IntoParams;

use super::lines::{DocumentLine, ErrorLine, LineError, Summary, SummaryLine};
use super::preferences::Preferences;
use super::result_lines::ResultLines;
use super::start_job;
use crate::catalog::CatalogError;
use crate::catalog::access::CanPublish;
use crate::catalog::background::spawn_background;
use crate::catalog::bulk::{
    Admission, BulkReport, ByteSource, DocumentResult, LineOrIndex, OnFailure, ReadOptions,
    document_channel, read_source,
};
use crate::catalog::import::{ImportOptions, ImportStatus};
use crate::document::proposal::{ConflictPolicy, ImportMode, NullPolicy};
use crate::document::{Problem, ProblemCode, Source, Stage};
use crate::http::bearer::TokenError;
use crate::http::body::BodyError;
use crate::http::openapi::{AccessErrors, ServerErrors};
use crate::http::problem::ProblemDetails;
use crate::http::rest::imports::ImportParameters;
use crate::http::rest::jobs::JobBody;
use crate::http::rest::{media_type, query};
use crate::http::session::{BearerSession, Session};
use crate::http::{AppState, request_id};

/// The media types of a bulk import. The format is detected from the content.
const MEDIA_TYPES: &[&str] = &[
    "application/zip",
    "application/x-zip-compressed",
    "application/x-ndjson",
    "application/ndjson",
    "application/jsonl",
    "application/json",
    "application/gzip",
    "application/x-gzip",
    "application/octet-stream",
];

/// The query parameters of a bulk import.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
#[allow(clippy::struct_excessive_bools, reason = "each is a separate parameter")]
pub struct BulkImportParameters {
    /// published (the default), or draft: the changes then wait in drafts until they are published.
    #[param(inline, value_type = Stage)]
    target: Option<Stage>,
    /// merge (the default) changes and adds; replace also removes list items that a document
    /// dropped since its base revision.
    #[param(inline, value_type = ImportMode)]
    mode: Option<ImportMode>,
    /// Plan only: the lines say what would change, and nothing is written.
    dry_run: bool,
    /// The source of the values, overriding the documents: tmdb, manual or llm-generated.
    #[param(inline, value_type = Source)]
    source: Option<Source>,
    /// How to treat null. keep (the default): keep the stored value; clear: remove it.
    #[param(inline, value_type = NullPolicy)]
    nulls: Option<NullPolicy>,
    /// How to resolve conflicts: fail (the default), keep_current or take_import.
    #[param(inline, value_type = ConflictPolicy)]
    on_conflict: Option<ConflictPolicy>,
    /// Whether to change locked values too, if the source is manual.
    override_locks: bool,
    /// Whether an unknown key is an error.
    strict: bool,
    /// Whether to remove citation marks, markup and invisible characters from texts.
    clean: bool,
    /// The name of the file, which jobs show. Only used with respond-async.
    file_name: Option<String>,
}

impl From<BulkImportParameters> for ImportOptions {
    fn from(parameters: BulkImportParameters) -> Self {
        let BulkImportParameters { target, mode, dry_run, source, nulls, .. } = parameters;
        let BulkImportParameters { on_conflict, override_locks, strict, clean, .. } = parameters;
        Self::from(ImportParameters {
            target,
            mode,
            dry_run,
            source,
            nulls,
            on_conflict,
            override_locks,
            strict,
            clean,
            ..ImportParameters::default()
        })
    }
}

/// Imports a file of many documents: a ZIP archive, NDJSON or a JSON list, each plain or gzipped.
/// Movies that do not exist are created.
///
/// The response starts while the file is still being sent: one line of JSON for each document, and
/// a summary as the last line. Without the summary, the import is incomplete: a last line `error`
/// says why, or the connection was lost. What the lines report is committed. Sending the same file
/// again imports the rest, and changes nothing else.
#[utoipa::path(
    post, path = "/api/v1/admin/movies/import", tag = "import", security(("bearer" = [])),
    params(
        BulkImportParameters,
        (
            "Prefer" = Option<String>, Header,
            description = "Preferences (RFC 7240). handling=strict: stop at the first document \
                           that is not imported; each document then has its own transaction. \
                           respond-async: store the file and import it as a job, which goes on \
                           when the connection or the server ends; handling=strict is then \
                           ignored."
        ),
        (
            "Idempotency-Key" = Option<String>, Header, min_length = 1, max_length = 255,
            description = "With respond-async: a request that is repeated with the same key, file \
                           and parameters gets the job that the first one started."
        ),
    ),
    request_body(
        description = "The file. Its format is detected from its content. A ZIP archive may have \
                       any folders; entries that are not JSON, NDJSON or ZIP are skipped.",
        content(
            (Vec<u8> = "application/zip"),
            (String = "application/x-ndjson"),
            (Object = "application/json"),
            (Vec<u8> = "application/gzip"),
            (Vec<u8> = "application/octet-stream"),
        )
    ),
    responses(
        (
            status = 200, content_type = "application/x-ndjson", body = DocumentLine,
            description = "A line for each document, and a summary as the last line. The status \
                           does not say whether documents failed: look at the summary. A client \
                           that sends TE: trailers gets the number of failures as the trailer \
                           Reelport-Failed.",
        ),
        (
            status = 202, body = JobBody,
            description = "With Prefer: respond-async: the file is stored, and imported as a job.",
            headers(
                ("Location" = String, description = "The path of the job."),
                ("Retry-After" = u64, description = "After how many seconds to ask for the job."),
                ("Preference-Applied" = String, description = "respond-async."),
            )
        ),
        (
            status = 400, body = ProblemDetails, content_type = "application/problem+json",
            description = "An unknown or invalid query parameter. With respond-async also: the \
                           file is empty, or was not received completely."
        ),
        AccessErrors,
        (
            status = 408, body = ProblemDetails, content_type = "application/problem+json",
            description = "With respond-async: the body was sent too slowly."
        ),
        (
            status = 409, body = ProblemDetails, content_type = "application/problem+json",
            description = "With respond-async: the idempotency key was used for another request \
                           (IDEMPOTENCY_MISMATCH)."
        ),
        (
            status = 413, body = ProblemDetails, content_type = "application/problem+json",
            description = "With respond-async: the file is too large."
        ),
        (
            status = 415, body = ProblemDetails, content_type = "application/problem+json",
            description = "The body has another media type."
        ),
        ServerErrors,
    )
)]
pub async fn import_movies(
    State(state): State<AppState>,
    BearerSession(mut session): BearerSession,
    RawQuery(parameters): RawQuery,
    request: Request,
) -> Result<Response, ProblemDetails> {
    let permission = session.principal.can_publish()?;
    let mut parameters: BulkImportParameters =
        query::parse(parameters.as_deref(), "a bulk import")?;
    let file_name = parameters.file_name.take();
    let options = ImportOptions::from(parameters);
    refuse_other_media_types(request.headers())?;
    let preferences = Preferences::of(request.headers());
    if preferences.respond_async {
        return start_job::start(&state, &mut session, options, file_name, request).await;
    }
    let is_strict = preferences.handling_strict;
    let on_failure = if is_strict { OnFailure::Stop } else { OnFailure::Continue };
    let slot = state.bulk.import().await?;
    let request_id = request_id::of(request.extensions());

    let lines = ResultLines::new();
    let max_unpacked = state.limits.bulk_unpacked;
    let run = BulkImport {
        state,
        session,
        permission,
        options,
        on_failure,
        max_unpacked,
        lines: lines.clone(),
        request_id,
    };
    let body = request.into_body();
    // Dropping the response, because the client is gone, stops the import between two
    // transactions or rolls back the one that is running.
    let task = AbortOnDropHandle::new(tokio::spawn(async move {
        let _slot = slot;
        run.run(body).await
    }));
    let frames = unfold(Some((lines, task)), |state| async move {
        let (lines, task) = state?;
        match lines.next_chunk().await {
            Ok(Some(bytes)) => Some((Ok(Frame::data(bytes)), Some((lines, task)))),
            Ok(None) => {
                let failed = task.await.ok()?;
                let mut trailers = HeaderMap::new();
                trailers.insert(FAILED, HeaderValue::from(failed));
                Some((Ok(Frame::trailers(trailers)), None))
            }
            Err(error) => Some((Err(error), None)),
        }
    });
    let mut headers = HeaderMap::new();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
    headers.insert(header::TRAILER, HeaderValue::from_static("reelport-failed"));
    if is_strict {
        let applied = HeaderValue::from_static("handling=strict");
        headers.insert(HeaderName::from_static("preference-applied"), applied);
    }
    Ok((headers, Body::new(StreamBody::new(frames.boxed()))).into_response())
}

/// The trailer with the number of documents that were not imported.
const FAILED: HeaderName = HeaderName::from_static("reelport-failed");

fn refuse_other_media_types(headers: &HeaderMap) -> Result<(), ProblemDetails> {
    let media_type = media_type(headers);
    if MEDIA_TYPES.iter().any(|allowed| media_type.eq_ignore_ascii_case(allowed)) {
        return Ok(());
    }
    let shown: String = media_type.chars().take(80).collect();
    let allowed = MEDIA_TYPES.join(", ");
    Err(ProblemDetails::unsupported_media_type(format!(
        "Content-Type: found {shown:?}; allowed is one of {allowed}"
    )))
}

/// A running import.
struct BulkImport {
    state: AppState,
    session: Session,
    permission: CanPublish,
    options: ImportOptions,
    on_failure: OnFailure,
    max_unpacked: u64,
    lines: ResultLines,
    request_id: String,
}

impl BulkImport {
    /// Imports the body and writes all lines. Returns the number of failures.
    async fn run(mut self, body: Body) -> u64 {
        let mut counts = Counts::default();
        let result = self.import(body, &mut counts).await;
        let written = match result {
            Ok((report, skipped)) => {
                self.lines.push(&SummaryLine { summary: counts.summary(&report, skipped) })
            }
            Err(error) => {
                tracing::warn!(%error, request_id = %self.request_id, "a bulk import failed");
                let (code, mut message) = error.into_code_and_message();
                if code == "INTERNAL" {
                    message = format!("{message}; the request id is {}", self.request_id);
                }
                counts.failed += 1;
                self.lines.push(&ErrorLine { error: LineError { code, message } })
            }
        };
        if let Err(error) = written {
            tracing::error!(%error, "the last line of a bulk import could not be written");
        }
        self.lines.finish();
        counts.failed
    }

    async fn import(
        &mut self,
        body: Body,
        counts: &mut Counts,
    ) -> Result<(BulkReport, usize), BulkImportError> {
        let (sender, receiver) = document_channel();
        let upload_error = Arc::new(OnceLock::new());
        let reader = reader(body, Arc::clone(&upload_error));
        let reading = ReadOptions {
            parsing: self.options.parse_options(),
            max_document: crate::http::MAX_BODY,
            max_unpacked: self.max_unpacked,
            max_stream: Some(self.max_unpacked),
            remedy: "REELPORT_BULK_UNPACKED allows more",
            ..ReadOptions::default()
        };
        let source = ByteSource::Stream(Box::new(reader));
        let reading = spawn_background(move || {
            read_source("file", source, &Arc::default(), reading, &sender)
        });
        let mut line_error = None;
        let Self { state, session, permission, options, on_failure, lines, .. } = self;
        let mut admission = WhileUnrevoked { state, session, revoked: None };
        let report = |result| {
            let line = counts.line(result);
            if line_error.is_none() {
                line_error = lines.push(&line).err();
            }
            line_error.is_none()
        };
        let report = state
            .catalog
            .import_stream(permission, receiver, options, *on_failure, &mut admission, report)
            .await?;
        if let Some(error) = admission.revoked {
            return Err(BulkImportError::Revoked(error));
        }
        if let Some(error) = line_error {
            return Err(error.into());
        }
        // The reader also ends when the receiver is dropped.
        let read = reading.await.map_err(CatalogError::from)?;
        if let Some(error) = upload_error.get() {
            return Err(error.clone().into());
        }
        let skipped = read.map_or(0, |read| read.skipped.len());
        Ok((report, skipped))
    }
}

/// An import goes on until the token of its request is revoked.
struct WhileUnrevoked<'a> {
    state: &'a AppState,
    session: &'a mut Session,
    /// Why the token was revoked.
    revoked: Option<TokenError>,
}

impl Admission for WhileUnrevoked<'_> {
    async fn is_admitted(&mut self) -> Result<bool, CatalogError> {
        self.revoked = self.session.revocation(self.state).await?;
        Ok(self.revoked.is_none())
    }
}

/// Reads a body on a blocking thread. An error of the upload is also stored in `failure`, because a
/// part of a document that was cut off is reported as a document that cannot be read.
fn reader(body: Body, failure: Arc<OnceLock<BodyError>>) -> impl io::Read + Send {
    let bytes = body.into_data_stream().map_err(move |error| {
        let error = BodyError::find(&error);
        io::Error::other(failure.get_or_init(|| error).clone())
    });
    let bytes: std::pin::Pin<Box<dyn futures::Stream<Item = io::Result<Bytes>> + Send>> =
        Box::pin(bytes);
    SyncIoBridge::new(StreamReader::new(bytes))
}

/// Why a bulk import ended early.
#[derive(Debug, thiserror::Error)]
enum BulkImportError {
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    #[error("the file was not received completely: {0}")]
    Upload(#[from] BodyError),
    #[error("the results could not be kept: {0}")]
    Results(#[from] io::Error),
    #[error("{}", .0.detail())]
    Revoked(TokenError),
}

impl BulkImportError {
    fn into_code_and_message(self) -> (&'static str, String) {
        match self {
            Self::Catalog(error) => ProblemDetails::from(error).into_code_and_detail(),
            Self::Upload(error) => {
                let message = format!("the file was not received completely: {error}");
                (ProblemDetails::from(error).into_code_and_detail().0, message)
            }
            Self::Revoked(error) => ProblemDetails::from(error).into_code_and_detail(),
            Self::Results(_) => ("INTERNAL", "something went wrong on our side".to_owned()),
        }
    }
}

/// Counts what the lines report.
#[derive(Default)]
struct Counts {
    documents: u64,
    conflicts: u64,
    /// All documents that were not imported, for whatever reason.
    failed: u64,
}

impl Counts {
    fn line(&mut self, result: DocumentResult) -> DocumentLine {
        self.documents += 1;
        let is_conflict = |problem: &Problem| problem.code == ProblemCode::Conflict;
        let status = match result.status {
            ImportStatus::Rejected => {
                self.failed += 1;
                if result.problems.iter().any(is_conflict) {
                    self.conflicts += 1;
                    "conflict"
                } else {
                    "rejected"
                }
            }
            status => status.as_str(),
        };
        let (warnings, changes) =
            result.plan.map_or_else(Default::default, |plan| (plan.warnings, plan.changes.len()));
        let (line, index) = match result.location.at {
            Some(LineOrIndex::Line(line)) => (Some(line), None),
            Some(LineOrIndex::Index(index)) => (None, Some(index)),
            None => (None, None),
        };
        let (movie_id, category) = result.key.unzip();
        DocumentLine {
            entry: result.location.entry.map(|entry| entry.to_string()),
            line,
            index,
            movie_id: movie_id.map(|movie| movie.to_string()),
            category,
            status,
            changes: changes as u64,
            movie_created: result.creates_movie,
            errors: result.problems,
            warnings,
            omitted: 0,
        }
        .shortened()
    }

    fn summary(&self, report: &BulkReport, skipped_entries: usize) -> Summary {
        Summary {
            documents: self.documents,
            published: report.published,
            drafted: report.drafted,
            unchanged: report.unchanged,
            planned: report.planned,
            conflict: self.conflicts,
            rejected: report.rejected - self.conflicts,
            skipped_entries,
            movies_created: report.movies_created,
            stopped: report.stopped,
        }
    }
}
