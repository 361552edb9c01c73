//! `reelport import`.

use std::io::{self, IsTerminal as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Instant;

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::error_log::ErrorLog;
use super::files::DatabaseFiles;
use super::inputs::{Input, open_inputs};
use super::outcomes::Outcomes;
use super::terminal::{print_error, print_line};
use super::{CliError, FAILED, SOME_FAILED, open_or_make};
use crate::catalog::access::command_line;
use crate::catalog::bulk::{
    BulkReport, DocumentSender, MAX_UNPACKED, ReadOptions, ReadReport, document_channel,
    read_source,
};
use crate::catalog::import::ImportOptions;
use crate::config::DatabaseArgs;
use crate::document::proposal::{ConflictPolicy, ImportMode, NullPolicy};
use crate::document::resolve::Resolution;
use crate::document::{Category, MovieId, Source, Stage};

/// Options of `import`.
#[derive(Debug, Clone, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub struct ImportArgs {
    /// Files to import; - is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// The movie that each file is of, for example tmdb-550, with --category: then a file is one document, and
    /// may be the data alone, its list, or one item of it
    #[arg(long, value_name = "ID", requires = "category")]
    movie: Option<String>,
    /// The category that each file is of, with --movie
    #[arg(long, value_name = "CATEGORY", requires = "movie")]
    category: Option<String>,
    /// merge: change and add; replace: also remove list items that a document no longer has, if the revision it was
    /// made from is known
    #[arg(long, default_value = "merge", value_name = "MODE")]
    mode: String,
    /// Where the values come from, whatever the files say: tmdb, manual or llm-generated
    #[arg(long)]
    source: Option<String>,
    /// What null means. keep: nothing; clear: the value is removed
    #[arg(long, default_value = "keep", value_name = "POLICY")]
    nulls: String,
    /// Say what would change, and write nothing; what one document brings, a later one does not see yet
    #[arg(long)]
    dry_run: bool,
    /// published; or draft: then it waits for someone to publish it
    #[arg(long, default_value = "published", value_name = "STATE")]
    target: String,
    /// How to settle what both a document and the catalogue have changed since it was made: fail, keep_current or
    /// take_import
    #[arg(long, default_value = "fail", value_name = "POLICY")]
    on_conflict: String,
    /// The revision that the documents were made from, whatever they say themselves
    #[arg(long, value_name = "REVISION", value_parser = clap::value_parser!(i64).range(0..))]
    base_revision: Option<i64>,
    /// Remove these list items, with commas between their ids
    #[arg(long, value_delimiter = ',', value_name = "ID")]
    remove_items: Vec<String>,
    /// Who names mean, of a file with one document: a JSON list of {path, entity_id | create_new | skip, everywhere}
    #[arg(long, default_value = "[]", hide_default_value = true, value_name = "LIST")]
    resolutions: String,
    /// The digest of the plan that is to be carried out, of a file with one document; another plan is refused
    #[arg(long, value_name = "DIGEST")]
    expected_plan: Option<String>,
    /// Change also what is locked, where the source is manual
    #[arg(long)]
    override_locks: bool,
    /// Refuse documents with unknown keys
    #[arg(long)]
    strict: bool,
    /// Take texts without citation marks, markup and invisible characters
    #[arg(long)]
    clean: bool,
    /// Keep all failures and warnings in this file, a JSON object on each line; it may be missing, empty or an
    /// older such file
    #[arg(long, value_name = "FILE")]
    errors: Option<PathBuf>,
    /// The most that an entry of an archive, or a packed archive, may unpack to: bytes, or with K, M or G
    /// behind [default: 1G]
    #[arg(long, value_name = "SIZE", value_parser = size)]
    max_unpacked: Option<u64>,
}

/// A number of bytes: `1000`, `64K`, `500M`, `2G`.
fn size(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let (digits, shift) = match text.char_indices().last() {
        Some((at, 'k' | 'K')) => (&text[..at], 10),
        Some((at, 'm' | 'M')) => (&text[..at], 20),
        Some((at, 'g' | 'G')) => (&text[..at], 30),
        _ => (text, 0),
    };
    let number: Option<u64> = digits.parse().ok();
    number
        .filter(|number| *number > 0)
        .and_then(|number| number.checked_mul(1 << shift))
        .ok_or_else(|| "allowed is a number of bytes, or one with K, M or G behind".to_owned())
}

fn choice<T>(
    option: &str,
    text: &str,
    parse: fn(&str) -> Option<T>,
    values: &[&str],
) -> Result<T, CliError> {
    parse(text).ok_or_else(|| {
        CliError::Usage(format!(
            "{option}: found {text:?}; allowed is one of {}",
            values.join(", ")
        ))
    })
}

impl ImportArgs {
    /// The movie and the category that each file is of, if they are named.
    fn document(&self) -> Result<Option<(MovieId, Category)>, CliError> {
        let (Some(movie), Some(category)) = (&self.movie, &self.category) else { return Ok(None) };
        let movie = movie.parse().map_err(|error| CliError::Usage(format!("--movie: {error}")))?;
        let category =
            category.parse().map_err(|error| CliError::Usage(format!("--category: {error}")))?;
        Ok(Some((movie, category)))
    }

