//! `reelport import`: imports files, reports progress, and prints plans, failures and a summary.

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
use super::outcomes::{Outcomes, SkippedEntries};
use super::remote::{self, RemoteArgs, RemoteImport};
use super::reported::Reported;
use super::terminal::{print_error, print_line};
use super::{CliError, FAILED, SOME_FAILED, open_or_create, parse_choice};
use crate::catalog::access::command_line;
use crate::catalog::bulk::{
    BulkReport, DocumentSender, MAX_UNPACKED, OnFailure, ReadOptions, ReadReport, Unrestricted,
    document_channel, read_source,
};
use crate::catalog::import::ImportOptions;
use crate::config::DatabaseArgs;
use crate::document::proposal::{ConflictPolicy, ImportMode, NullPolicy};
use crate::document::resolve::Resolution;
use crate::document::{Category, MovieId, Source, Stage};

/// Options of `import`.
#[derive(Debug, Clone, Args)]
#[allow(clippy::struct_excessive_bools, reason = "each is a separate option")]
pub struct ImportArgs {
    /// Files to import; - is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
    /// The movie of each file, for example tmdb-550; needs --category. Each file is then one
    /// document, and may also hold the data alone, its list, or one item of the list
    #[arg(long, value_name = "ID", requires = "category")]
    movie: Option<String>,
    /// The category of each file; needs --movie
    #[arg(long, value_name = "CATEGORY", requires = "movie")]
    category: Option<String>,
    /// merge: change and add; replace: also remove list items that are missing from a document, if
    /// its base revision is known
    #[arg(long, default_value = "merge", value_name = "MODE")]
    mode: String,
    /// The source of the values, overriding the files: tmdb, manual or llm-generated
    #[arg(long)]
    source: Option<String>,
    /// How to treat null. keep: keep the stored value; clear: remove it
    #[arg(long, default_value = "keep", value_name = "POLICY")]
    nulls: String,
    /// Print what would change, without writing anything; each document is planned independently of
    /// the others
    #[arg(long)]
    dry_run: bool,
    /// published, or draft: the changes then wait in a draft until it is published
    #[arg(long, default_value = "published", value_name = "STATE")]
    target: String,
    /// How to resolve conflicts, where a document and the catalogue changed the same value since
    /// the base revision: fail, keep_current or take_import
    #[arg(long, default_value = "fail", value_name = "POLICY")]
    on_conflict: String,
    /// The base revision of the documents, overriding their metadata
    #[arg(long, value_name = "REVISION", value_parser = clap::value_parser!(i64).range(0..))]
    base_revision: Option<i64>,
    /// Ids of list items to remove, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "ID")]
    remove_items: Vec<String>,
    /// Which entities the names in a file with one document mean: a JSON list of {path, entity_id |
    /// create_new | skip, everywhere}
    #[arg(long, default_value = "[]", hide_default_value = true, value_name = "LIST")]
    resolutions: String,
    /// The digest of the plan to execute, for a file with one document; any other plan is refused
    #[arg(long, value_name = "DIGEST")]
    expected_plan: Option<String>,
    /// Paths of changes of the expected plan that are not made, separated by commas
    #[arg(long, value_delimiter = ',', value_name = "PATH", requires = "expected_plan")]
    skip_changes: Vec<String>,
    /// Also change locked values, if the source is manual
    #[arg(long)]
    override_locks: bool,
    /// Refuse documents with unknown keys
    #[arg(long)]
    strict: bool,
    /// Remove citation marks, markup and invisible characters from texts
    #[arg(long)]
    clean: bool,
    /// Write all failures and warnings to this file, one JSON object per line; the file may be
    /// missing, empty or an older error log
    #[arg(long, value_name = "FILE")]
    errors: Option<PathBuf>,
    /// Maximum unpacked size of an archive entry or a compressed archive: bytes, or a number with
    /// the suffix K, M or G [default: 1G]
    #[arg(long, value_name = "SIZE", value_parser = parse_size)]
    max_unpacked: Option<u64>,
    #[command(flatten)]
    remote: RemoteArgs,
}

/// Reads a number of bytes: `1000`, `64K`, `500M`, `2G`.
fn parse_size(text: &str) -> Result<u64, String> {
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
        .ok_or_else(|| {
            "allowed is a number of bytes, or a number with the suffix K, M or G".to_owned()
        })
}

impl ImportArgs {
    /// The movie and category of each file, if given.
    fn target_document(&self) -> Result<Option<(MovieId, Category)>, CliError> {
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
            .map(|text| parse_choice("--source", text, Source::parse, Source::VALUES));
        let conflicts = parse_choice(
            "--on-conflict",
            &self.on_conflict,
            ConflictPolicy::parse,
            ConflictPolicy::VALUES,
        );
        Ok(ImportOptions {
            target: parse_choice("--target", &self.target, Stage::parse, Stage::VALUES)?,
            mode: parse_choice("--mode", &self.mode, ImportMode::parse, ImportMode::VALUES)?,
            dry_run: self.dry_run,
            source: source.transpose()?,
            nulls: parse_choice("--nulls", &self.nulls, NullPolicy::parse, NullPolicy::VALUES)?,
            on_conflict: conflicts?,
            base_revision: self.base_revision,
            remove_items: self.remove_items.iter().filter(|id| !id.is_empty()).cloned().collect(),
            resolutions: Resolution::read_list(&self.resolutions)
                .map_err(|error| CliError::Usage(format!("--resolutions: {error}")))?,
            expected_plan: self.expected_plan.clone(),
            skip_changes: self.skip_changes.clone(),
            override_locks: self.override_locks,
            strict: self.strict,
            clean: self.clean,
            ..ImportOptions::default()
        })
    }
}

