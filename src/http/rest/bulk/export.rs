//! Exports many movies as one file. The documents are read and packed while the file is sent; at
//! most a few MiB are ahead of the client, and no database connection is held for it.

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::stream::{StreamExt as _, unfold};
use serde::Deserialize;
use tokio::sync::mpsc;
use utoipa::IntoParams;

use crate::catalog::access::{CanDraft, CanRead};
use crate::catalog::bulk::{BulkFormat, BulkWriter, ExportSink, PastMoment, Selection};
use crate::catalog::movies::{MovieFilter, MovieQuery, Written};
use crate::catalog::{Catalog, CatalogError};
use crate::document::categories::basic_info::ReleaseStatus;
use crate::document::{Category, MovieId, Source};
use crate::http::AppState;
use crate::http::bearer::TokenError;
use crate::http::download::DownloadSession;
use crate::http::openapi::{AccessErrors, ServerErrors};
use crate::http::problem::ProblemDetails;
use crate::http::response::CHUNK;
use crate::http::rest::query;
use crate::http::session::Session;

/// Maximum number of movies that are named in one request.
const MAX_IDS: usize = 10_000;
/// Maximum number of movies that a message names.
const MAX_NAMED: usize = 5;

/// The query parameters of a bulk export. A movie must meet every condition that is given.
#[derive(Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct BulkExportParameters {
    /// The movies to export, by id and in this order, separated by commas.
    #[param(value_type = String)]
    ids: Vec<String>,
    /// Text that the title or the original title contains.
    search: Option<String>,
    /// The earliest year of release, inclusive.
    #[param(minimum = 0, maximum = 9999)]
    year_from: Option<i64>,
    /// The latest year of release, inclusive.
    #[param(minimum = 0, maximum = 9999)]
    year_to: Option<i64>,
    /// Names or aliases of genres, separated by commas. A movie must have all of them.
    #[param(value_type = String)]
    genres: Vec<String>,
    /// The release status, for example released.
    #[param(inline, value_type = ReleaseStatus)]
    status: Option<ReleaseStatus>,
    /// Categories in which a movie must have data, separated by commas.
    #[param(value_type = String)]
    present: Vec<String>,
    /// Categories in which a movie must have no data, separated by commas. The empty documents of
    /// these categories are exported, as templates to fill in; other documents only if categories
    /// names them.
    #[param(value_type = String)]
    missing: Vec<String>,
    /// Categories in which a movie must have an open draft, separated by commas. Needs the role
    /// CONTRIBUTOR.
    #[param(value_type = String)]
    has_draft: Vec<String>,
    /// The categories whose documents must meet written_source, written_since and written_until,
    /// separated by commas. By default the document of any category must meet them. Documents
    /// without data do not count.
    #[param(value_type = String)]
    written_categories: Vec<String>,
    /// The source of the last change of a document, for example llm-generated.
    #[param(inline, value_type = Source)]
    written_source: Option<Source>,
    /// The last change of a document is from this time or later (RFC 3339).
    #[serde(deserialize_with = "query::moment")]
    #[param(value_type = Option<String>, format = DateTime)]
    written_since: Option<DateTime<Utc>>,
    /// The last change of a document is from before this time (RFC 3339).
    #[serde(deserialize_with = "query::moment")]
    #[param(value_type = Option<String>, format = DateTime)]
    written_until: Option<DateTime<Utc>>,
    /// The categories to export, separated by commas. By default all.
    #[param(value_type = String)]
    categories: Vec<String>,
    /// The moment of which to export the documents (RFC 3339), for example 2026-11-29T12:00:00Z;
    /// documents that did not exist then are left out. Needs the role CONTRIBUTOR. Not together
    /// with missing.
    #[serde(deserialize_with = "query::moment")]
    #[param(value_type = Option<String>, format = DateTime)]
    as_of: Option<DateTime<Utc>>,
    /// zip (the default): {movie}/{category}.json, and a manifest as the last entry; ndjson: one
    /// envelope per line.
    #[param(inline, value_type = BulkFormat)]
    format: Option<BulkFormat>,
    /// Whether to compress. By default an archive is compressed, and NDJSON is not; compressed, it
    /// is a gzip file.
    compress: Option<bool>,
}

