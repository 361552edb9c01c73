//! The files that a command writes, and what it must not write over.

use std::fs::{File, Metadata};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::CliError;
use super::serve::{ADMIN_PASSWORD, JWT_SECRET};
use crate::catalog::bulk::SQLITE_HEADER;
use crate::config::DatabaseArgs;
use crate::storage::sqlite_path;

/// Most symbolic links that are followed.
const MAX_LINKS: usize = 40;

/// Which file it is, under whatever name: symbolic and hard links lead to the same one.
#[derive(Debug, Clone, Default)]
pub(super) struct Identity {
    /// Its path without links.
    place: Option<PathBuf>,
    /// Its device and its number there, of a file that exists.
    node: Option<(u64, u64)>,
}

impl Identity {
    /// The file at a path, which may be missing.
    pub(super) fn of_path(path: &Path) -> Self {
        let metadata = std::fs::metadata(path).ok();
        Self { place: Some(without_links(path)), node: metadata.as_ref().and_then(node) }
    }

    /// A file that is open.
    pub(super) fn of_open(metadata: &Metadata) -> Self {
        Self { place: None, node: node(metadata) }
    }

    pub(super) fn is(&self, other: &Self) -> bool {
        let is_same_node = self.node.is_some() && self.node == other.node;
        is_same_node || (self.place.is_some() && self.place == other.place)
    }
}

/// Only regular files are told apart: terminals and pipes may be read and written at once.
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

/// The path that symbolic links lead to, whether there is a file or not.
fn without_links(path: &Path) -> PathBuf {
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

/// The standard output, where it is a file.
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

/// Whether a file is a `SQLite` database, by its first bytes.
pub(super) fn is_sqlite(path: &Path) -> bool {
    let mut start = [0; SQLITE_HEADER.len()];
    let is_file = std::fs::metadata(path).is_ok_and(|metadata| metadata.is_file());
    is_file
        && File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok()
        && start == *SQLITE_HEADER
}

/// The files of a `SQLite` database: the database, what `SQLite` keeps beside it, and the secrets of a
/// first start.
pub(super) struct DatabaseFiles {
    database: Option<Identity>,
    companions: Vec<Identity>,
}

impl DatabaseFiles {
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

    /// Whether it is the database itself.
    pub(super) fn is_database(&self, file: &Identity) -> bool {
        self.database.as_ref().is_some_and(|database| database.is(file))
    }

    /// Whether it is the database or a file that belongs to it.
    pub(super) fn has(&self, file: &Identity) -> bool {
        self.is_database(file) || self.companions.iter().any(|companion| companion.is(file))
    }
}

/// A file that a command is to write. It gets its name when it is whole; until then an older one
/// stays.
#[derive(Debug, Clone)]
pub(super) struct Output {
    path: PathBuf,
    is_stream: bool,
}

impl Output {
    /// Makes and changes nothing yet.
    pub(super) fn at(path: &Path) -> Self {
        let is_other = std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file());
        // What the process has open already is written to, not replaced: /dev/stdout, /dev/fd/63.
        let folder = std::fs::canonicalize(folder_of(path)).unwrap_or_default();
        let is_open = ["/dev", "/proc"].iter().any(|devices| folder.starts_with(devices));
        let is_stream = is_other || is_open;
        Self { path: if is_stream { path.to_owned() } else { without_links(path) }, is_stream }
    }

    /// The file, where it is no plain one: a device, a pipe.
    pub(super) fn stream(&self) -> io::Result<Option<File>> {
        self.is_stream.then(|| File::create(&self.path)).transpose()
    }

    /// Refuses the database and what belongs to it.
    ///
    /// # Errors
    /// When it is one of those files.
    pub(super) fn must_not_be_of(
        &self,
        files: &DatabaseFiles,
        option: &str,
    ) -> Result<(), CliError> {
        let identity = Identity::of_path(&self.path);
        let shown = self.path.display();
        let what = if files.is_database(&identity) {
            "is the database"
        } else if files.has(&identity) {
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

    /// A file beside it, to be named when it is whole.
    pub(super) fn temporary(&self) -> io::Result<NamedTempFile> {
        tempfile::Builder::new().prefix(".reelport-").tempfile_in(folder_of(&self.path))
    }

    /// Gives the file its name.
    pub(super) fn persist(&self, file: NamedTempFile) -> io::Result<File> {
        file.persist(&self.path).map_err(|error| error.error)
    }
}
