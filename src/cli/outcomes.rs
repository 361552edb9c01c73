//! What an import says of its documents: failures, warnings, and what was skipped.

use std::collections::BTreeMap;
use std::io;

use serde_json::json;

use super::error_log::ErrorLog;
use super::terminal::{print_error, print_line};
use crate::catalog::bulk::{DocumentLocation, DocumentResult};
use crate::catalog::import::ImportStatus;
use crate::document::{MovieId, Warning};

/// Most warnings that are printed.
const MAX_WARNINGS: usize = 20;
/// Most new movies that are named.
const MAX_CREATED: usize = 5;
/// Most problems that are printed of one document.
const MAX_PROBLEMS: usize = 3;
/// Most names of skipped entries that are printed.
const MAX_SKIPPED: usize = 20;

/// Prints what there is to say of each document, and counts.
pub(super) struct Outcomes {
    /// Keeps all failures and warnings.
    kept: Option<ErrorLog>,
    /// Why not all could be kept.
    lost: Option<io::Error>,
    /// Whether warnings are printed: a plan shows its own.
    prints_warnings: bool,
    warnings: usize,
    /// How many movies were created, and the first of them, where no plan names them.
    created: usize,
    created_first: Vec<MovieId>,
    /// How many warnings of each kind were not printed.
    not_printed: BTreeMap<String, usize>,
}

impl Outcomes {
    pub(super) fn new(kept: Option<ErrorLog>, prints_warnings: bool) -> Self {
        let not_printed = BTreeMap::new();
        let created_first = Vec::new();
        Self {
            kept,
            lost: None,
            prints_warnings,
            warnings: 0,
            created: 0,
            created_first,
            not_printed,
        }
    }

    /// Prints and keeps what there is to say of a document.
    pub(super) fn add(&mut self, result: &DocumentResult) {
        let is_rejected = result.status == ImportStatus::Rejected;
        let warnings = result.warnings();
        if is_rejected {
            print_error(&failure(result));
        }
        if let (true, Some((movie, _))) = (result.creates_movie, &result.key) {
            self.created += 1;
            if self.created <= MAX_CREATED && self.prints_warnings {
                self.created_first.push(movie.clone());
            }
        }
        if self.prints_warnings {
            self.print_warnings(result);
        }
        self.warnings += warnings.len();
        if (is_rejected || !warnings.is_empty())
            && let Some(log) = &mut self.kept
        {
            self.lost = self.lost.take().or_else(|| log.keep(result).err());
        }
    }

    fn print_warnings(&mut self, result: &DocumentResult) {
        for (index, warning) in result.warnings().iter().enumerate() {
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

    /// How many warnings, skipped entries and new movies there are, as a part of the summary.
    pub(super) fn counts(&self, skipped: usize, movies: u64, is_plan: bool) -> String {
        let count = |count: u64, one: &str, many: &str| match count {
            0 => String::new(),
            1 => format!(", 1 {one}"),
            _ => format!(", {count} {many}"),
        };
        let warnings = count(self.warnings as u64, "warning", "warnings");
        let skipped = count(skipped as u64, "skipped", "skipped");
        let movies = if is_plan {
            count(movies, "movie to create", "movies to create")
        } else {
            count(movies, "movie created", "movies created")
        };
        format!("{warnings}{skipped}{movies}")
    }

    /// Prints what was not printed of each document.
    pub(super) fn finish(self, skipped: &[DocumentLocation]) {
        if !self.created_first.is_empty() {
            let named: Vec<_> = self.created_first.iter().map(MovieId::as_str).collect();
            let more = match self.created - named.len() {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            print_line(&format!("created: {}{more}", named.join(", ")));
        }
        for location in skipped.iter().take(MAX_SKIPPED) {
            print_line(&format!("skipped: {location} (no .json, .ndjson, .jsonl or .zip)"));
        }
        if skipped.len() > MAX_SKIPPED {
            print_line(&format!("skipped: {} more", skipped.len() - MAX_SKIPPED));
        }
        if !self.not_printed.is_empty() {
            let total: usize = self.not_printed.values().sum();
            let kinds: Vec<String> =
                self.not_printed.iter().map(|(code, count)| format!("{code} {count}")).collect();
            let hint = if self.kept.is_some() { "" } else { "; --errors FILE keeps all of them" };
            print_error(&format!("{total} more warnings: {}{hint}", kinds.join(", ")));
        }
        self.keep_all();
    }

    /// Ends the file that keeps failures and warnings, also of an import that stopped.
    pub(super) fn keep_all(mut self) {
        let ended = self.kept.as_mut().map_or(Ok(()), ErrorLog::finish);
        if let Some(error) = self.lost.or(ended.err()) {
            print_error(&format!(
                "reelport: the failures and warnings could not all be kept: {error}"
            ));
        }
    }
}

/// Which document it is.
fn prefix(result: &DocumentResult) -> String {
    match &result.key {
        Some((movie, category)) => format!("{}: {movie} {category}: ", result.location),
        None => format!("{}: ", result.location),
    }
}

fn code(warning: &Warning) -> String {
    json!(warning.code).as_str().unwrap_or_default().to_owned()
}

fn failure(result: &DocumentResult) -> String {
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
