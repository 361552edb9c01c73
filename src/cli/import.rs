//! `reelport import`.

use std::fs::File;
use std::io::{self, IsTerminal as _, Read, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Instant;

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;
use tokio::sync::mpsc;

use super::{CliError, FAILED, SOME_FAILED, open_or_make};
use crate::catalog::access::command_line;
use crate::catalog::bulk::{
    BulkReport, RawRecord, ReadError, ReadOptions, RecordResult, read_source,
};
use crate::catalog::import::{ImportOptions, ImportStatus};
use crate::config::DatabaseArgs;
use crate::document::merge::{ConflictPolicy, ImportMode, NullPolicy};
use crate::document::who::Resolution;
use crate::document::{Source, Stage};

/// Options of `import`.
#[derive(Debug, Clone, Args)]
pub struct ImportArgs {
    /// Files to import; - is standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
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
    /// Keep the failures in this file, a JSON object on each line
    #[arg(long, value_name = "FILE")]
    errors: Option<PathBuf>,
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
            ..ImportOptions::default()
        })
    }
}

/// An input that could be opened.
struct Input {
    name: String,
    reader: Box<dyn Read + Send>,
    size: Option<u64>,
}

fn open_inputs(files: &[String]) -> Result<Vec<Input>, CliError> {
    let mut inputs = Vec::new();
    for name in files {
        if name == "-" {
            inputs.push(Input {
                name: "standard input".to_owned(),
                reader: Box::new(io::stdin()),
                size: None,
            });
            continue;
        }
        let file = File::open(name).map_err(|error| CliError::io(name, &error))?;
        let metadata = file.metadata().map_err(|error| CliError::io(name, &error))?;
        if metadata.is_dir() {
            return Err(CliError::Usage(format!(
                "{name}: found a folder; allowed are files and -"
            )));
        }
        inputs.push(Input {
            name: name.clone(),
            reader: Box::new(file),
            size: Some(metadata.len()),
        });
    }
    Ok(inputs)
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
    let inputs = open_inputs(&args.files)?;
    let mut errors = match &args.errors {
        Some(path) => Some(
            File::create(path)
                .map_err(|error| CliError::io(&path.display().to_string(), &error))?,
        ),
        None => None,
    };
    let catalog = open_or_make(database).await?;
    let bar = progress(&inputs);
    let start = Instant::now();

    let (sender, receiver) = mpsc::channel::<RawRecord>(512);
    let strict = options.strict;
    let reader = tokio::task::spawn_blocking(move || read_all(inputs, strict, &sender));

    let (_, permission) = command_line();
    let mut done = 0_u64;
    let mut lost = None;
    let report = catalog
        .import_stream(&permission, receiver, &options, |result| {
            done += 1;
            bar.set_position(result.position);
            bar.set_message(format!("{done} documents"));
            if options.dry_run {
                bar.suspend(|| {
                    for line in super::plans::lines(&result) {
                        println!("{line}");
                    }
                });
            }
            if result.status == ImportStatus::Rejected {
                bar.suspend(|| print_failure(&result));
                if let Some(file) = &mut errors {
                    lost = lost.take().or_else(|| keep_failure(file, &result).err());
                }
            }
        })
        .await;
    bar.finish_and_clear();
    // A receiver that is gone ends the reader too.
    let read = reader.await.map_err(crate::catalog::CatalogError::from)?;
    catalog.database().close().await;

    let report = match report {
        Ok(report) => report,
        Err(error) => {
            eprintln!("reelport: the import stopped after {done} documents, which are in: {error}");
            return Ok(ExitCode::from(FAILED));
        }
    };
    let seconds = start.elapsed().as_secs_f64();
    let BulkReport { planned, drafted, published, unchanged, rejected } = report;
    let done = match (options.dry_run, options.target) {
        (true, _) => format!("{planned} planned (a dry run: nothing was written)"),
        (false, Stage::Draft) => format!("{drafted} drafted, {unchanged} unchanged"),
        (false, Stage::Published) => format!("{published} published, {unchanged} unchanged"),
    };
    println!("{done}, {rejected} failed, in {seconds:.1} s");
    if let Some(error) = lost {
        eprintln!("reelport: the failures could not all be kept: {error}");
    }
    let mut code = if report.rejected > 0 { SOME_FAILED } else { 0 };
    for error in read {
        eprintln!("{error}");
        code = SOME_FAILED;
    }
    Ok(ExitCode::from(code))
}

/// Reads all inputs; what could not be read to its end.
fn read_all(inputs: Vec<Input>, strict: bool, sender: &mpsc::Sender<RawRecord>) -> Vec<ReadError> {
    let position = Arc::new(AtomicU64::new(0));
    let mut failed = Vec::new();
    for input in inputs {
        match read_source(&input.name, input.reader, &position, ReadOptions { strict }, sender) {
            Ok(()) => {}
            Err(ReadError::Stopped) => break,
            Err(error) => failed.push(error),
        }
    }
    failed
}

fn print_failure(result: &RecordResult) {
    let what = result
        .key
        .as_ref()
        .map(|(movie, category)| format!("{movie} {category}: "))
        .unwrap_or_default();
    let reasons: Vec<_> = result
        .problems
        .iter()
        .take(3)
        .map(|problem| match problem.path.as_str() {
            "" => problem.message.clone(),
            path => format!("{path}: {}", problem.message),
        })
        .collect();
    let more = result.problems.len().saturating_sub(reasons.len());
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    eprintln!("{}: {what}{}{more}", result.place, reasons.join("; "));
}

fn keep_failure(file: &mut File, result: &RecordResult) -> io::Result<()> {
    let line = json!({
        "place": result.place.to_string(),
        "movie_id": result.key.as_ref().map(|(movie, _)| movie.as_str()),
        "category": result.key.as_ref().map(|(_, category)| category.as_str()),
        "errors": result.problems,
    });
    writeln!(file, "{line}")
}