fn categories(parameter: &str, texts: &[String]) -> Result<Vec<Category>, ProblemDetails> {
    let parse = |text: &String| {
        text.trim()
            .parse::<Category>()
            .map_err(|error| ProblemDetails::bad_request(format!("{parameter}: {error}")))
    };
    texts.iter().map(parse).collect()
}

fn year(parameter: &str, year: Option<i64>) -> Result<Option<i32>, ProblemDetails> {
    let convert = |year: i64| {
        i32::try_from(year).map_err(|_| {
            let allowed = "allowed is a year such as 1999";
            ProblemDetails::bad_request(format!("{parameter}: found {year}; {allowed}"))
        })
    };
    year.map(convert).transpose()
}

impl BulkExportParameters {
    /// The conditions on the last change of documents; `None` if there is none.
    fn written(&self) -> Result<Option<Written>, ProblemDetails> {
        let written = Written {
            categories: categories("written_categories", &self.written_categories)?,
            source: self.written_source,
            since: self.written_since,
            until: self.written_until,
        };
        let times = [("written_since", written.since), ("written_until", written.until)];
        for (name, time) in times {
            time.map_or(Ok(()), |time| query::check_moment(name, time))?;
        }
        Ok((written != Written::default()).then_some(written))
    }

    /// `drafts` is the permission to select movies by their drafts, if that is asked for.
    fn selection(&self, drafts: Option<&CanDraft>) -> Result<Selection, ProblemDetails> {
        let mut movies: Vec<MovieId> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for id in &self.ids {
            let id: MovieId = id
                .trim()
                .parse()
                .map_err(|error| ProblemDetails::bad_request(format!("ids: {error}")))?;
            if seen.insert(id.clone()) {
                movies.push(id);
            }
        }
        if movies.len() > MAX_IDS {
            let found = movies.len();
            let detail = format!("ids: found {found} movies; allowed are at most {MAX_IDS}");
            return Err(ProblemDetails::bad_request(detail));
        }
        let filter = MovieFilter {
            search: self.search.clone(),
            year_from: year("year_from", self.year_from)?,
            year_to: year("year_to", self.year_to)?,
            genres: Vec::new(),
            status: self.status.map(|status| status.as_str().to_owned()),
            present: categories("present", &self.present)?,
            missing: categories("missing", &self.missing)?,
            has_draft: Vec::new(),
            written: self.written()?,
        };
        let mut query = MovieQuery::new(filter, self.genres.clone());
        if let Some(permission) = drafts {
            query = query.with_drafts(permission, categories("has_draft", &self.has_draft)?);
        }
        Ok(Selection {
            movies: (!movies.is_empty()).then_some(movies),
            query,
            categories: categories("categories", &self.categories)?,
            as_of: None,
        })
    }
}

