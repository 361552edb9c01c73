//! The error log of an import (`--errors FILE`): one JSON line for each document with failures or
//! warnings.

use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::path::Path;

use serde_json::{Value, json};

use super::CliError;
use super::files::{DatabaseFiles, Identity, Output};
use super::inputs::Input;
use super::reported::Reported;

/// The keys of each line.
const KEYS: [&str; 5] = ["place", "movie_id", "category", "errors", "warnings"];
/// Maximum size of the first line of an existing log.
const MAX_LINE: u64 = 64 * 1024 * 1024;

/// An error log. The file is created, or replaces an older log, when the first line is written or
/// the import ends. So an import that cannot start changes nothing, and an import that stops leaves
/// the lines written so far.
pub(super) struct ErrorLog {
    output: Output,
    file: Option<File>,
}

impl ErrorLog {
    /// Checks that the file can be written, without changing it.
    ///
    /// # Errors
    /// When the file is an input, belongs to the database, exists and is not an error log, or
    /// cannot be created.
    pub(super) fn prepare(
        path: &Path,
        inputs: &[Input],
        database: &DatabaseFiles,
    ) -> Result<Self, CliError> {
        let shown = path.display();
        let output = Output::at(path);
        let identity = Identity::of_path(output.path());
        if let Some(input) = inputs.iter().find(|input| input.identity.is_same_file(&identity)) {
            let what = format!("{shown} is an input ({}); name another file", input.name);
            return Err(CliError::Usage(format!("--errors: {what}")));
        }
        output.refuse_database_files(database, "--errors")?;
        let io_error = |error| CliError::io(&format!("--errors: {shown}"), &error);
        if let Some(stream) = output.stream().map_err(io_error)? {
            return Ok(Self { output, file: Some(stream) });
        }
        if !is_log_or_empty(output.path()).map_err(io_error)? {
            return Err(CliError::Usage(format!(
                "--errors: {shown} already exists and is not an error log of an import; name \
                 another file"
            )));
        }
        // Fail now, not when the first line is written.
        drop(output.temporary().map_err(io_error)?);
        Ok(Self { output, file: None })
    }

    /// Appends the line of a document.
    pub(super) fn append(&mut self, result: &Reported<'_>) -> io::Result<()> {
        let values = [
            json!(result.location.to_string()),
            json!(result.key.map(|(movie, _)| movie)),
            json!(result.key.map(|(_, category)| category)),
            json!(result.problems),
            json!(result.warnings),
        ];
        let line: serde_json::Map<String, Value> =
            KEYS.iter().map(|key| (*key).to_owned()).zip(values).collect();
        let line = format!("{}\n", Value::Object(line));
        self.file()?.write_all(line.as_bytes())
    }

    /// Creates the file if no line was written.
    pub(super) fn finish(&mut self) -> io::Result<()> {
        self.file().map(drop)
    }

    fn file(&mut self) -> io::Result<&mut File> {
        let file = match self.file.take() {
            Some(file) => file,
            None => {
                let file = self.output.temporary()?;
                // Keep the permissions of an existing file; only its owner can read a new one.
                if let Ok(metadata) = std::fs::metadata(self.output.path()) {
                    file.as_file().set_permissions(metadata.permissions())?;
                }
                self.output.persist(file)?
            }
        };
        Ok(self.file.insert(file))
    }
}

/// Whether the file is missing, empty, or starts with a line of an error log.
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