    fn options(&self) -> Result<ImportOptions, CliError> {
        let source = self
            .source
            .as_deref()
            .map(|text| choice("--source", text, Source::parse, Source::VALUES));
        let conflicts = choice(
            "--on-conflict",
            &self.on_conflict,
            ConflictPolicy::parse,
            ConflictPolicy::VALUES,
        );
        Ok(ImportOptions {
            target: choice("--target", &self.target, Stage::parse, Stage::VALUES)?,
            mode: choice("--mode", &self.mode, ImportMode::parse, ImportMode::VALUES)?,
            dry_run: self.dry_run,
            source: source.transpose()?,
            nulls: choice("--nulls", &self.nulls, NullPolicy::parse, NullPolicy::VALUES)?,
            on_conflict: conflicts?,
            base_revision: self.base_revision,
            remove_items: self.remove_items.iter().filter(|id| !id.is_empty()).cloned().collect(),
            resolutions: Resolution::read_list(&self.resolutions)
                .map_err(|error| CliError::Usage(format!("--resolutions: {error}")))?,
            expected_plan: self.expected_plan.clone(),
            override_locks: self.override_locks,
            strict: self.strict,
            clean: self.clean,
            ..ImportOptions::default()
        })
    }
}

fn progress(inputs: &[Input]) -> ProgressBar {
    let total: Option<u64> = inputs.iter().map(|input| input.size).sum();
    let bar = match total {
        Some(total) => ProgressBar::new(total),
        None => ProgressBar::new_spinner(),
    };
    bar.set_draw_target(if io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    });
    let style =
        ProgressStyle::with_template("{bar:30} {percent:>3}%  {msg}  {elapsed} (about {eta} left)");
    bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar
}

pub(super) async fn import(
    database: &DatabaseArgs,
    args: &ImportArgs,
) -> Result<ExitCode, CliError> {
    let options = args.options()?;
    let document = args.document()?;
    database.validate()?;
    let files = DatabaseFiles::of(database);
    let inputs = open_inputs(&args.files, &files)?;
    let log = args.errors.as_deref().map(|path| ErrorLog::prepare(path, &inputs, &files));
    let mut outcomes = Outcomes::new(log.transpose()?, !options.dry_run);
    let catalog = open_or_make(database).await?;
    let bar = progress(&inputs);
    let start = Instant::now();

    let (sender, receiver) = document_channel();
    let reading = ReadOptions {
        document,
        parsing: options.parsing(),
        max_unpacked: args.max_unpacked.unwrap_or(MAX_UNPACKED),
        ..ReadOptions::default()
    };
    let reader = tokio::task::spawn_blocking(move || read_all(inputs, &reading, &sender));

    let (_, permission) = command_line();
    let mut done = 0_u64;
    let report = catalog
        .import_stream(&permission, receiver, &options, |result| {
            done += 1;
            bar.set_position(result.position);
            bar.set_message(format!("{done} documents"));
            bar.suspend(|| {
                if options.dry_run {
                    for line in super::plans::lines(&result) {
                        print_line(&line);
                    }
                }
                outcomes.add(&result);
            });
        })
        .await;
    bar.finish_and_clear();
    // A receiver that is gone ends the reader too.
    let read = reader.await.map_err(crate::catalog::CatalogError::from)?;
    catalog.database().close().await;

    let report = match report {
        Ok(report) => report,
        Err(error) => {
            let when = match done {
                0 => "before any document was in".to_owned(),
                1 => "after 1 document, which is in".to_owned(),
                _ => format!("after {done} documents, which are in"),
            };
            let error = CliError::from(error).told();
            print_error(&format!("reelport: the import stopped {when}: {error}"));
            outcomes.keep_all();
            return Ok(ExitCode::from(FAILED));
        }
    };
    let seconds = start.elapsed().as_secs_f64();
    let BulkReport { planned, drafted, published, unchanged, rejected, movies_created } = report;
    let done = match (options.dry_run, options.target) {
        (true, _) => format!("{planned} planned (a dry run: nothing was written)"),
        (false, Stage::Draft) => format!("{drafted} drafted, {unchanged} unchanged"),
        (false, Stage::Published) => format!("{published} published, {unchanged} unchanged"),
    };
    let others = outcomes.counts(read.skipped.len(), movies_created, options.dry_run);
    print_line(&format!("{done}, {rejected} failed{others}, in {seconds:.1} s"));
    outcomes.finish(&read.skipped);
    Ok(ExitCode::from(if rejected > 0 { SOME_FAILED } else { 0 }))
}

/// Reads all inputs, one after another.
fn read_all(inputs: Vec<Input>, options: &ReadOptions, sender: &DocumentSender) -> ReadReport {
    let position = Arc::new(AtomicU64::new(0));
    let mut all = ReadReport::default();
    for input in inputs {
        let Ok(report) = read_source(&input.name, input.source, &position, options.clone(), sender)
        else {
            break;
        };
        all.documents += report.documents;
        all.skipped.extend(report.skipped);
    }
    all
}
