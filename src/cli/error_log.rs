//! The file that keeps the failures and warnings of an import: `--errors FILE`.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;

use serde_json::{Value, json};

use super::CliError;
use super::files::{DatabaseFiles, Identity, Output};
use super::inputs::Input;
use crate::catalog::bulk::DocumentResult;

/// The keys of each line.
const KEYS: [&str; 5] = ["place", "movie_id", "category", "errors", "warnings"];
/// Most bytes of the first line of an older log.
const MAX_LINE: u64 = 64 * 1024 * 1024;

/// The file takes the place of an older log with its first line, or when the import ends without
/// one: an import that cannot start changes nothing, and one that stops keeps its lines.
pub(super) struct ErrorLog {
    output: Output,
    file: Option<File>,
}

impl ErrorLog {
    /// Refuses what is no log of an import. Changes nothing yet.
    ///
    /// # Errors
    /// When the file is an input, of the database, or anything else but an older log; or cannot be
    /// made.
    pub(super) fn prepare(
        path: &Path,
        inputs: &[Input],
        database: &DatabaseFiles,
    ) -> Result<Self, CliError> {
        let shown = path.display();
        let output = Output::at(path);
        let identity = Identity::of_path(output.path());
        if let Some(input) = inputs.iter().find(|input| input.identity.is(&identity)) {
            let what = format!("{shown} is an input ({}); name another file", input.name);
            return Err(CliError::Usage(format!("--errors: {what}")));
        }
        output.must_not_be_of(database, "--errors")?;
        let unusable = |error| CliError::io(&format!("--errors: {shown}"), &error);
        if let Some(stream) = output.stream().map_err(unusable)? {
            return Ok(Self { output, file: Some(stream) });
        }
        if !is_log_or_empty(output.path()).map_err(unusable)? {
            return Err(CliError::Usage(format!(
                "--errors: {shown} is there already and is no error log of an import; name \
                 another file"
            )));
        }
        // Whether it can be made is known now, not when there is something to keep.
        drop(output.temporary().map_err(unusable)?);
        Ok(Self { output, file: None })
    }

    /// Adds a document's line.
    pub(super) fn keep(&mut self, result: &DocumentResult) -> io::Result<()> {
        let values = [
            json!(result.location.to_string()),
            json!(result.key.as_ref().map(|(movie, _)| movie.as_str())),
            json!(result.key.as_ref().map(|(_, category)| category.as_str())),
            json!(result.problems),
            json!(result.warnings()),
        ];
        let line: serde_json::Map<String, Value> =
            KEYS.iter().map(|key| (*key).to_owned()).zip(values).collect();
        let line = format!("{}\n", Value::Object(line));
        self.file()?.write_all(line.as_bytes())
    }

    /// Puts the file in its place, if no line has done so.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        self.file().map(drop)
    }

    fn file(&mut self) -> io::Result<&mut File> {
        let file = match self.file.take() {
            Some(file) => file,
            None => {
                let file = self.output.temporary()?;
                // As if it was written over; a new one is its owner's alone.
                if let Ok(metadata) = std::fs::metadata(self.output.path()) {
                    file.as_file().set_permissions(metadata.permissions())?;
                }
                self.output.persist(file)?
            }
        };
        Ok(self.file.insert(file))
    }
}

/// Whether there is no file, an empty one, or one whose first line is a line of a log.
fn is_log_or_empty(path: &Path) -> io::Result<bool> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(true),
        Err(error) => return Err(error),
    };
    let mut line = Vec::new();
    BufReader::new(file.take(MAX_LINE)).read_until(b'\n', &mut line)?;
    let read = serde_json::from_slice::<Value>(&line).ok();
    let is_line = |value: &Value| {
        let keys = value.as_object();
        keys.is_some_and(|keys| KEYS.iter().all(|key| keys.contains_key(*key)))
    };
    Ok(line.is_empty() || read.as_ref().is_some_and(is_line))
}
