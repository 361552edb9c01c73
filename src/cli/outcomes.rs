//! What an import says of its documents: failures, warnings, and what was skipped.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;

use serde_json::json;

use super::CliError;
use super::terminal::{print_error, print_line};
use crate::catalog::bulk::{Place, RecordResult};
use crate::catalog::import::ImportStatus;
use crate::document::Warning;

/// Most warnings that are printed.
const MAX_WARNINGS: usize = 20;
/// Most problems that are printed of one document.
const MAX_PROBLEMS: usize = 3;
/// Most names of skipped entries that are printed.
const MAX_SKIPPED: usize = 20;

/// Prints what there is to say of each document, and counts.
pub(super) struct Outcomes {
    /// Keeps all failures and warnings.
    kept: Option<File>,
    /// Why not all could be kept.
    lost: Option<io::Error>,
    /// Whether warnings are printed: a plan shows its own.
    prints_warnings: bool,
    warnings: usize,
    /// How many warnings of each kind were not printed.
    not_printed: BTreeMap<String, usize>,
}

impl Outcomes {
    /// # Errors
    /// When the file that keeps them cannot be made.
    pub(super) fn new(kept: Option<&Path>, prints_warnings: bool) -> Result<Self, CliError> {
        let make = |path: &Path| {
            File::create(path).map_err(|error| CliError::io(&path.display().to_string(), &error))
        };
        let kept = kept.map(make).transpose()?;
        let not_printed = BTreeMap::new();
        Ok(Self { kept, lost: None, prints_warnings, warnings: 0, not_printed })
    }

    /// Prints and keeps what there is to say of a document.
    pub(super) fn add(&mut self, result: &RecordResult) {
        let is_rejected = result.status == ImportStatus::Rejected;
        let warnings = result.warnings();
        if is_rejected {
            print_error(&failure(result));
        }
        if self.prints_warnings {
            self.print_warnings(result);
        }
        self.warnings += warnings.len();
        if (is_rejected || !warnings.is_empty())
            && let Some(file) = &mut self.kept
        {
            self.lost = self.lost.take().or_else(|| keep(file, result).err());
        }
    }

    fn print_warnings(&mut self, result: &RecordResult) {
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

    /// How many warnings and skipped entries there are, as a part of the summary.
    pub(super) fn counts(&self, skipped: usize) -> String {
        let count = |count: usize, one: &str, many: &str| match count {
            0 => String::new(),
            1 => format!(", 1 {one}"),
            _ => format!(", {count} {many}"),
        };
        let warnings = count(self.warnings, "warning", "warnings");
        format!("{warnings}{}", count(skipped, "skipped", "skipped"))
    }

    /// Prints what was not printed of each document.
    pub(super) fn finish(self, skipped: &[Place]) {
        for place in skipped.iter().take(MAX_SKIPPED) {
            print_line(&format!("skipped: {place} (no .json, .ndjson, .jsonl or .zip)"));
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
        if let Some(error) = self.lost {
            print_error(&format!(
                "reelport: the failures and warnings could not all be kept: {error}"
            ));
        }
    }
}

/// Which document it is.
fn prefix(result: &RecordResult) -> String {
    match &result.key {
        Some((movie, category)) => format!("{}: {movie} {category}: ", result.place),
        None => format!("{}: ", result.place),
    }
}

fn code(warning: &Warning) -> String {
    json!(warning.code).as_str().unwrap_or_default().to_owned()
}

fn failure(result: &RecordResult) -> String {
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

fn keep(file: &mut File, result: &RecordResult) -> io::Result<()> {
    let line = json!({
        "place": result.place.to_string(),
        "movie_id": result.key.as_ref().map(|(movie, _)| movie.as_str()),
        "category": result.key.as_ref().map(|(_, category)| category.as_str()),
        "errors": result.problems,
        "warnings": result.warnings(),
    });
    writeln!(file, "{line}")
}
