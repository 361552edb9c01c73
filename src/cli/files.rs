//! Output files of commands, and the files that they must not overwrite.

use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::CliError;
use super::serve::{ADMIN_PASSWORD, JWT_SECRET};
use crate::catalog::bulk::SQLITE_HEADER;
use crate::config::DatabaseArgs;
use crate::storage::sqlite_path;

/// Maximum number of symbolic links to follow.
const MAX_LINKS: usize = 40;

/// The identity of a file, independent of its name: symbolic and hard links to a file are equal to
/// it.
#[derive(Debug, Clone, Default)]
pub(super) struct Identity {
    /// The path with symbolic links resolved.
    path: Option<PathBuf>,
    /// Device and inode number, if the file exists.
    node: Option<(u64, u64)>,
}

impl Identity {
    /// The identity of the file at a path. The file may be missing.
    pub(super) fn of_path(path: &Path) -> Self {
        let metadata = std::fs::metadata(path).ok();
        Self { path: Some(resolve_links(path)), node: metadata.as_ref().and_then(node) }
    }

    /// The identity of an open file.
    pub(super) fn of_open(metadata: &Metadata) -> Self {
        Self { path: None, node: node(metadata) }
    }

    /// Whether both are the same file.
    pub(super) fn is_same_file(&self, other: &Self) -> bool {
        let is_same_node = self.node.is_some() && self.node == other.node;
        is_same_node || (self.path.is_some() && self.path == other.path)
    }
}

/// Device and inode number of a regular file. Terminals and pipes have none: reading and writing
/// the same one at once is allowed.
#[cfg(unix)]
fn node(metadata: &Metadata) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    metadata.is_file().then(|| (metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
fn node(_: &Metadata) -> Option<(u64, u64)> {
    None
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Resolves symbolic links, also if the file is missing.
fn resolve_links(path: &Path) -> PathBuf {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        let Ok(target) = std::fs::read_link(&path) else { break };
        path = folder_of(&path).join(target);
    }
    match (path.file_name(), std::fs::canonicalize(folder_of(&path))) {
        (Some(name), Ok(folder)) => folder.join(name),
        _ => path,
    }
}

/// The identity of standard output, if it is a regular file.
#[cfg(unix)]
pub(super) fn standard_output() -> Identity {
    use std::os::fd::AsFd as _;
    let file = io::stdout().as_fd().try_clone_to_owned().map(File::from);
    file.and_then(|file| file.metadata())
        .map_or_else(|_| Identity::default(), |metadata| Identity::of_open(&metadata))
}

#[cfg(not(unix))]
pub(super) fn standard_output() -> Identity {
    Identity::default()
}

/// Whether a file starts with the header of a `SQLite` database.
pub(super) fn is_sqlite(path: &Path) -> bool {
    let mut start = [0; SQLITE_HEADER.len()];
    let is_file = std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file());
    is_file
        && File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok()
        && start == *SQLITE_HEADER
}

/// The files of a `SQLite` database: the database itself, the files that `SQLite` creates beside
/// it, and the generated secrets.
pub(super) struct DatabaseFiles {
    database: Option<Identity>,
    companions: Vec<Identity>,
}

impl DatabaseFiles {
    /// For a command that uses no database.
    pub(super) const fn none() -> Self {
        Self { database: None, companions: Vec::new() }
    }

    pub(super) fn of(database: &DatabaseArgs) -> Self {
        let path = sqlite_path(&database.database_url);
        let beside = path.into_iter().flat_map(|path| {
            ["-wal", "-shm", "-journal", ".migrate.lock"].map(|end| format!("{path}{end}").into())
        });
        let secrets = database
            .folder()
            .into_iter()
            .flat_map(|folder| [JWT_SECRET, ADMIN_PASSWORD].map(|secret| folder.join(secret)));
        let companions = beside.chain(secrets);
        Self {
            database: path.map(|path| Identity::of_path(Path::new(path))),
            companions: companions.map(|path: PathBuf| Identity::of_path(&path)).collect(),
        }
    }

    /// Whether the file is the database itself.
    pub(super) fn is_database(&self, file: &Identity) -> bool {
        self.database.as_ref().is_some_and(|database| database.is_same_file(file))
    }

    /// Whether the file is the database or belongs to it.
    pub(super) fn contains(&self, file: &Identity) -> bool {
        self.is_database(file)
            || self.companions.iter().any(|companion| companion.is_same_file(file))
    }
}

/// A file to write. It is written under a temporary name and renamed when it is complete, so an
/// existing file stays until then.
#[derive(Debug, Clone)]
pub(super) struct Output {
    path: PathBuf,
    is_stream: bool,
}

impl Output {
    /// Describes the output at a path, without creating it.
    pub(super) fn at(path: &Path) -> Self {
        let is_other = std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file());
        // Files that the process has open (/dev/stdout, /dev/fd/63) are written to, not replaced.
        let folder = std::fs::canonicalize(folder_of(path)).unwrap_or_default();
        let is_open = ["/dev", "/proc"].iter().any(|devices| folder.starts_with(devices));
        let is_stream = is_other || is_open;
        Self { path: if is_stream { path.to_owned() } else { resolve_links(path) }, is_stream }
    }

    /// Opens the output for writing if it is not a regular file but a device or a pipe.
    pub(super) fn stream(&self) -> io::Result<Option<File>> {
        self.is_stream.then(|| File::create(&self.path)).transpose()
    }

    /// Refuses to overwrite the database or a file that belongs to it.
    ///
    /// # Errors
    /// When the output is such a file, or any `SQLite` database.
    pub(super) fn refuse_database_files(
        &self,
        files: &DatabaseFiles,
        option: &str,
    ) -> Result<(), CliError> {
        let identity = Identity::of_path(&self.path);
        let shown = self.path.display();
        let what = if files.is_database(&identity) {
            "is the database"
        } else if files.contains(&identity) {
            "belongs to the database"
        } else if is_sqlite(&self.path) {
            "is a SQLite database"
        } else {
            return Ok(());
        };
        Err(CliError::Usage(format!("{option}: {shown} {what}; name another file")))
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Creates a temporary file in the same folder.
    pub(super) fn temporary(&self) -> io::Result<NamedTempFile> {
        tempfile::Builder::new().prefix(".reelport-").tempfile_in(folder_of(&self.path))
    }

    /// Renames the temporary file to the output's path.
    pub(super) fn persist(&self, file: NamedTempFile) -> io::Result<File> {
        file.persist(&self.path).map_err(|error| error.error)
    }
}