/// Exports many movies as one file.
///
/// The file has the documents of the moment at which the export starts: what is published while it
/// is sent does not appear in it. A download that was cut short is incomplete: it has no end of the
/// archive, or no last chunk (HTTP clients report that as an error).
#[utoipa::path(
    get, path = "/api/v1/admin/movies/export", tag = "export",
    security(("bearer" = []), ("link" = [])),
    params(BulkExportParameters),
    responses(
        (
            status = 200, description = "The file, streamed.",
            content(
                (Vec<u8> = "application/zip"),
                (String = "application/x-ndjson"),
                (Vec<u8> = "application/gzip"),
            )
        ),
        (
            status = 400, body = ProblemDetails, content_type = "application/problem+json",
            description = "An unknown or invalid query parameter, or a bearer token and a \
                           link."
        ),
        AccessErrors,
        (
            status = 404, body = ProblemDetails, content_type = "application/problem+json",
            description = "One of the ids names no movie."
        ),
        ServerErrors,
    )
)]
pub async fn export_movies(
    State(state): State<AppState>,
    DownloadSession(session): DownloadSession,
    RawQuery(parameters): RawQuery,
) -> Result<Response, ProblemDetails> {
    let principal = &session.principal;
    let permission = principal.can_read()?;
    let parameters: BulkExportParameters = query::parse(parameters.as_deref(), "a bulk export")?;
    let drafts = (!parameters.has_draft.is_empty()).then(|| principal.can_draft()).transpose()?;
    let mut selection = parameters.selection(drafts.as_ref())?;
    if let Some(as_of) = parameters.as_of {
        let permission = principal.can_draft()?;
        if !parameters.missing.is_empty() {
            let detail = "as_of and missing cannot be given together";
            return Err(ProblemDetails::bad_request(detail));
        }
        query::check_moment("as_of", as_of)?;
        selection.as_of = Some(PastMoment::new(&permission, as_of));
    }
    if let Some(movies) = &selection.movies {
        refuse_unknown(&state.catalog, &permission, movies).await?;
    }
    let slot = state.bulk.export().await?;
    let format = parameters.format.unwrap_or(BulkFormat::Zip);
    let now = state.catalog.now();
    let extension = format.extension(parameters.compress);
    let file_name = format!("reelport-export-{}.{extension}", now.format("%Y-%m-%d"));
    let headers = [
        (header::CONTENT_TYPE, format.media_type(parameters.compress).to_owned()),
        (header::CONTENT_DISPOSITION, format!("attachment; filename=\"{file_name}\"")),
    ];
    let writer = BulkWriter::new(format, parameters.compress, now);
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        let _slot = slot;
        let mut export = RunningExport { state: &state, session, out: &sender };
        let written = state.catalog.export_file(&permission, &selection, writer, &mut export).await;
        if let Err(error) = written {
            tracing::warn!(%error, "a bulk export was not sent completely");
            // The error ends the response without its last chunk.
            let _ = sender.send(Err(error)).await;
        }
    });
    Ok((headers, body(receiver)).into_response())
}

async fn refuse_unknown(
    catalog: &Catalog,
    permission: &CanRead,
    movies: &[MovieId],
) -> Result<(), ProblemDetails> {
    let found = catalog.movies(permission, movies).await?;
    let found: std::collections::HashSet<_> = found.iter().map(|movie| &movie.id).collect();
    let unknown: Vec<&str> =
        movies.iter().filter(|id| !found.contains(id)).map(MovieId::as_str).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    let named = unknown.iter().take(MAX_NAMED).copied().collect::<Vec<_>>().join(", ");
    let more = match unknown.len().saturating_sub(MAX_NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let noun = if unknown.len() == 1 { "there is no movie" } else { "there are no movies" };
    Err(ProblemDetails::not_found(format!("{noun} {named}{more}")))
}

/// Why a bulk export could not be sent completely.
#[derive(Debug, thiserror::Error)]
enum BulkExportError {
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    #[error("the client closed the connection")]
    Closed,
    #[error("{}", .0.detail())]
    Revoked(TokenError),
}

type Chunk = Result<Bytes, BulkExportError>;

/// An export that is being sent.
struct RunningExport<'a> {
    state: &'a AppState,
    session: Session,
    out: &'a mpsc::Sender<Chunk>,
}

impl ExportSink for RunningExport<'_> {
    type Error = BulkExportError;

    /// Sends bytes, unless the token was revoked.
    async fn write(&mut self, bytes: Vec<u8>, _: u64) -> Result<(), BulkExportError> {
        if bytes.is_empty() {
            return Ok(());
        }
        if let Some(error) = self.session.revocation(self.state).await? {
            return Err(BulkExportError::Revoked(error));
        }
        self.out.send(Ok(bytes.into())).await.map_err(|_| BulkExportError::Closed)
    }
}

/// The body: the received bytes in chunks.
fn body(received: mpsc::Receiver<Chunk>) -> Body {
    let chunks = unfold((received, Bytes::new()), |(mut received, mut bytes)| async move {
        if bytes.is_empty() {
            bytes = match received.recv().await? {
                Ok(bytes) => bytes,
                Err(error) => return Some((Err(error), (received, Bytes::new()))),
            };
        }
        let chunk = bytes.split_to(bytes.len().min(CHUNK));
        Some((Ok(chunk), (received, bytes)))
    });
    Body::from_stream(chunks.boxed())
}
