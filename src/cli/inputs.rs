//! The files that an import reads.

use std::fs::File;
use std::io;
use std::path::Path;

use super::CliError;
use crate::catalog::bulk::Source;

/// An input that could be opened.
pub(super) struct Input {
    pub(super) name: String,
    pub(super) source: Source,
    pub(super) size: Option<u64>,
}

/// Opens all files; `-` is standard input.
///
/// # Errors
/// At the first that cannot be read, so that nothing is imported by half.
pub(super) fn open_inputs(files: &[String]) -> Result<Vec<Input>, CliError> {
    files.iter().map(|name| open(name)).collect()
}

fn open(name: &str) -> Result<Input, CliError> {
    if name == "-" {
        return Ok(standard_input());
    }
    let file = File::open(name).map_err(|error| {
        let is_pattern = name.contains(['*', '?', '[']);
        if error.kind() == io::ErrorKind::NotFound && is_pattern && !Path::new(name).exists() {
            let hint = "no file has that name; patterns are for the shell to expand, unquoted";
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
    let source = of_file(file, metadata.is_file());
    Ok(Input { name: name.to_owned(), source, size: metadata.is_file().then_some(metadata.len()) })
}

fn of_file(file: File, is_regular: bool) -> Source {
    if is_regular { Source::File(file) } else { Source::Stream(Box::new(file)) }
}

fn standard_input() -> Input {
    let name = "standard input".to_owned();
    if let Some(file) = redirected_file() {
        return Input { name, source: Source::File(file), size: None };
    }
    Input { name, source: Source::Stream(Box::new(io::stdin())), size: None }
}

/// The file that standard input is, if it is one and is read from its start.
#[cfg(unix)]
fn redirected_file() -> Option<File> {
    use std::io::Seek as _;
    use std::os::fd::AsFd as _;
    let mut file = File::from(io::stdin().as_fd().try_clone_to_owned().ok()?);
    let is_regular = file.metadata().is_ok_and(|metadata| metadata.is_file());
    (is_regular && file.stream_position().is_ok_and(|position| position == 0)).then_some(file)
}

#[cfg(not(unix))]
fn redirected_file() -> Option<File> {
    None
}
