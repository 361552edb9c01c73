//! Opening the files that an import reads.

use std::fs::File;
use std::io::{self, Seek as _};
use std::path::Path;

use super::CliError;
use super::files::{DatabaseFiles, Identity};
use crate::catalog::bulk::{ByteSource, SQLITE_REFUSED};

/// An open input.
pub(super) struct Input {
    pub(super) name: String,
    pub(super) source: ByteSource,
    /// In bytes, if known.
    pub(super) size: Option<u64>,
    pub(super) identity: Identity,
}

/// Opens all files; `-` is standard input.
///
/// # Errors
/// When a file cannot be opened or belongs to the database. Nothing is imported then.
pub(super) fn open_inputs(
    files: &[String],
    database: &DatabaseFiles,
) -> Result<Vec<Input>, CliError> {
    let inputs: Vec<Input> = files.iter().map(|name| open(name)).collect::<Result<_, _>>()?;
    for Input { name, identity, .. } in &inputs {
        // SQLite's locks on a file end when the process closes any other handle of that file, so
        // this check must run before the database is opened.
        if database.is_database(identity) {
            return Err(CliError::Usage(format!("{name}: {SQLITE_REFUSED}")));
        }
        if database.contains(identity) {
            let what = "this file belongs to the database and is not a document";
            return Err(CliError::Usage(format!("{name}: {what}")));
        }
    }
    Ok(inputs)
}

fn open(name: &str) -> Result<Input, CliError> {
    if name == "-" {
        return Ok(standard_input());
    }
    let file = File::open(name).map_err(|error| {
        let is_pattern = name.contains(['*', '?', '[']);
        if error.kind() == io::ErrorKind::NotFound && is_pattern && !Path::new(name).exists() {
            let hint =
                "there is no such file; patterns must be unquoted, so that the shell expands them";
            return CliError::Usage(format!("{name}: {hint}"));
        }
        CliError::io(name, &error)
    })?;
    let metadata = file.metadata().map_err(|error| CliError::io(name, &error))?;
    if metadata.is_dir() {
        let folder = name.trim_end_matches('/');
        return Err(CliError::Usage(format!(
            "{name}: found a folder; allowed are files and -, for example {folder}/*.json"
        )));
    }
    let source = file_source(file, metadata.is_file());
    let size = metadata.is_file().then_some(metadata.len());
    Ok(Input { name: name.to_owned(), source, size, identity: Identity::of_path(Path::new(name)) })
}

fn file_source(file: File, is_regular: bool) -> ByteSource {
    if is_regular { ByteSource::File(file) } else { ByteSource::Stream(Box::new(file)) }
}

fn standard_input() -> Input {
    let name = "standard input".to_owned();
    let file = standard_input_file();
    let metadata = file.as_ref().and_then(|file| file.metadata().ok());
    let identity = metadata.as_ref().map(Identity::of_open).unwrap_or_default();
    let source = match file.and_then(regular_at_start) {
        Some(file) => ByteSource::File(file),
        None => ByteSource::Stream(Box::new(io::stdin())),
    };
    Input { name, source, size: None, identity }
}

/// A duplicate handle of standard input.
#[cfg(unix)]
fn standard_input_file() -> Option<File> {
    use std::os::fd::AsFd as _;
    Some(File::from(io::stdin().as_fd().try_clone_to_owned().ok()?))
}

#[cfg(not(unix))]
fn standard_input_file() -> Option<File> {
    None
}

/// The file, if it is a regular file positioned at its start.
fn regular_at_start(mut file: File) -> Option<File> {
    let is_regular = file.metadata().is_ok_and(|metadata| metadata.is_file());
    (is_regular && file.stream_position().is_ok_and(|position| position == 0)).then_some(file)
}
