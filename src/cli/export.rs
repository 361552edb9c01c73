//! `reelport export`: writes the catalogue as NDJSON or as a ZIP archive.

use std::io::{self, IsTerminal as _, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use chrono::{DateTime, Datelike as _, Utc};
use clap::Args;
use tempfile::NamedTempFile;
use tokio::sync::mpsc;

use super::files::{DatabaseFiles, Output, standard_output};
use super::terminal::print_error;
use super::{
    CliError, FAILED, SOME_FAILED, open, parse_categories, parse_choice, require_database,
};
use crate::catalog::CatalogError;
use crate::catalog::access::command_line;
use crate::catalog::bulk::{ArchiveError, BulkFormat, BulkWriter, PastMoment, Selection};
use crate::catalog::export::Export;
use crate::catalog::movies::MovieQuery;
use crate::config::DatabaseArgs;
use crate::document::MovieId;
use crate::storage::MovieFilter;

/// Options of `export`.
#[derive(Debug, Clone, Args)]
pub struct ExportArgs {
    /// zip: {movie}/{category}.json in an archive; ndjson: one envelope per line
    #[arg(long, default_value = "ndjson", value_name = "FORMAT")]
    format: String,
    /// Only these movies, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "ID")]
    ids: Option<Vec<String>>,
    /// Only these categories, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "CATEGORY")]
    category: Vec<String>,
    /// Only movies without data in these categories, separated by commas. Their empty documents are
    /// exported, as templates to fill in; other documents only with --category
    #[arg(long, value_delimiter = ',', value_name = "CATEGORY")]
    missing: Vec<String>,
    /// Export the documents as they were at this moment, such as 2026-11-29T12:00:00Z; documents
    /// that did not exist then are left out
    #[arg(long, value_name = "TIME", value_parser = parse_moment, conflicts_with = "missing")]
    as_of: Option<DateTime<Utc>>,
    /// The file to write; standard output by default
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// Parses a moment.
///
/// # Errors
/// When it is not an RFC 3339 date-time of the years 1 to 9999.
pub(super) fn parse_moment(text: &str) -> Result<DateTime<Utc>, String> {
    let moment = DateTime::parse_from_rfc3339(text).ok().map(|moment| moment.to_utc());
    moment.filter(|moment| (1..=9999).contains(&moment.year())).ok_or_else(|| {
        "allowed is a date and time with an offset, such as 2026-11-29T12:00:00Z".to_owned()
    })
}

pub(super) async fn export(
    database: &DatabaseArgs,
    args: &ExportArgs,
) -> Result<ExitCode, CliError> {
    let format = parse_choice("--format", &args.format, BulkFormat::parse, BulkFormat::VALUES)?;
    let categories = parse_categories("--category", args.category.iter().map(|text| text.trim()))?;
    let missing = parse_categories("--missing", args.missing.iter().map(|text| text.trim()))?;
    let mut movies = None;
    if let Some(ids) = &args.ids {
        let parsed: Result<Vec<MovieId>, _> = ids.iter().map(|id| id.trim().parse()).collect();
        movies = Some(parsed.map_err(|error| CliError::Usage(format!("--ids: {error}")))?);
    }
    if args.output.is_none() && format == BulkFormat::Zip && io::stdout().is_terminal() {
        return Err(CliError::Usage(
            "a ZIP archive cannot be written to a terminal; name a file with -o".to_owned(),
        ));
    }
    require_database(database)?;
    let files = DatabaseFiles::of(database);
    let output = args.output.as_deref().map(Output::at);
    match &output {
        Some(output) => output.refuse_database_files(&files, "--output")?,
        None if files.contains(&standard_output()) => {
            return Err(CliError::Usage(
                "standard output is a file of the database; name another file".to_owned(),
            ));
        }
        None => {}
    }
    let catalog = open(database).await?;
    let (permission, publishing) = command_line();
    let as_of = args.as_of.map(|at| PastMoment::new(&publishing.can_draft(), at));
    let mut unknown = Vec::new();
    if let Some(movies) = &mut movies {
        let found = catalog.movies(&permission, movies).await?;
        movies.retain(|id| {
            let known = found.iter().any(|movie| movie.id == *id);
            if !known {
                unknown.push(id.clone());
            }
            known
        });
    }
    let (sender, receiver) = mpsc::channel(2);
    let (writer, place) = (BulkWriter::new(format, None, catalog.now()), output.clone());
    let writing = tokio::task::spawn_blocking(move || write(writer, place.as_ref(), receiver));
    let filter = MovieFilter { missing, ..MovieFilter::default() };
    let query = MovieQuery::new(filter, Vec::new());
    let selection = Selection { movies, query, categories, as_of };
    let read = catalog.export_stream(&permission, &selection, sender).await;
    let written = writing.await.map_err(CatalogError::from)?;
    catalog.database().close().await;
    // An incomplete export never replaces an existing file.
    read?;
    let written = written.and_then(|Written { count, file }| {
        if let (Some(file), Some(output)) = (file, &output) {
            output.persist(file)?;
        }
        Ok(count)
    });
    match written {
        Ok(1) => print_error("1 document exported"),
        Ok(count) => print_error(&format!("{count} documents exported")),
        // The reader of standard output, such as `head`, closed it early.
        Err(ArchiveError::Io(error))
            if args.output.is_none() && error.kind() == io::ErrorKind::BrokenPipe => {}
        Err(error) => {
            print_error(&format!("reelport: {error}"));
            return Ok(ExitCode::from(FAILED));
        }
    }
    for id in &unknown {
        print_error(&format!("there is no movie {id}"));
    }
    Ok(ExitCode::from(if unknown.is_empty() { 0 } else { SOME_FAILED }))
}

/// The number of documents written, and the temporary file that is not yet renamed.
struct Written {
    count: u64,
    file: Option<NamedTempFile>,
}

/// Writes all exports. A regular file is written under a temporary name, to be renamed when it is
/// complete.
fn write(
    writer: BulkWriter,
    output: Option<&Output>,
    exports: mpsc::Receiver<Vec<Export>>,
) -> Result<Written, ArchiveError> {
    let without_file = |count| Written { count, file: None };
    let Some(output) = output else {
        return write_to(writer, io::stdout().lock(), exports).map(without_file);
    };
    if let Some(stream) = output.stream()? {
        return write_to(writer, stream, exports).map(without_file);
    }
    let mut file = output.temporary()?;
    let count = write_to(writer, file.as_file_mut(), exports)?;
    Ok(Written { count, file: Some(file) })
}

fn write_to(
    mut writer: BulkWriter,
    mut out: impl Write,
    mut exports: mpsc::Receiver<Vec<Export>>,
) -> Result<u64, ArchiveError> {
    let mut count = 0;
    while let Some(batch) = exports.blocking_recv() {
        out.write_all(&writer.add(&batch)?)?;
        count += batch.len() as u64;
    }
    out.write_all(&writer.finish()?)?;
    out.flush()?;
    Ok(count)
}