impl ImportArgs {
    /// The query parameters of an import on a server.
    fn parameters(&self) -> Vec<(&'static str, String)> {
        let flags = [
            ("dry_run", self.dry_run),
            ("override_locks", self.override_locks),
            ("strict", self.strict),
            ("clean", self.clean),
        ];
        let flags = flags.into_iter().map(|(name, is_set)| (name, is_set.to_string()));
        let choices = [
            ("target", &self.target),
            ("mode", &self.mode),
            ("nulls", &self.nulls),
            ("on_conflict", &self.on_conflict),
        ];
        let choices = choices.into_iter().map(|(name, choice)| (name, choice.clone()));
        let source = self.source.iter().map(|source| ("source", source.clone()));
        flags.chain(choices).chain(source).collect()
    }
}

/// The last line of an import.
pub(super) fn summary(done: &str, failed: u64, others: &str, start: Instant) -> String {
    format!("{done}, {failed} failed{others}, in {:.1} s", start.elapsed().as_secs_f64())
}

/// A progress bar for bytes, if standard error is a terminal.
pub(super) fn new_progress_bar(total: Option<u64>) -> ProgressBar {
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
    if args.remote.is_given() {
        return import_on_server(args, &options).await;
    }
    let document = args.target_document()?;
    database.validate()?;
    let files = DatabaseFiles::of(database);
    let inputs = open_inputs(&args.files, &files)?;
    let log = args.errors.as_deref().map(|path| ErrorLog::prepare(path, &inputs, &files));
    let mut outcomes = Outcomes::new(log.transpose()?, !options.dry_run);
    let catalog = open_or_create(database).await?;
    let bar = new_progress_bar(inputs.iter().map(|input| input.size).sum());
    let start = Instant::now();

    let (sender, receiver) = document_channel();
    let reading = ReadOptions {
        document,
        parsing: options.parse_options(),
        max_unpacked: args.max_unpacked.unwrap_or(MAX_UNPACKED),
        remedy: "--max-unpacked allows more",
        ..ReadOptions::default()
    };
    let reader = tokio::task::spawn_blocking(move || read_all(inputs, &reading, &sender));

    let (_, permission) = command_line();
    let mut done = 0_u64;
    let report = catalog
        .import_stream(
            &permission,
            receiver,
            &options,
            OnFailure::Continue,
            &mut Unrestricted,
            |result| {
                done += 1;
                bar.set_position(result.position);
                bar.set_message(format!("{done} documents"));
                bar.suspend(|| {
                    if options.dry_run {
                        for line in super::plans::lines(&result) {
                            print_line(&line);
                        }
                    }
                    outcomes.add(&Reported::from(&result));
                });
                true
            },
        )
        .await;
    bar.finish_and_clear();
    // The reader also ends when the receiver is dropped.
    let read = reader.await.map_err(crate::catalog::CatalogError::from)?;
    catalog.database().close().await;

    let report = match report {
        Ok(report) => report,
        Err(error) => {
            let when = match done {
                0 => "before any document was imported".to_owned(),
                1 => "after 1 document, which was imported".to_owned(),
                _ => format!("after {done} documents, which were imported"),
            };
            let error = CliError::from(error).user_message();
            print_error(&format!("reelport: the import stopped {when}: {error}"));
            outcomes.close_log();
            return Ok(ExitCode::from(FAILED));
        }
    };
    let BulkReport { planned, drafted, published, unchanged, rejected, movies_created, .. } =
        report;
    let done = match (options.dry_run, options.target) {
        (true, _) => format!("{planned} planned (a dry run: nothing was written)"),
        (false, Stage::Draft) => format!("{drafted} drafted, {unchanged} unchanged"),
        (false, Stage::Published) => format!("{published} published, {unchanged} unchanged"),
    };
    let skipped = SkippedEntries::from(read.skipped.as_slice());
    let others = outcomes.counts(skipped.count, movies_created, options.dry_run);
    print_line(&summary(&done, rejected, &others, start));
    outcomes.finish(&skipped);
    Ok(ExitCode::from(if rejected > 0 { SOME_FAILED } else { 0 }))
}

/// Imports on a server instead of into a database.
async fn import_on_server(
    args: &ImportArgs,
    options: &ImportOptions,
) -> Result<ExitCode, CliError> {
    let files = DatabaseFiles::none();
    let inputs = open_inputs(&args.files, &files)?;
    let log = args.errors.as_deref().map(|path| ErrorLog::prepare(path, &inputs, &files));
    let import = RemoteImport {
        inputs,
        parameters: args.parameters(),
        target: options.target,
        is_dry_run: options.dry_run,
        outcomes: Outcomes::new(log.transpose()?, !options.dry_run),
    };
    remote::import(&args.remote, import).await
}

/// Reads all inputs in order, until the receiver is dropped.
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
