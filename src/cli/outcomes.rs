//! The output of an import about its documents: failures, warnings and skipped entries.

use std::collections::BTreeMap;
use std::io;

use serde_json::json;

use super::error_log::ErrorLog;
use super::reported::Reported;
use super::terminal::{print_error, print_line};
use crate::catalog::bulk::DocumentLocation;
use crate::document::Warning;

/// Maximum number of warnings to print.
const MAX_WARNINGS: usize = 20;
/// Maximum number of new movies to name.
const MAX_CREATED: usize = 5;
/// Maximum number of problems to print for one document.
const MAX_PROBLEMS: usize = 3;
/// Maximum number of skipped entries to print.
const MAX_SKIPPED: usize = 20;

/// Archive entries that are not documents.
#[derive(Debug, Default)]
pub(super) struct SkippedEntries {
    pub(super) count: u64,
    /// The first of them, each with its archive.
    pub(super) named: Vec<String>,
}

impl From<&[DocumentLocation]> for SkippedEntries {
    fn from(skipped: &[DocumentLocation]) -> Self {
        let named = skipped.iter().take(MAX_SKIPPED).map(ToString::to_string).collect();
        Self { count: skipped.len() as u64, named }
    }
}

/// Prints the failures and warnings of each document, and counts them.
pub(super) struct Outcomes {
    /// The file that all failures and warnings are written to.
    log: Option<ErrorLog>,
    /// The first error while writing the log.
    log_error: Option<io::Error>,
    /// Whether to print warnings. In a dry run the plans show them.
    prints_warnings: bool,
    warnings: usize,
    /// How many movies were created.
    created: usize,
    /// The first created movies; empty in a dry run, where the plans name them.
    first_created: Vec<String>,
    /// How many warnings of each code were not printed.
    not_printed: BTreeMap<String, usize>,
}

impl Outcomes {
    pub(super) fn new(log: Option<ErrorLog>, prints_warnings: bool) -> Self {
        let not_printed = BTreeMap::new();
        let first_created = Vec::new();
        Self {
            log,
            log_error: None,
            prints_warnings,
            warnings: 0,
            created: 0,
            first_created,
            not_printed,
        }
    }

    /// Prints and logs the failures and warnings of a document.
    pub(super) fn add(&mut self, result: &Reported<'_>) {
        let warnings = result.warnings;
        if result.is_failure {
            print_error(&failure(result));
        }
        if let (true, Some((movie, _))) = (result.creates_movie, result.key) {
            self.created += 1;
            if self.created <= MAX_CREATED && self.prints_warnings {
                self.first_created.push(movie.to_owned());
            }
        }
        if self.prints_warnings {
            self.print_warnings(result);
        }
        self.warnings += warnings.len();
        if (result.is_failure || !warnings.is_empty())
            && let Some(log) = &mut self.log
        {
            self.log_error = self.log_error.take().or_else(|| log.append(result).err());
        }
    }

    fn print_warnings(&mut self, result: &Reported<'_>) {
        for (index, warning) in result.warnings.iter().enumerate() {
            if self.warnings + index < MAX_WARNINGS {
                let Warning { path, message, .. } = warning;
                let at = if path.is_empty() { String::new() } else { format!("{path}: ") };
                let code = code(warning);
                print_error(&format!("{}warning: {at}{message} ({code})", prefix(result)));
            } else {
                *self.not_printed.entry(code(warning)).or_default() += 1;
            }
        }
    }

    /// The numbers of warnings, skipped entries and new movies, as a part of the summary.
    pub(super) fn counts(&self, skipped: u64, movies: u64, is_plan: bool) -> String {
        let count = |count: u64, one: &str, many: &str| match count {
            0 => String::new(),
            1 => format!(", 1 {one}"),
            _ => format!(", {count} {many}"),
        };
        let warnings = count(self.warnings as u64, "warning", "warnings");
        let skipped = count(skipped, "skipped", "skipped");
        let movies = if is_plan {
            count(movies, "movie to create", "movies to create")
        } else {
            count(movies, "movie created", "movies created")
        };
        format!("{warnings}{skipped}{movies}")
    }

    /// Prints the created movies, the skipped entries and the number of unprinted warnings, and
    /// closes the log.
    pub(super) fn finish(self, skipped: &SkippedEntries) {
        if !self.first_created.is_empty() {
            let named = &self.first_created;
            let more = match self.created - named.len() {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            print_line(&format!("created: {}{more}", named.join(", ")));
        }
        let named = skipped.named.iter().take(MAX_SKIPPED);
        let more = skipped.count.saturating_sub(named.len() as u64);
        for location in named {
            print_line(&format!("skipped: {location} (no .json, .ndjson, .jsonl or .zip)"));
        }
        if more > 0 {
            print_line(&format!("skipped: {more} more"));
        }
        if !self.not_printed.is_empty() {
            let total: usize = self.not_printed.values().sum();
            let kinds: Vec<String> =
                self.not_printed.iter().map(|(code, count)| format!("{code} {count}")).collect();
            let hint = if self.log.is_some() { "" } else { "; --errors FILE logs all of them" };
            print_error(&format!("{total} more warnings: {}{hint}", kinds.join(", ")));
        }
        self.close_log();
    }

    /// Closes the log, also for an import that stopped early.
    pub(super) fn close_log(mut self) {
        let closed = self.log.as_mut().map_or(Ok(()), ErrorLog::finish);
        if let Some(error) = self.log_error.or(closed.err()) {
            print_error(&format!(
                "reelport: not all failures and warnings could be logged: {error}"
            ));
        }
    }
}

/// The place of a document, for messages.
fn prefix(result: &Reported<'_>) -> String {
    match result.key {
        Some((movie, category)) => format!("{}: {movie} {category}: ", result.location),
        None => format!("{}: ", result.location),
    }
}

fn code(warning: &Warning) -> String {
    json!(warning.code).as_str().unwrap_or_default().to_owned()
}

fn failure(result: &Reported<'_>) -> String {
    let reasons: Vec<_> = result
        .problems
        .iter()
        .take(MAX_PROBLEMS)
        .map(|problem| match problem.path.as_str() {
            "" => problem.message.clone(),
            path => format!("{path}: {}", problem.message),
        })
        .collect();
    let more = result.problems.len().saturating_sub(reasons.len());
    let more = if more > 0 { format!("; and {more} more") } else { String::new() };
    format!("{}{}{more}", prefix(result), reasons.join("; "))
}
